//! What `weir run` asks of the guard while a command runs: whether a program may start, and whether people let it go on.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use weir_analyze::quoted;
use weir_model::{
    Action, ActionId, Digest, Effect, Entry, Hold, HoldId, Judgement, Promise, Request, Timestamp, Verdict,
};
use weir_restore::{Point, Recorder, Store, StoreError};

use crate::policy::PolicyState;
use crate::remedies::{self, KeepError, ToKeep};
use crate::{Guard, GuardError};

/// How often it is looked whether people have answered.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// The most answers that are remembered.
const MOST_SEEN: usize = 10_000;

/// The guard of one command that `weir run` runs. The policy is the one in force when it began.
pub struct Supervision<'a> {
    guard: &'a Guard,
    action: Action,
    policy: Arc<PolicyState>,
    /// What was let through once with these words in this place, and had nothing to measure.
    seen: Mutex<HashSet<Digest>>,
}

impl Guard {
    /// Begins the supervision of `action`.
    #[must_use]
    pub fn supervise(&self, action: &Action) -> Supervision<'_> {
        let policy = Arc::new(PolicyState::load(self.config(), &action.cwd));
        Supervision { guard: self, action: action.clone(), policy, seen: Mutex::default() }
    }
}

/// What people said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Go on.
    Yes(HoldId),
    /// Do not, or nobody answered in time.
    No(String),
}

impl Supervision<'_> {
    /// The action that is supervised.
    #[must_use]
    pub const fn action(&self) -> &Action {
        &self.action
    }

    /// What policy says of the whole command, given that what it destroys is kept.
    #[must_use]
    pub fn judge(&self) -> Judgement {
        self.guard.judge_supervised(&self.policy, &self.action)
    }

    /// Keeps what the command names, where nothing watches what it really does. `None`: it names nothing that is there.
    ///
    /// # Errors
    /// When it cannot be kept, or would cost more than a restore point may.
    pub fn keep_named(&self, judgement: &Judgement) -> Result<Option<(Promise, Point)>, KeepError> {
        let mut wanted = ToKeep::default();
        for (at, effect) in judgement.effects.iter().enumerate() {
            if let Some(cover) = remedies::cover(effect, None) {
                wanted.add(cover, at);
            }
        }
        if wanted.is_empty() {
            return Ok(None);
        }
        self.guard.keep(&self.action, &judgement.effects, &wanted).map(Some)
    }

    /// Opens the restore point of the run.
    ///
    /// # Errors
    /// When it cannot be made, or restore points hold as much as they may.
    pub fn open_restore_point(&self, store: &Store) -> Result<Recorder, StoreError> {
        let is_full = |error: &StoreError| matches!(error, StoreError::OverQuota { .. });
        let info = remedies::info(&self.action, self.guard.config());
        self.guard.with_room(self.action.at, is_full, || store.make(&info))
    }

    /// What `point` promises, for the ledger.
    #[must_use]
    pub fn promise(&self, point: &Point) -> Promise {
        remedies::promise(&self.action, point)
    }

    /// Judges a program that is about to start in `cwd` with these arguments, the first of which is its own name. What is
    /// refused is written to the ledger.
    ///
    /// # Errors
    /// Why it may not start.
    pub fn start(&self, arguments: &[String], cwd: &Path) -> Result<(), String> {
        let words: Vec<&[u8]> =
            arguments.iter().map(String::as_bytes).chain([cwd.as_os_str().as_encoded_bytes()]).collect();
        let key = Digest::of_parts(&words);
        if self.seen.lock().unwrap_or_else(PoisonError::into_inner).contains(&key) {
            return Ok(());
        }
        let command = arguments.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
        let action = Action {
            id: ActionId::new(),
            request: Request::Shell { command, shell: None },
            cwd: cwd.to_owned(),
            ..self.action.clone()
        };
        let judgement = self.guard.judge_supervised(&self.policy, &action);
        if judgement.verdict <= Verdict::AllowWithRestorePoint {
            if judgement.pins.is_empty() && !judgement.effects.iter().any(depends_on_files) {
                let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
                if seen.len() < MOST_SEEN {
                    seen.insert(key);
                }
            }
            return Ok(());
        }
        let why = format!("{} {}", judgement.reason, judgement.advice).trim().to_owned();
        let at = self.action.at;
        let judged = Entry::Judged { action: Box::new(action), judgement: Box::new(judgement) };
        // It does not start, whether that can be written or not.
        let _ = self.guard.note(judged, at);
        Err(why)
    }

    /// Asks people whether the command may go on, and waits for their answer; `waits` is told which hold to answer.
    ///
    /// # Errors
    /// When the hold cannot be opened: then nobody can answer it.
    pub fn ask(&self, reason: &str, waits: &dyn Fn(&Hold)) -> Result<Said, GuardError> {
        let now = Timestamp::now();
        let digest = Digest::of_parts(&[self.action.id.to_string().as_bytes(), reason.as_bytes()]);
        let hold = self.guard.hold(&self.action, digest, reason, self.policy.engine.version(), 1, now);
        let holds = self.guard.holds();
        let (hold, new) = holds.open(hold)?;
        if new {
            self.guard.note(Entry::Held { hold: hold.clone() }, now)?;
        }
        waits(&hold);
        loop {
            let now = Timestamp::now();
            if let Some(id) = holds.consume(&hold.digest, 1, now) {
                self.guard.note(Entry::ApprovalUsed { hold: id }, now)?;
                return Ok(Said::Yes(id));
            }
            if now >= hold.expires {
                return Ok(Said::No(format!("nobody answered hold {} in time", hold.id)));
            }
            if holds.find(&hold.id.to_string(), now).is_err() {
                return Ok(Said::No(format!("a person rejected hold {}", hold.id)));
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }
}

/// True where the same words can mean another effect a moment later.
fn depends_on_files(effect: &Effect) -> bool {
    effect.impact.measured || effect.opaque
}
