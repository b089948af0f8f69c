//! Modes, owners, times and extended attributes: noted, then changed on a descriptor that is held.

use std::ffi::OsString;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;

use rustix::fs::{AtFlags, Gid, Mode, Timespec, Timestamps, UTIME_NOW, Uid, XattrFlags};
use rustix::io::Errno;

use super::remove::cannot_keep;
use super::{AT_CURRENT, existing};
use crate::filter::Call;
use crate::resolve::{Object, Status};
use crate::supervisor::{Answer, Scene, Stop};

const AT_SYMLINK_NOFOLLOW: i32 = 0x100;
const AT_EMPTY_PATH: i32 = 0x1000;
const ATTRIBUTE_MAX: u64 = 65_536;
/// File systems on which a change does not make a file anew, as it does on overlays: ext, XFS, Btrfs, tmpfs, F2FS.
const OWN_BIRTHS: [u64; 5] = [0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994, 0xF2F5_2010];
const NANOS_PER_MICRO: i64 = 1000;

enum Change {
    Mode(Mode),
    Owner(Option<Uid>, Option<Gid>),
    Times(Timestamps),
    Set { name: OsString, value: Vec<u8>, flags: XattrFlags },
    Remove(OsString),
}

pub(super) fn change(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    let (object, change) = read(scene)?;
    scene.target.confirm()?;
    // Sockets, pipes and files without a name are nobody's to restore.
    let named = object.path.is_absolute() && object.status.links > 0;
    if named {
        scene.permitted(&object.path)?;
        if !is_noted(scene, &object) {
            scene.within_limits(&object.path)?;
            let saved = scene.rules.recorder.save_metadata(object.file.as_fd(), &object.path);
            saved.map_err(|error| cannot_keep(&object.path, &error))?;
            scene.state.noted.insert(object.status.identity);
        }
    }
    match by_descriptor(&object, &change) {
        // It is only a place: found by a path, or opened as one.
        Err(Errno::BADF) => {}
        other => return Ok(other.map(|()| Answer::Done(0))?),
    }
    let (own, number) = scene.rules.world.name_of(object.file.as_fd());
    let number = number.as_str();
    match change {
        Change::Mode(mode) => rustix::fs::chmodat(own, number, mode, AtFlags::empty())?,
        Change::Owner(user, group) => rustix::fs::chownat(own, number, user, group, AtFlags::empty())?,
        Change::Times(times) => rustix::fs::utimensat(own, number, &times, AtFlags::empty())?,
        Change::Set { name, value, flags } => rustix::fs::setxattr(own_path(number), &name, &value, flags)?,
        Change::Remove(name) => rustix::fs::removexattr(own_path(number), &name)?,
    }
    Ok(Answer::Done(0))
}

/// The shortest way, for what the caller has open itself.
fn by_descriptor(object: &Object, change: &Change) -> Result<(), Errno> {
    let file = object.file.as_fd();
    match change {
        Change::Mode(mode) => rustix::fs::fchmod(file, *mode),
        Change::Owner(user, group) => rustix::fs::fchown(file, *user, *group),
        Change::Times(times) => rustix::fs::futimens(file, times),
        Change::Set { name, value, flags } => rustix::fs::fsetxattr(file, name, value, *flags),
        Change::Remove(name) => rustix::fs::fremovexattr(file, name),
    }
}

/// Whether the metadata that an undo brings back is known already: it was noted before, or there was none when the run began,
/// which holds where a file's birth is its own.
fn is_noted(scene: &mut Scene<'_>, object: &Object) -> bool {
    let identity = object.status.identity;
    if scene.state.made.contains(&identity) || scene.state.noted.contains(&identity) {
        return true;
    }
    identity.birth > scene.rules.began.at_the_latest
        && *scene.state.own_births.entry(identity.device).or_insert_with(|| {
            let status = rustix::fs::fstatfs(&object.file);
            status.is_ok_and(|status| u64::try_from(status.f_type).is_ok_and(|kind| OWN_BIRTHS.contains(&kind)))
        })
}

fn own_path(number: &str) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{number}"))
}

fn read(scene: &Scene<'_>) -> Result<(Object, Change), Stop> {
    let mode = |index| Change::Mode(Mode::from_raw_mode(scene.low(index) & 0o7777));
    let at = |flags: i32| object_at(scene, scene.int(0), scene.long(1), flags);
    Ok(match scene.call {
        Call::chmod => (existing(scene, AT_CURRENT, scene.long(0), true)?, mode(1)),
        Call::fchmod => (descriptor(scene)?, mode(1)),
        Call::fchmodat => (at(0)?, mode(2)),
        Call::fchmodat2 => (at(scene.int(3))?, mode(2)),
        Call::chown => (existing(scene, AT_CURRENT, scene.long(0), true)?, owner(scene, 1)),
        Call::lchown => (existing(scene, AT_CURRENT, scene.long(0), false)?, owner(scene, 1)),
        Call::fchown => (descriptor(scene)?, owner(scene, 1)),
        Call::fchownat => (at(scene.int(4))?, owner(scene, 2)),
        Call::utime => (existing(scene, AT_CURRENT, scene.long(0), true)?, times(scene, 1, Unit::Seconds)?),
        Call::utimes => (existing(scene, AT_CURRENT, scene.long(0), true)?, times(scene, 1, Unit::Micros)?),
        Call::futimesat => (at(0)?, times(scene, 2, Unit::Micros)?),
        Call::utimensat => (at(scene.int(3))?, times(scene, 2, Unit::Nanos)?),
        Call::setxattr => (existing(scene, AT_CURRENT, scene.long(0), true)?, attribute(scene)?),
        Call::lsetxattr => (existing(scene, AT_CURRENT, scene.long(0), false)?, attribute(scene)?),
        Call::fsetxattr => (descriptor(scene)?, attribute(scene)?),
        Call::removexattr => (existing(scene, AT_CURRENT, scene.long(0), true)?, no_attribute(scene)?),
        Call::lremovexattr => (existing(scene, AT_CURRENT, scene.long(0), false)?, no_attribute(scene)?),
        Call::fremovexattr => (descriptor(scene)?, no_attribute(scene)?),
        _ => return Err(Errno::NOSYS.into()),
    })
}

fn descriptor(scene: &Scene<'_>) -> Result<Object, Stop> {
    opened(scene, scene.target.descriptor(scene.int(0))?)
}

/// A file that this run made needs no path: it is nobody's to restore.
fn opened(scene: &Scene<'_>, file: OwnedFd) -> Result<Object, Stop> {
    let status = Status::of(file.as_fd())?;
    if scene.state.made.contains(&status.identity) {
        return Ok(Object { file, path: PathBuf::new(), status });
    }
    let path = scene.rules.world.path_of(file.as_fd())?;
    Ok(Object { file, path, status })
}

fn object_at(scene: &Scene<'_>, directory: i32, path: u64, flags: i32) -> Result<Object, Stop> {
    if flags & !(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) != 0 {
        return Err(Errno::INVAL.into());
    }
    // No path at all: the calls that set times then mean the descriptor.
    let itself = if path == 0 {
        if !matches!(scene.call, Call::utimensat | Call::futimesat) {
            return Err(Errno::FAULT.into());
        }
        true
    } else {
        flags & AT_EMPTY_PATH != 0 && scene.target.path(path)?.is_empty()
    };
    if !itself {
        return existing(scene, directory, path, flags & AT_SYMLINK_NOFOLLOW == 0);
    }
    let file =
        if directory == AT_CURRENT && path != 0 { scene.target.cwd()? } else { scene.target.descriptor(directory)? };
    opened(scene, file)
}

fn owner(scene: &Scene<'_>, index: usize) -> Change {
    // All bits set: stays as it is.
    let given = |index| Some(scene.low(index)).filter(|id| *id != u32::MAX);
    Change::Owner(given(index).map(Uid::from_raw), given(index + 1).map(Gid::from_raw))
}

#[derive(Clone, Copy)]
enum Unit {
    Seconds,
    Micros,
    Nanos,
}

fn times(scene: &Scene<'_>, index: usize, unit: Unit) -> Result<Change, Stop> {
    let address = scene.long(index);
    let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    if address == 0 {
        return Ok(Change::Times(Timestamps { last_access: now, last_modification: now }));
    }
    let bytes = scene.target.bytes(address, if matches!(unit, Unit::Seconds) { 16 } else { 32 })?;
    let (words, _) = bytes.as_chunks::<8>();
    let word = |index: usize| words.get(index).map(|word| i64::from_ne_bytes(*word)).ok_or(Errno::FAULT);
    let time = |first: usize| {
        let seconds = word(first)?;
        let nanos = match unit {
            Unit::Seconds => 0,
            Unit::Micros => {
                let micros = word(first + 1)?;
                if !(0..1_000_000).contains(&micros) {
                    return Err(Errno::INVAL);
                }
                micros * NANOS_PER_MICRO
            }
            Unit::Nanos => word(first + 1)?,
        };
        Ok(Timespec { tv_sec: seconds, tv_nsec: nanos })
    };
    let second = if matches!(unit, Unit::Seconds) { 1 } else { 2 };
    Ok(Change::Times(Timestamps { last_access: time(0)?, last_modification: time(second)? }))
}

fn attribute(scene: &Scene<'_>) -> Result<Change, Stop> {
    let size = scene.long(3);
    if size > ATTRIBUTE_MAX {
        return Err(Errno::TOOBIG.into());
    }
    let flags = XattrFlags::from_bits(scene.low(4)).ok_or(Errno::INVAL)?;
    let value = scene.target.bytes(scene.long(2), usize::try_from(size).map_err(|_| Errno::TOOBIG)?)?;
    Ok(Change::Set { name: scene.target.attribute(scene.long(1))?, value, flags })
}

fn no_attribute(scene: &Scene<'_>) -> Result<Change, Stop> {
    Ok(Change::Remove(scene.target.attribute(scene.long(1))?))
}
