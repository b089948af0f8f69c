//! Many processes at once, and processes that are killed.

use std::collections::HashMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use weir_ledger::Reader;
use weir_model::Entry;

use crate::child::command;
use crate::{append, assert_whole, file, texts};

/// The numbers that each writer left are 0, 1, 2, ... without a gap. Returns how many there are.
fn assert_in_order(texts: &[String]) -> usize {
    let mut seen = HashMap::<&str, usize>::new();
    for text in texts.iter().filter(|text| text.ends_with('x')) {
        let mut parts = text.split(' ');
        let (writer, i) = (parts.next().unwrap(), parts.next().unwrap().parse::<usize>().unwrap());
        let next = seen.entry(writer).or_default();
        assert_eq!(*next, i, "writer {writer}");
        *next += 1;
    }
    seen.values().sum()
}

#[test]
fn two_hundred_processes_at_once_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let children: Vec<_> = (0..200).map(|_| command("write 5", dir.path(), &[]).spawn().unwrap()).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(assert_whole(dir.path(), "200 processes"), 1_000);
    assert_eq!(assert_in_order(&texts(dir.path())), 1_000);
}

/// Lets three writers go, and kills them once `enough` returns.
fn killed(dir: &Path, role: &str, enough: impl FnOnce()) {
    let mut children: Vec<_> = (0..3).map(|_| command(role, dir, &[]).spawn().unwrap()).collect();
    enough();
    for child in &mut children {
        child.kill().unwrap();
    }
    for mut child in children {
        child.wait().unwrap();
    }
}

/// A time that differs from run to run.
fn some_time(least: u64, more: u64) -> Duration {
    let nanos = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().subsec_nanos();
    Duration::from_micros(least + u64::from(nanos / 7) % more)
}

#[test]
fn killed_writers_lose_at_most_the_record_being_written() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..40 {
        // Small records come thick and fast; large ones are cut in the middle.
        let role = if round % 2 == 0 { "write 1000000" } else { "write-large 1000000" };
        killed(dir.path(), role, || std::thread::sleep(some_time(8_000, 40_000)));
        append(dir.path(), &format!("after {round}"));
        assert_whole(dir.path(), &format!("round {round}"));
    }
    let texts = texts(dir.path());
    assert_eq!(texts.iter().filter(|text| text.starts_with("after")).count(), 40);
    assert!(assert_in_order(&texts) > 100);
}

#[test]
fn writers_killed_while_they_repair_lose_no_trace_of_the_tear() {
    let dir = tempfile::tempdir().unwrap();
    append(dir.path(), "first");
    let mut repairs_cut_short = 0;
    for round in 0..60 {
        let torn = dir.path().join("torn");
        let mut ledger = fs::OpenOptions::new().append(true).open(file(dir.path())).unwrap();
        // Large, so that a repair takes a while.
        let mark = format!("<torn in round {round}>");
        ledger.write_all(format!("{mark}{}", "?".repeat(1_000_000)).as_bytes()).unwrap();
        killed(dir.path(), "write 1000000", || {
            let begun = Instant::now();
            while fs::read_dir(&torn).map_or(0, Iterator::count) == 0 && begun.elapsed() < Duration::from_secs(20) {
                std::thread::yield_now();
            }
            std::thread::sleep(some_time(0, 3_000));
        });
        append(dir.path(), "after");
        assert_whole(dir.path(), &format!("round {round}"));
        let kept_in = Reader::open(dir.path()).unwrap().backward().find_map(|reading| {
            let Entry::Repaired { kept_in, .. } = reading.unwrap().record.entry else { return None };
            let kept = fs::read(dir.path().join(&kept_in)).unwrap_or_default();
            kept.starts_with(mark.as_bytes()).then_some(kept_in)
        });
        assert!(kept_in.is_some(), "round {round}");
        repairs_cut_short += fs::read_dir(&torn).unwrap().count() - 1;
        fs::remove_dir_all(&torn).unwrap();
    }
    assert!(repairs_cut_short > 0, "the writers were never killed in the middle of a repair");
    assert_in_order(&texts(dir.path()));
}

#[test]
fn a_writer_that_never_lets_go_does_not_hang_the_others() {
    let dir = tempfile::tempdir().unwrap();
    append(dir.path(), "record 0");
    let held = fs::File::open(file(dir.path())).unwrap();
    rustix::fs::flock(&held, rustix::fs::FlockOperation::LockExclusive).unwrap();
    let begun = Instant::now();
    let refused =
        weir_ledger::Ledger::open(dir.path()).unwrap().append(&crate::record("x"), weir_ledger::Durability::Relaxed);
    assert!(matches!(refused, Err(weir_ledger::LedgerError::Busy { .. })));
    assert!(begun.elapsed() < Duration::from_secs(10));
    drop(held);
    assert_eq!(texts(dir.path()), ["record 0"]);
}
