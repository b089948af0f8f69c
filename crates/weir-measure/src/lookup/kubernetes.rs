//! Which cluster `kubectl`, `helm` and their relatives talk to: the files of `--kubeconfig`, `$KUBECONFIG`, `~/.kube/config`.

use std::path::PathBuf;

use weir_yaml::Yaml;

use super::{Place, Weight};

/// The most files of a `KUBECONFIG` list.
const MOST_FILES: usize = 8;
/// A file that is larger is only asked for the context that it selects.
const LARGEST: usize = 512 * 1024;
/// Values that are long, secret, and of no use.
const SECRET: [&str; 6] = [
    "certificate-authority-data:",
    "client-certificate-data:",
    "client-key-data:",
    "token:",
    "id-token:",
    "refresh-token:",
];

const CONTEXT: &[&str] = &["context", "kube-context", "HELM_KUBECONTEXT"];
const SERVER: &[&str] = &["server", "kube-apiserver", "HELM_KUBEAPISERVER"];
const NAMESPACE: &[&str] = &["namespace", "HELM_NAMESPACE"];

pub(super) fn find(place: &mut Place<'_>) {
    let configs = configs(place);
    let first =
        |get: &dyn Fn(&Yaml) -> Option<String>| configs.iter().find_map(|(path, yaml)| Some((path, get(yaml)?)));
    let text = |keys: &'static [&'static str]| move |yaml: &Yaml| yaml.at(keys).map(str::to_owned);
    let open = place.is_open(CONTEXT);
    let asked = place.known(CONTEXT);
    let selected = if asked.is_some() || open {
        None
    } else {
        first(&text(&["current-context"])).filter(|(_, name)| !name.is_empty())
    };
    let context = asked.clone().or_else(|| selected.as_ref().map(|(_, name)| name.clone()));
    // The file that says what the context is; of several, the first.
    let entry = context.as_ref().and_then(|name| {
        configs.iter().find_map(|(path, yaml)| Some((path, named(yaml, "contexts", name)?.get("context")?.clone())))
    });
    let of_entry = |key: &str| entry.as_ref().and_then(|(_, entry)| entry.at(&[key])).map(str::to_owned);
    let cluster_open = place.is_open(&["cluster"]) || open;
    let cluster = place.known(&["cluster"]).or_else(|| of_entry("cluster").filter(|_| !cluster_open));
    let server_open = place.is_open(SERVER) || cluster_open;
    let server = place.known(SERVER).or_else(|| {
        let name = cluster.as_deref().filter(|_| !server_open)?;
        first(&|yaml| named(yaml, "clusters", name)?.at(&["cluster", "server"]).map(str::to_owned)).map(|(_, s)| s)
    });
    let user = of_entry("user");
    let namespace_open = place.is_open(NAMESPACE);
    let namespace = place.known(NAMESPACE).or_else(|| of_entry("namespace").filter(|_| !namespace_open));

    let file = selected.as_ref().map(|(path, _)| *path).or(entry.as_ref().map(|(path, _)| *path));
    let file = file.map(|path| format!(" in {}", place.files.shown(path))).unwrap_or_default();
    let at = server.as_ref().map(|server| format!(" (server {server})")).unwrap_or_default();
    match (&context, &cluster, &server) {
        (Some(context), ..) => place.found.say(format!("context {context}{at}{file}")),
        (None, Some(cluster), _) => place.found.say(format!("cluster {cluster}{at}{file}")),
        (None, None, Some(server)) => place.found.say(format!("server {server}")),
        (None, None, None) => {}
    }
    if asked.is_some() && entry.is_none() && !configs.is_empty() {
        let files: Vec<String> = configs.iter().map(|(path, _)| place.files.shown(path)).collect();
        place.found.say(format!("{} does not say what this context is", files.join(", ")));
    }
    if let Some(namespace) = &namespace {
        place.found.say(format!("namespace {namespace}"));
    }
    for name in [&context, &cluster, &server, &namespace].into_iter().flatten() {
        place.found.place(name);
    }
    if let Some(user) = user {
        place.found.hint(&user);
    }
    if place.is_open(&["kubeconfig", "KUBECONFIG"]) {
        return;
    }
    for (path, _) in &configs {
        // `prod.yaml` and `~/.kube/prod/config` say it as well.
        let shown = place.files.shown(path);
        place.found.fact(Weight::Hint, &shown);
    }
}

/// The files, parsed, in the order in which they count.
fn configs(place: &mut Place<'_>) -> Vec<(PathBuf, Yaml)> {
    let paths: Vec<Option<PathBuf>> = if place.given(&["kubeconfig"]).is_some() {
        let file = place.known(&["kubeconfig"]);
        file.map(|file| place.files.path(&file)).into_iter().collect()
    } else if place.given(&["KUBECONFIG"]).is_some() {
        let list = place.known(&["KUBECONFIG"]).unwrap_or_default();
        let files = list.split(':').filter(|file| !file.is_empty());
        files.take(MOST_FILES).map(|file| place.files.path(file)).collect()
    } else {
        vec![place.files.home(".kube/config")]
    };
    let mut configs = Vec::new();
    for path in paths.into_iter().flatten() {
        let Some(text) = place.files.text(&path) else { continue };
        let text = without_secrets(&text);
        let whole = if text.len() > LARGEST { None } else { Yaml::parse(&text) };
        let yaml = whole.or_else(|| {
            if !text.trim().is_empty() {
                place.files.trouble(format!("{} cannot be read in full", place.files.shown(&path)));
            }
            selected_only(&text)
        });
        if let Some(yaml) = yaml {
            configs.push((path, yaml));
        }
    }
    configs
}

/// The entry of the list at `key` that is called so.
fn named<'y>(yaml: &'y Yaml, key: &str, name: &str) -> Option<&'y Yaml> {
    yaml.get(key)?.list().iter().find(|entry| entry.at(&["name"]) == Some(name))
}

/// The text without keys and certificates, which are most of it. Values that go on in the next line stay.
fn without_secrets(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(LARGEST));
    for line in text.lines() {
        let start = line.trim_start();
        let secret = SECRET.iter().any(|key| {
            start.strip_prefix(key).is_some_and(|value| {
                let value = value.trim();
                !value.is_empty() && !value.starts_with(['|', '>', '"', '\'', '&', '*', '{', '['])
            })
        });
        if !secret {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

/// Of a large file only `current-context`, where it stands on a line of its own.
fn selected_only(text: &str) -> Option<Yaml> {
    let value = text.lines().find_map(|line| line.strip_prefix("current-context:"))?;
    let value = super::ini::unquoted(value);
    Some(Yaml::Map(vec![(Yaml::Text("current-context".to_owned()), Yaml::Text(value.to_owned()))]))
}
