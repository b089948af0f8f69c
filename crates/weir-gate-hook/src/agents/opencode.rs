//! `OpenCode`.
//!
//! It has no command hooks: a plugin runs inside it, starts Weir for each call and throws when Weir refuses, fails,
//! hangs or is missing. A plugin that cannot be loaded is skipped in silence, so `weir doctor` must look.

use std::path::{Path, PathBuf};

use weir_model::{Surface, SurfaceBase};

use crate::answer::{ClaudeBody, bounded, hold_text};
use crate::install::{InstallError, Level, Piece, Roots, command, look};
use crate::tools::{Kind, McpNames, Tools};
use crate::wire::{self, Payload};
use crate::{Answer, Dialect, Event, Reply, WireFault};

const TOOLS: Tools = Tools {
    known: &[
        ("bash", Kind::Shell),
        ("write", Kind::Write),
        ("edit", Kind::Update),
        ("multiedit", Kind::Update),
        ("patch", Kind::Patch),
        ("apply_patch", Kind::Patch),
        ("read", Kind::Look),
        ("glob", Kind::Look),
        ("grep", Kind::Look),
        ("list", Kind::Look),
        ("lsp", Kind::Look),
        ("skill", Kind::Look),
        ("task", Kind::Look),
        ("todowrite", Kind::Look),
        ("todoread", Kind::Look),
        ("question", Kind::Look),
        ("plan_enter", Kind::Look),
        ("plan_exit", Kind::Look),
        ("invalid", Kind::Look),
        ("webfetch", Kind::Fetch),
        ("websearch", Kind::Fetch),
        ("codesearch", Kind::Fetch),
    ],
    mcp: McpNames::Joined("_"),
};

/// The plugin, with places for the command and its limit.
const PLUGIN: &str = include_str!("opencode_plugin.js");

/// `OpenCode`.
pub(crate) struct OpenCode;

impl Dialect for OpenCode {
    fn name(&self) -> &'static str {
        "opencode"
    }

    fn process_names(&self) -> &'static [&'static str] {
        &["opencode"]
    }

    fn environment_markers(&self) -> &'static [&'static str] {
        &["OPENCODE", "OPENCODE_PID"]
    }

    fn surfaces(&self) -> &'static [Surface] {
        const fn at(base: SurfaceBase, path: &'static str, subtree: bool) -> Surface {
            Surface { owner: "opencode", base, path, subtree }
        }
        const ALL: &[Surface] = &[
            at(SurfaceBase::Home, ".config/opencode/plugin", true),
            at(SurfaceBase::Home, ".config/opencode/plugins", true),
            at(SurfaceBase::Home, ".config/opencode/opencode.json", false),
            at(SurfaceBase::Home, ".config/opencode/opencode.jsonc", false),
            at(SurfaceBase::Home, ".config/opencode/config.json", false),
            at(SurfaceBase::Project, ".opencode/plugin", true),
            at(SurfaceBase::Project, ".opencode/plugins", true),
        ];
        ALL
    }

    fn decides(&self, event: Option<&str>) -> bool {
        !matches!(event, Some("tool.execute.after" | "session.created"))
    }

    fn parse(&self, payload: &[u8], event: Option<&str>) -> Result<Event, WireFault> {
        let payload: Payload<'_> = wire::read(wire::text(payload)?)?;
        let event = payload.event(event)?;
        match event {
            "tool.execute.before" => payload.action(event, &TOOLS).map(Event::PreTool),
            "tool.execute.after" => {
                #[derive(serde::Deserialize)]
                struct Response {
                    #[serde(default)]
                    metadata: Option<Metadata>,
                }
                #[derive(serde::Deserialize)]
                struct Metadata {
                    #[serde(default)]
                    exit: Option<i64>,
                }
                let exit = payload
                    .tool_response
                    .and_then(|raw| serde_json::from_str::<Response>(raw.get()).ok())
                    .and_then(|response| response.metadata?.exit);
                payload.outcome(self.name(), exit.map(|code| code != 0))
            }
            "session.created" => Ok(payload.session()),
            _ => Ok(Event::Other),
        }
    }

    fn answer(&self, event: &Event, answer: &Answer) -> Reply {
        match (event, answer) {
            (Event::PreTool(_), Answer::Hold { reason, id }) => {
                let text = hold_text(reason, *id);
                Reply::belt(&ClaudeBody::new("PreToolUse", "deny", &text), &text)
            }
            (Event::PreTool(_), Answer::Deny { reason } | Answer::Block { reason }) => self.refuse(reason),
            _ => Reply::silent(),
        }
    }

    fn refuse(&self, reason: &str) -> Reply {
        let reason = bounded(reason);
        Reply::belt(&ClaudeBody::new("PreToolUse", "deny", &reason), &reason)
    }

    fn pieces(&self, level: Level, roots: &Roots) -> Result<Vec<Piece>, InstallError> {
        if level == Level::Managed {
            return Err(InstallError::NoManagedLevel { agent: self.name() });
        }
        let js = |text: &str| serde_json::Value::from(text).to_string();
        let binary = roots.weir_binary.to_string_lossy();
        let plugin = PLUGIN
            .replace("__MARKER__", command::MARKER)
            .replace("__WEIR__", &js(&binary))
            .replace("__HOME__", &js(&roots.weir_home.to_string_lossy()))
            .replace("__TIMEOUT_MS__", &self.client_timeout().as_millis().to_string());
        let path = self.config_dir(roots).join("plugin/weir.js");
        Ok(vec![Piece::file(path, plugin, level.mode(), "OpenCode asks Weir before every tool call")])
    }

    fn silenced(&self, _level: Level, roots: &Roots, _cwd: &Path) -> Option<String> {
        roots
            .variable("OPENCODE_PURE")
            .filter(|value| matches!(value.to_str(), Some("1" | "true")))
            .map(|_| "`OPENCODE_PURE` is set, so plugins are not loaded".to_owned())
            .or_else(|| look::missing(&roots.weir_binary))
    }

    fn config_dir(&self, roots: &Roots) -> PathBuf {
        roots
            .variable("XDG_CONFIG_HOME")
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
            .unwrap_or_else(|| roots.home.join(".config"))
            .join("opencode")
    }
}
