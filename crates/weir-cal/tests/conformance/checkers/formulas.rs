//! The formulas of the reference: `fn` of `args` is `out`, or fails with `error`.

use serde_json::Value;
use weir_cal::compat::{
    Json,
    formulas::{self, Analysis, Refused},
};

use super::{Place, same, values};

pub(super) fn computed(row: &Value, _: &Place<'_>) -> Result<(), String> {
    let name = row["fn"].as_str().ok_or("the row names no function")?;
    let args: Vec<Option<Json>> =
        row["args"].as_array().ok_or("the row has no arguments")?.iter().map(values::read).collect();
    let arg = |index: usize| args.get(index).and_then(Option::as_ref);
    let number = |index: usize| arg(index).and_then(Json::as_number);
    let of = |name: &str, otherwise: f64| {
        arg(1).and_then(|options| options.get(name)).and_then(Json::as_number).unwrap_or(otherwise)
    };
    let nothing = Json::default();
    let first = arg(0).unwrap_or(&nothing);
    let nan = f64::NAN;
    let result = match name {
        "calculate3DScore" => formulas::lens_score(first).map(Json::from),
        "cascadeProbability" => Ok(formulas::cascade_probability(number(0).unwrap_or(nan))),
        "calculateChirp" => formulas::chirp(first).map(Json::from),
        "calculateDrift" => Ok(formulas::drift(number(0), number(1), arg(2).and_then(Json::as_str).unwrap_or("auto"))),
        "calculateFetch" => {
            let [chirp, confidence] = [0, 2].map(|index| number(index).unwrap_or(nan));
            Ok(formulas::fetch(chirp, number(1), confidence, number(3).unwrap_or(1000.0)))
        }
        "estimateMultiplier" => Ok(formulas::multiplier(number(0).unwrap_or(nan), number(1).unwrap_or(nan))),
        "calculateFinancialImpact" => {
            let currency = arg(2).cloned().unwrap_or_else(|| "USD".into());
            Ok(formulas::financial_impact(number(0).unwrap_or(nan), arg(1).unwrap_or(&nothing), &currency))
        }
        "scoreSignal" => {
            let invert = arg(1).and_then(|options| options.get("invert")) == Some(&Json::Bool(true));
            Ok(formulas::signal_score(arg(0), of("min", 0.0), of("max", 100.0), invert).into())
        }
        "analyze6D" => analyze(first, arg(1)),
        _ => return Err(format!("nothing computes `{name}`")),
    };
    match (result, row.get("error")) {
        (Ok(ours), None) => same("out", &values::write(&ours), &row["out"]),
        (Ok(_), Some(theirs)) => Err(format!("no error, not {theirs}")),
        (Err(ours), theirs) => same("error", &ours.to_string().into(), theirs.unwrap_or(&Value::Null)),
    }
}

fn analyze(entity: &Json, options: Option<&Json>) -> Result<Json, Refused> {
    let option = |name: &str| options.and_then(|options| options.get(name));
    let dimensions = match option("dimensions") {
        Some(Json::Array(ids)) => ids.iter().filter_map(Json::as_str).collect(),
        _ => vec!["D1", "D2", "D3", "D4", "D5", "D6"],
    };
    formulas::analyze(
        entity,
        &Analysis {
            dimensions,
            depth: option("depth").and_then(Json::as_number).unwrap_or(2.0),
            base_cost: option("baseCost").cloned().unwrap_or(Json::Number(0.0)),
            origin: option("origin"),
            timestamp: "<ts>",
        },
    )
}
