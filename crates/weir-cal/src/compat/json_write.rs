//! `JSON.stringify`.

use std::fmt::Write as _;

use crate::compat::{Json, js};

impl Json {
    /// On one line, as `JSON.stringify(value)`.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        write(self, None, &mut text);
        text
    }

    /// On many lines, as `JSON.stringify(value, null, 2)`.
    #[must_use]
    pub fn to_lines(&self) -> String {
        let mut text = String::new();
        write(self, Some(0), &mut text);
        text
    }
}

fn write(value: &Json, depth: Option<usize>, text: &mut String) {
    match value {
        Json::Null => text.push_str("null"),
        Json::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Json::Number(value) if value.is_finite() => text.push_str(&js::number_text(*value)),
        Json::Number(_) => text.push_str("null"),
        Json::String(value) => quoted(value, text),
        Json::Array(items) => {
            block(['[', ']'], items.iter(), depth, text, write);
        }
        Json::Object(members) => {
            block(['{', '}'], members.iter(), depth, text, |(name, value), inner, text| {
                quoted(name, text);
                text.push_str(if inner.is_some() { ": " } else { ":" });
                write(value, inner, text);
            });
        }
    }
}

fn block<T>(
    [open, close]: [char; 2],
    items: impl ExactSizeIterator<Item = T>,
    depth: Option<usize>,
    text: &mut String,
    one: impl Fn(T, Option<usize>, &mut String),
) {
    let inner = depth.map(|depth| depth + 1);
    let line = |depth: Option<usize>, text: &mut String| {
        if let Some(depth) = depth {
            text.push('\n');
            text.extend(std::iter::repeat_n("  ", depth));
        }
    };
    let empty = items.len() == 0;
    text.push(open);
    for (index, item) in items.enumerate() {
        if index > 0 {
            text.push(',');
        }
        line(inner, text);
        one(item, inner, text);
    }
    if !empty {
        line(depth, text);
    }
    text.push(close);
}

fn quoted(value: &str, text: &mut String) {
    text.push('"');
    for character in value.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{8}' => text.push_str("\\b"),
            '\u{C}' => text.push_str("\\f"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\0'..='\u{1F}' => {
                // Writing to a text cannot fail.
                let _ = write!(text, "\\u{:04x}", u32::from(character));
            }
            _ => text.push(character),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_javascript_writes_them() {
        let value =
            Json::parse(r#"{"a":[],"b":{},"c":[1e21,1e-7,-0,0.1,{"d":"\u0001\t\"\u2028é"}],"e":null}"#).unwrap();
        assert_eq!(
            value.to_text(),
            "{\"a\":[],\"b\":{},\"c\":[1e+21,1e-7,0,0.1,{\"d\":\"\\u0001\\t\\\"\u{2028}\u{E9}\"}],\"e\":null}"
        );
        assert_eq!(Json::object([("x", f64::NAN.into())]).to_text(), "{\"x\":null}");
        let value = Json::parse(r#"{"a":[1,[]],"b":{"c":true}}"#).unwrap();
        let lines = "{\n  \"a\": [\n    1,\n    []\n  ],\n  \"b\": {\n    \"c\": true\n  }\n}";
        assert_eq!(value.to_lines(), lines);
    }
}
