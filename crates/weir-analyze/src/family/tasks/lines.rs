//! Runners of command lines that a file names: `foreman` and its relatives, `pre-commit`, `lefthook`.

use std::path::PathBuf;

use weir_yaml::Yaml;

use super::{reads, runs, shown};
use crate::call::{Arg, Call, HOLE, Inner, Say};
use crate::family::options;
use crate::family::project::Found;

/// Command lines that one call runs.
const MOST_LINES: usize = 200;

/// Gives a text to a shell in this directory.
fn text(say: &mut dyn Say, text: &str, dir: PathBuf, through: &str) {
    let argv = Arg::with_holes(text).for_shell();
    say.run(Inner { argv, cwd: Some(Some(dir)), ..Inner::default() }, through);
}

/// `foreman start`, `heroku local`, `honcho run`: the lines of a Procfile.
pub(super) fn procfile(call: &Call<'_>, say: &mut dyn Say) -> bool {
    const VALUES: &[&str] = &[
        "-f",
        "--procfile",
        "-e",
        "--env",
        "-d",
        "--root",
        "-p",
        "--port",
        "-m",
        "--formation",
        "-c",
        "--concurrency",
        "-l",
        "--processes",
        "-t",
        "--timeout",
        "--app-root",
        "-s",
        "--socket",
        "-x",
    ];
    let (mut file, mut dir, mut words) = (None, call.cwd.clone(), Vec::new());
    let mut args = call.argv.iter().skip(1);
    while let Some(word) = args.next() {
        let Some(text) = word.text() else { continue };
        let (option, inline) = options::inline(text);
        if VALUES.contains(&option) {
            let value = inline.or_else(|| args.next().and_then(Arg::text));
            match (option, value) {
                ("-f" | "--procfile", Some(value)) => file = call.path(value),
                ("-d" | "--root" | "--app-root", Some(value)) => dir = call.path(value),
                ("-l" | "--processes", Some(value)) => words.extend(value.split(',').map(str::to_owned)),
                _ => {}
            }
        } else if !text.starts_with('-') {
            words.push(text.to_owned());
        }
    }
    let mut names = words.as_slice();
    match (call.program(), words.first().map(String::as_str)) {
        ("heroku", Some("local" | "local:start")) | ("foreman" | "honcho" | "overmind", Some("start" | "s")) => {
            names = words.get(1..).unwrap_or_default();
        }
        // What behind `run` is a program as it is.
        ("foreman" | "honcho", Some("run")) => {
            let at = call.argv.iter().position(|word| word.text() == Some("run")).unwrap_or_default();
            let mut argv = call.argv.get(at + 1..).unwrap_or_default();
            while let Some((first, rest)) = argv.split_first() {
                let Some(option) = first.text().filter(|text| text.starts_with('-')) else { break };
                argv = if VALUES.contains(&option) { rest.get(1..).unwrap_or_default() } else { rest };
            }
            say.run(Inner { argv: argv.to_vec(), ..Inner::default() }, &format!("{} run", call.program()));
            return true;
        }
        ("hivemind", first) => file = file.or_else(|| first.and_then(|path| call.path(path))),
        _ => return false,
    }
    let dir_of = dir.clone();
    let path = file.or_else(|| Some(dir?.join("Procfile")));
    let Some(found) = path.and_then(|path| Found::at(call, path)) else { return false };
    let dir = dir_of.unwrap_or_else(|| found.dir());
    say.pin(found.path.clone(), &found.bytes);
    let all = String::from_utf8_lossy(&found.bytes).into_owned();
    runs(&shown(call, &words), say);
    let lines = all.lines().filter(|line| !line.trim_start().starts_with('#'));
    for (name, line) in lines.filter_map(|line| line.split_once(':')).take(MOST_LINES) {
        if call.program() == "hivemind" || names.is_empty() || names.iter().any(|asked| asked == name.trim()) {
            text(say, line.trim(), dir.clone(), &format!("{} {}", call.program(), name.trim()));
        }
    }
    true
}

/// Files that a hook is given: some below the directory of the project.
fn files() -> String {
    format!("./{HOLE}")
}

/// `pre-commit run`: the hooks that the project has itself. Those of other repositories are programs that are known to
/// nobody.
pub(super) fn pre_commit(call: &Call<'_>, say: &mut dyn Say) -> bool {
    let (mut config, mut stage, mut words) = (".pre-commit-config.yaml", None, Vec::new());
    let mut args = call.argv.iter().skip(1);
    while let Some(word) = args.next() {
        let Some(text) = word.text() else { continue };
        let (option, inline) = options::inline(text);
        match option {
            "-h" | "--help" | "-V" | "--version" => return false,
            "-c" | "--config" => config = inline.or_else(|| args.next().and_then(Arg::text)).unwrap_or(config),
            "--hook-stage" | "--hook-type" => stage = inline.or_else(|| args.next().and_then(Arg::text)),
            "--files" => drop(args.by_ref().count()),
            "--from-ref" | "--to-ref" | "-s" | "-o" | "--source" | "--origin" | "--color" | "--hook-dir"
                if inline.is_none() =>
            {
                args.next();
            }
            _ if text.starts_with('-') => {}
            _ => words.push(text),
        }
    }
    let wanted = match words.as_slice() {
        ["run", rest @ ..] => rest.first().copied(),
        ["hook-impl", ..] => None,
        _ => return false,
    };
    let found = call.cwd.as_deref().and_then(|dir| Found::upward(call, dir, &[config]).next());
    let Some(found) = found else { return false };
    let Some(yaml) = Yaml::parse(&String::from_utf8_lossy(&found.bytes)) else { return false };
    say.pin(found.path.clone(), &found.bytes);
    let stage = stage.unwrap_or("pre-commit");
    let texts = |hook: &Yaml, key: &str| -> Vec<String> {
        hook.get(key).map(Yaml::list).unwrap_or_default().iter().filter_map(Yaml::text).map(str::to_owned).collect()
    };
    let by_default = texts(&yaml, "default_stages");
    let mut others = false;
    for repository in yaml.get("repos").map(Yaml::list).unwrap_or_default().iter().take(MOST_LINES) {
        if repository.at(&["repo"]) != Some("local") {
            others |= repository.at(&["repo"]) != Some("meta");
            continue;
        }
        for hook in repository.get("hooks").map(Yaml::list).unwrap_or_default().iter().take(MOST_LINES) {
            let own = texts(hook, "stages");
            let stages = if own.is_empty() { &by_default } else { &own };
            let here = stages.is_empty()
                || stages.iter().any(|one| one == stage || stage.strip_prefix("pre-") == Some(one.as_str()));
            let named = [hook.at(&["id"]), hook.at(&["alias"])].into_iter().flatten().any(|name| wanted == Some(name));
            if !here || (wanted.is_some() && !named) {
                continue;
            }
            let language = hook.at(&["language"]).unwrap_or("system");
            let Some(entry) = hook.at(&["entry"]) else { continue };
            if matches!(language, "pygrep" | "fail" | "docker" | "docker_image") {
                continue;
            }
            let mut line = entry.to_owned();
            for arg in texts(hook, "args") {
                line.push(' ');
                line.push_str(&crate::quote::word(&arg));
            }
            if hook.at(&["pass_filenames"]) != Some("false") {
                line.push(' ');
                line.push_str(&files());
            }
            // A script is named from the root of the project.
            if language == "script" && !line.starts_with(['/', '.']) {
                line.insert_str(0, "./");
            }
            text(say, &line, found.dir(), &format!("pre-commit {}", hook.at(&["id"]).unwrap_or_default()));
        }
    }
    // Hooks of other repositories stay what the catalog says.
    !others && wanted.is_none()
}

const LEFTHOOK: &[&str] = &[
    "lefthook.yml",
    "lefthook.yaml",
    ".lefthook.yml",
    ".lefthook.yaml",
    ".config/lefthook.yml",
    ".config/lefthook.yaml",
];

/// `lefthook run HOOK`.
pub(super) fn lefthook(call: &Call<'_>, say: &mut dyn Say) -> bool {
    let words: Vec<&str> =
        call.argv.iter().skip(1).filter_map(Arg::text).filter(|text| !text.starts_with('-')).collect();
    let (["run", hook, ..], Some(cwd)) = (words.as_slice(), &call.cwd) else { return false };
    let Some(found) = Found::upward(call, cwd, LEFTHOOK).next() else { return false };
    let Some(yaml) = Yaml::parse(&String::from_utf8_lossy(&found.bytes)) else { return false };
    let Some(own) = yaml.get(hook) else {
        reads(call, say);
        return true;
    };
    say.pin(found.path.clone(), &found.bytes);
    let root = if found.dir().ends_with(".config") { found.dir().join("..") } else { found.dir() };
    let mut left = MOST_LINES;
    jobs(own, &crate::call::normalize(&root), hook, &mut left, say);
    true
}

fn jobs(own: &Yaml, root: &std::path::Path, hook: &str, left: &mut usize, say: &mut dyn Say) {
    let commands = own.get("commands").map(Yaml::entries).into_iter().flatten().map(|(_, job)| job);
    let listed = own.get("jobs").map(Yaml::list).unwrap_or_default().iter();
    for job in commands.chain(listed) {
        let Some(rest) = left.checked_sub(1) else { return };
        *left = rest;
        if job.at(&["skip"]) == Some("true") {
            continue;
        }
        if let Some(group) = job.get("group") {
            jobs(group, root, hook, left, say);
        }
        let dir = job.at(&["root"]).map_or_else(|| root.to_owned(), |below| crate::call::normalize(&root.join(below)));
        if let Some(line) = job.at(&["run"]) {
            let mut line = line.to_owned();
            for name in ["{staged_files}", "{all_files}", "{push_files}", "{files}"] {
                line = line.replace(name, &files());
            }
            for name in ["{0}", "{1}", "{2}", "{3}", "{cmd}"] {
                line = line.replace(name, &HOLE.to_string());
            }
            text(say, &line, dir, &format!("lefthook {hook}"));
        } else if let Some(script) = job.at(&["script"]) {
            script_of(script, job.at(&["runner"]), root, hook, say);
        }
    }
    for (script, job) in own.get("scripts").map(Yaml::entries).into_iter().flatten().take(*left) {
        script_of(script, job.at(&["runner"]), root, hook, say);
    }
}

fn script_of(script: &str, runner: Option<&str>, root: &std::path::Path, hook: &str, say: &mut dyn Say) {
    let path = format!("./.lefthook/{hook}/{script}");
    let line = runner.map_or_else(|| path.clone(), |runner| format!("{runner} {path}"));
    text(say, &line, root.to_owned(), &format!("lefthook {hook}"));
}
