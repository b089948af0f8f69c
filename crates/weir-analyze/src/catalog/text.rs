//! What conditions, names and templates of the tables say of one call.

use std::cell::OnceCell;
use std::sync::Arc;

use weir_model::{Lookup, Provider};

use super::parse::{Given, Parsed, parse};
use super::table::{Is, Part, Sel, Template, Test, Tool, When};
use crate::call::{Arg, Call, HOLE, Stdin, Value};

/// Bytes of a configuration file that names the environment.
const CONFIG_LIMIT: usize = 256 * 1024;

/// Variables of the command itself that are handed over.
const MOST_VARIABLES: usize = 64;

/// Whether something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    Yes,
    No,
    /// It depends on something that is not known.
    Maybe,
}

/// One call, sorted by its table.
pub(super) struct Reading<'a> {
    pub tool: &'static Tool,
    pub call: &'a Call<'a>,
    pub args: &'a [Arg],
    pub parsed: Parsed,
    /// Both are the same for all effects of the call, which may be many.
    environment: OnceCell<Option<String>>,
    preview: OnceCell<Option<String>>,
    lookup: OnceCell<Option<Arc<Lookup>>>,
}

impl<'a> Reading<'a> {
    pub fn new(tool: &'static Tool, call: &'a Call<'a>, args: &'a [Arg]) -> Self {
        let parsed = parse(tool, args);
        Self {
            tool,
            call,
            args,
            parsed,
            environment: OnceCell::new(),
            preview: OnceCell::new(),
            lookup: OnceCell::new(),
        }
    }

    /// The program and the words of its command.
    pub fn path(&self) -> String {
        let mut text = self.call.program().to_owned();
        for word in &self.parsed.path {
            text.push(' ');
            text.push_str(word);
        }
        text
    }

    /// As [`Reading::path`], with the program as it was named: another file of the same name is another program.
    pub fn through(&self) -> String {
        let path = self.path();
        match self.call.argv.first().and_then(Arg::text) {
            Some(word) if word.contains('/') => {
                format!("{word}{}", path.strip_prefix(self.call.program()).unwrap_or(""))
            }
            _ => path,
        }
    }

    /// Everything that `sel` means, in order; empty where it is not there. `it` is the word that `each` is at.
    pub fn values(&self, sel: &Sel, it: Option<&Arg>) -> Vec<Arg> {
        match sel {
            Sel::Option(name) => {
                let given = self.parsed.given.iter().filter(|given| given.name == *name);
                given.map(|given| given.value.clone().unwrap_or_else(|| Arg::known("true"))).collect()
            }
            Sel::Word(number) => self.parsed.words.get(number - 1).cloned().into_iter().collect(),
            Sel::From(number) => self.parsed.words.get(number - 1..).unwrap_or_default().to_vec(),
            Sel::It => it.cloned().into_iter().collect(),
            Sel::Path => vec![Arg::known(self.path())],
            Sel::Group => vec![Arg::known(self.path().rsplit_once(' ').map_or("", |(group, _)| group))],
            Sel::Args => self.args.to_vec(),
            Sel::Own => self.own(),
            Sel::First => {
                let mut given = self.parsed.given.iter().filter(|given| !given.global);
                given.find_map(|given| given.value.clone()).into_iter().collect()
            }
            Sel::Variable(name) => match self.call.variable(name) {
                Some(Value::Known(text)) if text.is_empty() => Vec::new(),
                Some(value) => vec![Arg { value, ..Arg::known(format!("${name}")) }],
                None => Vec::new(),
            },
            Sel::File { path, key } => self.file(path, key).map(Arg::known).into_iter().collect(),
            Sel::Stdin if self.call.stdin != Stdin::None => vec![Arg::known("stdin")],
            Sel::Stdin => Vec::new(),
        }
    }

    /// What the first of `sels` that is there means.
    pub fn first<'s>(&self, sels: &'s [Sel], it: Option<&Arg>) -> Option<(&'s Sel, Vec<Arg>)> {
        sels.iter().map(|sel| (sel, self.values(sel, it))).find(|(_, values)| !values.is_empty())
    }

    fn file(&self, path: &str, key: &str) -> Option<String> {
        let path = if let Some(below) = path.strip_prefix("~/") {
            self.call.world.home(None)?.join(below)
        } else if let Some(rest) = path.strip_prefix('$') {
            let (name, below) = rest.split_once('/').unwrap_or((rest, ""));
            let Some(Value::Known(start)) = self.call.variable(name) else { return None };
            let start = self.call.path(&start)?;
            if below.is_empty() { start } else { start.join(below) }
        } else {
            self.call.path(path)?
        };
        let bytes = self.call.world.read(&path, CONFIG_LIMIT)?;
        let text = String::from_utf8_lossy(&bytes);
        let found = text.lines().find_map(|line| line.trim_start().strip_prefix(key))?;
        let found = found.trim().trim_matches(|c| matches!(c, '"' | '\'' | ',' | ' '));
        (!found.is_empty() && found.len() < 200).then(|| found.to_owned())
    }

    /// Whether any line of `when` holds. Of no lines none does.
    pub fn any(&self, when: When, it: Option<&Arg>) -> Truth {
        let mut truth = Truth::No;
        for line in when {
            match self.all(line, it) {
                Truth::Yes => return Truth::Yes,
                Truth::Maybe => truth = Truth::Maybe,
                Truth::No => {}
            }
        }
        truth
    }

    fn all(&self, line: &[Test], it: Option<&Arg>) -> Truth {
        let mut truth = Truth::Yes;
        for test in line {
            match (self.test(test, it), test.negated) {
                (Truth::No, false) | (Truth::Yes, true) => return Truth::No,
                (Truth::Maybe, _) => truth = Truth::Maybe,
                (Truth::Yes, false) | (Truth::No, true) => {}
            }
        }
        truth
    }

    fn test(&self, test: &Test, it: Option<&Arg>) -> Truth {
        let mut values = self.values(&test.subject, it);
        let option = matches!(test.subject, Sel::Option(_));
        if let (Sel::Stdin, Stdin::Known(text), Is::Token(_) | Is::Value(_)) =
            (&test.subject, &self.call.stdin, &test.is)
        {
            values = vec![Arg::with_holes(text.trim())];
        }
        if values.is_empty() {
            // A word that is not known may be a flag; it would have to be two words to be an option with its value.
            let may_be = option && self.parsed.uncertain && !matches!(test.is, Is::Value(_));
            return if may_be { Truth::Maybe } else { Truth::No };
        }
        // The last one wins, except where each is a piece of its own.
        if option && !matches!(test.is, Is::Token(_)) {
            values = values.pop().into_iter().collect();
        }
        let takes_value = match &test.subject {
            Sel::Option(name) => {
                self.parsed.given.iter().rev().find(|given| given.name == *name).is_some_and(|g| g.takes)
            }
            _ => false,
        };
        let mut truth = Truth::No;
        for (at, value) in values.iter().enumerate() {
            let found = match &test.is {
                Is::Set if !option || takes_value => Truth::Yes,
                Is::Set => judge(value, |text| !text.eq_ignore_ascii_case("false")),
                Is::Value(list) => match judge(value, |text| list.iter().any(|pattern| like(text, pattern))) {
                    Truth::Maybe => by_what_is_known(value, list),
                    truth => truth,
                },
                // After the first, only a word that names its kind itself does so.
                Is::Kind(list) => judge(value, |text| (at == 0 || text.contains('/')) && is_kind(text, list)),
                Is::Token(list) => judge(value, |text| tokens(text).any(|token| list.contains(&token))),
            };
            match found {
                Truth::Yes => return Truth::Yes,
                Truth::Maybe => truth = Truth::Maybe,
                Truth::No => {}
            }
        }
        truth
    }

    /// The text of a template; placeholders for which nothing is there are left out.
    pub fn render(&self, template: Template, it: Option<&Arg>) -> String {
        let mut text = String::new();
        for part in template {
            match part {
                Part::Text(fixed) => text.push_str(fixed),
                Part::Value(sels) => {
                    let Some((_, values)) = self.first(sels, it) else { continue };
                    let values: Vec<String> = values.iter().map(shown).collect();
                    text.push_str(&values.join(" "));
                }
            }
        }
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// What says which environment the call is about, for people and for the classification of environments.
    pub fn environment(&self) -> Option<String> {
        self.environment.get_or_init(|| self.find_environment()).clone()
    }

    /// The harmless command that shows what this one would do, to be pasted into a shell.
    pub fn preview(&self) -> Option<String> {
        self.preview.get_or_init(|| self.make_preview()).clone()
    }

    fn make_preview(&self) -> Option<String> {
        let mut text = String::new();
        for part in self.parsed.command.preview {
            let Part::Value(sels) = part else {
                let Part::Text(fixed) = part else { continue };
                let gap = text.is_empty() || text.ends_with(' ');
                text.push_str(if gap { fixed.trim_start() } else { fixed });
                continue;
            };
            let Some((sel, values)) = self.first(sels, None) else { continue };
            let spell = if matches!(sel, Sel::Path | Sel::Group) { shown } else { quoted };
            let values: Vec<String> = values.iter().map(spell).collect();
            text.push_str(&values.join(" "));
        }
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// The tool's own options as they are given (`--profile prod`): another command of the tool needs them too.
    pub fn own(&self) -> Vec<Arg> {
        let mut list = Vec::new();
        // What only keeps the command from asking says nothing of what it is about.
        let consent = |given: &Given| {
            given.value.is_none() && matches!(&*given.name, "-f" | "--force" | "-y" | "--yes" | "-q" | "--quiet")
        };
        for given in self.parsed.given.iter().filter(|given| given.global && !consent(given)) {
            list.push(Arg::known(given.name.clone()));
            list.extend(given.value.clone());
        }
        list
    }

    /// What the call says of the place where it acts; `None` where its tool has no configuration that is known.
    pub fn lookup(&self) -> Option<Arc<Lookup>> {
        self.lookup.get_or_init(|| self.tool.provider.map(|provider| Arc::new(self.make_lookup(provider)))).clone()
    }

    fn make_lookup(&self, provider: Provider) -> Lookup {
        let known = |value: &Value| match value {
            Value::Known(text) => Some(text.clone()),
            _ => None,
        };
        let settings = self.parsed.given.iter().map(|given| {
            let value = given.value.as_ref().map_or(Some("true"), Arg::text);
            (self.setting(&given.name).to_owned(), value.map(str::to_owned))
        });
        // What the command itself sets counts under any name: configuration may ask for it, and lies in its own `HOME`.
        let own = self.call.env.iter().rev().take(MOST_VARIABLES).map(|(name, _)| name.as_str());
        let names = own.chain(provider.variables().iter().copied());
        let variables = names.filter_map(|name| Some((name.to_owned(), known(&self.call.variable(name)?))));
        Lookup {
            provider,
            program: self.call.program().to_owned(),
            settings: settings.collect(),
            words: self.parsed.words.iter().map(|word| known(&word.value)).collect(),
            variables: variables.collect(),
            directory: self.call.cwd.clone(),
        }
    }

    /// The long name of an option without its dashes.
    fn setting<'n>(&self, name: &'n str) -> &'n str {
        let all = self.tool.root.options.iter().chain(self.parsed.command.options);
        let long = |names: &'static [&'static str]| names.iter().copied().find(|name| name.len() > 2);
        let known = all.into_iter().find(|option| option.names.contains(&name)).and_then(|option| long(option.names));
        known.unwrap_or(name).trim_start_matches('-')
    }

    fn find_environment(&self) -> Option<String> {
        let command = self.parsed.command;
        let own = if std::ptr::eq(command, &raw const self.tool.root) { &[][..] } else { command.env };
        let mut found: Vec<String> = Vec::new();
        for sels in self.tool.root.env.iter().chain(own) {
            let Some((sel, values)) = self.first(sels, None) else { continue };
            let values = values.iter().map(shown).collect::<Vec<_>>().join(" ");
            let text = match sel {
                Sel::Option(name) => format!("{name} {values}"),
                Sel::Variable(name) => format!("{name}={values}"),
                Sel::File { path, key: "" } => format!("{path}: {values}"),
                Sel::File { key, .. } => format!("{} {values}", key.trim()),
                _ => values,
            };
            if !found.contains(&text) {
                found.push(text);
            }
        }
        (!found.is_empty()).then(|| found.join(", "))
    }
}

fn judge(value: &Arg, holds: impl Fn(&str) -> bool) -> Truth {
    match &value.value {
        Value::Known(text) if holds(text) => Truth::Yes,
        Value::Known(_) => Truth::No,
        Value::OneOf(list) if list.iter().all(|text| holds(text)) => Truth::Yes,
        Value::OneOf(list) if !list.iter().any(|text| holds(text)) => Truth::No,
        _ => Truth::Maybe,
    }
}

/// Whether a value of which only parts are known is like one of the patterns. A piece that may stand anywhere in it
/// (`*/doDelete`) is taken to stand in a part that is known, or not at all: else no address in a variable could be used.
fn by_what_is_known(value: &Arg, patterns: &[&str]) -> Truth {
    let text = match (&value.value, &value.template) {
        (_, Some(template)) => template.clone(),
        (Value::Prefix(start), None) => format!("{start}{HOLE}"),
        (Value::Unknown, None) => HOLE.to_string(),
        _ => return Truth::Maybe,
    };
    let start = text.split(HOLE).next().unwrap_or_default();
    let mut truth = Truth::No;
    for pattern in patterns {
        if like(&text, pattern) {
            return Truth::Yes;
        }
        let wanted = pattern.strip_suffix('*').unwrap_or(pattern);
        let shared = start.len().min(wanted.len());
        let agrees = start.get(..shared).zip(wanted.get(..shared)).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b));
        if !pattern.starts_with('*') && agrees {
            truth = Truth::Maybe;
        }
    }
    truth
}

/// Compares without regard to case; `*` stands for any text at either end of the pattern.
fn like(text: &str, pattern: &str) -> bool {
    let cut = |text: &str, at: usize| text.get(at..).map(str::to_ascii_lowercase);
    if let Some(middle) = pattern.strip_suffix('*').and_then(|rest| rest.strip_prefix('*')) {
        text.to_ascii_lowercase().contains(&middle.to_ascii_lowercase())
    } else if let Some(start) = pattern.strip_suffix('*') {
        text.get(..start.len()).is_some_and(|text| text.eq_ignore_ascii_case(start))
    } else if let Some(end) = pattern.strip_prefix('*') {
        let at = text.len().checked_sub(end.len());
        at.and_then(|at| cut(text, at)).is_some_and(|text| text == end.to_ascii_lowercase())
    } else {
        text.eq_ignore_ascii_case(pattern)
    }
}

fn is_kind(text: &str, list: &[&str]) -> bool {
    text.split(',').any(|part| {
        let kind = part.split(['/', '.']).next().unwrap_or(part);
        list.iter().any(|known| known.eq_ignore_ascii_case(kind))
    })
}

fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').filter(|token| !token.is_empty())
}

/// The text for people, without the password of an address.
pub(super) fn shown(arg: &Arg) -> String {
    let text = match &arg.value {
        Value::Known(text) => text,
        Value::OneOf(list) => return list.iter().map(|text| masked(text)).collect::<Vec<_>>().join(" "),
        Value::Prefix(_) | Value::Unknown => &arg.source,
    };
    masked(text)
}

/// As [`shown`], as a word of a shell.
pub(super) fn quoted(arg: &Arg) -> String {
    let text = shown(arg);
    let plain =
        |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '=' | ',' | '@' | '+' | '%' | '~');
    match &arg.value {
        Value::Known(known) if known.is_empty() || !known.chars().all(plain) => crate::quote::quoted(&text),
        _ => text,
    }
}

fn masked(text: &str) -> String {
    if let Some((scheme, rest)) = text.split_once("://") {
        let end = rest.find('/').unwrap_or(rest.len());
        if let Some((authority, path)) = rest.split_at_checked(end)
            && let Some((_, host)) = authority.rsplit_once('@')
        {
            return format!("{scheme}://{host}{path}");
        }
    }
    text.to_owned()
}
