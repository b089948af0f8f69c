//! What a run is given and what it gives back.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;
use weir_restore::{Counters, Recorder};

/// One command to run under the guard.
///
/// The guard changes the process that it runs in (signals, orphans, who may look into it), so a process does one run.
pub struct RunOptions {
    /// The program and its arguments.
    pub command: Vec<OsString>,
    /// Where it starts.
    pub cwd: PathBuf,
    /// The restore point that is written. The caller seals it when [`run`](crate::run) has returned.
    pub recorder: Arc<Recorder>,
    /// Places below which may be written; what does not exist is left out. Devices and terminals are always writable.
    pub floor: Vec<PathBuf>,
    /// Places in which nothing may be changed, although they lie below a writable one. They need not exist. The store of the
    /// restore points belongs here, wherever it is.
    pub protected: Vec<PathBuf>,
    /// Whether what is made is noted too, so that an undo takes it away again. Each new name costs a few microseconds then. It is
    /// always so where a protected place lies below a writable one, which Landlock cannot express.
    pub creations: bool,
    /// What may be connected to.
    pub network: NetworkPolicy,
    /// From where on somebody is asked.
    pub limits: Limits,
    /// Who is asked.
    pub judge: Arc<dyn Judge>,
    /// Which tier the caller insists on; with [`Tier::Floor`] the command runs under the write floor alone where there is
    /// no guard to be had, and the caller has taken a snapshot.
    pub at_least: Tier,
}

/// What may be connected to. Sockets of programs that would carry out orders outside of the guard (containers, the service
/// manager, terminal multiplexers) are refused under each of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum NetworkPolicy {
    /// Anything; nobody is asked.
    #[default]
    Open,
    /// What [`Judge::connect`] allows.
    Judged,
    /// Nothing but sockets in the file system.
    Closed,
}

/// How much may be taken away before somebody is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Files and directories that were removed, replaced or changed.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { files: u64::MAX, bytes: u64::MAX }
    }
}

/// An answer of the judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// Go on.
    Allow,
    /// The call fails, for this reason.
    Deny(String),
}

/// Why somebody is asked in the middle of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reached {
    /// As much was taken away as is allowed unasked; the next step after an approval is twice as far.
    Limit {
        /// What was taken away so far; all of it can be put back.
        counters: Counters,
        /// What the next call would change.
        path: PathBuf,
    },
    /// This file would be changed, and it cannot be kept (it is too large to copy).
    Unsaved {
        /// The file.
        path: PathBuf,
        /// Why it cannot be kept.
        why: String,
    },
}

/// Who is asked about what a command does while it runs.
pub trait Judge: Send + Sync {
    /// Whether a program may start. Asked for each one, while the calls of all others wait: the answer must come at once.
    /// `program` is the file that runs, with links resolved; for a file that is many programs, the name that it is called by.
    fn exec(&self, program: &Path, arguments: &[OsString], cwd: &Path) -> Ruling;
    /// Whether to go on. The call waits meanwhile, and nothing else does: people may be asked.
    fn limit(&self, reached: &Reached) -> Ruling;
    /// Whether a connection may be made, under [`NetworkPolicy::Judged`]. The call waits meanwhile, and nothing else does.
    fn connect(&self, host: &str, port: u16) -> Ruling;
    /// Something that the person at the terminal should read.
    fn notice(&self, notice: &Notice) {
        let _ = notice;
    }
}

/// Something worth a line on the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// A call was refused.
    Refused(Refusal),
    /// The command has ended, and something that it started has not: the run goes on until it does.
    Waiting,
    /// Only the write floor is in force, for this reason.
    FloorOnly(String),
    /// A file that was given as standard output cannot be kept, for this reason.
    Unsaved(PathBuf, String),
}

/// A call that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The system call.
    pub call: &'static str,
    /// What it was about.
    pub what: String,
    /// Why.
    pub why: String,
}

/// How the reason begins where something could not be kept.
pub(crate) const UNKEPT: &str = "it cannot be kept";

impl Refusal {
    /// True where the call was refused because what it would have destroyed could not be kept.
    #[must_use]
    pub fn is_unkept(&self) -> bool {
        self.why.starts_with(UNKEPT)
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} of `{}` was refused: {}", self.call, self.what, self.why)
    }
}

/// How strong the guard is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Nothing below the command's own good will.
    None,
    /// The write floor alone: what is below a writable place can be destroyed.
    Floor,
    /// The write floor and the supervisor.
    Guard,
}

/// What was found when the guard was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierReport {
    /// What works here.
    pub tier: Tier,
    /// The version of Landlock's interface; 0 without.
    pub landlock: u32,
    /// What was seen.
    pub why: String,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunReport {
    /// The status of the command, or 128 and the signal that ended it.
    pub code: i32,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// What the command ran under.
    pub tier: Tier,
    /// Programs that were started.
    pub programs: u64,
    /// Calls that were refused; at most the first hundred are listed.
    pub refused: Vec<Refusal>,
    /// All calls that were refused.
    pub refusals: u64,
    /// Whether processes were left behind without the guard's answer: their destructive calls fail.
    pub left_behind: bool,
    /// What was taken away, and can be put back.
    pub counters: Counters,
}

/// A command was not run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RunError {
    /// There is nothing to run.
    #[error("no command was given")]
    NoCommand,
    /// The system lacks what the guard needs.
    #[error("the guard does not work here: {0}")]
    Unsupported(String),
    /// A supervisor is already above this process, and the kernel takes only one.
    #[error("another supervisor is already above this process, and the kernel takes only one")]
    Nested,
    /// The program could not be started.
    #[error("cannot run `{program}`: {source}")]
    Start {
        /// Which.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// The guard could not be put up.
    #[error("cannot {what}: {source}")]
    Setup {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        source: io::Error,
    },
}

impl RunError {
    pub(crate) fn setup(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Setup { what, source }
    }
}
