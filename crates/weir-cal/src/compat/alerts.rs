//! What the reference's alert adapters send and print.

use std::fmt::Write as _;

use indexmap::IndexMap;

use crate::compat::{
    Json, js,
    prototype::{Kind, Property, inherited},
};

/// An alert as an adapter takes it.
#[derive(Debug, Clone, Copy)]
pub struct Alert<'a> {
    /// `critical`, `warning`, `info`, `success`, `alert`, or a word of the author's own.
    pub kind: &'a str,
    /// What it says.
    pub message: &'a str,
    /// The moment, as `2026-04-15T12:34:56.789Z`.
    pub timestamp: &'a str,
    /// More, as an object.
    pub metadata: Option<&'a Json>,
}

impl Alert<'_> {
    /// The metadata, unless it counts as none.
    fn more(&self) -> Option<&Json> {
        self.metadata.filter(|metadata| js::truthy(metadata))
    }

    /// `Object.entries` of the metadata.
    fn fields(&self) -> Vec<(String, String)> {
        match self.more() {
            Some(Json::Object(members)) => {
                members.iter().map(|(name, value)| (name.clone(), value.to_text())).collect()
            }
            Some(Json::Array(items)) => {
                items.iter().enumerate().map(|(index, value)| (index.to_string(), value.to_text())).collect()
            }
            _ => Vec::new(),
        }
    }

    /// What the reference finds in a table that does not have the kind of the alert: what all objects have, else
    /// `otherwise`. A function is left out of a payload.
    fn unlisted(&self, otherwise: Json) -> Option<Json> {
        match inherited(Kind::Object, self.kind) {
            Property::Function { .. } => None,
            Property::Prototype(_) => Some(Json::Object(IndexMap::new())),
            _ => Some(otherwise),
        }
    }

    /// What stands on the console.
    #[must_use]
    pub fn console(&self) -> String {
        let icon = match self.kind {
            "critical" => "\u{1F6A8}",
            "warning" => "\u{26A0}\u{FE0F}",
            "info" => "\u{2139}\u{FE0F}",
            "success" => "\u{2705}",
            "alert" => "\u{1F514}",
            kind => match inherited(Kind::Object, kind).primitive() {
                Some(Json::String(found)) => &found.clone(),
                _ => "\u{1F514}",
            },
        };
        let (double, single) = ("\u{2550}".repeat(47), "\u{2500}".repeat(47));
        let mut text = format!("\n{icon} {double}\n");
        // Writing to a text cannot fail.
        let _ = writeln!(text, "   CHIRP: {}", self.kind.to_uppercase());
        let _ = writeln!(text, "   TIME: {}", self.timestamp);
        let _ = writeln!(text, "   {single}\n   {}", self.message);
        let fields = self.fields();
        if !fields.is_empty() {
            let _ = writeln!(text, "   {single}\n   METADATA:");
            for (name, value) in fields {
                let _ = writeln!(text, "   \u{2022} {name}: {value}");
            }
        }
        let _ = writeln!(text, "   {double}\n");
        text
    }

    /// The line of the log file.
    #[must_use]
    pub fn line(&self) -> String {
        let mut line = self.generic("timestamp", "type").to_text();
        line.push('\n');
        line
    }

    /// The generic payload of a webhook; `first` and `second` are the members in front.
    fn generic(&self, first: &str, second: &str) -> Json {
        let mut members = IndexMap::new();
        for name in [first, second, "type", "message", "timestamp"] {
            let value = match name {
                "type" => self.kind,
                "message" => self.message,
                _ => self.timestamp,
            };
            members.entry(name.to_owned()).or_insert_with(|| value.into());
        }
        members.extend(self.metadata.map(|metadata| ("metadata".to_owned(), metadata.clone())));
        Json::Object(members)
    }

    /// The payload of a webhook: `slack`, `discord`, or generic.
    #[must_use]
    pub fn payload(&self, format: &str) -> Json {
        match format {
            "slack" => self.slack(),
            "discord" => self.discord(),
            _ => self.generic("type", "message"),
        }
    }

    fn slack(&self) -> Json {
        let color = match self.kind {
            "critical" => "danger",
            "warning" => "warning",
            "info" => "#36a64f",
            "success" => "good",
            "alert" => "#764FA5",
            _ => "",
        };
        let color = if color.is_empty() { self.unlisted("#cccccc".into()) } else { Some(color.into()) };
        let field = |(title, value): (String, String)| {
            Json::object([("title", title.into()), ("value", value.into()), ("short", true.into())])
        };
        #[expect(clippy::cast_precision_loss, reason = "seconds of a calendar fit")]
        let seconds = self
            .timestamp
            .parse::<jiff::Timestamp>()
            .map_or(f64::NAN, |time| time.as_millisecond().div_euclid(1000) as f64);
        let attachment = || {
            object([
                ("color", color),
                ("fields", Some(self.fields().into_iter().map(field).collect::<Vec<_>>().into())),
                ("ts", Some(seconds.into())),
            ])
        };
        let attachments: Vec<Json> = self.more().map(|_| attachment()).into_iter().collect();
        let text = format!("*{}*: {}", self.kind.to_uppercase(), self.message);
        Json::object([("text", text.into()), ("attachments", attachments.into())])
    }

    fn discord(&self) -> Json {
        let color = match self.kind {
            "critical" => Some(0xFF_0000),
            "warning" => Some(0xFF_A500),
            "info" => Some(0x34_98DB),
            "success" => Some(0x00_FF00),
            "alert" => Some(0x9B_59B6),
            _ => None,
        };
        let color = match color {
            Some(color) => Some(f64::from(color).into()),
            None => self.unlisted(f64::from(0xCC_CCCC).into()),
        };
        let field = |(name, value): (String, String)| {
            Json::object([("name", name.into()), ("value", value.into()), ("inline", true.into())])
        };
        let embed = object([
            ("title", Some(format!("\u{1FAB6} {}", self.kind.to_uppercase()).into())),
            ("description", Some(self.message.into())),
            ("color", color),
            ("fields", Some(self.fields().into_iter().map(field).collect::<Vec<_>>().into())),
            ("timestamp", Some(self.timestamp.into())),
        ]);
        Json::object([("embeds", vec![embed].into())])
    }
}

/// An object of the members that there are.
fn object<const N: usize>(members: [(&str, Option<Json>); N]) -> Json {
    Json::Object(members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect())
}

/// Why `createAlertAdapter` refuses its settings; `None` where it does not.
#[must_use]
pub fn refused(settings: &Json) -> Option<String> {
    let given = |name: &str| settings.get(name).is_some_and(js::truthy);
    match settings.get("type").and_then(Json::as_str) {
        Some("console" | "json" | "multi") => None,
        Some("file") => (!given("filePath")).then(|| "filePath is required for file adapter".to_owned()),
        Some("webhook") => (!given("webhookUrl")).then(|| "webhookUrl is required for webhook adapter".to_owned()),
        _ => Some(format!("Unknown adapter type: {}", js::text(settings.get("type")).unwrap_or_default())),
    }
}

/// What a webhook's refusal is called.
#[must_use]
pub fn webhook_refused(status: u16, reason: &str) -> String {
    format!("Failed to send webhook alert: Webhook returned {status}: {reason}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert<'a>(kind: &'a str, metadata: Option<&'a Json>) -> Alert<'a> {
        Alert { kind, message: "m", timestamp: "1969-12-31T23:59:59.500Z", metadata }
    }

    /// As recorded from the reference.
    #[test]
    fn kinds_that_every_object_has_show_through() {
        let none = Json::Object(IndexMap::new());
        assert!(alert("constructor", None).console().starts_with("\nfunction Object() { [native code] } \u{2550}"));
        assert!(alert("__proto__", None).console().starts_with("\n[object Object] \u{2550}"));
        assert!(alert("zzz", None).console().starts_with("\n\u{1F514} \u{2550}"));
        let slack = |kind| alert(kind, Some(&none)).payload("slack").get("attachments").unwrap().to_text();
        assert_eq!(slack("toString"), r#"[{"fields":[],"ts":-1}]"#);
        assert_eq!(slack("__proto__"), r#"[{"color":{},"fields":[],"ts":-1}]"#);
        assert_eq!(slack("alert"), r##"[{"color":"#764FA5","fields":[],"ts":-1}]"##);
        let discord = |kind| alert(kind, None).payload("discord").to_text();
        assert!(discord("valueOf").contains(r#""description":"m","fields":[]"#));
        assert!(discord("zzz").contains(r#""color":13421772,"#));
    }

    #[test]
    fn metadata_that_counts_as_none_is_none() {
        let list = Json::parse(r#"["a",{"b":1}]"#).unwrap();
        assert!(alert("info", Some(&list)).console().contains("   \u{2022} 0: \"a\"\n   \u{2022} 1: {\"b\":1}\n"));
        for nothing in [Json::Null, false.into(), "".into(), 0.0.into()] {
            let alert = alert("info", Some(&nothing));
            assert!(!alert.console().contains("METADATA"));
            assert_eq!(alert.payload("slack").get("attachments"), Some(&Json::Array(Vec::new())));
            assert!(alert.line().contains(&format!(r#""metadata":{}"#, nothing.to_text())));
        }
    }
}
