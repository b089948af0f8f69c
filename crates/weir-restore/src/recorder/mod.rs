//! One open restore point.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use rustix::fd::BorrowedFd;
use weir_model::RestorePointId;

use crate::{Counters, Point, StoreError};

/// One restore point while its command runs.
///
/// Every call notes in the journal what is about to happen before anything happens, so that it is harmless when the
/// change does not follow, and a recorder may be killed at any moment. Calls come from any thread.
///
/// In all of them `parent` is a descriptor of a directory (`O_PATH` will do) and `name` one component in it; `path` is the absolute
/// path of that name, without `.` and `..` and without symbolic links in its directories: it is the way back.
/// The kernel's refusals come back with their number ([`io::Error::raw_os_error`]), so that they can be handed on; the
/// recorder's own are a [`RecordError`](crate::RecordError).
#[derive(Debug)]
pub struct Recorder {
    id: RestorePointId,
}

impl Recorder {
    /// The name of the point.
    #[must_use]
    pub const fn id(&self) -> RestorePointId {
        self.id
    }

    /// What it holds so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        Counters::default()
    }

    /// In place of `unlink`: moves `name`, which is anything but a directory, into the trash of its mount. Across mounts it
    /// is copied, up to a limit, and then removed.
    ///
    /// # Errors
    ///
    /// As the kernel's `unlink` (`ENOENT`, `EISDIR`, `EACCES`, …), and as described at [`Recorder`].
    pub fn divert(&self, parent: BorrowedFd<'_>, name: &OsStr, path: &Path) -> io::Result<()> {
        let _ = (parent, name, path);
        Err(io::ErrorKind::Unsupported.into())
    }

    /// In place of a recursive removal: moves the directory `name` into the trash with one rename.
    ///
    /// # Errors
    ///
    /// `ENOTDIR` for anything else, `EXDEV` where the mount has no trash.
    pub fn divert_tree(&self, parent: BorrowedFd<'_>, name: &OsStr, path: &Path) -> io::Result<()> {
        let _ = (parent, name, path);
        Err(io::ErrorKind::Unsupported.into())
    }

    /// In place of `rmdir`: removes the empty directory `name`, with its metadata noted.
    ///
    /// # Errors
    ///
    /// As the kernel's `rmdir`: `ENOTEMPTY`, `ENOTDIR`, `ENOENT`, …
    pub fn remove_dir(&self, parent: BorrowedFd<'_>, name: &OsStr, path: &Path) -> io::Result<()> {
        let _ = (parent, name, path);
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Before a rename onto `name`: keeps what is there under a second name (or a copy); `name` itself stays. Nothing at `name` is
    /// nothing to keep.
    ///
    /// # Errors
    ///
    /// When it can be neither linked nor copied.
    pub fn keep_replaced(&self, parent: BorrowedFd<'_>, name: &OsStr, path: &Path) -> io::Result<()> {
        let _ = (parent, name, path);
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Before `rename(from, to)`; where `to` exists, after [`Recorder::keep_replaced`] of it.
    ///
    /// # Errors
    ///
    /// When `from` does not exist or the journal cannot be written.
    pub fn renamed(
        &self,
        (from_parent, from_name, from): (BorrowedFd<'_>, &OsStr, &Path),
        (to_parent, to_name, to): (BorrowedFd<'_>, &OsStr, &Path),
    ) -> io::Result<()> {
        let _ = (from_parent, from_name, from, to_parent, to_name, to);
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Before `renameat2(one, other, RENAME_EXCHANGE)`.
    ///
    /// # Errors
    ///
    /// When one of them does not exist or the journal cannot be written.
    pub fn exchanged(
        &self,
        (one_parent, one_name, one): (BorrowedFd<'_>, &OsStr, &Path),
        (other_parent, other_name, other): (BorrowedFd<'_>, &OsStr, &Path),
    ) -> io::Result<()> {
        let _ = (one_parent, one_name, one, other_parent, other_name, other);
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Before the content of an existing regular file may change (truncate, a descriptor for writing): clones `file`, else
    /// copies it up to a limit. `file` is readable, or an `O_PATH` descriptor of a file that this process may read.
    /// The second and later calls for the same file cost nothing.
    ///
    /// # Errors
    ///
    /// [`RecordError::FileTooLarge`](crate::RecordError), `OverQuota`, `Unstable`; the change must not happen then.
    pub fn save_content(&self, file: BorrowedFd<'_>, path: &Path) -> io::Result<()> {
        let _ = (file, path);
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Before `chmod`, `chown`, `utime`, `setxattr` and the like on what `at` stands for (`O_PATH` will do, also of a symbolic link).
    ///
    /// # Errors
    ///
    /// When the metadata cannot be read or the journal not be written.
    pub fn save_metadata(&self, at: BorrowedFd<'_>, path: &Path) -> io::Result<()> {
        let _ = (at, path);
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Before something is made at `name` (`open(O_CREAT)`, `mkdir`, `link`, `symlink`, `mknod`). Where something is there already
    /// nothing is noted, so it is right to call it when unsure.
    ///
    /// # Errors
    ///
    /// When the journal cannot be written.
    pub fn creating(&self, parent: BorrowedFd<'_>, name: &OsStr, path: &Path) -> io::Result<()> {
        let _ = (parent, name, path);
        Err(io::ErrorKind::Unsupported.into())
    }

    /// After something was made at `name` by a caller that could not say so before.
    ///
    /// # Errors
    ///
    /// When it is not there or the journal cannot be written.
    pub fn created(&self, parent: BorrowedFd<'_>, name: &OsStr, path: &Path) -> io::Result<()> {
        let _ = (parent, name, path);
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Ends the recording: everything is on disk afterwards.
    ///
    /// # Errors
    ///
    /// When it cannot be written; the point can be undone all the same, as that of a killed recorder can.
    pub fn seal(self) -> Result<Point, StoreError> {
        Err(StoreError::Unknown(self.id.to_string()))
    }
}
