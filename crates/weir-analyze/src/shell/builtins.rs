//! What the shell does itself: moving about, variables, evaluating text.

use std::path::PathBuf;

use crate::World as _;
use crate::call::{Arg, HOLE, Secret, Stdin, Value, normalize};
use crate::secrets::ENVIRONMENT;
use crate::{FileKind, shell::text::template};

use super::ir::{Assignment, AssignmentValue, Word};
use super::state::{Form, Gone, Shell, Var, add_texts};
use super::text::{below_fitting, has_hole, known, texts, unknown};
use super::{Done, Evaluator, Frame, Status};

impl Evaluator<'_> {
    /// Carries a builtin out. `None` where `argv` is none that changes the shell.
    pub(super) fn builtin(
        &mut self,
        name: &str,
        argv: &[Arg],
        env: &[(String, Value)],
        shell: &mut Shell,
        frame: &Frame,
    ) -> Option<Done> {
        let args = argv.get(1..).unwrap_or_default();
        let done = |status| Some(Done::quiet(status));
        self.indexes(name, args, shell, frame);
        match name {
            ":" | "true" => done(Status::Success),
            "false" => done(Status::Failure),
            "cd" | "chdir" => {
                let status = self.cd(args, env, shell);
                done(status)
            }
            "shopt" => {
                let on = args.iter().filter_map(Arg::text).any(|text| is_flag(text, 's'));
                if args.iter().any(|arg| arg.text() == Some("dotglob")) {
                    shell.set_globbing(None, Some(on));
                }
                done(Status::Either)
            }
            "pushd" => {
                if args.is_empty() {
                    shell.places = vec![None];
                    return done(Status::Either);
                }
                shell.push_dir(shell.here().cloned());
                let status = self.cd(args, env, shell);
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
                self.settle_words(args);
                if args.iter().all(|arg| arg.text().is_some_and(|text| matches!(text, "-p" | "-x" | "-px" | "-xp"))) {
                    self.flow.push(Secret::whole(ENVIRONMENT));
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
            // `hash -p FILE NAME`: the name is that file from now on.
            "hash" if args.first().and_then(Arg::text) == Some("-p") => {
                if let (Some(file), Some(name)) = (args.get(1).and_then(Arg::text), args.get(2).and_then(Arg::text)) {
                    shell.set_alias(name, Some(file.to_owned()));
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
                    match arg.split_once('[') {
                        Some((name, index)) => self.unset_element(name, index.trim_end_matches(']'), shell),
                        None => shell.unset(arg),
                    }
                }
                done(Status::Success)
            }
            "set" => {
                if args.is_empty() {
                    self.flow.push(Secret::whole(ENVIRONMENT));
                }
                self.set_options(args, shell);
                let traces = args.iter().filter_map(Arg::text).any(|text| text == "xtrace" || is_flag(text, 'x'));
                if traces && let Some(Var::Scalar(prompts)) = shell.var("PS4").cloned() {
                    let inner = Frame { programs: frame.programs + 1, origin: None, ..frame.clone() };
                    for prompt in prompts.iter().filter(|prompt| prompt.contains(['$', '`'])) {
                        self.expanded(prompt, shell, &inner);
                    }
                }
                done(Status::Success)
            }
            "shift" => {
                let count = args.first().map_or(Some(1), |arg| arg.text()?.trim().parse::<usize>().ok());
                let rest = shell.positional().zip(count).map(|(all, count)| {
                    // More than there are: nothing is shifted.
                    all.get(count..).map_or_else(|| all.to_vec(), <[_]>::to_vec)
                });
                shell.set_positional(rest);
                done(Status::Either)
            }
            "eval" => {
                let text: Vec<String> = args.iter().map(|arg| template(arg).unwrap_or_else(unknown)).collect();
                let frame = Frame { programs: frame.programs + 1, origin: None, ..frame.clone() };
                // `eval "$(cat .env)"`
                let settings = args.iter().find_map(|arg| arg.secrets.first().cloned());
                let outside = std::mem::replace(&mut self.settings, settings);
                let done = self.program(&text.join(" "), shell, &frame);
                self.settings = outside;
                Some(done)
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
                if self.functions > 0 {
                    shell.gone = Gone::Function;
                }
                done(Status::Either)
            }
            "break" | "continue" => {
                if self.loops > 0 {
                    shell.gone = Gone::Loop;
                }
                done(Status::Either)
            }
            "read" => {
                self.read_line(args, env, shell, frame);
                for name in args.iter().filter_map(Arg::text).filter(|arg| !arg.starts_with('-')) {
                    self.hold(name, Vec::clone(&frame.secrets));
                }
                done(Status::Either)
            }
            "mapfile" | "readarray" => {
                let name = args.iter().rev().filter_map(Arg::text).find(|arg| !arg.starts_with('-'));
                let var = match frame.stdin.as_ref() {
                    Stdin::Known(text) if text.len() < 64 * 1024 => {
                        Var::Array(text.lines().map(|line| vec![line.to_owned()]).collect())
                    }
                    Stdin::Paths { below: dirs, from } => {
                        let number = self.tests_of(from);
                        Var::Array(dirs.iter().map(|dir| vec![below_fitting(dir, number)]).collect())
                    }
                    _ => Var::UnknownArray,
                };
                shell.set(name.unwrap_or("MAPFILE"), var);
                self.hold(name.unwrap_or("MAPFILE"), Vec::clone(&frame.secrets));
                done(Status::Either)
            }
            "getopts" => {
                let (letters, values, end) =
                    options_of(args, shell).unwrap_or_else(|| (vec![unknown()], vec![unknown()], unknown()));
                if let Some(name) = args.get(1).and_then(Arg::text) {
                    shell.set(name, Var::Scalar(letters));
                }
                shell.set("OPTARG", Var::Scalar(values));
                shell.set("OPTIND", Var::Scalar(vec![end]));
                done(Status::Either)
            }
            "let" => {
                for arg in args.iter().filter_map(Arg::text) {
                    // An index may run something.
                    if arg.contains(['$', '`']) {
                        let inner = Frame { programs: frame.programs + 1, origin: None, ..frame.clone() };
                        self.expanded(arg, shell, &inner);
                    }
                    if self.assign_number(arg, shell) {
                        continue;
                    }
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

    /// What stands in the index of a name that a builtin sets is run, and so is what `mapfile` calls for each line.
    fn indexes(&mut self, name: &str, args: &[Arg], shell: &mut Shell, frame: &Frame) {
        if !matches!(
            name,
            "printf" | "read" | "test" | "[" | "wait" | "unset" | "declare" | "mapfile" | "readarray" | "compgen"
        ) {
            return;
        }
        let inner = Frame { programs: frame.programs + 1, origin: None, ..frame.clone() };
        let names = if name == "printf" {
            args.get(1..2).filter(|_| args.first().and_then(Arg::text) == Some("-v"))
        } else {
            Some(args)
        };
        for arg in names.into_iter().flatten().filter_map(Arg::text) {
            let indexed = arg.find('[').is_some_and(|at| at > 0) || (name == "declare" && arg.contains("=("));
            if indexed && arg.contains(['$', '`']) {
                self.expanded(arg, shell, &inner);
            }
        }
        if matches!(name, "mapfile" | "readarray" | "compgen") {
            let at = args.iter().position(|arg| arg.text() == Some("-C"));
            if let Some(code) = at.and_then(|at| args.get(at + 1)).and_then(template) {
                let _ = self.program(&code, shell, &inner);
            }
        }
    }

    /// `unset 'A[1]'`: the others keep their numbers, which are not remembered.
    fn unset_element(&self, name: &str, index: &str, shell: &mut Shell) {
        let Some(mut elements) = self.elements_of(name, shell) else { return };
        let ordered = matches!(shell.var(name), Some(Var::Array(_)));
        let at = self.number(&[index.to_owned()], shell).and_then(|at| usize::try_from(at).ok());
        if let Some(at) = at.filter(|at| ordered && *at < elements.len()) {
            elements.remove(at);
        }
        shell.set(name, Var::Bag(elements));
    }

    /// `set -e -- A B`: options, and where operands follow, the positional parameters.
    fn set_options(&self, args: &[Arg], shell: &mut Shell) {
        let mut at = 0;
        while let Some(arg) = args.get(at) {
            let Some(text) = arg.text() else { break };
            if text == "--" || text == "-" {
                if text == "--" || at + 1 < args.len() {
                    shell.set_positional(Some(args.iter().skip(at + 1).map(known).collect()));
                }
                return;
            }
            let Some(letters) = text.strip_prefix(['-', '+']) else { break };
            let named = if letters.ends_with('o') { args.get(at + 1).and_then(Arg::text) } else { None };
            if letters.contains('f') || named == Some("noglob") {
                shell.set_globbing(Some(text.starts_with('-')), None);
            }
            if text.starts_with('-') && letters.contains('a') {
                shell.export_all();
            }
            at += 1;
            if letters.ends_with('o') {
                if text.starts_with('-') && args.get(at).and_then(Arg::text) == Some("allexport") {
                    shell.export_all();
                }
                at += 1;
            }
        }
        if at < args.len() {
            shell.set_positional(Some(args.iter().skip(at).map(known).collect()));
        }
    }

    /// The directories in which a relative `cd` looks besides the current one.
    fn cd_path(&self, env: &[(String, Value)], shell: &Shell) -> Vec<String> {
        let own = env.iter().rev().find(|(name, _)| name == "CDPATH").map(|(_, value)| texts(value));
        let all = own.or_else(|| self.variable("CDPATH", shell)).unwrap_or_default();
        all.iter().flat_map(|text| text.split(':')).filter(|dir| !dir.is_empty()).map(str::to_owned).collect()
    }

    fn cd(&mut self, args: &[Arg], env: &[(String, Value)], shell: &mut Shell) -> Status {
        let before = shell.places.clone();
        let mut operands = args.iter().filter(|arg| arg.text().is_none_or(|text| !is_option(text)));
        let operand = operands.next();
        let targets = match operand {
            None => vec![self.tilde("~", shell)],
            Some(arg) if arg.text() == Some("-") => match shell.var("OLDPWD") {
                Some(Var::Scalar(texts)) => texts.clone(),
                _ => vec![unknown()],
            },
            Some(arg) => arg.fresh().map_or_else(|| texts(&arg.value), |text| vec![text]),
        };
        if let Some(here) = shell.here() {
            let here = here.to_string_lossy().into_owned();
            shell.set("OLDPWD", Var::Scalar(vec![here]));
        }
        let mut after: Vec<Option<PathBuf>> = Vec::new();
        // More than one is an error.
        let mut sure = operands.next().is_none();
        let path = self.cd_path(env, shell);
        for text in targets {
            if !text.starts_with(['/', '.']) {
                for dir in &path {
                    let there = self.absolute(&format!("{dir}/{text}"), shell);
                    if there.is_none() || there.as_ref().is_some_and(|path| self.world.kind(path).is_some()) {
                        super::state::add_place(&mut after, there);
                    }
                }
            }
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
        self.indexes("declare", &args, shell, frame);
        for arg in &args {
            self.assign_text(how, arg, shell);
        }
        self.settle_words(&args);
        if assignments.is_empty()
            && how != "local"
            && args.iter().all(|arg| arg.text().is_some_and(|t| matches!(t, "-p" | "-x" | "-px" | "-xp")))
        {
            self.flow.push(Secret::whole(ENVIRONMENT));
        }
        let flag = |letter: char| {
            args.iter().any(|arg| arg.text().is_some_and(|text| text.starts_with('-') && text.contains(letter)))
        };
        let form = [('l', Form::Lower), ('u', Form::Upper), ('i', Form::Number)];
        let form = form.into_iter().find(|(letter, _)| how != "export" && how != "readonly" && flag(*letter));
        for arg in &args {
            if let (Some((_, form)), Some(name)) = (form, arg.text().filter(|text| !text.starts_with(['-', '+']))) {
                shell.set_form(name, form);
            }
        }
        for assignment in assignments {
            if how == "local" {
                shell.make_local(&assignment.name);
            }
            if let Some((_, form)) = form {
                shell.set_form(&assignment.name, form);
            }
            if flag('n')
                && how != "export"
                && let AssignmentValue::Scalar(word) = &assignment.value
            {
                let names = self.single(word, shell, frame);
                let var = match names.as_slice() {
                    [name] if !has_hole(name) => Var::Reference(name.clone()),
                    _ => Var::UnknownArray,
                };
                shell.set(&assignment.name, var);
                continue;
            }
            self.assign(assignment, shell, frame);
            if how == "export" || flag('x') {
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
        let own_input =
            ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"].iter().any(|name| path == std::path::Path::new(name));
        let stream = if own_input { Some(frame.stdin.as_ref()) } else { self.streams.get(&path) };
        let text = match stream {
            Some(Stdin::Known(text)) => Some(text.clone()),
            Some(Stdin::None) => Some(String::new()),
            Some(_) => None,
            None => self.content(&path),
        };
        let Some(text) = text else {
            let readable = stream.is_some() || self.world.is_unknown(&path);
            let (why, kind) = if readable {
                ("its text is not known beforehand", TargetKind::Unknown)
            } else if self.fetched(&path) {
                ("it comes from the network", TargetKind::Unknown)
            } else if self.world.kind(&path).is_some() {
                ("it cannot be read, or is too long", TargetKind::Unknown)
            } else {
                ("there is no such file", TargetKind::Program)
            };
            self.sourced.extend(crate::secrets::of_file(&path).map(|secret| secret.name));
            self.keep(opaque(why, kind), frame);
            return Done::quiet(Status::Either);
        };
        let settings = crate::secrets::of_file(&path);
        if weir_model::is_secret(&path) {
            self.hide_lines(&text);
        }
        self.pin(weir_model::Pin { path, sha256: weir_model::Digest::of(text.as_bytes()) });
        let own = shell.positional().map(<[_]>::to_vec);
        if args.len() > 1 {
            shell.set_positional(Some(args.iter().skip(1).map(known).collect()));
        }
        self.functions += 1;
        let outside = std::mem::replace(&mut self.settings, settings);
        let done = self.program(&text, shell, &inner);
        self.settings = outside;
        self.functions -= 1;
        if args.len() > 1 {
            shell.set_positional(own);
        }
        if shell.gone == Gone::Function {
            shell.gone = Gone::No;
        }
        done
    }

    /// `read A B`: the next line, or in a loop every line, of what is known of the input.
    fn read_line(&mut self, args: &[Arg], env: &[(String, Value)], shell: &mut Shell, frame: &Frame) {
        let mut names = Vec::new();
        let mut list = None;
        let mut delimiter = '\n';
        let mut rest = args.iter().map(|arg| arg.text().unwrap_or_default());
        while let Some(text) = rest.next() {
            let Some(letters) = text.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
                names.push(text.to_owned());
                continue;
            };
            // A letter that takes a value takes the rest of the word, or the next one.
            if let Some(at) = letters.find(['d', 'p', 'n', 'N', 't', 'u', 'i', 'a']) {
                let letter = letters.get(at..at + 1).unwrap_or_default();
                let value = letters.get(at + 1..).unwrap_or_default();
                let value = if value.is_empty() { rest.next().unwrap_or_default() } else { value };
                if letter == "d" {
                    delimiter = value.chars().next().unwrap_or('\0');
                }
                if letter == "a" {
                    list = Some(value.to_owned());
                }
            }
        }
        let own = env.iter().rev().find(|(name, _)| name == "IFS").map(|(_, value)| texts(value).concat());
        let separators = own.unwrap_or_else(|| super::expand::separators(shell));
        let lines: Option<Vec<&str>> = match frame.stdin.as_ref() {
            Stdin::Known(text) if !has_hole(&separators) => {
                Some(text.split(delimiter).filter(|line| !line.is_empty()).collect())
            }
            _ => None,
        };
        if let Some(list) = list {
            let var = match (&lines, frame.stdin.as_ref()) {
                (Some(lines), _) if lines.len() == 1 => Var::Array(
                    lines
                        .iter()
                        .flat_map(|line| split(line, &separators, usize::MAX))
                        .map(|field| vec![field])
                        .collect(),
                ),
                (Some(lines), _) => Var::Bag(
                    lines
                        .iter()
                        .flat_map(|line| split(line, &separators, usize::MAX))
                        .map(|field| vec![field])
                        .collect(),
                ),
                (None, Stdin::Paths { below: dirs, from }) => {
                    let number = self.tests_of(from);
                    Var::Bag(dirs.iter().map(|dir| vec![below_fitting(dir, number)]).collect())
                }
                _ => Var::UnknownArray,
            };
            shell.set(&list, var);
            return;
        }
        if names.is_empty() {
            names.push("REPLY".to_owned());
        }
        let count = names.len();
        for (n, name) in names.iter().enumerate() {
            let texts = match (&lines, frame.stdin.as_ref()) {
                (Some(lines), _) => {
                    let mut all = Vec::new();
                    for line in lines {
                        let field = split(line, &separators, count).into_iter().nth(n).unwrap_or_default();
                        add_texts(&mut all, &[field]);
                    }
                    if all.is_empty() { vec![String::new()] } else { all }
                }
                (None, Stdin::Paths { below: dirs, from }) if count == 1 => {
                    let number = self.tests_of(from);
                    dirs.iter().map(|dir| below_fitting(dir, number)).collect()
                }
                _ => vec![HOLE.to_string()],
            };
            shell.set(name, Var::Scalar(texts));
        }
    }
}

/// The fields of a line as `read` makes them: at most `count`, the last one with all that is left.
fn split(line: &str, separators: &str, count: usize) -> Vec<String> {
    let space = |c: char| c.is_whitespace() && separators.contains(c);
    let mut fields = Vec::new();
    let mut rest = line.trim_matches(space);
    while !rest.is_empty() {
        let end = rest.find(|c| separators.contains(c)).filter(|_| fields.len() + 1 < count);
        let (field, more) = rest.split_at_checked(end.unwrap_or(rest.len())).unwrap_or((rest, ""));
        fields.push(field.to_owned());
        // White space around one other separator belongs to it.
        let more = more.trim_start_matches(space);
        let mut letters = more.chars();
        let other = end.is_some() && letters.next().is_some_and(|c| separators.contains(c));
        rest = if other { letters.as_str().trim_start_matches(space) } else { more };
    }
    fields
}

/// What `getopts` finds over all of its rounds: the letters, their values, and where the operands begin.
fn options_of(args: &[Arg], shell: &Shell) -> Option<(Vec<String>, Vec<String>, String)> {
    let accepted = args.first()?.text()?.trim_start_matches(':');
    let given: Vec<String> = match args.get(2..) {
        Some(own) if !own.is_empty() => own.iter().map(|arg| arg.text().map(str::to_owned)).collect::<Option<_>>()?,
        _ => {
            let one = |texts: &Vec<String>| match texts.as_slice() {
                [text] if !has_hole(text) => Some(text.clone()),
                _ => None,
            };
            shell.positional()?.iter().map(one).collect::<Option<_>>()?
        }
    };
    let (mut letters, mut values) = (Vec::new(), vec![String::new()]);
    let mut at = 0;
    while let Some(word) = given.get(at) {
        let Some(cluster) = word.strip_prefix('-').filter(|cluster| !cluster.is_empty()) else { break };
        at += 1;
        if cluster == "-" {
            break;
        }
        for (n, letter) in cluster.char_indices() {
            let takes = accepted.split_once(letter).map(|(_, rest)| rest.starts_with(':'));
            add_texts(&mut letters, &[takes.map_or_else(|| "?".to_owned(), |_| letter.to_string())]);
            if takes == Some(true) {
                let rest = cluster.get(n + letter.len_utf8()..).unwrap_or_default();
                let value = if rest.is_empty() { given.get(at).cloned().unwrap_or_default() } else { rest.to_owned() };
                at += usize::from(rest.is_empty());
                add_texts(&mut values, &[value]);
                break;
            }
        }
    }
    // The last round finds none.
    add_texts(&mut letters, &["?".to_owned()]);
    if values.len() > 1 {
        values.remove(0);
    }
    Some((letters, values, (at.min(given.len()) + 1).to_string()))
}

fn is_flag(text: &str, letter: char) -> bool {
    text.strip_prefix('-').is_some_and(|letters| !letters.starts_with('-') && letters.contains(letter))
}

fn is_option(text: &str) -> bool {
    text.len() > 1 && text.starts_with('-') && text.chars().skip(1).all(|c| matches!(c, 'L' | 'P' | 'e' | '@' | '-'))
}
