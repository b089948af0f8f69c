//! Values by path, where all that is below a path can be taken out at once.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Ordered by bytes: `Path` compares components, which for many long paths costs more than all else that an undo thinks about.
/// Paths are absolute and plain, so that equal ones are equal bytes.
#[derive(Debug)]
pub(super) struct ByPath<V>(BTreeMap<OsString, V>);

impl<V> Default for ByPath<V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<V> ByPath<V> {
    pub(super) fn get(&self, path: &Path) -> Option<&V> {
        self.0.get(path.as_os_str())
    }

    pub(super) fn insert(&mut self, path: &Path, value: V) {
        self.0.insert(path.as_os_str().to_owned(), value);
    }

    pub(super) fn remove(&mut self, path: &Path) -> Option<V> {
        self.0.remove(path.as_os_str())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Lets what is at and below `from` be at and below `to`.
    pub(super) fn rename(&mut self, from: &Path, to: &Path) {
        for (path, value) in self.take_below(from) {
            match path.strip_prefix(from) {
                Ok(rest) if rest.as_os_str().is_empty() => self.insert(to, value),
                Ok(rest) => self.insert(&to.join(rest), value),
                Err(_) => {}
            }
        }
    }

    /// Takes out what is at and below `top`.
    pub(super) fn take_below(&mut self, top: &Path) -> Vec<(PathBuf, V)> {
        let start = top.join("").into_os_string();
        let from = self.0.range(start.clone()..).map(|(path, _)| path);
        let below: Vec<OsString> = from.take_while(|path| starts_with(path, &start)).cloned().collect();
        let at = std::iter::once(top.as_os_str().to_owned());
        at.chain(below)
            .filter_map(|path| self.0.remove_entry(&path))
            .map(|(path, value)| (path.into(), value))
            .collect()
    }
}

fn starts_with(path: &OsStr, start: &OsStr) -> bool {
    path.as_encoded_bytes().starts_with(start.as_encoded_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_below_is_taken_and_its_neighbors_stay() {
        let mut map = ByPath::default();
        for path in ["/a", "/a-b", "/a-b/c", "/a.c", "/a/b", "/a/b/c", "/ab", "/b"] {
            map.insert(Path::new(path), path.len());
        }
        assert_eq!(map.len(), 8);
        let taken: Vec<PathBuf> = map.take_below(Path::new("/a")).into_iter().map(|(path, _)| path).collect();
        assert_eq!(taken, ["/a", "/a/b", "/a/b/c"].map(PathBuf::from));
        for path in ["/a-b", "/a-b/c", "/a.c", "/ab", "/b"] {
            assert_eq!(map.get(Path::new(path)), Some(&path.len()));
        }
        map.rename(Path::new("/a-b"), Path::new("/b"));
        assert_eq!((map.get(Path::new("/b")), map.get(Path::new("/b/c"))), (Some(&4), Some(&6)));
        assert_eq!(map.take_below(Path::new("/")).len(), 4);
        assert_eq!((map.len(), map.remove(Path::new("/a"))), (0, None));
    }
}
