//! Secrets in the arguments of a call: what a program would read, print or send.

use std::path::Path;

use weir_model::{Effect, Target, TargetKind, Verb, is_secret};

use crate::call::{Arg, Call, Value};

/// What the environment of a process is called where it is printed.
pub(crate) const ENVIRONMENT: &str = "the environment variables";

/// How an argument names a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    /// The argument is a path; `@path` and `name=@path` are too.
    Path,
    /// It is text, and a path only after `@` (`curl -d @FILE`).
    AfterAt,
}

/// The secrets that an argument holds or names, by the names of their files. `-` is the standard input.
pub(crate) fn of_arg(call: &Call<'_>, arg: &Arg, naming: Naming) -> Vec<String> {
    let mut all = arg.secrets.clone();
    let texts: &[String] = match &arg.value {
        Value::Known(text) | Value::Prefix(text) => std::slice::from_ref(text),
        Value::OneOf(texts) => texts,
        Value::Unknown => &[],
    };
    for text in texts {
        for named in named(text, naming) {
            if matches!(named, "-" | "/dev/stdin") {
                all.extend(call.secrets.iter().cloned());
            } else if let Some(secret) = of_path(call, named) {
                all.push(secret);
            }
        }
    }
    all
}

/// `text` as a secret's name, where it is a path that leads to one.
pub(crate) fn of_path(call: &Call<'_>, text: &str) -> Option<String> {
    // The last component decides, unless a directory above it does.
    let path = call.path(text).unwrap_or_else(|| text.into());
    is_secret(&path).then(|| path.to_string_lossy().into_owned())
}

/// The paths that an argument may name; none for an address and for a place on another machine (`host:path`).
fn named(text: &str, naming: Naming) -> impl Iterator<Item = &str> {
    let remote = text.contains("://") || text.split('/').next().is_some_and(|start| start.contains(':'));
    let text = if remote && !text.contains("=@") { "" } else { text };
    let plain = (naming == Naming::Path).then_some(text);
    let value = text.split_once('=').map(|(_, value)| value).filter(|_| naming == Naming::Path);
    let after = ["=@", "=<", "@"].iter().find_map(|mark| text.split_once(mark)).map(|(_, rest)| rest);
    let cut = |text| str::split(text, [';', ',']).next().unwrap_or_default();
    plain.into_iter().chain(value).chain(after.map(cut)).filter(|path| !path.is_empty())
}

/// Giving a secret to another machine.
pub(crate) fn sent(name: &str) -> Effect {
    let path = Path::new(name);
    let paths = if path.is_absolute() { vec![path.to_owned()] } else { Vec::new() };
    Effect::new(Verb::Send, Target::new(TargetKind::Secret, name).at(paths))
}

/// Adds those that are not there yet.
pub(crate) fn add(all: &mut Vec<String>, more: &[String]) {
    for name in more {
        if !all.contains(name) {
            all.push(name.clone());
        }
    }
}
