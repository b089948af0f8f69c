//! Opening for writing, and `truncate`: what exists is kept first, then the supervisor opens it and hands the descriptor over.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::create::with_umask;
use super::remove::cannot_keep;
use super::{existing, keep_content};
use crate::resolve::{Found, Object, Place, Status, is_own, is_proc};
use crate::supervisor::{Answer, Scene, Stop, later};

/// `creat(path, mode)` is `open` with these flags.
pub(super) const CREAT: u32 = 0o1 | 0o100 | 0o1000;
const ACCESS_MODE: u32 = 0o3;
/// Tries when a name appears and disappears all the time.
const TRIES: usize = 64;

/// Memory and input/output ports as devices.
const MEMORY_DEVICES: [(u32, u32); 3] = [(1, 1), (1, 2), (1, 4)];
const TERMINAL: (u32, u32) = (5, 0);

/// What a process may write of its own below `/proc`.
const OWN_SETTINGS: [&str; 8] =
    ["oom_score_adj", "oom_adj", "comm", "coredump_filter", "timerslack_ns", "autogroup", "clear_refs", "mem"];

pub(super) fn open(scene: &mut Scene<'_>, directory: i32, path: u64, flags: u32, mode: u32) -> Result<Answer, Stop> {
    let flags = OFlags::from_bits_retain(flags);
    let text = scene.target.path(path)?;
    let makes = flags.contains(OFlags::CREATE);
    let anew = makes && flags.contains(OFlags::EXCL);
    if anew {
        let place = scene.rules.world.place(&scene.target, directory, &text)?;
        // A link at its end is not followed, and the kernel says whether something is there.
        if place.is_name() && !place.slash && !place.path.starts_with("/proc") {
            let made = make(scene, &place, flags, mode);
            let is_there = || Status::at(place.parent.as_fd(), &place.name, AtFlags::empty()).is_ok();
            return if matches!(made, Err(Stop::Refused { .. })) && is_there() {
                Err(Errno::EXIST.into())
            } else {
                made
            };
        }
    }
    for _ in 0..TRIES {
        let place = scene.rules.world.place(&scene.target, directory, &text)?;
        let follow = !anew && !flags.contains(OFlags::NOFOLLOW);
        let found = scene.rules.world.find(&scene.target, place, follow)?;
        match found {
            Found::There(_) if anew => return Err(Errno::EXIST.into()),
            Found::There(object) => {
                scene.target.confirm()?;
                return open_existing(scene, &object, flags);
            }
            Found::Missing(_) if !makes => return Err(Errno::NOENT.into()),
            Found::Missing(place) if place.slash => return Err(Errno::ISDIR.into()),
            Found::Missing(place) => match make(scene, &place, flags, mode) {
                // It has appeared in between.
                Err(Stop::Fails(Errno::EXIST)) if !anew => {}
                other => return other,
            },
        }
    }
    Err(Errno::AGAIN.into())
}

fn make(scene: &mut Scene<'_>, place: &Place, flags: OFlags, mode: u32) -> Result<Answer, Stop> {
    let umask = scene.target.umask()?;
    scene.target.confirm()?;
    let permitted = scene.permitted(&place.path);
    if permitted.is_err() && flags.contains(OFlags::CREATE | OFlags::DIRECTORY) {
        // The kernel makes nothing of it anywhere, so that nothing was refused.
        return Err(Errno::INVAL.into());
    }
    permitted?;
    let (parent, name, path) = place.at();
    scene.rules.recorder.creating(parent, name, path).map_err(|error| cannot_keep(path, &error))?;
    let all = flags | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOCTTY;
    let mode = Mode::from_raw_mode(mode & 0o7777);
    let file = with_umask(umask, || rustix::fs::openat(parent, name, all, mode))?;
    scene.state.made.insert(Status::of(file.as_fd())?.identity);
    Ok(hand_over(file, flags))
}

fn hand_over(file: OwnedFd, flags: OFlags) -> Answer {
    Answer::File { file, close_on_exec: flags.contains(OFlags::CLOEXEC) }
}

fn open_existing(scene: &mut Scene<'_>, object: &Object, flags: OFlags) -> Result<Answer, Stop> {
    let again = (flags - (OFlags::CREATE | OFlags::EXCL | OFlags::TRUNC | OFlags::NOFOLLOW)) | OFlags::NOCTTY;
    let reopen = |flags| scene.rules.world.reopen(object.file.as_fd(), flags);
    match object.status.kind {
        FileType::Symlink => Err(Errno::LOOP.into()),
        FileType::Directory => {
            Err(if flags.contains(OFlags::CREATE) { Errno::ISDIR } else { directory_error(flags) }.into())
        }
        FileType::Socket => Err(Errno::NXIO.into()),
        FileType::BlockDevice => Err(refused(object, "it is a disk")),
        FileType::CharacterDevice if MEMORY_DEVICES.contains(&object.status.device) => {
            Err(refused(object, "it is the memory of the machine"))
        }
        FileType::CharacterDevice if object.status.device == TERMINAL => terminal(scene, object, again, flags),
        FileType::CharacterDevice => Ok(hand_over(reopen(again)?, flags)),
        FileType::Fifo => fifo(scene, object, again, flags),
        _ if is_proc(object.file.as_fd()) => {
            own_setting(scene, object)?;
            Ok(hand_over(reopen(again)?, flags))
        }
        _ if object.status.links == 0 => {
            let file = reopen(again)?;
            cut(scene, object, &file, flags)?;
            Ok(hand_over(file, flags))
        }
        _ => regular(scene, object, again, flags),
    }
}

fn regular(scene: &mut Scene<'_>, object: &Object, again: OFlags, flags: OFlags) -> Result<Answer, Stop> {
    if !scene.rules.given.contains(&object.status.identity) {
        scene.permitted(&object.path)?;
    }
    // First whether it may be opened at all: a refused call costs no copy.
    let again = if again.bits() & ACCESS_MODE == 0 { again | OFlags::WRONLY } else { again };
    let file = scene.rules.world.reopen(object.file.as_fd(), again)?;
    keep_content(scene, object)?;
    cut(scene, object, &file, flags)?;
    if flags.bits() & ACCESS_MODE == 0 {
        // `O_RDONLY | O_TRUNC`: cut with the descriptor above, read with one that cannot write.
        let read = (flags - (OFlags::CREATE | OFlags::EXCL | OFlags::TRUNC | OFlags::NOFOLLOW)) | OFlags::NOCTTY;
        return Ok(hand_over(scene.rules.world.reopen(object.file.as_fd(), read)?, flags));
    }
    Ok(hand_over(file, flags))
}

fn cut(scene: &Scene<'_>, object: &Object, file: &OwnedFd, flags: OFlags) -> Result<(), Errno> {
    if !flags.contains(OFlags::TRUNC) {
        return Ok(());
    }
    if flags.bits() & ACCESS_MODE == ACCESS_MODE {
        // Neither reading nor writing, for `ioctl`: the descriptor cannot cut.
        scene.rules.world.reopen(object.file.as_fd(), OFlags::WRONLY | OFlags::TRUNC).map(drop)
    } else {
        rustix::fs::ftruncate(file, 0)
    }
}

fn directory_error(flags: OFlags) -> Errno {
    if flags.bits() & ACCESS_MODE == 0 && !flags.contains(OFlags::TRUNC) { Errno::INVAL } else { Errno::ISDIR }
}

fn refused(object: &Object, why: &str) -> Stop {
    Stop::refused(object.path.display().to_string(), why, Errno::PERM)
}

/// A pipe in the file system: opening it for writing waits for a reader, and the supervisor must not.
fn fifo(scene: &Scene<'_>, object: &Object, again: OFlags, flags: OFlags) -> Result<Answer, Stop> {
    if object.path.is_absolute() && object.status.links > 0 {
        scene.permitted(&object.path)?;
    }
    if flags.bits() & ACCESS_MODE == 0 && !flags.contains(OFlags::NONBLOCK) {
        // For a reader it waits for a writer, who is only seen by what comes from him.
        let file = scene.rules.world.reopen(object.file.as_fd(), again | OFlags::NONBLOCK)?;
        let attempt = move || {
            let mut seen = [PollFd::new(&file, PollFlags::IN)];
            if rustix::event::poll(&mut seen, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))? == 0 {
                return Ok(None);
            }
            wait_from_now_on(&file)?;
            rustix::io::fcntl_dupfd_cloexec(&file, 0).map(Some)
        };
        return later(Arc::clone(scene.listener), scene.target.id, flags.contains(OFlags::CLOEXEC), attempt);
    }
    let waits = flags.bits() & ACCESS_MODE == 1 && !flags.contains(OFlags::NONBLOCK);
    if !waits {
        return Ok(hand_over(scene.rules.world.reopen(object.file.as_fd(), again)?, flags));
    }
    let held = object.file.try_clone().map_err(|_| Errno::MFILE)?;
    let rules = Arc::clone(scene.rules);
    let attempt = move || match rules.world.reopen(held.as_fd(), again | OFlags::NONBLOCK) {
        Ok(file) => {
            wait_from_now_on(&file)?;
            Ok(Some(file))
        }
        Err(Errno::NXIO) => Ok(None),
        Err(error) => Err(error),
    };
    later(Arc::clone(scene.listener), scene.target.id, flags.contains(OFlags::CLOEXEC), attempt)
}

/// What was opened without waiting is read and written as the caller meant it.
fn wait_from_now_on(file: &OwnedFd) -> Result<(), Errno> {
    let status = rustix::fs::fcntl_getfl(file)?;
    rustix::fs::fcntl_setfl(file, status - OFlags::NONBLOCK)
}

/// `/dev/tty` is the terminal of whoever opens it, which must be the caller's.
fn terminal(scene: &Scene<'_>, object: &Object, again: OFlags, flags: OFlags) -> Result<Answer, Stop> {
    let (session, number) = scene.target.terminal()?;
    scene.target.confirm()?;
    if session == scene.rules.session {
        return Ok(hand_over(scene.rules.world.reopen(object.file.as_fd(), again)?, flags));
    }
    let (major, minor) = ((number >> 8) & 0xfff, (number & 0xff) | ((number >> 12) & 0xfff00));
    let path = match major {
        136..=143 => format!("/dev/pts/{}", (major - 136) * 256 + minor),
        4 if minor < 64 => format!("/dev/tty{minor}"),
        4 => format!("/dev/ttyS{}", minor - 64),
        _ => return Err(Errno::NXIO.into()),
    };
    let file = rustix::fs::open(path, again | OFlags::CLOEXEC | OFlags::NOFOLLOW, Mode::empty())?;
    let device = Status::of(file.as_fd())?.device;
    if (u64::from(device.0), u64::from(device.1)) != (major, minor) {
        return Err(Errno::NXIO.into());
    }
    Ok(hand_over(file, flags))
}

fn own_setting(scene: &Scene<'_>, object: &Object) -> Result<(), Stop> {
    let name = object.path.file_name().and_then(std::ffi::OsStr::to_str).unwrap_or_default();
    if OWN_SETTINGS.contains(&name) && is_own(&object.path, &scene.target)? {
        return Ok(());
    }
    Err(Stop::refused(
        object.path.display().to_string(),
        "it is a setting of another process or of the system",
        Errno::ACCESS,
    ))
}

pub(super) fn truncate(scene: &mut Scene<'_>, path: u64, length: u64) -> Result<Answer, Stop> {
    if i64::try_from(length).is_err() {
        return Err(Errno::INVAL.into());
    }
    let object = existing(scene, AT_CURRENT, path, true)?;
    match object.status.kind {
        FileType::RegularFile => {}
        FileType::Directory => return Err(Errno::ISDIR.into()),
        _ => return Err(Errno::INVAL.into()),
    }
    scene.permitted(&object.path)?;
    let file = scene.rules.world.reopen(object.file.as_fd(), OFlags::WRONLY)?;
    keep_content(scene, &object)?;
    rustix::fs::ftruncate(file, length)?;
    Ok(Answer::Done(0))
}

const AT_CURRENT: i32 = super::AT_CURRENT;
