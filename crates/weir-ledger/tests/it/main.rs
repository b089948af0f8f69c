//! Nothing lost: crashes at every byte, killed writers, many writers, no room, tampering; and everything read back.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod any_bytes;
mod child;
mod crash;
mod limits;
mod processes;
mod reading;
mod tampering;

use std::fs;
use std::path::{Path, PathBuf};

use weir_ledger::{Durability, FILE, GENESIS, Ledger, Reader, verify};
use weir_model::{Digest, Entry, Record, Timestamp};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_500_000 + second).unwrap()
}

fn record(text: &str) -> Record {
    Record::new(at(0), Entry::Fault { what: text.to_owned() })
}

/// The record in one of the model's golden files, under a new id.
fn golden(name: &str) -> Record {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../weir-model/tests/golden").join(format!("{name}.json"));
    let mut record: Record = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    record.id = weir_model::RecordId::new();
    record
}

/// Every kind of record.
fn goldens() -> Vec<Record> {
    let names = [
        "judged",
        "settled",
        "session-started",
        "held",
        "approved",
        "approval-used",
        "rejected",
        "repaired",
        "configured",
        "fault",
    ];
    names.map(|name| golden(&format!("record-{name}"))).into()
}

fn file(dir: &Path) -> PathBuf {
    dir.join(FILE)
}

fn append(dir: &Path, text: &str) -> weir_ledger::Appended {
    Ledger::open(dir).unwrap().append(&record(text), Durability::Relaxed).unwrap()
}

/// Appends so many records; returns where the last one starts.
fn filled(dir: &Path, count: usize) -> usize {
    let mut last = 0;
    for i in 0..count {
        last = append(dir, &format!("record {i}")).offset;
    }
    usize::try_from(last).unwrap()
}

/// What the ledger says, oldest first.
fn texts(dir: &Path) -> Vec<String> {
    let text = |entry| match entry {
        Entry::Fault { what } => what,
        Entry::Repaired { torn_bytes, .. } => format!("repaired {torn_bytes}"),
        other => panic!("{other:?}"),
    };
    Reader::open(dir).unwrap().forward().map(|reading| text(reading.unwrap().record.entry)).collect()
}

/// A ledger of these texts with a valid chain, whatever they say.
fn chained<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hash = Digest::of(GENESIS.as_bytes());
    let mut lines = String::new();
    for text in texts {
        hash = Digest::of(&[hash.as_bytes(), text.as_bytes()].concat());
        lines.push_str(&format!("{:08x} {text} {hash}\n", text.len()));
    }
    lines
}

/// The contents of the files that were set aside.
fn set_aside(dir: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(dir.join("torn")) else { return Vec::new() };
    entries.map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect()
}

fn assert_whole(dir: &Path, what: &str) -> u64 {
    let verified = verify(dir).unwrap();
    assert_eq!((verified.first_bad, verified.torn_bytes), (None, 0), "{what}");
    verified.records
}
