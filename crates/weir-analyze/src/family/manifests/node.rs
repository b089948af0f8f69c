//! The managers of Node's packages, and what runs several of their scripts.

use std::path::{Path, PathBuf};

use super::package::Package;
use super::{Line, directory, run_text, workspaces};
use crate::call::{Arg, Call, Inner, Say, Value};

/// Scripts that one call may name by patterns.
const MOST_SCRIPTS: usize = 50;

/// Says what a call runs by `package.json`. True where that is all that it does.
pub(super) fn interpret(call: &Call<'_>, say: &mut dyn Say) -> bool {
    let args = call.argv.get(1..).unwrap_or_default();
    match call.program() {
        "npm" => npm(call, args, say),
        "pnpm" => pnpm(call, args, say),
        "yarn" | "yarnpkg" => yarn(call, args, say),
        "bun" => bun(call, args, say),
        "node" => by_node(call, args, say),
        "deno" => deno(call, args, say),
        "concurrently" | "conc" => concurrently(call, args, say),
        _ => several(call, args, say),
    }
}

/// How a manager runs a script.
pub(super) struct Manner<'a> {
    /// `npm run`, for people.
    pub(super) manager: &'a str,
    /// `preX` and `postX` belong to `X`.
    pub(super) surrounds: bool,
}

impl Manner<'_> {
    /// Runs a script of a package. False where it has none of this name.
    pub(super) fn run(&self, call: &Call<'_>, package: &Package, name: &str, args: &[Arg], say: &mut dyn Say) -> bool {
        let Some(text) = package.script(name) else { return false };
        package.pin(say);
        let before = format!("pre{name}");
        let after = format!("post{name}");
        let around = |script: &str| package.script(script).filter(|_| self.surrounds);
        if let Some(text) = around(&before) {
            self.text(call, package, &before, text, &[], say);
        }
        self.text(call, package, name, text, args, say);
        if let Some(text) = around(&after) {
            self.text(call, package, &after, text, &[], say);
        }
        true
    }

    fn text(&self, call: &Call<'_>, package: &Package, name: &str, text: &str, args: &[Arg], say: &mut dyn Say) {
        let dir = package.found.dir();
        let known = |name: &str, value: String| (name.to_owned(), Value::Known(value));
        let mut env = vec![
            known("npm_lifecycle_event", name.to_owned()),
            known("npm_package_name", package.name().to_owned()),
            known("npm_package_json", package.found.path.to_string_lossy().into_owned()),
        ];
        if let Some(cwd) = &call.cwd {
            env.push(known("INIT_CWD", cwd.to_string_lossy().into_owned()));
        }
        run_text(say, text, args, &dir, env, &format!("{} {name}", self.manager));
    }

    /// The scripts that a manager runs by itself when it is asked for something else.
    fn lifecycle(&self, call: &Call<'_>, dir: Option<&Path>, names: &[&str], say: &mut dyn Say) {
        let Some(package) = dir.and_then(|dir| Package::nearest(call, dir)) else { return };
        for name in names {
            if let Some(text) = package.script(name) {
                package.pin(say);
                self.text(call, &package, name, text, &[], say);
            }
        }
    }

    /// Runs a script in these packages. False where none has it.
    fn run_in(&self, call: &Call<'_>, packages: &[Package], name: &str, args: &[Arg], say: &mut dyn Say) -> bool {
        let mut ran = false;
        for package in packages {
            ran |= self.run(call, package, name, args, say);
        }
        ran
    }
}

/// In which packages a script runs.
enum Which {
    /// The nearest one from this directory.
    Nearest(PathBuf),
    /// Those of the workspace around this directory; of these names or in these directories, if any are given.
    Workspace { dir: PathBuf, named: Vec<String>, with_root: bool },
}

impl Which {
    fn packages(&self, call: &Call<'_>, script: &str) -> Vec<Package> {
        match self {
            Self::Nearest(dir) => Package::nearest(call, dir).into_iter().collect(),
            Self::Workspace { dir, named, with_root } => {
                let Some(root) = workspaces::root(call, dir) else { return Vec::new() };
                let mut all = workspaces::packages(call, &root);
                let plain = |name: &String| !name.contains(['*', '{', '!', '[', '.']) || name.starts_with("./");
                if !named.is_empty() && named.iter().all(plain) {
                    let at = |package: &Package, name: &String| {
                        package.name() == name
                            || package.found.dir().ends_with(name.trim_start_matches("./").trim_end_matches('/'))
                            // `--filter web` also finds `@scope/web`.
                            || package.name().rsplit('/').next() == Some(name)
                    };
                    all.retain(|package| named.iter().any(|name| at(package, name)));
                }
                // A script of the root that runs itself in every package leaves the root out.
                if *with_root && !is_within(call, &root, script) {
                    all.insert(0, root);
                }
                all
            }
        }
    }
}

/// True where the call belongs to this script of this package.
fn is_within(call: &Call<'_>, package: &Package, script: &str) -> bool {
    let is = |name: &str, text: &str| call.variable(name).is_some_and(|value| value == Value::Known(text.to_owned()));
    is("npm_lifecycle_event", script) && is("npm_package_json", &package.found.path.to_string_lossy())
}

const NPM_VALUES: &[&str] = &[
    "--prefix",
    "-C",
    "-w",
    "--workspace",
    "--registry",
    "--loglevel",
    "--userconfig",
    "--cache",
    "--omit",
    "--include",
    "--script-shell",
    "--tag",
    "--otp",
    "--access",
];

fn npm(call: &Call<'_>, args: &[Arg], say: &mut dyn Say) -> bool {
    const INSTALLS: &[&str] =
        &["install", "i", "in", "ins", "isntall", "ci", "clean-install", "install-clean", "it", "cit"];
    // npm takes its options anywhere before `--`; what is behind it goes to the script.
    let mut line = Line::parse(args, NPM_VALUES);
    let mut words: Vec<Arg> = Vec::new();
    while let Some((word, rest)) = line.words.split_first().filter(|(word, _)| word.text() != Some("--")) {
        words.push(word.clone());
        let mut more = Line::parse(rest, NPM_VALUES);
        line.options.append(&mut more.options);
        line.words = more.words;
    }
    let Some((command, rest)) = words.split_first().and_then(|(first, rest)| Some((first.text()?, rest))) else {
        return false;
    };
    if line.has(&["-h", "--help", "-g", "--global"]) {
        return false;
    }
    let Some(dir) = directory(call, &line.values(&["--prefix", "-C"])) else { return false };
    let named: Option<Vec<String>> = line.values(&["-w", "--workspace"]).into_iter().collect();
    let Some(named) = named else { return false };
    let all = line.has(&["-ws", "--workspaces"]);
    let which = if named.is_empty() && !all {
        Which::Nearest(dir.clone())
    } else {
        Which::Workspace { dir: dir.clone(), named, with_root: line.has(&["--include-workspace-root"]) }
    };
    let manner = Manner { manager: "npm run", surrounds: !line.has(&["--ignore-scripts"]) };
    let (name, rest) = match command {
        "run" | "run-script" | "rum" | "urn" => match rest.split_first() {
            Some((name, rest)) => (name.text().unwrap_or_default(), rest),
            None => return false,
        },
        "test" | "t" | "tst" => ("test", rest),
        "start" => ("start", rest),
        "stop" => ("stop", rest),
        "restart" => ("restart", rest),
        // Scripts that are named run all the same with `--dry-run`; those of installing and publishing do not.
        _ if !manner.surrounds || line.has(&["--dry-run"]) => return false,
        _ if INSTALLS.contains(&command) => {
            // With packages named, only theirs run.
            if rest.is_empty() {
                let names =
                    ["preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"];
                manner.lifecycle(call, Some(&dir), &names, say);
            }
            return false;
        }
        "publish" | "pack" => {
            let names = ["prepublishOnly", "prepack", "prepare", "postpack", "publish", "postpublish"];
            let names = if command == "pack" { names.get(1..4).unwrap_or_default() } else { &names };
            manner.lifecycle(call, Some(&dir), names, say);
            return false;
        }
        "version" => {
            manner.lifecycle(call, Some(&dir), &["preversion", "version", "postversion"], say);
            return false;
        }
        _ => return false,
    };
    let given: Vec<Arg> = rest.iter().chain(line.words.get(1..).unwrap_or_default()).cloned().collect();
    let packages = which.packages(call, name);
    if name == "restart" && packages.iter().all(|package| package.script("restart").is_none()) {
        let Some(package) = packages.first() else { return false };
        manner.text(call, package, name, "npm stop --if-present && npm start", &given, say);
        return true;
    }
    manner.run_in(call, &packages, name, &given, say)
}

fn pnpm(call: &Call<'_>, args: &[Arg], say: &mut dyn Say) -> bool {
    const VALUES: &[&str] =
        &["-C", "--dir", "-F", "--filter", "--filter-prod", "--registry", "--reporter", "--store-dir"];
    const OWN: &[&str] = &[
        "add",
        "remove",
        "rm",
        "uninstall",
        "un",
        "update",
        "up",
        "upgrade",
        "link",
        "ln",
        "unlink",
        "import",
        "rebuild",
        "rb",
        "prune",
        "fetch",
        "dedupe",
        "audit",
        "list",
        "ls",
        "ll",
        "la",
        "outdated",
        "why",
        "licenses",
        "exec",
        "dlx",
        "create",
        "publish",
        "pack",
        "config",
        "store",
        "root",
        "bin",
        "setup",
        "init",
        "deploy",
        "doctor",
        "env",
        "server",
        "patch",
        "patch-commit",
        "patch-remove",
        "help",
        "login",
        "logout",
        "whoami",
        "view",
        "info",
        "search",
        "cat-file",
        "self-update",
        "approve-builds",
        "c",
        "version",
    ];
    let line = Line::parse(args, VALUES);
    let Some((command, rest)) = line.command() else { return false };
    if line.has(&["-h", "--help"]) {
        return false;
    }
    let Some(dir) = directory(call, &line.values(&["-C", "--dir"])) else { return false };
    // Whether scripts before and after run is a setting: what may run counts.
    let manner = Manner { manager: "pnpm run", surrounds: true };
    if matches!(command, "install" | "i" | "ci" | "install-test" | "it") {
        if !line.has(&["--ignore-scripts"]) && !rest.iter().any(|arg| arg.text() == Some("--ignore-scripts")) {
            let names = ["pnpm:devPreinstall", "preinstall", "install", "postinstall", "prepublish", "prepare"];
            manner.lifecycle(call, Some(&dir), &names, say);
        }
        return false;
    }
    if OWN.contains(&command) {
        return false;
    }
    let filters: Option<Vec<String>> = line.values(&["-F", "--filter", "--filter-prod"]).into_iter().collect();
    let which = match filters {
        Some(named) if !named.is_empty() => Which::Workspace { dir: dir.clone(), named, with_root: false },
        Some(_) if line.has(&["-r", "--recursive"]) => {
            Which::Workspace { dir: dir.clone(), named: Vec::new(), with_root: true }
        }
        Some(_) if line.has(&["-w", "--workspace-root"]) => match workspaces::root(call, &dir) {
            Some(root) => Which::Nearest(root.found.dir()),
            None => return false,
        },
        Some(_) => Which::Nearest(dir.clone()),
        None => return false,
    };
    let inner = Line::parse(rest, &[]);
    let (name, given) = match command {
        "run" | "run-script" => match inner.command() {
            Some(found) => found,
            None => return false,
        },
        "t" => ("test", rest),
        other => (other, rest),
    };
    if manner.run_in(call, &which.packages(call, name), name, given, say) {
        return true;
    }
    // `pnpm CMD` is `pnpm exec CMD` where there is no such script.
    if command == name && !matches!(name, "test" | "start" | "stop" | "restart") {
        let mut argv = vec![Arg::known(name)];
        argv.extend(given.iter().cloned());
        say.run(Inner { argv, cwd: Some(Some(dir)), ..Inner::default() }, "pnpm exec");
        return true;
    }
    false
}

fn yarn(call: &Call<'_>, args: &[Arg], say: &mut dyn Say) -> bool {
    const OWN: &[&str] = &[
        "add",
        "audit",
        "autoclean",
        "bin",
        "cache",
        "check",
        "config",
        "create",
        "dedupe",
        "dlx",
        "exec",
        "explain",
        "generate-lock-entry",
        "global",
        "help",
        "import",
        "info",
        "init",
        "licenses",
        "link",
        "list",
        "login",
        "logout",
        "node",
        "npm",
        "outdated",
        "owner",
        "pack",
        "patch",
        "patch-commit",
        "plugin",
        "policies",
        "publish",
        "rebuild",
        "remove",
        "search",
        "set",
        "stage",
        "tag",
        "team",
        "unlink",
        "unplug",
        "up",
        "upgrade",
        "upgrade-interactive",
        "version",
        "versions",
        "why",
        "constraints",
    ];
    let line = Line::parse(args, &["--cwd", "--registry"]);
    if line.has(&["-h", "--help", "-v", "--version"]) {
        return false;
    }
    let Some(dir) = directory(call, &line.values(&["--cwd"])) else { return false };
    let manner = Manner { manager: "yarn run", surrounds: true };
    let Some((command, rest)) = line.command() else {
        if line.words.is_empty() && !line.has(&["--ignore-scripts"]) {
            manner.lifecycle(call, Some(&dir), &["preinstall", "install", "postinstall", "prepublish", "prepare"], say);
        }
        return false;
    };
    match command {
        "install" => {
            if !rest.iter().any(|arg| matches!(arg.text(), Some("--ignore-scripts" | "--mode=skip-build"))) {
                let names = ["preinstall", "install", "postinstall", "prepublish", "prepare"];
                manner.lifecycle(call, Some(&dir), &names, say);
            }
            return false;
        }
        "workspace" => {
            let Some((Some(name), rest)) = rest.split_first().map(|(name, rest)| (name.text(), rest)) else {
                return false;
            };
            let which = Which::Workspace { dir, named: vec![name.to_owned()], with_root: false };
            let rest = rest.strip_prefix_word("run");
            let Some((Some(script), given)) = rest.split_first().map(|(name, rest)| (name.text(), rest)) else {
                return false;
            };
            return manner.run_in(call, &which.packages(call, script), script, given, say);
        }
        "workspaces" => {
            let foreach = rest.first().and_then(Arg::text) == Some("foreach");
            let inner = Line::parse(rest.strip_prefix_word("foreach"), &["--include", "--exclude", "--from", "-j"]);
            let Some(("run", rest)) = inner.command() else { return false };
            let Some((Some(script), given)) = rest.split_first().map(|(name, rest)| (name.text(), rest)) else {
                return false;
            };
            // Only `foreach` takes the root along.
            let which = Which::Workspace { dir, named: Vec::new(), with_root: foreach };
            return manner.run_in(call, &which.packages(call, script), script, given, say);
        }
        _ if OWN.contains(&command) => return false,
        _ => {}
    }
    let (name, given) = match command {
        "run" => match Line::parse(rest, &["--inspect", "--require"]).command() {
            Some(found) => found,
            None => return false,
        },
        other => (other, rest),
    };
    let Some(package) = Package::nearest(call, &dir) else { return false };
    let manner = Manner { surrounds: !package.is_berry(), ..manner };
    if manner.run(call, &package, name, given, say) {
        return true;
    }
    // A program of the dependencies.
    let mut argv = vec![Arg::known(name)];
    argv.extend(given.iter().cloned());
    say.run(Inner { argv, cwd: Some(Some(package.found.dir())), ..Inner::default() }, "yarn run");
    true
}

fn bun(call: &Call<'_>, args: &[Arg], say: &mut dyn Say) -> bool {
    let line = Line::parse(args, &["--cwd", "-c", "--config", "--filter", "-F", "--env-file", "-r", "--preload"]);
    let Some((command, rest)) = line.command() else { return false };
    let Some(dir) = directory(call, &line.values(&["--cwd"])) else { return false };
    let manner = Manner { manager: "bun run", surrounds: true };
    if matches!(command, "install" | "i") {
        if !rest.iter().any(|arg| arg.text().is_none_or(|text| !text.starts_with('-') || text == "--ignore-scripts")) {
            manner.lifecycle(call, Some(&dir), &["preinstall", "install", "postinstall", "prepare"], say);
        }
        return false;
    }
    let inner = Line::parse(rest, &["--cwd", "-c", "--config", "--env-file", "-r", "--preload", "--filter", "-F"]);
    let (name, given) = match command {
        "run" => match inner.command() {
            Some(found) => found,
            None => return false,
        },
        // Its own commands go before scripts of the same name.
        "test" | "x" | "add" | "a" | "remove" | "rm" | "update" | "link" | "unlink" | "pm" | "build" | "init"
        | "create" | "upgrade" | "help" | "exec" | "publish" | "outdated" | "patch" | "audit" | "info" | "why"
        | "repl" => return false,
        other => (other, rest),
    };
    let filters: Vec<String> =
        [line.values(&["-F", "--filter"]), inner.values(&["-F", "--filter"])].concat().into_iter().flatten().collect();
    let which = if filters.is_empty() {
        Which::Nearest(dir)
    } else {
        Which::Workspace { dir, named: filters, with_root: false }
    };
    manner.run_in(call, &which.packages(call, name), name, given, say)
}

fn by_node(call: &Call<'_>, args: &[Arg], say: &mut dyn Say) -> bool {
    let Some((first, rest)) = args.split_first() else { return false };
    let Some(text) = first.text() else { return false };
    let (name, rest) = match text.strip_prefix("--run") {
        Some("") => match rest.split_first() {
            Some((name, rest)) => (name.text(), rest),
            None => return false,
        },
        Some(name) => (name.strip_prefix('='), rest),
        None => return false,
    };
    let (Some(name), Some(dir)) = (name, &call.cwd) else { return false };
    let given = rest.strip_prefix_word("--");
    let which = Which::Nearest(dir.clone());
    Manner { manager: "node --run", surrounds: false }.run_in(call, &which.packages(call, name), name, given, say)
}

/// `deno task`: the tasks of `deno.json`, else the scripts of `package.json`.
fn deno(call: &Call<'_>, args: &[Arg], say: &mut dyn Say) -> bool {
    let Some(rest) = args.split_first().filter(|(first, _)| first.text() == Some("task")).map(|(_, rest)| rest) else {
        return false;
    };
    let line = Line::parse(rest, &["--cwd", "-c", "--config", "-f", "--filter"]);
    let Some((name, given)) = line.command() else { return false };
    let Some(dir) = directory(call, &line.values(&["--cwd"])) else { return false };
    let found = ["deno.json", "deno.jsonc"].iter().find_map(|file| super::upward(call, &dir, file));
    if let Some(found) = found
        && let Some(json) = super::jsonc(&found.bytes)
        && let Some(task) = json.get("tasks").and_then(|tasks| tasks.get(name))
        && let Some(text) = task.as_str().or_else(|| task.get("command")?.as_str())
    {
        say.pin(found.path.clone(), &found.bytes);
        let dependencies = task.get("dependencies").and_then(serde_json::Value::as_array).into_iter().flatten();
        for needed in dependencies.filter_map(serde_json::Value::as_str) {
            let text = json.get("tasks").and_then(|tasks| tasks.get(needed)).and_then(serde_json::Value::as_str);
            if let Some(text) = text {
                run_text(say, text, &[], &found.dir(), Vec::new(), &format!("deno task {needed}"));
            }
        }
        run_text(say, text, given, &found.dir(), Vec::new(), &format!("deno task {name}"));
        return true;
    }
    Manner { manager: "deno task", surrounds: true }.run_in(
        call,
        &Which::Nearest(dir).packages(call, name),
        name,
        given,
        say,
    )
}

/// `npm-run-all`, `run-s`, `run-p`: scripts by name or pattern.
fn several(call: &Call<'_>, args: &[Arg], say: &mut dyn Say) -> bool {
    let Some(package) = call.cwd.as_ref().and_then(|dir| Package::nearest(call, dir)) else { return false };
    let manner = Manner { manager: "npm run", surrounds: true };
    let mut ran = false;
    let words = args.iter().take_while(|arg| arg.text() != Some("--"));
    for word in words.filter_map(Arg::text).filter(|text| !text.starts_with('-')) {
        // `"build -- --watch"`: a script with arguments of its own.
        let (pattern, given) = word.split_once(' ').unwrap_or((word, ""));
        let given: Vec<Arg> = given.split(' ').filter(|arg| !arg.is_empty() && *arg != "--").map(Arg::known).collect();
        for name in package.scripts().filter(|name| matches(pattern, name)).take(MOST_SCRIPTS) {
            ran |= manner.run(call, &package, name, &given, say);
        }
    }
    ran
}

/// `build:*` is one level of names divided by colons, `build:**` all of them.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, deep) = match pattern.strip_suffix("**") {
        Some(start) => (start, true),
        None => (pattern.strip_suffix('*').unwrap_or(pattern), false),
    };
    match name.strip_prefix(pattern) {
        Some("") => true,
        Some(rest) => pattern.ends_with(':') && (deep || !rest.contains(':')),
        None => false,
    }
}

/// `concurrently "npm:watch-*" "tsc -w"`: each word is a command line.
fn concurrently(call: &Call<'_>, args: &[Arg], say: &mut dyn Say) -> bool {
    const VALUES: &[&str] = &[
        "-n",
        "--names",
        "-c",
        "--prefix-colors",
        "-p",
        "--prefix",
        "-m",
        "--max-processes",
        "--restart-tries",
        "--restart-after",
        "-s",
        "--success",
        "-l",
        "--prefix-length",
        "-t",
        "--timestamp-format",
        "--hide",
        "-i",
    ];
    let mut rest = args;
    let mut ran = false;
    while !rest.is_empty() {
        let line = Line::parse(rest, VALUES);
        let Some((word, after)) = line.words.split_first() else { break };
        rest = after;
        let Some(text) = word.code() else { continue };
        let shortcut = ["npm:", "yarn:", "pnpm:", "bun:"].iter().find_map(|prefix| text.strip_prefix(prefix));
        if let Some(pattern) = shortcut {
            let pattern = Arg::known(pattern);
            ran |= several(call, std::slice::from_ref(&pattern), say);
        } else if let Some(dir) = &call.cwd {
            run_text(say, text, &[], dir, Vec::new(), "concurrently");
            ran = true;
        }
    }
    ran
}

/// The words behind one that may stand first.
trait Words {
    fn strip_prefix_word(&self, word: &str) -> &[Arg];
}

impl Words for [Arg] {
    fn strip_prefix_word(&self, word: &str) -> &[Arg] {
        match self.split_first() {
            Some((first, rest)) if first.text() == Some(word) => rest,
            _ => self,
        }
    }
}
