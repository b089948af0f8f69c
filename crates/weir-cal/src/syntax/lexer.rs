//! Text to tokens, one at a time.

use memchr::memchr2;

use super::kind::SyntaxKind;
use crate::span::Span;

/// A piece of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: SyntaxKind,
    pub(crate) span: Span,
}

/// A place in the source from which tokens are read. Cheap to clone, to look ahead.
#[derive(Debug, Clone)]
pub(crate) struct Lexer<'s> {
    source: &'s str,
    at: usize,
    /// A text that begins with `"` (first) or `'` (second) before this place and goes on on a second line has no end: it
    /// would meet the same end, or none, as the text for which this was found out. Keeps the search for ends linear.
    open_before: [usize; 2],
}

const BOM: char = '\u{feff}';

impl<'s> Lexer<'s> {
    pub(crate) fn new(source: &'s str) -> Self {
        Self { source, at: 0, open_before: [0; 2] }
    }

    /// Goes on from a place between two tokens.
    pub(crate) fn go_to(&mut self, at: usize) {
        self.at = at;
    }

    /// The byte at an offset from here, 0 past the end.
    fn byte(&self, offset: usize) -> u8 {
        self.source.as_bytes().get(self.at + offset).copied().unwrap_or(0)
    }

    fn char(&self) -> Option<char> {
        self.source.get(self.at..)?.chars().next()
    }

    fn rest(&self) -> &'s [u8] {
        self.source.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// The next run of white space or the next comment, if one is here.
    pub(crate) fn trivia(&mut self) -> Option<Token> {
        let start = self.at;
        while self.whitespace() {}
        if self.at > start {
            return Some(self.token(SyntaxKind::Whitespace, start));
        }
        if self.comment() { Some(self.token(SyntaxKind::Comment, start)) } else { None }
    }

    fn whitespace(&mut self) -> bool {
        match self.byte(0) {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => self.at += 1,
            0x80.. => match self.char() {
                Some(c) if c.is_whitespace() || c == BOM && self.at == 0 => self.at += c.len_utf8(),
                _ => return false,
            },
            _ => return false,
        }
        true
    }

    fn comment(&mut self) -> bool {
        let is_comment = match self.byte(0) {
            b'#' => true,
            b'-' => self.byte(1) == b'-',
            b'/' => self.byte(1) == b'/',
            _ => false,
        };
        if is_comment {
            self.at += memchr2(b'\n', b'\r', self.rest()).unwrap_or(self.rest().len());
        }
        is_comment
    }

    /// The next token; `End` for ever at the end.
    pub(crate) fn next(&mut self) -> Token {
        while self.whitespace() || self.comment() {}
        let start = self.at;
        let kind = match self.byte(0) {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => return self.word(),
            b'0'..=b'9' => return self.number(),
            b'-' if self.byte(1).is_ascii_digit() => return self.number(),
            quote @ (b'"' | b'\'') => return self.text(quote),
            b'`' => return self.quoted_name(),
            b'(' => SyntaxKind::LeftParen,
            b')' => SyntaxKind::RightParen,
            b',' => SyntaxKind::Comma,
            b'.' => SyntaxKind::Dot,
            b':' => SyntaxKind::Colon,
            b'/' => SyntaxKind::Slash,
            b'+' => SyntaxKind::Plus,
            b'-' if self.byte(1) == b'>' => return self.pair(SyntaxKind::Arrow),
            b'=' if self.byte(1) == b'=' => return self.pair(SyntaxKind::Equal),
            b'=' => SyntaxKind::Equal,
            b'!' if self.byte(1) == b'=' => return self.pair(SyntaxKind::NotEqual),
            b'<' if self.byte(1) == b'=' => return self.pair(SyntaxKind::LessOrEqual),
            b'<' if self.byte(1) == b'>' => return self.pair(SyntaxKind::NotEqual),
            b'<' => SyntaxKind::Less,
            b'>' if self.byte(1) == b'=' => return self.pair(SyntaxKind::GreaterOrEqual),
            b'>' => SyntaxKind::Greater,
            _ => return self.other(),
        };
        self.at += 1;
        self.token(kind, start)
    }

    fn token(&self, kind: SyntaxKind, start: usize) -> Token {
        Token { kind, span: Span::new(start, self.at) }
    }

    fn pair(&mut self, kind: SyntaxKind) -> Token {
        let start = self.at;
        self.at += 2;
        self.token(kind, start)
    }

    fn other(&mut self) -> Token {
        let start = self.at;
        let Some(c) = self.char() else { return self.token(SyntaxKind::End, start) };
        if c.is_alphabetic() {
            return self.word();
        }
        self.at += c.len_utf8();
        self.token(if c == '→' { SyntaxKind::Arrow } else { SyntaxKind::Unknown }, start)
    }

    fn word(&mut self) -> Token {
        let start = self.at;
        self.word_rest();
        let text = self.source.get(start..self.at).unwrap_or_default();
        self.token(SyntaxKind::of_word(text), start)
    }

    fn word_rest(&mut self) {
        loop {
            match self.byte(0) {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => self.at += 1,
                // A hyphen joins two parts of a name; `a--b` is a name and a comment, `D5->D6` has an arrow.
                b'-' if self.byte(1).is_ascii_alphanumeric() || self.byte(1) == b'_' => self.at += 2,
                0x80.. => match self.char() {
                    Some(c) if continues_word(c) => self.at += c.len_utf8(),
                    _ => return,
                },
                _ => return,
            }
        }
    }

    fn digits(&mut self) {
        while self.byte(0).is_ascii_digit() {
            self.at += 1;
        }
    }

    fn number(&mut self) -> Token {
        let start = self.at;
        self.at += usize::from(self.byte(0) == b'-');
        self.digits();
        if self.byte(0) == b'.' && self.byte(1).is_ascii_digit() {
            self.at += 1;
            self.digits();
        }
        if self.byte(0) | 0x20 == b'e' {
            let sign = usize::from(matches!(self.byte(1), b'+' | b'-'));
            if self.byte(1 + sign).is_ascii_digit() {
                self.at += 1 + sign;
                self.digits();
            }
        }
        let number = self.at;
        if self.byte(0).is_ascii_alphabetic()
            || self.byte(0) == b'_'
            || self.byte(0) >= 0x80 && self.char().is_some_and(char::is_alphabetic)
        {
            self.word_rest();
        }
        self.token(if self.at > number { SyntaxKind::Measure } else { SyntaxKind::Number }, start)
    }

    fn text(&mut self, quote: u8) -> Token {
        let start = self.at;
        let slot = usize::from(quote == b'\'');
        let mut lines = false;
        self.at += 1;
        while self.at < self.source.len() {
            match self.byte(0) {
                b'\\' if !matches!(self.byte(1), b'\n' | b'\r') => {
                    self.at += 1 + self.source.get(self.at + 1..).map_or(0, first_len)
                }
                b'\n' | b'\r' => {
                    if self.open_before.get(slot).is_some_and(|end| self.at < *end) {
                        return self.unclosed(SyntaxKind::UnclosedText, start);
                    }
                    lines = true;
                    self.at += 1;
                }
                byte if byte == quote => {
                    self.at += 1;
                    // A text over several lines whose end touches a word is two texts, the first without an end.
                    if lines && (self.byte(0).is_ascii_alphanumeric() || self.byte(0) == b'_') {
                        self.remember_open(slot, self.at);
                        return self.unclosed(SyntaxKind::UnclosedText, start);
                    }
                    return self.token(SyntaxKind::Text, start);
                }
                _ => self.at += 1,
            }
        }
        self.remember_open(slot, usize::MAX);
        self.unclosed(SyntaxKind::UnclosedText, start)
    }

    fn remember_open(&mut self, slot: usize, end: usize) {
        if let Some(before) = self.open_before.get_mut(slot) {
            *before = end;
        }
    }

    fn quoted_name(&mut self) -> Token {
        let start = self.at;
        self.at += 1;
        loop {
            match self.byte(0) {
                b'`' => {
                    self.at += 1;
                    return self.token(SyntaxKind::QuotedName, start);
                }
                b'\n' | b'\r' => return self.token(SyntaxKind::UnclosedName, start),
                _ if self.at >= self.source.len() => return self.token(SyntaxKind::UnclosedName, start),
                _ => self.at += 1,
            }
        }
    }

    /// Ends a token at the end of the line on which it starts.
    fn unclosed(&mut self, kind: SyntaxKind, start: usize) -> Token {
        self.at = start;
        self.at += memchr2(b'\n', b'\r', self.rest()).unwrap_or(self.rest().len());
        self.token(kind, start)
    }
}

fn first_len(text: &str) -> usize {
    text.chars().next().map_or(0, char::len_utf8)
}

/// Letters, digits, and the marks and joiners that some scripts write within a word.
fn continues_word(c: char) -> bool {
    c.is_alphanumeric()
        || matches!(c, '\u{300}'..='\u{36f}' | '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
        // The signs of the Indic scripts that end a consonant.
        || matches!(c, '\u{94d}' | '\u{9cd}' | '\u{a4d}' | '\u{acd}' | '\u{b4d}' | '\u{bcd}' | '\u{c4d}' | '\u{ccd}' | '\u{d4d}')
}
