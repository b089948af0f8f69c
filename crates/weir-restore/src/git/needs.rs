//! Which objects some of git's own files speak of.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::bstr::{BStr, BString, ByteSlice as _};
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
        let mut committed = Committed::default();
        if let Some(tree) = tree {
            committed.add(git, tree, BString::default(), index.tree());
        }
        for entry in index.entries() {
            let path = entry.path(&index);
            if entry.mode != Mode::COMMIT && entry.mode != Mode::DIR && !committed.has(path, &entry.id) {
                self.contents.insert(entry.id);
            }
        }
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

/// What a commit's tree has, as far as the index does not say that it is the same.
#[derive(Default)]
struct Committed {
    entries: HashMap<BString, ObjectId>,
    /// Directories below which the index has what the commit has.
    same: HashSet<BString>,
}

impl Committed {
    fn add(
        &mut self,
        git: &gix::Repository,
        tree: ObjectId,
        at: BString,
        cached: Option<&gix::index::extension::Tree>,
    ) {
        if cached.is_some_and(|cached| cached.num_entries.is_some() && cached.id == tree) {
            self.same.insert(at);
            return;
        }
        let Ok(tree) = git.find_tree(tree) else { return };
        let Ok(decoded) = tree.decode() else { return };
        for entry in &decoded.entries {
            let mut path = at.clone();
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(entry.filename);
            if entry.mode.is_tree() {
                let below = cached
                    .and_then(|cached| cached.children.iter().find(|child| child.name.as_slice() == entry.filename));
                self.add(git, entry.oid.to_owned(), path, below);
            } else {
                self.entries.insert(path, entry.oid.to_owned());
            }
        }
    }

    fn has(&self, path: &BStr, id: &ObjectId) -> bool {
        if self.entries.get(path) == Some(id) {
            return true;
        }
        if self.same.is_empty() {
            return false;
        }
        let mut above = path;
        while let Some(at) = above.rfind_byte(b'/') {
            above = above.get(..at).unwrap_or_default().as_bstr();
            if self.same.contains(above) {
                return true;
            }
        }
        self.same.contains(b"".as_bstr())
    }
}
