//! The packages of a repository that has several.

use std::path::{Path, PathBuf};

use weir_yaml::Yaml;

use super::in_dir;
use super::package::Package;
use crate::call::{Call, normalize};

/// The most packages that are looked at.
const MOST_PACKAGES: usize = 200;

/// The most entries of one directory.
const MOST_ENTRIES: usize = 2_000;

/// How deep `**` leads.
const DEEPEST: usize = 3;

/// The packages of the workspace of which `root` is the root.
pub(super) fn packages(call: &Call<'_>, root: &Package) -> Vec<Package> {
    packages_of(call, root, Vec::new())
}

/// As [`packages`], with more patterns of their directories.
pub(super) fn packages_of(call: &Call<'_>, root: &Package, more: Vec<String>) -> Vec<Package> {
    let dir = root.found.dir();
    let mut patterns = root.workspaces();
    patterns.extend(more);
    let yaml = in_dir(call, &dir, "pnpm-workspace.yaml");
    let yaml = yaml.and_then(|found| Yaml::parse(&String::from_utf8_lossy(&found.bytes)));
    let listed = yaml.as_ref().and_then(|yaml| yaml.get("packages")).map(Yaml::list).unwrap_or_default();
    patterns.extend(listed.iter().filter_map(Yaml::text).map(str::to_owned));
    let mut dirs = Vec::new();
    for pattern in patterns.iter().filter(|pattern| !pattern.starts_with('!')) {
        let segments: Vec<&str> = pattern.split('/').filter(|segment| !segment.is_empty() && *segment != ".").collect();
        below(call, &dir, &segments, 0, &mut dirs);
    }
    dirs.sort();
    dirs.dedup();
    let read = |dir: &PathBuf| in_dir(call, dir, "package.json").and_then(Package::read);
    dirs.iter().take(MOST_PACKAGES).filter_map(read).collect()
}

/// The root of the workspace around `dir`: the highest package that names workspaces, else the nearest one.
pub(super) fn root(call: &Call<'_>, dir: &Path) -> Option<Package> {
    let mut nearest = None;
    for dir in dir.ancestors() {
        let Some(package) = in_dir(call, dir, "package.json").and_then(Package::read) else { continue };
        if !package.workspaces().is_empty() || call.world.kind(&dir.join("pnpm-workspace.yaml")).is_some() {
            return Some(package);
        }
        nearest.get_or_insert(package);
    }
    nearest
}

/// Collects the directories that the rest of a pattern leads to.
fn below(call: &Call<'_>, dir: &Path, segments: &[&str], depth: usize, found: &mut Vec<PathBuf>) {
    if found.len() > MOST_PACKAGES {
        return;
    }
    let Some((first, rest)) = segments.split_first() else {
        found.push(dir.to_owned());
        return;
    };
    if !first.contains('*') {
        return below(call, &normalize(&dir.join(first)), rest, depth, found);
    }
    let deep = *first == "**";
    if deep {
        below(call, dir, rest, depth, found);
        if depth >= DEEPEST {
            return;
        }
    }
    let (before, after) = first.split_once('*').unwrap_or((first, ""));
    for entry in call.world.list(dir, MOST_ENTRIES).unwrap_or_default() {
        let Some(name) = entry.name.to_str().filter(|name| entry.is_dir && *name != "node_modules") else { continue };
        let path = dir.join(name);
        if deep && !name.starts_with('.') {
            below(call, &path, segments, depth + 1, found);
        } else if !deep && name.len() >= before.len() + after.len() && name.starts_with(before) && name.ends_with(after)
        {
            below(call, &path, rest, depth, found);
        }
    }
}
