//! The configuration of AWS, Google Cloud, Azure and Docker.

use super::{Found, Place, files};

/// Profile, region and account of AWS.
pub(super) fn aws(place: &Place<'_>) -> Found {
    let mut found = Found::default();
    let lookup = place.lookup;
    let named = lookup
        .option(&["--profile"])
        .or_else(|| ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_VAULT"].iter().find_map(|name| lookup.variable(name)));
    let profile = named.unwrap_or("default");
    if named.is_some() {
        found.add(format!("profile {profile}"), profile);
    }
    let account = |arn: &str| arn.split(':').nth(4).map(str::to_owned);
    let mut id = lookup.variable("AWS_ACCOUNT_ID").map(str::to_owned);
    let mut region = lookup.option(&["--region"]).map(str::to_owned);
    let file = |name: &str, usual: &str| match lookup.variable(name) {
        Some(path) => place.path(path),
        None => place.at_home(usual),
    };
    let mut from = String::new();
    for (path, section) in [
        (
            file("AWS_CONFIG_FILE", ".aws/config"),
            if profile == "default" { profile.to_owned() } else { format!("profile {profile}") },
        ),
        (file("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"), profile.to_owned()),
    ] {
        let Some((path, text)) = path.and_then(|path| Some((path.clone(), files::read(&path)?))) else { continue };
        let get = |key: &str| files::ini(&text, &section, key).map(str::to_owned);
        let known = id.is_some();
        id = id.or_else(|| get("sso_account_id")).or_else(|| get("role_arn").as_deref().and_then(account));
        id = id.or_else(|| get("aws_account_id"));
        if id.is_some() && !known {
            from = format!(" in {}", place.shown(&path));
        }
        region = region.or_else(|| get("region"));
    }
    if let Some(id) = id {
        found.add(format!("account {id}{from}"), id);
    }
    let region = region
        .or_else(|| lookup.variable("AWS_REGION").or_else(|| lookup.variable("AWS_DEFAULT_REGION")).map(str::to_owned));
    if let Some(region) = region {
        found.add(format!("region {region}"), region);
    }
    found
}

/// Project and account of Google Cloud.
pub(super) fn gcloud(place: &Place<'_>) -> Found {
    let mut found = Found::default();
    let lookup = place.lookup;
    let root = match lookup.variable("CLOUDSDK_CONFIG") {
        Some(dir) => place.path(dir),
        None => place.at_home(".config/gcloud"),
    };
    let read = |path: &str| root.as_ref().and_then(|root| files::read(&root.join(path)));
    let name = lookup
        .option(&["--configuration"])
        .or_else(|| lookup.variable("CLOUDSDK_ACTIVE_CONFIG_NAME"))
        .map(str::to_owned)
        .or_else(|| read("active_config").map(|name| name.trim().to_owned()))
        .unwrap_or_else(|| "default".to_owned());
    let file = format!("configurations/config_{name}");
    // The name becomes a part of a path.
    let text = if name.contains('/') { None } else { read(&file) };
    let get = |key: &str| text.as_deref().and_then(|text| files::ini(text, "core", key)).map(str::to_owned);
    let given = lookup
        .option(&["--project"])
        .or_else(|| ["CLOUDSDK_CORE_PROJECT", "GOOGLE_CLOUD_PROJECT"].iter().find_map(|name| lookup.variable(name)));
    let shown = root.as_ref().map(|root| place.shown(&root.join(&file))).unwrap_or_default();
    match (given, get("project")) {
        (Some(project), _) => found.add(format!("project {project}"), project),
        (None, Some(project)) => found.add(format!("project {project} in {shown}"), project),
        (None, None) => {}
    }
    let account = lookup.option(&["--account"]).or_else(|| lookup.variable("CLOUDSDK_CORE_ACCOUNT")).map(str::to_owned);
    if let Some(account) = account.or_else(|| get("account")) {
        found.add(format!("account {account}"), account);
    }
    if name != "default" {
        found.add(format!("configuration {name}"), name);
    }
    found
}

/// Subscription of Azure.
pub(super) fn azure(place: &Place<'_>) -> Found {
    let mut found = Found::default();
    let lookup = place.lookup;
    if let Some(group) = lookup.option(&["-g", "--resource-group"]) {
        found.add(format!("resource group {group}"), group);
    }
    if let Some(given) = lookup.option(&["--subscription"]).or_else(|| lookup.variable("AZURE_SUBSCRIPTION_ID")) {
        found.add(format!("subscription {given}"), given);
        return found;
    }
    let root = match lookup.variable("AZURE_CONFIG_DIR") {
        Some(dir) => place.path(dir),
        None => place.at_home(".azure"),
    };
    let Some(path) = root.map(|root| root.join("azureProfile.json")) else { return found };
    let Some(text) = files::read(&path) else { return found };
    let Ok(json) = serde_json::from_str::<serde_json::Value>(text.trim_start_matches('\u{feff}')) else { return found };
    let list = json.get("subscriptions").and_then(serde_json::Value::as_array).into_iter().flatten();
    for subscription in list.filter(|entry| entry.get("isDefault") == Some(&serde_json::Value::Bool(true))) {
        for key in ["name", "id"] {
            if let Some(value) = subscription.get(key).and_then(serde_json::Value::as_str) {
                found.add(format!("subscription {value} in {}", place.shown(&path)), value);
            }
        }
    }
    found
}

/// The engine that Docker's client talks to.
pub(super) fn docker(place: &Place<'_>) -> Found {
    let mut found = Found::default();
    let lookup = place.lookup;
    if let Some(host) = lookup.option(&["-H", "--host"]).or_else(|| lookup.variable("DOCKER_HOST")) {
        found.add(format!("engine at {host}"), host);
        return found;
    }
    let root = match lookup.option(&["--config"]).or_else(|| lookup.variable("DOCKER_CONFIG")) {
        Some(dir) => place.path(dir),
        None => place.at_home(".docker"),
    };
    let named = lookup.option(&["-c", "--context"]).or_else(|| lookup.variable("DOCKER_CONTEXT")).map(str::to_owned);
    let json = |path: &std::path::Path| serde_json::from_str::<serde_json::Value>(&files::read(path)?).ok();
    let current = || {
        let config = json(&root.as_ref()?.join("config.json"))?;
        config.get("currentContext")?.as_str().map(str::to_owned)
    };
    let Some(name) = named.or_else(current).filter(|name| name != "default") else { return found };
    found.add(format!("context {name}"), name.clone());
    // Each context has a directory that is named by a digest.
    let id = weir_model::Digest::of(name.as_bytes()).to_string();
    let host = root.as_ref().and_then(|root| {
        let meta = json(&root.join("contexts/meta").join(id).join("meta.json"))?;
        meta.get("Endpoints")?.get("docker")?.get("Host")?.as_str().map(str::to_owned)
    });
    if let Some(host) = host {
        found.add(format!("engine at {host}"), host);
    }
    found
}
