//! Scenarios of documented incidents, and the scratch world in which they are replayed.

mod incident;
pub(crate) mod report;
mod world;

pub(crate) use incident::{Expect, Incident, Prop, Step};
pub(crate) use world::{Played, Undone, World};

include!(concat!(env!("OUT_DIR"), "/incidents.rs"));
