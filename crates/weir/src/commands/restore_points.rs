//! `weir restore-points`: what is kept, and what it costs.

use std::io::Write as _;
use std::process::ExitCode;

use anstyle::Style;
use weir_model::say;
use weir_restore::{Point, Reason, Store};

use crate::output::{CliError, CommandResult, one_line, short_id, width};
use crate::{context, person, restore};

/// List what can be taken back, and until when; drop what is over its time
#[derive(clap::Args)]
#[command(after_help = "Examples:
  weir restore-points                  what is kept, newest first
  weir restore-points --json | jq -r 'select(.state == \"sealed\") | .id'
  weir restore-points --collect        drop what is over its time")]
pub(crate) struct Args {
    /// Drop points whose time is over and, where too much is kept, those that were taken back
    #[arg(long)]
    collect: bool,
    /// With --collect: where still too much is kept, drop points before their time too, oldest first; only for a person
    #[arg(long, requires = "collect")]
    before_their_time: bool,
    /// Print one JSON object per point
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> CommandResult {
    if args.collect { collect(args) } else { list(&restore::store()?, args.json) }
}

/// All points, newest first.
pub(crate) fn list(store: &Store, json: bool) -> CommandResult {
    let points = restore::list(store)?;
    let mut out = anstream::stdout().lock();
    if json {
        for point in &points {
            writeln!(out, "{}", restore::json(point))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    if points.is_empty() {
        writeln!(out, "Nothing is kept.")?;
        return Ok(ExitCode::SUCCESS);
    }
    for point in &points {
        line(&mut out, point)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn line(out: &mut impl std::io::Write, point: &Point) -> Result<(), CliError> {
    let (bold, dim) = (Style::new().bold(), Style::new().dimmed());
    let now = context::now();
    let made = point.made.to_string();
    let made = made.get(..16).unwrap_or(&made).replace('T', " ");
    let agent = point.info.agent.as_deref().unwrap_or("-");
    let holds = restore::holds(point);
    let room = width().saturating_sub(62).max(20);
    writeln!(
        out,
        "{bold}{}{bold:#}  {dim}{made}{dim:#}  {:<9} {:<8} {agent:<8} {}  {dim}[{holds}]{dim:#}",
        short_id(&point.id),
        restore::state(point),
        restore::left(point, now),
        one_line(&point.info.command, room),
    )?;
    Ok(())
}

fn collect(args: &Args) -> CommandResult {
    if args.before_their_time {
        // It breaks a promise, which is not for an agent or its scripts to do.
        let _person = person::at_terminal(weir_gate_hook::AGENTS).map_err(|why| {
            CliError::hint(
                format!("only a person can drop what is promised to stay: {why}"),
                "Open a terminal of your own, outside the agent, and run this there.",
            )
        })?;
    }
    let collected = context::guard()
        .collect_restore_points(args.before_their_time, context::now())
        .map_err(|error| CliError::user(error.to_string()))?;
    let mut out = anstream::stdout().lock();
    for dropped in &collected.dropped {
        let why = match dropped.reason {
            Reason::Expired => "its time was over",
            Reason::Undone => "it had been taken back",
            _ => "before its time",
        };
        if args.json {
            writeln!(out, "{}", serde_json::json!({ "dropped": dropped.id, "why": why, "bytes": dropped.bytes }))?;
        } else {
            writeln!(out, "dropped {}  {} ({why})", short_id(&dropped.id), say::bytes(dropped.bytes))?;
        }
    }
    if !args.json {
        writeln!(out, "{} dropped; {} are kept", collected.dropped.len(), say::bytes(collected.kept))?;
    }
    Ok(ExitCode::SUCCESS)
}
