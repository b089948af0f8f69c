//! Entities in the tables and views of a SQLite database, which is only read.

mod filter;

use std::{
    cell::OnceCell,
    path::{Path, PathBuf},
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OpenFlags, limits::Limit, params_from_iter, types::ValueRef};

use crate::{
    limits,
    near::near,
    source::{
        Field, Query, Receiver, Scanned, Schema, SourceError, json,
        sqlite::filter::{Class, Filter},
        table::{Buffer, EntityReceiver, Seen, Table, nested},
        window::{malformed, regular},
    },
    value::{Type, Value, instant},
};

/// A database.
#[derive(Debug)]
pub(crate) struct Database {
    path: PathBuf,
    connection: Connection,
    /// In UTF-16, `BINARY` does not order texts as their characters are.
    is_utf8: bool,
    /// The millions of steps that the question took so far.
    spent: Arc<AtomicU64>,
}

/// A table or a view.
#[derive(Debug)]
pub(crate) struct SqliteTable {
    database: Rc<Database>,
    name: String,
    /// An index must not decide in which order entities are read.
    indexed: bool,
    columns: OnceCell<Vec<Column>>,
}

#[derive(Debug, Clone)]
struct Column {
    name: String,
    class: Class,
}

impl Database {
    pub(crate) fn open(path: &Path) -> Result<Rc<Self>, SourceError> {
        Self::open_within(path, limits::SQL_MEGASTEPS)
    }

    /// With a limit on the millions of steps for one question: a view can be without end.
    pub(super) fn open_within(path: &Path, most: u64) -> Result<Rc<Self>, SourceError> {
        regular(path)?;
        let failed = |source| SourceError::Sqlite { path: path.to_owned(), source };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        let spent = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&spent);
        let over = move || counter.fetch_add(1, Ordering::Relaxed) >= most;
        connection.progress_handler(1_000_000, Some(over)).map_err(failed)?;
        // A view of a database of somebody else must not call functions with effects.
        connection.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA query_only = ON").map_err(failed)?;
        // A value is in memory as a whole.
        let longest = i32::try_from(limits::ENTITY_BYTES).unwrap_or(i32::MAX);
        connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, longest).map_err(failed)?;
        let encoding: String = connection.query_row("PRAGMA encoding", [], |row| row.get(0)).map_err(failed)?;
        let this = Self { path: path.to_owned(), connection, is_utf8: encoding == "UTF-8", spent };
        this.tables()?;
        Ok(Rc::new(this))
    }

    fn failed(&self, source: rusqlite::Error) -> SourceError {
        if source.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) {
            let path = self.path.display();
            return SourceError::Stopped(format!("{path}: the database did not come to an end with its answer"));
        }
        if source.sqlite_error_code() == Some(ErrorCode::TooBig) {
            return malformed(&self.path, 0, format!("an entity of more than {} MiB", limits::ENTITY_BYTES >> 20));
        }
        SourceError::Sqlite { path: self.path.clone(), source }
    }

    /// The names of its tables and views, sorted.
    pub(crate) fn tables(&self) -> Result<Vec<String>, SourceError> {
        let sql = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type <> 'shadow' \
                   AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";
        let read = || {
            let mut statement = self.connection.prepare(sql)?;
            statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()
        };
        read().map_err(|error| self.failed(error))
    }

    pub(crate) fn table(self: &Rc<Self>, name: &str) -> Result<SqliteTable, SourceError> {
        let sql = "SELECT type FROM pragma_table_list WHERE schema = 'main' AND name = ?1";
        let kind: Result<String, _> = self.connection.query_row(sql, [name], |row| row.get(0));
        let indexed = kind.map_err(|error| self.failed(error))? == "table";
        Ok(SqliteTable { database: Rc::clone(self), name: name.to_owned(), indexed, columns: OnceCell::new() })
    }
}

/// A name in SQL.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Where the value of a slot comes from.
struct Wanted<'t> {
    slot: usize,
    class: Class,
    column: &'t str,
    /// The path inside the JSON of the column.
    inside: Option<&'t str>,
}

impl SqliteTable {
    fn failed(&self, source: rusqlite::Error) -> SourceError {
        self.database.failed(source)
    }

    fn columns(&self) -> Result<&[Column], SourceError> {
        if let Some(columns) = self.columns.get() {
            return Ok(columns);
        }
        let read = || {
            // 1 is a hidden column of a virtual table; 2 and 3 are generated ones.
            let sql = "SELECT name, type FROM pragma_table_xinfo(?1, 'main') WHERE hidden <> 1 ORDER BY cid";
            let mut statement = self.database.connection.prepare(sql)?;
            let columns = statement.query_map([&self.name], |row| {
                let declared: Option<String> = row.get(1)?;
                Ok(Column { name: row.get(0)?, class: Class::declared(&declared.unwrap_or_default()) })
            })?;
            columns.collect::<Result<Vec<_>, _>>()
        };
        let columns = read().map_err(|error| self.failed(error))?;
        Ok(self.columns.get_or_init(|| columns))
    }

    fn from(&self) -> String {
        format!("{}{}", quoted(&self.name), if self.indexed { " NOT INDEXED" } else { "" })
    }

    /// Where a field is: a column of its name, or a place inside a column that is declared as JSON.
    fn find<'t>(columns: &'t [Column], path: &'t str, slot: usize) -> Option<Wanted<'t>> {
        if let Some(column) = columns.iter().find(|column| column.name == path) {
            return Some(Wanted { slot, class: column.class, column: &column.name, inside: None });
        }
        columns.iter().filter(|column| column.class == Class::Json).find_map(|column| {
            let inside = path.strip_prefix(&*column.name)?.strip_prefix('.')?;
            Some(Wanted { slot, class: column.class, column: &column.name, inside: Some(inside) })
        })
    }

    fn value(&self, wanted: &Wanted<'_>, raw: ValueRef<'_>) -> Result<Value, SourceError> {
        let malformed = |what: &str| {
            malformed(&self.database.path, 0, format!("{what} in column `{}` of `{}`", wanted.column, self.name))
        };
        Ok(match (raw, wanted.class) {
            (ValueRef::Null, _) => Value::Missing,
            (ValueRef::Integer(value @ (0 | 1)), Class::Bool) => Value::Bool(value == 1),
            (ValueRef::Integer(value), Class::Time) => unix(value),
            (ValueRef::Integer(value), _) => Value::Integer(value),
            (ValueRef::Real(value), Class::Bool) if value == 0.0 || value == 1.0 => Value::Bool(value == 1.0),
            (ValueRef::Real(value), _) if value.is_finite() => Value::Number(value),
            (ValueRef::Real(_), _) => return Err(malformed("an infinite number")),
            // Bytes are there, and comparable with nothing.
            (ValueRef::Blob(_), _) => Value::Tree(Box::default()),
            (ValueRef::Text(bytes), class) => {
                let text = std::str::from_utf8(bytes).map_err(|_| malformed("a text that is not UTF-8"))?;
                match class {
                    Class::Time => instant(text).map_or_else(|| Value::Text(text.into()), Value::Time),
                    Class::Json => {
                        let tree = json::tree(text).ok_or_else(|| malformed("a text that is not JSON"))?;
                        inside(&tree, wanted.inside)
                    }
                    _ => Value::Text(text.into()),
                }
            }
        })
    }

    fn read(&self, query: &Query, each: &mut Receiver<'_>) -> Result<Scanned, SourceError> {
        let columns = self.columns()?;
        let asked = query.filter.as_ref().map(super::Predicate::slots).unwrap_or_default();
        let mut buffer = Buffer::new(query.paths.len());
        let mut wanted = Vec::new();
        for (slot, path) in query.paths.iter().enumerate() {
            match Self::find(columns, path, slot) {
                Some(found) => {
                    buffer.note(slot, Seen::default().with_null());
                    wanted.push(found);
                }
                None if asked.contains(&slot) => {
                    let near = near(path, columns.iter().map(|column| column.name.as_str()));
                    return Err(SourceError::UnknownField { collection: self.name.clone(), field: path.clone(), near });
                }
                None => {}
            }
        }
        let filter = query.filter.as_ref().and_then(|predicate| {
            let column = |slot| {
                let found = wanted.iter().find(|wanted| wanted.slot == slot && wanted.inside.is_none())?;
                Some((found.class, quoted(found.column)))
            };
            Filter::new(predicate, &column, self.database.is_utf8)
        });
        let selected: Vec<String> = wanted.iter().map(|wanted| quoted(wanted.column)).collect();
        let selected = if selected.is_empty() { "1".to_owned() } else { selected.join(", ") };
        let (condition, parameters) =
            filter.as_ref().map_or((String::new(), &[][..]), |filter| (filter.sql(), filter.parameters()));
        let sql = format!("SELECT {selected} FROM {}{condition}", self.from());
        let connection = &self.database.connection;
        let mut statement = connection.prepare(&sql).map_err(|error| self.failed(error))?;
        let mut rows = statement.query(params_from_iter(parameters)).map_err(|error| self.failed(error))?;
        let mut handed = 0;
        while let Some(row) = rows.next().map_err(|error| self.failed(error))? {
            handed += 1;
            buffer.clear();
            for (index, wanted) in wanted.iter().enumerate() {
                let raw = row.get_ref(index).map_err(|error| self.failed(error))?;
                if raw != ValueRef::Null {
                    buffer.set(wanted.slot, self.value(wanted, raw)?);
                }
            }
            each(buffer.row(), None)?;
        }
        let total = if filter.is_some() {
            let sql = format!("SELECT count(*) FROM {}", quoted(&self.name));
            let count: Result<i64, _> = connection.query_row(&sql, [], |row| row.get(0));
            count.map_err(|error| self.failed(error))?.cast_unsigned()
        } else {
            handed
        };
        for wanted in &wanted {
            if let Some(kind) = wanted.class.declares().filter(|_| wanted.inside.is_none()) {
                buffer.note(wanted.slot, Seen::default().with(kind));
            }
        }
        Ok(buffer.finish(total))
    }
}

/// Seconds since 1970, or milliseconds where seconds would lie beyond the year 5000.
fn unix(value: i64) -> Value {
    let time =
        if value.abs() < 100_000_000_000 { Timestamp::from_second(value) } else { Timestamp::from_millisecond(value) };
    time.map_or(Value::Integer(value), Value::Time)
}

fn inside(tree: &serde_json::Value, path: Option<&str>) -> Value {
    let mut keys = path.into_iter().flat_map(|path| path.split('.'));
    keys.try_fold(tree, |tree, key| tree.get(key)).map_or(Value::Missing, json::value)
}

impl Table for SqliteTable {
    fn schema(&self) -> Result<Schema, SourceError> {
        let fields = self
            .columns()?
            .iter()
            .map(|column| Field { path: column.name.clone(), types: column.class.declares().into_iter().collect() });
        Ok(Schema { fields: fields.collect(), complete: true })
    }

    fn scan(&self, query: &Query, each: &mut Receiver<'_>) -> Result<Scanned, SourceError> {
        // Rows and their count are read from the same state of the database; scans may stand inside each other.
        let savepoint = |sql| self.database.connection.execute_batch(sql).map_err(|error| self.failed(error));
        self.database.spent.store(0, Ordering::Relaxed);
        savepoint("SAVEPOINT scan")?;
        let scanned = self.read(query, each);
        savepoint("RELEASE scan")?;
        scanned
    }

    fn entities(&self, each: &mut EntityReceiver<'_>) -> Result<(), SourceError> {
        let columns = self.columns()?;
        let paths: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        let kinds: Vec<Option<Type>> = columns.iter().map(|column| column.class.declares()).collect();
        self.scan(&Query { paths, filter: None }, &mut |row, _| {
            let values = columns.iter().zip(&kinds).zip(row);
            each(nested(values.filter_map(|((column, _), value)| Some((column.name.as_str(), plain(value)?)))))
        })?;
        Ok(())
    }
}

/// As JSON; `None` where there is no value.
fn plain(value: &Value) -> Option<serde_json::Value> {
    Some(match value {
        Value::Missing => return None,
        Value::Bool(value) => (*value).into(),
        Value::Integer(whole) => (*whole).into(),
        Value::Number(number) => (*number).into(),
        Value::Text(text) => (**text).into(),
        Value::Time(time) => time.to_string().into(),
        Value::Tree(tree) => (**tree).clone(),
    })
}
