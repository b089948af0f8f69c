//! The made-up machine of a corpus: a home directory, a project in git, a few files of the system.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use weir_analyze::{DirEntry, FileKind, World};

/// Where a corpus takes place.
pub(super) struct Machine {
    pub(super) home: PathBuf,
    pub(super) cwd: PathBuf,
    files: BTreeMap<PathBuf, &'static str>,
    directories: BTreeSet<PathBuf>,
    /// Every file that a command names exists.
    full: bool,
}

/// Below the home directory.
const HOME: &[(&str, &str)] = &[
    (".bashrc", "export EDITOR=vi\n"),
    (".gitconfig", "[user]\n\tname = A Person\n"),
    (".ssh/id_rsa", "-----BEGIN OPENSSH PRIVATE KEY-----\n"),
    (".ssh/config", "Host build\n"),
    (".aws/credentials", "[default]\naws_secret_access_key = x\n"),
    (".claude/settings.json", "{}\n"),
    (".codex/config.toml", "\n"),
    (".gemini/settings.json", "{}\n"),
    (".config/weir/policies/own.cedar", "\n"),
    (".local/bin/nah", "ELF"),
    (".weir/ledger/000001.jsonl", "\n"),
    ("Documents/thesis.odt", "text"),
    ("Pictures/2019/first.jpg", "image"),
    ("Downloads/old-build/a.zip", "zip"),
];

/// Below the project.
const PROJECT: &[(&str, &str)] = &[
    (".git/HEAD", "ref: refs/heads/main\n"),
    (".git/config", "[core]\n\tbare = false\n"),
    (".git/hooks/pre-commit", "#!/bin/sh\nexit 0\n"),
    (".git/index", "DIRC"),
    (".git/objects/pack/pack-1.pack", "PACK"),
    (".git/logs/HEAD", "0000\n"),
    (".git/refs/heads/main", "4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"),
    (".claude/settings.json", "{}\n"),
    (".env", "TOKEN=x\n"),
    ("README.md", "A project.\n"),
    ("file.txt", "text\n"),
    ("input.txt", "text\n"),
    ("notes.md", "text\n"),
    ("package.json", "{\"scripts\": {\"test\": \"jest\", \"build\": \"tsc\"}}\n"),
    ("Makefile", "test:\n\tcargo test\n"),
    ("src/lib.rs", "pub fn f() {}\n"),
    ("src/main.rs", "fn main() {}\n"),
    ("build/output/app.js", "x\n"),
    ("dist/app.js", "x\n"),
    ("node_modules/a/index.js", "x\n"),
    ("script.sh", "#!/bin/sh\necho hello\n"),
];

const SYSTEM: &[(&str, &str)] = &[
    ("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\n"),
    ("/etc/shadow", "root:*:1:0\n"),
    ("/etc/hosts", "127.0.0.1 localhost\n"),
    ("/proc/sysrq-trigger", ""),
    ("/usr/bin/env", "ELF"),
    ("/usr/lib/os-release", "NAME=x\n"),
    ("/bin/sh", "ELF"),
    ("/var/log/syslog", "x\n"),
    ("/var/lib/db/data", "x\n"),
    ("/tmp/old.log", "x\n"),
    ("/opt/app/run", "x\n"),
    ("/root/.profile", "x\n"),
    ("/boot/vmlinuz", "x\n"),
    ("/srv/www/index.html", "x\n"),
];

impl Machine {
    /// The machine that the authors of `peer` had in mind, going by the paths that their commands name.
    pub(super) fn of(peer: &str, full: bool) -> Self {
        let (home, cwd) = match peer {
            "nah" => ("/home/test", "/workspace/project"),
            _ => ("/home/user", "/home/user/project"),
        };
        let (home, cwd) = (PathBuf::from(home), PathBuf::from(cwd));
        let mut files = BTreeMap::new();
        files.extend(HOME.iter().map(|(path, text)| (home.join(path), *text)));
        files.extend(PROJECT.iter().map(|(path, text)| (cwd.join(path), *text)));
        files.extend(SYSTEM.iter().map(|(path, text)| (PathBuf::from(path), *text)));
        let directories = files.keys().flat_map(|path| path.ancestors().skip(1)).map(Path::to_owned).collect();
        Self { home, cwd, files, directories, full }
    }

    /// What stands at or below `path`.
    pub(super) fn below(&self, path: &Path) -> impl Iterator<Item = &Path> {
        self.files.keys().map(PathBuf::as_path).filter(move |file| file.starts_with(path))
    }
}

impl World for Machine {
    fn read(&self, path: &Path, limit: usize) -> Option<Vec<u8>> {
        self.files.get(path).filter(|text| text.len() <= limit).map(|text| text.as_bytes().to_vec())
    }

    fn list(&self, dir: &Path, limit: usize) -> Option<Vec<DirEntry>> {
        if !self.directories.contains(dir) {
            return None;
        }
        let mut entries = BTreeMap::new();
        for file in self.below(dir) {
            let mut below = file.strip_prefix(dir).ok()?.components();
            let Some(name) = below.next() else { continue };
            entries.insert(name.as_os_str().to_owned(), below.next().is_some());
        }
        (entries.len() <= limit).then(|| entries.into_iter().map(|(name, is_dir)| DirEntry { name, is_dir }).collect())
    }

    fn kind(&self, path: &Path) -> Option<FileKind> {
        if self.files.contains_key(path) {
            return Some(FileKind::File);
        }
        if self.directories.contains(path) {
            return Some(FileKind::Directory);
        }
        // A name with an ending is one of a file.
        (self.full && path.extension().is_some()).then_some(FileKind::File)
    }

    fn env(&self, name: &str) -> Option<String> {
        match name {
            "HOME" => Some(self.home.display().to_string()),
            "USER" | "LOGNAME" => self.home.file_name().map(|name| name.to_string_lossy().into_owned()),
            "PWD" => Some(self.cwd.display().to_string()),
            "SHELL" => Some("/bin/bash".to_owned()),
            "TMPDIR" => Some("/tmp".to_owned()),
            _ => None,
        }
    }

    fn home(&self, user: Option<&str>) -> Option<PathBuf> {
        match user {
            None => Some(self.home.clone()),
            Some("root") => Some(PathBuf::from("/root")),
            Some(user) if self.home.ends_with(user) => Some(self.home.clone()),
            Some(_) => None,
        }
    }
}
