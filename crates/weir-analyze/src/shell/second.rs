//! The second opinion: an error-tolerant parser that finds commands in text that the first one does not understand.

use std::ops::ControlFlow;

use tree_sitter::{ParseOptions, ParseState, Parser};

use super::ir::At;
use super::limits::{MAX_COMMANDS, MAX_SECOND};
use super::mask;

/// How often the parser may report progress before it is stopped; it reports every hundred operations or so.
const MAX_REPORTS: usize = 5_000;

/// The places of the outermost simple commands, in order. Empty where the text is too long or too broken.
pub(super) fn commands(text: &str) -> Vec<At> {
    if text.len() > MAX_SECOND {
        return Vec::new();
    }
    let mut parser = Parser::new();
    if parser.set_language(&tree_sitter_bash::LANGUAGE.into()).is_err() {
        return Vec::new();
    }
    let mut reports = 0usize;
    let mut progress = |_: &ParseState| {
        reports += 1;
        if reports > MAX_REPORTS { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let text = mask::in_ascii(text);
    let bytes = text.as_bytes();
    let tree = parser.parse_with_options(
        &mut |at, _| bytes.get(at..).unwrap_or_default(),
        None,
        Some(ParseOptions::new().progress_callback(&mut progress)),
    );
    let Some(tree) = tree else {
        return Vec::new();
    };
    let mut found: Vec<At> = Vec::new();
    let mut cursor = tree.walk();
    // Depth first by the cursor: no recursion on hostile depth.
    loop {
        let node = cursor.node();
        let command = matches!(
            node.kind(),
            "command"
                | "redirected_statement"
                | "declaration_command"
                | "unset_command"
                | "test_command"
                | "variable_assignment"
        );
        if command && found.len() < MAX_COMMANDS {
            found.push(node.start_byte()..node.end_byte());
        }
        if !command && cursor.goto_first_child() {
            continue;
        }
        loop {
            if cursor.goto_next_sibling() {
                break;
            }
            if !cursor.goto_parent() {
                return found;
            }
        }
    }
}
