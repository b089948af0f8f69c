//! One simple command as evaluation left it, and what a command family may say about it.
//!
//! This is the seam between the shell evaluator (which expands words and knows pipes, directories and variables) and
//! the families (which know what a program's arguments mean).

use std::path::{Path, PathBuf};

use weir_model::{Effect, GitScope, Span};

use crate::{FileKind, World};

/// What is known of a word after expansion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Exactly this text.
    Known(String),
    /// One of these, or all of them (a loop over a list, both branches of a condition).
    OneOf(Vec<String>),
    /// Begins with this text; the rest is not known. A path that ends in `/` here is something below that directory
    /// (`find DIR -exec rm {} +`, `"$HOME/$unknown"`).
    Prefix(String),
    /// Nothing is known.
    Unknown,
}

impl Value {
    /// What a text is whose unknown parts are [`HOLE`]s.
    pub(crate) fn with_holes(text: &str) -> Self {
        match text.split_once(HOLE) {
            None => Self::Known(text.to_owned()),
            Some(("", _)) => Self::Unknown,
            Some((known, _)) => Self::Prefix(known.to_owned()),
        }
    }
}

/// One argument of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arg {
    /// What it expands to.
    pub value: Value,
    /// The word as written, for people.
    pub source: String,
    /// Where it stands in the action's text, if it stands there itself.
    pub span: Option<Span>,
    /// True where it came out of a glob; then several arguments share one `source`.
    pub globbed: bool,
    /// The text with [`HOLE`] for each part that is not known, where it is one text: program text that is known in part
    /// (`bash -c "cd $DIR && make"`) is still read.
    pub template: Option<String>,
    /// Secrets that a substitution or variable in it holds (`"$(cat .env)"`).
    pub secrets: Vec<Secret>,
}

/// A secret that a word, a stream or a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// Its file, or what prints it.
    pub name: String,
    /// How much of it is there.
    pub much: Much,
    /// The variable out of which it came, where it came out of one.
    pub variable: Option<String>,
}

/// How much of a secret something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Much {
    /// Everything in a file or a store.
    Whole,
    /// One credential, with which a program may sign in.
    One,
    /// One credential that the session has been given in its environment.
    Own,
    /// Everything below a directory, in which there may be secrets.
    Directory,
    /// The rows of a database.
    Data,
    /// Names of files that hold secrets (`find . -name .env`): the secret is what they lead to.
    Names,
}

impl Secret {
    /// All that `name` holds.
    #[must_use]
    pub fn whole(name: impl Into<String>) -> Self {
        Self { name: name.into(), much: Much::Whole, variable: None }
    }

    /// This much of it.
    #[must_use]
    pub fn cut(self, much: Much) -> Self {
        Self { much, ..self }
    }
}

/// Stands for a part of a text that is not known.
pub const HOLE: char = '\u{FFFC}';
/// After a [`HOLE`]: what is not known has no slash and no space, and nothing that is there already is called so (the
/// number of a process, a random number, the second that it is).
pub(crate) const FRESH: char = '\u{FDD0}';
/// After a [`HOLE`]: what is not known begins with a digit, and has no slash and no space.
pub(crate) const NUMBER: char = '\u{FDD1}';
/// After a [`HOLE`]: what is not known has no slash and no space.
pub(crate) const NAME: char = '\u{FDD2}';

/// After a [`HOLE`] at the end of a text: it is a path that fits one of the tests that the action has for `find`. The
/// characters of this range are their numbers.
pub(crate) const TESTS: std::ops::RangeInclusive<char> = '\u{F0000}'..='\u{F0FFF}';

/// A text that is not known, of a kind that is ([`FRESH`], [`NUMBER`], [`NAME`]).
pub(crate) fn some(kind: char) -> String {
    String::from_iter([HOLE, kind])
}

/// Text with holes as people may read it.
pub(crate) fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut after = false;
    for letter in text.chars() {
        match letter {
            HOLE => out.push('…'),
            FRESH | NUMBER | NAME if after => {}
            _ if after && TESTS.contains(&letter) => {}
            _ => out.push(letter),
        }
        after = letter == HOLE;
    }
    out
}

/// The kinds of the holes in a text; `None` where one is of no kind.
pub(crate) fn kinds(text: &str) -> Option<Vec<char>> {
    text.split(HOLE)
        .skip(1)
        .map(|after| after.chars().next().filter(|kind| matches!(*kind, FRESH | NUMBER | NAME)))
        .collect()
}

impl Arg {
    /// An argument that people know as `source`.
    #[must_use]
    pub fn new(value: Value, source: impl Into<String>) -> Self {
        Self { value, source: source.into(), span: None, globbed: false, template: None, secrets: Vec::new() }
    }

    /// An argument that is exactly `text`.
    #[must_use]
    pub fn known(text: impl Into<String>) -> Self {
        let text = text.into();
        Self::new(Value::Known(text.clone()), text)
    }

    /// An argument whose unknown parts are [`HOLE`]s.
    pub(crate) fn with_holes(text: &str) -> Self {
        let mut arg = Self::known(text);
        if text.contains(HOLE) {
            arg.value = Value::with_holes(text);
            arg.template = Some(text.to_owned());
            arg.source = shown(text);
        }
        arg
    }

    /// The call of a shell that runs this text.
    pub(crate) fn for_shell(self) -> Vec<Self> {
        vec![Self::known("sh"), Self::known("-c"), self]
    }

    /// Program text: the text itself, or what is known of it with [`HOLE`]s.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.text().or(self.template.as_deref())
    }

    /// The name of something that is not there, where that is all that is not known of it: `/tmp/build-$$`.
    pub(crate) fn fresh(&self) -> Option<String> {
        let text = self.template.as_deref()?;
        let is_plain =
            |c: char| !c.is_whitespace() && !matches!(c, '\'' | '"' | '`' | '$' | ';' | '|' | '&' | '<' | '>');
        let named = text.chars().any(|c| c.is_alphanumeric() && c != HOLE);
        let own = text.starts_with("/proc/") || text.starts_with("/dev/");
        let all = kinds(text)?.iter().all(|kind| *kind == FRESH);
        (all && named && !own && text.chars().all(is_plain)).then(|| shown(text))
    }

    /// The text, where it is exactly known.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Known(text) => Some(text),
            _ => None,
        }
    }
}

/// What a command reads on its standard input.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Stdin {
    /// The terminal or nothing.
    #[default]
    None,
    /// Exactly this text (here-document, here-string, `echo ... |`, `< known file`).
    Known(String),
    /// Lines each of which is a path below one of these directories, or one of these paths (`find DIR |`, `ls DIR |`).
    Paths {
        /// The directories and files, as words (relative to the call's directory, or absolute).
        below: Vec<String>,
        /// What prints them, for people.
        from: String,
    },
    /// Something that is not known (a pipe from another program). The text says from what.
    Unknown(String),
}

/// What prints the changes of the working tree, as [`Stdin::Unknown`] names it.
pub(crate) const DIFF: &str = "git diff";
/// As [`DIFF`], the other way round.
pub(crate) const DIFF_BACKWARDS: &str = "git diff -R";

impl Stdin {
    /// True where to apply this (`reverse`: backwards) takes the changes of the working tree back.
    pub(crate) fn undoes_changes(&self, reverse: bool) -> bool {
        matches!(self, Self::Unknown(from) if from == if reverse { DIFF } else { DIFF_BACKWARDS })
    }
}

/// One simple command, expanded.
#[derive(Clone)]
pub struct Call<'a> {
    /// Program name and arguments. Never empty. The first is exactly known.
    pub argv: Vec<Arg>,
    /// The standard input.
    pub stdin: Stdin,
    /// Secrets that the standard input holds.
    pub secrets: Vec<Secret>,
    /// The directory in which it runs; `None` where an unknown `cd` came before.
    pub cwd: Option<PathBuf>,
    /// Assignments before the command and exported variables of the text, last one wins.
    pub env: Vec<(String, Value)>,
    /// The whole command's place in the action's text.
    pub span: Option<Span>,
    /// The programs through which it is reached, outermost first.
    pub via: Vec<String>,
    /// How deep in nested programs it stands.
    pub depth: usize,
    /// The world.
    pub world: &'a dyn World,
}

impl Call<'_> {
    /// The program's name without its directory.
    #[must_use]
    pub fn program(&self) -> &str {
        let name = self.argv.first().and_then(Arg::text).unwrap_or_default();
        name.rsplit('/').next().unwrap_or(name)
    }

    /// A variable as the command will see it: from the text, else from the world. `None`: not set. `Some(Unknown)`: set, not known.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<Value> {
        self.env
            .iter()
            .rev()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
            .or_else(|| self.world.env(name).map(Value::Known))
    }

    /// `text` as an absolute path without `.` and `..`; `None` where it is relative to an unknown directory.
    #[must_use]
    pub fn path(&self, text: &str) -> Option<PathBuf> {
        locate(self.world, self.cwd.as_deref(), text)
    }
}

/// Entries of a directory in which names are looked for.
const MOST_ENTRIES: usize = 10_000;

impl Call<'_> {
    /// The paths that `template` may be, where each of its holes is part of one name: what is there and looks so, or a
    /// path that is not there. `None` where that does not narrow it down.
    pub(crate) fn named_like(&self, template: &str) -> Option<Vec<String>> {
        kinds(template)?;
        let at = template.find(HOLE)?;
        let start = template.get(..at)?.rfind('/').map_or(0, |slash| slash + 1);
        let (before, rest) = template.split_at_checked(start)?;
        let (component, after) = rest.split_at_checked(rest.find('/').unwrap_or(rest.len()))?;
        let mut kinds = kinds(component)?.into_iter();
        let shape: Vec<&str> = component.split(HOLE).collect();
        let (begin, end) = (*shape.first()?, shape.last()?.get(FRESH.len_utf8()..)?);
        // Nothing of the name is known: it may be any that is there.
        if begin.is_empty() && end.is_empty() && shape.len() == 2 && !kinds.clone().all(|kind| kind == FRESH) {
            return None;
        }
        let dir = match before {
            "" => ".",
            "/" => "/",
            dir => dir.trim_end_matches('/'),
        };
        let path = self.path(dir)?;
        let fresh = kinds.clone().any(|kind| kind == FRESH);
        let number = kinds.next() == Some(NUMBER);
        let mut found = Vec::new();
        if !fresh && self.world.kind(&path).is_some() {
            for entry in self.world.list(&path, MOST_ENTRIES)? {
                let Some(name) = entry.name.to_str() else { continue };
                let Some(rest) = name.strip_prefix(begin).filter(|rest| rest.ends_with(end)) else { continue };
                if number && !rest.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
                    continue;
                }
                let name = format!("{before}{name}{after}");
                if name.contains(HOLE) {
                    return None;
                }
                found.push(name);
            }
        }
        if found.is_empty() {
            found.push(shown(template));
        }
        Some(found)
    }
}

/// The most links that one path may lead through.
const MOST_LINKS: usize = 16;

/// `text` as the system finds it from `cwd`: an absolute path without `.` and `..`. A symbolic link stays as it is
/// named, but what is above it (`link/..`) is above the place where it leads.
pub(crate) fn locate(world: &dyn World, cwd: Option<&Path>, text: &str) -> Option<PathBuf> {
    let path = Path::new(text);
    let full = if path.is_absolute() { path.to_owned() } else { cwd?.join(path) };
    // A process knows its own directory and root under these names too.
    for name in ["/proc/self", "/proc/thread-self", "/proc/$$"] {
        let Ok(below) = full.strip_prefix(name) else { continue };
        if let Ok(rest) = below.strip_prefix("cwd") {
            return Some(above_links(world, &cwd?.join(rest)));
        }
        if let Ok(rest) = below.strip_prefix("root") {
            return Some(above_links(world, &Path::new("/").join(rest)));
        }
    }
    if let Ok(rest) = full.strip_prefix("/proc/1/root") {
        return Some(above_links(world, &Path::new("/").join(rest)));
    }
    Some(above_links(world, &full))
}

fn above_links(world: &dyn World, path: &Path) -> PathBuf {
    use std::path::Component;
    let mut out = PathBuf::new();
    let mut links = 0;
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                while links < MOST_LINKS
                    && world.kind(&out) == Some(FileKind::Symlink)
                    && let Some(to) = world.link(&out)
                {
                    links += 1;
                    out.pop();
                    out = normalize(&out.join(to));
                }
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// Removes `.` and `..` and doubled separators without looking at the file system.
#[must_use]
pub fn normalize(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// The languages that a program's text may be in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// A Bourne-like shell.
    Shell,
    /// Python.
    Python,
    /// JavaScript or TypeScript.
    JavaScript,
    /// Ruby.
    Ruby,
    /// Perl.
    Perl,
    /// SQL.
    Sql,
    /// PHP.
    Php,
    /// Anything else.
    Other,
}

/// How a path comes to lead to what is at another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Same {
    /// It is a symbolic link to it.
    Link,
    /// It is a copy of it.
    Copy,
    /// It is the very thing, which has been moved.
    Moved,
}

/// What a call of git does with work that no commit had when the action began. Nothing of it is lost so far; what a
/// later command of the same action drops is this work, and not what the repository holds beforehand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GitWork {
    /// The index takes what these name, as written; empty: everything.
    Staged(Vec<String>),
    /// A new entry of the stash takes these parts away from the working tree.
    Stashed {
        /// The changes, and the untracked files where these go along.
        parts: Vec<GitScope>,
        /// No change of a tracked file stays behind.
        clean: bool,
    },
    /// An entry of the stash comes back, and stays there too where it is `kept`.
    Unstashed {
        /// Its number.
        entry: u32,
        /// It is still in the stash.
        kept: bool,
    },
    /// A commit takes changes; `branch` is the one that it is on, where that is known.
    Committed {
        /// The branch.
        branch: Option<String>,
    },
    /// A branch comes to lead elsewhere.
    Moved {
        /// The branch; `None`: any.
        branch: Option<String>,
        /// What it had is still below it.
        keeps: bool,
    },
    /// A name means something else from now on, and no history is rewritten: a checkout, a branch that is renamed or deleted.
    Meant {
        /// The branch, or the one that `HEAD` was; `None`: any.
        branch: Option<String>,
    },
    /// Files leave the index and stay in the working tree: from then on they are untracked.
    Forgotten,
    /// What is ignored is decided by other rules.
    Ruled,
    /// Something else reaches the commits that were made so far (a merge, a push, another branch).
    Reached,
}

/// Another command that a call runs.
#[derive(Debug, Clone, Default)]
pub struct Inner {
    /// Program name and arguments. Where the first is not exactly known, it is an opaque execution.
    pub argv: Vec<Arg>,
    /// The directory in which it runs; `None`: the call's own. `Some(None)`: another one that is not known.
    pub cwd: Option<Option<PathBuf>>,
    /// Variables that it gets on top of the call's.
    pub env: Vec<(String, Value)>,
    /// Its standard input; `None`: the call's own.
    pub stdin: Option<Stdin>,
}

/// What a family says about a call. The evaluator carries it out, inside its limits.
///
/// Every method may be called any number of times, in the order in which things happen.
pub trait Say {
    /// The call has this effect. The evaluator adds `span` and `via` where they are missing.
    fn effect(&mut self, effect: Effect);
    /// The call runs another command (`sudo X`, `env A=b X`, `make -C`, `git -C ... !alias`), named for people by
    /// `through`. `cd X && ...` is not one of these.
    fn run(&mut self, inner: Inner, through: &str);
    /// The call runs program text (`bash -c TEXT ARGS`, `python -c TEXT`, a here-document into an interpreter).
    /// `args` are what the text sees as its arguments, its own name not among them.
    fn code(&mut self, language: Language, text: &str, args: &[Arg], through: &str);
    /// The call runs the program in this file (`bash f ARGS`, `python f`); the evaluator reads and pins it.
    fn file(&mut self, language: Language, path: PathBuf, args: &[Arg], through: &str);
    /// The call runs something on another machine or in a container (`ssh HOST X`, `docker exec C X`): it is analyzed,
    /// but its paths are not of this machine; targets keep their names and get no `paths`.
    fn elsewhere(&mut self, argv: Vec<Arg>, place: &str);
    /// The call reads this file as a program or as a description of programs (a makefile, `package.json`) by itself:
    /// its content belongs to what is judged. What [`Say::file`] reads is pinned without this.
    fn pin(&mut self, path: PathBuf, bytes: &[u8]) {
        let _ = (path, bytes);
    }
    /// From now on the file has this content.
    fn written(&mut self, path: PathBuf, content: String) {
        let _ = (path, content);
    }
    /// The call does this in the repository at `place`.
    fn work(&mut self, place: PathBuf, work: GitWork) {
        let _ = (place, work);
    }
    /// The call prints a secret.
    fn yields(&mut self, secret: Secret) {
        let _ = secret;
    }
    /// Part of the call could not be understood.
    fn opaque(&mut self, effect: Effect);

    /// From now on `path` leads to what is at `source`. Said after the effects of the call itself.
    fn same(&mut self, path: PathBuf, source: PathBuf, how: Same) {
        let _ = (path, source, how);
    }

    /// As [`Say::run`], in the call's own directory with the call's own variables and input.
    fn command(&mut self, argv: Vec<Arg>, through: &str) {
        self.run(Inner { argv, ..Inner::default() }, through);
    }

    /// As [`Say::command`], in another directory; `None` where it is not known.
    fn command_in(&mut self, argv: Vec<Arg>, cwd: Option<PathBuf>, through: &str) {
        self.run(Inner { argv, cwd: Some(cwd), ..Inner::default() }, through);
    }
}
