//! The project's own chores: layering, benchmarks, conformance, real agent clients.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a developer tool talks to its terminal")]

use std::path::PathBuf;
use std::process::ExitCode;

use weir_model::{Action, ActionId, Agent, Request, Timestamp};

mod analysis_bench;
mod bench;
mod cal_bench;
mod cal_conformance;
mod clients;
mod corpus;
mod layers;
mod undo_bench;

const HELP: &str = "cargo xtask COMMAND

  layers          fail when a crate of the workspace imports one that stands below it
  bench [--rounds N] [--static]
                  time the hook as a whole process beside /bin/true and print a table
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let result = match args.first().map(String::as_str) {
        Some("layers") => layers::check(),
        Some("clients") => clients::run(args.get(1..).unwrap_or_default()),
        Some("cal-bench") => cal_bench::run(),
        Some("cal-bench-one") => cal_bench::run_one(args.get(1..).unwrap_or_default()),
        Some("cal-conformance") => cal_conformance::run(args.get(1..).unwrap_or_default()),
        Some("analysis-bench") => analysis_bench::run(args.get(1).map_or("", String::as_str)),
        Some("analysis-bench-one") => analysis_bench::run_one(args.get(1).map_or("", String::as_str)),
        Some("bench-one") => bench::run_one(args.get(1..).unwrap_or_default()),
        Some("corpus") => corpus::run(args.get(1..).unwrap_or_default()),
        Some("undo-bench") => undo_bench::run(args.get(1..).unwrap_or_default()),
        Some("bench") => bench::run(args.get(1..).unwrap_or_default()),
        _ => {
            print!(
                "{HELP}{}{}{}{}{}{}",
                analysis_bench::HELP,
                corpus::HELP,
                cal_bench::HELP,
                cal_conformance::HELP,
                clients::HELP,
                undo_bench::HELP
            );
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// What an agent asks for that wants this command run.
fn asked(command: String, cwd: PathBuf) -> Action {
    Action {
        id: ActionId::new(),
        agent: Agent { name: "claude".to_owned(), session: None, subagent: None, principal: "user".to_owned() },
        tool: "Bash".to_owned(),
        call: None,
        request: Request::Shell { command, shell: None },
        cwd,
        host: "machine".to_owned(),
        at: Timestamp::UNIX_EPOCH,
    }
}
