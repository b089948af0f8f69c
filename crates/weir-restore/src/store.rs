//! The directory of all restore points.

use std::path::{Path, PathBuf};

use crate::undo::{Progress, UndoOptions, UndoReport};
use crate::{Budget, CanUndo, Collected, How, Point, PointInfo, Recorder, SnapshotError, StoreError, UndoError};

/// What restore points may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest file that is copied; larger ones are cloned or refused.
    pub file: u64,
    /// All copies of one point.
    pub copies: u64,
    /// What all points may hold, in percent of what is free on the file system without them.
    pub quota_percent: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { file: 64 << 20, copies: 4 << 30, quota_percent: 10 }
    }
}

/// All restore points below one directory.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
    limits: Limits,
}

impl Store {
    /// Opens the store at `root`, making it (mode 0700) where it is missing.
    ///
    /// # Errors
    ///
    /// When it cannot be made, or does not belong to this user alone.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        Ok(Self { root: root.to_owned(), limits: Limits::default() })
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
        let _ = info;
        Err(StoreError::Unknown(self.root.display().to_string()))
    }

    /// Saves `targets` before a command runs; changes nothing of them. A target that does not exist is noted as absent.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::OverBudget`], or when a target cannot be saved; nothing is left behind then.
    pub fn snapshot(
        &self,
        info: &PointInfo,
        targets: &[PathBuf],
        how: How,
        budget: &Budget,
    ) -> Result<Point, SnapshotError> {
        let _ = (info, targets, how, budget, self.limits);
        Err(StoreError::Unknown(self.root.display().to_string()).into())
    }

    /// All points, newest first; those whose header cannot be read are left out.
    ///
    /// # Errors
    ///
    /// When the directory cannot be read.
    pub fn list(&self) -> Result<Vec<Point>, StoreError> {
        Ok(Vec::new())
    }

    /// The point whose id starts with `prefix`.
    ///
    /// # Errors
    ///
    /// When none or more than one does.
    pub fn find(&self, prefix: &str) -> Result<Point, StoreError> {
        Err(StoreError::Unknown(prefix.to_owned()))
    }

    /// Looks whether everything that `point` promises is still there.
    #[must_use]
    pub fn can_undo(&self, point: &Point) -> CanUndo {
        CanUndo { possible: false, verified: false, evidence: format!("`{}` was not looked at", point.id) }
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
        let _ = (options, progress);
        Err(UndoError::Recording(point.id))
    }

    /// Drops points that have expired; when the rest is over the quota, also those that were undone, oldest first; and with
    /// `beyond_promise` even others, oldest first. Says what it dropped and why. Never waits for a recorder or an undo.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub fn collect(&self, beyond_promise: bool) -> Result<Collected, StoreError> {
        let _ = beyond_promise;
        Ok(Collected::default())
    }
}
