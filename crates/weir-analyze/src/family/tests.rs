//! Commands and what is said of them, through the dispatch and through the commands that they run.

mod archive;
mod delete;
mod devices;
mod edit;
mod rights;
mod search;
mod transfer;
mod write;

use crate::call::{Arg, Call, Inner, Language, Say, Stdin};
use crate::lab::{self, Heard, Machine};
use std::path::PathBuf;
use weir_model::Effect;

fn machine() -> Machine {
    Machine::new([
        ("/w/a.txt", "a"),
        ("/w/b.txt", "b"),
        ("/w/c.gz", ""),
        ("/w/d.zip", ""),
        ("/w/build/x.o", ""),
        ("/w/build/y.o", ""),
        ("/w/src/lib.rs", ""),
        ("/w/src/sub/m.rs", ""),
        ("/w/out/lib.rs", ""),
        ("/w/out/a.txt", ""),
        ("/w/out/src/lib.rs", ""),
        ("/w/list", "build/x.o\nbuild/y.o\n"),
        ("/w/list0", "build\0src\0"),
        ("/w/p.sed", "s/a/b/w log\n"),
        ("/w/p.awk", "{ system(\"rm -rf build\") }"),
        ("/w/fix.patch", "--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-a\n+b\n"),
        ("/w/old", ""),
        ("/w/old.bak", ""),
        ("/home/me/.profile", ""),
        ("/tmp/t", ""),
    ])
}

/// Follows the commands that a call runs, as the evaluator does.
struct Follow<'m> {
    heard: Heard,
    machine: &'m Machine,
    cwd: Option<PathBuf>,
    stdin: Stdin,
    runs: usize,
}

impl Say for Follow<'_> {
    fn effect(&mut self, effect: Effect) {
        self.heard.effect(effect);
    }
    fn opaque(&mut self, effect: Effect) {
        self.heard.opaque(effect);
    }
    fn run(&mut self, inner: Inner, through: &str) {
        let argv = inner.argv.clone();
        let known = argv.first().is_some_and(|first| first.text().is_some());
        let cwd = inner.cwd.clone().unwrap_or_else(|| self.cwd.clone());
        let stdin = inner.stdin.clone().unwrap_or_else(|| self.stdin.clone());
        let call = Call { stdin, cwd, ..lab::call(self.machine, argv, None) };
        self.runs += 1;
        if !known || self.runs > 200 || !super::interpret(&call, self) {
            self.heard.run(inner, through);
        }
    }
    fn code(&mut self, language: Language, text: &str, args: &[Arg], through: &str) {
        self.heard.code(language, text, args, through);
    }
    fn file(&mut self, language: Language, path: PathBuf, args: &[Arg], through: &str) {
        self.heard.file(language, path, args, through);
    }
    fn elsewhere(&mut self, argv: Vec<Arg>, place: &str) {
        self.heard.elsewhere(argv, place);
    }
}

/// Words of a test command: what is between quotes is text; else `$X` is not known and `{a,b}` is one of several.
fn words(text: &str) -> Vec<Arg> {
    let mut words: Vec<(String, bool)> = Vec::new();
    let (mut word, mut any, mut quoted) = (String::new(), false, false);
    for letter in text.chars().chain([' ']) {
        match letter {
            '\'' => (quoted, any) = (!quoted, true),
            ' ' if !quoted => {
                if any || !word.is_empty() {
                    words.push((std::mem::take(&mut word), any));
                }
                any = false;
            }
            _ => word.push(letter),
        }
    }
    let arg = |(word, quoted): (String, bool)| match word.as_str() {
        _ if quoted => Arg::known(word),
        "{}" => Arg::known(word),
        _ => lab::args(&word).remove(0),
    };
    words.into_iter().map(arg).collect()
}

/// What is said of a command in `/w`, with the paths where they are not the name itself.
fn hear(text: &str, cwd: Option<&str>, stdin: Stdin) -> Vec<String> {
    let machine = machine();
    let cwd = cwd.map(PathBuf::from);
    let mut follow =
        Follow { heard: Heard::default(), machine: &machine, cwd: cwd.clone(), stdin: stdin.clone(), runs: 0 };
    let call = Call { stdin, cwd, ..lab::call(&machine, words(text), None) };
    assert!(super::interpret(&call, &mut follow), "{text}");
    let mut effects = follow.heard.effects.iter();
    let followed = ["run ", "Shell: ", "Perl: ", "at ", "file "];
    let lines = follow.heard.lines.iter().map(|line| {
        if followed.iter().any(|start| line.starts_with(start)) {
            return line.clone();
        }
        let Some(effect) = effects.next() else { return line.clone() };
        let paths: Vec<String> = effect.target.paths.iter().map(|path| path.display().to_string()).collect();
        let name = effect.target.name.trim_end_matches('/');
        if paths.is_empty() || paths == [name] || paths == [format!("/w/{name}")] {
            line.clone()
        } else {
            format!("{line} @ {}", paths.join(" "))
        }
    });
    lines.collect()
}

/// What stands before `|||` in a test is the input: `?` one that is not known, `P:` paths, else text.
fn input(text: &str) -> Stdin {
    if text == "?" {
        Stdin::Unknown("curl".to_owned())
    } else if let Some(below) = text.strip_prefix("P:") {
        Stdin::Paths { below: below.split(' ').map(str::to_owned).collect(), from: "find".to_owned() }
    } else {
        Stdin::Known(text.replace("\\n", "\n").replace("\\0", "\0"))
    }
}

/// Reads a table: a line `> COMMAND`, below it what is said of it.
fn check(table: &str) {
    let mut wrong = String::new();
    for case in table.split("\n> ").map(str::trim_end).filter(|case| !case.is_empty()) {
        let (command, expected) = case.split_once('\n').unwrap_or((case, ""));
        let expected: Vec<&str> = expected.lines().map(str::trim).collect();
        let (stdin, text) = match command.split_once("||| ") {
            Some((stdin, text)) => (input(stdin.strip_suffix(' ').unwrap_or(stdin)), text),
            None => (Stdin::None, command),
        };
        let heard = hear(text, Some("/w"), stdin);
        if heard != expected {
            use std::fmt::Write as _;
            let _ = writeln!(wrong, "> {command}\n    {}", heard.join("\n    "));
        }
    }
    assert!(wrong.is_empty(), "these say something else:\n{wrong}");
}

#[test]
fn a_loop_over_many_files_is_read_file_by_file() {
    let names: Vec<String> = (0..40).map(|n| format!("f{n}")).collect();
    let copies = names.join(".bak,");
    let lines = hear(&format!("mv {{{}}} {{{copies}.bak}}", names.join(",")), Some("/w"), Stdin::None);
    assert_eq!(lines.len(), 40, "{lines:?}");
    assert_eq!(lines[39], "modify file-tree f39 | moved /w/f39.bak");
    let lines = hear(&format!("sed -i s/a/b/ {{{}}}", names.join(",")), Some("/w"), Stdin::None);
    assert_eq!(lines.len(), 1, "{lines:?}");
}

#[test]
fn where_it_runs_is_not_known() {
    for (command, expected) in [
        ("rm -rf build", "?delete unknown build"),
        ("rm -rf /w/build", "delete file-tree /w/build"),
        ("find . -delete", "?delete unknown ."),
        ("find . -exec rm {} +", "?delete unknown {}"),
        ("tee log", "?modify unknown log"),
        ("mkdir x", "?create unknown x"),
        ("sed -i s/a/b/ x", "?modify unknown x"),
        ("rsync -n --delete -a x/ y/", "read file-tree x/"),
    ] {
        assert_eq!(hear(command, None, Stdin::None), [expected], "{command}");
    }
}

#[test]
fn words_of_one_glob_are_one_effect() {
    let machine = machine();
    let glob = |text: &str| Arg { source: "*.txt".to_owned(), globbed: true, ..Arg::known(text) };
    for (words, expected) in [
        (vec!["rm"], vec!["delete file-tree *.txt | files"]),
        (vec!["mv", "-t", "/tmp"], vec!["modify file-tree *.txt | moved /tmp"]),
        (vec!["cp", "-t", "out"], vec!["create file-tree out/*.txt", "modify file-tree out/*.txt | content"]),
        (vec!["chmod", "777"], vec!["grant file-tree *.txt"]),
        (vec!["gzip"], vec!["modify file-tree *.txt | moved /w"]),
    ] {
        let mut argv: Vec<Arg> = words.iter().map(|word| Arg::known(*word)).collect();
        argv.extend([glob("a.txt"), glob("b.txt")]);
        let heard = lab::listen(lab::call(&machine, argv, Some("/w")), |call, say| {
            super::interpret(call, say);
        });
        assert_eq!(heard.lines, expected, "{words:?}");
        assert!(heard.effects.iter().all(|effect| !effect.target.paths.is_empty()));
    }
}

#[test]
fn long_input_to_xargs_is_not_forgotten() {
    let text: String = (0..3000).map(|n| format!("f{n} ")).collect();
    let lines = hear("xargs -n 1 rm", Some("/w"), Stdin::Known(text.replace(' ', "\n")));
    assert_eq!(lines.len(), 1001);
    assert_eq!(lines[1000], "?delete unknown the rest of the input");
}

#[test]
fn hostile_programs_are_read_quickly() {
    let start = std::time::Instant::now();
    for program in [") | getline ".repeat(40_000), "print | \"a\" ".repeat(20_000), "system(".repeat(30_000)] {
        let _ = hear(&format!("awk '{program}'"), Some("/w"), Stdin::None);
    }
    let _ = hear(&format!("rmdir -p {}", "a/".repeat(50_000)), Some("/w"), Stdin::None);
    let _ = hear(&format!("rm -{} x", "r".repeat(50_000)), Some("/w"), Stdin::None);
    assert!(start.elapsed() < std::time::Duration::from_secs(20));
}
