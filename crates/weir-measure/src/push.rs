//! What a push replaces or deletes on a remote. What is known of it is what the last fetch or push saw.

use gix::bstr::ByteSlice as _;
use weir_model::{Effect, Figure, RemoteHead, Reversibility, Sent};

use crate::budget::Budget;
use crate::git::Site;
use crate::graph::{self, Heads};
use crate::refs::{commit, find};
use crate::remote;
use crate::repository::Trouble;

/// A push as the command asks for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Push<'a> {
    /// As written; empty where git takes the default.
    pub(crate) remote: &'a str,
    /// As written; empty where git takes the default.
    pub(crate) refspecs: &'a [String],
    pub(crate) delete: bool,
    pub(crate) sent: Sent,
}

/// What one ref there becomes: `from`, or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Update {
    pub(crate) from: Option<String>,
    pub(crate) to: String,
    /// Of a pattern, those that are not here go.
    pub(crate) prunes: bool,
}

/// Measures a push.
pub(crate) fn measure(effect: &mut Effect, site: &Site, push: &Push<'_>, budget: &Budget) -> Result<(), Trouble> {
    let git = site.git();
    // What others have fetched from there cannot be called back, whatever the count.
    effect.reversibility = Reversibility::Irreversible;
    let head = git.head().map_err(|_| Trouble::Commits)?;
    let branch = head.referent_name().map(|name| name.shorten().to_str_lossy().into_owned());
    let branch = branch.as_deref();
    let remote = if push.remote.is_empty() { default_remote(git, branch) } else { push.remote.to_owned() };
    let updates = updates(git, &remote, branch, push);
    let mut heads = Vec::new();
    let mut commits: Option<Figure> = None;
    for update in &updates {
        let found = remote::heads(git, &remote, update);
        let lost = match update.to.ends_with('*') {
            true if push.sent == Sent::Rewritten => Figure::Unknown,
            true => every(git, &remote, &found, budget),
            false => overwritten(git, &remote, update.from.as_deref(), &update.to, push.sent, budget),
        };
        commits = Some(commits.map_or(lost, |commits| commits.plus(lost)));
        heads.extend(found);
    }
    heads.truncate(remote::MOST);
    if push.sent != Sent::AsItIs {
        heads.iter_mut().for_each(|head| head.new = None);
    }
    let impact = &mut effect.impact;
    impact.remote_heads = if effect.opaque { Vec::new() } else { heads };
    let goes = |update: &&Update| update.from.is_none();
    let shared = updates.iter().filter(goes).find(|update| is_shared(git, &remote, &update.to));
    impact.protected = shared.map(|update| format!("a branch that others build on (`{remote}/{}`)", update.to));
    let all_named = !updates.is_empty() && !updates.iter().any(|to| to.to.contains('*') || to.to.starts_with('-'));
    impact.refs = Some(if all_named { Figure::Exact(updates.len() as u64) } else { Figure::Unknown });
    // The remote may have moved on since it was last seen.
    impact.commits = Some(match commits.unwrap_or_default() {
        Figure::Exact(n) => Figure::Estimated(n),
        other => other,
    });
    impact.remark = Some("the remote is known as of the last fetch or push".to_owned());
    Ok(())
}

fn default_remote(git: &gix::Repository, branch: Option<&str>) -> String {
    let config = git.config_snapshot();
    let own = |key| branch.map(|branch| format!("branch.{branch}.{key}"));
    [own("pushRemote"), Some("remote.pushDefault".to_owned()), own("remote")]
        .iter()
        .flatten()
        .find_map(|key| config.string(key.as_str()))
        .map_or_else(|| "origin".to_owned(), |name| name.to_string())
}

fn updates(git: &gix::Repository, remote: &str, branch: Option<&str>, push: &Push<'_>) -> Vec<Update> {
    let replaces = |from: &str, to: &str| Update { from: Some(from.to_owned()), to: to.to_owned(), prunes: false };
    let goes = |to: &str| Update { from: None, to: to.to_owned(), prunes: true };
    let one = |spec: &str| {
        let spec = spec.strip_prefix('+').unwrap_or(spec);
        match spec.split_once(':') {
            Some(("", to)) => goes(to),
            // Of the names that a push prunes only patterns can be missing here.
            Some((from, to)) => Update { prunes: push.delete || to == "refs/*", ..replaces(from, to) },
            None if push.delete => goes(spec),
            None if spec == "HEAD" || spec == "@" => replaces("HEAD", branch.unwrap_or_default()),
            None => replaces(spec, spec),
        }
    };
    if !push.refspecs.is_empty() {
        return push.refspecs.iter().map(|spec| one(spec)).collect();
    }
    if push.delete {
        return vec![Update { prunes: true, ..replaces("refs/heads/*", "refs/heads/*") }];
    }
    let config = git.config_snapshot();
    let configured = config.plumbing().strings(format!("remote.{remote}.push").as_str());
    if let Some(configured) = configured.filter(|configured| !configured.is_empty()) {
        return configured.iter().map(|spec| one(&spec.to_str_lossy())).collect();
    }
    let Some(branch) = branch else { return Vec::new() };
    let how = config.string("push.default");
    match how.as_deref().map(|how| how.as_bytes()) {
        Some(b"matching") => vec![replaces("refs/heads/*", "refs/heads/*")],
        Some(b"upstream" | b"tracking") => {
            let merge = config.string(format!("branch.{branch}.merge").as_str());
            vec![replaces("HEAD", &merge.map_or_else(|| branch.to_owned(), |name| name.to_string()))]
        }
        _ => vec![replaces("HEAD", branch)],
    }
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

/// How many commits the refs that a pattern stands for lose.
fn every(git: &gix::Repository, remote: &str, heads: &[RemoteHead], budget: &Budget) -> Figure {
    if heads.len() >= remote::MOST {
        return Figure::Unknown;
    }
    let lost = |head: &RemoteHead| match head.here {
        true => overwritten(git, remote, head.new.as_deref(), &head.name, Sent::AsItIs, budget),
        false => Figure::Unknown,
    };
    heads.iter().map(lost).reduce(Figure::plus).unwrap_or(Figure::Exact(0))
}

/// How many commits the remote's ref `to` loses when it becomes `from`, or nothing.
fn overwritten(
    git: &gix::Repository,
    remote: &str,
    from: Option<&str>,
    to: &str,
    sent: Sent,
    budget: &Budget,
) -> Figure {
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
        // Nobody knows yet what will be there.
        Some(_) if sent == Sent::Rewritten => return Figure::Unknown,
        Some(from) => commit(git, from).map(|id| vec![id]),
        // Deleted: commits are gone unless something else that is known reaches them.
        None => graph::tips(git, Heads::All, |other| other != tracking.as_bstr(), budget),
    };
    hidden.and_then(|hidden| graph::count(git, &[tip], &hidden, budget)).unwrap_or_default()
}
