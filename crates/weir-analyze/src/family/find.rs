//! `find` and `fd`: where they start, what they delete, and the commands that they run on what they find.

use std::path::PathBuf;

use weir_model::{Effect, Scope, Target, TargetKind, Verb};

use super::options::{Opts, Word, alternatives, not_known};
use crate::FileKind;
use crate::call::{Arg, Call, HOLE, Inner, Say, Stdin, Value};

/// Starting points for which a command is followed.
const MOST_STARTS: usize = 64;
/// Bytes of a list of starting points.
const LIST_LIMIT: usize = 256 * 1024;

/// Says what a call does. False where the program is none of these.
pub(crate) fn interpret(call: &Call<'_>, say: &mut dyn Say) -> bool {
    let read: fn(&mut Find<'_, '_>, &[Arg]) = match call.program() {
        "find" | "gfind" => |find, args| find.find(args),
        "fd" | "fdfind" => |find, args| find.fd(args),
        _ => return false,
    };
    let mut find = Find { call, say, said: Vec::new() };
    for args in alternatives(call.argv.get(1..).unwrap_or_default()) {
        read(&mut find, &args);
    }
    true
}

/// Tests and actions with one argument.
const ONE: &[&str] = &[
    "-Bmin",
    "-Bnewer",
    "-Btime",
    "-acl",
    "-amin",
    "-anewer",
    "-atime",
    "-cmin",
    "-cnewer",
    "-context",
    "-ctime",
    "-flags",
    "-fstype",
    "-gid",
    "-group",
    "-ilname",
    "-iname",
    "-inum",
    "-ipath",
    "-iregex",
    "-iwholename",
    "-links",
    "-lname",
    "-maxdepth",
    "-mindepth",
    "-mmin",
    "-mtime",
    "-name",
    "-newer",
    "-path",
    "-perm",
    "-printf",
    "-regex",
    "-regextype",
    "-samefile",
    "-size",
    "-type",
    "-uid",
    "-used",
    "-user",
    "-wholename",
    "-xattrname",
    "-xtype",
];
/// What neither narrows nor acts on files.
const NEUTRAL: &[&str] = &[
    "-d",
    "-daystart",
    "-depth",
    "-follow",
    "-ignore_readdir_race",
    "-ls",
    "-noignore_readdir_race",
    "-noleaf",
    "-nowarn",
    "-print",
    "-print0",
    "-true",
    "-warn",
    "-a",
    "-and",
    "(",
    ")",
];

struct Find<'c, 's> {
    call: &'c Call<'c>,
    say: &'s mut dyn Say,
    /// What was said, so that alternatives do not repeat it.
    said: Vec<Effect>,
}

impl Find<'_, '_> {
    fn emit(&mut self, effect: Effect) {
        if self.said.contains(&effect) {
            return;
        }
        if self.said.len() < MOST_STARTS {
            self.said.push(effect.clone());
        }
        if effect.opaque { self.say.opaque(effect) } else { self.say.effect(effect) }
    }

    fn read(&mut self, starts: &[Word]) {
        let mut sources: Vec<&str> = starts.iter().map(|word| word.source.as_str()).collect();
        sources.dedup();
        let name = match sources.as_slice() {
            [] => ".".to_owned(),
            [one] => (*one).to_owned(),
            [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        };
        let paths = starts.iter().filter(|word| word.known).filter_map(|word| self.call.path(&word.text)).collect();
        self.emit(Effect::new(Verb::Read, Target::new(TargetKind::FileTree, name).at(paths)));
    }

    fn write(&mut self, file: &Word) {
        let path = if file.known { self.call.path(&file.text) } else { None };
        let effect = match path {
            Some(path) if path.starts_with("/dev") => return,
            Some(path) => {
                let exists = self.call.world.kind(&path).is_some();
                let target = Target::new(TargetKind::FileTree, file.source.clone()).at(vec![path]);
                if exists {
                    Effect::new(Verb::Modify, target).within(Scope::Content)
                } else {
                    Effect::new(Verb::Create, target)
                }
            }
            None => {
                Effect::opaque(Verb::Modify, Target::new(TargetKind::Unknown, &file.source), not_known(&file.source))
            }
        };
        self.emit(effect);
    }

    fn find(&mut self, args: &[Arg]) {
        let mut rest = args.iter().map(Word::of).peekable();
        let mut starts = Vec::new();
        // Options before the starting points.
        while let Some(word) = rest.peek() {
            let text = word.text.as_str();
            let letters = text.strip_prefix('-').unwrap_or_default();
            if matches!(text, "-D" | "-f") && word.known {
                let files = text == "-f";
                rest.next();
                starts.extend(rest.next().filter(|_| files));
            } else if word.known
                && ((!letters.is_empty() && letters.chars().all(|letter| "EHLPXsx".contains(letter)))
                    || letters.starts_with('O'))
                || text == "--"
            {
                rest.next();
            } else {
                break;
            }
        }
        while let Some(word) = rest.next_if(|word| !begins_expression(word)) {
            if !starts.is_empty() && word.may_be_option() {
                self.hidden(&word);
            } else {
                starts.push(word);
            }
        }
        let expression: Vec<Word> = rest.collect();
        if asks_for_help(&expression) {
            return self.harmless();
        }
        if let Some(list) = expression.iter().position(|word| word.text == "-files0-from") {
            starts = self.listed(expression.get(list.saturating_add(1)));
        } else if starts.is_empty() {
            starts.push(Word::text("."));
        }
        starts.retain(|word| !word.text.is_empty());
        self.expression(&starts, &expression, args);
    }

    /// A word that is not known stands where an action may stand.
    fn hidden(&mut self, word: &Word) {
        let why = format!("`{}` may be `-delete` or run something", word.source);
        self.emit(Effect::opaque(Verb::Delete, Target::new(TargetKind::Unknown, &word.source), why));
    }

    fn harmless(&mut self) {
        self.emit(Effect::new(Verb::Read, Target::new(TargetKind::Program, self.call.program())));
    }

    /// The starting points in the list of `-files0-from`.
    fn listed(&self, list: Option<&Word>) -> Vec<Word> {
        let Some(list) = list else { return Vec::new() };
        let text = match (&self.call.stdin, list.text.as_str()) {
            (Stdin::Known(text), "-") => Some(text.clone()),
            (Stdin::Paths { below, .. }, "-") => return below.iter().map(|path| Word::text(path)).collect(),
            (_, "-") => None,
            (_, file) => {
                let path = self.call.path(file).filter(|_| list.known);
                let bytes = path.and_then(|path| self.call.world.read(&path, LIST_LIMIT));
                bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            }
        };
        match text {
            Some(text) => text.split('\0').map(Word::text).collect(),
            None => vec![Word { known: false, source: format!("the list in `{}`", list.source), ..list.clone() }],
        }
    }

    fn expression(&mut self, starts: &[Word], expression: &[Word], args: &[Arg]) {
        // What the tests let through, as written so far; depths count wherever they stand.
        let mut filter: Vec<String> = Vec::new();
        let mut tests = false;
        let mut acted = false;
        for pair in expression.windows(2) {
            if let [name, depth] = pair
                && matches!(name.text.as_str(), "-maxdepth" | "-mindepth")
            {
                filter.extend([name.source.clone(), depth.source.clone()]);
                tests = true;
            }
        }
        let only_start = expression
            .windows(2)
            .any(|pair| matches!(pair, [name, depth] if name.text == "-maxdepth" && depth.text == "0"));
        let mut words = expression.iter().enumerate();
        let shift = args.len().saturating_sub(expression.len());
        while let Some((at, word)) = words.next() {
            let text = word.text.as_str();
            if !word.known {
                if word.may_be_option() {
                    acted = true;
                    self.hidden(word);
                }
                continue;
            }
            match text {
                "-maxdepth" | "-mindepth" | "-files0-from" => drop(words.next()),
                "-delete" => {
                    acted = true;
                    let scope = if tests { Scope::Filtered { filter: filter.join(" ") } } else { Scope::Whole };
                    self.delete(starts, &scope, only_start);
                }
                "-exec" | "-execdir" | "-ok" | "-okdir" => {
                    acted = true;
                    let from = shift.saturating_add(at).saturating_add(1);
                    let command = args.get(from..).unwrap_or_default();
                    let end = end(command);
                    if end == command.len() && command.iter().all(|arg| arg.text().is_some()) {
                        // `find` refuses a command without an end, and does nothing.
                        return;
                    }
                    let tests = if tests { filter.join(" ") } else { String::new() };
                    self.run(starts, command.get(..end).unwrap_or_default(), text, only_start, &tests);
                    for _ in 0..=end {
                        words.next();
                    }
                }
                "-fprint" | "-fprint0" | "-fls" | "-fprintf" => {
                    acted = true;
                    if let Some((_, file)) = words.next() {
                        self.write(file);
                    }
                    if text == "-fprintf" {
                        words.next();
                    }
                }
                _ if NEUTRAL.contains(&text) => {
                    if text == "(" || text == ")" {
                        filter.push(text.to_owned());
                    }
                }
                "-printf" => drop(words.next()),
                _ => {
                    tests = true;
                    filter.push(word.source.clone());
                    if ONE.contains(&text) || text.starts_with("-newer") {
                        filter.extend(words.next().map(|(_, value)| value.source.clone()));
                    }
                }
            }
        }
        if !acted {
            if let Some(secret) = crate::secrets::of_tests(filter.iter().map(String::as_str)) {
                self.say.yields(secret);
            }
            self.read(starts);
        }
    }

    fn delete(&mut self, starts: &[Word], scope: &Scope, only_start: bool) {
        for group in starts.chunk_by(|one, other| one.source == other.source) {
            let Some(source) = group.first().map(|word| word.source.clone()) else { continue };
            let mut paths = Vec::new();
            for word in group {
                let dir = if word.known { Some(word.text.as_str()) } else { directory(&word.prefix) };
                let path = dir.and_then(|dir| self.call.path(dir));
                match (dir, path) {
                    (_, Some(path)) if word.known => paths.push(path),
                    (Some(dir), Some(path)) => {
                        let target = Target::new(TargetKind::FileTree, dir).at(vec![path]);
                        let filter = match scope {
                            Scope::Filtered { filter } => format!("{source} {filter}"),
                            _ => source.clone(),
                        };
                        self.emit(Effect::new(Verb::Delete, target).within(Scope::Filtered { filter }));
                    }
                    _ => {
                        let why = if word.known {
                            "the directory in which it runs is not known".to_owned()
                        } else {
                            not_known(&source)
                        };
                        let target = Target::new(TargetKind::Unknown, source.clone());
                        self.emit(Effect::opaque(Verb::Delete, target, why));
                    }
                }
            }
            if !paths.is_empty() {
                let target = Target::new(TargetKind::FileTree, source).at(paths);
                // `find X -maxdepth 0 -delete` removes X itself, which must be a file or empty.
                let scope = if only_start { Scope::Files } else { scope.clone() };
                self.emit(Effect::new(Verb::Delete, target).within(scope));
            }
        }
    }

    /// Runs `command` on what is found below each of the starting points.
    /// `tests` says which of the entries below a start the command is run with; empty: all of them.
    fn run(&mut self, starts: &[Word], command: &[Arg], action: &str, only_start: bool, tests: &str) {
        if command.is_empty() {
            return;
        }
        let through = format!("find {action}");
        let found_secret = crate::secrets::of_tests(std::iter::once(tests));
        let in_dir = action.ends_with("dir");
        for start in starts.iter().take(MOST_STARTS) {
            let found = self.found(start, only_start, in_dir);
            let mut argv: Vec<Arg> = command.iter().map(|arg| filled(arg, &["{}"], &found)).collect();
            // What the tests leave out is not touched: measuring reads them.
            for (arg, written) in argv.iter_mut().zip(command) {
                if found_secret.is_some() && written.text().is_some_and(|text| text.contains("{}")) {
                    arg.secrets.extend(found_secret.clone());
                }
                if written.text() == Some("{}") && arg.text().is_none() && !tests.is_empty() {
                    tests.clone_into(&mut arg.source);
                }
            }
            let cwd = in_dir.then_some(None);
            self.say.run(Inner { argv, cwd, ..Inner::default() }, &through);
        }
        if starts.len() > MOST_STARTS {
            let argv = command.iter().map(|arg| filled(arg, &["{}"], &Value::Unknown)).collect();
            self.say.run(Inner { argv, ..Inner::default() }, &through);
        }
    }

    /// What the names of what is found below `start` look like.
    fn found(&self, start: &Word, only_start: bool, absolute: bool) -> Value {
        let text = if start.known {
            start.text.clone()
        } else if let Some(dir) = directory(&start.prefix) {
            dir.to_owned()
        } else {
            return Value::Unknown;
        };
        let path = self.call.path(&text);
        let file = path.as_ref().is_some_and(|path| {
            self.call.world.kind(path).is_some_and(|kind| !matches!(kind, FileKind::Directory | FileKind::Symlink))
        });
        let text = if absolute {
            let Some(path) = path else { return Value::Unknown };
            path.to_string_lossy().into_owned()
        } else {
            text
        };
        if start.known && (file || only_start) {
            return Value::Known(text);
        }
        Value::Prefix(if text.ends_with('/') { text } else { format!("{text}/") })
    }

    fn fd(&mut self, args: &[Arg]) {
        const SPEC: &str = "H|hidden no-hidden I|no-ignore u|unrestricted no-ignore-vcs no-ignore-parent \
            no-global-ignore-file s|case-sensitive i|ignore-case g|glob regex F|fixed-strings|literal and= \
            a|absolute-path l|list-details L|follow p|full-path 0|print0 d|max-depth|maxdepth= min-depth= exact-depth= \
            prune t|type= e|extension= S|size= changed-within|newer= changed-before|older= o|owner= format= E|exclude= \
            ignore-file= c|color= j|threads= max-buffer-time= max-results= 1 q|quiet show-errors base-directory= C= \
            path-separator= search-path= strip-cwd-prefix? one-file-system|mount|xdev batch-size= hyperlink? V h \
            ignore-contain= gen-completions?";
        // Everything after `-x` or `-X` is the command, up to a `;`.
        let mut own = Vec::new();
        let mut commands: Vec<Vec<Arg>> = Vec::new();
        let mut rest = args.iter();
        while let Some(arg) = rest.next() {
            let text = arg.text().unwrap_or_default();
            let letters = text.strip_prefix('-').filter(|rest| !rest.starts_with('-')).unwrap_or_default();
            let bundle = letters
                .strip_suffix(['x', 'X'])
                .filter(|before| before.chars().all(|letter| "HIusigFalLp01q".contains(letter)));
            if bundle.is_some() || matches!(text, "--exec" | "--exec-batch") {
                own.extend(bundle.filter(|before| !before.is_empty()).map(|before| Arg::known(format!("-{before}"))));
                commands.push(rest.by_ref().take_while(|arg| arg.text() != Some(";")).cloned().collect());
            } else if let Some(command) = text.strip_prefix("--exec=").or_else(|| text.strip_prefix("--exec-batch=")) {
                let mut argv = vec![Arg::known(command)];
                argv.extend(rest.by_ref().take_while(|arg| arg.text() != Some(";")).cloned());
                commands.push(argv);
            } else {
                own.push(arg.clone());
            }
        }
        let opts = Opts::parse(&format!("{SPEC} help version"), &own, false);
        if opts.help || opts.any(&["help", "version", "V", "h"]) {
            return self.harmless();
        }
        let base: Option<&Word> = opts.value("base-directory").or_else(|| opts.value("C"));
        let mut starts: Vec<Word> = opts.words.get(1..).unwrap_or_default().to_vec();
        starts.extend(opts.values("search-path").cloned());
        if starts.is_empty() {
            starts.push(Word::text("."));
        }
        if commands.is_empty() {
            return self.read(&starts);
        }
        let cwd: Option<Option<PathBuf>> = base.map(|base| if base.known { self.call.path(&base.text) } else { None });
        for command in commands.iter().filter(|command| !command.is_empty()) {
            const MARKS: &[&str] = &["{}", "{/}", "{//}", "{.}", "{/.}"];
            let marked = command.iter().any(|arg| MARKS.iter().any(|mark| arg.source.contains(mark)));
            for start in starts.iter().take(MOST_STARTS) {
                let found = self.found(start, false, false);
                let mut argv: Vec<Arg> = command.iter().map(|arg| filled(arg, MARKS, &found)).collect();
                if !marked {
                    argv.push(filled(&Arg::known("{}"), MARKS, &found));
                }
                self.say.run(Inner { argv, cwd: cwd.clone(), ..Inner::default() }, "fd --exec");
            }
            if starts.len() > MOST_STARTS {
                let mut argv: Vec<Arg> = command.iter().map(|arg| filled(arg, MARKS, &Value::Unknown)).collect();
                argv.push(filled(&Arg::known("{}"), MARKS, &Value::Unknown));
                self.say.run(Inner { argv, cwd: cwd.clone(), ..Inner::default() }, "fd --exec");
            }
        }
    }
}

/// Whether the expression asks for help, or is one that `find` refuses. What is the argument of a test is no option.
fn asks_for_help(expression: &[Word]) -> bool {
    let mut words = expression.iter();
    while let Some(word) = words.next() {
        match word.text.as_str() {
            "-help" | "--help" | "-version" | "--version" if word.known => return true,
            "-exec" | "-execdir" | "-ok" | "-okdir" => {
                let mut command =
                    words.by_ref().take_while(|word| !(word.known && matches!(word.text.as_str(), ";" | "+")));
                let _ = command.by_ref().last();
            }
            text if ONE.contains(&text)
                || text.starts_with("-newer")
                || matches!(text, "-maxdepth" | "-mindepth" | "-printf" | "-files0-from") =>
            {
                words.next();
            }
            _ => {}
        }
    }
    false
}

/// Whether a word is the first of the expression and not a starting point.
fn begins_expression(word: &Word) -> bool {
    let text = if word.known { &word.text } else { &word.prefix };
    (text.starts_with('-') && text.len() > 1) || (word.known && matches!(text.as_str(), "(" | ")" | "!" | ","))
}

/// Where the command of an `-exec` ends.
fn end(command: &[Arg]) -> usize {
    let semicolon = |at: usize| command.get(at).and_then(Arg::text) == Some(";");
    let plus = |at: usize| {
        command.get(at).and_then(Arg::text) == Some("+")
            && at.checked_sub(1).and_then(|before| command.get(before)).and_then(Arg::text) == Some("{}")
    };
    (0..command.len()).find(|at| semicolon(*at) || plus(*at)).unwrap_or(command.len())
}

/// The directory in which something with this beginning is.
fn directory(prefix: &str) -> Option<&str> {
    match prefix.rsplit_once('/') {
        Some(("", _)) => Some("/"),
        Some((dir, _)) => Some(dir),
        None if prefix.is_empty() => None,
        None => Some("."),
    }
}

/// `arg` with what is found in the place of a mark.
pub(super) fn filled(arg: &Arg, marks: &[&str], found: &Value) -> Arg {
    let text = match &arg.value {
        Value::Known(text) | Value::Prefix(text) => text.as_str(),
        Value::OneOf(_) | Value::Unknown => return arg.clone(),
    };
    let Some((at, mark)) = marks.iter().filter_map(|mark| text.find(mark).map(|at| (at, mark))).min() else {
        return arg.clone();
    };
    let before = text.get(..at).unwrap_or_default();
    let after = text.get(at.saturating_add(mark.len())..).unwrap_or_default();
    let value = match found {
        Value::Known(found) if arg.text().is_some() => {
            let mut all = format!("{before}{found}{after}");
            for mark in marks {
                all = all.replace(mark, found);
            }
            Value::Known(all)
        }
        Value::Known(found) | Value::Prefix(found) => Value::Prefix(format!("{before}{found}")),
        _ if before.is_empty() => Value::Unknown,
        _ => Value::Prefix(before.to_owned()),
    };
    let source = match &value {
        Value::Known(text) => text.clone(),
        _ => arg.source.clone(),
    };
    // Program text with what is found in it is read as far as it is known: `sh -c 'rm {}'`.
    let mark = match found {
        Value::Known(found) => found.clone(),
        Value::Prefix(found) => format!("{found}{HOLE}"),
        Value::OneOf(_) | Value::Unknown => HOLE.to_string(),
    };
    let template = match &value {
        Value::Known(_) => None,
        _ => arg.code().map(|text| marks.iter().fold(text.to_owned(), |text, known| text.replace(known, &mark))),
    };
    Arg { span: arg.span, globbed: arg.globbed, template, ..Arg::new(value, source) }
}
