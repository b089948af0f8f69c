//! What an agent is answered, and what is recorded of it.

use serde_json::json;

use crate::support::{Machine, decision, is_silent, text};

#[test]
fn reading_is_silent_and_recorded() {
    let machine = Machine::new();
    assert!(is_silent(&machine.bash("git status && ls -la | head")));
    let log = machine.log(&[]);
    assert_eq!(log.len(), 1);
    assert_eq!(log[0]["judgement"]["verdict"], "allow");
    assert_eq!(log[0]["action"]["request"]["command"], "git status && ls -la | head");
}

#[test]
fn the_only_copy_is_kept_and_what_a_build_makes_again_is_not() {
    let machine = Machine::new();
    let victim = machine.only_copies("victim", 3);
    machine.write("package.json", "{}");
    machine.write("package-lock.json", "{}");
    machine.write("node_modules/left-pad/index.js", "x");

    assert!(is_silent(&machine.bash("rm -rf ./victim")));
    assert!(victim.join("photo-0.jpg").exists(), "the person may still say no: nothing was moved");
    assert!(is_silent(&machine.bash("rm -rf node_modules")));

    let log = machine.log(&[]);
    assert_eq!(log[1]["judgement"]["verdict"], "allow_with_restore_point");
    assert!(log[1]["judgement"]["restore_point"].is_string());
    assert!(log[0]["judgement"].get("restore_point").is_none());
    let impact = &log[1]["judgement"]["effects"][0]["impact"];
    assert_eq!(impact["files"], json!({"value": 3, "is": "exact"}));
    assert_eq!(impact["only_copy_files"], json!({"value": 3, "is": "exact"}));
    assert_eq!(log[0]["judgement"]["effects"][0]["impact"]["regenerable_files"]["value"], 1);
}

#[test]
fn what_the_session_made_itself_may_go() {
    let machine = Machine::new();
    let start = json!({ "session_id": "s-1", "cwd": machine.project(), "hook_event_name": "SessionStart", "source": "startup" });
    machine.only_copies("old", 1);
    std::thread::sleep(std::time::Duration::from_millis(30));
    assert!(is_silent(&machine.feed(&["hook", "claude"], start.to_string().as_bytes())));
    std::thread::sleep(std::time::Duration::from_millis(30));
    machine.only_copies("scratch", 2);
    assert!(is_silent(&machine.bash("rm -rf scratch")));
    machine.bash("touch old/photo-0.jpg; rm -rf old");
    let verdicts: Vec<_> = machine.log(&[]).iter().map(|record| record["judgement"]["verdict"].clone()).collect();
    assert_eq!(verdicts, ["allow_with_restore_point", "allow"], "touching does not make it the session's own");
}

#[test]
fn a_hold_is_listed_once_and_answered_by_nobody_without_a_terminal() {
    let machine = Machine::new();
    let answer = machine.bash("dropdb shop");
    assert_eq!(decision(&answer), "ask", "{}", text(&answer.stdout));
    machine.bash("dropdb shop");
    let listed = text(&machine.run(&["hold", "--json"]).stdout);
    assert_eq!(listed.lines().count(), 1, "{listed}");
    let hold: serde_json::Value = serde_json::from_str(listed.trim()).unwrap();
    let id = hold["hold"]["id"].as_str().unwrap();
    assert!(!text(&answer.stdout).contains("--yes"), "nothing in the answer approves");

    let refused = machine.run(&["approve", id]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("only a person"), "{}", text(&refused.stderr));
    let by_agent = machine.bash(&format!("weir approve {id}"));
    assert_eq!(decision(&by_agent), "deny");
}

#[test]
fn the_guard_does_not_let_itself_be_switched_off() {
    let machine = Machine::new();
    let home = machine.home();
    let settings = machine.project().join(".claude/settings.local.json");
    let user = home.join(".claude/settings.json");
    let edit = machine.hook("Write", &json!({ "file_path": settings, "content": "{\"disableAllHooks\":true}" }));
    assert_eq!(decision(&edit), "deny");
    for command in [
        "echo '{}' > ~/.claude/settings.json".to_owned(),
        format!("rm -rf {}", machine.weir_home().display()),
        "git config core.hooksPath /tmp/x".to_owned(),
        "sed -i s/weir/true/ ~/.codex/hooks.json".to_owned(),
        "cp /dev/null .claude/settings.json".to_owned(),
        "weir uninstall".to_owned(),
    ] {
        let answer = machine.bash(&command);
        assert_eq!(decision(&answer), "deny", "{command}");
    }
    let mcp = machine.hook("mcp__filesystem__write_file", &json!({ "path": user, "content": "{}" }));
    assert_eq!(decision(&mcp), "deny");
    assert!(is_silent(&machine.bash("cat ~/.claude/settings.json")), "looking is fine");
}

#[test]
fn data_is_not_code() {
    let machine = Machine::new();
    machine.only_copies("victim", 2);
    for command in [
        "git commit -m 'rm -rf victim; drop table users'",
        "echo \"rm -rf ./victim\"",
        "grep -rn 'rm -rf victim' .",
        "printf '%s\\n' 'DROP DATABASE prod;' | cat",
    ] {
        let answer = machine.bash(command);
        assert!(is_silent(&answer), "{command}: {}", text(&answer.stdout));
    }
}

#[test]
fn log_and_show_tell_the_story() {
    let machine = Machine::new();
    machine.only_copies("victim", 2);
    machine.bash("ls");
    machine.bash("rm -rf victim");
    assert_eq!(machine.log(&["--verdict", "allow_with_restore_point"]).len(), 1);
    assert_eq!(machine.log(&["--agent", "codex"]).len(), 0);
    assert_eq!(machine.log(&["--since", "1h"]).len(), 2);
    assert_eq!(machine.log(&["--limit", "1"]).len(), 1);
    let listed = text(&machine.run(&["log"]).stdout);
    assert!(listed.contains("rm -rf victim") && listed.contains("2 files"), "{listed}");
    assert!(!listed.contains('\u{1b}'), "no colors outside a terminal");
    let id = machine.log(&["--limit", "1"])[0]["action"]["id"].as_str().unwrap().to_owned();
    let shown = text(&machine.run(&["show", &id[id.len() - 8..]]).stdout);
    assert!(shown.contains("allow with a restore point") && shown.contains("victim"), "{shown}");
    assert_eq!(machine.run(&["show", "zzzzzzzz"]).status.code(), Some(2));
}
