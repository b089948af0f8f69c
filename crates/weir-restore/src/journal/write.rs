//! Appending to a journal.

use std::io;
use std::path::Path;

use rustix::fd::{AsFd as _, BorrowedFd};
use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use weir_model::RestorePointId;

use crate::store::Locked;

use super::{Chain, Journal, MAGIC, Record, first_chain, frame, hex};

/// An open journal. While it is open it is locked, so that everybody can see whether its recorder lives.
#[derive(Debug)]
pub(crate) struct Writer {
    file: Locked,
    chain: Chain,
    records: u64,
    length: u64,
    /// A write left half a record that could not be cut off again: nothing may follow it.
    broken: bool,
    buffer: Vec<u8>,
}

impl Writer {
    /// Makes the journal `name` in `dir`.
    pub(crate) fn create(dir: BorrowedFd<'_>, name: &Path, id: RestorePointId) -> io::Result<Self> {
        let flags =
            OFlags::CREATE | OFlags::EXCL | OFlags::APPEND | OFlags::WRONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let file = rustix::fs::openat(dir, name, flags, Mode::from_raw_mode(0o600))?;
        rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive)?;
        let file = Locked::new(file);
        let mut writer =
            Self { file, chain: first_chain(id), records: 0, length: 0, broken: false, buffer: MAGIC.to_vec() };
        writer.flush()?;
        Ok(writer)
    }

    /// Goes on with a journal that was read from `file`, which the caller has locked: cuts its torn end off.
    pub(crate) fn resume(file: Locked, journal: &Journal) -> io::Result<Self> {
        let mut writer = Self {
            file,
            chain: journal.chain,
            records: journal.records.len() as u64,
            length: journal.length as u64,
            broken: false,
            buffer: Vec::new(),
        };
        rustix::fs::ftruncate(&writer.file, writer.length)?;
        if writer.length == 0 {
            writer.buffer.extend_from_slice(MAGIC);
            writer.flush()?;
        }
        Ok(writer)
    }

    /// Appends `records` with one write and answers with the number of the last one.
    pub(crate) fn append(&mut self, records: &[Record]) -> io::Result<u64> {
        self.buffer.clear();
        let mut chain = self.chain;
        for record in records {
            chain = frame(&mut self.buffer, &chain, record).map_err(io::Error::other)?;
        }
        self.flush()?;
        self.chain = chain;
        self.records += records.len() as u64;
        Ok(self.records.saturating_sub(1))
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::other("the journal could not be written before"));
        }
        let mut rest = self.buffer.as_slice();
        while !rest.is_empty() {
            match rustix::io::write(&self.file, rest) {
                Ok(0) => return self.cut_back(Errno::NOSPC),
                Ok(written) => rest = rest.get(written..).unwrap_or_default(),
                Err(Errno::INTR) => {}
                Err(errno) => return self.cut_back(errno),
            }
        }
        self.length += self.buffer.len() as u64;
        Ok(())
    }

    fn cut_back(&mut self, errno: Errno) -> io::Result<()> {
        self.broken = rustix::fs::ftruncate(&self.file, self.length).is_err();
        Err(errno.into())
    }

    /// Records so far.
    pub(crate) const fn records(&self) -> u64 {
        self.records
    }

    pub(crate) fn chain_hex(&self) -> String {
        hex(&self.chain)
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::fdatasync(self.file.as_fd())?)
    }
}
