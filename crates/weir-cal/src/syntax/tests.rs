//! What the default edition reads, and how it refuses.

use super::{SyntaxKind, parse};
use crate::ast::{Band, Expr, Literal, Statement, StatementKind, Unit};

/// The tree of a text that has no errors.
fn read(source: &str) -> Vec<Statement<'_>> {
    let parsed = parse(source);
    assert_eq!(parsed.diagnostics, [], "{source}");
    parsed.script.statements
}

/// The codes of what is wrong, with the text that each points at.
fn errors(source: &str) -> Vec<(&'static str, &str)> {
    parse(source).diagnostics.iter().map(|found| (found.code, found.span.text(source))).collect()
}

/// The condition of `FORAGE t WHERE ..`, in a short form.
fn condition(text: &str) -> String {
    let source = format!("FORAGE t WHERE {text}");
    let statements = read(&source);
    let [Statement { kind: StatementKind::Forage(forage), .. }] = &statements[..] else { panic!("{text}") };
    short(forage.filter.as_ref().unwrap())
}

fn short(expr: &Expr<'_>) -> String {
    let value = |literal: &Literal<'_>| match literal {
        Literal::Number(number) => number.to_string(),
        Literal::Integer(whole) => whole.to_string(),
        Literal::Text(text) => format!("{text:?}"),
        Literal::Word(word) => (*word).to_owned(),
        Literal::Bool(value) => value.to_string().to_uppercase(),
        Literal::Null => "NULL".to_owned(),
        Literal::Duration(duration) => format!("{} {}", duration.value, duration.unit.word()),
        Literal::Field(path) => format!("[{}]", path.text),
    };
    let all = |parts: &[Expr<'_>]| parts.iter().map(short).collect::<Vec<_>>().join(" ");
    match expr {
        Expr::And(parts) => format!("(and {})", all(parts)),
        Expr::Or(parts) => format!("(or {})", all(parts)),
        Expr::Not(inner, _) => format!("(not {})", short(inner)),
        Expr::Compare { left, operator, right } => {
            format!("({:?} {} {})", operator.value, left.text, value(&right.value))
        }
        Expr::In { left, negated, values, .. } => {
            let values: Vec<_> = values.iter().map(|operand| value(&operand.value)).collect();
            format!("({}in {} {})", if *negated { "not-" } else { "" }, left.text, values.join(" "))
        }
        Expr::Between { left, low, high } => {
            format!("(between {} {} {})", left.text, value(&low.value), value(&high.value))
        }
        Expr::Contains { left, right } => format!("(contains {} {})", left.text, value(&right.value)),
        Expr::Exists(path) => format!("(exists {})", path.text),
        Expr::Holds(path) => path.text.to_string(),
    }
}

#[test]
fn conditions_bind_as_documented() {
    let cases = [
        ("a = 1 OR b = 1 AND c = 1", "(or (Equal a 1) (and (Equal b 1) (Equal c 1)))"),
        ("(a = 1 or b == 1) and not c <> 1", "(and (or (Equal a 1) (Equal b 1)) (not (NotEqual c 1)))"),
        ("a AND b AND c", "(and a b c)"),
        ("a IS NOT null AND b IS TRUE", "(and (NotEqual a NULL) (Equal b TRUE))"),
        ("a IN (1, 'x', y) OR a NOT IN (-2.5e3)", "(or (in a 1 \"x\" y) (not-in a -2500))"),
        ("a BETWEEN 1 AND 5 AND b EXISTS", "(and (between a 1 5) (exists b))"),
        ("a NOT BETWEEN 1 AND 5", "(not (between a 1 5))"),
        (
            "a.b.status CONTAINS \"x\\\"y\" AND c NOT CONTAINS z",
            "(and (contains a.b.status \"x\\\"y\") (not (contains c z)))",
        ),
        ("age > 6mo OR age > 90S", "(or (Greater age 6 months) (Greater age 90 seconds))"),
        ("`when` . `b c` = `d`.from", "(Equal when.b c [d.from])"),
        ("größe >= 1 AND 日本 < open-source", "(and (GreaterOrEqual größe 1) (Less 日本 open-source))"),
        ("confidence>.5", ""),
        ("status = active AND gap != -5", "(and (Equal status active) (NotEqual gap -5))"),
    ];
    for (text, expected) in cases {
        if expected.is_empty() {
            assert_ne!(parse(&format!("FORAGE t WHERE {text}")).diagnostics, [], "{text}");
        } else {
            assert_eq!(condition(text), expected, "{text}");
        }
    }
}

#[test]
fn what_is_wrong_is_named_at_its_place() {
    let cases: &[(&str, &[(&str, &str)])] = &[
        ("FORAGE t WHERE a = 1 WHERE b = 2", &[("duplicate-clause", "WHERE")]),
        ("FETCH x ON WAIT CHIRP a ON WAIT CHIRP b", &[("duplicate-clause", "WAIT")]),
        ("DRIFT x METHODOLOGY 85", &[("missing-clause", "DRIFT")]),
        ("WATCH w FOR 2 quarters", &[("missing-clause", "WATCH")]),
        ("RECALL c TRIGGERS 1/2", &[("missing-clause", "RECALL")]),
        ("FORAGE t WHERE a > 5days", &[("unknown-unit", "5days")]),
        ("FORAGE t WHERE a > 5 days", &[("unknown-unit", "5 days")]),
        ("WAKE AFTER 3", &[("expected", "3")]),
        ("WAKE AFTER 1.5h", &[("duration-not-whole", "1.5h")]),
        ("FORAGE t\nWHER a = 1\nDEPTH 2", &[("unknown-word", "WHER")]),
        ("FORAGE t\nDIVEE INTO x\nEMIT y", &[("unknown-word", "DIVEE")]),
        ("FORAGE t EMIT x\nSURFACE y AS json", &[("misplaced-clause", "EMIT")]),
        ("CHIRP info 'no end\nFORAGE", &[("unclosed-text", "'"), ("expected", "")]),
        ("CHIRP info \"no end\nCHIRP info \"with\"", &[("unclosed-text", "\"")]),
        ("CHIRP info \"a\\qb\"", &[("unknown-escape", "\\q")]),
        (
            "FORAGE WHERE a\nDIVE INTO WHEN b\nFETCH x CONFIDENCE y",
            &[("expected", "WHERE"), ("expected", "WHEN"), ("expected", "y")],
        ),
        ("FORAGE t WHERE (a = 1 OR b SURFACE x\nTRACE y FROM", &[("expected", "SURFACE"), ("expected", "")]),
        ("FORAGE t WHERE a = INTO", &[("expected", "INTO")]),
        ("FORAGE t WHERE \"a\" = 1", &[("expected", "\"a\"")]),
        ("FORAGE t WHERE a = b.c", &[("expected", "b.")]),
        (
            "FORAGE t WHERE a => 1 && b NOT = 2 AND c EQ 10% AND when > 1",
            &[
                ("unknown-operator", "=>"),
                ("unknown-operator", "&&"),
                ("unknown-operator", "NOT ="),
                ("unknown-operator", "EQ"),
                ("percent-sign", "%"),
                ("expected", "when"),
            ],
        ),
        ("FORAGE t WHERE a LIKE 'x' SURFACE y", &[("unknown-operator", "LIKE")]),
        ("FORAGE t WHERE a IN () DEPTH three", &[("expected", ")"), ("expected", "three")]),
        ("FORAGE t WHERE d > 2026-01-01T10:00 SURFACE x", &[("date-without-quotes", "2026-01-01T10:00")]),
        ("RECALL c ON 2026-01-01 WATCH a fired", &[("date-without-quotes", "2026-01-01"), ("expected", "fired")]),
        (
            "FORAGE t ACROSS D1 D2 AND Quality, 4 CASCADE D5 => D6 > D1",
            &[
                ("missing-comma", "D2"),
                ("missing-comma", "AND"),
                ("expected", "Quality"),
                ("expected", "4"),
                ("unknown-operator", "=>"),
                ("unknown-operator", ">"),
            ],
        ),
        ("DIVE INTO t WHERE a > 1 AS x", &[("misplaced-clause", "WHERE"), ("misplaced-clause", "AS")]),
        (
            "DRIFT x METHODOLOGY = 85% PERFORMANCE: \"35\"",
            &[("unneeded-sign", "="), ("percent-sign", "%"), ("unneeded-sign", ":"), ("expected", "\"35\"")],
        ),
        (
            "FETCH x ON EXECUTE { CHIRP critical: 'x' }",
            &[("unneeded-sign", "{"), ("unneeded-sign", ":"), ("expected-clause", "}")],
        ),
        ("CHIRP 'text' CHIRP info some text", &[("expected", "'text'"), ("expected", "some")]),
        ("DIVEINTO x WHEN a DEPTH3", &[("unknown-word", "DIVEINTO"), ("unknown-word", "DEPTH3")]),
        ("FORAGE t ACROSS D1, D7 DEPTH 2", &[("expected", "D7")]),
        ("FORAGE t DEPTH 1e999", &[("number-too-large", "1e999")]),
        ("FORAGE t DEPTH 3d SURFACE x", &[("expected", "3d")]),
        ("FETCH x ON EXECUT CHIRP a", &[("expected", "EXECUT")]),
        (
            "FETCH x ON EXECUTE DRIFT y ON \"z\"",
            &[("misplaced-clause", "ON"), ("missing-clause", "DRIFT"), ("missing-clause", "DRIFT")],
        ),
        ("FORAGE t;", &[("expected-clause", ";")]),
        ("hello", &[("expected-statement", "hello")]),
    ];
    let wrong: Vec<_> = cases.iter().filter(|(source, expected)| errors(source) != *expected).collect();
    let found: Vec<_> = wrong.iter().map(|(source, _)| errors(source)).collect();
    assert_eq!(wrong.len(), 0, "{wrong:#?} {found:#?}");
}

/// The statements and their clauses in the order of the source, as keywords.
fn outline(source: &str) -> String {
    assert_eq!(errors(source), [], "{source}");
    let mut out = String::new();
    for node in super::tree(source).descendants() {
        if matches!(node.kind(), SyntaxKind::Statement | SyntaxKind::Clause) {
            let keyword = node.first_token().unwrap().kind().keyword();
            out += match node.kind() {
                SyntaxKind::Statement if node.parent().unwrap().kind() == SyntaxKind::Root => " | ",
                SyntaxKind::Statement => " > ",
                _ => " ",
            };
            out += keyword;
        }
    }
    out.trim_start_matches(" | ").to_owned()
}

#[test]
fn words_that_are_clause_and_statement_are_told_apart() {
    let cases = [
        ("FORAGE t SURFACE x SURFACE y", "FORAGE SURFACE | SURFACE"),
        ("FORAGE t SURFACE x AS json", "FORAGE | SURFACE AS"),
        ("FORAGE t SURFACE x TO \"f\" ON \"2026-01-01\"", "FORAGE | SURFACE TO ON"),
        ("FORAGE t SURFACE x ON \"2026-01-01\"", "FORAGE | SURFACE ON"),
        ("DIVE INTO t TRACE x FROM y", "DIVE | TRACE FROM"),
        ("DIVE INTO t TRACE cascade EMIT z", "DIVE TRACE EMIT"),
        ("DIVE INTO t TRACE x TRACE y", "DIVE TRACE | TRACE"),
        ("PERCH ON a:\"b\" CHIRP info \"m\" CHIRP x \"n\"", "PERCH CHIRP | CHIRP"),
        ("PERCH ON a WAKE AFTER 3d THEN CHIRP x", "PERCH | WAKE THEN > CHIRP"),
        ("PERCH ON a LISTEN FOR b signals, c WAKE AFTER 3d", "PERCH LISTEN WAKE"),
        ("RECALL c ON \"x\" WATCH a STATUS fired WATCH b WHEN c", "RECALL ON WATCH | WATCH WHEN"),
        ("RECALL c ON \"x\" SURFACE y SURFACE z AS json", "RECALL ON | SURFACE | SURFACE AS"),
        ("FETCH x ON EXECUTE FETCH y THRESHOLD 2 ON CONFIRM CHIRP a", "FETCH ON > FETCH THRESHOLD ON > CHIRP"),
        ("FETCH x ON QUEUE FORAGE t SURFACE r ON WAIT CHIRP a", "FETCH ON > FORAGE SURFACE ON > CHIRP"),
        ("FETCH x ON QUEUE SURFACE r ON \"2026-01-01\" ON WAIT CHIRP a", "FETCH ON > SURFACE ON ON > CHIRP"),
        ("FETCH x ON WAIT WATCH status WHEN gap CONFIDENCE MIN 70", "FETCH ON > WATCH WHEN CONFIDENCE"),
        ("WAKE AFTER 6mo THEN FETCH x ON WAIT CHIRP a", "WAKE THEN > FETCH ON > CHIRP"),
    ];
    for (source, expected) in cases {
        assert_eq!(outline(source), expected, "{source}");
    }
}

#[test]
fn a_nested_fetch_leaves_the_bands_to_the_outer_one() {
    let statements = read("FETCH x ON EXECUTE FETCH y THRESHOLD 2 ON CONFIRM CHIRP a");
    let [Statement { kind: StatementKind::Fetch(outer), .. }] = &statements[..] else { panic!() };
    assert_eq!(outer.actions.iter().map(|action| action.band).collect::<Vec<_>>(), [Band::Execute, Band::Confirm]);
    let StatementKind::Fetch(inner) = &outer.actions[0].action.kind else { panic!() };
    assert_eq!((inner.threshold.unwrap().value, inner.actions.len()), (2.0, 0));
}

#[test]
fn durations_cascades_and_lists_have_their_values() {
    for (text, value, unit) in [
        ("2 quarters", 2.0, Unit::Quarters),
        ("1 QUARTER", 1.0, Unit::Quarters),
        ("2quarters", 2.0, Unit::Quarters),
        ("6mo", 6.0, Unit::Months),
        ("6 mo", 6.0, Unit::Months),
        ("90 d", 90.0, Unit::Days),
    ] {
        let source = format!("WATCH w IN t WHEN a > 1 FOR {text}");
        let statements = read(&source);
        let StatementKind::Watch(watch) = &statements[0].kind else { panic!() };
        let hold = watch.hold.unwrap();
        assert_eq!((hold.value, hold.unit, hold.span.text(&source)), (value, unit, text));
        assert_eq!(watch.collection.unwrap().value, "t");
    }
    let cascades = ["D5 -> D6+D2 -> D1 + D3 -> d4", "D5->D6,D2->D1,D3→D4"];
    for cascade in cascades {
        let source = format!("FORAGE t CASCADE {cascade}");
        let statements = read(&source);
        let StatementKind::Forage(forage) = &statements[0].kind else { panic!() };
        let steps = &forage.cascade.as_ref().unwrap().steps;
        let ids: Vec<Vec<_>> = steps.iter().map(|step| step.iter().map(|one| one.value.id()).collect()).collect();
        assert_eq!(ids, [vec!["D5"], vec!["D6", "D2"], vec!["D1", "D3"], vec!["D4"]]);
    }
    let statements =
        read("RECALL c TRIGGERS 1 / 2 CALIBRATION over ON '2026-01-01' WATCH a EVIDENCE \"e\" STATUS partial");
    let StatementKind::Recall(recall) = &statements[0].kind else { panic!() };
    let (fired, total) = recall.triggers.unwrap();
    assert_eq!((fired.value, total.value, recall.date.value.as_ref()), (1.0, 2.0, "2026-01-01"));
    assert_eq!(recall.watches[0].status.unwrap().value, "partial");
}

#[test]
fn marks_line_ends_and_comments_of_every_kind_are_read() {
    let source = "\u{feff}# one\r-- two\r\n// three\nFORAGE\u{a0}t -- four\rWHERE a--five\n";
    assert_eq!(read(source).len(), 1);
    assert_eq!(super::format(source).unwrap(), "# one\n-- two\n// three\nFORAGE t -- four\n  WHERE a --five\n");
}

#[test]
fn depth_and_count_have_limits() {
    for source in [
        format!("FORAGE t WHERE {}a", "(".repeat(100_000)),
        format!("FORAGE t WHERE {}a", "NOT ".repeat(100_000)),
        format!("{} CHIRP a", "WAKE AFTER 1d THEN ".repeat(50_000)),
    ] {
        let found = parse(&source).diagnostics;
        assert!(found.iter().any(|one| one.code == "nesting"));
        assert_eq!(super::tree(&source).text().to_string(), source);
    }
    assert_eq!(condition(&format!("{}a{}", "(".repeat(60), ")".repeat(60))), "a");
    assert_eq!(parse(&"FORAGE ".repeat(5000)).diagnostics.len(), crate::limits::DIAGNOSTICS);
    // The end of the text is looked for once, not once for each line that could begin one.
    for line in ["\\\"\n", "\\\"\\\n"] {
        let quotes = format!("{}\"b", line.repeat(300_000));
        assert!(!parse(&quotes).diagnostics.is_empty());
    }
    let long = " ".repeat(crate::limits::SOURCE_BYTES + 1);
    assert_eq!(errors(&long), [("source-too-long", "")]);
    assert_eq!(super::tree(&long).text().len(), rowan::TextSize::of(long.as_str()));
}

#[test]
fn a_script_is_written_in_one_way() {
    let source = "\
-- top


forage t   where a=1 AND ( b<>2 or c ) -- why
   -- own line
across d5,D6 cascade D5->D6+D2 surface r

-- decide
fetch r threshold 1000 on execute wake after 3D then chirp critical 'now' on wait perch on k : \"v\" listen for a signals
watch w when x > 1 and y in ( 1 ,2 ) for 2 Quarters
recall c on \"2026-01-01\" watch a status fired triggers 1 / 2 surface v as json
-- end";
    let expected = "\
-- top

FORAGE t
  WHERE a = 1
    AND (b <> 2 OR c) -- why
  -- own line
  ACROSS D5, D6
  CASCADE D5 -> D6+D2
  SURFACE r

-- decide
FETCH r
  THRESHOLD 1000
  ON EXECUTE WAKE AFTER 3d THEN CHIRP critical 'now'
  ON WAIT PERCH ON k:\"v\"
    LISTEN FOR a signals
WATCH w WHEN x > 1
    AND y IN (1, 2) FOR 2 quarters
RECALL c
  ON \"2026-01-01\"
  WATCH a STATUS fired
  TRIGGERS 1/2
  SURFACE v AS json
-- end
";
    assert_eq!(super::format(source).unwrap(), expected);
    assert_eq!(super::format(expected).unwrap(), expected);
    assert!(super::format("FORAGE").is_err());
    assert_eq!(super::format("  \n").unwrap(), "");
}
