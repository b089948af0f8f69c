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
