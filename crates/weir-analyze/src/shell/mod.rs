//! The shell: text to expanded calls.
#![expect(dead_code, reason = "until the evaluator is here")]

mod ir;
mod limits;
mod parse;
mod second;
mod word;
