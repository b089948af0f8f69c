//! Every byte of a script is in exactly one token of its tree, and tokens end between characters.
#![no_main]

use libfuzzer_sys::fuzz_target;
use weir_cal::syntax;

fuzz_target!(|source: &str| {
    let mut end = 0;
    for token in syntax::tree(source).descendants_with_tokens().filter_map(|part| part.into_token()) {
        let range = token.text_range();
        assert_eq!(usize::from(range.start()), end);
        end = usize::from(range.end());
        assert_eq!(source.get(usize::from(range.start())..end), Some(token.text()));
    }
    assert_eq!(end, source.len());
});
