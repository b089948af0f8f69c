//! One system call each: what the kernel would do, done by the supervisor on descriptors that it holds.

mod create;
mod exec;
pub(crate) mod identity;
mod metadata;
mod network;
mod open;
mod remove;
mod rename;
mod signal;

use std::io;
use std::os::fd::AsFd;

use rustix::io::Errno;

use crate::filter::Call;
use crate::resolve::{Found, Object};
use crate::supervisor::{Answer, Question, Scene, Stop};

const AT_CURRENT: i32 = -100;

/// Carries out one call.
pub(crate) fn carry_out(scene: &mut Scene<'_>) -> Result<Answer, Stop> {
    match scene.call {
        Call::openat => open::open(scene, scene.int(0), scene.long(1), scene.low(2), scene.low(3)),
        Call::open => open::open(scene, AT_CURRENT, scene.long(0), scene.low(1), scene.low(2)),
        Call::creat => open::open(scene, AT_CURRENT, scene.long(0), open::CREAT, scene.low(1)),
        Call::truncate => open::truncate(scene, scene.long(0), scene.long(1)),
        Call::unlink => remove::unlink(scene, AT_CURRENT, scene.long(0)),
        Call::rmdir => remove::remove_directory(scene, AT_CURRENT, scene.long(0)),
        Call::unlinkat => match scene.int(2) {
            0 => remove::unlink(scene, scene.int(0), scene.long(1)),
            remove::AT_REMOVEDIR => remove::remove_directory(scene, scene.int(0), scene.long(1)),
            _ => Err(Errno::INVAL.into()),
        },
        Call::rename => rename::rename(scene, (AT_CURRENT, scene.long(0)), (AT_CURRENT, scene.long(1)), 0),
        Call::renameat => rename::rename(scene, (scene.int(0), scene.long(1)), (scene.int(2), scene.long(3)), 0),
        Call::renameat2 => {
            rename::rename(scene, (scene.int(0), scene.long(1)), (scene.int(2), scene.long(3)), scene.low(4))
        }
        Call::link => create::link(scene, (AT_CURRENT, scene.long(0)), (AT_CURRENT, scene.long(1)), 0),
        Call::linkat => create::link(scene, (scene.int(0), scene.long(1)), (scene.int(2), scene.long(3)), scene.int(4)),
        Call::symlink => create::symbolic_link(scene, scene.long(0), AT_CURRENT, scene.long(1)),
        Call::symlinkat => create::symbolic_link(scene, scene.long(0), scene.int(1), scene.long(2)),
        Call::mkdir => create::directory(scene, AT_CURRENT, scene.long(0), scene.low(1)),
        Call::mkdirat => create::directory(scene, scene.int(0), scene.long(1), scene.low(2)),
        Call::mknod => create::node(scene, AT_CURRENT, scene.long(0), scene.low(1)),
        Call::mknodat => create::node(scene, scene.int(0), scene.long(1), scene.low(2)),
        Call::execve => exec::exec(scene, AT_CURRENT, scene.long(0), scene.long(1), 0),
        Call::execveat => exec::exec(scene, scene.int(0), scene.long(1), scene.long(2), scene.int(4)),
        Call::connect => network::connect(scene),
        Call::sendto => network::send_to(scene),
        Call::sendmsg => network::send_message(scene, 1),
        Call::sendmmsg => network::send_message(scene, scene.low(2)),
        Call::kill | Call::tkill | Call::rt_sigqueueinfo => signal::kill(scene),
        Call::pidfd_send_signal => signal::pidfd(scene),
        Call::prlimit64 => signal::limits(scene),
        Call::setuid
        | Call::setgid
        | Call::setreuid
        | Call::setregid
        | Call::setresuid
        | Call::setresgid
        | Call::setfsuid
        | Call::setfsgid
        | Call::setgroups
        | Call::capset => {
            scene.state.credentials_changed = true;
            Ok(Answer::Proceed)
        }
        Call::umask | Call::chdir | Call::fchdir => {
            scene.target.remembered.borrow_mut().changes(scene.target.thread);
            Ok(Answer::Proceed)
        }
        _ => metadata::change(scene),
    }
}

/// What a path of the caller leads to; it must exist.
fn existing(scene: &Scene<'_>, directory: i32, path: u64, follow: bool) -> Result<Object, Stop> {
    let path = scene.target.path(path)?;
    let place = scene.rules.world.place(&scene.target, directory, &path)?;
    let found = scene.rules.world.find(&scene.target, place, follow)?;
    scene.target.confirm()?;
    match found {
        Found::There(object) => Ok(object),
        Found::Missing(_) => Err(Errno::NOENT.into()),
    }
}

/// An answer of the recorder as one for the caller: the kernel's number, or a question where it is the recorder that refuses.
fn recorded(scene: &Scene<'_>, object: &Object, result: io::Result<()>) -> Result<(), Stop> {
    let Err(error) = result else { return Ok(()) };
    if Errno::from_io_error(&error).is_some() {
        return Err(remove::cannot_keep(&object.path, &error));
    }
    let (file, path, why) = (object.status.identity, object.path.clone(), error.to_string());
    let what = path.display().to_string();
    scene.ruling(Question::Unsaved { file, path, why }, &what)
}

/// Keeps the content of a regular file, once, before it may change.
fn keep_content(scene: &mut Scene<'_>, object: &Object) -> Result<(), Stop> {
    if scene.state.made.contains(&object.status.identity) {
        return Ok(());
    }
    scene.within_limits(&object.path)?;
    let saved = scene.rules.recorder.save_content(object.file.as_fd(), &object.path);
    recorded(scene, object, saved)
}
