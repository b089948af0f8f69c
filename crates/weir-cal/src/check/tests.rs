use serde_json::json;

use super::check;
use crate::{
    diagnostic::{Diagnostic, Severity},
    edition::Edition,
    source::{Memory, Source},
    syntax,
};

const NOW: &str = "2026-06-15T12:00:00Z";

fn found(text: &str, source: Option<&dyn Source>) -> Vec<Diagnostic> {
    let parsed = syntax::parse(text);
    assert!(parsed.diagnostics.is_empty(), "{text}: {:?}", parsed.diagnostics);
    check(&parsed.script, text, source, NOW.parse().unwrap())
}

/// `error unknown-result `mm`` for each finding: how grave, which, and the place it is at.
fn short(text: &str, found: &[Diagnostic]) -> Vec<String> {
    let severity = |severity| match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "hint",
    };
    found.iter().map(|one| format!("{} {} {}", severity(one.severity), one.code, one.span.text(text))).collect()
}

#[track_caller]
fn expect(text: &str, source: Option<&dyn Source>, expected: &[&str]) {
    let found = found(text, source);
    assert_eq!(short(text, &found), expected, "{text}\n{found:#?}");
}

/// A result `m` that can be decided on.
fn decided(clauses: &str) -> String {
    format!("FORAGE t SURFACE m DRIFT m METHODOLOGY 85 PERFORMANCE 35 FETCH m {clauses}")
}

#[test]
fn names_are_results_that_were_made_before() {
    let cases: &[(&str, &[&str])] = &[
        ("FORAGE t SURFACE m DRIFT m METHODOLOGY 85 PERFORMANCE 35", &[]),
        ("FORAGE t DRIFT results METHODOLOGY 85 PERFORMANCE 35", &[]),
        ("DIVE INTO t DRIFT report METHODOLOGY 85 PERFORMANCE 35 FETCH report CONFIDENCE 1", &[]),
        ("FORAGE t SURFACE m DRIFT mm METHODOLOGY 85 PERFORMANCE 35", &["error unknown-result mm"]),
        ("FETCH nope THRESHOLD 1000 CONFIDENCE 80", &["error unknown-result nope"]),
        ("DRIFT m METHODOLOGY 1 PERFORMANCE 1 FORAGE t SURFACE m", &["error unknown-result m"]),
        ("FORAGE t SURFACE m FETCH m CONFIDENCE 80", &["error no-drift m"]),
        ("FORAGE t SURFACE m TRACE x FROM m FETCH x CONFIDENCE 80", &["error not-foraged x"]),
        ("FORAGE t SURFACE m TRACE m FROM m", &["error own-name m"]),
        ("TRACE x", &["error unknown-result x"]),
        ("FORAGE t TRACE x", &[]),
        ("FORAGE t SURFACE m DIVE INTO u TRACE m EMIT n", &[]),
        ("DIVE INTO u TRACE m EMIT n", &["warning unknown-result m"]),
        ("FORAGE t SURFACE m\nFORAGE u SURFACE m\nTRACE x FROM m", &["warning name-twice m"]),
        ("FORAGE t FORAGE u", &["warning name-twice u"]),
    ];
    for (text, expected) in cases {
        expect(text, None, expected);
    }
}

#[test]
fn a_slip_in_a_name_is_mended() {
    let text = "FORAGE t SURFACE guardrail_gap\nDRIFT guardrial_gap METHODOLOGY 85 PERFORMANCE 35";
    let found = found(text, None);
    let [one] = found.as_slice() else { panic!("{found:?}") };
    let fix = one.fix.as_ref().unwrap();
    assert_eq!((fix.span.text(text), fix.replacement.as_str()), ("guardrial_gap", "guardrail_gap"));
}

#[test]
fn surface_of_no_result_is_the_whole_analysis_unless_it_looks_like_one() {
    expect("FORAGE t SURFACE exposed\nSURFACE analysis AS json", None, &[]);
    expect("FORAGE t SURFACE exposed\nSURFACE exposde AS json", None, &["warning nearly-a-result exposde"]);
    expect("SURFACE everything", None, &[]);
    expect("FORAGE t SURFACE lost FORAGE t SURFACE m TRACE x FROM m", None, &["hint unused-result lost"]);
    expect("FORAGE t SURFACE lost FORAGE t SURFACE m TRACE x FROM m\nSURFACE all_of_it AS json", None, &[]);
}

#[test]
fn what_runs_only_sometimes_or_later_is_told_apart() {
    let made = decided("ON EXECUTE FORAGE u SURFACE n");
    expect(&format!("{made}\nTRACE x FROM n"), None, &["warning maybe-no-result n"]);
    let made = "FORAGE t\nWAKE AFTER 3d THEN FORAGE u SURFACE n\n";
    expect(&format!("{made} TRACE x FROM n"), None, &["error unknown-result n"]);
    expect(&format!("{made} WAKE AFTER 4d THEN TRACE x FROM n"), None, &[]);
    expect("WAKE AFTER 3d THEN FETCH m CONFIDENCE 1", None, &["error unknown-result m"]);
    expect("WAKE AFTER 3d", None, &["hint does-nothing WAKE AFTER 3d"]);
}

#[test]
fn numbers_are_within_their_ranges() {
    let cases: Vec<(String, &[&str])> = vec![
        ("FORAGE t DEPTH 6".into(), &[]),
        ("FORAGE t DEPTH 7".into(), &["error out-of-range 7"]),
        ("FORAGE t DEPTH 0".into(), &["error out-of-range 0"]),
        ("FORAGE t DEPTH 1.5".into(), &["error out-of-range 1.5"]),
        ("FORAGE t DEPTH 9999999999".into(), &["error out-of-range 9999999999"]),
        ("FORAGE t DRIFT results METHODOLOGY 900 PERFORMANCE 3".into(), &["error out-of-range 900"]),
        ("FORAGE t DRIFT results METHODOLOGY 100 PERFORMANCE 0".into(), &[]),
        ("FORAGE t DRIFT results METHODOLOGY 90 PERFORMANCE -1".into(), &["error out-of-range -1"]),
        (decided("CONFIDENCE 150"), &["error out-of-range 150"]),
        (decided("CONFIDENCE 88"), &[]),
        (decided("CONFIDENCE 0.88"), &[]),
        (decided("CONFIDENCE MIN 101"), &["error out-of-range 101"]),
        (decided("THRESHOLD -5"), &["error out-of-range -5"]),
        (decided("THRESHOLD 0"), &["warning always-executes 0"]),
        (decided("BANDS doc"), &["error unknown-word doc"]),
        (decided("BANDS docs AGGREGATE mean"), &[]),
        (decided("AGGREGATE median"), &["error unknown-word median"]),
        ("FORAGE t DRIFT results METHODOLOGY 80 PERFORMANCE 70 GAP banana".into(), &["error unknown-word banana"]),
        ("FORAGE t DRIFT results METHODOLOGY 80 PERFORMANCE 70 GAP curiosity".into(), &["hint other-gap curiosity"]),
        ("FORAGE t SURFACE m\nSURFACE m AS jsn".into(), &["error unknown-word jsn"]),
        ("FORAGE t SURFACE m\nSURFACE m AS md".into(), &[]),
        ("CHIRP critcal \"x\"".into(), &["warning nearly-a-level critcal"]),
        ("CHIRP CRITICAL \"x\" CHIRP red_alert \"y\"".into(), &[]),
    ];
    for (text, expected) in &cases {
        expect(text, None, expected);
    }
}

#[test]
fn days_exist_and_are_not_over() {
    let cases: &[(&str, &[&str])] = &[
        ("SURFACE r ON \"2026-06-15\"", &[]),
        ("SURFACE r ON \"2026-06-14\"", &["warning day-passed \"2026-06-14\""]),
        ("SURFACE r ON \"2026-02-30\"", &["error no-day \"2026-02-30\""]),
        ("SURFACE r ON \"not-a-date\"", &["error no-day \"not-a-date\""]),
        ("SURFACE r ON \"20260615\"", &["error no-day \"20260615\""]),
        ("RECALL c ON \"2026-13-01\"", &["error no-day \"2026-13-01\""]),
        ("RECALL c ON \"2026-07-01\"", &["warning day-to-come \"2026-07-01\""]),
        (
            "RECALL c ON \"2026-06-01\" WATCH a STATUS not_fired FIRED_DATE \"2026-05-01\"",
            &["warning fired-date \"2026-05-01\""],
        ),
        (
            "RECALL c ON \"2026-06-01\" WATCH a STATUS fired FIRED_DATE \"2026-06-02\"",
            &["warning fired-date \"2026-06-02\""],
        ),
    ];
    for (text, expected) in cases {
        expect(text, None, expected);
    }
    let help = |text: &str| found(text, None)[0].help.clone().unwrap();
    assert_eq!(help("SURFACE r ON \"2026-02-30\""), "February 2026 has 28 days");
    assert_eq!(help("SURFACE r ON \"2028-02-30\""), "February 2028 has 29 days");
    assert_eq!(help("SURFACE r ON \"2026-13-01\""), "there is no month 13");
    assert_eq!(help("SURFACE r ON \"15.6.2026\""), "write it as `2026-03-31`: year, month, day");
}

#[test]
fn a_recall_agrees_with_itself() {
    let recall = |rest: &str| {
        format!(
            "RECALL c ON \"2026-06-01\" WATCH a STATUS fired WATCH b STATUS partial WATCH d STATUS not_fired {rest}"
        )
    };
    let cases: &[(&str, &[&str])] = &[
        ("TRIGGERS 1/3", &[]),
        ("TRIGGERS 2/3", &[]),
        ("TRIGGERS 0/3", &["warning triggers 0/3"]),
        ("TRIGGERS 1/2", &["warning triggers 1/2"]),
        ("TRIGGERS 2/4", &[]),
        ("TRIGGERS 4/4", &["warning triggers 4/4"]),
        ("TRIGGERS 4/3", &["error out-of-range 4/3"]),
        ("TRIGGERS 0.5/3", &["error out-of-range 0.5"]),
        ("CONFIDENCE_STATED 0.33 CONFIDENCE_ACTUAL 0.50 CALIBRATION aligned", &["warning calibration aligned"]),
        ("CONFIDENCE_STATED 33 CONFIDENCE_ACTUAL 0.50 CALIBRATION under", &[]),
        ("CONFIDENCE_STATED 0.4 CONFIDENCE_ACTUAL 0.5 CALIBRATION aligned", &[]),
        ("CONFIDENCE_STATED 140", &["error out-of-range 140"]),
        ("CALIBRATION sideways", &["error unknown-word sideways"]),
        ("DRIFT_AFTER 101", &["warning drift-after 101"]),
    ];
    for (rest, expected) in cases {
        expect(&recall(rest), None, expected);
    }
    expect("RECALL c ON \"2026-06-01\" WATCH a STATUS fird", None, &["error unknown-word fird"]);
    let text = "WATCH labour_crack WHEN a > 1\nRECALL c ON \"2026-06-01\" WATCH labor_crack STATUS fired";
    expect(text, None, &["warning nearly-a-watch labor_crack"]);
}

#[test]
fn dimensions_stand_once_and_are_scored() {
    let cases: &[(&str, &[&str])] = &[
        ("FORAGE t ACROSS D5, D6, D5", &["warning duplicate-dimension D5"]),
        ("FORAGE t ACROSS ALL, D5", &["hint duplicate-dimension D5"]),
        ("FORAGE t CASCADE D5 -> D6+D2 -> D1+D3 -> D4", &[]),
        ("FORAGE t CASCADE D5 -> D6 -> D5", &["error duplicate-dimension D5"]),
        ("FORAGE t CASCADE D5 -> D6+D6", &["warning duplicate-dimension D6"]),
        ("FORAGE t ACROSS D5, D6 CASCADE D5 -> D6 -> D1", &["warning not-scored D1"]),
        ("FORAGE t ACROSS ALL CASCADE D5 -> D6 -> D1", &[]),
    ];
    for (text, expected) in cases {
        expect(text, None, expected);
    }
}

#[test]
fn branches_that_no_score_reaches_are_named() {
    let chirp = |band: &str| format!("ON {band} CHIRP info \"x\"");
    let cases: &[(&str, Vec<&str>, &[&str])] = &[
        ("THRESHOLD 1000 CONFIDENCE 88", vec!["EXECUTE", "CONFIRM", "QUEUE", "WAIT"], &[]),
        // 100 x 50 x 0.8 = 4000.
        ("THRESHOLD 4000 CONFIDENCE 80", vec!["EXECUTE"], &[]),
        ("THRESHOLD 4001 CONFIDENCE 80", vec!["EXECUTE", "CONFIRM"], &["EXECUTE"]),
        ("THRESHOLD 5001", vec!["EXECUTE", "QUEUE"], &["EXECUTE"]),
        ("THRESHOLD 9000 CONFIDENCE 0.8", vec!["CONFIRM", "QUEUE"], &["CONFIRM", "QUEUE"]),
        ("THRESHOLD 9000 CONFIDENCE 0.8 BANDS docs", vec!["CONFIRM", "QUEUE"], &["CONFIRM"]),
    ];
    for (clauses, bands, never) in cases {
        let actions: Vec<String> = bands.iter().map(|band| chirp(band)).collect();
        let text = decided(&format!("{clauses} {}", actions.join(" ")));
        let expected: Vec<String> = never.iter().map(|band| format!("warning never-reached {}", chirp(band))).collect();
        assert_eq!(short(&text, &found(&text, None)), expected, "{text}");
    }
    // Which DRIFT counts is not known before the run.
    let two = "FORAGE t SURFACE m DRIFT m METHODOLOGY 85 PERFORMANCE 35 FETCH m CONFIDENCE 90 \
               ON WAIT DRIFT m METHODOLOGY 90 PERFORMANCE 80 FETCH m CONFIDENCE 90 THRESHOLD 4900 ON EXECUTE CHIRP info";
    assert!(!short(two, &found(two, None)).iter().any(|one| one.contains("never-reached")));
    expect(&decided("CONFIDENCE 60 ON EXECUTE CHIRP info"), None, &["warning review 60"]);
    expect(&decided("CONFIDENCE 61 ON EXECUTE CHIRP info"), None, &[]);
    expect(&decided("CONFIDENCE 60 ON CONFIRM CHIRP info"), None, &[]);
}

#[test]
fn conditions_that_nothing_meets_are_named() {
    let never = [
        "a > 5 AND a < 3",
        "a > 5 AND a < 5",
        "a >= 5 AND a < 5",
        "a = 1 AND a = 2",
        "a = 1 AND a > 5",
        "a = x AND a = y",
        "a = x AND a != x",
        "a = 1 AND a = \"1\"",
        "a BETWEEN 5 AND 3",
        "a IN (1, 2) AND a NOT IN (1, 2, 3)",
        "a IN (1, 2) AND a IN (3, 4)",
        "a IS null AND a > 5",
        "a EXISTS AND a IS null",
        "a AND NOT a",
        "a AND a = false",
        "NOT (a <= 5 OR b = 1) AND a < 3",
        "a = 1 AND (a = 2 OR a = 3)",
        "(a > 5 AND a < 3) OR (b = 1 AND b = 2)",
        "opened > 6mo AND opened < 3mo",
        "a < null",
    ];
    for condition in never {
        let text = format!("FORAGE t WHERE {condition}");
        let found = found(&text, None);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert_eq!((found[0].code, found[0].severity), ("never-true", Severity::Warning), "{text}");
        assert!(found[0].message.starts_with("this condition"), "{text}: {found:?}");
    }
    let fine = [
        "a > 5 OR a < 3",
        "a >= 5 AND a <= 5",
        "a > 5 AND b < 3",
        "NOT (a > 5 AND a < 3)",
        "NOT (a > 5 OR a < 3)",
        "a = 1 AND (a = 2 OR a = 1)",
        "a != 1 AND a != 2",
        "a = x OR a = y",
        "opened > 6mo AND opened < 100d",
        "opened > 3mo AND opened < 6mo",
        "a CONTAINS x AND a CONTAINS y",
        "NOT a BETWEEN 5 AND 3",
        "a = 1 AND a IN (1, 2)",
        "a IN (1, null) AND a IS null",
        "a > `b` AND a < `b`",
        "a = 9007199254740993 AND a != 9007199254740992",
        "a > 9007199254740992 AND a < 9007199254740994",
    ];
    for condition in fine {
        expect(&format!("FORAGE t WHERE {condition}"), None, &[]);
    }
    let part = "FORAGE t WHERE b = 1 OR (a > 5 AND a < 3)";
    expect(part, None, &["warning never-true a > 5 AND a < 3"]);
    let why = found("FORAGE t WHERE a > 5 AND a < 3", None)[0].help.clone().unwrap();
    assert_eq!(why, "`a` would have to be above 5 and below 3");
}

#[test]
fn a_hostile_condition_costs_little() {
    let alternatives = vec!["(a = 1 OR a = 2 OR (b = 1 AND (c = 1 OR d = 1)))"; 5000].join(" AND ");
    let text = format!("FORAGE t WHERE {alternatives}");
    expect(&text, None, &[]);
    let list = |from: u32| (from..from + 50_000).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
    expect(&format!("FORAGE t WHERE a IN ({}) AND a IN ({})", list(0), list(100_000)), None, &[]);
    let wide = (0..5000).map(|n| format!("a != {n}")).collect::<Vec<_>>().join(" AND ");
    expect(&format!("FORAGE t WHERE {wide}"), None, &[]);
}

fn services() -> Memory {
    let row = json!({
        "id": "billing", "tier": 1, "prod_write": true, "owner": {"name": "Ada"}, "tags": ["money"],
        "opened": "2026-01-01", "note": "soon", "confidence": null, "D5": 71.5,
    });
    let mixed = vec![json!({"id": "a", "size": 1}), json!({"id": "b", "size": "big"})];
    Memory::new().with("services", vec![row]).with("mixed", mixed).with("empty", vec![])
}

#[test]
fn fields_exist_and_have_the_types_that_conditions_need() {
    let source = services();
    let fine = [
        "tier = 1 AND prod_write AND owner.name = Ada AND tags CONTAINS money AND opened > 3mo AND D5 >= 70",
        "note CONTAINS oo AND note != x AND tier > 30d AND (confidence IS null OR confidence > 5)",
        "prod_write = true AND id IN (billing, \"x\") AND tier BETWEEN 1 AND 3 AND opened > \"2026-01-01\"",
        "tier = `D5` AND tags EXISTS AND owner EXISTS",
        "tier = 9007199254740993 AND tags CONTAINS `id` AND note CONTAINS `id` AND tags CONTAINS `tier`",
    ];
    for condition in fine {
        expect(&format!("FORAGE services WHERE {condition}"), Some(&source), &[]);
    }
    let wrong: &[(&str, &str)] = &[
        ("teir = 1", "error unknown-field teir"),
        ("owner.nam = x", "error unknown-field owner.nam"),
        ("NOT (tier = 1 OR absent EXISTS)", "error unknown-field absent"),
        ("tier = \"1\"", "error type-mismatch tier"),
        ("note > 5", "error type-mismatch note"),
        ("prod_write = \"true\"", "error type-mismatch prod_write"),
        ("prod_write > false", "error type-mismatch false"),
        ("prod_write = 1", "error type-mismatch prod_write"),
        ("prod_write > 3d", "error type-mismatch prod_write"),
        ("note > 3d", "error type-mismatch note"),
        ("tier CONTAINS 1", "error type-mismatch tier"),
        ("note CONTAINS 5", "error type-mismatch note"),
        ("note CONTAINS `tier`", "error type-mismatch note"),
        ("note CONTAINS `nota`", "error unknown-field `nota`"),
        ("prod_write = 9007199254740993", "error type-mismatch prod_write"),
        ("tags CONTAINS null", "warning never-true null"),
        ("tags CONTAINS 3d", "warning never-true 3d"),
        ("tier", "error type-mismatch tier"),
        ("owner = x", "error type-mismatch owner"),
        ("tier IN (1, x)", "error type-mismatch tier"),
        ("tier BETWEEN a AND 5", "error type-mismatch tier"),
        ("tier = `note`", "error type-mismatch tier = `note`"),
        ("note < id", "warning bare-word note"),
    ];
    for (condition, expected) in wrong {
        expect(&format!("FORAGE services WHERE {condition}"), Some(&source), &[expected]);
    }
    expect("FORAGE mixed WHERE size > 5", Some(&source), &["warning type-mismatch size"]);
    expect("FORAGE empty WHERE size > 5", Some(&source), &[]);
    let numbers = Memory::new().with("t", vec![json!({"a": 1}), json!({"a": 1.5})]);
    let message = &found("FORAGE t WHERE a", Some(&numbers))[0].message;
    assert_eq!(message, "`a` of `t` is a number: alone is no condition");
    let text = "FORAGE services WHERE prod_write = \"true\"";
    assert_eq!(found(text, Some(&source))[0].help.as_deref(), Some("write `true` without quotes"));
}

#[test]
fn a_fix_leaves_a_field_a_field() {
    let rows = vec![json!({"id": "a", "size": 1, "where": 2, "two words": 3})];
    let source = Memory::new().with("t", rows);
    for (condition, mended) in [
        ("size = `wher`", "`where`"),
        ("size = `siz`", "`size`"),
        ("wher = 1", "`where`"),
        ("siz = 1", "size"),
        ("`siz` = 1", "`size`"),
        ("`two word` = 1", "`two words`"),
    ] {
        let text = format!("FORAGE t WHERE {condition}");
        let found = found(&text, Some(&source));
        let [one] = found.as_slice() else { panic!("{text}: {found:?}") };
        assert_eq!(one.fix.as_ref().map(|fix| fix.replacement.as_str()), Some(mended), "{text}");
    }
}

#[test]
fn collections_exist() {
    let source = services();
    expect("FORAGE servces", Some(&source), &["error unknown-collection servces"]);
    expect("DIVE INTO nothing", Some(&source), &["error unknown-collection nothing"]);
    expect("WATCH w IN servces WHEN tier > 1", Some(&source), &["error unknown-collection servces"]);
    expect("PERCH ON servces", Some(&source), &["warning unknown-collection servces"]);
    expect("WATCH w WHEN tier > 1", Some(&source), &["warning nothing-watched w"]);
    expect("FORAGE services\nWATCH w WHEN tier > 1", Some(&source), &[]);
    expect("PERCH ON service:\"billing\"", Some(&source), &[]);
}

#[test]
fn nothing_is_an_error_in_the_first_edition() {
    let text = "FETCH nope THRESHOLD 1000 CONFIDENCE 80 DRIFT x METHODOLOGY 900 PERFORMANCE 3";
    let mut script = syntax::parse(text).script;
    script.edition = Edition::Compat;
    let found = check(&script, text, None, NOW.parse().unwrap());
    assert!(!found.is_empty() && found.iter().all(|one| one.severity > Severity::Error), "{found:?}");
}

#[test]
fn the_errors_among_too_many_findings_are_kept() {
    let many = "FORAGE t WHERE a > 5 AND a < 3 ".repeat(300);
    let text = format!("{many} FETCH nope CONFIDENCE 80");
    let found = found(&text, None);
    assert_eq!(found.len(), crate::limits::DIAGNOSTICS);
    assert_eq!(found.iter().filter(|one| one.severity == Severity::Error).count(), 1);
}
