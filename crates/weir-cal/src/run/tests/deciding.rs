//! FETCH: bands, confidence, several entities.

use serde_json::{Value, json};

use super::{Ran, ran};
use crate::ast::Band;

/// A FETCH over entities, with a DRIFT of 50.
fn fetched(clauses: &str, rows: Value) -> Ran {
    let script = format!("FORAGE t ACROSS D1 SURFACE m DRIFT m METHODOLOGY 85 PERFORMANCE 35 FETCH m {clauses}");
    ran(&script, json!({"t": rows}))
}

#[test]
fn each_band_starts_at_its_share_of_the_threshold() {
    use Band::{Confirm, Execute, Queue, Wait};
    // The chirp, the clauses, the score, the band, whether the priority is high.
    let cases = [
        (40.0, "", "2000", Execute, true),
        (39.99, "", "1999.5", Execute, false),
        (20.0, "", "1000", Execute, false),
        (19.99, "", "999.5", Confirm, false),
        (15.0, "THRESHOLD 1000", "750", Confirm, false),
        (14.99, "THRESHOLD 1000", "749.5", Queue, false),
        (10.0, "THRESHOLD 1000", "500", Queue, false),
        (9.99, "THRESHOLD 1000", "499.5", Wait, false),
        (0.0, "THRESHOLD 1000", "0", Wait, false),
        (0.0, "THRESHOLD 0", "0", Execute, true),
        (50.0, "THRESHOLD 2500", "2500", Execute, false),
        (50.0, "THRESHOLD 2501", "2500", Confirm, false),
        (50.0, "THRESHOLD 5000", "2500", Queue, false),
        (50.0, "THRESHOLD 5001", "2500", Wait, false),
        (10.0, "BANDS docs", "500", Confirm, false),
        (9.99, "BANDS docs", "499.5", Queue, false),
        (2.0, "BANDS docs", "100", Queue, false),
        (1.99, "BANDS docs", "99.5", Wait, false),
        (20.0, "BANDS docs", "1000", Execute, false),
        (10.0, "BANDS relative", "500", Queue, false),
        // 0.3 is no binary fraction: the band must not depend on that.
        (0.006, "THRESHOLD 0.3", "0.5", Execute, false),
        (0.6, "THRESHOLD 40 CONFIDENCE 0.7", "21", Queue, false),
        (0.3, "THRESHOLD 14 CONFIDENCE 0.7", "10.5", Confirm, false),
    ];
    for (chirp, clauses, score, level, high) in cases {
        let confidence = if clauses.contains("CONFIDENCE") { "" } else { " CONFIDENCE 100" };
        let ran = fetched(&format!("{clauses}{confidence}"), json!([{"id": "e", "D1": chirp}])).ok();
        let fetch = ran.fetch("m_fetch");
        let found = (fetch.fetch_score.to_string(), fetch.level, fetch.high_priority);
        assert_eq!(found, (score.to_owned(), level, high), "{chirp} {clauses}");
    }
}

#[test]
fn the_bands_are_told() {
    let bands = |clauses: &str| {
        let ran = fetched(clauses, json!([{"id": "e", "D1": 1}])).ok();
        let bands = ran.fetch("m_fetch").bands.iter();
        bands.map(|(band, from)| format!("{} {from}", band.keyword())).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(bands("CONFIDENCE 1"), "EXECUTE 1000, CONFIRM 750, QUEUE 500");
    assert_eq!(bands("CONFIDENCE 1 THRESHOLD 0.3"), "EXECUTE 0.3, CONFIRM 0.225, QUEUE 0.15");
    assert_eq!(bands("CONFIDENCE 1 THRESHOLD 0.3 BANDS docs"), "EXECUTE 0.3, CONFIRM 0.15, QUEUE 0.03");
}

#[test]
fn what_cannot_be_a_figure_is_refused() {
    let cases = [
        ("THRESHOLD -5 CONFIDENCE 1", "THRESHOLD must be 0 or more, not -5"),
        ("CONFIDENCE 150", "CONFIDENCE must be 0 to 1, or percent up to 100, not 150"),
        ("CONFIDENCE -1", "CONFIDENCE must be 0 to 1, or percent up to 100, not -1"),
        ("CONFIDENCE MIN 101", "CONFIDENCE must be 0 to 1, or percent up to 100, not 101"),
        ("CONFIDENCE 1 BANDS wide", "no kind of bands `wide`: use relative or docs"),
        ("CONFIDENCE 1 AGGREGATE median", "no aggregate `median`: use max or mean"),
    ];
    for (clauses, error) in cases {
        let ran = fetched(clauses, json!([{"id": "e", "D1": 1}]));
        assert_eq!(ran.error(), format!("line 1: {error}"));
        assert!(!ran.outcome.outputs.contains_key("m_fetch"));
        assert_eq!(ran.outcome.actions.last().unwrap().error.as_deref(), Some(error));
    }
}

#[test]
fn the_confidence_comes_from_the_clause_then_the_entity_then_perch_and_wake() {
    let cases = [
        ("CONFIDENCE 88", json!({"confidence": 0.5, "perch": 10, "wake": 10}), Some(("0.88", "clause"))),
        ("CONFIDENCE 0.88", json!({}), Some(("0.88", "clause"))),
        ("CONFIDENCE 1", json!({}), Some(("1", "clause"))),
        ("CONFIDENCE 2", json!({}), Some(("0.02", "clause"))),
        ("", json!({"confidence": 0.5, "perch": 10, "wake": 10}), Some(("0.5", "row"))),
        ("", json!({"confidence": 50}), Some(("0.5", "row"))),
        ("", json!({"confidence": null, "perch": 70, "wake": 40}), Some(("0.4", "derived"))),
        ("", json!({"perch": 70}), None),
        ("", json!({"confidence": 101}), None),
        ("", json!({"confidence": -0.1}), None),
        ("", json!({"perch": 70, "wake": 101}), None),
        ("", json!({}), None),
        ("CONFIDENCE MIN 70", json!({}), None),
        ("CONFIDENCE MIN 70", json!({"confidence": 0.8}), Some(("0.8", "row"))),
    ];
    for (clauses, mut row, expected) in cases {
        row["D1"] = json!(50);
        let ran = fetched(clauses, json!([row]));
        match expected {
            Some((confidence, source)) => {
                let ran = ran.ok();
                let fetch = ran.fetch("m_fetch");
                let found = (fetch.components.confidence.to_string(), fetch.confidence_source);
                assert_eq!(found, (confidence.to_owned(), source), "{clauses} {row}");
            }
            None => assert!(ran.error().contains("no confidence: state it as"), "{clauses} {row}"),
        }
    }
}

#[test]
fn a_person_looks_first_where_the_evidence_is_not_sure() {
    use Band::{Confirm, Execute, Wait};
    let cases = [
        ("", 0.61, Execute, false),
        ("", 0.6, Execute, true),
        ("CONFIDENCE MIN 70", 0.7, Execute, false),
        ("CONFIDENCE MIN 0.7", 0.69, Confirm, true),
        ("CONFIDENCE MIN 70 THRESHOLD 9000", 0.6, Wait, false),
    ];
    for (clauses, confidence, level, review) in cases {
        let ran = fetched(clauses, json!([{"id": "e", "D1": 100, "confidence": confidence}])).ok();
        let fetch = ran.fetch("m_fetch");
        assert_eq!((fetch.level, fetch.review), (level, review), "{clauses} {confidence}");
        assert_eq!(fetch.recommendation.contains("Review"), review, "{}", fetch.recommendation);
    }
}

#[test]
fn the_highest_entity_decides_and_the_mean_where_it_is_asked_for() {
    let quiet: Vec<Value> = (0..99).map(|n| json!({"id": format!("q{n}"), "D1": 1, "confidence": 0.9})).collect();
    let mut rows = quiet;
    rows.push(json!({"id": "loud", "D1": 90, "confidence": 0.9}));
    rows.push(json!({"id": "blank", "confidence": 0.9}));
    rows.push(json!({"id": "unsure", "D1": 99}));
    let cases = [
        // Without a clause the one without a confidence cannot be decided on, with one it can.
        ("", "4050", "EXECUTE", "loud", 2),
        ("CONFIDENCE 0.9", "4455", "EXECUTE", "unsure", 1),
        ("AGGREGATE max", "4050", "EXECUTE", "loud", 2),
        // (99 x 1 + 90) / 100
        ("AGGREGATE mean", "85.05", "WAIT", "loud", 2),
        // (99 x 1 + 90 + 99) / 101
        ("AGGREGATE mean CONFIDENCE 0.9", "128.316832", "WAIT", "unsure", 1),
    ];
    for (clauses, score, level, first, unknown) in cases {
        let ran = fetched(clauses, Value::from(rows.clone())).ok();
        let fetch = ran.fetch("m_fetch");
        assert_eq!((fetch.fetch_score.to_string(), fetch.level.keyword()), (score.to_owned(), level), "{clauses}");
        assert_eq!((fetch.entities[0].entity.as_str(), fetch.entities.len()), (first, 10), "{clauses}");
        assert_eq!(fetch.unknown, unknown, "{clauses}");
        assert!(ran.outcome.notes.iter().any(|note| note.contains("cannot be decided on")), "{:?}", ran.outcome.notes);
        // What is printed is what was multiplied.
        let by_hand = fetch.components.chirp.get() * 50.0 * fetch.components.confidence.get();
        assert!((by_hand - fetch.fetch_score.get()).abs() < 1e-6, "{clauses}");
    }
}

#[test]
fn who_is_sure_enough_comes_before_who_is_not() {
    let mut rows: Vec<Value> =
        (0..20).map(|n| json!({"id": format!("unsure{n}"), "D1": 95, "confidence": 0.69})).collect();
    rows.push(json!({"id": "sure", "D1": 60, "confidence": 0.7}));
    let ran = fetched("CONFIDENCE MIN 70", Value::from(rows)).ok();
    let fetch = ran.fetch("m_fetch");
    assert_eq!((fetch.level, fetch.review, fetch.fetch_score.to_string().as_str()), (Band::Execute, false, "2100"));
    assert_eq!(fetch.entities[0].level, Band::Confirm);
}

#[test]
fn nothing_matched_is_no_reason_to_act_and_nothing_known_is_no_answer() {
    let script = |filter: &str| {
        format!(
            "FORAGE t WHERE {filter} SURFACE m DRIFT m METHODOLOGY 85 PERFORMANCE 35
             FETCH m THRESHOLD 0 CONFIDENCE 90 ON EXECUTE CHIRP critical 'no'"
        )
    };
    let rows = json!({"t": [{"id": "e", "a": 1, "D1": 90}, {"id": "f", "a": null, "D1": 90}]});
    let known = json!({"t": [{"id": "e", "a": 1, "D1": 90}]});
    let quiet = ran(&script("a > 5"), known).ok();
    assert_eq!((quiet.fetch("m_fetch").level, quiet.log.len()), (Band::Wait, 0));
    assert!(!quiet.fetch("m_fetch").high_priority);
    let unknown = ran(&script("a > 5"), rows);
    assert_eq!(
        unknown.error(),
        "line 2: `m` cannot be decided on: no entity matched, and for 1 entity the condition is unknown (missing: `a`)"
    );
}

#[test]
fn a_name_that_is_no_result_is_refused_with_names_like_it() {
    let begin = "FORAGE t SURFACE guardrail DRIFT guardrail METHODOLOGY 85 PERFORMANCE 35 ";
    let cases = [
        ("FETCH gaurdrail CONFIDENCE 1", "no result `gaurdrail`: did you mean `guardrail`?"),
        ("FETCH nothing CONFIDENCE 1", "no result `nothing`"),
        ("FETCH guardrail_drift CONFIDENCE 1", "`guardrail_drift` is no result of FORAGE or DIVE"),
        ("DRIFT guardrai METHODOLOGY 1 PERFORMANCE 1", "no result `guardrai`: did you mean `guardrail`?"),
        ("TRACE x FROM guardrial", "no result `guardrial`: did you mean `guardrail`?"),
        ("TRACE guardrail FROM guardrail", "TRACE cannot give its result the name `guardrail`, which is the result"),
        ("DIVE INTO tt", "no collection `tt` in memory: did you mean `t`?"),
        ("FORAGE t WHERE D11 > 3", "no field `D11` in `t`: did you mean `D1`?"),
        ("FORAGE t SURFACE other FETCH other CONFIDENCE 1", "`other` has no DRIFT"),
    ];
    for (statement, error) in cases {
        let ran = ran(&format!("{begin}{statement}"), json!({"t": [{"id": "e", "D1": 50}]}));
        assert!(ran.error().contains(error), "{statement}: {}", ran.error());
    }
}

#[test]
fn a_drift_outside_of_0_to_100_is_refused() {
    let cases = [
        ("METHODOLOGY 900 PERFORMANCE 3", "METHODOLOGY must be 0 to 100, not 900"),
        ("METHODOLOGY 90 PERFORMANCE -3", "PERFORMANCE must be 0 to 100, not -3"),
        ("METHODOLOGY 100.5 PERFORMANCE 3", "METHODOLOGY must be 0 to 100, not 100.5"),
        ("METHODOLOGY 90 PERFORMANCE 3 GAP banana", "no kind of gap `banana`: use teaching, curiosity or auto"),
    ];
    for (clauses, error) in cases {
        let ran = ran(&format!("FORAGE t SURFACE m DRIFT m {clauses}"), json!({"t": [{"id": "e", "D1": 1}]}));
        assert_eq!(ran.error(), format!("line 1: {error}"));
    }
    for (clauses, drift, gap, quality) in [
        ("METHODOLOGY 85 PERFORMANCE 35", "50", "teaching", "extreme"),
        ("METHODOLOGY 35 PERFORMANCE 85", "-50", "curiosity", "extreme"),
        ("METHODOLOGY 0 PERFORMANCE 0", "0", "teaching", "minimal"),
        ("METHODOLOGY 50.3 PERFORMANCE 40.2", "10.1", "teaching", "optimal"),
        ("METHODOLOGY 60 PERFORMANCE 50 GAP curiosity", "10", "curiosity", "moderate"),
        ("METHODOLOGY 60 PERFORMANCE 50 GAP AUTO", "10", "teaching", "optimal"),
    ] {
        let ran = ran(&format!("FORAGE t SURFACE m DRIFT m {clauses}"), json!({"t": [{"id": "e", "D1": 1}]})).ok();
        let found = ran.drift("m_drift");
        let found = (found.drift.to_string(), found.gap_type.as_str(), found.drift_quality);
        assert_eq!(found, (drift.to_owned(), gap, quality), "{clauses}");
    }
}
