//! Which points are dropped, and when.

use std::io;
use std::path::Path;

use rustix::fd::AsFd as _;
use rustix::fs::{AtFlags, CWD, OFlags};
use weir_model::RestorePointId;

use crate::header::{Header, read_file};
use crate::journal::{Ident, Record};
use crate::store::{JOURNAL, LARGEST_JOURNAL};
use crate::trash::{entry_name, is_private};
use crate::walk::{names, open_dir, split, stat_at};
use crate::{State, Store, StoreError, held};

/// Why a point was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// Its time had passed.
    Expired,
    /// It had been undone, and the space was needed.
    Undone,
    /// It was within its promise, and the space was needed.
    BeforeItsTime,
}

/// One point that is no more.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dropped {
    /// Which.
    pub id: RestorePointId,
    /// Why.
    pub reason: Reason,
    /// What it held.
    pub bytes: u64,
}

/// What a collection did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Collected {
    /// The points that were dropped.
    pub dropped: Vec<Dropped>,
    /// Bytes that restore points still hold.
    pub kept: u64,
}

/// The prefix of a point that is being deleted; nobody sees it any more.
const DYING: &str = ".dying-";

/// Makes the point invisible with one rename, then deletes what it held.
pub(crate) fn destroy(store: &Store, id: RestorePointId) -> Result<(), StoreError> {
    let path = store.layout.point(id);
    let hide = || {
        let points = open_dir(CWD, &store.layout.points())?;
        Ok(rustix::fs::renameat(&points, id.to_string(), &points, format!("{DYING}{id}"))?)
    };
    hide().map_err(StoreError::io("remove", &path))?;
    bury(store, id)
}

/// Deletes what a hidden point held. Interrupted, it is done again by the next collection.
fn bury(store: &Store, id: RestorePointId) -> Result<(), StoreError> {
    let path = store.layout.points().join(format!("{DYING}{id}"));
    let work = || -> io::Result<()> {
        let points = open_dir(CWD, &store.layout.points())?;
        let dir = open_dir(CWD, &path)?;
        let bytes = read_file(dir.as_fd(), Path::new(JOURNAL), LARGEST_JOURNAL).unwrap_or_default();
        if let Ok(journal) = crate::journal::read(&bytes, id) {
            for record in &journal.records {
                match record {
                    Record::Trash { location, .. } => empty_trash(location.path(), id)?,
                    // What cannot be reached now is removed by a later point in the same repository.
                    Record::Objects { common, .. } => drop(crate::git::release(common.path(), id)),
                    _ => {}
                }
            }
        }
        // Also where the journal does not say so (any more).
        crate::remove::tree(open_dir(CWD, &store.layout.trash())?.as_fd(), id.to_string().as_ref())?;
        crate::remove::tree(points.as_fd(), format!("{DYING}{id}").as_ref())
    };
    work().map_err(StoreError::io("remove", &path))
}

/// Deletes the trash of one point, wherever its journal says it is, if it looks like one.
fn empty_trash(location: &Path, id: RestorePointId) -> io::Result<()> {
    let Ok((above, name)) = split(location) else { return Ok(()) };
    if name.to_str() != Some(id.to_string().as_str()) {
        return Ok(());
    }
    // A file system that is not mounted now keeps its trash; there is no way to it.
    let Ok(home) = open_dir(CWD, above) else { return Ok(()) };
    if !is_private(&home)? {
        return Ok(());
    }
    crate::remove::tree(home.as_fd(), name)
}

pub(crate) fn collect(store: &Store, beyond_promise: bool) -> Result<Collected, StoreError> {
    let mut collected = Collected::default();
    finish_interrupted(store);
    let mut kept: Vec<Header> = Vec::new();
    for id in store.ids()? {
        let Ok((_, header)) = store.header(id) else { continue };
        let header = measured(store, header);
        if !header.is_expired() || !drop_point(store, &header, Reason::Expired, &mut collected)? {
            kept.push(header);
        }
    }
    let sum = |headers: &[Header]| headers.iter().map(Header::bytes).sum();
    let mut over = quota(store, sum(&kept))?.is_some();
    let passes: &[Reason] = if beyond_promise { &[Reason::Undone, Reason::BeforeItsTime] } else { &[Reason::Undone] };
    for reason in passes {
        let mut left = Vec::new();
        for header in std::mem::take(&mut kept) {
            let fits = *reason == Reason::BeforeItsTime || header.state == State::Undone;
            if !over || !fits || !drop_point(store, &header, *reason, &mut collected)? {
                left.push(header);
                continue;
            }
            let rest: Vec<Header> =
                store.ids()?.into_iter().filter_map(|id| store.header(id).ok()).map(|(_, h)| h).collect();
            over = quota(store, sum(&rest))?.is_some();
        }
        kept = left;
    }
    sweep_content(store);
    collected.kept = sum(&kept);
    Ok(collected)
}

/// Drops one point, unless somebody is at work on it.
fn drop_point(store: &Store, header: &Header, reason: Reason, collected: &mut Collected) -> Result<bool, StoreError> {
    let dir = store.open_point(header.id)?;
    // Where there is no journal there is no recorder.
    let lock = match Store::lock_journal(&dir, JOURNAL, OFlags::empty()) {
        Ok(None) => return Ok(false),
        Ok(Some(lock)) => Some(lock),
        Err(_) => None,
    };
    destroy(store, header.id)?;
    drop(lock);
    collected.dropped.push(Dropped { id: header.id, reason, bytes: header.bytes() });
    Ok(true)
}

/// Goes on with deletions that were interrupted.
fn finish_interrupted(store: &Store) {
    let Ok(points) = open_dir(CWD, &store.layout.points()) else { return };
    for name in names(&points).unwrap_or_default() {
        if let Some(id) = name.to_str().and_then(|name| name.strip_prefix(DYING)).and_then(|id| id.parse().ok()) {
            let _ = bury(store, id);
        }
    }
}

/// Counts trees that were moved as a whole, once, and remembers it.
fn measured(store: &Store, mut header: Header) -> Header {
    if header.tree_bytes.is_some() || header.state == State::Open {
        return header;
    }
    let Ok(dir) = store.open_point(header.id) else { return header };
    let Ok(bytes) = read_file(dir.as_fd(), Path::new(JOURNAL), LARGEST_JOURNAL) else { return header };
    let Ok(journal) = crate::journal::read(&bytes, header.id) else { return header };
    let mut trashes = std::collections::HashMap::new();
    let mut total = 0u64;
    for record in &journal.records {
        match record {
            Record::Trash { number, location, .. } => drop(trashes.insert(*number, location)),
            Record::Removed { ident, held, .. } if ident.is_dir() => {
                let Some((trash, entry)) = held.entry() else { continue };
                let Some(location) = trashes.get(&trash) else { continue };
                total = total.saturating_add(tree_size(&location.path().join(entry_name(entry))));
            }
            _ => {}
        }
    }
    // Only while nobody else writes the header.
    if let Ok(Some(_lock)) = Store::lock_journal(&dir, JOURNAL, OFlags::empty()) {
        header.tree_bytes = Some(total);
        let _ = header.write(dir.as_fd(), false);
        held::changed(store, &header);
    }
    header
}

/// Bytes on disk below a directory. Of what lies deeper than a path can say, nothing is counted.
fn tree_size(top: &Path) -> u64 {
    let mut total = 0u64;
    let mut queue = vec![top.to_owned()];
    while let Some(path) = queue.pop() {
        let Ok(dir) = open_dir(CWD, &path) else { continue };
        for name in names(&dir).unwrap_or_default() {
            let Ok(stat) = stat_at(&dir, &name) else { continue };
            if Ident::of(&stat).is_dir() {
                queue.push(path.join(&name));
            } else {
                total = total.saturating_add(stat.stx_blocks.saturating_mul(512).min(stat.stx_size));
            }
        }
    }
    total
}

/// Contents that no point has a name of any more.
fn sweep_content(store: &Store) {
    let Ok(dir) = open_dir(CWD, &store.layout.content()) else { return };
    for name in names(&dir).unwrap_or_default() {
        // Whoever links it now finds it gone, and keeps a copy of its own.
        if stat_at(&dir, &name).is_ok_and(|stat| stat.stx_nlink == 1) {
            let _ = rustix::fs::unlinkat(&dir, &name, AtFlags::empty());
        }
    }
}

/// The file system on which points hold more than they may, if there is one.
///
/// The quota is a share of what would be free without them, so it does not shrink as they grow.
fn quota(store: &Store, used: u64) -> Result<Option<StoreError>, StoreError> {
    let root = store.layout.root();
    let found =
        rustix::fs::statvfs(root).map_err(|errno| StoreError::io("ask the file system of", root)(errno.into()))?;
    let free = found.f_bavail.saturating_mul(found.f_frsize).saturating_add(used);
    let quota = free / 100 * store.limits.quota_percent;
    let over = used > quota;
    Ok(over.then(|| StoreError::OverQuota { mount: root.to_owned(), used, quota }))
}

/// Refuses when points hold more than they may, after dropping those whose time has passed.
pub(crate) fn check_quota(store: &Store) -> Result<(), StoreError> {
    if quota(store, held::total(store)?)?.is_none() {
        return Ok(());
    }
    collect(store, false)?;
    quota(store, held::total(store)?)?.map_or(Ok(()), Err)
}
