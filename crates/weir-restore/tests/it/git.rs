//! What git itself would remove: commits, stash entries and staged contents that nothing leads to any more.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use weir_restore::{Budget, GitState, How, Point, PointInfo, SnapshotError, UndoError};

use crate::support::Scratch;

/// What git says, run in `dir`.
fn git(dir: &Path, args: &str) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"])
        .args(args.split_whitespace())
        .current_dir(dir)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("HOME", dir)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "git {args}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Removes everything that git can do without.
fn collect(dir: &Path) {
    git(dir, "reflog expire --expire=now --expire-unreachable=now --all");
    git(dir, "gc -q --prune=now");
}

fn commit(dir: &Path, name: &str, content: &str) -> String {
    std::fs::write(dir.join(name), content).unwrap();
    git(dir, "add -A");
    git(dir, &format!("commit -qm {name}"));
    git(dir, "rev-parse HEAD").trim().to_owned()
}

/// A repository with two commits, a branch of its own, an annotated tag on it, two stash entries and a dirty tree.
fn repository(scratch: &Scratch) -> PathBuf {
    let dir = scratch.root.clone();
    git(&dir, "init -q");
    commit(&dir, "a", "1\n");
    git(&dir, "checkout -qb side");
    commit(&dir, "side", "of the side\n");
    git(&dir, "tag -a -m text marked");
    git(&dir, "checkout -q main");
    commit(&dir, "b", "2\n");
    for content in ["first stash\n", "second stash\n"] {
        std::fs::write(dir.join("a"), content).unwrap();
        git(&dir, "stash push -q");
    }
    std::fs::create_dir(dir.join("sub")).unwrap();
    std::fs::write(dir.join("sub/staged"), "only staged, and gone from the tree\n").unwrap();
    git(&dir, "add -A");
    std::fs::remove_file(dir.join("sub/staged")).unwrap();
    dir
}

const REFS: [&str; 4] = ["refs/heads/main", "refs/heads/side", "refs/tags/marked", "refs/stash"];

fn state(git_dir: &Path, refs: &[&str]) -> GitState {
    GitState {
        dir: git_dir.to_owned(),
        refs: refs.iter().map(|name| name.as_bytes().to_vec()).collect(),
        commits: Vec::new(),
        files: ["HEAD", "ORIG_HEAD", "logs/HEAD", "index"].map(|name| git_dir.join(name)).to_vec(),
    }
}

fn keep(scratch: &Scratch, state: &GitState) -> Point {
    let budget = Budget::default();
    scratch.store.snapshot_with_git(&scratch.info(), &[], std::slice::from_ref(state), &budget).unwrap()
}

/// Everything that a person sees of a repository, but for the working tree.
fn picture(dir: &Path) -> Vec<String> {
    let commands = [
        "for-each-ref --format=%(refname)%(objectname) --exclude=refs/weir refs",
        "symbolic-ref HEAD",
        "ls-files --stage",
        "stash list",
        "show -p stash@{1}",
        "reflog show --format=%H%gs main",
        "reflog show --format=%H%gs HEAD",
        "log --format=%H -p --all --exclude=refs/weir/*",
        "cat-file -p marked",
        "cat-file -p :sub/staged",
    ];
    commands
        .iter()
        .map(|args| git(dir, &args.replace("--all --exclude=refs/weir/*", "--exclude=refs/weir/* --all")))
        .collect()
}

fn weir_refs(dir: &Path) -> String {
    git(dir, "for-each-ref refs/weir")
}

/// What destroys all of it, so that nothing but the restore point leads there.
fn destroy(dir: &Path) {
    for args in ["stash clear", "reset -q --hard HEAD~1", "branch -q -D side", "tag -d marked"] {
        git(dir, args);
    }
    collect(dir);
}

#[test]
fn what_only_a_restore_point_leads_to_survives_a_collection() {
    let scratch = Scratch::new();
    let dir = repository(&scratch);
    let before = picture(&dir);
    let point = keep(&scratch, &state(&dir.join(".git"), &REFS));
    assert!(point.info.remarks.is_empty(), "{:?}", point.info.remarks);
    assert_eq!(picture(&dir), before, "it changes nothing that git says without `refs/weir`");
    destroy(&dir);
    assert_eq!(git(&dir, "stash list"), "");
    let can = scratch.store.can_undo(&point);
    assert!(can.possible && can.evidence.contains("git objects that it needs are there"), "{}", can.evidence);
    scratch.undo(&point).unwrap();
    assert_eq!(picture(&dir), before);
    assert_eq!(git(&dir, "fsck --strict --no-dangling"), "");
    assert!(!weir_refs(&dir).contains(&point.id.to_string()), "what was put back needs no more refs");
    collect_without_expiring(&dir);
    assert_eq!(picture(&dir), before, "and stays by itself");
}

fn collect_without_expiring(dir: &Path) {
    git(dir, "gc -q --prune=now");
}

#[test]
fn refs_that_git_packed_come_back_and_others_stay() {
    let scratch = Scratch::new();
    let dir = repository(&scratch);
    git(&dir, "branch deep/er side");
    git(&dir, "pack-refs --all");
    assert!(!dir.join(".git/refs/heads/side").exists());
    let before = picture(&dir);
    let refs: Vec<&str> = REFS.into_iter().chain(["refs/heads/deep/er"]).collect();
    let point = keep(&scratch, &state(&dir.join(".git"), &refs));
    git(&dir, "branch -D deep/er");
    destroy(&dir);
    git(&dir, "branch later");
    git(&dir, "pack-refs --all");
    scratch.undo(&point).unwrap();
    assert!(!git(&dir, "rev-parse later").is_empty(), "a branch made since is where it was");
    git(&dir, "branch -D later");
    assert_eq!(picture(&dir), before);
}

#[test]
fn an_undo_can_be_undone_after_a_collection() {
    let scratch = Scratch::new();
    let dir = repository(&scratch);
    let point = keep(&scratch, &state(&dir.join(".git"), &REFS));
    destroy(&dir);
    let newer = commit(&dir, "newer", "made since\n");
    let report = scratch.undo(&point).unwrap();
    assert_ne!(git(&dir, "rev-parse HEAD").trim(), newer);
    collect(&dir);
    let kept = scratch.store.find(&report.kept.unwrap().to_string()).unwrap();
    let again = scratch.undo(&kept).unwrap();
    assert_eq!(git(&dir, "rev-parse HEAD").trim(), newer);
    assert_eq!(git(&dir, "show HEAD:newer"), "made since\n");
    assert!(!weir_refs(&dir).contains(&kept.id.to_string()));
    assert!(weir_refs(&dir).contains(&again.kept.unwrap().to_string()));
}

#[test]
fn the_refs_go_with_the_point() {
    let scratch = Scratch::new();
    let dir = repository(&scratch);
    let state = state(&dir.join(".git"), &REFS);
    for packed in [false, true] {
        let dropped = keep(&scratch, &state);
        let short = PointInfo { lifetime: Duration::ZERO, ..scratch.info() };
        let expired =
            scratch.store.snapshot_with_git(&short, &[], std::slice::from_ref(&state), &Budget::default()).unwrap();
        assert_eq!(weir_refs(&dir).lines().count(), 4, "for each a commit and a tag");
        if packed {
            git(&dir, "pack-refs --all");
        }
        scratch.store.discard(dropped.id).unwrap();
        let left = weir_refs(&dir);
        assert!(!left.contains(&dropped.id.to_string()) && left.contains(&expired.id.to_string()), "{left}");
        scratch.store.collect(false).unwrap();
        assert_eq!(weir_refs(&dir), "");
        assert!(!dir.join(".git/refs/weir").exists());
    }
    // One whose store is gone goes when its time is over and another point is made here.
    let other = Scratch::new();
    let short = PointInfo { lifetime: Duration::ZERO, ..other.info() };
    let lost = other.store.snapshot_with_git(&short, &[], std::slice::from_ref(&state), &Budget::default()).unwrap();
    drop(other);
    std::thread::sleep(Duration::from_millis(2_100));
    let point = keep(&scratch, &state);
    let left = weir_refs(&dir);
    assert!(!left.contains(&lost.id.to_string()) && left.contains(&point.id.to_string()), "{left}");
}

#[test]
fn linked_working_trees_and_bare_repositories_have_one_place() {
    let scratch = Scratch::new();
    let dir = repository(&scratch);
    git(&dir, "stash clear");
    let linked = scratch.root.join("linked");
    git(&dir, "worktree add -q linked side");
    commit(&linked, "more", "more\n");
    std::fs::write(linked.join("staged"), "staged in the linked one\n").unwrap();
    git(&linked, "add staged");
    std::fs::remove_file(linked.join("staged")).unwrap();
    let said = |dir: &Path| ["ls-files -s", "rev-parse HEAD", "symbolic-ref HEAD", "status -s"].map(|a| git(dir, a));
    let before = said(&linked);
    let point = keep(&scratch, &state(&dir.join(".git/worktrees/linked"), &["refs/heads/side"]));
    git(&linked, "reset -q --hard HEAD~1");
    collect(&dir);
    scratch.undo(&point).unwrap();
    assert_eq!(said(&linked)[..3], before[..3]);
    assert_eq!(git(&linked, "cat-file -p :staged"), "staged in the linked one\n");

    let bare = scratch.root.join("bare.git");
    git(&scratch.root, "clone -q --bare --single-branch --branch side . bare.git");
    git(&bare, "branch only side");
    let tip = git(&bare, "commit-tree -m only -p side side^{tree}");
    git(&bare, &format!("update-ref refs/heads/only {}", tip.trim()));
    let point = keep(&scratch, &state(&bare, &["refs/heads/only"]));
    git(&bare, "branch -D only");
    collect(&bare);
    scratch.undo(&point).unwrap();
    assert_eq!(git(&bare, "rev-parse only"), tip);
    assert_eq!(git(&bare, "cat-file -t only"), "commit\n");
}

#[test]
fn where_objects_cannot_be_kept_refs_are_refused_and_other_points_say_so() {
    let scratch = Scratch::new();
    let dir = repository(&scratch);
    // Root may write anywhere, but nobody can make a directory where a file is.
    std::fs::write(dir.join(".git/refs/weir"), "in the way\n").unwrap();
    let with_refs = state(&dir.join(".git"), &REFS);
    let refused = scratch.store.snapshot_with_git(&scratch.info(), &[], &[with_refs], &Budget::default());
    assert!(matches!(refused, Err(SnapshotError::Target { .. })), "{refused:?}");
    assert!(scratch.store.list().unwrap().is_empty(), "nothing is left of it");
    let point = keep(&scratch, &state(&dir.join(".git"), &[]));
    assert!(
        point.info.remarks.iter().any(|remark| remark.contains("not protected from `git gc`")),
        "{:?}",
        point.info.remarks
    );
    let can = scratch.store.can_undo(&point);
    assert!(can.possible && can.evidence.contains("not protected"), "{}", can.evidence);
    std::fs::remove_file(dir.join(".git/refs/weir")).unwrap();
    destroy(&dir);
    let after = std::fs::read(dir.join(".git/index")).unwrap();
    let can = scratch.store.can_undo(&point);
    assert!(!can.possible && can.evidence.contains("no longer in"), "{}", can.evidence);
    assert!(matches!(scratch.undo(&point).unwrap_err(), UndoError::ObjectsGone { .. }));
    assert_eq!(std::fs::read(dir.join(".git/index")).unwrap(), after, "a refusal changes nothing");
}

#[test]
fn refs_in_another_form_are_refused() {
    let scratch = Scratch::new();
    let made = Command::new("git").args(["init", "-q", "--ref-format=reftable"]).arg(&scratch.root).status().unwrap();
    if !made.success() {
        return; // An older git has no such form.
    }
    commit(&scratch.root, "a", "1\n");
    let state = state(&scratch.root.join(".git"), &["refs/heads/main"]);
    let refused = scratch.store.snapshot_with_git(&scratch.info(), &[], &[state], &Budget::default());
    assert!(matches!(refused, Err(SnapshotError::Target { .. })), "{refused:?}");
    assert!(scratch.store.list().unwrap().is_empty());
}

#[test]
fn many_stashes_and_a_long_log_need_one_ref() {
    let scratch = Scratch::new();
    let dir = scratch.root.clone();
    git(&dir, "init -q");
    for at in 0..30 {
        commit(&dir, "a", &format!("{at}\n"));
        git(&dir, "commit -q --amend --allow-empty -m amended");
    }
    for at in 0..5 {
        std::fs::write(dir.join("a"), format!("stash {at}\n")).unwrap();
        git(&dir, "stash push -q");
    }
    let before = git(&dir, "reflog show --format=%H%gs HEAD");
    let point = keep(&scratch, &state(&dir.join(".git"), &["refs/heads/main", "refs/stash"]));
    let refs = weir_refs(&dir);
    assert_eq!(refs.lines().count(), 1, "{refs}");
    let parents = git(&dir, &format!("rev-parse refs/weir/{}/0^@", point.id));
    // The tip, 30 commits before their amendment, and each stash entry; what the tip leads to needs no mention.
    assert_eq!(parents.lines().count(), 1 + 30 + 5, "{parents}");
    git(&dir, "stash clear");
    git(&dir, "reset -q --hard HEAD~20");
    collect(&dir);
    scratch.undo(&point).unwrap();
    assert_eq!(git(&dir, "reflog show --format=%H%gs HEAD"), before);
    assert_eq!(git(&dir, "stash list").lines().count(), 5);
}

#[test]
fn a_branch_made_since_is_never_covered_by_one_that_comes_back() {
    for (old, new) in [("side", "side/newer"), ("deep/er", "deep")] {
        for packed in [false, true] {
            let scratch = Scratch::new();
            let dir = repository(&scratch);
            git(&dir, "branch deep/er side");
            let point = keep(&scratch, &state(&dir.join(".git"), &["refs/heads/side", "refs/heads/deep/er"]));
            git(&dir, "branch -D side deep/er");
            git(&dir, &format!("branch {new}"));
            if packed {
                git(&dir, "pack-refs --all");
            }
            let before = git(&dir, "for-each-ref refs/heads");
            let can = scratch.store.can_undo(&point);
            assert!(
                !can.possible && can.evidence.contains(&format!("refs/heads/{new}`, which was made since")),
                "{}",
                can.evidence
            );
            let refused = scratch.undo(&point).unwrap_err();
            let named = |wanted: &str, found: &str| {
                wanted == format!("refs/heads/{old}") && found == format!("refs/heads/{new}")
            };
            assert!(matches!(&refused, UndoError::RefInTheWay { wanted, found } if named(wanted, found)), "{refused}");
            assert_eq!(git(&dir, "for-each-ref refs/heads"), before, "a refusal changes nothing");
            git(&dir, &format!("branch -m {new} elsewhere"));
            scratch.undo(&point).unwrap();
            let after = git(&dir, "for-each-ref --format=%(refname) refs/heads");
            assert_eq!(after, "refs/heads/deep/er\nrefs/heads/elsewhere\nrefs/heads/main\nrefs/heads/side\n");
        }
    }
}

#[test]
fn a_branch_comes_back_from_below_or_above_its_name() {
    for (from, to) in [("side", "side/newer"), ("deep/er", "deep")] {
        for packed in [false, true] {
            let scratch = Scratch::new();
            let dir = repository(&scratch);
            git(&dir, "branch deep/er side");
            if packed {
                git(&dir, "pack-refs --all");
            }
            let before = picture(&dir);
            let names = [format!("refs/heads/{from}"), format!("refs/heads/{to}")];
            let point = keep(&scratch, &state(&dir.join(".git"), &[&names[0], &names[1]]));
            git(&dir, &format!("branch -m {from} {to}"));
            assert_ne!(picture(&dir), before);
            scratch.undo(&point).unwrap();
            assert_eq!(picture(&dir), before, "{from} to {to}, packed: {packed}");
        }
    }
}

#[test]
fn a_tree_that_holds_itself_many_times_costs_nothing() {
    let scratch = Scratch::new();
    let dir = repository(&scratch);
    let made = |text: &str| {
        let file = scratch.root.join("tree");
        std::fs::write(&file, text).unwrap();
        let output =
            Command::new("sh").args(["-c", "git mktree < tree && rm tree"]).current_dir(&dir).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let blob = git(&dir, "rev-parse HEAD:a").trim().to_owned();
    let mut tree = made(&format!("100644 blob {blob}\tf\n"));
    for _ in 0..12 {
        let lines: String = (0..10).map(|at| format!("040000 tree {tree}\td{at}\n")).collect();
        tree = made(&lines);
    }
    let commit = git(&dir, &format!("commit-tree -m bomb {tree}"));
    git(&dir, &format!("update-ref refs/heads/main {}", commit.trim()));
    let point = keep(&scratch, &state(&dir.join(".git"), &REFS));
    collect(&dir);
    assert!(scratch.store.can_undo(&point).possible);
}

#[test]
fn a_repository_that_cannot_be_opened_is_not_one_that_lost_something() {
    let scratch = Scratch::new();
    let dir = repository(&scratch);
    let point = keep(&scratch, &state(&dir.join(".git"), &REFS));
    let config = std::fs::read(dir.join(".git/config")).unwrap();
    std::fs::write(dir.join(".git/config"), "[core\n").unwrap();
    let can = scratch.store.can_undo(&point);
    assert!(!can.possible && can.evidence.contains("cannot be opened"), "{}", can.evidence);
    assert!(matches!(scratch.undo(&point).unwrap_err(), UndoError::Repository { .. }));
    std::fs::write(dir.join(".git/config"), config).unwrap();
    scratch.undo(&point).unwrap();
}

/// What it costs; run by hand: `cargo test -p weir-restore --release -- --ignored git_cost --nocapture`.
#[test]
#[ignore = "a measurement"]
fn git_cost() {
    let scratch = Scratch::new();
    let dir = scratch.root.clone();
    git(&dir, "init -q");
    for at in 0..2_000 {
        std::fs::create_dir_all(dir.join(format!("d{}", at % 100))).unwrap();
        std::fs::write(dir.join(format!("d{}/f{at}", at % 100)), at.to_string()).unwrap();
    }
    for at in 0..50 {
        commit(&dir, "a", &format!("{at}\n"));
    }
    std::fs::write(dir.join("d1/f1"), "staged").unwrap();
    git(&dir, "add -A");
    for round in 0..4 {
        for refs in [&["refs/heads/main"][..], &[]] {
            let mut state = state(&dir.join(".git"), refs);
            if refs.is_empty() {
                state.files.clear();
            }
            let began = std::time::Instant::now();
            let point = keep(&scratch, &state);
            println!("round {round}, refs {refs:?}: {:?}, {} files", began.elapsed(), point.counts.files);
        }
        let names = ["HEAD", "ORIG_HEAD", "logs/HEAD", "index", "refs/heads/main", "logs/refs/heads/main"];
        let files: Vec<_> = names.iter().map(|name| (dir.join(".git").join(name), How::Change)).collect();
        let began = std::time::Instant::now();
        scratch.store.snapshot(&scratch.info(), &files, &Budget::default()).unwrap();
        println!("round {round}, only files: {:?}", began.elapsed());
    }
}
