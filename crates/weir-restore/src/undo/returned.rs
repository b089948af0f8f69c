//! Which paths an undo puts back. A file that was written, renamed and removed takes several steps, and is one file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::decide::Step;

#[derive(Debug, Default)]
pub(super) struct Returned {
    files: BTreeSet<PathBuf>,
    directories: BTreeSet<PathBuf>,
}

impl Returned {
    /// After `step` was done.
    pub(super) fn note(&mut self, step: &Step<'_>) {
        match step {
            Step::Put { path, ident, .. } if ident.is_dir() => self.directories.extend([(*path).to_owned()]),
            Step::MakeDir { path, .. } => self.directories.extend([(*path).to_owned()]),
            Step::Put { path, .. } | Step::Rewrite { path, .. } => self.files.extend([(*path).to_owned()]),
            Step::Exchange { one, other } => self.files.extend([*one, *other].map(Path::to_owned)),
            Step::Away { path, ident } if ident.is_dir() => {
                take_below(&mut self.files, path);
                take_below(&mut self.directories, path);
            }
            Step::Away { path, .. } => {
                self.files.remove(*path);
            }
            Step::Rename { from, to, ident } if ident.is_dir() => {
                for set in [&mut self.files, &mut self.directories] {
                    let moved = take_below(set, from);
                    set.extend(moved.iter().filter_map(|path| path.strip_prefix(from).ok()).map(|rest| to.join(rest)));
                }
                self.directories.insert((*to).to_owned());
            }
            Step::Rename { from, to, .. } => {
                self.files.remove(*from);
                self.files.insert((*to).to_owned());
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

/// Takes what is at and below `top` out of `set`.
fn take_below(set: &mut BTreeSet<PathBuf>, top: &Path) -> Vec<PathBuf> {
    let below: Vec<PathBuf> = set.range(top.to_owned()..).take_while(|path| path.starts_with(top)).cloned().collect();
    for path in &below {
        set.remove(path);
    }
    below
}
