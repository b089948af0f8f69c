//! Installing, taking away, and the canary with programs that stand in for clients.

use std::fs;

use serde_json::Value;

use crate::support::{Machine, files, text};

const AGENTS: [&str; 7] = ["claude", "codex", "gemini", "copilot", "qwen", "cline", "opencode"];

/// Settings as people have them: comments, odd spacing, hooks of their own.
fn settings(machine: &Machine) {
    let write = |path: &str, content: &str| {
        let path = machine.home().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    };
    write(".claude/settings.json", "{\n    \"model\" : \"opus\",\n  \"hooks\": { \"PreToolUse\": [ ] }\n}");
    write(".codex/config.toml", "# mine\nmodel = \"x\"   # favorite\n\n[tui]\nnotifications = true");
    write(".gemini/settings.json", "// mine\n{\"ui\": {\"theme\": \"Dracula\"}, /* last */ }\r\n");
    write(".qwen/settings.json", "{}\n");
    write(".config/opencode/opencode.json", "{ \"model\": \"a/b\" }");
}

fn doctor(machine: &Machine, agent: &str) -> (Option<i32>, Value) {
    let output = machine.run(&["doctor", "--agent", agent, "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
    (output.status.code(), report["agents"][0].clone())
}

#[test]
fn uninstalling_leaves_every_byte_as_it_was() {
    let machine = Machine::new();
    settings(&machine);
    let before = files(&machine.home());
    let mut args = vec!["init", "--no-canary"];
    args.extend(AGENTS.iter().flat_map(|agent| ["--agent", agent]));

    let shown = machine.run(&[&args[..], &["--dry-run"]].concat());
    assert!(shown.status.success() && text(&shown.stdout).contains("Nothing was changed"), "{}", text(&shown.stderr));
    assert_eq!(files(&machine.home()), before, "a dry run changes nothing");
    assert!(!machine.weir_home().exists(), "not even Weir's own directory");

    let installed = machine.run(&args);
    assert!(installed.status.success(), "{}", text(&installed.stderr));
    let after = files(&machine.home());
    for (path, content) in &before {
        let (old, new) = (text(content), text(&after[path]));
        for part in ["// mine", "# mine", "# favorite", "/* last */", "\"model\" : \"opus\""] {
            assert!(!old.contains(part) || new.contains(part), "{} lost `{part}`", path.display());
        }
    }
    assert!(machine.run(&args).status.success());
    assert_eq!(files(&machine.home()), after, "doing it again changes nothing");
    for agent in AGENTS {
        let report = machine.run(&["doctor", "--agent", agent, "--no-canary"]);
        assert!(text(&report.stdout).contains("on: for this user"), "{agent}: {}", text(&report.stdout));
    }

    let taken = machine.run(&["uninstall"]);
    assert!(taken.status.success(), "{}", text(&taken.stderr));
    assert_eq!(files(&machine.home()), before);
    assert!(text(&machine.run(&["uninstall"]).stdout).contains("No hooks of Weir"));
    assert!(machine.run(&["uninstall", "--purge"]).status.success());
    assert!(!machine.weir_home().exists());
}

#[test]
fn settings_that_cannot_be_read_are_left_alone_and_named() {
    let machine = Machine::new();
    settings(&machine);
    let path = machine.home().join(".claude/settings.json");
    fs::write(&path, "{ \"hooks\": ").unwrap();
    let output = machine.run(&["init", "--no-canary", "--agent", "claude", "--agent", "qwen"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains(&path.display().to_string()), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("qwen: hooks installed"), "{}", text(&output.stdout));
    assert_eq!(fs::read_to_string(&path).unwrap(), "{ \"hooks\": ");
}

#[test]
fn the_canary_goes_by_what_is_left_and_by_the_ledger() {
    let machine = Machine::new();
    assert!(machine.run(&["init", "--no-canary", "--agent", "claude"]).status.success());

    machine.client("claude", "echo 'no license' >&2; exit 1");
    let (code, report) = doctor(&machine, "claude");
    assert_eq!((code, report["status"].as_str()), (Some(0), Some("on")), "{report}");
    assert_eq!(report["canary"]["result"], "inconclusive");
    assert!(report["canary"]["says"].as_str().unwrap().contains("no license"), "{report}");

    machine.client("claude", "rm -rf weir-canary-* .weir");
    let (code, report) = doctor(&machine, "claude");
    assert_eq!((code, report["status"].as_str()), (Some(1), Some("silently-off")), "{report}");
    assert_eq!(report["canary"]["result"], "not-stopped");

    let ask = |path: &str| {
        format!(
            "echo '{{\"hook_event_name\":\"PreToolUse\",\"tool_name\":\"Bash\",\"cwd\":\"'$PWD'\",\
             \"tool_input\":{{\"command\":\"rm -rf ./{path}\"}}}}' | '{}' hook claude PreToolUse --home '{}' > answer\n\
             [ -s answer ] || rm -rf ./{path}",
            env!("CARGO_BIN_EXE_weir"),
            machine.weir_home().display()
        )
    };
    machine.client("claude", &[ask("weir-canary-build/node_modules"), ask(".weir/weir-canary-victim")].join("\n"));
    let (code, report) = doctor(&machine, "claude");
    assert_eq!((code, report["canary"]["result"].as_str()), (Some(0), Some("stopped")), "{report}");
    assert_eq!(report["canary"]["harmless_ran"], true);
    assert!(text(&machine.run(&["hold"]).stdout).contains("Nothing waits"), "nobody has to answer a canary");
}

#[test]
fn the_canary_speaks_each_protocol_only_on_this_machine() {
    let machine = Machine::new();
    for (agent, variable) in [
        ("claude", "$ANTHROPIC_BASE_URL"),
        ("gemini", "$GOOGLE_GEMINI_BASE_URL"),
        ("qwen", "$OPENAI_BASE_URL"),
        ("copilot", "$COPILOT_PROVIDER_BASE_URL"),
        ("codex", "$HTTPS_PROXY"),
        ("cline", "$HTTPS_PROXY"),
        ("opencode", "$HTTPS_PROXY"),
    ] {
        assert!(machine.run(&["init", "--no-canary", "--agent", agent]).status.success());
        machine.client(agent, &format!("echo \"error: {variable} $HTTPS_PROXY $HOME\" >&2"));
        let (_, report) = doctor(&machine, agent);
        let says = report["canary"]["says"].as_str().unwrap();
        assert_eq!(says.matches("http://127.0.0.1:").count(), 2, "{agent}: {says}");
        assert!(says.ends_with(&*machine.home().to_string_lossy()), "{agent}: {says}");
    }
}
