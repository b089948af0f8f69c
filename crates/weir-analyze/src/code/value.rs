//! What is known of a value while a program is followed.

use std::rc::Rc;

use super::tree::{Class, Function};
use crate::call::Value;

/// Alternatives that are kept apart.
const MOST_ALTERNATIVES: usize = 64;
/// Items of a list that are kept.
const MOST_ITEMS: usize = 1_000;
/// Bytes of a text that are kept.
const MOST_BYTES: usize = 256 * 1024;
/// Bytes of a pattern that is kept.
const MOST_FILTER: usize = 500;
/// Lists in lists.
const MOST_NESTING: u8 = 12;

/// How programs name all variables of their environment, and copies of them.
const ENVIRONMENTS: &[&str] = &["os.environ", "process.env", "ENV", "Bun.env", "Deno.env", "$ENV", "$_ENV"];
const COPIES: &[&str] = &["copy", "items", "to_h", "to_hash", "toObject", "to_a", "inspect", "to_json", "to_s"];

/// Whether a method of the environment gives all of it.
pub(super) fn is_copy(method: &str) -> bool {
    COPIES.contains(&method)
}

/// Whether a file holds secrets, and not just one token with which a program signs in.
fn holds_many(path: &str) -> bool {
    crate::secrets::of_file(std::path::Path::new(path)).is_some_and(|secret| secret.much == crate::call::Much::Whole)
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Known(String),
    /// Not known; as written, for people.
    Hole(Rc<str>),
}

/// A text of which parts may not be known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Text {
    pub(super) pieces: Vec<Piece>,
    /// The pattern that the rest matches, where it came out of a directory.
    pub(super) filter: Option<Rc<str>>,
    /// The secret that some part of it holds.
    pub(super) secret: Option<Rc<str>>,
}

impl Text {
    pub(super) fn known(text: impl Into<String>) -> Self {
        Self { pieces: vec![Piece::Known(text.into())], ..Self::default() }
    }

    pub(super) fn hole(source: &str) -> Self {
        Self { pieces: vec![Piece::Hole(source.into())], ..Self::default() }
    }

    /// Something below `dir`.
    pub(super) fn below(dir: &str, filter: &str) -> Self {
        let dir = if dir.is_empty() { "." } else { dir };
        let slash = if dir.ends_with('/') { "" } else { "/" };
        Self {
            pieces: vec![Piece::Known(format!("{dir}{slash}")), Piece::Hole(filter.into())],
            filter: Some(format!("{dir}{slash}{filter}").into()),
            secret: None,
        }
    }

    /// The name of something in `dir`, without the directory.
    pub(super) fn named_in(dir: &str) -> Self {
        let filter = Some(format!("{}/*", dir.trim_end_matches('/')).into());
        Self { pieces: vec![Piece::Hole("*".into())], filter, secret: None }
    }

    /// The same, of which only names like `pattern` are left.
    pub(super) fn named(mut self, pattern: &str) -> Self {
        if let Some(filter) = &self.filter
            && let Some(before) = filter.strip_suffix("**").or_else(|| filter.strip_suffix('*'))
            && (before.is_empty() || before.ends_with('/'))
        {
            let deep = if filter.ends_with("**") { "**/" } else { "" };
            self.filter = Some(format!("{before}{deep}{pattern}").into());
        }
        self
    }

    /// The tests of `find` that what it stands for below its first directory surely passes.
    pub(super) fn tests(&self) -> Option<String> {
        let pattern: String = match &self.filter {
            Some(filter) => filter.to_string(),
            None => {
                let pieces = self.pieces.iter().map(|piece| match piece {
                    Piece::Known(text) => text.as_str(),
                    Piece::Hole(_) => "*",
                });
                pieces.collect()
            }
        };
        let (dir, name) = pattern.trim_end_matches('/').rsplit_once('/').unwrap_or(("", pattern.as_str()));
        let plain = |letter: char| letter.is_alphanumeric() || "*?.-_ +@,~%#=".contains(letter);
        if !name.contains(char::is_alphanumeric) || !name.chars().all(plain) {
            return None;
        }
        let depth = if (self.filter.is_none() && name.starts_with('*')) || dir.contains('*') || name.contains("**") {
            ""
        } else {
            " -maxdepth 1"
        };
        Some(format!("-name '{name}'{depth}"))
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece::Known(text)] => Some(text),
            _ => None,
        }
    }

    /// What it surely begins with.
    pub(super) fn start(&self) -> &str {
        match self.pieces.first() {
            Some(Piece::Known(text)) => text,
            _ => "",
        }
    }

    /// For people: the known text, with the unknown parts as written.
    pub(super) fn shown(&self) -> String {
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Known(text) => text.clone(),
                Piece::Hole(source) if self.filter.is_some() => source.to_string(),
                Piece::Hole(source) => format!("{{{source}}}"),
            })
            .collect()
    }

    pub(super) fn push(&mut self, other: Self) {
        self.secret = self.secret.take().or_else(|| other.secret.clone());
        let size: usize =
            self.pieces.iter().map(|piece| if let Piece::Known(text) = piece { text.len() } else { 1 }).sum();
        if size > MOST_BYTES || self.pieces.len() > MOST_ITEMS {
            self.pieces.truncate(1);
            self.pieces.push(Piece::Hole("…".into()));
            return;
        }
        match (&self.filter, &other.filter) {
            (None, _) => {
                self.filter = other.filter.map(|filter| match self.text() {
                    // A name joined to its own directory; anything else before it is part of the pattern.
                    Some(before) if !before.ends_with('/') && !before.is_empty() => {
                        let name = filter.rsplit('/').next().unwrap_or_default();
                        format!("{before}{name}").into()
                    }
                    _ => filter,
                });
            }
            // A directory that was found, and a name in it.
            (Some(_), Some(_)) => self.filter = other.filter,
            (Some(filter), None) => {
                let mut longer = filter.to_string();
                for piece in &other.pieces {
                    match piece {
                        Piece::Known(text) => longer.push_str(text),
                        Piece::Hole(_) => longer.push('*'),
                    }
                }
                self.filter = (longer.len() <= MOST_FILTER).then(|| longer.into());
            }
        }
        for piece in other.pieces {
            match (self.pieces.last_mut(), piece) {
                (Some(Piece::Known(last)), Piece::Known(more)) => last.push_str(&more),
                (_, piece) => self.pieces.push(piece),
            }
        }
    }
}

/// A part of a library: a module, a function, or what calls of it gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lib {
    /// `shutil.rmtree`, `boto3.client().delete_bucket`, `?.execute`.
    pub(super) path: String,
    /// The first text that was passed on the way (`s3`, `app.db`).
    pub(super) about: Option<Rc<str>>,
}

/// What is known of a value.
#[derive(Debug, Clone)]
pub(super) enum Val {
    Unknown,
    Null,
    Bool(bool),
    Num(i64),
    Str(Text),
    /// A path object.
    Path(Text),
    /// An open file, or an entry of a directory.
    File(Text),
    /// What is in a file.
    Content(Text),
    List(Rc<(Vec<Val>, u8)>),
    /// Any number of these.
    Some(Rc<(Val, u8)>),
    Dict(Rc<(Vec<(String, Val)>, u8)>),
    /// One of these, or all of them in turn.
    Any(Rc<(Vec<Val>, u8)>),
    Lib(Rc<Lib>),
    /// A method of a value: its name with the kind of value (`Path.unlink`).
    Method(Rc<(Val, String, u8)>),
    /// A function and the frame in which it was made, and the object that it belongs to.
    Function(Rc<Function>, usize, Option<usize>),
    Class(Rc<Class>, usize),
    /// An object: where its fields are.
    Object(usize),
    /// A function with arguments that it already has.
    Partial(Rc<(Val, Vec<Val>, u8)>),
}

impl Val {
    pub(super) fn str(text: impl Into<String>) -> Self {
        Self::Str(Text::known(text))
    }

    pub(super) fn lib(path: impl Into<String>) -> Self {
        Self::lib_about(path, None)
    }

    pub(super) fn lib_about(path: impl Into<String>, about: Option<Rc<str>>) -> Self {
        let path = path.into();
        if path.len() > 200 { Self::Unknown } else { Self::Lib(Rc::new(Lib { path, about })) }
    }

    fn nesting(&self) -> u8 {
        match self {
            Self::List(list) | Self::Any(list) => list.1,
            Self::Dict(dict) => dict.1,
            Self::Some(item) => item.1,
            Self::Method(method) => method.2,
            Self::Partial(partial) => partial.2,
            _ => 0,
        }
    }

    pub(super) fn list(mut items: Vec<Self>) -> Self {
        let nesting = items.iter().map(Self::nesting).max().unwrap_or(0) + 1;
        if nesting > MOST_NESTING {
            return Self::Unknown;
        }
        if items.len() > MOST_ITEMS {
            items.truncate(MOST_ITEMS);
            items.push(Self::Unknown);
        }
        Self::List(Rc::new((items, nesting)))
    }

    pub(super) fn some(item: Self) -> Self {
        let nesting = item.nesting() + 1;
        if nesting > MOST_NESTING { Self::Unknown } else { Self::Some(Rc::new((item, nesting))) }
    }

    pub(super) fn dict(pairs: Vec<(String, Self)>) -> Self {
        let nesting = pairs.iter().map(|pair| pair.1.nesting()).max().unwrap_or(0) + 1;
        if nesting > MOST_NESTING || pairs.len() > MOST_ITEMS {
            return Self::Unknown;
        }
        Self::Dict(Rc::new((pairs, nesting)))
    }

    pub(super) fn method(receiver: Self, name: String) -> Self {
        let nesting = receiver.nesting() + 1;
        if nesting > MOST_NESTING { Self::Unknown } else { Self::Method(Rc::new((receiver, name, nesting))) }
    }

    pub(super) fn partial(function: Self, args: Vec<Self>) -> Self {
        let nesting = args.iter().map(Self::nesting).max().unwrap_or(0).max(function.nesting()) + 1;
        if nesting > MOST_NESTING { Self::Unknown } else { Self::Partial(Rc::new((function, args, nesting))) }
    }

    /// One of `items`. Nothing at all is unknown.
    pub(super) fn any(items: Vec<Self>) -> Self {
        let mut flat: Vec<Self> = Vec::new();
        for item in items {
            let parts = match &item {
                Self::Any(parts) => parts.0.clone(),
                _ => vec![item],
            };
            for part in parts {
                if !flat.iter().any(|seen| seen.same(&part)) {
                    flat.push(part);
                }
                if flat.len() > MOST_ALTERNATIVES {
                    return Self::Unknown;
                }
            }
        }
        if flat.len() == 1 {
            return flat.pop().unwrap_or(Self::Unknown);
        }
        let nesting = flat.iter().map(Self::nesting).max().unwrap_or(0) + 1;
        if flat.is_empty() || nesting > MOST_NESTING {
            return Self::Unknown;
        }
        Self::Any(Rc::new((flat, nesting)))
    }

    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unknown, Self::Unknown) | (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Num(a), Self::Num(b)) => a == b,
            (Self::Str(a), Self::Str(b))
            | (Self::Path(a), Self::Path(b))
            | (Self::File(a), Self::File(b))
            | (Self::Content(a), Self::Content(b)) => a == b,
            (Self::Lib(a), Self::Lib(b)) => a == b,
            (Self::List(a), Self::List(b)) | (Self::Any(a), Self::Any(b)) => Rc::ptr_eq(a, b),
            (Self::Function(a, ..), Self::Function(b, ..)) => Rc::ptr_eq(a, b),
            (Self::Object(a), Self::Object(b)) => a == b,
            _ => false,
        }
    }

    /// The value as a text; what is not one is a hole.
    pub(super) fn text(&self, source: &str) -> Text {
        match self {
            Self::Str(text) | Self::Path(text) | Self::File(text) => text.clone(),
            Self::Num(number) => Text::known(number.to_string()),
            _ => Text { secret: self.secret(), ..Text::hole(source) },
        }
    }

    /// The secret that it holds: all of a file, or of the environment.
    pub(super) fn secret(&self) -> Option<Rc<str>> {
        match self {
            Self::Str(text) => text.secret.clone(),
            Self::Content(path) | Self::File(path) => path.text().filter(|path| holds_many(path)).map(Rc::from),
            Self::List(list) | Self::Any(list) => list.0.iter().find_map(Self::secret),
            Self::Some(item) => item.0.secret(),
            // What a program that is started gets stays here.
            Self::Dict(dict) => dict.0.iter().filter(|pair| pair.0 != "env").find_map(|pair| pair.1.secret()),
            Self::Lib(lib) => {
                let copied =
                    |rest: &str| rest.strip_prefix('.').and_then(|rest| rest.strip_suffix("()")).is_some_and(is_copy);
                let whole = |rest: &str| rest.is_empty() || copied(rest);
                let found = ENVIRONMENTS.iter().any(|name| lib.path.strip_prefix(*name).is_some_and(whole));
                found.then(|| crate::secrets::ENVIRONMENT.into())
            }
            _ => None,
        }
    }

    /// The alternatives.
    pub(super) fn each(&self) -> Vec<Self> {
        match self {
            Self::Any(items) => items.0.clone(),
            _ => vec![self.clone()],
        }
    }

    /// What a loop over it sees.
    pub(super) fn items(&self) -> Self {
        match self {
            Self::List(list) => Self::any(list.0.clone()),
            Self::Some(item) => item.0.clone(),
            Self::Dict(dict) => Self::any(dict.0.iter().map(|pair| Self::str(pair.0.clone())).collect()),
            Self::Any(list) => Self::any(list.0.iter().map(Self::items).collect()),
            Self::Lib(lib) => Self::lib_about(format!("{}[]", lib.path), lib.about.clone()),
            _ => Self::Unknown,
        }
    }

    /// The same, of which only names like one of `patterns` are left.
    pub(super) fn narrowed(&self, patterns: &[String]) -> Self {
        let Some(only) = patterns.first() else { return self.clone() };
        match self {
            Self::Any(items) => Self::any(items.0.iter().map(|item| item.narrowed(patterns)).collect()),
            Self::Str(text) | Self::Path(text) | Self::File(text) if text.text().is_none() => {
                let make = |text: Text| match self {
                    Self::Path(_) => Self::Path(text),
                    Self::File(_) => Self::File(text),
                    _ => Self::Str(text),
                };
                match patterns {
                    [_] => make(text.clone().named(only)),
                    several => Self::any(several.iter().map(|pattern| make(text.clone().named(pattern))).collect()),
                }
            }
            other => other.clone(),
        }
    }

    /// Whether it counts as true, where that is known.
    pub(super) fn truth(&self) -> Option<bool> {
        match self {
            Self::Null => Some(false),
            Self::Bool(truth) => Some(*truth),
            Self::Num(number) => Some(*number != 0),
            Self::Str(text) => text.text().map(|text| !text.is_empty()),
            Self::List(list) => Some(!list.0.is_empty()),
            Self::Unknown | Self::Any(_) | Self::Lib(_) | Self::Some(_) => None,
            _ => Some(true),
        }
    }

    pub(super) fn key(&self, key: &str) -> Option<Self> {
        match self {
            Self::Dict(dict) => dict.0.iter().rev().find(|pair| pair.0 == key).map(|pair| pair.1.clone()),
            _ => None,
        }
    }

    /// All texts in it, lists taken apart. `None` stands for what is not known.
    pub(super) fn texts(&self) -> Vec<Option<Text>> {
        let mut out = Vec::new();
        let mut budget = MOST_ITEMS;
        self.collect(&mut out, &mut budget);
        out
    }

    fn collect(&self, out: &mut Vec<Option<Text>>, budget: &mut usize) {
        if *budget == 0 {
            return;
        }
        *budget -= 1;
        match self {
            Self::Str(text) | Self::Path(text) | Self::File(text) => {
                out.push(matches!(text.pieces.first(), None | Some(Piece::Known(_))).then(|| text.clone()));
            }
            Self::List(list) | Self::Any(list) => {
                for item in &list.0 {
                    item.collect(out, budget);
                }
            }
            Self::Some(item) => item.0.collect(out, budget),
            // Nothing to act on: the call would fail.
            Self::Null => {}
            _ => out.push(None),
        }
    }

    /// The value as a word of a command.
    pub(super) fn word(&self) -> Value {
        match self {
            Self::Str(text) | Self::Path(text) | Self::File(text) => match text.text() {
                Some(text) => Value::Known(text.to_owned()),
                None if text.start().is_empty() => Value::Unknown,
                None => Value::Prefix(text.start().to_owned()),
            },
            Self::Num(number) => Value::Known(number.to_string()),
            Self::Any(items) => {
                let mut known = Vec::new();
                for item in &items.0 {
                    match item.word() {
                        Value::Known(text) => known.push(text),
                        _ if matches!(item, Self::Null) => {}
                        _ => return Value::Unknown,
                    }
                }
                if known.is_empty() { Value::Unknown } else { Value::OneOf(known) }
            }
            _ => Value::Unknown,
        }
    }
}
