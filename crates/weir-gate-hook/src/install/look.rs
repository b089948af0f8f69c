//! Looks at settings without changing them. What cannot be read says nothing.

use std::fs;
use std::path::{Path, PathBuf};

use jsonc_parser::ParseOptions;
use serde_json::Value;

use super::command;

/// The settings file as a value; comments are allowed.
pub(crate) fn json(path: &Path) -> Option<Value> {
    let text = fs::read_to_string(path).ok()?;
    parse(&text)
}

pub(crate) fn parse(text: &str) -> Option<Value> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    jsonc_parser::parse_to_serde_value::<Value>(text, &ParseOptions::default()).ok()
}

fn at<'a>(value: &'a Value, keys: &[&str]) -> Option<&'a Value> {
    keys.iter().try_fold(value, |value, key| value.get(key))
}

pub(crate) fn is_true(path: &Path, keys: &[&str]) -> bool {
    json(path).is_some_and(|value| at(&value, keys) == Some(&Value::Bool(true)))
}

pub(crate) fn is_false(path: &Path, keys: &[&str]) -> bool {
    json(path).is_some_and(|value| at(&value, keys) == Some(&Value::Bool(false)))
}

pub(crate) fn strings(path: &Path, keys: &[&str]) -> Vec<String> {
    let value = json(path);
    let list = value.as_ref().and_then(|value| at(value, keys)?.as_array());
    list.into_iter().flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

/// The name of Weir's hook in settings of the Claude layout.
pub(crate) fn hook_name(path: &Path, agent: &str) -> Option<String> {
    let value = json(path)?;
    let events = value.get("hooks")?.as_object()?;
    events
        .values()
        .filter_map(Value::as_array)
        .flatten()
        .filter_map(|group| group.get("hooks")?.as_array())
        .flatten()
        .find(|handler| command::is_ours(handler, agent))
        .and_then(|handler| handler.get("name")?.as_str().map(str::to_owned))
}

pub(crate) fn toml_bool(path: &Path, keys: &[&str]) -> Option<bool> {
    let text = fs::read_to_string(path).ok()?;
    let document: toml_edit::DocumentMut = text.parse().ok()?;
    let mut item = document.as_item();
    for key in keys {
        item = item.get(key)?;
    }
    item.as_bool()
}

/// The files called `names` in `cwd` and above it, up to the repository's root; the home directory's own are not meant.
pub(crate) fn upward(cwd: &Path, home: &Path, names: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for directory in cwd.ancestors() {
        if directory == home {
            break;
        }
        found.extend(names.iter().map(|name| directory.join(name)).filter(|path| path.is_file()));
        if directory.join(".git").exists() {
            break;
        }
    }
    found
}

/// The directory with links resolved, as far as it exists.
pub(crate) fn resolved(directory: &Path) -> PathBuf {
    for existing in directory.ancestors() {
        if let (Ok(real), Ok(rest)) = (existing.canonicalize(), directory.strip_prefix(existing)) {
            return if rest.as_os_str().is_empty() { real } else { real.join(rest) };
        }
    }
    directory.to_owned()
}

/// Why Weir cannot be started.
pub(crate) fn missing(binary: &Path) -> Option<String> {
    (!binary.is_file()).then(|| format!("`{}` does not exist, so every call is refused", binary.display()))
}
