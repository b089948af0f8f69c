//! Git, porcelain and plumbing: which of its commands can lose work, and whose.
//!
//! Options are read as git reads them (bundled letters, unique prefixes, `--no-` forms, options after words), because
//! `--har` resets as hard as `--hard` does. Aliases are looked up where git would look them up.

mod config;
mod dispatch;
mod grammar;
mod history;
mod ordinary;
mod refs;
mod repository;
#[cfg(test)]
mod tests;
mod worktree;

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use weir_model::{Effect, GitScope, Scope, Target, TargetKind, Verb};

use crate::call::{Call, GitWork, Language, Say, Stdin, Value, normalize};
use crate::family::options::{Opts, Word, alternatives, not_known};

/// Aliases of aliases.
const MOST_ALIASES: usize = 8;
/// Directories upward in which a repository is looked for.
const MOST_PARENTS: usize = 64;
/// Submodules for which a `foreach` is followed.
const MOST_SUBMODULES: usize = 32;
/// Bytes of a configuration file.
const CONFIG_LIMIT: usize = 256 * 1024;
/// Bytes of a list of refs.
const REFS_LIMIT: usize = 1024 * 1024;

/// Says what a call of `git` does.
pub(crate) fn interpret(call: &Call<'_>, say: &mut dyn Say) {
    let args = call.argv.get(1..).unwrap_or_default();
    let mut seen = Vec::new();
    for args in alternatives(args) {
        let mut git = Git {
            call,
            say: &mut *say,
            seen: &mut seen,
            dir: call.cwd.clone(),
            git_dir: None,
            work_tree: None,
            place_unknown: None,
            config: Vec::new(),
            config_said: 0,
            variables_said: Vec::new(),
            files: OnceCell::new(),
            aliases: Vec::new(),
        };
        git.environment();
        git.top(&args);
    }
}

/// One reading of a call.
struct Git<'c, 's> {
    call: &'c Call<'c>,
    say: &'s mut dyn Say,
    /// What was said, so that alternatives do not repeat it.
    seen: &'s mut Vec<Effect>,
    /// The directory in which git runs; `None`: not known.
    dir: Option<PathBuf>,
    git_dir: Option<PathBuf>,
    work_tree: Option<PathBuf>,
    /// A directory that was given and is not known, as written.
    place_unknown: Option<String>,
    /// Configuration of the command line, last one wins.
    config: Vec<(String, String)>,
    /// How much of `config` was looked through for what it makes git run.
    config_said: usize,
    /// The variables that were looked at for the same reason.
    variables_said: Vec<&'static str>,
    /// Configuration of the files, read when first needed, last one wins.
    files: OnceCell<Vec<(String, String)>>,
    /// The aliases that led here.
    aliases: Vec<String>,
}

/// Places, names and the saying of effects.
impl<'c> Git<'c, '_> {
    /// What the environment tells git before its arguments do.
    fn environment(&mut self) {
        for (name, work_tree) in [("GIT_DIR", false), ("GIT_WORK_TREE", true)] {
            match self.call.variable(name) {
                Some(Value::Known(text)) if !text.is_empty() => {
                    let path = self.call.path(&text);
                    if work_tree {
                        self.work_tree = path;
                    } else {
                        self.git_dir = path;
                    }
                }
                Some(Value::Known(_)) | None => {}
                Some(_) => self.place_unknown = Some(format!("${name}")),
            }
        }
        if let Some(Value::Known(count)) = self.call.variable("GIT_CONFIG_COUNT") {
            for index in 0..count.parse::<usize>().unwrap_or(0).min(64) {
                let key = self.call.variable(&format!("GIT_CONFIG_KEY_{index}"));
                let value = self.call.variable(&format!("GIT_CONFIG_VALUE_{index}"));
                if let (Some(Value::Known(key)), Some(Value::Known(value))) = (key, value) {
                    self.config.push((key, value));
                }
            }
        }
        // What the person's own environment says is not this command's doing.
        if !self.call.env.iter().any(|(name, _)| name.starts_with("GIT_CONFIG_")) {
            self.config_said = self.config.len();
        }
    }

    /// The one path by which measurement finds the repository.
    fn place(&self) -> Option<PathBuf> {
        if self.place_unknown.is_some() {
            return None;
        }
        self.work_tree.clone().or_else(|| self.git_dir.clone()).or_else(|| self.dir.clone())
    }

    /// What a person calls the working directory.
    fn place_name(&self) -> String {
        if let Some(source) = &self.place_unknown {
            return source.clone();
        }
        let Some(place) = self.place() else {
            return ".".to_owned();
        };
        let name = place.file_name().map(|name| name.to_string_lossy().into_owned());
        match name {
            Some(name) if name == ".git" => {
                place.parent().and_then(Path::file_name).map_or(name, |parent| parent.to_string_lossy().into_owned())
            }
            Some(name) => name,
            None => place.display().to_string(),
        }
    }

    fn target(&self, kind: TargetKind, name: impl Into<String>) -> Target {
        Target::new(kind, name).at(self.place().into_iter().collect())
    }

    /// `text` as an absolute path in the directory in which git runs.
    fn path(&self, text: &str) -> Option<PathBuf> {
        let path = Path::new(text);
        if path.is_absolute() {
            return Some(normalize(path));
        }
        self.dir.as_ref().map(|dir| normalize(&dir.join(path)))
    }

    fn emit(&mut self, effect: Effect) {
        if !self.seen.contains(&effect) {
            self.seen.push(effect.clone());
            if effect.opaque {
                self.say.opaque(effect);
            } else {
                self.say.effect(effect);
            }
        }
    }

    /// Says what becomes of work that is not committed yet.
    fn work(&mut self, work: GitWork) {
        if let Some(place) = self.place() {
            self.say.work(place, work);
        }
    }

    /// `HEAD` is something else from now on that cannot be told.
    fn elsewhere(&mut self) {
        let branch = self.branch();
        self.work(GitWork::Meant { branch });
    }

    /// The branch that is checked out, and with it `HEAD`, leads to another commit from now on.
    fn moved(&mut self, keeps: bool) {
        let branch = self.branch();
        self.work(GitWork::Moved { branch, keeps });
    }

    /// From now on this branch is checked out.
    fn checked_out(&mut self, name: &Word) {
        if name.known
            && let Some((_, git_dir)) = self.repository()
        {
            self.say.written(git_dir.join("HEAD"), format!("ref: refs/heads/{}\n", name.text));
        }
    }

    fn read(&mut self) {
        let target = self.target(TargetKind::GitRepository, self.place_name());
        self.emit(Effect::new(Verb::Read, target));
    }

    fn modify(&mut self) {
        self.modify_with(None);
    }

    fn modify_with(&mut self, note: Option<String>) {
        let target = self.target(TargetKind::GitRepository, self.place_name());
        let mut effect = Effect::new(Verb::Modify, target);
        effect.note = note;
        self.emit(effect);
    }

    /// Something is lost. What is not certain is said as opaque.
    fn lose(&mut self, kind: TargetKind, name: impl Into<String>, scope: GitScope, why: Option<String>) {
        if kind == TargetKind::GitWorktree
            && let Some(tree) = self.foreign_tree()
        {
            // Files that this repository does not have the only say about: what is there may be anybody's.
            let filter = match scope {
                GitScope::Untracked { .. } => "what the repository does not track",
                _ => "what the repository tracks",
            };
            let target = Target::new(TargetKind::FileTree, tree.to_string_lossy()).at(vec![tree]);
            let scope = Scope::Filtered { filter: filter.to_owned() };
            return self.emit(Effect::new(Verb::Delete, target).within(scope));
        }
        let target = self.target(kind, name);
        let why = why.or_else(|| self.place().is_none().then(|| "the repository's directory is not known".to_owned()));
        let effect = match why {
            Some(why) => Effect::opaque(Verb::Delete, target, why),
            None => Effect::new(Verb::Delete, target),
        };
        self.emit(effect.within(Scope::Git(scope)));
    }

    /// The working tree that the call names, where it is not the place of a repository of its own.
    fn foreign_tree(&self) -> Option<PathBuf> {
        let tree = self.work_tree.as_ref()?;
        let own = self.call.world.kind(&tree.join(".git")).is_some()
            || self.git_dir.as_deref().and_then(Path::parent) == Some(tree.as_path());
        (!own).then(|| tree.clone())
    }

    fn lose_changes(&mut self, pathspecs: &[Word], staged: bool, worktree: bool, why: Option<String>) {
        let name = self.pathspec_name(pathspecs);
        let why = why.or_else(|| unknown(pathspecs));
        let pathspecs = pathspecs.iter().map(|word| word.text.clone()).collect();
        self.lose(TargetKind::GitWorktree, name, GitScope::Changes { pathspecs, staged, worktree, to: None }, why);
    }

    /// All uncommitted changes are lost, and `to` is checked out where it is another commit.
    fn lose_all(&mut self, to: Option<&Word>, why: Option<String>) {
        let name = self.pathspec_name(&[]);
        let to = to.filter(|word| word.known).map(|word| word.text.clone());
        let scope = GitScope::Changes { pathspecs: Vec::new(), staged: true, worktree: true, to };
        self.lose(TargetKind::GitWorktree, name, scope, why);
    }

    /// A ref of the namespace `below` (`refs/tags/`, or nothing for a branch) moves.
    fn move_ref(&mut self, below: &str, reference: Option<&Word>, to: Option<&Word>) {
        let why = reference.into_iter().chain(to).find(|word| !word.known).map(|word| not_known(&word.source));
        let name =
            reference.map_or_else(|| self.branch().unwrap_or_else(|| "HEAD".to_owned()), |word| word.text.clone());
        let scope = GitScope::Move {
            reference: reference.map(|word| format!("{below}{}", word.text)),
            to: to.map_or_else(|| "HEAD".to_owned(), |word| word.text.clone()),
        };
        self.lose(TargetKind::GitRef, name, scope, why);
    }

    /// One effect per ref that is deleted.
    fn delete_refs(&mut self, words: &[Word]) {
        for word in words {
            self.lose(
                TargetKind::GitRef,
                word.text.clone(),
                GitScope::Refs { names: vec![word.text.clone()] },
                (!word.known).then(|| not_known(&word.source)),
            );
        }
    }

    fn lose_history(&mut self, why: Option<String>) {
        let name = self.place_name();
        self.lose(TargetKind::GitRepository, name, GitScope::History, why);
    }

    fn opaque_program(&mut self, subcommand: &str, why: &str) {
        let target = self.target(TargetKind::Program, format!("git-{subcommand}"));
        self.emit(Effect::opaque(Verb::Execute, target, why));
    }

    /// The subcommand of a subcommand is not known.
    fn opaque_delete(&mut self, kind: TargetKind, word: &Word) {
        let target = self.target(kind, word.source.clone());
        self.emit(Effect::opaque(Verb::Delete, target, not_known(&word.source)));
    }

    /// A file outside of git's own that a command writes (`--output`).
    fn write_file(&mut self, word: &Word) {
        let named = word.template.as_deref().and_then(|template| self.call.named_like(template));
        let paths: Vec<PathBuf> = match &named {
            Some(names) => names.iter().filter_map(|name| self.path(name)).collect(),
            None => self.path(&word.text).filter(|_| word.known).into_iter().collect(),
        };
        let path = paths.first();
        let exists = paths.iter().any(|path| self.call.world.kind(path).is_some());
        let target = Target::new(TargetKind::FileTree, word.source.clone()).at(paths.clone());
        let verb = if exists || path.is_none() { Verb::Modify } else { Verb::Create };
        let effect = if path.is_some() {
            Effect::new(verb, target)
        } else {
            Effect::opaque(verb, target, not_known(&word.source))
        };
        self.emit(if exists { effect.within(Scope::Content) } else { effect });
    }

    fn shell(&mut self, text: &Word, through: &str) {
        if text.known {
            self.say.code(Language::Shell, &text.text, &[], through);
        } else {
            let target = Target::new(TargetKind::Program, text.source.clone());
            self.emit(Effect::opaque(Verb::Execute, target, not_known(&text.source)));
        }
    }

    fn pathspec_name(&self, pathspecs: &[Word]) -> String {
        let mut sources: Vec<&str> = Vec::new();
        for word in pathspecs {
            if sources.last() != Some(&word.source.as_str()) {
                sources.push(&word.source);
            }
        }
        match sources.as_slice() {
            [] | ["." | "./" | ":/" | ":/."] => self.place_name(),
            [one] => (*one).to_owned(),
            [first, ..] => format!("{first} and {} more", sources.len() - 1),
        }
    }

    /// The words of `--pathspec-from-file`, or why they are not known.
    fn pathspecs_from_file(&self, opts: &Opts) -> Option<Result<Vec<Word>, String>> {
        let file = opts.value("pathspec-from-file")?;
        let text = if !file.known {
            None
        } else if file.text == "-" {
            match &self.call.stdin {
                Stdin::Known(text) => Some(text.clone()),
                _ => None,
            }
        } else {
            self.path(&file.text)
                .and_then(|path| self.call.world.read(&path, CONFIG_LIMIT))
                .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        };
        Some(match text {
            Some(text) => Ok(text
                .split(['\n', '\0'])
                .map(|line| line.trim_end_matches('\r'))
                .filter(|line| !line.is_empty())
                .map(Word::text)
                .collect()),
            None => Err(format!("the paths are in `{}`, which is not known here", file.text)),
        })
    }
}

fn unknown(words: &[Word]) -> Option<String> {
    words.iter().find(|word| !word.known).map(|word| not_known(&word.source))
}
