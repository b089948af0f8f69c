//! One run of a client: started in a process group of its own, limited in time, and ended with everything it started.

use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::clients::{Client, Setup};

/// How often the client is looked at.
const TICK: Duration = Duration::from_millis(50);
/// How long a client may still write its session away once its model has nothing more to say.
const GRACE: Duration = Duration::from_secs(5);

/// How a run ended.
pub(crate) struct End {
    /// What went wrong with the run itself.
    pub(crate) fault: Option<Fault>,
    /// The last thing the client said.
    pub(crate) last_line: Option<String>,
}

/// A run that did not end by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The program could not be started.
    Start,
    /// It took too long.
    TimedOut,
    /// The person pressed Ctrl-C.
    Interrupted,
}

/// Runs `client` until it ends, `is_over` says that there is nothing more to see, or `timeout` has passed.
pub(crate) fn run(client: &Client, setup: &Setup<'_>, timeout: Duration, is_over: &dyn Fn() -> bool) -> End {
    let interrupt = Interrupt::arm();
    let deadline = Instant::now() + timeout;
    let prepared = (client.prepare)(setup).and_then(|()| fs::create_dir_all(setup.scratch.join("client")));
    let end = match prepared {
        Err(error) => End { fault: Some(Fault::Start), last_line: Some(error.to_string()) },
        Ok(()) => {
            if let Some(arguments) = (client.first)(setup) {
                let mut first = command(setup);
                first.args(arguments);
                let _ = supervise(&mut first, setup.scratch, deadline, &interrupt, &|| false);
            }
            let mut main = command(setup);
            (client.start)(setup, &mut main);
            supervise(&mut main, setup.scratch, deadline, &interrupt, is_over)
        }
    };
    end_stragglers(setup.scratch);
    end
}

/// The client's program in the scratch directory, cut off from every network but the scripted model.
fn command(setup: &Setup<'_>) -> Command {
    let mut command = Command::new(setup.program);
    command.current_dir(setup.work).env("HOME", setup.home).env("PWD", setup.work).env("DO_NOT_TRACK", "1");
    for agent in weir_gate_hook::AGENTS {
        // The canary is no part of the session that it may be started from.
        for marker in agent.environment_markers() {
            command.env_remove(marker);
        }
    }
    for name in ["HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"] {
        command.env(name, setup.base);
    }
    for name in ["ALL_PROXY", "all_proxy"] {
        command.env_remove(name);
    }
    for name in ["NO_PROXY", "no_proxy"] {
        command.env(name, "127.0.0.1,localhost");
    }
    command
}

fn supervise(
    command: &mut Command,
    scratch: &Path,
    deadline: Instant,
    interrupt: &Interrupt,
    is_over: &dyn Fn() -> bool,
) -> End {
    let (out, err) = (scratch.join("stdout"), scratch.join("stderr"));
    let started = File::create(&out)
        .and_then(|out| Ok((out, File::create(&err)?)))
        .and_then(|(out, err)| command.stdin(Stdio::null()).stdout(out).stderr(err).process_group(0).spawn());
    let fault = match started {
        Err(error) => return End { fault: Some(Fault::Start), last_line: Some(error.to_string()) },
        Ok(mut child) => {
            let fault = wait(&mut child, deadline, interrupt, is_over);
            end_group(&mut child);
            fault
        }
    };
    End { fault, last_line: last_line(&err).or_else(|| last_line(&out)) }
}

fn wait(child: &mut Child, deadline: Instant, interrupt: &Interrupt, is_over: &dyn Fn() -> bool) -> Option<Fault> {
    let mut over_since = None;
    loop {
        match child.try_wait() {
            Ok(Some(_)) | Err(_) => return None,
            Ok(None) => {}
        }
        if interrupt.came() {
            return Some(Fault::Interrupted);
        }
        let now = Instant::now();
        if is_over() && now.duration_since(*over_since.get_or_insert(now)) > GRACE {
            return None;
        }
        if now > deadline {
            return Some(Fault::TimedOut);
        }
        std::thread::sleep(TICK);
    }
}

/// Ends the client and what runs in its process group.
fn end_group(child: &mut Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// Ends what left the process group and still works in the scratch directory: some clients leave a daemon behind.
fn end_stragglers(scratch: &Path) {
    let Ok(processes) = fs::read_dir("/proc") else { return };
    for process in processes.flatten() {
        let pid = process.file_name().to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw);
        let works_here = || fs::read_link(process.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(scratch));
        if let Some(pid) = pid.filter(|_| works_here()) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// The last line of a file that tells of an error; where none does, the last that says anything.
fn last_line(path: &Path) -> Option<String> {
    let bytes = fs::read(path).ok()?;
    let tail = bytes.get(bytes.len().saturating_sub(64 * 1024)..)?;
    let text = String::from_utf8_lossy(tail);
    let lines = || text.lines().rev().map(str::trim).filter(|line| line.chars().any(char::is_alphanumeric));
    let tells = |line: &&str| {
        let line = line.to_ascii_lowercase();
        ["error", "invalid", "failed", "cannot", "denied"].iter().any(|word| line.contains(word))
    };
    lines().find(tells).or_else(|| lines().next()).map(str::to_owned)
}

/// While it lives, Ctrl-C and its like end the run in good order; otherwise they end the program, as ever.
struct Interrupt {
    came: Arc<AtomicBool>,
    is_idle: Arc<AtomicBool>,
}

impl Interrupt {
    fn arm() -> Self {
        static HANDLERS: OnceLock<Option<(Arc<AtomicBool>, Arc<AtomicBool>)>> = OnceLock::new();
        let handlers = HANDLERS.get_or_init(|| {
            let (came, is_idle) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(true)));
            let register = || -> io::Result<()> {
                for signal in [SIGINT, SIGTERM, SIGHUP] {
                    signal_hook::flag::register_conditional_default(signal, Arc::clone(&is_idle))?;
                    signal_hook::flag::register(signal, Arc::clone(&came))?;
                }
                Ok(())
            };
            register().ok().map(|()| (Arc::clone(&came), Arc::clone(&is_idle)))
        });
        let (came, is_idle) = handlers.clone().unwrap_or_default();
        is_idle.store(false, Ordering::SeqCst);
        Self { came, is_idle }
    }

    fn came(&self) -> bool {
        self.came.load(Ordering::SeqCst)
    }
}

/// Ends the program as the signal would have.
pub(crate) fn end_interrupted() {
    let _ = signal_hook::low_level::emulate_default_handler(SIGINT);
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.is_idle.store(true, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn supervised(scratch: &Path, script: &str, limit: Duration) -> (End, Duration) {
        let begun = Instant::now();
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]).current_dir(scratch);
        let idle = Interrupt { came: Arc::default(), is_idle: Arc::default() };
        (supervise(&mut command, scratch, begun + limit, &idle, &|| false), begun.elapsed())
    }

    #[test]
    fn a_client_is_ended_in_time_with_what_it_started() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().canonicalize().unwrap();
        let script = "sleep 60 & echo $! > pid; echo 'Error: out of reach' >&2; echo at 9 >&2; sleep 60";
        let (end, took) = supervised(&path, script, Duration::from_millis(300));
        assert_eq!(end.fault, Some(Fault::TimedOut));
        assert_eq!(end.last_line.as_deref(), Some("Error: out of reach"));
        assert!(took < Duration::from_secs(20));
        let pid = fs::read_to_string(path.join("pid")).unwrap();
        let state = || fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
        let is_gone = |text: &str| text.is_empty() || text.contains(") Z ");
        for _ in 0..100 {
            if is_gone(&state()) {
                return;
            }
            std::thread::sleep(TICK);
        }
        panic!("the child's child runs on: {}", state());
    }

    #[test]
    fn a_client_that_cannot_start_or_ends_at_once_is_told_apart() {
        let scratch = tempfile::tempdir().unwrap();
        let (end, _) = supervised(scratch.path(), "echo no key >&2; exit 3", Duration::from_secs(30));
        assert_eq!((end.fault, end.last_line.as_deref()), (None, Some("no key")));
        let idle = Interrupt { came: Arc::default(), is_idle: Arc::default() };
        let mut missing = Command::new("/nonexistent/client");
        let end = supervise(&mut missing, scratch.path(), Instant::now() + TICK, &idle, &|| false);
        assert_eq!(end.fault, Some(Fault::Start));
    }
}
