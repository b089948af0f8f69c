//! Commands of `sqlite3` that begin with a dot.

use weir_model::{Effect, Target, TargetKind, Verb};

use super::write;
use crate::call::{Call, Language, Say};

/// Words of a line, quotes taken off.
fn words(line: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let (mut quote, mut open) = (None, false);
    for letter in line.chars() {
        match quote {
            Some(end) if end == letter => quote = None,
            None if matches!(letter, '\'' | '"') => {
                quote = Some(letter);
                if !std::mem::replace(&mut open, true) {
                    out.push(String::new());
                }
            }
            None if letter.is_whitespace() => open = false,
            _ => {
                if !std::mem::replace(&mut open, true) {
                    out.push(String::new());
                }
                if let Some(last) = out.last_mut() {
                    last.push(letter);
                }
            }
        }
    }
    out
}

/// Says what `line`, which stands behind a dot, does.
pub(super) fn dot(line: &str, call: &Call<'_>, say: &mut dyn Say) {
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    let words = words(rest);
    let plain = || words.iter().filter(|word| !word.starts_with('-'));
    match name {
        "shell" | "system" | "!" if !rest.is_empty() => say.code(Language::Shell, rest, &[], ".shell"),
        "read" | "output" | "once" | "excel" | "import" | "log" => {
            // Behind a bar stands a command line: the whole rest of it, or one quoted word.
            let Some(file) = plain().next() else { return };
            if let Some(command) = file.strip_prefix('|') {
                let command = if rest.starts_with('|') { rest.trim_start_matches('|') } else { command };
                say.code(Language::Shell, command.trim(), &[], ".output");
            } else if name == "read" {
                match call.path(file) {
                    Some(path) => say.file(Language::Sql, path, &[], ".read"),
                    None => {
                        let target = Target::new(TargetKind::Database, file.clone());
                        say.opaque(Effect::opaque(Verb::Modify, target, "statements from a file that is not known"));
                    }
                }
            } else if !matches!(name, "import") && !matches!(file.as_str(), "stdout" | "off" | "stderr") {
                write(file, call, say);
            }
        }
        "save" | "backup" | "clone" => {
            if let Some(file) = plain().next_back() {
                write(file, call, say);
            }
        }
        "open" if words.iter().any(|word| word == "--new" || word == "-new") => {
            if let Some(file) = plain().next_back() {
                write(file, call, say);
            }
        }
        "restore" => {
            let target = Target::new(TargetKind::Database, "main").stateful();
            let mut effect = Effect::new(Verb::Delete, target);
            effect.note = Some("replaced by what is restored".to_owned());
            say.effect(effect);
        }
        "load" => {
            let file = plain().next().cloned().unwrap_or_default();
            let target = Target::new(TargetKind::Unknown, file);
            say.opaque(Effect::opaque(Verb::Execute, target, "runs code that is not read"));
        }
        _ => {}
    }
}
