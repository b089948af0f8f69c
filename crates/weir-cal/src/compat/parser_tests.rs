//! What the first edition reads and refuses. The trees and messages are those of the reference.

use proptest::prelude::*;

use super::{Json, Position, parse};
use crate::limits;

/// The statements of the tree as the reference prints them.
fn tree(source: &str) -> String {
    let parsed = parse(source).unwrap_or_else(|error| panic!("{source}: {error}"));
    let ast = parsed.ast();
    serde_json::to_string(ast.get("statements").unwrap()).unwrap()
}

#[test]
fn keywords_end_nowhere_and_are_taken_greedily() {
    let cases = [
        (" -- only a comment", "[]"),
        ("foragex", r#"[{"type":"Forage","target":"x"}]"#),
        (
            "FORAGE t WHERE a IS NOTHING",
            r#"[{"type":"Forage","target":"t","where":[{"left":"a","operator":"!=","right":"HING"}]}]"#,
        ),
        (
            "FORAGE t WHERE a = 1 ANDROID = 2 ORx>5d",
            r#"[{"type":"Forage","target":"t","where":[{"left":"a","operator":"=","right":1},
                {"left":"ROID","operator":"=","right":2},
                {"left":"x","operator":">","right":{"value":5,"unit":"days"}}]}]"#,
        ),
        // JavaScript's lower case of the Kelvin sign is `k`.
        ("WA\u{212A}E AFTER 6m", r#"[{"type":"Wake","after":{"value":6,"unit":"minutes"},"action":null}]"#),
        (
            "LISTEN FOR a signals , b",
            r#"[{"type":"Listen","signals":[{"type":"signal","name":"a"},{"type":"signal","name":"b"}]}]"#,
        ),
        (
            "WATCH w WHEN a > 1 FOR 6 mo",
            r#"[{"type":"Watch","target":"w","when":[{"left":"a","operator":">","right":1}],
                "for":{"value":6,"unit":"months"}}]"#,
        ),
        ("SURFACE a--b -- c\n//d", r#"[{"type":"Surface","output":"a--b","format":"json","scheduledDate":null}]"#),
        (
            "FORAGE t SURFACE x CHIRP warn",
            r#"[{"type":"Forage","target":"t","surface":"x"},{"type":"Chirp","alert":"warn","message":null}]"#,
        ),
        (
            r#"RECALL c ON "d" WATCH a STATUS not_fired EVIDENCE "" TRIGGERS 0/2 CONFIDENCE_STATED 0.5
               CONFIDENCE_ACTUAL 1 CALIBRATION overDRIFT_AFTER 0 SURFACE x AS y"#,
            r#"[{"type":"Recall","target":"c","date":"d",
                "watches":[{"triggerId":"a","status":"not_fired","firedDate":null,"evidence":null}],
                "triggersFired":0,"triggersTotal":2,"confidenceStated":0.5,"confidenceActual":1,
                "calibration":"over","surfaceOutput":"x","surfaceFormat":"y"}]"#,
        ),
    ];
    for (source, expected) in cases {
        assert_eq!(tree(source), unwrapped(expected), "{source}");
    }
}

/// The clauses of a statement stand where they stood first and have the value that they had last.
#[test]
fn clauses_keep_the_order_of_their_first_appearance() {
    let cases = [
        (
            "FORAGE a DEPTH 1 SURFACE s DEPTH 2 WHERE x = 1",
            r#"[{"type":"Forage","target":"a","depth":2,"surface":"s",
                "where":[{"left":"x","operator":"=","right":1}]}]"#,
        ),
        (
            r#"FETCH a ON WAIT TRACE t CONFIDENCE 80 ON WAIT CHIRP c "" THRESHOLD 1"#,
            r#"[{"type":"Fetch","target":"a","onWait":{"type":"Chirp","alert":"c","message":null},
                "confidence":80,"threshold":1}]"#,
        ),
        (
            "DIVE INTO x TRACE y WHEN a.b != \"q\nr\" EMIT e TRACE z",
            r#"[{"type":"Dive","target":"x","trace":"z",
                "when":[{"left":"a.b","operator":"!=","right":"q\nr"}],"emit":"e"}]"#,
        ),
        (
            r#"PERCH ON k:"v" CHIRP x LISTEN FOR y"#,
            r#"[{"type":"Perch","target":{"type":"keyed","key":"k","value":"v"},"chirp":"x",
                "listen":[{"type":"signal","name":"y"}]}]"#,
        ),
        // Both statements have a clause twice, one in the other.
        (
            "FETCH f THRESHOLD 1 ON QUEUE FORAGE g DEPTH 0 SURFACE r DEPTH 3 CONFIDENCE 2 THRESHOLD 4",
            r#"[{"type":"Fetch","target":"f","threshold":4,
                "onQueue":{"type":"Forage","target":"g","depth":3,"surface":"r"},"confidence":2}]"#,
        ),
    ];
    for (source, expected) in cases {
        assert_eq!(tree(source), unwrapped(expected), "{source}");
    }
}

/// A text of JSON without the line breaks that keep it readable here.
fn unwrapped(json: &str) -> String {
    json.lines().map(str::trim).collect()
}

#[test]
fn numbers_are_those_of_javascript() {
    let huge = "9".repeat(309);
    let source = format!("FORAGE t WHERE a = 9007199254740993 OR b = 007.50 OR c = {huge}");
    let parsed = parse(&source);
    let Json::Array(statements) = parsed.unwrap().ast().get("statements").cloned().unwrap() else { panic!() };
    let Some(Json::Array(conditions)) = statements[0].get("where") else { panic!() };
    let values: Vec<_> = conditions.iter().map(|one| one.get("right").and_then(Json::as_number).unwrap()).collect();
    assert_eq!(values, [9_007_199_254_740_992.0, 7.5, f64::INFINITY]);
}

#[test]
fn an_error_names_what_was_tried_at_the_furthest_place() {
    const NEXT: &str = r#""CHIRP", "DIVE", "DRIFT", "FETCH", "FORAGE", "LISTEN", "PERCH", "RECALL", "SURFACE", "TRACE", "WAKE", "WATCH", end of input, or whitespace"#;
    const FROM: &str = r#""CHIRP", "DIVE", "DRIFT", "FETCH", "FORAGE", "FROM", "LISTEN", "PERCH", "RECALL", "SURFACE", "TRACE", "WAKE", "WATCH", end of input, or whitespace"#;
    let from_name = FROM.replace(" end", r" [a-zA-Z0-9_\-], end");
    let then = NEXT.replace(r#""TRACE""#, r#""THEN", "TRACE""#);
    let recall = r#""EVIDENCE", "FIRED_DATE", "TRIGGERS", "WATCH", or whitespace"#;
    let class = r#""\"" or [^"]"#;
    let value = r#""\"", [0-9], [a-zA-Z_], or whitespace"#;
    // The offset, line and column, what was expected, and how the message shows what stands there.
    let cases: &[(&str, [usize; 3], &str, &str)] = &[
        ("/* c */", [0, 1, 1], NEXT, r#""/""#),
        ("\u{FEFF}TRACE a", [0, 1, 1], NEXT, "\"\u{FEFF}\""),
        ("TRACE é", [6, 1, 7], "[a-zA-Z_] or whitespace", "\"é\""),
        ("TRACE a\u{85}", [7, 1, 8], &from_name, r#""\x85""#),
        ("TRACE a\u{7}", [7, 1, 8], &from_name, r#""\x07""#),
        ("TRACE a\t\\", [8, 1, 9], FROM, r#""\\""#),
        ("TRACE a \0", [8, 1, 9], FROM, r#""\0""#),
        ("TRACE a\r\n\"", [9, 2, 1], FROM, r#""\"""#),
        // A carriage return ends no line, and no comment.
        ("-- c\rTRACE a\n,", [13, 2, 1], NEXT, r#"",""#),
        // Beyond the basic plane a character counts twice, and its first half is what was found.
        ("CHIRP a \"😀\" \"x\"", [13, 1, 14], NEXT, r#""\"""#),
        ("CHIRP a \"\n😀\" 😀", [14, 2, 5], NEXT, "\"\u{FFFD}\""),
        ("CHIRP a \"\nopen", [14, 2, 5], class, "end of input"),
        ("FORAGE x WHERE a > -5", [19, 1, 20], value, r#""-""#),
        ("FORAGE x WHERE a = 3.d", [21, 1, 22], "[0-9]", r#""d""#),
        ("WAKE AFTER 6mo", [13, 1, 14], &then, r#""o""#),
        ("RECALL c ON \"d\" WATCH a STATUS fired_late", [36, 1, 37], recall, r#""_""#),
    ];
    for (source, [offset, line, column], expected, found) in cases {
        let error = parse(source).unwrap_err();
        assert_eq!(error.to_string(), format!("Expected {expected} but {found} found."), "{source:?}");
        assert_eq!(error.start, Position { offset: *offset, line: *line, column: *column }, "{source:?}");
        let length = usize::from(error.found.is_some());
        assert_eq!(
            error.end(),
            Position { offset: offset + length, line: *line, column: column + length },
            "{source:?}"
        );
    }
    let error = parse("CHIRP\n=\n").unwrap_err();
    assert_eq!((error.start.offset, error.start.line, error.at), (6, 2, 6));
    let error = parse("WATCH w WHEN a\n\u{b}").unwrap_err();
    assert_eq!((error.start.line, error.found.as_deref()), (2, Some("\u{b}")));
}

/// Statements stand in statements no deeper than the limit, on a small stack too.
#[test]
fn nesting_has_a_limit() {
    let run = || {
        for outer in ["WAKE AFTER 1d THEN ", "FETCH a ON EXECUTE "] {
            let nested = |levels: usize| outer.repeat(levels - 1) + "CHIRP a";
            let source = nested(limits::NESTING);
            let parsed = parse(&source).unwrap();
            for printed in [parsed.ast(), parsed.plan("")] {
                assert!(serde_json::to_string(&printed).unwrap().contains(r#""alert":"a""#));
            }
            for levels in [limits::NESTING + 1, 100_000] {
                let source = nested(levels);
                let error = parse(&source).unwrap_err();
                assert_eq!(error.message, "Statements are nested more than 64 levels deep.");
                assert_eq!(error.at, outer.len() * limits::NESTING);
            }
        }
    };
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(run).unwrap();
    thread.join().unwrap();
}

#[test]
fn a_source_has_a_limit() {
    assert!(parse(&" ".repeat(limits::SOURCE_BYTES)).is_ok());
    let error = parse(&" ".repeat(limits::SOURCE_BYTES + 1)).unwrap_err();
    assert_eq!(error.message, "A script of 16777217 bytes is longer than 16 MiB.");
}

/// Words of which a script is made, and what should not be there.
fn word() -> impl Strategy<Value = String> {
    const WORDS: &str = "FORAGE DIVE INTO DRIFT FETCH PERCH ON LISTEN FOR WAKE AFTER CHIRP TRACE SURFACE WHERE ACROSS DEPTH \
        WHEN EMIT FROM AS THEN AND OR IS NOT METHODOLOGY PERFORMANCE GAP THRESHOLD CONFIDENCE EXECUTE WAIT WATCH RECALL \
        STATUS fired signals mo D1 ALL x a.b 7 3.5 5d \"t\" \" >= = : , / . -- é 😀 \u{212A}";
    let mut words: Vec<_> = WORDS.split(' ').filter(|word| !word.is_empty()).collect();
    words.extend(["\n", "\r"]);
    prop_oneof![
        9 => proptest::sample::select(words).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ]
}

proptest! {
    /// Whatever the text is: its error has a place in it, and a line before it moves the error by a line.
    #[test]
    fn an_error_stands_in_the_source(words in proptest::collection::vec(word(), 0..30), spaced in any::<bool>()) {
        let source = words.join(if spaced { " " } else { "" });
        let moved = format!("-- é\n{source}");
        match (parse(&source), parse(&moved)) {
            (Ok(parsed), Ok(again)) => prop_assert_eq!(parsed.ast(), again.ast()),
            (Err(error), Err(again)) => {
                let before = source.get(..error.at).unwrap();
                prop_assert_eq!(error.start.offset, before.encode_utf16().count());
                prop_assert_eq!(error.found.is_none(), error.at == source.len());
                prop_assert!(error.expected.is_sorted_by(|one, other| one < other) && !error.expected.is_empty());
                let Position { offset, line, column } = error.start;
                prop_assert_eq!(again.start, Position { offset: offset + 5, line: line + 1, column });
                prop_assert_eq!(again.message, error.message);
            }
            (one, other) => prop_assert!(false, "{one:?} but {other:?}"),
        }
    }
}
