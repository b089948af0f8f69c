//! Which state Terraform acts on: workspace, backend, and the directory that it runs in.

use std::path::Path;

use serde_json::Value as Json;

use super::{Place, Weight, aws};
use crate::place::normalize;

/// Files of a directory in which a backend is looked for.
const MOST_SOURCES: usize = 24;
/// What of a backend says where it is. Everything else may be secret, or says nothing.
const OF_BACKEND: [&str; 16] = [
    "bucket",
    "key",
    "prefix",
    "container_name",
    "storage_account_name",
    "resource_group_name",
    "hostname",
    "organization",
    "path",
    "address",
    "workspace_key_prefix",
    "profile",
    "role_arn",
    "namespace",
    "schema_name",
    "config_context",
];
/// Directories whose children are environments.
const PARENTS: [&str; 14] = [
    "env",
    "envs",
    "environment",
    "environments",
    "stack",
    "stacks",
    "account",
    "accounts",
    "workspace",
    "workspaces",
    "cluster",
    "clusters",
    "stages",
    "overlays",
];

pub(super) fn find(place: &mut Place<'_>) {
    for (names, what) in [
        (&["var-file"][..], "variables"),
        (&["state"][..], "state"),
        (&["backend-config"][..], "backend configuration"),
        (&["terragrunt-config", "config"][..], "configuration"),
    ] {
        if let Some(value) = place.known(names) {
            place.found.say(format!("{what} {value}"));
            place.found.place(&value);
        }
    }
    const DIRECTORY: &[&str] = &["chdir", "terragrunt-working-dir", "working-dir", "TG_WORKING_DIR"];
    let directory = if place.given(DIRECTORY).is_some() {
        place.known(DIRECTORY).and_then(|dir| place.files.path(&dir))
    } else {
        place.files.directory().map(Path::to_path_buf)
    };
    let data = directory.as_ref().and_then(|directory| {
        if place.is_open(&["TF_DATA_DIR"]) {
            return None;
        }
        let data = place.known(&["TF_DATA_DIR"]).unwrap_or_else(|| ".terraform".to_owned());
        Some(normalize(Path::new(&data), directory))
    });
    workspace(place, data.as_deref());
    if let Some(directory) = &directory {
        let known = data.as_deref().is_some_and(|data| stored(place, data));
        sources(place, directory, known);
        of_directory(place, directory);
    }
    if let Some(profile) = place.known(&["AWS_PROFILE"]) {
        aws::profile(place, &profile, true, true, &mut Some(String::new()));
    }
    for variable in ["GOOGLE_CLOUD_PROJECT", "ARM_SUBSCRIPTION_ID"] {
        if let Some(value) = place.known(&[variable]) {
            place.found.say(format!("{variable} {value}"));
            place.found.place(&value);
        }
    }
}

fn workspace(place: &mut Place<'_>, data: Option<&Path>) {
    if place.given(&["TF_WORKSPACE"]).is_some() {
        if let Some(workspace) = place.known(&["TF_WORKSPACE"]) {
            place.found.say(format!("workspace {workspace}"));
            place.found.place(&workspace);
        }
        return;
    }
    let Some(file) = data.map(|data| data.join("environment")) else { return };
    if let Some(text) = place.files.text(&file) {
        let (workspace, shown) = (text.trim().to_owned(), place.files.shown(&file));
        if !workspace.is_empty() {
            place.found.say(format!("workspace {workspace} in {shown}"));
            place.found.place(&workspace);
        }
    }
}

/// The backend as `terraform init` has written it down. False where it has not.
fn stored(place: &mut Place<'_>, data: &Path) -> bool {
    let file = data.join("terraform.tfstate");
    let Some(json) = place.files.json(&file) else { return false };
    let Some(backend) = json.get("backend").filter(|backend| backend.is_object()) else { return false };
    let kind = backend.get("type").and_then(Json::as_str).unwrap_or("?").to_owned();
    let config = backend.get("config");
    let mut details: Vec<(String, String)> = Vec::new();
    for key in OF_BACKEND {
        if let Some(value) = config.and_then(|config| config.get(key)?.as_str()) {
            details.push((key.to_owned(), value.to_owned()));
        }
    }
    let nested =
        [("assume_role", "role_arn"), ("workspaces", "name"), ("workspaces", "prefix"), ("workspaces", "project")];
    for (outer, inner) in nested {
        let outer = config.and_then(|config| config.get(outer));
        // A block is an object, or a list with one.
        let block = outer.and_then(|outer| outer.get(0).or(Some(outer)));
        if let Some(value) = block.and_then(|block| block.get(inner)?.as_str()) {
            details.push((inner.to_owned(), value.to_owned()));
        }
    }
    let shown = place.files.shown(&file);
    backend_said(place, &kind, &details, &shown);
    true
}

fn backend_said(place: &mut Place<'_>, kind: &str, details: &[(String, String)], file: &str) {
    let list: Vec<String> = details.iter().map(|(key, value)| format!("{key} {value}")).collect();
    let list = if list.is_empty() { String::new() } else { format!(" ({})", list.join(", ")) };
    place.found.say(format!("backend {kind}{list} in {file}"));
    for (key, value) in details {
        if key == "role_arn" {
            if let Some(account) = aws::account_of_role(value) {
                place.found.place(&account);
            }
            place.found.hint(value);
        } else {
            place.found.place(value);
        }
    }
}

/// What the `*.tf` files say literally: the backend where `init` has not said it, and the accounts of providers.
fn sources(place: &mut Place<'_>, directory: &Path, known: bool) {
    let names = place.files.list(directory, ".tf");
    for name in names.into_iter().take(MOST_SOURCES) {
        let path = directory.join(&name);
        let Some(text) = place.files.text(&path) else { continue };
        for (head, pairs) in blocks(&text) {
            match head.as_slice() {
                ["backend", kind] if !known => {
                    let details = listed(&pairs, &OF_BACKEND);
                    backend_said(place, kind, &details, &name);
                }
                ["cloud"] if !known => {
                    let details = listed(&pairs, &["organization", "hostname", "name"]);
                    backend_said(place, "cloud", &details, &name);
                }
                ["provider", kind] => {
                    const OF_PROVIDER: &[&str] =
                        &["profile", "project", "subscription_id", "role_arn", "config_context", "host", "endpoint"];
                    for (key, value) in listed(&pairs, OF_PROVIDER) {
                        place.found.say(format!("provider {kind} {key} {value} in {name}"));
                        place.found.place(&value);
                    }
                }
                _ => {}
            }
        }
    }
}

fn listed(pairs: &[(&str, &str)], keys: &[&str]) -> Vec<(String, String)> {
    let fits = pairs.iter().filter(|(key, value)| keys.contains(key) && !value.contains("${"));
    fits.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

type Block<'t> = (Vec<&'t str>, Vec<(&'t str, &'t str)>);

/// The blocks that say where things are, with the literal texts in them, also in blocks below.
fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut found: Vec<Block<'_>> = Vec::new();
    // The depth at which the block that is read began.
    let mut inside: Option<usize> = None;
    let mut depth = 0_usize;
    for line in text.lines() {
        let line = line.trim();
        if line.starts_with('#') || line.starts_with("//") {
            continue;
        }
        let opens = line.matches('{').count();
        let closes = line.matches('}').count();
        if inside.is_none() && opens > 0 {
            let head: Vec<&str> = line
                .split('{')
                .next()
                .unwrap_or_default()
                .split_whitespace()
                .map(|word| word.trim_matches('"'))
                .collect();
            if matches!(head.as_slice(), ["backend" | "provider", _] | ["cloud"]) {
                inside = Some(depth);
                found.push((head, Vec::new()));
            }
        }
        if inside.is_some()
            && let Some((_, pairs)) = found.last_mut()
        {
            let body = line.rsplit('{').next().unwrap_or(line);
            if let Some((key, value)) = body.split_once('=')
                && let Some((value, _)) = value.trim().strip_prefix('"').and_then(|rest| rest.split_once('"'))
            {
                pairs.push((key.trim(), value));
            }
        }
        depth = (depth + opens).saturating_sub(closes);
        if inside.is_some_and(|began| depth <= began) {
            inside = None;
        }
    }
    found
}

/// `envs/prod`, `live/dev/vpc`: directories that are called like an environment.
pub(super) fn of_directory(place: &mut Place<'_>, directory: &Path) {
    let below = place.files.home("").and_then(|home| directory.strip_prefix(home).ok().map(Path::to_path_buf));
    let names: Vec<&str> =
        below.as_deref().unwrap_or(directory).components().filter_map(|part| part.as_os_str().to_str()).collect();
    let mut said = false;
    for (at, name) in names.iter().enumerate() {
        let parent = at.checked_sub(1).and_then(|at| names.get(at)).map(|parent| parent.to_ascii_lowercase());
        let below_environments = parent.as_deref().is_some_and(|parent| {
            PARENTS.contains(&parent)
                || parent == "live"
                || parent.ends_with("-live")
                || parent.ends_with("-environments")
        });
        // The usual name of a directory with what runs in every environment.
        if name.eq_ignore_ascii_case("live") && at + 1 < names.len() {
            continue;
        }
        // `~/dev` is where people keep their projects: only the last name, or one among environments, makes things milder.
        let weight = if below_environments || at + 1 == names.len() { Weight::Place } else { Weight::Hint };
        if crate::environment::of_word(name).is_some() || below_environments {
            place.found.fact(weight, name);
            said = true;
        }
    }
    if said {
        let shown = directory.display().to_string();
        place.found.say(format!("directory {shown}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literal_blocks_are_found() {
        let text = "terraform {\n  backend \"s3\" { \n bucket = \"acme-prod\" # x\n key=\"a/b\"\n }\n}\nprovider \"aws\" {\n region = var.r\n assume_role {\n role_arn = \"arn:x\"\n }\n}\n# backend \"gcs\" {\nresource \"x\" \"y\" {\n bucket = \"no\"\n}\ncloud { organization = \"o\" }\n}}}{\n";
        let found = blocks(text);
        assert_eq!(
            found,
            [
                (vec!["backend", "s3"], vec![("bucket", "acme-prod"), ("key", "a/b")]),
                (vec!["provider", "aws"], vec![("role_arn", "arn:x")]),
                (vec!["cloud"], vec![("organization", "o")]),
            ]
        );
    }
}
