//! What a push replaces and deletes on a remote, with git itself as the judge: it is measured, and then it is pushed.

use std::collections::BTreeMap;
use std::process::Command;

use crate::world::World;
use weir_model::{Figure, GitScope, Impact, RemotePush, Sent, TargetKind};

/// A repository `w` and its remote: `main` and `topic` were rewritten here, `old` and `shared` are there only, and so is what nobody
/// fetches.
fn world() -> World {
    let mut world = World::new();
    let made = world.root.clone();
    let git = |args: &[&str]| crate::world::git(&made, args);
    git(&["init", "-q", "--bare", "-b", "main", "b"]);
    git(&["--git-dir=b", "config", "receive.denyDeleteCurrent", "ignore"]);
    git(&["init", "-q", "-b", "main", "w"]);
    world.root = made.join("w");
    let git = |args: &str| world.git(&args.split(' ').collect::<Vec<_>>());
    git("remote add origin ../b");
    for name in ["1", "2"] {
        git(&format!("commit -q --allow-empty -m {name}"));
    }
    git("branch topic");
    git("tag t1");
    git(
        "push -q origin main topic main:old main:shared main:refs/tmp/x main:refs/tmp/main main:refs/tags/t1 main:refs/tags/t2",
    );
    git("commit -q --amend --allow-empty -m rewritten");
    git("checkout -q topic");
    git("commit -q --amend --allow-empty -m other");
    git("tag -f t1");
    world
}

fn there(world: &World) -> BTreeMap<String, String> {
    let said = world.git(&["--git-dir=../b", "for-each-ref", "--format=%(refname) %(objectname)"]);
    said.lines().filter_map(|line| line.split_once(' ')).map(|(name, id)| (name.to_owned(), id.to_owned())).collect()
}

fn measured(world: &World, push: RemotePush) -> Impact {
    world.git_effect(TargetKind::GitRemoteRef, GitScope::Remote(push)).impact
}

fn push(refspecs: &[&str]) -> RemotePush {
    RemotePush { refspecs: refspecs.iter().map(|spec| (*spec).to_owned()).collect(), ..RemotePush::default() }
}

/// `line` is what is typed after `git push`, `push` what analysis makes of it.
fn judged_by_git(config: &[(&str, &str)], line: &str, push: RemotePush) {
    let world = world();
    for (key, value) in config {
        world.git(&["config", "--add", key, value]);
    }
    let case = format!("{config:?} git push {line}");
    let before = there(&world);
    let impact = measured(&world, push);
    let args = line.split(' ').filter(|word| !word.is_empty());
    let done = Command::new("git").arg("push").args(args).current_dir(&world.root).output().unwrap();
    let after = there(&world);
    let heads = &impact.remote_heads;
    let mut lost = false;
    for (name, had) in &before {
        let has = after.get(name);
        if has == Some(had) {
            continue;
        }
        lost = true;
        let told = heads.iter().find(|head| &head.name == name);
        let unseen = heads.iter().any(|head| {
            let fits = |(start, end): (&str, &str)| name.starts_with(start) && name.ends_with(end);
            head.head.is_none() && (head.name == *name || head.name.split_once('*').is_some_and(fits))
        });
        match told.filter(|head| head.head.is_some()) {
            Some(head) => {
                assert_eq!(head.head.as_ref(), Some(had), "{case}: {name}");
                assert_eq!((head.new.as_ref(), head.deleted, head.here), (has, has.is_none(), true), "{case}: {name}");
            }
            None => assert!(unseen, "{case}: {name} changes, and only {heads:?} are told"),
        }
    }
    if lost {
        let commits = impact.commits.unwrap();
        let told = commits.may_be_larger() || commits.value() != Some(0);
        assert!(told || heads.iter().all(|head| head.deleted), "{case}: {commits:?}");
    }
    let refused = !done.status.success() && before == after;
    for head in heads.iter().filter(|head| head.head.is_some() && !refused) {
        assert_ne!(after.get(&head.name), head.head.as_ref(), "{case}: {} does not change", head.name);
    }
}

const FOLLOWS: [(&str, &str); 2] = [("branch.topic.remote", "origin"), ("branch.topic.merge", "refs/heads/shared")];

#[test]
fn what_a_push_without_refspecs_replaces() {
    for how in ["upstream", "tracking", "simple", "current", "matching", "nothing", ""] {
        for follows in [&FOLLOWS[..], &[]] {
            let mut config = follows.to_vec();
            if !how.is_empty() {
                config.push(("push.default", how));
            }
            judged_by_git(&config, "--force", push(&[]));
        }
    }
    for (key, value) in [
        ("remote.origin.push", "refs/heads/topic:refs/heads/shared"),
        ("remote.origin.push", "refs/heads/*:refs/tmp/*"),
        ("remote.origin.push", "main:shared"),
        ("remote.origin.push", ":"),
    ] {
        judged_by_git(&[(key, value)], "--force", push(&[]));
        judged_by_git(&[(key, value), ("remote.origin.push", "main")], "--force", push(&[]));
    }
}

#[test]
fn what_a_named_branch_replaces() {
    let upstream: Vec<_> = FOLLOWS.into_iter().chain([("push.default", "upstream")]).collect();
    for spec in ["topic", "+topic", "HEAD", "topic:topic", "refs/heads/topic", "main", "HEAD~1:old", ":", "t1"] {
        judged_by_git(&upstream, &format!("--force origin {spec}"), push(&[spec]));
        judged_by_git(&[], &format!("--force origin {spec}"), push(&[spec]));
        for to in ["refs/heads/topic:refs/heads/shared", "refs/heads/*:refs/tmp/*"] {
            judged_by_git(&[("remote.origin.push", to)], &format!("--force origin {spec}"), push(&[spec]));
        }
    }
    for spec in ["topic", "refs/heads/topic", "old", "t2"] {
        let deletes = RemotePush { delete: true, ..push(&[spec]) };
        // Nobody sees tags there, and what is no tag here is taken for a branch.
        if spec != "t2" {
            judged_by_git(&upstream, &format!("origin --delete {spec}"), deletes);
        }
    }
    for specs in [
        &["refs/heads/*"][..],
        &["refs/heads/*", "^refs/heads/main"],
        &["refs/tags/*"],
        &["refs/heads/t*:refs/heads/old*"],
    ] {
        judged_by_git(&[], &format!("--force origin {}", specs.join(" ")), push(specs));
    }
}

#[test]
fn what_a_push_prunes() {
    for specs in [
        &[][..],
        &["refs/heads/*"],
        &["+refs/heads/*:refs/heads/*"],
        &["refs/heads/*:refs/tmp/*"],
        &["refs/heads/o*:refs/heads/o*"],
        &["refs/heads/o*d:refs/heads/o*d"],
        &["refs/heads/*", "^refs/heads/old"],
        &["refs/heads/m*:refs/tmp/*", "refs/heads/t*:refs/heads/*"],
        &["refs/*"],
        &["refs/tags/*"],
        &["main"],
        &["main:old"],
        &["main", ":old"],
        &[":"],
    ] {
        let prunes = || RemotePush { prune: true, ..push(specs) };
        for config in [&[][..], &[("push.default", "matching")], &[("remote.origin.push", "refs/heads/*:refs/heads/*")]]
        {
            judged_by_git(config, &format!("--prune origin {}", specs.join(" ")), prunes());
        }
    }
    let mirror = RemotePush { prune: true, ..push(&["+refs/*:refs/*"]) };
    judged_by_git(&[], "--mirror origin", mirror.clone());
    judged_by_git(&[("remote.origin.mirror", "yes")], "", mirror);
}

#[test]
fn to_which_remote_git_pushes() {
    let of = |config: &[(&str, &str)], settings: &[&str]| {
        let world = world();
        for (key, value) in config {
            world.git(&["config", key, value]);
        }
        let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        measured(&world, RemotePush { settings, ..push(&["main"]) }).remote_heads[0].remote.clone()
    };
    let second = ("remote.second.url", "../c");
    assert_eq!(of(&[], &[]), "origin");
    assert_eq!(of(&[second, ("branch.topic.remote", "second")], &[]), "second");
    let default = ("remote.pushDefault", "origin");
    assert_eq!(of(&[second, ("branch.topic.remote", "second"), default], &[]), "origin");
    assert_eq!(of(&[second, ("branch.topic.pushRemote", "second"), default], &[]), "second");
    assert_eq!(of(&[second], &["remote.pushDefault=second"]), "second", "the person's own settings");
    let world = world();
    world.git(&["remote", "rename", "origin", "up"]);
    assert_eq!(measured(&world, push(&["main"])).remote_heads[0].remote, "up", "the only one");
}

#[test]
fn branches_that_go_together_do_not_keep_each_other() {
    let world = world();
    world.git(&["push", "-q", "origin", "main~1:old", "main:shared", "--force"]);
    world.git(&["tag", "-d", "t1"]);
    // Both lead to a commit that is nowhere else.
    let tree = world.git(&["write-tree"]);
    let only = world.git(&["commit-tree", "-m", "only there", "-p", "main~1", tree.trim()]);
    world.git(&[
        "push",
        "-q",
        "origin",
        &format!("{}:refs/heads/one", only.trim()),
        &format!("{}:refs/heads/two", only.trim()),
    ]);
    let one = RemotePush { delete: true, ..push(&["one"]) };
    assert_eq!(measured(&world, one).commits, Some(Figure::Estimated(0)));
    let both = RemotePush { delete: true, ..push(&["one", "two"]) };
    assert_eq!(measured(&world, both).commits, Some(Figure::Estimated(1)));
    let pruned = RemotePush { prune: true, ..push(&["refs/heads/*"]) };
    assert_eq!(measured(&world, pruned).commits, Some(Figure::Estimated(1)));
}

#[test]
fn a_branch_that_is_not_fetched_may_be_there() {
    let world = world();
    let new = || push(&["main:elsewhere"]);
    assert_eq!(measured(&world, new()).commits, Some(Figure::Estimated(0)), "all are fetched, and it is not there");
    world.git(&["config", "remote.origin.fetch", "+refs/heads/main:refs/remotes/origin/main"]);
    assert_eq!(measured(&world, new()).commits, Some(Figure::Unknown));
    world.git(&["config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/else/*"]);
    world.git(&["fetch", "-q", "origin"]);
    let heads = measured(&world, push(&["main"])).remote_heads;
    assert_eq!(heads[0].head.as_deref(), Some(world.git(&["rev-parse", "else/main"]).trim()));
}

#[test]
fn what_earlier_parts_of_a_command_move_is_not_known() {
    let world = world();
    world.git(&["push", "-q", "--force", "origin", "main"]);
    let of = |sent, refspecs: &[&str]| measured(&world, RemotePush { sent, ..push(refspecs) });
    let now = of(Sent::AsItIs, &["main"]);
    assert_eq!((now.commits, now.remote_heads[0].new.is_some()), (Some(Figure::Estimated(0)), true));
    let added = of(Sent::Grown, &["main"]);
    assert_eq!((added.commits, &added.remote_heads[0].new), (Some(Figure::Estimated(0)), &None));
    let moved = of(Sent::Rewritten, &["main"]);
    assert_eq!((moved.commits, &moved.remote_heads[0].new), (Some(Figure::Unknown), &None));
    assert!(moved.remote_heads[0].way_back().unwrap().contains("--force-with-lease=refs/heads/main --"));
    // The branch that is checked out by then.
    let other = measured(&world, RemotePush { branch: Some("main".to_owned()), ..push(&["HEAD"]) });
    assert_eq!(&*other.remote_heads[0].name, "refs/heads/main");
    assert_eq!(other.remote_heads[0].new.as_deref(), Some(world.git(&["rev-parse", "main"]).trim()));
}
