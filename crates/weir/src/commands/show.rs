//! `weir show ID`: one record with everything that is known of it.

use std::io::Write as _;
use std::process::ExitCode;

use anstyle::Style;
use weir_ledger::{Found, Reader};
use weir_model::Entry;

use crate::context;
use crate::output::{CliError, CommandResult, shown};

/// Show one action: what was asked, what it would have done, what was decided and how it ended
#[derive(clap::Args)]
#[command(after_help = "Examples:
  weir show 6ca7f028             the id as `weir log` prints it
  weir show 6ca7f028 --json | jq .record.judgement.effects")]
pub(crate) struct Args {
    /// The beginning or the end of an id, as `weir log` prints it
    id: String,
    /// Print the record as the ledger keeps it
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> CommandResult {
    let dir = context::config(context::weir_home()).paths.ledger();
    let reader = Reader::open(&dir).map_err(|error| CliError::hint(error.to_string(), "`weir doctor` says more."))?;
    let found = reader.find(&args.id).map_err(|error| CliError::user(error.to_string()))?;
    let record = match found {
        Found::One(record) => *record,
        Found::None => {
            return Err(CliError::hint(
                format!("no record's id is or ends in `{}`", args.id),
                "`weir log` lists them.",
            ));
        }
        Found::Many(n) => {
            return Err(CliError::user(format!("{n} records have an id like `{}`: give more of it", args.id)));
        }
    };
    let mut out = anstream::stdout().lock();
    let outcome = reader.outcome_of(&record);
    if args.json {
        let text = serde_json::json!({ "record": record, "outcome": outcome });
        writeln!(out, "{text:#}")?;
        return Ok(ExitCode::SUCCESS);
    }
    let dim = Style::new().dimmed();
    let Entry::Judged { action, judgement } = &record.entry else {
        writeln!(out, "{}\n{}", record.at, shown(&super::log::describe(&record.entry)))?;
        return Ok(ExitCode::SUCCESS);
    };
    super::check::describe(&mut out, &action.summary(), judgement)?;
    writeln!(out)?;
    let mut field = |name: &str, value: String| writeln!(out, "  {dim}{name:<8}{dim:#} {}", shown(&value));
    field("action", action.id.to_string())?;
    field("asked", format!("{} by {} for {}", action.at, action.agent.name, action.agent.principal))?;
    field("tool", action.tool.clone())?;
    field("in", format!("{} on {}", action.cwd.display(), action.host))?;
    if let Some(session) = &action.agent.session {
        field("session", session.clone())?;
    }
    if let Some(hold) = judgement.hold {
        field("hold", hold.to_string())?;
    }
    if let Some(point) = judgement.restore_point {
        field("kept", format!("restore point {point}"))?;
    }
    let programs = crate::run::programs_of(action.id);
    if programs.exists() {
        field("started", format!("the programs listed in {}", programs.display()))?;
    }
    if let Some(hold) = judgement.approved_by {
        field("consent", format!("hold {hold}"))?;
    }
    for pin in &judgement.pins {
        field("read", format!("{} (sha256 {})", pin.path.display(), pin.sha256))?;
    }
    field(
        "judged",
        format!("in {} µs, by policy {}", judgement.took_us, short(&judgement.policy_version.to_string())),
    )?;
    if let Some(outcome) = outcome {
        field("outcome", super::log::describe(&Entry::Settled { outcome }))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn short(text: &str) -> &str {
    text.get(..12).unwrap_or(text)
}
