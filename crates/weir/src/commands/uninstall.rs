//! `weir uninstall`: take every hook away again.

use std::io::Write as _;
use std::process::ExitCode;

use weir_gate_hook::install::{Level, Status, apply, inspect, plan_uninstall};
use weir_guard::Guard;
use weir_model::Entry;

use crate::output::{CliError, CommandResult, FINDING, say};
use crate::{context, setup};

/// Take the guard away from the agents of this machine
///
/// Settings files become what they would be if Weir had never been there. The ledger and your own policies stay, unless
/// you say --purge.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  weir uninstall --dry-run       what would be changed
  weir uninstall --agent codex   only this agent
  sudo weir uninstall --managed  only the settings of the machine")]
pub(crate) struct Args {
    /// Only these agents
    #[arg(long, value_name = "NAME")]
    agent: Vec<String>,
    /// Only the machine-wide settings
    #[arg(long)]
    managed: bool,
    /// Show what would be changed, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Remove the ledger and your own policies too
    #[arg(long, conflicts_with_all = ["agent", "managed"])]
    purge: bool,
}

pub(crate) fn run(args: &Args) -> CommandResult {
    let roots = setup::roots()?;
    if args.managed && !args.dry_run {
        setup::require_root("uninstall")?;
    }
    let config = context::config(roots.weir_home.clone());
    let mut note = setup::read_note(&config.paths)?;
    let here = std::env::current_dir().unwrap_or_default();
    let mut out = anstream::stdout().lock();
    let mut failed = 0usize;
    let mut taken = Vec::new();
    let levels: &[Level] = if args.managed { &[Level::Managed] } else { &[Level::User, Level::Managed] };
    for agent in setup::agents(&args.agent)? {
        for level in levels {
            let noted = note.installed().iter().any(|(name, at)| name == agent.name() && at == level);
            let there = matches!(inspect(agent, *level, &roots, &here), Ok(Status::On | Status::SilentlyOff { .. }));
            if !noted && !there {
                continue;
            }
            let plan = match plan_uninstall(agent, *level, &roots, &note) {
                Ok(plan) => plan,
                Err(error) => {
                    failed += 1;
                    say(&format!("{}: left as it is: {error}", agent.name()));
                    continue;
                }
            };
            for change in &plan.changes {
                super::init::show_change(&mut out, change, args.dry_run)?;
            }
            if args.dry_run {
                continue;
            }
            match apply(&plan.changes) {
                Ok(()) => {
                    note = plan.note;
                    setup::write_note(&config.paths, &note)?;
                    writeln!(out, "{}: hooks removed", agent.name())?;
                    taken.push(agent.name());
                }
                Err(error) => {
                    failed += 1;
                    say(&format!("{}: {error}", agent.name()));
                }
            }
        }
    }
    if args.dry_run {
        writeln!(out, "Nothing was changed.")?;
        return Ok(ExitCode::SUCCESS);
    }
    if taken.is_empty() && failed == 0 {
        writeln!(out, "No hooks of Weir are installed.")?;
    }
    if args.purge {
        return purge(&config, failed);
    }
    if !taken.is_empty() {
        let what = format!("the guard was taken away from {}", taken.join(", "));
        let noted = Guard::new(config.clone()).note(Entry::Configured { what }, context::now());
        noted.map_err(|error| CliError::user(error.to_string()))?;
        say(&format!("The ledger and your policies stay in {} (--purge removes them).", config.paths.home().display()));
    }
    if note.is_empty() && failed == 0 {
        for dir in [config.paths.compiled(), config.paths.holds(), config.paths.sessions()] {
            let _ = std::fs::remove_dir_all(dir);
        }
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(FINDING) })
}

fn purge(config: &weir_guard::Config, failed: usize) -> CommandResult {
    if failed > 0 {
        return Err(CliError::user("nothing was purged, because some hooks could not be removed"));
    }
    let home = config.paths.home();
    match std::fs::remove_dir_all(home) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(CliError::user(format!("`{}` cannot be removed: {error}", home.display())))
        }
        _ => {
            say(&format!("{} is removed.", home.display()));
            Ok(ExitCode::SUCCESS)
        }
    }
}
