//! The script that the project began with, over its brief: the published figures, the alert, and the document.

use std::{cell::RefCell, rc::Rc};

use serde_json::Value;
use weir_cal::{
    ast::Band,
    outcome::{Alert, Delivery, Outcome, Output},
    report::{Document, Format, write},
    run::{Environment, Publisher, explain, run},
    sink::Sink,
    source::Memory,
    syntax::parse,
    value::Truth,
};

const SCRIPT: &str = include_str!("../../../incidents/guardrail-gap/gap.cal");
const PIPELINE: &str = include_str!("../../../incidents/guardrail-gap/data/ai_coding_delivery_pipeline.json");
const MISMATCH: &str = include_str!("../../../incidents/guardrail-gap/data/velocity_maturity_mismatch.json");

fn entities(text: &str) -> Vec<Value> {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    value.get("entities").and_then(Value::as_array).cloned().unwrap_or_default()
}

fn brief() -> Memory {
    Memory::new()
        .with("ai_coding_delivery_pipeline", entities(PIPELINE))
        .with("velocity_maturity_mismatch", entities(MISMATCH))
}

/// Hears alerts, and says when: before or after publications.
struct Ear(Rc<RefCell<Vec<String>>>);

impl Sink for Ear {
    fn name(&self) -> String {
        "ear".to_owned()
    }

    fn send(&mut self, alert: &Alert) -> Delivery {
        self.0.borrow_mut().push(format!("{}: {}", alert.level, alert.message));
        Delivery { sink: self.name(), delivered: true, attempts: 1, error: None }
    }
}

/// The name and the bytes of a document.
type Published = (String, Vec<u8>);

/// Keeps what is published.
struct Desk {
    log: Rc<RefCell<Vec<String>>>,
    documents: Vec<Published>,
}

impl Publisher for Desk {
    fn publish(&mut self, document: &Document<'_>, format: Format, _: Option<&str>) -> Result<Option<String>, String> {
        let mut bytes = Vec::new();
        write(document, format, &mut bytes).map_err(|error| error.to_string())?;
        self.log.borrow_mut().push(format!("published {} as {format}", document.name));
        self.documents.push((document.name.to_owned(), bytes));
        Ok(None)
    }
}

#[expect(clippy::expect_used, reason = "a test fails here")]
fn ran(script: &str, source: &Memory) -> (Outcome, Vec<String>, Vec<Published>) {
    let parsed = parse(script);
    assert_eq!(parsed.diagnostics, [], "{script}");
    let log = Rc::new(RefCell::new(Vec::new()));
    let mut desk = Desk { log: Rc::clone(&log), documents: Vec::new() };
    let mut sinks: [Box<dyn Sink>; 1] = [Box::new(Ear(Rc::clone(&log)))];
    let mut environment = Environment {
        source,
        now: jiff::Timestamp::UNIX_EPOCH,
        sinks: &mut sinks,
        publisher: &mut desk,
        deadline: None,
        script_name: Some("gap.cal".to_owned()),
    };
    let outcome = run(&parsed.script, script, &mut environment);
    let log = log.borrow().clone();
    (outcome.expect("it is of the default edition"), log, desk.documents)
}

#[test]
fn the_founding_script_gives_the_published_figures() {
    let (outcome, log, documents) = ran(SCRIPT, &brief());
    assert_eq!(outcome.error, None);
    assert!(outcome.success);
    let Output::Foraged(gap) = &outcome.outputs["guardrail_gap"] else { panic!("FORAGE") };
    assert_eq!((gap.count, gap.not_matched, gap.unknown), (1, 0, 0));
    assert_eq!(gap.entities[0].summary.chirp.unwrap().to_string(), "59.17");
    assert_eq!(gap.entities[0].summary.dimensions_affected, 6);
    let Output::Drift(drift) = &outcome.outputs["guardrail_gap_drift"] else { panic!("DRIFT") };
    assert_eq!(drift.drift.to_string(), "50");
    let Output::Fetch(fetch) = &outcome.outputs["guardrail_gap_fetch"] else { panic!("FETCH") };
    assert_eq!(fetch.fetch_score.to_string(), "2603.48");
    assert_eq!((fetch.level, fetch.high_priority, fetch.review), (Band::Execute, true, false));
    assert_eq!(fetch.confidence_source, "row");
    assert_eq!(fetch.recommendation, "Score: 2603.48 | Level: EXECUTE (High Priority)");
    let message = "6/6 dimensions, velocity exceeds governance, destruction accelerating";
    assert_eq!(log, [format!("critical: {message}"), "published analysis as json".to_owned()]);
    let [alert] = outcome.alerts.as_slice() else { panic!("one alert") };
    assert_eq!((alert.cause.as_deref(), alert.deliveries[0].delivered), (Some("guardrail_gap_fetch"), true));
    let lines: Vec<(&str, u32)> = outcome.actions.iter().map(|action| (action.action, action.line)).collect();
    assert_eq!(lines, [("query", 5), ("analyze", 15), ("drift", 23), ("fetch", 27), ("alert", 30), ("output", 32)]);
    let [(_, analysis)] = documents.as_slice() else { panic!("one document") };
    let analysis: Value = serde_json::from_slice(analysis).unwrap();
    assert_eq!(analysis["outputs"]["guardrail_gap_fetch"]["fetchScore"].to_string(), "2603.48");
    assert_eq!(analysis["surfaced"][0]["of"], "analysis");
}

#[test]
fn the_cascade_of_the_founding_script_is_checked_level_by_level() {
    let (outcome, ..) = ran(SCRIPT, &brief());
    let Output::Foraged(dive) = &outcome.outputs["velocity_governance_cascade"] else { panic!("DIVE") };
    let check = dive.cascade.as_ref().unwrap();
    assert_eq!(check.declared, "D5 -> D6+D2 -> D1+D3 -> D4");
    let holds: Vec<(&str, Truth)> = check.dimensions.iter().map(|one| (one.dimension.id(), one.holds)).collect();
    // The brief puts D4 beside D1 and D3; the script puts it one step after them.
    assert_eq!(
        holds,
        [
            ("D5", Truth::True),
            ("D6", Truth::True),
            ("D2", Truth::True),
            ("D1", Truth::True),
            ("D3", Truth::True),
            ("D4", Truth::False)
        ]
    );
    let agreed = SCRIPT.replace("D1+D3 -> D4", "D1+D3+D4");
    let (outcome, ..) = ran(&agreed, &brief());
    let Output::Foraged(dive) = &outcome.outputs["velocity_governance_cascade"] else { panic!("DIVE") };
    assert_eq!(dive.cascade.as_ref().unwrap().holds, Truth::True);
    // TRACE in the DIVE follows the cascade of the FORAGE.
    let Output::Trace(trace) = &outcome.outputs["velocity_governance_cascade_trace"] else { panic!("TRACE") };
    assert_eq!((trace.from.as_str(), trace.pathways.len()), ("guardrail_gap", 1));
    assert_eq!(trace.pathways[0].origin.dimension.id(), "D5");
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let (one, _, first) = ran(SCRIPT, &brief());
    let (other, _, second) = ran(SCRIPT, &brief());
    assert_eq!(first, second);
    assert_eq!(serde_json::to_string(&one).unwrap(), serde_json::to_string(&other).unwrap());
}

#[test]
fn every_figure_of_the_founding_script_can_be_explained() {
    let parsed = parse(SCRIPT);
    let source = brief();
    let log = Rc::new(RefCell::new(Vec::new()));
    let mut desk = Desk { log: Rc::clone(&log), documents: Vec::new() };
    let mut sinks: [Box<dyn Sink>; 1] = [Box::new(Ear(Rc::clone(&log)))];
    let environment = Environment {
        source: &source,
        now: jiff::Timestamp::UNIX_EPOCH,
        sinks: &mut sinks,
        publisher: &mut desk,
        deadline: None,
        script_name: None,
    };
    let said = |what: &str| match explain(&parsed.script, SCRIPT, &environment, what) {
        Ok(explanation) => explanation.to_string(),
        Err(error) => error.to_string(),
    };
    insta::assert_snapshot!(said("D5"), @r"
    D5 of `guardrail-gap-2026` in `guardrail_gap` is 72
      `D5`, as the entity states it
      inputs: D5 = 72

    D5 of `guardrail-gap-2026` in `velocity_governance_cascade` is 72
      `D5`, as the entity states it
      inputs: D5 = 72
    ");
    insta::assert_snapshot!(said("guardrail_gap"), @r"
    chirp of `guardrail-gap-2026` in `guardrail_gap` is 59.17
      (D5 + D6 + D2 + D1 + D3 + D4) / 6
      = (72 + 68 + 65 + 55 + 50 + 45) / 6
      inputs: D5 = 72, D6 = 68, D2 = 65, D1 = 55, D3 = 50, D4 = 45
    ");
    insta::assert_snapshot!(said("drift"), @r"
    drift of `guardrail_gap_drift` is 50
      METHODOLOGY - PERFORMANCE, as the script states them
      = 85 - 35
      inputs: METHODOLOGY = 85, PERFORMANCE = 35
    ");
    insta::assert_snapshot!(said("fetch"), @r"
    fetch of `guardrail-gap-2026` in `guardrail_gap_fetch` is 2603.48
      chirp x |drift| x confidence; the highest entity; the confidence stands in the entity
      = 59.17 x 50 x 0.88: EXECUTE
      inputs: chirp = 59.17, drift = 50, confidence = 0.88, EXECUTE from = 1000, CONFIRM from = 750, QUEUE from = 500
    ");
    insta::assert_snapshot!(said("drfit"), @"nothing to explain by the name `drfit`: did you mean `drift`?");
    assert!(log.borrow().is_empty(), "explaining sends and publishes nothing");
}
