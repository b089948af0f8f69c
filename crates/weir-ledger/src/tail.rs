//! The end of the file: where the last whole record ends, and its chain hash.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use weir_model::Digest;

use crate::line::{self, LONGEST, TRAILER};

/// How far back one step of the search reads.
const BLOCK: u64 = 64 * 1024;

/// The end of the ledger.
pub(crate) struct Tail {
    /// Where the last whole record ends: everything from here on is torn.
    pub(crate) end: u64,
    /// The chain hash of the last whole record.
    pub(crate) hash: Digest,
}

/// Finds the end of the last whole record of a file of `length` bytes.
///
/// The usual case costs one read: the file ends in the trailer of a record.
pub(crate) fn find(file: &File, length: u64) -> io::Result<Tail> {
    let mut end = length;
    loop {
        if end == 0 {
            return Ok(Tail {
                end: 0,
                hash: line::genesis(),
            });
        }
        if let Some(hash) = trailer(file, end)?
            && (end == length || is_whole(file, end)?)
        {
            return Ok(Tail { end, hash });
        }
        // Whatever stands after the newline before is not a whole record.
        end = newline_before(file, end - 1)?.map_or(0, |at| at + 1);
    }
}

/// The hash of a record's trailer that ends at `end`, if one stands there.
fn trailer(file: &File, end: u64) -> io::Result<Option<Digest>> {
    let mut bytes = [0u8; TRAILER];
    let Some(start) = end.checked_sub(TRAILER as u64) else {
        return Ok(None);
    };
    file.read_exact_at(&mut bytes, start)?;
    let text = bytes
        .strip_prefix(b" ")
        .and_then(|rest| rest.strip_suffix(b"\n"));
    Ok(text
        .and_then(|text| std::str::from_utf8(text).ok())
        .and_then(|text| text.parse().ok()))
}

fn is_whole(file: &File, end: u64) -> io::Result<bool> {
    let start = newline_before(file, end - 1)?.map_or(0, |at| at + 1);
    let length = usize::try_from(end - start).unwrap_or(usize::MAX);
    if length > LONGEST {
        return Ok(false);
    }
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, start)?;
    Ok(line::split(&bytes).is_ok())
}

/// The place of the last newline before `end`.
pub(crate) fn newline_before(file: &File, end: u64) -> io::Result<Option<u64>> {
    let mut end = end;
    let mut block = Vec::new();
    while end > 0 {
        let start = end.saturating_sub(BLOCK);
        block.resize(usize::try_from(end - start).unwrap_or(0), 0);
        file.read_exact_at(&mut block, start)?;
        if let Some(at) = block.iter().rposition(|byte| *byte == b'\n') {
            return Ok(Some(start + at as u64));
        }
        end = start;
    }
    Ok(None)
}
