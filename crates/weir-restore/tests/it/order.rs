//! Orders of changes that a naive undo gets wrong.

use crate::support::{Scratch, assert_same, picture};
use weir_restore::{ConflictKind, UndoError, UndoOptions};

fn filled() -> Scratch {
    let scratch = Scratch::new();
    scratch.mkdir("d/sub/empty");
    scratch.write("d/f", "content of f");
    scratch.write("d/sub/g", "content of g");
    scratch.write("a", "content of a");
    scratch.write("b", "content of b");
    scratch.write("c", "content of c");
    std::fs::hard_link(scratch.path("a"), scratch.path("a2")).unwrap();
    scratch
}

#[test]
fn a_tree_removed_file_by_file() {
    filled().round_trip(|agent| agent.remove_all("d").unwrap());
}

#[test]
fn a_tree_removed_at_once() {
    let report = filled().round_trip(|agent| agent.remove_tree("d").unwrap());
    assert_eq!(report.directories, 1);
}

#[test]
fn renames_into_each_others_names() {
    filled().round_trip(|agent| {
        agent.rename("a", "x").unwrap();
        agent.rename("b", "a").unwrap();
        agent.rename("c", "b").unwrap();
        agent.rename("x", "c").unwrap();
    });
}

#[test]
fn renames_over_each_other() {
    filled().round_trip(|agent| {
        agent.rename("a", "b").unwrap();
        agent.rename("b", "c").unwrap();
        agent.rename("c", "d/f").unwrap();
        agent.rename("d", "e").unwrap();
        agent.rename("e/f", "a").unwrap();
    });
}

/// What was written, renamed, replaced and removed many times is one file, both kept and put back.
#[test]
fn files_are_counted_and_not_changes() {
    let report = filled().round_trip(|agent| {
        agent.write("b", b"once").unwrap();
        agent.write("b", b"twice").unwrap();
        agent.rename("b", "0").unwrap();
        agent.rename("0", "00").unwrap();
        agent.unlink("00").unwrap();
        assert_eq!(agent.recorder.counters().files, 1);
    });
    assert_eq!((report.restored, report.directories), (1, 0));
    let report = filled().round_trip(|agent| {
        agent.rename("d", "e").unwrap();
        agent.write("e/f", b"other").unwrap();
        agent.rename("e", "g").unwrap();
        agent.rename("g", "d").unwrap();
    });
    assert_eq!((report.restored, report.directories), (1, 1));
}

#[test]
fn a_file_made_where_one_was_deleted_many_times() {
    filled().round_trip(|agent| {
        for round in 0..20u8 {
            agent.unlink("b").unwrap();
            agent.write("b", &[round]).unwrap();
        }
    });
}

#[test]
fn a_directory_replaced_by_a_file_and_back_by_a_link() {
    filled().round_trip(|agent| {
        agent.remove_all("d").unwrap();
        agent.write("d", b"now a file").unwrap();
        agent.unlink("d").unwrap();
        agent.symlink("/etc/passwd", "d").unwrap();
    });
}

#[test]
fn truncated_then_appended_then_deleted() {
    filled().round_trip(|agent| {
        agent.truncate("b", 0).unwrap();
        agent.append("b", b"more").unwrap();
        agent.unlink("b").unwrap();
    });
}

#[test]
fn one_name_of_two_removed_and_the_other_changed() {
    filled().round_trip(|agent| {
        agent.unlink("a").unwrap();
        agent.append("a2", b"changed through the other name").unwrap();
        agent.chmod("a2", 0o600).unwrap();
    });
}

#[test]
fn directories_moved_filled_and_removed() {
    filled().round_trip(|agent| {
        agent.rename("d/sub", "moved").unwrap();
        agent.write("moved/new", b"new").unwrap();
        agent.append("moved/g", b"more").unwrap();
        agent.rename("moved", "d/again").unwrap();
        agent.unlink("d/again/g").unwrap();
        agent.remove_tree("d").unwrap();
        agent.mkdir("d").unwrap();
        agent.mkdir("d/sub").unwrap();
        agent.write("d/sub/g", b"another g").unwrap();
    });
}

#[test]
fn names_that_change_places() {
    filled().round_trip(|agent| {
        agent.exchange("a", "d").unwrap();
        agent.unlink("a/f").unwrap();
        agent.exchange("a", "b").unwrap();
    });
}

#[test]
fn an_empty_directory_replaced_by_another() {
    filled().round_trip(|agent| {
        agent.mkdir("fresh").unwrap();
        agent.rename("fresh", "d/sub/empty").unwrap();
        agent.write("d/sub/empty/x", b"x").unwrap();
    });
}

#[test]
fn calls_that_fail_change_nothing() {
    filled().round_trip(|agent| {
        assert_eq!(agent.rmdir("d").unwrap_err().raw_os_error(), Some(39), "ENOTEMPTY");
        assert_eq!(agent.rmdir("a").unwrap_err().raw_os_error(), Some(20), "ENOTDIR");
        assert_eq!(agent.unlink("d").unwrap_err().raw_os_error(), Some(21), "EISDIR");
        assert_eq!(agent.unlink("nothing").unwrap_err().raw_os_error(), Some(2), "ENOENT");
        assert_eq!(agent.remove_tree("a").unwrap_err().raw_os_error(), Some(20), "ENOTDIR");
        agent.rename("a", "d").unwrap_err();
        agent.rename("d", "d/sub/inside").unwrap_err();
        agent.mkdir("d").unwrap_err();
        // Two names of one file: the kernel does nothing, and says it did.
        agent.rename("a", "a2").unwrap();
    });
}

#[test]
fn a_second_undo_says_that_there_was_a_first() {
    let scratch = filled();
    let recorder = scratch.recorder();
    crate::support::Agent { recorder: &recorder, root: &scratch.root }.unlink("b").unwrap();
    let point = recorder.seal().unwrap();
    let kept = scratch.undo(&point).unwrap().kept.unwrap();
    match scratch.undo(&point) {
        Err(UndoError::AlreadyUndone { by, .. }) => assert_eq!(by, kept),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_newer_is_listed_and_kept() {
    let scratch = filled();
    let recorder = scratch.recorder();
    let agent = crate::support::Agent { recorder: &recorder, root: &scratch.root };
    let before = picture(&scratch.root);
    agent.unlink("b").unwrap();
    agent.remove_all("d").unwrap();
    agent.rename("c", "c2").unwrap();
    agent.write("made", b"by the command").unwrap();
    let point = recorder.seal().unwrap();
    scratch.write("b", "written by a person since");
    std::fs::remove_file(scratch.path("c2")).unwrap();
    scratch.write("made.new", "x");
    std::fs::rename(scratch.path("made.new"), scratch.path("made")).unwrap();
    let plan =
        scratch.store.undo(&point, &UndoOptions { dry_run: true, ..UndoOptions::default() }, &mut |_| {}).unwrap();
    assert!(plan.plan.iter().any(|step| step.contains("/b` away")), "{:#?}", plan.plan);
    assert!(scratch.path("c2").symlink_metadata().is_err() && !scratch.path("d").exists(), "a dry run changes nothing");
    let report = scratch.undo(&point).unwrap();
    let kinds: Vec<_> = report
        .conflicts
        .iter()
        .map(|conflict| (conflict.path.file_name().unwrap().to_str().unwrap().to_owned(), conflict.kind))
        .collect();
    assert_eq!(kinds, [("c2".to_owned(), ConflictKind::Gone), ("b".to_owned(), ConflictKind::Occupied)]);
    assert_eq!(plan.conflicts, report.conflicts, "the dry run saw the same");
    assert_eq!(std::fs::read_to_string(scratch.path("b")).unwrap(), "content of b");
    let mut expected = before;
    expected.remove(std::ffi::OsStr::new("c"));
    assert_same(&expected, &picture(&scratch.root));
    let kept = scratch.store.find(&report.kept.unwrap().to_string()).unwrap();
    scratch.undo(&kept).unwrap();
    assert_eq!(std::fs::read_to_string(scratch.path("b")).unwrap(), "written by a person since");
}

#[test]
fn directories_that_somebody_removed_since_are_made_again() {
    let scratch = filled();
    let before = picture(&scratch.root);
    let recorder = scratch.recorder();
    let agent = crate::support::Agent { recorder: &recorder, root: &scratch.root };
    agent.unlink("d/sub/g").unwrap();
    let point = recorder.seal().unwrap();
    std::fs::remove_dir_all(scratch.path("d/sub")).unwrap();
    let report = scratch.undo(&point).unwrap();
    assert!(report.conflicts.is_empty(), "its metadata is known: {:?}", report.conflicts);
    let after = picture(&scratch.root);
    let name = std::ffi::OsStr::new("d/sub/g");
    assert_eq!(before[name], after[name]);
    let name = std::ffi::OsStr::new("d/sub");
    assert_eq!(before[name], after[name]);
}

#[test]
fn a_part_can_be_taken_back_and_the_rest_later() {
    let scratch = filled();
    let before = picture(&scratch.root);
    let recorder = scratch.recorder();
    let agent = crate::support::Agent { recorder: &recorder, root: &scratch.root };
    agent.remove_all("d").unwrap();
    agent.unlink("b").unwrap();
    agent.rename("c", "moved").unwrap();
    agent.unlink("moved").unwrap();
    let point = recorder.seal().unwrap();
    let part = |name: &str| UndoOptions { path: Some(scratch.path(name)), ..UndoOptions::default() };
    scratch.store.undo(&point, &part("d/sub/g"), &mut |_| {}).unwrap();
    assert!(scratch.path("d/sub/g").exists() && !scratch.path("d/f").exists() && !scratch.path("b").exists());
    scratch.store.undo(&point, &part("c"), &mut |_| {}).unwrap();
    assert_eq!(std::fs::read_to_string(scratch.path("c")).unwrap(), "content of c");
    scratch.undo(&point).unwrap();
    assert_same(&before, &picture(&scratch.root));
    assert!(matches!(scratch.undo(&point), Err(UndoError::AlreadyUndone { .. })));
}
