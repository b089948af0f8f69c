//! Writing: one locked, chained, single write.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::FlockOperation;
use weir_model::{Entry, Record, Timestamp};

use crate::line::{self};
use crate::tail::{self, Tail};
use crate::{FILE, LedgerError};

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
    /// Bytes of an unfinished record that were set aside before.
    pub torn_bytes: u64,
}

/// The ledger, for writing.
#[derive(Debug)]
pub struct Ledger {
    dir: PathBuf,
    path: PathBuf,
}

impl Ledger {
    /// The ledger in `dir`, which is created (mode 0700) where it is missing.
    ///
    /// # Errors
    /// When the directory cannot be created.
    pub fn open(dir: &Path) -> Result<Self, LedgerError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .map_err(LedgerError::io(dir))?;
        Ok(Self {
            dir: dir.to_owned(),
            path: dir.join(FILE),
        })
    }

    /// Appends records, in order, with one write. All of them are kept, or none.
    ///
    /// # Errors
    /// See [`LedgerError`]; the ledger is as it was before.
    pub fn append_all(
        &self,
        records: &[Record],
        durability: Durability,
    ) -> Result<Appended, LedgerError> {
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&self.path)
            .map_err(LedgerError::io(&self.path))?;
        self.lock(&file)?;
        let io = || LedgerError::io(&self.path);
        let length = file.metadata().map_err(io())?.len();
        let tail = tail::find(&file, length).map_err(io())?;
        let torn_bytes = length - tail.end;
        let mut bytes = Vec::with_capacity(2048);
        let mut hash = tail.hash;
        if torn_bytes > 0 {
            let kept_in = self.set_aside(&mut file, &tail, torn_bytes)?;
            let at = records
                .first()
                .map_or(Timestamp::UNIX_EPOCH, |record| record.at);
            let repaired = Record::new(
                at,
                Entry::Repaired {
                    torn_bytes,
                    kept_in,
                },
            );
            hash = line::encode(&repaired, &hash, &mut bytes)?;
        }
        for record in records {
            hash = line::encode(record, &hash, &mut bytes)?;
        }
        if let Err(error) = write_once(&mut file, &bytes) {
            // Part of it may be there: the next reader must not find half a record.
            file.set_len(tail.end).map_err(io())?;
            return Err(io()(error));
        }
        if durability == Durability::Synced {
            file.sync_data().map_err(io())?;
        }
        Ok(Appended {
            offset: tail.end,
            torn_bytes,
        })
    }

    /// Appends one record.
    ///
    /// # Errors
    /// As [`Ledger::append_all`].
    pub fn append(&self, record: &Record, durability: Durability) -> Result<Appended, LedgerError> {
        self.append_all(std::slice::from_ref(record), durability)
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
                return Err(LedgerError::Busy {
                    path: self.path.clone(),
                    waited_ms: begun.elapsed().as_millis(),
                });
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(2));
        }
    }

    /// Keeps what a crash left of a record in a file of its own, and cuts it off.
    fn set_aside(&self, file: &mut File, tail: &Tail, torn: u64) -> Result<String, LedgerError> {
        let dir = self.dir.join("torn");
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&dir)
            .map_err(LedgerError::io(&dir))?;
        let io = || LedgerError::io(&self.path);
        file.seek(SeekFrom::Start(tail.end)).map_err(io())?;
        let mut bytes = Vec::new();
        io::Read::by_ref(file)
            .take(torn)
            .read_to_end(&mut bytes)
            .map_err(io())?;
        let name = format!("{}-{}.bin", tail.end, weir_model::RecordId::new());
        let path = dir.join(&name);
        fs::write(&path, &bytes).map_err(LedgerError::io(&path))?;
        file.set_len(tail.end).map_err(io())?;
        Ok(format!("torn/{name}"))
    }
}

/// One write; a short one (a signal, the last bytes of a disk) is finished or fails.
fn write_once(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    let written = file.write(bytes)?;
    file.write_all(bytes.get(written..).unwrap_or_default())
}
