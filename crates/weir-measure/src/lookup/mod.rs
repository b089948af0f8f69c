//! Where a command acts, by the configuration that it would read: account, project, context, workspace, server.
//!
//! Files are read and nothing is started. What is found goes to people as text (never a password, a token or a key), and
//! as single facts to what decides about environments. What cannot be read stays unknown, and is said.

mod aws;
mod cloud;
mod database;
mod dotenv;
mod files;
mod framework;
mod ini;
mod kubernetes;
mod mask;
mod platform;
mod pulumi;
mod remote;
mod terraform;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use weir_model::{Lookup, Provider};

use crate::budget::Budget;
pub(crate) use remote::remote;

use files::Files;

/// How much a fact says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// It is the place: it decides in both directions.
    Place,
    /// It is about the place (a user, a region, a directory): it may only make things stricter.
    Hint,
    /// A name that only people's own patterns are compared with.
    Plain,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fact {
    /// The name itself: an account, a context, a host.
    pub(crate) name: String,
    pub(crate) weight: Weight,
}

/// Where a command acts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// For people: what was found, and in which file.
    pub(crate) said: Vec<String>,
    pub(crate) facts: Vec<Fact>,
}

impl Found {
    /// For people.
    fn say(&mut self, text: impl Into<String>) {
        let text = mask::plain(&text.into());
        if !text.is_empty() && !self.said.contains(&text) {
            self.said.push(text);
        }
    }

    /// A fact. Addresses come without user and password.
    fn fact(&mut self, weight: Weight, name: &str) {
        let name = mask::plain(name);
        if !name.is_empty() && !self.facts.iter().any(|fact| fact.name == name && fact.weight == weight) {
            self.facts.push(Fact { name, weight });
        }
    }

    fn place(&mut self, name: &str) {
        self.fact(Weight::Place, name);
    }

    fn hint(&mut self, name: &str) {
        self.fact(Weight::Hint, name);
    }
}

/// Looks it up. `home` is that of the person that the agent works for.
pub(crate) fn find(lookup: &Lookup, home: Option<&Path>, budget: &Budget) -> Found {
    let own = lookup.variable("HOME");
    let home = match own {
        // A home directory that is not known has no files that are known.
        Some(own) => own.map(PathBuf::from),
        None => home.map(Path::to_path_buf),
    };
    let files = Files::new(home.as_deref(), lookup.directory.as_deref(), budget);
    let mut place = Place { lookup, files, found: Found::default() };
    match lookup.provider {
        Provider::Kubernetes => kubernetes::find(&mut place),
        Provider::Aws => aws::find(&mut place),
        Provider::Gcloud => cloud::gcloud(&mut place),
        Provider::Azure => cloud::azure(&mut place),
        Provider::Docker => cloud::docker(&mut place),
        Provider::Terraform => terraform::find(&mut place),
        Provider::Pulumi => pulumi::find(&mut place),
        Provider::Database => database::find(&mut place),
        Provider::Platform => platform::find(&mut place),
    }
    for trouble in place.files.troubles() {
        place.found.say(trouble);
    }
    place.found
}

/// What is given, and where it came from.
struct Given {
    /// `None`: given, and not known.
    value: Option<String>,
    /// How a person would write it: `--profile`, `AWS_PROFILE`.
    by: String,
}

/// One lookup on its way.
struct Place<'a> {
    lookup: &'a Lookup,
    files: Files<'a>,
    found: Found,
}

impl Place<'_> {
    /// The first of these settings and variables that is given; variables have names in capital letters.
    fn given(&self, names: &[&str]) -> Option<Given> {
        names.iter().find_map(|name| {
            let is_variable = name.starts_with(|c: char| c.is_ascii_uppercase()) && name.len() > 1;
            let value = if is_variable { self.lookup.variable(name) } else { self.lookup.setting(&[name]) }?;
            let by = match (is_variable, name.len()) {
                (true, _) => (*name).to_owned(),
                (false, 1) => format!("-{name}"),
                (false, _) => format!("--{name}"),
            };
            Some(Given { value: value.map(str::to_owned), by })
        })
    }

    /// As [`Place::given`], where only a known value is of use; one that is not known is said.
    fn known(&mut self, names: &[&str]) -> Option<String> {
        let given = self.given(names)?;
        if given.value.is_none() {
            self.found.say(format!("what {} is, is not known", given.by));
        }
        given.value
    }

    /// True where one of them is given and not known: the configuration must not be taken instead.
    fn is_open(&self, names: &[&str]) -> bool {
        self.given(names).is_some_and(|given| given.value.is_none())
    }

    /// True where a flag is given.
    fn setting_is_on(&self, name: &str) -> bool {
        self.lookup.setting(&[name]) == Some(Some("true"))
    }

    fn word(&self, number: usize) -> Option<&str> {
        self.lookup.words.get(number.checked_sub(1)?)?.as_deref()
    }

    fn program(&self) -> &str {
        self.lookup.program.strip_suffix(".exe").unwrap_or(&self.lookup.program)
    }
}
