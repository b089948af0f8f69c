//! Coding agents' hooks: one file per agent, wire JSON in, wire JSON out; and the settings that make the agents call.
//!
//! A [`Dialect`] knows one client: how its payloads read ([`Dialect::parse`]), how an answer must be encoded so that the
//! client really obeys it ([`Dialect::answer`]), and which of its settings switch the hook on. The dialect is chosen by
//! name, never guessed from the payload: clients imitate each other's formats, and disagree in what they then obey.
//!
//! Everything on the hook path is pure: bytes in, bytes out. Only [`install`] touches the file system.
//!
//! To add an agent: one file in `agents/`, one line in [`AGENTS`], captured payloads in `tests/data/<agent>/`.

mod agents;
mod answer;
mod dialect;
mod event;
pub mod install;
mod patch;
mod tools;
mod wire;

pub use answer::{Answer, Reply, fault_reply};
pub use dialect::Dialect;
pub use event::{ActionParts, Event, WireFault};
pub use wire::LARGEST_PAYLOAD;

/// Every agent that Weir knows.
pub const AGENTS: &[&dyn Dialect] = &[
    &agents::claude::Claude,
    &agents::codex::Codex,
    &agents::gemini::Gemini,
    &agents::copilot::Copilot,
    &agents::qwen::Qwen,
    &agents::cline::Cline,
    &agents::opencode::OpenCode,
];

/// The agent called `name`.
#[must_use]
pub fn find_agent(name: &str) -> Option<&'static dyn Dialect> {
    AGENTS.iter().copied().find(|agent| agent.name() == name)
}
