//! WATCH: a condition that must hold for a time, replayed over observations.
//!
//! The rows of a collection are observations. When one was made stands in the first of its fields `at`, `time`,
//! `timestamp`, `ts` and `date` that has a value: a timestamp, a date (its first moment in UTC), or seconds (from 10^11
//! on: milliseconds) since 1970. What was observed stands in the first of `entity`, `id`, `name` and `service`: each of
//! them is watched for itself, and without such a field the collection is one. The order of the rows does not matter.
//! Two observations of one thing at one time count as one, in which both must hold. Observations without a time are
//! left out and counted; those after `now` are left out. A collection without a time says how things are now.
//!
//! What was observed last is so until something else is observed, or until now. Seconds to months must pass without a
//! break; they are counted on the calendar in UTC from the observation with which the condition began to hold. What is
//! false resets. What is unknown does neither: the time until the next observation that is known does not count.
//! Quarters and years are closed calendar periods: one counts where all its observations hold, one with a false
//! observation resets, one without observations or with an unknown one neither counts nor resets. A watch fires when
//! its time is full, and again only after it was reset.

pub(crate) mod observe;
mod replay;
#[cfg(test)]
mod tests;

use jiff::{Timestamp, civil};

use crate::{
    ast::{Expr, Script, Statement, StatementKind, Watch},
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
    /// It has held for long enough, and was not seen to fail since.
    Triggered,
}

/// A watch fired.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Firing {
    /// When its time was full.
    pub at: Timestamp,
    /// The last day of that time, in UTC.
    pub day: civil::Date,
    /// Of what; empty where the collection is one thing.
    pub entity: String,
}

/// One thing that is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedEntity {
    /// Its name; empty where the collection is one thing.
    pub entity: String,
    /// Where it stands.
    pub status: Status,
    /// Since when its condition holds.
    pub since: Option<Timestamp>,
    /// How many observations of it count.
    pub observations: usize,
    /// What was observed last is that the condition cannot be said.
    pub unknown: bool,
}

/// What came of a watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// Where the entity stands that is farthest.
    pub status: Status,
    /// Since when its condition holds.
    pub since: Option<Timestamp>,
    /// Each time that it fired, earliest first.
    pub firings: Vec<Firing>,
    /// What is watched, by name.
    pub entities: Vec<WatchedEntity>,
    /// Observations up to now.
    pub observations: usize,
    /// Observations for which the condition cannot be said.
    pub unknown: usize,
    /// Rows without a time, in a collection that has times.
    pub untimed: usize,
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

/// The collection that a WATCH looks at: the one that it names, else that of the nearest FORAGE or DIVE before it.
#[must_use]
pub fn collection<'s>(watch: &Watch<'s>, script: &Script<'s>) -> Option<&'s str> {
    if let Some(named) = watch.collection {
        return Some(named.value);
    }
    let mut nearest = None;
    for statement in &script.statements {
        if holds(statement, watch) {
            break;
        }
        match &statement.kind {
            StatementKind::Forage(forage) => nearest = Some(forage.target.value),
            StatementKind::Dive(dive) => nearest = Some(dive.target.value),
            _ => {}
        }
    }
    nearest
}

/// Whether a statement is the watch, or has it within.
fn holds(statement: &Statement<'_>, watch: &Watch<'_>) -> bool {
    let place = watch.target.span;
    statement.span.start <= place.start && place.end <= statement.span.end
}

/// The watch of a name: the last one of the script.
#[must_use]
pub fn named<'w, 's>(script: &'w Script<'s>, name: &str) -> Option<&'w Watch<'s>> {
    fn within<'w, 's>(statement: &'w Statement<'s>, name: &str) -> Option<&'w Watch<'s>> {
        match &statement.kind {
            StatementKind::Watch(watch) if watch.target.value == name => Some(watch),
            StatementKind::Wake(wake) => within(wake.then.as_deref()?, name),
            StatementKind::Fetch(fetch) => fetch.actions.iter().rev().find_map(|action| within(&action.action, name)),
            _ => None,
        }
    }
    script.statements.iter().rev().find_map(|statement| within(statement, name))
}

/// Replays the observations of `collection` up to `now`. The same input gives the same result, in whichever order the
/// rows come.
///
/// # Errors
/// The collection cannot be read, or the condition cannot be applied to it.
pub fn evaluate(
    watch: &Watch<'_>,
    collection: &str,
    source: &dyn Source,
    now: Timestamp,
) -> Result<Watched, SourceError> {
    let observed = observe::observe(&watch.condition, collection, source, now)?;
    let hold = replay::Hold::new(watch.hold.as_ref());
    let mut watched = Watched {
        status: Status::Active,
        since: None,
        firings: Vec::new(),
        entities: Vec::with_capacity(observed.entities.len()),
        observations: 0,
        unknown: observed.unknown,
        untimed: observed.untimed,
    };
    for (entity, observations) in observed.entities {
        let replayed = replay::replay(&observations, hold, now);
        watched.observations += observations.len();
        watched.firings.extend(replayed.fired.into_iter().map(|(at, day)| Firing { at, day, entity: entity.clone() }));
        if (replayed.status, std::cmp::Reverse(replayed.since)) > (watched.status, std::cmp::Reverse(watched.since)) {
            (watched.status, watched.since) = (replayed.status, replayed.since);
        }
        watched.entities.push(WatchedEntity {
            entity,
            status: replayed.status,
            since: replayed.since,
            observations: observations.len(),
            unknown: replayed.paused,
        });
    }
    watched.firings.sort();
    Ok(watched)
}

/// Whether a condition has an age in it, which depends on when it is asked.
fn has_age(expr: &Expr<'_>) -> bool {
    use crate::ast::{Literal, Operand};
    let age = |operand: &Operand<'_>| matches!(operand.value, Literal::Duration(_));
    match expr {
        Expr::And(parts) | Expr::Or(parts) => parts.iter().any(has_age),
        Expr::Not(inner, _) => has_age(inner),
        Expr::Compare { right, .. } | Expr::Contains { right, .. } => age(right),
        Expr::In { values, .. } => values.iter().any(age),
        Expr::Between { low, high, .. } => age(low) || age(high),
        Expr::Exists(_) | Expr::Holds(_) => false,
    }
}
