//! `weir cal repl`: trying things out, a statement at a time.

mod prompt;
mod session;

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};
use std::path::PathBuf;
use std::process::ExitCode;

use weir_cal::limits;

use crate::output::{CliError, CommandResult, FAULT};
use session::{Flow, Session};

/// Try things out: type statements, see what they come to
///
/// A statement ends with an empty line, or where nothing more can follow. Results stay for the statements after them.
/// From a pipe it reads the same without prompts, and ends with 2 when something failed.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  weir cal repl                                over the data in ./data or here
  weir cal repl --data evidence.db
  printf 'FORAGE services' | weir cal repl     from a pipe

At the prompt, `.help` lists the commands.")]
pub(crate) struct Args {
    /// The data: a directory, a file or a database [default: $CAL_DATA_PATH, else ./data, else here]
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> CommandResult {
    let mut session = Session::new(args.data.as_deref())?;
    if io::stdin().is_terminal() {
        prompt::run(session)?;
        return Ok(ExitCode::SUCCESS);
    }
    piped(&mut session)?;
    Ok(if session.failed { ExitCode::from(FAULT) } else { ExitCode::SUCCESS })
}

/// Takes entries from a pipe: an empty line, a command or the end closes one.
fn piped(session: &mut Session) -> Result<(), CliError> {
    let mut input = io::stdin().lock();
    let mut entry = String::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        let room = (limits::SOURCE_BYTES + 1).saturating_sub(entry.len());
        let read = input.by_ref().take(room as u64).read_until(b'\n', &mut line)?;
        let text = std::str::from_utf8(&line).map_err(|_| CliError::user("standard input is not UTF-8".to_owned()))?;
        // No line of a script begins with a point and a letter, but one within a text can.
        let begins = text.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()));
        let is_command = begins && entry.matches(['"', '\'']).count().is_multiple_of(2)
            || entry.trim().is_empty() && text.trim_start().starts_with('.');
        if read == 0 || is_command || text.trim().is_empty() {
            if session.take(&entry)? == Flow::Quit {
                return Ok(());
            }
            entry.clear();
        }
        if read == 0 {
            return Ok(());
        }
        if is_command {
            if session.take(text)? == Flow::Quit {
                return Ok(());
            }
        } else {
            entry.push_str(text);
        }
        if entry.len() > limits::SOURCE_BYTES {
            return Err(CliError::user(format!("an entry is longer than {} MiB", limits::SOURCE_BYTES >> 20)));
        }
    }
}
