//! The end of the file: where the last whole record ends, and its chain hash.

use std::fs::File;
use std::io;

use weir_model::Digest;

use crate::line;
use crate::lines::Backward;

/// The end of the ledger.
pub(crate) struct Tail {
    /// Where the last whole record ends: everything from here on is torn.
    pub(crate) end: u64,
    /// The chain hash of the last whole record.
    pub(crate) hash: Digest,
}

/// Finds the end of the last whole record of a file of `length` bytes. The usual case costs one small read.
///
/// Whole means: written as a line is written. Whether its hash follows from the record before is for
/// [`verify`](crate::verify()) to say; setting aside what somebody changed would hide the change.
pub(crate) fn find(file: &File, length: u64) -> io::Result<Tail> {
    for raw in Backward::new(file, length) {
        let raw = raw?;
        if let Ok(line) = line::split(&raw.bytes) {
            return Ok(Tail { end: raw.end, hash: line.hash });
        }
    }
    Ok(Tail { end: 0, hash: line::genesis() })
}
