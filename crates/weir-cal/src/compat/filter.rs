//! Whether an entity passes the conditions of the first edition: JavaScript's property access and comparison.

use std::{borrow::Cow, cmp::Ordering};

use crate::{
    ast::{Expr, Operator},
    compat::{Json, js, tree::operand},
};

/// Whether all conditions hold.
pub(super) fn matches(filter: &Expr<'_>, entity: &Json) -> bool {
    match filter {
        Expr::And(all) => all.iter().all(|one| matches(one, entity)),
        Expr::Compare { left, operator, right } => {
            let value = nested(entity, &left.text);
            holds(value.as_deref(), operator.value, &operand(right))
        }
        // Not in this edition.
        _ => false,
    }
}

fn holds(value: Option<&Json>, operator: Operator, expected: &Json) -> bool {
    let ordering = || js::compare(value, Some(expected));
    match operator {
        Operator::Equal => js::identical(value, expected),
        Operator::NotEqual => !js::identical(value, expected),
        Operator::Less => ordering() == Some(Ordering::Less),
        Operator::Greater => ordering() == Some(Ordering::Greater),
        Operator::LessOrEqual => ordering().is_some_and(Ordering::is_le),
        Operator::GreaterOrEqual => ordering().is_some_and(Ordering::is_ge),
    }
}

/// The value at a dotted path. `None` is `undefined`.
fn nested<'e>(entity: &'e Json, path: &str) -> Option<Cow<'e, Json>> {
    let mut names = path.split('.');
    let mut value = property(entity, names.next()?)?;
    for name in names {
        value = match value {
            Cow::Borrowed(value) => property(value, name)?,
            // The length of something: a number, which has no properties of interest.
            Cow::Owned(_) => return None,
        };
    }
    Some(value)
}

fn property<'e>(value: &'e Json, name: &str) -> Option<Cow<'e, Json>> {
    match value {
        Json::Object(members) => members.get(name).map(Cow::Borrowed),
        Json::String(text) if name == "length" => {
            Some(Cow::Owned(Json::Number(super::formulas::length(text.encode_utf16().count()))))
        }
        Json::Array(items) if name == "length" => Some(Cow::Owned(Json::Number(super::formulas::length(items.len())))),
        _ => None,
    }
}
