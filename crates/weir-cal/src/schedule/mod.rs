//! What a script asks for later: conditions that must hold for a time, and things that are due on a day.

pub mod durable;
pub mod recall;
pub mod watch;
