//! A result as bytes: json, ndjson, csv, markdown, html.

use std::{fmt, io, str::FromStr};

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
