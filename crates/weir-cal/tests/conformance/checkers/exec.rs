//! Scripts of the first edition over collections in memory.

use indexmap::IndexMap;
use serde_json::Value;
use weir_cal::compat::{self, Delivered, Json, Surroundings};

use super::{Place, same, values};

pub(super) fn executed(row: &Value, _: &Place<'_>) -> Result<(), String> {
    let script = row["script"].as_str().ok_or("the row has no script")?;
    let parsed = compat::parse(script).map_err(|error| format!("refused: {error}"))?;
    let mut collections = IndexMap::new();
    for (name, entities) in row["data"].as_object().ok_or("the row has no data")? {
        let Some(Json::Array(entities)) = values::read(entities) else {
            return Err(format!("`{name}` is no list"));
        };
        collections.insert(name.clone(), entities);
    }
    let mut sent = Vec::new();
    let result = compat::execute(
        &parsed,
        Surroundings {
            collections: &collections,
            send: &mut |alert| {
                sent.push(alert.clone());
                Ok(Delivered { channel: Some("test".to_owned()) })
            },
            timestamp: "<ts>",
            stamp: "<id>",
        },
    );
    same("result", &values::write(&result), &row["result"])?;
    // The rows have of an alert what a person sees.
    let told = |alert: &Json| {
        Json::object(["type", "level", "message"].map(|name| (name, alert.get(name).cloned().unwrap_or_default())))
    };
    same("alerts_sent", &sent.iter().map(|alert| values::write(&told(alert))).collect(), &row["alerts_sent"])
}
