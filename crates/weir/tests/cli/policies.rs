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

#[test]
fn names_that_people_wrote_down_decide_which_environment_a_place_is_in() {
    let machine = Machine::new();
    fs::create_dir_all(machine.home().join(".kube")).unwrap();
    let config = "current-context: eu\ncontexts:\n- name: eu\n  context: {cluster: c, namespace: shop}\nclusters:\n\
        - name: c\n  cluster: {server: 'https://k8s.example.com'}\nusers:\n- name: u\n  user: {token: hunter2}\n";
    fs::write(machine.home().join(".kube/config"), config).unwrap();
    let found = || {
        let judgement = machine.check("kubectl delete pvc data");
        let target = &judgement["effects"][0]["target"];
        let from = target["environment_from"].as_str().unwrap().to_owned();
        assert!(!judgement.to_string().contains("hunter2"), "{judgement}");
        (target["environment"].as_str().unwrap().to_owned(), from)
    };
    let plain = "context eu (server https://k8s.example.com) in ~/.kube/config, namespace shop";
    assert_eq!(found(), ("unknown".to_owned(), plain.to_owned()));

    let user = machine.weir_home().join("policies");
    fs::create_dir_all(&user).unwrap();
    fs::write(user.join("environments.toml"), "development = [\"eu\"]\n").unwrap();
    let (environment, from) = found();
    assert_eq!(environment, "development");
    assert!(from.starts_with(plain) && from.contains("development by `eu` in "), "{from}");

    machine.write(".weir/policies/environments.toml", "production = [\"k8s.example.com\"]\n");
    assert_eq!(found().0, "production", "a repository tightens");
    let listed = text(&machine.run(&["policy", "list"]).stdout);
    assert!(listed.contains("environment production") && listed.contains("k8s.example.com"), "{listed}");
    assert!(text(&machine.run(&["policy", "explain", "environments"]).stdout).contains("development  eu"));
    machine.write(
        ".weir/policies/names.policytest.toml",
        "[[environment]]\nname = \"https://k8s.example.com:6443\"\nis = \"production\"\n\
         [[environment]]\nname = \"us\"\nis = \"production\"\n",
    );
    let tested = machine.run(&["policy", "test"]);
    assert_eq!(tested.status.code(), Some(1));
    let said = text(&tested.stdout);
    assert!(
        said.contains("the environment of `us` is unknown, expected production") && said.contains("1 failed"),
        "{said}"
    );

    machine.write(".weir/policies/environments.toml", "# x\nscratch = [\"eu\"]\n");
    let compiled = machine.run(&["policy", "compile"]);
    assert_eq!(compiled.status.code(), Some(1));
    assert!(text(&compiled.stderr).contains("environments.toml:2:1: a repository may not say"), "{compiled:?}");
    assert_eq!(found().0, "production", "the last good form stays in force");
}

#[test]
fn a_variable_of_the_command_is_seen_and_another_machine_has_its_own_configuration() {
    let machine = Machine::new();
    fs::create_dir_all(machine.home().join(".kube")).unwrap();
    fs::write(machine.home().join(".kube/config"), "current-context: dev\n").unwrap();
    machine.write("prod.yaml", "current-context: prod-1\n");
    let of = |command: &str| {
        let judgement = machine.check(command);
        let effects = judgement["effects"].as_array().unwrap();
        let effect = effects.iter().find(|effect| effect["target"]["kind"] == "kubernetes-object").unwrap();
        effect["target"]["environment"].as_str().unwrap().to_owned()
    };
    for (command, expected) in [
        ("kubectl delete pvc data", "development"),
        ("KUBECONFIG=prod.yaml kubectl delete pvc data", "production"),
        ("export KUBECONFIG=$PWD/prod.yaml; kubectl delete pvc data", "production"),
        ("HOME=/nowhere kubectl delete pvc data", "unknown"),
        ("cd /tmp && kubectl delete pvc data", "development"),
        ("KUBECONFIG=$UNKNOWN/x.yaml kubectl delete pvc data", "unknown"),
        ("kubectl --context \"$(date)\" delete pvc data", "unknown"),
        ("ssh box kubectl delete pvc data", "unknown"),
    ] {
        assert_eq!(of(command), expected, "{command}");
    }
}
