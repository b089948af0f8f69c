//! The time that measuring may take.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// How many cheap steps are made between two looks at the clock.
const STEPS_PER_LOOK: u32 = 32;

/// A deadline. Once it was seen to have passed, it stays passed.
#[derive(Debug)]
pub(crate) struct Budget {
    deadline: Instant,
    spent: Cell<bool>,
    steps: Cell<u32>,
}

impl Budget {
    pub(crate) fn until(deadline: Instant) -> Self {
        Self { deadline, spent: Cell::new(false), steps: Cell::new(0) }
    }

    /// True once the time is used up; looks at the clock.
    pub(crate) fn spent(&self) -> bool {
        if !self.spent.get() && Instant::now() >= self.deadline {
            self.spent.set(true);
        }
        self.spent.get()
    }

    /// Counts one cheap step and looks at the clock every few of them.
    pub(crate) fn step(&self) -> bool {
        let steps = self.steps.get();
        self.steps.set(steps.wrapping_add(1));
        if steps.is_multiple_of(STEPS_PER_LOOK) { self.spent() } else { self.spent.get() }
    }

    /// True where `bytes` can probably be read and decoded in the time that is left.
    pub(crate) fn affords(&self, bytes: u64) -> bool {
        /// A cautious estimate for reading and checking a git index.
        const BYTES_PER_MICROSECOND: u64 = 300;
        let left = self.deadline.saturating_duration_since(Instant::now());
        let micros = u64::try_from(left.as_micros()).unwrap_or(u64::MAX);
        bytes <= micros.saturating_mul(BYTES_PER_MICROSECOND)
    }
}

/// Shares one budget fairly: nobody gets more than an equal part of what is left, and what one does not use is
/// there for the next.
#[derive(Debug)]
pub(crate) struct Shares {
    end: Instant,
    takers: u32,
}

impl Shares {
    pub(crate) fn new(total: Duration, takers: usize) -> Self {
        let now = Instant::now();
        Self { end: now.checked_add(total).unwrap_or(now), takers: u32::try_from(takers).unwrap_or(u32::MAX) }
    }

    /// The next one's part.
    pub(crate) fn next(&mut self) -> Budget {
        let now = Instant::now();
        let left = self.end.saturating_duration_since(now);
        let part = left / self.takers.max(1);
        self.takers = self.takers.saturating_sub(1);
        Budget::until(now.checked_add(part).unwrap_or(now))
    }
}
