//! What a push takes from a remote, as far as it is known here: what the last fetch or push saw.

use std::collections::BTreeMap;

use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use weir_model::{Effect, Figure, RemoteHead, RemotePush, Reversibility, Sent};

use crate::budget::Budget;
use crate::git::Site;
use crate::graph::{self, Heads};
use crate::push::{self, Plan, Update, value};
use crate::refs::{commit, find};
use crate::repository::Trouble;

/// The most refs of one push that are named.
const MOST: usize = 50;

/// Refs on a remote are overwritten or deleted.
pub(crate) fn measure(effect: &mut Effect, site: &Site, push: &RemotePush, budget: &Budget) -> Result<(), Trouble> {
    let git = site.git();
    // What others have fetched from there cannot be called back, whatever the count.
    effect.reversibility = Reversibility::Irreversible;
    let plan = push::plan(git, push, budget)?;
    let impact = &mut effect.impact;
    let named = plan.updates.iter().map(|update| head(git, &plan, update, push.sent));
    let unseen = plan.unseen.iter().map(|name| unknown(&plan.remote, name));
    impact.remote_heads = if effect.opaque { Vec::new() } else { named.chain(unseen).take(MOST).collect() };
    let shared = plan.updates.iter().filter(|update| update.from.is_none()).find_map(|update| {
        let name = update.to.strip_prefix("refs/heads/").unwrap_or(&update.to);
        is_shared(git, &plan, name).then_some(name)
    });
    impact.protected = shared.map(|name| format!("a branch that others build on (`{}/{name}`)", plan.remote));
    let is_complete = !plan.unknown && plan.unseen.is_empty();
    impact.refs = Some(if is_complete { Figure::Exact(plan.updates.len() as u64) } else { Figure::Unknown });
    let moves = push.sent == Sent::Rewritten && (plan.unknown || !plan.updates.is_empty());
    // The remote may have moved on since it was last seen.
    impact.commits = Some(match lost(git, &plan, budget)? {
        _ if moves => Figure::Unknown,
        Figure::Exact(n) => Figure::Estimated(n),
        other => other,
    });
    let remark = match push.sent {
        Sent::Rewritten => "an earlier part of the command moves what is pushed",
        _ => "the remote is known as of the last fetch or push",
    };
    impact.remark = Some(remark.to_owned());
    Ok(())
}

/// True for the remote's default branch, and for branches that teams release from.
fn is_shared(git: &gix::Repository, plan: &Plan, branch: &str) -> bool {
    const SHARED: &[&str] = &["main", "master", "trunk", "develop", "production"];
    if SHARED.contains(&branch) || branch.starts_with("release/") || branch.starts_with("releases/") {
        return true;
    }
    let head = git.try_find_reference(&format!("refs/remotes/{}/HEAD", plan.remote)).ok().flatten();
    let kept = plan.seen.kept(&format!("refs/heads/{branch}"));
    head.zip(kept).is_some_and(|(head, kept)| {
        head.target().try_name().is_some_and(|target| target.as_bstr() == kept.as_bytes().as_bstr())
    })
}

/// How many commits the refs of the remote lose.
fn lost(git: &gix::Repository, plan: &Plan, budget: &Budget) -> Result<Figure, Trouble> {
    let mut figures = Vec::new();
    if plan.unknown || !plan.unseen.is_empty() {
        figures.push(Figure::Unknown);
    }
    // What is kept here of the refs that change.
    let kept: BTreeMap<&str, String> =
        plan.updates.iter().filter_map(|update| Some((update.to.as_str(), plan.seen.kept(&update.to)?))).collect();
    let mut gone = Vec::new();
    for Update { from, to } in &plan.updates {
        let tip = kept.get(to.as_str()).and_then(|name| find(git, name)).map(|(_, tip, _)| tip);
        let figure = match (from, tip) {
            (None, Some(tip)) => {
                gone.push(tip);
                continue;
            }
            (Some(from), Some(tip)) => {
                let hidden = commit(git, from).map(|id| vec![id]);
                hidden.and_then(|hidden| graph::count(git, &[tip], &hidden, budget)).unwrap_or_default()
            }
            // The last fetch has seen others of its branches, and no such one: this makes it.
            (Some(_), None) if kept.contains_key(to.as_str()) && !plan.seen.names(git, budget)?.is_empty() => {
                Figure::Exact(0)
            }
            (_, None) => Figure::Unknown,
        };
        figures.push(figure);
    }
    if !gone.is_empty() {
        // Deleted together: what leads to the commits of one may be another one of them.
        let stays = |name: &gix::bstr::BStr| !kept.values().any(|kept| name == kept.as_bytes().as_bstr());
        let others = graph::tips(git, Heads::All, stays, budget);
        let figure = others.and_then(|others| graph::count(git, &gone, &others, budget)).unwrap_or_default();
        figures.push(figure);
    }
    Ok(figures.into_iter().reduce(Figure::plus).unwrap_or(Figure::Exact(0)))
}

fn unknown(remote: &str, name: &str) -> RemoteHead {
    RemoteHead { remote: remote.to_owned(), name: name.to_owned(), head: None, here: false, new: None, deleted: false }
}

/// What is known of one ref of the remote.
fn head(git: &gix::Repository, plan: &Plan, update: &Update, sent: Sent) -> RemoteHead {
    let before = plan.seen.kept(&update.to).and_then(|name| value(git, &name));
    // What it gets is what the ref here is by then.
    let from = update.from.as_deref().filter(|_| sent == Sent::AsItIs);
    let new = from.and_then(|from| Some(git.rev_parse_single(from.as_bytes().as_bstr()).ok()?.detach()));
    let hex = |id: ObjectId| id.to_hex().to_string();
    RemoteHead {
        remote: plan.remote.clone(),
        name: update.to.clone(),
        head: before.map(hex),
        here: before.is_some_and(|id| git.has_object(id)),
        new: new.map(hex),
        deleted: update.from.is_none(),
    }
}
