//! The default edition: text to tree.

mod condition;
mod kind;
mod lexer;
mod literal;
mod parser;
mod statement;
mod suggest;
#[cfg(test)]
mod tests;

use crate::{ast::Script, diagnostic::Diagnostic, edition::Edition, limits, span::Span};

pub use kind::SyntaxKind;
use parser::{Nothing, Parser};

/// What became of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed<'s> {
    /// What was understood. Whole only where no diagnostic is an error.
    pub script: Script<'s>,
    /// What was not, in the order of the source; at most [`limits::DIAGNOSTICS`].
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a script of the default edition. Goes on after an error, so that several are found in one run.
#[must_use]
pub fn parse(source: &str) -> Parsed<'_> {
    if let Some(error) = too_long(source) {
        return Parsed { script: Script { edition: Edition::Two, statements: Vec::new() }, diagnostics: vec![error] };
    }
    let mut parser = Parser::new(source, Nothing);
    let statements = parser.script();
    Parsed { script: Script { edition: Edition::Two, statements }, diagnostics: parser.diagnostics }
}

fn too_long(source: &str) -> Option<Diagnostic> {
    (source.len() > limits::SOURCE_BYTES).then(|| {
        let message = format!("a script of {} bytes is longer than {} MiB", source.len(), limits::SOURCE_BYTES >> 20);
        Diagnostic::error("source-too-long", Span::default(), message)
    })
}
