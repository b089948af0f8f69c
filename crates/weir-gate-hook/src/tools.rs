//! From a client's tool and its input to a [`Request`].
//!
//! Each agent's file has a table of the tools that it knows. Everything else, MCP tools included, is passed on with its
//! arguments as they are.

use std::fmt;
use std::path::PathBuf;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use weir_model::{Patch, PatchOp, Request};

use crate::wire::{Text, read};
use crate::{WireFault, patch};

/// What a tool does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Runs a command line of a POSIX-like shell.
    Shell,
    /// Runs a command line of `PowerShell`.
    PowerShell,
    /// Types into a shell that already runs.
    Keys,
    /// Changes part of a file.
    Update,
    /// Replaces a file.
    Write,
    /// Changes a file, or makes it where no old text is given.
    Editor,
    /// Looks at or changes a file, as its `command` says (`view`, `create`, `str_replace`, `insert`).
    TextEditor,
    /// Applies a patch.
    Patch,
    /// Looks, plans or talks; changes nothing outside the client.
    Look,
    /// Asks another machine.
    Fetch,
}

/// How the names of MCP tools are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum McpNames {
    /// `mcp__server__tool`.
    Prefixed,
    /// `mcp_server_tool`; where the server's name ends is told elsewhere in the payload.
    Ambiguous,
    /// `serverSEPtool`. Where the separator occurs in both names, the first one counts: for showing only.
    Joined(&'static str),
}

/// The tools of one client.
pub(crate) struct Tools {
    /// The built-in tools that are understood.
    pub(crate) known: &'static [(&'static str, Kind)],
    /// How the others are named.
    pub(crate) mcp: McpNames,
}

/// What a tool call asks for.
pub(crate) struct Asked {
    /// What.
    pub(crate) request: Request,
    /// The directory that the call itself names, as written.
    pub(crate) directory: Option<PathBuf>,
}

impl Tools {
    /// The request of a call of `tool` with `input`.
    pub(crate) fn request(
        &self,
        tool: &str,
        input: Option<&RawValue>,
        server: Option<String>,
    ) -> Result<Asked, WireFault> {
        let decoded: String;
        let mut raw = input.map_or("null", RawValue::get);
        let kind = self.known.iter().find(|(name, _)| *name == tool).map(|(_, kind)| *kind);
        if raw.starts_with('"') {
            // Some tools take free text, and some clients send the arguments as a string of JSON.
            decoded = read::<String>(raw)?;
            if kind == Some(Kind::Patch) && !decoded.trim_start().starts_with('{') {
                return files(tool, patch::touched(&decoded));
            }
            raw = &decoded;
        }
        let Some(kind) = kind else {
            let arguments = match read(raw) {
                Ok(arguments) => arguments,
                // Free text of a tool that nobody knows.
                Err(_) if input.is_some_and(|input| input.get().starts_with('"')) => raw.into(),
                Err(fault) => return Err(fault),
            };
            let server = server.or_else(|| self.server(tool));
            return Ok(Asked { request: Request::Tool { server, arguments }, directory: None });
        };
        let input: Input<'_> = match raw {
            "null" => Input::default(),
            raw => read(raw)?,
        };
        request(kind, tool, &input)
    }

    fn server(&self, tool: &str) -> Option<String> {
        let (server, _) = match self.mcp {
            McpNames::Prefixed => tool.strip_prefix("mcp__")?.split_once("__")?,
            McpNames::Ambiguous => tool.strip_prefix("mcp_")?.split_once('_')?,
            McpNames::Joined(separator) => tool.split_once(separator)?,
        };
        (!server.is_empty()).then(|| server.to_owned())
    }
}

/// The server's name in Gemini's `mcp_context`.
pub(crate) fn server_of_context(context: &RawValue) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Context<'a> {
        #[serde(borrow, default)]
        server_name: Text<'a>,
    }
    serde_json::from_str::<Context<'_>>(context.get()).ok()?.server_name.owned()
}

/// The directory in which a call runs: what it names itself, below the session's.
pub(crate) fn directory(session: Option<PathBuf>, own: Option<PathBuf>) -> Option<PathBuf> {
    match (session, own) {
        (Some(session), Some(own)) => Some(session.join(own)),
        (None, Some(own)) if own.is_absolute() => Some(own),
        (session, _) => session,
    }
}

/// The fields of all tools' inputs that say what is acted on. What a client does not send is missing.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Input<'a> {
    command: Lines,
    commands: Lines,
    cmd: Lines,
    #[serde(borrow)]
    script: Text<'a>,
    #[serde(borrow)]
    chars: Text<'a>,
    #[serde(borrow)]
    input: Text<'a>,
    #[serde(borrow, rename = "patchText")]
    patch_text: Text<'a>,
    #[serde(borrow)]
    patch: Text<'a>,
    #[serde(borrow)]
    file_path: Text<'a>,
    #[serde(borrow, rename = "filePath")]
    file_path_camel: Text<'a>,
    #[serde(borrow)]
    notebook_path: Text<'a>,
    #[serde(borrow)]
    absolute_path: Text<'a>,
    #[serde(borrow)]
    path: Text<'a>,
    #[serde(borrow)]
    dir_path: Text<'a>,
    #[serde(borrow)]
    directory: Text<'a>,
    #[serde(borrow)]
    workdir: Text<'a>,
    paths: Names,
    files: Names,
    #[serde(borrow)]
    old_text: Text<'a>,
    insert_line: Option<IgnoredAny>,
    #[serde(borrow)]
    url: Text<'a>,
    #[serde(borrow)]
    query: Text<'a>,
    #[serde(borrow)]
    prompt: Text<'a>,
    requests: Urls,
}

impl Input<'_> {
    fn file(&self) -> Option<PathBuf> {
        [&self.file_path, &self.file_path_camel, &self.notebook_path, &self.absolute_path, &self.path]
            .into_iter()
            .find_map(Text::path)
    }

    fn looked_at(&self) -> Vec<PathBuf> {
        let named = self.file().into_iter().chain(self.dir_path.path()).chain(self.directory.path());
        named.chain(self.paths.0.iter().map(PathBuf::from)).chain(self.files.0.iter().map(PathBuf::from)).collect()
    }
}

fn request(kind: Kind, tool: &str, input: &Input<'_>) -> Result<Asked, WireFault> {
    let directory = || [&input.workdir, &input.dir_path, &input.directory].into_iter().find_map(|text| text.path());
    let one = |op| {
        let path = input.file().ok_or_else(|| WireFault::Shape(format!("the call of `{tool}` names no file")))?;
        files(tool, vec![Patch { op, path }])
    };
    let asked = |request| Ok(Asked { request, directory: None });
    match kind {
        Kind::Shell | Kind::PowerShell => {
            let lines = [&input.command, &input.commands, &input.cmd].into_iter().find(|lines| !lines.texts.is_empty());
            let command = match lines {
                Some(lines) if lines.odd => None,
                Some(lines) => Some(lines.texts.join("\n")),
                None => input.script.owned(),
            };
            let command =
                command.ok_or_else(|| WireFault::Shape(format!("the call of `{tool}` has no readable command")))?;
            let shell = (kind == Kind::PowerShell).then(|| "powershell".to_owned());
            Ok(Asked { request: Request::Shell { command, shell }, directory: directory() })
        }
        Kind::Keys => {
            let command = input.input.owned().or_else(|| input.chars.owned()).unwrap_or_default();
            asked(Request::Shell { command, shell: None })
        }
        Kind::Update => one(PatchOp::Update),
        Kind::Write => one(PatchOp::Write),
        Kind::Editor => {
            let partly = input.old_text.get().is_some() || input.insert_line.is_some();
            one(if partly { PatchOp::Update } else { PatchOp::Write })
        }
        Kind::TextEditor => match input.command.texts.first().map(String::as_str) {
            Some("view") => asked(Request::Look { paths: input.looked_at() }),
            Some("create") => one(PatchOp::Write),
            _ => one(PatchOp::Update),
        },
        Kind::Patch => {
            let text = [&input.input, &input.patch_text, &input.patch].into_iter().find_map(Text::get);
            let text = text.map_or_else(|| input.command.texts.join("\n"), str::to_owned);
            files(tool, patch::touched(&text))
        }
        Kind::Look => asked(Request::Look { paths: input.looked_at() }),
        Kind::Fetch => {
            let url = [&input.url, &input.query, &input.prompt].into_iter().find_map(Text::owned);
            let url = url.unwrap_or_else(|| input.requests.0.join(" "));
            asked(Request::Fetch { url })
        }
    }
}

fn files(tool: &str, changes: Vec<Patch>) -> Result<Asked, WireFault> {
    if changes.is_empty() {
        return Err(WireFault::Shape(format!("the call of `{tool}` names no file")));
    }
    Ok(Asked { request: Request::Files { changes }, directory: None })
}

/// One command, or a list of commands.
#[derive(Default)]
struct Lines {
    texts: Vec<String>,
    /// Something in the list could not be read as a command.
    odd: bool,
}

impl<'de> Deserialize<'de> for Lines {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        struct Structured {
            #[serde(alias = "cmd")]
            command: Option<String>,
            #[serde(default)]
            args: Vec<String>,
        }
        let value = serde_json::Value::deserialize(deserializer)?;
        let mut lines = Self::default();
        let values = match value {
            serde_json::Value::Null => Vec::new(),
            // A list that was turned into a string on its way.
            serde_json::Value::String(text) if text.starts_with("[\"") => match serde_json::from_str(&text) {
                Ok(serde_json::Value::Array(values)) => values,
                _ => vec![serde_json::Value::String(text)],
            },
            serde_json::Value::Array(values) => values,
            other => vec![other],
        };
        for value in values {
            match value {
                serde_json::Value::String(text) => lines.texts.push(text),
                value @ serde_json::Value::Object(_) => match serde_json::from_value::<Structured>(value) {
                    Ok(Structured { command: Some(command), args }) => {
                        let words = args.iter().map(|word| quoted(word));
                        lines.texts.push(std::iter::once(command).chain(words).collect::<Vec<_>>().join(" "));
                    }
                    _ => lines.odd = true,
                },
                _ => lines.odd = true,
            }
        }
        // So that the oddity is seen even when nothing else was found.
        if lines.odd && lines.texts.is_empty() {
            lines.texts.push(String::new());
        }
        Ok(lines)
    }
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Paths: one, a list, or a list of objects with a `path`.
#[derive(Default)]
struct Names(Vec<String>);

/// Addresses: a list of objects with a `url`.
#[derive(Default)]
struct Urls(Vec<String>);

struct Collect(&'static str);

impl<'de> Visitor<'de> for Collect {
    type Value = Vec<String>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("names")
    }
    fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
        Ok(vec![v.to_owned()])
    }
    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }
    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }
    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }
    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut names = Vec::new();
        while let Some(value) = seq.next_element::<serde_json::Value>()? {
            let name = value.as_str().or_else(|| value.get(self.0).and_then(serde_json::Value::as_str));
            names.extend(name.map(str::to_owned));
        }
        Ok(names)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut names = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, serde_json::Value>()? {
            if key == self.0 {
                names.extend(value.as_str().map(str::to_owned));
            }
        }
        Ok(names)
    }
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Collect("path")).map(Self)
    }
}

impl<'de> Deserialize<'de> for Urls {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Collect("url")).map(Self)
    }
}
