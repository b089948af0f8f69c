//! The scope of an effect that names a place and takes only some of what is below.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use weir_model::{Effect, Scope};

use crate::filter::{Entry, Filter};
use crate::meta::Meta;

/// Which entries below a place are touched.
pub(crate) struct Sieve {
    filter: Filter,
    /// The place as the command spells it, where that is known.
    start: Option<String>,
    root: PathBuf,
}

impl Sieve {
    /// What the scope of `effect` takes; `None` where that is not known, and anything may be touched.
    pub(crate) fn of(effect: &Effect, paths: &[PathBuf]) -> Option<Self> {
        let Scope::Filtered { filter } = &effect.scope else {
            return None;
        };
        let name = effect.target.name.as_str();
        let plain = paths.len() == 1 && !name.contains(|c: char| !c.is_alphanumeric() && !"./_-".contains(c));
        let start = plain.then(|| name.to_owned());
        Some(Self { filter: Filter::parse(filter)?, start, root: PathBuf::new() })
    }

    /// The same for a search that starts at `root`.
    pub(crate) fn from(self, root: &Path) -> Self {
        Self { root: root.to_owned(), ..self }
    }

    /// True where names decide, and not the place where the search starts.
    pub(crate) fn goes_by_name(&self) -> bool {
        self.filter.goes_by_name()
    }

    /// Whether the place where the search starts may be taken as a whole.
    pub(crate) fn takes_start(&self, path: &Path, meta: &Meta) -> bool {
        self.name_of_start(path).is_none_or(|name| self.takes(path, name, meta))
    }

    /// True where nothing below `path` is looked at.
    pub(crate) fn ends_at(&self, path: &Path) -> bool {
        path.strip_prefix(&self.root).is_ok_and(|below| self.filter.ends_at(below.components().count()))
    }

    /// True unless the entry is certain to be left alone.
    pub(crate) fn takes(&self, path: &Path, name: &OsStr, meta: &Meta) -> bool {
        let Ok(below) = path.strip_prefix(&self.root) else {
            return true;
        };
        let spelled = match (&self.start, below.to_str()) {
            (Some(start), Some("")) => Some(start.clone()),
            (Some(start), Some(below)) if start.ends_with('/') => Some(format!("{start}{below}")),
            (Some(start), Some(below)) => Some(format!("{start}/{below}")),
            _ => None,
        };
        let depth = below.components().count();
        self.filter.may_match(&Entry { path, name, spelled: spelled.as_deref(), depth, meta })
    }

    /// The name by which `find` knows the place where it starts.
    fn name_of_start<'a>(&'a self, path: &'a Path) -> Option<&'a OsStr> {
        match self.start.as_deref().map(|start| start.trim_end_matches('/').rsplit('/').next().unwrap_or_default()) {
            Some("") | None => path.file_name(),
            Some(name) => Some(OsStr::new(name)),
        }
    }
}
