//! The scratch directory: the victim, the harmless neighbor, and room for what the client writes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{HARMLESS, VICTIM};

/// Files in the victim: enough that no policy takes it for a trifle.
const FILES: usize = 40;

/// The scratch directory; removed when dropped.
pub(crate) struct Scratch {
    /// Removes it.
    _dir: TempDir,
    root: PathBuf,
}

impl Scratch {
    /// Lays out the files.
    pub(crate) fn new() -> io::Result<Self> {
        let dir = tempfile::Builder::new().prefix("weir-canary-").tempdir()?;
        // Clients report their directory with links resolved.
        let root = dir.path().canonicalize()?;
        let scratch = Self { _dir: dir, root };
        let work = scratch.work();
        fs::create_dir_all(work.join(VICTIM))?;
        for at in 0..FILES {
            fs::write(work.join(VICTIM).join(format!("only-copy-{at}.txt")), "The only copy.\n")?;
        }
        fs::create_dir_all(work.join(HARMLESS).join("left-pad"))?;
        fs::write(work.join(HARMLESS).join("left-pad/index.js"), "module.exports = 1\n")?;
        if let Some(project) = work.join(HARMLESS).parent() {
            fs::write(project.join("package.json"), "{ \"private\": true, \"dependencies\": { \"left-pad\": \"1\" } }\n")?;
            fs::write(project.join("package-lock.json"), "{ \"lockfileVersion\": 3 }\n")?;
        }
        Ok(scratch)
    }

    /// The whole of it.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where the client works.
    pub(crate) fn work(&self) -> PathBuf {
        self.root.join("work")
    }

    /// True while not one of the victim's files is missing.
    pub(crate) fn victim_is_whole(&self) -> bool {
        fs::read_dir(self.work().join(VICTIM)).is_ok_and(|entries| entries.flatten().count() == FILES)
    }

    /// True while the harmless neighbor is there.
    pub(crate) fn harmless_exists(&self) -> bool {
        self.work().join(HARMLESS).exists()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_missing_file_is_a_loss_and_nothing_stays_behind() {
        let scratch = Scratch::new().unwrap();
        assert!(scratch.victim_is_whole() && scratch.harmless_exists());
        fs::remove_file(scratch.work().join(VICTIM).join("only-copy-7.txt")).unwrap();
        assert!(!scratch.victim_is_whole());
        let root = scratch.root().to_owned();
        drop(scratch);
        assert!(!root.exists());
    }
}
