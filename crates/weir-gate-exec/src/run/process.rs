//! The process around a run: signals, orphans, and who may look into it. All of it is put back at the end.

use std::io;
use std::os::fd::AsFd;
use std::process::Child;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill, pthread_sigmask, raise};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::Pid;
use rustix::event::{PollFd, PollFlags};
use rustix::process::DumpableBehavior;

use crate::supervisor::Bell;
use crate::{Judge, Notice};

/// From the kernel itself: a key at the terminal, which the command got too.
const SI_KERNEL: i32 = 128;
/// When to look again, should a signal have been missed.
const PERIOD: Duration = Duration::from_millis(200);
/// After which time it is worth saying that something goes on.
const PATIENCE: Duration = Duration::from_secs(2);

/// How a command ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ended {
    pub(super) code: i32,
    pub(super) signal: Option<i32>,
    pub(super) left_behind: bool,
}

/// What was changed in this process for the run.
pub(super) struct Surroundings {
    before: SigSet,
    dumpable: Option<DumpableBehavior>,
    signals: SignalFd,
}

impl Surroundings {
    pub(super) fn prepare() -> io::Result<Self> {
        let mut blocked = SigSet::empty();
        let forwarded = [
            Signal::SIGINT,
            Signal::SIGTERM,
            Signal::SIGQUIT,
            Signal::SIGHUP,
            Signal::SIGUSR1,
            Signal::SIGUSR2,
            Signal::SIGCHLD,
            // Continues this process all the same; the command is to hear of it.
            Signal::SIGCONT,
            // Comes with input on a descriptor of anybody's, and would end this process.
            Signal::SIGIO,
        ];
        for signal in forwarded {
            blocked.add(signal);
        }
        let signals = SignalFd::with_flags(&blocked, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
        let mut before = SigSet::empty();
        pthread_sigmask(SigmaskHow::SIG_BLOCK, Some(&blocked), Some(&mut before))?;
        let dumpable = rustix::process::dumpable_behavior().ok();
        let surroundings = Self { before, dumpable, signals };
        // Processes that outlive their parents become children of this one.
        rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
        // The command runs as the same user: it must not look into this process or hold it.
        rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
        Ok(surroundings)
    }

    /// The signals that were blocked before.
    pub(super) const fn signals(&self) -> SigSet {
        self.before
    }

    /// Waits for the command and, with a supervisor, until that has nobody left to supervise.
    pub(super) fn wait(&self, command: &Child, supervised: Option<&Bell>, judge: &dyn Judge) -> io::Result<Ended> {
        let command = Pid::from_raw(i32::try_from(command.id()).map_err(io::Error::other)?);
        let mut ended: Option<(Ended, Instant)> = None;
        let mut told = false;
        loop {
            if ended.is_none() {
                ended = reap_command(command)?.map(|ended| (ended, Instant::now()));
            }
            let nobody_left = reap_orphans(command);
            if let Some((ended, since)) = ended {
                let over = supervised.map_or(nobody_left, Bell::was_rung);
                if over {
                    return Ok(ended);
                }
                if !told && since.elapsed() > PATIENCE {
                    told = true;
                    judge.notice(&Notice::Waiting);
                }
            }
            let mut events = vec![PollFd::from_borrowed_fd(self.signals.as_fd(), PollFlags::IN)];
            if let Some(bell) = supervised
                && ended.is_some()
            {
                events.push(PollFd::from_borrowed_fd(bell.fd(), PollFlags::IN));
            }
            let period = rustix::event::Timespec::try_from(PERIOD).map_err(io::Error::other)?;
            match rustix::event::poll(&mut events, Some(&period)) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            while let Some((signal, from_kernel)) = self.next_signal()? {
                match ended {
                    _ if matches!(signal, Signal::SIGCHLD | Signal::SIGIO) => {}
                    Some(_) if signal == Signal::SIGCONT => {}
                    None if from_kernel => {}
                    None => {
                        // It may have ended in between.
                        let _ = kill(command, signal);
                    }
                    Some((ended, _)) => return Ok(Ended { left_behind: true, ..ended }),
                }
            }
        }
    }

    fn next_signal(&self) -> io::Result<Option<(Signal, bool)>> {
        let Some(signal) = self.signals.read_signal()? else { return Ok(None) };
        let number = i32::try_from(signal.ssi_signo).map_err(io::Error::other)?;
        Ok(Some((Signal::try_from(number)?, signal.ssi_code == SI_KERNEL)))
    }
}

impl Drop for Surroundings {
    fn drop(&mut self) {
        // What the command sent is not to arrive late.
        while let Ok(Some(_)) = self.next_signal() {}
        let _ = rustix::process::set_child_subreaper(None);
        if let Some(dumpable) = self.dumpable {
            let _ = rustix::process::set_dumpable_behavior(dumpable);
        }
        let _ = pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&self.before), None);
    }
}

fn reap_command(command: Pid) -> io::Result<Option<Ended>> {
    Ok(match waitpid(command, Some(WaitPidFlag::WNOHANG | WaitPidFlag::WUNTRACED))? {
        WaitStatus::Stopped(..) => {
            // It stopped itself: whoever waits for this process must see that, or a terminal would hang. The kernel ignores this
            // where nobody is there who could continue it.
            raise(Signal::SIGTSTP)?;
            None
        }
        WaitStatus::Exited(_, code) => Some(Ended { code, signal: None, left_behind: false }),
        WaitStatus::Signaled(_, signal, _) => {
            Some(Ended { code: 128 + signal as i32, signal: Some(signal as i32), left_behind: false })
        }
        _ => None,
    })
}

/// Takes in the processes that outlived their parents; true when no child is left. Children that this process started for
/// something else are left to whoever waits for them.
fn reap_orphans(command: Pid) -> bool {
    loop {
        let peek = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        match waitid(Id::All, peek) {
            Err(Errno::ECHILD) => return true,
            Ok(status) => {
                let Some(process) = status.pid() else { return false };
                if process == command || !is_restrained(process) {
                    return false;
                }
                let _ = waitpid(process, Some(WaitPidFlag::WNOHANG));
            }
            Err(_) => return false,
        }
    }
}

/// Only what descends from the command has given up new privileges, unless this process itself had.
fn is_restrained(process: Pid) -> bool {
    std::fs::read_to_string(format!("/proc/{process}/status"))
        .is_ok_and(|text| text.lines().any(|line| line.split_whitespace().eq(["NoNewPrivs:", "1"])))
}
