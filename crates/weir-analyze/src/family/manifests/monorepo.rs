//! Runners of the scripts of many packages: `turbo`, `lerna`, and `wireit` behind a script.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::node::Manner;
use super::package::Package;
use super::{Line, directory, in_dir, jsonc, run_text, workspaces};
use crate::call::{Arg, Call, Say, Value};

/// Scripts that one call runs.
const MOST_SCRIPTS: usize = 400;
/// Scripts that lead to other scripts.
const MOST_LINKS: usize = 16;

/// Says what a call runs. True where that is all that it does.
pub(super) fn interpret(call: &Call<'_>, say: &mut dyn Say) -> bool {
    let args = call.argv.get(1..).unwrap_or_default();
    match call.program() {
        "turbo" => turbo(call, args, say),
        "lerna" => lerna(call, args, say),
        _ => wireit(call, say),
    }
}

/// The options and words of a call before `--`, and what is behind it.
pub(super) fn spread<'a>(args: &'a [Arg], valued: &[&str]) -> (Line<'a>, Vec<&'a Arg>, &'a [Arg]) {
    let mut line = Line::parse(args, valued);
    let mut words = Vec::new();
    loop {
        match line.words.split_first() {
            None => return (line, words, &[]),
            Some((first, rest)) if first.text() == Some("--") => return (line, words, rest),
            Some((first, rest)) => {
                words.push(first);
                let mut more = Line::parse(rest, valued);
                line.options.append(&mut more.options);
                line.words = more.words;
            }
        }
    }
}

/// How the manager of a workspace runs scripts.
pub(super) fn manner(call: &Call<'_>, root: &Package) -> Manner<'static> {
    let dir = root.found.dir();
    let manager = root.manager();
    let has = |name: &str| call.world.kind(&dir.join(name)).is_some();
    if manager.starts_with("pnpm@") || has("pnpm-lock.yaml") {
        Manner { manager: "pnpm run", surrounds: true }
    } else if manager.starts_with("yarn@") || has("yarn.lock") {
        Manner { manager: "yarn run", surrounds: !root.is_berry() }
    } else if manager.starts_with("bun@") {
        Manner { manager: "bun run", surrounds: true }
    } else {
        Manner { manager: "npm run", surrounds: true }
    }
}

/// The packages of a workspace that filters leave, by their places. A filter that is more than a name leaves all.
fn filtered(packages: &[Package], filters: &[String]) -> Vec<usize> {
    let plain = |name: &&String| !name.contains(['*', '{', '!', '[']) && !name.contains("...");
    let is = |package: &Package, name: &str| {
        package.name() == name
            || package.found.dir().ends_with(name.trim_start_matches("./").trim_end_matches('/'))
            || package.name().rsplit('/').next() == Some(name)
    };
    let all = 0..packages.len();
    if filters.is_empty() || !filters.iter().all(|name| plain(&name)) {
        return all.collect();
    }
    all.filter(|at| packages.get(*at).is_some_and(|package| filters.iter().any(|name| is(package, name)))).collect()
}

const TURBO_VALUES: &[&str] = &[
    "--filter",
    "-F",
    "--concurrency",
    "--cache-dir",
    "--log-order",
    "--output-logs",
    "--env-mode",
    "--ui",
    "--cwd",
    "--scope",
    "--ignore",
    "--global-deps",
    "--log-prefix",
    "--token",
    "--team",
    "--api",
    "--cache-workers",
    "--cache",
    "--remote-cache-timeout",
    "--root-turbo-json",
    "--dangerously-disable-package-manager-check",
];

fn turbo(call: &Call<'_>, args: &[Arg], say: &mut dyn Say) -> bool {
    const OWN: &[&str] = &[
        "prune",
        "login",
        "logout",
        "link",
        "unlink",
        "daemon",
        "gen",
        "generate",
        "g",
        "ls",
        "scan",
        "bin",
        "config",
        "info",
        "telemetry",
        "query",
        "boundaries",
        "clone",
        "docs",
        "completion",
    ];
    let (line, words, given) = spread(args, TURBO_VALUES);
    let looks = |(name, _): &(String, Option<&Arg>)| {
        let name = name.split('=').next().unwrap_or_default();
        matches!(name, "--dry-run" | "--dry" | "--graph" | "-h" | "--help" | "--version")
    };
    if line.options.iter().any(looks) {
        return false;
    }
    let tasks: Option<Vec<&str>> = words.iter().map(|word| word.text()).collect();
    let Some(mut tasks) = tasks else { return false };
    match tasks.first() {
        Some(&("run" | "watch")) => drop(tasks.remove(0)),
        Some(first) if OWN.contains(first) => return false,
        _ => {}
    }
    let Some(dir) = directory(call, &line.values(&["--cwd"])) else { return false };
    let Some(root) = workspaces::root(call, &dir) else { return false };
    let found = ["turbo.json", "turbo.jsonc"].iter().find_map(|name| in_dir(call, &root.found.dir(), name));
    let config = found.as_ref().and_then(|found| jsonc(&found.bytes));
    let filters: Option<Vec<String>> = line.values(&["--filter", "-F", "--scope"]).into_iter().collect();
    let packages = workspaces::packages(call, &root);
    // In the directory of a package only that package is meant.
    let here = packages.iter().position(|package| dir.starts_with(package.found.dir()));
    let chosen = match (filters, here) {
        (Some(filters), None) => filtered(&packages, &filters),
        (Some(filters), Some(at)) if filters.is_empty() => vec![at],
        (Some(filters), _) => filtered(&packages, &filters),
        (None, _) => (0..packages.len()).collect(),
    };
    let manner = manner(call, &root);
    let tasks_of = config.as_ref().and_then(|config| config.get("tasks").or_else(|| config.get("pipeline")));
    let mut run = Turbo {
        call,
        manner,
        root: &root,
        packages: &packages,
        config: tasks_of,
        given,
        asked: &tasks,
        seen: BTreeSet::new(),
        ran: false,
    };
    for task in &tasks {
        if packages.is_empty() || task.starts_with("//#") || run.configured(&format!("//#{task}")).is_some() {
            run.task(None, task.trim_start_matches("//#"), MOST_LINKS, say);
        }
        for at in &chosen {
            run.task(Some(*at), task, MOST_LINKS, say);
        }
    }
    if run.ran
        && let Some(found) = found
    {
        say.pin(found.path, &found.bytes);
        return true;
    }
    run.ran
}

struct Turbo<'a, 'c> {
    call: &'a Call<'c>,
    manner: Manner<'static>,
    root: &'a Package,
    packages: &'a [Package],
    config: Option<&'a Json>,
    given: &'a [Arg],
    asked: &'a [&'a str],
    /// Tasks that have run; `None` is the root.
    seen: BTreeSet<(Option<usize>, String)>,
    ran: bool,
}

impl<'a> Turbo<'a, '_> {
    fn configured(&self, task: &str) -> Option<&'a Json> {
        self.config?.get(task)
    }

    /// A task of a package, after those on which it depends.
    fn task(&mut self, at: Option<usize>, name: &str, links: usize, say: &mut dyn Say) {
        let Some(links) = links.checked_sub(1) else { return };
        if self.seen.len() >= MOST_SCRIPTS || !self.seen.insert((at, name.to_owned())) {
            return;
        }
        let Some(package) = at.map_or(Some(self.root), |at| self.packages.get(at)) else { return };
        let own = match at {
            Some(_) => self.configured(&format!("{}#{name}", package.name())),
            None => self.configured(&format!("//#{name}")),
        };
        let config = own.or_else(|| self.configured(name));
        let needs = config.and_then(|config| config.get("dependsOn")).and_then(Json::as_array);
        for need in needs.into_iter().flatten().filter_map(Json::as_str) {
            if let Some(above) = need.strip_prefix('^') {
                for (other, candidate) in self.packages.iter().enumerate() {
                    if Some(other) != at && package.depends_on(candidate.name()) {
                        self.task(Some(other), above, links, say);
                    }
                }
            } else if let Some((which, task)) = need.split_once('#') {
                match self.packages.iter().position(|package| package.name() == which) {
                    Some(other) => self.task(Some(other), task, links, say),
                    None if which == "//" => self.task(None, task, links, say),
                    None => {}
                }
            } else if !need.starts_with('$') {
                self.task(at, need, links, say);
            }
        }
        let given = if self.asked.contains(&name) { self.given } else { &[] };
        self.ran |= self.manner.run(self.call, package, name, given, say);
    }
}

/// `lerna run SCRIPT`; what it publishes is in the catalog.
fn lerna(call: &Call<'_>, args: &[Arg], say: &mut dyn Say) -> bool {
    let valued = ["--scope", "--ignore", "--concurrency", "--since", "--npm-client", "--loglevel"];
    let (line, words, given) = spread(args, &valued);
    let words: Vec<&str> = words.iter().filter_map(|word| word.text()).collect();
    let (["run", rest @ ..], Some(dir)) = (words.as_slice(), &call.cwd) else { return false };
    let Some(root) = workspaces::root(call, dir) else { return false };
    let config = in_dir(call, &root.found.dir(), "lerna.json").and_then(|found| jsonc(&found.bytes));
    let listed = config.as_ref().and_then(|config| config.get("packages")).and_then(Json::as_array);
    let patterns: Vec<String> = listed.into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect();
    let packages = workspaces::packages_of(call, &root, patterns);
    let filters: Option<Vec<String>> = line.values(&["--scope"]).into_iter().collect();
    let chosen = filtered(&packages, &filters.unwrap_or_default());
    let manner = manner(call, &root);
    let mut ran = false;
    // Several scripts are named with commas.
    for name in rest.iter().take(1).flat_map(|names| names.split(',')) {
        for package in chosen.iter().filter_map(|at| packages.get(*at)) {
            ran |= manner.run(call, package, name, given, say);
        }
    }
    ran
}

/// A script that is nothing but `wireit` runs what stands under its name in another place of `package.json`.
fn wireit(call: &Call<'_>, say: &mut dyn Say) -> bool {
    let Some(Value::Known(name)) = call.variable("npm_lifecycle_event") else { return false };
    let Some(package) = call.cwd.as_ref().and_then(|dir| Package::nearest(call, dir)) else { return false };
    let mut seen = BTreeSet::new();
    wired(&package, &name, &mut seen, say)
}

fn wired(package: &Package, name: &str, seen: &mut BTreeSet<String>, say: &mut dyn Say) -> bool {
    let Some(script) = package.part("wireit").and_then(|all| all.get(name)) else { return false };
    if seen.len() >= MOST_SCRIPTS || !seen.insert(name.to_owned()) {
        return true;
    }
    let dir = package.found.dir();
    for need in script.get("dependencies").and_then(Json::as_array).into_iter().flatten() {
        let need = need.as_str().or_else(|| need.get("script")?.as_str()).unwrap_or_default();
        if !wired(package, need, seen, say)
            && let Some(text) = package.script(need)
        {
            run_text(say, text, &[], &dir, Vec::new(), &format!("wireit {need}"));
        }
    }
    if let Some(text) = script.get("command").and_then(Json::as_str) {
        run_text(say, text, &[], &dir, Vec::new(), &format!("wireit {name}"));
    }
    true
}
