//! The built program from outside: wiring, bad input, and what people and scripts see.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod answers;
mod bad_input;
mod cal;
mod cal_lsp;
mod cal_repl;
mod cal_watch;
mod catalog;
mod check;
mod install;
mod many;
mod policies;
#[cfg(target_os = "linux")]
mod replay;
#[cfg(target_os = "linux")]
mod run;
mod support;
#[cfg(target_os = "linux")]
mod undo;
mod undo_git;
