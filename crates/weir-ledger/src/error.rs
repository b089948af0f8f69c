//! What can go wrong with the ledger.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use thiserror::Error;

/// The ledger could not be written or read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// There is no ledger yet.
    #[error("there is no ledger at `{}`", path.display())]
    Absent {
        /// Where it would be.
        path: PathBuf,
    },
    /// The file system does not allow writing.
    #[error("`{}` cannot be written: {source}", path.display())]
    ReadOnly {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The disk, a quota or a size limit is full. Nothing of the record was kept.
    #[error("there is no room for another record in `{}`: {source}", path.display())]
    Full {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another process held the lock for too long.
    #[error("`{}` has been locked by another process for {waited_ms} ms", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
        /// How long this one waited.
        waited_ms: u128,
    },
    /// The record is larger than [`crate::LARGEST_RECORD`].
    #[error("a record of {bytes} bytes is too large for the ledger")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// The record has no JSON form.
    #[error("the record cannot be encoded: {0}")]
    Encoding(#[from] serde_json::Error),
    /// A line is not a whole record of a version that this build knows.
    #[error("the record at byte {offset} cannot be read: {why}")]
    Unreadable {
        /// Where the line starts.
        offset: u64,
        /// What is wrong with it.
        why: String,
    },
    /// The records were written, but the disk did not confirm it: they may not survive a power loss.
    #[error("`{}` cannot be synced to the disk: {source}", path.display())]
    Unsynced {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Something else stands in the file's place.
    #[error("`{}` is not a file", path.display())]
    NotAFile {
        /// Where the ledger's file should be.
        path: PathBuf,
    },
    /// Any other fault of the file system.
    #[error("cannot use `{}`: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl LedgerError {
    /// True where there simply is no ledger yet.
    #[must_use]
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent { .. })
    }

    pub(crate) fn unless_file(file: &File, path: &Path) -> Result<(), Self> {
        let metadata = file.metadata().map_err(Self::io(path))?;
        if metadata.is_file() { Ok(()) } else { Err(Self::NotAFile { path: path.to_owned() }) }
    }

    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| {
            let errno = source.raw_os_error().map(Errno::from_raw_os_error);
            match errno {
                Some(Errno::ISDIR) => Self::NotAFile { path },
                Some(Errno::NOENT) => Self::Absent { path },
                Some(Errno::ROFS | Errno::ACCESS | Errno::PERM | Errno::NOTDIR | Errno::EXIST) => {
                    Self::ReadOnly { path, source }
                }
                Some(Errno::NOSPC | Errno::DQUOT | Errno::FBIG) => Self::Full { path, source },
                _ => Self::Io { path, source },
            }
        }
    }
}
