//! What an undo needs of git repositories beside files.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use gix::ObjectId;

use super::load::Loaded;
use crate::git::{self, Repository};
use crate::journal::{Raw, Record};
use crate::{Recorder, UndoError};

impl Loaded {
    /// The git directories that the point needs objects of, and which.
    fn needed(&self) -> BTreeMap<PathBuf, Vec<ObjectId>> {
        let mut needed: BTreeMap<PathBuf, Vec<ObjectId>> = BTreeMap::new();
        for record in &self.records {
            if let Record::Objects { common, ids } = record {
                let ids = ids.iter().map(Raw::bytes).filter_map(|id| ObjectId::try_from(id).ok());
                needed.entry(common.to_path_buf()).or_default().extend(ids);
            }
        }
        needed
    }

    /// The paths in `common` that the records of these numbers are about.
    fn paths_in(&self, common: &Path, chosen: &[u64]) -> Vec<PathBuf> {
        let paths = chosen.iter().filter_map(|number| self.get(*number)?.path());
        let mut paths: Vec<PathBuf> = paths.filter(|path| path.starts_with(common)).map(Path::to_owned).collect();
        paths.sort();
        paths.dedup();
        paths
    }

    /// True for a point that keeps objects and nothing that Weir itself could put back.
    pub(super) fn keeps_only_objects(&self) -> bool {
        self.records.iter().any(|record| matches!(record, Record::Objects { .. }))
            && self.records.iter().all(|record| matches!(record, Record::Objects { .. } | Record::Sealed { .. }))
    }

    /// How many objects are kept, and how many of them are gone all the same.
    pub(super) fn kept_objects(&self) -> (usize, usize) {
        let needed = self.needed();
        let missing = |(common, ids): (&PathBuf, &Vec<ObjectId>)| {
            Repository::open(common).map_or(ids.len(), |repository| repository.missing(ids))
        };
        (needed.values().map(Vec::len).sum(), needed.iter().map(missing).sum())
    }

    /// Looks whether the objects are there that taking these records back needs; says how many.
    pub(super) fn objects(&self, chosen: &[u64]) -> Result<usize, UndoError> {
        let mut there = 0;
        for (common, ids) in self.needed() {
            if self.paths_in(&common, chosen).is_empty() {
                continue;
            }
            let missing = match Repository::open(&common) {
                Ok(repository) => repository.missing(&ids),
                Err(_) => ids.len(),
            };
            if missing > 0 {
                return Err(UndoError::ObjectsGone { common, count: missing });
            }
            there += ids.len();
        }
        Ok(there)
    }

    /// Lets the restore point of an undo keep what the files lead to that these records replace.
    pub(super) fn keep_objects(&self, recorder: &Recorder, chosen: &[u64]) -> io::Result<()> {
        for common in self.needed().keys() {
            let paths = self.paths_in(common, chosen);
            if let Ok(repository) = Repository::open(common).as_ref()
                && !paths.is_empty()
            {
                recorder.keep_objects(repository, &paths, &[])?;
            }
        }
        Ok(())
    }

    /// Lets go of them: what was put back leads to them.
    pub(super) fn release_objects(&self) {
        for common in self.needed().keys() {
            // A ref that stays is harmless, and goes when its time is over.
            let _ = git::release(common, self.id);
        }
    }
}
