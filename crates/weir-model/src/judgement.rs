//! What Weir decides about an action, and what then happened.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{ActionId, Digest, Effect, HoldId, RestorePointId, Timestamp};

/// The decision. Ordered from mildest to strictest, so that the verdict of an action is the maximum over its effects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Policy is content.
    Allow,
    /// Policy is content once Weir has made a restore point.
    AllowWithRestorePoint,
    /// People are needed.
    Hold,
    /// No remedy helps.
    Deny,
}

impl Verdict {
    /// The name used in JSON and in texts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::AllowWithRestorePoint => "allow_with_restore_point",
            Self::Hold => "hold",
            Self::Deny => "deny",
        }
    }
}

/// What would make an effect acceptable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "remedy", rename_all = "snake_case")]
pub enum Remedy {
    /// Weir makes the effect undoable first.
    RestorePoint,
    /// A harmless command shows what would happen first.
    Preview,
    /// People consent.
    Approvals {
        /// How many.
        count: u32,
    },
}

/// One policy that decided, with its texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyHit {
    /// `@id` of the policy.
    pub id: String,
    /// `@reason`: why it objects.
    pub reason: String,
    /// `@advice`: the way out.
    pub advice: String,
}

/// How much of the action was understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Analysis {
    /// All of it.
    Complete,
    /// Some part is opaque, or a limit was reached.
    Partial,
}

/// A file that was read to understand the action, pinned by its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// The file.
    pub path: PathBuf,
    /// SHA-256 of what was read.
    pub sha256: Digest,
}

/// What Weir decided about one action, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// The action.
    pub action: ActionId,
    /// The decision.
    pub verdict: Verdict,
    /// What the action would do, measured and decided.
    pub effects: Vec<Effect>,
    /// The ids of all policies that decided, each once.
    pub policies: Vec<String>,
    /// Why, in one or two sentences, with the measured numbers. Empty where nothing is to say.
    pub reason: String,
    /// The one exact way out. Empty where nothing is to say.
    pub advice: String,
    /// How much of the action was understood.
    pub analysis: Analysis,
    /// The remedies that the verdict takes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remedies: Vec<Remedy>,
    /// What waits for people, where the verdict is a hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<HoldId>,
    /// The approval that was used up, where a person had consented before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<HoldId>,
    /// What makes the action undoable, where Weir made it before letting the action run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore_point: Option<RestorePointId>,
    /// Files that were read to understand the action.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pins: Vec<Pin>,
    /// Things that went wrong inside Weir while judging, for people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The version of the policy that decided: a digest of its sources.
    pub policy_version: Digest,
    /// How long judging took, in microseconds.
    #[serde(default)]
    pub took_us: u64,
}

/// What happened with an action after it was let through, as the client reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The agent's short name.
    pub agent: String,
    /// The client's session id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The client's own id of the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// The client's name for the tool.
    pub tool: String,
    /// Whether the client says that it failed; `None` where it does not tell (Codex has no exit code at all).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<bool>,
    /// How long it ran, in milliseconds, where the client tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
}

/// One run of an agent, from the client's first event to its last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The agent's short name.
    pub agent: String,
    /// The client's session id.
    pub id: String,
    /// When Weir first saw it.
    pub started: Timestamp,
    /// The directory in which it began.
    pub cwd: PathBuf,
}
