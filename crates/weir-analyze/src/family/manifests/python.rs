//! Managers of Python projects: the scripts of `pyproject.toml` and `Pipfile`, the environments of `tox.ini`.

use std::path::Path;

use toml::{Table, Value as Toml};

use super::{Found, Line, directory, in_dir, run_text, upward};
use crate::call::{Arg, Call, HOLE, Language, Say};

/// Tasks that lead to other tasks.
const MOST_LINKS: usize = 8;

/// Says what a call runs by a manifest of Python. True where that is all that it does.
pub(super) fn interpret(call: &Call<'_>, say: &mut dyn Say) -> bool {
    let args = call.argv.get(1..).unwrap_or_default();
    match call.program() {
        "poe" => {
            let line = Line::parse(args, &["-C", "--directory", "--root", "-e", "--executor"]);
            let named = line.values(&["-C", "--directory", "--root"]);
            tasks(call, &line, &named, "pyproject.toml", &["tool", "poe", "tasks"], "poe", say)
        }
        "pdm" => {
            let line = Line::parse(args, &["-p", "--project"]);
            let named = line.values(&["-p", "--project"]);
            let inner = match line.command() {
                Some(("run", rest)) => Line::parse(rest, &["-p", "--project"]),
                _ => line,
            };
            tasks(call, &inner, &named, "pyproject.toml", &["tool", "pdm", "scripts"], "pdm run", say)
        }
        "rye" => match Line::parse(args, &[]).command() {
            Some(("run" | "r", rest)) => {
                let line = Line::parse(rest, &[]);
                tasks(call, &line, &[], "pyproject.toml", &["tool", "rye", "scripts"], "rye run", say)
            }
            _ => false,
        },
        "pipenv" => match Line::parse(args, &[]).command() {
            Some(("run", rest)) => {
                tasks(call, &Line::parse(rest, &[]), &[], "Pipfile", &["scripts"], "pipenv run", say)
            }
            _ => false,
        },
        "hatch" => hatch(call, args, say),
        "poetry" => poetry(call, args, say),
        "tox" => tox(call, args, say),
        "pip" | "pip3" => pip(call, args, say),
        _ => false,
    }
}

fn parsed(found: &Found) -> Option<Table> {
    std::str::from_utf8(&found.bytes).ok()?.parse().ok()
}

fn at<'t>(table: &'t Table, path: &[&str]) -> Option<&'t Table> {
    path.iter().try_fold(table, |table, key| table.get(*key)?.as_table())
}

/// A task by its name in a table of tasks.
fn tasks(
    call: &Call<'_>,
    line: &Line<'_>,
    named: &[Option<String>],
    file: &str,
    path: &[&str],
    through: &str,
    say: &mut dyn Say,
) -> bool {
    let Some((name, given)) = line.command() else { return false };
    let Some(found) = directory(call, named).and_then(|dir| upward(call, &dir, file)) else { return false };
    let Some(manifest) = parsed(&found) else { return false };
    let Some(table) = at(&manifest, path) else { return false };
    let Some(task) = table.get(name) else { return false };
    say.pin(found.path.clone(), &found.bytes);
    let runner = Runner { call, table, dir: &found.dir(), through };
    runner.run(name, task, given, MOST_LINKS, say);
    true
}

/// Runs tasks of one table.
struct Runner<'a, 'c> {
    call: &'a Call<'c>,
    table: &'a Table,
    dir: &'a Path,
    through: &'a str,
}

impl Runner<'_, '_> {
    fn run(&self, name: &str, task: &Toml, given: &[Arg], links: usize, say: &mut dyn Say) {
        let through = format!("{} {name}", self.through);
        let text = |text: &str, say: &mut dyn Say| run_text(say, text, given, self.dir, Vec::new(), &through);
        match task {
            Toml::String(line) => text(line, say),
            // A list is a sequence, of tasks by name or of command lines.
            Toml::Array(list) => list.iter().for_each(|item| self.item(name, item, links, say)),
            Toml::Table(table) => {
                for needed in table.get("deps").and_then(Toml::as_array).into_iter().flatten() {
                    self.item(name, needed, links, say);
                }
                for key in ["cmd", "shell"] {
                    match table.get(key) {
                        Some(Toml::String(line)) => text(line, say),
                        Some(Toml::Array(words)) => {
                            let words: Vec<String> =
                                words.iter().filter_map(Toml::as_str).map(crate::quote::word).collect();
                            text(&words.join(" "), say);
                        }
                        _ => {}
                    }
                }
                for key in ["sequence", "composite", "parallel", "chain"] {
                    for item in table.get(key).and_then(Toml::as_array).into_iter().flatten() {
                        self.item(name, item, links, say);
                    }
                }
                for key in ["script", "call"] {
                    if let Some(function) = table.get(key).and_then(Toml::as_str) {
                        module(self.call, self.dir, function, &through, say);
                    }
                }
                if let Some(other) = table.get("ref").and_then(Toml::as_str) {
                    self.item(name, &Toml::String(other.to_owned()), links, say);
                }
            }
            _ => {}
        }
    }

    /// One of a sequence: a task of the table, or a command line.
    fn item(&self, name: &str, item: &Toml, links: usize, say: &mut dyn Say) {
        let Some(links) = links.checked_sub(1) else { return };
        match item {
            Toml::String(line) => {
                let first = line.split_whitespace().next().unwrap_or_default();
                match self.table.get(first) {
                    Some(task) if first != name => self.run(first, task, &[], links, say),
                    _ => run_text(say, line, &[], self.dir, Vec::new(), &format!("{} {name}", self.through)),
                }
            }
            other => self.run(name, other, &[], links, say),
        }
    }
}

/// `package.module:function`: the file of the module, where the project has it.
fn module(call: &Call<'_>, dir: &Path, function: &str, through: &str, say: &mut dyn Say) {
    let path = function.split([':', '(']).next().unwrap_or_default().trim().replace('.', "/");
    for below in ["", "src/"] {
        for end in [".py", "/__init__.py"] {
            let file = dir.join(format!("{below}{path}{end}"));
            if call.world.kind(&file).is_some() {
                return say.file(Language::Python, file, &[], through);
            }
        }
    }
}

fn hatch(call: &Call<'_>, args: &[Arg], say: &mut dyn Say) -> bool {
    let line = Line::parse(args, &["-e", "--env", "-p", "--project"]);
    let Some(("run", rest)) = line.command() else { return false };
    let Some((word, given)) = Line::parse(rest, &[]).command() else { return false };
    let (env, name) = word.split_once(':').unwrap_or(("default", word));
    let env = line.values(&["-e", "--env"]).into_iter().flatten().next_back().unwrap_or_else(|| env.to_owned());
    // A program of an environment, where no script has the name.
    let mut plain = || {
        let named = word != name;
        if named {
            let mut argv = vec![Arg::known(name)];
            argv.extend_from_slice(given);
            say.command(argv, "hatch run");
        }
        named
    };
    let Some(found) = call.cwd.as_ref().and_then(|dir| upward(call, dir, "pyproject.toml")) else { return plain() };
    let Some(manifest) = parsed(&found) else { return plain() };
    let Some(table) = at(&manifest, &["tool", "hatch", "envs", &env, "scripts"]) else { return plain() };
    let Some(task) = table.get(name) else { return plain() };
    say.pin(found.path.clone(), &found.bytes);
    let runner = Runner { call, table, dir: &found.dir(), through: "hatch run" };
    runner.run(name, task, given, MOST_LINKS, say);
    true
}

/// `poetry run NAME` of a script of the project runs a function; of anything else a program, as the catalog says.
fn poetry(call: &Call<'_>, args: &[Arg], say: &mut dyn Say) -> bool {
    let line = Line::parse(args, &["-C", "--directory", "-P", "--project"]);
    let Some(("run", rest)) = line.command() else { return false };
    let Some(dir) = directory(call, &line.values(&["-C", "--directory", "-P", "--project"])) else { return false };
    let Some((name, _)) = Line::parse(rest, &[]).command() else { return false };
    let Some(found) = upward(call, &dir, "pyproject.toml") else { return false };
    let Some(manifest) = parsed(&found) else { return false };
    let tables = [&["tool", "poetry", "scripts"][..], &["project", "scripts"]];
    let Some(function) = tables.iter().find_map(|path| at(&manifest, path)?.get(name)?.as_str()) else { return false };
    say.pin(found.path.clone(), &found.bytes);
    module(call, &found.dir(), function, &format!("poetry run {name}"), say);
    true
}

/// `pip install .`: the project's own `setup.py` is run.
fn pip(call: &Call<'_>, args: &[Arg], say: &mut dyn Say) -> bool {
    let line = Line::parse(args, &[]);
    let Some(("install" | "wheel", rest)) = line.command() else { return false };
    for arg in rest.iter().filter_map(Arg::text) {
        let dir = arg.split('[').next().unwrap_or(arg);
        if !(dir == "." || dir.contains('/')) || dir.contains("://") {
            continue;
        }
        let Some(dir) = call.path(dir) else { continue };
        if let Some(setup) = in_dir(call, &dir, "setup.py") {
            say.file(Language::Python, setup.path, &[Arg::known("install")], call.program());
        }
    }
    // What else it installs, the catalog says.
    false
}

fn tox(call: &Call<'_>, args: &[Arg], say: &mut dyn Say) -> bool {
    const LOOKS: &[&str] =
        &["-h", "--help", "--version", "-l", "-a", "--listenvs", "--listenvs-all", "--showconfig", "-n", "--notest"];
    const COMMANDS: &[&str] = &["run", "r", "run-parallel", "p", "legacy", "le"];
    let valued =
        ["-e", "-c", "--conf", "--root", "--workdir", "--work-dir", "-x", "--override", "-p", "--parallel", "-f", "-m"];
    let mut line = Line::parse(args, &valued);
    if let Some((command, rest)) = line.command() {
        if !COMMANDS.contains(&command) {
            return false;
        }
        let more = Line::parse(rest, &valued);
        line.options.extend(more.options);
        line.words = more.words;
    }
    if line.has(LOOKS) {
        return false;
    }
    let Some(dir) = directory(call, &line.values(&["--root"])) else { return false };
    let Some(found) = ["tox.ini", "setup.cfg"].iter().find_map(|name| upward(call, &dir, name)) else { return false };
    let text = String::from_utf8_lossy(&found.bytes).into_owned();
    let sections = sections(&text);
    let asked: Vec<String> = line
        .values(&["-e"])
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(",")
        .split(',')
        .map(|env| env.trim().to_owned())
        .filter(|env| !env.is_empty() && env != "ALL")
        .collect();
    let is_own = |env: &str| {
        let mut own = sections.iter().filter(|(name, _)| name.strip_prefix("testenv:") == Some(env));
        own.any(|(_, keys)| keys.iter().any(|(key, _)| key == "commands"))
    };
    let is_asked = |name: &str| match name.strip_prefix("testenv:") {
        Some(env) => asked.is_empty() || asked.iter().any(|asked| asked == env),
        // What an environment does not say for itself, it has from this one.
        None => name == "testenv" && (asked.is_empty() || !asked.iter().all(|env| is_own(env))),
    };
    let given: Vec<String> = line.words.iter().filter(|arg| arg.text() != Some("--")).map(super::quoted).collect();
    let given = given.join(" ");
    let mut ran = false;
    for (name, keys) in sections.iter().filter(|(name, _)| is_asked(name)) {
        for key in ["commands_pre", "commands", "commands_post"] {
            let Some((_, value)) = keys.iter().find(|(found, _)| found == key) else { continue };
            for command in value.replace("\\\n", " ").lines().map(str::trim).filter(|line| !line.is_empty()) {
                let command = command.trim_start_matches(['-', '!', ' ']);
                if !ran {
                    say.pin(found.path.clone(), &found.bytes);
                }
                ran = true;
                let through = format!("tox {}", name.trim_start_matches("testenv:"));
                run_text(say, &substituted(command, &found.dir(), &given), &[], &found.dir(), Vec::new(), &through);
            }
        }
    }
    ran
}

type Section = (String, Vec<(String, String)>);

/// The sections of an INI file, with values over several lines.
fn sections(text: &str) -> Vec<Section> {
    let mut all: Vec<Section> = Vec::new();
    for line in text.lines() {
        let bare = line.trim();
        if bare.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.trim_end().strip_suffix(']')) {
            all.push((name.to_owned(), Vec::new()));
            continue;
        }
        let Some((_, keys)) = all.last_mut() else { continue };
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = keys.last_mut() {
                value.push('\n');
                value.push_str(bare);
            }
        } else if let Some((key, value)) = bare.split_once('=') {
            keys.push((key.trim().to_owned(), value.trim().to_owned()));
        }
    }
    all
}

/// What tox puts in for `{…}`; what is not known is a hole.
fn substituted(command: &str, dir: &Path, given: &str) -> String {
    let dir = dir.to_string_lossy();
    super::filled(command, |name, out| match name.split_once(':').unwrap_or((name, "")) {
        ("posargs", default) => out.push_str(if given.is_empty() { default } else { given }),
        ("toxinidir" | "tox_root", _) => out.push_str(&dir),
        ("toxworkdir" | "work_dir", _) => out.push_str(&format!("{dir}/.tox")),
        ("envdir" | "env_dir" | "envtmpdir" | "env_tmp_dir", _) => out.push_str(&format!("{dir}/.tox/env")),
        ("envpython" | "env_python", _) => out.push_str("python"),
        ("/", _) => out.push('/'),
        _ => out.push(HOLE),
    })
}
