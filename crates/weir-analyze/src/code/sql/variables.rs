//! Variables of `psql`: `\set name value`, and `:name` in what follows.

use std::borrow::Cow;

/// Variables that are kept.
const MOST_VARIABLES: usize = 50;
/// Bytes of a text with its variables filled in.
const MOST_BYTES: usize = 2 * super::MOST_BYTES;

/// The text with the variables that it sets itself filled in.
pub(super) fn filled(text: &str) -> Cow<'_, str> {
    if !text.contains("\\set ") {
        return Cow::Borrowed(text);
    }
    let mut variables: Vec<(&str, String)> = Vec::new();
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        if out.len() > MOST_BYTES {
            break;
        }
        match line.trim_start().strip_prefix("\\set ") {
            Some(set) => {
                let (name, value) = set.trim().split_once(char::is_whitespace).unwrap_or((set.trim(), ""));
                if variables.len() < MOST_VARIABLES {
                    variables.push((name, value.replace('\'', "")));
                }
                out.push('\n');
            }
            None => fill(line, &variables, &mut out),
        }
    }
    Cow::Owned(out)
}

fn fill(line: &str, variables: &[(&str, String)], out: &mut String) {
    let mut rest = line;
    while let Some((before, after)) = rest.split_once(':') {
        out.push_str(before);
        // `::` is a cast.
        if let Some(cast) = after.strip_prefix(':') {
            out.push_str("::");
            rest = cast;
            continue;
        }
        let quote = after.chars().next().filter(|first| matches!(first, '\'' | '"'));
        let plain = if quote.is_some() { after.get(1..).unwrap_or_default() } else { after };
        let end = plain.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(plain.len());
        let (name, tail) = plain.split_at(end);
        let value = variables.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| value);
        match (value, quote) {
            (Some(value), None) => {
                out.push_str(value);
                rest = tail;
            }
            (Some(value), Some(quote)) if tail.starts_with(quote) => {
                out.push(quote);
                out.push_str(value);
                out.push(quote);
                rest = tail.get(1..).unwrap_or_default();
            }
            _ => {
                out.push(':');
                rest = after;
            }
        }
    }
    out.push_str(rest);
}
