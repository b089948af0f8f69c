use proptest::prelude::*;

use super::*;
use crate::{
    limits,
    source::{Field, Schema},
    value::Type,
};

fn error(result: Result<impl Sized, SourceError>, directory: &Path) -> String {
    let text = result.map(drop).unwrap_err().to_string();
    text.replace(&format!("{}/", directory.display()), "").replace(&directory.display().to_string(), "HERE")
}

#[test]
fn collections_are_found_by_what_is_there() {
    let both = json!([{"id": "a"}, {"id": "b"}]);
    let files: &[(&str, String, &[&str])] = &[
        ("list.json", both.to_string(), &["list"]),
        ("pretty.json", serde_json::to_string_pretty(&both).unwrap(), &["pretty"]),
        ("form.json", json!({"$schema": "x", "entities": both, "meta": {"n": [1]}}).to_string(), &["form"]),
        ("named.json", json!({"one": both, "two": [{"id": "c"}], "version": 2}).to_string(), &["one", "two"]),
        ("again.json", format!(r#"{{"one": [{{"id": "x"}}], "two": [], "one": {both}}}"#), &["one", "two"]),
        ("single.json", json!({"incidents": both}).to_string(), &["incidents"]),
        ("stream.json", "{\"id\":\"a\"}\n{\"id\":\"b\"}\n".to_owned(), &["stream"]),
        ("spread.json", "{\n\"id\":\"a\"}{\"id\":\n\"b\"}".to_owned(), &["spread"]),
        ("lines.ndjson", "{\"id\":\"a\"}\r\n\r\n  {\"id\":\"b\"}".to_owned(), &["lines"]),
        ("lines.JSONL", "\u{feff}{\"id\":\"a\"}\n{\"id\":\"b\"}\n\n".to_owned(), &["lines"]),
        ("marked.json", format!("\u{feff} {both} "), &["marked"]),
        ("table.csv", "\u{feff}id\na\nb\n".to_owned(), &["table"]),
        ("unnamed", both.to_string(), &["unnamed"]),
    ];
    for (name, content, collections) in files {
        let directory = tempfile::tempdir().unwrap();
        let source = place(directory.path(), name, content);
        assert_eq!(source.collections().unwrap(), *collections, "{name}");
        let ids = (vec!["a".to_owned(), "b".to_owned()], 0, 2);
        assert_eq!(ask(&*source, collections[0], &["id"], None), Ok(ids), "{name}");
        assert_eq!(whole(&*source, collections[0]).unwrap(), *both.as_array().unwrap(), "{name}");
        if collections.len() == 1 {
            // The only collection of a file also has the name of the file.
            assert!(source.schema(name.split('.').next().unwrap()).is_ok(), "{name}");
        }
    }
}

#[test]
fn a_directory_has_a_collection_for_every_file() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    fs::write(here.join("services.json"), r#"{"entities": [{"id": "a"}]}"#).unwrap();
    fs::write(here.join("teams.ndjson"), r#"{"id": "t"}"#).unwrap();
    fs::write(here.join("costs.csv"), "id,cost\nx,5\n").unwrap();
    fs::write(here.join("broken.json"), r#"{"entities": ["#).unwrap();
    fs::write(here.join("notes.txt"), "none").unwrap();
    fs::write(here.join(".hidden.json"), "[]").unwrap();
    fs::write(here.join("several.json"), r#"{"a": [], "b": []}"#).unwrap();
    fs::write(here.join("twice.json"), "[]").unwrap();
    fs::write(here.join("twice.csv"), "id\n").unwrap();
    fs::create_dir(here.join("incidents")).unwrap();
    fs::write(here.join("incidents/2.json"), r#"{"id": "second", "steps": [{"n": 1}]}"#).unwrap();
    fs::write(here.join("incidents/1.json"), r#"{"id": "first"}"#).unwrap();
    fs::create_dir(here.join("empty")).unwrap();
    let source = open(here).unwrap();
    let names = ["broken", "costs", "incidents", "services", "several", "teams", "twice"];
    assert_eq!(source.collections().unwrap(), names);
    for (collection, ids) in
        [("services", vec!["a"]), ("teams", vec!["t"]), ("costs", vec!["x"]), ("incidents", vec!["first", "second"])]
    {
        assert_eq!(ask(&*source, collection, &["id"], None).unwrap().0, ids, "{collection}");
    }
    let cases = [
        ("service", "no collection `service` in HERE: did you mean `services`?"),
        ("broken", "broken.json:1: the file ends inside an object"),
        ("several", "several.json: expected a list `several` or only one, found `a`, `b`; open the file itself"),
        ("twice", "twice.json: the collection `twice` is also in twice.csv"),
    ];
    for (collection, message) in cases {
        assert_eq!(error(source.schema(collection), here), message);
    }
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let cases: &[(&str, &[u8], &str)] = &[
        ("a.ndjson", b"{\"id\":1}\n\n{\"id\":}\n", "a.ndjson:3: expected a value (column 7)"),
        ("a.ndjson", b"{\"id\":1}\n[1]\n", "a.ndjson:2: an entity is an object in `{}` (column 1)"),
        ("a.ndjson", b"{\"id\":1} {\"id\":2}\n", "a.ndjson:1: more text after the end of the entity (column 10)"),
        ("a.ndjson", b"{\"id\":1}\n{\"id\":\"\xff\"}\n", "a.ndjson:2: the text is not UTF-8"),
        ("a.ndjson", b"{\"id\":NaN}", "a.ndjson:1: not a value of JSON; it has no NaN and no Infinity (column 7)"),
        ("a.ndjson", b"{\"id\":1e400}", "a.ndjson:1: a number that is too large (column 7)"),
        ("a.ndjson", b"{\"other\":01}", "a.ndjson:1: a number that starts with 0 (column 10)"),
        ("a.json", b"[{\"id\":1},\n{\"id\":\n\"\xff\"}]", "a.json:3: the text is not UTF-8"),
        ("a.json", b"[{\"id\":1},\n{\"id\":\n,}]", "a.json:3: expected a value (column 1)"),
        ("a.json", b"[{\"id\":1},\n]", "a.json:2: a comma without an entity after it"),
        ("a.json", b"[{\"id\":1}\n{\"id\":1}]", "a.json:2: expected `,` or `]` after an entity"),
        ("a.json", b"[{\"id\":1}", "a.json:1: the file ends inside a list"),
        ("a.json", b"[{\"id\":1},", "a.json:1: the file ends inside a list"),
        ("a.json", b"[]\nx", "a.json:2: more text after the end of the list"),
        ("a.json", b"[5]", "a.json:1: an entity is an object in `{}` (column 1)"),
        ("a.json", b"", "a.json:1: the file is empty"),
        ("a.json", b"true", "a.json:1: expected a list of entities or an object"),
        ("a.json", b"{\"a\":[]} 5", "a.json:1: more text after the end of the object"),
        ("a.json", b"{\"id\" 5}", "a.json:1: expected `:`"),
        ("a.json", b"{\"id\":{}", "a.json:1: the file ends inside an object"),
        ("a.json", b"{\"id\":\"\xff\"}", "a.json:1: the text is not UTF-8"),
        ("a.csv", b"", "a.csv:1: the file is empty; its first line names the columns"),
        ("a.csv", b"id,b\n1,\"x\n2,y\n", "a.csv:2: a quotation mark is not closed"),
        ("a.csv", b"id,b\n1,\"x\"\"\n", "a.csv:2: a quotation mark is not closed"),
        ("a.csv", b"id,b\n1,2\n1,2,3\n", "a.csv:3: the header has 2 columns, this record 3"),
        ("a.csv", b"id,b,id\n", "a.csv:1: two columns are called `id`"),
        ("a.csv", b"id,b\n1,2\n\"x\ny\",\xff\n", "a.csv:3: the text is not UTF-8"),
        ("a.sqlite", b"SQLite format 3, or not", "a.sqlite: file is not a database"),
        ("a", b"some text", "a: not a file of a known kind: `json`, `ndjson`, `jsonl`, `csv`, `sqlite` or `db`"),
    ];
    for (name, content, message) in cases {
        let directory = tempfile::tempdir().unwrap();
        let here = directory.path();
        fs::write(here.join(name), content).unwrap();
        let shown = String::from_utf8_lossy(content);
        let query = Query { paths: vec!["id".to_owned()], filter: None };
        let scanned = open(&here.join(name)).and_then(|source| source.scan("a", &query, &mut |_, _| Ok(())));
        assert_eq!(error(scanned, here), *message, "{shown}");
        let read = open(&here.join(name)).and_then(|source| source.entities("a", &mut |_| Ok(())));
        if !message.contains("an entity is an object") {
            assert_eq!(error(read, here), *message, "{shown}");
        }
    }
}

#[test]
fn a_mismatch_has_the_place_of_its_entity() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    fs::write(here.join("a.json"), "[{\"n\": 1},\n\n{\"n\":\n2}]").unwrap();
    fs::write(here.join("a.ndjson"), "{\"n\": 1}\n\n{\"n\": 2}").unwrap();
    fs::write(here.join("a.csv"), "n\n1\n\"2\"\n").unwrap();
    for name in ["a.json", "a.ndjson", "a.csv"] {
        let source = open(&here.join(name)).unwrap();
        let mut read = 0;
        let query = Query { paths: vec!["n".to_owned()], filter: None };
        let result = source.scan("a", &query, &mut |_, _| {
            read += 1;
            let (collection, field) = ("a".to_owned(), "n".to_owned());
            let (declared, constant) = ("a number".to_owned(), "true".to_owned());
            if read == 1 {
                return Ok(());
            }
            Err(SourceError::TypeMismatch { collection, field, declared, constant })
        });
        let expected = format!("{name}:3: `n` of `a` is a number, and cannot be compared with true");
        assert_eq!(error(result, here), expected);
    }
}

#[test]
fn the_last_of_two_keys_counts() {
    let directory = tempfile::tempdir().unwrap();
    let text =
        r#"{"id": "a", "n": {"x": 1}, "n": {"y": 2}, "m": {"x": 1}, "m": 5, "\u0069d": "b", "k": [1], "k": null}"#;
    let source = place(directory.path(), "a.ndjson", text);
    let paths = ["id", "n.x", "n.y", "m", "m.x", "k", "n"].map(str::to_owned).to_vec();
    let mut rows = Vec::new();
    let keep = &mut |row: &super::super::Row, _: Option<Truth>| {
        rows.push(row.to_vec());
        Ok(())
    };
    source.scan("a", &Query { paths, filter: None }, keep).unwrap();
    use crate::value::Value::{Integer, Missing, Text, Tree};
    let tree = Tree(Box::new(json!({"y": 2})));
    assert_eq!(rows, [[Text("b".into()), Missing, Integer(2), Integer(5), Missing, Missing, tree]]);
}

#[test]
fn the_fields_of_a_sample_may_not_be_all() {
    let directory = tempfile::tempdir().unwrap();
    let field = |path: &str, types: &[Type]| Field { path: path.to_owned(), types: types.to_vec() };
    let mut text = "{\"z\": 1, \"d\": {\"D5\": 1.5, \"none\": {}}, \"k\": [1], \"n\": null}\n".to_owned();
    text.push_str(&"{\"z\": \"x\"}\n".repeat(999));
    let fields = vec![
        field("z", &[Type::Integer, Type::Text]),
        field("d.D5", &[Type::Number]),
        field("d.none", &[Type::Tree]),
        field("k", &[Type::Tree]),
        field("n", &[]),
    ];
    let source = place(directory.path(), "a.ndjson", &text);
    assert_eq!(source.schema("a").unwrap(), Schema { fields: fields.clone(), complete: true });
    text.push_str("{\"late\": 1}\n");
    let source = place(directory.path(), "b.ndjson", &text);
    assert_eq!(source.schema("b").unwrap(), Schema { fields, complete: false });
    let query = Query { paths: ["late", "n", "nowhere"].map(str::to_owned).to_vec(), filter: None };
    let scanned = source.scan("b", &query, &mut |_, _| Ok(())).unwrap();
    assert_eq!((scanned.total, scanned.seen), (1001, vec![vec![Type::Integer], vec![Type::Text], vec![]]));
}

#[test]
fn columns_of_csv_are_typed_by_all_of_their_values() {
    let directory = tempfile::tempdir().unwrap();
    let text = "id,flag,whole,number,date,time,zip,mixed,none,dimensions.D5, padded ,\n\
                a,TRUE,1,1,2025-01-31,2025-01-31T10:00:00+02:00,01234,1,,7, 5 ,x\n\
                \"b, \"\"c\"\"\",false,-2,2.5e1,2025-02-28,2025-01-31 10:00:00,99999,x,,,  ,y\n";
    let source = place(directory.path(), "a.csv", text);
    let types: Vec<(String, Vec<Type>)> =
        source.schema("a").unwrap().fields.into_iter().map(|field| (field.path, field.types)).collect();
    let expected: Vec<(String, Vec<Type>)> = [
        ("id", vec![Type::Text]),
        ("flag", vec![Type::Bool]),
        ("whole", vec![Type::Integer]),
        ("number", vec![Type::Integer, Type::Number]),
        ("date", vec![Type::Time]),
        ("time", vec![Type::Time]),
        ("zip", vec![Type::Text]),
        ("mixed", vec![Type::Text]),
        ("none", vec![]),
        ("dimensions.D5", vec![Type::Integer]),
        ("padded", vec![Type::Integer]),
    ]
    .map(|(name, types)| (name.to_owned(), types))
    .to_vec();
    assert_eq!(types, expected);
    assert_eq!(
        whole(&*source, "a").unwrap(),
        [
            json!({"id": "a", "flag": true, "whole": 1, "number": 1, "date": "2025-01-31",
                "time": "2025-01-31T10:00:00+02:00", "zip": "01234", "mixed": "1", "dimensions": {"D5": 7}, "padded": 5}),
            json!({"id": "b, \"c\"", "flag": false, "whole": -2, "number": 25.0, "date": "2025-02-28",
                "time": "2025-01-31 10:00:00", "zip": "99999", "mixed": "x"}),
        ]
    );
    let query = Query { paths: ["none", "no"].map(str::to_owned).to_vec(), filter: Some(Predicate::IsMissing(0)) };
    let scanned = source.scan("a", &query, &mut |_, _| Ok(())).unwrap();
    assert_eq!(scanned.seen, [vec![Type::Text], vec![]]);
    let query = Query { filter: Some(Predicate::IsMissing(1)), ..query };
    let unknown = source.scan("a", &query, &mut |_, _| Ok(())).unwrap_err();
    assert_eq!(unknown.to_string(), "no field `no` in `a`");
}

#[test]
fn entities_have_a_largest_size() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let long = "x".repeat(limits::ENTITY_BYTES);
    let cases = [
        ("a.ndjson", format!("{{\"id\":\"a\"}}\n{{\"id\":\"{long}\"}}\n"), "a.ndjson:2: a line of more than 16 MiB"),
        ("a.json", format!("[{{\"id\":\"a\"}},\n{{\"id\":\"{long}\"}}]"), "a.json:2: an entity of more than 16 MiB"),
        ("a.csv", format!("id\na\n\"{long}{long}"), "a.csv:3: a record of more than 16 MiB"),
    ];
    for (name, content, message) in cases {
        fs::write(here.join(name), content).unwrap();
        let query = Query { paths: vec!["id".to_owned()], filter: None };
        let scanned = open(&here.join(name)).and_then(|source| source.scan("a", &query, &mut |_, _| Ok(())));
        assert_eq!(error(scanned, here), message);
    }
    // What lies beside the list may be as large as it likes.
    let source = place(here, "b.json", format!("{{\"note\": \"{long}{long}\", \"rows\": [{{\"id\": \"a\"}}]}}"));
    assert_eq!(ask(&*source, "rows", &["id"], None).unwrap().0, ["a"]);
}

#[test]
fn entities_across_the_parts_in_which_a_file_is_read_are_whole() {
    let directory = tempfile::tempdir().unwrap();
    let entities: Vec<Json> =
        (0..1200).map(|n| json!({"id": format!("é{n}"), "text": "\"\\]}é".repeat(n % 400)})).collect();
    let ids: Vec<String> = (0..1200).map(|n| format!("é{n}")).collect();
    for (name, content) in [
        ("a.ndjson", lines(&entities)),
        ("a.json", Json::from(entities.clone()).to_string()),
        ("a2.json", serde_json::to_string_pretty(&json!({"entities": entities})).unwrap()),
    ] {
        let source = place(directory.path(), name, content);
        let collection = source.collections().unwrap().remove(0);
        assert_eq!(ask(&*source, &collection, &["id", "text"], None), Ok((ids.clone(), 0, 1200)), "{name}");
        assert_eq!(whole(&*source, &collection).unwrap(), entities, "{name}");
    }
}

#[cfg(unix)]
#[test]
fn only_regular_files_are_read() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    for name in ["pipe.json", "pipe.csv", "pipe.sqlite", "pipe"] {
        let made = std::process::Command::new("mkfifo").arg(here.join(name)).status().unwrap();
        assert!(made.success());
        assert!(error(open(&here.join(name)), here).contains("it is not a regular file"), "{name}");
    }
    fs::write(here.join("real.json"), "[]").unwrap();
    std::os::unix::fs::symlink(here.join("real.json"), here.join("link.json")).unwrap();
    std::os::unix::fs::symlink(here.join("nowhere.json"), here.join("dangling.json")).unwrap();
    assert_eq!(open(here).unwrap().collections().unwrap(), ["link", "real"]);
    assert!(matches!(open(&here.join("nowhere")), Err(SourceError::Io { .. })));
}

/// Bytes that look like one of the formats, and bytes that do not.
fn content() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        4 => prop::sample::select(&[
            "{", "}", "[", "]", ",", ":", "\n", "\"", "\\", "\"id\"", "\"entities\"", "\"a\":1", "\"d\":{\"x\":[", "1e5", "-",
            "null", "true", " ", "\r\n", "{\"id\":\"b\"}", "[{\"id\":2.5},", "a,b\n", "\"\"", "\\ud83d", "é", "\u{feff}",
        ][..])
        .prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(part, 0..24).prop_map(|parts| parts.concat())
}

proptest! {
    /// Whatever a file holds, reading ends with entities or an error, and both ways of reading say the same.
    #[test]
    fn any_file_is_read_to_its_end(content in content(), name in prop::sample::select(&["a.json", "a.ndjson", "a.csv", "a"][..])) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(name);
        fs::write(&path, content).unwrap();
        let Ok(source) = open(&path) else { return Ok(()) };
        for collection in source.collections().unwrap() {
            let schema = source.schema(&collection);
            let query = Query { paths: ["id", "d.x", "a", "d"].map(str::to_owned).to_vec(), filter: None };
            let scanned = source.scan(&collection, &query, &mut |_, _| Ok(()));
            let mut read = 0;
            let entities = source.entities(&collection, &mut |_| { read += 1; Ok(()) });
            match scanned {
                Ok(scanned) => {
                    prop_assert_eq!(scanned.total, read);
                    prop_assert!(entities.is_ok() && schema.is_ok());
                }
                // A scan also refuses what is no object, and passes over texts that nobody asked for.
                Err(_) => prop_assert!(schema.is_err()),
            }
        }
    }
}
