//! What a push replaces or deletes on a remote.

use std::collections::BTreeMap;

use weir_model::{Effect, Figure, GitScope, RemotePush, Reversibility, Sent, TargetKind};

use crate::world::{World, git};

#[test]
fn overwriting_a_remote_is_irreversible() {
    let world = World::repository();
    world.commit_all();
    world.commit_all();
    world.commit_all();
    let push = |remote: &str, refspecs: &[&str], delete| {
        world.git_effect(
            TargetKind::GitRemoteRef,
            GitScope::Remote(RemotePush {
                remote: remote.to_owned(),
                refspecs: refspecs.iter().map(|r| (*r).to_owned()).collect(),
                delete,
                ..RemotePush::default()
            }),
        )
    };
    let unknown = push("origin", &["main"], false);
    assert_eq!(unknown.impact.commits, Some(Figure::Unknown));
    assert_eq!(unknown.reversibility, Reversibility::Irreversible);
    world.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    world.git(&["reset", "-q", "--hard", "HEAD~2"]);
    for refspecs in [&["main"][..], &["+main"], &["HEAD:main"], &["main:refs/heads/main"], &[]] {
        let effect = push("", refspecs, false);
        assert_eq!(effect.impact.commits, Some(Figure::Estimated(2)), "{refspecs:?}");
        assert_eq!(effect.reversibility, Reversibility::Irreversible);
    }
    assert_eq!(push("origin", &["main"], true).impact.commits, Some(Figure::Estimated(2)));
    assert_eq!(push("origin", &[":main"], false).impact.commits, Some(Figure::Estimated(2)));
}

#[test]
fn branches_that_others_build_on_are_known() {
    let world = World::repository();
    world.commit_all();
    for branch in ["main", "topic", "release/2", "stable"] {
        world.git(&["update-ref", &format!("refs/remotes/origin/{branch}"), "HEAD"]);
    }
    world.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/stable"]);
    let push = |refspec: &str, delete| {
        let push = RemotePush {
            remote: "origin".to_owned(),
            refspecs: vec![refspec.to_owned()],
            delete,
            ..RemotePush::default()
        };
        world.git_effect(TargetKind::GitRemoteRef, GitScope::Remote(push)).impact
    };
    for (refspec, delete, shared) in [
        ("main", true, true),
        (":main", false, true),
        (":refs/heads/release/2", false, true),
        ("stable", true, true),
        ("topic", true, false),
        ("+main:topic", false, false),
    ] {
        let impact = push(refspec, delete);
        assert_eq!(impact.protected.is_some(), shared, "{refspec}");
        assert_eq!(impact.commits, Some(Figure::Estimated(0)), "{refspec}: all of it is elsewhere");
    }
}

#[test]
fn what_a_remote_had_is_told_as_far_as_it_was_seen() {
    let world = World::repository();
    world.commit_all();
    let first = world.git(&["rev-parse", "HEAD"]).trim().to_owned();
    world.commit_all();
    let second = world.git(&["rev-parse", "HEAD"]).trim().to_owned();
    world.git(&["reset", "-q", "--hard", &first]);
    world.git(&["tag", "v1"]);
    world.git(&["update-ref", "refs/remotes/origin/main", &second]);
    world.git(&["update-ref", "refs/remotes/origin/old", &second]);
    let heads = |refspecs: &[&str], delete| {
        let refspecs = refspecs.iter().map(|spec| (*spec).to_owned()).collect();
        let prune = refspecs == ["+refs/*:refs/*"];
        let push = RemotePush { remote: "origin".to_owned(), refspecs, delete, prune, ..RemotePush::default() };
        world.git_effect(TargetKind::GitRemoteRef, GitScope::Remote(push)).impact.remote_heads
    };
    for refspecs in [&[][..], &["main"], &["+HEAD:main"], &["main:refs/heads/main"], &["@"]] {
        let found = heads(refspecs, false);
        assert_eq!(found.len(), 1, "{refspecs:?}");
        assert_eq!(
            (&*found[0].name, found[0].here, found[0].deleted),
            ("refs/heads/main", true, false),
            "{refspecs:?}"
        );
        assert_eq!((found[0].head.as_ref(), found[0].new.as_ref()), (Some(&second), Some(&first)), "{refspecs:?}");
    }
    for (refspec, delete) in [("old", true), (":old", true), (":refs/heads/old", false)] {
        let found = heads(&[refspec], delete);
        assert_eq!((found[0].head.as_ref(), found[0].new.as_ref()), (Some(&second), None), "{refspec}");
        assert!(found[0].deleted);
    }
    // Nobody saw these.
    for (refspec, name) in [("v1", "refs/tags/v1"), ("main:new", "refs/heads/new"), ("refs/tags/v1", "refs/tags/v1")] {
        let found = heads(&[refspec], false);
        assert_eq!((&*found[0].name, &found[0].head, found[0].here), (name, &None, false), "{refspec}");
        assert_eq!(found[0].way_back(), None);
    }
    let mirrored: Vec<_> =
        heads(&["+refs/*:refs/*"], false).into_iter().map(|head| (head.name, head.deleted)).collect();
    let named = |name: &str, deleted| (name.to_owned(), deleted);
    assert_eq!(mirrored, [named("refs/heads/main", false), named("refs/heads/old", true), named("refs/*", false)]);
    // The one that is checked out goes where it follows.
    world.git(&["config", "push.default", "upstream"]);
    world.git(&["config", "branch.main.merge", "refs/heads/old"]);
    assert_eq!(heads(&[], false)[0].name, "refs/heads/old");
    // Fetched without its objects.
    let gone = "1234567890123456789012345678901234567890";
    std::fs::write(world.path(".git/refs/remotes/origin/main"), format!("{gone}\n")).unwrap();
    let found = heads(&["+main"], false);
    assert_eq!((found[0].head.as_deref(), found[0].here, found[0].way_back()), (Some(gone), false, None));
}

/// A repository whose remote has moved on in other ways: each branch of the one against the same of the other.
struct Both {
    here: World,
    there: World,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Replaces,
    Deletes,
    Prunes,
}

impl Both {
    fn new() -> Self {
        let (here, there) = (World::repository(), World::new());
        git(&there.root, &["init", "-q", "--bare"]);
        here.git(&["remote", "add", "origin", there.root.to_str().unwrap()]);
        here.commit_all();
        for branch in ["there", "gone", "dir/a", "dir/b", "same"] {
            here.git(&["branch", branch]);
        }
        for branch in ["there", "dir/a", "main"] {
            here.git(&["checkout", "-q", branch]);
            here.git(&["commit", "-q", "--allow-empty", "-m", &format!("first of {branch}")]);
            here.git(&["commit", "-q", "--allow-empty", "-m", &format!("second of {branch}")]);
        }
        here.git(&["push", "-q", "origin", "--all"]);
        here.git(&["branch", "-q", "-D", "gone", "dir/b", "there"]);
        here.git(&["reset", "-q", "--hard", "HEAD~2"]);
        here.git(&["commit", "-q", "--allow-empty", "-m", "other"]);
        here.git(&["branch", "-f", "dir/a", "dir/a~1"]);
        here.git(&["config", "branch.main.remote", "origin"]);
        here.git(&["config", "branch.main.merge", "refs/heads/main"]);
        Self { here, there }
    }

    fn push(&self, refspecs: &[&str], how: How, sent: Sent) -> Effect {
        let refspecs = refspecs.iter().map(|spec| (*spec).to_owned()).collect();
        let (delete, prune) = (how == How::Deletes, how == How::Prunes);
        let push = RemotePush { refspecs, delete, prune, sent, ..RemotePush::default() };
        self.here.git_effect(TargetKind::GitRemoteRef, GitScope::Remote(push))
    }

    fn heads(&self) -> BTreeMap<String, String> {
        let listed = git(&self.there.root, &["for-each-ref", "--format=%(refname) %(objectname)", "refs/heads"]);
        listed.lines().filter_map(|line| line.split_once(' ')).map(|(name, id)| (name.into(), id.into())).collect()
    }
}

/// What is said of a push is what git then does.
#[test]
fn what_a_push_replaces_is_what_git_replaces() {
    use How::{Deletes, Prunes, Replaces};
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str], How, &'a [&'a str]);
    let cases: &[Case<'_>] = &[
        (&[], &[], Replaces, &["--force"]),
        (&[("push.default", "current")], &[], Replaces, &["--force"]),
        (&[("push.default", "matching")], &[], Replaces, &["--force"]),
        (&[("push.default", "upstream"), ("branch.main.merge", "refs/heads/there")], &[], Replaces, &["--force"]),
        (&[("push.default", "tracking"), ("branch.main.merge", "refs/heads/there")], &[], Replaces, &["--force"]),
        (&[("remote.origin.push", "refs/heads/main:refs/heads/there")], &[], Replaces, &["--force"]),
        (&[("remote.origin.push", "+HEAD:gone")], &[], Replaces, &[]),
        (&[], &["main:there"], Replaces, &["--force", "origin", "main:there"]),
        (&[], &["+HEAD:refs/heads/there"], Replaces, &["origin", "+HEAD:refs/heads/there"]),
        (&[], &["@"], Replaces, &["-f", "origin", "@"]),
        (&[], &["dir/a"], Replaces, &["-f", "origin", "dir/a"]),
        (&[], &["same"], Replaces, &["-f", "origin", "same"]),
        (&[], &["main:new"], Replaces, &["-f", "origin", "main:new"]),
        (&[], &["refs/heads/*:refs/heads/*"], Replaces, &["-f", "--all", "origin"]),
        (&[], &["refs/heads/dir/*:refs/heads/dir/*"], Replaces, &["-f", "origin", "refs/heads/dir/*:refs/heads/dir/*"]),
        (&[], &[":gone"], Replaces, &["origin", ":gone"]),
        (&[], &["gone"], Deletes, &["origin", "--delete", "gone"]),
        (&[], &["+refs/heads/*:refs/heads/*"], Prunes, &["-f", "--prune", "origin", "refs/heads/*:refs/heads/*"]),
        (&[], &["+refs/heads/dir/*:refs/heads/dir/*"], Prunes, &["-f", "--prune", "origin", "refs/heads/dir/*"]),
        (&[], &["+main:main"], Prunes, &["-f", "--prune", "origin", "main:main"]),
        (&[], &["+refs/*:refs/*"], Prunes, &["--mirror", "origin"]),
    ];
    for (settings, refspecs, how, args) in cases {
        let both = Both::new();
        for (key, value) in *settings {
            both.here.git(&["config", key, value]);
        }
        let effect = both.push(refspecs, *how, Sent::AsItIs);
        let unsure = both.push(refspecs, *how, Sent::Rewritten);
        let before = both.heads();
        both.here.git(&[&["push", "-q"], *args].concat());
        let after = both.heads();
        let really: BTreeMap<&str, (Option<&str>, Option<&str>)> = before
            .iter()
            .filter(|(name, id)| after.get(*name) != Some(id))
            .map(|(name, id)| (&**name, (Some(&**id), after.get(name).map(|id| &**id))))
            .collect();
        let heads = effect.impact.remote_heads.iter().filter(|head| head.head.is_some() && head.head != head.new);
        let said = heads.map(|head| (&*head.name, (head.head.as_deref(), head.new.as_deref()))).collect();
        assert_eq!(really, said, "{settings:?} {args:?}");
        assert!(
            effect
                .impact
                .remote_heads
                .iter()
                .all(|head| head.deleted == really.get(&*head.name).is_some_and(|(_, new)| new.is_none()))
        );
        // All commits of the remote are here, so that git can say what is lost.
        let lost = really.values().map(|(old, new)| {
            let but = new.map_or_else(|| "--all".to_owned(), ToOwned::to_owned);
            let counted = both.here.git(&["rev-list", "--count", old.unwrap(), "--not", &but]);
            counted.trim().parse::<u64>().unwrap()
        });
        let lost: u64 = lost.sum();
        if !args.contains(&"--mirror") {
            assert_eq!(effect.impact.commits, Some(Figure::Estimated(lost)), "{settings:?} {args:?}");
        }
        assert!(unsure.impact.remote_heads.iter().all(|head| head.new.is_none()));
        if really.values().any(|(_, new)| new.is_some()) || args.contains(&"same") {
            assert_eq!(unsure.impact.commits, Some(Figure::Unknown), "{settings:?} {args:?}");
        }
    }
}

#[test]
fn the_remote_of_a_push_is_the_one_that_git_takes() {
    for (key, value) in [("remote.pushDefault", "backup"), ("branch.main.pushRemote", "backup")] {
        let both = Both::new();
        both.here.git(&["config", key, value]);
        let effect = both.push(&[], How::Replaces, Sent::AsItIs);
        assert_eq!(effect.impact.remote_heads[0].remote, "backup", "{key}");
        assert_eq!(effect.impact.commits, Some(Figure::Unknown), "nobody saw what it has");
    }
}
