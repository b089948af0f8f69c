//! What git commands lose in working trees: uncommitted changes, untracked files, linked working trees.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use gix::bstr::{BString, ByteSlice as _};
use gix::index::entry::{Flags, Mode, Stage};
use weir_model::{Effect, Figure, GitScope, Reversibility, Scope, Target, TargetKind, Verb};

use crate::budget::Budget;
use crate::evidence::GitSays;
use crate::graph;
use crate::lab::{Checkout, Frame, Lab};
use crate::meta::{self, Kind, Listing, Meta};
use crate::pathspec::Pathspecs;
use crate::place;
use crate::refs;
use crate::remote;
use crate::repository::{self, InHead, Repository, Trouble};
use crate::tally::{Class, Tally};
use crate::tree;

/// The repository in which a git command runs.
pub(crate) struct Site {
    pub(crate) checkout: Rc<Checkout>,
    /// The directory in which it runs, below the working tree.
    pub(crate) prefix: BString,
    /// There is a working tree.
    worktree: bool,
}

impl Site {
    pub(crate) fn git(&self) -> &gix::Repository {
        &self.checkout.repository.git
    }
}

/// Measures an effect on a git repository.
pub(crate) fn measure(effect: &mut Effect, lab: &Lab<'_>, budget: &Budget) {
    effect.impact.measured = true;
    let directory = effect
        .target
        .paths
        .first()
        .map_or_else(|| lab.context.cwd.to_owned(), |path| place::normalize(path, lab.context.cwd));
    let site = match find(&directory, lab) {
        Ok(Some(site)) => site,
        Ok(None) => {
            // git itself will refuse.
            effect.impact.exists = Some(false);
            effect.impact.remark = Some("not a git repository".to_owned());
            effect.reversibility = Reversibility::Reversible;
            return;
        }
        Err(trouble) => return fail(effect, trouble),
    };
    effect.impact.exists = Some(true);
    let scope = effect.scope.clone();
    let done = match &scope {
        Scope::Git(scope @ (GitScope::Changes { .. } | GitScope::Untracked { .. })) => {
            lost_files(scope, &site, Tally::default(), lab, budget).map(|tally| {
                effect.reversibility = tally.unwrap_or_default().write(&mut effect.impact);
            })
        }
        Scope::Git(GitScope::Move { .. } | GitScope::Refs { .. } | GitScope::Stash { .. } | GitScope::Remote(_))
            if !has_files_for_refs(site.git()) =>
        {
            Err(Trouble::Refs)
        }
        Scope::Git(GitScope::Worktree { path }) => {
            linked(effect, path, &directory, lab, budget);
            Ok(())
        }
        Scope::Git(GitScope::Move { reference, to }) => refs::moved(effect, &site, reference.as_deref(), to, budget),
        Scope::Git(GitScope::Refs { names }) => refs::deleted(effect, &site, names, budget),
        Scope::Git(GitScope::Stash { entry }) => {
            refs::stash(effect, &site, *entry);
            Ok(())
        }
        Scope::Git(GitScope::Remote(push)) => remote::measure(effect, &site, push, budget),
        // Rewriting history, or a repository as a whole: what only the reflog kept cannot be told.
        _ => {
            effect.impact.commits = Some(Figure::Unknown);
            effect.reversibility = Reversibility::Irreversible;
            Ok(())
        }
    };
    if let Err(trouble) = done {
        fail(effect, trouble);
    }
    if effect.opaque && effect.reversibility == Reversibility::Reversible {
        effect.reversibility = Reversibility::Unknown;
    }
}

/// False for repositories whose refs are somewhere that only newer git knows: there none would be found.
pub(crate) fn has_files_for_refs(git: &gix::Repository) -> bool {
    git.config_snapshot().string("extensions.refStorage").is_none_or(|form| form.eq_ignore_ascii_case(b"files"))
}

/// What a command takes from the working tree, added to `tally`; `None` for scopes that are about something else.
pub(crate) fn lost_files(
    scope: &GitScope,
    site: &Site,
    tally: Tally,
    lab: &Lab<'_>,
    budget: &Budget,
) -> Result<Option<Tally>, Trouble> {
    let parse = |specs: &[String]| Pathspecs::parse(specs, site.prefix.as_bstr(), &site.checkout.repository.root);
    match scope {
        GitScope::Changes { pathspecs, staged, worktree, .. } => {
            changes(site, &parse(pathspecs), *staged, *worktree, tally, lab, budget).map(Some)
        }
        GitScope::Untracked { pathspecs, directories, ignored, only_ignored } => {
            let clean = Clean {
                named: !pathspecs.is_empty(),
                specs: if pathspecs.is_empty() { Pathspecs::below(site.prefix.as_bstr()) } else { parse(pathspecs) },
                directories: *directories,
                ignored: *ignored || *only_ignored,
                others: !*only_ignored,
            };
            untracked(site, &clean, tally, lab, budget).map(Some)
        }
        _ => Ok(None),
    }
}

/// The effect applies, and its figures could not be found.
fn fail(effect: &mut Effect, trouble: Trouble) {
    let unknown = Some(Figure::Unknown);
    let impact = &mut effect.impact;
    match effect.target.kind {
        TargetKind::GitWorktree => {
            impact.files = unknown;
            impact.bytes = unknown;
            impact.only_copy_files = unknown;
            impact.only_copy_bytes = unknown;
        }
        TargetKind::GitStash => impact.stashes = unknown,
        _ => impact.commits = unknown,
    }
    impact.remark = Some(trouble.to_string());
    effect.reversibility = match effect.scope {
        Scope::Git(GitScope::Remote(_)) => Reversibility::Irreversible,
        _ => Reversibility::Unknown,
    };
}

/// Finds the repository that git would use in `directory`: the nearest upward, with a working tree or bare.
pub(crate) fn find(directory: &Path, lab: &Lab<'_>) -> Result<Option<Site>, Trouble> {
    let real = match std::fs::canonicalize(directory) {
        Ok(real) => real,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(_) => return Err(Trouble::Open),
    };
    for ancestor in real.ancestors() {
        if meta::exists(&ancestor.join(".git")) {
            let checkout = lab.checkout(ancestor)?;
            let worktree = checkout.repository.git.workdir().is_some();
            let prefix = repository::relative_to(&checkout.repository.root, &real).unwrap_or_default();
            return Ok(Some(Site { checkout, prefix, worktree }));
        }
        let is_git_dir = meta::exists(&ancestor.join("HEAD"))
            && (meta::exists(&ancestor.join("objects")) && meta::exists(&ancestor.join("refs"))
                || meta::exists(&ancestor.join("commondir")));
        if is_git_dir {
            let git = repository::open(ancestor, lab.context.home)?;
            let workdir = git.workdir().and_then(|dir| std::fs::canonicalize(dir).ok());
            let root = workdir.clone().unwrap_or_else(|| ancestor.to_owned());
            return Ok(Some(Site {
                checkout: Rc::new(Checkout {
                    repository: Repository::new(git, root, ancestor.to_owned()),
                    lost: false,
                    born_in_session: false,
                }),
                prefix: BString::default(),
                worktree: workdir.is_some(),
            }));
        }
    }
    Ok(None)
}

/// Uncommitted changes of tracked files.
fn changes(
    site: &Site,
    specs: &Pathspecs,
    staged: bool,
    worktree: bool,
    tally: Tally,
    lab: &Lab<'_>,
    budget: &Budget,
) -> Result<Tally, Trouble> {
    let repository = &site.checkout.repository;
    let index = repository.index(budget)?;
    let with_modes = repository.git.config_snapshot().boolean("core.fileMode") != Some(false);
    let mut tally = tally.of_existing(specs.widened);
    let mut conflict: Option<BString> = None;
    for entry in index.entries() {
        if budget.step() {
            tally.missed();
            break;
        }
        let path = entry.path(index);
        // Submodules have changes of their own, which these commands leave alone.
        if entry.mode == Mode::COMMIT || !specs.matches(path) {
            continue;
        }
        if entry.mode == Mode::DIR {
            // A directory outside of a sparse checkout; nothing of it is in the working tree.
            continue;
        }
        let full = repository.root.join(OsStr::from_bytes(path.as_bytes()));
        let meta = if site.worktree { meta::at(&full).ok().filter(|meta| meta.kind != Kind::Directory) } else { None };
        if entry.stage() != Stage::Unconflicted {
            if conflict.as_ref().is_none_or(|known| known != path) {
                conflict = Some(path.to_owned());
                tally.touch(&full);
                if let Some(meta) = meta {
                    tally.add(&meta, Class::OnlyCopy);
                }
            }
            continue;
        }
        let intended = entry.flags.contains(Flags::INTENT_TO_ADD);
        let same = meta.as_ref().map(|meta| !intended && repository.is_unchanged(index, entry, meta, &full, budget));
        let in_head = repository.in_head(index, path, entry.id);
        let is_staged = staged && !intended && in_head != InHead::Same;
        // A file that is gone from the working tree has nothing to lose there.
        let is_changed = worktree && same == Some(false);
        let own = |meta: &Meta| {
            // HEAD knows no such file, so all of it is new.
            if in_head == InHead::No && lab.is_of_session(meta) { Class::Session } else { Class::OnlyCopy }
        };
        let before = tally.files;
        // A file that is gone from the working tree comes back there.
        let comes_back = worktree && meta.is_none();
        match meta {
            Some(meta) if is_changed => tally.add(&meta, own(&meta)),
            Some(meta) if is_staged && worktree => tally.add(&meta, own(&meta)),
            // Only the index is reset: what the working tree has as well is not lost.
            Some(meta) if is_staged && same == Some(true) => tally.add(&meta, Class::Restorable),
            _ if is_staged => {
                let size = repository.git.find_header(entry.id).map_or(0, |h| h.size());
                tally.add_staged(size);
            }
            Some(meta)
                if worktree
                    && with_modes
                    && meta.kind == Kind::File
                    && meta.executable != (entry.mode == Mode::FILE_EXECUTABLE) =>
            {
                tally.add(&meta, Class::Restorable);
            }
            _ => {}
        }
        if comes_back || tally.files > before {
            tally.touch(&full);
        }
    }
    Ok(tally)
}

/// What `git clean` takes.
struct Clean {
    specs: Pathspecs,
    /// Pathspecs were given: then whole directories go even without `-d`.
    named: bool,
    directories: bool,
    ignored: bool,
    /// Files that are not ignored, too.
    others: bool,
}

/// A directory that `git clean` looks into.
struct Visit {
    frame: Frame,
    /// Something below is tracked, so that the directory stays.
    stays: bool,
    /// Inside another repository, which only `-ff` deletes.
    foreign: bool,
}

/// Untracked files.
fn untracked(site: &Site, clean: &Clean, tally: Tally, lab: &Lab<'_>, budget: &Budget) -> Result<Tally, Trouble> {
    let repository = &site.checkout.repository;
    let mut tally = tally.of_existing(clean.specs.widened);
    if !site.worktree {
        return Ok(tally);
    }
    let index = repository.index(budget)?;
    let root = lab.frame(&repository.root, budget);
    let mut queue = vec![Visit { frame: (*root).clone(), stays: true, foreign: false }];
    while let Some(visit) = queue.pop() {
        let frame = &visit.frame;
        let listing = match Listing::open(&frame.path, budget) {
            Ok(listing) if !budget.spent() => listing,
            _ => {
                tally.missed();
                tally.remark(format!("`{}` was not looked at", frame.path.display()));
                continue;
            }
        };
        if !listing.complete {
            tally.missed();
        }
        if !visit.stays {
            tally.directories += 1;
            if listing.names.is_empty() {
                tally.touch(&frame.path);
            }
        }
        for name in &listing.names {
            if budget.step() {
                tally.missed();
                break;
            }
            let relative = repository::join(frame.relative.as_bstr(), name);
            let Ok(meta) = listing.meta(name) else {
                tally.missed();
                continue;
            };
            if name == ".git" && !visit.foreign {
                continue;
            }
            if meta.kind == Kind::Directory {
                if !clean.specs.may_match_below(relative.as_bstr()) {
                    continue;
                }
                let mut child = lab.child(frame, name, budget);
                if let Some(next) = directory(site, clean, &visit, &mut child, &mut tally, lab, budget) {
                    queue.push(Visit { frame: child, ..next });
                }
                continue;
            }
            // Git sees regular files and symlinks only; the rest goes with its directory.
            if !matches!(meta.kind, Kind::File | Kind::Symlink) && !visit.stays {
                tally.touch(&frame.path.join(name));
            }
            if !matches!(meta.kind, Kind::File | Kind::Symlink)
                || !clean.specs.matches(relative.as_bstr())
                || index.entry_range(relative.as_bstr()).is_some()
            {
                continue;
            }
            let ignored = frame.ignored || repository.is_ignored(relative.as_bstr(), false);
            if if ignored { clean.ignored } else { clean.others } {
                let class = if visit.foreign { Class::OnlyCopy } else { lab.class(frame, name, &meta, budget)? };
                tally.add(&meta, class);
                tally.touch(&frame.path.join(name));
            }
        }
    }
    Ok(tally)
}

/// Decides about a directory that `git clean` comes to.
fn directory(
    site: &Site,
    clean: &Clean,
    parent: &Visit,
    child: &mut Frame,
    tally: &mut Tally,
    lab: &Lab<'_>,
    budget: &Budget,
) -> Option<Visit> {
    let repository = &site.checkout.repository;
    let relative = child.relative.clone();
    let stays = child.tracks;
    let index = repository.index(budget).ok()?;
    if index.entry_by_path(relative.as_bstr()).is_some() {
        // A submodule.
        return None;
    }
    child.ignored |= repository.is_ignored(relative.as_bstr(), true);
    if child.ignored && !clean.ignored {
        return None;
    }
    if !stays && !clean.directories && !clean.named {
        // Without `-d` untracked directories stay. Looking for ignored files only, git looks into those that hold
        // something else as well; one in which everything is ignored is an ignored directory.
        let looked_into = !clean.others && !child.ignored && holds_unignored(repository, child, lab, budget);
        if !looked_into {
            return None;
        }
    }
    let mut foreign = parent.foreign;
    if !stays && !foreign && meta::exists(&child.path.join(".git")) {
        foreign = true;
        tally.upper_bound = true;
        tally.remark(format!(
            "contains the git repository `{}`, which is deleted only if force is given twice",
            child.path.display()
        ));
    }
    if foreign {
        child.regenerable = None;
    } else if child.regenerable.is_none() {
        let tagged = meta::exists(&child.path.join("CACHEDIR.TAG"));
        child.regenerable = lab.regenerable(&child.path, tagged, || {
            if stays {
                GitSays::Tracked
            } else if child.ignored {
                GitSays::Ignored
            } else {
                lab.git_says(child, &child.path, budget)
            }
        });
    }
    Some(Visit { frame: child.clone(), stays, foreign })
}

/// True where some file below an untracked directory is not ignored.
fn holds_unignored(repository: &Repository, directory: &Frame, lab: &Lab<'_>, budget: &Budget) -> bool {
    let mut queue = vec![directory.clone()];
    while let Some(frame) = queue.pop() {
        let Ok(listing) = Listing::open(&frame.path, budget) else {
            continue;
        };
        // git takes an empty directory for something that is not ignored.
        if listing.names.is_empty() && frame.path != directory.path {
            return true;
        }
        for name in &listing.names {
            if budget.step() {
                return true;
            }
            let child = lab.child(&frame, name, budget);
            let is_directory = listing.meta(name).is_ok_and(|meta| meta.kind == Kind::Directory);
            if repository.is_ignored(child.relative.as_bstr(), is_directory) {
                continue;
            }
            if !is_directory {
                return true;
            }
            queue.push(child);
        }
    }
    false
}

/// A linked working tree, with everything in it.
fn linked(effect: &mut Effect, path: &str, directory: &Path, lab: &Lab<'_>, budget: &Budget) {
    let place = place::normalize(Path::new(path), directory);
    let place = if meta::exists(&place) { Some(place) } else { by_suffix(path, directory, lab) };
    let Some(place) = place else {
        effect.impact.exists = Some(false);
        effect.reversibility = Reversibility::Reversible;
        return;
    };
    let mut tree = Effect::new(Verb::Delete, Target::new(TargetKind::FileTree, path).at(vec![place.clone()]));
    tree::measure(&mut tree, lab, budget);
    effect.impact = tree.impact;
    effect.reversibility = tree.reversibility;
    // On no branch, its commits are reached by its HEAD alone, which goes with it.
    let commits = std::fs::canonicalize(&place).ok().and_then(|real| lab.checkout(&real).ok()).map(|checkout| {
        let git = &checkout.repository.git;
        match git.head().map(|head| (head.is_detached(), head.id().map(gix::Id::detach))) {
            Ok((true, Some(tip))) => graph::tips(git, graph::Heads::Others, |_| true, budget)
                .and_then(|others| graph::count(git, &[tip], &others, budget))
                .unwrap_or_default(),
            Ok(_) => Figure::Exact(0),
            Err(_) => Figure::Unknown,
        }
    });
    effect.impact.commits = commits;
    if effect.reversibility == Reversibility::Reversible && commits.is_some_and(|commits| !commits.is_zero()) {
        effect.reversibility = Reversibility::Recoverable;
    }
}

/// git also takes the last parts of a working tree's path for its name.
fn by_suffix(path: &str, directory: &Path, lab: &Lab<'_>) -> Option<PathBuf> {
    let site = find(directory, lab).ok()??;
    site.git()
        .worktrees()
        .ok()?
        .into_iter()
        .filter_map(|proxy| proxy.base().ok())
        .find(|base| base.ends_with(path.trim_end_matches('/')))
}
