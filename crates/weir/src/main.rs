//! The command line of Weir: only argument parsing and printing.
//!
//! The hook path is dispatched before anything else is built: a hook call pays for nothing that it does not use.

use std::process::ExitCode;

mod canary;
mod cli;
mod commands;
mod context;
mod hook;
mod output;
mod person;
mod replay;
mod restore;
mod run;
mod setup;

#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    if args.next().is_some_and(|first| first == "hook") {
        let rest: Vec<String> = args.map(|arg| arg.to_string_lossy().into_owned()).collect();
        if !rest.iter().any(|arg| arg == "-h" || arg == "--help") {
            return hook::run(&rest);
        }
    }
    cli::run()
}
