//! Looking at the file system, path by path, with the last directories kept open.

use std::collections::HashMap;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fd::{AsFd as _, OwnedFd};
use rustix::fs::CWD;
use rustix::io::Errno;

use super::load::Loaded;
use crate::content::{digest, reopen};
use crate::journal::{Held, Ident, Key};
use crate::trash::entry_name;
use crate::walk::{open_dir, split, stat_at};
use crate::{UndoError, meta};

/// As many directories are kept open: a file's own, and those above it.
const MOST_OPEN: usize = 8;

/// Sees what is there, with inodes that an undo made standing for those that they replace.
#[derive(Default)]
pub(super) struct Eyes {
    /// The last one looked at is the last.
    open: Vec<(PathBuf, Arc<OwnedFd>)>,
    remade: HashMap<Key, Ident>,
}

pub(super) fn failed(path: &Path) -> impl FnOnce(Errno) -> UndoError {
    move |errno| UndoError::Io { path: path.to_owned(), source: errno.into() }
}

pub(super) fn failed_io(path: &Path) -> impl FnOnce(std::io::Error) -> UndoError {
    move |source| UndoError::Io { path: path.to_owned(), source }
}

impl Eyes {
    pub(super) fn stands_for(&mut self, new: &Ident, was: &Ident) {
        self.remade.insert(new.key(), *was);
    }

    /// To be called when a directory may be elsewhere now.
    pub(super) fn forget(&mut self) {
        self.open.clear();
    }

    /// The directory that holds `path`.
    pub(super) fn parent(&mut self, path: &Path) -> Result<Arc<OwnedFd>, Errno> {
        let (parent, _) = split(path).map_err(|_| Errno::INVAL)?;
        let known = self.open.iter().rposition(|(open, _)| open.as_os_str() == parent.as_os_str());
        let entry = match known {
            Some(at) => self.open.remove(at),
            None => (parent.to_owned(), Arc::new(open_dir(CWD, parent)?)),
        };
        let dir = Arc::clone(&entry.1);
        if self.open.len() >= MOST_OPEN {
            self.open.remove(0);
        }
        self.open.push(entry);
        Ok(dir)
    }

    pub(super) fn look(&mut self, path: &Path) -> Result<Option<Ident>, UndoError> {
        let found = if path.as_os_str().as_bytes() == b"/" {
            stat_at(CWD, "/")
        } else {
            let name = path.file_name().unwrap_or_default();
            self.parent(path).and_then(|parent| stat_at(parent, name))
        };
        match found {
            Ok(stat) => Ok(Some(self.translate(Ident::of(&stat)))),
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(None),
            Err(errno) => Err(failed(path)(errno)),
        }
    }

    fn translate(&self, found: Ident) -> Ident {
        match self.remade.get(&found.key()) {
            Some(was) => Ident { dev: was.dev, ino: was.ino, born: was.born, ..found },
            None => found,
        }
    }
}

impl Loaded {
    /// True when what was kept is where the journal says.
    pub(super) fn has(&self, held: &Held) -> Result<bool, UndoError> {
        let Some((trash, entry)) = held.entry() else { return Ok(true) };
        let Some(dir) = self.trashes.get(&trash) else { return Ok(false) };
        match stat_at(dir, entry_name(entry)) {
            Ok(_) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(errno) => Err(failed(Path::new(&entry_name(entry)))(errno)),
        }
    }

    /// Compares what was kept with what the journal says of it.
    pub(super) fn verify(&self, path: &Path, ident: Ident, held: &Held) -> Result<Verified, UndoError> {
        let Some((trash, entry)) = held.entry() else { return Ok(Verified::Fully) };
        let missing = || UndoError::EntryMissing(path.to_owned());
        let dir = self.trashes.get(&trash).ok_or_else(missing)?;
        let stat = match stat_at(dir, entry_name(entry)) {
            Err(Errno::NOENT) => return Err(missing()),
            other => other.map_err(failed(path))?,
        };
        let found = Ident::of(&stat);
        let changed = || UndoError::EntryChanged(path.to_owned());
        match held {
            Held::Copied { size, digest: expected, .. } => {
                if !found.kind().is_file() || found.size != *size {
                    return Err(changed());
                }
                let Some(expected) = expected else { return Ok(Verified::ByIdentity) };
                let at = meta::open_any(dir, entry_name(entry).as_ref()).map_err(failed(path))?;
                let file = reopen(&at).map_err(failed(path))?;
                let digest = digest(file.as_fd(), *size).map_err(failed_io(path))?;
                if digest == *expected { Ok(Verified::Fully) } else { Err(changed()) }
            }
            _ => {
                // It may have been written to since: by another name, or by somebody who had it open.
                let explained = self.touched.contains(&ident.key());
                let same = found.same(&ident) && found.kind() == ident.kind();
                if !same || !(explained || self.accept_changed || found.unchanged(&ident)) {
                    return Err(changed());
                }
                Ok(Verified::ByIdentity)
            }
        }
    }
}

/// How far something that was kept could be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verified {
    /// By its content.
    Fully,
    /// By inode, time of birth, size and time of change.
    ByIdentity,
}
