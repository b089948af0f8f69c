//! Which effects Weir can make undoable before they happen, and how.
//!
//! A hook call answers before the command runs, and the person may still say no to it: nothing that is there may be
//! moved. So files are kept under a second name (a hard link costs no bytes, and is all that a deletion needs) or as a
//! copy, in a restore point. `weir run` keeps what it sees happen by itself; there the hook has nothing to do.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use thiserror::Error;
use weir_analyze::quoted;
use weir_measure::{Context, git_stakes};
use weir_model::{
    Action, Effect, Environments, Figure, GitScope, Impact, Promise, RemoteHead, Request, Scope, TargetKind, Verb,
};
use weir_restore::{Budget, GitState, How, Point, PointInfo, SnapshotError, Store};

use crate::Config;

/// The longest command that an advice repeats, in bytes.
const LONGEST_LINE: usize = 300;

/// What makes one effect undoable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cover {
    /// The command is run by `weir run`, which keeps what it destroys.
    Run,
    /// These are kept before it runs.
    Kept(Vec<(PathBuf, How)>),
    /// What this part of a git repository consists of is kept; which files those are is found out then.
    Git,
}

/// What would make `effect` undoable, where Weir can: `run` is how an effect says that Weir itself runs it.
pub(crate) fn cover(effect: &Effect, run: Option<&str>) -> Option<Cover> {
    if run.is_some() && could_run(effect) && effect.via.first().map(String::as_str) == run {
        return Some(Cover::Run);
    }
    if effect.opaque {
        return None;
    }
    if let Scope::Git(scope) = &effect.scope {
        let is_kept = effect.verb == Verb::Delete
            && matches!(
                scope,
                GitScope::Changes { .. }
                    | GitScope::Untracked { .. }
                    | GitScope::Move { .. }
                    | GitScope::Refs { .. }
                    | GitScope::Stash { .. }
            );
        return is_kept.then_some(Cover::Git);
    }
    if effect.target.kind != TargetKind::FileTree || effect.target.paths.is_empty() {
        return None;
    }
    let paths = || effect.target.paths.iter().cloned();
    let all = |how| Some(Cover::Kept(paths().map(|path| (path, how)).collect()));
    match (effect.verb, &effect.scope) {
        // What takes its old name away leaves the file itself as it is.
        (Verb::Delete, _) => all(How::Deletion),
        (Verb::Modify, Scope::Moved { to }) => {
            let from = paths().map(|path| (path, How::Deletion));
            // The name that is taken loses its file; a directory is moved into, and keeps what it has.
            Some(Cover::Kept(from.chain(std::iter::once((to.clone(), How::Change)).filter(|_| !to.is_dir())).collect()))
        }
        (Verb::Modify, _) => all(How::Change),
        _ => None,
    }
}

/// True for effects of which `weir run` keeps what they destroy.
pub(crate) fn could_run(effect: &Effect) -> bool {
    matches!(effect.verb, Verb::Modify | Verb::Delete)
        && matches!(
            effect.target.kind,
            TargetKind::FileTree | TargetKind::GitWorktree | TargetKind::GitRef | TargetKind::GitStash
        )
}

/// True where making the restore point costs no more than a hook call may. What is not known is found out by trying.
pub(crate) fn is_cheap(cover: &Cover, impact: &Impact, budget: &Budget) -> bool {
    let within = |figure: Option<Figure>, most| figure.and_then(Figure::value).unwrap_or(0) <= most;
    let copies = match cover {
        Cover::Run => return true,
        Cover::Git => false,
        Cover::Kept(paths) => paths.iter().any(|(_, how)| *how == How::Change),
    };
    within(impact.files, budget.files) && (!copies || within(impact.bytes, budget.bytes))
}

/// How effects say that they are reached through the `weir run` with which the command begins, where that is this program:
/// then it keeps what it destroys.
///
/// An agent can put another `weir` in front of it, so the name must lead to this program, and nothing may run before it
/// that could change where names lead.
pub(crate) fn own_run(action: &Action, effects: &[Effect], config: &Config) -> Option<String> {
    let is_run = |via: &String| via.ends_with("weir run");
    if !config.can_run || !effects.iter().any(|effect| effect.via.first().is_some_and(is_run)) {
        return None;
    }
    let Request::Shell { command, shell: None } = &action.request else { return None };
    let word = running(command)?;
    let program = if word.contains('/') {
        PathBuf::from(word)
    } else {
        let path = (config.environment)("PATH")?;
        path.split(':').map(|dir| Path::new(dir).join(word)).find(|candidate| candidate.is_file())?
    };
    let found = std::fs::metadata(&program).ok().filter(|_| program.is_absolute())?;
    let same =
        |own: &PathBuf| std::fs::metadata(own).is_ok_and(|own| (own.dev(), own.ino()) == (found.dev(), found.ino()));
    config.programs.iter().any(same).then(|| format!("{word} run"))
}

/// The first word of a command that begins with `weir run`, at most after one `cd DIR &&`.
fn running(command: &str) -> Option<&str> {
    let mut rest = command.trim_start();
    if let Some((dir, then)) = rest.strip_prefix("cd ").and_then(|after| after.split_once("&&")) {
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '~' | ' ');
        if dir.chars().all(plain) {
            rest = then.trim_start();
        }
    }
    let mut words = rest.split_ascii_whitespace();
    let program = words.next()?;
    (words.next()? == "run").then_some(program)
}

/// How `command` is asked for with `weir run` in front of it.
pub(crate) fn run_line(command: &str) -> String {
    let command = command.trim();
    let simple =
        |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | ' ' | '=' | ':' | ',' | '+' | '@');
    if command.len() <= LONGEST_LINE && command.chars().all(simple) && !command.starts_with("cd ") {
        return format!("weir run -- {command}");
    }
    if command.len() <= LONGEST_LINE && !command.contains('\n') {
        return format!("weir run -- bash -c {}", quoted(command));
    }
    "weir run -- bash -c '...'".to_owned()
}

/// What must be kept in a restore point before an action runs.
#[derive(Debug, Clone, Default)]
pub(crate) struct ToKeep {
    /// Paths, and how.
    pub(crate) paths: Vec<(PathBuf, How)>,
    /// The places among the judgement's effects of those on git repositories.
    pub(crate) git: Vec<usize>,
    /// The places of those on remotes: what is known of them is kept too, for a person to put it back.
    pub(crate) remotes: Vec<usize>,
}

impl ToKeep {
    /// Adds what covers the effect at place `at` of the judgement.
    pub(crate) fn add(&mut self, cover: Cover, at: usize) {
        match cover {
            Cover::Run => {}
            Cover::Kept(paths) => self.paths.extend(paths),
            Cover::Git => self.git.push(at),
        }
    }

    /// True where nothing must be kept: what remotes had is kept for good measure.
    pub(crate) const fn is_empty(&self) -> bool {
        self.paths.is_empty() && self.git.is_empty()
    }
}

/// No restore point could be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeepError {
    /// It costs too much, or what has to be kept cannot be read.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// Which files a git command changes is not known.
    #[error("which files the git command changes could not be found out")]
    Git,
}

/// Keeps what the `effects` of `action` destroy in a restore point that belongs to it.
pub(crate) fn keep(
    action: &Action,
    effects: &[Effect],
    wanted: &ToKeep,
    config: &Config,
) -> Result<(Promise, Point), KeepError> {
    let mut targets = wanted.paths.clone();
    let mut git: Vec<GitState> = Vec::new();
    let environments = Environments::default();
    let context = Context {
        cwd: &action.cwd,
        home: config.person_home.as_deref(),
        session_started: None,
        environments: &environments,
        budget: config.restore_budget.time,
    };
    let moves_worktree = effects.iter().any(|effect| effect.target.kind == TargetKind::GitWorktree);
    // What the same command moves along comes back with the rest, also where policy would let it go.
    let is_ref = |effect: &Effect| matches!(effect.target.kind, TargetKind::GitRef | TargetKind::GitStash);
    let along = (0..).zip(effects).filter(|(at, effect)| {
        !wanted.git.is_empty() && !wanted.git.contains(at) && is_ref(effect) && effect.verb == Verb::Delete
    });
    let along: Vec<usize> = along.map(|(at, _)| at).collect();
    for (at, effect) in
        wanted.git.iter().chain(&wanted.remotes).chain(&along).filter_map(|at| Some((at, effects.get(*at)?)))
    {
        let stakes = match git_stakes(effect, moves_worktree, &context) {
            Some(stakes) => stakes,
            None if along.contains(at) => continue,
            None => return Err(KeepError::Git),
        };
        // Git takes names away and makes new files; its own it replaces by renaming, and appends to logs.
        targets.extend(stakes.worktree.into_iter().map(|path| (path, How::Deletion)));
        match git.iter_mut().find(|state: &&mut GitState| state.dir == stakes.directory) {
            Some(state) => {
                state.files.extend(stakes.state);
                state.refs.extend(stakes.refs);
                state.commits.extend(stakes.commits);
            }
            None => git.push(GitState {
                dir: stakes.directory,
                refs: stakes.refs,
                files: stakes.state,
                commits: stakes.commits,
            }),
        }
    }
    // A second name is of the same file: what else the command writes into it would be in both.
    for (path, how) in &mut targets {
        if effects.iter().any(|effect| writes_into(effect, path)) {
            *how = How::Change;
        }
    }
    targets.sort_by(|one, other| one.0.cmp(&other.0));
    targets.dedup();
    let store = Store::open(&config.paths.restore()).map_err(SnapshotError::from)?;
    let remotes = wanted.remotes.iter().filter_map(|at| effects.get(*at));
    let heads = remotes.flat_map(|effect| &effect.impact.remote_heads).map(RemoteHead::describe);
    let info = PointInfo { remarks: heads.collect(), ..info(action, config) };
    let point = store.snapshot_with_git(&info, &targets, &git, &config.restore_budget)?;
    Ok((promise(action, &point), point))
}

/// The places of the effects that replace or delete refs of remotes whose commits are here, and may be nowhere else afterwards.
pub(crate) fn remotes(effects: &[Effect]) -> Vec<usize> {
    let loses = |effect: &Effect| {
        effect.impact.commits.is_none_or(|commits| commits.may_be_larger() || commits.value() != Some(0))
            && effect.impact.remote_heads.iter().any(|head| head.here)
    };
    (0..).zip(effects).filter(|(_, effect)| loses(effect)).map(|(at, _)| at).collect()
}

/// What a restore point says of `action`, which it is made for.
pub(crate) fn info(action: &Action, config: &Config) -> PointInfo {
    PointInfo {
        action: Some(action.id),
        agent: Some(action.agent.name.clone()),
        command: action.summary(),
        cwd: action.cwd.clone(),
        lifetime: config.restore_lifetime,
        remarks: Vec::new(),
    }
}

/// True where `effect` may change the content of a file at or below `path`.
fn writes_into(effect: &Effect, path: &Path) -> bool {
    if effect.opaque {
        return true;
    }
    let content = matches!(effect.scope, Scope::Content | Scope::Filtered { .. } | Scope::Whole);
    effect.verb == Verb::Modify
        && effect.target.kind == TargetKind::FileTree
        && content
        && effect.target.paths.iter().any(|written| written.starts_with(path) || path.starts_with(written))
}

/// What `point` promises for `action`.
pub(crate) fn promise(action: &Action, point: &Point) -> Promise {
    Promise {
        point: point.id,
        action: Some(action.id),
        files: point.counts.files,
        directories: point.counts.directories,
        bytes: point.counts.bytes(),
        expires: point.expires,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weir_model::{GitScope, Target};

    fn on(verb: Verb, kind: TargetKind, path: &str) -> Effect {
        let mut target = Target::new(kind, path);
        target.paths = vec![path.into()];
        Effect::new(verb, target)
    }

    #[test]
    fn named_files_can_be_kept_and_what_nobody_knows_cannot() {
        let gone = on(Verb::Delete, TargetKind::FileTree, "/w/photos");
        assert_eq!(cover(&gone, None), Some(Cover::Kept(vec![("/w/photos".into(), How::Deletion)])));
        let changed = on(Verb::Modify, TargetKind::FileTree, "/w/a").within(Scope::Content);
        assert_eq!(cover(&changed, None), Some(Cover::Kept(vec![("/w/a".into(), How::Change)])));
        let moved = on(Verb::Modify, TargetKind::FileTree, "/w/a").within(Scope::Moved { to: "/w/b".into() });
        let both = vec![("/w/a".into(), How::Deletion), ("/w/b".into(), How::Change)];
        assert_eq!(cover(&moved, None), Some(Cover::Kept(both)));

        let mut opaque = gone.clone();
        opaque.opaque = true;
        let mut nowhere = gone;
        nowhere.target.paths.clear();
        let device = on(Verb::Modify, TargetKind::Device, "/dev/sda");
        for effect in [opaque, nowhere, device] {
            assert_eq!(cover(&effect, None), None, "{effect:?}");
        }
    }

    #[test]
    fn what_is_also_written_into_is_copied() {
        let written = on(Verb::Modify, TargetKind::FileTree, "/w/photos/1.jpg").within(Scope::Content);
        let moved =
            on(Verb::Modify, TargetKind::FileTree, "/w/photos/1.jpg").within(Scope::Moved { to: "/w/b".into() });
        let unknown = Effect::opaque(Verb::Execute, Target::new(TargetKind::Program, "x"), "computed");
        assert!(writes_into(&written, Path::new("/w/photos")) && writes_into(&unknown, Path::new("/w/photos")));
        assert!(!writes_into(&written, Path::new("/w/photo")) && !writes_into(&moved, Path::new("/w/photos")));
    }

    #[test]
    fn a_run_covers_files_and_git_and_only_where_it_is_ours() {
        let mut effect = on(Verb::Delete, TargetKind::GitWorktree, "/w").within(Scope::Git(GitScope::History));
        effect.via = vec!["weir run".into(), "bash -c".into()];
        assert_eq!(cover(&effect, Some("weir run")), Some(Cover::Run));
        assert_eq!(cover(&effect, None), None);
        effect.via.reverse();
        assert_eq!(cover(&effect, Some("weir run")), None, "who runs weir may run another one");
        let mut host = on(Verb::Send, TargetKind::Host, "example.com");
        host.via = vec!["weir run".into()];
        assert_eq!(cover(&host, Some("weir run")), None);
    }
}
