//! Qwen Code: Claude's layout and answers, Gemini's tools.
//!
//! "ask" is a refusal without a terminal. Changed inputs are ignored, so Weir never relies on them.

use std::path::{Path, PathBuf};

use serde_json::json;
use weir_model::{Surface, SurfaceBase};

use super::claude::{answer_in_claude_layout, refuse_in_claude_layout};
use crate::install::{Group, InstallError, JsonSettings, Level, Piece, Roots, command, look};
use crate::tools::{Kind, McpNames, Tools};
use crate::wire::{self, Payload};
use crate::{Answer, Dialect, Event, Reply, WireFault};

const TOOLS: Tools = Tools {
    known: &[
        ("run_shell_command", Kind::Shell),
        ("monitor", Kind::Shell),
        ("write_file", Kind::Write),
        ("edit", Kind::Update),
        ("replace", Kind::Update),
        ("notebook_edit", Kind::Update),
        ("read_file", Kind::Look),
        ("read_many_files", Kind::Look),
        ("list_directory", Kind::Look),
        ("glob", Kind::Look),
        ("grep_search", Kind::Look),
        ("lsp", Kind::Look),
        ("tool_search", Kind::Look),
        ("todo_write", Kind::Look),
        ("agent", Kind::Look),
        ("task", Kind::Look),
        ("task_stop", Kind::Look),
        ("send_message", Kind::Look),
        ("list_agents", Kind::Look),
        ("skill", Kind::Look),
        ("get_goal", Kind::Look),
        ("update_goal", Kind::Look),
        ("ask_user_question", Kind::Look),
        ("exit_plan_mode", Kind::Look),
        ("web_fetch", Kind::Fetch),
        ("web_search", Kind::Fetch),
    ],
    mcp: McpNames::Prefixed,
};

const EVENTS: [&str; 4] = ["PreToolUse", "PostToolUse", "PostToolUseFailure", "SessionStart"];

/// Qwen Code.
pub(crate) struct Qwen;

impl Dialect for Qwen {
    fn name(&self) -> &'static str {
        "qwen"
    }

    fn process_names(&self) -> &'static [&'static str] {
        &["qwen"]
    }

    fn environment_markers(&self) -> &'static [&'static str] {
        &["QWEN_CODE", "QWEN_CODE_SESSION_ID"]
    }

    fn surfaces(&self) -> &'static [Surface] {
        const fn at(base: SurfaceBase, path: &'static str, subtree: bool) -> Surface {
            Surface { owner: "qwen", base, path, subtree }
        }
        const ALL: &[Surface] = &[
            at(SurfaceBase::Home, ".qwen/settings.json", false),
            at(SurfaceBase::Home, ".qwen/trustedFolders.json", false),
            at(SurfaceBase::Home, ".qwen/extensions", true),
            at(SurfaceBase::Project, ".qwen/settings.json", false),
            at(SurfaceBase::Project, ".qwen/extensions", true),
            at(SurfaceBase::Root, "etc/qwen-code", true),
        ];
        ALL
    }

    fn decides(&self, event: Option<&str>) -> bool {
        !matches!(event, Some("PostToolUse" | "PostToolUseFailure" | "SessionStart"))
    }

    fn parse(&self, payload: &[u8], event: Option<&str>) -> Result<Event, WireFault> {
        let payload: Payload<'_> = wire::read(wire::text(payload)?)?;
        let event = payload.event(event)?;
        match event {
            "PreToolUse" => payload.action(event, &TOOLS).map(Event::PreTool),
            "PermissionRequest" => payload.action(event, &TOOLS).map(Event::PermissionRequest),
            "PostToolUse" => payload.outcome(self.name(), Some(false)),
            "PostToolUseFailure" => payload.outcome(self.name(), Some(true)),
            "SessionStart" => Ok(payload.session()),
            _ => Ok(Event::Other),
        }
    }

    fn answer(&self, event: &Event, answer: &Answer) -> Reply {
        answer_in_claude_layout(event, answer, |_| "ask")
    }

    fn refuse(&self, reason: &str) -> Reply {
        refuse_in_claude_layout(reason)
    }

    fn pieces(&self, level: Level, roots: &Roots) -> Result<Vec<Piece>, InstallError> {
        let home = (level == Level::User).then_some(roots.weir_home.as_path());
        let group = |event: &str| {
            let line = if self.decides(Some(event)) {
                command::Line::deciding(
                    r#"{\"hookSpecificOutput\":{\"hookEventName\":\"PreToolUse\",\"permissionDecision\":\"deny\",\"permissionDecisionReason\":\"%s\"}}"#,
                )
            } else {
                command::Line::observing()
            };
            Group {
                event: event.to_owned(),
                handler: json!({
                    "type": "command",
                    "name": "weir",
                    "command": line.plain(&roots.weir_binary, self.name(), event, home),
                    "timeout": self.client_timeout().as_secs(),
                }),
            }
        };
        // Machine-wide settings go before a repository's, but only where they say something.
        let settings = match level {
            Level::User => Vec::new(),
            Level::Managed => vec![(&["disableAllHooks"][..], false.into())],
        };
        Ok(vec![Piece::Json(JsonSettings {
            path: match level {
                Level::User => self.config_dir(roots).join("settings.json"),
                Level::Managed => roots.etc.join("qwen-code/settings.json"),
            },
            agent: self.name(),
            strict: false,
            mode: level.mode(),
            groups: EVENTS.into_iter().map(group).collect(),
            settings,
            why: "Qwen Code asks Weir before every tool call",
        })])
    }

    fn silenced(&self, level: Level, roots: &Roots, cwd: &Path) -> Option<String> {
        if level == Level::Managed {
            return None;
        }
        let user = self.config_dir(roots).join("settings.json");
        let project = look::upward(cwd, &roots.home, &[".qwen/settings.json"]);
        std::iter::once(user).chain(project).find_map(|path| {
            let off = look::is_true(&path, &["disableAllHooks"]) || look::is_false(&path, &["hooksConfig", "enabled"]);
            off.then(|| format!("`{}` switches all hooks off", path.display()))
        })
    }

    fn config_dir(&self, roots: &Roots) -> PathBuf {
        roots.directory("QWEN_HOME", ".qwen")
    }
}
