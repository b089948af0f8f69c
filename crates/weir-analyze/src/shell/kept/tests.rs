//! What a command line puts away and drops again, and names of which a part is not known.

use std::path::{Path, PathBuf};

use weir_model::{Effect, GitScope, Scope, Sent, TargetKind, Verb};

use crate::lab::Machine;

fn effects(text: &str) -> Vec<Effect> {
    let machine = Machine::new([
        ("/w/.git/HEAD", "ref: refs/heads/main\n"),
        ("/w/.git/refs/heads/main", "1\n"),
        ("/w/.git/refs/heads/other", "1\n"),
        ("/w/a.txt", ""),
        ("/w/dump-2024-01-01.sql", ""),
        ("/w/dump-of-mine.sql", ""),
        ("/tmp/build-1/x", ""),
    ]);
    crate::shell::analyze(text, Path::new("/w"), &machine, false).effects
}

/// Whether changes, and untracked files, of the working tree are lost.
fn lost(text: &str) -> (bool, bool) {
    let all = effects(text);
    let some = |is: fn(&GitScope) -> bool| {
        all.iter().any(|effect| {
            effect.verb == Verb::Delete
                && effect.target.kind == TargetKind::GitWorktree
                && matches!(&effect.scope, Scope::Git(scope) if is(scope))
        })
    };
    (some(|scope| matches!(scope, GitScope::Changes { .. })), some(|scope| matches!(scope, GitScope::Untracked { .. })))
}

#[test]
fn what_is_put_away_and_dropped_is_lost() {
    for (text, changes, untracked) in [
        ("git stash && git stash drop", true, false),
        ("git stash -u; git stash clear", true, true),
        ("git stash save -u wip; git stash drop stash@{0}", true, true),
        ("cd /w && git stash && sh -c 'git stash drop'", true, false),
        ("git stash && git stash && git stash drop stash@{1}", true, false),
        ("git stash && git stash pop && git reset --hard", true, false),
        ("git stash && git stash apply && git checkout .", true, false),
        ("git stash && git clean -fd", false, true),
        ("git add -A && git stash && git stash drop", true, true),
        ("git add new && git stash && git stash clear", true, true),
        ("git stash && git add new && git stash drop", true, false),
        ("git rm -r --cached . && git clean -fd", true, true),
        ("git reset HEAD~3 && git clean -fd", true, true),
        ("git read-tree --empty; git clean -fd", true, true),
        ("git clean -fd && git rm -r --cached .", false, true),
        ("git add new && git reset --hard", true, true),
        ("git checkout -b t && git commit -am x && git checkout main && git branch -D t", true, false),
        ("git switch -c t; git add new; git commit -m x; git switch main; git branch -D t", true, true),
        ("git add new && git commit -m x && git reset --hard HEAD~1", true, true),
        ("git diff | git apply -R", true, false),
        ("git diff HEAD -- a.txt | git apply --reverse", true, false),
        ("git diff -R | git apply", true, false),
        ("git diff HEAD | patch -R -p1", true, false),
        ("git apply -R <(git diff)", true, false),
        ("git show HEAD:a.txt > a.txt", true, false),
        ("git cat-file -p HEAD:a.txt > a.txt", true, false),
    ] {
        assert_eq!(lost(text), (changes, untracked), "{text}");
    }
}

#[test]
fn what_comes_back_or_is_elsewhere_is_not_lost() {
    for text in [
        "git stash",
        "git stash && git stash pop",
        "git stash && git stash apply && git stash drop",
        "git stash && git reset --hard && git stash pop",
        "git stash -u && git clean -fd && git stash pop",
        "git add -A && git commit -m x && git push",
        "git commit -am x && git reset HEAD~1",
        "git commit -am x && git branch -D other",
        "git checkout -b t && git commit -am x && git checkout main && git merge t && git branch -D t",
        "git checkout -b t && git commit -am x && git push origin t && git checkout main && git branch -D t",
        "git diff | git apply --check -R",
        "git diff main..other | git apply -R",
        "git diff --stat | cat",
        "git show HEAD:a.txt > /tmp/a",
        "git show HEAD:a.txt >> a.txt",
        "git apply -R fix.patch",
    ] {
        assert_eq!(lost(text), (false, false), "{text}");
    }
    // What was in the stash before is counted as it is then.
    let all = effects("git stash && git stash drop stash@{1}");
    let entry = |entry| Scope::Git(GitScope::Stash { entry: Some(entry) });
    assert!(all.iter().any(|effect| effect.verb == Verb::Delete && effect.scope == entry(0)), "{all:?}");
}

#[test]
fn a_part_that_is_not_known_is_known_to_be_one_name() {
    for (text, path) in [
        ("OUT=/tmp/build-$$; rm -rf \"$OUT\"", "/tmp/build-…"),
        ("rm -rf /tmp/build-$RANDOM/x", "/tmp/build-…/x"),
        ("mkdir /tmp/t-$$ && cd /tmp/t-$$ && rm -rf out", "/tmp/t-…/out"),
        ("rm -rf x-$(uuidgen)", "/w/x-…"),
        ("D=$(date +%F); rm -f bk-$D.tar", "/w/bk-….tar"),
        ("rm -f dump-$(date +%F).sql", "/w/dump-2024-01-01.sql"),
        ("rm -f dump-of-$(whoami).sql", "/w/dump-of-mine.sql"),
        ("rm -rf /tmp/x-$(git rev-parse --short HEAD)", "/tmp/x-…"),
        ("rm -rf /tmp/y-$(git rev-parse HEAD | cut -c1-8)", "/tmp/y-…"),
    ] {
        let all = effects(text);
        let deleted = all.iter().rfind(|effect| effect.verb == Verb::Delete).expect(text);
        assert!(!deleted.opaque && matches!(deleted.scope, Scope::Whole | Scope::Files), "{text}: {deleted:?}");
        assert_eq!(deleted.target.paths, [PathBuf::from(path)], "{text}");
    }
    // A name of which nothing is known may be any, and text with slashes leads anywhere.
    for text in ["rm -rf $(basename $X)", "rm -rf ./$(whoami)", "rm -rf /tmp/x-$(date +%D)", "rm -rf /tmp/x-$(cat f)"] {
        let all = effects(text);
        let deleted = all.iter().rfind(|effect| effect.verb == Verb::Delete).expect(text);
        assert!(deleted.opaque || matches!(deleted.scope, Scope::Filtered { .. }), "{text}: {deleted:?}");
    }
}

#[test]
fn what_find_lists_is_what_its_tests_let_through() {
    for (text, filter) in [
        ("rm -f $(find . -name '*.log')", "-name '*.log'"),
        ("for f in $(find . -name '*.log'); do rm \"$f\"; done", "-name '*.log'"),
        ("find . -name '*.log' | while read -r f; do rm \"$f\"; done", "-name '*.log'"),
        ("mapfile -t L < <(find . -type f -name '*.log'); rm \"${L[@]}\"", "-type f -name '*.log'"),
        ("rm -rf **/node_modules", "-name 'node_modules'"),
    ] {
        let all = effects(text);
        let deleted = all.iter().rfind(|effect| effect.verb == Verb::Delete).expect(text);
        assert_eq!(deleted.scope, Scope::Filtered { filter: filter.to_owned() }, "{text}");
        assert_eq!(deleted.target.paths, [PathBuf::from("/w")], "{text}");
    }
}

/// Whether `git clean` takes what is not ignored and what is, as the rules are now.
fn cleaned(text: &str) -> (bool, bool) {
    let scope = effects(text).into_iter().find_map(|effect| match effect.scope {
        Scope::Git(GitScope::Untracked { ignored, only_ignored, .. }) => Some((!only_ignored, ignored || only_ignored)),
        _ => None,
    });
    scope.unwrap()
}

#[test]
fn what_is_ignored_may_be_decided_by_the_command_itself() {
    for (text, expected) in [
        ("git clean -fd", (true, false)),
        ("git clean -fdX", (false, true)),
        ("git clean -fd -e '*.keep'", (true, false)),
        ("git clean -fdX -e '*'", (true, true)),
        ("git -c core.excludesFile=/tmp/x clean -fdX", (true, true)),
        ("git config core.excludesfile /tmp/x && git clean -fdX", (true, true)),
        ("echo '*' >> .gitignore; git clean -fdX", (true, true)),
        ("rm .gitignore && git clean -fd", (true, true)),
        ("mv rules .gitignore && git clean -fdX", (true, true)),
        ("cd sub && echo '*' > .gitignore && cd .. && git clean -fdX", (true, true)),
        ("printf x > .git/info/exclude; git clean -fd", (true, true)),
        ("echo x > /elsewhere/.gitignore; git clean -fdX", (false, true)),
        ("git clean -fdX; echo '*' > .gitignore", (false, true)),
    ] {
        assert_eq!(cleaned(text), expected, "{text}");
    }
}

#[test]
fn what_is_pushed_may_be_moved_before() {
    use Sent::{AsItIs, Grown, Rewritten};
    for (text, expected) in [
        ("git push -f", AsItIs),
        ("git status && git add -A && git stash && git push -f", AsItIs),
        ("git commit -am x && git push -f", Grown),
        ("git commit --amend --no-edit && git push --force-with-lease", Rewritten),
        ("git -C /w commit --amend; (git push -f origin HEAD:other)", Rewritten),
        ("git commit --amend && git push -f origin other", AsItIs),
        ("git commit --amend && git push -f origin refs/heads/main~1:other", Rewritten),
        ("git commit --amend && git push -f --all", Rewritten),
        ("git commit --amend && git push origin --delete main", AsItIs),
        ("git commit --amend || git push -f", AsItIs),
        ("git rebase -i HEAD~3 && git push -f", Rewritten),
        ("git rebase main other && git push -f origin main", AsItIs),
        ("git rebase main other && git push -f", Rewritten),
        ("git rebase --update-refs x && git push -f origin other", Rewritten),
        ("git reset --hard HEAD~2 && git push -f", Rewritten),
        ("git reset --hard && git push -f", AsItIs),
        ("git reset --hard $X; git push -f origin main", Rewritten),
        ("git branch -f other x && git push -f origin other", Rewritten),
        ("git branch -f other x && git push -f origin main", AsItIs),
        ("git update-ref refs/heads/main 12345 && git push -f", Rewritten),
        ("git branch -M other && git push -f", Rewritten),
        ("git branch -D other; git push --prune origin 'refs/heads/*'", Rewritten),
        ("git checkout other && git push -f", AsItIs),
        ("git checkout other && git reset --hard x && git push -f origin main", AsItIs),
        ("git checkout other && git reset --hard x && git push -f", Rewritten),
        ("git checkout v1 && git push -f origin HEAD:other", Rewritten),
        ("git switch --detach x && git push -f origin HEAD:other", Rewritten),
        ("git pull && git push -f", Grown),
        ("git pull --rebase && git push -f", Rewritten),
        ("git merge x && git push -f", Grown),
        ("git cherry-pick x && git push -f", Grown),
        ("git fetch origin +x:main && git push -f", Rewritten),
        ("git filter-branch --tree-filter true && git push -f", Rewritten),
        ("git symbolic-ref HEAD refs/heads/x && git push -f", Rewritten),
        ("cd /elsewhere && git commit --amend; cd /w && git push -f", AsItIs),
        ("for i in 1 2; do git commit --amend; git push -f; done", Rewritten),
        ("git fetch && git push -f", AsItIs),
        ("git add -A && git commit -m x && git push --force", Grown),
        ("git merge x; git push -f", Grown),
        ("git cherry-pick x && git push -f origin other", AsItIs),
        ("git commit -m x; git rebase main && git push -f", Rewritten),
        ("git pull --rebase && git push -f origin main", Rewritten),
        ("git branch -f main HEAD~2; git push origin +main", Rewritten),
        ("sh -c 'git reset --soft HEAD~2' && git commit -m x && git push -f", Rewritten),
        ("git checkout -B main HEAD~1 && git push -f", Rewritten),
        ("git update-ref refs/heads/main abc && git push --mirror", Rewritten),
        ("git push -f && git reset --hard HEAD~1", AsItIs),
        ("for i in 1 2; do git commit --amend; done; git push -f", Rewritten),
        ("if x; then git rebase main; fi; git push -f", Rewritten),
    ] {
        let all = effects(text);
        let push = all.iter().rev().find_map(|effect| match &effect.scope {
            Scope::Git(GitScope::Remote(push)) => Some(push),
            _ => None,
        });
        assert_eq!(push.map(|push| push.sent), Some(expected), "{text}");
    }
    let other = effects("git checkout other && git push -f origin HEAD");
    let Scope::Git(GitScope::Remote(push)) = &other[1].scope else { panic!("{other:?}") };
    assert_eq!(push.branch.as_deref(), Some("other"));
}
