//! Programs that a project's manifest names: the scripts of `package.json`, `pyproject.toml`, `tox.ini`, `composer.json`.
//!
//! A manager that is asked for a script reads a text and gives it to a shell. The text is followed here; what the manager
//! does besides (installing, publishing) is in the catalog. Where the manifest cannot be read, the catalog's answer
//! stays: a program that is not known.

mod composer;
mod monorepo;
mod node;
mod nx;
mod package;
mod python;
mod workspaces;

#[cfg(test)]
mod many;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use crate::call::{Arg, Call, HOLE, Inner, Say, Value};
use crate::quote;

use super::project::Found;

/// Says what a call runs by a manifest. True where that is all that it does.
pub(crate) fn interpret(call: &Call<'_>, say: &mut dyn Say) -> bool {
    match call.program() {
        "npm" | "pnpm" | "yarn" | "yarnpkg" | "bun" | "node" | "deno" | "npm-run-all" | "run-s" | "run-p"
        | "npm-run-all2" | "concurrently" | "conc" => node::interpret(call, say),
        "poe" | "pdm" | "hatch" | "rye" | "pipenv" | "poetry" | "tox" | "pip" | "pip3" => python::interpret(call, say),
        "turbo" | "lerna" | "wireit" => monorepo::interpret(call, say),
        "nx" => nx::interpret(call, say),
        "composer" => composer::interpret(call, say),
        _ => false,
    }
}

/// Finds the nearest file of this name, upward from `dir`.
fn upward(call: &Call<'_>, dir: &Path, name: &str) -> Option<Found> {
    Found::upward(call, dir, &[name]).next()
}

/// The file of this name in this directory.
fn in_dir(call: &Call<'_>, dir: &Path, name: &str) -> Option<Found> {
    Found::at(call, dir.join(name))
}

/// Gives a text to a shell, with arguments behind it, as managers do.
fn run_text(say: &mut dyn Say, text: &str, args: &[Arg], dir: &Path, env: Vec<(String, Value)>, through: &str) {
    let mut whole = text.to_owned();
    for arg in args {
        whole.push(' ');
        whole.push_str(&quoted(arg));
    }
    let argv = Arg { source: text.to_owned(), ..Arg::with_holes(&whole) }.for_shell();
    say.run(Inner { argv, cwd: Some(Some(dir.to_owned())), env, stdin: None }, through);
}

/// An argument as a word of shell text; what is not known of it is a hole.
pub(super) fn quoted(arg: &Arg) -> String {
    arg.code().map_or_else(|| quote::quoted(&HOLE.to_string()), quote::word)
}

/// The arguments of a call after its name, split at the first word that is no option.
struct Line<'a> {
    /// The options before it as written, each with the next word if that is its value.
    options: Vec<(String, Option<&'a Arg>)>,
    /// The word, and everything behind it.
    words: &'a [Arg],
}

impl<'a> Line<'a> {
    /// `valued` are the options that take the next word.
    fn parse(args: &'a [Arg], valued: &[&str]) -> Self {
        let mut options = Vec::new();
        let mut rest = args;
        while let Some((first, after)) = rest.split_first() {
            let Some(text) = first.text().filter(|text| text.len() > 1 && text.starts_with('-') && *text != "--")
            else {
                break;
            };
            let takes = valued.contains(&text);
            let (value, after) = match after.split_first().filter(|_| takes) {
                Some((value, after)) => (Some(value), after),
                None => (None, after),
            };
            options.push((text.to_owned(), value));
            rest = after;
        }
        Self { options, words: rest }
    }

    fn has(&self, names: &[&str]) -> bool {
        self.options.iter().any(|(name, _)| names.contains(&name.as_str()))
    }

    /// The values of an option, as far as they are known. `None` for one that is not.
    fn values(&self, names: &[&str]) -> Vec<Option<String>> {
        let value = |(name, value): &(String, Option<&Arg>)| match (name.split_once('='), value) {
            (Some((name, value)), _) if names.contains(&name) => Some(Some(value.to_owned())),
            (None, Some(value)) if names.contains(&name.as_str()) => Some(value.text().map(str::to_owned)),
            _ => None,
        };
        self.options.iter().filter_map(value).collect()
    }

    /// The first word and what follows.
    fn command(&self) -> Option<(&'a str, &'a [Arg])> {
        let (first, rest) = self.words.split_first()?;
        Some((first.text()?, rest))
    }
}

/// JSON in which remarks and commas at the end of lists may stand.
fn jsonc(bytes: &[u8]) -> Option<serde_json::Value> {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(json) = serde_json::from_str(&text) {
        return Some(json);
    }
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    let (mut quoted, mut comma) = (false, false);
    while let Some(c) = letters.next() {
        if quoted {
            out.push(c);
            match c {
                '\\' => out.extend(letters.next()),
                '"' => quoted = false,
                _ => {}
            }
            continue;
        }
        match (c, letters.peek()) {
            ('/', Some('/')) => while letters.next_if(|c| *c != '\n').is_some() {},
            ('/', Some('*')) => {
                letters.next();
                let mut last = ' ';
                for c in letters.by_ref() {
                    if last == '*' && c == '/' {
                        break;
                    }
                    last = c;
                }
            }
            (',', _) => comma = true,
            (c, _) => {
                if comma && !c.is_whitespace() {
                    comma = false;
                    if !matches!(c, ']' | '}') {
                        out.push(',');
                    }
                }
                quoted = c == '"';
                out.push(c);
            }
        }
    }
    serde_json::from_str(&out).ok()
}

/// The directory in which a manager works: its own, or one that an option names. `None` where it is not known.
fn directory(call: &Call<'_>, named: &[Option<String>]) -> Option<PathBuf> {
    match named.last() {
        None => call.cwd.clone(),
        Some(Some(dir)) => call.path(dir),
        Some(None) => None,
    }
}

/// The text with each `{name}` replaced by what `put` writes for the name; a brace that nothing closes stays.
fn filled(text: &str, mut put: impl FnMut(&str, &mut String)) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        put(name, &mut out);
        rest = behind;
    }
    out.push_str(rest);
    out
}
