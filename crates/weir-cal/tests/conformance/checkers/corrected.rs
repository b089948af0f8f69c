//! The default edition where the reference is wrong: what must be read, what must be refused, what must come out.

use std::{cell::RefCell, fs, path::Path, rc::Rc};

use serde_json::{Value, json};
use weir_cal::{
    check::check,
    compat::Json,
    diagnostic::{Diagnostic, Severity},
    outcome::{Alert, Delivery},
    report::{Document, Format},
    run::{Environment, Publisher, run},
    sink::Sink,
    source::Memory,
    syntax::parse,
};

use super::{Place, short};

/// The clock of every run. No row depends on it.
const NOW: &str = "2026-11-25T12:00:00Z";

pub(super) fn corrected(row: &Value, place: &Place<'_>) -> Result<(), String> {
    let directory = place.directory;
    match row["kind"].as_str() {
        // These are single statements: what they name need not be there.
        Some("must_accept") => match messages(&parse(text(row, "source")?).diagnostics).first() {
            None => Ok(()),
            Some(error) => Err(format!("refused: {error}")),
        },
        Some("must_reject") if errors(text(row, "source")?).is_empty() => Err("accepted".to_owned()),
        Some("must_reject") => Ok(()),
        Some("exec") => executed(row, directory),
        Some("published_case") => published(row),
        other => Err(format!("no such kind of row: {other:?}")),
    }
}

fn text<'r>(row: &'r Value, field: &str) -> Result<&'r str, String> {
    row[field].as_str().ok_or_else(|| format!("the row has no {field}"))
}

/// What reading finds; where that is nothing, what checking finds.
fn errors(source: &str) -> Vec<String> {
    let parsed = parse(source);
    let read = messages(&parsed.diagnostics);
    if read.is_empty() { messages(&check(&parsed.script, source, None, NOW.parse().unwrap_or_default())) } else { read }
}

fn messages(diagnostics: &[Diagnostic]) -> Vec<String> {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    errors.map(|diagnostic| diagnostic.message.clone()).collect()
}

/// A script over its data: each path of `expect` has its value.
fn executed(row: &Value, directory: &Path) -> Result<(), String> {
    let script = text(row, "script")?;
    let script = match script.strip_prefix('@') {
        Some(name) => &fs::read_to_string(directory.join(name)).map_err(|error| format!("{name}: {error}"))?,
        None => script,
    };
    let ran = ran(script, &memory(&row["data"], directory)?)?;
    let expected = row["expect"].as_object().filter(|all| !all.is_empty()).ok_or("the row expects nothing")?;
    for (path, expected) in expected {
        let found = match path.as_str() {
            // Lists of objects of which only some members are given.
            "alerts_sent" | "surfaced" => like(&plain(ran.get(path)), expected),
            path => at(&ran, path),
        };
        if !equal(&found, expected) {
            return Err(format!("{path} is {}, not {}", short(&found), short(expected)));
        }
    }
    Ok(())
}

/// Collections from the row itself, or from the files of a directory.
fn memory(data: &Value, directory: &Path) -> Result<Memory, String> {
    let mut memory = Memory::new();
    for (name, rows) in data.as_object().ok_or("the row has no data")? {
        if name == "@fixtures" {
            let place = directory.join("fixtures").join(rows.as_str().unwrap_or_default());
            for entry in fs::read_dir(&place).map_err(|error| format!("{}: {error}", place.display()))? {
                let path = entry.map_err(|error| error.to_string())?.path();
                let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
                let file: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
                let rows = file.get("entities").unwrap_or(&file).as_array().cloned().unwrap_or_default();
                memory = memory.with(path.file_stem().unwrap_or_default().to_string_lossy(), rows);
            }
        } else {
            memory = memory.with(name, rows.as_array().ok_or("a collection is no list")?.clone());
        }
    }
    Ok(memory)
}

/// The outcome as JSON in its own order, with what was heard.
fn ran(script: &str, source: &Memory) -> Result<Json, String> {
    let parsed = parse(script);
    if let Some(error) = messages(&parsed.diagnostics).first() {
        return Err(format!("refused: {error}"));
    }
    let heard = Rc::new(RefCell::new(Vec::new()));
    let mut sinks: [Box<dyn Sink>; 1] = [Box::new(Ear(Rc::clone(&heard)))];
    let mut environment = Environment {
        source,
        now: NOW.parse().unwrap_or_default(),
        sinks: &mut sinks,
        publisher: &mut Desk,
        deadline: None,
        script_name: None,
    };
    let outcome = run(&parsed.script, script, &mut environment).map_err(|error| error.to_string())?;
    let ordered = |text: Result<String, serde_json::Error>| text.and_then(|text| serde_json::from_str::<Json>(&text));
    let mut outcome = ordered(serde_json::to_string(&outcome)).map_err(|error| error.to_string())?;
    let heard = ordered(serde_json::to_string(&*heard.borrow())).map_err(|error| error.to_string())?;
    if let Json::Object(members) = &mut outcome {
        members.insert("alerts_sent".to_owned(), heard);
    }
    Ok(outcome)
}

struct Ear(Rc<RefCell<Vec<Value>>>);

impl Sink for Ear {
    fn name(&self) -> String {
        "ear".to_owned()
    }

    fn send(&mut self, alert: &Alert) -> Delivery {
        self.0.borrow_mut().push(json!({"type": alert.r#type, "level": alert.level, "message": alert.message}));
        Delivery { sink: self.name(), delivered: true, attempts: 1, error: None }
    }
}

struct Desk;

impl Publisher for Desk {
    fn publish(&mut self, _: &Document<'_>, _: Format, to: Option<&str>) -> Result<Option<String>, String> {
        Ok(to.map(str::to_owned))
    }
}

/// The published figures of a case: its score from its chirp, drift and confidence, within a thousandth.
fn published(row: &Value) -> Result<(), String> {
    let figure = |name: &str| row[name].as_f64().ok_or_else(|| format!("the row has no {name}"));
    let (chirp, drift, confidence, expected) =
        (figure("chirp")?, figure("drift")?, figure("confidence")?, figure("fetch")?);
    let script = format!(
        "FORAGE cases SURFACE case DRIFT case METHODOLOGY {drift} PERFORMANCE 0 FETCH case CONFIDENCE {confidence}"
    );
    let entity = json!({"D1": chirp, "D2": chirp, "D3": chirp, "D4": chirp, "D5": chirp, "D6": chirp});
    let ran = ran(&script, &Memory::new().with("cases", vec![entity]))?;
    let found = at(&ran, "outputs.case_fetch.fetchScore");
    match found.as_f64() {
        Some(score) if (score - expected).abs() <= expected / 1000.0 => Ok(()),
        _ => Err(format!("fetchScore is {}, not {expected}", short(&found))),
    }
}

/// `a.b[0].c`, `a[*].b` for a list of all, `a.keys` and `a.length`.
fn at(value: &Json, path: &str) -> Value {
    let Some((step, rest)) = next(path) else { return plain(Some(value)) };
    match (step, value) {
        ("[*]", Json::Array(all)) => all.iter().map(|one| at(one, rest)).collect(),
        ("keys", Json::Object(members)) if !members.contains_key("keys") => members.keys().cloned().collect::<Value>(),
        ("length", Json::Array(all)) => json!(all.len()),
        (index, Json::Array(all)) => {
            let index = index.trim_matches(['[', ']']).parse::<usize>().ok();
            index.and_then(|index| all.get(index)).map_or(Value::Null, |one| at(one, rest))
        }
        (name, Json::Object(members)) => members.get(name).map_or(Value::Null, |one| at(one, rest)),
        _ => Value::Null,
    }
}

fn plain(value: Option<&Json>) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// The first step of a path, and what follows.
fn next(path: &str) -> Option<(&str, &str)> {
    let path = path.strip_prefix('.').unwrap_or(path);
    let end = match path.strip_prefix('[') {
        Some(inner) => inner.find(']')? + 2,
        None => path.find(['.', '[']).unwrap_or(path.len()),
    };
    (end > 0).then(|| path.split_at(end))
}

/// `found` cut down to the members that `pattern` has.
fn like(found: &Value, pattern: &Value) -> Value {
    match (found, pattern) {
        (Value::Array(found), Value::Array(patterns)) => {
            let all = found.iter().enumerate();
            all.map(|(index, found)| patterns.get(index).map_or(found.clone(), |pattern| like(found, pattern)))
                .collect()
        }
        (Value::Object(found), Value::Object(pattern)) => {
            let kept = found.iter().filter(|(name, _)| pattern.contains_key(*name));
            Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
        }
        (found, _) => found.clone(),
    }
}

/// Numbers are equal by what they are worth.
fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| other.get(name).is_some_and(|other| equal(value, other)))
        }
        _ => one == other,
    }
}
