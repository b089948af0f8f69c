//! The running sum of what was seen.

use std::path::{Path, PathBuf};

use weir_model::{Figure, Impact, Reversibility};

use crate::meta::{Kind, Meta, Stamp};

/// What would be left of a file's content if the file were gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// git has it.
    Restorable,
    /// A build makes it again.
    Regenerable,
    /// This session made it.
    Session,
    /// Nothing.
    OnlyCopy,
}

/// Counts of files, and how far they can be relied on.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) exists: bool,
    pub(crate) files: u64,
    pub(crate) directories: u64,
    pub(crate) bytes: u64,
    pub(crate) only_copy_files: u64,
    pub(crate) only_copy_bytes: u64,
    pub(crate) restorable: u64,
    pub(crate) regenerable: u64,
    pub(crate) session: u64,
    pub(crate) hard_linked: u64,
    pub(crate) mounts: Vec<String>,
    newest: Option<Stamp>,
    oldest: Option<Stamp>,
    /// Some entries were not seen.
    pub(crate) cut_short: bool,
    /// Among those that were not seen there may be only copies.
    pub(crate) only_copies_unsure: bool,
    /// Not all of what was counted is really touched.
    pub(crate) upper_bound: bool,
    /// Nothing at all could be looked at.
    pub(crate) blind: bool,
    remarks: Vec<String>,
    /// What was counted, where somebody wants it by name.
    pub(crate) paths: Option<Vec<PathBuf>>,
}

impl Tally {
    /// An empty sum that keeps the names of what it counts.
    pub(crate) fn naming() -> Self {
        Self { paths: Some(Vec::new()), ..Self::default() }
    }

    /// The same, about something that exists.
    pub(crate) fn of_existing(self, upper_bound: bool) -> Self {
        Self { exists: true, upper_bound, ..self }
    }

    pub(crate) fn add(&mut self, meta: &Meta, class: Class) {
        let bytes = if meta.kind == Kind::File { meta.size } else { 0 };
        self.files += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        if meta.kind == Kind::File && meta.links > 1 {
            self.hard_linked += 1;
        }
        self.newest = self.newest.max(Some(meta.modified));
        self.oldest = Some(self.oldest.map_or(meta.modified, |o| o.min(meta.modified)));
        match class {
            Class::Restorable => self.restorable += 1,
            Class::Regenerable => self.regenerable += 1,
            Class::Session => self.session += 1,
            Class::OnlyCopy => {
                self.only_copy_files += 1;
                self.only_copy_bytes = self.only_copy_bytes.saturating_add(bytes);
            }
        }
    }

    /// Adds a file of which there is only an object of `bytes` in the index.
    pub(crate) fn add_staged(&mut self, bytes: u64) {
        self.files += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        self.only_copy_files += 1;
        self.only_copy_bytes = self.only_copy_bytes.saturating_add(bytes);
    }

    /// Notes the name of what is counted, where that is wanted.
    pub(crate) fn touch(&mut self, path: &Path) {
        if let Some(paths) = &mut self.paths {
            paths.push(path.to_owned());
        }
    }

    /// Notes that something was not seen that may hold only copies.
    pub(crate) fn missed(&mut self) {
        self.cut_short = true;
        self.only_copies_unsure = true;
    }

    /// Adds a remark for people, each once.
    pub(crate) fn remark(&mut self, text: impl Into<String>) {
        let text = text.into();
        // Enough to see what is going on; a tree of a thousand repositories needs no thousand remarks.
        const MOST: usize = 6;
        if self.remarks.len() < MOST && !self.remarks.contains(&text) {
            self.remarks.push(text);
        }
    }

    fn figure(&self, n: u64, unsure: bool) -> Figure {
        if self.blind {
            Figure::Unknown
        } else if unsure {
            Figure::AtLeast(n)
        } else if self.upper_bound && n > 0 {
            // An upper bound of nothing is nothing.
            Figure::Estimated(n)
        } else {
            Figure::Exact(n)
        }
    }

    /// Writes the sums into `impact`, and says what they mean.
    pub(crate) fn write(mut self, impact: &mut Impact) -> Reversibility {
        if self.hard_linked > 0 {
            let files = if self.hard_linked == 1 { "file has" } else { "files have" };
            let text = format!("{} {files} other hard links", self.hard_linked);
            self.remark(text);
        }
        let seen = |n| Some(self.figure(n, self.cut_short));
        let precious = |n| Some(self.figure(n, self.only_copies_unsure));
        impact.measured = true;
        // Absent only if all of it was looked for.
        impact.exists = (self.exists || !(self.blind || self.cut_short)).then_some(self.exists);
        impact.files = seen(self.files);
        impact.directories = seen(self.directories);
        impact.bytes = seen(self.bytes);
        impact.only_copy_files = precious(self.only_copy_files);
        impact.only_copy_bytes = precious(self.only_copy_bytes);
        impact.git_restorable_files = seen(self.restorable);
        impact.regenerable_files = seen(self.regenerable);
        impact.session_files = seen(self.session);
        impact.newest = self.newest.and_then(Stamp::to_timestamp);
        impact.oldest = self.oldest.and_then(Stamp::to_timestamp);
        let nothing_lost = impact.only_copy_files.is_some_and(Figure::is_zero);
        if !self.remarks.is_empty() {
            let mut text = self.remarks.join("; ");
            if let Some(earlier) = impact.remark.take() {
                text = format!("{earlier}; {text}");
            }
            impact.remark = Some(text);
        }
        impact.mounts = self.mounts;
        if self.blind {
            Reversibility::Unknown
        } else if nothing_lost {
            Reversibility::Reversible
        } else {
            Reversibility::Recoverable
        }
    }
}
