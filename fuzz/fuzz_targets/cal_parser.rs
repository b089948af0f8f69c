//! Any text is read to its end in either edition, and what is wrong is said at a place within it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use weir_cal::{diagnostic::Diagnostic, edition::Edition, limits, syntax};

fn are_within(source: &str, diagnostics: &[Diagnostic]) {
    assert!(diagnostics.len() <= limits::DIAGNOSTICS);
    for found in diagnostics {
        assert!(source.get(found.span.range()).is_some(), "{found:?}");
        if let Some(fix) = &found.fix {
            assert!(source.get(fix.span.range()).is_some(), "{found:?}");
        }
    }
}

fuzz_target!(|source: &str| {
    let parsed = syntax::parse(source);
    are_within(source, &parsed.diagnostics);
    assert_eq!(syntax::tree(source).text().to_string(), source);
    let shown = syntax::render("fuzz.cal", source, &parsed.diagnostics, false);
    assert_eq!(shown.is_empty(), parsed.diagnostics.is_empty());
    for forced in [None, Some(Edition::Two), Some(Edition::Compat)] {
        let loaded = syntax::load(source, forced);
        are_within(source, &loaded.diagnostics);
        assert!(forced.is_none_or(|edition| edition == loaded.edition));
    }
});
