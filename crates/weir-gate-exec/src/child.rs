//! The command between fork and exec.

use std::ffi::OsStr;
use std::io::{self, PipeWriter, Write};
use std::os::fd::RawFd;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use landlock::RulesetCreated;
use nix::sys::signal::{SigSet, SigmaskHow, pthread_sigmask};
use rustix::fs::{Access, AtFlags};
use rustix::process::{DumpableBehavior, Pid, Signal};

use crate::filter::Instruction;
use crate::{RunOptions, kernel};

/// What the command is put under.
pub(crate) struct Restraint {
    /// Nothing where the kernel has no Landlock.
    pub(crate) ruleset: Option<RulesetCreated>,
    /// Nothing for the write floor alone.
    pub(crate) filter: Option<Vec<Instruction>>,
    /// Where the child says which of its descriptors is the listener.
    pub(crate) report: PipeWriter,
    /// The signals that were blocked before the guard blocked its own.
    pub(crate) signals: SigSet,
}

/// Starts the command. It returns when the program runs, which the supervisor has to let it, so that must run in another thread
/// by now. The thread that calls this must live as long as the command: the kernel ends the command with it.
pub(crate) fn spawn(options: &RunOptions, restraint: Restraint) -> io::Result<Child> {
    let (program, arguments) =
        options.command.split_first().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    let mut command = Command::new(in_path(program).as_deref().unwrap_or(Path::new(program)));
    command.arg0(program).args(arguments).current_dir(&options.cwd);
    let Restraint { mut ruleset, filter, mut report, signals } = restraint;
    let supervisor = rustix::process::getpid();
    kernel::before_exec(&mut command, move || {
        kernel::close_inherited_at_exec()?;
        // The supervisor dies: so does the command, which can no longer ask anybody.
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        if rustix::process::getppid() != Some(supervisor) {
            return Err(io::ErrorKind::NotConnected.into());
        }
        pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&signals), None)?;
        // Inherited from the supervisor, who hides; the command must be readable for it.
        rustix::process::set_dumpable_behavior(DumpableBehavior::Dumpable)?;
        rustix::thread::set_no_new_privs(true)?;
        if let Some(ruleset) = ruleset.take() {
            ruleset.restrict_self().map_err(|_| io::Error::from(io::ErrorKind::PermissionDenied))?;
        }
        if let Some(filter) = &filter {
            let listener = kernel::install(filter)?;
            report.write_all(&message(rustix::process::getpid(), listener))?;
        }
        Ok(())
    });
    command.spawn()
}

/// Where `PATH` leads to. Searched for here, because each attempt of the command's own would be a call to be judged; what
/// is not found is left to that, so that it fails as it always does.
fn in_path(program: &OsStr) -> Option<PathBuf> {
    if program.is_empty() || program.as_bytes().contains(&b'/') {
        return None;
    }
    let path = std::env::var_os("PATH")?;
    // A directory that is not absolute is one in the command's own working directory: not known here.
    let known = std::env::split_paths(&path).take_while(|dir| dir.is_absolute());
    known.map(|dir| dir.join(program)).find(|file| {
        file.is_file() && rustix::fs::accessat(rustix::fs::CWD, file, Access::EXEC_OK, AtFlags::EACCESS).is_ok()
    })
}

fn message(process: Pid, listener: RawFd) -> [u8; 8] {
    let mut message = [0; 8];
    let (first, second) = message.split_at_mut(4);
    first.copy_from_slice(&process.as_raw_nonzero().get().to_ne_bytes());
    second.copy_from_slice(&listener.to_ne_bytes());
    message
}

/// Reads what [`spawn`] wrote: the process and its descriptor.
pub(crate) fn read_message(message: [u8; 8]) -> (i32, RawFd) {
    let [a, b, c, d, e, f, g, h] = message;
    (i32::from_ne_bytes([a, b, c, d]), RawFd::from_ne_bytes([e, f, g, h]))
}
