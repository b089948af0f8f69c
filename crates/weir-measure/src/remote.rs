//! What is known here of the refs that a push replaces or deletes on a remote: what the last fetch or push saw.

use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use weir_model::RemoteHead;

/// The most refs of one push that are named.
const MOST: usize = 50;

/// The refs of `remote` that become something else by `updates` (what they become, where it is not nothing, and their names
/// there) or, where `delete` is given, go.
pub(crate) fn heads(
    git: &gix::Repository,
    remote: &str,
    updates: &[(Option<String>, String)],
    delete: bool,
) -> Vec<RemoteHead> {
    let mut heads = Vec::new();
    for (from, to) in updates {
        match to.strip_suffix('*') {
            Some("refs/heads/" | "*" | "") => every(git, remote, delete, &mut heads),
            Some("refs/") => {
                every(git, remote, true, &mut heads);
                // Tags and whatever else is there: nobody sees them from here.
                heads.push(unknown(remote, "refs/*"));
            }
            Some(_) => heads.push(unknown(remote, to)),
            None => heads.push(one(git, remote, from.as_deref().filter(|_| !delete), to)),
        }
    }
    heads.truncate(MOST);
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

/// Every branch that was seen there: those that differ here are replaced, and with `missing` those that are not here go.
fn every(git: &gix::Repository, remote: &str, missing: bool, heads: &mut Vec<RemoteHead>) {
    let prefix = format!("refs/remotes/{remote}/");
    let before = heads.len();
    let found = git.references().ok();
    let found = found.as_ref().and_then(|platform| platform.prefixed(prefix.as_str()).ok());
    for reference in found.into_iter().flatten().filter_map(Result::ok) {
        // `origin/HEAD` is no branch of its own.
        let Some(seen) = reference.try_id().map(gix::Id::detach) else { continue };
        let name = reference.name().as_bstr().to_str_lossy().into_owned();
        let Some(branch) = name.strip_prefix(&prefix) else { continue };
        let own = value(git, &format!("refs/heads/{branch}"));
        if own == Some(seen) || (own.is_none() && !missing) {
            continue;
        }
        if heads.len() >= MOST {
            break;
        }
        heads.push(known(git, remote, format!("refs/heads/{branch}"), Some(seen), own, own.is_none()));
    }
    if heads.len() == before {
        heads.push(unknown(remote, "refs/heads/*"));
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
