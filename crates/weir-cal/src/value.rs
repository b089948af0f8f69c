//! The values of an entity's fields, and truth with three values.

use std::cmp::Ordering;

use jiff::{Timestamp, civil, tz::TimeZone};
use serde::Serialize;

/// The value of one field of one entity.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// Absent or null: unknown, never 0.
    #[default]
    Missing,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A number; finite.
    Number(f64),
    /// A text. Texts that are dates or timestamps stay texts until they are compared with a duration.
    Text(Box<str>),
    /// A point in time, from a source that has such a type.
    Time(Timestamp),
    /// A list or an object: known to be there, comparable with nothing; a list can `CONTAIN` a value.
    Tree(Box<serde_json::Value>),
}

/// The type of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Type {
    Bool,
    Integer,
    Number,
    Text,
    Time,
    Tree,
}

impl Type {
    /// In words, with its article.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Bool => "a truth value",
            Self::Integer | Self::Number => "a number",
            Self::Text => "a text",
            Self::Time => "a point in time",
            Self::Tree => "a list or an object",
        }
    }
}

impl Value {
    /// The type; `None` for a missing value.
    #[must_use]
    pub fn type_of(&self) -> Option<Type> {
        Some(match self {
            Self::Missing => return None,
            Self::Bool(_) => Type::Bool,
            Self::Integer(_) => Type::Integer,
            Self::Number(_) => Type::Number,
            Self::Text(_) => Type::Text,
            Self::Time(_) => Type::Time,
            Self::Tree(_) => Type::Tree,
        })
    }

    /// As a number, where it is one.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "scores and comparisons are in doubles")]
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Integer(value) => Some(*value as f64),
            Self::Number(value) => Some(*value),
            _ => None,
        }
    }

    /// As a text, where it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// True, false, or not known because evidence is missing (Kleene's logic).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Truth {
    /// It does not hold.
    False,
    /// It cannot be said.
    Unknown,
    /// It holds.
    True,
}

impl Truth {
    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::True, Self::True) => Self::True,
            _ => Self::Unknown,
        }
    }

    /// One holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::True, _) | (_, Self::True) => Self::True,
            (Self::False, Self::False) => Self::False,
            _ => Self::Unknown,
        }
    }
}

impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
            Self::True => Self::False,
        }
    }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

/// The point in time that a text names: RFC 3339, or without a zone in UTC, or a date as its first moment in UTC.
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    // Other forms of ISO 8601, such as `20250101`, are numbers as well.
    match text.as_bytes() {
        [b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'-', rest @ ..] if rest.len() >= 5 => {}
        _ => return None,
    }
    if text.len() == 10 {
        let date: civil::Date = text.parse().ok()?;
        return date.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    }
    text.parse().ok().or_else(|| {
        let local: civil::DateTime = text.parse().ok()?;
        local.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })
}

/// Compares numbers by what they are worth, whole numbers beyond 2^53 included. `None` where one is not a number.
pub(crate) fn compare_numbers(one: &Value, other: &Value) -> Option<Ordering> {
    match (one, other) {
        (Value::Integer(one), Value::Integer(other)) => Some(one.cmp(other)),
        (Value::Number(one), Value::Number(other)) => one.partial_cmp(other),
        (Value::Integer(one), Value::Number(other)) => compare_whole(*one, *other),
        (Value::Number(one), Value::Integer(other)) => compare_whole(*other, *one).map(Ordering::reverse),
        _ => None,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
fn compare_whole(whole: i64, number: f64) -> Option<Ordering> {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    if number.is_nan() {
        None
    } else if number >= BEYOND {
        Some(Ordering::Less)
    } else if number < -BEYOND {
        Some(Ordering::Greater)
    } else {
        let floor = number.floor();
        Some(whole.cmp(&(floor as i64)).then(if number > floor { Ordering::Less } else { Ordering::Equal }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_compare_exactly() {
        use Ordering::{Equal, Greater, Less};
        let big = 9_007_199_254_740_993;
        let cases = [
            (Value::Integer(big), Value::Number(9_007_199_254_740_992.0), Some(Greater)),
            (Value::Number(9_007_199_254_740_992.0), Value::Integer(big), Some(Less)),
            (Value::Integer(5), Value::Number(5.5), Some(Less)),
            (Value::Integer(-5), Value::Number(-5.5), Some(Greater)),
            (Value::Integer(0), Value::Number(-0.0), Some(Equal)),
            (Value::Integer(i64::MAX), Value::Number(9_223_372_036_854_775_808.0), Some(Less)),
            (Value::Integer(i64::MIN), Value::Number(-9_223_372_036_854_775_808.0), Some(Equal)),
            (Value::Integer(i64::MIN), Value::Number(-1e300), Some(Greater)),
            (Value::Number(0.0), Value::Number(-0.0), Some(Equal)),
            (Value::Integer(1), Value::Text("1".into()), None),
        ];
        for (one, other, expected) in cases {
            assert_eq!(compare_numbers(&one, &other), expected, "{one:?} {other:?}");
        }
    }

    #[test]
    fn dates_are_read_in_utc() {
        let cases = [
            ("2025-01-31", Some("2025-01-31T00:00:00Z")),
            ("2025-01-31T10:00:00+02:00", Some("2025-01-31T08:00:00Z")),
            ("2025-01-31T10:00:00Z", Some("2025-01-31T10:00:00Z")),
            ("2025-01-31 10:00:00", Some("2025-01-31T10:00:00Z")),
            ("2025-02-30", None),
            ("20250131", None),
            ("soon", None),
            ("2025", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(instant(text).map(|time| time.to_string()).as_deref(), expected, "{text}");
        }
    }
}
