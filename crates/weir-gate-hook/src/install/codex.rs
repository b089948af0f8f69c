//! Codex' TOML: the trust that makes it run a person's hooks, and the managed requirements.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

use super::{Group, InstallError, Presence, command, look};

/// The trust in Weir's hooks, in `config.toml`.
///
/// Codex runs a person's hook only if the hash of its definition is noted under the place of the hook.
#[derive(Debug, Clone)]
pub struct CodexTrust {
    pub(crate) path: PathBuf,
    /// The file of the hooks that are trusted, by every name under which Codex may know it.
    pub(crate) hooks: Vec<PathBuf>,
}

impl CodexTrust {
    /// The keys and hashes of Weir's hooks in `hooks.json`.
    fn entries(&self, hooks: Option<&str>) -> BTreeMap<String, String> {
        let mut entries = BTreeMap::new();
        let value = hooks.and_then(look::parse);
        let events = value.as_ref().and_then(|value| value.get("hooks")?.as_object());
        for (event, groups) in events.into_iter().flatten() {
            for (group_at, group) in groups.as_array().into_iter().flatten().enumerate() {
                let handlers = group.get("hooks").and_then(Value::as_array);
                for (handler_at, handler) in handlers.into_iter().flatten().enumerate() {
                    if command::is_ours(handler, "codex") {
                        let event = snake(event);
                        let hash = hash(&event, group.get("matcher").and_then(Value::as_str), handler);
                        for file in &self.hooks {
                            let key = format!("{}:{event}:{group_at}:{handler_at}", file.display());
                            entries.insert(key, hash.clone());
                        }
                    }
                }
            }
        }
        entries
    }

    pub(super) fn add(&self, text: Option<&str>, hooks: Option<&str>) -> Result<String, InstallError> {
        let old = text.unwrap_or_default();
        let entries = self.entries(hooks);
        let document = parse(&self.path, old)?;
        let mut out = old.to_owned();
        let newline = if old.contains("\r\n") { "\r\n" } else { "\n" };
        if entries.keys().any(|key| state(&document, key).is_some()) {
            // A hook that was there before: its place has another hash.
            out = without(&self.path, old, |key, _| entries.contains_key(key))?;
        }
        for (key, hash) in &entries {
            if !out.is_empty() {
                if !out.ends_with('\n') {
                    out.push_str(newline);
                }
                out.push_str(newline);
            }
            out.push_str(&format!("{}{newline}trusted_hash = \"{hash}\"{newline}", header(key)));
        }
        let there = |text: &str| matches!(self.presence(text, hooks), Presence::Exact);
        if there(&out) {
            return Ok(out);
        }
        // The file has `hooks` in a form that cannot be continued at its end (an inline table).
        let mut document = parse(&self.path, old)?;
        let shape = || InstallError::Shape { path: self.path.clone(), what: "`hooks.state` is not a table".to_owned() };
        for (key, hash) in &entries {
            let states = document
                .entry("hooks")
                .or_insert_with(|| Item::Table(Table::new()))
                .as_table_like_mut()
                .and_then(|hooks| hooks.entry("state").or_insert_with(|| Item::Table(Table::new())).as_table_like_mut())
                .ok_or_else(shape)?;
            let mut entry = toml_edit::InlineTable::new();
            entry.insert("trusted_hash", hash.as_str().into());
            states.insert(key, value(entry));
        }
        let out = document.to_string();
        if there(&out) { Ok(out) } else { Err(shape()) }
    }

    pub(super) fn remove(&self, text: &str, hooks: Option<&str>) -> Result<Option<String>, InstallError> {
        let entries = self.entries(hooks);
        let of_ours = |key: &str| self.hooks.iter().any(|file| key.starts_with(&format!("{}:", file.display())));
        // An entry of Weir's whose hook has moved since names another place, but has the same hash.
        let ours = |key: &str, hash: Option<&str>| {
            entries.contains_key(key)
                || (of_ours(key) && hash.is_some_and(|hash| entries.values().any(|ours| ours == hash)))
        };
        without(&self.path, text, ours).map(Some)
    }

    pub(super) fn presence(&self, text: &str, hooks: Option<&str>) -> Presence {
        let differs = |what: &str| Presence::Differs(format!("`{}`: {what}", self.path.display()));
        let entries = self.entries(hooks);
        let Ok(document) = text.parse::<DocumentMut>() else {
            return differs("is not valid TOML");
        };
        let mut found = 0;
        for (key, hash) in &entries {
            let Some(state) = state(&document, key) else {
                continue;
            };
            if state.get("enabled").and_then(Item::as_bool) == Some(false) {
                return differs("a hook of Weir's is switched off (`enabled = false`)");
            }
            match state.get("trusted_hash").and_then(Item::as_str) {
                Some(trusted) if trusted == hash => found += 1,
                _ => {
                    return differs("a hook of Weir's is not trusted in its present form, so Codex skips it");
                }
            }
        }
        if found == entries.len() && found > 0 { Presence::Exact } else { Presence::Absent }
    }
}

/// `text` without the states that `ours` accepts; every other byte stays.
fn without(path: &Path, text: &str, ours: impl Fn(&str, Option<&str>) -> bool) -> Result<String, InstallError> {
    let document = parse(path, text)?;
    let Some(states) = document.get("hooks").and_then(|hooks| hooks.get("state")?.as_table_like()) else {
        return Ok(text.to_owned());
    };
    let keys: Vec<String> = states
        .iter()
        .filter(|(key, state)| ours(key, state.get("trusted_hash").and_then(Item::as_str)))
        .map(|(key, _)| key.to_owned())
        .collect();
    let mut out = text.to_owned();
    for key in &keys {
        out = without_section(&out, &header(key));
    }
    let mut document = parse(path, &out)?;
    let left: Vec<_> = keys.into_iter().filter(|key| state(&document, key).is_some()).collect();
    if left.is_empty() {
        return Ok(out);
    }
    // Written in another form, by Codex or by hand.
    let states = document.get_mut("hooks").and_then(|hooks| hooks.get_mut("state")?.as_table_like_mut());
    if let Some(states) = states {
        for key in left {
            states.remove(&key);
        }
    }
    Ok(document.to_string())
}

/// `text` without the section under `header` and one empty line before it.
fn without_section(text: &str, header: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut skipping = false;
    for line in text.split_inclusive('\n') {
        if line.trim() == header {
            skipping = true;
            for blank in ["\r\n\r\n", "\n\n"] {
                if let Some(shorter) = out.strip_suffix(blank) {
                    let keep = shorter.len() + blank.len() / 2;
                    out.truncate(keep);
                    break;
                }
            }
            continue;
        }
        skipping &= !(line.starts_with('[') || line.trim().is_empty() || line.trim_start().starts_with('#'));
        if !skipping {
            out.push_str(line);
        }
    }
    out
}

fn state<'a>(document: &'a DocumentMut, key: &str) -> Option<&'a Item> {
    document.get("hooks")?.get("state")?.get(key)
}

fn header(key: &str) -> String {
    let mut quoted = String::with_capacity(key.len() + 2);
    for c in key.chars() {
        match c {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(c);
            }
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    format!("[hooks.state.\"{quoted}\"]")
}

/// The hash that Codex computes of a hook: compact JSON with sorted keys.
fn hash(event: &str, matcher: Option<&str>, handler: &Value) -> String {
    let json = |value: Option<&Value>| value.map(Value::to_string).unwrap_or_default();
    let timeout = handler.get("timeout").and_then(Value::as_u64).unwrap_or(600);
    let command = json(handler.get("command"));
    let matcher = matcher.map(|matcher| format!(",\"matcher\":{}", Value::from(matcher))).unwrap_or_default();
    let text = format!(
        "{{\"event_name\":\"{event}\",\"hooks\":[{{\"async\":false,\"command\":{command},\"timeout\":{timeout},\
         \"type\":\"command\"}}]{matcher}}}"
    );
    let mut out = "sha256:".to_owned();
    for byte in Sha256::digest(text.as_bytes()) {
        out.push_str(&format!("{byte:02x}"));
    }
    out
}

/// `PreToolUse` to `pre_tool_use`.
fn snake(event: &str) -> String {
    let mut out = String::with_capacity(event.len() + 4);
    for c in event.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

fn parse(path: &Path, text: &str) -> Result<DocumentMut, InstallError> {
    text.parse::<DocumentMut>().map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        InstallError::Syntax {
            path: path.to_owned(),
            line: text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1,
            what: error.message().to_owned(),
        }
    })
}

/// The managed requirements: hooks that no user can switch off, and shells into which nothing can be typed unseen.
#[derive(Debug, Clone)]
pub struct CodexRequirements {
    pub(crate) path: PathBuf,
    /// Where the program of the hooks is.
    pub(crate) managed_dir: PathBuf,
    pub(crate) groups: Vec<Group>,
    pub(crate) why: &'static str,
}

/// What is pinned. Without the second, hooks can be switched off; without the third, a call that starts a shell is all
/// that a hook sees, and what is typed into the shell is not.
const PINS: [(&str, Option<&str>, bool); 3] = [
    ("allow_managed_hooks_only", None, true),
    ("features", Some("hooks"), true),
    ("features", Some("unified_exec_tty"), false),
];

impl CodexRequirements {
    pub(super) fn add(&self, text: Option<&str>) -> Result<String, InstallError> {
        let old = text.unwrap_or_default();
        let mut document = parse(&self.path, old)?;
        let shape =
            |what: &str| InstallError::Shape { path: self.path.clone(), what: format!("`{what}` is not a table") };
        for (key, inner, pin) in PINS {
            match inner {
                None => drop(document.insert(key, value(pin))),
                Some(inner) => {
                    let table = document.entry(key).or_insert_with(|| Item::Table(Table::new()));
                    table.as_table_like_mut().ok_or_else(|| shape(key))?.insert(inner, value(pin));
                }
            }
        }
        let hooks = document.entry("hooks").or_insert_with(|| Item::Table(Table::new()));
        let hooks = hooks.as_table_mut().ok_or_else(|| shape("hooks"))?;
        if !hooks.contains_key("managed_dir") {
            hooks.insert("managed_dir", value(self.managed_dir.to_string_lossy().into_owned()));
        }
        for group in &self.groups {
            let mut handler = Table::new();
            for key in ["type", "command"] {
                handler.insert(key, value(group.handler.get(key).and_then(Value::as_str).unwrap_or_default()));
            }
            let timeout = group.handler.get("timeout").and_then(Value::as_i64).unwrap_or_default();
            handler.insert("timeout", value(timeout));
            let mut handlers = ArrayOfTables::new();
            handlers.push(handler);
            let mut table = Table::new();
            table.insert("hooks", Item::ArrayOfTables(handlers));
            hooks
                .entry(&group.event)
                .or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()))
                .as_array_of_tables_mut()
                .ok_or_else(|| shape(&format!("hooks.{}", group.event)))?
                .push(table);
        }
        Ok(same_newlines(old, document.to_string()))
    }

    pub(super) fn remove(&self, text: &str) -> Result<Option<String>, InstallError> {
        if !text.contains(command::MARKER) {
            return Ok(Some(text.to_owned()));
        }
        let mut document = parse(&self.path, text)?;
        if let Some(hooks) = document.get_mut("hooks").and_then(Item::as_table_mut) {
            for group in &self.groups {
                let Some(list) = hooks.get_mut(&group.event).and_then(Item::as_array_of_tables_mut) else {
                    continue;
                };
                list.retain(|table| !commands(table).any(|text| text.contains(command::MARKER)));
                if list.is_empty() {
                    hooks.remove(&group.event);
                }
            }
            if hooks.get("managed_dir").and_then(Item::as_str) == self.managed_dir.to_str() {
                hooks.remove("managed_dir");
            }
            if hooks.is_empty() {
                document.remove("hooks");
            }
        }
        for (key, inner, pin) in PINS {
            let Some(inner) = inner else {
                if document.get(key).and_then(Item::as_bool) == Some(pin) {
                    document.remove(key);
                }
                continue;
            };
            let Some(table) = document.get_mut(key).and_then(Item::as_table_like_mut) else {
                continue;
            };
            if table.get(inner).and_then(Item::as_bool) == Some(pin) {
                table.remove(inner);
            }
            if table.is_empty() {
                document.remove(key);
            }
        }
        Ok(Some(same_newlines(text, document.to_string())))
    }

    pub(super) fn presence(&self, text: &str) -> Presence {
        let differs = |what: &str| Presence::Differs(format!("`{}`: {what}", self.path.display()));
        if !text.contains(command::MARKER) {
            return Presence::Absent;
        }
        let Ok(document) = text.parse::<DocumentMut>() else {
            return differs("is not valid TOML");
        };
        let pinned = PINS.iter().all(|(key, inner, pin)| {
            let item = document.get(key);
            let item = match inner {
                Some(inner) => item.and_then(|item| item.get(inner)),
                None => item,
            };
            item.and_then(Item::as_bool) == Some(*pin)
        });
        if !pinned {
            return differs("a pinned setting is not what Weir installs");
        }
        let all = self.groups.iter().all(|group| {
            let wanted = group.handler.get("command").and_then(Value::as_str);
            let list = document.get("hooks").and_then(|hooks| hooks.get(&group.event)?.as_array_of_tables());
            list.into_iter().flatten().any(|table| commands(table).any(|text| Some(text) == wanted))
        });
        if all { Presence::Exact } else { differs("Weir's hooks are not what this version installs") }
    }
}

/// The commands of one group of hooks.
fn commands(group: &Table) -> impl Iterator<Item = &str> {
    let handlers = group.get("hooks").and_then(Item::as_array_of_tables);
    handlers.into_iter().flatten().filter_map(|handler| handler.get("command")?.as_str())
}

/// The writer of TOML ends lines with a line feed alone; a file that had another habit keeps it.
fn same_newlines(old: &str, new: String) -> String {
    if !old.contains("\r\n") || old.replace("\r\n", "").contains('\n') {
        return new;
    }
    new.replace("\r\n", "\n").replace('\n', "\r\n")
}
