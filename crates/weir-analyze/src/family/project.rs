//! The files of a project that say what its tools run, found as the tools find them.

use std::path::{Path, PathBuf};

use crate::call::Call;

/// Such a file is read up to this size.
const LARGEST: usize = 1 << 20;

/// A file that was found, and what it says.
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) bytes: Vec<u8>,
}

impl Found {
    /// The file, where it is there and not too large.
    pub(super) fn at(call: &Call<'_>, path: PathBuf) -> Option<Self> {
        let bytes = call.world.read(&path, LARGEST)?;
        Some(Self { path, bytes })
    }

    /// Every file of these names, from `dir` upward; in one directory in the order of the names.
    pub(super) fn upward<'a>(call: &'a Call<'_>, dir: &'a Path, names: &'a [&str]) -> impl Iterator<Item = Self> + 'a {
        dir.ancestors().flat_map(|dir| names.iter().filter_map(|name| Self::at(call, dir.join(name))))
    }

    /// The directory in which it stands.
    pub(super) fn dir(&self) -> PathBuf {
        self.path.parent().map(Path::to_owned).unwrap_or_default()
    }
}
