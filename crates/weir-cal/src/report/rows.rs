//! A document as a table: one row for each entity, as it is read, so that no number of entities is too large.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use serde::Serialize;

use super::{Document, ReportError, Subject};
use crate::{
    ast::Dimension,
    number::Decimal,
    outcome::{DriftResult, Entity, FetchResult, Foraged, Output, RecallResult, TraceResult},
};

/// An entity of one of several results.
#[derive(Serialize)]
struct OfResult<'d> {
    result: &'d str,
    #[serde(flatten)]
    entity: &'d Entity,
}

pub(super) fn ndjson(document: &Document<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    match document.subject {
        Subject::Analysis => every_entity(document, &mut |result, entity| line(out, &OfResult { result, entity })),
        Subject::Result(name, Output::Foraged(foraged)) => {
            entities(document, name, foraged, &mut |entity| line(out, entity))
        }
        Subject::Result(_, Output::Trace(trace)) => {
            Ok(trace.pathways.iter().try_for_each(|pathway| line(out, pathway))?)
        }
        Subject::Result(_, other) => Ok(line(out, other)?),
    }
}

fn line(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

pub(super) fn csv(document: &Document<'_>, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut cells = Cells::new(out);
    match document.subject {
        Subject::Analysis => {
            cells.header(Some("result"), &Dimension::ALL)?;
            every_entity(document, &mut |result, entity| {
                cells.text(result)?;
                cells.entity(entity, &Dimension::ALL)
            })?;
        }
        Subject::Result(name, Output::Foraged(foraged)) => {
            cells.header(None, &foraged.across)?;
            entities(document, name, foraged, &mut |entity| cells.entity(entity, &foraged.across))?;
        }
        Subject::Result(_, Output::Drift(drift)) => cells.drift(drift)?,
        Subject::Result(_, Output::Fetch(fetch)) => cells.fetch(fetch)?,
        Subject::Result(_, Output::Trace(trace)) => cells.trace(trace)?,
        Subject::Result(_, Output::Recall(recall)) => cells.recall(recall)?,
    }
    cells.writer.flush()?;
    Ok(())
}

/// The entities of one result, all of them.
fn entities(
    document: &Document<'_>,
    name: &str,
    foraged: &Foraged,
    each: &mut dyn FnMut(&Entity) -> io::Result<()>,
) -> Result<(), ReportError> {
    match document.entities {
        Some(entities) => Ok(entities.each(each)?),
        None if foraged.entities_omitted > 0 => {
            Err(ReportError::Omitted { result: name.to_owned(), omitted: foraged.entities_omitted })
        }
        None => Ok(foraged.entities.iter().try_for_each(each)?),
    }
}

/// The entities of all results. A table with silent gaps would be worse than none.
fn every_entity(
    document: &Document<'_>,
    each: &mut dyn FnMut(&str, &Entity) -> io::Result<()>,
) -> Result<(), ReportError> {
    let foraged = || {
        document.outcome.outputs.iter().filter_map(|(name, output)| match output {
            Output::Foraged(foraged) => Some((name, foraged)),
            _ => None,
        })
    };
    if let Some((name, foraged)) = foraged().find(|(_, foraged)| foraged.entities_omitted > 0) {
        return Err(ReportError::Omitted { result: name.clone(), omitted: foraged.entities_omitted });
    }
    for (name, foraged) in foraged() {
        for entity in &foraged.entities {
            each(name, entity)?;
        }
    }
    Ok(())
}

/// Writes rows, cell by cell.
struct Cells<'w> {
    writer: ::csv::Writer<&'w mut dyn Write>,
}

impl<'w> Cells<'w> {
    fn new(out: &'w mut dyn Write) -> Self {
        let writer = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(out);
        Self { writer }
    }

    /// A text from the data or the script.
    fn text(&mut self, text: &str) -> io::Result<()> {
        Ok(self.writer.write_field(no_formula(text).as_bytes())?)
    }

    /// What cannot be taken for a formula: a number, a name of ours. Empty where it is unknown.
    fn plain(&mut self, value: Option<impl ToString>) -> io::Result<()> {
        Ok(self.writer.write_field(value.map(|value| value.to_string()).unwrap_or_default())?)
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(self.writer.write_record(None::<&[u8]>)?)
    }

    fn header(&mut self, first: Option<&str>, across: &[Dimension]) -> io::Result<()> {
        for name in first.into_iter().chain(["entity", "name"]) {
            self.plain(Some(name))?;
        }
        for dimension in across {
            self.plain(Some(dimension.id()))?;
        }
        for dimension in across {
            self.plain(Some(format!("{}Level", dimension.id())))?;
        }
        Ok(self.writer.write_record([
            "dimensionsAffected",
            "dimensionsUnknown",
            "totalScore",
            "averageScore",
            "chirp",
            "confidence",
            "origin",
            "cascadeDepth",
            "baseCost",
            "impactMin",
            "impactMax",
            "currency",
            "multiplierMin",
            "multiplierMax",
        ])?)
    }

    fn entity(&mut self, entity: &Entity, across: &[Dimension]) -> io::Result<()> {
        let summary = &entity.summary;
        self.text(&entity.entity)?;
        self.text(entity.name.as_deref().unwrap_or_default())?;
        for dimension in across {
            self.plain(entity.dimensions.get(dimension).and_then(|one| one.score))?;
        }
        for dimension in across {
            self.plain(entity.dimensions.get(dimension).and_then(|one| one.level))?;
        }
        self.plain(Some(summary.dimensions_affected))?;
        self.plain(Some(summary.dimensions_unknown))?;
        self.plain(Some(summary.total_score))?;
        self.plain(summary.average_score)?;
        self.plain(summary.chirp)?;
        self.plain(summary.confidence)?;
        self.plain(entity.cascades.first().map(|tree| tree.origin.dimension.id()))?;
        self.plain(Some(summary.cascade_depth))?;
        self.plain(summary.base_cost)?;
        let impact = summary.estimated_impact.as_ref();
        self.plain(impact.map(|impact| impact.min))?;
        self.plain(impact.map(|impact| impact.max))?;
        self.text(impact.map_or("", |impact| &impact.currency))?;
        self.plain(Some(summary.multiplier.min))?;
        self.plain(Some(summary.multiplier.max))?;
        self.end()
    }

    fn drift(&mut self, drift: &DriftResult) -> io::Result<()> {
        self.writer.write_record([
            "target",
            "drift",
            "absDrift",
            "methodology",
            "performance",
            "gapType",
            "driftQuality",
            "interpretation",
            "source",
        ])?;
        self.text(&drift.target)?;
        for number in [drift.drift, drift.abs_drift, drift.methodology, drift.performance] {
            self.plain(Some(number))?;
        }
        self.text(&drift.gap_type)?;
        for word in [drift.drift_quality, drift.interpretation, drift.source] {
            self.plain(Some(word))?;
        }
        self.end()
    }

    fn fetch(&mut self, fetch: &FetchResult) -> io::Result<()> {
        self.writer.write_record([
            "target",
            "fetchScore",
            "threshold",
            "level",
            "highPriority",
            "review",
            "chirp",
            "drift",
            "confidence",
            "confidenceSource",
            "aggregate",
            "unknown",
        ])?;
        self.text(&fetch.target)?;
        self.plain(Some(fetch.fetch_score))?;
        self.plain(Some(fetch.threshold))?;
        self.plain(Some(fetch.level.keyword()))?;
        self.plain(Some(fetch.high_priority))?;
        self.plain(Some(fetch.review))?;
        let parts = fetch.components;
        for number in [parts.chirp, parts.drift, parts.confidence] {
            self.plain(Some(number))?;
        }
        self.plain(Some(fetch.confidence_source))?;
        self.plain(Some(fetch.aggregate))?;
        self.plain(Some(fetch.unknown))?;
        self.end()
    }

    fn trace(&mut self, trace: &TraceResult) -> io::Result<()> {
        self.writer.write_record(["pathway", "origin", "level", "from", "to", "name", "score", "probability"])?;
        for (pathway, tree) in (1usize..).zip(&trace.pathways) {
            let origin = tree.origin.dimension;
            self.arrow(pathway, origin, (0, None, origin), Some(tree.origin.score), None)?;
            for edge in tree.levels.iter().flat_map(|step| &step.cascades) {
                let place = (edge.level, Some(edge.from), edge.to);
                self.arrow(pathway, origin, place, edge.score, Some(edge.probability))?;
            }
        }
        Ok(())
    }

    fn arrow(
        &mut self,
        pathway: usize,
        origin: Dimension,
        (level, from, to): (u32, Option<Dimension>, Dimension),
        score: Option<Decimal>,
        probability: Option<Decimal>,
    ) -> io::Result<()> {
        self.plain(Some(pathway))?;
        self.plain(Some(origin.id()))?;
        self.plain(Some(level))?;
        self.plain(from.map(Dimension::id))?;
        self.plain(Some(to.id()))?;
        self.plain(Some(to.name()))?;
        self.plain(score)?;
        self.plain(probability)?;
        self.end()
    }

    fn recall(&mut self, recall: &RecallResult) -> io::Result<()> {
        self.writer.write_record(["target", "date", "triggerId", "status", "source", "firedDate", "evidence"])?;
        for watch in &recall.watches {
            self.text(&recall.target)?;
            self.text(&recall.date)?;
            self.text(&watch.trigger_id)?;
            self.text(&watch.status)?;
            self.plain(Some(watch.source))?;
            self.text(watch.fired_date.as_deref().unwrap_or_default())?;
            self.text(watch.evidence.as_deref().unwrap_or_default())?;
            self.end()?;
        }
        Ok(())
    }
}

/// A text that no spreadsheet runs: an apostrophe stands before what would begin a formula. Numbers stay numbers.
fn no_formula(text: &str) -> Cow<'_, str> {
    let begins = |c: char| matches!(c, '=' | '+' | '-' | '@' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}');
    // Some programs skip white space and control characters before they look for a formula.
    let first = text.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}');
    if first.starts_with(begins) && !is_number(text) {
        return Cow::Owned(format!("'{text}"));
    }
    Cow::Borrowed(text)
}

/// Digits with a sign and a point at most.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    [whole, part].iter().all(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}
