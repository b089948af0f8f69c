//! `weir cal run`: a script over its data.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use weir_cal::{
    compat::Json,
    edition::Edition,
    outcome::{Action, Outcome},
    run::{Environment, Publisher},
    sink::Sink,
    source::Source,
};

use super::{data, engine, publish::Published, script::Script};
use crate::output::{CliError, CommandResult, FAULT, FINDING, say, shown};

/// Run a script over its data
///
/// What the script surfaces goes to standard output or into the files that it names; a line for each statement, and
/// alerts, go to standard error.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  weir cal run gap.cal                             over the data beside the script
  weir cal run gap.cal --data evidence.db          over an SQLite database
  weir cal run gap.cal --exit-on execute           for CI: exit with 1 when the decision is to act
  weir cal run gap.cal --alert file:alerts.jsonl   alerts into a file as well
  weir cal run --json - < gap.cal | jq .outputs    the whole outcome

Exit codes: 0 fine; 1 with `--exit-on execute`, when a FETCH says EXECUTE; 2 a mistake in the script
or its data, a statement that failed, or an alert that did not arrive.")]
pub(crate) struct Args {
    /// The script; `-` reads standard input
    file: PathBuf,
    /// Exit with 1 when a FETCH calls for this
    #[arg(long, value_name = "BAND")]
    exit_on: Option<ExitOn>,
    /// Print the whole outcome as one JSON object; only what goes into files is published
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    delivery: Delivery,
}

/// What a run works with.
#[derive(clap::Args)]
#[command(next_help_heading = "Input")]
pub(super) struct Input {
    /// The data: a directory, a file or a database [default: $CAL_DATA_PATH, else `data` beside the script, else the
    /// script's directory]
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// Read the script in this edition: 2 or 1-compat [default: what the script says, else 2]
    #[arg(long, value_name = "EDITION")]
    pub(super) edition: Option<Edition>,
    /// Run as if it were this time: a day or a point in time, such as 2026-07-01 or 2026-07-01T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(super) now: Option<Timestamp>,
    /// Stop with an error after this long, such as 30s or 5m
    #[arg(long, value_name = "SPAN", value_parser = span)]
    timeout: Option<Duration>,
}

/// Where what a run gives goes.
#[derive(clap::Args)]
#[command(next_help_heading = "Output")]
pub(super) struct Delivery {
    /// Send alerts there too: file:PATH, webhook:URL, slack:URL or discord:URL
    #[arg(long = "alert", alias = "alerts", value_name = "SINK")]
    pub(super) alerts: Vec<String>,
    /// The directory for the files that the script names
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    pub(super) output: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ExitOn {
    Execute,
}

/// A point in time, or the beginning of a day.
fn time(text: &str) -> Result<Timestamp, String> {
    let day = || format!("{text}T00:00:00Z").parse();
    text.parse()
        .or_else(|_| day())
        .map_err(|_: jiff::Error| format!("`{text}` is no time such as 2026-07-01T12:00:00Z"))
}

/// A length of time.
pub(super) fn span(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no length of time such as 30s or 5m");
    let span: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    Duration::try_from(span).ok().filter(|span| !span.is_zero()).ok_or_else(wrong)
}

impl Input {
    pub(super) fn source(&self, script: &Script) -> Result<Box<dyn Source>, CliError> {
        data::source(self.data.as_deref(), script.path.as_deref())
    }

    /// The environment of a run over `source`, from now on.
    pub(super) fn environment<'e>(
        &self,
        script: &Script,
        source: &'e dyn Source,
        sinks: &'e mut [Box<dyn Sink>],
        publisher: &'e mut dyn Publisher,
    ) -> Environment<'e> {
        let deadline = self.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        if let Some(deadline) = deadline {
            sinks.iter_mut().for_each(|sink| sink.give_up_at(deadline));
        }
        Environment {
            source,
            now: self.now.unwrap_or_else(Timestamp::now),
            sinks,
            publisher,
            deadline,
            script_name: script.file_name(),
        }
    }
}

pub(crate) fn run(args: &Args) -> CommandResult {
    let script = Script::read(&args.file)?;
    let mut sinks = engine::sinks(&args.delivery.alerts)?;
    let source = args.input.source(&script)?;
    let mut published = Published::new(args.delivery.output.clone(), !args.json);
    let mut environment = args.input.environment(&script, source.as_ref(), &mut sinks, &mut published);
    match engine::run(&script, args.input.edition, &mut environment)? {
        engine::Ran::Refused => Ok(ExitCode::from(FAULT)),
        engine::Ran::Two(outcome) => {
            if args.json {
                print_json(&outcome)?;
            } else {
                summary(&outcome);
            }
            Ok(code(args, &outcome))
        }
        engine::Ran::Compat(ran) => {
            let mut out = io::BufWriter::new(io::stdout().lock());
            // As the reference writes it.
            serde_json::to_writer_pretty(&mut out, &ran.result).map_err(io::Error::from)?;
            out.write_all(b"\n")?;
            out.flush()?;
            if let Some(error) = ran.result.get("error").and_then(Json::as_str) {
                say(&format!("failed: {}", shown(error)));
            }
            Ok(if ran.failed {
                ExitCode::from(FAULT)
            } else if args.exit_on == Some(ExitOn::Execute) && ran.executes {
                ExitCode::from(FINDING)
            } else {
                ExitCode::SUCCESS
            })
        }
    }
}

fn print_json(outcome: &Outcome) -> Result<(), CliError> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    serde_json::to_writer(&mut out, outcome).map_err(io::Error::from)?;
    out.write_all(b"\n")?;
    out.flush()?;
    Ok(())
}

fn code(args: &Args, outcome: &Outcome) -> ExitCode {
    if is_failed(outcome) {
        ExitCode::from(FAULT)
    } else if args.exit_on == Some(ExitOn::Execute) && outcome.executes {
        ExitCode::from(FINDING)
    } else {
        ExitCode::SUCCESS
    }
}

/// A statement failed, or an alert did not arrive.
pub(super) fn is_failed(outcome: &Outcome) -> bool {
    let lost = outcome.alerts.iter().flat_map(|alert| &alert.deliveries).any(|delivery| !delivery.delivered);
    !outcome.success || lost
}

/// What a statement did: the statement, and its figures or why it failed.
pub(super) fn sentence(action: &Action) -> String {
    let keyword = match action.action {
        "query" => "FORAGE",
        "analyze" => "DIVE",
        "drift" => "DRIFT",
        "fetch" => "FETCH",
        "observe" => "PERCH",
        "monitor" => "LISTEN",
        "schedule" => "WAKE",
        "alert" => "CHIRP",
        "traceCascade" => "TRACE",
        "watch" => "WATCH",
        "recall" => "RECALL",
        "output" => "SURFACE",
        other => other,
    };
    let target = action.target.as_deref().map(|target| format!(" {target}")).unwrap_or_default();
    let parts = [Some(action.summary.as_str()), action.error.as_deref()];
    let what: Vec<&str> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    shown(&format!("{keyword}{target}: {}", what.join(": ")))
}

/// A line for each statement, then what a reader should know. One write: a run is short.
pub(super) fn summary(outcome: &Outcome) {
    use anstyle::{AnsiColor, Style};
    let color = |color: AnsiColor| Style::new().fg_color(Some(color.into()));
    let (good, bad, dim) = (color(AnsiColor::Green), color(AnsiColor::Red).bold(), Style::new().dimmed());
    let mut lines = Vec::new();
    for action in &outcome.actions {
        let (line, text) = (action.line, sentence(action));
        let (style, word) = if action.error.is_none() { (good, "ok") } else { (bad, "failed") };
        lines.push(format!("{style}{word:<6}{style:#}  {dim}{line:>4}{dim:#}  {text}"));
    }
    for note in &outcome.notes {
        lines.push(format!("{dim}note{dim:#}          {}", shown(note)));
    }
    for delivery in outcome.alerts.iter().flat_map(|alert| &alert.deliveries).filter(|delivery| !delivery.delivered) {
        let why = delivery.error.as_deref().unwrap_or("it was given up");
        lines.push(format!("{bad}failed{bad:#}        alert to {}: {}", shown(&delivery.sink), shown(why)));
    }
    // Said already where it is a statement's.
    if let Some(error) = &outcome.error
        && !outcome.actions.iter().any(|action| action.error.is_some())
    {
        lines.push(format!("{bad}failed{bad:#}        {}", shown(error)));
    }
    if !lines.is_empty() {
        say(&lines.join("\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_spans_are_read() {
        assert_eq!(time("2026-07-01").unwrap().to_string(), "2026-07-01T00:00:00Z");
        assert_eq!(time("2026-07-01T12:00:00+02:00").unwrap().to_string(), "2026-07-01T10:00:00Z");
        assert!(time("yesterday").is_err());
        assert_eq!(span("30s").unwrap(), Duration::from_secs(30));
        assert_eq!(span("5m").unwrap(), Duration::from_secs(300));
        for bad in ["", "30", "-3s", "0s", "soon"] {
            assert!(span(bad).is_err(), "{bad}");
        }
    }
}
