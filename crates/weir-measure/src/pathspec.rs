//! Which paths of a repository the pathspecs of a git command select.
//!
//! Plain paths, wildcards and the `top`, `literal`, `glob` and `icase` magic are understood. What is not (`attr`,
//! exclusions) selects more than git would, and says so.

use std::path::Path;

use gix::bstr::{BStr, BString, ByteSlice as _};
use gix::glob::wildmatch;

/// The pathspecs of one command.
#[derive(Debug, Default)]
pub(crate) struct Pathspecs {
    patterns: Vec<Pattern>,
    /// More is selected than git would.
    pub(crate) widened: bool,
}

#[derive(Debug)]
struct Pattern {
    text: BString,
    wild: bool,
    mode: wildmatch::Mode,
}

impl Pathspecs {
    /// Reads pathspecs as written in the directory `prefix` of the working tree at `root`.
    pub(crate) fn parse(specs: &[String], prefix: &BStr, root: &Path) -> Self {
        let mut out = Self::default();
        for spec in specs {
            out.add(spec, prefix, root);
        }
        out
    }

    /// Limits to a directory, as a command without pathspecs does in it.
    pub(crate) fn below(directory: &BStr) -> Self {
        let mut out = Self::default();
        if !directory.is_empty() {
            out.patterns.push(Pattern { text: directory.to_owned(), wild: false, mode: wildmatch::Mode::empty() });
        }
        out
    }

    fn add(&mut self, spec: &str, prefix: &BStr, root: &Path) {
        let mut text = spec;
        let mut top = false;
        let mut literal = false;
        let mut mode = wildmatch::Mode::empty();
        if let Some(rest) = spec.strip_prefix(":(") {
            let Some((magic, path)) = rest.split_once(')') else {
                return self.everything();
            };
            text = path;
            for word in magic.split(',') {
                match word {
                    "top" => top = true,
                    "literal" => literal = true,
                    "glob" => mode |= wildmatch::Mode::NO_MATCH_SLASH_LITERAL,
                    "icase" => mode |= wildmatch::Mode::IGNORE_CASE,
                    "" => {}
                    "exclude" => {
                        self.widened = true;
                        return;
                    }
                    _ => return self.everything(),
                }
            }
        } else if let Some(rest) = spec.strip_prefix(':') {
            let path = rest.trim_start_matches(['/', '!', '^']);
            let signs = rest.len() - path.len();
            let signs = rest.get(..signs).unwrap_or_default();
            if signs.contains(['!', '^']) {
                self.widened = true;
                return;
            }
            top = signs.contains('/');
            text = path.strip_prefix(':').unwrap_or(path);
        }
        let absolute = Path::new(text).strip_prefix(root).ok().filter(|_| text.starts_with('/')).and_then(Path::to_str);
        let base: &BStr = if top || absolute.is_some() { b"".as_bstr() } else { prefix };
        let Some(text) = clean(base, absolute.unwrap_or(text)) else {
            // Outside of the working tree: git refuses, and nothing is selected.
            self.widened = true;
            return self.everything();
        };
        if text.is_empty() {
            return self.everything_exactly();
        }
        self.patterns.push(Pattern {
            wild: !literal && (text.find_byteset(b"*?[").is_some() || mode.contains(wildmatch::Mode::IGNORE_CASE)),
            text,
            mode,
        });
    }

    fn everything(&mut self) {
        self.widened = true;
        self.everything_exactly();
    }

    fn everything_exactly(&mut self) {
        self.patterns.push(Pattern { text: BString::default(), wild: false, mode: wildmatch::Mode::empty() });
    }

    /// True where the path itself, or a directory that it is in, is selected.
    pub(crate) fn matches(&self, path: &BStr) -> bool {
        self.patterns.is_empty() || self.patterns.iter().any(|pattern| pattern.matches(path))
    }

    /// True where something below the directory may be selected.
    pub(crate) fn may_match_below(&self, directory: &BStr) -> bool {
        directory.is_empty()
            || self.patterns.is_empty()
            || self.patterns.iter().any(|pattern| {
                pattern.wild || pattern.matches(directory) || is_below(pattern.text.as_bstr(), directory)
            })
    }
}

impl Pattern {
    fn matches(&self, path: &BStr) -> bool {
        if self.text.is_empty() || is_below(path, self.text.as_bstr()) {
            return true;
        }
        if !self.wild {
            return false;
        }
        let matches = |path: &BStr| wildmatch(self.text.as_bstr(), path, self.mode);
        if matches(path) {
            return true;
        }
        // A pattern that names a directory selects what is in it.
        path.find_iter(b"/").filter_map(|at| path.get(..at)).any(|directory| matches(directory.as_bstr()))
    }
}

/// True where `path` is `directory` or below it.
fn is_below(path: &BStr, directory: &BStr) -> bool {
    path.strip_prefix(directory.as_bytes()).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

/// `base` and `text` as one path without `.` and `..`; `None` where it leads out of the working tree.
fn clean(base: &BStr, text: &str) -> Option<BString> {
    if text.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in base.split_str("/").chain(text.as_bytes().split_str("/")) {
        match part {
            b"" | b"." => {}
            b".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(BString::from(parts.join(&b'/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selects(specs: &[&str], prefix: &str, path: &str) -> bool {
        let specs: Vec<String> = specs.iter().map(|s| (*s).to_owned()).collect();
        Pathspecs::parse(&specs, prefix.into(), Path::new("/r")).matches(path.into())
    }

    #[test]
    fn pathspecs_select_as_git_does() {
        for (specs, prefix, path, expected) in [
            (&[][..], "", "a/b", true),
            (&["."], "", "a/b", true),
            (&["."], "a", "a/b", true),
            (&["."], "a", "ab", false),
            (&["a"], "", "a/b/c", true),
            (&["a"], "", "ab", false),
            (&["../x"], "a", "x/y", true),
            (&["*.c"], "", "a/b.c", true),
            (&["*.c"], "a", "b.c", false),
            (&[":(glob)*.c"], "", "a/b.c", false),
            (&[":/"], "a", "x", true),
            (&[":(top)x"], "a", "x", true),
            (&[":(literal)a*"], "", "ab", false),
            (&["/r/a"], "x", "a/b", true),
            (&["sub*"], "", "subdir/file", true),
        ] {
            assert_eq!(selects(specs, prefix, path), expected, "{specs:?} {path}");
        }
    }

    #[test]
    fn what_is_not_understood_selects_more_and_says_so() {
        let specs = [":(attr:x)a".to_owned(), ":!b".to_owned()];
        let specs = Pathspecs::parse(&specs, b"".as_bstr(), Path::new("/r"));
        assert!(specs.widened);
        assert!(specs.matches(b"anything".as_bstr()));
    }
}
