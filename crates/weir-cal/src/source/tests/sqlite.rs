use rusqlite::Connection;

use super::*;
use crate::{
    ast::Operator,
    source::{Constant, Field, sqlite::Database, table::Table as _},
    value::{Type, Value},
};

fn database(directory: &Path, sql: &str) -> Box<dyn Source> {
    let path = directory.join("a.db");
    Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    open(&path).unwrap()
}

fn compare(slot: usize, operator: Operator, constant: Constant) -> Predicate {
    Predicate::Compare { slot, operator, constant }
}

fn text(text: &str) -> Constant {
    Constant::Text(text.into())
}

#[test]
fn tables_and_views_are_collections_with_the_declared_types() {
    let directory = tempfile::tempdir().unwrap();
    let source = database(
        directory.path(),
        "CREATE TABLE services(id TEXT PRIMARY KEY, n BIGINT, x DOUBLE PRECISION, ok BOOLEAN, at TIMESTAMP,
            levels JSON, free, name VARCHAR(20) COLLATE NOCASE, twice INT GENERATED ALWAYS AS (n * 2)) WITHOUT ROWID;
         INSERT INTO services VALUES('b', 1, 2, 1, '2025-01-31', '{\"D5\": 0}', x'00', 'Ä'),
            ('a', 2, 2.5, 0, 1738317600, NULL, 5, NULL);
         CREATE VIEW large AS SELECT id, n FROM services WHERE n > 1;",
    );
    assert_eq!(source.collections().unwrap(), ["large", "services"]);
    let field = |(path, types): (&str, &[Type])| Field { path: path.to_owned(), types: types.to_vec() };
    let fields: Vec<Field> = [
        ("id", &[Type::Text][..]),
        ("n", &[Type::Integer]),
        ("x", &[Type::Number]),
        ("ok", &[Type::Bool]),
        ("at", &[Type::Time]),
        ("levels", &[Type::Tree]),
        ("free", &[]),
        ("name", &[Type::Text]),
        ("twice", &[Type::Integer]),
    ]
    .map(field)
    .to_vec();
    let schema = source.schema("services").unwrap();
    assert_eq!((schema.fields, schema.complete), (fields, true));
    assert_eq!(ask(&*source, "large", &["id"], None), Ok((vec!["a".to_owned()], 0, 1)));
    let paths = ["id", "at", "levels.D5", "levels", "free", "ok", "twice", "no.such"].map(str::to_owned).to_vec();
    let mut rows = Vec::new();
    let keep = &mut |row: &super::super::Row, _: Option<Truth>| {
        rows.push(row.to_vec());
        Ok(())
    };
    source.scan("services", &Query { paths, filter: None }, keep).unwrap();
    use Value::{Bool, Integer, Missing, Text, Time, Tree};
    let time = |text: &str| Time(text.parse().unwrap());
    let tree = |tree| Tree(Box::new(tree));
    let a = [
        Text("a".into()),
        time("2025-01-31T10:00:00Z"),
        Missing,
        Missing,
        Integer(5),
        Bool(false),
        Integer(4),
        Missing,
    ];
    let b = [
        Text("b".into()),
        time("2025-01-31T00:00:00Z"),
        Integer(0),
        tree(json!({"D5": 0})),
        tree(Json::Null),
        Bool(true),
        Integer(2),
        Missing,
    ];
    assert_eq!(rows, [a, b]);
    assert_eq!(
        whole(&*source, "services").unwrap()[1],
        json!({"id": "b", "n": 1, "x": 2.0, "ok": true, "at": "2025-01-31T00:00:00Z", "levels": {"D5": 0}, "free": null,
            "name": "Ä", "twice": 2})
    );
}

#[test]
fn names_are_never_read_as_sql() {
    let directory = tempfile::tempdir().unwrap();
    let source = database(
        directory.path(),
        r#"CREATE TABLE "a""b; DROP TABLE x --"(id TEXT, "select" INT, "c ""d"" 'e'" TEXT, "dimensions.D5" INT);
           INSERT INTO "a""b; DROP TABLE x --" VALUES('i', 5, 'it''s "so"', 7);
           CREATE TABLE x(id TEXT);"#,
    );
    let name = "a\"b; DROP TABLE x --";
    assert_eq!(source.collections().unwrap(), [name, "x"]);
    let paths = ["id", "select", "c \"d\" 'e'", "dimensions.D5"];
    let filter = Predicate::All(vec![
        compare(1, Operator::Equal, Constant::Number(5.0)),
        compare(2, Operator::Equal, text("it's \"so\"")),
        compare(3, Operator::Greater, Constant::Number(6.5)),
    ]);
    assert_eq!(ask(&*source, name, &paths, Some(&filter)), Ok((vec!["i".to_owned()], 0, 1)));
    assert_eq!(whole(&*source, name).unwrap()[0]["dimensions"], json!({"D5": 7}));
    let attack = compare(1, Operator::Equal, text("' OR 1=1 --"));
    assert_eq!(ask(&*source, name, &["id", "c \"d\" 'e'"], Some(&attack)), Ok((vec![], 0, 1)));
    let unknown = ask(&*source, name, &["id", "selects"], Some(&Predicate::IsMissing(1)));
    assert_eq!(unknown.unwrap_err(), format!("no field `selects` in `{name}`: did you mean `select`?"));
}

#[test]
fn values_of_another_type_than_declared_are_not_passed_over() {
    let directory = tempfile::tempdir().unwrap();
    let source = database(
        directory.path(),
        "CREATE TABLE t(id TEXT, n INTEGER, b BOOLEAN, s TEXT, d TEXT);
         INSERT INTO t VALUES('a', 1, 1, 's', '2025-01-01'), ('b', 'many', 1, 's', '2025-01-01');
         CREATE TABLE u(id TEXT, n INTEGER, b BOOLEAN, s TEXT, d TEXT);
         INSERT INTO u VALUES('a', 1, 1, 's', '2025-01-01'), ('b', 1, 'yes', x'01', 'soon');",
    );
    let age = Constant::Age { since: "2024-01-01T00:00:00Z".parse().unwrap(), days: 100.0 };
    let cases = [
        ("t", compare(1, Operator::Less, Constant::Number(0.0)), "1 the number 0"),
        ("t", compare(1, Operator::Equal, Constant::Number(7.0)), "1 the number 7"),
        ("t", Predicate::In { slot: 1, constants: vec![Constant::Number(7.0)] }, "1 the number 7"),
        ("t", compare(1, Operator::Equal, text("many")), "1 the text \"many\""),
        ("u", compare(2, Operator::Equal, Constant::Bool(false)), "2 false"),
        ("u", Predicate::Not(Box::new(Predicate::Holds(2))), "2 true"),
        ("u", compare(3, Operator::Equal, text("other")), "3 the text \"other\""),
        ("u", Predicate::Contains { slot: 3, constant: text("q") }, "3 the text \"q\""),
        ("u", compare(4, Operator::Greater, age), "4 an age"),
        ("u", Predicate::CompareFields { left: 1, operator: Operator::Less, right: 3 }, "1 a field of another type"),
        ("u", Predicate::CompareFields { left: 3, operator: Operator::Less, right: 1 }, "3 a field of another type"),
    ];
    for (table, predicate, mismatch) in cases {
        let found = ask(&*source, table, &["id", "n", "b", "s", "d"], Some(&predicate));
        assert_eq!(found, Err(mismatch.to_owned()), "{predicate:?}");
    }
}

#[test]
fn infinite_numbers_and_broken_texts_are_errors() {
    let directory = tempfile::tempdir().unwrap();
    let source = database(
        directory.path(),
        "CREATE TABLE t(id TEXT, x REAL, j JSON, s TEXT);
         INSERT INTO t VALUES('a', 9e999, '{', CAST(x'ff' AS TEXT));",
    );
    let place = directory.path().join("a.db").display().to_string();
    for (field, message) in [
        ("x", "an infinite number in column `x` of `t`"),
        ("j", "a text that is not JSON in column `j` of `t`"),
        ("s", "a text that is not UTF-8 in column `s` of `t`"),
    ] {
        assert_eq!(ask(&*source, "t", &["id", field], None), Err(format!("{place}: {message}")));
    }
}

#[test]
fn texts_compare_bytewise_whatever_the_column_says() {
    let directory = tempfile::tempdir().unwrap();
    let source = database(
        directory.path(),
        "CREATE TABLE t(id TEXT COLLATE NOCASE, n STRING COLLATE NOCASE); CREATE INDEX i ON t(id);
         INSERT INTO t VALUES('b', 'B'), ('B', 'b'), ('a', NULL);",
    );
    let cases = [
        (compare(0, Operator::Equal, text("b")), vec!["b"], 0),
        (compare(0, Operator::NotEqual, text("b")), vec!["B", "a"], 0),
        (compare(0, Operator::Less, text("a")), vec!["B"], 0),
        (Predicate::In { slot: 0, constants: vec![text("B"), text("A")] }, vec!["B"], 0),
        (Predicate::Contains { slot: 0, constant: text("b") }, vec!["b"], 0),
        (compare(1, Operator::Equal, text("b")), vec!["B"], 1),
        (Predicate::Contains { slot: 1, constant: text("B") }, vec!["b"], 1),
    ];
    for (predicate, ids, unknown) in cases {
        let ids: Vec<String> = ids.into_iter().map(str::to_owned).collect();
        assert_eq!(ask(&*source, "t", &["id", "n"], Some(&predicate)), Ok((ids, unknown, 3)), "{predicate:?}");
    }
}

#[test]
fn sqlite_drops_what_is_false_and_keeps_what_is_open() {
    let directory = tempfile::tempdir().unwrap();
    let source = database(
        directory.path(),
        "CREATE TABLE t(id TEXT, n INTEGER, s TEXT, d TEXT);
         INSERT INTO t VALUES('a', 1, 'x', '2025-01-01'), ('b', NULL, 'x', '2025-01-01'), ('c', 3, NULL, '2025-01-01'),
            ('d', 4, 'y', '2025-01-01');",
    );
    let age = Constant::Age { since: "2026-01-01T00:00:00Z".parse().unwrap(), days: 100.0 };
    let large = compare(1, Operator::Greater, Constant::Number(2.0));
    let x = compare(2, Operator::Equal, text("x"));
    let old = compare(3, Operator::Greater, age);
    let cases = [
        (large.clone(), 3),
        (Predicate::Not(Box::new(large.clone())), 2),
        (Predicate::All(vec![large.clone(), x.clone()]), 2),
        (Predicate::Any(vec![large.clone(), x.clone()]), 4),
        // What only Rust can judge is left out of an AND, and leaves an OR open.
        (Predicate::All(vec![old.clone(), large.clone()]), 3),
        (Predicate::Any(vec![old.clone(), large.clone()]), 4),
        (Predicate::Not(Box::new(Predicate::Any(vec![old, large]))), 2),
        (Predicate::All(vec![]), 4),
        (Predicate::Any(vec![]), 0),
        (Predicate::IsMissing(1), 1),
    ];
    for (predicate, kept) in cases {
        let paths = ["id", "n", "s", "d"].map(str::to_owned).to_vec();
        let mut handed = 0;
        let query = Query { paths, filter: Some(predicate.clone()) };
        let count = &mut |_: &super::super::Row, _: Option<Truth>| {
            handed += 1;
            Ok(())
        };
        let scanned = source.scan("t", &query, count).unwrap();
        assert_eq!((handed, scanned.total), (kept, 4), "{predicate:?}");
    }
}

#[test]
fn large_conditions_do_not_reach_the_limits_of_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    let source = database(directory.path(), "CREATE TABLE t(id TEXT, n INT); INSERT INTO t VALUES('a', 5);");
    let found = Ok((vec!["a".to_owned()], 0, 1));
    for count in [250, 5000] {
        let constants = (0..count).map(|n| Constant::Number(f64::from(n))).collect();
        let list = Predicate::In { slot: 1, constants };
        let all = Predicate::All(vec![compare(1, Operator::Less, Constant::Number(9.0)); 5000]);
        let nested = (0..64).fold(list.clone(), |inner, _| Predicate::Not(Box::new(inner)));
        for predicate in [list, all, nested] {
            assert_eq!(ask(&*source, "t", &["id", "n"], Some(&predicate)), found);
        }
    }
}

#[test]
fn scans_stand_inside_each_other_and_nothing_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let source = database(directory.path(), "CREATE TABLE t(id TEXT); INSERT INTO t VALUES('a'), ('b');");
    let before = fs::read(directory.path().join("a.db")).unwrap();
    let query = Query { paths: vec!["id".to_owned()], filter: None };
    let mut inner = 0;
    source
        .scan("t", &query, &mut |_, _| {
            inner += source.scan("t", &query, &mut |_, _| Ok(()))?.total;
            Ok(())
        })
        .unwrap();
    assert_eq!(inner, 4);
    assert_eq!(fs::read(directory.path().join("a.db")).unwrap(), before);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn texts_in_utf_16_are_ordered_as_everywhere() {
    for encoding in ["UTF-8", "UTF-16le", "UTF-16be"] {
        let directory = tempfile::tempdir().unwrap();
        let source = database(
            directory.path(),
            &format!(
                "PRAGMA encoding = '{encoding}'; CREATE TABLE t(id TEXT, s TEXT);
                 INSERT INTO t VALUES('1', 'a'), ('2', 'b'), ('3', '\u{101}'), ('4', '\u{ff5e}'), ('5', '\u{1f426}');"
            ),
        );
        let cases = [
            (Operator::Greater, "b", &["3", "4", "5"][..]),
            (Operator::LessOrEqual, "\u{101}", &["1", "2", "3"]),
            (Operator::Greater, "\u{ff5e}", &["5"]),
            (Operator::Equal, "\u{1f426}", &["5"]),
            (Operator::NotEqual, "\u{101}", &["1", "2", "4", "5"]),
        ];
        for (operator, than, matched) in cases {
            let found = ask(&*source, "t", &["id", "s"], Some(&compare(1, operator, text(than))));
            let matched: Vec<String> = matched.iter().map(ToString::to_string).collect();
            assert_eq!(found.map(|found| found.0), Ok(matched), "{encoding} {operator:?} {than}");
        }
    }
}

#[test]
fn a_value_without_bounds_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let source = database(
        directory.path(),
        "CREATE TABLE t(id TEXT); INSERT INTO t VALUES('a');
         CREATE VIEW v AS SELECT id, printf('%.*c', 1000000000, 'x') AS s FROM t;",
    );
    let query = Query { paths: vec!["s".to_owned()], filter: None };
    let error = source.scan("v", &query, &mut |_, _| Ok(())).unwrap_err();
    assert!(error.to_string().ends_with("an entity of more than 16 MiB"), "{error}");
}

#[test]
fn a_view_without_end_is_stopped() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    let sql = "CREATE VIEW v AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) \
               SELECT n, 'x' AS id FROM c WHERE n < 0";
    Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    let table = Database::open_within(&path, 3).unwrap().table("v").unwrap();
    for filter in [None, Some(compare(0, Operator::Equal, text("x")))] {
        let stopped = table.scan(&Query { paths: vec!["id".to_owned()], filter }, &mut |_, _| Ok(()));
        let message = format!("{}: the database did not come to an end with its answer", path.display());
        assert_eq!(stopped.unwrap_err().to_string(), message);
    }
}
