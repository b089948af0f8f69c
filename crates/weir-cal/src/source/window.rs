//! A file through a window: lines and JSON values one after the other, in bounded memory.

use std::{
    fs::File,
    io::{ErrorKind, Read as _, Seek as _, SeekFrom},
    ops::Range,
    path::{Path, PathBuf},
};

use crate::{limits, source::SourceError};

/// How much is read at once.
const CHUNK: usize = 256 << 10;

/// A part of a file, and the place in it.
#[derive(Debug)]
pub(crate) struct Window {
    path: PathBuf,
    file: File,
    buffer: Vec<u8>,
    /// What is read and not passed.
    rest: Range<usize>,
    /// Where the rest begins in the file.
    offset: u64,
    /// The line on which the rest begins.
    line: u64,
    ended: bool,
}

/// A line or a value. Its bytes are in the window until the next is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Piece<'w> {
    /// Without the end of the line.
    pub(crate) bytes: &'w [u8],
    /// Where it begins.
    pub(crate) line: u64,
}

/// Where a value begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) offset: u64,
    pub(crate) line: u64,
}

/// Opens a regular file. A pipe or a device could keep the reader waiting without end.
pub(crate) fn regular(path: &Path) -> Result<File, SourceError> {
    let failed = |source| SourceError::Io { path: path.to_owned(), source };
    let kind = std::fs::metadata(path).map_err(failed)?;
    if !kind.is_file() {
        return Err(failed(std::io::Error::new(ErrorKind::InvalidInput, "it is not a regular file")));
    }
    File::open(path).map_err(failed)
}

impl Window {
    /// At the beginning of a file, after the mark of UTF-8 where it has one.
    pub(crate) fn open(path: &Path) -> Result<Self, SourceError> {
        let file = regular(path)?;
        let mut this =
            Self { path: path.to_owned(), file, buffer: vec![0; CHUNK], rest: 0..0, offset: 0, line: 1, ended: false };
        while this.rest().len() < 3 && this.fill()? {}
        if this.rest().starts_with(b"\xEF\xBB\xBF") {
            this.pass(3);
        }
        Ok(this)
    }

    /// At a place that was marked before.
    pub(crate) fn open_at(path: &Path, mark: Mark) -> Result<Self, SourceError> {
        let mut this = Self::open(path)?;
        this.file.seek(SeekFrom::Start(mark.offset)).map_err(|source| this.io(source))?;
        (this.rest, this.offset, this.line, this.ended) = (0..0, mark.offset, mark.line, false);
        Ok(this)
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark { offset: self.offset, line: self.line }
    }

    /// An error at the place of the window.
    pub(crate) fn malformed(&self, message: impl Into<String>) -> SourceError {
        malformed(&self.path, self.line, message)
    }

    fn io(&self, source: std::io::Error) -> SourceError {
        SourceError::Io { path: self.path.clone(), source }
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.rest.clone()).unwrap_or_default()
    }

    /// Reads more behind what is not passed. `false` at the end of the file.
    fn fill(&mut self) -> Result<bool, SourceError> {
        if self.ended {
            return Ok(false);
        }
        if self.rest.start > 0 {
            self.buffer.copy_within(self.rest.clone(), 0);
            self.rest = 0..self.rest.len();
        }
        if self.rest.end == self.buffer.len() {
            if self.rest.len() > limits::ENTITY_BYTES {
                return Err(self.malformed(format!("an entity of more than {} MiB", limits::ENTITY_BYTES >> 20)));
            }
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        loop {
            match self.file.read(self.buffer.get_mut(self.rest.end..).unwrap_or_default()) {
                Ok(0) => {
                    self.ended = true;
                    return Ok(false);
                }
                Ok(read) => {
                    self.rest.end += read;
                    return Ok(true);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.io(error)),
            }
        }
    }

    /// Goes on by so many bytes of the rest.
    fn pass(&mut self, length: usize) -> Range<usize> {
        let passed = self.rest.start..(self.rest.start + length).min(self.rest.end);
        let lines = memchr::memchr_iter(b'\n', self.buffer.get(passed.clone()).unwrap_or_default()).count();
        self.line += lines as u64;
        self.offset += passed.len() as u64;
        self.rest.start = passed.end;
        passed
    }

    /// The next line, without its end.
    pub(crate) fn line(&mut self) -> Result<Option<Piece<'_>>, SourceError> {
        let mut searched = 0;
        let length = loop {
            let unsearched = self.rest().get(searched..).unwrap_or_default();
            if let Some(at) = memchr::memchr(b'\n', unsearched) {
                break searched + at;
            }
            searched = self.rest.len();
            if !self.fill()? {
                break searched;
            }
        };
        if length > limits::ENTITY_BYTES {
            return Err(self.malformed(format!("a line of more than {} MiB", limits::ENTITY_BYTES >> 20)));
        }
        if self.rest.is_empty() {
            return Ok(None);
        }
        let line = self.line;
        let start = self.rest.start;
        let end = start + length;
        self.rest.start = (end + 1).min(self.rest.end);
        self.offset += (self.rest.start - start) as u64;
        self.line += 1;
        Ok(Some(Piece { bytes: self.buffer.get(start..end).unwrap_or_default(), line }))
    }

    /// The next byte that is no space, which is not passed.
    pub(crate) fn peek(&mut self) -> Result<Option<u8>, SourceError> {
        loop {
            let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
            let spaces = self.rest().iter().take_while(|byte| blank(byte)).count();
            self.pass(spaces);
            if let Some(byte) = self.rest().first() {
                return Ok(Some(*byte));
            }
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// Passes one byte.
    pub(crate) fn step(&mut self) {
        self.pass(1);
    }

    /// The JSON value that begins here. Only its extent is found; it may be wrong inside.
    pub(crate) fn value(&mut self) -> Result<Piece<'_>, SourceError> {
        let mut extent = Extent::default();
        let mut searched = 0;
        loop {
            let unsearched = self.rest().get(searched..).unwrap_or_default();
            if let Some(length) = extent.find(unsearched) {
                searched += length;
                break;
            }
            searched = self.rest.len();
            if !self.fill()? {
                break;
            }
        }
        if searched > limits::ENTITY_BYTES {
            return Err(self.malformed(format!("an entity of more than {} MiB", limits::ENTITY_BYTES >> 20)));
        }
        let line = self.line;
        let passed = self.pass(searched);
        Ok(Piece { bytes: self.buffer.get(passed).unwrap_or_default(), line })
    }

    /// Passes over the rest of a value, `depth` levels inside it, however large it is.
    pub(crate) fn skip(&mut self, depth: usize) -> Result<(), SourceError> {
        let mut extent = Extent { depth, ..Extent::default() };
        loop {
            let found = extent.find(self.rest());
            self.pass(found.unwrap_or(self.rest.len()));
            if found.is_some() || !self.fill()? {
                return Ok(());
            }
        }
    }
}

/// Finds the end of a JSON value in parts of a text.
#[derive(Debug, Default)]
struct Extent {
    depth: usize,
    inside_text: bool,
    escaped: bool,
    bare: bool,
}

impl Extent {
    /// How many bytes of this part belong to the value; `None` where it goes on behind it.
    fn find(&mut self, part: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(byte) = part.get(at) {
            if self.inside_text {
                if std::mem::take(&mut self.escaped) {
                    at += 1;
                    continue;
                }
                at += memchr::memchr2(b'"', b'\\', part.get(at..)?)?;
                self.escaped = part.get(at) == Some(&b'\\');
                self.inside_text = self.escaped;
                at += 1;
                if !self.inside_text && self.depth == 0 {
                    return Some(at);
                }
                continue;
            }
            match byte {
                b',' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r' if self.bare => return Some(at),
                b'"' => self.inside_text = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Some(at + 1);
                    }
                }
                _ if self.depth == 0 => self.bare = true,
                _ => {}
            }
            at += 1;
        }
        None
    }
}

/// The content of a file is not what it promises.
pub(crate) fn malformed(path: &Path, line: u64, message: impl Into<String>) -> SourceError {
    SourceError::Malformed { path: path.to_owned(), line, message: message.into() }
}
