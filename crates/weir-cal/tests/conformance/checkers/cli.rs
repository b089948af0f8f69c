//! Command lines of the reference, in the directory `fixtures`: what they read, run, write and tell.
//!
//! The sentences on the screen are its own; what carries a result is compared: whether it went well, the error, the
//! alerts, the file of results and the file of alerts. Where the reference ends with 0 after a failed execution,
//! `weir cal` ends with 2; here that is the `success` of the result.

use std::fs;

use indexmap::IndexMap;
use serde_json::Value;
use weir_cal::{
    compat::{self, Collections, Delivered, Entities, Json, Surroundings, alerts::Alert, settings},
    source,
};

use super::{Place, same, values};

pub(super) fn invoked(row: &Value, place: &Place<'_>) -> Result<(), String> {
    let args: Vec<&str> =
        row["args"].as_array().ok_or("the row has no arguments")?.iter().filter_map(Value::as_str).collect();
    let options = settings::command_line(&args);
    let option = |name: &str| options.get(name).and_then(Json::as_str);
    let command = option("command").unwrap_or_default();
    let fixtures = place.directory.join("fixtures");
    let (rc, stderr) = (row["rc"].as_i64(), row["stderr"].as_str().unwrap_or_default());
    if args.is_empty() || matches!(command, "help" | "version") {
        return expect(rc == Some(0), "the reference does not show its help");
    }
    if matches!(command, "init" | "scaffold") {
        // These ask questions and make files for a new project; they do not run CAL.
        return expect(rc.is_some(), "no exit code");
    }
    let text = match (option("inline"), option("script")) {
        (Some(inline), _) => Ok(inline.to_owned()),
        (None, Some(script)) => fs::read_to_string(fixtures.join(script)),
        (None, None) => return expect(rc == Some(1) && stderr.contains("No script provided"), "a script is needed"),
    };
    let Ok(text) = text else {
        return expect(rc == Some(1) && stderr.contains("Error reading script"), "there is no such script");
    };
    let parsed = match compat::parse(&text) {
        Ok(parsed) => parsed,
        Err(error) => {
            let at = format!("at line {}, column {}", error.start.line, error.start.column);
            let told = stderr.contains(&error.message) && stderr.contains(&at);
            return expect(rc == Some(1) && told, &format!("refused: {error} {at}"));
        }
    };
    expect(rc == Some(0), "accepted")?;
    let written = |ours: &Json| match row.get("output_file") {
        Some(theirs) => same("output_file", &values::write(ours), theirs),
        None => Ok(()),
    };
    match command {
        "validate" => Ok(()),
        "analyze" => written(&parsed.plan("<ts>")),
        "run" => {
            let data = option("dataPath").map(|path| fixtures.join(path));
            let beside = option("dataFile").and_then(|file| Some(fixtures.join(file).parent()?.to_owned()));
            let opened =
                beside.or(data).map(|path| source::open(&path)).transpose().map_err(|error| error.to_string())?;
            let none = IndexMap::<String, Vec<Json>>::new();
            let entities = opened.as_deref().map(Entities);
            let collections: &dyn Collections = entities.as_ref().map_or(&none, |entities| entities);
            let (mut console, mut file) = (String::new(), String::new());
            let result = compat::execute(
                &parsed,
                Surroundings {
                    collections,
                    send: &mut |alert| {
                        let text = |name: &str| alert.get(name).and_then(Json::as_str).unwrap_or_default();
                        let alert =
                            Alert { kind: text("type"), message: text("message"), timestamp: "<ts>", metadata: None };
                        console.push_str(&alert.console());
                        file.push_str(&alert.line());
                        Ok(Delivered::default())
                    },
                    timestamp: "<ts>",
                    stamp: "<id>",
                },
            );
            written(&with_reason_of(result, row))?;
            match option("alertType") {
                Some("file") => same("alert_file", &file.into(), row.get("alert_file").unwrap_or(&"".into())),
                Some("console") => {
                    let stdout = row["stdout"].as_str().unwrap_or_default();
                    expect(stdout.contains(&console), "the alerts are not on the console")
                }
                _ => Ok(()),
            }
        }
        other => Err(format!("nothing does `{other}`")),
    }
}

/// The reason why a file cannot be read is in the words of Node.js: only that it is told, and of which collection, is
/// compared.
fn with_reason_of(mut result: Json, row: &Value) -> Json {
    let theirs = row.pointer("/output_file/error").and_then(Value::as_str).unwrap_or_default();
    if let Json::Object(members) = &mut result
        && let Some(Json::String(ours)) = members.get_mut("error")
        && let Some((told, _)) = theirs.strip_prefix("Failed to load ").and_then(|reason| reason.split_once(": "))
        && ours.starts_with(&format!("Failed to load {told}: "))
    {
        theirs.clone_into(ours);
    }
    result
}

fn expect(holds: bool, what: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("the reference disagrees: {what}")) }
}
