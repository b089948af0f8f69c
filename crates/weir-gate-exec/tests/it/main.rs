//! Commands under the guard, against the real kernel: as root, where the tests are root, and as an ordinary user.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says as whom"
)]

mod attacks;
mod cage;
mod everyday;
mod limits;
mod scripts;
mod supervisor;
