//! Command lines composed at random, run and compared.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestError, TestRunner};

use crate::jail::{Outcome, verdict};

/// How many command lines are tried; `WEIR_RANDOM` asks for more, and then with another seed each time.
const CASES: u32 = 96;

#[test]
fn what_random_commands_destroy_has_been_predicted() {
    super::with_jail("what_random_commands_destroy_has_been_predicted", |jail| {
        let more = std::env::var("WEIR_RANDOM").ok().and_then(|text| text.parse::<u32>().ok());
        let seed = if more.is_some() { RngSeed::Random } else { RngSeed::Fixed(1) };
        let config = Config {
            cases: more.unwrap_or(CASES),
            failure_persistence: None,
            rng_seed: seed,
            max_shrink_iters: 400,
            ..Config::default()
        };
        let (mut harmful, mut held, mut all) = (0, 0, 0);
        let counts = std::cell::RefCell::new((&mut harmful, &mut held, &mut all));
        let result = TestRunner::new(config).run(&program(), |text| {
            let Outcome::Ran { changed, missed, opaque, predicted, .. } = verdict(jail, &text) else { return Ok(()) };
            let mut counts = counts.borrow_mut();
            *counts.0 += usize::from(!changed.is_empty());
            *counts.1 += usize::from(opaque);
            *counts.2 += 1;
            prop_assert!(missed.is_empty(), "missed {missed:?}\npredicted {predicted:#?}");
            Ok(())
        });
        match result {
            Ok(()) => eprintln!("{all} commands, {harmful} harmful, {held} of them only held as not understood"),
            Err(TestError::Fail(why, text)) => panic!("{text}\n{why}"),
            Err(TestError::Abort(why)) => panic!("{why}"),
        }
    });
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A name of something that stands in the tree, or may, as written in a command.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => prop::sample::select(vec!["a.txt", "b.txt", "c.log", "dir", "dir/x.log", "dir/sub", "src/lib.py", "build"]),
        2 => prop::sample::select(vec!["link", "link/y.log", "a.link", ".hidden", "./dir/../a.txt", "empty", "new", "new.txt"]),
        1 => prop::sample::select(vec!["nope", "moved", "my file.txt", "dir/sub/deep.txt", "src", "list"]),
    ]
    .prop_map(str::to_owned)
}

/// A word that expands to something in the tree.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => name().prop_map(|name| name.replace(' ', "\\ ")),
        2 => name().prop_map(|name| quoted(&name)),
        1 => name().prop_map(|name| format!("\"{name}\"")),
        1 => name().prop_map(|name| name.chars().map(|c| format!("\\{c}")).collect()),
        1 => name().prop_map(|name| {
            let codes: String = name.bytes().map(|b| format!("\\x{b:02x}")).collect();
            format!("$'{codes}'")
        }),
        1 => name().prop_map(|name| {
            let (a, b) = name.split_at(1);
            format!("{a}''\"{b}\"")
        }),
        1 => name().prop_map(|name| format!("\"$(echo {})\"", quoted(&name))),
        1 => name().prop_map(|name| format!("\"${{NOPE:-{name}}}\"")),
        1 => name().prop_map(|name| format!("$PWD/{}", name.replace(' ', "\\ "))),
        1 => name().prop_map(|name| format!("\"`printf %s {}`\"", name.replace(' ', "\\\\ "))),
        2 => Just("\"$V\"".to_owned()),
        1 => Just("$V".to_owned()),
        1 => Just("\"${A[1]}\"".to_owned()),
        1 => Just("\"${A[@]}\"".to_owned()),
        1 => Just("\"$1\"".to_owned()),
        1 => Just("\"$@\"".to_owned()),
        1 => Just("\"${V%.*}\".txt".to_owned()),
        1 => Just("\"${V##*/}\"".to_owned()),
        1 => Just("\"${V%/*}\"".to_owned()),
        1 => Just("\"${V/a/b}\"".to_owned()),
        1 => Just("\"${V:0:3}\"".to_owned()),
        2 => prop::sample::select(vec![
            "*.txt", "dir/*", "{a,b}.txt", "dir/[xy].log", "d*", "src/*.py", "~/notes.md", "~/Pictures/*", "$HOME/Pictures",
            "?.txt", ".h*", "*/", "dir/{x,z}.*",
        ])
        .prop_map(str::to_owned),
    ]
}

/// A simple command.
fn simple() -> impl Strategy<Value = String> {
    let flags = prop::sample::select(vec!["-rf", "-f", "-r", "", "-r -f", "--recursive --force"]);
    prop_oneof![
        5 => (flags, word()).prop_map(|(flags, word)| format!("rm {flags} {word}")),
        1 => (word(), word()).prop_map(|(one, two)| format!("rm -rf {one} {two}")),
        3 => (word(), word()).prop_map(|(one, two)| format!("mv {one} {two}")),
        1 => (word(), word()).prop_map(|(one, two)| format!("mv -f {one} {two}")),
        1 => (word(), word()).prop_map(|(one, two)| format!("cp {one} {two}")),
        1 => (word(), word()).prop_map(|(one, two)| format!("cp -r {one} {two}")),
        1 => (word(), word()).prop_map(|(one, two)| format!("ln -s {one} {two}")),
        1 => (word(), word()).prop_map(|(one, two)| format!("ln -sfn {one} {two}")),
        2 => word().prop_map(|word| format!("echo x > {word}")),
        1 => word().prop_map(|word| format!("echo x >> {word}")),
        1 => word().prop_map(|word| format!(": > {word}")),
        1 => word().prop_map(|word| format!("echo x | tee {word} >/dev/null")),
        1 => word().prop_map(|word| format!("truncate -s 0 {word}")),
        1 => word().prop_map(|word| format!("sed -i 1d {word}")),
        1 => word().prop_map(|word| format!("rmdir {word}")),
        1 => word().prop_map(|word| format!("mkdir {word}")),
        1 => word().prop_map(|word| format!("mkdir -p {word}")),
        1 => word().prop_map(|word| format!("touch {word}")),
        1 => word().prop_map(|word| format!("chmod 600 {word}")),
        1 => word().prop_map(|word| format!("unlink {word}")),
        1 => word().prop_map(|word| format!("find {word} -name '*.log' -delete")),
        1 => word().prop_map(|word| format!("find {word} -type f -exec rm {{}} +")),
        1 => word().prop_map(|word| format!("printf '%s\\n' {word} | xargs rm -rf")),
        1 => word().prop_map(|word| format!("printf '%s\\n' {word} | while read -r f; do rm -r \"$f\"; done")),
        2 => word().prop_map(|word| format!("V={word}")),
        1 => (word(), word()).prop_map(|(one, two)| format!("A=({one} {two})")),
        1 => word().prop_map(|word| format!("A+=({word})")),
        1 => (word(), word()).prop_map(|(one, two)| format!("set -- {one} {two}")),
        2 => word().prop_map(|word| format!("cd {word}")),
        1 => word().prop_map(|word| format!("pushd {word} >/dev/null")),
        2 => prop::sample::select(vec![
            "cd ..", "cd -", "popd", "shift", "true", "false", "break", "return", "exit", "continue", "unset V", "IFS=.",
            "read -r V < list", "IFS=", "set -e", "cd", "return 1", "shopt -s dotglob", "local V=dir", "export V",
            "shopt -s nullglob", "set -f", "V=${V#*.}", "V=$V.txt", "V+=x", "A=()", "unset 'A[0]'", "V=(b.txt a.txt)",
            "read -ra A <<< 'b.txt dir'", "mapfile -t A < list", "V=${#V}", "V=${A[*]}", "eval V=\\$V",
        ])
        .prop_map(str::to_owned),
    ]
}

/// A program.
fn program() -> impl Strategy<Value = String> {
    let body = simple().prop_recursive(4, 24, 3, |inner| {
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            4 => two.clone().prop_map(|(a, b)| format!("{a}\n{b}")),
            2 => two.clone().prop_map(|(a, b)| format!("{{ {a}\n}} && {{ {b}\n}}")),
            2 => two.clone().prop_map(|(a, b)| format!("{{ {a}\n}} || {{ {b}\n}}")),
            1 => inner.clone().prop_map(|a| format!("( {a}\n)")),
            1 => inner.clone().prop_map(|a| format!("! {{ {a}\n}}")),
            1 => inner.clone().prop_map(|a| format!("{{ {a}\n}} & wait")),
            1 => inner.clone().prop_map(|a| format!("{{ {a}\n}} | cat")),
            1 => inner.clone().prop_map(|a| format!("X=$( {a}\n)")),
            2 => (word(), two.clone()).prop_map(|(w, (a, b))| format!("if [ -e {w} ]; then {a}\nelse {b}\nfi")),
            1 => two.clone().prop_map(|(a, b)| format!("if {a}\nthen {b}\nfi")),
            2 => (word(), word(), inner.clone()).prop_map(|(v, w, a)| format!("for V in {v} {w}; do {a}\ndone")),
            1 => inner.clone().prop_map(|a| format!("for i in 1 2; do {a}\ndone")),
            1 => inner.clone().prop_map(|a| format!("while read -r V; do {a}\ndone < list")),
            1 => two.clone().prop_map(|(a, b)| format!("n=0\nwhile [ $n -lt 3 ] && {a}\ndo n=$((n+1))\n{b}\ndone")),
            1 => (word(), two.clone()).prop_map(|(w, (a, b))| format!("case {w} in d*) {a}\n;; *.txt) {b}\n;; esac")),
            2 => (word(), inner.clone()).prop_map(|(w, a)| format!("f() {{ {a}\n}}\nf {w}")),
            1 => two.clone().prop_map(|(a, b)| format!("g() {{ {a}\n}}\n{b}\ng a.txt\ng dir")),
            1 => inner.clone().prop_map(|a| format!("bash -c {}", quoted(&a))),
            1 => (word(), inner.clone()).prop_map(|(w, a)| format!("sh -c {} x {w}", quoted(&a))),
            1 => inner.clone().prop_map(|a| format!("eval {}", quoted(&a))),
            1 => inner.clone().prop_map(|a| format!("echo {} | bash", quoted(&a))),
            1 => inner.clone().prop_map(|a| format!("bash <<'END'\n{a}\nEND")),
            1 => inner.clone().prop_map(|a| format!("cat > s.sh <<'END'\n{a}\nEND\nbash s.sh b.txt")),
            1 => inner.clone().prop_map(|a| format!("X={}\neval \"$X\"", quoted(&a))),
            1 => inner.clone().prop_map(|a| format!("trap {} EXIT", quoted(&a))),
            1 => inner.clone().prop_map(|a| format!("( set -e\n{a}\nrm -f c.log )")),
            1 => (word(), inner.clone()).prop_map(|(w, a)| format!("{{ {a}\n}} > {w}")),
            1 => (word(), inner.clone()).prop_map(|(w, a)| format!("V={w} bash -c {}", quoted(&a))),
            1 => inner.clone().prop_map(|a| format!(". <(echo {})", quoted(&a))),
            1 => (word(), inner).prop_map(|(w, a)| format!("find {w} -maxdepth 1 | while read -r V; do {a}\ndone")),
        ]
    });
    (prop::collection::vec(body, 1..4), word(), prop::bool::ANY).prop_map(|(all, first, set)| {
        let all = all.join("\n");
        if set { format!("V={first}\nA=(b.txt {first})\nset -- {first} dir\n{all}") } else { all }
    })
}
