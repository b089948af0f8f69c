use jiff::Timestamp;
use serde_json::{Value, json};

use super::recall;
use crate::{
    ast::{Recall, Script, StatementKind},
    outcome::RecallResult,
    source::Memory,
    syntax,
    value::Truth,
};

const WATCHES: &str = "WATCH low IN reviews WHEN pct < 35 FOR 2mo\nWATCH gone IN reviews WHEN pct < 5\n\
                       WATCH never IN reviews WHEN pct < 15 FOR 6mo\nWATCH dark IN reviews WHEN incidents > 5\n";

fn data() -> Memory {
    let row = |at: &str, pct: i64| json!({"at": at, "service": "billing", "pct": pct, "incidents": null});
    let rows: Vec<Value> = [
        ("2026-01-31", 48),
        ("2026-02-28", 40),
        ("2026-03-31", 31),
        ("2026-04-30", 22),
        ("2026-05-31", 12),
        ("2026-06-30", 3),
    ]
    .map(|(at, pct)| row(at, pct))
    .into();
    Memory::new().with("reviews", rows)
}

fn find<'w, 's>(script: &'w Script<'s>) -> &'w Recall<'s> {
    let found = script.statements.iter().find_map(|statement| match &statement.kind {
        StatementKind::Recall(recall) => Some(recall),
        _ => None,
    });
    found.unwrap()
}

fn run_at(statement: &str, now: &str) -> RecallResult {
    let text = format!("{WATCHES}{statement}");
    let parsed = syntax::parse(&text);
    assert!(parsed.diagnostics.is_empty(), "{text}: {:?}", parsed.diagnostics);
    let now: Timestamp = now.parse().unwrap();
    recall(find(&parsed.script), &parsed.script, &data(), now).unwrap()
}

fn run(statement: &str) -> RecallResult {
    run_at(statement, "2026-12-01T00:00:00Z")
}

#[test]
fn what_the_data_say_stands_above_what_the_script_states() {
    // (on, watch, status stated) -> (status, source, holds, day)
    let cases = [
        ("2026-06-01", "low", "fired", "fired", "computed", Truth::True, Some("2026-05-31")),
        ("2026-06-01", "low", "not_fired", "fired", "computed", Truth::False, Some("2026-05-31")),
        // Two months from the end of March are full on the last of May, and not a day before.
        ("2026-05-31", "low", "fired", "fired", "computed", Truth::True, Some("2026-05-31")),
        ("2026-05-30", "low", "fired", "partial", "computed", Truth::False, None),
        ("2026-05-30", "low", "partial", "partial", "computed", Truth::True, None),
        ("2026-02-28", "low", "fired", "not_fired", "computed", Truth::False, None),
        ("2026-06-29", "gone", "not_fired", "not_fired", "computed", Truth::True, None),
        ("2026-06-30", "gone", "fired", "fired", "computed", Truth::True, Some("2026-06-30")),
        ("2026-06-30", "never", "partial", "partial", "computed", Truth::True, None),
        // The data do not say.
        ("2026-06-30", "dark", "fired", "fired", "stated", Truth::Unknown, None),
        ("2025-06-30", "low", "fired", "fired", "stated", Truth::Unknown, None),
        ("2026-06-30", "of_another_case", "partial", "partial", "stated", Truth::Unknown, None),
    ];
    for (on, name, stated, status, source, holds, day) in cases {
        let result = run(&format!("RECALL c ON \"{on}\" WATCH {name} STATUS {stated}"));
        let watch = &result.watches[0];
        let got = (watch.status.as_str(), watch.source, watch.holds, watch.fired_date.as_deref());
        assert_eq!(got, (status, source, holds, day), "{on} {name} {stated}");
        assert_eq!(result.validated, holds != Truth::False, "{on} {name} {stated}: {:?}", result.mismatches);
        assert_eq!(result.mismatches.len(), usize::from(holds == Truth::False));
    }
}

#[test]
fn a_contradiction_names_both_values() {
    let result =
        run("RECALL c ON \"2026-07-01\" WATCH low STATUS not_fired WATCH gone STATUS fired FIRED_DATE \"2026-06-29\" \
                      TRIGGERS 0/2 CONFIDENCE_STATED 0.9 CONFIDENCE_ACTUAL 0.5 CALIBRATION over");
    assert_eq!(
        result.mismatches,
        [
            "`low` STATUS not_fired, by the data fired",
            "`gone` FIRED_DATE 2026-06-29, by the data 2026-06-30",
            "TRIGGERS 0/2, of 2 watches 2 fired and 0 did not",
            "CONFIDENCE_ACTUAL 0.5, by the data 1",
            "CALIBRATION over, by the confidences aligned",
        ]
    );
    assert!(!result.validated);
    assert_eq!((result.triggers_fired, result.triggers_total), (2, 2));
    assert_eq!(result.interpretation, "the case was as sure as it could be; 5 statements are contradicted");
}

#[test]
fn what_agrees_is_validated() {
    let result = run("RECALL c ON \"2026-07-01\" WATCH low STATUS fired FIRED_DATE \"2026-05-31\" EVIDENCE \"12%\" \
                      WATCH never STATUS partial TRIGGERS 1/2 CONFIDENCE_STATED 55 CONFIDENCE_ACTUAL 0.5 CALIBRATION aligned");
    assert_eq!(result.mismatches, Vec::<String>::new());
    assert!(result.validated);
    assert_eq!(result.watches[0].evidence.as_deref(), Some("12%"));
    let evidence = "`reviews`, 6 observations: holds since 2026-05-31T00:00:00Z, and not for long enough";
    assert_eq!(result.watches[1].evidence.as_deref(), Some(evidence));
}

#[test]
fn the_calibration_is_computed() {
    let cases = [
        // (stated, actual) -> (delta, word)
        ("CONFIDENCE_STATED 0.33 CONFIDENCE_ACTUAL 0.50", Some("-0.17"), Some("under")),
        ("CONFIDENCE_STATED 0.5 CONFIDENCE_ACTUAL 0.4", Some("0.1"), Some("aligned")),
        ("CONFIDENCE_STATED 0.4 CONFIDENCE_ACTUAL 0.5", Some("-0.1"), Some("aligned")),
        ("CONFIDENCE_STATED 90 CONFIDENCE_ACTUAL 0.5", Some("0.4"), Some("over")),
        ("CONFIDENCE_ACTUAL 0.5", None, None),
        // Not stated: one of two fired, and the other in part.
        ("CONFIDENCE_STATED 0.7", Some("-0.05"), Some("aligned")),
    ];
    for (clauses, delta, word) in cases {
        let text = format!("RECALL c ON \"2026-07-01\" WATCH a STATUS fired WATCH b STATUS partial {clauses}");
        let result = run(&text);
        let got = result.calibration_delta.map(|delta| delta.to_string());
        assert_eq!((got.as_deref(), result.expected_calibration), (delta, word), "{clauses}");
        assert_eq!(result.calibration.as_deref(), word, "{clauses}");
    }
}

#[test]
fn without_data_the_script_is_taken_as_stated() {
    // The cases of the method's documentation.
    let result =
        run("RECALL c ON \"2026-04-15\" WATCH a STATUS fired WATCH b STATUS not_fired WATCH d STATUS not_fired \
                      TRIGGERS 1/3 CONFIDENCE_STATED 0.33 CONFIDENCE_ACTUAL 0.33 CALIBRATION aligned");
    assert!(result.validated, "{:?}", result.mismatches);
    assert_eq!(result.interpretation, "the case was as sure as it could be; 3 watches are taken as stated");
    let result = run("RECALL c ON \"2026-04-15\" WATCH a STATUS fired WATCH b STATUS not_fired \
                      TRIGGERS 1/2 CONFIDENCE_STATED 0.33 CONFIDENCE_ACTUAL 0.50 CALIBRATION aligned");
    assert_eq!((result.validated, result.expected_calibration), (false, Some("under")));
    // Not every watch is told.
    let result = run("RECALL c ON \"2026-04-15\" WATCH a STATUS fired TRIGGERS 1/3 CONFIDENCE_ACTUAL 0.33");
    assert!(result.validated, "{:?}", result.mismatches);
    assert_eq!((result.triggers_fired, result.triggers_total), (1, 3));
}

#[test]
fn data_after_the_review_and_after_now_are_not_seen() {
    let statement = "RECALL c ON \"2026-07-01\" WATCH gone STATUS not_fired";
    assert!(!run(statement).validated);
    assert!(run_at(statement, "2026-06-15T00:00:00Z").validated);
}

#[test]
fn what_is_no_day_and_no_confidence_is_an_error() {
    let errors = [
        ("RECALL c ON \"2026-02-30\"", "`2026-02-30` is no day: write it as `2026-03-31`"),
        (
            "RECALL c ON \"2026-02-28\" CONFIDENCE_STATED 140",
            "CONFIDENCE_STATED must be 0 to 1, or percent up to 100, not 140",
        ),
        ("WATCH slip IN reviews WHEN pcts < 1\nRECALL c ON \"2026-02-28\" WATCH slip STATUS fired", "no field `pcts`"),
        (
            "WATCH slip IN review WHEN pct < 1\nRECALL c ON \"2026-02-28\" WATCH slip STATUS fired",
            "no collection `review`",
        ),
    ];
    for (text, expected) in errors {
        let script = syntax::parse(text).script;
        let now = "2026-12-01T00:00:00Z".parse().unwrap();
        let error = recall(find(&script), &script, &data(), now).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{text}: {error}");
    }
}
