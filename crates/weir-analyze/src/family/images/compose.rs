//! `docker compose`: the services of which it builds the images.

use std::path::{Path, PathBuf};

use weir_yaml::Yaml;

use super::build::{self, Build, expanded};
use super::{below, built, is_classic};
use crate::call::{Arg, Call, Say, Value};
use crate::family::options;
use crate::family::project::Found;

/// Services that are looked at.
const MOST_SERVICES: usize = 200;

const NAMES: &[&str] = &["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
const OVERRIDES: &[&str] =
    &["compose.override.yaml", "compose.override.yml", "docker-compose.override.yml", "docker-compose.override.yaml"];
const GLOBAL: &[&str] = &[
    "-f",
    "--file",
    "-p",
    "--project-name",
    "--profile",
    "--env-file",
    "--project-directory",
    "--ansi",
    "--parallel",
    "--progress",
];
const VALUES: &[&str] = &[
    "--build-arg",
    "--scale",
    "-t",
    "--timeout",
    "--pull",
    "--exit-code-from",
    "--attach",
    "--no-attach",
    "--menu",
    "--wait-timeout",
    "--cap-add",
    "--cap-drop",
    "--entrypoint",
    "-e",
    "--env",
    "--env-from-file",
    "-l",
    "--label",
    "--name",
    "-p",
    "--publish",
    "-u",
    "--user",
    "-v",
    "--volume",
    "-w",
    "--workdir",
    "--ssh",
    "-m",
    "--memory",
    "--builder",
    "--provenance",
    "--sbom",
];

/// Follows what `docker compose` builds; `args` stand behind that word.
pub(super) fn follow(call: &Call<'_>, args: &[Arg], say: &mut dyn Say) {
    let (mut files, mut dir) = (Vec::new(), None);
    let mut words = args.iter();
    let command = loop {
        let Some(text) = words.next().and_then(Arg::text) else { return };
        let (option, inline) = options::inline(text);
        if matches!(option, "--dry-run" | "-h" | "--help") {
            return;
        }
        if GLOBAL.contains(&option) {
            let value = inline.or_else(|| words.next().and_then(Arg::text));
            match (option, value) {
                ("-f" | "--file", Some(value)) => files.push(value.to_owned()),
                ("--project-directory", Some(value)) => dir = call.path(value),
                _ => {}
            }
        } else if !text.starts_with('-') {
            break text;
        }
    };
    if !matches!(command, "build" | "up" | "run" | "create" | "watch") {
        return;
    }
    let (mut asked, mut given) = (Vec::new(), Vec::new());
    while let Some(word) = words.next() {
        let Some(text) = word.text() else { continue };
        let (option, inline) = text.split_once('=').unwrap_or((text, ""));
        if matches!(text, "--no-build" | "--dry-run" | "-h" | "--help" | "--print" | "--check") {
            return;
        }
        if !text.starts_with('-') {
            asked.push(text.to_owned());
            if command == "run" {
                break;
            }
        } else if option == "--build-arg" {
            let value = if inline.is_empty() { words.next().cloned() } else { Some(Arg::with_holes(inline)) };
            given.extend(value.map(|value| super::argument(call, &value)));
        } else if VALUES.contains(&text) {
            words.next();
        }
    }
    let named = match call.variable("COMPOSE_FILE") {
        Some(Value::Known(list)) if files.is_empty() => list.split(':').map(str::to_owned).collect(),
        _ => files,
    };
    let found: Vec<Found> = if named.is_empty() {
        let Some(cwd) = &call.cwd else { return };
        let start = dir.as_ref().unwrap_or(cwd);
        let Some(first) = Found::upward(call, start, NAMES).next() else { return };
        let more = OVERRIDES.iter().find_map(|name| Found::at(call, first.dir().join(name)));
        std::iter::once(first).chain(more).collect()
    } else {
        named.iter().filter_map(|name| Found::at(call, call.path(name)?)).collect()
    };
    let Some(dir) = dir.or_else(|| found.first().map(Found::dir)) else { return };
    let known: Vec<(String, String)> = call
        .env
        .iter()
        .filter_map(|(name, value)| match value {
            Value::Known(value) => Some((name.clone(), value.clone())),
            _ => None,
        })
        .collect();
    let yamls: Vec<Yaml> =
        found.iter().filter_map(|found| Yaml::parse(&String::from_utf8_lossy(&found.bytes))).collect();
    let wanted = wanted(&yamls, &asked, command);
    let mut compose = Compose { call, dir, known, given, say };
    for (found, yaml) in found.iter().zip(&yamls) {
        compose.say.pin(found.path.clone(), &found.bytes);
        for (name, service) in services(yaml) {
            if wanted.as_ref().is_none_or(|wanted| wanted.iter().any(|one| one == name)) {
                compose.service(name, service);
            }
        }
    }
}

fn services(yaml: &Yaml) -> impl Iterator<Item = (&str, &Yaml)> {
    yaml.get("services").map(Yaml::entries).into_iter().flatten().take(MOST_SERVICES)
}

/// The services that are asked for and those that they need; `None` for all.
fn wanted(yamls: &[Yaml], asked: &[String], command: &str) -> Option<Vec<String>> {
    if asked.is_empty() {
        return None;
    }
    let mut wanted = asked.to_vec();
    let mut done = 0;
    while let Some(name) = wanted.get(done).cloned().filter(|_| command != "build" && done < MOST_SERVICES) {
        done += 1;
        for (_, service) in yamls.iter().flat_map(services).filter(|(found, _)| *found == name) {
            let Some(needs) = service.get("depends_on") else { continue };
            let listed = needs.list().iter().filter_map(Yaml::text);
            for need in listed.chain(needs.entries().map(|(name, _)| name)) {
                if !wanted.iter().any(|one| one == need) {
                    wanted.push(need.to_owned());
                }
            }
        }
    }
    Some(wanted)
}

struct Compose<'a, 'c> {
    call: &'a Call<'c>,
    dir: PathBuf,
    known: Vec<(String, String)>,
    given: Vec<(String, Option<String>)>,
    say: &'a mut dyn Say,
}

impl Compose<'_, '_> {
    fn service(&mut self, name: &str, service: &Yaml) {
        let Some(how) = service.get("build") else { return };
        let text = |keys: &[&str]| how.at(keys).map(|text| expanded(text, &self.known));
        let context = how.text().map(|text| expanded(text, &self.known)).or_else(|| text(&["context"]));
        let context = context.unwrap_or_else(|| ".".to_owned());
        let mut args = Vec::new();
        if let Some(list) = how.get("args") {
            args.extend(
                list.entries()
                    .map(|(name, value)| (name.to_owned(), value.text().map(|value| expanded(value, &self.known)))),
            );
            args.extend(list.list().iter().filter_map(Yaml::text).map(|text| match text.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(expanded(value, &self.known))),
                None => super::argument(self.call, &Arg::known(text)),
            }));
        }
        args.extend(self.given.clone());
        let mut build = Build {
            name: format!("service {name}"),
            args,
            target: text(&["target"]),
            every: is_classic(self.call),
            mounts: Vec::new(),
        };
        if let Some(inline) = how.at(&["dockerfile_inline"]) {
            return build::follow(&build, inline, self.say);
        }
        if context.contains("://") {
            return;
        }
        let context = below(&self.dir, &context);
        let found = match text(&["dockerfile"]) {
            Some(file) => Found::at(self.call, below(&context, &file)),
            None => ["Dockerfile", "Containerfile"].iter().find_map(|name| self.beside(&context, name)),
        };
        if let Some(found) = found {
            built(found, &mut build, self.say);
        }
    }

    fn beside(&self, dir: &Path, name: &str) -> Option<Found> {
        Found::at(self.call, dir.join(name))
    }
}
