//! Rows as observations: what was seen of what, and when.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    ast::Expr,
    run::{
        condition::{self, Mismatch},
        lower::{Slots, lower},
        near::near,
    },
    source::{Query, Row, Schema, Source, SourceError},
    value::{Truth, Value, instant},
};

use super::has_age;

/// The fields that say when, first one first.
pub(crate) const TIMES: [&str; 5] = ["at", "time", "timestamp", "ts", "date"];

/// The fields that say of what.
const ENTITIES: [&str; 4] = ["entity", "id", "name", "service"];

/// How many observations one watch takes. They must be kept, because rows come in any order.
const OBSERVATIONS: usize = 5_000_000;

/// From here on a number is in milliseconds: as seconds it would lie in the year 5138.
const MILLISECONDS: f64 = 1e11;

/// The observations of a collection.
#[derive(Debug, Default)]
pub(super) struct Observed {
    /// By name; each in the order of time, no time twice.
    pub(super) entities: BTreeMap<String, Vec<(Timestamp, Truth)>>,
    pub(super) unknown: usize,
    pub(super) untimed: usize,
}

pub(super) fn observe(
    condition: &Expr<'_>,
    collection: &str,
    source: &dyn Source,
    now: Timestamp,
) -> Result<Observed, SourceError> {
    let schema = source.schema(collection)?;
    let mut slots = Slots::default();
    let fixed = lower(condition, &mut slots, now);
    let conditions = slots.len();
    let mut ask = |path: &&str| possible(&schema, path).then(|| slots.slot(path));
    let times: Vec<usize> = TIMES.iter().filter_map(&mut ask).collect();
    let names: Vec<usize> = ENTITIES.iter().filter_map(&mut ask).collect();
    let ages = has_age(condition);
    let mut again = slots.clone();
    let query = Query { paths: slots.into_paths(), filter: None };
    let mut observed = Observed::default();
    let (mut rows, mut timed) = (0_usize, false);
    let mut without: Vec<(String, Truth)> = Vec::new();
    let scanned = source.scan(collection, &query, &mut |row, _| {
        rows += 1;
        if rows > OBSERVATIONS {
            return Err(SourceError::Stopped(format!("`{collection}` has more than {OBSERVATIONS} observations")));
        }
        let at = times.iter().find_map(|slot| value(row, *slot));
        timed |= at.is_some();
        let at = match at.map(time) {
            // A time that cannot be read is none.
            Some(None) => {
                observed.untimed += 1;
                return Ok(());
            }
            Some(Some(at)) if at > now => return Ok(()),
            at => at.flatten(),
        };
        let truth = match at {
            // How old something was when it was observed, not how old it is today.
            Some(at) if ages => condition::truth(&lower(condition, &mut again, at), row),
            _ => condition::truth(&fixed, row),
        };
        let truth = truth.map_err(|found| mismatch(collection, &query, &found, row))?;
        let name = names.iter().find_map(|slot| value(row, *slot).and_then(name)).unwrap_or_default();
        match at {
            Some(at) => observed.entities.entry(name).or_default().push((at, truth)),
            None => without.push((name, truth)),
        }
        Ok(())
    })?;
    let absent = scanned.seen.iter().take(conditions).position(Vec::is_empty).filter(|_| scanned.total > 0);
    // A field that is always null is there, and not known.
    let listed = |field: &&String| schema.fields.iter().any(|other| other.path == **field);
    if let Some(field) = absent.and_then(|slot| query.paths.get(slot)).filter(|field| !listed(field)) {
        let near = near(field, schema.fields.iter().map(|field| field.path.as_str()));
        return Err(SourceError::UnknownField { collection: collection.to_owned(), field: field.clone(), near });
    }
    if timed {
        observed.untimed += without.len();
    } else {
        for (name, truth) in without {
            observed.entities.entry(name).or_default().push((now, truth));
        }
    }
    for observations in observed.entities.values_mut() {
        observations.sort_by_key(|(at, _)| *at);
        observations.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                kept.1 = kept.1.and(later.1);
            }
            same
        });
        observed.unknown += observations.iter().filter(|(_, truth)| *truth == Truth::Unknown).count();
    }
    Ok(observed)
}

/// A declared list of fields says what there is; a sampled one does not.
fn possible(schema: &Schema, path: &str) -> bool {
    !schema.complete || schema.fields.iter().any(|field| field.path == path)
}

fn value(row: &Row, slot: usize) -> Option<&Value> {
    row.get(slot).filter(|value| **value != Value::Missing)
}

/// A value as a point in time.
pub(crate) fn time(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Time(time) => Some(*time),
        Value::Text(text) => instant(text),
        Value::Integer(_) | Value::Number(_) => {
            let number = value.as_number().filter(|number| number.is_finite() && number.abs() < 1e15)?;
            let milliseconds = if number.abs() < MILLISECONDS { number * 1000.0 } else { number };
            #[expect(clippy::cast_possible_truncation, reason = "it is below 2^63, and nothing is finer")]
            let milliseconds = milliseconds.round() as i64;
            Timestamp::from_millisecond(milliseconds).ok()
        }
        Value::Missing | Value::Bool(_) | Value::Tree(_) => None,
    }
}

pub(crate) fn name(value: &Value) -> Option<String> {
    Some(match value {
        Value::Text(text) if !text.is_empty() => text.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    })
}

fn mismatch(collection: &str, query: &Query, found: &Mismatch, row: &Row) -> SourceError {
    let declared = match row.get(found.slot) {
        Some(Value::Bool(_)) => "a truth value",
        Some(Value::Integer(_) | Value::Number(_)) => "a number",
        Some(Value::Text(_)) => "a text",
        Some(Value::Time(_)) => "a point in time",
        Some(Value::Tree(_)) => "a list or an object",
        Some(Value::Missing) | None => "missing",
    };
    SourceError::TypeMismatch {
        collection: collection.to_owned(),
        field: query.paths.get(found.slot).cloned().unwrap_or_default(),
        declared: declared.to_owned(),
        constant: found.with.clone(),
    }
}
