//! Making names. A second name of a file always comes here, because a name in a writable place for a file elsewhere would make that
//! file writable; the rest only where a protected place lies inside a writable one.

use std::os::fd::AsFd;

use rustix::fs::{AtFlags, FileType, Mode};
use rustix::io::Errno;

use super::remove::cannot_keep;
use crate::resolve::{Found, Place, Status};
use crate::supervisor::{Answer, Scene, Stop};

const AT_SYMLINK_FOLLOW: i32 = 0x400;
const AT_EMPTY_PATH: i32 = 0x1000;

pub(super) fn link(
    scene: &mut Scene<'_>,
    (from_directory, from): (i32, u64),
    (to_directory, to): (i32, u64),
    flags: i32,
) -> Result<Answer, Stop> {
    if flags & !(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH) != 0 {
        return Err(Errno::INVAL.into());
    }
    let (from, to) = (scene.target.path(from)?, scene.target.path(to)?);
    let world = &scene.rules.world;
    let source = if from.is_empty() && flags & AT_EMPTY_PATH != 0 {
        world.object(scene.target.descriptor(from_directory)?)?
    } else {
        let place = world.place(&scene.target, from_directory, &from)?;
        match world.find(&scene.target, place, flags & AT_SYMLINK_FOLLOW != 0)? {
            Found::There(object) => object,
            Found::Missing(_) => return Err(Errno::NOENT.into()),
        }
    };
    let to = new_name(scene, to_directory, &to, false)?;
    if source.status.kind == FileType::Directory {
        return Err(Errno::PERM.into());
    }
    scene.permitted(&source.path)?;
    let (parent, name, path) = to.at();
    scene.rules.recorder.creating(parent, name, path).map_err(|error| cannot_keep(path, &error))?;
    let (own, number) = scene.rules.world.name_of(source.file.as_fd());
    rustix::fs::linkat(own, number.as_str(), parent, name, AtFlags::SYMLINK_FOLLOW)?;
    Ok(Answer::Done(0))
}

/// A place where nothing is and something may be made.
fn new_name(scene: &Scene<'_>, directory: i32, path: &std::ffi::OsStr, for_directory: bool) -> Result<Place, Stop> {
    let place = scene.rules.world.place(&scene.target, directory, path)?;
    scene.target.confirm()?;
    if !place.is_name() {
        return Err(Errno::EXIST.into());
    }
    match Status::at(place.parent.as_fd(), &place.name, AtFlags::empty()) {
        Ok(_) => return Err(Errno::EXIST.into()),
        Err(Errno::NOENT) if place.slash && !for_directory => return Err(Errno::NOENT.into()),
        Err(Errno::NOENT) => {}
        Err(error) => return Err(error.into()),
    }
    scene.permitted(&place.path)?;
    Ok(place)
}

pub(super) fn symbolic_link(scene: &mut Scene<'_>, text: u64, directory: i32, path: u64) -> Result<Answer, Stop> {
    let (text, path) = (scene.target.path(text)?, scene.target.path(path)?);
    if text.is_empty() {
        return Err(Errno::NOENT.into());
    }
    let place = new_name(scene, directory, &path, false)?;
    // What is protected below this name, and not there yet, would be made wherever the link leads.
    scene.permitted_tree(&place.path)?;
    let (parent, name, path) = place.at();
    scene.rules.recorder.creating(parent, name, path).map_err(|error| cannot_keep(path, &error))?;
    rustix::fs::symlinkat(&text, parent, name)?;
    Ok(Answer::Done(0))
}

pub(super) fn directory(scene: &mut Scene<'_>, directory: i32, path: u64, mode: u32) -> Result<Answer, Stop> {
    let path = scene.target.path(path)?;
    let umask = scene.target.umask()?;
    let place = new_name(scene, directory, &path, true)?;
    let (parent, name, path) = place.at();
    scene.rules.recorder.creating(parent, name, path).map_err(|error| cannot_keep(path, &error))?;
    with_umask(umask, || rustix::fs::mkdirat(parent, name, Mode::from_raw_mode(mode & 0o1777)))?;
    Ok(Answer::Done(0))
}

pub(super) fn node(scene: &mut Scene<'_>, directory: i32, path: u64, mode: u32) -> Result<Answer, Stop> {
    let path = scene.target.path(path)?;
    let umask = scene.target.umask()?;
    let kind = match mode & 0o170_000 {
        0 | 0o100_000 => FileType::RegularFile,
        0o010_000 => FileType::Fifo,
        0o140_000 => FileType::Socket,
        _ => return Err(Errno::PERM.into()),
    };
    let place = new_name(scene, directory, &path, false)?;
    let (parent, name, path) = place.at();
    scene.rules.recorder.creating(parent, name, path).map_err(|error| cannot_keep(path, &error))?;
    with_umask(umask, || rustix::fs::mknodat(parent, name, kind, Mode::from_raw_mode(mode & 0o7777), 0))?;
    Ok(Answer::Done(0))
}

/// Does something with the caller's mask of new files; the thread of the supervisor has a mask of its own.
pub(super) fn with_umask<T>(umask: Mode, act: impl FnOnce() -> T) -> T {
    let own = rustix::process::umask(umask);
    let result = act();
    rustix::process::umask(own);
    result
}
