//! What holds for every text.

use proptest::prelude::*;

use super::{SyntaxKind, meaning, parse};

/// Tokens of every kind, in any order.
fn soup() -> impl Strategy<Value = String> {
    let words = proptest::sample::select(vec![
        "FORAGE",
        "DIVE",
        "INTO",
        "DRIFT",
        "FETCH",
        "PERCH",
        "ON",
        "LISTEN",
        "FOR",
        "WAKE",
        "AFTER",
        "THEN",
        "CHIRP",
        "TRACE",
        "FROM",
        "WATCH",
        "RECALL",
        "SURFACE",
        "AS",
        "TO",
        "WHERE",
        "WHEN",
        "ACROSS",
        "DEPTH",
        "CASCADE",
        "EMIT",
        "METHODOLOGY",
        "PERFORMANCE",
        "GAP",
        "THRESHOLD",
        "CONFIDENCE",
        "MIN",
        "BANDS",
        "EXECUTE",
        "WAIT",
        "STATUS",
        "TRIGGERS",
        "AND",
        "OR",
        "NOT",
        "IN",
        "IS",
        "BETWEEN",
        "CONTAINS",
        "EXISTS",
        "null",
        "true",
        "a",
        "b.c",
        "x-y",
        "`q r`",
        "`",
        "5",
        "-2.5e3",
        "6mo",
        "5days",
        "\"t\"",
        "'u'",
        "\"",
        "'",
        "\\",
        "(",
        ")",
        ",",
        ".",
        ":",
        "/",
        "+",
        "->",
        "=",
        "==",
        "<>",
        "<=",
        "D1",
        "D5",
        "ALL",
        "signals",
        "\n",
        "\n\n",
        "\r",
        "-- c\n",
        "# d\r",
        "//",
        "é",
        "→",
        "\u{feff}",
        "\u{1b}",
    ]);
    proptest::collection::vec((words, proptest::sample::select(vec![" ", "", "\n"])), 0..40)
        .prop_map(|parts| parts.into_iter().flat_map(|(word, gap)| [word, gap]).collect())
}

/// Scripts that are mostly right.
fn likely() -> impl Strategy<Value = String> {
    let parts = proptest::sample::select(vec![
        "FORAGE t",
        "WHERE a = 1 AND (b OR NOT c)",
        "ACROSS D1,d2",
        "DEPTH 3",
        "CASCADE D5->D6+D2",
        "SURFACE r",
        "DIVE INTO t",
        "WHEN a IN (1,'x') OR b IS NOT null",
        "TRACE r",
        "EMIT e",
        "TRACE x FROM y",
        "DRIFT r METHODOLOGY 85 PERFORMANCE 35",
        "GAP auto",
        "FETCH r",
        "THRESHOLD 10",
        "CONFIDENCE MIN 70",
        "ON EXECUTE",
        "ON WAIT",
        "CHIRP info \"m\"",
        "PERCH ON k:\"v\"",
        "LISTEN FOR a signals, b",
        "WAKE AFTER 3d",
        "THEN",
        "WATCH w WHEN a > 1",
        "FOR 2 quarters",
        "RECALL c ON \"2026-01-01\"",
        "WATCH w STATUS fired",
        "TRIGGERS 1/1",
        "SURFACE r AS json",
        "TO \"f\"",
        "AND a BETWEEN 1 AND 2",
        "OR `when` > 5d",
    ]);
    let gaps = proptest::sample::select(vec![" ", "\n", "\n\n\n", " -- c\n", "\n// d\n  ", "\r# e\r"]);
    proptest::collection::vec((parts, gaps), 0..12)
        .prop_map(|parts| parts.into_iter().flat_map(|(word, gap)| [word, gap]).collect())
}

fn holds_for(source: &str) {
    let parsed = parse(source);
    let tree = super::tree(source);
    assert_eq!(tree.text().to_string(), source);
    let mut end = 0;
    for token in tree.descendants_with_tokens().filter_map(rowan::NodeOrToken::into_token) {
        let range = token.text_range();
        assert_eq!(usize::from(range.start()), end, "{source:?}");
        end = range.end().into();
        assert_eq!(source.get(range.start().into()..end), Some(token.text()), "{source:?}");
    }
    assert_eq!(end, source.len());
    for found in &parsed.diagnostics {
        assert!(source.get(found.span.range()).is_some(), "{source:?}: {found:?}");
        assert!(found.fix.iter().all(|fix| source.get(fix.span.range()).is_some()), "{source:?}: {found:?}");
    }
    for part in format!("{:?}", parsed.script).split("Span { start: ").skip(1) {
        let (start, rest) = part.split_once(", end: ").unwrap();
        let end = rest.split_once(' ').unwrap().0;
        let range = start.parse().unwrap()..end.parse().unwrap();
        assert!(source.get(range).is_some(), "{source:?}: {part}");
    }
    let shown = super::render("x.cal", source, &parsed.diagnostics, false);
    assert_eq!(shown.is_empty(), parsed.diagnostics.is_empty());
    match super::format(source) {
        Ok(once) => {
            assert_eq!(super::format(&once).as_deref(), Ok(once.as_str()), "{source:?}");
            assert_eq!(meaning::of(&parse(&once).script), meaning::of(&parsed.script), "{source:?}");
            for comment in tree.descendants_with_tokens().filter(|part| part.kind() == SyntaxKind::Comment) {
                assert!(once.contains(comment.to_string().trim_end()), "{source:?}");
            }
        }
        Err(found) => assert_eq!(found, parsed.diagnostics),
    }
}

proptest! {
    #[test]
    fn any_text_is_read_to_its_end(source in ".{0,80}") {
        holds_for(&source);
    }

    #[test]
    fn any_order_of_tokens_is_read_to_its_end(source in soup()) {
        holds_for(&source);
    }

    #[test]
    fn a_formatted_script_means_the_same(source in likely()) {
        holds_for(&source);
    }
}
