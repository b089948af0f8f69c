//! `weir check`: the JSON that people and scripts build on.

use serde_json::{Value, json};

use crate::support::{Machine, text};

#[test]
fn the_object_has_its_promised_fields() {
    let machine = Machine::new();
    machine.only_copies("victim", 4);
    let report = machine.check("rm -rf victim");
    assert_eq!(report["verdict"], "allow_with_restore_point");
    assert_eq!(report["remedies"], json!([{ "remedy": "restore_point" }]));
    assert_eq!(report["analysis"], "complete");
    assert_eq!(report["policies"].as_array().unwrap().len(), 1);
    assert!(report["reason"].as_str().unwrap().contains('4'), "{}", report["reason"]);
    assert!(!report["advice"].as_str().unwrap().is_empty());
    let effect = &report["effects"][0];
    assert_eq!(effect["verb"], "delete");
    assert_eq!(effect["target"]["kind"], "file-tree");
    assert_eq!(effect["target"]["name"], "victim");
    assert!(effect["target"]["environment"].is_string());
    assert_eq!(effect["opaque"], false);
    assert_eq!(effect["reversibility"], "recoverable");
    assert_eq!(effect["impact"]["files"], json!({"value": 4, "is": "exact"}));
}

#[test]
fn checking_changes_nothing_and_records_nothing() {
    let machine = Machine::new();
    machine.only_copies("victim", 1);
    machine.check("rm -rf victim");
    assert!(machine.log(&["--all"]).is_empty());
    assert!(text(&machine.run(&["undo", "--list"]).stdout).contains("Nothing is kept"));
    assert!(text(&machine.run(&["hold"]).stdout).contains("Nothing waits"));
}

#[test]
fn a_batch_streams_in_order_and_names_bad_lines() {
    let machine = Machine::new();
    machine.only_copies("victim", 1);
    let other = machine.home().join("other");
    std::fs::create_dir_all(&other).unwrap();
    let input = format!(
        "{}\nnot json\n{}\n\n{}",
        json!({"id": "a", "command": "ls"}),
        json!({"id": 2, "command": "rm -rf victim"}),
        json!({"id": [3], "command": "rm -rf victim", "cwd": other}),
    );
    let output = machine.feed(&["check", "--batch"], input.as_bytes());
    let lines: Vec<Value> = text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 4);
    assert_eq!((&lines[0]["id"], &lines[0]["verdict"]), (&json!("a"), &json!("allow")));
    assert!(lines[1]["error"].is_string());
    assert_eq!((&lines[2]["id"], &lines[2]["verdict"]), (&json!(2), &json!("allow_with_restore_point")));
    assert_eq!((&lines[3]["id"], &lines[3]["verdict"]), (&json!([3]), &json!("allow")), "nothing there to delete");
}

#[test]
fn a_line_that_is_too_long_is_one_bad_line() {
    let machine = Machine::new();
    let long = format!("{{\"id\":1,\"command\":\"{}\"}}", "x".repeat(17 << 20));
    let input = format!("{long}\n{}\n", json!({"id": 2, "command": "ls"}));
    let output = machine.feed(&["check", "--batch"], input.as_bytes());
    let lines: Vec<Value> = text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0]["error"].as_str().unwrap().contains("16 MiB"));
    assert_eq!(lines[1]["id"], 2);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn an_agent_that_does_not_exist_is_a_mistake() {
    let machine = Machine::new();
    let output = machine.run(&["check", "--agent", "claud", "ls"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("claude, codex"), "{}", text(&output.stderr));
}

#[test]
fn the_exit_code_speaks_only_when_asked() {
    let machine = Machine::new();
    machine.only_copies("victim", 1);
    assert_eq!(machine.run(&["check", "rm -rf victim"]).status.code(), Some(0));
    assert_eq!(machine.run(&["check", "--exit-code", "rm -rf victim"]).status.code(), Some(1));
    assert_eq!(machine.run(&["check", "--exit-code", "ls"]).status.code(), Some(0));
    assert_eq!(machine.run(&["check"]).status.code(), Some(2));
    assert_eq!(machine.run(&["check", "--cwd", "/nonexistent", "ls"]).status.code(), Some(2));
}

#[test]
fn an_explanation_leads_from_the_command_to_the_policy() {
    let machine = Machine::new();
    machine.only_copies("victim", 4);
    let work = machine.project();
    std::fs::create_dir(work.join("build")).unwrap();
    std::fs::write(work.join("nuke.sh"), "#!/bin/sh\nrm -rf \"$1\"\n").unwrap();
    let command = "cd build && X=victim; sh ../nuke.sh \"../$X\"";
    let tree = text(&machine.run(&["check", "--explain", command]).stdout);
    let tree = tree.replace(&*work.to_string_lossy(), "WORK");
    let (head, _) = tree.split_once("\n  why").unwrap();
    insta::assert_snapshot!(head, @r#"
    allow with a restore point  cd build && X=victim; sh ../nuke.sh "../$X"

      ├─ cd build
      ├─ X=victim  in WORK/build
      └─ sh ../nuke.sh "../$X"  in WORK/build
         =  sh ../nuke.sh ../victim
         └─ rm -rf "$1"
            =  rm -rf ../victim
            └→ delete file-tree "$1"
                 at WORK/victim
                 4 files (24 bytes), 4 with no other copy; recoverable; environment scratch
                 policy files-only-copy
    "#);
    // The same as JSON, with the effects by their places.
    let plain = machine.check(command);
    let output = machine.run(&["check", "--explain", "--json", command]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    for field in ["verdict", "effects", "policies", "reason"] {
        assert_eq!(report[field], plain[field], "{field}: an explanation decides nothing");
    }
    assert!(plain.get("steps").is_none());
    let mut steps = vec![&report["steps"]];
    let mut found = Vec::new();
    while let Some(list) = steps.pop() {
        for step in list.as_array().into_iter().flatten() {
            found.extend(
                step["effects"].as_array().into_iter().flatten().map(|at| (at.clone(), step["source"].clone())),
            );
            steps.push(&step["steps"]);
        }
    }
    assert_eq!(found, [(json!(0), json!("rm -rf \"$1\""))]);
}

#[test]
fn an_explanation_of_many_commands_is_short_and_shows_the_one_that_matters() {
    let machine = Machine::new();
    machine.only_copies("victim", 4);
    let command = format!("{}rm -rf victim; {}", "echo a; ".repeat(300), "touch b; ".repeat(300));
    let tree = text(&machine.run(&["check", "--explain", &command]).stdout);
    assert!(tree.lines().count() < 120, "{tree}");
    assert!(tree.contains("rm -rf victim") && tree.contains("policy files-only-copy"), "{tree}");
    let ordinary = text(&machine.run(&["check", "--explain", "git --version"]).stdout);
    assert!(ordinary.starts_with("allow  git --version"), "{ordinary}");
}
