//! What a crash left of a record: keep it elsewhere, and put whole records in its place.
//!
//! The new records overwrite the torn bytes, and only then is the rest cut off. So a crash or a full disk in the middle
//! of a repair leaves a torn end again, and the repair is made, and recorded, by the next append.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;
use weir_model::Timestamp;

use crate::{FILE, LedgerError};

/// The directory for torn bytes, inside the ledger's.
const DIR: &str = "torn";

/// A new name, relative to the ledger's directory, for the bytes that were torn at `offset`.
pub(crate) fn name(now: Timestamp, offset: u64) -> String {
    let time = format!("{now:.9}").replace(':', "");
    format!("{DIR}/{time}-{offset}.bin")
}

/// Keeps the bytes of `file` from `offset` on in `name` below `dir`, and puts `records` in their place; `length` is the
/// file's length. Where that fails, the file is as it was.
pub(crate) fn make(
    dir: &Path,
    name: &str,
    file: &File,
    (offset, length): (u64, u64),
    records: &[u8],
) -> Result<(), LedgerError> {
    let torn = dir.join(DIR);
    DirBuilder::new().recursive(true).mode(0o700).create(&torn).map_err(LedgerError::io(&torn))?;
    let kept = dir.join(name);
    // What fails leaves no copy behind: the ledger still has the bytes, and the next attempt copies them again.
    let discard = || drop(std::fs::remove_file(&kept));
    keep(&kept, file, offset).map_err(|error| {
        discard();
        LedgerError::io(&kept)(error)
    })?;
    let covered = usize::try_from(length - offset).unwrap_or(usize::MAX).min(records.len());
    let mut before = vec![0; covered];
    let replaced = file.read_exact_at(&mut before, offset).and_then(|()| replace(file, offset, length, records));
    replaced.map_err(|error| {
        // These blocks are allocated, so taking back needs no room.
        if file.set_len(length).and_then(|()| file.write_all_at(&before, offset)).is_ok() {
            discard();
        }
        LedgerError::io(&dir.join(FILE))(error)
    })
}

/// Copies the bytes of `file` from `offset` on to a new file, and makes sure that the disk has them.
fn keep(path: &Path, mut file: &File, offset: u64) -> io::Result<()> {
    let mut kept = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    io::copy(&mut file.take(u64::MAX), &mut kept)?;
    kept.sync_all()
}

fn replace(file: &File, offset: u64, length: u64, records: &[u8]) -> io::Result<()> {
    // On a descriptor that appends, positioned writes go to the end.
    let flags = rustix::fs::fcntl_getfl(file)?;
    rustix::fs::fcntl_setfl(file, flags - OFlags::APPEND)?;
    file.write_all_at(records, offset)?;
    let end = offset + records.len() as u64;
    if end < length { file.set_len(end) } else { Ok(()) }
}
