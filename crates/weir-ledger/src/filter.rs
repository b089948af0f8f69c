//! Which records are wanted, decided on a few of their fields: most records of a long ledger are never parsed whole.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use weir_model::{Entry, Timestamp, Verdict};

/// The kinds of [`Entry`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// [`Entry::Judged`].
    Judged,
    /// [`Entry::Settled`].
    Settled,
    /// [`Entry::SessionStarted`].
    SessionStarted,
    /// [`Entry::Held`].
    Held,
    /// [`Entry::Approved`].
    Approved,
    /// [`Entry::ApprovalUsed`].
    ApprovalUsed,
    /// [`Entry::Rejected`].
    Rejected,
    /// [`Entry::Repaired`].
    Repaired,
    /// [`Entry::RestorePointMade`].
    RestorePointMade,
    /// [`Entry::RestorePointDropped`].
    RestorePointDropped,
    /// [`Entry::Undone`].
    Undone,
    /// [`Entry::Configured`].
    Configured,
    /// [`Entry::Fault`].
    Fault,
}

impl Kind {
    /// The record's `type` in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Judged => "judged",
            Self::Settled => "settled",
            Self::SessionStarted => "session_started",
            Self::Held => "held",
            Self::Approved => "approved",
            Self::ApprovalUsed => "approval_used",
            Self::Rejected => "rejected",
            Self::Repaired => "repaired",
            Self::RestorePointMade => "restore_point_made",
            Self::RestorePointDropped => "restore_point_dropped",
            Self::Undone => "undone",
            Self::Configured => "configured",
            Self::Fault => "fault",
        }
    }
}

impl From<&Entry> for Kind {
    fn from(entry: &Entry) -> Self {
        match entry {
            Entry::Judged { .. } => Self::Judged,
            Entry::Settled { .. } => Self::Settled,
            Entry::SessionStarted { .. } => Self::SessionStarted,
            Entry::Held { .. } => Self::Held,
            Entry::Approved { .. } => Self::Approved,
            Entry::ApprovalUsed { .. } => Self::ApprovalUsed,
            Entry::Rejected { .. } => Self::Rejected,
            Entry::Repaired { .. } => Self::Repaired,
            Entry::RestorePointMade { .. } => Self::RestorePointMade,
            Entry::RestorePointDropped { .. } => Self::RestorePointDropped,
            Entry::Undone { .. } => Self::Undone,
            Entry::Configured { .. } => Self::Configured,
            Entry::Fault { .. } => Self::Fault,
        }
    }
}

/// Which records are wanted. An empty field does not limit.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only this agent.
    pub agent: Option<String>,
    /// Only this session of a client.
    pub session: Option<String>,
    /// Only at or after this time; reading back stops where all records are older.
    pub since: Option<Timestamp>,
    /// Only before this time.
    pub until: Option<Timestamp>,
    /// Only these verdicts.
    pub verdicts: Vec<Verdict>,
    /// Only these kinds.
    pub kinds: Vec<Kind>,
    /// Only judgements.
    pub judged_only: bool,
}

/// What the fields that a filter looks at say about a record.
pub(crate) struct Fit {
    pub(crate) fits: bool,
    pub(crate) at: Timestamp,
}

impl Filter {
    /// Whether the record in `json` is wanted; `None` where its fields cannot be read.
    pub(crate) fn look(&self, json: &[u8]) -> Option<Fit> {
        let view: View<'_> = serde_json::from_slice(json).ok()?;
        Some(Fit { fits: self.wants(&view), at: view.at })
    }

    fn wants(&self, view: &View<'_>) -> bool {
        let verdict = view.judgement.as_ref().map(|judgement| judgement.verdict);
        let agent = view.agent();
        let session = view.session();
        let is = |kind: &Kind| view.kind == kind.name();
        (!self.judged_only || is(&Kind::Judged))
            && (self.kinds.is_empty() || self.kinds.iter().any(is))
            && self.agent.as_deref().is_none_or(|wanted| agent == Some(wanted))
            && self.session.as_deref().is_none_or(|wanted| session == Some(wanted))
            && (self.verdicts.is_empty() || verdict.is_some_and(|verdict| self.verdicts.contains(&verdict)))
            && self.since.is_none_or(|since| view.at >= since)
            && self.until.is_none_or(|until| view.at < until)
    }
}

/// The few fields of a record that filters look at.
#[derive(Deserialize)]
struct View<'a> {
    at: Timestamp,
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    action: Option<ActionView<'a>>,
    #[serde(default)]
    judgement: Option<JudgementView>,
    #[serde(borrow, default)]
    outcome: Option<OutcomeView<'a>>,
    #[serde(borrow, default)]
    session: Option<SessionView<'a>>,
    #[serde(borrow, default)]
    hold: Option<HoldView<'a>>,
}

#[derive(Deserialize)]
struct ActionView<'a> {
    #[serde(borrow)]
    agent: AgentView<'a>,
}

#[derive(Deserialize)]
struct AgentView<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(default)]
    session: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct JudgementView {
    verdict: Verdict,
}

#[derive(Deserialize)]
struct OutcomeView<'a> {
    #[serde(borrow)]
    agent: Cow<'a, str>,
    #[serde(default)]
    session: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct SessionView<'a> {
    #[serde(borrow)]
    agent: Cow<'a, str>,
    #[serde(borrow)]
    id: Cow<'a, str>,
}

/// A hold, or (of a consent that was used up) only its id.
#[derive(Deserialize)]
#[serde(untagged)]
enum HoldView<'a> {
    Hold {
        #[serde(borrow)]
        agent: Cow<'a, str>,
    },
    Id(IgnoredAny),
}

impl View<'_> {
    fn agent(&self) -> Option<&str> {
        let held = match &self.hold {
            Some(HoldView::Hold { agent }) => Some(&**agent),
            Some(HoldView::Id(_)) | None => None,
        };
        (self.action.as_ref().map(|action| &*action.agent.name))
            .or_else(|| self.outcome.as_ref().map(|outcome| &*outcome.agent))
            .or_else(|| self.session.as_ref().map(|session| &*session.agent))
            .or(held)
    }

    fn session(&self) -> Option<&str> {
        (self.action.as_ref().and_then(|action| action.agent.session.as_deref()))
            .or_else(|| self.outcome.as_ref().and_then(|outcome| outcome.session.as_deref()))
            .or_else(|| self.session.as_ref().map(|session| &*session.id))
    }
}
