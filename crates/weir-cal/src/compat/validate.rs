//! The checks of the reference on entities, data files and figures. `None` stands for `undefined`.

use indexmap::IndexMap;

use crate::compat::{Json, js};

/// What is wrong: a field, a sentence, and the value where there is one.
#[derive(Debug, Clone, Default)]
struct Findings(Vec<Json>);

impl Findings {
    fn add(&mut self, field: &str, message: &str, value: Option<&Json>) {
        let mut members = IndexMap::from([("field".to_owned(), field.into()), ("message".to_owned(), message.into())]);
        members.extend(value.map(|value| ("value".to_owned(), value.clone())));
        self.0.push(Json::Object(members));
    }

    /// A coordinate of the lens: a number from 0 to 10.
    fn coordinate(&mut self, name: &str, value: Option<&Json>) {
        match value {
            None | Some(Json::Null) => self.add(name, &format!("{name} coordinate is required"), value),
            Some(Json::Number(number)) if (0.0..=10.0).contains(number) => {}
            Some(Json::Number(number)) if number.is_nan() => {}
            Some(Json::Number(_)) => self.add(name, &format!("{name} must be between 0 and 10"), value),
            Some(_) => self.add(name, &format!("{name} must be a number"), value),
        }
    }

    fn number(&mut self, field: &str, name: &str, value: Option<&Json>, range: Option<(f64, f64, &str)>) {
        match (value, range) {
            (Some(Json::Number(number)), Some((low, high, limits))) if *number < low || *number > high => {
                self.add(field, &format!("{name} must be {limits}"), value);
            }
            (Some(Json::Number(_)), _) => {}
            _ => self.add(field, &format!("{name} must be a number"), value),
        }
    }

    fn finish(self) -> Json {
        Json::object([("valid", self.0.is_empty().into()), ("errors", self.0.into())])
    }
}

/// `validateEntity`. The schema says what is required; without one everything but dimensions is.
#[must_use]
pub fn entity(entity: &Json, schema: Option<&Json>) -> Json {
    let mut findings = Findings::default();
    entity_into(&mut findings, entity, schema);
    findings.finish()
}

fn entity_into(findings: &mut Findings, entity: &Json, schema: Option<&Json>) {
    let required = |name: &str| schema.is_none_or(|schema| schema.get(name).is_some_and(js::truthy));
    for (rule, field, name) in
        [("requireId", "id", "ID"), ("requireName", "name", "name"), ("requireType", "type", "type")]
    {
        let value = entity.get(field);
        if required(rule) && !value.is_some_and(js::truthy) {
            findings.add(field, &format!("Entity {name} is required"), value);
        }
    }
    for (rule, field) in [("requireSound", "sound"), ("requireSpace", "space"), ("requireTime", "time")] {
        if required(rule) {
            findings.coordinate(field, entity.get(field));
        }
    }
    let Some(Json::Array(ids)) = schema.and_then(|schema| schema.get("requireDimensions")) else { return };
    if ids.is_empty() {
        return;
    }
    let dimensions = entity.get("dimensions");
    let Some(Json::Object(_) | Json::Array(_)) = dimensions else {
        findings.add("dimensions", "Dimensions object is required", dimensions);
        return;
    };
    for id in ids {
        let id = js::text(Some(id)).unwrap_or_default();
        let field = format!("dimensions.{id}");
        match dimensions.and_then(|dimensions| dimensions.get(&id)).filter(|dimension| js::truthy(dimension)) {
            None => findings.add(&field, &format!("Dimension {id} is required"), None),
            Some(dimension @ (Json::Object(_) | Json::Array(_))) => {
                for signal in ["sound", "space", "time"] {
                    findings.coordinate(&format!("{field}.{signal}"), dimension.get(signal));
                }
            }
            Some(other) => findings.add(&field, &format!("Dimension {id} must be an object"), Some(other)),
        }
    }
}

/// `validateEntities`.
#[must_use]
pub fn entities(entities: Option<&Json>, schema: Option<&Json>) -> Json {
    let mut findings = Findings::default();
    match entities {
        Some(Json::Array(entities)) => entities_into(&mut findings, entities, schema),
        _ => findings.add("entities", "Entities must be an array", entities),
    }
    findings.finish()
}

fn entities_into(findings: &mut Findings, entities: &[Json], schema: Option<&Json>) {
    for (index, entity) in entities.iter().enumerate() {
        let mut own = Findings::default();
        entity_into(&mut own, entity, schema);
        findings.0.extend(own.0.into_iter().map(|mut finding| {
            if let Json::Object(members) = &mut finding
                && let Some(Json::String(field)) = members.get_mut("field")
            {
                *field = format!("entities[{index}].{field}");
            }
            finding
        }));
    }
}

/// `validateDataFile`.
#[must_use]
pub fn data_file(data: Option<&Json>) -> Json {
    let mut findings = Findings::default();
    match data {
        Some(data @ (Json::Object(_) | Json::Array(_))) => match data.get("entities") {
            Some(Json::Array(entities)) => entities_into(&mut findings, entities, None),
            Some(other) if js::truthy(other) => findings.add("entities", "\"entities\" must be an array", Some(other)),
            _ => findings.add("entities", "Data file must contain an \"entities\" array", None),
        },
        other => findings.add("root", "Data must be an object", other),
    }
    findings.finish()
}

/// `validate3DLens`.
#[must_use]
pub fn lens(signals: [Option<&Json>; 3]) -> Json {
    let mut findings = Findings::default();
    for (name, value) in ["sound", "space", "time"].into_iter().zip(signals) {
        findings.coordinate(name, value);
    }
    findings.finish()
}

/// `validateDrift`.
#[must_use]
pub fn drift(methodology: Option<&Json>, performance: Option<&Json>) -> Json {
    let mut findings = Findings::default();
    let range = Some((0.0, 100.0, "between 0 and 100"));
    findings.number("methodology", "Methodology", methodology, range);
    findings.number("performance", "Performance", performance, range);
    findings.finish()
}

/// `validateFetch`.
#[must_use]
pub fn fetch(chirp: Option<&Json>, drift: Option<&Json>, confidence: Option<&Json>) -> Json {
    let mut findings = Findings::default();
    findings.number("chirp", "Chirp", chirp, Some((0.0, f64::INFINITY, "non-negative")));
    findings.number("drift", "DRIFT", drift, None);
    findings.number("confidence", "Confidence", confidence, Some((0.0, 1.0, "between 0 and 1")));
    findings.finish()
}

/// `formatValidationErrors`.
#[must_use]
pub fn in_words(errors: &[Json]) -> String {
    if errors.is_empty() {
        return "No errors".to_owned();
    }
    let line = |(index, error): (usize, &Json)| {
        let text = |name: &str| js::text(error.get(name)).unwrap_or_default();
        let (field, message) = (text("field"), text("message"));
        let got = error.get("value").map(|value| format!(" (got: {})", value.to_text()));
        format!("{}. {field}: {message}{}", index + 1, got.unwrap_or_default())
    };
    errors.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
}

/// `isValidDimensionId` and `getDimensionName`: the name of `D1` to `D6` and `ALL`.
#[must_use]
pub fn dimension_name(id: &str) -> Option<&'static str> {
    super::formulas::semantics(id).map(|(name, _, _)| name)
}
