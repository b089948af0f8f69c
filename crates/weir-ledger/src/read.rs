//! Reading: in both directions, tolerant of a torn end, of damaged lines and of records from the future.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::OFlags;
use weir_model::{Action, Entry, Outcome, RECORD_VERSION, Record, Timestamp};

use crate::lines::{Backward, Forward, Raw};
use crate::{FILE, Filter, LedgerError, line, tail};

/// Clocks jump. Reading back to a time goes on until this many records in a row are older than the time by `SLACK`.
const OLDER_IN_A_ROW: usize = 64;
const SLACK: Duration = Duration::from_secs(3_600);

/// The shortest part of an id that is searched for.
const SHORTEST_PART: usize = 4;

/// One record that was read, and where it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The record.
    pub record: Record,
    /// The byte at which its line starts.
    pub offset: u64,
}

/// What a search by id found.
#[derive(Debug)]
pub enum Found {
    /// Nothing.
    None,
    /// Exactly one record.
    One(Box<Record>),
    /// So many.
    Many(usize),
}

/// The ledger, for reading. What is appended after opening is not seen.
///
/// A line that is no record of a version that this build knows is passed on as [`LedgerError::Unreadable`], and
/// reading goes on; any other error ends it.
#[derive(Debug)]
pub struct Reader {
    file: File,
    path: PathBuf,
    end: u64,
    torn: u64,
}

impl Reader {
    /// Opens the ledger in `dir`.
    ///
    /// # Errors
    /// [`LedgerError::Absent`] where there is none, else faults of the file system.
    pub fn open(dir: &Path) -> Result<Self, LedgerError> {
        let path = dir.join(FILE);
        let file = OpenOptions::new()
            .read(true)
            // A pipe in the file's place must not hang the reader.
            .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
            .open(&path)
            .map_err(LedgerError::io(&path))?;
        LedgerError::unless_file(&file, &path)?;
        let length = file.metadata().map_err(LedgerError::io(&path))?.len();
        let end = tail::find(&file, length).map_err(LedgerError::io(&path))?.end;
        Ok(Self { file, path, end, torn: length - end })
    }

    /// Bytes of an unfinished record at the end: a crash, or a write that is going on.
    #[must_use]
    pub const fn torn_bytes(&self) -> u64 {
        self.torn
    }

    /// All records, oldest first.
    pub fn forward(&self) -> impl Iterator<Item = Result<Reading, LedgerError>> + '_ {
        self.lines_forward().map(|raw| read(&raw?))
    }

    /// All records, newest first.
    pub fn backward(&self) -> impl Iterator<Item = Result<Reading, LedgerError>> + '_ {
        self.lines_backward().map(|raw| read(&raw?))
    }

    /// The records that fit, oldest first.
    pub fn forward_matching<'a>(
        &'a self,
        filter: &'a Filter,
    ) -> impl Iterator<Item = Result<Reading, LedgerError>> + 'a {
        self.lines_forward().filter_map(|raw| matching(raw, filter).0)
    }

    /// The records that fit, newest first.
    pub fn backward_matching<'a>(
        &'a self,
        filter: &'a Filter,
    ) -> impl Iterator<Item = Result<Reading, LedgerError>> + 'a {
        let stop = filter.since.and_then(|since| since.checked_sub(SLACK).ok());
        let mut older = 0;
        self.lines_backward()
            .map_while(move |raw| {
                let (reading, at) = matching(raw, filter);
                match (at, stop) {
                    (Some(at), Some(stop)) if at < stop => older += 1,
                    (Some(_), _) => older = 0,
                    (None, _) => {}
                }
                (older < OLDER_IN_A_ROW).then_some(reading)
            })
            .flatten()
    }

    /// The records of which an id (of the record, its action or its hold) begins or ends with `part`. A judgement
    /// goes before other records about the same action or hold. Lines that cannot be read are passed over.
    ///
    /// # Errors
    /// Faults of the file system.
    pub fn find(&self, part: &str) -> Result<Found, LedgerError> {
        if part.len() < SHORTEST_PART {
            return Ok(Found::None);
        }
        let part = part.to_ascii_lowercase();
        let fits = |id: String| id.starts_with(&part) || id.ends_with(&part);
        let mut judged = Vec::new();
        let mut others = Vec::new();
        for record in self.backward_containing(&part) {
            let record = record?;
            match &record.entry {
                Entry::Judged { action, judgement }
                    if fits(action.id.to_string()) || judgement.hold.is_some_and(|hold| fits(hold.to_string())) =>
                {
                    judged.push(record);
                }
                _ if fits(record.id.to_string()) => others.push(record),
                _ => {}
            }
        }
        let mut found = if judged.is_empty() { others } else { judged };
        Ok(match (found.len(), found.pop()) {
            (1, Some(record)) => Found::One(Box::new(record)),
            (0, _) | (_, None) => Found::None,
            (n, _) => Found::Many(n),
        })
    }

    /// How the judged action of `record` ended, as the client reported it later: the first outcome of the same call
    /// (agent, session and the client's call id) before that call was judged again.
    #[must_use]
    pub fn outcome_of(&self, record: &Record) -> Option<Outcome> {
        let Entry::Judged { action, .. } = &record.entry else {
            return None;
        };
        let call = serde_json::to_string(action.call.as_ref()?).ok()?;
        let mut first = None;
        for later in self.backward_containing(&call).map_while(Result::ok) {
            if later.id == record.id {
                return first;
            }
            match later.entry {
                Entry::Settled { outcome } if is_of(&outcome, action) => first = Some(outcome),
                // What came after this belongs to it.
                Entry::Judged { action: again, .. } if is_same_call(&again, action) => first = None,
                _ => {}
            }
        }
        None
    }

    /// The readable records whose JSON contains `text`, newest first. Only these are parsed.
    fn backward_containing<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Result<Record, LedgerError>> + 'a {
        self.lines_backward()
            .filter(move |raw| match raw {
                Ok(raw) => std::str::from_utf8(&raw.bytes).is_ok_and(|line| line.contains(text)),
                Err(_) => true,
            })
            .filter_map(|raw| match raw.and_then(|raw| read(&raw)) {
                Ok(reading) => Some(Ok(reading.record)),
                Err(LedgerError::Unreadable { .. }) => None,
                Err(error) => Some(Err(error)),
            })
    }

    fn lines_forward(&self) -> impl Iterator<Item = Result<Raw, LedgerError>> + '_ {
        Forward::new(&self.file, self.end).map(|raw| self.checked(raw))
    }

    fn lines_backward(&self) -> impl Iterator<Item = Result<Raw, LedgerError>> + '_ {
        Backward::new(&self.file, self.end).map(|raw| self.checked(raw))
    }

    fn checked(&self, raw: io::Result<Raw>) -> Result<Raw, LedgerError> {
        raw.map_err(LedgerError::io(&self.path))
    }
}

fn is_of(outcome: &Outcome, action: &Action) -> bool {
    outcome.agent == action.agent.name && outcome.session == action.agent.session && outcome.call == action.call
}

fn is_same_call(a: &Action, b: &Action) -> bool {
    a.agent.name == b.agent.name && a.agent.session == b.agent.session && a.call == b.call
}

/// The record of a line if it fits, and the time of every line that has one.
fn matching(
    raw: Result<Raw, LedgerError>,
    filter: &Filter,
) -> (Option<Result<Reading, LedgerError>>, Option<Timestamp>) {
    let raw = match raw {
        Ok(raw) => raw,
        Err(error) => return (Some(Err(error)), None),
    };
    match line::split(&raw.bytes).ok().and_then(|line| filter.look(line.json)) {
        Some(fit) => (fit.fits.then(|| read(&raw)), Some(fit.at)),
        // Not even these few fields can be read: say so.
        None => (Some(read(&raw)), None),
    }
}

fn read(raw: &Raw) -> Result<Reading, LedgerError> {
    parse(&raw.bytes)
        .map(|record| Reading { record, offset: raw.offset })
        .map_err(|why| LedgerError::Unreadable { offset: raw.offset, why })
}

fn parse(line: &[u8]) -> Result<Record, String> {
    let line = line::split(line)?;
    serde_json::from_slice(line.json).map_err(|error| {
        #[derive(serde::Deserialize)]
        struct Version {
            v: u32,
        }
        match serde_json::from_slice::<Version>(line.json) {
            Ok(Version { v }) if v > RECORD_VERSION => {
                format!("it was written by a newer Weir (record version {v})")
            }
            _ => error.to_string(),
        }
    })
}
