//! The default pack: every policy has a case that it objects to, and its texts say what was measured.

use std::collections::BTreeSet;

use weir_decide::{Engine, Facts, Layer, Layers, Means, builtin_sources, compile, explain, run_tests};
use weir_model::{Effect, Figure, Impact, Remedy, Reversibility, Target, TargetKind, Verb, Verdict};

const ASK: Means = Means { restore_point: false, preview: false, approvals: true };

#[test]
fn the_cases_pass_and_cover_every_policy() {
    let engine = Engine::builtin();
    let report = run_tests(&engine, &Layers::default(), &[]).unwrap();
    assert_eq!(report.failures, Vec::<String>::new());
    assert!(report.passed > 80, "{}", report.passed);
    let ids: BTreeSet<String> = engine.policies().into_iter().map(|policy| policy.id).collect();
    let uncovered: Vec<&String> =
        ids.iter().filter(|id| !report.covered.contains(*id) && *id != "baseline-permit").collect();
    assert_eq!(uncovered, Vec::<&String>::new());
}

#[test]
fn the_pack_compiles_without_warnings() {
    let compiled = compile(&Layers::default()).unwrap();
    assert_eq!(compiled.warnings(), Vec::<String>::new());
    let engine = compiled.into_engine();
    assert!(engine.policies().iter().all(|policy| policy.layer == Layer::BuiltIn));
    assert!(builtin_sources().iter().any(|(name, _)| *name == "files.cedar"));
}

#[test]
fn everyday_work_needs_no_policy_engine() {
    let engine = Engine::builtin();
    for kind in TargetKind::ALL {
        assert!(engine.is_constant_allow(Verb::Read, kind), "{kind:?}");
        // What is installed on the machine itself runs by itself later.
        assert_eq!(engine.is_constant_allow(Verb::Install, kind), kind != TargetKind::Host, "{kind:?}");
    }
    assert!(engine.is_constant_allow(Verb::Execute, TargetKind::Program));
    assert!(engine.is_constant_allow(Verb::Create, TargetKind::FileTree));
    assert!(engine.is_constant_allow(Verb::Send, TargetKind::Host));
    assert!(!engine.is_constant_allow(Verb::Execute, TargetKind::Unknown));
    assert!(!engine.is_constant_allow(Verb::Delete, TargetKind::FileTree));
}

#[test]
fn texts_carry_the_measured_figures() {
    let engine = Engine::builtin();
    let mut effect = Effect::new(Verb::Delete, Target::new(TargetKind::FileTree, "photos"));
    effect.reversibility = Reversibility::Recoverable;
    effect.impact = Impact {
        measured: true,
        exists: Some(true),
        files: Some(Figure::AtLeast(1_000)),
        only_copy_files: Some(Figure::AtLeast(1_000)),
        only_copy_bytes: Some(Figure::AtLeast(1_400_000_000)),
        ..Impact::default()
    };
    let decide = |effect: &Effect| engine.decide(&Facts { agent: "claude", effect, approvals: 0 }, &ASK).unwrap();
    let decision = decide(&effect);
    assert_eq!(decision.verdict, Verdict::Hold);
    assert_eq!(decision.remedies, [Remedy::Approvals { count: 1 }]);
    let hit = &decision.hits[0];
    assert_eq!(
        hit.reason,
        "Deleting `photos` destroys at least 1,000 files (at least 1.4 GB) of which no other copy is known."
    );
    assert!(hit.advice.contains("`mv photos photos.bak`"), "{}", hit.advice);
    effect.impact = Impact::default();
    let hit = &decide(&effect).hits[0];
    assert!(hit.reason.contains("an unknown number of files"), "{}", hit.reason);
}

#[test]
fn the_texts_of_every_policy_can_be_filled() {
    for policy in Engine::builtin().policies() {
        assert_eq!(policy.reason.is_empty(), policy.id == "baseline-permit", "{}", policy.id);
        assert!(policy.reason.is_empty() || policy.reason.ends_with('.'), "{}", policy.id);
        assert!(policy.advice.is_empty() || policy.advice.ends_with('.'), "{}", policy.id);
    }
}

#[test]
fn a_policy_is_explained_with_its_text_and_where_it_is_asked() {
    let text = explain(&Layers::default(), "infrastructure-data").unwrap().unwrap();
    assert!(text.contains("layer   built-in\n  file    infrastructure.cedar"), "{text}");
    assert!(text.contains("@id(\"infrastructure-data\")"), "{text}");
    let asked = text.lines().find(|line| line.trim_start().starts_with("delete ")).unwrap();
    assert_eq!(
        asked.trim(),
        "delete   database, table, infrastructure-state, cloud-resource, kubernetes-object, volume"
    );
    assert_eq!(explain(&Layers::default(), "nothing").unwrap(), None);
}
