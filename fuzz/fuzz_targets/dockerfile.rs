//! Any Dockerfile is read to an end.
#![no_main]

use libfuzzer_sys::fuzz_target;
use weir_analyze::{RealWorld, analyze};
use weir_model::{Action, ActionId, Agent, Request, Timestamp};

fuzz_target!(|text: &str| {
    let command = format!("docker build - <<'END-OF-THE-FILE'\n{text}\nEND-OF-THE-FILE\n");
    let action = Action {
        id: ActionId::new(),
        agent: Agent { name: "claude".into(), session: None, subagent: None, principal: "p".into() },
        tool: "Bash".into(),
        call: None,
        request: Request::Shell { command, shell: None },
        cwd: "/nonexistent".into(),
        host: "h".into(),
        at: Timestamp::UNIX_EPOCH,
    };
    let _ = analyze(&action, &RealWorld::new(None, |_| None));
});
