//! Numbers, lengths of time and texts, as they are written.

use std::{borrow::Cow, cmp::Ordering};

use super::SyntaxKind;
use crate::{
    ast::Unit,
    value::{Value, compare_numbers},
};

/// The units of a length of time, for a message.
pub(crate) const UNITS: &str = "s, m, h, d, w, mo, q and y";

/// The value of a number as the lexer finds it.
pub(crate) fn number(text: &str) -> f64 {
    // The numbers of a script are mostly short and whole.
    if text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return f64::from(text.bytes().fold(0u32, |value, byte| value * 10 + u32::from(byte - b'0')));
    }
    text.parse().unwrap_or(f64::INFINITY)
}

/// The value of a whole number that [`number`] would round.
pub(crate) fn beyond_doubles(text: &str) -> Option<i64> {
    if text.len() < "9007199254740993".len() {
        return None;
    }
    let whole: i64 = text.parse().ok()?;
    #[expect(clippy::cast_precision_loss, reason = "whether any is lost is the question")]
    let rounded = whole as f64;
    (compare_numbers(&Value::Integer(whole), &Value::Number(rounded)) != Some(Ordering::Equal)).then_some(whole)
}

/// A number and the unit that is written at it.
pub(crate) fn split_measure(text: &str) -> (&str, &str) {
    let bytes = text.as_bytes();
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let mut at = digits(usize::from(bytes.first() == Some(&b'-')));
    if bytes.get(at) == Some(&b'.') {
        at = digits(at + 1);
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        if bytes.get(at + 1 + sign).is_some_and(u8::is_ascii_digit) {
            at = digits(at + 1 + sign);
        }
    }
    text.split_at_checked(at).unwrap_or((text, ""))
}

/// The unit that is written directly at a number.
pub(crate) fn unit(text: &str) -> Option<Unit> {
    let units = [
        ("s", Unit::Seconds),
        ("m", Unit::Minutes),
        ("h", Unit::Hours),
        ("d", Unit::Days),
        ("w", Unit::Weeks),
        ("mo", Unit::Months),
        ("q", Unit::Quarters),
        ("y", Unit::Years),
    ];
    units.into_iter().find(|(symbol, _)| text.eq_ignore_ascii_case(symbol)).map(|(_, unit)| unit)
}

/// How a unit is written directly at a number.
pub(crate) fn symbol(unit: Unit) -> &'static str {
    match unit {
        Unit::Seconds => "s",
        Unit::Minutes => "m",
        Unit::Hours => "h",
        Unit::Days => "d",
        Unit::Weeks => "w",
        Unit::Months => "mo",
        Unit::Quarters => "q",
        Unit::Years => "y",
    }
}

/// The unit that a word is, in the singular or plural.
pub(crate) fn unit_word(text: &str) -> Option<Unit> {
    use Unit::{Days, Hours, Minutes, Months, Quarters, Seconds, Weeks, Years};
    [Seconds, Minutes, Hours, Days, Weeks, Months, Quarters, Years].into_iter().find(|unit| {
        let plural = unit.word();
        let singular = plural.get(..plural.len() - 1).unwrap_or_default();
        text.eq_ignore_ascii_case(plural) || text.eq_ignore_ascii_case(singular)
    })
}

/// Resolves the escapes of a text. An unknown one is given by its offset and length.
pub(crate) fn unescape(text: &str) -> Result<Cow<'_, str>, (usize, usize)> {
    if memchr::memchr(b'\\', text.as_bytes()).is_none() {
        return Ok(Cow::Borrowed(text));
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let escape = chars.next().map(|(_, escape)| escape);
        match escape {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some(c @ ('"' | '\'' | '\\')) => out.push(c),
            Some('u') => {
                let rest = chars.as_str();
                let digits = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')).map(|(digits, _)| digits);
                let c = digits
                    .filter(|digits| matches!(digits.len(), 1..=6))
                    .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
                    .and_then(|digits| u32::from_str_radix(digits, 16).ok())
                    .and_then(char::from_u32);
                let (Some(digits), Some(c)) = (digits, c) else { return Err((at, 2)) };
                out.push(c);
                chars.nth(digits.len() + 1);
            }
            _ => return Err((at, 1 + escape.map_or(0, char::len_utf8))),
        }
    }
    Ok(Cow::Owned(out))
}

/// A name as it is written: in backquotes where it is a keyword or no word.
pub(crate) fn name(name: &str) -> String {
    let is_plain = name.split('.').all(|part| {
        part.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
            && !part.contains("--")
            && !part.ends_with('-')
            && !SyntaxKind::of_word(part).is_reserved()
    });
    if is_plain { name.to_owned() } else { format!("`{name}`") }
}

/// A text in quotes, with escapes where they are needed.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_resolved_and_written_back() {
        let cases = [
            (r#"say \"hi\""#, Ok("say \"hi\"")),
            (r"a\n\t\\\'", Ok("a\n\t\\'")),
            (r"\u{e9}\u{1F600}x", Ok("\u{e9}\u{1f600}x")),
            (r"ab\q", Err((2, 2))),
            (r"\u{d800}", Err((0, 2))),
            (r"\u{}", Err((0, 2))),
            (r"\u{0000041}", Err((0, 2))),
            (r"\u41", Err((0, 2))),
            ("é\\é", Err((2, 3))),
        ];
        for (written, expected) in cases {
            assert_eq!(unescape(written).as_deref().map_err(|place| *place), expected, "{written}");
        }
        for text in ["", "a\"b\\c\nd\te\u{7}", "'"] {
            let quoted = quote(text);
            let inner = quoted.strip_prefix('"').and_then(|quoted| quoted.strip_suffix('"')).unwrap();
            assert_eq!(unescape(inner).unwrap(), text);
        }
    }

    #[test]
    fn whole_numbers_that_are_no_doubles_are_found() {
        let cases = [
            ("9007199254740992", None),
            ("9007199254740993", Some(9_007_199_254_740_993)),
            ("-9007199254740993", Some(-9_007_199_254_740_993)),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", None),
            ("9223372036854775809", None),
            ("9007199254740993.5", None),
            ("1", None),
        ];
        for (text, expected) in cases {
            assert_eq!(beyond_doubles(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers_and_units_are_told_apart() {
        for (text, number, unit) in
            [("5d", "5", "d"), ("-1.5e3mo", "-1.5e3", "mo"), ("2e", "2", "e"), ("1_000", "1", "_000"), ("7", "7", "")]
        {
            assert_eq!(split_measure(text), (number, unit));
        }
        assert_eq!(number("1234567890123"), 1_234_567_890_123.0);
        assert_eq!(number("-2.5e-3"), -0.0025);
        assert_eq!(number("1e999"), f64::INFINITY);
        assert_eq!(unit("MO"), Some(Unit::Months));
        assert_eq!(unit("month"), None);
        assert_eq!(unit_word("Quarter"), Some(Unit::Quarters));
        assert_eq!(unit_word("QUARTERS"), Some(Unit::Quarters));
        assert_eq!(unit_word("d"), None);
    }
}
