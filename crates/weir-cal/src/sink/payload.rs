//! What is sent for an alert.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use crate::outcome::Alert;

/// What a receiver expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Generic,
    Slack,
    Discord,
}

impl Shape {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Generic => "webhook",
            Self::Slack => "slack",
            Self::Discord => "discord",
        }
    }

    /// The body of a request.
    pub(super) fn body(self, alert: &Alert) -> String {
        match self {
            Self::Generic => generic(alert),
            Self::Slack => slack(alert),
            Self::Discord => discord(alert),
        }
    }
}

/// Both services refuse what is longer.
const LONGEST: usize = 3000;

/// An alert without what became of it.
#[derive(Serialize)]
struct Plain<'a> {
    timestamp: &'a str,
    r#type: &'a str,
    level: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'a str>,
}

/// One line of JSON.
pub(super) fn generic(alert: &Alert) -> String {
    let Alert { r#type, level, message, timestamp, cause, .. } = alert;
    let plain = Plain { timestamp, r#type, level, message, cause: cause.as_deref() };
    // Texts always serialize.
    serde_json::to_string(&plain).unwrap_or_default()
}

fn slack(alert: &Alert) -> String {
    let color = match alert.level {
        "critical" => "danger",
        "warning" => "warning",
        _ => "#36a64f",
    };
    // Three characters are markup: `<!channel>` would call everybody.
    let plain = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let title = plain(&cut(&alert.r#type, 100).to_uppercase());
    let fields: Vec<_> = alert
        .cause
        .iter()
        .map(|cause| json!({ "title": "Cause", "value": plain(&cut(cause, LONGEST)), "short": true }))
        .collect();
    let mut attachment = json!({ "color": color, "fields": fields });
    if let (Ok(moment), Some(members)) = (alert.timestamp.parse::<Timestamp>(), attachment.as_object_mut()) {
        members.insert("ts".to_owned(), moment.as_second().into());
    }
    let text = format!("*{title}*: {}", plain(&cut(&alert.message, LONGEST)));
    json!({ "text": text, "attachments": [attachment] }).to_string()
}

fn discord(alert: &Alert) -> String {
    let color = match alert.level {
        "critical" => 0x00ff_0000,
        "warning" => 0x00ff_a500,
        _ => 0x0034_98db,
    };
    let fields: Vec<_> =
        alert.cause.iter().map(|cause| json!({ "name": "Cause", "value": cut(cause, 1000), "inline": true })).collect();
    let mut embed = json!({
        "title": cut(&alert.r#type, 200).to_uppercase(),
        "description": cut(&alert.message, LONGEST),
        "color": color,
        "fields": fields,
    });
    if let (Ok(_), Some(members)) = (alert.timestamp.parse::<Timestamp>(), embed.as_object_mut()) {
        members.insert("timestamp".to_owned(), alert.timestamp.as_str().into());
    }
    json!({ "embeds": [embed], "allowed_mentions": { "parse": [] } }).to_string()
}

/// At most this many characters.
fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}\u{2026}", text.get(..end).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::tests::alert;

    #[test]
    fn each_service_gets_what_it_expects() {
        let generic = concat!(
            r#"{"timestamp":"2026-04-15T12:34:56.789Z","type":"critical","level":"critical","#,
            r#""message":"6/6 \"dimensions\" <!channel> & é\n\u001b[31m","cause":"guardrail_gap_fetch"}"#,
        );
        let slack = concat!(
            r#"{"attachments":[{"color":"danger","fields":[{"short":true,"title":"Cause","value":"guardrail_gap_fetch"}],"#,
            r#""ts":1776256496}],"text":"*CRITICAL*: 6/6 \"dimensions\" &lt;!channel&gt; &amp; é\n\u001b[31m"}"#,
        );
        let discord = concat!(
            r#"{"allowed_mentions":{"parse":[]},"embeds":[{"color":16711680,"#,
            r#""description":"6/6 \"dimensions\" <!channel> & é\n\u001b[31m","#,
            r#""fields":[{"inline":true,"name":"Cause","value":"guardrail_gap_fetch"}],"#,
            r#""timestamp":"2026-04-15T12:34:56.789Z","title":"CRITICAL"}]}"#,
        );
        let cases = [(Shape::Generic, generic), (Shape::Slack, slack), (Shape::Discord, discord)];
        for (shape, body) in cases {
            // The order of members is not part of a payload, and depends on who else uses the JSON library.
            let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
            assert_eq!(read(&shape.body(&alert())), read(body));
        }
    }

    #[test]
    fn every_level_has_its_color_and_no_text_is_too_long() {
        let levels =
            [("critical", "danger", 16_711_680), ("warning", "warning", 16_753_920), ("info", "#36a64f", 3_447_003)];
        for (level, slack, discord) in levels {
            let long = "\u{1f426}".repeat(5000);
            let alert = Alert { level, message: long.clone(), r#type: long.clone(), cause: Some(long), ..alert() };
            let read = |shape: Shape| serde_json::from_str::<serde_json::Value>(&shape.body(&alert)).unwrap();
            assert_eq!(read(Shape::Slack)["attachments"][0]["color"], slack);
            let embed = &read(Shape::Discord)["embeds"][0];
            assert_eq!(embed["color"], discord);
            let length = |value: &serde_json::Value| value.as_str().unwrap().chars().count();
            assert_eq!((length(&embed["title"]), length(&embed["description"])), (201, 3001));
            assert_eq!(length(&embed["fields"][0]["value"]), 1001);
        }
    }

    #[test]
    fn a_moment_that_is_none_is_left_out() {
        let alert = Alert { timestamp: "yesterday".to_owned(), cause: None, ..alert() };
        assert!(!slack(&alert).contains("\"ts\"") && !discord(&alert).contains("yesterday"));
    }
}
