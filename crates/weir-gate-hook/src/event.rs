//! What a client tells through its hook, in terms that every client shares.

use std::path::PathBuf;

use thiserror::Error;
use weir_model::{Outcome, Request};

/// One hook call of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A tool is about to run: the call that is judged.
    PreTool(ActionParts),
    /// A tool ran, or failed to.
    PostTool(Outcome),
    /// A session begins or goes on.
    SessionStart {
        /// The client's session id.
        session: String,
        /// Where it begins.
        cwd: Option<PathBuf>,
    },
    /// The client is about to ask its person for permission.
    PermissionRequest(ActionParts),
    /// A settings file of the client changed while it runs.
    ConfigChange {
        /// The file, where the client names it.
        path: Option<PathBuf>,
        /// Which kind of settings, in the client's words (`user_settings`, `local_settings`).
        source: String,
    },
    /// Anything else; never judged.
    Other,
}

/// An action as far as the payload tells it; who, where and when it is asked is added by the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionParts {
    /// The client's session id.
    pub session: Option<String>,
    /// The sub-agent that made the call, where the client tells.
    pub subagent: Option<String>,
    /// The client's name for the tool.
    pub tool: String,
    /// The client's id of the call.
    pub call: Option<String>,
    /// What is asked for.
    pub request: Request,
    /// The directory in which it would run; `None` where the client does not tell (then it is the hook's own).
    pub cwd: Option<PathBuf>,
    /// The client's own name of the event, which some answers must repeat.
    pub event: String,
    /// No person sits at the client. Set by the caller from [`crate::Dialect::headless`]; false until then.
    pub headless: bool,
}

/// The payload cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WireFault {
    /// More than [`crate::LARGEST_PAYLOAD`].
    #[error("the payload has {bytes} bytes, more than the {} MiB that are read", crate::LARGEST_PAYLOAD >> 20)]
    TooLarge {
        /// How many.
        bytes: usize,
    },
    /// Not text.
    #[error("the payload is not valid UTF-8 at byte {at}")]
    NotUtf8 {
        /// The first byte that is not.
        at: usize,
    },
    /// Text, but not JSON, or JSON of another shape.
    #[error("the payload is not the expected JSON: {0}")]
    NotJson(String),
    /// JSON without what the event needs.
    #[error("{0}")]
    Shape(String),
}
