//! A made-up machine and a listener, for the tests of families.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use weir_model::{Action, ActionId, Agent, Effect, GitScope, Request, Scope, TargetKind, Timestamp, Verb};

use crate::call::{Arg, Call, Inner, Language, Say, Stdin, Value};
use crate::{DirEntry, FileKind, World};

/// A made-up machine: files with their content; what is above a file is a directory.
#[derive(Default)]
pub(crate) struct Machine(BTreeMap<PathBuf, String>);

impl Machine {
    /// A machine with these files.
    pub(crate) fn new<'f>(files: impl IntoIterator<Item = (&'f str, &'f str)>) -> Self {
        Self(files.into_iter().map(|(path, text)| (PathBuf::from(path), text.to_owned())).collect())
    }
}

impl World for Machine {
    fn read(&self, path: &Path, limit: usize) -> Option<Vec<u8>> {
        self.0.get(path).filter(|text| text.len() <= limit).map(|text| text.clone().into_bytes())
    }
    fn list(&self, dir: &Path, limit: usize) -> Option<Vec<DirEntry>> {
        let mut entries = BTreeMap::new();
        for file in self.0.keys() {
            let Ok(below) = file.strip_prefix(dir) else { continue };
            let mut below = below.components();
            let Some(name) = below.next() else { continue };
            entries.insert(name.as_os_str().to_owned(), below.next().is_some());
        }
        (entries.len() <= limit).then(|| entries.into_iter().map(|(name, is_dir)| DirEntry { name, is_dir }).collect())
    }
    fn kind(&self, path: &Path) -> Option<FileKind> {
        if self.0.contains_key(path) {
            Some(FileKind::File)
        } else if self.0.keys().any(|file| file.starts_with(path)) {
            Some(FileKind::Directory)
        } else {
            None
        }
    }
    fn env(&self, _: &str) -> Option<String> {
        None
    }
    fn home(&self, _: Option<&str>) -> Option<PathBuf> {
        Some(PathBuf::from("/home/me"))
    }
}

#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) lines: Vec<String>,
    pub(crate) effects: Vec<Effect>,
}

impl Heard {
    fn keep(&mut self, effect: Effect) {
        let mark = if effect.opaque { "?" } else { "" };
        let mut line = format!("{mark}{} {} {}", effect.verb.name(), effect.target.kind.name(), effect.target.name);
        let scope = scope(&effect.scope);
        if !scope.is_empty() {
            line.push_str(" | ");
            line.push_str(&scope);
        }
        self.lines.push(line);
        self.effects.push(effect);
    }
}

fn scope(scope: &Scope) -> String {
    match scope {
        Scope::Whole => String::new(),
        Scope::Files => "files".to_owned(),
        Scope::EmptyDirectories => "empty".to_owned(),
        Scope::Filtered { filter } => format!("filtered {filter}"),
        Scope::Content => "content".to_owned(),
        Scope::Moved { to } => format!("moved {}", to.display()),
        Scope::Git(GitScope::Changes { pathspecs, staged, worktree, .. }) => format!(
            "changes [{}]{}{}",
            pathspecs.join(" "),
            if *staged { " staged" } else { "" },
            if *worktree { " worktree" } else { "" }
        ),
        Scope::Git(GitScope::Untracked { pathspecs, directories, ignored, only_ignored }) => format!(
            "untracked [{}]{}{}{}",
            pathspecs.join(" "),
            if *directories { " d" } else { "" },
            if *ignored { " x" } else { "" },
            if *only_ignored { " X" } else { "" }
        ),
        Scope::Git(GitScope::Move { reference, to }) => {
            format!("move {} to {to}", reference.as_deref().unwrap_or("-"))
        }
        Scope::Git(GitScope::Refs { names }) => format!("refs [{}]", names.join(" ")),
        Scope::Git(GitScope::Stash { entry }) => {
            entry.map_or_else(|| "stash all".to_owned(), |entry| format!("stash {entry}"))
        }
        Scope::Git(GitScope::Remote(push)) => {
            let (delete, prune) = (if push.delete { " delete" } else { "" }, if push.prune { " prune" } else { "" });
            format!("remote {} [{}]{delete}{prune}", push.remote, push.refspecs.join(" "))
        }
        Scope::Git(GitScope::Worktree { path }) => format!("worktree {path}"),
        Scope::Git(GitScope::History) => "history".to_owned(),
    }
}

fn join(argv: &[Arg]) -> String {
    argv.iter().map(|arg| arg.source.as_str()).collect::<Vec<_>>().join(" ")
}

impl Say for Heard {
    fn effect(&mut self, effect: Effect) {
        assert!(!effect.opaque, "{effect:?}");
        self.keep(effect);
    }
    fn run(&mut self, inner: Inner, _: &str) {
        let line = match inner.cwd {
            None => format!("run {}", join(&inner.argv)),
            Some(cwd) => format!("run in {}: {}", cwd.unwrap_or_default().display(), join(&inner.argv)),
        };
        self.lines.push(line);
    }
    fn code(&mut self, language: Language, text: &str, _: &[Arg], _: &str) {
        self.lines.push(format!("{language:?}: {}", crate::call::shown(text)));
    }
    fn file(&mut self, _: Language, path: PathBuf, _: &[Arg], _: &str) {
        self.lines.push(format!("file {}", path.display()));
    }
    fn elsewhere(&mut self, argv: Vec<Arg>, place: &str) {
        self.lines.push(format!("at {place}: {}", join(&argv)));
    }
    fn opaque(&mut self, effect: Effect) {
        assert!(effect.opaque && effect.note.is_some(), "{effect:?}");
        self.keep(effect);
    }
}

/// Words of a test command: quotes as in a shell, `$X` is not known, `{a,b}` is one of several.
pub(crate) fn args(text: &str) -> Vec<Arg> {
    let mut words = Vec::new();
    let (mut word, mut any, mut quoted) = (String::new(), false, false);
    for letter in text.chars() {
        match letter {
            '\'' => (quoted, any) = (!quoted, true),
            ' ' if !quoted => {
                if any || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                any = false;
            }
            _ => word.push(letter),
        }
    }
    if any || !word.is_empty() {
        words.push(word);
    }
    words
        .into_iter()
        .map(|word| {
            let mut arg = Arg::known(word.clone());
            if let Some(list) = word.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                arg.value = Value::OneOf(list.split(',').map(str::to_owned).collect());
            } else if let Some((before, _)) = word.split_once('$') {
                let before = before.trim_start_matches('"');
                arg.value = if before.is_empty() { Value::Unknown } else { Value::Prefix(before.to_owned()) };
            }
            arg
        })
        .collect()
}

/// A call of `text` on `machine`, with what `interpret` says of it.
pub(crate) fn hear(
    machine: &Machine,
    text: &str,
    cwd: Option<&str>,
    stdin: Stdin,
    env: &[(&str, &str)],
    interpret: impl FnOnce(&Call<'_>, &mut dyn Say),
) -> Heard {
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), Value::Known((*value).to_owned()))).collect();
    listen(Call { stdin, env, ..call(machine, args(text), cwd) }, interpret)
}

/// A call with these words in `cwd`, and with nothing else.
pub(crate) fn call<'w>(world: &'w dyn World, argv: Vec<Arg>, cwd: Option<&str>) -> Call<'w> {
    Call {
        argv,
        stdin: Stdin::None,
        secrets: Vec::new(),
        cwd: cwd.map(PathBuf::from),
        env: Vec::new(),
        span: None,
        via: Vec::new(),
        depth: 0,
        world,
    }
}

/// What `interpret` says of a call.
pub(crate) fn listen(call: Call<'_>, interpret: impl FnOnce(&Call<'_>, &mut dyn Say)) -> Heard {
    let mut heard = Heard::default();
    interpret(&call, &mut heard);
    heard
}

/// What a command line does on `machine`, in `/w`.
pub(crate) fn analysis(machine: &Machine, command: &str) -> crate::Analysis {
    let action = Action {
        id: ActionId::new(),
        agent: Agent { name: "claude".into(), session: None, subagent: None, principal: "p".into() },
        tool: "Bash".into(),
        call: None,
        request: Request::Shell { command: command.into(), shell: None },
        cwd: "/w".into(),
        host: "h".into(),
        at: Timestamp::UNIX_EPOCH,
    };
    crate::analyze(&action, machine)
}

/// Those of the effects of a command line that change or destroy something, give something away, or are held because
/// nobody knows what they are.
pub(crate) fn harm(machine: &Machine, command: &str) -> Vec<String> {
    let harms = |effect: &&Effect| match effect.verb {
        _ if effect.opaque => effect.target.kind != TargetKind::Program,
        Verb::Read | Verb::Execute | Verb::Install | Verb::Create => false,
        Verb::Send => effect.target.kind == TargetKind::Secret,
        _ => true,
    };
    let shown = |effect: &Effect| {
        let mark = if effect.opaque { "?" } else { "" };
        format!("{mark}{} {} {}", effect.verb.name(), effect.target.kind.name(), effect.target.name)
    };
    analysis(machine, command).effects.iter().filter(harms).map(shown).collect()
}
