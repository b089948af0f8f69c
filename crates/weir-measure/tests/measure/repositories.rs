//! Git effects: our figures against git's own.

use std::fs;

use crate::world::{World, changes, git, untracked};
use proptest::prelude::*;
use weir_model::{Effect, Figure, GitScope, Reversibility, Scope, Target, TargetKind};

/// Files that `git status` calls changed, by the two columns.
fn status(world: &World, counts: impl Fn(u8, u8) -> bool) -> u64 {
    world
        .git(&["status", "--porcelain", "--no-renames", "-uno", "-z"])
        .split('\0')
        .filter(|line| !line.is_empty())
        .filter(|line| counts(line.as_bytes()[0], line.as_bytes()[1]))
        .count() as u64
}

/// Files that git would clean: what is gone afterwards, in a copy of the tree.
fn cleaned(world: &World, flags: &[&str]) -> u64 {
    let copy = tempfile::tempdir().unwrap();
    let status =
        std::process::Command::new("cp").arg("-a").arg(world.root.join(".")).arg(copy.path()).status().unwrap();
    assert!(status.success());
    let before = files(copy.path());
    let mut args = vec!["clean", "-f", "-q"];
    args.extend(flags);
    git(copy.path(), &args);
    before - files(copy.path())
}

fn files(directory: &std::path::Path) -> u64 {
    fs::read_dir(directory)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            if entry.file_name() == ".git" {
                0
            } else if entry.file_type().unwrap().is_dir() {
                files(&entry.path())
            } else {
                1
            }
        })
        .sum()
}

fn reset(world: &World, to: &str) -> Effect {
    world.git_effect(TargetKind::GitRef, GitScope::Move { reference: None, to: to.to_owned() })
}

fn rev_count(world: &World, args: &[&str]) -> u64 {
    let mut all = vec!["rev-list", "--count"];
    all.extend(args);
    world.git(&all).trim().parse().unwrap()
}

#[derive(Debug, Clone)]
enum Step {
    Write(u8, u8),
    Remove(u8),
    Add(u8),
    AddAll,
    Commit,
    Unstage,
    Branch(u8),
    Switch(u8),
    Detach,
    Merge(u8),
    Tag(u8),
    Fetch,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..14u8, 0..4u8).prop_map(|(f, c)| Step::Write(f, c)),
        2 => (0..14u8).prop_map(Step::Remove),
        2 => (0..14u8).prop_map(Step::Add),
        2 => Just(Step::AddAll),
        4 => Just(Step::Commit),
        1 => Just(Step::Unstage),
        2 => (0..3u8).prop_map(Step::Branch),
        2 => (0..3u8).prop_map(Step::Switch),
        1 => Just(Step::Detach),
        1 => (0..3u8).prop_map(Step::Merge),
        1 => (0..2u8).prop_map(Step::Tag),
        1 => Just(Step::Fetch),
    ];
    prop::collection::vec(step, 4..24)
}

/// Some ignored, some in directories that are ignored as a whole, some with names that need quoting.
const NAMES: [&str; 14] = [
    "a",
    "b",
    "d/a",
    "d/b",
    "d/e/f",
    "x.log",
    "d/x.log",
    "logs/a",
    "logs/d/b",
    "u/v/w",
    "u/x.log",
    "ü\n",
    "keep.log",
    "d/.gitignore",
];

fn try_git(world: &World, args: &[&str]) {
    // Many steps do not apply in the state that they meet.
    let _ = std::process::Command::new("git")
        .args(args)
        .current_dir(&world.root)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env("GIT_AUTHOR_NAME", "a")
        .env("GIT_AUTHOR_EMAIL", "a@example.com")
        .env("GIT_COMMITTER_NAME", "a")
        .env("GIT_COMMITTER_EMAIL", "a@example.com")
        .output()
        .unwrap();
}

fn apply(world: &World, step: &Step) {
    let name = |n: u8| NAMES[usize::from(n)];
    match step {
        Step::Write(f, c) => {
            let content = if name(*f).ends_with(".gitignore") {
                ["b\n", "e/\n", "", "!x.log\n"][usize::from(*c)].to_owned()
            } else {
                "content".repeat(usize::from(*c))
            };
            world.write(name(*f), &content);
        }
        Step::Remove(f) => drop(fs::remove_file(world.path(name(*f)))),
        Step::Add(f) => try_git(world, &["add", "-f", "--", name(*f)]),
        Step::AddAll => try_git(world, &["add", "-A"]),
        Step::Commit => try_git(world, &["commit", "-q", "--allow-empty", "-m", "c"]),
        Step::Unstage => try_git(world, &["reset", "-q"]),
        Step::Branch(n) => try_git(world, &["branch", &format!("b{n}")]),
        Step::Switch(n) => try_git(world, &["checkout", "-q", &format!("b{n}")]),
        Step::Detach => try_git(world, &["checkout", "-q", "--detach"]),
        Step::Merge(n) => try_git(world, &["merge", "-q", "-m", "m", &format!("b{n}")]),
        Step::Tag(n) => try_git(world, &["tag", "-f", "-m", "t", &format!("t{n}")]),
        Step::Fetch => try_git(world, &["update-ref", "refs/remotes/origin/main", "HEAD"]),
    }
}

#[test]
fn an_empty_directory_makes_git_look_beside_it() {
    let world = World::repository();
    world.write(".gitignore", "*.log\n");
    world.commit_all();
    world.write("u/x.log", "x");
    let clean = || world.git_effect(TargetKind::GitWorktree, untracked(false, false, true)).impact.files;
    assert_eq!(clean(), Some(Figure::Exact(cleaned(&world, &["-X"]))));
    fs::create_dir(world.path("u/v")).unwrap();
    assert_eq!(clean(), Some(Figure::Exact(cleaned(&world, &["-X"]))));
    assert_eq!(clean(), Some(Figure::Exact(1)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn our_figures_are_gits(steps in steps()) {
        let world = World::repository();
        world.write(".gitignore", "*.log\n!keep.log\nlogs/\n");
        world.commit_all();
        for step in &steps {
            apply(&world, step);
        }
        let worktree = world.git_effect(TargetKind::GitWorktree, changes(false, true));
        prop_assert_eq!(
            worktree.impact.files,
            Some(Figure::Exact(status(&world, |_, y| matches!(y, b'M' | b'T'))
                + status(&world, |x, y| x == b'A' && y == b'A' || x == b'U' && y == b'U')
                // Deleted on one side of a merge, and still in the working tree.
                + status(&world, |x, y| matches!((x, y), (b'U', b'D') | (b'D', b'U') | (b'U', b'A') | (b'A', b'U'))))),
            "{}", world.git(&["status", "--porcelain"])
        );
        for (flags, scope) in [
            (&[][..], untracked(false, false, false)),
            (&["-d"], untracked(true, false, false)),
            (&["-x"], untracked(false, true, false)),
            (&["-d", "-x"], untracked(true, true, false)),
            (&["-X"], untracked(false, false, true)),
            (&["-d", "-X"], untracked(true, false, true)),
        ] {
            let effect = world.git_effect(TargetKind::GitWorktree, scope);
            prop_assert_eq!(
                effect.impact.files,
                Some(Figure::Exact(cleaned(&world, flags))),
                "clean {:?}: {}", flags, world.git(&["status", "--porcelain", "--ignored", "-uall"])
            );
        }
        let branch = world.git(&["rev-parse", "--symbolic-full-name", "HEAD"]);
        let others: Vec<String> = world
            .git(&["for-each-ref", "--format=%(refname)"])
            .lines()
            .filter(|name| *name != branch.trim())
            .map(ToOwned::to_owned)
            .collect();
        for to in ["HEAD", "HEAD~1", "HEAD~3", "b0", "t1", "origin/main"] {
            let exists = std::process::Command::new("git")
                .args(["rev-parse", "-q", "--verify", &format!("{to}^{{commit}}")])
                .current_dir(&world.root)
                .output()
                .unwrap()
                .status
                .success();
            let effect = reset(&world, to);
            if exists {
                let mut args = vec!["HEAD", "--not", to];
                args.extend(others.iter().map(String::as_str));
                prop_assert_eq!(
                    effect.impact.commits,
                    Some(Figure::Exact(rev_count(&world, &args))),
                    "{}", to
                );
            } else {
                prop_assert_eq!(effect.impact.commits, Some(Figure::Unknown));
                prop_assert_eq!(effect.reversibility, Reversibility::Unknown);
            }
        }
    }

    /// A tree is restored exactly where `git checkout` brings every file back.
    #[test]
    fn restorable_means_that_git_brings_it_back(steps in steps()) {
        let world = World::repository();
        world.write(".gitignore", "*.log\nlogs/\n");
        world.commit_all();
        for step in &steps {
            apply(&world, step);
        }
        for directory in ["d", "logs", "u"] {
            let effect = world.rm_rf(directory);
            let head = world.git(&["ls-tree", "-r", "-z", "HEAD", "--", directory]);
            let mut restorable = 0;
            for line in head.split('\0').filter(|line| !line.is_empty()) {
                let (meta, name) = line.split_once('\t').unwrap();
                let id = meta.split(' ').nth(2).unwrap();
                let staged = world.git(&["ls-files", "-s", "--", name]);
                if staged.contains(id)
                    && world.path(name).exists()
                    && world.git(&["hash-object", "--no-filters", name]).trim() == id
                    && !staged.trim().contains('\n')
                {
                    restorable += 1;
                }
            }
            prop_assert_eq!(effect.impact.git_restorable_files, Some(Figure::Exact(restorable)));
        }
    }
}

#[test]
fn both_kinds_of_changes_are_lost_by_a_hard_reset() {
    let world = World::repository();
    world.write("both", "1");
    world.write("staged", "1");
    world.write("changed", "1");
    world.write("clean", "1");
    world.write("gone", "1");
    world.commit_all();
    world.write("both", "22");
    world.write("staged", "333");
    world.write("new", "4444");
    world.git(&["add", "-A"]);
    world.write("both", "55555");
    world.write("changed", "666666");
    fs::remove_file(world.path("gone")).unwrap();
    let hard = world.git_effect(TargetKind::GitWorktree, changes(true, true));
    assert_eq!(hard.impact.files, Some(Figure::Exact(4)));
    assert_eq!(hard.impact.files.and_then(Figure::value), Some(status(&world, |x, y| x != b'D' && y != b'D')));
    assert_eq!(hard.impact.bytes, Some(Figure::Exact(5 + 3 + 4 + 6)));
    assert_eq!(hard.reversibility, Reversibility::Recoverable);
    // The working tree has what was staged, but for the file that changed again.
    let mixed = world.git_effect(TargetKind::GitWorktree, changes(true, false));
    assert_eq!(mixed.impact.files, Some(Figure::Exact(3)));
    assert_eq!(mixed.impact.only_copy_files, Some(Figure::Exact(1)));
    let limited = world.git_effect(
        TargetKind::GitWorktree,
        GitScope::Changes { pathspecs: vec!["chang*".to_owned()], staged: false, worktree: true, to: None },
    );
    assert_eq!(limited.impact.files, Some(Figure::Exact(1)));
    world.git(&["reset", "-q", "--hard"]);
    let clean = world.git_effect(TargetKind::GitWorktree, changes(true, true));
    assert_eq!(clean.reversibility, Reversibility::Reversible);
}

#[test]
fn cleaning_below_pathspecs_and_what_is_made_again() {
    let world = World::repository();
    world.write("package.json", "{}");
    world.write(".gitignore", "node_modules\n.env\n");
    world.write("src/tracked", "1");
    world.commit_all();
    world.write("node_modules/x/y", "1");
    world.write(".env", "SECRET");
    world.write("src/new", "1");
    world.write("notes/deep/n", "1");
    let all = world.git_effect(TargetKind::GitWorktree, untracked(true, true, false));
    assert_eq!(all.impact.files, Some(Figure::Exact(4)));
    assert_eq!(all.impact.regenerable_files, Some(Figure::Exact(1)));
    assert_eq!(all.impact.only_copy_files, Some(Figure::Exact(3)));
    for (pathspec, expected) in [("src", 1), ("notes", 1), ("no", 0), ("*eep/n", 1)] {
        let effect = world.git_effect(
            TargetKind::GitWorktree,
            GitScope::Untracked {
                pathspecs: vec![pathspec.to_owned()],
                directories: false,
                ignored: false,
                only_ignored: false,
            },
        );
        assert_eq!(cleaned(&world, &["--", pathspec]), expected, "{pathspec}");
        assert_eq!(effect.impact.files, Some(Figure::Exact(expected)), "{pathspec}");
    }
    // In a directory it cleans from there on.
    let mut below = [Effect::new(
        weir_model::Verb::Delete,
        weir_model::Target::new(TargetKind::GitWorktree, "git").at(vec![world.path("src")]),
    )
    .within(weir_model::Scope::Git(untracked(true, true, false)))];
    world.measure_all("src", &mut below);
    assert_eq!(below[0].impact.files, Some(Figure::Exact(1)));
    world.init("inner");
    world.write("inner/a", "1");
    let nested = world.git_effect(TargetKind::GitWorktree, untracked(true, false, false));
    assert!(matches!(nested.impact.only_copy_files, Some(Figure::Estimated(_))));
}

#[test]
fn deleting_refs_loses_what_nothing_else_reaches() {
    let world = World::repository();
    world.commit_all();
    world.git(&["checkout", "-q", "-b", "topic"]);
    world.commit_all();
    world.commit_all();
    world.git(&["tag", "-m", "t", "v1", "HEAD~1"]);
    world.git(&["checkout", "-q", "main"]);
    let refs = |names: &[&str]| {
        world.git_effect(TargetKind::GitRef, GitScope::Refs { names: names.iter().map(|n| (*n).to_owned()).collect() })
    };
    assert_eq!(refs(&["topic"]).impact.commits, Some(Figure::Exact(1)));
    assert_eq!(refs(&["topic"]).reversibility, Reversibility::Recoverable);
    assert_eq!(refs(&["topic", "v1"]).impact.commits, Some(Figure::Exact(2)));
    assert_eq!(refs(&["refs/heads/topic", "v1"]).impact.refs, Some(Figure::Exact(2)));
    // The tag's commit stays, its text does not.
    assert_eq!(refs(&["v1"]).impact.commits, Some(Figure::Exact(0)));
    assert_eq!(refs(&["v1"]).reversibility, Reversibility::Recoverable);
    assert_eq!(refs(&["nothing"]).impact.exists, Some(false));
}

#[test]
fn stash_entries_are_counted() {
    let world = World::repository();
    world.write("f", "1");
    world.commit_all();
    let stash = |entry| world.git_effect(TargetKind::GitStash, GitScope::Stash { entry });
    assert_eq!(stash(None).impact.exists, Some(false));
    for n in 0..3 {
        world.write("f", &format!("changed {n}"));
        world.git(&["stash", "-q"]);
    }
    assert_eq!(stash(None).impact.stashes, Some(Figure::Exact(3)));
    assert_eq!(stash(Some(2)).impact.stashes, Some(Figure::Exact(1)));
    assert_eq!(stash(Some(3)).impact.stashes, Some(Figure::Exact(0)));
    assert_eq!(stash(None).reversibility, Reversibility::Recoverable);
}

#[test]
fn refs_that_are_not_known_are_not_nothing() {
    let world = World::repository();
    world.commit_all();
    world.git(&["tag", "v1"]);
    world.commit_all();
    for scope in [
        GitScope::Refs { names: vec!["$(git branch)".to_owned()] },
        GitScope::Move { reference: Some("$X".to_owned()), to: "HEAD".to_owned() },
    ] {
        let target = Target::new(TargetKind::GitRef, "git").at(vec![world.root.clone()]);
        let mut effects = [Effect::opaque(weir_model::Verb::Delete, target, "not known").within(Scope::Git(scope))];
        world.measure_all("", &mut effects);
        assert_eq!(effects[0].impact.commits, Some(Figure::Unknown));
        assert_eq!(effects[0].impact.exists, Some(true));
        assert_eq!(effects[0].reversibility, Reversibility::Unknown);
    }
    // A tag moves, and HEAD means the branch.
    let moved = GitScope::Move { reference: Some("refs/tags/v1".to_owned()), to: "HEAD".to_owned() };
    assert_eq!(world.git_effect(TargetKind::GitRef, moved).impact.refs, Some(Figure::Exact(1)));
    let head = world.git_effect(TargetKind::GitRef, GitScope::Refs { names: vec!["HEAD".to_owned()] });
    assert_eq!(head.impact.commits, Some(Figure::Exact(1)));
}

#[test]
fn refs_that_are_not_in_files_are_not_absent() {
    let world = World::new();
    let made =
        std::process::Command::new("git").args(["init", "-q", "--ref-format=reftable"]).arg(&world.root).status();
    if !made.unwrap().success() {
        return; // An older git has no such form.
    }
    world.write("f", "1");
    world.commit_all();
    world.git(&["branch", "side"]);
    world.write("f", "2");
    world.git(&["stash", "-q"]);
    let stash = world.git_effect(TargetKind::GitStash, GitScope::Stash { entry: None });
    assert_eq!(stash.impact.stashes, Some(Figure::Unknown));
    let names = GitScope::Refs { names: vec!["side".to_owned()] };
    let moved = GitScope::Move { reference: None, to: "HEAD".to_owned() };
    for scope in [names, moved] {
        let effect = world.git_effect(TargetKind::GitRef, scope);
        assert_eq!((effect.impact.commits, effect.impact.exists), (Some(Figure::Unknown), Some(true)));
        assert_eq!(effect.reversibility, Reversibility::Unknown);
    }
}

#[test]
fn what_is_kept_for_an_undo_is_no_ref_of_the_person() {
    let world = World::repository();
    world.commit_all();
    world.git(&["checkout", "-q", "-b", "side"]);
    world.commit_all();
    world.git(&["checkout", "-q", "main"]);
    world.git(&["update-ref", "refs/weir/0192f0c1-2b3a-7c4d-8e5f-000000000000/0", "side"]);
    let effect = world.git_effect(TargetKind::GitRef, GitScope::Refs { names: vec!["side".to_owned()] });
    assert_eq!(effect.impact.commits, Some(Figure::Exact(1)), "it goes when the restore point goes");
}

#[test]
fn odd_repositories_are_no_surprise() {
    // None at all.
    let none = World::new();
    assert_eq!(reset(&none, "HEAD").impact.exists, Some(false));
    // No commit yet.
    let unborn = World::repository();
    assert_eq!(reset(&unborn, "HEAD~1").impact.commits, Some(Figure::Exact(0)));
    unborn.write("staged", "1");
    unborn.git(&["add", "-A"]);
    let effect = unborn.git_effect(TargetKind::GitWorktree, changes(true, true));
    assert_eq!(effect.impact.only_copy_files, Some(Figure::Exact(1)));
    // Without a working tree.
    let bare = World::new();
    git(&bare.root, &["init", "-q", "--bare"]);
    let effect = bare.git_effect(TargetKind::GitWorktree, changes(true, true));
    assert_eq!(effect.impact.files, Some(Figure::Exact(0)));
    // A damaged index.
    let broken = World::repository();
    broken.write("f", "1");
    broken.commit_all();
    fs::write(broken.path(".git/index"), "DIRCgarbage").unwrap();
    let effect = broken.git_effect(TargetKind::GitWorktree, changes(true, true));
    assert_eq!(effect.impact.only_copy_files, Some(Figure::Unknown));
    assert_eq!(effect.reversibility, Reversibility::Unknown);
    assert!(effect.impact.remark.is_some());
    let tree = broken.rm_rf("f");
    assert_eq!(tree.impact.only_copy_files, Some(Figure::Estimated(1)));
    // A damaged repository.
    fs::write(broken.path(".git/HEAD"), [0xff; 40]).unwrap();
    assert_eq!(reset(&broken, "HEAD").reversibility, Reversibility::Unknown);
    // On no branch.
    let detached = World::repository();
    detached.commit_all();
    detached.git(&["checkout", "-q", "--detach"]);
    detached.commit_all();
    assert_eq!(reset(&detached, "HEAD~1").impact.commits, Some(Figure::Exact(1)));
    assert_eq!(reset(&detached, "no such thing").impact.commits, Some(Figure::Unknown));
}

#[test]
fn removing_a_linked_working_tree_loses_what_is_only_there() {
    let world = World::new();
    world.init("main");
    let main = world.path("main");
    world.write("main/f", "1");
    git(&main, &["add", "-A"]);
    git(&main, &["commit", "-q", "-m", "x"]);
    git(&main, &["worktree", "add", "-q", "--detach", "../linked"]);
    let remove = || {
        let mut effect = Effect::new(
            weir_model::Verb::Delete,
            weir_model::Target::new(TargetKind::GitWorktree, "x").at(vec![main.clone()]),
        );
        effect.scope = weir_model::Scope::Git(GitScope::Worktree { path: "../linked".to_owned() });
        world.measure_in("main", effect)
    };
    assert_eq!(remove().reversibility, Reversibility::Reversible);
    world.write("linked/new", "1");
    assert_eq!(remove().impact.only_copy_files, Some(Figure::Exact(1)));
    git(&world.path("linked"), &["add", "-A"]);
    git(&world.path("linked"), &["commit", "-q", "-m", "y"]);
    let detached = remove();
    assert_eq!(detached.impact.only_copy_files, Some(Figure::Exact(0)));
    assert_eq!(detached.impact.commits, Some(Figure::Exact(1)));
    assert_eq!(detached.reversibility, Reversibility::Recoverable);
}

/// Git's own checksum is switched off, so that every damage reaches the decoder.
#[test]
fn no_damage_of_the_index_makes_us_panic() {
    let world = World::repository();
    world.write("a", "1");
    world.write("d/e/f", "2");
    world.commit_all();
    world.git(&["config", "index.skipHash", "true"]);
    let index = world.path(".git/index");
    let good = fs::read(&index).unwrap();
    for at in 0..good.len() {
        for bits in [0xff, 0x01, 0x80] {
            let mut bad = good.clone();
            bad[at] ^= bits;
            fs::write(&index, &bad).unwrap();
            let effect = world.git_effect(TargetKind::GitWorktree, changes(true, true));
            assert!(effect.impact.measured);
        }
        fs::write(&index, &good[..at]).unwrap();
        assert!(world.rm_rf("a").impact.measured);
    }
}

#[test]
fn the_persons_own_ignore_file_counts() {
    let world = World::repository();
    world.commit_all();
    world.write("x.mine", "1");
    world.write("y", "1");
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join(".gitconfig"), "[core]\n\texcludesFile = ~/mine\n").unwrap();
    fs::write(home.path().join("mine"), "*.mine\n").unwrap();
    let mut effects = [Effect::new(
        weir_model::Verb::Delete,
        weir_model::Target::new(TargetKind::GitWorktree, "git").at(vec![world.root.clone()]),
    )
    .within(weir_model::Scope::Git(untracked(true, false, true)))];
    let context = weir_measure::Context {
        cwd: &world.root,
        home: Some(home.path()),
        session_started: None,
        environments: &weir_model::Environments::default(),
        budget: std::time::Duration::from_secs(10),
    };
    weir_measure::measure(&mut effects, &context);
    assert_eq!(effects[0].impact.files, Some(Figure::Exact(1)));
}
