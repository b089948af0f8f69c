//! Programs in other languages than the shell: what their calls delete, write, run and send.
//!
//! Front ends (`python`, `javascript`, `ruby`, `scripts`) turn text into one small tree, which `run` follows with what
//! is known of each value; `meaning` says what the functions of the libraries mean, and `effects` says it.

mod effects;
mod javascript;
#[cfg(test)]
mod lab;
mod meaning;
mod other;
mod python;
mod ruby;
mod run;
mod scripts;
mod shared;
mod sql;
mod syntax;
#[cfg(test)]
mod tests;
mod tree;
mod value;

use crate::call::{Call, Language, Say};

/// Says what program text does. `call` is the call that runs it: its directory, variables and world; `call.argv` are
/// the program's own name and arguments as the text sees them. False where the language cannot be read.
pub(crate) fn interpret(language: Language, text: &str, call: &Call<'_>, say: &mut dyn Say) -> bool {
    match language {
        Language::Python => run::follow(&python::PYTHON, text, call, say),
        Language::JavaScript => run::follow(&javascript::JAVASCRIPT, text, call, say),
        Language::Sql => sql::interpret(text, call, say),
        Language::Ruby => run::follow(&ruby::RUBY, text, call, say),
        Language::Perl => run::follow(&scripts::PERL, text, call, say),
        Language::Php => run::follow(&scripts::PHP, text, call, say),
        Language::Other => return other::interpret(text, call, say),
        Language::Shell => return false,
    }
    true
}
