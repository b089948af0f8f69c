//! Which points are dropped, and when.

use std::io;
use std::path::Path;

use rustix::fd::AsFd as _;
use rustix::fs::CWD;
use weir_model::RestorePointId;

use crate::header::read_file;
use crate::journal::Record;
use crate::store::{JOURNAL, LARGEST_JOURNAL};
use crate::trash::is_private;
use crate::walk::{open_dir, split};
use crate::{Store, StoreError};

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
                let Record::Trash { location, .. } = record else { continue };
                empty_trash(location.path(), id)?;
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
    let _ = (store, beyond_promise);
    Ok(Collected::default())
}
