//! The shape of a catalog file. `docs/catalog.md` explains every key.

use serde::Deserialize;
use weir_model::{TargetKind, Verb};

/// One file of the catalog.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    #[serde(default)]
    pub tool: Vec<Tool>,
    #[serde(default)]
    pub test: Vec<Case>,
}

/// One program under all its names.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    pub names: Vec<String>,
    #[serde(default)]
    pub single_dash: bool,
    #[serde(default)]
    pub abbreviations: bool,
    #[serde(default)]
    pub ignore_case: bool,
    #[serde(default)]
    pub unknown_options: UnknownOptions,
    #[serde(default)]
    pub skip: Vec<String>,
    #[serde(default)]
    pub default: Fallback,
    /// Whose configuration says where it acts.
    pub provider: Option<weir_model::Provider>,
    #[serde(default)]
    pub reads: Vec<String>,
    #[serde(default)]
    pub programs: Vec<String>,
    #[serde(default)]
    pub command: Vec<Command>,
    pub operations: Option<Operations>,
    // What the program does without a subcommand. Written out because `flatten` would switch off `deny_unknown_fields`.
    #[serde(default)]
    pub options: String,
    #[serde(default)]
    pub harmless: Vec<String>,
    #[serde(default)]
    pub env: Vec<String>,
    #[serde(default)]
    pub ends: Vec<String>,
    pub options_end: Option<usize>,
    pub preview: Option<String>,
    #[serde(default)]
    pub effects: Vec<Effect>,
    #[serde(default)]
    pub run: Vec<Run>,
    #[serde(default)]
    pub code: Vec<Code>,
    #[serde(default)]
    pub yields: Vec<Yield>,
}

/// Commands of two words, `SERVICE OPERATION`, that come from data.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operations {
    /// A file below `catalog/data`.
    pub data: String,
    /// Services that the command line calls by another name than the data.
    #[serde(default)]
    pub services: std::collections::BTreeMap<String, String>,
    /// What the data does not say; the first that has the operation counts.
    pub kinds: Vec<Kind>,
}

/// What an operation does to what.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    pub of: Vec<String>,
    #[serde(default = "delete")]
    pub verb: Verb,
    #[serde(default = "cloud_resource")]
    pub target: TargetKind,
    #[serde(default)]
    pub stateful: bool,
}

fn delete() -> Verb {
    Verb::Delete
}

fn cloud_resource() -> TargetKind {
    TargetKind::CloudResource
}

/// A subcommand.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command {
    pub path: Paths,
    #[serde(default)]
    pub options: String,
    #[serde(default)]
    pub harmless: Vec<String>,
    #[serde(default)]
    pub env: Vec<String>,
    #[serde(default)]
    pub ends: Vec<String>,
    pub options_end: Option<usize>,
    pub preview: Option<String>,
    #[serde(default)]
    pub effects: Vec<Effect>,
    #[serde(default)]
    pub run: Vec<Run>,
    #[serde(default)]
    pub code: Vec<Code>,
    #[serde(default)]
    pub yields: Vec<Yield>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub enum Paths {
    One(String),
    Many(Vec<String>),
}

/// Whether an option that the table does not know takes the next word.
#[derive(Deserialize, Default, Clone, Copy, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownOptions {
    #[default]
    Flag,
    Value,
}

/// What a subcommand is that the table does not know.
#[derive(Deserialize, Default, Clone, Copy, PartialEq, Debug)]
#[serde(rename_all = "kebab-case")]
pub enum Fallback {
    #[default]
    Opaque,
    Program,
    Read,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Effect {
    pub verb: Verb,
    #[serde(default = "program")]
    pub target: TargetKind,
    pub name: Option<String>,
    pub each: Option<usize>,
    #[serde(default)]
    pub scope: Scope,
    #[serde(default)]
    pub stateful: bool,
    #[serde(default)]
    pub stateful_if: Vec<String>,
    #[serde(default, rename = "if")]
    pub when: Vec<String>,
    #[serde(default)]
    pub unless: Vec<String>,
    pub opaque: Option<String>,
    pub note: Option<String>,
    /// Where a secret goes that is sent.
    pub to: Option<String>,
    #[serde(default)]
    pub carries: Carries,
}

/// What a value that is sent is for.
#[derive(Deserialize, Default, Clone, Copy, Debug)]
#[serde(rename_all = "kebab-case")]
pub enum Carries {
    #[default]
    Data,
    Request,
    Header,
    SignIn,
}

/// What a command prints that is secret.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Yield {
    pub what: What,
    #[serde(default, rename = "if")]
    pub when: Vec<String>,
    #[serde(default)]
    pub unless: Vec<String>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    Secrets,
    Credential,
    Data,
}

impl What {
    /// How the analysis calls it.
    pub fn much(self) -> &'static str {
        match self {
            Self::Secrets => "Whole",
            Self::Credential => "One",
            Self::Data => "Data",
        }
    }
}

fn program() -> TargetKind {
    TargetKind::Program
}

#[derive(Deserialize, Default, Clone, Copy, Debug)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    #[default]
    Whole,
    Files,
    Content,
    Filtered,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    #[serde(default, rename = "if")]
    pub when: Vec<String>,
    #[serde(default)]
    pub unless: Vec<String>,
    pub word: Option<usize>,
    #[serde(default)]
    pub dashes: bool,
    #[serde(default)]
    pub late_options: bool,
    pub text: Option<String>,
    #[serde(default)]
    pub assignments: bool,
    pub dir: Option<String>,
    pub elsewhere: Option<String>,
    #[serde(default)]
    pub shell: bool,
    #[serde(default)]
    pub prefix: Vec<String>,
    #[serde(default)]
    pub package: bool,
    pub separator: Option<String>,
    #[serde(default)]
    pub lines: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    #[serde(default, rename = "if")]
    pub when: Vec<String>,
    #[serde(default)]
    pub unless: Vec<String>,
    pub language: Language,
    pub text: Option<String>,
    pub file: Option<String>,
    pub module: Option<String>,
    #[serde(default)]
    pub stdin: bool,
    #[serde(default)]
    pub named: bool,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Debug)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    Shell,
    Python,
    #[serde(rename = "javascript")]
    JavaScript,
    Ruby,
    Perl,
    Sql,
    Php,
    Other,
}

/// A test of the file, run by the crate's unit tests. Only its shape is checked here.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read again by the unit test")]
pub struct Case {
    pub command: String,
    pub effects: Vec<String>,
    pub cwd: Option<String>,
    pub stdin: Option<String>,
    pub stdin_from: Option<String>,
    #[serde(default)]
    pub variables: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    pub files: std::collections::BTreeMap<String, String>,
    pub preview: Option<String>,
}
