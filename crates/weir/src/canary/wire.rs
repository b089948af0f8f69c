//! The four protocols in which clients talk to models, as far as a script needs them.

use serde_json::{Value, json};

use super::http::Response;

/// A protocol, known by the path of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Api {
    /// Anthropic Messages.
    Messages,
    /// `OpenAI` Responses.
    Responses,
    /// `OpenAI` Chat Completions.
    Chat,
    /// Gemini `generateContent`.
    Gemini,
}

/// What the model says next.
pub(crate) enum Turn {
    /// It calls a tool.
    Call {
        /// The tool's name.
        name: &'static str,
        /// Its arguments.
        input: Value,
    },
    /// It says something, and its turn is over.
    Say(&'static str),
}

impl Api {
    /// The protocol of a request to `path`.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let found = [
            ("/messages", Self::Messages),
            ("/responses", Self::Responses),
            ("/chat/completions", Self::Chat),
            (":streamGenerateContent", Self::Gemini),
            (":generateContent", Self::Gemini),
        ];
        found.iter().find(|(end, _)| path.ends_with(end)).map(|(_, api)| *api)
    }

    /// The results of tool calls in a request, oldest first.
    pub(crate) fn results(self, body: &Value) -> Vec<String> {
        let list = |value: &Value, name: &str| value.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        let is = |value: &Value, name: &str, wanted: &str| value.get(name).and_then(Value::as_str) == Some(wanted);
        let text = |value: Option<&Value>| value.map(plain_text).unwrap_or_default();
        match self {
            Self::Messages => list(body, "messages")
                .iter()
                .flat_map(|message| list(message, "content"))
                .filter(|block| is(block, "type", "tool_result"))
                .map(|block| text(block.get("content")))
                .collect(),
            Self::Responses => list(body, "input")
                .iter()
                .filter(|item| item.get("type").and_then(Value::as_str).is_some_and(|name| name.ends_with("_output")))
                .map(|item| text(item.get("output")))
                .collect(),
            Self::Chat => list(body, "messages")
                .iter()
                .filter(|message| is(message, "role", "tool"))
                .map(|message| text(message.get("content")))
                .collect(),
            Self::Gemini => list(body, "contents")
                .iter()
                .flat_map(|content| list(content, "parts"))
                .filter_map(|part| part.get("functionResponse").map(|response| text(response.get("response"))))
                .collect(),
        }
    }

    /// The names of the tools that a request offers.
    pub(crate) fn offered(self, body: &Value) -> Vec<String> {
        let tools = body.get("tools").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let name = |tool: &Value| tool.get("name").and_then(Value::as_str).map(str::to_owned);
        match self {
            Self::Messages | Self::Responses => tools.iter().filter_map(name).collect(),
            Self::Chat => tools.iter().filter_map(|tool| name(tool.get("function")?)).collect(),
            Self::Gemini => tools
                .iter()
                .filter_map(|tool| tool.get("functionDeclarations")?.as_array())
                .flatten()
                .filter_map(name)
                .collect(),
        }
    }

    /// The response that says `turn`.
    pub(crate) fn encode(self, body: &Value, path: &str, turn: &Turn, serial: usize) -> Response {
        let stream = body.get("stream").and_then(Value::as_bool) == Some(true);
        let model = body.get("model").cloned().unwrap_or_default();
        match self {
            Self::Messages => messages(&model, stream, turn, serial),
            Self::Responses => responses(&model, stream, turn, serial),
            Self::Chat => chat(&model, stream, turn, serial),
            Self::Gemini => gemini(body, path.contains(":stream"), turn, serial),
        }
    }
}

/// The text in whatever a client wraps it.
fn plain_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(plain_text).collect::<Vec<_>>().join(" "),
        Value::Object(map) => map.get("text").map_or_else(|| value.to_string(), plain_text),
        _ => String::new(),
    }
}

/// Events that carry their name inside as well.
fn named(events: Vec<Value>) -> Response {
    let name = |event: &Value| event.get("type").and_then(Value::as_str).map(str::to_owned);
    let events: Vec<_> = events.iter().map(|event| (name(event), event.to_string())).collect();
    let borrowed: Vec<_> = events.iter().map(|(name, data)| (name.as_deref(), data.clone())).collect();
    Response::events(&borrowed)
}

fn messages(model: &Value, stream: bool, turn: &Turn, serial: usize) -> Response {
    let (block, start, delta, stop) = match turn {
        Turn::Call { name, input } => (
            json!({ "type": "tool_use", "id": format!("toolu_canary{serial:08}"), "name": name, "input": input }),
            json!({ "type": "tool_use", "id": format!("toolu_canary{serial:08}"), "name": name, "input": {} }),
            json!({ "type": "input_json_delta", "partial_json": input.to_string() }),
            "tool_use",
        ),
        Turn::Say(text) => (
            json!({ "type": "text", "text": text }),
            json!({ "type": "text", "text": "" }),
            json!({ "type": "text_delta", "text": text }),
            "end_turn",
        ),
    };
    let usage = json!({ "input_tokens": 1, "output_tokens": 1, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0 });
    let message = |content: Value, stop: Value| {
        json!({
            "id": format!("msg_canary{serial:08}"), "type": "message", "role": "assistant", "model": model,
            "content": content, "stop_reason": stop, "stop_sequence": null, "usage": usage,
        })
    };
    if !stream {
        return Response::json(200, &message(json!([block]), stop.into()));
    }
    named(vec![
        json!({ "type": "message_start", "message": message(json!([]), Value::Null) }),
        json!({ "type": "content_block_start", "index": 0, "content_block": start }),
        json!({ "type": "content_block_delta", "index": 0, "delta": delta }),
        json!({ "type": "content_block_stop", "index": 0 }),
        json!({ "type": "message_delta", "delta": { "stop_reason": stop, "stop_sequence": null }, "usage": { "output_tokens": 1 } }),
        json!({ "type": "message_stop" }),
    ])
}

fn responses(model: &Value, stream: bool, turn: &Turn, serial: usize) -> Response {
    let item = match turn {
        Turn::Call { name, input } => json!({
            "type": "function_call", "id": format!("fc_{serial}"), "call_id": format!("call_{serial}"),
            "status": "completed", "name": name, "arguments": input.to_string(),
        }),
        Turn::Say(text) => json!({
            "type": "message", "id": format!("msg_{serial}"), "role": "assistant", "status": "completed",
            "content": [{ "type": "output_text", "text": text, "annotations": [] }],
        }),
    };
    let response = |status: &str, output: Value| {
        json!({
            "id": format!("resp_{serial}"), "object": "response", "created_at": 1, "model": model, "status": status,
            "output": output,
            "usage": {
                "input_tokens": 1, "input_tokens_details": { "cached_tokens": 0 },
                "output_tokens": 1, "output_tokens_details": { "reasoning_tokens": 0 }, "total_tokens": 2,
            },
        })
    };
    let whole = response("completed", json!([item]));
    if !stream {
        return Response::json(200, &whole);
    }
    named(vec![
        json!({ "type": "response.created", "sequence_number": 0, "response": response("in_progress", json!([])) }),
        json!({ "type": "response.output_item.added", "output_index": 0, "item": item }),
        json!({ "type": "response.output_item.done", "output_index": 0, "item": item }),
        json!({ "type": "response.completed", "response": whole }),
    ])
}

fn chat(model: &Value, stream: bool, turn: &Turn, serial: usize) -> Response {
    let (message, finish) = match turn {
        Turn::Call { name, input } => (
            json!({
                "role": "assistant", "content": null,
                "tool_calls": [{
                    "index": 0, "id": format!("call_{serial}"), "type": "function",
                    "function": { "name": name, "arguments": input.to_string() },
                }],
            }),
            "tool_calls",
        ),
        Turn::Say(text) => (json!({ "role": "assistant", "content": text }), "stop"),
    };
    let usage = json!({ "prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2 });
    let id = format!("chatcmpl-{serial}");
    if !stream {
        let choice = json!({ "index": 0, "message": message, "finish_reason": finish });
        let whole = json!({ "id": id, "object": "chat.completion", "created": 1, "model": model, "choices": [choice], "usage": usage });
        return Response::json(200, &whole);
    }
    let chunk = |choices: Value| json!({ "id": id, "object": "chat.completion.chunk", "created": 1, "model": model, "choices": choices });
    let mut last = chunk(json!([]));
    if let Some(last) = last.as_object_mut() {
        last.insert("usage".to_owned(), usage);
    }
    Response::events(&[
        (None, chunk(json!([{ "index": 0, "delta": message, "finish_reason": null }])).to_string()),
        (None, chunk(json!([{ "index": 0, "delta": {}, "finish_reason": finish }])).to_string()),
        (None, last.to_string()),
        (None, "[DONE]".to_owned()),
    ])
}

fn gemini(body: &Value, stream: bool, turn: &Turn, serial: usize) -> Response {
    let part = match turn {
        Turn::Call { name, input } => {
            json!({ "functionCall": { "name": name, "args": input, "id": format!("call{serial}") } })
        }
        Turn::Say(text) => {
            let config = body.get("generationConfig");
            let wants_json = config.is_some_and(|config| {
                config.get("responseMimeType").and_then(Value::as_str) == Some("application/json")
                    || config.get("responseJsonSchema").is_some()
            });
            // The client's own questions: which model is right for this, and whose turn it is.
            let answer = json!({
                "reasoning": "-", "next_speaker": "user", "model_choice": "flash",
                "complexity_reasoning": "-", "complexity_score": 1,
            });
            json!({ "text": if wants_json { answer.to_string() } else { (*text).to_owned() } })
        }
    };
    let whole = json!({
        "candidates": [{ "content": { "role": "model", "parts": [part] }, "finishReason": "STOP", "index": 0 }],
        "usageMetadata": { "promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2 },
        "modelVersion": super::clients::MODEL, "responseId": format!("r{serial}"),
    });
    if stream { Response::events(&[(None, whole.to_string())]) } else { Response::json(200, &whole) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_and_tools_are_found_in_each_protocol() {
        let cases = [
            (
                "/v1/messages",
                json!({ "tools": [{ "name": "Bash" }], "messages": [
                    { "role": "user", "content": "hi" },
                    { "role": "user", "content": [{ "type": "tool_result", "content": [{ "type": "text", "text": "out" }] }] },
                ] }),
            ),
            (
                "/v1/responses",
                json!({ "tools": [{ "type": "function", "name": "Bash" }, { "type": "web_search" }], "input": [
                    { "type": "message", "role": "user", "content": "hi" },
                    { "type": "function_call_output", "output": "out" },
                ] }),
            ),
            (
                "/v1/chat/completions",
                json!({ "tools": [{ "type": "function", "function": { "name": "Bash" } }], "messages": [
                    { "role": "user", "content": "hi" }, { "role": "tool", "content": "out" },
                ] }),
            ),
            (
                "/v1beta/models/m:streamGenerateContent",
                json!({ "tools": [{ "functionDeclarations": [{ "name": "Bash" }] }], "contents": [
                    { "role": "user", "parts": [{ "text": "hi" }] },
                    { "role": "user", "parts": [{ "functionResponse": { "response": { "text": "out" } } }] },
                ] }),
            ),
        ];
        for (path, body) in cases {
            let api = Api::of(path).unwrap();
            assert_eq!(api.offered(&body), ["Bash"], "{path}");
            assert_eq!(api.results(&body), ["out"], "{path}");
            for body in [&body, &Value::Null, &json!([]), &json!({ "messages": 1, "input": "x", "tools": {} })] {
                let reply = api.encode(body, path, &Turn::Call { name: "Bash", input: json!({ "command": "ls" }) }, 1);
                assert!(String::from_utf8_lossy(&reply.body).contains("Bash"), "{path}");
            }
        }
        assert_eq!(Api::of("/v1/messages/count_tokens"), None);
    }
}
