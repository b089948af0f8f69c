//! Restore points on a real file system.

mod crash;
mod fidelity;
mod order;
mod property;
mod support;
