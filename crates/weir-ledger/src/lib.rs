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
//! One record is one `write` on an `O_APPEND` descriptor under an exclusive lock. Lengths and hashes have one spelling
//! (lower case, fixed width), and the JSON is stored as it was hashed and never written anew, so every changed byte of
//! the file shows.
//!
//! # Torn ends
//!
//! The end of the file is torn where its last bytes are not a line as above: cut off by a crash, or zeros that a power
//! loss left. The next append copies the torn bytes to `torn/<time>-<offset>.bin`, puts an
//! [`Entry::Repaired`](weir_model::Entry::Repaired) record and its own in their place, and cuts off the rest, in this
//! order: a crash or a full disk in the middle leaves a torn end again. A line that is whole but does not follow from
//! the one before is *not* torn: it stays, and [`verify()`] points at it.
//!
//! This crate knows nothing of checkpoints or of an index; both are made from this file.

mod append;
mod error;
mod filter;
mod line;
mod lines;
mod read;
mod repair;
mod tail;
mod verify;

pub use append::{Appended, Durability, Ledger, Repaired};
pub use error::LedgerError;
pub use filter::{Filter, Kind};
pub use line::GENESIS;
pub use read::{Found, Reader, Reading};
pub use verify::{Bad, Verification, verify};

/// The name of the file inside the ledger's directory.
pub const FILE: &str = "ledger.log";

/// The largest record, in bytes of JSON.
pub const LARGEST_RECORD: usize = 16 * 1024 * 1024;
