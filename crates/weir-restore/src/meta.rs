//! Reading and writing what the kernel knows about a file beside its content.
//!
//! Everything works on `O_PATH` descriptors, also of symbolic links: what a descriptor stands for cannot be swapped.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;

use rustix::fd::{AsFd, AsRawFd as _, OwnedFd};
use rustix::fs::{AtFlags, FileType, Gid, Mode, OFlags, Statx, Timespec, Timestamps, Uid, XattrFlags};
use rustix::io::Errno;

use crate::journal::{Meta, Raw, Time};
use crate::walk::stat_of;

/// Attributes that the security module of the machine gives to every file; they follow from where a file is.
const BY_THE_SYSTEM: &[&[u8]] = &[b"security.selinux", b"security.ima", b"security.evm", b"security.SMACK64"];

/// A path that stands for the open descriptor, for the calls that do not take one.
pub(crate) fn magic(fd: impl AsFd) -> String {
    format!("/proc/self/fd/{}", fd.as_fd().as_raw_fd())
}

/// Opens `name` as an `O_PATH` descriptor, whatever it is.
pub(crate) fn open_any(dir: impl AsFd, name: &OsStr) -> Result<OwnedFd, Errno> {
    rustix::fs::openat(dir, name, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
}

pub(crate) fn read(at: impl AsFd) -> io::Result<Meta> {
    let stat = stat_of(&at)?;
    Ok(Meta { xattrs: xattrs(&at)?, ..plain(&stat) })
}

/// What `stat` says, without extended attributes.
pub(crate) fn plain(stat: &Statx) -> Meta {
    Meta {
        mode: u32::from(stat.stx_mode) & 0o7777,
        uid: stat.stx_uid,
        gid: stat.stx_gid,
        atime: (stat.stx_atime.tv_sec, stat.stx_atime.tv_nsec),
        mtime: (stat.stx_mtime.tv_sec, stat.stx_mtime.tv_nsec),
        xattrs: Vec::new(),
    }
}

fn xattrs(at: impl AsFd) -> io::Result<Vec<(Raw, Raw)>> {
    let path = magic(&at);
    let Some(list) = grown(|buffer| rustix::fs::listxattr(&path, buffer))? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for name in list.split(|byte| *byte == 0).filter(|name| !name.is_empty() && !BY_THE_SYSTEM.contains(name)) {
        // Gone since it was listed, or not for this user to read.
        if let Some(value) = grown(|buffer| rustix::fs::getxattr(&path, OsStr::from_bytes(name), buffer))? {
            found.push((Raw::from(name), Raw::from(value)));
        }
    }
    found.sort();
    Ok(found)
}

/// Calls `ask` with a larger buffer until the answer fits; `None` where there is nothing of the kind.
fn grown(ask: impl Fn(&mut [u8]) -> Result<usize, Errno>) -> io::Result<Option<Vec<u8>>> {
    let mut buffer = vec![0; 256];
    loop {
        match ask(&mut buffer) {
            Ok(length) => {
                buffer.truncate(length);
                return Ok(Some(buffer));
            }
            Err(Errno::RANGE) if buffer.len() < 1 << 20 => buffer.resize(buffer.len() * 8, 0),
            Err(Errno::NODATA | Errno::OPNOTSUPP | Errno::PERM | Errno::ACCESS) => return Ok(None),
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// Gives `at` the metadata `want`, touching only what differs. Answers with what could not be done.
pub(crate) fn apply(at: impl AsFd, want: &Meta) -> io::Result<Vec<String>> {
    let stat = stat_of(&at)?;
    let now = plain(&stat);
    let is_link = FileType::from_raw_mode(u32::from(stat.stx_mode)) == FileType::Symlink;
    let path = magic(&at);
    let mut failed = Vec::new();
    let owner_changes = (now.uid, now.gid) != (want.uid, want.gid);
    if owner_changes {
        let (uid, gid) = (Uid::from_raw(want.uid), Gid::from_raw(want.gid));
        if let Err(errno) = rustix::fs::chownat(&at, c"", Some(uid), Some(gid), AtFlags::EMPTY_PATH) {
            failed.push(format!("owner {}:{} ({errno})", want.uid, want.gid));
        }
    }
    apply_xattrs(&at, want, &mut failed)?;
    // After the owner and the access lists, both of which change it.
    let mode_now = u32::from(stat_of(&at)?.stx_mode) & 0o7777;
    if !is_link && mode_now != want.mode {
        let mode = Mode::from_raw_mode(want.mode);
        if let Err(errno) = rustix::fs::chmodat(rustix::fs::CWD, &path, mode, AtFlags::empty()) {
            failed.push(format!("mode {:o} ({errno})", want.mode));
        }
    }
    set_times(&at, want.atime, want.mtime).unwrap_or_else(|error| failed.push(format!("times ({error})")));
    Ok(failed)
}

/// [`apply`] for a directory that was made anew; where things are still put into it (`pending`), with the rights for that.
pub(crate) fn apply_to_new(dir: impl AsFd, want: &Meta, pending: bool) -> io::Result<Vec<String>> {
    let loose = if pending { 0o700 } else { 0 };
    apply(dir, &Meta { mode: want.mode | loose, ..want.clone() })
}

fn apply_xattrs(at: impl AsFd, want: &Meta, failed: &mut Vec<String>) -> io::Result<()> {
    let path = magic(&at);
    let now = xattrs(&at)?;
    if now == want.xattrs {
        return Ok(());
    }
    for (name, _) in now.iter().filter(|(name, _)| !want.xattrs.iter().any(|(wanted, _)| wanted == name)) {
        if let Err(errno) = rustix::fs::removexattr(&path, name.name()) {
            failed.push(format!("attribute `{}` ({errno})", name.path().display()));
        }
    }
    for (name, value) in want.xattrs.iter().filter(|pair| !now.contains(pair)) {
        if let Err(errno) = rustix::fs::setxattr(&path, name.name(), value.bytes(), XattrFlags::empty()) {
            failed.push(format!("attribute `{}` ({errno})", name.path().display()));
        }
    }
    Ok(())
}

pub(crate) fn set_times(at: impl AsFd, atime: Time, mtime: Time) -> io::Result<()> {
    let spec = |(sec, nsec): Time| Timespec { tv_sec: sec, tv_nsec: nsec.into() };
    let times = Timestamps { last_access: spec(atime), last_modification: spec(mtime) };
    Ok(rustix::fs::utimensat(&at, c"", &times, AtFlags::EMPTY_PATH)?)
}
