//! The world as the action itself changes it: a script that it writes is the script that it runs.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::call::{Same, normalize};
use crate::{DirEntry, FileKind, World};

/// What the action has put at a path.
#[derive(Debug, Clone)]
enum Put {
    Directory,
    File(Option<String>),
    /// It leads to what is at another path.
    Same(PathBuf, Same),
}

/// A world with the action's own writes on top.
pub(crate) struct Overlay<'w> {
    world: &'w dyn World,
    put: RefCell<BTreeMap<PathBuf, Put>>,
    /// Something leads elsewhere: until then every path is where its name says.
    leads: Cell<bool>,
}

/// Links that one path may lead through.
const MOST_LINKS: usize = 16;
/// Paths that are remembered.
const MOST_PATHS: usize = 4_096;

impl<'w> Overlay<'w> {
    pub(crate) fn new(world: &'w dyn World) -> Self {
        Self { world, put: RefCell::default(), leads: Cell::new(false) }
    }

    fn remember(&self, path: &Path, put: Put) {
        let mut all = self.put.borrow_mut();
        if all.len() < MOST_PATHS {
            self.leads.set(self.leads.get() || matches!(put, Put::Same(..)));
            all.insert(path.to_owned(), put);
        }
    }

    /// What is at `path` is a program that nobody reads, as an installed one.
    pub(crate) fn forget(&self, path: &Path) {
        self.put.borrow_mut().remove(path);
    }

    fn leads_to_dir(&self, put: &Put) -> bool {
        match put {
            Put::Directory => true,
            Put::File(_) | Put::Same(_, Same::Link) => false,
            Put::Same(from, _) => self.world.kind(from) == Some(FileKind::Directory),
        }
    }

    /// The action writes a file; `None` where its content is not known.
    pub(crate) fn write(&self, path: &Path, content: Option<String>) {
        // Writing to a directory fails.
        let made = content.is_some() && self.world.kind(path).is_none();
        if made || self.kind(path) != Some(FileKind::Directory) {
            self.remember(path, Put::File(content));
        }
    }

    /// The action makes a directory, or may.
    pub(crate) fn make(&self, path: &Path) {
        if self.world.kind(path).is_none() && !self.put.borrow().contains_key(path) {
            self.remember(path, Put::Directory);
        }
    }

    /// A directory that was there before the action; what the action makes may as well be a file.
    pub(crate) fn was_directory(&self, path: &Path) -> bool {
        let path = self.real(path, false);
        !self.put.borrow().contains_key(&path) && self.world.kind(&path) == Some(FileKind::Directory)
    }

    /// From now on `path` leads to what is at `source`.
    pub(crate) fn lead(&self, path: &Path, source: &Path, how: Same) {
        // What is at the source may itself have been put there.
        let put = match self.put.borrow().get(source) {
            Some(Put::File(text)) if how != Same::Link => Put::File(text.clone()),
            _ => Put::Same(source.to_owned(), how),
        };
        self.remember(path, put);
    }

    /// Where `path` leads by way of the links that the action has made and the things that it has moved. `last`: a link
    /// at its very end is followed too.
    pub(crate) fn real(&self, path: &Path, last: bool) -> PathBuf {
        self.found(path, |how, at_end| how == Same::Moved || (how == Same::Link && (last || !at_end)))
    }

    /// Where what can be read at `path` stands in the world.
    pub(crate) fn read_from(&self, path: &Path) -> PathBuf {
        self.found(path, |_, _| true)
    }

    fn found(&self, path: &Path, follows: impl Fn(Same, bool) -> bool) -> PathBuf {
        let mut path = normalize(path);
        if !self.leads.get() {
            return path;
        }
        let put = self.put.borrow();
        for _ in 0..MOST_LINKS {
            let ancestors: Vec<&Path> = path.ancestors().collect();
            let led = ancestors.into_iter().rev().find_map(|above| match put.get(above) {
                Some(Put::Same(to, how)) if follows(*how, above == path) => path
                    .strip_prefix(above)
                    .ok()
                    .map(|rest| if rest.as_os_str().is_empty() { to.clone() } else { to.join(rest) }),
                _ => None,
            });
            match led {
                Some(led) => path = normalize(&led),
                None => break,
            }
        }
        path
    }

    /// What the action has moved to somewhere below `dir`: where it stands now.
    pub(crate) fn moved_below(&self, dir: &Path) -> Vec<PathBuf> {
        self.put
            .borrow()
            .range(dir.to_owned()..)
            .take_while(|(path, _)| path.starts_with(dir))
            .filter_map(|(path, put)| match put {
                Put::Same(from, Same::Moved) if path != dir => Some(from.clone()),
                _ => None,
            })
            .collect()
    }

    /// What was at `path` before the action.
    pub(crate) fn before(&self, path: &Path, limit: usize) -> Option<Vec<u8>> {
        self.world.read(path, limit)
    }

    /// True where the action has put something there that nobody can read beforehand.
    pub(crate) fn is_unknown(&self, path: &Path) -> bool {
        matches!(self.put.borrow().get(&self.read_from(path)), Some(Put::File(None)))
    }
}

impl World for Overlay<'_> {
    fn read(&self, path: &Path, limit: usize) -> Option<Vec<u8>> {
        let path = self.read_from(path);
        match self.put.borrow().get(&path) {
            Some(Put::File(Some(text))) => (text.len() <= limit).then(|| text.clone().into_bytes()),
            Some(_) => None,
            None => self.world.read(&path, limit),
        }
    }

    fn list(&self, dir: &Path, limit: usize) -> Option<Vec<DirEntry>> {
        let dir = &self.read_from(dir);
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
                entries.push(DirEntry { name: name.to_owned(), is_dir: self.leads_to_dir(put) });
            }
        }
        Some(entries)
    }

    fn kind(&self, path: &Path) -> Option<FileKind> {
        let path = self.real(path, false);
        match self.put.borrow().get(&path) {
            Some(Put::Directory) => Some(FileKind::Directory),
            Some(Put::File(_)) => Some(FileKind::File),
            Some(Put::Same(_, Same::Link)) => Some(FileKind::Symlink),
            Some(Put::Same(from, _)) => self.world.kind(from),
            // Something below a copy is not known to be there by its own name.
            None => self.world.kind(&path).or_else(|| self.world.kind(&self.read_from(&path))),
        }
    }

    fn link(&self, path: &Path) -> Option<PathBuf> {
        let path = self.real(path, false);
        match self.put.borrow().get(&path) {
            Some(Put::Same(to, Same::Link)) => Some(to.clone()),
            Some(_) => None,
            None => self.world.link(&path),
        }
    }

    fn env(&self, name: &str) -> Option<String> {
        self.world.env(name)
    }

    fn home(&self, user: Option<&str>) -> Option<PathBuf> {
        self.world.home(user)
    }
}
