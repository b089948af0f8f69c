//! Why Weir disagrees with a label, and is right to.

use std::collections::HashSet;

use serde::Deserialize;

use super::{Expect, Judged};

/// A class of disagreements with one reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Class {
    pub(super) id: String,
    pub(super) weir: Side,
    pub(super) reason: String,
    /// Weir is wrong, and this is known.
    #[serde(default)]
    pub(super) open: bool,
    /// Categories of which every disagreement on this side has this reason.
    #[serde(default)]
    categories: Vec<String>,
    /// Single commands.
    #[serde(default)]
    commands: Vec<String>,
}

/// What Weir does that the label does not want.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Side {
    Allows,
    Stops,
}

impl Side {
    pub(super) const fn says(self) -> &'static str {
        match self {
            Self::Allows => "lets through",
            Self::Stops => "stops",
        }
    }

    const fn of(expect: Expect) -> Self {
        match expect {
            Expect::Allow => Self::Stops,
            Expect::Deny => Self::Allows,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    class: Vec<Class>,
}

pub(super) fn parse(text: &str) -> Result<Vec<Class>, String> {
    let file: File = toml::from_str(text).map_err(|error| format!("disagreements.toml: {error}"))?;
    let mut seen = HashSet::new();
    for class in &file.class {
        if !seen.insert(&class.id) || class.reason.trim().is_empty() {
            return Err(format!("disagreements.toml: `{}` is there twice, or has no reason", class.id));
        }
    }
    Ok(file.class)
}

/// Gives every disagreement its reason. Returns what is listed and not needed.
pub(super) fn apply(classes: &[Class], judged: &mut [Judged]) -> Vec<(String, String)> {
    let mut unused = Vec::new();
    for class in classes {
        let mut used: HashSet<String> = HashSet::new();
        for judged in judged.iter_mut().filter(|judged| !judged.agrees() && Side::of(judged.row.expect) == class.weir) {
            let row = &judged.row;
            let category = format!("{}/{}", row.peer, row.category);
            let entry = class.commands.iter().find(|entry| **entry == row.command);
            let Some(entry) = entry.or_else(|| class.categories.iter().find(|entry| **entry == category)) else {
                continue;
            };
            used.insert(entry.clone());
            if judged.reason.is_none() {
                judged.reason = Some(class.id.clone());
                judged.open = class.open;
            }
        }
        let listed = class.commands.iter().chain(&class.categories);
        let idle = listed.filter(|entry| !used.contains(*entry));
        unused.extend(idle.map(|entry| (class.id.clone(), entry.clone())));
    }
    unused
}

/// The text of the list without these entries, and without the classes that then have none.
pub(super) fn without(text: &str, unused: &[(String, String)]) -> String {
    let mut parts = text.split("\n[[class]]\n");
    let mut kept: Vec<String> = parts.next().map(str::to_owned).into_iter().collect();
    for part in parts {
        let of_class = |class: &str| part.contains(&format!("id = {}\n", serde_json::json!(class)));
        let gone: HashSet<String> = unused
            .iter()
            .filter(|(class, _)| of_class(class))
            .map(|(_, entry)| format!("    {},", serde_json::json!(entry)))
            .collect();
        let lines: Vec<&str> = part.lines().filter(|line| !gone.contains(*line)).collect();
        if gone.is_empty() || lines.iter().any(|line| line.starts_with("    ")) {
            kept.push(format!("{}\n", lines.join("\n")));
        }
    }
    kept.join("\n[[class]]\n")
}
