//! `weir replay`: the documented incidents against the real guard.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anstyle::Style;

use crate::output::{CliError, CommandResult, FINDING};
use crate::replay::{INCIDENTS, Incident, World, report};

/// Replay documented incidents against the real guard, on real files in a scratch directory
///
/// Each step of a scenario goes through the same hook call that a real agent makes. What the guard lets through really
/// runs, inside the scratch directory; what it stops is run in an unguarded copy, to count what it would have destroyed.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  weir replay                    all incidents
  weir replay family-photos      one of them
  weir replay --dir incidents    scenarios from a directory
  weir replay --list")]
pub(crate) struct Args {
    /// Only these incidents
    names: Vec<String>,
    /// List the incidents, and run none
    #[arg(long)]
    list: bool,
    /// Print one JSON object per step
    #[arg(long)]
    json: bool,
    /// Take the scenarios from this directory instead of the built-in ones
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Fail where a step cannot be played, for want of a program that it needs
    #[arg(long)]
    complete: bool,
    /// Keep the scratch directory and say where it is
    #[arg(long)]
    keep: bool,
}

pub(crate) fn run(args: &Args) -> CommandResult {
    let incidents = select(args)?;
    let mut out = anstream::stdout().lock();
    if args.list {
        for incident in &incidents {
            writeln!(out, "{:<24} {}", incident.name, incident.title)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let (mut missed, mut skipped) = (0usize, 0usize);
    for incident in &incidents {
        if !args.json {
            report::heading(&mut out, incident)?;
        }
        let world = World::build(incident, args.keep)?;
        for step in &incident.steps {
            if let Some(why) = world.lacks(step) {
                skipped += 1;
                if args.json {
                    writeln!(out, "{}", report::not_played_json(incident, step, &why))?;
                } else {
                    report::not_played(&mut out, step, &why)?;
                }
                continue;
            }
            let result = world.play(incident, step)?;
            missed += usize::from(!result.as_expected);
            if args.json {
                writeln!(out, "{}", report::json(incident, step, &result))?;
            } else {
                report::step(&mut out, step, &result)?;
            }
            out.flush()?;
        }
        if let Some(kept) = world.kept() {
            crate::output::say(&format!("kept: {}", kept.display()));
        }
    }
    if !args.json {
        let style =
            if missed == 0 { Style::new().bold() } else { crate::output::verdict_style(weir_model::Verdict::Deny) };
        let steps: usize = incidents.iter().map(|incident| incident.steps.len()).sum();
        let not_played = if skipped > 0 { format!(", {skipped} NOT PLAYED") } else { String::new() };
        writeln!(
            out,
            "\n{style}{steps} steps of {} incidents, {missed} not as they should be{not_played}{style:#}",
            incidents.len()
        )?;
    }
    if args.json && skipped > 0 {
        crate::output::say(&format!("weir: {skipped} steps were NOT PLAYED, for want of what they need"));
    }
    Ok(if missed == 0 && !(args.complete && skipped > 0) { ExitCode::SUCCESS } else { ExitCode::from(FINDING) })
}

fn select(args: &Args) -> Result<Vec<Incident>, CliError> {
    let all: Vec<Incident> = match &args.dir {
        Some(dir) => Incident::from_dir(dir)?,
        None => INCIDENTS.iter().map(|(name, text)| Incident::parse(name, text)).collect::<Result<_, _>>()?,
    };
    if args.names.is_empty() {
        return Ok(all);
    }
    let known = all.iter().map(|incident| incident.name.clone()).collect::<Vec<_>>().join(", ");
    args.names
        .iter()
        .map(|name| {
            all.iter()
                .find(|incident| incident.name == *name)
                .cloned()
                .ok_or_else(|| CliError::hint(format!("there is no incident `{name}`"), format!("There are: {known}.")))
        })
        .collect()
}
