//! The programs whose operands are files: what they delete, overwrite, move, open to others or only read.
//!
//! Options are read as the GNU programs read them (bundles, unique prefixes, options after operands); where BSD and
//! macOS differ, whatever loses more is assumed.

mod archive;
mod awk;
mod delete;
mod devices;
mod ed;
mod edit;
mod rights;
mod rsync;
mod tar;
mod transfer;
mod write;

use std::path::{Path, PathBuf};

use weir_model::{Effect, Scope, Target, TargetKind, Verb};

use super::options::{MOST_ALTERNATIVES, Opts, Word, alternatives, not_known};
use crate::FileKind;
use crate::call::{Arg, Call, Say, Value};

/// Says what a call does. False where the program is none of these.
pub(crate) fn interpret(call: &Call<'_>, say: &mut dyn Say) -> bool {
    let Some((program, meaning)) = meaning(call.program()) else {
        return false;
    };
    let args = call.argv.get(1..).unwrap_or_default();
    let (read, readings) = match meaning {
        Meaning::Each(read) => (read, vec![each(args)]),
        Meaning::Together(read) => (read, together(args)),
    };
    let mut files = Files { call, say, said: Vec::new(), compared: 0, program };
    for args in readings {
        read(&mut files, &args);
    }
    true
}

type Read<'c, 's> = fn(&mut Files<'c, 's>, &[Arg]);

/// How a program takes a word that is one of several.
#[derive(Clone, Copy)]
enum Meaning<'c, 's> {
    /// Every operand stands for itself: the word is as good as all of them.
    Each(Read<'c, 's>),
    /// Operands depend on one another: each combination is a reading of its own.
    Together(Read<'c, 's>),
}

/// What a program's name means, and the name by which it is known here. GNU programs may be called with a `g` before.
fn meaning<'c, 's>(program: &str) -> Option<(&str, Meaning<'c, 's>)> {
    let find = |name: &str| {
        delete::meaning(name)
            .or_else(|| transfer::meaning(name))
            .or_else(|| write::meaning(name))
            .or_else(|| rights::meaning(name))
            .or_else(|| archive::meaning(name))
            .or_else(|| tar::meaning(name))
            .or_else(|| rsync::meaning(name))
            .or_else(|| edit::meaning(name))
            .or_else(|| ed::meaning(name))
            .or_else(|| awk::meaning(name))
            .or_else(|| devices::meaning(name))
    };
    if let Some(meaning) = find(program) {
        return Some((program, meaning));
    }
    let gnu = program.strip_prefix('g').filter(|name| GNU.contains(name))?;
    Some((gnu, find(gnu)?))
}

/// The programs that macOS has under their GNU names with a `g` before.
const GNU: &[&str] = &[
    "chgrp", "chmod", "chown", "cp", "csplit", "dd", "install", "ln", "mkdir", "mkfifo", "mknod", "mktemp", "mv", "rm",
    "rmdir", "sed", "shred", "sort", "split", "tar", "tee", "touch", "truncate", "uniq", "unlink",
];

/// `args` with every word that is one of several spread out.
fn each(args: &[Arg]) -> Vec<Arg> {
    let mut out = Vec::with_capacity(args.len());
    for arg in args {
        match &arg.value {
            Value::OneOf(values) if !values.is_empty() => {
                out.extend(values.iter().map(|value| Arg { value: Value::Known(value.clone()), ..arg.clone() }));
            }
            _ => out.push(arg.clone()),
        }
    }
    out
}

/// Readings of a loop over many files.
const MOST_READINGS: usize = 1024;

/// The argument lists that a call stands for. A loop over many files (`mv "$f" "${f%.js}.ts"`) gives several lists of
/// one length: these belong together.
fn together(args: &[Arg]) -> Vec<Vec<Arg>> {
    let mut lists = args.iter().filter_map(|arg| match &arg.value {
        Value::OneOf(values) => Some(values.len()),
        _ => None,
    });
    let Some(length) = lists.next() else { return alternatives(args) };
    let others: Vec<usize> = lists.collect();
    let few = others.iter().fold(length, |all, other| all.saturating_mul(*other)) <= MOST_ALTERNATIVES;
    if few || length > MOST_READINGS || others.iter().any(|other| *other != length) {
        return alternatives(args);
    }
    let reading = |at: usize| {
        let one = |arg: &Arg| match &arg.value {
            Value::OneOf(values) => values.get(at).map_or_else(|| arg.clone(), Arg::known),
            _ => arg.clone(),
        };
        args.iter().map(one).collect()
    };
    (0..length).map(reading).collect()
}

/// Where a word leads.
enum Place {
    /// To this path.
    At(PathBuf),
    /// To something below this directory, which people call `name`.
    Below { dir: PathBuf, name: String },
    /// Nobody knows.
    Unknown(String),
}

/// One reading of a call.
struct Files<'c, 's> {
    call: &'c Call<'c>,
    say: &'s mut dyn Say,
    /// What was said, so that alternatives do not repeat it.
    said: Vec<Effect>,
    /// Entries of directories that were compared for `cp -r`.
    compared: usize,
    /// The program's plain name.
    program: &'c str,
}

impl<'c> Files<'c, '_> {
    /// The options in `spec`, `--help` and `--version`. `None` where one of these is all that happens; that is said.
    fn opts(&mut self, spec: &str, args: &[Arg]) -> Option<Opts> {
        let spec = format!("{spec} help version");
        let mut opts = Opts::parse(&spec, args, false);
        opts.words = std::mem::take(&mut opts.words).into_iter().flat_map(|word| self.narrowed(word)).collect();
        for (_, value) in &mut opts.set {
            // One name, there or not: several stay what is not known.
            if let Some(word) = value
                && let [one] = self.narrowed(word.clone()).as_slice()
            {
                *word = one.clone();
            }
        }
        let asks = |opts: &Opts| opts.help || opts.any(&["help", "version"]);
        // BSD programs take what follows the first operand for a file.
        if asks(&opts) && asks(&Opts::parse(&spec, args, true)) {
            self.harmless();
            return None;
        }
        Some(opts)
    }

    /// A path with a part that is not known, where that part is no path itself (`dump-$(date +%F).sql`): the names that
    /// are there and look so, or a new one.
    fn narrowed(&self, word: Word) -> Vec<Word> {
        if word.known {
            return vec![word];
        }
        let Some(found) = word.template.as_deref().and_then(|template| self.call.named_like(template)) else {
            return vec![word];
        };
        let known = |text: String| Word { text, known: true, prefix: String::new(), template: None, ..word.clone() };
        found.into_iter().map(known).collect()
    }

    fn emit(&mut self, effect: Effect) {
        if self.said.contains(&effect) {
            return;
        }
        // Comparing with all is for a handful of alternatives, not for a thousand operands.
        if self.said.len() < 64 {
            self.said.push(effect.clone());
        }
        if effect.opaque {
            self.say.opaque(effect);
        } else {
            self.say.effect(effect);
        }
    }

    /// The call does nothing to files.
    fn harmless(&mut self) {
        let target = Target::new(TargetKind::Program, self.program);
        self.emit(Effect::new(Verb::Read, target));
    }

    /// The call only reads these.
    fn read(&mut self, words: &[Word]) {
        let files: Vec<&Word> = words.iter().filter(|word| word.text != "-" && !word.source.is_empty()).collect();
        let mut sources: Vec<&str> = files.iter().map(|word| word.source.as_str()).collect();
        sources.dedup();
        let name = match sources.as_slice() {
            [] => return self.harmless(),
            [one] => (*one).to_owned(),
            [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        };
        let paths = files.iter().filter(|word| word.known).filter_map(|word| self.call.path(&word.text)).collect();
        self.emit(Effect::new(Verb::Read, Target::new(TargetKind::FileTree, name).at(paths)));
    }

    fn opaque(&mut self, verb: Verb, name: &str, why: String) {
        self.emit(Effect::opaque(verb, Target::new(TargetKind::Unknown, name), why));
    }

    /// A command that is not known before it runs.
    fn opaque_code(&mut self, source: &str) {
        self.opaque(Verb::Execute, source, not_known(source));
    }

    fn place(&self, word: &Word) -> Place {
        let lost = || Place::Unknown("the directory in which it runs is not known".to_owned());
        if word.known {
            return self.call.path(&word.text).map_or_else(lost, Place::At);
        }
        if word.prefix.is_empty() {
            return Place::Unknown(not_known(&word.source));
        }
        let dir = match word.prefix.rsplit_once('/') {
            Some(("", _)) => "/",
            Some((dir, _)) => dir,
            None => ".",
        };
        self.call.path(dir).map_or_else(lost, |path| Place::Below { dir: path, name: dir.to_owned() })
    }

    /// The path that a word is, where it is known.
    fn path(&self, word: &Word) -> Option<PathBuf> {
        match self.place(word) {
            Place::At(path) => Some(path),
            Place::Below { .. } | Place::Unknown(_) => None,
        }
    }

    /// Says `verb` on all of `words`: those that share one source as one.
    fn act(&mut self, verb: Verb, scope: &Scope, words: &[Word]) {
        for words in words.chunk_by(|one, other| one.source == other.source) {
            let (mut paths, mut devices) = (Vec::new(), Vec::new());
            let source = words.first().map(|word| word.source.clone()).unwrap_or_default();
            for word in words {
                if word.known && word.text.is_empty() {
                    continue;
                }
                match self.place(word) {
                    Place::At(path) => match special(&path) {
                        Special::File => paths.push(path),
                        Special::Device => devices.push(path),
                        // What is written there is gone; the name itself can be deleted.
                        Special::Stream if verb == Verb::Delete => paths.push(path),
                        Special::Stream => {}
                    },
                    Place::Below { dir, .. } if dir == Path::new("/dev") || special(&dir) == Special::Device => {
                        self.emit(Effect::new(verb, Target::new(TargetKind::Device, source.clone()).stateful()));
                    }
                    Place::Below { dir, name } => {
                        let target = Target::new(TargetKind::FileTree, name).at(vec![dir]);
                        let scope = Scope::Filtered { filter: source.clone() };
                        self.emit(Effect::new(verb, target).within(scope));
                    }
                    Place::Unknown(why) => self.opaque(verb, &source, why),
                }
            }
            if !devices.is_empty() {
                self.emit(Effect::new(verb, Target::new(TargetKind::Device, source.clone()).at(devices).stateful()));
            }
            if !paths.is_empty() {
                let target = Target::new(TargetKind::FileTree, source).at(paths);
                self.emit(Effect::new(verb, target).within(scope.clone()));
            }
        }
    }

    /// Says that each of `words` gets new content: a new file, or the old content is lost.
    fn write(&mut self, words: &[Word]) {
        for words in words.chunk_by(|one, other| one.source == other.source) {
            let new = words.iter().all(|word| {
                self.path(word).is_some_and(|path| special(&path) == Special::File && self.kind(&path).is_none())
            });
            if new {
                self.act(Verb::Create, &Scope::Whole, words);
            } else {
                self.act(Verb::Modify, &Scope::Content, words);
            }
        }
    }

    /// What stands at `path`; for a symlink to a directory, a directory.
    fn kind(&self, path: &Path) -> Option<FileKind> {
        match self.call.world.kind(path) {
            // The system follows a link that has something after it.
            Some(FileKind::Symlink) if self.call.world.kind(&path.join(".")) == Some(FileKind::Directory) => {
                Some(FileKind::Directory)
            }
            kind => kind,
        }
    }

    fn is_dir(&self, word: &Word) -> bool {
        self.path(word).is_some_and(|path| self.kind(&path) == Some(FileKind::Directory))
    }
}

/// What a path below `/dev` is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Special {
    File,
    /// A disk or other device: writing to it destroys what is on it.
    Device,
    /// Takes everything and keeps nothing.
    Stream,
}

fn special(path: &Path) -> Special {
    const STREAMS: &[&str] =
        &["null", "zero", "full", "random", "urandom", "tty", "stdin", "stdout", "stderr", "fd", "ptmx", "pts"];
    let Ok(below) = path.strip_prefix("/dev") else {
        return Special::File;
    };
    let name = below.components().next().map(|first| first.as_os_str().to_string_lossy().into_owned());
    match name.as_deref() {
        None | Some("shm" | "mqueue" | "hugepages") => Special::File,
        Some(name) if STREAMS.contains(&name) || name.starts_with("tty") => Special::Stream,
        Some(_) => Special::Device,
    }
}

/// A pattern that the program itself expands, as a word of which the fixed beginning is known.
fn pattern(word: Word) -> Word {
    match word.text.find(['*', '?', '[', '{']) {
        Some(at) if word.known => {
            let prefix = word.text.get(..at).unwrap_or_default();
            let prefix = if prefix.is_empty() { "./" } else { prefix };
            Word { known: false, prefix: prefix.to_owned(), ..word }
        }
        _ => word,
    }
}

/// The last component of a path as written.
fn base(text: &str) -> &str {
    let text = text.trim_end_matches('/');
    text.rsplit('/').next().unwrap_or(text)
}

/// `name` in the directory `dir`, as people write it.
fn inside(dir: &str, name: &str) -> String {
    if dir == "." && !name.is_empty() {
        name.to_owned()
    } else if dir.ends_with('/') {
        format!("{dir}{name}")
    } else {
        format!("{dir}/{name}")
    }
}
