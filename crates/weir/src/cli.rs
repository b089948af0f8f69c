//! The verbs of people.

use std::process::ExitCode;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Parser, Subcommand};

use crate::commands;
use crate::output::{CommandResult, report};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// The guardrail layer between AI coding agents and production
///
/// Weir intercepts what coding agents ask for, understands what it would really do, measures how much it would
/// destroy, decides by policy, and records it.
#[derive(Parser)]
#[command(name = "weir", version, styles = STYLES, max_term_width = 100, propagate_version = true)]
#[command(after_help = "Examples:
  weir init                         install the guard for the agents on this machine
  weir check 'rm -rf ~/Pictures'    what would Weir say of this command?
  weir log --verdict hold,deny      what was stopped
  weir hold                         what waits for a person
  weir undo                         take back what the last command destroyed

Exit codes: 0 fine, 1 a finding or a refusal, 2 wrong usage or a fault.
Everything is kept below $WEIR_HOME (default: the platform's state directory).")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Init(commands::init::Args),
    Check(commands::check::Args),
    Log(commands::log::Args),
    Show(commands::show::Args),
    Run(commands::run::Args),
    Undo(commands::undo::Args),
    CanUndo(commands::can_undo::Args),
    RestorePoints(commands::restore_points::Args),
    Hold(commands::hold::Args),
    Approve(commands::approve::Args),
    Reject(commands::reject::Args),
    Doctor(commands::doctor::Args),
    Policy(commands::policy::Args),
    Catalog(commands::catalog::Args),
    Replay(commands::replay::Args),
    Cal(commands::cal::Args),
    Uninstall(commands::uninstall::Args),
    Completions(commands::completions::Args),
    /// Answer one hook call of an agent (installed by `weir init`; reads the call from standard input)
    #[command(hide = true)]
    Hook {
        /// The agent's short name, then the event
        args: Vec<String>,
        /// Where Weir keeps its things
        #[arg(long)]
        home: Option<String>,
        /// Go by the account, not by the environment
        #[arg(long)]
        account: bool,
    },
}

/// Parses the command line and runs it.
pub(crate) fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(crate::output::FAULT) } else { ExitCode::SUCCESS };
        }
    };
    dispatch(cli.command).unwrap_or_else(|error| report(&error))
}

fn dispatch(command: Command) -> CommandResult {
    match command {
        Command::Init(args) => commands::init::run(&args),
        Command::Check(args) => commands::check::run(&args),
        Command::Log(args) => commands::log::run(&args),
        Command::Show(args) => commands::show::run(&args),
        Command::Run(args) => commands::run::run(&args),
        Command::Undo(args) => commands::undo::run(&args),
        Command::CanUndo(args) => commands::can_undo::run(&args),
        Command::RestorePoints(args) => commands::restore_points::run(&args),
        Command::Hold(args) => commands::hold::run(&args),
        Command::Approve(args) => commands::approve::run(&args),
        Command::Reject(args) => commands::reject::run(&args),
        Command::Doctor(args) => commands::doctor::run(&args),
        Command::Policy(args) => commands::policy::run(&args),
        Command::Catalog(args) => commands::catalog::run(&args),
        Command::Replay(args) => commands::replay::run(&args),
        Command::Cal(args) => commands::cal::run(&args),
        Command::Uninstall(args) => commands::uninstall::run(&args),
        Command::Completions(args) => commands::completions::run(&args),
        Command::Hook { args, .. } => Ok(crate::hook::run(&args)),
    }
}

/// The whole command line as clap knows it, for completions and the reference.
pub(crate) fn command() -> clap::Command {
    <Cli as clap::CommandFactory>::command()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::command().debug_assert();
    }
}
