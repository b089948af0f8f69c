//! What JavaScript makes of values: truth, numbers, texts, comparison. `None` stands for `undefined`.

use std::cmp::Ordering;

use crate::compat::{Json, formulas::Refused};

/// Whether `value` counts as true.
pub(super) fn truthy(value: &Json) -> bool {
    match value {
        Json::Null => false,
        Json::Bool(value) => *value,
        Json::Number(value) => *value != 0.0 && !value.is_nan(),
        Json::String(text) => !text.is_empty(),
        Json::Array(_) | Json::Object(_) => true,
    }
}

/// `value ?? ..`: neither undefined nor null.
pub(super) fn present(value: Option<&Json>) -> Option<&Json> {
    value.filter(|value| **value != Json::Null)
}

/// `Number(value)`.
///
/// # Errors
///
/// The value has no primitive form.
pub(super) fn number(value: Option<&Json>) -> Result<f64, Refused> {
    Ok(match value {
        None => f64::NAN,
        Some(Json::Null) => 0.0,
        Some(Json::Bool(value)) => f64::from(u8::from(*value)),
        Some(Json::Number(value)) => *value,
        Some(Json::String(text)) => text_number(text),
        Some(Json::Array(_) | Json::Object(_)) => text_number(&text(value)?),
    })
}

fn text_number(text: &str) -> f64 {
    let text = text.trim_matches(is_space);
    if text.is_empty() {
        return 0.0;
    }
    let prefixed = [("0x", 16), ("0X", 16), ("0o", 8), ("0O", 8), ("0b", 2), ("0B", 2)];
    if let Some((digits, radix)) =
        prefixed.into_iter().find_map(|(prefix, radix)| text.strip_prefix(prefix).map(|digits| (digits, radix)))
    {
        let digits: Option<Vec<u32>> = digits.chars().map(|digit| digit.to_digit(radix)).collect();
        return match digits.filter(|digits| !digits.is_empty()) {
            Some(digits) => digits.into_iter().fold(0.0, |sum, digit| sum.mul_add(f64::from(radix), f64::from(digit))),
            None => f64::NAN,
        };
    }
    match text.strip_prefix(['+', '-']).unwrap_or(text) {
        "Infinity" if text.starts_with('-') => f64::NEG_INFINITY,
        "Infinity" => f64::INFINITY,
        // Rust reads `inf` and `nan` too.
        digits if digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') => {
            text.parse().unwrap_or(f64::NAN)
        }
        _ => f64::NAN,
    }
}

fn is_space(character: char) -> bool {
    // White space of Unicode but U+0085, and the byte order mark.
    (character.is_whitespace() && character != '\u{85}') || character == '\u{FEFF}'
}

/// `String(value)`.
///
/// # Errors
///
/// The value has no primitive form.
pub(super) fn text(value: Option<&Json>) -> Result<String, Refused> {
    Ok(match value {
        None => "undefined".to_owned(),
        Some(Json::Null) => "null".to_owned(),
        Some(Json::Bool(value)) => value.to_string(),
        Some(Json::Number(value)) => number_text(*value),
        Some(Json::String(text)) => text.clone(),
        Some(Json::Array(items)) => {
            let item = |item: &Json| if *item == Json::Null { Ok(String::new()) } else { text(Some(item)) };
            items.iter().map(item).collect::<Result<Vec<_>, _>>()?.join(",")
        }
        // What JSON can say is no function: a member of this name hides the one that would give the text.
        Some(Json::Object(members)) if members.contains_key("toString") => {
            return Err(Refused("Cannot convert object to primitive value".to_owned()));
        }
        Some(Json::Object(_)) => "[object Object]".to_owned(),
    })
}

/// `String(value)` of a number.
pub(super) fn number_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let size = value.abs();
    if value == 0.0 {
        "0".to_owned()
    } else if (1e-6..1e21).contains(&size) {
        value.to_string()
    } else {
        let text = format!("{value:e}");
        if size >= 1.0 { text.replace('e', "e+") } else { text }
    }
}

/// `value.toFixed(2)`: the exact binary value rounded, halves away from zero.
pub(super) fn fixed2(value: f64) -> String {
    if !value.is_finite() || value.abs() >= 1e21 {
        return number_text(value);
    }
    // A double as large as 0.005 has at most 60 decimals: this is its exact value, as far as it matters here.
    let exact = format!("{:.70}", value.abs());
    let Some((whole, decimals)) = exact.split_once('.') else { return exact };
    let (kept, rest) = decimals.split_at_checked(2).unwrap_or((decimals, ""));
    let mut digits: Vec<u8> = whole.bytes().chain(kept.bytes()).collect();
    if rest.starts_with(|digit| digit >= '5') {
        let nines = digits.iter().rev().take_while(|digit| **digit == b'9').count();
        let carried = digits.len().checked_sub(nines + 1);
        for digit in digits.iter_mut().rev().take(nines) {
            *digit = b'0';
        }
        match carried.and_then(|index| digits.get_mut(index)) {
            Some(digit) => *digit += 1,
            None => digits.insert(0, b'1'),
        }
    }
    let digits = String::from_utf8(digits).unwrap_or_default();
    let (whole, decimals) = digits.split_at_checked(digits.len().saturating_sub(2)).unwrap_or_default();
    let zero = digits.bytes().all(|digit| digit == b'0');
    let sign = if value < 0.0 && !zero { "-" } else { "" };
    // JavaScript keeps the sign of what rounds to zero, but not of zero.
    let sign = if value < 0.0 && zero { "-" } else { sign };
    format!("{sign}{whole}.{decimals}")
}

/// `left < right` and its kin: how the two compare, `None` where every comparison is false.
///
/// # Errors
///
/// One of them has no primitive form.
pub(super) fn compare(left: Option<&Json>, right: Option<&Json>) -> Result<Option<Ordering>, Refused> {
    let as_text = |value: Option<&Json>| match value {
        Some(Json::String(_) | Json::Array(_) | Json::Object(_)) => text(value).map(Some),
        _ => Ok(None),
    };
    if let (Some(left), Some(right)) = (as_text(left)?, as_text(right)?) {
        return Ok(Some(left.encode_utf16().cmp(right.encode_utf16())));
    }
    Ok(number(left)?.partial_cmp(&number(right)?))
}

/// `left === right`. Two objects are never the same one.
pub(super) fn identical(left: Option<&Json>, right: &Json) -> bool {
    match (left, right) {
        (Some(Json::Null), Json::Null) => true,
        (Some(Json::Bool(left)), Json::Bool(right)) => left == right,
        (Some(Json::Number(left)), Json::Number(right)) => left == right,
        (Some(Json::String(left)), Json::String(right)) => left == right,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_numbers_as_in_javascript() {
        let cases = [
            ("", 0.0),
            (" 12 ", 12.0),
            ("1e3", 1000.0),
            (".5", 0.5),
            ("5.", 5.0),
            ("0x1F", 31.0),
            ("0b11", 3.0),
            ("-Infinity", f64::NEG_INFINITY),
            ("+5", 5.0),
            ("\u{FEFF}7\u{A0}", 7.0),
            ("-0", -0.0),
        ];
        for (text, value) in cases {
            assert_eq!(text_number(text), value, "{text:?}");
        }
        for text in ["abc", "inf", "nan", "1_0", "0x", "0xG", "--5", "5 5", "-0x1F", "e5", "."] {
            assert!(text_number(text).is_nan(), "{text:?}");
        }
    }

    #[test]
    fn numbers_become_texts_as_in_javascript() {
        let cases = [
            (0.1 + 0.2, "0.30000000000000004"),
            (1e21, "1e+21"),
            (1e20, "100000000000000000000"),
            (1.5e-7, "1.5e-7"),
            (0.000_001, "0.000001"),
            (-0.0, "0"),
            (f64::NAN, "NaN"),
            (-1.25e300, "-1.25e+300"),
        ];
        for (value, text) in cases {
            assert_eq!(number_text(value), text);
        }
        let cases = [
            (1.005, "1.00"),
            (1691.725, "1691.72"),
            (0.125, "0.13"),
            (0.375, "0.38"),
            (-0.125, "-0.13"),
            (9.999, "10.00"),
            (99.995, "100.00"),
            (0.0, "0.00"),
            (-0.001, "-0.00"),
            (1e21, "1e+21"),
            (999_999.995, "999999.99"),
        ];
        for (value, text) in cases {
            assert_eq!(fixed2(value), text, "{value}");
        }
    }

    #[test]
    fn values_compare_as_in_javascript() {
        let text = |text: &str| Json::from(text);
        let less = |left: Option<&Json>, right: &Json| compare(left, Some(right)).unwrap() == Some(Ordering::Less);
        assert!(less(Some(&Json::Null), &5.0.into()));
        assert!(less(Some(&Json::Bool(true)), &2.0.into()));
        assert!(less(Some(&text("10")), &text("9")));
        assert!(!less(Some(&text("10")), &9.0.into()));
        assert!(!less(None, &5.0.into()));
        assert!(less(Some(&Json::Array(vec![3.0.into()])), &5.0.into()));
        assert!(less(Some(&text("\u{1F600}")), &text("\u{FFFF}")), "by code units, not by characters");
        assert!(!identical(Some(&Json::Bool(true)), &text("true")));
        let hidden = Json::Array(vec![Json::object([("toString", 1.0.into())])]);
        assert_eq!(
            compare(Some(&hidden), Some(&5.0.into())).unwrap_err().0,
            "Cannot convert object to primitive value"
        );
    }
}
