//! Policies: layers, mistakes, and the last good form.

use std::fs;

use crate::support::{Machine, decision, is_silent, text};

const NO_CURL: &str = r#"
@id("no-curl")
@reason("This repository's agents do not fetch.")
@advice("Ask for the file instead.")
forbid (principal, action == Action::"read", resource is Host);
"#;

fn repository_policy(machine: &Machine, text: &str) {
    machine.write(".weir/policies/local.cedar", text);
}

#[test]
fn a_repository_may_tighten_but_not_loosen() {
    let machine = Machine::new();
    assert!(is_silent(&machine.bash("curl -s https://example.com/")));
    repository_policy(&machine, NO_CURL);
    assert_eq!(decision(&machine.bash("curl -s https://example.com/")), "deny");

    repository_policy(&machine, "@id(\"all\") permit (principal, action, resource);");
    let compiled = machine.run(&["policy", "compile"]);
    assert_eq!(compiled.status.code(), Some(1), "{}", text(&compiled.stderr));
    assert!(text(&compiled.stderr).contains("local.cedar"), "{}", text(&compiled.stderr));
}

#[test]
fn a_mistake_names_file_line_and_way_out_and_the_last_good_policy_stays() {
    let machine = Machine::new();
    repository_policy(&machine, NO_CURL);
    assert_eq!(decision(&machine.bash("curl -s https://example.com/")), "deny");
    repository_policy(&machine, "@id(\"x\")\nforbid (principal, action, resource) when { context. };");
    let compiled = machine.run(&["policy", "compile"]);
    let said = text(&compiled.stderr);
    assert_eq!(compiled.status.code(), Some(1));
    assert!(said.contains("local.cedar:2") && said.contains('^'), "{said}");
    assert_eq!(decision(&machine.bash("curl -s https://example.com/")), "deny", "the last good policy is in force");
}

#[test]
fn a_mistake_without_a_last_good_policy_holds_effects() {
    let machine = Machine::new();
    repository_policy(&machine, "forbid (");
    assert!(is_silent(&machine.bash("ls")));
    machine.write("package.json", "{}");
    machine.write("node_modules/a/index.js", "x");
    assert!(!is_silent(&machine.bash("rm -rf node_modules")));
}

#[test]
fn the_default_pack_passes_its_own_cases_and_explains_itself() {
    let machine = Machine::new();
    let tested = machine.run(&["policy", "test"]);
    assert!(tested.status.success(), "{}{}", text(&tested.stdout), text(&tested.stderr));
    let listed = text(&machine.run(&["policy", "list"]).stdout);
    let first = listed.split_whitespace().next().unwrap();
    let explained = text(&machine.run(&["policy", "explain", first]).stdout);
    assert!(explained.contains("@id"), "{explained}");
    assert_eq!(machine.run(&["policy", "explain", "no-such-policy"]).status.code(), Some(2));
    let dir = machine.weir_home().join("policies");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("mine.cedar"), NO_CURL).unwrap();
    assert!(machine.run(&["policy", "compile"]).status.success());
    assert!(text(&machine.run(&["policy", "list"]).stdout).contains("no-curl"));
}
