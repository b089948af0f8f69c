//! The installed command lines, run by the shells that clients use: whatever becomes of Weir, the call is refused.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use weir_gate_hook::find_agent;
use weir_gate_hook::install::{self, InstallNote, Level, Roots};

/// A program in Weir's place that does what `body` says.
fn program(directory: &Path, body: &str) -> PathBuf {
    let path = directory.join("it's \"a\" $weir");
    fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// The line that `agent` is given for `event`, or the path of its script.
fn line(agent: &str, event: &str, program: &Path, root: &Path) -> String {
    let roots = Roots {
        home: root.join("home"),
        etc: root.join("etc"),
        weir_binary: program.to_owned(),
        weir_home: root.join("it's home"),
        variables: BTreeMap::new(),
    };
    let dialect = find_agent(agent).unwrap();
    let plan = install::plan_install(dialect, Level::User, &roots, &InstallNote::default()).unwrap();
    install::apply(&plan.changes).unwrap();
    let file = |name: &str| roots.home.join(name);
    let handler = |name: &str, pointer: String, key: &str| {
        let value: Value = serde_json::from_str(&fs::read_to_string(file(name)).unwrap()).unwrap();
        value.pointer(&pointer).unwrap()[key].as_str().unwrap().to_owned()
    };
    let nested = format!("/hooks/{event}/0/hooks/0");
    match agent {
        "codex" => handler(".codex/hooks.json", nested, "command"),
        "gemini" => handler(".gemini/settings.json", nested, "command"),
        "qwen" => handler(".qwen/settings.json", nested, "command"),
        "copilot" => handler(".copilot/hooks/weir.json", format!("/hooks/{event}/0"), "bash"),
        "cline" => file(&format!(".cline/hooks/{event}")).display().to_string(),
        _ => unreachable!(),
    }
}

fn run(agent: &str, shell: &str, event: &str, program: &Path, root: &Path, input: &[u8]) -> Output {
    let line = line(agent, event, program, root);
    let mut command = if agent == "cline" {
        Command::new(line)
    } else {
        let mut command = Command::new(shell);
        command.args(["-c", &line]);
        command
    };
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // A broken pipe is what some clients take for a failure of their own.
    let writer = std::thread::spawn(move || stdin.write_all(&input).is_ok());
    let output = child.wait_with_output().unwrap();
    assert!(writer.join().unwrap(), "the payload was not read to its end");
    output
}

const AGENTS: [(&str, &str); 5] = [
    ("codex", "PreToolUse"),
    ("gemini", "BeforeTool"),
    ("qwen", "PreToolUse"),
    ("copilot", "preToolUse"),
    ("cline", "PreToolUse"),
];

fn shells() -> Vec<&'static str> {
    ["sh", "bash", "zsh", "fish"]
        .into_iter()
        .filter(|shell| Command::new(shell).args(["-c", "exit 0"]).status().is_ok_and(|status| status.success()))
        .collect()
}

fn assert_refused(agent: &str, output: &Output) {
    assert_eq!(output.status.code(), Some(2), "{agent} {output:?}");
    let body: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{agent} {output:?}"));
    let text = body.to_string();
    assert!(text.contains("deny") || body["cancel"] == Value::Bool(true), "{text}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("Weir did not answer"));
}

#[test]
fn a_weir_that_does_not_answer_refuses() {
    let payload = vec![b'x'; 300_000];
    for (agent, event) in AGENTS {
        for shell in shells() {
            if shell == "fish" && agent != "codex" {
                continue;
            }
            let directory = tempfile::tempdir().unwrap();
            let root = directory.path();
            assert_refused(agent, &run(agent, shell, event, &root.join("missing"), root, &payload));
            for body in
                ["kill -9 $$", "exit 101", "exit 1", "exit 127", "kill -ABRT $$", "cat >/dev/null; kill -TERM $$"]
            {
                let directory = tempfile::tempdir().unwrap();
                let root = directory.path();
                let program = program(root, body);
                assert_refused(agent, &run(agent, shell, event, &program, root, &payload));
            }
        }
    }
}

#[test]
fn answers_pass_through_unchanged() {
    for (agent, event) in AGENTS {
        for shell in shells() {
            if shell == "fish" && agent != "codex" {
                continue;
            }
            let directory = tempfile::tempdir().unwrap();
            let root = directory.path();
            let silent = program(root, "cat >/dev/null; exit 0");
            let output = run(agent, shell, event, &silent, root, b"{}");
            assert_eq!((output.status.code(), output.stdout.len(), output.stderr.len()), (Some(0), 0, 0), "{output:?}");

            let directory = tempfile::tempdir().unwrap();
            let root = directory.path();
            let asked = program(root, "read x; printf '%s|' \"$x\" \"$@\"; echo no >&2; exit 2");
            let output = run(agent, shell, event, &asked, root, b"{\"a\":1}\n");
            let home = root.join("it's home");
            let expected = format!("{{\"a\":1}}|hook|{agent}|{event}|--home|{}|", home.display());
            assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
            assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(2), b"no\n".as_slice()));
        }
    }
}

#[test]
fn a_refusal_without_a_body_is_made_good_where_only_the_body_counts() {
    let directory = tempfile::tempdir().unwrap();
    let program = program(directory.path(), "cat >/dev/null; echo usage >&2; exit 2");
    let output = run("cline", "sh", "PreToolUse", &program, directory.path(), b"{}");
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap()["cancel"], Value::Bool(true));
}

#[test]
fn what_is_only_told_never_refuses() {
    for (agent, event) in
        [("codex", "PostToolUse"), ("gemini", "AfterTool"), ("qwen", "PostToolUse"), ("copilot", "postToolUse")]
    {
        let directory = tempfile::tempdir().unwrap();
        let missing = directory.path().join("missing");
        let line = line(agent, event, &missing, directory.path());
        let output = Command::new("bash").args(["-c", &line]).stdin(Stdio::null()).output().unwrap();
        assert_ne!(output.status.code(), Some(0));
        assert_ne!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty());
    }
}
