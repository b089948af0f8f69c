//! What goes wrong ends in an answer, and the answer refuses.

use std::fs;

use serde_json::json;

use crate::support::{Machine, decision, is_silent, text};

#[test]
fn calls_that_cannot_be_read_are_refused_in_the_clients_dialect() {
    let machine = Machine::new();
    for broken in [&b""[..], b"{", b"[1,2]", b"\xff\xfe", b"null", b"{\"tool_name\":\"Bash\"}"] {
        for agent in ["claude", "codex", "qwen"] {
            let output = machine.feed(&["hook", agent], broken);
            assert_eq!(output.status.code(), Some(2), "{agent} {}", text(broken));
            assert!(!output.stderr.is_empty());
            assert_eq!(decision(&output), "deny", "{agent} {}", text(broken));
        }
        for (agent, key) in [("gemini", "decision"), ("copilot", "permissionDecision"), ("cline", "cancel")] {
            let output = machine.feed(&["hook", agent], broken);
            let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            assert!(answer[key] == "deny" || answer[key] == true, "{agent} {}", text(broken));
        }
    }
}

#[test]
fn an_unknown_agent_is_named_with_the_known_ones() {
    let machine = Machine::new();
    let output = machine.feed(&["hook", "clade"], b"{}");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("claude"), "{}", text(&output.stderr));
}

#[test]
fn more_than_sixteen_mebibytes_are_refused() {
    let machine = Machine::new();
    let big = machine.payload("Bash", &json!({ "command": "#".repeat(17 << 20) })).to_string();
    let output = machine.feed(&["hook", "claude"], big.as_bytes());
    assert_eq!(decision(&output), "deny");
    assert!(text(&output.stderr).contains("16 MiB"));
}

#[test]
fn a_directory_that_is_gone_does_not_make_a_deletion_harmless() {
    let machine = Machine::new();
    let mut payload = machine.payload("Bash", &json!({ "command": "rm -rf ~/Documents" }));
    payload["cwd"] = json!("/nonexistent/dir");
    fs::create_dir_all(machine.home().join("Documents")).unwrap();
    fs::write(machine.home().join("Documents/x"), "x").unwrap();
    let output = machine.feed(&["hook", "claude"], payload.to_string().as_bytes());
    assert!(!is_silent(&output));
}

#[test]
fn without_a_ledger_effects_are_refused_and_reads_pass_with_a_warning() {
    let machine = Machine::new();
    fs::create_dir_all(machine.weir_home()).unwrap();
    // A file where the directory should be: nothing can be written, whoever asks.
    fs::write(machine.weir_home().join("ledger"), "").unwrap();
    let read = machine.bash("ls");
    assert!(is_silent(&read));
    assert!(text(&read.stderr).contains("ledger"), "{}", text(&read.stderr));
    machine.write("package.json", "{}");
    machine.write("node_modules/a/index.js", "x");
    let write = machine.bash("rm -rf node_modules");
    assert_eq!(decision(&write), "deny", "{}", text(&write.stdout));
    assert!(text(&write.stderr).contains("ledger"));
}

#[test]
fn fields_from_the_future_are_ignored_and_missing_ones_tolerated() {
    let machine = Machine::new();
    let bare = json!({ "hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": { "command": "ls" }, "new": {"x": [1]} });
    assert!(is_silent(&machine.feed(&["hook", "claude"], bare.to_string().as_bytes())));
}
