//! Where things go instead of away: one trash per mount.
//!
//! Renames work inside one mount only, and two bind mounts of one file system are two mounts. So the trash is chosen by the mount of
//! the directory in question: the store's own on its mount, and elsewhere `.weir-trash-<uid>` in the topmost directory
//! that this user may write to.

use std::collections::HashMap;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Access, AtFlags, Mode, OFlags, Statx};
use rustix::io::Errno;
use weir_model::RestorePointId;

use crate::journal::{Ident, Raw, Record};
use crate::meta::{magic, plain, set_times};
use crate::walk::{DIRECTORY, names, open_dir, stat_at, stat_of};

/// How the directories of trashes outside of the store begin, on every mount.
const PREFIX: &str = ".weir-trash-";

/// This user's trash on a mount.
pub(crate) fn own_name() -> String {
    format!("{PREFIX}{}", rustix::process::geteuid().as_raw())
}

/// True for a trash of restore points on another mount than the store's, and for everything in it.
#[must_use]
pub fn is_trash(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str().as_bytes().starts_with(PREFIX.as_bytes()))
}

/// The trash of one point on one mount.
#[derive(Debug)]
pub(crate) struct Trash {
    pub(crate) number: u32,
    /// `O_PATH` descriptor of the directory that holds the entries.
    pub(crate) dir: OwnedFd,
}

/// The name of an entry.
pub(crate) fn entry_name(entry: u64) -> String {
    format!("{entry:x}")
}

/// The trashes of one point, found as they are needed.
#[derive(Debug)]
pub(crate) struct Trashes {
    id: RestorePointId,
    /// The directory of all trashes in the store.
    home: OwnedFd,
    home_path: PathBuf,
    home_mount: u64,
    by_mount: HashMap<u64, Result<Arc<Trash>, Errno>>,
    next: u32,
}

impl Trashes {
    pub(crate) fn new(id: RestorePointId, home_path: &Path) -> io::Result<Self> {
        let home = open_dir(rustix::fs::CWD, home_path)?;
        let home_mount = stat_of(&home)?.stx_mnt_id;
        Ok(Self { id, home, home_path: home_path.to_owned(), home_mount, by_mount: HashMap::new(), next: 0 })
    }

    /// Goes on where `records` of a journal ended.
    pub(crate) fn resume(&mut self, records: &[Record]) {
        for record in records {
            let Record::Trash { number, location, ino, .. } = record else { continue };
            self.next = self.next.max(number + 1);
            let Ok(dir) = open_dir(rustix::fs::CWD, location.path()) else { continue };
            if let Ok(stat) = stat_of(&dir)
                && stat.stx_ino == *ino
            {
                self.by_mount.insert(stat.stx_mnt_id, Ok(Arc::new(Trash { number: *number, dir })));
            }
        }
    }

    /// The highest number of an entry in the trashes that are known.
    pub(crate) fn highest_entry(&self) -> io::Result<Option<u64>> {
        let mut highest = None;
        for trash in self.by_mount.values().flatten() {
            let numbers = names(&trash.dir)?;
            let numbers =
                numbers.iter().filter_map(|name| u64::from_str_radix(name.to_str()?.split('.').next()?, 16).ok());
            highest = highest.max(numbers.max());
        }
        Ok(highest)
    }

    /// The trash of the store's own mount.
    pub(crate) fn home(&mut self) -> Result<(Arc<Trash>, Option<Record>), Errno> {
        let (mount, home) = (self.home_mount, self.home_path.join(self.id.to_string()));
        if let Some(Ok(found)) = self.by_mount.get(&mount) {
            return Ok((Arc::clone(found), None));
        }
        let dir = private_dir(self.home.as_fd(), &self.id.to_string())?;
        self.add(mount, dir, home)
    }

    /// The trash of the mount of `parent`, a directory. The record must be in the journal before the trash is used.
    pub(crate) fn of(&mut self, parent: BorrowedFd<'_>, stat: &Statx) -> Result<(Arc<Trash>, Option<Record>), Errno> {
        let mount = stat.stx_mnt_id;
        match self.by_mount.get(&mount) {
            Some(Ok(found)) => return Ok((Arc::clone(found), None)),
            Some(Err(errno)) => return Err(*errno),
            None if mount == self.home_mount => return self.home(),
            None => {}
        }
        let made = self.make(parent, stat).and_then(|(dir, path)| self.add(mount, dir, path));
        if let Err(errno) = &made {
            self.by_mount.insert(mount, Err(*errno));
        }
        made
    }

    fn add(&mut self, mount: u64, dir: OwnedFd, path: PathBuf) -> Result<(Arc<Trash>, Option<Record>), Errno> {
        let ident = Ident::of(&stat_of(&dir)?);
        let trash = Arc::new(Trash { number: self.next, dir });
        self.next += 1;
        self.by_mount.insert(mount, Ok(Arc::clone(&trash)));
        let record =
            Record::Trash { number: trash.number, location: Raw::from(path.as_path()), dev: ident.dev, ino: ident.ino };
        Ok((trash, Some(record)))
    }

    fn make(&self, parent: BorrowedFd<'_>, stat: &Statx) -> Result<(OwnedFd, PathBuf), Errno> {
        let top = topmost_writable(parent, stat)?;
        let name = own_name();
        let before = plain(&stat_of(&top)?);
        let fresh = stat_at(&top, &name).is_err();
        let trash = private_dir(top.as_fd(), &name)?;
        if fresh {
            // Weir's own directory is no change of the user's.
            let _ = set_times(&top, before.atime, before.mtime);
        }
        let dir = private_dir(trash.as_fd(), &self.id.to_string())?;
        let path = rustix::fs::readlinkat(rustix::fs::CWD, magic(&dir), Vec::new())?;
        Ok((dir, PathBuf::from(std::ffi::OsStr::from_bytes(path.as_bytes()))))
    }
}

/// Makes or opens the directory `name`; it must belong to this user, be closed to all others, and be no link.
pub(crate) fn private_dir(parent: BorrowedFd<'_>, name: &str) -> Result<OwnedFd, Errno> {
    match rustix::fs::mkdirat(parent, name, Mode::from_raw_mode(0o700)) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(errno) => return Err(errno),
    }
    let dir = rustix::fs::openat(parent, name, DIRECTORY, Mode::empty())?;
    if is_private(&dir)? { Ok(dir) } else { Err(Errno::PERM) }
}

pub(crate) fn is_private(dir: impl AsFd) -> Result<bool, Errno> {
    let stat = stat_of(dir)?;
    Ok(stat.stx_uid == rustix::process::geteuid().as_raw() && stat.stx_mode & 0o077 == 0)
}

/// The topmost directory above `parent` (or itself) on the same mount in which this user may make names.
fn topmost_writable(parent: BorrowedFd<'_>, stat: &Statx) -> Result<OwnedFd, Errno> {
    let mut at = rustix::fs::openat(parent, c".", DIRECTORY, Mode::empty())?;
    let mut here = *stat;
    let mut found = None;
    loop {
        let above = rustix::fs::openat(&at, c"..", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
        let wanted = Access::WRITE_OK | Access::EXEC_OK;
        let writable = rustix::fs::accessat(&at, c".", wanted, AtFlags::EACCESS);
        let up = above.and_then(|above| stat_of(&above).map(|stat| (above, stat)));
        let end = match &up {
            Ok((_, stat)) => stat.stx_mnt_id != here.stx_mnt_id || stat.stx_ino == here.stx_ino,
            Err(_) => true,
        };
        match writable {
            Ok(()) => found = Some(at),
            Err(Errno::ROFS) => return Err(Errno::ROFS),
            Err(_) => {}
        }
        match up {
            Ok((above, stat)) if !end => (at, here) = (above, stat),
            _ => return found.ok_or(Errno::ACCESS),
        }
    }
}
