//! The journal of one restore point: what happened, in order, written before it happened.
//!
//! ```text
//! weir-journal-v1\n                                      16 bytes
//! <length> <length XOR start of the chain> <record> <chain>   4 + 4 + length + 16 bytes, for each record
//! ```
//!
//! The chain is BLAKE3 over the chain before it and the record, cut to 16 bytes; the first predecessor is made from the
//! point's id. A length stands there twice, so a flipped byte is never taken for an end that was cut off. An end that *was*
//! cut off (the recorder was killed, or a power loss left zeros) is ignored. Records are postcard; names are raw bytes.

mod raw;
mod record;
mod write;

use std::fmt;

use weir_model::RestorePointId;

pub(crate) use raw::Raw;
pub(crate) use record::{Held, Ident, Key, Meta, Record, Time};
pub(crate) use write::Writer;

/// The first bytes of every journal.
const MAGIC: &[u8; 16] = b"weir-journal-v1\n";
const HEAD: usize = 8;
const CHAIN: usize = 16;
/// Larger than the longest path and all extended attributes of a file together.
const LARGEST: usize = 64 << 20;

type Chain = [u8; CHAIN];

fn first_chain(id: RestorePointId) -> Chain {
    cut(blake3::Hasher::new().update(MAGIC).update(id.to_string().as_bytes()).finalize())
}

fn next_chain(chain: &Chain, record: &[u8]) -> Chain {
    cut(blake3::Hasher::new().update(chain).update(record).finalize())
}

fn cut(hash: blake3::Hash) -> Chain {
    let mut chain = [0; CHAIN];
    chain.iter_mut().zip(hash.as_bytes()).for_each(|(to, from)| *to = *from);
    chain
}

fn mask(chain: &Chain) -> u32 {
    chain.first_chunk::<4>().map_or(0, |start| u32::from_le_bytes(*start))
}

/// Appends one framed record to `out` and answers with the new end of the chain.
fn frame(out: &mut Vec<u8>, chain: &Chain, record: &Record) -> Result<Chain, postcard::Error> {
    let body = postcard::to_allocvec(record)?;
    let length = u32::try_from(body.len()).map_err(|_| postcard::Error::SerializeBufferFull)?;
    let next = next_chain(chain, &body);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&(length ^ mask(chain)).to_le_bytes());
    out.extend_from_slice(&body);
    out.extend_from_slice(&next);
    Ok(next)
}

/// A journal that was changed, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    what: &'static str,
    offset: usize,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.what, self.offset)
    }
}

/// A journal as it was read.
#[derive(Debug)]
pub(crate) struct Journal {
    pub(crate) records: Vec<Record>,
    /// The bytes up to the end of the last whole record.
    pub(crate) length: usize,
    /// The chain up to there.
    chain: Chain,
    /// There are bytes after it that are not a whole record.
    pub(crate) torn: bool,
}

impl Journal {
    /// True when its recorder ended it.
    pub(crate) fn is_sealed(&self) -> bool {
        matches!(self.records.last(), Some(Record::Sealed { .. }))
    }

    pub(crate) fn chain_hex(&self) -> String {
        hex(&self.chain)
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Reads a journal; a torn end is left out, anything else that is not as it was written is a fault.
pub(crate) fn read(bytes: &[u8], id: RestorePointId) -> Result<Journal, Fault> {
    let mut journal = Journal { records: Vec::new(), length: 0, chain: first_chain(id), torn: false };
    let Some(mut rest) = bytes.strip_prefix(MAGIC.as_slice()) else {
        journal.torn = true;
        return if MAGIC.starts_with(bytes) { Ok(journal) } else { Err(Fault { what: "not a journal", offset: 0 }) };
    };
    journal.length = MAGIC.len();
    while !rest.is_empty() {
        let fault = |what| Fault { what, offset: journal.length };
        if journal.is_sealed() {
            return Err(fault("bytes after the end"));
        }
        let Some((length, after)) = rest.split_first_chunk::<4>() else { break };
        let Some((again, after)) = after.split_first_chunk::<4>() else { break };
        if rest.iter().all(|byte| *byte == 0) {
            break;
        }
        let length = u32::from_le_bytes(*length);
        if u32::from_le_bytes(*again) ^ mask(&journal.chain) != length {
            return Err(fault("a length that is not the one written"));
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > LARGEST {
            return Err(fault("a record that is too large"));
        }
        let Some((body, after)) = after.split_at_checked(length) else { break };
        let Some((chain, after)) = after.split_first_chunk::<CHAIN>() else { break };
        if next_chain(&journal.chain, body) != *chain {
            return Err(fault("a record that is not the one written"));
        }
        let (record, left) =
            postcard::take_from_bytes(body).map_err(|_| fault("a record of another version of Weir"))?;
        if !left.is_empty() {
            return Err(fault("a record of another version of Weir"));
        }
        journal.records.push(record);
        journal.chain = *chain;
        journal.length += HEAD + length + CHAIN;
        rest = after;
    }
    journal.torn = !rest.is_empty();
    Ok(journal)
}

/// How many whole records `bytes` hold as the journal of `id`, or what is wrong with them. For tests of the reader.
///
/// # Errors
///
/// The fault in words.
#[doc(hidden)]
pub fn check(bytes: &[u8], id: RestorePointId) -> Result<usize, String> {
    read(bytes, id).map(|journal| journal.records.len()).map_err(|fault| fault.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(id: RestorePointId) -> (Vec<u8>, Vec<usize>) {
        let mut bytes = MAGIC.to_vec();
        let mut chain = first_chain(id);
        let mut ends = vec![bytes.len()];
        for path in [&b"/a"[..], b"/new\nline", b"/\xff\xfe", &[b'x'; 300]] {
            let record = Record::Created { path: Raw::from(path), ident: None };
            chain = frame(&mut bytes, &chain, &record).unwrap();
            ends.push(bytes.len());
        }
        frame(&mut bytes, &chain, &Record::Sealed { records: 4 }).unwrap();
        ends.push(bytes.len());
        (bytes, ends)
    }

    #[test]
    fn a_journal_cut_at_any_byte_holds_the_records_before_it() {
        let id = RestorePointId::new();
        let (bytes, ends) = sample(id);
        for cut in 0..=bytes.len() {
            let journal = read(&bytes[..cut], id).unwrap();
            let whole = ends.iter().filter(|end| **end <= cut).count().saturating_sub(1);
            assert_eq!(journal.records.len(), whole, "cut at {cut}");
            assert_eq!(journal.torn, !ends.contains(&cut), "cut at {cut}");
            let mut zeros = bytes[..cut].to_vec();
            zeros.extend([0; 40]);
            if cut < bytes.len() && ends.contains(&cut) {
                assert_eq!(read(&zeros, id).unwrap().records.len(), whole, "zeros after {cut}");
            }
        }
    }

    #[test]
    fn a_flipped_byte_is_found_wherever_it_is() {
        let id = RestorePointId::new();
        let (bytes, _) = sample(id);
        for at in 0..bytes.len() {
            for bit in [1u8, 0x80] {
                let mut bad = bytes.clone();
                bad[at] ^= bit;
                assert!(read(&bad, id).is_err(), "byte {at}");
            }
        }
        assert!(read(&bytes, RestorePointId::new()).is_err(), "the journal of another point");
        let mut longer = bytes.clone();
        longer.push(0);
        assert!(read(&longer, id).is_err(), "bytes after the end");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_to_an_end(bytes: Vec<u8>, at in 0usize..400, with_magic: bool) {
            let id = RestorePointId::new();
            let mut journal = if with_magic { MAGIC.to_vec() } else { Vec::new() };
            journal.extend(&bytes);
            let _ = read(&journal, id);
            let (mut whole, _) = sample(id);
            whole.truncate(at);
            whole.extend(bytes);
            let _ = read(&whole, id);
        }
    }
}
