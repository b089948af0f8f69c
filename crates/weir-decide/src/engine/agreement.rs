//! Compiled slices and plain Cedar over the full text always agree.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use cedar_policy::{
    Authorizer, Context, Decision as CedarDecision, Entities, Entity, EntityId, EntityTypeName, EntityUid, Policy,
    PolicyId, PolicySet, Request, RestrictedExpression,
};
use proptest::prelude::*;
use weir_model::{Effect, Environment, Figure, GitScope, Reversibility, Scope, Target, TargetKind, Verb, Verdict};

use super::{Decision, Engine, Means, evaluate, list, none, search, verdict};
use crate::facts::{Facts, Question, Remedies, type_name};
use crate::{DecideError, Layers, builtin_sources, compile};

const FIGURES: [&str; 9] =
    ["files", "bytes", "only_copy_files", "only_copy_bytes", "commits", "refs", "stashes", "rows", "resources"];

/// Plain Cedar: the full text of every policy, no slices.
struct Oracle {
    policies: PolicySet,
    forbids: HashSet<String>,
}

impl Oracle {
    fn new(extra: &str) -> Self {
        let mut by_id = BTreeMap::new();
        for text in builtin_sources().iter().map(|(_, text)| *text).chain([extra]) {
            for policy in text.parse::<PolicySet>().unwrap().policies() {
                let id = policy.annotation("id").unwrap().to_owned();
                by_id.insert(id.clone(), policy.new_id(PolicyId::new(id)));
            }
        }
        let forbids = by_id.iter().filter(|(_, policy)| policy.effect() == cedar_policy::Effect::Forbid);
        Self {
            forbids: forbids.map(|(id, _)| id.clone()).collect(),
            policies: PolicySet::from_policies(by_id.into_values().collect::<Vec<Policy>>()).unwrap(),
        }
    }

    /// The answer, the policies that forbid, and the forbids that failed.
    fn ask(&self, facts: &Facts<'_>, remedies: Remedies) -> (bool, BTreeSet<String>, BTreeSet<String>) {
        let (request, entities) = request(facts, remedies);
        let response = Authorizer::new().is_authorized(&request, &self.policies, &entities);
        let forbid = |id: &PolicyId| Some(id.to_string()).filter(|id| self.forbids.contains(id));
        let failed = response
            .diagnostics()
            .errors()
            .filter_map(|error| {
                let cedar_policy::AuthorizationError::PolicyEvaluationError(error) = error;
                forbid(error.policy_id())
            })
            .collect();
        let objections = response.diagnostics().reason().filter_map(forbid).collect();
        (response.decision() == CedarDecision::Allow, objections, failed)
    }
}

fn uid(kind: &str, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.parse::<EntityTypeName>().unwrap(), EntityId::new(id))
}

/// The question in Cedar's public terms, made from the facts a second time.
fn request(facts: &Facts<'_>, remedies: Remedies) -> (Request, Entities) {
    let effect = facts.effect;
    let impact = &effect.impact;
    let entity = |kind: &str, id: &str| RestrictedExpression::new_entity_uid(uid(kind, id));
    let flag = RestrictedExpression::new_bool;
    let (agent, target) = (uid("Agent", facts.agent), uid(type_name(effect.target.kind), &effect.target.name));
    let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
    let agent_entity =
        Entity::new(agent.clone(), HashMap::from([("name".to_owned(), text(facts.agent))]), HashSet::new()).unwrap();
    let attributes = HashMap::from([
        ("name".to_owned(), text(&effect.target.name)),
        ("environment".to_owned(), entity("Environment", effect.target.environment.name())),
        ("stateful".to_owned(), flag(effect.target.stateful)),
    ]);
    let target_entity = Entity::new(target.clone(), attributes, HashSet::new()).unwrap();
    let figures = [
        impact.files,
        impact.bytes,
        impact.only_copy_files,
        impact.only_copy_bytes,
        impact.commits,
        impact.refs,
        impact.stashes,
        impact.rows,
        impact.resources,
    ];
    let figures = FIGURES.into_iter().zip(figures).map(|(name, figure)| {
        let value = figure.and_then(Figure::value).unwrap_or(0).min(i64::MAX as u64);
        (name.to_owned(), RestrictedExpression::new_long(value as i64))
    });
    let scope = match effect.scope {
        Scope::Whole => "whole",
        Scope::Files => "files",
        Scope::EmptyDirectories => "empty-directories",
        Scope::Filtered { .. } => "filtered",
        Scope::Content => "content",
        Scope::Moved { .. } => "moved",
        Scope::Git(_) => "git",
    };
    let context = Context::from_pairs([
        ("impact".to_owned(), RestrictedExpression::new_record(figures).unwrap()),
        ("uncertain".to_owned(), flag(impact.is_uncertain())),
        ("exists".to_owned(), flag(impact.exists.unwrap_or(true))),
        ("protected".to_owned(), flag(impact.protected.is_some())),
        ("scope".to_owned(), entity("Scope", scope)),
        ("opaque".to_owned(), flag(effect.opaque)),
        ("reversibility".to_owned(), entity("Reversibility", effect.reversibility.name())),
        ("restore_point".to_owned(), flag(remedies.restore_point)),
        ("preview".to_owned(), flag(remedies.preview)),
        ("approvals".to_owned(), RestrictedExpression::new_long(i64::from(remedies.approvals))),
    ])
    .unwrap();
    let request = Request::new(agent, uid("Action", effect.verb.name()), target, context, None).unwrap();
    (request, Entities::from_entities([agent_entity, target_entity], None).unwrap())
}

fn long() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => prop::sample::select(FIGURES.to_vec()).prop_map(|name| format!("context.impact.{name}")),
        1 => Just("context.approvals".to_owned()),
        3 => prop::sample::select(vec![0i64, 1, 2, 10, 20, 1000, i64::MAX]).prop_map(|n| n.to_string()),
    ];
    leaf.prop_recursive(2, 4, 2, |inner| {
        (inner.clone(), prop::sample::select(vec!["+", "-", "*"]), inner)
            .prop_map(|(left, op, right)| format!("({left} {op} {right})"))
    })
}

// A few kinds and verbs come often, so that policies and facts meet.

fn kind() -> impl Strategy<Value = TargetKind> {
    let often = prop::sample::select(vec![TargetKind::FileTree, TargetKind::Table, TargetKind::Program]);
    prop_oneof![3 => often, 1 => prop::sample::select(TargetKind::ALL.to_vec())]
}

fn verb() -> impl Strategy<Value = Verb> {
    let often = prop::sample::select(vec![Verb::Delete, Verb::Execute]);
    prop_oneof![3 => often, 1 => prop::sample::select(Verb::ALL.to_vec())]
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", "photos", "a*b", "a\"\\\nb", "größe/😀", "/"]).prop_map(str::to_owned)
}

fn condition() -> impl Strategy<Value = String> {
    let flags = vec!["exists", "protected", "opaque", "uncertain", "restore_point", "preview"];
    let environments = Environment::ALL.map(Environment::name).to_vec();
    let leaf = prop_oneof![
        3 => prop::sample::select(flags).prop_map(|name| format!("context.{name}")),
        1 => Just("resource.stateful".to_owned()),
        1 => prop::bool::ANY.prop_map(|value| value.to_string()),
        1 => prop::sample::select(environments.clone())
            .prop_map(|name| format!("resource.environment == Environment::\"{name}\"")),
        1 => prop::sample::subsequence(environments, 1..4).prop_map(|names| {
            let names: Vec<String> = names.iter().map(|name| format!("Environment::\"{name}\"")).collect();
            format!("[{}].contains(resource.environment)", names.join(", "))
        }),
        1 => prop::sample::select(vec!["reversible", "recoverable", "irreversible", "unknown"])
            .prop_map(|name| format!("context.reversibility != Reversibility::\"{name}\"")),
        1 => prop::sample::select(vec!["whole", "files", "content", "moved", "git"])
            .prop_map(|name| format!("context.scope == Scope::\"{name}\"")),
        3 => kind().prop_map(|kind| format!("resource is {}", type_name(kind))),
        1 => verb().prop_map(|verb| format!("action == Action::\"{}\"", verb.name())),
        1 => Just(r#"resource.name like "*a\**""#.to_owned()),
        1 => Just(r#"principal.name == "claude""#.to_owned()),
        3 => (long(), prop::sample::select(vec!["<", "<=", ">", ">=", "==", "!="]), long())
            .prop_map(|(left, op, right)| format!("{left} {op} {right}")),
    ];
    leaf.prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left}) && ({right})")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("({left}) || ({right})")),
            inner.clone().prop_map(|inner| format!("!({inner})")),
            (inner.clone(), inner.clone(), inner)
                .prop_map(|(test, then, other)| format!("(if {test} then {then} else {other})")),
        ]
    })
}

fn scope() -> impl Strategy<Value = String> {
    let action = prop_oneof![
        Just("action".to_owned()),
        verb().prop_map(|verb| format!("action == Action::\"{}\"", verb.name())),
        prop::sample::subsequence(Verb::ALL.to_vec(), 1..6).prop_map(|verbs| {
            let verbs: Vec<String> = verbs.iter().map(|verb| format!("Action::\"{}\"", verb.name())).collect();
            format!("action in [{}]", verbs.join(", "))
        }),
    ];
    let resource = prop_oneof![
        4 => Just("resource".to_owned()),
        3 => kind().prop_map(|kind| format!("resource is {}", type_name(kind))),
        1 => kind().prop_map(|kind| format!("resource == {}::\"photos\"", type_name(kind))),
        1 => kind().prop_map(|kind| format!("resource in {}::\"photos\"", type_name(kind))),
    ];
    let principal = prop_oneof![
        3 => Just("principal".to_owned()),
        1 => Just("principal == Agent::\"claude\"".to_owned()),
        1 => Just("principal is Agent".to_owned()),
    ];
    (principal, action, resource)
        .prop_map(|(principal, action, resource)| format!("({principal}, {action}, {resource})"))
}

fn policy() -> impl Strategy<Value = String> {
    let clause = (prop::sample::select(vec!["when", "unless"]), condition())
        .prop_map(|(word, condition)| format!("{word} {{ {condition} }}"));
    (prop::bool::weighted(0.3), scope(), prop::collection::vec(clause, 0..3)).prop_map(|(permits, scope, clauses)| {
        let effect = if permits { "permit" } else { "forbid" };
        format!("@reason(\"r\")\n@advice(\"a\")\n{effect} {scope} {};\n", clauses.join(" "))
    })
}

/// Policies of a user: some with ids of their own, and sometimes one in the place of a built-in one.
fn policies() -> impl Strategy<Value = String> {
    let replaced = prop::option::weighted(
        0.4,
        prop::sample::select(vec!["baseline-permit", "files-only-copy", "infrastructure-data", "opaque-destruction"]),
    );
    (prop::collection::vec(policy(), 1..6), replaced).prop_map(|(policies, replaced)| {
        let ids = (0..).map(|number| format!("own-{number}"));
        let ids = replaced.map(str::to_owned).into_iter().chain(ids);
        ids.zip(policies).map(|(id, policy)| format!("@id(\"{id}\")\n{policy}")).collect()
    })
}

fn figure() -> impl Strategy<Value = Option<Figure>> {
    let number = prop::sample::select(vec![0, 1, 10, 11, 20, 21, 1000, 1001, 1_048_576, 1_048_577, u64::MAX]);
    prop_oneof![
        2 => Just(None),
        1 => Just(Some(Figure::Unknown)),
        3 => number.clone().prop_map(|n| Some(Figure::Exact(n))),
        1 => number.clone().prop_map(|n| Some(Figure::Estimated(n))),
        1 => number.prop_map(|n| Some(Figure::AtLeast(n))),
    ]
}

prop_compose! {
    fn effect()(
        verb in verb(),
        kind in kind(),
        name in name(),
        environment in prop::sample::select(Environment::ALL.to_vec()),
        (stateful, opaque, measured, protected) in any::<(bool, bool, bool, bool)>(),
        exists in any::<Option<bool>>(),
        scope in prop::sample::select(vec![
            Scope::Whole,
            Scope::Files,
            Scope::EmptyDirectories,
            Scope::Filtered { filter: "x".to_owned() },
            Scope::Content,
            Scope::Moved { to: "/x".into() },
            Scope::Git(GitScope::History),
        ]),
        reversibility in prop::sample::select(vec![
            Reversibility::Reversible,
            Reversibility::Recoverable,
            Reversibility::Irreversible,
            Reversibility::Unknown,
        ]),
        figures in prop::array::uniform9(figure()),
    ) -> Effect {
        let mut target = Target::new(kind, name);
        target.environment = environment;
        target.stateful = stateful;
        let mut effect = Effect::new(verb, target).within(scope);
        effect.opaque = opaque;
        effect.reversibility = reversibility;
        let impact = &mut effect.impact;
        impact.measured = measured;
        impact.exists = exists;
        impact.protected = protected.then(|| "a system directory".to_owned());
        [
            impact.files, impact.bytes, impact.only_copy_files, impact.only_copy_bytes, impact.commits, impact.refs,
            impact.stashes, impact.rows, impact.resources,
        ] = figures;
        effect
    }
}

fn engine(extra: &str) -> Engine {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("own.cedar"), extra).unwrap();
    let layers = Layers { user: Some(dir.path().to_owned()), ..Layers::default() };
    match compile(&layers) {
        Ok(compiled) => compiled.into_engine(),
        Err(errors) => panic!("{extra}\n{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
    }
}

/// Every set of remedies that can exist.
fn remedies() -> impl Iterator<Item = Remedies> {
    search(0, Means { restore_point: true, preview: true, approvals: true })
}

fn agree(engine: &Engine, oracle: &Oracle, facts: &Facts<'_>, means: Means) {
    let (verb, kind) = (facts.effect.verb, facts.effect.target.kind);
    for remedies in remedies() {
        let (allowed, objections, failed) = oracle.ask(facts, remedies);
        if engine.is_constant_allow(verb, kind) {
            assert!(allowed, "constant for {verb:?} {kind:?}");
            continue;
        }
        let slice = engine.slice(engine.slot(verb, kind)).unwrap();
        match evaluate(&slice, &Question::new(facts).unwrap(), remedies) {
            Ok(evaluation) => {
                assert_eq!(evaluation.allowed, allowed, "{remedies:?}");
                let found: BTreeSet<String> =
                    evaluation.objections.iter().map(|policy| policy.info.id.clone()).collect();
                assert_eq!(found, objections, "{remedies:?}");
                let asked: BTreeSet<&str> = slice.iter().map(|policy| policy.info.id.as_str()).collect();
                assert!(!failed.iter().any(|id| asked.contains(id.as_str())), "a forbid failed in silence: {failed:?}");
            }
            Err(DecideError::Condition { id, .. }) => assert!(failed.contains(&id), "{id} fails, but not for Cedar"),
            Err(error) => panic!("{error}"),
        }
    }
    let Ok(decision) = engine.decide(facts, &means) else { return };
    assert_eq!(decision, by_oracle(oracle, facts, means, &decision));
}

/// The remedy search, over plain Cedar.
fn by_oracle(oracle: &Oracle, facts: &Facts<'_>, means: Means, decision: &Decision) -> Decision {
    let as_they_are = none(facts.approvals);
    let hits: BTreeSet<String> = oracle.ask(facts, as_they_are).1;
    let named: BTreeSet<String> = decision.hits.iter().map(|hit| hit.id.clone()).collect();
    if !hits.is_empty() {
        assert_eq!(named, hits);
    }
    for remedies in search(facts.approvals, means) {
        if oracle.ask(facts, remedies).0 {
            let (verdict, remedies) = if remedies == as_they_are {
                (Verdict::Allow, Vec::new())
            } else {
                (verdict(remedies, facts.approvals), list(remedies))
            };
            return Decision { verdict, remedies, hits: decision.hits.clone() };
        }
    }
    Decision { verdict: Verdict::Deny, remedies: Vec::new(), hits: decision.hits.clone() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn slices_agree_with_plain_cedar(
        extra in policies(),
        cases in prop::collection::vec((effect(), 0u32..4, any::<(bool, bool, bool)>()), 12),
    ) {
        let (engine, oracle) = (engine(&extra), Oracle::new(&extra));
        for (effect, approvals, (restore_point, preview, asks)) in &cases {
            let facts = Facts { agent: "claude", effect, approvals: *approvals };
            agree(&engine, &oracle, &facts, Means { restore_point: *restore_point, preview: *preview, approvals: *asks });
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// In the default pack, more remedies never make an answer worse.
    #[test]
    fn remedies_only_help(effect in effect()) {
        thread_local!(static ENGINE: Engine = Engine::builtin());
        ENGINE.with(|engine| {
            let (verb, kind) = (effect.verb, effect.target.kind);
            if engine.is_constant_allow(verb, kind) {
                return;
            }
            let facts = Facts { agent: "claude", effect: &effect, approvals: 0 };
            let (slice, question) = (engine.slice(engine.slot(verb, kind)).unwrap(), Question::new(&facts).unwrap());
            let answers: Vec<(Remedies, bool)> =
                remedies().map(|set| (set, evaluate(&slice, &question, set).unwrap().allowed)).collect();
            for (less, allowed) in &answers {
                for (more, still) in &answers {
                    let at_least = more.approvals >= less.approvals
                        && more.restore_point >= less.restore_point
                        && more.preview >= less.preview;
                    assert!(!(at_least && *allowed && !still), "{less:?} is enough, {more:?} is not");
                }
            }
        });
    }
}

#[test]
fn every_verb_and_kind_of_the_default_pack_agrees() {
    let (engine, oracle) = (Engine::builtin(), Oracle::new(""));
    for verb in Verb::ALL {
        for kind in TargetKind::ALL {
            let mut effect = Effect::new(verb, Target::new(kind, "x"));
            for (opaque, measured, stateful) in
                [(false, true, false), (true, false, false), (false, false, true), (false, true, true)]
            {
                effect.opaque = opaque;
                effect.impact.measured = measured;
                effect.target.stateful = stateful;
                let facts = Facts { agent: "codex", effect: &effect, approvals: 0 };
                agree(&engine, &oracle, &facts, Means { restore_point: true, preview: true, approvals: true });
            }
        }
    }
}

#[test]
fn the_search_goes_from_cheap_to_dear() {
    let sets = |given, means| -> Vec<(bool, bool, u32)> {
        search(given, means).map(|set| (set.restore_point, set.preview, set.approvals)).collect()
    };
    let all = Means { restore_point: true, preview: true, approvals: true };
    assert_eq!(
        sets(0, all)[..6],
        [(false, false, 0), (true, false, 0), (false, true, 0), (true, true, 0), (false, false, 1), (true, false, 1)]
    );
    assert_eq!(sets(0, Means::default()), [(false, false, 0)]);
    assert_eq!(sets(5, Means { approvals: true, ..Means::default() }), [(false, false, 5)]);
}
