//! Any bytes are an event or a fault, in every dialect.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|payload: &[u8]| {
    for agent in weir_gate_hook::AGENTS {
        let _ = agent.parse(payload, None);
    }
});
