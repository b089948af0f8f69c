//! Restore points: what makes an undo possible, and the undo itself.
//!
//! A [`Store`] holds restore points below one directory. [`Store::make`] opens a [`Recorder`], which moves what is
//! deleted into a trash on the same mount, copies what is about to be overwritten, and notes the rest in a journal, each
//! before the change is carried out. [`Store::snapshot`] does the same ahead of time, for named targets.
//! [`Store::undo`] goes through the journal backward.
//!
//! An undo destroys nothing: whatever stands in its way becomes a restore point of its own. No symbolic link is
//! followed anywhere, names are bytes, and paths may be longer than the kernel takes in one call.
//!
//! This crate does not know why something is saved: that is decided above it.

mod content;
mod error;
mod gc;
mod git;
mod header;
mod held;
mod journal;
mod known;
mod meta;
mod point;
mod recorder;
mod regenerable;
mod remove;
mod snapshot;
mod store;
mod trash;
mod undo;
mod walk;

pub use error::{RecordError, SnapshotError, StoreError, UndoError};
pub use gc::{Collected, Dropped, Reason};
pub use git::GitState;
#[doc(hidden)]
pub use journal::check as check_journal;
pub use point::{CanUndo, Counters, Mechanism, Point, PointInfo, State};
pub use recorder::Recorder;
pub use regenerable::is_regenerable;
pub use snapshot::{Budget, How};
pub use store::{Limits, Store};
pub use trash::is_trash;
pub use undo::{Conflict, ConflictKind, Progress, Skipped, UndoOptions, UndoReport};
