//! What the reference's alert adapters send, print and refuse.

use serde_json::Value;
use weir_cal::compat::{
    Json,
    alerts::{self, Alert},
};

use super::{Place, same, values};

pub(super) fn sent(row: &Value, place: &Place<'_>) -> Result<(), String> {
    if let Some(factory) = row.get("factory") {
        let refused = alerts::refused(&values::read(factory).unwrap_or_default());
        return same("error", &refused.into(), row.get("error").unwrap_or(&Value::Null));
    }
    if let Some(status) = row["http"].as_u64().and_then(|status| u16::try_from(status).ok()) {
        // The reason is the server's; the sentence around it is checked.
        let error = row["error"].as_str().unwrap_or_default();
        let reason = error.rsplit(": ").next().unwrap_or_default();
        return same("error", &alerts::webhook_refused(status, reason).into(), &row["error"]);
    }
    let alert = &row["alert"];
    let ordered: Json = serde_json::from_str(place.line).map_err(|error| error.to_string())?;
    let metadata = ordered.get("alert").and_then(|alert| alert.get("metadata"));
    let alert = Alert {
        kind: alert["type"].as_str().ok_or("the alert has no type")?,
        message: alert["message"].as_str().ok_or("the alert has no message")?,
        timestamp: alert["timestamp"].as_str().ok_or("the alert has no moment")?,
        metadata,
    };
    match row["adapter"].as_str() {
        Some("console") => same("stdout", &alert.console().into(), &row["stdout"]),
        Some("file") => same("line", &alert.line().into(), &row["line"]),
        Some("webhook") => {
            let payload = alert.payload(row["format"].as_str().unwrap_or_default());
            same("payload", &values::write(&payload), row.pointer("/request/payload").unwrap_or(&Value::Null))
        }
        other => Err(format!("nothing sends to {other:?}")),
    }
}
