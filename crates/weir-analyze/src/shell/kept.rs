//! Work that an action itself puts into a repository and then drops from it again: `git stash && git stash drop`.
//!
//! What is dropped is not in the stash or on a branch when the action is judged, but in the working tree. So the drop is
//! an effect on what the working tree holds now.
//!
//! What it pushes is likewise not yet what is there: `git commit --amend && git push --force`.

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use weir_model::{Effect, GitScope, RemotePush, Scope, Sent, Target, TargetKind, Verb};

use super::Evaluator;
use crate::call::GitWork;

/// Things that are remembered.
const MOST_WORKS: usize = 256;

/// What the repositories of an action have taken so far, in the order in which it happens.
#[derive(Default)]
pub(super) struct Kept(Vec<(PathBuf, Event)>);

enum Event {
    Work(GitWork),
    /// An entry of the stash was dropped; `None`: all of them.
    Dropped(Option<u32>),
    /// Changes were thrown away: what was taken out of the stash may have gone with them.
    Lost,
}

/// An entry of the stash that the action has made.
struct Entry<'k> {
    parts: &'k [GitScope],
    /// The files that were staged by then, which the repository may not have had before.
    staged: Option<GitScope>,
    /// Its content is in the working tree again.
    applied: bool,
}

/// The stash as the action has changed it, newest last.
#[derive(Default)]
struct Stash<'k> {
    new: Vec<Entry<'k>>,
    /// How many of the entries that were there before are gone from its top.
    gone: u32,
    /// Which of those that were there before are in the working tree as well.
    applied: Vec<u32>,
    /// All that was there before is gone.
    cleared: bool,
}

/// Where an entry is.
enum At {
    New(usize),
    /// An entry that was there before, by the number that it has then.
    Old(u32),
}

impl Stash<'_> {
    fn at(&self, entry: u32) -> At {
        let new = u32::try_from(self.new.len()).unwrap_or(u32::MAX);
        if entry < new {
            At::New(usize::try_from(new - 1 - entry).unwrap_or_default())
        } else {
            At::Old((entry - new).saturating_add(self.gone))
        }
    }

    fn remove(&mut self, entry: u32) {
        match self.at(entry) {
            At::New(at) if at < self.new.len() => drop(self.new.remove(at)),
            At::New(_) => {}
            At::Old(_) => self.gone = self.gone.saturating_add(1),
        }
    }
}

/// Events that did not happen in the branch that is followed.
pub(super) struct Aside(Vec<(PathBuf, Event)>);

impl Kept {
    /// The end of what has happened so far.
    pub(super) fn mark(&self) -> usize {
        self.0.len()
    }

    /// Takes out what has happened since `mark`.
    pub(super) fn set_aside(&mut self, mark: usize) -> Aside {
        Aside(self.0.split_off(mark.min(self.0.len())))
    }

    /// Puts it in again, before what has happened meanwhile.
    pub(super) fn put_back(&mut self, mark: usize, aside: Option<Aside>) {
        if let Some(Aside(events)) = aside {
            let meanwhile = self.0.split_off(mark.min(self.0.len()));
            self.0.extend(events.into_iter().chain(meanwhile).take(MOST_WORKS));
        }
    }

    pub(super) fn add(&mut self, place: PathBuf, work: GitWork) {
        if self.0.len() < MOST_WORKS {
            self.0.push((place, Event::Work(work)));
        }
    }

    fn events<'k>(&'k self, place: &'k PathBuf) -> impl DoubleEndedIterator<Item = &'k Event> {
        self.0
            .iter()
            .filter(move |(other, _)| other.starts_with(place) || place.starts_with(other))
            .map(|(_, event)| event)
    }

    fn stash<'k>(&'k self, place: &'k PathBuf) -> Stash<'k> {
        let mut stash = Stash::default();
        for (at, event) in self.events(place).enumerate() {
            match event {
                Event::Work(GitWork::Stashed { parts, .. }) => {
                    let staged = taken(self.events(place).take(at), false);
                    stash.new.push(Entry { parts, staged, applied: false });
                }
                Event::Work(GitWork::Unstashed { entry, kept: false }) | Event::Dropped(Some(entry)) => {
                    stash.remove(*entry);
                }
                Event::Work(GitWork::Unstashed { entry, kept: true }) => match stash.at(*entry) {
                    At::New(at) => {
                        if let Some(entry) = stash.new.get_mut(at) {
                            entry.applied = true;
                        }
                    }
                    At::Old(entry) => stash.applied.push(entry),
                },
                Event::Dropped(None) => stash = Stash { cleared: true, ..Stash::default() },
                Event::Lost => {
                    stash.applied.clear();
                    for entry in &mut stash.new {
                        entry.applied = false;
                    }
                }
                Event::Work(_) => {}
            }
        }
        stash
    }

    /// True where nothing of the changes to tracked files is in the working tree any more.
    fn is_clean(&self, place: &PathBuf) -> bool {
        self.events(place)
            .rev()
            .find_map(|event| match event {
                Event::Work(GitWork::Stashed { clean, .. }) => Some(*clean),
                Event::Work(GitWork::Unstashed { .. }) => Some(false),
                _ => None,
            })
            .unwrap_or(false)
    }

    /// True where the stash has taken the untracked files too.
    fn has_untracked(&self, place: &PathBuf) -> bool {
        self.is_clean(place)
            && self.stash(place).new.last().is_some_and(|entry| {
                entry
                    .parts
                    .iter()
                    .any(|part| matches!(part, GitScope::Untracked { pathspecs, .. } if pathspecs.is_empty()))
            })
    }

    /// True where files that the repository had may be untracked by then.
    fn forgets(&self, place: &PathBuf) -> bool {
        self.events(place)
            .any(|event| matches!(event, Event::Work(GitWork::Forgotten | GitWork::Moved { keeps: false, .. })))
    }

    fn is_ruled(&self, place: &PathBuf) -> bool {
        self.events(place).any(|event| matches!(event, Event::Work(GitWork::Ruled)))
    }

    /// What has happened before to the refs that are pushed.
    fn sent(&self, place: &PathBuf, push: &RemotePush) -> Sent {
        if self.0.len() >= MOST_WORKS {
            return Sent::Rewritten;
        }
        let pushed = pushed(push);
        let is_pushed = |branch: Option<&str>| match (branch, &pushed) {
            (Some(branch), Some(pushed)) => pushed.iter().any(|name| short(name) == short(branch)),
            _ => true,
        };
        let of_event = |event: &Event| match event {
            Event::Work(GitWork::Moved { branch, keeps: true }) if is_pushed(branch.as_deref()) => Sent::Grown,
            Event::Work(GitWork::Moved { branch, .. } | GitWork::Meant { branch }) if is_pushed(branch.as_deref()) => {
                Sent::Rewritten
            }
            _ => Sent::AsItIs,
        };
        self.events(place).map(of_event).max().unwrap_or_default()
    }

    /// True where commits of this action are on `branch` (`None`: on the one that is checked out), and nothing else has
    /// them.
    fn commits_only_on(&self, place: &PathBuf, branch: Option<&str>) -> bool {
        self.events(place)
            .rev()
            .find_map(|event| match event {
                Event::Work(GitWork::Reached) => Some(false),
                Event::Work(GitWork::Committed { branch: on }) => {
                    Some(branch.is_none_or(|branch| on.as_deref() == Some(branch)))
                }
                _ => None,
            })
            .unwrap_or(false)
    }
}

/// What the index has taken since the last commit, or before it: the files that it may not have had before.
fn taken<'k>(events: impl Iterator<Item = &'k Event>, before_commit: bool) -> Option<GitScope> {
    let mut specs: Option<Vec<String>> = None;
    for event in events {
        match event {
            Event::Work(GitWork::Staged(more)) => match &mut specs {
                Some(specs) if specs.is_empty() => {}
                Some(specs) if more.is_empty() => specs.clear(),
                Some(specs) => specs.extend_from_slice(more),
                None => specs = Some(more.clone()),
            },
            Event::Work(GitWork::Committed { .. }) if !before_commit => specs = None,
            _ => {}
        }
    }
    specs.map(|pathspecs| GitScope::Untracked { pathspecs, directories: true, ignored: false, only_ignored: false })
}

/// All uncommitted changes.
fn changes() -> GitScope {
    GitScope::Changes { pathspecs: Vec::new(), staged: true, worktree: true, to: None }
}

impl Evaluator<'_> {
    /// `effect` as it is on what the action has kept before: what it is more than it says, where it is more.
    pub(super) fn dropped(&mut self, effect: &mut Effect) -> Vec<Effect> {
        if let Scope::Git(GitScope::Remote(push)) = &mut effect.scope {
            push.sent = effect.target.paths.first().map_or(Sent::Rewritten, |place| self.kept.sent(place, push));
        }
        let lost = self.dropped_now(effect);
        let place = || effect.target.paths.first().map_or_else(|| PathBuf::from("/"), Clone::clone);
        for work in moves(effect) {
            self.kept.add(place(), work);
        }
        lost
    }

    fn dropped_now(&mut self, effect: &mut Effect) -> Vec<Effect> {
        if effect.verb != Verb::Delete || effect.opaque {
            return Vec::new();
        }
        let Some(place) = effect.target.paths.first().cloned() else { return Vec::new() };
        let Scope::Git(scope) = effect.scope.clone() else { return Vec::new() };
        if self.kept.0.is_empty() && !matches!(scope, GitScope::Untracked { .. }) {
            return Vec::new();
        }
        let kept = &self.kept;
        let mut lost: Vec<GitScope> = Vec::new();
        let mut event = None;
        match (effect.target.kind, &scope) {
            (TargetKind::GitStash, GitScope::Stash { entry: Some(entry) }) => {
                let stash = kept.stash(&place);
                event = Some(Event::Dropped(Some(*entry)));
                match stash.at(*entry) {
                    At::New(at) => {
                        if let Some(entry) = stash.new.get(at).filter(|entry| !entry.applied) {
                            lost.extend(entry.parts.iter().cloned().chain(entry.staged.clone()));
                        }
                        harmless(effect, "the action itself has put it there");
                    }
                    At::Old(_) if stash.cleared => harmless(effect, "the action itself has cleared it"),
                    At::Old(old) if stash.applied.contains(&old) => {
                        harmless(effect, "the action itself has taken it out");
                    }
                    At::Old(old) => effect.scope = Scope::Git(GitScope::Stash { entry: Some(old) }),
                }
            }
            (TargetKind::GitStash, GitScope::Stash { entry: None }) => {
                let stash = kept.stash(&place);
                for entry in stash.new.iter().filter(|entry| !entry.applied) {
                    lost.extend(entry.parts.iter().cloned().chain(entry.staged.clone()));
                }
                event = Some(Event::Dropped(None));
            }
            (TargetKind::GitWorktree, GitScope::Changes { staged, .. }) => {
                if kept.is_clean(&place) {
                    harmless(effect, "the changes are in the stash by then");
                } else {
                    if *staged {
                        lost.extend(taken(kept.events(&place), false));
                    }
                    event = Some(Event::Lost);
                }
            }
            (TargetKind::GitWorktree, GitScope::Untracked { ignored: false, only_ignored: false, .. })
                if kept.has_untracked(&place) =>
            {
                harmless(effect, "the files are in the stash by then");
            }
            (TargetKind::GitWorktree, GitScope::Untracked { pathspecs, directories, .. }) => {
                if kept.forgets(&place) {
                    lost.push(changes());
                }
                if kept.is_ruled(&place) || self.effects.iter().any(|before| rules(before, &place)) {
                    let (pathspecs, directories) = (pathspecs.clone(), *directories);
                    let all = GitScope::Untracked { pathspecs, directories, ignored: true, only_ignored: false };
                    effect.scope = Scope::Git(all);
                    effect.note = Some("the command itself changes what is ignored".to_owned());
                }
            }
            (TargetKind::GitRef, GitScope::Move { reference, .. }) => {
                let branch = reference.as_deref().map(short);
                // Where only the branch moves, the working tree still has it all.
                let stays = branch.is_none()
                    && !self.effects.last().is_some_and(|before| {
                        before.target.kind == TargetKind::GitWorktree && before.span == effect.span
                    });
                if !stays && kept.commits_only_on(&place, branch) {
                    lost.push(changes());
                    lost.extend(taken(kept.events(&place), true));
                }
            }
            (TargetKind::GitRef, GitScope::Refs { names })
                if names.iter().any(|name| kept.commits_only_on(&place, Some(short(name)))) =>
            {
                lost.push(changes());
                lost.extend(taken(kept.events(&place), true));
            }
            _ => {}
        }
        if let Some(event) = event
            && self.kept.0.len() < MOST_WORKS
        {
            self.kept.0.push((place.clone(), event));
        }
        let name = place.file_name().map_or_else(|| ".".to_owned(), |name| name.to_string_lossy().into_owned());
        let target = || Target::new(TargetKind::GitWorktree, name.clone()).at(vec![place.clone()]);
        lost.into_iter()
            .map(|scope| {
                let mut more = Effect::new(Verb::Delete, target()).within(Scope::Git(scope));
                more.span = effect.span;
                more.via.clone_from(&effect.via);
                more.note = Some("what the command itself has put away before".to_owned());
                more
            })
            .collect()
    }
}

/// True where an effect may change what is ignored in the repository at `place`.
fn rules(effect: &Effect, place: &Path) -> bool {
    let named = |path: &PathBuf| {
        (path.file_name().is_some_and(|name| name == ".gitignore") || path.ends_with("info/exclude"))
            && (path.starts_with(place) || path.parent().is_some_and(|parent| place.starts_with(parent)))
    };
    let moved = match &effect.scope {
        Scope::Moved { to } => Some(to),
        _ => None,
    };
    matches!(effect.verb, Verb::Create | Verb::Modify | Verb::Delete)
        && effect.target.kind == TargetKind::FileTree
        && effect.target.paths.iter().chain(moved).any(named)
}

/// What an effect does to the refs here.
fn moves(effect: &Effect) -> Vec<GitWork> {
    let Scope::Git(scope) = &effect.scope else { return Vec::new() };
    match scope {
        GitScope::Move { .. } if effect.opaque => vec![GitWork::Moved { branch: None, keeps: false }],
        GitScope::Refs { .. } | GitScope::History if effect.opaque => vec![GitWork::Meant { branch: None }],
        // It stays, and what was staged may be untracked.
        GitScope::Move { reference: None, to } if matches!(to.as_str(), "" | "HEAD" | "@") => vec![GitWork::Forgotten],
        GitScope::Move { reference, .. } => {
            let name = reference.as_ref().unwrap_or(&effect.target.name);
            vec![GitWork::Moved { branch: (name != "HEAD").then(|| name.clone()), keeps: false }]
        }
        GitScope::Refs { names } => names.iter().map(|name| GitWork::Meant { branch: Some(name.clone()) }).collect(),
        GitScope::History => vec![GitWork::Meant { branch: None }],
        _ => Vec::new(),
    }
}

/// The refs here that are pushed; `None` where patterns or the configuration say which.
fn pushed(push: &RemotePush) -> Option<Vec<String>> {
    if push.delete && !push.prune {
        return Some(Vec::new());
    }
    let own = push.settings.iter().any(|setting| setting.contains(".push=") || setting == "push.default=matching");
    if push.refspecs.is_empty() {
        return if own { None } else { push.branch.clone().map(|branch| vec![branch]) };
    }
    let mut names = Vec::new();
    for spec in &push.refspecs {
        let spec = spec.trim_start_matches('+');
        let (from, deletes) = spec.split_once(':').map_or((spec, false), |(from, to)| (from, !to.is_empty()));
        match from {
            "" if deletes => {}
            "" => return None,
            _ if from.contains('*') => return None,
            _ => {
                let name = from.split(['~', '^']).next().unwrap_or_default();
                let of_head = matches!(name, "HEAD" | "@");
                names.push(if of_head { push.branch.clone()? } else { name.to_owned() });
            }
        }
    }
    Some(names)
}

/// The effect changes something, and nothing is lost by it.
fn harmless(effect: &mut Effect, why: &str) {
    effect.verb = Verb::Modify;
    effect.scope = Scope::Whole;
    effect.note = Some(why.to_owned());
}

/// The name of a branch without its namespace.
fn short(name: &str) -> &str {
    ["refs/heads/", "refs/tags/"].iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name)
}
