//! Which database migration tools and frameworks act on: their options, variables, `.env` files and own configuration.
//!
//! Configuration that is a program (`knexfile.js`, `settings.py`) is read for its literal addresses and for the names of
//! the variables that it asks for; every one of these may be meant.

use std::path::PathBuf;

use serde_json::Value as Json;
use weir_yaml::Yaml;

use super::database::connection;
use super::dotenv::Dotenv;
use super::ini::Ini;
use super::{Place, mask};

/// Addresses and variables that are taken from one file.
const MOST_MENTIONS: usize = 12;
/// Variables that stand for a database where a tool asks for none by name.
const USUAL: [&str; 4] = ["DATABASE_URL", "DB_URL", "DIRECT_URL", "POSTGRES_URL"];

pub(super) fn find(place: &mut Place<'_>, program: &str) {
    const ADDRESS: &[&str] = &["url", "database-url", "db-url", "u", "D"];
    if place.given(ADDRESS).is_some() {
        if let Some(url) = place.known(ADDRESS) {
            connection(place, &url, "address");
        }
        return;
    }
    if let Some(name) = place.known(&["database", "connection"]) {
        match mask::address(&name) {
            Some(_) => return connection(place, &name, "--database"),
            None => {
                place.found.say(format!("database {name}"));
                place.found.place(&name);
            }
        }
    }
    match program {
        "prisma" => prisma(place),
        "drizzle-kit" => drizzle(place),
        "knex" | "sequelize" | "sequelize-cli" | "mikro-orm" | "db-migrate" => node(place, program),
        program if program.starts_with("typeorm") => node(place, program),
        "alembic" | "flask" => alembic(place),
        "rails" | "rake" => rails(place),
        "manage.py" | "django-admin" | "django" => django(place),
        "artisan" | "console" | "doctrine" | "phinx" => php(place, program),
        "mix" => {
            let name = environment(place, &["MIX_ENV"], "dev");
            let env = dotenv(place, &[".env"]);
            // Only the configuration of production takes its address from a variable.
            if name.as_deref() == Some("prod") {
                variables(place, &env, &["DATABASE_URL"]);
            }
        }
        "flyway" => properties(place, &["flyway.conf", "conf/flyway.conf", "flyway.toml"], "url"),
        "liquibase" => properties(place, &["liquibase.properties"], "url"),
        _ => {
            let env = dotenv(place, &[".env"]);
            if program == "goose" {
                variables(place, &env, &["GOOSE_DBSTRING"]);
            }
            variables(place, &env, &USUAL);
        }
    }
}

/// The environment that is chosen by option or variable, else the tool's own default.
fn environment(place: &mut Place<'_>, names: &[&str], default: &str) -> Option<String> {
    match place.given(names) {
        Some(given) => {
            let name = place.known(names)?;
            place.found.say(format!("{} {name}", given.by));
            place.found.place(&name);
            Some(name)
        }
        None => Some(default.to_owned()).filter(|default| !default.is_empty()),
    }
}

fn dotenv(place: &Place<'_>, names: &[&str]) -> Dotenv {
    Dotenv::load(place, names.iter().map(|name| place.files.here(name)))
}

/// Every one of these variables that is set, in the environment or in a file. False where none is.
fn variables(place: &mut Place<'_>, env: &Dotenv, names: &[&str]) -> bool {
    let mut any = false;
    for name in names {
        any |= variable(place, env, name);
    }
    any
}

fn variable(place: &mut Place<'_>, env: &Dotenv, name: &str) -> bool {
    // What is set already goes before the files.
    match place.lookup.variable(name) {
        Some(Some(value)) => connection(place, value, name),
        Some(None) => place.found.say(format!("what {name} is, is not known")),
        None => match env.get(name) {
            Some((value, file)) => connection(place, value, &format!("{name} in {file}")),
            None => return false,
        },
    }
    true
}

/// What a text that is a program mentions.
fn mentions(place: &mut Place<'_>, text: &str, file: &str, env: &Dotenv) {
    let mut left = MOST_MENTIONS;
    for literal in literals(text) {
        if left == 0 {
            break;
        }
        if mask::address(literal).is_some() {
            left -= 1;
            connection(place, literal, &format!("an address in {file}"));
        }
    }
    for name in asked(text) {
        if left == 0 {
            break;
        }
        left -= 1;
        if !variable(place, env, name) {
            place.found.say(format!("the variable {name}, by {file}"));
        }
        // `PROD_DATABASE_URL` says it by itself.
        place.found.hint(name);
    }
    for (key, value) in keyed(text) {
        if left == 0 {
            break;
        }
        left -= 1;
        place.found.say(format!("{key} {value} in {file}"));
        place.found.place(value);
    }
}

/// Texts in quotes.
fn literals(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !is_remark(line)).flat_map(|line| {
        let pieces = line.split(['"', '\'', '`']);
        pieces.skip(1).step_by(2)
    })
}

fn is_remark(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("//") || line.starts_with('#') || line.starts_with('*') || line.starts_with("--")
}

/// The variables that a program asks the environment for, of those that may say where a database is.
fn asked(text: &str) -> Vec<&str> {
    const ASKS: [&str; 9] = [
        "process.env.",
        "process.env[",
        "env(",
        "os.environ[",
        "environ.get(",
        "getenv(",
        "ENV[",
        "ENV.fetch(",
        "config(",
    ];
    const WORDS: [&str; 8] = ["URL", "URI", "HOST", "DATABASE", "DB", "DSN", "CONNECTION", "PG"];
    const NOT: [&str; 5] = ["PASSWORD", "PASS", "PORT", "USER", "SECRET"];
    let mut names: Vec<&str> = Vec::new();
    for line in text.lines().filter(|line| !is_remark(line)) {
        for ask in ASKS {
            for (_, rest) in line.match_indices(ask).filter_map(|(at, found)| line.split_at_checked(at + found.len())) {
                let rest = rest.trim_start_matches(['"', '\'', '`', ' ']);
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
                let name = rest.get(..end).unwrap_or_default();
                let words = || name.split('_');
                if name.chars().any(|c| c.is_ascii_uppercase())
                    && words().any(|word| WORDS.contains(&word) || word.starts_with("PG"))
                    && !words().any(|word| NOT.contains(&word))
                    && !names.contains(&name)
                {
                    names.push(name);
                }
            }
        }
    }
    names
}

/// `host: "x"`, `'HOST': 'x'`, `"database": "x"`, `NAME = "x"`.
fn keyed(text: &str) -> Vec<(&str, &str)> {
    const KEYS: [&str; 7] = ["host", "HOST", "hostname", "database", "server", "NAME", "dbname"];
    let mut found = Vec::new();
    let lines = text.lines().filter(|line| !is_remark(line)).flat_map(|line| line.split(['{', ',']));
    for line in lines {
        let Some((key, rest)) = line.split_once([':', '=']) else { continue };
        let key = key.trim().trim_matches(['"', '\'', '{', ' ']);
        let rest = rest.trim_start().trim_start_matches('>').trim_start();
        if !KEYS.contains(&key) || !rest.starts_with(['"', '\'']) {
            continue;
        }
        if let Some(value) = literals(rest).next()
            && !value.is_empty()
            && !value.contains("://")
        {
            found.push((key, value));
        }
    }
    found
}

/// The part of a program that stands in braces after `name:`.
fn section<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let starts = text.match_indices(name).filter_map(|(at, _)| {
        let before = text.get(..at)?.chars().next_back().unwrap_or(' ');
        let after = text.get(at + name.len()..)?.trim_start_matches(['"', '\'']).trim_start();
        let body = after.strip_prefix([':', '='])?.trim_start().strip_prefix('{')?;
        (!before.is_alphanumeric() && before != '_').then_some(body)
    });
    let body = starts.into_iter().next()?;
    let mut depth = 1_usize;
    for (at, c) in body.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return body.get(..at);
        }
    }
    Some(body)
}

/// The first of these files that is there, with its text and its name for people.
fn first(place: &Place<'_>, names: &[&str]) -> Option<(PathBuf, String, String)> {
    let paths = names.iter().filter_map(|name| place.files.here(name));
    paths.into_iter().find_map(|path| {
        let text = place.files.text(&path)?;
        let shown = place.files.shown(&path);
        Some((path, text, shown))
    })
}

/// The file that an option names, else the first of the usual ones.
fn configured(place: &mut Place<'_>, options: &[&str], usual: &[&str]) -> Option<(PathBuf, String, String)> {
    if place.given(options).is_some() {
        let name = place.known(options)?;
        let path = place.files.path(&name)?;
        let text = place.files.text(&path)?;
        let shown = place.files.shown(&path);
        place.found.hint(&name);
        return Some((path, text, shown));
    }
    first(place, usual)
}

fn prisma(place: &mut Place<'_>) {
    let schema = configured(place, &["schema"], &["prisma/schema.prisma", "schema.prisma"]);
    let beside = schema.as_ref().and_then(|(path, ..)| Some(path.parent()?.join(".env")));
    let mut paths = vec![beside];
    for name in [".env", "prisma/.env"] {
        let path = place.files.here(name);
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    let env = Dotenv::load(place, paths);
    let Some((_, text, file)) = schema else {
        variables(place, &env, &USUAL);
        return;
    };
    // Generators have addresses of their own.
    let Some(source) = text.split("datasource ").nth(1).and_then(|rest| rest.split('}').next()) else { return };
    mentions(place, source, &file, &env);
}

fn drizzle(place: &mut Place<'_>) {
    let usual = ["drizzle.config.ts", "drizzle.config.js", "drizzle.config.mjs", "drizzle.config.json"];
    let config = configured(place, &["config"], &usual);
    // Which of the two it loads, its configuration decides.
    let env = dotenv(place, &[".env"]);
    let local = dotenv(place, &[".env.local"]);
    let Some((_, text, file)) = config else {
        variables(place, &env, &USUAL);
        return;
    };
    mentions(place, &text, &file, &env);
    for name in asked(&text) {
        variable(place, &local, name);
    }
}

fn node(place: &mut Place<'_>, program: &str) {
    let name = environment(place, &["env", "environment", "e", "NODE_ENV"], "development");
    let env = dotenv(place, &[".env"]);
    let options = ["knexfile", "config", "c", "dataSource", "d"];
    let usual: &[&str] = match program {
        "knex" => &["knexfile.js", "knexfile.ts", "knexfile.mjs", "knexfile.cjs"],
        program if program.starts_with("typeorm") => &["data-source.ts", "src/data-source.ts", "ormconfig.json"],
        "db-migrate" => &["database.json"],
        "mikro-orm" => &["mikro-orm.config.ts", "src/mikro-orm.config.ts"],
        _ => &["config/config.json", "config/config.js", "config/database.js"],
    };
    let Some((path, text, file)) = configured(place, &options, usual) else {
        variables(place, &env, &USUAL);
        return;
    };
    if path.extension().is_some_and(|ending| ending == "json")
        && let Ok(json) = serde_json::from_str::<Json>(&text)
    {
        let one = name.as_deref().and_then(|name| json.get(name)).unwrap_or(&json);
        for key in ["url", "host", "database"] {
            if let Some(value) = one.get(key).and_then(Json::as_str) {
                connection(place, value, &format!("{key} {} in {file}", mask::plain(value)));
            }
        }
        if let Some(asked) = one.get("use_env_variable").and_then(Json::as_str) {
            place.found.hint(asked);
            variable(place, &env, asked);
        }
        return;
    }
    // Another section's address is not meant.
    let part = name.as_deref().and_then(|name| section(&text, name)).unwrap_or(&text);
    mentions(place, part, &file, &env);
}

fn alembic(place: &mut Place<'_>) {
    let env = dotenv(place, &[".env"]);
    if let Some(argument) = place.known(&["x"]) {
        place.found.say(format!("-x {argument}"));
        place.found.place(&argument);
    }
    let section = place.known(&["name", "n"]).unwrap_or_else(|| "alembic".to_owned());
    if section != "alembic" {
        place.found.say(format!("section {section}"));
        place.found.place(&section);
    }
    let config = configured(place, &["config", "c"], &["alembic.ini", "migrations/alembic.ini"]);
    let url = config.as_ref().and_then(|(_, text, file)| {
        let url = Ini::parse(text).get(&section, "sqlalchemy.url")?.to_owned();
        Some((url, file.clone()))
    });
    // The template's own placeholder.
    let url = url.filter(|(url, _)| !url.contains("driver://") && !url.contains("%("));
    if let Some((url, file)) = &url {
        connection(place, url, &format!("sqlalchemy.url in {file}"));
    }
    // `env.py` may set another one.
    let program = first(place, &["alembic/env.py", "migrations/env.py"]);
    let names: Vec<String> =
        program.map(|(_, text, _)| asked(&text).into_iter().map(str::to_owned).collect()).unwrap_or_default();
    for name in &names {
        place.found.hint(name);
        variable(place, &env, name);
    }
    if url.is_none() && names.is_empty() {
        variables(place, &env, &USUAL);
    }
}

fn rails(place: &mut Place<'_>) {
    let Some(name) = environment(place, &["environment", "e", "RAILS_ENV", "RACK_ENV"], "development") else { return };
    place.found.place(&name);
    let files = [format!(".env.{name}.local"), ".env.local".to_owned(), format!(".env.{name}"), ".env".to_owned()];
    let env = Dotenv::load(place, files.iter().map(|file| place.files.here(file)));
    variable(place, &env, "DATABASE_URL");
    let Some((_, text, file)) = first(place, &["config/database.yml"]) else { return };
    // Templates in it are texts like others.
    let text: String = text.lines().filter(|line| !line.trim_start().starts_with("<%")).collect::<Vec<_>>().join("\n");
    let Some(yaml) = Yaml::parse(&text) else {
        place.files.trouble(format!("{file} cannot be understood"));
        return;
    };
    let Some(section) = yaml.get(&name) else { return };
    let several = section.entries().filter(|(_, value)| matches!(value, Yaml::Map(_))).map(|(_, value)| value);
    for part in std::iter::once(section).chain(several) {
        for key in ["url", "host", "database"] {
            let Some(value) = part.at(&[key]) else { continue };
            if value.contains("<%") {
                for asked in asked(value) {
                    place.found.hint(asked);
                    variable(place, &env, asked);
                }
            } else {
                connection(place, value, &format!("{key} {} in {file}", mask::plain(value)));
            }
        }
    }
}

fn django(place: &mut Place<'_>) {
    let mut module = None;
    if place.given(&["settings", "DJANGO_SETTINGS_MODULE"]).is_some() {
        module = Some(place.known(&["settings", "DJANGO_SETTINGS_MODULE"]));
    }
    let module = match module {
        Some(None) => return,
        Some(module) => module,
        None => first(place, &["manage.py"]).and_then(|(_, text, _)| {
            let rest = text.split("DJANGO_SETTINGS_MODULE").nth(1)?;
            Some(literals(rest.get(1..)?.lines().next()?).next()?.to_owned())
        }),
    };
    let env = dotenv(place, &[".env"]);
    let Some(module) = module else {
        variables(place, &env, &USUAL);
        return;
    };
    place.found.say(format!("settings {module}"));
    place.found.place(&module);
    let path = module.replace('.', "/");
    // A module is a file or a directory.
    let Some((_, text, file)) = first(place, &[&format!("{path}.py"), &format!("{path}/__init__.py")]) else { return };
    let part = section(&text, "DATABASES").unwrap_or_default();
    mentions(place, part, &file, &env);
    if part.is_empty() {
        variables(place, &env, &USUAL);
    }
}

fn php(place: &mut Place<'_>, program: &str) {
    let laravel = program == "artisan";
    let chosen = environment(place, &["env", "e", "environment", "APP_ENV"], "");
    let default = dotenv(place, &[".env"]).get("APP_ENV").map(|(value, _)| value.to_owned());
    let name = chosen.clone().or_else(|| default.clone()).unwrap_or_else(|| "dev".to_owned());
    let files = if laravel {
        // The file of the environment takes the place of the usual one.
        match &chosen {
            Some(chosen) if place.files.here(&format!(".env.{chosen}")).is_some_and(|path| path.exists()) => {
                vec![format!(".env.{chosen}")]
            }
            _ => vec![".env".to_owned()],
        }
    } else {
        vec![format!(".env.{name}.local"), format!(".env.{name}"), ".env.local".to_owned(), ".env".to_owned()]
    };
    let env = Dotenv::load(place, files.iter().map(|file| place.files.here(file)));
    if chosen.is_none()
        && let Some((value, file)) = env.get("APP_ENV")
    {
        place.found.say(format!("APP_ENV {value} in {file}"));
        place.found.place(value);
    }
    for name in ["DATABASE_URL", "DB_URL"] {
        variable(place, &env, name);
    }
    for (name, what) in [("DB_HOST", "host"), ("DB_DATABASE", "database")] {
        let value = match place.lookup.variable(name) {
            Some(value) => value.map(|value| (value.to_owned(), String::new())),
            None => env.get(name).map(|(value, file)| (value.to_owned(), format!(" in {file}"))),
        };
        if let Some((value, file)) = value {
            place.found.say(format!("{what} {value}{file}"));
            place.found.place(&value);
        }
    }
}

/// `key=value` files of Java programs.
fn properties(place: &mut Place<'_>, usual: &[&str], key: &str) {
    let env = dotenv(place, &[".env"]);
    let options = ["configFiles", "configfiles", "defaults-file", "defaultsFile", "c"];
    if let Some((_, text, file)) = configured(place, &options, usual) {
        let ini = Ini::parse(&text);
        let sections: Vec<&str> = ini.sections().collect();
        let found = sections
            .iter()
            .find_map(|section| ini.get(section, key).or_else(|| ini.get(section, &format!("flyway.{key}"))));
        if let Some(url) = found {
            let url = url.replace("\\:", ":");
            connection(place, &url, &format!("{key} in {file}"));
        }
        return;
    }
    variables(place, &env, &USUAL);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_read_for_what_they_ask_for() {
        let text = "// process.env.OLD_DB_URL\nconst a = process.env.DATABASE_URL ?? env(\"PROD_DB_HOST\");\nos.environ['PGHOST']; getenv('DB_PASSWORD'); ENV.fetch(\"SHOP_URL\") config(\"name\")\n";
        assert_eq!(asked(text), ["DATABASE_URL", "PROD_DB_HOST", "PGHOST", "SHOP_URL"]);
        let text = "module.exports = {\n development: { host: 'localhost', x: {} },\n 'production': { connection: { host: \"db.prod\" } },\n};";
        assert_eq!(keyed(section(text, "production").unwrap()), [("host", "db.prod")]);
        assert!(section(text, "production").unwrap().contains("db.prod"));
        assert!(!section(text, "development").unwrap().contains("db.prod"));
        assert_eq!(section(text, "staging"), None);
        assert_eq!(
            keyed("  'HOST': 'db.prod',\n \"database\": \"shop\", \n # host: 'x'\n host: x\n"),
            [("HOST", "db.prod"), ("database", "shop")]
        );
        assert_eq!(literals("a 'b' \"c\" # d\n# 'no'\n").collect::<Vec<_>>(), ["b", "c"]);
    }
}
