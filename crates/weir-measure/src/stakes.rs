//! What a git command may change, file by file: what a restore point of it must hold.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use gix::ObjectId;
use gix::bstr::{BStr, BString, ByteSlice as _};
use gix::index::entry::Mode;
use weir_model::{Effect, GitScope, Scope};

use crate::Context;
use crate::budget::{Budget, Shares};
use crate::git::{self, Site};
use crate::lab::Lab;
use crate::place;
use crate::refs;
use crate::repository::Trouble;
use crate::tally::Tally;

/// The most entries of a tree that are compared.
const MOST_ENTRIES: usize = 200_000;

/// The files that one git command may change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GitStakes {
    /// Names in the working tree that get another file, or none, or their first; absolute. Git never writes into a file that
    /// is there: it takes the name away and gives it to a new one.
    pub worktree: Vec<PathBuf>,
    /// Git's own files that are written anew, beside those of refs: the index, `HEAD`; absolute, and not all of them are there.
    pub state: Vec<PathBuf>,
    /// The full names of refs that move or go, with their logs.
    pub refs: Vec<Vec<u8>>,
    /// Commits that nothing here may lead to afterwards, in full: what refs of remotes had.
    pub commits: Vec<String>,
    /// The git directory of the working tree.
    pub directory: PathBuf,
}

/// Files of a working tree's own that say what is checked out, and what was.
const HEADS: [&str; 3] = ["HEAD", "ORIG_HEAD", "logs/HEAD"];

type Files = BTreeMap<BString, (ObjectId, bool)>;

/// What `effect` may change; `None` where that is not known or is more than can be told. `with_worktree` says that the same
/// command moves the working tree along with the branch.
#[must_use]
pub fn git_stakes(effect: &Effect, with_worktree: bool, context: &Context<'_>) -> Option<GitStakes> {
    let lab = Lab::new(context);
    let budget = Shares::new(context.budget, 1).next();
    let directory = effect.target.paths.first().map_or(context.cwd, PathBuf::as_path);
    let site = git::find(&place::normalize(directory, context.cwd), &lab).ok()??;
    let stakes = find(effect, with_worktree, &site, &lab, &budget).ok()??;
    if budget.spent() { None } else { Some(stakes) }
}

fn find(
    effect: &Effect,
    with_worktree: bool,
    site: &Site,
    lab: &Lab<'_>,
    budget: &Budget,
) -> Result<Option<GitStakes>, Trouble> {
    let mut stakes = GitStakes { directory: site.git().git_dir().to_owned(), ..GitStakes::default() };
    let Scope::Git(scope) = &effect.scope else { return Ok(None) };
    match scope {
        GitScope::Move { .. } | GitScope::Refs { .. } | GitScope::Stash { .. } | GitScope::Remote(_)
            if !git::has_files_for_refs(site.git()) =>
        {
            return Ok(None);
        }
        GitScope::Changes { .. } | GitScope::Untracked { .. } => {
            let Some(tally) = git::lost_files(scope, site, Tally::naming(), lab, budget)? else { return Ok(None) };
            if tally.cut_short {
                return Ok(None);
            }
            stakes.worktree = tally.paths.unwrap_or_default();
            let git = site.git();
            stakes.state.push(git.index_path());
            if let GitScope::Changes { pathspecs, staged: true, worktree: true, to } = scope
                && pathspecs.is_empty()
            {
                // A reset or a forced checkout.
                stakes.state.extend(HEADS.map(|name| git.git_dir().join(name)));
                if let Some(commit) = to.as_deref().and_then(|to| refs::commit(git, to).ok()) {
                    stakes.worktree.extend(between_index_and(site, commit, budget)?.unwrap_or_default());
                }
            }
        }
        GitScope::Move { reference, to } => {
            let git = site.git();
            let name = match reference.as_deref().filter(|name| *name != "HEAD") {
                None => git.head().map_err(|_| Trouble::Commits)?.referent_name().map(|name| name.as_bstr().to_owned()),
                Some(_) if effect.opaque => return Ok(None),
                Some(written) => {
                    refs::candidates(git, written, &["refs/heads/"]).into_iter().next().map(|found| found.0)
                }
            };
            let own = git.git_dir();
            stakes.state.extend(HEADS.map(|name| own.join(name)));
            stakes.state.push(git.index_path());
            if let Some(name) = name {
                of_ref(git, name.as_bstr(), &mut stakes);
            }
            if with_worktree {
                let Some(moved) = between_index_and(site, refs::commit(git, to)?, budget)? else { return Ok(None) };
                stakes.worktree = moved;
            }
        }
        GitScope::Refs { names } if !effect.opaque => {
            let git = site.git();
            for written in names {
                for (name, ..) in
                    refs::candidates(git, written, &["refs/heads/", "refs/tags/", "refs/remotes/", "refs/"])
                {
                    of_ref(git, name.as_bstr(), &mut stakes);
                }
            }
        }
        GitScope::Stash { .. } => of_ref(site.git(), b"refs/stash".as_bstr(), &mut stakes),
        GitScope::Remote(_) => {
            let heads = effect.impact.remote_heads.iter().filter(|head| head.here);
            stakes.commits = heads.filter_map(|head| head.head.clone()).collect();
        }
        _ => return Ok(None),
    }
    for list in [&mut stakes.worktree, &mut stakes.state] {
        list.sort();
        list.dedup();
    }
    stakes.refs.sort();
    stakes.refs.dedup();
    Ok(Some(stakes))
}

/// A ref that moves or goes.
fn of_ref(git: &gix::Repository, name: &BStr, stakes: &mut GitStakes) {
    stakes.refs.push(name.to_vec());
    // Where the configuration says which branch of which remote it follows.
    stakes.state.push(git.common_dir().join("config"));
}

/// The names at which the tree of `commit` has something else than the index; `None` for very large trees.
fn between_index_and(site: &Site, commit: ObjectId, budget: &Budget) -> Result<Option<Vec<PathBuf>>, Trouble> {
    let repository = &site.checkout.repository;
    let index = repository.index(budget)?;
    let tree = site.git().find_commit(commit).map_err(|_| Trouble::Commits)?.tree().map_err(|_| Trouble::Commits)?;
    let Some(mut there) = files(site.git(), tree.id, MOST_ENTRIES.saturating_sub(index.entries().len()))? else {
        return Ok(None);
    };
    let mut moved = Vec::new();
    for entry in index.entries() {
        if budget.step() {
            return Ok(None);
        }
        if entry.mode == Mode::COMMIT || entry.mode == Mode::DIR {
            continue;
        }
        let path = entry.path(index);
        let same = there
            .remove(path)
            .is_some_and(|(id, executable)| id == entry.id && executable == (entry.mode == Mode::FILE_EXECUTABLE));
        if !same {
            moved.push(path.to_owned());
        }
    }
    moved.extend(there.into_keys());
    let full = |path: BString| repository.root.join(OsStr::from_bytes(path.as_bytes()));
    Ok(Some(moved.into_iter().map(full).collect()))
}

/// The files of a tree, each with its content and whether it is a program; `None` where there are more than `most`.
fn files(git: &gix::Repository, tree: ObjectId, most: usize) -> Result<Option<Files>, Trouble> {
    let mut files = Files::new();
    let mut left = vec![(BString::default(), tree)];
    let mut seen = 0usize;
    while let Some((prefix, id)) = left.pop() {
        let tree = git.find_tree(id).map_err(|_| Trouble::Commits)?;
        let decoded = tree.decode().map_err(|_| Trouble::Commits)?;
        seen = seen.saturating_add(decoded.entries.len());
        if seen > most {
            return Ok(None);
        }
        for entry in &decoded.entries {
            let mut path = prefix.clone();
            path.extend_from_slice(entry.filename);
            if entry.mode.is_tree() {
                path.push(b'/');
                left.push((path, entry.oid.to_owned()));
            } else if !entry.mode.is_commit() {
                files.insert(path, (entry.oid.to_owned(), entry.mode.is_executable()));
            }
        }
    }
    Ok(Some(files))
}
