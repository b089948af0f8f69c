//! From the first edition to the default one: what differs in a script, and the script without it.

use super::{differences, format, load, meaning, parse};
use crate::{
    compat,
    diagnostic::{Diagnostic, Fix, Severity},
    edition::Edition,
    span::Span,
};

/// Writes a script in the default edition as [`super::format`] does, also one that only the first edition accepts or
/// that says `-- edition: 1-compat`. It is read as before and its comments stay; what the editions do differently when
/// they run the same script is in `docs/cal/differences.md`.
///
/// # Errors
///
/// What is wrong with the script, or what in it the default edition cannot say.
pub fn modernize(source: &str) -> Result<String, Vec<Diagnostic>> {
    let named = load::pragma(source);
    if named.has_errors() {
        return Err(named.diagnostics);
    }
    if named.edition != Some(Edition::Compat) {
        let refused = match format(source) {
            Ok(formatted) => return Ok(formatted),
            Err(refused) => refused,
        };
        if named.edition.is_some() || refused.iter().any(load::is_limit) {
            return Err(refused);
        }
        return match compat::parse(source) {
            Ok(parsed) => rewrite(source, &parsed.script, Vec::new()),
            Err(_) => Err(refused),
        };
    }
    match load::compat_script(source) {
        Ok(script) => rewrite(source, &script, named.places),
        Err(error) => Err(vec![*error]),
    }
}

/// `script` is what the first edition reads in `source`; `pragmas` the places of the edition's name in comments.
fn rewrite(source: &str, script: &crate::ast::Script<'_>, pragmas: Vec<Span>) -> Result<String, Vec<Diagnostic>> {
    let found = differences::find(source, script);
    let lost: Vec<_> = found.iter().filter(|one| one.fix.is_none()).cloned().collect();
    if !lost.is_empty() {
        return Err(as_errors(lost));
    }
    let mut fixes: Vec<_> = found.into_iter().filter_map(|one| one.fix).collect();
    fixes.extend(pragmas.into_iter().map(|span| Fix { span, replacement: Edition::Two.to_string() }));
    // At the same place, what is put in stands before what is replaced.
    fixes.sort_by_key(|fix| (fix.span.start, fix.span.end));
    let mut out = String::with_capacity(source.len() + 16 * fixes.len());
    let mut done = 0;
    for fix in fixes {
        let range = fix.span.range();
        out.push_str(source.get(done..range.start).unwrap_or_default());
        out.push_str(&fix.replacement);
        done = range.end;
    }
    out.push_str(source.get(done..).unwrap_or_default());
    let formatted = format(&out).map_err(|_| vec![not_kept()])?;
    // A file is only rewritten if it is certain that nothing else was read in it before.
    if meaning::of(&parse(&formatted).script) == meaning::of(script) { Ok(formatted) } else { Err(vec![not_kept()]) }
}

fn as_errors(mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    for one in &mut found {
        one.severity = Severity::Error;
    }
    found
}

fn not_kept() -> Diagnostic {
    Diagnostic::error("not-kept", Span::default(), "edition 2 cannot say what this script means in edition 1-compat")
        .help("keep it with `-- edition: 1-compat` at its top, or change the statements that edition 2 refuses")
}
