//! Text as a makefile expands it, of which parts may not be known.
//!
//! Besides [`HOLE`] a text may contain *marks*: single letters out of a private area that stand for what a shell command
//! prints, or for one of several texts. They go through assignments and functions unharmed, and are written out when a
//! recipe is given to the shell, which can follow both.

use crate::call::{HOLE, Value};

/// [`HOLE`] as a text.
pub(super) const HOLE_TEXT: &str = "\u{FFFC}";

/// Where marks begin: the first letter of a private area of Unicode.
const FIRST: u32 = 0xF_0000;
/// Marks of one makefile; beyond these a part is simply not known.
const MOST: usize = 4_096;
/// Texts that one text may stand for.
pub(super) const MOST_TEXTS: usize = 16;
/// Bytes that one text may have.
pub(super) const MOST_BYTES: usize = 1 << 18;

/// What a mark stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Mark {
    /// What this shell command prints.
    Printed(String),
    /// One of these.
    OneOf(Vec<String>),
}

/// The marks of one makefile.
#[derive(Debug, Default)]
pub(super) struct Marks(Vec<Mark>);

/// `text` as it may come from outside: what looks like a mark is not known.
pub(super) fn without_marks(text: &str) -> String {
    text.chars().map(|letter| if is_mark(letter) { HOLE } else { letter }).collect()
}

fn is_mark(letter: char) -> bool {
    (FIRST..FIRST + 0xFFFE).contains(&u32::from(letter))
}

/// True where some part is not known.
pub(super) fn is_open(text: &str) -> bool {
    text.contains(|letter| letter == HOLE || is_mark(letter))
}

/// What is known of the beginning.
pub(super) fn known_start(text: &str) -> &str {
    text.split(|letter| letter == HOLE || is_mark(letter)).next().unwrap_or_default()
}

impl Marks {
    fn add(&mut self, mark: Mark) -> String {
        let index = match self.0.iter().position(|known| *known == mark) {
            Some(index) => index,
            None if self.0.len() >= MOST => return HOLE.to_string(),
            None => {
                self.0.push(mark);
                self.0.len() - 1
            }
        };
        u32::try_from(index).ok().and_then(|index| char::from_u32(FIRST + index)).unwrap_or(HOLE).to_string()
    }

    fn get(&self, letter: char) -> Option<&Mark> {
        let index = u32::from(letter).checked_sub(FIRST)?;
        self.0.get(usize::try_from(index).ok()?)
    }

    /// What `command` prints.
    pub(super) fn printed(&mut self, command: &str) -> String {
        self.add(Mark::Printed(command.to_owned()))
    }

    /// One of `texts`.
    pub(super) fn one_of(&mut self, mut texts: Vec<String>) -> String {
        let mut seen: Vec<String> = Vec::new();
        for text in texts.drain(..) {
            if !seen.contains(&text) {
                seen.push(text);
            }
        }
        match seen.as_slice() {
            [] => String::new(),
            [text] => text.clone(),
            texts if texts.len() > MOST_TEXTS => HOLE.to_string(),
            _ => self.add(Mark::OneOf(seen)),
        }
    }

    /// True where it stands for several texts.
    pub(super) fn is_split(&self, text: &str) -> bool {
        text.chars().any(|letter| matches!(self.get(letter), Some(Mark::OneOf(_))))
    }

    /// The texts that `text` stands for; the same mark is the same text wherever it stands in it.
    pub(super) fn texts(&self, text: &str) -> Vec<String> {
        let mut done = Vec::new();
        let mut open = vec![text.to_owned()];
        while let Some(text) = open.pop() {
            if text.len() > MOST_BYTES {
                done.push(HOLE.to_string());
                continue;
            }
            let split = text.chars().find_map(|letter| match self.get(letter) {
                Some(Mark::OneOf(texts)) => Some((letter, texts)),
                _ => None,
            });
            match split {
                None => done.push(text),
                Some((letter, texts)) if open.len() + done.len() + texts.len() <= MOST_TEXTS => {
                    // In reverse, so that they come out in order.
                    for choice in texts.iter().rev() {
                        open.push(text.replace(letter, choice));
                    }
                }
                Some((letter, _)) => open.push(text.replace(letter, &HOLE.to_string())),
            }
        }
        done
    }

    /// `text` (one that stands for no other) with [`HOLE`]s in place of marks.
    pub(super) fn plain(&self, text: &str) -> String {
        text.chars().map(|letter| if self.get(letter).is_some() { HOLE } else { letter }).collect()
    }

    /// `text` (one that stands for no other) as shell text. What a command prints is what it prints there, too.
    pub(super) fn shell(&self, text: &str, dir: Option<&str>) -> String {
        let mut out = String::with_capacity(text.len());
        let (mut single, mut double, mut escaped) = (false, false, false);
        for letter in text.chars() {
            match self.get(letter) {
                Some(Mark::Printed(command)) => {
                    // Single quotes are left for it, so that it runs all the same.
                    let (before, after) = if single { ("'\"", "\"'") } else { ("", "") };
                    let enter = dir.map(|dir| format!("cd {} && ", crate::quote::quoted(dir))).unwrap_or_default();
                    out.push_str(&format!("{before}$({enter}{command}){after}"));
                    continue;
                }
                Some(_) => {
                    out.push(HOLE);
                    continue;
                }
                None => {}
            }
            match letter {
                _ if escaped => escaped = false,
                '\\' if !single => escaped = true,
                '\'' if !double => single = !single,
                '"' if !single => double = !double,
                _ => {}
            }
            out.push(letter);
        }
        out
    }

    /// What a program is told of `text`.
    pub(super) fn value(&self, text: &str) -> Value {
        let texts: Vec<String> = self.texts(text).iter().map(|text| self.plain(text)).collect();
        match texts.as_slice() {
            [text] => Value::with_holes(text),
            texts if texts.iter().any(|text| is_open(text)) => Value::Unknown,
            _ => Value::OneOf(texts),
        }
    }
}
