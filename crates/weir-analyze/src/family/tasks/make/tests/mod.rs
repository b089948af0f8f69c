//! What makefiles run, compared with what GNU make says that it would run.

mod differential;
mod effects;

use std::path::{Path, PathBuf};

use weir_model::Effect;

use crate::RealWorld;
use crate::call::{Arg, Inner, Language, Say};
use crate::lab;

/// What make gave to the shell.
#[derive(Default)]
struct Recorder {
    /// The lines of recipes.
    lines: Vec<String>,
    /// What was not understood.
    opaque: Vec<String>,
}

impl Say for Recorder {
    fn effect(&mut self, _: Effect) {}
    fn run(&mut self, inner: Inner, through: &str) {
        let text = inner.argv.last().and_then(Arg::code).unwrap_or_default().to_owned();
        if !through.starts_with("make $(") {
            self.lines.push(text);
        }
    }
    fn code(&mut self, _: Language, _: &str, _: &[Arg], _: &str) {}
    fn file(&mut self, _: Language, _: PathBuf, _: &[Arg], _: &str) {}
    fn elsewhere(&mut self, _: Vec<Arg>, _: &str) {}
    fn opaque(&mut self, effect: Effect) {
        self.opaque.push(effect.note.unwrap_or_default());
    }
}

/// What a call of make in `dir` would run.
fn record(dir: &Path, args: &[&str]) -> Recorder {
    let world = RealWorld::new(None, |_| None);
    let mut argv = vec![Arg::known("make")];
    argv.extend(args.iter().map(|arg| Arg::known(*arg)));
    let call = lab::call(&world, argv, dir.to_str());
    let mut recorder = Recorder::default();
    super::interpret(&call, &mut recorder);
    recorder
}
