//! Any bytes as a ledger file: reading ends, and appending repairs.
#![no_main]

use libfuzzer_sys::fuzz_target;
use weir_ledger::{Durability, Ledger, Reader, verify};
use weir_model::{Entry, Record, Timestamp};

fuzz_target!(|bytes: &[u8]| {
    let dir = tempfile::tempdir().expect("a scratch directory");
    std::fs::write(dir.path().join("ledger.log"), bytes).expect("a scratch file");
    let _ = verify(dir.path());
    if let Ok(reader) = Reader::open(dir.path()) {
        let _ = reader.backward().count();
    }
    let ledger = Ledger::open(dir.path()).expect("the directory is ours");
    let record = Record::new(Timestamp::UNIX_EPOCH, Entry::Fault { what: "x".into() });
    let _ = ledger.append_all(&[record], Durability::Relaxed);
});
