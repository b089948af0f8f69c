//! What the measurements of one action share: opened repositories, known directories, and what is going to be deleted.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use gix::bstr::{BStr, BString, ByteSlice as _};

use crate::Context;
use crate::budget::Budget;
use crate::evidence::{self, GitSays, Regenerable};
use crate::meta::{self, Kind, Meta};
use crate::repository::{self, Repository, Tracked, Trouble};
use crate::tally::Class;

/// How many directories upward are looked at for evidence that a path is inside something regenerable.
const MOST_ANCESTORS: usize = 24;

/// A repository that files are compared with.
pub(crate) struct Checkout {
    pub(crate) repository: Repository,
    /// Its git directory is going to be deleted by the same action: it restores nothing.
    pub(crate) lost: bool,
    /// Its git directory was made by this session.
    pub(crate) born_in_session: bool,
}

/// A directory with what is known about everything in it.
#[derive(Clone)]
pub(crate) struct Frame {
    pub(crate) path: PathBuf,
    /// `path` as the index of the repository spells it.
    pub(crate) relative: BString,
    pub(crate) checkout: Option<Rc<Checkout>>,
    pub(crate) regenerable: Option<Regenerable>,
    /// git ignores the directory.
    pub(crate) ignored: bool,
    /// The directory is, or is in, the git directory of `checkout`.
    pub(crate) in_git: bool,
    /// The index has something below.
    pub(crate) tracks: bool,
    /// Everything in it is touched, and not only what a filter takes.
    pub(crate) taken: bool,
}

/// Shared by the measurements of one action.
pub(crate) struct Lab<'a> {
    pub(crate) context: &'a Context<'a>,
    /// Real paths that the action deletes with everything below.
    pub(crate) doomed: Vec<PathBuf>,
    /// What the effects before the present one have given another name: from where, to where.
    pub(crate) moves: Vec<(PathBuf, PathBuf)>,
    checkouts: RefCell<HashMap<PathBuf, Result<Rc<Checkout>, Trouble>>>,
    frames: RefCell<HashMap<PathBuf, Rc<Frame>>>,
    real: RefCell<HashMap<PathBuf, Result<PathBuf, ErrorKind>>>,
}

impl<'a> Lab<'a> {
    pub(crate) fn new(context: &'a Context<'a>) -> Self {
        Self {
            context,
            doomed: Vec::new(),
            moves: Vec::new(),
            checkouts: RefCell::default(),
            frames: RefCell::default(),
            real: RefCell::default(),
        }
    }

    /// The path with the symlinks in its parents resolved, its own name kept.
    pub(crate) fn real_name(&self, path: &Path) -> Result<PathBuf, ErrorKind> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Ok(PathBuf::from("/"));
        };
        if let Some(known) = self.real.borrow().get(parent) {
            return known.clone().map(|parent| parent.join(name));
        }
        let real = std::fs::canonicalize(parent).map_err(|error| error.kind());
        self.real.borrow_mut().insert(parent.to_owned(), real.clone());
        real.map(|parent| parent.join(name))
    }

    /// The repository whose working tree is `root`.
    pub(crate) fn checkout(&self, root: &Path) -> Result<Rc<Checkout>, Trouble> {
        if let Some(known) = self.checkouts.borrow().get(root) {
            return known.clone();
        }
        let found = Repository::at(root, self.context.home).map(|repository| {
            let lost = [repository.git.git_dir(), repository.git.common_dir()].into_iter().any(|place| {
                let real = std::fs::canonicalize(place);
                let place = real.as_deref().unwrap_or(place);
                self.doomed.iter().any(|doomed| place.starts_with(doomed))
            });
            let born_in_session = meta::at(repository.git.git_dir()).is_ok_and(|meta| self.is_of_session(&meta));
            Rc::new(Checkout { repository, lost, born_in_session })
        });
        self.checkouts.borrow_mut().insert(root.to_owned(), found.clone());
        found
    }

    /// True where the entry was made after the session began.
    pub(crate) fn is_of_session(&self, meta: &Meta) -> bool {
        match (self.context.session_started, meta.born) {
            (Some(started), Some(born)) => born.is_since(started),
            _ => false,
        }
    }

    /// Whether a directory is made again; `tagged` says that it contains a `CACHEDIR.TAG`.
    pub(crate) fn regenerable(
        &self,
        directory: &Path,
        tagged: bool,
        git: impl FnOnce() -> GitSays,
    ) -> Option<Regenerable> {
        if !tagged && !directory.file_name().is_some_and(evidence::is_candidate) && !evidence::is_transient(directory) {
            return None;
        }
        // What this session put into a directory says nothing about what was there before.
        let inside = |name: &str| meta::at(&directory.join(name)).is_ok_and(|meta| !self.is_of_session(&meta));
        evidence::directory(directory, inside, git)
    }

    /// What is known about everything in `directory`, a real path that is not itself being measured.
    pub(crate) fn frame(&self, directory: &Path, budget: &Budget) -> Rc<Frame> {
        if let Some(known) = self.frames.borrow().get(directory) {
            return Rc::clone(known);
        }
        let mut frame = self.top_frame(directory);
        let stop = match &frame.checkout {
            Some(checkout) => Some(checkout.repository.root.as_path()),
            None => self.context.home,
        };
        if !frame.in_git {
            let mut above: Vec<&Path> =
                directory.ancestors().take_while(|ancestor| Some(*ancestor) != stop).take(MOST_ANCESTORS).collect();
            above.reverse();
            for ancestor in above {
                let tagged = meta::exists(&ancestor.join("CACHEDIR.TAG"));
                let found = self.regenerable(ancestor, tagged, || self.git_says(&frame, ancestor, budget));
                frame.regenerable = frame.regenerable.or(found);
            }
            if let Some(checkout) = &frame.checkout {
                frame.ignored = is_ignored_or_below(&checkout.repository, frame.relative.as_bstr());
                frame.tracks = checkout
                    .repository
                    .index(budget)
                    .is_ok_and(|index| Repository::tracks_below(index, frame.relative.as_bstr()));
            }
        }
        let frame = Rc::new(frame);
        self.frames.borrow_mut().insert(directory.to_owned(), Rc::clone(&frame));
        frame
    }

    fn top_frame(&self, directory: &Path) -> Frame {
        let found = repository::find_root(directory).and_then(|root| self.checkout(root).ok()).and_then(|checkout| {
            let relative = repository::relative_to(&checkout.repository.root, directory)?;
            Some((checkout, relative))
        });
        let (checkout, relative) = match found {
            Some((checkout, relative)) => (Some(checkout), relative),
            None => (None, BString::default()),
        };
        let in_git = relative == ".git" || relative.starts_with(b".git/");
        Frame {
            path: directory.to_owned(),
            relative,
            checkout,
            regenerable: None,
            ignored: false,
            in_git,
            tracks: false,
            taken: true,
        }
    }

    /// The frame of the directory `name` in `parent`, before its own content is known.
    pub(crate) fn child(&self, parent: &Frame, name: &OsStr, budget: &Budget) -> Frame {
        let relative = repository::join(parent.relative.as_bstr(), name);
        let mut child = Frame {
            path: parent.path.join(name),
            relative,
            checkout: parent.checkout.clone(),
            regenerable: parent.regenerable,
            ignored: parent.ignored,
            in_git: parent.in_git || (parent.checkout.is_some() && name == ".git"),
            tracks: false,
            taken: parent.taken,
        };
        if let Some(checkout) = &child.checkout
            && !child.in_git
        {
            child.tracks = parent.tracks
                && checkout
                    .repository
                    .index(budget)
                    .is_ok_and(|index| Repository::tracks_below(index, child.relative.as_bstr()));
        }
        child
    }

    /// What git says of `directory`, which is in the repository of `frame` or is not in any.
    pub(crate) fn git_says(&self, frame: &Frame, directory: &Path, budget: &Budget) -> GitSays {
        let Some(checkout) = &frame.checkout else {
            return GitSays::Nothing;
        };
        let repository = &checkout.repository;
        let (Some(relative), Ok(index)) =
            (repository::relative_to(&repository.root, directory), repository.index(budget))
        else {
            return GitSays::Nothing;
        };
        if Repository::tracks_below(index, relative.as_bstr()) {
            GitSays::Tracked
        } else if frame.ignored || is_ignored_or_below(repository, relative.as_bstr()) {
            GitSays::Ignored
        } else {
            GitSays::Untracked
        }
    }

    /// What would be left of a file that is no directory if it were gone.
    pub(crate) fn class(&self, frame: &Frame, name: &OsStr, meta: &Meta, budget: &Budget) -> Result<Class, Trouble> {
        if !matches!(meta.kind, Kind::File | Kind::Symlink) {
            // Pipes, sockets and device nodes hold nothing.
            return Ok(Class::Regenerable);
        }
        let born = self.is_of_session(meta);
        let own = if born { Class::Session } else { Class::OnlyCopy };
        if let Some(within) = frame.regenerable
            && !evidence::is_precious(name, within)
        {
            return Ok(Class::Regenerable);
        }
        let own = if evidence::is_litter(name) { Class::Regenerable } else { own };
        let Some(checkout) = &frame.checkout else {
            return Ok(own);
        };
        if frame.in_git {
            // New files in an old git directory hold old history: packing writes them.
            return Ok(if name.as_encoded_bytes().ends_with(b".lock") {
                // What a git that was killed leaves behind.
                Class::Regenerable
            } else if checkout.born_in_session {
                Class::Session
            } else {
                Class::OnlyCopy
            });
        }
        let path = frame.path.join(name);
        if path == checkout.repository.dot_git {
            // The pointer of a linked working tree to the repository, which can write it again.
            return Ok(if checkout.lost { own } else { Class::Restorable });
        }
        let relative = repository::join(frame.relative.as_bstr(), name);
        let index = checkout.repository.index(budget)?;
        let tracked = checkout.repository.tracked(index, relative.as_bstr(), meta, &path, budget);
        Ok(match tracked {
            Tracked::Unchanged { in_head: true } if !checkout.lost => Class::Restorable,
            // A file that git wrote anew, or an editor replaced, in this session still has older content to lose.
            Tracked::Unchanged { in_head: true } | Tracked::Changed { in_head: true } if !checkout.born_in_session => {
                Class::OnlyCopy
            }
            Tracked::No
                if evidence::is_made_again(name)
                    && (frame.ignored || checkout.repository.is_ignored(relative.as_bstr(), false)) =>
            {
                Class::Regenerable
            }
            _ => own,
        })
    }
}

/// True where the path, or a directory that it is in, is ignored.
pub(crate) fn is_ignored_or_below(repository: &Repository, relative: &BStr) -> bool {
    let mut end = 0;
    while let Some(at) = relative.get(end..).and_then(|rest| rest.find_byte(b'/')).map(|at| end + at) {
        if let Some(directory) = relative.get(..at)
            && repository.is_ignored(directory.as_bstr(), true)
        {
            return true;
        }
        end = at + 1;
    }
    repository.is_ignored(relative, true)
}
