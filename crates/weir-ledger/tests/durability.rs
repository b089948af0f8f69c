//! Nothing lost: crashes at every byte, killed writers, many writers, no room, tampering.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use weir_ledger::{Durability, FILE, Filter, Found, Ledger, LedgerError, Reader, verify};
use weir_model::{Entry, Record, Timestamp};

fn record(text: &str) -> Record {
    Record::new(
        Timestamp::from_second(1_795_500_000).unwrap(),
        Entry::Fault {
            what: text.to_owned(),
        },
    )
}

fn texts(dir: &Path) -> Vec<String> {
    let reader = Reader::open(dir).unwrap();
    let mut texts: Vec<String> = reader
        .backward()
        .map(|reading| match reading.unwrap().record.entry {
            Entry::Fault { what } => what,
            Entry::Repaired { torn_bytes, .. } => format!("repaired {torn_bytes}"),
            other => panic!("{other:?}"),
        })
        .collect();
    texts.reverse();
    texts
}

fn filled(dir: &Path, count: usize) -> u64 {
    let ledger = Ledger::open(dir).unwrap();
    let mut last = 0;
    for i in 0..count {
        last = ledger
            .append(&record(&format!("record {i}")), Durability::Relaxed)
            .unwrap()
            .offset;
    }
    last
}

#[test]
fn a_crash_at_any_byte_of_the_last_record_loses_only_that_record() {
    let dir = tempfile::tempdir().unwrap();
    let last = filled(dir.path(), 3);
    let whole = fs::read(dir.path().join(FILE)).unwrap();
    for cut in usize::try_from(last).unwrap()..whole.len() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE), &whole[..cut]).unwrap();
        let torn = cut as u64 - last;
        assert_eq!(Reader::open(dir.path()).unwrap().torn_bytes(), torn);
        let appended = Ledger::open(dir.path())
            .unwrap()
            .append(&record("next"), Durability::Synced)
            .unwrap();
        assert_eq!(appended.torn_bytes, torn);
        let mut expected = vec!["record 0".to_owned(), "record 1".to_owned()];
        if torn > 0 {
            expected.push(format!("repaired {torn}"));
            let kept: Vec<_> = fs::read_dir(dir.path().join("torn"))
                .unwrap()
                .flatten()
                .collect();
            assert_eq!(
                fs::read(kept[0].path()).unwrap(),
                &whole[usize::try_from(last).unwrap()..cut]
            );
        }
        expected.push("next".to_owned());
        assert_eq!(texts(dir.path()), expected, "cut at {cut}");
        let verified = verify(dir.path()).unwrap();
        assert_eq!(
            (verified.first_bad, verified.torn_bytes),
            (None, 0),
            "cut at {cut}"
        );
    }
}

#[test]
fn a_tail_of_zeros_after_a_power_loss_is_torn_too() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 2);
    let path = dir.path().join(FILE);
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend([0; 300]);
    fs::write(&path, bytes).unwrap();
    assert!(filled(dir.path(), 1) > 0);
    assert_eq!(
        texts(dir.path()),
        ["record 0", "record 1", "repaired 300", "record 0"]
    );
}

#[test]
fn every_changed_byte_is_found() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 3);
    let whole = fs::read(dir.path().join(FILE)).unwrap();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        fs::write(dir.path().join(FILE), &bytes).unwrap();
        let verified = verify(dir.path()).unwrap();
        assert!(
            verified.first_bad.is_some() || verified.torn_bytes > 0,
            "byte {at}"
        );
        // Whatever it is, reading it ends.
        let _ = Reader::open(dir.path()).unwrap().backward().count();
    }
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    for changed in [
        vec![lines[0], lines[2]],
        vec![lines[1], lines[0], lines[2]],
        vec![lines[0], lines[0]],
    ] {
        fs::write(dir.path().join(FILE), changed.concat()).unwrap();
        assert!(verify(dir.path()).unwrap().first_bad.is_some());
    }
}

/// The child side of the tests with processes: appends records until it is killed or has written its share.
#[test]
fn writer_process() {
    let (Some(dir), Some(count)) = (
        std::env::var_os("WEIR_TEST_LEDGER"),
        std::env::var_os("WEIR_TEST_COUNT"),
    ) else {
        return;
    };
    let ledger = Ledger::open(Path::new(&dir)).unwrap();
    let count: usize = count.to_str().unwrap().parse().unwrap();
    let name = std::process::id();
    for i in 0..count {
        ledger
            .append(
                &record(&format!("{name} {i} {}", "x".repeat(2000))),
                Durability::Relaxed,
            )
            .unwrap();
    }
}

fn writer(dir: &Path, count: usize) -> std::process::Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "writer_process", "--nocapture"])
        .env("WEIR_TEST_LEDGER", dir)
        .env("WEIR_TEST_COUNT", count.to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn many_processes_at_once_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let children: Vec<_> = (0..40).map(|_| writer(dir.path(), 5)).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let verified = verify(dir.path()).unwrap();
    assert_eq!((verified.records, verified.first_bad), (200, None));
    let mut texts = texts(dir.path());
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), 200);
}

#[test]
fn killed_writers_lose_at_most_the_record_being_written() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..25u64 {
        let mut children: Vec<_> = (0..3).map(|_| writer(dir.path(), 1_000_000)).collect();
        std::thread::sleep(std::time::Duration::from_millis(10 + round * 3));
        for child in &mut children {
            child.kill().unwrap();
        }
        for mut child in children {
            child.wait().unwrap();
        }
        Ledger::open(dir.path())
            .unwrap()
            .append(&record(&format!("after {round}")), Durability::Relaxed)
            .unwrap();
        let verified = verify(dir.path()).unwrap();
        assert_eq!(
            (verified.first_bad, verified.torn_bytes),
            (None, 0),
            "round {round}"
        );
    }
    let texts = texts(dir.path());
    assert_eq!(
        texts
            .iter()
            .filter(|text| text.starts_with("after"))
            .count(),
        25
    );
    // The records of one writer are whole and in order, without a gap.
    let mut seen = std::collections::HashMap::<String, usize>::new();
    for text in texts.iter().filter(|text| text.ends_with('x')) {
        let mut parts = text.split(' ');
        let (writer, i) = (
            parts.next().unwrap(),
            parts.next().unwrap().parse::<usize>().unwrap(),
        );
        let next = seen.entry(writer.to_owned()).or_default();
        assert_eq!(*next, i, "writer {writer}");
        *next += 1;
    }
}

/// The child side of the test without room: its files may not grow beyond a limit.
#[test]
fn no_room_process() {
    let Some(dir) = std::env::var_os("WEIR_TEST_FULL") else {
        return;
    };
    let ledger = Ledger::open(Path::new(&dir)).unwrap();
    let mut kept = 0;
    loop {
        match ledger.append(&record(&"y".repeat(700)), Durability::Synced) {
            Ok(_) => kept += 1,
            Err(LedgerError::Full { .. }) => break,
            Err(error) => panic!("{error:?}"),
        }
        assert!(kept < 1_000, "the limit is not in force");
    }
    fs::write(Path::new(&dir).join("kept"), kept.to_string()).unwrap();
}

#[test]
fn a_full_disk_is_an_error_and_leaves_no_half_record() {
    let dir = tempfile::tempdir().unwrap();
    let status = Command::new("/bin/sh")
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 20; exec \"$0\" --exact no_room_process --nocapture",
        ])
        .arg(std::env::current_exe().unwrap())
        .env("WEIR_TEST_FULL", dir.path())
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    let kept: u64 = fs::read_to_string(dir.path().join("kept"))
        .unwrap()
        .parse()
        .unwrap();
    let verified = verify(dir.path()).unwrap();
    assert_eq!(
        (verified.records, verified.torn_bytes, verified.first_bad),
        (kept, 0, None)
    );
    assert!(kept > 5);
}

#[test]
fn a_ledger_that_cannot_be_written_is_a_clear_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("not a directory");
    fs::write(&path, "").unwrap();
    assert!(matches!(
        Ledger::open(&path),
        Err(LedgerError::ReadOnly { .. })
    ));
    assert!(
        Reader::open(&dir.path().join("none"))
            .unwrap_err()
            .is_absent()
    );
    // A directory where the file should be.
    fs::create_dir_all(dir.path().join("d").join(FILE)).unwrap();
    let ledger = Ledger::open(&dir.path().join("d")).unwrap();
    assert!(ledger.append(&record("x"), Durability::Relaxed).is_err());
}

#[test]
fn a_writer_that_never_lets_go_does_not_hang_the_others() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 1);
    let file = fs::File::open(dir.path().join(FILE)).unwrap();
    rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive).unwrap();
    let refused = Ledger::open(dir.path())
        .unwrap()
        .append(&record("x"), Durability::Relaxed);
    assert!(matches!(refused, Err(LedgerError::Busy { .. })));
    drop(file);
    assert_eq!(texts(dir.path()), ["record 0"]);
}

#[test]
fn records_are_found_by_either_end_of_their_id() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(dir.path()).unwrap();
    let wanted = record("wanted");
    ledger
        .append_all(
            &[record("a"), wanted.clone(), record("b")],
            Durability::Relaxed,
        )
        .unwrap();
    let reader = Reader::open(dir.path()).unwrap();
    let id = wanted.id.to_string();
    assert!(matches!(reader.find(&id[28..]).unwrap(), Found::One(found) if *found == wanted));
    assert!(matches!(reader.find(&id).unwrap(), Found::One(found) if *found == wanted));
    assert!(matches!(reader.find(&id[..8]).unwrap(), Found::Many(3)));
    assert!(matches!(reader.find("ffffffffff").unwrap(), Found::None));
    let filter = Filter {
        judged_only: true,
        ..Filter::default()
    };
    assert_eq!(reader.backward_matching(&filter).count(), 0);
}

#[test]
fn a_record_from_the_future_is_named_and_skipped() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(dir.path()).unwrap();
    let mut newer = record("newer");
    newer.v = 99;
    ledger
        .append_all(&[record("a"), newer, record("b")], Durability::Relaxed)
        .unwrap();
    let text = fs::read_to_string(dir.path().join(FILE)).unwrap();
    assert!(text.contains("\"v\":99"));
    assert_eq!(
        verify(dir.path()).unwrap().records,
        3,
        "the chain does not depend on what a record says"
    );
}

proptest! {
    #[test]
    fn what_is_appended_is_read_back(texts_in in proptest::collection::vec(".{0,300}", 1..40)) {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(dir.path()).unwrap();
        let records: Vec<Record> = texts_in.iter().map(|text| record(text)).collect();
        for chunk in records.chunks(3) {
            ledger.append_all(chunk, Durability::Relaxed).unwrap();
        }
        prop_assert_eq!(texts(dir.path()), texts_in);
        prop_assert_eq!(verify(dir.path()).unwrap().first_bad, None);
    }

    #[test]
    fn any_bytes_are_read_to_an_end_and_repaired(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE), &bytes).unwrap();
        let _ = verify(dir.path()).unwrap();
        let _ = Reader::open(dir.path()).unwrap().backward().count();
        Ledger::open(dir.path()).unwrap().append(&record("x"), Durability::Relaxed).unwrap();
        prop_assert!(texts(dir.path()).contains(&"x".to_owned()));
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn lines_that_span_blocks_are_read_whole(sizes in proptest::collection::vec(0usize..300_000, 1..12)) {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(dir.path()).unwrap();
        for size in &sizes {
            ledger.append(&record(&"z".repeat(*size)), Durability::Relaxed).unwrap();
        }
        let lengths: Vec<usize> = texts(dir.path()).iter().map(String::len).collect();
        prop_assert_eq!(lengths, sizes);
    }
}
