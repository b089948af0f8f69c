//! The machine itself.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::{DirEntry, FileKind, World};

/// The world as it is on this machine, with the variables that it is given.
#[derive(Debug, Clone)]
pub struct RealWorld {
    home: Option<PathBuf>,
    variable: fn(&str) -> Option<String>,
}

impl RealWorld {
    /// `home` is the home directory of the person that the agent works for; `variable` says what an environment variable
    /// is (few are ever asked for, so they are not copied).
    #[must_use]
    pub fn new(home: Option<PathBuf>, variable: fn(&str) -> Option<String>) -> Self {
        Self { home, variable }
    }
}

impl World for RealWorld {
    fn read(&self, path: &Path, limit: usize) -> Option<Vec<u8>> {
        // Only regular files: a pipe would wait, and a device would never end.
        if !fs::metadata(path).ok()?.is_file() {
            return None;
        }
        let mut bytes = Vec::new();
        let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        fs::File::open(path).ok()?.take(most).read_to_end(&mut bytes).ok()?;
        (bytes.len() <= limit).then_some(bytes)
    }

    fn list(&self, dir: &Path, limit: usize) -> Option<Vec<DirEntry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(dir).ok()? {
            let entry = entry.ok()?;
            if entries.len() >= limit {
                return None;
            }
            let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
            entries.push(DirEntry { name: entry.file_name(), is_dir });
        }
        Some(entries)
    }

    fn kind(&self, path: &Path) -> Option<FileKind> {
        let kind = fs::symlink_metadata(path).ok()?.file_type();
        Some(if kind.is_dir() {
            FileKind::Directory
        } else if kind.is_symlink() {
            FileKind::Symlink
        } else if kind.is_file() {
            FileKind::File
        } else {
            FileKind::Other
        })
    }

    fn link(&self, path: &Path) -> Option<PathBuf> {
        fs::read_link(path).ok()
    }

    fn env(&self, name: &str) -> Option<String> {
        (self.variable)(name)
    }

    fn home(&self, user: Option<&str>) -> Option<PathBuf> {
        let Some(user) = user else { return self.home.clone() };
        let accounts = fs::read_to_string("/etc/passwd").ok()?;
        accounts.lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next() == Some(user)).then(|| fields.nth(4).map(PathBuf::from)).flatten()
        })
    }
}
