//! The whole of a document as JSON.

use std::io::Write;

use serde::Serialize;

use super::{Document, ReportError, Subject};
use crate::{
    edition::Edition,
    outcome::{Outcome, Output},
};

/// The order of the fields is the order of the keys.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Analysis<'d> {
    #[serde(flatten)]
    outcome: &'d Outcome,
    #[serde(flatten)]
    origin: Origin<'d>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OneResult<'d> {
    r#type: &'static str,
    name: &'d str,
    kind: &'static str,
    edition: Edition,
    started: &'d str,
    completed: &'d str,
    methodology: &'static str,
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'d str>,
    data: &'d Output,
    notes: &'d [String],
    #[serde(flatten)]
    origin: Origin<'d>,
}

/// What was run over what.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Origin<'d> {
    #[serde(skip_serializing_if = "Option::is_none")]
    script_name: Option<&'d str>,
    script: &'d str,
    sources: &'d [String],
}

pub(super) fn write(document: &Document<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let outcome = document.outcome;
    let origin = Origin { script_name: document.script_name, script: document.script, sources: document.sources };
    match document.subject {
        Subject::Analysis => pretty(&Analysis { outcome, origin }, out),
        Subject::Result(name, data) => pretty(
            &OneResult {
                r#type: "Result",
                name,
                kind: kind(data),
                edition: outcome.edition,
                started: &outcome.started,
                completed: &outcome.completed,
                methodology: outcome.methodology,
                success: outcome.success,
                error: outcome.error.as_deref(),
                data,
                notes: &outcome.notes,
                origin,
            },
            out,
        ),
    }
}

fn pretty(value: &impl Serialize, out: &mut dyn Write) -> Result<(), ReportError> {
    serde_json::to_writer_pretty(&mut *out, value).map_err(std::io::Error::from)?;
    out.write_all(b"\n")?;
    Ok(())
}

/// The statement that made a result.
pub(super) fn kind(output: &Output) -> &'static str {
    match output {
        Output::Foraged(_) => "forage",
        Output::Drift(_) => "drift",
        Output::Fetch(_) => "fetch",
        Output::Trace(_) => "trace",
        Output::Recall(_) => "recall",
    }
}
