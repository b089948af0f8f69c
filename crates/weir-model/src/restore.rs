//! What was promised of an undo, and what came of it.

use serde::{Deserialize, Serialize};

use crate::{ActionId, RestorePointId, Timestamp};

/// What a restore point promises, as the ledger keeps it: nobody has to guess later what can be had back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// The restore point.
    pub point: RestorePointId,
    /// The action that it makes undoable, where it was made for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<ActionId>,
    /// Files, symbolic links and other entries that are no directories.
    pub files: u64,
    /// Directories.
    pub directories: u64,
    /// Bytes of file content that are kept.
    pub bytes: u64,
    /// Until when.
    pub expires: Timestamp,
}

/// What an undo did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undone {
    /// The restore point.
    pub point: RestorePointId,
    /// Who took it back: the name of the operating system's user.
    pub by: String,
    /// Entries that were put back.
    pub restored: u64,
    /// Places that were left as they are, because something stood in the way.
    pub conflicts: u64,
    /// True where everything that was put back has been compared with what was promised.
    pub verified: bool,
    /// The restore point of what the undo itself replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<RestorePointId>,
}

/// The directory of the refs by which restore points keep git's objects: `refs/weir/ID/N`.
pub const KEPT_REFS: &str = "refs/weir";

/// True for the full name of one of them.
#[must_use]
pub fn is_kept_ref(name: impl AsRef<[u8]>) -> bool {
    name.as_ref().strip_prefix(KEPT_REFS.as_bytes()).is_some_and(|rest| rest.starts_with(b"/"))
}
