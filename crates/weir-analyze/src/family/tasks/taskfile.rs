//! `task`: the tasks of a Taskfile.

use std::collections::BTreeMap;
use std::path::PathBuf;

use weir_yaml::Yaml;

use super::{reads, runs, shown, unread};
use crate::call::{Arg, Call, HOLE, Inner, Say, Value, normalize};
use crate::family::project::Found;

/// Tasks that are run for one call.
const MOST_TASKS: usize = 200;
/// Taskfiles that one includes.
const MOST_FILES: usize = 16;

const NAMES: &[&str] = &[
    "Taskfile.yml",
    "taskfile.yml",
    "Taskfile.yaml",
    "taskfile.yaml",
    "Taskfile.dist.yml",
    "taskfile.dist.yml",
    "Taskfile.dist.yaml",
    "taskfile.dist.yaml",
];

type Variables = BTreeMap<String, String>;

/// One Taskfile, with the prefix that its tasks have in the one that is run.
struct File {
    prefix: String,
    dir: PathBuf,
    yaml: Yaml,
    variables: Variables,
}

struct Runner<'a, 'c> {
    call: &'a Call<'c>,
    say: &'a mut dyn Say,
    files: Vec<File>,
    given: Variables,
    /// What stands behind `--`.
    rest: String,
    /// Tasks that may still be run.
    left: usize,
}

/// Says what a call of `task` runs. False where there is no Taskfile that can be read.
pub(super) fn interpret(call: &Call<'_>, say: &mut dyn Say) -> bool {
    let args = call.argv.get(1..).unwrap_or_default();
    let mut file: Option<&str> = None;
    let mut dir = call.cwd.clone();
    let (mut goals, mut given, mut rest) = (Vec::new(), Variables::new(), Vec::new());
    let mut words = args.iter();
    while let Some(word) = words.next() {
        let Some(text) = word.text() else {
            goals.push(word.source.clone());
            continue;
        };
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        let mut value = || value.or_else(|| words.next().and_then(Arg::text));
        match name {
            "--" => rest.extend(words.by_ref().map(super::super::manifests::quoted)),
            "-t" | "--taskfile" => file = value(),
            "-d" | "--dir" => dir = value().and_then(|text| call.path(text)),
            "-C" | "--concurrency" | "-o" | "--output" | "-I" | "--interval" | "--sort" => drop(value()),
            "-n" | "--dry" | "--status" | "--summary" | "-l" | "--list" | "-a" | "--list-all" | "-h" | "--help"
            | "-i" | "--init" | "--version" | "-g" | "--global" | "--completion" => {
                if !matches!(name, "-g" | "--global") {
                    reads(call, say);
                    return true;
                }
                return false;
            }
            _ if name.starts_with('-') => {}
            _ if text.contains('=') => {
                given.insert(name.to_owned(), value().unwrap_or_default().to_owned());
            }
            _ => goals.push(text.to_owned()),
        }
    }
    let found = match file {
        Some(file) => call.path(file).and_then(|path| Found::at(call, path)).and_then(parsed),
        None => dir.as_deref().and_then(|dir| Found::upward(call, dir, NAMES).find_map(parsed)),
    };
    let Some((found, yaml)) = found else { return false };
    if goals.is_empty() {
        goals.push("default".to_owned());
    }
    let mut runner = Runner { call, say, files: Vec::new(), given, rest: rest.join(" "), left: MOST_TASKS };
    runner.include(String::new(), found.dir(), &found, yaml);
    runs(&shown(call, &goals), runner.say);
    for goal in &goals {
        runner.task(goal, &Variables::new());
    }
    true
}

/// What a file says, where it is YAML.
fn parsed(found: Found) -> Option<(Found, Yaml)> {
    let yaml = Yaml::parse(&String::from_utf8_lossy(&found.bytes))?;
    Some((found, yaml))
}

impl Runner<'_, '_> {
    /// Takes a Taskfile in, and those that it includes.
    fn include(&mut self, prefix: String, dir: PathBuf, found: &Found, yaml: Yaml) {
        self.say.pin(found.path.clone(), &found.bytes);
        let includes: Vec<(String, Option<String>, Option<String>)> = yaml
            .get("includes")
            .map(Yaml::entries)
            .into_iter()
            .flatten()
            .map(|(name, entry)| {
                let file = entry.text().or_else(|| entry.at(&["taskfile"]));
                (name.to_owned(), file.map(str::to_owned), entry.at(&["dir"]).map(str::to_owned))
            })
            .collect();
        let mut variables = Variables::new();
        let env = Variables::new();
        self.set(yaml.get("vars"), &mut variables, &env);
        self.set(yaml.get("env"), &mut variables, &env);
        self.files.push(File { prefix: prefix.clone(), dir: dir.clone(), yaml, variables });
        for (name, file, own) in includes {
            if self.files.len() >= MOST_FILES {
                break;
            }
            let Some(file) = file.filter(|file| !file.contains("{{")) else { continue };
            let path = normalize(&dir.join(file));
            let found = Found::at(self.call, path.clone())
                .and_then(parsed)
                .or_else(|| NAMES.iter().find_map(|name| Found::at(self.call, path.join(name)).and_then(parsed)));
            if let Some((found, yaml)) = found {
                let own = own.map_or_else(|| found.dir(), |own| dir.join(own));
                self.include(format!("{prefix}{name}:"), own, &found, yaml);
            }
        }
    }

    /// Adds variables; what a command prints is not known.
    fn set(&self, vars: Option<&Yaml>, to: &mut Variables, also: &Variables) {
        for (name, value) in vars.map(Yaml::entries).into_iter().flatten() {
            let text = match value.text() {
                Some(text) => self.filled(text, to, also),
                None => HOLE.to_string(),
            };
            to.insert(name.to_owned(), text);
        }
    }

    fn task(&mut self, name: &str, with: &Variables) {
        let Some(left) = self.left.checked_sub(1) else {
            return unread(name, "there are more tasks than are followed", self.say);
        };
        self.left = left;
        let found = self.files.iter().enumerate().find_map(|(at, file)| {
            let short = name.strip_prefix(file.prefix.as_str())?;
            let tasks = file.yaml.get("tasks")?;
            let task = tasks.get(short).or_else(|| {
                let named = |task: &Yaml| {
                    let aliases = task.get("aliases").map(Yaml::list).unwrap_or_default();
                    aliases.iter().any(|alias| alias.text() == Some(short))
                };
                tasks.entries().find(|(_, task)| named(task)).map(|(_, task)| task)
            })?;
            Some((at, task.clone()))
        });
        let Some((at, task)) = found else {
            return unread(&format!("task {name}"), "there is no such task", self.say);
        };
        let Some(file) = self.files.get(at) else { return };
        let (prefix, mut dir, mut variables) = (file.prefix.clone(), file.dir.clone(), file.variables.clone());
        variables.extend(with.clone());
        let none = Variables::new();
        self.set(task.get("vars"), &mut variables, &none);
        variables.extend(self.given.clone());
        if let Some(own) = task.at(&["dir"]) {
            dir = dir.join(self.filled(own, &variables, &none));
        }
        let full = |name: &str| match name.strip_prefix(':') {
            Some(root) => root.to_owned(),
            None => format!("{prefix}{name}"),
        };
        for needed in task.get("deps").map(Yaml::list).unwrap_or_default() {
            if let Some(needed) = needed.text().or_else(|| needed.at(&["task"])) {
                self.task(&full(needed), &none);
            }
        }
        // A task may be nothing but its commands.
        let commands: Vec<Yaml> = match (&task, task.get("cmds").or_else(|| task.get("cmd"))) {
            (_, Some(Yaml::List(list))) | (Yaml::List(list), _) => list.clone(),
            (_, Some(one)) => vec![one.clone()],
            (Yaml::Text(_), None) => vec![task.clone()],
            _ => Vec::new(),
        };
        let env: Vec<(String, Value)> = {
            let mut own = Variables::new();
            self.set(task.get("env"), &mut own, &variables);
            own.into_iter().map(|(name, text)| (name, Value::with_holes(&text))).collect()
        };
        for command in &commands {
            let deferred = command.get("defer").unwrap_or(command);
            if let Some(other) = deferred.at(&["task"]) {
                let mut with = Variables::new();
                self.set(deferred.get("vars"), &mut with, &variables);
                self.task(&full(other), &with);
            } else if let Some(text) = deferred.text().or_else(|| deferred.at(&["cmd"])) {
                let mut text = self.filled(text, &variables, &none);
                if deferred.get("for").is_some() {
                    text = text.replace("{{.ITEM}}", &HOLE.to_string());
                }
                let argv = Arg::with_holes(&text).for_shell();
                let inner = Inner { argv, cwd: Some(Some(dir.clone())), env: env.clone(), stdin: None };
                self.say.run(inner, &format!("task {name}"));
            }
        }
    }

    /// The text with what is known in the place of `{{.NAME}}`.
    fn filled(&self, text: &str, variables: &Variables, also: &Variables) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            out.push_str(before);
            let Some((inside, behind)) = after.split_once("}}") else {
                out.push_str("{{");
                rest = after;
                continue;
            };
            let name = inside.trim().trim_start_matches('.');
            let known = variables.get(name).or_else(|| also.get(name)).cloned();
            let known = known.or_else(|| match name {
                "CLI_ARGS" => Some(self.rest.clone()),
                "ROOT_DIR" | "TASKFILE_DIR" => Some(self.files.first()?.dir.to_string_lossy().into_owned()),
                "USER_WORKING_DIR" => Some(self.call.cwd.as_ref()?.to_string_lossy().into_owned()),
                _ => None,
            });
            match known {
                Some(text) => out.push_str(&text),
                None => out.push(HOLE),
            }
            rest = behind;
        }
        out.push_str(rest);
        out
    }
}
