//! Runs a command under the guard: `weir run -- COMMAND`.
//!
//! On Linux, without privileges and without namespaces. Landlock is the floor: the command can write below the writable
//! places only, and can remove, rename or link nothing at all by itself. A seccomp filter sends every call that could
//! destroy something to a supervisor, which carries it out itself, on what it has looked at, after it has noted in the
//! restore point how to take it back. A call is never looked at and then let through.
//!
//! This crate decides nothing: what may run, connect or go beyond a limit is asked of a [`Judge`]. On other systems
//! [`probe`] says [`Tier::None`] and [`run`] refuses.

mod options;

#[cfg(target_os = "linux")]
mod began;
#[cfg(target_os = "linux")]
mod calls;
#[cfg(target_os = "linux")]
mod child;
#[cfg(target_os = "linux")]
mod filter;
#[cfg(target_os = "linux")]
mod floor;
#[cfg(target_os = "linux")]
mod kernel;
#[cfg(target_os = "linux")]
mod placement;
#[cfg(target_os = "linux")]
mod regenerable;
#[cfg(target_os = "linux")]
mod remembered;
#[cfg(target_os = "linux")]
mod resolve;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod supervisor;
#[cfg(target_os = "linux")]
mod target;
#[cfg(target_os = "linux")]
mod tier;

#[cfg(not(target_os = "linux"))]
mod elsewhere;

#[cfg(not(target_os = "linux"))]
pub use elsewhere::{probe, run};
pub use options::{
    Judge, Limits, NetworkPolicy, Notice, Reached, Refusal, Ruling, RunError, RunOptions, RunReport, Tier, TierReport,
};
#[cfg(target_os = "linux")]
pub use run::run;
#[cfg(target_os = "linux")]
pub use tier::probe;
