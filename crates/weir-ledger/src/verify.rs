//! Is the ledger whole?

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::OFlags;
use weir_model::Digest;

use crate::lines::{Forward, Raw};
use crate::{FILE, LedgerError, line, tail};

/// The first line that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bad {
    /// Where it starts.
    pub offset: u64,
    /// Its number, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub why: String,
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// Records whose chain is valid, from the beginning.
    pub records: u64,
    /// The chain hash of the last of them.
    pub head: Digest,
    /// The first line that is not the valid next record.
    pub first_bad: Option<Bad>,
    /// Bytes of an unfinished record at the end, which the next append will set aside: a crash, or a write that is
    /// going on.
    pub torn_bytes: u64,
}

/// Reads the whole ledger in `dir` and checks every link of the chain. What is appended meanwhile is not seen.
///
/// # Errors
/// Where the ledger is absent or cannot be read.
pub fn verify(dir: &Path) -> Result<Verification, LedgerError> {
    let path = dir.join(FILE);
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
        .open(&path)
        .map_err(LedgerError::io(&path))?;
    LedgerError::unless_file(&file, &path)?;
    let length = file.metadata().map_err(LedgerError::io(&path))?.len();
    let end = tail::find(&file, length).map_err(LedgerError::io(&path))?.end;
    let mut found = Verification { records: 0, head: line::genesis(), first_bad: None, torn_bytes: length - end };
    for raw in Forward::new(&file, end) {
        let raw = raw.map_err(LedgerError::io(&path))?;
        match next(&raw, &found.head) {
            Ok(head) => {
                found.head = head;
                found.records += 1;
            }
            Err(why) => {
                found.first_bad = Some(Bad { offset: raw.offset, line: found.records + 1, why });
                break;
            }
        }
    }
    Ok(found)
}

/// The chain hash after a line, or what is wrong with the line.
fn next(raw: &Raw, head: &Digest) -> Result<Digest, String> {
    let line = line::split(&raw.bytes)?;
    if line::chain(head, line.json) != line.hash {
        return Err("its hash does not follow from the record before and its content".to_owned());
    }
    serde_json::from_slice::<serde::de::IgnoredAny>(line.json).map_err(|error| error.to_string())?;
    Ok(line.hash)
}
