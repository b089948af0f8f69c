use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Status, Watched, collection, evaluate, named};
use crate::{
    ast::{Script, StatementKind, Watch},
    source::{Memory, SourceError},
    syntax,
};

fn script(text: &str) -> Script<'_> {
    let parsed = syntax::parse(text);
    assert!(parsed.diagnostics.is_empty(), "{text}: {:?}", parsed.diagnostics);
    parsed.script
}

fn watch<'w, 's>(script: &'w Script<'s>) -> &'w Watch<'s> {
    script
        .statements
        .iter()
        .find_map(|statement| match &statement.kind {
            StatementKind::Watch(watch) => Some(watch),
            _ => None,
        })
        .unwrap()
}

fn at(text: &str) -> Timestamp {
    crate::value::instant(text).unwrap()
}

fn try_run(condition: &str, rows: Vec<Value>, now: &str) -> Result<Watched, SourceError> {
    let text = format!("WATCH w IN c WHEN {condition}");
    let script = script(&text);
    evaluate(watch(&script), "c", &Memory::new().with("c", rows), at(now))
}

fn run(condition: &str, rows: Vec<Value>, now: &str) -> Watched {
    try_run(condition, rows, now).unwrap()
}

/// `2026-01-31 t` is an observation for which `a > 0` holds, `f` one for which it does not, `u` one without `a`.
fn rows(text: &str) -> Vec<Value> {
    let row = |entry: &str| {
        let (at, truth) = entry.trim().split_once(' ').unwrap();
        match truth {
            "t" => json!({"at": at, "a": 1}),
            "f" => json!({"at": at, "a": 0}),
            _ => json!({"at": at, "a": null}),
        }
    };
    text.split(',').map(row).collect()
}

fn fired(watched: &Watched) -> String {
    watched.firings.iter().map(|firing| firing.at.to_string()).collect::<Vec<_>>().join(" ")
}

#[test]
fn lengths_pass_without_a_break() {
    use Status::{Active, Holding, Triggered};
    let cases = [
        // (for, observations, now, status, since, firings)
        ("", "2026-01-01 f", "2026-02-01", Active, None, ""),
        ("", "2026-01-05 t", "2026-02-01", Triggered, Some("2026-01-05"), "2026-01-05T00:00:00Z"),
        ("", "2026-01-05 t, 2026-01-06 t, 2026-01-07 f", "2026-02-01", Active, None, "2026-01-05T00:00:00Z"),
        // Again only after it was reset.
        (
            "",
            "2026-01-05 t, 2026-01-07 f, 2026-01-09 t",
            "2026-02-01",
            Triggered,
            Some("2026-01-09"),
            "2026-01-05T00:00:00Z 2026-01-09T00:00:00Z",
        ),
        // What was observed last is so until now: on the last moment of ten days it fires, a second before it does not.
        ("FOR 10d", "2026-01-05 t", "2026-01-14T23:59:59Z", Holding, Some("2026-01-05"), ""),
        ("FOR 10d", "2026-01-05 t", "2026-01-15", Triggered, Some("2026-01-05"), "2026-01-15T00:00:00Z"),
        // A false observation before the time is full resets; one on the very moment comes after it.
        ("FOR 10d", "2026-01-05 t, 2026-01-14 f, 2026-01-15 t", "2026-01-20", Holding, Some("2026-01-15"), ""),
        ("FOR 10d", "2026-01-05 t, 2026-01-15 f", "2026-01-20", Active, None, "2026-01-15T00:00:00Z"),
        // Repeated observations do not begin anew.
        ("FOR 10d", "2026-01-05 t, 2026-01-12 t", "2026-01-16", Triggered, Some("2026-01-05"), "2026-01-15T00:00:00Z"),
        // Unknown neither resets nor counts: two days are lost.
        (
            "FOR 10d",
            "2026-01-05 t, 2026-01-07 u, 2026-01-09 t",
            "2026-01-31",
            Triggered,
            Some("2026-01-05"),
            "2026-01-17T00:00:00Z",
        ),
        ("FOR 10d", "2026-01-05 t, 2026-01-07 u", "2026-12-31", Holding, Some("2026-01-05"), ""),
        ("FOR 10d", "2026-01-05 u, 2026-01-07 u", "2026-12-31", Active, None, ""),
        ("FOR 10d", "2026-01-05 t, 2026-01-07 u, 2026-01-09 f", "2026-12-31", Active, None, ""),
        // What has fired is not taken back by what is unknown.
        ("FOR 1d", "2026-01-05 t, 2026-01-07 u", "2026-12-31", Triggered, Some("2026-01-05"), "2026-01-06T00:00:00Z"),
        // Months on the calendar, the end of February included.
        ("FOR 1mo", "2026-01-31 t", "2026-02-28", Triggered, Some("2026-01-31"), "2026-02-28T00:00:00Z"),
        ("FOR 6mo", "2026-01-31 t", "2026-07-30", Holding, Some("2026-01-31"), ""),
        ("FOR 6mo", "2026-01-31 t", "2026-07-31", Triggered, Some("2026-01-31"), "2026-07-31T00:00:00Z"),
        // What comes after now is not seen.
        ("FOR 10d", "2026-01-05 t, 2026-02-05 f", "2026-01-20", Triggered, Some("2026-01-05"), "2026-01-15T00:00:00Z"),
        ("FOR 9999999999999y", "2026-01-05 t", "2026-01-20", Holding, Some("2026-01-05"), ""),
        ("FOR 999999999999mo", "2026-01-05 t", "2026-01-20", Holding, Some("2026-01-05"), ""),
    ];
    for (length, observations, now, status, since, firings) in cases {
        let watched = run(&format!("a > 0 {length}"), rows(observations), now);
        let case = format!("{length} | {observations} | {now}");
        assert_eq!((watched.status, watched.since), (status, since.map(at)), "{case}");
        assert_eq!(fired(&watched), firings, "{case}");
    }
}

#[test]
fn quarters_and_years_are_closed_periods() {
    use Status::{Active, Holding, Triggered};
    let cases = [
        ("FOR 2 quarters", "2026-02-01 t, 2026-05-01 t", "2026-06-30T23:59:59Z", Holding, ""),
        ("FOR 2 quarters", "2026-02-01 t, 2026-05-01 t", "2026-07-01", Triggered, "2026-07-01T00:00:00Z"),
        ("FOR 2 quarters", "2026-02-01 t, 2026-05-01 t, 2026-05-02 f", "2026-07-01", Active, ""),
        // A quarter with a false observation does not count, however it ends.
        ("FOR 1 quarter", "2026-01-01 f, 2026-01-02 t", "2026-06-30", Holding, ""),
        ("FOR 1 quarter", "2026-01-01 f, 2026-01-02 t, 2026-04-02 t", "2026-07-01", Triggered, "2026-07-01T00:00:00Z"),
        // A quarter without evidence, or with an unknown one, neither counts nor resets.
        ("FOR 2 quarters", "2026-02-01 t, 2026-08-01 t", "2026-09-30", Holding, ""),
        ("FOR 2 quarters", "2026-02-01 t, 2026-08-01 t", "2026-10-01", Triggered, "2026-10-01T00:00:00Z"),
        (
            "FOR 2 quarters",
            "2026-02-01 t, 2026-05-01 t, 2026-05-02 u, 2026-08-01 t",
            "2026-10-01",
            Triggered,
            "2026-10-01T00:00:00Z",
        ),
        ("FOR 1 quarter", "2026-02-01 u", "2026-10-01", Active, ""),
        // A false one in the open quarter resets at once.
        ("FOR 1 quarter", "2026-02-01 t, 2026-04-01 f", "2026-04-01", Active, "2026-04-01T00:00:00Z"),
        ("FOR 1 year", "2025-06-01 t", "2025-12-31", Holding, ""),
        ("FOR 1 year", "2025-06-01 t", "2026-01-01", Triggered, "2026-01-01T00:00:00Z"),
        ("FOR 2 years", "2024-06-01 t, 2025-06-01 t", "2026-01-01", Triggered, "2026-01-01T00:00:00Z"),
    ];
    for (length, observations, now, status, firings) in cases {
        let watched = run(&format!("a > 0 {length}"), rows(observations), now);
        let case = format!("{length} | {observations} | {now}");
        assert_eq!(watched.status, status, "{case}");
        assert_eq!(fired(&watched), firings, "{case}");
    }
    // The day is the last one of the time that was full.
    let watched = run("a > 0 FOR 1 quarter", rows("2026-02-01 t"), "2026-12-31");
    assert_eq!(watched.firings[0].day.to_string(), "2026-03-31");
    let watched = run("a > 0 FOR 3d", rows("2026-02-01 t"), "2026-12-31");
    assert_eq!(watched.firings[0].day.to_string(), "2026-02-04");
}

#[test]
fn neither_the_order_of_rows_nor_a_second_copy_changes_anything() {
    let observations = rows("2026-01-05 t, 2026-01-07 u, 2026-01-09 t, 2026-02-05 f, 2026-02-07 t, 2026-03-01 t");
    let expected = run("a > 0 FOR 10d", observations.clone(), "2026-04-01");
    assert_eq!(expected.firings.len(), 2);
    for shift in 0..observations.len() {
        let mut mixed = observations.clone();
        mixed.rotate_left(shift);
        mixed.swap(0, 3);
        mixed.extend(observations.clone());
        assert_eq!(run("a > 0 FOR 10d", mixed, "2026-04-01"), expected, "{shift}");
    }
    // Of two that differ at one time, both must hold.
    for order in ["2026-01-05 t, 2026-01-05 f", "2026-01-05 f, 2026-01-05 t"] {
        assert_eq!(run("a > 0", rows(order), "2026-04-01").firings, [], "{order}");
    }
}

#[test]
fn looking_often_and_looking_once_see_the_same() {
    let observations = rows(
        "2026-01-05 t, 2026-01-07 u, 2026-01-09 t, 2026-02-05 f, 2026-02-07 t, 2026-03-01 f, 2026-03-02 t, 2026-08-01 t",
    );
    for length in ["", "FOR 36h", "FOR 10d", "FOR 1mo", "FOR 1 quarter"] {
        let condition = format!("a > 0 {length}");
        let once = run(&condition, observations.clone(), "2026-12-31");
        let mut often: Vec<_> = Vec::new();
        for month in 1..=12 {
            for day in [1, 6, 10, 17, 25] {
                let now = format!("2026-{month:02}-{day:02}");
                for firing in run(&condition, observations.clone(), &now).firings {
                    assert!(firing.at <= at(&now), "{length} {now}");
                    if !often.contains(&firing) {
                        often.push(firing);
                    }
                }
            }
        }
        for firing in run(&condition, observations.clone(), "2026-12-31").firings {
            if !often.contains(&firing) {
                often.push(firing);
            }
        }
        assert_eq!(often, once.firings, "{length}");
    }
}

#[test]
fn each_thing_is_watched_for_itself() {
    let row = |field: &str, name: &str, at: &str, a: i64| json!({field: name, "at": at, "a": a});
    for field in ["entity", "id", "name", "service"] {
        let rows = vec![
            row(field, "x", "2026-01-01", 1),
            row(field, "y", "2026-01-02", 0),
            row(field, "y", "2026-01-03", 1),
            row(field, "z", "2026-01-04", 0),
        ];
        let watched = run("a > 0 FOR 5d", rows, "2026-01-06");
        let entities: Vec<_> = watched.entities.iter().map(|one| (one.entity.as_str(), one.status)).collect();
        assert_eq!(entities, [("x", Status::Triggered), ("y", Status::Holding), ("z", Status::Active)], "{field}");
        assert_eq!((watched.status, watched.since), (Status::Triggered, Some(at("2026-01-01"))));
        assert_eq!(watched.firings.len(), 1);
        assert_eq!(watched.firings[0].entity, "x");
    }
}

#[test]
fn the_time_of_an_observation_is_read_in_several_forms() {
    let moment = json!("2026-01-05T00:00:00Z");
    let seconds = json!(1_767_571_200);
    let milliseconds = json!(1_767_571_200_000_i64);
    for (field, value) in [
        ("at", moment.clone()),
        ("time", json!("2026-01-05")),
        ("timestamp", seconds.clone()),
        ("ts", milliseconds),
        ("date", json!("2026-01-05T01:00:00+01:00")),
    ] {
        let watched = run("a > 0", vec![json!({field: value, "a": 1})], "2026-02-01");
        assert_eq!(fired(&watched), "2026-01-05T00:00:00Z", "{field}");
    }
    // A time that cannot be read, and none, are counted and left out.
    let rows = vec![json!({"at": "soon", "a": 1}), json!({"a": 1}), json!({"at": moment, "a": 0})];
    let watched = run("a > 0", rows, "2026-02-01");
    assert_eq!((watched.untimed, watched.observations, watched.status), (2, 1, Status::Active));
    // Without any time it is how things are now.
    let watched = run("a > 0", vec![json!({"a": 1})], "2026-02-01");
    assert_eq!(fired(&watched), "2026-02-01T00:00:00Z");
    assert_eq!(run("a > 0 FOR 1d", vec![json!({"a": 1})], "2026-02-01").status, Status::Holding);
}

#[test]
fn ages_are_those_of_the_observation() {
    let row = |at: &str| json!({"at": at, "opened": "2026-01-01"});
    let watched = run("opened > 10d", vec![row("2026-01-05"), row("2026-01-20")], "2026-06-01");
    assert_eq!(fired(&watched), "2026-01-20T00:00:00Z");
}

#[test]
fn what_cannot_be_read_is_an_error() {
    let slip = try_run("b > 0", vec![json!({"at": "2026-01-05", "bb": 1})], "2026-02-01");
    assert!(matches!(slip, Err(SourceError::UnknownField { field, .. }) if field == "b"));
    let kind = try_run("a > 0", vec![json!({"at": "2026-01-05", "a": "high"})], "2026-02-01");
    assert_eq!(kind.unwrap_err().to_string(), "`a` of `c` is a text, and cannot be compared with the number 0");
    let text = "WATCH w IN d WHEN a > 0";
    let script = script(text);
    let gone = evaluate(watch(&script), "d", &Memory::new(), at("2026-02-01"));
    assert!(matches!(gone, Err(SourceError::UnknownCollection { .. })));
    assert_eq!(run("a > 0 FOR 1d", Vec::new(), "2026-02-01").status, Status::Active);
}

#[test]
fn a_watch_without_a_collection_looks_at_the_nearest_before_it() {
    let text = "FORAGE a\nDIVE INTO b\nWATCH v WHEN x > 1\nFORAGE c\nWATCH w IN d WHEN x > 1\nWAKE AFTER 1d THEN WATCH u WHEN x > 2";
    let script = script(text);
    for (name, expected) in [("v", Some("b")), ("w", Some("d")), ("u", Some("c"))] {
        assert_eq!(collection(named(&script, name).unwrap(), &script), expected, "{name}");
    }
    assert!(named(&script, "t").is_none());
    let alone = self::script("WATCH v WHEN x > 1");
    assert_eq!(collection(watch(&alone), &alone), None);
}
