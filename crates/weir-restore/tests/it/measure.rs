//! What it costs; run by hand: `cargo test -p weir-restore --release -- --ignored measure --nocapture`.

use std::time::Instant;

use crate::support::{Agent, Scratch};
use weir_restore::{Budget, How};

const FILES: usize = 20_000;

fn filled() -> Scratch {
    let scratch = Scratch::new();
    for dir in 0..FILES / 20 {
        scratch.mkdir(&format!("d{dir}"));
        (0..20).for_each(|file| scratch.write(&format!("d{dir}/f{file}"), "some content"));
    }
    scratch
}

#[test]
#[ignore = "a measurement"]
fn measure() {
    let budget = Budget { files: 1_000_000, ..Budget::default() };
    for how in [How::Deletion, How::Change] {
        let scratch = filled();
        let began = Instant::now();
        let point = scratch.store.snapshot(&scratch.info(), &[(scratch.root.clone(), how)], &budget).unwrap();
        println!("snapshot for {how:?}: {:?}", began.elapsed());
        std::fs::remove_dir_all(&scratch.root).unwrap();
        let began = Instant::now();
        let report = scratch.undo(&point).unwrap();
        println!("  undo of {} files: {:?}", report.restored, began.elapsed());
    }
    let scratch = filled();
    let recorder = scratch.recorder();
    let agent = Agent { recorder: &recorder, root: &scratch.root };
    let began = Instant::now();
    for dir in 0..FILES / 20 {
        agent.remove_all(format!("d{dir}")).unwrap();
    }
    println!("{FILES} deletions recorded: {:?}", began.elapsed());
    let began = Instant::now();
    let point = recorder.seal().unwrap();
    println!("  sealed: {:?}", began.elapsed());
    let began = Instant::now();
    scratch.undo(&point).unwrap();
    println!("  undone: {:?}", began.elapsed());
    let scratch = Scratch::new();
    scratch.mkdir("many");
    (0..100_000).for_each(|file| scratch.write(&format!("many/f{file}"), ""));
    let began = Instant::now();
    let point = scratch.store.snapshot(&scratch.info(), &[(scratch.path("many"), How::Deletion)], &budget).unwrap();
    println!("snapshot of one directory of 100,000: {:?}", began.elapsed());
    std::fs::remove_dir_all(scratch.path("many")).unwrap();
    let began = Instant::now();
    scratch.undo(&point).unwrap();
    println!("  undo: {:?}", began.elapsed());
}
