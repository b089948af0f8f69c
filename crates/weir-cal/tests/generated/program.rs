//! Programs and data made of choices: bytes that a fuzzer or a property test makes up.

use serde_json::{Value, json};

/// Gives one choice after the other; zeros when they are used up.
pub(crate) struct Choices<'c>(pub(crate) &'c [u8]);

impl Choices<'_> {
    fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().map_or((0, self.0), |(first, rest)| (*first, rest));
        self.0 = rest;
        first
    }

    fn one<'o>(&mut self, of: &[&'o str]) -> &'o str {
        of.get(usize::from(self.byte()) % of.len()).copied().unwrap_or_default()
    }

    fn up_to(&mut self, most: u8) -> u8 {
        self.byte() % (most + 1)
    }
}

const NAMES: &[&str] = &["m", "t", "u", "results", "report", "m_drift", "m_fetch", "`where`", "nothing"];
const FIELDS: &[&str] = &["a", "b", "flag", "text", "opened", "list", "D1", "dimensions.D2", "metadata.origin", "zz"];
const NUMBERS: &[&str] =
    &["0", "1", "-1", "0.5", "20", "50", "88", "100", "101", "1000", "1e9", "1e300", "0.1", "9007199254740993"];
const DURATIONS: &[&str] = &["1s", "5m", "3d", "6mo", "2q", "99y", "999999999999y"];
const BANDS: &[&str] = &["EXECUTE", "CONFIRM", "QUEUE", "WAIT"];

/// A script. It is mostly read without errors, and often fails when it runs.
pub(crate) fn program(choices: &mut Choices<'_>) -> String {
    let mut text = String::new();
    for _ in 0..choices.up_to(12) {
        statement(choices, &mut text, 0);
        text.push('\n');
    }
    text
}

fn statement(choices: &mut Choices<'_>, text: &mut String, depth: u8) {
    let kind = choices.up_to(11);
    let (name, other) = (choices.one(NAMES), choices.one(NAMES));
    match kind {
        0 | 1 => {
            let verb = if kind == 0 { "FORAGE" } else { "DIVE INTO" };
            text.push_str(&format!("{verb} {}", choices.one(&["t", "t", "t", "u", "empty", "tt"])));
            if choices.up_to(1) == 1 {
                text.push_str(if kind == 0 { " WHERE " } else { " WHEN " });
                condition(choices, text, 0);
            }
            if kind == 1 && choices.up_to(3) == 0 {
                text.push_str(&format!(" TRACE {other}"));
            }
            if choices.up_to(2) == 0 {
                text.push_str(choices.one(&[" ACROSS ALL", " ACROSS D1", " ACROSS D5, D6, D2", " ACROSS d1, D1"]));
            }
            if choices.up_to(2) == 0 {
                text.push_str(&format!(" DEPTH {}", choices.one(&["1", "3", "6", "0", "7", "99999999999"])));
            }
            if choices.up_to(3) == 0 {
                text.push_str(choices.one(&[" CASCADE D1 -> D2", " CASCADE D5 -> D6+D2 -> D1+D3 -> D4"]));
            }
            text.push_str(&format!(" {} {name}", if kind == 0 { "SURFACE" } else { "EMIT" }));
        }
        2 => {
            let gap = choices.one(&["", " GAP auto", " GAP curiosity", " GAP banana"]);
            let (said, done) = (choices.one(NUMBERS), choices.one(NUMBERS));
            text.push_str(&format!("DRIFT {name} METHODOLOGY {said} PERFORMANCE {done}{gap}"));
        }
        3 | 4 => {
            // Often one that can be decided.
            if kind == 3 {
                text.push_str("FORAGE t SURFACE m DRIFT m METHODOLOGY 85 PERFORMANCE 35 FETCH m");
            } else {
                text.push_str(&format!("FETCH {name}"));
            }
            text.push_str(choices.one(&["", " BANDS docs", " BANDS none", " AGGREGATE mean", " AGGREGATE sum"]));
            if choices.up_to(1) == 1 {
                text.push_str(&format!(" THRESHOLD {}", choices.one(NUMBERS)));
            }
            if choices.up_to(1) == 1 {
                let minimum = choices.one(&["", "", "MIN "]);
                text.push_str(&format!(" CONFIDENCE {minimum}{}", choices.one(NUMBERS)));
            }
            if depth < 3 && choices.up_to(1) == 1 {
                text.push_str(&format!(" ON {} ", choices.one(BANDS)));
                statement(choices, text, depth + 1);
            }
        }
        5 => {
            let message = choices.one(&["", " 'x'", " \"say \\\"hi\\\"\"", " 'lost'", " ''"]);
            text.push_str(&format!("CHIRP {}{message}", choices.one(&["critical", "warn", "info", "own"])));
        }
        6 => {
            let on = choices.one(&["", "", " ON \"2026-03-02\"", " ON \"1999-01-01\"", " ON \"never\""]);
            let to = choices.one(&["", "", " TO \"a.csv\"", " TO \"../x\"", " TO \"\""]);
            let form = choices.one(&["", " AS json", " AS ndjson", " AS csv", " AS markdown", " AS html", " AS pdf"]);
            text.push_str(&format!("SURFACE {name}{form}{to}{on}"));
        }
        7 => text.push_str(&format!("TRACE {name}{}", choices.one(&["", " FROM m", " FROM results", " FROM zz"]))),
        8 => {
            text.push_str(&format!("WAKE AFTER {}", choices.one(DURATIONS)));
            if depth < 3 && choices.up_to(1) == 1 {
                text.push_str(" THEN ");
                statement(choices, text, depth + 1);
            }
        }
        9 => {
            text.push_str(&format!("WATCH {name} IN {} WHEN ", choices.one(&["t", "u", "empty", "tt"])));
            condition(choices, text, 0);
            text.push_str(choices.one(&["", " FOR 2 quarters", " FOR 3d", " FOR 1y"]));
        }
        10 => {
            let listen = choices.one(&["", " LISTEN FOR x, y"]);
            text.push_str(&format!("PERCH ON {name}{listen} WAKE AFTER {} CHIRP info 'x'", choices.one(DURATIONS)));
        }
        _ => {
            let (stated, actual) = (choices.one(NUMBERS), choices.one(NUMBERS));
            let date = choices.one(&["2026-02-01", "9999-12-31", "never"]);
            text.push_str(&format!(
                "RECALL {name} ON \"{date}\" WATCH a STATUS fired WATCH b STATUS partial TRIGGERS {}/{} \
                 CONFIDENCE_STATED {stated} CONFIDENCE_ACTUAL {actual} CALIBRATION aligned",
                choices.up_to(3),
                choices.up_to(3)
            ));
        }
    }
}

fn condition(choices: &mut Choices<'_>, text: &mut String, depth: u8) {
    let field = choices.one(FIELDS);
    let kind = if depth < 4 { choices.up_to(12) } else { choices.up_to(9) };
    match kind {
        0..=2 => {
            let operator = choices.one(&["=", "!=", "<", "<=", ">", ">="]);
            text.push_str(&format!("{field} {operator} {}", choices.one(NUMBERS)));
        }
        3 => text.push_str(&format!("{field} {} \"x\"", choices.one(&["=", "!=", "<", "CONTAINS"]))),
        4 => text.push_str(&format!("{field} > {}", choices.one(DURATIONS))),
        5 => text.push_str(&format!("{field} {}", choices.one(&["IS null", "IS NOT null", "EXISTS", "= true"]))),
        6 => text.push_str(&format!("{field} {}IN (1, \"x\", null, 3d)", choices.one(&["", "NOT "]))),
        7 => text.push_str(&format!("{field} BETWEEN {} AND {}", choices.one(NUMBERS), choices.one(NUMBERS))),
        8 => text.push_str(&format!("{field} = `{}`", choices.one(FIELDS))),
        9 => text.push_str(field),
        10 => {
            text.push_str("NOT (");
            condition(choices, text, depth + 1);
            text.push(')');
        }
        _ => {
            text.push('(');
            condition(choices, text, depth + 1);
            text.push_str(if kind == 11 { " AND " } else { " OR " });
            condition(choices, text, depth + 1);
            text.push(')');
        }
    }
}

const MEMBERS: &[&str] = &[
    "a",
    "b",
    "flag",
    "text",
    "opened",
    "list",
    "D1",
    "D5",
    "confidence",
    "perch",
    "wake",
    "sound",
    "space",
    "time",
    "baseCost",
    "currency",
    "dimensions",
    "levels",
    "metadata",
];

/// The entities of a collection.
pub(crate) fn entities(choices: &mut Choices<'_>) -> Vec<Value> {
    let mut all = Vec::new();
    for number in 0..choices.up_to(8) {
        let mut entity = serde_json::Map::new();
        entity.insert("id".to_owned(), json!(number));
        entity.insert("at".to_owned(), json!(format!("2026-0{}-01", number % 9 + 1)));
        for field in MEMBERS {
            if let Some(value) = value(choices) {
                entity.insert((*field).to_owned(), value);
            }
        }
        all.push(entity.into());
    }
    all
}

fn value(choices: &mut Choices<'_>) -> Option<Value> {
    Some(match choices.up_to(14) {
        0 => Value::Null,
        1 => json!(1),
        2 => json!(50.5),
        3 => json!(-1e300),
        4 => json!(i64::MAX),
        5 => json!("x"),
        6 => json!("2025-06-01"),
        7 => json!(true),
        8 => json!([1, "x", null]),
        9 => json!({"D1": 3, "D2": {"sound": 9, "space": 9, "time": 9}, "origin": {"dimension": "D5"}}),
        10 => json!(90),
        11 => json!(0.7),
        _ => return None,
    })
}
