//! Faults of the first edition, by what a reader of a script would expect instead.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{memory, ran};
use crate::{
    outcome::Output,
    run::{Environment, run, tests::Desk},
    syntax::parse,
};

fn brief() -> Value {
    json!({"t": [{"id": "e", "D1": 55, "D2": 65, "D3": 50, "D4": 45, "D5": 72, "D6": 68, "a": 1}]})
}

#[test]
fn names_of_javascript_are_names_like_others() {
    for name in ["__proto__", "constructor", "toString", "hasOwnProperty"] {
        let script = format!(
            "FORAGE t SURFACE {name} DRIFT {name} METHODOLOGY 85 PERFORMANCE 35 FETCH {name} CONFIDENCE 88 SURFACE {name} AS csv"
        );
        let ran = ran(&script, brief()).ok();
        assert_eq!(ran.foraged(name).count, 1);
        let fetch = ran.fetch(&format!("{name}_fetch"));
        assert_eq!((fetch.target.as_str(), fetch.fetch_score.to_string().as_str()), (name, "2603.48"));
        assert_eq!(ran.drift(&format!("{name}_drift")).target, name);
        assert_eq!(ran.log, [format!("{name} of {name} as csv: 1")]);
    }
}

#[test]
fn whole_numbers_of_a_script_are_exact() {
    let rows = json!({"t": [
        {"id": "less", "a": 9_007_199_254_740_992_i64},
        {"id": "same", "a": 9_007_199_254_740_993_i64},
        {"id": "beyond", "a": 12_345_678_901_234_567_890_u64},
    ]});
    let cases: [(&str, &[&str]); 5] = [
        ("a = 9007199254740993", &["same"]),
        ("a IN (1, 9007199254740993)", &["same"]),
        ("a < 9007199254740993", &["less"]),
        ("a > 9007199254740992 AND a <= 9007199254740993", &["same"]),
        ("a = 12345678901234567890", &["beyond"]),
    ];
    for (condition, expected) in cases {
        let ran = ran(&format!("FORAGE t WHERE {condition} SURFACE r"), rows.clone()).ok();
        let found: Vec<_> = ran.foraged("r").entities.iter().map(|one| one.entity.as_str()).collect();
        assert_eq!(found, expected, "{condition}");
    }
}

#[test]
fn a_decision_to_execute_is_not_lost_to_a_later_one() {
    let fetches = |first, second| {
        let made = "FORAGE t SURFACE m DRIFT m METHODOLOGY 85 PERFORMANCE 35";
        format!("{made} FETCH m THRESHOLD {first} CONFIDENCE 1 FETCH m THRESHOLD {second} CONFIDENCE 1")
    };
    for (first, second, executes) in [(1, 1_000_000, true), (1_000_000, 1, true), (1_000_000, 2_000_000, false)] {
        let ran = ran(&fetches(first, second), brief()).ok();
        assert_eq!(ran.outcome.executes, executes, "{first} {second}");
    }
}

#[test]
fn a_field_can_contain_another() {
    let rows = json!({"t": [
        {"id": "text", "list": ["x", "y"], "text": "axb", "one": "x"},
        {"id": "other", "list": ["x", "y"], "text": "axb", "one": "z"},
        {"id": "number", "list": [1, 2.5], "one": 2.5},
        {"id": "none", "list": ["x"], "one": null},
    ]});
    let cases: [(&str, &[&str], u64); 3] = [
        ("list CONTAINS `one`", &["text", "number"], 1),
        ("id != \"number\" AND text CONTAINS `one`", &["text"], 1),
        ("NOT list CONTAINS `one`", &["other"], 1),
    ];
    for (condition, expected, unknown) in cases {
        let ran = ran(&format!("FORAGE t WHERE {condition} SURFACE r"), rows.clone()).ok();
        let found: Vec<_> = ran.foraged("r").entities.iter().map(|one| one.entity.as_str()).collect();
        assert_eq!((found.as_slice(), ran.foraged("r").unknown), (expected, unknown), "{condition}");
    }
}

#[test]
fn a_run_leaves_nothing_behind_for_the_next() {
    let source = memory(brief());
    let log = super::Log::default();
    let mut desk = Desk(log);
    let mut environment = Environment {
        source: &source,
        now: "2026-03-01T12:00:00Z".parse().unwrap(),
        sinks: &mut [],
        publisher: &mut desk,
        deadline: None,
        script_name: None,
    };
    let text = "FORAGE t SURFACE m DRIFT m METHODOLOGY 85 PERFORMANCE 35 WAKE AFTER 3d";
    let first = run(&parse(text).script, text, &mut environment).unwrap();
    let other = "FETCH m CONFIDENCE 88";
    let second = run(&parse(other).script, other, &mut environment).unwrap();
    assert_eq!(second.error.as_deref(), Some("line 1: no result `m`"));
    assert_eq!(run(&parse(text).script, text, &mut environment).unwrap(), first);
}

#[test]
fn a_dive_filters_and_can_be_decided_on() {
    let rows = json!({"t": [{"id": "in", "a": 5, "D1": 90}, {"id": "out", "a": 0, "D1": 10}], "none": []});
    let script = "DIVE INTO t WHEN a > 1 EMIT r DRIFT r METHODOLOGY 85 PERFORMANCE 35 FETCH r CONFIDENCE 88";
    let decided = ran(script, rows.clone()).ok();
    assert_eq!((decided.foraged("r").count, decided.foraged("r").not_matched), (1, 1));
    assert_eq!(decided.fetch("r_fetch").entities[0].entity, "in");
    let none = ran("DIVE INTO none WHEN a > 1 EMIT r", rows).ok();
    assert_eq!(none.foraged("r").count, 0);
}

#[test]
fn conditions_are_bound_as_they_are_written() {
    let rows: Vec<Value> =
        (0..8).map(|n| json!({"id": n.to_string(), "a": n & 1, "b": (n >> 1) & 1, "c": (n >> 2) & 1})).collect();
    for (filter, expected) in [
        ("a = 1 OR b = 1", "1235 67"),
        ("a = 1 OR b = 1 AND c = 1", "1 3 5 67"),
        ("(a = 1 OR b = 1) AND c = 1", "567"),
        ("NOT a = 1 AND b = 1", "26"),
        ("NOT (a = 1 AND b = 1)", "0124 56"),
        ("a = 1 AND b = 1 OR c = 1 AND NOT b = 1", "3 4 57"),
    ] {
        let ran = ran(&format!("FORAGE t WHERE {filter} SURFACE m"), json!({"t": rows})).ok();
        let mut found: Vec<&str> = ran.foraged("m").entities.iter().map(|entity| entity.entity.as_str()).collect();
        found.sort_unstable();
        assert_eq!(found.concat(), expected.replace(' ', ""), "{filter}");
    }
}

#[test]
fn numbers_are_printed_as_they_are() {
    let rows = json!({"t": [{"id": "e", "D1": 64.713, "D2": 10}, {"id": "f", "D1": 0.1, "D2": 0.2}]});
    let script =
        "FORAGE t ACROSS D1 SURFACE m DRIFT m METHODOLOGY 0.3 PERFORMANCE 0.1 FETCH m CONFIDENCE 1 THRESHOLD 1000";
    let ran = ran(script, rows).ok();
    let text = serde_json::to_string(&ran.outcome).unwrap();
    assert!(text.contains("\"drift\":0.2,"), "{text}");
    assert!(text.contains("\"fetchScore\":12.942,"), "{text}");
    assert!(text.contains("\"threshold\":1000,"), "{text}");
    assert!(!text.contains(".0,") && !text.contains("000000"), "{text}");
}

#[test]
fn following_a_result_does_not_destroy_it() {
    let begin = "FORAGE t SURFACE m DRIFT m METHODOLOGY 85 PERFORMANCE 35";
    let own = ran(&format!("{begin} TRACE m FROM m"), brief());
    assert!(own.error().contains("TRACE cannot give its result the name `m`"));
    assert_eq!(own.foraged("m").count, 1);
    // Without FROM it follows the first result of FORAGE or DIVE, not a drift that happens to be first.
    let first = ran(&format!("{begin} TRACE spread DIVE INTO t EMIT d"), brief()).ok();
    assert_eq!((first.trace("spread").from.as_str(), first.trace("spread").pathways.len()), ("m", 1));
    let nothing = ran("TRACE spread", brief());
    assert_eq!(nothing.error(), "line 1: there is no result of FORAGE or DIVE to follow");
}

#[test]
fn the_cascade_follows_the_map_each_dimension_once() {
    let ran = ran("FORAGE t DEPTH 3 SURFACE m", brief()).ok();
    let tree = &ran.foraged("m").entities[0].cascades[0];
    let steps: Vec<Vec<String>> = tree
        .levels
        .iter()
        .map(|step| {
            let edges = step.cascades.iter();
            edges.map(|edge| format!("{}>{} {}", edge.from.id(), edge.to.id(), edge.probability)).collect()
        })
        .collect();
    assert_eq!(tree.origin.dimension.id(), "D5");
    assert_eq!(steps, [vec!["D5>D1 0.72", "D5>D3 0.72", "D5>D6 0.72"], vec!["D1>D2 0.54", "D3>D4 0.54"]]);
}

#[test]
fn long_conditions_are_no_deep_ones() {
    let mut script = "FORAGE t WHERE a = 1".to_owned();
    for _ in 0..20_000 {
        script.push_str(" AND a = 1");
    }
    let _ = write!(script, " OR a IN ({}9) SURFACE m", "7, ".repeat(20_000));
    let ran = ran(&script, brief()).ok();
    assert_eq!(ran.foraged("m").count, 1);
}

#[test]
fn alerts_have_a_level_and_words_of_their_own() {
    let ran = ran("CHIRP Critical 'a' CHIRP error CHIRP WARN 'b' CHIRP warning \"\" CHIRP page 'c'", brief()).ok();
    assert_eq!(
        ran.log,
        ["critical a", "critical CAL Alert: error", "warning b", "warning CAL Alert: warning", "info c"]
    );
    let types: Vec<&str> = ran.outcome.alerts.iter().map(|alert| alert.r#type.as_str()).collect();
    assert_eq!(types, ["Critical", "error", "WARN", "warning", "page"]);
    assert!(ran.outcome.alerts.iter().all(|alert| alert.timestamp == "2026-03-01T12:00:00Z"));
}

#[test]
fn the_origin_that_an_entity_declares_comes_first() {
    let cases = [
        (json!({"D1": 30, "D2": 90}), "D2"),
        (json!({"D1": 30, "D2": 90, "metadata": {"origin": {"dimension": "D1"}}}), "D1"),
        (json!({"D1": 30, "D2": 90, "metadata": {"origin": {"dimension": "D6"}}}), "D2"),
        (json!({"D1": 30, "D2": 90, "metadata": {"origin": "D1"}}), "D2"),
        (json!({"D1": 90, "D2": 90}), "D1"),
        (json!({"D1": 20, "D2": 20, "metadata": {"origin": {"dimension": "D1"}}}), ""),
    ];
    for (row, origin) in cases {
        let ran = ran("FORAGE t SURFACE m", json!({"t": [row]})).ok();
        let Some(Output::Foraged(found)) = ran.outcome.outputs.get("m") else { panic!("{row}") };
        let trees = found.entities[0].cascades.iter();
        assert_eq!(trees.map(|tree| tree.origin.dimension.id()).collect::<String>(), origin, "{row}");
    }
}
