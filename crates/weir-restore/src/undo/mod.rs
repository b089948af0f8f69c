//! Taking a restore point back.

use std::path::PathBuf;

use weir_model::RestorePointId;

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

pub(crate) fn undo(
    store: &crate::Store,
    id: RestorePointId,
    options: &UndoOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<UndoReport, crate::UndoError> {
    let _ = (store, options, progress);
    Err(crate::UndoError::Recording(id))
}

pub(crate) fn can_undo(store: &crate::Store, id: RestorePointId) -> crate::CanUndo {
    let _ = (store, id);
    crate::CanUndo { possible: false, verified: false, evidence: String::new() }
}
