//! Reads one JSON text strictly, and builds only what is wanted of it.
//!
//! A million entities must be read in a second or two, and a script asks for a few of their fields. So values that
//! nobody asked for are checked and skipped where they stand.

use std::borrow::Cow;

use serde_json::{Map, Number};

use crate::{source::table, value::Value};

/// The deepest nesting of an entity.
const NESTING: u32 = 128;

/// What is wrong with a text, and where in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// In bytes.
    pub(crate) at: usize,
    pub(crate) message: &'static str,
}

/// A place in a text.
#[derive(Debug)]
pub(crate) struct Cursor<'t> {
    text: &'t str,
    at: usize,
    depth: u32,
}

impl<'t> Cursor<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn fault<T>(&self, message: &'static str) -> Result<T, Fault> {
        Err(Fault { at: self.at, message })
    }

    fn slice(&self, from: usize, to: usize) -> &'t str {
        self.text.get(from..to).unwrap_or_default()
    }

    /// The first byte of the next value.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = self.byte()?;
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    /// Goes into the object or the list whose first byte was seen.
    pub(crate) fn enter(&mut self) -> Result<(), Fault> {
        if self.depth == NESTING {
            return self.fault("more than 128 levels of nesting");
        }
        self.depth += 1;
        self.at += 1;
        Ok(())
    }

    /// Goes out of an object or a list, or to its next member. `false` at the end.
    fn member(&mut self, first: &mut bool, end: u8, expected: &'static str) -> Result<bool, Fault> {
        match self.peek() {
            Some(byte) if byte == end => {
                self.at += 1;
                self.depth -= 1;
                return Ok(false);
            }
            Some(b',') if !*first => {
                self.at += 1;
                if self.peek() == Some(end) {
                    return self.fault("a comma before the end");
                }
            }
            _ if *first => {}
            _ => return self.fault(expected),
        }
        *first = false;
        Ok(true)
    }

    /// The next key of the object that was entered; the cursor then stands before its value.
    pub(crate) fn key(&mut self, first: &mut bool) -> Result<Option<Cow<'t, str>>, Fault> {
        if !self.member(first, b'}', "expected `,` or `}`")? {
            return Ok(None);
        }
        if self.peek() != Some(b'"') {
            return self.fault("expected a key in double quotes");
        }
        let key = self.text()?;
        if self.peek() != Some(b':') {
            return self.fault("expected `:`");
        }
        self.at += 1;
        Ok(Some(key))
    }

    /// Whether the list that was entered has another member.
    pub(crate) fn item(&mut self, first: &mut bool) -> Result<bool, Fault> {
        self.member(first, b']', "expected `,` or `]`")
    }

    /// Nothing may follow.
    pub(crate) fn end(&mut self) -> Result<(), Fault> {
        if self.peek().is_some() { self.fault("more text after the end of the entity") } else { Ok(()) }
    }

    /// Passes over a value.
    pub(crate) fn skip(&mut self) -> Result<(), Fault> {
        match self.peek() {
            Some(b'"') => self.string().map(drop),
            Some(b'{') => {
                self.enter()?;
                let mut first = true;
                while self.member(&mut first, b'}', "expected `,` or `}`")? {
                    if self.peek() != Some(b'"') {
                        return self.fault("expected a key in double quotes");
                    }
                    self.string()?;
                    if self.peek() != Some(b':') {
                        return self.fault("expected `:`");
                    }
                    self.at += 1;
                    self.skip()?;
                }
                Ok(())
            }
            Some(b'[') => {
                self.enter()?;
                let mut first = true;
                while self.item(&mut first)? {
                    self.skip()?;
                }
                Ok(())
            }
            Some(b'-' | b'0'..=b'9') => self.digits().map(drop),
            _ => self.word().map(drop),
        }
    }

    /// A value that is no object and no list.
    pub(crate) fn scalar(&mut self) -> Result<Value, Fault> {
        match self.peek() {
            Some(b'"') => Ok(Value::Text(match self.text()? {
                Cow::Borrowed(text) => text.into(),
                Cow::Owned(text) => text.into(),
            })),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.word(),
        }
    }

    /// Any value as a tree.
    pub(crate) fn tree(&mut self) -> Result<serde_json::Value, Fault> {
        let mut first = true;
        match self.peek() {
            Some(b'{') => {
                self.enter()?;
                let mut members = Map::new();
                while let Some(key) = self.key(&mut first)? {
                    let value = self.tree()?;
                    members.insert(key.into_owned(), value);
                }
                Ok(serde_json::Value::Object(members))
            }
            Some(b'[') => {
                self.enter()?;
                let mut items = Vec::new();
                while self.item(&mut first)? {
                    items.push(self.tree()?);
                }
                Ok(serde_json::Value::Array(items))
            }
            Some(b'-' | b'0'..=b'9') => {
                let from = self.at;
                let number = self.number()?;
                // Whole numbers above the largest of 64 bits with a sign stay whole in a tree.
                let unsigned = || self.slice(from, self.at).parse::<u64>().ok().map(Number::from);
                Ok(match number {
                    Value::Integer(whole) => whole.into(),
                    other => unsigned()
                        .or_else(|| Number::from_f64(other.as_number()?))
                        .map_or(serde_json::Value::Null, Into::into),
                })
            }
            Some(b'"') => Ok(self.text()?.into_owned().into()),
            _ => Ok(match self.word()? {
                Value::Bool(value) => value.into(),
                _ => serde_json::Value::Null,
            }),
        }
    }

    fn number(&mut self) -> Result<Value, Fault> {
        let from = self.at;
        let text = self.digits()?;
        table::number(text).ok_or(Fault { at: from, message: "a number that is too large" })
    }

    /// `true`, `false` and `null`.
    fn word(&mut self) -> Result<Value, Fault> {
        let words = [("true", Value::Bool(true)), ("false", Value::Bool(false)), ("null", Value::Missing)];
        for (word, value) in words {
            if self.text.as_bytes().get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes())) {
                self.at += word.len();
                return Ok(value);
            }
        }
        match self.byte() {
            None => self.fault("the text ends too early"),
            Some(b'N' | b'I') => self.fault("not a value of JSON; it has no NaN and no Infinity"),
            Some(_) => self.fault("expected a value"),
        }
    }

    fn run_of_digits(&mut self) -> Result<(), Fault> {
        let from = self.at;
        while matches!(self.byte(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == from { self.fault("expected a digit") } else { Ok(()) }
    }

    /// The text of a number.
    fn digits(&mut self) -> Result<&'t str, Fault> {
        let from = self.at;
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        let zero = self.byte() == Some(b'0');
        let whole = self.at;
        self.run_of_digits()?;
        if zero && self.at - whole > 1 {
            return Err(Fault { at: whole, message: "a number that starts with 0" });
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.run_of_digits()?;
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.byte(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.run_of_digits()?;
        }
        Ok(self.slice(from, self.at))
    }

    /// Passes over a string. Gives what stands between the quotes, and whether there are escapes in it.
    fn string(&mut self) -> Result<(&'t str, bool), Fault> {
        self.at += 1;
        let from = self.at;
        let mut escaped = false;
        loop {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            let Some(length) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)) else {
                return Err(Fault { at: from.saturating_sub(1), message: "a text without its closing quote" });
            };
            self.at += length;
            match self.byte() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok((self.slice(from, self.at - 1), escaped));
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return self.fault("a control character inside a text"),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Fault> {
        match self.text.as_bytes().get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') if hex(self.text, self.at + 2).is_some() => self.at += 6,
            _ => return self.fault("an unknown escape"),
        }
        Ok(())
    }

    /// A string with its escapes resolved.
    fn text(&mut self) -> Result<Cow<'t, str>, Fault> {
        let start = self.at;
        let (raw, escaped) = self.string()?;
        if !escaped {
            return Ok(Cow::Borrowed(raw));
        }
        match unescape(raw) {
            Some(text) => Ok(Cow::Owned(text)),
            None => Err(Fault { at: start, message: "half of a surrogate pair inside a text" }),
        }
    }
}

fn hex(text: &str, at: usize) -> Option<u32> {
    let digits = text.get(at..at + 4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u32::from_str_radix(digits, 16).ok()
}

/// Resolves escapes that were checked. `None` for half of a surrogate pair.
fn unescape(raw: &str) -> Option<String> {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        text.push_str(rest.get(..at)?);
        let mut length = 2;
        text.push(match rest.as_bytes().get(at + 1)? {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = hex(rest, at + 2)?;
                length = 6;
                let code = match unit {
                    0xD800..=0xDBFF => {
                        let low = rest.get(at + 6..at + 8).filter(|next| *next == "\\u").and(hex(rest, at + 8))?;
                        length = 12;
                        0x1_0000 + ((unit - 0xD800) << 10) + low.checked_sub(0xDC00).filter(|low| *low < 0x400)?
                    }
                    unit => unit,
                };
                char::from_u32(code)?
            }
            other => char::from(*other),
        });
        rest = rest.get(at + length..)?;
    }
    text.push_str(rest);
    Some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<serde_json::Value, Fault> {
        let mut cursor = Cursor::new(text);
        let tree = cursor.tree()?;
        cursor.end()?;
        Ok(tree)
    }

    fn skips(text: &str) -> Result<(), Fault> {
        let mut cursor = Cursor::new(text);
        cursor.skip()?;
        cursor.end()
    }

    #[test]
    fn faults_have_a_place() {
        let cases = [
            (r#"{"a":1,}"#, 7, "a comma before the end"),
            (r#"{"a" 1}"#, 5, "expected `:`"),
            (r#"{"a":01}"#, 5, "a number that starts with 0"),
            (r#"{"a":NaN}"#, 5, "not a value of JSON; it has no NaN and no Infinity"),
            (r#"{"a":-Infinity}"#, 6, "expected a digit"),
            (r#"{"a":"x}"#, 5, "a text without its closing quote"),
            ("{\"a\":\"x\ty\"}", 7, "a control character inside a text"),
            (r#"{"a":"\x"}"#, 6, "an unknown escape"),
            (r#"{a:1}"#, 1, "expected a key in double quotes"),
            (r#"{"a":1 "b":2}"#, 7, "expected `,` or `}`"),
            (r#"{"a":1} x"#, 8, "more text after the end of the entity"),
            (r#"{"a":"#, 5, "the text ends too early"),
        ];
        for (text, at, message) in cases {
            assert_eq!(skips(text), Err(Fault { at, message }), "{text}");
            assert_eq!(read(text).map(drop), Err(Fault { at, message }), "{text}");
        }
        assert_eq!(read(r#"{"a":1e999}"#), Err(Fault { at: 5, message: "a number that is too large" }));
        assert_eq!(read(r#""\ud800""#), Err(Fault { at: 0, message: "half of a surrogate pair inside a text" }));
        let deep = "[".repeat(100_000);
        assert_eq!(skips(&deep), Err(Fault { at: 128, message: "more than 128 levels of nesting" }));
        assert_eq!(read(&deep).map(drop), skips(&deep));
    }

    #[test]
    fn escapes_are_resolved() {
        let text = r#""\"\\\/\b\f\n\r\tA\u00e9\ud83d\ude00é""#;
        assert_eq!(read(text).unwrap(), "\"\\/\u{8}\u{c}\n\r\tAé😀é");
    }

    proptest! {
        /// What serde_json reads is read alike; what it refuses is refused.
        #[test]
        fn reads_as_serde_json_does(text in r#"[\[\]{},:"\\ua0-9eE+.\- tn]{0,12}|\{"[a-c]":(-?[0-9]{1,20}(\.[0-9]{1,18})?|"[a-z\\"]{0,3}"|true|null|\[[0-9,]{0,4}\])\}"#) {
            match serde_json::from_str::<serde_json::Value>(&text) {
                Ok(expected) => {
                    let found = read(&text);
                    prop_assert!(found.is_ok(), "{found:?}");
                    // serde_json rounds long numbers to a neighbor; whole ones of 64 bits are exact in both.
                    let long = text.split(|byte: char| !byte.is_ascii_digit()).any(|digits| digits.len() > 18);
                    if !long && !text.contains(['.', 'e', 'E']) {
                        prop_assert_eq!(found.unwrap().to_string().replace("-0.0", "0"), expected.to_string().replace("-0.0", "0"));
                    }
                    prop_assert_eq!(skips(&text), Ok(()));
                }
                Err(_) => prop_assert!(read(&text).is_err()),
            }
        }
    }
}
