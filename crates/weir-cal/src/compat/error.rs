//! An error of the first edition, in the words of the reference.

use std::fmt::Write as _;

/// A place, as JavaScript counts: in UTF-16 code units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// From the start of the source, from 0.
    pub offset: usize,
    /// From 1. Only a line feed ends a line.
    pub line: usize,
    /// From 1.
    pub column: usize,
}

/// A text is not a script of the first edition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// The sentence of the reference.
    pub message: String,
    /// The furthest place that was reached, in bytes.
    pub at: usize,
    /// The same place.
    pub start: Position,
    /// The character there; none at the end of the source. Of a character beyond the basic plane JavaScript sees
    /// half, which has no text: it is the replacement character here.
    pub found: Option<String>,
    /// What would have been right, in the notation of the reference's messages; sorted, each once.
    pub expected: Vec<&'static str>,
}

impl SyntaxError {
    pub(super) fn new(source: &str, at: usize, mut expected: Vec<&'static str>) -> Self {
        expected.sort_unstable();
        expected.dedup();
        let start = position(source, at);
        let character = source.get(at..).and_then(|rest| rest.chars().next());
        let half = |character: char| if character.len_utf16() == 1 { character } else { char::REPLACEMENT_CHARACTER };
        let found = character.map(|character| half(character).to_string());
        let shown =
            found.as_deref().map_or_else(|| "end of input".to_owned(), |found| format!("\"{}\"", escaped(found)));
        let message = format!("Expected {} but {shown} found.", listed(&expected));
        Self { message, at, start, found, expected }
    }

    /// One UTF-16 code unit further; the same place at the end of the source.
    #[must_use]
    pub fn end(&self) -> Position {
        let Position { offset, line, column } = self.start;
        match self.found.as_deref() {
            None => self.start,
            Some("\n") => Position { offset: offset + 1, line: line + 1, column: 1 },
            Some(_) => Position { offset: offset + 1, line, column: column + 1 },
        }
    }

    pub(super) fn too_deep(source: &str, at: usize) -> Self {
        let start = position(source, at);
        let message = format!("Statements are nested more than {} levels deep.", crate::limits::NESTING);
        Self { message, at, start, found: None, expected: Vec::new() }
    }

    pub(super) fn too_long(length: usize) -> Self {
        let start = Position { offset: 0, line: 1, column: 1 };
        let limit = crate::limits::SOURCE_BYTES >> 20;
        let message = format!("A script of {length} bytes is longer than {limit} MiB.");
        Self { message, at: 0, start, found: None, expected: Vec::new() }
    }
}

fn position(source: &str, at: usize) -> Position {
    let before = source.get(..at).unwrap_or(source);
    let line_start = before.rfind('\n').map_or(0, |index| index + 1);
    let units = |text: &str| text.chars().map(char::len_utf16).sum::<usize>();
    Position {
        offset: units(before),
        line: memchr::memchr_iter(b'\n', before.as_bytes()).count() + 1,
        column: units(before.get(line_start..).unwrap_or_default()) + 1,
    }
}

fn listed(expected: &[&str]) -> String {
    match expected {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [one, other] => format!("{one} or {other}"),
        [most @ .., last] => format!("{}, or {last}", most.join(", ")),
    }
}

/// As in a JavaScript text.
fn escaped(found: &str) -> String {
    let mut out = String::new();
    for character in found.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\0' => out.push_str("\\0"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\u{0}'..='\u{1F}' | '\u{7F}'..='\u{9F}' => {
                // Writing to a text cannot fail.
                let _ = write!(out, "\\x{:02X}", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out
}
