//! What is kept of an effect: its place in the text, what is not known of its target, and what it does to the world that
//! later commands see.

use std::path::PathBuf;

use weir_model::{Effect, Scope, TargetKind, Verb};

use super::text::has_hole;
use super::{Evaluator, Frame};
use crate::call::HOLE;
use crate::{FileKind, World as _};

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
        if let Some(place) = &frame.place {
            // Its paths are not of this machine.
            effect.target.paths.clear();
            if effect.target.environment_from.is_none() {
                effect.target.environment_from = Some(place.to_string());
            }
        } else {
            self.change_world(&effect);
        }
        self.partial |= effect.opaque;
        if self.effects.last() != Some(&effect) {
            self.effects.push(effect);
        }
    }

    /// Later commands of the same action see what this one has made.
    fn change_world(&self, effect: &Effect) {
        if effect.target.kind != TargetKind::FileTree {
            return;
        }
        for path in &effect.target.paths {
            match (effect.verb, &effect.scope) {
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

/// Text with holes as people may read it.
fn shown(text: &str) -> String {
    if has_hole(text) { text.replace(HOLE, "…") } else { text.to_owned() }
}
