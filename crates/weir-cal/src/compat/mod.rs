//! The first edition, exactly as the reference runtime 1.3.0 reads and runs it, its faults included.

mod cursor;
mod error;
pub mod json;
mod parser;
mod tree;

pub use error::{Position, SyntaxError};
pub use json::Json;
pub use parser::{Parsed, parse};
