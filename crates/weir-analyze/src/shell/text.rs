//! Text of which parts may not be known.
//!
//! The evaluator works on ordinary strings in which [`HOLE`] stands for a part that is not known. A program whose own
//! text contains that character is read as if the part were not known, which is safe.

use crate::call::{Arg, HOLE, Value};

/// A text of which nothing is known.
pub(crate) fn unknown() -> String {
    HOLE.to_string()
}

/// True where some part is not known.
pub(crate) fn has_hole(text: &str) -> bool {
    text.contains(HOLE)
}

/// A path of which only the directory is known.
pub(crate) fn below(dir: &str) -> String {
    format!("{dir}{}{HOLE}", if dir.ends_with('/') { "" } else { "/" })
}

/// As [`below`]; only what fits the tests of that number ([`crate::call::TESTS`]).
pub(crate) fn below_fitting(dir: &str, number: Option<char>) -> String {
    let mut text = below(dir);
    text.extend(number);
    text
}

/// What families are told of a text that is one of `texts`.
pub(crate) fn value(texts: &[String]) -> Value {
    match texts {
        [] => Value::Unknown,
        [text] => Value::with_holes(text),
        texts if texts.iter().any(|text| has_hole(text)) => match common_prefix(texts) {
            "" => Value::Unknown,
            prefix => Value::Prefix(prefix.to_owned()),
        },
        texts => Value::OneOf(texts.to_vec()),
    }
}

/// What a family said, as texts again.
pub(crate) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Known(text) => vec![text.clone()],
        Value::OneOf(texts) => texts.clone(),
        Value::Prefix(prefix) => vec![format!("{prefix}{HOLE}")],
        Value::Unknown => vec![unknown()],
    }
}

/// The texts that an argument may be, with their holes.
pub(crate) fn known(arg: &Arg) -> Vec<String> {
    match (&arg.value, &arg.template) {
        (Value::Known(text), _) => vec![text.clone()],
        (_, Some(template)) => vec![template.clone()],
        (value, None) => texts(value),
    }
}

/// The text of an argument with its holes, where it is one text.
pub(crate) fn template(arg: &Arg) -> Option<String> {
    match &arg.value {
        Value::OneOf(texts) => Some(collapsed(texts)),
        _ => arg.code().map(str::to_owned),
    }
}

/// One text that stands for all of `texts`: what they begin with, and a hole.
pub(crate) fn collapsed(texts: &[String]) -> String {
    match texts {
        [text] => text.clone(),
        texts => format!("{}{HOLE}", common_prefix(texts)),
    }
}

/// What all texts are known to begin with.
fn common_prefix(texts: &[String]) -> &str {
    let known = |text: &'_ String| text.split(HOLE).next().map_or(0, str::len);
    let Some(first) = texts.first() else { return "" };
    let mut len = known(first);
    for text in texts {
        let same = first.bytes().zip(text.bytes()).take_while(|(a, b)| a == b).count();
        len = len.min(same).min(known(text));
    }
    while !first.is_char_boundary(len) {
        len -= 1;
    }
    first.get(..len).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_never_told_as_known() {
        let all = |texts: &[&str]| value(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        assert_eq!(all(&["a"]), Value::Known("a".into()));
        assert_eq!(all(&["a\u{FFFC}b"]), Value::Prefix("a".into()));
        assert_eq!(all(&["\u{FFFC}b"]), Value::Unknown);
        assert_eq!(all(&["a", "b"]), Value::OneOf(vec!["a".into(), "b".into()]));
        assert_eq!(all(&["dir/a", "dir/\u{FFFC}"]), Value::Prefix("dir/".into()));
        assert_eq!(all(&["é", "è"]), Value::OneOf(vec!["é".into(), "è".into()]));
        assert_eq!(all(&["é", "è\u{FFFC}"]), Value::Unknown);
    }
}
