//! No room, no rights, something else in the file's place, and records that are too large.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use weir_ledger::{Durability, LARGEST_RECORD, Ledger, LedgerError, Reader, verify};

use crate::child::{command, played};
use crate::{append, assert_whole, file, filled, record, set_aside, texts};

/// Files may not grow beyond 10,240 bytes; reaching the limit is an error and not a signal.
const SMALL_FILES: [&str; 3] = ["/bin/sh", "-c", "trap '' XFSZ; ulimit -f 20; exec \"$0\" \"$@\""];

fn expect(dir: &Path, what: &str) {
    fs::write(dir.join("expected"), what).unwrap();
}

#[test]
fn a_file_that_may_not_grow_is_an_error_and_leaves_no_half_record() {
    let dir = tempfile::tempdir().unwrap();
    assert!(played(command("fill 700", dir.path(), &SMALL_FILES)));
    assert!(assert_whole(dir.path(), "full") > 5);
    expect(dir.path(), "full");
    assert!(played(command("refused 700", dir.path(), &SMALL_FILES)));
    append(dir.path(), "there is room again");
    assert_whole(dir.path(), "room again");
}

#[test]
fn a_repair_without_room_leaves_everything_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 20);
    let mut ledger = fs::OpenOptions::new().append(true).open(file(dir.path())).unwrap();
    ledger.write_all(b"torn").unwrap();
    let before = fs::read(file(dir.path())).unwrap();
    assert!(before.len() < 10_000);
    expect(dir.path(), "full");
    assert!(played(command("refused 8000", dir.path(), &SMALL_FILES)));
    assert_eq!(fs::read(file(dir.path())).unwrap(), before);
    assert!(set_aside(dir.path()).is_empty(), "attempts must not pile up");
    assert_eq!(append(dir.path(), "next").repaired.unwrap().torn_bytes, 4);
    assert_whole(dir.path(), "room again");
}

/// A real file system without room. Needs the right to mount in a namespace of its own; elsewhere the limit on file
/// sizes above has to do.
#[test]
fn a_full_disk_is_an_error_and_leaves_no_half_record() {
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--map-root-user", "/bin/sh", "-c", script]);
        command
    };
    let dir = tempfile::tempdir().unwrap();
    let probe = unshare("mount -t tmpfs -o size=64k weir \"$0\"").arg(dir.path()).output();
    if !probe.is_ok_and(|output| output.status.success()) {
        return;
    }
    let mounted = format!("mount -t tmpfs -o size=64k weir '{}' && exec \"$0\" \"$@\"", dir.path().display());
    let through = ["unshare", "--mount", "--map-root-user", "/bin/sh", "-c", &mounted];
    for size in ["700", "5000"] {
        assert!(played(command(&format!("fill {size}"), dir.path(), &through)), "{size}");
    }
    let read_only = format!(
        "mount -t tmpfs -o size=64k weir '{0}' && printf read-only >'{0}/expected' && mount -o remount,ro '{0}' \
         && exec \"$0\" \"$@\"",
        dir.path().display()
    );
    let through = ["unshare", "--mount", "--map-root-user", "/bin/sh", "-c", &read_only];
    assert!(played(command("refused 10", dir.path(), &through)), "read-only");
}

#[test]
fn a_directory_that_may_not_be_written_is_a_clear_error() {
    let dir = tempfile::tempdir().unwrap();
    expect(dir.path(), "read-only");
    let allow = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    allow(dir.path(), 0o555);
    let child = || {
        let mut command = command("refused 10", dir.path(), &[]);
        if rustix::process::geteuid().is_root() {
            // Root may write everywhere.
            command.uid(65_534).gid(65_534);
        }
        command
    };
    assert!(played(child()), "no file may be made");
    allow(dir.path(), 0o755);
    filled(dir.path(), 1);
    allow(&file(dir.path()), 0o444);
    allow(dir.path(), 0o555);
    assert!(played(child()), "the file may not be written");
    assert_eq!(texts(dir.path()), ["record 0"], "and yet it can be read");
    allow(dir.path(), 0o755);
}

#[test]
fn something_else_in_the_place_of_the_ledger_is_a_clear_error_and_hangs_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("not a directory");
    fs::write(&path, "").unwrap();
    assert!(matches!(Ledger::open(&path), Err(LedgerError::ReadOnly { .. })));
    assert!(Reader::open(&dir.path().join("none")).unwrap_err().is_absent());
    assert!(verify(&dir.path().join("none")).unwrap_err().is_absent());
    let in_place = |name: &str, make: &dyn Fn(&Path)| {
        let dir = dir.path().join(name);
        let ledger = Ledger::open(&dir).unwrap();
        make(&file(&dir));
        let refused = ledger.append(&record("x"), Durability::Relaxed);
        assert!(matches!(refused, Err(LedgerError::NotAFile { .. })), "{name}: {refused:?}");
        assert!(matches!(Reader::open(&dir), Err(LedgerError::NotAFile { .. })), "{name}");
        assert!(matches!(verify(&dir), Err(LedgerError::NotAFile { .. })), "{name}");
    };
    in_place("directory", &|path| fs::create_dir(path).unwrap());
    in_place("pipe", &|path| {
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    });
}

#[test]
fn a_record_that_is_too_large_is_refused_and_the_largest_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 1);
    let before = fs::read(file(dir.path())).unwrap();
    let ledger = Ledger::open(dir.path()).unwrap();
    let empty = serde_json::to_vec(&record("")).unwrap().len();
    let large = |bytes: usize| record(&"z".repeat(bytes - empty));
    let refused = ledger.append_all(&[record("with it"), large(LARGEST_RECORD + 1)], Durability::Relaxed);
    assert!(matches!(refused, Err(LedgerError::TooLarge { bytes }) if bytes == LARGEST_RECORD + 1));
    assert_eq!(fs::read(file(dir.path())).unwrap(), before, "all or none");
    ledger.append(&large(LARGEST_RECORD), Durability::Relaxed).unwrap();
    append(dir.path(), "next");
    assert_eq!(assert_whole(dir.path(), "with a large record"), 3);
    let reader = Reader::open(dir.path()).unwrap();
    assert_eq!(reader.backward().map(|reading| reading.unwrap().offset).last(), Some(0));
}
