//! Where may be written: the same rule twice, as a Landlock ruleset for the command and as a check of paths for the
//! supervisor, which is under no ruleset.

use std::io;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, AccessFs, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreated,
    RulesetCreatedAttr,
};

/// The writable places and the protected ones in them, as absolute paths without symbolic links.
#[derive(Debug, Clone)]
pub(crate) struct Floor {
    roots: Vec<PathBuf>,
    /// Those in writable places only: the rest is out of reach anyway.
    protected: Vec<PathBuf>,
}

impl Floor {
    pub(crate) fn new(roots: &[PathBuf], protected: &[PathBuf]) -> Self {
        let roots: Vec<PathBuf> = roots.iter().filter_map(|root| root.canonicalize().ok()).collect();
        let mut protected: Vec<PathBuf> =
            protected.iter().filter_map(|path| canonical_as_far_as_it_exists(path)).collect();
        protected.retain(|place| roots.iter().any(|root| place.starts_with(root)));
        Self { roots, protected }
    }

    /// Whether a protected place lies in a writable one, which Landlock cannot express.
    pub(crate) fn has_islands(&self) -> bool {
        !self.protected.is_empty()
    }

    /// The ruleset: writing below the writable places only, and under a supervisor no removing, renaming and linking anywhere.
    pub(crate) fn ruleset(&self, supervised: bool) -> io::Result<RulesetCreated> {
        let file = AccessFs::WriteFile | AccessFs::Truncate;
        let directory =
            file | AccessFs::MakeReg | AccessFs::MakeDir | AccessFs::MakeSym | AccessFs::MakeSock | AccessFs::MakeFifo;
        let mut ruleset = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_write(ABI::V3))
            .and_then(Ruleset::create)
            .map_err(io::Error::other)?;
        for root in &self.roots {
            let Ok(place) = PathFd::new(root) else { continue };
            let access: BitFlags<AccessFs> = match (root.is_dir(), supervised) {
                (false, _) => file,
                (true, true) => directory,
                (true, false) => directory | AccessFs::RemoveFile | AccessFs::RemoveDir | AccessFs::Refer,
            };
            ruleset = ruleset.add_rule(PathBeneath::new(place, access)).map_err(io::Error::other)?;
        }
        Ok(ruleset)
    }

    /// Why `path` may not be changed, if so.
    pub(crate) fn forbids(&self, path: &Path) -> Option<&'static str> {
        if !self.roots.iter().any(|root| is_below(path, root)) {
            return Some("it lies outside of the writable places");
        }
        if self.protected.iter().any(|place| is_below(path, place)) {
            return Some("it is protected");
        }
        if weir_restore::is_trash(path) {
            return Some("it belongs to a restore point");
        }
        None
    }

    /// As [`Floor::forbids`], for what takes all below it along: a renamed directory.
    pub(crate) fn forbids_tree(&self, path: &Path) -> Option<&'static str> {
        self.forbids(path).or_else(|| {
            self.protected.iter().any(|place| is_below(place, path)).then_some("it holds a protected place")
        })
    }
}

/// As [`Path::starts_with`], for paths as the kernel writes them: compared as they are, which each call waits for.
fn is_below(path: &Path, place: &Path) -> bool {
    let (path, place) = (path.as_os_str().as_encoded_bytes(), place.as_os_str().as_encoded_bytes());
    let rest = path.strip_prefix(place);
    rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'/')) || place.last() == Some(&b'/'))
}

/// A protected place may not exist yet: then its directories count, as far as they do.
fn canonical_as_far_as_it_exists(path: &Path) -> Option<PathBuf> {
    if let Ok(path) = path.canonicalize() {
        return Some(path);
    }
    let name = path.file_name()?;
    Some(canonical_as_far_as_it_exists(path.parent()?)?.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_compared_by_component() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("repository/.git")).unwrap();
        std::os::unix::fs::symlink(root.join("repository"), root.join("link")).unwrap();
        let floor = Floor::new(&[root.join("link")], &[root.join("link/.git/hooks/pre-commit")]);
        assert_eq!(floor.forbids(&root.join("repository/file")), None);
        assert_eq!(floor.forbids(&root.join("repository/.git/hooks/other")), None);
        assert!(floor.forbids(&root.join("repository-2/file")).is_some());
        assert!(floor.forbids(&root.join("repository/.git/hooks/pre-commit")).is_some());
        assert!(floor.forbids(&root.join("repository/.git/hooks/pre-commit/x")).is_some());
        assert!(floor.forbids(&root.join("repository/.weir-trash-0/x")).is_some());
        assert!(floor.forbids_tree(&root.join("repository/.git")).is_some());
        assert_eq!(floor.forbids_tree(&root.join("repository/src")), None);
        assert!(floor.has_islands());
    }
}
