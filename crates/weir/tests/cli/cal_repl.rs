//! `weir cal repl` from a pipe: the same entries, without prompts.

use crate::cal::services;
use crate::support::{Machine, text};

#[test]
fn results_stay_and_what_was_sent_is_not_sent_again() {
    let machine = Machine::new();
    services(&machine);
    machine.write("more.cal", "DRIFT exposed METHODOLOGY 85 PERFORMANCE 35");
    let entries = "FORAGE services\n  WHERE id = \"billing\"\n  SURFACE exposed\n\n\
        .load more.cal\n\
        FETCH exposed ON EXECUTE CHIRP critical \"act now\"\n\n\
        .results\n\
        SURFACE exposed AS ndjson\n\n\
        .quit\n\
        FORAGE nowhere\n";
    let output = machine.feed(&["cal", "repl"], entries.as_bytes());
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{err}");
    assert!(out.contains("exposed_fetch") && out.contains("fetch 2833.475: EXECUTE"), "{out}");
    assert!(out.lines().any(|line| line.starts_with("{\"") && line.contains("billing")), "{out}");
    assert_eq!(err.matches("act now").count(), 1, "{err}");
    assert!(!out.contains("cal>") && !err.contains("cal>"), "no prompts");
}

#[test]
fn a_mistake_is_told_and_the_session_goes_on() {
    let machine = Machine::new();
    services(&machine);
    let entries = "FORAGE services WHER tier = 1\n\nFORAGE servces\n\n.nothing\n.load\n.load nowhere.cal\n.data nowhere\n\
        FORAGE services SURFACE all\n\n.results";
    let output = machine.feed(&["cal", "repl"], entries.as_bytes());
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(2), "something failed");
    for expected in ["did you mean `WHERE`", "services", "`.nothing`", "nowhere.cal"] {
        assert!(err.contains(expected), "{expected}: {err}");
    }
    assert!(out.lines().last().unwrap().starts_with("all"), "{out}");
}

#[test]
fn other_data_can_be_read_and_commands_are_listed() {
    let machine = Machine::new();
    services(&machine);
    machine.write("other/signals.ndjson", "{\"name\":\"page\"}\n");
    let output =
        machine.feed(&["cal", "repl"], b".help\n.data\n.data other\n.data\nFORAGE signals\n\n.reset\n.results\n");
    let out = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    for expected in [".load FILE", "  services", "  signals"] {
        assert!(out.contains(expected), "{expected}: {out}");
    }
    assert!(!out.lines().last().unwrap().starts_with("results"), "{out}");
}
