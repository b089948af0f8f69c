//! The shell: a bounded abstract interpreter over Bash.
//!
//! Text is parsed into a small tree ([`ir`]), and the tree is evaluated as the shell would, on values of which parts may
//! not be known ([`text`]). Both branches of a condition are taken and joined. What comes out are calls of programs with
//! expanded arguments; the families say what those do. Nothing is run.
//!
//! Everything is bounded ([`limits`]). What lies beyond a limit is an opaque effect, and never silence.

mod arithmetic;
mod brace;
mod builtins;
mod calls;
#[cfg(test)]
mod differential;
mod environ;
mod eval;
mod expand;
mod extent;
mod foreign;
mod glob;
mod hidden;
mod ir;
mod kept;
mod limits;
mod mask;
mod output;
mod overlay;
mod parameter;
mod parse;
mod redirect;
mod second;
mod secrets;
mod sink;
pub(crate) mod startup;
mod state;
#[cfg(test)]
mod tests;
mod text;
mod trace;
mod word;
#[cfg(test)]
mod wrapped;

pub(crate) use output::decode;
pub(crate) use sink::BUILD;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use weir_model::{Digest, Effect, Pin, Span, Target, TargetKind, Verb};

use crate::call::{Arg, Call, Inner, Language, Secret, Stdin, TESTS};
use crate::{Analysis, World};

pub(crate) use calls::language_of;
pub(crate) use glob::{Found, find as find_names};
use limits::{MAX_ENTRIES, MAX_PARSED, MAX_PROGRAMS, MAX_TEXT};
use overlay::Overlay;
use state::Shell;

/// Where evaluation is: everything that a nested program gets from the outside.
#[derive(Clone)]
struct Frame {
    /// The programs through which it is reached, outermost first.
    via: Rc<Vec<String>>,
    /// Where the text that is evaluated begins in the action's own text, if it stands there as it is.
    origin: Option<usize>,
    /// The part of the action's text from which it comes.
    span: Option<Span>,
    /// Another machine or container, where it runs in one.
    place: Option<Rc<str>>,
    /// The standard input.
    stdin: Rc<Stdin>,
    /// Secrets that the standard input holds.
    secrets: Rc<Vec<Secret>>,
    /// How many programs it is inside of.
    programs: usize,
}

impl Frame {
    /// Where an action begins; `origin` says where its text stands in the action's own.
    fn outermost(origin: Option<usize>) -> Self {
        Self {
            via: Rc::default(),
            origin,
            span: None,
            place: None,
            stdin: Rc::new(Stdin::None),
            secrets: Rc::default(),
            programs: 0,
        }
    }

    fn through(&self, program: &str) -> Self {
        let mut via = Vec::clone(&self.via);
        via.push(program.to_owned());
        Self { via: Rc::new(via), programs: self.programs + 1, origin: None, ..self.clone() }
    }

    fn with_stdin(&self, stdin: Stdin) -> Self {
        Self { stdin: Rc::new(stdin), secrets: Rc::default(), ..self.clone() }
    }

    /// The standard input holds these.
    fn holding(self, secrets: Vec<Secret>) -> Self {
        if secrets.is_empty() { self } else { Self { secrets: Rc::new(secrets), ..self } }
    }
}

/// Whether a command succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Success,
    Failure,
    Either,
}

/// How a command ended: whether it succeeded, and what it wrote to its standard output.
#[derive(Debug, Clone)]
struct Done {
    status: Status,
    out: Stdin,
}

impl Done {
    fn quiet(status: Status) -> Self {
        Self { status, out: Stdin::Known(String::new()) }
    }
}

/// Evaluates one action.
struct Evaluator<'w> {
    world: Overlay<'w>,
    effects: Vec<Effect>,
    pins: Vec<Pin>,
    findings: Vec<String>,
    /// Some part was not understood.
    partial: bool,
    /// A limit was reached: said once.
    over: bool,
    parsed: usize,
    commands: usize,
    steps: usize,
    words: usize,
    entries: usize,
    depth: usize,
    /// The text that is evaluated stands in a file.
    in_file: bool,
    /// A configure script was read: a second one is a script like any other.
    configured: bool,
    /// How it was understood, where somebody asks.
    trace: Option<trace::Trace>,
    /// Values that are not shown.
    hidden: hidden::Hidden,
    /// Loops, and functions and sourced files, that the shell is inside of: without one, `break` and `return` do nothing.
    loops: usize,
    functions: usize,
    /// Every program that was called, with its arguments.
    #[cfg(test)]
    seen: Vec<Vec<Arg>>,
    /// What process substitutions write, by the name under which they are read.
    streams: BTreeMap<PathBuf, Stdin>,
    /// Secrets in what was written to the standard output since somebody last asked.
    flow: Vec<Secret>,
    /// Variables that hold secrets.
    held: BTreeMap<String, Vec<Secret>>,
    /// Files into which the action has put secrets.
    copies: BTreeMap<PathBuf, Vec<Secret>>,
    /// Work that the action has put into repositories.
    kept: kept::Kept,
    /// The tests that paths are known to fit of which nothing else is known, by their numbers.
    tests: Vec<String>,
    /// Files of settings that the shell has read, and whose text is not known.
    sourced: Vec<String>,
    /// The file of settings that is read now.
    settings: Option<Secret>,
    /// Descriptors that lead to another machine.
    lines: Vec<i32>,
    /// Files that something reads by itself later, and which the action writes.
    begun: Vec<startup::Written>,
    /// The program whose effects are carried out leaves the content of files as it is.
    keeps_content: bool,
    /// Programs that were called, where somebody asks.
    called: Option<Vec<String>>,
}

/// True for a program that a package manager has put there. It is as unknown as a compiled one, and as ordinary.
fn is_installed(path: &Path) -> bool {
    const PLACES: &[&str] = &[
        "node_modules",
        "site-packages",
        "dist-packages",
        ".venv",
        "venv",
        ".tox",
        ".cargo",
        ".rustup",
        ".nvm",
        ".pyenv",
    ];
    path.components().any(|part| part.as_os_str().to_str().is_some_and(|name| PLACES.contains(&name)))
}

/// True for what Autoconf has generated: a long text that says so at its beginning.
fn is_autoconf(text: &str) -> bool {
    const SHORTEST: usize = 40 << 10;
    text.len() > SHORTEST && text.lines().take(8).any(|line| line.starts_with("# Generated by GNU Autoconf "))
}

/// What a command line does, run in `cwd`; and how that was understood, where `traced`.
pub(crate) fn analyze(text: &str, cwd: &Path, world: &dyn World, traced: bool) -> Analysis {
    let mut evaluator = Evaluator::new(world);
    evaluator.trace = traced.then(trace::Trace::default);
    let frame = Frame::outermost(Some(0));
    let cwd = cwd.is_absolute().then(|| crate::call::normalize(cwd));
    let mut shell = Shell::new(cwd);
    // What an agent asks for has no arguments of its own.
    shell.set_positional(Some(Vec::new()));
    evaluator.program(text, &mut shell, &frame);
    evaluator.finish()
}

/// What a text in another language does, run in `cwd`.
pub(crate) fn analyze_code(language: Language, text: &str, cwd: &Path, world: &dyn World) -> Analysis {
    let mut evaluator = Evaluator::new(world);
    let frame = Frame::outermost(None);
    let shell = Shell::new(Some(crate::call::normalize(cwd)));
    evaluator.code(language, text, vec![Arg::known("the text")], &shell, &frame);
    evaluator.finish()
}

impl<'w> Evaluator<'w> {
    fn new(world: &'w dyn World) -> Self {
        Self {
            world: Overlay::new(world),
            effects: Vec::new(),
            pins: Vec::new(),
            findings: Vec::new(),
            partial: false,
            over: false,
            parsed: 0,
            commands: 0,
            steps: 0,
            words: 0,
            entries: MAX_ENTRIES,
            depth: 0,
            in_file: false,
            configured: false,
            trace: None,
            hidden: hidden::Hidden::default(),
            loops: 0,
            functions: 0,
            #[cfg(test)]
            seen: Vec::new(),
            streams: BTreeMap::new(),
            flow: Vec::new(),
            held: BTreeMap::new(),
            copies: BTreeMap::new(),
            kept: kept::Kept::default(),
            tests: Vec::new(),
            sourced: Vec::new(),
            settings: None,
            lines: Vec::new(),
            begun: Vec::new(),
            keeps_content: false,
            called: None,
        }
    }

    fn finish(mut self) -> Analysis {
        self.outlives();
        let mut steps = self.trace.map(|trace| trace.finish(&self.effects)).unwrap_or_default();
        self.hidden.clear_steps(&mut steps);
        self.hidden.clear_effects(&mut self.effects);
        let complete = !self.partial;
        Analysis { effects: self.effects, complete, pins: self.pins, findings: self.findings, steps }
    }

    /// The number of tests, as texts have it after a hole.
    fn numbered(&mut self, tests: &str) -> Option<char> {
        let at = self.tests.iter().position(|known| known == tests).unwrap_or_else(|| {
            self.tests.push(tests.to_owned());
            self.tests.len() - 1
        });
        TESTS.clone().nth(at)
    }

    /// The number of the tests of `find` that what prints `from` goes by, where it has some.
    fn tests_of(&mut self, from: &str) -> Option<char> {
        let tests = from.strip_prefix("find ").filter(|tests| tests.starts_with(['-', '(', '!', '\\']))?.to_owned();
        self.numbered(&tests)
    }

    fn find(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !self.findings.contains(&text) {
            self.findings.push(text);
        }
    }

    /// A limit was reached: what lies beyond is one opaque effect.
    fn limit(&mut self, why: &str, frame: &Frame) {
        if self.over {
            return;
        }
        self.over = true;
        self.find(format!("not analyzed to the end: {why}"));
        let target = Target::new(TargetKind::Unknown, "the rest of the command");
        self.keep(Effect::opaque(Verb::Execute, target, why), frame);
    }

    /// Evaluates a shell program in `shell`.
    fn program(&mut self, text: &str, shell: &mut Shell, frame: &Frame) -> Done {
        self.parsed = self.parsed.saturating_add(text.len());
        if text.len() > MAX_TEXT || self.parsed > MAX_PARSED {
            self.limit("the program text is too long", frame);
            return Done::quiet(Status::Either);
        }
        if frame.programs > MAX_PROGRAMS {
            self.limit("programs are nested too deeply", frame);
            return Done::quiet(Status::Either);
        }
        let script = parse::parse(text);
        if let Some(doubt) = script.doubts.first() {
            self.find(format!("the command could not be read in full: {doubt}"));
            let start: String = text.chars().take(60).collect();
            let target = Target::new(TargetKind::Unknown, start);
            self.keep(Effect::opaque(Verb::Execute, target, format!("it could not be read in full: {doubt}")), frame);
        }
        let done = self.statements(&script.body, shell, frame);
        self.trapped(done, shell, frame)
    }

    /// Evaluates program text in another language, or a shell program of its own.
    fn code(&mut self, language: Language, text: &str, argv: Vec<Arg>, shell: &Shell, frame: &Frame) -> Done {
        if frame.programs > MAX_PROGRAMS {
            self.limit("programs are nested too deeply", frame);
            return Done::quiet(Status::Either);
        }
        if language == Language::Shell {
            let mut inner = shell.child(|name| World::env(&self.world, name).is_some());
            inner.set_name(argv.first().and_then(Arg::text).map(str::to_owned));
            inner.set_positional(Some(argv.iter().skip(1).map(|arg| text::texts(&arg.value)).collect()));
            let outside = (std::mem::take(&mut self.loops), std::mem::take(&mut self.functions));
            let held = self.hold_arguments(argv.get(1..).unwrap_or_default());
            let done = self.program(text, &mut inner, frame);
            self.held = held.unwrap_or_else(|| std::mem::take(&mut self.held));
            (self.loops, self.functions) = outside;
            return done;
        }
        if text.len() > MAX_TEXT {
            self.limit("the program text is too long", frame);
            return Done::quiet(Status::Either);
        }
        let name = argv.first().map(|arg| arg.source.clone()).unwrap_or_default();
        let mut listener = calls::Listener::default();
        let world = &self.world;
        let call = Call {
            argv,
            stdin: Stdin::clone(&frame.stdin),
            secrets: Vec::clone(&frame.secrets),
            cwd: shell.here().cloned(),
            env: Self::environment(shell, &[]),
            span: frame.span,
            via: Vec::clone(&frame.via),
            depth: frame.programs,
            world,
        };
        if crate::code::interpret(language, text, &call, &mut listener) {
            let before = self.effects.len();
            let done = self.carry_out(listener.said, shell, frame);
            self.leaks(before, frame);
            return done;
        }
        // Another shell's text is held, unless it only looks.
        let held = foreign::is_shell(&name) && foreign::may_harm(text);
        let target = Target::new(if held { TargetKind::Unknown } else { TargetKind::Program }, name);
        self.keep(Effect::opaque(Verb::Execute, target, "programs in this language are not read"), frame);
        Done { status: Status::Either, out: Stdin::Unknown("a program".to_owned()) }
    }

    /// Evaluates the program in a file; pins what was read.
    fn file(&mut self, language: Language, path: &Path, args: Vec<Arg>, shell: &Shell, frame: &Frame) -> Done {
        let shown = path.to_string_lossy().into_owned();
        let mut argv = vec![Arg::known(shown.clone())];
        argv.extend(args);
        let opaque = |why: &str, kind| Effect::opaque(Verb::Execute, Target::new(kind, shown.clone()), why);
        let out = Done { status: Status::Either, out: Stdin::Unknown(shown.clone()) };
        if let Some(stream) = self.streams.get(path) {
            let stream = stream.clone();
            return match stream {
                Stdin::Known(text) => self.code(language, &text, argv, shell, frame),
                Stdin::None => Done::quiet(Status::Either),
                Stdin::Unknown(from) | Stdin::Paths { from, .. } => {
                    self.keep(opaque(&format!("its text comes from `{from}`"), TargetKind::Unknown), frame);
                    out
                }
            };
        }
        if path == Path::new("/dev/null") {
            return Done::quiet(Status::Success);
        }
        if frame.place.is_some() {
            self.keep(opaque("it is a file of another machine", TargetKind::Program), frame);
            return out;
        }
        if self.world.is_unknown(path) {
            self.keep(
                opaque("this action writes it first, with a content that is not known", TargetKind::Unknown),
                frame,
            );
            return out;
        }
        if is_installed(path) {
            self.keep(opaque("an installed program is not read", TargetKind::Program), frame);
            return out;
        }
        let Some(bytes) = World::read(&self.world, path, MAX_TEXT) else {
            if self.world.was_directory(path) {
                return match self.main_of(language, path) {
                    Some(main) => self.file(language, &main, argv.split_off(1), shell, frame),
                    // `bash DIR` fails; the tests of `node --test DIR` are like any others that a runner finds.
                    None => {
                        self.keep(opaque("it is a directory", TargetKind::Program), frame);
                        out
                    }
                };
            }
            let exists = World::kind(&self.world, path).is_some();
            let (why, kind) = if self.fetched(path) {
                ("it comes from the network", TargetKind::Unknown)
            } else if exists {
                ("it cannot be read, or is too long", TargetKind::Unknown)
            } else {
                ("there is no such file", TargetKind::Program)
            };
            self.keep(opaque(why, kind), frame);
            return out;
        };
        if bytes.contains(&0) {
            self.keep(opaque("it is no text", TargetKind::Program), frame);
            return out;
        }
        self.pin(Pin { path: path.to_owned(), sha256: Digest::of(&bytes) });
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if language == Language::Shell && is_autoconf(&text) && !self.configured {
            return self.configure(&text, argv, shell, frame);
        }
        let outside = std::mem::replace(&mut self.in_file, true);
        let done = self.code(language, &text, argv, shell, frame);
        self.in_file = outside;
        done
    }

    /// The file that an interpreter runs where it is given a directory.
    fn main_of(&self, language: Language, dir: &Path) -> Option<PathBuf> {
        let named = || {
            let package = World::read(&self.world, &dir.join("package.json"), MAX_TEXT)?;
            let package: serde_json::Value = serde_json::from_slice(&package).ok()?;
            Some(dir.join(package.get("main")?.as_str()?))
        };
        let main = match language {
            Language::JavaScript => named().unwrap_or_else(|| dir.join("index.js")),
            Language::Python => dir.join("__main__.py"),
            _ => return None,
        };
        let within = main.join("index.js");
        [main.clone(), main.with_extension("js"), within]
            .into_iter()
            .find(|file| World::kind(&self.world, file).is_some() && !self.world.was_directory(file))
    }

    /// Evaluates a configure script. What is destroyed in it by name counts; what remains unknown of a text that a
    /// generator has written is as unknown, and as ordinary, as a compiled program.
    fn configure(&mut self, text: &str, argv: Vec<Arg>, shell: &Shell, frame: &Frame) -> Done {
        self.configured = true;
        let (effects, findings, commands, steps) = (self.effects.len(), self.findings.len(), self.commands, self.steps);
        let partial = self.partial;
        let name = argv.first().map(|arg| arg.source.clone()).unwrap_or_default();
        let done = self.code(Language::Shell, text, argv, shell, frame);
        let said = self.effects.split_off(effects);
        self.effects.extend(said.into_iter().filter(|effect| !effect.opaque));
        self.findings.truncate(findings);
        (self.partial, self.over, self.commands, self.steps) = (partial, false, commands, steps);
        let target = Target::new(TargetKind::Program, name);
        self.keep(Effect::opaque(Verb::Execute, target, "a script of Autoconf is read in part"), frame);
        done
    }

    /// True where the action itself gets the file from the network, under the name that its address ends in.
    pub(super) fn fetched(&self, path: &Path) -> bool {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
        self.effects.iter().any(|effect| {
            let address = effect.target.name.as_str();
            let end = address.split(['?', '#']).next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
            effect.verb == Verb::Read && effect.target.kind == TargetKind::Host && address.contains('/') && end == name
        })
    }

    /// Remembers what was read as a program.
    fn pin(&mut self, pin: Pin) {
        if !self.pins.contains(&pin) {
            self.pins.push(pin);
        }
    }

    /// Runs another command of a call, in a shell of its own.
    fn inner(&mut self, inner: Inner, shell: &Shell, frame: &Frame) -> Done {
        if frame.programs > MAX_PROGRAMS {
            self.limit("programs are nested too deeply", frame);
            return Done::quiet(Status::Either);
        }
        if inner.argv.is_empty() {
            return Done::quiet(Status::Either);
        }
        let mut shell = shell.clone();
        if let Some(cwd) = inner.cwd {
            shell.places = vec![cwd];
        }
        for (name, value) in &inner.env {
            shell.set(name, state::Var::Scalar(text::texts(value)));
            shell.export(name);
        }
        let frame = match inner.stdin {
            Some(stdin) => frame.with_stdin(stdin),
            None => frame.clone(),
        };
        self.external(inner.argv, &[], &mut shell, &frame)
    }
}
