//! `weir cal fmt`: scripts in the one way in which they are written.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::engine;
use super::script::Script;
use crate::output::{CliError, CommandResult, FAULT, FINDING, say};

/// Write scripts in the one way in which scripts are written
///
/// A clause on each line, keywords in upper case, comments kept; the meaning stays. A script with mistakes is not
/// touched.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  weir cal fmt gap.cal                 write the file anew
  weir cal fmt - < gap.cal             to standard output
  weir cal fmt --check scripts/*.cal   for CI: exit with 1 when one would change
  weir cal fmt --fix old.cal           write a script of the first edition in edition 2")]
pub(crate) struct Args {
    /// The scripts; `-` reads standard input and writes standard output
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Change nothing; exit with 1 when a script is not written as it would be
    #[arg(long)]
    check: bool,
    /// Print the lines that change, and change nothing
    #[arg(long)]
    diff: bool,
    /// Mend what can be mended, and write scripts of the first edition in edition 2
    #[arg(long)]
    fix: bool,
}

pub(crate) fn run(args: &Args) -> CommandResult {
    let mut differ = false;
    let mut faults = false;
    for file in &args.files {
        match one(args, file) {
            Ok(Some(is_different)) => differ |= is_different,
            Ok(None) => faults = true,
            Err(CliError::ClosedPipe) => return Err(CliError::ClosedPipe),
            Err(error) => {
                faults = true;
                crate::output::report(&error);
            }
        }
    }
    Ok(if faults {
        ExitCode::from(FAULT)
    } else if differ && args.check {
        ExitCode::from(FINDING)
    } else {
        ExitCode::SUCCESS
    })
}

/// Formats one script: whether it changes; nothing where it has mistakes, which are told.
fn one(args: &Args, file: &Path) -> Result<Option<bool>, CliError> {
    let script = Script::read(file)?;
    let written = match engine::written(&script.text, args.fix) {
        Ok((written, remarks)) => {
            script.tell(&remarks);
            written
        }
        Err(found) => {
            script.tell(&found);
            return Ok(None);
        }
    };
    let differs = written != script.text;
    if args.diff {
        let mut out = anstream::stdout().lock();
        out.write_all(changes(&script.name, &script.text, &written).as_bytes())?;
    }
    if args.check && differs {
        say(&format!("{} would change", script.name));
    }
    if args.check || args.diff {
        return Ok(Some(differs));
    }
    match &script.path {
        None => io::stdout().lock().write_all(written.as_bytes())?,
        Some(path) if differs => {
            super::publish::replace(path, |out| out.write_all(written.as_bytes()))
                .map_err(|error| CliError::user(format!("cannot write {}: {error}", path.display())))?;
        }
        Some(_) => {}
    }
    Ok(Some(differs))
}

/// The lines that change, as a unified diff with all of the context.
fn changes(name: &str, old: &str, new: &str) -> String {
    if old == new {
        return String::new();
    }
    let (before, after): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let head = before.iter().zip(&after).take_while(|(one, other)| one == other).count();
    let most = before.len().min(after.len()) - head;
    let tail = before.iter().rev().zip(after.iter().rev()).take(most).take_while(|(one, other)| one == other).count();
    let part = |lines: &[&str], mark: char| {
        let end = lines.len() - tail;
        lines.iter().take(end).skip(head).map(|line| format!("{mark}{line}\n")).collect::<String>()
    };
    let place = |lines: &[&str]| format!("{},{}", head + 1, lines.len() - tail - head);
    format!(
        "--- {name}\n+++ {name}\n@@ -{} +{} @@\n{}{}",
        place(&before),
        place(&after),
        part(&before, '-'),
        part(&after, '+')
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_lines_that_change_are_shown() {
        assert_eq!(changes("a", "x\ny\nz\n", "x\nY\nz\n"), "--- a\n+++ a\n@@ -2,1 +2,1 @@\n-y\n+Y\n");
        assert_eq!(changes("a", "x\n", "x\nx\n"), "--- a\n+++ a\n@@ -2,0 +2,1 @@\n+x\n");
        assert_eq!(changes("a", "x\n", "x\n"), "");
    }
}
