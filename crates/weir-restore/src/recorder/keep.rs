//! Copies, where a rename or a second name is not enough or not possible.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use rustix::fd::{AsFd as _, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Statx};
use rustix::io::Errno;

use super::{Place, Recorder, check_path, lock, on_disk};
use crate::content::{clone, copy, reopen};
use crate::journal::{Held, Ident, Key, Meta, Raw, Record, hex};
use crate::known::{Copy, Known, may_be_remembered};
use crate::trash::{Trash, entry_name};
use crate::walk::{open_dir, stat_of};
use crate::{Mechanism, RecordError, meta};

/// Smaller files cost as much as the second name that would save them.
const WORTH_SHARING: u64 = 4096;

impl Recorder {
    pub(super) fn save_file(&self, file: BorrowedFd<'_>, path: &Path) -> io::Result<()> {
        check_path(path)?;
        let stat = stat_of(file)?;
        let ident = Ident::of(&stat);
        if ident.kind() != FileType::RegularFile {
            return Ok(());
        }
        let mut saved = lock(&self.saved);
        if saved.contains(&ident.key()) {
            return Ok(());
        }
        let held = self.copy_file(file, path, &stat)?;
        let mut inner = lock(&self.inner);
        inner.journal.append(&[Record::Content { path: Raw::from(path), ident, held }])?;
        inner.counts.files += 1;
        saved.insert(ident.key());
        Ok(())
    }

    /// Notes a directory that is about to be deleted or changed.
    pub(crate) fn snap_dir(&self, dir: BorrowedFd<'_>, path: &Path, stat: &Statx) -> io::Result<()> {
        let mut inner = lock(&self.inner);
        inner.note_dir(dir, path, stat)?;
        inner.counts.directories += 1;
        inner.mechanisms.insert(Mechanism::Noted);
        Ok(())
    }

    /// Notes the directory that holds `path`.
    pub(crate) fn snap_parent(&self, dir: BorrowedFd<'_>, path: &Path) -> io::Result<()> {
        lock(&self.inner).first_touch(dir, path, &stat_of(dir)?)
    }

    /// Notes a directory that holds something that is kept, somewhere below.
    pub(crate) fn snap_above(&self, dir: BorrowedFd<'_>, path: &Path) -> io::Result<()> {
        lock(&self.inner).note_dir(dir, path, &stat_of(dir)?)
    }

    /// Notes that no file is at `path`.
    pub(crate) fn snap_no_file(&self, path: &Path) -> io::Result<()> {
        lock(&self.inner).journal.append(&[Record::NoFile { path: Raw::from(path) }]).map(drop)
    }

    /// Keeps a name that is about to go away: as a second name, or as a copy.
    pub(crate) fn snap_name(&self, place: Place<'_>, dir: &Statx, stat: &Statx) -> io::Result<()> {
        let held = match self.link_away(place, dir, stat)? {
            Some(held) => held,
            None => self.keep_copy(place, stat)?,
        };
        let mut inner = lock(&self.inner);
        inner.journal.append(&[Record::Kept { path: Raw::from(place.2), ident: Ident::of(stat), held }])?;
        inner.counts.files += 1;
        Ok(())
    }

    /// Keeps what is about to change. `known` are the files that were copied already, by any name.
    pub(crate) fn snap_content(
        &self,
        place: Place<'_>,
        stat: &Statx,
        known: &mut HashMap<Key, Held>,
    ) -> io::Result<()> {
        let ident = Ident::of(stat);
        let held = match known.get(&ident.key()) {
            Some(held) => held.clone(),
            None => self.keep_copy(place, stat)?,
        };
        if stat.stx_nlink > 1 {
            known.insert(ident.key(), held.clone());
        }
        let path = Raw::from(place.2);
        let record = if ident.kind() == FileType::RegularFile {
            Record::Content { path, ident, held }
        } else {
            Record::Kept { path, ident, held }
        };
        let mut inner = lock(&self.inner);
        inner.journal.append(&[record])?;
        inner.counts.files += 1;
        inner.mechanisms.insert(Mechanism::Noted);
        Ok(())
    }

    /// Keeps what `name` is by copying it, whatever it is but a directory.
    pub(super) fn keep_copy(&self, (parent, name, path): Place<'_>, stat: &Statx) -> io::Result<Held> {
        let at = meta::open_any(parent, name)?;
        let found = stat_of(&at)?;
        if !Ident::of(&found).same(&Ident::of(stat)) {
            return Err(RecordError::Unstable(path.to_owned()).into());
        }
        match FileType::from_raw_mode(u32::from(found.stx_mode)) {
            FileType::RegularFile => self.copy_file(at.as_fd(), path, &found),
            FileType::Symlink => {
                let target = rustix::fs::readlinkat(&at, c"", Vec::new())?;
                Ok(Held::Symlink { target: Raw::from(target.as_bytes()), meta: meta::read(&at)? })
            }
            FileType::Directory => Err(Errno::ISDIR.into()),
            _ => Ok(Held::Special { major: found.stx_rdev_major, minor: found.stx_rdev_minor, meta: meta::read(&at)? }),
        }
    }

    /// The table of what was copied before, and the copy that it has of the file that looks like `stat`.
    fn known_copy(&self, stat: &Statx) -> Option<(&Known, Copy)> {
        if stat.stx_size < WORTH_SHARING {
            return None;
        }
        let known = self.known.get_or_init(|| Known::open(&self.layout)).as_ref()?;
        Some((known, known.find(stat)?))
    }

    /// True where `stat` is of a file whose content need not be copied.
    pub(crate) fn has_copy(&self, stat: &Statx) -> bool {
        self.known_copy(stat).is_some()
    }

    /// Keeps one more name of the copy that is there already; `None` where it is not (any more).
    fn copy_again(&self, file: BorrowedFd<'_>, stat: &Statx) -> io::Result<Option<Held>> {
        let Some((table, known)) = self.known_copy(stat) else { return Ok(None) };
        let trash = lock(&self.inner).home()?;
        let entry = self.new_entry();
        let name = entry_name(entry);
        if rustix::fs::linkat(&table.content, hex(&known.digest), &trash.dir, &name, AtFlags::empty()).is_err() {
            return Ok(None);
        }
        let copy = Ident::of(&crate::walk::stat_at(&trash.dir, &name)?);
        if (copy.ino, copy.mtime, copy.size) != (known.ino, known.mtime, stat.stx_size) {
            rustix::fs::unlinkat(&trash.dir, &name, AtFlags::empty())?;
            return Ok(None);
        }
        let mut inner = lock(&self.inner);
        inner.counts.bytes_kept += on_disk(stat);
        inner.mechanisms.insert(Mechanism::Copied);
        let (trash, size, digest) = (trash.number, stat.stx_size, Some(known.digest));
        Ok(Some(Held::Copied { trash, entry, size, digest, meta: meta::read(file)? }))
    }

    fn copy_file(&self, file: BorrowedFd<'_>, path: &Path, stat: &Statx) -> io::Result<Held> {
        if let Some(held) = self.copy_again(file, stat)? {
            return Ok(held);
        }
        let from = reopen(file)?;
        if stat.stx_size >= WORTH_SHARING && may_be_remembered(stat, self.limits.rest) {
            // What was written through a memory map gets its time now, and again when it is written to after this.
            let _ = rustix::fs::fdatasync(&from);
        }
        for _ in 0..2 {
            let began = SystemTime::now();
            let before = stat_of(&from)?;
            let meta = meta::read(file)?;
            let (held, shared) = self.copy_once(&from, path, &before, meta)?;
            let after = stat_of(&from)?;
            let version =
                |stat: &Statx| (stat.stx_size, Ident::of(stat).mtime, stat.stx_ctime.tv_sec, stat.stx_ctime.tv_nsec);
            // The clock of the file system is coarse: what was written in its last tick may not show.
            if version(&before) == version(&after) {
                if let (Some(copy), Some(Some(known))) = (shared, self.known.get()) {
                    known.remember(&from, &after, began, self.limits.rest, &copy);
                }
                return Ok(held);
            }
            self.forget(&held, &before);
        }
        Err(RecordError::Unstable(path.to_owned()).into())
    }

    /// Copies or clones a file; also says which copy it shares with whoever needs the same content.
    fn copy_once(&self, from: &OwnedFd, path: &Path, stat: &Statx, meta: Meta) -> io::Result<(Held, Option<Copy>)> {
        let size = stat.stx_size;
        let cost = on_disk(stat);
        let entry = self.new_entry();
        let name = entry_name(entry);
        if size > 0
            && let Some(trash) = self.clone_file(from, path, stat, &name)?
        {
            lock(&self.inner).mechanisms.insert(Mechanism::Cloned);
            return Ok((Held::Copied { trash: trash.number, entry, size, digest: None, meta }, None));
        }
        if cost > self.limits.file {
            let limit = self.limits.file;
            return Err(RecordError::FileTooLarge { path: path.to_owned(), size, limit }.into());
        }
        let trash = {
            let mut inner = lock(&self.inner);
            let copied = inner.counts.bytes_copied;
            if copied.saturating_add(cost) > self.limits.copies {
                return Err(RecordError::OverQuota { copied, limit: self.limits.copies }.into());
            }
            inner.home()?
        };
        let to = create(&trash, &name)?;
        match copy(from.as_fd(), to.as_fd(), size, size > cost) {
            Ok(copied) => {
                let shared = copied
                    .digest
                    .filter(|_| size >= WORTH_SHARING)
                    .and_then(|digest| self.share(&trash, &name, &digest, size));
                let mut inner = lock(&self.inner);
                inner.counts.bytes_copied += cost;
                inner.mechanisms.insert(Mechanism::Copied);
                Ok((Held::Copied { trash: trash.number, entry, size, digest: copied.digest, meta }, shared))
            }
            Err(error) => {
                let _ = rustix::fs::unlinkat(&trash.dir, &name, AtFlags::empty());
                Err(error)
            }
        }
    }

    /// Clones into the store's trash, or else into that of the file's own mount.
    fn clone_file(&self, from: &OwnedFd, path: &Path, stat: &Statx, name: &str) -> io::Result<Option<Arc<Trash>>> {
        let device = (stat.stx_dev_major, stat.stx_dev_minor);
        let mut inner = lock(&self.inner);
        if inner.no_clone.contains(&device) || !may_clone(from) {
            return Ok(None);
        }
        let mut found = vec![inner.home()?];
        if let Some(parent) = path.parent()
            && let Ok(dir) = open_dir(rustix::fs::CWD, parent)
            && let Ok(dir_stat) = stat_of(&dir)
            && dir_stat.stx_mnt_id == stat.stx_mnt_id
            && let Ok(other) = inner.trash(dir.as_fd(), &dir_stat)
        {
            found.push(other);
        }
        for trash in found {
            let to = create(&trash, name)?;
            if clone(from, &to) {
                return Ok(Some(trash));
            }
            rustix::fs::unlinkat(&trash.dir, name, AtFlags::empty())?;
        }
        inner.no_clone.insert(device);
        Ok(None)
    }

    /// Lets equal contents share one inode: the first becomes `content/<digest>`, later ones a name of it.
    /// Where that fails the copy simply stays a copy.
    fn share(&self, trash: &Trash, name: &str, digest: &[u8; 32], size: u64) -> Option<Copy> {
        let hex = hex(digest);
        let home = open_dir(rustix::fs::CWD, &self.layout.content()).ok()?;
        let shared = rustix::fs::linkat(&trash.dir, name, &home, &hex, AtFlags::empty());
        let found = Ident::of(&crate::walk::stat_at(&home, OsStr::new(&hex)).ok()?);
        match shared {
            Ok(()) => {}
            Err(Errno::EXIST) if found.size == size => {
                let twin = format!("{name}.twin");
                rustix::fs::linkat(&home, &hex, &trash.dir, &twin, AtFlags::empty()).ok()?;
                rustix::fs::renameat(&trash.dir, &twin, &trash.dir, name).ok()?;
            }
            Err(_) => return None,
        }
        Some(Copy { digest: *digest, ino: found.ino, mtime: found.mtime })
    }

    fn forget(&self, held: &Held, stat: &Statx) {
        let mut inner = lock(&self.inner);
        if let Held::Copied { entry, digest, .. } = held {
            if digest.is_some() {
                inner.counts.bytes_copied = inner.counts.bytes_copied.saturating_sub(on_disk(stat));
            }
            if let Ok(trash) = inner.home() {
                let _ = rustix::fs::unlinkat(&trash.dir, entry_name(*entry), AtFlags::empty());
            }
        }
    }
}

pub(super) fn create(trash: &Trash, name: &str) -> io::Result<OwnedFd> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    Ok(rustix::fs::openat(&trash.dir, name, flags, Mode::from_raw_mode(0o600))?)
}

/// File systems that can share blocks between files; asking the others costs a file each time.
fn may_clone(file: &OwnedFd) -> bool {
    const CLONING: [u32; 6] = [0x5846_5342, 0x9123_683e, 0xca45_1a4e, 0x2fc1_2fc1, 0x7461_636f, 0x794c_7630];
    rustix::fs::fstatfs(file)
        .is_ok_and(|found| CLONING.iter().any(|kind| i128::from(*kind) == i128::from(found.f_type)))
}
