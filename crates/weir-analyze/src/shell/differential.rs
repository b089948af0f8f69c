//! Expansion against reality: words composed at random are expanded by Bash and by the evaluator, and what the
//! evaluator claims to know must be what Bash makes of it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestError, TestRunner};

use super::state::Shell;
use super::{Evaluator, Frame};
use crate::RealWorld;
use crate::call::{Arg, Value};

/// How many texts are tried; `WEIR_RANDOM` asks for more, and then with another seed each time.
const CASES: u32 = 400;

const FILES: &[&str] = &["a.txt", "b.txt", "dir/x.log", "dir/y.log", "dir/sub/z", ".hidden", "with space", "[odd]"];

/// What is set before the words are expanded.
const BEFORE: &str = r#"A='hello world'; B=a:b::c; C=; D=dir/sub/file.tar.gz; E='*.txt'; F='  lead  trail '; G=aXbXc; N=3; M=-1
R=A; L=$'one\ntwo'; P='x y'; arr=(one 'two three' '' four); more=(b a); one=(single); none=(); Q='q"u\ote'
set -- p1 'p 2' '' p4
"#;

fn world() -> RealWorld {
    RealWorld::new(None, |_| None)
}

/// The arguments that the evaluator knows `show` to get, for each time that it is called.
fn evaluated(text: &str, cwd: &Path) -> Vec<Vec<Arg>> {
    let world = world();
    let mut evaluator = Evaluator::new(&world);
    let mut shell = Shell::new(Some(cwd.to_owned()));
    shell.set_positional(Some(Vec::new()));
    evaluator.program(text, &mut shell, &Frame::outermost(Some(0)));
    let shown = |argv: &Vec<Arg>| argv.first().and_then(Arg::text) == Some("show");
    evaluator.seen.into_iter().filter(shown).map(|argv| argv.into_iter().skip(1).collect()).collect()
}

/// The arguments that `show` really gets; `None` where Bash reports an error.
fn real(text: &str, cwd: &Path) -> Option<Vec<String>> {
    let text = format!("show() {{ printf '%s\\0' \"$@\" _; exit 0; }}\n{text}\nexit 1");
    let out = Command::new("bash")
        .args(["-c", &text])
        .current_dir(cwd)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    if !out.status.success() || !out.stderr.is_empty() {
        return None;
    }
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let mut words: Vec<String> = text.split('\0').map(str::to_owned).collect();
    words.truncate(words.len().saturating_sub(2));
    Some(words)
}

/// True where the arguments may be these words.
fn allows(args: &[Arg], words: &[String]) -> bool {
    let Some((first, rest)) = args.split_first() else { return words.is_empty() };
    if let Value::OneOf(texts) = &first.value
        && texts.iter().any(String::is_empty)
        && allows(rest, words)
    {
        return true;
    }
    let one = |fits: bool| fits && allows(rest, words.get(1..).unwrap_or_default());
    match (&first.value, words.first()) {
        (Value::Known(text), Some(word)) => one(text == word),
        (Value::OneOf(texts), Some(word)) => one(texts.contains(word)),
        (Value::Known(_) | Value::OneOf(_) | Value::Prefix(_), None) => false,
        (Value::Prefix(prefix), Some(word)) => {
            let prefix = prefix.strip_prefix("./").unwrap_or(prefix);
            word.starts_with(prefix) && (1..=words.len()).any(|n| allows(rest, words.get(n..).unwrap_or_default()))
        }
        (Value::Unknown, _) => (0..=words.len()).any(|n| allows(rest, words.get(n..).unwrap_or_default())),
    }
}

/// True where every word is among the arguments.
fn holds(args: &[Arg], words: &[String]) -> bool {
    words.iter().all(|word| args.iter().any(|arg| allows(std::slice::from_ref(arg), std::slice::from_ref(word))))
}

fn operand() -> impl Strategy<Value = String> {
    let plain = prop::sample::select(vec![
        "x",
        "X",
        "*",
        "?",
        "o",
        "l*",
        "*o",
        "*/",
        "/*",
        ".*",
        "[a-h]*",
        "'*'",
        "\"$C\"",
        "$C",
        "a:",
        ":",
        "$P",
        "\"$P\"",
        "dir",
        "'q r'",
        "q r",
        "$(echo e)",
        "*[!a]",
        "*.",
        "l",
        "",
        "${A%% *}",
        "[[:space:]]",
        "\\*",
        "e*l",
    ]);
    plain.prop_map(str::to_owned)
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "A", "B", "C", "D", "E", "F", "G", "N", "M", "L", "P", "Q", "U", "1", "2", "3", "9", "@", "*", "#", "arr[@]",
        "arr[*]", "arr[1]", "arr[N]", "arr[-1]", "arr[N-2]", "arr", "more[@]", "none[@]", "one[@]", "one[*]", "arr[9]",
    ])
    .prop_map(str::to_owned)
}

fn number() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["0", "1", "2", "N", "$N", " -1", " -2", "N-1", "$((N-1))", "9", "(1)"])
        .prop_map(str::to_owned)
}

/// `${...}` without quotes around it.
fn parameter() -> impl Strategy<Value = String> {
    let op = prop::sample::select(vec![":-", "-", ":+", "+", "#", "##", "%", "%%", "^", "^^", ",", ",,", ":=", "="]);
    prop_oneof![
        2 => name().prop_map(|name| format!("${{{name}}}")),
        5 => (name(), op, operand()).prop_map(|(name, op, operand)| {
            let operand = if matches!(op, "^" | "^^" | "," | ",,") { String::new() } else { operand };
            // What cannot be assigned to is an error.
            let op = match op {
                ":=" if !name.chars().all(|c| c.is_ascii_uppercase()) => ":-",
                "=" if !name.chars().all(|c| c.is_ascii_uppercase()) => "-",
                op => op,
            };
            format!("${{{name}{op}{operand}}}")
        }),
        2 => (name(), operand(), operand(), prop::sample::select(vec!["/", "//", "/#", "/%"]))
            .prop_map(|(name, from, to, op)| format!("${{{name}{op}{from}/{to}}}")),
        2 => (name(), number(), prop::option::of(number())).prop_map(|(name, from, len)| {
            let from = if from.starts_with('-') { format!(" {from}") } else { from };
            match len {
                Some(len) => format!("${{{name}:{from}:{len}}}"),
                None => format!("${{{name}:{from}}}"),
            }
        }),
        1 => name().prop_map(|name| format!("${{#{name}}}")),
        1 => Just("${!R}".to_owned()),
        1 => prop::sample::select(vec!["${A@Q}", "${A@U}", "${arr[@]@L}", "${P@u}", "${!N*}", "$$", "$-", "$_"]).prop_map(str::to_owned),
    ]
}

fn piece() -> impl Strategy<Value = String> {
    let arithmetic = prop::sample::select(vec![
        "$((1+2))",
        "$((N*2))",
        "$(( N > 2 ? 5 : 6 ))",
        "$((M))",
        "$((-N))",
        "$((N++))",
        "$((N=7))",
        "$((arr[0]))",
        "$((16#ff))",
        "$((010))",
        "$((2**3))",
        "$((N%2))",
        "$((5/2))",
        "$[1+1]",
        "$((N,4))",
        "$((!N))",
        "$((~1))",
        "$((U+1))",
    ]);
    let command = prop::sample::select(vec![
        "$(echo a b)",
        "\"$(echo a b)\"",
        "$(echo)",
        "`echo x`",
        "$(printf '%s\\n' a 'b c')",
        "\"$(printf 'a\\n\\n')\"",
        "$(echo '*')",
        "$(echo \"$A\")",
        "\"`echo \\\"$A\\\"`\"",
        "$(printf %s \"${arr[@]}\")",
        "$(basename \"$D\")",
        "$(dirname $D)",
        "$(pwd | tr -d '\\n' | wc -c)",
        "$(echo -n $F)",
        "$(echo -e 'a\\tb')",
        "$(printf '%03d' 7)",
        "$(printf '%s-' a b c)",
        "$(seq 3)",
        "$(echo $N | tr 3 4)",
        "$(: )",
        "$(echo $(echo $(echo deep)))",
        "$(printf '%5s|' ab)",
        "$(printf '%x' 255)",
        "$(printf '%b' 'a\\nb')",
        "$(printf '%q' 'a b')",
        "$(cat < a.txt)",
        "$(<a.txt)",
        "$(cd dir; echo *)",
        "$(echo \"${D##*/}\" | rev)",
        "$(echo abc | cut -c1)",
        "$(echo a,b | cut -d, -f2)",
    ]);
    let literal = prop::sample::select(vec![
        "x",
        "'s q'",
        "\"d q\"",
        "\\ ",
        "$'\\t'",
        "$'a\\'b'",
        "\"\"",
        "''",
        "{a,b}",
        "{1..3}",
        "{a..e..2}",
        "{x}",
        "{,z}",
        "a{b,c{d,e}}",
        "*",
        "*.txt",
        "dir/*",
        "?",
        ".h*",
        "[ab].txt",
        "'*'",
        "\\*",
        "[",
        "]",
        "{",
        "}",
        "=",
        ":",
        "-",
        "*/",
        "no*pe",
        "./*.txt",
        "{a,\"b c\"}",
        "{3..1}",
        "{01..03}",
        "\\$A",
        "a\\\nb",
        "{a,b}{1,2}",
        "\\[odd\\]",
        "[[]odd]",
        "with*",
        "dir/s*/",
        "!",
        "~+",
        "{a,b",
        "{${N},y}",
        "{'a,b',c}",
        "\"*\"",
        "\"\\$A\"",
        "\"\\a\"",
        "\"a\\\"b\"",
        "$\"loc\"",
        "^",
    ]);
    prop_oneof![
        4 => literal.prop_map(str::to_owned),
        4 => parameter(),
        4 => parameter().prop_map(|parameter| format!("\"{parameter}\"")),
        1 => (parameter(), parameter()).prop_map(|(a, b)| format!("\"{a} {b}\"")),
        1 => parameter().prop_map(|parameter| format!("\"x{parameter}y\"")),
        1 => arithmetic.prop_map(str::to_owned),
        2 => command.prop_map(str::to_owned),
        1 => prop::sample::select(vec!["$A", "$B", "$E", "$F", "$@", "$*", "\"$@\"", "\"$*\"", "$1", "\"$2\"", "$#", "$N$M"]).prop_map(str::to_owned),
    ]
}

fn text() -> impl Strategy<Value = String> {
    let setting = prop::sample::select(vec![
        "",
        "",
        "",
        "",
        "",
        "IFS=:",
        "IFS=",
        "IFS=X",
        "IFS=$' \\t'",
        "IFS=:,",
        "shift",
        "set --",
        "set -f",
        "unset A",
        "A=$B",
        "A=${arr[@]}",
        "A=\"$*\"",
        "arr+=(five)",
        "arr=(\"$@\")",
        "A+=more",
        "unset 'arr[1]'",
        "arr=($A)",
        "local=1",
        "B=$(echo \"$B\" | tr : ,)",
        "read A C <<< \"$B\"",
        "IFS=: read A C <<< \"$B\"",
        "IFS=: read -ra arr <<< \"$B\"",
        "mapfile -t arr < <(printf 'm\\nn o\\n')",
        "printf -v A '%s/' \"${arr[@]}\"",
        "A=~/x",
        "A={a,b}",
        "A=*",
        "shopt -s nullglob",
        "shopt -s dotglob",
        "let N=N+1",
        "((N+=2))",
        "for A in \"${arr[@]}\"; do :; done",
        "f() { A=$1; }; f \"$P\"",
        "f() { local A=in; }; f",
        "declare -u A=up; A=more",
        "cd dir",
        "eval 'A=\"$P\"'",
        "A=$P true",
        "{ A=group; }",
        "( A=sub )",
        "A=x; A=${A}y",
        "[[ $A ]] && A=yes",
        "case $A in h*) A=hit;; esac",
        "if [ -n \"$C\" ]; then A=then; else A=else; fi",
        "while false; do A=loop; done",
        "true && A=and",
        "false || A=or",
        "arr[1]=new",
        "readonly A",
        "declare A=decl",
        "export A='ex port'",
        "read -r -d '' A <<< \"$L\" || :",
        "A=`echo back`",
        "set -- \"${arr[@]:1}\"",
        "shift 2",
        "A=${A#* }",
        "N=$((N+1))",
        "for i in 1 2 3; do A+=$i; done",
        "getopts ab: A",
        "A=(q r)",
        "declare -n A2=A; A2=via",
        "unset arr",
        "A[1]=idx",
        "IFS=/; arr=($D)",
        "set -- $F",
        "A=${!R}",
    ]);
    (prop::collection::vec(setting, 0..3), prop::collection::vec(prop::collection::vec(piece(), 1..4), 1..4)).prop_map(
        |(settings, words)| {
            let words: Vec<String> = words.into_iter().map(|pieces| pieces.concat()).collect();
            format!("{}\nshow {}", settings.join("\n"), words.join(" "))
        },
    )
}

#[test]
fn words_are_what_bash_makes_of_them() {
    if Command::new("bash").arg("--version").output().is_err() {
        println!("SKIPPED words_are_what_bash_makes_of_them: there is no bash");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let cwd = fs::canonicalize(dir.path()).unwrap();
    for name in FILES {
        fs::create_dir_all(cwd.join(name).parent().unwrap()).unwrap();
        fs::write(cwd.join(name), "in file\n").unwrap();
    }
    let more = std::env::var("WEIR_RANDOM").ok().and_then(|text| text.parse::<u32>().ok());
    let config = Config {
        cases: more.unwrap_or(CASES),
        failure_persistence: None,
        rng_seed: if more.is_some() { RngSeed::Random } else { RngSeed::Fixed(7) },
        max_shrink_iters: 3_000,
        ..Config::default()
    };
    let counts = std::cell::Cell::new((0usize, 0usize, 0usize));
    let result = TestRunner::new(config).run(&text(), |text| {
        let text = format!("{BEFORE}{text}");
        // `$A{a,b}` is `$Aa $Ab`, which nobody means.
        let joined = |part: &str| {
            let rest = part.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '@' | '*' | '#'));
            rest.len() < part.len() && rest.starts_with('{')
        };
        if text.split('$').skip(1).any(joined) {
            return Ok(());
        }
        let (mut all, mut failed, mut exact) = counts.get();
        all += 1;
        let Some(words) = real(&text, &cwd) else {
            failed += 1;
            counts.set((all, failed, exact));
            return Ok(());
        };
        // Bash's own mistakes.
        if words.iter().any(|word| word.contains('\u{1}')) || text.contains("*]#") || text.contains("*]/") {
            return Ok(());
        }
        let calls = evaluated(&text, &cwd);
        exact += usize::from(calls.iter().any(|args| {
            args.len() == words.len() && args.iter().zip(&words).all(|(arg, word)| arg.text() == Some(word))
        }));
        counts.set((all, failed, exact));
        let told: Vec<Vec<&Value>> = calls.iter().map(|args| args.iter().map(|arg| &arg.value).collect()).collect();
        // Both branches of a condition are told as one list.
        let branches = ["&&", "||", "if ", "case ", "while ", "]=", "nullglob"].iter().any(|word| text.contains(word));
        // Whether an empty word counts depends on odd things.
        let full: Vec<String> = words.iter().filter(|word| !word.is_empty()).cloned().collect();
        let fits = |args: &Vec<Arg>| {
            let some: Vec<Arg> = args.iter().filter(|arg| arg.text() != Some("")).cloned().collect();
            allows(args, &words) || (text.contains("IFS=") && allows(&some, &full)) || (branches && holds(args, &words))
        };
        prop_assert!(calls.iter().any(fits), "bash: {words:?}\ntold: {told:?}");
        Ok(())
    });
    let (all, failed, exact) = counts.get();
    println!("{all} texts, {failed} that Bash refuses, {exact} known exactly");
    match result {
        Ok(()) => {}
        Err(TestError::Fail(why, text)) => panic!("{text}\n{why}"),
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
}
