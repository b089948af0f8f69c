//! Places that are protected whatever is in them: the root, system directories, homes and what people keep there.
//!
//! The tables are lexical, so that they hold for places that do not exist on this machine (the command may be meant
//! for another one); what only the file system knows (mount points, whether something is a directory) is passed in.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use crate::meta::Kind;

/// First-level directories that belong to the system.
const SYSTEM: [&str; 19] = [
    "usr",
    "etc",
    "var",
    "boot",
    "bin",
    "sbin",
    "dev",
    "proc",
    "sys",
    "run",
    "lib",
    "lib32",
    "lib64",
    "libx32",
    "nix",
    "snap",
    "System",
    "Library",
    "Applications",
];

/// Directories below those that are as vital as their parents.
const SYSTEM_BELOW: [&str; 22] = [
    "/usr/bin",
    "/usr/sbin",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/share",
    "/usr/include",
    "/usr/local",
    "/usr/local/bin",
    "/usr/local/lib",
    "/usr/src",
    "/var/lib",
    "/var/log",
    "/var/db",
    "/var/spool",
    "/var/cache",
    "/var/mail",
    "/var/www",
    "/var/backups",
    "/var/tmp",
    "/var/run",
];

/// Other first-level directories that are known to be shared by everything on the machine.
const TOP_LEVEL: [&str; 13] = [
    "home",
    "Users",
    "opt",
    "srv",
    "mnt",
    "media",
    "tmp",
    "private",
    "Volumes",
    "data",
    "cores",
    "lost+found",
    "selinux",
];

/// Directories whose direct files make the system run.
const WITH_SYSTEM_FILES: [&str; 13] = [
    "/etc",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/boot",
    "/usr/bin",
    "/usr/sbin",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/libexec",
];

/// What is written there changes the running system at once.
const KERNEL: [&str; 4] = ["/proc/sys", "/proc/sysrq-trigger", "/sys/power", "/sys/firmware"];

/// Device nodes, and names like them, that every program relies on. Writing to them is what they are for.
const NODES: [&str; 12] =
    ["null", "zero", "full", "random", "urandom", "tty", "console", "ptmx", "stdin", "stdout", "stderr", "fd"];

/// What people keep directly below their homes.
const PERSONAL: [&str; 15] = [
    "Documents",
    "Desktop",
    "Downloads",
    "Pictures",
    "Photos",
    "Music",
    "Movies",
    "Videos",
    ".ssh",
    ".gnupg",
    ".aws",
    ".kube",
    ".config",
    ".local",
    "Library",
];

/// Where anybody may put what may be thrown away.
const TEMPORARY: [&str; 5] = ["/tmp", "/var/tmp", "/private/tmp", "/private/var/tmp", "/dev/shm"];

/// `path` without `.` and `..`, made absolute with `cwd`; symlinks are not looked at.
pub(crate) fn normalize(path: &Path, cwd: &Path) -> PathBuf {
    let mut out = PathBuf::from("/");
    let base = if path.is_absolute() { Path::new("") } else { cwd };
    for component in base.components().chain(path.components()) {
        match component {
            Component::Normal(name) => out.push(name),
            Component::ParentDir => {
                out.pop();
            }
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    out
}

/// True strictly below a temporary directory.
pub(crate) fn is_temporary(path: &Path) -> bool {
    let path = normalize(path, Path::new("/"));
    TEMPORARY
        .iter()
        .any(|root| path.starts_with(root) && path != Path::new(root))
        // macOS gives every user a directory of this form.
        || path.starts_with("/var/folders")
        || path.starts_with("/private/var/folders")
}

/// True for a temporary directory itself.
pub(crate) fn is_for_all(path: &Path) -> bool {
    TEMPORARY.iter().any(|root| path == Path::new(root))
}

/// Why a name must not go away, whatever may be written to it.
pub(crate) fn relied_on(path: &Path) -> Option<String> {
    let name = path.strip_prefix("/dev").ok()?.to_str()?;
    NODES.contains(&name).then(|| "a device node that every program relies on".to_owned())
}

/// One thing that is about to be touched, as far as its place matters.
pub(crate) struct Touched<'a> {
    /// Absolute and normalized.
    pub(crate) path: &'a Path,
    /// What is there; `None` where nothing is, or it is not known.
    pub(crate) kind: Option<Kind>,
    /// Everything below it is touched too.
    pub(crate) recursive: bool,
    /// The person's home.
    pub(crate) home: Option<&'a Path>,
}

impl Touched<'_> {
    fn is_home(&self, path: &Path) -> bool {
        if path == Path::new("/") {
            return false;
        }
        if self.home == Some(path) || path == Path::new("/root") || path == Path::new("/var/root") {
            return true;
        }
        path.parent().is_some_and(|parent| parent == Path::new("/home") || parent == Path::new("/Users"))
    }

    /// Why the place is protected, where it is.
    pub(crate) fn protected(&self) -> Option<String> {
        let path = self.path;
        if self.kind == Some(Kind::BlockDevice) {
            return Some("a block device".to_owned());
        }
        if path == Path::new("/") {
            return Some("the root of the file system".to_owned());
        }
        let file = matches!(self.kind, Some(Kind::File | Kind::Symlink));
        // What is neither recursive nor a file (`rm` of a directory without `-r`) leaves directories alone.
        if self.recursive && !file {
            if self.is_home(path) {
                return Some("a home directory".to_owned());
            }
            if let Some(found) = self.directory(path) {
                return Some(found);
            }
        }
        self.system_file(path)
    }

    fn directory(&self, path: &Path) -> Option<String> {
        let parent = path.parent()?;
        let name = path.file_name()?;
        if parent == Path::new("/") {
            if listed(name, &SYSTEM) {
                return Some("a system directory".to_owned());
            }
            // A made-up first-level name that does not exist here is no place to protect.
            if listed(name, &TOP_LEVEL) || self.kind == Some(Kind::Directory) {
                return Some("a top-level directory".to_owned());
            }
        }
        if SYSTEM_BELOW.iter().any(|place| path == Path::new(place))
            || (self.kind == Some(Kind::Directory) && has_system_files(parent))
        {
            return Some("a system directory".to_owned());
        }
        if self.is_home(parent) && listed(name, &PERSONAL) {
            return Some(format!("the folder {} of a home directory", name.to_string_lossy()));
        }
        (name == ".git").then(|| "the git directory of a repository".to_owned())
    }

    fn system_file(&self, path: &Path) -> Option<String> {
        if KERNEL.iter().any(|place| path.starts_with(place)) && self.kind != Some(Kind::Directory) {
            return Some("a control of the kernel".to_owned());
        }
        (self.kind != Some(Kind::Directory) && path.parent().is_some_and(has_system_files))
            .then(|| "a system file".to_owned())
    }

    /// Why everything directly in this directory (`DIR/*`) is protected together, where it is.
    pub(crate) fn protected_children(&self) -> Option<String> {
        if is_for_all(self.path) {
            return None;
        }
        let directory = Touched { path: self.path, kind: Some(Kind::Directory), recursive: true, home: self.home };
        directory.protected().map(|place| format!("everything in {place}"))
    }
}

fn listed(name: &OsStr, list: &[&str]) -> bool {
    list.iter().any(|known| name == *known)
}

fn has_system_files(directory: &Path) -> bool {
    WITH_SYSTEM_FILES.iter().any(|place| directory == Path::new(place))
}

/// True where a word names everything in a directory: its last part is nothing but wildcards (`*`, `.*`, `{*,.*}`).
pub(crate) fn names_everything(word: &str) -> bool {
    let last = word.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    last.contains('*') && last.chars().all(|c| "*?.[]!{},^".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn protected(path: &str, kind: Option<Kind>, recursive: bool) -> Option<String> {
        Touched { path: Path::new(path), kind, recursive, home: Some(Path::new("/srv/people/ada")) }.protected()
    }

    #[test]
    fn places_are_protected_by_name_even_where_they_do_not_exist() {
        for (path, expected) in [
            ("/", Some("the root of the file system")),
            ("/usr", Some("a system directory")),
            ("/usr/lib", Some("a system directory")),
            ("/etc", Some("a system directory")),
            ("/lib64", Some("a system directory")),
            ("/tmp", Some("a top-level directory")),
            ("/home", Some("a top-level directory")),
            ("/opt", Some("a top-level directory")),
            ("/opt/x", None),
            ("/no-such-place", None),
            ("/home/ada", Some("a home directory")),
            ("/Users/ada", Some("a home directory")),
            ("/root", Some("a home directory")),
            ("/srv/people/ada", Some("a home directory")),
            ("/srv/people/ada/Pictures", Some("the folder Pictures of a home directory")),
            ("/home/bob/.ssh", Some("the folder .ssh of a home directory")),
            ("/home/bob/src", None),
            ("/home/bob/src/Pictures", None),
            ("/home/bob/src/.git", Some("the git directory of a repository")),
            ("/etc/hosts", Some("a system file")),
            ("/usr/bin/env", Some("a system file")),
            ("/tmp/x", None),
            ("/dev/null", None),
            ("/proc/sysrq-trigger", Some("a control of the kernel")),
            ("/proc/sys/kernel/panic", Some("a control of the kernel")),
            ("/proc/self/fd/3", None),
        ] {
            assert_eq!(protected(path, None, true).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn nodes_are_relied_on_by_name() {
        for path in ["/dev/null", "/dev/urandom", "/dev/fd"] {
            assert!(relied_on(Path::new(path)).is_some(), "{path}");
        }
        for path in ["/dev/shm/null", "/dev/ttyUSB0", "/dev/fd/3", "/tmp/null", "/dev"] {
            assert_eq!(relied_on(Path::new(path)), None, "{path}");
        }
    }

    #[test]
    fn kind_and_reach_matter() {
        let directory = Some(Kind::Directory);
        assert_eq!(protected("/workspace", directory, true).as_deref(), Some("a top-level directory"));
        assert_eq!(protected("/etc/nginx", directory, true).as_deref(), Some("a system directory"));
        assert_eq!(protected("/home/ada", directory, false), None);
        assert_eq!(protected("/out.txt", Some(Kind::File), true), None);
        assert_eq!(protected("/etc/hosts", Some(Kind::File), false).as_deref(), Some("a system file"));
        assert_eq!(protected("/mnt/sda", Some(Kind::BlockDevice), false).as_deref(), Some("a block device"));
    }

    #[test]
    fn everything_in_a_protected_place_is_protected_but_not_what_is_temporary() {
        let children = |path: &str| {
            Touched { path: Path::new(path), kind: None, recursive: true, home: None }.protected_children()
        };
        assert_eq!(children("/").as_deref(), Some("everything in the root of the file system"));
        assert_eq!(children("/home/ada").as_deref(), Some("everything in a home directory"));
        assert_eq!(children("/tmp"), None);
        assert_eq!(children("/home/ada/src"), None);
    }

    #[test]
    fn words_of_wildcards_only_name_everything() {
        for word in ["*", "~/*", "/*", "./*", "~/.*", "{*,.*}", "**", "/home/x/*/"] {
            assert!(names_everything(word), "{word}");
        }
        for word in ["*.log", "a*", "", "..", "~/D*", "*/build"] {
            assert!(!names_everything(word), "{word}");
        }
    }

    #[test]
    fn normalizing_never_climbs_above_the_root() {
        assert_eq!(normalize(Path::new("../../x/./y"), Path::new("/a")), PathBuf::from("/x/y"));
        assert_eq!(normalize(Path::new("/a/../b"), Path::new("/z")), PathBuf::from("/b"));
    }
}
