//! What the source knows about the collections of a script.

use std::cell::Cell;

use super::Checker;
use crate::{
    ast::Name,
    diagnostic::{Diagnostic, Severity},
    source::{Field, Query, Schema, SourceError},
    value::{Type, Value, instant},
};

/// What a path of a collection holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Holds {
    /// Values of these types; nothing but null where there is none.
    Types(Vec<Type>),
    /// It cannot be said.
    Open,
    /// The collection has no such field.
    Nothing,
}

impl<'s> Checker<'_, 's> {
    /// Looks a collection up.
    pub(super) fn find(&mut self, name: Name<'s>, severity: Severity) {
        let Some(source) = self.source else { return };
        if self.schemas.contains_key(name.value) {
            return;
        }
        let schema = match source.schema(name.value) {
            Ok(schema) => Some(schema),
            Err(SourceError::UnknownCollection { place, near, .. }) => {
                let message = format!("no collection `{}` in {place}", name.value);
                let found = Diagnostic::new(severity, "unknown-collection", name.span, message);
                let found = if near.is_empty() {
                    let known = source.collections().unwrap_or_default();
                    let known: Vec<&str> = known.iter().take(8).map(String::as_str).collect();
                    if known.is_empty() { found } else { found.help(format!("there is `{}`", known.join("`, `"))) }
                } else {
                    self.meant_name(found, &near)
                };
                self.report(found);
                None
            }
            Err(error) => {
                self.report(Diagnostic::new(severity, "unreadable", name.span, error.to_string()));
                None
            }
        };
        self.schemas.insert(name.value.to_owned(), schema);
    }

    /// The first text that a field holds and that is no point in time.
    pub(super) fn no_time(&self, collection: &str, path: &str) -> Option<String> {
        let source = self.source?;
        let query = Query { paths: vec![path.to_owned()], filter: None };
        let (found, left) = (Cell::new(None), Cell::new(1000_u32));
        // The first rows say enough, and a collection may have millions.
        let _ = source.scan(collection, &query, &mut |row, _| {
            if let Some(Value::Text(text)) = row.first()
                && instant(text).is_none()
            {
                found.set(Some(text.to_string()));
            }
            left.set(left.get().saturating_sub(1));
            let known = found.take();
            let enough = left.get() == 0 || known.is_some();
            found.set(known);
            if enough { Err(SourceError::Stopped(String::new())) } else { Ok(()) }
        });
        found.into_inner()
    }
}

/// What a path holds.
pub(super) fn holds(schema: &Schema, path: &str) -> Holds {
    // Of an empty collection nothing can be said.
    if schema.fields.is_empty() {
        return Holds::Open;
    }
    let under = |long: &str, short: &str| long.strip_prefix(short).is_some_and(|rest| rest.starts_with('.'));
    if let Some(field) = schema.fields.iter().find(|field| field.path == path) {
        let mut types = field.types.clone();
        if schema.fields.iter().any(|other| under(&other.path, path)) && !types.contains(&Type::Tree) {
            types.push(Type::Tree);
        }
        return Holds::Types(types);
    }
    if schema.fields.iter().any(|field| under(&field.path, path)) {
        return Holds::Types(vec![Type::Tree]);
    }
    let tree = |field: &Field| under(path, &field.path) && field.types.contains(&Type::Tree);
    if schema.fields.iter().any(tree) { Holds::Open } else { Holds::Nothing }
}
