//! Redirections: files that the shell itself opens.

use std::path::{Path, PathBuf};

use weir_model::{Effect, Scope, Target, TargetKind, Verb};

use crate::call::{Much, Secret, Stdin, Value, locate};
use crate::{FileKind, World as _};

use super::glob;
use super::ir::{Part, Redirect, RedirectKind};
use super::state::Shell;
use super::text::{has_hole, known, value};
use super::{Evaluator, Frame};

/// Bytes of a file that is read as the standard input of a program.
const MOST_INPUT: usize = 256 * 1024;

/// What redirections change for the command.
#[derive(Default)]
pub(super) struct Redirection {
    /// The standard input, where one sets it.
    pub(super) stdin: Option<Stdin>,
    /// Files that get its standard output.
    pub(super) written: Vec<PathBuf>,
    /// They keep what was in them.
    pub(super) appends: bool,
    /// Some file may not open: then the command does not run, and fails.
    pub(super) may_fail: bool,
    /// The standard output goes to a file and nowhere else.
    pub(super) captured: bool,
    /// The standard output goes to another machine.
    pub(super) leaves: bool,
    /// Secrets in the standard input that one sets.
    pub(super) secrets: Vec<Secret>,
}

impl Evaluator<'_> {
    pub(super) fn redirections(&mut self, redirects: &[Redirect], shell: &mut Shell, frame: &Frame) -> Redirection {
        let mut all = Redirection::default();
        for redirect in redirects {
            let (mut texts, secrets) = self.watched(|this| this.single(&redirect.word, shell, frame));
            // The name of a file may be a pattern.
            let files = !matches!(redirect.kind, RedirectKind::Here | RedirectKind::HereString);
            let is_pattern = |part: &Part| matches!(part, Part::Text { text, quoted: false } if glob::is_pattern(text));
            if files && redirect.word.parts.iter().any(is_pattern) {
                let words = std::slice::from_ref(&redirect.word);
                texts = self.words(words, shell, frame).iter().flat_map(known).collect();
            }
            let output = redirect.fd.is_none_or(|fd| fd == 1);
            match redirect.kind {
                RedirectKind::Here | RedirectKind::HereString => {
                    let end = if redirect.kind == RedirectKind::HereString { "\n" } else { "" };
                    if redirect.fd.is_none_or(|fd| fd == 0) {
                        all.stdin = Some(match texts.as_slice() {
                            [text] => Stdin::Known(format!("{text}{end}")),
                            _ => Stdin::Unknown("a here-document".to_owned()),
                        });
                        all.secrets = secrets;
                    }
                }
                RedirectKind::Read => {
                    all.may_fail |= !self.opens(&texts, true, shell);
                    if redirect.fd.is_none_or(|fd| fd == 0) {
                        all.stdin = Some(self.input(&texts, shell));
                        // `< <(cat .env)`
                        all.secrets = secrets;
                        for secret in all.secrets.iter_mut().filter(|secret| secret.much == Much::Names) {
                            secret.much = Much::Whole;
                        }
                        for path in texts.iter().filter_map(|text| self.absolute(text, shell)) {
                            all.secrets.extend(self.held_by(&path));
                        }
                    }
                }
                RedirectKind::Write | RedirectKind::Append | RedirectKind::Duplicate => {
                    if redirect.kind == RedirectKind::Duplicate {
                        // What nobody knows here is the number of a descriptor, as good as always.
                        let line = |text: &String| {
                            has_hole(text) && !self.lines.is_empty()
                                || text.parse().is_ok_and(|fd: i32| self.lines.contains(&fd))
                        };
                        if output && texts.iter().any(line) {
                            all.captured = true;
                            all.leaves = true;
                        }
                        texts.retain(|text| !has_hole(text) && !is_descriptor(text));
                        if texts.is_empty() {
                            continue;
                        }
                    }
                    let append = redirect.kind == RedirectKind::Append;
                    all.may_fail |= !self.opens(&texts, false, shell);
                    // `exec 3<>/dev/tcp/HOST/PORT`: what is written to it later leaves, too.
                    if append && redirect.fd.is_none_or(|fd| fd > 2) || redirect.fd.is_some_and(|fd| fd > 2) {
                        let open = texts.iter().any(|text| network(text).is_some());
                        self.lines.extend(open.then_some(redirect.fd.unwrap_or_default()));
                    }
                    if output {
                        all.captured = true;
                        all.leaves |= texts.iter().any(|text| network(text).is_some());
                        all.appends |= append;
                    }
                    for path in self.output(&texts, &redirect.word.source, append, shell, frame) {
                        if output {
                            all.written.push(path);
                        }
                    }
                }
            }
        }
        all
    }

    /// True where the file surely opens.
    fn opens(&self, texts: &[String], reads: bool, shell: &Shell) -> bool {
        texts.iter().all(|text| {
            is_stream(text)
                || self.absolute(text, shell).is_some_and(|path| match self.world.kind(&path) {
                    Some(kind) => kind != FileKind::Directory,
                    None => {
                        !reads && path.parent().is_some_and(|dir| self.world.kind(dir) == Some(FileKind::Directory))
                    }
                })
        })
    }

    /// What a program reads from `< file`.
    fn input(&self, texts: &[String], shell: &Shell) -> Stdin {
        let [text] = texts else { return Stdin::Unknown("a file".to_owned()) };
        if text == "/dev/null" {
            return Stdin::Known(String::new());
        }
        let Some(path) = self.absolute(text, shell) else { return Stdin::Unknown(text.clone()) };
        if let Some(stream) = self.streams.get(&path) {
            return stream.clone();
        }
        self.content(&path).map_or_else(|| Stdin::Unknown(text.clone()), Stdin::Known)
    }

    /// What is in a file that is appended to: nothing where there is none.
    pub(super) fn content_or_nothing(&self, path: &Path) -> Option<String> {
        if self.world.kind(path).is_none() { Some(String::new()) } else { self.content(path) }
    }

    /// The text of a small file.
    pub(super) fn content(&self, path: &Path) -> Option<String> {
        self.world.read(path, MOST_INPUT).and_then(|bytes| String::from_utf8(bytes).ok())
    }

    /// `text` as an absolute path, where all of it is known.
    pub(super) fn absolute(&self, text: &str, shell: &Shell) -> Option<PathBuf> {
        if has_hole(text) || text.is_empty() {
            return None;
        }
        locate(&self.world, shell.here().map(PathBuf::as_path), text)
    }

    /// What writing to a file does. Returns the paths that are known.
    fn output(&mut self, texts: &[String], source: &str, append: bool, shell: &Shell, frame: &Frame) -> Vec<PathBuf> {
        let (verb, scope) = (Verb::Modify, if append { Scope::Whole } else { Scope::Content });
        let mut paths = Vec::new();
        let unknown = |why: &str| Effect::opaque(verb, Target::new(TargetKind::Unknown, source), why);
        for text in texts {
            match value(std::slice::from_ref(text)) {
                Value::Known(text) => {
                    if is_stream(&text) || text.is_empty() {
                        continue;
                    }
                    if let Some(address) = network(&text) {
                        self.keep(Effect::new(Verb::Send, Target::new(TargetKind::Host, address)), frame);
                        continue;
                    }
                    let Some(path) = self.absolute(&text, shell) else {
                        self.keep(unknown("it is relative to a directory that is not known"), frame);
                        continue;
                    };
                    let kind = if path.starts_with("/dev") && !path.starts_with("/dev/shm") {
                        TargetKind::Device
                    } else {
                        TargetKind::FileTree
                    };
                    let target = Target::new(kind, text).at(vec![path.clone()]);
                    self.keep(Effect::new(verb, target).within(scope.clone()), frame);
                    paths.push(path);
                }
                // One file in a directory that is known; which one is not. Hidden directories hold settings: there it
                // matters which.
                Value::Prefix(prefix) => match self.absolute(&prefix, shell) {
                    Some(path) if !is_hidden(&path) => {
                        let target = Target::new(TargetKind::FileTree, source).at(vec![named_so(path, &prefix)]);
                        let mut effect = Effect::new(Verb::Create, target);
                        effect.note = Some("the end of its name is not known".to_owned());
                        self.keep(effect, frame);
                    }
                    _ => self.keep(unknown("which file it is is not known"), frame),
                },
                _ => self.keep(unknown("which file it is is not known"), frame),
            }
        }
        paths
    }
}

/// True for `1`, `2-`, `-`.
fn is_descriptor(text: &str) -> bool {
    text.strip_suffix('-').unwrap_or(text).bytes().all(|b| b.is_ascii_digit())
}

/// True where some directory of the path is hidden.
fn is_hidden(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str().as_encoded_bytes().starts_with(b"."))
}

/// A path of which the end is not known, as a path that is no other one.
fn named_so(mut path: PathBuf, prefix: &str) -> PathBuf {
    if prefix.ends_with('/') {
        path.push("…");
    } else {
        path.as_mut_os_string().push("…");
    }
    path
}

/// True for the special files that lose nothing when they are written to.
fn is_stream(path: &str) -> bool {
    matches!(path, "/dev/null" | "/dev/stdout" | "/dev/stderr" | "/dev/stdin" | "/dev/tty" | "/dev/zero" | "/dev/full")
        || path.starts_with("/dev/fd/")
        || path.starts_with("/dev/pts/")
        || path.starts_with("/proc/self/fd/")
}

/// The address in `/dev/tcp/HOST/PORT`, which the shell itself connects to.
fn network(path: &str) -> Option<String> {
    let rest = path.strip_prefix("/dev/tcp/").or_else(|| path.strip_prefix("/dev/udp/"))?;
    Some(rest.replacen('/', ":", 1))
}
