//! What waits for people, and their answers.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{ActionId, Digest, HoldId, Timestamp};

/// An action that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Its name; shown to the agent, and approving nothing by itself.
    pub id: HoldId,
    /// The action that is held.
    pub action: ActionId,
    /// What a consent would be bound to: normalized action, directory, policy version.
    pub digest: Digest,
    /// The agent's short name.
    pub agent: String,
    /// What a person recognizes the action by.
    pub summary: String,
    /// The directory in which it would run.
    pub cwd: PathBuf,
    /// Why it is held.
    pub reason: String,
    /// The version of the policy that holds it.
    pub policy_version: Digest,
    /// How many people must consent.
    pub approvals_needed: u32,
    /// When it was held.
    pub at: Timestamp,
    /// When it can no longer be answered.
    pub expires: Timestamp,
}

/// A person's consent to one digest; single use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The hold that it answers.
    pub hold: HoldId,
    /// What it is bound to.
    pub digest: Digest,
    /// The operating-system user who consented.
    pub by: String,
    /// The terminal at which it was given.
    pub terminal: String,
    /// When it was given.
    pub at: Timestamp,
    /// When it can no longer be used.
    pub expires: Timestamp,
}

/// A person's refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// The hold that it answers.
    pub hold: HoldId,
    /// The operating-system user who refused.
    pub by: String,
    /// Why, in the person's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// When it was given.
    pub at: Timestamp,
}
