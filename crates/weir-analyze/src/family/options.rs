//! Arguments as programs with getopt-like options read them: bundled letters, unique prefixes, options after words.

use crate::call::{Arg, Value, kinds};

/// Combinations of alternatives (`for b in x y`) that are looked at one by one.
pub(crate) const MOST_ALTERNATIVES: usize = 32;

/// The argument lists that a call stands for: one for every combination of values that are one of several.
pub(crate) fn alternatives(args: &[Arg]) -> Vec<Vec<Arg>> {
    let mut lists: Vec<Vec<Arg>> = vec![Vec::with_capacity(args.len())];
    for arg in args {
        let values: Vec<Arg> = match &arg.value {
            Value::OneOf(values)
                if !values.is_empty() && lists.len().saturating_mul(values.len()) <= MOST_ALTERNATIVES =>
            {
                let known =
                    |value: &String| Arg { value: Value::Known(value.clone()), source: value.clone(), ..arg.clone() };
                values.iter().map(known).collect()
            }
            _ => vec![arg.clone()],
        };
        if let [value] = values.as_slice() {
            for list in &mut lists {
                list.push(value.clone());
            }
            continue;
        }
        lists = lists
            .into_iter()
            .flat_map(|list| {
                values.iter().map(move |value| {
                    let mut list = list.clone();
                    list.push(value.clone());
                    list
                })
            })
            .collect();
    }
    lists
}

/// `--name=value` as the option and its value; any other word is all option.
pub(crate) fn inline(text: &str) -> (&str, Option<&str>) {
    match text.split_once('=') {
        Some((option, value)) if option.starts_with("--") => (option, Some(value)),
        _ => (text, None),
    }
}

/// An argument that is not an option, or the value of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// The text where it is known, else the word as written.
    pub(crate) text: String,
    /// The word as written.
    pub(crate) source: String,
    /// Whether `text` is exactly known.
    pub(crate) known: bool,
    /// What it begins with, where it is not known.
    pub(crate) prefix: String,
    /// It came out of a glob.
    pub(crate) globbed: bool,
    /// The text with the holes in it, where these are of a kind that says that no slash is in them.
    pub(crate) template: Option<String>,
}

impl Word {
    pub(crate) fn of(arg: &Arg) -> Self {
        let (text, known, prefix) = match &arg.value {
            Value::Known(text) => (text.clone(), true, String::new()),
            Value::Prefix(prefix) => (arg.source.clone(), false, prefix.clone()),
            Value::OneOf(_) | Value::Unknown => (arg.source.clone(), false, String::new()),
        };
        let template = arg.template.as_ref().filter(|text| !known && kinds(text).is_some()).cloned();
        Self { text, source: arg.source.clone(), known, prefix, globbed: arg.globbed, template }
    }

    pub(crate) fn text(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            source: text.to_owned(),
            known: true,
            prefix: String::new(),
            globbed: false,
            template: None,
        }
    }

    /// Whether it may turn out to be an option: nothing of it is known, and it is not one quoted word.
    pub(crate) fn may_be_option(&self) -> bool {
        !self.known && self.prefix.is_empty() && !self.source.starts_with(['"', '\''])
    }
}

/// Whether an option takes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    Value,
    /// Only in the same argument (`--track=direct`).
    Maybe,
}

/// One option.
#[derive(Debug, Clone, Copy)]
struct Flag<'s> {
    /// All its names, with `|` between them.
    names: &'s str,
    takes: Takes,
}

impl<'s> Flag<'s> {
    /// Reads `n|dry-run`, `r|R|recursive`, `m|message=`, `track?`, `D`.
    fn parse(text: &'s str) -> Self {
        if let Some(names) = text.strip_suffix('=') {
            Self { names, takes: Takes::Value }
        } else if let Some(names) = text.strip_suffix('?') {
            Self { names, takes: Takes::Maybe }
        } else {
            Self { names: text, takes: Takes::Nothing }
        }
    }

    fn longs(&self) -> impl Iterator<Item = &'s str> {
        self.names.split('|').filter(|name| name.chars().nth(1).is_some())
    }

    fn has_short(&self, letter: char) -> bool {
        self.names.split('|').any(|name| name.strip_prefix(letter) == Some(""))
    }

    /// The first long name, or else the first letter.
    fn name(&self) -> String {
        self.longs().next().or_else(|| self.names.split('|').next()).unwrap_or_default().to_owned()
    }
}

/// The arguments of a program or of its subcommand, sorted into options and words.
#[derive(Debug, Default)]
pub(crate) struct Opts {
    pub(crate) set: Vec<(String, Option<Word>)>,
    pub(crate) words: Vec<Word>,
    /// How many words stand before `--`.
    pub(crate) split: Option<usize>,
    /// Some option is only partly known.
    pub(crate) uncertain: bool,
    pub(crate) help: bool,
}

impl Opts {
    /// Reads `args` with the options in `spec`. With `stop`, everything from the first word on is words.
    pub(crate) fn parse(spec: &str, args: &[Arg], stop: bool) -> Self {
        let flags: Vec<Flag<'_>> = spec.split_whitespace().map(Flag::parse).collect();
        let mut opts = Self::default();
        let mut rest = args.iter();
        while let Some(arg) = rest.next() {
            let (text, whole) = match &arg.value {
                Value::Known(text) => (text.as_str(), true),
                Value::Prefix(prefix) => (prefix.as_str(), false),
                Value::OneOf(_) | Value::Unknown => ("", false),
            };
            if whole && text == "--" {
                opts.split = Some(opts.words.len());
                opts.words.extend(rest.by_ref().map(Word::of));
            } else if whole && text == "--help" {
                opts.help = true;
            } else if let Some(long) = text.strip_prefix("--") {
                opts.long(&flags, long, whole, arg, &mut rest);
            } else if text.len() > 1 && text.starts_with('-') {
                opts.short(&flags, text, whole, arg, &mut rest);
            } else if text == "-" && !whole {
                opts.uncertain = true;
            } else {
                opts.words.push(Word::of(arg));
                if stop {
                    opts.words.extend(rest.by_ref().map(Word::of));
                }
            }
        }
        opts
    }

    fn long<'a>(
        &mut self,
        flags: &[Flag<'_>],
        text: &str,
        whole: bool,
        arg: &Arg,
        rest: &mut impl Iterator<Item = &'a Arg>,
    ) {
        let (name, inline) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        if !whole && inline.is_none() {
            self.uncertain = true;
            return;
        }
        let inline = inline.map(|value| {
            if whole {
                Word::text(value)
            } else {
                Word {
                    text: arg.source.clone(),
                    source: arg.source.clone(),
                    known: false,
                    prefix: value.to_owned(),
                    globbed: false,
                    template: behind(arg, |text| text.split_once('=').map(|(_, rest)| rest)),
                }
            }
        });
        let exact = |wanted: &str| flags.iter().find(|flag| flag.longs().any(|long| long == wanted));
        let positive = name.strip_prefix("no-");
        if let Some(flag) = exact(name) {
            let value = match flag.takes {
                Takes::Value => inline.or_else(|| rest.next().map(Word::of)),
                Takes::Maybe => inline,
                Takes::Nothing => None,
            };
            self.set.push((flag.name(), value));
        } else if let Some(flag) = positive.and_then(exact) {
            self.set.push((format!("no-{}", flag.name()), None));
        } else {
            // A prefix is enough. Git refuses an ambiguous one; then all that it may mean are taken as set.
            let matches = |prefix: &str| {
                flags.iter().filter(|flag| flag.longs().any(|long| long.starts_with(prefix))).collect::<Vec<_>>()
            };
            let found = if name.is_empty() { Vec::new() } else { matches(name) };
            let takes_next = found.len() == 1 && inline.is_none();
            for flag in &found {
                let value = match flag.takes {
                    Takes::Value if takes_next => rest.next().map(Word::of),
                    Takes::Nothing => None,
                    Takes::Value | Takes::Maybe => inline.clone(),
                };
                self.set.push((flag.name(), value));
            }
            if let Some(positive) = positive.filter(|text| !text.is_empty()) {
                for flag in matches(positive) {
                    self.set.push((format!("no-{}", flag.name()), None));
                }
            }
        }
    }

    fn short<'a>(
        &mut self,
        flags: &[Flag<'_>],
        text: &str,
        whole: bool,
        arg: &Arg,
        rest: &mut impl Iterator<Item = &'a Arg>,
    ) {
        let mut letters = text.chars();
        letters.next();
        while let Some(letter) = letters.next() {
            let Some(flag) = flags.iter().find(|flag| flag.has_short(letter)) else {
                continue;
            };
            let attached = letters.as_str();
            let value = if flag.takes == Takes::Nothing {
                None
            } else if !whole {
                Some(Word {
                    text: arg.source.clone(),
                    source: arg.source.clone(),
                    known: false,
                    prefix: attached.to_owned(),
                    globbed: false,
                    template: behind(arg, |text| text.find(attached).and_then(|at| text.get(at..))),
                })
            } else if !attached.is_empty() {
                Some(Word::text(attached))
            } else if flag.takes == Takes::Value {
                rest.next().map(Word::of)
            } else {
                None
            };
            self.set.push((flag.name(), value));
            if flag.takes != Takes::Nothing {
                return;
            }
        }
        if !whole {
            self.uncertain = true;
        }
    }

    /// Whether the option is on; the last of `--x` and `--no-x` wins.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.set
            .iter()
            .rev()
            .find_map(|(set, _)| {
                if set == name {
                    Some(true)
                } else if set.strip_prefix("no-") == Some(name) {
                    Some(false)
                } else {
                    None
                }
            })
            .unwrap_or(false)
    }

    pub(crate) fn any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.has(name))
    }

    /// The value that the option was given last.
    pub(crate) fn value(&self, name: &str) -> Option<&Word> {
        self.set.iter().rev().find(|(set, _)| set == name).and_then(|(_, value)| value.as_ref())
    }

    pub(crate) fn values<'o>(&'o self, name: &'o str) -> impl Iterator<Item = &'o Word> {
        self.set.iter().filter(move |(set, _)| set == name).filter_map(|(_, value)| value.as_ref())
    }

    /// Whether an argument that is not known may be an option.
    pub(crate) fn may_hide_options(&self) -> bool {
        let before = self.split.unwrap_or(self.words.len());
        self.uncertain || self.words.iter().take(before).any(Word::may_be_option)
    }
}

/// The part of an argument's template that is the value of an option.
fn behind(arg: &Arg, part: impl Fn(&str) -> Option<&str>) -> Option<String> {
    let text = arg.template.as_deref().and_then(part)?;
    kinds(text).map(|_| text.to_owned())
}

/// Why an effect on this is opaque.
pub(crate) fn not_known(source: &str) -> String {
    format!("`{source}` is not known before it runs")
}
