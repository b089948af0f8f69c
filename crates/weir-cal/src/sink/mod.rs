//! Where alerts go.

mod console;
mod file;
mod payload;
mod webhook;

use std::time::Instant;

use crate::outcome::{Alert, Delivery};

/// A receiver of alerts.
pub trait Sink {
    /// The name for people, such as `console` or `webhook https://example.com/…`. Never a whole address: it holds a
    /// secret.
    fn name(&self) -> String;

    /// Sends one alert; returns when it has arrived or was given up. Never panics: a failure is in the [`Delivery`].
    fn send(&mut self, alert: &Alert) -> Delivery;

    /// Alerts that have not arrived by then are given up. A receiver that does not wait has nothing to do.
    fn give_up_at(&mut self, _deadline: Instant) {}
}

/// A receiver cannot be made from its description. The messages never have an address in them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SinkError {
    /// No kind of receiver has this name.
    #[error("no sink `{0}`: use console, file:PATH, webhook:URL, slack:URL or discord:URL")]
    Unknown(String),
    /// A file without a name.
    #[error("`file:` needs a path, as in `file:alerts.jsonl`")]
    NoPath,
    /// An address that cannot be used.
    #[error("the address of `{kind}:` {reason}")]
    Address {
        /// The kind of receiver.
        kind: &'static str,
        /// What is wrong, without the address.
        reason: &'static str,
    },
}

/// Makes a receiver from `console`, `file:PATH`, `webhook:URL`, `slack:URL` or `discord:URL`. Opens and sends nothing.
///
/// - `console` is standard error, one line for each alert.
/// - `file:` appends one line of JSON for each alert and waits until it is on the disk.
/// - `webhook:` posts the same JSON; `slack:` and `discord:` post what these services expect. A busy or failing server
///   (429, 5xx) and a failing connection are tried again, up to four times and thirty seconds.
///
/// # Errors
///
/// See [`SinkError`].
pub fn parse(spec: &str) -> Result<Box<dyn Sink>, SinkError> {
    let (kind, rest) = spec.split_once(':').map_or((spec, None), |(kind, rest)| (kind, Some(rest)));
    match (kind, rest) {
        ("console", None | Some("")) => Ok(Box::new(console::Console::stderr())),
        ("file", None | Some("")) => Err(SinkError::NoPath),
        ("file", Some(path)) => Ok(Box::new(file::File::new(path))),
        ("webhook", address) => webhook(payload::Shape::Generic, address),
        ("slack", address) => webhook(payload::Shape::Slack, address),
        ("discord", address) => webhook(payload::Shape::Discord, address),
        // Without its kind this may be an address with a secret: only what stands before it is repeated.
        _ => Err(SinkError::Unknown(kind.split('/').next().unwrap_or_default().chars().take(40).collect())),
    }
}

fn webhook(shape: payload::Shape, address: Option<&str>) -> Result<Box<dyn Sink>, SinkError> {
    Ok(Box::new(webhook::Webhook::new(shape, address.unwrap_or_default())?))
}

/// It arrived.
fn delivered(sink: String, attempts: u32) -> Delivery {
    Delivery { sink, delivered: true, attempts, error: None }
}

/// It did not.
fn failed(sink: String, attempts: u32, error: String) -> Delivery {
    Delivery { sink, delivered: false, attempts, error: Some(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An alert with what is awkward in it.
    pub(super) fn alert() -> Alert {
        Alert {
            r#type: "critical".to_owned(),
            level: "critical",
            message: "6/6 \"dimensions\" <!channel> & \u{e9}\n\u{1b}[31m".to_owned(),
            timestamp: "2026-04-15T12:34:56.789Z".to_owned(),
            cause: Some("guardrail_gap_fetch".to_owned()),
            deliveries: vec![],
        }
    }

    #[test]
    fn a_description_becomes_a_receiver() {
        let cases = [
            ("console", "console"),
            ("file:alerts.jsonl", "file alerts.jsonl"),
            ("webhook:https://Example.com/a/SECRET?key=SECRET", "webhook https://example.com/\u{2026}"),
            ("webhook:http://intranet:8080/SECRET", "webhook http://intranet:8080/\u{2026}"),
            ("slack:https://user:SECRET@hooks.example.com/SECRET", "slack https://hooks.example.com/\u{2026}"),
            ("discord:https://[::1]:9000/SECRET", "discord https://[::1]:9000/\u{2026}"),
            ("slack:http://127.0.0.1:1/SECRET", "slack http://127.0.0.1:1/\u{2026}"),
        ];
        for (spec, name) in cases {
            assert_eq!(parse(spec).map(|sink| sink.name()).unwrap(), name);
        }
    }

    #[test]
    fn what_is_no_receiver_is_refused_without_repeating_an_address() {
        let unknown = |name: &str| SinkError::Unknown(name.to_owned());
        let address = |kind, reason| SinkError::Address { kind, reason };
        let begin = "must be like https://example.com/path";
        let cases = [
            ("", unknown("")),
            ("https://example.com/SECRET", unknown("https")),
            ("example.com/SECRET", unknown("example.com")),
            ("pager:SECRET", unknown("pager")),
            ("file:", SinkError::NoPath),
            ("file", SinkError::NoPath),
            ("webhook", address("webhook", begin)),
            ("webhook:", address("webhook", begin)),
            ("slack:hooks.example.com/SECRET", address("slack", begin)),
            ("webhook:ftp://example.com/SECRET", address("webhook", begin)),
            ("webhook:https://", address("webhook", begin)),
            ("webhook:https:///SECRET", address("webhook", begin)),
            ("webhook:https://a b/SECRET", address("webhook", begin)),
            ("slack:http://example.com/SECRET", address("slack", "must begin with https://: it holds a secret")),
            (
                "discord:http://127.0.0.1.example.com/SECRET",
                address("discord", "must begin with https://: it holds a secret"),
            ),
        ];
        for (spec, expected) in cases {
            let error = parse(spec).map(|sink| sink.name()).unwrap_err();
            assert_eq!(error, expected, "{spec}");
            assert!(!error.to_string().contains("SECRET"));
        }
    }
}
