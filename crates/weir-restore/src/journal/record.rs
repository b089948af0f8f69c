//! What a journal can say.

use rustix::fs::{FileType, Statx};
use serde::{Deserialize, Serialize};

use super::Raw;

/// Seconds and nanoseconds.
pub(crate) type Time = (i64, u32);

/// Which inode, and what it looked like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Ident {
    pub(crate) dev: u64,
    pub(crate) ino: u64,
    /// Inode numbers are used again; with the time of birth they are not.
    pub(crate) born: Time,
    /// The type and permission bits.
    pub(crate) mode: u32,
    pub(crate) size: u64,
    pub(crate) mtime: Time,
}

impl Ident {
    pub(crate) fn of(stat: &Statx) -> Self {
        Self {
            dev: (u64::from(stat.stx_dev_major) << 32) | u64::from(stat.stx_dev_minor),
            ino: stat.stx_ino,
            born: (stat.stx_btime.tv_sec, stat.stx_btime.tv_nsec),
            mode: u32::from(stat.stx_mode),
            size: stat.stx_size,
            mtime: (stat.stx_mtime.tv_sec, stat.stx_mtime.tv_nsec),
        }
    }

    pub(crate) fn kind(&self) -> FileType {
        FileType::from_raw_mode(self.mode)
    }

    pub(crate) fn is_dir(&self) -> bool {
        self.kind() == FileType::Directory
    }

    /// What makes two names names of one inode.
    pub(crate) const fn key(&self) -> Key {
        (self.dev, self.ino, self.born)
    }

    pub(crate) fn same(&self, other: &Self) -> bool {
        self.key() == other.key()
    }

    /// The same inode with the same type, size and time of change.
    pub(crate) fn unchanged(&self, other: &Self) -> bool {
        self.same(other)
            && self.kind() == other.kind()
            && self.mtime == other.mtime
            && (self.is_dir() || self.size == other.size)
    }
}

pub(crate) type Key = (u64, u64, Time);

/// What the kernel knows about a file beside its content.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Meta {
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) atime: Time,
    pub(crate) mtime: Time,
    pub(crate) xattrs: Vec<(Raw, Raw)>,
}

/// Where what was kept is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Held {
    /// The thing itself, in a trash.
    Moved { trash: u32, entry: u64 },
    /// A second name of it.
    Linked { trash: u32, entry: u64 },
    /// A copy of a regular file's content; without a digest where it shares blocks with the original.
    Copied { trash: u32, entry: u64, size: u64, digest: Option<[u8; 32]>, meta: Meta },
    /// A symbolic link.
    Symlink { target: Raw, meta: Meta },
    /// A FIFO, a socket, a device.
    Special { major: u32, minor: u32, meta: Meta },
}

impl Held {
    /// Trash and entry, where there is one.
    pub(crate) const fn entry(&self) -> Option<(u32, u64)> {
        match self {
            Self::Moved { trash, entry } | Self::Linked { trash, entry } | Self::Copied { trash, entry, .. } => {
                Some((*trash, *entry))
            }
            Self::Symlink { .. } | Self::Special { .. } => None,
        }
    }
}

/// One thing that was about to happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Record {
    /// From here on `number` stands for the trash at `location`.
    Trash { number: u32, location: Raw, dev: u64, ino: u64 },
    /// A directory, before the first change of its entries.
    Directory { path: Raw, ident: Ident, meta: Meta },
    /// A name goes away; for a directory with everything below it.
    Removed { path: Raw, ident: Ident, held: Held },
    /// An empty directory goes away.
    RemovedDir { path: Raw, ident: Ident, meta: Meta },
    /// A name may come to stand for something else, or go away.
    Kept { path: Raw, ident: Ident, held: Held },
    /// The content of a file may change.
    Content { path: Raw, ident: Ident, held: Held },
    /// The metadata of a file may change.
    Metadata { path: Raw, ident: Ident, meta: Meta },
    /// A name moves.
    Renamed { from: Raw, to: Raw, ident: Ident },
    /// Two names change places.
    Exchanged { one: Raw, one_ident: Ident, other: Raw, other_ident: Ident },
    /// A name comes to be; with the inode, where it was there already when this was written.
    Created { path: Raw, ident: Option<Ident> },
    /// The change of that record did not happen.
    Failed { record: u64 },
    /// Nothing follows.
    Sealed { records: u64 },
    /// Of an undo: this record of the point is being taken back.
    Undoing { record: u64 },
    /// Of an undo: `new` was made at `path` in place of `was`.
    Remade { path: Raw, new: Ident, was: Ident },
    /// Of an undo: done; everything, or one part.
    Finished { whole: bool },
    /// What was kept means something only while the git repository with this common directory has these objects.
    Objects { common: Raw, ids: Vec<Raw> },
    /// There is no file at this path; whether there is a directory says nothing.
    NoFile { path: Raw },
}

impl Record {
    /// The path that it is about, where it is about one.
    pub(crate) fn path(&self) -> Option<&std::path::Path> {
        match self {
            Self::Directory { path, .. }
            | Self::Removed { path, .. }
            | Self::RemovedDir { path, .. }
            | Self::Kept { path, .. }
            | Self::Content { path, .. }
            | Self::Metadata { path, .. }
            | Self::Created { path, .. }
            | Self::NoFile { path }
            | Self::Renamed { from: path, .. }
            | Self::Exchanged { one: path, .. } => Some(path.path()),
            _ => None,
        }
    }

    pub(crate) fn each_ident(&mut self, mut change: impl FnMut(&mut Ident)) {
        match self {
            Self::Directory { ident, .. }
            | Self::Removed { ident, .. }
            | Self::RemovedDir { ident, .. }
            | Self::Kept { ident, .. }
            | Self::Content { ident, .. }
            | Self::Metadata { ident, .. }
            | Self::Renamed { ident, .. }
            | Self::Created { ident: Some(ident), .. } => change(ident),
            Self::Exchanged { one_ident, other_ident, .. } => {
                change(one_ident);
                change(other_ident);
            }
            _ => {}
        }
    }
}
