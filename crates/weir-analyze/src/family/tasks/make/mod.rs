//! GNU make: the makefile is read as make reads it, and the recipes that the goals need are given to the shell.

mod expand;
mod functions;
mod options;
mod read;
mod rules;
mod run;
#[cfg(test)]
mod tests;
mod text;
mod variables;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::call::{Arg, Call, HOLE, Inner, Say};

use super::{reads, runs, shown, unknowable, unread};
use crate::quote::quoted;
use options::Options;
use rules::{Rule, TargetVariable};
use text::{HOLE_TEXT, Marks, is_open, without_marks};
use variables::{DEFAULTS, Definition, Origin, Variable, Variables};

/// Bytes of one makefile, and of all.
const MOST_BYTES: usize = 1 << 20;
const MOST_ALL_BYTES: usize = 4 << 20;
/// Makefiles that are read.
const MOST_FILES: usize = 300;
/// Directory entries that patterns may look at.
const MOST_ENTRIES: usize = 20_000;
/// Calls of make inside each other.
const MOST_LEVELS: usize = 8;
/// Commands that are run while the makefile is read.
const MOST_ASKED: usize = 500;

/// One call of make.
struct Make<'c, 's> {
    call: &'c Call<'c>,
    say: &'s mut dyn Say,
    options: Options,
    cwd: PathBuf,
    level: usize,
    marks: Marks,
    variables: Variables,
    /// Variables that hold for a while: of a target, a function or a loop.
    scopes: Vec<BTreeMap<Rc<str>, Variable>>,
    rules: Vec<Rule>,
    target_variables: Vec<TargetVariable>,
    /// The rule to which lines of a recipe belong.
    open: Option<usize>,
    /// Makefiles that are to be included and are not there.
    missing: Vec<String>,
    /// Makefiles that have been read, by the names that they were given.
    files: Vec<String>,
    /// Shell commands that have been told already.
    asked: BTreeSet<String>,
    /// How many conditions that are not known are around what is read.
    unsure: usize,
    export_all: bool,
    second: bool,
    /// Make stops here with an error.
    stopped: bool,
    /// A limit was reached.
    over: bool,
    /// Why part of it is not understood.
    doubts: Option<String>,
    too_much: Option<&'static str>,
    nested: usize,
    depth: usize,
    steps: usize,
    lines: usize,
    bytes: usize,
    entries: usize,
    /// Lines of recipes that have been given to the shell.
    ran: usize,
    done: BTreeSet<String>,
    by_target: BTreeMap<Rc<str>, Vec<usize>>,
    instances: BTreeMap<usize, usize>,
}

/// Says what a call of make does.
pub(super) fn interpret(call: &Call<'_>, say: &mut dyn Say) {
    for args in crate::family::alternatives(call.argv.get(1..).unwrap_or_default()) {
        one(call, &args, say);
    }
}

fn one(call: &Call<'_>, args: &[crate::call::Arg], say: &mut dyn Say) {
    let options = Options::read(call, args);
    let name = shown(call, &options.words);
    if options.shows {
        return reads(call, say);
    }
    let Some(cwd) = options.cwd(call) else {
        return unread(&name, "in which directory it runs is not known", say);
    };
    let level = match call.variable("MAKELEVEL") {
        Some(crate::call::Value::Known(text)) => text.parse().unwrap_or(0),
        _ => 0,
    };
    if level > MOST_LEVELS {
        return unknowable(&name, "too many calls of make are inside each other", say);
    }
    let mut make = Make {
        call,
        say,
        options,
        cwd,
        level,
        marks: Marks::default(),
        variables: DEFAULTS
            .iter()
            .map(|(name, text)| ((*name).into(), Variable::new(false, text, Origin::Default)))
            .collect(),
        scopes: Vec::new(),
        rules: Vec::new(),
        target_variables: Vec::new(),
        open: None,
        missing: Vec::new(),
        files: Vec::new(),
        asked: BTreeSet::new(),
        unsure: 0,
        export_all: false,
        second: false,
        stopped: false,
        over: false,
        doubts: None,
        too_much: None,
        nested: 0,
        depth: 0,
        steps: 0,
        lines: 0,
        bytes: 0,
        entries: MOST_ENTRIES,
        ran: 0,
        done: BTreeSet::new(),
        by_target: BTreeMap::new(),
        instances: BTreeMap::new(),
    };
    make.go(&name);
}

impl Make<'_, '_> {
    fn go(&mut self, name: &str) {
        self.predefine();
        let texts = std::mem::take(&mut self.options.evals);
        let files = self.options.files.clone();
        if files.iter().any(Option::is_none) {
            return unread(name, "which makefile it reads is not known", self.say);
        }
        let files: Vec<String> = files.into_iter().flatten().collect();
        let files = if files.is_empty() {
            let usual = ["GNUmakefile", "makefile", "Makefile"];
            let found = usual.iter().find(|name| self.call.world.kind(&self.cwd.join(name)).is_some());
            match found {
                Some(found) => vec![(*found).to_owned()],
                None if texts.is_empty() => {
                    return unread(name, "what this target runs has not been read", self.say);
                }
                None => Vec::new(),
            }
        } else {
            files
        };
        if self.options.dry {
            reads(self.call, self.say)
        } else {
            runs(name, self.say)
        }
        if let Some(crate::call::Value::Known(more)) = self.call.variable("MAKEFILES") {
            for file in more.split_whitespace() {
                self.include_file(file, false);
            }
            // None of these has the default goal.
            self.variables.insert(".DEFAULT_GOAL".into(), Variable::new(true, "", Origin::File));
            for rule in &mut self.rules {
                rule.maybe = true;
            }
        }
        for text in &texts {
            self.read(text);
        }
        for file in &files {
            self.read_first(file, name);
        }
        if !self.stopped && !self.over {
            self.run_goals();
        }
        if self.over {
            unknowable(name, self.too_much.unwrap_or("it is too much"), self.say);
        } else if let Some(why) = &self.doubts {
            unread(name, why, self.say);
        }
    }

    /// What make and its command line define before anything is read.
    fn predefine(&mut self) {
        let mut define = |name: &str, text: &str, origin| {
            self.variables.insert(name.into(), Variable::new(true, text, origin));
        };
        let program = self.call.argv.first().and_then(crate::call::Arg::text).unwrap_or("make");
        define("MAKE_COMMAND", program, Origin::Default);
        define("CURDIR", &self.cwd.to_string_lossy(), Origin::File);
        define("MAKECMDGOALS", &self.options.goals.join(" "), Origin::Automatic);
        define("MAKELEVEL", &self.level.to_string(), Origin::Automatic);
        define("MAKEFILE_LIST", "", Origin::File);
        define(".DEFAULT_GOAL", "", Origin::File);
        let flags = self.options.flags();
        define("MAKEFLAGS", &flags, Origin::File);
        define("MFLAGS", &flags, Origin::File);
        let overrides = self.options.variables.clone();
        for (name, operator, text) in &overrides {
            let text = without_marks(text);
            let simple = operator.contains(':');
            let text = if simple { self.expand(&text) } else { text };
            self.variables.insert(name.as_str().into(), Variable::new(simple, &text, Origin::CommandLine));
        }
    }

    /// Reads a makefile that make was told to read.
    fn read_first(&mut self, file: &str, name: &str) {
        if matches!(file, "-" | "/dev/stdin" | "/dev/fd/0") {
            use crate::call::Stdin;
            match &self.call.stdin {
                Stdin::Known(text) => {
                    let text = without_marks(text);
                    self.read(&text);
                }
                Stdin::None => {}
                Stdin::Unknown(from) | Stdin::Paths { from, .. } => {
                    unknowable(name, &format!("its makefile comes from `{from}`"), self.say);
                }
            }
            return;
        }
        if !self.load(file) {
            let path = self.cwd.join(file);
            if self.call.world.kind(&path).is_some() {
                unknowable(name, &format!("`{file}` cannot be read beforehand"), self.say);
            } else {
                unread(name, "what this target runs has not been read", self.say);
            }
            self.stopped = true;
        }
    }

    /// Reads and pins a file; false where that cannot be done.
    fn load(&mut self, file: &str) -> bool {
        let Some(path) = crate::call::locate(self.call.world, Some(&self.cwd), file) else { return false };
        let Some(bytes) = self.call.world.read(&path, MOST_BYTES) else { return false };
        self.bytes += bytes.len();
        if self.bytes > MOST_ALL_BYTES || self.files.len() > MOST_FILES {
            self.give_up("the makefiles are too large");
            return true;
        }
        self.say.pin(path, &bytes);
        self.files.push(file.to_owned());
        let list: Vec<&str> = self.files.iter().map(String::as_str).collect();
        let list = Variable::new(true, &list.join(" "), Origin::File);
        self.variables.insert("MAKEFILE_LIST".into(), list);
        let text = without_marks(&String::from_utf8_lossy(&bytes));
        self.read(&text);
        true
    }

    fn include_file(&mut self, file: &str, must: bool) {
        if self.load(file) {
            return;
        }
        if !Path::new(file).is_absolute() {
            for dir in self.options.includes.clone() {
                if self.load(&format!("{dir}/{file}")) {
                    return;
                }
            }
        }
        if self.call.world.kind(&self.cwd.join(file)).is_some() {
            self.give_up("an included makefile cannot be read beforehand");
        } else if self.missing.len() < MOST_FILES {
            let _ = must;
            self.missing.push(file.to_owned());
        }
    }

    /// Gives a variable a text.
    fn assign(&mut self, name: &str, operator: &str, text: &str, modifiers: &[&str]) {
        let name = self.expand(name);
        let name = name.trim();
        if is_open(name) {
            return self.doubt("which variable the makefile sets is not known");
        }
        let origin = if modifiers.contains(&"override") { Origin::Override } else { Origin::File };
        let before = self.find(name);
        if let Some(before) = &before {
            let strong = self.options.environment_wins && before.origin == Origin::Environment;
            let stronger = before.origin > origin && before.origin != Origin::Automatic;
            if stronger || (strong && origin == Origin::File) {
                return;
            }
        }
        let mut variable = match operator {
            ":=" | "::=" | ":::=" => Variable::new(true, &self.expand(text), origin),
            "!=" => {
                let command = self.expand(text);
                let printed = self.apply("shell", &[command]);
                Variable::new(true, &printed, origin)
            }
            "?=" if before.is_some() => return,
            "+=" => match &before {
                Some(before) => {
                    let expanded = self.expand(text);
                    let add = |definition: &Definition| {
                        let more = if definition.simple { expanded.as_str() } else { text };
                        if more.is_empty() {
                            return definition.clone();
                        }
                        let space = if definition.text.is_empty() { "" } else { " " };
                        Definition { text: format!("{}{space}{more}", definition.text).into(), ..definition.clone() }
                    };
                    Variable { definitions: before.definitions.iter().map(add).collect(), origin, exported: None }
                }
                None => Variable::new(false, text, origin),
            },
            _ => Variable::new(false, text, origin),
        };
        variable.exported = match modifiers.iter().find(|word| matches!(**word, "export" | "unexport")) {
            Some(word) => Some(*word == "export"),
            None => self.variables.get(name).and_then(|before| before.exported),
        };
        let size: usize = variable.definitions.iter().map(|one| one.text.len()).sum();
        if self.variables.len() > 10_000 || size > text::MOST_BYTES {
            return self.give_up("the makefile has too many variables");
        }
        self.variables.insert(name.into(), variable);
    }

    /// `export NAMES`; no names: all.
    fn export(&mut self, names: &str, export: bool) {
        if names.trim().is_empty() {
            self.export_all = export;
            return;
        }
        for name in names.split_whitespace() {
            if let Some(mut variable) = self.find(name) {
                variable.exported = Some(export);
                self.variables.insert(name.into(), variable);
            } else {
                let mut variable = Variable::new(true, "", Origin::Default);
                variable.exported = Some(export);
                self.variables.insert(name.into(), variable);
            }
        }
    }

    fn recipe_prefix(&self) -> char {
        let prefix = self.variables.get(".RECIPEPREFIX").and_then(|variable| variable.definitions.first());
        prefix.and_then(|definition| definition.text.chars().next()).unwrap_or('\t')
    }

    /// `$(shell …)`: the command runs now.
    fn shell_function(&mut self, command: &str) -> String {
        let command = command.trim();
        if command.is_empty() {
            return String::new();
        }
        let text = self.marks.shell(command, None);
        if text == "pwd" || text == "pwd -P" {
            return self.cwd.to_string_lossy().into_owned();
        }
        if let Some(words) = text.strip_prefix("echo ")
            && words
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, ' ' | '_' | '.' | '/' | '-'))
            && !words.starts_with('-')
        {
            return words.split_whitespace().collect::<Vec<_>>().join(" ");
        }
        if self.asked.len() > MOST_ASKED {
            self.give_up("reading the makefile runs too many commands");
            return HOLE.to_string();
        }
        if self.asked.insert(text.clone()) {
            self.run_shell(&text, "make $(shell)", Vec::new());
        }
        self.marks.printed(&text)
    }

    /// `$(file >NAME,TEXT)`.
    fn write_file(&mut self, what: &str) -> String {
        let what = what.trim();
        let Some(name) = what.strip_prefix('>') else { return HOLE_TEXT.to_owned() };
        let (operator, name) = name.strip_prefix('>').map_or((">", name), |name| (">>", name));
        let name = self.marks.plain(name.trim());
        let target = if is_open(&name) { format!("\"{name}\"") } else { quoted(&name) };
        self.run_shell(&format!(": {operator} {target}"), "make $(file)", Vec::new());
        String::new()
    }

    /// Runs a line in make's directory, by the shell that the makefile wants.
    fn run_shell(&mut self, text: &str, through: &str, env: Vec<(String, crate::call::Value)>) {
        let (shell, flags) = (self.value("SHELL"), self.value(".SHELLFLAGS"));
        let mut argv: Vec<_> = shell.split_whitespace().map(|word| Arg::with_holes(&self.marks.plain(word))).collect();
        if argv.is_empty() || shell == "/bin/sh" {
            argv = vec![Arg::with_holes("sh")];
        }
        argv.extend(flags.split_whitespace().map(|word| Arg::with_holes(&self.marks.plain(word))));
        argv.push(Arg::with_holes(text));
        self.say.run(Inner { argv, cwd: Some(Some(self.cwd.clone())), env, stdin: None }, through);
    }

    /// Part of the makefile is not understood.
    fn doubt(&mut self, why: &str) {
        self.doubts.get_or_insert_with(|| why.to_owned());
    }

    /// A limit was reached.
    fn give_up(&mut self, why: &'static str) {
        self.over = true;
        self.too_much.get_or_insert(why);
    }
}
