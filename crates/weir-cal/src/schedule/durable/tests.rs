use std::{cell::RefCell, fs, path::Path, rc::Rc};

use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};

use super::{Kind, Schedule, ScheduleError, State, state};
use crate::{
    outcome::{Alert, Delivery},
    sink::Sink,
    source::Memory,
    syntax,
};

const START: &str = "2026-06-01T00:00:00Z";

fn at(text: &str) -> Timestamp {
    crate::value::instant(text).unwrap()
}

/// Keeps what it is sent; refuses where it is told to.
#[derive(Clone, Default)]
struct Kept {
    sent: Rc<RefCell<Vec<Alert>>>,
    refuses: Rc<RefCell<bool>>,
}

impl Sink for Kept {
    fn name(&self) -> String {
        "kept".to_owned()
    }

    fn send(&mut self, alert: &Alert) -> Delivery {
        let delivered = !*self.refuses.borrow();
        if delivered {
            self.sent.borrow_mut().push(Alert { deliveries: Vec::new(), ..alert.clone() });
        }
        Delivery { sink: self.name(), delivered, attempts: 1, error: None }
    }
}

fn sinks(kept: &Kept) -> Vec<Box<dyn Sink>> {
    vec![Box::new(kept.clone())]
}

fn plan(schedule: &mut Schedule, text: &str, now: &str) -> usize {
    let parsed = syntax::parse(text);
    assert!(parsed.diagnostics.is_empty(), "{text}: {:?}", parsed.diagnostics);
    schedule.plan(&parsed.script, text, Path::new("gap.cal"), at(now))
}

/// A look at each of `nows`: the alerts, as `time level message`.
fn looks(text: &str, rows: &[Value], nows: &[Timestamp]) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("schedule.json");
    let mut schedule = Schedule::load(&path).unwrap();
    plan(&mut schedule, text, START);
    schedule.save().unwrap();
    drop(schedule);
    let kept = Kept::default();
    for now in nows {
        // What has not happened yet is not in the data yet.
        let happened = |row: &&Value| at(row["at"].as_str().unwrap()) <= *now;
        let source = Memory::new().with("signals", rows.iter().filter(happened).cloned().collect());
        let mut schedule = Schedule::load(&path).unwrap();
        let ticked = schedule.tick(*now, &source, &mut sinks(&kept), &mut |_, _| Ok(())).unwrap();
        assert!(ticked.iter().all(|one| one.error.is_none()), "{now}: {ticked:?}");
    }
    let sent = kept.sent.borrow();
    sent.iter().map(|alert| format!("{} {} {}", alert.timestamp, alert.level, alert.message)).collect()
}

fn signal(at: &str, name: &str, service: &str, pct: i64) -> Value {
    json!({"at": at, "name": name, "service": service, "pct": pct})
}

fn rows() -> Vec<Value> {
    vec![
        signal("2026-05-20", "rollback", "billing", 20),
        signal("2026-06-03", "rollback", "checkout", 50),
        signal("2026-06-05T10:00:00Z", "page", "billing", 30),
        signal("2026-06-06", "rollback", "billing", 60),
        signal("2026-06-09", "page", "checkout", 20),
    ]
}

#[test]
fn looking_often_and_looking_once_do_the_same() {
    let text = "WAKE AFTER 3d THEN CHIRP info \"look again\"\n\
                PERCH ON service:\"billing\" LISTEN FOR rollback, page WAKE AFTER 7d CHIRP critical \"billing speaks\"\n\
                PERCH ON signals LISTEN FOR outage WAKE AFTER 7d CHIRP warning \"quiet\"\n\
                LISTEN FOR rollback\n\
                WATCH low IN signals WHEN pct < 35 FOR 2d";
    let expected = [
        // It fired before the registration, and held then.
        "2026-05-22T00:00:00Z warning watch `low` fired for `rollback`",
        "2026-06-03T00:00:00Z info signal `rollback` came",
        "2026-06-04T00:00:00Z info look again",
        "2026-06-05T10:00:00Z critical billing speaks",
        "2026-06-06T00:00:00Z info signal `rollback` came",
        "2026-06-07T10:00:00Z warning watch `low` fired for `page`",
        "2026-06-08T00:00:00Z warning nothing came to `signals` in time: quiet",
    ];
    let end = at("2026-07-01");
    assert_eq!(looks(text, &rows(), &[end]), expected);
    for hours in [1, 7, 24, 100] {
        let nows: Vec<Timestamp> =
            at(START).series(i64::from(hours).hours()).take_while(|now| *now < end).chain([end, end]).collect();
        assert_eq!(looks(text, &rows(), &nows), expected, "every {hours} hours");
    }
}

#[test]
fn a_script_that_runs_twice_plans_once() {
    let directory = tempfile::tempdir().unwrap();
    let mut schedule = Schedule::load(directory.path().join("s.json")).unwrap();
    let text = "WAKE AFTER 3d THEN CHIRP info\nWAKE AFTER 3d THEN CHIRP info\nSURFACE r ON \"2026-06-20\"\nFORAGE t";
    assert_eq!(plan(&mut schedule, text, START), 3);
    let before = schedule.entries().to_vec();
    assert_eq!(plan(&mut schedule, text, "2026-06-02"), 0);
    assert_eq!(schedule.entries(), before);
    assert_eq!(before[0].due, Some(at("2026-06-04")));
    assert_ne!(before[0].id, before[1].id);
    // White space and a comment after it change nothing; another length is another statement.
    let other = "WAKE   AFTER 3d\n THEN CHIRP info -- soon\nWAKE AFTER 4d THEN CHIRP info\n";
    assert_eq!(plan(&mut schedule, other, "2026-06-02"), 1);
    let kinds: Vec<_> = schedule.entries().iter().map(|entry| (entry.kind, entry.due.unwrap().to_string())).collect();
    assert_eq!(kinds, [(Kind::Wake, "2026-06-04T00:00:00Z".into()), (Kind::Wake, "2026-06-06T00:00:00Z".into())]);
    assert_ne!(schedule.entries()[0].digest, before[0].digest);
    // The entries of another script stay.
    let script = syntax::parse("").script;
    schedule.plan(&script, "", Path::new("other.cal"), at(START));
    assert_eq!(schedule.entries().len(), 2);
}

#[test]
fn what_is_due_is_done_once_and_what_fails_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.json");
    let mut schedule = Schedule::load(&path).unwrap();
    plan(
        &mut schedule,
        "WAKE AFTER 1d THEN FORAGE t\nSURFACE r AS json ON \"2026-06-03\"\nWAKE AFTER 1h THEN CHIRP info",
        START,
    );
    assert!(schedule.due(at(START)).is_empty());
    assert_eq!(schedule.due(at("2026-06-02")).len(), 2);
    let kept = Kept::default();
    *kept.refuses.borrow_mut() = true;
    let source = Memory::new();
    let mut asked = Vec::new();
    let mut look = |schedule: &mut Schedule, now: &str, works: bool| {
        let mut act = |_: &super::Entry, text: &str| {
            asked.push(text.to_owned());
            if works { Ok(()) } else { Err("no".to_owned()) }
        };
        let ticked = schedule.tick(at(now), &source, &mut sinks(&kept), &mut act).unwrap();
        ticked.iter().map(|one| one.error.clone()).collect::<Vec<_>>()
    };
    let lost = Some("the alert did not arrive: kept".to_owned());
    assert_eq!(look(&mut schedule, "2026-06-02", false), [lost, Some("no".to_owned())]);
    *kept.refuses.borrow_mut() = false;
    // As another process finds it.
    drop(schedule);
    let mut schedule = Schedule::load(&path).unwrap();
    assert!(schedule.entries()[0].error.is_some());
    assert_eq!(look(&mut schedule, "2026-06-04", true), [None, None, None]);
    assert_eq!(look(&mut schedule, "2026-06-05", true), Vec::<Option<String>>::new());
    assert_eq!(asked, ["FORAGE t", "FORAGE t", "SURFACE r AS json ON \"2026-06-03\""]);
    assert!(schedule.entries().iter().all(|entry| entry.state == State::Done && entry.error.is_none()));
    assert_eq!(kept.sent.borrow().len(), 1);
}

#[test]
fn a_collection_that_cannot_be_read_is_said_and_tried_again() {
    let directory = tempfile::tempdir().unwrap();
    let mut schedule = Schedule::load(directory.path().join("s.json")).unwrap();
    plan(
        &mut schedule,
        "PERCH ON signals CHIRP info\nWATCH w IN gone WHEN a > 1\nWAKE AFTER 1h THEN CHIRP info",
        START,
    );
    let kept = Kept::default();
    let empty = Memory::new();
    let ticked = schedule.tick(at("2026-06-02"), &empty, &mut sinks(&kept), &mut |_, _| Ok(())).unwrap();
    let errors: Vec<_> = ticked.iter().map(|one| one.error.as_deref().unwrap_or("-")).collect();
    assert_eq!(errors, ["-", "no collection `signals` in memory", "no collection `gone` in memory"]);
    let there = Memory::new().with("signals", rows()).with("gone", vec![json!({"a": 1})]);
    let ticked = schedule.tick(at("2026-06-04"), &there, &mut sinks(&kept), &mut |_, _| Ok(())).unwrap();
    assert_eq!(ticked.len(), 1, "{ticked:?}");
    assert_eq!((ticked[0].kind, ticked[0].error.as_deref()), (Kind::Perch, None));
}

#[test]
fn whoever_is_stopped_before_the_new_file_is_in_place_leaves_the_old_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("deep/er/s.json");
    let mut schedule = Schedule::load(&path).unwrap();
    plan(&mut schedule, "WAKE AFTER 3d THEN CHIRP info", START);
    schedule.save().unwrap();
    let before = schedule.entries().to_vec();
    plan(&mut schedule, "WAKE AFTER 3d THEN CHIRP info\nLISTEN FOR a", START);
    // Stopped here: the new file is written, and not renamed.
    let temporary = state::prepare(&path, schedule.entries()).unwrap();
    drop(schedule);
    assert!(temporary.exists());
    let schedule = Schedule::load(&path).unwrap();
    assert_eq!(schedule.entries(), before);
    // Also where it is half written; the next one replaces it.
    fs::write(&temporary, "{\"version\": 1, \"entr").unwrap();
    drop(schedule);
    let mut schedule = Schedule::load(&path).unwrap();
    plan(&mut schedule, "WAKE AFTER 3d THEN CHIRP info\nLISTEN FOR a", START);
    schedule.save().unwrap();
    drop(schedule);
    assert_eq!(Schedule::load(&path).unwrap().entries().len(), 2);
    assert!(!temporary.exists());
}

#[test]
fn damage_is_an_error_and_stays_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.json");
    let mut schedule = Schedule::load(&path).unwrap();
    plan(&mut schedule, "WAKE AFTER 3d THEN CHIRP info", START);
    schedule.save().unwrap();
    drop(schedule);
    let whole = fs::read_to_string(&path).unwrap();
    let cases = [
        String::new(),
        "[]".to_owned(),
        "{}".to_owned(),
        whole.get(..whole.len() / 2).unwrap().to_owned(),
        whole.replace("\"wake\"", "\"walk\""),
        whole.replace("\"entries\"", "\"entry\""),
        whole.replace("\"digest\"", "\"other\""),
        "{\"version\": 1}".to_owned(),
    ];
    for text in cases {
        fs::write(&path, &text).unwrap();
        let error = Schedule::load(&path).unwrap_err();
        assert!(matches!(error, ScheduleError::Damaged { .. }), "{text}: {error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    fs::write(&path, whole.replace("\"version\": 1", "\"version\": 2")).unwrap();
    assert!(matches!(Schedule::load(&path).unwrap_err(), ScheduleError::Version { version: 2, .. }));
    fs::write(&path, &whole).unwrap();
    assert_eq!(Schedule::load(&path).unwrap().entries().len(), 1);
}

#[test]
fn one_at_a_time_has_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.json");
    let first = Schedule::load(&path).unwrap();
    assert!(matches!(Schedule::load(&path).unwrap_err(), ScheduleError::Busy(_)));
    drop(first);
    assert!(Schedule::load(&path).is_ok());
}

#[test]
fn what_is_no_regular_file_is_damaged_and_not_read() {
    let directory = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/dev/zero", directory.path().join("schedule.json")).unwrap();
    let read = Schedule::load(directory.path().join("schedule.json"));
    assert!(matches!(read, Err(ScheduleError::Damaged { .. })));
}
