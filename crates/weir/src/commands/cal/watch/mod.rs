//! `weir cal watch`: what a script asks for later, when its time has come.

mod state;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use weir_cal::{
    ast,
    diagnostic::Severity,
    edition::Edition,
    outcome::{Alert, Outcome, Task, Watcher},
    sink::Sink,
    source::Source,
};

use super::run::{Delivery, Input, is_failed, sentence, span};
use super::{
    engine,
    publish::{Nowhere, Published},
    script::Script,
};
use crate::output::{CliError, CommandResult, FAULT, report, say, shown};
use state::{Planned, Seen, State, Store};

/// Look at what a script watches and plans: WATCH, WAKE, and SURFACE with a day
///
/// Tells when a watch begins to hold, fires or ends, sends an alert when it fires, and runs what WAKE and SURFACE planned
/// when it is due. The rest of the script is run for its results only: nothing of it is sent or written again. What was
/// done is remembered, and done once.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  weir cal watch gap.cal --once           one look, for cron and CI
  weir cal watch gap.cal --interval 5m    stay, and look every five minutes; Ctrl-C ends it
  weir cal watch gap.cal --once --alert slack:https://example.com/hook")]
pub(crate) struct Args {
    /// The script
    file: PathBuf,
    /// Look once, and end
    #[arg(long)]
    once: bool,
    /// How long to wait between two looks
    #[arg(long, value_name = "SPAN", value_parser = span, default_value = "30s", conflicts_with = "once")]
    interval: Duration,
    /// The file in which is remembered what was done [default: below $WEIR_HOME, one for each script]
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    delivery: Delivery,
}

/// How quickly Ctrl-C is heard.
const HEARD: Duration = Duration::from_millis(100);

pub(crate) fn run(args: &Args) -> CommandResult {
    if args.state.is_none() && args.file.as_os_str() == "-" {
        return Err(CliError::user("a script from standard input has no place of its own: name a file with --state"));
    }
    let store = Store::open(args.state.clone().unwrap_or_else(|| state::default_path(&args.file)))?;
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        // The second one does not wait for what is under way.
        signal_hook::flag::register_conditional_default(signal, Arc::clone(&stop))
            .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&stop)))
            .map_err(|error| CliError::user(format!("signals cannot be heard: {error}")))?;
    }
    loop {
        let looked = look(args, &store, &stop);
        if args.once {
            return looked.map(|is_good| if is_good { ExitCode::SUCCESS } else { ExitCode::from(FAULT) });
        }
        match looked {
            Ok(_) => {}
            Err(CliError::ClosedPipe) => return Err(CliError::ClosedPipe),
            // The data may be there again the next time.
            Err(error) => {
                report(&error);
            }
        }
        let next = Instant::now() + args.interval;
        while Instant::now() < next {
            if stop.load(Ordering::Relaxed) {
                return Ok(ExitCode::SUCCESS);
            }
            std::thread::sleep(HEARD.min(next.saturating_duration_since(Instant::now())));
        }
    }
}

/// One look: whether all went well.
fn look(args: &Args, store: &Store, stop: &AtomicBool) -> Result<bool, CliError> {
    let script = Script::read(&args.file)?;
    let mut sinks = engine::sinks(&args.delivery.alerts)?;
    let source = args.input.source(&script)?;
    let now = args.input.now.unwrap_or_else(Timestamp::now);
    let (edition, mut found) = engine::checked(&script.text, args.input.edition, Some(source.as_ref()), now);
    if engine::has_errors(&found) {
        // The warnings are those of every look.
        found.retain(|one| one.severity == Severity::Error);
        script.tell(&found);
        return Ok(false);
    }
    if edition != Edition::Two {
        return Err(CliError::hint(
            format!("a script of edition {edition} watches nothing"),
            "`weir cal fmt --fix` writes it in edition 2.",
        ));
    }
    let mut state = store.load()?;
    let looking = Looking { args, script: &script, source: source.as_ref(), now };
    let outcome = looking.results()?;
    if !outcome.success {
        super::run::summary(&outcome);
        return Ok(false);
    }
    let mut is_good = true;
    for watcher in &outcome.watchers {
        is_good &= looking.watched(watcher, &mut state, &mut sinks);
    }
    store.save(&state)?;
    for task in outcome.scheduled_tasks.iter().filter(|task| task.r#type != "surface").chain(&looking.days()?) {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        is_good &= looking.task(task, store, &mut state, &mut sinks)?;
    }
    Ok(is_good)
}

struct Looking<'l> {
    args: &'l Args,
    script: &'l Script,
    source: &'l dyn Source,
    now: Timestamp,
}

impl Looking<'_> {
    /// What the script comes to where nothing is sent and nothing is written.
    fn results(&self) -> Result<Outcome, CliError> {
        let followed = engine::Followed::new(&self.script.text, "");
        let script = followed.script(engine::later);
        let mut publisher = Nowhere;
        let mut environment = self.args.input.environment(self.script, self.source, &mut [], &mut publisher);
        environment.now = self.now;
        engine::execute(&script, &followed.text, &mut environment)
    }

    /// Every SURFACE with a day, also with one that is past: before the first of all days, all of them are planned.
    fn days(&self) -> Result<Vec<Task>, CliError> {
        let followed = engine::Followed::new(&self.script.text, "");
        let script = followed.script(|statement| matches!(&statement.kind, ast::StatementKind::Surface(_)));
        let mut publisher = Nowhere;
        let mut environment = self.args.input.environment(self.script, self.source, &mut [], &mut publisher);
        environment.now = Timestamp::MIN;
        Ok(engine::execute(&script, &followed.text, &mut environment)?.scheduled_tasks)
    }

    /// Tells what became of a watch, and sends an alert when it fires: whether that arrived.
    fn watched(&self, watcher: &Watcher, state: &mut State, sinks: &mut [Box<dyn Sink>]) -> bool {
        if watcher.r#type != "watch" {
            return true;
        }
        let seen = Seen { status: watcher.status.clone(), since: watcher.since.clone() };
        let before = state.watchers.insert(watcher.id.clone(), seen.clone());
        if before.as_ref() == Some(&seen) {
            return true;
        }
        let since = watcher.since.as_deref().map(|since| format!(" since {since}")).unwrap_or_default();
        say(&format!("WATCH {}: {}{since}", shown(&watcher.target), shown(&watcher.status)));
        let has_fired = before.is_some_and(|before| before.status == "triggered");
        if watcher.status != "triggered" || has_fired {
            return true;
        }
        let duration = watcher.duration.as_deref().map(|duration| format!(" for {duration}")).unwrap_or_default();
        let alert = Alert {
            r#type: "watch".to_owned(),
            level: "warning",
            message: format!("{}: {} holds{duration}{since}", watcher.target, watcher.condition),
            timestamp: self.now.to_string(),
            cause: None,
            deliveries: Vec::new(),
        };
        let mut arrived = true;
        for sink in sinks {
            let delivery = sink.send(&alert);
            if !delivery.delivered {
                arrived = false;
                let why = delivery.error.unwrap_or_default();
                say(&format!("failed: alert to {}: {}", shown(&delivery.sink), shown(&why)));
            }
        }
        if !arrived {
            // It is sent again with the next look.
            state.watchers.remove(&watcher.id);
        }
        arrived
    }

    /// Runs a task that is due and was not run: whether that went well.
    fn task(
        &self,
        task: &Task,
        store: &Store,
        state: &mut State,
        sinks: &mut [Box<dyn Sink>],
    ) -> Result<bool, CliError> {
        let is_new = !state.tasks.contains_key(&task.id);
        let planned = state
            .tasks
            .entry(task.id.clone())
            .or_insert_with(|| Planned { due: task.due.clone(), status: "pending".to_owned() });
        let action = task.action.as_deref().unwrap_or_default();
        let name = task.r#type.to_uppercase();
        if planned.status == "done" {
            return Ok(true);
        }
        let is_due = planned.due.parse::<Timestamp>().is_ok_and(|due| due <= self.now);
        if !is_due {
            if is_new {
                say(&format!("{name}: due {}: {}", planned.due, shown(action)));
                store.save(state)?;
            }
            return Ok(true);
        }
        let went_well = match task.r#type {
            // Nothing came in time: the alert of the PERCH is for what comes.
            "timeout" => {
                say(&format!("{name}: the wait is over: {}", shown(&task.id)));
                true
            }
            _ => self.act(action, sinks)?,
        };
        planned.status = if went_well { "done" } else { "failed" }.to_owned();
        // Before the next one: what was done is not done again.
        store.save(state)?;
        Ok(went_well)
    }

    /// Runs a statement after those of the script.
    fn act(&self, action: &str, sinks: &mut [Box<dyn Sink>]) -> Result<bool, CliError> {
        let before = format!("{}\n", self.script.text);
        let followed = engine::Followed::new(&before, action);
        let script: ast::Script<'_> = followed.script(engine::again);
        let mut published = Published::new(self.args.delivery.output.clone(), true);
        let mut environment = self.args.input.environment(self.script, self.source, sinks, &mut published);
        environment.now = self.now;
        let outcome = engine::execute(&script, &followed.text, &mut environment)?;
        if published.closed {
            return Err(CliError::ClosedPipe);
        }
        let first_line = before.matches('\n').count();
        for action in outcome.actions.iter().filter(|action| action.line as usize > first_line) {
            let word = if action.error.is_some() { "failed" } else { "ok" };
            say(&format!("{word:<6}  {}", sentence(action)));
        }
        Ok(!is_failed(&outcome))
    }
}
