//! Reading payloads: limits, and types that tolerate what is missing, odd or new.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use weir_model::Outcome;

use crate::tools::{self, Tools};
use crate::{ActionParts, Event, WireFault};

/// The largest payload that is read, in bytes.
pub const LARGEST_PAYLOAD: usize = 16 * 1024 * 1024;

/// The payload as the text of an object, if it is not too large and is text.
pub(crate) fn text(payload: &[u8]) -> Result<&str, WireFault> {
    if payload.len() > LARGEST_PAYLOAD {
        return Err(WireFault::TooLarge { bytes: payload.len() });
    }
    let text = std::str::from_utf8(payload).map_err(|error| WireFault::NotUtf8 { at: error.valid_up_to() })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let head = text.trim_start();
    // A list would be read as an object's values without their names.
    if !head.is_empty() && !head.starts_with('{') {
        return Err(WireFault::NotJson("it is not an object".to_owned()));
    }
    Ok(text)
}

/// A part of the payload as a `T`.
pub(crate) fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, WireFault> {
    serde_json::from_str(text).map_err(|error| WireFault::NotJson(error.to_string()))
}

/// A string where there is one; anything else counts as missing.
#[derive(Debug, Default, Clone)]
pub(crate) struct Text<'a>(pub(crate) Option<Cow<'a, str>>);

impl Text<'_> {
    pub(crate) fn get(&self) -> Option<&str> {
        self.0.as_deref()
    }

    pub(crate) fn owned(&self) -> Option<String> {
        self.0.as_ref().map(|text| text.clone().into_owned())
    }

    pub(crate) fn path(&self) -> Option<PathBuf> {
        self.get().filter(|text| !text.is_empty()).map(PathBuf::from)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Seen;
        impl<'de> Visitor<'de> for Seen {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }
            fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Some(Cow::Borrowed(v))))
            }
            fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
                Ok(Text(Some(Cow::Owned(v.to_owned()))))
            }
            fn visit_string<E>(self, v: String) -> Result<Self::Value, E> {
                Ok(Text(Some(Cow::Owned(v))))
            }
            fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
                Ok(Text(None))
            }
            fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
                Ok(Text(None))
            }
            fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
                Ok(Text(None))
            }
            fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
                Ok(Text(None))
            }
            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Text(None))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Text(None))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Text(None))
            }
        }
        deserializer.deserialize_any(Seen)
    }
}

/// A whole number of milliseconds where there is one.
pub(crate) fn millis(raw: Option<&RawValue>) -> Option<u64> {
    let number: f64 = raw?.get().parse().ok()?;
    // Durations beyond 2^53 ms, and negative ones, are nonsense.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
    (0.0..9.0e15).contains(&number).then_some(number as u64)
}

/// The payload of the Claude layout, as Claude, Codex, Gemini, Qwen and Weir's own `OpenCode` plugin send it.
#[derive(serde::Deserialize)]
pub(crate) struct Payload<'a> {
    #[serde(borrow, default)]
    pub(crate) session_id: Text<'a>,
    #[serde(borrow, default)]
    pub(crate) cwd: Text<'a>,
    #[serde(borrow, default)]
    pub(crate) hook_event_name: Text<'a>,
    #[serde(borrow, default)]
    pub(crate) tool_name: Text<'a>,
    #[serde(borrow, default)]
    pub(crate) tool_input: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(crate) tool_response: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(crate) tool_use_id: Text<'a>,
    #[serde(borrow, default)]
    pub(crate) agent_id: Text<'a>,
    #[serde(borrow, default)]
    pub(crate) source: Text<'a>,
    #[serde(borrow, default)]
    pub(crate) file_path: Text<'a>,
    #[serde(borrow, default)]
    pub(crate) duration_ms: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(crate) mcp_context: Option<&'a RawValue>,
}

impl Payload<'_> {
    /// The name of the event: the payload's own, else the one that the installed command names.
    pub(crate) fn event<'s>(&'s self, hint: Option<&'s str>) -> Result<&'s str, WireFault> {
        self.hook_event_name
            .get()
            .or(hint)
            .ok_or_else(|| WireFault::Shape("the payload does not name its event (`hook_event_name`)".to_owned()))
    }

    /// The tool's name.
    pub(crate) fn tool(&self) -> Result<&str, WireFault> {
        self.tool_name
            .get()
            .filter(|name| !name.is_empty())
            .ok_or_else(|| WireFault::Shape("the payload does not name its tool (`tool_name`)".to_owned()))
    }

    /// The call that is about to run.
    pub(crate) fn action(&self, event: &str, tools: &Tools) -> Result<ActionParts, WireFault> {
        let tool = self.tool()?;
        let server = self.mcp_context.and_then(tools::server_of_context);
        let asked = tools.request(tool, self.tool_input, server)?;
        Ok(ActionParts {
            session: self.session_id.owned(),
            subagent: self.agent_id.owned(),
            tool: tool.to_owned(),
            call: self.tool_use_id.owned(),
            request: asked.request,
            cwd: tools::directory(self.cwd.path(), asked.directory),
            event: event.to_owned(),
            headless: false,
        })
    }

    /// The end of a call.
    pub(crate) fn outcome(&self, agent: &str, failed: Option<bool>) -> Result<Event, WireFault> {
        Ok(Event::PostTool(Outcome {
            agent: agent.to_owned(),
            session: self.session_id.owned(),
            call: self.tool_use_id.owned(),
            tool: self.tool()?.to_owned(),
            failed,
            duration_ms: millis(self.duration_ms),
        }))
    }

    /// The beginning of a session; without an id there is nothing to remember.
    pub(crate) fn session(&self) -> Event {
        match self.session_id.owned() {
            Some(session) => Event::SessionStart { session, cwd: self.cwd.path() },
            None => Event::Other,
        }
    }
}
