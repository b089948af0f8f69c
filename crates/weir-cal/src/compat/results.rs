//! The results of a script by their names, as a JavaScript object keeps them.

use indexmap::IndexMap;

use crate::compat::{
    Json,
    prototype::{Kind, Property, inherited},
};

/// What a plain object is to the reference: names of all objects are found in it, and `__proto__` is no name but what
/// it inherits from.
#[derive(Debug, Default)]
pub(super) struct Results {
    own: IndexMap<String, Json>,
    prototype: Option<Json>,
}

impl Results {
    /// `results[name] = value`, of an object.
    pub(super) fn set(&mut self, name: &str, value: Json) {
        if name == "__proto__" {
            self.prototype = Some(value);
        } else {
            self.own.insert(name.to_owned(), value);
        }
    }

    /// `results[name]`.
    pub(super) fn get(&self, name: &str) -> Property<'_> {
        match (self.own.get(name), &self.prototype) {
            (Some(value), _) => Property::Own(value),
            (None, Some(prototype)) if name == "__proto__" => Property::Own(prototype),
            (None, Some(prototype)) => Property::of(prototype, name),
            (None, None) => inherited(Kind::Object, name),
        }
    }

    /// `Object.keys(results)`.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.own.keys().map(String::as_str)
    }

    /// What is left in the end.
    pub(super) fn into_outputs(self) -> Json {
        Json::Object(self.own)
    }
}
