//! A formatted script says the same, and formatting it again changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use weir_cal::syntax;

/// The tree of a script without its places.
fn meaning(source: &str) -> String {
    let parsed = syntax::parse(source);
    assert_eq!(parsed.diagnostics, []);
    let text = format!("{:?}", parsed.script);
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("Span {") {
        out += before;
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    out + rest
}

fuzz_target!(|source: &str| {
    if let Ok(once) = syntax::format(source) {
        assert_eq!(syntax::format(&once).as_deref(), Ok(once.as_str()));
        assert_eq!(meaning(&once), meaning(source));
    }
    if let Ok(modern) = syntax::modernize(source) {
        assert_eq!(syntax::format(&modern).as_deref(), Ok(modern.as_str()));
    }
});
