//! What an agent asked for, verbatim, with who, where and when.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{ActionId, Timestamp};

/// Who asks: the agent, and the person it works for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// The client's short name, as given to `weir hook` (`claude`, `codex`, ...).
    pub name: String,
    /// The client's own session id, verbatim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The sub-agent that made the call, where the client tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subagent: Option<String>,
    /// The operating-system user that the agent works for.
    pub principal: String,
}

/// One file operation of a patch or an edit tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patch {
    /// What happens to the file.
    pub op: PatchOp,
    /// The file, as the agent named it.
    pub path: PathBuf,
}

/// What a patch does to one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PatchOp {
    /// Makes a new file.
    Add,
    /// Changes part of an existing file.
    Update,
    /// Replaces the whole content of a file.
    Write,
    /// Removes the file.
    Delete,
}

/// What is asked for, in the terms that every client shares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Request {
    /// A command line for a POSIX-like shell (Bash unless `shell` says otherwise).
    Shell {
        /// The command text, verbatim. Several commands of one call are joined by newlines.
        command: String,
        /// Another shell language that the client names (`powershell`, `cmd`, ...).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shell: Option<String>,
    },
    /// Changes to files by an edit tool or a patch.
    Files {
        /// The operations, in order.
        changes: Vec<Patch>,
    },
    /// A tool that only looks: reading files, searching, listing, planning.
    Look {
        /// The paths that it names, where it names some.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        paths: Vec<PathBuf>,
    },
    /// A request to another machine (web fetch, web search).
    Fetch {
        /// The address or the query, verbatim.
        url: String,
    },
    /// Any other tool, MCP tools included: its arguments, verbatim.
    Tool {
        /// The MCP server, where the tool belongs to one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        server: Option<String>,
        /// The arguments as the client sent them.
        arguments: serde_json::Value,
    },
}

/// One thing that an agent asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// This action's own name.
    pub id: ActionId,
    /// Who asks.
    pub agent: Agent,
    /// The client's name for the tool (`Bash`, `run_shell_command`, `mcp__db__query`).
    pub tool: String,
    /// The client's own id of the call, where it has one; joins the action to its outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// What is asked for.
    pub request: Request,
    /// The directory in which it would run; absolute.
    pub cwd: PathBuf,
    /// The machine's host name.
    pub host: String,
    /// When it was asked.
    pub at: Timestamp,
}

impl Action {
    /// The text that a person would recognize the action by: the command, or the tool and what it names.
    #[must_use]
    pub fn summary(&self) -> String {
        match &self.request {
            Request::Shell { command, .. } => command.clone(),
            Request::Files { changes } => {
                let mut text = self.tool.clone();
                for change in changes {
                    text.push(' ');
                    text.push_str(&change.path.to_string_lossy());
                }
                text
            }
            Request::Look { paths } => {
                let mut text = self.tool.clone();
                for path in paths {
                    text.push(' ');
                    text.push_str(&path.to_string_lossy());
                }
                text
            }
            Request::Fetch { url } => format!("{} {url}", self.tool),
            Request::Tool { arguments, .. } => format!("{} {arguments}", self.tool),
        }
    }
}
