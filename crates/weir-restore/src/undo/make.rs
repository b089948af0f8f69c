//! Making anew what was kept as a copy or as a note.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use rustix::fd::{AsFd as _, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use rustix::io::Errno;

use super::eyes::{failed, failed_io};
use super::load::Loaded;
use crate::content::{clone, copy, reopen};
use crate::journal::{Held, Ident, Meta};
use crate::trash::entry_name;
use crate::walk::{stat_at, stat_of};
use crate::{UndoError, meta};

pub(super) enum Made {
    Done {
        bytes: u64,
        /// Metadata that could not be set.
        failed: Vec<String>,
    },
    /// Only a more privileged user may make this.
    Refused(String),
}

/// Makes `name` in `parent` from what was kept. `before_it_shows` hears of the inode, for files before they have their name.
pub(super) fn make(
    point: &Loaded,
    parent: BorrowedFd<'_>,
    name: &OsStr,
    path: &Path,
    ident: Ident,
    held: &Held,
    before_it_shows: &mut dyn FnMut(Ident) -> io::Result<()>,
) -> Result<Made, UndoError> {
    match held {
        Held::Copied { trash, entry, .. } | Held::Moved { trash, entry } | Held::Linked { trash, entry } => {
            let dir = point.trashes.get(trash).ok_or_else(|| UndoError::EntryMissing(path.to_owned()))?;
            let kept = meta::open_any(dir, entry_name(*entry).as_ref()).map_err(failed(path))?;
            file(&kept, parent, name, path, held, before_it_shows)
        }
        Held::Symlink { target, meta: want } => {
            rustix::fs::symlinkat(target.name(), parent, name).map_err(failed(path))?;
            finish(parent, name, path, want, before_it_shows)
        }
        Held::Special { major, minor, meta: want } => {
            let device = rustix::fs::makedev(*major, *minor);
            match rustix::fs::mknodat(parent, name, ident.kind(), Mode::from_raw_mode(0o600), device) {
                Err(Errno::PERM) => return Ok(Made::Refused("only root can make device nodes".to_owned())),
                other => other.map_err(failed(path))?,
            }
            finish(parent, name, path, want, before_it_shows)
        }
    }
}

fn finish(
    parent: BorrowedFd<'_>,
    name: &OsStr,
    path: &Path,
    want: &Meta,
    before_it_shows: &mut dyn FnMut(Ident) -> io::Result<()>,
) -> Result<Made, UndoError> {
    let at = meta::open_any(parent, name).map_err(failed(path))?;
    before_it_shows(Ident::of(&stat_of(&at).map_err(failed(path))?)).map_err(failed_io(path))?;
    let failed = meta::apply(&at, want).map_err(failed_io(path))?;
    Ok(Made::Done { bytes: 0, failed })
}

/// Copies a regular file out of a trash. It gets its name when it is complete.
pub(super) fn file(
    kept: &OwnedFd,
    parent: BorrowedFd<'_>,
    name: &OsStr,
    path: &Path,
    held: &Held,
    before_it_shows: &mut dyn FnMut(Ident) -> io::Result<()>,
) -> Result<Made, UndoError> {
    let from = reopen(kept).map_err(failed(path))?;
    let stat = stat_of(&from).map_err(failed(path))?;
    let (expected, want) = match held {
        Held::Copied { digest, meta, .. } => (*digest, meta.clone()),
        _ => (None, meta::read(kept).map_err(failed_io(path))?),
    };
    let unnamed =
        rustix::fs::openat(parent, c".", OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC, Mode::RUSR | Mode::WUSR);
    let (to, is_named) = match unnamed {
        Ok(to) => (to, false),
        // Not every file system has files without a name.
        Err(_) => {
            let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOFOLLOW;
            (rustix::fs::openat(parent, name, flags, Mode::RUSR | Mode::WUSR).map_err(failed(path))?, true)
        }
    };
    before_it_shows(Ident::of(&stat_of(&to).map_err(failed(path))?)).map_err(failed_io(path))?;
    let size = stat.stx_size;
    if !clone(&from, &to) {
        let sparse = stat.stx_blocks.saturating_mul(512) < size;
        let copied = copy(from.as_fd(), to.as_fd(), size, sparse).map_err(failed_io(path))?;
        if expected.is_some() && copied.digest != expected {
            return Err(UndoError::EntryChanged(path.to_owned()));
        }
    }
    let failed_meta = meta::apply(&to, &want).map_err(failed_io(path))?;
    if !is_named {
        rustix::fs::linkat(CWD, meta::magic(&to), parent, name, AtFlags::SYMLINK_FOLLOW).map_err(failed(path))?;
        debug_assert!(stat_at(parent, name).is_ok());
    }
    Ok(Made::Done { bytes: size, failed: failed_meta })
}
