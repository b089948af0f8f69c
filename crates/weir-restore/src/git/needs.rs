//! Which objects some of git's own files speak of.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::bstr::{BString, ByteSlice as _};
use gix::index::entry::Mode;
use gix::objs::Kind;
use rustix::fd::AsFd as _;
use rustix::fs::CWD;

use super::{GitTrouble, Repository};
use crate::header::read_file;
use crate::walk::{open_dir, split};

/// Longer logs are not read.
const LARGEST_LOG: u64 = 16 << 20;
const LARGEST_HEAD: u64 = 64 << 10;
/// The most commits that are looked at to find out which of a log's commits lead to others.
const MOST_COMMITS: usize = 20_000;

/// The objects that must stay for some files of git to mean what they meant.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    pub(super) commits: Vec<ObjectId>,
    pub(super) tags: Vec<ObjectId>,
    /// Contents and trees, with whether they are trees.
    pub(super) contents: Vec<(ObjectId, bool)>,
}

impl Needs {
    /// What `files` speak of as they are now, and `commits`; those that are none of git's count for nothing.
    pub(crate) fn of(repository: &Repository, files: &[PathBuf], commits: &[String]) -> Result<Self, GitTrouble> {
        let mut found = Found { repository, tips: BTreeSet::new(), logged: BTreeSet::new(), contents: BTreeSet::new() };
        found.tips.extend(commits.iter().filter_map(|id| ObjectId::from_hex(id.as_bytes()).ok()));
        for path in files {
            found.file(path)?;
        }
        Ok(found.sorted())
    }

    pub(crate) fn ids(&self) -> Vec<ObjectId> {
        let contents = self.contents.iter().map(|(id, _)| *id);
        self.commits.iter().chain(&self.tags).copied().chain(contents).collect()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.commits.is_empty() && self.tags.is_empty() && self.contents.is_empty()
    }
}

struct Found<'a> {
    repository: &'a Repository,
    /// What refs have.
    tips: BTreeSet<ObjectId>,
    /// What refs had, as their logs say.
    logged: BTreeSet<ObjectId>,
    /// What is staged.
    contents: BTreeSet<ObjectId>,
}

impl Found<'_> {
    fn file(&mut self, path: &Path) -> Result<(), GitTrouble> {
        let Ok(relative) = path.strip_prefix(&self.repository.common) else { return Ok(()) };
        // Linked working trees have files of their own.
        let mut own = relative.components();
        let own = match own.next() {
            Some(first) if first.as_os_str() == "worktrees" => {
                own.next();
                own.as_path()
            }
            _ => relative,
        };
        let name = own.as_os_str().as_bytes();
        if name.starts_with(b"refs/") {
            self.tips.extend(self.repository.value(name));
        } else if name.starts_with(b"logs/") {
            self.log(path);
        } else if name == b"index" {
            self.index(path)?;
        } else if name == b"HEAD" || (name.ends_with(b"_HEAD") && !name.contains(&b'/')) {
            self.tips.extend(self.head(path));
        }
        Ok(())
    }

    /// The commit that `HEAD`, or a file like it, leads to.
    fn head(&self, path: &Path) -> Option<ObjectId> {
        let text = content(path, LARGEST_HEAD)?;
        match text.strip_prefix(b"ref: ") {
            Some(name) => self.repository.value(name.trim_ascii()),
            None => ObjectId::from_hex(text.split(u8::is_ascii_whitespace).next()?).ok(),
        }
    }

    fn log(&mut self, path: &Path) {
        let Some(text) = content(path, LARGEST_LOG) else { return };
        for line in text.split(|byte| *byte == b'\n') {
            let ids = line.splitn(3, |byte| *byte == b' ').take(2).filter_map(|id| ObjectId::from_hex(id).ok());
            self.logged.extend(ids.filter(|id| !id.is_null()));
        }
    }

    /// What the index at `path` has otherwise than the commit of its working tree.
    fn index(&mut self, path: &Path) -> Result<(), GitTrouble> {
        let git = &self.repository.git;
        if !path.exists() {
            return Ok(());
        }
        let read = |error: &dyn std::fmt::Display| GitTrouble::Read(error.to_string());
        let index = gix::index::File::at(path, git.object_hash(), false, gix::index::decode::Options::default())
            .map_err(|error| read(&error))?;
        let head = self.head(&path.with_file_name("HEAD"));
        let tree = head.and_then(|id| Some(git.find_commit(id).ok()?.tree_id().ok()?.detach()));
        let committed = tree.map(|tree| committed(git, &index, tree)).unwrap_or_default();
        let staged = (0..)
            .zip(index.entries())
            .filter(|(at, entry)| entry.mode != Mode::COMMIT && entry.mode != Mode::DIR && !committed.contains(at));
        self.contents.extend(staged.map(|(_, entry)| entry.id));
        Ok(())
    }

    /// Sorts what was found by what it is; what is not there (any more) cannot be kept.
    fn sorted(self) -> Needs {
        let mut needs = Needs::default();
        let mut tips = Vec::new();
        let mut logged = HashSet::new();
        let git = &self.repository.git;
        let kind = |id: ObjectId| git.try_find_header(id).ok().flatten().map(|header| header.kind());
        for id in &self.tips {
            match kind(*id) {
                Some(Kind::Commit) => tips.push(*id),
                Some(Kind::Tag) => needs.tags.push(*id),
                Some(Kind::Tree) => needs.contents.push((*id, true)),
                Some(Kind::Blob) => needs.contents.push((*id, false)),
                None => {}
            }
        }
        for id in self.logged.difference(&self.tips) {
            match kind(*id) {
                Some(Kind::Commit) => drop(logged.insert(*id)),
                Some(Kind::Tag) => needs.tags.push(*id),
                _ => {}
            }
        }
        needs.contents.extend(self.contents.into_iter().filter_map(|id| Some((id, kind(id)? == Kind::Tree))));
        reduce(git, &tips, &mut logged);
        needs.commits = tips;
        let mut rest: Vec<ObjectId> = logged.into_iter().collect();
        rest.sort();
        needs.commits.extend(rest);
        needs
    }
}

fn content(path: &Path, largest: u64) -> Option<Vec<u8>> {
    let (parent, name) = split(path).ok()?;
    read_file(open_dir(CWD, parent).ok()?.as_fd(), Path::new(name), largest).ok()
}

/// Takes out of `logged` what `tips` lead to.
fn reduce(git: &gix::Repository, tips: &[ObjectId], logged: &mut HashSet<ObjectId>) {
    if logged.is_empty() {
        return;
    }
    let Ok(walk) = git.rev_walk(tips.iter().copied()).all() else { return };
    for found in walk.take(MOST_COMMITS) {
        let Ok(found) = found else { return };
        logged.remove(&found.id);
        if logged.is_empty() {
            return;
        }
    }
}

/// The places of the entries of `index` that are the same in `tree`.
///
/// Only directories are read that the index has something of: a tree that leads to itself a billion times costs no more than the
/// index is long.
fn committed(git: &gix::Repository, index: &gix::index::State, tree: ObjectId) -> HashSet<usize> {
    let mut same = HashSet::new();
    let mut seen = HashSet::new();
    let mut left = vec![(BString::default(), tree, index.tree())];
    while let Some((prefix, tree, cached)) = left.pop() {
        let Some(below) = index.prefixed_entries_range(prefix.as_bstr()) else { continue };
        // A broken tree may have a name twice.
        if !seen.insert(prefix.clone()) {
            continue;
        }
        if cached.is_some_and(|cached| cached.num_entries.is_some() && cached.id == tree) {
            same.extend(below);
            continue;
        }
        let Ok(tree) = git.find_tree(tree) else { continue };
        let Ok(decoded) = tree.decode() else { continue };
        let children: HashMap<&[u8], _> =
            cached.iter().flat_map(|cached| &cached.children).map(|child| (child.name.as_slice(), child)).collect();
        for entry in &decoded.entries {
            let mut path = prefix.clone();
            path.extend_from_slice(entry.filename);
            if entry.mode.is_tree() {
                path.push(b'/');
                left.push((path, entry.oid.to_owned(), children.get(entry.filename.as_bytes()).copied()));
                continue;
            }
            // In the middle of a merge a path has several entries.
            let entries = index.entries();
            let first = entries.partition_point(|found| found.path(index) < path.as_bstr());
            let found = (first..).zip(entries.iter().skip(first)).take_while(|(_, found)| found.path(index) == path);
            same.extend(found.filter(|(_, found)| found.id == entry.oid).map(|(at, _)| at));
        }
    }
    same
}
