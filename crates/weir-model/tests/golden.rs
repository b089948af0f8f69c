//! The stored form of every type, byte for byte: a change here is a change of what old ledgers and scripts must survive.
//!
//! `WEIR_BLESS=1 cargo nextest run -p weir-model` writes the files anew; read the difference before committing it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fmt::Debug;
use std::path::{Path, PathBuf};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use weir_model::{
    Action, ActionId, Agent, Analysis, Approval, Digest, Effect, Entry, Environment, Figure, GitScope, Hold, HoldId,
    Impact, Judgement, Outcome, Patch, PatchOp, Pin, PolicyHit, Promise, Record, RecordId, Rejection, Remedy,
    RemoteHead, RemotePush, Request, RestorePointId, Reversibility, Scope, Session, Span, Surface, SurfaceBase, Target,
    TargetKind, Timestamp, Undone, Verb, Verdict,
};

fn golden<T: Serialize + DeserializeOwned + PartialEq + Debug>(name: &str, value: &T) {
    let text = serde_json::to_string_pretty(value).unwrap() + "\n";
    compare(name, &text);
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value, "{name} does not read back");
    let mut newer = serde_json::to_value(value).unwrap();
    add_fields(&mut newer);
    assert_eq!(&serde_json::from_value::<T>(newer).unwrap(), value, "{name} with fields from the future");
}

/// Adds a field to every object, as a later version might. The arguments of a tool are not ours: anything belongs there.
fn add_fields(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.iter_mut().filter(|(name, _)| *name != "arguments").for_each(|(_, value)| add_fields(value));
            fields.insert("from_the_future".into(), json!([{ "is": null }]));
        }
        Value::Array(values) => values.iter_mut().for_each(add_fields),
        _ => {}
    }
}

/// The fields without which `value` is not a `T`, as JSON pointers.
fn required<T: DeserializeOwned>(value: &Value) -> Vec<String> {
    let mut pointers = Vec::new();
    fields_below("", value, &mut pointers);
    pointers.retain(|pointer| {
        let mut without = value.clone();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        without.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name);
        serde_json::from_value::<T>(without).is_err()
    });
    // Whether objects keep their order is decided by other crates of the build.
    pointers.sort();
    pointers
}

fn fields_below(at: &str, value: &Value, pointers: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let pointer = format!("{at}/{name}");
                fields_below(&pointer, value, pointers);
                pointers.push(pointer);
            }
        }
        Value::Array(values) => {
            for (i, value) in values.iter().enumerate() {
                fields_below(&format!("{at}/{i}"), value, pointers);
            }
        }
        _ => {}
    }
}

fn golden_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.json"))
}

fn compare(name: &str, text: &str) {
    let path = golden_file(name);
    if std::env::var_os("WEIR_BLESS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(text, stored, "{name}: the stored form changed");
}

fn id<T: std::str::FromStr>(last: u32) -> T
where
    T::Err: Debug,
{
    format!("0192f0c1-2b3a-7c4d-8e5f-{last:012}").parse().unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_500_000 + second).unwrap()
}

fn action(request: Request) -> Action {
    Action {
        id: id::<ActionId>(1),
        agent: Agent {
            name: "claude".into(),
            session: Some("9eac3c32".into()),
            subagent: Some("general-purpose".into()),
            principal: "ann".into(),
        },
        tool: "Bash".into(),
        call: Some("toolu_1".into()),
        request,
        cwd: "/home/ann/work".into(),
        host: "heron".into(),
        at: at(0),
    }
}

fn shell() -> Request {
    Request::Shell { command: "rm -rf photos".into(), shell: None }
}

fn impact() -> Impact {
    Impact {
        measured: true,
        exists: Some(true),
        files: Some(Figure::Exact(20_000)),
        directories: Some(Figure::Exact(80)),
        bytes: Some(Figure::AtLeast(1_400_000_000)),
        only_copy_files: Some(Figure::Estimated(20_000)),
        only_copy_bytes: Some(Figure::Unknown),
        git_restorable_files: Some(Figure::Exact(0)),
        regenerable_files: Some(Figure::Exact(0)),
        session_files: Some(Figure::Exact(0)),
        newest: Some(at(-60)),
        oldest: Some(at(-6_000)),
        mounts: vec!["/home/ann/work/photos/disk".into()],
        protected: Some("the folder Pictures of a home directory".into()),
        commits: Some(Figure::Exact(3)),
        refs: Some(Figure::Exact(1)),
        stashes: Some(Figure::Exact(2)),
        rows: Some(Figure::Unknown),
        resources: Some(Figure::Exact(7)),
        dependents: Some(Figure::Exact(1)),
        remark: Some("2 files have other names too".into()),
        remote_heads: vec![RemoteHead {
            remote: "origin".into(),
            name: "refs/heads/main".into(),
            head: Some("0123456789abcdef0123456789abcdef01234567".into()),
            here: true,
            new: Some("89abcdef0123456789abcdef0123456789abcdef".into()),
            deleted: true,
        }],
    }
}

fn target() -> Target {
    Target {
        kind: TargetKind::FileTree,
        name: "photos".into(),
        environment: Environment::Development,
        environment_from: Some("--context dev".into()),
        lookup: None,
        stateful: true,
        paths: vec!["/home/ann/work/photos".into()],
    }
}

fn effect() -> Effect {
    Effect {
        verb: Verb::Delete,
        target: target(),
        scope: Scope::Whole,
        opaque: false,
        note: Some("a remark".into()),
        span: Some(Span { start: 0, end: 13 }),
        via: vec!["sudo".into(), "bash -c".into()],
        preview: Some("ls photos".into()),
        impact: impact(),
        reversibility: Reversibility::Recoverable,
        policies: vec!["files-only-copy".into()],
    }
}

fn judgement() -> Judgement {
    Judgement {
        action: id::<ActionId>(1),
        verdict: Verdict::Hold,
        effects: vec![effect()],
        policies: vec!["files-only-copy".into()],
        reason: "20,000 files have no other copy.".into(),
        advice: "Move them instead.".into(),
        analysis: Analysis::Complete,
        remedies: vec![Remedy::RestorePoint, Remedy::Preview, Remedy::Approvals { count: 2 }],
        hold: Some(id::<HoldId>(2)),
        approved_by: Some(id::<HoldId>(3)),
        restore_point: Some(id::<RestorePointId>(4)),
        pins: vec![Pin { path: "/home/ann/work/clean.sh".into(), sha256: Digest::of(b"clean") }],
        warnings: vec!["a warning".into()],
        policy_version: Digest::of(b"policy"),
        took_us: 412,
    }
}

fn hold() -> Hold {
    Hold {
        id: id::<HoldId>(2),
        action: id::<ActionId>(1),
        digest: Digest::of(b"digest"),
        agent: "claude".into(),
        summary: "rm -rf photos".into(),
        cwd: "/home/ann/work".into(),
        reason: "20,000 files have no other copy.".into(),
        policy_version: Digest::of(b"policy"),
        approvals_needed: 1,
        at: at(0),
        expires: at(900),
    }
}

fn approval() -> Approval {
    Approval {
        hold: id::<HoldId>(2),
        digest: Digest::of(b"digest"),
        by: "ann".into(),
        terminal: "/dev/pts/3".into(),
        at: at(10),
        expires: at(910),
    }
}

fn rejection() -> Rejection {
    Rejection { hold: id::<HoldId>(2), by: "ann".into(), why: Some("no".into()), at: at(10) }
}

fn outcome() -> Outcome {
    Outcome {
        agent: "claude".into(),
        session: Some("9eac3c32".into()),
        call: Some("toolu_1".into()),
        tool: "Bash".into(),
        failed: Some(false),
        duration_ms: Some(12),
    }
}

fn promise() -> Promise {
    Promise {
        point: id::<RestorePointId>(4),
        action: Some(id::<ActionId>(1)),
        files: 20_000,
        directories: 41,
        bytes: 1_970_000_000,
        expires: at(604_800),
    }
}

fn undone() -> Undone {
    Undone {
        point: id::<RestorePointId>(4),
        by: "ann".into(),
        restored: 20_041,
        conflicts: 1,
        verified: true,
        kept: Some(id::<RestorePointId>(5)),
    }
}

fn session() -> Session {
    Session { agent: "claude".into(), id: "9eac3c32".into(), started: at(-100), cwd: "/home/ann/work".into() }
}

#[test]
fn actions_with_every_request() {
    golden("action-shell", &action(shell()));
    golden("action-powershell", &action(Request::Shell { command: "del x".into(), shell: Some("powershell".into()) }));
    let change = |op, path: &str| Patch { op, path: path.into() };
    let changes = vec![
        change(PatchOp::Add, "a"),
        change(PatchOp::Update, "b"),
        change(PatchOp::Write, "c"),
        change(PatchOp::Delete, "d"),
    ];
    golden("action-files", &action(Request::Files { changes }));
    golden("action-look", &action(Request::Look { paths: vec!["src/main.rs".into()] }));
    golden("action-fetch", &action(Request::Fetch { url: "https://example.com/".into() }));
    let arguments = json!({ "path": "/srv/data" });
    golden("action-tool", &action(Request::Tool { server: Some("danger".into()), arguments }));
}

#[test]
fn effects_with_every_scope() {
    golden("effect", &effect());
    golden("target", &target());
    golden("impact", &impact());
    let scopes = vec![
        Scope::Whole,
        Scope::Files,
        Scope::EmptyDirectories,
        Scope::Filtered { filter: "-name '*.log'".into() },
        Scope::Content,
        Scope::Moved { to: "/tmp/photos".into() },
        Scope::Git(GitScope::Changes { pathspecs: vec!["src".into()], staged: true, worktree: true, to: None }),
        Scope::Git(GitScope::Untracked { pathspecs: vec![], directories: true, ignored: true, only_ignored: false }),
        Scope::Git(GitScope::Move { reference: None, to: "HEAD~3".into() }),
        Scope::Git(GitScope::Refs { names: vec!["topic".into()] }),
        Scope::Git(GitScope::Stash { entry: Some(1) }),
        Scope::Git(GitScope::Remote(RemotePush {
            remote: "origin".into(),
            refspecs: vec!["+main".into()],
            ..RemotePush::default()
        })),
        Scope::Git(GitScope::Worktree { path: "../tree".into() }),
        Scope::Git(GitScope::History),
    ];
    golden("scopes", &scopes);
}

#[test]
fn judgements_holds_and_answers() {
    golden("judgement", &judgement());
    golden("outcome", &outcome());
    golden("session", &session());
    golden("hold", &hold());
    golden("approval", &approval());
    golden("rejection", &rejection());
    let hit = PolicyHit { id: "files-only-copy".into(), reason: "r".into(), advice: "a".into() };
    golden("policy-hit", &hit);
    let surface = Surface { owner: "claude", base: SurfaceBase::Home, path: ".claude/settings.json", subtree: false };
    compare("surface", &(serde_json::to_string_pretty(&surface).unwrap() + "\n"));
}

#[test]
fn records_with_every_entry() {
    let entries = [
        ("judged", Entry::Judged { action: Box::new(action(shell())), judgement: Box::new(judgement()) }),
        ("settled", Entry::Settled { outcome: outcome() }),
        ("session-started", Entry::SessionStarted { session: session() }),
        ("held", Entry::Held { hold: hold() }),
        ("approved", Entry::Approved { approval: approval() }),
        ("approval-used", Entry::ApprovalUsed { hold: id::<HoldId>(2) }),
        ("rejected", Entry::Rejected { rejection: rejection() }),
        ("repaired", Entry::Repaired { torn_bytes: 17, kept_in: "torn/1.bin".into() }),
        ("restore-point-made", Entry::RestorePointMade { promise: promise() }),
        (
            "restore-point-dropped",
            Entry::RestorePointDropped { point: id::<RestorePointId>(4), why: "its time is over".into() },
        ),
        ("undone", Entry::Undone { undone: undone() }),
        ("configured", Entry::Configured { what: "the guard was installed for claude".into() }),
        ("fault", Entry::Fault { what: "the disk is full".into() }),
    ];
    for (name, entry) in entries {
        let mut record = Record::new(at(1), entry);
        record.id = id::<RecordId>(9);
        golden(&format!("record-{name}"), &record);
    }
}

#[test]
fn the_names_of_kinds_verbs_and_verdicts_are_stable() {
    compare("names", &{
        let names = json!({
            // In the order of the alphabet: whether objects keep another is decided by other crates of the build.
            "environments": Environment::ALL,
            "kinds": TargetKind::ALL,
            "verbs": Verb::ALL,
            "verdicts": [Verdict::Allow, Verdict::AllowWithRestorePoint, Verdict::Hold, Verdict::Deny],
        });
        serde_json::to_string_pretty(&names).unwrap() + "\n"
    });
    for kind in TargetKind::ALL {
        assert_eq!(json!(kind), kind.name());
    }
    for verb in Verb::ALL {
        assert_eq!(json!(verb), verb.name());
    }
    for environment in Environment::ALL {
        assert_eq!(json!(environment), environment.name());
    }
    for verdict in [Verdict::Allow, Verdict::AllowWithRestorePoint, Verdict::Hold, Verdict::Deny] {
        assert_eq!(json!(verdict), verdict.name());
    }
}

#[test]
fn fields_from_the_future_are_ignored_and_missing_ones_have_defaults() {
    let effect: Effect = serde_json::from_value(json!({
        "verb": "delete", "target": { "kind": "file-tree", "name": "x", "new": 1 }, "opaque": false, "new": [1]
    }))
    .unwrap();
    assert_eq!(effect.scope, Scope::Whole);
    assert!(effect.impact.is_uncertain());
    assert_eq!(effect.reversibility, Reversibility::Unknown);
    let record: Record = serde_json::from_value(json!({
        "v": 2, "id": id::<RecordId>(1).to_string(), "at": "2026-11-24T10:00:00Z", "type": "fault", "what": "x", "new": {}
    }))
    .unwrap();
    assert_eq!(record.entry, Entry::Fault { what: "x".into() });
}

/// A field that becomes required makes old ledgers unreadable: that shows here.
#[test]
fn the_fields_that_readers_insist_on_are_known() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut names: Vec<String> =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let mut all = serde_json::Map::new();
    for name in names.iter().filter_map(|name| name.strip_suffix(".json")) {
        let text = std::fs::read_to_string(golden_file(name)).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        let fields = match name {
            "approval" => required::<Approval>(&value),
            "effect" => required::<Effect>(&value),
            "hold" => required::<Hold>(&value),
            "impact" => required::<Impact>(&value),
            "judgement" => required::<Judgement>(&value),
            "outcome" => required::<Outcome>(&value),
            "policy-hit" => required::<PolicyHit>(&value),
            "rejection" => required::<Rejection>(&value),
            "scopes" => required::<Vec<Scope>>(&value),
            "session" => required::<Session>(&value),
            "target" => required::<Target>(&value),
            name if name.starts_with("action-") => required::<Action>(&value),
            name if name.starts_with("record-") => required::<Record>(&value),
            // Only written, never read.
            "names" | "surface" | "required" => continue,
            other => panic!("{other}: which type is it?"),
        };
        all.insert(name.to_owned(), json!(fields));
    }
    compare("required", &(serde_json::to_string_pretty(&all).unwrap() + "\n"));
}
