//! Any bytes as the journal of a restore point: reading ends, and a longer torn end changes nothing before it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use weir_model::RestorePointId;
use weir_restore::check_journal;

fuzz_target!(|bytes: &[u8]| {
    let id: RestorePointId = "0192f0c1-2b3a-7c4d-8e5f-60718293a4b5".parse().expect("an id");
    let mut journal = b"weir-journal-v1\n".to_vec();
    journal.extend_from_slice(bytes);
    for bytes in [bytes, journal.as_slice()] {
        if let Ok(records) = check_journal(bytes, id) {
            let shorter = bytes.get(..bytes.len().saturating_sub(1)).unwrap_or_default();
            assert!(check_journal(shorter, id).is_ok_and(|fewer| fewer <= records));
        }
    }
});
