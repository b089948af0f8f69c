//! A script run over evidence, in the default edition.

pub(crate) mod condition;
pub(crate) mod lower;
pub(crate) mod near;

use std::time::Instant;

use jiff::Timestamp;

use crate::{
    report::{Document, Format},
    sink::Sink,
    source::Source,
};

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
