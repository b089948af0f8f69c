//! Whatever was appended is read back, and whatever stands in the file is read to an end and repaired.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use weir_ledger::{Durability, Filter, Ledger, Reader, verify};
use weir_model::Record;

use crate::{append, assert_whole, file, filled, goldens, record, texts};

/// Reads the ledger in every way, appends, and reads it again.
fn survives(dir: &Path) {
    let before = verify(dir).unwrap();
    let reader = Reader::open(dir).unwrap();
    assert_eq!(reader.torn_bytes(), before.torn_bytes);
    let forward: Vec<_> = reader.forward().map(|reading| reading.map_err(|error| error.to_string())).collect();
    let mut backward: Vec<_> = reader.backward().map(|reading| reading.map_err(|error| error.to_string())).collect();
    backward.reverse();
    assert_eq!(forward, backward);
    let _ = reader.find("0192").unwrap();
    let filter = Filter { agent: Some("claude".to_owned()), since: Some(crate::at(0)), ..Filter::default() };
    let _ = reader.backward_matching(&filter).count();
    let repaired = append(dir, "last").repaired.map_or(0, |repaired| repaired.torn_bytes);
    assert_eq!(repaired, before.torn_bytes);
    let after = verify(dir).unwrap();
    assert_eq!((&after.first_bad, after.torn_bytes), (&before.first_bad, 0));
    let newest = Reader::open(dir).unwrap().backward().next().unwrap().unwrap();
    assert_eq!(newest.record.entry, record("last").entry);
}

fn any_record() -> impl Strategy<Value = Record> {
    prop_oneof![
        3 => ".{0,300}".prop_map(|text| record(&text)),
        1 => "\\PC{0,20}[\\x00-\\x1f\"\\\\]{1,20}".prop_map(|text| record(&text)),
        1 => prop::sample::select(goldens()),
    ]
}

/// Pieces of which damaged ledgers are made.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let line = format!("00000002 {{}} {}\n", "0a".repeat(32));
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        Just(line.clone().into_bytes()),
        (0..line.len()).prop_map(move |cut| line.as_bytes()[..cut].to_vec()),
        (0usize..9_000).prop_map(|length| vec![0; length]),
        (0usize..9_000).prop_map(|length| vec![b'\n'; length]),
        (0usize..9_000).prop_map(|length| vec![b'a'; length]),
        any::<u32>().prop_map(|length| format!("{length:08x} ").into_bytes()),
    ]
}

proptest! {
    #[test]
    fn what_is_appended_is_read_back(records in prop::collection::vec(any_record(), 1..40), chunk in 1usize..5) {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(dir.path()).unwrap();
        for chunk in records.chunks(chunk) {
            ledger.append_all(chunk, Durability::Relaxed).unwrap();
        }
        let reader = Reader::open(dir.path()).unwrap();
        let forward: Vec<_> = reader.forward().map(Result::unwrap).collect();
        let mut backward: Vec<_> = reader.backward().map(Result::unwrap).collect();
        backward.reverse();
        prop_assert_eq!(&forward, &backward);
        prop_assert!(forward.iter().map(|reading| &reading.record).eq(&records));
        prop_assert_eq!(assert_whole(dir.path(), "appended"), records.len() as u64);
    }

    #[test]
    fn any_bytes_are_read_to_an_end_and_repaired(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        let dir = tempfile::tempdir().unwrap();
        fs::write(file(dir.path()), &bytes).unwrap();
        survives(dir.path());
    }

    #[test]
    fn any_damage_is_read_to_an_end_and_repaired(
        whole in 0usize..4,
        pieces in prop::collection::vec(piece(), 0..8),
        more in 0usize..2,
    ) {
        let dir = tempfile::tempdir().unwrap();
        filled(dir.path(), whole);
        let mut bytes = fs::read(file(dir.path())).unwrap_or_default();
        let lines = bytes.clone();
        bytes.extend(pieces.concat());
        bytes.extend(lines.repeat(more));
        fs::write(file(dir.path()), &bytes).unwrap();
        survives(dir.path());
    }

    #[test]
    fn any_changed_stretch_is_read_to_an_end(
        at in any::<prop::sample::Index>(),
        stretch in prop::collection::vec(any::<u8>(), 1..100),
    ) {
        let dir = tempfile::tempdir().unwrap();
        Ledger::open(dir.path()).unwrap().append_all(&goldens(), Durability::Relaxed).unwrap();
        let mut bytes = fs::read(file(dir.path())).unwrap();
        let at = at.index(bytes.len());
        let end = bytes.len().min(at + stretch.len());
        bytes[at..end].copy_from_slice(&stretch[..end - at]);
        fs::write(file(dir.path()), &bytes).unwrap();
        survives(dir.path());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn lines_that_span_blocks_are_read_whole(sizes in prop::collection::vec(0usize..300_000, 1..12)) {
        let dir = tempfile::tempdir().unwrap();
        for size in &sizes {
            append(dir.path(), &"z".repeat(*size));
        }
        let lengths: Vec<usize> = texts(dir.path()).iter().map(String::len).collect();
        prop_assert_eq!(lengths, sizes);
        survives(dir.path());
    }
}

/// A damaged end must not hang a hook: the work is linear.
#[test]
fn large_garbage_is_read_to_an_end_soon() {
    for garbage in [vec![b'\n'; 2_000_000], vec![0; 40_000_000], b"not a record\n".repeat(1_000_000)] {
        let dir = tempfile::tempdir().unwrap();
        filled(dir.path(), 2);
        let whole = fs::read(file(dir.path())).unwrap();
        fs::write(file(dir.path()), [&whole, &garbage[..], &b"\n"[..], &whole].concat()).unwrap();
        let begun = Instant::now();
        // In the middle.
        assert_eq!(append(dir.path(), "next").repaired, None);
        assert_eq!(verify(dir.path()).unwrap().first_bad.unwrap().line, 3);
        assert_eq!(Reader::open(dir.path()).unwrap().backward().filter(Result::is_ok).count(), 5);
        // At the end.
        fs::write(file(dir.path()), [&whole, &garbage[..]].concat()).unwrap();
        assert_eq!(append(dir.path(), "next").repaired.unwrap().torn_bytes, garbage.len() as u64);
        assert_eq!(assert_whole(dir.path(), "repaired"), 4);
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    }
}
