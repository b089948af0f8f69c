//! What an undo needs of git repositories beside files.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};

use gix::ObjectId;

use super::load::Loaded;
use crate::git::{self, Repository};
use crate::journal::{Raw, Record};
use crate::{Recorder, UndoError};

fn open(common: &Path) -> Result<Repository, UndoError> {
    Repository::open(common)
        .map_err(|trouble| UndoError::Repository { common: common.to_owned(), why: trouble.to_string() })
}

/// The git directory and the name of the ref whose file `path` would be.
fn as_ref(path: &Path) -> Option<(&Path, &str)> {
    let refs = path.ancestors().filter(|above| above.file_name().is_some_and(|name| name == "refs")).last()?;
    let common = refs.parent()?;
    Some((common, path.strip_prefix(common).ok()?.to_str()?))
}

fn is_git(common: &Path) -> bool {
    common.join("objects").is_dir() && common.join("HEAD").symlink_metadata().is_ok()
}

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
    pub(super) fn kept_objects(&self) -> Result<(usize, usize), UndoError> {
        let (mut kept, mut missing) = (0, 0);
        for (common, ids) in self.needed() {
            kept += ids.len();
            missing += open(&common)?.missing(&ids);
        }
        Ok((kept, missing))
    }

    /// Looks whether a ref that was made since stands where one has to come back: git knows refs by file names, so that there cannot
    /// be `a` and `a/b`. Also looks at repositories of which only files were kept.
    pub(super) fn refs(&self, chosen: &[u64]) -> Result<(), UndoError> {
        let mut repositories: HashMap<PathBuf, Option<Repository>> = HashMap::new();
        let records = || chosen.iter().filter_map(|number| self.get(*number));
        let goes = |record: &Record| match record {
            Record::Created { path, .. } | Record::NoFile { path } | Record::Renamed { to: path, .. } => {
                Some(path.to_path_buf())
            }
            _ => None,
        };
        let going: HashSet<PathBuf> = records().filter_map(goes).collect();
        for record in records() {
            let (path, comes_back) = match record {
                Record::Created { path, .. } => (path.path(), false),
                Record::Removed { path, ident, .. }
                | Record::Kept { path, ident, .. }
                | Record::Content { path, ident, .. }
                    if !ident.is_dir() =>
                {
                    (path.path(), true)
                }
                _ => continue,
            };
            let Some((common, name)) = as_ref(path) else { continue };
            let open = |common: &Path| is_git(common).then(|| Repository::open(common).ok())?;
            let repository = repositories.entry(common.to_owned()).or_insert_with_key(|common| open(common));
            let goes = |name: &str| going.contains(&common.join(name));
            if let Some(found) = repository.as_ref().and_then(|repository| repository.clash(name, comes_back, goes)) {
                return Err(UndoError::RefInTheWay { wanted: name.to_owned(), found });
            }
        }
        Ok(())
    }

    /// Looks whether the objects are there that taking these records back needs; says how many.
    pub(super) fn objects(&self, chosen: &[u64]) -> Result<usize, UndoError> {
        let mut there = 0;
        for (common, ids) in self.needed() {
            if self.paths_in(&common, chosen).is_empty() {
                continue;
            }
            let missing = open(&common)?.missing(&ids);
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
