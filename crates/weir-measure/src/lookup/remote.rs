//! Where a git remote is.

use std::path::{Path, PathBuf};

use super::files::Files;
use super::ini::Ini;
use super::{Found, Weight};
use crate::budget::Budget;

/// Directories upward in which a repository is looked for.
const MOST_ANCESTORS: usize = 32;

/// The remote of a ref such as `origin/main`, of the repository that `directory` is in.
pub(crate) fn remote(directory: &Path, name: &str, budget: &Budget) -> Found {
    let files = Files::new(None, Some(directory), budget);
    let mut found = Found::default();
    if let Some((remote, url)) = lookup(&files, directory, name) {
        found.say(format!("remote {remote} ({url})"));
        found.place(&remote);
        found.fact(Weight::Plain, &url);
        if let Some(app) = app(&url) {
            found.place(app);
        }
    } else if let Some(app) = app(name) {
        found.place(app);
    }
    for trouble in files.troubles() {
        found.say(trouble);
    }
    found
}

fn lookup(files: &Files<'_>, directory: &Path, name: &str) -> Option<(String, String)> {
    let ini = config(files, directory)?;
    let of = |remote: &str| {
        let section = format!("remote \"{remote}\"");
        ini.get(&section, "pushurl").or_else(|| ini.get(&section, "url")).map(str::to_owned)
    };
    // A remote may have a slash in its name.
    let ends = name.match_indices('/').map(|(at, _)| at).chain([name.len()]);
    ends.filter_map(|end| name.get(..end)).find_map(|remote| Some((remote.to_owned(), of(remote)?)))
}

/// The configuration of the repository that `directory` is in.
pub(super) fn config(files: &Files<'_>, directory: &Path) -> Option<Ini> {
    let git = directory.ancestors().take(MOST_ANCESTORS).find_map(|dir| {
        let git = if dir.file_name().is_some_and(|name| name == ".git") { dir.to_owned() } else { dir.join(".git") };
        git.exists().then_some(git)
    })?;
    let git = if git.is_dir() {
        git
    } else {
        // A linked working tree: its own directory names the one with the configuration.
        let text = files.text(&git)?;
        let own = git.parent()?.join(text.strip_prefix("gitdir:")?.trim());
        match files.text(&own.join("commondir")) {
            Some(common) => own.join(common.trim()),
            None => own,
        }
    };
    Some(Ini::parse(&files.text(&PathBuf::from(&git).join("config"))?))
}

/// The application that a push to this address deploys.
pub(super) fn app(url: &str) -> Option<&str> {
    let rest = url.split_once("git.heroku.com/").or_else(|| url.split_once("heroku.com:"))?.1;
    let app = rest.strip_suffix(".git").unwrap_or(rest);
    (!app.is_empty() && !app.contains('/')).then_some(app)
}
