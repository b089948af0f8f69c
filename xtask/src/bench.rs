//! Whole-process figures of the hook, beside `/bin/true` in the same run.
//!
//! Every program runs once per round, in turn, so that a noisy machine is noisy for all of them; the medians and their
//! ratio to `/bin/true` are printed. CPU time is what the kernel accounts to the child, user and system together.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

const DEFAULT_ROUNDS: usize = 200;
const COLD_ROUNDS: usize = 15;
const TREE_FILES: usize = 1_000;
const LEDGER_RECORDS: usize = 10_000;

pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let rounds = match args.iter().position(|arg| arg == "--rounds") {
        Some(at) => args.get(at + 1).and_then(|n| n.parse().ok()).ok_or("--rounds wants a number")?,
        None => DEFAULT_ROUNDS,
    };
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    for build in builds(args.iter().any(|arg| arg == "--static"))? {
        // In a process of its own: the largest resident set is of all children, and compilers are large.
        let status = Command::new(&this)
            .args(["bench-one", &build.name, &rounds.to_string()])
            .arg(&build.binary)
            .status()
            .map_err(|error| error.to_string())?;
        if !status.success() {
            return Err(format!("the figures of `{}` could not be had", build.name));
        }
    }
    Ok(())
}

/// Measures one build: its name, the rounds, its program.
pub(crate) fn run_one(args: &[String]) -> Result<(), String> {
    let [name, rounds, binary] = args else { return Err("bench-one wants a name, rounds and a program".to_owned()) };
    let rounds = rounds.parse().map_err(|_| "the rounds are no number".to_owned())?;
    let scratch = tempfile::Builder::new().prefix("weir-bench-").tempdir().map_err(|error| error.to_string())?;
    bench_build(&Build { name: name.clone(), binary: PathBuf::from(binary) }, scratch.path(), rounds)
}

struct Build {
    name: String,
    binary: PathBuf,
}

fn builds(only_static: bool) -> Result<Vec<Build>, String> {
    let target_dir = target_dir()?;
    let mut builds = Vec::new();
    if !only_static {
        cargo(&["build", "--release", "--locked", "--package", "weir"])?;
        builds.push(Build { name: "cargo build --release".to_owned(), binary: target_dir.join("release/weir") });
    }
    let musl = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    if cargo(&["build", "--release", "--locked", "--package", "weir", "--target", &musl]).is_ok() {
        builds.push(Build {
            name: "static (musl, no-pie)".to_owned(),
            binary: target_dir.join(&musl).join("release/weir"),
        });
    } else {
        println!("static build left out: `rustup target add {musl}` and the package musl-tools are needed\n");
    }
    Ok(builds)
}

/// Where cargo builds; absolute, because the cases run in directories of their own.
pub(crate) fn target_dir() -> Result<PathBuf, String> {
    let dir = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    std::path::absolute(dir).map_err(|error| error.to_string())
}

/// Runs cargo in the workspace.
pub(crate) fn cargo(args: &[&str]) -> Result<(), String> {
    let status = Command::new(env!("CARGO")).args(args).status().map_err(|error| format!("cargo: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("cargo {} failed", args.join(" "))) }
}

/// A policy that wants people where the default is content with a restore point.
const HELD: &str = r#"
@id("files-only-copy")
@reason("Deleting `{name}` destroys {only_copy_files}.")
@advice("Ask.")
forbid (principal, action == Action::"delete", resource is FileTree)
when {
    context.exists && context.reversibility != Reversibility::"reversible" &&
    (context.impact.only_copy_files > 0 || context.uncertain)
}
unless { context.approvals >= 1 };
"#;

/// One program with its standard input.
struct Case {
    name: &'static str,
    program: PathBuf,
    args: Vec<String>,
    input: String,
    cwd: PathBuf,
    /// What the answer must contain; nothing: it must be empty. `None`: the answer does not matter.
    answer: Option<&'static str>,
}

impl Case {
    /// Starts it, and gives it its input.
    fn start(&self, output: fn() -> Stdio) -> Result<Child, String> {
        let mut child = Command::new(&self.program)
            .args(&self.args)
            .current_dir(&self.cwd)
            .stdin(Stdio::piped())
            .stdout(output())
            .stderr(output())
            .spawn()
            .map_err(|error| format!("{}: {error}", self.program.display()))?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that does not read its input closes the pipe early.
            let _ = stdin.write_all(self.input.as_bytes());
        }
        Ok(child)
    }

    /// A figure of a wrong answer is worth nothing.
    fn check(&self) -> Result<(), String> {
        let Some(answer) = self.answer else { return Ok(()) };
        let child = self.start(Stdio::piped)?;
        let output = child.wait_with_output().map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let right = if answer.is_empty() { said.is_empty() } else { said.contains(answer) };
        if right { Ok(()) } else { Err(format!("`{}` answered `{said}`", self.name)) }
    }
}

fn bench_build(build: &Build, scratch: &Path, rounds: usize) -> Result<(), String> {
    let home = scratch.join(build.name.replace(['/', ' '], "_"));
    let io = |error: std::io::Error| error.to_string();
    let work = home.join("work");
    for (name, files) in [("one", 1), ("tree", TREE_FILES)] {
        fs::create_dir_all(work.join(name)).map_err(io)?;
        for i in 0..files {
            fs::write(work.join(name).join(format!("{i:05}.jpg")), "some bytes of a picture").map_err(io)?;
        }
    }
    let repository = Command::new("git").args(["init", "-q"]).arg(&work).status().map_err(io)?;
    if !repository.success() {
        return Err("git init failed".to_owned());
    }
    let weir_home = home.join("weir");
    // Where no restore point is enough, the same deletion is held: what judging costs without making one.
    let held_home = home.join("weir-held");
    fs::create_dir_all(held_home.join("policies")).map_err(io)?;
    fs::write(held_home.join("policies/held.cedar"), HELD).map_err(io)?;
    let hook_at = |weir_home: &Path, name: &'static str, command: &str, answer: &'static str| Case {
        name,
        program: build.binary.clone(),
        args: ["hook", "claude", "--home"]
            .map(str::to_owned)
            .into_iter()
            .chain([weir_home.display().to_string()])
            .collect(),
        input: serde_json::json!({
            "session_id": "bench", "cwd": work, "hook_event_name": "PreToolUse", "tool_name": "Bash",
            "tool_input": { "command": command }, "tool_use_id": "toolu_bench"
        })
        .to_string(),
        cwd: work.clone(),
        answer: Some(answer),
    };
    let hook = |name, command: &str, answer| hook_at(&weir_home, name, command, answer);
    let held = |name, command: &str, answer| hook_at(&held_home, name, command, answer);
    let plain = |name, program: &str, args: &[&str]| Case {
        name,
        program: PathBuf::from(program),
        args: args.iter().map(|arg| (*arg).to_owned()).collect(),
        input: String::new(),
        cwd: work.clone(),
        answer: None,
    };
    let cases = [
        plain("/bin/true", "/bin/true", &[]),
        hook("hook: git status", "git status", ""),
        hook("hook: cat | grep", "cat src/main.rs | grep -n TODO | head -20", ""),
        held("hook: rm -rf of 1 file, held", "rm -rf one", "destroys 1 file"),
        held("hook: rm -rf of 1,000 files, held", "rm -rf tree", "destroys 1,000 files"),
        hook("hook: rm -rf of 1 file, kept", "rm -rf one", ""),
        hook("hook: rm -rf of 1,000 files, kept", "rm -rf tree", ""),
        plain("find of 1,000 files", "/usr/bin/find", &["tree", "-newer", "/", "-size", "+1k"]),
    ];
    let size = fs::metadata(&build.binary).map_err(|error| format!("{}: {error}", build.binary.display()))?.len();
    println!("## {}: {:.1} MB\n", build.name, size as f64 / 1e6);
    print_table("warm", &cases, &measure(&cases, rounds, || Ok(()))?);
    if drop_caches().is_ok() {
        print_table("cold (page cache dropped before each run)", &cases, &measure(&cases, COLD_ROUNDS, drop_caches)?);
    } else {
        println!("cold figures left out: dropping the page cache needs root\n");
    }
    bench_log(build, &home)
}

struct Sample {
    wall: Duration,
    cpu: Duration,
    rss_kb: i64,
}

fn measure(
    cases: &[Case],
    rounds: usize,
    mut before: impl FnMut() -> Result<(), String>,
) -> Result<Vec<Vec<Sample>>, String> {
    let mut samples: Vec<Vec<Sample>> = cases.iter().map(|_| Vec::with_capacity(rounds)).collect();
    for case in cases {
        once(case)?;
        case.check()?;
    }
    for _ in 0..rounds {
        for (case, samples) in cases.iter().zip(&mut samples) {
            before()?;
            samples.push(once(case)?);
        }
    }
    Ok(samples)
}

fn once(case: &Case) -> Result<Sample, String> {
    let usage = || getrusage(UsageWho::RUSAGE_CHILDREN).map_err(|error| error.to_string());
    let cpu = |usage: &nix::sys::resource::Usage| {
        let micros = |time: nix::sys::time::TimeVal| {
            u64::try_from(time.tv_sec()).unwrap_or(0) * 1_000_000 + u64::try_from(time.tv_usec()).unwrap_or(0)
        };
        Duration::from_micros(micros(usage.user_time()) + micros(usage.system_time()))
    };
    let before = usage()?;
    let begun = Instant::now();
    let mut child = case.start(Stdio::null)?;
    child.wait().map_err(|error| error.to_string())?;
    let wall = begun.elapsed();
    let after = usage()?;
    Ok(Sample { wall, cpu: cpu(&after).saturating_sub(cpu(&before)), rss_kb: after.max_rss() })
}

/// The value in the middle; nothing of nothing.
pub(crate) fn median<T: Ord + Copy>(values: impl IntoIterator<Item = T>) -> Option<T> {
    let mut values: Vec<T> = values.into_iter().collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}

fn print_table(title: &str, cases: &[Case], samples: &[Vec<Sample>]) {
    let micros = |value: Option<Duration>| value.unwrap_or_default().as_secs_f64() * 1e6;
    let base = samples.first().map(Vec::as_slice).unwrap_or_default();
    let (base_cpu, base_wall) =
        (micros(median(base.iter().map(|s| s.cpu))), micros(median(base.iter().map(|s| s.wall))));
    println!("{title}, median of {}:\n", base.len());
    println!("| program | CPU µs | x /bin/true | wall µs | x /bin/true |");
    println!("|---|---|---|---|---|");
    for (case, samples) in cases.iter().zip(samples) {
        let cpu = micros(median(samples.iter().map(|s| s.cpu)));
        let wall = micros(median(samples.iter().map(|s| s.wall)));
        println!("| {} | {cpu:.0} | {:.2} | {wall:.0} | {:.2} |", case.name, cpu / base_cpu, wall / base_wall);
    }
    let rss = samples.iter().flatten().map(|sample| sample.rss_kb).max().unwrap_or(0);
    println!("\nlargest resident set of any of them: {:.1} MB\n", rss as f64 / 1e3);
}

fn drop_caches() -> Result<(), String> {
    fs::write("/proc/sys/vm/drop_caches", "3").map_err(|error| error.to_string())
}

/// `weir log --limit 20` over a ledger of many records, made by the hook itself from one record.
fn bench_log(build: &Build, home: &Path) -> Result<(), String> {
    let weir_home = home.join("log");
    let case = |name, args: &[&str], input: String| Case {
        name,
        program: build.binary.clone(),
        args: args.iter().map(|arg| (*arg).to_owned()).collect(),
        input,
        cwd: home.to_owned(),
        answer: None,
    };
    let weir_home = weir_home.display().to_string();
    let payload = serde_json::json!({
        "session_id": "bench", "cwd": home, "hook_event_name": "PreToolUse", "tool_name": "Bash",
        "tool_input": { "command": "cat src/main.rs | grep -n TODO | head -20" }, "tool_use_id": "toolu_bench"
    })
    .to_string();
    let record = case("record", &["hook", "claude", "--home", &weir_home], payload);
    let begun = Instant::now();
    for _ in 0..LEDGER_RECORDS {
        once(&record)?;
    }
    let written = begun.elapsed();
    let log = Case { args: vec!["log".into(), "--limit".into(), "20".into()], ..case("log", &[], String::new()) };
    let mut walls = Vec::new();
    for _ in 0..20 {
        let begun = Instant::now();
        let output = Command::new(&log.program)
            .args(&log.args)
            .env("WEIR_HOME", &weir_home)
            .output()
            .map_err(|error| error.to_string())?;
        walls.push(begun.elapsed());
        let lines = output.stdout.iter().filter(|byte| **byte == b'\n').count();
        if !output.status.success() || lines < 20 {
            return Err(format!("weir log printed {lines} lines"));
        }
    }
    println!(
        "`weir log --limit 20` over {LEDGER_RECORDS} records: {:.1} ms (median of {}); {LEDGER_RECORDS} hook calls one after the other took {:.1} s\n",
        median(walls.iter().copied()).unwrap_or_default().as_secs_f64() * 1e3,
        walls.len(),
        written.as_secs_f64()
    );
    Ok(())
}
