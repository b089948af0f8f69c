//! Answers, and the encodings that clients obey.
//!
//! No opinion is exit 0 with nothing on standard output: an explicit "allow" would approve the call in place of the
//! person. A refusal is given twice, as exit 2 with a reason on standard error and as the client's own JSON on standard
//! output, because each client ignores one of the two in some situation, and none ignores both.

use serde::Serialize;
use serde_json::json;
use weir_model::HoldId;

use crate::find_agent;

/// The longest reason that is sent, in characters.
const LONGEST_REASON: usize = 4_000;

/// What Weir has to say about an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// No opinion: the client does what it would do without Weir.
    Silent,
    /// The call must not run.
    Deny {
        /// Why, and what to do instead.
        reason: String,
    },
    /// The call waits for a person.
    Hold {
        /// Why, and what to do instead.
        reason: String,
        /// What waits.
        id: HoldId,
    },
    /// The change of settings must not take effect.
    Block {
        /// Why.
        reason: String,
    },
}

/// What the hook process prints and how it exits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reply {
    /// Standard output, at once.
    pub stdout: Vec<u8>,
    /// Standard error, at once.
    pub stderr: Vec<u8>,
    /// The exit code.
    pub exit: u8,
}

impl Reply {
    /// No opinion.
    #[must_use]
    pub fn silent() -> Self {
        Self::default()
    }

    /// `body` on standard output, exit 0.
    pub(crate) fn json(body: &impl Serialize) -> Self {
        Self { stdout: encode(body), stderr: Vec::new(), exit: 0 }
    }

    /// `body` on standard output, `reason` on standard error, exit 2.
    pub(crate) fn belt(body: &impl Serialize, reason: &str) -> Self {
        let mut stderr = reason.as_bytes().to_vec();
        stderr.push(b'\n');
        Self { stdout: encode(body), stderr, exit: 2 }
    }
}

fn encode(body: &impl Serialize) -> Vec<u8> {
    // Only maps with string keys and strings are ever encoded; an empty body still refuses by its exit code.
    serde_json::to_vec(body).unwrap_or_default()
}

/// The answer of the Claude layout, which Codex and Qwen share.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClaudeBody<'a> {
    hook_specific_output: ClaudeOutput<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ClaudeOutput<'a> {
    hook_event_name: &'a str,
    permission_decision: &'a str,
    permission_decision_reason: &'a str,
}

impl<'a> ClaudeBody<'a> {
    /// A decision about a tool call.
    pub(crate) const fn new(event: &'a str, decision: &'a str, reason: &'a str) -> Self {
        Self {
            hook_specific_output: ClaudeOutput {
                hook_event_name: event,
                permission_decision: decision,
                permission_decision_reason: reason,
            },
        }
    }
}

/// The refusal of a permission request in the Claude layout.
pub(crate) fn claude_permission_denied(reason: &str) -> Reply {
    Reply::json(&json!({
        "hookSpecificOutput": {
            "hookEventName": "PermissionRequest",
            "decision": { "behavior": "deny", "message": reason },
        }
    }))
}

/// A reason that is never empty, never too long, and has no control characters that could write to a terminal.
pub(crate) fn bounded(reason: &str) -> String {
    let mut text = String::with_capacity(reason.len().min(LONGEST_REASON * 4) + 16);
    for (at, c) in reason.trim().chars().enumerate() {
        if at == LONGEST_REASON {
            text.push_str(" [cut]");
            break;
        }
        let harmless = !c.is_control() || matches!(c, '\n' | '\t');
        text.push(if harmless { c } else { char::REPLACEMENT_CHARACTER });
    }
    if text.is_empty() {
        text.push_str("Weir refused this call");
    }
    text
}

/// The text of a hold: what waits, who can answer it, and how to go on.
///
/// The name of the command is for the person; an agent that runs it is refused, since it has no terminal of its own.
pub(crate) fn hold_text(reason: &str, id: HoldId) -> String {
    let tail = format!(
        "\nThis call waits for a person as hold {id}: a person can answer with `weir approve {id}` in their own \
         terminal. After that, the same call can be tried again; until then, it stays refused."
    );
    let mut text = bounded(reason);
    text.push_str(&tail);
    text
}

/// The answer where something went wrong inside Weir, for the agent called `agent`: refuses what may have an effect.
#[must_use]
pub fn fault_reply(agent: &str, text: &str, effectful: bool) -> Reply {
    if !effectful {
        return Reply::silent();
    }
    let reason = bounded(&format!("Weir could not judge this call, so it is refused: {text}"));
    if let Some(dialect) = find_agent(agent) {
        return dialect.refuse(&reason);
    }
    // Nobody knows who listens: the keys of all clients in one object, which each of them obeys together with exit 2.
    Reply::belt(
        &json!({
            "decision": "deny",
            "reason": reason,
            "permissionDecision": "deny",
            "permissionDecisionReason": reason,
            "cancel": true,
            "errorMessage": reason,
            "hookSpecificOutput": {
                "hookEventName": "PreToolUse",
                "permissionDecision": "deny",
                "permissionDecisionReason": reason,
            },
        }),
        &reason,
    )
}
