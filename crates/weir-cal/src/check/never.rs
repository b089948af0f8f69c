//! Conditions that no entity can meet, whatever its values: `a > 5 AND a < 3`.

use std::fmt::Write as _;

use indexmap::IndexMap;

use super::Checker;
use crate::{
    ast::{Expr, Literal, Operand, Operator, Path, Unit},
    diagnostic::Diagnostic,
    span::Span,
};

/// How many combinations of facts are tried for one condition.
const TRIES: usize = 10_000;

impl<'s> Checker<'_, 's> {
    /// Says so where a condition, or a branch of it, never holds.
    pub(super) fn never(&mut self, expr: &Expr<'s>) {
        let mut tries = TRIES;
        if let Some(why) = never(expr, false, &Facts::default(), &mut tries) {
            self.say(expr, "this condition never holds", why);
        } else {
            self.branches_of(expr, &mut tries);
        }
    }

    fn branches_of(&mut self, expr: &Expr<'s>, tries: &mut usize) {
        match expr {
            Expr::Or(parts) => {
                for part in parts {
                    match never(part, false, &Facts::default(), tries) {
                        Some(why) => self.say(part, "this part of the condition never holds", why),
                        None => self.branches_of(part, tries),
                    }
                }
            }
            Expr::And(parts) => parts.iter().for_each(|part| self.branches_of(part, tries)),
            _ => {}
        }
    }

    fn say(&mut self, expr: &Expr<'s>, what: &str, why: String) {
        let found = Diagnostic::warning("never-true", place(expr), what).label("never holds");
        self.report(found.help(why));
    }
}

/// From the first to the last byte of a condition.
fn place(expr: &Expr<'_>) -> Span {
    match expr {
        Expr::And(parts) | Expr::Or(parts) => match (parts.first(), parts.last()) {
            (Some(first), Some(last)) => place(first).to(place(last)),
            _ => Span::default(),
        },
        Expr::Not(_, span) | Expr::In { span, .. } => *span,
        Expr::Compare { left, right, .. } | Expr::Contains { left, right } => left.span.to(right.span),
        Expr::Between { left, high, .. } => left.span.to(high.span),
        Expr::Exists(path) | Expr::Holds(path) => path.span,
    }
}

/// Why a condition cannot hold beside `facts`.
fn never(expr: &Expr<'_>, negated: bool, facts: &Facts, tries: &mut usize) -> Option<String> {
    *tries = tries.checked_sub(1)?;
    match (expr, negated) {
        (Expr::Not(inner, _), _) => never(inner, !negated, facts, tries),
        (Expr::And(parts), false) | (Expr::Or(parts), true) => {
            let mut facts = facts.clone();
            let mut alternatives = Vec::new();
            if let Err(why) = all(parts, negated, &mut facts, &mut alternatives) {
                return Some(why);
            }
            alternatives.into_iter().find_map(|(part, negated)| never(part, negated, &facts, tries))
        }
        (Expr::Or(parts), false) | (Expr::And(parts), true) => {
            let mut first = None;
            for part in parts {
                let why = never(part, negated, facts, tries)?;
                first.get_or_insert(why);
            }
            first
        }
        (atom, negated) => facts.clone().add(atom, negated).err(),
    }
}

/// A part that holds in several ways, and whether it stands under `NOT`.
type Alternatives<'e, 's> = Vec<(&'e Expr<'s>, bool)>;

fn all<'e, 's>(
    parts: &'e [Expr<'s>],
    negated: bool,
    facts: &mut Facts,
    alternatives: &mut Alternatives<'e, 's>,
) -> Result<(), String> {
    for part in parts {
        let (mut part, mut negated) = (part, negated);
        while let Expr::Not(inner, _) = part {
            (part, negated) = (inner.as_ref(), !negated);
        }
        match (part, negated) {
            (Expr::And(parts), false) | (Expr::Or(parts), true) => all(parts, negated, facts, alternatives)?,
            (Expr::And(_) | Expr::Or(_), _) => alternatives.push((part, negated)),
            (atom, negated) => facts.add(atom, negated)?,
        }
    }
    Ok(())
}

/// Each value of a list is compared with those of the others: of longer lists nothing is said.
const LISTED: usize = 100;

/// A constant that a field can be equal to.
#[derive(Debug, Clone, PartialEq)]
enum Key {
    Number(f64),
    Text(String),
    Bool(bool),
}

impl Key {
    fn of(literal: &Literal<'_>) -> Option<Self> {
        Some(match literal {
            Literal::Number(number) => Self::Number(*number),
            Literal::Text(text) => Self::Text(text.to_string()),
            Literal::Word(word) => Self::Text((*word).to_owned()),
            Literal::Bool(value) => Self::Bool(*value),
            // The bounds of a field are in doubles, to which such a number is its neighbor.
            Literal::Integer(_) => return None,
            Literal::Null | Literal::Duration(_) | Literal::Field(_) => return None,
        })
    }

    fn words(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => format!("{text:?}"),
            Self::Bool(value) => value.to_string(),
        }
    }
}

/// What must be true of one field.
#[derive(Debug, Clone, Default)]
struct Fact {
    /// The lower end, and whether it is left out.
    low: Option<(f64, bool)>,
    /// The upper end, and whether it is left out.
    high: Option<(f64, bool)>,
    one_of: Option<Vec<Key>>,
    none_of: Vec<Key>,
    present: bool,
    missing: bool,
}

/// What must be true of all fields for a condition to hold. Ages are apart, by their unit.
#[derive(Debug, Clone, Default)]
struct Facts(IndexMap<(String, Option<Unit>), Fact>);

impl Facts {
    /// Adds an atom of a condition; the error says why it cannot be beside the others.
    fn add(&mut self, atom: &Expr<'_>, negated: bool) -> Result<(), String> {
        match atom {
            Expr::Compare { left, operator, right } => {
                let operator = if negated { inverse(operator.value) } else { operator.value };
                self.compare(left, operator, right)
            }
            Expr::In { left, negated: not, values, .. } => {
                let keys: Option<Vec<Key>> = values.iter().map(|value| Key::of(&value.value)).collect();
                let Some(keys) = keys else { return Ok(()) };
                self.on(left, None, |fact| {
                    fact.present = true;
                    if *not == negated { fact.among(keys) } else { fact.not_among(keys) }
                })
            }
            Expr::Between { left, low, high } if !negated => {
                self.compare(left, Operator::GreaterOrEqual, low)?;
                self.compare(left, Operator::LessOrEqual, high)
            }
            Expr::Between { left, .. } | Expr::Contains { left, .. } => self.on(left, None, |fact| fact.present = true),
            Expr::Exists(path) => {
                self.on(path, None, |fact| if negated { fact.missing = true } else { fact.present = true })
            }
            Expr::Holds(path) => self.on(path, None, |fact| {
                fact.present = true;
                fact.among(vec![Key::Bool(!negated)]);
            }),
            Expr::And(_) | Expr::Or(_) | Expr::Not(..) => Ok(()),
        }
    }

    fn compare(&mut self, left: &Path<'_>, operator: Operator, right: &Operand<'_>) -> Result<(), String> {
        let (number, unit) = match &right.value {
            Literal::Null => {
                return match operator {
                    Operator::Equal => self.on(left, None, |fact| fact.missing = true),
                    Operator::NotEqual => self.on(left, None, |fact| fact.present = true),
                    // It is said where the types are looked at.
                    _ => Err("nothing is less or more than `null`".to_owned()),
                };
            }
            Literal::Field(_) => return self.on(left, None, |fact| fact.present = true),
            Literal::Number(number) => (Some(*number), None),
            Literal::Duration(duration) => (Some(duration.value), Some(duration.unit)),
            _ => (None, None),
        };
        self.on(left, None, |fact| fact.present = true)?;
        let key = if unit.is_some() { number.map(Key::Number) } else { Key::of(&right.value) };
        self.on(left, unit, |fact| {
            fact.present = true;
            match (operator, number, key) {
                (Operator::Equal, _, Some(key)) => fact.among(vec![key]),
                (Operator::NotEqual, _, Some(key)) => fact.not_among(vec![key]),
                (Operator::Less, Some(number), _) => fact.below(number, true),
                (Operator::LessOrEqual, Some(number), _) => fact.below(number, false),
                (Operator::Greater, Some(number), _) => fact.above(number, true),
                (Operator::GreaterOrEqual, Some(number), _) => fact.above(number, false),
                _ => {}
            }
        })
    }

    fn on(&mut self, path: &Path<'_>, unit: Option<Unit>, change: impl FnOnce(&mut Fact)) -> Result<(), String> {
        let fact = self.0.entry((path.text.to_string(), unit)).or_default();
        change(fact);
        match fact.contradiction(unit) {
            Some(why) => Err(format!("`{}` would have to be {why}", path.text)),
            None => Ok(()),
        }
    }
}

fn inverse(operator: Operator) -> Operator {
    match operator {
        Operator::Equal => Operator::NotEqual,
        Operator::NotEqual => Operator::Equal,
        Operator::Less => Operator::GreaterOrEqual,
        Operator::LessOrEqual => Operator::Greater,
        Operator::Greater => Operator::LessOrEqual,
        Operator::GreaterOrEqual => Operator::Less,
    }
}

impl Fact {
    fn not_among(&mut self, keys: Vec<Key>) {
        if self.none_of.len() + keys.len() <= LISTED {
            self.none_of.extend(keys);
        }
    }

    fn among(&mut self, keys: Vec<Key>) {
        if keys.len() > LISTED {
            return;
        }
        match &mut self.one_of {
            // Nothing left: what was there before stays, for the words; `none_of` rules it out.
            Some(before) if !before.iter().any(|key| keys.contains(key)) => {
                self.none_of.extend(before.clone());
                before.extend(keys.iter().cloned());
                self.none_of.extend(keys);
            }
            Some(before) => before.retain(|key| keys.contains(key)),
            None => self.one_of = Some(keys),
        }
    }

    fn above(&mut self, number: f64, strict: bool) {
        if self.low.is_none_or(|(low, was)| number > low || (number == low && strict && !was)) {
            self.low = Some((number, strict));
        }
    }

    fn below(&mut self, number: f64, strict: bool) {
        if self.high.is_none_or(|(high, was)| number < high || (number == high && strict && !was)) {
            self.high = Some((number, strict));
        }
    }

    fn within(&self, number: f64) -> bool {
        self.low.is_none_or(|(low, strict)| number > low || (number == low && !strict))
            && self.high.is_none_or(|(high, strict)| number < high || (number == high && !strict))
    }

    fn contradiction(&self, unit: Option<Unit>) -> Option<String> {
        let unit = unit.map(|unit| format!(" {}", unit.word())).unwrap_or_default();
        if self.missing && self.present {
            return Some("missing and have a value".to_owned());
        }
        if let (Some((low, from)), Some((high, to))) = (self.low, self.high)
            && (low > high || (low == high && (from || to)))
        {
            let (above, below) = (if from { "above" } else { "at least" }, if to { "below" } else { "at most" });
            return Some(format!("{above} {low}{unit} and {below} {high}{unit}"));
        }
        let keys = self.one_of.as_ref()?;
        let bounded = self.low.is_some() || self.high.is_some();
        let possible = |key: &&Key| {
            !self.none_of.contains(key)
                && match key {
                    Key::Number(number) => self.within(*number),
                    _ => !bounded,
                }
        };
        if keys.is_empty() || keys.iter().any(|key| possible(&key)) {
            return None;
        }
        let mut words = keys.iter().take(4).map(Key::words).collect::<Vec<_>>().join(" and ");
        if keys.len() == 1 && !bounded {
            words = format!("{words} and not {words}");
        }
        for (word, end) in [("above", self.low), ("below", self.high)] {
            if let Some((number, strict)) = end {
                let _ = write!(words, " and {word} {number}{unit}");
                if !strict {
                    words.push_str(" or equal to it");
                }
            }
        }
        Some(if keys.len() > 1 { format!("{words} at once") } else { words })
    }
}
