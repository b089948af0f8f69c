//! The first edition, exactly as the reference runtime 1.3.0 reads and runs it, its faults included.

pub mod alerts;
pub mod cli;
mod cursor;
mod entities;
mod error;
mod execute;
mod filter;
pub mod formulas;
mod js;
pub mod json;
mod json_parse;
mod json_write;
mod parser;
#[cfg(test)]
mod parser_tests;
mod prototype;
mod results;
pub mod settings;
mod tree;
pub mod validate;

pub use entities::Entities;
pub use error::{Position, SyntaxError};
pub use execute::{Collections, Delivered, Send, Surroundings, execute};
pub use json::Json;
pub use parser::{Parsed, parse};
