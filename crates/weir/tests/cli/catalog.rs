//! `weir catalog`: what is known of tools.

use serde_json::Value;

use crate::support::{Machine, text};

#[test]
fn the_list_has_every_tool_once_with_what_it_does() {
    let machine = Machine::new();
    let all: Value = serde_json::from_slice(&machine.run(&["catalog", "list", "--json"]).stdout).unwrap();
    let all = all.as_array().unwrap();
    let mut names: Vec<&str> =
        all.iter().flat_map(|tool| tool["names"].as_array().unwrap()).map(|name| name.as_str().unwrap()).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "a name is there twice");
    let tool = |name: &str| all.iter().find(|tool| tool["names"][0] == name).unwrap();
    assert!(tool("terraform")["verbs"].as_array().unwrap().contains(&"delete".into()));
    assert!(tool("aws")["commands"].as_u64().unwrap() > 2_400);
    assert_eq!(tool("git")["family"], "grammar");
    assert!(all.iter().filter(|tool| tool["acts"] == true && tool["grammar"] == false).count() >= 120);

    let output = machine.run(&["catalog", "list", "--family", "terraform"]);
    let shown = text(&output.stdout);
    assert_eq!(shown.lines().count(), 2, "{shown}");
    assert!(shown.lines().nth(1).unwrap().starts_with("terraform, tofu"), "{shown}");
    assert!(!shown.contains('\u{1b}'), "colors are for terminals");

    let wrong = machine.run(&["catalog", "list", "--family", "nonsense"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("kubernetes"), "the families are named");
}

#[test]
fn one_tool_is_shown_with_effects_conditions_and_previews() {
    let machine = Machine::new();
    let shown = text(&machine.run(&["catalog", "show", "tofu"]).stdout);
    for part in ["terraform, also tofu", "terraform destroy", "delete infrastructure-state", "destroys data", "preview"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let shown = text(&machine.run(&["catalog", "show", "timeout"]).stdout);
    assert!(shown.contains("runs the words from 2 on"), "{shown}");
    let shown = text(&machine.run(&["catalog", "show", "git"]).stdout);
    assert!(shown.contains("read by its own grammar"), "{shown}");

    let output = machine.run(&["catalog", "show", "aws", "rds delete-db-instance", "--json"]);
    let aws: Value = serde_json::from_slice(&output.stdout).unwrap();
    let command = &aws["commands"][0];
    assert_eq!(command["paths"][0], "rds delete-db-instance");
    assert_eq!(command["effects"][0]["verb"], "delete");
    assert_eq!(command["effects"][0]["stateful"][0], "always");
    assert!(command["preview"].as_str().unwrap().contains("describe-db-instances"));
}

#[test]
fn an_unknown_tool_is_an_error_that_names_near_ones() {
    let machine = Machine::new();
    let output = machine.run(&["catalog", "show", "terrafrom"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("`terraform`"), "{}", text(&output.stderr));
    assert!(output.stdout.is_empty());
    let output = machine.run(&["catalog", "show", "no-such-tool-at-all"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("weir catalog list"), "{}", text(&output.stderr));
}

#[test]
fn completions_know_it() {
    let machine = Machine::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = text(&machine.run(&["completions", shell]).stdout);
        assert!(script.contains("catalog") && script.contains("family"), "{shell}");
    }
}
