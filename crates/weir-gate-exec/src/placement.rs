//! On which processor things happen: waking up another one can cost more than a whole call, most of all in a virtual machine.
//!
//! Since Linux 6.6 supervisor and caller wake each other up where they are. Only a descriptor is handed over in the old way: the caller
//! is woken up wherever there is a processor free, and so is the supervisor by it. Holding both on one processor for
//! that moment costs four more calls, which pays where another processor is far and free, and does not where it is
//! near or busy. So both ways are timed, and the better one is taken.
//!
//! Before Linux 6.6 the supervisor follows its callers by itself.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use nix::sched::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};
use nix::unistd::Pid;

use crate::kernel;
use crate::target::Target;

/// So many descriptors go the better way until the other one is tried again.
const TRIAL: u32 = 64;
/// What takes longer was interrupted by something else.
const LONGEST: Duration = Duration::from_micros(200);
/// Calls between two looks where callers run, where that has to be looked up.
const PERIOD: u64 = 64;

const OWN: Pid = Pid::from_raw(0);

pub(crate) enum Placement {
    /// The kernel wakes up in place.
    InPlace { anywhere: Option<CpuSet>, here: Timing, wherever: Timing, count: u32 },
    /// The supervisor follows.
    Follows { count: u64, processor: Option<usize> },
}

impl Placement {
    pub(crate) fn new(listener: BorrowedFd<'_>) -> Self {
        match kernel::wake_up_in_place(listener) {
            Ok(()) => Self::InPlace {
                anywhere: sched_getaffinity(OWN).ok(),
                here: Timing::default(),
                wherever: Timing::default(),
                count: 0,
            },
            Err(_) => Self::Follows { count: 0, processor: None },
        }
    }

    /// A call has come in.
    pub(crate) fn called(&mut self, target: &Target<'_>) {
        let Self::Follows { count, processor } = self else { return };
        *count = count.wrapping_add(1);
        if *count % PERIOD != 1 {
            return;
        }
        let now = target.processor();
        if now == *processor {
            return;
        }
        *processor = now;
        if let Some(set) = now.and_then(only) {
            let _ = sched_setaffinity(OWN, &set);
        }
    }

    /// The call returns a descriptor of the caller's own, for the file that `source` stands for.
    pub(crate) fn hand_over(
        &mut self,
        listener: BorrowedFd<'_>,
        (id, thread): (u64, u32),
        source: BorrowedFd<'_>,
        close_on_exec: bool,
    ) -> io::Result<()> {
        let Self::InPlace { anywhere: Some(anywhere), here, wherever, count } = self else {
            return kernel::hand_over(listener, id, source, close_on_exec);
        };
        *count = count.wrapping_add(1);
        let here_is_better = here.is_better_than(wherever);
        if here_is_better != (*count % TRIAL == 0)
            && let Some(held) = Held::here(thread, anywhere)
        {
            return here.time(|| {
                let number = kernel::add_descriptor(listener, id, source, close_on_exec);
                drop(held);
                kernel::succeed(listener, id, number?)
            });
        }
        wherever.time(|| kernel::hand_over(listener, id, source, close_on_exec))
    }
}

/// How long something takes of late.
#[derive(Debug, Default)]
pub(crate) struct Timing(Option<Duration>);

impl Timing {
    fn time<T>(&mut self, act: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let result = act();
        let took = begun.elapsed().min(LONGEST);
        self.0 = Some(self.0.map_or(took, |before| (before * 3 + took) / 4));
        result
    }

    /// What was never timed is worth a try.
    fn is_better_than(&self, other: &Self) -> bool {
        match (self.0, other.0) {
            (Some(this), Some(other)) => this < other,
            (this, _) => this.is_none(),
        }
    }
}

/// Supervisor and caller on the processor where the supervisor is, until this is dropped. The caller waits meanwhile, so it
/// sees nothing of it, and nothing that it starts inherits it.
struct Held<'a> {
    caller: Pid,
    before: CpuSet,
    anywhere: &'a CpuSet,
}

impl<'a> Held<'a> {
    /// Nothing where the caller may not run here.
    fn here(thread: u32, anywhere: &'a CpuSet) -> Option<Self> {
        let caller = Pid::from_raw(thread.cast_signed());
        let processor = sched_getcpu().ok()?;
        let before = sched_getaffinity(caller).ok()?;
        let here = only(processor)?;
        if !before.is_set(processor).ok()? || before == here {
            return None;
        }
        sched_setaffinity(OWN, &here).ok()?;
        let held = Self { caller, before, anywhere };
        sched_setaffinity(caller, &here).ok()?;
        Some(held)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // Who is gone needs nothing.
        let _ = sched_setaffinity(self.caller, &self.before);
        let _ = sched_setaffinity(OWN, self.anywhere);
    }
}

fn only(processor: usize) -> Option<CpuSet> {
    let mut set = CpuSet::new();
    set.set(processor).ok().map(|()| set)
}
