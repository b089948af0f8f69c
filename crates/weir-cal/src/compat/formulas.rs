//! The formulas of the reference over its values: what is missing or of another type is coerced as JavaScript does.

use indexmap::{IndexMap, IndexSet};

use crate::{
    ast::Dimension,
    compat::{
        Json, js,
        prototype::{Kind, inherited, not_iterable},
    },
    score::{self, round_half_up},
};

/// The reference refuses: its sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub(super) String);

impl Refused {
    pub(super) fn contract(why: &str) -> Self {
        Self(format!("Semantic Contract Violation: {why}"))
    }
}

/// `calculate3DScore`.
///
/// # Errors
///
/// A signal cannot become a number.
pub fn lens_score(signals: &Json) -> Result<f64, Refused> {
    let clamped = |name: &str| {
        let value = js::number(signals.get(name))?;
        Ok(if value.is_nan() { value } else { value.clamp(1.0, 10.0) })
    };
    Ok((clamped("sound")? * clamped("space")? * clamped("time")?) / 10.0)
}

/// `cascadeProbability`.
#[must_use]
pub fn cascade_probability(score: f64) -> Json {
    let cascade = score::cascade(score);
    Json::object([
        ("level", cascade.level.into()),
        ("probability", cascade.probability.into()),
        ("label", cascade.label.into()),
    ])
}

/// `calculateChirp`.
///
/// # Errors
///
/// The entity has no number `D1` to `D6`.
pub fn chirp(entity: &Json) -> Result<f64, Refused> {
    let scores: Vec<f64> =
        Dimension::ALL.into_iter().filter_map(|dimension| entity.get(dimension.id())?.as_number()).collect();
    if scores.is_empty() {
        return Err(Refused::contract(
            "Chirp requires at least one D1-D6 dimension score on the entity. Scores must be on the 0-100 scale \
             (SKILL.md).",
        ));
    }
    let sum = scores.iter().fold(0.0, |sum, score| sum + score);
    Ok(round_half_up(sum / length(scores.len()) * 100.0) / 100.0)
}

#[expect(clippy::cast_precision_loss, reason = "no list is that long")]
pub(super) fn length(length: usize) -> f64 {
    length as f64
}

/// `calculateDrift`. A figure that is missing is not a number, and is left out of the result.
#[must_use]
pub fn drift(methodology: Option<f64>, performance: Option<f64>, gap: &str) -> Json {
    let drift = methodology.unwrap_or(f64::NAN) - performance.unwrap_or(f64::NAN);
    let gap = if gap == "auto" { score::gap_type(drift) } else { gap };
    let quality = score::drift_quality(drift, gap);
    let mut members = IndexMap::new();
    let mut add = |name: &str, value: Json| members.insert(name.to_owned(), value);
    add("target", "drift_calculation".into());
    add("drift", drift.into());
    add("absDrift", drift.abs().into());
    if let Some(methodology) = methodology {
        add("methodology", methodology.into());
    }
    if let Some(performance) = performance {
        add("performance", performance.into());
    }
    add("gapType", gap.into());
    add("driftQuality", quality.quality.into());
    add("interpretation", quality.interpretation.into());
    Json::Object(members)
}

/// `calculateFetch`. The bands are 1000, 750 and 500, whatever the threshold is. A drift that is missing is not a
/// number, and is left out of the result.
#[must_use]
pub fn fetch(chirp: f64, drift: Option<f64>, confidence: f64, threshold: f64) -> Json {
    let confidence = if confidence > 1.0 { confidence / 100.0 } else { confidence };
    let score = chirp * drift.unwrap_or(f64::NAN) * confidence;
    let level = score::Bands::Relative.band(score, 1000.0).keyword();
    let priority = if score >= 2000.0 { " (High Priority)" } else { "" };
    let components = [("chirp", Some(chirp)), ("drift", drift), ("confidence", Some(confidence))];
    let components = components.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into())));
    Json::object([
        ("target", "fetch_decision".into()),
        ("fetchScore", score.into()),
        ("threshold", threshold.into()),
        ("level", level.into()),
        ("components", Json::Object(components.collect())),
        ("recommendation", format!("Score: {} | Level: {level}{priority}", js::fixed2(score)).into()),
    ])
}

/// `estimateMultiplier`.
#[must_use]
pub fn multiplier(affected: f64, depth: f64) -> Json {
    let multiplier = score::multiplier(affected, depth);
    Json::object([("min", multiplier.min.into()), ("max", multiplier.max.into()), ("label", multiplier.label.into())])
}

/// `calculateFinancialImpact`.
#[must_use]
pub fn financial_impact(base_cost: f64, multiplier: &Json, currency: &Json) -> Json {
    let end = |name: &str| multiplier.get(name).and_then(Json::as_number).unwrap_or(f64::NAN);
    let times = |name: &str| round_half_up(base_cost * end(name));
    Json::object([("min", times("min").into()), ("max", times("max").into()), ("currency", currency.clone())])
}

/// `scoreSignal`.
#[must_use]
pub fn signal_score(value: Option<&Json>, min: f64, max: f64, invert: bool) -> f64 {
    match value {
        Some(Json::Number(value)) => {
            let share = ((value - min) / (max - min)) * 10.0;
            let share = if share.is_nan() { share } else { share.clamp(1.0, 10.0) };
            if invert { 11.0 - share } else { share }
        }
        Some(Json::Bool(value)) => {
            if *value == invert {
                1.0
            } else {
                10.0
            }
        }
        Some(Json::String(text)) => match text.to_lowercase().as_str() {
            "critical" | "yes" | "true" => 10.0,
            "high" => 8.0,
            "low" => 3.0,
            "minimal" | "no" | "false" => 1.0,
            _ => 5.0,
        },
        _ => 5.0,
    }
}

/// What `analyze6D` is asked for.
#[derive(Debug, Clone)]
pub struct Analysis<'a> {
    /// `D1` to `D6` and `ALL`; others are passed over.
    pub dimensions: Vec<&'a str>,
    /// How many steps the cascade is followed.
    pub depth: f64,
    /// What one unit of harm costs.
    pub base_cost: Json,
    /// Where the cascade is said to begin.
    pub origin: Option<&'a Json>,
    /// The moment as it is written.
    pub timestamp: &'a str,
}

/// Description and domain of a dimension of the reference.
pub(super) fn semantics(id: &str) -> Option<(&'static str, &'static str, &'static str)> {
    Some(match id {
        "D1" => ("Customer", "External stakeholders, clients, users", "external-relationships"),
        "D2" => ("Employee", "Internal people, teams, knowledge", "human-capital"),
        "D3" => ("Revenue", "Financial impact, costs, income", "financial-health"),
        "D4" => ("Regulatory", "Compliance, legal, governance", "risk-compliance"),
        "D5" => ("Quality", "Product, service, deliverables", "output-excellence"),
        "D6" => ("Operational", "Processes, systems, infrastructure", "execution-capacity"),
        "ALL" => ("All Dimensions", "All cascade dimensions collectively", "holistic"),
        _ => return None,
    })
}

/// `analyze6D`: an entity in its dimensions, and the cascade through them.
///
/// # Errors
///
/// A value cannot become a number, or the origin is no dimension but a name that all objects have.
pub fn analyze(entity: &Json, asked: &Analysis<'_>) -> Result<Json, Refused> {
    let truthy = |name: &str| entity.get(name).filter(|value| js::truthy(value)).cloned();
    let signal = |name: &str| truthy(name).unwrap_or(Json::Number(5.0));
    let mut dimensions = IndexMap::new();
    let (mut affected, mut total) = (0.0, 0.0);
    for id in &asked.dimensions {
        let Some((name, description, domain)) = semantics(id) else { continue };
        let own = entity.get("dimensions").and_then(|dimensions| dimensions.get(id));
        let signal = |name: &str| {
            let stated = js::present(own.and_then(|own| own.get(name))).or_else(|| js::present(entity.get(name)));
            stated.cloned().unwrap_or(Json::Number(5.0))
        };
        let signals = Json::object([("sound", signal("sound")), ("space", signal("space")), ("time", signal("time"))]);
        let score = lens_score(&signals)?;
        if score > score::AFFECTED {
            affected += 1.0;
            total += score;
        }
        dimensions.insert(
            (*id).to_owned(),
            Json::object([
                ("id", (*id).into()),
                ("name", name.into()),
                ("description", description.into()),
                ("domain", domain.into()),
                ("signals", signals),
                ("score", (round_half_up(score * 10.0) / 10.0).into()),
                ("cascade", cascade_probability(score)),
                ("affected", (score > score::AFFECTED).into()),
            ]),
        );
    }
    let average = if affected > 0.0 { round_half_up(total / affected * 10.0) / 10.0 } else { 0.0 };
    let multiplier = multiplier(affected, asked.depth);
    let cost = js::number(Some(&asked.base_cost))?;
    let impact = if cost > 0.0 {
        financial_impact(cost, &multiplier, &truthy("currency").unwrap_or_else(|| "USD".into()))
    } else {
        Json::object([("min", 0.0.into()), ("max", 0.0.into()), ("currency", "USD".into())])
    };
    let cascades = pathways(&dimensions, asked.depth, asked.origin)?;
    Ok(Json::object([
        ("entity", truthy("id").or_else(|| truthy("name")).unwrap_or_else(|| "Unknown".into())),
        ("timestamp", asked.timestamp.into()),
        ("methodology", "6D Foraging".into()),
        ("lens", Json::object([("sound", signal("sound")), ("space", signal("space")), ("time", signal("time"))])),
        ("dimensions", Json::Object(dimensions)),
        (
            "summary",
            Json::object([
                ("dimensionsAffected", affected.into()),
                ("totalScore", total.into()),
                ("averageScore", average.into()),
                ("chirp", chirp(entity).unwrap_or(0.0).into()),
                ("cascadeDepth", asked.depth.into()),
                ("baseCost", asked.base_cost.clone()),
                ("estimatedImpact", impact),
                ("multiplier", multiplier),
            ]),
        ),
        ("cascades", cascades.into()),
    ]))
}

/// `generateCascadePathways`: at most one path, from the stated origin or the highest affected dimension.
fn pathways(dimensions: &IndexMap<String, Json>, depth: f64, origin: Option<&Json>) -> Result<Vec<Json>, Refused> {
    let score = |dimension: &Json| dimension.get("score").and_then(Json::as_number).unwrap_or(f64::NAN);
    let mut affected = dimensions.iter().filter(|(_, dimension)| dimension.get("affected") == Some(&Json::Bool(true)));
    let Some(first) = affected.next() else { return Ok(Vec::new()) };
    let (name, highest) =
        affected.fold(first, |highest, next| if score(next.1) > score(highest.1) { next } else { highest });
    let mut start = (Json::from(name.as_str()), name.clone(), highest);
    if let Some(origin) = origin {
        // A property name: `["D1"]` names the dimension too, but is not the same as it.
        let stated = origin.get("dimension");
        let name = js::text(stated)?;
        if let Some(dimension) = dimensions.get(&name) {
            start = (stated.cloned().unwrap_or_default(), name, dimension);
        } else if inherited(Kind::Object, &name).is_truthy() {
            return Err(not_iterable("targets"));
        }
    }
    let (id, name, origin) = start;
    let member = |dimension: &Json, name: &str| dimension.get(name).cloned().unwrap_or_default();
    let likely = origin.get("cascade").and_then(|cascade| cascade.get("probability")).and_then(Json::as_number);
    let likely = likely.unwrap_or(f64::NAN);
    let mut visited: IndexSet<&str> = id.as_str().into_iter().collect();
    let mut current = vec![(&id, name.as_str())];
    let ids: IndexMap<&str, Json> = dimensions.keys().map(|id| (id.as_str(), id.as_str().into())).collect();
    let mut levels = Vec::new();
    let mut level = 1.0;
    while level <= depth {
        let mut next = Vec::new();
        let mut cascades = Vec::new();
        for (from, name) in &current {
            let Some(dimension) = Dimension::ALL.into_iter().find(|dimension| dimension.id() == *name) else {
                continue;
            };
            for to in score::spreads_to(dimension) {
                let (Some((to, id)), Some(target)) = (ids.get_key_value(to.id()), dimensions.get(to.id())) else {
                    continue;
                };
                if !visited.insert(to) {
                    continue;
                }
                next.push((id, *to));
                cascades.push(Json::object([
                    ("from", (*from).clone()),
                    ("to", id.clone()),
                    ("name", member(target, "name")),
                    ("score", member(target, "score")),
                    ("probability", (round_half_up(likely * (1.0 - level * 0.2) * 100.0) / 100.0).into()),
                    ("level", level.into()),
                ]));
            }
        }
        if cascades.is_empty() {
            // Deeper levels begin from the same dimensions and find nothing either.
            break;
        }
        levels.push(Json::object([("level", level.into()), ("cascades", cascades.into())]));
        current = next;
        level += 1.0;
    }
    let start = Json::object([
        ("dimension", id.clone()),
        ("name", member(origin, "name")),
        ("score", member(origin, "score")),
        ("level", 0.0.into()),
    ]);
    Ok(vec![Json::object([("origin", start), ("levels", levels.into())])])
}
