//! What is read of the process that made a call: memory, working directory, descriptors.
//!
//! Everything is looked up by the number of a thread, which could be another's by the time it is read. So nothing of it
//! is used before the kernel has said, after all reading, that the call still waits: `Target::confirm`.

use std::cell::RefCell;
use std::ffi::{OsStr, OsString};
use std::io::IoSliceMut;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use nix::unistd::Pid;
use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;
use rustix::process::PidfdFlags;

use crate::kernel::{self, Notification};
use crate::remembered::Remembered;

const PAGE: usize = 4096;
const PATH_MAX: usize = 4096;
/// More than `execve` takes on most systems (128 KiB for one string, 2 MiB for all by default).
const ARGUMENTS_MAX: usize = 4096;
/// The kernel takes no more, whatever the limits are.
const ARGUMENT_BYTES_MAX: usize = 6 << 20;
/// Of `pidfd_open`: the thread and not its process.
const PIDFD_THREAD: u32 = 0o200;

/// The thread that made a call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) thread: u32,
    pub(crate) id: u64,
    pub(crate) listener: BorrowedFd<'a>,
    pub(crate) remembered: &'a RefCell<Remembered>,
}

impl<'a> Target<'a> {
    pub(crate) const fn new(
        call: &Notification,
        listener: BorrowedFd<'a>,
        remembered: &'a RefCell<Remembered>,
    ) -> Self {
        Self { thread: call.thread, id: call.id, listener, remembered }
    }
}

impl Target<'_> {
    /// What was read so far was the caller's.
    pub(crate) fn confirm(&self) -> Result<(), Errno> {
        if kernel::still_waits(self.listener, self.id) { Ok(()) } else { Err(Errno::SRCH) }
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.thread.cast_signed())
    }

    /// Fills `buffer` from its memory as far as it is there.
    fn read_some(&self, address: u64, buffer: &mut [u8]) -> Result<usize, Errno> {
        let base = usize::try_from(address).map_err(|_| Errno::FAULT)?;
        let remote = [RemoteIoVec { base, len: buffer.len() }];
        process_vm_readv(self.pid(), &mut [IoSliceMut::new(buffer)], &remote)
            .map_err(|error| Errno::from_raw_os_error(error as i32))
    }

    /// Reads exactly `length` bytes.
    pub(crate) fn bytes(&self, address: u64, length: usize) -> Result<Vec<u8>, Errno> {
        let mut buffer = vec![0; length];
        if length > 0 && self.read_some(address, &mut buffer)? != length {
            return Err(Errno::FAULT);
        }
        Ok(buffer)
    }

    /// Reads an integer of eight bytes.
    pub(crate) fn word(&self, address: u64) -> Result<u64, Errno> {
        let bytes = self.bytes(address, 8)?;
        Ok(u64::from_ne_bytes(bytes.try_into().map_err(|_| Errno::FAULT)?))
    }

    /// Reads a string of at most `limit` bytes, which ends with a zero; one page after the other, because the next may not be there.
    fn string(&self, address: u64, limit: usize) -> Result<OsString, Errno> {
        let mut text = Vec::new();
        let mut at = address;
        let mut buffer = [0; PAGE];
        loop {
            let to_page_end = PAGE - usize::try_from(at % 4096).map_err(|_| Errno::FAULT)?;
            let want = to_page_end.min(if text.is_empty() { 256 } else { PAGE });
            let part = buffer.get_mut(..want).ok_or(Errno::FAULT)?;
            let got = self.read_some(at, part)?;
            let part = part.get(..got).ok_or(Errno::FAULT)?;
            if let Some((head, _)) = part.iter().position(|byte| *byte == 0).and_then(|end| part.split_at_checked(end))
            {
                text.extend_from_slice(head);
                return if text.len() < limit { Ok(OsString::from_vec(text)) } else { Err(Errno::NAMETOOLONG) };
            }
            text.extend_from_slice(part);
            if got < want {
                return Err(Errno::FAULT);
            }
            if text.len() >= limit {
                return Err(Errno::NAMETOOLONG);
            }
            at = at.checked_add(want as u64).ok_or(Errno::FAULT)?;
        }
    }

    /// A path.
    pub(crate) fn path(&self, address: u64) -> Result<OsString, Errno> {
        self.string(address, PATH_MAX)
    }

    /// The name of an extended attribute.
    pub(crate) fn attribute(&self, address: u64) -> Result<OsString, Errno> {
        let name = self
            .string(address, 257)
            .map_err(|error| if error == Errno::NAMETOOLONG { Errno::RANGE } else { error })?;
        if name.is_empty() || name.len() > 255 { Err(Errno::RANGE) } else { Ok(name) }
    }

    /// Arguments of a program: an array of strings.
    pub(crate) fn arguments(&self, address: u64) -> Result<Vec<OsString>, Errno> {
        let mut arguments = Vec::new();
        if address == 0 {
            return Ok(arguments);
        }
        let mut buffer = [0; 64];
        let mut at = address;
        let mut bytes = 0usize;
        while arguments.len() < ARGUMENTS_MAX {
            let got = self.read_some(at, &mut buffer)?;
            let (pointers, _) = buffer.get(..got).ok_or(Errno::FAULT)?.as_chunks::<8>();
            if pointers.is_empty() {
                return Err(Errno::FAULT);
            }
            for pointer in pointers {
                match u64::from_ne_bytes(*pointer) {
                    0 => return Ok(arguments),
                    pointer => {
                        let argument = self.string(pointer, 1 << 17)?;
                        bytes = bytes.saturating_add(argument.len());
                        if bytes > ARGUMENT_BYTES_MAX {
                            return Err(Errno::TOOBIG);
                        }
                        arguments.push(argument);
                    }
                }
            }
            at = at.saturating_add(8 * pointers.len() as u64);
        }
        Ok(arguments)
    }

    fn open_in_proc(&self, what: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
        let path = format!("/proc/{}/{what}", self.thread);
        rustix::fs::openat(CWD, path.as_str(), flags | OFlags::CLOEXEC, Mode::empty()).map_err(|error| match error {
            Errno::ACCESS => Errno::PERM,
            other => other,
        })
    }

    /// Its working directory.
    pub(crate) fn cwd(&self) -> Result<OwnedFd, Errno> {
        self.remembered.borrow_mut().directory(self.thread, || {
            let directory = self.open_in_proc("cwd", OFlags::PATH | OFlags::DIRECTORY)?;
            self.confirm()?;
            Ok(directory)
        })
    }

    /// What one of its descriptors stands for: a copy of it, or a descriptor with `O_PATH`.
    pub(crate) fn descriptor(&self, number: i32) -> Result<OwnedFd, Errno> {
        match self.copy_by_thread(number) {
            Err(Errno::INVAL | Errno::PERM | Errno::NOSYS) => {}
            other => return other,
        }
        self.open_in_proc(&format!("fd/{number}"), OFlags::PATH).map_err(|error| match error {
            Errno::NOENT => Errno::BADF,
            other => other,
        })
    }

    /// A copy of one of its descriptors; for sockets, which cannot be opened.
    pub(crate) fn copy(&self, number: i32) -> Result<OwnedFd, Errno> {
        match self.copy_by_thread(number) {
            Err(Errno::INVAL) => {}
            other => return other,
        }
        let leader = rustix::process::Pid::from_raw(self.process()?.cast_signed()).ok_or(Errno::SRCH)?;
        self.same_descriptors(leader.as_raw_nonzero().get(), number)?;
        kernel::take_copy(rustix::process::pidfd_open(leader, PidfdFlags::empty())?, number)
    }

    /// A copy of a descriptor, by the thread: it may have descriptors of its own. `EINVAL` before Linux 6.9, which knows processes only.
    fn copy_by_thread(&self, number: i32) -> Result<OwnedFd, Errno> {
        if number < 0 {
            return Err(Errno::BADF);
        }
        let thread = rustix::process::Pid::from_raw(self.thread.cast_signed()).ok_or(Errno::SRCH)?;
        self.remembered.borrow_mut().with_thread(
            self.thread,
            || rustix::process::pidfd_open(thread, PidfdFlags::from_bits_retain(PIDFD_THREAD)),
            |thread| kernel::take_copy(thread, number),
        )
    }

    fn same_descriptors(&self, leader: i32, number: i32) -> Result<(), Errno> {
        let link = |process: &str| rustix::fs::readlink(format!("/proc/{process}/fd/{number}"), Vec::new());
        if link(&self.thread.to_string())? == link(&leader.to_string())? { Ok(()) } else { Err(Errno::PERM) }
    }

    /// What the kernel says of it, as far as one read gets: each read makes the whole text anew.
    fn text_in_proc(&self, what: &str) -> Result<String, Errno> {
        let file = self.open_in_proc(what, OFlags::RDONLY).map_err(|_| Errno::SRCH)?;
        let mut text = vec![0; 2 * PAGE];
        let length = rustix::io::read(file, &mut text).map_err(|_| Errno::SRCH)?;
        text.truncate(length);
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// A field of its status.
    fn status(&self, field: &str) -> Result<String, Errno> {
        let text = self.text_in_proc("status")?;
        let line = text.lines().find_map(|line| line.strip_prefix(field));
        line.and_then(|line| line.strip_prefix(':')).map(|value| value.trim().to_owned()).ok_or(Errno::SRCH)
    }

    /// The process that the thread belongs to.
    pub(crate) fn process(&self) -> Result<u32, Errno> {
        self.status("Tgid")?.parse().map_err(|_| Errno::SRCH)
    }

    /// The bits that new files do not get.
    pub(crate) fn umask(&self) -> Result<Mode, Errno> {
        self.remembered.borrow_mut().mask(self.thread, || {
            let bits = u32::from_str_radix(&self.status("Umask")?, 8).map_err(|_| Errno::SRCH)?;
            self.confirm()?;
            Ok(Mode::from_raw_mode(bits))
        })
    }

    /// Real, effective, saved and file-system users and groups.
    pub(crate) fn credentials(&self) -> Result<(String, String, String), Errno> {
        Ok((self.status("Uid")?, self.status("Gid")?, self.status("CapEff")?))
    }

    /// Session and number of the controlling terminal.
    pub(crate) fn terminal(&self) -> Result<(i32, u64), Errno> {
        let text = self.text_in_proc("stat")?;
        let (_, rest) = text.rsplit_once(')').ok_or(Errno::SRCH)?;
        let mut fields = rest.split_whitespace().skip(3);
        let session = fields.next().and_then(|field| field.parse().ok()).ok_or(Errno::SRCH)?;
        let terminal = fields.next().and_then(|field| field.parse::<i64>().ok()).ok_or(Errno::SRCH)?;
        Ok((session, terminal.cast_unsigned()))
    }

    /// The processor that it last ran on.
    pub(crate) fn processor(&self) -> Option<usize> {
        let text = self.text_in_proc("stat").ok()?;
        let (_, rest) = text.rsplit_once(')')?;
        rest.split_whitespace().nth(36)?.parse().ok()
    }
}

/// Splits a path into what comes before its last component and that component; slashes at the end are gone.
pub(crate) fn split_last(path: &OsStr) -> (&OsStr, &OsStr, bool) {
    let bytes = path.as_bytes();
    let trimmed = bytes.iter().rposition(|byte| *byte != b'/').map_or(0, |last| last + 1);
    let (head, tail) = bytes.split_at_checked(trimmed).unwrap_or((bytes, &[]));
    let start = head.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    let (parent, name) = head.split_at_checked(start).unwrap_or((&[], head));
    let parent = if head.is_empty() && !bytes.is_empty() { b"/" } else { parent };
    (OsStr::from_bytes(parent), OsStr::from_bytes(name), !tail.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_component_is_split_off() {
        let cases = [
            ("a", ("", "a", false)),
            ("a/b", ("a/", "b", false)),
            ("/a/b//", ("/a/", "b", true)),
            ("/a", ("/", "a", false)),
            ("/", ("/", "", true)),
            ("//", ("/", "", true)),
            ("..", ("", "..", false)),
            ("a/.", ("a/", ".", false)),
        ];
        for (path, (parent, name, slash)) in cases {
            assert_eq!(split_last(OsStr::new(path)), (OsStr::new(parent), OsStr::new(name), slash), "{path}");
        }
    }
}
