//! Ruby.

mod library;
mod lower;
#[cfg(test)]
mod tests;

use super::run::{Dialect, Machine};
use super::value::Val;
use crate::call::Language;

/// Ruby as it is followed.
pub(super) static RUBY: Dialect = Dialect {
    language: Language::Ruby,
    library: &[library::RUBY, library::SERVICES],
    parse: |text, _| lower::parse(text),
    module: |_| Vec::new(),
    import: |machine, name| machine.module(name),
    builtin,
    attribute,
    environment: &["ENV"],
};

fn builtin(machine: &Machine<'_, '_>, name: &str) -> Option<Val> {
    match name {
        "ARGV" => Some(Val::list(machine.arguments().into_iter().skip(1).collect())),
        "__dir__" => machine.home_dir().and_then(|dir| dir.to_str().map(Val::str)),
        "__FILE__" | "$0" | "$PROGRAM_NAME" => machine.arguments().first().cloned(),
        // A class is found by its own name, as everything is that a program defines.
        _ => {
            let (_, last) = name.rsplit_once("::")?;
            machine.named(last).filter(|value| matches!(value, Val::Class(..)))
        }
    }
}

fn attribute(machine: &mut Machine<'_, '_>, object: &Val, name: &str) -> Option<Val> {
    match (object, name) {
        (Val::Path(text), "parent" | "dirname") => Some(Val::Path(super::shared::paths::parent(text))),
        // What a module holds stands beside it, too.
        (Val::Class(..), _) if name.starts_with(|first: char| first.is_ascii_uppercase()) => machine.named(name),
        _ => None,
    }
}
