//! Paths and directories.

use super::values::change;
use crate::call::Value;
use crate::code::meaning::Args;
use crate::code::run::Machine;
use crate::code::value::{Text, Val};

pub(in crate::code) fn parent(text: &Text) -> Text {
    match text.text() {
        Some(known) => match known.trim_end_matches('/').rsplit_once('/') {
            Some(("", _)) => Text::known("/"),
            Some((dir, _)) => Text::known(dir),
            None => Text::known("."),
        },
        None => match text.start().rsplit_once('/') {
            Some((dir, _)) if text.pieces.len() == 2 && text.filter.is_none() => Text::known(dir),
            Some((dir, _)) => Text::below(dir, "*"),
            None => Text::hole(&text.shown()),
        },
    }
}

pub(in crate::code) fn base(text: &Text) -> Text {
    match text.text() {
        Some(known) => Text::known(known.trim_end_matches('/').rsplit('/').next().unwrap_or(known)),
        None => Text::hole(&text.shown()),
    }
}

pub(in crate::code) fn path_join(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    Machine::combine(&args.list, |parts| Val::Str(machine.join(parts, true)))
}

pub(in crate::code) fn path(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    if args.list.is_empty() {
        return Val::Path(Text::known("."));
    }
    Machine::combine(&args.list, |parts| Val::Path(machine.join(parts, true)))
}

pub(in crate::code) fn home_text(machine: &Machine<'_, '_>) -> Option<String> {
    match machine.call.variable("HOME") {
        Some(Value::Known(home)) => Some(home),
        _ => machine.call.world.home(None).and_then(|home| home.to_str().map(str::to_owned)),
    }
}

pub(in crate::code) fn dirname(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    change(args, |_, text| match text.text() {
        Some(known) if !known.contains('/') => Val::str(""),
        _ => Val::Str(parent(&text)),
    })
}

pub(in crate::code) fn getenv(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let value = match args.value(0).word() {
        Value::Known(name) => machine.variable(&name),
        _ => Val::Unknown,
    };
    match (value, args.get(1, &["default"])) {
        // Where it is not set here, the default is what it is.
        (Val::Unknown, Some((default, _))) => match args.value(0).word() {
            Value::Known(name) if machine.call.variable(&name).is_none() => default.clone(),
            _ => Val::any(vec![Val::Unknown, default.clone()]),
        },
        (value, _) => value,
    }
}

pub(in crate::code) fn temp_dir(_: &mut Machine<'_, '_>, _: &Args) -> Val {
    Val::str("/tmp")
}

pub(in crate::code) fn home(machine: &mut Machine<'_, '_>, _: &Args) -> Val {
    home_text(machine).map_or(Val::Unknown, Val::str)
}

pub(in crate::code) fn chdir(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    machine.moved = true;
    machine.cwd = match args.value(0).word() {
        Value::Known(text) => machine.path(&text),
        _ => None,
    };
    Val::Null
}

pub(in crate::code) fn cwd(machine: &mut Machine<'_, '_>, _: &Args) -> Val {
    machine.cwd.as_ref().and_then(|cwd| cwd.to_str()).map_or(Val::Unknown, Val::str)
}

pub(in crate::code) fn scratch(_: &mut Machine<'_, '_>, _: &Args) -> Val {
    Val::str("/tmp/tmpXXXXXXXX")
}

/// The texts of an argument as patterns: what is below their fixed part.
pub(in crate::code) fn pattern(text: &str) -> Text {
    let fixed = text.split(['*', '?', '[', '{', '!']).next().unwrap_or_default();
    if fixed.len() == text.len() {
        return Text::known(text);
    }
    match fixed.rfind('/') {
        Some(at) => Text::below(text.get(..=at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default()),
        None => Text::below(".", text),
    }
}

pub(in crate::code) fn glob(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let root = args.option("cwd");
    let found: Vec<Val> = args
        .value(0)
        .texts()
        .into_iter()
        .map(|text| match text {
            Some(text) => {
                let found = text.text().map_or_else(|| text.clone(), pattern);
                match &root {
                    Some(root) => {
                        Val::Str(machine.join(&[(root.clone(), String::new()), (Val::Str(found), String::new())], true))
                    }
                    None => Val::Str(found),
                }
            }
            None => Val::Unknown,
        })
        .collect();
    let found = Val::some(Val::any(found));
    // An old form calls back with an error and what was found.
    if let Some((callback @ Val::Function(..), source)) = args.list.last()
        && machine.dialect.language == crate::call::Language::JavaScript
    {
        let list = vec![(Val::Null, String::new()), (found.clone(), source.clone())];
        machine.apply(callback, Args { list, ..Args::default() }, source);
    }
    found
}
