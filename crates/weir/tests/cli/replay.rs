//! `weir replay`: what the incidents destroy comes back, and what this machine cannot play is said.

use std::fs;

use serde_json::Value;

use crate::support::{Machine, text};

#[test]
fn the_replayed_incidents_are_undone() {
    let machine = Machine::new();
    let output = machine.run(&["replay", "--json", "nuke-script", "blocked-so-python"]);
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    let steps = text(&output.stdout);
    assert_eq!(steps.matches("\"equal_after_undo\":true").count(), 7, "{steps}");
    assert!(!steps.contains("\"equal_after_undo\":false"), "{steps}");
}

/// The machine that runs this has git, make and a C compiler; what else it lacks must be said.
#[test]
fn a_deletion_that_hides_in_a_program_is_replayed_and_undone() {
    let machine = Machine::new();
    let output = machine.run(&["replay", "--json", "hidden-in-programs"]);
    let steps = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{steps}{}", text(&output.stderr));
    let steps: Vec<Value> = steps.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (mut undone, mut not_played) = (0, Vec::new());
    for step in &steps {
        match (&step["equal_after_undo"], step["not_played"].as_str()) {
            (Value::Bool(true), None) => {
                assert_eq!(step["digests"]["before"], step["digests"]["after_undo"]);
                assert_ne!(step["digests"]["before"], step["digests"]["ran"]);
                undone += 1;
            }
            (_, Some(why)) => not_played.push(why),
            _ => assert_eq!(step["asked"], "Write ~/work/app/src/main.c", "{step}"),
        }
    }
    assert_eq!(undone + not_played.len(), 7, "{steps:?}");
    for why in not_played {
        assert!(["npm", "node", "python3"].iter().any(|name| why == format!("`{name}` is not installed")), "{why}");
    }
}

#[test]
fn what_cannot_be_replayed_is_said_and_never_passed() {
    let machine = Machine::new();
    let bin = machine.root.join("few");
    fs::create_dir(&bin).unwrap();
    for name in ["sh", "rm", "git"] {
        let path = std::env::var_os("PATH").unwrap();
        let found = std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file()).unwrap();
        std::os::unix::fs::symlink(found.canonicalize().unwrap(), bin.join(name)).unwrap();
    }
    // A compiler whose C library cannot be linked statically.
    let cc = bin.join("cc");
    fs::write(&cc, "#!/bin/sh\necho 'ld: cannot find -lc' >&2\nexit 1\n").unwrap();
    fs::set_permissions(&cc, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let replay = |more: &[&str]| {
        let mut command = machine.command(&[&["replay", "hidden-in-programs"], more].concat());
        command.env("PATH", &bin).output().unwrap()
    };
    let output = replay(&[]);
    let transcript = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{transcript}");
    assert_eq!(transcript.matches("everything is what it was: digest ").count(), 3, "{transcript}");
    for why in [
        "NOT PLAYED `make` is not installed",
        "NOT PLAYED `npm` is not installed",
        "NOT PLAYED `python3` is not installed",
        "NOT PLAYED `work/site/wipe` could not be made: cc -static: ld: cannot find -lc",
        "0 not as they should be, 4 NOT PLAYED",
    ] {
        assert!(transcript.contains(why), "{why}: {transcript}");
    }
    let output = replay(&["--complete", "--json"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    assert!(text(&output.stderr).contains("4 steps were NOT PLAYED"), "{}", text(&output.stderr));
}

#[test]
fn a_step_that_destroys_nothing_is_not_taken_for_undone() {
    let machine = Machine::new();
    let incident = r#"
        title = "t"
        account = "a"
        agent = "claude"
        [[world]]
        tree = "work/photos"
        files = 3
        bytes = 3
        [[step]]
        say = "destroys something"
        command = "weir run -- sh -c 'rm -rf photos'"
        cwd = "work"
        watch = "work"
        expect = "undone"
        [[step]]
        say = "destroys nothing"
        command = "weir run -- false"
        cwd = "work"
        watch = "work"
        expect = "undone"
    "#;
    machine.write("incidents/one/incident.toml", incident);
    let output = machine.run(&["replay", "--dir", "incidents"]);
    let transcript = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{transcript}");
    assert!(transcript.contains("NOTHING was changed"), "{transcript}");
    assert!(transcript.contains("2 steps of 1 incidents, 1 not as they should be"), "{transcript}");
}
