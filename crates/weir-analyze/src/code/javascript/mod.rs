//! JavaScript and TypeScript.

mod library;
mod lower;
#[cfg(test)]
mod tests;

use super::run::{Dialect, Machine};
use super::value::Val;
use crate::call::Language;

/// JavaScript as it is followed.
pub(super) static JAVASCRIPT: Dialect = Dialect {
    language: Language::JavaScript,
    library: &[library::LIBRARY, library::services::SERVICES],
    parse: lower::parse,
    module,
    import: library::module,
    builtin,
    attribute,
    environment: &["process.env", "Bun.env"],
};

/// The files in which a module may be: only what is named by its place is beside the program.
fn module(name: &str) -> Vec<String> {
    if !name.starts_with("./") && !name.starts_with("../") {
        return Vec::new();
    }
    let mut files = vec![name.to_owned()];
    for end in [".js", ".mjs", ".cjs", ".ts", "/index.js", "/index.ts"] {
        files.push(format!("{name}{end}"));
    }
    files
}

fn builtin(machine: &Machine<'_, '_>, name: &str) -> Option<Val> {
    match name {
        "__dirname" => machine.home_dir().and_then(|dir| dir.to_str().map(Val::str)),
        "__filename" => machine.arguments().first().cloned(),
        // The shell of MongoDB has its database under this name.
        "db" if machine.call.via.last().is_some_and(|via| via.starts_with("mongo")) => Some(Val::lib("mongosh")),
        _ => None,
    }
}

fn attribute(machine: &mut Machine<'_, '_>, object: &Val, name: &str) -> Option<Val> {
    match (object, name) {
        (Val::Lib(lib), "argv") if lib.path == "process" => {
            let mut list = vec![Val::str("node")];
            list.extend(machine.arguments());
            // `node -e TEXT a b` has no name of a program among its arguments.
            if machine.call.argv.first().and_then(|arg| arg.text()).is_some_and(|name| !name.contains(['.', '/'])) {
                list.remove(1);
            }
            Some(Val::list(list))
        }
        (Val::Lib(lib), "args") if lib.path == "Deno" => {
            Some(Val::list(machine.arguments().into_iter().skip(1).collect()))
        }
        (Val::Lib(lib), "execPath") if lib.path == "process" => Some(Val::str("node")),
        (Val::Lib(lib), "sep") if lib.path == "path" => Some(Val::str("/")),
        (Val::Lib(lib), "meta") if lib.path == "import" => Some(Val::lib("import.meta")),
        (Val::Lib(lib), "dirname" | "dir") if lib.path == "import.meta" => {
            machine.home_dir().and_then(|dir| dir.to_str().map(Val::str))
        }
        (Val::Lib(lib), "url" | "filename") if lib.path == "import.meta" => machine.arguments().first().cloned(),
        // What is promised is the value itself.
        (Val::Lib(_) | Val::Object(_) | Val::List(_) | Val::Some(_), "then")
            if machine.field(object, name).is_none() =>
        {
            Some(Val::method(object.clone(), "promise.then".to_owned()))
        }
        // What a module gives by default is the module, as far as its functions go.
        (Val::Lib(_) | Val::Function(..), "default") => Some(object.clone()),
        // A local module without a default gives what it exports.
        (Val::Object(_), "default") => Some(machine.field(object, name).unwrap_or_else(|| object.clone())),
        // What `fs-extra` does not do itself is `fs`.
        (Val::Lib(lib), _) if lib.path == "fs-extra" => {
            let own = format!("fs-extra.{name}");
            let known = library::LIBRARY.iter().any(|(path, _)| *path == own);
            Some(Val::lib(if known { own } else { format!("fs.{name}") }))
        }
        (Val::File(text), "path") => Some(Val::Str(text.clone())),
        _ => None,
    }
}
