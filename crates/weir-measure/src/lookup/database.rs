//! Which server and database a client talks to: words and options, variables, and its own files.

use super::ini::Ini;
use super::mask::{self, Address};
use super::{Place, framework};

pub(super) fn find(place: &mut Place<'_>) {
    let program = place.program().to_owned();
    match program.as_str() {
        "psql" | "pgcli" | "cockroach-sql" | "createdb" | "createuser" | "dropdb" | "dropuser" | "pg_restore"
        | "pg_dump" | "pg_dumpall" | "pg_basebackup" => postgres(place, &program),
        "mysql" | "mariadb" | "mycli" | "mysqladmin" | "mariadb-admin" | "mysqldump" | "mariadb-dump" => {
            mysql(place, &program);
        }
        "mongosh" | "mongo" | "mongorestore" | "mongoimport" | "mongodump" | "mongoexport" => mongo(place, &program),
        "redis-cli" | "valkey-cli" | "keydb-cli" => redis(place),
        _ => framework::find(place, &program),
    }
}

/// An address, or a plain name of a server or a database, with where it was found.
pub(super) fn connection(place: &mut Place<'_>, value: &str, by: &str) {
    let value = value.trim();
    if value.is_empty() {
        return;
    }
    if let Some(Address { scheme, host, database }) = mask::address(value) {
        let mut details = Vec::new();
        for (what, name) in [("host", &host), ("database", &database)] {
            if !name.is_empty() {
                details.push(format!("{what} {name}"));
                place.found.place(name);
            }
        }
        let details = if details.is_empty() { scheme } else { details.join(", ") };
        place.found.say(format!("{by} ({details})"));
        return;
    }
    if let Some(file) = value.strip_prefix("file:").or_else(|| value.strip_prefix("sqlite:")) {
        place.found.say(format!("{by} (file {file})"));
        place.found.place(file);
        return;
    }
    if value.contains('=') {
        let mut details = Vec::new();
        for (key, text) in pairs(value) {
            let what = match key.as_str() {
                "host" | "server" | "hostaddr" | "data source" | "address" => "host",
                "dbname" | "database" | "initial catalog" => "database",
                "service" => "service",
                _ => continue,
            };
            details.push(format!("{what} {text}"));
            place.found.place(text);
        }
        place.found.say(format!("{by} ({})", details.join(", ")));
        return;
    }
    // It may be anything, also a password: it is compared, and not shown.
    place.found.say(by.to_owned());
    place.found.place(value);
}

/// `host=x dbname=y` and `Server=x;Database=y`.
fn pairs(text: &str) -> Vec<(String, &str)> {
    let mark = if text.contains(';') { ';' } else { ' ' };
    let pairs = text.split(mark).filter_map(|piece| piece.split_once('='));
    pairs.map(|(key, value)| (key.trim().to_ascii_lowercase(), value.trim().trim_matches('\''))).collect()
}

fn named(place: &mut Place<'_>, what: &str, name: &str, by: &str) {
    place.found.say(format!("{what} {name}{by}"));
    place.found.place(name);
}

fn postgres(place: &mut Place<'_>, program: &str) {
    const DATABASE: &[&str] = &["dbname", "d"];
    let word = if matches!(program, "pg_restore" | "pg_dumpall" | "pg_basebackup") { None } else { place.word(1) };
    let word = word.map(str::to_owned);
    let open = place.is_open(DATABASE) || (program != "pg_restore" && place.lookup.words.first() == Some(&None));
    let mut target = place.known(DATABASE).or(word);
    let (mut host, mut service) = (place.known(&["host", "h"]), None);
    if let Some(text) = target.clone() {
        if let Some(address) = mask::address(&text) {
            host = host.or(Some(address.host).filter(|host| !host.is_empty()));
            target = Some(address.database);
        } else if text.contains('=') {
            target = None;
            for (key, value) in pairs(&text) {
                match key.as_str() {
                    "host" | "hostaddr" => host = host.or(Some(value.to_owned())),
                    "dbname" => target = Some(value.to_owned()),
                    "service" => service = Some(value.to_owned()),
                    _ => {}
                }
            }
        }
    }
    let mut by = String::new();
    let service = service.or_else(|| place.known(&["PGSERVICE"]));
    if let Some(name) = &service {
        place.found.place(name);
        place.found.say(format!("service {name}"));
        let file = match place.known(&["PGSERVICEFILE"]) {
            Some(file) => place.files.path(&file),
            None => place.files.home(".pg_service.conf"),
        };
        if let Some(file) = file
            && let Some(text) = place.files.text(&file)
        {
            let ini = Ini::parse(&text);
            let mut found = false;
            if host.is_none() {
                host = ini.get(name, "host").or_else(|| ini.get(name, "hostaddr")).map(str::to_owned);
                found |= host.is_some();
            }
            if target.as_ref().is_none_or(String::is_empty) {
                target = ini.get(name, "dbname").map(str::to_owned);
                found |= target.is_some();
            }
            if found {
                by = format!(" in {}", place.files.shown(&file));
            }
        }
    }
    if host.is_none() && !place.is_open(&["host", "h"]) && !open {
        host = place.known(&["PGHOST", "PGHOSTADDR"]);
    }
    if target.as_ref().is_none_or(String::is_empty) && !open {
        target = place.known(&["PGDATABASE"]);
    }
    if let Some(host) = host {
        named(place, "host", &host, &by);
    }
    if let Some(database) = target.filter(|database| !database.is_empty()) {
        named(place, "database", &database, &by);
    }
    if let Some(user) = place.known(&["username", "U"]) {
        place.found.hint(&user);
    }
}

fn mysql(place: &mut Place<'_>, program: &str) {
    const FILE: &[&str] = &["defaults-file", "defaults-extra-file"];
    let mut host = place.known(&["host", "h"]);
    let mut by = String::new();
    let suffix = place.known(&["defaults-group-suffix"]);
    for name in [suffix.clone(), place.known(&["login-path"])].into_iter().flatten() {
        named(place, "configuration", &name, "");
    }
    if host.is_none() && place.given(&["host", "h"]).is_none() {
        host = place.known(&["MYSQL_HOST"]);
    }
    if host.is_none() && place.given(&["host", "h", "MYSQL_HOST", "no-defaults"]).is_none() {
        let file = match place.given(FILE) {
            Some(_) => place.known(FILE).and_then(|file| place.files.path(&file)),
            None => place.files.home(".my.cnf"),
        };
        if let Some(file) = file
            && let Some(text) = place.files.text(&file)
        {
            let ini = Ini::parse(&text);
            let group = format!("client{}", suffix.unwrap_or_default());
            host = [group.as_str(), program, "client"]
                .into_iter()
                .find_map(|section| ini.get(section, "host"))
                .map(str::to_owned);
            by = format!(" in {}", place.files.shown(&file));
        }
    }
    if let Some(host) = host {
        named(place, "host", &host, &by);
    }
    let word = if program.ends_with("admin") { None } else { place.word(1).map(str::to_owned) };
    if let Some(database) = place.known(&["database", "D"]).or(word) {
        match mask::address(&database) {
            Some(_) => connection(place, &database, "address"),
            None => named(place, "database", &database, ""),
        }
    }
}

fn mongo(place: &mut Place<'_>, program: &str) {
    let word =
        if program.starts_with("mongorestore") || program.starts_with("mongoimport") { None } else { place.word(1) };
    let given = word.map(str::to_owned);
    let given = place.known(&["uri", "host", "h"]).or(given);
    match given {
        Some(given) if mask::address(&given).is_some() => connection(place, &given, "address"),
        // `mongosh NAME` is a database on this machine; a host has a port, a path or a domain.
        Some(given) if place.given(&["host", "h"]).is_none() && !given.contains(['.', ':', '/']) => {
            named(place, "database", &given, "");
        }
        Some(given) => named(place, "host", &given, ""),
        None if place.lookup.words.first() == Some(&None) => {}
        None => {
            if let Some(url) = place.known(&["MONGODB_URI", "MONGO_URL"]) {
                connection(place, &url, "MONGODB_URI");
            }
        }
    }
    if let Some(database) = place.known(&["db", "d"]) {
        named(place, "database", &database, "");
    }
}

fn redis(place: &mut Place<'_>) {
    if let Some(url) = place.known(&["u", "url", "uri"]) {
        connection(place, &url, "address");
    }
    if let Some(host) = place.known(&["h", "host"]) {
        named(place, "host", &host, "");
    }
    if place.given(&["u", "url", "uri", "h", "host"]).is_none()
        && let Some(url) = place.known(&["REDIS_URL"])
    {
        connection(place, &url, "REDIS_URL");
    }
}
