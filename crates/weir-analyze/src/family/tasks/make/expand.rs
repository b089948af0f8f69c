//! Expansion: `$(NAME)`, `$(NAME:a=b)`, `$(function …)`.

use std::rc::Rc;

use super::Make;
use super::functions;
use super::text::{MOST_BYTES, is_open, without_marks};
use super::variables::{Origin, Variable};
use crate::call::{HOLE, Value};

/// References inside references.
const MOST_DEPTH: usize = 48;
/// References that are expanded for one call of make.
const MOST_STEPS: usize = 100_000;

/// The text in a reference and what follows it; `text` begins after the opening bracket. `None` where it is not closed.
pub(super) fn closed(text: &str, open: char) -> Option<(&str, &str)> {
    let close = if open == '(' { ')' } else { '}' };
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        if letter == open {
            depth += 1;
        } else if letter == close {
            if depth == 0 {
                let rest = text.get(at..).unwrap_or_default();
                return Some((text.get(..at).unwrap_or_default(), rest.strip_prefix(close).unwrap_or_default()));
            }
            depth -= 1;
        }
    }
    None
}

/// Where the first of `wanted` stands outside of references.
pub(super) fn find_outside(text: &str, wanted: &[char]) -> Option<usize> {
    let mut rest = text;
    let at = |rest: &str| text.len() - rest.len();
    while let Some(letter) = rest.chars().next() {
        if wanted.contains(&letter) {
            return Some(at(rest));
        }
        let after = rest.strip_prefix(letter).unwrap_or_default();
        if letter != '$' {
            rest = after;
            continue;
        }
        let next = after.chars().next();
        let inner = next.map(|next| after.strip_prefix(next).unwrap_or_default()).unwrap_or_default();
        rest = match next {
            Some(open @ ('(' | '{')) => closed(inner, open).map_or("", |(_, rest)| rest),
            _ => inner,
        };
    }
    None
}

/// `text` in parts, at commas that stand in no bracket. At most `most` parts.
pub(super) fn arguments(text: &str, open: char, most: usize) -> Vec<&str> {
    let close = if open == '(' { ')' } else { '}' };
    let mut parts = Vec::new();
    let mut start = 0;
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        if letter == open {
            depth += 1;
        } else if letter == close {
            depth = depth.saturating_sub(1);
        } else if letter == ',' && depth == 0 && parts.len() + 1 < most {
            parts.push(text.get(start..at).unwrap_or_default());
            start = at + 1;
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

impl Make<'_, '_> {
    /// The text with all references expanded.
    pub(super) fn expand(&mut self, text: &str) -> String {
        if !text.contains('$') {
            return text.to_owned();
        }
        self.steps += 1;
        if self.steps > MOST_STEPS || self.depth > MOST_DEPTH {
            self.give_up("the makefile is too large");
            return HOLE.to_string();
        }
        self.depth += 1;
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            out.push_str(before);
            let Some(next) = after.chars().next() else {
                rest = "";
                break;
            };
            let inner = after.strip_prefix(next).unwrap_or_default();
            rest = match next {
                '$' => {
                    out.push('$');
                    inner
                }
                '(' | '{' => match closed(inner, next) {
                    Some((reference, rest)) => {
                        let value = self.reference(reference, next);
                        out.push_str(&value);
                        rest
                    }
                    None => {
                        out.push(HOLE);
                        ""
                    }
                },
                name => {
                    let value = self.value(&name.to_string());
                    out.push_str(&value);
                    inner
                }
            };
            if out.len() > MOST_BYTES || self.stopped {
                break;
            }
        }
        out.push_str(rest);
        self.depth -= 1;
        if out.len() > MOST_BYTES {
            self.give_up("a text in the makefile is too long");
            return HOLE.to_string();
        }
        out
    }

    fn reference(&mut self, reference: &str, open: char) -> String {
        if let Some((name, rest)) = reference.split_once([' ', '\t', '\n'])
            && functions::is_function(name)
        {
            return self.function(name, rest.trim_start(), open);
        }
        let reference = self.expand(reference);
        if let Some((name, change)) = reference.split_once(':')
            && let Some((from, to)) = change.split_once('=')
        {
            let text = self.value(name);
            let (from, to) = if from.contains('%') {
                (from.to_owned(), to.to_owned())
            } else {
                (format!("%{from}"), format!("%{to}"))
            };
            return self.apply("patsubst", &[from, to, text]);
        }
        self.value(&reference)
    }

    /// The value of the variable `name`, which may itself be one of several.
    pub(super) fn value(&mut self, name: &str) -> String {
        if self.marks.is_split(name) {
            let values = self.marks.texts(name).iter().map(|name| self.value(name)).collect();
            return self.marks.one_of(values);
        }
        if is_open(name) {
            return HOLE.to_string();
        }
        if let Some(variable) = self.find(name) {
            return self.expanded(&variable);
        }
        if let Some(value) = self.automatic(name) {
            return value;
        }
        String::new()
    }

    /// All that a variable may expand to.
    pub(super) fn expanded(&mut self, variable: &Variable) -> String {
        if let [definition] = variable.definitions.as_slice() {
            let text = Rc::clone(&definition.text);
            return if definition.simple { text.to_string() } else { self.expand(&text) };
        }
        let mut values = Vec::new();
        for definition in &variable.definitions {
            let text = Rc::clone(&definition.text);
            self.unsure += 1;
            values.push(if definition.simple { text.to_string() } else { self.expand(&text) });
            self.unsure -= 1;
        }
        self.marks.one_of(values)
    }

    /// The variable as it is seen here.
    pub(super) fn find(&self, name: &str) -> Option<Variable> {
        if let Some(variable) = self.scopes.iter().rev().find_map(|scope| scope.get(name)) {
            return Some(variable.clone());
        }
        if let Some(variable) = self.variables.get(name)
            && variable.origin != Origin::Default
        {
            return Some(variable.clone());
        }
        // The shell of the person is not the one that runs recipes.
        if name != "SHELL"
            && let Some(value) = self.call.variable(name)
        {
            let texts = match value {
                Value::Known(text) => vec![without_marks(&text)],
                Value::OneOf(texts) => texts.iter().map(|text| without_marks(text)).collect(),
                Value::Prefix(text) => vec![format!("{text}{HOLE}")],
                Value::Unknown => vec![HOLE.to_string()],
            };
            let mut variable = Variable::new(true, "", Origin::Environment);
            variable.definitions = texts
                .iter()
                .map(|text| super::variables::Definition { simple: true, text: text.as_str().into() })
                .collect();
            return Some(variable);
        }
        self.variables.get(name).cloned()
    }

    /// `$(@D)`, `$(<F)` and the like.
    fn automatic(&mut self, name: &str) -> Option<String> {
        let mut letters = name.chars();
        let (name, part) = (letters.next()?, letters.next()?);
        if !matches!(name, '@' | '<' | '^' | '+' | '*' | '?' | '%' | '|') || letters.next().is_some() {
            return None;
        }
        let text = self.value(&name.to_string());
        match part {
            'D' => {
                let dirs = self.apply("dir", &[text]);
                let dirs: Vec<&str> = dirs
                    .split_whitespace()
                    .map(|dir| if dir.len() > 1 { dir.strip_suffix('/').unwrap_or(dir) } else { dir })
                    .collect();
                Some(dirs.join(" "))
            }
            'F' => Some(self.apply("notdir", &[text])),
            _ => None,
        }
    }
}
