//! Entries in JSON settings of the layout that most clients share: `hooks.EVENT[].hooks[]`.

use std::path::PathBuf;

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstArray, CstInputValue, CstObject, CstObjectProp, CstRootNode};
use serde_json::Value;

use super::{InstallError, Presence, command, is_void};

/// A settings file, and what Weir needs in it.
#[derive(Debug, Clone)]
pub struct JsonSettings {
    pub(crate) path: PathBuf,
    pub(crate) agent: &'static str,
    /// The client reads plain JSON only: a file with comments switches everything in it off.
    pub(crate) strict: bool,
    pub(crate) mode: Option<u32>,
    pub(crate) groups: Vec<Group>,
    /// Settings with their values; each a path of keys.
    pub(crate) settings: Vec<(&'static [&'static str], Value)>,
    pub(crate) why: &'static str,
}

/// The handler of one event; it gets a group of its own, without a matcher, so that it sees every tool.
#[derive(Debug, Clone)]
pub struct Group {
    pub(crate) event: String,
    pub(crate) handler: Value,
}

/// A whole file of JSON.
pub(crate) fn pretty(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

impl JsonSettings {
    pub(super) fn add(&self, text: Option<&str>) -> Result<String, InstallError> {
        let text = text.filter(|text| !text.trim().is_empty()).unwrap_or("{\n}\n");
        let (mark, body) = split_mark(text);
        let root = self.parse(body)?;
        let object = root.object_value().ok_or_else(|| self.shape("is not a JSON object"))?;
        for (keys, value) in &self.settings {
            self.set(&object, keys, value)?;
        }
        unique(&object, "hooks").map_err(|()| self.twice("hooks"))?;
        let hooks = object.object_value_or_create("hooks").ok_or_else(|| self.shape("`hooks` is not an object"))?;
        for group in &self.groups {
            unique(&hooks, &group.event).map_err(|()| self.twice(&group.event))?;
            let array = hooks
                .array_value_or_create(&group.event)
                .ok_or_else(|| self.shape(&format!("`hooks.{}` is not a list", group.event)))?;
            let handlers = CstInputValue::Array(vec![input(&group.handler)]);
            array.append(CstInputValue::Object(vec![("hooks".to_owned(), handlers)]));
        }
        Ok(format!("{mark}{root}"))
    }

    pub(super) fn remove(&self, text: &str) -> Result<Option<String>, InstallError> {
        if is_void(text) {
            return Ok(Some(text.to_owned()));
        }
        let (mark, body) = split_mark(text);
        let root = self.parse(body)?;
        let Some(object) = root.object_value() else {
            return Ok(Some(text.to_owned()));
        };
        let mut found = false;
        if let Some(hooks) = object.object_value("hooks") {
            for property in hooks.properties() {
                let Some(events) = property.array_value() else {
                    continue;
                };
                let here = self.remove_from(&events);
                found |= here;
                if here && events.elements().is_empty() {
                    property.remove();
                }
            }
            if found
                && hooks.properties().is_empty()
                && let Some(property) = object.get("hooks")
            {
                property.remove();
            }
        }
        if !found {
            return Ok(Some(text.to_owned()));
        }
        for (keys, value) in &self.settings {
            unset(&object, keys, value);
        }
        Ok(Some(format!("{mark}{root}")))
    }

    fn set(&self, object: &CstObject, keys: &[&str], value: &Value) -> Result<(), InstallError> {
        let Some((key, rest)) = keys.split_first() else { return Ok(()) };
        let property = unique(object, key).map_err(|()| self.twice(key))?;
        if !rest.is_empty() {
            let inner =
                object.object_value_or_create(key).ok_or_else(|| self.shape(&format!("`{key}` is not an object")))?;
            return self.set(&inner, rest, value);
        }
        match property {
            Some(property) if holds(&property, value) => {}
            Some(property) => property.set_value(input(value)),
            None => drop(object.append(key, input(value))),
        }
        Ok(())
    }

    fn remove_from(&self, events: &CstArray) -> bool {
        let mut found = false;
        for element in events.elements() {
            let Some(group) = element.as_object() else {
                continue;
            };
            let Some(handlers) = group.array_value("hooks") else {
                continue;
            };
            let mut here = false;
            for handler in handlers.elements() {
                if handler.to_serde_value().is_some_and(|value| command::is_ours(&value, self.agent)) {
                    handler.remove();
                    here = true;
                }
            }
            if here && handlers.elements().is_empty() {
                group.remove();
            }
            found |= here;
        }
        found
    }

    pub(super) fn presence(&self, text: &str) -> Presence {
        let differs = |what: &str| Presence::Differs(format!("`{}`: {what}", self.path.display()));
        let value =
            if self.strict { serde_json::from_str::<Value>(split_mark(text).1).ok() } else { super::look::parse(text) };
        let Some(value) = value else {
            // Weir's own marks in a file that the client cannot read are worth a word.
            return if text.contains(command::MARKER) || text.contains("\"hook\"") {
                differs("the client cannot read this file, so no hook in it runs")
            } else {
                Presence::Absent
            };
        };
        let handlers = |event: &str| {
            value
                .pointer(&format!("/hooks/{event}"))
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter(|group| matches!(group.get("matcher").and_then(Value::as_str), None | Some("" | "*")))
                .filter_map(|group| group.get("hooks")?.as_array())
                .flatten()
                .filter(|handler| command::is_ours(handler, self.agent))
                .cloned()
                .collect::<Vec<_>>()
        };
        let mut ours = 0;
        let mut exact = true;
        for group in &self.groups {
            let found = handlers(&group.event);
            ours += found.len();
            exact &= found.len() == 1 && found.first() == Some(&group.handler);
        }
        exact &= self.settings.iter().all(|(keys, wanted)| {
            let found = keys.iter().try_fold(&value, |value, key| value.get(key));
            found == Some(wanted)
        });
        match (exact, ours) {
            (true, _) => Presence::Exact,
            (false, 0) => Presence::Absent,
            (false, _) => differs("Weir's hooks are not what this version installs; run `weir init` again"),
        }
    }

    fn parse(&self, text: &str) -> Result<CstRootNode, InstallError> {
        let options = ParseOptions {
            allow_comments: !self.strict,
            allow_trailing_commas: !self.strict,
            allow_loose_object_property_names: false,
            allow_missing_commas: false,
            allow_single_quoted_strings: false,
            allow_hexadecimal_numbers: false,
            allow_unary_plus_numbers: false,
            allow_bare_decimal_point_numbers: false,
            allow_non_finite_numbers: false,
            allow_extended_string_escapes: false,
        };
        if self.strict && !text.trim().is_empty() {
            // The tree keeps comments whatever the options say.
            serde_json::from_str::<serde::de::IgnoredAny>(text).map_err(|error| InstallError::Syntax {
                path: self.path.clone(),
                line: error.line(),
                what: error.to_string(),
            })?;
        }
        CstRootNode::parse(text, &options).map_err(|error| InstallError::Syntax {
            path: self.path.clone(),
            line: error.line_display(),
            what: error.kind().to_string(),
        })
    }

    fn shape(&self, what: &str) -> InstallError {
        InstallError::Shape { path: self.path.clone(), what: what.to_owned() }
    }

    fn twice(&self, key: &str) -> InstallError {
        self.shape(&format!("`{key}` is there twice, and only the last one counts"))
    }
}

/// The only property called `key`; an error where there are several, because clients take the last one.
fn unique(object: &CstObject, key: &str) -> Result<Option<CstObjectProp>, ()> {
    let named = |property: &CstObjectProp| property.decoded_name().as_deref() == Some(key);
    let mut found = object.properties().into_iter().filter(named);
    match (found.next(), found.next()) {
        (first, None) => Ok(first),
        _ => Err(()),
    }
}

/// Takes a setting away where it has this value, and what holds it if nothing else is in there.
fn unset(object: &CstObject, keys: &[&str], value: &Value) {
    let Some((key, rest)) = keys.split_first() else { return };
    let Some(property) = object.get(key) else { return };
    if rest.is_empty() {
        if holds(&property, value) {
            property.remove();
        }
    } else if let Some(inner) = property.object_value() {
        unset(&inner, rest, value);
        if inner.properties().is_empty() {
            property.remove();
        }
    }
}

/// True where the property has this value.
fn holds(property: &CstObjectProp, value: &Value) -> bool {
    property.value().and_then(|old| old.to_serde_value()).as_ref() == Some(value)
}

/// A byte order mark, and the rest.
fn split_mark(text: &str) -> (&str, &str) {
    text.strip_prefix('\u{feff}').map_or(("", text), |rest| ("\u{feff}", rest))
}

fn input(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(bool) => CstInputValue::Bool(*bool),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(values) => CstInputValue::Array(values.iter().map(input).collect()),
        Value::Object(map) => {
            CstInputValue::Object(map.iter().map(|(key, value)| (key.clone(), input(value))).collect())
        }
    }
}
