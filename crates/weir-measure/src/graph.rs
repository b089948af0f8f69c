//! Counting commits that some tips reach and others do not.

use std::collections::{BinaryHeap, HashMap};

use gix::ObjectId;
use gix::bstr::BStr;
use weir_model::Figure;

use crate::budget::Budget;
use crate::repository::Trouble;

/// A commit that was come across.
struct Seen {
    time: i64,
    parents: Vec<ObjectId>,
    wanted: bool,
    hidden: bool,
    queued: bool,
}

impl Seen {
    fn counts(&self) -> bool {
        self.wanted && !self.hidden
    }
}

struct Painter<'a> {
    git: &'a gix::Repository,
    shallow: Vec<ObjectId>,
    seen: HashMap<ObjectId, Seen>,
    queue: BinaryHeap<(i64, ObjectId)>,
    /// Queued commits that would count.
    open: usize,
    /// The oldest commit that ever counted.
    oldest: i64,
}

impl Painter<'_> {
    /// Marks a commit. Objects that are no commits are passed over when they are tips.
    fn mark(&mut self, id: ObjectId, wanted: bool, hidden: bool) -> Result<(), Trouble> {
        if !self.seen.contains_key(&id) {
            let object = self.git.find_object(id).map_err(|_| Trouble::Commits)?;
            if object.kind != gix::objs::Kind::Commit {
                return Ok(());
            }
            let commit = object.into_commit();
            let time = commit.time().map_err(|_| Trouble::Commits)?.seconds;
            let parents = if self.shallow.contains(&id) {
                Vec::new()
            } else {
                commit.parent_ids().map(gix::Id::detach).collect()
            };
            self.seen.insert(id, Seen { time, parents, wanted: false, hidden: false, queued: false });
        }
        let Some(seen) = self.seen.get_mut(&id) else {
            return Ok(());
        };
        let before = (seen.wanted, seen.hidden);
        let was_open = seen.queued && seen.counts();
        seen.wanted |= wanted;
        seen.hidden |= hidden;
        if before != (seen.wanted, seen.hidden) && !seen.queued {
            seen.queued = true;
            self.queue.push((seen.time, id));
        }
        let is_open = seen.queued && seen.counts();
        if is_open {
            self.oldest = self.oldest.min(seen.time);
        }
        match (was_open, is_open) {
            (false, true) => self.open += 1,
            (true, false) => self.open -= 1,
            _ => {}
        }
        Ok(())
    }
}

/// How many commits `tips` reach that `hidden` do not.
///
/// Both are followed from the newest commit to the oldest until nothing that is left can matter. Where the clocks of
/// two machines disagreed the result may be too large, never too small.
pub(crate) fn count(
    git: &gix::Repository,
    tips: &[ObjectId],
    hidden: &[ObjectId],
    budget: &Budget,
) -> Result<Figure, Trouble> {
    let shallow = git
        .shallow_commits()
        .map_err(|_| Trouble::Commits)?
        .map(|commits| commits.iter().copied().collect())
        .unwrap_or_default();
    let mut painter =
        Painter { git, shallow, seen: HashMap::new(), queue: BinaryHeap::new(), open: 0, oldest: i64::MAX };
    for id in hidden {
        if budget.step() {
            return Ok(Figure::Unknown);
        }
        painter.mark(*id, false, true)?;
    }
    for id in tips {
        painter.mark(*id, true, false)?;
    }
    while let Some((time, id)) = painter.queue.pop() {
        if painter.open == 0 && time < painter.oldest {
            break;
        }
        if budget.step() {
            // What counts now may turn out to be reached by the others.
            return Ok(if hidden.is_empty() { Figure::AtLeast(total(&painter)) } else { Figure::Unknown });
        }
        let Some(seen) = painter.seen.get_mut(&id) else {
            continue;
        };
        if seen.counts() {
            painter.open -= 1;
        }
        seen.queued = false;
        let (wanted, hidden) = (seen.wanted, seen.hidden);
        for parent in seen.parents.clone() {
            painter.mark(parent, wanted, hidden)?;
        }
    }
    Ok(Figure::Exact(total(&painter)))
}

fn total(painter: &Painter<'_>) -> u64 {
    painter.seen.values().filter(|seen| seen.counts()).count() as u64
}

/// The tips of all refs for which `keep` says so, and of HEADs that are on no branch where `heads` is given.
pub(crate) fn tips(
    git: &gix::Repository,
    heads: Heads,
    keep: impl Fn(&BStr) -> bool,
    budget: &Budget,
) -> Result<Vec<ObjectId>, Trouble> {
    let mut tips = Vec::new();
    let platform = git.references().map_err(|_| Trouble::Commits)?;
    for reference in platform.all().map_err(|_| Trouble::Commits)? {
        if budget.step() {
            return Err(Trouble::Time);
        }
        let Ok(mut reference) = reference else {
            // A broken ref reaches nothing.
            continue;
        };
        // Symbolic refs (`origin/HEAD`) reach what another ref reaches, and those of restore points go with them.
        let is_of_weir = weir_model::is_kept_ref(reference.name().as_bstr());
        if reference.try_id().is_none() || is_of_weir || !keep(reference.name().as_bstr()) {
            continue;
        }
        if let Ok(id) = reference.peel_to_id() {
            tips.push(id.detach());
        }
    }
    let mut detached = |repository: &gix::Repository| {
        if let Ok(head) = repository.head()
            && head.is_detached()
            && let Some(id) = head.id()
        {
            tips.push(id.detach());
        }
    };
    if heads == Heads::All {
        detached(git);
    }
    if heads != Heads::None {
        let real = |path: &std::path::Path| std::fs::canonicalize(path).ok();
        let own = real(git.git_dir());
        if own != real(git.common_dir())
            && let Ok(main) = git.main_repo()
        {
            detached(&main);
        }
        for proxy in git.worktrees().unwrap_or_default() {
            if real(proxy.git_dir()) != own
                && let Ok(linked) = proxy.into_repo_with_possibly_inaccessible_worktree()
            {
                detached(&linked);
            }
        }
    }
    tips.sort_unstable();
    tips.dedup();
    Ok(tips)
}

/// Which detached HEADs reach commits, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heads {
    None,
    /// Those of the other working trees.
    Others,
    /// Those of all working trees.
    All,
}

/// Commits that no remote-tracking ref reaches.
pub(crate) fn unpushed(git: &gix::Repository, budget: &Budget) -> Result<Figure, Trouble> {
    let is_remote = |name: &BStr| name.starts_with(b"refs/remotes/");
    let local = tips(git, Heads::All, |name| !is_remote(name), budget)?;
    let remote = tips(git, Heads::None, is_remote, budget)?;
    count(git, &local, &remote, budget)
}
