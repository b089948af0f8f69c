//! The report as a test, and that it can fail.

use super::*;

#[test]
fn every_disagreement_has_a_reason_and_every_reason_is_needed() {
    let report = report().unwrap();
    let faults = report.faults();
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults[..faults.len().min(20)].join("\n"));
    assert!(report.judged.len() > 4_000);
}
