//! Directories that a build makes again.

use std::ffi::OsStr;

use rustix::fd::{AsFd as _, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags, Statx};

use crate::journal::Ident;
use crate::walk::{DIRECTORY, stat_at};

/// The beginning of every `CACHEDIR.TAG`, see <https://bford.info/cachedir/>.
const SIGNATURE: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";

/// A directory's name, and the files beside it of which one says that it can be made again.
const BESIDE: &[(&str, &[&str])] = &[
    (
        "node_modules",
        &["package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb"],
    ),
    ("target", &["Cargo.toml", "pom.xml", "build.sbt"]),
    (".venv", &["pyproject.toml", "requirements.txt", "Pipfile"]),
    ("venv", &["pyproject.toml", "requirements.txt", "Pipfile"]),
    ("build", &["build.gradle", "build.gradle.kts", "CMakeLists.txt", "meson.build"]),
    (".gradle", &["build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"]),
    (".next", &["package.json"]),
    (".tox", &["tox.ini", "pyproject.toml"]),
    ("zig-out", &["build.zig"]),
    (".build", &["Package.swift"]),
    ("_build", &["mix.exs", "dune-project"]),
];

/// True when `name` in `parent` is a directory that its tools make again: keeping it would only fill the disk.
///
/// That is a cache with a signed `CACHEDIR.TAG`, Python's `__pycache__`, or a directory of a known name beside the file that it is
/// made from. A symbolic link never is. With `before` (seconds and nanoseconds since 1970), only what has said so since before that
/// time counts, by times that nobody can set: a command cannot make a directory look like one.
#[must_use]
pub fn is_regenerable(parent: BorrowedFd<'_>, name: &OsStr, before: Option<(i64, u32)>) -> bool {
    let Ok(dir) = rustix::fs::openat(parent, name, DIRECTORY, Mode::empty()) else { return false };
    if name == "__pycache__" {
        let born = |stat: &Statx| (stat.stx_btime.tv_sec, stat.stx_btime.tv_nsec);
        return before
            .is_none_or(|before| stat_at(parent, name).is_ok_and(|stat| born(&stat) > (0, 0) && born(&stat) < before));
    }
    is_cache(&dir, before)
        || BESIDE.iter().any(|(known, files)| name == *known && files.iter().any(|file| is_file(parent, file, before)))
}

fn is_file(dir: BorrowedFd<'_>, name: &str, before: Option<(i64, u32)>) -> bool {
    stat_at(dir, name).is_ok_and(|stat| {
        let changed = (stat.stx_ctime.tv_sec, stat.stx_ctime.tv_nsec);
        Ident::of(&stat).kind().is_file() && before.is_none_or(|before| changed < before)
    })
}

fn is_cache(dir: &OwnedFd, before: Option<(i64, u32)>) -> bool {
    if !is_file(dir.as_fd(), "CACHEDIR.TAG", before) {
        return false;
    }
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let Ok(file) = rustix::fs::openat(dir, "CACHEDIR.TAG", flags, Mode::empty()) else { return false };
    let mut start = [0; SIGNATURE.len()];
    matches!(rustix::io::pread(&file, &mut start, 0), Ok(length) if length == start.len()) && start == SIGNATURE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_alone_makes_nothing_regenerable() {
        let scratch = tempfile::tempdir().unwrap();
        let path = |name: &str| scratch.path().join(name);
        for dir in ["node_modules", "target", "cache", "fake", "__pycache__", "src"] {
            std::fs::create_dir(path(dir)).unwrap();
        }
        std::os::unix::fs::symlink("src", path("build")).unwrap();
        std::fs::write(path("CMakeLists.txt"), "").unwrap();
        std::fs::write(path("cache/CACHEDIR.TAG"), [SIGNATURE, b"\n# more"].concat()).unwrap();
        std::fs::write(path("fake/CACHEDIR.TAG"), "Signature: mine").unwrap();
        let parent = rustix::fs::open(scratch.path(), DIRECTORY, Mode::empty()).unwrap();
        let is = |name: &str| is_regenerable(parent.as_fd(), OsStr::new(name), None);
        assert!(is("cache") && is("__pycache__"));
        assert!(!is("fake") && !is("node_modules") && !is("target") && !is("src") && !is("build") && !is("nothing"));
        let early = |name: &str| is_regenerable(parent.as_fd(), OsStr::new(name), Some((1_000_000_000, 0)));
        assert!(!early("cache") && !early("__pycache__"), "what says so came later");
        std::fs::write(path("Cargo.toml"), "").unwrap();
        std::fs::write(path("yarn.lock"), "").unwrap();
        assert!(is("target") && is("node_modules"));
    }
}
