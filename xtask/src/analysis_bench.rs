//! Figures of the analysis alone: ordinary commands of a hundred bytes, and text that is made to be slow.
//!
//! It runs in one process on a world without files, so that nothing but the analysis is timed. The baseline, in the same
//! run and in turn, is the start of the smallest program there is: what a hook call costs at the very least.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use weir_analyze::{Analysis, Nowhere, analyze};
use weir_model::Verb;

pub(crate) const HELP: &str =
    "  analysis-bench  time the analysis alone: commands of a hundred bytes, a megabyte, nesting bombs
";

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
pub(crate) fn run() -> Result<(), String> {
    let status = Command::new(env!("CARGO"))
        .args(["run", "--release", "--locked", "--quiet", "--package", "xtask", "--", "analysis-bench-one"])
        .status()
        .map_err(|error| format!("cargo: {error}"))?;
    if status.success() { Ok(()) } else { Err("the bench failed".to_owned()) }
}

/// Times every case.
pub(crate) fn run_one() -> Result<(), String> {
    println!("{:<44} {:>10} {:>12} {:>12}  ends in", "case", "bytes", "median", "of a start");
    let mut ordinary = Vec::new();
    for command in ORDINARY {
        let (median, baseline, _) = time(command, 2_001)?;
        ordinary.push((median, baseline, command.len()));
    }
    ordinary.sort();
    let middle = ordinary.get(ordinary.len() / 2).copied().unwrap_or_default();
    let slowest = ordinary.last().copied().unwrap_or_default();
    line("an ordinary command, the median one", middle, "");
    line("an ordinary command, the slowest one", slowest, "");
    for (name, text) in hostile() {
        let (median, baseline, analysis) = time(&text, 5)?;
        line(name, (median, baseline, text.len()), &said(&analysis)?);
    }
    Ok(())
}

/// Text that is long or nested without need.
fn hostile() -> Vec<(&'static str, String)> {
    let megabyte = |piece: &str| piece.repeat((1 << 20) / piece.len() - 64);
    let nest =
        |open: &str, close: &str, levels: usize| format!("{}rm -rf x{}", open.repeat(levels), close.repeat(levels));
    let mut shells = "rm -rf x".to_owned();
    for _ in 0..12 {
        shells = format!("sh -c '{}'", shells.replace('\'', "'\\''"));
        if shells.len() > 200_000 {
            break;
        }
    }
    vec![
        ("1 MB of small commands", megabyte("echo a; ")),
        ("1 MB of deletions", megabyte("rm -rf a b c; ")),
        ("1 MB in one word", format!("rm -rf {}", megabyte("a"))),
        ("1 MB in a here-document", format!("cat <<'E' > f\n{}E\nrm -rf x", megabyte("some text of a document\n"))),
        ("1 MB of one Python program", format!("python3 - <<'E'\n{}E\n", megabyte("x = [1, 2, 3]\nprint(x)\n"))),
        ("1 MB of one SQL text", format!("psql -c \"{}\"", megabyte("SELECT 1; "))),
        ("more than 1 MB", format!("echo {}", "a".repeat(2 << 20))),
        ("5,000 segments with ;", "rm -rf a;".repeat(5_000)),
        ("5,000 segments with &&", format!("{}true", "rm -rf a && ".repeat(5_000))),
        ("5,000 segments with |", format!("{}cat", "sort | ".repeat(5_000))),
        ("5,000 assignments", format!("{}rm -rf $X", "X=$X/a;".repeat(5_000))),
        ("nested $( )", nest("$(", ")", 5_000)),
        ("nested ( )", nest("(", ")", 5_000)),
        ("nested { }", nest("{ ", ";}", 5_000)),
        ("nested if", nest("if true; then ", "; fi", 2_000)),
        ("nested loops", nest("for i in 1 2 3 4; do ", "; done", 60)),
        ("nested sh -c", shells),
        ("nested sudo", nest("sudo ", "", 5_000)),
        ("braces that multiply", format!("rm -rf {}", "{a,b,c,d}".repeat(40))),
        ("a variable that doubles", format!("X=aaaaaaaa; {}rm -rf $X", "X=$X$X;".repeat(60))),
        ("a function that calls itself", "f() { rm -rf a; f; f; }; f".to_owned()),
        ("eval of itself", "X='eval \"$X\"; eval \"$X\"'; eval \"$X\"".to_owned()),
        ("open quotes and brackets", "${a[$((`'\"".repeat(20_000)),
    ]
}

/// What an analysis ends in; an error where that is nothing.
fn said(analysis: &Analysis) -> Result<String, String> {
    let effects = analysis.effects.iter().filter(|effect| effect.opaque || effect.verb != Verb::Read).count();
    match (analysis.findings.first(), effects) {
        (Some(finding), _) => Ok(finding.clone()),
        (None, 0) if analysis.effects.is_empty() => Err("a hostile text ended in silence".to_owned()),
        (None, effects) => Ok(format!("understood: {effects} effects beside reading")),
    }
}

/// The median of an analysis and of the baseline, run in turn.
fn time(command: &str, rounds: usize) -> Result<(Duration, Duration, Analysis), String> {
    let action = crate::asked(command.to_owned(), PathBuf::from("/w"));
    let mut analysis = Analysis::default();
    let (mut times, mut baselines) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let begun = Instant::now();
        analysis = analyze(&action, &Nowhere);
        times.push(begun.elapsed());
        // A start costs a hundred times as much as what it is compared with: a few are enough.
        if round % 100 == 0 || rounds < 100 {
            let begun = Instant::now();
            Command::new("/bin/true").stdin(Stdio::null()).status().map_err(|error| format!("/bin/true: {error}"))?;
            baselines.push(begun.elapsed());
        }
    }
    Ok((median(times), median(baselines), analysis))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
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
