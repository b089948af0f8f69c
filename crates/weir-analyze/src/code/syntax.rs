//! Parses a text with a grammar, inside limits, and says how much of it was understood.

use std::ops::ControlFlow;

use tree_sitter::{Language, Node, ParseOptions, ParseState, Parser, Tree};

/// Bytes of a text that is read.
const MOST_BYTES: usize = 1024 * 1024;
/// Tokens of a text that is read: parsing takes time for each of them, and none for the bytes of a long string.
pub(super) const MOST_TOKENS: usize = 30_000;
/// How often the parser may report progress before it is stopped, beside what the tokens of the text allow. It reports
/// after a hundred of its steps.
const MOST_REPORTS: usize = 1_000;
/// Brackets that a text may leave open: parsers are slow with these, and what is in them lies too deep to be followed.
const MOST_OPEN: usize = 1_000;
/// Nodes of a text.
const MOST_NODES: usize = 200_000;
/// Nodes in nodes.
const MOST_DEPTH: usize = 120;

/// Whether a text is longer than is read: it may have `most` tokens.
pub(super) fn too_long(text: &str, most: usize) -> bool {
    text.len() > MOST_BYTES || text.len() > most && tokens(text) > most || leaves_open(text)
}

fn leaves_open(text: &str) -> bool {
    let mut open = 0usize;
    text.len() > MOST_OPEN
        && text.bytes().any(|byte| {
            match byte {
                b'(' | b'[' | b'{' => open += 1,
                b')' | b']' | b'}' => open = open.saturating_sub(1),
                _ => {}
            }
            open > MOST_OPEN
        })
}

/// About how many tokens a text has: names, numbers and signs. Words in strings and comments count too.
fn tokens(text: &str) -> usize {
    let mut count = 0;
    let mut in_name = false;
    for byte in text.bytes() {
        let is_name = byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii();
        count += usize::from(if is_name { !in_name } else { byte.is_ascii_punctuation() });
        in_name = is_name;
    }
    count
}

/// The tree of a text; `None` where it took too long. `times` is how often the text may be parsed.
pub(super) fn parse(language: &Language, text: &str, times: usize) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(language).ok()?;
    let most = (MOST_REPORTS + tokens(text) / 8) / times;
    let mut reports = 0usize;
    let mut progress = |_: &ParseState| {
        reports += 1;
        if reports > most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let bytes = text.as_bytes();
    parser.parse_with_options(
        &mut |at, _| bytes.get(at..).unwrap_or_default(),
        None,
        Some(ParseOptions::new().progress_callback(&mut progress)),
    )
}

/// Whether most of the text is not understood.
pub(super) fn mostly_errors(root: Node<'_>) -> bool {
    if !root.has_error() {
        return false;
    }
    let all = root.end_byte() - root.start_byte();
    root.is_error() || broken(root) * 2 > all
}

/// Bytes at the top of a tree that are not understood.
pub(super) fn broken(root: Node<'_>) -> usize {
    let mut broken = 0;
    let mut cursor = root.walk();
    let mut children = 0usize;
    for child in root.children(&mut cursor) {
        children += 1;
        if child.is_error() {
            broken += child.end_byte() - child.start_byte();
        }
        if children > MOST_NODES {
            break;
        }
    }
    broken
}

/// What lowering has left of its limits.
pub(super) struct Budget {
    nodes: usize,
    depth: usize,
    /// Why something was left out.
    pub(super) missing: Option<&'static str>,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self { nodes: 0, depth: 0, missing: None }
    }

    /// Goes one node down; false where it must not.
    pub(super) fn enter(&mut self) -> bool {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            self.missing = Some("the program is longer than is read");
            return false;
        }
        if self.depth >= MOST_DEPTH {
            self.missing = Some("the program is nested deeper than is followed");
            return false;
        }
        self.depth += 1;
        true
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }
}

/// The named children of a node, comments left out.
pub(super) fn children<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| !child.is_extra()).collect()
}

/// The text of an escape sequence (`\n`, `\x41`, `\u{1F600}`).
pub(super) fn escape(sequence: &str) -> String {
    let Some(rest) = sequence.strip_prefix('\\') else { return sequence.to_owned() };
    let Some(first) = rest.chars().next() else { return String::new() };
    let tail = rest.get(first.len_utf8()..).unwrap_or_default();
    let code = |digits: &str, radix: u32| {
        u32::from_str_radix(digits, radix).ok().and_then(char::from_u32).map(String::from).unwrap_or_default()
    };
    match first {
        'n' => "\n".to_owned(),
        't' => "\t".to_owned(),
        'r' => "\r".to_owned(),
        'a' => "\u{7}".to_owned(),
        'b' => "\u{8}".to_owned(),
        'f' => "\u{c}".to_owned(),
        'v' => "\u{b}".to_owned(),
        'e' => "\u{1b}".to_owned(),
        '\n' => String::new(),
        'x' | 'u' | 'U' => code(tail.trim_matches(['{', '}']), 16),
        '0'..='7' => code(rest, 8),
        other => other.to_string(),
    }
}

/// A whole number as Python and JavaScript write it; what is none is very large.
pub(super) fn number(text: &str) -> i64 {
    let text = text.replace('_', "").to_lowercase();
    let parsed = match text.get(..2) {
        Some("0o") => i64::from_str_radix(text.get(2..).unwrap_or_default(), 8),
        Some("0x") => i64::from_str_radix(text.get(2..).unwrap_or_default(), 16),
        Some("0b") => i64::from_str_radix(text.get(2..).unwrap_or_default(), 2),
        // A `BigInt` of JavaScript.
        _ => text.trim_end_matches('n').parse(),
    };
    parsed.unwrap_or(i64::MAX)
}
