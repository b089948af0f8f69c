//! `cargo xtask cal-conformance DIR`: the rows of a directory through the CAL library.

use std::path::Path;

#[path = "../../crates/weir-cal/tests/conformance/checkers/mod.rs"]
mod checkers;

pub(crate) const HELP: &str = "  cal-conformance DIR
                  check the JSON-lines files of a directory, such as crates/weir-cal/tests/reference, against CAL
";

/// Prints what passed and failed for each file, and the first failures. An error where anything failed.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let [directory] = args else { return Err("cal-conformance wants a directory".to_owned()) };
    let reports = checkers::check(Path::new(directory))?;
    for report in &reports {
        println!("{:<24} {:>7} passed {:>7} failed", report.name, report.passed, report.failed);
        for failure in &report.failures {
            println!("    {failure}");
        }
        let untold = report.failed - report.failures.len();
        if untold > 0 {
            println!("    and {untold} more");
        }
    }
    let failed: usize = reports.iter().map(|report| report.failed).sum();
    if failed == 0 { Ok(()) } else { Err(format!("{failed} rows failed")) }
}
