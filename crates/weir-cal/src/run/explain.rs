//! Which inputs made a figure.

use std::fmt;

use indexmap::IndexMap;
use serde::Serialize;

use crate::{
    ast::{Dimension, Script},
    near::near,
    number::Decimal,
    outcome::{DimensionScore, DriftResult, Entity, FetchResult, Foraged, Outcome, Output},
    report::{Document, Format},
    run::{Environment, Publisher, RunError, run},
    score,
};

/// How many entities of a result are explained.
const SHOWN: usize = 20;

/// Where the figures of one name come from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// What was asked for.
    pub what: String,
    /// One for each entity of each result, and for each DRIFT and FETCH.
    pub parts: Vec<Explained>,
    /// How many entities more there are.
    #[serde(skip_serializing_if = "is_zero")]
    pub omitted: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Where one figure comes from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explained {
    /// The figure, such as `D5`.
    pub figure: String,
    /// The result that it belongs to.
    pub result: String,
    /// The entity, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// How it is made, with the names of the inputs.
    pub formula: String,
    /// The same with their values.
    pub filled: String,
    /// What comes out; absent where evidence is missing.
    pub value: Option<Decimal>,
    /// The fields that were read, with their values.
    pub inputs: IndexMap<String, Decimal>,
    /// The fields that would be needed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.parts.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{part}")?;
        }
        match self.omitted {
            0 => Ok(()),
            omitted => writeln!(f, "\nand {omitted} more"),
        }
    }
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of ", self.figure)?;
        if let Some(entity) = &self.entity {
            write!(f, "`{entity}` in ")?;
        }
        write!(f, "`{}` is ", self.result)?;
        match self.value {
            Some(value) => writeln!(f, "{value}")?,
            None => writeln!(f, "unknown")?,
        }
        writeln!(f, "  {}", self.formula)?;
        let is_value = self.value.is_some_and(|value| value.to_string() == self.filled);
        if self.filled != self.formula && !is_value {
            writeln!(f, "  = {}", self.filled)?;
        }
        if !self.inputs.is_empty() {
            let inputs: Vec<String> = self.inputs.iter().map(|(field, value)| format!("{field} = {value}")).collect();
            writeln!(f, "  inputs: {}", inputs.join(", "))?;
        }
        if !self.missing.is_empty() {
            writeln!(f, "  missing: {}", self.missing.join(", "))?;
        }
        Ok(())
    }
}

/// Which inputs made `what`: `D1` to `D6`, `chirp`, `drift`, `fetch`, or the name of a result. Runs the script, but
/// sends nothing and publishes nothing.
///
/// # Errors
/// The run failed, or it has nothing of that name.
pub fn explain(
    script: &Script<'_>,
    text: &str,
    environment: &Environment<'_>,
    what: &str,
) -> Result<Explanation, RunError> {
    let mut quiet = Environment {
        source: environment.source,
        now: environment.now,
        sinks: &mut [],
        publisher: &mut Nowhere,
        deadline: environment.deadline,
        script_name: None,
    };
    let outcome = run(script, text, &mut quiet)?;
    let found = look(&outcome, what);
    match (found.parts.is_empty(), outcome.error) {
        (false, _) => Ok(found),
        (true, Some(error)) => Err(RunError::Failed(error)),
        (true, None) => {
            let mut names: Vec<&str> = vec!["chirp", "drift", "fetch"];
            names.extend(outcome.outputs.keys().map(String::as_str));
            Err(RunError::Unexplained { what: what.to_owned(), near: near(what, names) })
        }
    }
}

struct Nowhere;

impl Publisher for Nowhere {
    fn publish(&mut self, _: &Document<'_>, _: Format, _: Option<&str>) -> Result<Option<String>, String> {
        Ok(None)
    }
}

fn look(outcome: &Outcome, what: &str) -> Explanation {
    let mut found = Explanation { what: what.to_owned(), parts: Vec::new(), omitted: 0 };
    if let Some((name, output)) = outcome.outputs.get_key_value(what) {
        match output {
            Output::Foraged(foraged) => found.entities(foraged, |entity| Some(chirp(name, entity))),
            Output::Drift(result) => found.parts.push(drift(name, result)),
            Output::Fetch(result) => found.parts.push(fetch(name, result)),
            // They have no figure of their own.
            Output::Trace(_) | Output::Recall(_) => {}
        }
        return found;
    }
    let asked = what.to_ascii_lowercase();
    let dimension = Dimension::ALL.into_iter().find(|dimension| dimension.id().eq_ignore_ascii_case(what));
    for (name, output) in &outcome.outputs {
        match (output, asked.as_str(), dimension) {
            (Output::Foraged(foraged), _, Some(dimension)) => {
                found.entities(foraged, |entity| self::dimension(name, entity, dimension));
            }
            (Output::Foraged(foraged), "chirp", _) => {
                found.entities(foraged, |entity| Some(chirp(name, entity)));
            }
            (Output::Drift(result), "drift", _) => found.parts.push(drift(name, result)),
            (Output::Fetch(result), "fetch", _) => found.parts.push(fetch(name, result)),
            _ => {}
        }
    }
    found
}

impl Explanation {
    fn entities(&mut self, foraged: &Foraged, explain: impl Fn(&Entity) -> Option<Explained>) {
        self.parts.extend(foraged.entities.iter().take(SHOWN).filter_map(explain));
        self.omitted += foraged.count.saturating_sub(SHOWN as u64);
    }
}

fn dimension(result: &str, entity: &Entity, dimension: Dimension) -> Option<Explained> {
    let score = entity.dimensions.get(&dimension)?;
    let values: Vec<String> = score.evidence.inputs.values().map(Decimal::to_string).collect();
    let (formula, filled) = match score.evidence.kind {
        "stated" => {
            let field = score.evidence.inputs.keys().next().cloned().unwrap_or_default();
            (format!("`{field}`, as the entity states it"), values.join(""))
        }
        "lens" => {
            let clamped = |value: &Decimal| Decimal::rounded(value.get().clamp(1.0, 10.0), 6).to_string();
            let clamped: Vec<String> = score.evidence.inputs.values().map(clamped).collect();
            ("sound x space x time / 10, each from 1 to 10".to_owned(), format!("{} / 10", clamped.join(" x ")))
        }
        _ => ("no evidence".to_owned(), "no evidence".to_owned()),
    };
    Some(Explained {
        figure: dimension.id().to_owned(),
        result: result.to_owned(),
        entity: Some(entity.entity.clone()),
        formula,
        filled,
        value: score.score,
        inputs: score.evidence.inputs.clone(),
        missing: score.evidence.missing.clone(),
    })
}

fn chirp(result: &str, entity: &Entity) -> Explained {
    // The chirp is the mean of the scores before they are rounded for print.
    let exact = |score: &DimensionScore| {
        let mut signals = score.evidence.inputs.values();
        match (score.evidence.kind, signals.next(), signals.next(), signals.next()) {
            ("lens", Some(sound), Some(space), Some(time)) => {
                Some(Decimal::rounded(score::lens(sound.get(), space.get(), time.get()), 6))
            }
            _ => score.score,
        }
    };
    let known: Vec<(&Dimension, Decimal)> =
        entity.dimensions.iter().filter_map(|(dimension, score)| Some((dimension, exact(score)?))).collect();
    let names: Vec<&str> = known.iter().map(|(dimension, _)| dimension.id()).collect();
    let values: Vec<String> = known.iter().map(|(_, score)| score.to_string()).collect();
    let missing = entity.dimensions.iter().filter(|(_, score)| score.score.is_none());
    let count = known.len();
    let none = || "no evidence for any dimension".to_owned();
    Explained {
        figure: "chirp".to_owned(),
        result: result.to_owned(),
        entity: Some(entity.entity.clone()),
        formula: if count == 0 { none() } else { format!("({}) / {count}", names.join(" + ")) },
        filled: if count == 0 { none() } else { format!("({}) / {count}", values.join(" + ")) },
        value: entity.summary.chirp,
        inputs: known.iter().map(|(dimension, score)| (dimension.id().to_owned(), *score)).collect(),
        missing: missing.map(|(dimension, _)| dimension.id().to_owned()).collect(),
    }
}

fn drift(result: &str, drift: &DriftResult) -> Explained {
    let DriftResult { methodology, performance, .. } = drift;
    let inputs = [("METHODOLOGY", *methodology), ("PERFORMANCE", *performance)];
    Explained {
        figure: "drift".to_owned(),
        result: result.to_owned(),
        entity: None,
        formula: "METHODOLOGY - PERFORMANCE, as the script states them".to_owned(),
        filled: format!("{methodology} - {performance}"),
        value: Some(drift.drift),
        inputs: inputs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        missing: Vec::new(),
    }
}

fn fetch(result: &str, fetch: &FetchResult) -> Explained {
    let components = fetch.components;
    let origin = match fetch.confidence_source {
        "clause" => "the confidence stands in the script",
        "derived" => "the confidence is the lesser of perch and wake, of 100",
        "none" => "nothing matched",
        _ => "the confidence stands in the entity",
    };
    let over = if fetch.aggregate == "mean" { "means over the entities" } else { "the highest entity" };
    let mut inputs: IndexMap<String, Decimal> =
        [("chirp", components.chirp), ("drift", components.drift), ("confidence", components.confidence)]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
    inputs.extend(fetch.bands.iter().map(|(band, from)| (format!("{} from", band.keyword()), *from)));
    let size = Decimal::rounded(components.drift.get().abs(), 6);
    Explained {
        figure: "fetch".to_owned(),
        result: result.to_owned(),
        entity: fetch.entities.first().filter(|_| fetch.aggregate == "max").map(|first| first.entity.clone()),
        formula: format!("chirp x |drift| x confidence; {over}; {origin}"),
        filled: format!("{} x {size} x {}: {}", components.chirp, components.confidence, fetch.level.keyword()),
        value: Some(fetch.fetch_score),
        inputs,
        missing: Vec::new(),
    }
}
