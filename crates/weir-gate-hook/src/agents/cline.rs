//! Cline CLI.
//!
//! Hooks are executable files named after their event. Exit codes are ignored: only the JSON `cancel` stops a call, and
//! it ends the whole run without telling the model why.

use std::path::{Path, PathBuf};

use serde_json::json;
use serde_json::value::RawValue;
use weir_model::{Outcome, Surface, SurfaceBase};

use crate::answer::{bounded, hold_text};
use crate::install::{InstallError, Level, Piece, Roots, command};
use crate::tools::{Kind, McpNames, Tools};
use crate::wire::{self, Text, millis};
use crate::{ActionParts, Answer, Dialect, Event, Reply, WireFault};

const TOOLS: Tools = Tools {
    known: &[
        ("run_commands", Kind::Shell),
        ("execute_command", Kind::Shell),
        ("editor", Kind::Editor),
        ("write_to_file", Kind::Write),
        ("replace_in_file", Kind::Update),
        ("apply_patch", Kind::Patch),
        ("read_files", Kind::Look),
        ("read_file", Kind::Look),
        ("list_files", Kind::Look),
        ("search_files", Kind::Look),
        ("search_codebase", Kind::Look),
        ("list_code_definition_names", Kind::Look),
        ("spawn_agent", Kind::Look),
        ("skills", Kind::Look),
        ("ask_question", Kind::Look),
        ("switch_to_act_mode", Kind::Look),
        ("submit_and_exit", Kind::Look),
        ("attempt_completion", Kind::Look),
        ("fetch_web_content", Kind::Fetch),
        ("web_fetch", Kind::Fetch),
        ("web_search", Kind::Fetch),
    ],
    mcp: McpNames::Joined("__"),
};

const EVENTS: [&str; 3] = ["PreToolUse", "PostToolUse", "TaskStart"];

#[derive(serde::Deserialize)]
struct Native<'a> {
    #[serde(borrow, default, rename = "taskId")]
    task_id: Text<'a>,
    #[serde(borrow, default, rename = "sessionContext")]
    session_context: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "hookName")]
    hook_name: Text<'a>,
    #[serde(borrow, default)]
    agent_id: Text<'a>,
    #[serde(borrow, default)]
    parent_agent_id: Text<'a>,
    #[serde(default, rename = "workspaceRoots")]
    workspace_roots: Vec<String>,
    #[serde(borrow, default)]
    tool_call: Option<Call<'a>>,
    #[serde(borrow, default, rename = "preToolUse")]
    pre_tool_use: Option<Before<'a>>,
    #[serde(borrow, default)]
    tool_result: Option<Call<'a>>,
    #[serde(borrow, default, rename = "postToolUse")]
    post_tool_use: Option<After<'a>>,
}

#[derive(serde::Deserialize)]
struct Call<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default)]
    input: Option<&'a RawValue>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Before<'a> {
    #[serde(borrow, default)]
    tool_name: Text<'a>,
    #[serde(borrow, default)]
    parameters: Option<&'a RawValue>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct After<'a> {
    #[serde(borrow, default)]
    tool_name: Text<'a>,
    #[serde(default)]
    success: Option<bool>,
    #[serde(borrow, default)]
    execution_time_ms: Option<&'a RawValue>,
}

impl Native<'_> {
    fn session(&self) -> Option<String> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Context<'a> {
            #[serde(borrow, default)]
            root_session_id: Text<'a>,
        }
        let context = self.session_context.and_then(|raw| serde_json::from_str::<Context<'_>>(raw.get()).ok());
        context.and_then(|context| context.root_session_id.owned()).or_else(|| self.task_id.owned())
    }

    fn subagent(&self) -> Option<String> {
        self.parent_agent_id.get().and_then(|_| self.agent_id.owned())
    }

    fn cwd(&self) -> Option<PathBuf> {
        self.workspace_roots.first().map(PathBuf::from)
    }

    fn action(&self) -> Result<ActionParts, WireFault> {
        let call = self.tool_call.as_ref();
        let before = self.pre_tool_use.as_ref();
        let tool = call
            .and_then(|call| call.name.owned())
            .or_else(|| before.and_then(|before| before.tool_name.owned()))
            .filter(|name| !name.is_empty())
            .ok_or_else(|| WireFault::Shape("the payload does not name its tool (`tool_call.name`)".to_owned()))?;
        let input = call.and_then(|call| call.input).or_else(|| before.and_then(|before| before.parameters));
        let asked = TOOLS.request(&tool, input, None)?;
        Ok(ActionParts {
            session: self.session(),
            subagent: self.subagent(),
            call: call.and_then(|call| call.id.owned()),
            request: asked.request,
            cwd: crate::tools::directory(self.cwd(), asked.directory),
            event: "PreToolUse".to_owned(),
            tool,
            headless: false,
        })
    }

    fn outcome(&self) -> Result<Event, WireFault> {
        let result = self.tool_result.as_ref();
        let after = self.post_tool_use.as_ref();
        let tool = result
            .and_then(|result| result.name.owned())
            .or_else(|| after.and_then(|after| after.tool_name.owned()))
            .ok_or_else(|| WireFault::Shape("the payload does not name its tool (`tool_result.name`)".to_owned()))?;
        Ok(Event::PostTool(Outcome {
            agent: "cline".to_owned(),
            session: self.session(),
            call: result.and_then(|result| result.id.owned()),
            tool,
            failed: after.and_then(|after| after.success).map(|success| !success),
            duration_ms: after.and_then(|after| millis(after.execution_time_ms)),
        }))
    }
}

/// Cline CLI.
pub(crate) struct Cline;

impl Dialect for Cline {
    fn name(&self) -> &'static str {
        "cline"
    }

    fn process_names(&self) -> &'static [&'static str] {
        &["cline"]
    }

    fn environment_markers(&self) -> &'static [&'static str] {
        &["CLINE_ACTIVE", "CLINE_CONNECTOR_CLI_LAUNCH"]
    }

    fn surfaces(&self) -> &'static [Surface] {
        const fn at(base: SurfaceBase, path: &'static str, subtree: bool) -> Surface {
            Surface { owner: "cline", base, path, subtree }
        }
        const ALL: &[Surface] = &[
            at(SurfaceBase::Home, ".cline/hooks", true),
            at(SurfaceBase::Home, ".cline/data/settings", true),
            at(SurfaceBase::Home, "Documents/Cline/Hooks", true),
            at(SurfaceBase::Project, ".cline/hooks", true),
            at(SurfaceBase::Project, ".clinerules/hooks", true),
        ];
        ALL
    }

    fn client_timeout(&self) -> std::time::Duration {
        // Built in; a hook that is late is ignored.
        std::time::Duration::from_secs(120)
    }

    fn decides(&self, event: Option<&str>) -> bool {
        !matches!(event, Some("PostToolUse" | "TaskStart"))
    }

    fn parse(&self, payload: &[u8], event: Option<&str>) -> Result<Event, WireFault> {
        let native: Native<'_> = wire::read(wire::text(payload)?)?;
        let named = match native.hook_name.get() {
            Some("tool_call") => Some("PreToolUse"),
            Some("tool_result") => Some("PostToolUse"),
            Some("agent_start") => Some("TaskStart"),
            Some(_) => Some(""),
            None => event,
        };
        match named {
            Some("PreToolUse") => native.action().map(Event::PreTool),
            Some("PostToolUse") => native.outcome(),
            Some("TaskStart") => Ok(match native.session() {
                // A sub-agent's start is not a new session.
                Some(session) if native.subagent().is_none() => Event::SessionStart { session, cwd: native.cwd() },
                _ => Event::Other,
            }),
            Some(_) => Ok(Event::Other),
            None => Err(WireFault::Shape("the payload does not name its event (`hookName`)".to_owned())),
        }
    }

    fn answer(&self, event: &Event, answer: &Answer) -> Reply {
        match (event, answer) {
            (Event::PreTool(_), Answer::Hold { reason, id }) => {
                let text = hold_text(reason, *id);
                Reply::belt(&json!({ "cancel": true, "errorMessage": text }), &text)
            }
            (Event::PreTool(_), Answer::Deny { reason } | Answer::Block { reason }) => self.refuse(reason),
            _ => Reply::silent(),
        }
    }

    fn refuse(&self, reason: &str) -> Reply {
        let reason = bounded(reason);
        Reply::belt(&json!({ "cancel": true, "errorMessage": reason }), &reason)
    }

    fn pieces(&self, level: Level, roots: &Roots) -> Result<Vec<Piece>, InstallError> {
        if level == Level::Managed {
            return Err(InstallError::NoManagedLevel { agent: self.name() });
        }
        let directory = self.config_dir(roots).join("hooks");
        Ok(EVENTS
            .into_iter()
            .map(|event| {
                let line = if self.decides(Some(event)) {
                    command::Line::deciding(r#"{\"cancel\":true,\"errorMessage\":\"%s\"}"#)
                } else {
                    command::Line::observing()
                };
                let script = line.script(&roots.weir_binary, self.name(), event, Some(&roots.weir_home));
                Piece::file(directory.join(event), script, Some(0o755), "Cline asks Weir before every tool call")
            })
            .collect())
    }

    fn silenced(&self, _level: Level, _roots: &Roots, _cwd: &Path) -> Option<String> {
        None
    }

    fn config_dir(&self, roots: &Roots) -> PathBuf {
        roots.directory("CLINE_DIR", ".cline")
    }
}
