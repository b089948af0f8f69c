//! `weir cal watch`: what is due.

use std::path::PathBuf;

use crate::output::{CliError, CommandResult};

/// Evaluate what is due
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The script; `-` reads standard input
    file: PathBuf,
}

pub(crate) fn run(_: &Args) -> CommandResult {
    Err(CliError::user("not yet"))
}
