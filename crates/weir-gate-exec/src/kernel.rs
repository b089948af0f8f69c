//! The calls of the kernel that have no safe wrapper: installing a seccomp filter, its notifications, code between fork and
//! exec, and socket calls with an address that is plain bytes.
//!
//! This is the only module that may hold `unsafe` code. Everything in it is a thin function over one system call.
#![expect(
    unsafe_code,
    reason = "no crate wraps seccomp notifications, and a filter is installed between fork and exec"
)]

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::filter::Instruction;

const SET_MODE_FILTER: libc::c_long = 1;
const NEW_LISTENER: libc::c_long = 1 << 3;
const WAIT_KILLABLE_RECEIVE: libc::c_long = 1 << 5;

// `_IOWR('!', …)` of linux/seccomp.h; the size of each struct is in the number.
const RECEIVE: u32 = 0xC050_2100;
const SEND: u32 = 0xC018_2101;
const ID_VALID: u32 = 0x4008_2102;
const ADD_FD: u32 = 0x4018_2103;
const SET_FLAGS: u32 = 0x4008_2104;
const CONTINUE: u32 = 1;
const SEND_WITH_FD: u32 = 1 << 1;
const SYNC_WAKE_UP: u64 = 1;

/// `struct seccomp_notif`: one system call that waits for an answer.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Notification {
    pub(crate) id: u64,
    /// The thread that called.
    pub(crate) thread: u32,
    flags: u32,
    pub(crate) number: i32,
    arch: u32,
    instruction_pointer: u64,
    pub(crate) arguments: [u64; 6],
}

#[repr(C)]
struct Response {
    id: u64,
    value: i64,
    error: i32,
    flags: u32,
}

#[repr(C)]
struct AddFd {
    id: u64,
    flags: u32,
    source: u32,
    new: u32,
    new_flags: u32,
}

#[repr(C)]
struct Filter {
    length: libc::c_ushort,
    instructions: *const Instruction,
}

fn check(result: libc::c_long) -> io::Result<libc::c_long> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// Puts the filter on the calling thread and gives the number of the listener's descriptor.
///
/// Waiting calls are not interrupted by signals that do not kill, where the kernel knows how: else a program that sends itself
/// signals all the time would make its own call start over for ever.
pub(crate) fn install(program: &[Instruction]) -> io::Result<RawFd> {
    let filter = Filter {
        length: libc::c_ushort::try_from(program.len()).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?,
        instructions: program.as_ptr(),
    };
    let attempt = |flags: libc::c_long| {
        // SAFETY: `filter` points to `length` instructions that live until the call returns; the kernel copies them.
        check(unsafe { libc::syscall(libc::SYS_seccomp, SET_MODE_FILTER, flags, &raw const filter) })
    };
    let listener = match attempt(NEW_LISTENER | WAIT_KILLABLE_RECEIVE) {
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => attempt(NEW_LISTENER)?,
        other => other?,
    };
    RawFd::try_from(listener).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))
}

/// Closes every descriptor from 3 at the next exec, whatever it was inherited from.
pub(crate) fn close_inherited_at_exec() -> io::Result<()> {
    const CLOSE_ON_EXEC: libc::c_long = 1 << 2;
    const FIRST: libc::c_long = 3;
    // SAFETY: only numbers are passed, and descriptors are marked, not closed.
    check(unsafe { libc::syscall(libc::SYS_close_range, FIRST, libc::c_long::from(u32::MAX), CLOSE_ON_EXEC) }).map(drop)
}

/// Lets `prepare` run in the child between fork and exec.
///
/// `prepare` must not allocate, lock, or touch anything that another thread may hold: it runs in a copy of a process with threads.
pub(crate) fn before_exec(command: &mut Command, prepare: impl FnMut() -> io::Result<()> + Send + Sync + 'static) {
    // SAFETY: the one caller, `child::spawn`, passes a closure that only makes system calls on what was prepared before.
    unsafe { command.pre_exec(prepare) };
}

/// Waits for the next call and reads it.
pub(crate) fn receive(listener: BorrowedFd<'_>) -> io::Result<Notification> {
    let mut notification = Notification::default();
    // SAFETY: the struct is zeroed, as the kernel demands, and of the size that is in the number.
    check(libc::c_long::from(unsafe { libc::ioctl(listener.as_raw_fd(), RECEIVE as _, &raw mut notification) }))?;
    Ok(notification)
}

fn send(listener: BorrowedFd<'_>, response: &Response) -> io::Result<()> {
    // SAFETY: the struct lives until the call returns and is of the size that is in the number.
    check(libc::c_long::from(unsafe { libc::ioctl(listener.as_raw_fd(), SEND as _, &raw const *response) })).map(drop)
}

/// The call returns `value`.
pub(crate) fn succeed(listener: BorrowedFd<'_>, id: u64, value: i64) -> io::Result<()> {
    send(listener, &Response { id, value, error: 0, flags: 0 })
}

/// The call fails with `errno`.
pub(crate) fn fail(listener: BorrowedFd<'_>, id: u64, errno: i32) -> io::Result<()> {
    send(listener, &Response { id, value: 0, error: -errno, flags: 0 })
}

/// The kernel carries out the call, with whatever its memory says by then: never for a call whose path or address matters.
pub(crate) fn proceed(listener: BorrowedFd<'_>, id: u64) -> io::Result<()> {
    send(listener, &Response { id, value: 0, error: 0, flags: CONTINUE })
}

/// The call returns a descriptor of the caller's own, for the file that `source` stands for.
pub(crate) fn hand_over(
    listener: BorrowedFd<'_>,
    id: u64,
    source: BorrowedFd<'_>,
    close_on_exec: bool,
) -> io::Result<()> {
    add(listener, id, source, close_on_exec, SEND_WITH_FD).map(drop)
}

/// The caller gets a descriptor for the file that `source` stands for, and goes on waiting. Its number there.
///
/// Only where waiting calls are not interrupted: else the call starts over, and the descriptor stays.
pub(crate) fn add_descriptor(
    listener: BorrowedFd<'_>,
    id: u64,
    source: BorrowedFd<'_>,
    close_on_exec: bool,
) -> io::Result<i64> {
    add(listener, id, source, close_on_exec, 0)
}

fn add(listener: BorrowedFd<'_>, id: u64, source: BorrowedFd<'_>, close_on_exec: bool, flags: u32) -> io::Result<i64> {
    let new_flags = if close_on_exec { libc::O_CLOEXEC.cast_unsigned() } else { 0 };
    let source = source.as_raw_fd().cast_unsigned();
    let request = AddFd { id, flags, source, new: 0, new_flags };
    // SAFETY: the struct lives until the call returns and is of the size that is in the number.
    check(libc::c_long::from(unsafe { libc::ioctl(listener.as_raw_fd(), ADD_FD as _, &raw const request) }))
}

/// Whether the call still waits: when it does, everything that was looked up by the thread's number was the caller's.
pub(crate) fn still_waits(listener: BorrowedFd<'_>, id: u64) -> bool {
    // SAFETY: the number lives until the call returns.
    unsafe { libc::ioctl(listener.as_raw_fd(), ID_VALID as _, &raw const id) == 0 }
}

/// Asks the scheduler to run the supervisor where the caller ran; kernels before 6.6 do not know this.
pub(crate) fn wake_up_in_place(listener: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: the flags are passed by value.
    check(libc::c_long::from(unsafe { libc::ioctl(listener.as_raw_fd(), SET_FLAGS as _, SYNC_WAKE_UP) })).map(drop)
}

/// `connect` with an address as the caller wrote it.
pub(crate) fn connect(socket: BorrowedFd<'_>, address: &[u8]) -> io::Result<()> {
    let length = libc::socklen_t::try_from(address.len()).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    // SAFETY: the address is readable for its length; the kernel copies it and checks its form.
    check(libc::c_long::from(unsafe { libc::connect(socket.as_raw_fd(), address.as_ptr().cast(), length) })).map(drop)
}

/// `sendto` with an address as the caller wrote it.
pub(crate) fn send_to(socket: BorrowedFd<'_>, data: &[u8], flags: i32, address: &[u8]) -> io::Result<usize> {
    let length = libc::socklen_t::try_from(address.len()).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    // SAFETY: data and address are readable for their lengths; the kernel copies both.
    let sent = unsafe {
        let address = address.as_ptr().cast();
        libc::sendto(socket.as_raw_fd(), data.as_ptr().cast(), data.len(), flags, address, length)
    };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}

/// A descriptor of our own for one of another process.
pub(crate) fn take_copy(process: impl AsFd, number: RawFd) -> Result<OwnedFd, rustix::io::Errno> {
    rustix::process::pidfd_getfd(process, number, rustix::process::PidfdGetfdFlags::empty())
}

/// The version of Landlock's interface; 0 where there is none.
pub(crate) fn landlock_version() -> u32 {
    const VERSION: libc::c_long = 1;
    // SAFETY: asks for the version only; nothing is read or written.
    let version = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, 0, 0, VERSION) };
    u32::try_from(version).unwrap_or(0)
}
