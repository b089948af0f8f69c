//! `OpenAI` Codex.
//!
//! Its schema is strict: an unknown key, an explicit "allow" or "ask", or a refusal without a reason makes it drop the
//! whole answer and run the call. Hooks of a user must be trusted by hash in `config.toml`, else they are skipped in
//! silence. Commands go through the person's login shell, whatever that is, so the installed line starts `/bin/sh`.

use std::path::{Path, PathBuf};

use serde_json::json;
use weir_model::{Surface, SurfaceBase};

use super::claude::{answer_in_claude_layout, refuse_in_claude_layout};
use crate::install::{
    CodexRequirements, CodexTrust, Group, InstallError, JsonSettings, Level, Piece, Roots, command, look,
};
use crate::tools::{Kind, McpNames, Tools};
use crate::wire::{self, Payload};
use crate::{Answer, Dialect, Event, Reply, WireFault};

const TOOLS: Tools = Tools {
    known: &[
        ("Bash", Kind::Shell),
        ("exec_command", Kind::Shell),
        ("shell", Kind::Shell),
        ("local_shell", Kind::Shell),
        ("write_stdin", Kind::Keys),
        ("apply_patch", Kind::Patch),
        ("view_image", Kind::Look),
        ("update_plan", Kind::Look),
        ("request_user_input", Kind::Look),
        ("get_goal", Kind::Look),
        ("create_goal", Kind::Look),
        ("update_goal", Kind::Look),
        ("spawn_agent", Kind::Look),
        ("multi_agent_v1spawn_agent", Kind::Look),
        ("multi_agent_v1close_agent", Kind::Look),
        ("multi_agent_v1resume_agent", Kind::Look),
        ("multi_agent_v1send_input", Kind::Look),
        ("multi_agent_v1wait_agent", Kind::Look),
        ("web_search", Kind::Fetch),
    ],
    mcp: McpNames::Prefixed,
};

const EVENTS: [&str; 3] = ["PreToolUse", "PostToolUse", "SessionStart"];

/// Codex.
pub(crate) struct Codex;

impl Codex {
    fn line(&self, event: &str, level: Level, roots: &Roots) -> String {
        let home = (level == Level::User).then_some(roots.weir_home.as_path());
        let line = if self.decides(Some(event)) {
            command::Line::deciding(
                r#"{\"hookSpecificOutput\":{\"hookEventName\":\"PreToolUse\",\"permissionDecision\":\"deny\",\"permissionDecisionReason\":\"%s\"}}"#,
            )
        } else {
            command::Line::observing()
        };
        line.through_sh(&roots.weir_binary, self.name(), event, home)
    }
}

impl Dialect for Codex {
    fn name(&self) -> &'static str {
        "codex"
    }

    fn process_names(&self) -> &'static [&'static str] {
        &["codex"]
    }

    fn environment_markers(&self) -> &'static [&'static str] {
        &["CODEX_THREAD_ID", "CODEX_TOOL_CALL_ID", "CODEX_CI", "CODEX_SANDBOX"]
    }

    fn surfaces(&self) -> &'static [Surface] {
        const fn at(base: SurfaceBase, path: &'static str, subtree: bool) -> Surface {
            Surface { owner: "codex", base, path, subtree }
        }
        const ALL: &[Surface] = &[
            at(SurfaceBase::Home, ".codex/hooks.json", false),
            at(SurfaceBase::Home, ".codex/config.toml", false),
            at(SurfaceBase::Home, ".codex/rules", true),
            at(SurfaceBase::Home, ".codex/plugins", true),
            at(SurfaceBase::Project, ".codex/hooks.json", false),
            at(SurfaceBase::Project, ".codex/config.toml", false),
            at(SurfaceBase::Project, ".codex/rules", true),
            at(SurfaceBase::Root, "etc/codex", true),
        ];
        ALL
    }

    fn decides(&self, event: Option<&str>) -> bool {
        !matches!(event, Some("PostToolUse" | "SessionStart"))
    }

    fn parse(&self, payload: &[u8], event: Option<&str>) -> Result<Event, WireFault> {
        let payload: Payload<'_> = wire::read(wire::text(payload)?)?;
        let event = payload.event(event)?;
        match event {
            "PreToolUse" => payload.action(event, &TOOLS).map(Event::PreTool),
            "PermissionRequest" => payload.action(event, &TOOLS).map(Event::PermissionRequest),
            // It tells the output, never the exit code.
            "PostToolUse" => payload.outcome(self.name(), None),
            "SessionStart" => Ok(payload.session()),
            _ => Ok(Event::Other),
        }
    }

    fn answer(&self, event: &Event, answer: &Answer) -> Reply {
        // "ask" would make it run the call.
        answer_in_claude_layout(event, answer, |_| "deny")
    }

    fn refuse(&self, reason: &str) -> Reply {
        refuse_in_claude_layout(reason)
    }

    fn pieces(&self, level: Level, roots: &Roots) -> Result<Vec<Piece>, InstallError> {
        let timeout = self.client_timeout().as_secs();
        let groups: Vec<_> = EVENTS
            .into_iter()
            .map(|event| Group {
                event: event.to_owned(),
                handler: json!({ "type": "command", "command": self.line(event, level, roots), "timeout": timeout }),
            })
            .collect();
        let why = "Codex asks Weir before every tool call";
        match level {
            Level::User => {
                let hooks = self.config_dir(roots).join("hooks.json");
                let settings = JsonSettings {
                    path: hooks.clone(),
                    agent: self.name(),
                    strict: true,
                    mode: level.mode(),
                    groups,
                    settings: Vec::new(),
                    why,
                };
                // It resolves links in its directory if that is given by `CODEX_HOME`, and does not otherwise.
                let mut names = vec![hooks, look::resolved(&self.config_dir(roots)).join("hooks.json")];
                names.dedup();
                let path = self.config_dir(roots).join("config.toml");
                // The trust names the place of each hook in the other file, so it comes after it.
                Ok(vec![Piece::Json(settings), Piece::CodexTrust(CodexTrust { path, hooks: names })])
            }
            Level::Managed => Ok(vec![Piece::CodexRequirements(CodexRequirements {
                path: roots.etc.join("codex/requirements.toml"),
                managed_dir: roots.weir_binary.parent().unwrap_or(Path::new("/")).to_owned(),
                groups,
                why,
            })]),
        }
    }

    fn silenced(&self, level: Level, roots: &Roots, cwd: &Path) -> Option<String> {
        let requirements = roots.etc.join("codex/requirements.toml");
        if level == Level::Managed {
            return (look::toml_bool(&requirements, &["features", "hooks"]) != Some(true)).then(|| {
                format!("`{}` does not pin `features.hooks`, so a user can switch hooks off", requirements.display())
            });
        }
        if look::toml_bool(&requirements, &["allow_managed_hooks_only"]) == Some(true) {
            return Some(format!("`{}` allows managed hooks only", requirements.display()));
        }
        if look::toml_bool(&requirements, &["features", "hooks"]) == Some(true) {
            return None;
        }
        let user = self.config_dir(roots).join("config.toml");
        let project = look::upward(cwd, &roots.home, &[".codex/config.toml"]);
        std::iter::once(user).chain(project).find_map(|path| {
            let off = look::toml_bool(&path, &["features", "hooks"]) == Some(false)
                || look::toml_bool(&path, &["features", "codex_hooks"]) == Some(false);
            off.then(|| format!("`{}` sets `features.hooks = false`", path.display()))
        })
    }

    fn config_dir(&self, roots: &Roots) -> PathBuf {
        roots.directory("CODEX_HOME", ".codex")
    }
}
