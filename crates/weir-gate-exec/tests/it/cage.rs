//! A directory to destroy, and the program under test in it.

use std::fmt::Write as _;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Who runs the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum User {
    /// Whoever runs the tests.
    Same,
    /// Somebody without rights.
    Nobody,
}

const NOBODY: u32 = 65534;

/// Every user that a test can be.
pub(crate) fn users() -> Vec<User> {
    if rustix::process::geteuid().is_root() { vec![User::Same, User::Nobody] } else { vec![User::Same] }
}

/// Runs a test once per user.
pub(crate) fn as_each_user(test: impl Fn(&Cage)) {
    for user in users() {
        eprintln!("as {user:?}");
        test(&Cage::new(user));
    }
}

/// As [`as_each_user`], with what is made noted and not.
pub(crate) fn as_each_user_and_way(test: impl Fn(&Cage)) {
    for strict in [false, true] {
        for user in users() {
            eprintln!("as {user:?}, strict: {strict}");
            test(&Cage { strict, ..Cage::new(user) });
        }
    }
}

pub(crate) struct Cage {
    strict: bool,
    directory: tempfile::TempDir,
    user: User,
    program: PathBuf,
}

impl Cage {
    pub(crate) fn new(user: User) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let program = directory.path().join("weir-guarded");
        std::fs::copy(env!("CARGO_BIN_EXE_weir-guarded"), &program).unwrap();
        let cage = Self { strict: false, directory, user, program };
        std::fs::create_dir(cage.path("work")).unwrap();
        std::fs::create_dir(cage.path("outside")).unwrap();
        std::fs::create_dir(cage.path("home")).unwrap();
        cage.give(cage.root());
        cage
    }

    /// Whether what is made is noted in this test.
    pub(crate) fn is_strict(&self) -> bool {
        self.strict
    }

    pub(crate) fn root(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    /// Everything below belongs to the user of the command.
    fn give(&self, path: &Path) {
        if self.user == User::Nobody {
            std::os::unix::fs::lchown(path, Some(NOBODY), Some(NOBODY)).unwrap();
            if path.symlink_metadata().unwrap().is_dir() {
                for entry in path.read_dir().unwrap() {
                    self.give(&entry.unwrap().path());
                }
            }
        }
    }

    pub(crate) fn write(&self, path: &str, content: &str) -> PathBuf {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        self.give(&self.path("work"));
        self.give(&self.path("outside"));
        path
    }

    /// A tree with a bit of everything in `work`.
    pub(crate) fn fill(&self) {
        for directory in 0..6 {
            for file in 0..8 {
                self.write(
                    &format!("work/photos/{directory}/{file}.jpg"),
                    &format!("{directory} {file}\n").repeat(file + 1),
                );
            }
        }
        self.write("work/.env", "SECRET=1\n");
        self.write("work/src/main.c", "int main(void) { return 0; }\n");
        self.write("work/script.sh", "#!/bin/sh\nexit 0\n");
        std::fs::set_permissions(self.path("work/script.sh"), PermissionsExt::from_mode(0o751)).unwrap();
        std::fs::create_dir_all(self.path("work/empty/inner")).unwrap();
        std::os::unix::fs::symlink("../.env", self.path("work/src/env-link")).unwrap();
        std::os::unix::fs::symlink("/nowhere", self.path("work/dangling")).unwrap();
        std::fs::hard_link(self.path("work/src/main.c"), self.path("work/main-again.c")).unwrap();
        self.give(&self.path("work"));
        let old = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_600_000_000);
        std::fs::File::open(self.path("work/.env")).unwrap().set_modified(old).unwrap();
    }

    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.path("work")).env("HOME", self.path("home")).env("TMPDIR", self.path("work"));
        if self.user == User::Nobody {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }

    /// The guard with options, ready for a command.
    pub(crate) fn guard_with(&self, options: &[&str]) -> Command {
        let mut command = self.command(&self.program);
        command.arg("--store").arg(self.path("store")).arg("--floor").arg(self.path("work"));
        command.arg("--log").arg(self.path("home/log")).arg("--report").arg(self.path("home/report"));
        command.args(options).arg("--");
        command
    }

    pub(crate) fn guard(&self) -> Command {
        self.guard_with(&[])
    }

    /// Runs a shell script under the guard.
    pub(crate) fn shell(&self, script: &str) -> Output {
        output(self.guard().args(["sh", "-c", script]))
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.path("home/log")).unwrap_or_default()
    }

    pub(crate) fn undo(&self) {
        let mut command = self.command(&self.program);
        let done = output(command.arg("undo").arg(self.path("store")));
        assert!(done.status.success(), "{done:?}");
    }

    /// Compiles a C program.
    pub(crate) fn compile(&self, source: &str, options: &[&str]) -> PathBuf {
        let program = self.path("program");
        let file = self.path("program.c");
        std::fs::write(&file, source).unwrap();
        let built =
            output(Command::new("cc").args(["-O1", "-pthread", "-w", "-o"]).arg(&program).arg(&file).args(options));
        assert!(built.status.success(), "{built:?}");
        chown(&program, None, None).unwrap();
        program
    }

    /// All that can be seen of a tree.
    pub(crate) fn picture(&self, of: &str) -> String {
        let mut text = String::new();
        draw(&self.path(of), Path::new(of), &mut text);
        text
    }
}

fn draw(path: &Path, name: &Path, text: &mut String) {
    let Ok(status) = path.symlink_metadata() else {
        writeln!(text, "{} missing", name.display()).unwrap();
        return;
    };
    let times = if status.is_symlink() { 0 } else { status.mtime_nsec() + status.mtime() * 1_000_000_000 };
    write!(text, "{} {:o} {}:{} {times}", name.display(), status.mode(), status.uid(), status.gid()).unwrap();
    if status.is_symlink() {
        writeln!(text, " -> {}", path.read_link().unwrap().display()).unwrap();
    } else if status.is_dir() {
        text.push('\n');
        let mut names: Vec<_> = path.read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        for entry in names.iter().filter(|entry| !entry.to_string_lossy().starts_with(".weir-trash-")) {
            draw(&path.join(entry), &name.join(entry), text);
        }
    } else {
        let content = if status.is_file() { std::fs::read(path).unwrap() } else { Vec::new() };
        writeln!(text, " links {} {:?}", status.nlink(), String::from_utf8_lossy(&content)).unwrap();
    }
}

pub(crate) fn output(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// Whether a program that not every machine has is there.
pub(crate) fn have(program: &str) -> bool {
    Command::new("sh").args(["-c", &format!("command -v {program}")]).output().is_ok_and(|found| found.status.success())
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[track_caller]
pub(crate) fn succeeded(output: &Output) {
    assert!(output.status.success(), "{output:?}");
}
