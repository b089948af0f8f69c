//! `weir reject ID`: a person's refusal.

use std::process::ExitCode;

use super::approve::{explain, require_person};
use crate::context;
use crate::output::{CommandResult, one_line, say};

/// Refuse a held action and take it off the list
///
/// Only from a terminal in which no agent runs. An agent that tries again opens a new hold.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  weir reject 01a21080-8bc7 --why 'these are the originals'")]
pub(crate) struct Args {
    /// The hold's id, or its first characters
    id: String,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    why: Option<String>,
}

pub(crate) fn run(args: &Args) -> CommandResult {
    let person = require_person()?;
    let hold = context::guard().reject(&args.id, &person.name, args.why.clone(), context::now()).map_err(explain)?;
    say(&format!("Rejected: {}", one_line(&hold.summary, 80)));
    Ok(ExitCode::SUCCESS)
}
