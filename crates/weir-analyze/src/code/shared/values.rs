//! Texts, lists and dictionaries.

use crate::code::meaning::Args;
use crate::code::run::Machine;
use crate::code::value::{Piece, Text, Val};

/// Applies `change` to the text of each alternative of the first argument.
pub(in crate::code) fn change(args: &Args, change: impl Fn(&Val, Text) -> Val) -> Val {
    let source = args.source(0).to_owned();
    let each = args.value(0).each();
    let values = each.iter().map(|value| match value {
        Val::Str(text) | Val::Path(text) | Val::File(text) => change(value, text.clone()),
        Val::Num(number) => change(value, Text::known(number.to_string())),
        _ => change(value, Text::hole(&source)),
    });
    Val::any(values.collect())
}

pub(in crate::code) fn first(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    args.value(0)
}

pub(in crate::code) fn dict_items(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    match args.value(0) {
        Val::Dict(dict) => {
            Val::list(dict.0.iter().map(|(key, value)| Val::list(vec![Val::str(key.clone()), value.clone()])).collect())
        }
        _ => Val::Unknown,
    }
}

pub(in crate::code) fn dict_values(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    match args.value(0) {
        Val::Dict(dict) => Val::list(dict.0.iter().map(|pair| pair.1.clone()).collect()),
        _ => Val::Unknown,
    }
}

pub(in crate::code) fn concat(parts: &[(Val, String)]) -> Val {
    Machine::combine(parts, |parts| {
        let mut out = Text::default();
        for (value, source) in parts {
            out.push(value.text(source));
        }
        Val::Str(out)
    })
}

pub(in crate::code) fn joined(separator: &Val, list: &Val, source: &str) -> Val {
    let Val::List(list) = list else { return Val::Str(Text::hole(source)) };
    let mut parts = Vec::new();
    for (at, item) in list.0.iter().enumerate() {
        if at > 0 {
            parts.push((separator.clone(), String::new()));
        }
        parts.push((item.clone(), source.to_owned()));
    }
    concat(&parts)
}

/// Words of a text. A part that is not known stays in its word.
pub(in crate::code) fn split(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    let Val::Str(text) = args.value(0) else { return Val::Unknown };
    let separator = args.list.get(1).and_then(|(value, _)| value.text("").text().map(str::to_owned));
    let mut words: Vec<Text> = Vec::new();
    let mut open = false;
    let mut quote = None;
    for piece in &text.pieces {
        match piece {
            Piece::Hole(_) => {
                if !open {
                    words.push(Text::default());
                }
                open = true;
                if let Some(word) = words.last_mut() {
                    word.push(Text { pieces: vec![piece.clone()], ..Text::default() });
                }
            }
            Piece::Known(known) => {
                for letter in known.chars() {
                    let splits = match &separator {
                        Some(separator) => separator.contains(letter),
                        None => letter.is_whitespace() && quote.is_none(),
                    };
                    if splits {
                        open = false;
                        continue;
                    }
                    // Only `shlex.split` reads quotes, but a command line is what is split here.
                    if args.path == "shlex.split"
                        && matches!(letter, '\'' | '"')
                        && (quote.is_none() || quote == Some(letter))
                    {
                        quote = if quote.is_some() { None } else { Some(letter) };
                        if !open {
                            words.push(Text::default());
                            open = true;
                        }
                        continue;
                    }
                    if !open {
                        words.push(Text::default());
                        open = true;
                    }
                    if let Some(word) = words.last_mut() {
                        let mut buffer = [0u8; 4];
                        word.push(Text::known(&*letter.encode_utf8(&mut buffer)));
                    }
                }
            }
        }
    }
    Val::list(words.into_iter().map(Val::Str).collect())
}

pub(in crate::code) fn list_join(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    let separator = args.list.get(1).map_or_else(|| Val::str(","), |(value, _)| value.clone());
    joined(&separator, &args.value(0), args.source(0))
}

/// The text that another one stands for.
pub(in crate::code) fn from_base64(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    change(args, |_, text| {
        let bytes = text.text().and_then(crate::shell::decode);
        match bytes.and_then(|bytes| String::from_utf8(bytes).ok()) {
            Some(plain) => Val::str(plain),
            // What is none may be packed.
            None => Val::Unknown,
        }
    })
}

/// `list.forEach(f)`, `list.map(f)`.
pub(in crate::code) fn each(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let (function, source) = (args.value(1), args.source(0).to_owned());
    // Ruby's `each(&:name)`: a method of each item.
    if let Val::Str(name) = &function {
        let items = args.value(0).items();
        let method = name.text().map_or(Val::Unknown, |name| machine.attr(&items, name));
        return Val::some(machine.apply(&method, Args::default(), &source));
    }
    match args.value(0) {
        Val::List(list) if list.0.len() <= 32 => {
            let results = list.0.iter().map(|item| {
                let list = vec![(item.clone(), source.clone())];
                machine.apply(&function, Args { list, ..Args::default() }, &source)
            });
            Val::list(results.collect())
        }
        other => {
            let list = vec![(other.items(), source.clone())];
            Val::some(machine.apply(&function, Args { list, ..Args::default() }, &source))
        }
    }
}

pub(in crate::code) fn filter(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    each(machine, args);
    // Not known which; each of them.
    Val::some(args.value(0).items())
}

pub(in crate::code) fn map(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    // A method's receiver is not among the arguments where it is not known.
    let items = args.value(1).items();
    let source = args.source(1).to_owned();
    let result =
        machine.apply(&args.value(0), Args { list: vec![(items, source.clone())], ..Args::default() }, &source);
    Val::some(result)
}
