//! Entities in CSV: a header, and one entity on every line. The values of a column say its type.

use std::{
    cell::{Cell, OnceCell},
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    rc::Rc,
};

use csv::{ByteRecord, ErrorKind, ReaderBuilder};

use crate::{
    limits,
    near::near,
    source::{
        Field, Query, Receiver, Scanned, Schema, SourceError,
        table::{self, Buffer, EntityReceiver, Seen, Table, nested},
        window::{malformed, regular},
    },
    value::{Type, Value, instant},
};

/// A collection in a CSV file.
#[derive(Debug)]
pub(crate) struct CsvTable {
    name: String,
    path: PathBuf,
    columns: OnceCell<Vec<Column>>,
}

/// A column, after all of its values were seen.
#[derive(Debug, Clone)]
struct Column {
    name: String,
    kind: Kind,
    seen: Seen,
}

/// What every value of a column is, the empty ones left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Empty,
    Bool,
    Number,
    Time,
    Text,
}

impl Kind {
    /// The kind of a value alone.
    fn of(text: &str) -> Self {
        if truth(text).is_some() {
            Self::Bool
        } else if number(text).is_some() {
            Self::Number
        } else if instant(text).is_some() {
            Self::Time
        } else {
            Self::Text
        }
    }

    /// The kind of a column that has both.
    fn and(self, text: &str) -> Self {
        let still = match self {
            Self::Empty => return Self::of(text),
            Self::Bool => truth(text).is_some(),
            Self::Number => number(text).is_some(),
            Self::Time => instant(text).is_some(),
            Self::Text => true,
        };
        if still { self } else { Self::Text }
    }

    fn value(self, raw: &str) -> Value {
        let text = raw.trim_ascii();
        if text.is_empty() {
            return Value::Missing;
        }
        let value = match self {
            Self::Bool => truth(text).map(Value::Bool),
            Self::Number => number(text),
            Self::Time => instant(text).map(Value::Time),
            Self::Empty | Self::Text => None,
        };
        value.unwrap_or_else(|| Value::Text(raw.into()))
    }
}

fn truth(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// A number as JSON writes it: `007` is a name and stays a text.
fn number(text: &str) -> Option<Value> {
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    match digits {
        [b'0', b'0'..=b'9', ..] => return None,
        [b'0'..=b'9', ..] => {}
        _ => return None,
    }
    let ends_well = digits.last().is_some_and(u8::is_ascii_digit);
    let written = |byte: &u8| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
    (ends_well && digits.iter().all(written)).then(|| table::number(text)).flatten()
}

/// Where in a record a byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At the beginning of a field.
    Start,
    /// In a field without quotation marks around it.
    Plain,
    /// In one with them.
    Quoted,
    /// After a quotation mark in such a field: it ends there, or the mark stands twice.
    Closing,
}

impl Place {
    fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Quoted, b'"') => Self::Closing,
            (Self::Quoted, _) | (Self::Start | Self::Closing, b'"') => Self::Quoted,
            (_, b',' | b'\n' | b'\r') => Self::Start,
            _ => Self::Plain,
        }
    }
}

/// Reads so much of a file and no more, until it is allowed more.
struct Allowed {
    file: File,
    left: Rc<Cell<usize>>,
    /// After the last byte.
    place: Rc<Cell<Place>>,
}

impl Read for Allowed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left.get();
        if left == 0 {
            return Err(io::Error::other("too long"));
        }
        let most = buffer.len().min(left);
        let read = self.file.read(buffer.get_mut(..most).unwrap_or_default())?;
        self.left.set(left - read);
        let bytes = buffer.get(..read).unwrap_or_default();
        self.place.set(bytes.iter().fold(self.place.get(), |place, byte| place.after(*byte)));
        Ok(read)
    }
}

/// The records of a file.
struct Records<'p> {
    path: &'p Path,
    reader: csv::Reader<Allowed>,
    left: Rc<Cell<usize>>,
    place: Rc<Cell<Place>>,
    record: ByteRecord,
    /// The line of the record before.
    last: u64,
}

/// How much the reader may have read ahead.
const AHEAD: usize = 256 << 10;

impl<'p> Records<'p> {
    fn open(path: &'p Path) -> Result<Self, SourceError> {
        let left = Rc::new(Cell::new(0));
        let place = Rc::new(Cell::new(Place::Start));
        let file = Allowed { file: regular(path)?, left: Rc::clone(&left), place: Rc::clone(&place) };
        let reader = ReaderBuilder::new().has_headers(false).buffer_capacity(AHEAD).from_reader(file);
        Ok(Self { path, reader, left, place, record: ByteRecord::new(), last: 1 })
    }

    /// The next record and its line.
    fn next(&mut self) -> Result<Option<(&ByteRecord, u64)>, SourceError> {
        self.left.set(limits::ENTITY_BYTES + AHEAD);
        let line = self.reader.position().line();
        match self.reader.read_byte_record(&mut self.record) {
            Ok(true) => {
                self.last = self.record.position().map_or(line, csv::Position::line);
                Ok(Some((&self.record, self.last)))
            }
            // The reader takes all that follows for one value: rows would be lost without a word.
            Ok(false) if self.place.get() == Place::Quoted => {
                Err(malformed(self.path, self.last, "a quotation mark is not closed".to_owned()))
            }
            Ok(false) => Ok(None),
            Err(error) => Err(self.failed(error, line)),
        }
    }

    fn failed(&self, error: csv::Error, line: u64) -> SourceError {
        let place = error.position().map_or(line, csv::Position::line);
        match error.into_kind() {
            ErrorKind::Io(_) if self.left.get() == 0 => {
                malformed(self.path, line, format!("a record of more than {} MiB", limits::ENTITY_BYTES >> 20))
            }
            ErrorKind::Io(source) => SourceError::Io { path: self.path.to_owned(), source },
            ErrorKind::UnequalLengths { expected_len, len, .. } => {
                malformed(self.path, place, format!("the header has {expected_len} columns, this record {len}"))
            }
            _ => malformed(self.path, place, "not a record of CSV"),
        }
    }
}

fn text<'t>(path: &Path, line: u64, bytes: &'t [u8]) -> Result<&'t str, SourceError> {
    std::str::from_utf8(bytes).map_err(|_| malformed(path, line, "the text is not UTF-8"))
}

impl CsvTable {
    pub(crate) fn new(name: &str, path: PathBuf) -> Self {
        Self { name: name.to_owned(), path, columns: OnceCell::new() }
    }

    /// Reads the whole file once, so that no value is found later that its column cannot hold.
    fn columns(&self) -> Result<&[Column], SourceError> {
        if let Some(columns) = self.columns.get() {
            return Ok(columns);
        }
        let columns = self.survey()?;
        Ok(self.columns.get_or_init(|| columns))
    }

    fn survey(&self) -> Result<Vec<Column>, SourceError> {
        let mut records = Records::open(&self.path)?;
        let mut columns: Vec<Column> = Vec::new();
        let Some((header, line)) = records.next()? else {
            return Err(malformed(&self.path, 1, "the file is empty; its first line names the columns"));
        };
        for name in header {
            let name = text(&self.path, line, name)?.trim_ascii();
            // A column without a name cannot be asked for.
            if !name.is_empty() && columns.iter().any(|column| column.name == name) {
                return Err(malformed(&self.path, line, format!("two columns are called `{name}`")));
            }
            columns.push(Column { name: name.to_owned(), kind: Kind::Empty, seen: Seen::default() });
        }
        while let Some((record, line)) = records.next()? {
            for (column, bytes) in columns.iter_mut().zip(record) {
                let text = text(&self.path, line, bytes)?.trim_ascii();
                if !text.is_empty() {
                    column.kind = column.kind.and(text);
                    if column.kind == Kind::Number
                        && let Some(value) = number(text)
                    {
                        column.seen.value(&value);
                    }
                }
            }
        }
        for column in &mut columns {
            column.seen = match column.kind {
                Kind::Number => column.seen,
                Kind::Empty => Seen::default(),
                Kind::Bool => Seen::default().with(Type::Bool),
                Kind::Time => Seen::default().with(Type::Time),
                Kind::Text => Seen::default().with(Type::Text),
            };
        }
        Ok(columns)
    }

    /// Hands every record to `each`, the header left out.
    fn read(&self, each: &mut dyn FnMut(&ByteRecord, u64) -> Result<(), SourceError>) -> Result<u64, SourceError> {
        let mut records = Records::open(&self.path)?;
        records.next()?;
        let mut total = 0;
        while let Some((record, line)) = records.next()? {
            total += 1;
            each(record, line)?;
        }
        Ok(total)
    }
}

impl Table for CsvTable {
    fn schema(&self) -> Result<Schema, SourceError> {
        let named = self.columns()?.iter().filter(|column| !column.name.is_empty());
        let fields = named.map(|column| Field { path: column.name.clone(), types: column.seen.types() });
        Ok(Schema { fields: fields.collect(), complete: true })
    }

    fn scan(&self, query: &Query, each: &mut Receiver<'_>) -> Result<Scanned, SourceError> {
        let columns = self.columns()?;
        let mut buffer = Buffer::new(query.paths.len());
        let mut wanted = Vec::new();
        let asked = query.filter.as_ref().map(super::Predicate::slots).unwrap_or_default();
        for (slot, path) in query.paths.iter().enumerate() {
            let found = columns.iter().enumerate().find(|(_, column)| column.name == *path && !path.is_empty());
            match found {
                Some((index, column)) => {
                    wanted.push((slot, index, column.kind));
                    buffer.note(slot, column.seen.with_null());
                }
                None if asked.contains(&slot) => {
                    let near = near(path, columns.iter().map(|column| column.name.as_str()));
                    return Err(SourceError::UnknownField { collection: self.name.clone(), field: path.clone(), near });
                }
                None => {}
            }
        }
        let total = self.read(&mut |record, line| {
            buffer.clear();
            for (slot, index, kind) in &wanted {
                let raw = text(&self.path, line, record.get(*index).unwrap_or_default())?;
                buffer.set(*slot, kind.value(raw));
            }
            each(buffer.row(), None).map_err(|error| error.at(&self.path, line))
        })?;
        Ok(buffer.finish(total))
    }

    fn entities(&self, each: &mut EntityReceiver<'_>) -> Result<(), SourceError> {
        let columns = self.columns()?;
        self.read(&mut |record, line| {
            let mut members = Vec::with_capacity(columns.len());
            for (column, bytes) in columns.iter().zip(record).filter(|(column, _)| !column.name.is_empty()) {
                let raw = text(&self.path, line, bytes)?;
                let value = match column.kind.value(raw) {
                    Value::Missing => continue,
                    Value::Bool(value) => value.into(),
                    Value::Integer(whole) => whole.into(),
                    Value::Number(number) => number.into(),
                    _ => raw.into(),
                };
                members.push((column.name.as_str(), value));
            }
            each(nested(members))
        })?;
        Ok(())
    }
}
