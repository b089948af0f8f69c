//! `unlink`, `rmdir`, `unlinkat`: into the trash.

use rustix::fs::{AtFlags, FileType};
use rustix::io::Errno;

use crate::options::UNKEPT;
use crate::resolve::Status;
use crate::supervisor::{Answer, Scene, Stop};

pub(super) const AT_REMOVEDIR: i32 = 0x200;

pub(super) fn unlink(scene: &mut Scene<'_>, directory: i32, path: u64) -> Result<Answer, Stop> {
    let path = scene.target.path(path)?;
    let place = scene.rules.world.place(&scene.target, directory, &path)?;
    scene.target.confirm()?;
    if !place.is_name() {
        return Err(Errno::ISDIR.into());
    }
    let (parent, name, path) = place.at();
    let allowed = scene.permitted(path).and_then(|()| scene.within_limits(path));
    if place.slash || allowed.is_err() {
        // First whether it is there at all: `rm -f` of what is not asks nobody. The recorder looks by itself.
        match Status::at(parent, name, AtFlags::empty())?.kind {
            FileType::Directory => return Err(Errno::ISDIR.into()),
            _ if place.slash => return Err(Errno::NOTDIR.into()),
            _ => {}
        }
    }
    allowed?;
    if scene.state.regenerable.holds(path, scene.rules.began) {
        rustix::fs::unlinkat(parent, name, AtFlags::empty())?;
        return Ok(Answer::Done(0));
    }
    scene.rules.recorder.divert(parent, name, path).map_err(|error| cannot_keep(path, &error))?;
    Ok(Answer::Done(0))
}

pub(super) fn remove_directory(scene: &mut Scene<'_>, directory: i32, path: u64) -> Result<Answer, Stop> {
    let path = scene.target.path(path)?;
    let place = scene.rules.world.place(&scene.target, directory, &path)?;
    scene.target.confirm()?;
    match place.name.as_encoded_bytes() {
        b"" => return Err(Errno::BUSY.into()),
        b"." => return Err(Errno::INVAL.into()),
        b".." => return Err(Errno::NOTEMPTY.into()),
        _ => {}
    }
    let (parent, name, path) = place.at();
    if Status::at(parent, name, AtFlags::empty())?.kind != FileType::Directory {
        return Err(Errno::NOTDIR.into());
    }
    scene.permitted_tree(path)?;
    scene.within_limits(path)?;
    // The directory itself as well as those in it.
    if scene.state.regenerable.holds(&path.join("entry"), scene.rules.began) {
        rustix::fs::unlinkat(parent, name, AtFlags::REMOVEDIR)?;
        return Ok(Answer::Done(0));
    }
    scene.rules.recorder.remove_dir(parent, name, path).map_err(|error| cannot_keep(path, &error))?;
    Ok(Answer::Done(0))
}

/// What cannot be kept is not removed. That there is no room is the guard's affair and not the command's: it is said.
pub(super) fn cannot_keep(path: &std::path::Path, error: &std::io::Error) -> Stop {
    let errno = match Errno::from_io_error(error) {
        Some(full @ (Errno::NOSPC | Errno::DQUOT | Errno::FBIG | Errno::IO)) => full,
        Some(errno) => return errno.into(),
        None => Errno::PERM,
    };
    Stop::refused(path.display().to_string(), format!("{UNKEPT}: {error}"), errno)
}
