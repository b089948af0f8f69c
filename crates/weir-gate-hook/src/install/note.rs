//! What was changed, so that it can be undone exactly.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use weir_model::Digest;

use super::Level;

/// What installing changed on this machine. Kept in `install.json` in Weir's directory, readable by its owner only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstallNote {
    /// One entry per file.
    #[serde(default)]
    files: Vec<NoteEntry>,
}

impl InstallNote {
    /// True where nothing is installed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The agents and levels of which something is installed.
    #[must_use]
    pub fn installed(&self) -> Vec<(String, Level)> {
        let mut all: Vec<_> = self.files.iter().map(|entry| (entry.agent.clone(), entry.level)).collect();
        all.sort();
        all.dedup();
        all
    }

    pub(super) fn find(&self, path: &Path) -> Option<&NoteEntry> {
        self.files.iter().find(|entry| entry.path == path)
    }

    pub(super) fn of(&self, agent: &str, level: Level) -> impl Iterator<Item = &NoteEntry> {
        self.files.iter().filter(move |entry| entry.agent == agent && entry.level == level)
    }

    pub(super) fn put(&mut self, entry: NoteEntry) {
        self.drop(&entry.path);
        self.files.push(entry);
    }

    pub(super) fn drop(&mut self, path: &Path) {
        self.files.retain(|entry| entry.path != path);
    }
}

/// One changed file: the stretch of its text that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct NoteEntry {
    agent: String,
    level: Level,
    pub(super) path: PathBuf,
    /// The file did not exist.
    pub(super) created: bool,
    /// The directories that were made for it, deepest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) directories: Vec<PathBuf>,
    /// The whole file after the change.
    after: Digest,
    /// Where the stretch begins, in bytes.
    start: usize,
    /// What is there now.
    inserted: String,
    /// What was there before.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    removed: String,
}

impl NoteEntry {
    pub(super) fn between(
        agent: &str,
        level: Level,
        path: &Path,
        before: Option<&str>,
        after: &str,
        directories: Vec<PathBuf>,
    ) -> Self {
        let old = before.unwrap_or_default();
        let start = old.chars().zip(after.chars()).take_while(|(a, b)| a == b).map(|(c, _)| c.len_utf8()).sum();
        let (old_rest, new_rest) = (old.get(start..).unwrap_or_default(), after.get(start..).unwrap_or_default());
        let common: usize = old_rest
            .chars()
            .rev()
            .zip(new_rest.chars().rev())
            .take_while(|(a, b)| a == b)
            .map(|(c, _)| c.len_utf8())
            .sum();
        let cut = |text: &str| text.get(..text.len() - common).unwrap_or_default().to_owned();
        Self {
            agent: agent.to_owned(),
            level,
            path: path.to_owned(),
            created: before.is_none(),
            directories,
            after: Digest::of(after.as_bytes()),
            start,
            // Of a file that did not exist, nothing needs to be kept.
            inserted: before.map(|_| cut(new_rest)).unwrap_or_default(),
            removed: cut(old_rest),
        }
    }

    /// The text before the change, if `text` is exactly the text after it. The inner `None`: there was no file.
    #[expect(clippy::option_option, reason = "whether it can be undone, and what was there")]
    pub(super) fn undo(&self, text: &str) -> Option<Option<String>> {
        if Digest::of(text.as_bytes()) != self.after {
            return None;
        }
        if self.created {
            return Some(None);
        }
        let head = text.get(..self.start)?;
        let tail = text.get(self.start + self.inserted.len()..)?;
        Some(Some(format!("{head}{}{tail}", self.removed)))
    }

    /// `text` with the stretch taken out, if it is there exactly once.
    pub(super) fn cut(&self, text: &str) -> Option<String> {
        if self.inserted.is_empty() || text.matches(self.inserted.as_str()).count() != 1 {
            return None;
        }
        Some(text.replacen(&self.inserted, &self.removed, 1))
    }
}
