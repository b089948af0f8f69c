//! Copying and hashing the content of regular files.
//!
//! Files are looked at in chunks, and chunks of zeros count as absent: a sparse file costs what it holds, its copy is sparse, and its
//! digest does not depend on where the file system happens to have holes.

use std::io;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags, SeekFrom};
use rustix::io::Errno;

use crate::meta::magic;

const CHUNK: usize = 256 * 1024;
const BLOCK: usize = 4096;

/// Opens what `at` stands for, a regular file, for reading; without leaving a trace in its access time where that is allowed.
pub(crate) fn reopen(at: impl AsFd) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let path = magic(&at);
    match rustix::fs::open(&path, flags | OFlags::NOATIME, Mode::empty()) {
        Err(Errno::PERM) => rustix::fs::open(&path, flags, Mode::empty()),
        other => other,
    }
}

/// What a copy is.
pub(crate) struct Copied {
    /// Absent for a clone: hashing it would cost what cloning saves.
    pub(crate) digest: Option<[u8; 32]>,
}

/// Makes `to`, which is empty, share the blocks of `from`. False where the file system cannot.
pub(crate) fn clone(from: impl AsFd, to: impl AsFd) -> bool {
    rustix::fs::ioctl_ficlone(to, from).is_ok()
}

/// Copies the content of `from` to `to`, which may hold something else, and hashes it on the way.
pub(crate) fn copy(from: BorrowedFd<'_>, to: BorrowedFd<'_>, size: u64, sparse: bool) -> io::Result<Copied> {
    rustix::fs::ftruncate(to, 0)?;
    let digest = scan(from, size, |offset, chunk| {
        let unit = if sparse { BLOCK } else { chunk.len().max(1) };
        let mut at = offset;
        for block in chunk.chunks(unit) {
            if !sparse || !is_zero(block) {
                write_all_at(to, block, at)?;
            }
            at += block.len() as u64;
        }
        Ok(())
    })?;
    rustix::fs::ftruncate(to, size)?;
    Ok(Copied { digest: Some(digest) })
}

/// The digest that [`copy`] would give.
pub(crate) fn digest(from: BorrowedFd<'_>, size: u64) -> io::Result<[u8; 32]> {
    scan(from, size, |_, _| Ok(()))
}

fn scan(from: BorrowedFd<'_>, size: u64, mut each: impl FnMut(u64, &[u8]) -> io::Result<()>) -> io::Result<[u8; 32]> {
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; CHUNK.min(usize::try_from(size).unwrap_or(CHUNK).max(1))];
    let mut at = 0u64;
    while at < size {
        if let Some(next) = next_data(from, at, size) {
            at = next - next % CHUNK as u64;
        } else {
            break;
        }
        let length = read_all_at(from, &mut buffer, at)?;
        let chunk = buffer.get(..length).unwrap_or_default();
        if length == 0 {
            break;
        }
        if !is_zero(chunk) {
            hasher.update(&at.to_le_bytes());
            hasher.update(chunk);
            each(at, chunk)?;
        }
        at += CHUNK as u64;
    }
    hasher.update(&size.to_le_bytes());
    Ok(*hasher.finalize().as_bytes())
}

fn next_data(from: BorrowedFd<'_>, at: u64, size: u64) -> Option<u64> {
    if size <= CHUNK as u64 {
        return Some(at);
    }
    match rustix::fs::seek(from, SeekFrom::Data(at)) {
        Ok(next) => Some(next.max(at)),
        Err(Errno::NXIO) => None,
        Err(_) => Some(at),
    }
}

fn is_zero(bytes: &[u8]) -> bool {
    let (words, rest) = bytes.as_chunks::<16>();
    words.iter().all(|word| u128::from_ne_bytes(*word) == 0) && rest.iter().all(|byte| *byte == 0)
}

fn read_all_at(from: BorrowedFd<'_>, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    let mut done = 0;
    while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match rustix::io::pread(from, rest, at + done as u64) {
            Ok(0) => break,
            Ok(length) => done += length,
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(done)
}

fn write_all_at(to: BorrowedFd<'_>, mut bytes: &[u8], mut at: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::pwrite(to, bytes, at) {
            Ok(0) => return Err(Errno::NOSPC.into()),
            Ok(length) => {
                bytes = bytes.get(length..).unwrap_or_default();
                at += length as u64;
            }
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::{Seek as _, Write as _};
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    #[test]
    fn sparse_files_are_copied_sparse_and_hashed_by_content() {
        let mut from = tempfile::tempfile().unwrap();
        from.set_len(1 << 30).unwrap();
        from.seek(std::io::SeekFrom::Start(700_000_123)).unwrap();
        from.write_all(b"needle").unwrap();
        let to = tempfile::tempfile().unwrap();
        let copied = copy(from.as_fd(), to.as_fd(), 1 << 30, true).unwrap();
        assert!(to.metadata().unwrap().blocks() <= 16, "{} blocks", to.metadata().unwrap().blocks());
        assert_eq!(copied.digest.unwrap(), digest(to.as_fd(), 1 << 30).unwrap());
        // The same content without holes around it has the same digest.
        let mut dense = tempfile::tempfile().unwrap();
        dense.write_all(&vec![0; 600_000]).unwrap();
        let holes = tempfile::tempfile().unwrap();
        holes.set_len(600_000).unwrap();
        assert_eq!(digest(dense.as_fd(), 600_000).unwrap(), digest(holes.as_fd(), 600_000).unwrap());
        assert_ne!(digest(dense.as_fd(), 600_000).unwrap(), digest(from.as_fd(), 1 << 30).unwrap());
    }

    #[test]
    fn contents_of_every_size_come_over() {
        for size in [0, 1, 15, 16, 17, BLOCK, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 5] {
            let data: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
            let mut from = tempfile::tempfile().unwrap();
            from.write_all(&data).unwrap();
            let path = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(path.path(), vec![7; size + 1000]).unwrap();
            copy(from.as_fd(), path.as_file().as_fd(), size as u64, false).unwrap();
            assert_eq!(std::fs::read(path.path()).unwrap(), data, "size {size}");
        }
    }
}
