//! Bad input: a clear fault, never a panic, never a wrong answer.

use proptest::prelude::*;
use weir_gate_hook::{AGENTS, Answer, LARGEST_PAYLOAD, WireFault, find_agent};

use crate::payloads::captured;

#[test]
fn limits_are_named() {
    for agent in AGENTS {
        let big = vec![b' '; LARGEST_PAYLOAD + 1];
        assert_eq!(agent.parse(&big, None), Err(WireFault::TooLarge { bytes: LARGEST_PAYLOAD + 1 }));
        assert_eq!(agent.parse(b"{\"a\":\"\xff\"}", None), Err(WireFault::NotUtf8 { at: 6 }));
        for text in ["", "{", "[]", "null", "7", "\"x\"", "{}{}", "{\"tool_input\":{]}"] {
            let fault = agent.parse(text.as_bytes(), None).unwrap_err();
            assert!(!fault.to_string().is_empty(), "{} {text}", agent.name());
        }
    }
    let claude = find_agent("claude").unwrap();
    let fault = claude.parse(br#"{"hook_event_name":"PreToolUse"}"#, None).unwrap_err();
    assert_eq!(fault.to_string(), "the payload does not name its tool (`tool_name`)");
    let fault = claude.parse(br#"{"hook_event_name":"PreToolUse","tool_name":"Bash"}"#, None).unwrap_err();
    assert_eq!(fault.to_string(), "the call of `Bash` has no readable command");
}

#[test]
fn nesting_does_not_overflow_the_stack() {
    for agent in AGENTS {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let bomb = format!("{}1{}", open.repeat(1_000_000), close.repeat(1_000_000));
            for payload in [
                bomb.clone(),
                format!(
                    r#"{{"hook_event_name":"PreToolUse","hookName":"tool_call","tool_name":"x","toolName":"x","tool_input":{bomb}}}"#
                ),
                format!(r#"{{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{{"command":{bomb}}}}}"#),
                format!(r#"{{"hook_event_name":"BeforeTool","tool_name":"run_shell_command","tool_input":{bomb}}}"#),
                format!(r#"{{"toolName":"bash","toolArgs":{{"command":"ls","z":{bomb}}}}}"#),
                format!(
                    r#"{{"hookName":"tool_call","tool_call":{{"name":"run_commands","input":{{"commands":{bomb}}}}}}}"#
                ),
                format!(r#"{{"hook_event_name":{bomb}}}"#),
            ] {
                let _ = agent.parse(payload.as_bytes(), Some("preToolUse"));
            }
        }
    }
}

fn everything(bytes: &[u8], hint: Option<&str>) {
    for agent in AGENTS {
        if let Ok(event) = agent.parse(bytes, hint) {
            for answer in
                [Answer::Silent, Answer::Deny { reason: "x".to_owned() }, Answer::Block { reason: String::new() }]
            {
                let reply = agent.answer(&event, &answer);
                assert!(reply.stdout.is_empty() || serde_json::from_slice::<serde_json::Value>(&reply.stdout).is_ok());
            }
            let _ = agent.config_change(&event, Some(bytes));
        }
    }
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        "\\PC{0,12}".prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::vec((known_key(), inner), 0..6)
                .prop_map(|entries| entries.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

fn known_key() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "hook_event_name",
        "tool_name",
        "tool_input",
        "tool_response",
        "session_id",
        "cwd",
        "toolName",
        "toolArgs",
        "hookName",
        "tool_call",
        "input",
        "name",
        "command",
        "commands",
        "file_path",
        "path",
        "paths",
        "files",
        "url",
        "args",
        "duration_ms",
        "mcp_context",
        "source",
        "hooks",
        "PreToolUse",
        "metadata",
        "exit",
        "x",
    ])
    .prop_map(str::to_owned)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        everything(&bytes, Some("PreToolUse"));
    }

    #[test]
    fn arbitrary_json_never_panics(value in any_json(), event in "(PreToolUse|BeforeTool|preToolUse|tool.execute.before|x)") {
        everything(value.to_string().as_bytes(), Some(&event));
        let wrapped = serde_json::json!({
            "hook_event_name": event, "hookName": "tool_call", "tool_name": "Bash", "toolName": "bash",
            "tool_input": value, "toolArgs": value, "tool_call": { "name": "run_commands", "input": value },
        });
        everything(wrapped.to_string().as_bytes(), Some(&event));
    }

    #[test]
    fn torn_and_bent_payloads_never_panic(at in 0.0..1.0_f64, byte in any::<u8>(), pick in any::<prop::sample::Index>()) {
        let all: Vec<_> = AGENTS.iter().flat_map(|agent| captured(agent.name())).collect();
        let (_, event, payload) = pick.get(&all);
        let mut bytes = payload.clone().into_bytes();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in a text")]
        let place = (at * bytes.len() as f64) as usize;
        everything(&bytes[..place], Some(event));
        bytes[place] = byte;
        everything(&bytes, Some(event));
    }
}
