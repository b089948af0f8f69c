//! The values of the rows: what JSON cannot say is written as `{"$num": "NaN"}` and `{"$undef": 1}`.

use serde_json::{Map, Value, json};
use weir_cal::compat::Json;

/// A value of a row; `None` is `undefined`.
pub(super) fn read(value: &Value) -> Option<Json> {
    Some(match value {
        Value::Null => Json::Null,
        Value::Bool(value) => (*value).into(),
        Value::Number(number) => number.as_f64().unwrap_or(f64::NAN).into(),
        Value::String(text) => text.as_str().into(),
        Value::Array(items) => items.iter().map(|item| read(item).unwrap_or_default()).collect::<Vec<_>>().into(),
        Value::Object(members) => match (members.get("$num"), members.contains_key("$undef")) {
            (Some(Value::String(text)), _) => text.parse().unwrap_or(f64::NAN).into(),
            (_, true) => return None,
            _ => Json::Object(members.iter().filter_map(|(name, value)| Some((name.clone(), read(value)?))).collect()),
        },
    })
}

/// A result as the rows write it.
pub(super) fn write(value: &Json) -> Value {
    match value {
        Json::Null => Value::Null,
        Json::Bool(value) => (*value).into(),
        Json::Number(value) if value.is_nan() => json!({ "$num": "NaN" }),
        Json::Number(value) if value.is_infinite() => {
            json!({ "$num": if *value > 0.0 { "Infinity" } else { "-Infinity" } })
        }
        Json::Number(value) => (*value).into(),
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => items.iter().map(write).collect(),
        Json::Object(members) => {
            Value::Object(members.iter().map(|(name, value)| (name.clone(), write(value))).collect::<Map<_, _>>())
        }
    }
}
