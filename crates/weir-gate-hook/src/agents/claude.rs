//! Claude Code.
//!
//! A failing hook lets the call run unless the hook is registered with `onFailure: "block"`, which covers a missing
//! binary, signals, other exit codes and the client's timeout. The command is started directly (`args`), without a shell.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use weir_model::{Surface, SurfaceBase};

use crate::answer::{ClaudeBody, bounded, claude_permission_denied, hold_text};
use crate::install::{Group, InstallError, JsonSettings, Level, Piece, Roots, command, look};
use crate::tools::{Kind, McpNames, Tools};
use crate::wire::{self, Payload};
use crate::{Answer, Dialect, Event, Reply, WireFault};

const TOOLS: Tools = Tools {
    known: &[
        ("Bash", Kind::Shell),
        ("Monitor", Kind::Shell),
        ("PowerShell", Kind::PowerShell),
        ("Write", Kind::Write),
        ("Edit", Kind::Update),
        ("MultiEdit", Kind::Update),
        ("NotebookEdit", Kind::Update),
        ("Read", Kind::Look),
        ("Grep", Kind::Look),
        ("Glob", Kind::Look),
        ("LS", Kind::Look),
        ("NotebookRead", Kind::Look),
        ("LSP", Kind::Look),
        ("WebFetch", Kind::Fetch),
        ("WebSearch", Kind::Fetch),
        ("Agent", Kind::Look),
        ("Task", Kind::Look),
        ("TaskCreate", Kind::Look),
        ("TaskGet", Kind::Look),
        ("TaskList", Kind::Look),
        ("TaskOutput", Kind::Look),
        ("TaskStop", Kind::Look),
        ("TaskUpdate", Kind::Look),
        ("TodoWrite", Kind::Look),
        ("TodoRead", Kind::Look),
        ("BashOutput", Kind::Look),
        ("KillShell", Kind::Look),
        ("ListAgents", Kind::Look),
        ("SendMessage", Kind::Look),
        ("ReportFindings", Kind::Look),
        ("AskUserQuestion", Kind::Look),
        ("EnterPlanMode", Kind::Look),
        ("ExitPlanMode", Kind::Look),
        ("ToolSearch", Kind::Look),
        ("CronList", Kind::Look),
        ("ScheduleWakeup", Kind::Look),
        ("ListMcpResourcesTool", Kind::Look),
        ("ReadMcpResourceTool", Kind::Look),
        ("Skill", Kind::Look),
    ],
    mcp: McpNames::Prefixed,
};

/// Claude Code.
pub(crate) struct Claude;

impl Dialect for Claude {
    fn name(&self) -> &'static str {
        "claude"
    }

    fn process_names(&self) -> &'static [&'static str] {
        &["claude"]
    }

    fn environment_markers(&self) -> &'static [&'static str] {
        &["CLAUDECODE", "CLAUDE_CODE_SESSION_ID", "CLAUDE_CODE_CHILD_SESSION"]
    }

    fn surfaces(&self) -> &'static [Surface] {
        const fn at(base: SurfaceBase, path: &'static str, subtree: bool) -> Surface {
            Surface { owner: "claude", base, path, subtree }
        }
        const ALL: &[Surface] = &[
            at(SurfaceBase::Home, ".claude/settings.json", false),
            at(SurfaceBase::Home, ".claude/settings.local.json", false),
            at(SurfaceBase::Home, ".claude/plugins", true),
            at(SurfaceBase::Home, ".claude.json", false),
            at(SurfaceBase::Project, ".claude/settings.json", false),
            at(SurfaceBase::Project, ".claude/settings.local.json", false),
            at(SurfaceBase::Root, "etc/claude-code", true),
            at(SurfaceBase::Root, "Library/Application Support/ClaudeCode", true),
        ];
        ALL
    }

    fn decides(&self, event: Option<&str>) -> bool {
        !matches!(event, Some("PostToolUse" | "PostToolUseFailure" | "SessionStart"))
    }

    fn headless(&self, env: &dyn Fn(&str) -> Option<String>) -> bool {
        // Both are set by the client for each hook; older versions have only the second.
        match env("CLAUDE_CODE_SESSION_ATTENDED").as_deref() {
            Some("0") => true,
            Some(_) => false,
            None => env("CLAUDE_CODE_ENTRYPOINT").as_deref() == Some("sdk-cli"),
        }
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
            "ConfigChange" => Ok(Event::ConfigChange {
                path: payload.file_path.path(),
                source: payload.source.owned().unwrap_or_default(),
            }),
            _ => Ok(Event::Other),
        }
    }

    fn answer(&self, event: &Event, answer: &Answer) -> Reply {
        answer_in_claude_layout(event, answer, |parts| {
            // "defer" ends the run and lets it be resumed once a person has answered. It is for a single call of the
            // main session; a sub-agent's call is refused like any other.
            if parts.headless && parts.subagent.is_none() { "defer" } else { "ask" }
        })
    }

    fn refuse(&self, reason: &str) -> Reply {
        refuse_in_claude_layout(reason)
    }

    fn config_change(&self, event: &Event, content: Option<&[u8]>) -> Option<String> {
        let Event::ConfigChange { source, .. } = event else {
            return None;
        };
        config_change(source, content)
    }

    fn pieces(&self, level: Level, roots: &Roots) -> Result<Vec<Piece>, InstallError> {
        let home = (level == Level::User).then_some(roots.weir_home.as_path());
        let handler = |event: &str| {
            let mut handler = json!({
                "type": "command",
                "command": roots.weir_binary,
                "args": command::arguments(self.name(), event, home),
                "timeout": self.client_timeout().as_secs(),
            });
            // A failure after the fact must not stop the session.
            if self.decides(Some(event))
                && let Some(handler) = handler.as_object_mut()
            {
                handler.insert("onFailure".to_owned(), "block".into());
            }
            Group { event: event.to_owned(), handler }
        };
        let mut events = vec!["PreToolUse", "PostToolUse", "PostToolUseFailure", "SessionStart"];
        let mut settings: Vec<(&'static [&'static str], Value)> = Vec::new();
        let path = match level {
            Level::User => {
                // Managed settings cannot be switched off from below, so a change needs no watching there.
                events.push("ConfigChange");
                self.config_dir(roots).join("settings.json")
            }
            Level::Managed => {
                settings.push((&["allowManagedHooksOnly"], true.into()));
                settings.push((&["disableSkillShellExecution"], true.into()));
                roots.etc.join("claude-code/managed-settings.json")
            }
        };
        Ok(vec![Piece::Json(JsonSettings {
            path,
            agent: self.name(),
            strict: true,
            mode: level.mode(),
            groups: events.into_iter().map(handler).collect(),
            settings,
            why: "Claude Code asks Weir before every tool call",
        })])
    }

    fn silenced(&self, level: Level, roots: &Roots, cwd: &Path) -> Option<String> {
        if level == Level::Managed {
            return None;
        }
        let managed = roots.etc.join("claude-code/managed-settings.json");
        if look::is_true(&managed, &["allowManagedHooksOnly"]) {
            return Some(format!("`{}` allows managed hooks only", managed.display()));
        }
        let user = self.config_dir(roots).join("settings.json");
        let project = look::upward(cwd, &roots.home, &[".claude/settings.json", ".claude/settings.local.json"]);
        std::iter::once(user).chain(project).chain([managed]).find_map(|path| {
            look::is_true(&path, &["disableAllHooks"]).then(|| format!("`{}` sets `disableAllHooks`", path.display()))
        })
    }

    fn config_dir(&self, roots: &Roots) -> PathBuf {
        roots.directory("CLAUDE_CONFIG_DIR", ".claude")
    }
}

/// The answers of the Claude layout; `hold` says how a held call is answered.
pub(crate) fn answer_in_claude_layout(
    event: &Event,
    answer: &Answer,
    hold: impl Fn(&crate::ActionParts) -> &'static str,
) -> Reply {
    match (event, answer) {
        (Event::PreTool(parts), Answer::Hold { reason, id }) => {
            let text = hold_text(reason, *id);
            match hold(parts) {
                "deny" => Reply::belt(&ClaudeBody::new(&parts.event, "deny", &text), &text),
                decision => Reply::json(&ClaudeBody::new(&parts.event, decision, &text)),
            }
        }
        (Event::PreTool(parts), Answer::Deny { reason } | Answer::Block { reason }) => {
            let reason = bounded(reason);
            Reply::belt(&ClaudeBody::new(&parts.event, "deny", &reason), &reason)
        }
        (Event::PermissionRequest(_), Answer::Deny { reason } | Answer::Block { reason }) => {
            claude_permission_denied(&bounded(reason))
        }
        (Event::ConfigChange { .. }, Answer::Block { reason } | Answer::Deny { reason }) => {
            let reason = bounded(reason);
            Reply::belt(&json!({ "decision": "block", "reason": reason }), &reason)
        }
        // A permission request that waits is answered by the client's own prompt; what is over cannot be refused.
        _ => Reply::silent(),
    }
}

/// A refusal where the event is not known; it is before a tool in all but odd cases.
pub(crate) fn refuse_in_claude_layout(reason: &str) -> Reply {
    let reason = bounded(reason);
    Reply::belt(&ClaudeBody::new("PreToolUse", "deny", &reason), &reason)
}

/// Why a change of settings that makes the client forget Weir's hook must be blocked.
fn config_change(source: &str, content: Option<&[u8]>) -> Option<String> {
    let user = match source {
        "user_settings" => true,
        "project_settings" | "local_settings" => false,
        // Managed settings and skills: not for an agent to change, and not for Weir to block.
        _ => return None,
    };
    let Some(content) = content else {
        return user.then(|| "the settings file with Weir's hook is gone or cannot be read".to_owned());
    };
    let Ok(settings) = serde_json::from_slice::<Value>(content) else {
        return user.then(|| "the settings file with Weir's hook is not valid JSON any more".to_owned());
    };
    if settings.get("disableAllHooks").is_some_and(|value| *value != Value::Bool(false)) {
        return Some("it switches all hooks off (`disableAllHooks`)".to_owned());
    }
    let has_hook = settings
        .pointer("/hooks/PreToolUse")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(|group| matches!(group.get("matcher").and_then(Value::as_str), None | Some("" | "*")))
        .filter_map(|group| group.get("hooks")?.as_array())
        .flatten()
        .any(|handler| {
            command::is_ours(handler, "claude")
                && handler.get("onFailure").and_then(Value::as_str) == Some("block")
                && handler.get("type").and_then(Value::as_str) == Some("command")
        });
    (user && !has_hook).then(|| "it removes or changes Weir's hook".to_owned())
}
