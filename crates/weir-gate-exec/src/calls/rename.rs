//! `rename` and its relatives: what is replaced is kept first.

use std::os::fd::AsFd;

use rustix::fs::{AtFlags, FileType, RenameFlags};
use rustix::io::Errno;

use super::remove::cannot_keep;
use crate::resolve::{Place, Status};
use crate::supervisor::{Answer, Scene, Stop};

/// Tries when the name that a file is renamed to appears and disappears all the time.
const TRIES: usize = 64;

pub(super) fn rename(
    scene: &mut Scene<'_>,
    (from_directory, from): (i32, u64),
    (to_directory, to): (i32, u64),
    flags: u32,
) -> Result<Answer, Stop> {
    let flags = RenameFlags::from_bits(flags).filter(|flags| known(*flags)).ok_or(Errno::INVAL)?;
    let (from, to) = (scene.target.path(from)?, scene.target.path(to)?);
    let from = scene.rules.world.place(&scene.target, from_directory, &from)?;
    let to = scene.rules.world.place(&scene.target, to_directory, &to)?;
    scene.target.confirm()?;
    if !from.is_name() || !to.is_name() {
        return Err(
            if flags.contains(RenameFlags::NOREPLACE) && !to.is_name() { Errno::EXIST } else { Errno::BUSY }.into()
        );
    }
    let moved = Status::at(from.parent.as_fd(), &from.name, AtFlags::empty())?;
    let is_directory = moved.kind == FileType::Directory;
    if !is_directory && (from.slash || (to.slash && !flags.contains(RenameFlags::EXCHANGE))) {
        return Err(Errno::NOTDIR.into());
    }
    scene.permitted_tree(&from.path)?;
    scene.permitted_tree(&to.path)?;
    scene.state.regenerable.arrived(&to.path);
    if flags.contains(RenameFlags::EXCHANGE) {
        scene.state.regenerable.arrived(&from.path);
    }
    for _ in 0..TRIES {
        let replaced = match Status::at(to.parent.as_fd(), &to.name, AtFlags::empty()) {
            Ok(status) => Some(status),
            Err(Errno::NOENT) => None,
            Err(error) => return Err(error.into()),
        };
        match attempt(scene, &from, &to, flags, (moved, replaced)) {
            // It has appeared in between: it is kept in the next round.
            Err(Stop::Fails(Errno::EXIST)) if !flags.contains(RenameFlags::NOREPLACE) && replaced.is_none() => {}
            other => return other,
        }
    }
    Err(Errno::AGAIN.into())
}

fn known(flags: RenameFlags) -> bool {
    (RenameFlags::NOREPLACE | RenameFlags::EXCHANGE).contains(flags)
        && flags != RenameFlags::NOREPLACE | RenameFlags::EXCHANGE
}

fn attempt(
    scene: &mut Scene<'_>,
    from: &Place,
    to: &Place,
    flags: RenameFlags,
    (moved, replaced): (Status, Option<Status>),
) -> Result<Answer, Stop> {
    let recorder = &scene.rules.recorder;
    let move_it = |flags| rustix::fs::renameat_with(&from.parent, &from.name, &to.parent, &to.name, flags);
    if flags.contains(RenameFlags::EXCHANGE) {
        if replaced.is_none() {
            return Err(Errno::NOENT.into());
        }
        recorder.exchanged(from.at(), to.at()).map_err(|error| cannot_keep(&to.path, &error))?;
        move_it(RenameFlags::EXCHANGE)?;
        return Ok(Answer::Done(0));
    }
    let Some(replaced) = replaced else {
        recorder.renamed(from.at(), to.at()).map_err(|error| cannot_keep(&from.path, &error))?;
        match move_it(RenameFlags::NOREPLACE) {
            // A file system that does not know the flag.
            Err(Errno::INVAL) => move_it(RenameFlags::empty())?,
            other => other?,
        }
        return Ok(Answer::Done(0));
    };
    if flags.contains(RenameFlags::NOREPLACE) {
        return Err(Errno::EXIST.into());
    }
    // Two names of one file: the kernel does nothing.
    if moved.identity == replaced.identity && moved.kind != FileType::Directory {
        return Ok(Answer::Done(0));
    }
    match (moved.kind == FileType::Directory, replaced.kind == FileType::Directory) {
        (true, false) => return Err(Errno::NOTDIR.into()),
        (false, true) => return Err(Errno::ISDIR.into()),
        _ => {}
    }
    scene.within_limits(&to.path)?;
    let recorder = &scene.rules.recorder;
    let (parent, name, path) = to.at();
    recorder.keep_replaced(parent, name, path).map_err(|error| cannot_keep(path, &error))?;
    recorder.renamed(from.at(), to.at()).map_err(|error| cannot_keep(path, &error))?;
    move_it(RenameFlags::empty())?;
    Ok(Answer::Done(0))
}
