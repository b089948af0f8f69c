//! kubeconfig: the context that a command names or that is current, its cluster's server, its namespace.

use std::path::PathBuf;

use weir_yaml::Yaml;

use super::{Found, Place, files};

/// kubectl merges the files of `KUBECONFIG`; the first that says something counts.
const MOST_FILES: usize = 8;

pub(super) fn find(place: &Place<'_>) -> Found {
    let mut found = Found::default();
    let lookup = place.lookup;
    let named = lookup
        .option(&["--context", "--kube-context"])
        .or_else(|| lookup.variable("HELM_KUBECONTEXT").filter(|_| lookup.option(&["--kubeconfig"]).is_none()));
    let paths: Vec<PathBuf> = match (lookup.option(&["--kubeconfig"]), lookup.variable("KUBECONFIG")) {
        (Some(path), _) => place.path(path).into_iter().collect(),
        (None, Some(list)) => {
            list.split(':').filter(|path| !path.is_empty()).filter_map(|path| place.path(path)).collect()
        }
        (None, None) => place.at_home(".kube/config").into_iter().collect(),
    };
    let configs: Vec<(PathBuf, Yaml)> = paths
        .into_iter()
        .take(MOST_FILES)
        .filter_map(|path| {
            let yaml = Yaml::parse(&files::read(&path)?)?;
            Some((path, yaml))
        })
        .collect();
    let current = || {
        configs.iter().find_map(|(path, yaml)| {
            let name = yaml.at(&["current-context"]).filter(|name| !name.is_empty())?;
            Some((name.to_owned(), Some(place.shown(path))))
        })
    };
    let context = named.map(|name| (name.to_owned(), None)).or_else(current);
    let entry = |list: &str, name: &str, inner: &str| {
        let of = |yaml: &Yaml| {
            let entries = yaml.get(list)?.list();
            entries.iter().find(|entry| entry.at(&["name"]) == Some(name))?.get(inner).cloned()
        };
        configs.iter().find_map(|(_, yaml)| of(yaml))
    };
    let settings = context.as_ref().and_then(|(name, _)| entry("contexts", name, "context"));
    if let Some((name, file)) = &context {
        let file = file.as_ref().map(|file| format!(" in {file}")).unwrap_or_default();
        found.add(format!("context {name}{file}"), name);
    }
    let cluster = lookup.option(&["--cluster"]).map(str::to_owned);
    let cluster = cluster.or_else(|| settings.as_ref()?.at(&["cluster"]).map(str::to_owned));
    if let Some(cluster) = &cluster {
        found.add(format!("cluster {cluster}"), cluster);
    }
    let server = lookup.option(&["--server", "-s"]).map(str::to_owned);
    let of_cluster = || entry("clusters", cluster.as_deref()?, "cluster")?.at(&["server"]).map(str::to_owned);
    if let Some(server) = server.or_else(of_cluster) {
        found.add(format!("server {server}"), server);
    }
    let namespace = lookup.option(&["-n", "--namespace"]).or_else(|| lookup.variable("HELM_NAMESPACE"));
    let namespace = namespace.or_else(|| settings.as_ref()?.at(&["namespace"]));
    if let Some(namespace) = namespace {
        found.add(format!("namespace {namespace}"), namespace);
    }
    found
}
