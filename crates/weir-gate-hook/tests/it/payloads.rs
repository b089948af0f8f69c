//! Every captured payload reads as what it is. The expectation of each is one line of `tests/data/<agent>.expected`.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use weir_gate_hook::{AGENTS, ActionParts, Dialect, Event, find_agent};
use weir_model::Request;

pub(crate) fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// The captured payloads of `agent`: their names, and the event under which each was captured.
pub(crate) fn captured(agent: &str) -> Vec<(String, String, String)> {
    let text = fs::read_to_string(data(&format!("{agent}.jsonl"))).unwrap();
    text.lines()
        .map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let name = line["name"].as_str().unwrap().to_owned();
            let event = name.split('-').next().unwrap().to_owned();
            (name, event, line["payload"].to_string())
        })
        .collect()
}

fn action(parts: &ActionParts) -> String {
    let mut out = format!("{} ", parts.tool);
    match &parts.request {
        Request::Shell { command, shell } => {
            let _ = write!(out, "shell {command:?}");
            if let Some(shell) = shell {
                let _ = write!(out, " in {shell}");
            }
        }
        Request::Files { changes } => {
            for change in changes {
                let _ = write!(out, "{:?} {:?} ", change.op, change.path);
            }
        }
        Request::Look { paths } => {
            let _ = write!(out, "look {paths:?}");
        }
        Request::Fetch { url } => {
            let _ = write!(out, "fetch {url:?}");
        }
        Request::Tool { server, arguments } => {
            let _ = write!(out, "tool of {server:?} {arguments}");
        }
    }
    let _ = write!(out, " | in {:?}", parts.cwd.as_deref().unwrap_or(std::path::Path::new("?")));
    let known = |id: &Option<String>| if id.is_some() { "yes" } else { "no" };
    let _ = write!(
        out,
        " | session {} call {} subagent {}",
        known(&parts.session),
        known(&parts.call),
        known(&parts.subagent)
    );
    out
}

fn line(agent: &dyn Dialect, event: &str, payload: &str) -> String {
    match agent.parse(payload.as_bytes(), Some(event)).unwrap() {
        Event::PreTool(parts) => format!("before {}", action(&parts)),
        Event::PermissionRequest(parts) => format!("permission {}", action(&parts)),
        Event::PostTool(outcome) => format!(
            "after {} failed {:?} took {:?} session {} call {}",
            outcome.tool,
            outcome.failed,
            outcome.duration_ms,
            outcome.session.is_some(),
            outcome.call.is_some()
        ),
        Event::SessionStart { session, cwd } => {
            format!("session {} in {cwd:?}", !session.is_empty())
        }
        Event::ConfigChange { path, source } => format!("config {source} {path:?}"),
        Event::Other => "other".to_owned(),
    }
}

#[test]
fn every_payload_reads_as_expected() {
    for agent in AGENTS {
        let mut found = String::new();
        for (name, event, payload) in captured(agent.name()) {
            let _ = writeln!(found, "{name}: {}", line(*agent, &event, &payload));
        }
        let path = data(&format!("{}.expected", agent.name()));
        if std::env::var_os("WRITE_EXPECTED").is_some() {
            fs::write(&path, &found).unwrap();
        }
        let expected = fs::read_to_string(&path).unwrap();
        for (found, expected) in found.lines().zip(expected.lines()) {
            assert_eq!(found, expected, "{}", agent.name());
        }
        assert_eq!(found.lines().count(), expected.lines().count(), "{}", agent.name());
    }
}

#[test]
fn the_events_that_decide_are_those_before_a_tool() {
    for agent in AGENTS {
        for (name, event, payload) in captured(agent.name()) {
            let parsed = agent.parse(payload.as_bytes(), Some(&event)).unwrap();
            match parsed {
                Event::PreTool(_) => {
                    assert!(agent.decides(Some(&event)), "{} {name}", agent.name())
                }
                Event::PostTool(_) | Event::SessionStart { .. } => {
                    assert!(!agent.decides(Some(&event)), "{} {name}", agent.name());
                }
                _ => {}
            }
        }
        assert!(agent.decides(None) && agent.decides(Some("no such event")));
        assert!(agent.deadline() < agent.client_timeout());
    }
}

fn request(agent: &str, event: &str, payload: &str) -> Request {
    match find_agent(agent).unwrap().parse(payload.as_bytes(), Some(event)) {
        Ok(Event::PreTool(parts)) => parts.request,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_call_can_name_its_own_directory() {
    let payload = r#"{"cwd":"/w","hook_event_name":"BeforeTool","tool_name":"run_shell_command",
                      "tool_input":{"command":"ls","dir_path":"sub/dir"}}"#;
    let Ok(Event::PreTool(parts)) = find_agent("gemini").unwrap().parse(payload.as_bytes(), None) else { panic!() };
    assert_eq!(parts.cwd.unwrap().to_str(), Some("/w/sub/dir"));
    let payload = r#"{"hook_event_name":"tool.execute.before","tool_name":"bash",
                      "tool_input":{"command":"ls","workdir":"/elsewhere"}}"#;
    let Ok(Event::PreTool(parts)) = find_agent("opencode").unwrap().parse(payload.as_bytes(), None) else { panic!() };
    assert_eq!(parts.cwd.unwrap().to_str(), Some("/elsewhere"));
}

#[test]
fn several_commands_are_joined_and_odd_ones_are_faults() {
    let call = |commands: &str| {
        format!(r#"{{"hookName":"tool_call","tool_call":{{"name":"run_commands","input":{{"commands":{commands}}}}}}}"#)
    };
    let shell = |commands: &str| match request("cline", "PreToolUse", &call(commands)) {
        Request::Shell { command, .. } => command,
        other => panic!("{other:?}"),
    };
    assert_eq!(shell(r#"["a","b c"]"#), "a\nb c");
    assert_eq!(shell(r#""a""#), "a");
    assert_eq!(shell(r#"[{"command":"rm","args":["-rf","it's"]}]"#), r"rm '-rf' 'it'\''s'");
    assert_eq!(shell(r#""[\"a\",\"b\"]""#), "a\nb");
    let cline = find_agent("cline").unwrap();
    for odd in ["[]", "[1]", r#"["ls",{"x":1}]"#, "{}", "null", "7"] {
        assert!(cline.parse(call(odd).as_bytes(), None).is_err(), "{odd}");
    }
}

#[test]
fn patches_and_powershell_are_understood_wherever_they_occur() {
    let patch =
        r#"{"sessionId":"s","toolName":"apply_patch","toolArgs":"*** Begin Patch\n*** Delete File: a\n*** End Patch"}"#;
    let Request::Files { changes } = request("copilot", "preToolUse", patch) else { panic!() };
    assert_eq!(changes.len(), 1);
    let text = r#"{"sessionId":"s","toolName":"bash","toolArgs":"{\"command\":\"ls\"}"}"#;
    assert_eq!(request("copilot", "preToolUse", text), Request::Shell { command: "ls".into(), shell: None });
    let power = r#"{"sessionId":"s","toolName":"powershell","toolArgs":{"command":"ls"}}"#;
    let expected = Request::Shell { command: "ls".into(), shell: Some("powershell".into()) };
    assert_eq!(request("copilot", "preToolUse", power), expected);
}

#[test]
fn a_file_tool_without_a_file_is_a_fault() {
    let payload = r#"{"hook_event_name":"PreToolUse","tool_name":"Write","tool_input":{"target":"x"}}"#;
    let fault = find_agent("claude").unwrap().parse(payload.as_bytes(), None).unwrap_err();
    assert_eq!(fault.to_string(), "the call of `Write` names no file");
}

#[test]
fn unknown_and_odd_fields_do_no_harm() {
    let payload = r#"{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"ls","x":{"y":[1]}},
                      "session_id":7,"agent_id":null,"cwd":["odd"],"duration_ms":"no","tool_use_id":{},"new":true}"#;
    let Ok(Event::PreTool(parts)) = find_agent("claude").unwrap().parse(payload.as_bytes(), None) else { panic!() };
    assert_eq!((parts.session, parts.subagent, parts.cwd, parts.call), (None, None, None, None));
}
