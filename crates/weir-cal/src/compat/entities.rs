//! The entities of a source as the first edition sees them.

use crate::{
    compat::{Collections, Json},
    source::{Source, SourceError},
};

/// A source. What it does not have the reference takes for empty.
#[derive(Clone, Copy)]
pub struct Entities<'a>(pub &'a dyn Source);

impl Collections for Entities<'_> {
    fn entities(&self, name: &str) -> Result<Option<Vec<Json>>, String> {
        let mut entities = Vec::new();
        let read = self.0.entities(name, &mut |entity| {
            entities.push(entity.into());
            Ok(())
        });
        match read {
            Ok(()) => Ok(Some(entities)),
            Err(SourceError::UnknownCollection { .. }) => Ok(None),
            Err(error) => Err(format!("Failed to load {name}: {error}")),
        }
    }
}

impl From<serde_json::Value> for Json {
    fn from(value: serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(value),
            serde_json::Value::Number(number) => Self::Number(number.as_f64().unwrap_or(f64::NAN)),
            serde_json::Value::String(text) => Self::String(text),
            serde_json::Value::Array(items) => Self::Array(items.into_iter().map(Self::from).collect()),
            serde_json::Value::Object(members) => {
                Self::Object(members.into_iter().map(|(name, value)| (name, value.into())).collect())
            }
        }
    }
}
