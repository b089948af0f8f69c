//! The built program from outside: wiring, bad input, and what people and scripts see.

mod answers;
mod bad_input;
mod check;
mod many;
mod policies;
mod support;
