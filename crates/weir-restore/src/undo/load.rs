//! A point as an undo needs it: whole, locked, and with its trashes open.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use rustix::fd::{AsFd as _, OwnedFd};
use rustix::fs::{CWD, OFlags};
use weir_model::RestorePointId;

use crate::header::{Header, read_file};
use crate::journal::{self, Ident, Journal, Key, Record};
use crate::store::{JOURNAL, LARGEST_JOURNAL, Locked};
use crate::trash::{entry_name, is_private};
use crate::walk::{open_dir, stat_at, stat_of};
use crate::{Store, StoreError, UndoError};

/// The journal of what was taken back already.
pub(super) const UNDONE: &str = "undone";

pub(super) struct Loaded {
    pub(super) id: RestorePointId,
    pub(super) dir: OwnedFd,
    pub(super) header: Header,
    pub(super) records: Vec<Record>,
    pub(super) trashes: HashMap<u32, OwnedFd>,
    /// The inodes that were opened for writing, or had their times set: they may have changed after they were kept, and the
    /// journal says how to take that back.
    pub(super) touched: HashSet<Key>,
    /// Records that only make something and take it away again.
    cancelled: HashSet<u64>,
    pub(super) undone: Undone,
    /// See [`UndoOptions`](super::UndoOptions).
    pub(super) accept_changed: bool,
    /// Keeps others away from the point.
    _lock: Locked,
}

/// How far earlier undos of the point came.
pub(super) struct Undone {
    pub(super) file: Locked,
    pub(super) journal: Journal,
    /// The records that need not be looked at again.
    pub(super) done: HashSet<u64>,
    /// What was made, and in place of what.
    pub(super) remade: Vec<(PathBuf, Ident, Ident)>,
    /// An undo began and did not end.
    pub(super) is_interrupted: bool,
}

pub(super) fn load(store: &Store, id: RestorePointId) -> Result<Loaded, UndoError> {
    let (dir, header) = store.header(id)?;
    let path = store.layout.point(id);
    let io = |what: &'static str| move |errno: rustix::io::Errno| (what, std::io::Error::from(errno));
    let store_error = |(what, source)| UndoError::Store(StoreError::Io { what, path: path.clone(), source });
    let lock = Store::lock_journal(&dir, JOURNAL, OFlags::empty())
        .map_err(io("open the journal of"))
        .map_err(store_error)?
        .ok_or(UndoError::Recording(id))?;
    let bytes = read_file(dir.as_fd(), Path::new(JOURNAL), LARGEST_JOURNAL)
        .map_err(|source| store_error(("read the journal of", source)))?;
    let bad = |what: String| UndoError::Journal { id, what };
    let journal = journal::read(&bytes, id).map_err(|fault| bad(fault.to_string()))?;
    drop(bytes);
    let was_sealed = header.journal.is_some();
    if was_sealed && (!journal.is_sealed() || header.journal.as_deref() != Some(&journal.chain_hex())) {
        return Err(bad("it does not end as it did when it was sealed".to_owned()));
    }
    if journal.is_sealed() && journal.torn {
        return Err(bad("bytes after the end".to_owned()));
    }
    let mut records = journal.records;
    let trashes = open_trashes(&mut records)?;
    let touched = records
        .iter()
        .filter_map(|record| match record {
            Record::Content { ident, .. } | Record::Metadata { ident, .. } => Some(ident.key()),
            _ => None,
        })
        .collect();
    let cancelled = cancelled(&records, &trashes);
    let file = Store::lock_journal(&dir, UNDONE, OFlags::CREATE)
        .map_err(io("open the journal of the undo of"))
        .map_err(store_error)?
        .ok_or(UndoError::Busy)?;
    let bytes = read_file(dir.as_fd(), Path::new(UNDONE), LARGEST_JOURNAL)
        .map_err(|source| store_error(("read the journal of the undo of", source)))?;
    let undone = progress(file, journal::read(&bytes, id).map_err(|fault| bad(fault.to_string()))?);
    Ok(Loaded { id, dir, header, records, trashes, touched, cancelled, undone, accept_changed: false, _lock: lock })
}

impl Loaded {
    /// The records to take back, newest first. `part` is a path; what it was named before and after is followed.
    pub(super) fn selected(&self, part: Option<&Path>) -> Vec<u64> {
        let failed: HashSet<u64> = self
            .records
            .iter()
            .filter_map(|record| if let Record::Failed { record } = record { Some(*record) } else { None })
            .collect();
        let mut chosen: Vec<u64> = match part {
            None => (0u64..).zip(&self.records).map(|(number, _)| number).collect(),
            Some(part) => select(&self.records, part),
        };
        chosen.retain(|number| !failed.contains(number) && !self.undone.done.contains(number));
        chosen.retain(|number| !self.cancelled.contains(number));
        chosen.retain(|number| self.get(*number).is_some_and(is_change));
        chosen.reverse();
        chosen
    }

    pub(super) fn get(&self, number: u64) -> Option<&Record> {
        self.records.get(usize::try_from(number).ok()?)
    }
}

fn is_change(record: &Record) -> bool {
    !matches!(record, Record::Trash { .. } | Record::Failed { .. } | Record::Sealed { .. } | Record::Objects { .. })
}

fn progress(file: Locked, journal: Journal) -> Undone {
    let mut done = HashSet::new();
    let mut remade = Vec::new();
    let mut last = None;
    for record in &journal.records {
        match record {
            // The one before was finished, or this one had not begun; unless it is the same, begun again.
            Record::Undoing { record } => done.extend(last.replace(*record).filter(|last| last != record)),
            Record::Finished { .. } => done.extend(last.take()),
            Record::Remade { path, new, was } => remade.push((path.to_path_buf(), *new, *was)),
            _ => {}
        }
    }
    let is_interrupted = !matches!(journal.records.last(), None | Some(Record::Finished { .. }));
    Undone { file, journal, done, remade, is_interrupted }
}

/// Opens every trash, and lets the records speak of devices as they are numbered now: numbers change when the machine starts.
fn open_trashes(records: &mut [Record]) -> Result<HashMap<u32, OwnedFd>, UndoError> {
    let mut open = HashMap::new();
    let mut devices = HashMap::new();
    for record in records.iter() {
        let Record::Trash { number, location, dev, ino } = record else { continue };
        let gone = || UndoError::TrashGone(location.to_path_buf());
        let dir = open_dir(CWD, location.path()).map_err(|_| gone())?;
        let now = Ident::of(&stat_of(&dir).map_err(|_| gone())?);
        if now.ino != *ino || !is_private(&dir).map_err(|_| gone())? {
            return Err(gone());
        }
        devices.insert(*dev, now.dev);
        open.insert(*number, dir);
    }
    devices.retain(|then, now| then != now);
    if !devices.is_empty() {
        for record in records {
            record.each_ident(|ident| ident.dev = devices.get(&ident.dev).copied().unwrap_or(ident.dev));
        }
    }
    Ok(open)
}

/// Temporary files: made, never touched again by name, and removed. Their content is often still written to by whoever has them
/// open, and nothing of them was there before.
fn cancelled(records: &[Record], trashes: &HashMap<u32, OwnedFd>) -> HashSet<u64> {
    let mut born: HashMap<&Path, u64> = HashMap::new();
    let mut cancelled = HashSet::new();
    for (number, record) in (0u64..).zip(records) {
        match record {
            Record::Created { path, .. } => {
                born.insert(path.path(), number);
            }
            Record::Directory { .. } | Record::Trash { .. } | Record::Failed { .. } | Record::Sealed { .. } => {}
            // Names below it are other names now.
            Record::Removed { ident, .. } | Record::Renamed { ident, .. } if ident.is_dir() => born.clear(),
            Record::Exchanged { .. } => born.clear(),
            Record::Removed { path, held, .. } => {
                let is_gone = held.entry().is_some_and(|(trash, entry)| {
                    trashes.get(&trash).is_some_and(|dir| stat_at(dir, entry_name(entry)).is_ok())
                });
                if let Some(made) = born.remove(path.path()).filter(|_| is_gone) {
                    cancelled.extend([made, number]);
                }
            }
            Record::Renamed { from, to, .. } => {
                born.remove(from.path());
                born.remove(to.path());
            }
            other => drop(other.path().and_then(|path| born.remove(path))),
        }
    }
    cancelled
}

/// The numbers of the records that speak of `part`, or of what it became.
fn select(records: &[Record], part: &Path) -> Vec<u64> {
    let mut names = vec![part.to_owned()];
    let mut chosen = Vec::new();
    for (number, record) in (0u64..).zip(records) {
        let within = |path: &Path, names: &[PathBuf]| names.iter().any(|name| path.starts_with(name));
        match record {
            Record::Renamed { from, to, .. } => {
                let (from, to) = (from.path(), to.path());
                let renamed: Vec<_> =
                    names.iter().filter_map(|name| Some(to.join(name.strip_prefix(from).ok()?))).collect();
                if within(from, &names) || within(to, &names) {
                    chosen.push(number);
                    names.push(to.to_owned());
                }
                names.extend(renamed.iter().map(|name| name.components().collect()));
            }
            Record::Exchanged { one, other, .. } => {
                if within(one.path(), &names) || within(other.path(), &names) {
                    chosen.push(number);
                    names.extend([one.to_path_buf(), other.to_path_buf()]);
                }
            }
            // A whole tree that holds it goes away in one step, and comes back in one.
            Record::Removed { path, ident, .. }
                if ident.is_dir() && names.iter().any(|name| name.starts_with(path.path())) =>
            {
                chosen.push(number);
            }
            other => {
                if other.path().is_some_and(|path| within(path, &names)) {
                    chosen.push(number);
                }
            }
        }
        names.sort();
        names.dedup();
    }
    chosen
}
