//! Why a statement fails.

use crate::{number::Decimal, run::near::alike, schedule::recall::RecallError, source::SourceError};

/// A statement did not do what it says.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Recall(#[from] RecallError),
    #[error("no result `{name}`{}", alike(.near))]
    UnknownResult { name: String, near: Vec<String> },
    #[error("`{0}` is no result of FORAGE or DIVE")]
    NotForaged(String),
    #[error("there is no result of FORAGE or DIVE to follow")]
    NothingToFollow,
    #[error("TRACE cannot give its result the name `{0}`, which is the result that it follows")]
    OwnName(String),
    #[error("`{0}` has no DRIFT: write `DRIFT {0} METHODOLOGY .. PERFORMANCE ..` before its FETCH")]
    NoDrift(String),
    #[error("{statement} `{target}` has no {clause}")]
    NoClause { statement: &'static str, target: String, clause: &'static str },
    #[error("{what} must be {range}, not {value}")]
    OutOfRange { what: &'static str, range: &'static str, value: Decimal },
    #[error("no {what} `{word}`: use {known}")]
    UnknownWord { what: &'static str, word: String, known: &'static str },
    #[error("`{0}` is no day: write it as `2026-03-31`")]
    NoDay(String),
    #[error("`{target}` cannot be decided on: {reason}")]
    Undecided { target: String, reason: String },
    #[error("statements are nested deeper than {0}")]
    Nested(usize),
    #[error("the alert did not arrive: {0}")]
    Undelivered(String),
}

impl Failure {
    /// What follows cannot build on the statement.
    pub(super) fn ends_the_run(&self) -> bool {
        !matches!(self, Self::Undelivered(_))
    }
}
