//! Restore points on a real file system.

mod crash;
mod faults;
mod fidelity;
mod measure;
mod order;
mod property;
mod support;
