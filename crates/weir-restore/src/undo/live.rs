//! The deed: every step is first noted in the restore point of the undo.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fd::{AsFd as _, OwnedFd};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use super::decide::{Step, World};
use super::eyes::{Eyes, failed, failed_io};
use super::load::Loaded;
use super::make::{Made, make};
use super::returned::Returned;
use super::{Skipped, UndoReport};
use crate::content::{clone, copy, reopen};
use crate::journal::{Held, Ident, Key, Meta, Raw, Record, Writer};
use crate::recorder::rename_new;
use crate::trash::entry_name;
use crate::walk::{DIRECTORY, stat_at, stat_of};
use crate::{Recorder, UndoError, meta};

pub(super) struct Live<'a> {
    point: &'a Loaded,
    recorder: &'a Recorder,
    log: &'a mut Writer,
    eyes: Eyes,
    /// Where inodes are that had to be made anew, for further names of them.
    placed: HashMap<Key, PathBuf>,
    returned: Returned,
    pub(super) report: &'a mut UndoReport,
}

impl<'a> Live<'a> {
    pub(super) fn new(
        point: &'a Loaded,
        recorder: &'a Recorder,
        log: &'a mut Writer,
        report: &'a mut UndoReport,
    ) -> Self {
        let mut eyes = Eyes::default();
        let mut placed = HashMap::new();
        for (path, new, was) in &point.undone.remade {
            eyes.stands_for(new, was);
            placed.insert(was.key(), path.clone());
        }
        Self { point, recorder, log, eyes, placed, returned: Returned::default(), report }
    }

    pub(super) fn begin(&mut self, record: u64) -> std::io::Result<()> {
        self.log.append(&[Record::Undoing { record }]).map(drop)
    }

    /// False where it could not be put there, which the report says.
    fn put(&mut self, path: &Path, ident: Ident, held: &Held) -> Result<bool, UndoError> {
        let name = name(path);
        let parent = self.parent(path)?;
        self.recorder.creating(parent.as_fd(), name, path).map_err(failed_io(path))?;
        if let Held::Moved { trash, entry } | Held::Linked { trash, entry } = held {
            let dir = self.point.trashes.get(trash).ok_or_else(|| UndoError::EntryMissing(path.to_owned()))?;
            let entry = entry_name(*entry);
            let moved = match rename_new(dir.as_fd(), OsStr::new(&entry), parent.as_fd(), name) {
                Err(Errno::ACCESS) if ident.is_dir() => {
                    crate::recorder::moved_writable(dir.as_fd(), OsStr::new(&entry), parent.as_fd(), name, ident.mode)
                }
                other => other,
            };
            moved.map_err(failed(path))?;
            let now = Ident::of(&stat_at(&parent, name).map_err(failed(path))?);
            if !now.same(&ident) {
                return Err(UndoError::EntryChanged(path.to_owned()));
            }
            if ident.is_dir() {
                self.eyes.forget();
            } else {
                self.report.bytes += now.size;
            }
            return Ok(true);
        }
        if self.link_again(path, &parent, ident)? {
            return Ok(true);
        }
        let made = {
            let (log, eyes, placed) = (&mut *self.log, &mut self.eyes, &mut self.placed);
            let mut before_it_shows = |new: Ident| {
                let path_raw = Raw::from(path);
                eyes.stands_for(&new, &ident);
                placed.insert(ident.key(), path.to_owned());
                log.append(&[Record::Remade { path: path_raw, new, was: ident }]).map(drop)
            };
            make(self.point, parent.as_fd(), name, path, ident, held, &mut before_it_shows)?
        };
        match made {
            Made::Done { bytes, failed } => {
                self.report.bytes += bytes;
                self.note(path, failed);
                Ok(true)
            }
            Made::Refused(why) => {
                self.report.skipped.push(Skipped { path: path.to_owned(), why });
                Ok(false)
            }
        }
    }

    /// Makes `path` one more name of an inode that this undo made.
    fn link_again(&mut self, path: &Path, parent: &OwnedFd, ident: Ident) -> Result<bool, UndoError> {
        let Some(other) = self.placed.get(&ident.key()).cloned().filter(|other| other != path) else {
            return Ok(false);
        };
        if !self.eyes.look(&other)?.is_some_and(|found| found.same(&ident)) {
            return Ok(false);
        }
        let from = self.eyes.parent(&other).map_err(failed(&other))?;
        Ok(rustix::fs::linkat(from, name(&other), parent, name(path), AtFlags::empty()).is_ok())
    }

    fn make_dir(
        &mut self,
        path: &Path,
        ident: Option<Ident>,
        want: Option<&Meta>,
        pending: bool,
    ) -> Result<(), UndoError> {
        let parent = self.parent(path)?;
        let name = name(path);
        self.recorder.creating(parent.as_fd(), name, path).map_err(failed_io(path))?;
        let mode = if want.is_some() { 0o700 } else { 0o777 };
        rustix::fs::mkdirat(&parent, name, Mode::from_raw_mode(mode)).map_err(failed(path))?;
        let dir = rustix::fs::openat(&parent, name, DIRECTORY, Mode::empty()).map_err(failed(path))?;
        if let Some(was) = ident {
            let new = Ident::of(&stat_of(&dir).map_err(failed(path))?);
            self.eyes.stands_for(&new, &was);
            self.log.append(&[Record::Remade { path: Raw::from(path), new, was }]).map_err(failed_io(path))?;
        }
        if let Some(want) = want {
            let failed = meta::apply_to_new(&dir, want, pending).map_err(failed_io(path))?;
            self.note(path, failed);
        }
        Ok(())
    }

    fn adopt(&mut self, path: &Path, was: Ident) -> Result<(), UndoError> {
        let new = Ident::of(&stat_of(self.open(path)?).map_err(failed(path))?);
        self.eyes.stands_for(&new, &was);
        self.log.append(&[Record::Remade { path: Raw::from(path), new, was }]).map(drop).map_err(failed_io(path))
    }

    fn metadata(&mut self, path: &Path, want: &Meta) -> Result<(), UndoError> {
        let at = self.open(path)?;
        let now = meta::read(&at).map_err(failed_io(path))?;
        if now == *want {
            return Ok(());
        }
        self.recorder.save_metadata(at.as_fd(), path).map_err(failed_io(path))?;
        let failed = meta::apply(&at, want).map_err(failed_io(path))?;
        self.note(path, failed);
        Ok(())
    }

    fn rewrite(&mut self, path: &Path, ident: Ident, held: &Held) -> Result<bool, UndoError> {
        let Held::Copied { trash, entry, size, digest, meta: want } = held else { return self.put(path, ident, held) };
        let at = self.open(path)?;
        self.recorder.save_content(at.as_fd(), path).map_err(failed_io(path))?;
        let file = match open_to_write(&at) {
            Err(Errno::ACCESS) => {
                self.recorder.save_metadata(at.as_fd(), path).map_err(failed_io(path))?;
                let mode = Mode::from_raw_mode(want.mode | 0o600);
                rustix::fs::chmodat(CWD, meta::magic(&at), mode, AtFlags::empty()).map_err(failed(path))?;
                open_to_write(&at)
            }
            other => other,
        };
        let file = match file {
            // A program that is running: it keeps its inode, the name gets a new one.
            Err(Errno::TXTBSY) => {
                self.away(path, ident)?;
                return self.put(path, ident, held);
            }
            other => other.map_err(failed(path))?,
        };
        let dir = self.point.trashes.get(trash).ok_or_else(|| UndoError::EntryMissing(path.to_owned()))?;
        let kept = meta::open_any(dir, entry_name(*entry).as_ref()).map_err(failed(path))?;
        let from = reopen(&kept).map_err(failed(path))?;
        let stat = stat_of(&from).map_err(failed(path))?;
        rustix::fs::ftruncate(&file, 0).map_err(failed(path))?;
        if digest.is_some() || !clone(&from, &file) {
            let sparse = stat.stx_blocks.saturating_mul(512) < *size;
            copy(from.as_fd(), file.as_fd(), *size, sparse).map_err(failed_io(path))?;
        }
        drop(file);
        let failed = meta::apply(&at, want).map_err(failed_io(path))?;
        self.note(path, failed);
        self.report.bytes += size;
        Ok(true)
    }

    fn away(&mut self, path: &Path, ident: Ident) -> Result<(), UndoError> {
        let parent = self.parent(path)?;
        let done = if ident.is_dir() {
            self.eyes.forget();
            self.recorder.divert_tree(parent.as_fd(), name(path), path)
        } else {
            self.recorder.divert(parent.as_fd(), name(path), path)
        };
        done.map_err(failed_io(path))
    }

    fn rename(&mut self, from: &Path, to: &Path, ident: Ident) -> Result<(), UndoError> {
        let (from_dir, to_dir) = (self.parent(from)?, self.parent(to)?);
        self.recorder
            .renamed((from_dir.as_fd(), name(from), from), (to_dir.as_fd(), name(to), to))
            .map_err(failed_io(from))?;
        rename_new(from_dir.as_fd(), name(from), to_dir.as_fd(), name(to)).map_err(failed(to))?;
        if ident.is_dir() {
            self.eyes.forget();
        }
        Ok(())
    }

    fn exchange(&mut self, one: &Path, other: &Path) -> Result<(), UndoError> {
        let (one_dir, other_dir) = (self.parent(one)?, self.parent(other)?);
        self.recorder
            .exchanged((one_dir.as_fd(), name(one), one), (other_dir.as_fd(), name(other), other))
            .map_err(failed_io(one))?;
        rustix::fs::renameat_with(&one_dir, name(one), &other_dir, name(other), RenameFlags::EXCHANGE)
            .map_err(failed(one))?;
        self.eyes.forget();
        Ok(())
    }

    fn parent(&mut self, path: &Path) -> Result<Arc<OwnedFd>, UndoError> {
        self.eyes.parent(path).map_err(failed(path))
    }

    fn open(&mut self, path: &Path) -> Result<OwnedFd, UndoError> {
        if path == Path::new("/") {
            return rustix::fs::openat(CWD, path, DIRECTORY, Mode::empty()).map_err(failed(path));
        }
        let parent = self.eyes.parent(path).map_err(failed(path))?;
        meta::open_any(parent, name(path)).map_err(failed(path))
    }

    fn note(&mut self, path: &Path, failed: Vec<String>) {
        let skipped =
            failed.into_iter().map(|what| Skipped { path: path.to_owned(), why: format!("cannot set {what}") });
        self.report.skipped.extend(skipped);
    }
}

impl World for Live<'_> {
    fn look(&mut self, path: &Path) -> Result<Option<Ident>, UndoError> {
        self.eyes.look(path)
    }

    fn has(&mut self, held: &Held) -> Result<bool, UndoError> {
        self.point.has(held)
    }

    fn apply(&mut self, step: &Step<'_>) -> Result<(), UndoError> {
        match step {
            Step::Away { path, ident } => self.away(path, *ident)?,
            Step::MakeDir { path, ident, meta, pending } => self.make_dir(path, *ident, *meta, *pending)?,
            Step::Adopt { path, was } => self.adopt(path, *was)?,
            Step::Rename { from, to, ident } => self.rename(from, to, *ident)?,
            Step::Exchange { one, other } => self.exchange(one, other)?,
            Step::Metadata { path, meta } => self.metadata(path, meta)?,
            Step::Put { path, ident, held } if !self.put(path, *ident, held)? => return Ok(()),
            Step::Rewrite { path, ident, held } if !self.rewrite(path, *ident, held)? => return Ok(()),
            Step::Put { .. } | Step::Rewrite { .. } => {}
        }
        self.returned.note(step);
        (self.report.restored, self.report.directories) = (self.returned.files(), self.returned.directories());
        Ok(())
    }
}

fn open_to_write(at: &OwnedFd) -> Result<OwnedFd, Errno> {
    rustix::fs::open(meta::magic(at), OFlags::WRONLY | OFlags::CLOEXEC | OFlags::NONBLOCK, Mode::empty())
}

fn name(path: &Path) -> &OsStr {
    path.file_name().unwrap_or_default()
}
