//! Where may be written: the same rule twice, as a Landlock ruleset for the command and as a check of paths for the
//! supervisor, which is under no ruleset.

use std::collections::HashMap;
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
        let mut places = Places::default();
        let mut roots: Vec<PathBuf> = roots.iter().filter_map(|root| places.canonical(root)).collect();
        // Landlock grants what is there.
        roots.retain(|root| root.exists());
        let mut protected: Vec<PathBuf> = protected.iter().flat_map(|path| places.with_link(path)).collect();
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

/// Canonical paths. A protected place may not exist yet: then its directories count, as far as they do. Most places lie in the same few
/// directories, which are looked at once.
#[derive(Default)]
struct Places(HashMap<PathBuf, Option<PathBuf>>);

impl Places {
    fn canonical(&mut self, path: &Path) -> Option<PathBuf> {
        self.with_link(path).pop()
    }

    /// Where a name is, and where it leads if it is a link: who may not change the one may not replace the other either.
    fn with_link(&mut self, path: &Path) -> Vec<PathBuf> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return path.canonicalize().into_iter().collect();
        };
        let Some(place) = self.directory(parent).map(|parent| parent.join(name)) else { return Vec::new() };
        let is_link = place.symlink_metadata().is_ok_and(|status| status.is_symlink());
        let end = if is_link { place.canonicalize().ok() } else { None };
        std::iter::once(place).chain(end).collect()
    }

    fn directory(&mut self, path: &Path) -> Option<PathBuf> {
        if let Some(known) = self.0.get(path) {
            return known.clone();
        }
        let found = self.canonical(path);
        self.0.insert(path.to_owned(), found.clone());
        found
    }
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
        let dotfiles = place.path().join("dotfiles");
        std::fs::create_dir(&dotfiles).unwrap();
        std::os::unix::fs::symlink(&dotfiles, root.join("repository/.claude")).unwrap();
        let floor = Floor::new(std::slice::from_ref(&root), &[root.join("repository/.claude")]);
        assert!(floor.forbids(&root.join("repository/.claude")).is_some());
        assert!(floor.forbids(&root.join("dotfiles/settings.json")).is_some());
    }
}
