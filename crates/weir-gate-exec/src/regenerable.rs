//! What a build makes again is really deleted: kept, it would only fill the disk.
//!
//! A command must not be able to lose something by giving it such a place: what says that a directory is made again must be
//! older than the run, and a directory into which, or with which, something was renamed during the run does not count.

use std::collections::HashMap;
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags};

use crate::began::Began;

/// The most directories that are remembered.
const MOST_KNOWN: usize = 50_000;
/// The most renames that are remembered; after more, everything is kept.
const MOST_ARRIVED: usize = 2_000;
/// How far upward is looked.
const MOST_LEVELS: usize = 64;

#[derive(Default)]
pub(crate) struct Regenerable {
    /// For a directory, whether what is in it is made again.
    inside: HashMap<PathBuf, bool>,
    /// Names that something was given by a rename.
    arrived: Vec<PathBuf>,
}

impl Regenerable {
    /// `path` became the name of something else.
    pub(crate) fn arrived(&mut self, path: &Path) {
        self.inside.clear();
        if self.arrived.len() <= MOST_ARRIVED {
            self.arrived.push(path.to_owned());
        }
    }

    /// True for what needs not be kept. `began` is when the run did.
    pub(crate) fn holds(&mut self, path: &Path, began: Began) -> bool {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return false };
        self.arrived.len() <= MOST_ARRIVED
            && self.is_inside(parent, began)
            && !weir_model::is_secret(Path::new(name))
            && !weir_model::is_data_file(&name.to_string_lossy())
    }

    fn is_inside(&mut self, parent: &Path, began: Began) -> bool {
        if let Some(known) = self.inside.get(parent) {
            return *known;
        }
        let answer = parent.ancestors().take(MOST_LEVELS).any(|dir| self.is_made_again(dir, began));
        if self.inside.len() >= MOST_KNOWN {
            self.inside.clear();
        }
        self.inside.insert(parent.to_owned(), answer);
        answer
    }

    fn is_made_again(&self, dir: &Path, began: Began) -> bool {
        let (Some(parent), Some(name)) = (dir.parent(), dir.file_name()) else { return false };
        let open =
            || rustix::fs::openat(CWD, parent, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
        !self.arrived.iter().any(|place| place.starts_with(dir) || dir.starts_with(place))
            && open()
                .is_ok_and(|parent| weir_restore::is_regenerable(parent.as_fd(), name, Some(began.at_the_earliest)))
    }
}
