//! What a result came to, in a few lines with the numbers in their formula.

use std::fmt::Write as _;

use crate::{
    ast::Dimension,
    outcome::{DriftResult, Entity, FetchResult, Foraged, Outcome, Output},
};

/// How many entities are shown.
const SHOWN: usize = 5;

/// A result in Markdown.
pub(super) fn output(output: &Output) -> String {
    match output {
        Output::Foraged(found) => foraged(found),
        Output::Drift(drift) => gap(drift),
        Output::Fetch(fetch) => decision(fetch),
        Output::Trace(trace) => format!("{} cascades, from `{}`", trace.pathways.len(), trace.from),
        Output::Recall(recall) => recall.interpretation.clone(),
    }
}

fn foraged(found: &Foraged) -> String {
    let mut out =
        format!("{} of `{}` match, {} do not, {} unknown", found.count, found.target, found.not_matched, found.unknown);
    if let (Some(max), Some(mean)) = (found.summary.max_chirp, found.summary.mean_chirp) {
        let _ = write!(out, "; chirp at most {max}, {mean} in the mean");
    }
    for entity in found.entities.iter().take(SHOWN) {
        let scores: Vec<String> = entity
            .dimensions
            .values()
            .map(|one| format!("{} {}", one.id.id(), one.score.map_or("unknown".to_owned(), |score| score.to_string())))
            .collect();
        let chirp = entity.summary.chirp.map_or("unknown".to_owned(), |chirp| chirp.to_string());
        let _ = write!(out, "\n- {}: chirp {chirp} ({})", code(&entity.entity), scores.join(", "));
    }
    let more = found.count.saturating_sub(SHOWN as u64);
    if more > 0 {
        let _ = write!(out, "\n- and {more} more");
    }
    out
}

fn gap(drift: &DriftResult) -> String {
    format!(
        "drift = methodology {} - performance {} = **{}** ({}, {})",
        drift.methodology, drift.performance, drift.drift, drift.gap_type, drift.drift_quality
    )
}

fn decision(fetch: &FetchResult) -> String {
    let parts = &fetch.components;
    let mut out = format!(
        "fetch = chirp {} x drift {} x confidence {} = **{}**; threshold {}: **{}**",
        parts.chirp,
        parts.drift,
        parts.confidence,
        fetch.fetch_score,
        fetch.threshold,
        fetch.level.keyword()
    );
    if fetch.review {
        out.push_str(", after a review");
    }
    let _ = write!(out, "\n\nThe confidence comes from the {}.", fetch.confidence_source);
    out
}

/// The score of a dimension in each entity of a result.
pub(super) fn scores(outcome: &Outcome, result: Option<&str>, dimension: Dimension) -> String {
    let named = result.and_then(|name| outcome.outputs.get(name));
    let Some(Output::Foraged(found)) = named else { return String::new() };
    let mut out = String::new();
    for entity in found.entities.iter().take(SHOWN) {
        if let Some(line) = score(entity, dimension) {
            let _ = write!(out, "\n- {}: {line}", code(&entity.entity));
        }
    }
    out
}

fn score(entity: &Entity, dimension: Dimension) -> Option<String> {
    let one = entity.dimensions.get(&dimension)?;
    let Some(score) = one.score else { return Some(format!("unknown: no {}", one.evidence.missing.join(", "))) };
    let inputs: Vec<String> = one.evidence.inputs.iter().map(|(name, value)| format!("{name} {value}")).collect();
    let level = one.cascade.as_ref().map_or(String::new(), |cascade| format!(", {}", cascade.level));
    Some(format!("**{score}** from {}{level}", inputs.join(", ")))
}

/// A name from the data as code that cannot end the code.
fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'").replace(char::is_control, " "))
}
