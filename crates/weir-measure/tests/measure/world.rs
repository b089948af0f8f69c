//! Real trees and real repositories to measure, with git itself as the judge.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;
use weir_measure::{Context, measure};
use weir_model::{Effect, GitScope, Scope, Target, TargetKind, Timestamp, Verb};

/// A scratch directory with its real path.
pub struct World {
    _keep: TempDir,
    pub root: PathBuf,
    pub session_started: Option<Timestamp>,
    pub budget: Duration,
}

impl World {
    pub fn new() -> Self {
        let keep = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(keep.path()).unwrap();
        Self { _keep: keep, root, session_started: None, budget: Duration::from_secs(60) }
    }

    /// A world whose root is a fresh repository.
    pub fn repository() -> Self {
        let world = Self::new();
        world.init("");
        world
    }

    pub fn init(&self, directory: &str) {
        fs::create_dir_all(self.root.join(directory)).unwrap();
        git(&self.root.join(directory), &["init", "-q", "-b", "main"]);
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    pub fn write(&self, path: &str, content: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub fn git(&self, args: &[&str]) -> String {
        git(&self.root, args)
    }

    pub fn commit_all(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "x"]);
    }

    pub fn measure(&self, effect: Effect) -> Effect {
        self.measure_in("", effect)
    }

    pub fn measure_in(&self, directory: &str, effect: Effect) -> Effect {
        let mut effects = [effect];
        self.measure_all(directory, &mut effects);
        let [effect] = effects;
        effect
    }

    pub fn measure_all(&self, directory: &str, effects: &mut [Effect]) {
        measure(
            effects,
            &Context {
                cwd: &self.root.join(directory),
                home: Some(Path::new("/nowhere/home")),
                session_started: self.session_started,
                environments: &weir_model::Environments::default(),
                budget: self.budget,
            },
        );
    }

    /// `rm -rf PATH`
    pub fn rm_rf(&self, path: &str) -> Effect {
        self.measure(self.deletion(path, Scope::Whole))
    }

    pub fn deletion(&self, path: &str, scope: Scope) -> Effect {
        Effect::new(Verb::Delete, Target::new(TargetKind::FileTree, path).at(vec![self.path(path)])).within(scope)
    }

    /// A git effect in the root.
    pub fn git_effect(&self, kind: TargetKind, scope: GitScope) -> Effect {
        self.measure(
            Effect::new(Verb::Delete, Target::new(kind, "git").at(vec![self.root.clone()])).within(Scope::Git(scope)),
        )
    }
}

/// Runs git, with nothing of this machine's configuration.
pub fn git(directory: &Path, args: &[&str]) -> String {
    let output = Command::new("git")
        .args(args)
        .current_dir(directory)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env("GIT_AUTHOR_NAME", "a")
        .env("GIT_AUTHOR_EMAIL", "a@example.com")
        .env("GIT_COMMITTER_NAME", "a")
        .env("GIT_COMMITTER_EMAIL", "a@example.com")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn changes(staged: bool, worktree: bool) -> GitScope {
    GitScope::Changes { pathspecs: Vec::new(), staged, worktree, to: None }
}

pub fn untracked(directories: bool, ignored: bool, only_ignored: bool) -> GitScope {
    GitScope::Untracked { pathspecs: Vec::new(), directories, ignored, only_ignored }
}
