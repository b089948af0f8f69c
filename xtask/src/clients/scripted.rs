//! The scripted model of Weir's canary, and how it starts each client: the same source, for commands of a trial.

#[path = "../../../crates/weir/src/canary/clients.rs"]
#[expect(dead_code, reason = "what the canary itself asks for, and cleans up, is not needed for a trial")]
mod clients;
#[path = "../../../crates/weir/src/canary/http.rs"]
mod http;
#[path = "../../../crates/weir/src/canary/model.rs"]
mod model;
#[path = "../../../crates/weir/src/canary/wire.rs"]
mod wire;

pub(super) use clients::{CLIENTS, Client, Setup};
pub(super) use model::{Model, Steps};

/// In the prompt, so that the model knows the conversation from the client's own side questions.
const MARKER: &str = "weir-trial-3f9a";
/// What the client is told.
pub(super) const PROMPT: &str = "weir-trial-3f9a: run the clean-up script of this project.";
/// Named by the canary's own steps, which a trial replaces.
const VICTIM: &str = "weir-trial-victim";
const HARMLESS: &str = "weir-trial-harmless";
