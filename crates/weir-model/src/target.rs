//! What is acted on.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Lookup;

/// The kind of thing that is acted on. Policies name these kinds; adding one is a change of the policy schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetKind {
    /// A file or a directory with everything below it.
    FileTree,
    /// The uncommitted changes and untracked files of a git working tree.
    GitWorktree,
    /// A local branch, tag or other ref, and the commits that only it reaches.
    GitRef,
    /// Entries of the git stash.
    GitStash,
    /// A branch or tag on a remote.
    GitRemoteRef,
    /// A git repository as a whole: its object database, configuration, reflog.
    GitRepository,
    /// A database as a whole.
    Database,
    /// A table, its rows or its definition.
    Table,
    /// Resources that a Terraform (or similar) state manages.
    InfrastructureState,
    /// A resource at a cloud provider.
    CloudResource,
    /// An object in a Kubernetes cluster.
    KubernetesObject,
    /// A container.
    Container,
    /// A container volume.
    Volume,
    /// A container image.
    Image,
    /// A package in the project's or the machine's environment.
    Package,
    /// A package, release or page that others will receive.
    Publication,
    /// A credential or key.
    Secret,
    /// Another machine, or an address on the network.
    Host,
    /// A running process or service of this machine.
    Process,
    /// A disk, partition or other block device.
    Device,
    /// The guard's own controls: agents' hook settings, Weir's policy, ledger and binary.
    ControlSurface,
    /// A program that is run and whose meaning is not known.
    Program,
    /// Not known what is acted on.
    Unknown,
}

impl TargetKind {
    /// Every kind, in the order of declaration.
    pub const ALL: [Self; 23] = [
        Self::FileTree,
        Self::GitWorktree,
        Self::GitRef,
        Self::GitStash,
        Self::GitRemoteRef,
        Self::GitRepository,
        Self::Database,
        Self::Table,
        Self::InfrastructureState,
        Self::CloudResource,
        Self::KubernetesObject,
        Self::Container,
        Self::Volume,
        Self::Image,
        Self::Package,
        Self::Publication,
        Self::Secret,
        Self::Host,
        Self::Process,
        Self::Device,
        Self::ControlSurface,
        Self::Program,
        Self::Unknown,
    ];

    /// The kebab-case name used in JSON, in the catalog and in texts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FileTree => "file-tree",
            Self::GitWorktree => "git-worktree",
            Self::GitRef => "git-ref",
            Self::GitStash => "git-stash",
            Self::GitRemoteRef => "git-remote-ref",
            Self::GitRepository => "git-repository",
            Self::Database => "database",
            Self::Table => "table",
            Self::InfrastructureState => "infrastructure-state",
            Self::CloudResource => "cloud-resource",
            Self::KubernetesObject => "kubernetes-object",
            Self::Container => "container",
            Self::Volume => "volume",
            Self::Image => "image",
            Self::Package => "package",
            Self::Publication => "publication",
            Self::Secret => "secret",
            Self::Host => "host",
            Self::Process => "process",
            Self::Device => "device",
            Self::ControlSurface => "control-surface",
            Self::Program => "program",
            Self::Unknown => "unknown",
        }
    }
}

/// Which environment a target belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Environment {
    /// People outside depend on it.
    Production,
    /// A rehearsal of production.
    Staging,
    /// A developer's own.
    Development,
    /// Made to be thrown away.
    Scratch,
    /// Not known; never treated as safe.
    #[default]
    Unknown,
}

impl Environment {
    /// Every environment, in the order of declaration.
    pub const ALL: [Self; 5] = [Self::Production, Self::Staging, Self::Development, Self::Scratch, Self::Unknown];

    /// The name used in JSON, in policies and in texts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Staging => "staging",
            Self::Development => "development",
            Self::Scratch => "scratch",
            Self::Unknown => "unknown",
        }
    }

    /// The order in which environments are protected, the strictest first.
    #[must_use]
    pub const fn strictness(self) -> u8 {
        match self {
            Self::Production => 0,
            Self::Staging => 1,
            Self::Development => 2,
            Self::Scratch => 3,
            Self::Unknown => 4,
        }
    }
}

/// One thing that is acted on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// What it is.
    pub kind: TargetKind,
    /// The name that a person would recognize: the word as written, a table, a resource address.
    pub name: String,
    /// The environment that it belongs to.
    #[serde(default)]
    pub environment: Environment,
    /// How the environment was found (`--context prod`, `AWS_PROFILE=dev`), for people to check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment_from: Option<String>,
    /// What the command says of the place where it acts, for measurement to look it up. Not kept.
    #[serde(skip)]
    pub lookup: Option<Arc<Lookup>>,
    /// True where destroying it destroys data (a volume, a database) and not only something that can be made again.
    #[serde(default)]
    pub stateful: bool,
    /// For targets in the file system: the absolute paths, lexically normalized, symlinks not followed.
    /// For git targets: one path, inside the working tree or the git directory.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<PathBuf>,
}

impl Target {
    /// A target of `kind` called `name`, in an unknown environment.
    #[must_use]
    pub fn new(kind: TargetKind, name: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
            environment: Environment::Unknown,
            environment_from: None,
            lookup: None,
            stateful: false,
            paths: Vec::new(),
        }
    }

    /// The same target at `paths`.
    #[must_use]
    pub fn at(mut self, paths: Vec<PathBuf>) -> Self {
        self.paths = paths;
        self
    }

    /// The same target, marked as holding data.
    #[must_use]
    pub fn stateful(mut self) -> Self {
        self.stateful = true;
        self
    }
}
