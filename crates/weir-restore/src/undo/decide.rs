//! What taking back one record means, given what is there now. Nothing is done here, so a plan and the deed cannot differ.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::{Conflict, ConflictKind, Skipped};
use crate::UndoError;
use crate::journal::{Held, Ident, Meta, Record};

/// What an undo sees and does: a picture of the file system, the file system, or a directory elsewhere.
pub(super) trait World {
    /// What is at `path`; inodes that the undo made count as those they stand for.
    fn look(&mut self, path: &Path) -> Result<Option<Ident>, UndoError>;

    /// True when what was kept is (still) in the trash.
    fn has(&mut self, held: &Held) -> Result<bool, UndoError>;

    /// Does one step.
    fn apply(&mut self, step: &Step<'_>) -> Result<(), UndoError>;

    /// True where only what was kept can be seen, and things that never went away are no surprise.
    fn is_partial(&self) -> bool {
        false
    }
}

/// One step of an undo.
#[derive(Debug)]
pub(super) enum Step<'a> {
    /// Moves what is in the way, or was made by the command, into the restore point of the undo.
    Away { path: &'a Path, ident: Ident },
    /// Puts back what was kept.
    Put { path: &'a Path, ident: Ident, held: &'a Held },
    /// Makes a directory; where a later step gives it its final mode, it is made so that it can be filled.
    MakeDir { path: &'a Path, ident: Option<Ident>, meta: Option<&'a Meta>, pending: bool },
    /// Lets a directory that is there stand for the one that was: what is known of that one is for this one.
    Adopt { path: &'a Path, was: Ident },
    /// Moves a name back.
    Rename { from: &'a Path, to: &'a Path, ident: Ident },
    /// Lets two names change places.
    Exchange { one: &'a Path, other: &'a Path },
    /// Gives back metadata.
    Metadata { path: &'a Path, meta: &'a Meta },
    /// Gives back content, in the same inode.
    Rewrite { path: &'a Path, ident: Ident, held: &'a Held },
}

/// What a journal knows of directories: for making parents again.
pub(super) struct Known<'a> {
    /// The first record of each directory's metadata, and its number.
    dirs: HashMap<&'a Path, (u64, Ident, &'a Meta)>,
}

impl<'a> Known<'a> {
    pub(super) fn new(records: &'a [Record]) -> Self {
        let mut dirs = HashMap::new();
        for (number, record) in (0u64..).zip(records) {
            if let Record::Directory { path, ident, meta } | Record::RemovedDir { path, ident, meta } = record {
                dirs.entry(path.path()).or_insert((number, *ident, meta));
            }
        }
        Self { dirs }
    }
}

/// What came up on the way.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) conflicts: Vec<Conflict>,
    pub(super) skipped: Vec<Skipped>,
}

impl Notes {
    fn conflict(&mut self, path: &Path, kind: ConflictKind) {
        self.conflicts.push(Conflict { path: path.to_owned(), kind });
    }
}

/// Takes back one record.
pub(super) struct Undoing<'a, 'w> {
    pub(super) world: &'w mut dyn World,
    pub(super) known: &'w Known<'a>,
    pub(super) notes: &'w mut Notes,
    /// The number of the record at work.
    pub(super) number: u64,
}

impl<'a> Undoing<'a, '_> {
    pub(super) fn record(&mut self, record: &'a Record) -> Result<(), UndoError> {
        match record {
            Record::Removed { path, ident, held } | Record::Kept { path, ident, held } => {
                self.put_back(path.path(), *ident, held)
            }
            Record::Content { path, ident, held } => self.content(path.path(), *ident, held),
            Record::RemovedDir { path, ident, meta } | Record::Directory { path, ident, meta } => {
                self.directory(path.path(), *ident, meta)
            }
            Record::Metadata { path, ident, meta } => self.metadata(path.path(), *ident, meta),
            Record::Renamed { from, to, ident } => self.rename(from.path(), to.path(), *ident),
            Record::Exchanged { one, one_ident, other, other_ident } => {
                self.exchange((one.path(), *one_ident), (other.path(), *other_ident))
            }
            Record::Created { path, ident } => self.remove_created(path.path(), *ident),
            Record::NoFile { path } => match self.world.look(path.path())? {
                Some(ident) if !ident.is_dir() => self.world.apply(&Step::Away { path: path.path(), ident }),
                _ => Ok(()),
            },
            Record::Trash { .. }
            | Record::Failed { .. }
            | Record::Sealed { .. }
            | Record::Undoing { .. }
            | Record::Remade { .. }
            | Record::Objects { .. }
            | Record::Finished { .. } => Ok(()),
        }
    }

    fn put_back(&mut self, path: &Path, ident: Ident, held: &Held) -> Result<(), UndoError> {
        let now = self.world.look(path)?;
        if now.is_some_and(|now| now.same(&ident)) {
            // The change did not happen, or was taken back already.
            return Ok(());
        }
        if !self.world.has(held)? {
            return Err(UndoError::EntryMissing(path.to_owned()));
        }
        self.make_room(path, now, ConflictKind::Occupied)?;
        self.world.apply(&Step::Put { path, ident, held })
    }

    fn content(&mut self, path: &Path, ident: Ident, held: &Held) -> Result<(), UndoError> {
        let now = self.world.look(path)?;
        if !self.world.has(held)? {
            return Err(UndoError::EntryMissing(path.to_owned()));
        }
        if now.is_some_and(|now| now.same(&ident)) {
            return self.world.apply(&Step::Rewrite { path, ident, held });
        }
        self.make_room(path, now, ConflictKind::Changed)?;
        self.world.apply(&Step::Put { path, ident, held })
    }

    fn directory(&mut self, path: &Path, ident: Ident, meta: &Meta) -> Result<(), UndoError> {
        let now = self.world.look(path)?;
        if !now.is_some_and(|now| now.is_dir()) {
            self.make_room(path, now, ConflictKind::Occupied)?;
            let pending = self.is_pending(path);
            self.world.apply(&Step::MakeDir { path, ident: Some(ident), meta: Some(meta), pending })?;
            if pending {
                return Ok(());
            }
        } else if !now.is_some_and(|now| now.same(&ident)) {
            self.world.apply(&Step::Adopt { path, was: ident })?;
        }
        self.world.apply(&Step::Metadata { path, meta })
    }

    fn metadata(&mut self, path: &Path, ident: Ident, meta: &Meta) -> Result<(), UndoError> {
        match self.world.look(path)? {
            Some(now) if now.same(&ident) => self.world.apply(&Step::Metadata { path, meta }),
            _ if self.world.is_partial() => Ok(()),
            Some(_) => {
                self.notes.conflict(path, ConflictKind::Changed);
                Ok(())
            }
            None => {
                self.notes.conflict(path, ConflictKind::Gone);
                Ok(())
            }
        }
    }

    fn rename(&mut self, from: &Path, to: &Path, ident: Ident) -> Result<(), UndoError> {
        let origin = self.world.look(from)?;
        if origin.is_some_and(|origin| origin.same(&ident)) {
            return Ok(());
        }
        if !self.world.look(to)?.is_some_and(|now| now.same(&ident)) {
            if !self.world.is_partial() {
                self.notes.conflict(to, ConflictKind::Gone);
            }
            return Ok(());
        }
        self.make_room(from, origin, ConflictKind::Occupied)?;
        self.world.apply(&Step::Rename { from: to, to: from, ident })
    }

    fn exchange(&mut self, one: (&Path, Ident), other: (&Path, Ident)) -> Result<(), UndoError> {
        let (one_now, other_now) = (self.world.look(one.0)?, self.world.look(other.0)?);
        let is = |now: Option<Ident>, ident: Ident| now.is_some_and(|now| now.same(&ident));
        if is(one_now, other.1) && is(other_now, one.1) {
            return self.world.apply(&Step::Exchange { one: one.0, other: other.0 });
        }
        let untouched = is(one_now, one.1) && is(other_now, other.1);
        if !untouched && !self.world.is_partial() {
            self.notes.conflict(one.0, ConflictKind::Gone);
        }
        Ok(())
    }

    fn remove_created(&mut self, path: &Path, ident: Option<Ident>) -> Result<(), UndoError> {
        match self.world.look(path)? {
            Some(now) if ident.is_none_or(|ident| ident.same(&now)) => {
                self.world.apply(&Step::Away { path, ident: now })
            }
            Some(_) => {
                self.notes.conflict(path, ConflictKind::Changed);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Takes away what is at `path`, and sees to it that its directory is there.
    fn make_room(&mut self, path: &Path, now: Option<Ident>, kind: ConflictKind) -> Result<(), UndoError> {
        if let Some(ident) = now {
            self.notes.conflict(path, kind);
            return self.world.apply(&Step::Away { path, ident });
        }
        let mut missing: Vec<PathBuf> = Vec::new();
        for above in path.ancestors().skip(1) {
            match self.world.look(above)? {
                Some(ident) if ident.is_dir() => break,
                // The journal never saw it as a directory: whoever put it there did so for the whole machine.
                Some(_) if !self.known.dirs.contains_key(above) => {
                    let source = rustix::io::Errno::NOTDIR.into();
                    return Err(UndoError::Io { path: above.to_owned(), source });
                }
                Some(ident) => {
                    self.notes.conflict(above, ConflictKind::Occupied);
                    self.world.apply(&Step::Away { path: above, ident })?;
                    missing.push(above.to_owned());
                }
                None => missing.push(above.to_owned()),
            }
        }
        for dir in missing.iter().rev() {
            let pending = self.is_pending(dir);
            if !pending && !self.world.is_partial() {
                self.notes.conflict(dir, ConflictKind::ParentGone);
            }
            let known = self.known.dirs.get(dir.as_path());
            let (ident, meta) = (known.map(|(_, ident, _)| *ident), known.map(|(_, _, meta)| *meta));
            self.world.apply(&Step::MakeDir { path: dir, ident, meta, pending })?;
        }
        Ok(())
    }

    /// True when a record that is still to be taken back says what this directory was like.
    fn is_pending(&self, dir: &Path) -> bool {
        self.known.dirs.get(dir).is_some_and(|(number, _, _)| *number < self.number)
    }
}
