//! The world as the action itself changes it: a script that it writes is the script that it runs.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::call::normalize;
use crate::{DirEntry, FileKind, World};

/// What the action has put at a path.
#[derive(Debug, Clone)]
enum Put {
    Directory,
    File(Option<String>),
}

/// A world with the action's own writes on top.
pub(crate) struct Overlay<'w> {
    world: &'w dyn World,
    put: RefCell<BTreeMap<PathBuf, Put>>,
}

/// Paths that are remembered.
const MOST_PATHS: usize = 4_096;

impl<'w> Overlay<'w> {
    pub(crate) fn new(world: &'w dyn World) -> Self {
        Self { world, put: RefCell::default() }
    }

    fn remember(&self, path: &Path, put: Put) {
        let mut all = self.put.borrow_mut();
        if all.len() < MOST_PATHS {
            all.insert(path.to_owned(), put);
        }
    }

    /// The action writes a file; `None` where its content is not known.
    pub(crate) fn write(&self, path: &Path, content: Option<String>) {
        self.remember(path, Put::File(content));
    }

    /// The action makes a directory, or may.
    pub(crate) fn make(&self, path: &Path) {
        if self.world.kind(path).is_none() && !self.put.borrow().contains_key(path) {
            self.remember(path, Put::Directory);
        }
    }

    /// True where the action has put something there that nobody can read beforehand.
    pub(crate) fn is_unknown(&self, path: &Path) -> bool {
        matches!(self.put.borrow().get(&normalize(path)), Some(Put::File(None)))
    }
}

impl World for Overlay<'_> {
    fn read(&self, path: &Path, limit: usize) -> Option<Vec<u8>> {
        match self.put.borrow().get(&normalize(path)) {
            Some(Put::File(Some(text))) => (text.len() <= limit).then(|| text.clone().into_bytes()),
            Some(_) => None,
            None => self.world.read(path, limit),
        }
    }

    fn list(&self, dir: &Path, limit: usize) -> Option<Vec<DirEntry>> {
        let put = self.put.borrow();
        let known = self.world.list(dir, limit);
        if put.is_empty() {
            return known;
        }
        let mut entries = match (known, put.get(dir)) {
            (Some(entries), _) => entries,
            (None, Some(Put::Directory)) => Vec::new(),
            (None, _) => return None,
        };
        for (path, put) in put.range(dir.to_owned()..) {
            if !path.starts_with(dir) {
                break;
            }
            let Some(name) = path.file_name().filter(|_| path.parent() == Some(dir)) else { continue };
            if !entries.iter().any(|entry| entry.name == name) {
                entries.push(DirEntry { name: name.to_owned(), is_dir: matches!(put, Put::Directory) });
            }
        }
        Some(entries)
    }

    fn kind(&self, path: &Path) -> Option<FileKind> {
        match self.put.borrow().get(&normalize(path)) {
            Some(Put::Directory) => Some(FileKind::Directory),
            Some(Put::File(_)) => Some(FileKind::File),
            None => self.world.kind(path),
        }
    }

    fn env(&self, name: &str) -> Option<String> {
        self.world.env(name)
    }

    fn home(&self, user: Option<&str>) -> Option<PathBuf> {
        self.world.home(user)
    }
}
