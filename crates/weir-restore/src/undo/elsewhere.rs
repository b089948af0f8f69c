//! Restoring into another directory, by copy: nothing else changes, and the point stays as it is.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use rustix::fd::{AsFd as _, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use super::decide::{Step, World};
use super::eyes::{failed, failed_io};
use super::load::Loaded;
use super::make::{Made, file, make};
use super::{Skipped, UndoReport};
use crate::journal::{Held, Ident, Key, Meta};
use crate::trash::entry_name;
use crate::walk::{DIRECTORY, names, open_dir, stat_at, stat_of};
use crate::{UndoError, meta};

pub(super) struct Elsewhere<'a> {
    point: &'a Loaded,
    base: OwnedFd,
    /// What paths lose at their beginning.
    strip: PathBuf,
    stands_for: HashMap<Key, Ident>,
    placed: HashMap<Key, PathBuf>,
    pub(super) report: &'a mut UndoReport,
}

impl<'a> Elsewhere<'a> {
    /// `to` must be an empty directory, or absent.
    pub(super) fn new(
        point: &'a Loaded,
        to: &Path,
        strip: PathBuf,
        report: &'a mut UndoReport,
    ) -> Result<Self, UndoError> {
        std::fs::create_dir_all(to).map_err(failed_io(to))?;
        let real = to.canonicalize().map_err(failed_io(to))?;
        let base = open_dir(CWD, &real).map_err(failed(to))?;
        if !names(&base).map_err(failed_io(to))?.is_empty() {
            return Err(UndoError::NotEmpty(to.to_owned()));
        }
        Ok(Self { point, base, strip, stands_for: HashMap::new(), placed: HashMap::new(), report })
    }

    fn relative<'p>(&self, path: &'p Path) -> &'p Path {
        path.strip_prefix(&self.strip).or_else(|_| path.strip_prefix("/")).unwrap_or(path)
    }

    fn parent(&self, path: &Path) -> Result<OwnedFd, Errno> {
        open_dir(&self.base, self.relative(path).parent().unwrap_or(Path::new("")))
    }

    fn is_base(&self, path: &Path) -> bool {
        self.relative(path).as_os_str().is_empty() || self.strip.starts_with(path)
    }

    fn made(&mut self, path: &Path, new: Ident, was: Ident) {
        self.stands_for.insert(new.key(), was);
        self.placed.entry(was.key()).or_insert_with(|| path.to_owned());
    }

    fn put(&mut self, path: &Path, ident: Ident, held: &Held) -> Result<(), UndoError> {
        let parent = self.parent(path).map_err(failed(path))?;
        if let Held::Moved { trash, entry } = held
            && ident.is_dir()
        {
            let dir = self.point.trashes.get(trash).ok_or_else(|| UndoError::EntryMissing(path.to_owned()))?;
            let entry = entry_name(*entry);
            return self.tree((dir.as_fd(), OsStr::new(&entry)), (parent.as_fd(), name(path)), path);
        }
        if self.link_again(path, &parent, ident)? {
            return Ok(());
        }
        let mut new = None;
        let mut remember = |found: Ident| {
            new = Some(found);
            Ok(())
        };
        let made = match held {
            Held::Moved { trash, entry } | Held::Linked { trash, entry } => {
                let dir = self.point.trashes.get(trash).ok_or_else(|| UndoError::EntryMissing(path.to_owned()))?;
                let entry = entry_name(*entry);
                copy_any(
                    (dir.as_fd(), OsStr::new(&entry)),
                    (parent.as_fd(), name(path)),
                    path,
                    self.point,
                    &mut remember,
                )?
            }
            _ => make(self.point, parent.as_fd(), name(path), path, ident, held, &mut remember)?,
        };
        if let Some(new) = new {
            self.made(path, new, ident);
        }
        self.count(path, made);
        Ok(())
    }

    fn count(&mut self, path: &Path, made: Made) {
        match made {
            Made::Done { bytes, failed } => {
                self.report.restored += 1;
                self.report.bytes += bytes;
                let skip = |what| Skipped { path: path.to_owned(), why: format!("cannot set {what}") };
                self.report.skipped.extend(failed.into_iter().map(skip));
            }
            Made::Refused(why) => self.report.skipped.push(Skipped { path: path.to_owned(), why }),
        }
    }

    fn link_again(&mut self, path: &Path, parent: &OwnedFd, ident: Ident) -> Result<bool, UndoError> {
        let Some(other) = self.placed.get(&ident.key()).cloned().filter(|other| other != path) else {
            return Ok(false);
        };
        if !self.look(&other)?.is_some_and(|found| found.same(&ident)) {
            return Ok(false);
        }
        let from = self.parent(&other).map_err(failed(&other))?;
        let linked = rustix::fs::linkat(&from, name(&other), parent, name(path), AtFlags::empty()).is_ok();
        self.report.restored += u64::from(linked);
        Ok(linked)
    }

    /// Copies a whole tree out of the trash; one directory on either side is open at a time.
    fn tree(
        &mut self,
        from: (BorrowedFd<'_>, &OsStr),
        to: (BorrowedFd<'_>, &OsStr),
        path: &Path,
    ) -> Result<(), UndoError> {
        let up = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let mut path = path.to_owned();
        let (mut source, mut target) = self.enter(from, to, &path)?;
        let mut levels: Vec<std::vec::IntoIter<OsString>> = vec![names(&source).map_err(failed_io(&path))?.into_iter()];
        while let Some(level) = levels.last_mut() {
            let Some(next) = level.next() else {
                self.finish_dir(&source, &target, &path)?;
                levels.pop();
                if !levels.is_empty() {
                    path.pop();
                    source = rustix::fs::openat(&source, c"..", up, Mode::empty()).map_err(failed(&path))?;
                    target = rustix::fs::openat(&target, c"..", up, Mode::empty()).map_err(failed(&path))?;
                }
                continue;
            };
            path.push(&next);
            let stat = stat_at(&source, &next).map_err(failed(&path))?;
            let ident = Ident::of(&stat);
            if ident.is_dir() {
                (source, target) = self.enter((source.as_fd(), &next), (target.as_fd(), &next), &path)?;
                levels.push(names(&source).map_err(failed_io(&path))?.into_iter());
                continue;
            }
            if !self.link_again(&path, &target, ident)? {
                let mut new = None;
                let mut remember = |found: Ident| {
                    new = Some(found);
                    Ok(())
                };
                let made =
                    copy_any((source.as_fd(), &next), (target.as_fd(), &next), &path, self.point, &mut remember)?;
                if let Some(new) = new {
                    self.made(&path, new, ident);
                }
                self.count(&path, made);
            }
            path.pop();
        }
        Ok(())
    }

    fn enter(
        &mut self,
        from: (BorrowedFd<'_>, &OsStr),
        to: (BorrowedFd<'_>, &OsStr),
        path: &Path,
    ) -> Result<(OwnedFd, OwnedFd), UndoError> {
        let source = rustix::fs::openat(from.0, from.1, DIRECTORY, Mode::empty()).map_err(failed(path))?;
        rustix::fs::mkdirat(to.0, to.1, Mode::RWXU).map_err(failed(path))?;
        let target = rustix::fs::openat(to.0, to.1, DIRECTORY, Mode::empty()).map_err(failed(path))?;
        self.made(
            path,
            Ident::of(&stat_of(&target).map_err(failed(path))?),
            Ident::of(&stat_of(&source).map_err(failed(path))?),
        );
        self.report.directories += 1;
        Ok((source, target))
    }

    fn finish_dir(&mut self, source: &OwnedFd, target: &OwnedFd, path: &Path) -> Result<(), UndoError> {
        let want = meta::read(source).map_err(failed_io(path))?;
        let failed = meta::apply(target, &want).map_err(failed_io(path))?;
        self.note(path, failed);
        Ok(())
    }

    fn note(&mut self, path: &Path, failed: Vec<String>) {
        let skip = |what| Skipped { path: path.to_owned(), why: format!("cannot set {what}") };
        self.report.skipped.extend(failed.into_iter().map(skip));
    }

    fn make_dir(
        &mut self,
        path: &Path,
        ident: Option<Ident>,
        want: Option<&Meta>,
        pending: bool,
    ) -> Result<(), UndoError> {
        let parent = self.parent(path).map_err(failed(path))?;
        rustix::fs::mkdirat(&parent, name(path), Mode::RWXU).map_err(failed(path))?;
        let dir = rustix::fs::openat(&parent, name(path), DIRECTORY, Mode::empty()).map_err(failed(path))?;
        if let Some(was) = ident {
            self.made(path, Ident::of(&stat_of(&dir).map_err(failed(path))?), was);
        }
        if let Some(want) = want {
            let failed = meta::apply_to_new(&dir, want, pending).map_err(failed_io(path))?;
            self.note(path, failed);
        }
        self.report.directories += 1;
        Ok(())
    }

    fn away(&mut self, path: &Path, ident: Ident) -> Result<(), UndoError> {
        let parent = self.parent(path).map_err(failed(path))?;
        if ident.is_dir() {
            crate::remove::tree(parent.as_fd(), name(path)).map_err(failed_io(path))
        } else {
            rustix::fs::unlinkat(&parent, name(path), AtFlags::empty()).map_err(failed(path))
        }
    }
}

impl World for Elsewhere<'_> {
    fn look(&mut self, path: &Path) -> Result<Option<Ident>, UndoError> {
        let found = if self.is_base(path) {
            stat_of(&self.base)
        } else {
            self.parent(path).and_then(|parent| stat_at(&parent, name(path)))
        };
        match found {
            Ok(stat) => {
                let found = Ident::of(&stat);
                let was = self.stands_for.get(&found.key()).unwrap_or(&found);
                Ok(Some(Ident { dev: was.dev, ino: was.ino, born: was.born, ..found }))
            }
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(None),
            Err(errno) => Err(failed(path)(errno)),
        }
    }

    fn has(&mut self, held: &Held) -> Result<bool, UndoError> {
        self.point.has(held)
    }

    fn apply(&mut self, step: &Step<'_>) -> Result<(), UndoError> {
        match step {
            Step::Away { path, ident } => self.away(path, *ident),
            Step::Put { path, ident, held } => self.put(path, *ident, held),
            Step::MakeDir { path, ident, meta, pending } => self.make_dir(path, *ident, *meta, *pending),
            Step::Adopt { path, was } => {
                if !self.is_base(path) {
                    let parent = self.parent(path).map_err(failed(path))?;
                    let new = Ident::of(&stat_at(&parent, name(path)).map_err(failed(path))?);
                    self.made(path, new, *was);
                }
                Ok(())
            }
            Step::Rename { from, to, .. } => {
                let (from_dir, to_dir) =
                    (self.parent(from).map_err(failed(from))?, self.parent(to).map_err(failed(to))?);
                crate::recorder::rename_new(from_dir.as_fd(), name(from), to_dir.as_fd(), name(to)).map_err(failed(to))
            }
            Step::Exchange { one, other } => {
                let (one_dir, other_dir) =
                    (self.parent(one).map_err(failed(one))?, self.parent(other).map_err(failed(other))?);
                rustix::fs::renameat_with(&one_dir, name(one), &other_dir, name(other), RenameFlags::EXCHANGE)
                    .map_err(failed(one))
            }
            Step::Metadata { path, meta: want } => {
                if self.is_base(path) {
                    return Ok(());
                }
                let parent = self.parent(path).map_err(failed(path))?;
                let at = meta::open_any(&parent, name(path)).map_err(failed(path))?;
                let failed = meta::apply(&at, want).map_err(failed_io(path))?;
                self.note(path, failed);
                Ok(())
            }
            Step::Rewrite { path, ident, held } => {
                self.away(path, *ident)?;
                self.placed.remove(&ident.key());
                self.put(path, *ident, held)
            }
        }
    }

    fn is_partial(&self) -> bool {
        true
    }
}

fn copy_any(
    (from, entry): (BorrowedFd<'_>, &OsStr),
    (to, name): (BorrowedFd<'_>, &OsStr),
    path: &Path,
    point: &Loaded,
    made: &mut dyn FnMut(Ident) -> std::io::Result<()>,
) -> Result<Made, UndoError> {
    let at = meta::open_any(from, entry).map_err(failed(path))?;
    let stat = stat_of(&at).map_err(failed(path))?;
    let ident = Ident::of(&stat);
    if ident.kind().is_file() {
        return file(&at, to, name, path, &Held::Moved { trash: 0, entry: 0 }, made);
    }
    let meta = meta::read(&at).map_err(failed_io(path))?;
    let held = if ident.kind().is_symlink() {
        let target = rustix::fs::readlinkat(&at, c"", Vec::new()).map_err(failed(path))?;
        Held::Symlink { target: target.as_bytes().into(), meta }
    } else {
        Held::Special { major: stat.stx_rdev_major, minor: stat.stx_rdev_minor, meta }
    };
    make(point, to, name, path, ident, &held, made)
}

fn name(path: &Path) -> &OsStr {
    path.file_name().unwrap_or_default()
}
