//! Into a trash: by renaming, or by one more name.

use std::ffi::OsStr;
use std::io;

use rustix::fd::{AsFd as _, BorrowedFd};
use rustix::fs::{AtFlags, FileType, Mode, RenameFlags, Statx};
use rustix::io::Errno;

use super::{Inner, Place, Recorder, lock, on_disk};
use crate::journal::{Held, Ident, Raw, Record};
use crate::trash::entry_name;
use crate::walk::stat_at;
use crate::{Mechanism, RecordError, meta};

impl Recorder {
    /// Renames a name into the trash of its mount; `EXDEV` where there is none.
    pub(super) fn move_away(
        &self,
        inner: &mut Inner,
        (parent, name, path): Place<'_>,
        dir: &Statx,
        stat: &Statx,
    ) -> io::Result<()> {
        inner.first_touch(parent, path, dir)?;
        let trash = inner.trash(parent, dir)?;
        let entry = self.new_entry();
        let held = Held::Moved { trash: trash.number, entry };
        let record =
            inner.journal.append(&[Record::Removed { path: Raw::from(path), ident: Ident::of(stat), held }])?;
        let moved = rename_new(parent, name, trash.dir.as_fd(), OsStr::new(&entry_name(entry)));
        let moved = match moved {
            // A directory can change its parent only if it may be written to, and be removed without.
            Err(Errno::ACCESS) => moved_writable(
                parent,
                name,
                trash.dir.as_fd(),
                OsStr::new(&entry_name(entry)),
                u32::from(stat.stx_mode),
            ),
            moved => moved,
        };
        match moved {
            Ok(()) => inner.mechanisms.insert(Mechanism::Moved),
            Err(errno) => {
                inner.failed(record)?;
                return Err(errno.into());
            }
        };
        Ok(())
    }

    /// Gives the file a second name in the trash of its mount; `None` where that cannot be.
    pub(super) fn link_away(
        &self,
        (parent, name, _): Place<'_>,
        dir: &Statx,
        stat: &Statx,
    ) -> io::Result<Option<Held>> {
        let mut inner = lock(&self.inner);
        let Ok(trash) = inner.trash(parent, dir) else { return Ok(None) };
        let entry = self.new_entry();
        let to = entry_name(entry);
        match rustix::fs::linkat(parent, name, &trash.dir, &to, AtFlags::empty()) {
            Ok(()) => {}
            Err(Errno::XDEV | Errno::PERM | Errno::MLINK | Errno::OPNOTSUPP | Errno::ACCESS) => return Ok(None),
            Err(errno) => return Err(errno.into()),
        }
        if !Ident::of(&stat_at(&trash.dir, &to)?).same(&Ident::of(stat)) {
            let _ = rustix::fs::unlinkat(&trash.dir, &to, AtFlags::empty());
            return Err(RecordError::Unstable(name.into()).into());
        }
        inner.counts.bytes_kept += on_disk(stat);
        inner.mechanisms.insert(Mechanism::Linked);
        Ok(Some(Held::Linked { trash: trash.number, entry }))
    }
}

/// Renames onto a name that must be free.
pub(crate) fn rename_new(from: BorrowedFd<'_>, name: &OsStr, to: BorrowedFd<'_>, new: &OsStr) -> Result<(), Errno> {
    match rustix::fs::renameat_with(from, name, to, new, RenameFlags::NOREPLACE) {
        // The file system does not know the flag.
        Err(Errno::INVAL | Errno::NOSYS) if matches!(stat_at(to, new), Err(Errno::NOENT)) => {
            rustix::fs::renameat(from, name, to, new)
        }
        other => other,
    }
}

/// Moves a directory that may not be written to.
pub(crate) fn moved_writable(
    parent: BorrowedFd<'_>,
    name: &OsStr,
    to: BorrowedFd<'_>,
    new: &OsStr,
    mode: u32,
) -> Result<(), Errno> {
    if FileType::from_raw_mode(mode) != FileType::Directory || mode & 0o200 != 0 {
        return Err(Errno::ACCESS);
    }
    let dir = meta::open_any(parent, name)?;
    let set = |mode| {
        rustix::fs::chmodat(rustix::fs::CWD, meta::magic(&dir), Mode::from_raw_mode(mode & 0o7777), AtFlags::empty())
    };
    set(mode | 0o200)?;
    let moved = rename_new(parent, name, to, new);
    set(mode)?;
    moved
}
