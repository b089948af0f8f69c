//! Running an action plan of the first edition, as the reference does: its results, its failures, its faults.

use indexmap::IndexMap;

use crate::{
    ast::{Duration, Fetch, Recall, Statement, StatementKind, Unit},
    compat::{
        Json, Parsed,
        filter::matches,
        formulas::{self, Analysis, Refused, length},
        js,
        prototype::{Property, not_iterable},
        results::Results,
        tree::{conditions, dimension_ids, duration, filled, recall_watches, signals, target},
    },
    score::round_half_up,
};

/// The entities that a script of the first edition reads.
pub trait Collections {
    /// The entities of a collection; `None` where there is no such collection, which the reference takes for empty.
    ///
    /// # Errors
    ///
    /// The sentence of a failure; the execution ends with it.
    fn entities(&self, name: &str) -> Result<Option<Vec<Json>>, String>;

    /// The same, for files in which something else can stand in the place of the list.
    ///
    /// # Errors
    ///
    /// As [`Self::entities`].
    fn collection(&self, name: &str) -> Result<Option<Json>, String> {
        Ok(self.entities(name)?.map(Json::from))
    }
}

/// An alert as the executor sends it: `type`, `level`, `message`, `data`.
pub type Send<'a> = dyn FnMut(&Json) -> Result<Delivered, String> + 'a;

/// What a sender says of an alert that it took.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Where it went, in a word.
    pub channel: Option<String>,
}

/// What an execution reads and whom it tells.
pub struct Surroundings<'a> {
    /// The entities.
    pub collections: &'a dyn Collections,
    /// Takes the alerts.
    pub send: &'a mut Send<'a>,
    /// The moment, as `2026-04-15T12:34:56.789Z`.
    pub timestamp: &'a str,
    /// The same moment in milliseconds, for the names of watchers and tasks.
    pub stamp: &'a str,
}

/// Runs a script and gives the reference's `ExecutionResult`. A failed execution is one too: its `success` is false.
#[must_use]
pub fn execute(parsed: &Parsed<'_>, surroundings: Surroundings<'_>) -> Json {
    let timestamp = surroundings.timestamp;
    let mut executor =
        Executor { parsed, surroundings, results: Results::default(), watchers: Vec::new(), tasks: Vec::new() };
    let mut actions = Vec::new();
    let mut success = true;
    let mut error = None;
    for statement in &parsed.script.statements {
        match executor.act(statement) {
            Ok(data) => {
                let done = data.get("success") == Some(&Json::Bool(true));
                success &= done;
                let mut members = IndexMap::new();
                let (action, target) = named(statement);
                members.insert("action".to_owned(), action.into());
                if let Some(target) = target {
                    members.insert("target".to_owned(), target);
                }
                members.insert("result".to_owned(), if done { "success" } else { "failed" }.into());
                members.insert("data".to_owned(), data);
                actions.push(Json::Object(members));
            }
            Err(Refused(why)) => {
                success = false;
                error = Some(why);
                break;
            }
        }
    }
    let mut members: IndexMap<String, Json> = IndexMap::new();
    let mut add = |name: &str, value: Json| members.insert(name.to_owned(), value);
    add("type", "ExecutionResult".into());
    add("started", timestamp.into());
    add("completed", timestamp.into());
    add("methodology", "6D Foraging".into());
    add("actions", actions.into());
    add("outputs", executor.results.into_outputs());
    add("alerts", Json::Array(Vec::new()));
    add("watchers", executor.watchers.into());
    add("scheduledTasks", executor.tasks.into());
    add("success", success.into());
    if let Some(error) = error {
        add("error", error.into());
    }
    Json::Object(members)
}

/// The name of the action of a statement, and its target where it has one.
fn named(statement: &Statement<'_>) -> (&'static str, Option<Json>) {
    match &statement.kind {
        StatementKind::Forage(forage) => ("query", Some(forage.target.value.into())),
        StatementKind::Dive(dive) => ("analyze", Some(dive.target.value.into())),
        StatementKind::Drift(drift) => ("drift", Some(drift.target.value.into())),
        StatementKind::Fetch(fetch) => ("fetch", Some(fetch.target.value.into())),
        StatementKind::Perch(perch) => ("observe", Some(target(&perch.target))),
        StatementKind::Listen(_) => ("monitor", None),
        StatementKind::Wake(_) => ("schedule", None),
        StatementKind::Chirp(_) => ("alert", None),
        StatementKind::Trace(trace) => ("traceCascade", Some(trace.target.value.into())),
        StatementKind::Watch(watch) => ("watch", Some(watch.target.value.into())),
        StatementKind::Recall(recall) => ("recall", Some(recall.target.value.into())),
        StatementKind::Surface(_) => ("output", None),
    }
}

struct Executor<'p, 's, 'a> {
    parsed: &'p Parsed<'s>,
    surroundings: Surroundings<'a>,
    results: Results,
    watchers: Vec<Json>,
    tasks: Vec<Json>,
}

fn failed(why: String) -> Json {
    Json::object([("success", false.into()), ("error", why.into())])
}

/// `{ success: true, ...result }`.
fn succeeded(result: &Json) -> Json {
    let mut members = IndexMap::from([("success".to_owned(), Json::Bool(true))]);
    if let Json::Object(result) = result {
        members.extend(result.iter().map(|(name, value)| (name.clone(), value.clone())));
    }
    Json::Object(members)
}

fn is_period(unit: Unit) -> bool {
    matches!(unit, Unit::Quarters | Unit::Years)
}

impl Executor<'_, '_, '_> {
    fn act(&mut self, statement: &Statement<'_>) -> Result<Json, Refused> {
        match &statement.kind {
            StatementKind::Forage(forage) => {
                let entities = self.query(forage.target.value, forage.filter.is_some())?;
                let mut wanted = Vec::new();
                for entity in &entities {
                    if forage.filter.as_ref().map_or(Ok(true), |filter| matches(filter, entity))? {
                        wanted.push(entity);
                    }
                }
                let dimensions = forage.across.as_ref().map(dimension_ids).unwrap_or_default();
                let depth = forage.depth.map(|depth| depth.value).filter(|depth| *depth != 0.0).unwrap_or(1.0);
                let analyzed = self.analyze(&wanted, &dimensions, depth)?;
                Ok(self.foraged(forage.target.value, forage.surface.map_or("results", |name| name.value), analyzed))
            }
            StatementKind::Dive(dive) => {
                let entities = self.query(dive.target.value, dive.filter.is_some())?;
                // The reference hands its conditions over as one filter without a field: the first entity is too many.
                if dive.filter.is_some() && !entities.is_empty() {
                    return Err(Refused("Cannot read properties of undefined (reading 'split')".to_owned()));
                }
                let all: Vec<&Json> = entities.iter().collect();
                let analyses = self.analyze(&all, &["D1", "D2", "D3", "D4", "D5", "D6"], 3.0)?;
                Ok(self.dived(dive.target.value, dive.emit.map_or("report", |name| name.value), analyses))
            }
            StatementKind::Drift(drift) => {
                let figure = |figure: Option<crate::ast::Number>| figure.map(|figure| figure.value);
                let gap = drift.gap.map_or("auto", |gap| gap.value);
                let result = formulas::drift(figure(drift.methodology), figure(drift.performance), gap);
                let data = succeeded(&result);
                self.results.set(&format!("{}_drift", drift.target.value), result);
                Ok(data)
            }
            StatementKind::Fetch(fetch) => self.fetch(fetch),
            StatementKind::Perch(perch) => {
                let place = target(&perch.target);
                let id = format!("watcher_{}", self.surroundings.stamp);
                let message = format!("Observing {}", place.to_text());
                self.watchers.push(Json::object([
                    ("id", id.as_str().into()),
                    ("type", "observe".into()),
                    ("target", place),
                    ("signals", perch.listen.as_ref().map_or_else(|| Json::Array(Vec::new()), |names| signals(names))),
                    ("timeout", perch.wake.map(duration).into()),
                    ("onSignal", perch.chirp.as_ref().map(|chirp| chirp.level.value).into()),
                    ("created", self.surroundings.timestamp.into()),
                    ("status", "active".into()),
                ]));
                Ok(Json::object([("success", true.into()), ("watcherId", id.into()), ("message", message.into())]))
            }
            StatementKind::Listen(listen) => {
                let id = format!("monitor_{}", self.surroundings.stamp);
                self.watchers.push(Json::object([
                    ("id", id.as_str().into()),
                    ("type", "monitor".into()),
                    ("signals", signals(&listen.signals)),
                    ("created", self.surroundings.timestamp.into()),
                    ("status", "active".into()),
                ]));
                let message = "Monitoring signals";
                Ok(Json::object([("success", true.into()), ("monitorId", id.into()), ("message", message.into())]))
            }
            StatementKind::Wake(wake) => {
                let id = format!("task_{}", self.surroundings.stamp);
                let then: Json = wake.then.as_deref().map(|then| self.parsed.statement(then)).into();
                self.task(&id, "scheduled", wake.after, then);
                let message = "Scheduled task";
                Ok(Json::object([("success", true.into()), ("taskId", id.into()), ("message", message.into())]))
            }
            StatementKind::Chirp(chirp) => {
                self.alert(chirp.level.value, chirp.message.as_ref().map_or("", |message| message.value.as_ref()))
            }
            StatementKind::Trace(trace) => Ok(self.trace(trace.target.value, trace.from.map(|from| from.value))),
            StatementKind::Watch(watch) => {
                let condition = conditions(&watch.condition);
                Ok(self.watch(watch.target.value, condition, watch.hold))
            }
            StatementKind::Recall(recall) => Ok(self.recall(recall)),
            StatementKind::Surface(surface) => Ok(Json::object([
                ("success", true.into()),
                ("format", surface.format.map_or("json", |format| format.value).into()),
                ("dataKey", surface.output.value.into()),
                ("scheduledDate", filled(surface.on.as_ref())),
            ])),
        }
    }

    /// The reference filters a list, and spreads what is not filtered: of a text that gives its characters.
    fn query(&self, name: &str, filtered: bool) -> Result<Vec<Json>, Refused> {
        match self.surroundings.collections.collection(name).map_err(Refused)? {
            None => Ok(Vec::new()),
            Some(Json::Array(entities)) => Ok(entities),
            Some(_) if filtered => Err(Refused("collection.filter is not a function".to_owned())),
            Some(Json::String(text)) => Ok(text.chars().map(|character| character.to_string().into()).collect()),
            Some(_) => Err(not_iterable("collection")),
        }
    }

    fn analyze(&self, entities: &[&Json], dimensions: &[&'static str], depth: f64) -> Result<Vec<Json>, Refused> {
        let analysis = |entity: &&Json| {
            if **entity == Json::Null {
                return Err(Refused("Cannot read properties of null (reading 'baseCost')".to_owned()));
            }
            let origin = entity.get("metadata").and_then(|metadata| metadata.get("origin"));
            formulas::analyze(
                entity,
                &Analysis {
                    dimensions: dimensions.to_vec(),
                    depth,
                    base_cost: entity.get("baseCost").cloned().unwrap_or(Json::Number(0.0)),
                    origin: origin.filter(|origin| js::truthy(origin)),
                    timestamp: self.surroundings.timestamp,
                },
            )
        };
        entities.iter().map(analysis).collect()
    }

    fn foraged(&mut self, target: &str, output: &str, analyzed: Vec<Json>) -> Json {
        let count = length(analyzed.len());
        let average = analyzed.iter().map(|analysis| figure(analysis, "averageScore")).fold(0.0, |sum, one| sum + one);
        let average = if analyzed.is_empty() { 0.0 } else { round_half_up(average / count * 10.0) / 10.0 };
        let affected = analyzed.iter().map(|analysis| figure(analysis, "dimensionsAffected"));
        let summary = Json::object([
            ("count", count.into()),
            ("totalDimensionsAffected", affected.fold(0.0, |sum, one| sum + one).into()),
            ("averageScore", average.into()),
            ("totalImpact", impact(&analyzed)),
        ]);
        let result = Json::object([
            ("target", target.into()),
            ("count", count.into()),
            ("entities", analyzed.into()),
            ("summary", summary),
        ]);
        self.results.set(output, result);
        Json::object([("success", true.into()), ("count", count.into()), ("outputKey", output.into())])
    }

    fn dived(&mut self, target: &str, output: &str, analyses: Vec<Json>) -> Json {
        let count = length(analyses.len());
        let affected = analyses.iter().map(|analysis| figure(analysis, "dimensionsAffected"));
        let total = Json::object([
            ("dimensions", affected.fold(0.0, |sum, one| sum + one).into()),
            ("pathways", length(analyses.iter().map(|analysis| cascades(analysis).len()).sum()).into()),
            ("estimatedImpact", impact(&analyses)),
        ]);
        let result = Json::object([
            ("target", target.into()),
            ("count", count.into()),
            ("analyses", analyses.into()),
            ("cascadeTotal", total),
        ]);
        self.results.set(output, result);
        Json::object([("success", true.into()), ("count", count.into()), ("outputKey", output.into())])
    }

    fn fetch(&mut self, fetch: &Fetch<'_>) -> Result<Json, Refused> {
        let name = fetch.target.value;
        let data = self.results.get(name);
        if !data.is_truthy() {
            return Ok(failed(format!("Target '{name}' not found in results")));
        }
        let entities = match data.get("entities") {
            Property::Own(Json::Array(entities)) if !entities.is_empty() => entities,
            _ => {
                return Err(Refused::contract(&format!(
                    "FETCH target '{name}' has no entities with chirp values. Cannot compute FETCH without D1-D6 \
                     dimension scores."
                )));
            }
        };
        let chirps: Vec<f64> =
            entities.iter().map(|entity| figure(entity, "chirp")).filter(|chirp| *chirp > 0.0).collect();
        if chirps.is_empty() {
            return Err(Refused::contract(&format!(
                "No chirp values found in FETCH target '{name}'. Entities must have D1-D6 dimension scores (0-100 \
                 scale)."
            )));
        }
        let chirp = chirps.iter().fold(0.0, |sum, chirp| sum + chirp) / length(chirps.len());
        let drift = self.results.get(&format!("{name}_drift"));
        if !drift.is_truthy() {
            return Err(Refused::contract(&format!("No DRIFT result for '{name}'. DRIFT must run before FETCH.")));
        }
        // Another result can have the name of a drift.
        let drift = match drift.get("absDrift") {
            Property::Own(drift) => drift.as_number(),
            _ => None,
        };
        let Some(confidence) = fetch.confidence else {
            return Err(Refused::contract(
                "FETCH requires explicit confidence. Add CONFIDENCE clause to FETCH statement or pass via workflow.",
            ));
        };
        // The actions after ON are statements, not actions: the reference does not know them, and does nothing.
        let threshold = fetch.threshold.map_or(1000.0, |threshold| threshold.value);
        let result = formulas::fetch(chirp, drift, confidence.value.value, threshold);
        let data = succeeded(&result);
        self.results.set(&format!("{name}_fetch"), result);
        Ok(data)
    }

    fn task(&mut self, id: &str, kind: &str, delay: Duration, action: Json) {
        self.tasks.push(Json::object([
            ("id", id.into()),
            ("type", kind.into()),
            ("delay", duration(delay)),
            ("action", action),
            ("created", self.surroundings.timestamp.into()),
            ("status", "pending".into()),
        ]));
    }

    fn alert(&mut self, kind: &str, message: &str) -> Result<Json, Refused> {
        let level = match kind {
            "critical" | "error" => "critical",
            "warning" | "warn" => "warning",
            _ => "info",
        };
        let message = if message.is_empty() { format!("CAL Alert: {kind}") } else { message.to_owned() };
        let results: Vec<Json> = self.results.names().map(Json::from).collect();
        let alert = Json::object([
            ("type", kind.into()),
            ("level", level.into()),
            ("message", message.into()),
            ("data", Json::object([("context", Json::Object(IndexMap::new())), ("results", results.into())])),
        ]);
        let delivered = (self.surroundings.send)(&alert).map_err(Refused)?;
        let mut members =
            IndexMap::from([("success".to_owned(), Json::Bool(true)), ("alertType".to_owned(), kind.into())]);
        members.extend(delivered.channel.map(|channel| ("channel".to_owned(), channel.into())));
        Ok(Json::Object(members))
    }

    fn trace(&mut self, target: &str, from: Option<&str>) -> Json {
        let key = from.or_else(|| self.results.names().next()).unwrap_or("undefined").to_owned();
        let data = self.results.get(&key);
        if !data.is_truthy() {
            return failed(format!("No source data found for key: {key}"));
        }
        let entities = match (data.clone().get("entities"), data.get("analyses")) {
            (Property::Own(Json::Array(entities)), _) | (_, Property::Own(Json::Array(entities))) => {
                entities.as_slice()
            }
            _ => &[],
        };
        let pathways: Vec<Json> = entities.iter().flat_map(|entity| cascades(entity).to_vec()).collect();
        let (count, total) = (length(pathways.len()), impact(entities));
        let map = Json::object([
            ("target", target.into()),
            ("from", key.into()),
            ("pathways", pathways.into()),
            ("totalImpact", total.clone()),
        ]);
        self.results.set(target, map);
        Json::object([("success", true.into()), ("pathways", count.into()), ("totalImpact", total)])
    }

    fn watch(&mut self, target: &str, condition: Json, hold: Option<Duration>) -> Json {
        let id = format!("watch_{target}_{}", self.surroundings.stamp);
        let mut members: IndexMap<String, Json> = IndexMap::new();
        let mut add = |name: &str, value: Json| members.insert(name.to_owned(), value);
        add("id", id.as_str().into());
        add("type", "monitor".into());
        add("target", target.into());
        add("condition", condition);
        add("created", self.surroundings.timestamp.into());
        add("status", "active".into());
        if let Some(hold) = hold {
            add("timeout", duration(hold));
            add("periodsMatched", 0.0.into());
        }
        self.watchers.push(Json::Object(members));
        let mut message = format!("Watching {target}");
        if let Some(hold) = hold {
            if is_period(hold.unit) {
                let action = Json::object([("watcherId", id.as_str().into())]);
                self.task(&format!("watcher_timeout_{id}"), "watcher_timeout", hold, action);
            }
            let (value, unit) = (js::number_text(hold.value), hold.unit.word());
            message = format!("{message} \u{2014} fires after condition holds for {value} {unit}");
        }
        Json::object([
            ("success", true.into()),
            ("watcherId", id.into()),
            ("target", target.into()),
            ("status", "active".into()),
            ("duration", hold.map(duration).into()),
            ("message", message.into()),
        ])
    }

    fn recall(&mut self, recall: &Recall<'_>) -> Json {
        let figure = |figure: Option<crate::ast::Number>| figure.map_or(f64::NAN, |figure| figure.value);
        let (stated, actual) = (figure(recall.stated), figure(recall.actual));
        let fired = figure(recall.triggers.map(|(fired, _)| fired));
        let total = figure(recall.triggers.map(|(_, total)| total));
        let delta = round_half_up((stated - actual).abs() * 100.0) / 100.0;
        let expected = if delta <= 0.10 {
            "aligned"
        } else if stated > actual {
            "over"
        } else {
            "under"
        };
        let calibration = recall.calibration.map_or("", |calibration| calibration.value);
        let (said, was, by) = (js::number_text(stated), js::number_text(actual), js::number_text(delta));
        let judged = match calibration {
            "aligned" => format!("Calibration aligned: stated {said} vs actual {was} (delta {by})."),
            "over" => format!("Over-confident: stated {said} exceeded actual {was} by {by}."),
            _ => format!("Under-confident: stated {said} was below actual {was} by {by}."),
        };
        let triggers = format!("{}/{} triggers fired.", js::number_text(fired), js::number_text(total));
        let drift_after = recall.drift_after.map(|drift| drift.value).filter(|drift| *drift != 0.0);
        let result = Json::object([
            ("target", recall.target.value.into()),
            ("date", recall.date.value.as_ref().into()),
            ("watches", recall_watches(recall)),
            ("triggersFired", fired.into()),
            ("triggersTotal", total.into()),
            ("confidenceStated", stated.into()),
            ("confidenceActual", actual.into()),
            ("calibration", calibration.into()),
            ("calibrationDelta", delta.into()),
            ("driftAfter", drift_after.into()),
            ("validated", (calibration == expected).into()),
            ("interpretation", format!("{judged} {triggers}").into()),
        ]);
        let data = succeeded(&result);
        self.results.set(&format!("{}_recall", recall.target.value), result.clone());
        if let Some((output, format)) = recall.surface {
            let surfaced = Json::object([
                ("format", format.value.into()),
                ("data", result),
                ("generated", self.surroundings.timestamp.into()),
            ]);
            self.results.set(output.value, surfaced);
        }
        data
    }
}

fn figure(analysis: &Json, name: &str) -> f64 {
    analysis.get("summary").and_then(|summary| summary.get(name)).and_then(Json::as_number).unwrap_or(0.0)
}

fn cascades(analysis: &Json) -> &[Json] {
    match analysis.get("cascades") {
        Some(Json::Array(cascades)) => cascades,
        _ => &[],
    }
}

/// What all of them cost together. What is not a number counts as nothing.
fn impact(analyses: &[Json]) -> Json {
    let sum = |end: &str| {
        let ends = analyses.iter().filter_map(|analysis| {
            let impact = analysis.get("summary")?.get("estimatedImpact")?;
            impact.get(end)?.as_number().filter(|end| !end.is_nan())
        });
        ends.fold(0.0, |sum, one| sum + one)
    };
    Json::object([("min", sum("min").into()), ("max", sum("max").into())])
}

/// Entities in memory.
impl Collections for IndexMap<String, Vec<Json>> {
    fn entities(&self, name: &str) -> Result<Option<Vec<Json>>, String> {
        Ok(self.get(name).cloned())
    }
}
