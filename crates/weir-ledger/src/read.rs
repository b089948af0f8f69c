//! Reading: from the newest record back, tolerant of a torn end and of records from the future.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use weir_model::{Entry, Outcome, RECORD_VERSION, Record, Timestamp, Verdict};

use crate::line::{self, LONGEST};
use crate::{FILE, LedgerError, tail};

/// How much is read at once.
const BLOCK: usize = 256 * 1024;

/// One record that was read, and where it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The record.
    pub record: Record,
    /// The byte at which its line starts.
    pub offset: u64,
}

/// Which records are wanted. An empty field does not limit.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only this agent.
    pub agent: Option<String>,
    /// Only this session of a client.
    pub session: Option<String>,
    /// Only at or after this time; reading back stops at the first older record.
    pub since: Option<Timestamp>,
    /// Only these verdicts.
    pub verdicts: Vec<Verdict>,
    /// Only judgements.
    pub judged_only: bool,
}

impl Filter {
    fn fits(&self, record: &Record) -> bool {
        let (agent, session, verdict) = match &record.entry {
            Entry::Judged { action, judgement } => (
                Some(&action.agent.name),
                action.agent.session.as_ref(),
                Some(judgement.verdict),
            ),
            Entry::Settled { outcome } => (Some(&outcome.agent), outcome.session.as_ref(), None),
            Entry::SessionStarted { session } => (Some(&session.agent), Some(&session.id), None),
            Entry::Held { hold } => (Some(&hold.agent), None, None),
            _ => (None, None, None),
        };
        (!self.judged_only || verdict.is_some())
            && self
                .agent
                .as_ref()
                .is_none_or(|wanted| agent == Some(wanted))
            && self
                .session
                .as_ref()
                .is_none_or(|wanted| session == Some(wanted))
            && (self.verdicts.is_empty()
                || verdict.is_some_and(|verdict| self.verdicts.contains(&verdict)))
            && self.since.is_none_or(|since| record.at >= since)
    }
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
        let file = File::open(&path).map_err(LedgerError::io(&path))?;
        let length = file.metadata().map_err(LedgerError::io(&path))?.len();
        let end = tail::find(&file, length)
            .map_err(LedgerError::io(&path))?
            .end;
        Ok(Self {
            file,
            path,
            end,
            torn: length - end,
        })
    }

    /// Bytes of an unfinished record at the end: a crash, or a write that is going on.
    #[must_use]
    pub const fn torn_bytes(&self) -> u64 {
        self.torn
    }

    /// All records, newest first. A line that is no record is an error of its own, and reading goes on.
    #[must_use]
    pub fn backward(&self) -> Backward<'_> {
        Backward {
            reader: self,
            next_end: self.end,
            block: Vec::new(),
            block_start: self.end,
        }
    }

    /// The records that fit, newest first. Unreadable lines are passed on as errors.
    pub fn backward_matching<'a>(
        &'a self,
        filter: &'a Filter,
    ) -> impl Iterator<Item = Result<Reading, LedgerError>> + 'a {
        // Clocks jump: an hour's slack finds records that were written out of order.
        let stop = filter.since.and_then(|since| {
            since
                .checked_sub(std::time::Duration::from_secs(3_600))
                .ok()
        });
        self.backward()
            .take_while(move |reading| match (reading, stop) {
                (Ok(reading), Some(stop)) => reading.record.at >= stop,
                _ => true,
            })
            .filter(|reading| {
                reading
                    .as_ref()
                    .map_or(true, |reading| filter.fits(&reading.record))
            })
    }

    /// The records of which an id (of the record, its action or its hold) begins or ends with `part`. A judgement
    /// goes before other records about the same action or hold.
    ///
    /// # Errors
    /// Faults of the file system.
    pub fn find(&self, part: &str) -> Result<Found, LedgerError> {
        if part.len() < 4 {
            return Ok(Found::None);
        }
        let part = part.to_ascii_lowercase();
        let fits = |id: String| id.starts_with(&part) || id.ends_with(&part);
        let mut judged = Vec::new();
        let mut others = Vec::new();
        for reading in self.backward() {
            let record = match reading {
                Ok(reading) => reading.record,
                Err(LedgerError::Unreadable { .. }) => continue,
                Err(error) => return Err(error),
            };
            match &record.entry {
                Entry::Judged { action, judgement }
                    if fits(action.id.to_string())
                        || judgement.hold.is_some_and(|hold| fits(hold.to_string())) =>
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

    /// How the judged action of `record` ended, as the client reported it later.
    #[must_use]
    pub fn outcome_of(&self, record: &Record) -> Option<Outcome> {
        let Entry::Judged { action, .. } = &record.entry else {
            return None;
        };
        let call = action.call.as_ref()?;
        self.backward()
            .filter_map(Result::ok)
            .take_while(|reading| reading.record.id != record.id)
            .filter_map(|reading| match reading.record.entry {
                Entry::Settled { outcome } => Some(outcome),
                _ => None,
            })
            .find(|outcome| {
                outcome.agent == action.agent.name
                    && outcome.session == action.agent.session
                    && outcome.call.as_ref() == Some(call)
            })
    }
}

/// Records from the end of the file to its beginning.
#[derive(Debug)]
pub struct Backward<'a> {
    reader: &'a Reader,
    /// The end of the line that is read next.
    next_end: u64,
    /// Bytes of the file from `block_start`.
    block: Vec<u8>,
    block_start: u64,
}

impl Iterator for Backward<'_> {
    type Item = Result<Reading, LedgerError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next_end == 0 {
            return None;
        }
        match self.line() {
            Ok((start, line)) => {
                let reading = parse(&line).map(|record| Reading {
                    record,
                    offset: start,
                });
                self.next_end = start;
                Some(reading.map_err(|why| LedgerError::Unreadable { offset: start, why }))
            }
            Err(error) => {
                self.next_end = 0;
                Some(Err(LedgerError::io(&self.reader.path)(error)))
            }
        }
    }
}

impl Backward<'_> {
    /// The line that ends at `next_end`.
    fn line(&mut self) -> io::Result<(u64, Vec<u8>)> {
        loop {
            let used = usize::try_from(self.next_end - self.block_start).unwrap_or(0);
            let here = self.block.get(..used).unwrap_or_default();
            let before = here.get(..used.saturating_sub(1)).unwrap_or_default();
            let newline = before.iter().rposition(|byte| *byte == b'\n');
            if let Some(at) = newline {
                let line = here.get(at + 1..).unwrap_or_default().to_vec();
                return Ok((self.block_start + at as u64 + 1, line));
            }
            if self.block_start == 0 {
                return Ok((0, here.to_vec()));
            }
            if used > LONGEST {
                // No record is so long: the bytes before the next newline are not one.
                let start = tail::newline_before(&self.reader.file, self.block_start)?
                    .map_or(0, |at| at + 1);
                self.block.clear();
                self.block_start = start;
                return Ok((start, Vec::new()));
            }
            let want = BLOCK
                .max(used)
                .min(usize::try_from(self.block_start).unwrap_or(usize::MAX));
            let start = self.block_start - want as u64;
            let mut block = vec![0; want];
            self.reader.file.read_exact_at(&mut block, start)?;
            block.extend_from_slice(here);
            self.block = block;
            self.block_start = start;
        }
    }
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
