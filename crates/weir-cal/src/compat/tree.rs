//! The reference's tree and action plan of a script, as it prints them.

use std::collections::HashMap;

use indexmap::IndexMap;

use crate::{
    ast::{
        Across, Band, DimensionRef, Duration, Expr, Fetch, Literal, Name, Operand, Operator, Recall, Script, Statement,
        StatementKind, Target, Text,
    },
    compat::{Json, Parsed},
    span::Span,
};

type Members = IndexMap<String, Json>;

impl Parsed<'_> {
    /// The tree of the script, its members in the reference's order.
    #[must_use]
    pub fn ast(&self) -> Json {
        let statements: Vec<_> = self.script.statements.iter().map(|statement| self.statement(statement)).collect();
        Json::object([
            ("type", "Program".into()),
            ("language", "Cormorant Agentic Language".into()),
            ("version", "0.1.0".into()),
            ("statements", statements.into()),
        ])
    }

    /// A statement with clauses: those that are there, in the order of their first appearance.
    fn with_clauses(&self, span: Span, head: Members, mut clauses: Vec<(Span, &'static str, Json)>) -> Json {
        match self.orders.get(&span) {
            Some(order) => clauses.sort_by_key(|(_, name, _)| order.iter().position(|clause| clause == name)),
            None => clauses.sort_by_key(|(place, _, _)| place.start),
        }
        let mut members = head;
        members.extend(clauses.into_iter().map(|(_, name, value)| (name.to_owned(), value)));
        Json::Object(members)
    }

    pub(super) fn statement(&self, statement: &Statement<'_>) -> Json {
        let mut clauses = Vec::new();
        match &statement.kind {
            StatementKind::Forage(forage) => {
                if let Some(filter) = &forage.filter {
                    clauses.push((first_span(filter), "where", conditions(filter)));
                }
                if let Some(across) = &forage.across {
                    clauses.push((across_span(across), "across", dimensions(across)));
                }
                clauses.extend(forage.depth.map(|depth| (depth.span, "depth", depth.value.into())));
                clauses.extend(forage.surface.map(|name| (name.span, "surface", name.value.into())));
                self.with_clauses(statement.span, head("Forage", forage.target), clauses)
            }
            StatementKind::Dive(dive) => {
                if let Some(filter) = &dive.filter {
                    clauses.push((first_span(filter), "when", conditions(filter)));
                }
                clauses.extend(dive.trace.map(|name| (name.span, "trace", name.value.into())));
                clauses.extend(dive.emit.map(|name| (name.span, "emit", name.value.into())));
                self.with_clauses(statement.span, head("Dive", dive.target), clauses)
            }
            StatementKind::Drift(drift) => {
                clauses.extend(drift.methodology.map(|score| (score.span, "methodology", score.value.into())));
                clauses.extend(drift.performance.map(|score| (score.span, "performance", score.value.into())));
                clauses.extend(drift.gap.map(|gap| (gap.span, "gap", gap.value.into())));
                self.with_clauses(statement.span, head("Drift", drift.target), clauses)
            }
            StatementKind::Fetch(fetch) => {
                clauses.extend(fetch.threshold.map(|value| (value.span, "threshold", value.value.into())));
                let confidence = fetch.confidence.map(|confidence| confidence.value);
                clauses.extend(confidence.map(|value| (value.span, "confidence", value.value.into())));
                for action in &fetch.actions {
                    clauses.push((action.span, key(action.band), self.statement(&action.action)));
                }
                self.with_clauses(statement.span, head("Fetch", fetch.target), clauses)
            }
            StatementKind::Perch(perch) => {
                let head = [("type".to_owned(), "Perch".into()), ("target".to_owned(), target(&perch.target))];
                if let Some(listen) = &perch.listen {
                    let place = listen.first().map(|signal| signal.span).unwrap_or_default();
                    clauses.push((place, "listen", signals(listen)));
                }
                clauses.extend(perch.wake.map(|wake| (wake.span, "wake", duration(wake))));
                if let Some(chirp) = &perch.chirp {
                    clauses.push((chirp.level.span, "chirp", chirp.level.value.into()));
                }
                self.with_clauses(statement.span, head.into_iter().collect(), clauses)
            }
            StatementKind::Listen(listen) => {
                Json::object([("type", "Listen".into()), ("signals", signals(&listen.signals))])
            }
            StatementKind::Wake(wake) => Json::object([
                ("type", "Wake".into()),
                ("after", duration(wake.after)),
                ("action", wake.then.as_deref().map(|then| self.statement(then)).into()),
            ]),
            StatementKind::Chirp(chirp) => Json::object([
                ("type", "Chirp".into()),
                ("alert", chirp.level.value.into()),
                ("message", filled(chirp.message.as_ref())),
            ]),
            StatementKind::Trace(trace) => Json::object([
                ("type", "Trace".into()),
                ("target", trace.target.value.into()),
                ("from", trace.from.map(|from| from.value).into()),
            ]),
            StatementKind::Watch(watch) => Json::object([
                ("type", "Watch".into()),
                ("target", watch.target.value.into()),
                ("when", conditions(&watch.condition)),
                ("for", watch.hold.map(duration).into()),
            ]),
            StatementKind::Recall(recall) => recall_members(recall, "type", "Recall", false),
            StatementKind::Surface(surface) => Json::object([
                ("type", "Surface".into()),
                ("output", surface.output.value.into()),
                ("format", surface.format.map_or("json", |format| format.value).into()),
                ("scheduledDate", filled(surface.on.as_ref())),
            ]),
        }
    }

    /// The action plan. `generated` is the moment as the reference writes it.
    #[must_use]
    pub fn plan(&self, generated: &str) -> Json {
        let mut plan = Plan::default();
        for statement in &self.script.statements {
            let action = self.action(statement, &mut plan);
            plan.actions.push(action);
        }
        Json::object([
            ("type", "ActionPlan".into()),
            ("generated", generated.into()),
            ("methodology", "6D Foraging".into()),
            (
                "lens",
                Json::object([("sound", plan.sound.into()), ("space", plan.space.into()), ("time", plan.time.into())]),
            ),
            ("dimensions", plan.dimensions.into_iter().map(Json::from).collect::<Vec<_>>().into()),
            ("actions", plan.actions.into()),
        ])
    }

    fn action(&self, statement: &Statement<'_>, plan: &mut Plan) -> Json {
        match &statement.kind {
            StatementKind::Forage(forage) => {
                for dimension in forage.across.iter().flat_map(|across| &across.dimensions) {
                    let (id, _) = described(dimension.value);
                    if !plan.dimensions.contains(&id) {
                        plan.dimensions.push(id);
                    }
                }
                let filters = forage.filter.as_ref().map(|filter| compared(filter, ["field", "operator", "value"]));
                let depth = forage.depth.map(|depth| depth.value).filter(|depth| *depth != 0.0);
                Json::object([
                    ("action", "query".into()),
                    ("target", forage.target.value.into()),
                    ("filters", filters.unwrap_or_default().into()),
                    ("dimensions", forage.across.as_ref().map_or_else(|| Json::Array(Vec::new()), dimensions)),
                    ("cascadeDepth", depth.unwrap_or(1.0).into()),
                    ("output", forage.surface.map_or("results", |name| name.value).into()),
                ])
            }
            StatementKind::Dive(dive) => Json::object([
                ("action", "analyze".into()),
                ("target", dive.target.value.into()),
                ("condition", dive.filter.as_ref().map(conditions).into()),
                ("trace", dive.trace.map_or("cascade", |name| name.value).into()),
                ("output", dive.emit.map_or("report", |name| name.value).into()),
            ]),
            StatementKind::Drift(drift) => {
                let mut members = Members::new();
                members.insert("action".to_owned(), "drift".into());
                members.insert("target".to_owned(), drift.target.value.into());
                // What is absent is not printed.
                members.extend(drift.methodology.map(|score| ("methodology".to_owned(), score.value.into())));
                members.extend(drift.performance.map(|score| ("performance".to_owned(), score.value.into())));
                members.insert("gapType".to_owned(), drift.gap.map_or("auto", |gap| gap.value).into());
                Json::Object(members)
            }
            StatementKind::Fetch(fetch) => {
                let mut members = Members::new();
                members.insert("action".to_owned(), "fetch".into());
                members.insert("target".to_owned(), fetch.target.value.into());
                members.extend(fetch.threshold.map(|value| ("threshold".to_owned(), value.value.into())));
                let confidence = fetch.confidence.map(|confidence| confidence.value.value);
                members.insert("confidence".to_owned(), confidence.into());
                for band in [Band::Execute, Band::Confirm, Band::Queue, Band::Wait] {
                    members.insert(key(band).to_owned(), self.on(fetch, band));
                }
                Json::Object(members)
            }
            StatementKind::Perch(perch) => {
                let position = target(&perch.target);
                let observe = perch.listen.as_ref().map_or_else(|| Json::Array(Vec::new()), |names| signals(names));
                let wake: Json = perch.wake.map(duration).into();
                let alert: Json = perch.chirp.as_ref().map(|chirp| chirp.level.value).into();
                plan.space.push(Json::object([
                    ("position", position.clone()),
                    ("observe", observe.clone()),
                    ("duration", wake.clone()),
                    ("alert", alert.clone()),
                ]));
                Json::object([
                    ("action", "observe".into()),
                    ("target", position),
                    ("signals", observe),
                    ("timeout", wake),
                    ("onSignal", alert),
                ])
            }
            StatementKind::Listen(listen) => {
                let signals = signals(&listen.signals);
                plan.sound.push(Json::object([("signals", signals.clone())]));
                Json::object([("action", "monitor".into()), ("signals", signals)])
            }
            StatementKind::Wake(wake) => {
                let then: Json = wake.then.as_deref().map(|then| self.statement(then)).into();
                let after = duration(wake.after);
                plan.time.push(Json::object([("trigger", after.clone()), ("then", then.clone())]));
                Json::object([("action", "schedule".into()), ("delay", after), ("then", then)])
            }
            StatementKind::Chirp(chirp) => Json::object([
                ("action", "alert".into()),
                ("type", chirp.level.value.into()),
                ("message", chirp.message.as_ref().map_or("", |message| message.value.as_ref()).into()),
            ]),
            StatementKind::Trace(trace) => Json::object([
                ("action", "traceCascade".into()),
                ("target", trace.target.value.into()),
                ("from", trace.from.map(|from| from.value).into()),
            ]),
            StatementKind::Watch(watch) => {
                let mut members = Members::new();
                members.insert("action".to_owned(), "watch".into());
                members.insert("target".to_owned(), watch.target.value.into());
                members.insert("condition".to_owned(), conditions(&watch.condition));
                members.extend(watch.hold.map(|hold| ("duration".to_owned(), duration(hold))));
                Json::Object(members)
            }
            StatementKind::Recall(recall) => recall_members(recall, "action", "recall", true),
            StatementKind::Surface(surface) => Json::object([
                ("action", "output".into()),
                ("data", surface.output.value.into()),
                ("format", surface.format.map_or("json", |format| format.value).into()),
                ("scheduledDate", filled(surface.on.as_ref())),
            ]),
        }
    }

    fn on(&self, fetch: &Fetch<'_>, band: Band) -> Json {
        let action = fetch.actions.iter().find(|action| action.band == band);
        action.map(|action| self.statement(&action.action)).into()
    }
}

#[derive(Default)]
struct Plan {
    sound: Vec<Json>,
    space: Vec<Json>,
    time: Vec<Json>,
    dimensions: Vec<&'static str>,
    actions: Vec<Json>,
}

/// The tree of a script without what only a parsed text knows: which clauses stood twice.
impl<'s> From<Script<'s>> for Parsed<'s> {
    fn from(script: Script<'s>) -> Self {
        Self { script, orders: HashMap::new() }
    }
}

fn head(kind: &str, target: Name<'_>) -> Members {
    [("type".to_owned(), kind.into()), ("target".to_owned(), target.value.into())].into_iter().collect()
}

fn key(band: Band) -> &'static str {
    match band {
        Band::Execute => "onExecute",
        Band::Confirm => "onConfirm",
        Band::Queue => "onQueue",
        Band::Wait => "onWait",
    }
}

/// An empty text counts as none.
pub(super) fn filled(text: Option<&Text<'_>>) -> Json {
    text.map(|text| text.value.as_ref()).filter(|text| !text.is_empty()).into()
}

fn described(dimension: DimensionRef) -> (&'static str, &'static str) {
    match dimension {
        DimensionRef::All => ("ALL", "All Dimensions"),
        DimensionRef::One(dimension) => (dimension.id(), dimension.name()),
    }
}

/// The names of the dimensions of a clause.
pub(super) fn dimension_ids(across: &Across) -> Vec<&'static str> {
    across.dimensions.iter().map(|dimension| described(dimension.value).0).collect()
}

fn dimensions(across: &Across) -> Json {
    let entry = |dimension: DimensionRef| {
        let (id, name) = described(dimension);
        Json::object([("id", id.into()), ("name", name.into())])
    };
    across.dimensions.iter().map(|dimension| entry(dimension.value)).collect::<Vec<_>>().into()
}

fn across_span(across: &Across) -> Span {
    across.dimensions.first().map(|dimension| dimension.span).unwrap_or_default()
}

fn first_span(filter: &Expr<'_>) -> Span {
    match filter {
        Expr::And(all) => all.first().map(first_span).unwrap_or_default(),
        Expr::Compare { left, .. } => left.span,
        // Not in this edition.
        _ => Span::default(),
    }
}

pub(super) fn conditions(filter: &Expr<'_>) -> Json {
    compared(filter, ["left", "operator", "right"]).into()
}

fn compared(filter: &Expr<'_>, names: [&str; 3]) -> Vec<Json> {
    match filter {
        Expr::And(all) => all.iter().flat_map(|one| compared(one, names)).collect(),
        Expr::Compare { left, operator, right } => {
            let [field, sign, value] = names;
            vec![Json::object([
                (field, left.text.as_ref().into()),
                (sign, written(operator.value).into()),
                (value, operand(right)),
            ])]
        }
        // Not in this edition.
        _ => Vec::new(),
    }
}

fn written(operator: Operator) -> &'static str {
    match operator {
        Operator::Equal => "=",
        Operator::NotEqual => "!=",
        Operator::Less => "<",
        Operator::LessOrEqual => "<=",
        Operator::Greater => ">",
        Operator::GreaterOrEqual => ">=",
    }
}

pub(super) fn operand(operand: &Operand<'_>) -> Json {
    match &operand.value {
        Literal::Number(value) => (*value).into(),
        Literal::Text(text) => text.as_ref().into(),
        Literal::Word(word) => (*word).into(),
        Literal::Duration(value) => duration(*value),
        // Not in this edition.
        Literal::Bool(value) => (*value).into(),
        #[expect(clippy::cast_precision_loss, reason = "all numbers are doubles here")]
        Literal::Integer(value) => (*value as f64).into(),
        Literal::Null | Literal::Field(_) => Json::Null,
    }
}

pub(super) fn duration(duration: Duration) -> Json {
    Json::object([("value", duration.value.into()), ("unit", duration.unit.word().into())])
}

pub(super) fn signals(names: &[Name<'_>]) -> Json {
    let signal = |name: &Name<'_>| Json::object([("type", "signal".into()), ("name", name.value.into())]);
    names.iter().map(signal).collect::<Vec<_>>().into()
}

pub(super) fn target(target: &Target<'_>) -> Json {
    match target {
        Target::Keyed { key, value } => {
            Json::object([("type", "keyed".into()), ("key", key.value.into()), ("value", value.value.as_ref().into())])
        }
        Target::Simple(name) => Json::object([("type", "simple".into()), ("name", name.value.into())]),
    }
}

pub(super) fn recall_watches(recall: &Recall<'_>) -> Json {
    let watch = |watch: &crate::ast::RecallWatch<'_>| {
        Json::object([
            ("triggerId", watch.trigger.value.into()),
            ("status", watch.status.map(|status| status.value).into()),
            ("firedDate", filled(watch.fired_date.as_ref())),
            ("evidence", filled(watch.evidence.as_ref())),
        ])
    };
    recall.watches.iter().map(watch).collect::<Vec<_>>().into()
}

/// The tree leaves out what is absent, the plan has `null` there. A drift of 0 counts as absent.
fn recall_members(recall: &Recall<'_>, kind: &str, word: &str, nulls: bool) -> Json {
    let mut members = Members::new();
    let mut add = |name: &str, value: Json| {
        members.insert(name.to_owned(), value);
    };
    add(kind, word.into());
    add("target", recall.target.value.into());
    add("date", recall.date.value.as_ref().into());
    add("watches", recall_watches(recall));
    add("triggersFired", recall.triggers.map(|(fired, _)| fired.value).into());
    add("triggersTotal", recall.triggers.map(|(_, total)| total.value).into());
    add("confidenceStated", recall.stated.map(|stated| stated.value).into());
    add("confidenceActual", recall.actual.map(|actual| actual.value).into());
    add("calibration", recall.calibration.map(|calibration| calibration.value).into());
    let optional: [(&str, Option<Json>); 3] = [
        ("driftAfter", recall.drift_after.map(|drift| drift.value).filter(|drift| *drift != 0.0).map(Json::from)),
        ("surfaceOutput", recall.surface.map(|(output, _)| output.value.into())),
        ("surfaceFormat", recall.surface.map(|(_, format)| format.value.into())),
    ];
    for (name, value) in optional {
        if nulls || value.is_some() {
            add(name, value.unwrap_or_default());
        }
    }
    Json::Object(members)
}
