//! Programs whose arguments are a language of their own: one file per family. Everything else is in the catalog.

mod env;
mod files;
mod find;
mod git;
mod images;
mod manifests;
mod options;
mod project;
mod tasks;
mod terminal;

pub(crate) use options::alternatives;
mod xargs;

#[cfg(test)]
mod tests;

use weir_model::{Effect, Target, TargetKind, Verb};

use std::path::PathBuf;

use crate::Nowhere;
use crate::call::{Arg, Call, Inner, Language, Say, Stdin};
use crate::catalog;

/// Says what a call does. False where nobody knows the program.
pub(crate) fn interpret(call: &Call<'_>, say: &mut dyn Say) -> bool {
    settings(call, say);
    grammar(call, say) || catalog::interpret(call, say)
}

/// As [`interpret`], without the catalog.
fn grammar(call: &Call<'_>, say: &mut dyn Say) -> bool {
    match call.program() {
        "git" => git::interpret(call, say),
        "xargs" | "gxargs" => xargs::interpret(call, say),
        "docker" | "podman" | "nerdctl" | "buildah" => return images::interpret(call, say),
        "env" | "genv" => env::interpret(call, say),
        name if name.starts_with("ld-linux") || name.starts_with("ld-musl") || name.starts_with("ld.so") => {
            loader(call, say);
        }
        _ => {
            return files::interpret(call, say)
                || find::interpret(call, say)
                || terminal::interpret(call, say)
                || tasks::interpret(call, say)
                || manifests::interpret(call, say);
        }
    }
    true
}

/// Whether the program's arguments are read by a grammar of their own, and not by the catalog.
pub(crate) fn has_grammar(name: &str) -> bool {
    struct Nothing;
    impl Say for Nothing {
        fn effect(&mut self, _: Effect) {}
        fn run(&mut self, _: Inner, _: &str) {}
        fn code(&mut self, _: Language, _: &str, _: &[Arg], _: &str) {}
        fn file(&mut self, _: Language, _: PathBuf, _: &[Arg], _: &str) {}
        fn elsewhere(&mut self, _: Vec<Arg>, _: &str) {}
        fn opaque(&mut self, _: Effect) {}
    }
    let call = Call {
        argv: vec![Arg::known(name), Arg::known("--version")],
        stdin: Stdin::None,
        cwd: None,
        env: Vec::new(),
        span: None,
        via: Vec::new(),
        secrets: Vec::new(),
        depth: 0,
        world: &Nowhere,
    };
    grammar(&call, &mut Nothing)
}

/// Variables by which the settings of an agent, and so the guard in them, are looked for elsewhere.
const SETTINGS: &[(&str, &str)] = &[
    ("claude", "CLAUDE_CONFIG_DIR"),
    ("claude-code", "CLAUDE_CONFIG_DIR"),
    ("codex", "CODEX_HOME"),
    ("gemini", "GEMINI_CLI_HOME"),
    ("opencode", "OPENCODE_CONFIG"),
    ("opencode", "OPENCODE_CONFIG_DIR"),
    ("copilot", "COPILOT_HOME"),
];

/// An agent that the action itself gives other settings. What the person has set is the person's choice.
fn settings(call: &Call<'_>, say: &mut dyn Say) {
    if call.env.is_empty() {
        return;
    }
    let program = call.program();
    let given = |name: &str| call.env.iter().any(|(key, _)| key == name);
    if let Some((_, name)) = SETTINGS.iter().find(|(agent, name)| *agent == program && given(name)) {
        let target = Target::new(TargetKind::ControlSurface, format!("{program} with other settings ({name})"));
        say.effect(Effect::new(Verb::Execute, target));
    }
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
