//! Git's own collection takes nothing away from an undo, and what a push replaces elsewhere is told as far as it is known.

use std::fs;

use crate::support::{Machine, files};
use crate::undo::{git, git_says, go, repository, run_ok};

/// Removes everything that git can do without.
fn collect(machine: &Machine) {
    git(machine, "reflog expire --expire=now --expire-unreachable=now --all");
    git(machine, "gc -q --prune=now");
}

/// What git says of everything but the refs of restore points.
fn picture(machine: &Machine) -> Vec<String> {
    [
        &["for-each-ref", "--exclude=refs/weir", "--format=%(refname) %(objectname)"][..],
        &["symbolic-ref", "HEAD"],
        &["ls-files", "--stage"],
        &["status", "--porcelain"],
        &["stash", "list"],
        &["log", "-p", "--format=%H", "--exclude=refs/weir/*", "--all"],
    ]
    .iter()
    .map(|args| git_says(machine, args))
    .collect()
}

fn work(machine: &Machine) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let git = machine.project().join(".git");
    files(&machine.project()).into_iter().filter(|(path, _)| !path.starts_with(&git)).collect()
}

/// `command` is admitted silently, runs, git collects, and `weir undo` brings everything back.
fn survives(machine: &Machine, command: &str) {
    let before = (picture(machine), work(machine));
    go(machine, command);
    assert_ne!(picture(machine), before.0, "{command} changes something");
    collect(machine);
    run_ok(machine, &["undo"]);
    assert_eq!(picture(machine), before.0, "{command}");
    assert_eq!(work(machine), before.1, "{command}");
    let fsck = std::process::Command::new("git").args(["fsck", "--strict"]).current_dir(machine.project()).output();
    assert!(fsck.unwrap().status.success(), "{command}");
}

#[test]
fn a_reset_comes_back_after_a_collection() {
    let machine = Machine::new();
    repository(&machine);
    for name in ["b.txt", "c.txt"] {
        machine.write(name, "second\n");
        git(&machine, "add b.txt");
        git(&machine, "commit -q --allow-empty -m more");
    }
    machine.write("b.txt", "only staged\n");
    git(&machine, "add b.txt");
    fs::write(machine.project().join("b.txt"), "and changed after\n").unwrap();
    let log = git_says(&machine, &["reflog", "show", "--format=%H %gs", "HEAD"]);
    survives(&machine, "git reset --hard HEAD~2");
    // The collection emptied it, and the undo gave back what the reset found.
    assert_eq!(git_says(&machine, &["reflog", "show", "--format=%H %gs", "HEAD"]), log);
}

#[test]
fn stash_entries_come_back_after_a_collection() {
    let machine = Machine::new();
    repository(&machine);
    for at in 0..3 {
        machine.write("a.txt", &format!("stashed {at}\n"));
        git(&machine, "stash push -q --include-untracked");
    }
    survives(&machine, "git stash clear");
    assert_eq!(git_says(&machine, &["stash", "list"]).lines().count(), 3);
    survives(&machine, "git stash drop stash@{1}");
}

#[test]
fn a_branch_comes_back_after_a_collection() {
    let machine = Machine::new();
    repository(&machine);
    git(&machine, "commit -qam all");
    git(&machine, "checkout -qb long");
    for at in 0..12 {
        machine.write("a.txt", &format!("{at}\n"));
        git(&machine, "commit -qam work");
    }
    git(&machine, "checkout -q main");
    git(&machine, "pack-refs --all");
    survives(&machine, "git branch -D long");
}
