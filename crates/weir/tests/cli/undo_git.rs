//! Git's own collection takes nothing away from an undo, and what a push replaces elsewhere is told as far as it is known.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};

use serde_json::{Value, json};
use weir_guard::{Config, Guard};

use crate::support::{Machine, decision, files, is_silent, text};
use crate::undo::{git, git_says, go, newest_id, really, repository, run_ok};

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

/// A remote whose `main` has two commits that the local `main` has not.
fn remote(machine: &Machine) -> String {
    repository(machine);
    git(machine, "reset -q --hard");
    really(machine, "git init -q --bare ../origin.git && git remote add origin ../origin.git");
    for at in 0..2 {
        machine.write("a.txt", &format!("{at}\n"));
        git(machine, "commit -qam more");
    }
    git(machine, "push -q origin main topic");
    let head = git_says(machine, &["rev-parse", "main"]).trim().to_owned();
    git(machine, "reset -q --hard HEAD~2");
    head
}

/// A person says yes to what waits.
fn approve(machine: &Machine) {
    let guard = Guard::new(Config::new(machine.weir_home()));
    let listed = text(&machine.run(&["hold", "--json"]).stdout);
    let hold: Value = serde_json::from_str(listed.lines().next().unwrap()).unwrap();
    let id = hold["hold"]["id"].as_str().unwrap();
    guard.approve(id, "alex", "pts/1", weir_model::Timestamp::now()).unwrap();
}

#[test]
fn what_a_forced_push_replaces_is_kept_for_a_person_to_put_back() {
    let machine = Machine::new();
    let old = remote(&machine);
    assert_eq!(decision(&machine.bash("git push --force origin main")), "ask");
    approve(&machine);
    go(&machine, "git push --force origin main");
    collect(&machine);
    let id = newest_id(&machine);

    let shown = run_ok(&machine, &["show", &id]);
    assert!(shown.contains(&format!("`main` of `origin` had commit {old} when it was last seen")), "{shown}");
    let can = machine.run(&["can-undo", &id]);
    let said = text(&can.stdout);
    assert_eq!(can.status.code(), Some(1), "Weir does not push: {said}");
    assert!(said.starts_with("no") && said.contains("1 git objects are kept, and are there"), "{said}");
    let undo = machine.run(&["undo", &id]);
    assert_eq!(undo.status.code(), Some(2), "{}", text(&undo.stdout));
    assert!(text(&machine.run(&["undo"]).stderr).contains("nothing to take back"), "it is not the last thing to undo");

    // The words that a person is given do what they say, and not where somebody else has pushed since.
    let command = said.lines().find_map(|line| Some(line.split_once("put it back with: ")?.1)).unwrap();
    assert!(command.contains(&format!(" -- origin {old}:refs/heads/main")), "{command}");
    really(&machine, &format!("{command} 2>/dev/null"));
    assert_eq!(git_says(&machine, &["--git-dir=../origin.git", "rev-parse", "main"]).trim(), old);
    git(&machine, "push -q --force origin topic:main");
    really(&machine, &format!("! {command} 2>/dev/null"));
}

#[test]
fn a_remote_with_an_odd_name_is_no_option_of_the_way_back() {
    for name in ["-x", "--exec=false", "it's $(touch touched)"] {
        let machine = Machine::new();
        let old = remote(&machine);
        // Git itself takes no such name any more, and configuration that names one.
        git_says(&machine, &["config", &format!("remote.{name}.url"), "../origin.git"]);
        git_says(&machine, &["config", &format!("remote.{name}.fetch"), "+refs/heads/*:refs/remotes/odd/*"]);
        git_says(&machine, &["config", "remote.pushDefault", name]);
        git_says(&machine, &["fetch", "-q", "--", name]);
        let heads = machine.check("git push --force")["effects"][0]["impact"]["remote_heads"].clone();
        let head: weir_model::RemoteHead = serde_json::from_value(heads[0].clone()).unwrap();
        assert_eq!((&*head.remote, head.head.as_ref()), (name, Some(&old)), "{heads}");
        git_says(&machine, &["push", "-q", "--force", "--", name, "main"]);
        let command = head.way_back().unwrap();
        really(&machine, &format!("{command} 2>/dev/null"));
        assert_eq!(git_says(&machine, &["--git-dir=../origin.git", "rev-parse", "main"]).trim(), old, "{command}");
        assert!(!machine.project().join("touched").exists());
    }
}

#[test]
fn what_a_person_lets_through_in_the_client_is_kept_as_well() {
    let machine = Machine::new();
    let old = remote(&machine);
    assert_eq!(decision(&machine.bash("git push --force-with-lease")), "ask");
    assert_eq!(decision(&machine.bash("git push --force-with-lease")), "ask");
    git(&machine, "push -q --force origin main");
    collect(&machine);
    assert_eq!(git_says(&machine, &["cat-file", "-t", &old]), "commit\n");
    assert_eq!(git_says(&machine, &["for-each-ref", "refs/weir"]).lines().count(), 1, "asked twice, kept once");
    let log = machine.log(&[]);
    let first = log.iter().rev().find(|record| record["judgement"].is_object()).unwrap();
    let said = text(&machine.run(&["can-undo", first["action"]["id"].as_str().unwrap()]).stdout);
    assert!(said.starts_with("no") && said.contains(&format!("had commit {old}")), "{said}");
}

#[test]
fn a_deleted_branch_of_a_remote_is_kept_too() {
    let machine = Machine::new();
    remote(&machine);
    let topic = git_says(&machine, &["rev-parse", "topic"]).trim().to_owned();
    git(&machine, "branch -q -D topic");
    assert_eq!(decision(&machine.bash("git push origin --delete topic")), "ask");
    approve(&machine);
    go(&machine, "git push origin --delete topic");
    collect(&machine);
    let said = text(&machine.run(&["can-undo", &newest_id(&machine)]).stdout);
    let command = said.lines().find_map(|line| Some(line.split_once("put it back with: ")?.1)).unwrap();
    really(&machine, &format!("{command} 2>/dev/null"));
    assert_eq!(git_says(&machine, &["--git-dir=../origin.git", "rev-parse", "topic"]).trim(), topic);
}

#[test]
fn what_nobody_saw_is_not_promised() {
    let machine = Machine::new();
    remote(&machine);
    really(&machine, "rm -rf .git/refs/remotes");
    assert_eq!(decision(&machine.bash("git push --force origin main")), "ask");
    approve(&machine);
    go(&machine, "git push --force origin main");
    let can = machine.run(&["can-undo", &newest_id(&machine)]);
    let said = format!("{}{}", text(&can.stdout), text(&can.stderr));
    assert_ne!(can.status.code(), Some(0), "{said}");
    assert!(said.contains("is not known here, so it cannot be put back from here"), "{said}");
    assert!(!said.contains("put it back with"), "{said}");
}

#[test]
fn a_push_of_everything_names_what_it_replaces() {
    let machine = Machine::new();
    let old = remote(&machine);
    let topic = git_says(&machine, &["rev-parse", "topic"]).trim().to_owned();
    git(&machine, "branch -q -D topic");
    for (command, gone) in [("git push --mirror", true), ("git push --force --all", false)] {
        let effects = machine.check(command)["effects"].clone();
        let heads = effects[0]["impact"]["remote_heads"].as_array().unwrap();
        let named = |name: &str| heads.iter().find(|head| head["name"] == name);
        assert_eq!(named("refs/heads/main").unwrap()["head"], old, "{command}");
        assert_eq!(named("refs/heads/topic").map(|head| &head["head"]), gone.then_some(&json!(topic)), "{command}");
        assert_eq!(named("refs/*").is_some(), gone, "{command}: tags are not seen");
    }
}

/// What is told of the refs of remotes, for the effects of a command that have some: names, commits lost, and what they get.
fn told(machine: &Machine, command: &str) -> Vec<(Vec<weir_model::RemoteHead>, Value)> {
    let effects = machine.check(command)["effects"].as_array().unwrap().clone();
    let pushes = effects.iter().filter(|effect| effect["target"]["kind"] == "git-remote-ref");
    pushes
        .map(|effect| {
            let heads = effect["impact"]["remote_heads"].clone();
            (serde_json::from_value(heads).unwrap_or_default(), effect["impact"]["commits"].clone())
        })
        .collect()
}

#[test]
fn a_push_goes_where_the_persons_own_configuration_says() {
    let machine = Machine::new();
    remote(&machine);
    git(&machine, "checkout -q -b work");
    git(&machine, "commit -q --allow-empty -m work");
    git(&machine, "branch -q --set-upstream-to=origin/topic");
    let name = |command: &str| told(&machine, command)[0].0[0].name.clone();
    assert_eq!(name("git push --force"), "refs/heads/work");
    assert_eq!(name("git -c push.default=upstream push --force"), "refs/heads/topic");
    fs::write(machine.home().join(".gitconfig"), "[push]\n\tdefault = upstream\n").unwrap();
    for command in ["git push --force", "git push --force origin work", "git push --force origin"] {
        assert_eq!(name(command), "refs/heads/topic", "{command}");
    }
    let before = git_says(&machine, &["--git-dir=../origin.git", "rev-parse", "topic"]);
    assert_eq!(decision(&machine.bash("git push --force")), "ask");
    really(&machine, "git push -q --force");
    assert_ne!(git_says(&machine, &["--git-dir=../origin.git", "rev-parse", "topic"]), before);
}

#[test]
fn what_is_pushed_after_it_was_moved_is_not_promised() {
    let machine = Machine::new();
    remote(&machine);
    git(&machine, "pull -q origin main");
    assert!(is_silent(&machine.bash("git push --force origin main")), "nothing is lost");
    assert!(is_silent(&machine.bash("git commit -q --allow-empty -m more && git push --force origin main")));
    for moves in ["git commit --amend -qm again", "git reset -q --hard HEAD~1", "git rebase -q HEAD~1"] {
        let command = format!("{moves} && git push --force origin main");
        let found = told(&machine, &command);
        let (heads, commits) = &found[0];
        assert_eq!((&heads[0].new, &commits["value"]), (&None, &Value::Null), "{command}");
        assert!(heads[0].head.is_some() && heads[0].here, "{command}");
        assert_eq!(decision(&machine.bash(&command)), "ask", "{command}");
    }
    let old = git_says(&machine, &["rev-parse", "origin/main"]).trim().to_owned();
    git(&machine, "commit -q --amend -m again");
    git(&machine, "push -q --force origin main");
    collect(&machine);
    assert_eq!(git_says(&machine, &["cat-file", "-t", &old]), "commit\n", "kept when it was asked about");
}

#[test]
fn a_push_that_prunes_deletes_what_is_there_only() {
    let machine = Machine::new();
    remote(&machine);
    git(&machine, "push -q origin topic:only-there");
    let names = |command: &str| {
        let found = told(&machine, command);
        found[0].0.iter().map(|head| (head.name.clone(), head.deleted)).collect::<Vec<_>>()
    };
    let pruned = [("refs/heads/only-there".to_owned(), true)];
    assert_eq!(names("git push --prune origin 'refs/heads/*'"), pruned);
    assert_eq!(names("git push --prune --all origin"), pruned);
    assert_eq!(names("git push --prune origin"), [], "no pattern, nothing to prune");
    assert_eq!(names("git push --prune origin 'refs/heads/x*'"), []);
    really(&machine, "git push -q --prune origin 'refs/heads/*' 2>/dev/null || true");
    let left = git_says(&machine, &["--git-dir=../origin.git", "for-each-ref", "--format=%(refname)"]);
    assert_eq!(left, "refs/heads/main\nrefs/heads/topic\n");
}

#[test]
fn what_a_restore_point_keeps_does_not_count_as_kept() {
    let machine = Machine::new();
    repository(&machine);
    git(&machine, "commit -qam all");
    git(&machine, "checkout -qb long");
    for at in 0..12 {
        machine.write("a.txt", &format!("{at}\n"));
        git(&machine, "commit -qam work");
    }
    git(&machine, "checkout -q main");
    for _ in 0..2 {
        assert!(is_silent(&machine.bash("git branch -D long")));
        let log = machine.log(&[]);
        let judged = log.iter().find(|record| record["judgement"].is_object()).unwrap();
        assert_eq!(judged["judgement"]["verdict"], "allow_with_restore_point");
        assert_eq!(judged["judgement"]["effects"][0]["impact"]["commits"]["value"], 12);
    }
}

#[test]
fn refs_that_are_not_in_files_are_asked_about() {
    let machine = Machine::new();
    let mut init = std::process::Command::new("git");
    if !init.args(["init", "-q", "--ref-format=reftable"]).arg(machine.project()).status().unwrap().success() {
        return; // An older git has no such form.
    }
    machine.write("a.txt", "committed\n");
    git(&machine, "add a.txt");
    git(&machine, "commit -qm start");
    git(&machine, "branch side");
    machine.write("a.txt", "changed\n");
    git(&machine, "stash push -q");
    for command in ["git stash clear", "git branch -D side", "git reset --hard HEAD~1"] {
        assert_eq!(decision(&machine.bash(command)), "ask", "{command}");
    }
    assert_eq!(run_ok(&machine, &["restore-points"]), "Nothing is kept.\n");
    machine.write("a.txt", "changed again\n");
    go(&machine, "git checkout -- a.txt");
    let said = run_ok(&machine, &["undo"]);
    assert!(said.contains("put back, verified"), "{said}");
    assert_eq!(fs::read(machine.project().join("a.txt")).unwrap(), b"changed again\n");
}

#[test]
fn a_renamed_branch_comes_back_from_a_run_and_never_over_a_newer_one() {
    for (name, other) in [("side", "side/below"), ("above/side", "above")] {
        let machine = Machine::new();
        repository(&machine);
        git(&machine, &format!("branch {name}"));
        let branches = || git_says(&machine, &["for-each-ref", "--format=%(refname) %(objectname)", "refs/heads"]);
        let before = branches();
        run_ok(&machine, &["run", "--", "git", "branch", "-m", name, other]);
        assert_ne!(branches(), before);
        run_ok(&machine, &["undo"]);
        assert_eq!(branches(), before);
        run_ok(&machine, &["run", "--", "git", "branch", "-D", name]);
        git(&machine, &format!("branch {other}"));
        let newer = branches();
        let refused = machine.run(&["undo"]);
        let said = text(&refused.stderr);
        assert!(refused.status.code() == Some(2) && said.contains("made since"), "{said}");
        assert_eq!(branches(), newer);
        git(&machine, &format!("update-ref -d refs/heads/{other}"));
        run_ok(&machine, &["undo"]);
        assert_eq!(branches(), before);
    }
}

/// Modes of directories and files of the working tree, by path.
fn modes(machine: &Machine) -> Vec<(std::path::PathBuf, u32)> {
    let (mut found, mut open) = (Vec::new(), vec![machine.project()]);
    while let Some(path) = open.pop() {
        let meta = path.symlink_metadata().unwrap();
        if meta.is_dir() {
            open.extend(
                fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()).filter(|path| !path.ends_with(".git")),
            );
        }
        found.push((path, meta.permissions().mode()));
    }
    found.sort();
    found
}

/// A repository with uncommitted work of every kind, and a branch that differs.
fn dirty() -> Machine {
    let machine = Machine::new();
    repository(&machine);
    git(&machine, "checkout -q -b side");
    machine.write("side.txt", "only on side\n");
    machine.write("b.txt", "of the side\n");
    git(&machine, "add -A");
    git(&machine, "commit -q -m side");
    git(&machine, "checkout -q main");
    machine.write("second.txt", "second\n");
    git(&machine, "add -A");
    git(&machine, "commit -q -m second");
    for name in ["deep/a/b/one.txt", "deep/a/b/two.txt", "notes.txt", "second.txt"] {
        machine.write(name, "uncommitted\n");
    }
    machine.write("staged.txt", "only staged\n");
    git(&machine, "add staged.txt");
    for (name, mode) in [("deep", 0o750), ("deep/a", 0o700), ("deep/a/b", 0o711)] {
        fs::set_permissions(machine.project().join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    machine
}

#[test]
fn a_command_line_comes_back_as_a_whole() {
    for command in [
        "git reset -q --hard HEAD~1",
        "git checkout -q -f side",
        "git switch -q -f side",
        "git checkout -q -f -B main side",
        "git checkout -q -f -b new side",
        "git add -A && git reset -q --hard",
        "git add -A && git stash -q && git stash drop -q",
        "git stash -q -u; git stash clear",
        "git clean -fdq && git reset -q --hard side",
    ] {
        let machine = dirty();
        let before = (picture(&machine), work(&machine), modes(&machine));
        go(&machine, command);
        assert_ne!(work(&machine), before.1, "{command}");
        collect(&machine);
        // What has changed since is told, which is no failure.
        let undone = machine.run(&["undo"]);
        assert!(matches!(undone.status.code(), Some(0 | 1)), "{command}: {}", text(&undone.stderr));
        let left =
            |lines: Vec<String>| lines.into_iter().map(|text| text.replace("refs/heads/new ", "")).collect::<Vec<_>>();
        if !command.contains("-b new") {
            assert_eq!(left(picture(&machine)), before.0, "{command}");
        }
        assert_eq!(work(&machine), before.1, "{command}");
        assert_eq!(modes(&machine), before.2, "{command}");
        assert_eq!(git_says(&machine, &["symbolic-ref", "HEAD"]), "refs/heads/main\n", "{command}");
    }
}

#[test]
fn files_that_the_command_itself_makes_untracked_or_ignored_are_kept() {
    for command in
        ["git rm -rq --cached . && git clean -fdq", "echo '*' >> .gitignore; git clean -fdXq", "git clean -fdXq -e '*'"]
    {
        let machine = dirty();
        let before = work(&machine);
        go(&machine, command);
        assert!(!machine.project().join("deep").exists(), "{command}");
        let undone = machine.run(&["undo"]);
        assert!(matches!(undone.status.code(), Some(0 | 1)), "{command}: {}", text(&undone.stderr));
        // What is committed as it was is git's to bring back.
        for (path, content) in
            before.iter().filter(|(_, content)| content == b"uncommitted\n" || content == b"only staged\n")
        {
            assert_eq!(fs::read(path).unwrap(), *content, "{command}: {}", path.display());
        }
    }
}

#[test]
fn what_git_does_not_see_comes_back_with_its_directory() {
    for command in ["git clean -fdq", "git stash -u -q; git stash drop -q", "git clean -fdxq deep"] {
        let machine = dirty();
        let (empty, fifo) = (machine.project().join("deep/empty"), machine.project().join("deep/a/fifo"));
        fs::create_dir_all(&empty).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        go(&machine, command);
        assert!(!empty.exists() && !fifo.exists(), "{command}");
        let undone = machine.run(&["undo"]);
        assert!(matches!(undone.status.code(), Some(0 | 1)), "{command}: {}", text(&undone.stderr));
        assert!(empty.is_dir() && fifo.symlink_metadata().unwrap().file_type().is_fifo(), "{command}");
        assert_eq!(fs::read_dir(machine.project().join("deep/a/b")).unwrap().count(), 2, "{command}");
    }
}

#[test]
fn an_agent_leaves_what_restore_points_keep() {
    let machine = Machine::new();
    repository(&machine);
    git(&machine, "commit -qam all");
    git(&machine, "branch other");
    let kept = "refs/weir/0192f0c1-2b3a-7c4d-8e5f-000000000000/0";
    git(&machine, &format!("update-ref {kept} HEAD"));
    for command in [
        "git update-ref -d KEPT",
        "git update-ref KEPT other",
        "printf 'delete KEPT\\n' | git update-ref --stdin",
        "git update-ref --stdin <<< 'delete KEPT'",
        "printf 'delete KEPT\\0\\0' | git update-ref -z --stdin",
        "git for-each-ref --format='%(refname)' refs/weir | xargs -n1 git update-ref -d",
        "git for-each-ref --format='delete %(refname)' refs/weir | git update-ref --stdin",
        "for r in $(git for-each-ref --format='%(refname)' refs/weir); do git update-ref -d $r; done",
        "git symbolic-ref KEPT refs/heads/main",
        "git symbolic-ref -d KEPT",
        "git push . :KEPT",
        "git push . --delete KEPT",
        "git push --force . main:KEPT",
        "git push --prune . 'refs/heads/*:refs/weir/*'",
        "git fetch . main:KEPT",
        "git fetch --prune . 'refs/heads/*:refs/weir/*'",
        "git -c remote.o.fetch='refs/heads/*:refs/weir/*' fetch o",
        "rm -rf .git/refs/weir",
        "rm -r .git/refs",
        "echo 1 > .git/KEPT",
        "mv .git/refs/weir /tmp/",
        "python3 -c 'import shutil; shutil.rmtree(\".git/refs/weir\")'",
    ] {
        let command = command.replace("KEPT", kept);
        let answer = machine.bash(&command);
        assert_eq!(decision(&answer), "deny", "{command}");
        let said = text(&answer.stdout);
        assert!(said.contains("restore points keep") && said.contains("weir restore-points"), "{command}: {said}");
    }
    git(&machine, "pack-refs --all");
    assert_eq!(decision(&machine.bash("sed -i /weir/d .git/packed-refs")), "deny");
    for command in [
        "git for-each-ref refs/weir",
        "git log --all --oneline",
        "git show KEPT",
        "git update-ref refs/heads/x HEAD",
        "git update-ref -d refs/heads/other",
        "git fetch . main:new",
        "git branch weir",
        "cat .git/packed-refs",
        "git pack-refs --all",
        "git symbolic-ref HEAD refs/heads/other",
    ] {
        let command = command.replace("KEPT", kept);
        assert!(is_silent(&machine.bash(&command)), "{command}");
    }
}
