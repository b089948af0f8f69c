use jiff::Timestamp;
use proptest::prelude::*;
use rusqlite::{Connection, types::Value as Sql};

use super::*;
use crate::{
    ast::Operator,
    source::{Constant, Memory},
};

const OPERATORS: [Operator; 6] = [
    Operator::Equal,
    Operator::NotEqual,
    Operator::Less,
    Operator::LessOrEqual,
    Operator::Greater,
    Operator::GreaterOrEqual,
];

/// The columns of the table, in the order of the paths.
const PATHS: [&str; 9] = ["id", "n", "m", "x", "t", "u", "b", "d", "free"];
const TABLE: &str =
    "CREATE TABLE rows(id TEXT, n INTEGER, m BIGINT, x REAL, t TEXT, u VARCHAR, b BOOLEAN, d TEXT, free)";

fn sqlite(directory: &Path, entities: &[Json]) -> Box<dyn Source> {
    let path = directory.join("rows.sqlite");
    let mut connection = Connection::open(&path).unwrap();
    let insert = connection.transaction().unwrap();
    insert.execute(TABLE, []).unwrap();
    for entity in entities {
        let values = PATHS.map(|path| match entity.get(path) {
            None | Some(Json::Null) => Sql::Null,
            Some(Json::Bool(value)) => Sql::Integer(i64::from(*value)),
            Some(Json::Number(number)) => {
                number.as_i64().map_or_else(|| Sql::Real(number.as_f64().unwrap()), Sql::Integer)
            }
            Some(Json::String(text)) => Sql::Text(text.clone()),
            Some(_) => unreachable!(),
        });
        insert
            .execute("INSERT INTO rows VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)", rusqlite::params_from_iter(values))
            .unwrap();
    }
    insert.commit().unwrap();
    open(&path).unwrap()
}

fn csv(directory: &Path, entities: &[Json]) -> Box<dyn Source> {
    let mut writer = csv::Writer::from_path(directory.join("rows.csv")).unwrap();
    writer.write_record(PATHS).unwrap();
    for entity in entities {
        let values = PATHS.map(|path| match entity.get(path) {
            None | Some(Json::Null) => String::new(),
            Some(Json::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        });
        writer.write_record(values).unwrap();
    }
    writer.flush().unwrap();
    open(&directory.join("rows.csv")).unwrap()
}

fn everywhere(directory: &Path, entities: &[Json]) -> Vec<(&'static str, Box<dyn Source>)> {
    vec![
        ("memory", Box::new(Memory::new().with("rows", entities.to_vec()))),
        ("ndjson", place(directory, "rows.ndjson", lines(entities))),
        ("json", place(directory, "rows.json", serde_json::to_string_pretty(entities).unwrap())),
        ("sqlite", sqlite(directory, entities)),
    ]
}

fn compare(slot: usize, operator: Operator, constant: Constant) -> Predicate {
    Predicate::Compare { slot, operator, constant }
}

fn fields(left: usize, operator: Operator, right: usize) -> Predicate {
    Predicate::CompareFields { left, operator, right }
}

fn not(predicate: Predicate) -> Predicate {
    Predicate::Not(Box::new(predicate))
}

fn age(since: &str, days: f64) -> Constant {
    Constant::Age { since: since.parse().unwrap(), days }
}

fn text(text: &str) -> Constant {
    Constant::Text(text.into())
}

#[test]
fn every_source_gives_the_same_answer() {
    use Operator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    let entities = [
        json!({"id": "a", "n": 5, "m": 9_007_199_254_740_993_i64, "x": 0.1, "t": "Café", "u": "b", "b": true,
            "d": "2025-06-01", "free": "f"}),
        json!({"id": "b", "n": -1, "m": 9_007_199_254_740_992_i64, "x": 0.300_000_000_000_000_04, "t": "cafe", "u": "a",
            "b": false, "d": "2025-12-31T23:00:00-05:00", "free": "g"}),
        json!({"id": "c", "n": null, "m": 5, "x": 2, "t": "x", "b": null, "d": "2024-02-29"}),
        json!({"id": "d", "x": 5, "n": 5, "u": "it's", "d": "2026-01-01"}),
    ];
    let number = Constant::Number;
    let cases: Vec<(Predicate, &[&str], u64)> = vec![
        (compare(1, Equal, number(5.0)), &["a", "d"], 1),
        (compare(1, NotEqual, number(5.0)), &["b"], 1),
        (compare(1, Less, number(5.5)), &["a", "b", "d"], 1),
        (compare(1, Less, number(1e300)), &["a", "b", "d"], 1),
        (compare(2, Equal, number(9_007_199_254_740_992.0)), &["b"], 1),
        (compare(2, Greater, number(9_007_199_254_740_992.0)), &["a"], 1),
        (compare(2, Equal, Constant::Integer(9_007_199_254_740_993)), &["a"], 1),
        (compare(2, Less, Constant::Integer(9_007_199_254_740_993)), &["b", "c"], 1),
        (compare(3, Greater, Constant::Integer(1)), &["c", "d"], 0),
        (fields(1, Less, 2), &["a", "b"], 2),
        (fields(1, Equal, 3), &["d"], 1),
        (compare(3, Equal, number(0.1 + 0.2)), &["b"], 0),
        (compare(3, GreaterOrEqual, number(2.0)), &["c", "d"], 0),
        (compare(4, Equal, text("Café")), &["a"], 1),
        (compare(4, Less, text("a")), &["a"], 1),
        (fields(4, Greater, 5), &["b"], 2),
        (compare(5, Equal, text("it's")), &["d"], 1),
        (Predicate::Holds(6), &["a"], 2),
        (not(Predicate::Holds(6)), &["b"], 2),
        (compare(6, NotEqual, Constant::Bool(true)), &["b"], 2),
        (Predicate::IsMissing(6), &["c", "d"], 0),
        (not(Predicate::IsMissing(1)), &["a", "b", "d"], 0),
        (compare(7, Greater, age("2025-07-01T00:00:00Z", 30.0)), &["a", "c"], 0),
        (compare(7, LessOrEqual, age("2026-01-01T00:00:00Z", 30.0)), &["b", "d"], 0),
        (compare(1, Less, age("2026-01-01T00:00:00Z", 3.0)), &["b"], 1),
        (Predicate::In { slot: 4, constants: vec![text("x"), text("cafe")] }, &["b", "c"], 1),
        (not(Predicate::In { slot: 1, constants: vec![number(5.0), number(6.0)] }), &["b"], 1),
        (Predicate::In { slot: 1, constants: vec![] }, &[], 1),
        (Predicate::Contains { slot: 4, constant: text("af") }, &["a", "b"], 1),
        (Predicate::Contains { slot: 4, constant: text("é") }, &["a"], 1),
        (Predicate::Contains { slot: 4, constant: text("") }, &["a", "b", "c"], 1),
        (Predicate::All(vec![Predicate::Holds(6), compare(1, Greater, number(0.0))]), &["a"], 2),
        (Predicate::Any(vec![Predicate::Holds(6), compare(1, Greater, number(0.0))]), &["a", "d"], 1),
        (not(Predicate::All(vec![Predicate::Holds(6), Predicate::IsMissing(4)])), &["a", "b", "c"], 1),
        (Predicate::All(vec![]), &["a", "b", "c", "d"], 0),
        (Predicate::Any(vec![]), &[], 0),
    ];
    let directory = tempfile::tempdir().unwrap();
    let mut sources = everywhere(directory.path(), &entities);
    sources.push(("csv", csv(directory.path(), &entities)));
    for (predicate, ids, unknown) in cases {
        for (name, source) in &sources {
            let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
            let found = ask(&**source, "rows", &PATHS, Some(&predicate));
            assert_eq!(found, Ok((ids, unknown, 4)), "{name} {predicate:?}");
        }
    }
}

fn entity() -> impl Strategy<Value = Json> {
    let whole = || {
        prop_oneof![
            4 => (-3_i64..4).prop_map(Json::from),
            1 => (9_007_199_254_740_990_i64..9_007_199_254_740_996).prop_map(Json::from),
            1 => Just(Json::from(i64::MIN)),
        ]
    };
    let half = || (-6_i32..8).prop_map(|half| json!(f64::from(half) / 2.0));
    let short = || "[abB']{0,2}|é".prop_map(Json::from);
    // What a column does not promise, and a document may hold.
    let odd =
        |usual: BoxedStrategy<Json>| prop_oneof![6 => usual, 2 => Just(Json::Null), 1 => "[yz]".prop_map(Json::from)];
    let rarely = |usual: BoxedStrategy<Json>| prop_oneof![40 => usual.clone(), 1 => odd(usual)];
    let known = |usual: BoxedStrategy<Json>| prop_oneof![3 => usual, 1 => Just(Json::Null)];
    let date = (2023_i32..2027, 1_u32..13, 1_u32..29)
        .prop_map(|(year, month, day)| Json::from(format!("{year}-{month:02}-{day:02}")));
    (
        rarely(whole().boxed()),
        known(whole().boxed()),
        // A column of doubles cannot hold every whole number.
        rarely(half().boxed()),
        known(short().boxed()),
        known(short().boxed()),
        rarely(any::<bool>().prop_map(Json::from).boxed()),
        known(date.boxed()),
        prop_oneof![half(), whole(), short(), Just(Json::Null)],
        any::<u8>(),
    )
        .prop_map(|(n, m, x, t, u, b, d, free, absent)| {
            let mut entity = json!({"n": n, "m": m, "x": x, "t": t, "u": u, "b": b, "d": d, "free": free});
            // A value that is null may as well be absent.
            entity.as_object_mut().unwrap().retain(|_, value| !(value.is_null() && absent % 2 == 0));
            entity
        })
}

fn constant() -> impl Strategy<Value = Constant> {
    prop_oneof![
        (-6_i32..8).prop_map(|half| Constant::Number(f64::from(half) / 2.0)),
        (9_007_199_254_740_990_u64..9_007_199_254_740_996).prop_map(|whole| Constant::Number(whole as f64)),
        (9_007_199_254_740_990_i64..9_007_199_254_740_996).prop_map(Constant::Integer),
        "[abB']{0,2}|é|2025-0[1-9]".prop_map(|text| Constant::Text(text.into())),
        any::<bool>().prop_map(Constant::Bool),
        (1_700_000_000_i64..1_770_000_000)
            .prop_map(|second| Constant::Age { since: Timestamp::from_second(second).unwrap(), days: 1.5 }),
    ]
}

/// Mostly what can be compared, sometimes what cannot.
fn comparison() -> impl Strategy<Value = Predicate> {
    let operator = || prop::sample::select(&OPERATORS[..]);
    let slot = || 1_usize..PATHS.len();
    let fitting = (slot(), operator(), prop::collection::vec(constant(), 12)).prop_filter_map(
        "no constant fits",
        |(slot, operator, constants)| {
            let fits = |constant: &Constant| match slot {
                1..=3 => matches!(constant, Constant::Number(_) | Constant::Integer(_)),
                6 => matches!(constant, Constant::Bool(_)),
                7 => matches!(constant, Constant::Age { .. } | Constant::Text(_)),
                _ => matches!(constant, Constant::Text(_)),
            };
            let operator = if slot == 6 { Operator::NotEqual } else { operator };
            constants.into_iter().find(fits).map(|constant| compare(slot, operator, constant))
        },
    );
    prop_oneof![
        10 => fitting,
        1 => (slot(), operator(), constant()).prop_map(|(slot, operator, constant)| compare(slot, operator, constant)),
        2 => (slot(), operator(), slot()).prop_map(|(left, operator, right)| fields(left, operator, right)),
        2 => (1_usize..4, operator(), 1_usize..4).prop_map(|(left, operator, right)| fields(left, operator, right)),
        1 => (4_usize..6, prop::collection::vec("[abB]{0,1}", 0..4)).prop_map(|(slot, texts)| Predicate::In {
            slot,
            constants: texts.iter().map(|one| text(one)).collect()
        }),
        1 => (slot(), prop::collection::vec(constant(), 0..3))
            .prop_map(|(slot, constants)| Predicate::In { slot, constants }),
        1 => (4_usize..6, "[abB]{0,1}").prop_map(|(slot, one)| Predicate::Contains { slot, constant: text(&one) }),
        2 => slot().prop_map(Predicate::IsMissing),
        2 => Just(Predicate::Holds(6)),
    ]
}

fn predicate() -> impl Strategy<Value = Predicate> {
    comparison().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Predicate::All),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Predicate::Any),
            inner.prop_map(not),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is asked of whatever entities: a document in memory, its text and a database give the same answer, be
    /// it that the condition cannot be applied to a field.
    #[test]
    fn sources_agree(mut entities in prop::collection::vec(entity(), 0..30), predicates in prop::collection::vec(predicate(), 24)) {
        for (number, entity) in entities.iter_mut().enumerate() {
            entity["id"] = format!("e{number}").into();
        }
        let directory = tempfile::tempdir().unwrap();
        let sources = everywhere(directory.path(), &entities);
        for predicate in predicates {
            let mut found = sources.iter().map(|(name, source)| (name, ask(&**source, "rows", &PATHS, Some(&predicate))));
            let (_, expected) = found.next().unwrap();
            for (name, found) in found {
                prop_assert_eq!(&found, &expected, "{} {:?}", name, predicate);
            }
        }
    }
}
