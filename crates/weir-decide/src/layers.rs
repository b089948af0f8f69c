//! Where policies come from, and what each layer may do.
//!
//! Built-in < organization < user < repository. The organization and the user may replace a built-in policy by its id;
//! the user may not replace one of the organization's; a repository may only add policies that forbid.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{PolicyError, environments};

include!(concat!(env!("OUT_DIR"), "/builtin.rs"));

/// The largest policy file, in bytes.
const LARGEST_FILE: u64 = 1024 * 1024;
/// The most files in one layer.
const MOST_FILES: usize = 500;

/// One layer of policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// Ships with Weir.
    BuiltIn,
    /// The organization's.
    Organization,
    /// The person's own.
    User,
    /// The repository's.
    Repository,
}

impl std::fmt::Display for Layer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::BuiltIn => "built-in",
            Self::Organization => "organization",
            Self::User => "user",
            Self::Repository => "repository",
        })
    }
}

/// The default policies: name and text of each file.
#[must_use]
pub const fn builtin_sources() -> &'static [(&'static str, &'static str)] {
    POLICIES
}

/// The directories of the layers. A directory that does not exist is an empty layer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layers {
    /// The organization's directory of `*.cedar` files.
    pub organization: Option<PathBuf>,
    /// The person's own.
    pub user: Option<PathBuf>,
    /// The repository's.
    pub repository: Option<PathBuf>,
}

/// One policy in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyInfo {
    /// `@id`.
    pub id: String,
    /// Where it comes from.
    pub layer: Layer,
    /// The file.
    pub file: String,
    /// `@reason`; empty for one that permits.
    pub reason: String,
    /// `@advice`; empty for one that permits.
    pub advice: String,
}

/// One file of policies.
pub(crate) struct Source {
    pub(crate) layer: Layer,
    pub(crate) file: String,
    pub(crate) text: String,
}

/// What a source looked like when it was compiled: enough to notice a change by asking for its metadata.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    path: PathBuf,
    /// Size, inode, and the times of the last modification and the last change of any kind in nanoseconds (the second
    /// cannot be set back); `None` where nothing was there.
    state: Option<(u64, u64, i128, i128)>,
}

impl Stamp {
    pub(crate) fn of(path: &Path) -> Self {
        let state = fs::metadata(path).ok().map(|data| {
            let time = |seconds, nanoseconds| i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds);
            (data.size(), data.ino(), time(data.mtime(), data.mtime_nsec()), time(data.ctime(), data.ctime_nsec()))
        });
        Self { path: path.to_owned(), state }
    }

    pub(crate) fn is_fresh(&self) -> bool {
        Self::of(&self.path) == *self
    }
}

impl Layers {
    pub(crate) fn dirs(&self) -> impl Iterator<Item = (Layer, &Path)> {
        [(Layer::Organization, &self.organization), (Layer::User, &self.user), (Layer::Repository, &self.repository)]
            .into_iter()
            .filter_map(|(layer, dir)| Some((layer, dir.as_deref()?)))
    }

    /// The files that say which names belong to which environment, by layer.
    pub(crate) fn environment_files(&self) -> impl Iterator<Item = (Layer, PathBuf)> {
        self.dirs().map(|(layer, dir)| (layer, dir.join(environments::FILE)))
    }

    /// Every policy file, built-in ones first, with the stamps of what was looked at.
    pub(crate) fn sources(&self) -> Result<(Vec<Source>, Vec<Stamp>), Vec<PolicyError>> {
        let mut sources: Vec<Source> = POLICIES
            .iter()
            .map(|(file, text)| Source { layer: Layer::BuiltIn, file: (*file).to_owned(), text: (*text).to_owned() })
            .collect();
        let mut stamps = Vec::new();
        let mut errors = Vec::new();
        for (layer, dir) in self.dirs() {
            // The stamp goes first: a change in between is then noticed, and not missed.
            stamps.push(Stamp::of(dir));
            // One that comes later changes the directory.
            let environments = Some(dir.join(environments::FILE)).filter(|file| environments::is_there(file));
            stamps.extend(environments.map(|file| Stamp::of(&file)));
            for path in files(dir, ".cedar", &mut errors) {
                stamps.push(Stamp::of(&path));
                match read(&path) {
                    Ok(text) => sources.push(Source { layer, file: path.display().to_string(), text }),
                    Err(error) => errors.push(error),
                }
            }
        }
        if errors.is_empty() { Ok((sources, stamps)) } else { Err(errors) }
    }
}

/// The files of `dir` whose names end in `ending`, sorted.
pub(crate) fn files(dir: &Path, ending: &str, errors: &mut Vec<PolicyError>) -> Vec<PathBuf> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) => {
            if error.kind() != std::io::ErrorKind::NotFound {
                errors.push(PolicyError::plain(
                    &dir.display().to_string(),
                    format!("the directory cannot be read: {error}"),
                    "make it readable, or remove it",
                ));
            }
            return Vec::new();
        }
    };
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(ending)))
        .collect();
    files.sort();
    if files.len() > MOST_FILES {
        errors.push(PolicyError::plain(
            &dir.display().to_string(),
            format!("there are {} policy files, more than {MOST_FILES}", files.len()),
            "put several policies into one file",
        ));
        files.clear();
    }
    files
}

/// The text of a file that people wrote.
pub(crate) fn read(path: &Path) -> Result<String, PolicyError> {
    let fail = |what: String| PolicyError::plain(&path.display().to_string(), what, "make it a readable text file");
    let unreadable = |error: std::io::Error| fail(format!("the file cannot be read: {error}"));
    // Opening a pipe would wait for a writer.
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(fail("it is not a regular file".to_owned()));
    }
    let mut text = String::new();
    let file = fs::File::open(path).map_err(unreadable)?;
    let size = file.take(LARGEST_FILE + 1).read_to_string(&mut text).map_err(unreadable)?;
    if size as u64 > LARGEST_FILE {
        return Err(fail(format!("the file has more than {LARGEST_FILE} bytes")));
    }
    Ok(text)
}
