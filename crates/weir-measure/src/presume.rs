//! What measuring would find in a world that is presumed instead of looked at.

use weir_model::{Effect, Figure, GitScope, Reversibility, Scope};

use crate::place::{self, Touched};
use crate::{Context, Method, by_name, connection, environment, evidence, meta, method};

/// A world in which every target that a command names exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presumed {
    /// Nothing is lost: files are committed, working trees are clean, refs are merged.
    Kept,
    /// Everything is the only copy, except for what a build makes again going by its name.
    Precious,
}

/// Fills effects as [`measure`](crate::measure) does, without a look at the file system.
pub fn presume(effects: &mut [Effect], context: &Context<'_>, world: Presumed) {
    for effect in effects.iter_mut() {
        environment::settle(&mut effect.target, None, context.environments);
    }
    connection::pass_on(effects);
    for effect in effects {
        let way = method(effect);
        if way == Method::Name {
            by_name(effect, context);
            continue;
        }
        effect.impact.measured = true;
        effect.impact.exists = Some(true);
        match way {
            Method::Tree => tree(effect, context, world),
            _ => git(effect, world),
        }
        if effect.opaque && effect.reversibility == Reversibility::Reversible {
            effect.reversibility = Reversibility::Unknown;
        }
    }
}

/// Files in a presumed directory, and the bytes of one file: more than the default policy lets go without a question.
const FILES: u64 = 5_000;
const BYTES: u64 = 4_000_000;

fn tree(effect: &mut Effect, context: &Context<'_>, world: Presumed) {
    if effect.target.paths.is_empty() {
        return blind(effect);
    }
    let paths: Vec<_> = effect.target.paths.iter().map(|path| place::normalize(path, context.cwd)).collect();
    let home = context.home;
    let (recursive, kind) = match &effect.scope {
        Scope::Content => (false, Some(meta::Kind::File)),
        Scope::Files | Scope::EmptyDirectories => (false, None),
        Scope::Whole | Scope::Filtered { .. } | Scope::Moved { .. } | Scope::Git(_) => (true, None),
    };
    let mut places = paths.iter().filter_map(|path| Touched { path, kind, recursive, home }.protected());
    effect.impact.protected = places.next();
    if place::names_everything(&effect.target.name) {
        let parents = paths.iter().filter_map(|path| path.parent());
        let mut together = parents
            .filter_map(|path| Touched { path, kind: None, recursive: true, home: context.home }.protected_children());
        effect.impact.protected = together.next().or_else(|| effect.impact.protected.take());
    }
    let lost = paths.iter().filter(|path| {
        let names = || path.iter();
        // What is in a git directory is nowhere else.
        names().any(|name| name == ".git")
            || (world == Presumed::Precious
                && !names().any(evidence::is_candidate)
                && !path.file_name().is_some_and(evidence::is_made_again))
    });
    let lost = lost.count() as u64;
    let each = if recursive { FILES } else { 1 };
    let loses = lost > 0 && !matches!(effect.scope, Scope::EmptyDirectories | Scope::Moved { .. });
    let lost = if loses { lost.saturating_mul(each) } else { 0 };
    let files =
        if world == Presumed::Precious { (paths.len() as u64).saturating_mul(each) } else { paths.len() as u64 };
    effect.impact.files = Some(Figure::Estimated(files));
    effect.impact.bytes = Some(Figure::Estimated(files.saturating_mul(BYTES)));
    effect.impact.only_copy_files = Some(Figure::Estimated(lost));
    effect.impact.only_copy_bytes = Some(Figure::Estimated(lost.saturating_mul(BYTES)));
    effect.reversibility = if loses { Reversibility::Recoverable } else { Reversibility::Reversible };
}

fn blind(effect: &mut Effect) {
    let unknown = Some(Figure::Unknown);
    effect.impact.files = unknown;
    effect.impact.bytes = unknown;
    effect.impact.only_copy_files = unknown;
    effect.impact.only_copy_bytes = unknown;
    effect.reversibility = Reversibility::Unknown;
}

fn git(effect: &mut Effect, world: Presumed) {
    let precious = world == Presumed::Precious;
    let count = |n: u64| Some(Figure::Estimated(if precious { n } else { 0 }));
    let mut way = if precious { Reversibility::Recoverable } else { Reversibility::Reversible };
    let impact = &mut effect.impact;
    match &effect.scope {
        Scope::Git(GitScope::Untracked { only_ignored: true, .. }) => {
            impact.only_copy_files = Some(Figure::Exact(0));
            way = Reversibility::Reversible;
        }
        Scope::Git(GitScope::Changes { .. } | GitScope::Untracked { .. } | GitScope::Worktree { .. }) => {
            impact.files = count(3);
            impact.only_copy_files = count(3);
            impact.only_copy_bytes = count(BYTES);
        }
        Scope::Git(GitScope::Move { to, reference: None }) if to.is_empty() || to == "HEAD" || to == "@" => {
            impact.commits = Some(Figure::Exact(0));
            way = Reversibility::Reversible;
        }
        Scope::Git(GitScope::Move { .. } | GitScope::Refs { .. }) => {
            impact.refs = Some(Figure::Estimated(1));
            impact.commits = count(20);
        }
        Scope::Git(GitScope::Stash { .. }) => impact.stashes = count(2),
        Scope::Git(GitScope::Remote(_)) => {
            impact.commits = count(4);
            way = Reversibility::Irreversible;
        }
        _ => {
            impact.commits = Some(Figure::Unknown);
            way = Reversibility::Irreversible;
        }
    }
    effect.reversibility = way;
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::*;
    use weir_model::{Target, TargetKind, Verb};

    fn presumed(verb: Verb, scope: Scope, path: &str, world: Presumed) -> Effect {
        let target = Target::new(TargetKind::FileTree, path).at(vec![path.into()]);
        let mut effects = [Effect::new(verb, target).within(scope)];
        let context = Context {
            cwd: Path::new("/home/ada/work"),
            home: Some(Path::new("/home/ada")),
            session_started: None,
            environments: &weir_model::Environments::default(),
            budget: Duration::ZERO,
        };
        presume(&mut effects, &context, world);
        let [effect] = effects;
        effect
    }

    #[test]
    fn only_the_precious_world_loses_files_and_places_stay_protected_in_both() {
        for (path, kept, precious, protected) in [
            ("photos", false, true, false),
            ("node_modules", false, false, false),
            ("app/dist/main.js", false, false, false),
            (".git/objects", true, true, false),
            ("/home/ada", false, true, true),
            ("/etc", false, true, true),
        ] {
            for (world, lost) in [(Presumed::Kept, kept), (Presumed::Precious, precious)] {
                let effect = presumed(Verb::Delete, Scope::Whole, path, world);
                let files = effect.impact.only_copy_files.and_then(Figure::value);
                assert_eq!(files.is_some_and(|files| files > 0), lost, "{path} {world:?}");
                assert_eq!(effect.reversibility == Reversibility::Reversible, !lost, "{path} {world:?}");
                assert_eq!(effect.impact.protected.is_some(), protected, "{path} {world:?}");
            }
        }
        let everything = presumed(Verb::Delete, Scope::Whole, "/home/ada/*", Presumed::Kept);
        assert!(everything.impact.protected.is_some());
    }

    #[test]
    fn what_is_not_known_is_unknown_in_both_worlds() {
        for world in [Presumed::Kept, Presumed::Precious] {
            let mut effects = [Effect::new(Verb::Delete, Target::new(TargetKind::FileTree, "$X"))];
            let context = Context {
                cwd: Path::new("/w"),
                home: None,
                session_started: None,
                environments: &weir_model::Environments::default(),
                budget: Duration::ZERO,
            };
            presume(&mut effects, &context, world);
            assert!(effects[0].impact.is_uncertain());
        }
    }
}
