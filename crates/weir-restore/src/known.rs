//! Which files were copied before, and to which content: what has not changed since need not be read again.
//!
//! A table of fixed size beside the contents, `known`, with one slot for a file: how the file looked (device, inode, birth, size,
//! times of change and of status change), the digest of its content, and how the copy looks. A slot counts only with its keyed
//! hash; the key is in a file of its own. So whatever is damaged, swapped or written by somebody without the key is as good
//! as absent, and who has the key could write journals as well. That a copy is what its digest says is looked at by the undo.
//!
//! The time of status change cannot be set by anybody, but it is coarse, and a file that is mapped into memory is written to
//! without a new one until its pages were written back. So only files that rest count, and only where the clock is this machine's.

use std::io;
use std::time::{Duration, SystemTime};

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{Mode, OFlags, Statx};

use crate::journal::Time;
use crate::store::Layout;
use crate::walk::open_dir;

const TABLE: &str = "known";
const KEY: &str = "known.key";
const SLOT: usize = 128;
/// Slots that are read at once: where one file could be.
const WAYS: usize = 4;
const SETS: u64 = 32 * 1024;
const SIZE: u64 = SETS * (WAYS * SLOT) as u64;
const LOOK: usize = 60;
const BODY: usize = LOOK + 32 + 20;
/// File systems tell time in ticks; a file that changed in the last ones may change again and look the same.
const TICKS: Duration = Duration::from_millis(100);

/// A copy of a file's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Copy {
    pub(crate) digest: [u8; 32],
    pub(crate) ino: u64,
    pub(crate) mtime: Time,
}

#[derive(Debug)]
pub(crate) struct Known {
    table: OwnedFd,
    key: [u8; 32],
    /// The directory of the copies.
    pub(crate) content: OwnedFd,
}

impl Known {
    /// The table of a store, made where it is missing; `None` where it cannot be used.
    pub(crate) fn open(layout: &Layout) -> Option<Self> {
        let dir = open_dir(rustix::fs::CWD, layout.root()).ok()?;
        let content = open_dir(rustix::fs::CWD, &layout.content()).ok()?;
        let flags = OFlags::CREATE | OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let open = |name: &str| rustix::fs::openat(&dir, name, flags, Mode::from_raw_mode(0o600)).ok();
        let key = this_boot(&key(&open(KEY)?).ok()?)?;
        let table = open(TABLE)?;
        let stat = rustix::fs::fstat(&table).ok()?;
        if u64::try_from(stat.st_size).ok() != Some(SIZE) {
            rustix::fs::ftruncate(&table, SIZE).ok()?;
        }
        Some(Self { table, key, content })
    }

    /// The copy of the file that looks like `stat`.
    pub(crate) fn find(&self, stat: &Statx) -> Option<Copy> {
        let look = look(stat);
        let set = self.read(offset(&look))?;
        let (slots, _) = set.as_chunks::<SLOT>();
        slots.iter().find_map(|slot| self.decode(slot).filter(|(found, _)| *found == look)).map(|(_, copy)| copy)
    }

    /// Remembers the copy of a file that looked like `stat` before it was read, which began at `began`, and after; `rest` is for
    /// how long it must not have changed. Where it cannot be remembered it is read again next time.
    pub(crate) fn remember(&self, file: impl AsFd, stat: &Statx, began: SystemTime, rest: Duration, copy: &Copy) {
        if !rests(stat, began, rest) || !tells_own_time(file) {
            return;
        }
        let look = look(stat);
        let offset = offset(&look);
        let Some(set) = self.read(offset) else { return };
        let (slots, _) = set.as_chunks::<SLOT>();
        let known: Vec<Option<[u8; LOOK]>> =
            slots.iter().map(|slot| self.decode(slot).map(|(found, _)| found)).collect();
        // Its own old slot, else a free one, else any.
        let own = known.iter().position(|found| found.is_some_and(|found| found.get(..28) == look.get(..28)));
        let free = || known.iter().position(Option::is_none);
        let at = own.or_else(free).unwrap_or_else(|| usize::from(copy.digest.first().copied().unwrap_or(0)) % WAYS);
        let _ = rustix::io::pwrite(&self.table, &self.encode(&look, copy), offset + (at * SLOT) as u64);
    }

    fn read(&self, offset: u64) -> Option<[u8; WAYS * SLOT]> {
        let mut set = [0; WAYS * SLOT];
        (rustix::io::pread(&self.table, &mut set, offset).ok()? == set.len()).then_some(set)
    }

    fn encode(&self, look: &[u8; LOOK], copy: &Copy) -> Vec<u8> {
        let mut slot = Vec::with_capacity(SLOT);
        slot.extend_from_slice(look);
        slot.extend_from_slice(&copy.digest);
        slot.extend_from_slice(&copy.ino.to_le_bytes());
        put_time(&mut slot, copy.mtime);
        let hash = blake3::keyed_hash(&self.key, &slot);
        slot.extend(hash.as_bytes().iter().take(SLOT - BODY));
        slot
    }

    fn decode(&self, slot: &[u8; SLOT]) -> Option<([u8; LOOK], Copy)> {
        let (body, hash) = slot.split_first_chunk::<BODY>()?;
        if !blake3::keyed_hash(&self.key, body).as_bytes().starts_with(hash) {
            return None;
        }
        let (look, rest) = body.split_first_chunk::<LOOK>()?;
        let (digest, rest) = rest.split_first_chunk::<32>()?;
        let (ino, rest) = rest.split_first_chunk::<8>()?;
        let (secs, nanos) = rest.split_first_chunk::<8>()?;
        let mtime = (i64::from_le_bytes(*secs), u32::from_le_bytes(nanos.try_into().ok()?));
        Some((*look, Copy { digest: *digest, ino: u64::from_le_bytes(*ino), mtime }))
    }
}

/// Reads the key, or makes one.
fn key(file: &OwnedFd) -> io::Result<[u8; 32]> {
    let mut key = [0; 32];
    if rustix::io::pread(file, &mut key, 0)? == key.len() {
        return Ok(key);
    }
    io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, &mut key)?;
    rustix::io::pwrite(file, &key, 0)?;
    // Where two make one at once, what one of them wrote with its own is as good as absent.
    rustix::io::pread(file, &mut key, 0)?;
    Ok(key)
}

/// The key for what is remembered until the machine starts anew: after a loss of power a file may have its new content and its old
/// times.
fn this_boot(key: &[u8; 32]) -> Option<[u8; 32]> {
    let boot = std::fs::read("/proc/sys/kernel/random/boot_id").ok()?;
    Some(*blake3::keyed_hash(key, &boot).as_bytes())
}

/// True where the file has not changed for so long that it may be remembered.
pub(crate) fn may_be_remembered(stat: &Statx, rest: Duration) -> bool {
    rests(stat, SystemTime::now(), rest)
}

fn put_time(to: &mut Vec<u8>, (secs, nanos): Time) {
    to.extend_from_slice(&secs.to_le_bytes());
    to.extend_from_slice(&nanos.to_le_bytes());
}

/// How a file looks; the first 28 bytes say which it is.
fn look(stat: &Statx) -> [u8; LOOK] {
    let mut bytes = Vec::with_capacity(LOOK);
    bytes.extend_from_slice(&stat.stx_dev_major.to_le_bytes());
    bytes.extend_from_slice(&stat.stx_dev_minor.to_le_bytes());
    bytes.extend_from_slice(&stat.stx_ino.to_le_bytes());
    put_time(&mut bytes, (stat.stx_btime.tv_sec, stat.stx_btime.tv_nsec));
    bytes.extend_from_slice(&stat.stx_size.to_le_bytes());
    put_time(&mut bytes, (stat.stx_mtime.tv_sec, stat.stx_mtime.tv_nsec));
    put_time(&mut bytes, (stat.stx_ctime.tv_sec, stat.stx_ctime.tv_nsec));
    let mut look = [0; LOOK];
    look.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
    look
}

/// Where the slots are in which the file can be.
fn offset(look: &[u8; LOOK]) -> u64 {
    let hash = blake3::hash(look.get(..28).unwrap_or_default());
    let start = hash.as_bytes().first_chunk::<8>().map_or(0, |start| u64::from_le_bytes(*start));
    start % SETS * (WAYS * SLOT) as u64
}

/// True where the file has not changed for `rest` before `began`.
fn rests(stat: &Statx, began: SystemTime, rest: Duration) -> bool {
    let Ok(began) = began.duration_since(SystemTime::UNIX_EPOCH) else { return false };
    let Ok(secs) = u64::try_from(stat.stx_ctime.tv_sec) else { return false };
    let changed = Duration::from_secs(secs).saturating_add(Duration::from_nanos(u64::from(stat.stx_ctime.tv_nsec)));
    began.checked_sub(changed).is_some_and(|age| age > rest.max(TICKS))
}

/// True for file systems whose times come from this machine's clock, and that write mapped pages back.
fn tells_own_time(file: impl AsFd) -> bool {
    const LOCAL: [u32; 7] = [0xef53, 0x5846_5342, 0x9123_683e, 0xca45_1a4e, 0x2fc1_2fc1, 0xf2f5_2010, 0x794c_7630];
    rustix::fs::fstatfs(file).is_ok_and(|found| LOCAL.iter().any(|kind| i128::from(*kind) == i128::from(found.f_type)))
}
