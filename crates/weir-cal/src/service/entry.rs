//! Whether what was typed can run, or more is to come.

use crate::{
    diagnostic::Severity,
    syntax::{self, SyntaxKind},
};

/// What a text at a prompt is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// White space and comments only.
    Empty,
    /// More clauses can follow, or must.
    Open,
    /// It is to be run, or refused.
    Whole,
}

/// Whether `text` ends here. A statement that can take more clauses goes on until an empty line.
#[must_use]
pub fn entry(text: &str) -> Entry {
    let parsed = syntax::parse(text);
    let is_sound = !parsed.diagnostics.iter().any(|found| found.severity == Severity::Error);
    if parsed.script.statements.is_empty() && is_sound {
        return Entry::Empty;
    }
    if ends_with_empty_line(text) {
        return Entry::Whole;
    }
    let last = parsed.script.statements.last();
    let keyword = last.and_then(|last| last.span.text(text).split_whitespace().next()).unwrap_or_default();
    if is_sound {
        // What can have no more clauses is run at once.
        return if SyntaxKind::of_word(keyword).clauses().is_empty() { Entry::Whole } else { Entry::Open };
    }
    let end = text.trim_end().len();
    let begins = last.map_or(0, |last| last.span.start);
    let may_be_mended = parsed.diagnostics.iter().all(|found| {
        found.span.end as usize >= end
            || matches!(found.code, "missing-clause" | "unclosed-text") && found.span.start >= begins
    });
    // A mistake that nothing that follows can mend is told at once.
    if may_be_mended { Entry::Open } else { Entry::Whole }
}

fn ends_with_empty_line(text: &str) -> bool {
    let mut lines = text.rsplit('\n');
    // What stands after the last line end, and the line before it.
    lines.next() == Some("") && lines.next().is_some_and(|line| line.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_goes_on_until_it_cannot_or_an_empty_line_ends_it() {
        let cases = [
            ("", Entry::Empty),
            ("  -- nothing\n", Entry::Empty),
            ("FORAGE", Entry::Open),
            ("FORAGE services", Entry::Open),
            ("FORAGE services\n", Entry::Open),
            ("FORAGE services\n\n", Entry::Whole),
            ("FORAGE services\nWHERE tier =", Entry::Open),
            ("FORAGE services\n  \n", Entry::Whole),
            ("DRIFT x METHODOLOGY 5", Entry::Open),
            ("DRIFT x METHODOLOGY 5\n\n", Entry::Whole),
            ("CHIRP info \"done\"", Entry::Whole),
            ("CHIRP info \"not", Entry::Open),
            ("FORAGE services\nCHIRP info \"done\"", Entry::Whole),
            ("FORAGE services WHERE ( tier = ; SURFACE x", Entry::Whole),
        ];
        for (text, expected) in cases {
            assert_eq!(entry(text), expected, "{text:?}");
        }
    }
}
