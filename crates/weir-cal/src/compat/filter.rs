//! Whether an entity passes the conditions of the first edition: JavaScript's property access and comparison.

use std::cmp::Ordering;

use crate::{
    ast::{Expr, Operator},
    compat::{Json, formulas::Refused, js, prototype::Property, tree::operand},
};

/// Whether all conditions hold.
///
/// # Errors
///
/// A value cannot be compared.
pub(super) fn matches(filter: &Expr<'_>, entity: &Json) -> Result<bool, Refused> {
    match filter {
        Expr::And(all) => {
            for one in all {
                if !matches(one, entity)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Expr::Compare { left, operator, right } => {
            let value = left.text.split('.').fold(Property::Own(entity), Property::get);
            holds(&value, operator.value, &operand(right))
        }
        // Not in this edition.
        _ => Ok(false),
    }
}

fn holds(value: &Property<'_>, operator: Operator, expected: &Json) -> Result<bool, Refused> {
    let identical = || match value {
        Property::Own(value) => js::identical(Some(value), expected),
        Property::Computed(value) => js::identical(Some(value), expected),
        // Functions and prototypes are never what a script can write.
        _ => false,
    };
    let ordering = || js::compare(value.primitive().as_ref(), Some(expected));
    Ok(match operator {
        Operator::Equal => identical(),
        Operator::NotEqual => !identical(),
        Operator::Less => ordering()? == Some(Ordering::Less),
        Operator::Greater => ordering()? == Some(Ordering::Greater),
        Operator::LessOrEqual => ordering()?.is_some_and(Ordering::is_le),
        Operator::GreaterOrEqual => ordering()?.is_some_and(Ordering::is_ge),
    })
}
