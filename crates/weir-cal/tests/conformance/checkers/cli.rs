//! Command lines of the reference, in the directory `fixtures`: the code, the screen, the file of results, the file of
//! alerts.
//!
//! Two things are not the reference's on purpose. After a failed execution it ends with 0 and this with 2: here the
//! result must then say that it failed. And its help, its version and its files for a new project are its own: of
//! those only the code is compared.

use std::{collections::BTreeMap, fs, io, path::PathBuf};

use serde_json::Value;
use weir_cal::compat::cli::{Files, Invoked, invoke};

use super::{Place, same};

pub(super) fn invoked(row: &Value, place: &Place<'_>) -> Result<(), String> {
    let args: Vec<&str> =
        row["args"].as_array().ok_or("the row has no arguments")?.iter().filter_map(Value::as_str).collect();
    let mut desk = Desk { fixtures: place.directory.join("fixtures"), written: BTreeMap::new() };
    let Invoked { code, stdout, stderr } = invoke(&args, &mut desk, "<ts>", "<id>");
    let own = args.is_empty() || ["help", "version", "init"].iter().any(|command| args.contains(command));
    let theirs = row["rc"].as_u64().ok_or("the row has no code")?;
    let failed = code == 2 && theirs == 0;
    if !failed {
        same("rc", &code.into(), &theirs.into())?;
    }
    if own {
        return Ok(());
    }
    same("stdout", &stdout.into(), &row["stdout"])?;
    same("stderr", &stderr.into(), &row["stderr"])?;
    let output = desk.written.remove("OUT").map(|text| serde_json::from_str::<Value>(&text)).transpose();
    let output = output.map_err(|error| error.to_string())?.unwrap_or_default();
    same("output_file", &output, row.get("output_file").unwrap_or(&Value::Null))?;
    let success = row.pointer("/output_file/success");
    if failed && success.is_some_and(|success| *success != Value::Bool(false)) {
        return Err("it did not fail".to_owned());
    }
    same("alert_file", &desk.written.remove("ALERT").into(), row.get("alert_file").unwrap_or(&Value::Null))
}

/// Reads the fixtures and keeps what is written.
struct Desk {
    fixtures: PathBuf,
    written: BTreeMap<String, String>,
}

impl Files for Desk {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        fs::read(self.fixtures.join(path))
    }

    fn write(&mut self, path: &str, text: &str) -> io::Result<()> {
        self.written.insert(path.to_owned(), text.to_owned());
        Ok(())
    }

    fn append(&mut self, path: &str, text: &str) -> io::Result<()> {
        self.written.entry(path.to_owned()).or_default().push_str(text);
        Ok(())
    }
}
