//! Any bytes as a data file of every kind: reading ends with entities or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use weir_cal::source::{Query, open};

fuzz_target!(|bytes: &[u8]| {
    let dir = tempfile::tempdir().expect("a scratch directory");
    for name in ["a.json", "a.ndjson", "a.csv", "a.sqlite"] {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).expect("a scratch file");
        let Ok(source) = open(&path) else { continue };
        for collection in source.collections().unwrap_or_default() {
            let paths = ["id", "d.x", "d"].map(str::to_owned).to_vec();
            let scanned = source.scan(&collection, &Query { paths, filter: None }, &mut |_, _| Ok(()));
            if let (Ok(scanned), Ok(schema)) = (scanned, source.schema(&collection)) {
                assert!(schema.fields.is_empty() || scanned.total > 0 || schema.complete);
            }
            let _ = source.entities(&collection, &mut |_| Ok(()));
        }
    }
});
