//! Where the repository is, and what its files tell.

use std::path::{Path, PathBuf};

use super::config::parse_config;
use super::{CONFIG_LIMIT, Git, MOST_PARENTS, REFS_LIMIT};
use crate::call::{Value, normalize};
use crate::family::options::{Opts, Word};

/// The repository as far as its files tell.
impl Git<'_, '_> {
    /// The top of the working tree and the git directory.
    pub(super) fn repository(&self) -> Option<(PathBuf, PathBuf)> {
        if let Some(git_dir) = &self.git_dir {
            let top = self.work_tree.clone().or_else(|| self.dir.clone())?;
            return Some((top, git_dir.clone()));
        }
        if self.place_unknown.is_some() {
            return None;
        }
        let start = self.dir.as_ref()?;
        for dir in start.ancestors().take(MOST_PARENTS) {
            let dot = dir.join(".git");
            match self.call.world.kind(&dot) {
                Some(crate::FileKind::File) => {
                    let text = self.text(&dot, 4096)?;
                    let at = text.trim().strip_prefix("gitdir:")?.trim();
                    return Some((dir.to_owned(), normalize(&dir.join(at))));
                }
                Some(_) => return Some((dir.to_owned(), dot)),
                None => {}
            }
        }
        let bare = self.call.world.kind(&start.join("HEAD")).is_some()
            && self.call.world.kind(&start.join("objects")).is_some();
        bare.then(|| (start.clone(), start.clone()))
    }

    /// The directory with what all linked working trees share.
    pub(super) fn common(&self, git_dir: &Path) -> PathBuf {
        self.text(&git_dir.join("commondir"), 4096)
            .map_or_else(|| git_dir.to_owned(), |text| normalize(&git_dir.join(text.trim())))
    }

    pub(super) fn text(&self, path: &Path, limit: usize) -> Option<String> {
        self.call.world.read(path, limit).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The branch that is checked out.
    pub(super) fn branch(&self) -> Option<String> {
        let (_, git_dir) = self.repository()?;
        let head = self.text(&git_dir.join("HEAD"), 4096)?;
        head.trim().strip_prefix("ref: refs/heads/").map(str::to_owned)
    }

    pub(super) fn ref_exists(&self, name: &str) -> bool {
        self.exists_in(name, &["refs/heads/", "refs/tags/", "refs/remotes/", "refs/"])
    }

    pub(super) fn branch_exists(&self, name: &str) -> bool {
        self.exists_in(name, &["refs/heads/"])
    }

    fn exists_in(&self, name: &str, places: &[&str]) -> bool {
        let Some((_, git_dir)) = self.repository() else {
            return false;
        };
        let common = self.common(&git_dir);
        let safe = !name.is_empty() && !name.split('/').any(|part| part.is_empty() || part == "." || part == "..");
        if !safe {
            return false;
        }
        let loose = places
            .iter()
            .any(|place| self.call.world.kind(&common.join(format!("{place}{name}"))) == Some(crate::FileKind::File));
        loose
            || self.text(&common.join("packed-refs"), REFS_LIMIT).is_some_and(|packed| {
                packed.lines().any(|line| {
                    line.split_once(' ')
                        .is_some_and(|(_, full)| places.iter().any(|place| full.strip_prefix(place) == Some(name)))
                })
            })
    }

    /// Whether git would take the word for a commit and not for a path.
    pub(super) fn is_revision(&self, word: &Word) -> bool {
        let text = word.text.as_str();
        if !word.known {
            let below = word.prefix.rsplit_once('/').and_then(|(dir, _)| self.path(dir));
            let is_dir = |path| self.call.world.kind(path) == Some(crate::FileKind::Directory);
            return !word.prefix.starts_with(['.', '/', ':']) && !below.as_deref().is_some_and(is_dir);
        }
        if matches!(text, "." | "..") || text.starts_with("./") || text.starts_with("../") || text.starts_with('/') {
            return false;
        }
        if text.starts_with(':') || text.contains(['*', '?', '[']) || text.ends_with('/') {
            return false;
        }
        if matches!(text, "-" | "@" | "HEAD" | "FETCH_HEAD" | "ORIG_HEAD" | "MERGE_HEAD")
            || text.contains("@{")
            || text.contains(['~', '^'])
            || text.starts_with("refs/")
            || self.ref_exists(text)
        {
            return true;
        }
        // What is neither a ref that can be seen here nor a file may still be a branch of the remote.
        self.path(text).is_none_or(|path| self.call.world.kind(&path).is_none())
    }

    /// The commit and the paths of `reset` and `checkout`.
    pub(super) fn revision_and_paths(&self, opts: &Opts) -> (Option<Word>, Vec<Word>) {
        if let Some(split) = opts.split {
            let (before, after) = opts.words.split_at(split.min(opts.words.len()));
            return (before.first().cloned(), after.to_vec());
        }
        match opts.words.split_first() {
            Some((first, rest)) if self.is_revision(first) => (Some(first.clone()), rest.to_vec()),
            _ => (None, opts.words.clone()),
        }
    }

    /// The value that a configuration variable has for this call.
    pub(super) fn configured(&self, key: &str) -> Option<String> {
        let find = |list: &[(String, String)]| {
            list.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value.clone())
        };
        find(&self.config).or_else(|| find(self.files.get_or_init(|| self.read_config())))
    }

    /// All of the configuration, last one wins.
    pub(super) fn all_configuration(&self) -> Vec<(String, String)> {
        self.files.get_or_init(|| self.read_config()).iter().chain(&self.config).cloned().collect()
    }

    pub(super) fn read_config(&self) -> Vec<(String, String)> {
        let world = self.call.world;
        let mut files = vec![PathBuf::from("/etc/gitconfig")];
        let home = match self.call.variable("HOME") {
            Some(Value::Known(home)) if !home.is_empty() => Some(PathBuf::from(home)),
            _ => world.home(None),
        };
        if let Some(Value::Known(global)) = self.call.variable("GIT_CONFIG_GLOBAL") {
            files.extend(self.path(&global));
        } else {
            match self.call.variable("XDG_CONFIG_HOME") {
                Some(Value::Known(xdg)) if !xdg.is_empty() => files.push(Path::new(&xdg).join("git/config")),
                _ => files.extend(home.as_ref().map(|home| home.join(".config/git/config"))),
            }
            files.extend(home.as_ref().map(|home| home.join(".gitconfig")));
        }
        if let Some((_, git_dir)) = self.repository() {
            files.push(self.common(&git_dir).join("config"));
            files.push(git_dir.join("config.worktree"));
        }
        let mut all = Vec::new();
        for file in files {
            self.read_config_file(&file, home.as_deref(), 0, &mut all);
        }
        all
    }

    pub(super) fn read_config_file(
        &self,
        file: &Path,
        home: Option<&Path>,
        depth: usize,
        all: &mut Vec<(String, String)>,
    ) {
        let Some(text) = self.text(file, CONFIG_LIMIT) else {
            return;
        };
        for (key, value) in parse_config(&text) {
            // Conditions of `includeIf` are not evaluated: more aliases are known than git would see, never fewer.
            let include = key == "include.path" || (key.starts_with("includeif.") && key.ends_with(".path"));
            if include && depth < 4 {
                let path = match value.strip_prefix("~/") {
                    Some(rest) => home.map(|home| home.join(rest)),
                    None => file.parent().map(|parent| parent.join(&value)),
                };
                if let Some(path) = path {
                    self.read_config_file(&normalize(&path), home, depth + 1, all);
                }
            } else {
                all.push((key, value));
            }
        }
    }
}
