//! The scripted model: a server on this machine that asks for the canary's commands, one after the other, and then ends.
//!
//! It keeps no conversation: which step comes next is read from the results that the request carries, so that a client
//! may ask again, side by side, and with questions of its own in between.

use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use serde_json::{Value, json};

use super::MARKER;
use super::http::{self, Request, Response};
use super::wire::{Api, Turn};

/// How a client's shell is called: the tool's name, and its arguments for a command.
pub(crate) type Shell = (&'static str, fn(&str) -> Value);

/// What the model asks for.
pub(crate) struct Steps {
    /// The commands, in order.
    pub(crate) commands: Vec<String>,
    /// The shells that the client may offer; the first that it does is used.
    pub(crate) shells: &'static [Shell],
}

/// What the model heard.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard {
    /// Requests to any model.
    pub(crate) requests: usize,
    /// The last command was asked for.
    pub(crate) asked: bool,
    /// Results that came back, at most.
    pub(crate) results: usize,
    /// The newest result, as the client tells it.
    pub(crate) last_result: Option<String>,
    /// The model has nothing more to say.
    pub(crate) is_over: bool,
}

/// The running server; stops when dropped.
pub(crate) struct Model {
    port: u16,
    heard: Arc<Mutex<Heard>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Model {
    /// Listens on a free port of the loopback interface.
    pub(crate) fn start(steps: Steps) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let heard = Arc::new(Mutex::new(Heard::default()));
        let stop = Arc::new(AtomicBool::new(false));
        let shared = (Arc::clone(&heard), Arc::clone(&stop), Arc::new(steps));
        let thread = std::thread::Builder::new().spawn(move || {
            let (heard, stop, steps) = shared;
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                let (heard, steps) = (Arc::clone(&heard), Arc::clone(&steps));
                // A connection that cannot be served is the client's to try again.
                let _ = std::thread::Builder::new()
                    .spawn(move || http::serve(&stream, |request| respond(request, &steps, &heard)));
            }
        })?;
        Ok(Self { port, heard, stop, thread: Some(thread) })
    }

    /// The server's address.
    pub(crate) fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What was heard so far.
    pub(crate) fn heard(&self) -> Heard {
        lock(&self.heard).clone()
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the listener.
        let woken = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok();
        if let Some(thread) = self.thread.take().filter(|_| woken) {
            let _ = thread.join();
        }
    }
}

fn lock(heard: &Mutex<Heard>) -> MutexGuard<'_, Heard> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}

fn respond(request: &Request, steps: &Steps, heard: &Mutex<Heard>) -> Response {
    if request.method == "CONNECT" {
        // Whom else the client wants to talk to, it does not reach.
        return Response::json(403, &json!({ "error": { "message": "Weir's canary lets nothing out" } }));
    }
    let Some(api) = Api::of(&request.path).filter(|_| request.method == "POST") else {
        return aside(request);
    };
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let results = api.results(&body);
    let offered = api.offered(&body);
    let shell = steps.shells.iter().find(|(name, _)| offered.iter().any(|offered| offered == name));
    let ours = contains(&request.body, MARKER);
    let command = steps.commands.get(results.len());
    let mut heard = lock(heard);
    heard.requests += 1;
    let turn = match (shell, command) {
        (Some((name, input)), Some(command)) if ours => {
            heard.asked |= results.len() + 1 == steps.commands.len();
            Turn::Call { name, input: input(command) }
        }
        (_, None) if ours => {
            heard.is_over = true;
            Turn::Say("Done.")
        }
        _ => Turn::Say("ok"),
    };
    if ours && results.len() >= heard.results && !results.is_empty() {
        heard.results = results.len();
        heard.last_result = results.last().cloned();
    }
    let serial = heard.requests;
    drop(heard);
    api.encode(&body, &request.path, &turn, serial)
}

/// Questions beside the conversation: which models there are, how many tokens a text has.
fn aside(request: &Request) -> Response {
    if request.path.ends_with("/count_tokens") {
        return Response::json(200, &json!({ "input_tokens": 10 }));
    }
    if request.path.contains(":countTokens") {
        return Response::json(200, &json!({ "totalTokens": 10 }));
    }
    if request.path.contains("/models") {
        let model = json!({
            "id": super::clients::MODEL, "object": "model", "type": "model", "created": 1, "owned_by": "weir",
            "display_name": super::clients::MODEL, "created_at": "2026-01-01T00:00:00Z",
        });
        return Response::json(200, &json!({ "object": "list", "data": [model], "has_more": false, "models": [] }));
    }
    if request.method == "POST" {
        return Response::json(200, &json!({}));
    }
    Response::json(404, &json!({ "error": { "type": "not_found_error", "message": "not here" } }))
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    fn ask(model: &Model, path: &str, body: &Value) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, model.port)).unwrap();
        let body = body.to_string();
        write!(stream, "POST {path} HTTP/1.1\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn the_script_goes_by_results_and_leaves_side_questions_alone() {
        let shells: &[Shell] = &[("Bash", |command| json!({ "command": command }))];
        let model = Model::start(Steps { commands: vec!["rm first".into(), "rm second".into()], shells }).unwrap();
        let user = json!({ "role": "user", "content": MARKER });
        let result =
            |at: usize| json!({ "role": "user", "content": [{ "type": "tool_result", "content": format!("r{at}") }] });
        let body = |messages: &[Value]| json!({ "stream": true, "tools": [{ "name": "Bash" }], "messages": messages });

        // A title is asked for without tools; a question without the marker is the client's own.
        assert!(ask(&model, "/v1/messages", &json!({ "messages": [user] })).contains("ok"));
        let foreign = json!({ "tools": [{ "name": "Bash" }], "messages": [{ "role": "user", "content": "hi" }] });
        assert!(ask(&model, "/v1/messages", &foreign).contains("ok"));
        assert!(!model.heard().asked);

        assert!(ask(&model, "/v1/messages", &body(std::slice::from_ref(&user))).contains("rm first"));
        assert!(!model.heard().asked);
        assert!(ask(&model, "/v1/messages", &body(&[user.clone(), result(1)])).contains("rm second"));
        assert!(model.heard().asked && !model.heard().is_over);
        assert!(ask(&model, "/v1/messages", &body(&[user, result(1), result(2)])).contains("Done."));
        let heard = model.heard();
        assert_eq!((heard.requests, heard.results, heard.last_result.as_deref()), (5, 2, Some("r2")));
        assert!(heard.is_over);
    }
}
