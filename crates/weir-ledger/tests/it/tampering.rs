//! What somebody changed is found.

use std::fs;

use weir_ledger::{Reader, verify};

use crate::{append, chained, file, filled};

#[test]
fn every_changed_byte_is_found() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 3);
    let whole = fs::read(file(dir.path())).unwrap();
    for at in 0..whole.len() {
        // Every single bit, and the signs that number parsers take for a digit.
        let changes = (0..8).map(|bit| whole[at] ^ (1 << bit)).chain([b'+', b'-', b' ', b'\n', 0]);
        for changed in changes.filter(|changed| *changed != whole[at]) {
            let mut bytes = whole.clone();
            bytes[at] = changed;
            fs::write(file(dir.path()), &bytes).unwrap();
            let verified = verify(dir.path()).unwrap();
            assert!(verified.first_bad.is_some() || verified.torn_bytes > 0, "byte {at} to {changed}");
            let reader = Reader::open(dir.path()).unwrap();
            assert_eq!(reader.torn_bytes(), verified.torn_bytes, "byte {at} to {changed}");
            assert_eq!(reader.backward().count(), reader.forward().count(), "byte {at} to {changed}");
        }
    }
}

#[test]
fn removed_repeated_and_reordered_records_are_found_where_they_are() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 3);
    let whole = fs::read(file(dir.path())).unwrap();
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    for (changed, bad) in [
        (vec![lines[0], lines[2]], 2),
        (vec![lines[1], lines[2]], 1),
        (vec![lines[1], lines[0], lines[2]], 1),
        (vec![lines[0], lines[0]], 2),
        (vec![lines[0], b"\n", lines[1]], 2),
    ] {
        fs::write(file(dir.path()), changed.concat()).unwrap();
        let found = verify(dir.path()).unwrap();
        let first_bad = found.first_bad.unwrap();
        assert_eq!((first_bad.line, found.records), (bad, bad - 1));
        let before: usize = changed.iter().take(usize::try_from(bad).unwrap() - 1).map(|line| line.len()).sum();
        assert_eq!(first_bad.offset, before as u64);
    }
}

#[test]
fn a_changed_record_stays_to_be_seen_and_appending_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 2);
    let changed = fs::read_to_string(file(dir.path())).unwrap().replace("record 1", "rec0rd 1");
    fs::write(file(dir.path()), &changed).unwrap();
    assert_eq!(append(dir.path(), "next").repaired, None);
    let found = verify(dir.path()).unwrap();
    assert_eq!((found.records, found.first_bad.unwrap().line), (1, 2));
    assert!(fs::read_to_string(file(dir.path())).unwrap().starts_with(&changed));
    assert_eq!(crate::texts(dir.path()), ["record 0", "rec0rd 1", "next"]);
}

#[test]
fn a_line_that_is_no_json_is_found_though_its_hash_is_right() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(file(dir.path()), chained(["{}", "{\"v\":", "{}"])).unwrap();
    let found = verify(dir.path()).unwrap();
    assert_eq!((found.records, found.first_bad.unwrap().line), (1, 2));
    assert_eq!(Reader::open(dir.path()).unwrap().forward().filter(Result::is_err).count(), 3);
}
