//! How an action was understood, step by step.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Span;

/// What is known of a word before the command runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "known", rename_all = "kebab-case")]
pub enum WordValue {
    /// Exactly this text.
    Exactly {
        /// The text.
        text: String,
    },
    /// One of these, or all of them.
    OneOf {
        /// The texts.
        texts: Vec<String>,
    },
    /// It begins with this text.
    Prefix {
        /// The text.
        text: String,
    },
    /// Nothing is known of it.
    Unknown,
}

/// One word of a command: as written, and as expanded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepWord {
    /// As written.
    pub source: String,
    /// As expanded.
    #[serde(flatten)]
    pub value: WordValue,
}

/// One command of an action, with what it does itself and what it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The command as written, or the program through which what is below it is reached.
    pub source: String,
    /// The expanded words; empty where there are none to expand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<StepWord>,
    /// The directory in which it runs; `None` where it is not known, or of another machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<PathBuf>,
    /// The machine or container where it runs, if that is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Where it stands in the action's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
    /// What it does itself: places in the list of the action's effects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<usize>,
    /// What it runs, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
}
