//! One collection, and the row that is filled again for every entity.

use crate::{
    source::{Query, Receiver, Row, Scanned, Schema, SourceError},
    value::{Type, Value},
};

/// Takes whole entities.
pub(crate) type EntityReceiver<'r> = dyn FnMut(serde_json::Value) -> Result<(), SourceError> + 'r;

/// One collection of a place.
pub(crate) trait Table {
    /// Its fields.
    fn schema(&self) -> Result<Schema, SourceError>;

    /// Hands over the rows that a query may match.
    fn scan(&self, query: &Query, each: &mut Receiver<'_>) -> Result<Scanned, SourceError>;

    /// Hands over whole entities.
    fn entities(&self, each: &mut EntityReceiver<'_>) -> Result<(), SourceError>;
}

/// The types that were seen in a field, and whether it was seen at all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Seen(u8);

const TYPES: [Type; 6] = [Type::Bool, Type::Integer, Type::Number, Type::Text, Type::Time, Type::Tree];
const NULL: u8 = 1 << 6;

impl Seen {
    pub(crate) fn value(&mut self, value: &Value) {
        self.0 |= value.type_of().map_or(NULL, bit);
    }

    pub(crate) fn of(&mut self, kind: Type) {
        self.0 |= bit(kind);
    }

    pub(crate) fn with(mut self, kind: Type) -> Self {
        self.of(kind);
        self
    }

    /// Seen, if only without a value.
    pub(crate) fn with_null(mut self) -> Self {
        self.0 |= NULL;
        self
    }

    /// In the order of [`Type`].
    pub(crate) fn types(self) -> Vec<Type> {
        TYPES.into_iter().filter(|kind| self.0 & bit(*kind) != 0).collect()
    }

    /// As [`Scanned::seen`] wants them: what is there and always null counts as a text.
    pub(crate) fn found(self) -> Vec<Type> {
        if self.0 == NULL { vec![Type::Text] } else { self.types() }
    }
}

fn bit(kind: Type) -> u8 {
    match kind {
        Type::Bool => 1,
        Type::Integer => 1 << 1,
        Type::Number => 1 << 2,
        Type::Text => 1 << 3,
        Type::Time => 1 << 4,
        Type::Tree => 1 << 5,
    }
}

/// A row of which only what was filled is cleared.
#[derive(Debug)]
pub(crate) struct Buffer {
    values: Vec<Value>,
    filled: Vec<usize>,
    seen: Vec<Seen>,
}

impl Buffer {
    pub(crate) fn new(slots: usize) -> Self {
        Self { values: vec![Value::Missing; slots], filled: Vec::new(), seen: vec![Seen::default(); slots] }
    }

    pub(crate) fn row(&self) -> &Row {
        &self.values
    }

    /// Makes every value missing.
    pub(crate) fn clear(&mut self) {
        for slot in self.filled.drain(..) {
            if let Some(value) = self.values.get_mut(slot) {
                *value = Value::Missing;
            }
        }
    }

    pub(crate) fn set(&mut self, slot: usize, value: Value) {
        if let Some(seen) = self.seen.get_mut(slot) {
            seen.value(&value);
        }
        if let Some(place) = self.values.get_mut(slot) {
            if *place == Value::Missing {
                self.filled.push(slot);
            }
            *place = value;
        }
    }

    /// Takes a value back.
    pub(crate) fn unset(&mut self, slot: usize) {
        if let Some(place) = self.values.get_mut(slot) {
            *place = Value::Missing;
        }
    }

    /// Notes that the field is there, whatever its value.
    pub(crate) fn note(&mut self, slot: usize, seen: Seen) {
        if let Some(place) = self.seen.get_mut(slot) {
            place.0 |= seen.0;
        }
    }

    pub(crate) fn finish(self, total: u64) -> Scanned {
        Scanned { total, seen: self.seen.into_iter().map(Seen::found).collect() }
    }
}

/// A number as JSON writes it. `None` where it is too large to be finite.
pub(crate) fn number(text: &str) -> Option<Value> {
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
        && let Ok(whole) = text.parse()
    {
        return Some(Value::Integer(whole));
    }
    text.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Number)
}

/// An entity of columns: `dimensions.D5` is the member `D5` of the object `dimensions`.
pub(crate) fn nested<'c>(members: impl IntoIterator<Item = (&'c str, serde_json::Value)>) -> serde_json::Value {
    let mut entity = serde_json::Map::new();
    for (path, value) in members {
        insert(&mut entity, path, value);
    }
    entity.into()
}

fn insert(object: &mut serde_json::Map<String, serde_json::Value>, path: &str, value: serde_json::Value) {
    if let Some((key, rest)) = path.split_once('.')
        && !key.is_empty()
        && !rest.is_empty()
    {
        let inner = object.entry(key).or_insert_with(|| serde_json::Map::new().into());
        if let Some(inner) = inner.as_object_mut() {
            insert(inner, rest, value);
            return;
        }
    }
    object.insert(path.to_owned(), value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_what_they_say() {
        let cases = [
            ("0", Some(Value::Integer(0))),
            ("-0", Some(Value::Integer(0))),
            ("9007199254740993", Some(Value::Integer(9_007_199_254_740_993))),
            ("9223372036854775807", Some(Value::Integer(i64::MAX))),
            ("9223372036854775808", Some(Value::Number(9_223_372_036_854_775_808.0))),
            ("0.30000000000000004", Some(Value::Number(0.1 + 0.2))),
            ("1e3", Some(Value::Number(1000.0))),
            ("1e999", None),
        ];
        for (text, expected) in cases {
            assert_eq!(number(text), expected, "{text}");
        }
    }

    #[test]
    fn a_buffer_forgets_the_row_and_remembers_the_types() {
        let mut buffer = Buffer::new(3);
        buffer.set(0, Value::Bool(true));
        buffer.set(2, Value::Missing);
        buffer.clear();
        assert_eq!(buffer.row(), [Value::Missing, Value::Missing, Value::Missing]);
        buffer.set(0, Value::Integer(1));
        let scanned = buffer.finish(2);
        assert_eq!(scanned.seen, [vec![Type::Bool, Type::Integer], vec![], vec![Type::Text]]);
    }
}
