//! Where entities come from.

mod csv;
mod json;
mod memory;
mod place;
mod query;
mod sqlite;
mod table;
#[cfg(test)]
mod tests;
mod window;

use std::path::{Path, PathBuf};

pub use memory::Memory;
pub use place::open;
pub use query::{Constant, Predicate, Query, Row};

use crate::{
    near::alike,
    value::{Truth, Type},
};

/// What a field of a collection is declared or found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The dotted path.
    pub path: String,
    /// Its types; more than one where the data mix them.
    pub types: Vec<Type>,
}

/// What is known about a collection without reading all of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schema {
    /// In the order of the source.
    pub fields: Vec<Field>,
    /// The list is declared (SQL) or was read from all of the data: a field that is not in it does not exist.
    /// Otherwise it was read from the first entities only.
    pub complete: bool,
}

/// What a scan found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scanned {
    /// All entities of the collection, matched or not.
    pub total: u64,
    /// For each path of the query: the types that were seen in it; none where no entity has the field. A field that
    /// is there and always null counts as a text.
    pub seen: Vec<Vec<Type>>,
}

/// A collection of entities cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The source has no such collection.
    #[error("no collection `{name}` in {place}{}", alike(.near))]
    UnknownCollection {
        /// As asked for.
        name: String,
        /// Where it was looked for.
        place: String,
        /// Names that look like it, most alike first.
        near: Vec<String>,
    },
    /// The collection has no such field.
    #[error("no field `{field}` in `{collection}`{}", alike(.near))]
    UnknownField {
        /// The collection.
        collection: String,
        /// As asked for.
        field: String,
        /// Names that look like it, most alike first.
        near: Vec<String>,
    },
    /// A field is compared with something that it cannot be compared with.
    #[error("`{field}` of `{collection}` is {declared}, and cannot be compared with {constant}")]
    TypeMismatch {
        /// The collection.
        collection: String,
        /// The field.
        field: String,
        /// Its type in words, such as `a number`.
        declared: String,
        /// What it was compared with, such as ``the text "true"``.
        constant: String,
    },
    /// The content is not what the format promises.
    #[error("{}: {message}", place(.path, *.line))]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1; 0 where the format has none.
        line: u64,
        /// What is wrong.
        message: String,
    },
    /// A file cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The database refused.
    #[error("{}: {source}", .path.display())]
    Sqlite {
        /// The database.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// Something is wrong with an entity that stands here.
    #[error("{}: {error}", place(.path, *.line))]
    At {
        /// The file.
        path: PathBuf,
        /// The line on which the entity begins.
        line: u64,
        /// What is wrong; a type mismatch.
        error: Box<SourceError>,
    },
    /// The scan was told to stop.
    #[error("{0}")]
    Stopped(String),
}

impl SourceError {
    /// With the place of the entity, where the error is about one.
    fn at(self, path: &Path, line: u64) -> Self {
        match self {
            Self::TypeMismatch { .. } => Self::At { path: path.to_owned(), line, error: Box::new(self) },
            other => other,
        }
    }
}

fn place(path: &Path, line: u64) -> String {
    if line == 0 { path.display().to_string() } else { format!("{}:{line}", path.display()) }
}

/// What a row is handed to. `truth` is the condition's value for the row where the source evaluated it itself;
/// otherwise the receiver evaluates. Rows for which the source knows the condition to be false are not handed over.
pub type Receiver<'r> = dyn FnMut(&Row, Option<Truth>) -> Result<(), SourceError> + 'r;

/// A place that holds collections of entities.
pub trait Source {
    /// The name of the place for people, such as a path.
    fn place(&self) -> String;

    /// The names of its collections, sorted.
    ///
    /// # Errors
    /// The place cannot be read.
    fn collections(&self) -> Result<Vec<String>, SourceError>;

    /// The fields of a collection.
    ///
    /// # Errors
    /// There is no such collection, or it cannot be read.
    fn schema(&self, collection: &str) -> Result<Schema, SourceError>;

    /// Hands every entity of a collection to `each`, in the order of the source, without keeping them.
    ///
    /// # Errors
    /// There is no such collection, it cannot be read, a field of the query does not exist or has a type that the
    /// condition cannot be applied to, or `each` failed.
    fn scan(&self, collection: &str, query: &Query, each: &mut Receiver<'_>) -> Result<Scanned, SourceError>;

    /// Hands every entity of a collection to `each` as JSON, for the first edition, which looks at whole entities.
    ///
    /// # Errors
    /// There is no such collection, it cannot be read, or `each` failed.
    fn entities(
        &self,
        collection: &str,
        each: &mut dyn FnMut(serde_json::Value) -> Result<(), SourceError>,
    ) -> Result<(), SourceError>;
}
