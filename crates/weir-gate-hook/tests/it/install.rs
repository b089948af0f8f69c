//! Settings: what is there stays byte for byte, what is added can be taken away without a trace.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tempfile::TempDir;
use weir_gate_hook::install::{self, InstallError, InstallNote, Level, Roots, Status};
use weir_gate_hook::{AGENTS, Dialect, find_agent};

struct Machine {
    directory: TempDir,
    roots: Roots,
}

fn machine() -> Machine {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap();
    let weir_binary = root.join("it's weir/weir");
    fs::create_dir_all(weir_binary.parent().unwrap()).unwrap();
    fs::write(&weir_binary, "").unwrap();
    fs::create_dir(root.join("home")).unwrap();
    let roots = Roots {
        home: root.join("home"),
        etc: root.join("etc"),
        weir_binary,
        weir_home: root.join("weir home"),
        variables: BTreeMap::new(),
    };
    Machine { directory, roots }
}

/// Every file and directory below `path`, with contents.
fn tree(path: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut open = vec![path.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.insert(path.clone(), None);
                open.push(path);
            } else {
                found.insert(path.clone(), Some(fs::read(&path).unwrap()));
            }
        }
    }
    found
}

fn everything(roots: &Roots) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut all = tree(&roots.home);
    all.extend(tree(&roots.etc));
    all
}

/// Puts it on, and off again; gives the note in between.
fn on(agent: &dyn Dialect, level: Level, roots: &Roots, note: &InstallNote) -> InstallNote {
    let plan = install::plan_install(agent, level, roots, note).unwrap();
    install::apply(&plan.changes).unwrap();
    plan.note
}

fn off(agent: &dyn Dialect, level: Level, roots: &Roots, note: &InstallNote) -> InstallNote {
    let plan = install::plan_uninstall(agent, level, roots, note).unwrap();
    install::apply(&plan.changes).unwrap();
    plan.note
}

fn levels(agent: &dyn Dialect) -> Vec<Level> {
    let managed = !matches!(agent.name(), "cline" | "opencode");
    if managed { vec![Level::User, Level::Managed] } else { vec![Level::User] }
}

#[test]
fn on_a_bare_machine_nothing_is_left() {
    for agent in AGENTS {
        for level in levels(*agent) {
            let Machine { roots, directory: _directory } = &machine();
            let before = everything(roots);
            let cwd = roots.home.join("project");
            assert_eq!(install::inspect(*agent, level, roots, &cwd).unwrap(), Status::Off);
            let note = on(*agent, level, roots, &InstallNote::default());
            assert_eq!(install::inspect(*agent, level, roots, &cwd).unwrap(), Status::On, "{}", agent.name());
            assert_eq!(note.installed(), vec![(agent.name().to_owned(), level)]);
            let again = install::plan_install(*agent, level, roots, &note).unwrap();
            assert_eq!((again.changes.len(), &again.note), (0, &note), "{}", agent.name());
            // The note survives being stored.
            let note: InstallNote = serde_json::from_str(&serde_json::to_string(&note).unwrap()).unwrap();
            let note = off(*agent, level, roots, &note);
            assert!(note.is_empty());
            assert_eq!(everything(roots), before, "{} {level:?}", agent.name());
        }
    }
}

#[test]
fn without_a_note_nothing_of_weir_is_left_either() {
    for agent in AGENTS {
        for level in levels(*agent) {
            let Machine { roots, directory: _directory } = &machine();
            on(*agent, level, roots, &InstallNote::default());
            off(*agent, level, roots, &InstallNote::default());
            for (path, content) in everything(roots) {
                let text = String::from_utf8(content.unwrap_or_default()).unwrap();
                assert!(!text.to_lowercase().contains("weir"), "{} {text}", path.display());
            }
            assert_eq!(install::inspect(*agent, level, roots, &roots.home).unwrap(), Status::Off);
        }
    }
}

#[test]
fn a_level_that_the_client_does_not_have_is_refused() {
    let Machine { roots, directory: _directory } = &machine();
    for name in ["cline", "opencode"] {
        let agent = find_agent(name).unwrap();
        let error = install::plan_install(agent, Level::Managed, roots, &InstallNote::default()).unwrap_err();
        assert!(matches!(error, InstallError::NoManagedLevel { .. }));
        assert!(
            install::plan_uninstall(agent, Level::Managed, roots, &InstallNote::default()).unwrap().changes.is_empty()
        );
    }
}

/// Settings as people have them.
const JSON: &[&str] = &[
    "",
    "\n",
    "{}",
    "{}\n",
    "{ }",
    "{\n}\n",
    "{\"hooks\":{}}",
    "{\"hooks\": {\"PreToolUse\": []}}\n",
    "{\"model\":\"opus\",\"hooks\":{\"PreToolUse\":[{\"matcher\":\"Bash\",\"hooks\":[{\"type\":\"command\",\"command\":\"mine\"}]}]}}",
    "{\n  \"model\": \"opus\",\n  \"permissions\": {\n    \"allow\": [\"Bash(ls)\", \"Read\"]\n  }\n}\n",
    "{\n\t\"z\": 1,\n\t\"hooks\": {\n\t\t\"PreToolUse\": [\n\t\t\t{\n\t\t\t\t\"hooks\": [\n\t\t\t\t\t{ \"type\": \"command\", \"command\": \"a\" }\n\t\t\t\t]\n\t\t\t}\n\t\t],\n\t\t\"Stop\": []\n\t},\n\t\"a\": [1,\n2,   3]\n}",
    "{\r\n    \"model\": \"x\",\r\n    \"hooks\": {\r\n        \"SessionStart\": [ ]\r\n    },\r\n    \"b\": true\r\n}\r\n",
    "\u{feff}{\n  \"name\": \"Zoë \\u00eb 🦀\"\n}\n",
    "   {\"a\":{\"hooks\":{\"PreToolUse\":[1]}},\"hooks\":{\"BeforeTool\":[{\"hooks\":[{\"type\":\"command\",\"command\":\"x\",\"name\":\"n\"}]}]}}   \n\n",
];

/// The same with what only some clients allow.
const JSONC: &[&str] = &[
    "// mine\n{\n  // the theme\n  \"theme\": \"dark\", /* really */\n  \"hooks\": {\n    // none yet\n  },\n}\n// end\n",
    "{\n  \"hooks\": {\n    \"BeforeTool\": [\n      { \"hooks\": [ { \"type\": \"command\", \"command\": \"x\" }, ], }, // last\n    ],\n  },\n}",
    "/* only a comment */\n{}",
    "{\"a\":1,/*x*/}",
];

const TOML: &[&str] = &[
    "",
    "model = \"gpt\"",
    "model = \"gpt\"\n\n[projects.\"/w\"]\ntrust_level = \"trusted\"\n",
    "# mine\r\nmodel = \"gpt\"\r\n\r\n[features]\r\nweb = true # why\r\n",
    "[hooks]\n[[hooks.PreToolUse]]\n[[hooks.PreToolUse.hooks]]\ntype = \"command\"\ncommand = \"x\"\n\n[tui]\na = 1\n",
    "[hooks.state.\"/x:pre_tool_use:0:0\"]\ntrusted_hash = \"sha256:00\"\n\n\n",
    "hooks.state.\"/y\".enabled = false\n[a]\nb = 1\n",
    "hooks = { state = { } }\n",
];

fn json_path(agent: &str, roots: &Roots) -> Option<PathBuf> {
    Some(match agent {
        "claude" => roots.home.join(".claude/settings.json"),
        "codex" => roots.home.join(".codex/hooks.json"),
        "gemini" => roots.home.join(".gemini/settings.json"),
        "qwen" => roots.home.join(".qwen/settings.json"),
        _ => return None,
    })
}

fn put(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Every character of `before` is still there, in order; only blanks may have been added between.
fn assert_kept(before: &str, after: &str) {
    let mut rest = after.chars().filter(|c| !c.is_whitespace());
    for c in before.chars().filter(|c| !c.is_whitespace()) {
        assert!(rest.any(|other| other == c), "`{c}` was lost:\n{before}\n{after}");
    }
}

fn round_trip(agent: &dyn Dialect, path: &Path, text: &str, roots: &Roots) {
    put(path, text);
    let before = everything(roots);
    let note = on(agent, Level::User, roots, &InstallNote::default());
    let after = fs::read_to_string(path).unwrap();
    assert_eq!(install::inspect(agent, Level::User, roots, &roots.home).unwrap(), Status::On, "{text}\n->\n{after}");
    assert_kept(text, &after);
    if path.extension().is_some_and(|extension| extension == "toml") && !text.contains("{ }") {
        assert!(after.starts_with(text), "{after}");
    }
    if text.contains("\r\n") {
        assert!(!after.replace("\r\n", "").contains('\n'), "{after:?}");
    }
    let again = install::plan_install(agent, Level::User, roots, &note).unwrap();
    assert!(again.changes.is_empty(), "{text}");
    assert!(install::plan_install(agent, Level::User, roots, &InstallNote::default()).unwrap().changes.is_empty());
    off(agent, Level::User, roots, &note);
    assert_eq!(everything(roots), before, "{} {text}", agent.name());
}

#[test]
fn settings_of_people_survive() {
    for agent in AGENTS {
        let Machine { roots, directory: _directory } = &machine();
        let Some(path) = json_path(agent.name(), roots) else {
            continue;
        };
        let lenient = matches!(agent.name(), "gemini" | "qwen");
        for text in JSON.iter().chain(if lenient { JSONC } else { &[] }) {
            round_trip(*agent, &path, text, roots);
        }
    }
    for text in TOML {
        let Machine { roots, directory: _directory } = &machine();
        round_trip(find_agent("codex").unwrap(), &roots.home.join(".codex/config.toml"), text, roots);
    }
}

#[test]
fn managed_requirements_of_an_organization_survive() {
    for text in [
        "",
        "# ours\nallowed_approval_policies = [\"on-request\"]\n\n[features]\nx = true\n",
        "[hooks]\nmanaged_dir = \"/opt\"\n\n[[hooks.PreToolUse]]\n[[hooks.PreToolUse.hooks]]\ntype = \"command\"\ncommand = \"ours\"\n",
        "a = 1\r\n[features]\r\nx = true\r\n",
    ] {
        let Machine { roots, directory: _directory } = &machine();
        let path = roots.etc.join("codex/requirements.toml");
        put(&path, text);
        let codex = find_agent("codex").unwrap();
        let note = on(codex, Level::Managed, roots, &InstallNote::default());
        let after = fs::read_to_string(&path).unwrap();
        assert_eq!(install::inspect(codex, Level::Managed, roots, &roots.home).unwrap(), Status::On, "{after}");
        for line in text.lines().filter(|line| !line.is_empty()) {
            assert!(after.contains(line), "{line}\n{after}");
        }
        off(codex, Level::Managed, roots, &note);
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        // And by content alone, nothing of Weir stays.
        on(codex, Level::Managed, roots, &InstallNote::default());
        off(codex, Level::Managed, roots, &InstallNote::default());
        let left = fs::read_to_string(&path).unwrap();
        assert!(!left.contains("weir"), "{left}");
        assert!(!text.contains("\"ours\"") || left.contains("\"ours\""), "{left}");
    }
}

#[test]
fn what_people_add_later_stays() {
    let Machine { roots, directory: _directory } = &machine();
    let claude = find_agent("claude").unwrap();
    let path = json_path("claude", roots).unwrap();
    put(&path, "{\n  \"model\": \"opus\"\n}\n");
    let note = on(claude, Level::User, roots, &InstallNote::default());
    let edited = fs::read_to_string(&path).unwrap().replacen("{\n", "{\n  \"theme\": \"dark\",\n", 1);
    put(&path, &edited);
    assert!(install::plan_install(claude, Level::User, roots, &note).unwrap().changes.is_empty());
    off(claude, Level::User, roots, &note);
    assert_eq!(fs::read_to_string(&path).unwrap(), "{\n  \"theme\": \"dark\",\n  \"model\": \"opus\"\n}\n");

    // A person's own handler beside Weir's, in the very group.
    put(&path, "{}\n");
    let note = on(claude, Level::User, roots, &InstallNote::default());
    let mut value: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let mine = serde_json::json!({ "type": "command", "command": "mine" });
    value["hooks"]["PreToolUse"][0]["hooks"].as_array_mut().unwrap().push(mine.clone());
    put(&path, &value.to_string());
    off(claude, Level::User, roots, &note);
    let left: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(left, serde_json::json!({ "hooks": { "PreToolUse": [{ "hooks": [mine] }] } }));
}

#[test]
fn an_older_command_is_replaced_and_the_first_state_still_comes_back() {
    for agent in AGENTS {
        let Machine { roots, directory: _directory } = &machine();
        if let Some(path) = json_path(agent.name(), roots) {
            put(&path, JSON[10]);
        }
        let before = everything(roots);
        let mut old = roots.clone();
        old.weir_binary = roots.home.parent().unwrap().join("old");
        let note = on(*agent, Level::User, &old, &InstallNote::default());
        let status = install::inspect(*agent, Level::User, roots, &roots.home).unwrap();
        assert!(matches!(status, Status::SilentlyOff { .. }), "{} {status:?}", agent.name());
        let note = on(*agent, Level::User, roots, &note);
        assert_eq!(install::inspect(*agent, Level::User, roots, &roots.home).unwrap(), Status::On, "{}", agent.name());
        let text = everything(roots)
            .values()
            .flatten()
            .map(|text| String::from_utf8_lossy(text).into_owned())
            .collect::<String>();
        assert!(!text.contains(old.weir_binary.to_str().unwrap()));
        off(*agent, Level::User, roots, &note);
        assert_eq!(everything(roots), before, "{}", agent.name());
    }
}

#[test]
fn codex_trust_follows_its_hooks() {
    let Machine { roots, directory: _directory } = &machine();
    let codex = find_agent("codex").unwrap();
    let note = on(codex, Level::User, roots, &InstallNote::default());
    let hooks = roots.home.join(".codex/hooks.json");
    // Somebody puts a group before Weir's: its place, and so its trust, is another.
    let mut value: serde_json::Value = serde_json::from_str(&fs::read_to_string(&hooks).unwrap()).unwrap();
    let mine = serde_json::json!({ "hooks": [{ "type": "command", "command": "mine" }] });
    value["hooks"]["PreToolUse"].as_array_mut().unwrap().insert(0, mine);
    put(&hooks, &value.to_string());
    let status = install::inspect(codex, Level::User, roots, &roots.home).unwrap();
    assert!(matches!(status, Status::SilentlyOff { .. }), "{status:?}");
    let note = on(codex, Level::User, roots, &note);
    assert_eq!(install::inspect(codex, Level::User, roots, &roots.home).unwrap(), Status::On);
    off(codex, Level::User, roots, &note);
    let config = roots.home.join(".codex/config.toml");
    assert!(!fs::read_to_string(&config).unwrap_or_default().contains("trusted_hash"));
}

#[test]
fn codex_trust_counts_whether_or_not_links_are_resolved() {
    let Machine { roots, directory: _directory } = &machine();
    let link = roots.home.parent().unwrap().join("link");
    std::os::unix::fs::symlink(&roots.home, &link).unwrap();
    let linked = Roots { home: link.clone(), ..roots.clone() };
    let codex = find_agent("codex").unwrap();
    let before = everything(roots);
    let note = on(codex, Level::User, &linked, &InstallNote::default());
    let text = fs::read_to_string(roots.home.join(".codex/config.toml")).unwrap();
    for home in [&link, &roots.home] {
        assert!(text.contains(&format!("{}/.codex/hooks.json:pre_tool_use:0:0", home.display())), "{text}");
    }
    off(codex, Level::User, &linked, &note);
    assert_eq!(everything(roots), before);
}

#[test]
fn managed_settings_of_an_organization_survive() {
    let cases = [
        (
            "gemini",
            "gemini-cli/settings.json",
            "{\n  // ours\n  \"hooksConfig\": { \"disabled\": [\"x\"], \"enabled\": false }\n}\n",
        ),
        ("qwen", "qwen-code/settings.json", "{ \"disableAllHooks\": true }"),
        ("claude", "claude-code/managed-settings.json", "{\n\t\"allowManagedHooksOnly\": false,\n\t\"env\": {}\n}"),
    ];
    for (name, file, text) in cases {
        let Machine { roots, directory: _directory } = &machine();
        let agent = find_agent(name).unwrap();
        put(&roots.etc.join(file), text);
        let before = everything(roots);
        let note = on(agent, Level::Managed, roots, &InstallNote::default());
        assert_eq!(install::inspect(agent, Level::Managed, roots, &roots.home).unwrap(), Status::On, "{name}");
        off(agent, Level::Managed, roots, &note);
        assert_eq!(everything(roots), before, "{name}");
    }
}

#[test]
fn a_script_that_cannot_be_started_is_seen_and_repaired() {
    use std::os::unix::fs::PermissionsExt as _;
    let Machine { roots, directory: _directory } = &machine();
    let cline = find_agent("cline").unwrap();
    let note = on(cline, Level::User, roots, &InstallNote::default());
    let script = roots.home.join(".cline/hooks/PreToolUse");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o644)).unwrap();
    let status = install::inspect(cline, Level::User, roots, &roots.home).unwrap();
    assert!(matches!(status, Status::SilentlyOff { why } if why.contains("cannot be started")));
    on(cline, Level::User, roots, &note);
    assert_eq!(install::inspect(cline, Level::User, roots, &roots.home).unwrap(), Status::On);
    assert_eq!(fs::metadata(&script).unwrap().permissions().mode() & 0o777, 0o755);
}

#[test]
fn what_was_installed_into_a_directory_that_moved_is_undone() {
    let Machine { roots, directory: _directory } = &machine();
    let mut moved = roots.clone();
    moved.variables.insert("CODEX_HOME".to_owned(), roots.home.join("old codex").into());
    let codex = find_agent("codex").unwrap();
    let before = everything(roots);
    let note = on(codex, Level::User, &moved, &InstallNote::default());
    let note = off(codex, Level::User, roots, &note);
    assert!(note.is_empty());
    assert_eq!(everything(roots), before);
}

#[test]
fn broken_settings_are_refused_with_the_line() {
    let cases = [
        ("claude", "{\n  \"a\": 1,\n  \"b\" 2\n}\n", 3),
        ("claude", "{\n  // a comment\n}\n", 2),
        ("claude", "{\"a\":1,\n}", 2),
        ("gemini", "{\n\n  \"a\": [1, 2\n}\n", 3),
        ("qwen", "nonsense", 1),
    ];
    for (name, text, line) in cases {
        let Machine { roots, directory: _directory } = &machine();
        let path = json_path(name, roots).unwrap();
        put(&path, text);
        let error =
            install::plan_install(find_agent(name).unwrap(), Level::User, roots, &InstallNote::default()).unwrap_err();
        let InstallError::Syntax { line: found, .. } = &error else { panic!("{error}") };
        assert!(found.abs_diff(line) <= 1, "{name}: {error}");
        assert!(error.to_string().contains(&path.display().to_string()));
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    let Machine { roots, directory: _directory } = &machine();
    put(&roots.home.join(".codex/config.toml"), "a = 1\nb = = 2\n");
    let error =
        install::plan_install(find_agent("codex").unwrap(), Level::User, roots, &InstallNote::default()).unwrap_err();
    assert!(matches!(error, InstallError::Syntax { line: 2, .. }), "{error}");
}

#[test]
fn settings_of_another_shape_are_refused() {
    for text in ["[]", "7", "{\"hooks\":[]}", "{\"hooks\":{\"PreToolUse\":{}}}", "{\"hooks\":{},\"hooks\":{}}"] {
        let Machine { roots, directory: _directory } = &machine();
        let path = json_path("claude", roots).unwrap();
        put(&path, text);
        let error = install::plan_install(find_agent("claude").unwrap(), Level::User, roots, &InstallNote::default())
            .unwrap_err();
        assert!(matches!(error, InstallError::Shape { .. }), "{text}: {error}");
    }
}

#[test]
fn files_of_people_are_never_replaced() {
    for (name, file) in [
        ("cline", ".cline/hooks/PreToolUse"),
        ("opencode", ".config/opencode/plugin/weir.js"),
        ("copilot", ".copilot/hooks/weir.json"),
    ] {
        let Machine { roots, directory: _directory } = &machine();
        put(&roots.home.join(file), "#!/bin/sh\necho mine\n");
        let before = everything(roots);
        let agent = find_agent(name).unwrap();
        let error = install::plan_install(agent, Level::User, roots, &InstallNote::default()).unwrap_err();
        assert!(matches!(error, InstallError::Foreign { .. }), "{error}");
        off(agent, Level::User, roots, &InstallNote::default());
        assert_eq!(everything(roots), before);
    }
}

#[test]
fn a_link_stays_a_link_and_permissions_stay() {
    use std::os::unix::fs::PermissionsExt as _;
    let Machine { roots, directory: _directory } = &machine();
    let real = roots.home.join("dotfiles/settings.json");
    put(&real, "{}\n");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o600)).unwrap();
    fs::create_dir(roots.home.join(".claude")).unwrap();
    let link = roots.home.join(".claude/settings.json");
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let claude = find_agent("claude").unwrap();
    let note = on(claude, Level::User, roots, &InstallNote::default());
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read_to_string(&real).unwrap().contains("onFailure"));
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o600);
    off(claude, Level::User, roots, &note);
    assert_eq!(fs::read_to_string(&real).unwrap(), "{}\n");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
}

#[test]
fn a_plan_that_is_out_of_date_is_not_applied() {
    let Machine { roots, directory: _directory } = &machine();
    let claude = find_agent("claude").unwrap();
    let plan = install::plan_install(claude, Level::User, roots, &InstallNote::default()).unwrap();
    put(&json_path("claude", roots).unwrap(), "{}");
    assert!(matches!(install::apply(&plan.changes), Err(InstallError::Changed { .. })));
}

#[test]
fn what_switches_hooks_off_is_seen() {
    let cases: &[(&str, &str, &str)] = &[
        ("claude", "project/.claude/settings.json", "{\"disableAllHooks\":true}"),
        ("claude", "project/.claude/settings.local.json", "{\"disableAllHooks\":true}"),
        ("codex", "project/.codex/config.toml", "[features]\nhooks = false\n"),
        ("gemini", "project/.gemini/settings.json", "{\"hooksConfig\":{\"enabled\":false}}"),
        ("gemini", "project/.gemini/settings.json", "{\"hooksConfig\":{\"disabled\":[\"NAME\"]}} // x"),
        ("qwen", "project/.qwen/settings.json", "{\"disableAllHooks\":true}"),
        ("copilot", "project/.github/copilot/settings.json", "{\"disableAllHooks\":true}"),
        ("copilot", "project/.claude/settings.json", "{\"disableAllHooks\":true}"),
    ];
    for (name, file, text) in cases {
        let Machine { roots, directory: _directory } = &machine();
        let agent = find_agent(name).unwrap();
        on(agent, Level::User, roots, &InstallNote::default());
        let hook_name = fs::read_to_string(roots.home.join(".gemini/settings.json")).unwrap_or_default();
        let hook_name = hook_name.split("\"name\": \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("");
        let path = roots.home.join(file);
        put(&path, &text.replace("NAME", hook_name));
        let cwd = roots.home.join("project/src/deep");
        fs::create_dir_all(&cwd).unwrap();
        let status = install::inspect(agent, Level::User, roots, &cwd).unwrap();
        let Status::SilentlyOff { why } = &status else { panic!("{name} {file}: {status:?}") };
        assert!(why.contains(&path.display().to_string()), "{why}");
        assert_eq!(install::inspect(agent, Level::User, roots, &roots.home).unwrap(), Status::On);
    }
    let Machine { roots, directory: _directory } = &machine();
    let claude = find_agent("claude").unwrap();
    on(claude, Level::User, roots, &InstallNote::default());
    fs::remove_file(&roots.weir_binary).unwrap();
    let status = install::inspect(claude, Level::User, roots, &roots.home).unwrap();
    assert!(matches!(status, Status::SilentlyOff { why } if why.contains("does not exist")));
}

#[test]
fn agents_are_detected_by_their_settings_or_their_program() {
    let Machine { roots, directory: _directory } = &machine();
    let bin = roots.home.join("bin");
    for agent in AGENTS {
        assert!(!install::detect(*agent, roots, std::slice::from_ref(&bin)));
        put(&bin.join(agent.process_names()[0]), "");
        assert!(install::detect(*agent, roots, std::slice::from_ref(&bin)));
    }
    fs::create_dir(roots.home.join(".codex")).unwrap();
    assert!(install::detect(find_agent("codex").unwrap(), roots, &[]));
}

#[test]
fn directories_that_people_moved_are_found() {
    let Machine { roots, directory: _directory } = &machine();
    let mut roots = roots.clone();
    for (variable, agent, file) in [
        ("CLAUDE_CONFIG_DIR", "claude", "settings.json"),
        ("CODEX_HOME", "codex", "hooks.json"),
        ("XDG_CONFIG_HOME", "opencode", "opencode/plugin/weir.js"),
    ] {
        let elsewhere = roots.home.join(variable);
        roots.variables.insert(variable.to_owned(), elsewhere.clone().into());
        on(find_agent(agent).unwrap(), Level::User, &roots, &InstallNote::default());
        assert!(elsewhere.join(file).is_file());
    }
}

fn any_settings() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("-1.5e3".to_owned()),
        "\"[a-z\\\\u00e9 ]{0,6}\"".prop_map(|s: String| s.replace('\\', ""))
    ];
    let space = prop::sample::select(vec!["", " ", "\n", "\n\n\t", "  ", "\n    "]);
    let value = leaf.prop_recursive(3, 20, 4, move |inner| {
        let list = (prop::collection::vec(inner.clone(), 0..4), space.clone())
            .prop_map(|(items, space)| format!("[{space}{}{space}]", items.join(&format!(",{space}"))));
        let map = (prop::collection::btree_map("[a-z]{1,5}", inner, 0..4), space.clone()).prop_map(|(items, space)| {
            let items: Vec<_> = items.into_iter().map(|(key, value)| format!("\"{key}\":{space}{value}")).collect();
            format!("{{{space}{}{space}}}", items.join(&format!("{space},")))
        });
        prop_oneof![list, map]
    });
    (
        prop::collection::btree_map("[a-gi-z]{1,6}", value, 0..5),
        any::<bool>(),
        prop::sample::select(vec!["", "\n", " "]),
    )
        .prop_map(|(items, lines, end)| {
            let items: Vec<_> = items.into_iter().map(|(key, value)| format!("\"{key}\": {value}")).collect();
            let (open, between) = if lines { ("\n  ", ",\n  ") } else { ("", ", ") };
            format!("{{{open}{}{end}}}{end}", items.join(between))
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn any_settings_come_back(text in any_settings()) {
        let Machine { roots, directory: _directory } = &machine();
        for name in ["claude", "gemini"] {
            let agent = find_agent(name).unwrap();
            let path = json_path(name, roots).unwrap();
            put(&path, &text);
            let before: serde_json::Value = serde_json::from_str(&text).unwrap();
            let note = on(agent, Level::User, roots, &InstallNote::default());
            let mut after: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            after.as_object_mut().unwrap().remove("hooks");
            prop_assert_eq!(&after, &before);
            prop_assert!(install::plan_install(agent, Level::User, roots, &note).unwrap().changes.is_empty());
            off(agent, Level::User, roots, &note);
            prop_assert_eq!(fs::read_to_string(&path).unwrap(), text.clone());
            // Without the note: the same value, if not the same bytes.
            on(agent, Level::User, roots, &InstallNote::default());
            off(agent, Level::User, roots, &InstallNote::default());
            let left: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            prop_assert_eq!(&left, &before);
        }
    }
}

#[test]
fn a_hook_goes_by_what_its_line_says_and_never_by_the_environment() {
    for agent in AGENTS {
        for level in levels(*agent) {
            let Machine { roots, directory: _directory } = &machine();
            let plan = install::plan_install(*agent, level, roots, &InstallNote::default()).unwrap();
            let texts = plan.changes.iter().map(|change| String::from_utf8(change.after.clone().unwrap()).unwrap());
            let all = texts.collect::<String>();
            let says = (all.contains("--home"), all.contains("--account"));
            assert_eq!(says, (level == Level::User, level == Level::Managed), "{} {level:?}: {all}", agent.name());
        }
    }
}
