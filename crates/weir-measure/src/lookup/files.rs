//! The few files that a lookup may read, inside its limits.

use std::cell::{Cell, RefCell};
use std::fs;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use crate::budget::Budget;
use crate::place::normalize;

/// The most bytes of one file.
const LARGEST: u64 = 4 * 1024 * 1024;
/// The most files that are opened or looked for.
const MOST_FILES: u32 = 64;
/// The most entries of a directory.
const MOST_ENTRIES: usize = 500;

/// Reads files, and remembers which could not be read.
pub(super) struct Files<'a> {
    home: Option<PathBuf>,
    directory: Option<PathBuf>,
    budget: &'a Budget,
    left: Cell<u32>,
    troubles: RefCell<Vec<String>>,
}

impl<'a> Files<'a> {
    pub(super) fn new(home: Option<&Path>, directory: Option<&Path>, budget: &'a Budget) -> Self {
        Self {
            home: home.filter(|home| home.is_absolute()).map(Path::to_path_buf),
            directory: directory.map(Path::to_path_buf),
            budget,
            left: Cell::new(MOST_FILES),
            troubles: RefCell::default(),
        }
    }

    /// What could not be read, for people.
    pub(super) fn troubles(&self) -> Vec<String> {
        self.troubles.borrow().clone()
    }

    pub(super) fn trouble(&self, text: String) {
        let mut troubles = self.troubles.borrow_mut();
        if !troubles.contains(&text) {
            troubles.push(text);
        }
    }

    pub(super) fn home(&self, path: &str) -> Option<PathBuf> {
        Some(self.home.as_ref()?.join(path))
    }

    /// The directory of the command.
    pub(super) fn directory(&self) -> Option<&Path> {
        self.directory.as_deref()
    }

    /// A path as the command means it.
    pub(super) fn path(&self, text: &str) -> Option<PathBuf> {
        match text.strip_prefix("~/") {
            Some(rest) => self.home(rest),
            None if Path::new(text).is_absolute() => Some(normalize(Path::new(text), Path::new("/"))),
            None => Some(normalize(Path::new(text), self.directory.as_ref()?)),
        }
    }

    /// A file of the command's directory.
    pub(super) fn here(&self, name: &str) -> Option<PathBuf> {
        Some(self.directory.as_ref()?.join(name))
    }

    /// A file for people: short where it is below the directory or the home directory.
    pub(super) fn shown(&self, path: &Path) -> String {
        if let Some(rest) = self.directory.as_ref().and_then(|directory| path.strip_prefix(directory).ok()) {
            let shown = rest.display().to_string();
            return if shown.is_empty() { ".".to_owned() } else { shown };
        }
        match self.home.as_ref().and_then(|home| path.strip_prefix(home).ok()) {
            Some(rest) => format!("~/{}", rest.display()),
            None => path.display().to_string(),
        }
    }

    fn may(&self) -> bool {
        if self.left.get() == 0 {
            self.trouble("there are more files than are looked at".to_owned());
            return false;
        }
        self.left.set(self.left.get() - 1);
        if self.budget.spent() {
            self.trouble("there was no time to look at all of its configuration".to_owned());
            return false;
        }
        true
    }

    /// The text of a file; `None` where there is none, or it cannot be read, which is said.
    pub(super) fn text(&self, path: &Path) -> Option<String> {
        if !self.may() {
            return None;
        }
        let fail = |why: &str| self.trouble(format!("{} {why}", self.shown(path)));
        // A pipe would wait, and a device would never end.
        let is_file = match fs::metadata(path) {
            Ok(data) => data.is_file(),
            Err(error) => {
                if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) {
                    fail("cannot be read");
                }
                return None;
            }
        };
        if !is_file {
            fail("is no file");
            return None;
        }
        let mut bytes = Vec::new();
        let read = fs::File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes));
        match read {
            Err(_) => fail("cannot be read"),
            Ok(size) if size as u64 > LARGEST => fail("is larger than is read"),
            Ok(_) => {
                let text = String::from_utf8_lossy(&bytes);
                return Some(text.strip_prefix('\u{FEFF}').unwrap_or(&text).to_owned());
            }
        }
        None
    }

    /// A file that is JSON.
    pub(super) fn json(&self, path: &Path) -> Option<serde_json::Value> {
        let text = self.text(path)?;
        let parsed = serde_json::from_str(&text).ok();
        if parsed.is_none() {
            self.garbled(path);
        }
        parsed
    }

    /// Says that a file is not what it should be.
    pub(super) fn garbled(&self, path: &Path) {
        self.trouble(format!("{} cannot be understood", self.shown(path)));
    }

    /// The names in a directory that end like this, sorted; empty where there is none, or it cannot be read.
    pub(super) fn list(&self, directory: &Path, ending: &str) -> Vec<String> {
        if !self.may() {
            return Vec::new();
        }
        let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
        let mut names: Vec<String> = entries
            .take(MOST_ENTRIES)
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| name.ends_with(ending))
            .collect();
        names.sort();
        names
    }
}
