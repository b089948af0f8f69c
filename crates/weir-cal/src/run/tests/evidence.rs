//! What entities say, and what is not known of them.

use serde_json::{Value, json};

use super::ran;
use crate::ast::Dimension;

#[test]
fn a_score_is_stated_or_measured_or_unknown_and_never_made_up() {
    // The entity, its score in D5, what it is made of, its chirp.
    let cases = [
        (json!({"D5": 72}), Some("72"), "stated", Some("72")),
        (json!({"D5": 0}), Some("0"), "stated", Some("0")),
        (json!({"dimensions": {"D5": 88}}), Some("88"), "stated", Some("88")),
        (json!({"D5": 1, "dimensions": {"D5": 88}}), Some("1"), "stated", Some("1")),
        (json!({"dimensions": {"D5": {"sound": 9, "space": 8, "time": 7}}}), Some("50.4"), "lens", Some("50.4")),
        (json!({"sound": 9, "space": 8, "time": 7}), Some("50.4"), "lens", Some("50.4")),
        (
            json!({"sound": 9, "space": 8, "time": 7, "dimensions": {"D5": {"time": 1}}}),
            Some("7.2"),
            "lens",
            Some("7.2"),
        ),
        (json!({"sound": 99, "space": 10, "time": 0}), Some("10"), "lens", Some("10")),
        (json!({"sound": 9, "space": 8}), None, "missing", None),
        (json!({"D5": null}), None, "missing", None),
        (json!({"D5": "72"}), None, "missing", None),
        (json!({"D5": 101, "sound": 9, "space": 8, "time": 7}), None, "missing", None),
        (json!({"D5": -1}), None, "missing", None),
        (json!({}), None, "missing", None),
    ];
    for (mut row, expected, kind, chirp) in cases {
        row["id"] = json!("e");
        let ran = ran("FORAGE t ACROSS D5 SURFACE m", json!({"t": [row]})).ok();
        let entity = &ran.foraged("m").entities[0];
        let score = &entity.dimensions[&Dimension::D5];
        let found = score.score.map(|score| score.to_string());
        assert_eq!((found.as_deref(), score.evidence.kind), (expected, kind), "{row}");
        assert_eq!(entity.summary.chirp.map(|chirp| chirp.to_string()).as_deref(), chirp, "{row}");
        assert_eq!(score.affected.is_none(), expected.is_none(), "{row}");
        assert_eq!(ran.outcome.notes.is_empty(), expected.is_some(), "{row}: {:?}", ran.outcome.notes);
    }
}

#[test]
fn the_chirp_is_the_mean_of_what_is_known() {
    let row = json!({"id": "e", "D1": 10, "D2": 0, "D3": null, "D5": 33.335});
    let cases = [("", "14.45"), ("ACROSS D1, D2", "5"), ("ACROSS D1, D3", "10"), ("ACROSS D5", "33.34")];
    for (across, chirp) in cases {
        let ran = ran(&format!("FORAGE t {across} SURFACE m"), json!({"t": [row]})).ok();
        assert_eq!(ran.foraged("m").entities[0].summary.chirp.unwrap().to_string(), chirp, "{across}");
    }
    let blank = ran(
        "FORAGE t ACROSS D4 SURFACE m DRIFT m METHODOLOGY 9 PERFORMANCE 1 FETCH m CONFIDENCE 1",
        json!({"t": [row]}),
    );
    assert_eq!(blank.error(), "line 1: `m` cannot be decided on: no evidence for a dimension in 1 entity");
    assert_eq!(blank.foraged("m").summary.max_chirp, None);
}

#[test]
fn missing_values_make_conditions_unknown() {
    let rows = json!([
        {"id": "both", "a": 1, "b": 1},
        {"id": "no a", "b": 1},
        {"id": "null a", "a": null, "b": 0},
        {"id": "neither"},
        {"id": "other", "a": 0, "b": 0},
    ]);
    let cases: [(&str, &[&str], u64, u64); 14] = [
        ("a = 1", &["both"], 1, 3),
        ("a != 1", &["other"], 1, 3),
        ("NOT a = 1", &["other"], 1, 3),
        ("a = 1 AND b = 1", &["both"], 2, 2),
        ("a = 1 OR b = 1", &["both", "no a"], 1, 2),
        ("NOT (a = 1 OR b = 1)", &["other"], 2, 2),
        ("a IS null", &["no a", "null a", "neither"], 2, 0),
        ("a IS NOT null", &["both", "other"], 3, 0),
        ("a EXISTS", &["both", "other"], 3, 0),
        ("NOT a EXISTS", &["no a", "null a", "neither"], 2, 0),
        ("a IN (1, 0)", &["both", "other"], 0, 3),
        ("a NOT IN (1)", &["other"], 1, 3),
        ("a BETWEEN 0 AND 0.5", &["other"], 1, 3),
        ("a = `b`", &["both", "other"], 0, 3),
    ];
    for (filter, matched, not_matched, unknown) in cases {
        let ran = ran(&format!("FORAGE t WHERE {filter} SURFACE m"), json!({"t": rows})).ok();
        let found = ran.foraged("m");
        let names: Vec<&str> = found.entities.iter().map(|entity| entity.entity.as_str()).collect();
        assert_eq!((names.as_slice(), found.not_matched, found.unknown), (matched, not_matched, unknown), "{filter}");
        assert_eq!(found.missing.is_empty(), unknown == 0, "{filter}");
    }
}

#[test]
fn whole_numbers_beyond_doubles_are_what_they_say() {
    let rows = json!([
        {"id": "even", "account": 9_007_199_254_740_992_i64},
        {"id": "odd", "account": 9_007_199_254_740_993_i64},
        {"id": "last", "account": i64::MAX},
    ]);
    let cases: [(&str, &[&str]); 7] = [
        ("account = 9007199254740993", &["odd"]),
        ("account = 9007199254740992", &["even"]),
        ("account != 9007199254740993", &["even", "last"]),
        ("account < 9007199254740993", &["even"]),
        ("account IN (9007199254740993, 9223372036854775807)", &["odd", "last"]),
        ("account BETWEEN 9007199254740993 AND 9223372036854775806", &["odd"]),
        ("account >= 9007199254740993.0", &["even", "odd", "last"]),
    ];
    for (filter, matched) in cases {
        let ran = ran(&format!("FORAGE t WHERE {filter} SURFACE m"), json!({"t": rows})).ok();
        let names: Vec<&str> = ran.foraged("m").entities.iter().map(|entity| entity.entity.as_str()).collect();
        assert_eq!(names, matched, "{filter}");
    }
}

#[test]
fn what_the_first_edition_gets_wrong_about_values_is_right() {
    let rows = json!([
        {"id": "1", "flag": true, "text": "true", "list": [7], "number": 5, "opened": "2025-11-30", "days": 200},
        {"id": "2", "flag": false, "text": "false", "list": [], "number": -5, "opened": "2026-02-01", "days": 3},
    ]);
    let matched: [(&str, &[&str]); 12] = [
        ("flag = true", &["1"]),
        ("flag != true", &["2"]),
        ("flag", &["1"]),
        ("flag IS false", &["2"]),
        ("text = \"true\"", &["1"]),
        ("list CONTAINS 7", &["1"]),
        ("number > -6", &["1", "2"]),
        ("number < -4.5", &["2"]),
        ("opened > 2mo", &["1"]),
        ("opened < 6mo", &["1", "2"]),
        ("days > 6mo", &["1"]),
        ("opened < \"2026-01-01\"", &["1"]),
    ];
    for (filter, names) in matched {
        let ran = ran(&format!("FORAGE t WHERE {filter} SURFACE m"), json!({"t": rows})).ok();
        let found: Vec<&str> = ran.foraged("m").entities.iter().map(|entity| entity.entity.as_str()).collect();
        assert_eq!(found, names, "{filter}");
    }
    let refused = [
        ("flag = \"true\"", "`flag` of `t` is a truth value, and cannot be compared with the text \"true\""),
        ("text = true", "`text` of `t` is a text, and cannot be compared with true"),
        ("list > 5", "`list` of `t` is a list or an object, and cannot be compared with the number 5"),
        ("number < \"6\"", "`number` of `t` is a number, and cannot be compared with the text \"6\""),
        ("number", "`number` of `t` is a number, and cannot be compared with true"),
        ("constructor.name = \"Object\"", "no field `constructor.name` in `t`"),
        ("__proto__ = 1", "no field `__proto__` in `t`"),
    ];
    for (filter, error) in refused {
        let ran = ran(&format!("FORAGE t WHERE {filter} SURFACE m"), json!({"t": rows}));
        assert!(ran.error().contains(error), "{filter}: {}", ran.error());
    }
}

#[test]
fn dimensions_and_depth_follow_the_clauses() {
    let row = json!({"id": "e", "sound": 8, "space": 8, "time": 8});
    // The clauses, the dimensions, the multiplier, how far the cascade goes.
    let cases: [(&str, &str, &str, usize); 5] = [
        ("", "D1 D2 D3 D4 D5 D6", "Significant", 1),
        ("ACROSS ALL DEPTH 3", "D1 D2 D3 D4 D5 D6", "Extreme", 2),
        ("ACROSS D6, D5, D6 DEPTH 2", "D6 D5", "Moderate", 1),
        ("ACROSS d5", "D5", "Limited", 0),
        ("DEPTH 6", "D1 D2 D3 D4 D5 D6", "Extreme", 2),
    ];
    for (clauses, dimensions, multiplier, levels) in cases {
        let ran = ran(&format!("FORAGE t {clauses} SURFACE m"), json!({"t": [row]})).ok();
        let entity = &ran.foraged("m").entities[0];
        let names: Vec<&str> = entity.dimensions.keys().map(|dimension| dimension.id()).collect();
        assert_eq!(
            (names.join(" "), entity.summary.multiplier.label),
            (dimensions.to_owned(), multiplier),
            "{clauses}"
        );
        assert_eq!(entity.cascades[0].levels.len(), levels, "{clauses}");
    }
    for depth in ["0", "7", "9999999999", "1.5", "-1"] {
        let ran = ran(&format!("FORAGE t DEPTH {depth}"), json!({"t": [row]}));
        assert!(ran.error().contains("DEPTH must be a whole number from 1 to 6"), "{depth}: {}", ran.error());
    }
    let dive = ran("DIVE INTO t", json!({"t": [row]})).ok();
    assert_eq!(dive.foraged("report").depth, 3);
}

#[test]
fn costs_of_different_currencies_are_not_added() {
    let rows = json!([
        {"id": "a", "D1": 90, "baseCost": 100, "currency": "USD"},
        {"id": "b", "D1": 90, "metadata": {"baseCost": 1000, "currency": "JPY"}},
        {"id": "c", "D1": 90, "baseCost": 50},
    ]);
    let ran = ran("FORAGE t ACROSS D1 DEPTH 3 SURFACE m TRACE x FROM m", json!({"t": rows})).ok();
    let impact = serde_json::to_value(&ran.foraged("m").summary.total_impact).unwrap();
    assert_eq!(impact, json!({"USD": {"min": 300, "max": 600}, "JPY": {"min": 2000, "max": 4000}}));
    assert_eq!(serde_json::to_value(&ran.trace("x").total_impact).unwrap(), impact);
    assert_eq!(ran.trace("x").pathways.len(), 3);
}

#[test]
fn a_claimed_cascade_is_checked_against_the_worst_entity() {
    let good = json!({"id": "good", "D1": 50, "D2": 50, "levels": {"D1": 0, "D2": 1}});
    let level = json!({"id": "level", "D1": 50, "D2": 50, "metadata": {"levels": {"D1": 1, "D2": 1}}});
    let score = json!({"id": "score", "D1": 50, "D2": 20, "levels": {"D1": 0, "D2": 1}});
    let blank = json!({"id": "blank", "D1": 50, "levels": {"D1": 0}});
    let silent = json!({"id": "silent", "D1": 50, "D2": 50});
    let cases: [(Value, &str, &str); 5] = [
        (json!([good]), "true", "`good` has D2 affected at level 1"),
        (json!([good, level]), "false", "`good` has D2 affected at level 1"),
        (json!([good, score]), "false", "D2 of `score` is not affected: 20 is not above 20"),
        (json!([good, blank]), "unknown", "`blank` has no evidence for D2"),
        (json!([good, silent]), "unknown", "`silent` does not say at which level D2 is"),
    ];
    for (rows, holds, reason) in cases {
        let script = "FORAGE t CASCADE D1 -> D2 SURFACE m TRACE x FROM m CASCADE D1 -> D2 TRACE y CASCADE D2";
        let ran = ran(script, json!({"t": rows})).ok();
        let check = ran.foraged("m").cascade.as_ref().unwrap();
        assert_eq!(serde_json::to_value(check.holds).unwrap(), holds, "{rows}");
        assert_eq!(check.dimensions[1].reason, reason, "{rows}");
        assert_eq!(ran.trace("x").cascade.as_ref().unwrap(), check, "{rows}");
        assert_eq!(ran.trace("y").cascade.as_ref().unwrap().declared, "D2");
    }
}
