//! What the guard below the hook and an undo cost: every command bare and under `weir run`, in turn, in the same run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::bench::{cargo, median, target_dir};

pub(crate) const HELP: &str = "  undo-bench [--rounds N] [--large] [--only TEXT] [--binary PROGRAM]
                  time everyday commands bare and under `weir run`, deletions, and their undo; `--large`: 2 GB on disk;
                  `--only`: the commands whose names have this text
";

const ROUNDS: usize = 7;
const FILES: usize = 20_000;
const REPOSITORY_FILES: usize = 2_700;

/// One command, measured bare and guarded.
struct Case {
    name: &'static str,
    /// Makes what the command needs, before each run.
    prepare: fn(&Path) -> Result<(), String>,
    /// Text for `sh -c`.
    command: &'static str,
    on_disk: bool,
    rounds: usize,
}

pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let value = |name: &str| args.iter().position(|arg| arg == name).and_then(|at| args.get(at + 1));
    let rounds =
        value("--rounds").map_or(Ok(ROUNDS), |n| n.parse().map_err(|_| "--rounds wants a number".to_owned()))?;
    let weir = match value("--binary") {
        Some(path) => fs::canonicalize(path).map_err(|error| format!("{path}: {error}"))?,
        None => built()?,
    };
    let io = |error: std::io::Error| error.to_string();
    let memory = tempfile::Builder::new().prefix("weir-undo-bench-").tempdir_in("/dev/shm").map_err(io)?;
    let disk = tempfile::Builder::new().prefix("weir-undo-bench-").tempdir_in("/var/tmp").map_err(io)?;
    println!("| command | bare ms | guarded ms | ratio |\n|---|---|---|---|");
    let only = value("--only");
    let mut cases = cases(rounds, args.iter().any(|arg| arg == "--large"));
    cases.retain(|case| only.is_none_or(|text| case.name.contains(text.as_str())));
    for case in cases {
        let place = if case.on_disk { disk.path() } else { memory.path() };
        let (mut bare, mut guarded) = (Vec::new(), Vec::new());
        fs::create_dir_all(place).map_err(io)?;
        timed(Some((&weir, &place.join("home"))), "true", place)?;
        for round in 0..case.rounds {
            // Each goes first in turn.
            for which in [round % 2 == 0, round % 2 != 0] {
                let work = place.join("work");
                let _ = fs::remove_dir_all(&work);
                fs::create_dir_all(&work).map_err(io)?;
                (case.prepare)(&work)?;
                let home = place.join("home");
                let took = timed(which.then_some((weir.as_path(), home.as_path())), case.command, &work)?;
                if which { &mut guarded } else { &mut bare }.push(took);
                // The policies stay compiled, as on a machine in use.
                let _ = (fs::remove_dir_all(home.join("restore")), fs::remove_dir_all(home.join("runs")));
            }
        }
        let (bare, guarded) = (median(bare).unwrap_or_default(), median(guarded).unwrap_or_default());
        println!(
            "| {} | {:.1} | {:.1} | {:.2} |",
            case.name,
            bare.as_secs_f64() * 1e3,
            guarded.as_secs_f64() * 1e3,
            guarded.as_secs_f64() / bare.as_secs_f64()
        );
    }
    if only.is_some() {
        return Ok(());
    }
    println!();
    undos(&weir, memory.path(), rounds)
}

fn built() -> Result<PathBuf, String> {
    cargo(&["build", "--release", "--locked", "--package", "weir"])?;
    Ok(target_dir()?.join("release/weir"))
}

fn cases(rounds: usize, large: bool) -> Vec<Case> {
    let case = |name, prepare, command| Case { name, prepare, command, on_disk: true, rounds };
    let mut cases = vec![
        Case { rounds: rounds * 5, ..case("start: `true`", nothing, "true") },
        case("500 programs", nothing, "i=0; while [ $i -lt 500 ]; do /bin/true; i=$((i+1)); done"),
        case("`git status`, 2,700 files", repository, "git status > /dev/null"),
        case("`git checkout`, 2,700 files", repository, "git checkout -q other"),
        case("`cargo build` of a small program", package, "cargo build -q --offline"),
        case("unpacking 3,000 files", archive, "tar xf a.tar"),
        Case { on_disk: false, ..case("unpacking 3,000 files, tmpfs", archive, "tar xf a.tar") },
        Case { on_disk: false, ..case("`rm -rf` of 20,000 files, tmpfs", tree, "rm -rf tree") },
    ];
    if Command::new("npm").arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success()) {
        let install = "npm install --offline --no-audit --no-fund --loglevel=error --cache .npm > /dev/null";
        cases.push(case("`npm install` of 3,000 files", packages, install));
    } else {
        eprintln!("`npm install` left out: npm is not here");
    }
    if large {
        let prepare = large_tree;
        cases.push(Case { on_disk: true, rounds: 3, ..case("`rm -rf` of 2 GB, disk", prepare, "rm -rf tree") });
    }
    cases
}

fn timed(guard: Option<(&Path, &Path)>, command: &str, work: &Path) -> Result<Duration, String> {
    let mut process = match guard {
        Some((weir, home)) => {
            let mut process = Command::new(weir);
            process.args(["run", "--quiet", "--", "sh", "-c", command]).env("WEIR_HOME", home);
            process
        }
        None => {
            let mut process = Command::new("sh");
            process.args(["-c", command]);
            process
        }
    };
    process.env_remove("CARGO_TARGET_DIR").current_dir(work).stdin(Stdio::null()).stdout(Stdio::null());
    let begun = Instant::now();
    let status = process.status().map_err(|error| error.to_string())?;
    let took = begun.elapsed();
    if status.success() { Ok(took) } else { Err(format!("`{command}` ended with {status}")) }
}

fn nothing(_: &Path) -> Result<(), String> {
    Ok(())
}

fn shell(work: &Path, text: &str) -> Result<(), String> {
    let status = Command::new("sh").args(["-e", "-c", text]).current_dir(work).status();
    if status.is_ok_and(|status| status.success()) { Ok(()) } else { Err(format!("`{text}` failed")) }
}

fn files(dir: &Path, count: usize, size: usize) -> Result<(), String> {
    let content = vec![b'x'; size];
    for n in 0..count {
        let below = dir.join(format!("d{}", n / 100));
        if n % 100 == 0 {
            fs::create_dir_all(&below).map_err(|error| error.to_string())?;
        }
        fs::write(below.join(format!("{n}.txt")), content.get(n % 7..).unwrap_or_default())
            .map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn repository(work: &Path) -> Result<(), String> {
    files(work, REPOSITORY_FILES, 900)?;
    shell(
        work,
        "git init -q . && git -c user.name=a -c user.email=a@b -c commit.gpgsign=false add . \
         && git -c user.name=a -c user.email=a@b commit -q -m one && git checkout -q -b other \
         && find . -name '*.txt' -exec sh -c 'for f; do echo y >> \"$f\"; done' sh {} + \
         && git -c user.name=a -c user.email=a@b commit -q -a -m two && git checkout -q -",
    )
}

fn package(work: &Path) -> Result<(), String> {
    fs::create_dir_all(work.join("src")).map_err(|error| error.to_string())?;
    fs::write(work.join("Cargo.toml"), "[package]\nname = \"hello\"\nversion = \"0.1.0\"\nedition = \"2021\"\n")
        .and_then(|()| fs::write(work.join("src/main.rs"), "fn main() { println!(\"hello\"); }\n"))
        .map_err(|error| error.to_string())
}

/// Thirty packages of a hundred files each, as npm gets them from a registry.
fn packages(work: &Path) -> Result<(), String> {
    let mut needed = Vec::new();
    for number in 0..30 {
        let package = work.join("package");
        files(&package.join("lib"), 100, 2_000)?;
        let description = format!("{{ \"name\": \"p{number}\", \"version\": \"1.0.0\" }}");
        fs::write(package.join("package.json"), description).map_err(|error| error.to_string())?;
        shell(work, &format!("tar czf p{number}.tgz package && rm -rf package"))?;
        needed.push(format!("\"p{number}\": \"file:p{number}.tgz\""));
    }
    let project = format!("{{ \"name\": \"bench\", \"dependencies\": {{ {} }} }}", needed.join(", "));
    fs::write(work.join("package.json"), project).map_err(|error| error.to_string())
}

fn archive(work: &Path) -> Result<(), String> {
    files(&work.join("node_modules"), 3_000, 2_000)?;
    shell(work, "tar cf a.tar node_modules && rm -rf node_modules")
}

fn tree(work: &Path) -> Result<(), String> {
    files(&work.join("tree"), FILES, 100)
}

fn large_tree(work: &Path) -> Result<(), String> {
    files(&work.join("tree"), FILES, 100_000)?;
    shell(work, "sync")
}

/// A restore point of a hook call, and the undos of it and of a guarded deletion, each with all contents compared.
fn undos(weir: &Path, place: &Path, rounds: usize) -> Result<(), String> {
    let io = |error: std::io::Error| error.to_string();
    let (mut hooks, mut after_hook, mut after_run) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        for by_hook in [true, false] {
            let (work, home) = (place.join("work"), place.join("home"));
            let _ = (fs::remove_dir_all(&work), fs::remove_dir_all(&home));
            fs::create_dir_all(&work).map_err(io)?;
            tree(&work)?;
            let before = digest(&work)?;
            if by_hook {
                let payload = serde_json::json!({
                    "session_id": "bench", "cwd": work, "hook_event_name": "PreToolUse", "tool_name": "Bash",
                    "tool_input": { "command": "rm -rf tree" }, "tool_use_id": "toolu_bench"
                });
                fs::write(place.join("payload"), payload.to_string()).map_err(io)?;
                let input = fs::File::open(place.join("payload")).map_err(io)?;
                let begun = Instant::now();
                let answer = Command::new(weir).args(["hook", "claude"]).env("WEIR_HOME", &home).stdin(input).output();
                let answer = answer.map_err(io)?;
                hooks.push(begun.elapsed());
                if !answer.stdout.is_empty() {
                    return Err(format!("the hook answered {}", String::from_utf8_lossy(&answer.stdout)));
                }
                fs::remove_dir_all(work.join("tree")).map_err(io)?;
            } else {
                timed(Some((weir, &home)), "rm -rf tree", &work)?;
            }
            let begun = Instant::now();
            let undone = Command::new(weir).args(["undo", "--json"]).env("WEIR_HOME", &home).output().map_err(io)?;
            if by_hook { &mut after_hook } else { &mut after_run }.push(begun.elapsed());
            if !undone.status.success() || digest(&work)? != before {
                return Err(format!("the undo was not whole: {}", String::from_utf8_lossy(&undone.stderr)));
            }
        }
    }
    println!("| 20,000 files, tmpfs | ms |\n|---|---|");
    for (name, times) in [
        ("restore point of a hook call", hooks),
        ("`weir undo` of it", after_hook),
        ("`weir undo` of a guarded `rm -rf`", after_run),
    ] {
        println!("| {name} | {:.0} |", median(times).unwrap_or_default().as_secs_f64() * 1e3);
    }
    Ok(())
}

/// All paths, modes, times and contents, in one number.
fn digest(work: &Path) -> Result<String, String> {
    let text = "find . -printf '%P %y %m %T@ %s\\n' | sort | sha256sum; find . -type f -print0 | sort -z | xargs -0 cat | sha256sum";
    let output = Command::new("sh").args(["-c", text]).current_dir(work).output().map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
