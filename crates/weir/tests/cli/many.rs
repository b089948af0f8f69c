//! Many at once: nothing lost, no deadlock, the chain valid.

use crate::support::{Machine, is_silent};

#[test]
fn two_hundred_hooks_at_once_are_all_recorded() {
    let machine = Machine::new();
    std::thread::scope(|scope| {
        for worker in 0..20 {
            let machine = &machine;
            scope.spawn(move || {
                for i in 0..10 {
                    assert!(is_silent(&machine.bash(&format!("echo {worker} {i}"))));
                }
            });
        }
    });
    assert_eq!(machine.log(&["--limit", "0"]).len(), 200);
    let verified = weir_ledger::verify(&machine.weir_home().join("ledger")).unwrap();
    assert!(verified.first_bad.is_none());
}
