//! Is the ledger whole?

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use weir_model::Digest;

use crate::line::{self, LONGEST};
use crate::{FILE, LedgerError};

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
    /// Bytes of an unfinished record at the end: a crash, or a write that is going on.
    pub torn_bytes: u64,
}

/// Reads the whole ledger in `dir` and checks every link of the chain.
///
/// # Errors
/// Where the ledger is absent or cannot be read.
pub fn verify(dir: &Path) -> Result<Verification, LedgerError> {
    let path = dir.join(FILE);
    let file = File::open(&path).map_err(LedgerError::io(&path))?;
    let mut reader = BufReader::with_capacity(256 * 1024, file);
    let mut found = Verification {
        records: 0,
        head: line::genesis(),
        first_bad: None,
        torn_bytes: 0,
    };
    let mut offset = 0;
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        let read = reader
            .by_ref()
            .take(LONGEST as u64 + 1)
            .read_until(b'\n', &mut bytes)
            .map_err(LedgerError::io(&path))? as u64;
        if read == 0 {
            return Ok(found);
        }
        if bytes.last() != Some(&b'\n') && bytes.len() <= LONGEST {
            found.torn_bytes = read;
            return Ok(found);
        }
        let why = match line::split(&bytes) {
            Err(why) => why.to_owned(),
            Ok(line) if line::chain(&found.head, line.json) != line.hash => {
                "its hash does not follow from the record before and its content".to_owned()
            }
            Ok(line) => match serde_json::from_slice::<serde::de::IgnoredAny>(line.json) {
                Ok(_) => {
                    found.head = line.hash;
                    String::new()
                }
                Err(error) => error.to_string(),
            },
        };
        if !why.is_empty() {
            found.first_bad = Some(Bad {
                offset,
                line: found.records + 1,
                why,
            });
            return Ok(found);
        }
        found.records += 1;
        offset += read;
    }
}
