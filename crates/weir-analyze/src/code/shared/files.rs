//! Files that are opened, linked and copied.

use super::values::change;
use crate::code::effects::Act;
use crate::code::meaning::Args;
use crate::code::run::Machine;
use crate::code::value::Val;

/// `open(path, mode)`.
pub(in crate::code) fn open(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let (value, source) = args
        .get(0, &["file", "filename"])
        .map(|(value, source)| (value.clone(), source.to_owned()))
        .unwrap_or((Val::Unknown, String::new()));
    let mode = args.get(1, &["mode"]).map_or(Val::str("r"), |(mode, _)| mode.clone());
    let mode = mode.text("mode");
    let act = match mode.text() {
        Some(mode) if mode.contains('w') => Act::Write,
        Some(mode) if mode.contains('x') => Act::Make,
        Some(mode) if mode.contains(['a', '+']) => Act::Touch,
        Some(_) => Act::Read,
        None if args.source(1).contains("TRUNC") => Act::Write,
        // It may be for writing.
        None => Act::Touch,
    };
    // Numbers are files that are open already.
    if !matches!(value, Val::Num(_)) {
        machine.files(act, &value, &source);
    }
    change(args, |_, text| Val::File(text))
}

pub(in crate::code) fn link(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    machine.files(Act::Make, &args.value(1), args.source(1));
    Val::Null
}

/// Copies whole trees over what exists.
pub(in crate::code) fn shell_cp(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let from = usize::from(args.value(0).text("").start().starts_with('-'));
    machine.files(Act::Read, &args.value(from), args.source(from));
    machine.files(Act::Touch, &args.value(from + 1), args.source(from + 1));
    finish(machine, args)
}

/// Calls what waits for the end of it.
pub(in crate::code) fn finish(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    machine.callbacks(args, false);
    Val::lib(format!("{}()", args.path))
}
