//! What goes wrong: damaged points, full disks, other mounts, limits. Nothing may be destroyed by any of it.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use weir_restore::{
    Budget, How, Limits, Point, PointInfo, Reason, RecordError, SnapshotError, StoreError, UndoError, UndoOptions,
};

use crate::support::{Agent, Scratch, assert_same, is_root, picture};

fn agent<'a>(scratch: &'a Scratch, recorder: &'a weir_restore::Recorder) -> Agent<'a> {
    Agent { recorder, root: &scratch.root }
}

/// A tree, and a point in which half of it was deleted.
fn deleted() -> (Scratch, Point) {
    let scratch = Scratch::quick();
    scratch.mkdir("d");
    scratch.write("d/f", "content of f");
    scratch.write("a", "content of a");
    scratch.write("b", "content of b");
    let recorder = scratch.recorder();
    agent(&scratch, &recorder).unlink("a").unwrap();
    agent(&scratch, &recorder).append("b", b"more").unwrap();
    agent(&scratch, &recorder).remove_all("d").unwrap();
    (scratch, recorder.seal().unwrap())
}

fn files_in(dir: PathBuf) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn entries(scratch: &Scratch, point: &Point) -> Vec<PathBuf> {
    files_in(scratch.dir.path().join("store/trash").join(point.id.to_string()))
}

#[track_caller]
fn refused(scratch: &Scratch, point: &Point) -> UndoError {
    let before = picture(&scratch.root);
    assert!(!scratch.store.can_undo(point).possible);
    let error = scratch.undo(point).unwrap_err();
    assert_same(&before, &picture(&scratch.root));
    error
}

#[test]
fn what_is_missing_from_the_trash_stops_an_undo_before_it_begins() {
    let (scratch, point) = deleted();
    std::fs::remove_file(&entries(&scratch, &point)[0]).unwrap();
    assert!(matches!(refused(&scratch, &point), UndoError::EntryMissing(path) if path == scratch.path("a")));
}

#[test]
fn what_was_changed_in_the_trash_stops_an_undo_unless_it_is_accepted() {
    let (scratch, point) = deleted();
    std::fs::write(&entries(&scratch, &point)[0], "something else").unwrap();
    assert!(matches!(refused(&scratch, &point), UndoError::EntryChanged(path) if path == scratch.path("a")));
    let options = UndoOptions { accept_changed: true, ..UndoOptions::default() };
    scratch.store.undo(&point, &options, &mut |_| {}).unwrap();
    assert_eq!(std::fs::read_to_string(scratch.path("a")).unwrap(), "something else");
}

#[test]
fn a_copy_that_was_changed_is_found_by_its_content() {
    let (scratch, point) = deleted();
    let copy = &entries(&scratch, &point)[1];
    assert_eq!(std::fs::read_to_string(copy).unwrap(), "content of b");
    std::fs::write(copy, "content of B").unwrap();
    assert!(matches!(refused(&scratch, &point), UndoError::EntryChanged(path) if path == scratch.path("b")));
}

#[test]
fn a_journal_that_was_changed_or_cut_is_refused() {
    let (scratch, point) = deleted();
    let path = scratch.dir.path().join("store/points").join(point.id.to_string()).join("journal");
    let whole = std::fs::read(&path).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    std::fs::write(&path, flipped).unwrap();
    assert!(matches!(refused(&scratch, &point), UndoError::Journal { .. }));
    std::fs::write(&path, &whole[..whole.len() - 30]).unwrap();
    assert!(matches!(refused(&scratch, &point), UndoError::Journal { .. }));
    std::fs::write(&path, whole).unwrap();
    scratch.undo(&point).unwrap();
}

#[test]
fn one_undo_at_a_time_and_none_while_the_command_runs() {
    let (scratch, point) = deleted();
    let recorder = scratch.recorder();
    agent(&scratch, &recorder).unlink("b").unwrap();
    let open = scratch.store.find(&recorder.id().to_string()).unwrap();
    assert!(matches!(refused(&scratch, &open), UndoError::Recording(_)));
    assert_eq!(scratch.store.collect(true).unwrap().dropped, []);
    drop(recorder);
    scratch.undo(&open).unwrap();
    let path = scratch.dir.path().join("store/undo.lock");
    let lock = std::fs::File::options().write(true).open(path).unwrap();
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).unwrap();
    assert!(matches!(scratch.undo(&point), Err(UndoError::Busy)));
}

#[test]
fn expired_points_are_refused_and_collected() {
    let scratch = Scratch::quick();
    scratch.write("a", "content of a");
    let info = PointInfo { lifetime: Duration::ZERO, ..scratch.info() };
    let recorder = scratch.store.make(&info).unwrap();
    agent(&scratch, &recorder).unlink("a").unwrap();
    let point = recorder.seal().unwrap();
    std::thread::sleep(Duration::from_millis(5));
    assert!(matches!(refused(&scratch, &point), UndoError::Expired(_)));
    let collected = scratch.store.collect(false).unwrap();
    assert_eq!(collected.dropped.iter().map(|dropped| dropped.reason).collect::<Vec<_>>(), [Reason::Expired]);
    assert!(files_in(scratch.dir.path().join("store/trash")).is_empty());
    assert!(files_in(scratch.dir.path().join("store/points")).is_empty());
}

#[test]
fn over_the_quota_new_points_are_refused_and_nothing_is_dropped_silently() {
    let (scratch, first) = deleted();
    let tight = scratch.store.clone().with_limits(Limits { quota_percent: 0, ..Limits::default() });
    assert!(matches!(tight.make(&scratch.info()), Err(StoreError::OverQuota { .. })));
    assert_eq!(scratch.store.list().unwrap().len(), 1, "the refusal left nothing, and took nothing");
    let collected = tight.collect(true).unwrap();
    assert_eq!(collected.dropped[0].id, first.id);
    assert_eq!(collected.dropped[0].reason, Reason::BeforeItsTime);
    tight.make(&scratch.info()).unwrap().seal().unwrap();
}

/// What points hold is remembered in a file, which may be wrong or gone.
#[test]
fn the_quota_counts_the_same_whatever_was_remembered() {
    let (scratch, _) = deleted();
    let file = scratch.dir.path().join("store/held");
    let tight = scratch.store.clone().with_limits(Limits { quota_percent: 0, ..Limits::default() });
    let used = || match tight.make(&scratch.info()) {
        Err(StoreError::OverQuota { used, .. }) => used,
        other => panic!("{other:?}"),
    };
    let first = used();
    assert!(first > 0);
    assert!(std::fs::read_to_string(&file).unwrap().ends_with(&format!(" {first}\n")));
    assert_eq!(used(), first);
    std::fs::write(&file, b"\xff no line\n\nx 1\n").unwrap();
    assert_eq!(used(), first);
    let length = file.metadata().unwrap().len();
    assert_eq!(used(), first);
    assert_eq!(file.metadata().unwrap().len(), length, "what is known is not written again");
    std::fs::File::create(&file).unwrap().set_len(5 << 20).unwrap();
    assert_eq!(used(), first);
    assert!(file.metadata().unwrap().len() < 100, "a file that is too large is made anew");
    std::fs::remove_file(&file).unwrap();
    assert_eq!(used(), first);
    // Lines of points that are gone do not stay for ever.
    let gone = (0..500).map(|_| format!("{} 7\n", weir_model::RestorePointId::new())).collect::<String>();
    std::fs::write(&file, gone).unwrap();
    assert_eq!(used(), first);
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 1);
}

#[test]
fn equal_contents_share_one_inode_until_no_point_needs_them() {
    use std::os::unix::fs::MetadataExt as _;
    let scratch = Scratch::quick();
    scratch.write("a", &"long enough to be worth it".repeat(1000));
    scratch.write("b", &"long enough to be worth it".repeat(1000));
    let targets = [scratch.path("a"), scratch.path("b")];
    let point = scratch
        .store
        .snapshot(&scratch.info(), &targets.clone().map(|path| (path, How::Change)), &Budget::default())
        .unwrap();
    let inodes: Vec<_> = entries(&scratch, &point).iter().map(|path| path.metadata().unwrap().ino()).collect();
    if !point.mechanisms.contains(&weir_restore::Mechanism::Cloned) {
        assert_eq!(inodes[0], inodes[1]);
    }
    scratch.store.clone().with_limits(Limits { quota_percent: 0, ..Limits::default() }).collect(true).unwrap();
    assert!(files_in(scratch.dir.path().join("store/content")).is_empty());
}

#[test]
fn limits_are_refusals_with_numbers() {
    let scratch = Scratch::quick();
    scratch.write("large", &"x".repeat(100_000));
    scratch.write("small", &"y".repeat(5_000));
    scratch.write("second", &"z".repeat(6_000));
    let tight = scratch.store.clone().with_limits(Limits { file: 50_000, copies: 10_000, ..Limits::default() });
    let recorder = tight.make(&scratch.info()).unwrap();
    let agent = agent(&scratch, &recorder);
    let error = agent.append("large", b"!").unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::FileTooLarge);
    assert!(matches!(
        error.get_ref().and_then(|inner| inner.downcast_ref()),
        Some(RecordError::FileTooLarge { size: 100_000, limit: 50_000, .. })
    ));
    agent.append("small", b"!").unwrap();
    assert_eq!(agent.append("second", b"!").unwrap_err().kind(), std::io::ErrorKind::QuotaExceeded);
    assert_eq!(std::fs::read(scratch.path("large")).unwrap().len(), 100_000);
    let place = agent.at("small").unwrap();
    let wrong = recorder.divert(std::os::fd::AsFd::as_fd(&place.0), &place.1, Path::new("relative/small"));
    assert_eq!(wrong.unwrap_err().kind(), std::io::ErrorKind::InvalidInput);
    drop(recorder);
    let budget = Budget { files: 2, ..Budget::default() };
    let points = scratch.store.list().unwrap().len();
    let refused = scratch.store.snapshot(&scratch.info(), &[(scratch.root.clone(), How::Deletion)], &budget);
    assert!(matches!(refused, Err(SnapshotError::OverBudget { files: 3, .. })), "{refused:?}");
    assert_eq!(scratch.store.list().unwrap().len(), points, "nothing is left behind");
}

/// Runs one test of this program again in a mount namespace of its own.
fn in_own_mounts(test: &str) {
    let able = is_root() && Command::new("unshare").args(["-m", "true"]).status().is_ok_and(|status| status.success());
    if !able {
        println!("SKIPPED: mounting needs root and `unshare`");
        return;
    }
    let output = Command::new("unshare")
        .args(["-m", "--propagation", "private"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}

fn mount(arguments: &[&str], at: &Path) {
    assert!(Command::new("mount").args(arguments).arg(at).status().unwrap().success());
}

#[test]
fn other_mounts_have_a_trash_of_their_own() {
    in_own_mounts("faults::inside_other_mounts");
}

#[test]
#[ignore = "started in a mount namespace of its own"]
fn inside_other_mounts() {
    // The tree on a file system of its own.
    let scratch = Scratch::new();
    mount(&["-t", "tmpfs", "tmpfs"], &scratch.root);
    scratch.mkdir("d");
    scratch.write("d/f", "content of f");
    scratch.write("a", "content of a");
    let point = scratch.round_trip(|agent| {
        agent.append("a", b"more").unwrap();
        agent.remove_all("d").unwrap();
        agent.write("b", b"b").unwrap();
        agent.rename("b", "a").unwrap();
        assert!(scratch.path(".weir-trash-0").is_dir());
    });
    assert!(point.verified);
    // A bind mount in the same file system: a rename out of it is refused by the kernel.
    let scratch = Scratch::new();
    scratch.mkdir("bound/d");
    scratch.write("bound/d/f", "content of f");
    let source = scratch.dir.path().join("source");
    std::fs::create_dir_all(source.join("e")).unwrap();
    std::fs::write(source.join("e/g"), "content of g").unwrap();
    mount(&["--bind", source.to_str().unwrap()], &scratch.path("bound"));
    scratch.round_trip(|agent| {
        agent.unlink("bound/e/g").unwrap();
        agent.remove_tree("bound/e").unwrap();
    });
    // Read-only: refused, by number.
    mount(&["-o", "remount,ro,bind"], &scratch.path("bound"));
    let recorder = scratch.recorder();
    let error = agent(&scratch, &recorder).unlink("bound/e/g").unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ReadOnlyFilesystem);
    assert_eq!(error.raw_os_error(), Some(30));
    assert!(scratch.path("bound/e/g").exists());
}

#[test]
fn a_full_disk_is_an_error_and_no_loss() {
    in_own_mounts("faults::inside_a_full_disk");
}

#[test]
#[ignore = "started in a mount namespace of its own"]
fn inside_a_full_disk() {
    let small = tempfile::tempdir().unwrap();
    mount(&["-t", "tmpfs", "-o", "size=2m", "tmpfs"], small.path());
    let scratch = Scratch::below(small.path());
    let scratch = Scratch {
        store: scratch.store.clone().with_limits(Limits { quota_percent: 1000, ..Limits::default() }),
        ..scratch
    };
    scratch.write("a", &"a".repeat(600_000));
    scratch.write("b", &"b".repeat(900_000));
    let before = picture(&scratch.root);
    let recorder = scratch.recorder();
    let work = agent(&scratch, &recorder);
    let error = work.write("b", b"overwritten").unwrap_err();
    assert_eq!(error.raw_os_error(), Some(28), "ENOSPC: {error}");
    assert_same(&before, &picture(&scratch.root));
    // To the last byte: the journal itself has no room.
    let mut filler = std::fs::File::create(scratch.dir.path().join("filler")).unwrap();
    while std::io::Write::write(&mut filler, &[1; 4096]).is_ok_and(|written| written > 0) {}
    let mut failures = 0;
    for round in 0..2000 {
        let result = work.utime("a", round);
        failures += u32::from(result.is_err());
    }
    assert!(failures > 0, "the disk was not full");
    let _ = work.unlink("b");
    drop(filler);
    std::fs::remove_file(scratch.dir.path().join("filler")).unwrap();
    work.unlink("a").unwrap();
    let point = recorder.seal().unwrap();
    scratch.undo(&point).unwrap();
    assert_same(&before, &picture(&scratch.root));
}

#[test]
fn an_ordinary_user_gets_everything_back_too() {
    if !is_root() {
        println!("SKIPPED: all tests run as an ordinary user already");
        return;
    }
    for test in [
        "fidelity::everything_comes_back_after_deletion_file_by_file",
        "fidelity::everything_comes_back_after_changes",
        "fidelity::everything_comes_back_after_a_snapshot_and_rm",
        "property::any_changes_are_taken_back",
        "faults::inside_a_closed_directory",
    ] {
        // Where an ordinary user may read: the build directory need not be such a place.
        let dir = tempfile::tempdir().unwrap();
        std::fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let program = dir.path().join("it");
        std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
        let output = Command::new(program)
            .args(["--exact", test, "--include-ignored", "--test-threads=1"])
            .env("PROPTEST_CASES", "60")
            .env("TMPDIR", "/tmp")
            .current_dir("/")
            .uid(65534)
            .gid(65534)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{test}: {text}");
    }
}

#[test]
#[ignore = "started as an ordinary user"]
fn inside_a_closed_directory() {
    let scratch = Scratch::quick();
    scratch.mkdir("closed/sub");
    scratch.write("closed/f", "content of f");
    let set = |mode: u32| {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
        std::fs::set_permissions(scratch.path("closed"), mode).unwrap();
    };
    set(0o555);
    let before = picture(&scratch.root);
    let recorder = scratch.recorder();
    assert_eq!(agent(&scratch, &recorder).unlink("closed/f").unwrap_err().raw_os_error(), Some(13), "EACCES");
    agent(&scratch, &recorder).remove_tree("closed").unwrap();
    scratch.undo(&recorder.seal().unwrap()).unwrap();
    assert_same(&before, &picture(&scratch.root));
    let point = scratch
        .store
        .snapshot(&scratch.info(), &[(scratch.path("closed"), How::Deletion)], &Budget::default())
        .unwrap();
    set(0o755);
    std::fs::remove_dir_all(scratch.path("closed")).unwrap();
    scratch.undo(&point).unwrap();
    assert_same(&before, &picture(&scratch.root));
    set(0o755);
}
