//! `weir log`: what agents did.

use std::io::Write;
use std::process::ExitCode;

use anstyle::Style;
use weir_ledger::{Filter, Reader, Reading};
use weir_model::say::{bytes, figure};
use weir_model::{Entry, Figure, Judgement, Record, Timestamp, Verb, Verdict};

use crate::context;
use crate::output::{CliError, CommandResult, one_line, say, short_id, verdict_style, width};

/// Show what agents asked for and what was decided, newest first
#[derive(clap::Args)]
#[command(after_help = "Examples:
  weir log                               the last 20
  weir log --since 2h --verdict hold,deny
  weir log --agent codex --limit 0       all of one agent
  weir log --json | jq -r .judgement.verdict")]
pub(crate) struct Args {
    /// Only this agent
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// Only what is younger: a span (90s, 30m, 2h, 7d, 2w) or a date (2026-11-24, 2026-11-24T10:00:00Z)
    #[arg(long, value_name = "WHEN", value_parser = since)]
    since: Option<Timestamp>,
    /// Only these verdicts
    #[arg(long, value_name = "VERDICT", value_delimiter = ',')]
    verdict: Vec<VerdictName>,
    /// Only this session of the client
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    /// At most so many; 0 means all
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
    /// Every kind of record: outcomes, holds, approvals, sessions, changes of the guard
    #[arg(long)]
    all: bool,
    /// Print one JSON object per record, as the ledger keeps it
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum VerdictName {
    Allow,
    #[value(name = "allow_with_restore_point")]
    AllowWithRestorePoint,
    Hold,
    Deny,
}

impl From<VerdictName> for Verdict {
    fn from(name: VerdictName) -> Self {
        match name {
            VerdictName::Allow => Self::Allow,
            VerdictName::AllowWithRestorePoint => Self::AllowWithRestorePoint,
            VerdictName::Hold => Self::Hold,
            VerdictName::Deny => Self::Deny,
        }
    }
}

/// A span back from now, or a point in time.
fn since(text: &str) -> Result<Timestamp, String> {
    let hint = || format!("`{text}` is neither a span such as 30m, 2h, 7d nor a date such as 2026-11-24");
    if let Some(unit) = text.chars().last().filter(char::is_ascii_alphabetic).filter(|unit| *unit != 'Z') {
        let number: i64 = text.strip_suffix(unit).and_then(|number| number.parse().ok()).ok_or_else(hint)?;
        let seconds = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return Err(hint()),
        };
        let back = number.checked_mul(seconds).filter(|back| *back >= 0).ok_or_else(hint)?;
        return Timestamp::from_second(context::now().as_second().saturating_sub(back)).map_err(|_| hint());
    }
    text.parse().or_else(|_| format!("{text}T00:00:00Z").parse()).map_err(|_| hint())
}

pub(crate) fn run(args: &Args) -> CommandResult {
    let dir = context::config(context::weir_home()).paths.ledger();
    let mut out = anstream::stdout().lock();
    let reader = match Reader::open(&dir) {
        Ok(reader) => reader,
        Err(error) if error.is_absent() => {
            say("Nothing is recorded yet. `weir init` installs the guard.");
            return Ok(ExitCode::SUCCESS);
        }
        Err(error) => return Err(CliError::hint(error.to_string(), "`weir doctor` says more.")),
    };
    let filter = Filter {
        agent: args.agent.clone(),
        since: args.since,
        verdicts: args.verdict.iter().map(|name| (*name).into()).collect(),
        session: args.session.clone(),
        judged_only: !args.all,
        ..Filter::default()
    };
    let limit = if args.limit == 0 { usize::MAX } else { args.limit };
    let mut unread = 0usize;
    let mut shown = 0usize;
    for reading in reader.backward_matching(&filter) {
        if shown == limit {
            break;
        }
        match reading {
            Ok(Reading { record, .. }) => {
                if args.json {
                    let text = serde_json::to_string(&record).map_err(|error| CliError::user(error.to_string()))?;
                    writeln!(out, "{text}")?;
                } else {
                    line(&mut out, &record)?;
                }
                shown += 1;
            }
            Err(_) => unread += 1,
        }
    }
    if unread > 0 {
        say(&format!("{unread} records could not be read; `weir doctor` checks the ledger"));
    }
    if shown == 0 && !args.json {
        say("Nothing fits.");
    }
    Ok(ExitCode::SUCCESS)
}

fn line(out: &mut impl Write, record: &Record) -> Result<(), CliError> {
    let dim = Style::new().dimmed();
    let time = record.at.to_string();
    let time = time.get(..19).unwrap_or(&time).replace('T', " ");
    let (word, style, who, what) = match &record.entry {
        Entry::Judged { action, judgement } => {
            let size = size(judgement);
            let room = width().saturating_sub(50 + size.len());
            let what =
                format!("{}{}{size}", one_line(&action.summary(), room), if size.is_empty() { "" } else { "  " });
            let word = if judgement.approved_by.is_some() { "approved" } else { short(judgement.verdict) };
            (word, verdict_style(judgement.verdict), action.agent.name.clone(), what)
        }
        other => ("", Style::new(), String::new(), describe(other)),
    };
    let id = match &record.entry {
        Entry::Judged { action, .. } => short_id(&action.id),
        _ => short_id(&record.id),
    };
    writeln!(out, "{dim}{time}{dim:#}  {id}  {style}{word:<8}{style:#}  {who:<8}  {what}")?;
    Ok(())
}

const fn short(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allow",
        Verdict::AllowWithRestorePoint => "undoable",
        Verdict::Hold => "hold",
        Verdict::Deny => "deny",
    }
}

/// The measured size of the largest thing that would be destroyed or changed.
fn size(judgement: &Judgement) -> String {
    let mut texts = Vec::new();
    for effect in judgement.effects.iter().filter(|effect| effect.verb == Verb::Delete || effect.verb == Verb::Modify) {
        let impact = &effect.impact;
        if let Some(files) = impact.files.filter(|files| !files.is_zero()) {
            let size = impact.bytes.and_then(Figure::value).map(|n| format!(", {}", bytes(n))).unwrap_or_default();
            texts.push(format!("{}{size}", figure(files, "file", "files")));
        }
        if let Some(commits) = impact.commits.filter(|commits| !commits.is_zero()) {
            texts.push(figure(commits, "commit", "commits"));
        }
    }
    match texts.len() {
        0 => String::new(),
        1 | 2 => format!("[{}]", texts.join("; ")),
        n => format!("[{}; {} more]", texts.first().cloned().unwrap_or_default(), n - 1),
    }
}

/// A record that is not a judgement, in words.
pub(crate) fn describe(entry: &Entry) -> String {
    match entry {
        Entry::Judged { action, .. } => action.summary(),
        Entry::Settled { outcome } => {
            let ended = match outcome.failed {
                Some(true) => "failed",
                Some(false) => "ended",
                None => "ended (the client does not say how)",
            };
            format!("{} {} {ended}", outcome.agent, outcome.tool)
        }
        Entry::SessionStarted { session } => format!("{} began a session in {}", session.agent, session.cwd.display()),
        Entry::Held { hold } => format!("hold {} waits: {}", hold.id, one_line(&hold.summary, 60)),
        Entry::Approved { approval } => format!("{} approved hold {}", approval.by, approval.hold),
        Entry::ApprovalUsed { hold } => format!("the consent to hold {hold} was used up"),
        Entry::Rejected { rejection } => format!("{} rejected hold {}", rejection.by, rejection.hold),
        Entry::Repaired { torn_bytes, kept_in } => {
            format!("the ledger's end was repaired: {torn_bytes} bytes of an unfinished record are in {kept_in}")
        }
        Entry::RestorePointMade { promise } => format!(
            "restore point {} keeps {} ({}) until {}",
            promise.point,
            figure(Figure::Exact(promise.files), "file", "files"),
            bytes(promise.bytes),
            promise.expires
        ),
        Entry::RestorePointDropped { point, why } => format!("restore point {point} is no more: {why}"),
        Entry::Undone { undone } => {
            let conflicts =
                if undone.conflicts == 0 { String::new() } else { format!(", {} in the way", undone.conflicts) };
            let verified = if undone.verified { "verified" } else { "not verified" };
            format!(
                "{} took back restore point {}: {} put back{conflicts}, {verified}",
                undone.by, undone.point, undone.restored
            )
        }
        Entry::Configured { what } | Entry::Fault { what } => what.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_dates_are_understood_and_other_text_is_not() {
        let now = context::now();
        assert!((now.as_second() - 7_200 - since("2h").unwrap().as_second()).abs() <= 1);
        assert_eq!(since("2026-11-24").unwrap().to_string(), "2026-11-24T00:00:00Z");
        assert_eq!(since("2026-11-24T10:00:00Z").unwrap().to_string(), "2026-11-24T10:00:00Z");
        for bad in ["", "h", "2y", "yesterday", "-3h", "99999999999999999999w", "9223372036854775807w"] {
            assert!(since(bad).is_err(), "{bad}");
        }
    }
}
