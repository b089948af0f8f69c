//! The house rule of the workspace: a crate depends only on crates above it in one list.

use std::process::Command;

/// Top to bottom. A crate may depend on any crate above it and on none below.
const ORDER: &[&str] = &[
    "weir-yaml",
    "weir-model",
    "weir-analyze",
    "weir-measure",
    "weir-decide",
    "weir-ledger",
    "weir-restore",
    "weir-guard",
    "weir-cal",
    "weir-evidence",
    "weir-gate-hook",
    "weir-gate-exec",
    "weir-gate-mcp",
    "weir-gate-postgres",
    "weir-gate-ci",
    "weir-server",
    "weir",
    "xtask",
];

/// Steps of the loop that must not know of each other, although one stands above the other:
/// only `weir-guard` composes them.
const STRANGERS: &[(&str, &str)] = &[
    ("weir-measure", "weir-analyze"),
    ("weir-decide", "weir-analyze"),
    ("weir-decide", "weir-measure"),
    ("weir-ledger", "weir-analyze"),
    ("weir-ledger", "weir-measure"),
    ("weir-ledger", "weir-decide"),
];

/// Crates that know nothing of Weir.
const INDEPENDENT: &[&str] = &["weir-yaml", "weir-cal"];

pub(crate) fn check() -> Result<(), String> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--locked", "--offline"])
        .output()
        .map_err(|error| format!("cannot run cargo metadata: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))?;
    let edges = edges(&metadata);
    let faults = faults(&edges);
    if faults.is_empty() {
        println!("layers: {} crates, {} edges between them, all downward", members(&metadata).len(), edges.len());
        return Ok(());
    }
    Err(faults.join("\nerror: "))
}

fn members(metadata: &serde_json::Value) -> Vec<String> {
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    packages.iter().filter_map(|package| package["name"].as_str()).map(str::to_owned).collect()
}

/// (importer, imported) for every dependency inside the workspace, tests and build scripts included.
fn edges(metadata: &serde_json::Value) -> Vec<(String, String)> {
    let names = members(metadata);
    let mut edges = Vec::new();
    for package in metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default() {
        let Some(from) = package["name"].as_str() else { continue };
        for dependency in package["dependencies"].as_array().map(Vec::as_slice).unwrap_or_default() {
            let Some(to) = dependency["name"].as_str() else { continue };
            if names.iter().any(|name| name == to) {
                edges.push((from.to_owned(), to.to_owned()));
            }
        }
    }
    edges.extend(names.iter().filter(|name| rank(name).is_none()).map(|name| (name.clone(), String::new())));
    edges
}

fn rank(name: &str) -> Option<usize> {
    ORDER.iter().position(|entry| *entry == name)
}

fn faults(edges: &[(String, String)]) -> Vec<String> {
    let mut faults = Vec::new();
    for (from, to) in edges {
        match (rank(from), rank(to)) {
            (None, _) => faults.push(format!("`{from}` has no place in the list of xtask/src/layers.rs")),
            (Some(a), Some(b)) if b >= a => {
                faults.push(format!("`{from}` imports `{to}`, which stands below it"));
            }
            _ if STRANGERS.contains(&(from.as_str(), to.as_str())) => {
                faults.push(format!("`{from}` imports `{to}`: only weir-guard composes the steps of the loop"));
            }
            _ if INDEPENDENT.contains(&from.as_str()) => {
                faults.push(format!("`{from}` imports `{to}`, and must know nothing of Weir"));
            }
            _ => {}
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(from: &str, to: &str) -> Vec<(String, String)> {
        vec![(from.to_owned(), to.to_owned())]
    }

    #[test]
    fn downward_imports_pass_and_upward_ones_fail() {
        assert!(faults(&edge("weir-guard", "weir-model")).is_empty());
        assert_eq!(faults(&edge("weir-model", "weir-guard")).len(), 1);
        assert_eq!(faults(&edge("weir-model", "weir-model")).len(), 1);
    }

    #[test]
    fn steps_stay_strangers_and_unknown_crates_are_named() {
        assert!(faults(&edge("weir-measure", "weir-analyze"))[0].contains("only weir-guard"));
        assert!(faults(&edge("weir-new", ""))[0].contains("no place"));
        assert!(faults(&edge("weir-cal", "weir-model"))[0].contains("nothing of Weir"));
    }
}
