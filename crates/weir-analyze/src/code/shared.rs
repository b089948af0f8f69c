//! What the libraries of several languages have in common.

pub(super) mod files;
pub(super) mod paths;
pub(super) mod values;
