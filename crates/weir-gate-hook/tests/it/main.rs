//! The hook gate from outside: payloads of real clients in, answers out, settings changed and restored.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod answers;
mod hostile;
mod install;
mod lines;
mod payloads;
