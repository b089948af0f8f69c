//! One open restore point.

mod away;
mod keep;
mod objects;
mod tally;

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use rustix::fd::{AsFd as _, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, Statx};
use rustix::io::Errno;
use weir_model::RestorePointId;

pub(crate) use away::{moved_writable, rename_new};
use tally::seen;
pub(crate) use tally::tally;

use crate::header::Header;
use crate::journal::{Ident, Journal, Key, Raw, Record, Writer};
use crate::known::Known;
use crate::store::{Layout, Locked};
use crate::trash::{Trash, Trashes};
use crate::walk::{is_plain, stat_at, stat_of};
use crate::{Counters, Limits, Mechanism, Point, RecordError, StoreError, meta};

/// One name: the directory that holds it, the name, and its path.
type Place<'a> = (BorrowedFd<'a>, &'a OsStr, &'a Path);

/// One restore point while its command runs.
///
/// Every call notes in the journal what is about to happen before anything happens, so that it is harmless when the
/// change does not follow, and a recorder may be killed at any moment. Calls come from any thread.
///
/// In all of them `parent` is a descriptor of a directory (`O_PATH` will do) and `name` one component in it; `path` is the absolute
/// path of that name, without `.` and `..` and without symbolic links in its directories: it is the way back.
/// The kernel's refusals come back with their number ([`io::Error::raw_os_error`]), so that they can be handed on; the
/// recorder's own are a [`RecordError`](crate::RecordError).
#[derive(Debug)]
pub struct Recorder {
    id: RestorePointId,
    /// The directory of the point.
    home: OwnedFd,
    layout: Layout,
    limits: Limits,
    header: Mutex<Header>,
    inner: Mutex<Inner>,
    /// The files whose content is kept already. Held for as long as one is copied: whoever wants to change the same file waits.
    saved: Mutex<HashSet<Key>>,
    next_entry: AtomicU64,
    /// What was copied before, by any point; opened by the first copy.
    known: OnceLock<Option<Known>>,
}

/// What changes with every call; the lock is held from the note in the journal until the change is made, so that the order of
/// the journal is the order of the changes.
#[derive(Debug)]
struct Inner {
    journal: Writer,
    trashes: Trashes,
    /// The directories whose metadata is in the journal.
    seen: HashSet<Key>,
    /// The devices that were asked for a clone and refused.
    no_clone: HashSet<(u32, u32)>,
    counts: Counters,
    mechanisms: BTreeSet<Mechanism>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Recorder {
    /// The name of the point.
    #[must_use]
    pub const fn id(&self) -> RestorePointId {
        self.id
    }

    /// What it holds so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        lock(&self.inner).counts
    }

    /// True while nothing was noted: a command that destroys nothing needs no restore point.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        lock(&self.inner).journal.records() == 0
    }

    /// In place of `unlink`: moves `name`, which is anything but a directory, into the trash of its mount. Across mounts it
    /// is copied, up to a limit, and then removed.
    ///
    /// # Errors
    ///
    /// As the kernel's `unlink` (`ENOENT`, `EISDIR`, `EACCES`, …), and as described at [`Recorder`].
    pub fn divert(&self, parent: BorrowedFd<'_>, name: &OsStr, path: &Path) -> io::Result<()> {
        let (dir, stat) = look((parent, name, path))?;
        if FileType::from_raw_mode(u32::from(stat.stx_mode)) == FileType::Directory {
            return Err(Errno::ISDIR.into());
        }
        let new = self.is_new(&stat);
        let mut inner = lock(&self.inner);
        match self.move_away(&mut inner, (parent, name, path), &dir, &stat) {
            Err(error) if error.raw_os_error() == Some(Errno::XDEV.raw_os_error()) => {}
            done => {
                done?;
                inner.counts.files += new;
                inner.counts.bytes_kept += on_disk(&stat);
                return Ok(());
            }
        }
        drop(inner);
        let held = self.keep_copy((parent, name, path), &stat)?;
        let mut inner = lock(&self.inner);
        inner.first_touch(parent, path, &dir)?;
        let record =
            inner.journal.append(&[Record::Removed { path: Raw::from(path), ident: Ident::of(&stat), held }])?;
        inner.counts.files += new;
        if let Err(errno) = rustix::fs::unlinkat(parent, name, AtFlags::empty()) {
            inner.failed(record)?;
            return Err(errno.into());
        }
        // Whoever saves a file takes the other lock first.
        drop(inner);
        // The inode is gone: its number may come again.
        lock(&self.saved).remove(&Ident::of(&stat).key());
        Ok(())
    }

    /// In place of a recursive removal: moves the directory `name` into the trash with one rename.
    ///
    /// # Errors
    ///
    /// `ENOTDIR` for anything else, `EXDEV` where the mount has no trash.
    pub fn divert_tree(&self, parent: BorrowedFd<'_>, name: &OsStr, path: &Path) -> io::Result<()> {
        let (dir, stat) = look((parent, name, path))?;
        if FileType::from_raw_mode(u32::from(stat.stx_mode)) != FileType::Directory {
            return Err(Errno::NOTDIR.into());
        }
        let mut inner = lock(&self.inner);
        self.move_away(&mut inner, (parent, name, path), &dir, &stat)?;
        inner.counts.directories += 1;
        Ok(())
    }

    /// In place of `rmdir`: removes the empty directory `name`, with its metadata noted.
    ///
    /// # Errors
    ///
    /// As the kernel's `rmdir`: `ENOTEMPTY`, `ENOTDIR`, `ENOENT`, …
    pub fn remove_dir(&self, parent: BorrowedFd<'_>, name: &OsStr, path: &Path) -> io::Result<()> {
        let (dir, stat) = look((parent, name, path))?;
        if FileType::from_raw_mode(u32::from(stat.stx_mode)) != FileType::Directory {
            return Err(Errno::NOTDIR.into());
        }
        let meta = meta::read(meta::open_any(parent, name)?)?;
        let ident = Ident::of(&stat);
        let mut inner = lock(&self.inner);
        inner.first_touch(parent, path, &dir)?;
        let record = inner.journal.append(&[Record::RemovedDir { path: Raw::from(path), ident, meta }])?;
        if let Err(errno) = rustix::fs::unlinkat(parent, name, AtFlags::REMOVEDIR) {
            inner.failed(record)?;
            return Err(errno.into());
        }
        inner.seen.remove(&ident.key());
        inner.counts.directories += 1;
        inner.mechanisms.insert(Mechanism::Noted);
        Ok(())
    }

    /// Before a rename onto `name`: keeps what is there under a second name (or a copy); `name` itself stays. Nothing at `name` is
    /// nothing to keep.
    ///
    /// # Errors
    ///
    /// When it can be neither linked nor copied.
    pub fn keep_replaced(&self, parent: BorrowedFd<'_>, name: &OsStr, path: &Path) -> io::Result<()> {
        let (dir, stat) = match look((parent, name, path)) {
            Err(error) if error.raw_os_error() == Some(Errno::NOENT.raw_os_error()) => return Ok(()),
            other => other?,
        };
        let ident = Ident::of(&stat);
        if ident.is_dir() {
            // Only an empty directory can be replaced: it is made anew from its metadata.
            let meta = meta::read(meta::open_any(parent, name)?)?;
            let mut inner = lock(&self.inner);
            inner.first_touch(parent, path, &dir)?;
            inner.journal.append(&[Record::RemovedDir { path: Raw::from(path), ident, meta }])?;
            inner.counts.directories += 1;
            return Ok(());
        }
        let new = self.is_new(&stat);
        let linked = self.link_away((parent, name, path), &dir, &stat)?;
        let held = match linked {
            Some(held) => held,
            None => self.keep_copy((parent, name, path), &stat)?,
        };
        let mut inner = lock(&self.inner);
        inner.first_touch(parent, path, &dir)?;
        inner.journal.append(&[Record::Kept { path: Raw::from(path), ident, held }])?;
        inner.counts.files += new;
        Ok(())
    }

    /// Before `rename(from, to)`; where `to` exists, after [`Recorder::keep_replaced`] of it.
    ///
    /// # Errors
    ///
    /// When `from` does not exist or the journal cannot be written.
    pub fn renamed(
        &self,
        (from_parent, from_name, from): (BorrowedFd<'_>, &OsStr, &Path),
        (to_parent, to_name, to): (BorrowedFd<'_>, &OsStr, &Path),
    ) -> io::Result<()> {
        let (from_dir, stat) = look((from_parent, from_name, from))?;
        let to_dir = look_dir((to_parent, to_name, to))?;
        let mut inner = lock(&self.inner);
        inner.first_touch(from_parent, from, &from_dir)?;
        inner.first_touch(to_parent, to, &to_dir)?;
        inner.journal.append(&[Record::Renamed {
            from: Raw::from(from),
            to: Raw::from(to),
            ident: Ident::of(&stat),
        }])?;
        inner.mechanisms.insert(Mechanism::Noted);
        Ok(())
    }

    /// Before `renameat2(one, other, RENAME_EXCHANGE)`.
    ///
    /// # Errors
    ///
    /// When one of them does not exist or the journal cannot be written.
    pub fn exchanged(
        &self,
        (one_parent, one_name, one): (BorrowedFd<'_>, &OsStr, &Path),
        (other_parent, other_name, other): (BorrowedFd<'_>, &OsStr, &Path),
    ) -> io::Result<()> {
        let (one_dir, one_stat) = look((one_parent, one_name, one))?;
        let (other_dir, other_stat) = look((other_parent, other_name, other))?;
        let mut inner = lock(&self.inner);
        inner.first_touch(one_parent, one, &one_dir)?;
        inner.first_touch(other_parent, other, &other_dir)?;
        inner.journal.append(&[Record::Exchanged {
            one: Raw::from(one),
            one_ident: Ident::of(&one_stat),
            other: Raw::from(other),
            other_ident: Ident::of(&other_stat),
        }])?;
        inner.mechanisms.insert(Mechanism::Noted);
        Ok(())
    }

    /// Before the content of an existing regular file may change (truncate, a descriptor for writing): clones `file`, else
    /// copies it up to a limit. `file` is readable, or an `O_PATH` descriptor of a file that this process may read.
    /// The second and later calls for the same file cost nothing.
    ///
    /// # Errors
    ///
    /// [`RecordError::FileTooLarge`](crate::RecordError), `OverQuota`, `Unstable`; the change must not happen then.
    pub fn save_content(&self, file: BorrowedFd<'_>, path: &Path) -> io::Result<()> {
        self.save_file(file, path)
    }

    /// Before `chmod`, `chown`, `utime`, `setxattr` and the like on what `at` stands for (`O_PATH` will do, also of a symbolic link).
    ///
    /// # Errors
    ///
    /// When the metadata cannot be read or the journal not be written.
    pub fn save_metadata(&self, at: BorrowedFd<'_>, path: &Path) -> io::Result<()> {
        check_path(path)?;
        let ident = Ident::of(&stat_of(at)?);
        let meta = meta::read(at)?;
        let mut inner = lock(&self.inner);
        inner.journal.append(&[Record::Metadata { path: Raw::from(path), ident, meta }])?;
        inner.mechanisms.insert(Mechanism::Noted);
        Ok(())
    }

    /// Before something is made at `name` (`open(O_CREAT)`, `mkdir`, `link`, `symlink`, `mknod`). Where something is there already
    /// nothing is noted, so it is right to call it when unsure.
    ///
    /// # Errors
    ///
    /// When the journal cannot be written.
    pub fn creating(&self, parent: BorrowedFd<'_>, name: &OsStr, path: &Path) -> io::Result<()> {
        let dir = look_dir((parent, name, path))?;
        match stat_at(parent, name) {
            Ok(_) => return Ok(()),
            Err(Errno::NOENT) => {}
            Err(errno) => return Err(errno.into()),
        }
        self.note_created((parent, name, path), &dir, None)
    }

    /// After something was made at `name` by a caller that could not say so before.
    ///
    /// # Errors
    ///
    /// When it is not there or the journal cannot be written.
    pub fn created(&self, parent: BorrowedFd<'_>, name: &OsStr, path: &Path) -> io::Result<()> {
        let (dir, stat) = look((parent, name, path))?;
        self.note_created((parent, name, path), &dir, Some(Ident::of(&stat)))
    }

    /// Ends the recording: everything is on disk afterwards.
    ///
    /// # Errors
    ///
    /// When it cannot be written; the point can be undone all the same, as that of a killed recorder can.
    pub fn seal(self) -> Result<Point, StoreError> {
        let path = self.layout.point(self.id);
        self.finish().map_err(StoreError::io("write", &path))
    }

    fn finish(self) -> io::Result<Point> {
        let mut inner = self.inner.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut header = self.header.into_inner().unwrap_or_else(PoisonError::into_inner);
        let records = inner.journal.records();
        inner.journal.append(&[Record::Sealed { records }])?;
        inner.journal.sync()?;
        header.state = crate::State::Sealed;
        header.counts = inner.counts;
        header.mechanisms = inner.mechanisms.iter().copied().collect();
        header.journal = Some(inner.journal.chain_hex());
        header.write(self.home.as_fd(), true)?;
        Ok(header.point())
    }

    /// Opens a new point in `home`, its directory.
    pub(crate) fn create(layout: &Layout, limits: Limits, home: OwnedFd, header: Header) -> io::Result<Self> {
        let journal = Writer::create(home.as_fd(), Path::new(crate::store::JOURNAL), header.id)?;
        header.write(home.as_fd(), false)?;
        Ok(Self {
            id: header.id,
            home,
            limits,
            inner: Mutex::new(Inner {
                journal,
                trashes: Trashes::new(header.id, &layout.trash())?,
                seen: HashSet::new(),
                no_clone: HashSet::new(),
                counts: Counters::default(),
                mechanisms: BTreeSet::new(),
            }),
            layout: layout.clone(),
            header: Mutex::new(header),
            saved: Mutex::new(HashSet::new()),
            next_entry: AtomicU64::new(0),
            known: OnceLock::new(),
        })
    }

    /// Goes on with a point whose recorder was killed; `file` is its journal, locked.
    pub(crate) fn resume(
        layout: &Layout,
        limits: Limits,
        home: OwnedFd,
        header: Header,
        file: Locked,
        journal: &Journal,
    ) -> io::Result<Self> {
        let writer = Writer::resume(file, journal)?;
        let mut trashes = Trashes::new(header.id, &layout.trash())?;
        trashes.resume(&journal.records);
        let (counts, mechanisms) = tally(&journal.records);
        // An entry may be there whose record did not reach the journal.
        let next_entry = trashes.highest_entry()?.map_or(0, |highest| highest + 1);
        Ok(Self {
            id: header.id,
            home,
            limits,
            inner: Mutex::new(Inner {
                journal: writer,
                trashes,
                seen: seen(&journal.records),
                no_clone: HashSet::new(),
                counts,
                mechanisms,
            }),
            layout: layout.clone(),
            header: Mutex::new(header),
            saved: Mutex::new(HashSet::new()),
            next_entry: AtomicU64::new(next_entry),
            known: OnceLock::new(),
        })
    }

    fn note_created(&self, (parent, _, path): Place<'_>, dir: &Statx, ident: Option<Ident>) -> io::Result<()> {
        let mut inner = lock(&self.inner);
        inner.first_touch(parent, path, dir)?;
        inner.journal.append(&[Record::Created { path: Raw::from(path), ident }])?;
        inner.mechanisms.insert(Mechanism::Noted);
        Ok(())
    }

    /// What a file adds to the files that are kept: nothing where its content is kept already.
    fn is_new(&self, stat: &Statx) -> u64 {
        u64::from(!lock(&self.saved).contains(&Ident::of(stat).key()))
    }

    fn new_entry(&self) -> u64 {
        self.next_entry.fetch_add(1, Ordering::Relaxed)
    }
}

impl Inner {
    /// Notes a directory, when this is the first change in it.
    fn first_touch(&mut self, parent: BorrowedFd<'_>, path: &Path, stat: &Statx) -> io::Result<()> {
        self.note_dir(parent, path.parent().unwrap_or(Path::new("/")), stat)
    }

    fn note_dir(&mut self, dir: BorrowedFd<'_>, path: &Path, stat: &Statx) -> io::Result<()> {
        let ident = Ident::of(stat);
        if self.seen.contains(&ident.key()) {
            return Ok(());
        }
        let meta = meta::read(dir)?;
        self.journal.append(&[Record::Directory { path: Raw::from(path), ident, meta }])?;
        self.seen.insert(ident.key());
        Ok(())
    }

    /// The trash for things in `parent`; `EXDEV` where there is none.
    fn trash(&mut self, parent: BorrowedFd<'_>, dir: &Statx) -> io::Result<Arc<Trash>> {
        match self.trashes.of(parent, dir) {
            Ok((trash, Some(record))) => {
                self.journal.append(&[record])?;
                Ok(trash)
            }
            Ok((trash, None)) => Ok(trash),
            Err(Errno::ROFS) => Err(Errno::ROFS.into()),
            Err(_) => Err(Errno::XDEV.into()),
        }
    }

    /// The trash of the store's own mount.
    fn home(&mut self) -> io::Result<Arc<Trash>> {
        let (trash, record) = self.trashes.home()?;
        if let Some(record) = record {
            self.journal.append(&[record])?;
        }
        Ok(trash)
    }

    fn failed(&mut self, record: u64) -> io::Result<()> {
        self.journal.append(&[Record::Failed { record }]).map(drop)
    }
}

/// What a file takes on disk.
fn on_disk(stat: &Statx) -> u64 {
    stat.stx_size.min(stat.stx_blocks.saturating_mul(512))
}

fn check_path(path: &Path) -> io::Result<()> {
    if is_plain(path) { Ok(()) } else { Err(RecordError::NotAbsolute(path.to_owned()).into()) }
}

fn look_dir((parent, name, path): Place<'_>) -> io::Result<Statx> {
    check_path(path)?;
    if path.file_name() != Some(name) {
        return Err(RecordError::NotAbsolute(path.to_owned()).into());
    }
    Ok(stat_of(parent)?)
}

/// The directory and the thing itself.
fn look(place: Place<'_>) -> io::Result<(Statx, Statx)> {
    let dir = look_dir(place)?;
    Ok((dir, stat_at(place.0, place.1)?))
}
