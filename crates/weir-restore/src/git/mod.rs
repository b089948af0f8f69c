//! What a restore point needs of a git repository beside files: objects, which git itself removes once nothing leads to them.
//!
//! The files of a point say which commits branches, logs and stash entries had, and the index names contents. Each of these is an
//! object that stays only as long as git finds it from a ref. So a point has refs of its own, `refs/weir/ID/N`: the first leads
//! to a commit whose parents are the commits that the point needs and whose tree holds what was only staged; an annotated tag,
//! which can be neither, has one to itself. They go when the point goes. No program is run and no hook of the repository either.

mod keep;
mod needs;

use std::path::{Path, PathBuf};

use gix::ObjectId;

pub(crate) use keep::{hold, release};
pub(crate) use needs::Needs;

/// What one git command may change in git's own files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GitState {
    /// The git directory of the working tree in which it runs.
    pub dir: PathBuf,
    /// Full names of refs that it moves or deletes.
    pub refs: Vec<Vec<u8>>,
    /// Other files of git's that it writes anew: the index, `HEAD`, logs; absolute, and not all of them are there.
    pub files: Vec<PathBuf>,
    /// Commits that must stay beside those that files and refs lead to, in hexadecimal.
    pub commits: Vec<String>,
}

/// Why a repository cannot be worked with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GitTrouble {
    #[error("the git repository cannot be opened: {0}")]
    Open(String),
    #[error("the git repository keeps its refs in a form that is not known here")]
    Refs,
    #[error("the git repository cannot be read: {0}")]
    Read(String),
}

/// A repository whose refs are files.
pub(crate) struct Repository {
    git: gix::Repository,
    /// Where refs and objects are: one place for all working trees. A real path.
    common: PathBuf,
}

impl Repository {
    /// Opens the repository with this git directory.
    pub(crate) fn open(dir: &Path) -> Result<Self, GitTrouble> {
        // Isolated: nothing from the environment. Trusted: what its configuration says runs nothing here.
        let options = gix::open::Options::isolated().with(gix::sec::Trust::Full).open_path_as_is(true);
        let git = gix::open_opts(dir, options).map_err(|error| GitTrouble::Open(error.to_string()))?;
        let format = git.config_snapshot().string("extensions.refStorage");
        if format.is_some_and(|format| !format.eq_ignore_ascii_case(b"files")) {
            return Err(GitTrouble::Refs);
        }
        let common = git.common_dir().canonicalize().map_err(|error| GitTrouble::Open(error.to_string()))?;
        Ok(Self { git, common })
    }

    pub(crate) fn common(&self) -> &Path {
        &self.common
    }

    /// The ids of `wanted` that are not (any more) among the objects.
    pub(crate) fn missing(&self, wanted: &[ObjectId]) -> usize {
        wanted.iter().filter(|id| !self.git.has_object(id)).count()
    }

    /// A ref that cannot be beside one called `name`, because the one would be a file and a directory at once; but for those that `goes`.
    pub(crate) fn clash(&self, name: &str, with_above: bool, goes: impl Fn(&str) -> bool) -> Option<String> {
        let packed = self.git.refs.cached_packed_buffer().ok().flatten();
        let is_packed = |name: &str| packed.as_ref().is_some_and(|packed| matches!(packed.try_find(name), Ok(Some(_))));
        let stays = |name: &str| !goes(name) || is_packed(name);
        let above = std::iter::successors(Some(name), |name| Some(name.rsplit_once('/')?.0)).skip(1);
        // `refs/heads` is no ref.
        let mut above = above.take_while(|name| with_above && name.matches('/').count() > 1);
        if let Some(found) = above.find(|name| self.value(name.as_bytes()).is_some() && stays(name)) {
            return Some(found.to_owned());
        }
        let platform = self.git.references().ok()?;
        let below = platform.prefixed(format!("{name}/").as_str()).ok()?.filter_map(Result::ok);
        below.map(|found| found.name().as_bstr().to_string()).find(|name| stays(name))
    }

    /// The value of a ref, wherever it is written; `None` where there is none, or it leads to another one.
    pub(crate) fn value(&self, name: &[u8]) -> Option<ObjectId> {
        let name = std::str::from_utf8(name).ok()?;
        let found = self.git.try_find_reference(name).ok()??;
        // Looking a name up also tries prefixes; only this very name is meant.
        (found.name().as_bstr() == name.as_bytes()).then(|| found.try_id().map(gix::Id::detach))?
    }
}
