//! The command lines that clients are given.
//!
//! Every client lets a call run when its hook cannot be started, is killed or exits oddly. The line therefore refuses by
//! itself whenever Weir does not exit with 0 or 2. It stays one line in the client's settings, without a script file
//! that could be deleted, and starts nothing but Weir unless something went wrong. A hang is ended by Weir's own
//! deadline, which is shorter than the client's.

use std::path::Path;

use serde_json::Value;

/// Marks what Weir installed.
pub(crate) const MARKER: &str = "weir-hook";

/// The arguments after the program.
pub(crate) fn arguments(agent: &str, event: &str, home: Option<&Path>) -> Vec<String> {
    let mut arguments = vec!["hook".to_owned(), agent.to_owned(), event.to_owned()];
    // A repository's settings can change the environment of a hook, so Weir's directory is written down; where the
    // settings are for every account of the machine, the account decides.
    match home {
        Some(home) => arguments.extend(["--home".to_owned(), home.to_string_lossy().into_owned()]),
        None => arguments.push("--account".to_owned()),
    }
    arguments
}

/// A command line for one event.
pub(crate) enum Line {
    /// Of an event that decides: refuses when Weir does not answer, with this JSON body; `%s` is the reason. Quotes are
    /// written `\"`.
    Deciding(&'static str),
    /// Of an event that only tells: a failure is a warning.
    Observing,
}

impl Line {
    pub(crate) const fn deciding(body: &'static str) -> Self {
        Self::Deciding(body)
    }

    pub(crate) const fn observing() -> Self {
        Self::Observing
    }

    /// For clients that use `sh` or `bash`.
    pub(crate) fn plain(&self, program: &Path, agent: &str, event: &str, home: Option<&Path>) -> String {
        let call = call(program, agent, event, home);
        match self {
            Self::Deciding(body) => format!("{call}; {} #{MARKER}", tail(body)),
            Self::Observing => format!("{call} || exit 1 #{MARKER}"),
        }
    }

    /// For clients that use the person's login shell, which may be any.
    pub(crate) fn through_sh(&self, program: &Path, agent: &str, event: &str, home: Option<&Path>) -> String {
        let call = call(program, agent, event, home);
        match self {
            Self::Deciding(body) => format!("exec /bin/sh -c '\"$0\" \"$@\"; {}' {call} #{MARKER}", tail(body)),
            Self::Observing => format!("exec {call} #{MARKER}"),
        }
    }

    /// For clients that start a file. Standard output is checked too, because such clients ignore the exit code.
    pub(crate) fn script(&self, program: &Path, agent: &str, event: &str, home: Option<&Path>) -> String {
        let call = call(program, agent, event, home);
        let head = format!("#!/bin/sh\n# Weir: written by `weir init`, removed by `weir uninstall`. ({MARKER})\n");
        match self {
            Self::Deciding(body) => format!(
                "{head}out=$({call}); c=$?\n\
                 case $c in\n    \
                 0) printf '%s' \"$out\"; exit 0 ;;\n    \
                 2) if [ -n \"$out\" ]; then printf '%s' \"$out\"; exit 2; fi ;;\n\
                 esac\n{}\n",
                refusal(body)
            ),
            Self::Observing => format!("{head}exec {call}\n"),
        }
    }
}

fn tail(body: &str) -> String {
    format!("c=$?; case $c in 0|2) exit $c;; esac; {}", refusal(body))
}

/// Reads what is left of the input first: some clients take an unread payload for an error of their own, and go on.
fn refusal(body: &str) -> String {
    format!(
        "cat >/dev/null 2>&1; m=\"Weir did not answer (exit $c), so this call is refused\"; printf \"{body}\" \"$m\"; \
         echo \"$m\" >&2; exit 2"
    )
}

fn call(program: &Path, agent: &str, event: &str, home: Option<&Path>) -> String {
    let mut call = quoted(&program.to_string_lossy());
    for argument in arguments(agent, event, home) {
        call.push(' ');
        let plain = argument.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
        call.push_str(&if plain { argument } else { quoted(&argument) });
    }
    call
}

/// Quoted for `sh`, `bash`, `zsh` and `fish` alike.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// True where a handler in a client's settings was installed by Weir for `agent`.
pub(crate) fn is_ours(handler: &Value, agent: &str) -> bool {
    let text = |key: &str| handler.get(key).and_then(Value::as_str).unwrap_or_default();
    if text("command").contains(MARKER) || text("bash").contains(MARKER) {
        return true;
    }
    let arguments = handler.get("args").and_then(Value::as_array);
    let argument = |index: usize| arguments.and_then(|list: &Vec<Value>| list.get(index)?.as_str());
    argument(0) == Some("hook") && argument(1) == Some(agent)
}
