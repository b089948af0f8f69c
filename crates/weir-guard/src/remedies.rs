//! Which effects Weir can make undoable before they happen, and how.
//!
//! A hook call answers before the command runs, and the person may still say no to it: nothing that is there may be
//! moved. So files are kept under a second name (a hard link costs no bytes, and is all that a deletion needs) or as a
//! copy, in a restore point. `weir run` keeps what it sees happen by itself; there the hook has nothing to do.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use weir_analyze::quoted;
use weir_model::{Action, Effect, Figure, Impact, Promise, Request, Scope, TargetKind, Verb};
use weir_restore::{Budget, How, PointInfo, SnapshotError, Store};

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
}

/// What would make `effect` undoable, where Weir can: `run` is how an effect says that Weir itself runs it.
pub(crate) fn cover(effect: &Effect, run: Option<&str>) -> Option<Cover> {
    if run.is_some() && could_run(effect) && effect.via.first().map(String::as_str) == run {
        return Some(Cover::Run);
    }
    if effect.opaque || effect.target.kind != TargetKind::FileTree || effect.target.paths.is_empty() {
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
    let Cover::Kept(paths) = cover else { return true };
    let within = |figure: Option<Figure>, most| figure.and_then(Figure::value).unwrap_or(0) <= most;
    let copies = paths.iter().any(|(_, how)| *how == How::Change);
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

/// Keeps `targets` in a restore point that belongs to `action`.
pub(crate) fn keep(action: &Action, targets: &[(PathBuf, How)], config: &Config) -> Result<Promise, SnapshotError> {
    let store = Store::open(&config.paths.restore())?;
    let info = PointInfo {
        action: Some(action.id),
        agent: Some(action.agent.name.clone()),
        command: action.summary(),
        cwd: action.cwd.clone(),
        lifetime: config.restore_lifetime,
    };
    let point = store.snapshot(&info, targets, &config.restore_budget)?;
    Ok(Promise {
        point: point.id,
        action: Some(action.id),
        files: point.counts.files,
        directories: point.counts.directories,
        bytes: point.counts.bytes_kept.saturating_add(point.counts.bytes_copied),
        expires: point.expires,
    })
}

/// True where everything that `effect` would destroy is among `kept`, or is kept by the run itself.
pub(crate) fn covers(effect: &Effect, run: Option<&str>, kept: &[(PathBuf, How)]) -> bool {
    match cover(effect, run) {
        Some(Cover::Run) => true,
        Some(Cover::Kept(paths)) => paths.iter().all(|path| kept.contains(path)),
        None => false,
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
