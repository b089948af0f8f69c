//! One thing over its observations: holding, fired, reset.

use jiff::{SignedDuration, Timestamp, ToSpan as _, civil, tz::TimeZone};

use super::Status;
use crate::{
    ast::{Duration, Unit},
    run::lower::after,
    value::Truth,
};

/// How long a condition must hold.
#[derive(Debug, Clone, Copy)]
pub(super) enum Hold {
    /// Without a break, from the observation on with which it began to hold.
    Length(Duration),
    /// In so many closed quarters.
    Quarters(f64),
    /// In so many closed years.
    Years(f64),
}

impl Hold {
    pub(super) fn new(duration: Option<&Duration>) -> Self {
        match duration {
            Some(Duration { value, unit: Unit::Quarters, .. }) if *value > 0.0 => Self::Quarters(*value),
            Some(Duration { value, unit: Unit::Years, .. }) if *value > 0.0 => Self::Years(*value),
            Some(duration) => Self::Length(*duration),
            None => Self::Length(Duration { value: 0.0, unit: Unit::Seconds, span: crate::span::Span::default() }),
        }
    }
}

/// What came of one thing.
#[derive(Debug, PartialEq)]
pub(super) struct Replayed {
    pub(super) status: Status,
    pub(super) since: Option<Timestamp>,
    /// When, and the last day of the time that was full.
    pub(super) fired: Vec<(Timestamp, civil::Date)>,
    /// What was observed last is unknown.
    pub(super) paused: bool,
}

/// Replays observations, which are in the order of time and not after `now`.
pub(super) fn replay(observations: &[(Timestamp, Truth)], hold: Hold, now: Timestamp) -> Replayed {
    let mut replayed = match hold {
        Hold::Length(length) => lengths(observations, &length, now),
        Hold::Quarters(count) => periods(observations, 3, count, now),
        Hold::Years(count) => periods(observations, 12, count, now),
    };
    replayed.paused = observations.last().is_some_and(|(_, truth)| *truth == Truth::Unknown);
    replayed
}

/// A run of observations that hold.
#[derive(Debug)]
struct Run {
    since: Timestamp,
    /// Time that does not count.
    lost: SignedDuration,
    /// Since when it does not.
    unknown: Option<Timestamp>,
    fired: bool,
}

fn lengths(observations: &[(Timestamp, Truth)], length: &Duration, now: Timestamp) -> Replayed {
    let mut run: Option<Run> = None;
    let mut fired = Vec::new();
    let mut fire = |run: &mut Option<Run>, until: Timestamp| {
        let Some(run) = run.as_mut().filter(|run| !run.fired && run.unknown.is_none()) else { return };
        let due = after(run.since, length).checked_add(run.lost).unwrap_or(Timestamp::MAX);
        if due <= until {
            run.fired = true;
            fired.push((due, day(due)));
        }
    };
    for (at, truth) in observations {
        // What was observed before held until here.
        fire(&mut run, *at);
        match (truth, run.as_mut()) {
            (Truth::False, _) => run = None,
            (Truth::Unknown, None) => {}
            (Truth::Unknown, Some(run)) => {
                run.unknown.get_or_insert(*at);
            }
            (Truth::True, None) => {
                run = Some(Run { since: *at, lost: SignedDuration::ZERO, unknown: None, fired: false });
            }
            (Truth::True, Some(run)) => {
                if let Some(unknown) = run.unknown.take() {
                    run.lost = run.lost.saturating_add(at.duration_since(unknown));
                }
            }
        }
        fire(&mut run, *at);
    }
    fire(&mut run, now);
    Replayed {
        status: match &run {
            None => Status::Active,
            Some(run) if run.fired => Status::Triggered,
            Some(_) => Status::Holding,
        },
        since: run.map(|run| run.since),
        fired,
        paused: false,
    }
}

fn periods(observations: &[(Timestamp, Truth)], months: i64, wanted: f64, now: Timestamp) -> Replayed {
    let (mut since, mut count, mut triggered) = (None, 0.0, false);
    let mut fired = Vec::new();
    for period in observations.chunk_by(|(one, _), (other, _)| number(*one, months) == number(*other, months)) {
        let end = period.first().map_or(Timestamp::MAX, |(at, _)| end(*at, months));
        let last_moment = end.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(end);
        if let Some(last) = period.iter().rposition(|(_, truth)| *truth == Truth::False) {
            (count, triggered) = (0.0, false);
            let rest = period.get(last..).unwrap_or_default();
            since = rest.iter().find(|(_, truth)| *truth == Truth::True).map(|(at, _)| *at);
            continue;
        }
        if since.is_none() {
            since = period.iter().find(|(_, truth)| *truth == Truth::True).map(|(at, _)| *at);
        }
        // One that is not closed yet, or is not known, counts for nothing.
        if last_moment > now || period.iter().any(|(_, truth)| *truth != Truth::True) {
            continue;
        }
        count += 1.0;
        if count >= wanted && !triggered {
            triggered = true;
            fired.push((end, day(last_moment)));
        }
    }
    let status = match (triggered, since) {
        (true, _) => Status::Triggered,
        (false, Some(_)) => Status::Holding,
        (false, None) => Status::Active,
    };
    Replayed { status, since, fired, paused: false }
}

fn day(at: Timestamp) -> civil::Date {
    at.to_zoned(TimeZone::UTC).date()
}

/// The periods of the calendar, counted.
fn number(at: Timestamp, months: i64) -> i64 {
    let day = day(at);
    (i64::from(day.year()) * 12 + i64::from(day.month()) - 1).div_euclid(months)
}

/// The first moment after a period.
fn end(at: Timestamp, months: i64) -> Timestamp {
    let over = || {
        let day = day(at);
        let left = months - (i64::from(day.month()) - 1).rem_euclid(months);
        let next = day.first_of_month().checked_add(0.months().try_months(left).ok()?).ok()?;
        next.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    };
    over().unwrap_or(Timestamp::MAX)
}
