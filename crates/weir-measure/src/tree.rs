//! File trees: a bounded walk that counts what an effect touches and how much of it exists nowhere else.
//!
//! Symlinks are not followed, except where the command itself would follow them: writing through a link, and a link
//! that is named with a trailing slash.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use weir_model::{Effect, Reversibility, Scope, Verb};

use crate::Context;
use crate::budget::Budget;
use crate::evidence::{Regenerable, is_precious};
use crate::graph;
use crate::lab::{Frame, Lab};
use crate::meta::{self, Kind, Listing, Meta};
use crate::place::{self, Touched};
use crate::repository::Trouble;
use crate::sieve::Sieve;
use crate::tally::{Class, Tally};

/// Paths that `effect` deletes with everything below, for [`Lab::doomed`].
pub(crate) fn doomed(effect: &Effect, lab: &Lab<'_>) -> Vec<PathBuf> {
    if effect.verb != Verb::Delete || effect.scope != Scope::Whole {
        return Vec::new();
    }
    effect
        .target
        .paths
        .iter()
        .filter_map(|path| {
            let path = place::normalize(path, lab.context.cwd);
            lab.real_name(&path).ok()
        })
        .collect()
}

/// Where `effect` takes files to, for [`Lab::moves`].
pub(crate) fn moves(effect: &Effect, context: &Context<'_>) -> Vec<(PathBuf, PathBuf)> {
    let Scope::Moved { to } = &effect.scope else {
        return Vec::new();
    };
    let to = place::normalize(to, context.cwd);
    // Several go into a directory, even if an earlier part of the action has yet to make it.
    let into = effect.target.paths.len() > 1 || std::fs::metadata(&to).is_ok_and(|meta| meta.is_dir());
    effect
        .target
        .paths
        .iter()
        .map(|from| {
            let from = place::normalize(from, context.cwd);
            let to = match from.file_name() {
                Some(name) if into => to.join(name),
                _ => to.clone(),
            };
            (from, to)
        })
        .collect()
}

/// The paths that an effect names, and where what an earlier effect has moved to them is now.
fn where_now(effect: &Effect, lab: &Lab<'_>, budget: &Budget) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        effect.target.paths.iter().map(|path| place::normalize(path, lab.context.cwd)).collect();
    if effect.verb == Verb::Delete || effect.scope == Scope::Content {
        let mut moved = Vec::new();
        for (from, to) in lab.moves.iter().rev() {
            let found: Vec<PathBuf> = paths
                .iter()
                .chain(&moved)
                .take_while(|_| !budget.step())
                .filter_map(|path| match path.strip_prefix(to) {
                    Ok(rest) if rest.as_os_str().is_empty() => Some(from.clone()),
                    Ok(rest) => Some(from.join(rest)),
                    Err(_) => to.starts_with(path).then(|| from.clone()),
                })
                .collect();
            moved.extend(found);
        }
        paths.extend(moved);
        let mut seen = HashSet::new();
        paths.retain(|path| seen.insert(path.clone()));
    }
    paths
}

/// Measures a file tree.
pub(crate) fn measure(effect: &mut Effect, lab: &Lab<'_>, budget: &Budget) {
    let paths = where_now(effect, lab, budget);
    let mut walk = Walk {
        lab,
        budget,
        tally: Tally::default(),
        protected: None,
        scratch: true,
        nested: Vec::new(),
        sieve: Sieve::of(effect, &paths),
    };
    let slash = effect.target.name.ends_with('/');
    if !lab.moves.is_empty() && budget.spent() {
        walk.tally.missed();
    }
    if paths.is_empty() {
        walk.tally.blind = true;
        walk.tally.remark("what is touched is not known");
    }
    walk.protect_together(&effect.target.name, &paths);
    // Keys, settings with secrets and databases in files: small ones are no trifle.
    let overwritten: &[PathBuf] = match &effect.scope {
        Scope::Content => &paths,
        Scope::Moved { to } => std::slice::from_ref(to),
        _ => &[],
    };
    let is_data = |path: &PathBuf| path.file_name().is_some_and(|name| is_precious(name, Regenerable::ExceptData));
    effect.target.stateful |= overwritten.iter().any(is_data);
    let mut queue = Vec::new();
    for (n, path) in paths.iter().enumerate() {
        if walk.protected.is_none() && (effect.verb == Verb::Delete || matches!(effect.scope, Scope::Moved { .. })) {
            walk.protected = place::relied_on(path);
        }
        if n > 0 && budget.step() {
            // Of the rest only the places are looked at.
            walk.tally.missed();
            walk.scratch = false;
            walk.protect(path, None, true);
            continue;
        }
        match &effect.scope {
            Scope::Content => walk.content(path),
            Scope::Moved { to } => {
                walk.moved(path, &place::normalize(to, lab.context.cwd));
            }
            scope => {
                let reach = match scope {
                    Scope::Files => Reach::File,
                    Scope::EmptyDirectories => Reach::EmptyDirectory,
                    Scope::Filtered { .. } => Reach::Below,
                    _ => Reach::Whole,
                };
                walk.named(path, slash, reach, &mut queue);
            }
        }
    }
    if matches!(effect.scope, Scope::Filtered { .. }) {
        walk.tally.upper_bound = true;
    }
    walk.run(queue);
    let Walk { tally, mut protected, scratch, .. } = walk;
    if effect.verb == Verb::Modify && effect.scope == Scope::Whole && paths.iter().all(|path| place::is_for_all(path)) {
        // To unpack something into it is what a temporary directory is for.
        protected = None;
    }
    if !scratch && effect.target.environment == weir_model::Environment::Scratch {
        // A symlink leads out of the temporary directory.
        effect.target.environment = weir_model::Environment::Unknown;
    }
    effect.impact.protected = protected;
    effect.reversibility = tally.write(&mut effect.impact);
    if effect.opaque && effect.reversibility == Reversibility::Reversible {
        effect.reversibility = Reversibility::Unknown;
    }
}

/// How much of a named path is touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// With everything below.
    Whole,
    /// Everything below, perhaps.
    Below,
    /// Only if it is no directory.
    File,
    /// Only if it is an empty directory.
    EmptyDirectory,
}

struct Walk<'a> {
    lab: &'a Lab<'a>,
    budget: &'a Budget,
    tally: Tally,
    protected: Option<String>,
    /// Every target really is below a temporary directory.
    scratch: bool,
    /// Repositories that go with the tree.
    nested: Vec<Frame>,
    /// Where only some of what is below is touched, and it is known which.
    sieve: Option<Sieve>,
}

impl Walk<'_> {
    /// One named path.
    fn named(&mut self, path: &Path, slash: bool, reach: Reach, queue: &mut Vec<(Frame, Meta)>) {
        let recursive = matches!(reach, Reach::Whole | Reach::Below);
        let real = self.lab.real_name(path).and_then(|real| {
            let follow = slash && meta::at(&real).is_ok_and(|meta| meta.kind == Kind::Symlink);
            if follow { std::fs::canonicalize(&real).map_err(|error| error.kind()) } else { Ok(real) }
        });
        let found = real.and_then(|real| match meta::at(&real) {
            Ok(meta) => Ok((real, meta)),
            Err(error) => Err(kind_of(error)),
        });
        let (real, meta) = match found {
            Ok(found) => found,
            Err(error) => {
                self.protect(path, None, recursive);
                self.absent(path, error);
                return;
            }
        };
        self.tally.exists = true;
        self.scratch &= place::is_temporary(&real);
        let sieve = self.sieve.take().map(|sieve| sieve.from(&real));
        let taken = sieve.as_ref().is_none_or(|sieve| sieve.takes_start(&real, &meta));
        // Where names decide, the places of what has them count, and not the place where the search starts.
        if taken || sieve.as_ref().is_some_and(|sieve| !sieve.goes_by_name()) {
            self.protect(path, Some(meta.kind), recursive);
            self.protect(&real, Some(meta.kind), recursive);
            if recursive && meta.kind == Kind::Directory && is_mount(&real, &meta) {
                self.protected.get_or_insert_with(|| "a mount point".to_owned());
            }
        }
        self.sieve = sieve;
        let (Some(parent), Some(name)) = (real.parent(), real.file_name()) else {
            let frame = self.lab.frame(&real, self.budget);
            queue.push((Frame { taken, ..(*frame).clone() }, meta));
            return;
        };
        match (meta.kind, reach) {
            (Kind::Directory, Reach::File) => {}
            (Kind::Directory, Reach::EmptyDirectory) => self.tally.directories += 1,
            (_, Reach::EmptyDirectory) => {}
            (Kind::Directory, _) => {
                let frame = self.lab.frame(parent, self.budget);
                queue.push((Frame { taken, ..self.lab.child(&frame, name, self.budget) }, meta));
            }
            _ if taken => {
                let frame = self.lab.frame(parent, self.budget);
                self.file(&frame, name, &meta);
            }
            _ => {}
        }
    }

    /// A file whose content is replaced or cut.
    fn content(&mut self, path: &Path) {
        let meta = std::fs::canonicalize(path).map_err(|error| error.kind()).and_then(|real| match meta::at(&real) {
            Ok(meta) => Ok((real, meta)),
            Err(error) => Err(kind_of(error)),
        });
        let (real, meta) = match meta {
            Ok(found) => found,
            Err(error) => {
                self.protect(path, None, false);
                self.absent(path, error);
                return;
            }
        };
        self.tally.exists = true;
        self.scratch &= place::is_temporary(&real);
        self.protect(path, Some(meta.kind), false);
        self.protect(&real, Some(meta.kind), false);
        match meta.kind {
            Kind::BlockDevice => {
                self.tally.blind = true;
                self.tally.remark("what is on the device is not known");
            }
            Kind::File => {
                if let (Some(parent), Some(name)) = (real.parent(), real.file_name()) {
                    let frame = self.lab.frame(parent, self.budget);
                    self.file(&frame, name, &meta);
                }
            }
            // Writing to a directory fails, and what is written to a pipe or a terminal replaces nothing.
            _ => {}
        }
    }

    /// A path that gets another name. Only what had that name before is lost.
    fn moved(&mut self, path: &Path, to: &Path) {
        let real = self.lab.real_name(path);
        let meta = real.as_ref().map_err(|kind| *kind).and_then(|real| meta::at(real).map_err(kind_of));
        match meta {
            Ok(meta) => {
                self.tally.exists = true;
                self.protect(path, Some(meta.kind), true);
                if let Ok(real) = &real {
                    self.scratch &= place::is_temporary(real);
                    self.protect(real, Some(meta.kind), true);
                }
                if meta.kind == Kind::Directory {
                    self.tally.directories += 1;
                } else {
                    // Touched, and still there under the other name.
                    self.tally.files += 1;
                }
                if place::is_temporary(to) && !place::is_temporary(path) {
                    self.tally.remark("moved to a temporary directory");
                }
            }
            Err(error) => {
                self.protect(path, None, true);
                self.absent(path, error);
            }
        }
        let directory = std::fs::metadata(to).is_ok_and(|meta| meta.is_dir());
        let to = match path.file_name() {
            Some(name) if directory => to.join(name),
            _ => to.to_owned(),
        };
        let Ok(real) = self.lab.real_name(&to) else {
            return;
        };
        // `mv a a` and the same file under another link are no loss.
        if let Ok(taken) = meta::at(&real)
            && taken.kind != Kind::Directory
            && !meta.is_ok_and(|m| m.inode == taken.inode && m.device == taken.device)
            && let (Some(parent), Some(name)) = (real.parent(), real.file_name())
        {
            self.protect(&real, Some(taken.kind), false);
            self.tally.remark(format!("`{}` is replaced", to.display()));
            let frame = self.lab.frame(parent, self.budget);
            self.file(&frame, name, &taken);
        }
    }

    fn absent(&mut self, path: &Path, error: ErrorKind) {
        match error {
            ErrorKind::NotFound | ErrorKind::NotADirectory => {
                self.scratch &= place::is_temporary(path);
            }
            _ => {
                self.scratch = false;
                self.tally.missed();
                self.tally.remark(format!("`{}` could not be looked at", path.display()));
            }
        }
    }

    fn protect(&mut self, path: &Path, kind: Option<Kind>, recursive: bool) {
        if self.protected.is_none() {
            self.protected = Touched { path, kind, recursive, home: self.lab.context.home }.protected();
        }
    }

    /// Paths that together are everything in a protected place.
    fn protect_together(&mut self, name: &str, paths: &[PathBuf]) {
        let Some(parent) = paths.first().and_then(|path| path.parent()) else {
            return;
        };
        let Some(place) =
            (Touched { path: parent, kind: Some(Kind::Directory), recursive: true, home: self.lab.context.home })
                .protected_children()
        else {
            return;
        };
        let all = || {
            paths.len() > 1
                && paths.iter().all(|path| path.parent() == Some(parent))
                && Listing::open(parent, self.budget).is_ok_and(|listing| {
                    let visible =
                        listing.names.iter().filter(|name| !name.as_encoded_bytes().starts_with(b".")).count();
                    listing.complete && visible > 0 && paths.len() >= visible
                })
        };
        if place::names_everything(name) || all() {
            self.protected = Some(place);
        }
    }

    /// Walks the queued directories: first what may hold only copies, then what is made again anyway.
    fn run(&mut self, queue: Vec<(Frame, Meta)>) {
        let mut regenerable = Vec::new();
        self.drain(queue, Some(&mut regenerable));
        for frame in std::mem::take(&mut self.nested) {
            self.describe(&frame);
        }
        self.drain(regenerable, None);
    }

    fn drain(&mut self, mut queue: Vec<(Frame, Meta)>, mut later: Option<&mut Vec<(Frame, Meta)>>) {
        while let Some((mut frame, own)) = queue.pop() {
            if self.budget.spent() {
                self.skip(&frame);
                // Everything else that waits is skipped for the same reason.
                for (frame, _) in &queue {
                    self.skip(frame);
                }
                return;
            }
            let path = frame.path.clone();
            let listing = match Listing::open(&path, self.budget) {
                Ok(listing) => listing,
                Err(error) => {
                    self.tally.directories += 1;
                    self.skip(&frame);
                    if error != Errno::NOENT {
                        self.tally.remark(format!("`{}` could not be read", path.display()));
                    }
                    continue;
                }
            };
            self.enter(&mut frame, &listing);
            if frame.regenerable.is_some()
                && let Some(later) = later.as_deref_mut()
            {
                later.push((frame, own));
                continue;
            }
            self.tally.directories += u64::from(frame.taken);
            if !listing.complete {
                self.skip(&frame);
            }
            self.entries(&frame, &listing, &own, &mut queue);
        }
    }

    fn entries(&mut self, frame: &Frame, listing: &Listing<'_>, own: &Meta, queue: &mut Vec<(Frame, Meta)>) {
        for name in &listing.names {
            if self.budget.step() {
                self.skip(frame);
                return;
            }
            let Ok(meta) = listing.meta(name) else {
                // Gone in the meantime, or not for us to see.
                self.skip(frame);
                continue;
            };
            let taken = frame.taken || self.takes(frame, name, &meta);
            if meta.kind == Kind::Directory {
                let child = Frame { taken, ..self.lab.child(frame, name, self.budget) };
                // What is not taken, and as deep as the search goes, is neither read nor entered.
                if !taken && self.sieve.as_ref().is_some_and(|sieve| sieve.ends_at(&child.path)) {
                    continue;
                }
                if meta.mount_root.unwrap_or(meta.device != own.device) {
                    self.tally.mounts.push(child.path.display().to_string());
                }
                queue.push((child, meta));
            } else if taken {
                self.file(frame, name, &meta);
            }
        }
    }

    /// Whether the filter may take an entry; its place counts then.
    fn takes(&mut self, frame: &Frame, name: &OsStr, meta: &Meta) -> bool {
        let path = frame.path.join(name);
        let taken = self.sieve.as_ref().is_none_or(|sieve| sieve.takes(&path, name, meta));
        if taken {
            self.protect(&path, Some(meta.kind), meta.kind == Kind::Directory);
        }
        taken
    }

    /// What the content of a directory says about it: another repository begins here, or a build made it.
    fn enter(&mut self, frame: &mut Frame, listing: &Listing<'_>) {
        if frame.in_git {
            return;
        }
        if listing.has(".git") {
            let checkout =
                self.lab.checkout(&frame.path).ok().filter(|checkout| checkout.repository.root == frame.path);
            // A package manager's clean clone of somebody else's repository is made again like the rest.
            let made_again = frame.regenerable.is_some()
                && checkout.as_ref().is_some_and(|checkout| {
                    graph::unpushed(&checkout.repository.git, self.budget).is_ok_and(|figure| figure.is_zero())
                });
            if !made_again {
                frame.tracks = checkout.as_ref().is_some_and(|checkout| {
                    checkout.repository.index(self.budget).is_ok_and(|index| !index.entries().is_empty())
                });
                frame.checkout = checkout;
                frame.relative = gix::bstr::BString::default();
                frame.regenerable = None;
                frame.ignored = false;
                if frame.taken && frame.checkout.as_ref().is_none_or(|c| c.lost) {
                    self.nested.push(frame.clone());
                }
                return;
            }
        }
        if frame.regenerable.is_none() {
            let tagged = listing.has("CACHEDIR.TAG");
            frame.regenerable =
                self.lab.regenerable(&frame.path, tagged, || self.lab.git_says(frame, &frame.path, self.budget));
        }
        if let Some(checkout) = &frame.checkout
            && !frame.ignored
            && !frame.tracks
            && frame.regenerable.is_none()
        {
            frame.ignored = checkout.repository.is_ignored(frame.relative.as_ref(), true);
        }
    }

    fn file(&mut self, frame: &Frame, name: &OsStr, meta: &Meta) {
        let class = match self.lab.class(frame, name, meta, self.budget) {
            Ok(class) => class,
            Err(trouble) => {
                self.without_git(trouble);
                if self.lab.is_of_session(meta) { Class::Session } else { Class::OnlyCopy }
            }
        };
        self.tally.add(meta, class);
    }

    /// Notes that git could not be asked: everything is then taken for an only copy.
    fn without_git(&mut self, trouble: Trouble) {
        self.tally.upper_bound = true;
        self.tally.remark(trouble.to_string());
    }

    /// Notes that something in this directory was not seen.
    fn skip(&mut self, frame: &Frame) {
        if frame.regenerable == Some(Regenerable::Yes) {
            self.tally.cut_short = true;
        } else {
            self.tally.missed();
        }
    }

    /// Says what goes with a repository that is deleted as a whole.
    fn describe(&mut self, frame: &Frame) {
        let path = frame.path.display();
        let unpushed =
            frame.checkout.as_ref().and_then(|checkout| graph::unpushed(&checkout.repository.git, self.budget).ok());
        let text = match unpushed {
            Some(figure) if figure.is_zero() => {
                format!("contains the git repository `{path}`, whose commits a remote is known to have")
            }
            Some(figure) if figure.value().is_some() => {
                let n = figure.value().unwrap_or_default();
                let least = if figure.may_be_larger() { "at least " } else { "" };
                let commits = if n == 1 { "commit" } else { "commits" };
                format!(
                    "contains the git repository `{path}` with {least}{n} {commits} that no remote is known to have"
                )
            }
            _ => format!("contains the git repository `{path}`, which may have commits that no remote has"),
        };
        self.tally.remark(text);
    }
}

fn kind_of(error: Errno) -> ErrorKind {
    std::io::Error::from_raw_os_error(error.raw_os_error()).kind()
}

fn is_mount(path: &Path, meta: &Meta) -> bool {
    meta.mount_root.unwrap_or_else(|| {
        path.parent().and_then(|parent| meta::at(parent).ok()).is_some_and(|parent| parent.device != meta.device)
    })
}
