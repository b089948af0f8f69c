//! Many processes at once, and processes that are killed.

use std::collections::HashMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::child::command;
use crate::{append, assert_whole, file, set_aside, texts};

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

/// Lets three writers go and kills them some time later.
fn killed(dir: &Path, role: &str, after: Duration) {
    let mut children: Vec<_> = (0..3).map(|_| command(role, dir, &[]).spawn().unwrap()).collect();
    std::thread::sleep(after);
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
        killed(dir.path(), role, some_time(8_000, 40_000));
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
    let rounds = 30;
    for round in 0..rounds {
        let mut ledger = fs::OpenOptions::new().append(true).open(file(dir.path())).unwrap();
        // Large, so that a repair takes a while.
        let tear = format!("<torn in round {round}>{}", "?".repeat(3_000_000));
        ledger.write_all(tear.as_bytes()).unwrap();
        killed(dir.path(), "write 1000000", some_time(1_000, 12_000));
        append(dir.path(), "after");
        assert_whole(dir.path(), &format!("round {round}"));
        let mark = format!("<torn in round {round}>");
        let kept = set_aside(dir.path()).into_iter().any(|bytes| bytes.starts_with(mark.as_bytes()));
        assert!(kept, "round {round}");
        fs::remove_dir_all(dir.path().join("torn")).unwrap();
    }
    let texts = texts(dir.path());
    assert!(texts.iter().filter(|text| text.starts_with("repaired")).count() >= rounds);
    assert_in_order(&texts);
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
