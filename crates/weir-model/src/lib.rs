//! The vocabulary of Weir: pure data types and their serialization. No I/O.
//!
//! Data flows one way through these types: a gate makes an [`Action`]; analysis turns it into [`Effect`]s; measurement
//! fills each effect's [`Impact`]; policy gives a [`Judgement`] with a [`Verdict`]; what really happened is an
//! [`Outcome`]; and everything is kept as [`Record`]s in the ledger.
//!
//! Every type that is stored carries a version in its envelope ([`Record::v`]) and has a golden file in `tests/golden`.

mod action;
mod effect;
mod environments;
mod hold;
mod id;
mod impact;
mod judgement;
mod lookup;
mod record;
mod remote;
mod restore;
pub mod say;
mod secret;
mod step;
mod surface;
mod target;

pub use action::{Action, Agent, Patch, PatchOp, Request};
pub use effect::{Effect, GitScope, Scope, Sent, Span, Verb};
pub use environments::{EnvironmentPattern, Environments, fits_pattern};
pub use hold::{Approval, Hold, Rejection};
pub use id::{ActionId, Digest, HoldId, ParseIdError, RecordId, RestorePointId};
pub use impact::{Figure, Impact, Reversibility};
pub use judgement::{Analysis, Judgement, Outcome, Pin, PolicyHit, Remedy, Session, Verdict};
pub use lookup::{Lookup, Provider};
pub use record::{Entry, RECORD_VERSION, Record};
pub use remote::{RemoteHead, RemotePush};
pub use restore::{KEPT_REFS, Promise, Undone, is_kept_ref};
pub use secret::{is_credential, is_data_file, is_secret, is_secret_variable};
pub use step::{Step, StepWord, WordValue};
pub use surface::{Surface, SurfaceBase};
pub use target::{Environment, Target, TargetKind};

/// A point in time, to the millisecond in what is stored; RFC 3339 in JSON.
pub use jiff::Timestamp;
