//! Which server and database a client or a migration tool talks to.

use std::path::Path;

use super::{Found, Place, files};

/// Variables that hold an address, the commonest first.
const ADDRESSES: &[&str] =
    &["DATABASE_URL", "DIRECT_URL", "POSTGRES_URL", "DB_URL", "MONGODB_URI", "MONGO_URL", "REDIS_URL"];

/// The server that a client is told to talk to; its own machine's where nothing says otherwise.
pub(super) fn client(place: &Place<'_>) -> Found {
    let mut found = Found::default();
    let lookup = place.lookup;
    named(place, &mut found);
    for (name, what) in [("PGHOST", "host"), ("PGHOSTADDR", "host"), ("MYSQL_HOST", "host")] {
        if let Some(value) = lookup.variable(name).filter(|_| found.names.is_empty()) {
            found.add(format!("{what} {value} by {name}"), value);
        }
    }
    if let Some(service) = lookup.variable("PGSERVICE") {
        found.add(format!("service {service}"), service);
        let path = match lookup.variable("PGSERVICEFILE") {
            Some(path) => place.path(path),
            None => place.at_home(".pg_service.conf"),
        };
        let text = path.as_deref().and_then(files::read);
        for key in ["host", "dbname"] {
            if let Some(value) = text.as_deref().and_then(|text| files::ini(text, service, key)) {
                found.add(format!("{key} {value} of service {service}"), value);
            }
        }
    }
    if found.names.is_empty() && lookup.complete {
        found.add("the server of this machine", "localhost");
    }
    if let Some(value) = lookup.variable("PGDATABASE") {
        found.add(format!("database {value} by PGDATABASE"), value);
    }
    found
}

/// The database of a project: what is named, else what the environment and the project's files say.
pub(super) fn project(place: &Place<'_>) -> Found {
    let mut found = Found::default();
    let lookup = place.lookup;
    named(place, &mut found);
    let is_named = !found.names.is_empty();
    for name in ["RAILS_ENV", "NODE_ENV", "APP_ENV", "DJANGO_SETTINGS_MODULE"] {
        if let Some(value) = lookup.variable(name) {
            found.add(format!("{name}={value}"), value);
        }
    }
    if is_named {
        return found;
    }
    for name in ADDRESSES {
        if let Some(value) = lookup.variable(name) {
            address(value, &format!(" by {name}"), &mut found);
            return found;
        }
    }
    if let Some(dir) = &lookup.directory {
        in_files(place, dir, &mut found);
    }
    found
}

/// What options and words name.
fn named(place: &Place<'_>, found: &mut Found) {
    let lookup = place.lookup;
    for value in lookup.options.iter().map(|(_, value)| value).chain(&lookup.words) {
        address(value, "", found);
    }
    for (names, what) in [
        (&["-h", "--host", "-H", "--hostname", "-S", "--server"][..], "host"),
        (&["-e", "--env", "--environment"], "environment"),
    ] {
        if let Some(value) = lookup.option(names).filter(|value| !value.contains("://") && *value != "true") {
            found.add(format!("{what} {value}"), value);
        }
    }
}

/// The `.env` files of a directory, and the files of the usual frameworks.
fn in_files(place: &Place<'_>, dir: &Path, found: &mut Found) {
    let mode = ["NODE_ENV", "APP_ENV", "RAILS_ENV"].iter().find_map(|name| place.lookup.variable(name));
    let mut names: Vec<String> = Vec::new();
    if let Some(mode) = mode.filter(|mode| !mode.contains('/')) {
        names.extend([format!(".env.{mode}.local"), format!(".env.{mode}")]);
    }
    names.extend([".env.local", ".env", "prisma/.env"].map(str::to_owned));
    for file in names {
        let Some(text) = files::read(&dir.join(&file)) else { continue };
        if let Some((name, value)) = ADDRESSES.iter().find_map(|name| Some((name, files::dotenv(&text, name)?))) {
            address(value, &format!(" by {name} in {file}"), found);
            return;
        }
        // Laravel's way.
        if let Some(host) = files::dotenv(&text, "DB_HOST") {
            found.add(format!("host {host} by DB_HOST in {file}"), host);
            if let Some(name) = files::dotenv(&text, "DB_DATABASE") {
                found.add(format!("database {name} by DB_DATABASE in {file}"), name);
            }
            return;
        }
    }
    if let Some(url) =
        files::read(&dir.join("alembic.ini")).as_deref().and_then(|text| files::ini(text, "alembic", "sqlalchemy.url"))
    {
        address(url, " by sqlalchemy.url in alembic.ini", found);
    }
}

/// Host and database of a connection string. User and password are left out.
fn address(text: &str, aside: &str, found: &mut Found) {
    let Some((scheme, rest)) = text.split_once("://") else { return };
    if scheme.is_empty() || !scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '.' | '-')) {
        return;
    }
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = match host.rsplit_once(':') {
        Some((name, port)) if port.chars().all(|c| c.is_ascii_digit()) => name,
        _ => host,
    };
    if !host.is_empty() {
        found.add(format!("host {host}{aside}"), host);
    }
    if !path.is_empty() && !path.contains('@') {
        found.add(format!("database {path}{aside}"), path);
    }
}
