//! One record as one line.

use weir_model::{Digest, Record};

use crate::{LARGEST_RECORD, LedgerError};

/// The predecessor of the first record: SHA-256 of the format's name.
pub const GENESIS: &str = "weir ledger 1";

/// Bytes before the JSON: the length and a space.
const HEAD: usize = 9;
/// Bytes after the JSON: a space, the hash, and the newline.
pub(crate) const TRAILER: usize = 66;
/// The longest line, newline included.
pub(crate) const LONGEST: usize = HEAD + LARGEST_RECORD + TRAILER;

/// The chain hash that the first record continues.
pub(crate) fn genesis() -> Digest {
    Digest::of(GENESIS.as_bytes())
}

/// The chain hash of `json` after `previous`.
pub(crate) fn chain(previous: &Digest, json: &[u8]) -> Digest {
    let mut bytes = Vec::with_capacity(32 + json.len());
    bytes.extend_from_slice(previous.as_bytes());
    bytes.extend_from_slice(json);
    Digest::of(&bytes)
}

/// Appends the line of `record` to `out`. Returns the new chain hash.
pub(crate) fn encode(
    record: &Record,
    previous: &Digest,
    out: &mut Vec<u8>,
) -> Result<Digest, LedgerError> {
    let json = serde_json::to_vec(record)?;
    if json.len() > LARGEST_RECORD {
        return Err(LedgerError::TooLarge { bytes: json.len() });
    }
    let hash = chain(previous, &json);
    out.extend_from_slice(format!("{:08x} ", json.len()).as_bytes());
    out.extend_from_slice(&json);
    out.extend_from_slice(format!(" {hash}\n").as_bytes());
    Ok(hash)
}

/// The parts of a line.
pub(crate) struct Line<'a> {
    pub(crate) json: &'a [u8],
    pub(crate) hash: Digest,
}

/// Takes a line (newline included) apart, or says what is wrong with it. Does not look into the JSON.
pub(crate) fn split(line: &[u8]) -> Result<Line<'_>, &'static str> {
    let body = line.strip_suffix(b"\n").ok_or("it has no end")?;
    let (length, rest) = body.split_at_checked(8).ok_or("it is too short")?;
    let length = std::str::from_utf8(length)
        .ok()
        .filter(|text| {
            text.bytes()
                .all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase())
        })
        .and_then(|text| usize::from_str_radix(text, 16).ok())
        .ok_or("it does not begin with a length")?;
    let rest = rest
        .strip_prefix(b" ")
        .ok_or("there is no space after the length")?;
    let (json, tail) = rest
        .split_at_checked(length)
        .ok_or("it is shorter than its length says")?;
    let hash = tail
        .strip_prefix(b" ")
        .ok_or("it is longer than its length says")?;
    let hash = std::str::from_utf8(hash)
        .ok()
        .filter(|text| !text.bytes().any(|byte| byte.is_ascii_uppercase()))
        .and_then(|text| text.parse().ok())
        .ok_or("it does not end with a hash")?;
    Ok(Line { json, hash })
}
