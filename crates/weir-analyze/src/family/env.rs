//! `env`: a command with other variables, in another directory, or out of one word.

use weir_model::{Effect, Target, TargetKind, Verb};

use super::options::Opts;
use crate::call::{Arg, Call, Inner, Say, Value};

/// Splits of splits that are followed.
const MOST_SPLITS: usize = 4;

pub(super) fn interpret(call: &Call<'_>, say: &mut dyn Say) {
    let mut args = call.argv.get(1..).unwrap_or_default().to_vec();
    for _ in 0..MOST_SPLITS {
        if !split(&mut args) {
            break;
        }
    }
    const SPEC: &str = "i|ignore-environment 0|null u|unset= C|chdir= v|debug P= a|argv0= S|split-string= \
        block-signal? default-signal? ignore-signal? list-signal-handling help version";
    let opts = Opts::parse(SPEC, &args, true);
    let harmless = opts.help || opts.any(&["help", "version"]);
    // What follows the options is taken as it stands, with its options.
    let at = operands(&args);
    let mut inner = Inner::default();
    let mut rest = args.get(at..).unwrap_or_default();
    while let [first, more @ ..] = rest {
        let text = first.code().map(str::to_owned).or_else(|| match &first.value {
            Value::Prefix(prefix) => Some(prefix.clone()),
            _ => None,
        });
        let Some((name, value)) = text.as_deref().and_then(|text| text.split_once('=')) else { break };
        let value = match first.text() {
            Some(_) => Value::Known(value.to_owned()),
            None if value.contains(crate::call::HOLE) => match value.split_once(crate::call::HOLE) {
                Some((known, _)) if !known.is_empty() => Value::Prefix(known.to_owned()),
                _ => Value::Unknown,
            },
            None => Value::Unknown,
        };
        inner.env.push((name.to_owned(), value));
        rest = more;
    }
    if harmless || rest.is_empty() {
        return say.effect(Effect::new(Verb::Read, Target::new(TargetKind::Program, "env")));
    }
    if let Some(dir) = opts.value("chdir") {
        inner.cwd = Some(if dir.known { call.path(&dir.text) } else { None });
    }
    inner.argv = rest.to_vec();
    say.run(inner, "env");
}

/// Where the operands begin.
fn operands(args: &[Arg]) -> usize {
    let mut at = 0;
    while let Some(text) = args.get(at).and_then(Arg::text) {
        let Some(letters) = text.strip_prefix('-') else { break };
        at += 1;
        if letters == "-" {
            break;
        }
        let takes_next = match letters.strip_prefix('-') {
            Some(long) => matches!(long, "unset" | "chdir" | "argv0"),
            None => letters.find(['u', 'C', 'P', 'a']).is_some_and(|found| found + 1 == letters.len()),
        };
        at += usize::from(takes_next);
    }
    at.min(args.len())
}

/// Puts the words of the first `-S TEXT` in its place. False where there is none.
fn split(args: &mut Vec<Arg>) -> bool {
    let end = operands(args);
    let Some(at) = args.iter().take(end.max(1)).position(|arg| arg.text().is_some_and(is_split)) else { return false };
    let text = args.get(at).and_then(Arg::text).unwrap_or_default().to_owned();
    let (before, own) = match text.split_once("--split-string") {
        Some((_, value)) => ("", value.strip_prefix('=').map(str::to_owned)),
        None => match text.split_once('S') {
            Some((before, value)) => (before, (!value.is_empty()).then(|| value.to_owned())),
            None => return false,
        },
    };
    let (value, taken) = match own {
        Some(value) => (Arg::known(value), 1),
        None => match args.get(at + 1) {
            Some(value) => (value.clone(), 2),
            None => return false,
        },
    };
    let mut words = Vec::new();
    if before.len() > 1 {
        words.push(Arg::known(before));
    }
    match value.code() {
        Some(text) => words.extend(split_words(text).into_iter().map(Arg::known)),
        // One word of which nothing is known: a command that nobody can know.
        None => words.push(value),
    }
    args.splice(at..at + taken, words);
    true
}

/// The words of `-S TEXT`: quotes and backslashes hold words together, as in a shell.
fn split_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            (_, Some(open)) if letter == open => quote = None,
            ('\'' | '"', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            ('\\', None | Some('"')) => match letters.next() {
                // It separates words.
                Some('_') if quote.is_none() => words.extend(word.take()),
                Some('c') => break,
                Some(next) => word.get_or_insert_default().push(next),
                None => {}
            },
            (_, None) if letter.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

fn is_split(text: &str) -> bool {
    text.starts_with("--split-string")
        || (text.starts_with('-')
            && !text.starts_with("--")
            && text.find('S').is_some_and(|at| {
                text.get(1..at).is_some_and(|before| before.chars().all(|c| matches!(c, 'i' | 'v' | '0')))
            }))
}
