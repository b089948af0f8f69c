//! The loop: an action goes in, a judgement comes out.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use weir_analyze::{Analysis as Understood, RealWorld, World, analyze, explain};
use weir_decide::{Decision, Facts, Means};
use weir_ledger::{Durability, Ledger};
use weir_measure::{Context, measure};
use weir_model::{
    Action, Analysis, Approval, Digest, Effect, Entry, Hold, HoldId, Judgement, Outcome, Pin, PolicyHit, Promise,
    Record, Rejection, Remedy, Request, Reversibility, Session, Step, TargetKind, Timestamp, Verb, Verdict,
};
use weir_restore::{Collected, Dropped, Point, Reason, SnapshotError, Store, StoreError};

use crate::holds::{HoldState, Holds};
use crate::policy::PolicyState;
use crate::remedies::{self, Cover, KeepError, ToKeep};
use crate::sessions::Sessions;
use crate::{Config, GuardError, surfaces};

/// The longest text of one action that the ledger keeps; what is longer is cut, and says so.
const LONGEST_TEXT: usize = 256 * 1024;

/// The most reasons that one judgement names.
const MOST_REASONS: usize = 3;

/// The guardrail: judges actions, admits them, and records what happens.
pub struct Guard {
    config: Config,
    sessions: Sessions,
    holds: Holds,
}

/// A judgement, and how the action was understood.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The judgement.
    pub judgement: Judgement,
    /// The commands, with the places of their effects in the judgement; empty where the action is no command.
    pub steps: Vec<Step>,
}

/// A judgement with what the gate needs besides.
struct Assessment {
    steps: Vec<Step>,
    /// How many of the judgement's effects come from analysis; the others from the guard itself.
    understood: usize,
    judgement: Judgement,
    digest: Digest,
    needs: Needs,
    /// How effects say that Weir itself runs them, and keeps what they destroy.
    run: Option<String>,
    policy: Arc<PolicyState>,
}

/// What a verdict takes.
#[derive(Default)]
struct Needs {
    /// How many people must consent.
    approvals: u32,
    /// What must be kept in a restore point before the action runs.
    keep: ToKeep,
}

impl Guard {
    /// A guard that works with `config`. Touches nothing yet.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let sessions = Sessions::new(config.paths.sessions());
        let holds = Holds::new(config.paths.holds());
        Self { config, sessions, holds }
    }

    /// What this guard works with.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// What waits for people.
    #[must_use]
    pub const fn holds(&self) -> &Holds {
        &self.holds
    }

    /// The sessions that were seen.
    #[must_use]
    pub const fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// What Weir thinks of an action. Changes nothing, records nothing.
    #[must_use]
    pub fn judge(&self, action: &Action) -> Judgement {
        self.assess(action, analyze).judgement
    }

    /// As [`Guard::judge`], with the steps by which the action was understood. Costs more, and decides the same.
    #[must_use]
    pub fn explain(&self, action: &Action) -> Explanation {
        let Assessment { judgement, mut steps, understood, .. } = self.assess(action, explain);
        // What was found to be a control belongs where the effect stands that touches it.
        let (said, found) = judgement.effects.split_at_checked(understood).unwrap_or((&judgement.effects, &[]));
        for (at, extra) in found.iter().enumerate() {
            let causes = |effect: &Effect| {
                let touches =
                    extra.target.paths.iter().any(|path| effect.target.paths.iter().any(|p| path.starts_with(p)));
                (effect.span, &effect.via) == (extra.span, &extra.via)
                    && (touches || effect.target.name == extra.target.name)
            };
            if let Some(cause) = said.iter().position(causes) {
                attach(&mut steps, cause, understood + at);
            }
        }
        Explanation { judgement, steps }
    }

    /// Judges an action that an agent is about to carry out: uses up a person's consent where there is one, opens a
    /// hold where people are needed, and writes the ledger before the answer leaves.
    #[must_use]
    pub fn admit(&self, action: &Action) -> Judgement {
        let mut assessment = self.assess(action, analyze);
        let mut entries = Vec::new();
        assessment.needs.keep.remotes = remedies::remotes(&assessment.judgement.effects);
        if assessment.judgement.verdict == Verdict::Allow {
            self.keep_remotes(action, &mut assessment.judgement, &assessment.needs.keep);
        }
        if assessment.judgement.verdict == Verdict::AllowWithRestorePoint && !assessment.needs.keep.is_empty() {
            match self.keep(action, &assessment.judgement.effects, &assessment.needs.keep) {
                Ok((promise, _)) => {
                    assessment.judgement.restore_point = Some(promise.point);
                    entries.push(Entry::RestorePointMade { promise });
                }
                Err(error) => {
                    // What was to make it acceptable cannot be had: then it is decided as without.
                    assessment.needs = decide(&assessment.policy, action, &mut assessment.judgement, &|_| None);
                    warn(&mut assessment.judgement, format!("no restore point could be made: {error}"));
                }
            }
        }
        if assessment.judgement.verdict == Verdict::Hold {
            match self.answer_or_open(action, &mut assessment) {
                Ok(mut more) => {
                    if more.iter().any(|entry| matches!(entry, Entry::Held { .. })) {
                        // The client may ask its person, and then nobody tells what they said.
                        let remotes = remedies::remotes(&assessment.judgement.effects);
                        self.keep_remotes(action, &mut assessment.judgement, &ToKeep { remotes, ..ToKeep::default() });
                    }
                    entries.append(&mut more);
                }
                Err(error) => warn(&mut assessment.judgement, format!("the hold cannot be answered: {error}")),
            }
        }
        let mut judgement = assessment.judgement;
        let judged = Entry::Judged { action: Box::new(cut(action)), judgement: Box::new(judgement.clone()) };
        entries.insert(0, judged);
        if let Err(error) = self.record(entries, action.at) {
            unrecorded(&mut judgement, &error);
        }
        judgement
    }

    /// Keeps what is known of the refs of remotes that an action replaces. It does not make the action undoable, and is no
    /// reason to refuse it where it fails.
    fn keep_remotes(&self, action: &Action, judgement: &mut Judgement, keep: &ToKeep) {
        if keep.remotes.is_empty() {
            return;
        }
        let wanted = ToKeep { remotes: keep.remotes.clone(), ..ToKeep::default() };
        if let Err(error) = self.keep(action, &judgement.effects, &wanted) {
            warn(judgement, format!("what the remote had is not kept: {error}"));
        }
    }

    /// Records how an action ended.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn settle(&self, outcome: Outcome, now: Timestamp) -> Result<(), GuardError> {
        self.record(vec![Entry::Settled { outcome }], now)
    }

    /// Records that an agent's session began.
    ///
    /// # Errors
    /// When the session file or the ledger cannot be written.
    pub fn begin_session(&self, agent: &str, id: &str, cwd: &Path, now: Timestamp) -> Result<Session, GuardError> {
        let (session, new) = self.sessions.begin(agent, id, cwd, now)?;
        if new {
            self.record(vec![Entry::SessionStarted { session: session.clone() }], now)?;
        }
        Ok(session)
    }

    /// Keeps a person's consent to the hold whose id begins with `id`.
    ///
    /// # Errors
    /// When no such hold waits, the person has answered, or it cannot be recorded.
    pub fn approve(&self, id: &str, by: &str, terminal: &str, now: Timestamp) -> Result<HoldState, GuardError> {
        let state = self.holds.find(id, now)?;
        if state.approvals.iter().any(|given| given.by == by) {
            return Err(GuardError::AnsweredAlready { id: state.hold.id, by: by.to_owned() });
        }
        let approval = Approval {
            hold: state.hold.id,
            digest: state.hold.digest,
            by: by.to_owned(),
            terminal: terminal.to_owned(),
            at: now,
            expires: later(now, &self.config),
        };
        // Recorded first: a consent that the ledger does not know must not let anything through.
        self.record(vec![Entry::Approved { approval: approval.clone() }], now)?;
        self.holds.approve(&approval)?;
        self.holds.find(id, now)
    }

    /// Keeps a person's refusal of the hold whose id begins with `id`.
    ///
    /// # Errors
    /// When no such hold waits, or it cannot be recorded.
    pub fn reject(&self, id: &str, by: &str, why: Option<String>, now: Timestamp) -> Result<Hold, GuardError> {
        let state = self.holds.find(id, now)?;
        let rejection = Rejection { hold: state.hold.id, by: by.to_owned(), why, at: now };
        self.holds.reject(&state.hold)?;
        self.record(vec![Entry::Rejected { rejection }], now)?;
        Ok(state.hold)
    }

    /// Drops restore points whose time is over and, where too much is kept, those that were taken back; with
    /// `before_their_time` also others, oldest first. The ledger says which.
    ///
    /// # Errors
    /// When the restore points or the ledger cannot be read or written.
    pub fn collect_restore_points(&self, before_their_time: bool, now: Timestamp) -> Result<Collected, GuardError> {
        let collected = Store::open(&self.config.paths.restore())?.collect(before_their_time)?;
        let entries: Vec<Entry> = collected.dropped.iter().map(dropped).collect();
        if !entries.is_empty() {
            self.note_all(entries, now)?;
        }
        Ok(collected)
    }

    /// Does `make`, and where restore points hold as much as they may, once more after dropping what is over its time.
    pub(crate) fn with_room<T, E>(
        &self,
        now: Timestamp,
        is_full: impl FnOnce(&E) -> bool,
        make: impl Fn() -> Result<T, E>,
    ) -> Result<T, E> {
        match make() {
            Err(error) if is_full(&error) && self.collect_restore_points(false, now).is_ok() => make(),
            made => made,
        }
    }

    /// Keeps what the `effects` of `action` destroy.
    pub(crate) fn keep(
        &self,
        action: &Action,
        effects: &[Effect],
        wanted: &ToKeep,
    ) -> Result<(Promise, Point), KeepError> {
        let is_full = |error: &KeepError| {
            matches!(error, KeepError::Snapshot(SnapshotError::Store(StoreError::OverQuota { .. })))
        };
        self.with_room(action.at, is_full, || remedies::keep(action, effects, wanted, &self.config))
    }

    /// Records that the guard itself was changed, or could not do its work.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn note(&self, entry: Entry, now: Timestamp) -> Result<(), GuardError> {
        self.note_all(vec![entry], now)
    }

    /// As [`Guard::note`], with one write for all.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn note_all(&self, entries: Vec<Entry>, now: Timestamp) -> Result<(), GuardError> {
        self.record(entries, now)
    }

    fn record(&self, entries: Vec<Entry>, now: Timestamp) -> Result<(), GuardError> {
        let durability = if entries.iter().all(is_routine) { Durability::Relaxed } else { Durability::Synced };
        let ledger = Ledger::open(&self.config.paths.ledger())?;
        let records: Vec<Record> = entries.into_iter().map(|entry| Record::new(now, entry)).collect();
        ledger.append_all(&records, durability)?;
        Ok(())
    }

    fn assess(&self, action: &Action, understand: fn(&Action, &dyn World) -> Understood) -> Assessment {
        self.assess_under(&Arc::new(PolicyState::load(&self.config, &action.cwd)), action, understand, false)
    }

    /// As [`Guard::judge`], under a policy that was loaded before, for a program that `weir run` starts.
    pub(crate) fn judge_supervised(&self, policy: &Arc<PolicyState>, action: &Action) -> Judgement {
        self.assess_under(policy, action, analyze, true).judgement
    }

    /// `supervised` says that `weir run` keeps whatever files the action destroys.
    fn assess_under(
        &self,
        policy: &Arc<PolicyState>,
        action: &Action,
        understand: fn(&Action, &dyn World) -> Understood,
        supervised: bool,
    ) -> Assessment {
        let begun = Instant::now();
        let world = RealWorld::new(self.config.person_home.clone(), self.config.environment);
        let analysis = understand(action, &world);
        let mut effects = analysis.effects;
        let understood = effects.len();
        surfaces::guard(&mut effects, &self.config);
        surfaces::guard_kept_refs(&mut effects, action);
        let session_started = self.session_started(action, &effects);
        measure(
            &mut effects,
            &Context {
                cwd: &action.cwd,
                home: self.config.person_home.as_deref(),
                session_started,
                environments: policy.engine.environments(),
                budget: self.config.measure_budget,
            },
        );
        let policy_version = policy.engine.version();
        let run = remedies::own_run(action, &effects, &self.config);
        let digest = digest_of(action, &analysis.pins, &policy_version);
        let mut judgement = Judgement {
            action: action.id,
            verdict: Verdict::Allow,
            effects,
            policies: Vec::new(),
            reason: String::new(),
            advice: String::new(),
            analysis: if analysis.complete { Analysis::Complete } else { Analysis::Partial },
            remedies: Vec::new(),
            hold: None,
            approved_by: None,
            restore_point: None,
            pins: analysis.pins,
            warnings: policy.warnings.clone(),
            policy_version,
            took_us: 0,
        };
        judgement.warnings.extend(analysis.findings);
        let cheap =
            |cover: &Cover, effect: &Effect| remedies::is_cheap(cover, &effect.impact, &self.config.restore_budget);
        let covered = |effect: &Effect| {
            if supervised {
                return remedies::could_run(effect).then_some(Cover::Run);
            }
            remedies::cover(effect, run.as_deref()).filter(|cover| cheap(cover, effect))
        };
        let needs = decide(policy, action, &mut judgement, &covered);
        if judgement.verdict == Verdict::Hold && self.config.can_run && !supervised {
            advise_run(policy, action, &mut judgement);
        }
        judgement.took_us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        Assessment { steps: analysis.steps, understood, judgement, digest, needs, run, policy: Arc::clone(policy) }
    }

    /// Only effects that could destroy something ask for the session's beginning: the rest need not pay for it.
    fn session_started(&self, action: &Action, effects: &[Effect]) -> Option<Timestamp> {
        let asks = |effect: &Effect| {
            matches!(effect.verb, Verb::Delete | Verb::Modify)
                && matches!(effect.target.kind, TargetKind::FileTree | TargetKind::GitWorktree)
        };
        if !effects.iter().any(asks) {
            return None;
        }
        self.sessions.find(&action.agent.name, action.agent.session.as_deref()?).map(|session| session.started)
    }

    /// A person's consent turns the hold into an allow; without one the hold is opened.
    fn answer_or_open(&self, action: &Action, assessment: &mut Assessment) -> Result<Vec<Entry>, GuardError> {
        let needed = assessment.needs.approvals.max(1);
        if let Some((hold, entries)) = self.consume(action, assessment, needed) {
            assessment.judgement.verdict = Verdict::Allow;
            assessment.judgement.approved_by = Some(hold);
            return Ok(entries);
        }
        let judgement = &assessment.judgement;
        let hold = self.hold(action, assessment.digest, &judgement.reason, judgement.policy_version, needed, action.at);
        let (hold, new) = self.holds.open(hold)?;
        assessment.judgement.hold = Some(hold.id);
        Ok(if new { vec![Entry::Held { hold }] } else { Vec::new() })
    }

    /// What waits for `needed` people, from `at` on.
    pub(crate) fn hold(
        &self,
        action: &Action,
        digest: Digest,
        reason: &str,
        policy_version: Digest,
        needed: u32,
        at: Timestamp,
    ) -> Hold {
        Hold {
            id: HoldId::new(),
            action: action.id,
            digest,
            agent: action.agent.name.clone(),
            summary: shortened(action.summary(), 4_096),
            cwd: action.cwd.clone(),
            reason: reason.to_owned(),
            policy_version,
            approvals_needed: needed,
            at,
            expires: later(at, &self.config),
        }
    }

    /// The hold whose consents are used up, with the entries for the ledger; `None` where they are not enough.
    fn consume(&self, action: &Action, assessment: &mut Assessment, needed: u32) -> Option<(HoldId, Vec<Entry>)> {
        let given = u32::try_from(self.holds.approvals(&assessment.digest, action.at).len()).unwrap_or(u32::MAX);
        if given < needed {
            return None;
        }
        // The policy has the last word on what the consents are worth.
        let mut content = true;
        let remotes = remedies::remotes(&assessment.judgement.effects);
        let mut wanted = ToKeep { remotes, ..ToKeep::default() };
        for (at, effect) in assessment.judgement.effects.iter().enumerate() {
            let cover = remedies::cover(effect, assessment.run.as_deref());
            let facts = Facts { agent: &action.agent.name, effect, approvals: given };
            let means = Means { restore_point: cover.is_some(), ..Means::default() };
            match assessment.policy.engine.decide(&facts, &means).map(|decision| decision.verdict) {
                Ok(Verdict::Allow) => {}
                Ok(Verdict::AllowWithRestorePoint) => cover.into_iter().for_each(|cover| wanted.add(cover, at)),
                _ => content = false,
            }
        }
        if !content && !assessment.policy.degraded {
            return None;
        }
        let mut entries = Vec::new();
        if wanted.is_empty() {
            self.keep_remotes(action, &mut assessment.judgement, &wanted);
        } else {
            match self.keep(action, &assessment.judgement.effects, &wanted) {
                Ok((promise, _)) => {
                    assessment.judgement.restore_point = Some(promise.point);
                    entries.push(Entry::RestorePointMade { promise });
                }
                Err(error) => {
                    warn(&mut assessment.judgement, format!("no restore point could be made: {error}"));
                    return None;
                }
            }
        }
        let hold = self.holds.consume(&assessment.digest, needed as usize, action.at)?;
        entries.push(Entry::ApprovalUsed { hold });
        Some((hold, entries))
    }
}

/// What the ledger says of a restore point that is no more.
fn dropped(dropped: &Dropped) -> Entry {
    let why = match dropped.reason {
        Reason::Expired => "its time is over",
        Reason::Undone => "it was taken back, and too much was kept",
        Reason::BeforeItsTime => "too much was kept, and a person asked to drop it before its time",
        _ => "it was dropped",
    };
    Entry::RestorePointDropped { point: dropped.id, why: why.to_owned() }
}

/// Puts `extra` beside `cause` in the step that has it.
fn attach(steps: &mut [Step], cause: usize, extra: usize) {
    for step in steps {
        if step.effects.contains(&cause) {
            step.effects.push(extra);
        }
        attach(&mut step.steps, cause, extra);
    }
}

/// Decides every effect, and composes the judgement of the whole. `covered` says what would make an effect undoable.
fn decide(
    policy: &PolicyState,
    action: &Action,
    judgement: &mut Judgement,
    covered: &dyn Fn(&Effect) -> Option<Cover>,
) -> Needs {
    let mut needs = Needs::default();
    let mut objections: Vec<(Verdict, PolicyHit)> = Vec::new();
    judgement.verdict = Verdict::Allow;
    judgement.policies.clear();
    judgement.remedies.clear();
    for (at, effect) in judgement.effects.iter_mut().enumerate() {
        if policy.engine.is_constant_allow(effect.verb, effect.target.kind) {
            continue;
        }
        let cover = covered(effect);
        let means = Means { restore_point: cover.is_some(), preview: false, approvals: true };
        let facts = Facts { agent: &action.agent.name, effect, approvals: 0 };
        let decision = policy.engine.decide(&facts, &means).unwrap_or_else(|error| Decision {
            verdict: if is_effect(effect) { Verdict::Hold } else { Verdict::Allow },
            remedies: vec![Remedy::Approvals { count: 1 }],
            hits: vec![PolicyHit {
                id: "weir-fault".to_owned(),
                reason: format!("Weir could not decide about this: {error}"),
                advice: "Ask the person that you work for to run `weir doctor`.".to_owned(),
            }],
        });
        effect.policies = decision.hits.iter().map(|hit| hit.id.clone()).collect();
        for remedy in &decision.remedies {
            if let Remedy::Approvals { count } = remedy {
                needs.approvals = needs.approvals.max(*count);
            }
            if !judgement.remedies.contains(remedy) {
                judgement.remedies.push(remedy.clone());
            }
        }
        if let Some(cover) = cover.filter(|_| decision.remedies.contains(&Remedy::RestorePoint)) {
            needs.keep.add(cover, at);
        }
        judgement.verdict = judgement.verdict.max(decision.verdict);
        objections.extend(decision.hits.into_iter().map(|hit| (decision.verdict, hit)));
    }
    if policy.degraded && judgement.verdict < Verdict::Hold && is_effectful(&judgement.effects) {
        judgement.verdict = Verdict::Hold;
        needs.approvals = needs.approvals.max(1);
        objections.push((
            Verdict::Hold,
            PolicyHit {
                id: "weir-policy-broken".to_owned(),
                reason: "A policy file has an error, so it is not known what it forbids.".to_owned(),
                advice:
                    "Ask the person that you work for to run `weir policy compile` and mend the file that it names."
                        .to_owned(),
            },
        ));
    }
    if !needs.keep.is_empty() {
        // Half of what one git command did cannot be taken back sensibly: its other effects are kept with it.
        for (at, effect) in judgement.effects.iter().enumerate() {
            let lost = effect.reversibility == Reversibility::Recoverable;
            if let Some(cover @ Cover::Git) = covered(effect).filter(|_| lost && !needs.keep.git.contains(&at)) {
                needs.keep.add(cover, at);
            }
        }
    }
    compose(judgement, objections);
    needs
}

/// Where only the missing restore point makes the difference, `weir run` is the way out: it keeps what it destroys,
/// whatever its size.
fn advise_run(policy: &PolicyState, action: &Action, judgement: &mut Judgement) {
    let Request::Shell { command, shell: None } = &action.request else { return };
    let mut trial = judgement.clone();
    decide(policy, action, &mut trial, &|effect| remedies::could_run(effect).then_some(Cover::Run));
    if trial.verdict < Verdict::Hold {
        let line = remedies::run_line(command);
        judgement.advice = format!("Run it as `{line}`: that keeps what it destroys. {}", judgement.advice);
    }
}

/// Says why, from the policies that gave the strictest verdict.
fn compose(judgement: &mut Judgement, objections: Vec<(Verdict, PolicyHit)>) {
    let mut reasons: Vec<String> = Vec::new();
    judgement.advice.clear();
    for (verdict, hit) in objections {
        if !judgement.policies.contains(&hit.id) {
            judgement.policies.push(hit.id.clone());
        }
        if verdict != judgement.verdict {
            continue;
        }
        if judgement.advice.is_empty() {
            judgement.advice = hit.advice;
        }
        if !reasons.contains(&hit.reason) {
            reasons.push(hit.reason);
        }
    }
    let more = reasons.len().saturating_sub(MOST_REASONS);
    reasons.truncate(MOST_REASONS);
    judgement.reason = reasons.join(" ");
    if more > 0 {
        judgement.reason.push_str(&format!(" ({more} more)"));
    }
    match judgement.verdict {
        Verdict::Allow => judgement.remedies.clear(),
        Verdict::AllowWithRestorePoint => judgement.advice = "It is kept first; `weir undo` puts it back.".to_owned(),
        Verdict::Hold | Verdict::Deny => {}
    }
}

/// True for an effect that changes something or that nobody understands.
fn is_effect(effect: &Effect) -> bool {
    match effect.verb {
        Verb::Read => false,
        Verb::Execute => effect.opaque,
        _ => true,
    }
}

/// What may be lost when the power fails: nothing was done that somebody would have to know of.
fn is_routine(entry: &Entry) -> bool {
    match entry {
        Entry::Judged { judgement, .. } => judgement.verdict == Verdict::Allow && !is_effectful(&judgement.effects),
        Entry::Settled { .. } | Entry::SessionStarted { .. } => true,
        _ => false,
    }
}

fn is_effectful(effects: &[Effect]) -> bool {
    effects.iter().any(is_effect)
}

fn warn(judgement: &mut Judgement, text: String) {
    if !judgement.warnings.contains(&text) {
        judgement.warnings.push(text);
    }
}

/// What cannot be recorded may not happen, unless it only reads.
fn unrecorded(judgement: &mut Judgement, error: &GuardError) {
    warn(judgement, format!("the ledger cannot be written: {error}"));
    if !is_effectful(&judgement.effects) || judgement.verdict > Verdict::Hold {
        return;
    }
    judgement.verdict = Verdict::Hold;
    judgement.hold = None;
    judgement.approved_by = None;
    let text = format!("Weir cannot record this action, because the ledger cannot be written: {error}.");
    judgement.reason = if judgement.reason.is_empty() { text } else { format!("{text} {}", judgement.reason) };
    judgement.advice = "Ask the person that you work for to run `weir doctor`, then try again.".to_owned();
}

/// What a consent is bound to: who asks for what, where, under which policy.
fn digest_of(action: &Action, pins: &[Pin], policy_version: &Digest) -> Digest {
    let request = match &action.request {
        Request::Shell { command, shell } => {
            Request::Shell { command: command.trim().to_owned(), shell: shell.clone() }
        }
        other => other.clone(),
    };
    let request = serde_json::to_vec(&request).unwrap_or_default();
    // A script that was changed after a person consented is another action.
    let pins: Vec<u8> = pins
        .iter()
        .flat_map(|pin| [pin.path.as_os_str().as_encoded_bytes(), b"\0", pin.sha256.as_bytes()].concat())
        .collect();
    Digest::of_parts(&[
        action.agent.name.as_bytes(),
        action.tool.as_bytes(),
        &request,
        action.cwd.as_os_str().as_encoded_bytes(),
        &pins,
        policy_version.as_bytes(),
    ])
}

fn later(now: Timestamp, config: &Config) -> Timestamp {
    now.checked_add(config.hold_lifetime).unwrap_or(Timestamp::MAX)
}

fn shortened(mut text: String, longest: usize) -> String {
    if text.len() > longest {
        let mut end = longest;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let cut = text.len() - end;
        text.truncate(end);
        text.push_str(&format!(" … ({cut} more bytes)"));
    }
    text
}

/// The action as the ledger keeps it.
fn cut(action: &Action) -> Action {
    let mut kept = action.clone();
    match &mut kept.request {
        Request::Shell { command, .. } => *command = shortened(std::mem::take(command), LONGEST_TEXT),
        Request::Tool { arguments, .. } => {
            let text = arguments.to_string();
            if text.len() > LONGEST_TEXT {
                *arguments = serde_json::Value::String(shortened(text, LONGEST_TEXT));
            }
        }
        _ => {}
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use weir_ledger::Reader;
    use weir_model::{ActionId, Agent};

    fn action(command: &str, cwd: &str) -> Action {
        let agent = Agent { name: "claude".into(), session: None, subagent: None, principal: "ann".into() };
        let request = Request::Shell { command: command.into(), shell: None };
        let (tool, host, at) = ("Bash".into(), "host".into(), Timestamp::UNIX_EPOCH);
        Action { id: ActionId::new(), agent, tool, call: None, request, cwd: cwd.into(), host, at }
    }

    #[test]
    fn a_consent_is_for_this_action_in_this_place_with_these_scripts_under_this_policy() {
        let policy = Digest::of(b"policy");
        let pin = |text: &[u8]| [Pin { path: "/w/x.sh".into(), sha256: Digest::of(text) }];
        let of = |command: &str, cwd: &str, text: &[u8], policy| digest_of(&action(command, cwd), &pin(text), policy);
        let approved = of("sh x.sh", "/w", b"echo", &policy);
        assert_eq!(of(" sh x.sh ", "/w", b"echo", &policy), approved);
        for other in [
            of("sh y.sh", "/w", b"echo", &policy),
            of("sh x.sh", "/v", b"echo", &policy),
            of("sh x.sh", "/w", b"rm -rf ~", &policy),
            of("sh x.sh", "/w", b"echo", &Digest::of(b"other")),
        ] {
            assert_ne!(other, approved);
        }
    }

    #[test]
    fn a_person_consents_once_and_the_ledger_says_so_once() {
        let dir = tempfile::tempdir().unwrap();
        let guard = Guard::new(Config::new(dir.path()));
        let now = Timestamp::UNIX_EPOCH;
        let asked = action("rm -rf photos", "/w");
        let hold = Hold {
            id: HoldId::new(),
            action: asked.id,
            digest: Digest::of(b"x"),
            agent: "claude".into(),
            summary: asked.summary(),
            cwd: "/w".into(),
            reason: "only copy".into(),
            policy_version: Digest::of(b"p"),
            approvals_needed: 2,
            at: now,
            expires: later(now, guard.config()),
        };
        let id = guard.holds().open(hold).unwrap().0.id.to_string();
        assert!(!guard.approve(&id, "ann", "/dev/pts/1", now).unwrap().is_approved());
        assert!(matches!(guard.approve(&id, "ann", "/dev/pts/1", now), Err(GuardError::AnsweredAlready { .. })));
        assert!(guard.approve(&id, "bob", "/dev/pts/2", now).unwrap().is_approved());
        let reader = Reader::open(&guard.config().paths.ledger()).unwrap();
        assert_eq!(reader.backward().count(), 2, "what was refused is no consent");
    }
}
