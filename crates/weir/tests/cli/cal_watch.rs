//! `weir cal watch`: what was asked for later happens when its time has come, and once.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::support::{Machine, text};

const REVIEWS: &str = "at,service,reviewed_pct\n2026-01-31,billing,48\n2026-02-28,billing,31\n2026-03-31,billing,22\n\
    2026-04-30,billing,17\n2026-05-31,billing,12\n";

fn look(machine: &Machine, script: &str, now: &str) -> (Option<i32>, String, String) {
    let output = machine.run(&["cal", "watch", script, "--once", "--now", now, "--alert", "file:alerts.jsonl"]);
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn alerts(machine: &Machine) -> usize {
    fs::read_to_string(machine.project().join("alerts.jsonl")).unwrap_or_default().lines().count()
}

#[test]
fn a_watch_that_fires_is_told_once() {
    let machine = Machine::new();
    machine.write("data/reviews.csv", REVIEWS);
    machine.write("a.cal", "WATCH collapse IN reviews WHEN reviewed_pct < 35 FOR 60d\nCHIRP info \"not by watching\"");
    let (code, out, err) = look(&machine, "a.cal", "2026-03-05");
    assert_eq!((code, alerts(&machine)), (Some(0), 0), "{err}");
    assert!(out.is_empty() && err.contains("WATCH collapse: holding"), "{err}");
    let (_, _, err) = look(&machine, "a.cal", "2026-06-01");
    assert!(err.contains("collapse: triggered"), "{err}");
    assert_eq!(alerts(&machine), 1, "{err}");
    let (code, _, err) = look(&machine, "a.cal", "2026-06-02");
    assert_eq!((code, err.as_str(), alerts(&machine)), (Some(0), "", 1));
}

#[test]
fn what_was_planned_is_run_when_it_is_due_and_once() {
    let machine = Machine::new();
    crate::cal::services(&machine);
    machine.write(
        "a.cal",
        "FORAGE services WHERE tier = 1 SURFACE exposed\nSURFACE exposed AS ndjson\n\
         WAKE AFTER 14d THEN CHIRP warning \"look again\"\n\
         SURFACE exposed AS csv TO \"exposed.csv\" ON \"2026-07-10\"\n",
    );
    let file = machine.project().join("exposed.csv");
    let (code, out, err) = look(&machine, "a.cal", "2026-07-01");
    assert_eq!((code, out.as_str(), alerts(&machine), file.exists()), (Some(0), "", 0, false), "{err}");
    assert!(err.contains("2026-07-15") && err.contains("look again"), "{err}");
    assert_eq!(look(&machine, "a.cal", "2026-07-09").2, "", "nothing new, nothing due");
    look(&machine, "a.cal", "2026-07-11");
    assert!(fs::read_to_string(&file).unwrap().contains("billing") && alerts(&machine) == 0);
    fs::remove_file(&file).unwrap();
    let (code, _, err) = look(&machine, "a.cal", "2026-07-16");
    assert_eq!((code, alerts(&machine), file.exists()), (Some(0), 1, false), "{err}");
    assert_eq!(look(&machine, "a.cal", "2026-08-16").2, "", "all was done");
    // Another memory, after all days: what was missed is caught up with.
    let output = machine.run(&["cal", "watch", "a.cal", "--once", "--now", "2026-09-01", "--state", "other.json"]);
    assert_eq!((output.status.code(), file.exists()), (Some(0), true), "{}", text(&output.stderr));
}

#[test]
fn mistakes_and_strange_memories_are_told() {
    let machine = Machine::new();
    crate::cal::services(&machine);
    machine.write("a.cal", "FORAGE services");
    machine.write("broken.cal", "FORAGE servces");
    machine.write("state.json", "[1]");
    assert_eq!(look(&machine, "broken.cal", "2026-07-01").0, Some(2));
    for args in [&["a.cal", "--state", "state.json"][..], &["-"], &["nothing.cal"]] {
        let output = machine.run(&[&["cal", "watch", "--once"], args].concat());
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", text(&output.stderr));
    }
    assert_eq!(fs::read_to_string(machine.project().join("state.json")).unwrap(), "[1]", "it is left alone");
}

/// A program that ends with the test, also with one that fails.
struct Staying(std::process::Child);

impl Drop for Staying {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn staying_ends_with_an_interrupt_and_keeps_others_away() {
    let machine = Machine::new();
    machine.write("data/reviews.csv", REVIEWS);
    machine.write("a.cal", "WATCH collapse IN reviews WHEN reviewed_pct < 35");
    let child = machine
        .command(&["cal", "watch", "a.cal", "--interval", "1h", "--now", "2026-06-01"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut staying = Staying(child);
    let child = &mut staying.0;
    let mut told = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    told.read_line(&mut line).unwrap();
    assert!(line.contains("collapse: triggered"), "{line}");
    let (code, _, err) = look(&machine, "a.cal", "2026-06-01");
    assert!(code == Some(2) && err.contains("another"), "{err}");
    let pid = rustix::process::Pid::from_child(child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(look(&machine, "a.cal", "2026-06-01").0, Some(0), "the place is free again");
}
