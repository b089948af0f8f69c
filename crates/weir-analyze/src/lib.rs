//! Text to effects: what a command or tool call would really do.
//!
//! Analysis touches the world only through [`World`], changes nothing and starts nothing.

pub mod call;
mod world;

pub use world::{DirEntry, FileKind, World};
