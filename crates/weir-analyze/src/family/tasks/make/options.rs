//! The command line of make, and what the environment adds to it.

use std::path::PathBuf;

use super::read::assignment;
use crate::call::{Arg, Call, HOLE, Value, normalize};
use crate::family::options::Opts;

const SPEC: &str = "C|directory= f|file|makefile= I|include-dir= j|jobs? l|load-average|max-load? o|old-file|assume-old= \
    W|what-if|new-file|assume-new= B|always-make e|environment-overrides i|ignore-errors k|keep-going \
    n|just-print|dry-run|recon p|print-data-base q|question r|no-builtin-rules R|no-builtin-variables s|silent|quiet \
    S|no-keep-going|stop t|touch v|version w|print-directory no-print-directory h|help O|output-sync? E|eval= d debug? \
    L|check-symlink-times warn-undefined-variables trace m b no-silent";

#[derive(Debug, Default)]
pub(super) struct Options {
    /// Makefiles in order; `None`: one that is not known.
    pub(super) files: Vec<Option<String>>,
    dirs: Vec<Option<String>>,
    pub(super) includes: Vec<String>,
    pub(super) evals: Vec<String>,
    pub(super) goals: Vec<String>,
    /// `NAME`, operator and text; the text may have holes.
    pub(super) variables: Vec<(String, String, String)>,
    /// All words, for people.
    pub(super) words: Vec<String>,
    /// Recipes are shown and not run.
    pub(super) dry: bool,
    /// It only says something about itself.
    pub(super) shows: bool,
    pub(super) environment_wins: bool,
    /// A goal is not known.
    pub(super) unknown_goal: bool,
}

/// `MAKEFLAGS` as arguments: letters without a dash, options, and after `--` variables.
fn from_environment(text: &str) -> Vec<Arg> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => word.extend(letters.next()),
            ' ' | '\t' if word.is_empty() => {}
            ' ' | '\t' => words.push(std::mem::take(&mut word)),
            letter => word.push(letter),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    if let Some(first) = words.first_mut()
        && !first.starts_with('-')
        && !first.contains('=')
    {
        first.insert(0, '-');
    }
    words.retain(|word| word != "--" && !word.starts_with("--jobserver"));
    words.into_iter().map(Arg::known).collect()
}

impl Options {
    pub(super) fn read(call: &Call<'_>, args: &[Arg]) -> Self {
        let mut all = Vec::new();
        for name in ["GNUMAKEFLAGS", "MAKEFLAGS"] {
            if let Some(Value::Known(text)) = call.variable(name) {
                all.extend(from_environment(&text));
            }
        }
        let inherited = all.len();
        all.extend_from_slice(args);
        let opts = Opts::parse(SPEC, &all, false);
        let known = |name| opts.values(name).map(|word| word.known.then(|| word.text.clone())).collect::<Vec<_>>();
        let mut options = Self {
            files: known("file"),
            dirs: known("directory"),
            includes: known("include-dir").into_iter().flatten().collect(),
            evals: known("eval").into_iter().flatten().collect(),
            dry: opts.any(&["just-print", "question", "touch"]),
            shows: opts.help || opts.any(&["version", "help", "h"]),
            environment_wins: opts.has("environment-overrides"),
            ..Self::default()
        };
        let counts = opts.any(&["jobs", "load-average"]);
        let templates: Vec<&str> = all.iter().skip(inherited).filter_map(|arg| arg.template.as_deref()).collect();
        for word in &opts.words {
            let text = if word.known {
                word.text.clone()
            } else {
                let begins = format!("{}{HOLE}", word.prefix);
                let full = templates.iter().find(|text| !word.prefix.is_empty() && text.starts_with(&begins));
                full.map_or(begins, |text| (*text).to_owned())
            };
            options.words.push(word.source.clone());
            if let Some((name, operator, value)) = assignment(&text)
                && !name.contains(HOLE)
            {
                options.variables.push((name.to_owned(), operator.to_owned(), value.to_owned()));
                continue;
            }
            if !word.known {
                options.unknown_goal = true;
            } else if !(word.text.is_empty() || (counts && word.text.bytes().all(|byte| byte.is_ascii_digit()))) {
                options.goals.push(word.text.clone());
            }
        }
        options
    }

    /// The directory in which make works.
    pub(super) fn cwd(&self, call: &Call<'_>) -> Option<PathBuf> {
        let mut cwd = call.cwd.clone();
        for dir in &self.dirs {
            let dir = dir.as_ref()?;
            let path = std::path::Path::new(dir);
            cwd = if path.is_absolute() { Some(path.to_owned()) } else { cwd.map(|cwd| cwd.join(path)) };
        }
        cwd.map(|cwd| normalize(&cwd))
    }

    /// What a call of make inside a recipe gets from this one.
    pub(super) fn flags(&self) -> String {
        let mut out = String::new();
        if self.dry {
            out.push('n');
        }
        if self.environment_wins {
            out.push('e');
        }
        for (at, (name, operator, text)) in self.variables.iter().enumerate() {
            out.push_str(if at == 0 { " -- " } else { " " });
            out.push_str(&format!("{name}{operator}{}", text.replace('\\', "\\\\").replace(' ', "\\ ")));
        }
        out
    }
}
