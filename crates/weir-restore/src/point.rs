//! One restore point as people see it: what it is for, what it holds, until when.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use weir_model::{ActionId, RestorePointId, Timestamp};

/// What a restore point is made for.
#[derive(Debug, Clone)]
pub struct PointInfo {
    /// The action that made it necessary.
    pub action: Option<ActionId>,
    /// The agent's name.
    pub agent: Option<String>,
    /// The command, for people.
    pub command: String,
    /// Where the command ran.
    pub cwd: PathBuf,
    /// How long the point is promised to stay.
    pub lifetime: Duration,
    /// What people must know of what the point cannot do.
    pub remarks: Vec<String>,
}

impl Default for PointInfo {
    fn default() -> Self {
        Self {
            action: None,
            agent: None,
            command: String::new(),
            cwd: PathBuf::from("/"),
            lifetime: Duration::from_hours(7 * 24),
            remarks: Vec::new(),
        }
    }
}

/// How something was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Mechanism {
    /// Moved into a trash instead of deleted.
    Moved,
    /// A second name of the same file in a trash.
    Linked,
    /// A copy that shares its blocks with the original.
    Cloned,
    /// A copy.
    Copied,
    /// Noted in the journal: metadata, symbolic links, directories, renames.
    Noted,
}

/// Where a restore point is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum State {
    /// Being recorded, or left behind by a recorder that was killed.
    Open,
    /// Complete.
    Sealed,
    /// Taken back.
    Undone,
    /// Past its promise; dropped by the next collection.
    Expired,
}

/// What a restore point holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Files, links and special files that were kept.
    pub files: u64,
    /// Directories that were kept (a whole tree moved at once counts as one).
    pub directories: u64,
    /// Bytes on disk that were moved or linked instead of freed (not counted inside trees moved at once).
    pub bytes_kept: u64,
    /// Bytes that were copied.
    pub bytes_copied: u64,
}

impl Counters {
    /// Bytes that were kept in any way.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes_kept.saturating_add(self.bytes_copied)
    }
}

/// One restore point.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Point {
    /// Its name.
    pub id: RestorePointId,
    /// When it was made.
    pub made: Timestamp,
    /// Until when it is promised to stay.
    pub expires: Timestamp,
    /// What it is for.
    pub info: PointInfo,
    /// Where it is in its life.
    pub state: State,
    /// What it holds; for one that was never sealed, what its journal shows.
    pub counts: Counters,
    /// How things were kept.
    pub mechanisms: Vec<Mechanism>,
    /// The restore points of the undos that took it back, in part or whole.
    pub undone_by: Vec<RestorePointId>,
}

impl Point {
    /// True where it holds something that an undo puts back, and does not only keep what somebody else can make use of.
    #[must_use]
    pub fn holds_changes(&self) -> bool {
        !self.mechanisms.is_empty()
    }
}

/// Whether a point can still do what it promises.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CanUndo {
    /// Everything that was kept is there.
    pub possible: bool,
    /// Everything that was kept was compared with what the journal says of it.
    pub verified: bool,
    /// What was looked at, or what is missing.
    pub evidence: String,
}
