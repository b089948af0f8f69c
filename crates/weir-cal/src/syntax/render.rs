//! Diagnostics for a person: the line, a caret, and the way out.

use std::{borrow::Cow, fmt::Write};

use ariadne::{Color, Config, IndexType, Label, Report, ReportKind, Source};

use crate::{
    diagnostic::{Diagnostic, Severity},
    span::Span,
};

/// Lines beyond this are not shown.
const LINE_BYTES: usize = 400;

/// Writes findings about `source`, which is called `name`, with excerpts.
#[must_use]
pub fn render(name: &str, source: &str, diagnostics: &[Diagnostic], color: bool) -> String {
    let name = plain(name);
    let shown = excerpt_safe(source);
    let mut cache = (name.clone(), Source::from(shown.as_ref()));
    let mut out = Vec::new();
    for found in diagnostics {
        let span = on_characters(source, found.span);
        if has_long_line(source, &span) {
            out.extend_from_slice(short(&name, source, found, span.start).as_bytes());
            continue;
        }
        let (kind, mark) = match found.severity {
            Severity::Error => (ReportKind::Error, Color::Red),
            Severity::Warning => (ReportKind::Warning, Color::Yellow),
            Severity::Hint => (ReportKind::Advice, Color::Blue),
        };
        let label = if found.label.is_empty() { "here".into() } else { plain(&found.label) };
        let config = Config::default().with_color(color).with_index_type(IndexType::Byte);
        let mut report = Report::build(kind, (name.clone(), span.clone()))
            .with_config(config)
            .with_code(found.code)
            .with_message(plain(&found.message))
            .with_label(Label::new((name.clone(), span)).with_message(label).with_color(mark));
        if let Some(help) = &found.help {
            report = report.with_help(plain(help));
        }
        // Writing to memory does not fail.
        let _ = report.finish().write(&mut cache, &mut out);
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The place moved to the borders of characters and into the source.
fn on_characters(source: &str, span: Span) -> std::ops::Range<usize> {
    let start = source.floor_char_boundary((span.start as usize).min(source.len()));
    let end = source.ceil_char_boundary((span.end as usize).min(source.len())).max(start);
    start..end
}

fn has_long_line(source: &str, span: &std::ops::Range<usize>) -> bool {
    let bytes = source.as_bytes();
    let before = bytes.get(..span.start).unwrap_or_default();
    let after = bytes.get(span.end..).unwrap_or_default();
    let start = before
        .iter()
        .rev()
        .take(LINE_BYTES)
        .position(|byte| *byte == b'\n')
        .or_else(|| (before.len() <= LINE_BYTES).then_some(before.len()));
    let end = memchr::memchr(b'\n', after).unwrap_or(after.len());
    start.is_none_or(|start| start + span.len() + end.min(LINE_BYTES * 2) > LINE_BYTES)
}

/// A finding on one line, without an excerpt.
fn short(name: &str, source: &str, found: &Diagnostic, at: usize) -> String {
    let before = source.get(..at).unwrap_or_default();
    let line = memchr::memchr_iter(b'\n', before.as_bytes()).count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
    let severity = match found.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "hint",
    };
    let mut out = format!("{name}:{line}:{column}: {severity}[{}]: {}\n", found.code, plain(&found.message));
    if let Some(help) = &found.help {
        let _ = writeln!(out, "  help: {}", plain(help));
    }
    out
}

fn is_harmful(c: char) -> bool {
    // Control characters, and those that turn the direction of writing around.
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text that cannot steer a terminal.
fn plain(text: &str) -> String {
    text.chars().map(|c| if is_harmful(c) { '\u{fffd}' } else { c }).collect()
}

/// The source with the same length in bytes, that cannot steer a terminal.
fn excerpt_safe(source: &str) -> Cow<'_, str> {
    let keeps = |c: char| matches!(c, '\n' | '\r' | '\t') || !is_harmful(c);
    if source.chars().all(keeps) {
        return Cow::Borrowed(source);
    }
    let stand_in = |c: char| match c.len_utf8() {
        1 => '?',
        2 => '¿',
        _ => '\u{fffd}',
    };
    Cow::Owned(source.chars().map(|c| if keeps(c) { c } else { stand_in(c) }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::parse;

    fn rendered(source: &str) -> String {
        render("a.cal", source, &parse(source).diagnostics, false)
    }

    #[test]
    fn an_error_shows_its_line_and_the_way_out() {
        let lines = |source| rendered(source).lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
        insta::assert_snapshot!(lines("FORAGE entities\nWHER sound > 7\nDEPTH 3"), @r"
        [unknown-word] Error: `WHER` is no keyword
           ╭─[ a.cal:2:1 ]
           │
         2 │ WHER sound > 7
           │ ──┬─
           │   ╰─── not known
           │
           │ Help: did you mean `WHERE`?
        ───╯
        ");
        insta::assert_snapshot!(lines("CHIRP info \"no end\nFORAGE t"), @r#"
        [unclosed-text] Error: a text without an end
           ╭─[ a.cal:1:12 ]
           │
         1 │ CHIRP info "no end
           │            ┬
           │            ╰── begins here
           │
           │ Help: close it with "
        ───╯
        "#);
    }

    #[test]
    fn a_source_cannot_steer_the_terminal() {
        let out = rendered("FORAGE t WHERE \u{1b}[2J \u{202e} x\u{9b}1m");
        assert!(!out.chars().any(|c| c != '\n' && is_harmful(c)), "{out:?}");
    }

    #[test]
    fn places_outside_of_the_source_and_long_lines_do_no_harm() {
        let far = Diagnostic::error("x", Span { start: 7, end: u32::MAX }, "far away");
        assert!(render("a.cal", "é", std::slice::from_ref(&far), true).contains("far away"));
        let backward = Diagnostic::error("x", Span { start: 2, end: 1 }, "backward");
        assert!(render("a.cal", "aéb", &[backward], false).contains("backward"));
        let long = format!("FORAGE t WHERE {} ?", "a AND ".repeat(2000));
        let out = rendered(&long);
        assert!(out.len() < 1000 && out.starts_with("a.cal:1:12017: error[expected]"), "{out}");
    }
}
