//! Gemini CLI.
//!
//! It parses standard output as JSON whatever the exit code; text counts as a refusal from exit code 2 on, and a signal
//! lets the call run. "ask" hangs without a terminal. A repository's settings can switch a hook off by its name, so the
//! name is made up for each installation.

use std::path::{Path, PathBuf};

use serde_json::json;
use weir_model::{Surface, SurfaceBase};

use crate::answer::{bounded, hold_text};
use crate::install::{Group, InstallError, JsonSettings, Level, Piece, Roots, command, look};
use crate::tools::{Kind, McpNames, Tools};
use crate::wire::{self, Payload};
use crate::{Answer, Dialect, Event, Reply, WireFault};

const TOOLS: Tools = Tools {
    known: &[
        ("run_shell_command", Kind::Shell),
        ("write_file", Kind::Write),
        ("replace", Kind::Update),
        ("edit", Kind::Update),
        ("read_file", Kind::Look),
        ("read_many_files", Kind::Look),
        ("list_directory", Kind::Look),
        ("glob", Kind::Look),
        ("grep_search", Kind::Look),
        ("search_file_content", Kind::Look),
        ("list_background_processes", Kind::Look),
        ("read_background_output", Kind::Look),
        ("update_topic", Kind::Look),
        ("write_todos", Kind::Look),
        ("enter_plan_mode", Kind::Look),
        ("exit_plan_mode", Kind::Look),
        ("ask_user", Kind::Look),
        ("invoke_agent", Kind::Look),
        ("activate_skill", Kind::Look),
        ("complete_task", Kind::Look),
        ("get_internal_docs", Kind::Look),
        ("google_web_search", Kind::Fetch),
        ("web_fetch", Kind::Fetch),
    ],
    mcp: McpNames::Ambiguous,
};

const EVENTS: [&str; 3] = ["BeforeTool", "AfterTool", "SessionStart"];

/// Gemini CLI.
pub(crate) struct Gemini;

impl Gemini {
    fn path(&self, level: Level, roots: &Roots) -> PathBuf {
        match level {
            Level::User => self.config_dir(roots).join("settings.json"),
            Level::Managed => roots.etc.join("gemini-cli/settings.json"),
        }
    }
}

fn deny(reason: &str) -> Reply {
    Reply::belt(&json!({ "decision": "deny", "reason": reason }), reason)
}

impl Dialect for Gemini {
    fn name(&self) -> &'static str {
        "gemini"
    }

    fn process_names(&self) -> &'static [&'static str] {
        &["gemini", "gemini.js"]
    }

    fn environment_markers(&self) -> &'static [&'static str] {
        &["GEMINI_CLI"]
    }

    fn surfaces(&self) -> &'static [Surface] {
        const fn at(base: SurfaceBase, path: &'static str, subtree: bool) -> Surface {
            Surface { owner: "gemini", base, path, subtree }
        }
        const ALL: &[Surface] = &[
            at(SurfaceBase::Home, ".gemini/settings.json", false),
            at(SurfaceBase::Home, ".gemini/trustedFolders.json", false),
            at(SurfaceBase::Home, ".gemini/extensions", true),
            at(SurfaceBase::Home, ".gemini/policies", true),
            at(SurfaceBase::Project, ".gemini/settings.json", false),
            at(SurfaceBase::Project, ".gemini/extensions", true),
            at(SurfaceBase::Root, "etc/gemini-cli", true),
            at(SurfaceBase::Root, "Library/Application Support/GeminiCli", true),
        ];
        ALL
    }

    fn decides(&self, event: Option<&str>) -> bool {
        !matches!(event, Some("AfterTool" | "SessionStart"))
    }

    fn parse(&self, payload: &[u8], event: Option<&str>) -> Result<Event, WireFault> {
        let payload: Payload<'_> = wire::read(wire::text(payload)?)?;
        let event = payload.event(event)?;
        match event {
            "BeforeTool" => payload.action(event, &TOOLS).map(Event::PreTool),
            "AfterTool" => {
                #[derive(serde::Deserialize)]
                struct Response {
                    #[serde(default)]
                    error: Option<serde::de::IgnoredAny>,
                }
                // A command that exits with a code is not an error to it, so silence proves nothing.
                let failed = payload
                    .tool_response
                    .and_then(|raw| serde_json::from_str::<Response>(raw.get()).ok())
                    .and_then(|response| response.error.map(|_| true));
                payload.outcome(self.name(), failed)
            }
            "SessionStart" => Ok(payload.session()),
            _ => Ok(Event::Other),
        }
    }

    fn answer(&self, event: &Event, answer: &Answer) -> Reply {
        match (event, answer) {
            (Event::PreTool(_), Answer::Hold { reason, id }) => deny(&hold_text(reason, *id)),
            (Event::PreTool(_), Answer::Deny { reason } | Answer::Block { reason }) => deny(&bounded(reason)),
            _ => Reply::silent(),
        }
    }

    fn refuse(&self, reason: &str) -> Reply {
        deny(&bounded(reason))
    }

    fn pieces(&self, level: Level, roots: &Roots) -> Result<Vec<Piece>, InstallError> {
        let home = (level == Level::User).then_some(roots.weir_home.as_path());
        let path = self.path(level, roots);
        let name =
            look::hook_name(&path, self.name()).unwrap_or_else(|| format!("guard-{}", uuid::Uuid::now_v7().simple()));
        let group = |event: &str| {
            let line = if self.decides(Some(event)) {
                command::Line::deciding(r#"{\"decision\":\"deny\",\"reason\":\"%s\"}"#)
            } else {
                command::Line::observing()
            };
            Group {
                event: event.to_owned(),
                handler: json!({
                    "type": "command",
                    "name": name,
                    "command": line.plain(&roots.weir_binary, self.name(), event, home),
                    "timeout": self.client_timeout().as_millis() as u64,
                }),
            }
        };
        Ok(vec![Piece::Json(JsonSettings {
            path,
            agent: self.name(),
            strict: false,
            mode: level.mode(),
            groups: EVENTS.into_iter().map(group).collect(),
            // A repository's `enabled: false` counts unless the machine's settings say otherwise.
            settings: match level {
                Level::User => Vec::new(),
                Level::Managed => vec![(&["hooksConfig", "enabled"][..], true.into())],
            },
            why: "Gemini CLI asks Weir before every tool call",
        })])
    }

    fn silenced(&self, level: Level, roots: &Roots, cwd: &Path) -> Option<String> {
        let name = look::hook_name(&self.path(level, roots), self.name());
        let user = self.config_dir(roots).join("settings.json");
        let project = look::upward(cwd, &roots.home, &[".gemini/settings.json"]);
        std::iter::once(user).chain(project).chain([self.path(Level::Managed, roots)]).find_map(|path| {
            if level == Level::User && look::is_false(&path, &["hooksConfig", "enabled"]) {
                return Some(format!("`{}` sets `hooksConfig.enabled` to false", path.display()));
            }
            let disabled = look::strings(&path, &["hooksConfig", "disabled"]);
            let ours = |text: &String| Some(text) == name.as_ref() || text.contains(command::MARKER);
            disabled
                .iter()
                .any(ours)
                .then(|| format!("`{}` disables Weir's hook by name (`hooksConfig.disabled`)", path.display()))
        })
    }

    fn config_dir(&self, roots: &Roots) -> PathBuf {
        roots.directory("", ".gemini")
    }
}
