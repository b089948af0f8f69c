//! The first edition, exactly as the reference runtime 1.3.0 reads and runs it, its faults included.

pub mod json;
