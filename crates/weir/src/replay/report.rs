//! What `weir replay` prints.

use std::io::Write;

use anstyle::Style;
use weir_model::say::{count, impact_line};
use weir_model::{Digest, Verdict};

use super::{Incident, Played, Step, Undone};
use crate::output::{CliError, one_line, shown, verdict_style, verdict_word};

/// The name of an incident and where its account comes from.
pub(crate) fn heading(out: &mut impl Write, incident: &Incident) -> Result<(), CliError> {
    let bold = Style::new().bold();
    let dim = Style::new().dimmed();
    writeln!(out, "\n{bold}{}{bold:#}  ({})", incident.title, incident.name)?;
    writeln!(out, "{dim}{}{dim:#}", incident.account)?;
    Ok(())
}

/// One step for people.
pub(crate) fn step(out: &mut impl Write, step: &Step, played: &Played) -> Result<(), CliError> {
    let dim = Style::new().dimmed();
    let style = verdict_style(played.judgement.verdict);
    writeln!(out, "\n  the agent {}", step.say)?;
    writeln!(out, "    {dim}asks{dim:#}      {}", shown(&asked(step)))?;
    for effect in &played.judgement.effects {
        let line = impact_line(&effect.impact);
        if effect.verb != weir_model::Verb::Read && !line.is_empty() {
            writeln!(out, "    {dim}measured{dim:#}  {} {}: {line}", effect.verb.name(), shown(&effect.target.name))?;
        }
    }
    writeln!(out, "    {dim}verdict{dim:#}   {style}{}{style:#}", verdict_word(played.judgement.verdict))?;
    if played.judgement.verdict != Verdict::Allow {
        writeln!(out, "    {dim}why{dim:#}       {}", shown(&played.judgement.reason))?;
    }
    if let (Some(before), Some(left)) = (played.before, played.unguarded) {
        let lost = before.saturating_sub(left) as u64;
        writeln!(out, "    {dim}unguarded{dim:#} it destroys {} of {} files", count(lost), count(before as u64))?;
    }
    if let (Some(before), Some(after), Some(undone)) = (played.before, played.after, &played.undone) {
        let (was, ran) = (short(&undone.before), short(&undone.ran));
        let files = format!("{} of {} files were left", count(after as u64), count(before as u64));
        writeln!(out, "    {dim}ran{dim:#}       {files}; digest {was} became {ran}")?;
        let word = match &undone.after {
            _ if undone.ran == undone.before => "NOTHING was changed, so nothing is shown by it".to_owned(),
            Some(after) if *after == undone.before => format!("everything is what it was: digest {}", short(after)),
            Some(after) => format!("NOT everything is what it was: digest {}", short(after)),
            None => "FAILED".to_owned(),
        };
        writeln!(out, "    {dim}weir undo{dim:#} {word}")?;
    } else if let (Some(before), Some(after)) = (played.before, played.after) {
        let undo =
            if played.judgement.verdict == Verdict::Allow { "nothing of it needs an undo" } else { "nothing was lost" };
        writeln!(
            out,
            "    {dim}guarded{dim:#}   {} of {} files are there; {undo}",
            count(after as u64),
            count(before as u64)
        )?;
    }
    if !played.as_expected {
        let wrong = verdict_style(Verdict::Deny);
        writeln!(
            out,
            "    {wrong}not as it should be{wrong:#}: expected {:?}; the client was told: {}",
            step.expect,
            one_line(&played.told, 200)
        )?;
    }
    Ok(())
}

/// A step that this machine cannot play. It must not be overlooked.
pub(crate) fn not_played(out: &mut impl Write, step: &Step, why: &str) -> Result<(), CliError> {
    let dim = Style::new().dimmed();
    let loud = verdict_style(Verdict::Hold);
    writeln!(out, "\n  the agent {}", step.say)?;
    writeln!(out, "    {dim}asks{dim:#}      {}", shown(&asked(step)))?;
    writeln!(out, "    {loud}NOT PLAYED{loud:#} {}", one_line(why, 200))?;
    Ok(())
}

/// The same for scripts.
pub(crate) fn not_played_json(incident: &Incident, step: &Step, why: &str) -> serde_json::Value {
    serde_json::json!({ "incident": incident.name, "say": step.say, "asked": asked(step), "not_played": why })
}

/// One step for scripts.
pub(crate) fn json(incident: &Incident, step: &Step, played: &Played) -> serde_json::Value {
    serde_json::json!({
        "incident": incident.name,
        "say": step.say,
        "asked": asked(step),
        "judgement": played.judgement,
        "told": played.told,
        "files_before": played.before,
        "files_after": played.after,
        "files_left_unguarded": played.unguarded,
        "equal_after_undo": played.undone.as_ref().map(Undone::is_equal),
        "digests": played.undone.as_ref().map(|undone| serde_json::json!({
            "before": undone.before, "ran": undone.ran, "after_undo": undone.after,
        })),
        "as_expected": played.as_expected,
    })
}

/// Enough of a digest to compare by eye.
fn short(digest: &Digest) -> String {
    digest.to_string().chars().take(12).collect()
}

fn asked(step: &Step) -> String {
    match (&step.command, &step.write) {
        (Some(command), _) => command.clone(),
        (None, Some(path)) => format!("Write ~/{}", path.display()),
        (None, None) => String::new(),
    }
}
