//! Patterns: matching text, and finding names in the world.

use std::path::{Path, PathBuf};

use crate::World;
use crate::call::HOLE;

/// Names that one pattern may find; more are told as "something below that directory".
const MOST_MATCHES: usize = 1_024;

/// True where `text` has an unescaped `*`, `?` or `[`, or an extended pattern.
pub(crate) fn is_pattern(text: &str) -> bool {
    let mut escaped = false;
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '*' | '?' | '[' => return true,
            _ => {}
        }
    }
    is_extended(text)
}

/// True where `text` has an unescaped `!(`, `@(`, `+(`, `*(` or `?(`.
pub(crate) fn is_extended(text: &str) -> bool {
    let mut before = ' ';
    let mut escaped = false;
    for c in text.chars() {
        if c == '(' && !escaped && matches!(before, '!' | '@' | '+' | '*' | '?') {
            return true;
        }
        before = if escaped { ' ' } else { c };
        escaped = c == '\\' && !escaped;
    }
    false
}

/// `text` as a pattern that matches only itself.
pub(crate) fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '\\' | '!' | '(' | ')' | '|' | '+' | '@') {
            out.push('\\');
        }
        out.push(c);
    }
}

/// A pattern without wildcards as the text that it matches.
fn unescape(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        out.push(if c == '\\' { chars.next().unwrap_or('\\') } else { c });
    }
    out
}

/// One element of a pattern.
enum Element {
    Any,
    One,
    Letter(char),
    Set { negated: bool, ranges: Vec<(char, char)>, classes: Vec<String> },
}

fn elements(pattern: &str) -> Vec<Element> {
    let chars: Vec<char> = pattern.chars().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        at += 1;
        match c {
            '*' => out.push(Element::Any),
            '?' => out.push(Element::One),
            '\\' => {
                out.push(Element::Letter(chars.get(at).copied().unwrap_or('\\')));
                at += 1;
            }
            '[' => match set(&chars, at) {
                Some((element, after)) => {
                    out.push(element);
                    at = after;
                }
                None => out.push(Element::Letter('[')),
            },
            c => out.push(Element::Letter(c)),
        }
    }
    out
}

/// The set that begins after `[` at `at`, and where the pattern goes on.
fn set(chars: &[char], mut at: usize) -> Option<(Element, usize)> {
    let negated = matches!(chars.get(at), Some('!' | '^'));
    at += usize::from(negated);
    let (mut ranges, mut classes) = (Vec::new(), Vec::new());
    let first = at;
    loop {
        let c = *chars.get(at)?;
        if c == ']' && at > first {
            return Some((Element::Set { negated, ranges, classes }, at + 1));
        }
        if c == '[' && chars.get(at + 1) == Some(&':') {
            let end = chars.iter().skip(at).position(|c| *c == ']')?;
            classes.push(chars.get(at + 2..at + end)?.iter().filter(|c| **c != ':').collect());
            at += end + 1;
            continue;
        }
        let from = if c == '\\' {
            at += 1;
            *chars.get(at)?
        } else {
            c
        };
        at += 1;
        if chars.get(at) == Some(&'-') && chars.get(at + 1).is_some_and(|c| *c != ']') {
            ranges.push((from, *chars.get(at + 1)?));
            at += 2;
        } else {
            ranges.push((from, from));
        }
    }
}

/// True for a letter of a class such as `[:digit:]`.
fn is_of(class: &str, c: char) -> bool {
    match class {
        "alpha" => c.is_alphabetic(),
        "digit" => c.is_ascii_digit(),
        "alnum" => c.is_alphanumeric(),
        "upper" => c.is_uppercase(),
        "lower" => c.is_lowercase(),
        "space" => c.is_whitespace(),
        "blank" => matches!(c, ' ' | '\t'),
        "punct" => c.is_ascii_punctuation(),
        "print" => !c.is_control(),
        "graph" => !c.is_control() && !c.is_whitespace(),
        "cntrl" => c.is_control(),
        "xdigit" => c.is_ascii_hexdigit(),
        "word" => c.is_alphanumeric() || c == '_',
        _ => false,
    }
}

/// True where the whole of `text` fits the pattern. `*` takes slashes too.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let pattern = elements(pattern);
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    // Where to go on when a star has to take one letter more: one place suffices, the last star's.
    let mut back: Option<(usize, usize)> = None;
    while let Some(&c) = text.get(t) {
        let fits = match pattern.get(p) {
            Some(Element::Any) => {
                back = Some((p, t));
                p += 1;
                continue;
            }
            Some(Element::One) => true,
            Some(Element::Letter(letter)) => *letter == c,
            Some(Element::Set { negated, ranges, classes }) => {
                let fits = ranges.iter().any(|(from, to)| (*from..=*to).contains(&c));
                (fits || classes.iter().any(|class| is_of(class, c))) != *negated
            }
            None => false,
        };
        if fits {
            p += 1;
            t += 1;
        } else if let Some((star, taken)) = back {
            back = Some((star, taken + 1));
            p = star + 1;
            t = taken + 1;
        } else {
            return false;
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|rest| matches!(rest, Element::Any))
}

/// What a pattern finds in the world.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// These names, as the command will see them.
    Names(Vec<String>),
    /// Nothing: the pattern stays as it is.
    Nothing,
    /// Something that begins so; it could not be listed, or was too much.
    Below {
        /// What it begins with, and a hole.
        text: String,
        /// What of it fits, as tests of `find`, where that is known.
        tests: Option<String>,
    },
}

impl Found {
    fn below(text: &str) -> Self {
        Self::Below { text: format!("{text}{HOLE}"), tests: None }
    }
}

/// What fits `rest` in a tree, as a test of `find`: all that has a name that its last part fits. The extended patterns
/// of several shells, and text that would have to be quoted, are none.
fn tests(rest: &str) -> Option<String> {
    let last = rest.rsplit('/').next()?;
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '*' | '?' | '[' | ']');
    let names = last.chars().any(char::is_alphanumeric) && last.chars().all(is_plain) && !last.contains("**");
    names.then(|| format!("-name '{last}'"))
}

/// Finds the names that fit `pattern`, relative to `cwd`. `entries` is how many directory entries may still be looked at.
/// `hidden`: names that begin with a dot fit a wildcard too (`shopt -s dotglob`).
pub(crate) fn find(
    pattern: &str,
    cwd: Option<&PathBuf>,
    hidden: bool,
    world: &dyn World,
    entries: &mut usize,
) -> Found {
    // The part before the first component with a wildcard is text.
    let wild = pattern.split('/').take_while(|part| !is_pattern(part)).map(|part| part.len() + 1).sum::<usize>();
    let (fixed, rest) = pattern.split_at_checked(wild).unwrap_or(("", pattern));
    let fixed = unescape(fixed);
    // `**`, and the extended patterns of several shells, reach further than one directory.
    if fixed.contains(HOLE) || rest.contains(HOLE) {
        return Found::below(fixed.split(HOLE).next().unwrap_or_default());
    }
    let somewhere = || Found::below(if fixed.is_empty() { "./" } else { &fixed });
    if rest.contains("**") || rest.contains('(') {
        return match somewhere() {
            Found::Below { text, .. } if !rest.contains('(') => Found::Below { text, tests: tests(rest) },
            found => found,
        };
    }
    let Some(cwd) = cwd.cloned().or_else(|| fixed.starts_with('/').then(PathBuf::new)) else {
        return somewhere();
    };
    let mut found = vec![fixed.clone()];
    let mut parts = rest.split('/').peekable();
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        let mut next = Vec::new();
        for base in &found {
            if !is_pattern(part) {
                let name = format!("{base}{}{}", unescape(part), if last { "" } else { "/" });
                if !last || part.is_empty() || world.kind(&cwd.join(&name)).is_some() {
                    next.push(name);
                }
                continue;
            }
            let dir = if base.is_empty() { cwd.clone() } else { cwd.join(base) };
            if world.kind(Path::new(&dir)).is_none() {
                continue;
            }
            let Some(mut list) = world.list(&dir, *entries) else {
                *entries /= 2;
                return somewhere();
            };
            *entries = entries.saturating_sub(list.len());
            list.sort_by(|a, b| a.name.cmp(&b.name));
            for entry in list {
                let name = entry.name.to_string_lossy();
                let left_out = !hidden && name.starts_with('.') && !part.starts_with('.');
                if left_out || !matches(part, &name) {
                    continue;
                }
                let path = format!("{base}{name}");
                // Only directories, and links that may lead to one, go on.
                if !last && !entry.is_dir && world.kind(&cwd.join(&path)) == Some(crate::FileKind::File) {
                    continue;
                }
                next.push(if last { path } else { format!("{path}/") });
                if next.len() > MOST_MATCHES {
                    return somewhere();
                }
            }
        }
        found = next;
    }
    if found.is_empty() { Found::Nothing } else { Found::Names(found) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::Machine;

    #[test]
    fn patterns_match_as_the_shell_does() {
        for (pattern, text) in [
            ("*", ""),
            ("*.rs", "lib.rs"),
            ("a*b*c", "axxbyyc"),
            ("[a-c]?", "bz"),
            ("[!a]x", "bx"),
            ("[]a]", "]"),
            ("\\*", "*"),
            ("a[", "a["),
            ("*/", "dir/"),
            ("[[:digit:]_]*", "7x"),
            ("[![:space:]]", "x"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("*.rs", "lib.py"), ("[[:digit:]]", "x"), ("\\*", "x"), ("[!a]x", "ax"), ("?", ""), ("a*b", "a")]
        {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
        // Many stars on a long text stay quick.
        assert!(!matches(&"a*".repeat(200), &"a".repeat(150)));
    }

    #[test]
    fn names_are_found_below_the_directory() {
        let machine =
            Machine::new([("/w/a.txt", ""), ("/w/b.txt", ""), ("/w/.c.txt", ""), ("/w/d/e.txt", ""), ("/w/d/f", "")]);
        let cwd = PathBuf::from("/w");
        let find = |pattern: &str| super::find(pattern, Some(&cwd), false, &machine, &mut 1_000);
        let names = |list: &[&str]| Found::Names(list.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(find("*.txt"), names(&["a.txt", "b.txt"]));
        assert_eq!(find("*"), names(&["a.txt", "b.txt", "d"]));
        assert_eq!(find(".*"), names(&[".c.txt"]));
        assert_eq!(find("*/*.txt"), names(&["d/e.txt"]));
        assert_eq!(find("*/"), names(&["d/"]));
        assert_eq!(find("/w/?.txt"), names(&["/w/a.txt", "/w/b.txt"]));
        assert_eq!(find("d/*"), names(&["d/e.txt", "d/f"]));
        assert_eq!(find("*.md"), Found::Nothing);
        assert_eq!(find("nowhere/*"), Found::Nothing);
        let fitting = |text: &str, tests: &str| Found::Below { text: text.into(), tests: Some(tests.into()) };
        assert_eq!(find("d/**/x"), fitting("d/\u{FFFC}", "-name 'x'"));
        assert_eq!(find("**/a/*.[ch]"), fitting("./\u{FFFC}", "-name '*.[ch]'"));
        assert_eq!(find("d/**"), Found::below("d/"));
        assert_eq!(find("**/*"), Found::below("./"));
        assert_eq!(find("**/!(x)"), Found::below("./"));
        assert_eq!(super::find("*", None, false, &machine, &mut 10), Found::below("./"));
        assert_eq!(super::find("*", Some(&cwd), false, &machine, &mut 2), Found::below("./"));
        assert_eq!(super::find("*.txt", Some(&cwd), true, &machine, &mut 99), names(&[".c.txt", "a.txt", "b.txt"]));
    }
}
