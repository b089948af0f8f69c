//! Reading the first edition: the tree and the plan of what the reference accepts, the error of what it refuses.

use serde_json::{Value, json};
use weir_cal::compat;

use super::{Place, same};

pub(super) fn accepted(row: &Value, _: &Place<'_>) -> Result<(), String> {
    let source = row["source"].as_str().ok_or("the row has no source")?;
    let parsed = compat::parse(source).map_err(|error| format!("refused: {error}"))?;
    let of = |json| serde_json::to_value(json).map_err(|error| error.to_string());
    same("ast", &of(parsed.ast())?, &row["ast"])?;
    same("plan", &of(parsed.plan("<ts>"))?, &row["plan"])
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
