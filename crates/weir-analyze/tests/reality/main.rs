//! Predictions against reality: commands really run, in a throw-away tree inside namespaces, and what they destroyed
//! must have been predicted.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "tests may")]

mod jail;
mod random;
mod samples;

use jail::{Jail, Outcome, verdict};

/// Runs `act` with a jail, or says loudly that this machine allows none.
fn with_jail(name: &str, act: impl FnOnce(&Jail)) {
    match Jail::new() {
        Ok(jail) => act(&jail),
        Err(why) => eprintln!("SKIPPED {name}: this machine allows no jail: {why}"),
    }
}

#[test]
fn what_is_destroyed_has_been_predicted() {
    with_jail("what_is_destroyed_has_been_predicted", |jail| {
        let (mut wrong, mut absent) = (Vec::new(), Vec::new());
        for text in samples::DESTRUCTIVE {
            match verdict(jail, text) {
                Outcome::Absent(program) => absent.push(program),
                Outcome::Ran { changed, .. } if changed.is_empty() => wrong.push(format!("nothing happened: {text}")),
                Outcome::Ran { missed, predicted, .. } if !missed.is_empty() => {
                    wrong.push(format!("{text}\n    missed {missed:?}\n    predicted {predicted:?}"));
                }
                Outcome::Ran { opaque: true, predicted, .. } => {
                    wrong.push(format!("only held as not understood: {text}\n    predicted {predicted:?}"));
                }
                Outcome::Ran { .. } => {}
            }
        }
        for text in samples::HELD {
            if let Outcome::Ran { missed, predicted, .. } = verdict(jail, text)
                && !missed.is_empty()
            {
                wrong.push(format!("neither predicted nor held: {text}\n    predicted {predicted:?}"));
            }
        }
        if !absent.is_empty() {
            eprintln!("SKIPPED {} commands, for want of {absent:?}", absent.len());
        }
        assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    });
}

#[test]
fn what_harms_nothing_predicts_no_harm() {
    with_jail("what_harms_nothing_predicts_no_harm", |jail| {
        let mut wrong = Vec::new();
        for text in samples::HARMLESS {
            let Outcome::Ran { changed, alarms, .. } = verdict(jail, text) else { continue };
            if !changed.is_empty() {
                wrong.push(format!("not harmless: {text}: {changed:?}"));
            }
            if !alarms.is_empty() {
                wrong.push(format!("{text}\n    alarms {alarms:?}"));
            }
        }
        assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    });
}
