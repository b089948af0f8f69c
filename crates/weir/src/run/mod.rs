//! `weir run`: puts the guard and the gate together, and says what came of it.

mod inside;
mod judge;
mod places;
mod programs;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use weir_gate_exec::{Limits, NetworkPolicy, Refusal, RunError, RunOptions, RunReport, Tier};
use weir_guard::{Guard, Network, RunSettings, Said, Supervision};
use weir_model::{Action, ActionId, Agent, Entry, Judgement, Outcome, Request, Verdict};
use weir_restore::{Point, Recorder, Store};

use crate::output::{self, CliError, FINDING, say, shown};
use crate::{context, restore};

/// What a person asks for.
pub(crate) struct Wanted {
    pub(crate) command: Vec<OsString>,
    pub(crate) write: Vec<PathBuf>,
    pub(crate) no_network: bool,
    pub(crate) quiet: bool,
}

/// The exit code where the program is not found, as shells have it.
const NOT_FOUND: u8 = 127;
/// And where it cannot be executed.
const NOT_EXECUTABLE: u8 = 126;

/// Runs the command, and returns its exit code.
pub(crate) fn run(wanted: &Wanted) -> Result<u8, CliError> {
    let cwd = std::env::current_dir().map_err(|error| CliError::user(format!("no directory to run in: {error}")))?;
    let config = context::config(context::weir_home());
    let mut settings = RunSettings::load(&config, &cwd)
        .map_err(|error| CliError::hint(error.to_string(), "Nothing runs until the file is mended."))?;
    if wanted.no_network {
        settings.network = Network::Closed;
    }
    // The judge lives as long as the threads of the gate, which end with the process.
    let guard: &'static Guard = Box::leak(Box::new(Guard::new(config)));
    let action = action(&wanted.command, &cwd);
    let supervision: &'static Supervision<'static> = Box::leak(Box::new(guard.supervise(&action)));
    let judgement = supervision.judge();
    let floor = places::writable(guard.config(), &settings, &cwd, &wanted.write, &judgement.effects);
    let protected = places::protected(guard.config(), &settings, &cwd);
    let terms = inside::Terms::new(&settings, &floor, &protected);
    if let Some(outer) = inside::above(guard.config(), &cwd) {
        return run_inside(&outer, &terms, wanted, &cwd, &judgement);
    }
    if let Some(code) = refused(guard, supervision, &judgement)? {
        return Ok(code);
    }
    let store = restore::store()?;
    let runs = guard.config().paths.runs();
    let programs = Arc::new(programs::Programs::open(&runs, action.id));
    let for_inner = {
        let (runs, action) = (runs.clone(), action.id);
        (guard.config().programs.clone(), move || terms.note(&runs, action))
    };
    let judge =
        Arc::new(judge::OnGuard::new(supervision, settings.clone(), Arc::clone(&programs), wanted.quiet, for_inner));
    let options = |recorder: Arc<Recorder>, at_least: Tier| RunOptions {
        command: wanted.command.clone(),
        cwd: cwd.clone(),
        recorder,
        floor: floor.clone(),
        protected: protected.clone(),
        creations: false,
        network: network(&settings),
        limits: Limits { files: settings.limit_files, bytes: settings.limit_bytes },
        judge: Arc::clone(&judge) as Arc<dyn weir_gate_exec::Judge>,
        at_least,
    };
    let begun = Instant::now();
    let (recorder, ran) = attempt(&store, supervision, |recorder| options(recorder, Tier::Guard))?;
    let (recorder, ran, named) = match ran {
        Err(error @ (RunError::Nested | RunError::Unsupported(_))) => {
            // Nothing has been started.
            seal(&store, recorder, false)?;
            if settings.full_guard_only {
                return Err(CliError::hint(
                    error.to_string(),
                    "`run.toml` asks for the full guard, so nothing was run. `weir doctor` says what is missing.",
                ));
            }
            say(&format!(
                "weir: WARNING: {error}. Only the write floor is in force, and only what the command names is kept: \
                 what a script deletes by itself does NOT come back."
            ));
            let named = keep_named(guard, supervision, &judgement)?;
            let (recorder, ran) = attempt(&store, supervision, |recorder| options(recorder, Tier::Floor))?;
            (recorder, ran, named)
        }
        ran => (recorder, ran, None),
    };
    let saw_itself = judge.saw_itself();
    drop(judge);
    inside::forget(&runs, action.id);
    let report = match ran {
        Ok(report) => report,
        Err(error) => {
            if let Some(point) = seal(&store, recorder, false)? {
                tell_kept(&point);
            }
            return failed(&error);
        }
    };
    // Of these, notes may be left of what did not happen.
    let in_vain = saw_itself || report.refused.iter().any(Refusal::is_unkept);
    let point = seal(&store, recorder, in_vain)?;
    record(guard, supervision, &report, point.as_ref(), begun);
    if !wanted.quiet {
        tell(&report, point.or(named).as_ref());
    }
    Ok(u8::try_from(report.code).unwrap_or(FINDING))
}

/// The list of programs that the run of `action` started, where it was one.
pub(crate) fn programs_of(action: ActionId) -> PathBuf {
    programs::file(&context::config(context::weir_home()).paths.runs(), action)
}

type Attempt = (Arc<Recorder>, Result<RunReport, RunError>);

fn attempt(
    store: &Store,
    supervision: &Supervision<'_>,
    options: impl FnOnce(Arc<Recorder>) -> RunOptions,
) -> Result<Attempt, CliError> {
    let recorder = supervision.open_restore_point(store).map_err(|error| {
        CliError::hint(
            format!("nothing could be kept, so nothing was run: {error}"),
            "`weir restore-points --collect --before-their-time` makes room.",
        )
    })?;
    let recorder = Arc::new(recorder);
    let ran = weir_gate_exec::run(options(Arc::clone(&recorder)));
    Ok((recorder, ran))
}

/// The guard of an outer `weir run` is above: it serves this command as well, where that is no less than what is asked for.
fn run_inside(
    outer: &inside::Terms,
    terms: &inside::Terms,
    wanted: &Wanted,
    cwd: &Path,
    judgement: &Judgement,
) -> Result<u8, CliError> {
    match judgement.verdict {
        Verdict::Allow | Verdict::AllowWithRestorePoint => {}
        Verdict::Deny => {
            say(&format!("weir: refused: {} {}", judgement.reason, judgement.advice));
            return Ok(FINDING);
        }
        Verdict::Hold => {
            let why = "Nobody can be asked from inside of another `weir run`.";
            say(&format!("weir: refused: {} {why}", judgement.reason));
            return Ok(FINDING);
        }
    }
    if let Some(lack) = outer.lack(terms, wanted, cwd) {
        return Err(CliError::hint(
            format!("this is inside of another `weir run`, and {lack}: nothing was run"),
            "Ask for it in the outer `weir run`.",
        ));
    }
    if !wanted.quiet {
        say("weir: inside of another `weir run`: its guard holds here, and its restore point keeps what is destroyed");
    }
    let (program, error) = inside::become_command(&wanted.command);
    Ok(not_started(&program, &error))
}

/// What policy says before anything starts: the exit code where it may not.
fn refused(guard: &Guard, supervision: &Supervision<'_>, judgement: &Judgement) -> Result<Option<u8>, CliError> {
    let mut judgement = judgement.clone();
    let mut refusal = None;
    match judgement.verdict {
        Verdict::Allow | Verdict::AllowWithRestorePoint => {}
        Verdict::Deny => refusal = Some(format!("{} {}", judgement.reason, judgement.advice)),
        Verdict::Hold => {
            let said = supervision.ask(&judgement.reason, &judge::tell);
            match said.map_err(|error| CliError::user(error.to_string()))? {
                Said::Yes(hold) => {
                    judgement.verdict = Verdict::Allow;
                    judgement.approved_by = Some(hold);
                }
                Said::No(why) => refusal = Some(why),
            }
        }
    }
    let action = Box::new(supervision.action().clone());
    let judged = Entry::Judged { action, judgement: Box::new(judgement) };
    guard.note(judged, context::now()).map_err(|error| {
        CliError::hint(
            format!("this cannot be recorded, so nothing was run: {error}"),
            "Inside another `weir run`, run the command as it is: it is guarded already. Else `weir doctor` says more.",
        )
    })?;
    Ok(refusal.map(|why| {
        say(&format!("weir: refused: {}", why.trim()));
        FINDING
    }))
}

/// Where the full guard cannot be had: a restore point of what the command names.
fn keep_named(guard: &Guard, supervision: &Supervision<'_>, judgement: &Judgement) -> Result<Option<Point>, CliError> {
    let kept = supervision.keep_named(judgement).map_err(|error| {
        CliError::hint(
            format!("what the command names cannot be kept, so nothing was run: {error}"),
            "Name less, or run it where the full guard works (`weir doctor`).",
        )
    })?;
    let Some((promise, point)) = kept else { return Ok(None) };
    let entry = Entry::RestorePointMade { promise };
    guard.note(entry, context::now()).map_err(|error| CliError::user(error.to_string()))?;
    Ok(Some(point))
}

const fn network(settings: &RunSettings) -> NetworkPolicy {
    match settings.network {
        // What is refused by name has to be asked about.
        Network::Open if settings.refuse.is_empty() => NetworkPolicy::Open,
        Network::Open | Network::Judged => NetworkPolicy::Judged,
        Network::Closed => NetworkPolicy::Closed,
    }
}

fn failed(error: &RunError) -> Result<u8, CliError> {
    if let RunError::Start { program, source } = error {
        return Ok(not_started(program, source));
    }
    Err(CliError::hint(error.to_string(), "`weir doctor` says what works here."))
}

/// Says why the program did not start, and which exit code a shell would give.
fn not_started(program: &str, error: &std::io::Error) -> u8 {
    // The system's search stops at a directory that may not be searched and reports that; a shell goes on, and finds nothing.
    let in_path = || {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|dir| dir.join(program).is_file())
    };
    if error.kind() == std::io::ErrorKind::NotFound || (!program.contains('/') && !in_path()) {
        say(&format!("weir: cannot run `{}`: it is not found", shown(program)));
        return NOT_FOUND;
    }
    say(&format!("weir: cannot run `{}`: {error}", shown(program)));
    NOT_EXECUTABLE
}

/// Ends the recording. A point that keeps nothing is no point.
fn seal(store: &Store, recorder: Arc<Recorder>, in_vain: bool) -> Result<Option<Point>, CliError> {
    let Some(recorder) = Arc::into_inner(recorder) else {
        say("weir: processes of the command are still running; what they destroy is kept until they end");
        return Ok(None);
    };
    let id = recorder.id();
    if recorder.is_empty() {
        drop(recorder);
        let _ = store.discard(id);
        return Ok(None);
    }
    let sealed = recorder.seal();
    let point = sealed.map_err(|error| CliError::user(format!("the restore point could not be ended: {error}")))?;
    if in_vain && point.counts == weir_restore::Counters::default() && !takes_back(store, &point) {
        let _ = store.discard(id);
        return Ok(None);
    }
    Ok(Some(point))
}

/// Whether an undo of the point would do anything: notes of what then did not happen, for want of space, take nothing back.
fn takes_back(store: &Store, point: &Point) -> bool {
    let only_say = weir_restore::UndoOptions { dry_run: true, ..weir_restore::UndoOptions::default() };
    store.undo(point, &only_say, &mut |_| {}).map_or(true, |report| !report.plan.is_empty())
}

/// The ledger says what came of it.
fn record(guard: &Guard, supervision: &Supervision<'_>, report: &RunReport, point: Option<&Point>, begun: Instant) {
    let action = supervision.action();
    let made = point.map(|point| Entry::RestorePointMade { promise: supervision.promise(point) });
    let outcome = Outcome {
        agent: action.agent.name.clone(),
        session: None,
        call: action.call.clone(),
        tool: action.tool.clone(),
        failed: Some(report.code != 0),
        duration_ms: u64::try_from(begun.elapsed().as_millis()).ok(),
    };
    let entries = made.into_iter().chain([Entry::Settled { outcome }]).collect();
    if let Err(error) = guard.note_all(entries, context::now()) {
        say(&format!("weir: the ledger could not take this down: {error}"));
    }
}

/// Says what came of it.
fn tell(report: &RunReport, kept: Option<&Point>) {
    if report.refusals > 0 {
        say(&format!("weir: {} calls were refused", report.refusals));
    }
    if let Some(point) = kept {
        tell_kept(point);
    } else if let Some(refusal) = report.refused.iter().find(|refusal| refusal.is_unkept()) {
        say(&format!(
            "weir: nothing was kept, and what would have destroyed something failed: {}",
            shown(&refusal.why)
        ));
    }
}

fn tell_kept(point: &Point) {
    let id = output::short_id(&point.id);
    say(&format!("weir: kept {} as restore point {id}; `weir undo {id}` takes it back", restore::holds(point)));
}

fn action(command: &[OsString], cwd: &Path) -> Action {
    let words: Vec<String> = command.iter().map(|word| weir_analyze::word(&word.to_string_lossy())).collect();
    let agent = crate::person::agent_here(weir_gate_hook::AGENTS).unwrap_or("person");
    let id = ActionId::new();
    Action {
        id,
        agent: Agent { name: agent.to_owned(), session: None, subagent: None, principal: context::principal() },
        tool: "weir run".to_owned(),
        call: Some(id.to_string()),
        request: Request::Shell { command: words.join(" "), shell: None },
        cwd: cwd.to_owned(),
        host: context::host(),
        at: context::now(),
    }
}
