//! Documents for tests: a case with everything in it, and one with nothing.

use indexmap::IndexMap;

use super::{Document, Subject};
use crate::{
    ast::{Band, Dimension},
    edition::Edition,
    number::Decimal,
    outcome::{
        Action, Alert, CascadeCheck, CascadeCheckEntry, CascadeEdge, CascadeLevel, CascadeOrigin, CascadeStep,
        CascadeTree, Delivery, DimensionScore, DriftResult, Entity, EntitySummary, Evidence, FetchComponents,
        FetchEntity, FetchResult, Foraged, ForagedSummary, Impact, Multiplier, Outcome, Output, Range, RecallResult,
        RecallWatchResult, Task, Watcher,
    },
    score,
    value::Truth,
};

/// What a document borrows from.
pub(super) struct Sample {
    pub(super) outcome: Outcome,
    pub(super) script: String,
    pub(super) script_name: Option<String>,
    pub(super) sources: Vec<String>,
}

impl Sample {
    pub(super) fn with_document<T>(&self, then: impl FnOnce(&Document<'_>) -> T) -> T {
        then(&self.document("analysis", Subject::Analysis))
    }

    pub(super) fn with_result<T>(&self, name: &str, then: impl FnOnce(&Document<'_>) -> T) -> T {
        then(&self.document(name, Subject::Result(name, &self.outcome.outputs[name])))
    }

    pub(super) fn document<'d>(&'d self, name: &'d str, subject: Subject<'d>) -> Document<'d> {
        Document {
            name,
            subject,
            outcome: &self.outcome,
            script: &self.script,
            script_name: self.script_name.as_deref(),
            sources: &self.sources,
            entities: None,
        }
    }
}

pub(super) fn decimal(value: f64) -> Decimal {
    Decimal::rounded(value, 6)
}

use Dimension::{D1, D2, D3, D4, D5, D6};

/// The dimensions of the founding case: score, declared level, level in the evidence.
const SCORES: [(Dimension, f64, u32, u32); 6] =
    [(D5, 72.0, 0, 0), (D6, 68.0, 1, 1), (D2, 65.0, 1, 1), (D1, 55.0, 2, 2), (D3, 50.0, 2, 2), (D4, 45.0, 3, 2)];

fn dimension(id: Dimension, score: Option<f64>, level: Option<u32>) -> DimensionScore {
    DimensionScore {
        id,
        name: id.name(),
        score: score.map(decimal),
        affected: score.map(|score| score > score::AFFECTED),
        cascade: score.map(|score| {
            let score::Cascade { level, probability, label } = score::cascade(score);
            CascadeLevel { level, probability: decimal(probability), label }
        }),
        level,
        evidence: Evidence {
            kind: if score.is_some() { "stated" } else { "missing" },
            inputs: score.map(|score| (id.id().to_owned(), decimal(score))).into_iter().collect(),
            missing: if score.is_some() { vec![] } else { vec![id.id().to_owned(), "sound".to_owned()] },
        },
    }
}

/// An entity with these scores; its chirp is their mean.
pub(super) fn entity(name: &str, dimensions: &[(Dimension, Option<f64>, Option<u32>)]) -> Entity {
    let known: Vec<f64> = dimensions.iter().filter_map(|(_, score, _)| *score).collect();
    let sum: f64 = known.iter().sum();
    let affected = known.iter().filter(|score| **score > score::AFFECTED).count();
    let count = |count: usize| u32::try_from(count).unwrap();
    Entity {
        entity: name.to_owned(),
        name: None,
        dimensions: dimensions.iter().map(|(id, score, level)| (*id, dimension(*id, *score, *level))).collect(),
        summary: EntitySummary {
            dimensions_affected: count(affected),
            dimensions_unknown: count(dimensions.len() - known.len()),
            total_score: Decimal::rounded(sum, 1),
            average_score: (affected > 0).then(|| Decimal::rounded(sum / f64::from(count(affected)), 1)),
            chirp: (!known.is_empty()).then(|| Decimal::rounded(sum / f64::from(count(known.len())), 2)),
            cascade_depth: 3,
            base_cost: None,
            estimated_impact: None,
            multiplier: Multiplier { min: decimal(10.0), max: decimal(15.0), label: "Extreme" },
            confidence: None,
        },
        cascades: vec![],
    }
}

fn founding_entity() -> Entity {
    let mut entity = entity("guardrail-gap-2026", &SCORES.map(|(id, score, _, level)| (id, Some(score), Some(level))));
    entity.name = Some("The Guardrail Gap".to_owned());
    entity.summary.confidence = Some(decimal(0.88));
    entity.summary.base_cost = Some(decimal(420_000.0));
    entity.summary.estimated_impact =
        Some(Impact { min: decimal(4_200_000.0), max: decimal(6_300_000.0), currency: "USD".to_owned() });
    let edge = |from, to: Dimension, score, probability, level| CascadeEdge {
        from,
        to,
        name: to.name(),
        score: Some(decimal(score)),
        probability: decimal(probability),
        level,
    };
    entity.cascades = vec![CascadeTree {
        origin: CascadeOrigin { dimension: D5, name: "Quality", score: decimal(72.0), level: 0 },
        levels: vec![
            CascadeStep {
                level: 1,
                cascades: vec![edge(D5, D1, 55.0, 0.72, 1), edge(D5, D3, 50.0, 0.72, 1), edge(D5, D6, 68.0, 0.72, 1)],
            },
            CascadeStep { level: 2, cascades: vec![edge(D1, D2, 65.0, 0.54, 2), edge(D3, D4, 45.0, 0.54, 2)] },
        ],
    }];
    entity
}

pub(super) fn foraged(target: &str, entities: Vec<Entity>) -> Foraged {
    let chirps: Vec<f64> = entities.iter().filter_map(|entity| entity.summary.chirp).map(Decimal::get).collect();
    let count = u64::try_from(entities.len()).unwrap();
    Foraged {
        target: target.to_owned(),
        count,
        not_matched: 0,
        unknown: 0,
        missing: IndexMap::new(),
        across: SCORES.map(|(id, ..)| id).to_vec(),
        depth: 3,
        summary: ForagedSummary {
            count,
            total_dimensions_affected: entities.iter().map(|one| u64::from(one.summary.dimensions_affected)).sum(),
            average_score: entities.first().and_then(|entity| entity.summary.average_score),
            max_chirp: chirps.iter().copied().reduce(f64::max).map(decimal),
            mean_chirp: chirps.first().copied().map(decimal),
            total_impact: IndexMap::new(),
        },
        entities,
        entities_omitted: 0,
        cascade: None,
    }
}

fn check() -> CascadeCheck {
    let entry = |(dimension, score, declared, observed): (Dimension, f64, u32, u32)| CascadeCheckEntry {
        dimension,
        declared_level: declared,
        observed_level: Some(observed),
        score: Some(decimal(score)),
        holds: Truth::from(declared == observed),
        reason: if declared == observed {
            format!("`guardrail-gap-2026` has {} affected at level {declared}", dimension.id())
        } else {
            format!("`guardrail-gap-2026` has {} at level {observed}, the script at level {declared}", dimension.id())
        },
    };
    CascadeCheck {
        declared: "D5 -> D6+D2 -> D1+D3 -> D4".to_owned(),
        holds: Truth::False,
        dimensions: SCORES.map(entry).to_vec(),
    }
}

pub(super) fn fetch(target: &str, (chirp, drift, confidence): (f64, f64, f64), threshold: f64) -> FetchResult {
    let score = Decimal::rounded(chirp * drift.abs() * confidence, 6);
    let level = score::Bands::Relative.band(score.get(), threshold);
    let components = FetchComponents { chirp: decimal(chirp), drift: decimal(drift), confidence: decimal(confidence) };
    let shares = [(Band::Execute, 1.0), (Band::Confirm, 0.75), (Band::Queue, 0.5)];
    FetchResult {
        target: target.to_owned(),
        fetch_score: score,
        threshold: decimal(threshold),
        level,
        high_priority: score.get() >= 2.0 * threshold,
        review: level == Band::Execute && confidence <= 0.6,
        components,
        confidence_source: "row",
        aggregate: "max",
        bands: shares.into_iter().map(|(band, share)| (band, decimal(threshold * share))).collect(),
        recommendation: "Execute immediately (High Priority)".to_owned(),
        entities: vec![FetchEntity { entity: "guardrail-gap-2026".to_owned(), fetch_score: score, level, components }],
        unknown: 0,
    }
}

fn action(action: &'static str, target: &str, line: u32, summary: &str) -> Action {
    Action {
        action,
        target: Some(target.to_owned()),
        result: "success",
        line,
        summary: summary.to_owned(),
        error: None,
    }
}

const SCRIPT: &str = r#"-- edition: 2
-- The Guardrail Gap: Software Engineering Diagnostic
-- Sense -> Analyze -> Measure -> Decide -> Act

FORAGE ai_coding_delivery_pipeline
  WHERE production_destruction_events > 8
    AND ai_tool_adoption_pct > 85
    AND golden_path_adoption_pct < 30
    AND orders_lost > 5000000
    AND supply_chain_compromise = true
  ACROSS D5, D6, D2, D1, D3, D4
  DEPTH 3
  SURFACE guardrail_gap

DIVE INTO velocity_maturity_mismatch
  WHEN code_velocity_multiplier > 5 -- 10x generation vs 1x governance
    AND human_review_collapsing = true -- engineers stop reviewing
    AND agent_autonomy_unbounded = true -- production access, no least-privilege
  TRACE guardrail_gap
  CASCADE D5 -> D6+D2 -> D1+D3 -> D4
  EMIT velocity_governance_cascade

DRIFT guardrail_gap
  METHODOLOGY 85 -- CI/CD, golden paths, least-privilege, code review all exist
  PERFORMANCE 35 -- 73% no golden paths, agents have root access, review abandoned

FETCH guardrail_gap
  THRESHOLD 1000
  ON EXECUTE
    CHIRP critical "6/6 dimensions, velocity exceeds governance, destruction accelerating"

WATCH review_collapse IN reviews WHEN reviewed_pct < 35 FOR 2 quarters

SURFACE analysis AS html TO "guardrail-gap.html"
"#;

/// The founding case.
pub(super) fn founding() -> Sample {
    let mut outputs = IndexMap::new();
    let mut gap = foraged("ai_coding_delivery_pipeline", vec![founding_entity()]);
    gap.summary.total_impact =
        [("USD".to_owned(), Range { min: decimal(4_200_000.0), max: decimal(6_300_000.0) })].into();
    gap.not_matched = 41;
    gap.unknown = 2;
    gap.missing = [("orders_lost".to_owned(), 2)].into();
    let mut dive = foraged("velocity_maturity_mismatch", vec![founding_entity()]);
    dive.cascade = Some(check());
    outputs.insert("guardrail_gap".to_owned(), Output::Foraged(Box::new(gap)));
    outputs.insert("velocity_governance_cascade".to_owned(), Output::Foraged(Box::new(dive)));
    let drift = DriftResult {
        target: "guardrail_gap".to_owned(),
        drift: decimal(50.0),
        abs_drift: decimal(50.0),
        methodology: decimal(85.0),
        performance: decimal(35.0),
        gap_type: "teaching".to_owned(),
        drift_quality: "extreme",
        interpretation: "Over-explanation - may cause cognitive overload",
        source: "stated",
    };
    outputs.insert("guardrail_gap_drift".to_owned(), Output::Drift(Box::new(drift)));
    let decision = fetch("guardrail_gap", (59.17, 50.0, 0.88), 1000.0);
    outputs.insert("guardrail_gap_fetch".to_owned(), Output::Fetch(Box::new(decision)));
    outputs.insert("guardrail_gap_recall".to_owned(), Output::Recall(Box::new(recall())));
    let alert = Alert {
        r#type: "critical".to_owned(),
        level: "critical",
        message: "6/6 dimensions, velocity exceeds governance, destruction accelerating".to_owned(),
        timestamp: "2026-11-25T12:30:00Z".to_owned(),
        cause: Some("guardrail_gap_fetch".to_owned()),
        deliveries: vec![
            Delivery { sink: "console".to_owned(), delivered: true, attempts: 1, error: None },
            Delivery {
                sink: "slack https://hooks.example.com/\u{2026}".to_owned(),
                delivered: false,
                attempts: 4,
                error: Some("answered 503 Service Unavailable".to_owned()),
            },
        ],
    };
    let mut failed = action("alert", "critical", 32, "");
    failed.result = "failed";
    failed.error = Some("slack https://hooks.example.com/\u{2026}: answered 503 Service Unavailable".to_owned());
    let outcome = Outcome {
        r#type: "ExecutionResult",
        edition: Edition::Two,
        started: "2026-11-25T12:30:00Z".to_owned(),
        completed: "2026-11-25T12:30:00Z".to_owned(),
        methodology: "6D Foraging",
        actions: vec![
            action("query", "ai_coding_delivery_pipeline", 5, "1 of 44 entities matched, 2 cannot be said"),
            action("analyze", "velocity_maturity_mismatch", 15, "1 of 1 entities matched"),
            action("drift", "guardrail_gap", 23, "the gap is 50: extreme"),
            action("fetch", "guardrail_gap", 27, "2603.48 is at least 1000: EXECUTE"),
            failed,
            action("watch", "review_collapse", 32, "watched from now on"),
        ],
        outputs,
        alerts: vec![alert],
        surfaced: vec![],
        watchers: vec![Watcher {
            id: "review_collapse".to_owned(),
            r#type: "watch",
            target: "review_collapse".to_owned(),
            condition: "reviewed_pct < 35".to_owned(),
            duration: Some("2 quarters".to_owned()),
            status: "holding".to_owned(),
            since: Some("2026-07-01".to_owned()),
        }],
        scheduled_tasks: vec![Task {
            id: "wake-1".to_owned(),
            r#type: "wake",
            due: "2026-12-02T12:30:00Z".to_owned(),
            action: Some("FETCH guardrail_gap THRESHOLD 1000".to_owned()),
            status: "pending".to_owned(),
        }],
        success: true,
        error: None,
        executes: true,
        notes: vec!["2 entities have no `orders_lost`: whether they match cannot be said".to_owned()],
    };
    Sample {
        outcome,
        script: SCRIPT.to_owned(),
        script_name: Some("gap.cal".to_owned()),
        sources: vec!["incidents/guardrail-gap/data/ai_coding_delivery_pipeline.json".to_owned()],
    }
}

fn recall() -> RecallResult {
    let watch = |name: &str, status: &str, fired: Option<&str>, evidence: Option<&str>| RecallWatchResult {
        trigger_id: name.to_owned(),
        status: status.to_owned(),
        source: if fired.is_some() { "computed" } else { "stated" },
        holds: crate::value::Truth::Unknown,
        fired_date: fired.map(str::to_owned),
        evidence: evidence.map(str::to_owned),
    };
    RecallResult {
        target: "guardrail_gap".to_owned(),
        date: "2026-07-01".to_owned(),
        watches: vec![
            watch("review_collapse", "fired", Some("2026-06-30"), Some("12% reviewed")),
            watch("orders_recover", "not_fired", None, None),
        ],
        triggers_fired: 1,
        triggers_total: 2,
        confidence_stated: Some(decimal(0.55)),
        confidence_actual: Some(decimal(0.5)),
        calibration: Some("aligned".to_owned()),
        expected_calibration: Some("aligned"),
        calibration_delta: Some(decimal(0.05)),
        drift_after: None,
        validated: true,
        mismatches: vec![],
        interpretation: "1 of 2 triggers fired; the confidence was aligned".to_owned(),
    }
}

/// A run that did nothing.
pub(super) fn empty() -> Sample {
    let mut sample = founding();
    sample.outcome.outputs.clear();
    sample.outcome.actions.clear();
    sample.outcome.alerts.clear();
    sample.outcome.watchers.clear();
    sample.outcome.scheduled_tasks.clear();
    sample.outcome.notes.clear();
    sample.script.clear();
    sample.script_name = None;
    sample.sources.clear();
    sample
}
