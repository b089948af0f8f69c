//! Which points are dropped, and when.

use weir_model::RestorePointId;

/// Why a point was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// Its time had passed.
    Expired,
    /// It had been undone, and the space was needed.
    Undone,
    /// It was within its promise, and the space was needed.
    BeforeItsTime,
}

/// One point that is no more.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dropped {
    /// Which.
    pub id: RestorePointId,
    /// Why.
    pub reason: Reason,
    /// What it held.
    pub bytes: u64,
}

/// What a collection did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Collected {
    /// The points that were dropped.
    pub dropped: Vec<Dropped>,
    /// Bytes that restore points still hold.
    pub kept: u64,
}
