//! What is kept of an effect: its place in the text, what is not known of its target, and what it does to the world that
//! later commands see.

use std::path::PathBuf;

use weir_model::{Effect, Scope, TargetKind, Verb};

use super::text::has_hole;
use super::{Evaluator, Frame};
use crate::call::{HOLE, normalize, shown};
use crate::{FileKind, World as _};

/// Paths of one effect that are followed through what the action has moved and linked.
const MOST_FOLLOWED: usize = 256;
/// Links that one name leads through.
const MOST_LINKS: usize = 16;
/// How the catalog calls places that are gone when their command is.
const THROWN_AWAY: &str = "a throw-away container";
/// How the place is called where an image is built.
pub(crate) const BUILD: &str = "a throw-away container that builds";
/// Effects among which the one is looked for that overwrites other files by the same command.
const MOST_JOINED: usize = 8;
/// Effects of one action; more are one opaque effect.
const MOST_EFFECTS: usize = 4_000;

impl Evaluator<'_> {
    /// Keeps an effect.
    pub(super) fn keep(&mut self, mut effect: Effect, frame: &Frame) {
        if self.effects.len() >= MOST_EFFECTS && !self.over {
            self.limit("the command does too many things", frame);
        }
        if self.effects.len() > MOST_EFFECTS {
            return;
        }
        effect.span = effect.span.or(frame.span);
        if effect.via.is_empty() {
            effect.via.clone_from(&frame.via);
        }
        fill_holes(&mut effect);
        let more = if frame.place.is_none() { self.dropped(&mut effect) } else { Vec::new() };
        self.keep_one(effect, frame);
        for effect in more {
            self.keep_one(effect, frame);
        }
    }

    fn keep_one(&mut self, mut effect: Effect, frame: &Frame) {
        if let Some(place) = &frame.place {
            // What is in it goes with it, whatever happens there before.
            if place.starts_with(THROWN_AWAY) && effect.target.kind == TargetKind::FileTree {
                return;
            }
            if place.starts_with(BUILD) && effect.target.kind != TargetKind::FileTree {
                match self.stays(&mut effect) {
                    Stays::Within => return,
                    // A program of the image that is not understood is as unknown as any.
                    Stays::Unknown if !self.over => effect.target.kind = TargetKind::Program,
                    _ => {}
                }
            }
            // Its paths are not of this machine, and neither is its configuration.
            effect.target.paths.clear();
            effect.target.lookup = None;
            if effect.target.environment_from.is_none() {
                effect.target.environment_from = Some(place.to_string());
            }
        } else {
            self.follow(&mut effect);
            self.change_world(&effect);
            self.note_written(&effect, frame);
        }
        self.partial |= effect.opaque;
        if let Some(trace) = &mut self.trace {
            trace.keep(&effect);
        }
        // What a loop overwrites file by file is one effect on all of them: policy sees the sum.
        if effect.verb == Verb::Modify
            && effect.scope == Scope::Content
            && effect.target.kind == TargetKind::FileTree
            && !effect.opaque
            && let Some(before) = self.effects.iter_mut().rev().take(MOST_JOINED).find(|before| {
                (before.verb, &before.scope, before.target.kind, before.span, &before.via, before.opaque)
                    == (effect.verb, &effect.scope, effect.target.kind, effect.span, &effect.via, false)
                    && before.target.paths.len() < MOST_FOLLOWED
            })
        {
            // As texts: hundreds of paths are compared with each other.
            let known = |path: &PathBuf| before.target.paths.iter().any(|known| known.as_os_str() == path.as_os_str());
            let new: Vec<_> = effect.target.paths.into_iter().filter(|path| !known(path)).collect();
            before.target.paths.extend(new);
            return;
        }
        if self.effects.last() != Some(&effect) {
            self.effects.push(effect);
        }
    }

    /// What an earlier command has moved or linked is meant where the world has it now.
    fn follow(&self, effect: &mut Effect) {
        if effect.target.kind != TargetKind::FileTree || matches!(effect.verb, Verb::Read) {
            return;
        }
        let tree = matches!(effect.verb, Verb::Delete | Verb::Grant) || matches!(effect.scope, Scope::Moved { .. });
        let content = effect.scope == Scope::Content;
        let mut more = Vec::new();
        for path in effect.target.paths.iter().take(MOST_FOLLOWED) {
            // A filter is about what is below its directory, and a name with `/` at its end leads on.
            let through =
                content || matches!(effect.scope, Scope::Filtered { .. }) || effect.target.name.ends_with('/');
            let mut real = self.world.real(path, through);
            // Writing goes through a link that stands there, and so does a name with `/` at its end.
            let into = matches!((effect.verb, &effect.scope), (Verb::Modify, Scope::Whole | Scope::Content))
                || effect.verb == Verb::Grant;
            if into || effect.target.name.ends_with('/') {
                for _ in 0..MOST_LINKS {
                    if self.world.kind(&real) != Some(FileKind::Symlink) {
                        break;
                    }
                    let Some(to) = self.world.link(&real) else { break };
                    real.pop();
                    real = normalize(&real.join(to));
                }
            }
            if real != *path {
                more.push(real);
            }
            if tree {
                more.extend(self.world.moved_below(path));
            }
        }
        for path in more {
            if !effect.target.paths.contains(&path) {
                effect.target.paths.push(path);
            }
        }
    }

    /// Later commands of the same action see what this one has made.
    fn change_world(&self, effect: &Effect) {
        if effect.target.kind != TargetKind::FileTree {
            return;
        }
        // What comes from the network is not known before it is there.
        let fetched = self.effects.iter().rev().take_while(|before| before.span == effect.span).any(|before| {
            before.verb == Verb::Read && before.target.kind == TargetKind::Host && before.via == effect.via
        });
        for path in &effect.target.paths {
            match (effect.verb, &effect.scope) {
                (Verb::Create | Verb::Modify, Scope::Whole | Scope::Content) if fetched => self.world.write(path, None),
                (Verb::Create, _) => {
                    self.world.make(path);
                    if let Some(parent) = path.parent() {
                        self.world.make(parent);
                    }
                }
                (Verb::Modify, Scope::Content) => self.world.write(path, None),
                (Verb::Modify, Scope::Moved { to }) if self.world.kind(to) != Some(FileKind::Directory) => {
                    self.world.write(to, None);
                }
                _ => {}
            }
        }
    }
}

/// Whether an effect of a command that builds an image leaves the container.
enum Stays {
    /// It is gone with it, or a part of the image.
    Within,
    /// Nobody knows what it is.
    Unknown,
    /// It reaches something else.
    Leaves,
}

/// The address of a database that a command names; `None` where it names none, or one inside the container.
fn address(effect: &Effect) -> Option<String> {
    const HOSTS: &[&str] = &["host", "hostname", "h", "uri", "url", "endpoint", "server"];
    let is_elsewhere = |text: &str| {
        !["localhost", "127.0.0.1", "[::1]", "0.0.0.0"].iter().any(|local| text.contains(local))
            && !text.starts_with(['/', '.'])
            && !text.is_empty()
    };
    let lookup = effect.target.lookup.as_ref();
    let settings = lookup.into_iter().flat_map(|lookup| &lookup.settings);
    let settings = settings.filter(|(name, _)| HOSTS.contains(&name.as_str())).map(|(_, value)| value.clone());
    let words = lookup.into_iter().flat_map(|lookup| &lookup.words);
    let words = words.filter(|word| word.as_ref().is_none_or(|word| word.contains("://"))).cloned();
    let variables = lookup.into_iter().flat_map(|lookup| &lookup.variables);
    let variables = variables.filter(|(name, _)| name.contains("HOST") || name.contains("URL"));
    let variables = variables.map(|(_, value)| value.clone());
    let named = effect.target.environment_from.clone().map(Some);
    let mut all = settings.chain(words).chain(variables).chain(named);
    all.find_map(|value| match value {
        Some(text) => is_elsewhere(&text).then_some(text),
        None => Some("an address that is not known".to_owned()),
    })
}

impl Evaluator<'_> {
    /// Whether an effect of a command that builds an image leaves the container.
    fn stays(&self, effect: &mut Effect) -> Stays {
        let leaves = match effect.target.kind {
            TargetKind::Unknown => return Stays::Unknown,
            TargetKind::FileTree
            | TargetKind::GitWorktree
            | TargetKind::GitRef
            | TargetKind::GitStash
            | TargetKind::GitRepository
            | TargetKind::Package
            | TargetKind::Process
            | TargetKind::Device
            | TargetKind::ControlSurface
            | TargetKind::Container
            | TargetKind::Volume
            | TargetKind::Image => false,
            // A request, and not an account or a service of the container.
            TargetKind::Host => matches!(effect.verb, Verb::Send | Verb::Read),
            // A database without an address is one that the command has started itself.
            TargetKind::Database | TargetKind::Table => match address(effect) {
                Some(address) => {
                    effect.target.environment_from = Some(address);
                    true
                }
                None => self.effects.iter().rev().any(|client| {
                    client.verb == Verb::Execute
                        && client.target.kind == TargetKind::Database
                        && effect.via.len() > client.via.len()
                        && effect.via.starts_with(&client.via)
                }),
            },
            _ => true,
        };
        if leaves { Stays::Leaves } else { Stays::Within }
    }
}

/// A target with a part that is not known is not the target that its text names.
fn fill_holes(effect: &mut Effect) {
    let holed = |path: &PathBuf| path.to_string_lossy().contains(HOLE);
    if effect.target.paths.iter().any(holed) {
        for path in &mut effect.target.paths {
            while holed(path) {
                if !path.pop() {
                    break;
                }
            }
        }
        effect.scope = Scope::Filtered { filter: shown(&effect.target.name) };
    } else if has_hole(&effect.target.name) && effect.target.paths.is_empty() {
        effect.opaque = true;
        if effect.note.is_none() {
            effect.note = Some("part of its name is not known".to_owned());
        }
    }
    effect.target.name = shown(&effect.target.name);
    if let Some(note) = &mut effect.note {
        *note = shown(note);
    }
}
