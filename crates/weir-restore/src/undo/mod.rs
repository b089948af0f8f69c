//! Taking a restore point back.

mod by_path;
mod decide;
mod elsewhere;
mod eyes;
mod live;
mod load;
mod make;
mod objects;
mod picture;
mod returned;

use std::path::{Path, PathBuf};

use rustix::fd::AsFd as _;
use rustix::fs::{CWD, OFlags};
use weir_model::RestorePointId;

use self::decide::{Known, Notes, Undoing, World};
use self::elsewhere::Elsewhere;
use self::live::Live;
use self::load::{Loaded, load};
use self::picture::Picture;
use crate::header::read_file;
use crate::journal::{Record, Writer};
use crate::store::{JOURNAL, LARGEST_JOURNAL, Locked};
use crate::walk::open_dir;
use crate::{CanUndo, Limits, PointInfo, Recorder, State, Store, StoreError, UndoError};

/// What of a point is taken back, and where to.
#[derive(Debug, Clone, Default)]
pub struct UndoOptions {
    /// Only what is at or below this absolute path, as it was named when it was recorded.
    pub path: Option<PathBuf>,
    /// Copies what was kept below this directory, which must be empty or absent, instead of putting it back. The point stays
    /// as it is.
    pub to: Option<PathBuf>,
    /// Only says what would be done.
    pub dry_run: bool,
    /// Puts things back although their size or time of change is not what it was when they were kept: a program that had them open
    /// went on writing.
    pub accept_changed: bool,
}

/// How far an undo is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Journal entries that were taken back.
    pub done: u64,
    /// Of how many.
    pub total: u64,
}

/// What stood in the way of one path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ConflictKind {
    /// Something newer was there; it was moved into the restore point of the undo.
    Occupied,
    /// Its directory was gone, and was made again.
    ParentGone,
    /// It was changed by somebody else since; what was there is in the restore point of the undo.
    Changed,
    /// It is not where the command left it: left alone.
    Gone,
}

/// One path where the world is not as the command left it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Conflict {
    /// Where.
    pub path: PathBuf,
    /// What.
    pub kind: ConflictKind,
}

/// Something that was not done, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Skipped {
    /// Where.
    pub path: PathBuf,
    /// Why.
    pub why: String,
}

/// What an undo did, or with [`UndoOptions::dry_run`] would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UndoReport {
    /// Files, links and special files that were put back.
    pub restored: u64,
    /// Directories that were made again or put back as a whole.
    pub directories: u64,
    /// Bytes of content that were put back.
    pub bytes: u64,
    /// Where the world was not as the command left it.
    pub conflicts: Vec<Conflict>,
    /// What was not done.
    pub skipped: Vec<Skipped>,
    /// The steps in words, in their order; filled by a dry run.
    pub plan: Vec<String>,
    /// Everything that was put back was compared with the journal.
    pub verified: bool,
    /// The restore point of this undo: undoing it takes the undo back.
    pub kept: Option<RestorePointId>,
}

/// Everything that was asked for, in the words of one call.
struct Job<'a> {
    store: &'a Store,
    point: Loaded,
    options: &'a UndoOptions,
    chosen: Vec<u64>,
}

pub(crate) fn undo(
    store: &Store,
    id: RestorePointId,
    options: &UndoOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<UndoReport, UndoError> {
    let _only_one = lock(store)?;
    let (_, header) = store.header(id)?;
    if header.is_expired() {
        return Err(UndoError::Expired(id));
    }
    if header.state == State::Undone
        && options.to.is_none()
        && let Some(by) = header.undone_by.last()
    {
        return Err(UndoError::AlreadyUndone { id, by: *by });
    }
    let mut point = load(store, id)?;
    point.accept_changed = options.accept_changed;
    if point.keeps_only_objects() {
        return Err(UndoError::OnlyObjects(id));
    }
    if options.to.is_some() && !point.undone.journal.records.is_empty() {
        return Err(UndoError::PartlyUndone(id));
    }
    let chosen = point.selected(options.path.as_deref());
    let mut job = Job { store, point, options, chosen };
    let mut report = job.plan()?;
    if options.dry_run {
        return Ok(report);
    }
    report.plan.clear();
    match &options.to {
        Some(to) => job.elsewhere(to, report, progress),
        None => job.carry_out(report, progress),
    }
}

/// Two undos at once would stand in each other's way.
fn lock(store: &Store) -> Result<Locked, UndoError> {
    let path = store.layout.root().join("undo.lock");
    let root = open_dir(CWD, store.layout.root()).map_err(|errno| StoreError::io("open", &path)(errno.into()))?;
    Store::lock_journal(&root, "undo.lock", OFlags::CREATE)
        .map_err(|errno| StoreError::io("lock", &path)(errno.into()))?
        .ok_or(UndoError::Busy)
}

/// Takes back `chosen`, in this order, in `world`.
fn take_back<W: World>(
    point: &Loaded,
    chosen: &[u64],
    world: &mut W,
    notes: &mut Notes,
    mut before: impl FnMut(&mut W, u64, usize) -> Result<(), UndoError>,
) -> Result<(), UndoError> {
    let known = Known::new(&point.records);
    for (at, number) in chosen.iter().enumerate() {
        let Some(record) = point.get(*number) else { continue };
        before(world, *number, at)?;
        Undoing { world, known: &known, notes, number: *number }.record(record)?;
    }
    Ok(())
}

impl Job<'_> {
    /// The dry run: also finds out whether everything that will be needed is there.
    fn plan(&self) -> Result<UndoReport, UndoError> {
        if self.options.to.is_none() {
            self.point.objects(&self.chosen)?;
            self.point.refs(&self.chosen)?;
        }
        let mut notes = Notes::default();
        let mut picture = Picture::new(&self.point);
        take_back(&self.point, &self.chosen, &mut picture, &mut notes, |_, _, _| Ok(()))?;
        let mut report =
            UndoReport { plan: std::mem::take(&mut picture.plan), verified: true, ..UndoReport::default() };
        (report.restored, report.directories) = (picture.returned.files(), picture.returned.directories());
        report.bytes = picture.bytes;
        report.conflicts = notes.conflicts;
        report.skipped = notes.skipped;
        Ok(report)
    }

    fn elsewhere(
        &self,
        to: &Path,
        planned: UndoReport,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<UndoReport, UndoError> {
        let mut report = UndoReport { verified: planned.verified, ..UndoReport::default() };
        let cwd = self.point.header.cwd();
        let inside = self.chosen.iter().filter_map(|number| self.point.get(*number)?.path()).all(|path| {
            // The directory that holds what was kept is recorded too.
            path.starts_with(&cwd) || cwd.parent() == Some(path)
        });
        let strip = if inside { cwd } else { PathBuf::from("/") };
        let mut notes = Notes::default();
        let mut world = Elsewhere::new(&self.point, to, strip, &mut report)?;
        let total = self.chosen.len() as u64;
        take_back(&self.point, &self.chosen, &mut world, &mut notes, |_, _, at| {
            progress(Progress { done: at as u64, total });
            Ok(())
        })?;
        progress(Progress { done: total, total });
        report.skipped.extend(notes.skipped);
        Ok(report)
    }

    fn carry_out(&mut self, planned: UndoReport, progress: &mut dyn FnMut(Progress)) -> Result<UndoReport, UndoError> {
        let id = self.point.id;
        let home = self.store.layout.point(id);
        let (recorder, is_new) = self.recorder()?;
        let kept = recorder.id();
        if is_new {
            // What leads to newer commits is about to go.
            self.point.keep_objects(&recorder, &self.chosen).map_err(StoreError::io("write", &home))?;
        }
        let file = rustix::io::fcntl_dupfd_cloexec(&self.point.undone.file, 0)
            .map_err(|errno| StoreError::io("open", &home)(errno.into()))?;
        let mut log =
            Writer::resume(Locked::new(file), &self.point.undone.journal).map_err(StoreError::io("write", &home))?;
        let mut report = UndoReport { verified: planned.verified, kept: Some(kept), ..UndoReport::default() };
        let mut notes = Notes::default();
        let total = self.chosen.len() as u64;
        {
            let mut live = Live::new(&self.point, &recorder, &mut log, &mut report);
            take_back(&self.point, &self.chosen, &mut live, &mut notes, |live, number, at| {
                progress(Progress { done: at as u64, total });
                live.begin(number).map_err(|error| StoreError::io("write", &home)(error).into())
            })?;
        }
        progress(Progress { done: total, total });
        let whole = self.options.path.is_none() || self.is_all_done();
        log.append(&[Record::Finished { whole }]).map_err(StoreError::io("write", &home))?;
        log.sync().map_err(StoreError::io("write", &home))?;
        recorder.seal()?;
        if whole {
            self.point.header.state = State::Undone;
        }
        self.point.header.write(self.point.dir.as_fd(), true).map_err(StoreError::io("write", &home))?;
        if whole {
            self.point.release_objects();
        }
        report.conflicts = notes.conflicts;
        report.skipped.extend(notes.skipped);
        Ok(report)
    }

    /// True when nothing of the point is left after what was chosen.
    fn is_all_done(&self) -> bool {
        let chosen: std::collections::HashSet<&u64> = self.chosen.iter().collect();
        self.point.selected(None).iter().all(|number| chosen.contains(number))
    }

    /// The restore point of this undo, and whether it is new: that of an interrupted one goes on.
    fn recorder(&mut self) -> Result<(Recorder, bool), UndoError> {
        let limits = Limits { file: u64::MAX, copies: u64::MAX, ..self.store.limits };
        let header = &mut self.point.header;
        if let Some(last) = header.undone_by.last().filter(|_| self.point.undone.is_interrupted)
            && let Ok((dir, of_undo)) = self.store.header(*last)
            && of_undo.state == State::Open
        {
            let path = self.store.layout.point(*last);
            let io = |errno: rustix::io::Errno| StoreError::io("open the journal of", &path)(errno.into());
            let file = Store::lock_journal(&dir, JOURNAL, OFlags::empty()).map_err(io)?.ok_or(UndoError::Busy)?;
            let bytes = read_file(dir.as_fd(), Path::new(JOURNAL), LARGEST_JOURNAL)
                .map_err(StoreError::io("read the journal of", &path))?;
            let journal = crate::journal::read(&bytes, *last)
                .map_err(|fault| UndoError::Journal { id: *last, what: fault.to_string() })?;
            if !journal.is_sealed() {
                return Recorder::resume(&self.store.layout, limits, dir, of_undo, file, &journal)
                    .map(|recorder| (recorder, false))
                    .map_err(|error| StoreError::io("write", &path)(error).into());
            }
        }
        let info = PointInfo {
            action: None,
            agent: None,
            command: format!("undo {}", header.id),
            cwd: header.cwd(),
            ..PointInfo::default()
        };
        let recorder = self.store.clone().with_limits(limits).open_recorder(&info)?;
        header.undone_by.push(recorder.id());
        header
            .write(self.point.dir.as_fd(), true)
            .map_err(StoreError::io("write", &self.store.layout.point(header.id)))?;
        Ok((recorder, true))
    }
}

pub(crate) fn can_undo(store: &Store, id: RestorePointId) -> CanUndo {
    let no = |evidence: String| CanUndo { possible: false, verified: false, evidence };
    let look = || -> Result<CanUndo, UndoError> {
        let (_, header) = store.header(id)?;
        if header.is_expired() {
            return Err(UndoError::Expired(id));
        }
        if let Some(by) = header.undone_by.last().filter(|_| header.state == State::Undone) {
            return Err(UndoError::AlreadyUndone { id, by: *by });
        }
        let point = load(store, id)?;
        if point.keeps_only_objects() {
            let (kept, missing) = point.kept_objects()?;
            let mut evidence = match missing {
                0 => format!("nothing that Weir itself can put back; {kept} git objects are kept, and are there"),
                _ => format!(
                    "nothing that Weir itself can put back, and {missing} of {kept} git objects are gone, so that these can only be put back \
                     from another clone that has them"
                ),
            };
            evidence.extend(point.header.remarks.iter().map(|remark| format!("; {remark}")));
            return Ok(CanUndo { possible: false, verified: true, evidence });
        }
        let chosen = point.selected(None);
        let mut notes = Notes::default();
        let mut picture = Picture::new(&point);
        take_back(&point, &chosen, &mut picture, &mut notes, |_, _, _| Ok(()))?;
        let objects = point.objects(&chosen)?;
        point.refs(&chosen)?;
        let (content, identity) = (picture.by_content, picture.by_identity);
        let mut evidence = format!(
            "{} changes in the journal; of what was kept, {content} compared by content and {identity} by inode, size and time",
            chosen.len()
        );
        if !notes.conflicts.is_empty() {
            evidence.push_str(&format!("; {} paths are not as the command left them", notes.conflicts.len()));
        }
        if objects > 0 {
            evidence.push_str(&format!("; {objects} git objects that it needs are there"));
        }
        for remark in &point.header.remarks {
            evidence.push_str(&format!("; {remark}"));
        }
        Ok(CanUndo { possible: true, verified: true, evidence })
    };
    look().unwrap_or_else(|error| no(error.to_string()))
}
