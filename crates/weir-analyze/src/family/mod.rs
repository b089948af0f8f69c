//! Programs whose arguments are a language of their own: one file per family. Everything else is in the catalog.

mod env;
mod files;
mod find;
mod git;
mod options;
mod terminal;

pub(crate) use options::alternatives;
mod xargs;

#[cfg(test)]
mod tests;

use weir_model::{Effect, Target, TargetKind, Verb};

use crate::call::{Arg, Call, Say};
use crate::catalog;

/// Says what a call does. False where nobody knows the program.
pub(crate) fn interpret(call: &Call<'_>, say: &mut dyn Say) -> bool {
    match call.program() {
        "git" => git::interpret(call, say),
        "xargs" | "gxargs" => xargs::interpret(call, say),
        "env" | "genv" => env::interpret(call, say),
        name if name.starts_with("ld-linux") || name.starts_with("ld-musl") || name.starts_with("ld.so") => {
            loader(call, say);
        }
        _ => {
            return files::interpret(call, say)
                || find::interpret(call, say)
                || terminal::interpret(call, say)
                || catalog::interpret(call, say);
        }
    }
    true
}

/// The dynamic loader runs the program that it is given.
fn loader(call: &Call<'_>, say: &mut dyn Say) {
    const VALUES: &[&str] =
        &["--library-path", "--inhibit-rpath", "--audit", "--preload", "--argv0", "--glibc-hwcaps-prepend"];
    let mut at = 1;
    while let Some(text) = call.argv.get(at).and_then(Arg::text).filter(|text| text.starts_with('-')) {
        at += if VALUES.contains(&text) { 2 } else { 1 };
    }
    match call.argv.get(at..) {
        Some(argv @ [_, ..]) => say.command(argv.to_vec(), call.program()),
        _ => say.effect(Effect::new(Verb::Read, Target::new(TargetKind::Program, call.program()))),
    }
}
