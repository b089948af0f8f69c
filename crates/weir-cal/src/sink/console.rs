//! Alerts on standard error.

use std::{
    env,
    fmt::Write as _,
    io::{self, IsTerminal, Write},
};

use super::{Sink, delivered, failed};
use crate::outcome::{Alert, Delivery};

/// Writes one line for each alert.
pub(super) struct Console {
    out: Box<dyn Write>,
    color: bool,
}

impl Console {
    /// With colors where people look at it and have not asked for none.
    pub(super) fn stderr() -> Self {
        let unset = |name| env::var_os(name).is_none_or(|value| value.is_empty());
        let dumb = env::var_os("TERM").is_some_and(|value| value == "dumb");
        Self { out: Box::new(io::stderr()), color: io::stderr().is_terminal() && unset("NO_COLOR") && !dumb }
    }
}

impl Sink for Console {
    fn name(&self) -> String {
        "console".to_owned()
    }

    fn send(&mut self, alert: &Alert) -> Delivery {
        // One write, so that lines of several programs do not mix.
        let written = self.out.write_all(line(alert, self.color).as_bytes()).and_then(|()| self.out.flush());
        match written {
            Ok(()) => delivered(self.name(), 1),
            Err(error) => failed(self.name(), 1, error.to_string()),
        }
    }
}

fn line(alert: &Alert, color: bool) -> String {
    let (on, off) = match (color, alert.level) {
        (false, _) => ("", ""),
        (true, "critical") => ("\u{1b}[1;31m", "\u{1b}[0m"),
        (true, "warning") => ("\u{1b}[1;33m", "\u{1b}[0m"),
        (true, _) => ("\u{1b}[1;34m", "\u{1b}[0m"),
    };
    let mut line = format!("{on}{}{off}: {}", visible(&alert.r#type), visible(&alert.message));
    if let Some(cause) = &alert.cause {
        // Writing to a string does not fail.
        let _ = write!(line, " (caused by {})", visible(cause));
    }
    line.push('\n');
    line
}

/// A text that can neither steer a terminal nor pretend to be a second line.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}') {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::tests::alert;

    #[test]
    fn an_alert_is_one_line_that_cannot_steer_the_terminal() {
        let plain = "critical: 6/6 \"dimensions\" <!channel> & \u{e9}\\n\\u{1b}[31m (caused by guardrail_gap_fetch)\n";
        assert_eq!(line(&alert(), false), plain);
        let levels = [("critical", "31"), ("warning", "33"), ("info", "34")];
        for (level, color) in levels {
            let alert =
                Alert { r#type: "a\u{202e}b".to_owned(), level, message: "m\r".to_owned(), cause: None, ..alert() };
            assert_eq!(line(&alert, true), format!("\u{1b}[1;{color}ma\\u{{202e}}b\u{1b}[0m: m\\r\n"));
        }
    }

    #[test]
    fn a_closed_stream_is_a_failure() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut console = Console { out: Box::new(Closed), color: false };
        let delivery = console.send(&alert());
        assert_eq!((delivery.delivered, delivery.error.as_deref()), (false, Some("broken pipe")));
        console.out = Box::new(io::sink());
        assert_eq!(console.send(&alert()), delivered("console".to_owned(), 1));
    }
}
