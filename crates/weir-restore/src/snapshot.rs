//! Saving named targets before a command runs.

use std::time::Duration;

/// What the command will do to the targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It deletes them: a second name for every file is enough and costs no bytes.
    Deletion,
    /// It changes them: contents are cloned, or copied where the file system cannot clone.
    Change,
}

/// What a snapshot may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Files, directories and links.
    pub files: u64,
    /// Bytes copied.
    pub bytes: u64,
    /// Time.
    pub time: Duration,
}

impl Default for Budget {
    fn default() -> Self {
        Self { files: 200_000, bytes: 2 << 30, time: Duration::from_secs(20) }
    }
}
