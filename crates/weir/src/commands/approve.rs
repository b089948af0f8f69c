//! `weir approve ID`: a person's consent.

use std::io::{BufRead as _, Write as _};
use std::process::ExitCode;

use weir_guard::GuardError;

use crate::output::{CliError, CommandResult, FINDING, say, shown};
use crate::{context, person};

/// Let a held action through, once
///
/// Only from a terminal in which no agent runs. The consent is bound to exactly this action, its directory and the
/// policy as it is now; it is used up by the next try of the agent, and it expires.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  weir hold                      what waits, with the ids
  weir approve 01a21080-8bc7     the first characters are enough where they are clear")]
pub(crate) struct Args {
    /// The hold's id, or its first characters
    id: String,
}

pub(crate) fn run(args: &Args) -> CommandResult {
    let person = require_person()?;
    let guard = context::guard();
    let state = guard.holds().find(&args.id, context::now()).map_err(explain)?;
    super::hold::describe(&mut anstream::stderr().lock(), &state, context::now())?;
    say("");
    say(&shown(&state.hold.summary));
    write!(anstream::stderr().lock(), "\nLet this run once? Type yes: ")?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    if line.trim() != "yes" {
        say("Not approved; it still waits. `weir reject` takes it off the list.");
        return Ok(ExitCode::from(FINDING));
    }
    let state = guard.approve(&args.id, &person.name, &person.terminal, context::now()).map_err(explain)?;
    let missing = (state.hold.approvals_needed as usize).saturating_sub(state.approvals.len());
    if missing == 0 {
        say("Approved. The agent can try the same action again.");
    } else {
        say(&format!("Recorded. {missing} more must approve, with an account of their own."));
    }
    Ok(ExitCode::SUCCESS)
}

/// The person at this terminal, or why there is none.
pub(crate) fn require_person() -> Result<person::Person, CliError> {
    person::at_terminal(weir_gate_hook::AGENTS).map_err(|why| {
        CliError::hint(
            format!("only a person can answer a hold: {why}"),
            "Open a terminal of your own, outside the agent, and run this there.",
        )
    })
}

pub(crate) fn explain(error: GuardError) -> CliError {
    match error {
        GuardError::NoSuchHold(_) | GuardError::AmbiguousHold(_) => {
            CliError::hint(error.to_string(), "`weir hold` lists what waits.")
        }
        other => CliError::user(other.to_string()),
    }
}
