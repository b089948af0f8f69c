//! Is a person asking? Answers to holds are taken only from a terminal with no agent among its ancestors.
//!
//! A process of the same user can imitate a person if it tries hard enough (a terminal of its own, a detached parent):
//! this stops an agent that does as it is told or takes the nearest way round, and it is written down in the threat
//! model. What cannot be imitated is another user: approvals by a second account.

use std::fs;
use std::io::IsTerminal as _;

use weir_gate_hook::Dialect;

/// A person at a terminal.
pub(crate) struct Person {
    /// The operating-system user.
    pub(crate) name: String,
    /// The terminal.
    pub(crate) terminal: String,
}

/// Finds out whether a person is asking; else says why not.
pub(crate) fn at_terminal(agents: &[&dyn Dialect]) -> Result<Person, String> {
    for agent in agents {
        if let Some(marker) = agent.environment_markers().iter().find(|name| std::env::var_os(name).is_some()) {
            return Err(format!("this shell was started by {} (`{marker}` is set)", agent.name()));
        }
    }
    if let Some(found) = agent_ancestor(agents) {
        return Err(found);
    }
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Err("standard input or standard error is not a terminal".to_owned());
    }
    let terminal = rustix::termios::ttyname(std::io::stdin(), Vec::new())
        .map_err(|error| format!("the terminal has no name: {error}"))?;
    Ok(Person { name: crate::context::principal(), terminal: terminal.to_string_lossy().into_owned() })
}

/// The short name of the agent that started this process, where one did.
pub(crate) fn agent_here(agents: &[&'static dyn Dialect]) -> Option<&'static str> {
    let marked =
        |agent: &&&'static dyn Dialect| agent.environment_markers().iter().any(|name| std::env::var_os(name).is_some());
    agents.iter().find(marked).map(|agent| agent.name())
}

/// The first ancestor that is an agent, in words.
fn agent_ancestor(agents: &[&dyn Dialect]) -> Option<String> {
    let mut pid = std::process::id();
    let session_leader = stat_field(pid, 3);
    let mut leader_seen = false;
    // A loop in the process tree is impossible; the bound is for a changing one.
    for _ in 0..128 {
        leader_seen |= session_leader == Some(pid);
        if let Some(name) = agents.iter().find(|agent| is_agent(pid, **agent)).map(|agent| agent.name()) {
            return Some(format!("an ancestor of this shell is {name} (process {pid})"));
        }
        match stat_field(pid, 1) {
            Some(parent) if parent > 1 => pid = parent,
            _ => break,
        }
    }
    (cfg!(target_os = "linux") && !leader_seen)
        .then(|| "this process was cut off from the shell of its terminal".to_owned())
}

fn is_agent(pid: u32, agent: &dyn Dialect) -> bool {
    let names = agent.process_names();
    let base = |text: &str| text.rsplit('/').next().unwrap_or(text).to_owned();
    let comm = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    if names.iter().any(|name| comm.trim() == *name) {
        return true;
    }
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let mut arguments = command.split(|byte| *byte == 0).map(String::from_utf8_lossy);
    // The program and, for an interpreter, its script.
    if arguments.by_ref().take(2).any(|argument| names.iter().any(|name| base(&argument) == *name)) {
        return true;
    }
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let is_marker = |variable: &[u8]| {
        agent
            .environment_markers()
            .iter()
            .any(|marker| variable.strip_prefix(marker.as_bytes()).is_some_and(|rest| rest.first() == Some(&b'=')))
    };
    environment.split(|byte| *byte == 0).any(is_marker)
}

/// A numeric field of `/proc/PID/stat`, counted from the state (0): 1 is the parent, 3 the session leader.
fn stat_field(pid: u32, index: usize) -> Option<u32> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may itself contain spaces and parentheses.
    let (_, rest) = text.rsplit_once(") ")?;
    rest.split(' ').nth(index)?.parse().ok()
}
