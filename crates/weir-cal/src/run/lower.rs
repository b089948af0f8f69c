//! From a condition as written to a condition over the slots of a row.

use indexmap::IndexSet;
use jiff::{SignedDuration, Timestamp, ToSpan as _, tz::TimeZone};

use crate::{
    ast::{Duration, Expr, Literal, Operand, Operator, Path, Unit},
    source::{Constant, Predicate},
};

/// The fields that a query asks for, each once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slots {
    paths: IndexSet<String>,
}

impl Slots {
    /// The slot of a field; a new one where it has none.
    pub(crate) fn slot(&mut self, path: &str) -> usize {
        match self.paths.get_index_of(path) {
            Some(slot) => slot,
            None => self.paths.insert_full(path.to_owned()).0,
        }
    }

    /// How many fields are asked for so far.
    pub(crate) fn len(&self) -> usize {
        self.paths.len()
    }

    /// The fields in the order of their slots.
    pub(crate) fn into_paths(self) -> Vec<String> {
        self.paths.into_iter().collect()
    }
}

/// Lowers a condition. Ages are counted back from `now` on the calendar in UTC.
pub(crate) fn lower(expr: &Expr<'_>, slots: &mut Slots, now: Timestamp) -> Predicate {
    match expr {
        Expr::And(all) => Predicate::All(all.iter().map(|one| lower(one, slots, now)).collect()),
        Expr::Or(any) => Predicate::Any(any.iter().map(|one| lower(one, slots, now)).collect()),
        Expr::Not(inner, _) => negate(lower(inner, slots, now)),
        Expr::Compare { left, operator, right } => compare(left, operator.value, right, slots, now),
        Expr::In { left, negated, values, .. } => {
            let within = member(left, values, slots, now);
            if *negated { negate(within) } else { within }
        }
        Expr::Between { left, low, high } => Predicate::All(vec![
            compare(left, Operator::GreaterOrEqual, low, slots, now),
            compare(left, Operator::LessOrEqual, high, slots, now),
        ]),
        Expr::Contains { left, right } => match (constant(&right.value, now), &right.value) {
            (Some(constant), _) => Predicate::Contains { slot: slots.slot(&left.text), constant },
            (None, Literal::Field(field)) => {
                Predicate::ContainsField { left: slots.slot(&left.text), right: slots.slot(&field.text) }
            }
            (None, _) => never(left, slots),
        },
        Expr::Exists(path) => negate(Predicate::IsMissing(slots.slot(&path.text))),
        Expr::Holds(path) => Predicate::Holds(slots.slot(&path.text)),
    }
}

fn negate(predicate: Predicate) -> Predicate {
    Predicate::Not(Box::new(predicate))
}

/// What no value satisfies. The field keeps its slot, so that a misspelled name is still found.
fn never(left: &Path<'_>, slots: &mut Slots) -> Predicate {
    slots.slot(&left.text);
    Predicate::Any(Vec::new())
}

fn compare(left: &Path<'_>, operator: Operator, right: &Operand<'_>, slots: &mut Slots, now: Timestamp) -> Predicate {
    let slot = slots.slot(&left.text);
    match &right.value {
        Literal::Field(field) => Predicate::CompareFields { left: slot, operator, right: slots.slot(&field.text) },
        other => match (constant(other, now), operator) {
            (Some(constant), _) => Predicate::Compare { slot, operator, constant },
            (None, Operator::Equal) => Predicate::IsMissing(slot),
            (None, Operator::NotEqual) => negate(Predicate::IsMissing(slot)),
            // Nothing is less or greater than null.
            (None, _) => never(left, slots),
        },
    }
}

/// A list of constants is one predicate; a field or null in it stands beside them.
fn member(left: &Path<'_>, values: &[Operand<'_>], slots: &mut Slots, now: Timestamp) -> Predicate {
    let slot = slots.slot(&left.text);
    let mut constants = Vec::with_capacity(values.len());
    let mut others = Vec::new();
    for operand in values {
        match constant(&operand.value, now) {
            Some(constant) => constants.push(constant),
            None => others.push(compare(left, Operator::Equal, operand, slots, now)),
        }
    }
    if others.is_empty() {
        return Predicate::In { slot, constants };
    }
    if !constants.is_empty() {
        others.push(Predicate::In { slot, constants });
    }
    Predicate::Any(others)
}

/// `None` for null and for a field.
fn constant(literal: &Literal<'_>, now: Timestamp) -> Option<Constant> {
    Some(match literal {
        Literal::Number(number) => Constant::Number(*number),
        Literal::Integer(whole) => Constant::Integer(*whole),
        Literal::Text(text) => Constant::Text(text.as_ref().into()),
        Literal::Word(word) => Constant::Text((*word).into()),
        Literal::Bool(value) => Constant::Bool(*value),
        Literal::Duration(duration) => Constant::Age { since: moved(now, duration, -1), days: days(duration) },
        Literal::Null | Literal::Field(_) => return None,
    })
}

/// The point in time that lies `duration` after `now` on the calendar in UTC; at the end of time where it lies beyond.
pub(crate) fn after(now: Timestamp, duration: &Duration) -> Timestamp {
    moved(now, duration, 1)
}

fn moved(now: Timestamp, duration: &Duration, sign: i64) -> Timestamp {
    let end = if sign < 0 { Timestamp::MIN } else { Timestamp::MAX };
    // So many of even the smallest unit lie beyond the calendar.
    if !duration.value.is_finite() || duration.value.abs() > 1e12 {
        return end;
    }
    #[expect(clippy::cast_possible_truncation, reason = "it is finite and at most 1e12")]
    let whole = duration.value.trunc() as i64 * sign;
    let months = match duration.unit {
        Unit::Months => whole,
        Unit::Quarters => whole.saturating_mul(3),
        Unit::Years => whole.saturating_mul(12),
        _ => {
            #[expect(clippy::cast_possible_truncation, reason = "a float is cast to the nearest that fits")]
            let seconds = (days(duration) * 86_400.0).round() as i64 * sign;
            return now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(end);
        }
    };
    let Ok(span) = 0.months().try_months(months) else { return end };
    now.to_zoned(TimeZone::UTC).checked_add(span).map_or(end, |zoned| zoned.timestamp())
}

/// The length in days: a month is 30, a quarter 91, a year 365.
pub(crate) fn days(duration: &Duration) -> f64 {
    let unit = match duration.unit {
        Unit::Seconds => 1.0 / 86_400.0,
        Unit::Minutes => 1.0 / 1440.0,
        Unit::Hours => 1.0 / 24.0,
        Unit::Days => 1.0,
        Unit::Weeks => 7.0,
        Unit::Months => 30.0,
        Unit::Quarters => 91.0,
        Unit::Years => 365.0,
    };
    duration.value * unit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ast::Spanned, span::Span};

    const HERE: Span = Span { start: 0, end: 0 };

    fn path(text: &str) -> Path<'_> {
        Path { text: text.into(), span: HERE }
    }

    fn operand(value: Literal<'_>) -> Operand<'_> {
        Operand { value, span: HERE }
    }

    fn compared<'s>(left: &'s str, operator: Operator, value: Literal<'s>) -> Expr<'s> {
        Expr::Compare { left: path(left), operator: Spanned { value: operator, span: HERE }, right: operand(value) }
    }

    fn length(value: f64, unit: Unit) -> Duration {
        Duration { value, unit, span: HERE }
    }

    fn lowered(expr: &Expr<'_>) -> (Predicate, Vec<String>) {
        let mut slots = Slots::default();
        let predicate = lower(expr, &mut slots, "2026-08-31T12:00:00Z".parse().unwrap());
        (predicate, slots.into_paths())
    }

    #[test]
    fn words_are_texts_and_backquotes_are_fields() {
        let (predicate, paths) = lowered(&Expr::And(vec![
            compared("a", Operator::Equal, Literal::Word("b")),
            compared("a", Operator::Less, Literal::Field(path("b"))),
        ]));
        assert_eq!(paths, ["a", "b"]);
        let text = Constant::Text("b".into());
        assert_eq!(
            predicate,
            Predicate::All(vec![
                Predicate::Compare { slot: 0, operator: Operator::Equal, constant: text },
                Predicate::CompareFields { left: 0, operator: Operator::Less, right: 1 },
            ])
        );
    }

    #[test]
    fn null_asks_whether_a_value_is_missing() {
        let missing = Predicate::IsMissing(0);
        assert_eq!(lowered(&compared("a", Operator::Equal, Literal::Null)).0, missing);
        assert_eq!(lowered(&compared("a", Operator::NotEqual, Literal::Null)).0, negate(missing.clone()));
        assert_eq!(lowered(&Expr::Exists(path("a"))).0, negate(missing));
        let (predicate, paths) = lowered(&compared("a", Operator::Less, Literal::Null));
        assert_eq!((predicate, paths), (Predicate::Any(Vec::new()), vec!["a".to_owned()]));
    }

    #[test]
    fn lists_and_ranges_become_simpler_conditions() {
        let list = |negated, values| Expr::In { left: path("a"), negated, values, span: HERE };
        let one = || operand(Literal::Number(1.0));
        let plain = Predicate::In { slot: 0, constants: vec![Constant::Number(1.0)] };
        assert_eq!(lowered(&list(false, vec![one()])).0, plain);
        assert_eq!(lowered(&list(true, vec![one()])).0, negate(plain.clone()));
        assert_eq!(
            lowered(&list(false, vec![one(), operand(Literal::Null)])).0,
            Predicate::Any(vec![Predicate::IsMissing(0), plain])
        );
        let compare = |operator, number| Predicate::Compare { slot: 0, operator, constant: Constant::Number(number) };
        assert_eq!(
            lowered(&Expr::Between { left: path("a"), low: one(), high: operand(Literal::Number(2.0)) }).0,
            Predicate::All(vec![compare(Operator::GreaterOrEqual, 1.0), compare(Operator::LessOrEqual, 2.0)])
        );
    }

    #[test]
    fn ages_are_counted_on_the_calendar() {
        let now: Timestamp = "2026-08-31T12:00:00Z".parse().unwrap();
        let cases = [
            (length(6.0, Unit::Months), "2026-02-28T12:00:00Z", 180.0),
            (length(2.0, Unit::Quarters), "2026-02-28T12:00:00Z", 182.0),
            (length(1.0, Unit::Years), "2025-08-31T12:00:00Z", 365.0),
            (length(2.0, Unit::Weeks), "2026-08-17T12:00:00Z", 14.0),
            (length(90.0, Unit::Minutes), "2026-08-31T10:30:00Z", 0.0625),
        ];
        for (duration, since, in_days) in cases {
            let age = Constant::Age { since: since.parse().unwrap(), days: in_days };
            assert_eq!(constant(&Literal::Duration(duration), now), Some(age), "{duration:?}");
        }
        assert_eq!(after(now, &length(6.0, Unit::Months)).to_string(), "2027-02-28T12:00:00Z");
    }

    #[test]
    fn durations_beyond_the_calendar_end_with_it() {
        let now: Timestamp = "2026-08-31T12:00:00Z".parse().unwrap();
        for value in [1e9, 1e12, 1e300, f64::INFINITY] {
            for unit in [Unit::Days, Unit::Months, Unit::Years] {
                assert_eq!(after(now, &length(value, unit)), Timestamp::MAX, "{value} {unit:?}");
                assert_eq!(moved(now, &length(value, unit), -1), Timestamp::MIN, "{value} {unit:?}");
            }
        }
    }
}
