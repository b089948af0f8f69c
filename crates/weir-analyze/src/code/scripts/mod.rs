//! Perl and PHP: one small reader for the two, and what their libraries do.

pub(super) mod library;
mod parser;
#[cfg(test)]
mod tests;
mod tokens;

use super::run::{Dialect, Machine};
use super::value::Val;
use crate::call::Language;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flavor {
    Perl,
    Php,
}

/// Perl as it is followed.
pub(super) static PERL: Dialect = Dialect {
    language: Language::Perl,
    library: &[library::PERL],
    parse: |text, _| parser::parse(text, Flavor::Perl),
    module: |_| Vec::new(),
    import: |machine, name| machine.module(name),
    builtin,
    attribute: |_, _, _| None,
    environment: &["$ENV"],
};

/// PHP as it is followed.
pub(super) static PHP: Dialect = Dialect {
    language: Language::Php,
    library: &[library::PHP],
    parse: |text, _| parser::parse(text, Flavor::Php),
    module: |_| Vec::new(),
    import: |machine, name| machine.module(name),
    builtin,
    attribute: |_, _, _| None,
    environment: &["$_ENV", "$_SERVER"],
};

fn builtin(machine: &Machine<'_, '_>, name: &str) -> Option<Val> {
    match name {
        "$ARGV" => Some(Val::list(machine.arguments().into_iter().skip(1).collect())),
        "$argv" => Some(Val::list(machine.arguments())),
        "__DIR__" => machine.home_dir().and_then(|dir| dir.to_str().map(Val::str)),
        "__FILE__" | "__PROGRAM__" | "$0" => machine.arguments().first().cloned(),
        "$ENV" | "$_ENV" | "$_SERVER" => Some(Val::lib(name)),
        // A variable that nobody set.
        _ if name.starts_with('$') => Some(Val::Unknown),
        _ => None,
    }
}
