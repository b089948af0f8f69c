//! Text to effects: what a command or tool call would really do.
//!
//! Analysis touches the world only through [`World`], changes nothing and starts nothing.

pub mod call;
mod catalog;
mod code;
mod family;
#[cfg(test)]
mod lab;
mod quote;
mod real_world;
mod request;
mod secrets;
mod shell;
mod world;

use weir_model::{Action, Effect, Pin, Step};

pub use catalog::{KnownCommand, KnownEffect, KnownTool, known_tool, known_tools};
pub use quote::{quoted, word};
pub use real_world::RealWorld;
pub use world::{DirEntry, FileKind, Nowhere, World};

/// What an action would do.
#[derive(Debug, Clone, Default)]
pub struct Analysis {
    /// In the order in which they would happen, not yet measured.
    pub effects: Vec<Effect>,
    /// False where some part is opaque, or a limit was reached.
    pub complete: bool,
    /// The files that were read as programs, by their content.
    pub pins: Vec<Pin>,
    /// What could not be analyzed, for people.
    pub findings: Vec<String>,
    /// How a command was understood, step by step; empty unless [`explain`] was asked, and for what is no command.
    pub steps: Vec<Step>,
}

/// Says what an action would do. Never fails: what is not understood is an opaque effect.
#[must_use]
pub fn analyze(action: &Action, world: &dyn World) -> Analysis {
    request::analyze(action, world, false)
}

/// As [`analyze`], with the steps by which a command was understood.
#[must_use]
pub fn explain(action: &Action, world: &dyn World) -> Analysis {
    request::analyze(action, world, true)
}
