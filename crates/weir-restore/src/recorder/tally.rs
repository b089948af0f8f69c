//! What a journal says of its recording so far.

use std::collections::{BTreeSet, HashSet};

use crate::journal::{Held, Key, Record};
use crate::{Counters, Mechanism};

pub(super) fn seen(records: &[Record]) -> HashSet<Key> {
    let mut seen = HashSet::new();
    for record in records {
        match record {
            Record::Directory { ident, .. } => seen.insert(ident.key()),
            Record::RemovedDir { ident, .. } => seen.remove(&ident.key()),
            _ => false,
        };
    }
    seen
}

/// What a journal holds, counted from its records.
pub(crate) fn tally(records: &[Record]) -> (Counters, BTreeSet<Mechanism>) {
    let mut counts = Counters::default();
    let mut mechanisms = BTreeSet::new();
    let mut saved = HashSet::new();
    for record in records {
        match record {
            Record::RemovedDir { .. } => counts.directories += 1,
            Record::Removed { ident, held: Held::Moved { .. }, .. } if ident.is_dir() => counts.directories += 1,
            Record::Content { ident, .. } => {
                counts.files += 1;
                saved.insert(ident.key());
            }
            Record::Removed { ident, .. } | Record::Kept { ident, .. } => {
                counts.files += u64::from(!saved.contains(&ident.key()));
            }
            _ => {}
        }
        match record {
            Record::Removed { ident, held: Held::Moved { .. }, .. } => {
                counts.bytes_kept += if ident.is_dir() { 0 } else { ident.size };
                mechanisms.insert(Mechanism::Moved);
            }
            Record::Removed { held, ident, .. }
            | Record::Kept { held, ident, .. }
            | Record::Content { held, ident, .. } => {
                match held {
                    Held::Copied { digest: None, .. } => mechanisms.insert(Mechanism::Cloned),
                    Held::Copied { size, .. } => {
                        counts.bytes_copied += size;
                        mechanisms.insert(Mechanism::Copied)
                    }
                    Held::Linked { .. } => {
                        counts.bytes_kept += ident.size;
                        mechanisms.insert(Mechanism::Linked)
                    }
                    _ => mechanisms.insert(Mechanism::Noted),
                };
            }
            Record::Trash { .. } | Record::Sealed { .. } | Record::Failed { .. } | Record::Objects { .. } => {}
            _ => {
                mechanisms.insert(Mechanism::Noted);
            }
        }
    }
    (counts, mechanisms)
}
