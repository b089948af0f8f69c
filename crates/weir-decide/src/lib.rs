//! Policy: Cedar schema, layers, compiled slices, the remedy search.
//!
//! Policies are plain Cedar. They are parsed, validated and cut into slices ahead of time ([`compile`]); a decision loads
//! only the slice that can apply to its verb and target kind, and evaluates it with Cedar's own evaluator ([`Engine`]).

mod cases;
mod codec;
mod compile;
mod engine;
mod environments;
mod error;
mod explain;
mod facts;
mod layers;
mod slices;
mod texts;

pub use cases::{TestReport, run_tests};
pub use compile::{Compiled, compile};
pub use engine::{Decision, Engine, Means};
pub use error::{DecideError, PolicyError};
pub use explain::explain;
pub use facts::Facts;
pub use layers::{Layer, Layers, PolicyInfo, builtin_sources};
