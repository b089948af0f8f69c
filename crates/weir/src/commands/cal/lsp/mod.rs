//! `weir cal lsp`: the language server, over standard input and output.

mod document;
mod server;
mod wire;

use std::io::{self, BufReader};
use std::path::PathBuf;
use std::process::ExitCode;

use crate::output::{CommandResult, FINDING};
use server::{Server, Step};
use wire::Received;

/// Speak the Language Server Protocol over standard input and output, for editors
///
/// Mistakes as you type, the meaning and the value of what is under the pointer, completion of collections, fields and
/// results, going to where a result is made, formatting, and fixes.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  weir cal lsp                   what an editor runs; see editors/README.md
  weir cal lsp --data evidence   with the data of all scripts in one place")]
pub(crate) struct Args {
    /// The data: a directory, a file or a database (default: as for `weir cal run`, for each script)
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> CommandResult {
    let mut input = BufReader::new(io::stdin().lock());
    let mut output = io::stdout().lock();
    let mut server = Server::new(args.data.clone());
    loop {
        match wire::receive(&mut input)? {
            Received::Message(message) => {
                let (answers, step) = server.take(message);
                for answer in answers {
                    wire::send(&mut output, answer)?;
                }
                if step == Step::Exit {
                    break;
                }
            }
            Received::Bad(code, why) => wire::refuse(&mut output, code, &why)?,
            Received::Closed => break,
        }
    }
    // The protocol's exit codes: whether the client had asked for the end.
    Ok(if server.is_shut_down() { ExitCode::SUCCESS } else { ExitCode::from(FINDING) })
}
