//! Whether a condition holds for a row, and which missing fields leave it open.

use std::cmp::Ordering;

use crate::{
    ast::Operator,
    source::{Constant, Predicate, Query, Row, SourceError},
    value::{Truth, Type, Value, compare_numbers, instant},
};

/// A field holds what the condition cannot be applied to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mismatch {
    /// The slot of the field.
    pub(crate) slot: usize,
    /// What it was compared with, in words.
    pub(crate) with: String,
}

impl Mismatch {
    /// As the error of reading `row` from `collection`.
    pub(crate) fn error(self, collection: &str, query: &Query, row: &Row) -> SourceError {
        SourceError::TypeMismatch {
            collection: collection.to_owned(),
            field: query.paths.get(self.slot).cloned().unwrap_or_default(),
            declared: at(row, self.slot).type_of().map_or("missing", Type::words).to_owned(),
            constant: self.with,
        }
    }
}

static MISSING: Value = Value::Missing;

fn at(row: &Row, slot: usize) -> &Value {
    row.get(slot).unwrap_or(&MISSING)
}

/// The value of a condition for a row. Every part is looked at, also where the others decide: whether a field can be
/// compared at all must not depend on the order in which a condition is written.
pub(crate) fn truth(predicate: &Predicate, row: &Row) -> Result<Truth, Mismatch> {
    match predicate {
        Predicate::All(all) => {
            let mut result = Truth::True;
            for one in all {
                result = result.and(truth(one, row)?);
            }
            Ok(result)
        }
        Predicate::Any(any) => {
            let mut result = Truth::False;
            for one in any {
                result = result.or(truth(one, row)?);
            }
            Ok(result)
        }
        Predicate::Not(inner) => Ok(!truth(inner, row)?),
        Predicate::Compare { slot, operator, constant } => compare(*slot, at(row, *slot), *operator, constant),
        Predicate::CompareFields { left, operator, right } => {
            let (one, other) = (at(row, *left), at(row, *right));
            if *one == Value::Missing || *other == Value::Missing {
                return Ok(Truth::Unknown);
            }
            let ordering = match (one, other) {
                (Value::Text(one), Value::Text(other)) => one.cmp(other),
                (Value::Bool(one), Value::Bool(other)) if equality(*operator) => one.cmp(other),
                (Value::Time(one), Value::Time(other)) => one.cmp(other),
                _ => compare_numbers(one, other)
                    .ok_or_else(|| Mismatch { slot: *left, with: "a field of another type".to_owned() })?,
            };
            Ok(holds(ordering, *operator).into())
        }
        Predicate::In { slot, constants } => {
            let value = at(row, *slot);
            if *value == Value::Missing {
                return Ok(Truth::Unknown);
            }
            let mut result = Truth::False;
            for constant in constants {
                result = result.or(compare(*slot, value, Operator::Equal, constant)?);
            }
            Ok(result)
        }
        Predicate::Contains { slot, constant } => contains(*slot, at(row, *slot), constant),
        Predicate::ContainsField { left, right } => {
            let (whole, part) = (at(row, *left), at(row, *right));
            if *whole == Value::Missing || *part == Value::Missing {
                return Ok(Truth::Unknown);
            }
            let mismatch = || Mismatch { slot: *left, with: "a field of another type".to_owned() };
            contains(*left, whole, &as_constant(part).ok_or_else(mismatch)?)
        }
        Predicate::IsMissing(slot) => Ok((*at(row, *slot) == Value::Missing).into()),
        Predicate::Holds(slot) => match at(row, *slot) {
            Value::Missing => Ok(Truth::Unknown),
            Value::Bool(value) => Ok((*value).into()),
            _ => Err(Mismatch { slot: *slot, with: "true".to_owned() }),
        },
    }
}

/// Adds the missing fields that leave the condition open for a row.
pub(crate) fn blame(predicate: &Predicate, row: &Row, missing: &mut Vec<usize>) {
    if truth(predicate, row) != Ok(Truth::Unknown) {
        return;
    }
    match predicate {
        Predicate::All(parts) | Predicate::Any(parts) => parts.iter().for_each(|part| blame(part, row, missing)),
        Predicate::Not(inner) => blame(inner, row, missing),
        Predicate::CompareFields { left, right, .. } | Predicate::ContainsField { left, right } => {
            missing.extend([*left, *right].into_iter().filter(|slot| *at(row, *slot) == Value::Missing));
        }
        Predicate::Compare { slot, .. }
        | Predicate::In { slot, .. }
        | Predicate::Contains { slot, .. }
        | Predicate::Holds(slot)
        | Predicate::IsMissing(slot) => missing.push(*slot),
    }
}

fn equality(operator: Operator) -> bool {
    matches!(operator, Operator::Equal | Operator::NotEqual)
}

fn holds(ordering: Ordering, operator: Operator) -> bool {
    match operator {
        Operator::Equal => ordering.is_eq(),
        Operator::NotEqual => ordering.is_ne(),
        Operator::Less => ordering.is_lt(),
        Operator::LessOrEqual => ordering.is_le(),
        Operator::Greater => ordering.is_gt(),
        Operator::GreaterOrEqual => ordering.is_ge(),
    }
}

fn compare(slot: usize, value: &Value, operator: Operator, constant: &Constant) -> Result<Truth, Mismatch> {
    let mismatch = || Mismatch { slot, with: words(constant) };
    let ordering = match (value, constant) {
        (Value::Missing, _) => return Ok(Truth::Unknown),
        (Value::Bool(value), Constant::Bool(other)) if equality(operator) => value.cmp(other),
        (Value::Text(value), Constant::Text(other)) => value.cmp(other),
        (Value::Time(value), Constant::Text(other)) => value.cmp(&instant(other).ok_or_else(mismatch)?),
        // The older, the greater the age.
        (Value::Time(value), Constant::Age { since, .. }) => since.cmp(value),
        (Value::Text(value), Constant::Age { since, .. }) => since.cmp(&instant(value).ok_or_else(mismatch)?),
        (value, Constant::Integer(other)) => compare_numbers(value, &Value::Integer(*other)).ok_or_else(mismatch)?,
        (value, Constant::Number(other) | Constant::Age { days: other, .. }) => {
            compare_numbers(value, &Value::Number(*other)).ok_or_else(mismatch)?
        }
        _ => return Err(mismatch()),
    };
    Ok(holds(ordering, operator).into())
}

fn contains(slot: usize, value: &Value, constant: &Constant) -> Result<Truth, Mismatch> {
    match (value, constant) {
        (Value::Missing, _) => Ok(Truth::Unknown),
        (Value::Text(text), Constant::Text(part)) => Ok(text.contains(&**part).into()),
        (Value::Tree(tree), constant) if tree.is_array() => {
            let mut members = tree.as_array().into_iter().flatten();
            Ok(members
                .any(|member| match constant {
                    Constant::Bool(value) => member.as_bool() == Some(*value),
                    Constant::Integer(value) => same_number(member, &Value::Integer(*value)),
                    Constant::Number(value) => same_number(member, &Value::Number(*value)),
                    Constant::Text(text) => member.as_str() == Some(text),
                    Constant::Age { .. } => false,
                })
                .into())
        }
        _ => Err(Mismatch { slot, with: words(constant) }),
    }
}

fn same_number(member: &serde_json::Value, number: &Value) -> bool {
    let member = match (member.as_i64(), member.as_f64()) {
        (Some(whole), _) => Value::Integer(whole),
        (None, Some(number)) => Value::Number(number),
        (None, None) => return false,
    };
    compare_numbers(&member, number).is_some_and(Ordering::is_eq)
}

/// A value as one to look for.
fn as_constant(value: &Value) -> Option<Constant> {
    Some(match value {
        Value::Bool(value) => Constant::Bool(*value),
        Value::Integer(value) => Constant::Integer(*value),
        Value::Number(value) => Constant::Number(*value),
        Value::Text(text) => Constant::Text(text.clone()),
        Value::Missing | Value::Time(_) | Value::Tree(_) => return None,
    })
}

fn words(constant: &Constant) -> String {
    match constant {
        Constant::Bool(value) => value.to_string(),
        Constant::Integer(number) => format!("the number {number}"),
        Constant::Number(number) => format!("the number {number}"),
        Constant::Text(text) => format!("the text {text:?}"),
        Constant::Age { .. } => "an age".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn number(slot: usize, operator: Operator, number: f64) -> Predicate {
        Predicate::Compare { slot, operator, constant: Constant::Number(number) }
    }

    #[test]
    fn a_missing_field_decides_nothing_and_is_named() {
        let both = Predicate::All(vec![number(0, Operator::Greater, 1.0), number(1, Operator::Equal, 2.0)]);
        let one = Predicate::Any(vec![number(0, Operator::Greater, 1.0), number(1, Operator::Equal, 2.0)]);
        let cases = [
            (&both, [Value::Integer(5), Value::Missing], Truth::Unknown, vec![1]),
            (&both, [Value::Integer(0), Value::Missing], Truth::False, vec![]),
            (&one, [Value::Integer(5), Value::Missing], Truth::True, vec![]),
            (&one, [Value::Integer(0), Value::Missing], Truth::Unknown, vec![1]),
            (&both, [Value::Missing, Value::Missing], Truth::Unknown, vec![0, 1]),
        ];
        for (predicate, row, expected, named) in cases {
            assert_eq!(truth(predicate, &row), Ok(expected), "{row:?}");
            let mut missing = Vec::new();
            blame(predicate, &row, &mut missing);
            assert_eq!(missing, named, "{row:?}");
        }
    }

    #[test]
    fn ages_grow_with_time() {
        let since: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let older =
            Predicate::Compare { slot: 0, operator: Operator::Greater, constant: Constant::Age { since, days: 30.0 } };
        let cases = [
            (Value::Text("2025-12-31".into()), Ok(Truth::True)),
            (Value::Text("2026-01-02".into()), Ok(Truth::False)),
            (Value::Integer(31), Ok(Truth::True)),
            (Value::Number(29.5), Ok(Truth::False)),
            (Value::Text("soon".into()), Err(Mismatch { slot: 0, with: "an age".to_owned() })),
        ];
        for (value, expected) in cases {
            assert_eq!(truth(&older, std::slice::from_ref(&value)), expected, "{value:?}");
        }
    }

    #[test]
    fn the_order_of_the_parts_changes_nothing() {
        let row = [Value::Integer(0), Value::Text("four".into())];
        let known = |operator| number(0, operator, 1.0);
        let wrong = || number(1, Operator::Less, 5.0);
        for operator in [Operator::Less, Operator::Greater] {
            for parts in [vec![known(operator), wrong()], vec![wrong(), known(operator)]] {
                for whole in [Predicate::All(parts.clone()), Predicate::Any(parts.clone())] {
                    assert_eq!(truth(&whole, &row).map_err(|mismatch| mismatch.slot), Err(1), "{whole:?}");
                }
            }
        }
    }

    #[test]
    fn a_list_contains_a_number_by_what_it_is_worth() {
        let list = Value::Tree(Box::new(serde_json::json!([1.0, 9_007_199_254_740_993_i64, "7", true])));
        let cases = [
            (Constant::Integer(1), true),
            (Constant::Number(1.0), true),
            (Constant::Integer(9_007_199_254_740_993), true),
            (Constant::Integer(9_007_199_254_740_992), false),
            (Constant::Number(9_007_199_254_740_992.0), false),
            (Constant::Number(7.0), false),
        ];
        for (constant, expected) in cases {
            let contains = Predicate::Contains { slot: 0, constant };
            assert_eq!(truth(&contains, std::slice::from_ref(&list)), Ok(expected.into()), "{contains:?}");
        }
    }

    #[test]
    fn types_do_not_mix() {
        let text = Predicate::Compare { slot: 0, operator: Operator::Equal, constant: Constant::Text("true".into()) };
        assert!(truth(&text, &[Value::Bool(true)]).is_err());
        assert!(truth(&Predicate::Holds(0), &[Value::Integer(1)]).is_err());
        assert!(truth(&number(0, Operator::Less, 5.0), &[Value::Text("4".into())]).is_err());
    }
}
