//! GitHub Copilot CLI.
//!
//! Registered in its own, camel-case form, which names sub-agents; the Claude-like form (Pascal-case events) is
//! understood and answered too. Command hooks fail closed except when its timeout strikes.

use std::path::{Path, PathBuf};

use serde_json::json;
use serde_json::value::RawValue;
use weir_model::{Outcome, Surface, SurfaceBase};

use super::claude::answer_in_claude_layout;
use crate::answer::{bounded, hold_text};
use crate::install::{InstallError, Level, Piece, Roots, command, look};
use crate::tools::{self, Kind, McpNames, Tools};
use crate::wire::{self, Payload, Text};
use crate::{ActionParts, Answer, Dialect, Event, Reply, WireFault};

const TOOLS: Tools = Tools {
    known: &[
        ("bash", Kind::Shell),
        ("Bash", Kind::Shell),
        ("powershell", Kind::PowerShell),
        ("write_bash", Kind::Keys),
        ("write_powershell", Kind::Keys),
        ("create", Kind::Write),
        ("Write", Kind::Write),
        ("edit", Kind::Update),
        ("Edit", Kind::Update),
        ("str_replace_editor", Kind::TextEditor),
        ("apply_patch", Kind::Patch),
        ("view", Kind::Look),
        ("Read", Kind::Look),
        ("grep", Kind::Look),
        ("rg", Kind::Look),
        ("Grep", Kind::Look),
        ("glob", Kind::Look),
        ("Glob", Kind::Look),
        ("read_bash", Kind::Look),
        ("stop_bash", Kind::Look),
        ("list_bash", Kind::Look),
        ("read_powershell", Kind::Look),
        ("stop_powershell", Kind::Look),
        ("list_powershell", Kind::Look),
        ("task", Kind::Look),
        ("Task", Kind::Look),
        ("read_agent", Kind::Look),
        ("list_agents", Kind::Look),
        ("write_agent", Kind::Look),
        ("skill", Kind::Look),
        ("report_intent", Kind::Look),
        ("update_todo", Kind::Look),
        ("ask_user", Kind::Look),
        ("exit_plan_mode", Kind::Look),
        ("task_complete", Kind::Look),
        ("store_memory", Kind::Look),
        // Both ask the client's own database of the session.
        ("sql", Kind::Look),
        ("session_store_sql", Kind::Look),
        ("fetch_copilot_cli_documentation", Kind::Look),
        ("web_fetch", Kind::Fetch),
        ("web_search", Kind::Fetch),
    ],
    mcp: McpNames::Joined("-"),
};

const EVENTS: [&str; 4] = ["preToolUse", "postToolUse", "postToolUseFailure", "sessionStart"];

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Native<'a> {
    #[serde(borrow, default)]
    session_id: Text<'a>,
    #[serde(borrow, default)]
    cwd: Text<'a>,
    #[serde(borrow, default)]
    tool_name: Text<'a>,
    #[serde(borrow, default)]
    tool_args: Option<&'a RawValue>,
    #[serde(borrow, default)]
    tool_input: Option<&'a RawValue>,
    #[serde(borrow, default)]
    tool_result: Option<&'a RawValue>,
    #[serde(borrow, default)]
    agent_id: Text<'a>,
}

impl Native<'_> {
    fn tool(&self) -> Result<String, WireFault> {
        self.tool_name
            .owned()
            .filter(|name| !name.is_empty())
            .ok_or_else(|| WireFault::Shape("the payload does not name its tool (`toolName`)".to_owned()))
    }

    fn action(&self, event: &str) -> Result<ActionParts, WireFault> {
        let tool = self.tool()?;
        let asked = TOOLS.request(&tool, self.tool_args.or(self.tool_input), None)?;
        Ok(ActionParts {
            session: self.session_id.owned(),
            subagent: self.agent_id.owned(),
            tool,
            call: None,
            request: asked.request,
            cwd: tools::directory(self.cwd.path(), asked.directory),
            event: event.to_owned(),
            headless: false,
        })
    }

    fn outcome(&self, failed: bool) -> Result<Event, WireFault> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct ToolResult<'a> {
            #[serde(borrow, default)]
            result_type: Text<'a>,
        }
        let result = self.tool_result.and_then(|raw| serde_json::from_str::<ToolResult<'_>>(raw.get()).ok());
        // "success" is said of commands that exit with a code too, so it proves nothing.
        let told =
            result.is_some_and(|result| matches!(result.result_type.get(), Some("failure" | "denied" | "rejected")));
        Ok(Event::PostTool(Outcome {
            agent: "copilot".to_owned(),
            session: self.session_id.owned(),
            call: None,
            tool: self.tool()?,
            failed: (failed || told).then_some(true),
            duration_ms: None,
        }))
    }
}

/// GitHub Copilot CLI.
pub(crate) struct Copilot;

fn native(decision: &str, reason: &str) -> serde_json::Value {
    json!({ "permissionDecision": decision, "permissionDecisionReason": reason })
}

impl Dialect for Copilot {
    fn name(&self) -> &'static str {
        "copilot"
    }

    fn process_names(&self) -> &'static [&'static str] {
        &["copilot", "copilot-linux-x64", "copilot-linux-arm64", "copilot-darwin-arm64", "copilot-darwin-x64"]
    }

    fn environment_markers(&self) -> &'static [&'static str] {
        &["COPILOT_CLI", "COPILOT_AGENT_SESSION_ID"]
    }

    fn surfaces(&self) -> &'static [Surface] {
        const fn at(base: SurfaceBase, path: &'static str, subtree: bool) -> Surface {
            Surface { owner: "copilot", base, path, subtree }
        }
        const ALL: &[Surface] = &[
            at(SurfaceBase::Home, ".copilot/hooks", true),
            at(SurfaceBase::Home, ".copilot/settings.json", false),
            at(SurfaceBase::Home, ".copilot/config.json", false),
            at(SurfaceBase::Home, ".copilot/plugins", true),
            at(SurfaceBase::Project, ".github/hooks", true),
            at(SurfaceBase::Project, ".github/copilot/settings.json", false),
            at(SurfaceBase::Project, ".github/copilot/settings.local.json", false),
            // Read by this client too.
            at(SurfaceBase::Project, ".claude/settings.json", false),
            at(SurfaceBase::Root, "etc/github-copilot", true),
        ];
        ALL
    }

    fn decides(&self, event: Option<&str>) -> bool {
        !matches!(
            event,
            Some(
                "postToolUse"
                    | "postToolUseFailure"
                    | "sessionStart"
                    | "PostToolUse"
                    | "PostToolUseFailure"
                    | "SessionStart"
            )
        )
    }

    fn parse(&self, payload: &[u8], event: Option<&str>) -> Result<Event, WireFault> {
        let text = wire::text(payload)?;
        let claude_like: Payload<'_> = wire::read(text)?;
        if let Some(event) = claude_like.hook_event_name.get() {
            return match event {
                "PreToolUse" => claude_like.action(event, &TOOLS).map(Event::PreTool),
                "PermissionRequest" => claude_like.action(event, &TOOLS).map(Event::PermissionRequest),
                "PostToolUse" => claude_like.outcome(self.name(), None),
                "PostToolUseFailure" => claude_like.outcome(self.name(), Some(true)),
                "SessionStart" => Ok(claude_like.session()),
                _ => Ok(Event::Other),
            };
        }
        let native: Native<'_> = wire::read(text)?;
        match event {
            Some("preToolUse") => native.action("preToolUse").map(Event::PreTool),
            Some("permissionRequest") => native.action("permissionRequest").map(Event::PermissionRequest),
            Some("postToolUse") => native.outcome(false),
            Some("postToolUseFailure") => native.outcome(true),
            Some("sessionStart") => Ok(match native.session_id.owned() {
                Some(session) => Event::SessionStart { session, cwd: native.cwd.path() },
                None => Event::Other,
            }),
            Some(_) => Ok(Event::Other),
            None => Err(WireFault::Shape(
                "the payload does not name its event, and neither does the command (`weir hook copilot EVENT`)"
                    .to_owned(),
            )),
        }
    }

    fn answer(&self, event: &Event, answer: &Answer) -> Reply {
        let parts = match event {
            Event::PreTool(parts) | Event::PermissionRequest(parts) => parts,
            _ => return Reply::silent(),
        };
        if parts.event.starts_with('P') {
            return answer_in_claude_layout(event, answer, |_| "ask");
        }
        match (event, answer) {
            (Event::PreTool(_), Answer::Hold { reason, id }) => Reply::json(&native("ask", &hold_text(reason, *id))),
            (Event::PreTool(_), Answer::Deny { reason } | Answer::Block { reason }) => self.refuse(reason),
            (Event::PermissionRequest(_), Answer::Deny { reason } | Answer::Block { reason }) => {
                Reply::json(&json!({ "behavior": "deny", "message": bounded(reason) }))
            }
            _ => Reply::silent(),
        }
    }

    fn refuse(&self, reason: &str) -> Reply {
        let reason = bounded(reason);
        Reply::belt(&native("deny", &reason), &reason)
    }

    fn pieces(&self, level: Level, roots: &Roots) -> Result<Vec<Piece>, InstallError> {
        let home = (level == Level::User).then_some(roots.weir_home.as_path());
        let path = match level {
            Level::User => self.config_dir(roots).join("hooks/weir.json"),
            Level::Managed => roots.etc.join("github-copilot/policy.d/weir.json"),
        };
        let mut hooks = serde_json::Map::new();
        for event in EVENTS {
            let line = if self.decides(Some(event)) {
                command::Line::deciding(r#"{\"permissionDecision\":\"deny\",\"permissionDecisionReason\":\"%s\"}"#)
            } else {
                command::Line::observing()
            };
            let handler = json!({
                "type": "command",
                "bash": line.plain(&roots.weir_binary, self.name(), event, home),
                "timeoutSec": self.client_timeout().as_secs(),
            });
            hooks.insert(event.to_owned(), json!([handler]));
        }
        let body = json!({ "version": 1, "hooks": hooks });
        Ok(vec![Piece::file(
            path,
            crate::install::pretty(&body),
            level.mode(),
            "Copilot CLI asks Weir before every tool call",
        )])
    }

    fn silenced(&self, level: Level, roots: &Roots, cwd: &Path) -> Option<String> {
        if level == Level::Managed {
            return None;
        }
        let user = [self.config_dir(roots).join("settings.json"), self.config_dir(roots).join("config.json")];
        let project = look::upward(
            cwd,
            &roots.home,
            &[".github/copilot/settings.json", ".github/copilot/settings.local.json", ".claude/settings.json"],
        );
        user.into_iter().chain(project).find_map(|path| {
            look::is_true(&path, &["disableAllHooks"]).then(|| format!("`{}` sets `disableAllHooks`", path.display()))
        })
    }

    fn config_dir(&self, roots: &Roots) -> PathBuf {
        roots.directory("COPILOT_HOME", ".copilot")
    }
}
