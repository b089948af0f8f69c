//! The values of an entity's fields, and truth with three values.

use jiff::Timestamp;
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
