//! Commands under the guard, against the real kernel: as root, where the tests are root, and as an ordinary user.
#![cfg(target_os = "linux")]

mod attacks;
mod cage;
mod everyday;
mod limits;
mod scripts;
mod supervisor;
