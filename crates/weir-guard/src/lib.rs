//! The loop as one function: sense, analyze, measure, decide, act, record.
//!
//! [`Guard::judge`] says what Weir thinks of an action and changes nothing; [`Guard::admit`] is what a gate calls: it
//! judges, uses up approvals, opens holds and writes the ledger; [`Guard::settle`] records how an action ended.

mod config;
mod fault;
mod guard;
mod holds;
mod policy;
mod remedies;
mod run;
mod run_settings;
mod sessions;
mod surfaces;

pub use config::{Config, Paths};
pub use fault::GuardError;
pub use guard::{Explanation, Guard};
pub use holds::{HoldState, Holds};
pub use policy::{PolicyState, policy_layers};
pub use remedies::KeepError;
pub use run::{Said, Supervision};
pub use run_settings::{Network, RunSettings, RunSettingsError};
pub use sessions::Sessions;
pub use surfaces::control_at;
