//! One record as one line.

use sha2::{Digest as _, Sha256};
use weir_model::{Digest, Record};

use crate::{LARGEST_RECORD, LedgerError};

/// The predecessor of the first record: SHA-256 of the format's name.
pub const GENESIS: &str = "weir ledger 1";

/// Bytes before the JSON: the length and a space.
const HEAD: usize = 9;
/// Bytes after the JSON: a space, the hash, and the newline.
const TRAILER: usize = 66;
/// The longest line, newline included.
pub(crate) const LONGEST: usize = HEAD + LARGEST_RECORD + TRAILER;

/// The chain hash that the first record continues.
pub(crate) fn genesis() -> Digest {
    Digest::of(GENESIS.as_bytes())
}

/// The chain hash of `json` after `previous`.
pub(crate) fn chain(previous: &Digest, json: &[u8]) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update(previous.as_bytes());
    hasher.update(json);
    Digest::from_bytes(hasher.finalize().into())
}

/// Appends the line of `record` to `out`. Returns the new chain hash.
pub(crate) fn encode(record: &Record, previous: &Digest, out: &mut Vec<u8>) -> Result<Digest, LedgerError> {
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

/// Takes a line (newline included) apart, or says what is wrong with it. Does not parse the JSON.
///
/// Accepts exactly what [`encode`] writes: no second spelling of a length or a hash, so that every changed byte shows.
pub(crate) fn split(line: &[u8]) -> Result<Line<'_>, &'static str> {
    if line.is_empty() {
        return Err("it is longer than any record");
    }
    let body = line.strip_suffix(b"\n").ok_or("it has no end")?;
    let (length, rest) = body.split_at_checked(8).ok_or("it is too short")?;
    let length = hexadecimal(length)
        .and_then(|text| usize::from_str_radix(text, 16).ok())
        .ok_or("it does not begin with a length")?;
    let rest = rest.strip_prefix(b" ").ok_or("there is no space after the length")?;
    let (json, tail) = rest.split_at_checked(length).ok_or("it is shorter than its length says")?;
    let hash = tail.strip_prefix(b" ").ok_or("it is longer than its length says")?;
    let hash = hexadecimal(hash).and_then(|text| text.parse().ok()).ok_or("it does not end with a hash")?;
    // JSON has no raw zero; after a power loss, blocks that never reached the disk are zeros.
    if json.contains(&0) {
        return Err("it contains zeros");
    }
    Ok(Line { json, hash })
}

/// The text of lower-case hexadecimal digits. Number parsers would also take a sign or capitals.
fn hexadecimal(bytes: &[u8]) -> Option<&str> {
    let digits = bytes.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    std::str::from_utf8(bytes).ok().filter(|_| digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_spelling_of_a_line() {
        let json = "0".repeat(10);
        let line = |length: &str, hash: &str| format!("{length} {json} {hash}\n");
        let hash = "0a".repeat(32);
        assert!(split(line("0000000a", &hash).as_bytes()).is_ok());
        for (length, hash) in [
            ("0000000A", hash.clone()),
            ("+000000a", hash.clone()),
            ("0000000b", hash.clone()),
            ("00000009", hash.clone()),
            ("0000000a", hash.to_uppercase()),
            ("0000000a", hash.replacen("0a", "+a", 1)),
            ("0000000a", hash.replacen("0a", "a", 1)),
        ] {
            assert!(split(line(length, &hash).as_bytes()).is_err(), "{length} {hash}");
        }
        assert!(split(line("0000000a", &hash).replace(&json, "00000\x000000").as_bytes()).is_err());
        assert!(split(line("0000000a", &hash).trim_end().as_bytes()).is_err());
    }
}
