//! What a script asks for later, kept in a file: WAKE, SURFACE with a day, PERCH, LISTEN and WATCH.
//!
//! The file is JSON with a version. It is replaced as a whole, so that whoever is stopped in the middle leaves the old
//! one; one process at a time has it, by a lock on a file beside it. What is damaged is an error, and never an empty
//! schedule. An entry is done and then written down as done: whoever is stopped between the two does it once more.
//!
//! A signal is a row whose `signal`, `name`, `kind`, `event` or `type` (the first that it has) is the name of the signal
//! and that has a time, as observations of a WATCH have. PERCH waits for the first one at its place from the moment of
//! its registration until its WAKE AFTER is over, and then sends its CHIRP; so it does when nothing came. LISTEN notes
//! each one, in all collections.

mod state;
#[cfg(test)]
mod tests;
mod tick;

use std::{
    collections::BTreeMap,
    fs::File,
    path::{Path, PathBuf},
};

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{recall::day, watch};
use crate::{
    ast::{Script, Statement, StatementKind},
    run::lower::after,
};

pub use tick::{Act, Ticked};

/// What an entry waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// `WAKE AFTER 3d THEN ..`: a point in time.
    Wake,
    /// `SURFACE .. ON "day"`: a day.
    Surface,
    /// `PERCH ON ..`: a signal, or that none comes.
    Perch,
    /// `LISTEN FOR ..`: signals.
    Listen,
    /// `WATCH .. WHEN ..`: a condition that holds for long enough.
    Watch,
}

/// Where an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It waits.
    Pending,
    /// What it waited for was done.
    Done,
}

/// Something that is waited for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Entry {
    /// The same for the same statement of the same script.
    pub id: String,
    /// What it waits for.
    pub kind: Kind,
    /// Where it stands.
    pub state: State,
    /// The script that asked for it.
    pub script: PathBuf,
    /// Tells one text of the script from another.
    pub digest: String,
    /// The statement as written: what happens does not depend on the script's being there.
    pub statement: String,
    /// What is looked at, where that does not stand in the statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection: Option<String>,
    /// When it was registered.
    pub created: Timestamp,
    /// When it is due, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// What was noted last, and when: signals, and entities of a WATCH.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub noted: BTreeMap<String, Timestamp>,
    /// Why it could not be done the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A schedule cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// Another process has it.
    #[error("{} is in use by another process", .0.display())]
    Busy(PathBuf),
    /// The content is not that of a schedule.
    #[error("{} is damaged: {reason}; move it away to begin anew", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// It was written by a later program.
    #[error("{} has version {version}, and this program reads version {}", .path.display(), state::VERSION)]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u64,
    },
    /// The file cannot be read or written.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// What is waited for, in a file that one process has at a time.
#[derive(Debug)]
pub struct Schedule {
    path: PathBuf,
    entries: Vec<Entry>,
    /// Held until the schedule is dropped.
    _lock: File,
}

impl Schedule {
    /// Takes the schedule in the file `path`; an empty one where there is none.
    ///
    /// # Errors
    /// Another process has it, it is damaged or of a later version, or the file cannot be read.
    pub fn load(path: impl Into<PathBuf>) -> Result<Self, ScheduleError> {
        let path = path.into();
        let lock = state::lock(&path)?;
        let entries = state::read(&path)?;
        Ok(Self { path, entries, _lock: lock })
    }

    /// Writes the schedule down: afterwards the file is either the old one or the new one.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn save(&self) -> Result<(), ScheduleError> {
        state::write(&self.path, &self.entries)
    }

    /// What is waited for, and what was done.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What is due and not done.
    #[must_use]
    pub fn due(&self, now: Timestamp) -> Vec<&Entry> {
        let due = |entry: &&Entry| entry.state == State::Pending && entry.due.is_some_and(|due| due <= now);
        self.entries.iter().filter(due).collect()
    }

    /// Registers what the statements of a script ask for, those within others left out: they run only sometimes. What
    /// is registered stays as it is, also when it is done; what the script does not ask for any more is taken out.
    /// Gives how many entries are new. `text` is the source of the script.
    pub fn plan(&mut self, script: &Script<'_>, text: &str, path: &Path, now: Timestamp) -> usize {
        let digest = format!("{:016x}", fnv(text.bytes()));
        let mut asked: Vec<String> = Vec::new();
        let mut new = 0;
        for statement in &script.statements {
            let Some((kind, due, collection)) = later(statement, script, now) else { continue };
            let written = statement.span.text(text);
            let id = id(kind, path, written, &asked);
            asked.push(id.clone());
            if let Some(entry) = self.entries.iter_mut().find(|entry| entry.id == id) {
                entry.digest.clone_from(&digest);
                continue;
            }
            new += 1;
            self.entries.push(Entry {
                id,
                kind,
                state: State::Pending,
                script: path.to_owned(),
                digest: digest.clone(),
                statement: written.to_owned(),
                collection,
                created: now,
                due,
                noted: BTreeMap::new(),
                error: None,
            });
        }
        self.entries.retain(|entry| entry.script != path || asked.contains(&entry.id));
        new
    }
}

/// What a statement waits for; `None` where it waits for nothing.
fn later(
    statement: &Statement<'_>,
    script: &Script<'_>,
    now: Timestamp,
) -> Option<(Kind, Option<Timestamp>, Option<String>)> {
    Some(match &statement.kind {
        StatementKind::Wake(wake) => (Kind::Wake, Some(after(now, &wake.after)), None),
        StatementKind::Surface(surface) => {
            let due = day(&surface.on.as_ref()?.value)?.to_zoned(TimeZone::UTC).ok()?.timestamp();
            (Kind::Surface, Some(due), None)
        }
        StatementKind::Perch(perch) => (Kind::Perch, perch.wake.map(|wake| after(now, &wake)), None),
        StatementKind::Listen(_) => (Kind::Listen, None, None),
        StatementKind::Watch(watch) => (Kind::Watch, None, watch::collection(watch, script).map(str::to_owned)),
        _ => return None,
    })
}

/// Statements with the same words are counted.
fn id(kind: Kind, path: &Path, statement: &str, asked: &[String]) -> String {
    let words = statement.split_whitespace().flat_map(|word| word.bytes().chain([b' ']));
    let place = path.as_os_str().as_encoded_bytes().iter().copied().chain([0]);
    let kind = match kind {
        Kind::Wake => "wake",
        Kind::Surface => "surface",
        Kind::Perch => "perch",
        Kind::Listen => "listen",
        Kind::Watch => "watch",
    };
    let base = format!("{kind}-{:016x}", fnv(place.chain(words)));
    let mut id = base.clone();
    let mut count = 1;
    while asked.contains(&id) {
        count += 1;
        id = format!("{base}-{count}");
    }
    id
}

/// Tells scripts apart by where they are, in 16 hexadecimal digits.
#[must_use]
pub fn place_digest(path: &Path) -> String {
    format!("{:016x}", fnv(path.as_os_str().as_encoded_bytes().iter().copied()))
}

/// FNV-1a: it only has to tell texts apart, and to stay the same for ever.
pub(crate) fn fnv(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
