//! The reference's checks, settings and command line: `fn` of `args` is `out`.

use serde_json::Value;
use weir_cal::compat::{Json, settings, validate};

use super::{Place, same, values};

pub(super) fn called(row: &Value, _: &Place<'_>) -> Result<(), String> {
    let name = row["fn"].as_str().ok_or("the row names no function")?;
    let args: Vec<Option<Json>> =
        row["args"].as_array().ok_or("the row has no arguments")?.iter().map(values::read).collect();
    let given = call(name, &args).and_then(|ours| same("out", &values::write(&ours), &row["out"]));
    // A row cannot say whether `null` or nothing was handed over: one of the two must give its result.
    let absent: Vec<_> = args.iter().map(|arg| arg.clone().filter(|arg| *arg != Json::Null)).collect();
    given.or_else(|why| {
        if absent == args {
            return Err(why);
        }
        call(name, &absent).and_then(|ours| same("out", &values::write(&ours), &row["out"])).map_err(|_| why)
    })
}

fn call(name: &str, args: &[Option<Json>]) -> Result<Json, String> {
    let arg = |index: usize| args.get(index).and_then(Option::as_ref);
    let text = |index: usize| arg(index).and_then(Json::as_str);
    let nothing = Json::default();
    let first = arg(0).unwrap_or(&nothing);
    let list = |value: &Json| match value {
        Json::Array(items) => items.clone(),
        _ => Vec::new(),
    };
    Ok(match name {
        "validateEntity" => validate::entity(first, arg(1)),
        "validateEntities" => validate::entities(arg(0), arg(1)),
        "validate3DLens" => validate::lens([arg(0), arg(1), arg(2)]),
        "validateDrift" => validate::drift(arg(0), arg(1)),
        "validateFetch" => validate::fetch(arg(0), arg(1), arg(2)),
        "validateDataFile" => validate::data_file(arg(0)),
        "isValidDimensionId" => text(0).and_then(validate::dimension_name).is_some().into(),
        "getDimensionName" => text(0).and_then(validate::dimension_name).into(),
        "formatValidationErrors" => validate::in_words(&list(first)).into(),
        "mergeConfig" => settings::merge(first, arg(1).unwrap_or(&nothing)),
        "validateConfig" => settings::validate(first),
        "getConfigValue" => settings::get(first, text(1).unwrap_or_default()).cloned().into(),
        "setConfigValue" => settings::set(first, text(1).unwrap_or_default(), arg(2).unwrap_or(&nothing)),
        "parseArgs" => settings::command_line(&list(first).iter().filter_map(Json::as_str).collect::<Vec<_>>()),
        _ => return Err(format!("nothing computes `{name}`")),
    })
}
