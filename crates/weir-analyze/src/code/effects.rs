//! What values become when a program acts on them: effects on files, commands, databases and hosts.

use std::path::{Path, PathBuf};

use weir_model::{Effect, Scope, Target, TargetKind, Verb};

use super::run::Machine;
use super::value::{Piece, Text, Val};
use crate::call::{Arg, Inner, Language, Stdin, Value, normalize};

/// Effects of one text that are told apart.
const MOST_EFFECTS: usize = 2_000;

/// How a program handles the files that it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Deletes with everything below.
    Tree,
    /// Deletes a file.
    File,
    /// Deletes an empty directory.
    Empty,
    /// Replaces the content.
    Write,
    /// Cuts what exists.
    Cut,
    /// Adds to it, or changes it without losing anything.
    Touch,
    /// Makes it.
    Make,
    /// Lets everybody change it.
    Open,
    /// Looks.
    Read,
}

impl Act {
    fn meaning(self) -> (Verb, Scope) {
        match self {
            Self::Tree => (Verb::Delete, Scope::Whole),
            Self::File => (Verb::Delete, Scope::Files),
            Self::Empty => (Verb::Delete, Scope::EmptyDirectories),
            Self::Write | Self::Cut => (Verb::Modify, Scope::Content),
            Self::Touch => (Verb::Modify, Scope::Whole),
            Self::Make => (Verb::Create, Scope::Whole),
            Self::Open => (Verb::Grant, Scope::Files),
            Self::Read => (Verb::Read, Scope::Whole),
        }
    }
}

/// The kind of the file at `path`, as far as its name says.
fn kind(path: &Path) -> TargetKind {
    const HARMLESS: [&str; 9] = ["null", "zero", "full", "random", "urandom", "tty", "stdin", "stdout", "stderr"];
    let Ok(name) = path.strip_prefix("/dev") else { return TargetKind::FileTree };
    let Some(name) = name.to_str() else { return TargetKind::Device };
    if name.is_empty()
        || HARMLESS.contains(&name)
        || ["fd/", "pts/", "shm/", "mqueue/"].iter().any(|dir| name.starts_with(dir))
    {
        return TargetKind::FileTree;
    }
    TargetKind::Device
}

/// A path as people would write it.
fn name(text: &str) -> &str {
    match text.strip_prefix("./") {
        Some(rest) if !rest.is_empty() => rest,
        _ => text,
    }
}

/// The place that `to` names, as people would write it.
fn to_name(to: &Val, place: &Path) -> String {
    match to.text("").text() {
        Some(text) if place.file_name().is_some_and(|base| Path::new(text).ends_with(base)) => name(text).to_owned(),
        _ => place.display().to_string(),
    }
}

/// Whether `text` fits a pattern of `*` and `?`.
fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t, mut back) = (0, 0, None);
    while let Some(letter) = text.get(t) {
        match pattern.get(p) {
            Some('*') => {
                p += 1;
                back = Some((p, t));
            }
            Some(want) if *want == '?' || want == letter => {
                p += 1;
                t += 1;
            }
            _ => match &mut back {
                Some((after, from)) => {
                    *from += 1;
                    (p, t) = (*after, *from);
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|rest| *rest == '*')
}

impl Machine<'_, '_> {
    /// `text` as an absolute path.
    pub(super) fn path(&self, text: &str) -> Option<PathBuf> {
        let path = Path::new(text);
        if path.is_absolute() {
            return Some(normalize(path));
        }
        self.cwd.as_ref().map(|cwd| normalize(&cwd.join(path)))
    }

    /// Says an effect once.
    pub(super) fn say(&mut self, effect: Effect) {
        let key = format!("{:?}|{:?}|{:?}|{}", effect.verb, effect.scope, effect.target, effect.opaque);
        if self.said.len() >= MOST_EFFECTS {
            self.cut("more effects than are told apart");
            return;
        }
        if self.said.insert(key) {
            if effect.opaque { self.out.opaque(effect) } else { self.out.effect(effect) }
        }
    }

    /// Says that something of which the target is not known happens.
    pub(super) fn unknown(&mut self, verb: Verb, source: &str, why: &str) {
        // A handler that may never run, for something that is not known: nothing can be said.
        if self.speculative == 0 {
            self.say(Effect::opaque(verb, Target::new(TargetKind::Unknown, source), why));
        }
    }

    /// Says what happens to the files that `value` names.
    pub(super) fn files(&mut self, act: Act, value: &Val, source: &str) {
        let (verb, scope) = act.meaning();
        for text in value.texts() {
            match text {
                Some(text) => self.file(act, verb, scope.clone(), &text, source),
                None => self.unknown_file(act, source),
            }
        }
    }

    fn unknown_file(&mut self, act: Act, source: &str) {
        match act {
            Act::Read => {}
            Act::Tree | Act::File | Act::Empty => {
                self.unknown(Verb::Delete, source, "the program deletes something whose name is computed");
            }
            Act::Cut => self.unknown(Verb::Modify, source, "the program cuts a file whose name is computed"),
            Act::Open => {
                self.unknown(Verb::Grant, source, "the program changes rights of a file whose name is computed")
            }
            // Reports and caches have computed names every day: this is said, but as something new.
            Act::Write | Act::Touch | Act::Make => {
                self.unknown(Verb::Create, source, "the program writes a file whose name is computed");
            }
        }
    }

    fn file(&mut self, act: Act, verb: Verb, scope: Scope, text: &Text, source: &str) {
        if let Some(known) = text.text() {
            if known.is_empty() {
                return;
            }
            let Some(path) = self.path(known) else {
                return self.unknown_file(act, known);
            };
            self.say(Effect::new(verb, Target::new(kind(&path), name(known)).at(vec![path])).within(scope));
            return;
        }
        if act == Act::Read {
            self.reads.insert(text.shown());
            return;
        }
        if self.speculative > 0 {
            return;
        }
        let start = text.start();
        let dir = start.rfind('/').and_then(|at| start.get(..=at)).unwrap_or("./");
        let Some(path) = self.path(dir) else {
            return self.unknown_file(act, source);
        };
        if let Some(paths) = self.beginning(text, &path) {
            self.say(Effect::new(verb, Target::new(kind(&path), name(&text.shown())).at(paths)).within(scope));
            return;
        }
        let replaced = if matches!(act, Act::Write | Act::Cut) { self.found_files(text) } else { Vec::new() };
        if !replaced.is_empty() {
            let target = Target::new(TargetKind::FileTree, name(&text.shown())).at(replaced);
            // What is read first and written again is changed in place.
            let scope = if self.reads.contains(&text.shown()) { Scope::Whole } else { Scope::Content };
            self.say(Effect::new(Verb::Modify, target).within(scope));
            return;
        }
        let filter = Scope::Filtered { filter: text.tests().unwrap_or_else(|| text.shown()) };
        let verb = if act == Act::Open { Verb::Modify } else { verb };
        let dir = match dir.trim_end_matches('/') {
            "" => "/",
            dir => dir,
        };
        self.say(Effect::new(verb, Target::new(kind(&path), name(dir)).at(vec![path])).within(filter));
    }

    /// What there is in `dir` whose name begins as `text` says (`/tmp/lock-{pid}`), else one name that nothing has.
    /// `None` where the place may be another one.
    fn beginning(&self, text: &Text, dir: &Path) -> Option<Vec<PathBuf>> {
        const MOST: usize = 5_000;
        let shown = text.shown();
        let start = text.start().rsplit('/').next().filter(|start| !start.is_empty() && text.filter.is_none())?;
        let pieces = text.pieces.iter().skip(1);
        if pieces.clone().any(|piece| matches!(piece, Piece::Known(known) if known.contains('/'))) {
            return None;
        }
        let rest: String =
            pieces.map(|piece| if let Piece::Known(known) = piece { known.as_str() } else { "*" }).collect();
        let pattern = format!("{start}{rest}");
        let entries = match self.call.world.list(dir, MOST) {
            Some(entries) => entries,
            None if self.call.world.kind(dir).is_none() => Vec::new(),
            None => return None,
        };
        let found: Vec<PathBuf> = entries
            .iter()
            .filter(|entry| entry.name.to_str().is_none_or(|name| fits(&pattern, name)))
            .map(|entry| dir.join(&entry.name))
            .collect();
        let new = || vec![dir.join(shown.rsplit('/').next().unwrap_or(start))];
        Some(if found.is_empty() { new() } else { found })
    }

    /// The files that a text stands for where it came out of the directory that it names.
    fn found_files(&self, text: &Text) -> Vec<PathBuf> {
        const MOST_FOUND: usize = 1_000;
        const MOST_DIRS: usize = 100;
        let (Some(filter), [Piece::Known(dir), Piece::Hole(_), ..]) = (&text.filter, text.pieces.as_slice()) else {
            return Vec::new();
        };
        let (from, pattern) = filter.rsplit_once('/').unwrap_or(("", filter));
        let (from, deep) = match from.strip_suffix("**") {
            Some(from) => (from, true),
            // `a/**/b/c`: only the last part is a name.
            None if from.contains('*') => return Vec::new(),
            None => (from, pattern.contains("**")),
        };
        let same = |path: &str| self.path(if path.is_empty() { "." } else { path });
        if same(from.split('*').next().unwrap_or_default()) != same(dir) {
            return Vec::new();
        }
        let Some(start) = same(dir) else { return Vec::new() };
        let mut found = Vec::new();
        let mut dirs = std::collections::VecDeque::from([start]);
        let mut seen = 0;
        while let Some(dir) = dirs.pop_front() {
            seen += 1;
            if seen > MOST_DIRS || found.len() >= MOST_FOUND {
                break;
            }
            for entry in self.call.world.list(&dir, MOST_FOUND).unwrap_or_default() {
                if entry.is_dir {
                    if deep {
                        dirs.push_back(dir.join(entry.name));
                    }
                } else if entry.name.to_str().is_some_and(|name| fits(pattern, name)) {
                    found.push(dir.join(entry.name));
                }
            }
        }
        found
    }

    /// Says that files get other names.
    pub(super) fn moved(&mut self, from: &Val, from_source: &str, to: &Val, to_source: &str) {
        let places: Vec<Option<PathBuf>> =
            to.texts().iter().map(|text| text.as_ref().and_then(Text::text).and_then(|text| self.path(text))).collect();
        // Moved onto a device, the content is gone.
        if places.iter().flatten().any(|place| place == Path::new("/dev/null")) {
            return self.files(Act::Cut, from, from_source);
        }
        for text in from.texts() {
            let known = text.as_ref().and_then(Text::text).map(str::to_owned);
            let path = known.as_deref().and_then(|text| self.path(text));
            match (known, path, places.first()) {
                (Some(known), Some(path), Some(Some(place))) => {
                    let mut place = place.clone();
                    if self.call.world.kind(&place) == Some(crate::FileKind::Directory)
                        && let Some(base) = path.file_name()
                    {
                        place.push(base);
                    }
                    // What stands there already is lost.
                    if place != path
                        && self.call.world.kind(&place).is_some_and(|kind| kind != crate::FileKind::Directory)
                    {
                        let target = Target::new(kind(&place), to_name(to, &place)).at(vec![place.clone()]);
                        self.say(Effect::new(Verb::Modify, target).within(Scope::Content));
                    }
                    let scope = Scope::Moved { to: place };
                    self.say(
                        Effect::new(Verb::Modify, Target::new(kind(&path), name(&known)).at(vec![path])).within(scope),
                    );
                }
                (Some(known), Some(path), _) => {
                    self.say(Effect::new(Verb::Modify, Target::new(kind(&path), name(&known)).at(vec![path])));
                    self.files(Act::Write, to, to_source);
                }
                _ => match &text {
                    Some(text) if !text.start().is_empty() => {
                        self.files(Act::Touch, &Val::Str(text.clone()), from_source)
                    }
                    _ => self.unknown(Verb::Create, from_source, "the program renames a file whose name is computed"),
                },
            }
        }
    }

    /// Says that files are copied.
    pub(super) fn copied(&mut self, from: &Val, from_source: &str, to: &Val, to_source: &str) {
        self.files(Act::Read, from, from_source);
        // Into a directory that exists, the copy takes the name of what is copied.
        let mut places = Vec::new();
        for place in to.texts() {
            let known = place.as_ref().and_then(Text::text).map(str::to_owned);
            let dir = known
                .as_deref()
                .and_then(|text| self.path(text))
                .filter(|path| self.call.world.kind(path) == Some(crate::FileKind::Directory));
            match (known, dir) {
                (Some(known), Some(_)) => {
                    for text in from.texts() {
                        let base = text.as_ref().and_then(Text::text).and_then(|text| text.rsplit('/').next());
                        match base {
                            Some(base) => places.push(Val::str(format!("{}/{base}", known.trim_end_matches('/')))),
                            None => places.push(Val::Str(Text::below(&known, "*"))),
                        }
                    }
                }
                _ => places.push(place.map_or(Val::Unknown, Val::Str)),
            }
        }
        for place in places {
            self.files(Act::Write, &place, to_source);
        }
    }

    /// A word of a command.
    pub(super) fn arg(value: &Val, source: &str) -> Arg {
        let word = value.word();
        let source = match &word {
            Value::Known(text) => text.clone(),
            _ => match value {
                Val::Str(text) | Val::Path(text) | Val::File(text) => text.shown(),
                _ => format!("{{{source}}}"),
            },
        };
        Arg::new(word, source)
    }

    /// The words of a command that `value` is a list of.
    pub(super) fn words(value: &Val, source: &str) -> Vec<Arg> {
        match value {
            Val::List(list) => list
                .0
                .iter()
                .flat_map(|item| match item {
                    Val::List(_) | Val::Some(_) => Self::words(item, source),
                    _ => vec![Self::arg(item, source)],
                })
                .collect(),
            Val::Some(item) => vec![Self::arg(&item.0, source)],
            _ => vec![Self::arg(value, source)],
        }
    }

    /// Says that a program runs.
    pub(super) fn spawn(&mut self, argv: Vec<Arg>, dir: Option<&Val>, through: &str) {
        self.spawn_with(argv, dir, through, None);
    }

    /// The same, with what it reads.
    pub(super) fn spawn_with(&mut self, argv: Vec<Arg>, dir: Option<&Val>, through: &str, input: Option<&Val>) {
        let Some(first) = argv.first() else { return };
        if first.text().is_none() && self.speculative > 0 {
            return;
        }
        if matches!(first.value, Value::Unknown) {
            let source = first.source.clone();
            return self.unknown(Verb::Execute, &source, "the program runs a command whose name is computed");
        }
        let stdin = input.filter(|input| !matches!(input, Val::Null)).map(|input| match input.text("").text() {
            Some(text) => Stdin::Known(text.to_owned()),
            None => Stdin::Unknown("the program".to_owned()),
        });
        let inner = Inner { argv, cwd: self.place(dir), env: self.env.clone(), stdin };
        self.out.run(inner, through);
    }

    fn place(&self, dir: Option<&Val>) -> Option<Option<PathBuf>> {
        match dir {
            None | Some(Val::Null) => self.moved.then(|| self.cwd.clone()),
            Some(dir) => match dir.word() {
                Value::Known(text) => Some(self.path(&text)),
                _ => Some(None),
            },
        }
    }

    /// Says that a shell runs a command line.
    pub(super) fn shell(&mut self, value: &Val, source: &str, dir: Option<&Val>, through: &str) {
        for value in value.each() {
            match &value {
                Val::Str(text) | Val::Path(text) => self.shell_text(text, dir, through),
                Val::Content(file) => match file.text().and_then(|text| self.path(text)) {
                    Some(path) => self.out.file(Language::Shell, path, &[], through),
                    None => self.unknown(Verb::Execute, source, "the program runs a command line that it computes"),
                },
                Val::Null => {}
                Val::List(_) => self.spawn(Self::words(&value, source), dir, through),
                _ => self.unknown(Verb::Execute, source, "the program runs a command line that it computes"),
            }
        }
    }

    fn shell_text(&mut self, text: &Text, dir: Option<&Val>, through: &str) {
        let place = self.place(dir);
        if let (Some(known), None, true) = (text.text(), &place, self.env.is_empty()) {
            self.out.code(Language::Shell, known, &[], through);
            return;
        }
        if text.start().trim().is_empty() {
            let shown = text.shown();
            return self.unknown(Verb::Execute, &shown, "the program runs a command line that it computes");
        }
        if text.text().is_none() && self.speculative > 0 {
            return;
        }
        // What is not known becomes a variable that is not known, so that the shell's own rules apply to it.
        let mut env = self.env.clone();
        let (mut line, mut quote) = (String::new(), None);
        for piece in &text.pieces {
            match piece {
                Piece::Known(known) => {
                    let mut escaped = false;
                    for letter in known.chars() {
                        match quote {
                            _ if escaped => escaped = false,
                            None | Some('"') if letter == '\\' => escaped = true,
                            None if matches!(letter, '\'' | '"') => quote = Some(letter),
                            Some(open) if open == letter => quote = None,
                            _ => {}
                        }
                    }
                    line.push_str(known);
                }
                Piece::Hole(source) => {
                    let simple = !source.is_empty()
                        && source.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
                        && !source.starts_with(|letter: char| letter.is_ascii_digit());
                    let name = if simple { format!("unknown_{source}") } else { format!("unknown_{}", env.len()) };
                    if quote == Some('\'') {
                        line.push_str(&format!("'\"${{{name}}}\"'"));
                    } else {
                        line.push_str(&format!("${{{name}}}"));
                    }
                    env.push((name, Value::Unknown));
                }
            }
        }
        let argv = Arg::known(line).for_shell();
        self.out.run(Inner { argv, cwd: place, env, stdin: None }, through);
    }

    /// Says that statements go to a database.
    pub(super) fn sql(&mut self, value: &Val, about: Option<&str>) {
        if about.is_some_and(super::meaning::in_memory) {
            return;
        }
        for value in value.each() {
            let Val::Str(text) = &value else { continue };
            // A part that is not known is a name or a value: it is written so that the statement can be read.
            let text: String = text
                .pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Known(text) => text.clone(),
                    Piece::Hole(source) => super::sql::hole(source),
                })
                .collect();
            super::sql::embedded(&text, about, &mut |effect| self.say(effect));
        }
    }

    /// Says that something goes to, or comes from, another machine.
    pub(super) fn host(&mut self, verb: Verb, value: &Val) {
        for text in value.texts().into_iter().flatten() {
            let start = text.start();
            let rest = start.split_once("://").map_or(start, |(_, rest)| rest);
            let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
            let host = host.rsplit('@').next().unwrap_or(host);
            if !host.is_empty() {
                self.say(Effect::new(verb, Target::new(TargetKind::Host, host)));
            }
        }
    }

    /// Says that code runs which cannot be read.
    pub(super) fn hidden(&mut self, source: &str, why: &str) {
        self.unknown(Verb::Execute, source, why);
    }
}
