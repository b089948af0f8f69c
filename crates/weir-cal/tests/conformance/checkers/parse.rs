//! Reading the first edition: the tree and the plan of what the reference accepts, the error of what it refuses.

use serde_json::{Value, json};
use weir_cal::compat::{self, Json};

use super::{Place, same, values};

pub(super) fn accepted(row: &Value, place: &Place<'_>) -> Result<(), String> {
    let source = row["source"].as_str().ok_or("the row has no source")?;
    let parsed = compat::parse(source).map_err(|error| format!("refused: {error}"))?;
    let ordered: Json = serde_json::from_str(place.line).map_err(|error| error.to_string())?;
    for (what, ours) in [("ast", parsed.ast()), ("plan", parsed.plan("<ts>"))] {
        same(what, &values::write(&ours), &row[what])?;
        if !ordered.get(what).is_some_and(|theirs| same_order(&ours, theirs)) {
            return Err(format!("the members of {what} are in another order"));
        }
    }
    Ok(())
}

/// Whether the members of two equal values are in the same order.
fn same_order(ours: &Json, theirs: &Json) -> bool {
    match (ours, theirs) {
        (Json::Object(one), Json::Object(other)) => {
            one.keys().eq(other.keys()) && one.values().zip(other.values()).all(|(one, other)| same_order(one, other))
        }
        (Json::Array(one), Json::Array(other)) => one.iter().zip(other).all(|(one, other)| same_order(one, other)),
        _ => true,
    }
}

pub(super) fn refused(row: &Value, _: &Place<'_>) -> Result<(), String> {
    let source = row["source"].as_str().ok_or("the row has no source")?;
    let error = match compat::parse(source) {
        Ok(_) => return Err("accepted".to_owned()),
        Err(error) => error,
    };
    let place = |at: compat::Position| json!({ "offset": at.offset, "line": at.line, "column": at.column });
    let mut expected: Vec<_> = error.expected.iter().map(|entry| in_data(entry)).collect();
    expected.sort_unstable();
    let ours = json!({
        "message": error.message, "start": place(error.start), "end": place(error.end()), "found": error.found,
        "expected": expected,
    });
    same("error", &ours, &row["error"])
}

/// The rows write these as the grammar does, the message as a regular expression does.
fn in_data(expected: &str) -> String {
    if expected == "end of input" { "end".to_owned() } else { expected.replace(r"\-", "-") }
}
