//! A script run over evidence, in the default edition.
//!
//! Statements run in the order of the script. Each FORAGE and DIVE reads its collection once and keeps what later
//! statements need. Alerts are sent at once; what is surfaced is published when all statements have run. A statement
//! that fails ends the run, because those that follow build on it; an alert that does not arrive and a document that
//! cannot be written only fail themselves.

mod cascade;
mod collect;
mod columns;
pub(crate) mod condition;
mod decide;
mod drift;
mod entity;
mod execute;
mod explain;
mod failure;
mod later;
pub(crate) mod lower;
pub(crate) mod near;
mod publish;
mod ranking;
mod scan;
#[cfg(test)]
mod tests;

use std::time::Instant;

use jiff::Timestamp;

use crate::{
    ast::Script,
    edition::Edition,
    outcome::Outcome,
    report::{Document, Format},
    sink::Sink,
    source::Source,
};

pub use explain::{Explained, Explanation, explain};

/// What a run works with. Everything from outside is here: the data, the clock, the receivers.
pub struct Environment<'e> {
    /// The evidence.
    pub source: &'e dyn Source,
    /// The clock of the whole run: the same input gives the same bytes.
    pub now: Timestamp,
    /// Who hears alerts, each of them.
    pub sinks: &'e mut [Box<dyn Sink>],
    /// Who takes what is surfaced.
    pub publisher: &'e mut dyn Publisher,
    /// When to stop with an error.
    pub deadline: Option<Instant>,
    /// The file name of the script, for documents.
    pub script_name: Option<String>,
}

/// Takes what a script surfaces. Called when the script has run, so that the whole analysis is there.
pub trait Publisher {
    /// Writes `document` in `format`, into the file `to` where the script names one. Gives the path that was written.
    ///
    /// # Errors
    /// It cannot be written; the text says why.
    fn publish(&mut self, document: &Document<'_>, format: Format, to: Option<&str>) -> Result<Option<String>, String>;
}

/// A script was not run, or a run does not have what is asked for. What fails while a script runs stands in the
/// [`Outcome`], beside all that was done before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The tree is that of the other edition, whose words mean other things.
    #[error("a script of edition {0} cannot be run as one of edition {two}", two = Edition::Two)]
    Edition(Edition),
    /// The run failed, so that nothing can be explained.
    #[error("{0}")]
    Failed(String),
    /// There is nothing of that name to explain.
    #[error("nothing to explain by the name `{what}`{}", near::alike(.near))]
    Unexplained {
        /// As asked for.
        what: String,
        /// Names that look like it, most alike first.
        near: Vec<String>,
    },
}

/// Runs a script. `text` is the source that it was read from.
///
/// # Errors
/// The script is one of the first edition. Everything else that goes wrong is part of the outcome, which says then
/// that it is no success.
pub fn run(script: &Script<'_>, text: &str, environment: &mut Environment<'_>) -> Result<Outcome, RunError> {
    match script.edition {
        Edition::Two => Ok(execute::Runner::new(script, text, environment).run()),
        other @ Edition::Compat => Err(RunError::Edition(other)),
    }
}
