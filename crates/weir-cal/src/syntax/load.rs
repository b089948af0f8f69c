//! Which edition a script is in, and reading it in that edition.

use super::{differences, parse, suggest, too_long};
use crate::{
    ast::Script,
    compat,
    diagnostic::{Diagnostic, Severity},
    edition::Edition,
    span::Span,
};

/// A script that was read in the edition that it is in.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded<'s> {
    /// What was understood. Whole only where no diagnostic is an error.
    pub script: Script<'s>,
    /// Errors and warnings, in the order of the source; at most [`crate::limits::DIAGNOSTICS`].
    pub diagnostics: Vec<Diagnostic>,
    /// The edition that read it.
    pub edition: Edition,
}

impl Loaded<'_> {
    /// Whether it must not be run.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|found| found.severity == Severity::Error)
    }
}

/// Reads a script in the edition that is forced, else in the one that a comment at its top names (`-- edition: 2`), else
/// in the default edition. What only the first edition accepts is read in that one, with a warning for each difference.
#[must_use]
pub fn load(source: &str, forced: Option<Edition>) -> Loaded<'_> {
    let named = if forced.is_some() { Pragma::default() } else { pragma(source) };
    let mut loaded = match forced.or(named.edition) {
        Some(Edition::Compat) => in_compat(source),
        None if !named.has_errors() => in_either(source),
        _ => in_two(source),
    };
    loaded.diagnostics.splice(0..0, named.diagnostics);
    loaded.diagnostics.truncate(crate::limits::DIAGNOSTICS);
    loaded
}

fn in_two(source: &str) -> Loaded<'_> {
    let parsed = parse(source);
    Loaded { script: parsed.script, diagnostics: parsed.diagnostics, edition: Edition::Two }
}

fn in_compat(source: &str) -> Loaded<'_> {
    let edition = Edition::Compat;
    match compat_script(source) {
        Ok(script) => Loaded { script, diagnostics: Vec::new(), edition },
        Err(error) => Loaded { script: Script { edition, statements: Vec::new() }, diagnostics: vec![*error], edition },
    }
}

pub(super) fn compat_script(source: &str) -> Result<Script<'_>, Box<Diagnostic>> {
    match too_long(source) {
        Some(error) => Err(Box::new(error)),
        None => {
            compat::parse(source).map(|parsed| parsed.script).map_err(|error| Box::new(syntax_error(source, &error)))
        }
    }
}

/// Over a limit nothing else is tried.
pub(super) fn is_limit(found: &Diagnostic) -> bool {
    matches!(found.code, "source-too-long" | "nesting")
}

fn in_either(source: &str) -> Loaded<'_> {
    let loaded = in_two(source);
    if loaded.diagnostics.is_empty() || loaded.diagnostics.iter().any(is_limit) {
        return loaded;
    }
    let Ok(compat::Parsed { script, .. }) = compat::parse(source) else { return loaded };
    let mut diagnostics = vec![
        Diagnostic::warning(
            "edition-1",
            Span::default(),
            "only edition 1-compat accepts this script: it is run in that one",
        )
        .label("as the reference runtime reads it")
        .help("`weir cal fmt --fix` writes it in edition 2; `-- edition: 1-compat` at its top keeps it as it is"),
    ];
    let differences = differences::find(source, &script);
    if differences.is_empty() {
        diagnostics.extend(loaded.diagnostics);
    } else {
        diagnostics.extend(differences);
    }
    for found in &mut diagnostics {
        found.severity = Severity::Warning;
    }
    Loaded { script, diagnostics, edition: Edition::Compat }
}

/// What the first edition's parser says, at its place.
fn syntax_error(source: &str, error: &compat::SyntaxError) -> Diagnostic {
    let start = source.floor_char_boundary(error.at.min(source.len()));
    let length = source.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    Diagnostic::error("compat-syntax", Span::new(start, start + length), error.message.clone())
        .label("edition 1-compat stops here")
}

/// What the comments at the top say of the edition.
#[derive(Debug, Default)]
pub(super) struct Pragma {
    pub(super) edition: Option<Edition>,
    /// Where the edition is named.
    pub(super) places: Vec<Span>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl Pragma {
    pub(super) fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|found| found.severity == Severity::Error)
    }
}

/// Looks for `edition: ..` in the comments before the first statement.
pub(super) fn pragma(source: &str) -> Pragma {
    let mut found = Pragma::default();
    let mut rest = source.trim_start_matches('\u{feff}').trim_start();
    while let Some(comment) = ["--", "//", "#"].iter().find_map(|mark| rest.strip_prefix(mark)) {
        let (line, after) = comment.split_at(comment.find(['\n', '\r']).unwrap_or(comment.len()));
        let start = source.len() - comment.len();
        line_pragma(line, start, &mut found);
        rest = after.trim_start();
    }
    found
}

/// One comment, without its mark; it begins at `start`.
fn line_pragma(line: &str, start: usize, found: &mut Pragma) {
    let Some((key, value)) = line.split_once(':') else { return };
    let (key_start, key) = (start + key.len() - key.trim_start().len(), key.trim());
    let value_start = start + line.len() - value.trim_start().len();
    let value = value.trim();
    let span = Span::new(value_start, value_start + value.len());
    if !key.eq_ignore_ascii_case("edition") {
        if value.parse::<Edition>().is_ok() && suggest::nearest(key, ["EDITION"]).is_some() {
            let span = Span::new(key_start, key_start + key.len());
            let warning = Diagnostic::warning("unknown-pragma", span, format!("`{key}` in a comment names no edition"));
            found.diagnostics.push(warning.help("did you mean `edition`?").fix(span, "edition"));
        }
        return;
    }
    match value.to_ascii_lowercase().parse::<Edition>() {
        Ok(edition) if found.edition.is_some_and(|other| other != edition) => {
            let error = Diagnostic::error("edition-twice", span, "the comments at the top name two editions");
            found.diagnostics.push(error.label("the second one").help("keep one"));
        }
        Ok(edition) => {
            found.edition = Some(edition);
            found.places.push(span);
        }
        Err(unknown) => {
            let error = Diagnostic::error("unknown-edition", span, unknown.to_string()).label("not known");
            found.diagnostics.push(match near_edition(value) {
                Some(near) => error.help(format!("did you mean `{near}`?")).fix(span, near),
                None => error.help("editions are `2` and `1-compat`"),
            });
        }
    }
}

/// The edition that a text looks like.
fn near_edition(text: &str) -> Option<&'static str> {
    let text = text.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let number = text.trim_start_matches("edition").trim_start_matches(['v', ' ']);
    match number.split(|c: char| !c.is_ascii_digit()).next() {
        Some("2") => Some("2"),
        Some("1") => Some("1-compat"),
        _ if matches!(text.as_str(), "two" | "default") => Some("2"),
        _ if text == "one" => Some("1-compat"),
        _ => suggest::nearest(&text, ["1-COMPAT", "COMPAT", "COMPATIBLE"]).map(|_| "1-compat"),
    }
}
