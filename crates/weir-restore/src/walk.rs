//! Paths, component by component: no symbolic link is followed, and no path is too long.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path};

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, Mode, OFlags, ResolveFlags, Statx, StatxFlags};
use rustix::io::Errno;

/// The longest piece of a path that one call gets; the kernel's limit is 4096.
const PIECE: usize = 3800;

pub(crate) const DIRECTORY: OFlags =
    OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Everything this crate wants to know of an inode.
pub(crate) fn stat_at(dir: impl AsFd, name: impl AsRef<OsStr>) -> Result<Statx, Errno> {
    let mask = StatxFlags::BASIC_STATS | StatxFlags::BTIME | StatxFlags::MNT_ID;
    rustix::fs::statx(dir, name.as_ref(), AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT, mask)
}

/// The same of an open descriptor.
pub(crate) fn stat_of(fd: impl AsFd) -> Result<Statx, Errno> {
    let mask = StatxFlags::BASIC_STATS | StatxFlags::BTIME | StatxFlags::MNT_ID;
    rustix::fs::statx(fd, c"", AtFlags::EMPTY_PATH | AtFlags::NO_AUTOMOUNT, mask)
}

/// True for a path that leads from the root downward, and nowhere else.
pub(crate) fn is_plain(path: &Path) -> bool {
    let plain = |part: Component<'_>| matches!(part, Component::RootDir | Component::Normal(_));
    path.is_absolute()
        && path.components().all(plain)
        && !path.as_os_str().as_bytes().contains(&0)
        && !path.as_os_str().as_bytes().ends_with(b"/.")
}

/// Opens the directory `path` (absolute, or relative to `base`) as an `O_PATH` descriptor.
pub(crate) fn open_dir(base: impl AsFd, path: &Path) -> Result<OwnedFd, Errno> {
    let bytes = path.as_os_str().as_bytes();
    let mut rest = bytes.strip_prefix(b"/").unwrap_or(bytes);
    let mut dir = if bytes.starts_with(b"/") {
        rustix::fs::open(c"/", DIRECTORY, Mode::empty())?
    } else {
        rustix::fs::openat(base, c".", DIRECTORY, Mode::empty())?
    };
    while !rest.is_empty() {
        let (piece, after) = if rest.len() <= PIECE {
            (rest, &b""[..])
        } else {
            // Cut at the last slash that still fits; a single name is never longer than that.
            let window = rest.get(..PIECE).unwrap_or_default();
            let at = window.iter().rposition(|byte| *byte == b'/').ok_or(Errno::NAMETOOLONG)?;
            let (piece, after) = rest.split_at(at);
            (piece, after.strip_prefix(b"/").unwrap_or(after))
        };
        dir = open_piece(&dir, OsStr::from_bytes(piece))?;
        rest = after;
    }
    Ok(dir)
}

fn open_piece(dir: &OwnedFd, piece: &OsStr) -> Result<OwnedFd, Errno> {
    let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    match rustix::fs::openat2(dir, piece, DIRECTORY, Mode::empty(), resolve) {
        // Refused by a sandbox, or older than it.
        Err(Errno::NOSYS | Errno::PERM) => {
            let mut at = rustix::fs::openat(dir, c".", DIRECTORY, Mode::empty())?;
            for name in piece.as_bytes().split(|byte| *byte == b'/').filter(|name| !name.is_empty()) {
                at = rustix::fs::openat(&at, OsStr::from_bytes(name), DIRECTORY, Mode::empty())?;
            }
            Ok(at)
        }
        other => other,
    }
}

/// The directory and the name of `path`.
pub(crate) fn split(path: &Path) -> io::Result<(&Path, &OsStr)> {
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => Ok((parent, name)),
        _ => Err(io::ErrorKind::InvalidInput.into()),
    }
}

/// The names in a directory.
pub(crate) fn names(dir: impl AsFd) -> io::Result<Vec<std::ffi::OsString>> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let readable = match rustix::fs::openat(&dir, c".", flags | OFlags::NOATIME, Mode::empty()) {
        Err(Errno::PERM) => rustix::fs::openat(&dir, c".", flags, Mode::empty())?,
        other => other?,
    };
    let mut names = Vec::new();
    for entry in rustix::fs::Dir::new(readable)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            names.push(OsStr::from_bytes(name).to_owned());
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_from_the_root_downward_are_plain() {
        for good in ["/", "/a", "/a/b\n", "/a/.b"] {
            assert!(is_plain(Path::new(good)), "{good}");
        }
        for bad in ["", "a", "./a", "/a/../b", "/..", "/a/."] {
            assert!(!is_plain(Path::new(bad)), "{bad}");
        }
    }

    #[test]
    fn symbolic_links_are_not_followed_and_long_paths_are_walked() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/", dir.path().join("link")).unwrap();
        assert_eq!(open_dir(rustix::fs::CWD, &dir.path().join("link/etc")).unwrap_err(), Errno::LOOP);
        let mut at = rustix::fs::open(dir.path(), DIRECTORY, Mode::empty()).unwrap();
        let mut path = dir.path().to_owned();
        let name = "d".repeat(200);
        for _ in 0..60 {
            rustix::fs::mkdirat(&at, &name, Mode::from_raw_mode(0o700)).unwrap();
            at = rustix::fs::openat(&at, &name, DIRECTORY, Mode::empty()).unwrap();
            path.push(&name);
        }
        let found = open_dir(rustix::fs::CWD, &path).unwrap();
        assert_eq!(stat_of(&found).unwrap().stx_ino, stat_of(&at).unwrap().stx_ino);
    }
}
