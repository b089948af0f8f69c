//! `weir cal`: the tools of CAL, the Cascade Analysis Language. One file per command.

mod check;
mod compat;
mod data;
mod engine;
mod explain;
mod fmt;
mod lsp;
mod publish;
mod repl;
mod run;
mod script;
mod watch;

use crate::output::CommandResult;

/// Check, format, run and explain diagnoses in CAL, the Cascade Analysis Language
///
/// A script finds entities in evidence, scores them in six dimensions, measures the gap between what is said and what is
/// done, decides, and acts.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  weir cal run gap.cal                        run a diagnosis over the data beside it
  weir cal run gap.cal --exit-on execute      for CI: exit with 1 when the decision is to act
  weir cal check gap.cal                      find mistakes before anything runs
  weir cal fmt gap.cal                        write it in the one way in which scripts are written
  weir cal explain gap.cal D5                 which inputs made this score?
  weir cal repl --data evidence               try things out

Exit codes: 0 fine, 1 a finding, 2 a mistake in the script or its data, or a statement that failed.")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Sub,
}

#[derive(clap::Subcommand)]
enum Sub {
    Run(run::Args),
    Check(check::Args),
    Fmt(fmt::Args),
    Explain(explain::Args),
    Watch(watch::Args),
    Repl(repl::Args),
    Lsp(lsp::Args),
}

pub(crate) fn run(args: &Args) -> CommandResult {
    match &args.command {
        Sub::Run(args) => run::run(args),
        Sub::Check(args) => check::run(args),
        Sub::Fmt(args) => fmt::run(args),
        Sub::Explain(args) => explain::run(args),
        Sub::Watch(args) => watch::run(args),
        Sub::Repl(args) => repl::run(args),
        Sub::Lsp(args) => lsp::run(args),
    }
}
