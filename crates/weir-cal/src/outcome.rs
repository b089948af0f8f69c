//! What a run gives. The names in JSON are those of the reference's `ExecutionResult`; what the reference does not
//! have is added, never renamed.
//!
//! Numbers are rounded once, where they are made, so that they print exactly.

use indexmap::IndexMap;
use serde::Serialize;

use crate::{
    ast::{Band, Dimension},
    edition::Edition,
    number::Decimal,
    value::Truth,
};

/// The result of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// Always `ExecutionResult`.
    pub r#type: &'static str,
    /// The edition that ran.
    pub edition: Edition,
    /// When it started; RFC 3339, from the clock of the environment.
    pub started: String,
    /// When it ended.
    pub completed: String,
    /// Always `6D Foraging`.
    pub methodology: &'static str,
    /// One for each statement that ran, those of `ON` clauses included, in order.
    pub actions: Vec<Action>,
    /// The results by name.
    pub outputs: IndexMap<String, Output>,
    /// What was sent, or should have been.
    pub alerts: Vec<Alert>,
    /// What was published.
    pub surfaced: Vec<Surfaced>,
    /// Conditions, places and signals that are watched from now on.
    pub watchers: Vec<Watcher>,
    /// What is to happen later.
    pub scheduled_tasks: Vec<Task>,
    /// Every statement did what it says.
    pub success: bool,
    /// Why not: the first failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What a reader should know, such as entities with missing evidence.
    pub notes: Vec<String>,
    /// A FETCH called for EXECUTE, though another may have taken the place of its result.
    #[serde(skip)]
    pub executes: bool,
}

/// What one statement did.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Action {
    /// `query`, `analyze`, `drift`, `fetch`, `observe`, `monitor`, `schedule`, `alert`, `traceCascade`, `watch`,
    /// `recall` or `output`.
    pub action: &'static str,
    /// What it was about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// `success` or `failed`.
    pub result: &'static str,
    /// The line of the statement, from 1.
    pub line: u32,
    /// One sentence for people.
    pub summary: String,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A named result.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "each variant is documented at its struct")]
pub enum Output {
    Foraged(Box<Foraged>),
    Drift(Box<DriftResult>),
    Fetch(Box<FetchResult>),
    Trace(Box<TraceResult>),
    Recall(Box<RecallResult>),
}

/// The result of FORAGE and of DIVE.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Foraged {
    /// The collection.
    pub target: String,
    /// Entities that matched.
    pub count: u64,
    /// Entities that did not.
    pub not_matched: u64,
    /// Entities for which the condition cannot be said, because evidence is missing.
    pub unknown: u64,
    /// The fields whose absence made it so, and for how many entities.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub missing: IndexMap<String, u64>,
    /// The dimensions that were scored, in the order of ACROSS.
    pub across: Vec<Dimension>,
    /// How many steps the cascade was followed.
    pub depth: u32,
    /// The first [`crate::limits::KEPT_ENTITIES`], in the order of the source.
    pub entities: Vec<Entity>,
    /// How many more matched.
    #[serde(skip_serializing_if = "is_zero")]
    pub entities_omitted: u64,
    /// Over all entities that matched.
    pub summary: ForagedSummary,
    /// The cascade that the script declares, against the evidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cascade: Option<CascadeCheck>,
}

fn is_zero(value: &u64) -> bool {
    *value == 0
}

/// Figures over all matched entities.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ForagedSummary {
    /// Entities that matched.
    pub count: u64,
    /// Affected dimensions, summed over the entities.
    pub total_dimensions_affected: u64,
    /// The mean of the entities' mean scores, to 0.1; absent where no entity has one.
    pub average_score: Option<Decimal>,
    /// The highest chirp of an entity.
    pub max_chirp: Option<Decimal>,
    /// The mean of the entities' chirps, to 0.01.
    pub mean_chirp: Option<Decimal>,
    /// The estimated cost, summed for each currency.
    pub total_impact: IndexMap<String, Range>,
}

/// From .. to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Range {
    pub min: Decimal,
    pub max: Decimal,
}

/// The 6D analysis of one entity.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entity {
    /// `id`, else `name`, else `Unknown`.
    pub entity: String,
    /// `name`, where it says more than `entity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// By dimension, in the order of ACROSS.
    pub dimensions: IndexMap<Dimension, DimensionScore>,
    /// Over the dimensions.
    pub summary: EntitySummary,
    /// How the harm spreads from the origin; empty where nothing is affected.
    pub cascades: Vec<CascadeTree>,
}

/// One dimension of an entity.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DimensionScore {
    /// `D1` to `D6`.
    pub id: Dimension,
    /// Such as `Quality`.
    pub name: &'static str,
    /// 0 to 100; `null` where the evidence is missing.
    pub score: Option<Decimal>,
    /// The score is above 20; `null` where it is unknown.
    pub affected: Option<bool>,
    /// How likely it spreads; absent where the score is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cascade: Option<CascadeLevel>,
    /// Steps from the origin in the cascade; 0 is the origin; absent where the cascade does not reach it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<u32>,
    /// The fields that made the score, and their values.
    pub evidence: Evidence,
}

/// What made a score.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// `stated` (a number for the dimension), `lens` (sound, space and time), or `missing`.
    pub kind: &'static str,
    /// The fields that were read, with their values.
    pub inputs: IndexMap<String, Decimal>,
    /// The fields that would be needed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

/// How likely harm in a dimension spreads.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CascadeLevel {
    /// `critical`, `high`, `medium`, `low` or `minimal`.
    pub level: &'static str,
    /// 0.1 to 0.9.
    pub probability: Decimal,
    /// In words.
    pub label: &'static str,
}

/// Over the dimensions of one entity.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EntitySummary {
    /// How many dimensions are affected.
    pub dimensions_affected: u32,
    /// How many have no evidence.
    pub dimensions_unknown: u32,
    /// The sum of the affected scores, to 0.1.
    pub total_score: Decimal,
    /// Their mean, to 0.1; absent where nothing is affected.
    pub average_score: Option<Decimal>,
    /// The mean of the known scores, to 0.01: what FETCH uses.
    pub chirp: Option<Decimal>,
    /// How many steps the cascade was followed.
    pub cascade_depth: u32,
    /// What one unit of harm costs.
    pub base_cost: Option<Decimal>,
    /// What it costs with its cascades; absent without a base cost.
    pub estimated_impact: Option<Impact>,
    /// By how much the cascades multiply.
    pub multiplier: Multiplier,
    /// How sure the evidence is, 0 to 1, where the entity says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Decimal>,
}

/// An estimated cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Impact {
    pub min: Decimal,
    pub max: Decimal,
    pub currency: String,
}

/// By how much cascades multiply a cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Multiplier {
    pub min: Decimal,
    pub max: Decimal,
    pub label: &'static str,
}

/// The cascade of an entity from its origin.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CascadeTree {
    /// Where it starts.
    pub origin: CascadeOrigin,
    /// One for each step that reaches something.
    pub levels: Vec<CascadeStep>,
}

/// Where a cascade starts.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct CascadeOrigin {
    pub dimension: Dimension,
    pub name: &'static str,
    pub score: Decimal,
    pub level: u32,
}

/// One step of a cascade.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct CascadeStep {
    pub level: u32,
    pub cascades: Vec<CascadeEdge>,
}

/// One arrow of a cascade.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct CascadeEdge {
    pub from: Dimension,
    pub to: Dimension,
    pub name: &'static str,
    pub score: Option<Decimal>,
    pub probability: Decimal,
    pub level: u32,
}

/// A declared cascade against the evidence.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CascadeCheck {
    /// As declared, `D5 -> D6+D2 -> D1+D3 -> D4`.
    pub declared: String,
    /// True where every dimension is affected and no level is contradicted; unknown where evidence is missing.
    pub holds: Truth,
    /// One for each declared dimension.
    pub dimensions: Vec<CascadeCheckEntry>,
}

/// One dimension of a declared cascade.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CascadeCheckEntry {
    /// Which.
    pub dimension: Dimension,
    /// Steps from the origin, as declared.
    pub declared_level: u32,
    /// Steps from the origin, as the entity's `levels` say; absent where they do not.
    pub observed_level: Option<u32>,
    /// The score, where it is known.
    pub score: Option<Decimal>,
    /// Whether the evidence bears the declaration out.
    pub holds: Truth,
    /// Why, in one sentence.
    pub reason: String,
}

/// The result of DRIFT, named `<target>_drift`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DriftResult {
    /// The result that it belongs to.
    pub target: String,
    /// Methodology less performance.
    pub drift: Decimal,
    /// Its size.
    pub abs_drift: Decimal,
    /// What is said, 0 to 100.
    pub methodology: Decimal,
    /// What is done, 0 to 100.
    pub performance: Decimal,
    /// `teaching` or `curiosity`.
    pub gap_type: String,
    /// `optimal`, `extreme`, `minimal` or `moderate`.
    pub drift_quality: &'static str,
    /// In words.
    pub interpretation: &'static str,
    /// `stated`: both figures stand in the script.
    pub source: &'static str,
}

/// The result of FETCH, named `<target>_fetch`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FetchResult {
    /// The result that was decided on.
    pub target: String,
    /// chirp x |drift| x confidence, to 0.000001.
    pub fetch_score: Decimal,
    /// From which score on to execute.
    pub threshold: Decimal,
    /// The band.
    pub level: Band,
    /// At least twice the threshold.
    pub high_priority: bool,
    /// A person should look first: EXECUTE with a confidence of at most 0.6, or CONFIRM only because the confidence is
    /// below `CONFIDENCE MIN`.
    pub review: bool,
    /// What was multiplied.
    pub components: FetchComponents,
    /// Where the confidence comes from: `clause`, `row` or `derived`; `none` where nothing matched and none is stated.
    pub confidence_source: &'static str,
    /// `max` or `mean`.
    pub aggregate: &'static str,
    /// The scores from which on each band starts.
    pub bands: IndexMap<Band, Decimal>,
    /// In words.
    pub recommendation: String,
    /// The highest entities, at most ten, highest first.
    pub entities: Vec<FetchEntity>,
    /// Entities that could not be decided on, because a figure is missing.
    pub unknown: u64,
}

/// What FETCH multiplies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct FetchComponents {
    pub chirp: Decimal,
    pub drift: Decimal,
    pub confidence: Decimal,
}

/// The decision on one entity.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names say it")]
pub struct FetchEntity {
    pub entity: String,
    pub fetch_score: Decimal,
    pub level: Band,
    pub components: FetchComponents,
}

/// The result of TRACE.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TraceResult {
    /// Its name.
    pub target: String,
    /// The result that was followed.
    pub from: String,
    /// The cascades of its entities.
    pub pathways: Vec<CascadeTree>,
    /// The estimated cost, summed for each currency.
    pub total_impact: IndexMap<String, Range>,
    /// The declared cascade, against the evidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cascade: Option<CascadeCheck>,
}

/// The result of RECALL, named `<target>_recall`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecallResult {
    /// The case.
    pub target: String,
    /// The day of the review.
    pub date: String,
    /// What had been watched.
    pub watches: Vec<RecallWatchResult>,
    /// How many fired; computed where watches could be evaluated, else counted from the stated statuses.
    pub triggers_fired: u32,
    /// How many there were.
    pub triggers_total: u32,
    /// What the case said, 0 to 1.
    pub confidence_stated: Option<Decimal>,
    /// What became true, 0 to 1: fired (a partial one is a half) of total where the script does not say.
    pub confidence_actual: Option<Decimal>,
    /// As declared, else as computed.
    pub calibration: Option<String>,
    /// As computed: `aligned`, `over` or `under`.
    pub expected_calibration: Option<&'static str>,
    /// Stated less actual, to 0.01.
    pub calibration_delta: Option<Decimal>,
    /// The gap at the review.
    pub drift_after: Option<Decimal>,
    /// Nothing that the script asserts is contradicted.
    pub validated: bool,
    /// What is contradicted, each with both values.
    pub mismatches: Vec<String>,
    /// In words.
    pub interpretation: String,
}

/// One watch of a RECALL.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecallWatchResult {
    /// Its name.
    pub trigger_id: String,
    /// `fired`, `not_fired`, `partial` or `unknown`.
    pub status: String,
    /// `computed` from data, or `stated` by the script.
    pub source: &'static str,
    /// Whether the data bear out what the script states; unknown where they do not say, or it does not.
    pub holds: Truth,
    /// When it fired.
    pub fired_date: Option<String>,
    /// What shows it.
    pub evidence: Option<String>,
}

/// An alert.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Alert {
    /// As in the script.
    pub r#type: String,
    /// `critical`, `warning` or `info`.
    pub level: &'static str,
    /// What it says.
    pub message: String,
    /// When.
    pub timestamp: String,
    /// The FETCH that caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// What each sink did with it.
    pub deliveries: Vec<Delivery>,
}

impl Alert {
    /// An alert that nobody has heard yet, of the level that its type says.
    #[must_use]
    pub fn new(kind: &str, message: String, timestamp: String) -> Self {
        let level = level(kind);
        Self { r#type: kind.to_owned(), level, message, timestamp, cause: None, deliveries: Vec::new() }
    }
}

/// The level of a type of alert, in any case: `error` is critical, `warn` a warning, and what is not known information.
#[must_use]
pub fn level(kind: &str) -> &'static str {
    match kind.to_ascii_lowercase().as_str() {
        "critical" | "error" => "critical",
        "warning" | "warn" => "warning",
        _ => "info",
    }
}

/// What a sink did with an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// The sink, such as `console` or `webhook 127.0.0.1`. Never the whole address: it holds a secret.
    pub sink: String,
    /// It arrived.
    pub delivered: bool,
    /// How many times it was tried.
    pub attempts: u32,
    /// Why it did not arrive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Something that was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Surfaced {
    /// As in the script.
    pub name: String,
    /// The format.
    pub format: String,
    /// The result, or `analysis` for the whole.
    pub of: String,
    /// The file, where it went into one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// What is watched from now on.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Watcher {
    /// The same for the same statement of the same script.
    pub id: String,
    /// `watch`, `observe` or `monitor`.
    pub r#type: &'static str,
    /// The name, or the place.
    pub target: String,
    /// The condition or the signals, as written.
    pub condition: String,
    /// How long it must hold, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<String>,
    /// `active`, `holding` or `triggered`.
    pub status: String,
    /// Since when it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}

/// What is to happen later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    /// The same for the same statement of the same script.
    pub id: String,
    /// `wake`, `surface` or `timeout`.
    pub r#type: &'static str,
    /// When it is due; RFC 3339.
    pub due: String,
    /// What is done, as written.
    pub action: Option<String>,
    /// `pending`: a run plans, and does nothing of it.
    pub status: String,
}
