//! Checks a directory of JSON-lines files against the library: what the reference reads and computes, row by row.
//! Used by the test of this crate over the rows that come with it, and by `cargo xtask cal-conformance DIR`.

use std::{
    borrow::Cow,
    fmt::Write as _,
    fs::File,
    io::{BufRead as _, BufReader},
    path::Path,
};

use serde_json::Value;

mod alerts;
mod cli;
mod corrected;
mod exec;
mod formulas;
mod functions;
mod parse;
mod values;

/// Where a row stands.
struct Place<'a> {
    /// The row as it is written: a `Value` does not keep the order of members.
    line: &'a str,
    /// Where the fixtures are.
    directory: &'a Path,
}

/// Says what is wrong with a row.
type Checker = fn(&Value, &Place<'_>) -> Result<(), String>;

/// A file and what its rows are checked by. A new kind of row is one line here and one file beside.
const CHECKERS: &[(&str, Checker)] = &[
    ("alerts.jsonl", alerts::sent),
    ("cli.jsonl", cli::invoked),
    ("corrected.jsonl", corrected::corrected),
    ("exec.jsonl", exec::executed),
    ("formulas.jsonl", formulas::computed),
    ("functions.jsonl", functions::called),
    ("parse_error.jsonl", parse::refused),
    ("parse_ok.jsonl", parse::accepted),
];

/// How many failures of a file are told.
const SHOWN: usize = 5;

/// What came of one file.
#[derive(Debug, Default)]
pub(crate) struct FileReport {
    pub(crate) name: String,
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    /// The first failures: the row and what is wrong.
    pub(crate) failures: Vec<String>,
}

/// Checks every `*.jsonl` in a directory. A file that nothing checks is a failure, and so is a directory without any.
pub(crate) fn check(directory: &Path) -> Result<Vec<FileReport>, String> {
    let entries = std::fs::read_dir(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    let names = entries.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()));
    let mut names: Vec<String> = names.collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    names.retain(|name| Path::new(name).extension().is_some_and(|extension| extension == "jsonl"));
    names.sort_unstable();
    if names.is_empty() {
        return Err(format!("no .jsonl file in {}", directory.display()));
    }
    names.into_iter().map(|name| check_file(directory, name)).collect()
}

fn check_file(directory: &Path, name: String) -> Result<FileReport, String> {
    let mut report = FileReport { name, ..FileReport::default() };
    let Some((_, checker)) = CHECKERS.iter().find(|(file, _)| *file == report.name) else {
        report.failed = 1;
        report.failures.push("nothing checks the rows of this file".to_owned());
        return Ok(report);
    };
    let path = directory.join(&report.name);
    let file = File::open(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    for (number, line) in BufReader::new(file).lines().enumerate() {
        let line = line.map_err(|error| format!("{}: {error}", path.display()))?;
        if line.trim().is_empty() {
            continue;
        }
        let line = whole_characters(&line);
        let result = serde_json::from_str::<Value>(&line).map_err(|error| error.to_string());
        let id = result.as_ref().ok().and_then(|row| row["id"].as_str().map(str::to_owned));
        match result.and_then(|row| checker(&row, &Place { line: &line, directory })) {
            Ok(()) => report.passed += 1,
            Err(why) => {
                report.failed += 1;
                if report.failures.len() < SHOWN {
                    report.failures.push(format!("{}: {why}", id.unwrap_or_else(|| format!("line {}", number + 1))));
                }
            }
        }
    }
    if report.passed + report.failed == 0 {
        report.failed = 1;
        report.failures.push("the file has no rows".to_owned());
    }
    Ok(report)
}

/// A row with halves of characters, which JavaScript can have in a text, as replacement characters.
fn whole_characters(line: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = line.get(at..).and_then(|rest| rest.find('\\')) {
        let escape = at + found;
        at = match (unit(line, escape), unit(line, escape + 6)) {
            (Some(0xD800..0xDC00), Some(0xDC00..0xE000)) => escape + 12,
            (Some(0xD800..0xE000), _) => {
                out.push_str(line.get(copied..escape).unwrap_or_default());
                out.push_str("\\ufffd");
                copied = escape + 6;
                copied
            }
            // What follows may be a backslash.
            _ => escape + 2,
        };
    }
    if copied == 0 {
        return Cow::Borrowed(line);
    }
    out.push_str(line.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

/// The escape `\uXXXX` at a place.
fn unit(line: &str, at: usize) -> Option<u16> {
    let digits = line.get(at..at + 6)?.strip_prefix("\\u")?;
    u16::from_str_radix(digits, 16).ok()
}

/// Whether two values are the same, and where they are not.
fn same(what: &str, ours: &Value, theirs: &Value) -> Result<(), String> {
    let mut place = what.to_owned();
    match difference(&mut place, ours, theirs) {
        None => Ok(()),
        Some((ours, theirs)) => Err(format!("{place} is {}, not {}", short(&ours), short(&theirs))),
    }
}

fn difference(place: &mut String, ours: &Value, theirs: &Value) -> Option<(Value, Value)> {
    let length = place.len();
    let nothing = Value::String("(absent)".to_owned());
    match (ours, theirs) {
        (Value::Number(one), Value::Number(other)) if one.as_f64() == other.as_f64() => return None,
        (Value::Object(one), Value::Object(other)) => {
            for name in one.keys().chain(other.keys().filter(|name| !one.contains_key(*name))) {
                let _ = write!(place, ".{name}");
                let (one, other) = (one.get(name).unwrap_or(&nothing), other.get(name).unwrap_or(&nothing));
                if let Some(found) = difference(place, one, other) {
                    return Some(found);
                }
                place.truncate(length);
            }
            return None;
        }
        (Value::Array(one), Value::Array(other)) => {
            for index in 0..one.len().max(other.len()) {
                let _ = write!(place, "[{index}]");
                let (one, other) = (one.get(index).unwrap_or(&nothing), other.get(index).unwrap_or(&nothing));
                if let Some(found) = difference(place, one, other) {
                    return Some(found);
                }
                place.truncate(length);
            }
            return None;
        }
        _ if ours == theirs => return None,
        _ => {}
    }
    Some((ours.clone(), theirs.clone()))
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    let end = text.char_indices().nth(160).map_or(text.len(), |(index, _)| index);
    if end < text.len() { format!("{}...", text.get(..end).unwrap_or_default()) } else { text }
}
