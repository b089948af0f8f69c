//! What statements do: alerts, branches, what is planned for later, the end of a run.

use std::time::Instant;

use serde_json::json;

use super::{memory, ran, ran_tree, ran_until};
use crate::{
    ast::{Band, FetchAction, Script, Statement, StatementKind},
    edition::Edition,
    limits,
    outcome::Output,
    run::{Environment, RunError, run, tests::Desk},
    syntax::parse,
};

const BEGIN: &str = "FORAGE t ACROSS D1 SURFACE m\nDRIFT m METHODOLOGY 85 PERFORMANCE 35\n";

fn rows(score: f64) -> serde_json::Value {
    json!({"t": [{"id": "e", "D1": score, "confidence": 0.9}]})
}

#[test]
fn the_branch_of_the_band_runs_and_no_other() {
    let script = format!(
        "{BEGIN}FETCH m
           ON EXECUTE CHIRP critical 'execute'
           ON CONFIRM CHIRP warning 'confirm'
           ON QUEUE CHIRP info 'queue'
           ON WAIT CHIRP quiet"
    );
    let cases =
        [(90.0, "critical execute"), (20.0, "warning confirm"), (12.0, "info queue"), (1.0, "info CAL Alert: quiet")];
    for (score, heard) in cases {
        let ran = ran(&script, rows(score)).ok();
        assert_eq!(ran.log, [heard], "{score}");
        assert_eq!(ran.outcome.alerts[0].cause.as_deref(), Some("m_fetch"));
        let actions: Vec<&str> = ran.outcome.actions.iter().map(|action| action.action).collect();
        assert_eq!(actions, ["query", "drift", "fetch", "alert"]);
    }
}

/// The last FETCH of `outer` with the last statement of `inner` as what it does on EXECUTE. The grammar gives each `ON`
/// to the outermost FETCH; a program that builds trees can nest them.
fn nested<'s>(mut outer: Script<'s>, inner: Script<'s>) -> Script<'s> {
    let action = inner.statements.into_iter().next_back().unwrap();
    let Some(Statement { kind: StatementKind::Fetch(fetch), .. }) = outer.statements.last_mut() else { panic!() };
    fetch.actions = vec![FetchAction { band: Band::Execute, span: action.span, action }];
    outer
}

#[test]
fn branches_run_in_branches() {
    let outer = format!("{BEGIN}FETCH m");
    let inner = "FETCH m AGGREGATE mean ON EXECUTE CHIRP error 'inner' ON WAIT CHIRP info 'never'";
    let script = nested(parse(&outer).script, parse(inner).script);
    let ran = ran_tree(&script, &outer, rows(90.0), None).ok();
    assert_eq!(ran.log, ["critical inner"]);
    assert_eq!(ran.outcome.alerts[0].cause.as_deref(), Some("m_fetch"));
    let actions: Vec<&str> = ran.outcome.actions.iter().map(|action| action.action).collect();
    assert_eq!(actions, ["query", "drift", "fetch", "fetch", "alert"]);
}

#[test]
fn nesting_has_a_limit() {
    let deep = |levels: usize| {
        let outer = format!("{BEGIN}FETCH m");
        let mut script = parse("CHIRP info 'deep'").script;
        for _ in 0..levels {
            script = nested(parse("FETCH m").script, script);
        }
        ran_tree(&nested(parse(&outer).script, script), &outer, rows(90.0), None)
    };
    assert_eq!(deep(limits::NESTING - 1).ok().log, ["info deep"]);
    let refused = deep(limits::NESTING);
    assert_eq!(refused.error(), "line 1: statements are nested deeper than 64");
    assert!(refused.log.is_empty());
}

#[test]
fn a_failed_statement_ends_the_run_and_a_lost_alert_does_not() {
    let ran = ran(&format!("{BEGIN}CHIRP info 'lost'\nSURFACE m\nFETCH m ON EXECUTE CHIRP info 'sent'"), rows(90.0));
    assert_eq!(ran.error(), "line 3: the alert did not arrive: ear: nobody there");
    assert_eq!(ran.log, ["info lost", "info sent", "m of m as json: 1"]);
    assert!(!ran.outcome.alerts[0].deliveries[0].delivered);
    assert_eq!(ran.outcome.alerts.len(), 2, "an alert that was lost is recorded");

    let ran = super::ran(&format!("{BEGIN}SURFACE m\nFETCH n\nCHIRP info 'never'"), rows(90.0));
    assert_eq!(ran.error(), "line 4: no result `n`: did you mean `m`?");
    assert!(ran.log.is_empty(), "half an analysis is not published");
    let results: Vec<&str> = ran.outcome.actions.iter().map(|action| action.result).collect();
    assert_eq!(results, ["success", "success", "failed", "failed"]);
    assert!(ran.outcome.outputs.contains_key("m_drift"), "what was done before is there");
}

#[test]
fn a_run_stops_when_its_time_is_over() {
    let past = Instant::now();
    let ran = ran_until("CHIRP info 'x'\nFORAGE t SURFACE m", rows(90.0), Some(past));
    assert_eq!(ran.error(), "line 1: the time that the run was given is over");
    assert_eq!((ran.log.len(), ran.outcome.actions.len()), (0, 1));
}

#[test]
fn what_is_planned_for_later_keeps_its_name() {
    let script = "WAKE AFTER 2d THEN CHIRP info 'again'
        WAKE   AFTER 2d -- a comment is part of the text
        WAKE AFTER 1mo THEN FETCH m ON EXECUTE CHIRP info 'x'
        PERCH ON service:\"billing\" LISTEN FOR rollback, page WAKE AFTER 7d CHIRP warning \"billing speaks\"
        LISTEN FOR rollback, page signals
        PERCH ON t
        WATCH one IN t WHEN (a = 1 OR b = 2) AND NOT (c IS null) FOR 2 quarters
        WATCH two WHEN other EXISTS
        WAKE AFTER 2d THEN CHIRP info 'again'";
    let data = json!({"t": [{"at": "2026-01-01", "a": 0, "b": 0, "c": 0}]});
    let ran = ran(script, data.clone()).ok();
    let again = super::ran(script, data).ok();
    assert!(ran.log.is_empty(), "nothing of it happens now");
    assert_eq!(ran.outcome, again.outcome);
    let tasks: Vec<(&str, &str, Option<&str>)> = ran
        .outcome
        .scheduled_tasks
        .iter()
        .map(|task| (task.r#type, task.due.as_str(), task.action.as_deref()))
        .collect();
    assert_eq!(
        tasks,
        [
            ("wake", "2026-03-03T12:00:00Z", Some("CHIRP info 'again'")),
            ("wake", "2026-03-03T12:00:00Z", None),
            ("wake", "2026-04-01T12:00:00Z", Some("FETCH m ON EXECUTE CHIRP info 'x'")),
            ("timeout", "2026-03-08T12:00:00Z", Some("CHIRP warning \"billing speaks\"")),
            ("wake", "2026-03-03T12:00:00Z", Some("CHIRP info 'again'")),
        ]
    );
    let mut ids: Vec<&str> = ran.outcome.scheduled_tasks.iter().map(|task| task.id.as_str()).collect();
    ids.extend(ran.outcome.watchers.iter().map(|watcher| watcher.id.as_str()));
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "each has a name of its own");
    let watchers: Vec<(&str, &str, &str, Option<&str>)> = ran
        .outcome
        .watchers
        .iter()
        .map(|one| (one.r#type, one.target.as_str(), one.condition.as_str(), one.duration.as_deref()))
        .collect();
    assert_eq!(
        watchers,
        [
            ("observe", "service:\"billing\"", "rollback, page", Some("7d")),
            ("monitor", "rollback, page", "rollback, page", None),
            ("observe", "t", "", None),
            ("watch", "one", "(a = 1 OR b = 2) AND NOT (c IS null)", Some("2 quarters")),
            ("watch", "two", "other EXISTS", None),
        ]
    );
}

#[test]
fn a_watch_says_where_it_stands() {
    let data = json!({"reviews": [
        {"at": "2025-12-01", "reviewed_pct": 30, "incidents": 1},
        {"at": "2026-01-01", "reviewed_pct": 20, "incidents": 1},
        {"at": "2026-02-20", "reviewed_pct": 10, "incidents": 5},
    ]});
    let cases = [
        ("WATCH w IN reviews WHEN reviewed_pct < 35 FOR 60d", "triggered", Some("2025-12-01T00:00:00Z")),
        ("WATCH w IN reviews WHEN reviewed_pct < 25 FOR 99d", "holding", Some("2026-01-01T00:00:00Z")),
        ("WATCH w IN reviews WHEN reviewed_pct > 90", "active", None),
        ("FORAGE reviews WATCH w WHEN incidents > 2", "triggered", Some("2026-02-20T00:00:00Z")),
        ("WATCH w WHEN incidents > 2", "active", None),
        ("FORAGE reviews WATCH w WHEN layoffs > 2", "active", None),
    ];
    for (script, status, since) in cases {
        let ran = ran(script, data.clone()).ok();
        let [watcher] = ran.outcome.watchers.as_slice() else { panic!("{script}") };
        assert_eq!((watcher.status.as_str(), watcher.since.as_deref()), (status, since), "{script}");
    }
    let refused = ran("WATCH w IN reviews WHEN reviewd_pct < 35", data);
    assert_eq!(refused.error(), "line 1: no field `reviewd_pct` in `reviews`: did you mean `reviewed_pct`?");
}

#[test]
fn a_recall_contradicts_what_its_figures_do_not_bear_out() {
    let recall = |rest: &str| {
        let script = format!(
            "RECALL c ON \"2026-02-15\" WATCH a STATUS fired WATCH b STATUS not_fired WATCH d STATUS partial {rest}"
        );
        ran(&script, json!({}))
    };
    let cases = [
        ("TRIGGERS 1/3 CONFIDENCE_STATED 0.33 CONFIDENCE_ACTUAL 0.50 CALIBRATION under", true, Some("under")),
        ("TRIGGERS 1/3 CONFIDENCE_STATED 0.33 CONFIDENCE_ACTUAL 0.50 CALIBRATION aligned", false, Some("under")),
        ("TRIGGERS 1/3 CONFIDENCE_STATED 0.60 CONFIDENCE_ACTUAL 0.50 CALIBRATION aligned", true, Some("aligned")),
        ("TRIGGERS 1/3 CONFIDENCE_STATED 0.61 CONFIDENCE_ACTUAL 0.50 CALIBRATION over", true, Some("over")),
        ("TRIGGERS 7/2 CONFIDENCE_STATED 0.60 CONFIDENCE_ACTUAL 0.50 CALIBRATION aligned", false, Some("aligned")),
    ];
    for (rest, validated, expected) in cases {
        let ran = recall(rest).ok();
        let Some(Output::Recall(result)) = ran.outcome.outputs.get("c_recall") else { panic!("{rest}") };
        assert_eq!((result.validated, result.expected_calibration), (validated, expected), "{rest}");
        assert_eq!(result.mismatches.is_empty(), validated, "{rest}");
    }
}

#[test]
fn a_script_of_the_first_edition_is_left_to_the_first_edition() {
    let mut parsed = parse("CHIRP info 'x'");
    parsed.script.edition = Edition::Compat;
    let log = super::Log::default();
    let source = memory(json!({}));
    let mut environment = Environment {
        source: &source,
        now: "2026-03-01T12:00:00Z".parse().unwrap(),
        sinks: &mut [],
        publisher: &mut Desk(log),
        deadline: None,
        script_name: None,
    };
    let refused = run(&parsed.script, "CHIRP info 'x'", &mut environment);
    assert_eq!(refused, Err(RunError::Edition(Edition::Compat)));
}
