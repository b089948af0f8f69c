//! The append-only, hash-chained record of what happened.
//!
//! # The file
//!
//! `ledger.log` holds one record per line, so that people can read it:
//!
//! ```text
//! <length of the JSON, 8 hexadecimal digits> <JSON of one record> <chain hash, 64 hexadecimal digits>\n
//! ```
//!
//! The chain hash is SHA-256 over the previous record's chain hash (32 bytes) and the JSON; the first record's
//! predecessor is [`GENESIS`]. JSON contains no raw newline, so a line is a record, and a crash in the middle of a
//! write leaves a line without its end: the next append sets it aside, repairs, and records that it did.
//!
//! One record is one `write` on an `O_APPEND` descriptor under an exclusive lock.

mod append;
mod error;
mod line;
mod read;
mod tail;
mod verify;

pub use append::{Appended, Durability, Ledger};
pub use error::LedgerError;
pub use line::GENESIS;
pub use read::{Filter, Found, Reader, Reading};
pub use verify::{Bad, Verification, verify};

/// The name of the file inside the ledger's directory.
pub const FILE: &str = "ledger.log";

/// The largest record, in bytes of JSON.
pub const LARGEST_RECORD: usize = 16 * 1024 * 1024;
