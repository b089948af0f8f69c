//! A document in Markdown, as code hosts show it.

use std::{
    borrow::Cow,
    fmt::{self, Write as _},
    io::Write,
};

use super::{Document, ReportError, reading::Reading, words};
use crate::outcome::{FetchResult, RecallResult};

pub(super) fn write(document: &Document<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let reading = Reading::new(document)?;
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = page(&reading, &mut text);
    out.write_all(text.as_bytes())?;
    Ok(())
}

fn page(reading: &Reading<'_>, out: &mut String) -> fmt::Result {
    let outcome = reading.document.outcome;
    writeln!(out, "# {}\n", cell(&reading.title))?;
    if let Some(fetch) = reading.fetch {
        decision(fetch, out)?;
        writeln!(out, "{}\n", reading.lead().unwrap_or_default())?;
    }
    if let Some(error) = outcome.error.as_deref().filter(|_| !outcome.success) {
        writeln!(out, "**The run failed:** {}\n", sentence(error))?;
    }
    dimensions(reading, out)?;
    cascade(reading, out)?;
    figures(reading, out)?;
    entities(reading, out)?;
    for recall in &reading.recalls {
        self::recall(recall, out)?;
    }
    actions(reading, out)?;
    provenance(reading, out)
}

fn decision(fetch: &FetchResult, out: &mut String) -> fmt::Result {
    let review = if fetch.review { ", a person should look first" } else { "" };
    writeln!(
        out,
        "**{} · FETCH {}** ({}, threshold {}{review})\n",
        fetch.level.keyword(),
        words::number(fetch.fetch_score),
        words::priority(fetch),
        words::number(fetch.threshold),
    )
}

fn dimensions(reading: &Reading<'_>, out: &mut String) -> fmt::Result {
    let Some(entity) = reading.entity() else { return Ok(()) };
    let shown = reading.shown().unwrap_or_else(|| format!("`{}`", entity.entity));
    writeln!(out, "## Dimensions\n\nOf {}.\n", sentence(&shown))?;
    writeln!(out, "| Dimension | Level | Score | Affected | Spread | Evidence |")?;
    writeln!(out, "| --- | --- | ---: | --- | --- | --- |")?;
    for dimension in reading.dimensions() {
        let affected = match dimension.affected {
            Some(true) => "yes",
            Some(false) => "no",
            None => words::UNKNOWN,
        };
        writeln!(
            out,
            "| {} {} | {} | {} | {affected} | {} | {} |",
            dimension.id.id(),
            dimension.name,
            words::level(dimension.level),
            words::known(dimension.score),
            words::spread(dimension),
            cell(&words::evidence(dimension)),
        )?;
    }
    writeln!(out)
}

fn cascade(reading: &Reading<'_>, out: &mut String) -> fmt::Result {
    let Some(picture) = reading.picture() else { return Ok(()) };
    writeln!(out, "## Cascade\n")?;
    let steps = picture
        .columns
        .iter()
        .map(|column| column.iter().map(|place| place.dimension.id()).collect::<Vec<_>>().join("+"));
    let steps = steps.collect::<Vec<_>>().join(" -> ");
    let Some(check) = picture.declared else {
        return writeln!(out, "`{steps}`, along the map of the method.\n");
    };
    writeln!(out, "`{steps}`, as declared: the evidence {}.\n", verdict(words::agreement(check.holds)))?;
    writeln!(out, "| Dimension | Declared | Evidence | Result | Reason |")?;
    writeln!(out, "| --- | --- | --- | --- | --- |")?;
    for entry in &check.dimensions {
        let observed =
            entry.observed_level.map_or_else(|| words::UNKNOWN.to_owned(), |level| words::level(Some(level)));
        writeln!(
            out,
            "| {} {} | {} | {observed} | {} | {} |",
            entry.dimension.id(),
            entry.dimension.name(),
            words::level(Some(entry.declared_level)),
            words::agreement(entry.holds),
            sentence(&entry.reason),
        )?;
    }
    writeln!(out)
}

fn verdict(agreement: &str) -> &str {
    if agreement == words::UNKNOWN { "is not enough to say" } else { agreement }
}

fn figures(reading: &Reading<'_>, out: &mut String) -> fmt::Result {
    if let Some(drift) = reading.drift {
        writeln!(
            out,
            "## Drift\n\nMethodology {} less performance {} is {}: {} ({} gap).\n",
            words::number(drift.methodology),
            words::number(drift.performance),
            words::number(drift.drift),
            cell(drift.interpretation),
            cell(&drift.gap_type),
        )?;
    }
    if reading.decisions.is_empty() {
        return Ok(());
    }
    writeln!(out, "## Decisions\n")?;
    writeln!(out, "| Result | Chirp | Drift | Confidence | FETCH | Threshold | Decision |")?;
    writeln!(out, "| --- | ---: | ---: | ---: | ---: | ---: | --- |")?;
    for fetch in &reading.decisions {
        writeln!(
            out,
            "| {} | {} | {} | {} ({}) | {} | {} | {}, {} |",
            cell(&fetch.target),
            words::number(fetch.components.chirp),
            words::number(fetch.components.drift),
            words::number(fetch.components.confidence),
            words::confidence_source(fetch.confidence_source),
            words::number(fetch.fetch_score),
            words::number(fetch.threshold),
            fetch.level.keyword(),
            words::priority(fetch),
        )?;
    }
    writeln!(out)
}

fn entities(reading: &Reading<'_>, out: &mut String) -> fmt::Result {
    let Some((name, foraged)) = reading.foraged else { return Ok(()) };
    writeln!(
        out,
        "## Entities\n\n{} of `{}` in `{}`; {}.\n",
        words::counted(foraged.count, "entity", "entities"),
        code(&foraged.target),
        code(name),
        words::rest(foraged),
    )?;
    for (field, missing) in &foraged.missing {
        writeln!(out, "- `{}` is missing in {}", code(field), words::counted(*missing, "entity", "entities"))?;
    }
    if !foraged.missing.is_empty() {
        writeln!(out)?;
    }
    if reading.entities.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = foraged.across.iter().map(|dimension| dimension.id()).collect();
    writeln!(out, "| Entity | Chirp | {} | Affected | Impact |", ids.join(" | "))?;
    writeln!(out, "| --- | ---: |{} ---: | ---: |", " ---: |".repeat(ids.len()))?;
    for entity in &reading.entities {
        write!(out, "| {} | {} |", cell(&entity.entity), words::known(entity.summary.chirp))?;
        for dimension in &foraged.across {
            let score = entity.dimensions.get(dimension).and_then(|one| one.score);
            write!(out, " {} |", words::known(score))?;
        }
        let impact = entity.summary.estimated_impact.as_ref().map_or_else(|| "not stated".to_owned(), words::impact);
        writeln!(out, " {} of {} | {} |", entity.summary.dimensions_affected, ids.len(), cell(&impact))?;
    }
    writeln!(out)?;
    match reading.left_out() {
        None => Ok(()),
        Some(left_out) => writeln!(out, "{left_out}\n"),
    }
}

fn recall(recall: &RecallResult, out: &mut String) -> fmt::Result {
    writeln!(out, "## Recall of `{}`, {}\n", code(&recall.target), cell(&recall.date))?;
    writeln!(out, "{}\n", sentence(&recall.interpretation))?;
    writeln!(out, "| Watch | Status | Source | Fired | Evidence |")?;
    writeln!(out, "| --- | --- | --- | --- | --- |")?;
    for watch in &recall.watches {
        writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            cell(&watch.trigger_id),
            cell(&watch.status),
            watch.source,
            cell(watch.fired_date.as_deref().unwrap_or_default()),
            cell(watch.evidence.as_deref().unwrap_or_default()),
        )?;
    }
    writeln!(out)?;
    for mismatch in &recall.mismatches {
        writeln!(out, "- contradicted: {}", sentence(mismatch))?;
    }
    if recall.mismatches.is_empty() { Ok(()) } else { writeln!(out) }
}

fn actions(reading: &Reading<'_>, out: &mut String) -> fmt::Result {
    let outcome = reading.document.outcome;
    if !outcome.alerts.is_empty() {
        writeln!(out, "## Alerts\n")?;
        for alert in &outcome.alerts {
            writeln!(out, "- **{}** {}", cell(&alert.r#type), cell(&alert.message))?;
            for delivery in &alert.deliveries {
                writeln!(out, "  - {}", cell(&words::delivery(delivery)))?;
            }
        }
        writeln!(out)?;
    }
    if !outcome.actions.is_empty() {
        writeln!(out, "## Actions\n\n| Line | Action | Result | What it did |\n| ---: | --- | --- | --- |")?;
        for action in &outcome.actions {
            let said = action.error.as_ref().unwrap_or(&action.summary);
            writeln!(out, "| {} | {} | {} | {} |", action.line, action.action, action.result, sentence(said))?;
        }
        writeln!(out)?;
    }
    if !outcome.watchers.is_empty() {
        writeln!(out, "## Watched\n")?;
        for watcher in &outcome.watchers {
            let lasting = watcher.duration.as_ref().map(|duration| format!(" for {duration}")).unwrap_or_default();
            let said = format!("{}{lasting}", watcher.condition);
            writeln!(out, "- {}: {} ({})", cell(&watcher.target), cell(&said), cell(&watcher.status))?;
        }
        writeln!(out)?;
    }
    if !outcome.scheduled_tasks.is_empty() {
        writeln!(out, "## Due\n")?;
        for task in &outcome.scheduled_tasks {
            let what = task.action.as_deref().unwrap_or(task.r#type);
            writeln!(out, "- {}: {} ({})", cell(&words::moment(&task.due)), cell(what), cell(&task.status))?;
        }
        writeln!(out)?;
    }
    if !outcome.notes.is_empty() {
        writeln!(out, "## Notes\n")?;
        for note in &outcome.notes {
            writeln!(out, "- {}", sentence(note))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn provenance(reading: &Reading<'_>, out: &mut String) -> fmt::Result {
    let document = reading.document;
    let fence = fence(document.script);
    writeln!(out, "## Script\n")?;
    if let Some(name) = document.script_name {
        writeln!(out, "`{}`, edition {}\n", code(name), document.outcome.edition)?;
    }
    writeln!(out, "{fence}cal\n{}\n{fence}\n", document.script.trim_end())?;
    writeln!(out, "## Sources\n")?;
    for source in document.sources {
        writeln!(out, "- {}", cell(source))?;
    }
    writeln!(out, "- run on {}", cell(&words::moment(&document.outcome.started)))
}

/// A fence that nothing in the text ends.
fn fence(text: &str) -> String {
    let (mut longest, mut run) = (2, 0);
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    "`".repeat(longest + 1)
}

/// A name between backquotes.
fn code(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c == '`' {
                '\''
            } else if c.is_control() {
                ' '
            } else {
                c
            }
        })
        .collect()
}

/// A sentence in which names stand in backquotes, as all messages have them: these stay code, the rest is text.
fn sentence(text: &str) -> String {
    let parts: Vec<_> = text.split('`').collect();
    // A backquote without its other half makes all of it text.
    if parts.len() % 2 == 0 {
        return cell(text).into_owned();
    }
    let part = |(place, part): (usize, &&str)| match place % 2 {
        // Nothing is markup within code but the border of a cell.
        1 if !part.is_empty() => format!("`{}`", code(part).replace('|', "\\|")),
        1 => "\\`\\`".to_owned(),
        _ => cell(part).into_owned(),
    };
    parts.iter().enumerate().map(part).collect()
}

/// A text in which nothing is markup, on one line.
fn cell(text: &str) -> Cow<'_, str> {
    let special = |c: char| {
        c.is_control()
            || matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '&' | '~' | '#' | '@' | ':' | '$')
    };
    if !text.contains(special) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let within = |next: Option<&char>| before.is_alphanumeric() && next.is_some_and(|next| next.is_alphanumeric());
        match c {
            // An underscore within a word is none, and addresses are read better without.
            '_' if within(rest.peek()) => out.push('_'),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // Neither a mention nor a link.
            '@' => out.push_str("&#64;"),
            ':' if rest.peek() == Some(&'/') => out.push_str("&#58;"),
            ':' => out.push(':'),
            c if c.is_control() => out.push(' '),
            c if special(c) => out.extend(['\\', c]),
            c => out.push(c),
        }
        before = c;
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Format, sample, write};

    #[test]
    fn nothing_in_a_cell_is_markup() {
        let cases = [
            ("a|b", "a\\|b"),
            ("guardrail_gap", "guardrail_gap"),
            ("_x_ *y*", "\\_x\\_ \\*y\\*"),
            ("line\nnext\r\n| x |", "line next  \\| x \\|"),
            ("<script>&amp;", "&lt;script&gt;&amp;amp;"),
            ("[a](https://x)", "\\[a\\](https&#58;//x)"),
            ("@all `code` \\", "&#64;all \\`code\\` \\\\"),
            ("D5 = 72: fine", "D5 = 72: fine"),
        ];
        for (text, escaped) in cases {
            assert_eq!(cell(text), escaped);
        }
    }

    #[test]
    fn names_in_a_sentence_are_code() {
        let cases = [
            ("`a_b` has *D5*", "`a_b` has \\*D5\\*"),
            ("no `end *x*", "no \\`end \\*x\\*"),
            ("`a|b\n<i>` and ``", "`a\\|b <i>` and \\`\\`"),
            ("", ""),
        ];
        for (text, marked) in cases {
            assert_eq!(sentence(text), marked);
        }
    }

    #[test]
    fn no_script_ends_its_fence() {
        for (script, expected) in [("FORAGE t", "```"), ("-- ``` \n````x", "`````")] {
            assert_eq!(fence(script), expected);
        }
    }

    #[test]
    fn an_analysis_reads_as_a_page() {
        let mut out = Vec::new();
        sample::founding().with_document(|document| write(document, Format::Markdown, &mut out)).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap());
    }
}
