//! What the functions of a library mean, as data, and how a meaning is carried out.

use weir_model::{Effect, Scope, Target, TargetKind, Verb};

use super::effects::Act;
use super::run::Machine;
use super::value::{Text, Val};
use crate::call::Language;

/// The arguments of a call.
#[derive(Debug, Default)]
pub(super) struct Args {
    /// The function (`shutil.rmtree`).
    pub(super) path: String,
    /// What its receiver is about (`s3`, `app.db`).
    pub(super) about: Option<std::rc::Rc<str>>,
    /// In order, with what stands in the text; the receiver of a method is the first.
    pub(super) list: Vec<(Val, String)>,
    /// By name.
    pub(super) named: Vec<(String, Val, String)>,
    /// It is a template (`` $`...` ``).
    pub(super) template: bool,
}

impl Args {
    /// The argument at `at`, or the one that is called by one of `names`.
    pub(super) fn get(&self, at: usize, names: &[&str]) -> Option<(&Val, &str)> {
        self.list.get(at).map(|(value, source)| (value, source.as_str())).or_else(|| self.find(names))
    }

    /// The argument that is called by one of `names`, also in an object that is passed.
    pub(super) fn find(&self, names: &[&str]) -> Option<(&Val, &str)> {
        self.named
            .iter()
            .find(|(name, ..)| names.contains(&name.as_str()))
            .map(|(_, value, source)| (value, source.as_str()))
    }

    pub(super) fn value(&self, at: usize) -> Val {
        self.list.get(at).map_or(Val::Unknown, |(value, _)| value.clone())
    }

    pub(super) fn source(&self, at: usize) -> &str {
        self.list.get(at).map_or("", |(_, source)| source.as_str())
    }

    /// An option by name or, as in JavaScript, in an object among the arguments.
    pub(super) fn option(&self, name: &str) -> Option<Val> {
        self.find(&[name])
            .map(|(value, _)| value.clone())
            .or_else(|| self.list.iter().find_map(|(value, _)| value.key(name)))
    }
}

/// What a function means.
#[derive(Clone, Copy)]
pub(super) enum Do {
    /// Acts on the file that is its first argument.
    File(Act),
    /// Acts on every file that is an argument.
    Files(Act),
    /// Renames the first to the second.
    Move,
    /// Copies the first to the second.
    Copy,
    /// Changes rights of the first.
    Mode,
    /// Rights come first, then files.
    ModeFirst,
    /// The first argument goes to a shell.
    Shell,
    /// The arguments are a program and its own arguments.
    Exec,
    /// The first argument is a program, the second is the list of its arguments.
    Spawn,
    /// As `Spawn`, from this argument on, and the list begins with the program's own name.
    ExecList(usize, bool),
    /// One word with blanks, or a list.
    Command,
    /// The first argument is code in the language of the program itself.
    Eval,
    /// The first argument names a file with code.
    RunFile(Language),
    /// The first argument is SQL.
    Sql,
    /// Sends to the address that is the first argument.
    Send,
    /// Gets from the address that is the first argument.
    Get,
    /// The method is the first argument, the address the second.
    Request,
    /// Destroys a resource of a cloud.
    Cloud,
    /// Destroys what holds data: a database, a collection, a volume.
    Store(TargetKind),
    /// The first argument is a command line for another machine.
    Remote,
    /// Code that nobody can read beforehand.
    Hidden(&'static str),
    /// Computes a value.
    Value(fn(&mut Machine<'_, '_>, &Args) -> Val),
    /// Ends the program.
    Exit,
    /// Nothing that matters.
    Nothing,
}

/// A table of functions and their meanings.
pub(super) type Library = &'static [(&'static str, Do)];

/// Finds a function: by its whole name; by its last name behind anything (`*.rmtree`); behind an unknown receiver
/// (`?.execute`); by what it belongs to (`boto3.client().*`); by both (`pymongo.**.drop`).
pub(super) fn find(library: &[Library], path: &str) -> Option<Do> {
    let mut all = library.iter().flat_map(|table| table.iter());
    let exact = all.clone().find(|(name, _)| *name == path);
    exact
        .or_else(|| {
            let (before, last) = path.rsplit_once('.')?;
            // What a library's own function gives is as little known as a parameter.
            let unknown = before == "?" || before.ends_with(')') || before.ends_with(']');
            all.find(|(name, meaning)| {
                // What a receiver is matters little where the text itself says what it does.
                let unknown = unknown || matches!(meaning, Do::Sql);
                if let Some((root, name)) = name.split_once(".**.") {
                    return name == last && path.strip_prefix(root).is_some_and(is_part);
                }
                name.strip_prefix("*.").is_some_and(|name| name == last)
                    || name.strip_suffix(".*").and_then(|root| path.strip_prefix(root)).is_some_and(is_part)
                    || (unknown && name.strip_prefix("?.").is_some_and(|name| name == last))
            })
        })
        .map(|(_, meaning)| *meaning)
}

/// Whether a name goes on with a part of what it names.
fn is_part(rest: &str) -> bool {
    rest.starts_with(['.', '(', '[', '/', ':'])
}

/// Whether others can change what has these rights.
fn open_to_all(mode: &Val) -> Option<bool> {
    match mode {
        Val::Num(bits) => Some(bits & 0o002 != 0),
        Val::Str(text) => text.text().map(|text| {
            i64::from_str_radix(text.trim_start_matches("0o"), 8).map_or_else(
                |_| text.split(',').any(|part| part.contains('w') && part.starts_with(['o', 'a', '+'])),
                |bits| bits & 0o002 != 0,
            )
        }),
        _ => None,
    }
}

impl Machine<'_, '_> {
    /// Carries out what a function means. The value is what it gives.
    pub(super) fn carry_out(&mut self, meaning: Do, args: &Args) -> Val {
        const FROM: [&str; 8] = ["path", "src", "file", "filename", "name", "target", "args", "url"];
        const TO: [&str; 4] = ["dst", "dest", "target", "destination"];
        let path = args.path.as_str();
        let first = args.get(0, &FROM).map(|(value, source)| (value.clone(), source.to_owned()));
        let (value, source) = first.unwrap_or((Val::Null, String::new()));
        let second = args.get(1, &TO).map(|(value, source)| (value.clone(), source.to_owned()));
        match meaning {
            Do::File(act) => {
                if value.texts().is_empty() && matches!(act, Act::Tree | Act::File) {
                    return Val::Unknown;
                }
                self.files(act, &value, &source);
            }
            Do::Files(act) if args.list.is_empty() && self.dialect.language == Language::Perl => {
                if let Some(it) = self.named("$_") {
                    self.files(act, &it, "$_");
                }
            }
            Do::Files(act) => {
                for (value, source) in &args.list {
                    if !matches!(value, Val::Dict(_) | Val::Function(..) | Val::Bool(_) | Val::Num(_)) {
                        self.files(act, value, source);
                    }
                }
            }
            Do::Move => {
                let (to, to_source) = second.unwrap_or((Val::Unknown, String::new()));
                self.moved(&value, &source, &to, &to_source);
                return to;
            }
            Do::Copy => {
                let (to, to_source) = second.unwrap_or((Val::Unknown, String::new()));
                self.copied(&value, &source, &to, &to_source);
            }
            Do::Mode => {
                let mode = second.map_or(Val::Unknown, |(mode, _)| mode);
                let act = if open_to_all(&mode) == Some(true) { Act::Open } else { Act::Touch };
                self.files(act, &value, &source);
            }
            Do::ModeFirst => {
                let act = if open_to_all(&value) == Some(true) { Act::Open } else { Act::Touch };
                for (file, source) in args.list.iter().skip(1) {
                    self.files(act, file, source);
                }
            }
            Do::Shell => {
                self.shell(&value, &source, args.option("cwd").or_else(|| args.option("chdir")).as_ref(), path)
            }
            Do::Exec => self.exec(args),
            Do::Command => self.command(&value, &source, args),
            Do::Spawn => {
                let mut argv = vec![Self::arg(&value, &source)];
                let dir = args.option("cwd");
                let list = second.filter(|(list, _)| !matches!(list, Val::Dict(_) | Val::Function(..)));
                if let Some((list, source)) = list {
                    argv.extend(Self::words(&list, &source));
                }
                if args.option("shell").and_then(|shell| shell.truth()) == Some(true) {
                    let mut line = Text::default();
                    for arg in &argv {
                        if !line.pieces.is_empty() {
                            line.push(Text::known(" "));
                        }
                        line.push(arg.text().map_or_else(|| Text::hole(&arg.source), Text::known));
                    }
                    self.shell(&Val::Str(line), &source, dir.as_ref(), path);
                } else {
                    self.spawn_with(argv, dir.as_ref(), path, args.option("input").as_ref());
                }
            }
            Do::ExecList(from, named) => {
                let mut argv = vec![Self::arg(&args.value(from), args.source(from))];
                let mut rest = Vec::new();
                for (value, source) in args.list.iter().skip(from + 1) {
                    if !matches!(value, Val::Dict(_) | Val::Lib(_)) {
                        rest.extend(Self::words(value, source));
                    }
                }
                argv.extend(rest.into_iter().skip(usize::from(named)));
                self.spawn(argv, None, path);
            }
            // A block that may fail.
            Do::Eval if matches!(value, Val::Function(..)) => return self.apply(&value, Args::default(), &source),
            Do::Eval => return self.eval_text(&value, &source, path),
            Do::RunFile(language) => match value.texts().into_iter().flatten().find_map(|text| self.path(text.text()?))
            {
                Some(file) => {
                    let rest = second.map(|(list, source)| Self::words(&list, &source)).unwrap_or_default();
                    self.out.file(language, file, &rest, path);
                }
                None => self.hidden(&source, "the program runs a file whose name is computed"),
            },
            Do::Sql => {
                self.sql(&value, args.about.as_deref());
                // A statement that was built: `delete(User).where(...)`.
                if let Val::Lib(lib) = &value
                    && let Some(rest) = lib.path.strip_prefix("sqlalchemy.delete()")
                    && self.speculative == 0
                {
                    let target = Target::new(TargetKind::Table, lib.about.as_deref().unwrap_or("rows")).stateful();
                    let effect = Effect::new(Verb::Delete, target);
                    let some = rest.contains(".where");
                    let scope = || Scope::Filtered { filter: "a condition".to_owned() };
                    self.say(if some { effect.within(scope()) } else { effect });
                }
            }
            Do::Send => self.host(Verb::Send, &value),
            Do::Get => {
                let method = args.option("method").and_then(|method| method.text("").text().map(str::to_uppercase));
                let sends = method.as_deref().is_some_and(|method| !matches!(method, "GET" | "HEAD" | "OPTIONS"))
                    || args.option("data").is_some_and(|data| !matches!(data, Val::Null))
                    || (path.starts_with("urllib.")
                        && args.list.get(1).is_some_and(|(data, _)| !matches!(data, Val::Null)));
                let address = ["url", "hostname", "host"].iter().find_map(|key| value.key(key));
                self.host(if sends { Verb::Send } else { Verb::Read }, &address.unwrap_or(value));
            }
            Do::Request => {
                let method = value.text("").text().map(str::to_uppercase);
                let reads = matches!(method.as_deref(), Some("GET" | "HEAD" | "OPTIONS"));
                let address = args.get(1, &["url"]).map(|(value, _)| value.clone()).unwrap_or(Val::Unknown);
                self.host(if reads { Verb::Read } else { Verb::Send }, &address);
            }
            Do::Cloud => self.cloud(args),
            Do::Store(kind) => self.store(kind, args),
            Do::Remote => {
                let place = args.about.clone().unwrap_or_else(|| "another machine".into());
                for value in value.each() {
                    let line = Self::arg(&value, &source);
                    self.out.elsewhere(line.for_shell(), &place);
                }
            }
            Do::Hidden(why) => self.hidden(path, why),
            Do::Value(compute) => return compute(self, args),
            Do::Exit => {
                self.stopped = true;
                return Val::Null;
            }
            Do::Nothing => {}
        }
        let mut result = path.to_owned();
        result.push_str("()");
        Val::lib_about(result, args.about.clone())
    }

    /// `exec("prog", "a")`, `system("rm -rf x")`: one word is a line for the shell, several are a program.
    fn exec(&mut self, args: &Args) {
        let dir = args.option("chdir").or_else(|| args.option("cwd"));
        let mut words: Vec<&(Val, String)> =
            args.list.iter().filter(|(value, _)| !matches!(value, Val::Function(..))).collect();
        // Ruby's leading environment and trailing options.
        words.retain(|(value, _)| !matches!(value, Val::Dict(_)));
        match words.as_slice() {
            [] => {}
            [(value @ Val::List(_), source)] => {
                let argv = Self::words(value, source);
                self.spawn(argv, dir.as_ref(), &args.path);
            }
            [(value, source)] => self.shell(value, source, dir.as_ref(), &args.path),
            several => {
                let argv = several.iter().flat_map(|(value, source)| Self::words(value, source)).collect();
                self.spawn(argv, dir.as_ref(), &args.path);
            }
        }
    }

    /// `subprocess.run(...)`.
    fn command(&mut self, value: &Val, source: &str, args: &Args) {
        let dir = args.option("cwd");
        let shell = args.option("shell");
        let is_shell = shell.as_ref().is_some_and(|shell| shell.truth() != Some(false));
        for value in value.each() {
            match &value {
                Val::List(list) if is_shell => {
                    // Only the first word is the command line; the others are the shell's own arguments.
                    let line = list.0.first().cloned().unwrap_or(Val::Unknown);
                    self.shell(&line, source, dir.as_ref(), &args.path);
                }
                _ if is_shell => self.shell(&value, source, dir.as_ref(), &args.path),
                Val::Null => {}
                _ => {
                    let argv = Self::words(&value, source);
                    self.spawn_with(argv, dir.as_ref(), &args.path, args.option("input").as_ref());
                }
            }
        }
    }

    /// A method of a client of a cloud, or a command for one: what it destroys.
    fn cloud(&mut self, args: &Args) {
        const GONE: [&str; 14] = [
            "delete",
            "terminate",
            "destroy",
            "purge",
            "remove",
            "batch_delete",
            "deregister",
            "begin_delete",
            "begin_purge",
            "recursive_delete",
            "clear!",
            "empty",
            "bulk_delete",
            "schedule_key_deletion",
        ];
        // What does not look like data can be made again; everything else may hold some.
        const STATELESS: [&str; 11] = [
            "tags",
            "tagging",
            "policy",
            "rule",
            "permission",
            "alarm",
            "role",
            "key",
            "endpoint",
            "version",
            "message",
        ];
        let method = snake(args.path.rsplit('.').next().unwrap_or_default());
        let method = method.strip_suffix("_command").unwrap_or(&method);
        if !GONE.iter().any(|verb| method.starts_with(verb)) {
            return;
        }
        let named = args
            .named
            .iter()
            .map(|(_, value, _)| value)
            .chain(args.list.iter().map(|(value, _)| value))
            .flat_map(|value| match value {
                Val::Dict(dict) => dict.0.iter().flat_map(|(_, value)| value.texts()).collect(),
                value => value.texts(),
            })
            .flatten()
            .find_map(|text| text.text().map(str::to_owned));
        let service = args.about.as_deref().unwrap_or("cloud");
        let name = named.map_or_else(|| format!("{service} {method}"), |name| format!("{service} {method} {name}"));
        let stateless = STATELESS.iter().any(|word| method.ends_with(word));
        let target = Target::new(TargetKind::CloudResource, name);
        self.say(Effect::new(Verb::Delete, if stateless { target } else { target.stateful() }));
    }

    /// Says that what holds data is destroyed. A database in memory holds none that lasts.
    fn store(&mut self, kind: TargetKind, args: &Args) {
        let about = args
            .about
            .clone()
            .or_else(|| {
                let values =
                    args.list.iter().map(|(value, _)| value).chain(args.named.iter().map(|(_, value, _)| value));
                values.into_iter().find_map(|value| match value {
                    Val::Lib(lib) => lib.about.clone(),
                    _ => None,
                })
            })
            .unwrap_or_else(|| "".into());
        if self.speculative > 0 || in_memory(&about) {
            return;
        }
        let method = args.path.rsplit('.').next().unwrap_or_default();
        let named = args.list.iter().map(|(value, _)| value).chain(args.named.iter().map(|(_, value, _)| value));
        let named = named.flat_map(Val::texts).flatten().find_map(|text| text.text().map(str::to_owned));
        let receiver = args.path.rsplit('.').nth(1).filter(|receiver| !receiver.ends_with([')', ']', '?']));
        let name = match (named, about.is_empty()) {
            (Some(name), _) => name,
            (None, false) => about.to_string(),
            (None, true) => receiver.unwrap_or(method).to_owned(),
        };
        let mut target = Target::new(kind, name).stateful();
        target.environment_from = (!about.is_empty()).then(|| about.to_string());
        let mut effect = Effect::new(Verb::Delete, target);
        effect.note = Some(method.to_owned());
        self.say(effect);
    }
}

/// Whether an address of a database names one in memory, or in a file of which nobody expects that it stays.
pub(super) fn in_memory(about: &str) -> bool {
    let file = about.strip_prefix("sqlite:///").unwrap_or(about);
    if file.starts_with("/tmp/") || file.starts_with("/var/tmp/") {
        return true;
    }
    about.contains(":memory:") || about.contains("mode=memory") || matches!(about, "sqlite://" | "sqlite:///")
}

/// `DeleteBucket` as `delete_bucket`.
fn snake(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}
