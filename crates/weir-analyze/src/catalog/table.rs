//! The shape of the compiled catalog. The build script writes the tables themselves from `catalog/*.toml`.

use weir_model::{Provider, TargetKind, Verb};

use super::operations::{Kind, Operation, Operations};
use crate::call::{Language, Much};
use crate::secrets::Carries;

/// One program.
pub(super) struct Tool {
    pub names: &'static [&'static str],
    /// The file of the catalog, without its ending.
    pub family: &'static str,
    /// Long options begin with one dash, as with Go's flag package.
    pub single_dash: bool,
    /// A unique beginning of a long option is enough.
    pub abbreviations: bool,
    /// The words of commands are read without regard to case.
    pub ignore_case: bool,
    /// An option that is not in the table takes the next word.
    pub unknown_takes_value: bool,
    /// Words before a command that mean nothing (`gcloud beta`).
    pub skip: &'static [&'static str],
    pub default: Fallback,
    /// Whose configuration says where it acts.
    pub provider: Option<Provider>,
    /// What it does without a subcommand, and its options everywhere.
    pub root: Command,
    pub commands: Node,
    /// Commands that may stand below any number of other words.
    pub deep: Option<Node>,
    /// Commands of two words that come from data; they go before `deep` and after `commands`.
    pub operations: Option<&'static Operations>,
}

impl Tool {
    /// Nothing is known of it but that it does no harm.
    pub(super) fn is_taken_on_trust(&self) -> bool {
        self.default != Fallback::Opaque
            && self.commands.children.is_empty()
            && self.commands.patterns.is_empty()
            && self.deep.is_none()
            && self.root.effects.is_empty()
            && self.root.run.is_empty()
            && self.root.code.is_empty()
    }
}

/// What is said of a command that is not in the table.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fallback {
    Opaque,
    Program,
    Read,
}

/// A word of a command's path, with what may follow.
pub(super) struct Node {
    pub word: &'static str,
    pub command: Option<&'static Command>,
    /// Sorted by word.
    pub children: &'static [Node],
    /// Here `word` is a beginning, or an end after `*`; longest first.
    pub patterns: &'static [Node],
}

pub(super) struct Command {
    pub options: &'static [Opt],
    pub harmless: When,
    pub env: &'static [&'static [Sel]],
    /// Options after which everything is words.
    pub ends: &'static [&'static str],
    /// From this word on everything is words; 0: never.
    pub options_end: usize,
    pub preview: Template,
    pub effects: &'static [Rule],
    pub run: &'static [Run],
    pub code: &'static [Code],
    pub yields: &'static [Yield],
}

/// What it prints that is secret.
pub(super) struct Yield {
    pub when: When,
    pub unless: When,
    pub much: Much,
}

pub(super) struct Opt {
    /// The first is the one that the rest of the table uses.
    pub names: &'static [&'static str],
    pub takes: Takes,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Nothing,
    Value,
    /// Only in the same argument.
    Inline,
}

/// Any of these lines holds; a line holds where all its conditions do.
pub(super) type When = &'static [&'static [Test]];

pub(super) struct Test {
    pub negated: bool,
    pub subject: Sel,
    pub is: Is,
}

pub(super) enum Is {
    /// Given, and not `false`.
    Set,
    /// One of these; `*` stands for any text at either end.
    Value(&'static [&'static str]),
    /// As `Value`, of the part before `/` or `.`, for each of a list with commas (`ns/x`, `pods,pvc`).
    Kind(&'static [&'static str]),
    /// One of these is an identifier in it.
    Token(&'static [&'static str]),
}

/// Where a text comes from.
pub(super) enum Sel {
    Option(&'static str),
    /// Counted from 1.
    Word(usize),
    /// This word and all after it.
    From(usize),
    /// The word that `each` is at.
    It,
    /// The program and the words of the command.
    Path,
    /// The same without the last word.
    Group,
    /// All arguments as written.
    Args,
    /// The tool's own options as given.
    Own,
    /// The value of the first option that is not one of the tool's own.
    First,
    Variable(&'static str),
    /// The rest of the first line that begins with `key` in a file; the first line where it is empty.
    File {
        path: &'static str,
        key: &'static str,
    },
    /// There is something on the standard input.
    Stdin,
}

pub(super) type Template = &'static [Part];

pub(super) enum Part {
    Text(&'static str),
    /// The first that is there.
    Value(&'static [Sel]),
}

pub(super) struct Rule {
    pub verb: Verb,
    pub kind: TargetKind,
    pub name: Template,
    /// One effect for every word from this one on.
    pub each: Option<usize>,
    pub scope: Extent,
    pub stateful: bool,
    pub stateful_if: When,
    pub when: When,
    pub unless: When,
    pub opaque: Option<&'static str>,
    pub note: Option<&'static str>,
    /// Where a secret goes that is sent.
    pub to: &'static [Sel],
    pub carries: Carries,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    Whole,
    Files,
    Content,
    /// Some of it, as the words of the command say.
    Filtered,
}

/// How a wrapper runs another command.
pub(super) struct Run {
    pub when: When,
    pub unless: When,
    /// The first word of the command.
    pub word: usize,
    /// It is what stands after `--`, where there is one.
    pub dashes: bool,
    /// Instead of words: shell text.
    pub text: &'static [Sel],
    /// `NAME=value` may stand before it.
    pub assignments: bool,
    pub dir: &'static [Sel],
    /// The place, where it is not this machine.
    pub elsewhere: Template,
    /// The words are joined and given to a shell.
    pub shell: bool,
    pub prefix: &'static [&'static str],
    /// The program is named as a package, maybe with a version.
    pub package: bool,
    /// The words after this one are arguments, each for a run of its own.
    pub separator: Option<&'static str>,
    /// Each line of the standard input is a command of the tool itself.
    pub lines: bool,
}

/// How an interpreter gets its program.
pub(super) struct Code {
    pub when: When,
    pub unless: When,
    pub language: Language,
    pub text: &'static [Sel],
    pub file: &'static [Sel],
    pub module: &'static [Sel],
    pub stdin: bool,
    /// The word after the text is its own name.
    pub named: bool,
}

include!(concat!(env!("OUT_DIR"), "/catalog.rs"));
