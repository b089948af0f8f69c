//! `package.json`: its scripts, in the order in which it has them.

use serde_json::Value as Json;

use super::Found;
use crate::call::{Call, Say};

/// A project of Node.
pub(super) struct Package {
    pub(super) found: Found,
    json: Json,
}

impl Package {
    /// Reads the manifest; `None` where it is no object of JSON.
    pub(super) fn read(found: Found) -> Option<Self> {
        let bytes = found.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&found.bytes);
        let json: Json = serde_json::from_slice(bytes).ok()?;
        json.is_object().then_some(Self { found, json })
    }

    pub(super) fn nearest(call: &Call<'_>, dir: &std::path::Path) -> Option<Self> {
        super::upward(call, dir, "package.json").and_then(Self::read)
    }

    pub(super) fn pin(&self, say: &mut dyn Say) {
        say.pin(self.found.path.clone(), &self.found.bytes);
    }

    pub(super) fn name(&self) -> &str {
        self.json.get("name").and_then(Json::as_str).unwrap_or_default()
    }

    /// The text of a script.
    pub(super) fn script(&self, name: &str) -> Option<&str> {
        self.json.get("scripts")?.get(name)?.as_str()
    }

    /// The names of all scripts.
    pub(super) fn scripts(&self) -> impl Iterator<Item = &str> {
        self.json.get("scripts").and_then(Json::as_object).into_iter().flatten().map(|(name, _)| name.as_str())
    }

    /// Another part of the manifest.
    pub(super) fn part(&self, name: &str) -> Option<&Json> {
        self.json.get(name)
    }

    /// Whether it names another package among those that it needs.
    pub(super) fn depends_on(&self, other: &str) -> bool {
        let kinds = ["dependencies", "devDependencies", "peerDependencies", "optionalDependencies"];
        !other.is_empty() && kinds.iter().any(|kind| self.json.get(kind).is_some_and(|all| all.get(other).is_some()))
    }

    /// The manager that the project asks for (`pnpm@9.0.0`).
    pub(super) fn manager(&self) -> &str {
        self.json.get("packageManager").and_then(Json::as_str).unwrap_or_default()
    }

    /// The patterns of the directories of its workspaces.
    pub(super) fn workspaces(&self) -> Vec<String> {
        let list = match self.json.get("workspaces") {
            Some(Json::Object(object)) => object.get("packages"),
            other => other,
        };
        let texts = list.and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str);
        texts.map(str::to_owned).collect()
    }

    /// The version of Yarn that the project asks for is 2 or later.
    pub(super) fn is_berry(&self) -> bool {
        self.manager().strip_prefix("yarn@").is_some_and(|version| !version.starts_with("1."))
    }
}
