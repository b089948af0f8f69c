//! In which edition a script is read, and how one of the first edition becomes one of the default edition.

use proptest::prelude::*;

use super::{load, modernize, parse};
use crate::{diagnostic::Severity, edition::Edition, limits};

/// A code and the text that it points at.
type Said<'a> = (&'static str, &'a str);

/// The edition, and the codes of what is said with the text that each points at.
fn loaded(source: &str, forced: Option<Edition>) -> (Edition, Vec<Said<'_>>) {
    let loaded = load(source, forced);
    assert_eq!(loaded.edition, loaded.script.edition, "{source}");
    let codes = loaded.diagnostics.iter().map(|found| (found.code, found.span.text(source))).collect();
    (loaded.edition, codes)
}

#[test]
fn the_edition_is_forced_named_or_found() {
    use Edition::{Compat, Two};
    let cases: &[(&str, Option<Edition>, Edition, &[Said<'_>])] = &[
        ("FORAGE t", None, Two, &[]),
        ("FORAGE t", Some(Compat), Compat, &[]),
        ("-- edition: 1-compat\nFORAGE t", None, Compat, &[]),
        ("-- A title\n\n// Edition : 1-COMPAT\nFORAGE t", None, Compat, &[]),
        ("\u{feff}# edition: 2\r\nFORAGE t", None, Two, &[]),
        ("-- edition: 1-compat\nFORAGE t", Some(Two), Two, &[]),
        ("FORAGE t\n-- edition: 1-compat", None, Two, &[]),
        ("-- edition: 3\nFORAGE t", None, Two, &[("unknown-edition", "3")]),
        ("-- edition:\nFORAGE t", None, Two, &[("unknown-edition", "")]),
        ("-- edition: 2\n-- edition: 1-compat\nFORAGE t", None, Two, &[("edition-twice", "1-compat")]),
        ("-- editoin: 2\nFORAGE t", None, Two, &[("unknown-pragma", "editoin")]),
        ("-- version: 2\nFORAGE t", None, Two, &[]),
        ("-- edition: 2\nFORAGEt", None, Two, &[("unknown-word", "FORAGEt")]),
        ("FORAGEt", None, Compat, &[("edition-1", ""), ("words-touch", "FORAGEt")]),
        ("FORAGEt", Some(Two), Two, &[("unknown-word", "FORAGEt")]),
        ("FORAGE t WHERE (a = 1)", Some(Compat), Compat, &[("compat-syntax", "(")]),
        ("FORAGE t WHERE", None, Two, &[("expected", "")]),
    ];
    for (source, forced, edition, expected) in cases {
        assert_eq!(loaded(source, *forced), (*edition, expected.to_vec()), "{source:?}");
    }
    let near = load("-- edition: compatible\nFORAGE t", None).diagnostics.remove(0);
    assert_eq!(near.fix.unwrap().replacement, "1-compat");
}

#[test]
fn what_is_too_long_is_read_in_no_edition() {
    let long = format!("FORAGEt{}", " ".repeat(limits::SOURCE_BYTES));
    for forced in [None, Some(Edition::Compat), Some(Edition::Two)] {
        assert_eq!(loaded(&long, forced).1, [("source-too-long", "")]);
    }
}

/// What the default edition reads differently, and the script without it.
const DIFFERENT: &[(&str, &[Said<'_>], &str)] = &[
    (
        "FORAGEt WHERE a = 5DEPTH 2SURFACE r -- c",
        &[("words-touch", "FORAGEt"), ("words-touch", "5DEPTH"), ("words-touch", "2SURFACE")],
        "FORAGE t\n  WHERE a = 5\n  DEPTH 2\n  SURFACE r -- c\n",
    ),
    (
        "PERCHONa WAKEAFTER3dCHIRPx LISTENFORb signals,c signals WAKE AFTER 5hCHIRPy",
        &[
            ("words-touch", "PERCHONa"),
            ("words-touch", "PERCHONa"),
            ("duplicate-clause", "WAKEAFTER3dCHIRPx"),
            ("words-touch", "LISTENFORb"),
            ("words-touch", "LISTENFORb"),
            ("words-touch", "5hCHIRPy"),
            ("words-touch", "5hCHIRPy"),
        ],
        "PERCH ON a\n  LISTEN FOR b signals, c signals\n  WAKE AFTER 5h\n  CHIRP y\n",
    ),
    (
        "DIVEINTO t WHENa ISNOT5dWATCHw WHENb ISc FOR2quartersLISTENFOR d,e signalsCHIRP x WAKEAFTER 5hTHEN CHIRP y",
        &[
            ("words-touch", "DIVEINTO"),
            ("words-touch", "WHENa"),
            ("words-touch", "ISNOT5dWATCHw"),
            ("words-touch", "ISNOT5dWATCHw"),
            ("words-touch", "ISNOT5dWATCHw"),
            ("words-touch", "ISNOT5dWATCHw"),
            ("words-touch", "WHENb"),
            ("words-touch", "ISc"),
            ("words-touch", "FOR2quartersLISTENFOR"),
            ("words-touch", "FOR2quartersLISTENFOR"),
            ("words-touch", "FOR2quartersLISTENFOR"),
            ("words-touch", "signalsCHIRP"),
            ("words-touch", "WAKEAFTER"),
            ("words-touch", "5hTHEN"),
        ],
        "DIVE INTO t\n  WHEN a IS NOT 5d\nWATCH w WHEN b IS c FOR 2quarters\nLISTEN FOR d, e signals\nCHIRP x\nWAKE AFTER \
         5h THEN CHIRP y\n",
    ),
    (
        "FORAGE from WHERE when.on > 1 OR x = TRUE AND y IS NOTnull AND z = Into AND p = \"C:\\t\" AND q--r = s--t",
        &[
            ("reserved-word", "from"),
            ("reserved-word", "when.on"),
            ("or-ignored", "OR"),
            ("text-constant", "TRUE"),
            ("words-touch", "NOTnull"),
            ("text-constant", "null"),
            ("reserved-word", "Into"),
            ("backslash", "\"C:\\t\""),
            ("name-hyphens", "q--r"),
            ("name-hyphens", "s--t"),
        ],
        "FORAGE `from`\n  WHERE `when`.on > 1\n    AND x = \"TRUE\"\n    AND y IS NOT \"null\"\n    AND z = \"Into\"\n    AND p = \
         \"C:\\\\t\"\n    AND `q--r` = \"s--t\"\n",
    ),
    (
        "FORAGE t WHERE a = \"WHERE\" -- one\n WHERE a--x = 2 -- WHERE b = 3\n WHERE b = 3 -- four\n ACROSS D1, D5",
        &[("duplicate-clause", "WHERE a = \"WHERE\" -- one\n WHERE a--x = 2 -- WHERE b = 3")],
        "FORAGE t\n  -- one\n  -- WHERE b = 3\n  WHERE b = 3 -- four\n  ACROSS D1, D5\n",
    ),
    (
        "FETCH x ON WAIT CHIRP a \"1\" THRESHOLD 5 ON QUEUE CHIRP b ON WAIT CHIRP c THRESHOLD 7",
        &[("duplicate-clause", "ON WAIT CHIRP a \"1\" THRESHOLD 5")],
        "FETCH x\n  ON QUEUE CHIRP b\n  ON WAIT CHIRP c\n  THRESHOLD 7\n",
    ),
    (
        "-- a\rb\nFORAGEt // c\r\n",
        &[("comment-end", "-- a\rb"), ("words-touch", "FORAGEt")],
        "-- a\n-- b\nFORAGE t // c\n",
    ),
    ("CHIRP a \"x\ny\"CHIRP b \"\"", &[("words-touch", "\"")], "CHIRP a \"x\ny\"\nCHIRP b \"\"\n"),
    (
        "RECALLc ON \"d\" WATCH to STATUS firedFIRED_DATE \"e\" TRIGGERS 1/2CONFIDENCE_STATED 1CONFIDENCE_ACTUAL 0.5CALIBRATION overSURFACE s AS json",
        &[
            ("words-touch", "RECALLc"),
            ("reserved-word", "to"),
            ("words-touch", "firedFIRED_DATE"),
            ("words-touch", "2CONFIDENCE_STATED"),
            ("words-touch", "1CONFIDENCE_ACTUAL"),
            ("words-touch", "5CALIBRATION"),
            ("words-touch", "overSURFACE"),
        ],
        "RECALL c\n  ON \"d\"\n  WATCH `to` STATUS fired FIRED_DATE \"e\"\n  TRIGGERS 1/2\n  CONFIDENCE_STATED 1\n  CONFIDENCE_ACTUAL \
         0.5\n  CALIBRATION over\n  SURFACE s AS json\n",
    ),
    ("WATCH w WHEN a = 1FOR 2quarters", &[("words-touch", "1FOR")], "WATCH w WHEN a = 1 FOR 2quarters\n"),
];

#[test]
fn each_difference_is_said_and_mended() {
    for (source, expected, modern) in DIFFERENT {
        let (edition, mut codes) = loaded(source, None);
        let first = codes.remove(0);
        assert_eq!(first, ("edition-1", ""), "{source}");
        assert_eq!((edition, &codes[..]), (Edition::Compat, *expected), "{source}");
        assert_eq!(modernize(source).as_deref(), Ok(*modern), "{source}");
        assert!(load(source, None).diagnostics.iter().all(|found| found.severity == Severity::Warning));
    }
}

#[test]
fn what_cannot_be_said_in_the_default_edition_is_refused() {
    let number = format!("1{}", "0".repeat(400));
    let huge = format!("FORAGEt DEPTH {number}");
    let cases = [
        ("DRIFTx METHODOLOGY 5", "missing-clause", "DRIFTx METHODOLOGY 5"),
        ("FETCH a ON EXECUTE WAKE AFTER 1dTHEN FETCH b THRESHOLD 1 ON WAIT CHIRP c", "nested-on", "ON WAIT CHIRP c"),
        (&huge, "number-too-large", &number),
        ("FORAGE t WHERE", "expected", ""),
        ("-- edition: 2\nFORAGEt", "unknown-word", "FORAGEt"),
        ("-- edition: 1-compat\nFORAGE t WHERE (a = 1)", "compat-syntax", "("),
        ("-- edition: 4\nFORAGE t", "unknown-edition", "4"),
    ];
    for (source, code, place) in cases {
        let found = modernize(source).unwrap_err();
        assert_eq!((found[0].code, found[0].span.text(source)), (code, place), "{source}");
        assert!(found.iter().all(|one| one.severity == Severity::Error), "{source}");
    }
}

#[test]
fn a_script_that_names_the_first_edition_names_the_second_one_then() {
    let cases = [
        ("-- edition: 1-compat\nFORAGE t WHERE ok = true", "-- edition: 2\nFORAGE t\n  WHERE ok = \"true\"\n"),
        ("// edition: 1\n-- edition: compat\nCHIRP a", "// edition: 2\n-- edition: 2\nCHIRP a\n"),
        ("FORAGE t where ok = true", "FORAGE t\n  WHERE ok = true\n"),
    ];
    for (source, expected) in cases {
        assert_eq!(modernize(source).as_deref(), Ok(expected));
        assert_eq!(modernize(expected).as_deref(), Ok(expected));
    }
}

/// Words that follow each other in the first edition. An identifier (without a mark) is as long as it can be; after
/// `'` another word may follow without a space.
const HEADS: &[&[&str]] = &[
    &["FORAGE'", "t"],
    &["Forage'", "from"],
    &["DIVE'", "INTO'", "a--b"],
    &["DRIFT'", "r", "METHODOLOGY'", "85'", "PERFORMANCE'", "35'"],
    &["FETCH'", "r", "THRESHOLD'", "10'"],
    &["PERCH'", "ON'", "x"],
    &["PERCH'", "ON'", "k:\"v\\\"'"],
    &["LISTEN'", "FOR'", "a", "signals',", "to"],
    &["WAKE'", "AFTER'", "3d'"],
    &["WAKE'", "AFTER'", "3d'", "THEN'", "CHIRP'", "then"],
    &["CHIRP'", "x", "\"a\nb\"'"],
    &["CHIRP'", "x", "\"\"'"],
    &["TRACE'", "x", "FROM'", "y"],
    &["WATCH'", "w", "WHEN'", "a", "='", "5'", "FOR'", "2'", "quarters'"],
    &["SURFACE'", "r", "AS'", "json", "ON'", "\"d\"'"],
    &["RECALL'", "c", "ON'", "\"d\"'", "WATCH'", "t", "STATUS'", "fired'", "EVIDENCE'", "\"e\"'", "TRIGGERS'", "1/2'"],
];
const CLAUSES: &[&[&str]] = &[
    &["WHERE'", "a", "='", "1'"],
    &["WHERE'", "a.when", "IS'", "true"],
    &["WHERE'", "s", "='", "\"-- WHERE a = \"'", "OR'", "b", "!='", "NULL", "AND'", "c", "IS'", "NOT'", "x-"],
    &["WHEN'", "is", "IS'", "HING", "OR'", "b", "<='", "5d'"],
    &["ACROSS'", "D1',", "D5'"],
    &["DEPTH'", "3'"],
    &["SURFACE'", "r"],
    &["TRACE'", "x"],
    &["EMIT'", "into"],
    &["METHODOLOGY'", "7'"],
    &["GAP'", "auto"],
    &["THRESHOLD'", "20'"],
    &["CONFIDENCE'", "88'"],
    &["ON'", "EXECUTE'", "CHIRP'", "a", "\"\\\"'"],
    &["ON'", "WAIT'", "FORAGE'", "t", "DEPTH'", "2'"],
    &["LISTEN'", "FOR'", "b"],
    &["WAKE'", "AFTER'", "5h'"],
    &["CHIRP'", "x"],
    &["CONFIDENCE_STATED'", "1.5'", "CONFIDENCE_ACTUAL'", "0'", "CALIBRATION'", "Over'", "DRIFT_AFTER'", "0'"],
];

fn first_edition() -> impl Strategy<Value = String> {
    let gaps = ["", "", "", " ", "\n", " -- c\n", " // WHERE a = 1\r\n", " --x\ry\n"];
    let gap = || proptest::sample::select(gaps.to_vec());
    let statement =
        (proptest::sample::select(HEADS), proptest::collection::vec(proptest::sample::select(CLAUSES), 0..4));
    let words = proptest::collection::vec(statement, 1..4).prop_map(|statements| {
        statements
            .into_iter()
            .flat_map(|(head, clauses)| [&[head][..], &clauses[..]].concat().concat())
            .collect::<Vec<_>>()
    });
    (words, proptest::collection::vec(gap(), 80)).prop_map(|(words, gaps)| {
        let mut out = String::new();
        for (word, gap) in words.iter().zip(gaps.iter().cycle()) {
            out += word.replace('\'', "").as_str();
            out += if gap.is_empty() && !word.contains('\'') { " " } else { gap };
        }
        out
    })
}

/// Codes of what has no words in the default edition.
const NOT_KEPT: [&str; 2] = ["missing-clause", "nested-on"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn what_only_the_first_edition_reads_can_be_rewritten(source in first_edition()) {
        let loaded = load(&source, None);
        for found in &loaded.diagnostics {
            prop_assert!(source.get(found.span.range()).is_some(), "{found:?}");
            prop_assert!(found.fix.iter().all(|fix| source.get(fix.span.range()).is_some()), "{found:?}");
        }
        if loaded.edition == Edition::Compat {
            prop_assert!(!loaded.has_errors() && loaded.diagnostics.len() > 1);
            match modernize(&source) {
                Ok(modern) => {
                    prop_assert_eq!(parse(&modern).diagnostics, []);
                    prop_assert_eq!(modernize(&modern), Ok(modern.clone()));
                    let comments = source.matches("-- c").count();
                    prop_assert_eq!(modern.matches("-- c").count(), comments, "{}", modern);
                }
                Err(found) => prop_assert!(found.iter().all(|one| NOT_KEPT.contains(&one.code)), "{found:?}"),
            }
        }
    }
}
