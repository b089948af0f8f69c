//! Other processes: this test binary again, playing a role in a directory.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use weir_ledger::{Durability, Ledger, LedgerError};

use crate::record;

const ROLE: &str = "WEIR_TEST_ROLE";
const DIR: &str = "WEIR_TEST_DIR";
const PLAYED: &str = "<played>";

/// A command that plays `role` in `dir`. `through` goes before the program.
pub(crate) fn command(role: &str, dir: &Path, through: &[&str]) -> Command {
    let exe = std::env::current_exe().unwrap();
    let mut command = match through {
        [] => Command::new(exe),
        [program, arguments @ ..] => {
            let mut command = Command::new(program);
            command.args(arguments).arg(exe);
            command
        }
    };
    command
        .args(["--exact", "child::role", "--nocapture", "--test-threads=1"])
        .env(ROLE, role)
        .env(DIR, dir)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Waits for a role to be played to its end. (A test runner that finds no test of that name is content, too.)
pub(crate) fn played(mut command: Command) -> bool {
    let output = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).output().unwrap();
    output.status.success() && String::from_utf8_lossy(&output.stdout).contains(PLAYED)
}

/// Plays a role where this process is a child; as a test of its own it does nothing.
#[test]
fn role() {
    let (Some(role), Some(dir)) = (std::env::var_os(ROLE), std::env::var_os(DIR)) else { return };
    let dir = Path::new(&dir);
    match role.to_str().unwrap().split_once(' ').unwrap() {
        ("write", count) => write(dir, count.parse().unwrap(), 100),
        ("write-large", count) => write(dir, count.parse().unwrap(), 300_000),
        ("fill", size) => fill(dir, size.parse().unwrap()),
        ("refused", size) => refused(dir, size.parse().unwrap()),
        (other, _) => panic!("{other}"),
    }
    std::io::stdout().write_all(PLAYED.as_bytes()).unwrap();
}

/// Appends numbered records.
fn write(dir: &Path, count: usize, size: usize) {
    let ledger = Ledger::open(dir).unwrap();
    let name = std::process::id();
    let padding = "x".repeat(size);
    for i in 0..count {
        // Under a hundred others, on a slow machine, the lock may take longer than a hook would wait.
        while let Err(error) = ledger.append(&record(&format!("{name} {i} {padding}")), Durability::Relaxed) {
            assert!(matches!(error, LedgerError::Busy { .. }), "{error:?}");
        }
    }
}

/// Appends until there is no room: exactly what was said to be kept is there.
fn fill(dir: &Path, size: usize) {
    let ledger = Ledger::open(dir).unwrap();
    let mut kept = 0;
    loop {
        match ledger.append(&record(&"y".repeat(size)), Durability::Synced) {
            Ok(_) => kept += 1,
            Err(LedgerError::Full { .. }) => break,
            Err(error) => panic!("{error:?}"),
        }
        assert!(kept < 10_000, "the limit is not in force");
    }
    assert_eq!(weir_ledger::verify(dir).unwrap().records, kept);
    assert!(kept > 5);
}

/// An append that must be refused, and leave the file as it is.
fn refused(dir: &Path, size: usize) {
    let before = fs::read(crate::file(dir)).ok();
    let outcome = Ledger::open(dir).and_then(|ledger| ledger.append(&record(&"y".repeat(size)), Durability::Synced));
    let wanted = fs::read_to_string(dir.join("expected")).unwrap();
    let got = match outcome {
        Err(LedgerError::Full { .. }) => "full",
        Err(LedgerError::ReadOnly { .. }) => "read-only",
        _ => panic!("{outcome:?}"),
    };
    assert_eq!(got, wanted);
    assert_eq!(fs::read(crate::file(dir)).ok(), before);
}
