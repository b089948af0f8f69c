//! From goals to recipes: which rules make a target, and what their recipes say.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::Make;
use super::rules::{Rule, implicit_stem, is_target};
use super::text::{HOLE_TEXT, is_open};
use super::variables::{Origin, Variable};
use crate::call::Value;

/// Prerequisites of prerequisites.
const MOST_DEPTH: usize = 100;
/// Lines of recipes that are looked at.
const MOST_RUN: usize = 3_000;
/// Targets that one pattern makes and that are looked at one by one; the rest is one target that is not known.
const MOST_INSTANCES: usize = 500;
/// Variables that the commands of a recipe see.
const MOST_EXPORTED: usize = 200;
/// Patterns that may follow each other to make one target.
const MOST_CHAINED: usize = 3;

/// How one target is made by one rule.
struct Making {
    stem: String,
    prerequisites: Vec<String>,
    order_only: Vec<String>,
}

impl Make<'_, '_> {
    pub(super) fn run_goals(&mut self) {
        self.index();
        if self.options.unknown_goal {
            self.doubt("which target it makes is not known");
        }
        for file in std::mem::take(&mut self.missing) {
            if self.makes(&file) {
                // Make reads it once it is there.
                self.doubt("a makefile that it includes is made first");
                self.build(&file, 0);
            }
        }
        for file in self.files.clone() {
            if self.by_target.contains_key(file.as_str()) && self.is_outdated(&file) {
                self.doubt("the makefile is made anew first");
                self.build(&file, 0);
            }
        }
        let goals = self.goals();
        for goal in goals {
            self.build(&goal, 0);
        }
    }

    fn index(&mut self) {
        for (index, rule) in self.rules.iter().enumerate() {
            if rule.is_pattern() {
                continue;
            }
            for target in &rule.targets {
                let name = target.strip_prefix("./").unwrap_or(target);
                self.by_target.entry(name.into()).or_default().push(index);
            }
        }
        let suffixes = self.suffix_rules();
        self.rules.extend(suffixes);
    }

    /// `.c.o:` as the pattern that it means.
    fn suffix_rules(&self) -> Vec<Rule> {
        let mut known: Vec<String> = super::variables::DEFAULTS
            .iter()
            .filter(|(name, _)| *name == "SUFFIXES")
            .flat_map(|(_, text)| text.split_whitespace().map(str::to_owned))
            .collect();
        for rule in self.rules.iter().filter(|rule| rule.targets.iter().any(|target| &**target == ".SUFFIXES")) {
            known.extend(rule.prerequisites.iter().map(|suffix| suffix.to_string()));
        }
        let mut out = Vec::new();
        for rule in &self.rules {
            let [target] = rule.targets.as_slice() else { continue };
            if !target.starts_with('.') || rule.recipe.is_none() || !rule.prerequisites.is_empty() {
                continue;
            }
            for suffix in &known {
                let Some(rest) = target.strip_prefix(suffix.as_str()) else { continue };
                if rest.is_empty() || known.iter().any(|other| other == rest) {
                    let targets = vec![format!("%{rest}").into()];
                    let prerequisites = vec![format!("%{suffix}").into()];
                    out.push(Rule { targets, prerequisites, ..rule.clone() });
                    break;
                }
            }
        }
        out
    }

    /// The goals of the command line, or else the default one.
    fn goals(&mut self) -> Vec<String> {
        if !self.options.goals.is_empty() || self.options.unknown_goal {
            return self.options.goals.clone();
        }
        let chosen = self.value(".DEFAULT_GOAL");
        if !chosen.trim().is_empty() {
            return self.marks.texts(&chosen).iter().map(|goal| goal.trim().to_owned()).collect();
        }
        let mut goals = Vec::new();
        for rule in &self.rules {
            let first = rule.targets.first().filter(|_| !rule.is_pattern());
            let Some(first) = first.filter(|first| !first.starts_with('.') || first.contains('/')) else { continue };
            goals.push(first.to_string());
            if !rule.maybe {
                break;
            }
        }
        goals
    }

    fn explicit(&self, name: &str) -> Vec<usize> {
        let name = name.strip_prefix("./").unwrap_or(name);
        match self.by_target.get(name) {
            Some(found) => found.clone(),
            None => self
                .by_target
                .iter()
                .filter(|(target, _)| is_open(target) && is_target(target, name))
                .flat_map(|(_, rules)| rules.iter().copied())
                .collect(),
        }
    }

    fn exists(&self, name: &str) -> bool {
        self.call.world.kind(&self.cwd.join(name)).is_some()
    }

    /// True where some rule makes `name`.
    fn makes(&mut self, name: &str) -> bool {
        self.explicit(name).iter().any(|index| self.rules.get(*index).is_some_and(|rule| rule.recipe.is_some()))
            || self.implicit(name, 0).is_some()
    }

    /// True where a makefile is made anew for sure, or may be: something that it is made from is not there.
    fn is_outdated(&mut self, file: &str) -> bool {
        let rules = self.explicit(file);
        let mut all = Vec::new();
        for index in rules {
            let Some(rule) = self.rules.get(index).cloned() else { continue };
            if rule.recipe.as_ref().is_none_or(Vec::is_empty) {
                continue;
            }
            all.extend(self.making(&rule, file, "").prerequisites);
        }
        all.iter().any(|name| !self.exists(name))
    }

    /// The prerequisites that `rule` has for `target`.
    fn making(&mut self, rule: &Rule, target: &str, stem: &str) -> Making {
        let mut stem = stem.to_owned();
        if let Some(pattern) = &rule.pattern
            && let Some(found) = super::functions::stem(pattern, target)
        {
            stem = found.to_owned();
        }
        let patterned = rule.pattern.is_some() || rule.is_pattern();
        let second = rule.second;
        let (dir, base) = match stem.rfind('/') {
            Some(at) if rule.is_pattern() && rule.targets.iter().all(|target| !target.contains('/')) => {
                stem.split_at_checked(at + 1).unwrap_or(("", &stem))
            }
            _ => ("", stem.as_str()),
        };
        let read = |make: &mut Self, words: &[Rc<str>]| {
            let mut out = Vec::new();
            for word in words {
                let mut word = word.to_string();
                if patterned && word.contains('%') {
                    word = format!("{dir}{}", word.replacen('%', base, 1));
                }
                if second && word.contains('$') {
                    let mut scope = BTreeMap::new();
                    scope.insert("@".into(), Variable::new(true, target, Origin::Automatic));
                    scope.insert("*".into(), Variable::new(true, &stem, Origin::Automatic));
                    make.scopes.push(scope);
                    word = make.expand(&word);
                    make.scopes.pop();
                }
                for text in make.marks.texts(&word) {
                    for word in text.split_whitespace().filter(|word| *word != ".WAIT") {
                        if word.contains(['*', '?', '[']) && !is_open(word) {
                            let names = make.apply("wildcard", &[word.to_owned()]);
                            out.extend(names.split_whitespace().map(str::to_owned));
                        } else {
                            out.push(word.to_owned());
                        }
                    }
                }
            }
            out
        };
        let prerequisites = read(self, &rule.prerequisites);
        let order_only = read(self, &rule.order_only);
        Making { stem, prerequisites, order_only }
    }

    /// The pattern that makes `name`, with what `%` stands for.
    fn implicit(&mut self, name: &str, chained: usize) -> Option<(usize, String)> {
        if chained > MOST_CHAINED || is_open(name) || self.over {
            return None;
        }
        let mut fitting: Vec<(usize, String, bool)> = Vec::new();
        for (index, rule) in self.rules.iter().enumerate() {
            if !rule.is_pattern() || rule.recipe.is_none() {
                continue;
            }
            for target in &rule.targets {
                if let Some((dir, stem)) = implicit_stem(target, name) {
                    let full = format!("{dir}{stem}");
                    if fitting.iter().all(|(known, ..)| *known != index) {
                        fitting.push((index, full, &**target == "%"));
                    }
                }
            }
        }
        let exists = self.exists(name);
        fitting.retain(|(_, _, anything)| !(*anything && exists));
        fitting.sort_by_key(|(_, stem, _)| stem.len());
        for round in 0..2 {
            for (index, stem, anything) in &fitting {
                let rule = self.rules.get(*index).cloned()?;
                let making = self.making(&rule, name, stem);
                let mut all = making.prerequisites.iter().chain(&making.order_only);
                let fits = all.all(|needed| {
                    is_open(needed)
                        || self.exists(needed)
                        || !self.explicit(needed).is_empty()
                        || (round == 1 && !*anything && needed != name && self.implicit(needed, chained + 1).is_some())
                });
                if fits {
                    return Some((*index, stem.clone()));
                }
            }
        }
        // What it is made from may come from an earlier command.
        let first = fitting.into_iter().find(|(_, _, anything)| !anything && !exists && chained == 0);
        first.map(|(index, stem, _)| (index, stem))
    }

    fn build(&mut self, name: &str, depth: usize) {
        if self.stopped || self.over || name.is_empty() || !self.done.insert(name.to_owned()) {
            return;
        }
        if depth > MOST_DEPTH {
            return self.give_up("the targets of the makefile depend on each other too deeply");
        }
        if is_open(name) {
            self.doubt("part of what a target needs is not known");
            if !self.by_target.contains_key(name) {
                return;
            }
        }
        let scope = self.target_scope(name);
        self.scopes.push(scope);
        self.make_target(name, depth);
        self.scopes.pop();
    }

    fn make_target(&mut self, name: &str, depth: usize) {
        let rules: Vec<Rule> = self.explicit(name).iter().filter_map(|index| self.rules.get(*index).cloned()).collect();
        if rules.iter().any(|rule| rule.double) {
            for rule in rules {
                let making = self.making(&rule, name, "");
                self.prepare(&making, depth);
                self.execute(name, &making, rule.recipe.as_deref().unwrap_or_default());
            }
            return;
        }
        // The last recipe counts, and those before it where it may not be there.
        let mut recipes: Vec<usize> = Vec::new();
        for (at, rule) in rules.iter().enumerate().rev() {
            if rule.recipe.is_some() {
                recipes.push(at);
                if !rule.maybe {
                    break;
                }
            }
        }
        recipes.reverse();
        let mut makings: Vec<Making> = rules.iter().map(|rule| self.making(rule, name, "")).collect();
        let mut stem = recipes.last().and_then(|at| makings.get(*at)).map(|making| making.stem.clone());
        let mut implicit = None;
        let is_phony = self.is_phony(name);
        if recipes.is_empty() && !is_phony {
            if let Some((index, found)) = self.implicit(name, 0)
                && let Some(rule) = self.rules.get(index).cloned()
            {
                let count = self.instances.entry(index).or_default();
                *count += 1;
                if *count == MOST_INSTANCES {
                    let making = Making {
                        stem: HOLE_TEXT.to_owned(),
                        prerequisites: vec![HOLE_TEXT.to_owned()],
                        order_only: Vec::new(),
                    };
                    self.execute(HOLE_TEXT, &making, rule.recipe.as_deref().unwrap_or_default());
                }
                if *self.instances.entry(index).or_default() >= MOST_INSTANCES {
                    let making = self.making(&rule, name, &found);
                    return self.prepare(&making, depth);
                }
                makings.insert(0, self.making(&rule, name, &found));
                stem = Some(found);
                implicit = rule.recipe;
            } else if rules.is_empty() && !self.exists(name) {
                let default = self.explicit(".DEFAULT").last().and_then(|index| self.rules.get(*index));
                implicit = default.and_then(|rule| rule.recipe.clone());
                if implicit.is_some() {
                    makings.push(Making {
                        stem: String::new(),
                        prerequisites: vec![name.to_owned()],
                        order_only: Vec::new(),
                    });
                    self.execute_all(name, &makings, implicit.as_deref().unwrap_or_default(), String::new());
                    return;
                }
            }
        }
        // What the recipe's own rule needs comes first.
        if let Some(at) = recipes.last().copied().filter(|at| *at > 0 && *at < makings.len()) {
            let own = makings.remove(at);
            makings.insert(0, own);
        }
        for making in &makings {
            self.prepare(making, depth);
        }
        let stem = stem.unwrap_or_default();
        if let Some(recipe) = implicit {
            self.execute_all(name, &makings, &recipe, stem);
            return;
        }
        for at in recipes {
            let recipe = rules.get(at).and_then(|rule| rule.recipe.clone()).unwrap_or_default();
            self.execute_all(name, &makings, &recipe, stem.clone());
        }
        for rule in rules.iter().filter(|rule| rule.grouped) {
            self.done.extend(rule.targets.iter().map(|target| target.to_string()));
        }
    }

    fn is_phony(&self, name: &str) -> bool {
        let phony = self.by_target.get(".PHONY").into_iter().flatten();
        phony
            .filter_map(|index| self.rules.get(*index))
            .any(|rule| rule.prerequisites.iter().any(|target| &**target == name))
    }

    fn prepare(&mut self, making: &Making, depth: usize) {
        for needed in making.prerequisites.iter().chain(&making.order_only) {
            self.build(needed, depth + 1);
        }
    }

    fn execute_all(&mut self, name: &str, makings: &[Making], recipe: &[Rc<str>], stem: String) {
        let all = Making {
            stem,
            prerequisites: makings.iter().flat_map(|making| making.prerequisites.clone()).collect(),
            order_only: makings.iter().flat_map(|making| making.order_only.clone()).collect(),
        };
        self.execute(name, &all, recipe);
    }

    /// The variables that hold for a target and for what it needs.
    fn target_scope(&mut self, name: &str) -> BTreeMap<Rc<str>, Variable> {
        let mut scope: BTreeMap<Rc<str>, Variable> = BTreeMap::new();
        let fitting: Vec<_> = self
            .target_variables
            .iter()
            .filter(|variable| {
                is_target(&variable.target, name)
                    || (variable.target.contains('%') && super::functions::stem(&variable.target, name).is_some())
            })
            .cloned()
            .collect();
        for one in fitting {
            let before = scope.get(one.name.as_str()).cloned().or_else(|| self.find(&one.name));
            if before.as_ref().is_some_and(|before| before.origin == Origin::CommandLine) && !one.overrides {
                continue;
            }
            let simple = matches!(one.operator.as_str(), ":=" | "::=" | ":::=" | "!=");
            let origin = if one.overrides { Origin::Override } else { Origin::File };
            let mut variable = match (one.operator.as_str(), &before) {
                ("?=", Some(before)) => before.clone(),
                ("+=", Some(before)) => {
                    let mut variable = before.clone();
                    for definition in &mut variable.definitions {
                        let more = if definition.simple { self.expand(&one.text) } else { one.text.clone() };
                        if more.is_empty() {
                            continue;
                        }
                        definition.text = format!("{} {more}", definition.text).trim_start().into();
                    }
                    variable
                }
                ("!=", _) => {
                    let printed = self.apply("shell", std::slice::from_ref(&one.text));
                    Variable::new(true, &printed, origin)
                }
                _ => Variable::new(simple, &one.text, origin),
            };
            if one.maybe
                && let Some(before) = &before
            {
                variable.definitions.extend(before.definitions.iter().cloned());
            }
            variable.exported = if one.exports { Some(true) } else { before.and_then(|before| before.exported) };
            scope.insert(one.name.as_str().into(), variable);
        }
        scope
    }

    fn execute(&mut self, name: &str, making: &Making, recipe: &[Rc<str>]) {
        if recipe.is_empty() || self.stopped || self.over {
            return;
        }
        let mut unique: Vec<&str> = Vec::new();
        for needed in &making.prerequisites {
            if !unique.contains(&needed.as_str()) {
                unique.push(needed);
            }
        }
        let first = unique.first().copied().unwrap_or_default();
        let mut scope: BTreeMap<Rc<str>, Variable> = BTreeMap::new();
        for (key, text) in [
            ("@", name.to_owned()),
            ("<", first.to_owned()),
            ("^", unique.join(" ")),
            ("+", making.prerequisites.join(" ")),
            ("?", unique.join(" ")),
            ("*", making.stem.clone()),
            ("|", making.order_only.join(" ")),
            ("%", String::new()),
        ] {
            scope.insert(key.into(), Variable::new(true, &text, Origin::Automatic));
        }
        self.scopes.push(scope);
        let env = self.environment();
        let through = format!("make {}", if is_open(name) { "…" } else { name });
        if self.by_target.contains_key(".ONESHELL") {
            let text: Vec<String> = recipe.iter().map(|line| self.expand(line)).collect();
            if !self.stopped {
                let raw = recipe.join("\n");
                self.run_text(&text.join("\n"), &raw, &through, &env);
            }
        } else {
            // Make expands all lines before it runs the first.
            let lines: Vec<String> = recipe.iter().map(|line| self.expand(line)).collect();
            if !self.stopped {
                for (line, raw) in lines.iter().zip(recipe) {
                    for line in separate(line) {
                        self.run_text(&line, raw, &through, &env);
                    }
                }
            }
        }
        self.scopes.pop();
    }

    /// Gives a line of a recipe, or all of it, to the shell.
    fn run_text(&mut self, text: &str, raw: &str, through: &str, env: &[(String, Value)]) {
        for text in self.marks.texts(text) {
            let mut command = text.as_str();
            let mut always = raw.contains("$(MAKE)") || raw.contains("${MAKE}");
            loop {
                command = command.trim_start();
                match command.chars().next() {
                    Some('@' | '-') => command = command.get(1..).unwrap_or_default(),
                    Some('+') => {
                        always = true;
                        command = command.get(1..).unwrap_or_default();
                    }
                    _ => break,
                }
            }
            if command.is_empty() || command.starts_with('#') && !command.contains('\n') {
                continue;
            }
            if self.options.dry && !always {
                continue;
            }
            self.ran += 1;
            if self.ran > MOST_RUN {
                return self.give_up("its targets run too many commands");
            }
            // What a command printed when the makefile was read was printed in make's own directory.
            let dir = command.contains("cd ").then(|| self.cwd.to_string_lossy().into_owned());
            let command = self.marks.shell(command, dir.as_deref());
            self.run_shell(&command, through, env.to_vec());
        }
    }

    /// The variables that the commands of the current target see.
    fn environment(&mut self) -> Vec<(String, Value)> {
        let mut names: BTreeMap<Rc<str>, Variable> = BTreeMap::new();
        for (name, variable) in self.variables.iter().chain(self.scopes.iter().flatten()) {
            let is_name = name.chars().all(|letter| letter == '_' || letter.is_ascii_alphanumeric());
            let inherited = matches!(variable.origin, Origin::File | Origin::Override)
                && self.call.variable(name).is_some()
                && &**name != "SHELL";
            let exports = match variable.exported {
                Some(exported) => exported,
                None => {
                    variable.origin == Origin::CommandLine
                        || inherited
                        || (self.export_all && matches!(variable.origin, Origin::File | Origin::Override))
                }
            };
            let internal = matches!(&**name, "MAKEFLAGS" | "MFLAGS" | "MAKEFILE_LIST" | "CURDIR" | "MAKELEVEL");
            if is_name && exports && !internal && variable.origin != Origin::Default && names.len() < MOST_EXPORTED {
                names.insert(Rc::clone(name), variable.clone());
            }
        }
        let mut env = Vec::new();
        for (name, variable) in names {
            let text = self.expanded(&variable);
            env.push((name.to_string(), self.marks.value(&text)));
        }
        env.push(("MAKELEVEL".to_owned(), Value::Known((self.level + 1).to_string())));
        let flags = self.options.flags();
        if !flags.is_empty() {
            env.push(("MAKEFLAGS".to_owned(), Value::with_holes(&flags)));
        }
        env
    }
}

/// A text as lines, each with those that continue it.
fn separate(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in text.split('\n') {
        match out.last_mut().filter(|_| goes_on) {
            Some(last) => {
                last.push('\n');
                last.push_str(line);
            }
            None => out.push(line.to_owned()),
        }
        goes_on = line.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1;
    }
    out
}
