//! Signals and limits for other processes: any but the supervisor.
//!
//! Process numbers are in registers, so what was looked at is what the kernel does; for a descriptor of a process this does not hold
//! where another thread puts another one in its place meanwhile.

use std::path::Path;

use rustix::io::Errno;

use crate::filter::Call;
use crate::supervisor::{Answer, Scene, Stop};

/// Those that the supervisor hands on, and those that end nobody: HUP, INT, QUIT, USR1, USR2, PIPE, TERM, CHLD, CONT, TSTP, TTIN,
/// TTOU, URG, WINCH, IO.
const FOR_ALL: [i32; 15] = [1, 2, 3, 10, 12, 13, 15, 17, 18, 20, 21, 22, 23, 28, 29];
/// The flags of `pidfd_send_signal` for one thread and for one process; the other one is for a process group.
const PIDFD_ONE: i32 = 3;
const WHY: &str = "it would stop the guard";

pub(super) fn kill(scene: &Scene<'_>) -> Result<Answer, Stop> {
    let (process, signal) = (scene.int(0), scene.int(1));
    if signal == 0 {
        return Ok(Answer::Proceed);
    }
    if process > 0 || scene.call != Call::kill {
        return proceed_unless_own(process);
    }
    if process == -1 {
        return Err(Stop::refused("every process of the user", "it reaches beyond this command", Errno::PERM));
    }
    let group = if process == 0 { own_group(scene)? } else { process.checked_neg().ok_or(Errno::SRCH)? };
    if group == scene.rules.group && !FOR_ALL.contains(&signal) {
        return Err(Stop::refused(format!("process group {group}"), WHY, Errno::PERM));
    }
    Ok(Answer::Proceed)
}

fn own_group(scene: &Scene<'_>) -> Result<i32, Stop> {
    let process = i32::try_from(scene.target.thread).map_err(|_| Errno::SRCH)?;
    // Zero, which rustix takes for impossible, where the group was made outside of this container.
    let group = nix::unistd::getpgid(Some(nix::unistd::Pid::from_raw(process)));
    scene.target.confirm()?;
    Ok(group.map_err(|_| Errno::SRCH)?.as_raw())
}

fn proceed_unless_own(process: i32) -> Result<Answer, Stop> {
    // The number of any thread stands for its process.
    if Path::new("/proc/self/task").join(process.to_string()).exists() {
        return Err(Stop::refused(format!("process {process}"), WHY, Errno::PERM));
    }
    Ok(Answer::Proceed)
}

pub(super) fn pidfd(scene: &Scene<'_>) -> Result<Answer, Stop> {
    let path = format!("/proc/{}/fdinfo/{}", scene.target.thread, scene.int(0));
    let text = std::fs::read_to_string(path).map_err(|_| Errno::BADF)?;
    scene.target.confirm()?;
    let process = text.lines().find_map(|line| line.strip_prefix("Pid:")).and_then(|value| value.trim().parse().ok());
    match process {
        _ if scene.int(1) == 0 => Ok(Answer::Proceed),
        Some(process) if scene.int(3) & !PIDFD_ONE == 0 => proceed_unless_own(process),
        // A directory of `/proc` does as well, and a group may be the supervisor's.
        _ => Err(Stop::refused("a process group, or a process by its directory in `/proc`", WHY, Errno::PERM)),
    }
}

pub(super) fn limits(scene: &Scene<'_>) -> Result<Answer, Stop> {
    let process = scene.int(0);
    debug_assert_ne!(process, 0, "the filter lets a process set its own");
    if process == i32::try_from(scene.rules.supervisor).unwrap_or_default() {
        return Err(Stop::refused(format!("process {process}"), WHY, Errno::PERM));
    }
    proceed_unless_own(process)
}
