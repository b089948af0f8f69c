//! A scratch place, an "agent" whose every change goes through a recorder, and a picture of a tree that two trees share only when
//! nothing that a user could see differs.

use std::collections::{BTreeMap, HashMap};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fd::{AsFd as _, OwnedFd};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, RenameFlags, Timespec, Timestamps, XattrFlags};
use tempfile::TempDir;
use weir_restore::{Point, PointInfo, Recorder, Store, UndoError, UndoOptions, UndoReport};

pub struct Scratch {
    pub dir: TempDir,
    pub store: Store,
    pub root: PathBuf,
}

impl Scratch {
    pub fn new() -> Self {
        Self::below(&std::env::temp_dir())
    }

    /// In memory where there is a file system in memory.
    pub fn quick() -> Self {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() { Self::below(memory) } else { Self::new() }
    }

    pub fn below(parent: &Path) -> Self {
        let dir = tempfile::Builder::new().prefix("weir-restore-").tempdir_in(parent).unwrap();
        let root = dir.path().canonicalize().unwrap().join("tree");
        std::fs::create_dir(&root).unwrap();
        let store = Store::open(&dir.path().join("store")).unwrap();
        Self { dir, store, root }
    }

    pub fn info(&self) -> PointInfo {
        PointInfo { command: "./nuke.sh".into(), cwd: self.root.clone(), ..PointInfo::default() }
    }

    pub fn recorder(&self) -> Recorder {
        self.store.make(&self.info()).unwrap()
    }

    pub fn undo(&self, point: &Point) -> Result<UndoReport, UndoError> {
        self.store.undo(point, &UndoOptions::default(), &mut |_| {})
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    pub fn write(&self, name: &str, content: &str) {
        std::fs::write(self.path(name), content).unwrap();
    }

    pub fn mkdir(&self, name: &str) {
        std::fs::create_dir_all(self.path(name)).unwrap();
    }

    /// Records what `work` does, and takes it back: nothing may differ.
    pub fn round_trip(&self, work: impl FnOnce(&Agent<'_>)) -> UndoReport {
        let before = picture(&self.root);
        let recorder = self.recorder();
        work(&Agent { recorder: &recorder, root: &self.root });
        let after = picture(&self.root);
        let point = recorder.seal().unwrap();
        let can = self.store.can_undo(&point);
        assert!(can.possible, "{}", can.evidence);
        let report = self.undo(&point).unwrap();
        assert_same(&before, &picture(&self.root));
        // And the undo can be undone.
        let kept = self.store.find(&report.kept.unwrap().to_string()).unwrap();
        let again = self.undo(&kept).unwrap();
        assert_same(&after, &picture(&self.root));
        let kept = self.store.find(&again.kept.unwrap().to_string()).unwrap();
        self.undo(&kept).unwrap();
        assert_same(&before, &picture(&self.root));
        report
    }
}

/// Does what a supervisor does for each call of a command.
pub struct Agent<'a> {
    pub recorder: &'a Recorder,
    pub root: &'a Path,
}

type At = (OwnedFd, OsString, PathBuf);

impl Agent<'_> {
    pub fn at(&self, name: impl AsRef<Path>) -> io::Result<At> {
        let path = self.root.join(name);
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let parent = rustix::fs::open(path.parent().unwrap(), flags, Mode::empty())?;
        let name = path.file_name().unwrap().to_owned();
        // The path without the symbolic links that led there: what a supervisor reads from the descriptor.
        let real = std::fs::read_link(format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&parent)))?;
        let path = real.join(&name);
        Ok((parent, name, path))
    }

    pub fn unlink(&self, name: impl AsRef<Path>) -> io::Result<()> {
        let (parent, name, path) = self.at(name)?;
        self.recorder.divert(parent.as_fd(), &name, &path)
    }

    pub fn rmdir(&self, name: impl AsRef<Path>) -> io::Result<()> {
        let (parent, name, path) = self.at(name)?;
        self.recorder.remove_dir(parent.as_fd(), &name, &path)
    }

    pub fn remove_tree(&self, name: impl AsRef<Path>) -> io::Result<()> {
        let (parent, name, path) = self.at(name)?;
        self.recorder.divert_tree(parent.as_fd(), &name, &path)
    }

    /// As `rm -r` does it.
    pub fn remove_all(&self, name: impl AsRef<Path>) -> io::Result<()> {
        let path = self.root.join(name);
        if path.symlink_metadata()?.is_dir() {
            for entry in std::fs::read_dir(&path)? {
                self.remove_all(entry?.path())?;
            }
            self.rmdir(&path)
        } else {
            self.unlink(&path)
        }
    }

    fn announce(&self, at: &At) -> io::Result<()> {
        self.recorder.creating(at.0.as_fd(), &at.1, &at.2)
    }

    fn open(&self, name: impl AsRef<Path>, flags: OFlags) -> io::Result<std::fs::File> {
        let at = self.at(name)?;
        self.announce(&at)?;
        if let Ok(found) = rustix::fs::openat(&at.0, &at.1, OFlags::PATH | OFlags::NOFOLLOW, Mode::empty()) {
            if rustix::fs::fstat(&found).is_ok_and(|stat| stat.st_mode & 0o170_000 != 0o100_000) {
                return Err(io::ErrorKind::InvalidInput.into());
            }
            self.recorder.save_content(found.as_fd(), &at.2)?;
        }
        let flags = flags | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::WRONLY | OFlags::NONBLOCK;
        Ok(rustix::fs::openat(&at.0, &at.1, flags, Mode::from_raw_mode(0o644))?.into())
    }

    pub fn write(&self, name: impl AsRef<Path>, content: &[u8]) -> io::Result<()> {
        io::Write::write_all(&mut self.open(name, OFlags::TRUNC)?, content)
    }

    pub fn append(&self, name: impl AsRef<Path>, content: &[u8]) -> io::Result<()> {
        io::Write::write_all(&mut self.open(name, OFlags::APPEND)?, content)
    }

    pub fn truncate(&self, name: impl AsRef<Path>, size: u64) -> io::Result<()> {
        self.open(name, OFlags::empty())?.set_len(size)
    }

    pub fn mkdir(&self, name: impl AsRef<Path>) -> io::Result<()> {
        let at = self.at(name)?;
        self.announce(&at)?;
        Ok(rustix::fs::mkdirat(&at.0, &at.1, Mode::from_raw_mode(0o755))?)
    }

    pub fn symlink(&self, target: &str, name: impl AsRef<Path>) -> io::Result<()> {
        let at = self.at(name)?;
        self.announce(&at)?;
        Ok(rustix::fs::symlinkat(target, &at.0, &at.1)?)
    }

    pub fn fifo(&self, name: impl AsRef<Path>) -> io::Result<()> {
        let at = self.at(name)?;
        self.announce(&at)?;
        Ok(rustix::fs::mkfifoat(&at.0, &at.1, Mode::from_raw_mode(0o600))?)
    }

    pub fn link(&self, from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<()> {
        let (from, to) = (self.at(from)?, self.at(to)?);
        self.announce(&to)?;
        Ok(rustix::fs::linkat(&from.0, &from.1, &to.0, &to.1, AtFlags::empty())?)
    }

    pub fn rename(&self, from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<()> {
        let (from, to) = (self.at(from)?, self.at(to)?);
        self.recorder.keep_replaced(to.0.as_fd(), &to.1, &to.2)?;
        self.recorder.renamed((from.0.as_fd(), &from.1, &from.2), (to.0.as_fd(), &to.1, &to.2))?;
        Ok(rustix::fs::renameat(&from.0, &from.1, &to.0, &to.1)?)
    }

    pub fn exchange(&self, one: impl AsRef<Path>, other: impl AsRef<Path>) -> io::Result<()> {
        let (one, other) = (self.at(one)?, self.at(other)?);
        self.recorder.exchanged((one.0.as_fd(), &one.1, &one.2), (other.0.as_fd(), &other.1, &other.2))?;
        Ok(rustix::fs::renameat_with(&one.0, &one.1, &other.0, &other.1, RenameFlags::EXCHANGE)?)
    }

    fn note(&self, at: &At) -> io::Result<()> {
        let found = rustix::fs::openat(&at.0, &at.1, OFlags::PATH | OFlags::NOFOLLOW, Mode::empty())?;
        self.recorder.save_metadata(found.as_fd(), &at.2)
    }

    pub fn chmod(&self, name: impl AsRef<Path>, mode: u32) -> io::Result<()> {
        let at = self.at(name)?;
        if at.2.symlink_metadata()?.is_symlink() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        self.note(&at)?;
        Ok(rustix::fs::chmodat(&at.0, &at.1, Mode::from_raw_mode(mode), AtFlags::empty())?)
    }

    pub fn chown(&self, name: impl AsRef<Path>, uid: u32, gid: u32) -> io::Result<()> {
        let at = self.at(name)?;
        self.note(&at)?;
        std::os::unix::fs::lchown(&at.2, Some(uid), Some(gid))
    }

    pub fn utime(&self, name: impl AsRef<Path>, seconds: i64) -> io::Result<()> {
        let at = self.at(name)?;
        self.note(&at)?;
        set_mtime(&at.2, seconds, 5)
    }

    pub fn setxattr(&self, name: impl AsRef<Path>, key: &str, value: &[u8]) -> io::Result<()> {
        let at = self.at(name)?;
        self.note(&at)?;
        Ok(rustix::fs::lsetxattr(&at.2, key, value, XattrFlags::empty())?)
    }
}

pub fn set_mtime(path: &Path, seconds: i64, nanoseconds: u32) -> io::Result<()> {
    let time = Timespec { tv_sec: seconds, tv_nsec: nanoseconds.into() };
    let times = Timestamps { last_access: time, last_modification: time };
    Ok(rustix::fs::utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW)?)
}

/// Everything about one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub mode: u32,
    pub owner: (u32, u32),
    pub mtime: (i64, i64),
    pub size: u64,
    pub device: u64,
    /// Files keep their inode; directories that were removed get a new one.
    pub inode: Option<u64>,
    pub links: Vec<OsString>,
    pub xattrs: Vec<(OsString, Vec<u8>)>,
    pub content: Vec<u8>,
}

pub type Picture = BTreeMap<OsString, Entry>;

pub fn picture(root: &Path) -> Picture {
    let mut found = Picture::new();
    let mut names: HashMap<(u64, u64), Vec<OsString>> = HashMap::new();
    let mut queue = vec![root.to_owned()];
    while let Some(path) = queue.pop() {
        let meta = path.symlink_metadata().unwrap();
        let name = path.strip_prefix(root).unwrap().as_os_str().to_owned();
        let content = if meta.is_file() {
            std::fs::read(&path).unwrap_or_else(|_| b"unreadable".to_vec())
        } else if meta.is_symlink() {
            std::fs::read_link(&path).unwrap().as_os_str().as_bytes().to_vec()
        } else {
            Vec::new()
        };
        if name.as_bytes().windows(12).any(|part| part == b".weir-trash-") {
            continue;
        }
        if meta.is_dir() {
            queue.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            names.entry((meta.dev(), meta.ino())).or_default().push(name.clone());
        }
        let entry = Entry {
            mode: meta.mode(),
            owner: (meta.uid(), meta.gid()),
            mtime: (meta.mtime(), meta.mtime_nsec()),
            size: if meta.is_dir() { 0 } else { meta.size() },
            device: meta.rdev(),
            inode: (!meta.is_dir()).then_some(meta.ino()),
            links: Vec::new(),
            xattrs: xattrs(&path),
            content,
        };
        found.insert(name, entry);
    }
    for mut group in names.into_values().filter(|group| group.len() > 1) {
        group.sort();
        for name in &group {
            found.get_mut(name).unwrap().links = group.clone();
        }
    }
    found
}

/// The same without inode numbers: for what had to be copied.
pub fn without_inodes(mut picture: Picture) -> Picture {
    picture.values_mut().for_each(|entry| entry.inode = None);
    picture
}

fn xattrs(path: &Path) -> Vec<(OsString, Vec<u8>)> {
    let mut list = vec![0u8; 4096];
    let length = rustix::fs::llistxattr(path, &mut list[..]).unwrap_or(0);
    let mut found: Vec<_> = list[..length]
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty())
        .map(|name| {
            let name = OsStr::from_bytes(name);
            let mut value = vec![0u8; 70_000];
            let length = rustix::fs::lgetxattr(path, name, &mut value[..]).unwrap();
            value.truncate(length);
            (name.to_owned(), value)
        })
        .collect();
    found.sort();
    found
}

#[track_caller]
pub fn assert_same(before: &Picture, after: &Picture) {
    if before == after {
        return;
    }
    let mut words = String::new();
    for name in before.keys().chain(after.keys()).collect::<std::collections::BTreeSet<_>>() {
        match (before.get(name), after.get(name)) {
            (Some(was), Some(is)) if was != is => words += &format!("{name:?}:\n  was {was:?}\n  is  {is:?}\n"),
            (Some(was), None) => words += &format!("{name:?} is gone: {was:?}\n"),
            (None, Some(is)) => words += &format!("{name:?} is new: {is:?}\n"),
            _ => {}
        }
    }
    panic!("the tree is not what it was:\n{words}");
}

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
