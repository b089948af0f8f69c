//! `weir cal explain`: where a number comes from.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use weir_cal::edition::Edition;

use super::{engine, publish::Nowhere, run::Input, script::Script};
use crate::output::{CliError, CommandResult, FAULT, shown};

/// Say where a number comes from: its formula, and the fields behind it
///
/// Runs the script for it, and sends and writes nothing.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  weir cal explain gap.cal D5              the score of each entity in Quality
  weir cal explain gap.cal fetch           the decision
  weir cal explain gap.cal guardrail_gap   a result by its name
  weir cal explain gap.cal chirp --json")]
pub(crate) struct Args {
    /// The script; `-` reads standard input
    file: PathBuf,
    /// `D1` to `D6`, `chirp`, `drift`, `fetch`, or the name of a result
    what: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    input: Input,
}

pub(crate) fn run(args: &Args) -> CommandResult {
    let script = Script::read(&args.file)?;
    let source = args.input.source(&script)?;
    let mut publisher = Nowhere;
    let environment = args.input.environment(&script, source.as_ref(), &mut [], &mut publisher);
    let Some(loaded) = engine::loaded(&script, args.input.edition, source.as_ref(), environment.now) else {
        return Ok(ExitCode::from(FAULT));
    };
    if loaded.edition != Edition::Two {
        return Err(CliError::hint(
            format!("a script of edition {} cannot be explained", loaded.edition),
            "`weir cal fmt --fix` writes it in edition 2.",
        ));
    }
    let explanation = weir_cal::run::explain(&loaded.script, &script.text, &environment, &args.what)
        .map_err(|error| CliError::user(error.to_string()))?;
    let mut out = anstream::stdout().lock();
    if args.json {
        let text = serde_json::to_string(&explanation).map_err(|error| CliError::user(error.to_string()))?;
        writeln!(out, "{text}")?;
    } else {
        out.write_all(shown(&explanation.to_string()).as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}
