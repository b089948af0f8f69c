//! A directory or a file that holds collections.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    rc::Rc,
};

use crate::{
    near::near,
    source::{
        Query, Receiver, Scanned, Schema, Source, SourceError,
        csv::CsvTable,
        json::{self, ENTITIES, Found, JsonTable, Layout},
        sqlite::Database,
        table::{EntityReceiver, Table},
        window::{malformed, regular},
    },
};

/// What a file is, by its extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Json,
    Lines,
    Csv,
    Sqlite,
}

impl Kind {
    fn of(path: &Path) -> Option<Self> {
        Some(match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "json" => Self::Json,
            "ndjson" | "jsonl" => Self::Lines,
            "csv" => Self::Csv,
            "sqlite" | "sqlite3" | "db" => Self::Sqlite,
            _ => return None,
        })
    }
}

/// Where one collection is.
#[derive(Debug, Clone)]
enum Entry {
    /// The collection of a file that has the name of the file.
    File(PathBuf, Kind),
    /// Two files have the same name.
    Twice(PathBuf, PathBuf),
    /// A directory of entities in JSON.
    Directory(PathBuf),
    /// Entities in a JSON file.
    Json(PathBuf, Layout),
    /// A table of a database.
    Table(Rc<Database>, String),
}

/// A directory or a file that holds collections.
struct Place {
    path: PathBuf,
    entries: BTreeMap<String, Entry>,
    /// The only collection is also called so.
    alias: Option<String>,
    open: RefCell<BTreeMap<String, Rc<dyn Table>>>,
}

/// Opens a directory of collections, or a file of one or more, as its extension says: `json`, `ndjson` or `jsonl`,
/// `csv`, `sqlite`, `sqlite3` or `db`.
///
/// # Errors
/// There is nothing, it cannot be read, or it is no file of a known kind.
pub fn open(path: &Path) -> Result<Box<dyn Source>, SourceError> {
    let kind = fs::metadata(path).map_err(|source| SourceError::Io { path: path.to_owned(), source })?;
    let (entries, alias) = if kind.is_dir() { (directory(path)?, None) } else { file(path)? };
    Ok(Box::new(Place { path: path.to_owned(), entries, alias, open: RefCell::default() }))
}

/// The names in a directory, sorted; hidden ones are left out.
fn names(path: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let failed = |source| SourceError::Io { path: path.to_owned(), source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_name().to_str().is_some_and(|name| !name.starts_with('.')) {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

fn directory(path: &Path) -> Result<BTreeMap<String, Entry>, SourceError> {
    let mut entries = BTreeMap::new();
    for path in names(path)? {
        // What is gone or a pipe is no collection.
        let Ok(kind) = fs::metadata(&path) else { continue };
        let (name, entry) = if kind.is_dir() {
            let entities = names(&path).unwrap_or_default();
            if !entities.iter().any(|path| Kind::of(path) == Some(Kind::Json)) {
                continue;
            }
            (path.file_name().map(|name| name.to_string_lossy().into_owned()), Entry::Directory(path.clone()))
        } else {
            let Some(kind) = Kind::of(&path).filter(|_| kind.is_file()) else { continue };
            (Some(stem(&path)), Entry::File(path.clone(), kind))
        };
        let Some(name) = name else { continue };
        let entry = match entries.remove(&name) {
            None => entry,
            Some(Entry::File(other, _) | Entry::Directory(other) | Entry::Twice(other, _)) => Entry::Twice(other, path),
            Some(other) => other,
        };
        entries.insert(name, entry);
    }
    Ok(entries)
}

/// The kind of a file whose extension says nothing.
fn sniff(path: &Path) -> Result<Kind, SourceError> {
    let mut head = Vec::new();
    let failed = |source| SourceError::Io { path: path.to_owned(), source };
    regular(path)?.take(4096).read_to_end(&mut head).map_err(failed)?;
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head).trim_ascii_start();
    if head.starts_with(b"SQLite format 3\0") {
        Ok(Kind::Sqlite)
    } else if text.starts_with(b"{") || text.starts_with(b"[") {
        Ok(Kind::Json)
    } else {
        Err(malformed(path, 0, "not a file of a known kind: `json`, `ndjson`, `jsonl`, `csv`, `sqlite` or `db`"))
    }
}

fn file(path: &Path) -> Result<(BTreeMap<String, Entry>, Option<String>), SourceError> {
    let kind = match Kind::of(path) {
        Some(kind) => kind,
        None => sniff(path)?,
    };
    let stem = stem(path);
    let mut entries = BTreeMap::new();
    match kind {
        Kind::Json => match json::collections(path)? {
            Found::One(layout) => {
                entries.insert(stem.clone(), Entry::Json(path.to_owned(), layout));
            }
            Found::Named(lists) => {
                let only = lists.len() == 1;
                for (name, layout) in lists {
                    let name = if only && name == ENTITIES { stem.clone() } else { name };
                    entries.insert(name, Entry::Json(path.to_owned(), layout));
                }
            }
        },
        Kind::Lines | Kind::Csv => {
            regular(path)?;
            entries.insert(stem.clone(), Entry::File(path.to_owned(), kind));
        }
        Kind::Sqlite => {
            let database = Database::open(path)?;
            for table in database.tables()? {
                entries.insert(table.clone(), Entry::Table(Rc::clone(&database), table));
            }
        }
    }
    Ok((entries, Some(stem)))
}

/// Chooses the one that a file of this name is about.
fn chosen<T>(path: &Path, name: &str, what: &str, mut all: Vec<(String, T)>) -> Result<T, SourceError> {
    let at = [ENTITIES, name].into_iter().find_map(|wanted| all.iter().position(|(name, _)| name == wanted));
    match at {
        Some(at) => Ok(all.swap_remove(at).1),
        None if all.len() == 1 => Ok(all.swap_remove(0).1),
        None => {
            let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
            let found = if names.is_empty() { "none".to_owned() } else { format!("`{}`", names.join("`, `")) };
            Err(malformed(
                path,
                0,
                format!("expected {what} `{name}` or only one, found {found}; open the file itself"),
            ))
        }
    }
}

impl Entry {
    fn table(&self, name: &str) -> Result<Rc<dyn Table>, SourceError> {
        Ok(match self {
            Self::File(path, Kind::Lines) => Rc::new(JsonTable::new(vec![(path.clone(), Layout::Lines)])),
            Self::File(path, Kind::Csv) => Rc::new(CsvTable::new(name, path.clone())),
            Self::File(path, Kind::Json) => {
                let layout = match json::collections(path)? {
                    Found::One(layout) => layout,
                    Found::Named(lists) => chosen(path, name, "a list", lists)?,
                };
                Rc::new(JsonTable::new(vec![(path.clone(), layout)]))
            }
            Self::File(path, Kind::Sqlite) => {
                let database = Database::open(path)?;
                let tables = database.tables()?.into_iter().map(|table| (table.clone(), table)).collect();
                Rc::new(database.table(&chosen(path, name, "a table", tables)?)?)
            }
            Self::Twice(one, other) => {
                return Err(malformed(other, 0, format!("the collection `{name}` is also in {}", one.display())));
            }
            Self::Directory(path) => {
                let mut parts = Vec::new();
                for path in names(path)?.into_iter().filter(|path| Kind::of(path) == Some(Kind::Json)) {
                    let layout = match json::collections(&path)? {
                        Found::One(layout) => layout,
                        Found::Named(lists) => match lists.into_iter().find(|(key, _)| key == ENTITIES) {
                            Some((_, layout)) => layout,
                            None => Layout::Sequence,
                        },
                    };
                    parts.push((path, layout));
                }
                Rc::new(JsonTable::new(parts))
            }
            Self::Json(path, layout) => Rc::new(JsonTable::new(vec![(path.clone(), *layout)])),
            Self::Table(database, table) => Rc::new(database.table(table)?),
        })
    }
}

impl Place {
    fn table(&self, collection: &str) -> Result<Rc<dyn Table>, SourceError> {
        if let Some(table) = self.open.borrow().get(collection) {
            return Ok(Rc::clone(table));
        }
        let only = self.entries.first_key_value().filter(|_| self.entries.len() == 1);
        let alias = only.filter(|_| self.alias.as_deref() == Some(collection));
        let Some((name, entry)) = self.entries.get_key_value(collection).or(alias) else {
            return Err(SourceError::UnknownCollection {
                name: collection.to_owned(),
                place: self.place(),
                near: near(collection, self.entries.keys().map(String::as_str)),
            });
        };
        let table = entry.table(name)?;
        self.open.borrow_mut().insert(collection.to_owned(), Rc::clone(&table));
        Ok(table)
    }
}

impl Source for Place {
    fn place(&self) -> String {
        self.path.display().to_string()
    }

    fn collections(&self) -> Result<Vec<String>, SourceError> {
        Ok(self.entries.keys().cloned().collect())
    }

    fn schema(&self, collection: &str) -> Result<Schema, SourceError> {
        self.table(collection)?.schema()
    }

    fn scan(&self, collection: &str, query: &Query, each: &mut Receiver<'_>) -> Result<Scanned, SourceError> {
        self.table(collection)?.scan(query, each)
    }

    fn entities(&self, collection: &str, each: &mut EntityReceiver<'_>) -> Result<(), SourceError> {
        self.table(collection)?.entities(each)
    }
}
