//! The parts of a page that are tables and lists.

use std::fmt::{self, Write};

use super::{
    bars,
    text::{Sentence, Text},
};
use crate::{
    outcome::Entity,
    report::{reading::Reading, words},
};

/// A table that may be wider than the page.
fn wide(class: &str, name: &str, out: &mut String, body: impl FnOnce(&mut String) -> fmt::Result) -> fmt::Result {
    write!(out, "<div class=\"wide {class}\" tabindex=\"0\" role=\"region\" aria-label=\"{name}\"><table>")?;
    body(out)?;
    out.push_str("</tbody></table></div>");
    Ok(())
}

/// The head of a table; a name with a leading `#` is that of a column of numbers.
fn head(columns: &[&str], out: &mut String) -> fmt::Result {
    out.push_str("<thead><tr>");
    for column in columns {
        match column.strip_prefix('#') {
            Some(column) => write!(out, "<th scope=\"col\" class=\"number\">{column}</th>")?,
            None => write!(out, "<th scope=\"col\">{column}</th>")?,
        }
    }
    out.push_str("</tr></thead><tbody>");
    Ok(())
}

/// All decisions, where there are several.
pub(super) fn decisions(reading: &Reading<'_>, out: &mut String) -> fmt::Result {
    if reading.decisions.len() < 2 {
        return Ok(());
    }
    wide("", "All decisions", out, |out| {
        out.push_str("<caption>All decisions of the script</caption>");
        head(&["Result", "#Chirp", "#Drift", "#Confidence", "#FETCH", "#Threshold", "Decision"], out)?;
        for fetch in &reading.decisions {
            let parts = fetch.components;
            write!(out, "<tr><th scope=\"row\" class=\"free\">{}</th>", Text(&fetch.target))?;
            for number in [parts.chirp, parts.drift, parts.confidence, fetch.fetch_score, fetch.threshold] {
                write!(out, "<td class=\"number\">{}</td>", words::number(number))?;
            }
            let level = fetch.level.keyword();
            let review = if fetch.review { ", review" } else { "" };
            write!(
                out,
                "<td><span class=\"{level}\">{level}</span> <small>{}{review}</small></td></tr>",
                words::priority(fetch),
            )?;
        }
        Ok(())
    })
}

pub(super) fn dimensions(reading: &Reading<'_>, out: &mut String) -> fmt::Result {
    let Some(entity) = reading.entity() else { return Ok(()) };
    wide("short", "Dimensions", out, |out| {
        let shown = reading.shown().unwrap_or_else(|| format!("`{}`", entity.entity));
        write!(out, "<caption>{}</caption>", Sentence(&shown))?;
        head(&["Dimension", "Level", "Score", "Spread", "Evidence"], out)?;
        for dimension in reading.dimensions() {
            write!(
                out,
                "<tr><th scope=\"row\" class=\"nowrap name\">{} {}</th><td class=\"nowrap\">{}</td>\
                 <td class=\"meter\">",
                dimension.id.id(),
                dimension.name,
                words::level(dimension.level),
            )?;
            match dimension.score {
                Some(score) => {
                    write!(out, "<b>{}</b> ", words::number(score))?;
                    bars::meter(score, out)?;
                }
                None => out.push_str(words::UNKNOWN),
            }
            write!(
                out,
                "</td><td class=\"nowrap name\">{}</td><td class=\"free\">{}</td></tr>",
                Text(&words::spread(dimension)),
                Text(&words::evidence(dimension)),
            )?;
        }
        Ok(())
    })
}

pub(super) fn entities(reading: &Reading<'_>, out: &mut String) -> fmt::Result {
    let Some((name, foraged)) = reading.foraged else { return Ok(()) };
    write!(
        out,
        "<p>{} of <code>{}</code> in <code>{}</code>; {}.",
        words::counted(foraged.count, "entity", "entities"),
        Text(&foraged.target),
        Text(name),
        words::rest(foraged),
    )?;
    for (field, missing) in &foraged.missing {
        let missing = words::counted(*missing, "entity", "entities");
        write!(out, " <code>{}</code> is missing in {missing}.", Text(field))?;
    }
    for (currency, range) in &foraged.summary.total_impact {
        let (min, max) = (words::number(range.min), words::number(range.max));
        write!(out, " Estimated impact of all: {min} to {max} {}.", Text(currency))?;
    }
    out.push_str("</p>");
    if reading.entities.is_empty() {
        return Ok(());
    }
    wide("", "Entities", out, |out| {
        let ids = foraged.across.iter().map(|dimension| format!("#{}", dimension.id()));
        let columns: Vec<String> = ["Entity".to_owned(), "#Chirp".to_owned()].into_iter().chain(ids).collect();
        let impact = reading.entities.iter().any(|entity| entity.summary.estimated_impact.is_some());
        let last = ["#Hit", "#Impact"];
        let last = if impact { &last[..] } else { last.get(..1).unwrap_or_default() };
        let columns: Vec<&str> = columns.iter().map(String::as_str).chain(last.iter().copied()).collect();
        head(&columns, out)?;
        for entity in &reading.entities {
            row(reading, entity, impact, out)?;
        }
        Ok(())
    })?;
    let unknown = reading.entities.iter().any(|entity| entity.summary.dimensions_unknown > 0);
    let left_out = reading.left_out();
    if unknown || left_out.is_some() {
        out.push_str("<p class=\"soft\">");
        if unknown {
            out.push_str("A question mark stands for a score without evidence. ");
        }
        out.push_str(&left_out.unwrap_or_default());
        out.push_str("</p>");
    }
    Ok(())
}

fn row(reading: &Reading<'_>, entity: &Entity, impact: bool, out: &mut String) -> fmt::Result {
    let summary = &entity.summary;
    let chirp = summary.chirp.map_or_else(|| "?".to_owned(), words::number);
    write!(out, "<tr><th scope=\"row\" class=\"free\">{}", Text(&entity.entity))?;
    if let Some(name) = &entity.name {
        write!(out, " <small>{}</small>", Text(name))?;
    }
    write!(out, "</th><td class=\"number\">{chirp}</td>")?;
    for dimension in reading.foraged.map(|(_, foraged)| foraged.across.as_slice()).unwrap_or_default() {
        let score = entity.dimensions.get(dimension).and_then(|one| one.score);
        write!(out, "<td class=\"number\">{}</td>", score.map_or_else(|| "?".to_owned(), words::number))?;
    }
    write!(out, "<td class=\"number\">{}/{}</td>", summary.dimensions_affected, entity.dimensions.len())?;
    if impact {
        let said = summary.estimated_impact.as_ref().map(words::impact).unwrap_or_default();
        write!(out, "<td class=\"number\">{}</td>", Text(&said))?;
    }
    out.push_str("</tr>");
    Ok(())
}

pub(super) fn alerts(reading: &Reading<'_>, out: &mut String) -> fmt::Result {
    let alerts = &reading.document.outcome.alerts;
    if alerts.is_empty() {
        return Ok(());
    }
    out.push_str("<ul class=\"list\">");
    for alert in alerts {
        // The level is one of three words of ours; the type is whatever the script says.
        write!(out, "<li><strong class=\"{}\">{}</strong> {}", alert.level, Text(&alert.r#type), Text(&alert.message))?;
        if let Some(cause) = &alert.cause {
            write!(out, "<small>caused by {}</small>", Text(cause))?;
        }
        for delivery in &alert.deliveries {
            let class = if delivery.delivered { "" } else { "failed" };
            write!(out, "<small class=\"{class}\">{}</small>", Text(&words::delivery(delivery)))?;
        }
        out.push_str("</li>");
    }
    out.push_str("</ul>");
    Ok(())
}

pub(super) fn actions(reading: &Reading<'_>, out: &mut String) -> fmt::Result {
    let actions = &reading.document.outcome.actions;
    if actions.is_empty() {
        return Ok(());
    }
    wide("", "Actions", out, |out| {
        head(&["#Line", "Action", "Result", "What it did"], out)?;
        for action in actions {
            let said = action.error.as_ref().unwrap_or(&action.summary);
            write!(
                out,
                "<tr><td class=\"number\"><a href=\"#L{0}\">{0}</a></td><td>{1}</td>\
                 <td class=\"{2}\">{2}</td><td class=\"free\">{3}</td></tr>",
                action.line,
                Text(action.action),
                Text(action.result),
                Sentence(said),
            )?;
        }
        Ok(())
    })
}

pub(super) fn recalls(reading: &Reading<'_>, out: &mut String) -> fmt::Result {
    for recall in &reading.recalls {
        write!(
            out,
            "<h3>{}, {}</h3><p>{}. Triggers fired: {} of {}. Confidence stated {}, actual {}.</p>",
            Text(&recall.target),
            Text(&recall.date),
            Sentence(recall.interpretation.trim_end_matches('.')),
            recall.triggers_fired,
            recall.triggers_total,
            words::known(recall.confidence_stated),
            words::known(recall.confidence_actual),
        )?;
        wide("", "Recall", out, |out| {
            head(&["Watch", "Status", "Source", "Fired", "Evidence"], out)?;
            for watch in &recall.watches {
                write!(
                    out,
                    "<tr><th scope=\"row\" class=\"free\">{}</th><td>{}</td><td>{}</td>\
                     <td class=\"nowrap\">{}</td><td class=\"free\">{}</td></tr>",
                    Text(&watch.trigger_id),
                    Text(&watch.status.replace('_', " ")),
                    Text(watch.source),
                    Text(watch.fired_date.as_deref().unwrap_or_default()),
                    Text(watch.evidence.as_deref().unwrap_or_default()),
                )?;
            }
            Ok(())
        })?;
        if !recall.mismatches.is_empty() {
            out.push_str("<ul>");
            for mismatch in &recall.mismatches {
                write!(out, "<li><strong class=\"failed\">Contradicted:</strong> {}</li>", Sentence(mismatch))?;
            }
            out.push_str("</ul>");
        }
    }
    Ok(())
}

/// What is watched, and what is due.
pub(super) fn ahead(reading: &Reading<'_>, out: &mut String) -> fmt::Result {
    let outcome = reading.document.outcome;
    if outcome.watchers.is_empty() && outcome.scheduled_tasks.is_empty() {
        return Ok(());
    }
    out.push_str("<ul class=\"list\">");
    for watcher in &outcome.watchers {
        write!(out, "<li><strong>{}</strong> <code>{}", Text(&watcher.target), Text(&watcher.condition))?;
        if let Some(duration) = &watcher.duration {
            write!(out, " for {}", Text(duration))?;
        }
        write!(out, "</code><small>{}, {}", Text(watcher.r#type), Text(&watcher.status))?;
        if let Some(since) = &watcher.since {
            write!(out, " since {}", Text(&words::moment(since)))?;
        }
        out.push_str("</small></li>");
    }
    for task in &outcome.scheduled_tasks {
        write!(out, "<li><strong>{}</strong>", Text(&words::moment(&task.due)))?;
        if let Some(action) = &task.action {
            write!(out, " <code>{}</code>", Text(action))?;
        }
        write!(out, "<small>{}, {}</small></li>", Text(task.r#type), Text(&task.status))?;
    }
    out.push_str("</ul>");
    Ok(())
}

pub(super) fn notes(reading: &Reading<'_>, out: &mut String) -> fmt::Result {
    let notes = &reading.document.outcome.notes;
    if notes.is_empty() {
        return Ok(());
    }
    out.push_str("<ul>");
    for note in notes {
        write!(out, "<li>{}</li>", Sentence(note))?;
    }
    out.push_str("</ul>");
    Ok(())
}
