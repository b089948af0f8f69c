//! What is known here of the refs that a push replaces or deletes on a remote: what the last fetch or push saw.

use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use weir_model::RemoteHead;

use crate::push::Update;

/// The most refs of one push that are named.
pub(crate) const MOST: usize = 50;

/// The refs of `remote` that `update` replaces or deletes.
pub(crate) fn heads(git: &gix::Repository, remote: &str, update: &Update) -> Vec<RemoteHead> {
    let mut heads = Vec::new();
    match update.to.strip_suffix('*') {
        Some("refs/") => {
            every(git, remote, ("refs/heads/", "refs/heads/"), true, &mut heads);
            // Tags and whatever else is there: nobody sees them from here.
            heads.push(unknown(remote, "refs/*"));
        }
        Some(there) => {
            let from = update.from.as_deref().unwrap_or(&update.to);
            let whole = |prefix: &str| if prefix.is_empty() { "refs/heads/".to_owned() } else { prefix.to_owned() };
            match (from.strip_suffix('*').map(whole), whole(there)) {
                (Some(here), there) if there.starts_with("refs/heads/") => {
                    every(git, remote, (&here, &there), update.prunes, &mut heads);
                }
                _ => heads.push(unknown(remote, &update.to)),
            }
        }
        None => heads.push(one(git, remote, update.from.as_deref(), &update.to)),
    }
    heads
}

fn unknown(remote: &str, name: &str) -> RemoteHead {
    RemoteHead { remote: remote.to_owned(), name: name.to_owned(), head: None, here: false, new: None, deleted: false }
}

fn one(git: &gix::Repository, remote: &str, from: Option<&str>, to: &str) -> RemoteHead {
    let name = match to.strip_prefix("refs/") {
        Some(_) => to.to_owned(),
        None if value(git, &format!("refs/heads/{to}")).is_none()
            && value(git, &format!("refs/tags/{to}")).is_some() =>
        {
            format!("refs/tags/{to}")
        }
        None => format!("refs/heads/{to}"),
    };
    let seen =
        name.strip_prefix("refs/heads/").and_then(|branch| value(git, &format!("refs/remotes/{remote}/{branch}")));
    let new = from.and_then(|from| Some(git.rev_parse_single(from.as_bytes().as_bstr()).ok()?.detach()));
    known(git, remote, name, seen, new, from.is_none())
}

/// Every branch that was seen there and begins as the second of `prefixes`: those that differ here, where they begin as the first, are
/// replaced, and with `missing` those that are not here go.
fn every(git: &gix::Repository, remote: &str, prefixes: (&str, &str), missing: bool, heads: &mut Vec<RemoteHead>) {
    let (here, there) = prefixes;
    let prefix = format!("refs/remotes/{remote}/{}", there.strip_prefix("refs/heads/").unwrap_or(there));
    let mut seen_any = false;
    let found = git.references().ok();
    let found = found.as_ref().and_then(|platform| platform.prefixed(prefix.as_str()).ok());
    for reference in found.into_iter().flatten().filter_map(Result::ok) {
        // `origin/HEAD` is no branch of its own.
        let Some(seen) = reference.try_id().map(gix::Id::detach) else { continue };
        let name = reference.name().as_bstr().to_str_lossy().into_owned();
        let Some(branch) = name.strip_prefix(&prefix) else { continue };
        seen_any = true;
        let own = value(git, &format!("{here}{branch}"));
        if own == Some(seen) || (own.is_none() && !missing) {
            continue;
        }
        if heads.len() >= MOST {
            break;
        }
        heads.push(known(git, remote, format!("{there}{branch}"), Some(seen), own, own.is_none()));
    }
    if !seen_any {
        heads.push(unknown(remote, &format!("{there}*")));
    }
}

fn known(
    git: &gix::Repository,
    remote: &str,
    name: String,
    seen: Option<ObjectId>,
    new: Option<ObjectId>,
    deleted: bool,
) -> RemoteHead {
    RemoteHead {
        remote: remote.to_owned(),
        name,
        head: seen.map(|id| id.to_hex().to_string()),
        here: seen.is_some_and(|id| git.has_object(id)),
        new: new.map(|id| id.to_hex().to_string()),
        deleted,
    }
}

/// The value of the ref with this very name, which may lead to an object that is not here.
fn value(git: &gix::Repository, name: &str) -> Option<ObjectId> {
    let reference = git.try_find_reference(name).ok()??;
    (reference.name().as_bstr() == name.as_bytes().as_bstr()).then(|| reference.try_id().map(gix::Id::detach))?
}
