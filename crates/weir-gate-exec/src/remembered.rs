//! What is remembered of the threads that make calls, because to look it up costs more than most of the calls.
//!
//! Mask and working directory may be shared with other threads, and a thread number may be given again, so what is known of them
//! is never old and is forgotten whenever anybody changes his. A change takes place after the supervisor has let it through;
//! until its thread is seen again, nothing that is read can be relied upon for later.

use std::collections::{HashMap, HashSet};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::fs::Mode;
use rustix::io::Errno;

/// Shorter than it takes to give every thread number of a small system once.
const FRESH: Duration = Duration::from_secs(1);
/// As many threads are waited for; what has ended by then is forgotten.
const MOST_CHANGING: usize = 32;
/// As many descriptors are held.
const MOST_HELD: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct Remembered {
    masks: HashMap<u32, Mode>,
    directories: HashMap<u32, OwnedFd>,
    since: Option<Instant>,
    changing: HashSet<u32>,
    /// Each stands for one thread for ever, whoever has its number later.
    threads: HashMap<u32, OwnedFd>,
}

impl Remembered {
    /// A thread has made a call: what it called before is over.
    pub(crate) fn seen(&mut self, thread: u32) {
        if !self.changing.is_empty() {
            self.changing.remove(&thread);
        }
    }

    /// A thread is about to change its mask or its working directory.
    pub(crate) fn changes(&mut self, thread: u32) {
        self.forget();
        if self.changing.len() >= MOST_CHANGING {
            self.changing.retain(|thread| std::path::Path::new("/proc").join(thread.to_string()).exists());
        }
        self.changing.insert(thread);
    }

    /// Also when a thread runs another program: it may have got the number of the first thread of its process, with a directory of
    /// its own.
    pub(crate) fn forget(&mut self) {
        self.masks.clear();
        self.directories.clear();
    }

    fn forget_what_is_old(&mut self) {
        let now = Instant::now();
        if self.since.is_none_or(|since| now.duration_since(since) > FRESH) {
            self.forget();
            self.since = Some(now);
        }
    }

    /// The bits that new files of a thread do not get. `read` fails where what it read may be another thread's.
    pub(crate) fn mask(&mut self, thread: u32, read: impl FnOnce() -> Result<Mode, Errno>) -> Result<Mode, Errno> {
        self.forget_what_is_old();
        if let Some(mask) = self.masks.get(&thread) {
            return Ok(*mask);
        }
        let mask = read()?;
        if self.changing.is_empty() {
            self.masks.insert(thread, mask);
        }
        Ok(mask)
    }

    /// The working directory of a thread; `read` as for [`Remembered::mask`].
    pub(crate) fn directory(
        &mut self,
        thread: u32,
        read: impl FnOnce() -> Result<OwnedFd, Errno>,
    ) -> Result<OwnedFd, Errno> {
        self.forget_what_is_old();
        if let Some(directory) = self.directories.get(&thread) {
            return directory.try_clone().map_err(|_| Errno::MFILE);
        }
        let directory = read()?;
        if self.changing.is_empty() {
            if self.directories.len() >= MOST_HELD {
                self.directories.clear();
            }
            self.directories.insert(thread, directory.try_clone().map_err(|_| Errno::MFILE)?);
        }
        Ok(directory)
    }

    /// Does something with a descriptor of the thread itself. One that is remembered may be of a thread that is gone, which the
    /// kernel says: then the number has another one.
    pub(crate) fn with_thread<T>(
        &mut self,
        thread: u32,
        open: impl FnOnce() -> Result<OwnedFd, Errno>,
        act: impl Fn(BorrowedFd<'_>) -> Result<T, Errno>,
    ) -> Result<T, Errno> {
        if let Some(known) = self.threads.get(&thread) {
            match act(known.as_fd()) {
                Err(Errno::SRCH) => {}
                other => return other,
            }
        }
        let opened = open()?;
        let result = act(opened.as_fd());
        if self.threads.len() >= MOST_HELD {
            self.threads.clear();
        }
        self.threads.insert(thread, opened);
        result
    }
}
