//! Figures and findings as people read them.

use jiff::Timestamp;

use crate::{
    number::Decimal,
    outcome::{Delivery, DimensionScore, FetchResult, Foraged, Impact},
    value::Truth,
};

/// What stands for a figure that is not known.
pub(super) const UNKNOWN: &str = "unknown";

/// A number with its thousands apart: `2,603.48`.
pub(super) fn number(value: Decimal) -> String {
    let text = value.to_string();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("\u{2212}", digits));
    let (whole, part) = digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
    let mut out = sign.to_owned();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(part) = part {
        out.push('.');
        out.push_str(part);
    }
    out
}

/// The same, or that it is unknown.
pub(super) fn known(value: Option<Decimal>) -> String {
    value.map_or_else(|| UNKNOWN.to_owned(), number)
}

/// A count, with its thousands apart.
pub(super) fn count(value: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "counts of entities are far below 2^53")]
    number(Decimal::rounded(value as f64, 0))
}

/// `1 entity`, `2 entities`.
pub(super) fn counted(value: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(value), if value == 1 { one } else { many })
}

/// What became of the entities that are not in a result.
pub(super) fn rest(foraged: &Foraged) -> String {
    match (foraged.not_matched, foraged.unknown) {
        (0, 0) => "none was left out".to_owned(),
        (others, 0) => format!("{} did not match", count(others)),
        (others, unknown) => format!("{} did not match, {} cannot be said", count(others), count(unknown)),
    }
}

/// Where a dimension stands in the cascade.
pub(super) fn level(level: Option<u32>) -> String {
    match level {
        None => "not reached".to_owned(),
        Some(0) => "origin".to_owned(),
        Some(level) => format!("level {level}"),
    }
}

/// Whether evidence bears a claim out.
pub(super) fn agreement(holds: Truth) -> &'static str {
    match holds {
        Truth::True => "agrees",
        Truth::False => "differs",
        Truth::Unknown => UNKNOWN,
    }
}

/// What made a score.
pub(super) fn evidence(score: &DimensionScore) -> String {
    let inputs = &score.evidence.inputs;
    if inputs.is_empty() {
        return format!("no evidence: needs {}", score.evidence.missing.join(", "));
    }
    if score.evidence.kind == "lens" {
        let parts: Vec<_> = inputs.iter().map(|(field, value)| format!("{field} {value}")).collect();
        return format!("{} / 10", parts.join(" \u{d7} "));
    }
    inputs.iter().map(|(field, value)| format!("{field} = {value}")).collect::<Vec<_>>().join(", ")
}

/// How grave a score is, such as `critical, 0.9`.
pub(super) fn spread(score: &DimensionScore) -> String {
    score
        .cascade
        .as_ref()
        .map_or_else(|| UNKNOWN.to_owned(), |cascade| format!("{}, {}", cascade.level, cascade.probability))
}

/// How pressing a decision is.
pub(super) fn priority(fetch: &FetchResult) -> &'static str {
    if fetch.high_priority { "high priority" } else { "normal priority" }
}

/// Where the confidence comes from.
pub(super) fn confidence_source(source: &str) -> &str {
    match source {
        "clause" => "stated in the script",
        "row" => "stated by the entity",
        "derived" => "derived from perch and wake",
        other => other,
    }
}

/// How one entity stands for many.
pub(super) fn aggregate(aggregate: &str) -> &str {
    match aggregate {
        "max" => "the highest entity decides",
        "mean" => "the mean of the entities decides",
        other => other,
    }
}

/// An estimated cost.
pub(super) fn impact(impact: &Impact) -> String {
    format!("{} to {} {}", number(impact.min), number(impact.max), impact.currency)
}

/// What a receiver did with an alert.
pub(super) fn delivery(delivery: &Delivery) -> String {
    let tries = if delivery.attempts > 1 { format!(" at attempt {}", delivery.attempts) } else { String::new() };
    match &delivery.error {
        Some(error) => format!("{}: not delivered{tries}: {error}", delivery.sink),
        None if delivery.delivered => format!("{}: delivered{tries}", delivery.sink),
        None => format!("{}: not delivered{tries}", delivery.sink),
    }
}

/// A moment as `25 November 2026, 12:30 UTC`; what is none as it is.
pub(super) fn moment(text: &str) -> String {
    match text.parse::<Timestamp>() {
        Ok(moment) => moment.strftime("%-d %B %Y, %H:%M UTC").to_string(),
        Err(_) => text.to_owned(),
    }
}

/// A name of a script as a heading: `guardrail_gap` is `Guardrail gap`.
pub(super) fn heading(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_thousands_apart() {
        let cases = [
            (2603.48, "2,603.48"),
            (999.0, "999"),
            (1000.0, "1,000"),
            (-1_234_567.5, "\u{2212}1,234,567.5"),
            (0.88, "0.88"),
            (123_456.0, "123,456"),
        ];
        for (value, text) in cases {
            assert_eq!(number(Decimal::rounded(value, 6)), text);
        }
    }

    #[test]
    fn a_moment_is_written_out_and_what_is_none_stays() {
        assert_eq!(moment("2026-03-05T07:08:09.5Z"), "5 March 2026, 07:08 UTC");
        assert_eq!(moment("<b>"), "<b>");
    }

    #[test]
    fn a_name_becomes_a_heading() {
        let cases = [("guardrail_gap", "Guardrail gap"), ("", ""), ("\u{df}x", "SSx"), ("a-b", "A-b")];
        for (name, text) in cases {
            assert_eq!(heading(name), text);
        }
    }
}
