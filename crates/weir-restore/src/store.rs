//! The directory of all restore points.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{CWD, FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use weir_model::RestorePointId;

use crate::header::Header;
use crate::trash::{is_private, private_dir};
use crate::walk::{DIRECTORY, names, open_dir};

use crate::undo::{Progress, UndoOptions, UndoReport};
use crate::{
    Budget, CanUndo, Collected, GitState, How, Point, PointInfo, Recorder, SnapshotError, StoreError, UndoError,
};

/// What restore points may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest file that is copied; larger ones are cloned or refused.
    pub file: u64,
    /// All copies of one point.
    pub copies: u64,
    /// What all points may hold, in percent of what is free on the file system without them.
    pub quota_percent: u64,
    /// For how long a file must not have changed before it was copied, so that it need not be read again: longer than the kernel
    /// keeps what was written through a memory map.
    pub rest: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { file: 64 << 20, copies: 4 << 30, quota_percent: 10, rest: Duration::from_mins(1) }
    }
}

/// Longer journals are not read: a hundred million changes.
pub(crate) const LARGEST_JOURNAL: u64 = 16 << 30;

pub(crate) const JOURNAL: &str = "journal";

/// Where things are below the root.
#[derive(Debug, Clone)]
pub(crate) struct Layout(PathBuf);

impl Layout {
    pub(crate) fn root(&self) -> &Path {
        &self.0
    }

    pub(crate) fn points(&self) -> PathBuf {
        self.0.join("points")
    }

    pub(crate) fn point(&self, id: RestorePointId) -> PathBuf {
        self.points().join(id.to_string())
    }

    pub(crate) fn trash(&self) -> PathBuf {
        self.0.join("trash")
    }

    pub(crate) fn content(&self) -> PathBuf {
        self.0.join("content")
    }
}

/// A file that this process has locked. Closing it is not enough: a child between `fork` and `exec` has it open too.
#[derive(Debug)]
pub(crate) struct Locked(OwnedFd);

impl AsFd for Locked {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        let _ = rustix::fs::flock(&self.0, FlockOperation::Unlock);
    }
}

impl Locked {
    pub(crate) const fn new(file: OwnedFd) -> Self {
        Self(file)
    }
}

/// All restore points below one directory.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) layout: Layout,
    pub(crate) limits: Limits,
}

impl Store {
    /// Opens the store at `root`, making it (mode 0700) where it is missing.
    ///
    /// # Errors
    ///
    /// When it cannot be made, or does not belong to this user alone.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        // Never a change of mode of what is there: a wrong root may be anything.
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(root).map_err(StoreError::io("make", root))?;
        let root = root.canonicalize().map_err(StoreError::io("open", root))?;
        let dir = open_dir(CWD, &root).map_err(|errno| StoreError::io("open", &root)(errno.into()))?;
        let opened = (|| {
            if !is_private(&dir)? {
                return Ok(false);
            }
            for name in ["points", "trash", "content"] {
                private_dir(dir.as_fd(), name)?;
            }
            Ok(true)
        })();
        match opened {
            Ok(true) => Ok(Self { layout: Layout(root), limits: Limits::default() }),
            Ok(false) | Err(Errno::PERM) => Err(StoreError::NotPrivate(root)),
            Err(errno) => Err(StoreError::io("open", &root)(errno.into())),
        }
    }

    pub(crate) fn open_point(&self, id: RestorePointId) -> Result<OwnedFd, StoreError> {
        let path = self.layout.point(id);
        open_dir(CWD, &path).map_err(|errno| match errno {
            Errno::NOENT => StoreError::Unknown(id.to_string()),
            errno => StoreError::io("open", &path)(errno.into()),
        })
    }

    pub(crate) fn header(&self, id: RestorePointId) -> Result<(OwnedFd, Header), StoreError> {
        let dir = self.open_point(id)?;
        let header = Header::read(dir.as_fd())
            .map_err(|error| StoreError::Damaged { id: id.to_string(), what: error.to_string() })?;
        if header.id != id {
            return Err(StoreError::Damaged { id: id.to_string(), what: format!("it says it is `{}`", header.id) });
        }
        Ok((dir, header))
    }

    /// Opens the journal of a point and locks it; `None` where its recorder, or an undo, has it.
    pub(crate) fn lock_journal(dir: &OwnedFd, name: &str, flags: OFlags) -> Result<Option<Locked>, Errno> {
        let flags = flags | OFlags::APPEND | OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::openat(dir, name, flags, Mode::from_raw_mode(0o600))?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Locked(file))),
            Err(Errno::AGAIN) => Ok(None),
            Err(errno) => Err(errno),
        }
    }

    /// The ids of all points, oldest first.
    pub(crate) fn ids(&self) -> Result<Vec<RestorePointId>, StoreError> {
        let path = self.layout.points();
        let read = || names(open_dir(CWD, &path)?);
        let mut ids: Vec<RestorePointId> = read()
            .map_err(StoreError::io("read", &path))?
            .iter()
            .filter_map(|name| name.to_str()?.parse().ok())
            .collect();
        ids.sort();
        Ok(ids)
    }

    pub(crate) fn open_recorder(&self, info: &PointInfo) -> Result<Recorder, StoreError> {
        let header = Header::new(RestorePointId::new(), info);
        let path = self.layout.point(header.id);
        let make = || {
            let points = open_dir(CWD, &self.layout.points())?;
            rustix::fs::mkdirat(&points, header.id.to_string(), Mode::from_raw_mode(0o700))?;
            let home = rustix::fs::openat(&points, header.id.to_string(), DIRECTORY, Mode::empty())?;
            Recorder::create(&self.layout, self.limits, home, header)
        };
        make().map_err(StoreError::io("make", &path))
    }

    /// The same store with other limits.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Makes a restore point and opens it for recording.
    ///
    /// # Errors
    ///
    /// [`StoreError::OverQuota`] when points hold more than they may.
    pub fn make(&self, info: &PointInfo) -> Result<Recorder, StoreError> {
        crate::gc::check_quota(self)?;
        self.open_recorder(info)
    }

    /// Saves `targets` before a command runs; changes nothing of them. A target that does not exist is noted as absent.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::OverBudget`], or when a target cannot be saved; nothing is left behind then.
    pub fn snapshot(
        &self,
        info: &PointInfo,
        targets: &[(PathBuf, How)],
        budget: &Budget,
    ) -> Result<Point, SnapshotError> {
        self.snapshot_with_git(info, targets, &[], budget)
    }

    /// As [`Store::snapshot`], together with what git commands change in git's own files. Commits, stash entries and what is only
    /// staged stay in the repository for as long as the point does, whatever `git gc` removes; where that cannot be,
    /// [`PointInfo::remarks`] says so.
    ///
    /// # Errors
    ///
    /// As [`Store::snapshot`]; also where a repository keeps its refs otherwise than in files.
    pub fn snapshot_with_git(
        &self,
        info: &PointInfo,
        targets: &[(PathBuf, How)],
        git: &[GitState],
        budget: &Budget,
    ) -> Result<Point, SnapshotError> {
        crate::gc::check_quota(self)?;
        crate::snapshot::snapshot(self, info, targets, git, budget)
    }

    /// All points, newest first; those whose header cannot be read are left out.
    ///
    /// # Errors
    ///
    /// When the directory cannot be read.
    pub fn list(&self) -> Result<Vec<Point>, StoreError> {
        let mut points: Vec<Point> = self.ids()?.into_iter().filter_map(|id| self.describe(id).ok()).collect();
        points.reverse();
        Ok(points)
    }

    fn describe(&self, id: RestorePointId) -> Result<Point, StoreError> {
        let (dir, header) = self.header(id)?;
        let mut point = header.point();
        if header.state == crate::State::Open
            && let Ok(bytes) = crate::header::read_file(dir.as_fd(), Path::new(JOURNAL), LARGEST_JOURNAL)
            && let Ok(journal) = crate::journal::read(&bytes, id)
        {
            let (counts, mechanisms) = crate::recorder::tally(&journal.records);
            (point.counts, point.mechanisms) = (counts, mechanisms.into_iter().collect());
        }
        Ok(point)
    }

    /// The point whose id starts with `prefix`.
    ///
    /// # Errors
    ///
    /// When none or more than one does.
    pub fn find(&self, prefix: &str) -> Result<Point, StoreError> {
        let mut fitting = self.ids()?.into_iter().filter(|id| id.to_string().starts_with(prefix));
        match (fitting.next(), fitting.next()) {
            (Some(id), None) => self.describe(id),
            (None, _) => Err(StoreError::Unknown(prefix.to_owned())),
            _ => Err(StoreError::Ambiguous(prefix.to_owned())),
        }
    }

    /// Looks whether everything that `point` promises is still there.
    #[must_use]
    pub fn can_undo(&self, point: &Point) -> CanUndo {
        crate::undo::can_undo(self, point.id)
    }

    /// Takes `point` back. What stands in the way is kept in a restore point of its own ([`UndoReport::kept`]). An undo that
    /// was interrupted is finished by the same call.
    ///
    /// # Errors
    ///
    /// See [`UndoError`]: the point is undone, expired, damaged, still being recorded, or something failed on the way.
    pub fn undo(
        &self,
        point: &Point,
        options: &UndoOptions,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<UndoReport, UndoError> {
        crate::undo::undo(self, point.id, options, progress)
    }

    /// Drops a point at once, and what it held: for what nobody was promised.
    ///
    /// # Errors
    ///
    /// When it cannot be removed.
    pub fn discard(&self, id: RestorePointId) -> Result<(), StoreError> {
        crate::gc::destroy(self, id)
    }

    /// Drops points that have expired; when the rest is over the quota, also those that were undone, oldest first; and with
    /// `beyond_promise` even others, oldest first. Says what it dropped and why. Never waits for a recorder or an undo.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub fn collect(&self, beyond_promise: bool) -> Result<Collected, StoreError> {
        crate::gc::collect(self, beyond_promise)
    }
}
