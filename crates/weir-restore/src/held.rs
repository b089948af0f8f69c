//! What each point holds, in one small file: a new point must not cost a look at all old ones.
//!
//! It is a copy of what the headers say, written when a point is first seen closed. A line that is missing or that makes no
//! sense costs a look at the header, so losing the file loses nothing.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::CWD;
use weir_model::RestorePointId;

use crate::header::{Header, read_file};
use crate::walk::open_dir;
use crate::{State, Store, StoreError};

const NAME: &str = "held";
/// About fifty thousand points.
const LARGEST: u64 = 4 << 20;

/// What all points hold together, in bytes.
pub(crate) fn total(store: &Store) -> Result<u64, StoreError> {
    let ids = store.ids()?;
    let (known, lines) = known(store);
    let (mut total, mut new) = (0u64, Vec::new());
    for id in &ids {
        let bytes = match known.get(id) {
            Some(bytes) => *bytes,
            None => {
                let Ok((_, header)) = store.header(*id) else { continue };
                if header.state != State::Open {
                    new.push((*id, header.bytes()));
                }
                header.bytes()
            }
        };
        total = total.saturating_add(bytes);
    }
    // Lines that say nothing any more go when there are many.
    if lines.is_none_or(|lines| lines > 2 * ids.len() + 100) {
        let kept = ids.iter().filter_map(|id| known.get(id).map(|bytes| (*id, *bytes)));
        write(store, &kept.chain(new).collect::<Vec<_>>(), true);
    } else {
        write(store, &new, false);
    }
    Ok(total)
}

/// A header says something else than before.
pub(crate) fn changed(store: &Store, header: &Header) {
    write(store, &[(header.id, header.bytes())], false);
}

fn file(store: &Store) -> PathBuf {
    store.layout.root().join(NAME)
}

/// What the file says, and how many lines it has; `None` where it cannot be gone on with. Of two lines about a point the later
/// one counts.
fn known(store: &Store) -> (HashMap<RestorePointId, u64>, Option<usize>) {
    let read = || {
        let dir = open_dir(CWD, store.layout.root())?;
        read_file(rustix::fd::AsFd::as_fd(&dir), Path::new(NAME), LARGEST)
    };
    let bytes = match read() {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return (HashMap::new(), Some(0)),
        Err(_) => return (HashMap::new(), None),
    };
    let text = String::from_utf8_lossy(&bytes);
    let line = |line: &str| {
        let (id, bytes) = line.split_once(' ')?;
        Some((id.parse().ok()?, bytes.parse().ok()?))
    };
    (text.lines().filter_map(line).collect(), Some(text.lines().count()))
}

/// What cannot be written is looked up again.
fn write(store: &Store, points: &[(RestorePointId, u64)], anew: bool) {
    if points.is_empty() && !anew {
        return;
    }
    let mut text = String::new();
    for (id, bytes) in points {
        let _ = writeln!(text, "{id} {bytes}");
    }
    let path = file(store);
    let open = |path: &Path| {
        let mut options = std::fs::OpenOptions::new();
        options.append(true).create(true).mode(0o600).open(path)
    };
    if !anew {
        let _ = open(&path).and_then(|mut file| file.write_all(text.as_bytes()));
        return;
    }
    let new = path.with_extension(std::process::id().to_string());
    let written =
        open(&new).and_then(|mut file| file.write_all(text.as_bytes())).and_then(|()| std::fs::rename(&new, &path));
    if written.is_err() {
        let _ = std::fs::remove_file(&new);
    }
}
