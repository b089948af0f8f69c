//! Task runners: what a target, a recipe or a task runs is read from the file that says it.

mod gulp;
mod just;
mod lines;
mod make;
#[cfg(test)]
mod projects;
mod python;
mod rake;
mod taskfile;
#[cfg(test)]
mod tests;

use weir_model::{Effect, Target, TargetKind, Verb};

use crate::call::{Call, Say};

/// Says what a call of a task runner does. False where the program is none.
pub(super) fn interpret(call: &Call<'_>, say: &mut dyn Say) -> bool {
    match call.program() {
        "make" | "gmake" | "gnumake" => make::interpret(call, say),
        "just" => return just::interpret(call, say),
        "task" | "go-task" => return taskfile::interpret(call, say),
        "rake" | "rails" => return rake::interpret(call, say),
        "gulp" => return gulp::interpret(call, say),
        "nox" => return python::nox(call, say),
        "invoke" | "inv" | "fab" => return python::invoke(call, say),
        "foreman" | "honcho" | "overmind" | "hivemind" | "heroku" => return lines::procfile(call, say),
        "pre-commit" => return lines::pre_commit(call, say),
        "lefthook" => return lines::lefthook(call, say),
        _ => return false,
    }
    true
}

/// The call as people know it: the program and its words.
fn shown(call: &Call<'_>, words: &[String]) -> String {
    let mut name = call.program().to_owned();
    for word in words {
        name.push(' ');
        name.push_str(word);
    }
    name
}

/// It only looks.
fn reads(call: &Call<'_>, say: &mut dyn Say) {
    say.effect(Effect::new(Verb::Read, Target::new(TargetKind::Program, call.program())));
}

/// The runner runs `name`, and what follows says what that does.
fn runs(name: &str, say: &mut dyn Say) {
    say.effect(Effect::new(Verb::Execute, Target::new(TargetKind::Program, name)));
}

/// What `name` runs has not been read: a program that is not understood.
fn unread(name: &str, why: &str, say: &mut dyn Say) {
    say.opaque(Effect::opaque(Verb::Execute, Target::new(TargetKind::Program, name), why));
}

/// What `name` runs cannot be known beforehand.
fn unknowable(name: &str, why: &str, say: &mut dyn Say) {
    say.opaque(Effect::opaque(Verb::Execute, Target::new(TargetKind::Unknown, name), why));
}
