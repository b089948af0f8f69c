//! What of a git repository is kept otherwise than as files.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use rustix::fd::AsFd as _;

use super::keep::create;
use super::{Recorder, lock};
use crate::content::digest;
use crate::git::{self, Needs, Repository};
use crate::journal::{Held, Ident, Raw, Record};
use crate::trash::entry_name;
use crate::walk::stat_of;
use crate::{Mechanism, meta};

impl Recorder {
    /// Sees to it that the objects stay that `files` of `repository` speak of, and `commits`. Where that cannot be, the point says so,
    /// and this is false.
    pub(crate) fn keep_objects(
        &self,
        repository: &Repository,
        files: &[PathBuf],
        commits: &[String],
    ) -> io::Result<bool> {
        let needs = match Needs::of(repository, files, commits) {
            Ok(needs) if needs.is_empty() => return Ok(true),
            Ok(needs) => needs,
            Err(trouble) => {
                self.unprotected(&trouble);
                return Ok(false);
            }
        };
        let common = Raw::from(repository.common());
        let ids = needs.ids().iter().map(|id| Raw::from(id.as_bytes())).collect();
        lock(&self.inner).journal.append(&[Record::Objects { common, ids }])?;
        let expires = lock(&self.header).expires;
        let held = git::hold(repository, &needs, self.id, expires);
        if let Err(why) = &held {
            self.unprotected(why);
        }
        Ok(held.is_ok())
    }

    /// Says why git may remove what the point needs.
    pub(crate) fn unprotected(&self, why: &dyn std::fmt::Display) {
        self.remark(format!("what it needs of git is not protected from `git gc`: {why}"));
    }

    /// Lets people know of what the point cannot do.
    pub(crate) fn remark(&self, remark: String) {
        let mut header = lock(&self.header);
        header.remarks.push(remark);
        // An undo that is cut off goes on with what is written here. Sealing writes it again.
        let _ = header.write(self.home.as_fd(), false);
    }

    /// Lets an undo make the file `path` with this content, which is written elsewhere now.
    pub(crate) fn keep_text(&self, path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
        let mut inner = lock(&self.inner);
        let trash = inner.home()?;
        let entry = self.new_entry();
        let mut file = std::fs::File::from(create(&trash, &entry_name(entry))?);
        file.write_all(content)?;
        let stat = stat_of(&file)?;
        let mut meta = meta::read(&file)?;
        meta.mode = (meta.mode & !0o7777) | (mode & 0o666);
        let size = stat.stx_size;
        let digest = Some(digest(file.as_fd(), size)?);
        let held = Held::Copied { trash: trash.number, entry, size, digest, meta };
        inner.journal.append(&[Record::Kept { path: Raw::from(path), ident: Ident::of(&stat), held }])?;
        inner.counts.files += 1;
        inner.counts.bytes_copied += size;
        inner.mechanisms.insert(Mechanism::Copied);
        Ok(())
    }
}
