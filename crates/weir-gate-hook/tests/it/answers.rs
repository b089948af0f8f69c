//! Answers in the encodings that each client was measured to obey.

use serde_json::{Value, json};
use weir_gate_hook::{AGENTS, ActionParts, Answer, Event, fault_reply, find_agent};
use weir_model::{HoldId, Request};

fn before(event: &str) -> ActionParts {
    ActionParts {
        session: None,
        subagent: None,
        tool: "Bash".to_owned(),
        call: None,
        request: Request::Shell { command: "rm -rf x".to_owned(), shell: None },
        cwd: None,
        event: event.to_owned(),
        headless: false,
    }
}

fn pre_event(agent: &str) -> &'static str {
    match agent {
        "gemini" => "BeforeTool",
        "copilot" => "preToolUse",
        "opencode" => "tool.execute.before",
        _ => "PreToolUse",
    }
}

fn claude(decision: &str, reason: &str) -> Value {
    json!({ "hookSpecificOutput": {
        "hookEventName": "PreToolUse", "permissionDecision": decision, "permissionDecisionReason": reason } })
}

fn deny_body(agent: &str, reason: &str) -> Value {
    match agent {
        "gemini" => json!({ "decision": "deny", "reason": reason }),
        "copilot" => json!({ "permissionDecision": "deny", "permissionDecisionReason": reason }),
        "cline" => json!({ "cancel": true, "errorMessage": reason }),
        _ => claude("deny", reason),
    }
}

#[test]
fn no_opinion_is_exit_0_and_nothing_on_standard_output() {
    for agent in AGENTS {
        for event in [
            Event::PreTool(before(pre_event(agent.name()))),
            Event::PermissionRequest(before("PermissionRequest")),
            Event::Other,
            Event::SessionStart { session: "s".to_owned(), cwd: None },
            Event::ConfigChange { path: None, source: "user_settings".to_owned() },
        ] {
            let reply = agent.answer(&event, &Answer::Silent);
            assert_eq!((reply.exit, reply.stdout.len(), reply.stderr.len()), (0, 0, 0), "{}", agent.name());
        }
    }
}

#[test]
fn a_refusal_wears_belt_and_braces() {
    for agent in AGENTS {
        let event = Event::PreTool(before(pre_event(agent.name())));
        let reply = agent.answer(&event, &Answer::Deny { reason: "because \"x\"\n\u{1b}[2J".to_owned() });
        let reason = "because \"x\"\n\u{fffd}[2J";
        assert_eq!(reply.exit, 2, "{}", agent.name());
        assert_eq!(reply.stderr, format!("{reason}\n").into_bytes());
        let body: Value = serde_json::from_slice(&reply.stdout).unwrap();
        assert_eq!(body, deny_body(agent.name(), reason), "{}", agent.name());
    }
}

#[test]
fn a_reason_is_never_empty_and_never_endless() {
    for agent in AGENTS {
        let event = Event::PreTool(before(pre_event(agent.name())));
        let reply = agent.answer(&event, &Answer::Deny { reason: " \n".to_owned() });
        assert_eq!(reply.stderr, b"Weir refused this call\n");
        let reply = agent.answer(&event, &Answer::Deny { reason: "\u{1f600}".repeat(100_000) });
        let text = String::from_utf8(reply.stderr).unwrap();
        assert!((4_000..4_020).contains(&text.chars().count()));
        let long = Answer::Hold { reason: "y".repeat(100_000), id: HoldId::new() };
        let Answer::Hold { id, .. } = &long else { unreachable!() };
        let reply = agent.answer(&event, &long);
        // What a person needs stays, however long the reason is.
        assert!(String::from_utf8(reply.stdout).unwrap().contains(&format!("`weir approve {id}`")));
    }
}

#[test]
fn a_hold_asks_where_the_client_asks_and_refuses_elsewhere() {
    let id = HoldId::new();
    let expected = [
        ("claude", "ask", 0),
        ("codex", "deny", 2),
        ("gemini", "deny", 2),
        ("copilot", "ask", 0),
        ("qwen", "ask", 0),
        ("cline", "cancel", 2),
        ("opencode", "deny", 2),
    ];
    for (name, decision, exit) in expected {
        let event = Event::PreTool(before(pre_event(name)));
        let reply = find_agent(name).unwrap().answer(&event, &Answer::Hold { reason: "big".to_owned(), id });
        let text = String::from_utf8(reply.stdout).unwrap();
        assert!(text.contains(decision), "{name}: {text}");
        assert!(text.contains(&format!("weir approve {id}")), "{name}: {text}");
        assert!(!text.contains("\"allow\""), "{name}: {text}");
        assert_eq!(reply.exit, exit, "{name}");
        assert_eq!(reply.exit == 2, !reply.stderr.is_empty(), "{name}");
    }
}

#[test]
fn claude_without_a_person_defers_a_call_of_the_main_session() {
    let claude = find_agent("claude").unwrap();
    let headless = |vars: &[(&str, &str)]| {
        claude.headless(&|name| vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    };
    assert!(headless(&[("CLAUDE_CODE_SESSION_ATTENDED", "0"), ("CLAUDE_CODE_ENTRYPOINT", "sdk-cli")]));
    assert!(headless(&[("CLAUDE_CODE_ENTRYPOINT", "sdk-cli")]));
    assert!(!headless(&[("CLAUDE_CODE_SESSION_ATTENDED", "1"), ("CLAUDE_CODE_ENTRYPOINT", "sdk-cli")]));
    assert!(!headless(&[("CLAUDE_CODE_ENTRYPOINT", "cli")]));
    assert!(!headless(&[]));
    let answer = Answer::Hold { reason: "big".to_owned(), id: HoldId::new() };
    let mut parts = before("PreToolUse");
    parts.headless = true;
    let reply = claude.answer(&Event::PreTool(parts.clone()), &answer);
    assert!(String::from_utf8(reply.stdout).unwrap().contains(r#""permissionDecision":"defer""#));
    parts.subagent = Some("a1".to_owned());
    let reply = claude.answer(&Event::PreTool(parts), &answer);
    assert!(!String::from_utf8(reply.stdout).unwrap().contains("defer"));
}

#[test]
fn copilot_is_answered_in_the_form_in_which_it_asked() {
    let copilot = find_agent("copilot").unwrap();
    let deny = Answer::Deny { reason: "no".to_owned() };
    let reply = copilot.answer(&Event::PreTool(before("PreToolUse")), &deny);
    assert_eq!(serde_json::from_slice::<Value>(&reply.stdout).unwrap(), claude("deny", "no"));
    let reply = copilot.answer(&Event::PreTool(before("preToolUse")), &deny);
    assert_eq!(serde_json::from_slice::<Value>(&reply.stdout).unwrap(), deny_body("copilot", "no"));
}

#[test]
fn permission_requests_are_refused_or_left_to_the_client() {
    let event = Event::PermissionRequest(before("PermissionRequest"));
    for name in ["claude", "codex", "qwen"] {
        let agent = find_agent(name).unwrap();
        let reply = agent.answer(&event, &Answer::Deny { reason: "no".to_owned() });
        let body: Value = serde_json::from_slice(&reply.stdout).unwrap();
        assert_eq!(body["hookSpecificOutput"]["decision"], json!({ "behavior": "deny", "message": "no" }));
        assert_eq!(reply.exit, 0);
        let hold = Answer::Hold { reason: "no".to_owned(), id: HoldId::new() };
        assert!(agent.answer(&event, &hold).stdout.is_empty());
    }
}

#[test]
fn faults_refuse_what_may_have_an_effect() {
    for agent in AGENTS {
        let reply = fault_reply(agent.name(), "the payload is broken", true);
        let reason = "Weir could not judge this call, so it is refused: the payload is broken";
        assert_eq!(reply.exit, 2);
        assert_eq!(reply.stderr, format!("{reason}\n").into_bytes());
        assert_eq!(serde_json::from_slice::<Value>(&reply.stdout).unwrap(), deny_body(agent.name(), reason));
        assert_eq!(fault_reply(agent.name(), "x", false), weir_gate_hook::Reply::default());
    }
    let reply = fault_reply("nobody", "`nobody` is not known", true);
    let body: Value = serde_json::from_slice(&reply.stdout).unwrap();
    assert_eq!((reply.exit, &body["decision"], &body["cancel"]), (2, &json!("deny"), &json!(true)));
    assert_eq!(body["permissionDecision"], json!("deny"));
    assert_eq!(body["hookSpecificOutput"]["permissionDecision"], json!("deny"));
}

#[test]
fn a_change_of_settings_that_forgets_weir_is_blocked() {
    let claude = find_agent("claude").unwrap();
    let change = |source: &str, content: Option<&str>| {
        let event = Event::ConfigChange { path: Some("/h/.claude/settings.json".into()), source: source.to_owned() };
        claude.config_change(&event, content.map(str::as_bytes))
    };
    let hook = |extra: &str, on: &str| {
        format!(
            r#"{{{extra}"hooks":{{"PreToolUse":[{{"hooks":[{{"type":"command","command":"/w/weir",
               "args":["hook","claude","PreToolUse"],"onFailure":"{on}"}}]}}]}}}}"#
        )
    };
    assert_eq!(change("user_settings", Some(&hook("", "block"))), None);
    assert_eq!(change("user_settings", Some(&hook(r#""model":"x","disableAllHooks":false,"#, "block"))), None);
    for bad in [hook("", "allow"), hook(r#""disableAllHooks":true,"#, "block"), "{}".to_owned(), "{".to_owned()] {
        assert!(change("user_settings", Some(&bad)).is_some(), "{bad}");
    }
    assert!(
        change("user_settings", Some(&hook("", "block").replace("\"hooks\":[", "\"matcher\":\"Read\",\"hooks\":[")))
            .is_some()
    );
    assert!(change("user_settings", None).is_some());
    for source in ["project_settings", "local_settings"] {
        assert_eq!(change(source, Some(r#"{"model":"x"}"#)), None);
        assert_eq!(change(source, None), None);
        assert_eq!(change(source, Some("{")), None);
        assert!(change(source, Some(r#"{"disableAllHooks":true}"#)).is_some());
        assert!(change(source, Some(r#"{"disableAllHooks":"true"}"#)).is_some());
    }
    assert_eq!(change("policy_settings", Some("{}")), None);
    let event = Event::ConfigChange { path: None, source: "local_settings".to_owned() };
    let reply = claude.answer(&event, &Answer::Block { reason: "no".to_owned() });
    let body: Value = serde_json::from_slice(&reply.stdout).unwrap();
    assert_eq!(body, json!({ "decision": "block", "reason": "no" }));
}
