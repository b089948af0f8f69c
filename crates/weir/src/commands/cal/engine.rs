//! The way from a text to what is known about it and what it comes to. The only place that knows the editions apart.

use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use weir_cal::{
    ast::{self, Statement, StatementKind},
    check::check,
    diagnostic::{Diagnostic, Severity},
    edition::Edition,
    outcome::Outcome,
    run::Environment,
    sink::{self, Sink},
    source::Source,
    syntax::{self, Loaded},
};

use super::{
    compat,
    publish::{Nowhere, not_a_control},
    script::Script,
};
use crate::output::CliError;

/// Reads a text in its edition and checks it. Names are looked up in `source` where there is one.
pub(super) fn checked<'s>(
    text: &'s str,
    edition: Option<Edition>,
    source: Option<&dyn Source>,
    now: Timestamp,
) -> Loaded<'s> {
    let mut loaded = syntax::load(text, edition);
    if loaded.edition == Edition::Two && !has_errors(&loaded.diagnostics) {
        let found = check(&loaded.script, text, source, now);
        loaded.diagnostics.extend(found);
    }
    loaded
}

pub(super) fn has_errors(found: &[Diagnostic]) -> bool {
    found.iter().any(|one| one.severity == Severity::Error)
}

/// The text as it is written, and what is to be said about it; else what is wrong with it. With `fix`, what can be
/// mended is mended, and a script of the first edition becomes one of the default edition.
pub(super) fn written(text: &str, fix: bool) -> Result<(String, Vec<Diagnostic>), Vec<Diagnostic>> {
    if fix {
        return mended(text);
    }
    let loaded = syntax::load(text, None);
    if loaded.edition == Edition::Compat && !has_errors(&loaded.diagnostics) {
        // It is written in a form that does not exist in that edition: only `--fix` may do so.
        return Ok((text.to_owned(), loaded.diagnostics));
    }
    syntax::format(text).map(|written| (written, Vec::new()))
}

/// Mending one mistake can show another; a script with more layers of them is left to its author.
const ROUNDS: usize = 8;

fn mended(text: &str) -> Result<(String, Vec<Diagnostic>), Vec<Diagnostic>> {
    let first = match syntax::modernize(text) {
        Ok(written) => return Ok((written, Vec::new())),
        Err(found) => found,
    };
    let (mut now, mut found) = (text.to_owned(), first.clone());
    for _ in 0..ROUNDS {
        let Some(next) = with_fixes(&now, &found) else { break };
        match syntax::modernize(&next) {
            Ok(written) => {
                let mended = first.into_iter().filter(|one| one.fix.is_some());
                let remarks = mended.map(|one| Diagnostic { severity: Severity::Hint, ..one }).collect();
                return Ok((written, remarks));
            }
            Err(again) => (now, found) = (next, again),
        }
    }
    Err(first)
}

/// The text with the edits of the findings; nothing where no finding has one.
fn with_fixes(text: &str, found: &[Diagnostic]) -> Option<String> {
    let mut fixes: Vec<_> = found.iter().filter_map(|one| one.fix.as_ref()).collect();
    fixes.sort_by_key(|fix| (fix.span.start, fix.span.end));
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for fix in &fixes {
        let range = fix.span.range();
        // Of two that overlap, the first.
        if range.start < done {
            continue;
        }
        out.push_str(text.get(done..range.start)?);
        out.push_str(&fix.replacement);
        done = range.end;
    }
    out.push_str(text.get(done..)?);
    (!fixes.is_empty()).then_some(out)
}

/// The receivers of alerts: the console and those that were asked for.
pub(super) fn sinks(asked: &[String]) -> Result<Vec<Box<dyn Sink>>, CliError> {
    for file in asked.iter().filter_map(|spec| spec.strip_prefix("file:")) {
        not_a_control(Path::new(file)).map_err(CliError::user)?;
    }
    let others = asked.iter().map(String::as_str).filter(|spec| *spec != "console");
    std::iter::once("console")
        .chain(others)
        .map(|spec| sink::parse(spec).map_err(|error| CliError::user(error.to_string())))
        .collect()
}

/// What a run gave.
pub(super) enum Ran {
    /// The script was not run; why has been told.
    Refused,
    Two(Box<Outcome>),
    Compat(compat::Result),
}

/// Reads and checks a script; tells what is found. Nothing where it cannot run.
pub(super) fn loaded<'s>(
    script: &'s Script,
    edition: Option<Edition>,
    source: &dyn Source,
    now: Timestamp,
) -> Option<Loaded<'s>> {
    let loaded = checked(&script.text, edition, Some(source), now);
    script.tell(&loaded.diagnostics);
    (!has_errors(&loaded.diagnostics)).then_some(loaded)
}

/// Reads, checks and runs a script; tells what is found on the way.
pub(super) fn run(
    script: &Script,
    edition: Option<Edition>,
    environment: &mut Environment<'_>,
) -> Result<Ran, CliError> {
    let Some(loaded) = loaded(script, edition, environment.source, environment.now) else { return Ok(Ran::Refused) };
    Ok(match loaded.edition {
        Edition::Two => Ran::Two(Box::new(execute(&loaded.script, &script.text, environment)?)),
        Edition::Compat => Ran::Compat(compat::run(&script.text, environment)?),
    })
}

/// Runs a script of the default edition.
pub(super) fn execute(
    script: &ast::Script<'_>,
    text: &str,
    environment: &mut Environment<'_>,
) -> Result<Outcome, CliError> {
    weir_cal::run::run(script, text, environment).map_err(|error| CliError::user(error.to_string()))
}

/// What a text comes to where nobody hears its alerts and nothing is written; nothing where it cannot run.
pub(super) fn evaluate(text: &str, source: &dyn Source, time: Duration) -> Option<Outcome> {
    let loaded = syntax::load(text, None);
    if loaded.edition != Edition::Two || has_errors(&loaded.diagnostics) {
        return None;
    }
    let mut environment = Environment {
        source,
        now: Timestamp::now(),
        sinks: &mut [],
        publisher: &mut Nowhere,
        deadline: Instant::now().checked_add(time),
        script_name: None,
    };
    execute(&loaded.script, text, &mut environment).ok()
}

/// A text after another one whose statements have run already.
pub(super) struct Followed<'t> {
    before: &'t str,
    /// Both, for the places.
    pub(super) text: String,
    /// The second at its place, and blanks before it: read apart, so that no clause of it goes to a statement before.
    padded: String,
}

impl<'t> Followed<'t> {
    pub(super) fn new(before: &'t str, after: &str) -> Self {
        let blanks = |c: char| if c == '\n' { "\n" } else { "    ".get(..c.len_utf8()).unwrap_or_default() };
        let blank: String = before.chars().map(blanks).collect();
        Self { before, text: format!("{before}{after}"), padded: format!("{blank}{after}") }
    }

    /// The statements of both, those of the first as `again` has them.
    pub(super) fn script(&self, again: impl Fn(&Statement<'_>) -> bool) -> ast::Script<'_> {
        let mut statements = syntax::parse(self.before).script.statements;
        statements.retain(again);
        statements.iter_mut().for_each(silence);
        statements.extend(syntax::parse(&self.padded).script.statements);
        ast::Script { edition: Edition::Two, statements }
    }
}

/// Takes away what a statement sends and writes when it is run once more for its result.
fn silence(statement: &mut Statement<'_>) {
    match &mut statement.kind {
        StatementKind::Fetch(fetch) => fetch.actions.clear(),
        StatementKind::Recall(recall) => recall.surface = None,
        _ => {}
    }
}

/// A statement whose result others need: it is run once more with them.
pub(super) fn again(statement: &Statement<'_>) -> bool {
    matches!(
        statement.kind,
        StatementKind::Forage(_)
            | StatementKind::Dive(_)
            | StatementKind::Drift(_)
            | StatementKind::Fetch(_)
            | StatementKind::Trace(_)
            | StatementKind::Watch(_)
            | StatementKind::Recall(_)
    )
}
