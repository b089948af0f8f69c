//! Parameters: `$X`, `${X:-...}`, `"$@"`, `${A[@]}`.

use crate::World as _;
use crate::call::{FRESH, NAME, NUMBER, some};

use super::arithmetic;
use super::glob;
use super::ir::{Index, Op, Parameter, Part};
use super::limits::MAX_ALTERNATIVES;
use super::state::{Shell, Var};
use super::text::{has_hole, unknown};
use super::{Evaluator, Frame};

/// What a parameter expands to.
#[derive(Debug)]
pub(super) enum Expanded {
    /// One of these texts.
    One(Vec<String>),
    /// A list of words, each one of several texts.
    Many(Vec<Vec<String>>),
}

/// The most characters on which a removal or replacement by pattern is worked out.
const MOST_CHARACTERS: usize = 4_096;

/// The same for replacements by patterns with wildcards, which take cubic time.
const MOST_MATCHED: usize = 128;

impl Evaluator<'_> {
    pub(super) fn parameter(&mut self, parameter: &Parameter, shell: &mut Shell, frame: &Frame) -> Expanded {
        if parameter.op != Op::Length {
            self.recall(&parameter.name, shell);
            self.hide(&parameter.name, shell);
        }
        let list = matches!(parameter.name.as_str(), "@" | "*") || matches!(parameter.index, Index::All { .. });
        if let Index::One(index) = &parameter.index {
            // The index may run something.
            let _ = self.single(index, shell, frame);
        }
        if list {
            let elements = self.elements(parameter, shell);
            return match (parameter.op, elements) {
                (Op::Length, Some(elements)) => Expanded::One(vec![elements.len().to_string()]),
                (Op::Value, Some(elements)) => Expanded::Many(elements),
                (Op::Default { colon } | Op::Assign { colon }, Some(elements)) if is_set(&elements, colon) => {
                    Expanded::Many(elements)
                }
                (Op::Alternative { colon }, Some(elements)) if !is_set(&elements, colon) => {
                    let _ = parameter.operands.first().map(|word| self.single(word, shell, frame));
                    Expanded::Many(Vec::new())
                }
                (Op::Default { .. } | Op::Assign { .. } | Op::Alternative { .. }, Some(_)) => {
                    let operand = parameter.operands.first();
                    Expanded::One(operand.map_or_else(|| vec![String::new()], |word| self.single(word, shell, frame)))
                }
                (Op::Require, Some(elements)) => Expanded::Many(elements),
                (Op::Value | Op::Length, None) => Expanded::One(vec![unknown()]),
                (Op::Slice, Some(elements)) => Expanded::Many(self.slice_of(elements, parameter, shell, frame)),
                // `${!A[@]}`: the indexes.
                (Op::Indirect, Some(elements)) if matches!(shell.var(&parameter.name), Some(Var::Array(_))) => {
                    Expanded::Many((0..elements.len()).map(|at| vec![at.to_string()]).collect())
                }
                (
                    Op::RemovePrefix { .. }
                    | Op::RemoveSuffix { .. }
                    | Op::Replace { .. }
                    | Op::ReplaceEnd { .. }
                    | Op::Upper { .. }
                    | Op::Lower { .. },
                    Some(elements),
                ) => {
                    // Each element by itself; what the operands run is run once.
                    let mut all = Vec::new();
                    let mut kept = None;
                    for texts in elements {
                        all.push(self.operate(parameter, Some(texts), shell, frame));
                        let first = *kept.get_or_insert(self.effects.len());
                        self.effects.truncate(first);
                    }
                    Expanded::Many(all)
                }
                (_, elements) => {
                    for operand in &parameter.operands {
                        let _ = self.single(operand, shell, frame);
                    }
                    // Any other change is not worked out.
                    match elements {
                        Some(elements) => Expanded::Many(elements.iter().map(|_| vec![unknown()]).collect()),
                        None => Expanded::One(vec![unknown()]),
                    }
                }
            };
        }
        let current = self.current(parameter, shell, frame);
        let numbered = !parameter.name.is_empty() && parameter.name.bytes().all(|b| b.is_ascii_digit());
        let own = numbered || !matches!(parameter.index, Index::None);
        if current.is_none() && own {
            // It is known not to be there.
            match parameter.op {
                Op::Default { .. } | Op::Assign { .. } | Op::Alternative { .. } | Op::Require => {}
                Op::Length => return Expanded::One(vec!["0".to_owned()]),
                _ => {
                    for operand in &parameter.operands {
                        let _ = self.single(operand, shell, frame);
                    }
                    return Expanded::One(vec![String::new()]);
                }
            }
        }
        Expanded::One(self.operate(parameter, current, shell, frame))
    }

    /// What the one text comes to as a number.
    pub(super) fn number(&self, texts: &[String], shell: &Shell) -> Option<i64> {
        let [text] = texts else { return None };
        if has_hole(text) {
            return None;
        }
        if text.trim().is_empty() {
            return Some(0);
        }
        arithmetic::evaluate(text, &|name| match self.variable(name, shell) {
            None => Some(String::new()),
            Some(texts) => match texts.as_slice() {
                [text] if !has_hole(text) => Some(text.clone()),
                _ => None,
            },
        })
    }

    /// The elements that a slice leaves; all of them where its bounds are not known.
    fn slice_of(
        &mut self,
        mut elements: Vec<Vec<String>>,
        parameter: &Parameter,
        shell: &mut Shell,
        frame: &Frame,
    ) -> Vec<Vec<String>> {
        let bounds: Vec<Option<i64>> = parameter
            .operands
            .iter()
            .map(|word| {
                let texts = self.single(word, shell, frame);
                self.number(&texts, shell)
            })
            .collect();
        if matches!(parameter.name.as_str(), "@" | "*") {
            // Number zero is the name of the shell or script.
            elements.insert(0, self.variable("0", shell).unwrap_or_default());
        }
        let len = i64::try_from(elements.len()).unwrap_or(i64::MAX);
        // Without an order, any of them may be meant.
        if matches!(shell.var(&parameter.name), Some(Var::Bag(_))) {
            return elements;
        }
        let (Some(Some(from)), most) = (bounds.first(), bounds.get(1)) else { return elements };
        let from = if *from < 0 { from.saturating_add(len) } else { *from };
        let Ok(from) = usize::try_from(from) else { return Vec::new() };
        let most = match most {
            None => usize::MAX,
            Some(Some(most)) => usize::try_from(*most).unwrap_or(0),
            Some(None) => return elements,
        };
        elements.into_iter().skip(from).take(most).collect()
    }

    /// True where the parameter comes to its operand, which stands in quotes: it does not fall apart.
    pub(super) fn is_quoted_default(&mut self, parameter: &Parameter, shell: &mut Shell, frame: &Frame) -> bool {
        if !matches!(parameter.op, Op::Default { .. } | Op::Assign { .. } | Op::Alternative { .. }) {
            return false;
        }
        let quoted = |part: &Part| match part {
            Part::Text { quoted, .. } | Part::Parameter { quoted, .. } | Part::Command { quoted, .. } => *quoted,
            Part::Arithmetic(_) | Part::Process { .. } => true,
        };
        let operand =
            || parameter.operands.first().is_some_and(|word| !word.parts.is_empty() && word.parts.iter().all(quoted));
        if !operand() || matches!(parameter.op, Op::Alternative { .. }) {
            return operand();
        }
        // What the index runs is said when the parameter itself is expanded.
        let kept = self.effects.len();
        let texts = match parameter.index {
            Index::All { .. } => self.elements(parameter, shell).map(|elements| elements.concat()),
            _ => self.current(parameter, shell, frame),
        };
        self.effects.truncate(kept);
        !texts.is_some_and(|texts| texts.iter().any(|text| !text.is_empty()))
    }

    /// The elements of a list; `None` where they are not known.
    fn elements(&self, parameter: &Parameter, shell: &Shell) -> Option<Vec<Vec<String>>> {
        if matches!(parameter.name.as_str(), "@" | "*") {
            return shell.positional().map(<[_]>::to_vec);
        }
        match shell.var(&parameter.name) {
            None => self.world.env(&parameter.name).map(|text| vec![vec![text]]),
            Some(_) => self.elements_of(&parameter.name, shell),
        }
    }

    /// The elements that a variable has; `None` where they are not known.
    pub(super) fn elements_of(&self, name: &str, shell: &Shell) -> Option<Vec<Vec<String>>> {
        match shell.var(name) {
            Some(Var::Array(elements) | Var::Bag(elements)) => Some(elements.clone()),
            Some(Var::Scalar(texts)) => Some(vec![texts.clone()]),
            Some(Var::UnknownArray | Var::Reference(_)) => None,
            None => Some(self.world.env(name).into_iter().map(|text| vec![text]).collect()),
        }
    }

    /// What the parameter is; `None` where nothing sets it.
    fn current(&mut self, parameter: &Parameter, shell: &mut Shell, frame: &Frame) -> Option<Vec<String>> {
        if let Index::One(index) = &parameter.index {
            let at = self.single(index, shell, frame);
            let at = self.number(&at, shell).and_then(|at| {
                let at = match shell.var(&parameter.name) {
                    // From the end.
                    Some(Var::Array(elements)) if at < 0 => at.saturating_add(i64::try_from(elements.len()).ok()?),
                    _ => at,
                };
                usize::try_from(at).ok()
            });
            return Some(match (shell.var(&parameter.name), at) {
                (Some(Var::Array(elements)), Some(at)) => return elements.get(at).cloned(),
                (Some(Var::Bag(elements)), _) => elements.iter().flatten().cloned().collect(),
                (Some(Var::Scalar(texts)), Some(0)) => texts.clone(),
                (Some(Var::Array(elements)), None) => elements.iter().flatten().cloned().chain([unknown()]).collect(),
                _ => vec![unknown()],
            });
        }
        self.variable(&parameter.name, shell)
    }

    /// The texts that a variable may have; `None` where nothing sets it.
    pub(super) fn variable(&self, name: &str, shell: &Shell) -> Option<Vec<String>> {
        match shell.var(name) {
            Some(Var::Scalar(texts)) => return Some(texts.clone()),
            Some(Var::Array(elements)) => return elements.first().cloned().or_else(|| Some(vec![String::new()])),
            Some(Var::Bag(elements)) => return Some(elements.iter().flatten().cloned().collect()),
            Some(Var::UnknownArray | Var::Reference(_)) => return Some(vec![unknown()]),
            None => {}
        }
        let path = |path: Option<std::path::PathBuf>| path.map(|path| vec![path.to_string_lossy().into_owned()]);
        match name {
            "PWD" => Some(path(shell.here().cloned()).unwrap_or_else(|| vec![unknown()])),
            "HOME" => self.world.env(name).map(|home| vec![home]).or_else(|| path(self.world.home(None))),
            "IFS" => Some(vec![" \t\n".to_owned()]),
            "0" => Some(vec![shell.name().map_or_else(unknown, str::to_owned)]),
            "#" => Some(vec![shell.positional().map_or_else(unknown, |args| args.len().to_string())]),
            "$" | "RANDOM" | "SRANDOM" | "EPOCHSECONDS" | "EPOCHREALTIME" | "BASHPID" => Some(vec![some(FRESH)]),
            "?" | "!" | "SECONDS" | "LINENO" | "PPID" | "UID" | "EUID" => Some(vec![some(NUMBER)]),
            "HOSTNAME" => self.world.env(name).map_or_else(|| Some(vec![some(NAME)]), |text| Some(vec![text])),
            "-" | "_" | "OLDPWD" | "REPLY" | "BASH_SOURCE" => {
                if name == "BASH_SOURCE" {
                    return Some(vec![shell.name().map_or_else(unknown, str::to_owned)]);
                }
                Some(vec![unknown()])
            }
            name if name.bytes().all(|b| b.is_ascii_digit()) && !name.is_empty() => {
                let args = shell.positional();
                let at = name.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
                match (args, at) {
                    (Some(args), Some(at)) => args.get(at).cloned(),
                    _ => Some(vec![unknown()]),
                }
            }
            name => self.world.env(name).map(|text| vec![text]),
        }
    }

    fn operate(
        &mut self,
        parameter: &Parameter,
        current: Option<Vec<String>>,
        shell: &mut Shell,
        frame: &Frame,
    ) -> Vec<String> {
        let first = parameter.operands.first();
        // An operand that may be needed is evaluated once: what it runs has an effect.
        let operand = |this: &mut Self, shell: &mut Shell| match first {
            Some(word) => this.single(word, shell, frame),
            None => vec![String::new()],
        };
        match parameter.op {
            Op::Value => current.unwrap_or_else(|| vec![unknown()]),
            Op::Require => {
                let _ = operand(self, shell);
                current.unwrap_or_else(|| vec![unknown()])
            }
            Op::Default { colon } | Op::Assign { colon } => {
                let empty = |text: &String| colon && text.is_empty();
                let sure = !colon && parameter.name.bytes().all(|b| b.is_ascii_digit());
                let texts = match current {
                    Some(texts) if sure => texts,
                    Some(texts) if !texts.iter().any(|text| text.is_empty() || (colon && text == &unknown())) => texts,
                    current => {
                        let mut texts = current.unwrap_or_default();
                        texts.retain(|text| !empty(text));
                        super::state::add_texts(&mut texts, &operand(self, shell));
                        texts
                    }
                };
                if matches!(parameter.op, Op::Assign { .. }) {
                    shell.set(&parameter.name, Var::Scalar(texts.clone()));
                }
                texts
            }
            Op::Alternative { colon } => match current {
                None => vec![String::new()],
                Some(texts) if colon && texts.iter().all(String::is_empty) => vec![String::new()],
                Some(texts) => {
                    let mut out = operand(self, shell);
                    if texts.iter().any(|text| has_hole(text) || text.is_empty()) {
                        out.push(String::new());
                    }
                    out
                }
            },
            Op::Length => match current.as_deref() {
                Some([text]) if !has_hole(text) => vec![text.chars().count().to_string()],
                _ => vec![unknown()],
            },
            Op::Indirect => match current.as_deref() {
                Some([name]) if !has_hole(name) => self.variable(name, shell).unwrap_or_else(|| vec![unknown()]),
                _ => vec![unknown()],
            },
            Op::RemovePrefix { .. } | Op::RemoveSuffix { .. } => {
                let pattern = first.and_then(|word| self.pattern(word, shell, frame));
                let texts = current.unwrap_or_else(|| vec![unknown()]);
                let Some(pattern) = pattern else { return vec![unknown()] };
                texts.iter().map(|text| removed(text, &pattern, parameter.op)).collect()
            }
            Op::Replace { .. } | Op::ReplaceEnd { .. } => {
                let pattern = first.and_then(|word| self.pattern(word, shell, frame));
                let with = match parameter.operands.get(1) {
                    Some(word) => self.single(word, shell, frame),
                    None => vec![String::new()],
                };
                let texts = current.unwrap_or_else(|| vec![unknown()]);
                let (Some(pattern), [with]) = (pattern, with.as_slice()) else { return vec![unknown()] };
                let replace = |text: &String| match parameter.op {
                    Op::ReplaceEnd { prefix } => end_replaced(text, &pattern, with, prefix),
                    op => replaced(text, &pattern, with, matches!(op, Op::Replace { all: true })),
                };
                texts.iter().map(replace).take(MAX_ALTERNATIVES).collect()
            }
            Op::Upper { all } | Op::Lower { all } => {
                let upper = matches!(parameter.op, Op::Upper { .. });
                let texts = current.unwrap_or_else(|| vec![unknown()]);
                texts.iter().map(|text| in_case(text, upper, all)).collect()
            }
            Op::Slice => {
                let from = operand(self, shell);
                let from = self.number(&from, shell);
                let len = parameter.operands.get(1).map(|word| {
                    let texts = self.single(word, shell, frame);
                    self.number(&texts, shell)
                });
                let texts = current.unwrap_or_else(|| vec![unknown()]);
                match (from, len) {
                    (Some(from), len) if len != Some(None) => {
                        texts.iter().map(|text| sliced(text, from, len.flatten())).collect()
                    }
                    _ => vec![unknown()],
                }
            }
            Op::Other => {
                for word in &parameter.operands {
                    let _ = self.single(word, shell, frame);
                }
                vec![unknown()]
            }
        }
    }
}

/// True where a list counts as set.
fn is_set(elements: &[Vec<String>], colon: bool) -> bool {
    match elements {
        [] => false,
        [only] => !colon || only.iter().any(|text| !text.is_empty()),
        _ => true,
    }
}

/// The text without what the pattern takes off its beginning or end.
fn removed(text: &str, pattern: &str, op: Op) -> String {
    if glob::is_extended(pattern) {
        return unknown();
    }
    if has_hole(text) {
        // Whatever is taken off the end, it still begins as it did, unless all of it may go.
        return match op {
            Op::RemoveSuffix { .. } if !pattern.starts_with('*') => text.to_owned(),
            _ => unknown(),
        };
    }
    if text.len() > MOST_CHARACTERS {
        return unknown();
    }
    let borders: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let cut = |at: &usize| text.split_at_checked(*at).unwrap_or((text, ""));
    let prefix = |at: &&usize| glob::matches(pattern, cut(at).0);
    let suffix = |at: &&usize| glob::matches(pattern, cut(at).1);
    match op {
        Op::RemovePrefix { longest: true } => borders.iter().rev().find(prefix).map_or(text, |at| cut(at).1),
        Op::RemovePrefix { longest: false } => borders.iter().find(prefix).map_or(text, |at| cut(at).1),
        Op::RemoveSuffix { longest: true } => borders.iter().find(suffix).map_or(text, |at| cut(at).0),
        _ => borders.iter().rev().find(suffix).map_or(text, |at| cut(at).0),
    }
    .to_owned()
}

/// The part of the text that a slice leaves.
fn sliced(text: &str, from: i64, len: Option<i64>) -> String {
    if has_hole(text) {
        return unknown();
    }
    let chars: Vec<char> = text.chars().collect();
    let all = i64::try_from(chars.len()).unwrap_or(i64::MAX);
    let from = if from < 0 { from.saturating_add(all) } else { from };
    let end = match len {
        None => all,
        // Counted from the end.
        Some(len) if len < 0 => all.saturating_add(len),
        Some(len) => from.saturating_add(len).min(all),
    };
    match (usize::try_from(from), usize::try_from(end)) {
        (Ok(from), Ok(end)) => chars.get(from..end).unwrap_or_default().iter().collect(),
        _ => String::new(),
    }
}

/// The text with the longest match at its beginning or end replaced.
fn end_replaced(text: &str, pattern: &str, with: &str, prefix: bool) -> String {
    if has_hole(text) || has_hole(with) || glob::is_extended(pattern) || text.len() > MOST_CHARACTERS {
        return unknown();
    }
    let borders = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    let cut = |at: usize| text.split_at_checked(at).unwrap_or((text, ""));
    if prefix {
        let end = borders.rev().find(|at| glob::matches(pattern, cut(*at).0));
        return end.map_or_else(|| text.to_owned(), |at| format!("{with}{}", cut(at).1));
    }
    let mut borders = borders;
    let start = borders.find(|at| glob::matches(pattern, cut(*at).1));
    start.map_or_else(|| text.to_owned(), |at| format!("{}{with}", cut(at).0))
}

/// The text with every or the first longest match of a pattern with wildcards replaced.
fn matches_replaced(text: &str, pattern: &str, with: &str, all: bool) -> String {
    if glob::is_extended(pattern) || text.len() > MOST_MATCHED {
        return unknown();
    }
    if text.is_empty() && glob::matches(pattern, "") {
        return with.to_owned();
    }
    let mut out = String::new();
    let mut rest = text;
    let mut open = true;
    while let Some(c) = rest.chars().next() {
        let ends = || rest.char_indices().map(|(at, c)| at + c.len_utf8()).rev();
        let end = ends().find(|end| open && rest.get(..*end).is_some_and(|part| glob::matches(pattern, part)));
        match end {
            Some(end) => {
                out.push_str(with);
                rest = rest.get(end..).unwrap_or_default();
                open = all;
            }
            None => {
                out.push(c);
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
            }
        }
    }
    out
}

/// The text with the pattern replaced.
fn replaced(text: &str, pattern: &str, with: &str, all: bool) -> String {
    if has_hole(text) {
        return unknown();
    }
    if glob::is_pattern(pattern) {
        return matches_replaced(text, pattern, with, all);
    }
    let plain: String = {
        let mut chars = pattern.chars();
        std::iter::from_fn(|| chars.next().map(|c| if c == '\\' { chars.next().unwrap_or('\\') } else { c })).collect()
    };
    if plain.is_empty() {
        return text.to_owned();
    }
    if text.len().saturating_mul(with.len().max(1)) > 1 << 20 {
        return unknown();
    }
    if all { text.replace(&plain, with) } else { text.replacen(&plain, with, 1) }
}

fn in_case(text: &str, upper: bool, all: bool) -> String {
    let change = |text: &str| if upper { text.to_uppercase() } else { text.to_lowercase() };
    if all {
        return change(text);
    }
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| change(&first.to_string()) + chars.as_str())
}
