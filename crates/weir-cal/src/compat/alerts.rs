//! What the reference's alert adapters send and print.

use std::fmt::Write as _;

use crate::compat::{Json, js};

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
    fn fields(&self) -> Vec<(&str, String)> {
        match self.metadata {
            Some(Json::Object(members)) => {
                members.iter().map(|(name, value)| (name.as_str(), value.to_text())).collect()
            }
            _ => Vec::new(),
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
            _ => "\u{1F514}",
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
        let mut members = indexmap::IndexMap::new();
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
            _ => "#cccccc",
        };
        let field = |(title, value): (&str, String)| {
            Json::object([("title", title.into()), ("value", value.into()), ("short", true.into())])
        };
        let seconds = self.timestamp.parse::<jiff::Timestamp>().map_or(f64::NAN, |time| time.as_second() as f64);
        let attachment = || {
            Json::object([
                ("color", color.into()),
                ("fields", self.fields().into_iter().map(field).collect::<Vec<_>>().into()),
                ("ts", seconds.into()),
            ])
        };
        let attachments: Vec<Json> = self.metadata.map(|_| attachment()).into_iter().collect();
        let text = format!("*{}*: {}", self.kind.to_uppercase(), self.message);
        Json::object([("text", text.into()), ("attachments", attachments.into())])
    }

    fn discord(&self) -> Json {
        let color = match self.kind {
            "critical" => 0xFF_0000,
            "warning" => 0xFF_A500,
            "info" => 0x34_98DB,
            "success" => 0x00_FF00,
            "alert" => 0x9B_59B6,
            _ => 0xCC_CCCC,
        };
        let field = |(name, value): (&str, String)| {
            Json::object([("name", name.into()), ("value", value.into()), ("inline", true.into())])
        };
        let embed = Json::object([
            ("title", format!("\u{1FAB6} {}", self.kind.to_uppercase()).into()),
            ("description", self.message.into()),
            ("color", f64::from(color).into()),
            ("fields", self.fields().into_iter().map(field).collect::<Vec<_>>().into()),
            ("timestamp", self.timestamp.into()),
        ]);
        Json::object([("embeds", vec![embed].into())])
    }
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
