//! The real clients against the real guard: each one in a home directory of its own, with the settings that
//! `weir init` writes, and with the scripted model of Weir's canary.
//!
//! No account and no network is needed: the model is on this machine and the keys are made up.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

use serde_json::Value;

use crate::bench::{cargo, target_dir};

mod scripted;
mod undo;

/// The clients, and the names of their programs.
const CLIENTS: [&str; 7] = ["claude", "codex", "gemini", "qwen", "copilot", "cline", "opencode"];

pub(crate) const HELP: &str = "\
  clients [--undo] [--cli DIR] [--weir FILE] [NAME...]
                  prove with the real clients (in PATH, or in DIR/*/node_modules) that `weir init` stops what it must
                  and lets through what it may; with --undo, that what their scripts destroy comes back
";

struct Bench {
    weir: PathBuf,
    path: std::ffi::OsString,
    scratch: tempfile::TempDir,
}

pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let (mut cli, mut weir, mut names, mut undo) = (None, None, Vec::new(), false);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--cli" => cli = Some(PathBuf::from(args.next().ok_or("--cli wants a directory")?)),
            "--undo" => undo = true,
            "--weir" => weir = Some(PathBuf::from(args.next().ok_or("--weir wants a file")?)),
            name if CLIENTS.contains(&name) => names.push(name),
            other => return Err(format!("`{other}` is neither an option nor one of {}", CLIENTS.join(", "))),
        }
    }
    let bench = Bench {
        weir: weir.map_or_else(build, |weir| weir.canonicalize().map_err(|error| error.to_string()))?,
        path: search_path(cli.as_deref())?,
        scratch: tempfile::Builder::new().prefix("weir-clients-").tempdir().map_err(|error| error.to_string())?,
    };
    let mut bad = 0;
    let mut tried = 0;
    for name in CLIENTS.into_iter().filter(|name| names.is_empty() || names.contains(name)) {
        if !std::env::split_paths(&bench.path).any(|dir| dir.join(name).is_file()) {
            println!("{name:<9} not installed");
            bad += usize::from(names.contains(&name));
            continue;
        }
        tried += 1;
        let begun = Instant::now();
        let result = if undo { bench.try_undo(name) } else { bench.try_client(name) };
        let took = begun.elapsed().as_secs_f32();
        match result {
            Ok(says) => println!("{name:<9} good  {says}  ({took:.1} s)"),
            Err(why) => {
                bad += 1;
                println!("{name:<9} BAD   {why}  ({took:.1} s)");
            }
        }
    }
    match (bad, tried) {
        (0, 0) => Err("no client was found: see docs/agents.md for how to install them".to_owned()),
        (0, _) => Ok(()),
        (bad, _) => Err(format!("{bad} of the clients did not do what they should")),
    }
}

impl Bench {
    fn try_client(&self, name: &str) -> Result<String, String> {
        let home = self.scratch.path().join(name);
        fs::create_dir_all(&home).map_err(|error| error.to_string())?;
        self.weir(&home, &["init", "--agent", name, "--no-canary"])?;
        let installed = files(&home);

        let report = self.run(&home, &["doctor", "--agent", name, "--canary", "--json"])?;
        let report: Value = serde_json::from_slice(&report.stdout).map_err(|_| said(&report))?;
        let agent = report.pointer("/agents/0").ok_or("the report names no agent")?;
        let text = |pointer: &str| agent.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        if (text("/status").as_str(), text("/canary/result").as_str()) != ("on", "stopped") {
            return Err(format!("{}: {}; canary {}", text("/status"), text("/says"), text("/canary/says")));
        }
        if agent.pointer("/canary/harmless_ran") != Some(&Value::Bool(true)) {
            return Err(text("/canary/says"));
        }
        let told = self.judgements(&home)?;

        self.weir(&home, &["uninstall", "--agent", name])?;
        let program = self.weir.to_string_lossy().into_owned();
        let still_names_it = |path: &&PathBuf| {
            let own = path.components().any(|part| part.as_os_str() == "weir");
            !own && fs::read_to_string(path).is_ok_and(|text| text.contains(&program))
        };
        if let Some(path) = files(&home).iter().filter(|path| installed.contains(path)).find(still_names_it) {
            return Err(format!("`weir uninstall` left its traces in `{}`", path.display()));
        }
        Ok(told)
    }

    /// What the ledger has of the canary's two commands.
    fn judgements(&self, home: &Path) -> Result<String, String> {
        let log = self.weir(home, &["log", "--json"])?;
        let records: Vec<Value> =
            log.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
        let find = |part: &str, verdicts: &[&str]| {
            let fits = |record: &&Value| {
                let text = |pointer: &str| record.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
                record.pointer("/action/request").is_some_and(|request| request.to_string().contains(part))
                    && verdicts.contains(&text("/judgement/verdict"))
            };
            let record = records.iter().find(fits).ok_or_else(|| {
                format!("the ledger has no record about `{part}` with the verdict {}", verdicts.join(" or "))
            })?;
            let files = record.pointer("/judgement/effects/0/impact/files/value").and_then(Value::as_u64);
            files.ok_or_else(|| format!("the record about `{part}` has no measured figure: {record}"))
        };
        let victim = find("weir-canary-victim", &["hold", "deny"])?;
        let harmless = find("node_modules", &["allow"])?;
        Ok(format!(
            "hook fired; {victim} files with no other copy kept; node_modules ({harmless} file) deleted unasked"
        ))
    }

    fn weir(&self, home: &Path, args: &[&str]) -> Result<Output, String> {
        let output = self.run(home, args)?;
        if output.status.success() { Ok(output) } else { Err(format!("weir {}: {}", args.join(" "), said(&output))) }
    }

    fn run(&self, home: &Path, args: &[&str]) -> Result<Output, String> {
        let mut command = Command::new(&self.weir);
        command
            .args(args)
            .env_clear()
            .env("PATH", &self.path)
            .env("HOME", home)
            .env("LANG", "C.UTF-8")
            .env("TERM", "dumb")
            .current_dir(home);
        if let Some(cache) = std::env::var_os("XDG_CACHE_HOME") {
            command.env("XDG_CACHE_HOME", cache);
        }
        command.output().map_err(|error| format!("{}: {error}", self.weir.display()))
    }
}

fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    text.trim().lines().last().unwrap_or("it said nothing").to_owned()
}

/// Builds Weir and says where it is.
fn build() -> Result<PathBuf, String> {
    cargo(&["build", "--locked", "--package", "weir"])?;
    target_dir()?.join("debug/weir").canonicalize().map_err(|error| format!("the built program: {error}"))
}

/// `PATH` with the programs of every package below `cli` before it, Node's first.
fn search_path(cli: Option<&Path>) -> Result<std::ffi::OsString, String> {
    let mut dirs = Vec::new();
    if let Some(cli) = cli {
        let entries = fs::read_dir(cli).map_err(|error| format!("`{}`: {error}", cli.display()))?;
        let mut packages: Vec<_> = entries.flatten().map(|entry| entry.path().join("node_modules/.bin")).collect();
        packages.sort_by_key(|path| (!path.join("node").exists(), path.clone()));
        dirs.extend(packages.iter().filter_map(|path| path.canonicalize().ok()));
    }
    dirs.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    std::env::join_paths(dirs).map_err(|error| error.to_string())
}

/// Every file below `dir`.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                open.push(entry.path());
            } else {
                found.push(entry.path());
            }
        }
    }
    found
}
