//! Entities in memory, for tests and for programs that embed the language.

use indexmap::IndexMap;
use serde_json::Value;

use crate::{
    near::near,
    source::{
        Query, Receiver, Scanned, Schema, Source, SourceError,
        json::{Paths, survey_tree},
        table::Buffer,
    },
};

/// Collections of entities in memory.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    collections: IndexMap<String, Vec<Value>>,
}

impl Memory {
    /// Without collections.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With a collection, instead of one that has the same name.
    #[must_use]
    pub fn with(mut self, collection: impl Into<String>, entities: Vec<Value>) -> Self {
        self.collections.insert(collection.into(), entities);
        self
    }

    fn collection(&self, name: &str) -> Result<&[Value], SourceError> {
        self.collections.get(name).map(Vec::as_slice).ok_or_else(|| SourceError::UnknownCollection {
            name: name.to_owned(),
            place: self.place(),
            near: near(name, self.collections.keys().map(String::as_str)),
        })
    }
}

impl Source for Memory {
    fn place(&self) -> String {
        "memory".to_owned()
    }

    fn collections(&self) -> Result<Vec<String>, SourceError> {
        let mut names: Vec<String> = self.collections.keys().cloned().collect();
        names.sort();
        Ok(names)
    }

    fn schema(&self, collection: &str) -> Result<Schema, SourceError> {
        Ok(survey_tree(self.collection(collection)?.iter()))
    }

    fn scan(&self, collection: &str, query: &Query, each: &mut Receiver<'_>) -> Result<Scanned, SourceError> {
        let entities = self.collection(collection)?;
        let mut paths = Paths::new(&query.paths);
        let mut buffer = Buffer::new(query.paths.len());
        for entity in entities {
            paths.fill_from(entity, &mut buffer);
            each(buffer.row(), None)?;
        }
        Ok(buffer.finish(entities.len() as u64))
    }

    fn entities(
        &self,
        collection: &str,
        each: &mut dyn FnMut(Value) -> Result<(), SourceError>,
    ) -> Result<(), SourceError> {
        self.collection(collection)?.iter().cloned().try_for_each(each)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{source::Field, value::Type};

    #[test]
    fn rows_have_the_asked_for_fields() {
        let memory = Memory::new().with(
            "services",
            vec![
                json!({"id": "a", "dimensions": {"D5": 3.5}, "levels": {"D5": 0}}),
                json!({"id": "b", "a.b": true, "dimensions": null}),
            ],
        );
        let paths = ["id", "dimensions.D5", "dimensions", "a.b", "none"].map(str::to_owned).to_vec();
        let mut rows = Vec::new();
        let scanned = memory
            .scan("services", &Query { paths, filter: None }, &mut |row, truth| {
                assert_eq!(truth, None);
                rows.push(row.to_vec());
                Ok(())
            })
            .unwrap();
        use crate::value::Value::{Bool, Missing, Number, Text, Tree};
        let tree = Tree(Box::new(json!({"D5": 3.5})));
        assert_eq!(
            rows,
            [
                vec![Text("a".into()), Number(3.5), tree, Missing, Missing],
                vec![Text("b".into()), Missing, Missing, Bool(true), Missing],
            ]
        );
        assert_eq!(scanned.total, 2);
        assert_eq!(scanned.seen, [vec![Type::Text], vec![Type::Number], vec![Type::Tree], vec![Type::Bool], vec![]]);
    }

    #[test]
    fn the_schema_has_the_fields_and_unknown_names_have_near_ones() {
        let memory = Memory::new().with("services", vec![json!({"id": "a", "metadata": {"n": 1}}), json!({"id": 2})]);
        let field = |path: &str, types: &[Type]| Field { path: path.to_owned(), types: types.to_vec() };
        let schema = memory.schema("services").unwrap();
        assert_eq!(schema.fields, [field("id", &[Type::Integer, Type::Text]), field("metadata.n", &[Type::Integer])]);
        assert!(schema.complete);
        let error = memory.schema("service").unwrap_err();
        assert_eq!(error.to_string(), "no collection `service` in memory: did you mean `services`?");
    }
}
