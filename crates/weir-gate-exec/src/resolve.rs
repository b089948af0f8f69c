//! From a path in the caller's memory to a descriptor that is held, as the kernel would have found it for the caller.
//!
//! The string is read once; afterwards only descriptors count, so a name that changes later changes nothing. Most paths
//! take one call of the kernel. Paths through `/proc` are walked by hand, because `self` there must be the caller and not
//! the supervisor, and because the links in it reach into any process of the user.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, Statx, StatxFlags};
use rustix::io::Errno;

use crate::target::{Target, split_last};

const PROC_SUPER_MAGIC: u64 = 0x9fa0;
const PROC_ROOT_INODE: u64 = 1;
/// As many links as the kernel follows.
const MAX_LINKS: usize = 40;
/// Directories one below the other that a path is put together of.
const DEEPEST: usize = 20_000;
const ABOVE: OFlags = OFlags::DIRECTORY.union(OFlags::CLOEXEC);
const AT_CURRENT: i32 = -100;

/// A name in a directory that is held.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) parent: OwnedFd,
    /// One component; empty, `.` or `..` where the path ended so.
    pub(crate) name: OsString,
    /// The whole path, without links in its directories.
    pub(crate) path: PathBuf,
    /// The path ended with a slash.
    pub(crate) slash: bool,
}

impl Place {
    /// The name is one that can be made or removed.
    pub(crate) fn is_name(&self) -> bool {
        !matches!(self.name.as_bytes(), b"" | b"." | b"..")
    }

    pub(crate) fn at(&self) -> (BorrowedFd<'_>, &OsStr, &Path) {
        (self.parent.as_fd(), &self.name, &self.path)
    }
}

/// Something that exists, held by an `O_PATH` descriptor.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) file: OwnedFd,
    pub(crate) path: PathBuf,
    pub(crate) status: Status,
}

/// What is known of an object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Status {
    pub(crate) kind: FileType,
    pub(crate) identity: Identity,
    pub(crate) device: (u32, u32),
    /// Names that it has; none for what is only open any more.
    pub(crate) links: u32,
}

/// One inode: its number may be given again, but not with the same birth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Identity {
    pub(crate) device: (u32, u32),
    inode: u64,
    pub(crate) birth: (i64, u32),
}

impl Status {
    pub(crate) fn of(file: BorrowedFd<'_>) -> Result<Self, Errno> {
        Self::at(file, OsStr::new(""), AtFlags::EMPTY_PATH)
    }

    pub(crate) fn at(parent: BorrowedFd<'_>, name: &OsStr, flags: AtFlags) -> Result<Self, Errno> {
        let mask = StatxFlags::BASIC_STATS | StatxFlags::BTIME;
        Ok(rustix::fs::statx(parent, name, flags | AtFlags::SYMLINK_NOFOLLOW, mask)?.into())
    }
}

impl From<Statx> for Status {
    fn from(status: Statx) -> Self {
        Self {
            kind: FileType::from_raw_mode(status.stx_mode.into()),
            identity: Identity {
                device: (status.stx_dev_major, status.stx_dev_minor),
                inode: status.stx_ino,
                birth: (status.stx_btime.tv_sec, status.stx_btime.tv_nsec),
            },
            device: (status.stx_rdev_major, status.stx_rdev_minor),
            links: status.stx_nlink,
        }
    }
}

/// What a path led to.
#[derive(Debug)]
pub(crate) enum Found {
    There(Object),
    /// Nothing is there; the place is where it would be made.
    Missing(Place),
}

enum Step {
    Object(OwnedFd),
    Link(OsString),
}

/// The directories that resolution starts from.
#[derive(Debug)]
pub(crate) struct World {
    root: OwnedFd,
    own_descriptors: OwnedFd,
    own_process: u32,
}

impl World {
    pub(crate) fn new() -> Result<Self, Errno> {
        let open =
            |path: &str| rustix::fs::open(path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
        Ok(Self { root: open("/")?, own_descriptors: open("/proc/self/fd")?, own_process: std::process::id() })
    }

    /// Where the caller's path points to, without a look at the last component.
    pub(crate) fn place(&self, target: &Target<'_>, directory: i32, path: &OsStr) -> Result<Place, Errno> {
        if path.is_empty() {
            return Err(Errno::NOENT);
        }
        let base = if path.as_bytes().first() == Some(&b'/') {
            self.root.try_clone().map_err(|_| Errno::MFILE)?
        } else if directory == AT_CURRENT {
            target.cwd()?
        } else {
            target.descriptor(directory)?
        };
        self.place_from(target, base, path)
    }

    fn place_from(&self, target: &Target<'_>, base: OwnedFd, path: &OsStr) -> Result<Place, Errno> {
        let (parent, name, slash) = split_last(path);
        let (parent, path) = self.directory(target, base, parent)?;
        if is_gone(parent.as_fd(), &path) && !matches!(name.as_bytes(), b"" | b"." | b"..") {
            return Err(Errno::NOENT);
        }
        let path = path.join(name);
        Ok(Place { parent, name: name.to_owned(), path, slash })
    }

    /// A directory and its path.
    fn directory(&self, target: &Target<'_>, base: OwnedFd, path: &OsStr) -> Result<(OwnedFd, PathBuf), Errno> {
        let with_path = |directory: OwnedFd| self.path_of(directory.as_fd()).map(|path| (directory, path));
        if path.is_empty() {
            return with_path(base);
        }
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match rustix::fs::openat2(&base, path, flags, Mode::empty(), ResolveFlags::NO_MAGICLINKS) {
            Ok(directory) => {
                let (directory, found) = with_path(directory)?;
                // Through `self` it may have been the supervisor's.
                if found.starts_with("/proc") {
                    return with_path(self.walk(target, base, path)?);
                }
                Ok((directory, found))
            }
            Err(Errno::LOOP | Errno::NOENT | Errno::ACCESS) => with_path(self.walk(target, base, path)?),
            Err(error) => Err(error),
        }
    }

    /// One component after the other.
    fn walk(&self, target: &Target<'_>, base: OwnedFd, path: &OsStr) -> Result<OwnedFd, Errno> {
        let root = || self.root.try_clone().map_err(|_| Errno::MFILE);
        let mut at = if path.as_bytes().first() == Some(&b'/') { root()? } else { base };
        let mut rest: VecDeque<OsString> = components(path).collect();
        let mut links = 0;
        while let Some(name) = rest.pop_front() {
            match self.step(target, at.as_fd(), &name)? {
                Step::Object(object) => at = object,
                Step::Link(link) => {
                    links += 1;
                    if links > MAX_LINKS {
                        return Err(Errno::LOOP);
                    }
                    if link.as_bytes().first() == Some(&b'/') {
                        at = root()?;
                    }
                    for component in components(&link).collect::<Vec<_>>().into_iter().rev() {
                        rest.push_front(component);
                    }
                }
            }
        }
        if Status::of(at.as_fd())?.kind == FileType::Directory { Ok(at) } else { Err(Errno::NOTDIR) }
    }

    fn step(&self, target: &Target<'_>, at: BorrowedFd<'_>, name: &OsStr) -> Result<Step, Errno> {
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        let in_proc = is_proc(at);
        if in_proc && Status::of(at)?.identity.inode == PROC_ROOT_INODE {
            match name.as_bytes() {
                b"self" => return Ok(Step::Link(target.process()?.to_string().into())),
                b"thread-self" => {
                    return Ok(Step::Link(format!("{}/task/{}", target.process()?, target.thread).into()));
                }
                other if other.first().is_some_and(u8::is_ascii_digit) => self.refuse_own(name)?,
                _ => {}
            }
        }
        let object = rustix::fs::openat(at, name, flags | OFlags::NOFOLLOW, Mode::empty())?;
        if Status::of(object.as_fd())?.kind != FileType::Symlink {
            return Ok(Step::Object(object));
        }
        if in_proc {
            let plain = rustix::fs::openat2(at, name, flags, Mode::empty(), ResolveFlags::NO_MAGICLINKS);
            if plain.is_err_and(|error| error == Errno::LOOP) {
                self.belongs_to(target, at)?;
                return Ok(Step::Object(rustix::fs::openat(at, name, flags, Mode::empty())?));
            }
        }
        Ok(Step::Link(link_of(object.as_fd())?))
    }

    /// The supervisor may look into itself; the caller may not.
    fn refuse_own(&self, name: &OsStr) -> Result<(), Errno> {
        let thread = Path::new("/proc/self/task").join(name);
        if thread.exists() || name == OsStr::new(&self.own_process.to_string()) { Err(Errno::ACCESS) } else { Ok(()) }
    }

    /// The links in `/proc/NUMBER` that lead to open files and directories are followed for the caller's own process only.
    fn belongs_to(&self, target: &Target<'_>, directory: BorrowedFd<'_>) -> Result<(), Errno> {
        let path = self.path_of(directory)?;
        if is_own(&path, target)? { Ok(()) } else { Err(Errno::ACCESS) }
    }

    /// Looks what is at a place; `follow` as for the last component of the call.
    pub(crate) fn find(&self, target: &Target<'_>, mut place: Place, follow: bool) -> Result<Found, Errno> {
        for _ in 0..=MAX_LINKS {
            if !place.is_name() {
                return self.directory_at(target, place).map(Found::There);
            }
            let (file, path) = if place.path.starts_with("/proc") {
                match self.step(target, place.parent.as_fd(), &place.name) {
                    Ok(Step::Object(file)) => {
                        let path = self.path_of(file.as_fd())?;
                        (file, path)
                    }
                    Ok(Step::Link(link)) if follow => {
                        place = self.follow(target, place, &link)?;
                        continue;
                    }
                    Ok(Step::Link(_)) => return Err(Errno::ACCESS),
                    Err(Errno::NOENT) => return Ok(Found::Missing(place)),
                    Err(error) => return Err(error),
                }
            } else {
                let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                match rustix::fs::openat(&place.parent, &place.name, flags, Mode::empty()) {
                    Ok(file) => (file, place.path.clone()),
                    Err(Errno::NOENT) => return Ok(Found::Missing(place)),
                    Err(error) => return Err(error),
                }
            };
            let status = Status::of(file.as_fd())?;
            if status.kind == FileType::Symlink && (follow || place.slash) {
                let link = link_of(file.as_fd())?;
                place = self.follow(target, place, &link)?;
                continue;
            }
            if place.slash && status.kind != FileType::Directory {
                return Err(Errno::NOTDIR);
            }
            return Ok(Found::There(Object { file, path, status }));
        }
        Err(Errno::LOOP)
    }

    fn follow(&self, target: &Target<'_>, place: Place, link: &OsStr) -> Result<Place, Errno> {
        if link.is_empty() {
            return Err(Errno::NOENT);
        }
        let slash = place.slash;
        let mut next = self.place_from(target, place.parent, link)?;
        next.slash |= slash;
        Ok(next)
    }

    fn directory_at(&self, target: &Target<'_>, place: Place) -> Result<Object, Errno> {
        let file = if place.name.as_bytes() == b".." {
            self.directory(target, place.parent, OsStr::new(".."))?.0
        } else {
            place.parent
        };
        self.object(file)
    }

    /// What is known of a descriptor.
    pub(crate) fn object(&self, file: OwnedFd) -> Result<Object, Errno> {
        let status = Status::of(file.as_fd())?;
        let path = self.path_of(file.as_fd())?;
        Ok(Object { file, path, status })
    }

    /// The path of what a descriptor stands for, as the kernel has it now.
    pub(crate) fn path_of(&self, file: BorrowedFd<'_>) -> Result<PathBuf, Errno> {
        match self.link_of(file) {
            Err(Errno::NAMETOOLONG) => self.long_path_of(file),
            other => other,
        }
    }

    fn link_of(&self, file: BorrowedFd<'_>) -> Result<PathBuf, Errno> {
        let link = rustix::fs::readlinkat(&self.own_descriptors, number(file).as_str(), Vec::with_capacity(256))?;
        Ok(PathBuf::from(OsString::from_vec(link.into_bytes())))
    }

    /// The path of a directory that is deeper than the kernel can say. Nothing below the guard can move directories meanwhile:
    /// this thread would have to do it.
    fn long_path_of(&self, directory: BorrowedFd<'_>) -> Result<PathBuf, Errno> {
        let mut names = Vec::new();
        let mut here = None::<OwnedFd>;
        while names.len() < DEEPEST {
            let below = here.as_ref().map_or(directory, AsFd::as_fd);
            let above = rustix::fs::openat(below, c"..", ABOVE, Mode::empty())?;
            names.push(name_in(above.as_fd(), below)?);
            match self.link_of(above.as_fd()) {
                Ok(start) => return Ok(names.iter().rev().fold(start, |path, name| path.join(name))),
                Err(Errno::NAMETOOLONG) => here = Some(above),
                Err(error) => return Err(error),
            }
        }
        Err(Errno::NAMETOOLONG)
    }

    /// Opens what a descriptor stands for once more, with other flags.
    pub(crate) fn reopen(&self, file: BorrowedFd<'_>, flags: OFlags) -> Result<OwnedFd, Errno> {
        rustix::fs::openat(&self.own_descriptors, number(file).as_str(), flags | OFlags::CLOEXEC, Mode::empty())
    }

    /// A name for what a descriptor stands for, for calls that take no descriptors: a directory and a link in it.
    pub(crate) fn name_of(&self, file: BorrowedFd<'_>) -> (BorrowedFd<'_>, String) {
        (self.own_descriptors.as_fd(), number(file))
    }
}

/// What a directory is called in the one above it.
fn name_in(above: BorrowedFd<'_>, directory: BorrowedFd<'_>) -> Result<OsString, Errno> {
    let wanted = rustix::fs::fstat(directory)?;
    for entry in rustix::fs::Dir::read_from(above)? {
        let entry = entry?;
        if let Ok(found) = rustix::fs::statat(above, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW)
            && (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino)
            && !matches!(entry.file_name().to_bytes(), b"." | b"..")
        {
            return Ok(OsString::from_vec(entry.file_name().to_bytes().to_vec()));
        }
    }
    Err(Errno::NOENT)
}

/// Whether a directory was removed while somebody is in it: nothing is in it, and nothing can be made in it.
fn is_gone(directory: BorrowedFd<'_>, path: &Path) -> bool {
    path.as_os_str().as_bytes().ends_with(b" (deleted)")
        && rustix::fs::fstat(directory).is_ok_and(|status| status.st_nlink == 0)
}

fn number(file: BorrowedFd<'_>) -> String {
    file.as_raw_fd().to_string()
}

/// Whether the path is below `/proc/NUMBER` of the caller.
pub(crate) fn is_own(path: &Path, target: &Target<'_>) -> Result<bool, Errno> {
    let Ok(rest) = path.strip_prefix("/proc") else { return Ok(false) };
    let Some(owner) = rest.iter().next() else { return Ok(false) };
    Ok(owner == OsStr::new(&target.process()?.to_string()) || owner == OsStr::new(&target.thread.to_string()))
}

pub(crate) fn is_proc(file: BorrowedFd<'_>) -> bool {
    rustix::fs::fstatfs(file).is_ok_and(|status| u64::try_from(status.f_type) == Ok(PROC_SUPER_MAGIC))
}

fn link_of(link: BorrowedFd<'_>) -> Result<OsString, Errno> {
    Ok(OsString::from_vec(rustix::fs::readlinkat(link, "", Vec::with_capacity(256))?.into_bytes()))
}

fn components(path: &OsStr) -> impl Iterator<Item = OsString> {
    path.as_bytes()
        .split(|byte| *byte == b'/')
        .filter(|part| !part.is_empty() && *part != b".")
        .map(|part| OsStr::from_bytes(part).to_owned())
}

/// The name by which a path below `/proc/self/fd` is opened anew without resolving anything.
pub(crate) fn descriptor_path(file: BorrowedFd<'_>) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", number(file)))
}
