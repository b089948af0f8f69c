//! Restore points on a real file system.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests fail like tests"
)]

mod crash;
mod faults;
mod fidelity;
mod git;
mod known;
mod measure;
mod order;
mod property;
mod support;
