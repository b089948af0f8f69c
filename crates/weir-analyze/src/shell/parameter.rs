//! Parameters: `$X`, `${X:-...}`, `"$@"`, `${A[@]}`.

use crate::World as _;

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

impl Evaluator<'_> {
    pub(super) fn parameter(&mut self, parameter: &Parameter, shell: &mut Shell, frame: &Frame) -> Expanded {
        if parameter.op != Op::Length {
            self.recall(&parameter.name);
        }
        let list = matches!(parameter.name.as_str(), "@" | "*") || matches!(parameter.index, Index::All);
        if let Index::One(index) = &parameter.index {
            // The index may run something.
            let _ = self.single(index, shell, frame);
        }
        if list {
            let elements = self.elements(parameter, shell);
            return match (parameter.op, elements) {
                (Op::Length, Some(elements)) => Expanded::One(vec![elements.len().to_string()]),
                (Op::Value, Some(elements)) => Expanded::Many(elements),
                (Op::Default { .. }, Some(elements)) if !elements.is_empty() => Expanded::Many(elements),
                (Op::Value | Op::Length, None) => Expanded::One(vec![unknown()]),
                (_, elements) => {
                    for operand in &parameter.operands {
                        let _ = self.single(operand, shell, frame);
                    }
                    // A slice is some of the elements; any other change is not worked out.
                    match (parameter.op, elements) {
                        (Op::Slice, Some(elements)) => Expanded::Many(self.slice_of(elements, parameter)),
                        (_, Some(elements)) => Expanded::Many(elements.iter().map(|_| vec![unknown()]).collect()),
                        (_, None) => Expanded::One(vec![unknown()]),
                    }
                }
            };
        }
        let current = self.current(parameter, shell, frame);
        Expanded::One(self.operate(parameter, current, shell, frame))
    }

    /// The elements from a place that is written out; all of them where it is computed.
    fn slice_of(&self, elements: Vec<Vec<String>>, parameter: &Parameter) -> Vec<Vec<String>> {
        let number = |word: &super::ir::Word| word.source.trim().parse::<usize>().ok();
        let from = match (parameter.operands.first().and_then(number), parameter.name.as_str()) {
            (Some(0), "@" | "*") | (None, _) => return elements,
            // The first argument is number one.
            (Some(from), "@" | "*") => from - 1,
            (Some(from), _) => from,
        };
        let most = match parameter.operands.get(1) {
            None => usize::MAX,
            Some(word) => match number(word) {
                Some(most) => most,
                None => return elements,
            },
        };
        elements.into_iter().skip(from).take(most).collect()
    }

    /// True where the parameter comes to its operand, which stands in quotes: it does not fall apart.
    pub(super) fn is_quoted_default(&self, parameter: &Parameter, shell: &Shell) -> bool {
        let quoted = |part: &Part| match part {
            Part::Text { quoted, .. } | Part::Parameter { quoted, .. } | Part::Command { quoted, .. } => *quoted,
            Part::Arithmetic(_) | Part::Process { .. } => true,
        };
        let operand = || parameter.operands.first().is_some_and(|word| word.parts.iter().all(quoted));
        let set =
            || self.variable(&parameter.name, shell).is_some_and(|texts| texts.iter().any(|text| !text.is_empty()));
        match parameter.op {
            Op::Default { .. } | Op::Assign { .. } => operand() && !set(),
            Op::Alternative { .. } => operand(),
            _ => false,
        }
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
            let at = at.first().and_then(|text| text.trim().parse::<usize>().ok());
            return Some(match (shell.var(&parameter.name), at) {
                (Some(Var::Array(elements)), Some(at)) => {
                    elements.get(at).cloned().unwrap_or_else(|| vec![String::new()])
                }
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
            "?" | "$" | "!" | "-" | "_" | "RANDOM" | "SRANDOM" | "SECONDS" | "EPOCHSECONDS" | "LINENO" | "OLDPWD"
            | "BASHPID" | "PPID" | "UID" | "EUID" | "HOSTNAME" | "REPLY" | "BASH_SOURCE" => {
                if name == "BASH_SOURCE" {
                    return Some(vec![shell.name().map_or_else(unknown, str::to_owned)]);
                }
                Some(vec![unknown()])
            }
            name if name.bytes().all(|b| b.is_ascii_digit()) && !name.is_empty() => {
                let args = shell.positional();
                let at = name.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
                match (args, at) {
                    (Some(args), Some(at)) => Some(args.get(at).cloned().unwrap_or_else(|| vec![String::new()])),
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
                let texts = match current {
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
            Op::Replace { all } => {
                let pattern = first.and_then(|word| self.pattern(word, shell, frame));
                let with = match parameter.operands.get(1) {
                    Some(word) => self.single(word, shell, frame),
                    None => vec![String::new()],
                };
                let texts = current.unwrap_or_else(|| vec![unknown()]);
                match (pattern, with.as_slice()) {
                    (Some(pattern), [with]) => {
                        texts.iter().map(|text| replaced(text, &pattern, with, all)).take(MAX_ALTERNATIVES).collect()
                    }
                    _ => vec![unknown()],
                }
            }
            Op::Upper { all } | Op::Lower { all } => {
                let upper = matches!(parameter.op, Op::Upper { .. });
                let texts = current.unwrap_or_else(|| vec![unknown()]);
                texts.iter().map(|text| in_case(text, upper, all)).collect()
            }
            Op::Slice => {
                let number = |texts: Vec<String>| texts.first().and_then(|text| text.trim().parse::<usize>().ok());
                let from = number(operand(self, shell));
                let len = parameter.operands.get(1).map(|word| number(self.single(word, shell, frame)));
                let texts = current.unwrap_or_else(|| vec![unknown()]);
                match (from, len) {
                    (Some(from), len) if len != Some(None) => texts
                        .iter()
                        .map(|text| {
                            if has_hole(text) {
                                return unknown();
                            }
                            let most = len.flatten().unwrap_or(usize::MAX);
                            text.chars().skip(from).take(most).collect()
                        })
                        .collect(),
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

/// The text with the pattern replaced. Only patterns without wildcards are worked out.
fn replaced(text: &str, pattern: &str, with: &str, all: bool) -> String {
    if has_hole(text) || glob::is_pattern(pattern) {
        return unknown();
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
