//! Entities in JSON texts: a list, an object of lists, or one entity after the other.

mod cursor;
mod layout;
mod paths;
mod survey;

use std::path::{Path, PathBuf};

pub(crate) use layout::{ENTITIES, Found, Layout, collections};
pub(crate) use paths::{Paths, value};
pub(crate) use survey::survey_tree;

use crate::source::{
    Query, Receiver, Scanned, Schema, SourceError,
    json::{
        cursor::{Cursor, Fault},
        survey::Survey,
    },
    table::{Buffer, EntityReceiver, Table},
    window::{Piece, malformed},
};

/// How many entities say what the fields of a collection are.
pub(crate) const SAMPLE: u64 = 1000;

/// One collection in JSON.
#[derive(Debug)]
pub(crate) struct JsonTable {
    /// Mostly one.
    parts: Vec<(PathBuf, Layout)>,
}

/// What is done with the text of an entity. `false` ends the reading.
type Each<'e> = dyn FnMut(&Path, u64, &str) -> Result<bool, SourceError> + 'e;

impl JsonTable {
    pub(crate) fn new(parts: Vec<(PathBuf, Layout)>) -> Self {
        Self { parts }
    }

    /// Hands the text of every entity to `each`.
    fn read(&self, each: &mut Each<'_>) -> Result<(), SourceError> {
        for (path, layout) in &self.parts {
            let mut go_on = true;
            layout.read(path, &mut |piece: &Piece<'_>| {
                let text = std::str::from_utf8(piece.bytes).map_err(|error| {
                    let line = piece.line + lines_before(piece.bytes, error.valid_up_to());
                    malformed(path, line, "the text is not UTF-8")
                })?;
                go_on = each(path, piece.line, text)?;
                Ok(go_on)
            })?;
            if !go_on {
                break;
            }
        }
        Ok(())
    }
}

/// A whole JSON text; `None` where it is none.
pub(crate) fn tree(text: &str) -> Option<serde_json::Value> {
    let mut cursor = Cursor::new(text);
    let tree = cursor.tree().ok()?;
    cursor.end().ok().map(|()| tree)
}

fn lines_before(bytes: &[u8], at: usize) -> u64 {
    memchr::memchr_iter(b'\n', bytes.get(..at).unwrap_or_default()).count() as u64
}

/// A fault in an entity that begins on `line`.
fn faulty(path: &Path, line: u64, text: &str, fault: &Fault) -> SourceError {
    let before = text.get(..fault.at).unwrap_or_default();
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    malformed(path, line + lines_before(text.as_bytes(), fault.at), format!("{} (column {column})", fault.message))
}

impl Table for JsonTable {
    fn schema(&self) -> Result<Schema, SourceError> {
        let mut survey = Survey::default();
        let mut read = 0;
        let mut all = true;
        self.read(&mut |path, line, text| {
            if read == SAMPLE {
                all = false;
                return Ok(false);
            }
            read += 1;
            survey.entity(text).map_err(|fault| faulty(path, line, text, &fault))?;
            Ok(true)
        })?;
        Ok(survey.finish(all))
    }

    fn scan(&self, query: &Query, each: &mut Receiver<'_>) -> Result<Scanned, SourceError> {
        let mut paths = Paths::new(&query.paths);
        let mut buffer = Buffer::new(query.paths.len());
        let mut total = 0;
        self.read(&mut |path, line, text| {
            paths.fill(text, &mut buffer).map_err(|fault| faulty(path, line, text, &fault))?;
            total += 1;
            each(buffer.row(), None).map_err(|error| error.at(path, line))?;
            Ok(true)
        })?;
        Ok(buffer.finish(total))
    }

    fn entities(&self, each: &mut EntityReceiver<'_>) -> Result<(), SourceError> {
        self.read(&mut |path, line, text| {
            let mut cursor = Cursor::new(text);
            let entity = cursor.tree().and_then(|entity| cursor.end().map(|()| entity));
            each(entity.map_err(|fault| faulty(path, line, text, &fault))?)?;
            Ok(true)
        })
    }
}
