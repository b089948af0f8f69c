//! `nox`, `invoke` and `fab`: functions of a Python file that get an object by which they run programs.
//!
//! The file is read as it is, followed by what that object does and by the calls of the functions that are asked for.

use std::path::PathBuf;

use super::{reads, runs, shown};
use crate::call::{Arg, Call, Inner, Say};
use crate::family::options;
use crate::family::project::Found;

/// Functions that one call runs.
const MOST_TASKS: usize = 100;

/// What a session of `nox` does, in Python.
const SESSION: &str = r#"
class WeirSession:
    posargs = []
    env = {}
    name = "session"
    python = "3"
    bin = ".nox/session/bin"
    interactive = False
    def run(self, *args, **kwargs):
        weir_subprocess.run(list(args))
    def run_always(self, *args, **kwargs):
        weir_subprocess.run(list(args))
    def run_install(self, *args, **kwargs):
        weir_subprocess.run(list(args))
    def chdir(self, dir):
        weir_os.chdir(dir)
        return self
    def cd(self, dir):
        weir_os.chdir(dir)
        return self
    def create_tmp(self):
        return weir_tempfile.mkdtemp()
"#;

/// What a context of `invoke` and a connection of `fabric` do, in Python.
const CONTEXT: &str = r#"
class WeirContext:
    def run(self, command, **kwargs):
        weir_subprocess.run(command, shell=True)
    def local(self, command, **kwargs):
        weir_subprocess.run(command, shell=True)
    def sudo(self, command, **kwargs):
        weir_subprocess.run("sudo " + command, shell=True)
    def cd(self, dir):
        weir_os.chdir(dir)
        return self
    def prefix(self, command):
        weir_subprocess.run(command, shell=True)
        return self
"#;

/// As [`CONTEXT`], on another machine.
const REMOTE: &str = r#"
class WeirRemote:
    def __init__(self, host, **kwargs):
        self.host = host
    def run(self, command, **kwargs):
        weir_subprocess.run(["ssh", self.host, command])
    def sudo(self, command, **kwargs):
        weir_subprocess.run(["ssh", self.host, "sudo " + command])
    def local(self, command, **kwargs):
        weir_subprocess.run(command, shell=True)
    def cd(self, dir):
        return self
    def prefix(self, command):
        return self
Connection = WeirRemote
"#;

/// A function of the file that a runner may be asked for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Function {
    /// Its own name.
    function: String,
    /// The names by which it is asked for.
    names: Vec<String>,
    /// Its parameters after the first, with their defaults.
    parameters: Vec<(String, Option<String>)>,
    /// What stands behind its decorator.
    decorator: String,
    body: String,
}

/// The functions below a decorator of one of these names.
fn functions(text: &str, decorators: &[&str]) -> Vec<Function> {
    let mut all: Vec<Function> = Vec::new();
    let mut marked: Option<String> = None;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.starts_with([' ', '\t', '#', ')']) || line.trim().is_empty() {
            if let (Some(function), None) = (all.last_mut(), &marked) {
                function.body.push_str(line);
                function.body.push('\n');
            }
            continue;
        }
        let mut whole = line.to_owned();
        let open = |text: &str| {
            let count = |letters: [char; 3]| text.chars().filter(|c| letters.contains(c)).count();
            count(['(', '[', '{']) > count([')', ']', '}'])
        };
        while (line.starts_with('@') || line.starts_with("def ")) && open(&whole) && whole.len() < 4_096 {
            let Some(next) = lines.next() else { break };
            whole.push(' ');
            whole.push_str(next.trim());
        }
        if let Some(decorator) = whole.strip_prefix('@') {
            let (name, arguments) = decorator.split_once('(').unwrap_or((decorator, ""));
            if decorators.contains(&name.trim()) {
                marked = Some(arguments.trim_end_matches(')').to_owned());
            }
            continue;
        }
        let Some(decorator) = marked.take() else {
            // Whatever comes next does not belong to a function above.
            all.push(Function::default());
            continue;
        };
        let bare = whole.strip_prefix("async ").unwrap_or(&whole);
        let Some((function, rest)) = bare.strip_prefix("def ").and_then(|rest| rest.split_once('(')) else { continue };
        let inside = rest.rsplit_once(')').map_or(rest, |(inside, _)| inside);
        let parameters = commas(inside).into_iter().skip(1).filter(|one| !one.starts_with(['*', '/'])).map(|one| {
            let (head, default) = one.split_once('=').map_or((one.as_str(), None), |(head, value)| (head, Some(value)));
            let name = head.split(':').next().unwrap_or_default().trim().to_owned();
            (name, default.map(|value| value.trim().to_owned()))
        });
        let function = function.trim().to_owned();
        let mut names = vec![function.clone()];
        if let Some(named) = keyword(&decorator, "name") {
            names = vec![named];
        }
        names.extend(keyword_list(&decorator, "aliases"));
        all.push(Function { function, names, parameters: parameters.collect(), decorator, body: String::new() });
    }
    all.retain(|function| !function.function.is_empty());
    all
}

/// Divides at commas outside of brackets and quotes.
fn commas(text: &str) -> Vec<String> {
    let (mut all, mut one, mut depth, mut quote) = (Vec::new(), String::new(), 0usize, None);
    for c in text.chars() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if c == ',' && depth == 0 && quote.is_none() {
            all.push(std::mem::take(&mut one).trim().to_owned());
        } else {
            one.push(c);
        }
    }
    all.push(one.trim().to_owned());
    all.retain(|one| !one.is_empty());
    all
}

/// The value of a keyword argument, without quotes.
fn keyword(text: &str, name: &str) -> Option<String> {
    let value = |part: &String| Some(part.strip_prefix(name)?.trim_start().strip_prefix('=')?.trim().to_owned());
    let value = commas(text).iter().find_map(value)?;
    Some(value.trim_matches(['\'', '"']).to_owned())
}

/// The names in a keyword argument that is a list.
fn keyword_list(text: &str, name: &str) -> Vec<String> {
    let value = keyword(text, name).unwrap_or_default();
    let inside = value.trim_matches(['[', ']', '(', ')']);
    commas(inside).iter().map(|one| one.trim_matches(['\'', '"']).to_owned()).collect()
}

/// Python's text for a string.
fn literal(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Runs the whole text in the directory of its file.
fn run(say: &mut dyn Say, found: &Found, parts: &[&str], calls: &str, through: &str) {
    let text = String::from_utf8_lossy(&found.bytes);
    let imports = "\nimport subprocess as weir_subprocess\nimport os as weir_os\nimport tempfile as weir_tempfile\n";
    let whole = format!("{text}\n{imports}{}\n{calls}", parts.concat());
    say.pin(found.path.clone(), &found.bytes);
    let argv = vec![Arg::known("python3"), Arg::known("-c"), Arg::with_holes(&whole)];
    say.run(Inner { argv, cwd: Some(Some(found.dir())), ..Inner::default() }, through);
}

/// Says what a call of `nox` runs. False where there is no file that can be read, or nothing of the names.
pub(super) fn nox(call: &Call<'_>, say: &mut dyn Say) -> bool {
    let (mut file, mut asked, mut posargs): (Option<PathBuf>, Vec<String>, Vec<Arg>) = (None, Vec::new(), Vec::new());
    let (mut narrowed, mut into) = (false, false);
    let mut args = call.argv.iter().skip(1);
    while let Some(word) = args.next() {
        let Some(text) = word.text() else {
            narrowed |= into;
            continue;
        };
        let (option, inline) = options::inline(text);
        match option {
            "--" => posargs = args.by_ref().cloned().collect(),
            "-l" | "--list" | "--list-sessions" | "--json" | "-h" | "--help" | "--version" | "--install-only" => {
                reads(call, say);
                return true;
            }
            "-f" | "--noxfile" => {
                let Some(value) = inline.or_else(|| args.next().and_then(Arg::text)) else { return false };
                file = call.path(value);
            }
            "-s" | "-e" | "--session" | "--sessions" => {
                into = true;
                asked.extend(inline.map(str::to_owned));
            }
            "-k" | "--keywords" | "-t" | "--tags" | "-p" | "--python" | "--pythons" => {
                narrowed |= !matches!(option, "-p" | "--python" | "--pythons");
                into = false;
                if inline.is_none() {
                    args.next();
                }
            }
            "--envdir"
            | "--extra-pythons"
            | "--force-pythons"
            | "--force-python"
            | "-P"
            | "-fb"
            | "-db"
            | "--default-venv-backend"
            | "--force-venv-backend"
            | "--report"
            | "--reuse-venv"
                if inline.is_none() =>
            {
                args.next();
            }
            _ if option.starts_with('-') => into = false,
            _ if into => asked.push(text.to_owned()),
            _ => {}
        }
    }
    let path = file.or_else(|| Some(call.cwd.as_ref()?.join("noxfile.py")));
    let Some(found) = path.and_then(|path| Found::at(call, path)) else { return false };
    let text = String::from_utf8_lossy(&found.bytes).into_owned();
    let all = functions(&text, &["nox.session", "session", "nox_session", "nox_poetry.session"]);
    let set = text.lines().find_map(|line| line.strip_prefix("nox.options.sessions"));
    let set: Vec<String> = set
        .and_then(|rest| rest.split_once('=').map(|(_, list)| list.trim().trim_matches(['[', ']', '(', ')'])))
        .map(|list| commas(list).iter().map(|one| one.trim_matches(['\'', '"']).to_owned()).collect())
        .unwrap_or_default();
    let wanted = if asked.is_empty() && !narrowed { &set } else { &asked };
    let is = |function: &Function, name: &str| {
        function.names.iter().any(|own| {
            name.strip_prefix(own.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '(']))
        })
    };
    let by_default = |function: &Function| keyword(&function.decorator, "default").as_deref() != Some("False");
    let mut chosen: Vec<&Function> = all
        .iter()
        .filter(|function| match wanted.as_slice() {
            [] => narrowed || by_default(function),
            names => names.iter().any(|name| is(function, name)),
        })
        .take(MOST_TASKS)
        .collect();
    // A session that another one calls for runs after it.
    for other in &all {
        let called = |function: &&Function| {
            let told = ["\"", "'"].iter().any(|quote| {
                other.names.iter().any(|name| function.body.contains(&format!("notify({quote}{name}{quote}")))
            });
            told && !chosen.iter().any(|one| one.function == other.function)
        };
        if chosen.iter().any(called) {
            chosen.push(other);
        }
    }
    if chosen.is_empty() {
        return false;
    }
    let posargs: Vec<String> = posargs.iter().map(|arg| literal(arg.code().unwrap_or("\u{FFFC}"))).collect();
    let mut calls = String::new();
    let session = SESSION.replace("posargs = []", &format!("posargs = [{}]", posargs.join(", ")));
    for function in &chosen {
        let unknown = ", weir_given()".repeat(function.parameters.len());
        calls.push_str(&format!("{}(WeirSession(){unknown})\n", function.function));
    }
    let names: Vec<String> = chosen.iter().map(|function| function.function.clone()).collect();
    runs(&shown(call, &names), say);
    run(say, &found, &[&session], &calls, &format!("nox {}", names.join(" ")));
    true
}

/// Says what a call of `invoke` or `fab` runs. False where there is no file that can be read, or no such task.
pub(super) fn invoke(call: &Call<'_>, say: &mut dyn Say) -> bool {
    const VALUES: &[&str] = &[
        "-c",
        "--collection",
        "-r",
        "--search-root",
        "-H",
        "--hosts",
        "-i",
        "--identity",
        "-f",
        "--config",
        "-T",
        "--command-timeout",
        "-t",
        "--connect-timeout",
        "-S",
        "--ssh-config",
        "-p",
    ];
    let remote = call.program() == "fab";
    let (mut collection, mut dir, mut hosts) = (None, call.cwd.clone(), Vec::new());
    let mut rest = call.argv.get(1..).unwrap_or_default();
    while let Some((word, after)) = rest.split_first() {
        let Some(text) = word.text() else { return false };
        if !text.starts_with('-') {
            break;
        }
        rest = after;
        let (option, inline) = options::inline(text);
        if matches!(
            option,
            "-l" | "--list" | "-h" | "--help" | "-V" | "--version" | "-R" | "--dry" | "--print-completion-script"
        ) {
            reads(call, say);
            return true;
        }
        if !VALUES.contains(&option) {
            continue;
        }
        let value = inline.or_else(|| rest.first().and_then(Arg::text));
        if inline.is_none() {
            rest = rest.get(1..).unwrap_or_default();
        }
        let Some(value) = value else { return false };
        match option {
            "-c" | "--collection" => collection = Some(value.to_owned()),
            "-r" | "--search-root" => dir = call.path(value),
            "-H" | "--hosts" => hosts.extend(value.split(',').map(str::to_owned)),
            _ => {}
        }
    }
    let name = collection.unwrap_or_else(|| if remote { "fabfile" } else { "tasks" }.to_owned());
    let names = [format!("{name}.py"), format!("{name}/__init__.py")];
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let Some(found) = dir.as_deref().and_then(|dir| Found::upward(call, dir, &names).next()) else { return false };
    let text = String::from_utf8_lossy(&found.bytes).into_owned();
    let all = functions(&text, &["task", "invoke.task", "fabric.task"]);
    let find = |asked: &str| {
        let plain = asked.replace('-', "_");
        all.iter().find(|function| function.names.iter().any(|name| name.replace('-', "_") == plain))
    };
    let mut calls: Vec<String> = Vec::new();
    let mut ran = Vec::new();
    let mut words = rest.iter().peekable();
    let context = match hosts.first() {
        Some(host) if remote => format!("WeirRemote({})", literal(host)),
        _ => "WeirContext()".to_owned(),
    };
    // Without a task, the one that is marked runs.
    let fallback = all.iter().find(|function| keyword(&function.decorator, "default").as_deref() == Some("True"));
    if words.peek().is_none() {
        let Some(function) = fallback else { return false };
        one(&all, function, &[], &context, &mut calls);
        ran.push(function.function.clone());
    }
    while let Some(word) = words.next() {
        let Some(function) = word.text().and_then(find) else { return false };
        let mut given: Vec<(String, String)> = Vec::new();
        let mut positional = function.parameters.iter().filter(|(_, default)| default.is_none());
        while let Some(next) = words.peek() {
            let text = next.code().unwrap_or("\u{FFFC}").to_owned();
            let Some(option) = text.strip_prefix("--") else {
                if text.starts_with('-') && text.len() > 1 {
                    words.next();
                    continue;
                }
                // A word that is no task is an argument that has no default.
                let Some((name, _)) = positional.next().filter(|_| find(&text).is_none()) else { break };
                given.push((name.clone(), literal(&text)));
                words.next();
                continue;
            };
            words.next();
            let (option, inline) = option.split_once('=').map_or((option, None), |(name, value)| (name, Some(value)));
            let plain = option.replace('-', "_");
            let default = |name: &str| {
                function.parameters.iter().find(|(own, _)| own == name).and_then(|(_, default)| default.clone())
            };
            if let Some(name) = plain.strip_prefix("no_").filter(|name| default(name).as_deref() == Some("True")) {
                given.push((name.to_owned(), "False".to_owned()));
            } else if matches!(default(&plain).as_deref(), Some("True" | "False")) {
                given.push((plain, "True".to_owned()));
            } else {
                let value = match inline {
                    Some(value) => value.to_owned(),
                    None => words
                        .next()
                        .map_or_else(|| "\u{FFFC}".to_owned(), |word| word.code().unwrap_or("\u{FFFC}").to_owned()),
                };
                given.push((plain, literal(&value)));
            }
        }
        one(&all, function, &given, &context, &mut calls);
        ran.push(function.function.clone());
    }
    calls.truncate(MOST_TASKS);
    runs(&shown(call, &ran), say);
    let through = format!("{} {}", call.program(), ran.join(" "));
    run(say, &found, &[CONTEXT, REMOTE], &calls.join("\n"), &through);
    true
}

/// Adds the call of a task, with those that run before and after it.
fn one(all: &[Function], function: &Function, given: &[(String, String)], context: &str, calls: &mut Vec<String>) {
    if calls.len() >= MOST_TASKS {
        return;
    }
    let related = |key: &str| keyword_list(&function.decorator, key);
    // `@task(clean, build)` names what runs before, too.
    let bare = commas(&function.decorator).into_iter().filter(|one| !one.contains('='));
    let call_of = |name: &String, calls: &mut Vec<String>| {
        let name =
            name.strip_prefix("call(").map_or(name.as_str(), |inside| inside.split([',', ')']).next().unwrap_or(""));
        if let Some(other) = all.iter().find(|other| other.function == name && other.function != function.function) {
            one(all, other, &[], context, calls);
        }
    };
    for name in related("pre").iter().chain(&bare.collect::<Vec<_>>()) {
        call_of(name, calls);
    }
    let given: String = given.iter().map(|(name, value)| format!(", {name}={value}")).collect();
    calls.push(format!("{}({context}{given})", function.function));
    for name in &related("post") {
        call_of(name, calls);
    }
}
