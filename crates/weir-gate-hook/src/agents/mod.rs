//! One file per agent. What several of them share is in `wire`, `tools`, `answer` and `install`.

pub(crate) mod claude;
pub(crate) mod cline;
pub(crate) mod codex;
pub(crate) mod copilot;
pub(crate) mod gemini;
pub(crate) mod opencode;
pub(crate) mod qwen;
