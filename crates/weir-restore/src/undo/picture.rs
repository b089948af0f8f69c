//! A dry run: the file system as it would be after each step.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use super::by_path::ByPath;
use super::decide::{Step, World};
use super::eyes::{Eyes, Verified, failed};
use super::load::Loaded;
use super::returned::Returned;
use crate::journal::{Held, Ident, Meta};
use crate::trash::entry_name;
use crate::walk::{open_dir, stat_at};
use crate::{UndoError, meta};

/// Where the content of a directory in the picture comes from.
#[derive(Debug, Clone)]
enum Origin {
    /// A directory of the real file system.
    Path(PathBuf),
    /// One in a trash, and a path in it.
    Entry(u32, u64, PathBuf),
    /// It is new.
    Nothing,
}

#[derive(Debug, Clone)]
enum Node {
    Absent,
    Here(Ident, Origin),
}

pub(super) struct Picture<'a> {
    point: &'a Loaded,
    eyes: Eyes,
    changed: ByPath<Node>,
    taken: HashSet<(u32, u64)>,
    checked: HashSet<(u32, u64)>,
    pub(super) plan: Vec<String>,
    /// What is put back.
    pub(super) returned: Returned,
    /// Bytes of content that are put back.
    pub(super) bytes: u64,
    pub(super) by_content: u64,
    pub(super) by_identity: u64,
}

impl<'a> Picture<'a> {
    pub(super) fn new(point: &'a Loaded) -> Self {
        let mut eyes = Eyes::default();
        for (_, new, was) in &point.undone.remade {
            eyes.stands_for(new, was);
        }
        Self {
            point,
            eyes,
            changed: ByPath::default(),
            taken: HashSet::new(),
            checked: HashSet::new(),
            plan: Vec::new(),
            returned: Returned::default(),
            bytes: 0,
            by_content: 0,
            by_identity: 0,
        }
    }

    /// The nearest change at or above `path`.
    fn nearest(&self, path: &Path) -> Option<(&Node, PathBuf)> {
        path.ancestors().find_map(|above| {
            let node = self.changed.get(above)?;
            Some((node, path.strip_prefix(above).unwrap_or(Path::new("")).to_owned()))
        })
    }

    fn origin(&self, path: &Path) -> Origin {
        match self.nearest(path) {
            None => Origin::Path(path.to_owned()),
            Some((Node::Here(_, origin), rest)) => origin.join(&rest),
            Some((Node::Absent, _)) => Origin::Nothing,
        }
    }

    fn verify(&mut self, path: &Path, ident: Ident, held: &Held) -> Result<(), UndoError> {
        if held.entry().is_some_and(|entry| !self.checked.insert(entry)) {
            return Ok(());
        }
        match self.point.verify(path, ident, held)? {
            Verified::Fully => self.by_content += 1,
            Verified::ByIdentity => self.by_identity += 1,
        }
        Ok(())
    }

    fn rename(&mut self, from: &Path, to: &Path, ident: Ident) {
        let origin = if ident.is_dir() { self.origin(from) } else { Origin::Nothing };
        if ident.is_dir() {
            self.changed.rename(from, to);
        }
        self.changed.insert(to, Node::Here(ident, origin));
        self.changed.insert(from, Node::Absent);
    }

    fn remove(&mut self, path: &Path, ident: Ident) {
        if ident.is_dir() {
            self.changed.take_below(path);
        }
        self.changed.insert(path, Node::Absent);
    }

    /// Whether what is there has this metadata already, and no step before touches it.
    fn has_metadata(&self, path: &Path, want: &Meta) -> bool {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let read = || meta::read(rustix::fs::open(path, flags, Mode::empty())?);
        self.nearest(path).is_none() && read().is_ok_and(|found| found == *want)
    }

    fn say(&mut self, words: std::fmt::Arguments<'_>) {
        self.plan.push(words.to_string());
    }
}

impl Origin {
    fn join(&self, rest: &Path) -> Self {
        if rest.as_os_str().is_empty() {
            return self.clone();
        }
        match self {
            Self::Path(path) => Self::Path(path.join(rest)),
            Self::Entry(trash, entry, path) => Self::Entry(*trash, *entry, path.join(rest)),
            Self::Nothing => Self::Nothing,
        }
    }
}

impl World for Picture<'_> {
    fn look(&mut self, path: &Path) -> Result<Option<Ident>, UndoError> {
        let origin = match self.nearest(path) {
            None => return self.eyes.look(path),
            Some((Node::Absent, _)) => return Ok(None),
            Some((Node::Here(ident, _), rest)) if rest.as_os_str().is_empty() => return Ok(Some(*ident)),
            Some((Node::Here(_, origin), rest)) => origin.join(&rest),
        };
        match origin {
            Origin::Nothing => Ok(None),
            Origin::Path(path) => self.eyes.look(&path),
            Origin::Entry(trash, entry, rest) => {
                let Some(dir) = self.point.trashes.get(&trash) else { return Ok(None) };
                let inside = Path::new(&entry_name(entry)).join(&rest);
                let found = match (inside.parent(), inside.file_name()) {
                    (Some(parent), Some(name)) => open_dir(dir, parent).and_then(|parent| stat_at(parent, name)),
                    _ => return Ok(None),
                };
                match found {
                    Ok(stat) => Ok(Some(Ident::of(&stat))),
                    Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR | rustix::io::Errno::LOOP) => Ok(None),
                    Err(errno) => Err(failed(path)(errno)),
                }
            }
        }
    }

    fn has(&mut self, held: &Held) -> Result<bool, UndoError> {
        // Whether it is there comes out when it is verified.
        Ok(!held.entry().is_some_and(|entry| self.taken.contains(&entry)))
    }

    fn apply(&mut self, step: &Step<'_>) -> Result<(), UndoError> {
        self.returned.note(step);
        match step {
            Step::Away { path, ident } => {
                self.remove(path, *ident);
                self.say(format_args!("move `{}` away, into the restore point of the undo", path.display()));
            }
            Step::Put { path, ident, held } => {
                self.verify(path, *ident, held)?;
                let origin = match held {
                    Held::Moved { trash, entry } | Held::Linked { trash, entry } => {
                        self.taken.insert((*trash, *entry));
                        Origin::Entry(*trash, *entry, PathBuf::new())
                    }
                    _ => Origin::Nothing,
                };
                self.changed.insert(path, Node::Here(*ident, origin));
                self.bytes += if ident.is_dir() { 0 } else { ident.size };
                self.say(format_args!("put `{}` back", path.display()));
            }
            Step::MakeDir { path, ident, .. } => {
                let new = Ident { dev: 0, ino: 0, born: (0, 0), mode: 0o040_700, size: 0, mtime: (0, 0) };
                let ident = Ident { mode: 0o040_700, ..ident.unwrap_or(new) };
                self.changed.insert(path, Node::Here(ident, Origin::Nothing));
                self.say(format_args!("make directory `{}`", path.display()));
            }
            Step::Adopt { path, was } => {
                let origin = self.origin(path);
                self.changed.insert(path, Node::Here(*was, origin));
            }
            Step::Rename { from, to, ident } => {
                self.rename(from, to, *ident);
                self.say(format_args!("rename `{}` to `{}`", from.display(), to.display()));
            }
            Step::Exchange { one, other } => {
                let (Some(first), Some(second)) = (self.look(one)?, self.look(other)?) else { return Ok(()) };
                let aside = one.with_file_name(".weir exchange");
                self.rename(one, &aside, first);
                self.rename(other, one, second);
                self.rename(&aside, other, first);
                self.changed.remove(&aside);
                self.say(format_args!("exchange `{}` and `{}`", one.display(), other.display()));
            }
            Step::Metadata { path, meta } if self.has_metadata(path, meta) => {}
            Step::Metadata { path, .. } => self.say(format_args!("give `{}` its metadata back", path.display())),
            Step::Rewrite { path, ident, held } => {
                self.verify(path, *ident, held)?;
                self.bytes += ident.size;
                self.say(format_args!("give `{}` its content back", path.display()));
            }
        }
        Ok(())
    }
}
