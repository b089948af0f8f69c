//! `weir hold`: what waits for a person.

use std::io::Write as _;
use std::process::ExitCode;

use anstyle::Style;
use weir_guard::HoldState;
use weir_model::Timestamp;

use crate::context;
use crate::output::{CliError, CommandResult, one_line, shown, width};

/// List what waits for a person
///
/// Answer with `weir approve ID` or `weir reject ID`, in a terminal of your own.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  weir hold
  weir hold --json | jq -r .hold.summary")]
pub(crate) struct Args {
    /// Print one JSON object per hold
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> CommandResult {
    let now = context::now();
    let waiting = context::guard().holds().waiting(now);
    let mut out = anstream::stdout().lock();
    if args.json {
        for state in &waiting {
            let text = serde_json::json!({ "hold": state.hold, "approvals": state.approvals });
            writeln!(out, "{text}")?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    if waiting.is_empty() {
        writeln!(out, "Nothing waits.")?;
    }
    for state in &waiting {
        describe(&mut out, state, now)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// One hold for people.
pub(crate) fn describe(out: &mut impl std::io::Write, state: &HoldState, now: Timestamp) -> Result<(), CliError> {
    let bold = Style::new().bold();
    let dim = Style::new().dimmed();
    let hold = &state.hold;
    let left = hold.expires.as_second().saturating_sub(now.as_second()).max(0);
    writeln!(out, "{bold}{}{bold:#}  {}", hold.id, one_line(&hold.summary, width().saturating_sub(40).max(30)))?;
    writeln!(out, "  {dim}asked by{dim:#} {} in {}", shown(&hold.agent), shown(&hold.cwd.to_string_lossy()))?;
    writeln!(out, "  {dim}why{dim:#}      {}", shown(&hold.reason))?;
    writeln!(
        out,
        "  {dim}answers{dim:#}  {} of {} approvals; expires in {} min {} s",
        state.approvals.len(),
        hold.approvals_needed,
        left / 60,
        left % 60
    )?;
    Ok(())
}
