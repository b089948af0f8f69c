//! What is surfaced, when, and as what.

use serde_json::{Value, json};

use super::ran;
use crate::limits;

fn rows() -> Value {
    json!({"t": [{"id": "e", "D1": 50}, {"id": "f", "D1": 60}]})
}

#[test]
fn results_are_published_at_the_end_and_alerts_at_once() {
    let script = "SURFACE analysis
        FORAGE t SURFACE m
        SURFACE m AS csv TO \"out/m.csv\"
        CHIRP info 'now'
        SURFACE m_drift TO \"drift.md\"
        DRIFT m METHODOLOGY 85 PERFORMANCE 35
        SURFACE m_drfit AS ndjson";
    let ran = ran(script, rows()).ok();
    assert_eq!(
        ran.log,
        [
            "info now",
            "analysis of analysis as json: 0",
            "m of m as csv: 2",
            "m_drift of m_drift as markdown: 0",
            "m_drfit of analysis as ndjson: 0"
        ]
    );
    let surfaced = serde_json::to_value(&ran.outcome.surfaced).unwrap();
    assert_eq!(
        surfaced,
        json!([
            {"name": "analysis", "format": "json", "of": "analysis"},
            {"name": "m", "format": "csv", "of": "m", "path": "/out/out/m.csv"},
            {"name": "m_drift", "format": "markdown", "of": "m_drift", "path": "/out/drift.md"},
            {"name": "m_drfit", "format": "ndjson", "of": "analysis"},
        ])
    );
    let note = "`m_drfit` is no result: the whole analysis is surfaced; did you mean `m_drift`?";
    assert!(ran.outcome.notes.contains(&note.to_owned()), "{:?}", ran.outcome.notes);
}

#[test]
fn a_document_that_cannot_be_written_fails_alone() {
    let ran = ran("FORAGE t SURFACE m\nSURFACE m TO \"bad.json\"\nSURFACE m AS csv", rows());
    assert_eq!(ran.error(), "line 2: cannot write bad.json");
    let results: Vec<&str> = ran.outcome.actions.iter().map(|action| action.result).collect();
    assert_eq!(results, ["success", "failed", "success"]);
    assert_eq!(ran.outcome.surfaced.len(), 1);
}

#[test]
fn what_is_due_on_a_later_day_is_planned() {
    let script = "FORAGE t SURFACE m
        SURFACE m AS html ON \"2026-03-02\"
        SURFACE m AS csv ON \"2026-03-01\"";
    let ran = ran(script, rows()).ok();
    assert_eq!(ran.log, ["m of m as csv: 2"]);
    let [task] = ran.outcome.scheduled_tasks.as_slice() else { panic!("{:?}", ran.outcome) };
    assert_eq!((task.r#type, task.due.as_str()), ("surface", "2026-03-02T00:00:00Z"));
    assert_eq!(task.action.as_deref(), Some("SURFACE m AS html ON \"2026-03-02\""));
    for on in ["not-a-date", "2026-02-30", "20260331", "never", ""] {
        let refused = super::ran(&format!("SURFACE m ON \"{on}\""), rows());
        assert_eq!(refused.error(), format!("line 1: `{on}` is no day: write it as `2026-03-31`"));
    }
    let refused = super::ran("SURFACE m AS pdf", rows());
    assert_eq!(refused.error(), "line 1: no format `pdf`: use json, ndjson, csv, markdown or html");
}

#[test]
fn a_recall_is_surfaced_under_the_name_that_it_gives() {
    let script = "RECALL c ON \"2026-02-15\" WATCH a STATUS fired TRIGGERS 1/1 CONFIDENCE_STATED 1
        CONFIDENCE_ACTUAL 1 CALIBRATION aligned SURFACE review AS markdown";
    let ran = ran(script, json!({})).ok();
    assert_eq!(ran.log, ["review of c_recall as markdown: 0"]);
}

#[test]
fn entities_beyond_those_that_are_kept_are_counted_scored_and_streamed() {
    let many = limits::KEPT_ENTITIES + 5;
    let rows: Vec<Value> = (0..many).map(|n| json!({"id": n, "D1": if n + 1 == many { 90 } else { 10 }})).collect();
    let script = "FORAGE t ACROSS D1 SURFACE m DRIFT m METHODOLOGY 85 PERFORMANCE 35 FETCH m CONFIDENCE 1
        TRACE x FROM m SURFACE m AS ndjson";
    let ran = ran(script, json!({"t": rows})).ok();
    let found = ran.foraged("m");
    assert_eq!((found.count, found.entities.len(), found.entities_omitted), (10_005, 10_000, 5));
    assert_eq!(ran.log, ["m of m as ndjson: 10005"]);
    assert_eq!(ran.fetch("m_fetch").fetch_score.to_string(), "4500", "the last entity decides");
    assert!(ran.outcome.notes.iter().any(|note| note.contains("5 entities of `m` are not kept")));
}

#[test]
fn many_results_keep_no_more_than_a_few() {
    let rows: Vec<Value> = (0..limits::KEPT_ENTITIES).map(|n| json!({"id": n, "D1": 30})).collect();
    let mut script = String::new();
    for number in 0..6 {
        script.push_str(&format!("FORAGE t ACROSS D1 SURFACE m{number}\n"));
    }
    let ran = ran(&format!("{script}TRACE x FROM m0\nSURFACE m5 AS csv"), json!({"t": rows})).ok();
    let kept: Vec<usize> = (0..6).map(|number| ran.foraged(&format!("m{number}")).entities.len()).collect();
    assert_eq!(kept, [10_000, 10_000, 10_000, 10_000, 0, 0]);
    assert_eq!((ran.foraged("m5").count, ran.foraged("m5").entities_omitted), (10_000, 10_000));
    assert_eq!(ran.log, ["m5 of m5 as csv: 10000"]);
    assert_eq!(ran.trace("x").pathways.len(), 0);
    assert!(ran.outcome.notes.contains(&"`x`: the cascades of 10000 entities of `m0` are not kept".to_owned()));
}

#[test]
fn a_name_that_is_given_twice_is_told() {
    let ran = ran("FORAGE t FORAGE t WHERE D1 > 55", rows()).ok();
    assert_eq!(ran.foraged("results").count, 1);
    assert_eq!(ran.outcome.notes.iter().filter(|note| note.contains("`results` is given twice")).count(), 1);
}
