//! `nx`: the targets of the projects of a workspace.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use weir_model::{Effect, Target, TargetKind, Verb};

use super::monorepo::{manner, spread};
use super::package::Package;
use super::{in_dir, jsonc, run_text, workspaces};
use crate::call::{Arg, Call, HOLE, Say, Value};
use crate::family::project::Found;

/// Projects of one workspace, and directories in which they are looked for.
const MOST_PROJECTS: usize = 200;
const MOST_DIRECTORIES: usize = 500;
const DEEPEST: usize = 4;
/// Targets that one call runs.
const MOST_TARGETS: usize = 400;
/// Targets that lead to other targets.
const MOST_LINKS: usize = 16;

const VALUES: &[&str] = &[
    "--target",
    "-t",
    "--targets",
    "--projects",
    "-p",
    "--project",
    "--configuration",
    "-c",
    "--parallel",
    "--base",
    "--head",
    "--files",
    "--exclude",
    "--runner",
    "--output-style",
    "--outputStyle",
    "--maxParallel",
    "--watch",
];

/// One project: what `project.json` and `package.json` say of it.
struct Project {
    name: String,
    dir: PathBuf,
    json: Option<(Found, Json)>,
    package: Option<Package>,
}

impl Project {
    fn target(&self, name: &str) -> Option<&Json> {
        let own = self.json.as_ref().and_then(|(_, json)| json.get("targets")?.get(name));
        own.or_else(|| self.package.as_ref()?.part("nx")?.get("targets")?.get(name))
    }

    fn has(&self, name: &str) -> bool {
        self.target(name).is_some() || self.package.as_ref().is_some_and(|package| package.script(name).is_some())
    }
}

struct Nx<'a, 'c> {
    call: &'a Call<'c>,
    root: PathBuf,
    config: Json,
    projects: Vec<Project>,
    given: Vec<String>,
    seen: BTreeSet<(usize, String)>,
    ran: bool,
}

/// Says what a call of `nx` runs. True where that is all that it does.
pub(super) fn interpret(call: &Call<'_>, say: &mut dyn Say) -> bool {
    const OWN: &[&str] = &[
        "graph",
        "dep-graph",
        "list",
        "show",
        "report",
        "reset",
        "init",
        "generate",
        "g",
        "migrate",
        "format",
        "format:check",
        "format:write",
        "connect",
        "daemon",
        "import",
        "add",
        "repair",
        "sync",
        "sync:check",
        "exec",
        "print-affected",
        "workspace-lint",
        "view-logs",
        "login",
        "logout",
        "record",
        "fix-ci",
        "start-ci-run",
        "watch",
        "mcp",
        "configure-ai-agents",
    ];
    let args = call.argv.get(1..).unwrap_or_default();
    let (line, words, behind) = spread(args, VALUES);
    let words: Option<Vec<&str>> = words.iter().map(|word| word.text()).collect();
    let Some(words) = words else { return false };
    if line.has(&["--dry-run", "-d", "--graph", "--help", "-h", "--version"]) {
        return false;
    }
    let [command, rest @ ..] = words.as_slice() else { return false };
    if *command == "release" {
        let publishes =
            !line.has(&["--skip-publish", "--skipPublish"]) && !matches!(rest, ["version" | "changelog", ..]);
        if publishes {
            let target = Target::new(TargetKind::Publication, "the packages of nx release");
            say.effect(Effect::new(Verb::Publish, target));
        }
        return publishes;
    }
    if OWN.contains(command) {
        return false;
    }
    let list = |names: &[&str]| -> Vec<String> {
        let values = line.values(names).into_iter().map(|value| value.unwrap_or_else(|| HOLE.to_string()));
        values.flat_map(|value| value.split(',').map(str::to_owned).collect::<Vec<_>>()).collect()
    };
    let (targets, projects): (Vec<String>, Option<Vec<String>>) = match *command {
        "run" => {
            let Some(asked) = rest.first() else { return false };
            let mut parts = asked.split(':');
            match (parts.next(), parts.next()) {
                (Some(project), Some(target)) => (vec![target.to_owned()], Some(vec![project.to_owned()])),
                (Some(target), None) => (vec![target.to_owned()], None),
                _ => return false,
            }
        }
        "run-many" | "affected" => {
            let mut targets = list(&["--target", "-t", "--targets"]);
            // `-t build test`: all of them are targets.
            targets.extend(rest.iter().map(|word| (*word).to_owned()));
            let named = list(&["--projects", "-p"]);
            (targets, (!named.is_empty() && *command == "run-many").then_some(named))
        }
        // `nx build app`.
        target => (vec![target.to_owned()], rest.first().map(|project| vec![(*project).to_owned()])),
    };
    let everything = matches!(*command, "run-many" | "affected");
    let Some(cwd) = &call.cwd else { return false };
    let Some(found) = Found::upward(call, cwd, &["nx.json"]).next() else { return false };
    let config = jsonc(&found.bytes).unwrap_or(Json::Null);
    let root = found.dir();
    let projects_there = all(call, &root);
    let extra = line.options.iter().filter(|(name, _)| !VALUES.contains(&name.split('=').next().unwrap_or_default()));
    let mut given: Vec<String> = extra.map(|(name, _)| name.clone()).collect();
    given.extend(behind.iter().map(super::quoted));
    let mut nx = Nx { call, root, config, projects: projects_there, given, seen: BTreeSet::new(), ran: false };
    let plain = |name: &String| !name.contains(['*', '!', HOLE]) && !name.contains("tag:");
    let chosen: Vec<usize> = match &projects {
        Some(names) if names.iter().all(plain) => {
            let is = |project: &Project| {
                names.contains(&project.name) || names.iter().any(|name| project.dir.ends_with(name))
            };
            nx.projects.iter().enumerate().filter(|(_, project)| is(project)).map(|(at, _)| at).collect()
        }
        None if !everything => {
            let here = nx.projects.iter().enumerate().filter(|(_, project)| cwd.starts_with(&project.dir));
            here.max_by_key(|(_, project)| project.dir.components().count()).map(|(at, _)| at).into_iter().collect()
        }
        _ => (0..nx.projects.len()).collect(),
    };
    for target in &targets {
        for at in &chosen {
            nx.target(*at, target, MOST_LINKS, say);
        }
    }
    if nx.ran {
        say.pin(found.path, &found.bytes);
    }
    nx.ran
}

/// The projects of a workspace.
fn all(call: &Call<'_>, root: &Path) -> Vec<Project> {
    let mut dirs = Vec::new();
    let mut left = MOST_DIRECTORIES;
    walk(call, root, 0, &mut left, &mut dirs);
    if let Some(package) = in_dir(call, root, "package.json").and_then(Package::read) {
        dirs.extend(workspaces::packages(call, &package).iter().map(|package| package.found.dir()));
    }
    dirs.sort();
    dirs.dedup();
    let read = |dir: PathBuf| {
        let json = in_dir(call, &dir, "project.json").and_then(|found| Some((jsonc(&found.bytes)?, found)));
        let package = in_dir(call, &dir, "package.json").and_then(Package::read);
        let own = json.as_ref().and_then(|(json, _)| json.get("name")?.as_str());
        let named = own.or_else(|| package.as_ref().map(Package::name).filter(|name| !name.is_empty()));
        let name =
            named.map_or_else(|| dir.file_name().unwrap_or_default().to_string_lossy().into_owned(), str::to_owned);
        Project { name, dir, json: json.map(|(json, found)| (found, json)), package }
    };
    dirs.into_iter().take(MOST_PROJECTS).map(read).collect()
}

/// Collects the directories that have a `project.json`.
fn walk(call: &Call<'_>, dir: &Path, depth: usize, left: &mut usize, found: &mut Vec<PathBuf>) {
    let Some(rest) = left.checked_sub(1) else { return };
    *left = rest;
    for entry in call.world.list(dir, MOST_DIRECTORIES * 4).unwrap_or_default() {
        let Some(name) = entry.name.to_str() else { continue };
        if !entry.is_dir {
            if name == "project.json" {
                found.push(dir.to_owned());
            }
        } else if depth < DEEPEST && !name.starts_with('.') && !matches!(name, "node_modules" | "dist" | "tmp" | "src")
        {
            walk(call, &dir.join(name), depth + 1, left, found);
        }
    }
}

impl Nx<'_, '_> {
    /// A target of a project, after those on which it depends.
    fn target(&mut self, at: usize, name: &str, links: usize, say: &mut dyn Say) {
        let Some(links) = links.checked_sub(1) else { return };
        let Some(project) = self.projects.get(at).filter(|project| project.has(name)) else { return };
        if self.seen.len() >= MOST_TARGETS || !self.seen.insert((at, name.to_owned())) {
            return;
        }
        let target = project.target(name).cloned().unwrap_or(Json::Null);
        let defaults = self.config.get("targetDefaults");
        let executor = target.get("executor").and_then(Json::as_str).unwrap_or_default().to_owned();
        let default = defaults.and_then(|all| all.get(name).or_else(|| all.get(&executor))).cloned();
        let default = default.unwrap_or(Json::Null);
        for need in
            target.get("dependsOn").or_else(|| default.get("dependsOn")).and_then(Json::as_array).into_iter().flatten()
        {
            self.need(at, need, links, say);
        }
        let Some(project) = self.projects.get(at) else { return };
        let options = |key: &str| {
            let of = |from: &Json| from.get("options").and_then(|options| options.get(key)).cloned();
            of(&target).or_else(|| of(&default))
        };
        let through = format!("nx run {}:{name}", project.name);
        let command = target.get("command").and_then(Json::as_str).map(str::to_owned);
        let executor = match executor.as_str() {
            "" => default.get("executor").and_then(Json::as_str).unwrap_or_default().to_owned(),
            _ => executor,
        };
        let script = options("script").and_then(|script| script.as_str().map(str::to_owned));
        if let Some((found, _)) = &project.json {
            say.pin(found.path.clone(), &found.bytes);
        }
        if command.is_some() || executor.ends_with(":run-commands") {
            let mut commands: Vec<String> = command.into_iter().collect();
            commands.extend(options("command").and_then(|one| match one {
                Json::Array(words) => Some(words.iter().filter_map(Json::as_str).collect::<Vec<_>>().join(" ")),
                one => one.as_str().map(str::to_owned),
            }));
            for one in options("commands").and_then(|list| list.as_array().cloned()).into_iter().flatten() {
                commands.extend(one.as_str().or_else(|| one.get("command")?.as_str()).map(str::to_owned));
            }
            let dir = match options("cwd").and_then(|cwd| cwd.as_str().map(str::to_owned)) {
                Some(cwd) => crate::call::normalize(&self.root.join(self.filled(&cwd, project))),
                None => self.root.clone(),
            };
            let env = options("env").and_then(|env| env.as_object().cloned()).into_iter().flatten();
            let env: Vec<(String, Value)> =
                env.filter_map(|(name, value)| Some((name, Value::Known(value.as_str()?.to_owned())))).collect();
            for command in commands {
                let mut text = self.filled(&command, project);
                // What the call gives goes to a command that does not place it itself.
                if !command.contains("{args") && !self.given.is_empty() {
                    text.push(' ');
                    text.push_str(&self.given.join(" "));
                }
                run_text(say, &text, &[], &dir, env.clone(), &through);
            }
            self.ran = true;
            return;
        }
        let script = script.filter(|_| executor.ends_with(":run-script")).unwrap_or_else(|| name.to_owned());
        match &project.package {
            Some(package) if (executor.is_empty() || executor.ends_with(":run-script")) => {
                let given: Vec<Arg> = self.given.iter().map(|text| Arg::known(text.clone())).collect();
                if manner(self.call, package).run(self.call, package, &script, &given, say) {
                    self.ran = true;
                }
            }
            _ => {
                let why = "what this executor of the project does has not been read";
                let target = Target::new(TargetKind::Program, through);
                say.opaque(Effect::opaque(Verb::Execute, target, why));
                self.ran = true;
            }
        }
    }

    /// One entry of `dependsOn`.
    fn need(&mut self, at: usize, need: &Json, links: usize, say: &mut dyn Say) {
        let name = need.as_str().or_else(|| need.get("target")?.as_str()).unwrap_or_default().to_owned();
        let others = need.get("dependencies").and_then(Json::as_bool) == Some(true)
            || need.get("projects").is_some_and(|projects| projects.as_str() != Some("self"));
        // Which projects another one needs follows from its imports: any of them may be meant.
        if let Some(above) = name.strip_prefix('^') {
            (0..self.projects.len())
                .filter(|other| *other != at)
                .for_each(|other| self.target(other, above, links, say));
        } else if others {
            (0..self.projects.len()).for_each(|other| self.target(other, &name, links, say));
        } else if let Some((project, target)) = name.split_once(':')
            && let Some(other) = self.projects.iter().position(|other| other.name == project)
        {
            self.target(other, target, links, say);
        } else {
            self.target(at, &name, links, say);
        }
    }

    /// A text with what is known in the place of `{projectRoot}` and `{args.name}`.
    fn filled(&self, text: &str, project: &Project) -> String {
        super::filled(text, |name, out| match name {
            "projectRoot" => {
                let dir = project.dir.strip_prefix(&self.root).unwrap_or(&project.dir);
                out.push_str(&dir.to_string_lossy());
            }
            "workspaceRoot" => out.push_str(&self.root.to_string_lossy()),
            "projectName" => out.push_str(&project.name),
            "args" => out.push_str(&self.given.join(" ")),
            name => match name.strip_prefix("args.") {
                Some(arg) => {
                    let value = |given: &String| {
                        given.strip_prefix("--")?.strip_prefix(arg)?.strip_prefix('=').map(str::to_owned)
                    };
                    let given = self.given.iter().find_map(value);
                    out.push_str(&given.unwrap_or_else(|| HOLE.to_string()));
                }
                None => out.push_str(&format!("{{{name}}}")),
            },
        })
    }
}
