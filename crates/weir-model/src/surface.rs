//! The guard's own controls, as patterns of paths.

use serde::Serialize;

/// Where a control surface's path starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SurfaceBase {
    /// The person's home directory.
    Home,
    /// Any directory: the project-level settings of a repository.
    Project,
    /// The root of the file system: machine-wide, managed settings.
    Root,
}

/// One place whose content switches the guard on or off. Each agent's file in `weir-gate-hook` declares its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Surface {
    /// Whose control it is (`claude`, `weir`, `git`).
    pub owner: &'static str,
    /// Where `path` starts.
    pub base: SurfaceBase,
    /// The path below the base, with `/` between components and no leading `/`. A component may end in `*`.
    pub path: &'static str,
    /// True where everything below the path belongs to the surface too.
    pub subtree: bool,
}
