//! SQL: which statements destroy or change which tables.

mod lexer;
mod sqlite;
mod statement;
#[cfg(test)]
mod tests;
mod variables;

use weir_model::{Effect, Scope, Target, TargetKind, Verb};

use crate::call::{Arg, Call, Language, Say};
use lexer::{Token, tokens};
use statement::Reader;

/// Bytes of a text that is read.
const MOST_BYTES: usize = 1024 * 1024;
/// Statements in strings of statements.
const MOST_NESTING: usize = 4;

/// A name in a statement of which the text is not known.
pub(super) fn hole(source: &str) -> String {
    let plain: String = source.chars().filter(|letter| !matches!(letter, '"' | '\'' | ';' | '\n' | '`')).collect();
    format!("{{{plain}}}")
}

/// Says what statements do that a program sends to the database `about`.
pub(super) fn embedded(text: &str, about: Option<&str>, say: &mut dyn FnMut(Effect)) {
    if text.len() > MOST_BYTES {
        return;
    }
    let mut reader = Reader::new(about, 0);
    reader.read(&tokens(text));
    for effect in reader.effects {
        // What only looks is said where people write SQL themselves.
        if effect.verb != Verb::Read {
            let mut effect = effect;
            let file = about.is_some_and(is_file);
            effect.target.environment_from = about.map(|about| if file { local(about) } else { about.to_owned() });
            say(effect);
        }
    }
}

/// Whether the address of a database is that of a file.
fn is_file(about: &str) -> bool {
    let about = about.split(['?', '#']).next().unwrap_or(about);
    let host = about.contains("://") && !about.starts_with("sqlite");
    !host && [".db", ".sqlite", ".sqlite3", ".db3", ".duckdb"].iter().any(|end| about.ends_with(end))
}

/// Where a database is that is a file of this machine; a name that says more than that counts.
fn local(about: &str) -> String {
    format!("local file {about}")
}

/// Says what a text does that a client sends to its database.
pub(super) fn interpret(text: &str, call: &Call<'_>, say: &mut dyn Say) {
    if text.len() > MOST_BYTES {
        let target = Target::new(TargetKind::Database, "database");
        say.opaque(Effect::opaque(Verb::Modify, target, "the text is longer than is read"));
        return;
    }
    let mut reader = Reader::new(None, 0);
    let text = variables::filled(text);
    let all = tokens(&text);
    let metas = |token: &Token| matches!(token, Token::Meta(_));
    for part in all.split_inclusive(metas) {
        let (line, statements) = match part.split_last() {
            Some((Token::Meta(line), rest)) => (Some(line), rest),
            _ => (None, part),
        };
        reader.read(statements);
        flush(&mut reader, call, say);
        if let Some(line) = line {
            meta(line, call, say, &mut reader);
        }
    }
    flush(&mut reader, call, say);
}

fn flush(reader: &mut Reader, call: &Call<'_>, say: &mut dyn Say) {
    // What has been said cannot be taken back.
    reader.open = None;
    for line in std::mem::take(&mut reader.commands) {
        say.code(Language::Shell, &line, &[], "COPY ... PROGRAM");
    }
    for file in std::mem::take(&mut reader.files) {
        write(&file, call, say);
    }
    let client = call.argv.first().and_then(Arg::text).unwrap_or_default();
    let file = client.starts_with("sqlite") || client.starts_with("duckdb");
    for mut effect in std::mem::take(&mut reader.effects) {
        // Some rows of a database that is a file of this machine.
        if file && matches!(effect.scope, Scope::Filtered { .. } | Scope::Content) {
            effect.target.environment_from = Some("local file".to_owned());
        }
        if effect.opaque { say.opaque(effect) } else { say.effect(effect) }
    }
}

/// A command of `psql`, `mysql` or `sqlite3`.
fn meta(line: &str, call: &Call<'_>, say: &mut dyn Say, reader: &mut Reader) {
    if let Some(command) = line.strip_prefix('.').filter(|rest| !rest.starts_with(char::is_whitespace)) {
        return sqlite::dot(command, call, say);
    }
    if let Some(command) = line.strip_prefix('!') {
        if !command.trim().is_empty() {
            say.code(Language::Shell, command.trim(), &[], "\\!");
        }
        return;
    }
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    let word = rest.trim_end_matches(';').trim().trim_matches(['\'', '"']);
    match name {
        "i" | "ir" | "include" | "include_relative" | "." => match call.path(word) {
            Some(path) if !word.is_empty() => say.file(Language::Sql, path, &[], "\\i"),
            _ => {
                let target = Target::new(TargetKind::Database, word);
                say.opaque(Effect::opaque(Verb::Modify, target, "statements from a file that is not known"));
            }
        },
        "o" | "out" | "w" | "write" | "g" | "gx" | "T" | "tee" => {
            if let Some(command) = word.strip_prefix('|') {
                say.code(Language::Shell, command.trim(), &[], "\\o");
            } else if !word.is_empty() {
                write(word, call, say);
            }
        }
        "copy" => copy(rest, call, say, reader),
        "gexec" => {
            let target = Target::new(TargetKind::Database, "\\gexec");
            say.opaque(Effect::opaque(Verb::Modify, target, "the answer of a query is run as statements"));
        }
        _ => {}
    }
}

fn write(word: &str, call: &Call<'_>, say: &mut dyn Say) {
    if let Some(path) = call.path(word) {
        let target = Target::new(TargetKind::FileTree, word).at(vec![path]);
        say.effect(Effect::new(Verb::Modify, target).within(weir_model::Scope::Content));
    }
}

/// `\copy TABLE FROM|TO FILE|PROGRAM`.
fn copy(rest: &str, call: &Call<'_>, say: &mut dyn Say, reader: &mut Reader) {
    let tokens = tokens(rest);
    let at = tokens.iter().position(|token| token.is("from") || token.is("to"));
    let to = at.and_then(|at| tokens.get(at)).is_some_and(|token| token.is("to"));
    match at.map(|at| (tokens.get(at + 1), tokens.get(at + 2))) {
        Some((Some(program), Some(Token::Text(command)))) if program.is("program") => {
            say.code(Language::Shell, command, &[], "\\copy");
        }
        Some((Some(Token::Text(file)), _)) if to => write(file, call, say),
        Some((Some(_), _)) if to => {
            let file = rest.split_whitespace().skip_while(|word| !word.eq_ignore_ascii_case("to")).nth(1);
            if let Some(file) = file.filter(|file| !file.eq_ignore_ascii_case("stdout")) {
                write(file, call, say);
            }
        }
        _ => {}
    }
    if !to && let Some(Token::Word(_, name) | Token::Name(name)) = tokens.first() {
        reader.effects.push(Effect::new(Verb::Create, Target::new(TargetKind::Table, name.clone())));
    }
    flush(reader, call, say);
}
