//! Writing: one locked, chained, single write.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, OFlags};
use weir_model::{Entry, Record, Timestamp};

use crate::tail;
use crate::{FILE, LedgerError, line, repair};

/// How long a writer waits for the lock: well below the limits that clients give their hooks.
const LOCK_DEADLINE: Duration = Duration::from_secs(2);

/// When an append counts as done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Once the kernel has it: survives a crash of every process, not a power loss within the next seconds.
    Relaxed,
    /// Once the disk has it.
    Synced,
}

/// What an append did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// Where the first of the new records starts.
    pub offset: u64,
    /// The repair of a torn end that was made, and recorded, first.
    pub repaired: Option<Repaired>,
}

/// A torn end that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repaired {
    /// Bytes of an unfinished record.
    pub torn_bytes: u64,
    /// The file in which they are kept, relative to the ledger's directory.
    pub kept_in: String,
}

/// The ledger, for writing.
#[derive(Debug)]
pub struct Ledger {
    dir: PathBuf,
    path: PathBuf,
}

impl Ledger {
    /// The ledger in `dir`, which is created (mode 0700) where it is missing. Reads nothing.
    ///
    /// # Errors
    /// When the directory cannot be created.
    pub fn open(dir: &Path) -> Result<Self, LedgerError> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(LedgerError::io(dir))?;
        Ok(Self { dir: dir.to_owned(), path: dir.join(FILE) })
    }

    /// Appends one record.
    ///
    /// # Errors
    /// As [`Ledger::append_all`].
    pub fn append(&self, record: &Record, durability: Durability) -> Result<Appended, LedgerError> {
        self.append_all(std::slice::from_ref(record), durability)
    }

    /// Appends records, in order, with one write. All of them are kept, or none. Without records it only repairs.
    ///
    /// # Errors
    /// See [`LedgerError`]; the records are not in the ledger. One exception: where the disk refuses to sync
    /// ([`LedgerError::Unsynced`]), they are, and may not survive a power loss.
    pub fn append_all(&self, records: &[Record], durability: Durability) -> Result<Appended, LedgerError> {
        let file = self.file()?;
        self.lock(&file)?;
        let io = || LedgerError::io(&self.path);
        let length = file.metadata().map_err(io())?.len();
        let tail = tail::find(&file, length).map_err(io())?;
        let mut bytes = Vec::with_capacity(4096);
        let mut hash = tail.hash;
        let repaired = (length > tail.end)
            .then(|| Repaired { torn_bytes: length - tail.end, kept_in: repair::name(Timestamp::now(), tail.end) });
        if let Some(Repaired { torn_bytes, kept_in }) = repaired.clone() {
            let at = records.first().map_or_else(now, |record| record.at);
            hash = line::encode(&Record::new(at, Entry::Repaired { torn_bytes, kept_in }), &hash, &mut bytes)?;
        }
        let offset = tail.end + bytes.len() as u64;
        for record in records {
            hash = line::encode(record, &hash, &mut bytes)?;
        }
        match &repaired {
            Some(Repaired { kept_in, .. }) => {
                repair::make(&self.dir, kept_in, &file, (tail.end, length), &bytes)?;
            }
            None => append(&file, length, &bytes).map_err(io())?,
        }
        if length == 0 {
            self.sync_names();
        }
        if durability == Durability::Synced {
            // The lock goes first: writers that wait for the disk together share its work.
            let _ = rustix::fs::flock(&file, FlockOperation::Unlock);
            file.sync_data().map_err(|source| LedgerError::Unsynced { path: self.path.clone(), source })?;
        }
        Ok(Appended { offset, repaired })
    }

    /// The file, made where it is missing.
    fn file(&self) -> Result<File, LedgerError> {
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            // A pipe in the file's place must not hang a hook.
            .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
            .open(&self.path)
            .map_err(LedgerError::io(&self.path))?;
        LedgerError::unless_file(&file, &self.path)?;
        Ok(file)
    }

    /// Takes the lock; it is released when the file is closed, also by a crash.
    fn lock(&self, file: &File) -> Result<(), LedgerError> {
        let begun = Instant::now();
        let mut pause = Duration::from_micros(50);
        loop {
            match rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(()),
                Err(rustix::io::Errno::WOULDBLOCK | rustix::io::Errno::INTR) => {}
                Err(errno) => return Err(LedgerError::io(&self.path)(errno.into())),
            }
            if begun.elapsed() > LOCK_DEADLINE {
                return Err(LedgerError::Busy { path: self.path.clone(), waited_ms: begun.elapsed().as_millis() });
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(2));
        }
    }

    /// Makes sure that the disk has the names of a new file and a new directory. Some file systems cannot sync a
    /// directory and need not; the record itself does not depend on it.
    fn sync_names(&self) {
        for dir in [Some(self.dir.as_path()), self.dir.parent()].into_iter().flatten() {
            let _ = File::open(dir).and_then(|dir| dir.sync_all());
        }
    }
}

/// One write; a short one (a signal, the last bytes of a disk) is finished, or taken back.
fn append(mut file: &File, length: u64, bytes: &[u8]) -> std::io::Result<()> {
    file.write_all(bytes).inspect_err(|_| {
        // If this fails too, the next append finds a torn end.
        let _ = file.set_len(length);
    })
}

/// The current time as records state it: to the millisecond.
fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}
