//! The terminals of the reference's grammar, and what was expected where reading got furthest.
//!
//! The reference is generated from a parsing expression grammar: alternatives are tried in order, the first that fits
//! is taken, and an error names everything that was tried at the furthest place that was reached.

use crate::{ast::Spanned, compat::error::SyntaxError, span::Span};

/// Nothing: an alternative does not fit, or the end is reached.
pub(super) type Read<T> = Option<T>;

/// A place in a source.
pub(super) struct Cursor<'s> {
    source: &'s str,
    at: usize,
    furthest: usize,
    expected: Vec<&'static str>,
}

impl<'s> Cursor<'s> {
    pub(super) fn new(source: &'s str) -> Self {
        Self { source, at: 0, furthest: 0, expected: Vec::new() }
    }

    /// The offset in bytes.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.source.as_bytes().get(self.at + ahead).copied()
    }

    fn fail<T>(&mut self, expected: &'static str) -> Read<T> {
        if self.at > self.furthest {
            self.furthest = self.at;
            self.expected.clear();
        }
        if self.at == self.furthest && !self.expected.contains(&expected) {
            self.expected.push(expected);
        }
        None
    }

    /// Goes back to a place.
    pub(super) fn go_back(&mut self, at: usize) {
        self.at = at;
    }

    /// The text of a range.
    pub(super) fn text_of(&self, span: Span) -> &'s str {
        span.text(self.source)
    }

    /// Tries one alternative; goes back where it does not fit.
    fn attempt<T>(&mut self, alternative: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        let start = self.at;
        let read = alternative(self);
        if read.is_none() {
            self.at = start;
        }
        read
    }

    pub(super) fn spanned<T>(&self, start: usize, value: T) -> Spanned<T> {
        Spanned { value, span: Span::new(start, self.at) }
    }

    /// White space and comments. Always fits; something more is always expected after it.
    pub(super) fn space(&mut self) {
        let bytes = self.source.as_bytes();
        loop {
            match (self.byte(0), self.byte(1)) {
                (Some(b' ' | b'\t' | b'\n' | b'\r'), _) => self.at += 1,
                (Some(b'-'), Some(b'-')) | (Some(b'/'), Some(b'/')) => {
                    let rest = bytes.get(self.at..).unwrap_or_default();
                    self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                }
                _ => break,
            }
        }
        self.fail::<()>("whitespace");
    }

    /// A word in any case. `described` is the word in upper or lower case with quotation marks.
    pub(super) fn word(&mut self, described: &'static str) -> Read<()> {
        let mut length = 0;
        for expected in described.bytes().filter(|byte| *byte != b'"') {
            let rest = self.source.as_bytes().get(self.at + length..).unwrap_or_default();
            length += match rest.first() {
                Some(byte) if byte.eq_ignore_ascii_case(&expected) => 1,
                // JavaScript's lower case of the Kelvin sign is `k`.
                Some(_) if expected.eq_ignore_ascii_case(&b'k') && rest.starts_with("\u{212A}".as_bytes()) => 3,
                _ => return self.fail(described),
            };
        }
        self.at += length;
        Some(())
    }

    /// A text exactly as it stands in the quotation marks of `described`.
    pub(super) fn literal(&mut self, described: &'static str) -> Read<()> {
        let text = described.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(described);
        if self.source.as_bytes().get(self.at..).is_some_and(|rest| rest.starts_with(text.as_bytes())) {
            self.at += text.len();
            Some(())
        } else {
            self.fail(described)
        }
    }

    /// A name.
    pub(super) fn name(&mut self) -> Read<Spanned<&'s str>> {
        let start = self.at;
        if !self.byte(0).is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_') {
            return self.fail("[a-zA-Z_]");
        }
        while self.byte(0).is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')) {
            self.at += 1;
        }
        self.fail::<()>(r"[a-zA-Z0-9_\-]");
        let name = self.source.get(start..self.at)?;
        Some(self.spanned(start, name))
    }

    /// Digits.
    pub(super) fn integer(&mut self) -> Read<Spanned<f64>> {
        let start = self.at;
        while self.byte(0).is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        self.fail::<()>("[0-9]");
        let digits = self.source.get(start..self.at).filter(|digits| !digits.is_empty())?;
        Some(self.spanned(start, digits.parse().ok()?))
    }

    /// Digits, and a point with digits.
    pub(super) fn number(&mut self) -> Read<Spanned<f64>> {
        let start = self.at;
        self.integer()?;
        self.attempt(|cursor| {
            cursor.literal("\".\"")?;
            cursor.integer()
        });
        let value = self.source.get(start..self.at)?.parse().ok()?;
        Some(self.spanned(start, value))
    }

    /// A text in quotation marks. There are no escapes.
    pub(super) fn text(&mut self) -> Read<Spanned<&'s str>> {
        let start = self.at;
        if self.byte(0) != Some(b'"') {
            return self.fail(QUOTE);
        }
        self.at += 1;
        let rest = self.source.as_bytes().get(self.at..).unwrap_or_default();
        let length = memchr::memchr(b'"', rest);
        let content = self.at;
        self.at += length.unwrap_or(rest.len());
        self.fail::<()>("[^\"]");
        if length.is_none() {
            return self.fail(QUOTE);
        }
        let text = self.source.get(content..self.at)?;
        self.at += 1;
        Some(self.spanned(start, text))
    }

    /// Nothing is left.
    pub(super) fn end(&mut self) -> Read<()> {
        if self.at == self.source.len() { Some(()) } else { self.fail("end of input") }
    }

    /// What is wrong, after reading has failed.
    pub(super) fn error(&mut self) -> SyntaxError {
        SyntaxError::new(self.source, self.furthest, std::mem::take(&mut self.expected))
    }
}

const QUOTE: &str = r#""\"""#;
