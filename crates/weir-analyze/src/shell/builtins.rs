//! What the shell does itself: moving about, variables, evaluating text.

use std::path::PathBuf;

use crate::World as _;
use crate::call::{Arg, HOLE, Stdin, normalize};
use crate::{FileKind, shell::text::template};

use super::ir::{Assignment, Word};
use super::state::{Gone, Shell, Var, add_texts};
use super::text::{below, has_hole, known, texts, unknown};
use super::{Done, Evaluator, Frame, Status};

impl Evaluator<'_> {
    /// Carries a builtin out. `None` where `argv` is none that changes the shell.
    pub(super) fn builtin(&mut self, name: &str, argv: &[Arg], shell: &mut Shell, frame: &Frame) -> Option<Done> {
        let args = argv.get(1..).unwrap_or_default();
        let done = |status| Some(Done::quiet(status));
        match name {
            ":" | "true" => done(Status::Success),
            "false" => done(Status::Failure),
            "cd" | "chdir" => {
                let status = self.cd(args, shell);
                done(status)
            }
            "pushd" => {
                if args.is_empty() {
                    shell.places = vec![None];
                    return done(Status::Either);
                }
                shell.push_dir(shell.here().cloned());
                let status = self.cd(args, shell);
                done(status)
            }
            "popd" => {
                shell.places = vec![shell.pop_dir()];
                done(Status::Either)
            }
            "export" | "readonly" | "declare" | "typeset" | "local" => {
                // Reached through a computed command word, or with arguments that are no assignments.
                for arg in args {
                    self.assign_text(name, arg, shell);
                }
                done(Status::Success)
            }
            "alias" => {
                for arg in args {
                    if let Some((name, text)) = arg.text().and_then(|text| text.split_once('=')) {
                        shell.set_alias(name, Some(text.to_owned()));
                    }
                }
                done(Status::Success)
            }
            "unalias" => {
                for arg in args.iter().filter_map(Arg::text) {
                    shell.set_alias(arg, None);
                }
                done(Status::Success)
            }
            "unset" => {
                for arg in args.iter().filter_map(Arg::text).filter(|arg| !arg.starts_with('-')) {
                    shell.unset(arg);
                }
                done(Status::Success)
            }
            "set" => {
                let first = args.first().and_then(Arg::text).unwrap_or_default();
                let rest = if first == "--" {
                    args.get(1..)
                } else if !args.is_empty() && !first.starts_with(['-', '+']) {
                    Some(args)
                } else {
                    None
                };
                if let Some(rest) = rest {
                    shell.set_positional(Some(rest.iter().map(known).collect()));
                }
                done(Status::Success)
            }
            "shift" => {
                let count = args.first().and_then(Arg::text).map_or(Some(1), |text| text.parse::<usize>().ok());
                let rest =
                    shell.positional().zip(count).map(|(all, count)| all.get(count..).unwrap_or_default().to_vec());
                shell.set_positional(rest);
                done(Status::Either)
            }
            "eval" => {
                let text: Vec<String> = args.iter().map(|arg| template(arg).unwrap_or_else(unknown)).collect();
                let frame = Frame { programs: frame.programs + 1, origin: None, ..frame.clone() };
                Some(self.program(&text.join(" "), shell, &frame))
            }
            "source" | "." => Some(self.source(args, shell, frame)),
            "trap" => {
                let args: Vec<&Arg> = args.iter().filter(|arg| arg.text() != Some("--")).collect();
                if let Some(code) = args.first().filter(|_| args.len() > 1).and_then(|arg| template(arg))
                    && !matches!(code.as_str(), "" | "-")
                {
                    shell.add_trap(code);
                }
                done(Status::Success)
            }
            "exit" | "logout" => {
                shell.gone = Gone::Exit;
                done(Status::Either)
            }
            "return" => {
                shell.gone = Gone::Function;
                done(Status::Either)
            }
            "break" | "continue" => {
                shell.gone = Gone::Loop;
                done(Status::Either)
            }
            "read" => {
                self.read_line(args, shell, frame);
                done(Status::Either)
            }
            "mapfile" | "readarray" => {
                let name = args.iter().rev().filter_map(Arg::text).find(|arg| !arg.starts_with('-'));
                let var = match frame.stdin.as_ref() {
                    Stdin::Known(text) if text.len() < 64 * 1024 => {
                        Var::Array(text.lines().map(|line| vec![line.to_owned()]).collect())
                    }
                    Stdin::Paths { below: dirs, .. } => Var::Array(dirs.iter().map(|dir| vec![below(dir)]).collect()),
                    _ => Var::UnknownArray,
                };
                shell.set(name.unwrap_or("MAPFILE"), var);
                done(Status::Either)
            }
            "getopts" => {
                if let Some(name) = args.get(1).and_then(Arg::text) {
                    shell.set(name, Var::Scalar(vec![unknown()]));
                }
                shell.set("OPTARG", Var::Scalar(vec![unknown()]));
                shell.set("OPTIND", Var::Scalar(vec![unknown()]));
                done(Status::Either)
            }
            "let" => {
                for arg in args.iter().filter_map(Arg::text) {
                    let name: String = arg.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                    if !name.is_empty() {
                        shell.set(&name, Var::Scalar(vec![unknown()]));
                    }
                }
                done(Status::Either)
            }
            "printf" if args.first().and_then(Arg::text) == Some("-v") => {
                if let Some(name) = args.get(1).and_then(Arg::text) {
                    let text = self.printed(args.get(2..).unwrap_or_default());
                    shell.set(name, Var::Scalar(vec![text]));
                }
                done(Status::Success)
            }
            _ => None,
        }
    }

    fn cd(&mut self, args: &[Arg], shell: &mut Shell) -> Status {
        let before = shell.places.clone();
        let operand = args.iter().find(|arg| arg.text().is_none_or(|text| !is_option(text)));
        let targets = match operand {
            None => vec![self.tilde("~")],
            Some(arg) if arg.text() == Some("-") => match shell.var("OLDPWD") {
                Some(Var::Scalar(texts)) => texts.clone(),
                _ => vec![unknown()],
            },
            Some(arg) => texts(&arg.value),
        };
        if let Some(here) = shell.here() {
            let here = here.to_string_lossy().into_owned();
            shell.set("OLDPWD", Var::Scalar(vec![here]));
        }
        let mut after: Vec<Option<PathBuf>> = Vec::new();
        let mut sure = true;
        for text in targets {
            let to = if has_hole(&text) {
                None
            } else if text.is_empty() {
                shell.here().cloned()
            } else {
                let path = PathBuf::from(&text);
                if path.is_absolute() {
                    Some(normalize(&path))
                } else {
                    shell.here().map(|cwd| normalize(&cwd.join(path)))
                }
            };
            sure &= match &to {
                None => false,
                Some(path) => match self.world.kind(path) {
                    Some(FileKind::Directory) => true,
                    // It may lead to a directory, and the names below it go through it as they are.
                    Some(FileKind::Symlink) => true,
                    _ => false,
                },
            };
            super::state::add_place(&mut after, to);
        }
        if sure {
            shell.places = after;
            return Status::Success;
        }
        // It may fail, and then what follows runs where it was before.
        let mut both = after.clone();
        for place in &before {
            super::state::add_place(&mut both, place.clone());
        }
        shell.moved = Some((after, before));
        shell.places = both;
        Status::Either
    }

    /// `export X=y` and the like, as the parser found them.
    pub(super) fn declare(
        &mut self,
        how: &str,
        words: &[Word],
        assignments: &[Assignment],
        shell: &mut Shell,
        frame: &Frame,
    ) -> Done {
        let args = self.words(words, shell, frame);
        for arg in &args {
            self.assign_text(how, arg, shell);
        }
        for assignment in assignments {
            if how == "local" {
                shell.make_local(&assignment.name);
            }
            self.assign(assignment, shell, frame);
            if how == "export"
                || args.iter().any(|arg| arg.text().is_some_and(|text| text.starts_with('-') && text.contains('x')))
            {
                shell.export(&assignment.name);
            }
        }
        Done::quiet(Status::Success)
    }

    fn assign_text(&mut self, how: &str, arg: &Arg, shell: &mut Shell) {
        let Some(text) = template(arg) else { return };
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text.as_str(), None),
        };
        if name.is_empty() || name.starts_with(['-', '+']) || has_hole(name) {
            return;
        }
        if how == "local" {
            shell.make_local(name);
            if value.is_none() {
                shell.set(name, Var::Scalar(vec![String::new()]));
            }
        }
        if let Some(value) = value {
            shell.set(name, Var::Scalar(vec![value.to_owned()]));
        }
        if how == "export" {
            shell.export(name);
        }
    }

    /// `. FILE ARGS`: the file's text in this very shell.
    fn source(&mut self, args: &[Arg], shell: &mut Shell, frame: &Frame) -> Done {
        let Some(file) = args.first() else { return Done::quiet(Status::Failure) };
        let through = format!("source {}", file.source);
        let inner =
            Frame { via: frame.through(&through).via, programs: frame.programs + 1, origin: None, ..frame.clone() };
        let path = file.text().and_then(|text| self.absolute(text, shell));
        let opaque = |why: &str, kind| {
            let target = weir_model::Target::new(kind, file.source.clone());
            weir_model::Effect::opaque(weir_model::Verb::Execute, target, why)
        };
        use weir_model::TargetKind;
        let Some(path) = path else {
            self.keep(opaque("which file it is is not known", TargetKind::Unknown), frame);
            return Done::quiet(Status::Either);
        };
        let text = match self.streams.get(&path) {
            Some(Stdin::Known(text)) => Some(text.clone()),
            Some(_) => None,
            None => self.content(&path),
        };
        let Some(text) = text else {
            let readable = self.streams.contains_key(&path) || self.world.is_unknown(&path);
            let (why, kind) = if readable {
                ("its text is not known beforehand", TargetKind::Unknown)
            } else if self.world.kind(&path).is_some() {
                ("it cannot be read, or is too long", TargetKind::Unknown)
            } else {
                ("there is no such file", TargetKind::Program)
            };
            self.keep(opaque(why, kind), frame);
            return Done::quiet(Status::Either);
        };
        self.pin(&path, text.as_bytes());
        let own = shell.positional().map(<[_]>::to_vec);
        if args.len() > 1 {
            shell.set_positional(Some(args.iter().skip(1).map(known).collect()));
        }
        let done = self.program(&text, shell, &inner);
        if args.len() > 1 {
            shell.set_positional(own);
        }
        if shell.gone == Gone::Function {
            shell.gone = Gone::No;
        }
        done
    }

    /// `read A B`: the next line, or in a loop every line, of what is known of the input.
    fn read_line(&mut self, args: &[Arg], shell: &mut Shell, frame: &Frame) {
        let mut names = Vec::new();
        let mut skip = false;
        for text in args.iter().map(|arg| arg.text().unwrap_or_default()) {
            if skip {
                skip = false;
            } else if text.starts_with('-') && text.len() > 1 {
                skip = matches!(text.chars().last(), Some('d' | 'p' | 'n' | 'N' | 't' | 'u' | 'i' | 'a'));
                if text.ends_with('a') {
                    skip = false;
                }
            } else {
                names.push(text.to_owned());
            }
        }
        if names.is_empty() {
            names.push("REPLY".to_owned());
        }
        let count = names.len();
        for (n, name) in names.iter().enumerate() {
            let texts = match frame.stdin.as_ref() {
                Stdin::Known(text) => {
                    let mut all = Vec::new();
                    for line in text.split(['\n', '\0']).filter(|line| !line.is_empty()) {
                        let field = if count == 1 {
                            line.trim().to_owned()
                        } else if n + 1 == count {
                            line.split_whitespace().skip(n).collect::<Vec<_>>().join(" ")
                        } else {
                            line.split_whitespace().nth(n).unwrap_or_default().to_owned()
                        };
                        add_texts(&mut all, &[field]);
                    }
                    if all.is_empty() { vec![String::new()] } else { all }
                }
                Stdin::Paths { below: dirs, .. } if count == 1 => dirs.iter().map(|dir| below(dir)).collect(),
                _ => vec![HOLE.to_string()],
            };
            shell.set(name, Var::Scalar(texts));
        }
    }
}

fn is_option(text: &str) -> bool {
    text.len() > 1 && text.starts_with('-') && text.chars().skip(1).all(|c| matches!(c, 'L' | 'P' | 'e' | '@' | '-'))
}
