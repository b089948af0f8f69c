//! Reading what was written: in both directions, filtered, by id, with its outcome.

use std::fs;
use std::time::{Duration, Instant};

use weir_ledger::{Durability, Filter, Found, Kind, Ledger, LedgerError, Reader};
use weir_model::{ActionId, Entry, HoldId, Outcome, Record, RecordId, Verdict};

use crate::{at, file, golden, goldens, record};

fn judged(change: impl FnOnce(&mut weir_model::Action, &mut weir_model::Judgement)) -> Record {
    let mut record = golden("record-judged");
    if let Entry::Judged { action, judgement } = &mut record.entry {
        action.id = ActionId::new();
        judgement.action = action.id;
        judgement.hold = None;
        change(action, judgement);
    }
    record
}

fn written(records: &[Record]) -> (tempfile::TempDir, Reader) {
    let dir = tempfile::tempdir().unwrap();
    Ledger::open(dir.path()).unwrap().append_all(records, Durability::Relaxed).unwrap();
    let reader = Reader::open(dir.path()).unwrap();
    (dir, reader)
}

fn ids(readings: impl Iterator<Item = Result<weir_ledger::Reading, LedgerError>>) -> Vec<RecordId> {
    readings.map(|reading| reading.unwrap().record.id).collect()
}

#[test]
fn every_kind_of_record_is_read_back_and_has_its_name() {
    let records = goldens();
    let (_dir, reader) = written(&records);
    let read: Vec<Record> = reader.forward().map(|reading| reading.unwrap().record).collect();
    assert_eq!(read, records);
    for record in &records {
        let kind = Kind::from(&record.entry);
        assert_eq!(serde_json::to_value(record).unwrap()["type"], kind.name());
        let filter = Filter { kinds: vec![kind], ..Filter::default() };
        assert_eq!(ids(reader.backward_matching(&filter)), [record.id]);
        assert_eq!(ids(reader.forward_matching(&filter)), [record.id]);
    }
}

#[test]
fn filters_let_through_what_fits() {
    let mut records = goldens();
    for (i, record) in records.iter_mut().enumerate() {
        record.at = at(i64::try_from(i).unwrap() * 10);
    }
    let mut other = judged(|action, judgement| {
        action.agent.name = "codex \"quoted\"".into();
        action.agent.session = None;
        judgement.verdict = Verdict::Deny;
    });
    other.at = at(1_000);
    records.push(other.clone());
    let (_dir, reader) = written(&records);
    let count = |filter: Filter| {
        let mut back = ids(reader.backward_matching(&filter));
        back.reverse();
        assert_eq!(back, ids(reader.forward_matching(&filter)));
        back.len()
    };
    let any = Filter::default;
    assert_eq!(count(any()), records.len());
    assert_eq!(count(Filter { agent: Some("claude".into()), ..any() }), 4, "judged, settled, session, held");
    assert_eq!(count(Filter { agent: Some("codex \"quoted\"".into()), ..any() }), 1);
    assert_eq!(count(Filter { agent: Some("codex".into()), ..any() }), 0);
    assert_eq!(count(Filter { session: Some("9eac3c32".into()), ..any() }), 3, "judged, settled, session");
    assert_eq!(count(Filter { verdicts: vec![Verdict::Hold], ..any() }), 1);
    assert_eq!(count(Filter { verdicts: vec![Verdict::Hold, Verdict::Deny], ..any() }), 2);
    assert_eq!(count(Filter { judged_only: true, ..any() }), 2);
    assert_eq!(count(Filter { kinds: vec![Kind::Held, Kind::Fault], ..any() }), 2);
    assert_eq!(count(Filter { since: Some(at(10)), until: Some(at(30)), ..any() }), 2, "from, and before");
    assert_eq!(count(Filter { since: Some(at(90)), ..any() }), 2);
    assert_eq!(count(Filter { since: Some(at(1_001)), ..any() }), 0);
}

#[test]
fn a_clock_that_jumped_hides_nothing() {
    let mut records: Vec<Record> = (0..200).map(|i| record(&format!("record {i}"))).collect();
    // One record from 1970 and one from long after, among the recent ones.
    records[150].at = weir_model::Timestamp::UNIX_EPOCH;
    records[170].at = at(1_000_000);
    let (_dir, reader) = written(&records);
    let filter = Filter { since: Some(at(0)), ..Filter::default() };
    assert_eq!(reader.backward_matching(&filter).count(), 199);
}

#[test]
fn records_are_found_by_either_end_of_their_id() {
    let wanted = record("wanted");
    let (_dir, reader) = written(&[record("a"), wanted.clone(), record("b")]);
    let id = wanted.id.to_string();
    for part in [&id[28..], &id, &id.to_uppercase()] {
        assert!(matches!(reader.find(part).unwrap(), Found::One(found) if *found == wanted), "{part}");
    }
    assert!(matches!(reader.find(&id[..8]).unwrap(), Found::Many(3)));
    for part in ["ffffffffff", "", "ä", "faul", "wanted"] {
        assert!(matches!(reader.find(part).unwrap(), Found::None), "{part}");
    }
}

#[test]
fn an_action_is_found_by_its_own_id_and_by_its_holds() {
    let hold = HoldId::new();
    let wanted = judged(|_, judgement| judgement.hold = Some(hold));
    let Entry::Judged { action, .. } = &wanted.entry else { panic!() };
    let held = Record::new(at(1), Entry::ApprovalUsed { hold });
    let (_dir, reader) = written(&[judged(|_, _| ()), wanted.clone(), held, judged(|_, _| ())]);
    for id in [action.id.to_string(), hold.to_string(), wanted.id.to_string()] {
        assert!(matches!(reader.find(&id).unwrap(), Found::One(found) if *found == wanted), "{id}");
        assert!(matches!(reader.find(&id[24..]).unwrap(), Found::One(found) if *found == wanted), "{id}");
    }
}

#[test]
fn an_action_is_joined_to_its_own_outcome() {
    let call = |call: &str, session: &str| {
        judged(|action, _| {
            action.call = Some(call.into());
            action.agent.session = Some(session.into());
        })
    };
    let settled = |call: &str, session: &str, duration_ms| {
        let outcome = Outcome {
            agent: "claude".into(),
            session: Some(session.into()),
            call: Some(call.into()),
            tool: "Bash".into(),
            failed: Some(false),
            duration_ms: Some(duration_ms),
        };
        Record::new(at(0), Entry::Settled { outcome })
    };
    // Calls as clients name them, one with characters that JSON escapes.
    let odd = "call \"1\"\\\n";
    let records = [
        call("1", "a"),        // 0: judged again before it ran
        call("2", "a"),        // 1
        call("1", "b"),        // 2: the same call id in another session
        settled("2", "a", 20), // 3
        call("1", "a"),        // 4
        settled("1", "b", 10), // 5
        settled("1", "a", 30), // 6
        settled("1", "a", 31), // 7: said twice
        call(odd, "a"),        // 8
        settled(odd, "a", 40), // 9
        call("3", "a"),        // 10: never ended
    ];
    let (_dir, reader) = written(&records);
    let took = |i: usize| reader.outcome_of(&records[i]).and_then(|outcome| outcome.duration_ms);
    assert_eq!(
        [took(0), took(1), took(2), took(4), took(8), took(10), took(3)],
        [None, Some(20), Some(10), Some(30), Some(40), None, None]
    );
}

#[test]
fn a_record_from_the_future_is_named_and_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(dir.path()).unwrap();
    ledger.append_all(&[record("a"), record("newer"), record("b")], Durability::Relaxed).unwrap();
    // Written so by programs that know more: their chain is valid.
    let text = fs::read_to_string(file(dir.path())).unwrap();
    let mut json: Vec<String> = text.lines().map(|line| line[9..line.len() - 65].to_owned()).collect();
    json[0] = json[0].replacen('{', "{\"more\":[{}],", 1);
    json[1] = json[1].replace("\"v\":1", "\"v\":99").replace("\"fault\"", "\"from_the_future\"");
    fs::write(file(dir.path()), crate::chained(json.iter().map(String::as_str))).unwrap();
    assert_eq!(crate::assert_whole(dir.path(), "the chain does not depend on what a record says"), 3);
    let reader = Reader::open(dir.path()).unwrap();
    let read: Vec<_> = reader.forward().collect();
    assert!(read[0].is_ok() && read[2].is_ok(), "unknown fields are ignored");
    let error = read[1].as_ref().unwrap_err().to_string();
    assert!(error.contains("newer Weir (record version 99)"), "{error}");
    assert_eq!(reader.backward().filter(Result::is_ok).count(), 2);
    assert!(crate::append(dir.path(), "next").repaired.is_none());
}

#[test]
fn the_newest_records_of_a_long_ledger_are_there_at_once() {
    let records: Vec<Record> = (0..10_000).map(|_| judged(|_, _| ())).collect();
    let (dir, _) = written(&records);
    let begun = Instant::now();
    let reader = Reader::open(dir.path()).unwrap();
    let filter = Filter { judged_only: true, ..Filter::default() };
    let newest = ids(reader.backward_matching(&filter).take(20));
    let took = begun.elapsed();
    let expected: Vec<RecordId> = records.iter().rev().take(20).map(|record| record.id).collect();
    assert_eq!(newest, expected);
    assert!(took < Duration::from_millis(50), "{took:?}");
}
