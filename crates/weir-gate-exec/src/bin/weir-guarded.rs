//! Runs a command under the guard, without policies: for trying by hand and for the tests of this crate.
//!
//! `weir-guarded [OPTION VALUE]… -- COMMAND`, `weir-guarded undo STORE`, `weir-guarded probe`.
#![expect(clippy::print_stderr, reason = "a tool for developers")]

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use weir_gate_exec::{Judge, Limits, NetworkPolicy, Notice, Reached, Ruling, RunOptions, Tier, probe, run};
use weir_restore::{PointInfo, State, Store, UndoOptions};

/// What points of this program are known by: an undo makes points too.
const COMMAND: &str = "weir-guarded";

#[derive(Default)]
struct Settings {
    store: PathBuf,
    floor: Vec<PathBuf>,
    protected: Vec<PathBuf>,
    network: NetworkPolicy,
    limits: Limits,
    /// File that says what to answer when a limit is reached; waited for.
    ruling: Option<PathBuf>,
    denied: Vec<String>,
    report: Option<PathBuf>,
    file_limit: Option<u64>,
    floor_will_do: bool,
    creations: bool,
    log: Option<PathBuf>,
}

struct Scripted {
    ruling: Option<PathBuf>,
    denied: Vec<String>,
    log: Option<PathBuf>,
}

impl Scripted {
    fn note(&self, line: &str) {
        let Some(log) = &self.log else { return };
        if let Ok(mut file) = std::fs::OpenOptions::new().append(true).create(true).open(log) {
            let _ = writeln!(file, "{line}");
        }
    }

    fn denies(&self, what: &str) -> Ruling {
        if self.denied.iter().any(|denied| what.contains(denied)) {
            return Ruling::Deny("the test says so".to_owned());
        }
        Ruling::Allow
    }
}

impl Judge for Scripted {
    fn exec(&self, program: &Path, arguments: &[OsString], _cwd: &Path) -> Ruling {
        self.note(&format!("exec {} {arguments:?}", program.display()));
        self.denies(&format!("{} {arguments:?}", program.display()))
    }

    fn limit(&self, reached: &Reached) -> Ruling {
        self.note(&format!("limit {reached:?}"));
        let Some(file) = &self.ruling else { return Ruling::Deny("nobody was asked".to_owned()) };
        loop {
            match std::fs::read_to_string(file) {
                Ok(text) if text.trim() == "allow" => return Ruling::Allow,
                Ok(text) if text.trim() == "deny" => return Ruling::Deny("somebody said no".to_owned()),
                _ => std::thread::sleep(std::time::Duration::from_millis(5)),
            }
        }
    }

    fn connect(&self, host: &str, port: u16) -> Ruling {
        self.note(&format!("connect {host} {port}"));
        self.denies(&format!("{host}:{port}"))
    }

    fn notice(&self, notice: &Notice) {
        self.note(&format!("notice {notice:?}"));
        if let Notice::Refused(refusal) = notice {
            eprintln!("guard: {refusal}");
        }
    }
}

fn main() -> ExitCode {
    let mut arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let result = match arguments.first().and_then(|word| word.to_str()) {
        Some("undo") => arguments.get(1).map_or(Err("undo needs a store".into()), |store| undo(Path::new(store))),
        Some("probe") => {
            eprintln!("{:?}", probe());
            Ok(0)
        }
        _ => guarded(&mut arguments),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("weir-guarded: {error}");
            ExitCode::from(125)
        }
    }
}

type Failure = Box<dyn std::error::Error>;

fn guarded(arguments: &mut Vec<OsString>) -> Result<u8, Failure> {
    let mut settings = Settings::default();
    let end = arguments.iter().position(|word| word == "--").ok_or("`--` and a command are missing")?;
    let command = arguments.split_off(end + 1);
    for pair in arguments.chunks_exact(2) {
        let [option, value] = pair else { break };
        let number = || value.to_string_lossy().parse::<u64>();
        match option.to_string_lossy().as_ref() {
            "--store" => settings.store = value.into(),
            "--floor" => settings.floor.push(value.into()),
            "--protect" => settings.protected.push(value.into()),
            "--files" => settings.limits.files = number()?,
            "--bytes" => settings.limits.bytes = number()?,
            "--file-limit" => settings.file_limit = Some(number()?),
            "--ruling" => settings.ruling = Some(value.into()),
            "--deny" => settings.denied.push(value.to_string_lossy().into_owned()),
            "--report" => settings.report = Some(value.into()),
            "--log" => settings.log = Some(value.into()),
            "--creations" => settings.creations = value == "yes",
            "--floor-will-do" => settings.floor_will_do = true,
            "--network" => {
                settings.network = if value == "judged" { NetworkPolicy::Judged } else { NetworkPolicy::Closed };
            }
            other => return Err(format!("unknown option `{other}`").into()),
        }
    }
    let mut store = Store::open(&settings.store)?;
    if let Some(file) = settings.file_limit {
        store = store.with_limits(weir_restore::Limits { file, ..weir_restore::Limits::default() });
    }
    let recorder = Arc::new(store.make(&PointInfo { command: COMMAND.to_owned(), ..PointInfo::default() })?);
    let report = run(RunOptions {
        command,
        cwd: std::env::current_dir()?,
        recorder: Arc::clone(&recorder),
        floor: settings.floor,
        protected: settings.protected,
        network: settings.network,
        creations: settings.creations,
        limits: settings.limits,
        judge: Arc::new(Scripted { ruling: settings.ruling, denied: settings.denied, log: settings.log }),
        at_least: if settings.floor_will_do { Tier::Floor } else { Tier::Guard },
    })?;
    Arc::into_inner(recorder).ok_or("the restore point is still in use")?.seal()?;
    if let Some(path) = settings.report {
        std::fs::write(path, format!("{report:#?}\n"))?;
    }
    Ok(u8::try_from(report.code)?)
}

/// Takes every point back, newest first.
fn undo(store: &Path) -> Result<u8, Failure> {
    let store = Store::open(store)?;
    let points = store.list()?;
    let own = points.iter().filter(|point| point.info.command == COMMAND);
    for point in own.filter(|point| matches!(point.state, State::Sealed | State::Open)) {
        let report = store.undo(point, &UndoOptions::default(), &mut |_| {})?;
        eprintln!("undo: {report:?}");
    }
    Ok(0)
}
