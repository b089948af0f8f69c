//! The functions of makefiles.

use std::collections::BTreeMap;

use super::Make;
use super::expand::arguments;
use super::text::{is_open, known_start};
use super::variables::{Origin, Variable};
use crate::call::{HOLE, normalize};
use crate::shell::{Found, find_names};

/// Separates the arguments of a function where they are one text; no makefile contains it.
const BETWEEN: char = '\u{1}';
/// Words that one list may have.
const MOST_WORDS: usize = 5_000;

/// How many arguments a function takes at most; `None` where there is no such function.
fn most_arguments(name: &str) -> Option<usize> {
    Some(match name {
        "subst" | "patsubst" | "foreach" | "wordlist" | "if" => 3,
        "filter" | "filter-out" | "findstring" | "addprefix" | "addsuffix" | "join" | "word" | "file" => 2,
        "and" | "or" | "call" | "intcmp" | "let" => usize::MAX,
        "strip" | "sort" | "words" | "firstword" | "lastword" | "dir" | "notdir" | "suffix" | "basename"
        | "abspath" | "realpath" | "wildcard" | "eval" | "shell" | "origin" | "flavor" | "value" | "error"
        | "warning" | "info" | "guile" => 1,
        _ => return None,
    })
}

pub(super) fn is_function(name: &str) -> bool {
    most_arguments(name).is_some()
}

/// Whether text that is not empty counts as true; `None` where it is not known to be empty or not.
pub(super) fn is_true(text: &str) -> Option<bool> {
    let text = text.trim();
    if text.is_empty() {
        Some(false)
    } else if text.chars().any(|letter| !is_open(letter.encode_utf8(&mut [0; 4]))) {
        Some(true)
    } else {
        None
    }
}

/// What `%` stands for in `word`, where it fits `pattern`.
pub(super) fn stem<'w>(pattern: &str, word: &'w str) -> Option<&'w str> {
    match pattern.split_once('%') {
        Some((before, after)) => word.strip_prefix(before)?.strip_suffix(after),
        None => (pattern == word).then_some(""),
    }
}

impl Make<'_, '_> {
    /// The function `name` with the text of its arguments, not yet expanded.
    pub(super) fn function(&mut self, name: &str, text: &str, open: char) -> String {
        let parts = arguments(text, open, most_arguments(name).unwrap_or(1));
        let part = |n: usize| parts.get(n).copied().unwrap_or_default();
        match name {
            "if" => {
                let condition = self.expand(part(0));
                match self.truth(&condition) {
                    Some(true) => self.expand(part(1)),
                    Some(false) => self.expand(part(2)),
                    None => {
                        self.unsure += 1;
                        let both = vec![self.expand(part(1)), self.expand(part(2))];
                        self.unsure -= 1;
                        self.marks.one_of(both)
                    }
                }
            }
            "or" => {
                let mut maybe = Vec::new();
                for part in &parts {
                    let text = self.expand(part.trim());
                    match self.truth(&text) {
                        Some(true) => {
                            maybe.push(text);
                            return self.marks.one_of(maybe);
                        }
                        Some(false) => {}
                        None => maybe.push(text),
                    }
                }
                if !maybe.is_empty() {
                    maybe.push(String::new());
                }
                self.marks.one_of(maybe)
            }
            "and" => {
                let mut sure = true;
                let mut last = String::new();
                for part in &parts {
                    last = self.expand(part.trim());
                    match self.truth(&last) {
                        Some(true) => {}
                        Some(false) => return String::new(),
                        None => sure = false,
                    }
                }
                if sure { last } else { self.marks.one_of(vec![String::new(), last]) }
            }
            "foreach" => {
                let name = self.expand(part(0));
                let list = self.expand(part(1));
                self.each(name.trim(), &list, part(2))
            }
            "call" => self.called(&parts),
            "value" => {
                let name = self.expand(part(0));
                match self.find(name.trim()) {
                    Some(variable) => {
                        let texts = variable.definitions.iter().map(|definition| definition.text.to_string()).collect();
                        self.marks.one_of(texts)
                    }
                    None => String::new(),
                }
            }
            "let" | "guile" => {
                for part in &parts {
                    let _ = self.expand(part);
                }
                self.doubt("a function of the makefile is not known");
                HOLE.to_string()
            }
            _ => {
                let args: Vec<String> = parts.iter().map(|part| self.expand(part)).collect();
                self.apply(name, &args)
            }
        }
    }

    /// Whether `text` counts as true, whatever it is of several.
    pub(super) fn truth(&self, text: &str) -> Option<bool> {
        let texts = self.marks.texts(text);
        let mut all = texts.iter().map(|text| is_true(text));
        let first = all.next()??;
        all.all(|other| other == Some(first)).then_some(first)
    }

    /// `$(foreach …)`.
    fn each(&mut self, name: &str, list: &str, body: &str) -> String {
        if self.marks.is_split(list) {
            let lists = self.marks.texts(list);
            self.unsure += 1;
            let values = lists.iter().map(|list| self.each(name, list, body)).collect();
            self.unsure -= 1;
            return self.marks.one_of(values);
        }
        let mut out = Vec::new();
        for word in list.split_whitespace().take(MOST_WORDS) {
            let variable = Variable::new(true, word, Origin::Automatic);
            self.scopes.push(BTreeMap::from([(name.into(), variable)]));
            out.push(self.expand(body));
            self.scopes.pop();
            if self.stopped || self.over {
                break;
            }
        }
        out.join(" ")
    }

    /// `$(call NAME,…)`.
    fn called(&mut self, parts: &[&str]) -> String {
        let args: Vec<String> = parts.iter().map(|part| self.expand(part)).collect();
        let name = args.first().map(|name| name.trim().to_owned()).unwrap_or_default();
        let rest = args.get(1..).unwrap_or_default();
        if most_arguments(&name).is_some()
            && !matches!(name.as_str(), "if" | "or" | "and" | "foreach" | "call" | "value")
        {
            return self.apply(&name, rest);
        }
        if is_open(&name) && !self.marks.is_split(&name) {
            self.doubt("which function the makefile calls is not known");
            return HOLE.to_string();
        }
        let mut scope = BTreeMap::new();
        scope.insert("0".into(), Variable::new(true, &name, Origin::Automatic));
        for (at, arg) in rest.iter().enumerate() {
            scope.insert((at + 1).to_string().into(), Variable::new(true, arg, Origin::Automatic));
        }
        for at in rest.len() + 1..10 {
            scope.insert(at.to_string().into(), Variable::new(true, "", Origin::Automatic));
        }
        self.scopes.push(scope);
        let value = self.value(&name);
        self.scopes.pop();
        value
    }

    /// A function whose arguments have been expanded, for every text that they may be.
    pub(super) fn apply(&mut self, name: &str, args: &[String]) -> String {
        let joined = args.join(&BETWEEN.to_string());
        if !self.marks.is_split(&joined) {
            return self.one(name, args);
        }
        let mut values = Vec::new();
        self.unsure += 1;
        for text in self.marks.texts(&joined) {
            let args: Vec<String> = text.split(BETWEEN).map(str::to_owned).collect();
            values.push(self.one(name, &args));
        }
        self.unsure -= 1;
        self.marks.one_of(values)
    }

    fn one(&mut self, name: &str, args: &[String]) -> String {
        let arg = |n: usize| args.get(n).map(String::as_str).unwrap_or_default();
        let list = |n: usize| arg(n).split_whitespace().take(MOST_WORDS);
        let each = |change: &dyn Fn(&str) -> String| list(0).map(change).collect::<Vec<_>>().join(" ");
        match name {
            "subst" if arg(0).is_empty() => format!("{}{}", arg(2), arg(1)),
            "subst" => self.marks.plain(arg(2)).replace(arg(0), arg(1)),
            "patsubst" => {
                let (from, to) = (arg(0).trim(), arg(1).trim());
                let change = |word: &str| {
                    if is_open(word) || is_open(from) {
                        // The beginning of a path is still what it is where only an end is changed.
                        let (kept, same) = (known_start(word), from.starts_with('%') && to.starts_with('%'));
                        return if same { format!("{kept}{HOLE}") } else { HOLE.to_string() };
                    }
                    match (stem(from, word), to.split_once('%')) {
                        (Some(stem), Some((before, after))) => format!("{before}{stem}{after}"),
                        (Some(_), None) => to.to_owned(),
                        (None, _) => word.to_owned(),
                    }
                };
                list(2).map(change).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
            }
            "strip" => list(0).collect::<Vec<_>>().join(" "),
            "findstring" => {
                if arg(1).contains(arg(0)) {
                    arg(0).to_owned()
                } else if is_open(arg(0)) || is_open(arg(1)) {
                    let maybe = if is_open(arg(0)) { HOLE.to_string() } else { arg(0).to_owned() };
                    self.marks.one_of(vec![String::new(), maybe])
                } else {
                    String::new()
                }
            }
            "filter" | "filter-out" => {
                let patterns: Vec<&str> = list(0).collect();
                let keeps = name == "filter";
                let mut out: Vec<String> = Vec::new();
                for word in list(1) {
                    if is_open(word) {
                        out.push(HOLE.to_string());
                    } else if patterns.iter().any(|pattern| stem(pattern, word).is_some()) {
                        out.extend(keeps.then(|| word.to_owned()));
                    } else if patterns.iter().any(|pattern| is_open(pattern)) {
                        out.push(HOLE.to_string());
                    } else {
                        out.extend((!keeps).then(|| word.to_owned()));
                    }
                }
                out.join(" ")
            }
            "sort" => {
                let mut words: Vec<&str> = list(0).collect();
                words.sort_unstable();
                words.dedup();
                words.join(" ")
            }
            "word" | "firstword" | "lastword" | "wordlist" | "words" => Self::words(name, args),
            "dir" => each(&|word| match (word.rsplit_once('/'), is_open(word)) {
                (_, true) => format!("{}{HOLE}", known_start(word)),
                (Some((dir, _)), false) => format!("{dir}/"),
                (None, false) => "./".to_owned(),
            }),
            "notdir" => each(&|word| {
                if is_open(word) { HOLE.to_string() } else { word.rsplit('/').next().unwrap_or_default().to_owned() }
            }),
            "suffix" => list(0)
                .filter_map(|word| {
                    if is_open(word) {
                        return Some(HOLE.to_string());
                    }
                    let name = word.rsplit('/').next().unwrap_or_default();
                    name.rsplit_once('.').map(|(_, suffix)| format!(".{suffix}"))
                })
                .collect::<Vec<_>>()
                .join(" "),
            "basename" => each(&|word| {
                if is_open(word) {
                    return format!("{}{HOLE}", known_start(word));
                }
                match word.rsplit_once('.') {
                    Some((base, suffix)) if !suffix.contains('/') => base.to_owned(),
                    _ => word.to_owned(),
                }
            }),
            "addprefix" => {
                list(1).map(|word| format!("{}{}", arg(0), self.marks.plain(word))).collect::<Vec<_>>().join(" ")
            }
            "addsuffix" => {
                list(1).map(|word| format!("{}{}", self.marks.plain(word), arg(0))).collect::<Vec<_>>().join(" ")
            }
            "join" => {
                let (mut left, mut right) = (list(0), list(1));
                let mut out = Vec::new();
                loop {
                    match (left.next(), right.next()) {
                        (None, None) => break,
                        (a, b) => out.push(format!("{}{}", a.unwrap_or_default(), b.unwrap_or_default())),
                    }
                }
                out.join(" ")
            }
            "abspath" | "realpath" => {
                let cwd = self.cwd.clone();
                let absolute = |word: &str| {
                    if is_open(word) {
                        let start = known_start(word);
                        return if start.starts_with('/') { format!("{start}{HOLE}") } else { HOLE.to_string() };
                    }
                    normalize(&cwd.join(word)).to_string_lossy().into_owned()
                };
                let gone = |path: &String| {
                    name == "realpath" && !is_open(path) && self.call.world.kind(std::path::Path::new(path)).is_none()
                };
                list(0).map(absolute).filter(|path| !gone(path)).collect::<Vec<_>>().join(" ")
            }
            "wildcard" => self.wildcard(arg(0)),
            "origin" | "flavor" => self.described(name, arg(0).trim()),
            "eval" => {
                self.read(arg(0));
                String::new()
            }
            "shell" => self.shell_function(arg(0)),
            "file" => self.write_file(arg(0)),
            "error" => {
                if self.unsure == 0 {
                    self.stopped = true;
                }
                String::new()
            }
            "warning" | "info" => String::new(),
            "intcmp" => HOLE.to_string(),
            _ => HOLE.to_string(),
        }
    }

    fn words(name: &str, args: &[String]) -> String {
        let text = args.last().map(String::as_str).unwrap_or_default();
        let words: Vec<&str> = text.split_whitespace().take(MOST_WORDS).collect();
        let number = |n: usize| args.get(n).and_then(|text| text.trim().parse::<usize>().ok());
        let (from, to) = match name {
            "words" if !is_open(text) => return words.len().to_string(),
            "words" => return HOLE.to_string(),
            "firstword" => (1, 1),
            "lastword" => (words.len(), words.len()),
            "word" => match number(0) {
                Some(at) => (at, at),
                None => return HOLE.to_string(),
            },
            _ => match (number(0), number(1)) {
                (Some(from), Some(to)) => (from, to),
                _ => return HOLE.to_string(),
            },
        };
        // What comes before may be any number of words.
        let open = |word: &&str| is_open(word);
        let before = if name == "lastword" { words.last().is_some_and(open) } else { words.iter().take(to).any(open) };
        if before {
            let first = words.first().copied().unwrap_or_default();
            let start = if from == 1 || words.len() == 1 { known_start(first) } else { "" };
            return format!("{start}{HOLE}");
        }
        let from = from.max(1) - 1;
        words.get(from..to.min(words.len())).unwrap_or_default().join(" ")
    }

    fn wildcard(&mut self, patterns: &str) -> String {
        let mut out = Vec::new();
        for pattern in patterns.split_whitespace().take(MOST_WORDS) {
            if is_open(pattern) {
                out.push(format!("{}{HOLE}", known_start(pattern)));
                continue;
            }
            match find_names(pattern, Some(&self.cwd), false, self.call.world, &mut self.entries) {
                Found::Names(names) => {
                    // Without a wildcard, the name is there or is not.
                    let is_there = |name: &String| self.call.world.kind(&self.cwd.join(name)).is_some();
                    out.extend(names.into_iter().filter(is_there));
                }
                Found::Nothing => {}
                Found::Below { text, .. } => out.push(text),
            }
        }
        out.join(" ")
    }

    fn described(&self, function: &str, name: &str) -> String {
        if is_open(name) {
            return HOLE.to_string();
        }
        let variable = self.find(name);
        if function == "flavor" {
            let simple = variable.and_then(|variable| variable.definitions.first().map(|one| one.simple));
            return simple.map_or("undefined", |simple| if simple { "simple" } else { "recursive" }).to_owned();
        }
        match variable.map(|variable| variable.origin) {
            None => "undefined",
            Some(Origin::Default) => "default",
            Some(Origin::Environment) => "environment",
            Some(Origin::File) => "file",
            Some(Origin::CommandLine) => "command line",
            Some(Origin::Override) => "override",
            Some(Origin::Automatic) => "automatic",
        }
        .to_owned()
    }
}
