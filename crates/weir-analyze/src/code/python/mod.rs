//! Python.

mod library;
mod lower;
#[cfg(test)]
mod tests;

use super::run::{Dialect, Machine};
use super::shared::paths::{base, parent};
use super::value::{Text, Val};
use crate::call::Language;

/// Python as it is followed.
pub(super) static PYTHON: Dialect = Dialect {
    language: Language::Python,
    library: &[library::LIBRARY, library::services::SERVICES],
    parse: |text, _| lower::parse(text),
    module,
    import: |machine, name| machine.module(name),
    builtin,
    attribute,
    environment: &["os.environ"],
};

/// The files in which a module may be.
fn module(name: &str) -> Vec<String> {
    // Names of the standard library are not looked up in the world: a file of that name beside the program is rare.
    if library::STANDARD.contains(&name.split('.').next().unwrap_or(name)) {
        return Vec::new();
    }
    let path = name.trim_start_matches('.').replace('.', "/");
    if path.is_empty() { Vec::new() } else { vec![format!("{path}.py"), format!("{path}/__init__.py")] }
}

fn builtin(machine: &Machine<'_, '_>, name: &str) -> Option<Val> {
    match name {
        "__name__" => Some(Val::str("__main__")),
        "__file__" => machine.arguments().first().cloned(),
        _ => None,
    }
}

fn attribute(machine: &mut Machine<'_, '_>, object: &Val, name: &str) -> Option<Val> {
    match (object, name) {
        (Val::Lib(lib), "argv") if lib.path == "sys" => Some(Val::list(machine.arguments())),
        (Val::Lib(lib), "executable") if lib.path == "sys" => Some(Val::str("python3")),
        (Val::Lib(lib), "sep") if lib.path.starts_with("os") => Some(Val::str("/")),
        (Val::Lib(lib), "devnull") if lib.path == "os" => Some(Val::str("/dev/null")),
        (Val::Path(text), "parent") => Some(Val::Path(parent(text))),
        (Val::Path(text), "name") => Some(Val::Str(base(text))),
        (Val::Path(text), "stem" | "suffix") => Some(Val::Str(Text::hole(&text.shown()))),
        (Val::File(text), "name" | "path") => Some(Val::Str(text.clone())),
        _ => None,
    }
}
