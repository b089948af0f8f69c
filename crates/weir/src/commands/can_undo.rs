//! `weir can-undo ID`: whether it can be taken back, with the evidence.

use std::io::Write as _;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use weir_model::Timestamp;
use weir_restore::State;

use crate::output::{CommandResult, FINDING, short_id, shown};
use crate::{context, restore};

/// Say whether something can be taken back, with the evidence
///
/// Looks at what is kept instead of guessing, so that neither an agent nor a tired person has to say from memory what can
/// be recovered. Changes nothing.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  weir can-undo 6ca7f028      the id of a restore point or of an action, as `weir undo --list` and `weir log` print it

Exit codes: 0 yes, 1 no, 2 wrong usage or a fault.")]
pub(crate) struct Args {
    /// The restore point or the action: the beginning or the end of its id
    id: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> CommandResult {
    let store = restore::store()?;
    let point = restore::find(&store, &args.id)?;
    let answer = store.can_undo(&point);
    let now = context::now();
    let yes = answer.possible && matches!(point.state, State::Sealed | State::Open);
    let mut out = anstream::stdout().lock();
    if args.json {
        let text = serde_json::json!({
            "point": restore::json(&point),
            "can_undo": yes,
            "verified": answer.verified,
            "evidence": answer.evidence,
            "looked": now,
        });
        writeln!(out, "{text:#}")?;
    } else {
        let (word, color) = if yes { ("yes", AnsiColor::Green) } else { ("no", AnsiColor::Red) };
        let style = Style::new().bold().fg_color(Some(color.into()));
        let verified = if answer.verified { "verified" } else { "not verified" };
        let what =
            format!("{}, {verified} {}, {}", restore::holds(&point), clock(now), until(point.expires, point.state));
        writeln!(out, "{style}{word}{style:#}  {what}")?;
        writeln!(out, "  {}", shown(&answer.evidence))?;
        if yes {
            writeln!(out, "  take it back with: weir undo {}", short_id(&point.id))?;
        }
    }
    Ok(if yes { ExitCode::SUCCESS } else { ExitCode::from(FINDING) })
}

/// The time of day at which something was looked at, in UTC.
fn clock(at: Timestamp) -> String {
    let text = at.to_string();
    format!("{} UTC", text.get(11..16).unwrap_or(&text))
}

fn until(expires: Timestamp, state: State) -> String {
    let text = expires.to_string();
    match state {
        State::Undone => "taken back already".to_owned(),
        State::Expired => format!("expired on {}", text.get(..10).unwrap_or(&text)),
        _ => format!("until {}", text.get(..16).unwrap_or(&text).replace('T', " ")),
    }
}
