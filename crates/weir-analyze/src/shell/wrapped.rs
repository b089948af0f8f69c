//! Whatever a command is wrapped in, it does what it does; and harmless commands around it add nothing.

use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use weir_model::{Effect, TargetKind, Verb};

use super::analyze;
use crate::lab::Machine;

fn machine() -> Machine {
    Machine::new([
        ("/w/a.txt", "a"),
        ("/w/b.txt", "b"),
        ("/w/dir/x.log", ""),
        ("/w/my dir/f", ""),
        ("/w/.git/HEAD", "ref: refs/heads/main\n"),
        ("/home/me/Pictures/p.jpg", ""),
    ])
}

/// What a command destroys or changes: verb and place; and whether something is held as not understood.
fn harm(text: &str) -> (Vec<(Verb, String)>, bool) {
    let analysis = analyze(text, Path::new("/w"), &machine(), false);
    let harms = |effect: &&Effect| !matches!(effect.verb, Verb::Read | Verb::Create | Verb::Execute) && !effect.opaque;
    let mut all: Vec<(Verb, String)> = Vec::new();
    for effect in analysis.effects.iter().filter(harms) {
        if effect.target.paths.is_empty() {
            all.push((effect.verb, effect.target.name.clone()));
        }
        all.extend(effect.target.paths.iter().map(|path| (effect.verb, path.display().to_string())));
    }
    all.sort();
    all.dedup();
    (all, analysis.effects.iter().any(|effect| effect.opaque && effect.target.kind == TargetKind::Unknown))
}

/// Commands that destroy something; the words are program and arguments.
fn victim() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "rm -rf dir",
        "rm -f a.txt b.txt",
        "rm -rf 'my dir'",
        "rm -rf /home/me/Pictures",
        "mv a.txt b.txt",
        "truncate -s 0 a.txt",
        "find dir -name x.log -delete",
        "git reset --hard",
        "git push --force origin main",
        "dd if=/dev/zero of=a.txt",
        "shred -u a.txt",
        "chmod -R 777 dir",
        "cp b.txt a.txt",
        "psql -c 'DROP TABLE users'",
        "terraform destroy -auto-approve",
        "kubectl delete namespace prod",
    ])
    .prop_map(str::to_owned)
}

/// Ways to run one simple command that stay one simple command.
fn prefixed() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "sudo {}",
        "sudo -E -n {}",
        "sudo -u root {}",
        "env {}",
        "env -i {}",
        "env A=b C=d {}",
        "timeout 5 {}",
        "timeout -s KILL 5m {}",
        "nice {}",
        "nice -n 10 {}",
        "ionice -c 3 {}",
        "nohup {}",
        "setsid {}",
        "stdbuf -oL {}",
        "/usr/bin/env {}",
        "chronic {}",
        "unbuffer {}",
        "doas {}",
        "taskset -c 0 {}",
        "flock /tmp/l {}",
        "strace -f {}",
        "xvfb-run {}",
        "caffeinate -i {}",
        "busybox nice {}",
    ])
    .prop_map(str::to_owned)
}

/// As [`prefixed`], for a shell to read: outermost.
fn shell_prefixed() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "{}",
        "A=b {}",
        "time {}",
        "command {}",
        "exec {}",
        "echo x | xargs -I@@ {}",
        "builtin command {}",
        "! {}",
    ])
    .prop_map(str::to_owned)
}

/// Ways to run any command line; `{}` is the text, `{q}` the text as one quoted word.
fn around() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "bash -c {q}",
        "sh -c {q}",
        "bash -lc {q}",
        "zsh -c {q}",
        "bash -euo pipefail -c {q}",
        "( {} )",
        "{ {}; }",
        "eval {q}",
        "{} &",
        "{} && true",
        "true && {}",
        "false || {}",
        "{} | cat",
        "true; {}",
        "! { {}; }",
        "V1=$( {} )",
        "echo \"$( {} )\"",
        "echo `{}`",
        "f() { {}; }; f",
        "function f { {}; }\nf",
        "if true; then {}; fi",
        "if test -d x; then :; else {}; fi",
        "for i in 1 2; do {}; done",
        "while {}; do break; done",
        "until {}; do :; done",
        "case x in x) {};; esac",
        "bash <<'END'\n{}\nEND",
        "cat <<'END' | bash\n{}\nEND",
        "echo {q} | sh",
        "bash <<< {q}",
        "V3={q}; eval \"$V3\"",
        "V4={q}; bash -c \"$V4\"",
        "bash <(echo {q})",
        "source <(echo {q})",
        "trap {q} EXIT",
        "set -e\n{}",
        "{} > /dev/null 2>&1",
        "cd . && {}",
        "cat <( {} )",
        "xargs -I@@ sh -c {q} <<< x",
        "find . -maxdepth 0 -exec sh -c {q} \\;",
        "printf '%s' {q} | bash -s",
        "A=(bash -c {q}); \"${A[@]}\"",
        "sudo bash -c {q}",
        "env X=1 sh -c {q}",
        "timeout 9 bash -c {q}",
        "nohup sh -c {q} &",
        "{ {}; } 2>&1 | tee /dev/null",
        "[[ -n $( {} ) ]]",
        "echo ${V2:-$( {} )}",
        "select x in 1; do {}; done <<< 1",
        "coproc {}",
        "[ \"$( {} )\" ]",
        "((x=$( {} )))",
        "local x=$( {} )",
        "cat > /tmp/s.sh <<'END'\n{}\nEND\nbash /tmp/s.sh",
        "echo {q} > /tmp/t.sh; sh /tmp/t.sh",
        "for ((i=0;i<2;i++)); do {}; done",
        "x() { \"$@\"; }; x bash -c {q}",
        "exec 3>&1; {}",
        "{} <<< input",
        "wait; {}",
    ])
    .prop_map(str::to_owned)
}

/// Ways to write the program's name.
fn spelled(text: &str, how: usize) -> String {
    let (name, rest) = text.split_once(' ').unwrap_or((text, ""));
    let (first, more) = name.split_at(1);
    match how {
        1 => format!("{first}''{more} {rest}"),
        2 => format!("\\{name} {rest}"),
        3 => format!("\"{first}\"{more} {rest}"),
        4 => format!("P={name}; $P {rest}"),
        5 => format!("P={first}; ${{P}}{more} {rest}"),
        6 => format!("$(echo {name}) {rest}"),
        7 => format!("/usr/bin/{name} {rest}"),
        8 => format!("$'{}'  {rest}", name.bytes().map(|b| format!("\\x{b:02x}")).collect::<String>()),
        9 => format!("{name} \\\n{rest}"),
        10 => format!("{first}$@{more} {rest}"),
        11 => format!("${{Z:-{name}}} {rest}"),
        12 => format!("{name}\t {rest} # a remark"),
        _ => text.to_owned(),
    }
}

fn put(template: &str, text: &str) -> String {
    template.replace("{q}", &crate::quote::quoted(text)).replace("{}", text)
}

const HARMLESS: &[&str] = &[
    "ls -la",
    "echo hi",
    "cd .",
    "pwd",
    "cat a.txt",
    "X=1",
    "git status",
    "true",
    "grep -r x .",
    "echo 'rm -rf /'",
    "# rm -rf /\ntrue",
    "date",
    "mkdir -p new",
    "export Q=1",
    "test -f a.txt",
    "[ -d dir ]",
    "set -euo pipefail",
    "which rm",
    "sleep 1",
    "cat <<'END'\nrm -rf /\nEND",
];

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 600,
        failure_persistence: None,
        // The same cases each time, unless somebody asks for others.
        rng_seed: if std::env::var_os("WEIR_RANDOM").is_some() { RngSeed::Random } else { RngSeed::Fixed(3) },
        ..ProptestConfig::default()
    })]

    #[test]
    fn wrapping_never_hides(
        victim in victim(),
        how in 0usize..13,
        inner in prop::collection::vec(prefixed(), 0..3),
        own in shell_prefixed(),
        outer in prop::collection::vec(around(), 0..4),
    ) {
        let (expected, _) = harm(&victim);
        prop_assert!(!expected.is_empty(), "{victim}");
        let mut text = victim;
        for template in &inner {
            text = put(template, &text);
        }
        text = put(&own, &text);
        // A changed spelling must stand where it is read by a shell.
        if inner.is_empty() && own == "{}" {
            text = spelled(&text, how);
        }
        for template in &outer {
            let remark = text.contains('#') || text.contains("<<") || text.ends_with('&');
            let remark = remark || (text.contains('`') && template.contains('`'));
            let fits = template.contains("{q}") && !template.contains("{}");
            let template = if remark && !fits { "bash -c {q}" } else { template };
            text = put(template, &text);
        }
        let (found, held) = harm(&text);
        let all = expected.iter().all(|one| found.contains(one));
        prop_assert!(all || held, "{text}\nexpected {expected:?}\nfound {found:?}");
    }

    #[test]
    fn harmless_commands_around_add_nothing(
        victim in victim(),
        before in prop::collection::vec(prop::sample::select(HARMLESS.to_vec()), 0..4),
        after in prop::collection::vec(prop::sample::select(HARMLESS.to_vec()), 0..3),
    ) {
        let (expected, held) = harm(&victim);
        let text = [before, vec![victim.as_str()], after].concat().join("\n");
        prop_assert_eq!((expected, held), harm(&text), "{}", text);
    }
}
