//! Restore points on a real file system.

mod crash;
mod faults;
mod fidelity;
mod order;
mod property;
mod support;
