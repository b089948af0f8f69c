//! The world as analysis may see it. Every test runs on a made-up one.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What stands at a path, symlinks not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A device, socket or pipe.
    Other,
}

/// One entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirEntry {
    /// Its name.
    pub name: OsString,
    /// True for a directory (a symlink to one is not).
    pub is_dir: bool,
}

/// The only way in which analysis sees the machine.
pub trait World {
    /// The content of a file; `None` where it is absent, unreadable, or larger than `limit` bytes.
    fn read(&self, path: &Path, limit: usize) -> Option<Vec<u8>>;
    /// The entries of a directory, at most `limit`; `None` where it is absent, unreadable, or has more.
    fn list(&self, dir: &Path, limit: usize) -> Option<Vec<DirEntry>>;
    /// What stands at `path`; `None` where nothing does.
    fn kind(&self, path: &Path) -> Option<FileKind>;
    /// Where the symbolic link at `path` leads, as it says itself; `None` where there is no link, or nobody knows.
    fn link(&self, path: &Path) -> Option<PathBuf> {
        let _ = path;
        None
    }
    /// An environment variable.
    fn env(&self, name: &str) -> Option<String>;
    /// The home directory of a user; of the person that the agent works for where `user` is `None`.
    fn home(&self, user: Option<&str>) -> Option<PathBuf>;
}

/// A world in which nothing is there: no file, no variable, no home directory.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nowhere;

impl World for Nowhere {
    fn read(&self, _: &Path, _: usize) -> Option<Vec<u8>> {
        None
    }
    fn list(&self, _: &Path, _: usize) -> Option<Vec<DirEntry>> {
        None
    }
    fn kind(&self, _: &Path) -> Option<FileKind> {
        None
    }
    fn env(&self, _: &str) -> Option<String> {
        None
    }
    fn home(&self, _: Option<&str>) -> Option<PathBuf> {
        None
    }
}
