//! A result as bytes: json, ndjson, csv, markdown, html.
//!
//! Numbers are written as [`crate::number::Decimal`] prints them, and nothing but the document goes into the bytes: no
//! clock, no environment, no map without an order. The same document gives the same bytes.

mod html;
mod json;
mod markdown;
mod reading;
mod rows;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;
mod words;

use std::{
    fmt,
    io::{self, Write as _},
    str::FromStr,
};

use crate::outcome::{Entity, Outcome, Output};

/// How a result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Format {
    #[default]
    Json,
    Ndjson,
    Csv,
    Markdown,
    Html,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Json, Self::Ndjson, Self::Csv, Self::Markdown, Self::Html];

    /// As written after `AS`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
            Self::Markdown => "markdown",
            Self::Html => "html",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No such format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no format `{0}`: use json, ndjson, csv, markdown or html")]
pub struct UnknownFormat(pub String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let lower = text.to_ascii_lowercase();
        match lower.as_str() {
            "md" => return Ok(Self::Markdown),
            "jsonl" => return Ok(Self::Ndjson),
            _ => {}
        }
        Self::ALL.into_iter().find(|format| format.name() == lower).ok_or_else(|| UnknownFormat(text.to_owned()))
    }
}

/// All matched entities of a result, those beyond [`crate::limits::KEPT_ENTITIES`] included.
pub trait Entities {
    /// Hands every entity to `each`, in the order of the source.
    ///
    /// # Errors
    /// The source cannot be read again, or `each` failed.
    fn each(&self, each: &mut dyn FnMut(&Entity) -> io::Result<()>) -> io::Result<()>;
}

/// What a document is about.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'d> {
    /// The whole analysis.
    Analysis,
    /// One result.
    Result(&'d str, &'d Output),
}

/// What is written: a subject and what a reader needs to trust it.
pub struct Document<'d> {
    /// The name in the SURFACE statement.
    pub name: &'d str,
    /// What it is about.
    pub subject: Subject<'d>,
    /// The run.
    pub outcome: &'d Outcome,
    /// The text of the script.
    pub script: &'d str,
    /// The file name of the script, where it has one.
    pub script_name: Option<&'d str>,
    /// Where the data came from, such as paths, in words.
    pub sources: &'d [String],
    /// The entities of the subject, where it is a FORAGE or a DIVE.
    pub entities: Option<&'d dyn Entities>,
}

/// A document cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The receiver refused, or the entities cannot be read again.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A table of all entities is asked for, and not all are at hand.
    #[error("`{result}` has {omitted} more entities than a whole analysis keeps: surface it by its name")]
    Omitted {
        /// The result.
        result: String,
        /// How many entities would be missing.
        omitted: u64,
    },
}

/// Writes `document` in `format`.
///
/// - `json`: the whole analysis, with the keys of [`Outcome`] in its order, then `scriptName`, `script` and `sources`.
///   For one result: `type` (`Result`), `name`, `kind`, the keys of the run, `data`, and the same three.
/// - `ndjson`: one line for each entity of a FORAGE or a DIVE, for each pathway of a TRACE, otherwise one line.
/// - `csv`: RFC 4180; one row for each entity, for each arrow of a TRACE, for each watch of a RECALL, otherwise one. The
///   columns have the names that the figures have in JSON. What is unknown is an empty cell. A text that a
///   spreadsheet would take for a formula has an apostrophe in front.
/// - `markdown` and `html`: for people.
///
/// A table of a whole analysis has the rows of all FORAGEs and DIVEs, with the name of the result in `result`.
///
/// # Errors
///
/// See [`ReportError`]. What was written up to then is not whole.
pub fn write(document: &Document<'_>, format: Format, out: &mut dyn io::Write) -> Result<(), ReportError> {
    let mut out = io::BufWriter::new(out);
    match format {
        Format::Json => json::write(document, &mut out)?,
        Format::Ndjson => rows::ndjson(document, &mut out)?,
        Format::Csv => rows::csv(document, &mut out)?,
        Format::Markdown => markdown::write(document, &mut out)?,
        Format::Html => html::write(document, &mut out)?,
    }
    out.flush()?;
    Ok(())
}
