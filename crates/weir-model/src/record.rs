//! What the ledger keeps.

use serde::{Deserialize, Serialize};

use crate::{
    Action, Approval, Hold, HoldId, Judgement, Outcome, Promise, RecordId, Rejection, RestorePointId, Session,
    Timestamp, Undone,
};

/// The version of the stored form that this build writes.
pub const RECORD_VERSION: u32 = 1;

/// One record of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The version of the stored form.
    pub v: u32,
    /// This record's own name.
    pub id: RecordId,
    /// When it was written.
    pub at: Timestamp,
    /// What it says.
    #[serde(flatten)]
    pub entry: Entry,
}

impl Record {
    /// A new record of `entry` at `at`.
    #[must_use]
    pub fn new(at: Timestamp, entry: Entry) -> Self {
        Self { v: RECORD_VERSION, id: RecordId::new(), at, entry }
    }
}

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Entry {
    /// An action was judged.
    Judged {
        /// What was asked for.
        action: Box<Action>,
        /// What was decided.
        judgement: Box<Judgement>,
    },
    /// An action ended.
    Settled {
        /// How.
        outcome: Outcome,
    },
    /// A session began.
    SessionStarted {
        /// Which.
        session: Session,
    },
    /// An action waits for people.
    Held {
        /// What waits.
        hold: Hold,
    },
    /// A person consented.
    Approved {
        /// The consent.
        approval: Approval,
    },
    /// A consent was used up by an action.
    ApprovalUsed {
        /// The hold that was answered.
        hold: HoldId,
    },
    /// A person refused.
    Rejected {
        /// The refusal.
        rejection: Rejection,
    },
    /// The end of the ledger was torn (a crash in the middle of a write) and was repaired.
    Repaired {
        /// How many bytes of an unfinished record were set aside.
        torn_bytes: u64,
        /// The file in which they are kept.
        kept_in: String,
    },
    /// A restore point was made: what was promised.
    RestorePointMade {
        /// The promise.
        promise: Promise,
    },
    /// A restore point is no more.
    RestorePointDropped {
        /// Which.
        point: RestorePointId,
        /// Why, for people.
        why: String,
    },
    /// Something was taken back.
    Undone {
        /// What was done, and whether it is what was promised.
        undone: Undone,
    },
    /// The guard was switched on or off for an agent, or its policy changed.
    Configured {
        /// What was done, for people.
        what: String,
    },
    /// Weir itself could not do its work.
    Fault {
        /// What went wrong, for people.
        what: String,
    },
}
