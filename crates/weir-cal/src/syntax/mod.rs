//! The default edition: text to tree.

mod condition;
mod differences;
mod dimensions;
#[cfg(test)]
mod editions_tests;
mod errors;
mod format;
mod kind;
mod lexer;
mod literal;
mod load;
mod meaning;
mod modernize;
mod parser;
#[cfg(test)]
mod properties_tests;
mod render;
mod statement;
mod suggest;
#[cfg(test)]
mod tests;
mod tree;

use crate::{ast::Script, diagnostic::Diagnostic, edition::Edition, limits, span::Span};

pub use kind::SyntaxKind;
pub(crate) use literal::name;
pub use load::{Loaded, load};
pub use modernize::modernize;
use parser::{Nothing, Parser};
pub use render::render;
pub use tree::{Cal, SyntaxNode, SyntaxToken};

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

/// Reads a script into the tree that has every byte of it, white space and comments included. A text beyond
/// [`limits::SOURCE_BYTES`] becomes one token; one beyond 4 GiB nothing.
#[must_use]
pub fn tree(source: &str) -> SyntaxNode {
    SyntaxNode::new_root(parse_tree(source).0)
}

fn parse_tree(source: &str) -> (rowan::GreenNode, Vec<Diagnostic>) {
    if let Some(error) = too_long(source) {
        let source = if u32::try_from(source.len()).is_ok() { source } else { "" };
        return (tree::Builder::new(source).finish_whole(), vec![error]);
    }
    let mut parser = Parser::new(source, tree::Builder::new(source));
    parser.script();
    (parser.sink.finish(), parser.diagnostics)
}

/// Writes a script in the one way in which every script is written: keywords in upper case, a clause on each line,
/// comments kept. Means the same; formatting it again changes nothing.
///
/// # Errors
///
/// What is wrong with the script, where something is: it is not touched then.
pub fn format(source: &str) -> Result<String, Vec<Diagnostic>> {
    let (green, diagnostics) = parse_tree(source);
    if diagnostics.is_empty() { Ok(format::layout(&SyntaxNode::new_root(green))) } else { Err(diagnostics) }
}

fn too_long(source: &str) -> Option<Diagnostic> {
    (source.len() > limits::SOURCE_BYTES).then(|| {
        let message = format!("a script of {} bytes is longer than {} MiB", source.len(), limits::SOURCE_BYTES >> 20);
        Diagnostic::error("source-too-long", Span::default(), message)
    })
}
