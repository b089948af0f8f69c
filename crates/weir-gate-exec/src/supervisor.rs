//! The loop that answers calls: one thread, one call at a time, so that what is looked at stays as it is until it is done.
//!
//! Only questions to people and openings that block leave the loop; the calls behind them wait, all others go on.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use nix::sys::eventfd::{EfdFlags, EventFd};
use rustix::event::{PollFd, PollFlags};
use rustix::fs::Mode;
use rustix::io::Errno;
use weir_restore::{Counters, Recorder};

use crate::began::Began;
use crate::filter::{Call, Machine};
use crate::floor::Floor;
use crate::kernel::{self, Notification};
use crate::placement::Placement;
use crate::regenerable::Regenerable;
use crate::remembered::Remembered;
use crate::resolve::{Identity, World};
use crate::target::Target;
use crate::{Judge, Limits, NetworkPolicy, Notice, Reached, Refusal, Ruling, calls};

/// Refusals that are kept word for word.
const REFUSALS_KEPT: usize = 100;

/// What a call comes to.
#[derive(Debug)]
pub(crate) enum Answer {
    /// It was carried out and returns this.
    Done(i64),
    /// The kernel carries it out: nothing that it does depends on memory.
    Proceed,
    /// It returns a descriptor for this file.
    File { file: OwnedFd, close_on_exec: bool },
    /// Another thread answers it.
    Elsewhere,
}

/// Why a call was not carried out.
#[derive(Debug)]
pub(crate) enum Stop {
    /// As the kernel would have said.
    Fails(Errno),
    /// The guard says no.
    Refused { what: String, why: String, errno: Errno },
    /// Somebody must be asked first.
    Ask(Question),
}

impl From<Errno> for Stop {
    fn from(errno: Errno) -> Self {
        Self::Fails(errno)
    }
}

impl Stop {
    pub(crate) fn refused(what: impl Into<String>, why: impl Into<String>, errno: Errno) -> Self {
        Self::Refused { what: what.into(), why: why.into(), errno }
    }
}

/// Something that somebody is asked.
#[derive(Debug, Clone)]
pub(crate) enum Question {
    Limit(Counters, std::path::PathBuf),
    Unsaved { file: Identity, path: std::path::PathBuf, why: String },
    Connect { host: String, port: u16 },
}

/// What makes two questions the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    Limit,
    Unsaved(Identity),
    Connect(String, u16),
}

impl Question {
    fn key(&self) -> Key {
        match self {
            Self::Limit(..) => Key::Limit,
            Self::Unsaved { file, .. } => Key::Unsaved(*file),
            Self::Connect { host, port } => Key::Connect(host.clone(), *port),
        }
    }

    fn put_to(&self, judge: &dyn Judge) -> Ruling {
        match self {
            Self::Limit(counters, path) => judge.limit(&Reached::Limit { counters: *counters, path: path.clone() }),
            Self::Unsaved { path, why, .. } => judge.limit(&Reached::Unsaved { path: path.clone(), why: why.clone() }),
            Self::Connect { host, port } => judge.connect(host, *port),
        }
    }
}

/// What stays the same during a run.
pub(crate) struct Rules {
    pub(crate) floor: Floor,
    pub(crate) network: NetworkPolicy,
    pub(crate) judge: Arc<dyn Judge>,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) world: World,
    pub(crate) machine: Machine,
    pub(crate) supervisor: u32,
    /// Of the supervisor's own process group, which the command shares.
    pub(crate) group: i32,
    pub(crate) session: i32,
    pub(crate) began: Began,
    /// Files that the command was given as standard input, output or error for writing.
    pub(crate) given: HashSet<Identity>,
}

/// What a run learns.
#[derive(Default)]
pub(crate) struct State {
    limits: Limits,
    rulings: HashMap<Key, Ruling>,
    /// Files that were made by a call of this run, which are nothing to lose.
    pub(crate) made: HashSet<Identity>,
    /// What a build makes again.
    pub(crate) regenerable: Regenerable,
    /// Files whose metadata was noted.
    pub(crate) noted: HashSet<Identity>,
    /// Whether the file systems of these devices give a file one birth.
    pub(crate) own_births: HashMap<(u32, u32), bool>,
    /// Once a process became somebody else, each caller is looked at.
    pub(crate) credentials_changed: bool,
    pub(crate) programs: u64,
    pub(crate) refused: Vec<Refusal>,
    pub(crate) refusals: u64,
    threads: HashSet<u32>,
    parked: HashMap<Key, Vec<Notification>>,
}

/// One call, with all that its answer may need.
pub(crate) struct Scene<'a> {
    pub(crate) rules: &'a Arc<Rules>,
    pub(crate) state: &'a mut State,
    pub(crate) target: Target<'a>,
    pub(crate) call: Call,
    pub(crate) arguments: [u64; 6],
    pub(crate) listener: &'a Arc<OwnedFd>,
}

impl Scene<'_> {
    /// An argument that is an `int` for the kernel.
    pub(crate) fn int(&self, index: usize) -> i32 {
        let [a, b, c, d] = self.low(index).to_ne_bytes();
        i32::from_ne_bytes([a, b, c, d])
    }

    /// The lower half of an argument.
    pub(crate) fn low(&self, index: usize) -> u32 {
        (self.long(index) & u64::from(u32::MAX)).try_into().unwrap_or_default()
    }

    pub(crate) fn long(&self, index: usize) -> u64 {
        self.arguments.get(index).copied().unwrap_or_default()
    }

    /// Asks when as much as allowed was taken away.
    pub(crate) fn within_limits(&mut self, path: &std::path::Path) -> Result<(), Stop> {
        let limits = self.state.limits;
        if limits == Limits::default() {
            return Ok(());
        }
        let counters = self.rules.recorder.counters();
        if counters.files.saturating_add(counters.directories) < limits.files && counters.bytes() < limits.bytes {
            return Ok(());
        }
        match self.state.rulings.get(&Key::Limit) {
            Some(Ruling::Deny(why)) => Err(Stop::refused(path.display().to_string(), why.clone(), Errno::PERM)),
            _ => Err(Stop::Ask(Question::Limit(counters, path.to_owned()))),
        }
    }

    /// What was ruled on a question before; asks it otherwise.
    pub(crate) fn ruling(&self, question: Question, what: &str) -> Result<(), Stop> {
        match self.state.rulings.get(&question.key()) {
            Some(Ruling::Allow) => Ok(()),
            Some(Ruling::Deny(why)) => Err(Stop::refused(what, why.clone(), Errno::PERM)),
            None => Err(Stop::Ask(question)),
        }
    }

    /// Nothing of the write floor or the protected places speaks against changing this.
    pub(crate) fn permitted(&self, path: &std::path::Path) -> Result<(), Stop> {
        match self.rules.floor.forbids(path) {
            Some(why) => Err(Stop::refused(path.display().to_string(), why, Errno::ACCESS)),
            None => Ok(()),
        }
    }

    /// As [`Scene::permitted`], with all that lies below.
    pub(crate) fn permitted_tree(&self, path: &std::path::Path) -> Result<(), Stop> {
        match self.rules.floor.forbids_tree(path) {
            Some(why) => Err(Stop::refused(path.display().to_string(), why, Errno::ACCESS)),
            None => Ok(()),
        }
    }
}

/// Ends the loop from another thread, or tells it of a ruling.
#[derive(Clone)]
pub(crate) struct Bell(Arc<EventFd>);

impl Bell {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self(Arc::new(EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)?)))
    }

    pub(crate) fn ring(&self) {
        // A counter that is full has been rung.
        let _ = self.0.write(1);
    }

    fn quiet(&self) {
        let _ = self.0.read();
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }

    /// Whether it was rung since the last look.
    pub(crate) fn was_rung(&self) -> bool {
        self.0.read().is_ok()
    }
}

/// A question and what was said to it.
type Answered = (Key, Ruling);

/// The supervisor of one run.
pub(crate) struct Supervisor {
    rules: Arc<Rules>,
    state: State,
    listener: Arc<OwnedFd>,
    bell: Bell,
    stop: Arc<std::sync::atomic::AtomicBool>,
    answers: (Sender<Answered>, Receiver<Answered>),
    calls: Vec<Option<Call>>,
    remembered: RefCell<Remembered>,
    placement: Placement,
}

impl Supervisor {
    pub(crate) fn new(
        rules: Arc<Rules>,
        limits: Limits,
        listener: OwnedFd,
        bell: Bell,
        stop: Arc<std::sync::atomic::AtomicBool>,
    ) -> Self {
        let mut table = vec![None; 512];
        for call in Call::ALL {
            let number = call.number(rules.machine).and_then(|number| usize::try_from(number).ok());
            if let Some(slot) = number.and_then(|number| table.get_mut(number)) {
                *slot = Some(*call);
            }
        }
        let placement = Placement::new(listener.as_fd());
        Self {
            rules,
            state: State { limits, ..State::default() },
            listener: Arc::new(listener),
            bell,
            stop,
            answers: channel(),
            calls: table,
            remembered: RefCell::default(),
            placement,
        }
    }

    /// Answers calls until no process is left that could make one, or somebody ends it.
    pub(crate) fn run(mut self) -> State {
        // The mask of new files and the working directory belong to a process; this thread needs a mask of its own.
        if nix::sched::unshare(nix::sched::CloneFlags::CLONE_FS).is_err() {
            return self.state;
        }
        rustix::process::umask(Mode::empty());
        while !self.stop.load(std::sync::atomic::Ordering::Acquire) {
            let listener = Arc::clone(&self.listener);
            let bell = self.bell.clone();
            let mut events = [
                PollFd::from_borrowed_fd(listener.as_fd(), PollFlags::IN),
                PollFd::from_borrowed_fd(bell.fd(), PollFlags::IN),
            ];
            match rustix::event::poll(&mut events, None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(_) => break,
            }
            let [calls, rung] = events.map(|event| event.revents());
            if rung.contains(PollFlags::IN) {
                self.bell.quiet();
                self.take_rulings();
            }
            if calls.contains(PollFlags::IN) {
                // The caller may have been killed in between.
                if let Ok(notification) = kernel::receive(self.listener.as_fd()) {
                    self.answer(notification);
                }
            } else if calls.intersects(PollFlags::HUP | PollFlags::ERR) {
                break;
            }
        }
        self.state
    }

    fn answer(&mut self, notification: Notification) {
        let listener = Arc::clone(&self.listener);
        self.placement.called(&Target::new(&notification, listener.as_fd(), &self.remembered));
        let id = notification.id;
        let call =
            usize::try_from(notification.number).ok().and_then(|number| self.calls.get(number).copied().flatten());
        let result = match call {
            Some(call) => self.dispatch(&notification, call, &listener),
            None => Err(Stop::Fails(Errno::NOSYS)),
        };
        // An answer that does not arrive is one whose caller was killed.
        let listener = listener.as_fd();
        let _ = match result {
            Ok(Answer::Done(value)) => kernel::succeed(listener, id, value),
            Ok(Answer::Proceed) => kernel::proceed(listener, id),
            Ok(Answer::Elsewhere) => Ok(()),
            Ok(Answer::File { file, close_on_exec }) => self
                .placement
                .hand_over(listener, (id, notification.thread), file.as_fd(), close_on_exec)
                .or_else(|error| kernel::fail(listener, id, error.raw_os_error().unwrap_or(libc::EMFILE))),
            Err(Stop::Fails(errno)) => kernel::fail(listener, id, errno.raw_os_error()),
            Err(Stop::Refused { what, why, errno }) => {
                let call = call.map_or("call", Call::name);
                self.note_refusal(Refusal { call, what, why });
                kernel::fail(listener, id, errno.raw_os_error())
            }
            Err(Stop::Ask(question)) => {
                self.ask(question, notification);
                Ok(())
            }
        };
    }

    fn dispatch(&mut self, notification: &Notification, call: Call, listener: &Arc<OwnedFd>) -> Result<Answer, Stop> {
        let target = Target::new(notification, listener.as_fd(), &self.remembered);
        if !self.state.threads.contains(&notification.thread) {
            calls::identity::same_namespace(&target)?;
            if self.state.threads.len() > 100_000 {
                self.state.threads.clear();
            }
            self.state.threads.insert(notification.thread);
        }
        self.remembered.borrow_mut().seen(notification.thread);
        if self.state.credentials_changed {
            calls::identity::same_credentials(&target)?;
        }
        let arguments = notification.arguments;
        let mut scene = Scene { rules: &self.rules, state: &mut self.state, target, call, arguments, listener };
        calls::carry_out(&mut scene)
    }

    fn note_refusal(&mut self, refusal: Refusal) {
        self.state.refusals = self.state.refusals.saturating_add(1);
        if self.state.refused.len() < REFUSALS_KEPT {
            self.rules.judge.notice(&Notice::Refused(refusal.clone()));
            self.state.refused.push(refusal);
        }
    }

    /// Asks in a thread of its own, once for all calls with the same question.
    fn ask(&mut self, question: Question, notification: Notification) {
        let key = question.key();
        let waiting = self.state.parked.entry(key.clone()).or_default();
        waiting.push(notification);
        if waiting.len() > 1 {
            return;
        }
        let (judge, bell, answers) = (Arc::clone(&self.rules.judge), self.bell.clone(), self.answers.0.clone());
        let asked = std::thread::Builder::new().name("question".to_owned()).spawn({
            let key = key.clone();
            move || {
                // A judge that fails has not allowed anything.
                let ruling = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| question.put_to(&*judge)))
                    .unwrap_or_else(|_| Ruling::Deny("the question could not be put".to_owned()));
                let _ = answers.send((key, ruling));
                bell.ring();
            }
        });
        if asked.is_err() {
            let _ = self.answers.0.send((key, Ruling::Deny("nobody could be asked".to_owned())));
            self.bell.ring();
        }
    }

    fn take_rulings(&mut self) {
        while let Ok((key, ruling)) = self.answers.1.try_recv() {
            let waiting = self.state.parked.remove(&key).unwrap_or_default();
            if key == Key::Limit && ruling == Ruling::Allow {
                self.raise_limits();
            } else {
                self.state.rulings.insert(key, ruling);
            }
            for notification in waiting {
                self.answer(notification);
            }
        }
    }

    /// Twice as far as what was reached.
    fn raise_limits(&mut self) {
        let counters = self.rules.recorder.counters();
        let limits = &mut self.state.limits;
        let (files, bytes) = (counters.files.saturating_add(counters.directories), counters.bytes());
        if files >= limits.files {
            limits.files = files.saturating_mul(2).max(files.saturating_add(1));
        }
        if bytes >= limits.bytes {
            limits.bytes = bytes.saturating_mul(2).max(bytes.saturating_add(1));
        }
    }
}

/// Tries `attempt` until it gives something or the caller is gone, in a thread of its own: for what may block for ever.
pub(crate) fn later(
    listener: Arc<OwnedFd>,
    id: u64,
    close_on_exec: bool,
    mut attempt: impl FnMut() -> Result<Option<OwnedFd>, Errno> + Send + 'static,
) -> Result<Answer, Stop> {
    let wait = move || {
        let mut pause = Duration::from_micros(200);
        loop {
            if !kernel::still_waits(listener.as_fd(), id) {
                return;
            }
            match attempt() {
                Ok(Some(file)) => {
                    let _ = kernel::hand_over(listener.as_fd(), id, file.as_fd(), close_on_exec);
                    return;
                }
                Ok(None) => {}
                Err(errno) => {
                    let _ = kernel::fail(listener.as_fd(), id, errno.raw_os_error());
                    return;
                }
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(10));
        }
    };
    std::thread::Builder::new().name("opening".to_owned()).spawn(wait).map_err(|_| Errno::AGAIN)?;
    Ok(Answer::Elsewhere)
}
