//! Which fields entities have, and of which types.

use indexmap::IndexMap;

use crate::{
    source::{
        Field, Schema,
        json::{
            cursor::{Cursor, Fault},
            paths::value,
        },
        table::Seen,
    },
    value::{Type, Value},
};

/// How many fields are listed. Objects that are used as tables have as many keys as they have rows.
const FIELDS: usize = 10_000;

/// Collects the fields of entities in the order in which they appear.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    fields: IndexMap<String, Seen>,
    /// There are more fields than are listed.
    more: bool,
}

impl Survey {
    /// Adds an entity.
    pub(crate) fn entity(&mut self, text: &str) -> Result<(), Fault> {
        let mut cursor = Cursor::new(text);
        if cursor.peek() != Some(b'{') {
            let fault = Fault { at: 0, message: "an entity is an object in `{}`" };
            return Err(cursor.skip().and_then(|()| cursor.end()).err().unwrap_or(fault));
        }
        self.value(String::new(), &mut cursor)?;
        cursor.end()
    }

    fn value(&mut self, path: String, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        match cursor.peek() {
            Some(b'{') => {
                cursor.enter()?;
                let mut first = true;
                while let Some(key) = cursor.key(&mut first)? {
                    self.value(join(&path, &key), cursor)?;
                }
                // An object without keys is the only trace of itself.
                if first && !path.is_empty() {
                    self.add(path, |seen| seen.of(Type::Tree));
                }
                Ok(())
            }
            Some(b'[') => {
                cursor.skip()?;
                self.add(path, |seen| seen.of(Type::Tree));
                Ok(())
            }
            _ => {
                let value = cursor.scalar()?;
                self.add(path, |seen| seen.value(&value));
                Ok(())
            }
        }
    }

    fn add(&mut self, path: String, note: impl FnOnce(&mut Seen)) {
        if let Some(seen) = self.fields.get_mut(&path) {
            note(seen);
        } else if self.fields.len() < FIELDS {
            note(self.fields.entry(path).or_default());
        } else {
            self.more = true;
        }
    }

    /// `all`: no entity was left out.
    pub(crate) fn finish(self, all: bool) -> Schema {
        let fields = self.fields.into_iter().map(|(path, seen)| Field { path, types: seen.types() });
        Schema { fields: fields.collect(), complete: all && !self.more }
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// The fields of entities that were read before.
pub(crate) fn survey_tree<'e>(entities: impl Iterator<Item = &'e serde_json::Value>) -> Schema {
    let mut survey = Survey::default();
    for entity in entities {
        tree(&mut survey, String::new(), entity);
    }
    survey.finish(true)
}

fn tree(survey: &mut Survey, path: String, entity: &serde_json::Value) {
    match entity.as_object() {
        Some(members) if !members.is_empty() => {
            for (key, member) in members {
                tree(survey, join(&path, key), member);
            }
        }
        Some(_) if path.is_empty() => {}
        _ => {
            let value: Value = value(entity);
            survey.add(path, |seen| seen.value(&value));
        }
    }
}
