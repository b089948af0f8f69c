//! Where a command acts, by the configuration that it would read: account, project, context, workspace, server.
//!
//! Files are read and nothing is started. What is found goes to people as text (never a password, a token or a key) and
//! to the patterns of policy as single names. What cannot be read stays unknown.

mod cloud;
mod database;
mod files;
mod kubernetes;
mod terraform;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use weir_model::{Lookup, Provider};

/// Where a command acts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// For people: what was found, and in which file.
    pub(crate) said: Vec<String>,
    /// The names that patterns are compared with: accounts, projects, contexts, hosts.
    pub(crate) names: Vec<String>,
}

impl Found {
    /// Something that was found: `what` for people, and its name.
    fn add(&mut self, what: impl Into<String>, name: impl Into<String>) {
        let name = name.into();
        if !name.is_empty() && !self.names.contains(&name) {
            self.said.push(what.into());
            self.names.push(name);
        }
    }
}

/// Looks it up. `home` is that of the person that the agent works for.
pub(crate) fn find(lookup: &Lookup, home: Option<&Path>) -> Found {
    let place = Place { lookup, home };
    match lookup.provider {
        Provider::Kubernetes => kubernetes::find(&place),
        Provider::Aws => cloud::aws(&place),
        Provider::Gcloud => cloud::gcloud(&place),
        Provider::Azure => cloud::azure(&place),
        Provider::Docker => cloud::docker(&place),
        Provider::Terraform => terraform::find(&place),
        Provider::DatabaseClient => database::client(&place),
        Provider::DatabaseProject => database::project(&place),
    }
}

/// A command's own words, and the home directory in which its configuration is.
struct Place<'a> {
    lookup: &'a Lookup,
    home: Option<&'a Path>,
}

impl Place<'_> {
    /// A file of the home directory.
    fn at_home(&self, path: &str) -> Option<PathBuf> {
        Some(self.home?.join(path))
    }

    /// A path as the command means it.
    fn path(&self, text: &str) -> Option<PathBuf> {
        match text.strip_prefix("~/") {
            Some(rest) => self.at_home(rest),
            None if Path::new(text).is_absolute() => Some(PathBuf::from(text)),
            None => Some(self.lookup.directory.as_ref()?.join(text)),
        }
    }

    /// A file for people: short where it is below the home directory.
    fn shown(&self, path: &Path) -> String {
        match self.home.and_then(|home| path.strip_prefix(home).ok()) {
            Some(rest) => format!("~/{}", rest.display()),
            None => path.display().to_string(),
        }
    }
}
