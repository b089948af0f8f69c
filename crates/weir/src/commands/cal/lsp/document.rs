//! The text of an open file, with the protocol's places: lines, and columns in UTF-16.

use lsp_types::{Position, Range, TextDocumentContentChangeEvent};
use weir_cal::span::Span;

/// An open file.
#[derive(Debug, Clone, Default)]
pub(super) struct Document {
    pub(super) text: String,
    pub(super) version: i32,
    /// Where each line starts.
    lines: Vec<usize>,
}

impl Document {
    pub(super) fn new(text: String, version: i32) -> Self {
        let mut document = Self { text, version, lines: Vec::new() };
        document.index();
        document
    }

    fn index(&mut self) {
        let bytes = self.text.as_bytes();
        self.lines.clear();
        self.lines.push(0);
        for (at, byte) in bytes.iter().enumerate() {
            // LF, CR LF and CR alone all end a line.
            if *byte == b'\n' || *byte == b'\r' && bytes.get(at + 1) != Some(&b'\n') {
                self.lines.push(at + 1);
            }
        }
    }

    /// Takes over what the client changed, in its order.
    pub(super) fn change(&mut self, changes: Vec<TextDocumentContentChangeEvent>, version: i32) {
        for change in changes {
            match change.range {
                None => self.text = change.text,
                Some(range) => {
                    let start = self.offset(range.start);
                    let end = self.offset(range.end).max(start);
                    self.text.replace_range(start..end, &change.text);
                }
            }
            self.index();
        }
        self.version = version;
    }

    /// The byte of a place; what lies beyond a line or the text is moved to its end.
    pub(super) fn offset(&self, position: Position) -> usize {
        let line = position.line as usize;
        let Some(start) = self.lines.get(line).copied() else { return self.text.len() };
        let end = self.lines.get(line + 1).copied().unwrap_or(self.text.len());
        let content = self.text.get(start..end).unwrap_or_default();
        let content = content.strip_suffix('\n').unwrap_or(content);
        let content = content.strip_suffix('\r').unwrap_or(content);
        let mut units = 0;
        for (at, c) in content.char_indices() {
            // Within a pair of surrogates: the character that they are.
            if units + c.len_utf16() > position.character as usize {
                return start + at;
            }
            units += c.len_utf16();
        }
        start + content.len()
    }

    /// The place of a byte.
    pub(super) fn position(&self, offset: usize) -> Position {
        let offset = self.text.floor_char_boundary(offset.min(self.text.len()));
        let line = self.lines.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.lines.get(line).copied().unwrap_or(0);
        let units = self.text.get(start..offset).unwrap_or_default().encode_utf16().count();
        let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Position { line: narrow(line), character: narrow(units) }
    }

    pub(super) fn range(&self, span: Span) -> Range {
        Range { start: self.position(span.start as usize), end: self.position(span.end as usize) }
    }

    /// All of it.
    pub(super) fn whole(&self) -> Range {
        Range { start: Position::default(), end: self.position(self.text.len()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u32, character: u32) -> Position {
        Position { line, character }
    }

    #[test]
    fn columns_are_counted_in_utf_16() {
        let document = Document::new("a😀é\r\nb\rc\n".to_owned(), 1);
        let cases =
            [(0, 0, 0), (0, 1, 1), (0, 3, 5), (0, 4, 7), (1, 0, 9), (1, 1, 10), (2, 0, 11), (2, 1, 12), (3, 0, 13)];
        for (line, character, offset) in cases {
            assert_eq!(document.offset(at(line, character)), offset, "{line}:{character}");
            assert_eq!(document.position(offset), at(line, character), "{offset}");
        }
        // Between the surrogates, past the end of a line, past the end of the text.
        assert_eq!(document.offset(at(0, 2)), 1);
        assert_eq!(document.offset(at(0, 99)), 7);
        assert_eq!(document.offset(at(99, 0)), 13);
        // Inside a character, past the end.
        assert_eq!(document.position(3), at(0, 1));
        assert_eq!(document.position(99), at(3, 0));
    }

    #[test]
    fn changes_are_taken_over_in_their_order() {
        let mut document = Document::new("FORAGE é\nDEPTH 3".to_owned(), 1);
        let change =
            |range, text: &str| TextDocumentContentChangeEvent { range, range_length: None, text: text.into() };
        let range = |start, end| Some(Range { start, end });
        document.change(
            vec![
                change(range(at(0, 7), at(0, 8)), "😀"),
                change(range(at(0, 9), at(1, 5)), "\nWHERE"),
                change(range(at(9, 9), at(2, 0)), "!"),
            ],
            2,
        );
        assert_eq!((document.text.as_str(), document.version), ("FORAGE 😀\nWHERE 3!", 2));
        document.change(vec![change(None, "new")], 3);
        assert_eq!(document.text, "new");
        assert_eq!(document.whole(), Range { start: at(0, 0), end: at(0, 3) });
    }
}
