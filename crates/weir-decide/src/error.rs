//! What can be wrong with policies, and with deciding.

use std::fmt;
use std::path::PathBuf;

use thiserror::Error;

/// A mistake in a policy file: which file, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError {
    /// The file, or a name for a built-in one.
    pub file: String,
    /// The line, from 1; 0 where no line is to blame.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// The line's text.
    pub excerpt: String,
    /// How many characters are marked.
    pub width: usize,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl PolicyError {
    pub(crate) fn plain(file: &str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            line: 0,
            column: 0,
            excerpt: String::new(),
            width: 0,
            message: message.into(),
            help: help.into(),
        }
    }

    /// An error at a byte range of `text`.
    pub(crate) fn at(
        file: &str,
        text: &str,
        range: std::ops::Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        let start = range.start.min(text.len());
        let before = text.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let excerpt = text.get(line_start..).unwrap_or_default().lines().next().unwrap_or_default();
        let column = before.get(line_start..).unwrap_or_default().chars().count();
        let marked = text.get(start..range.end.min(line_start + excerpt.len())).unwrap_or_default();
        Self {
            line: before.matches('\n').count() + 1,
            column: column + 1,
            // One column per character, and nothing that a terminal would obey.
            excerpt: excerpt.chars().map(|c| if c.is_control() { ' ' } else { c }).collect(),
            width: marked.chars().count().max(1),
            ..Self::plain(file, message, help)
        }
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            write!(f, "{}: {}", self.file, self.message)?;
        } else {
            writeln!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
            let number = self.line.to_string();
            writeln!(f, "  {number} | {}", self.excerpt)?;
            write!(
                f,
                "  {:width$} | {:indent$}{}",
                "",
                "",
                "^".repeat(self.width),
                width = number.len(),
                indent = self.column - 1
            )?;
        }
        if !self.help.is_empty() {
            write!(f, "\n  help: {}", self.help)?;
        }
        Ok(())
    }
}

impl std::error::Error for PolicyError {}

/// A decision could not be made, or a compiled policy could not be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DecideError {
    /// The compiled file cannot be read or written.
    #[error("cannot use `{}`: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The compiled file is not one, or of another version, or damaged.
    #[error("the compiled policy is not usable: {0}")]
    Damaged(&'static str),
    /// Cedar refused the facts.
    #[error("the facts do not fit the policy engine: {0}")]
    Facts(String),
    /// The condition of a policy that forbids failed, so that it is not known whether it objects.
    #[error("policy `{id}` could not be asked: {what}")]
    Condition {
        /// `@id` of the policy.
        id: String,
        /// What Cedar says.
        what: String,
    },
    /// A file with test cases is wrong.
    #[error("{file}: {what}")]
    Cases {
        /// The file.
        file: String,
        /// What is wrong.
        what: String,
    },
}
