//! A recorder or an undo that is killed: afterwards everything can be taken back as if it had ended by itself.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use weir_restore::{Point, State, Store, UndoOptions};

use crate::property::{Op, furnish};
use crate::support::{Agent, Picture, Scratch, assert_same, picture, without_inodes};

/// A small generator, so that a failure can be repeated from its seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn op(&mut self) -> Op {
        let (one, other, byte) = (self.below(12) as u8, self.below(12) as u8, self.below(200) as u8);
        match self.below(22) {
            0..=2 => Op::Write(one, byte),
            3 => Op::Append(one),
            4 => Op::Truncate(one, u16::from(byte) * 9),
            5..=7 => Op::Unlink(one),
            8 => Op::Rmdir(one),
            9 => Op::RemoveTree(one),
            10 => Op::RemoveAll(one),
            11..=12 => Op::Mkdir(one),
            13..=15 => Op::Rename(one, other),
            16 => Op::Exchange(one, other),
            17 => Op::Chmod(one, u16::from(byte)),
            18 => Op::Utime(one, u32::from(byte)),
            19 => Op::Symlink(one),
            20 => Op::Link(one, other),
            _ => Op::Fifo(one),
        }
    }
}

/// Starts this test program again, as `role` in `dir`. It says when it begins.
fn start(role: &str, dir: &Path, seed: u64) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child", "--nocapture", "--ignored", "--test-threads=1"])
        .env("WEIR_CRASH_ROLE", role)
        .env("WEIR_CRASH_DIR", dir)
        .env("WEIR_CRASH_SEED", seed.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut out = child.stdout.take().unwrap();
    let mut read = Vec::new();
    let mut byte = [0];
    while !read.ends_with(b"\x07") && out.read(&mut byte).unwrap() == 1 {
        read.push(byte[0]);
    }
    // Kept open: a closed pipe would end the child in its own way.
    child.stdout = Some(out);
    child
}

#[test]
#[ignore = "the other process of these tests"]
fn child() {
    let Ok(role) = std::env::var("WEIR_CRASH_ROLE") else { return };
    let dir = std::path::PathBuf::from(std::env::var_os("WEIR_CRASH_DIR").unwrap());
    let mut random = Random(std::env::var("WEIR_CRASH_SEED").unwrap().parse().unwrap());
    let store = Store::open(&dir.join("store")).unwrap();
    let root = dir.join("tree");
    let begin = || {
        std::io::stdout().write_all(b"\x07").unwrap();
        std::io::stdout().flush().unwrap();
    };
    if role == "undo" {
        let point = oldest(&store);
        begin();
        let _ = store.undo(&point, &UndoOptions::default(), &mut |_| {});
        return;
    }
    let info = weir_restore::PointInfo { cwd: root.clone(), ..weir_restore::PointInfo::default() };
    let recorder = store.make(&info).unwrap();
    let agent = Agent { recorder: &recorder, root: &root };
    begin();
    if role == "record" {
        loop {
            random.op().run(&agent);
        }
    }
    (0..60).for_each(|_| random.op().run(&agent));
    recorder.seal().unwrap();
}

fn oldest(store: &Store) -> Point {
    store.list().unwrap().pop().unwrap()
}

fn kill_after(mut child: Child, micros: u64) {
    let until = Instant::now() + Duration::from_micros(micros);
    while Instant::now() < until {
        std::hint::spin_loop();
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

fn scratch(seed: u64) -> (Scratch, Picture) {
    let scratch = Scratch::quick();
    furnish(&scratch);
    let before = picture(&scratch.root);
    println!("seed {seed} in {}", scratch.dir.path().display());
    (scratch, before)
}

/// Runs `each` on two threads, as long as there are seeds.
fn rounds(count: u64, each: impl Fn(u64) + Sync) {
    std::thread::scope(|scope| {
        for half in 0..2 {
            let each = &each;
            scope.spawn(move || (1..=count).filter(|seed| seed % 2 == half).for_each(each));
        }
    });
}

#[test]
fn a_killed_recorder_leaves_a_point_that_can_be_undone() {
    let changed = std::sync::atomic::AtomicU64::new(0);
    rounds(700, |seed| {
        let (scratch, before) = scratch(seed);
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        kill_after(start("record", scratch.dir.path(), random.next()), random.below(4000));
        let point = oldest(&scratch.store);
        assert_eq!(point.state, State::Open);
        if picture(&scratch.root) != before {
            changed.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
        let can = scratch.store.can_undo(&point);
        assert!(can.possible, "seed {seed}: {}", can.evidence);
        scratch.undo(&point).unwrap();
        assert_same(&before, &picture(&scratch.root));
    });
    let changed = changed.into_inner();
    assert!(changed > 350, "only {changed} recorders had changed something when they were killed");
}

#[test]
fn a_killed_undo_is_finished_by_the_next() {
    let unfinished = std::sync::atomic::AtomicU64::new(0);
    rounds(350, |seed| {
        let (scratch, before) = scratch(seed);
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        start("work", scratch.dir.path(), random.next()).wait().unwrap();
        let point = oldest(&scratch.store);
        assert_eq!(point.state, State::Sealed);
        let after = picture(&scratch.root);
        for _ in 0..3 {
            kill_after(start("undo", scratch.dir.path(), 0), random.below(1500));
        }
        if oldest(&scratch.store).state == State::Sealed {
            unfinished.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            scratch.undo(&oldest(&scratch.store)).unwrap();
        }
        assert_same(&before, &picture(&scratch.root));
        let point = oldest(&scratch.store);
        assert_eq!(point.state, State::Undone);
        // And what the interrupted undos did is itself undone, the last of them first.
        for kept in point.undone_by.iter().rev() {
            let kept = scratch.store.find(&kept.to_string()).unwrap();
            scratch.undo(&kept).unwrap();
        }
        assert_same(&without_inodes(after), &without_inodes(picture(&scratch.root)));
    });
    let unfinished = unfinished.into_inner();
    assert!(unfinished > 50, "only {unfinished} undos were killed before their end");
}
