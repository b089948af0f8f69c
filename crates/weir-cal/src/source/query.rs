//! What a statement asks of a source: fields and a condition, lowered to slots.

use indexmap::IndexSet;
use jiff::Timestamp;

use crate::{ast::Operator, value::Value};

/// One question to a collection.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The fields that are wanted, as dotted paths. The slots of a row are in this order. No path stands twice.
    pub paths: Vec<String>,
    /// Which entities; all where absent.
    pub filter: Option<Predicate>,
}

/// A condition over the slots of a row. Three-valued: a missing value makes a comparison unknown.
#[derive(Debug, Clone, PartialEq)]
pub enum Predicate {
    /// All hold.
    All(Vec<Predicate>),
    /// One holds.
    Any(Vec<Predicate>),
    /// It does not hold.
    Not(Box<Predicate>),
    /// A field against a constant.
    Compare {
        /// The slot of the field.
        slot: usize,
        /// How.
        operator: Operator,
        /// With what.
        constant: Constant,
    },
    /// A field against a field.
    CompareFields {
        /// The slot on the left.
        left: usize,
        /// How.
        operator: Operator,
        /// The slot on the right.
        right: usize,
    },
    /// The field equals one of these.
    In {
        /// The slot of the field.
        slot: usize,
        /// The values.
        constants: Vec<Constant>,
    },
    /// A text that contains a text, or a list that has a member.
    Contains {
        /// The slot of the field.
        slot: usize,
        /// What it must contain.
        constant: Constant,
    },
    /// A text that contains the text of another field, or a list that has its value as a member.
    ContainsField {
        /// The slot of the text or the list.
        left: usize,
        /// The slot of what it must contain.
        right: usize,
    },
    /// The field has no value. Never unknown.
    IsMissing(usize),
    /// The field is the truth value true; unknown where it is missing, an error where it is of another type.
    Holds(usize),
}

impl Predicate {
    /// The slots of its fields, in the order in which they appear, each once.
    pub(super) fn slots(&self) -> IndexSet<usize> {
        let mut slots = IndexSet::new();
        self.collect(&mut slots);
        slots
    }

    fn collect(&self, slots: &mut IndexSet<usize>) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.collect(slots)),
            Self::Not(inner) => inner.collect(slots),
            Self::CompareFields { left, right, .. } | Self::ContainsField { left, right } => {
                slots.extend([*left, *right])
            }
            Self::Compare { slot, .. }
            | Self::In { slot, .. }
            | Self::Contains { slot, .. }
            | Self::IsMissing(slot)
            | Self::Holds(slot) => {
                slots.insert(*slot);
            }
        }
    }
}

/// A constant of a script, as it compares.
#[derive(Debug, Clone, PartialEq)]
pub enum Constant {
    /// A truth value.
    Bool(bool),
    /// A whole number, exactly.
    Integer(i64),
    /// A number.
    Number(f64),
    /// A text. Compares with a text bytewise, and with a point in time where it reads as a date or a timestamp.
    Text(Box<str>),
    /// An age: `opened > 6mo` holds where `opened` lies before `since`. A number is compared as `days`.
    Age {
        /// Now less the duration, on the calendar in UTC.
        since: Timestamp,
        /// The duration in days (a month is 30, a quarter 91, a year 365).
        days: f64,
    },
}

/// One entity: the values of the asked-for paths, in their order.
pub type Row = [Value];
