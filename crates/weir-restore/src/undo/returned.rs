//! Which paths an undo puts back. A file that was written, renamed and removed takes several steps, and is one file.

use super::by_path::ByPath;
use super::decide::Step;

#[derive(Debug, Default)]
pub(super) struct Returned {
    files: ByPath<()>,
    directories: ByPath<()>,
}

impl Returned {
    /// After `step` was done.
    pub(super) fn note(&mut self, step: &Step<'_>) {
        match step {
            Step::Put { path, ident, .. } if ident.is_dir() => self.directories.insert(path, ()),
            Step::MakeDir { path, .. } => self.directories.insert(path, ()),
            Step::Put { path, .. } | Step::Rewrite { path, .. } => self.files.insert(path, ()),
            Step::Exchange { one, other } => [one, other].iter().for_each(|path| self.files.insert(path, ())),
            Step::Away { path, ident } if ident.is_dir() => {
                self.files.take_below(path);
                self.directories.take_below(path);
            }
            Step::Away { path, .. } => drop(self.files.remove(path)),
            Step::Rename { from, to, ident } if ident.is_dir() => {
                self.files.rename(from, to);
                self.directories.rename(from, to);
                self.directories.insert(to, ());
            }
            Step::Rename { from, to, .. } => {
                self.files.remove(from);
                self.files.insert(to, ());
            }
            Step::Adopt { .. } | Step::Metadata { .. } => {}
        }
    }

    pub(super) fn files(&self) -> u64 {
        self.files.len() as u64
    }

    pub(super) fn directories(&self) -> u64 {
        self.directories.len() as u64
    }
}
