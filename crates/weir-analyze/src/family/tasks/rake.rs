//! `rake`: the tasks of a Rakefile.
//!
//! Definitions of tasks are taken out of the text; what remains runs whenever the file is loaded, and behind it stand the
//! bodies of the tasks that are asked for, those that they need first. The whole is a program in Ruby.

use std::collections::BTreeSet;
use std::path::PathBuf;

use weir_model::{Effect, Target, TargetKind, Verb};

use super::{reads, runs, shown};
use crate::call::{Arg, Call, HOLE, Inner, Say, Value};
use crate::family::options;
use crate::family::project::Found;

/// Tasks that are run for one call, and files that are read for it.
const MOST_TASKS: usize = 200;
const MOST_FILES: usize = 32;
/// Definitions inside each other.
const DEEPEST: usize = 16;

const NAMES: &[&str] = &["rakefile", "Rakefile", "rakefile.rb", "Rakefile.rb"];

/// What a Rakefile has beside Ruby itself.
const OWN: &str = r#"
def rm(list, **options)
  FileUtils.rm(list)
end
def safe_unlink(list, **options)
  FileUtils.rm(list)
end
def rmdir(list, **options)
  FileUtils.rmdir(list)
end
def remove_dir(dir, **options)
  FileUtils.rm_rf(dir)
end
def mv(from, to, **options)
  FileUtils.mv(from, to)
end
def cp(from, to, **options)
  FileUtils.cp(from, to)
end
"#;

/// One definition of a task; a task may have several.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Task {
    name: String,
    parameters: Vec<String>,
    needs: Vec<String>,
    /// What its block calls the arguments.
    args: Option<String>,
    body: String,
}

/// What a text says.
#[derive(Default)]
struct Rakefile {
    tasks: Vec<Task>,
    /// What is no definition of a task.
    rest: String,
    /// What `clean` and `clobber` delete, as Ruby.
    clean: Vec<String>,
    clobber: Vec<String>,
}

/// Says what a call of `rake` runs. False where no Rakefile says it: then the catalog does.
pub(super) fn interpret(call: &Call<'_>, say: &mut dyn Say) -> bool {
    const VALUES: &[&str] = &[
        "-f",
        "--rakefile",
        "-I",
        "--libdir",
        "-r",
        "--require",
        "-R",
        "--rakelibdir",
        "-j",
        "-e",
        "-E",
        "-p",
        "-C",
        "--directory",
    ];
    let (mut file, mut dir, mut asked, mut env) = (None, call.cwd.clone(), Vec::new(), Vec::new());
    let mut args = call.argv.iter().skip(1);
    while let Some(word) = args.next() {
        let Some(text) = word.code() else { return false };
        let (option, inline) = options::inline(text);
        match option {
            "-T" | "--tasks" | "-P" | "--prereqs" | "-D" | "--describe" | "-W" | "--where" | "-n" | "--dry-run"
            | "-h" | "--help" | "-V" | "--version" | "-A" | "-AT" => return false,
            "-e" | "-E" | "-p" | "--execute" => return false,
            "-g" | "--system" | "-G" => return false,
            _ if VALUES.contains(&option) => {
                let value = inline.or_else(|| args.next().and_then(Arg::text));
                match (option, value) {
                    ("-f" | "--rakefile", Some(value)) => file = call.path(value),
                    ("-C" | "--directory", Some(value)) => dir = call.path(value),
                    ("-j", Some(value)) if value.parse::<u32>().is_err() => asked.push(value.to_owned()),
                    _ => {}
                }
            }
            _ if text.starts_with('-') => {}
            _ => match text
                .split_once('=')
                .filter(|(name, _)| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
            {
                Some((name, value)) => env.push((name.to_owned(), Value::with_holes(value))),
                None => asked.push(text.to_owned()),
            },
        }
    }
    // Commands of Rails that are no tasks.
    const RAILS: &[&str] = &[
        "runner",
        "r",
        "console",
        "c",
        "server",
        "s",
        "generate",
        "g",
        "destroy",
        "d",
        "new",
        "dbconsole",
        "db",
        "test",
        "t",
        "plugin",
        "credentials:edit",
    ];
    if call.program() == "rails" && asked.first().is_none_or(|first| RAILS.contains(&first.as_str())) {
        return false;
    }
    let found = match file {
        Some(path) => Found::at(call, path),
        None => dir.as_deref().and_then(|dir| Found::upward(call, dir, NAMES).next()),
    };
    let Some(found) = found else { return false };
    let root = found.dir();
    let mut files = vec![found];
    let main = files.first().map(|found| String::from_utf8_lossy(&found.bytes).into_owned()).unwrap_or_default();
    let mut dirs = vec!["rakelib"];
    if main.contains("load_tasks") {
        dirs.push("lib/tasks");
    }
    if main.contains("tasks/") {
        dirs.push("tasks");
    }
    for below in dirs {
        for entry in call.world.list(&root.join(below), MOST_FILES * 8).unwrap_or_default() {
            let path = root.join(below).join(&entry.name);
            if !entry.is_dir && files.len() < MOST_FILES && path.extension().is_some_and(|end| end == "rake") {
                files.extend(Found::at(call, path));
            }
        }
    }
    let mut rakefile = Rakefile::default();
    for found in &files {
        let text =
            String::from_utf8_lossy(&found.bytes).replace("Rake::FileList[", "Dir[").replace("FileList[", "Dir[");
        rakefile.read(&text);
    }
    rakefile.standard(&main);
    if asked.is_empty() {
        asked.push("default".to_owned());
    }
    let known = |word: &String| rakefile.tasks.iter().any(|task| task.name == parted(word).0);
    if !asked.iter().any(known) {
        return false;
    }
    // A task that only a library defines is what the catalog says of its name.
    let all = asked.iter().all(known);
    let mut calls = String::new();
    let mut done = BTreeSet::new();
    let mut publishes = false;
    for word in &asked {
        let (name, given) = parted(word);
        rakefile.run(&name, &given, &mut done, &mut calls, &mut publishes);
    }
    for found in &files {
        say.pin(found.path.clone(), &found.bytes);
    }
    runs(&shown(call, &asked), say);
    if publishes {
        say.effect(Effect::new(Verb::Publish, Target::new(TargetKind::Publication, "the gem of rake release")));
    }
    let text = format!("{OWN}\n{}\n{calls}", rakefile.rest);
    let argv = vec![Arg::known("ruby"), Arg::known("-e"), Arg::with_holes(&text)];
    let cwd: Option<PathBuf> = Some(root);
    say.run(Inner { argv, cwd: Some(cwd), env, stdin: None }, &shown(call, &asked));
    // Frameworks have tasks of these names, to which those of the project add.
    const FRAMEWORK: &[&str] = &[
        "drop",
        "reset",
        "purge",
        "migrate",
        "truncate_all",
        "setup",
        "schema",
        "structure",
        "seed",
        "rollback",
        "forward",
        "create",
        "prepare",
        "test",
        "environment",
        "fixtures",
        "version",
    ];
    let is_framework = |word: &String| {
        let rest = word.strip_prefix("db:").unwrap_or_default();
        FRAMEWORK.contains(&rest.split([':', '[']).next().unwrap_or_default())
    };
    if asked.iter().any(is_framework) {
        return false;
    }
    if !all {
        return false;
    }
    if calls.is_empty() {
        reads(call, say);
    }
    true
}

/// `name[a,b]`.
fn parted(word: &str) -> (String, Vec<String>) {
    match word.split_once('[') {
        Some((name, rest)) => {
            let inside = rest.strip_suffix(']').unwrap_or(rest);
            (name.to_owned(), inside.split(',').map(|one| one.trim().to_owned()).collect())
        }
        None => (word.to_owned(), Vec::new()),
    }
}

/// The spaces before a line.
fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

impl Rakefile {
    /// Takes a text apart.
    fn read(&mut self, text: &str) {
        let lines: Vec<&str> = text.lines().collect();
        // Namespaces that are open, with their indentation.
        let mut spaces: Vec<(String, usize)> = Vec::new();
        let mut at = 0;
        while let Some(line) = lines.get(at).copied() {
            at += 1;
            let bare = line.trim();
            if bare == "end" && spaces.last().is_some_and(|(_, deep)| *deep == indent(line)) {
                spaces.pop();
                continue;
            }
            if bare == "__END__" {
                break;
            }
            let word = bare.split([' ', '(']).next().unwrap_or_default();
            if word == "namespace" && spaces.len() < DEEPEST && bare.ends_with("do") {
                let name = names(bare.get(word.len()..).unwrap_or_default()).into_iter().next();
                spaces.push((name.unwrap_or_default(), indent(line)));
                continue;
            }
            self.deletions(bare);
            if !matches!(word, "task" | "multitask" | "file" | "directory" | "rule") || bare.starts_with("task.") {
                self.rest.push_str(line);
                self.rest.push('\n');
                continue;
            }
            // A head may go over lines.
            let mut head = bare.to_owned();
            while unfinished(&head) && head.len() < 4_096 {
                let Some(next) = lines.get(at) else { break };
                at += 1;
                head.push(' ');
                head.push_str(next.trim());
            }
            let (head, opened, mut body) = block(&head);
            if opened && body.is_none() {
                let mut inside = String::new();
                while let Some(next) = lines.get(at).copied() {
                    at += 1;
                    if indent(next) == indent(line) && matches!(next.trim(), "end" | "}" | "end)" | "})") {
                        break;
                    }
                    inside.push_str(next);
                    inside.push('\n');
                }
                body = Some(inside);
            }
            let mut body = body.unwrap_or_default();
            let args = parameters(&mut body);
            let prefix: String = spaces.iter().map(|(name, _)| format!("{name}:")).collect();
            if let Some(task) = defined(head.get(word.len()..).unwrap_or_default(), &prefix, args, body)
                && word != "rule"
                && word != "directory"
            {
                self.tasks.push(task);
            }
        }
    }

    /// `CLEAN.include("*.o")`.
    fn deletions(&mut self, line: &str) {
        for (name, list) in [("CLEAN", &mut self.clean), ("CLOBBER", &mut self.clobber)] {
            let Some(rest) = line.strip_prefix(name) else { continue };
            let added = [".include", ".add", ".push", ".concat", " <<", " +=", " ="]
                .iter()
                .find_map(|how| rest.strip_prefix(how));
            let Some(added) = added else { continue };
            let added = added.trim();
            let inside = added.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(added);
            let literals = names(inside);
            if literals.is_empty() {
                list.push(inside.to_owned());
            }
            list.extend(literals.iter().map(|pattern| format!("Dir[{}]", literal(pattern))));
        }
    }

    /// The tasks that the libraries of Rake itself define.
    fn standard(&mut self, main: &str) {
        let library = |name: &str, needs: &[&str], body: String| Task {
            name: name.to_owned(),
            needs: needs.iter().map(|need| (*need).to_owned()).collect(),
            body,
            ..Task::default()
        };
        if main.contains("rake/clean") {
            let delete =
                |list: &[String]| list.iter().map(|one| format!("FileUtils.rm_rf({one})\n")).collect::<String>();
            let (clean, clobber) = (delete(&self.clean), delete(&self.clobber));
            self.tasks.push(library("clean", &[], clean));
            self.tasks.push(library("clobber", &["clean"], clobber));
        }
        if main.contains("bundler/gem_tasks") || main.contains("GemHelper.install_tasks") {
            self.tasks.push(library("release", &["build"], String::new()));
        }
    }

    /// Adds the bodies of a task and of those that it needs.
    fn run(&self, name: &str, given: &[String], done: &mut BTreeSet<String>, calls: &mut String, publishes: &mut bool) {
        if done.len() >= MOST_TASKS || !done.insert(name.to_owned()) {
            return;
        }
        for task in self.tasks.iter().filter(|task| task.name == name) {
            let space = name.rsplit_once(':').map(|(space, _)| space);
            for need in &task.needs {
                // A name is looked for in the task's own namespace first, then outward.
                let mut within = space;
                let full = loop {
                    let Some(inner) = within else { break need.trim_start_matches('^').to_owned() };
                    let full = format!("{inner}:{need}");
                    if self.tasks.iter().any(|task| task.name == full) {
                        break full;
                    }
                    within = inner.rsplit_once(':').map(|(outer, _)| outer);
                };
                self.run(&full, &[], done, calls, publishes);
            }
            *publishes |= name == "release" && task.body.is_empty() && task.needs == ["build"];
            if task.body.trim().is_empty() {
                continue;
            }
            calls.push_str("[nil].each do |t|\n");
            if let Some(args) = &task.args {
                let pairs = task.parameters.iter().zip(given).filter(|(_, value)| !value.is_empty());
                let pairs: Vec<String> = pairs.map(|(name, value)| format!("{name}: {}", literal(value))).collect();
                calls.push_str(&format!("{args} = {{{}}}\n", pairs.join(", ")));
                // A default holds where nothing is given.
                let mut body = String::new();
                for line in task.body.lines() {
                    let defaults = line.trim().strip_prefix(args.as_str()).and_then(|rest| {
                        let inside = rest.strip_prefix(".with_defaults")?.trim();
                        Some(inside.strip_prefix('(').and_then(|inside| inside.strip_suffix(')')).unwrap_or(inside))
                    });
                    match defaults {
                        Some(inside) => {
                            let all = if pairs.is_empty() {
                                inside.to_owned()
                            } else {
                                format!("{inside}, {}", pairs.join(", "))
                            };
                            body.push_str(&format!("{args} = {{{all}}}\n"));
                        }
                        None => {
                            body.push_str(line);
                            body.push('\n');
                        }
                    }
                }
                calls.push_str(&body);
            } else {
                calls.push_str(&task.body);
                calls.push('\n');
            }
            calls.push_str("end\n");
            // What a body calls for by name runs with it.
            for (before, after) in [("Rake::Task[", "invoke"), ("Rake::Task[", "execute")] {
                for part in task.body.split(before).skip(1).filter(|part| part.contains(after)) {
                    if let Some(other) = part.split_once(']').and_then(|(inside, _)| names(inside).into_iter().next()) {
                        self.run(&other, &[], done, calls, publishes);
                    }
                }
            }
        }
    }
}

/// Ruby's text for a string.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// A head that goes on in the next line.
fn unfinished(head: &str) -> bool {
    let count = |c: char| head.matches(c).count();
    count('[') > count(']') || head.ends_with([',', '\\']) || head.ends_with("=>")
}

/// A head without its block; whether a block begins, and its body where it is in the same line.
fn block(head: &str) -> (String, bool, Option<String>) {
    for (open, close) in [(" do", "end"), (" {", "}"), (") {", "}")] {
        let Some((before, after)) = head.split_once(open) else { continue };
        if open == " do" && !(after.is_empty() || after.starts_with([' ', '|', ';'])) {
            continue;
        }
        let before = if open.starts_with(')') { format!("{before})") } else { before.to_owned() };
        let after = after.trim();
        let one_line = after
            .strip_suffix(close)
            .map(|body| body.trim().trim_start_matches(';').trim().trim_end_matches(';').to_owned());
        return match one_line {
            Some(body) => (before, true, Some(body)),
            None if after.is_empty() => (before, true, None),
            // Its parameters stand before the body.
            None => (format!("{before} \u{0}{after}"), true, None),
        };
    }
    (head.to_owned(), false, None)
}

/// Takes the parameters of a block from before its body: the name of the arguments, the second one.
fn parameters(body: &mut String) -> Option<String> {
    let text = body.trim_start().strip_prefix('|')?;
    let (inside, rest) = text.split_once('|')?;
    let args = inside.split(',').nth(1).map(|name| name.trim().to_owned());
    *body = rest.to_owned();
    args
}

/// What a head defines.
fn defined(head: &str, prefix: &str, args: Option<String>, body: String) -> Option<Task> {
    let (head, behind) = head.split_once('\u{0}').unwrap_or((head, ""));
    let mut behind = behind.to_owned();
    let args = args.or_else(|| parameters(&mut behind));
    let head = head.trim();
    let head = head.strip_prefix('(').map_or(head, |inside| inside.trim_end_matches(')'));
    let (before, after) = match head.split_once("=>") {
        Some((before, after)) => (before, after),
        // `task build: [:a, :b]`.
        None => match head.split_once(": ").filter(|(name, _)| !name.contains([' ', ',', '"', '\'', ':'])) {
            Some((name, after)) => {
                let needs = names(after);
                return Some(Task { name: format!("{prefix}{name}"), needs, args, body, ..Task::default() });
            }
            None => (head, ""),
        },
    };
    let mut all = names(before).into_iter();
    let name = all.next()?;
    Some(Task { name: format!("{prefix}{name}"), parameters: all.collect(), needs: names(after), args, body })
}

/// The symbols and texts in a piece of Ruby, `%w[a b]` too; what is computed is no name.
fn names(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut letters = text.chars().peekable();
    let is_name = |c: &char| c.is_alphanumeric() || matches!(c, '_' | '?' | '!');
    while let Some(c) = letters.next() {
        match c {
            '"' | '\'' => {
                let name: String = letters.by_ref().take_while(|next| *next != c).collect();
                all.push(if name.contains("#{") { HOLE.to_string() } else { name });
            }
            ':' if letters.peek().is_some_and(is_name) => {
                let mut name = String::new();
                while let Some(next) = letters.next_if(is_name) {
                    name.push(next);
                }
                all.push(name);
            }
            '%' if letters.next_if(|next| matches!(next, 'w' | 'i' | 'W' | 'I')).is_some() => {
                letters.next();
                let inside: String = letters.by_ref().take_while(|next| !matches!(next, ']' | ')' | '}')).collect();
                all.extend(inside.split_whitespace().map(str::to_owned));
            }
            _ => {}
        }
    }
    all
}
