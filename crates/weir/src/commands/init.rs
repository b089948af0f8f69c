//! `weir init`: install the hooks, put the policy in force, prove that the hooks fire.

use std::io::Write;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use weir_gate_hook::install::{FileChange, Level, apply, detect, plan_install};
use weir_guard::{Guard, PolicyState};
use weir_model::Entry;

use crate::canary::Proof;
use crate::output::{CliError, CommandResult, FINDING, say};
use crate::{context, setup};

/// Install the guard for the agents on this machine
///
/// Adds Weir's hooks to each agent's settings without touching anything else there, puts the policy in force, and
/// proves with a harmless canary that each hook really fires. Doing it again changes nothing. `weir uninstall` takes it
/// all back.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  weir init --dry-run            what would be changed
  weir init --agent claude       only this agent
  sudo weir init --managed       settings of the machine, which agents cannot switch off")]
pub(crate) struct Args {
    /// Only these agents, whether they are found or not
    #[arg(long, value_name = "NAME")]
    agent: Vec<String>,
    /// Write the machine-wide settings, which neither a repository nor an agent can switch off (needs root)
    #[arg(long)]
    managed: bool,
    /// Show what would be changed, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not start the real clients to prove that their hooks fire
    #[arg(long)]
    no_canary: bool,
}

pub(crate) fn run(args: &Args) -> CommandResult {
    let roots = setup::roots()?;
    let level = if args.managed { Level::Managed } else { Level::User };
    let agents = setup::agents(&args.agent)?;
    let found: Vec<_> = agents
        .into_iter()
        .filter(|agent| !args.agent.is_empty() || detect(*agent, &roots, &setup::path_dirs()))
        .collect();
    if found.is_empty() {
        return Err(CliError::hint(
            "no agent was found on this machine",
            "Name one with --agent to install its hooks all the same.",
        ));
    }
    if args.managed && !args.dry_run {
        setup::require_root("init")?;
    }
    if args.managed && setup::is_replaceable(&roots.weir_binary) {
        say(&format!(
            "warning: others than root can replace `{}`, and with it the guard; put it where only root may write \
             (`sudo install -m 755 {} /usr/local/bin/weir`) and run `sudo /usr/local/bin/weir init --managed`",
            roots.weir_binary.display(),
            roots.weir_binary.display()
        ));
    }
    let config = context::config(roots.weir_home.clone());
    let mut note = setup::read_note(&config.paths)?;
    let mut out = anstream::stdout().lock();
    if !args.dry_run {
        setup::make_home(&config.paths)?;
        let policy = PolicyState::rebuild(&config, &std::env::current_dir().unwrap_or_default());
        for warning in &policy.warnings {
            say(&format!("warning: {warning}"));
        }
        writeln!(out, "{} policies are in force", policy.engine.policies().len())?;
    }
    let mut failed = 0usize;
    let mut installed = Vec::new();
    for agent in found {
        let name = agent.name();
        let plan = match plan_install(agent, level, &roots, &note) {
            Ok(plan) => plan,
            Err(error) => {
                failed += 1;
                say(&format!("{name}: left as it is: {error}"));
                continue;
            }
        };
        if plan.changes.is_empty() {
            writeln!(out, "{name}: the hooks are there already")?;
            installed.push(agent);
            continue;
        }
        for change in &plan.changes {
            show_change(&mut out, change, args.dry_run)?;
        }
        if args.dry_run {
            continue;
        }
        // The note goes first: a crash in between must leave something to undo from.
        setup::write_note(&config.paths, &plan.note)?;
        match apply(&plan.changes) {
            Ok(()) => {
                note = plan.note;
                let what = format!("the guard was installed for {name}");
                let noted = Guard::new(config.clone()).note(Entry::Configured { what }, context::now());
                noted.map_err(|error| CliError::user(error.to_string()))?;
                writeln!(out, "{name}: hooks installed")?;
                installed.push(agent);
            }
            Err(error) => {
                failed += 1;
                say(&format!("{name}: {error}"));
            }
        }
    }
    if args.dry_run {
        writeln!(out, "Nothing was changed.")?;
    } else if !args.no_canary {
        for agent in installed {
            say(&format!("{}: starting the client to see its hook fire …", agent.name()));
            failed += usize::from(show_proof(&mut out, agent.name(), &setup::fire(agent, &roots))?);
        }
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(FINDING) })
}

/// Prints what a canary found. True where the hook did not fire.
pub(crate) fn show_proof(out: &mut impl Write, name: &str, proof: &Proof) -> Result<bool, CliError> {
    let good = Style::new().bold().fg_color(Some(AnsiColor::Green.into()));
    let bad = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    match proof {
        Proof::Fired { harmless_ran: true } => writeln!(out, "{name}: {good}on{good:#}, the canary was stopped")?,
        Proof::Fired { harmless_ran: false } => {
            writeln!(
                out,
                "{name}: {good}on{good:#}, the canary was stopped; a harmless deletion beside it did not run either"
            )?;
        }
        Proof::DidNotFire { why } => {
            writeln!(out, "{name}: {bad}silently off{bad:#}, the canary was not stopped: {why}")?
        }
        Proof::Inconclusive { why } => writeln!(out, "{name}: installed; the canary proved nothing: {why}")?,
        Proof::Unsupported { why } => writeln!(out, "{name}: installed; no canary: {why}")?,
    }
    Ok(matches!(proof, Proof::DidNotFire { .. }))
}

/// What happens to one file, with the lines that differ.
pub(crate) fn show_change(out: &mut impl Write, change: &FileChange, lines: bool) -> Result<(), CliError> {
    let word = match (&change.before, &change.after) {
        (None, _) => "create",
        (_, None) => "remove",
        _ => "change",
    };
    writeln!(out, "{word} {} ({})", change.path.display(), change.why)?;
    if !lines {
        return Ok(());
    }
    let text = |bytes: &Option<Vec<u8>>| String::from_utf8_lossy(bytes.as_deref().unwrap_or_default()).into_owned();
    let (before, after) = (text(&change.before), text(&change.after));
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let head = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
    let left = before.len().min(after.len()) - head;
    let tail = before.iter().rev().zip(after.iter().rev()).take(left).take_while(|(a, b)| a == b).count();
    for (sign, lines) in [('-', &before), ('+', &after)] {
        for line in lines.get(head..lines.len() - tail).unwrap_or_default() {
            writeln!(out, "  {sign} {line}")?;
        }
    }
    Ok(())
}
