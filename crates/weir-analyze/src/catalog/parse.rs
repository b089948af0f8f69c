//! Sorts a call's arguments into the words of a command, options and other words, by a tool's table.

use weir_model::Verb;

use super::table::{Command, Node, Opt, Takes, Tool};
use crate::call::{Arg, Value};

/// An option that is set.
pub(super) struct Given {
    /// The first name of the table, or as written where the table does not know it.
    pub name: String,
    pub value: Option<Arg>,
    /// It always has one.
    pub takes: bool,
    /// It is one of the tool's own, not of the command.
    pub global: bool,
    /// It asks for help or the version in the way that every program understands.
    pub help: bool,
}

/// Which entry of the table the words name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// No command was named.
    Nothing,
    Command,
    /// A command that the table does not have.
    Missing,
    /// The word that would be the command is not known.
    Computed,
}

pub(super) struct Parsed {
    pub command: &'static Command,
    pub found: Found,
    /// The words of the command as written.
    pub path: Vec<String>,
    pub given: Vec<Given>,
    pub words: Vec<Arg>,
    /// How many words stand before `--`.
    pub dashes: Option<usize>,
    /// The command stands below other words of which the table knows nothing.
    pub general: bool,
    /// Some argument may turn out to be any option.
    pub uncertain: bool,
}

struct Reader<'a> {
    tool: &'static Tool,
    node: &'static Node,
    deep: bool,
    args: &'a [Arg],
    at: usize,
    /// The next word may be the value of an option that the table does not know.
    doubtful: bool,
    aside: Vec<Arg>,
    out: Parsed,
}

/// Reads the arguments of `tool`.
pub(super) fn parse(tool: &'static Tool, args: &[Arg]) -> Parsed {
    let out = Parsed {
        command: &tool.root,
        found: Found::Nothing,
        path: Vec::new(),
        given: Vec::new(),
        words: Vec::new(),
        dashes: None,
        general: false,
        uncertain: false,
    };
    let node = &tool.commands;
    let mut reader = Reader { tool, node, deep: false, args, at: 0, doubtful: false, aside: Vec::new(), out };
    while let Some(arg) = reader.next() {
        if reader.argument(arg) {
            let rest = reader.args.get(reader.at..).unwrap_or_default();
            reader.out.words.extend_from_slice(rest);
            break;
        }
    }
    reader.finish()
}

/// Whether nothing is known of it and a shell would split it into any number of words.
fn may_be_option(arg: &Arg) -> bool {
    match &arg.value {
        Value::Unknown => !arg.source.starts_with(['"', '\'']),
        Value::OneOf(list) => list.iter().any(|text| text.len() > 1 && text.starts_with('-')),
        Value::Prefix(start) => start == "-" || (start.starts_with('-') && !start.contains('=')),
        Value::Known(_) => false,
    }
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<&'a Arg> {
        let arg = self.args.get(self.at)?;
        self.at += 1;
        Some(arg)
    }

    fn is_root(&self) -> bool {
        std::ptr::eq(self.out.command, &raw const self.tool.root)
    }

    /// True where everything that follows is words.
    fn argument(&mut self, arg: &Arg) -> bool {
        self.out.uncertain |= may_be_option(arg);
        let (text, whole) = match &arg.value {
            Value::Known(text) => (text.as_str(), true),
            Value::Prefix(start) => (start.as_str(), false),
            Value::OneOf(_) | Value::Unknown => return self.word(arg, None),
        };
        let doubtful = std::mem::take(&mut self.doubtful);
        if whole && text == "--" {
            // `terragrunt run --all -- destroy`: what follows is the command, with its options.
            if self.out.words.is_empty() && self.out.path.last().is_some_and(|word| self.tool.skip.contains(&&**word)) {
                return false;
            }
            self.out.words.append(&mut self.aside);
            self.out.dashes = Some(self.out.words.len());
            return true;
        }
        let option = text.len() > 1 && (text.starts_with('-') || (text.starts_with(['+', '/']) && self.exact(text)));
        if !option {
            self.doubtful = doubtful;
            return self.word(arg, whole.then_some(text));
        }
        let (name, inline) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        if !whole && inline.is_none() {
            // `-f$X`, where `-f` takes a value.
            let short = text.get(..2).filter(|_| !text.starts_with("--"));
            if let Some((name, Takes::Value)) = short.and_then(|short| self.find(short)).map(|(o, _)| (o, o.takes)) {
                let value = Arg { value: Value::Unknown, ..arg.clone() };
                self.set(name.names.first().copied().unwrap_or_default(), Some(value), false);
            }
            return false;
        }
        let inline = inline.map(|value| Arg {
            value: match (whole, value.is_empty()) {
                (true, _) => Value::Known(value.to_owned()),
                (false, true) => Value::Unknown,
                (false, false) => Value::Prefix(value.to_owned()),
            },
            source: match arg.source.split_once('=') {
                Some((_, source)) if !source.is_empty() => source.to_owned(),
                _ => value.to_owned(),
            },
            ..arg.clone()
        });
        if let Some((option, global)) = self.find(name) {
            let value = match (option.takes, inline) {
                (_, Some(value)) => Some(value),
                (Takes::Value, None) => self.next().cloned(),
                _ => None,
            };
            return self.known(option, global, value);
        }
        if text.starts_with("--") || self.tool.single_dash {
            let mut value = inline;
            if value.is_none() && self.tool.unknown_takes_value {
                let next = self.args.get(self.at);
                if next.is_some_and(|next| !next.text().is_some_and(|text| text.starts_with('-') && text != "-")) {
                    value = self.next().cloned();
                }
            }
            self.doubtful = value.is_none();
            // Among other words `--version` may be an option with a value that the table does not know.
            let first = self.out.path.is_empty() && self.out.words.is_empty();
            let help = value.is_none() && (name == "--help" || (name == "--version" && first));
            self.out.given.push(Given { name: name.to_owned(), value, takes: false, global: false, help });
            return false;
        }
        self.bundle(text, arg)
    }

    /// Letters in one argument (`-xvf FILE`).
    fn bundle(&mut self, text: &str, arg: &Arg) -> bool {
        for (at, letter) in text.char_indices().skip(1) {
            let name = format!("-{letter}");
            let rest = text.get(at + letter.len_utf8()..).unwrap_or_default();
            match self.find(&name) {
                Some((option, global)) if option.takes != Takes::Nothing => {
                    let inline = rest.strip_prefix('=').unwrap_or(rest);
                    let value = if !rest.is_empty() {
                        Some(Arg { source: inline.to_owned(), value: Value::Known(inline.to_owned()), ..arg.clone() })
                    } else if option.takes == Takes::Value {
                        self.next().cloned()
                    } else {
                        None
                    };
                    return self.known(option, global, value);
                }
                Some((option, global)) => {
                    if self.known(option, global, None) && rest.is_empty() {
                        return true;
                    }
                }
                None => {
                    self.set(&name, None, false);
                    self.doubtful = rest.is_empty();
                }
            }
        }
        false
    }

    fn known(&mut self, option: &'static Opt, global: bool, value: Option<Arg>) -> bool {
        let name = option.names.first().copied().unwrap_or_default();
        let help = option.takes == Takes::Nothing && option.names.iter().any(|n| matches!(*n, "--help" | "--version"));
        self.out.given.push(Given { name: name.to_owned(), value, takes: option.takes == Takes::Value, global, help });
        let ends = self.out.command.ends.contains(&name) || self.tool.root.ends.contains(&name);
        if ends {
            // `nix develop .#x -c CMD`: as after `--`.
            self.out.dashes = Some(self.out.words.len());
        }
        ends
    }

    fn set(&mut self, name: &str, value: Option<Arg>, global: bool) {
        self.out.given.push(Given { name: name.to_owned(), takes: value.is_some(), value, global, help: false });
    }

    fn exact(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// The option in the tables, and whether it is the tool's own.
    fn find(&self, name: &str) -> Option<(&'static Opt, bool)> {
        let own: &'static [Opt] = if self.is_root() { &[] } else { self.out.command.options };
        let all = || {
            let own = own.iter().map(|option| (option, false));
            own.chain(self.tool.root.options.iter().map(|option| (option, true)))
        };
        let exact = |name: &str| all().find(|(option, _)| option.names.contains(&name));
        if let Some(found) = exact(name) {
            return Some(found);
        }
        if self.tool.single_dash
            && let Some(short) = name.strip_prefix('-').filter(|short| short.starts_with('-'))
        {
            return exact(short);
        }
        if self.tool.abbreviations && name.len() > 2 && name.starts_with("--") {
            let mut matches = all().filter(|(option, _)| option.names.iter().any(|known| known.starts_with(name)));
            let first = matches.next();
            return first.filter(|_| matches.next().is_none());
        }
        None
    }

    /// True where everything that follows is words.
    fn word(&mut self, arg: &Arg, text: Option<&str>) -> bool {
        let doubtful = std::mem::take(&mut self.doubtful);
        if self.out.words.is_empty() && self.descend(arg, text, doubtful) {
            return false;
        }
        self.out.words.append(&mut self.aside);
        self.out.words.push(arg.clone());
        let end = self.out.command.options_end;
        end > 0 && self.out.words.len() >= end
    }

    /// Whether the word was one of the command's, or stands aside.
    fn descend(&mut self, arg: &Arg, text: Option<&str>, doubtful: bool) -> bool {
        if let Some((text, deep)) = text.zip(self.tool.deep.as_ref())
            && self.out.general
            && !takes_away(self.out.command)
            && let Some(node) = below(deep, text)
            && node.word == text
            && let Some(command) = node.command.filter(|command| takes_away(command))
        {
            // `az lock delete`, `doctl compute snapshot delete`: the verb before was the name of a kind.
            self.node = node;
            self.out.path.push(text.to_owned());
            self.out.command = command;
            return true;
        }
        let open = !self.node.children.is_empty() || !self.node.patterns.is_empty() || self.tool.deep.is_some();
        if !open || (self.node.command.is_some() && self.node.children.is_empty() && self.node.patterns.is_empty()) {
            return false;
        }
        let Some(text) = text else {
            if self.out.found != Found::Command {
                self.out.found = Found::Computed;
                // What comes after any word may still say what it does.
                if let Some(deep) = &self.tool.deep
                    && self.node.command.is_none()
                {
                    self.node = deep;
                    self.deep = true;
                    self.out.path.push(arg.source.clone());
                    return true;
                }
            }
            return false;
        };
        let lower;
        let text = if self.tool.ignore_case {
            lower = text.to_ascii_lowercase();
            lower.as_str()
        } else {
            text
        };
        if self.tool.skip.contains(&text) {
            self.out.path.push(text.to_owned());
            return true;
        }
        let mut found = below(self.node, text);
        let mut general = self.deep;
        if found.is_none()
            && self.node.command.is_none()
            && let Some(deep) = &self.tool.deep
        {
            found = below(deep, text);
            general = true;
            if found.is_none() && !doubtful {
                self.node = deep;
                self.deep = true;
                self.out.path.push(text.to_owned());
                return true;
            }
        }
        match found {
            Some(node) => {
                self.aside.clear();
                self.node = node;
                self.out.path.push(text.to_owned());
                if let Some(command) = node.command {
                    self.out.command = command;
                    self.out.general = general;
                    self.out.found = Found::Command;
                }
                true
            }
            None if doubtful && self.node.command.is_none() => {
                self.aside.push(arg.clone());
                true
            }
            None => false,
        }
    }

    fn finish(mut self) -> Parsed {
        self.out.words.append(&mut self.aside);
        let branches = !self.tool.commands.children.is_empty()
            || !self.tool.commands.patterns.is_empty()
            || self.tool.deep.is_some();
        if self.out.found == Found::Nothing && branches && (!self.out.words.is_empty() || !self.out.path.is_empty()) {
            self.out.found = Found::Missing;
        }
        // Options before the command's words were read before the command was known.
        let given = std::mem::take(&mut self.out.given);
        for mut option in given {
            if let Some((known, global)) = self.find(&option.name) {
                option.name = known.names.first().copied().unwrap_or_default().to_owned();
                option.global = global;
                option.help &= known.takes == Takes::Nothing;
            }
            self.out.given.push(option);
        }
        self.out
    }
}

fn below(node: &'static Node, word: &str) -> Option<&'static Node> {
    let exact = node.children.binary_search_by(|child| child.word.cmp(word)).ok();
    exact
        .and_then(|at| node.children.get(at))
        .or_else(|| node.patterns.iter().find(|pattern| is_like(word, pattern.word)))
}

fn takes_away(command: &Command) -> bool {
    command.effects.iter().any(|rule| matches!(rule.verb, Verb::Delete | Verb::Grant))
}

/// Whether a word begins with the pattern, or ends with what is behind its `*`.
fn is_like(word: &str, pattern: &str) -> bool {
    pattern.strip_prefix('*').map_or_else(|| word.starts_with(pattern), |end| word.ends_with(end))
}
