//! `weir undo`: take back what a command destroyed.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anstyle::Style;
use indicatif::{ProgressBar, ProgressStyle};
use weir_model::{Entry, RestorePointId, Undone, say::count};
use weir_restore::{ConflictKind, Point, State, Store, UndoError, UndoOptions, UndoReport};

use crate::output::{CliError, CommandResult, FINDING, one_line, say, short_id, shown, width};
use crate::{context, restore};

/// The most conflicts and steps that are listed for people.
const MOST_LINES: usize = 20;

/// Take back what a command destroyed
///
/// Without an id, the last restore point that was not taken back yet. What stands in the way is kept in a restore point
/// of its own, so that an undo can be undone.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  weir undo --list               what can be taken back, until when
  weir undo                      take back the last one
  weir undo 6ca7f028 --dry-run   what would be put back
  weir undo 6ca7f028 --path src  only what was below src
  weir undo 6ca7f028 --to /tmp/old   leave everything as it is, and put copies there

Exit codes: 0 taken back, 1 something was left as it is or not verified, 2 wrong usage or a fault.")]
pub(crate) struct Args {
    /// The restore point or the action: the beginning or the end of its id
    id: Option<String>,
    /// List restore points, newest first
    #[arg(long, short, conflicts_with_all = ["path", "to", "dry_run"])]
    list: bool,
    /// Only what is at or below this path
    #[arg(long, value_name = "PATH")]
    path: Option<PathBuf>,
    /// Put copies into this new or empty directory, and leave everything else as it is
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> CommandResult {
    let store = restore::store()?;
    if args.list || args.id.as_deref() == Some("list") {
        return super::restore_points::list(&store, args.json);
    }
    let point = match &args.id {
        Some(part) => restore::find(&store, part)?,
        None => last(&store)?,
    };
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let options = UndoOptions {
        path: args.path.as_deref().map(absolute),
        to: args.to.as_deref().map(absolute),
        dry_run: args.dry_run,
        ..UndoOptions::default()
    };
    let bar = bar(args.json);
    let report = store.undo(&point, &options, &mut |progress| {
        if let Some(bar) = &bar {
            bar.set_length(progress.total);
            bar.set_position(progress.done);
        }
    });
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    let report = report.map_err(|error| explain(&error))?;
    if !args.dry_run && args.to.is_none() {
        record(&point, &report);
    }
    if args.json {
        writeln!(anstream::stdout().lock(), "{:#}", json(&point, &report, args.dry_run))?;
    } else {
        describe(&point, &report, args)?;
    }
    let whole = args.dry_run || (report.skipped.is_empty() && report.verified && !left_alone(&report));
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::from(FINDING) })
}

/// True where a path was left as it is.
fn left_alone(report: &UndoReport) -> bool {
    report.conflicts.iter().any(|conflict| conflict.kind == ConflictKind::Gone)
}

/// The newest point that can be taken back; what an undo kept is taken back only where it is named.
fn last(store: &Store) -> Result<Point, CliError> {
    let points = restore::list(store)?;
    let undos: Vec<RestorePointId> = points.iter().flat_map(|point| point.undone_by.iter().copied()).collect();
    let fits = |point: &Point| {
        matches!(point.state, State::Sealed | State::Open) && point.holds_changes() && !undos.contains(&point.id)
    };
    points
        .into_iter()
        .find(fits)
        .ok_or_else(|| CliError::hint("there is nothing to take back", "`weir undo --list` shows all restore points."))
}

/// The ledger says what was taken back; where it cannot, that is no reason to fail after the fact.
fn record(point: &Point, report: &UndoReport) {
    let undone = Undone {
        point: point.id,
        by: context::principal(),
        restored: report.restored.saturating_add(report.directories),
        conflicts: report.conflicts.len().saturating_add(report.skipped.len()) as u64,
        verified: report.verified,
        kept: report.kept,
    };
    if let Err(error) = context::guard().note(Entry::Undone { undone }, context::now()) {
        say(&format!("weir: the ledger could not take this down: {error}"));
    }
}

fn explain(error: &UndoError) -> CliError {
    let hint = match error {
        UndoError::AlreadyUndone { .. } => "`weir undo --list` shows what else there is.",
        UndoError::Expired(_) => "What was kept is dropped when its time is over; there is no other copy in Weir.",
        UndoError::Recording(_) => "Wait until the command has ended, or end it.",
        UndoError::Busy => "Wait for it, then try again.",
        UndoError::NotEmpty(_) => "Name a directory that does not exist yet.",
        UndoError::Journal { .. } | UndoError::EntryMissing(_) | UndoError::EntryChanged(_) => {
            "Nothing was changed. `weir can-undo ID` says what is still whole; `weir undo ID --path P` takes back one part."
        }
        UndoError::ObjectsGone { .. } => {
            "Nothing was changed. `weir undo ID --path P` takes back files of the working tree."
        }
        UndoError::Repository { .. } => {
            "Nothing was changed. See that the repository is there and `git -C DIR status` works, then try again."
        }
        UndoError::RefInTheWay { .. } => {
            "Nothing was changed. Give that one another name (`git branch -m OLD NEW`), then try again."
        }
        UndoError::OnlyObjects(_) => "`weir can-undo ID` says how a person can put them back.",
        UndoError::TrashGone(_) => "Nothing was changed. Mount the file system, then try again.",
        _ => "Nothing is lost: the same command goes on where it stopped.",
    };
    CliError::hint(error.to_string(), hint)
}

/// A progress bar, from the first second on and only for a person.
fn bar(json: bool) -> Option<ProgressBar> {
    if json || !std::io::stderr().is_terminal() {
        return None;
    }
    let bar = ProgressBar::no_length().with_elapsed(Duration::ZERO);
    if let Ok(style) = ProgressStyle::with_template("{spinner} taking back {pos}/{len} {wide_bar} {eta}") {
        bar.set_style(style);
    }
    Some(bar)
}

fn json(point: &Point, report: &UndoReport, dry_run: bool) -> serde_json::Value {
    let kind = |kind: ConflictKind| match kind {
        ConflictKind::Occupied => "occupied",
        ConflictKind::ParentGone => "parent_gone",
        ConflictKind::Changed => "changed",
        ConflictKind::Gone => "gone",
        _ => "other",
    };
    let conflicts: Vec<_> = report
        .conflicts
        .iter()
        .map(|conflict| serde_json::json!({ "path": conflict.path.to_string_lossy(), "kind": kind(conflict.kind) }))
        .collect();
    let skipped: Vec<_> = report
        .skipped
        .iter()
        .map(|skipped| serde_json::json!({ "path": skipped.path.to_string_lossy(), "why": skipped.why }))
        .collect();
    serde_json::json!({
        "point": point.id,
        "dry_run": dry_run,
        "restored": report.restored,
        "directories": report.directories,
        "bytes": report.bytes,
        "conflicts": conflicts,
        "skipped": skipped,
        "plan": report.plan,
        "verified": report.verified,
        "kept": report.kept,
    })
}

fn describe(point: &Point, report: &UndoReport, args: &Args) -> Result<(), CliError> {
    let (bold, dim) = (Style::new().bold(), Style::new().dimmed());
    let mut out = anstream::stdout().lock();
    writeln!(
        out,
        "{bold}{}{bold:#}  {}",
        short_id(&point.id),
        one_line(&point.info.command, width().saturating_sub(12))
    )?;
    let size = |one: u64, name: &str, many: &str| format!("{} {}", count(one), if one == 1 { name } else { many });
    let mut what = size(report.restored, "file", "files");
    if report.directories > 0 {
        what = format!("{what} and {}", size(report.directories, "directory", "directories"));
    }
    let verb = match (args.dry_run, &args.to) {
        (true, _) => "would be put back",
        (false, Some(_)) => "were copied",
        (false, None) => "put back",
    };
    let verified = if args.dry_run || report.verified { "" } else { ", NOT verified" };
    let checked = if !args.dry_run && report.verified { ", verified" } else { "" };
    writeln!(out, "  {what} {verb}{checked}{verified}")?;
    for step in report.plan.iter().take(MOST_LINES) {
        writeln!(out, "  {dim}·{dim:#} {}", shown(step))?;
    }
    more(&mut out, report.plan.len())?;
    for conflict in report.conflicts.iter().take(MOST_LINES) {
        let why = match conflict.kind {
            ConflictKind::Occupied => "something newer stood there; it is kept",
            ConflictKind::ParentGone => "its directory was gone, and was made again",
            ConflictKind::Changed => "it had changed since; that is kept",
            ConflictKind::Gone => "it is not where the command left it; left alone",
            _ => "it is not as the command left it",
        };
        writeln!(out, "  {dim}!{dim:#} {}: {why}", shown(&conflict.path.to_string_lossy()))?;
    }
    more(&mut out, report.conflicts.len())?;
    for skipped in report.skipped.iter().take(MOST_LINES) {
        writeln!(out, "  {dim}-{dim:#} {}: {}", shown(&skipped.path.to_string_lossy()), shown(&skipped.why))?;
    }
    more(&mut out, report.skipped.len())?;
    if let Some(kept) = report.kept {
        writeln!(out, "  {dim}to take this back:{dim:#} weir undo {}", short_id(&kept))?;
    }
    Ok(())
}

fn more(out: &mut impl std::io::Write, all: usize) -> Result<(), CliError> {
    if all > MOST_LINES {
        writeln!(out, "    … and {} more (`--json` lists all)", all - MOST_LINES)?;
    }
    Ok(())
}
