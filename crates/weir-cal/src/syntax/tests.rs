//! What the default edition reads, and how it refuses.

use super::parse;
use crate::ast::{Expr, Literal, Statement, StatementKind};

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
