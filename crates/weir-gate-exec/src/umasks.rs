//! The bits that new files do not get, remembered: to read them costs more than to make the file.
//!
//! A thread's mask may be shared with others, and a thread number may be given again, so what is known is never old and is
//! forgotten whenever anybody changes a mask. A change takes place after the supervisor has let it through; until its thread
//! is seen again, nothing that is read can be relied upon for later.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use rustix::fs::Mode;
use rustix::io::Errno;

use crate::target::Target;

/// Shorter than it takes to give every thread number of a small system once.
const FRESH: Duration = Duration::from_secs(1);
/// As many threads are waited for; what has ended by then is forgotten.
const MOST_CHANGING: usize = 32;

#[derive(Debug, Default)]
pub(crate) struct Umasks {
    known: HashMap<u32, Mode>,
    since: Option<Instant>,
    changing: HashSet<u32>,
}

impl Umasks {
    /// A thread has made a call: what it called before is over.
    pub(crate) fn seen(&mut self, thread: u32) {
        if !self.changing.is_empty() {
            self.changing.remove(&thread);
        }
    }

    /// A thread is about to change its mask.
    pub(crate) fn changes(&mut self, thread: u32) {
        self.known.clear();
        if self.changing.len() >= MOST_CHANGING {
            self.changing.retain(|thread| std::path::Path::new("/proc").join(thread.to_string()).exists());
        }
        self.changing.insert(thread);
    }

    /// The mask of the caller. Whether it was the caller's is to be confirmed.
    pub(crate) fn of(&mut self, target: &Target<'_>) -> Result<Mode, Errno> {
        let now = Instant::now();
        if self.since.is_none_or(|since| now.duration_since(since) > FRESH) {
            self.known.clear();
            self.since = Some(now);
        }
        if let Some(mask) = self.known.get(&target.thread) {
            return Ok(*mask);
        }
        let mask = target.umask()?;
        // Another thread's, if the caller is gone.
        target.confirm()?;
        if self.changing.is_empty() {
            self.known.insert(target.thread, mask);
        }
        Ok(mask)
    }
}
