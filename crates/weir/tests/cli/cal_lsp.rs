//! `weir cal lsp` in conversation with a client, over real pipes.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::cal::services;
use crate::support::{Machine, text};

struct Client {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    next: i32,
}

impl Client {
    fn new(machine: &Machine) -> Self {
        let mut child = machine
            .command(&["cal", "lsp"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, input, output, next: 0 }
    }

    fn initialized(machine: &Machine) -> Self {
        let mut client = Self::new(machine);
        let answer = client.ask("initialize", json!({ "capabilities": {}, "processId": null, "rootUri": null }));
        assert_eq!(answer["result"]["capabilities"]["positionEncoding"], "utf-16", "{answer}");
        client.tell("initialized", json!({}));
        client
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.input.as_mut().unwrap().write_all(bytes).unwrap();
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        self.raw(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn receive(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the server went away");
            match line.trim().split_once(": ") {
                Some(("Content-Length", value)) => length = value.parse().unwrap(),
                _ => break,
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let id = self.next;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        let answer = self.receive();
        assert_eq!(answer["id"], id, "{answer}");
        answer
    }

    fn open(&mut self, uri: &str, script: &str) -> Value {
        let item = json!({ "uri": uri, "languageId": "cal", "version": 1, "text": script });
        self.tell("textDocument/didOpen", json!({ "textDocument": item }));
        self.published(uri)
    }

    fn change(&mut self, uri: &str, version: i32, changes: Value) -> Value {
        let document = json!({ "uri": uri, "version": version });
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }));
        let found = self.published(uri);
        assert_eq!(found["version"], version);
        found
    }

    /// What the server says of a script without being asked.
    fn published(&mut self, uri: &str) -> Value {
        let message = self.receive();
        assert_eq!(message["method"], "textDocument/publishDiagnostics", "{message}");
        assert_eq!(message["params"]["uri"], uri);
        message["params"].clone()
    }

    fn at(&mut self, method: &str, uri: &str, (line, character): (u32, u32)) -> Value {
        let position = json!({ "line": line, "character": character });
        self.ask(method, json!({ "textDocument": { "uri": uri }, "position": position }))["result"].clone()
    }

    /// Closes the connection; the exit code.
    fn end(mut self) -> Option<i32> {
        drop(self.input.take());
        self.child.wait().unwrap().code()
    }
}

fn range(line: u32, start: u32, end: u32) -> Value {
    json!({ "start": { "line": line, "character": start }, "end": { "line": line, "character": end } })
}

fn uri(machine: &Machine, name: &str) -> String {
    format!("file://{}", machine.project().join(name).display())
}

#[test]
fn mistakes_are_told_at_their_utf_16_place_and_mended() {
    let machine = Machine::new();
    services(&machine);
    let mut client = Client::initialized(&machine);
    let uri = uri(&machine, "a.cal");
    // The mistake stands behind a character of two UTF-16 units and four bytes.
    let script = "FORAGE services\n  WHERE team = \"😀\" SURFAC x\n";
    let found = client.open(&uri, script);
    let first = &found["diagnostics"][0];
    assert_eq!(first["range"], range(1, 20, 26), "{found}");
    assert_eq!((&first["severity"], &first["source"]), (&json!(1), &json!("cal")));
    assert!(first["message"].as_str().unwrap().contains("SURFACE"), "{first}");

    let context = json!({ "diagnostics": [first] });
    let actions = client.ask(
        "textDocument/codeAction",
        json!({ "textDocument": { "uri": uri }, "range": range(1, 21, 21), "context": context }),
    );
    let edit = &actions["result"][0]["edit"]["changes"][&uri][0];
    assert_eq!(edit, &json!({ "range": range(1, 20, 26), "newText": "SURFACE" }), "{actions}");
    let elsewhere = json!({ "textDocument": { "uri": uri }, "range": range(0, 0, 1), "context": context });
    assert_eq!(client.ask("textDocument/codeAction", elsewhere)["result"], json!([]));

    let mended = client.change(&uri, 2, json!([{ "range": edit["range"], "text": edit["newText"] }]));
    assert_eq!(mended["diagnostics"], json!([]));
    client.tell("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    assert_eq!(client.published(&uri)["diagnostics"], json!([]));
    assert_eq!(client.at("textDocument/hover", &uri, (0, 1)), Value::Null, "a closed script is not known");
}

#[test]
fn the_data_and_the_results_are_known() {
    let machine = Machine::new();
    services(&machine);
    let mut client = Client::initialized(&machine);
    let uri = uri(&machine, "a.cal");
    let script = "FORAGE services WHERE id = \"billing\" SURFACE exposed\n\
        DRIFT exposed METHODOLOGY 85 PERFORMANCE 35\n\
        FETCH exposed THRESHOLD 1000 ON EXECUTE CHIRP critical \"act\"\n\
        SURFACE exposed AS json TO \"out.json\"\n";
    assert_eq!(client.open(&uri, script)["diagnostics"], json!([]));

    let hover = |client: &mut Client, place| client.at("textDocument/hover", &uri, place);
    let value = |hover: &Value| hover["contents"]["value"].as_str().unwrap_or_default().to_owned();
    let fetch = hover(&mut client, (2, 1));
    assert!(value(&fetch).contains("chirp 66.67 x drift 50 x confidence 0.85 = **2833.475**"), "{fetch}");
    assert!(value(&fetch).contains("EXECUTE"), "{fetch}");
    assert_eq!(fetch["range"], range(2, 0, 5));
    let drift = hover(&mut client, (1, 0));
    assert!(value(&drift).contains("methodology 85 - performance 35 = **50**"), "{drift}");
    let field = hover(&mut client, (0, 22));
    assert!(value(&field).contains("field of `services`, text"), "{field}");
    assert!(!machine.project().join("out.json").exists(), "looking writes nothing");

    let place = client.at("textDocument/definition", &uri, (2, 8));
    assert_eq!(place, json!({ "uri": uri, "range": range(0, 45, 52) }));
    assert_eq!(client.at("textDocument/definition", &uri, (0, 0)), Value::Null);

    client.change(&uri, 2, json!([{ "text": "FORAGE services WHERE r" }]));
    let offered = client.at("textDocument/completion", &uri, (0, 23));
    let one = &offered[0];
    assert_eq!((&one["label"], &one["textEdit"]["range"]), (&json!("reviewed_pct"), &range(0, 22, 23)), "{offered}");
    client.change(&uri, 3, json!([{ "text": "FORAGE " }]));
    let offered = client.at("textDocument/completion", &uri, (0, 7));
    assert_eq!(offered[0]["label"], "services", "{offered}");

    let wrong = client.change(&uri, 4, json!([{ "text": "FORAGE service" }]));
    assert!(wrong.to_string().contains("`services`"), "{wrong}");
}

#[test]
fn a_script_is_formatted_as_on_the_command_line() {
    let machine = Machine::new();
    services(&machine);
    let mut client = Client::initialized(&machine);
    let uri = uri(&machine, "a.cal");
    let script =
        "forage services where tier=1 and team=\"é\" surface x -- why\n\n\ndrift x methodology 85 performance 35";
    client.open(&uri, script);
    let options = json!({ "tabSize": 2, "insertSpaces": true });
    let request = json!({ "textDocument": { "uri": uri }, "options": options });
    let edits = client.ask("textDocument/formatting", request.clone())["result"].clone();
    let expected = text(&machine.feed(&["cal", "fmt", "-"], script.as_bytes()).stdout);
    assert!(expected.starts_with("FORAGE services\n"), "{expected}");
    let whole = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 3, "character": 37 } });
    assert_eq!(edits, json!([{ "range": whole, "newText": expected }]));
    client.change(&uri, 2, json!([{ "text": expected }]));
    assert_eq!(client.ask("textDocument/formatting", request.clone())["result"], json!([]));
    client.change(&uri, 3, json!([{ "text": "FORAGE (" }]));
    assert_eq!(client.ask("textDocument/formatting", request)["result"], Value::Null, "mistakes are not formatted");
}

#[test]
fn bad_messages_are_answered_and_the_server_goes_on() {
    let machine = Machine::new();
    let mut client = Client::new(&machine);
    let early = client.ask("textDocument/hover", json!({}));
    assert_eq!(early["error"]["code"], -32002);
    let answer = client.ask("initialize", json!({ "capabilities": {} }));
    assert_eq!(answer["result"]["serverInfo"]["name"], "weir cal");

    client.raw(b"Content-Length: 1\r\n\r\n{");
    assert_eq!(client.receive()["error"]["code"], -32700);
    client.raw(b"Content-Length: 4\r\n\r\n\"\xff\"\n");
    assert_eq!(client.receive()["error"]["code"], -32700);
    client.raw(b"Content-Length: 2\r\n\r\n[]");
    assert_eq!(client.receive()["error"]["code"], -32600);
    client.raw(b"Content-Length: much\r\n\r\n");
    assert_eq!(client.receive()["id"], Value::Null);
    client.tell("textDocument/didOpen", json!({ "textDocument": 7 }));
    client.tell(
        "textDocument/didChange",
        json!({ "textDocument": { "uri": "file:///x", "version": 1 }, "contentChanges": [] }),
    );
    client.tell("$/unknown", json!({}));

    assert_eq!(client.ask("textDocument/hover", json!({ "position": 7 }))["error"]["code"], -32602);
    assert_eq!(client.ask("weather/tomorrow", json!({}))["error"]["code"], -32601);
    assert_eq!(client.ask("initialize", json!({ "capabilities": {} }))["error"]["code"], -32600);
    assert_eq!(client.ask("shutdown", Value::Null)["result"], Value::Null);
    assert_eq!(client.ask("textDocument/hover", json!({}))["error"]["code"], -32600);
    client.tell("exit", Value::Null);
    assert_eq!(client.end(), Some(0));
}

#[test]
fn an_end_without_shutdown_is_told_by_the_exit_code() {
    let machine = Machine::new();
    let mut client = Client::initialized(&machine);
    client.tell("exit", Value::Null);
    assert_eq!(client.end(), Some(1));
    assert_eq!(Client::initialized(&machine).end(), Some(1), "the client went away");
}
