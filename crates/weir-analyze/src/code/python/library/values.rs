//! Values of Python, and functions that call others.

use crate::code::meaning::Args;
use crate::code::run::Machine;
use crate::code::shared::values::{change, concat, joined};
use crate::code::value::{Text, Val};

pub(super) fn first_text(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    change(args, |value, text| if matches!(value, Val::Content(_)) { value.clone() } else { Val::Str(text) })
}

pub(super) fn starmap(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let source = args.source(1).to_owned();
    let list = match args.value(1).items() {
        Val::List(list) => list.0.iter().map(|item| (item.clone(), source.clone())).collect(),
        _ => vec![(Val::Unknown, source.clone())],
    };
    Val::some(machine.apply(&args.value(0), Args { list, ..Args::default() }, &source))
}

pub(super) fn partial(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    Val::partial(args.value(0), args.list.iter().skip(1).map(|(value, _)| value.clone()).collect())
}

pub(super) fn submit(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let list = args.list.iter().skip(1).cloned().collect();
    machine.apply(&args.value(0), Args { list, ..Args::default() }, args.source(0))
}

pub(super) fn thread(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let Some((target, source)) = args.find(&["target"]) else { return Val::Unknown };
    let (target, source) = (target.clone(), source.to_owned());
    let list = match args.find(&["args"]) {
        Some((Val::List(list), source)) => list.0.iter().map(|item| (item.clone(), source.to_owned())).collect(),
        _ => Vec::new(),
    };
    machine.apply(&target, Args { list, ..Args::default() }, &source)
}

pub(super) fn listed(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    match args.value(0) {
        value @ (Val::List(_) | Val::Some(_)) => value,
        value => Val::some(value.items()),
    }
}

pub(super) fn enumerate(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    Val::some(Val::list(vec![Val::Unknown, args.value(0).items()]))
}

pub(super) fn next(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    args.value(0).items()
}

pub(super) fn dict_get(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    machine.index(&args.value(0), &args.value(1))
}

/// A text without the blanks that all of its lines begin with.
pub(super) fn dedent(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    change(args, |_, text| {
        let Some(known) = text.text() else { return Val::Str(text) };
        let lines = known.lines().filter(|line| !line.trim().is_empty());
        let blanks = lines.map(|line| line.len() - line.trim_start_matches([' ', '\t']).len()).min().unwrap_or(0);
        let mut out = String::with_capacity(known.len());
        for line in known.split_inclusive('\n') {
            out.push_str(line.get(blanks..).unwrap_or_else(|| line.trim_start_matches([' ', '\t'])));
        }
        Val::str(out)
    })
}

/// `"{}/{name}".format(a, name=b)`.
pub(super) fn format(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    let Val::Str(text) = args.value(0) else { return Val::Unknown };
    let Some(known) = text.text() else { return Val::Str(Text::hole(&text.shown())) };
    let mut parts: Vec<(Val, String)> = Vec::new();
    let mut plain = String::new();
    let mut next = 1usize;
    let mut letters = known.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '{' if letters.peek() == Some(&'{') => {
                letters.next();
                plain.push('{');
            }
            '}' => {
                letters.next_if_eq(&'}');
                plain.push('}');
            }
            '{' => {
                let field: String = letters.by_ref().take_while(|letter| *letter != '}').collect();
                let name = field.split([':', '!']).next().unwrap_or_default();
                let (value, source) = if name.is_empty() {
                    next += 1;
                    (args.value(next - 1), args.source(next - 1).to_owned())
                } else if let Ok(at) = name.parse::<usize>() {
                    (args.value(at.saturating_add(1)), args.source(at.saturating_add(1)).to_owned())
                } else {
                    args.find(&[name])
                        .map_or((Val::Unknown, name.to_owned()), |(value, source)| (value.clone(), source.to_owned()))
                };
                parts.push((Val::str(std::mem::take(&mut plain)), String::new()));
                parts.push((value, source));
            }
            other => plain.push(other),
        }
    }
    parts.push((Val::str(plain), String::new()));
    concat(&parts)
}

pub(super) fn str_join(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    joined(&args.value(0), &args.value(1), args.source(1))
}

pub(super) fn shlex_join(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    joined(&Val::str(" "), &args.value(0), args.source(0))
}

pub(super) fn strip(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    change(args, |_, text| match text.text() {
        Some(known) if args.list.len() < 2 => Val::str(known.trim()),
        _ => Val::Str(text),
    })
}

pub(super) fn lower(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    change(args, |_, text| match text.text() {
        Some(known) => Val::str(known.to_lowercase()),
        None => Val::Str(Text::hole(&text.shown())),
    })
}

pub(super) fn replace(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    let (from, to) = (args.value(1).text(""), args.value(2).text(""));
    change(args, |_, text| match (text.text(), from.text(), to.text()) {
        (Some(known), Some(from), Some(to)) if !from.is_empty() => Val::str(known.replace(from, to)),
        _ => Val::Str(Text::hole(&text.shown())),
    })
}
