//! Telling what a command made from what was there before it, by the times of files.

use rustix::time::ClockId;

/// When the run began, by the clocks that files get their times from: one of them ticks a few times a millisecond at best, so
/// what was made within a tick of the start may have either side's time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Began {
    /// What has an earlier time was there before the run.
    pub(crate) at_the_earliest: (i64, u32),
    /// What has a later time came during the run.
    pub(crate) at_the_latest: (i64, u32),
}

impl Began {
    pub(crate) fn now() -> Self {
        let read = |clock| {
            let now = rustix::time::clock_gettime(clock);
            (now.tv_sec, u32::try_from(now.tv_nsec).unwrap_or_default())
        };
        Self { at_the_earliest: read(ClockId::RealtimeCoarse), at_the_latest: read(ClockId::Realtime) }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;
    use crate::resolve::Status;

    #[test]
    fn files_from_before_are_not_later_and_files_from_after_are_not_earlier() {
        use std::os::fd::AsFd as _;
        let dir = tempfile::tempdir().unwrap();
        let looked_at = dir.path().join("looked at");
        let born = |name: String| {
            // A change after a look gets an exact time, and so does what is made until the next tick.
            std::fs::write(&looked_at, "x").unwrap();
            std::fs::metadata(&looked_at).unwrap();
            std::fs::write(&looked_at, "y").unwrap();
            let path = dir.path().join(name);
            std::fs::write(&path, "x").unwrap();
            Status::of(File::open(path).unwrap().as_fd()).unwrap().identity.birth
        };
        for round in 0..200 {
            let before = born(format!("{round} before"));
            let began = Began::now();
            let after = born(format!("{round} after"));
            assert!(before <= began.at_the_latest, "{before:?} {began:?}");
            assert!(after >= began.at_the_earliest, "{after:?} {began:?}");
        }
    }
}
