//! `weir cal check`: mistakes before anything runs.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;
use weir_cal::{
    diagnostic::{Diagnostic, Severity},
    edition::Edition,
};

use super::{data, engine, script::Script};
use crate::output::{CliError, CommandResult, FAULT, say};

/// Find mistakes in scripts before anything runs
///
/// Names that nothing produces, numbers out of range, dates that do not exist, branches that nothing reaches. Where data
/// are there, collections and fields that do not exist, and comparisons with the wrong type.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  weir cal check gap.cal
  weir cal check gap.cal --data evidence.db
  weir cal check --json scripts/*.cal | jq .diagnostics")]
pub(crate) struct Args {
    /// The scripts; `-` reads standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The data: a directory, a file or a database [default: $CAL_DATA_PATH, else `data` beside the script, else the
    /// script's directory]
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// Read the scripts in this edition: 2 or 1-compat
    #[arg(long, value_name = "EDITION")]
    edition: Option<Edition>,
    /// Print one JSON object for each script
    #[arg(long)]
    json: bool,
}

/// What `--json` prints. Fields may be added; those that are there keep their meaning.
#[derive(Serialize)]
struct Report<'r> {
    script: &'r str,
    edition: Edition,
    errors: usize,
    warnings: usize,
    diagnostics: Vec<Finding<'r>>,
}

#[derive(Serialize)]
struct Finding<'f> {
    #[serde(flatten)]
    diagnostic: &'f Diagnostic,
    /// From 1.
    line: usize,
    /// In characters, from 1.
    column: usize,
}

pub(crate) fn run(args: &Args) -> CommandResult {
    let mut faults = false;
    let mut out = anstream::stdout().lock();
    for file in &args.files {
        let script = match Script::read(file) {
            Ok(script) => script,
            Err(error) => {
                faults = true;
                crate::output::report(&error);
                continue;
            }
        };
        // Without data a script can be checked all the same; data that were named must be there.
        let source = match data::source(args.data.as_deref(), script.path.as_deref()) {
            Ok(source) => Some(source),
            Err(error) if args.data.is_some() => return Err(error),
            Err(_) => None,
        };
        let loaded = engine::checked(&script.text, args.edition, source.as_deref(), jiff::Timestamp::now());
        let (edition, found) = (loaded.edition, loaded.diagnostics);
        let count = |severity| found.iter().filter(|one| one.severity == severity).count();
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        faults |= errors > 0;
        if args.json {
            let diagnostics = found.iter().map(|diagnostic| placed(&script.text, diagnostic)).collect();
            let report = Report { script: &script.name, edition, errors, warnings, diagnostics };
            let text = serde_json::to_string(&report).map_err(|error| CliError::user(error.to_string()))?;
            writeln!(out, "{text}")?;
        } else {
            script.tell(&found);
            if errors + warnings > 0 {
                let plural = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
                let name = &script.name;
                say(&format!("{name}: {}, {}", plural(errors, "error"), plural(warnings, "warning")));
            }
        }
    }
    Ok(if faults { ExitCode::from(FAULT) } else { ExitCode::SUCCESS })
}

fn placed<'f>(text: &str, diagnostic: &'f Diagnostic) -> Finding<'f> {
    let (line, column) = place(text, diagnostic.span.start as usize);
    Finding { diagnostic, line, column }
}

/// Line and column of a byte.
pub(super) fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..text.floor_char_boundary(at.min(text.len()))).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}
