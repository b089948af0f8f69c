//! The compiled file: kept, noticed when stale, and never trusted when damaged.

#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use weir_decide::{DecideError, Engine, Facts, Layers, Means, compile};
use weir_model::{Effect, Target, TargetKind, Verb, Verdict};

fn decide_everything(engine: &Engine) {
    for verb in Verb::ALL {
        for kind in TargetKind::ALL {
            let effect = Effect::new(verb, Target::new(kind, "x"));
            let facts = Facts { agent: "claude", effect: &effect, approvals: 0 };
            let means = Means { restore_point: true, preview: true, approvals: true };
            // Any answer will do, as long as there is one.
            let _ = engine.decide(&facts, &means);
        }
    }
    let _ = engine.policies();
}

/// The file with a checksum that fits: what damage looks like that the checksum does not find.
fn resealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let mix = |hash: u64, word: u64| (hash ^ word).wrapping_mul(0x0100_0000_01b3).rotate_left(29);
    let (words, rest) = bytes[16..].as_chunks::<8>();
    let sum = words.iter().fold(0xcbf2_9ce4_8422_2325, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    let sum = rest.iter().fold(sum, |hash, byte| mix(hash, u64::from(*byte)));
    bytes[8..16].copy_from_slice(&sum.to_le_bytes());
    bytes
}

#[test]
fn what_is_written_is_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("policy.bin");
    let compiled = compile(&Layers::default()).unwrap();
    compiled.write(&file).unwrap();
    let engine = Engine::open(&file).unwrap();
    assert_eq!(engine.version(), Engine::builtin().version());
    assert_eq!(engine.policies(), Engine::builtin().policies());
    assert!(engine.is_fresh());
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "no temporary file is left");
    assert!(
        resealed(compiled.as_bytes().to_vec()) == compiled.as_bytes(),
        "the seal of the tests is the seal of the file"
    );
}

#[test]
fn every_change_of_the_sources_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let (user, file) = (dir.path().join("policies"), dir.path().join("policies/a.cedar"));
    let layers = Layers { user: Some(user.clone()), ..Layers::default() };
    let text = "@id(\"a\") @reason(\"r\") @advice(\"b\") forbid (principal, action, resource is Image);";
    let engine = || compile(&layers).unwrap().into_engine();

    let before = engine();
    assert!(before.is_fresh());
    std::fs::create_dir(&user).unwrap();
    assert!(!before.is_fresh(), "a layer came");

    let before = engine();
    std::fs::write(&file, text).unwrap();
    assert!(!before.is_fresh(), "a file came");

    let before = engine();
    let times = std::fs::FileTimes::new().set_modified(std::fs::metadata(&file).unwrap().modified().unwrap());
    std::thread::sleep(Duration::from_millis(20));
    std::fs::write(&file, text.replace("Image", "Table")).unwrap();
    std::fs::File::options().write(true).open(&file).unwrap().set_times(times).unwrap();
    assert!(!before.is_fresh(), "a file changed, and its time was set back");
    let after = engine();
    assert_ne!(before.version(), after.version());

    let before = engine();
    let later = std::fs::FileTimes::new().set_modified(SystemTime::now() + Duration::from_secs(9));
    std::fs::File::options().write(true).open(&file).unwrap().set_times(later).unwrap();
    assert!(!before.is_fresh(), "a file's time changed");
    assert_eq!(before.version(), engine().version());

    let before = engine();
    std::fs::remove_file(&file).unwrap();
    assert!(!before.is_fresh(), "a file went");
}

#[test]
fn damage_is_a_typed_error() {
    let good = compile(&Layers::default()).unwrap().as_bytes().to_vec();
    let refused = |bytes: Vec<u8>| matches!(Engine::from_bytes(bytes), Err(DecideError::Damaged(_)));
    for end in (0..good.len()).step_by(61).chain(0..40).chain([good.len() - 1]) {
        assert!(refused(good[..end].to_vec()), "cut at {end}");
    }
    for at in (0..good.len()).step_by(97) {
        let mut bytes = good.clone();
        bytes[at] ^= 0x10;
        assert!(refused(bytes), "changed at {at}");
    }
    let mut longer = good.clone();
    longer.push(0);
    assert!(refused(longer));
    assert!(refused(vec![]));
    assert!(matches!(Engine::open(std::path::Path::new("/nonexistent/x")), Err(DecideError::Io { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn damage_that_the_checksum_misses_never_panics(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        thread_local!(static GOOD: Vec<u8> = compile(&Layers::default()).unwrap().as_bytes().to_vec());
        let mut bytes = GOOD.with(Clone::clone);
        for (at, byte) in changes {
            // Half of the changes go into the header: the rest is mostly text.
            let length = if byte % 2 == 0 { 1_000.min(bytes.len()) } else { bytes.len() };
            bytes[at.index(length - 16) + 16] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(16 + cut.index(bytes.len() - 16));
        }
        if let Ok(engine) = Engine::from_bytes(resealed(bytes)) {
            decide_everything(&engine);
        }
    }
}

#[test]
fn names_of_any_kind_are_taken() {
    let engine = Engine::builtin();
    for name in ["", "a\"b", "\n\0", "::", "*", &"x".repeat(1_000_000)] {
        let effect = Effect::new(Verb::Delete, Target::new(TargetKind::FileTree, name));
        let facts = Facts { agent: name, effect: &effect, approvals: 0 };
        let means = Means { approvals: true, ..Means::default() };
        let decision = engine.decide(&facts, &means).unwrap();
        assert_eq!(decision.verdict, Verdict::Hold);
        assert!(decision.hits[0].reason.len() < 2_000);
    }
}
