//! RECALL: what came of an earlier diagnosis, computed from data and compared with what the script states.

#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};

use super::watch;
use crate::{
    ast::{Number, Recall, RecallWatch, Script},
    number::{self, Decimal},
    outcome::{RecallResult, RecallWatchResult},
    source::{Source, SourceError},
    value::Truth,
};

/// A case cannot be looked back at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecallError {
    /// The review has no day.
    #[error("`{0}` is no day: write it as `2026-03-31`")]
    NoDay(String),
    /// A stated confidence is no confidence.
    #[error("{clause} must be 0 to 1, or percent up to 100, not {value}")]
    NoConfidence {
        /// `CONFIDENCE_STATED` or `CONFIDENCE_ACTUAL`.
        clause: &'static str,
        /// As written.
        value: f64,
    },
    /// What was watched cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
}

/// Looks back at a case. The watches of `script` that RECALL names are evaluated on the data up to the end of the day
/// of the review (or up to `now`, where that comes first), and what RECALL states is compared with that. A watch that
/// the script does not have, or that its data say nothing about, is taken as stated.
///
/// # Errors
/// The day or a confidence is not one, or the data of a watch cannot be read.
pub fn recall(
    recall: &Recall<'_>,
    script: &Script<'_>,
    source: &dyn Source,
    now: Timestamp,
) -> Result<RecallResult, RecallError> {
    let no_day = || RecallError::NoDay(recall.date.value.to_string());
    let over = day(&recall.date.value).ok_or_else(no_day)?.tomorrow().map_err(|_| no_day())?;
    let over = over.to_zoned(TimeZone::UTC).map_err(|_| no_day())?.timestamp();
    // A day ends before the next one begins.
    let until = over.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(over).min(now);
    let stated = confidence("CONFIDENCE_STATED", recall.stated)?;
    let actual = confidence("CONFIDENCE_ACTUAL", recall.actual)?;
    let mut review = Review::default();
    for watch in &recall.watches {
        review.watch(watch, computed(watch, script, source, until)?);
    }
    review.triggers(recall.triggers);
    let actual = review.actual(actual);
    let compared = stated.zip(actual).map(|(stated, actual)| calibration(stated, actual));
    let expected = compared.map(|(_, word)| word);
    let declared = recall.calibration.map(|calibration| calibration.value.to_ascii_lowercase());
    if let (Some(declared), Some(expected)) = (&declared, expected)
        && declared != expected
    {
        review.differ(format!("CALIBRATION {declared}, by the confidences {expected}"));
    }
    Ok(RecallResult {
        target: recall.target.value.to_owned(),
        date: recall.date.value.to_string(),
        interpretation: review.interpretation(expected),
        triggers_fired: review.count("fired"),
        triggers_total: review.total,
        watches: review.watches,
        confidence_stated: stated.map(|value| Decimal::rounded(value, 6)),
        confidence_actual: actual.map(|value| Decimal::rounded(value, 6)),
        calibration: declared.or_else(|| expected.map(str::to_owned)),
        expected_calibration: expected,
        calibration_delta: compared.map(|(delta, _)| Decimal::rounded(delta, 2)),
        drift_after: recall.drift_after.map(|drift| Decimal::rounded(drift.value, 6)),
        validated: review.mismatches.is_empty(),
        mismatches: review.mismatches,
    })
}

/// What the data say about a watch.
struct Computed {
    status: &'static str,
    /// The days on which it fired.
    days: Vec<civil::Date>,
    evidence: String,
}

/// `None` where the script has no such watch, or the data say nothing about it.
fn computed(
    watch: &RecallWatch<'_>,
    script: &Script<'_>,
    source: &dyn Source,
    until: Timestamp,
) -> Result<Option<Computed>, SourceError> {
    let Some(defined) = watch::named(script, watch.trigger.value) else { return Ok(None) };
    let Some(collection) = watch::collection(defined, script) else { return Ok(None) };
    let watched = watch::evaluate(defined, collection, source, until)?;
    if watched.observations == watched.unknown {
        return Ok(None);
    }
    let days: Vec<civil::Date> = watched.firings.iter().map(|firing| firing.day).collect();
    let observations = match watched.observations {
        1 => "1 observation".to_owned(),
        count => format!("{count} observations"),
    };
    let (status, what) = match (watched.firings.first(), watched.since) {
        (Some(first), _) if first.entity.is_empty() => ("fired", format!("fired on {}", first.day)),
        (Some(first), _) => ("fired", format!("`{}` fired on {}", first.entity, first.day)),
        (None, Some(since)) => ("partial", format!("holds since {since}, and not for long enough")),
        (None, None) => ("not_fired", "never held for long enough".to_owned()),
    };
    Ok(Some(Computed { status, days, evidence: format!("`{collection}`, {observations}: {what}") }))
}

/// A review under way.
#[derive(Default)]
struct Review {
    watches: Vec<RecallWatchResult>,
    mismatches: Vec<String>,
    total: u32,
}

impl Review {
    fn differ(&mut self, mismatch: String) {
        self.mismatches.push(mismatch);
    }

    fn watch(&mut self, watch: &RecallWatch<'_>, computed: Option<Computed>) {
        let name = watch.trigger.value;
        let stated = watch.status.map(|status| status.value.to_ascii_lowercase());
        let stated_day = watch.fired_date.as_ref().map(|date| date.value.to_string());
        let stated_evidence = watch.evidence.as_ref().map(|evidence| evidence.value.to_string());
        let Some(computed) = computed else {
            self.watches.push(RecallWatchResult {
                trigger_id: name.to_owned(),
                status: stated.unwrap_or_else(|| "unknown".to_owned()),
                source: "stated",
                holds: Truth::Unknown,
                fired_date: stated_day,
                evidence: stated_evidence,
            });
            return;
        };
        let mut holds = Truth::Unknown;
        if let Some(stated) = &stated {
            holds = (stated == computed.status).into();
            if holds == Truth::False {
                self.differ(format!("`{name}` STATUS {stated}, by the data {}", computed.status));
            }
        }
        let first = computed.days.first();
        let named = stated_day.as_deref().and_then(day).filter(|day| computed.days.contains(day));
        if let (Some(stated), Some(first), None) = (&stated_day, first, named) {
            holds = Truth::False;
            self.differ(format!("`{name}` FIRED_DATE {stated}, by the data {first}"));
        }
        self.watches.push(RecallWatchResult {
            trigger_id: name.to_owned(),
            status: computed.status.to_owned(),
            source: "computed",
            holds,
            fired_date: named.as_ref().or(first).map(ToString::to_string),
            evidence: stated_evidence.or(Some(computed.evidence)),
        });
    }

    fn count(&self, status: &str) -> u32 {
        u32::try_from(self.watches.iter().filter(|watch| watch.status == status).count()).unwrap_or(u32::MAX)
    }

    /// What TRIGGERS states must be possible: not every watch has to be told, and whether a partial one counts is the
    /// author's to say.
    fn triggers(&mut self, stated: Option<(Number, Number)>) {
        let all = u32::try_from(self.watches.len()).unwrap_or(u32::MAX);
        self.total = all;
        let Some((fired, total)) = stated else { return };
        let (sure, not) = (f64::from(self.count("fired")), f64::from(self.count("not_fired")));
        if total.value < f64::from(all) || fired.value < sure || fired.value > total.value - not {
            let counted = format!("of {all} watches {sure} fired and {not} did not");
            self.differ(format!("TRIGGERS {}/{}, {counted}", fired.value, total.value));
        } else if total.value <= f64::from(u32::MAX) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "it is within 0 to the largest"
            )]
            let total = total.value as u32;
            self.total = total;
        }
    }

    /// What became true: as stated, unless the data say otherwise; where it is not stated, fired (a partial one is a
    /// half) of all.
    fn actual(&mut self, stated: Option<f64>) -> Option<f64> {
        if self.total == 0 {
            return stated;
        }
        let (fired, partial, total) =
            (f64::from(self.count("fired")), f64::from(self.count("partial")), f64::from(self.total));
        let counted = (fired + partial / 2.0) / total;
        let Some(stated) = stated else {
            return (self.count("unknown") == 0).then_some(counted);
        };
        let all = u32::try_from(self.watches.len()).is_ok_and(|all| all == self.total);
        // Only what was computed, and all of it, can contradict.
        if !all || self.watches.iter().any(|watch| watch.source != "computed") {
            return Some(stated);
        }
        let (least, most) = (fired / total - ROUNDED, (fired + partial) / total + ROUNDED);
        if (least..=most).contains(&stated) {
            return Some(stated);
        }
        self.differ(format!("CONFIDENCE_ACTUAL {stated}, by the data {}", Decimal::rounded(counted, 2)));
        Some(counted)
    }

    fn interpretation(&self, expected: Option<&str>) -> String {
        let mut words = match expected {
            Some("aligned") => "the case was as sure as it could be",
            Some("over") => "the case was surer than what came of it",
            Some(_) => "the case was less sure than what came of it",
            None => "how sure the case was cannot be compared",
        }
        .to_owned();
        let stated = self.watches.iter().filter(|watch| watch.source == "stated").count();
        for (count, one, many) in [
            (self.mismatches.len(), "statement is contradicted", "statements are contradicted"),
            (stated, "watch is taken as stated", "watches are taken as stated"),
        ] {
            match count {
                0 => {}
                1 => words.push_str(&format!("; 1 {one}")),
                count => words.push_str(&format!("; {count} {many}")),
            }
        }
        words
    }
}

fn confidence(clause: &'static str, number: Option<Number>) -> Result<Option<f64>, RecallError> {
    let Some(number) = number else { return Ok(None) };
    share(number.value).map(Some).ok_or(RecallError::NoConfidence { clause, value: number.value })
}

/// Half of what the last printed digit of a confidence says, and a little for the arithmetic.
const ROUNDED: f64 = 0.005_001;

/// 0 to 1, or percent; as 0 to 1. `None` for what is neither.
pub(crate) fn share(value: f64) -> Option<f64> {
    if (0.0..=1.0).contains(&value) {
        Some(value)
    } else if (1.0..=100.0).contains(&value) {
        Some(value / 100.0)
    } else {
        None
    }
}

/// How far what came true may lie from what was stated.
const ALIGNED: f64 = 0.1;

/// Stated less actual, to 0.01, and what that is called.
pub(crate) fn calibration(stated: f64, actual: f64) -> (f64, &'static str) {
    let size = number::round((stated - actual).abs(), 2);
    match size {
        size if size <= ALIGNED => (size.copysign(stated - actual), "aligned"),
        size if stated > actual => (size, "over"),
        size => (-size, "under"),
    }
}

/// A day as `YYYY-MM-DD`.
pub(crate) fn day(text: &str) -> Option<civil::Date> {
    text.parse().ok().filter(|day: &civil::Date| day.to_string() == text)
}
