//! `gulp`: the functions that a gulpfile exports.
//!
//! The file is read as a program in JavaScript, followed by calls of the functions that a task is made of.

use super::{runs, shown};
use crate::call::{Arg, Call, Inner, Say};
use crate::family::project::Found;

/// Functions that one call runs.
const MOST_FUNCTIONS: usize = 100;

const NAMES: &[&str] = &[
    "gulpfile.js",
    "gulpfile.mjs",
    "gulpfile.cjs",
    "gulpfile.ts",
    "Gulpfile.js",
    "gulpfile.babel.js",
    "gulpfile.esm.js",
];

/// Says what a call of `gulp` runs. False where there is no gulpfile, or no such task in it.
pub(super) fn interpret(call: &Call<'_>, say: &mut dyn Say) -> bool {
    let (mut file, mut asked) = (None, Vec::new());
    let mut args = call.argv.iter().skip(1);
    while let Some(text) = args.next().and_then(Arg::text) {
        match text.split_once('=').unwrap_or((text, "")) {
            ("-f" | "--gulpfile", "") => file = args.next().and_then(Arg::text).and_then(|path| call.path(path)),
            ("-f" | "--gulpfile", path) => file = call.path(path),
            ("-T" | "--tasks" | "--tasks-simple" | "--tasks-json" | "-h" | "--help" | "-v" | "--version", _) => {
                return false;
            }
            _ if text.starts_with('-') => {}
            _ => asked.push(text.to_owned()),
        }
    }
    let found = match file {
        Some(path) => Found::at(call, path),
        None => call.cwd.as_deref().and_then(|dir| Found::upward(call, dir, NAMES).next()),
    };
    let Some(found) = found else { return false };
    if asked.is_empty() {
        asked.push("default".to_owned());
    }
    let text = String::from_utf8_lossy(&found.bytes).into_owned();
    let mut functions = Vec::new();
    for name in &asked {
        let marks = [
            format!("exports.{name} ="),
            format!("gulp.task('{name}',"),
            format!("gulp.task(\"{name}\","),
            format!("export const {name} ="),
        ];
        let known = marks.iter().find_map(|mark| text.split_once(mark.as_str()));
        match known {
            Some((_, after)) => collect(&text, after, &mut functions),
            None if text.contains(&format!("export function {name}(")) => functions.push(name.clone()),
            None if name == "default" => {
                if let Some((_, after)) = text.split_once("export default") {
                    collect(&text, after, &mut functions);
                }
            }
            None => {}
        }
    }
    if functions.is_empty() {
        return false;
    }
    say.pin(found.path.clone(), &found.bytes);
    runs(&shown(call, &asked), say);
    let calls: String = functions.iter().map(|name| format!("\n{name}(() => {{}});")).collect();
    // What is put together at the top runs only when it is called.
    let mut text = text;
    for (own, with) in [
        ("gulp.series(", "weirTask("),
        ("gulp.parallel(", "weirTask("),
        ("series(", "weirTask("),
        ("parallel(", "weirTask("),
    ] {
        text = text.replace(own, with);
    }
    let text = format!("function weirTask() {{}}\n{text}\n;{calls}\n");
    let argv = vec![Arg::known("node"), Arg::known("-e"), Arg::with_holes(&text)];
    say.run(Inner { argv, cwd: Some(Some(found.dir())), ..Inner::default() }, &shown(call, &asked));
    true
}

/// The functions that the expression at the beginning of `after` is made of: `a`, `series(a, parallel(b, c))`, and what
/// names in it are.
fn collect(text: &str, after: &str, functions: &mut Vec<String>) {
    let mut depth = 0usize;
    let end = after.find(|c| {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' if depth == 0 => return true,
            ')' | ']' => depth -= 1,
            '{' | ';' => return true,
            '\n' => return depth == 0,
            _ => {}
        }
        false
    });
    let expression = after.get(..end.unwrap_or(after.len())).unwrap_or_default();
    let words = expression.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$' | '.')));
    for word in words.map(|word| word.trim_start_matches("gulp.")).filter(|word| !word.is_empty()) {
        if matches!(word, "series" | "parallel" | "async" | "function" | "gulp") || functions.len() >= MOST_FUNCTIONS {
            continue;
        }
        if functions.iter().any(|known| known == word) {
            continue;
        }
        if text.contains(&format!("function {word}(")) {
            functions.push(word.to_owned());
            continue;
        }
        let made = ["const", "let", "var"].iter().find_map(|kind| text.split_once(&format!("{kind} {word} =")));
        let Some((_, made)) = made else { continue };
        if made.trim_start().starts_with("series(")
            || made.trim_start().starts_with("parallel(")
            || made.trim_start().starts_with("gulp.")
        {
            // What it is made of stands above it, and itself never in it.
            let above = text.split_once(made).map_or("", |(above, _)| above);
            collect(above, made, functions);
        } else {
            functions.push(word.to_owned());
        }
    }
}
