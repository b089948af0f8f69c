//! Standard output is data, standard error is talk; colors only on terminals.

use std::io::{self, Write};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use thiserror::Error;
use weir_model::Verdict;

/// How a command ended, other than well.
#[derive(Debug, Error)]
pub(crate) enum CliError {
    /// The reader of our output went away: not an error.
    #[error("the output was closed")]
    ClosedPipe,
    /// What the person asked for cannot be done; says how to go on.
    #[error("{message}")]
    User {
        /// What is wrong.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
    /// Writing the output failed.
    #[error("cannot write the output: {0}")]
    Output(io::Error),
}

impl CliError {
    pub(crate) fn user(message: impl Into<String>) -> Self {
        Self::User { message: message.into(), hint: None }
    }

    pub(crate) fn hint(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::User { message: message.into(), hint: Some(hint.into()) }
    }
}

impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe { Self::ClosedPipe } else { Self::Output(error) }
    }
}

/// What every command returns.
pub(crate) type CommandResult = Result<ExitCode, CliError>;

/// A refusal or a finding.
pub(crate) const FINDING: u8 = 1;
/// Wrong usage, or a fault.
pub(crate) const FAULT: u8 = 2;

/// Prints an error for people and gives the exit code.
pub(crate) fn report(error: &CliError) -> ExitCode {
    if matches!(error, CliError::ClosedPipe) {
        return ExitCode::SUCCESS;
    }
    let mut stderr = anstream::stderr().lock();
    let bold = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    let _ = writeln!(stderr, "{bold}error:{bold:#} {error}");
    if let CliError::User { hint: Some(hint), .. } = error {
        let _ = writeln!(stderr, "  {hint}");
    }
    ExitCode::from(FAULT)
}

/// Says something beside the data.
pub(crate) fn say(text: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// The color of a verdict.
pub(crate) const fn verdict_style(verdict: Verdict) -> Style {
    let color = match verdict {
        Verdict::Allow => AnsiColor::Green,
        Verdict::AllowWithRestorePoint => AnsiColor::Cyan,
        Verdict::Hold => AnsiColor::Yellow,
        Verdict::Deny => AnsiColor::Red,
    };
    Style::new().bold().fg_color(Some(anstyle::Color::Ansi(color)))
}

/// A verdict as people read it.
pub(crate) const fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allow",
        Verdict::AllowWithRestorePoint => "allow with a restore point",
        Verdict::Hold => "hold",
        Verdict::Deny => "deny",
    }
}

/// Text from outside, safe to show on a terminal: control characters become visible.
pub(crate) fn shown(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let escaped = c.is_control() && c != '\n' && c != '\t';
            // Characters that reorder or hide text could make a command look like another.
            let hidden =
                matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
            if escaped || hidden { c.escape_unicode().collect::<Vec<_>>() } else { vec![c] }
        })
        .collect()
}

/// The first line of `text`, at most `width` characters.
pub(crate) fn one_line(text: &str, width: usize) -> String {
    let mut lines = text.trim().lines();
    let first = shown(lines.next().unwrap_or_default());
    let mut out: String = first.chars().take(width).collect();
    if lines.next().is_some() || first.chars().count() > width {
        out.pop();
        out.push('…');
    }
    out
}

/// An id as lists show it: its random end tells ids apart, its beginning is the time.
pub(crate) fn short_id(id: &impl ToString) -> String {
    let id = id.to_string();
    id.get(id.len().saturating_sub(8)..).map(str::to_owned).unwrap_or(id)
}

/// The width of the terminal; a sensible one where there is none.
pub(crate) fn width() -> usize {
    let columns = rustix::termios::tcgetwinsize(io::stdout()).map_or(0, |size| usize::from(size.ws_col));
    // Some terminals do not know their size.
    if columns == 0 { 100 } else { columns.max(40) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_cannot_drive_the_terminal() {
        assert_eq!(shown("rm \u{1b}[2Kls"), "rm \\u{1b}[2Kls");
        assert_eq!(shown("a\u{202e}b"), "a\\u{202e}b");
        assert_eq!(one_line("rm -rf x\nls", 40), "rm -rf …");
        assert_eq!(one_line("abcdef", 4), "abc…");
    }
}
