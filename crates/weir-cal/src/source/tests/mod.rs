//! The same entities through every kind of source, and files of all sorts.

mod alike;
mod files;
mod sqlite;

use std::{fs, path::Path};

use serde_json::{Value as Json, json};

use super::{Predicate, Query, Source, SourceError, open};
use crate::{run::condition, value::Truth};

/// What a condition finds: the ids of what matches, how many entities it leaves open, and how many there are. Or the
/// slot that it cannot be applied to.
type Outcome = Result<(Vec<String>, u64, u64), String>;

/// Asks `source` as the engine does. The first of the paths is the id.
fn ask(source: &dyn Source, collection: &str, paths: &[&str], filter: Option<&Predicate>) -> Outcome {
    let query = Query { paths: paths.iter().map(|path| (*path).to_owned()).collect(), filter: filter.cloned() };
    let (mut matched, mut unknown) = (Vec::new(), 0);
    let scanned = source.scan(collection, &query, &mut |row, given| {
        let truth = match (given, filter) {
            (Some(truth), _) => truth,
            (None, None) => Truth::True,
            (None, Some(filter)) => condition::truth(filter, row)
                .map_err(|mismatch| SourceError::Stopped(format!("{} {}", mismatch.slot, mismatch.with)))?,
        };
        match truth {
            Truth::True => matched.push(row[0].as_text().unwrap_or("?").to_owned()),
            Truth::Unknown => unknown += 1,
            Truth::False => {}
        }
        Ok(())
    });
    scanned.map(|scanned| (matched, unknown, scanned.total)).map_err(|error| error.to_string())
}

fn whole(source: &dyn Source, collection: &str) -> Result<Vec<Json>, String> {
    let mut entities = Vec::new();
    source
        .entities(collection, &mut |entity| {
            entities.push(entity);
            Ok(())
        })
        .map_err(|error| error.to_string())?;
    Ok(entities)
}

/// Writes a file and opens it.
fn place(directory: &Path, name: &str, content: impl AsRef<[u8]>) -> Box<dyn Source> {
    let path = directory.join(name);
    fs::write(&path, content).unwrap();
    open(&path).unwrap()
}

fn lines(entities: &[Json]) -> String {
    entities.iter().map(|entity| format!("{entity}\n")).collect()
}
