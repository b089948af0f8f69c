//! Workspace and backend of a Terraform directory.

use std::path::PathBuf;

use super::{Found, Place, files};

/// What of a backend's settings says where the state is.
const TELLING: &[&str] = &[
    "bucket",
    "key",
    "prefix",
    "container_name",
    "storage_account_name",
    "address",
    "hostname",
    "organization",
    "path",
];

pub(super) fn find(place: &Place<'_>) -> Found {
    let mut found = Found::default();
    let lookup = place.lookup;
    let dir: Option<PathBuf> = match lookup.option(&["-chdir", "--working-dir", "--terragrunt-working-dir"]) {
        Some(dir) => place.path(dir),
        None => lookup.directory.clone(),
    };
    if let Some(dir) = lookup.option(&["-chdir", "--working-dir", "--terragrunt-working-dir"]) {
        found.add(format!("directory {dir}"), dir);
    }
    let data = match lookup.variable("TF_DATA_DIR") {
        Some(data) => place.path(data),
        None => dir.as_ref().map(|dir| dir.join(".terraform")),
    };
    let selected = || {
        let path = data.as_ref()?.join("environment");
        let name = files::read(&path)?.trim().to_owned();
        Some((name, format!(" in {}", place.shown(&path))))
    };
    let workspace = lookup.variable("TF_WORKSPACE").map(|name| (name.to_owned(), String::new())).or_else(selected);
    if let Some((name, file)) = workspace.filter(|(name, _)| name != "default") {
        found.add(format!("workspace {name}{file}"), name);
    }
    for option in ["-var-file", "-state"] {
        if let Some(file) = lookup.option(&[option]) {
            found.add(format!("{option} {file}"), file);
        }
    }
    // What `terraform init` has remembered of the backend.
    let backend = data.as_ref().and_then(|data| {
        let path = data.join("terraform.tfstate");
        let json: serde_json::Value = serde_json::from_str(&files::read(&path)?).ok()?;
        Some((json.get("backend")?.clone(), path))
    });
    if let Some((backend, path)) = backend {
        let kind = backend.get("type").and_then(serde_json::Value::as_str).unwrap_or("backend");
        for key in TELLING {
            if let Some(value) = backend.get("config").and_then(|config| config.get(*key)?.as_str()) {
                found.add(format!("{kind} {key} {value} in {}", place.shown(&path)), value);
            }
        }
    }
    if let Some(profile) = lookup.variable("AWS_PROFILE") {
        found.add(format!("profile {profile}"), profile);
    }
    found
}
