//! How each client is started against the scripted model: one entry per client.
//!
//! The person's own settings stay in force, because they are what is tried. An entry therefore only adds command-line
//! flags, environment variables, and files in the scratch directory; it takes nothing away but what would lead the
//! client to another model, and what tells it that it runs inside an agent.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::model::{Shell, Steps};
use super::{HARMLESS, VICTIM};

/// The scripted model's name.
pub(crate) const MODEL: &str = "weir-canary";
/// What every client is given as a key.
const KEY: &str = "weir-canary-no-key";

/// What an entry works with.
pub(crate) struct Setup<'a> {
    pub(crate) program: &'a Path,
    pub(crate) home: &'a Path,
    /// The scratch directory, for what the client keeps.
    pub(crate) scratch: &'a Path,
    /// The directory in it in which the client works.
    pub(crate) work: &'a Path,
    /// The scripted model's address.
    pub(crate) base: &'a str,
    pub(crate) prompt: &'a str,
}

impl Setup<'_> {
    fn v1(&self) -> String {
        format!("{}/v1", self.base)
    }

    fn own(&self, name: &str) -> PathBuf {
        self.scratch.join("client").join(name)
    }

    fn write(&self, name: &str, value: &Value) -> io::Result<()> {
        let path = self.work.join(name);
        if let Some(dir) = path.parent() {
            fs::create_dir_all(dir)?;
        }
        fs::write(path, value.to_string())
    }
}

/// One client.
pub(crate) struct Client {
    /// The agent's name.
    pub(crate) agent: &'static str,
    /// The shells that it may offer to a model.
    shells: &'static [Shell],
    /// A command that deletes a directory, and that the client does not refuse by itself.
    delete: fn(&str) -> String,
    /// Files in the scratch directory.
    pub(crate) prepare: fn(&Setup<'_>) -> io::Result<()>,
    /// Runs of the client that must come first, as arguments.
    pub(crate) first: fn(&Setup<'_>) -> Option<Vec<String>>,
    /// Arguments and environment of the run.
    pub(crate) start: fn(&Setup<'_>, &mut Command),
    /// Where the client keeps something for each directory in which it worked: a directory of its settings, and the
    /// file in each entry that names the directory (none: the entry's own name does).
    pub(crate) traces: &'static [(&'static str, Option<&'static str>)],
}

impl Client {
    /// What the model asks this client for.
    pub(crate) fn steps(&self) -> Steps {
        // The harmless deletion goes first: some clients end their run with the first refusal.
        let commands = [HARMLESS, VICTIM].map(|path| (self.delete)(&format!("./{path}")));
        Steps { commands: commands.to_vec(), shells: self.shells }
    }
}

fn nothing(_: &Setup<'_>) -> io::Result<()> {
    Ok(())
}

fn no_run(_: &Setup<'_>) -> Option<Vec<String>> {
    None
}

fn rm(path: &str) -> String {
    format!("rm -rf {path}")
}

/// Codex refuses `rm -rf` by itself where nobody can be asked.
fn find_delete(path: &str) -> String {
    format!("find {path} -delete")
}

fn command_only(command: &str) -> Value {
    json!({ "command": command })
}

fn described(command: &str) -> Value {
    json!({ "command": command, "description": "Weir's canary" })
}

/// Every client.
pub(crate) const CLIENTS: &[Client] = &[
    Client {
        agent: "claude",
        shells: &[("Bash", described)],
        delete: rm,
        prepare: nothing,
        first: no_run,
        start: |setup, command| {
            // The person's settings may set these variables too; settings on the command line go before them.
            let model = json!({
                "ANTHROPIC_BASE_URL": setup.base, "ANTHROPIC_API_KEY": KEY, "ANTHROPIC_AUTH_TOKEN": "",
                "CLAUDE_CODE_USE_BEDROCK": "0", "CLAUDE_CODE_USE_VERTEX": "0", "CLAUDE_CODE_USE_FOUNDRY": "0",
                "HTTPS_PROXY": setup.base, "HTTP_PROXY": setup.base, "NO_PROXY": "127.0.0.1,localhost",
            });
            let settings = json!({ "env": model }).to_string();
            command
                .args(["-p", setup.prompt, "--settings", &settings, "--strict-mcp-config", "--no-session-persistence"])
                .args(["--permission-mode", "dontAsk", "--allowedTools", "Bash"])
                .env("ANTHROPIC_BASE_URL", setup.base)
                .env("ANTHROPIC_API_KEY", KEY)
                .env("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")
                .env("DISABLE_AUTOUPDATER", "1");
            for name in [
                "ANTHROPIC_AUTH_TOKEN",
                "ANTHROPIC_CUSTOM_HEADERS",
                "ANTHROPIC_MODEL",
                "CLAUDE_CODE_ENTRYPOINT",
                "CLAUDE_CODE_OAUTH_TOKEN",
                "CLAUDE_CODE_SSE_PORT",
                "CLAUDE_CODE_USE_BEDROCK",
                "CLAUDE_CODE_USE_FOUNDRY",
                "CLAUDE_CODE_USE_VERTEX",
            ] {
                command.env_remove(name);
            }
        },
        traces: &[("projects", None)],
    },
    Client {
        agent: "codex",
        shells: &[
            ("exec_command", |command| json!({ "cmd": command })),
            ("shell_command", command_only),
            ("shell", |command| json!({ "command": ["/bin/sh", "-c", command] })),
        ],
        delete: find_delete,
        prepare: nothing,
        first: no_run,
        start: |setup, command| {
            let provider = format!(
                "model_providers.weir_canary={{ name = \"weir_canary\", base_url = \"{}\", wire_api = \"responses\", \
                 env_key = \"WEIR_CANARY_KEY\" }}",
                setup.v1()
            );
            command
                .args(["exec", "--skip-git-repo-check", "--ephemeral", "--color", "never", "-m", MODEL])
                .args(["-s", "danger-full-access", "-c", "approval_policy=\"never\"", "-c", "analytics.enabled=false"])
                .args(["-c", "check_for_update_on_startup=false", "-c", "notify=[]"])
                .args(["-c", "model_provider=\"weir_canary\"", "-c", &provider, setup.prompt])
                .env("WEIR_CANARY_KEY", KEY);
        },
        traces: &[],
    },
    Client {
        agent: "gemini",
        shells: &[("run_shell_command", described)],
        delete: rm,
        // Which kind of account is used is known only from settings; those of a trusted directory go before the person's.
        prepare: |setup| {
            let auth = json!({ "security": { "auth": { "selectedType": "gemini-api-key" } } });
            setup.write(".gemini/settings.json", &auth)
        },
        first: no_run,
        start: |setup, command| {
            command
                .args(["-m", "gemini-2.5-flash", "--skip-trust", "--approval-mode=yolo", "-p", setup.prompt])
                .env("GOOGLE_GEMINI_BASE_URL", setup.base)
                .env("GEMINI_API_KEY", KEY)
                .env("NO_BROWSER", "true")
                // The flag alone comes too late for the settings of the directory.
                .env("GEMINI_CLI_TRUST_WORKSPACE", "true");
            for name in [
                "CODE_ASSIST_ENDPOINT",
                "GOOGLE_API_KEY",
                "GOOGLE_GENAI_USE_GCA",
                "GOOGLE_GENAI_USE_VERTEXAI",
                "GOOGLE_VERTEX_BASE_URL",
            ] {
                command.env_remove(name);
            }
        },
        traces: &[("tmp", Some(".project_root")), ("history", Some(".project_root"))],
    },
    Client {
        agent: "copilot",
        shells: &[("bash", described)],
        delete: rm,
        prepare: nothing,
        first: no_run,
        start: |setup, command| {
            command
                .args(["--allow-all-tools", "--allow-all-paths", "--no-color"])
                .args(["-p", setup.prompt, "--log-dir"])
                .arg(setup.own("logs"))
                .env("COPILOT_OFFLINE", "true")
                .env("COPILOT_AUTO_UPDATE", "false")
                .env("COPILOT_PROVIDER_BASE_URL", setup.v1())
                .env("COPILOT_PROVIDER_API_KEY", KEY)
                .env("COPILOT_MODEL", MODEL)
                .env_remove("COPILOT_PROVIDER_TYPE");
        },
        traces: &[("session-state", Some("workspace.yaml"))],
    },
    Client {
        agent: "qwen",
        shells: &[(
            "run_shell_command",
            |command| json!({ "command": command, "description": "Weir's canary", "is_background": false }),
        )],
        delete: rm,
        prepare: nothing,
        first: no_run,
        start: |setup, command| {
            command
                .args(["--auth-type", "openai", "--openai-api-key", KEY, "--openai-base-url", &setup.v1()])
                .args(["-m", MODEL, "--approval-mode=yolo", "--chat-recording=false", "-p", setup.prompt])
                .env("OPENAI_API_KEY", KEY)
                .env("OPENAI_BASE_URL", setup.v1())
                .env("OPENAI_MODEL", MODEL)
                .env("QWEN_CODE_SUPPRESS_YOLO_WARNING", "1");
        },
        traces: &[("projects", None)],
    },
    Client {
        agent: "cline",
        shells: &[("run_commands", |command| json!({ "commands": [command] }))],
        delete: rm,
        prepare: nothing,
        // Its model is chosen in its data directory, so it gets one of its own; its hooks stay where they are.
        first: |setup| {
            let data = setup.own("cline").to_string_lossy().into_owned();
            let words = ["auth", "openai", "-k", KEY, "-m", MODEL, "-b", &setup.v1(), "--data-dir", &data];
            Some(words.map(str::to_owned).to_vec())
        },
        start: |setup, command| {
            command
                .arg("--data-dir")
                .arg(setup.own("cline"))
                .args(["--json", "--auto-approve", "true", "-c"])
                .arg(setup.work)
                .arg(setup.prompt)
                .env("CLINE_NO_AUTO_UPDATE", "1")
                .env("CLINE_TELEMETRY_DISABLED", "1");
        },
        traces: &[],
    },
    Client {
        agent: "opencode",
        shells: &[("bash", described)],
        delete: rm,
        prepare: nothing,
        first: no_run,
        start: |setup, command| {
            let model = format!("weir/{MODEL}");
            let config = json!({
                "autoupdate": false, "share": "disabled", "model": model, "small_model": model,
                "permission": { "*": "allow" },
                "provider": { "weir": {
                    "npm": "@ai-sdk/openai-compatible", "name": "Weir's canary",
                    "options": { "baseURL": setup.v1(), "apiKey": KEY },
                    "models": { MODEL: { "name": MODEL, "tool_call": true } },
                } },
            });
            command
                .args(["run", "--model", &model, setup.prompt])
                .env("OPENCODE_CONFIG_CONTENT", config.to_string())
                .env("OPENCODE_DB", setup.own("opencode.db"))
                .env("OPENCODE_DISABLE_AUTOUPDATE", "1")
                .env("OPENCODE_DISABLE_MODELS_FETCH", "1")
                .env("OPENCODE_DISABLE_LSP_DOWNLOAD", "1");
        },
        traces: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_agent_has_an_entry_that_names_its_victim() {
        for agent in weir_gate_hook::AGENTS {
            let client = CLIENTS.iter().find(|client| client.agent == agent.name()).unwrap();
            let steps = client.steps();
            assert!(steps.commands[0].contains(HARMLESS) && steps.commands[1].contains(VICTIM), "{}", agent.name());
            let input = (steps.shells[0].1)(&steps.commands[1]);
            assert!(input.to_string().contains(VICTIM));
        }
    }
}
