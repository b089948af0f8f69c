//! Effects to impact: how large an effect is, inside a time budget.
//!
//! [`measure`] asks the file system and git what an effect would really touch, and how much of that exists nowhere
//! else. What was not looked at, for lack of time or because it could not be read, is never counted as nothing: its
//! figure says [`AtLeast`](weir_model::Figure::AtLeast) or [`Unknown`](weir_model::Figure::Unknown).
//!
//! Nothing is changed, no program is run, and nothing is sent. Effects that only read cost no system call.

mod budget;
mod connection;
mod environment;
mod evidence;
mod filter;
mod git;
mod graph;
mod lab;
mod local;
mod lookup;
mod meta;
mod pathspec;
mod place;
mod presume;
mod push;
mod refs;
mod remote;
mod repository;
mod sieve;
mod stakes;
mod tally;
mod tree;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use weir_model::{Effect, Environments, Figure, Lookup, Reversibility, Scope, TargetKind, Timestamp, Verb};

pub use presume::{Presumed, presume};
pub use stakes::{GitStakes, git_stakes};

use budget::{Budget, Shares};
use lab::Lab;
use lookup::Found;

/// Finding out where targets are may take this part of the budget.
const PARTS_FOR_PLACES: usize = 3;

/// What measuring needs to know beside the effects.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The directory in which the action would run; absolute.
    pub cwd: &'a Path,
    /// The home directory of the person that the agent works for.
    pub home: Option<&'a Path>,
    /// When the session began: files made later are its own.
    pub session_started: Option<Timestamp>,
    /// Which names belong to which environment, as people wrote it down.
    pub environments: &'a Environments,
    /// How long measuring all effects together may take.
    pub budget: Duration,
}

/// Fills `impact` and `reversibility` of every effect that can be measured, and the environment of every target
/// that analysis has left open.
pub fn measure(effects: &mut [Effect], context: &Context<'_>) {
    locate(effects, context);
    connection::pass_on(effects);
    local::settle(effects);
    let looks = effects.iter().filter(|e| method(e) != Method::Name).count();
    let mut lab = Lab::new(context);
    if looks > 0 {
        lab.doomed = effects.iter().flat_map(|e| tree::doomed(e, &lab)).collect();
    }
    let mut shares = None;
    for effect in effects {
        match method(effect) {
            Method::Name => by_name(effect, context),
            way => {
                let budget = shares.get_or_insert_with(|| Shares::new(context.budget, looks)).next();
                by_looking(effect, way, &lab, &budget);
                lab.moves.extend(tree::moves(effect, context));
            }
        }
    }
}

/// Finds out where every target is. Configuration is read only where something is at stake.
fn locate(effects: &mut [Effect], context: &Context<'_>) {
    let at_stake = effects.iter().any(is_weighty);
    // What one command says is the same for all its effects.
    let mut known: Vec<(Arc<Lookup>, Found)> = Vec::new();
    let mut known_budget = None;
    for effect in effects {
        if effect.verb == Verb::Read || !at_stake {
            environment::settle(&mut effect.target, None, context.environments);
            continue;
        }
        let budget = || Shares::new(context.budget, PARTS_FOR_PLACES).next();
        if let Some(lookup) = effect.target.lookup.clone() {
            let at = known.iter().position(|(done, _)| Arc::ptr_eq(done, &lookup));
            let at = at.unwrap_or_else(|| {
                let budget = known_budget.get_or_insert_with(budget);
                let found = lookup::find(&lookup, context.home, budget);
                known.push((lookup, found));
                known.len() - 1
            });
            let found = known.get(at).map(|(_, found)| found);
            environment::settle(&mut effect.target, found, context.environments);
        } else if let (TargetKind::GitRemoteRef, Some(directory)) = (effect.target.kind, effect.target.paths.first()) {
            let budget = known_budget.get_or_insert_with(budget);
            let found = lookup::remote(directory, &effect.target.name, budget);
            environment::settle(&mut effect.target, Some(&found), context.environments);
        } else {
            environment::settle(&mut effect.target, None, context.environments);
        }
    }
}

/// True for what a look at configuration can make a difference for.
fn is_weighty(effect: &Effect) -> bool {
    effect.opaque || !matches!(effect.verb, Verb::Read | Verb::Execute)
}

/// How an effect is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    /// By its verb and the name of its target alone.
    Name,
    /// By walking the file tree.
    Tree,
    /// By reading the git repository.
    Git,
}

fn method(effect: &Effect) -> Method {
    if !matches!(effect.verb, Verb::Delete | Verb::Modify | Verb::Grant) {
        return Method::Name;
    }
    match effect.target.kind {
        TargetKind::FileTree => Method::Tree,
        TargetKind::Secret | TargetKind::ControlSurface if !effect.target.paths.is_empty() => Method::Tree,
        _ if matches!(effect.scope, Scope::Git(_)) => Method::Git,
        TargetKind::GitRepository if effect.verb == Verb::Delete => Method::Git,
        _ => Method::Name,
    }
}

fn by_looking(effect: &mut Effect, way: Method, lab: &Lab<'_>, budget: &Budget) {
    match way {
        Method::Tree => tree::measure(effect, lab, budget),
        Method::Git => git::measure(effect, lab, budget),
        Method::Name => {}
    }
}

/// What can be said without a look at the world.
fn by_name(effect: &mut Effect, context: &Context<'_>) {
    if effect.opaque {
        return unmeasured(effect);
    }
    match (effect.verb, effect.target.kind) {
        (Verb::Read, _) => known(effect),
        (Verb::Create, kind) => {
            known(effect);
            if kind == TargetKind::FileTree {
                effect.impact.protected = effect.target.paths.iter().find_map(|path| {
                    place::Touched {
                        path: &place::normalize(path, context.cwd),
                        kind: None,
                        recursive: false,
                        home: context.home,
                    }
                    .protected()
                });
            }
        }
        // Ordinary work: git keeps what was there before.
        (
            Verb::Modify,
            TargetKind::GitRepository | TargetKind::GitWorktree | TargetKind::GitRef | TargetKind::GitStash,
        ) => known(effect),
        _ => unmeasured(effect),
    }
}

fn known(effect: &mut Effect) {
    effect.impact.measured = true;
    effect.reversibility = Reversibility::Reversible;
}

/// Names the figure that would have to be known.
fn unmeasured(effect: &mut Effect) {
    let unknown = Some(Figure::Unknown);
    if !matches!(effect.verb, Verb::Delete | Verb::Modify | Verb::Grant | Verb::Deploy) {
        return;
    }
    match effect.target.kind {
        TargetKind::Database | TargetKind::Table => effect.impact.rows = unknown,
        TargetKind::InfrastructureState
        | TargetKind::CloudResource
        | TargetKind::KubernetesObject
        | TargetKind::Container
        | TargetKind::Volume
        | TargetKind::Image => effect.impact.resources = unknown,
        _ => {}
    }
}
