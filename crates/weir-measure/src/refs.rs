//! What git commands lose in the history here: commits that nothing reaches any more, and stash entries.

use gix::ObjectId;
use gix::bstr::{BStr, BString, ByteSlice as _};
use weir_model::{Effect, Figure, Reversibility};

use crate::budget::Budget;
use crate::git::Site;
use crate::graph::{self, Heads};
use crate::meta;
use crate::repository::Trouble;

/// Reflogs are read up to this size.
const REFLOG_LIMIT: u64 = 4 * 1024 * 1024;

/// A branch, or HEAD, moves to another commit.
pub(crate) fn moved(
    effect: &mut Effect,
    site: &Site,
    reference: Option<&str>,
    to: &str,
    budget: &Budget,
) -> Result<(), Trouble> {
    let git = site.git();
    let impact = &mut effect.impact;
    let (name, tip, heads) = match reference.filter(|name| *name != "HEAD") {
        None => {
            let head = git.head().map_err(|_| Trouble::Commits)?;
            let name = head.referent_name().map(|name| name.as_bstr().to_owned());
            (name, head.id().map(gix::Id::detach), Heads::Others)
        }
        Some(_) if effect.opaque => return unknown(effect),
        Some(written) => {
            let found = candidates(git, written, &["refs/heads/"]).into_iter().next();
            match found {
                Some((name, tip, _)) => (Some(name), Some(tip), Heads::All),
                None => (None, None, Heads::All),
            }
        }
    };
    let Some(tip) = tip else {
        // No commit yet, or a branch that this makes.
        impact.exists = Some(false);
        impact.commits = Some(Figure::Exact(0));
        impact.refs = Some(Figure::Exact(0));
        effect.reversibility = Reversibility::Reversible;
        return Ok(());
    };
    let to = commit(git, to)?;
    impact.refs = Some(Figure::Exact(u64::from(to != tip)));
    let others = graph::tips(git, heads, |other| name.as_ref().is_none_or(|name| other != name.as_bstr()), budget)?;
    let mut hidden = others;
    hidden.push(to);
    settle(effect, site, &[tip], &hidden, budget)
}

/// Which refs are meant is not known: then neither is what they hold.
fn unknown(effect: &mut Effect) -> Result<(), Trouble> {
    effect.impact.refs = Some(Figure::Unknown);
    effect.impact.commits = Some(Figure::Unknown);
    effect.reversibility = Reversibility::Unknown;
    Ok(())
}

/// Refs are deleted.
pub(crate) fn deleted(effect: &mut Effect, site: &Site, names: &[String], budget: &Budget) -> Result<(), Trouble> {
    if effect.opaque {
        return unknown(effect);
    }
    let git = site.git();
    let mut gone = Vec::new();
    let mut annotated = false;
    let mut ambiguous = false;
    for written in names {
        let found = candidates(git, written, &["refs/heads/", "refs/tags/", "refs/remotes/", "refs/"]);
        ambiguous |= found.len() > 1;
        for (name, tip, is_tag) in found {
            annotated |= is_tag;
            gone.push((name, tip));
        }
    }
    gone.sort();
    gone.dedup();
    let n = gone.len() as u64;
    effect.impact.refs = Some(if ambiguous { Figure::Estimated(n) } else { Figure::Exact(n) });
    if gone.is_empty() {
        effect.impact.exists = Some(false);
        effect.impact.commits = Some(Figure::Exact(0));
        effect.reversibility = Reversibility::Reversible;
        return Ok(());
    }
    let others = graph::tips(git, Heads::All, |other| !gone.iter().any(|(name, _)| other == name.as_bstr()), budget)?;
    let tips: Vec<ObjectId> = gone.into_iter().map(|(_, tip)| tip).collect();
    settle(effect, site, &tips, &others, budget)?;
    if annotated && effect.reversibility == Reversibility::Reversible {
        // The text and the signature of an annotated tag are an object of their own.
        effect.reversibility = Reversibility::Recoverable;
    }
    Ok(())
}

/// Counts the commits that only `tips` reach, and says what that means.
fn settle(
    effect: &mut Effect,
    site: &Site,
    tips: &[ObjectId],
    others: &[ObjectId],
    budget: &Budget,
) -> Result<(), Trouble> {
    let commits = graph::count(site.git(), tips, others, budget)?;
    effect.impact.commits = Some(commits);
    effect.reversibility = match commits {
        Figure::Exact(0) => Reversibility::Reversible,
        Figure::Unknown => Reversibility::Unknown,
        _ => Reversibility::Recoverable,
    };
    if effect.reversibility == Reversibility::Recoverable {
        let kept = tips.iter().all(|tip| in_reflog(site.git(), tip));
        effect.impact.remark = Some(
            if kept {
                "the reflog of HEAD still holds the commits for a while"
            } else {
                "no reflog of HEAD holds the commits"
            }
            .to_owned(),
        );
    }
    Ok(())
}

/// Stash entries are dropped.
pub(crate) fn stash(effect: &mut Effect, site: &Site, entry: Option<u32>) {
    let log = site.git().common_dir().join("logs/refs/stash");
    let entries = match meta::at(&log) {
        Err(rustix::io::Errno::NOENT) => Figure::Exact(0),
        Ok(meta) if meta.size <= REFLOG_LIMIT => match std::fs::read(&log) {
            Ok(text) => Figure::Exact(text.lines().filter(|line| !line.is_empty()).count() as u64),
            Err(_) => Figure::Unknown,
        },
        _ => Figure::Unknown,
    };
    let stashes = match (entry, entries) {
        (Some(n), Figure::Exact(all)) => Figure::Exact(u64::from(u64::from(n) < all)),
        (_, entries) => entries,
    };
    effect.impact.stashes = Some(stashes);
    effect.impact.exists = stashes.value().map(|n| n > 0);
    effect.reversibility = match stashes {
        Figure::Exact(0) => Reversibility::Reversible,
        Figure::Unknown => Reversibility::Unknown,
        _ => Reversibility::Recoverable,
    };
}

/// The refs that a written name can mean, each with the commit that it leads to and whether it is an annotated tag.
pub(crate) fn candidates(git: &gix::Repository, written: &str, prefixes: &[&str]) -> Vec<(BString, ObjectId, bool)> {
    if written.starts_with("refs/") {
        return find(git, written).into_iter().collect();
    }
    if written == "HEAD" {
        // The branch that is checked out, as `update-ref` takes it.
        let name = git.head_name().ok().flatten();
        return name.and_then(|name| find(git, &name.as_bstr().to_str_lossy())).into_iter().collect();
    }
    prefixes.iter().filter_map(|prefix| find(git, &format!("{prefix}{written}"))).collect()
}

pub(crate) fn find(git: &gix::Repository, name: &str) -> Option<(BString, ObjectId, bool)> {
    let mut reference = git.try_find_reference(name).ok()??;
    // Lookup also tries prefixes; only this very name is meant.
    if reference.name().as_bstr() != name.as_bytes().as_bstr() {
        return None;
    }
    let direct = reference.try_id().map(gix::Id::detach);
    let tip = reference.peel_to_id().ok()?.detach();
    let name = reference.name().as_bstr().to_owned();
    Some((name, tip, direct.is_some_and(|direct| direct != tip)))
}

pub(crate) fn commit(git: &gix::Repository, revision: &str) -> Result<ObjectId, Trouble> {
    let revision: &BStr = revision.as_bytes().as_bstr();
    git.rev_parse_single(revision)
        .and_then(|id| id.object())
        .and_then(|object| object.peel_to_kind(gix::objs::Kind::Commit))
        .map(|object| object.id)
        .map_err(|_| Trouble::Revision)
}

/// True where HEAD was once at this commit and its reflog says so.
fn in_reflog(git: &gix::Repository, id: &ObjectId) -> bool {
    let log = git.git_dir().join("logs/HEAD");
    meta::at(&log).is_ok_and(|meta| meta.size <= REFLOG_LIMIT)
        && std::fs::read(&log).is_ok_and(|text| text.contains_str(id.to_hex().to_string().as_bytes()))
}
