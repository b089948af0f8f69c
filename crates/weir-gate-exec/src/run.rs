//! One run: the command, its supervisor, and the process around both.

use std::collections::HashSet;
use std::io::{self, PipeReader, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use rustix::fs::{FileType, OFlags};
use rustix::process::PidfdFlags;

use crate::began::Began;
use crate::child::{self, Restraint};
use crate::filter::{self, Machine, Shape};
use crate::floor::Floor;
use crate::resolve::{Identity, Status, World};
use crate::supervisor::{Bell, Rules, State, Supervisor};
use crate::{NetworkPolicy, Notice, RunError, RunOptions, RunReport, Tier, kernel};

mod process;

use process::{Ended, Surroundings};

/// Runs a command under the guard and waits until it and everything that it started have ended.
///
/// # Errors
///
/// [`RunError`]: the command was not run. A command that ran and failed is no error.
pub fn run(options: RunOptions) -> Result<RunReport, RunError> {
    if options.command.is_empty() {
        return Err(RunError::NoCommand);
    }
    let floor = Floor::new(&options.floor, &options.protected);
    let surroundings = Surroundings::prepare().map_err(RunError::setup("prepare the process"))?;
    match guarded(&options, &floor, &surroundings) {
        Err(error @ (RunError::Nested | RunError::Unsupported(_))) if options.at_least < Tier::Guard => {
            floor_only(&options, &floor, &surroundings, error)
        }
        other => other,
    }
}

fn guarded(options: &RunOptions, floor: &Floor, surroundings: &Surroundings) -> Result<RunReport, RunError> {
    let machine = Machine::native()
        .ok_or_else(|| RunError::Unsupported("the system calls of this machine are not known".to_owned()))?;
    let ruleset = if kernel::landlock_version() == 0 {
        None
    } else {
        Some(floor.ruleset(true).map_err(RunError::setup("make the write floor"))?)
    };
    let shape = Shape {
        machine,
        supervisor: std::process::id(),
        exec: true,
        datagrams: options.network == NetworkPolicy::Judged,
        network: options.network != NetworkPolicy::Closed,
        // Where Landlock is missing or says too little, creating is judged call by call.
        creation: options.creations || ruleset.is_none() || floor.has_islands(),
        credentials: rustix::process::geteuid().is_root(),
    };
    let filter = filter::build(&shape);
    let rules = Arc::new(rules(options, floor, machine)?);
    let (reader, report) = io::pipe().map_err(RunError::setup("make a pipe"))?;
    let (bell, done) = (
        Bell::new().map_err(RunError::setup("make an event descriptor"))?,
        Bell::new().map_err(RunError::setup("make an event descriptor"))?,
    );
    let stop = Arc::new(AtomicBool::new(false));
    let supervisor = start_supervisor(options, rules, reader, (&bell, &done), &stop)?;
    let restraint = Restraint { ruleset, filter: Some(filter), report, signals: surroundings.signals() };
    let command = match child::spawn(options, restraint) {
        Ok(command) => command,
        Err(error) => {
            stop.store(true, Ordering::Release);
            bell.ring();
            // Whether the filter or the program was refused: the filter is what comes first.
            let started = supervisor.join().unwrap_or(Ok(None));
            return Err(not_started(options, error, matches!(started, Ok(Some(_)))));
        }
    };
    let ended = surroundings.wait(&command, Some(&done), &*options.judge);
    let left_behind = ended.as_ref().is_ok_and(|ended| ended.left_behind);
    if left_behind || ended.is_err() {
        stop.store(true, Ordering::Release);
        bell.ring();
    }
    let state = supervisor
        .join()
        .unwrap_or_else(|_| Err(io::Error::other("the supervisor failed")))
        .map_err(RunError::setup("supervise the command"))?;
    let ended = ended.map_err(RunError::setup("wait for the command"))?;
    Ok(report_of(options, Tier::Guard, &ended, state.unwrap_or_default()))
}

fn rules(options: &RunOptions, floor: &Floor, machine: Machine) -> Result<Rules, RunError> {
    let world =
        World::new().map_err(|error| RunError::Setup { what: "open the root directory", source: error.into() })?;
    // Zero stands for a session or group that was made outside of this container. (rustix takes it for impossible.)
    let session = nix::unistd::getsid(None).map_or(0, nix::unistd::Pid::as_raw);
    Ok(Rules {
        floor: floor.clone(),
        network: options.network,
        judge: Arc::clone(&options.judge),
        recorder: Arc::clone(&options.recorder),
        given: given(options, &world),
        world,
        machine,
        supervisor: std::process::id(),
        group: nix::unistd::getpgrp().as_raw(),
        session,
        began: Began::now(),
    })
}

/// Files that the command gets as standard input, output and error and may write to without opening them: kept now.
fn given(options: &RunOptions, world: &World) -> HashSet<Identity> {
    let (input, output, error) = (io::stdin(), io::stdout(), io::stderr());
    let mut given = HashSet::new();
    for file in [input.as_fd(), output.as_fd(), error.as_fd()] {
        let writable = rustix::fs::fcntl_getfl(file).is_ok_and(|flags| flags.intersects(OFlags::WRONLY | OFlags::RDWR));
        let Ok(status) = Status::of(file) else { continue };
        if !writable || status.kind != FileType::RegularFile || !given.insert(status.identity) {
            continue;
        }
        let Ok(path) = world.path_of(file) else { continue };
        // What goes on at the end of a file, as a log does, takes nothing away from it.
        let size = rustix::fs::fstat(file).map_or(u64::MAX, |stat| u64::try_from(stat.st_size).unwrap_or(0));
        let at_end = rustix::fs::tell(file).is_ok_and(|at| at >= size)
            || rustix::fs::fcntl_getfl(file).is_ok_and(|flags| flags.contains(OFlags::APPEND));
        if status.links == 0 || at_end {
            continue;
        }
        // A descriptor for writing cannot be read from; one for its place can.
        let place = world.reopen(file, OFlags::PATH).map_err(io::Error::from);
        if let Err(error) = place.and_then(|place| options.recorder.save_content(place.as_fd(), &path)) {
            options.judge.notice(&Notice::Unsaved(path, error.to_string()));
        }
    }
    given
}

type Supervised = JoinHandle<io::Result<Option<State>>>;

/// Starts the thread that waits for the child's message and then answers its calls; nothing when no message came.
fn start_supervisor(
    options: &RunOptions,
    rules: Arc<Rules>,
    mut reader: PipeReader,
    (bell, done): (&Bell, &Bell),
    stop: &Arc<AtomicBool>,
) -> Result<Supervised, RunError> {
    let (limits, bell, done, stop) = (options.limits, bell.clone(), done.clone(), Arc::clone(stop));
    let supervise = move || {
        let mut message = [0; 8];
        if reader.read_exact(&mut message).is_err() {
            return Ok(None);
        }
        let (process, number) = child::read_message(message);
        let state = match listener(process, number) {
            Ok(listener) => Ok(Some(Supervisor::new(rules, limits, listener, bell, stop).run())),
            Err(error) => {
                // It waits for an answer that nobody can give.
                let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(process), nix::sys::signal::Signal::SIGKILL);
                Err(error)
            }
        };
        done.ring();
        state
    };
    let thread = std::thread::Builder::new().name("supervisor".to_owned());
    thread.spawn(supervise).map_err(RunError::setup("start the supervisor"))
}

fn listener(process: i32, number: i32) -> io::Result<OwnedFd> {
    let process = rustix::process::Pid::from_raw(process).ok_or(io::ErrorKind::InvalidData)?;
    Ok(kernel::take_copy(rustix::process::pidfd_open(process, PidfdFlags::empty())?, number)?)
}

fn not_started(options: &RunOptions, error: io::Error, supervised: bool) -> RunError {
    let program = options.command.first().map(|program| program.display().to_string()).unwrap_or_default();
    match error.raw_os_error() {
        Some(libc::EBUSY) if !supervised => RunError::Nested,
        Some(libc::ENOSYS | libc::EINVAL) if !supervised => {
            RunError::Unsupported(format!("the kernel does not take the filter ({error})"))
        }
        _ => RunError::Start { program, source: error },
    }
}

/// The write floor alone.
fn floor_only(
    options: &RunOptions,
    floor: &Floor,
    surroundings: &Surroundings,
    why: RunError,
) -> Result<RunReport, RunError> {
    if kernel::landlock_version() == 0 {
        return Err(why);
    }
    options.judge.notice(&Notice::FloorOnly(why.to_string()));
    let ruleset = floor.ruleset(false).map_err(RunError::setup("make the write floor"))?;
    let (_reader, report) = io::pipe().map_err(RunError::setup("make a pipe"))?;
    let restraint = Restraint { ruleset: Some(ruleset), filter: None, report, signals: surroundings.signals() };
    let command = child::spawn(options, restraint).map_err(|error| not_started(options, error, true))?;
    let ended = surroundings.wait(&command, None, &*options.judge).map_err(RunError::setup("wait for the command"))?;
    Ok(report_of(options, Tier::Floor, &ended, State::default()))
}

fn report_of(options: &RunOptions, tier: Tier, ended: &Ended, state: State) -> RunReport {
    RunReport {
        code: ended.code,
        signal: ended.signal,
        tier,
        programs: state.programs,
        refused: state.refused,
        refusals: state.refusals,
        left_behind: ended.left_behind,
        counters: options.recorder.counters(),
    }
}
