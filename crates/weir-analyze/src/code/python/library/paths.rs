//! Paths, patterns, directories and scratch files of Python.

use crate::code::meaning::Args;
use crate::code::run::Machine;
use crate::code::shared::paths::{base, home_text, parent};
use crate::code::shared::values::change;
use crate::code::value::{Piece, Text, Val};

/// A path that does not exist: what the session makes for itself, and may throw away.
const SCRATCH: &str = "/tmp/tmpXXXXXXXX";

pub(super) fn expand(machine: &Machine<'_, '_>, text: Text) -> Text {
    let mut text = text;
    if let Some(Piece::Known(first)) = text.pieces.first_mut()
        && let Some(rest) = first.strip_prefix('~')
        && (rest.is_empty() || rest.starts_with('/'))
        && let Some(home) = home_text(machine)
    {
        *first = format!("{home}{rest}");
    }
    text
}

pub(super) fn expanduser(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    change(args, |_, text| Val::Str(expand(machine, text)))
}

pub(super) fn path_expanduser(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    change(args, |_, text| Val::Path(expand(machine, text)))
}

/// `$NAME` and `${NAME}` in a text.
pub(super) fn expandvars(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    change(args, |_, text| {
        let Some(known) = text.text() else { return Val::Str(Text::hole(&text.shown())) };
        let mut out = Text::default();
        let mut parts = known.split('$');
        out.push(Text::known(parts.next().unwrap_or_default()));
        for part in parts {
            let (name, rest) = match part.strip_prefix('{').and_then(|part| part.split_once('}')) {
                Some(parts) => parts,
                None => {
                    let end = part.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
                    part.split_at(end.unwrap_or(part.len()))
                }
            };
            out.push(machine.variable(name).text(name));
            out.push(Text::known(rest));
        }
        Val::Str(out)
    })
}

pub(super) fn make_absolute(machine: &Machine<'_, '_>, text: Text) -> Text {
    let start = text.start().to_owned();
    if start.starts_with('/') || start.is_empty() {
        return text;
    }
    let Some(cwd) = machine.cwd.as_ref().and_then(|cwd| cwd.to_str()) else { return text };
    if let Some(known) = text.text() {
        return machine.path(known).and_then(|path| path.to_str().map(Text::known)).unwrap_or(text);
    }
    let mut out = Text::known(format!("{}/", cwd.trim_end_matches('/')));
    out.push(text);
    out
}

pub(super) fn absolute(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    change(args, |_, text| Val::Str(make_absolute(machine, text)))
}

pub(super) fn path_absolute(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    change(args, |_, text| Val::Path(make_absolute(machine, text)))
}

pub(super) fn basename(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    change(args, |_, text| Val::Str(base(&text)))
}

pub(super) fn cwd_text(machine: &Machine<'_, '_>) -> Text {
    machine.cwd.as_ref().and_then(|cwd| cwd.to_str()).map_or_else(|| Text::hole("os.getcwd()"), Text::known)
}

pub(super) fn getcwd(machine: &mut Machine<'_, '_>, _: &Args) -> Val {
    Val::Str(cwd_text(machine))
}

pub(super) fn cwd_path(machine: &mut Machine<'_, '_>, _: &Args) -> Val {
    Val::Path(cwd_text(machine))
}

pub(super) fn home(machine: &mut Machine<'_, '_>, _: &Args) -> Val {
    Val::Path(home_text(machine).map_or_else(|| Text::hole("Path.home()"), Text::known))
}

pub(super) fn with_suffix(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    let suffix = args.value(1).text("suffix");
    change(args, |_, text| {
        let Some(known) = text.text() else {
            // Beside what was found, and not one of it.
            let mut out = Text::known(parent(&text).start());
            out.push(Text::hole(&format!("*{}", suffix.shown())));
            return Val::Path(out);
        };
        let (dir, name) = known.rsplit_once('/').map_or(("", known), |(dir, name)| (dir, name));
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let mut out = Text::known(if dir.is_empty() { stem.to_owned() } else { format!("{dir}/{stem}") });
        out.push(suffix.clone());
        Val::Path(out)
    })
}

pub(super) fn with_name(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let name = (args.value(1), args.source(1).to_owned());
    change(args, |_, text| Val::Path(machine.join(&[(Val::Str(parent(&text)), String::new()), name.clone()], true)))
}

/// What a pattern below `dir` finds.
pub(super) fn found(dir: &Text, pattern: &str) -> Text {
    match dir.text() {
        Some(dir) => Text::below(dir, pattern),
        None if dir.start().is_empty() => Text::hole(&dir.shown()),
        None => dir.clone(),
    }
}

pub(super) fn path_glob(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    let pattern = if args.list.len() > 1 { args.value(1).text("*").shown() } else { "*".to_owned() };
    let pattern = if args.path.ends_with("rglob") { format!("**/{pattern}") } else { pattern };
    Val::some(change(args, |_, text| Val::Path(found(&text, &pattern))))
}

pub(super) fn glob(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let root = args.option("root_dir");
    Val::some(change(args, |_, text| {
        let start = text.start().to_owned();
        if text.text().is_some() && !start.contains(['*', '?', '[']) {
            return Val::Str(text);
        }
        let fixed = start.split(['*', '?', '[']).next().unwrap_or_default();
        let (dir, rest) = match fixed.rfind('/') {
            Some(at) => (start.get(..=at).unwrap_or_default(), start.get(at + 1..).unwrap_or_default()),
            None => ("", start.as_str()),
        };
        if start.is_empty() {
            return Val::Str(Text::hole(&text.shown()));
        }
        let found = Text::below(dir, if text.text().is_some() { rest } else { "*" });
        match &root {
            Some(root) => {
                Val::Str(machine.join(&[(root.clone(), String::new()), (Val::Str(found), String::new())], true))
            }
            None => Val::Str(found),
        }
    }))
}

/// Names in a directory: joined to it, they are something below it.
pub(super) fn listdir(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    if args.list.is_empty() {
        return Val::some(Val::Str(Text::below(".", "*")));
    }
    Val::some(change(args, |_, text| match text.text() {
        Some("." | "./") => Val::Str(Text::below(".", "*")),
        Some(dir) => Val::Str(Text::named_in(dir)),
        None => Val::Unknown,
    }))
}

pub(super) fn scandir(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    if args.list.is_empty() {
        return Val::some(Val::File(Text::below(".", "*")));
    }
    Val::some(change(args, |_, text| Val::File(found(&text, "*"))))
}

pub(super) fn walk(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    let dirs = change(args, |_, text| Val::Str(found(&text, "**")));
    let names = Val::some(change(args, |_, text| match text.text() {
        Some(dir) => Val::Str(Text::named_in(&format!("{}/**", dir.trim_end_matches('/')))),
        None => Val::Unknown,
    }));
    Val::some(Val::list(vec![dirs, names.clone(), names]))
}

pub(super) fn scratch(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    match args.option("dir") {
        Some(Val::Str(dir)) if dir.text().is_some() => Val::str(format!("{}/tmpXXXXXXXX", dir.start())),
        _ => Val::str(SCRATCH),
    }
}

pub(super) fn scratch_pair(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let path = scratch(machine, args);
    Val::list(vec![Val::Unknown, path])
}

pub(super) fn scratch_file(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    match scratch(machine, args) {
        Val::Str(text) => Val::File(text),
        other => other,
    }
}
