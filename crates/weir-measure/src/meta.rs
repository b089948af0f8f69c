//! What the file system says of one entry, and the entries of one directory. Symlinks are never followed here.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::fd::{AsFd, BorrowedFd};
use rustix::fs::{Dir, FileType, Mode, OFlags};
use rustix::io::Errno;
use weir_model::Timestamp;

use crate::budget::Budget;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Directory,
    Symlink,
    BlockDevice,
    /// Character devices, pipes, sockets: they hold no content.
    Other,
}

/// Seconds and nanoseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Stamp {
    pub(crate) secs: i64,
    pub(crate) nanos: u32,
}

impl Stamp {
    pub(crate) fn to_timestamp(self) -> Option<Timestamp> {
        Timestamp::new(self.secs, i32::try_from(self.nanos).ok()?).ok()
    }

    /// True where this is `at` or later.
    pub(crate) fn is_since(self, at: Timestamp) -> bool {
        self.to_timestamp().is_some_and(|stamp| stamp >= at)
    }
}

/// The facts about one entry that measuring needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Meta {
    pub(crate) kind: Kind,
    pub(crate) size: u64,
    pub(crate) links: u64,
    pub(crate) modified: Stamp,
    pub(crate) changed: Stamp,
    /// When the inode was made. Unlike the time of modification, no ordinary call sets it.
    pub(crate) born: Option<Stamp>,
    pub(crate) device: u64,
    pub(crate) inode: u64,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) executable: bool,
    /// The entry is the root of a mounted file system; `None` where the kernel does not tell.
    pub(crate) mount_root: Option<bool>,
}

#[cfg(target_os = "linux")]
fn read(directory: BorrowedFd<'_>, _path: &Path, name: &OsStr) -> Result<Meta, Errno> {
    use rustix::fs::{AtFlags, StatxAttributes, StatxFlags};

    let x = rustix::fs::statx(
        directory,
        name,
        AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT,
        StatxFlags::BASIC_STATS | StatxFlags::BTIME,
    )?;
    let mask = StatxFlags::from_bits_retain(x.stx_mask);
    let stamp = |t: rustix::fs::StatxTimestamp| Stamp { secs: t.tv_sec, nanos: t.tv_nsec };
    Ok(Meta {
        kind: kind(FileType::from_raw_mode(x.stx_mode.into())),
        size: x.stx_size,
        links: x.stx_nlink.into(),
        modified: stamp(x.stx_mtime),
        changed: stamp(x.stx_ctime),
        born: mask.contains(StatxFlags::BTIME).then(|| stamp(x.stx_btime)),
        device: (u64::from(x.stx_dev_major) << 32) | u64::from(x.stx_dev_minor),
        inode: x.stx_ino,
        uid: x.stx_uid,
        gid: x.stx_gid,
        executable: x.stx_mode & 0o100 != 0,
        mount_root: x
            .stx_attributes_mask
            .contains(StatxAttributes::MOUNT_ROOT)
            .then(|| x.stx_attributes.contains(StatxAttributes::MOUNT_ROOT)),
    })
}

#[cfg(not(target_os = "linux"))]
fn read(_directory: BorrowedFd<'_>, path: &Path, name: &OsStr) -> Result<Meta, Errno> {
    use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};

    let meta = std::fs::symlink_metadata(path.join(name))
        .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
    let stamp = |secs, nanos: i64| Stamp { secs, nanos: u32::try_from(nanos).unwrap_or(0) };
    let file_type = meta.file_type();
    Ok(Meta {
        kind: if file_type.is_dir() {
            Kind::Directory
        } else if file_type.is_symlink() {
            Kind::Symlink
        } else if file_type.is_file() {
            Kind::File
        } else if file_type.is_block_device() {
            Kind::BlockDevice
        } else {
            Kind::Other
        },
        size: meta.size(),
        links: meta.nlink(),
        modified: stamp(meta.mtime(), meta.mtime_nsec()),
        changed: stamp(meta.ctime(), meta.ctime_nsec()),
        born: meta.created().ok().and_then(|time| {
            let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
            Some(Stamp { secs: i64::try_from(since.as_secs()).ok()?, nanos: since.subsec_nanos() })
        }),
        device: meta.dev(),
        inode: meta.ino(),
        uid: meta.uid(),
        gid: meta.gid(),
        executable: meta.mode() & 0o100 != 0,
        mount_root: None,
    })
}

#[cfg(target_os = "linux")]
fn kind(file_type: FileType) -> Kind {
    match file_type {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Directory,
        FileType::Symlink => Kind::Symlink,
        FileType::BlockDevice => Kind::BlockDevice,
        _ => Kind::Other,
    }
}

/// The facts about `path` itself.
pub(crate) fn at(path: &Path) -> Result<Meta, Errno> {
    read(rustix::fs::CWD, Path::new(""), path.as_os_str())
}

/// True where something, whatever it is, has this name.
pub(crate) fn exists(path: &Path) -> bool {
    at(path).is_ok()
}

/// An open directory with the names in it, in no order.
pub(crate) struct Listing<'p> {
    directory: Dir,
    path: &'p Path,
    pub(crate) names: Vec<OsString>,
    /// False where reading stopped early, for lack of time or by an error.
    pub(crate) complete: bool,
}

impl<'p> Listing<'p> {
    /// Opens and lists `path`, which must be a directory and not a symlink to one.
    pub(crate) fn open(path: &'p Path, budget: &Budget) -> Result<Self, Errno> {
        let fd = rustix::fs::openat(
            rustix::fs::CWD,
            path,
            OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        let mut listing = Self { directory: Dir::new(fd)?, path, names: Vec::new(), complete: true };
        while let Some(entry) = listing.directory.read() {
            let Ok(entry) = entry else {
                listing.complete = false;
                break;
            };
            let name = entry.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            listing.names.push(OsStr::from_bytes(name).to_owned());
            if budget.step() {
                listing.complete = false;
                break;
            }
        }
        Ok(listing)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|n| n == name)
    }

    /// The facts about the entry `name` of this directory.
    pub(crate) fn meta(&self, name: &OsStr) -> Result<Meta, Errno> {
        read(self.directory.fd()?.as_fd(), self.path, name)
    }
}
