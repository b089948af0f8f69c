//! Running a script of the first edition: over our data, with our receivers of alerts, and with the reference's result.

use std::time::Instant;

use jiff::Timestamp;
use weir_cal::{
    compat::{self, Collections, Delivered, Entities, Json, Surroundings},
    outcome::{self, Alert},
    run::Environment,
    sink::Sink,
};

use crate::output::CliError;

/// What a run in the first edition gave.
pub(super) struct Result {
    /// As the reference has it.
    pub(super) result: Json,
    /// The execution failed, or an alert did not arrive.
    pub(super) failed: bool,
    /// A FETCH calls for EXECUTE.
    pub(super) executes: bool,
}

/// Runs a script that the first edition accepts.
pub(super) fn run(text: &str, environment: &mut Environment<'_>) -> std::result::Result<Result, CliError> {
    let parsed = compat::parse(text).map_err(|error| CliError::user(error.to_string()))?;
    // The reference counts in milliseconds.
    let now = Timestamp::from_millisecond(environment.now.as_millisecond()).unwrap_or(environment.now);
    let timestamp = format!("{now:.3}");
    let mut lost = false;
    let sinks = &mut *environment.sinks;
    let mut send = |alert: &Json| {
        let sent = send(sinks, alert, &timestamp);
        lost |= sent.is_err();
        sent
    };
    let collections = Timed { entities: Entities(environment.source), deadline: environment.deadline };
    let surroundings = Surroundings {
        collections: &collections,
        send: &mut send,
        timestamp: &timestamp,
        stamp: &now.as_millisecond().to_string(),
    };
    let result = compat::execute(&parsed, surroundings);
    let failed = result.get("success") != Some(&Json::Bool(true)) || lost;
    let executes = match result.get("outputs") {
        Some(Json::Object(outputs)) => outputs.values().any(|output| {
            output.get("fetchScore").is_some() && output.get("level").and_then(Json::as_str) == Some("EXECUTE")
        }),
        _ => false,
    };
    Ok(Result { result, failed, executes })
}

/// Collections that are read until a deadline.
struct Timed<'a> {
    entities: Entities<'a>,
    deadline: Option<Instant>,
}

impl Collections for Timed<'_> {
    fn entities(&self, name: &str) -> std::result::Result<Option<Vec<Json>>, String> {
        let read = self.entities.entities(name)?;
        match self.deadline {
            Some(deadline) if Instant::now() >= deadline => Err("the time is up".to_owned()),
            _ => Ok(read),
        }
    }
}

/// Sends an alert of the first edition to each receiver.
fn send(sinks: &mut [Box<dyn Sink>], alert: &Json, timestamp: &str) -> std::result::Result<Delivered, String> {
    let text = |name: &str| alert.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
    // The reference's own level: it knows the words in lower case only.
    let level = outcome::level(&text("level"));
    let alert = Alert { level, ..Alert::new(&text("type"), text("message"), timestamp.to_owned()) };
    // Each of them hears it, also where another one failed.
    let deliveries: Vec<_> = sinks.iter_mut().map(|sink| sink.send(&alert)).collect();
    if let Some(lost) = deliveries.into_iter().find(|delivery| !delivery.delivered) {
        return Err(format!("{}: {}", lost.sink, lost.error.unwrap_or_default()));
    }
    Ok(Delivered { channel: Some("console".to_owned()) })
}
