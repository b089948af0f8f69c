//! One git repository as far as files are concerned: what it tracks, whether a file still is what HEAD has, and
//! what it ignores. Reads only; runs no program (content filters are not applied), and uses no network.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use gix::ObjectId;
use gix::bstr::{BStr, BString, ByteSlice as _};
use gix::index::entry::{Flags, Mode, Stage, Stat, stat};
use gix::objs::Kind as ObjectKind;

use crate::budget::Budget;
use crate::meta::{self, Kind, Meta, Stamp};

/// Files up to this size are read where the file system's dates cannot tell whether they changed.
const HASH_LIMIT: u64 = 4 * 1024 * 1024;

/// Why a repository could not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("the git repository could not be opened")]
    Open,
    #[error("the git index could not be read")]
    Index,
    #[error("no time was left to read the git index")]
    Time,
    #[error("the commits of the git repository could not be read")]
    Commits,
    #[error("the revision could not be found")]
    Revision,
    #[error("the git repository keeps its refs in a form that is not known here")]
    Refs,
}

/// How a file stands to what git tracks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tracked {
    /// Not in the index.
    No,
    /// Unchanged against the index. `in_head`: HEAD has the same content under the same name.
    Unchanged { in_head: bool },
    /// Changed against the index, or in conflict. `in_head`: HEAD has some content under this name.
    Changed { in_head: bool },
}

/// What HEAD has in one directory.
#[derive(Debug, Clone)]
pub(crate) enum HeadDir {
    /// Exactly what the index has.
    AsIndex,
    /// These entries.
    Entries(Rc<HashMap<BString, (bool, ObjectId)>>),
    /// Nothing, or nothing that could be read.
    Absent,
}

/// An opened repository with its index.
pub(crate) struct Repository {
    pub(crate) git: gix::Repository,
    /// The real path of the working tree.
    pub(crate) root: PathBuf,
    /// `.git` in the working tree, a directory or (for linked working trees and submodules) a file.
    pub(crate) dot_git: PathBuf,
    index: OnceCell<Result<gix::index::File, Trouble>>,
    head_tree: OnceCell<Option<ObjectId>>,
    head_dirs: RefCell<HashMap<BString, HeadDir>>,
    excludes: RefCell<Option<gix::worktree::Stack>>,
}

/// Finds the working tree that `directory` (a real path) is in: the nearest one upward with a `.git`.
pub(crate) fn find_root(directory: &Path) -> Option<&Path> {
    directory.ancestors().find(|ancestor| meta::exists(&ancestor.join(".git")))
}

/// Opens the repository at `path`: a `.git` directory or file, or a bare repository.
pub(crate) fn open(path: &Path, home: Option<&Path>) -> Result<gix::Repository, Trouble> {
    // Isolated: the repository's own configuration only, nothing from the environment. Trusted: what it says changes
    // what is counted and never what is run.
    let options = gix::open::Options::isolated().with(gix::sec::Trust::Full).open_path_as_is(true);
    let mut git = gix::open_opts(path, options).map_err(|_| Trouble::Open)?;
    if git.config_snapshot().string("core.excludesFile").is_none()
        && let Some(file) = home.and_then(global_excludes)
        && let Some(file) = file.to_str()
    {
        let mut config = git.config_snapshot_mut();
        if config.set_raw_value("core.excludesFile", file).is_ok() {
            config.commit().map_err(|_| Trouble::Open)?;
        }
    }
    Ok(git)
}

/// The person's own ignore file, from the places in which git looks for it below the home directory.
fn global_excludes(home: &Path) -> Option<PathBuf> {
    for file in [".gitconfig", ".config/git/config"] {
        let file = home.join(file);
        if meta::exists(&file)
            && let Ok(config) = gix::config::File::from_path_no_includes(file, gix::config::Source::User)
            && let Ok(value) = config.raw_value("core.excludesFile")
        {
            let value = PathBuf::from(std::ffi::OsStr::from_bytes(value.as_ref()));
            return Some(match value.strip_prefix("~") {
                Ok(rest) => home.join(rest),
                Err(_) => value,
            });
        }
    }
    let file = home.join(".config/git/ignore");
    meta::exists(&file).then_some(file)
}

impl Repository {
    /// Opens the repository whose working tree is `root`, a real path with a `.git` in it.
    pub(crate) fn at(root: &Path, home: Option<&Path>) -> Result<Self, Trouble> {
        let dot_git = root.join(".git");
        let git = open(&dot_git, home)?;
        // `core.worktree` can put the working tree elsewhere.
        let workdir = git.workdir().and_then(|dir| std::fs::canonicalize(dir).ok());
        Ok(Self::new(git, workdir.unwrap_or_else(|| root.to_owned()), dot_git))
    }

    pub(crate) fn new(git: gix::Repository, root: PathBuf, dot_git: PathBuf) -> Self {
        Self {
            git,
            root,
            dot_git,
            index: OnceCell::new(),
            head_tree: OnceCell::new(),
            head_dirs: RefCell::default(),
            excludes: RefCell::default(),
        }
    }

    /// The index; an empty one where there is none yet.
    pub(crate) fn index(&self, budget: &Budget) -> Result<&gix::index::File, Trouble> {
        self.index
            .get_or_init(|| {
                let path = self.git.index_path();
                match meta::at(&path) {
                    Err(rustix::io::Errno::NOENT) => {
                        let state = gix::index::State::new(self.git.object_hash());
                        Ok(gix::index::File::from_state(state, path))
                    }
                    Err(_) => Err(Trouble::Index),
                    Ok(meta) if !budget.affords(meta.size) => Err(Trouble::Time),
                    Ok(_) => self.git.open_index().map_err(|_| Trouble::Index),
                }
            })
            .as_ref()
            .map_err(|trouble| *trouble)
    }

    /// The tree of HEAD; `None` where there is no commit yet or it cannot be read.
    fn head_tree(&self) -> Option<ObjectId> {
        *self.head_tree.get_or_init(|| self.git.head_tree_id().ok().map(gix::Id::detach))
    }

    /// What HEAD has in the directory `relative` (empty: the root of the working tree).
    pub(crate) fn head_dir(&self, index: &gix::index::State, relative: &BStr) -> HeadDir {
        if let Some(known) = self.head_dirs.borrow().get(relative) {
            return known.clone();
        }
        let found = if relative.is_empty() {
            match self.head_tree() {
                Some(tree) => self.head_entries(index, relative, tree),
                None => HeadDir::Absent,
            }
        } else {
            let (parent, name) = split(relative);
            match self.head_dir(index, parent) {
                HeadDir::Entries(entries) => match entries.get(name) {
                    Some((true, tree)) => self.head_entries(index, relative, *tree),
                    _ => HeadDir::Absent,
                },
                whole => whole,
            }
        };
        self.head_dirs.borrow_mut().insert(relative.to_owned(), found.clone());
        found
    }

    fn head_entries(&self, index: &gix::index::State, relative: &BStr, tree: ObjectId) -> HeadDir {
        // The index caches the tree objects that it would be written as; where that is the one of HEAD, nothing
        // below differs and no object needs to be read.
        if cached_tree(index, relative) == Some(tree) {
            return HeadDir::AsIndex;
        }
        let Ok(tree) = self.git.find_tree(tree) else {
            return HeadDir::Absent;
        };
        let Ok(decoded) = tree.decode() else {
            return HeadDir::Absent;
        };
        let entries = decoded
            .entries
            .iter()
            .map(|entry| (entry.filename.to_owned(), (entry.mode.is_tree(), entry.oid.to_owned())))
            .collect();
        HeadDir::Entries(Rc::new(entries))
    }

    /// What HEAD has under the path of an index entry with the content `id`.
    pub(crate) fn in_head(&self, index: &gix::index::State, relative: &BStr, id: ObjectId) -> InHead {
        let (parent, name) = split(relative);
        match self.head_dir(index, parent) {
            HeadDir::AsIndex => InHead::Same,
            HeadDir::Absent => InHead::No,
            HeadDir::Entries(entries) => match entries.get(name) {
                Some((false, found)) if *found == id => InHead::Same,
                Some((false, _)) => InHead::Other,
                _ => InHead::No,
            },
        }
    }

    /// How the file at `path` stands to what is tracked as `relative`.
    pub(crate) fn tracked(
        &self,
        index: &gix::index::File,
        relative: &BStr,
        meta: &Meta,
        path: &Path,
        budget: &Budget,
    ) -> Tracked {
        let Some(entry) = index.entry_by_path_and_stage(relative, Stage::Unconflicted) else {
            let conflicted = [Stage::Base, Stage::Ours, Stage::Theirs]
                .into_iter()
                .any(|stage| index.entry_by_path_and_stage(relative, stage).is_some());
            return if conflicted { Tracked::Changed { in_head: true } } else { Tracked::No };
        };
        let in_head = self.in_head(index, relative, entry.id);
        if entry.flags.contains(Flags::INTENT_TO_ADD) || !self.is_unchanged(index, entry, meta, path, budget) {
            Tracked::Changed { in_head: in_head != InHead::No }
        } else {
            Tracked::Unchanged { in_head: in_head == InHead::Same }
        }
    }

    /// True where the file has the content of its index entry: by the file system's dates, else by reading it.
    pub(crate) fn is_unchanged(
        &self,
        index: &gix::index::File,
        entry: &gix::index::Entry,
        meta: &Meta,
        path: &Path,
        budget: &Budget,
    ) -> bool {
        let link = entry.mode == Mode::SYMLINK;
        if link != (meta.kind == Kind::Symlink) || (!link && meta.kind != Kind::File) {
            return false;
        }
        let options = stat::Options {
            trust_ctime: true,
            check_stat: true,
            // A needless look into the file is cheaper than a change that is missed.
            use_nsec: true,
            use_stdev: false,
        };
        let now = stat_of(meta);
        if entry.stat.matches(&now, options) && !entry.stat.is_racy(index.timestamp(), options) {
            return true;
        }
        // A size of zero is git's own mark for entries that must be looked at.
        if entry.stat.size != now.size && entry.stat.size != 0 {
            return false;
        }
        // Reading is not cheap: here the clock is looked at for every file.
        if meta.size > HASH_LIMIT || budget.spent() || !budget.affords(meta.size) {
            return false;
        }
        let content = if link {
            std::fs::read_link(path).map(|to| to.as_os_str().as_bytes().to_vec())
        } else {
            std::fs::read(path)
        };
        content.is_ok_and(|content| {
            gix::objs::compute_hash(self.git.object_hash(), ObjectKind::Blob, &content).is_ok_and(|id| id == entry.id)
        })
    }

    /// True where an ignore rule matches the path itself or (for paths that git would not enter) one above it.
    pub(crate) fn is_ignored(&self, relative: &BStr, directory: bool) -> bool {
        if relative.is_empty() {
            return false;
        }
        let mut slot = self.excludes.borrow_mut();
        if slot.is_none() {
            // Ignore files are read from the working tree only: an empty index saves a pass over the real one.
            let index = gix::index::State::new(self.git.object_hash());
            *slot = self
                .git
                .excludes(&index, None, gix::worktree::stack::state::ignore::Source::WorktreeThenIdMappingIfNotSkipped)
                .ok()
                .map(gix::AttributeStack::detach);
        }
        let Some(stack) = slot.as_mut() else {
            return false;
        };
        let mode = directory.then_some(Mode::DIR);
        stack.at_path(relative, mode, &self.git.objects).is_ok_and(|platform| platform.is_excluded())
    }

    /// True where the index has something below the directory.
    pub(crate) fn tracks_below(index: &gix::index::State, directory: &BStr) -> bool {
        if directory.is_empty() {
            return !index.entries().is_empty();
        }
        let mut prefix = directory.to_owned();
        prefix.push(b'/');
        index.prefixed_entries_range(prefix.as_bstr()).is_some()
    }
}

/// Whether HEAD has the content of an index entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InHead {
    /// The same content under the same name.
    Same,
    /// Another content under this name.
    Other,
    /// Nothing under this name.
    No,
}

/// `a/b/c` as (`a/b`, `c`).
pub(crate) fn split(relative: &BStr) -> (&BStr, &BStr) {
    match relative.rsplit_once_str("/") {
        Some((parent, name)) => (parent.as_bstr(), name.as_bstr()),
        None => (b"".as_bstr(), relative),
    }
}

/// `directory` and `name` as one path of the index.
pub(crate) fn join(directory: &BStr, name: &std::ffi::OsStr) -> BString {
    let mut path = directory.to_owned();
    if !path.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(name.as_bytes());
    path
}

/// The path of `path` below `root`, as the index spells it.
pub(crate) fn relative_to(root: &Path, path: &Path) -> Option<BString> {
    let rest = path.strip_prefix(root).ok()?;
    Some(BString::from(rest.as_os_str().as_bytes()))
}

fn cached_tree(index: &gix::index::State, relative: &BStr) -> Option<ObjectId> {
    let mut node = index.tree()?;
    for name in relative.split_str("/").filter(|name| !name.is_empty()) {
        node = node.children.iter().find(|child| child.name.as_slice() == name)?;
    }
    node.num_entries.map(|_| node.id)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the index keeps the low 32 bits of these, and so they are compared"
)]
fn stat_of(meta: &Meta) -> Stat {
    let time = |stamp: Stamp| stat::Time { secs: stamp.secs as u32, nsecs: stamp.nanos };
    Stat {
        mtime: time(meta.modified),
        ctime: time(meta.changed),
        dev: 0,
        ino: meta.inode as u32,
        uid: meta.uid,
        gid: meta.gid,
        size: meta.size as u32,
    }
}
