//! `weir completions SHELL`.

use std::process::ExitCode;

use crate::output::CommandResult;

/// Print a completion script for a shell
///
/// For example `weir completions bash > ~/.local/share/bash-completion/completions/weir`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The shell
    shell: clap_complete::Shell,
}

pub(crate) fn run(args: &Args) -> CommandResult {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut crate::cli::command(), "weir", &mut script);
    std::io::Write::write_all(&mut anstream::stdout().lock(), &script)?;
    Ok(ExitCode::SUCCESS)
}
