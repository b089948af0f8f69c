//! Torn ends.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;

use weir_ledger::{Durability, Ledger, Reader};
use weir_model::Entry;

use crate::{append, assert_whole, at, file, filled, record, set_aside, texts};

#[test]
fn a_crash_at_any_byte_of_the_last_record_loses_only_that_record() {
    let dir = tempfile::tempdir().unwrap();
    let last = filled(dir.path(), 3);
    let whole = fs::read(file(dir.path())).unwrap();
    for cut in last..whole.len() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(file(dir.path()), &whole[..cut]).unwrap();
        let torn = (cut - last) as u64;
        assert_eq!(Reader::open(dir.path()).unwrap().torn_bytes(), torn);
        assert_eq!(texts(dir.path()), ["record 0", "record 1"], "readers pass over it");
        let appended = Ledger::open(dir.path()).unwrap().append(&record("next"), Durability::Synced).unwrap();
        let reader = Reader::open(dir.path()).unwrap();
        let newest = reader.backward().next().unwrap().unwrap();
        assert_eq!(newest.offset, appended.offset);
        let mut expected = vec!["record 0".to_owned(), "record 1".to_owned()];
        if let Some(repaired) = appended.repaired {
            assert_eq!(repaired.torn_bytes, torn);
            assert_eq!(fs::read(dir.path().join(&repaired.kept_in)).unwrap(), &whole[last..cut]);
            let entry = reader.backward().nth(1).unwrap().unwrap().record.entry;
            assert_eq!(entry, Entry::Repaired { torn_bytes: torn, kept_in: repaired.kept_in });
            expected.push(format!("repaired {torn}"));
        } else {
            assert_eq!(torn, 0);
        }
        expected.push("next".to_owned());
        assert_eq!(texts(dir.path()), expected, "cut at {cut}");
        assert_whole(dir.path(), &format!("cut at {cut}"));
    }
}

#[test]
fn what_a_power_loss_leaves_is_torn_too() {
    let dir = tempfile::tempdir().unwrap();
    let last = filled(dir.path(), 2);
    let whole = fs::read(file(dir.path())).unwrap();
    let zeros = |range: std::ops::Range<usize>| {
        let mut bytes = whole.clone();
        bytes[range].fill(0);
        bytes
    };
    let cases = [
        ("the length grew and the blocks did not come", [whole.clone(), vec![0; 70_000]].concat(), 2),
        ("the last record is zeros", zeros(last..whole.len()), 1),
        ("the beginning of the last record is zeros", zeros(last..last + 30), 1),
        ("zeros inside the last record", zeros(last + 40..last + 50), 1),
        ("the trailer is zeros", zeros(whole.len() - 66..whole.len()), 1),
        ("all is zeros", vec![0; whole.len()], 0),
    ];
    for (what, bytes, kept) in cases {
        let dir = tempfile::tempdir().unwrap();
        fs::write(file(dir.path()), &bytes).unwrap();
        let torn = append(dir.path(), "next").repaired.unwrap().torn_bytes;
        let mut expected: Vec<String> = (0..kept).map(|i| format!("record {i}")).collect();
        expected.extend([format!("repaired {torn}"), "next".to_owned()]);
        assert_eq!(texts(dir.path()), expected, "{what}");
        assert_whole(dir.path(), what);
        let at = bytes.len() - usize::try_from(torn).unwrap();
        assert_eq!(set_aside(dir.path()), [&bytes[at..]], "{what}");
    }
}

/// The repair writes over the torn bytes from their beginning: cut off at any byte, it leaves a torn end again.
#[test]
fn a_crash_at_any_byte_of_a_repair_is_repaired() {
    let dir = tempfile::tempdir().unwrap();
    let last = filled(dir.path(), 2);
    for torn in [1, 60, 5_000] {
        let before = [&fs::read(file(dir.path())).unwrap()[..last], &vec![b'?'; torn]].concat();
        let done = tempfile::tempdir().unwrap();
        fs::write(file(done.path()), &before).unwrap();
        append(done.path(), "next");
        let after = fs::read(file(done.path())).unwrap();
        for written in last..=after.len() {
            // So many bytes of the repair were written, and nothing was cut off yet.
            let rest = before.get(written..).unwrap_or_default();
            let dir = tempfile::tempdir().unwrap();
            fs::write(file(dir.path()), [&after[..written], rest].concat()).unwrap();
            append(dir.path(), "later");
            assert_whole(dir.path(), &format!("{torn} torn, {written} written"));
            let texts = texts(dir.path());
            assert_eq!((texts[0].as_str(), texts.last().unwrap().as_str()), ("record 0", "later"));
            assert!(texts[1].starts_with("repaired "), "{texts:?}");
        }
    }
}

#[test]
fn an_append_of_nothing_repairs_and_records_it_under_the_present_time() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 1);
    fs::OpenOptions::new().append(true).open(file(dir.path())).unwrap().write_all(b"torn").unwrap();
    let ledger = Ledger::open(dir.path()).unwrap();
    assert_eq!(ledger.append_all(&[], Durability::Synced).unwrap().repaired.unwrap().torn_bytes, 4);
    let newest = Reader::open(dir.path()).unwrap().backward().next().unwrap().unwrap().record;
    assert!(newest.at > at(-100_000_000), "{}", newest.at);
    assert_eq!(ledger.append_all(&[], Durability::Synced).unwrap().repaired, None);
    assert_whole(dir.path(), "repaired");
}

#[test]
fn only_the_owner_may_read() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("a").join("ledger");
    filled(&dir, 1);
    fs::OpenOptions::new().append(true).open(file(&dir)).unwrap().write_all(b"torn").unwrap();
    let kept = append(&dir, "next").repaired.unwrap().kept_in;
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&dir), mode(&file(&dir))), (0o700, 0o600));
    assert_eq!((mode(&dir.join("torn")), mode(&dir.join(kept))), (0o700, 0o600));
}
