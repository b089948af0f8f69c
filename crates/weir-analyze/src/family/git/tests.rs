//! What is said of git commands.

use std::path::PathBuf;

use super::config::{parse_config, split_alias};
use super::interpret;
use crate::call::Stdin;
use crate::lab::{self, Heard, Machine};

fn machine() -> Machine {
    Machine::new([
        ("/w/repo/.git/HEAD", "ref: refs/heads/topic\n"),
        (
            "/w/repo/.git/config",
            "[core]\n\tbare = false\n[alias]\n\tundo = reset --hard\n\tnuke = !git clean -fdx\n\
                 \tst = status # short\n\tpaged = -c core.pager=cat log\n\tloop = again\n\tagain = loop\n\tquoted = \"commit -m 'a b'\"\n\
                 [branch \"topic\"]\n\tremote = upstream\n[remote \"copy\"]\n\tmirror = true\n",
        ),
        ("/w/repo/.git/refs/heads/topic", "1\n"),
        ("/w/repo/.git/packed-refs", "# pack\n12 refs/heads/main\n34 refs/tags/v1\n"),
        ("/w/repo/a.txt", "a"),
        ("/w/repo/b.txt", "b"),
        ("/w/repo/main", "a file named as a branch"),
        ("/w/repo/src/lib.rs", ""),
        ("/w/repo/paths", "x\ny\n"),
        ("/w/repo/.gitmodules", "[submodule \"one\"]\n\tpath = libs/one\n"),
        ("/home/me/.gitconfig", "[alias]\n\twipe = checkout -- .\n[include]\n\tpath = ~/more\n"),
        ("/home/me/more", "[alias]\n\tbye = branch -D\n"),
        ("/w/loose/.git/config", "[clean]\n\trequireForce = false\n"),
    ])
}

fn hear_with(text: &str, cwd: Option<&str>, stdin: Stdin, env: &[(&str, &str)]) -> Heard {
    lab::hear(&machine(), text, cwd, stdin, env, interpret)
}

fn hear(text: &str) -> Heard {
    hear_with(text, Some("/w/repo"), Stdin::None, &[])
}

const READS: &[&str] = &["read git-repository repo"];
const MODIFIES: &[&str] = &["modify git-repository repo"];

#[test]
fn what_only_looks() {
    for command in [
        "git",
        "git --version",
        "git --help",
        "git help reset",
        "git reset --help",
        "git reset -h",
        "git reset --hard --help",
        "git status -sb",
        "git --no-pager log --oneline -n 5",
        "git -P diff HEAD~3",
        "git show HEAD:a.txt",
        "git blame a.txt",
        "git grep -n foo",
        "git ls-files -z",
        "git rev-parse --show-toplevel",
        "git cat-file -p HEAD",
        "git remote -v",
        "git remote show origin",
        "git remote get-url origin",
        "git branch",
        "git branch -a",
        "git branch -vv",
        "git branch --list 'f*'",
        "git branch --show-current",
        "git branch --merged main",
        "git tag",
        "git tag -l 'v*'",
        "git tag -n5",
        "git stash list",
        "git stash show -p",
        "git reflog",
        "git reflog show main",
        "git reflog expire --dry-run --expire=now --all",
        "git config --get user.name",
        "git config --list",
        "git config user.name",
        "git config get core.hooksPath",
        "git worktree list",
        "git worktree",
        "git submodule",
        "git submodule status",
        "git bisect log",
        "git notes show",
        "git fsck",
        "git archive HEAD",
        "git bundle verify x.bundle",
        "git clean -n",
        "git clean -fdx --dry-run",
        "git clean -ndfx",
        "git clean -d",
        "git clean --force --dry",
        "git push --dry-run --force",
        "git push -n origin :main",
        "git rm -rn src",
        "git mv -n a.txt c.txt",
        "git add --dry-run .",
        "git commit --dry-run",
        "git fetch --dry-run",
        "git prune -n",
        "git restore",
        "git checkout",
        "git symbolic-ref HEAD",
        "git apply --check x.patch",
        "git hash-object a.txt",
        "git st",
        "git lfs ls-files",
        "git lfs prune --dry-run",
        "git filter-repo --analyze",
        "git replace -l",
    ] {
        assert_eq!(hear(command).lines, READS, "{command}");
    }
}

#[test]
fn ordinary_work() {
    for command in [
        "git add .",
        "git add -A",
        "git commit -m --dry-run",
        "git commit -am x",
        "git commit --amend --no-edit",
        "git commit -n -m x",
        "git merge -n topic",
        "git pull -n",
        "git pull --rebase origin main",
        "git fetch --all --prune",
        "git fetch origin +refs/heads/*:refs/remotes/origin/*",
        "git rebase -i HEAD~3",
        "git cherry-pick abc",
        "git revert HEAD",
        "git am x.mbox",
        "git apply --index x.patch",
        "git init",
        "git checkout -b new",
        "git checkout topic",
        "git checkout main",
        "git checkout -",
        "git checkout HEAD~2",
        "git checkout --detach",
        "git checkout feature/of-the-remote",
        "git switch main",
        "git switch -c new",
        "git branch new",
        "git branch -d old",
        "git branch -m old new",
        "git branch -u origin/main",
        "git tag v2",
        "git tag -a v2 -m -d",
        "git tag v2 \"$REV\"",
        "git stash",
        "git stash push -m clear",
        "git stash -u",
        "git stash pop",
        "git stash apply stash@{1}",
        "git worktree add ../x topic",
        "git worktree prune",
        "git submodule update --init --recursive",
        "git submodule deinit libs/one",
        "git remote add o https://x/y.git",
        "git remote prune origin",
        "git bisect start",
        "git gc",
        "git gc --prune",
        "git gc --prune=2.weeks.ago",
        "git repack -ad",
        "git maintenance run",
        "git restore --staged a.txt",
        "git restore -S .",
        "git reset",
        "git reset HEAD",
        "git reset HEAD a.txt",
        "git reset -- a.txt",
        "git reset a.txt",
        "git reset --soft HEAD",
        "git rm --cached a.txt",
        "git rm -r --cached .",
        "git symbolic-ref HEAD refs/heads/main",
        "git config user.name me",
        "git config set user.name me",
        "git config --unset user.name",
        "git config core.fsmonitor true",
        "git read-tree HEAD",
        "git checkout-index -a",
        "git quoted",
        "git hash-object -w a.txt",
        "git lfs track '*.bin'",
    ] {
        assert_eq!(hear(command).lines, MODIFIES, "{command}");
    }
}

#[test]
fn what_loses_something() {
    let table: &[(&str, &[&str])] = &[
        // reset
        ("git reset --hard", &["delete git-worktree repo | changes [] staged worktree"]),
        ("git reset --har", &["delete git-worktree repo | changes [] staged worktree"]),
        ("git reset --hard HEAD", &["delete git-worktree repo | changes [] staged worktree"]),
        ("git reset --hard --no-hard HEAD", MODIFIES),
        (
            "git reset HEAD~3 --hard -q",
            &["delete git-worktree repo | changes [] staged worktree", "delete git-ref topic | move - to HEAD~3"],
        ),
        (
            "git reset --hard origin/main",
            &["delete git-worktree repo | changes [] staged worktree", "delete git-ref topic | move - to origin/main"],
        ),
        ("git reset --soft HEAD~1", &["delete git-ref topic | move - to HEAD~1"]),
        ("git reset main", &["delete git-ref topic | move - to main"]),
        ("git reset --merge", &["delete git-worktree repo | changes [] staged worktree"]),
        ("git reset --keep", &["delete git-worktree repo | changes [] staged"]),
        (
            "git reset --hard $REV",
            &["delete git-worktree repo | changes [] staged worktree", "?delete git-ref topic | move - to $REV"],
        ),
        (
            "git reset $X",
            &["?delete git-worktree repo | changes [] staged worktree", "?delete git-ref topic | move - to $X"],
        ),
        ("git reset {--soft,--hard}", &[MODIFIES[0], "delete git-worktree repo | changes [] staged worktree"]),
        // clean
        ("git clean -f", &["delete git-worktree repo | untracked []"]),
        ("git clean -fdx", &["delete git-worktree repo | untracked [] d x"]),
        ("git clean -d --forc -X src", &["delete git-worktree src | untracked [src] d X"]),
        ("git clean -fd -e '*.log' -- a b", &["delete git-worktree a and 1 more | untracked [a b] d"]),
        ("git clean -i", &["delete git-worktree repo | untracked []"]),
        ("git clean -n --no-dry-run -f", &["delete git-worktree repo | untracked []"]),
        ("git -c clean.requireForce=false clean -d", &["delete git-worktree repo | untracked [] d"]),
        ("git -C ../loose clean", &["delete git-worktree loose | untracked []"]),
        ("git clean -fd $DIR", &["?delete git-worktree $DIR | untracked [$DIR] d"]),
        // checkout, restore, switch
        ("git checkout -- a.txt", &["delete git-worktree a.txt | changes [a.txt] worktree"]),
        ("git checkout .", &["delete git-worktree repo | changes [.] worktree"]),
        ("git checkout a.txt b.txt", &["delete git-worktree a.txt and 1 more | changes [a.txt b.txt] worktree"]),
        ("git checkout src", &["delete git-worktree src | changes [src] worktree"]),
        ("git checkout -- main", &["delete git-worktree main | changes [main] worktree"]),
        ("git checkout HEAD -- a.txt", &["delete git-worktree a.txt | changes [a.txt] staged worktree"]),
        ("git checkout topic a.txt", &["delete git-worktree a.txt | changes [a.txt] staged worktree"]),
        ("git checkout '*.rs'", &["delete git-worktree *.rs | changes [*.rs] worktree"]),
        ("git checkout -f", &["delete git-worktree repo | changes [] staged worktree"]),
        ("git checkout -qf main", &["delete git-worktree repo | changes [] staged worktree"]),
        ("git checkout -B topic origin/main", &["delete git-ref topic | move topic to origin/main"]),
        ("git switch $X", &["?modify git-repository repo"]),
        ("git reset src/$F", MODIFIES),
        ("git checkout src/$F", &["?delete git-worktree src/$F | changes [src/$F] worktree"]),
        ("git checkout $X", &["?delete git-worktree $X | changes [$X] worktree"]),
        ("git checkout --pathspec-from-file=paths", &["delete git-worktree x and 1 more | changes [x y] worktree"]),
        ("git restore .", &["delete git-worktree repo | changes [.] worktree"]),
        ("git restore -SW a.txt", &["delete git-worktree a.txt | changes [a.txt] staged worktree"]),
        ("git restore --staged --work a.txt", &["delete git-worktree a.txt | changes [a.txt] staged worktree"]),
        ("git restore -s HEAD~1 a.txt", &["delete git-worktree a.txt | changes [a.txt] worktree"]),
        ("git restore $F", &["?delete git-worktree $F | changes [$F] worktree"]),
        ("git switch -f main", &["delete git-worktree repo | changes [] staged worktree"]),
        ("git switch --discard main", &["delete git-worktree repo | changes [] staged worktree"]),
        ("git switch -C topic HEAD~2", &["delete git-ref topic | move topic to HEAD~2"]),
        ("git read-tree -u --reset HEAD", &["delete git-worktree repo | changes [] staged worktree"]),
        ("git checkout-index -fa", &["delete git-worktree repo | changes [] worktree"]),
        ("git submodule deinit -f libs/one", &["delete file-tree /w/repo/libs/one"]),
        ("git worktree remove ../x", &["delete git-worktree ../x | worktree ../x"]),
        ("git worktree remove --force ../x", &["delete git-worktree ../x | worktree ../x"]),
        // refs
        ("git branch -D a b", &["delete git-ref a | refs [a]", "delete git-ref b | refs [b]"]),
        ("git branch -d -f a", &["delete git-ref a | refs [a]"]),
        ("git branch --delete --force a", &["delete git-ref a | refs [a]"]),
        ("git branch -D $B", &["?delete git-ref $B | refs [$B]"]),
        ("git branch -D {x,y}", &["delete git-ref x | refs [x]", "delete git-ref y | refs [y]"]),
        ("git branch -f main HEAD~1", &["delete git-ref main | move main to HEAD~1"]),
        ("git branch -M old new", &["delete git-ref new | move new to old"]),
        ("git branch -C new", &["delete git-ref new | move new to HEAD"]),
        ("git tag -d v1", &["delete git-ref v1 | refs [v1]"]),
        ("git tag -f v1", &["delete git-ref v1 | move refs/tags/v1 to HEAD"]),
        ("git update-ref -d refs/heads/x", &["delete git-ref refs/heads/x | refs [refs/heads/x]"]),
        ("git update-ref refs/heads/x abc", &["delete git-ref refs/heads/x | move refs/heads/x to abc"]),
        ("git update-ref refs/heads/x 0000000", &["delete git-ref refs/heads/x | refs [refs/heads/x]"]),
        (
            "git symbolic-ref refs/heads/x refs/heads/y",
            &["delete git-ref refs/heads/x | move refs/heads/x to refs/heads/y"],
        ),
        ("git symbolic-ref -d refs/heads/x", &["delete git-ref refs/heads/x | refs [refs/heads/x]"]),
        (
            "git fetch --prune . refs/none/*:refs/kept/*",
            &["delete git-ref refs/kept/* | refs [refs/kept/*]", "modify git-repository repo"],
        ),
        ("git fetch origin +main:main", &["delete git-ref main | move main to main", MODIFIES[0]]),
        // stash
        ("git stash drop", &["delete git-stash stash | stash 0"]),
        ("git stash drop stash@{2}", &["delete git-stash stash | stash 2"]),
        ("git stash drop 1", &["delete git-stash stash | stash 1"]),
        ("git stash clear", &["delete git-stash stash | stash all"]),
        ("git stash $X", &["?delete git-stash $X"]),
        // push
        ("git push", &["publish git-remote-ref upstream/topic"]),
        ("git push origin main", &["publish git-remote-ref origin/main"]),
        ("git push -u origin HEAD", &["publish git-remote-ref origin/topic"]),
        ("git push origin a:refs/heads/b", &["publish git-remote-ref origin/b"]),
        ("git push origin tag v1", &["publish git-remote-ref origin/v1"]),
        ("git push origin $B", &["?publish git-remote-ref origin/$B"]),
        ("git push -f", &["delete git-remote-ref upstream/topic | remote  []"]),
        ("git push --force origin main", &["delete git-remote-ref origin/main | remote origin [main]"]),
        ("git push -uf origin main", &["delete git-remote-ref origin/main | remote origin [main]"]),
        ("git push origin +main", &["delete git-remote-ref origin/main | remote origin [+main]"]),
        ("git push --force-with-lease", &["delete git-remote-ref upstream/topic | remote  []"]),
        ("git push --force-w=main:abc origin main", &["delete git-remote-ref origin/main | remote origin [main]"]),
        ("git push --force --no-force origin x", &["publish git-remote-ref origin/x"]),
        ("git push origin :old", &["delete git-remote-ref origin/old | remote origin [:old] delete"]),
        ("git push origin --delete a", &["delete git-remote-ref origin/a | remote origin [a] delete"]),
        ("git push -d origin a", &["delete git-remote-ref origin/a | remote origin [a] delete"]),
        ("git push --mirror x", &["delete git-remote-ref x/* | remote x [+refs/*:refs/*] prune"]),
        ("git push copy", &["delete git-remote-ref copy/* | remote copy [+refs/*:refs/*] prune"]),
        ("git -c remote.o.mirror=yes push o", &["delete git-remote-ref o/* | remote o [+refs/*:refs/*] prune"]),
        ("git push --prune o refs/heads/*", &["delete git-remote-ref o/* | remote o [refs/heads/*] prune"]),
        ("git push --prune -f o refs/heads/*", &["delete git-remote-ref o/* | remote o [+refs/heads/*] prune"]),
        ("git push --prune --all o", &["delete git-remote-ref o/* | remote o [refs/heads/*:refs/heads/*] prune"]),
        ("git push --prune o", &["delete git-remote-ref o/* | remote o [] prune"]),
        (
            "git push --prune --force o",
            &["delete git-remote-ref o/* | remote o [] prune", "delete git-remote-ref o/topic | remote o []"],
        ),
        ("git push --prune -d o a", &["delete git-remote-ref o/a | remote o [a] delete"]),
        (
            "git push -f o refs/heads/* ^refs/heads/a",
            &["delete git-remote-ref o/* | remote o [refs/heads/* ^refs/heads/a]"],
        ),
        (
            "git -c remote.o.push=+a:b -c remote.o.push=c push o",
            &["delete git-remote-ref o/b | remote o [+a:b]", "publish git-remote-ref o/c"],
        ),
        ("git -c remote.pushDefault=o push -f", &["delete git-remote-ref o/topic | remote  []"]),
        (
            "git -c push.default=upstream -c branch.topic.merge=refs/heads/x push -f o",
            &["delete git-remote-ref o/x | remote o []"],
        ),
        // files
        ("git rm a.txt", &["delete file-tree a.txt | files"]),
        ("git rm -rf src", &["delete file-tree src"]),
        ("git rm -r 'src/*.rs'", &["delete file-tree src/*.rs | filtered src/*.rs"]),
        ("git mv a.txt c.txt", &["modify file-tree a.txt | moved /w/repo/c.txt"]),
        (
            "git mv -f a.txt b.txt",
            &["modify file-tree a.txt | moved /w/repo/b.txt", "modify file-tree b.txt | content"],
        ),
        (
            "git mv a.txt b.txt src",
            &["modify file-tree a.txt | moved /w/repo/src/a.txt", "modify file-tree b.txt | moved /w/repo/src/b.txt"],
        ),
        ("git clone https://x/y/z.git", &["create file-tree z"]),
        ("git clone --depth 1 git@h:me/z.git there", &["create file-tree there"]),
        ("git diff --output=a.txt", &["modify file-tree a.txt | content", READS[0]]),
        ("git archive -o out.tar HEAD", &["create file-tree out.tar", READS[0]]),
        // history
        ("git reflog expire --expire=now --all", &["delete git-repository repo | history"]),
        ("git reflog delete HEAD@{1}", &["delete git-repository repo | history"]),
        ("git gc --prune=now", &["delete git-repository repo | history"]),
        ("git gc --aggressive --pru=all", &["delete git-repository repo | history"]),
        ("git -c gc.pruneExpire=now gc", &["delete git-repository repo | history"]),
        ("git prune", &["delete git-repository repo | history"]),
        ("git filter-repo --path secret --invert-paths", &["delete git-repository repo | history"]),
        (
            "git filter-branch --tree-filter 'rm -f x' HEAD",
            &["delete git-repository repo | history", "run in /w/repo/.git-rewrite/t: sh -c rm -f x"],
        ),
        ("git replace a b", &["delete git-repository repo | history"]),
        ("git lfs prune", &["delete git-repository repo | history"]),
    ];
    for (command, expected) in table {
        assert_eq!(&hear(command).lines, expected, "{command}");
    }
}

#[test]
fn what_runs_something() {
    let table: &[(&str, &[&str])] = &[
        ("git undo", &["delete git-worktree repo | changes [] staged worktree"]),
        ("git nuke", &["Shell: git clean -fdx"]),
        ("git nuke 'a b'", &["Shell: git clean -fdx 'a b'"]),
        ("git -C src nuke", &["Shell: git clean -fdx"]),
        ("git -C .. -C repo/src wipe", &["delete git-worktree src | changes [.] worktree"]),
        ("git bye x", &["delete git-ref x | refs [x]"]),
        ("git loop", &["?execute program git-loop"]),
        ("git no-such", &["?execute program git-no-such"]),
        ("git svn rebase", &["?execute program git-svn"]),
        ("git $CMD --hard", &["?delete git-repository $CMD"]),
        ("git -c alias.x=!ls x", &["Shell: ls"]),
        ("git -c 'alias.x=clean -fd' x", &["delete git-worktree repo | untracked [] d"]),
        ("git -c core.hooksPath=/x commit", &["execute control-surface git -c core.hooksPath", MODIFIES[0]]),
        ("git -c core.pager=less log", &["Shell: less", READS[0]]),
        ("git -c core.fsmonitor=false status", READS),
        ("git paged", &["Shell: cat", READS[0]]),
        ("git -c core.fsmonitor=./x status", &["execute control-surface git -c core.fsmonitor", READS[0]]),
        ("git -c user.name=$X commit", MODIFIES),
        ("git -c $X status", &["?execute program git-config", READS[0]]),
        ("git bisect run make test", &[MODIFIES[0], "run make test"]),
        ("git -C .. bisect run make", &["modify git-repository w", "run in /w: make"]),
        ("git rebase main -x 'make test'", &[MODIFIES[0], "Shell: make test"]),
        ("git submodule foreach git clean -fd", &[READS[0], "run in /w/repo/libs/one: git clean -fd"]),
        ("git submodule foreach --recursive 'rm x'", &[READS[0], "run in /w/repo/libs/one: sh -c rm x"]),
        ("git difftool -x meld", &[READS[0], "Shell: meld"]),
        ("git clone 'ext::sh -c x' d", &["Shell: sh -c x", "create file-tree d"]),
        ("git config core.hooksPath .hooks", &["modify control-surface git config core.hooksPath"]),
        ("git config --unset core.hookspath", &["modify control-surface git config core.hooksPath"]),
        ("git config --global include.path /x", &["modify control-surface git config include.path"]),
        ("git config set --global core.fsmonitor ./x", &["modify control-surface git config core.fsmonitor"]),
        ("git config alias.x '!rm -rf .'", MODIFIES),
        ("git config -f a.txt x.y z", &["modify file-tree a.txt | content"]),
    ];
    for (command, expected) in table {
        assert_eq!(&hear(command).lines, expected, "{command}");
    }
}

#[test]
fn where_it_runs() {
    let place = |text: &str| hear(text).effects.first().map(|effect| effect.target.paths.clone());
    let at = |path: &str| Some(vec![PathBuf::from(path)]);
    assert_eq!(place("git reset --hard"), at("/w/repo"));
    assert_eq!(place("git -C src reset --hard"), at("/w/repo/src"));
    assert_eq!(place("git -C /x -C y reset --hard"), at("/x/y"));
    assert_eq!(place("git --git-dir /x/.git reset --hard"), at("/x/.git"));
    assert_eq!(place("git --git-dir=/x/.git --work-tree=/y reset --hard"), at("/y"));
    assert_eq!(place("git rm -r src"), at("/w/repo/src"));
    assert_eq!(place("git -C src rm lib.rs"), at("/w/repo/src/lib.rs"));
    assert_eq!(place("git clone https://x/y.git"), at("/w/repo/y"));
    assert_eq!(place("git config core.hooksPath x"), at("/w/repo/.git/config"));
    assert_eq!(hear("git -C $D reset --hard").lines, ["?delete git-worktree $D | changes [] staged worktree"]);
    assert_eq!(hear("git -C $D status").lines, ["read git-repository $D"]);
    assert_eq!(hear("git --git-dir=$D status").lines, ["read git-repository --git-dir=$D"]);
    let nowhere = hear_with("git clean -f", None, Stdin::None, &[]);
    assert_eq!(nowhere.lines, ["?delete git-worktree . | untracked []"]);
    let env = hear_with("git reset --hard", Some("/w"), Stdin::None, &[("GIT_DIR", "/x/.git")]);
    assert_eq!(env.effects[0].target.paths, [PathBuf::from("/x/.git")]);
}

#[test]
fn standard_input_and_environment() {
    let refs = Stdin::Known("delete refs/heads/a\nupdate refs/heads/b abc\ncreate refs/heads/c abc\n".to_owned());
    assert_eq!(
        hear_with("git update-ref --stdin", Some("/w/repo"), refs, &[]).lines,
        [
            "delete git-ref refs/heads/a | refs [refs/heads/a]",
            "delete git-ref refs/heads/b | move refs/heads/b to abc",
            MODIFIES[0],
        ]
    );
    let piped = Stdin::Unknown("sed".to_owned());
    assert_eq!(
        hear_with("git update-ref --stdin", Some("/w/repo"), piped, &[]).lines,
        ["?delete git-ref refs | refs []"]
    );
    let env = [("GIT_SEQUENCE_EDITOR", "sed -i 1d")];
    assert_eq!(
        hear_with("git rebase -i HEAD~2", Some("/w/repo"), Stdin::None, &env).lines,
        ["Shell: sed -i 1d", MODIFIES[0]]
    );
    let env = [("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "alias.z"), ("GIT_CONFIG_VALUE_0", "stash clear")];
    assert_eq!(hear_with("git z", Some("/w/repo"), Stdin::None, &env).lines, ["delete git-stash stash | stash all"]);
}

#[test]
fn one_glob_is_one_effect() {
    let machine = machine();
    let mut argv = lab::args("git rm a.txt b.txt");
    for arg in argv.iter_mut().skip(2) {
        arg.source = "*.txt".to_owned();
        arg.globbed = true;
    }
    let heard = lab::listen(lab::call(&machine, argv, Some("/w/repo")), interpret);
    assert_eq!(heard.lines, ["delete file-tree *.txt | files"]);
    assert_eq!(heard.effects[0].target.paths.len(), 2);
}

#[test]
fn configuration_files_are_read_as_git_reads_them() {
    let text = "[a]\nx = 1 ; note\ny = \"q # \" z\n[B \"Sub\\\"x\"] k=v\n bare\n[a]\nlong = one \\\n  two\n";
    let pairs = parse_config(text);
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(
        pairs,
        [("a.x", "1"), ("a.y", "q #  z"), ("b.Sub\"x.k", "v"), ("b.Sub\"x.bare", "true"), ("a.long", "one   two"),]
    );
    assert_eq!(split_alias("a 'b c' d\\ e"), Some(vec!["a".into(), "b c".into(), "d e".into()]));
    assert_eq!(split_alias("a 'b"), None);
}

#[test]
fn a_push_says_what_the_configuration_says_of_it() {
    let settings = |text: &str| {
        let argv = format!("git {text}");
        let effects = crate::shell::analyze(&argv, std::path::Path::new("/w/repo"), &machine(), false).effects;
        let pushes = effects.into_iter().filter_map(|effect| match effect.scope {
            weir_model::Scope::Git(weir_model::GitScope::Remote(push)) => Some((push.branch, push.settings)),
            _ => None,
        });
        pushes.collect::<Vec<_>>()
    };
    let with = |settings: &[&str]| {
        vec![(Some("topic".to_owned()), settings.iter().map(|setting| (*setting).to_owned()).collect::<Vec<_>>())]
    };
    assert_eq!(settings("push -f"), with(&["branch.topic.remote=upstream"]));
    assert_eq!(
        settings("-c push.default=current -c core.pager=cat push -f"),
        with(&["branch.topic.remote=upstream", "push.default=current"])
    );
    assert_eq!(
        settings("-c branch.main.merge=refs/heads/x -c branch.other.merge=refs/heads/y push -f upstream main"),
        with(&["branch.topic.remote=upstream", "branch.main.merge=refs/heads/x"])
    );
}
