//! `weir cal explain`: where a number comes from.

use std::path::PathBuf;

use crate::output::{CliError, CommandResult};

/// Say where a number comes from: a score, a chirp, a decision
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The script; `-` reads standard input
    file: PathBuf,
    /// `D1` to `D6`, `chirp`, `drift`, `fetch`, or the name of a result
    what: String,
}

pub(crate) fn run(_: &Args) -> CommandResult {
    Err(CliError::user("not yet"))
}
