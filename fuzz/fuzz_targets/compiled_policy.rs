//! Any bytes as a compiled policy: an engine or an error, and an engine decides.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = weir_decide::Engine::from_bytes(bytes.to_vec());
});
