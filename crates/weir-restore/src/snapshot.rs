//! Saving named targets before a command runs.

use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fd::{AsFd as _, BorrowedFd, OwnedFd};
use rustix::fs::{CWD, FileType, Mode, OFlags, Statx};
use rustix::io::Errno;

use crate::git::{GitState, GitTrouble, Repository};
use crate::journal::{Held, Ident, Key};
use crate::walk::{DIRECTORY, names, open_dir, split, stat_at, stat_of};
use crate::{Point, PointInfo, RecordError, Recorder, SnapshotError, Store};

/// What the command will do to the targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It deletes them: a second name for every file is enough and costs no bytes.
    Deletion,
    /// It changes them: contents are cloned, or copied where the file system cannot clone.
    Change,
}

/// What a snapshot may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Files, directories and links.
    pub files: u64,
    /// Bytes copied.
    pub bytes: u64,
    /// Time.
    pub time: Duration,
}

impl Default for Budget {
    fn default() -> Self {
        Self { files: 200_000, bytes: 2 << 30, time: Duration::from_secs(20) }
    }
}

/// Where in a tree the walk is.
struct Level {
    dir: Ident,
    names: std::vec::IntoIter<OsString>,
}

struct Walk<'a> {
    recorder: Recorder,
    store: &'a Store,
    how: How,
    budget: &'a Budget,
    began: Instant,
    entries: u64,
    known: HashMap<Key, Held>,
    own_trash: OsString,
    /// Where the command runs.
    cwd: PathBuf,
    /// Directories that were noted because a target is somewhere below them.
    above: HashSet<PathBuf>,
}

enum Wanted<'a> {
    Files(PathBuf, How),
    Git(&'a GitState),
}

enum Stop {
    OverBudget,
    Failed(io::Error),
}

impl<E: Into<io::Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

pub(crate) fn snapshot(
    store: &Store,
    info: &PointInfo,
    targets: &[(PathBuf, How)],
    git: &[GitState],
    budget: &Budget,
) -> Result<Point, SnapshotError> {
    let recorder = store.open_recorder(info)?;
    let id = recorder.id();
    let own_trash = OsString::from(crate::trash::own_name());
    let known = HashMap::new();
    let how = How::Deletion;
    let cwd = resolved(&info.cwd).unwrap_or_else(|_| info.cwd.clone());
    let (began, above) = (Instant::now(), HashSet::new());
    let mut walk = Walk { recorder, store, how, budget, began, entries: 0, known, own_trash, cwd, above };
    let files = targets.iter().map(|(target, how)| Wanted::Files(info.cwd.join(target), *how));
    for wanted in files.chain(git.iter().map(Wanted::Git)) {
        let done = match &wanted {
            Wanted::Files(path, how) => {
                walk.how = *how;
                walk.target(path)
            }
            Wanted::Git(state) => walk.git(state),
        };
        let Err(stop) = done else { continue };
        let path = match wanted {
            Wanted::Files(path, _) => path,
            Wanted::Git(state) => state.dir.clone(),
        };
        let error = match stop {
            Stop::OverBudget => SnapshotError::OverBudget {
                files: walk.entries,
                bytes: walk.recorder.counters().bytes_copied,
                millis: u64::try_from(walk.began.elapsed().as_millis()).unwrap_or(u64::MAX),
            },
            Stop::Failed(source) => SnapshotError::Target { path, source },
        };
        drop(walk);
        crate::gc::destroy(store, id)?;
        return Err(error);
    }
    walk.recorder.seal().map_err(SnapshotError::from)
}

impl Walk<'_> {
    /// Saves git's own files, and what they lead to.
    fn git(&mut self, state: &GitState) -> Result<(), Stop> {
        self.how = How::Change;
        let repository = match Repository::open(&state.dir) {
            // No ref is touched, so that files are all there is to put back.
            Err(trouble @ GitTrouble::Refs) if state.refs.is_empty() => {
                for path in &state.files {
                    self.target(path)?;
                }
                self.recorder.unprotected(&trouble);
                return Ok(());
            }
            other => other.map_err(io::Error::other)?,
        };
        let common = repository.common();
        let mut files = state.files.clone();
        for name in &state.refs {
            let relative = Path::new(OsStr::from_bytes(name));
            files.extend([common.join(relative), common.join("logs").join(relative)]);
            let path = common.join(relative);
            // Git collects refs in one file, which also has what others wrote into it since: a ref comes back as a file of its own.
            if let Some(id) = repository.value(name).filter(|_| path.symlink_metadata().is_err()) {
                let mode = common.join("packed-refs").metadata().map_or(0o644, |meta| meta.mode());
                self.recorder.keep_text(&path, format!("{id}\n").as_bytes(), mode)?;
            }
        }
        for path in &mut files {
            // The journal, and what is needed of git, know real directories only.
            if let (Some(parent), Some(name)) = (path.parent(), path.file_name()) {
                *path = resolved(parent)?.join(name);
            }
        }
        files.sort();
        files.dedup();
        // What is not there yet comes last, so that an undo takes it away first: a branch `a` that became `a/b` needs the place.
        let is_file = |path: &PathBuf| path.symlink_metadata().is_ok_and(|meta| !meta.is_dir());
        files.sort_by_key(|path| !is_file(path));
        for path in &files {
            if is_file(path) {
                self.target(path)?;
                continue;
            }
            // Where `a/b` is a branch, `a` may be a directory with other branches, which the command leaves alone.
            let (parent, _) = split(path)?;
            if let Ok(dir) = open_dir(CWD, parent) {
                self.recorder.snap_parent(dir.as_fd(), path)?;
            }
            self.recorder.snap_no_file(path)?;
        }
        let is_kept = self.recorder.keep_objects(&repository, &files, &state.commits)?;
        if !is_kept && !state.refs.is_empty() {
            // Git may collect what is older than two weeks as soon as no ref leads to it: before the point's time is over.
            return Err(io::Error::other("what its refs lead to cannot be kept from `git gc`").into());
        }
        Ok(())
    }

    fn target(&mut self, path: &Path) -> Result<(), Stop> {
        let (parent, name) = match (path.parent(), path.components().next_back()) {
            (Some(parent), Some(Component::Normal(name))) => (resolved(parent)?, name.to_owned()),
            _ => {
                let path = path.canonicalize()?;
                let (parent, name) = split(&path)?;
                (parent.to_owned(), name.to_owned())
            }
        };
        let path = parent.join(&name);
        let dir = match open_dir(CWD, &parent) {
            // Nothing is there, and what the command puts there is no part of the state before.
            Err(Errno::NOENT) => return Ok(()),
            other => other?,
        };
        if name.as_bytes().contains(&0) {
            return Err(Errno::INVAL.into());
        }
        self.above(&parent)?;
        self.recorder.snap_parent(dir.as_fd(), &path)?;
        match stat_at(&dir, &name) {
            Err(Errno::NOENT) => Ok(self.recorder.creating(dir.as_fd(), &name, &path)?),
            Err(errno) => Err(errno.into()),
            Ok(stat) => {
                if self.how == How::Change
                    && Ident::of(&stat).kind() == FileType::Symlink
                    && let Ok(behind) = path.canonicalize()
                {
                    // A write through the link changes what it leads to.
                    self.tree(dir.as_fd(), &name, path.clone(), &stat)?;
                    return self.target(&behind);
                }
                self.tree(dir.as_fd(), &name, path, &stat)
            }
        }
    }

    /// Notes the directories between that of the command and `parent`: git takes those away that it empties.
    fn above(&mut self, parent: &Path) -> Result<(), Stop> {
        let inside = parent.ancestors().skip(1).take_while(|above| above.starts_with(&self.cwd) && *above != self.cwd);
        let new: Vec<PathBuf> = inside.take_while(|above| !self.above.contains(*above)).map(Path::to_owned).collect();
        for above in new.into_iter().rev() {
            let dir = open_dir(CWD, &above)?;
            self.recorder.snap_above(dir.as_fd(), &above)?;
            self.above.insert(above);
        }
        Ok(())
    }

    /// Saves `name` and everything below it. Only the current directory is open: the way up is `..`, checked.
    fn tree(&mut self, parent: BorrowedFd<'_>, name: &OsStr, mut path: PathBuf, stat: &Statx) -> Result<(), Stop> {
        let dir_stat = stat_of(parent)?;
        let Some(mut here) = self.entry(parent, name, &path, &dir_stat, stat)? else { return Ok(()) };
        let mut here_stat = stat_of(&here)?;
        let mut levels = vec![Level { dir: Ident::of(&here_stat), names: names(&here)?.into_iter() }];
        while let Some(level) = levels.last_mut() {
            if let Some(name) = level.names.next() {
                if name == self.own_trash {
                    continue;
                }
                path.push(&name);
                let stat = match stat_at(&here, &name) {
                    // Gone since the directory was read.
                    Err(Errno::NOENT) => {
                        path.pop();
                        continue;
                    }
                    other => other?,
                };
                if let Some(child) = self.entry(here.as_fd(), &name, &path, &here_stat, &stat)? {
                    here_stat = stat_of(&child)?;
                    levels.push(Level { dir: Ident::of(&here_stat), names: names(&child)?.into_iter() });
                    here = child;
                } else {
                    path.pop();
                }
                continue;
            }
            levels.pop();
            path.pop();
            let Some(above) = levels.last() else { break };
            here = rustix::fs::openat(&here, c"..", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
            here_stat = stat_of(&here)?;
            if !Ident::of(&here_stat).same(&above.dir) {
                return Err(io::Error::from(RecordError::Unstable(path)).into());
            }
        }
        Ok(())
    }

    /// Saves one entry; a directory is opened to be walked.
    fn entry(
        &mut self,
        parent: BorrowedFd<'_>,
        name: &OsStr,
        path: &Path,
        dir: &Statx,
        stat: &Statx,
    ) -> Result<Option<OwnedFd>, Stop> {
        if path == self.store.layout.root() {
            return Ok(None);
        }
        self.entries += 1;
        if self.entries > self.budget.files
            || (self.entries.is_multiple_of(64) && self.began.elapsed() > self.budget.time)
        {
            return Err(Stop::OverBudget);
        }
        let ident = Ident::of(stat);
        if ident.is_dir() {
            let child = rustix::fs::openat(parent, name, DIRECTORY, Mode::empty())?;
            let opened = stat_of(&child)?;
            if !Ident::of(&opened).same(&ident) && opened.stx_mnt_id == dir.stx_mnt_id {
                return Err(io::Error::from(RecordError::Unstable(path.to_owned())).into());
            }
            self.recorder.snap_dir(child.as_fd(), path, &opened)?;
            return Ok(Some(child));
        }
        match self.how {
            How::Deletion => self.recorder.snap_name((parent, name, path), dir, stat)?,
            How::Change => {
                let copied = self.recorder.counters().bytes_copied;
                let cost = stat.stx_size.min(stat.stx_blocks.saturating_mul(512));
                if ident.kind() == FileType::RegularFile
                    && copied.saturating_add(cost) > self.budget.bytes
                    && !self.recorder.has_copy(stat)
                {
                    return Err(Stop::OverBudget);
                }
                self.recorder.snap_content((parent, name, path), stat, &mut self.known)?;
            }
        }
        if self.recorder.counters().bytes_copied > self.budget.bytes {
            return Err(Stop::OverBudget);
        }
        Ok(None)
    }
}

/// The directory as the command will find it; one that is not there is nothing to save in.
fn resolved(parent: &Path) -> io::Result<PathBuf> {
    match parent.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(parent.to_owned()),
        other => other,
    }
}
