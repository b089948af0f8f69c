//! Starting programs: counted and judged by what the memory says at the moment.
//!
//! The kernel reads path and arguments again, so another thread can change them after the judge has seen them. What runs
//! then runs under the same floor and the same filter; a ruling on programs keeps honest mistakes out, not attackers.

use std::ffi::OsStr;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use crate::resolve::Found;
use crate::supervisor::{Answer, Scene, Stop};
use crate::{Ruling, supervisor};

const AT_SYMLINK_NOFOLLOW: i32 = 0x100;
const AT_EMPTY_PATH: i32 = 0x1000;
const MANY: [&str; 5] = ["busybox", "toybox", "coreutils", "sbase-box", "rustup"];

pub(super) fn exec(
    scene: &mut Scene<'_>,
    directory: i32,
    path: u64,
    arguments: u64,
    flags: i32,
) -> Result<Answer, Stop> {
    let text = scene.target.path(path)?;
    let Some(program) = program(scene, directory, &text, flags)? else { return Ok(Answer::Proceed) };
    let arguments = scene.target.arguments(arguments)?;
    let cwd = scene.rules.world.path_of(scene.target.cwd()?.as_fd())?;
    scene.target.confirm()?;
    scene.target.remembered.borrow_mut().forget();
    scene.state.programs = scene.state.programs.saturating_add(1);
    match scene.rules.judge.exec(&program, &arguments, &cwd) {
        Ruling::Allow => Ok(supervisor::Answer::Proceed),
        Ruling::Deny(why) => Err(Stop::refused(program.display().to_string(), why, Errno::PERM)),
    }
}

/// One file that is many programs, by the name that it is called by.
fn is_many(program: &Path) -> bool {
    program.file_name().is_some_and(|name| MANY.iter().any(|many| name == *many))
}

/// What would run; nothing where the kernel will say that it is not there, as it does when `PATH` is searched.
fn program(scene: &Scene<'_>, directory: i32, text: &OsStr, flags: i32) -> Result<Option<PathBuf>, Stop> {
    let world = &scene.rules.world;
    if text.is_empty() {
        if flags & AT_EMPTY_PATH == 0 {
            return Ok(None);
        }
        return Ok(Some(world.path_of(scene.target.descriptor(directory)?.as_fd())?));
    }
    let place = match world.place(&scene.target, directory, text) {
        Ok(place) => place,
        Err(Errno::NOENT | Errno::NOTDIR | Errno::ACCESS | Errno::LOOP) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let named = place.path.clone();
    match world.find(&scene.target, place, flags & AT_SYMLINK_NOFOLLOW == 0) {
        Ok(Found::There(object)) if is_many(&object.path) => Ok(Some(named)),
        Ok(Found::There(object)) => Ok(Some(object.path)),
        Ok(Found::Missing(_)) | Err(Errno::NOENT | Errno::NOTDIR | Errno::ACCESS | Errno::LOOP) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
