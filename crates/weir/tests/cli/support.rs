//! A person's machine in a scratch directory: a home, a project, and the program under test.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

pub(crate) struct Machine {
    _scratch: tempfile::TempDir,
    pub(crate) root: PathBuf,
}

impl Machine {
    pub(crate) fn new() -> Self {
        let scratch = tempfile::Builder::new().prefix("weir-test-").tempdir().unwrap();
        let root = scratch.path().canonicalize().unwrap();
        let machine = Self { _scratch: scratch, root };
        fs::create_dir_all(machine.project()).unwrap();
        machine
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    pub(crate) fn project(&self) -> PathBuf {
        self.home().join("project")
    }

    pub(crate) fn weir_home(&self) -> PathBuf {
        self.root.join("weir")
    }

    /// Files that nothing else has a copy of.
    pub(crate) fn only_copies(&self, name: &str, files: usize) -> PathBuf {
        let dir = self.project().join(name);
        fs::create_dir_all(&dir).unwrap();
        for i in 0..files {
            fs::write(dir.join(format!("photo-{i}.jpg")), "pixels").unwrap();
        }
        dir
    }

    pub(crate) fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.project().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// A program that stands in for a client's.
    pub(crate) fn client(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.root.join("bin").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn search_path(&self) -> std::ffi::OsString {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::join_paths(std::iter::once(self.root.join("bin")).chain(std::env::split_paths(&path))).unwrap()
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_weir"));
        command
            .args(args)
            .env_clear()
            .env("HOME", self.home())
            .env("PATH", self.search_path())
            .env("WEIR_HOME", self.weir_home())
            .current_dir(self.project());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args).stdin(Stdio::null()).output().unwrap()
    }

    pub(crate) fn feed(&self, args: &[&str], input: &[u8]) -> Output {
        feed(self.command(args), input)
    }

    /// One hook call of Claude Code's protocol.
    pub(crate) fn hook(&self, tool: &str, input: &Value) -> Output {
        self.feed(&["hook", "claude"], self.payload(tool, input).to_string().as_bytes())
    }

    pub(crate) fn payload(&self, tool: &str, input: &Value) -> Value {
        json!({
            "session_id": "s-1", "cwd": self.project(), "hook_event_name": "PreToolUse",
            "tool_name": tool, "tool_input": input, "tool_use_id": "toolu_1"
        })
    }

    pub(crate) fn bash(&self, command: &str) -> Output {
        self.hook("Bash", &json!({ "command": command }))
    }

    pub(crate) fn check(&self, command: &str) -> Value {
        let output = self.run(&["check", "--json", "--", command]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The records of the ledger, newest first.
    pub(crate) fn log(&self, args: &[&str]) -> Vec<Value> {
        let output = self.run(&[&["log", "--json"], args].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        output.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
    }
}

pub(crate) fn feed(mut command: Command, input: &[u8]) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A program that refuses early may close its input: that is part of what is tested.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub(crate) fn is_silent(output: &Output) -> bool {
    output.status.code() == Some(0) && output.stdout.is_empty()
}

/// The decision in Claude Code's answer.
pub(crate) fn decision(output: &Output) -> String {
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stdout)));
    answer["hookSpecificOutput"]["permissionDecision"].as_str().unwrap_or_default().to_owned()
}

/// Every file below `dir` with its content, links not followed.
pub(crate) fn files(dir: &Path) -> std::collections::BTreeMap<PathBuf, Vec<u8>> {
    let mut found = std::collections::BTreeMap::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_type().unwrap().is_dir() {
                open.push(path)
            } else {
                drop(found.insert(path.clone(), fs::read(path).unwrap()))
            }
        }
    }
    found
}
