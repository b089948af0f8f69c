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

/// A terminal with the prompt in it.
struct Terminal {
    child: std::process::Child,
    screen: std::fs::File,
    shown: String,
}

impl Terminal {
    fn new(machine: &Machine) -> Self {
        use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
        let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&screen).unwrap();
        unlockpt(&screen).unwrap();
        let name = ptsname(&screen, Vec::new()).unwrap();
        let open = || std::fs::File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        let mut command = machine.command(&["cal", "repl"]);
        command.env("TERM", "xterm").stdin(open()).stdout(open()).stderr(open());
        let child = command.spawn().unwrap();
        // The command holds the terminal's other end open.
        drop(command);
        Self { child, screen: screen.into(), shown: String::new() }
    }

    /// Reads until `text` was shown once more than before; what was shown up to there.
    fn until(&mut self, text: &str) -> String {
        let mut part = [0; 4096];
        while !self.shown.contains(text) {
            let read = std::io::Read::read(&mut self.screen, &mut part).unwrap();
            self.shown.push_str(&String::from_utf8_lossy(&part[..read]));
        }
        let end = self.shown.find(text).unwrap() + text.len();
        self.shown.drain(..end).collect()
    }

    fn write(&mut self, keys: &str) {
        std::io::Write::write_all(&mut self.screen, keys.as_bytes()).unwrap();
    }
}

#[test]
fn a_terminal_has_a_prompt_with_completion_and_history() {
    let machine = Machine::new();
    services(&machine);
    let mut terminal = Terminal::new(&machine);
    terminal.until("cal> ");
    terminal.write("FORAGE se\t");
    terminal.until("services");
    terminal.write("\rWHERE ti\t");
    terminal.until("tier");
    // The first line end continues the statement, the second one on an empty line runs it.
    terminal.write(" = 1\r\r");
    terminal.until("2 of 3 entities matched");
    terminal.until("cal> ");
    terminal.write("FORAGE never\u{3}");
    terminal.until("cal> ");
    terminal.write(".results\r");
    terminal.until("2 of `services`");
    terminal.until("cal> ");
    terminal.write(".quit\r");
    assert_eq!(terminal.child.wait().unwrap().code(), Some(0));

    let history = std::fs::read_to_string(machine.weir_home().join("cal-history")).unwrap();
    assert!(history.contains("FORAGE services") && !history.contains("never"), "{history}");
    let mut again = Terminal::new(&machine);
    again.until("cal> ");
    again.write("\u{1b}[A");
    again.until(".quit");
    again.write("\r");
    assert_eq!(again.child.wait().unwrap().code(), Some(0), "the last entry of the other session");
}

#[test]
fn a_command_ends_the_entry_before_it() {
    let machine = Machine::new();
    crate::cal::services(&machine);
    let output = machine.feed(&["cal", "repl"], b"FORAGE services WHERE tier = 1 SURFACE exposed\n.results\n");
    let told = format!("{}{}", text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("exposed") && !told.contains("Error"), "{told}");
    // A point within a text is a text.
    let output = machine.feed(&["cal", "repl"], b"CHIRP info \"first\n.second\"\n");
    let told = format!("{}{}", text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains(".second"), "{told}");
}
