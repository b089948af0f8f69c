//! What git commands lose in the history: commits that nothing reaches any more, stash entries, refs on remotes.

use gix::ObjectId;
use gix::bstr::{BStr, BString, ByteSlice as _};
use weir_model::{Effect, Figure, Reversibility};

use crate::budget::Budget;
use crate::git::Site;
use crate::graph::{self, Heads};
use crate::meta;
use crate::remote;
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

/// Refs on a remote are overwritten or deleted. What is known of them is what the last fetch or push saw.
pub(crate) fn remote(
    effect: &mut Effect,
    site: &Site,
    remote: &str,
    refspecs: &[String],
    delete: bool,
    budget: &Budget,
) -> Result<(), Trouble> {
    let git = site.git();
    // What others have fetched from there cannot be called back, whatever the count.
    effect.reversibility = Reversibility::Irreversible;
    let head = git.head().map_err(|_| Trouble::Commits)?;
    let branch = head.referent_name().map(|name| name.shorten().to_str_lossy().into_owned());
    let remote = if remote.is_empty() {
        branch
            .as_deref()
            .and_then(|branch| {
                let config = git.config_snapshot();
                [
                    format!("branch.{branch}.pushRemote"),
                    "remote.pushDefault".to_owned(),
                    format!("branch.{branch}.remote"),
                ]
                .iter()
                .find_map(|key| config.string(key.as_str()))
            })
            .map_or_else(|| "origin".to_owned(), |name| name.to_string())
    } else {
        remote.to_owned()
    };
    let mut updates = Vec::new();
    if refspecs.is_empty() {
        updates.extend(branch.clone().map(|branch| (Some("HEAD".to_owned()), branch)));
    }
    for spec in refspecs {
        let spec = spec.strip_prefix('+').unwrap_or(spec);
        updates.push(match spec.split_once(':') {
            _ if delete => (None, spec.strip_prefix(':').unwrap_or(spec).to_owned()),
            Some(("", to)) => (None, to.to_owned()),
            Some((from, to)) => (Some(from.to_owned()), to.to_owned()),
            None if spec == "HEAD" || spec == "@" => (Some("HEAD".to_owned()), branch.clone().unwrap_or_default()),
            None => (Some(spec.to_owned()), spec.to_owned()),
        });
    }
    effect.impact.remote_heads = if effect.opaque {
        Vec::new()
    } else if refspecs.is_empty() && delete {
        // All that is not here is pruned there.
        remote::heads(git, &remote, &[(None, "refs/heads/*".to_owned())], true)
    } else if refspecs.is_empty() {
        remote::heads(git, &remote, &[(Some("HEAD".to_owned()), upstream(git, branch.as_deref()))], false)
    } else {
        remote::heads(git, &remote, &updates, delete)
    };
    let commits = updates
        .iter()
        .map(|(from, to)| overwritten(git, &remote, from.as_deref(), to, budget))
        .reduce(Figure::plus)
        .unwrap_or_default();
    let shared = updates.iter().find(|(from, to)| from.is_none() && is_shared(git, &remote, to));
    effect.impact.protected = shared.map(|(_, to)| format!("a branch that others build on (`{remote}/{to}`)"));
    let all_named = !updates.is_empty() && !updates.iter().any(|(_, to)| to.contains('*') || to.starts_with('-'));
    effect.impact.refs = Some(if all_named { Figure::Exact(updates.len() as u64) } else { Figure::Unknown });
    // The remote may have moved on since it was last seen.
    effect.impact.commits = Some(match commits {
        Figure::Exact(n) => Figure::Estimated(n),
        other => other,
    });
    effect.impact.remark = Some("the remote is known as of the last fetch or push".to_owned());
    Ok(())
}

/// The name that a push without refspecs gives to the branch that is checked out.
fn upstream(git: &gix::Repository, branch: Option<&str>) -> String {
    let config = git.config_snapshot();
    let branch = branch.unwrap_or_default();
    let follows = config.string("push.default").is_some_and(|how| matches!(how.as_bytes(), b"upstream" | b"tracking"));
    let merge = follows.then(|| config.string(format!("branch.{branch}.merge").as_str())).flatten();
    merge.map_or_else(|| branch.to_owned(), |name| name.to_string())
}

/// True for the remote's default branch, and for branches that teams release from.
fn is_shared(git: &gix::Repository, remote: &str, written: &str) -> bool {
    const SHARED: &[&str] = &["main", "master", "trunk", "develop", "production"];
    let branch = written.strip_prefix("refs/heads/").unwrap_or(written);
    if SHARED.contains(&branch) || branch.starts_with("release/") || branch.starts_with("releases/") {
        return true;
    }
    let head = git.try_find_reference(&format!("refs/remotes/{remote}/HEAD")).ok().flatten();
    head.is_some_and(|head| {
        let name = format!("refs/remotes/{remote}/{branch}");
        head.target().try_name().is_some_and(|target| target.as_bstr() == name.as_bytes().as_bstr())
    })
}

/// How many commits the remote's ref `to` loses when it becomes `from`, or nothing.
fn overwritten(git: &gix::Repository, remote: &str, from: Option<&str>, to: &str, budget: &Budget) -> Figure {
    let branch = to.strip_prefix("refs/heads/").unwrap_or(to);
    let name = format!("refs/remotes/{remote}/{branch}");
    let Some((tracking, tip)) = find(git, &name).map(|(name, tip, _)| (name, tip)) else {
        // The last fetch has seen others of its branches, and no such one: this makes it.
        let others = format!("refs/remotes/{remote}/");
        let seen = graph::tips(git, Heads::All, |other| other.starts_with_str(others.as_bytes()), budget);
        let is_new = from.is_some() && !to.starts_with("refs/tags/") && seen.is_ok_and(|seen| !seen.is_empty());
        return if is_new { Figure::Exact(0) } else { Figure::Unknown };
    };
    let hidden = match from {
        Some(from) => commit(git, from).map(|id| vec![id]),
        // Deleted: commits are gone unless something else that is known reaches them.
        None => graph::tips(git, Heads::All, |other| other != tracking.as_bstr(), budget),
    };
    hidden.and_then(|hidden| graph::count(git, &[tip], &hidden, budget)).unwrap_or_default()
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

fn find(git: &gix::Repository, name: &str) -> Option<(BString, ObjectId, bool)> {
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
