//! The file `point.json`: what a point is, for people and for the list.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fd::{AsFd as _, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use serde::{Deserialize, Serialize};
use weir_model::{ActionId, RestorePointId, Timestamp};

use crate::journal::Raw;
use crate::{Counters, Mechanism, Point, PointInfo, State};

const NAME: &str = "point.json";
const NEW: &str = "point.json.new";
pub(crate) const LARGEST: u64 = 16 << 20;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Header {
    v: u32,
    pub(crate) id: RestorePointId,
    pub(crate) made: Timestamp,
    pub(crate) expires: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    action: Option<ActionId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
    command: String,
    cwd: Text,
    pub(crate) state: State,
    pub(crate) counts: Counters,
    pub(crate) mechanisms: Vec<Mechanism>,
    /// The end of the chain of the journal, once it is sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) journal: Option<String>,
    /// The points of the undos that took it back, the last one perhaps not to its end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) undone_by: Vec<RestorePointId>,
    /// Bytes in trees that were moved as a whole, once somebody counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tree_bytes: Option<u64>,
    /// What people must know of what it cannot do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) remarks: Vec<String>,
}

/// A path as text where it is text.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum Text {
    Plain(String),
    Bytes(Vec<u8>),
}

impl Header {
    pub(crate) fn new(id: RestorePointId, info: &PointInfo) -> Self {
        let made = Timestamp::now();
        let cwd = match info.cwd.to_str() {
            Some(text) => Text::Plain(text.to_owned()),
            None => Text::Bytes(Raw::from(info.cwd.as_path()).bytes().to_vec()),
        };
        Self {
            v: 1,
            id,
            made,
            expires: made.checked_add(info.lifetime).unwrap_or(Timestamp::MAX),
            action: info.action,
            agent: info.agent.clone(),
            command: info.command.clone(),
            cwd,
            state: State::Open,
            counts: Counters::default(),
            mechanisms: Vec::new(),
            journal: None,
            undone_by: Vec::new(),
            tree_bytes: None,
            remarks: info.remarks.clone(),
        }
    }

    pub(crate) fn cwd(&self) -> PathBuf {
        match &self.cwd {
            Text::Plain(text) => PathBuf::from(text),
            Text::Bytes(bytes) => Raw::from(bytes.as_slice()).to_path_buf(),
        }
    }

    /// What the point holds on disk.
    pub(crate) fn bytes(&self) -> u64 {
        self.counts.bytes().saturating_add(self.tree_bytes.unwrap_or(0))
    }

    pub(crate) fn is_expired(&self) -> bool {
        Timestamp::now() > self.expires
    }

    pub(crate) fn point(&self) -> Point {
        let lifetime = Duration::try_from(self.expires.duration_since(self.made)).unwrap_or_default();
        let state = match self.state {
            State::Open | State::Sealed if self.is_expired() => State::Expired,
            state => state,
        };
        Point {
            id: self.id,
            made: self.made,
            expires: self.expires,
            info: PointInfo {
                action: self.action,
                agent: self.agent.clone(),
                command: self.command.clone(),
                cwd: self.cwd(),
                lifetime,
                remarks: self.remarks.clone(),
            },
            state,
            counts: self.counts,
            mechanisms: self.mechanisms.clone(),
            undone_by: self.undone_by.clone(),
        }
    }

    pub(crate) fn read(dir: BorrowedFd<'_>) -> io::Result<Self> {
        let bytes = read_file(dir, Path::new(NAME), LARGEST)?;
        let header: Self = serde_json::from_slice(&bytes)?;
        if header.v == 1 { Ok(header) } else { Err(io::Error::other("made by another version of Weir")) }
    }

    /// Replaces the file in one step.
    pub(crate) fn write(&self, dir: BorrowedFd<'_>, durable: bool) -> io::Result<()> {
        let flags = OFlags::CREATE | OFlags::TRUNC | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::openat(dir, NEW, flags, Mode::from_raw_mode(0o600))?;
        let mut file = std::fs::File::from(file);
        io::Write::write_all(&mut file, &serde_json::to_vec(self)?)?;
        if durable {
            file.sync_data()?;
        }
        rustix::fs::renameat(dir, NEW, dir, NAME)?;
        if durable {
            rustix::fs::fsync(open_readable(dir)?.as_fd())?;
        }
        Ok(())
    }
}

fn open_readable(dir: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    Ok(rustix::fs::openat(dir, c".", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?)
}

/// The content of the regular file `name`, if it is not larger than `largest`.
pub(crate) fn read_file(dir: BorrowedFd<'_>, name: &Path, largest: u64) -> io::Result<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = std::fs::File::from(rustix::fs::openat(dir, name, flags, Mode::empty())?);
    // Most files here fit: room for them saves reading piece by piece.
    let mut bytes = Vec::with_capacity(4096);
    let read = io::Read::read_to_end(&mut io::Read::take(&file, largest + 1), &mut bytes)?;
    if read as u64 > largest { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}
