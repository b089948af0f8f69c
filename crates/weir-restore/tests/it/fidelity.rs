//! What must come back, one attribute after the other: deleted, changed, and both through a copy.

use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt};
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode};

use crate::support::{Scratch, assert_same, is_root, picture, set_mtime, without_inodes};
use weir_restore::{Budget, How, UndoOptions};

/// Every attribute in one tree, each in a file of its name.
fn furnish(root: &Path) {
    let at = |name: &str| root.join(name);
    let write = |name: &str, content: &[u8]| std::fs::write(at(name), content).unwrap();
    write("content", &[7; 100_000]);
    write("mode", b"mode");
    std::fs::set_permissions(at("mode"), PermissionsExt::from_mode(0o4751)).unwrap();
    write("owner", b"owner");
    if is_root() {
        std::os::unix::fs::chown(at("owner"), Some(12345), Some(54321)).unwrap();
    }
    write("times", b"times");
    set_mtime(&at("times"), 1_000_000_000, 123_456_789).unwrap();
    write("xattr", b"xattr");
    let flags = rustix::fs::XattrFlags::empty();
    rustix::fs::setxattr(at("xattr"), "user.weir", b"\0binary\xff", flags).unwrap();
    write("acl", b"acl");
    // user::rw-, user:1:r--, group::r--, mask::r--, other::---
    let acl: Vec<u8> = [(1u16, 6u16, u32::MAX), (2, 4, 1), (4, 4, u32::MAX), (16, 4, u32::MAX), (32, 0, u32::MAX)]
        .iter()
        .flat_map(|(tag, perm, id)| [&tag.to_le_bytes()[..], &perm.to_le_bytes(), &id.to_le_bytes()].concat())
        .collect();
    let acl = [&2u32.to_le_bytes()[..], &acl].concat();
    rustix::fs::setxattr(at("acl"), "system.posix_acl_access", &acl, flags).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", at("symlink")).unwrap();
    set_mtime(&at("symlink"), 1_100_000_000, 7).unwrap();
    std::os::unix::fs::symlink(std::ffi::OsStr::from_bytes(b"nowhere\n\xff"), at("dangling")).unwrap();
    write("hard-1", b"two names");
    std::fs::hard_link(at("hard-1"), at("hard-2")).unwrap();
    std::fs::create_dir(at("empty")).unwrap();
    std::fs::set_permissions(at("empty"), PermissionsExt::from_mode(0o2710)).unwrap();
    rustix::fs::mkfifoat(CWD, at("fifo"), Mode::from_raw_mode(0o640)).unwrap();
    drop(std::os::unix::net::UnixListener::bind(at("socket")).unwrap());
    if is_root() {
        let device = rustix::fs::makedev(1, 3);
        rustix::fs::mknodat(CWD, at("device"), FileType::CharacterDevice, Mode::from_raw_mode(0o666), device).unwrap();
    }
    let sparse = std::fs::File::create(at("sparse")).unwrap();
    sparse.set_len(10 << 30).unwrap();
    std::os::unix::fs::FileExt::write_at(&sparse, b"needle", 5 << 30).unwrap();
    drop(sparse);
    std::fs::write(root.join(std::ffi::OsStr::from_bytes(b"new\nline \xff\xfe")), b"odd name").unwrap();
    write(".gitignore", b".env\n");
    write(".env", b"SECRET=1");
    std::fs::create_dir(at("dir")).unwrap();
    write("dir/inside", b"inside");
    rustix::fs::setxattr(at("dir"), "user.dir", b"1", flags).unwrap();
    rustix::fs::setxattr(at("dir"), "system.posix_acl_default", &acl, flags).unwrap();
    set_mtime(&at("dir"), 1_200_000_000, 1).unwrap();
    set_mtime(root, 1_300_000_000, 2).unwrap();
}

/// The picture reads contents, and 10 GiB of zeros take long: the sparse file is looked at separately.
fn seen(root: &Path) -> (crate::support::Picture, u64) {
    let sparse = root.join("sparse");
    let aside = root.parent().unwrap().join("sparse-aside");
    let times = root.metadata().unwrap();
    std::fs::rename(&sparse, &aside).unwrap();
    set_mtime(root, times.mtime(), times.mtime_nsec() as u32).unwrap();
    let picture = picture(root);
    std::fs::rename(&aside, &sparse).unwrap();
    set_mtime(root, times.mtime(), times.mtime_nsec() as u32).unwrap();
    let file = std::fs::File::open(&sparse).unwrap();
    let mut needle = [0; 6];
    std::os::unix::fs::FileExt::read_exact_at(&file, &mut needle, 5 << 30).unwrap();
    assert_eq!(&needle, b"needle");
    assert_eq!(file.metadata().unwrap().size(), 10 << 30);
    (picture, file.metadata().unwrap().blocks())
}

#[test]
fn everything_comes_back_after_deletion_file_by_file() {
    let scratch = Scratch::new();
    furnish(&scratch.root);
    let before = seen(&scratch.root);
    let recorder = scratch.recorder();
    let agent = crate::support::Agent { recorder: &recorder, root: &scratch.root };
    for entry in std::fs::read_dir(&scratch.root).unwrap() {
        agent.remove_all(entry.unwrap().path()).unwrap();
    }
    let report = scratch.undo(&recorder.seal().unwrap()).unwrap();
    assert_eq!((&report.skipped[..], &report.conflicts[..]), (&[][..], &[][..]));
    let after = seen(&scratch.root);
    assert_same(&before.0, &after.0);
    assert_eq!(before.1, after.1, "still sparse");
}

#[test]
fn everything_comes_back_after_a_snapshot_and_rm() {
    for how in [How::Deletion, How::Change] {
        let scratch = Scratch::new();
        furnish(&scratch.root);
        let before = seen(&scratch.root);
        let point = scratch
            .store
            .snapshot(&scratch.info(), std::slice::from_ref(&scratch.root), how, &Budget::default())
            .unwrap();
        assert_eq!(
            without_inodes(before.0.clone()),
            without_inodes(seen(&scratch.root).0),
            "a snapshot changes nothing"
        );
        std::fs::remove_dir_all(&scratch.root).unwrap();
        let can = scratch.store.can_undo(&point);
        assert!(can.possible && can.verified, "{}", can.evidence);
        let report = scratch.undo(&point).unwrap();
        assert_eq!((&report.skipped[..], &report.conflicts[..]), (&[][..], &[][..]), "{how:?}");
        let after = seen(&scratch.root);
        if how == How::Deletion {
            assert_same(&before.0, &after.0);
        } else {
            assert_same(&without_inodes(before.0), &without_inodes(after.0));
        }
        assert!(after.1 <= before.1 + 600, "still sparse: {} blocks", after.1);
    }
}

#[test]
fn everything_comes_back_after_changes() {
    let scratch = Scratch::new();
    furnish(&scratch.root);
    let before = seen(&scratch.root);
    let recorder = scratch.recorder();
    let agent = crate::support::Agent { recorder: &recorder, root: &scratch.root };
    for entry in std::fs::read_dir(&scratch.root).unwrap() {
        let path = entry.unwrap().path();
        let kind = path.symlink_metadata().unwrap().file_type();
        if kind.is_file() {
            agent.write(&path, b"overwritten").unwrap();
            agent.setxattr(&path, "user.new", b"x").unwrap();
        }
        if !kind.is_symlink() {
            agent.chmod(&path, 0o711).unwrap();
        }
        agent.utime(&path, 99).unwrap();
        if is_root() {
            agent.chown(&path, 7, 7).unwrap();
        }
    }
    let report = scratch.undo(&recorder.seal().unwrap()).unwrap();
    assert_eq!((&report.skipped[..], &report.conflicts[..]), (&[][..], &[][..]));
    let after = seen(&scratch.root);
    assert_same(&before.0, &after.0);
    assert!(after.1 <= before.1 + 600, "still sparse: {} blocks", after.1);
}

#[test]
fn everything_can_be_restored_elsewhere() {
    for at_once in [false, true] {
        let scratch = Scratch::new();
        let inner = scratch.path("inner");
        std::fs::create_dir(&inner).unwrap();
        furnish(&inner);
        let before = seen(&inner);
        let recorder = scratch.recorder();
        let agent = crate::support::Agent { recorder: &recorder, root: &scratch.root };
        if at_once {
            agent.remove_tree("inner").unwrap();
        } else {
            agent.remove_all("inner").unwrap();
        }
        let point = recorder.seal().unwrap();
        let to = scratch.dir.path().join("elsewhere");
        let options = UndoOptions { to: Some(to.clone()), ..UndoOptions::default() };
        let report = scratch.store.undo(&point, &options, &mut |_| {}).unwrap();
        assert_eq!(report.skipped, []);
        let copied = seen(&to.join("inner"));
        assert_same(&without_inodes(before.0.clone()), &without_inodes(copied.0));
        assert!(copied.1 <= before.1 + 600, "still sparse: {} blocks", copied.1);
        assert!(!inner.exists(), "nothing was put back");
        assert!(scratch.store.undo(&point, &options, &mut |_| {}).is_err(), "not empty any more");
        scratch.undo(&point).unwrap();
        assert_same(&before.0, &seen(&inner).0);
    }
}

#[test]
fn deep_trees_come_back() {
    let scratch = Scratch::new();
    let name = "deep".repeat(30);
    let levels = 60;
    let build = |levels| {
        let mut at = rustix::fs::open(&scratch.root, rustix::fs::OFlags::PATH, Mode::empty()).unwrap();
        for _ in 0..levels {
            rustix::fs::mkdirat(&at, &name, Mode::from_raw_mode(0o755)).unwrap();
            at = rustix::fs::openat(&at, &name, rustix::fs::OFlags::PATH, Mode::empty()).unwrap();
        }
        let flags = rustix::fs::OFlags::CREATE | rustix::fs::OFlags::WRONLY;
        let file = rustix::fs::openat(&at, "bottom", flags, Mode::from_raw_mode(0o600)).unwrap();
        rustix::io::write(file, b"at the bottom").unwrap();
    };
    build(levels);
    let bottom = || {
        let mut at = rustix::fs::open(&scratch.root, rustix::fs::OFlags::PATH, Mode::empty()).unwrap();
        for _ in 0..levels {
            at = rustix::fs::openat(&at, &name, rustix::fs::OFlags::PATH, Mode::empty())?;
        }
        rustix::fs::openat(&at, "bottom", rustix::fs::OFlags::RDONLY, Mode::empty())
    };
    for how in [How::Deletion, How::Change] {
        let targets = [scratch.path(&name)];
        let point = scratch.store.snapshot(&scratch.info(), &targets, how, &Budget::default()).unwrap();
        assert_eq!(point.counts.directories, levels);
        let status = std::process::Command::new("rm").arg("-rf").arg(&targets[0]).status().unwrap();
        assert!(status.success() && bottom().is_err());
        scratch.undo(&point).unwrap();
        bottom().unwrap();
    }
    let recorder = scratch.recorder();
    crate::support::Agent { recorder: &recorder, root: &scratch.root }.remove_tree(&name).unwrap();
    let point = recorder.seal().unwrap();
    let to = scratch.dir.path().join("elsewhere");
    let options = UndoOptions { to: Some(to.clone()), ..UndoOptions::default() };
    scratch.store.undo(&point, &options, &mut |_| {}).unwrap();
    scratch.undo(&point).unwrap();
    bottom().unwrap();
}
