//! `weir cal watch`: what a script asks for later, when its time has come.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use weir_cal::{
    diagnostic::Severity,
    edition::Edition,
    schedule::durable::{self, Schedule, ScheduleError},
    source::Source,
};

use super::run::{Delivery, Input, is_failed, span};
use super::{engine, publish::Published, script::Script};
use crate::context::weir_home;
use crate::output::{CliError, CommandResult, FAULT, report, say, shown};

/// Look at what a script waits for: WATCH, PERCH, LISTEN, WAKE, and SURFACE with a day
///
/// Sends an alert when a watch fires or a signal comes, and runs what WAKE and SURFACE planned when it is due. The rest of
/// the script is run for its results only: nothing of it is sent or written again. What was done is remembered, and done
/// once.
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
    let mut schedule = Schedule::load(state_path(args)?).map_err(failed)?;
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        // The second one does not wait for what is under way.
        signal_hook::flag::register_conditional_default(signal, Arc::clone(&stop))
            .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&stop)))
            .map_err(|error| CliError::user(format!("signals cannot be heard: {error}")))?;
    }
    loop {
        let looked = look(args, &mut schedule);
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

/// Where the schedule is kept: below Weir's own directory, by the place of the script, where nobody says so.
fn state_path(args: &Args) -> Result<PathBuf, CliError> {
    use std::os::unix::fs::DirBuilderExt as _;
    let path = args.state.clone().unwrap_or_else(|| {
        let name = args.file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        weir_home().join("cal").join(format!("{name}-{}.json", durable::place_digest(&place(&args.file))))
    });
    if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty() && !Path::is_dir(dir)) {
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
        made.map_err(|error| CliError::user(format!("cannot keep the schedule in {}: {error}", path.display())))?;
    }
    Ok(path)
}

/// A script as the schedule knows it, from wherever it is named.
fn place(file: &Path) -> PathBuf {
    file.canonicalize().unwrap_or_else(|_| file.to_owned())
}

/// One look: whether all went well.
fn look(args: &Args, schedule: &mut Schedule) -> Result<bool, CliError> {
    let script = Script::read(&args.file)?;
    let mut sinks = engine::sinks(&args.delivery.alerts)?;
    let source = args.input.source(&script)?;
    let now = args.input.now.unwrap_or_else(Timestamp::now);
    let mut loaded = engine::checked(&script.text, args.input.edition, Some(source.as_ref()), now);
    if engine::has_errors(&loaded.diagnostics) {
        // The warnings are those of every look.
        loaded.diagnostics.retain(|one| one.severity == Severity::Error);
        script.tell(&loaded.diagnostics);
        return Ok(false);
    }
    if loaded.edition != Edition::Two {
        return Err(CliError::hint(
            format!("a script of edition {} watches nothing", loaded.edition),
            "`weir cal fmt --fix` writes it in edition 2.",
        ));
    }
    let known: BTreeSet<String> = schedule.entries().iter().map(|entry| entry.id.clone()).collect();
    if schedule.plan(&loaded.script, &script.text, &place(&args.file), now) > 0 {
        for entry in schedule.entries().iter().filter(|entry| !known.contains(&entry.id)) {
            let due = entry.due.map(|due| format!(" (due {due})")).unwrap_or_default();
            say(&format!("waits   {}{due}", shown(&words(&entry.statement))));
        }
    }
    schedule.save().map_err(failed)?;
    let looking = Looking { args, script: &script, source: source.as_ref(), now };
    let mut closed = false;
    let ticked = schedule
        .tick(now, source.as_ref(), &mut sinks, &mut |_, statement| {
            looking.act(statement).map_err(|error| {
                closed |= matches!(error, CliError::ClosedPipe);
                error.to_string()
            })
        })
        .map_err(failed)?;
    for one in &ticked {
        match &one.error {
            Some(error) => say(&format!("failed  {}", shown(error))),
            None => say(&format!("done    {}", shown(&one.summary))),
        }
    }
    if closed {
        return Err(CliError::ClosedPipe);
    }
    Ok(ticked.iter().all(|one| one.error.is_none()))
}

/// A statement on one line.
fn words(statement: &str) -> String {
    statement.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn failed(error: ScheduleError) -> CliError {
    CliError::user(error.to_string())
}

struct Looking<'l> {
    args: &'l Args,
    script: &'l Script,
    source: &'l dyn Source,
    now: Timestamp,
}

impl Looking<'_> {
    /// Runs a statement after those of the script.
    fn act(&self, statement: &str) -> Result<(), CliError> {
        let before = format!("{}\n", self.script.text);
        let followed = engine::Followed::new(&before, statement);
        let script = followed.script(engine::again);
        let mut sinks = engine::sinks(&self.args.delivery.alerts)?;
        let mut published = Published::new(self.args.delivery.output.clone(), true);
        let mut environment = self.args.input.environment(self.script, self.source, &mut sinks, &mut published);
        environment.now = self.now;
        let outcome = engine::execute(&script, &followed.text, &mut environment)?;
        if published.closed {
            return Err(CliError::ClosedPipe);
        }
        match &outcome.error {
            Some(error) if !outcome.success => Err(CliError::user(error.clone())),
            _ if is_failed(&outcome) => Err(CliError::user("an alert did not arrive, or a file was not written")),
            _ => Ok(()),
        }
    }
}
