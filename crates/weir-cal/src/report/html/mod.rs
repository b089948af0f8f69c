//! A document as one page that needs nothing else: no network, no script, no font. It is read on a screen of any
//! width, in the dark, on paper, and by ear.

mod bars;
mod cascade;
mod script;
mod tables;
mod text;

use std::{
    fmt::{self, Write as _},
    io::Write,
};

use super::{Document, ReportError, Subject, reading::Reading, words};
use crate::outcome::FetchResult;
use text::{Sentence, Text};

const STYLE: &str = include_str!("style.css");

/// Nothing may be loaded, sent or run, whatever a name in the data says.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

pub(super) fn write(document: &Document<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let reading = Reading::new(document)?;
    let mut page = String::new();
    // Writing to a string does not fail.
    let _ = self::page(&reading, &mut page);
    out.write_all(page.as_bytes())?;
    Ok(())
}

fn page(reading: &Reading<'_>, out: &mut String) -> fmt::Result {
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>",
        Text(&title(reading)),
    )?;
    header(reading, out)?;
    decision(reading, out)?;
    drift(reading, out)?;
    cascade(reading, out)?;
    section("Dimensions", reading, out, tables::dimensions)?;
    section("Alerts", reading, out, tables::alerts)?;
    section("Entities", reading, out, tables::entities)?;
    section("Recall", reading, out, tables::recalls)?;
    section("Actions", reading, out, tables::actions)?;
    section("Ahead", reading, out, tables::ahead)?;
    section("Notes", reading, out, tables::notes)?;
    section("Script", reading, out, self::source)?;
    section("Origin", reading, out, provenance)?;
    out.push_str("</main>\n</body>\n</html>\n");
    Ok(())
}

fn title(reading: &Reading<'_>) -> String {
    match reading.fetch {
        Some(fetch) => format!("{}: {} {}", reading.title, fetch.level.keyword(), words::number(fetch.fetch_score)),
        None => reading.title.clone(),
    }
}

/// A part with a heading. Left out where `body` writes nothing.
fn section(
    heading: &str,
    reading: &Reading<'_>,
    out: &mut String,
    body: impl FnOnce(&Reading<'_>, &mut String) -> fmt::Result,
) -> fmt::Result {
    let mut text = String::new();
    body(reading, &mut text)?;
    if text.is_empty() { Ok(()) } else { writeln!(out, "<section>\n<h2>{heading}</h2>\n<div>{text}</div>\n</section>") }
}

fn header(reading: &Reading<'_>, out: &mut String) -> fmt::Result {
    let outcome = reading.document.outcome;
    let what = match reading.document.subject {
        Subject::Analysis => "whole analysis",
        Subject::Result(..) => "one result",
    };
    write!(
        out,
        "<header>\n<p class=\"kicker\">{} \u{b7} {what} \u{b7} {}</p>\n<h1>{}</h1>\n",
        Text(outcome.methodology),
        Text(&words::moment(&outcome.started)),
        Text(&reading.title),
    )?;
    if let Some(lead) = reading.lead() {
        writeln!(out, "<p class=\"lead\">{}</p>", Text(&lead))?;
    }
    if let Some(error) = outcome.error.as_deref().filter(|_| !outcome.success) {
        writeln!(out, "<p class=\"failure\"><strong>The run failed.</strong> {}</p>", Sentence(error))?;
    }
    figures(reading, out)?;
    out.push_str("</header>\n");
    Ok(())
}

fn figures(reading: &Reading<'_>, out: &mut String) -> fmt::Result {
    let mut figures = String::new();
    if let Some(fetch) = reading.fetch {
        let level = fetch.level.keyword();
        let limit = words::number(fetch.threshold);
        figure("FETCH score", &words::number(fetch.fetch_score), &format!("threshold {limit}"), "", &mut figures)?;
        let review = if fetch.review { "a person should look first" } else { "no review asked for" };
        figure("Decision", level, review, level, &mut figures)?;
        let (priority, range) = if fetch.high_priority {
            ("High", "at least twice the threshold")
        } else {
            ("Normal", "below twice the threshold")
        };
        figure("Priority", priority, range, "", &mut figures)?;
    }
    if let Some(entity) = reading.entity() {
        let hit = format!("{}/{}", entity.summary.dimensions_affected, entity.dimensions.len());
        let unknown = match entity.summary.dimensions_unknown {
            0 => "all known".to_owned(),
            some => format!("{some} unknown"),
        };
        figure("Dimensions hit", &hit, &unknown, "", &mut figures)?;
    }
    if let Some((_, foraged)) = reading.foraged
        && reading.fetch.is_none()
    {
        let of = foraged.count + foraged.not_matched + foraged.unknown;
        figure("Entities", &words::count(foraged.count), &format!("of {}", words::count(of)), "", &mut figures)?;
        let mean = foraged.summary.mean_chirp.map(|mean| format!("mean {}", words::number(mean))).unwrap_or_default();
        figure("Highest chirp", &words::known(foraged.summary.max_chirp), &mean, "", &mut figures)?;
    }
    if figures.is_empty() { Ok(()) } else { writeln!(out, "<dl class=\"figures\">{figures}</dl>") }
}

fn figure(name: &str, value: &str, more: &str, class: &str, out: &mut String) -> fmt::Result {
    write!(
        out,
        "<div class=\"figure\"><dt>{name}</dt><dd><span class=\"{class}\">{}</span><small>{}</small></dd></div>",
        Text(value),
        Text(more),
    )
}

fn decision(reading: &Reading<'_>, out: &mut String) -> fmt::Result {
    section("Decision", reading, out, |reading, out| {
        let Some(fetch) = reading.fetch else { return Ok(()) };
        formula(fetch, out)?;
        bars::fetch(fetch, out)?;
        write!(
            out,
            "<p class=\"soft\">Confidence {}; {}.",
            words::confidence_source(fetch.confidence_source),
            words::aggregate(fetch.aggregate),
        )?;
        if fetch.unknown > 0 {
            let unknown = words::counted(fetch.unknown, "entity", "entities");
            write!(out, " {unknown} could not be decided on, because a figure is missing.")?;
        }
        out.push_str("</p>");
        tables::decisions(reading, out)
    })
}

fn formula(fetch: &FetchResult, out: &mut String) -> fmt::Result {
    let parts = fetch.components;
    // The size counts, not the sign.
    let bar = if parts.drift.get() < 0.0 { "|" } else { "" };
    write!(
        out,
        "<p class=\"formula\"><b>{}</b> <span>chirp</span> \u{d7} <b>{}{}{}</b> <span>drift</span> \u{d7} \
         <b>{}</b> <span>confidence</span> = <b>{}</b></p>",
        words::number(parts.chirp),
        bar,
        words::number(parts.drift),
        bar,
        words::number(parts.confidence),
        words::number(fetch.fetch_score),
    )
}

fn drift(reading: &Reading<'_>, out: &mut String) -> fmt::Result {
    section("Drift", reading, out, |reading, out| {
        let Some(drift) = reading.drift else { return Ok(()) };
        write!(
            out,
            "<p class=\"formula\"><b>{}</b> <span>methodology</span> \u{2212} <b>{}</b> <span>performance</span> = \
             <b>{}</b></p>",
            words::number(drift.methodology),
            words::number(drift.performance),
            words::number(drift.drift),
        )?;
        bars::drift(drift, out)?;
        write!(
            out,
            "<p class=\"soft\">{} gap, {}: {}. Figures {}.</p>",
            Text(&words::heading(&drift.gap_type)),
            Text(drift.drift_quality),
            Text(drift.interpretation),
            if drift.source == "stated" { "as stated in the script" } else { drift.source },
        )
    })
}

fn cascade(reading: &Reading<'_>, out: &mut String) -> fmt::Result {
    section("Cascade", reading, out, |reading, out| {
        let Some(picture) = reading.picture() else { return Ok(()) };
        out.push_str("<figure>");
        match picture.declared {
            Some(check) => {
                let says = match words::agreement(check.holds) {
                    "agrees" => "The evidence agrees with it.",
                    "differs" => "The evidence differs.",
                    _ => "The evidence is not enough to say.",
                };
                let declared = check.declared.replace("->", "\u{2192}");
                write!(out, "<figcaption>Declared: {}. {says}</figcaption>", Text(&declared))?;
            }
            None => out.push_str("<figcaption>From the origin along the map of the method.</figcaption>"),
        }
        cascade::draw(&picture, out)?;
        out.push_str("</figure>");
        let check = picture.declared.map(|check| check.dimensions.as_slice()).unwrap_or_default();
        let mut reasons = check.iter().filter(|entry| words::agreement(entry.holds) != "agrees").peekable();
        if reasons.peek().is_none() {
            return Ok(());
        }
        out.push_str("<ul>");
        for entry in reasons {
            let (id, state) = (entry.dimension.id(), words::agreement(entry.holds));
            write!(out, "<li><strong>{id} {state}:</strong> {}</li>", Sentence(&entry.reason))?;
        }
        out.push_str("</ul>");
        Ok(())
    })
}

fn source(reading: &Reading<'_>, out: &mut String) -> fmt::Result {
    let script = reading.document.script.trim_end();
    if script.is_empty() {
        return Ok(());
    }
    out.push_str("<pre><code>");
    script::lines(script, out)?;
    out.push_str("</code></pre>");
    Ok(())
}

fn provenance(reading: &Reading<'_>, out: &mut String) -> fmt::Result {
    let document = reading.document;
    let outcome = document.outcome;
    out.push_str("<dl class=\"facts\">");
    if let Some(name) = document.script_name {
        write!(out, "<dt>Script</dt><dd>{}, edition {}</dd>", Text(name), outcome.edition)?;
    } else {
        write!(out, "<dt>Edition</dt><dd>{}</dd>", outcome.edition)?;
    }
    for source in document.sources {
        write!(out, "<dt>Source</dt><dd>{}</dd>", Text(source))?;
    }
    let moment = Text(&words::moment(&outcome.started)).to_string();
    write!(out, "<dt>Moment</dt><dd><time datetime=\"{}\">{moment}</time></dd></dl>", Text(&outcome.started))
}

#[cfg(test)]
mod tests;
