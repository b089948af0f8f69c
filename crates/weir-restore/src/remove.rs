//! Removing what is below a directory of Weir's own, however deep it is.
//!
//! Subdirectories are first moved up to the top, so no path gets long and nothing recurses.

use std::ffi::{OsStr, OsString};
use std::io;

use rustix::fd::{AsFd as _, BorrowedFd};
use rustix::fs::{AtFlags, Mode};
use rustix::io::Errno;

use crate::journal::Ident;
use crate::meta::magic;
use crate::walk::{DIRECTORY, names, stat_at, stat_of};

/// Removes the directory `name` with everything in it, on its own mount. Something that is not there is removed.
pub(crate) fn tree(parent: BorrowedFd<'_>, name: &OsStr) -> io::Result<()> {
    let top = match rustix::fs::openat(parent, name, DIRECTORY, Mode::empty()) {
        Err(Errno::NOENT) => return Ok(()),
        other => other?,
    };
    let mount = stat_of(&top)?.stx_mnt_id;
    let mut counter = 0u64;
    let mut queue: Vec<OsString> = Vec::new();
    empty(top.as_fd(), top.as_fd(), mount, &mut queue, &mut counter)?;
    while let Some(next) = queue.pop() {
        let dir = rustix::fs::openat(&top, &next, DIRECTORY, Mode::empty())?;
        empty(top.as_fd(), dir.as_fd(), mount, &mut queue, &mut counter)?;
        rustix::fs::unlinkat(&top, &next, AtFlags::REMOVEDIR)?;
    }
    Ok(rustix::fs::unlinkat(parent, name, AtFlags::REMOVEDIR)?)
}

/// Unlinks what is in `dir` and moves its subdirectories to `top`.
fn empty(
    top: BorrowedFd<'_>,
    dir: BorrowedFd<'_>,
    mount: u64,
    queue: &mut Vec<OsString>,
    counter: &mut u64,
) -> io::Result<()> {
    let at_top = stat_of(top)?.stx_ino == stat_of(dir)?.stx_ino;
    if stat_of(dir)?.stx_mnt_id != mount {
        return Err(Errno::XDEV.into());
    }
    writable(dir)?;
    for name in names(dir)? {
        if !Ident::of(&stat_at(dir, &name)?).is_dir() {
            rustix::fs::unlinkat(dir, &name, AtFlags::empty())?;
            continue;
        }
        if at_top {
            queue.push(name);
            continue;
        }
        let child = rustix::fs::openat(dir, &name, DIRECTORY, Mode::empty())?;
        writable(child.as_fd())?;
        loop {
            *counter += 1;
            let up = OsString::from(format!("up-{counter:x}"));
            match crate::recorder::rename_new(dir, &name, top, &up) {
                Err(Errno::EXIST) => {}
                other => {
                    other?;
                    queue.push(up);
                    break;
                }
            }
        }
    }
    Ok(())
}

fn writable(dir: BorrowedFd<'_>) -> io::Result<()> {
    let mode = u32::from(stat_of(dir)?.stx_mode) & 0o7777;
    if mode & 0o700 != 0o700 {
        let mode = Mode::from_raw_mode(mode | 0o700);
        rustix::fs::chmodat(rustix::fs::CWD, magic(dir), mode, AtFlags::empty())?;
    }
    Ok(())
}
