//! The rows that come with this crate, see `tests/reference/README.md`.

use std::path::Path;

mod checkers;

#[test]
fn the_rows_of_the_reference_pass() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    let reports = checkers::check(&directory).unwrap();
    let failed: Vec<_> = reports.iter().filter(|report| report.failed > 0 || report.passed == 0).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn a_file_that_nothing_checks_is_a_failure() {
    let directory = tempfile::tempdir().unwrap();
    assert!(checkers::check(directory.path()).is_err());
    std::fs::write(directory.path().join("new_kind.jsonl"), "{}\n").unwrap();
    std::fs::write(directory.path().join("parse_ok.jsonl"), "\n").unwrap();
    std::fs::write(
        directory.path().join("parse_error.jsonl"),
        "{\"id\":\"x\",\"source\":\"TRACE a\"}\nnot json\n{\"source\":7}\n",
    )
    .unwrap();
    let reports = checkers::check(directory.path()).unwrap();
    let counts: Vec<_> = reports.iter().map(|report| (report.name.as_str(), report.passed, report.failed)).collect();
    assert_eq!(counts, [("new_kind.jsonl", 0, 1), ("parse_error.jsonl", 0, 3), ("parse_ok.jsonl", 0, 1)]);
    assert_eq!(reports[1].failures[0], "x: accepted");
}

#[test]
fn a_half_of_a_character_is_read_as_a_replacement_character() {
    let directory = tempfile::tempdir().unwrap();
    let row = |source: &str, found: &str, shown: &str| {
        let error = r#""expected":["[a-zA-Z_]","whitespace"],"start":{"offset":6,"line":1,"column":7},"end":{"offset":7,"line":1,"column":8}"#;
        let message = format!(r#"Expected [a-zA-Z_] or whitespace but \"{shown}\" found."#);
        format!(
            "{{\"source\":\"TRACE {source}\",\"error\":{{\"message\":\"{message}\",\"found\":\"{found}\",{error}}}}}\n"
        )
    };
    let rows = [
        row(r"\ud83d\ude00", r"\ud83d", r"\ud83d"),
        row(r"\uDE00", r"\uDE00", r"\uDE00"),
        row(r"\\ud83d", r"\\", r"\\\\"),
        row("é", "é", "é"),
    ];
    std::fs::write(directory.path().join("parse_error.jsonl"), rows.concat()).unwrap();
    let reports = checkers::check(directory.path()).unwrap();
    assert_eq!((reports[0].passed, reports[0].failures.as_slice()), (4, [].as_slice()));
}
