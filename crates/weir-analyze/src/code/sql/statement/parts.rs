//! Names, conditions and other parts of statements.

use crate::code::sql::lexer::Token;

pub(super) fn word(token: Option<&Token>) -> &str {
    match token {
        Some(Token::Word(lower, _)) => lower,
        _ => "",
    }
}

/// A name with its schema, from the first token on, and what follows. `{x}` is a part that is not known.
pub(super) fn name(tokens: &[Token]) -> (Option<String>, &[Token]) {
    let mut out = String::new();
    let mut rest = tokens;
    loop {
        match rest.split_first() {
            Some((Token::Word(_, part) | Token::Name(part), after)) if out.is_empty() || out.ends_with('.') => {
                out.push_str(part);
                rest = after;
            }
            Some((Token::Sign('#'), after)) if out.is_empty() => {
                out.push('#');
                rest = after;
                if let Some((Token::Word(_, part), after)) = rest.split_first() {
                    out.push_str(part);
                    rest = after;
                }
            }
            Some((Token::Sign('{'), _)) => {
                let end = rest.iter().position(|token| *token == Token::Sign('}')).map_or(rest.len(), |end| end + 1);
                let (hole, after) = rest.split_at(end);
                for token in hole {
                    match token {
                        Token::Word(_, text) | Token::Name(text) | Token::Text(text) => out.push_str(text),
                        Token::Sign(sign) => out.push(*sign),
                        Token::End | Token::Meta(_) => {}
                    }
                }
                rest = after;
            }
            Some((Token::Sign('.'), after)) if !out.is_empty() => {
                out.push('.');
                rest = after;
            }
            _ => return ((!out.is_empty()).then_some(out), rest),
        }
    }
}

/// Leaves out words that may stand before a name.
pub(super) fn skip<'t>(mut tokens: &'t [Token], words: &[&str]) -> &'t [Token] {
    while let Some((first, rest)) = tokens.split_first() {
        if !words.contains(&word(Some(first))) {
            break;
        }
        tokens = rest;
    }
    tokens
}

/// Names with commas between them.
pub(super) fn names(tokens: &[Token]) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = skip(tokens, &["if", "exists", "only", "not", "concurrently", "by"]);
    loop {
        let (name, after) = name(rest);
        out.extend(name);
        // Behind a name: `*`, an alias, the arguments of a function.
        let mut depth = 0usize;
        let comma = after.iter().position(|token| {
            match token {
                Token::Sign('(') => depth += 1,
                Token::Sign(')') => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && *token == Token::Sign(',')
        });
        match comma.and_then(|comma| after.get(comma + 1..)) {
            Some(next) if !next.is_empty() => rest = skip(next, &["only"]),
            _ => return out,
        }
    }
}

/// The place of the first of `words` outside of parentheses.
pub(super) fn outside(tokens: &[Token], words: &[&str]) -> Option<usize> {
    let mut depth = 0usize;
    tokens.iter().position(|token| {
        match token {
            Token::Sign('(') => depth += 1,
            Token::Sign(')') => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && words.contains(&word(Some(token)))
    })
}

/// The rows that a statement names by its condition, as written; nothing where it may be every row.
pub(super) fn rows(tokens: &[Token]) -> Option<String> {
    const MOST: usize = 80;
    if condition(tokens).is_some() {
        return None;
    }
    let at = outside(tokens, &["where"])?;
    let mut out = String::from("WHERE");
    for token in tokens.get(at + 1..).unwrap_or_default() {
        match token {
            Token::Word(_, text) | Token::Name(text) => {
                out.push(' ');
                out.push_str(text);
            }
            Token::Text(text) => {
                out.push_str(" '");
                out.push_str(text);
                out.push('\'');
            }
            Token::Sign(sign) => out.push(*sign),
            Token::End | Token::Meta(_) => break,
        }
        if out.chars().count() > MOST {
            let mut short: String = out.chars().take(MOST).collect();
            short.push('…');
            return Some(short);
        }
    }
    Some(out)
}

/// What a missing condition, or one that is always true, means for people.
pub(super) fn condition(tokens: &[Token]) -> Option<&'static str> {
    let Some(at) = outside(tokens, &["where"]) else { return Some("no WHERE: every row") };
    let rest = tokens.get(at + 1..).unwrap_or_default();
    let end = outside(rest, &["returning", "limit", "order"]).unwrap_or(rest.len());
    let mut terms: Vec<&[Token]> = Vec::new();
    let mut rest = rest.get(..end).unwrap_or_default();
    while let Some(or) = outside(rest, &["or"]) {
        terms.push(rest.get(..or).unwrap_or_default());
        rest = rest.get(or + 1..).unwrap_or_default();
    }
    terms.push(rest);
    let always = terms.iter().any(|term| match term {
        [Token::Sign('('), inner @ .., Token::Sign(')')] => is_true(inner),
        term => is_true(term),
    });
    always.then_some("the WHERE is always true: every row")
}

pub(super) fn is_true(term: &[Token]) -> bool {
    match term {
        [only] => {
            only.is("true")
                || matches!(word(Some(only)), number if number.parse::<u64>().is_ok_and(|number| number > 0))
        }
        [left, Token::Sign('='), right] => left == right,
        _ => false,
    }
}
