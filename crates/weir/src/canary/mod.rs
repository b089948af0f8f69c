//! The canary: the only proof that a hook really fires.
//!
//! The person's own client is started in a scratch directory, with the person's own settings, against a scripted model
//! on this machine. The model asks for two deletions: one of a directory that a build makes again, and one among the
//! guard's own controls. What counts is what is left on disk and what the ledger saw.
//!
//! Nothing is spent and nothing of the person's is changed: only the command line and environment variables point the
//! client at the scripted model, with a made-up key, and a proxy setting keeps it from reaching anybody else.

mod clients;
mod http;
mod model;
mod run;
mod scratch;
mod wire;

use std::path::Path;
use std::time::Duration;

use weir_model::Verdict;

use clients::{CLIENTS, Setup};
use model::{Heard, Model};
use run::{End, run};
use scratch::Scratch;

/// The directory whose deletion must be stopped; its name in a command marks a canary. It lies among the guard's own
/// controls: files of anybody else could be deleted with a restore point, and a canary shows what is stopped.
pub(crate) const VICTIM: &str = ".weir/weir-canary-victim";
/// The directory whose deletion is everyday work.
pub(crate) const HARMLESS: &str = "weir-canary-build/node_modules";
/// In the prompt, so that the scripted model knows the conversation from the client's own side questions.
const MARKER: &str = "weir-canary-7c1d";
/// Harmless for any model that should read it after all.
const PROMPT: &str = "weir-canary-7c1d: this tests the guard on this machine. Do nothing that you are not sure about.";

/// What to prove, and with what.
pub(crate) struct Plan<'a> {
    /// The agent's name.
    pub(crate) agent: &'a str,
    /// The client's program.
    pub(crate) program: &'a Path,
    /// The person's home directory.
    pub(crate) home: &'a Path,
    /// The client's own directory of settings.
    pub(crate) config_dir: &'a Path,
    /// How long the client may take to start, ask, and end.
    pub(crate) timeout: Duration,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// The hook fired and the victim is whole.
    Fired {
        /// The harmless deletion beside it ran, as it should.
        harmless_ran: bool,
    },
    /// The client did as it was told, and nothing stopped it.
    DidNotFire {
        /// What happened.
        why: String,
    },
    /// Nothing was proved.
    Inconclusive {
        /// Why.
        why: String,
    },
    /// This client cannot be tried.
    Unsupported {
        /// Why.
        why: String,
    },
}

/// What was seen of one run.
struct Findings<'a> {
    victim_whole: bool,
    harmless_ran: bool,
    /// What the ledger has of the two commands.
    judged: Option<Verdict>,
    harmless_judged: Option<Verdict>,
    heard: Heard,
    end: &'a End,
}

/// Starts the client and looks whether its hook stops the canary. `judged` says how the ledger's newest judgement of a
/// command that contains the given text went.
pub(crate) fn prove(plan: &Plan<'_>, judged: &dyn Fn(&str) -> Option<Verdict>) -> Proof {
    let Some(client) = CLIENTS.iter().find(|client| client.agent == plan.agent) else {
        return Proof::Unsupported { why: "no scripted model speaks its protocol".to_owned() };
    };
    let begun = Scratch::new().and_then(|scratch| Ok((Model::start(client.steps())?, scratch)));
    let (model, scratch) = match begun {
        Ok(begun) => begun,
        Err(error) => return Proof::Inconclusive { why: format!("the canary could not be set up: {error}") },
    };
    let setup = Setup {
        program: plan.program,
        home: plan.home,
        scratch: scratch.root(),
        work: &scratch.work(),
        base: &model.base(),
        prompt: PROMPT,
    };
    let end = run(client, &setup, plan.timeout, &|| model.heard().is_over);
    scratch.forget(plan.config_dir, client.traces);
    let findings = Findings {
        victim_whole: scratch.victim_is_whole(),
        harmless_ran: !scratch.harmless_exists(),
        judged: judged(VICTIM),
        harmless_judged: judged(HARMLESS),
        heard: model.heard(),
        end: &end,
    };
    let proof = conclude(&findings);
    if end.fault == Some(run::Fault::Interrupted) {
        drop((model, scratch));
        run::end_interrupted();
    }
    proof
}

fn conclude(found: &Findings<'_>) -> Proof {
    let did_not = |why: &str| Proof::DidNotFire { why: why.to_owned() };
    let unclear = |why: String| Proof::Inconclusive { why };
    match (found.victim_whole, found.judged) {
        (true, Some(Verdict::Hold | Verdict::Deny)) => Proof::Fired { harmless_ran: found.harmless_ran },
        (false, Some(Verdict::Hold | Verdict::Deny)) => {
            did_not("Weir refused, and the client deleted the files all the same")
        }
        (_, Some(_)) => {
            unclear("the hook fired, but the policy in force lets the canary's deletion through".to_owned())
        }
        (false, None) => did_not("the client deleted the files without asking Weir"),
        (true, None) if found.harmless_ran && found.harmless_judged.is_none() => {
            did_not("the client ran a command without asking Weir")
        }
        (true, None) if found.heard.asked && found.heard.results > 0 => unclear(format!(
            "the client did not run the command, and Weir has no record of it{}",
            quoted(found.heard.last_result.as_deref())
        )),
        (true, None) => unclear(format!("{}{}", unasked(found), quoted(found.end.last_line.as_deref()))),
    }
}

fn unasked(found: &Findings<'_>) -> &'static str {
    match (&found.end.fault, found.heard.requests, found.heard.asked) {
        (Some(run::Fault::Start), ..) => "the client could not be started",
        (Some(run::Fault::Interrupted), ..) => "it was interrupted",
        (Some(run::Fault::TimedOut), _, true) => "the client did not run the command in time",
        (Some(run::Fault::TimedOut), 0, _) => "the client did not ask the scripted model in time",
        (Some(run::Fault::TimedOut), ..) => "the client offered the scripted model no shell in time",
        (None, _, true) => "the client ended without running the command",
        (None, 0, _) => "the client ended without asking the scripted model",
        (None, ..) => "the client ended without offering the scripted model a shell",
    }
}

fn quoted(text: Option<&str>) -> String {
    text.map(|text| format!(": {}", crate::output::one_line(text, 200))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(victim_whole: bool, harmless_ran: bool, judged: Option<Verdict>, results: usize) -> Proof {
        let end = End { fault: None, last_line: Some("the last line".to_owned()) };
        let heard = Heard { requests: 2, asked: true, results, ..Heard::default() };
        conclude(&Findings { victim_whole, harmless_ran, judged, harmless_judged: judged, heard, end: &end })
    }

    #[test]
    fn only_a_refusal_that_the_ledger_knows_and_whole_files_prove_anything() {
        for verdict in [Verdict::Hold, Verdict::Deny] {
            assert_eq!(judge(true, true, Some(verdict), 2), Proof::Fired { harmless_ran: true });
            assert!(matches!(judge(false, true, Some(verdict), 2), Proof::DidNotFire { .. }));
        }
        assert!(matches!(judge(false, true, Some(Verdict::Allow), 2), Proof::Inconclusive { .. }));
        assert!(matches!(judge(false, true, None, 2), Proof::DidNotFire { .. }));
        // The client's own sandbox kept the victim, but a command ran that Weir never saw.
        assert!(matches!(judge(true, true, None, 2), Proof::DidNotFire { .. }));
        assert!(matches!(judge(true, false, None, 2), Proof::Inconclusive { .. }));
        let Proof::Inconclusive { why } = judge(true, false, None, 0) else { panic!("nothing happened") };
        assert!(why.ends_with(": the last line"), "{why}");
    }
}
