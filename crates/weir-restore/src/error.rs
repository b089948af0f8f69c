//! What can go wrong, one enum per thing that is asked for.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;
use weir_model::RestorePointId;

/// The store itself, or a point in it, could not be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A file operation failed.
    #[error("cannot {what} `{}`: {source}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The directory is not this user's alone.
    #[error("`{}` must be a directory that belongs to this user and that nobody else can enter", .0.display())]
    NotPrivate(PathBuf),
    /// Nothing has this id.
    #[error("no restore point `{0}`")]
    Unknown(String),
    /// More than one point starts like this.
    #[error("`{0}` fits more than one restore point")]
    Ambiguous(String),
    /// The header of a point cannot be read.
    #[error("restore point `{id}` is damaged: {what}")]
    Damaged {
        /// The point.
        id: String,
        /// What is wrong with it.
        what: String,
    },
    /// Restore points already hold more than they may.
    #[error("restore points hold {used} bytes on the file system of `{}`, and may hold {quota}", mount.display())]
    OverQuota {
        /// Where.
        mount: PathBuf,
        /// Bytes held.
        used: u64,
        /// Bytes allowed.
        quota: u64,
    },
}

impl StoreError {
    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what, path: path.to_owned(), source }
    }
}

/// Why a [`Recorder`](crate::Recorder) refuses a call, inside the [`io::Error`] that it answers with; everything that the
/// kernel refuses is that error itself, with its number.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The file is larger than what may be copied ([`io::ErrorKind::FileTooLarge`]).
    #[error("`{}` has {size} bytes, and at most {limit} are copied", path.display())]
    FileTooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        size: u64,
        /// [`Limits::file`](crate::Limits).
        limit: u64,
    },
    /// Copies of this point reached the limit ([`io::ErrorKind::QuotaExceeded`]).
    #[error("the restore point holds {copied} bytes of copies, and at most {limit} are allowed")]
    OverQuota {
        /// Bytes copied so far.
        copied: u64,
        /// [`Limits::copies`](crate::Limits).
        limit: u64,
    },
    /// The file changed while it was copied, twice ([`io::ErrorKind::ResourceBusy`]).
    #[error("`{}` changes while it is saved", .0.display())]
    Unstable(PathBuf),
    /// The path is not absolute, or not the path of the name ([`io::ErrorKind::InvalidInput`]).
    #[error("`{}` is not an absolute path without `.` and `..`", .0.display())]
    NotAbsolute(PathBuf),
}

impl From<RecordError> for io::Error {
    fn from(error: RecordError) -> Self {
        let kind = match error {
            RecordError::FileTooLarge { .. } => io::ErrorKind::FileTooLarge,
            RecordError::OverQuota { .. } => io::ErrorKind::QuotaExceeded,
            RecordError::Unstable(_) => io::ErrorKind::ResourceBusy,
            RecordError::NotAbsolute(_) => io::ErrorKind::InvalidInput,
        };
        Self::new(kind, error)
    }
}

/// A snapshot could not be made; nothing of it is left behind.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// It would cost more than the caller allows. The figures are what was counted up to then.
    #[error("the targets hold more than the budget: at least {files} files and {bytes} bytes after {millis} ms")]
    OverBudget {
        /// Files, directories and links counted.
        files: u64,
        /// Bytes that had to be copied.
        bytes: u64,
        /// Time spent.
        millis: u64,
    },
    /// A target cannot be saved.
    #[error("cannot save `{}`: {source}", path.display())]
    Target {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An undo was refused, or stopped. Where it was refused nothing was changed; where it stopped, the same call again goes on.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum UndoError {
    /// It was undone before.
    #[error("restore point `{id}` is already undone; undo `{by}` to take that back")]
    AlreadyUndone {
        /// The point.
        id: RestorePointId,
        /// The restore point of the undo.
        by: RestorePointId,
    },
    /// Its time has passed.
    #[error("restore point `{0}` has expired")]
    Expired(RestorePointId),
    /// The command that is recorded has not ended.
    #[error("restore point `{0}` is still being recorded")]
    Recording(RestorePointId),
    /// Parts of it were put back, so it no longer holds everything.
    #[error("restore point `{0}` is partly undone, and can only be undone further")]
    PartlyUndone(RestorePointId),
    /// Another undo is at work.
    #[error("another undo is running")]
    Busy,
    /// The journal was changed or cut.
    #[error("the journal of restore point `{id}` is damaged: {what}")]
    Journal {
        /// The point.
        id: RestorePointId,
        /// What is wrong.
        what: String,
    },
    /// A trash of the point is not there, or not the one it was.
    #[error("the trash `{}` is not there: is its file system mounted?", .0.display())]
    TrashGone(PathBuf),
    /// What was kept of this path is gone.
    #[error("what was kept of `{}` is no longer in the trash", .0.display())]
    EntryMissing(PathBuf),
    /// What was kept of this path is not what was put there.
    #[error("what was kept of `{}` has changed since", .0.display())]
    EntryChanged(PathBuf),
    /// Git has removed what branches, logs or the index that were kept lead to.
    #[error("{count} git objects that it needs are no longer in `{}`", common.display())]
    ObjectsGone {
        /// The git directory.
        common: PathBuf,
        /// How many.
        count: usize,
    },
    /// The git repository cannot be looked at.
    #[error("whether `{}` has the git objects that it needs cannot be found out: {why}", common.display())]
    Repository {
        /// The git directory.
        common: PathBuf,
        /// Why.
        why: String,
    },
    /// A branch or tag that was made since has a name that git cannot have beside one that would come back.
    #[error("`{found}`, which was made since, stands where `{wanted}` would come back")]
    RefInTheWay {
        /// The ref that would come back, or go away.
        wanted: String,
        /// The one that is there.
        found: String,
    },
    /// It keeps commits that were elsewhere, and nothing of this machine.
    #[error("restore point `{0}` only keeps git commits, which Weir itself does not put back")]
    OnlyObjects(RestorePointId),
    /// The directory to restore into must be empty or absent.
    #[error("`{}` is not an empty directory", .0.display())]
    NotEmpty(PathBuf),
    /// A file operation failed.
    #[error("cannot restore `{}`: {source}", path.display())]
    Io {
        /// Which path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
