//! Figures of the analysis alone: ordinary commands of a hundred bytes, and text that is made to be slow.
//!
//! It runs in one process on a world of a few files in memory, so that nothing but the analysis is timed. The baseline, in the same
//! run and in turn, is the start of the smallest program there is: what a hook call costs at the very least.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use weir_analyze::{Analysis, DirEntry, FileKind, World, analyze};
use weir_model::Verb;

use crate::bench::median;

pub(crate) const HELP: &str =
    "  analysis-bench  time the analysis alone: commands of a hundred bytes, a megabyte, nesting bombs
";

/// What hostile text may take at most.
const MOST: Duration = Duration::from_millis(100);

/// Commands as agents send them, each of about a hundred bytes.
const ORDINARY: &[&str] = &[
    "cd /srv/shop && git status --short && git diff --stat HEAD~3 -- src/main.rs src/lib.rs | head -40 | cat -n",
    "grep -rn \"fn analyze\" --include='*.rs' crates | grep -v tests | cut -d: -f1,2 | sort -u | head -25 | cat",
    "rm -rf build/debug/incremental build/debug/deps/*.rlib && mkdir -p build/debug/incremental build/release",
    "for f in src/a.rs src/b.rs src/c.rs; do sed -i 's/foo/bar/g' \"$f\" && cp \"$f\" \"/tmp/$(basename $f).bak\"; done",
    "docker compose -f deploy/compose.yml up -d --build web worker && docker compose -f deploy/compose.yml ps -a",
    "kubectl --context staging-eu -n shop rollout restart deployment/web && kubectl -n shop get pods -o wide -w",
    "NAME=release-$(date +%F); mkdir -p \"dist/$NAME\" && tar czf \"dist/$NAME.tar.gz\" --exclude=node_modules src docs",
    "find . -type f -name '*.tmp' -mtime +7 -not -path './node_modules/*' -print0 | xargs -0 -n 50 rm -f -- && ls",
    "python3 -c 'import json,sys; print(json.dumps({k: len(v) for k, v in json.load(sys.stdin).items()}))' < x.json",
    "git commit -m \"Drop table users from the fixtures; rm -rf is not run here, this is only a commit message\" -- x",
    "psql -h db.example.com -U app shop -c 'SELECT id, name FROM users WHERE created > now() - interval $$1 day$$'",
    "curl -fsSL -H 'Accept: application/json' https://example.com/api/v1/items?limit=100 | jq '.items[] | .id' | wc -l",
];

/// Builds the bench with optimizations, and runs it.
pub(crate) fn run(only: &str) -> Result<(), String> {
    let status = Command::new(env!("CARGO"))
        .args(["run", "--release", "--locked", "--quiet", "--package", "xtask", "--", "analysis-bench-one", only])
        .status()
        .map_err(|error| format!("cargo: {error}"))?;
    if status.success() { Ok(()) } else { Err("the bench failed".to_owned()) }
}

/// Times every case, or the hostile ones with `only` in their names.
pub(crate) fn run_one(only: &str) -> Result<(), String> {
    println!("{:<44} {:>10} {:>12} {:>12}  ends in", "case", "bytes", "median", "of a start");
    let world = Files::new();
    let mut ordinary = Vec::new();
    for command in ORDINARY.iter().filter(|_| only.is_empty()) {
        let (median, baseline, _) = time(command, &world, 2_001)?;
        ordinary.push((median, baseline, command.len()));
    }
    ordinary.sort();
    let middle = ordinary.get(ordinary.len() / 2).copied().unwrap_or_default();
    let slowest = ordinary.last().copied().unwrap_or_default();
    if only.is_empty() {
        line("an ordinary command, the median one", middle, "");
        line("an ordinary command, the slowest one", slowest, "");
    }
    let mut wrong = Vec::new();
    for (name, text, end) in hostile().into_iter().filter(|(name, ..)| name.contains(only)) {
        let (median, baseline, analysis) = time(&text, &world, 5)?;
        let (fits, said) = said(&analysis, end);
        line(name, (median, baseline, text.len()), &said);
        if !fits {
            wrong.push(format!("{name} ended in: {said}"));
        }
        if median > MOST {
            wrong.push(format!("{name} took longer than {} ms", MOST.as_millis()));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

/// What a hostile text must end in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// All that it does, which may be nothing, or a finding.
    Said,
    /// A finding: not all of it was looked at.
    Finding,
    /// What it does, and no finding: however long, it is data.
    Data,
}

/// A piece again and again, a little less than a megabyte.
fn megabyte(piece: &str) -> String {
    piece.repeat((1 << 20) / piece.len() - 64)
}

/// Text that is long or nested without need.
fn hostile() -> Vec<(&'static str, String, End)> {
    let mut cases = long();
    cases.extend(many());
    cases.extend(nested());
    cases
}

/// A megabyte of something.
fn long() -> Vec<(&'static str, String, End)> {
    let document = |program: &str, piece: &str| format!("{program} <<'E'\n{}\nE\n", megabyte(piece));
    let base64 = megabyte("bm90aGluZyBidXQgZGF0YSBpbiB0aGlz");
    vec![
        ("1 MB of small commands", megabyte("echo a; "), End::Finding),
        ("1 MB of deletions", megabyte("rm -rf a b c; "), End::Finding),
        ("1 MB of substitutions in one word", format!("rm -rf {}", megabyte("$(echo a)")), End::Finding),
        ("1 MB in one word", format!("rm -rf {}", megabyte("a")), End::Said),
        ("1 MB of words", format!("rm -rf {}", megabyte("a ")), End::Finding),
        ("1 MB in a here-document", document("cat > f", "some text of a document\n"), End::Data),
        ("1 MB of commands in a here-document", document("cat > f", "rm -rf a; $(rm -rf b) && x\n"), End::Data),
        (
            "1 MB here-document that expands",
            format!("cat > f <<E\n{}E\n", megabyte("some $text of a document\n")),
            End::Said,
        ),
        ("1 MB of base64 in a printf", format!("printf '%s' '{base64}' > f"), End::Data),
        ("1 MB of base64 decoded", format!("printf '%s' '{base64}' | base64 -d > f"), End::Data),
        ("1 MB of base64 run", format!("printf '%s' '{base64}' | base64 -d | sh"), End::Said),
        ("more than 1 MB", format!("echo {}", "a".repeat(2 << 20)), End::Finding),
        ("1 MB of Python", document("python3 -", "x = [1, 2, 3]\nprint(x)\n"), End::Finding),
        ("1 MB of one Python literal", format!("python3 - <<'E'\nx = [{}]\nE\n", megabyte("1, ")), End::Finding),
        ("1 MB of brackets in Python", document("python3 -", "[{("), End::Finding),
        ("1 MB of JavaScript", document("node -", "const x = [1, 2, 3];\nconsole.log(x);\n"), End::Finding),
        ("1 MB of minified JavaScript", document("node -", "function a(b){return b?c(b):d[b]}"), End::Finding),
        ("1 MB of TypeScript", "npx tsx /w/long.ts".to_owned(), End::Finding),
        ("1 MB of Ruby", document("ruby -", "x = [1, 2, 3]\nputs x.map { |y| y + 1 }\n"), End::Finding),
        ("1 MB of Perl", document("perl -", "my $x = [1, 2, 3];\nprint \"$x\\n\";\n"), End::Finding),
        ("1 MB of PHP", document("php", "<?php $x = [1, 2, 3];\necho \"$x\\n\"; ?>\n"), End::Finding),
        ("Python as long as is read", "python3 /w/read.py".to_owned(), End::Said),
        ("JavaScript as long as is read", "node /w/read.js".to_owned(), End::Said),
        ("TypeScript as long as is read", "npx tsx /w/read.ts".to_owned(), End::Said),
        ("Ruby as long as is read", "ruby /w/read.rb".to_owned(), End::Said),
        ("Perl as long as is read", "perl /w/read.pl".to_owned(), End::Said),
        ("open brackets in Python", "python3 /w/open.py".to_owned(), End::Finding),
        ("open brackets in JavaScript", "node /w/open.js".to_owned(), End::Finding),
        ("open brackets in Ruby", "ruby /w/open.rb".to_owned(), End::Finding),
        ("no Python", "python3 /w/none.py".to_owned(), End::Finding),
        ("no JavaScript", "node /w/none.js".to_owned(), End::Said),
        ("no Ruby", "ruby /w/none.rb".to_owned(), End::Finding),
        ("1 MB of awk", document("awk -f -", "{ x = x + 1; print x }\n"), End::Said),
        ("1 MB of SQL", format!("psql -c \"{}\"", megabyte("SELECT 1; ")), End::Said),
        ("1 MB of deletions in SQL", document("psql", "DELETE FROM a WHERE id = 1;\n"), End::Said),
        ("1 MB of another shell", document("fish", "echo a; rm -rf b\n"), End::Said),
        ("1 MB of Makefile", "make -f /w/long.mk all".to_owned(), End::Said),
        ("1 MB of package.json", "npm run build".to_owned(), End::Said),
    ]
}

/// Many things of one kind.
fn many() -> Vec<(&'static str, String, End)> {
    vec![
        ("10,000 lines of a script by its path", "bash /w/long.sh".to_owned(), End::Said),
        ("10,000 files in a glob", "rm -rf /w/many/*".to_owned(), End::Said),
        ("10,000 files in a loop", "for f in /w/many/*.txt; do rm -f \"$f\" \"$f.bak\"; done".to_owned(), End::Said),
        ("10,000 files in 50 globs", format!("rm -rf{}", " /w/many/*1*".repeat(50)), End::Said),
        ("5,000 segments with ;", "rm -rf a;".repeat(5_000), End::Said),
        ("5,000 segments with &&", format!("{}true", "rm -rf a && ".repeat(5_000)), End::Said),
        ("5,000 segments with |", format!("{}cat", "sort | ".repeat(5_000)), End::Said),
        ("5,000 assignments", format!("{}rm -rf $X", "X=$X/a;".repeat(5_000)), End::Said),
        ("5,000 functions", (0..5_000).map(|n| format!("f{n}() {{ rm -rf a{n}; }};")).collect(), End::Said),
        ("a variable that doubles", format!("X=aaaaaaaa; {}rm -rf $X", "X=$X$X;".repeat(60)), End::Said),
        ("braces that multiply", format!("rm -rf {}", "{a,b,c,d}".repeat(40)), End::Said),
        ("braces that count", "rm -rf {1..99999}{1..99999}".to_owned(), End::Said),
        ("braces that count far", "rm -rf {1..999999999999}".to_owned(), End::Said),
    ]
}

/// Things inside of each other.
fn nested() -> Vec<(&'static str, String, End)> {
    let nest =
        |open: &str, close: &str, levels: usize| format!("{}rm -rf x{}", open.repeat(levels), close.repeat(levels));
    let mut shells = "rm -rf x".to_owned();
    for _ in 0..12 {
        shells = format!("sh -c '{}'", shells.replace('\'', "'\\''"));
        if shells.len() > 200_000 {
            break;
        }
    }
    let sum = |levels: usize| format!("rm -rf a{}1{}", "$((1 + ".repeat(levels), "))".repeat(levels));
    vec![
        ("nested $( )", nest("$(", ")", 5_000), End::Finding),
        ("nested $(( ))", sum(5_000), End::Finding),
        ("nested $(( )), fewer", sum(100), End::Said),
        ("nested parentheses in $(( ))", format!("rm -rf a$(({}1{}))", "(".repeat(400), ")".repeat(400)), End::Said),
        ("nested ( )", nest("(", ")", 5_000), End::Finding),
        ("nested ( ), fewer", nest("(", ")", 450), End::Finding),
        ("nested { }", nest("{ ", ";}", 5_000), End::Finding),
        ("nested { } on lines", nest("{\n", "\n}", 5_000), End::Finding),
        ("nested if", nest("if true; then ", "; fi", 2_000), End::Finding),
        ("nested loops", nest("for i in 1 2 3 4; do ", "; done", 60), End::Finding),
        ("nested sh -c", shells, End::Said),
        ("nested sudo", nest("sudo ", "", 5_000), End::Finding),
        ("nested ${x:-}", format!("rm -rf {}x{}", "${a:-".repeat(400), "}".repeat(400)), End::Said),
        ("a function that calls itself", "f() { rm -rf a; f; f; }; f".to_owned(), End::Finding),
        ("eval of itself", "X='eval \"$X\"; eval \"$X\"'; eval \"$X\"".to_owned(), End::Finding),
        ("open quotes and brackets", "${a[$((`'\"".repeat(20_000), End::Finding),
        ("nested lists in Python", format!("python3 -c '{}{}'", "[".repeat(20_000), "]".repeat(20_000)), End::Finding),
    ]
}

/// A world of a few files in memory, each as large as the cases need it.
struct Files {
    files: BTreeMap<PathBuf, Vec<u8>>,
    /// The names in the one directory that is full.
    many: Vec<DirEntry>,
}

impl Files {
    fn new() -> Self {
        let script: String = (0..10_000).map(|n| format!("echo {n} > out/{n}.txt\n")).collect();
        let rules: String = (0..20_000).map(|n| format!("t{n}: t{}\n\t@echo building {n} of them\n", n + 1)).collect();
        let scripts: String = (0..20_000).map(|n| format!("\"s{n}\": \"echo building {n} of them\",\n")).collect();
        let files = [
            ("/w/long.sh", script),
            ("/w/long.mk", format!("all: t0\n\trm -rf build\n{rules}")),
            ("/w/package.json", format!("{{\"scripts\": {{ {scripts} \"build\": \"rm -rf dist\" }} }}")),
            ("/w/long.ts", megabyte("const x: Array<number> = [1, 2, 3];\n")),
            ("/w/read.py", "x = [1, 2, 3]\nprint(x)\n".repeat(2_250)),
            ("/w/read.js", "const x = [1, 2, 3];\nconsole.log(x);\n".repeat(1_600)),
            ("/w/read.ts", "const x: Array<number> = [1, 2, 3];\n".repeat(1_550)),
            ("/w/read.rb", "x = [1, 2, 3]\nputs x.map { |y| y + 1 }\n".repeat(930)),
            ("/w/read.pl", "my $x = [1, 2, 3];\nprint \"$x\";\n".repeat(5_000)),
            ("/w/open.py", "[{(".repeat(9_900)),
            ("/w/open.js", "[{(".repeat(9_900)),
            ("/w/open.rb", "[{(".repeat(9_900)),
            ("/w/none.py", ") if } x [ \"a ) def ' ; { = ".repeat(2_250)),
            ("/w/none.js", ") if } x [ \"a ) let ` ; { = ".repeat(2_250)),
            ("/w/none.rb", ") if } x [ \"a ) def ` ; { = ".repeat(1_500)),
        ];
        let entry = |n| DirEntry { name: OsString::from(format!("file-{n}.txt")), is_dir: false };
        Self {
            files: files.into_iter().map(|(path, text)| (PathBuf::from(path), text.into_bytes())).collect(),
            many: (0..10_000).map(entry).collect(),
        }
    }
}

impl World for Files {
    fn read(&self, path: &Path, limit: usize) -> Option<Vec<u8>> {
        self.files.get(path).filter(|bytes| bytes.len() <= limit).cloned()
    }
    fn list(&self, dir: &Path, limit: usize) -> Option<Vec<DirEntry>> {
        (dir == Path::new("/w/many") && self.many.len() <= limit).then(|| self.many.clone())
    }
    fn kind(&self, path: &Path) -> Option<FileKind> {
        if ["/w", "/w/many"].iter().any(|dir| path == Path::new(dir)) {
            return Some(FileKind::Directory);
        }
        let listed = path.parent() == Some(Path::new("/w/many"));
        (listed || self.files.contains_key(path)).then_some(FileKind::File)
    }
    fn env(&self, _: &str) -> Option<String> {
        None
    }
    fn home(&self, _: Option<&str>) -> Option<PathBuf> {
        None
    }
}

/// Whether an analysis ends in what it must, and what that is.
fn said(analysis: &Analysis, end: End) -> (bool, String) {
    let opaque = analysis.effects.iter().find(|effect| effect.opaque).and_then(|effect| effect.note.clone());
    let effects = analysis.effects.iter().filter(|effect| effect.opaque || effect.verb != Verb::Read).count();
    let understood = format!("understood: {effects} effects beside reading");
    match (analysis.findings.first().cloned().or(opaque), end) {
        (Some(finding), end) => (end != End::Data, finding),
        (None, end) => (analysis.complete && end != End::Finding, understood),
    }
}

/// The median of an analysis and of the baseline, run in turn.
fn time(command: &str, world: &Files, rounds: usize) -> Result<(Duration, Duration, Analysis), String> {
    let action = crate::asked(command.to_owned(), PathBuf::from("/w"));
    let mut analysis = Analysis::default();
    let (mut times, mut baselines) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let begun = Instant::now();
        analysis = analyze(&action, world);
        times.push(begun.elapsed());
        // A start costs a hundred times as much as what it is compared with: a few are enough.
        if round % 100 == 0 || rounds < 100 {
            let begun = Instant::now();
            Command::new("/bin/true").stdin(Stdio::null()).status().map_err(|error| format!("/bin/true: {error}"))?;
            baselines.push(begun.elapsed());
        }
    }
    Ok((median(times).unwrap_or_default(), median(baselines).unwrap_or_default(), analysis))
}

fn line(name: &str, (median, baseline, bytes): (Duration, Duration, usize), end: &str) {
    let ratio = median.as_secs_f64() / baseline.as_secs_f64();
    let shown = if median < Duration::from_millis(1) {
        format!("{:.1} us", median.as_secs_f64() * 1e6)
    } else {
        format!("{:.1} ms", median.as_secs_f64() * 1e3)
    };
    println!("{name:<44} {bytes:>10} {shown:>12} {ratio:>11.3}x  {end}");
}
