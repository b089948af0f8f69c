//! `weir hook AGENT`: one hook call of a coding agent, from wire JSON to wire JSON.
//!
//! Everything that goes wrong here ends in a refusal: a panic and a fault are answered in the client's own dialect; the
//! deadline ends the process, which the installed command line takes for a refusal.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use weir_gate_hook::{ActionParts, Answer, Dialect, Event, Reply, fault_reply, find_agent};
use weir_guard::Guard;
use weir_model::{Action, ActionId, Agent, Entry, Judgement, Timestamp, Verdict};

use crate::context;

/// The largest hook input that is read, in bytes.
const LARGEST_INPUT: u64 = 16 * 1024 * 1024;

/// The exit status when the deadline strikes, as `timeout` has it.
const DEADLINE_STATUS: i32 = 124;

/// Set by whoever answers first: the worker or the panic hook.
static ANSWERED: AtomicBool = AtomicBool::new(false);

/// Runs one hook call with the arguments after `hook`.
pub(crate) fn run(args: &[String]) -> ExitCode {
    let mut positional = Vec::new();
    let mut home = None;
    let mut account = false;
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        if arg == "--account" {
            account = true;
            continue;
        }
        match arg.strip_prefix("--home") {
            Some("") => home = rest.next().map(PathBuf::from),
            Some(value) => home = value.strip_prefix('=').map(PathBuf::from),
            None => positional.push(arg.as_str()),
        }
    }
    let name = positional.first().copied().unwrap_or_default().to_owned();
    let agent = find_agent(&name);
    let event = positional.get(1).copied();
    let effectful = agent.is_none_or(|agent| agent.decides(event));
    refuse_on_panic(name.clone(), effectful);
    let Some(agent) = agent else {
        let known = weir_gate_hook::AGENTS.iter().map(|agent| agent.name()).collect::<Vec<_>>().join(", ");
        answer(&fault_reply(&name, &format!("`{name}` is not an agent that Weir knows ({known})"), true));
    };
    end_at_deadline(agent.deadline());
    let mut input = Vec::with_capacity(4096);
    if let Err(error) = std::io::stdin().lock().take(LARGEST_INPUT + 1).read_to_end(&mut input) {
        answer(&fault_reply(&name, &format!("the call could not be read: {error}"), effectful));
    }
    if input.len() as u64 > LARGEST_INPUT {
        // Some clients take an unread payload for an error of their own, and let the call run.
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        answer(&fault_reply(&name, "the call is larger than 16 MiB, and was not analyzed", effectful));
    }
    let mut event = match agent.parse(&input, event) {
        Ok(event) => event,
        Err(fault) => answer(&fault_reply(&name, &fault.to_string(), effectful)),
    };
    if let Event::PreTool(parts) | Event::PermissionRequest(parts) = &mut event {
        parts.headless = agent.headless(&|name| std::env::var(name).ok());
    }
    // A repository's settings can set variables for hooks: a managed installation goes by the account alone.
    let home = home.unwrap_or_else(|| if account { context::account_weir_home() } else { context::weir_home() });
    let guard = Guard::new(context::config(home));
    let (reply, warnings) = respond(agent, &event, &guard, context::now());
    for warning in warnings {
        // With no opinion on standard output, every client treats this as a remark.
        let _ = writeln!(std::io::stderr(), "weir: {warning}");
    }
    answer(&reply)
}

fn respond(agent: &dyn Dialect, event: &Event, guard: &Guard, now: Timestamp) -> (Reply, Vec<String>) {
    let silent = |result: Result<(), String>| {
        let warnings = result.err().into_iter().collect();
        (agent.answer(event, &Answer::Silent), warnings)
    };
    match event {
        Event::PreTool(parts) => {
            let action = action(agent, parts, now);
            let judgement = guard.admit(&action);
            let reply = agent.answer(event, &to_answer(&judgement));
            let warnings = if judgement.verdict == Verdict::Allow { faults(&judgement) } else { Vec::new() };
            (reply, warnings)
        }
        // The client asks people itself now; what the guard had to say, it said before the tool call.
        Event::PermissionRequest(_) | Event::Other => silent(Ok(())),
        Event::PostTool(outcome) => silent(guard.settle(outcome.clone(), now).map_err(|error| error.to_string())),
        Event::SessionStart { session, cwd } => {
            let cwd = cwd.clone().or_else(|| std::env::current_dir().ok()).unwrap_or_default();
            let result = guard.begin_session(agent.name(), session, &cwd, now);
            silent(result.map(drop).map_err(|error| error.to_string()))
        }
        Event::ConfigChange { path, .. } => {
            let content = path.as_ref().and_then(|path| std::fs::read(path).ok());
            let Some(why) = agent.config_change(event, content.as_deref()) else { return silent(Ok(())) };
            let what = format!("a change of {}'s settings was refused: {why}", agent.name());
            let noted = guard.note(Entry::Configured { what: what.clone() }, now).map_err(|error| error.to_string());
            (agent.answer(event, &Answer::Block { reason: what }), noted.err().into_iter().collect())
        }
    }
}

/// Faults inside Weir that people should hear of even when nothing is refused.
fn faults(judgement: &Judgement) -> Vec<String> {
    let is_fault = |text: &&String| text.starts_with("the ledger") || text.contains("policy");
    judgement.warnings.iter().filter(is_fault).cloned().collect()
}

fn action(agent: &dyn Dialect, parts: &ActionParts, now: Timestamp) -> Action {
    Action {
        id: ActionId::new(),
        agent: Agent {
            name: agent.name().to_owned(),
            session: parts.session.clone(),
            subagent: parts.subagent.clone(),
            principal: context::principal(),
        },
        tool: parts.tool.clone(),
        call: parts.call.clone(),
        request: parts.request.clone(),
        cwd: parts.cwd.clone().or_else(|| std::env::current_dir().ok()).unwrap_or_default(),
        host: context::host(),
        at: now,
    }
}

fn to_answer(judgement: &Judgement) -> Answer {
    let mut text = format!("Weir: {}", judgement.reason);
    if !judgement.advice.is_empty() {
        text.push(' ');
        text.push_str(&judgement.advice);
    }
    match (judgement.verdict, judgement.hold) {
        (Verdict::Allow | Verdict::AllowWithRestorePoint, _) => Answer::Silent,
        (Verdict::Hold, Some(id)) => Answer::Hold { reason: text, id },
        // A hold that nobody can answer (it could not be recorded) refuses.
        (Verdict::Hold, None) | (Verdict::Deny, _) => Answer::Deny { reason: text },
    }
}

fn answer(reply: &Reply) -> ! {
    if ANSWERED.swap(true, Ordering::SeqCst) {
        // Another answer is on its way out; a second one would garble it.
        loop {
            std::thread::park();
        }
    }
    write(reply);
    // The process ends here: giving memory back piece by piece would be work for nothing.
    std::process::exit(i32::from(reply.exit))
}

fn write(reply: &Reply) {
    let _ = std::io::stderr().write_all(&reply.stderr);
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(&reply.stdout);
    let _ = stdout.flush();
}

fn refuse(name: &str, why: &str, effectful: bool) -> ! {
    if ANSWERED.swap(true, Ordering::SeqCst) {
        loop {
            std::thread::park();
        }
    }
    let reply = fault_reply(name, why, effectful);
    write(&reply);
    std::process::exit(i32::from(reply.exit))
}

fn refuse_on_panic(name: String, effectful: bool) {
    std::panic::set_hook(Box::new(move |info| {
        refuse(&name, &format!("a fault inside Weir, please report it: {info}"), effectful);
    }));
}

/// A client lets the call run when its own timeout strikes: ours comes first, and ends the process with a status that
/// every installed command line takes for a refusal. A thread that answers instead would cost each call more than the
/// rest of its work.
fn end_at_deadline(deadline: Duration) {
    use nix::sys::signal::{SigSet, Signal};
    // Whoever started this process may ignore or block the signal, and both are inherited.
    let _ = signal_hook::flag::register_conditional_shutdown(
        Signal::SIGALRM as i32,
        DEADLINE_STATUS,
        Arc::new(AtomicBool::new(true)),
    );
    let _ = SigSet::from(Signal::SIGALRM).thread_unblock();
    nix::unistd::alarm::set(u32::try_from(deadline.as_secs()).unwrap_or(u32::MAX).max(1));
}
