//! `weir run -- COMMAND`: run a command so that what it destroys can be taken back.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::output::CommandResult;
use crate::run;

/// Run a command under the guard: what it destroys is kept, and comes back with `weir undo`
///
/// Every call that could destroy something is carried out by Weir, which keeps the old state first; it does not matter
/// whether the command does it itself or a script, a makefile or a program that it starts. The command may write in its
/// project, in temporary directories and caches, and where it was asked to; each program that it starts is judged by
/// policy. Its exit code is passed on.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  weir run -- ./nuke.sh                 whatever it deletes can be had back: weir undo
  weir run -- make clean
  weir run --write /srv/data -- ./migrate.py
  weir run --no-network -- npm test

Settings: run.toml beside the policies says where may be written, what may be reached, and from which size on people
are asked. Exit codes: those of the command; 1 where it was refused, 2 for wrong usage or a fault, 127 where it is not
found.")]
pub(crate) struct Args {
    /// Let the command write below this directory too
    #[arg(long, value_name = "DIR")]
    write: Vec<PathBuf>,
    /// Let the command reach nothing on the network
    #[arg(long)]
    no_network: bool,
    /// Say nothing but errors
    #[arg(long, short)]
    quiet: bool,
    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

pub(crate) fn run(args: &Args) -> CommandResult {
    let code = run::run(&run::Wanted {
        command: args.command.clone(),
        write: args.write.clone(),
        no_network: args.no_network,
        quiet: args.quiet,
    })?;
    Ok(ExitCode::from(code))
}
