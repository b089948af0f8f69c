//! The tests of `find`, as far as they say which entries of a tree are touched.
//!
//! The answer is never too small: a test that is not looked at here (`-mtime`, `-size`) may hold for anything, and text
//! that is not understood as a whole is no filter at all.

use std::ffi::OsStr;
use std::path::Path;

use crate::meta::{Kind, Meta};

/// Words that are read; longer expressions are no filter.
const MOST_WORDS: usize = 200;

/// Parentheses in parentheses that are read.
const MOST_DEPTH: usize = 16;

/// One entry of the tree.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) path: &'a Path,
    pub(crate) name: &'a OsStr,
    /// The path as `find` spells it, where that is known.
    pub(crate) spelled: Option<&'a str>,
    /// How far below the place where the search starts.
    pub(crate) depth: usize,
    pub(crate) meta: &'a Meta,
}

/// An expression of tests.
#[derive(Debug)]
pub(crate) struct Filter {
    tests: Test,
    at_least: usize,
    at_most: Option<usize>,
}

#[derive(Debug)]
enum Test {
    All(Vec<Test>),
    Any(Vec<Test>),
    Not(Box<Test>),
    Name {
        pattern: String,
        fold: bool,
    },
    Path {
        pattern: String,
        fold: bool,
    },
    Type(String),
    Empty,
    Constant(bool),
    Prune,
    /// Not looked at.
    Perhaps,
}

impl Filter {
    /// Reads tests as they are written in a command. `None` where they are not understood.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let words = words(text)?;
        if words.is_empty() {
            return None;
        }
        let mut parser = Parser { words: words.into_iter().peekable(), at_least: 0, at_most: None };
        let tests = parser.any(0)?;
        parser.words.next().is_none().then_some(Self { tests, at_least: parser.at_least, at_most: parser.at_most })
    }

    /// True unless the entry is certain to be left alone.
    pub(crate) fn may_match(&self, entry: &Entry<'_>) -> bool {
        entry.depth >= self.at_least
            && self.at_most.is_none_or(|most| entry.depth <= most)
            && self.tests.holds(entry) != Some(false)
    }

    /// True where nothing further below than an entry at `depth` is looked at.
    pub(crate) fn ends_at(&self, depth: usize) -> bool {
        self.at_most.is_some_and(|most| depth >= most)
    }

    /// True where the names decide: an entry of which nothing is known but that it is there is left alone.
    pub(crate) fn goes_by_name(&self) -> bool {
        self.tests.of_any_name() == Some(false)
    }
}

impl Test {
    /// Whether it holds; `None` where that is not known.
    fn holds(&self, entry: &Entry<'_>) -> Option<bool> {
        let kind = entry.meta.kind;
        match self {
            Self::All(tests) => all(tests.iter().map(|test| test.holds(entry))),
            Self::Any(tests) => any(tests.iter().map(|test| test.holds(entry))),
            Self::Not(test) => test.holds(entry).map(|holds| !holds),
            Self::Name { pattern, fold } => Some(matches(pattern, entry.name.to_str()?, *fold)),
            Self::Path { pattern, fold } => entry.spelled.map(|path| matches(pattern, path, *fold)),
            Self::Type(letters) => match kind {
                Kind::File => Some(letters.contains('f')),
                Kind::Directory => Some(letters.contains('d')),
                Kind::Symlink => Some(letters.contains('l')),
                _ => None,
            },
            Self::Empty => match kind {
                Kind::File => Some(entry.meta.size == 0),
                Kind::Directory => std::fs::read_dir(entry.path).ok().map(|mut entries| entries.next().is_none()),
                _ => Some(false),
            },
            Self::Constant(value) => Some(*value),
            Self::Prune => Some(true),
            Self::Perhaps => None,
        }
    }

    /// Whether it holds for an entry that has none of the names that are asked for.
    fn of_any_name(&self) -> Option<bool> {
        match self {
            Self::All(tests) => all(tests.iter().map(Self::of_any_name)),
            Self::Any(tests) => any(tests.iter().map(Self::of_any_name)),
            Self::Not(test) => test.of_any_name().map(|holds| !holds),
            Self::Name { pattern, .. } | Self::Path { pattern, .. } => {
                // `*`, `?*` and `*.*` ask for no name.
                if pattern.chars().any(char::is_alphanumeric) { Some(false) } else { None }
            }
            Self::Constant(value) => Some(*value),
            Self::Type(_) | Self::Empty | Self::Prune | Self::Perhaps => None,
        }
    }
}

fn all(tests: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut result = Some(true);
    for test in tests {
        match test {
            Some(false) => return Some(false),
            None => result = None,
            Some(true) => {}
        }
    }
    result
}

fn any(tests: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    all(tests.map(|test| test.map(|holds| !holds))).map(|none| !none)
}

struct Parser {
    words: std::iter::Peekable<std::vec::IntoIter<Word>>,
    at_least: usize,
    at_most: Option<usize>,
}

impl Parser {
    fn next_is(&mut self, names: &[&str]) -> bool {
        self.words.peek().is_some_and(|word| names.contains(&word.text.as_str()))
    }

    fn any(&mut self, depth: usize) -> Option<Test> {
        let mut tests = vec![self.all(depth)?];
        while self.next_is(&["-o", "-or"]) {
            self.words.next();
            // What `A -prune -o B` acts on is what B finds elsewhere than in A.
            if let Some(Test::All(before)) = tests.last()
                && matches!(before.last(), Some(Test::Prune))
            {
                tests.pop();
            }
            tests.push(self.all(depth)?);
        }
        Some(Test::Any(tests))
    }

    fn all(&mut self, depth: usize) -> Option<Test> {
        let mut tests = vec![self.one(depth)?];
        while self.words.peek().is_some() && !self.next_is(&["-o", "-or", ")"]) {
            if self.next_is(&["-a", "-and"]) {
                self.words.next();
            }
            tests.push(self.one(depth)?);
        }
        Some(Test::All(tests))
    }

    fn one(&mut self, depth: usize) -> Option<Test> {
        let mut turned = false;
        while self.next_is(&["!", "-not"]) {
            self.words.next();
            turned = !turned;
        }
        let word = self.words.next()?;
        let test = match word.text.as_str() {
            "(" if depth < MOST_DEPTH => {
                let inner = self.any(depth + 1)?;
                (self.words.next()?.text == ")").then_some(inner)?
            }
            "-name" => self.pattern(|pattern| Test::Name { pattern, fold: false })?,
            "-iname" => self.pattern(|pattern| Test::Name { pattern, fold: true })?,
            "-path" | "-wholename" => self.pattern(|pattern| Test::Path { pattern, fold: false })?,
            "-ipath" | "-iwholename" => self.pattern(|pattern| Test::Path { pattern, fold: true })?,
            "-type" => Test::Type(self.words.next()?.text),
            "-empty" => Test::Empty,
            "-prune" => Test::Prune,
            "-mindepth" => {
                self.at_least = self.words.next()?.text.parse().ok()?;
                Test::Constant(true)
            }
            "-maxdepth" => {
                self.at_most = Some(self.words.next()?.text.parse().ok()?);
                Test::Constant(true)
            }
            "-true"
            | "-depth"
            | "-d"
            | "-mount"
            | "-xdev"
            | "-noleaf"
            | "-daystart"
            | "-print"
            | "-print0"
            | "-ls"
            | "-ignore_readdir_race" => Test::Constant(true),
            "-false" => Test::Constant(false),
            "-readable" | "-writable" | "-executable" | "-nouser" | "-nogroup" => Test::Perhaps,
            "-amin" | "-anewer" | "-atime" | "-cmin" | "-cnewer" | "-ctime" | "-mmin" | "-mtime" | "-newer"
            | "-newermt" | "-newerct" | "-newerat" | "-size" | "-perm" | "-user" | "-group" | "-uid" | "-gid"
            | "-links" | "-inum" | "-samefile" | "-lname" | "-ilname" | "-regex" | "-iregex" | "-xtype" | "-fstype"
            | "-used" => {
                self.words.next()?;
                Test::Perhaps
            }
            _ => return None,
        };
        Some(if turned { Test::Not(Box::new(test)) } else { test })
    }

    /// The pattern that follows. The shell may have made something else of one that is not quoted.
    fn pattern(&mut self, test: impl FnOnce(String) -> Test) -> Option<Test> {
        let word = self.words.next()?;
        Some(if word.bare_wildcards || word.text.contains(['[', '\\']) && !is_plain(&word.text) {
            Test::Perhaps
        } else {
            test(word.text)
        })
    }
}

/// True for patterns of which [`matches`] knows every sign.
fn is_plain(pattern: &str) -> bool {
    let mut rest = pattern;
    while let Some((_, after)) = rest.split_once('[') {
        let Some((set, behind)) = after.split_once(']') else { return false };
        if set.is_empty() || set.contains(['[', '!', '^', '-']) {
            return false;
        }
        rest = behind;
    }
    !pattern.contains('\\')
}

/// Whether `text` fits a pattern of `*`, `?` and plain sets; `*` stands for `/` as well.
fn matches(pattern: &str, text: &str, fold: bool) -> bool {
    let letters =
        |text: &str| -> Vec<char> { if fold { text.to_lowercase().chars().collect() } else { text.chars().collect() } };
    let (signs, text) = (signs(&letters(pattern)), letters(text));
    let (mut sign, mut at) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while at < text.len() {
        let fits = match (signs.get(sign), text.get(at)) {
            (Some(Sign::Run), _) => {
                back = Some((sign, at));
                sign += 1;
                continue;
            }
            (Some(Sign::Any), _) => true,
            (Some(Sign::OneOf(set)), Some(letter)) => set.contains(letter),
            _ => false,
        };
        if fits {
            sign += 1;
            at += 1;
        } else if let Some((run, from)) = back {
            back = Some((run, from + 1));
            sign = run + 1;
            at = from + 1;
        } else {
            return false;
        }
    }
    signs.iter().skip(sign).all(|sign| matches!(sign, Sign::Run))
}

enum Sign {
    Run,
    Any,
    OneOf(Vec<char>),
}

fn signs(pattern: &[char]) -> Vec<Sign> {
    let mut signs = Vec::with_capacity(pattern.len());
    let mut letters = pattern.iter();
    while let Some(letter) = letters.next() {
        signs.push(match letter {
            '*' => Sign::Run,
            '?' => Sign::Any,
            '[' => Sign::OneOf(letters.by_ref().take_while(|letter| **letter != ']').copied().collect()),
            other => Sign::OneOf(vec![*other]),
        });
    }
    signs
}

struct Word {
    text: String,
    /// Wildcards stand outside of quotes.
    bare_wildcards: bool,
}

/// The words of a command as a shell reads them. `None` where a shell would put something in.
fn words(text: &str) -> Option<Vec<Word>> {
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter.is_whitespace() {
            words.extend(word.take());
            continue;
        }
        if words.len() > MOST_WORDS {
            return None;
        }
        let word = word.get_or_insert_with(|| Word { text: String::new(), bare_wildcards: false });
        match letter {
            '\'' => loop {
                match letters.next()? {
                    '\'' => break,
                    letter => word.text.push(letter),
                }
            },
            '"' => loop {
                match letters.next()? {
                    '"' => break,
                    '$' | '`' | '\\' => return None,
                    letter => word.text.push(letter),
                }
            },
            '\\' => word.text.push(letters.next()?),
            '$' | '`' | '{' | '~' | '#' | ';' | '&' | '|' | '<' | '>' => return None,
            letter => {
                word.bare_wildcards |= matches!(letter, '*' | '?' | '[');
                word.text.push(letter);
            }
        }
    }
    words.extend(word);
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the tests may hold for a path below `.`; a directory ends in `/`.
    fn touches(tests: &str, path: &str) -> bool {
        let scratch = tempfile::tempdir().unwrap();
        let at = scratch.path().join("x");
        if path.ends_with('/') {
            std::fs::create_dir(&at).unwrap()
        } else {
            std::fs::write(&at, "x").unwrap()
        }
        let meta = crate::meta::at(&at).unwrap();
        let path = path.trim_end_matches('/');
        let entry = Entry {
            path: &at,
            name: OsStr::new(path.rsplit('/').next().unwrap()),
            spelled: Some(path),
            depth: path.matches('/').count(),
            meta: &meta,
        };
        Filter::parse(tests).expect(tests).may_match(&entry)
    }

    #[test]
    fn entries_that_the_tests_exclude_are_left_alone() {
        for (tests, path, expected) in [
            ("-name '*.pyc'", "./a/b.pyc", true),
            ("-name '*.pyc'", "./a/b.py", false),
            ("-name \"*.orig\" -type f", "./a.orig/", false),
            ("-type d -name __pycache__", "./src/__pycache__/", true),
            ("-type d -name __pycache__", "./src/", false),
            ("-iname '*.BAK'", "./a.bak", true),
            ("-type f -name '*.py[co]' -o -type d -name __pycache__", "./a.pyo", true),
            ("-type f -name '*.py[co]' -o -type d -name __pycache__", "./a.pyx", false),
            ("-name dist -not -path '*/node_modules/*'", "./node_modules/a/dist/", false),
            ("-name dist -not -path '*/node_modules/*'", "./a/dist/", true),
            ("-path ./src -prune -o -name '*.o'", "./src/", false),
            ("-name node_modules -type d -prune", "./node_modules/", true),
            ("\\( -name a -o -name b \\) -type f", "./b", true),
            ("'(' -name a -o -name b ')' ! -type f", "./b", false),
            ("-maxdepth 1 -name a", "./x/a", false),
            ("-mindepth 1 -maxdepth 1", "./x/", true),
            ("-type d -empty", "./x/", true),
            ("-type f -empty", "./x", false),
            // What is not looked at may hold.
            ("-mtime +7", "./a", true),
            ("-not -mtime +7", "./a", true),
            ("-name *.c", "./a", true),
            ("-name '[!a]'", "./a", true),
            ("-name 'a*b*c'", "./a/axxbyybc", true),
            ("-name 'a*b*c'", "./a/axxbyyb", false),
        ] {
            assert_eq!(touches(tests, path), expected, "{tests}: {path}");
        }
    }

    #[test]
    fn what_is_not_understood_is_no_filter() {
        for text in ["", "{}", "input from `find`", "-name $X", "-name", "-frob x", "( -name a", "-name a )", "'-name"]
        {
            assert!(Filter::parse(text).is_none(), "{text}");
        }
        assert!(Filter::parse(&"( ".repeat(5_000)).is_none());
        assert!(Filter::parse(&"-name a ".repeat(5_000)).is_none());
    }

    #[test]
    fn some_filters_go_by_name() {
        for (tests, expected) in [
            ("-name '*.pyc'", true),
            ("-type f -name a -mtime +3", true),
            ("-type f", false),
            ("-name '*'", false),
            ("-name '*.*'", false),
            ("-not -name a", false),
            ("-name a -o -mtime +3", false),
        ] {
            assert_eq!(Filter::parse(tests).unwrap().goes_by_name(), expected, "{tests}");
        }
    }
}
