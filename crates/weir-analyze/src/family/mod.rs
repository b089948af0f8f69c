//! Programs whose arguments are a language of their own: one file per family. Everything else is in the catalog.

mod files;
mod find;
mod git;
mod options;
mod xargs;

#[cfg(test)]
mod tests;

use crate::call::{Call, Say};
use crate::catalog;

/// Says what a call does. False where nobody knows the program.
pub(crate) fn interpret(call: &Call<'_>, say: &mut dyn Say) -> bool {
    match call.program() {
        "git" => git::interpret(call, say),
        "xargs" | "gxargs" => xargs::interpret(call, say),
        _ => return files::interpret(call, say) || find::interpret(call, say) || catalog::interpret(call, say),
    }
    true
}
