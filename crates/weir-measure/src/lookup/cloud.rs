//! gcloud's configurations, Azure's subscriptions, Docker's contexts.

use serde_json::Value as Json;
use weir_model::Digest;

use super::ini::Ini;
use super::{Place, Weight};

pub(super) fn gcloud(place: &mut Place<'_>) {
    const PROJECT: &[&str] = &["project", "project_id", "CLOUDSDK_CORE_PROJECT"];
    const ACCOUNT: &[&str] = &["account", "CLOUDSDK_CORE_ACCOUNT"];
    const CONFIGURATION: &[&str] = &["configuration", "CLOUDSDK_ACTIVE_CONFIG_NAME"];
    let project_open = place.is_open(PROJECT);
    let mut project = place.known(PROJECT);
    let mut account = place.known(ACCOUNT);
    let named = place.known(CONFIGURATION);
    let open = place.is_open(CONFIGURATION) || place.is_open(&["CLOUDSDK_CONFIG"]);
    let root = match place.known(&["CLOUDSDK_CONFIG"]) {
        Some(root) => place.files.path(&root),
        None => place.files.home(".config/gcloud"),
    };
    let mut file = String::new();
    if let Some(root) = root.filter(|_| !open) {
        let active = named.clone().or_else(|| Some(place.files.text(&root.join("active_config"))?.trim().to_owned()));
        let name = active.filter(|name| !name.is_empty()).unwrap_or_else(|| "default".to_owned());
        if name != "default" {
            place.found.place(&name);
        }
        // A name with a slash in it would lead elsewhere.
        let path = root.join("configurations").join(format!("config_{}", name.replace('/', "_")));
        if let Some(text) = place.files.text(&path) {
            let ini = Ini::parse(&text);
            file = format!(" in {} (configuration {name})", place.files.shown(&path));
            if project.is_none() && !project_open {
                project = ini.get("core", "project").map(str::to_owned);
                if let Some(project) = &project {
                    place.found.say(format!("project {project}{file}"));
                }
            }
            account = account.or_else(|| ini.get("core", "account").map(str::to_owned));
        } else if named.is_some() {
            place.found.say(format!("configuration {name}"));
        }
    }
    if let Some(project) = &project {
        place.found.place(project);
        if file.is_empty() || place.given(PROJECT).is_some() {
            place.found.say(format!("project {project}"));
        }
    } else if let Some(project) = place.known(&["GOOGLE_CLOUD_PROJECT"]) {
        place.found.say(format!("GOOGLE_CLOUD_PROJECT {project}"));
        place.found.place(&project);
    }
    if let Some(account) = account {
        place.found.say(format!("account {account}"));
        place.found.hint(&account);
    }
}

pub(super) fn azure(place: &mut Place<'_>) {
    const GROUP: &[&str] = &["resource-group", "g"];
    const SUBSCRIPTION: &[&str] = &["subscription"];
    let open = place.is_open(SUBSCRIPTION);
    let wanted = place.known(SUBSCRIPTION);
    let root = match place.known(&["AZURE_CONFIG_DIR"]) {
        Some(root) => place.files.path(&root),
        None if place.is_open(&["AZURE_CONFIG_DIR"]) => None,
        None => place.files.home(".azure"),
    };
    let path = root.filter(|_| !open).map(|root| root.join("azureProfile.json"));
    let profile = path.as_ref().and_then(|path| place.files.json(path));
    let text = |json: &Json, key: &str| json.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
    let all = profile.as_ref().and_then(|json| json.get("subscriptions")?.as_array());
    let fits = |one: &&Json| match &wanted {
        Some(wanted) => text(one, "name").eq_ignore_ascii_case(wanted) || text(one, "id").eq_ignore_ascii_case(wanted),
        None => one.get("isDefault").and_then(Json::as_bool) == Some(true),
    };
    let found = all.and_then(|all| all.iter().find(fits)).map(|one| (text(one, "name"), text(one, "id")));
    match (found, &wanted, &path) {
        (Some((name, id)), _, Some(path)) => {
            let file = place.files.shown(path);
            place.found.say(format!("subscription {name} ({id}) in {file}"));
            place.found.place(&name);
            place.found.place(&id);
        }
        (_, Some(wanted), _) => {
            place.found.say(format!("subscription {wanted}"));
            place.found.place(wanted);
        }
        _ => {}
    }
    if let Some(group) = place.known(GROUP) {
        place.found.say(format!("resource group {group}"));
        place.found.place(&group);
    }
    if let Some(id) = place.known(&["AZURE_SUBSCRIPTION_ID"]) {
        place.found.hint(&id);
    }
}

pub(super) fn docker(place: &mut Place<'_>) {
    // The order in which Docker asks; `-c` and `-H` of other programs have other long names.
    const HOST: &[&str] = &["host", "url"];
    const CONTEXT: &[&str] = &["context", "connection"];
    if let Some(project) = place.known(&["project-name", "p", "COMPOSE_PROJECT_NAME"]) {
        place.found.fact(Weight::Place, &project);
        place.found.say(format!("project {project}"));
    }
    let host = |place: &mut Place<'_>, host: String| {
        place.found.say(format!("docker host {host}"));
        place.found.place(&host);
    };
    if place.given(HOST).is_some() {
        if let Some(given) = place.known(HOST) {
            host(place, given);
        }
        return;
    }
    if place.given(CONTEXT).is_none() && place.given(&["DOCKER_HOST", "CONTAINER_HOST"]).is_some() {
        if let Some(given) = place.known(&["DOCKER_HOST", "CONTAINER_HOST"]) {
            host(place, given);
        }
        return;
    }
    let open = place.is_open(&["context", "connection", "DOCKER_CONTEXT"]);
    let mut context = place.known(&["context", "connection", "DOCKER_CONTEXT"]);
    let root = match place.known(&["config", "DOCKER_CONFIG"]) {
        Some(root) => place.files.path(&root),
        None => place.files.home(".docker"),
    };
    let Some(root) = root.filter(|_| !open) else { return };
    let mut from = String::new();
    if context.is_none() {
        let path = root.join("config.json");
        context = place.files.json(&path).and_then(|json| Some(json.get("currentContext")?.as_str()?.to_owned()));
        from = format!(" in {}", place.files.shown(&path));
    }
    let Some(context) = context.filter(|context| !context.is_empty() && context != "default") else { return };
    let meta = root.join("contexts/meta").join(Digest::of(context.as_bytes()).to_string()).join("meta.json");
    let endpoint = place.files.json(&meta).and_then(|json| {
        let host = json.get("Endpoints")?.get("docker")?.get("Host")?.as_str()?;
        Some(host.to_owned())
    });
    place.found.place(&context);
    match endpoint {
        Some(endpoint) => {
            place.found.say(format!("docker context {context} (host {endpoint}){from}"));
            place.found.place(&endpoint);
        }
        None => place.found.say(format!("docker context {context}{from}")),
    }
}
