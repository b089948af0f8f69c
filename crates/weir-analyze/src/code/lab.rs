//! Programs of the tests, each run as a file of a project.

use super::interpret;
use crate::call::{Language, Stdin};
use crate::lab::{self, Machine};

/// What is heard of the program `text` that is called as `call` says: its own name and arguments.
pub(super) fn hear_program(language: Language, machine: &Machine, call: &str, text: &str) -> Vec<String> {
    let heard = lab::hear(machine, call, Some("/work"), Stdin::None, &[("DATA", "/srv/data")], |call, say| {
        assert!(interpret(language, text, call, say));
    });
    heard.lines
}
