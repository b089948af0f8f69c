//! What runs on this machine for its developer: the server that a client reaches where it is told none, and what is made
//! to be thrown away (databases of tests, clusters inside of containers, emulators of a cloud).
//!
//! Only what was found is believed: a word `test` in the name of something elsewhere makes nothing worthless.

use weir_model::{Effect, Environment, Provider, Scope, Target, TargetKind, Verb};

use crate::environment;

/// Clients that go to a server on this machine where no other is named.
const CLIENTS: [&str; 9] =
    ["psql", "pgcli", "mysql", "mariadb", "mycli", "mongosh", "mongo", "redis-cli", "valkey-cli"];

/// How clusters of one machine are called by what makes them.
const CLUSTERS: [&str; 6] = ["kind-", "k3d-", "minikube", "docker-desktop", "rancher-desktop", "orbstack"];

/// Objects of a cluster that are kept for what is in them.
const KEPT: [&str; 8] = [
    "pvc",
    "pv",
    "persistentvolumeclaim",
    "persistentvolumeclaims",
    "persistentvolume",
    "persistentvolumes",
    "statefulset",
    "statefulsets",
];

/// Settles what [`environment::settle`] and the connections have left.
pub(crate) fn settle(effects: &mut [Effect]) {
    // Where in the command a client was run that talks to the server of this machine, and through what.
    let mut client: Option<(usize, Vec<String>)> = None;
    for at in 0..effects.len() {
        let Some(effect) = effects.get(at) else { continue };
        if effect.verb == Verb::Execute && effect.target.kind == TargetKind::Database {
            let own = is_own_server(&effect.target, &effect.via);
            client = own.then(|| (effect.span.map_or(0, |span| span.start), effect.via.clone()));
            continue;
        }
        let by_client = client.as_ref().is_some_and(|(start, via)| {
            effect.span.map_or(0, |span| span.start) == *start
                && effect.via.len() > via.len()
                && effect.via.starts_with(via)
        });
        let some_rows = effect.target.kind == TargetKind::Table && matches!(effect.scope, Scope::Filtered { .. });
        let own = by_client || is_own_server(&effect.target, &effect.via);
        let Some(effect) = effects.get_mut(at) else { continue };
        match effect.target.environment {
            // Some rows, of the server that runs here: no word says that these are others' rows.
            Environment::Unknown if own && some_rows => effect.target.environment = Environment::Development,
            Environment::Development if is_thrown_away(effect, own) => {
                effect.target.environment = Environment::Scratch;
            }
            _ => {}
        }
    }
}

fn pieces(target: &Target) -> impl Iterator<Item = &str> {
    target.environment_from.as_deref().unwrap_or_default().split(", ").filter(|piece| !piece.is_empty())
}

/// Inside of a container of this machine: nothing but the container stands between.
fn is_in_container(via: &[String]) -> bool {
    via.first().is_some_and(|first| is_container(first))
}

fn is_container(piece: &str) -> bool {
    ["service ", "container "].iter().any(|start| piece.starts_with(start))
}

/// True where a client was told no server, and so talks to the one of this machine.
fn is_own_server(target: &Target, via: &[String]) -> bool {
    let says_place = |piece: &str| {
        !["database ", "-d ", "-D ", "-U ", "-u ", "-n "].iter().any(|start| piece.starts_with(start))
            && !is_container(piece)
            // The name of a database may stand alone; a server has a port, a path or a domain.
            && !piece.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    if pieces(target).any(says_place) {
        return false;
    }
    match &target.lookup {
        Some(lookup) => {
            lookup.provider == Provider::Database
                && CLIENTS.contains(&lookup.program.as_str())
                && lookup.words.iter().all(Option::is_some)
        }
        None => is_in_container(via),
    }
}

/// True for what nobody keeps anything in.
fn is_thrown_away(effect: &Effect, own: bool) -> bool {
    let target = &effect.target;
    match target.kind {
        TargetKind::Database | TargetKind::Table => {
            is_of_emulator(target) || is_of_tests(target, own || is_in_container(&effect.via))
        }
        TargetKind::CloudResource => is_of_emulator(target),
        TargetKind::KubernetesObject => {
            let kept = target.name.split(|c: char| !c.is_alphanumeric()).any(|word| KEPT.contains(&word));
            !kept && pieces(target).any(is_cluster_of_containers)
        }
        _ => false,
    }
}

/// True where an emulator on this machine stands for the cloud.
fn is_of_emulator(target: &Target) -> bool {
    let endpoint = |piece: &str| {
        ["endpoint ", "--endpoint-url "].iter().any(|start| piece.strip_prefix(start).is_some_and(is_this_machine))
    };
    pieces(target).any(endpoint)
}

/// True where the database of tests on this machine is meant.
fn is_of_tests(target: &Target, here: bool) -> bool {
    let named = Some(target.name.as_str()).filter(|_| target.kind == TargetKind::Database);
    let test = |text: &str| {
        environment::words(text)
            .any(|word| ["test", "tests", "testing"].iter().any(|known| word.eq_ignore_ascii_case(known)))
    };
    if !pieces(target).chain(named).any(|piece| !is_container(piece) && test(piece)) {
        return false;
    }
    // `what -h is, is not known`
    if pieces(target).any(|piece| piece == "is not known") {
        return false;
    }
    let mut hosts = pieces(target).filter_map(host).peekable();
    if hosts.peek().is_some() {
        return hosts.all(is_this_machine);
    }
    match &target.lookup {
        Some(_) => true,
        // What a statement is about has been told by its client.
        None => here || pieces(target).any(|piece| piece.starts_with("database ")),
    }
}

/// The host that a piece of the description names.
fn host(piece: &str) -> Option<&str> {
    if let Some((_, rest)) = piece.split_once("://") {
        let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
        return Some(rest.split(['/', '?']).next().unwrap_or(rest));
    }
    let named = ["host ", "(host ", "service ", "configuration ", "-h ", "--host ", "PGHOST=", "MYSQL_HOST="];
    if is_container(piece) && !piece.contains("(host ") {
        // A service of Compose; one of PostgreSQL's is told by the lookup together with its file or host.
        return None;
    }
    named.iter().find_map(|name| piece.split_once(name).map(|(_, host)| host.trim_end_matches(')')))
}

fn is_this_machine(text: &str) -> bool {
    environment::of_text(text) == Some(Environment::Development)
        && ["localhost", "127.0.0.1", "0.0.0.0", "[::1]", "host.docker.internal"].iter().any(|name| {
            let host = text.split_once("://").map_or(text, |(_, rest)| rest);
            host.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
        })
}

fn is_cluster_of_containers(piece: &str) -> bool {
    let name = ["context ", "--context ", "--kube-context "].iter().find_map(|start| piece.strip_prefix(start));
    let Some(name) = name else { return false };
    let (name, rest) = name.split_once(' ').unwrap_or((name, ""));
    let near = match rest.split_once("(server ") {
        Some((_, server)) => is_near(server.split(')').next().unwrap_or_default()),
        None => true,
    };
    near && CLUSTERS.iter().any(|known| name.starts_with(known))
}

/// An address of this machine, or one that leads no further than its own networks.
fn is_near(server: &str) -> bool {
    let host = server.split_once("://").map_or(server, |(_, rest)| rest);
    is_this_machine(host)
        || ["kubernetes.docker.internal", "192.168.", "172.", "10."].iter().any(|start| host.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(kind: TargetKind, name: &str, from: &str, via: &[&str], environment: Environment) -> Environment {
        let mut target = Target::new(kind, name);
        target.environment_from = Some(from.to_owned()).filter(|from| !from.is_empty());
        target.environment = environment;
        let mut effect = Effect::new(Verb::Delete, target);
        if kind == TargetKind::Table {
            effect = effect.within(Scope::Filtered { filter: "WHERE id = 1".to_owned() });
        }
        effect.via = via.iter().map(|step| (*step).to_owned()).collect();
        let mut effects = [effect];
        settle(&mut effects);
        let [effect] = effects;
        effect.target.environment
    }

    #[test]
    fn only_what_is_on_this_machine_is_thrown_away() {
        use TargetKind::{CloudResource, Database, KubernetesObject};
        for (kind, name, from, via, scratch) in [
            (Database, "app_test", "host localhost, database app_test", "", true),
            (Database, "app_test", "database app_test", "", true),
            (Database, "app_test", "service db", "service db", true),
            (Database, "app_test", "DATABASE_URL (host localhost, database app_test)", "", true),
            (Database, "app_dev", "host localhost, database app_dev", "", false),
            (Database, "app_test", "host db.example.com, database app_test", "", false),
            (Database, "app_test", "host localhost.example.com, database app_test", "", false),
            (Database, "app_test", "what -h is, is not known, database app_test", "", false),
            (Database, "app_test", "db1", "db1", false),
            (Database, "app_test", "pod pg-0", "pod pg-0", false),
            (CloudResource, "s3://x", "endpoint http://localhost:4566, region eu", "", true),
            (CloudResource, "s3://test", "endpoint http://minio.test.example.com", "", false),
            (KubernetesObject, "ns x", "context kind-dev (server https://127.0.0.1:4)", "", true),
            (KubernetesObject, "ns x", "context kind-dev (server https://k8s.example.com)", "", false),
            (KubernetesObject, "pvc data", "context kind-dev (server https://127.0.0.1:4)", "", false),
            (KubernetesObject, "ns x", "context dev", "", false),
        ] {
            let via: Vec<&str> = Some(via).filter(|via| !via.is_empty()).into_iter().collect();
            let found = settled(kind, name, from, &via, Environment::Development);
            assert_eq!(found == Environment::Scratch, scratch, "{name}: {from}");
            assert_eq!(settled(kind, name, from, &via, Environment::Production), Environment::Production, "{name}");
        }
    }

    #[test]
    fn some_rows_of_a_server_in_a_container_are_a_developers_own() {
        for (from, via, own) in [
            ("service db, -U app, shop", "service db", true),
            ("container pg", "container pg", true),
            ("-h db.example.com", "container pg", false),
            ("db1", "db1", false),
            ("pod pg-0", "pod pg-0", false),
        ] {
            let found = settled(TargetKind::Table, "sessions", from, &[via], Environment::Unknown);
            assert_eq!(found == Environment::Development, own, "{from}");
        }
    }
}
