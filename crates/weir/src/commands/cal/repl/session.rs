//! What was entered so far, and what it came to.

use std::io::{self, Write as _};
use std::path::Path;

use jiff::Timestamp;
use weir_cal::{
    check::check,
    diagnostic::{Diagnostic, Severity},
    outcome::{Outcome, Output},
    run::Environment,
    source::Source,
    syntax,
};

use crate::commands::cal::{data, engine, publish::Published, run, script};
use crate::output::{CliError, report, shown};

/// The commands, with what they do.
pub(super) const COMMANDS: [(&str, &str); 6] = [
    (".help", "this list"),
    (".load FILE", "run a script as if it had been typed"),
    (".data [PATH]", "read the data there from now on; without a path, list the collections"),
    (".results", "the results so far"),
    (".reset", "forget the results"),
    (".quit", "leave; so does the end of the input"),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Next,
    Quit,
}

pub(super) struct Session {
    pub(super) source: Box<dyn Source>,
    /// What was entered and succeeded.
    accepted: String,
    /// What it came to.
    pub(super) outcome: Option<Outcome>,
    /// Something went wrong.
    pub(super) failed: bool,
}

impl Session {
    pub(super) fn new(path: Option<&Path>) -> Result<Self, CliError> {
        let source = data::source(path, None)?;
        Ok(Self { source, accepted: String::new(), outcome: None, failed: false })
    }

    /// Takes an entry: a command, or statements. What is wrong with it is told, and the session goes on.
    pub(super) fn take(&mut self, entry: &str) -> Result<Flow, CliError> {
        let trimmed = entry.trim();
        let done = match trimmed.strip_prefix('.') {
            Some(command) => self.command(command),
            None => self.statements("entry", entry).map(|()| Flow::Next),
        };
        match done {
            Err(CliError::ClosedPipe) => Err(CliError::ClosedPipe),
            Err(error) => {
                self.failed = true;
                report(&error);
                Ok(Flow::Next)
            }
            Ok(flow) => Ok(flow),
        }
    }

    fn command(&mut self, command: &str) -> Result<Flow, CliError> {
        let (name, argument) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
        let argument = argument.trim();
        let mut out = anstream::stdout().lock();
        match name {
            "help" => {
                for (command, text) in COMMANDS {
                    writeln!(out, "{command:<14} {text}")?;
                }
                writeln!(out, "\nA statement ends with an empty line, or where nothing more can follow.")?;
            }
            "load" if argument.is_empty() => return Err(CliError::user("`.load` needs the name of a file")),
            "load" => {
                let script = script::Script::read(Path::new(argument))?;
                drop(out);
                self.statements(&script.name, &script.text)?;
            }
            "data" if argument.is_empty() => {
                writeln!(out, "{}", shown(&self.source.place()))?;
                let names = self.source.collections().map_err(|error| CliError::user(error.to_string()))?;
                for name in names {
                    writeln!(out, "  {}", shown(&name))?;
                }
            }
            "data" => {
                self.source = data::source(Some(Path::new(argument)), None)?;
                self.reset();
            }
            "results" => {
                for (name, output) in self.outcome.iter().flat_map(|outcome| &outcome.outputs) {
                    writeln!(out, "{:<24} {}", shown(name), kind(output))?;
                }
            }
            "reset" => self.reset(),
            "quit" | "exit" => return Ok(Flow::Quit),
            _ => {
                return Err(CliError::hint(format!("there is no command `.{}`", shown(name)), "`.help` lists them."));
            }
        }
        Ok(Flow::Next)
    }

    fn reset(&mut self) {
        self.accepted.clear();
        self.outcome = None;
    }

    /// Runs statements after those before, whose alerts and documents are not sent again.
    fn statements(&mut self, name: &str, entry: &str) -> Result<(), CliError> {
        let parsed = syntax::parse(entry);
        if told(name, entry, &parsed.diagnostics) {
            self.failed = true;
            return Ok(());
        }
        if parsed.script.statements.is_empty() {
            return Ok(());
        }
        let followed = engine::Followed::new(&self.accepted, entry);
        let (script, whole) = (followed.script(engine::again), followed.text.clone());
        let now = Timestamp::now();
        let found = check(&script, &whole, Some(self.source.as_ref()), now);
        if told(name, entry, &moved(found, self.accepted.len())) {
            self.failed = true;
            return Ok(());
        }
        let mut published = Published::new(".".into(), true);
        let mut environment = Environment {
            source: self.source.as_ref(),
            now,
            sinks: &mut engine::sinks(&[])?,
            publisher: &mut published,
            deadline: None,
            script_name: None,
        };
        let outcome = engine::execute(&script, &whole, &mut environment)?;
        if published.closed {
            return Err(CliError::ClosedPipe);
        }
        let first_line = u32::try_from(self.accepted.matches('\n').count()).unwrap_or(u32::MAX);
        let told = self.outcome.as_ref().map_or(&[] as &[String], |before| &before.notes);
        show(&outcome, first_line, told)?;
        if run::is_failed(&outcome) {
            self.failed = true;
        }
        if outcome.success {
            self.accepted = whole;
            self.accepted.push('\n');
            self.outcome = Some(outcome);
        }
        Ok(())
    }
}

/// Findings in the new part, with places in it.
fn moved(found: Vec<Diagnostic>, by: usize) -> Vec<Diagnostic> {
    let by = u32::try_from(by).unwrap_or(u32::MAX);
    let new = found.into_iter().filter(|one| one.span.start >= by);
    new.map(|mut one| {
        one.span.start -= by;
        one.span.end = one.span.end.saturating_sub(by);
        one
    })
    .collect()
}

/// Tells what was found, and whether it keeps the entry from running.
fn told(name: &str, text: &str, found: &[Diagnostic]) -> bool {
    script::tell(name, text, found);
    found.iter().any(|one| one.severity == Severity::Error)
}

/// What the new statements came to.
fn show(outcome: &Outcome, first_line: u32, told: &[String]) -> Result<(), CliError> {
    let mut out = anstream::stdout().lock();
    for action in outcome.actions.iter().filter(|action| action.line > first_line) {
        match &action.error {
            None => writeln!(out, "{}", run::sentence(action))?,
            Some(_) => crate::output::say(&format!("failed: {}", run::sentence(action))),
        }
    }
    for note in outcome.notes.iter().filter(|note| !told.contains(note)) {
        crate::output::say(&format!("note: {}", shown(note)));
    }
    out.flush().map_err(|error: io::Error| error.into())
}

fn kind(output: &Output) -> String {
    match output {
        Output::Foraged(found) => format!("{} of `{}`", found.count, shown(&found.target)),
        Output::Drift(drift) => format!("drift {}", drift.drift),
        Output::Fetch(fetch) => format!("fetch {}: {}", fetch.fetch_score, fetch.level.keyword()),
        Output::Trace(trace) => format!("{} cascades", trace.pathways.len()),
        Output::Recall(recall) => format!("{} of {} fired", recall.triggers_fired, recall.triggers_total),
    }
}
