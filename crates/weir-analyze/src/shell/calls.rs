//! Calls: functions, builtins, scripts, and programs that a family knows.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use weir_model::{Digest, Effect, Pin, Target, TargetKind, Verb};

use crate::World as _;
use crate::call::{Arg, Call, GitWork, Inner, Language, Same, Say, Secret, Stdin, Value};
use crate::family;
use crate::quote::quoted;

use super::limits::{MAX_COMMANDS, MAX_ITEMS, MAX_TEXT};
use super::output::join_outputs;
use super::state::{Gone, Shell};
use super::text::{has_hole, known, value};
use super::{Done, Evaluator, Frame, Status};

/// What a family said, in order.
#[derive(Default)]
pub(super) struct Listener {
    pub(super) said: Vec<Said>,
    /// The secrets that it prints.
    pub(super) yielded: Vec<Secret>,
}

pub(super) enum Said {
    Effect(Box<Effect>),
    Run { inner: Inner, through: String },
    Code { language: Language, text: String, args: Vec<Arg>, through: String },
    File { language: Language, path: PathBuf, args: Vec<Arg>, through: String },
    Elsewhere { argv: Vec<Arg>, place: String },
    Same { path: PathBuf, source: PathBuf, how: Same },
    Pin(Pin),
    Written { path: PathBuf, content: String },
    Work { place: PathBuf, work: GitWork },
}

impl Say for Listener {
    fn effect(&mut self, effect: Effect) {
        self.said.push(Said::Effect(Box::new(effect)));
    }
    fn run(&mut self, inner: Inner, through: &str) {
        self.said.push(Said::Run { inner, through: through.to_owned() });
    }
    fn code(&mut self, language: Language, text: &str, args: &[Arg], through: &str) {
        self.said.push(Said::Code {
            language,
            text: text.to_owned(),
            args: args.to_vec(),
            through: through.to_owned(),
        });
    }
    fn file(&mut self, language: Language, path: PathBuf, args: &[Arg], through: &str) {
        self.said.push(Said::File { language, path, args: args.to_vec(), through: through.to_owned() });
    }
    fn elsewhere(&mut self, argv: Vec<Arg>, place: &str) {
        self.said.push(Said::Elsewhere { argv, place: place.to_owned() });
    }
    fn same(&mut self, path: PathBuf, source: PathBuf, how: Same) {
        self.said.push(Said::Same { path, source, how });
    }
    fn pin(&mut self, path: PathBuf, bytes: &[u8]) {
        self.said.push(Said::Pin(Pin { path, sha256: Digest::of(bytes) }));
    }
    fn written(&mut self, path: PathBuf, content: String) {
        self.said.push(Said::Written { path, content });
    }
    fn work(&mut self, place: PathBuf, work: GitWork) {
        self.said.push(Said::Work { place, work });
    }
    fn yields(&mut self, secret: Secret) {
        self.yielded.push(secret);
    }
    fn opaque(&mut self, mut effect: Effect) {
        effect.opaque = true;
        self.said.push(Said::Effect(Box::new(effect)));
    }
}

/// Places where the system keeps its own programs: those are known by their names, not by their texts.
pub(super) const SYSTEM: &[&str] =
    &["/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/opt/homebrew", "/nix/store"];

/// Scripts that frameworks put into every project, and to which the catalog knows the commands.
const FRAMEWORKS: &[&str] = &["manage.py", "rails", "rake", "artisan", "console"];

/// Programs that make programs.
const COMPILERS: &[&str] = &[
    "cc",
    "gcc",
    "g++",
    "c++",
    "clang",
    "clang++",
    "tcc",
    "rustc",
    "go",
    "ld",
    "zig",
    "ghc",
    "nim",
    "dmd",
    "gfortran",
    "swiftc",
    "crystal",
    "ocamlfind",
    "ocamlopt",
    "javac",
    "kotlinc",
    "fpc",
    "as",
];

impl Evaluator<'_> {
    /// Runs a command as the shell does: functions and builtins first.
    pub(super) fn call(&mut self, argv: Vec<Arg>, env: &[(String, Value)], shell: &mut Shell, frame: &Frame) -> Done {
        self.commands += 1;
        if self.commands > MAX_COMMANDS {
            self.limit("there are too many commands", frame);
            shell.gone = Gone::Exit;
            return Done::quiet(Status::Either);
        }
        let Some(first) = argv.first() else { return Done::quiet(Status::Either) };
        let name = match &first.value {
            Value::Known(name) => name.clone(),
            Value::OneOf(names) if names.len() <= MAX_ITEMS => {
                let mut done: Option<Done> = None;
                for name in names.clone() {
                    let mut argv = argv.clone();
                    if let Some(first) = argv.first_mut() {
                        *first = Arg { value: Value::Known(name), ..first.clone() };
                    }
                    let next = self.call(argv, env, shell, frame);
                    let out = match done {
                        Some(before) => join_outputs(before.out, next.out),
                        None => next.out,
                    };
                    done = Some(Done { status: Status::Either, out });
                }
                return done.unwrap_or_else(|| Done::quiet(Status::Either));
            }
            _ => match installed_name(first) {
                Some(name) => name,
                None => return self.computed(first, frame),
            },
        };
        if let Some(text) = shell.alias(&name).map(str::to_owned)
            && frame.programs < MAX_ITEMS
        {
            // An alias holds in some shells only: what it says, and what the name says by itself.
            let rest: Vec<String> = argv.iter().skip(1).map(|arg| quoted(&known(arg).concat())).collect();
            let mut inner = shell.clone();
            inner.set_alias(&name, None);
            let frame = frame.through(&format!("alias {name}"));
            let _ = self.program(&format!("{text} {}", rest.join(" ")), &mut inner, &frame);
        }
        let bodies = shell.function(&name);
        match bodies.as_slice() {
            [] => {}
            [Some(body)] => return self.function(body, &argv, shell, frame),
            bodies => return self.one_of(bodies, &argv, env, shell, frame),
        }
        self.own(&name, argv, env, shell, frame)
    }

    /// A name that may be one function, another one, or none, as the branches went.
    fn one_of(
        &mut self,
        bodies: &[Option<Rc<super::ir::Stmt>>],
        argv: &[Arg],
        env: &[(String, Value)],
        shell: &mut Shell,
        frame: &Frame,
    ) -> Done {
        let before = shell.clone();
        let mut all: Option<Done> = None;
        for body in bodies.iter().take(MAX_ITEMS) {
            let mut taken = before.clone();
            let done = match body {
                Some(body) => self.function(body, argv, &mut taken, frame),
                None => {
                    let name = argv.first().and_then(Arg::text).unwrap_or_default().to_owned();
                    self.own(&name, argv.to_vec(), env, &mut taken, frame)
                }
            };
            all = Some(match all {
                Some(before) => {
                    shell.join(taken, &|name| self.outside(name));
                    Done { status: Status::Either, out: join_outputs(before.out, done.out) }
                }
                None => {
                    *shell = taken;
                    done
                }
            });
        }
        if bodies.len() > MAX_ITEMS {
            self.limit("a function has too many meanings", frame);
        }
        all.unwrap_or_else(|| Done::quiet(Status::Either))
    }

    /// A command that is no function.
    fn own(&mut self, name: &str, argv: Vec<Arg>, env: &[(String, Value)], shell: &mut Shell, frame: &Frame) -> Done {
        let rest = |n: usize| argv.get(n..).unwrap_or_default().to_vec();
        match name {
            "command" | "builtin" => {
                let at = argv.iter().skip(1).position(|arg| arg.text().is_none_or(|text| !text.starts_with('-')));
                let looks =
                    argv.iter().skip(1).take(at.unwrap_or(0)).any(|arg| matches!(arg.text(), Some("-v" | "-V")));
                let Some(at) = at else { return Done::quiet(Status::Either) };
                if looks {
                    return Done { status: Status::Either, out: located(argv.get(at + 1)) };
                }
                let argv = rest(at + 1);
                return match argv.first().and_then(Arg::text) {
                    Some(name) => match self.builtin(name, &argv, env, shell, frame) {
                        Some(done) => done,
                        None => self.external(argv, env, shell, frame),
                    },
                    None => {
                        argv.first().map_or_else(|| Done::quiet(Status::Either), |first| self.computed(first, frame))
                    }
                };
            }
            // Said twice, the second one stands where a command does.
            // `not`, `and`, `or` are another shell's words before a command.
            "!" | "not" | "and" | "or" if argv.len() > 1 => {
                let at = argv.iter().position(|arg| !matches!(arg.text(), Some("!" | "not" | "and" | "or")));
                return self.call(rest(at.unwrap_or(argv.len())), env, shell, frame);
            }
            "exec" => {
                let mut at = 1;
                while let Some(text) = argv.get(at).and_then(Arg::text).filter(|text| text.starts_with('-')) {
                    at += if text == "-a" { 2 } else { 1 };
                }
                let argv = rest(at);
                if argv.is_empty() {
                    return Done::quiet(Status::Success);
                }
                let done = self.external(argv, env, shell, frame);
                shell.gone = Gone::Exit;
                return done;
            }
            _ => {}
        }
        match self.builtin(name, &argv, env, shell, frame) {
            Some(done) => done,
            None => self.external(argv, env, shell, frame),
        }
    }

    /// A command word that nobody can know beforehand.
    fn computed(&mut self, word: &Arg, frame: &Frame) -> Done {
        let target = Target::new(TargetKind::Unknown, word.source.clone());
        self.keep(Effect::opaque(Verb::Execute, target, "which program it names is not known"), frame);
        Done { status: Status::Either, out: Stdin::Unknown(word.source.clone()) }
    }

    fn function(&mut self, body: &super::ir::Stmt, argv: &[Arg], shell: &mut Shell, frame: &Frame) -> Done {
        let own = shell.positional().map(<[_]>::to_vec);
        shell.set_positional(Some(argv.iter().skip(1).map(known).collect()));
        shell.enter_function();
        let held = self.hold_arguments(argv.get(1..).unwrap_or_default());
        // Its text may stand in another file: the call is what people can find.
        let inner = Frame { origin: None, ..frame.clone() };
        let (broke, returned) = (shell.broke.take(), shell.returned.take());
        let loops = std::mem::take(&mut self.loops);
        self.functions += 1;
        let done = self.statements(std::slice::from_ref(body), shell, &inner);
        self.functions -= 1;
        self.loops = loops;
        shell.leave_loop(&|name| self.outside(name));
        shell.leave_body(&|name| self.outside(name));
        (shell.broke, shell.returned) = (broke, returned);
        shell.leave_function();
        shell.set_positional(own);
        if let Some(held) = held {
            for name in ["*", "@"].into_iter().map(str::to_owned).chain((1..argv.len()).map(|at| at.to_string())) {
                self.hold(&name, held.get(&name).cloned().unwrap_or_default());
            }
        }
        done
    }

    /// Runs a program that is none of the shell's own.
    pub(super) fn external(
        &mut self,
        mut argv: Vec<Arg>,
        env: &[(String, Value)],
        shell: &mut Shell,
        frame: &Frame,
    ) -> Done {
        self.commands += 1;
        if self.commands > MAX_COMMANDS {
            self.limit("there are too many commands", frame);
            return Done::quiet(Status::Either);
        }
        // A family may have made words out of text of which parts are not known.
        if argv.iter().any(|arg| arg.text().is_some_and(has_hole)) {
            for arg in &mut argv {
                if let Some(text) = arg.text().filter(|text| has_hole(text)).map(str::to_owned) {
                    arg.value = value(std::slice::from_ref(&text));
                    arg.template = Some(text);
                }
            }
        }
        #[cfg(test)]
        self.seen.push(argv.clone());
        // What nothing is called so far is as good as any other name that nothing has.
        for arg in argv.iter_mut().skip(1).filter(|arg| arg.template.is_some()) {
            if let Some(text) = arg.fresh() {
                *arg = Arg { value: Value::Known(text), template: None, ..arg.clone() };
            }
        }
        let Some(first) = argv.first() else { return Done::quiet(Status::Either) };
        let Some(name) = first.text().map(str::to_owned) else {
            if let Value::OneOf(_) = &first.value {
                return self.call(argv, env, shell, frame);
            }
            let Some(name) = installed_name(first) else { return self.computed(first, frame) };
            if let Some(first) = argv.first_mut() {
                *first = Arg { value: Value::Known(name), template: None, ..first.clone() };
            }
            return self.external(argv, env, shell, frame);
        };
        if name.is_empty() {
            return Done::quiet(Status::Failure);
        }
        if let Some(called) = &mut self.called {
            called.push(name.clone());
        }
        self.started_by(&name, env, shell, frame);
        if name.contains('/') {
            // What a framework's own script does with its arguments is known by its name.
            let known = FRAMEWORKS.contains(&name.rsplit('/').next().unwrap_or_default());
            if let Some(done) = self.script(&name, &argv, shell, frame)
                && !known
            {
                return done;
            }
        } else if let Some(path) = self.shadowed(&name, env, shell) {
            // It may still be the program that everybody knows.
            let _ = self.script(&path.to_string_lossy(), &argv, shell, frame);
        }
        let mut listener = Listener::default();
        self.mark_copies(&mut argv, shell);
        let call = Call {
            argv,
            stdin: Stdin::clone(&frame.stdin),
            secrets: Vec::clone(&frame.secrets),
            cwd: shell.here().cloned(),
            env: Self::environment(shell, env),
            span: frame.span,
            via: Vec::clone(&frame.via),
            depth: frame.programs,
            world: &self.world,
        };
        let mut call = call;
        let mut is_known = family::interpret(&call, &mut listener);
        if !is_known
            && name.contains('/')
            && frame.place.is_none()
            && let Some(other) = self.other_name(&name, shell)
            && let Some(first) = call.argv.first_mut()
        {
            *first = other;
            listener = Listener::default();
            is_known = family::interpret(&call, &mut listener);
        }
        let mut read = super::secrets::taken_in(&call);
        crate::secrets::add(&mut read, &listener.yielded);
        let argv = call.argv;
        self.flow_on(&read, &listener.said);
        if !is_known {
            for body in shell.function("command_not_found_handle").into_iter().flatten() {
                let mut args = argv.clone();
                args.insert(0, Arg::known("command_not_found_handle"));
                let _ = self.function(&body, &args, &mut shell.clone(), frame);
            }
            let words = || argv.iter().skip(1).map(|arg| arg.source.as_str()).collect::<Vec<_>>().join(" ");
            let (kind, why) = match super::foreign::cmdlet(&name) {
                Some(true) => (TargetKind::Unknown, "commands of PowerShell are not analyzed"),
                Some(false) => (TargetKind::Program, "commands of PowerShell are not analyzed"),
                None if super::foreign::is_shell(&name) && super::foreign::may_harm(&words()) => {
                    (TargetKind::Unknown, "commands of this shell are not analyzed")
                }
                None => (TargetKind::Program, "what this program does is not known"),
            };
            let target = Target::new(kind, name.clone());
            self.keep(Effect::opaque(Verb::Execute, target, why), frame);
        }
        // What a compiler makes is a program of its own, as unknown as any.
        let made: Vec<PathBuf> = listener
            .said
            .iter()
            .filter(|_| COMPILERS.contains(&name.rsplit('/').next().unwrap_or(&name)))
            .filter_map(|said| match said {
                Said::Effect(effect) if effect.target.kind == TargetKind::FileTree => Some(effect.target.paths.clone()),
                _ => None,
            })
            .flatten()
            .collect();
        let runs = listener.said.iter().any(|said| {
            !matches!(
                said,
                Said::Effect(_) | Said::Same { .. } | Said::Pin(_) | Said::Written { .. } | Said::Work { .. }
            )
        });
        let keeps = !runs && super::startup::keeps_content(&name);
        let outside = std::mem::replace(&mut self.keeps_content, keeps);
        let done = if runs && !env.is_empty() {
            // What it runs sees the variables of this one command.
            let mut inner = shell.clone();
            for (name, value) in env {
                inner.set(name, super::state::Var::Scalar(super::text::texts(value)));
                inner.export(name);
            }
            self.carry_out(listener.said, &inner, frame)
        } else {
            self.carry_out(listener.said, shell, frame)
        };
        self.keeps_content = outside;
        for path in made {
            self.world.forget(&path);
        }
        if runs { done } else { Done { status: Status::Either, out: self.output_of(&argv, shell, frame) } }
    }

    /// The variables that a program sees on top of the world's.
    pub(super) fn environment(shell: &Shell, env: &[(String, Value)]) -> Vec<(String, Value)> {
        let mut all: Vec<(String, Value)> = shell
            .exported()
            .iter()
            .filter_map(|name| match shell.var(name) {
                Some(super::state::Var::Scalar(texts)) => Some((name.clone(), value(texts))),
                _ => None,
            })
            .collect();
        all.extend_from_slice(env);
        all
    }

    /// What a family said is carried out, inside the limits.
    pub(super) fn carry_out(&mut self, said: Vec<Said>, shell: &Shell, frame: &Frame) -> Done {
        let mut last: Option<Done> = None;
        for said in said {
            if self.over {
                break;
            }
            let done = match said {
                Said::Effect(effect) => {
                    self.keep(*effect, frame);
                    continue;
                }
                Said::Same { path, source, how } => {
                    if frame.place.is_none() {
                        self.world.lead(&path, &source, how);
                    }
                    continue;
                }
                Said::Written { path, content } => {
                    if frame.place.is_none() {
                        self.world.write(&path, Some(content));
                    }
                    continue;
                }
                Said::Work { place, work } => {
                    if frame.place.is_none() {
                        self.kept.add(place, work);
                    }
                    continue;
                }
                Said::Pin(pin) => {
                    self.pin(pin);
                    continue;
                }
                Said::Run { inner, through } => {
                    let frame = frame.through(&through);
                    let cwd = inner.cwd.as_ref().map_or_else(|| shell.here(), Option::as_ref);
                    let begun = self.begin_command(&inner.argv, cwd, &frame);
                    let done = self.inner(inner, shell, &frame);
                    self.end(begun);
                    done
                }
                Said::Code { language, text, args, through } => {
                    let inner = frame.through(&through);
                    if has_hole(&text) && language == Language::Shell {
                        let target = Target::new(TargetKind::Program, through.clone());
                        self.keep(Effect::opaque(Verb::Execute, target, "part of its text is not known"), frame);
                    }
                    let begun = self.begin_text(&through, shell, &inner);
                    let mut argv = vec![Arg::known(through)];
                    argv.extend(args);
                    let done = self.code(language, &text, argv, shell, &inner);
                    self.end(begun);
                    done
                }
                Said::File { language, path, args, through } => {
                    let name = path.file_name().unwrap_or_default().to_string_lossy();
                    let inner = frame.through(&format!("{through} {name}"));
                    let begun = self.begin_text(&path.to_string_lossy(), shell, &inner);
                    let done = self.file(language, &path, args, shell, &inner);
                    self.end(begun);
                    done
                }
                Said::Elsewhere { argv, place } => {
                    let inner = Frame { place: Some(place.as_str().into()), ..frame.through(&place) };
                    let mut there = Shell::new(Some(PathBuf::from("/")));
                    there.set_positional(Some(Vec::new()));
                    let begun = self.begin_command(&argv, None, &inner);
                    let done = self.elsewhere(argv, &mut there, &inner);
                    self.end(begun);
                    done
                }
            };
            let out = match last {
                Some(before) => join_outputs(before.out, done.out),
                None => done.out,
            };
            last = Some(Done { status: done.status, out });
        }
        last.unwrap_or_else(|| Done::quiet(Status::Either))
    }

    /// A command on another machine. One word is a shell command line there, as `ssh` passes it on.
    fn elsewhere(&mut self, argv: Vec<Arg>, shell: &mut Shell, frame: &Frame) -> Done {
        if let [only] = argv.as_slice()
            && let Some(text) = only.code()
            && text.contains([' ', ';', '|', '&', '$', '`', '(', '\n'])
        {
            let text = text.to_owned();
            return self.program(&text, shell, frame);
        }
        self.external(argv, &[], shell, frame)
    }

    /// A program that is named by its path: where it is a script, its text is followed. `None` where it is none.
    fn script(&mut self, name: &str, argv: &[Arg], shell: &Shell, frame: &Frame) -> Option<Done> {
        if frame.place.is_some() {
            return None;
        }
        let path = self.absolute(name, shell)?;
        if SYSTEM.iter().any(|dir| path.starts_with(dir)) && !self.world.is_unknown(&path) {
            return None;
        }
        let args = argv.get(1..).unwrap_or_default().to_vec();
        let frame = frame.through(name);
        if super::is_installed(&path) && !self.world.is_unknown(&path) {
            return None;
        }
        if self.world.is_unknown(&path) {
            return Some(self.file(Language::Shell, &path, args, shell, &frame));
        }
        if self.world.kind(&path).is_none() && self.fetched(&path) {
            return Some(self.file(Language::Shell, &path, args, shell, &frame));
        }
        let bytes = self.world.read(&path, MAX_TEXT)?;
        if bytes.iter().take(4_096).any(|b| *b == 0) {
            return None;
        }
        let first = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
        let first = String::from_utf8_lossy(first.get(..first.len().min(256)).unwrap_or_default()).into_owned();
        let Some(shebang) = first.strip_prefix("#!") else {
            // Without one, the calling shell reads it as its own.
            return Some(self.file(Language::Shell, &path, args, shell, &frame));
        };
        let mut words: Vec<&str> = shebang.split_whitespace().collect();
        if words.first().is_some_and(|word| word.ends_with("/env")) {
            words.remove(0);
            words.retain(|word| *word != "-S");
        }
        let interpreter = words.first().copied().unwrap_or("sh");
        if let Some(language) = language_of(interpreter) {
            return Some(self.file(language, &path, args, shell, &frame));
        }
        let mut argv: Vec<Arg> = words.iter().map(|word| Arg::known(*word)).collect();
        argv.push(Arg::known(path.to_string_lossy()));
        argv.extend(args);
        Some(self.inner(Inner { argv, ..Inner::default() }, shell, &frame))
    }
}

/// The language of an interpreter that is named by its path.
pub(crate) fn language_of(interpreter: &str) -> Option<Language> {
    let name = Path::new(interpreter).file_name()?.to_str()?;
    Some(match name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.') {
        "sh" | "bash" | "dash" | "zsh" | "ksh" | "ash" | "mksh" => Language::Shell,
        "python" | "pypy" => Language::Python,
        "node" | "nodejs" | "deno" | "bun" | "tsx" | "ts-node" => Language::JavaScript,
        "perl" => Language::Perl,
        "ruby" => Language::Ruby,
        "php" => Language::Php,
        _ => return None,
    })
}

/// The name of a program in a directory that is not known (`$(go env GOPATH)/bin/stringer`), which says what it is as
/// well as any; a script is what its text says, and that nobody knows.
fn installed_name(word: &Arg) -> Option<String> {
    let template = word.template.as_deref()?;
    let (dir, name) = template.rsplit_once('/')?;
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '+');
    (has_hole(dir) && dir.contains("/bin") && !name.is_empty() && name.chars().all(is_name)).then(|| name.to_owned())
}

/// Where a program is: at a place of the system, under its own name.
fn located(arg: Option<&Arg>) -> Stdin {
    match arg.and_then(Arg::text) {
        Some(name) if name.contains('/') => Stdin::Known(format!("{name}\n")),
        Some(name) if !name.is_empty() => Stdin::Known(format!("/usr/bin/{name}\n")),
        _ => Stdin::Unknown("command -v".to_owned()),
    }
}
