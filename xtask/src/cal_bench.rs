//! Figures of CAL: parsing, a million entities from NDJSON and SQLite, and the whole process.
//!
//! Each case runs beside a baseline in the same run, in turn, so that a noisy machine is noisy for both; the medians and
//! their ratio are printed. Each case is a process of its own, because the largest resident set is of a whole process.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use weir_cal::report::{Document, Format};
use weir_cal::run::{Environment, Publisher};
use weir_cal::{run, source, syntax};

use crate::bench::{cargo, median, target_dir};

const ENTITIES: u64 = 1_000_000;
const FOUNDING: &str = include_str!("../../incidents/guardrail-gap/gap.cal");
const ANALYSIS: &str = "FORAGE entities WHERE events > 8 AND adoption_pct > 85 AND golden_pct < 30 AND compromised = true \
                        ACROSS D1, D2, D3, D4, D5, D6 SURFACE found\nDRIFT found METHODOLOGY 85 PERFORMANCE 35\n\
                        FETCH found CONFIDENCE 88";

pub(crate) const HELP: &str =
    "  cal-bench       time CAL beside a baseline: parsing, a million entities, the whole process
";

/// Builds what is measured, makes the data, and starts each case in a process of its own.
pub(crate) fn run() -> Result<(), String> {
    for package in ["xtask", "weir"] {
        cargo(&["build", "--release", "--locked", "--package", package])?;
    }
    let release = target_dir()?.join("release");
    let scratch = tempfile::Builder::new().prefix("weir-cal-bench-").tempdir().map_err(|error| error.to_string())?;
    println!("making {ENTITIES} entities in {}", scratch.path().display());
    make_entities(scratch.path())?;
    println!("\n{:<44} {:>12} {:>12} {:>8} {:>9}", "case", "median", "baseline", "ratio", "RSS");
    for case in ["parse", "parse-1mb", "ndjson", "sqlite", "process"] {
        let status = Command::new(release.join("xtask"))
            .args(["cal-bench-one", case])
            .arg(scratch.path())
            .arg(release.join("weir"))
            .status()
            .map_err(|error| error.to_string())?;
        if !status.success() {
            return Err(format!("the case `{case}` failed"));
        }
    }
    Ok(())
}

/// Runs one case: its name, the directory of the data, the program.
pub(crate) fn run_one(args: &[String]) -> Result<(), String> {
    let [case, data, weir] = args else {
        return Err("cal-bench-one wants a case, a directory and a program".to_owned());
    };
    let data = Path::new(data);
    match case.as_str() {
        "parse" => {
            let json = serde_json::Value::String(FOUNDING.to_owned()).to_string();
            compare(
                "parse the founding script",
                "serde_json, one text",
                2_000,
                || parse(FOUNDING),
                || json_value(&json),
            )
        }
        "parse-1mb" => {
            let script = FOUNDING.repeat((1 << 20) / FOUNDING.len() + 1);
            let json = format!("[{}1]", "{\"target\":\"x\",\"filters\":[1,2]},".repeat((1 << 20) / 31));
            compare("parse 1 MB of CAL", "serde_json, 1 MB", 20, || parse(&script), || json_value(&json))
        }
        "ndjson" => {
            let file = data.join("ndjson");
            let name = "1,000,000 entities from NDJSON";
            compare(name, "serde_json values", 3, || analyze(&file), || count_lines(&file.join("entities.ndjson")))
        }
        "sqlite" => {
            let file = data.join("entities.db");
            compare("1,000,000 entities from SQLite", "the same SELECT", 5, || analyze(&file), || count_rows(&file))
        }
        "process" => {
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../incidents/guardrail-gap/gap.cal");
            let own = || start(Command::new(weir).args(["cal", "run"]).arg(&script));
            compare("`weir cal run gap.cal`, whole process", "/bin/true", 100, own, || {
                start(&mut Command::new("/bin/true"))
            })
        }
        _ => Err(format!("no case `{case}`")),
    }
}

/// Runs both in turn and prints the medians.
fn compare(
    name: &str,
    baseline_name: &str,
    rounds: usize,
    mut case: impl FnMut() -> Result<(), String>,
    mut baseline: impl FnMut() -> Result<(), String>,
) -> Result<(), String> {
    let (mut own, mut other) = (Vec::new(), Vec::new());
    let timed = |what: &mut dyn FnMut() -> Result<(), String>| {
        let start = Instant::now();
        what().map(|()| start.elapsed())
    };
    own.push(timed(&mut case)?);
    // Taken before the baseline has run: the largest resident set never shrinks.
    let resident = getrusage(UsageWho::RUSAGE_SELF).map_err(|error| error.to_string())?.max_rss() / 1024;
    other.push(timed(&mut baseline)?);
    for _ in 1..rounds {
        own.push(timed(&mut case)?);
        other.push(timed(&mut baseline)?);
    }
    let (own, other) = (median(own).unwrap_or_default(), median(other).unwrap_or_default());
    let ratio = own.as_secs_f64() / other.as_secs_f64();
    println!("{name:<44} {:>12} {:>12} {ratio:>8.2} {resident:>6} MB   ({baseline_name})", shown(own), shown(other));
    Ok(())
}

fn shown(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    if micros < 1_000.0 { format!("{micros:.2} us") } else { format!("{:.2} ms", micros / 1e3) }
}

fn parse(script: &str) -> Result<(), String> {
    let parsed = syntax::parse(std::hint::black_box(script));
    if parsed.diagnostics.is_empty() { Ok(()) } else { Err("the script has errors".to_owned()) }
}

fn json_value(text: &str) -> Result<(), String> {
    serde_json::from_str::<serde_json::Value>(std::hint::black_box(text)).map(drop).map_err(|error| error.to_string())
}

struct Discard;

impl Publisher for Discard {
    fn publish(&mut self, _: &Document<'_>, _: Format, _: Option<&str>) -> Result<Option<String>, String> {
        Ok(None)
    }
}

fn analyze(data: &Path) -> Result<(), String> {
    let source = source::open(data).map_err(|error| error.to_string())?;
    let parsed = syntax::parse(ANALYSIS);
    let mut environment = Environment {
        source: source.as_ref(),
        now: jiff::Timestamp::UNIX_EPOCH,
        sinks: &mut [],
        publisher: &mut Discard,
        deadline: None,
        script_name: None,
    };
    let outcome = run::run(&parsed.script, ANALYSIS, &mut environment).map_err(|error| error.to_string())?;
    if outcome.success { Ok(()) } else { Err(outcome.error.unwrap_or_default()) }
}

fn count_lines(file: &Path) -> Result<(), String> {
    let file = BufReader::new(File::open(file).map_err(|error| error.to_string())?);
    let mut found = 0_u64;
    for line in file.lines() {
        let line = line.map_err(|error| error.to_string())?;
        let value: serde_json::Value = serde_json::from_str(&line).map_err(|error| error.to_string())?;
        found += u64::from(value.get("events").and_then(serde_json::Value::as_u64) > Some(8));
    }
    std::hint::black_box(found);
    Ok(())
}

fn count_rows(file: &Path) -> Result<(), String> {
    let connection = rusqlite::Connection::open(file).map_err(|error| error.to_string())?;
    let select = "SELECT count(*), avg(D1 + D2 + D3 + D4 + D5 + D6) FROM entities \
                  WHERE events > 8 AND adoption_pct > 85 AND golden_pct < 30 AND compromised";
    connection.query_row(select, [], |row| row.get::<_, i64>(0)).map(drop).map_err(|error| error.to_string())
}

fn start(command: &mut Command) -> Result<(), String> {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().map_err(|error| error.to_string())?;
    if status.success() { Ok(()) } else { Err("the program failed".to_owned()) }
}

/// The same entities as NDJSON and as a table. About one in seventy matches.
fn make_entities(dir: &Path) -> Result<(), String> {
    let io = |error: std::io::Error| error.to_string();
    let sql = |error: rusqlite::Error| error.to_string();
    fs::create_dir(dir.join("ndjson")).map_err(io)?;
    let mut lines = BufWriter::new(File::create(dir.join("ndjson/entities.ndjson")).map_err(io)?);
    let mut database = rusqlite::Connection::open(dir.join("entities.db")).map_err(sql)?;
    let table = "CREATE TABLE entities (id TEXT, name TEXT, events INTEGER, adoption_pct INTEGER, golden_pct INTEGER, \
                 compromised BOOLEAN, D1 INTEGER, D2 INTEGER, D3 INTEGER, D4 INTEGER, D5 INTEGER, D6 INTEGER)";
    database.execute_batch(table).map_err(sql)?;
    let transaction = database.transaction().map_err(sql)?;
    {
        let insert = "INSERT INTO entities VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
        let mut insert = transaction.prepare(insert).map_err(sql)?;
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut next = |below: u64| -> u32 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            u32::try_from(state % below).unwrap_or_default()
        };
        for number in 0..ENTITIES {
            let (id, name) = (format!("e{number:07}"), format!("Service number {number} of the delivery pipeline"));
            let (events, adoption, golden, bad) = (next(20), next(101), next(101), next(2) == 1);
            let scores: [u32; 6] = std::array::from_fn(|_| next(101));
            let [d1, d2, d3, d4, d5, d6] = scores;
            writeln!(
                lines,
                r#"{{"id":"{id}","name":"{name}","type":"service","owner":{{"team":"t{}","pager":"p{}"}},"description":"an entity as an export would have it, with more text than anybody asks for","events":{events},"adoption_pct":{adoption},"golden_pct":{golden},"compromised":{bad},"D1":{d1},"D2":{d2},"D3":{d3},"D4":{d4},"D5":{d5},"D6":{d6}}}"#,
                number % 97,
                number % 31
            )
            .map_err(io)?;
            insert
                .execute(rusqlite::params![id, name, events, adoption, golden, bad, d1, d2, d3, d4, d5, d6])
                .map_err(sql)?;
        }
    }
    transaction.commit().map_err(sql)?;
    lines.flush().map_err(io)
}
