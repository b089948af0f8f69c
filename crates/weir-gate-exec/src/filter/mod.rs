//! The seccomp filter: which system calls go to the kernel, which to the supervisor, and which nowhere.
//!
//! The filter sees numbers and registers, never memory, so everything that is decided here is free of races: a path or
//! an address may change after a look at it, a register cannot. Whatever needs a look at memory goes to the supervisor.

mod numbers;

pub(crate) use numbers::{Call, Machine};

/// One instruction of classic BPF, as the kernel reads it (`struct sock_filter`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Instruction {
    pub(crate) code: u16,
    pub(crate) jump_true: u8,
    pub(crate) jump_false: u8,
    pub(crate) value: u32,
}

/// What the filter depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) machine: Machine,
    /// The process that must not be reached.
    pub(crate) supervisor: u32,
    /// Whether programs that are started are judged and counted.
    pub(crate) exec: bool,
    /// Whether messages with an address are judged.
    pub(crate) datagrams: bool,
    /// Whether there is any network beside sockets in the file system.
    pub(crate) network: bool,
    /// Whether creating a name is judged too: needed where a protected place lies inside a writable one, because
    /// Landlock cannot take a part away from what it grants.
    pub(crate) creation: bool,
    /// Whether a process may become somebody else (it started as root).
    pub(crate) credentials: bool,
}

// Classic BPF, from linux/bpf_common.h and linux/seccomp.h.
const LOAD: u16 = 0x20;
const JUMP_EQUAL: u16 = 0x15;
const JUMP_GREATER_OR_EQUAL: u16 = 0x35;
const JUMP_ANY_BIT: u16 = 0x45;
const AND: u16 = 0x54;
const RETURN: u16 = 0x06;
const OFFSET_NUMBER: u32 = 0;
const OFFSET_ARCH: u32 = 4;
const OFFSET_ARGUMENTS: u32 = 16;

pub(crate) const ALLOW: u32 = 0x7fff_0000;
pub(crate) const NOTIFY: u32 = 0x7fc0_0000;
pub(crate) const KILL: u32 = 0x8000_0000;
const ERRNO: u32 = 0x0005_0000;

/// An answer of the filter that fails the call; 0 makes it look as if it had been done.
pub(crate) const fn fail(errno: u32) -> u32 {
    ERRNO | errno
}

const EPERM: u32 = 1;
const ENOSYS: u32 = 38;
const EAFNOSUPPORT: u32 = 97;
/// Calls of the x32 interface carry this bit, under the architecture of x86_64.
const X32: u32 = 0x4000_0000;

const O_ACCMODE: u32 = 0o3;
const O_CREAT: u32 = 0o100;
const O_EXCL: u32 = 0o200;
const O_TRUNC: u32 = 0o1000;
const O_PATH: u32 = 0o10_000_000;
/// The bit that makes `O_TMPFILE` of `O_DIRECTORY`.
const TMPFILE: u32 = 0o20_000_000;

/// Every kind of new namespace; a process signal takes the bits below.
const NEW_NAMESPACE: u32 =
    0x0002_0000 | 0x0200_0000 | 0x0400_0000 | 0x0800_0000 | 0x1000_0000 | 0x2000_0000 | 0x4000_0000;
const NEW_TIME_NAMESPACE: u32 = 0x80;

const AF_UNIX: u32 = 1;
const AF_NETLINK: u32 = 16;
const PR_SET_DUMPABLE: u32 = 4;
const F_SETSIG: u32 = 10;
const SIGIO: u32 = 29;
const TIOCSTI: u32 = 0x5412;
const TIOCLINUX: u32 = 0x541C;
/// Requests that change a file, a file system or a disk through a descriptor that only reads: attributes and project of an inode
/// (`FS_IOC_SETFLAGS` in both sizes, `FS_IOC_FSSETXATTR`), verity and encryption, freezing and shutting down a file system, partitions,
/// raw SCSI and NVMe commands.
const PAST_THE_FLOOR: [u32; 14] = [
    0x4004_6602,
    0x4008_6602,
    0x401c_5820,
    0x4080_6685,
    0x800c_6613,
    0xc004_5877,
    0xc004_5878,
    0x8004_587d,
    0x0000_1269,
    0x0000_2285,
    0xc048_4e41,
    0xc048_4e43,
    0xc050_4e47,
    0xc050_4e48,
];
/// `BTRFS_IOC_SNAP_DESTROY` and its second form: a whole subvolume in one call that is no removal of a name.
const SUBVOLUME_DESTROY: [u32; 2] = [0x5000_940f, 0x5000_943f];
const S_IFMT: u32 = 0o170_000;
const S_IFCHR: u32 = 0o020_000;
const S_IFBLK: u32 = 0o060_000;

/// Builds the filter.
pub(crate) fn build(shape: &Shape) -> Vec<Instruction> {
    let mut program = Program { machine: shape.machine, instructions: Vec::with_capacity(512) };
    program.load(OFFSET_ARCH);
    program.push(JUMP_EQUAL, 1, 0, shape.machine.audit_arch());
    program.answer(KILL);
    program.load(OFFSET_NUMBER);
    if shape.machine == Machine::X86_64 {
        program.push(JUMP_GREATER_OR_EQUAL, 0, 1, X32);
        program.answer(fail(ENOSYS));
    }
    // First what is called most and looks at registers; for the rest the kernel keeps a table of plain answers.
    opening(&mut program, shape);
    registers(&mut program, shape);
    plain(&mut program, shape);
    program.answer(ALLOW);
    program.instructions
}

/// Opening goes to the supervisor only when something that exists may be changed by it.
fn opening(program: &mut Program, shape: &Shape) {
    for (call, flags) in [(Call::openat, 2), (Call::open, 1)] {
        program.on(call, |body| {
            body.argument(flags);
            body.answer_if_any(O_PATH, ALLOW);
            body.answer_if_any(TMPFILE, ALLOW);
            if shape.creation {
                body.answer_if_any(O_CREAT, NOTIFY);
            } else {
                // A name that is made anew, or not at all.
                body.mask(O_CREAT | O_EXCL);
                body.answer_if_equal(O_CREAT | O_EXCL, ALLOW);
                body.argument(flags);
            }
            body.answer_if_any(O_ACCMODE | O_TRUNC, NOTIFY);
            body.answer(ALLOW);
        });
    }
}

fn registers(program: &mut Program, shape: &Shape) {
    program.on(Call::ioctl, |body| {
        body.argument(1);
        for request in [TIOCSTI, TIOCLINUX].into_iter().chain(SUBVOLUME_DESTROY).chain(PAST_THE_FLOOR) {
            body.answer_if_equal(request, fail(EPERM));
        }
        body.answer(ALLOW);
    });
    program.on(Call::fcntl, |body| {
        body.argument(1);
        body.push(JUMP_EQUAL, 1, 0, F_SETSIG);
        body.answer(ALLOW);
        // A signal that comes with input may go to any process of the user: only the one that the supervisor holds off.
        body.argument(2);
        body.answer_if_equal(0, ALLOW);
        body.answer_if_equal(SIGIO, ALLOW);
        body.answer(fail(EPERM));
    });
    program.on(Call::prctl, |body| {
        body.argument(0);
        body.push(JUMP_EQUAL, 1, 0, PR_SET_DUMPABLE);
        body.answer(ALLOW);
        // Memory that the supervisor cannot read is a program whose calls all fail. Agents of keys ask for this.
        body.argument(1);
        body.answer_if_equal(0, fail(0));
        body.answer(ALLOW);
    });
    program.on(Call::clone, |body| {
        body.argument(0);
        body.answer_if_any(NEW_NAMESPACE, fail(EPERM));
        body.answer(ALLOW);
    });
    program.on(Call::unshare, |body| {
        body.argument(0);
        body.answer_if_any(NEW_NAMESPACE | NEW_TIME_NAMESPACE, fail(EPERM));
        body.answer(ALLOW);
    });
    for call in [Call::tgkill, Call::rt_tgsigqueueinfo] {
        program.on(call, |body| {
            body.argument(0);
            body.answer_if_equal(shape.supervisor, fail(EPERM));
            body.answer(ALLOW);
        });
    }
    program.on(Call::prlimit64, |body| {
        body.argument(0);
        body.answer_if_equal(0, ALLOW);
        body.answer(NOTIFY);
    });
    for (call, mode) in [(Call::mknod, 1), (Call::mknodat, 2)] {
        program.on(call, |body| {
            body.argument(mode);
            body.mask(S_IFMT);
            body.answer_if_equal(S_IFCHR, fail(EPERM));
            body.answer_if_equal(S_IFBLK, fail(EPERM));
            body.answer(if shape.creation { NOTIFY } else { ALLOW });
        });
    }
    if !shape.network {
        program.on(Call::socket, |body| {
            body.argument(0);
            body.answer_if_equal(AF_UNIX, ALLOW);
            body.answer_if_equal(AF_NETLINK, ALLOW);
            body.answer(fail(EAFNOSUPPORT));
        });
    }
    if shape.datagrams {
        program.on(Call::sendto, |body| {
            // No address: the socket is connected, and that was judged.
            body.argument(4);
            body.push(JUMP_EQUAL, 1, 0, 0);
            body.answer(NOTIFY);
            body.upper_half(4);
            body.answer_if_equal(0, ALLOW);
            body.answer(NOTIFY);
        });
    }
}

/// What is answered by the number alone.
fn plain(program: &mut Program, shape: &Shape) {
    let supervised: &[Call] = &[
        Call::unlink,
        Call::unlinkat,
        Call::rmdir,
        Call::rename,
        Call::renameat,
        Call::renameat2,
        Call::link,
        Call::linkat,
        Call::truncate,
        Call::creat,
        Call::chmod,
        Call::fchmod,
        Call::fchmodat,
        Call::fchmodat2,
        Call::chown,
        Call::fchown,
        Call::lchown,
        Call::fchownat,
        Call::utime,
        Call::utimes,
        Call::futimesat,
        Call::utimensat,
        Call::setxattr,
        Call::lsetxattr,
        Call::fsetxattr,
        Call::removexattr,
        Call::lremovexattr,
        Call::fremovexattr,
        Call::umask,
        Call::chdir,
        Call::fchdir,
        Call::connect,
        Call::kill,
        Call::tkill,
        Call::rt_sigqueueinfo,
        Call::pidfd_send_signal,
    ];
    program.all(supervised, NOTIFY);
    if shape.exec {
        program.all(&[Call::execve, Call::execveat], NOTIFY);
    }
    if shape.creation {
        program.all(&[Call::symlink, Call::symlinkat, Call::mkdir, Call::mkdirat], NOTIFY);
    }
    if shape.datagrams {
        program.all(&[Call::sendmsg, Call::sendmmsg], NOTIFY);
    }
    if shape.credentials {
        let changes: &[Call] = &[
            Call::setuid,
            Call::setgid,
            Call::setreuid,
            Call::setregid,
            Call::setresuid,
            Call::setresgid,
            Call::setfsuid,
            Call::setfsgid,
            Call::setgroups,
            Call::capset,
        ];
        program.all(changes, NOTIFY);
    }
    // Programs and libraries do without these when the kernel does not know them.
    let unknown: &[Call] = &[
        Call::io_uring_setup,
        Call::io_uring_enter,
        Call::io_uring_register,
        Call::openat2,
        Call::clone3,
        Call::setxattrat,
        Call::removexattrat,
        Call::file_setattr,
    ];
    program.all(unknown, fail(ENOSYS));
    let refused: &[Call] = &[
        Call::setns,
        Call::mount,
        Call::umount2,
        Call::pivot_root,
        Call::chroot,
        Call::move_mount,
        Call::open_tree,
        Call::open_tree_attr,
        Call::fsopen,
        Call::fsconfig,
        Call::fsmount,
        Call::fspick,
        Call::mount_setattr,
        Call::open_by_handle_at,
        Call::userfaultfd,
        Call::bpf,
        Call::add_key,
        Call::request_key,
        Call::keyctl,
        Call::ptrace,
        Call::process_vm_writev,
        Call::pidfd_getfd,
        Call::kexec_load,
        Call::kexec_file_load,
        Call::reboot,
        Call::init_module,
        Call::finit_module,
        Call::delete_module,
        Call::swapon,
        Call::swapoff,
        Call::quotactl,
        Call::quotactl_fd,
        Call::acct,
        Call::settimeofday,
        Call::clock_settime,
        Call::sethostname,
        Call::setdomainname,
        Call::iopl,
        Call::ioperm,
        Call::vhangup,
    ];
    program.all(refused, fail(EPERM));
}

struct Program {
    machine: Machine,
    instructions: Vec<Instruction>,
}

impl Program {
    fn push(&mut self, code: u16, jump_true: u8, jump_false: u8, value: u32) {
        self.instructions.push(Instruction { code, jump_true, jump_false, value });
    }

    fn load(&mut self, offset: u32) {
        self.push(LOAD, 0, 0, offset);
    }

    /// The lower half of an argument: both machines store the lower half first.
    fn argument(&mut self, index: u32) {
        self.load(OFFSET_ARGUMENTS + 8 * index);
    }

    fn upper_half(&mut self, index: u32) {
        self.load(OFFSET_ARGUMENTS + 8 * index + 4);
    }

    fn mask(&mut self, bits: u32) {
        self.push(AND, 0, 0, bits);
    }

    fn answer(&mut self, answer: u32) {
        self.push(RETURN, 0, 0, answer);
    }

    fn answer_if_equal(&mut self, value: u32, answer: u32) {
        self.push(JUMP_EQUAL, 0, 1, value);
        self.answer(answer);
    }

    fn answer_if_any(&mut self, bits: u32, answer: u32) {
        self.push(JUMP_ANY_BIT, 0, 1, bits);
        self.answer(answer);
    }

    /// A body for one call; the number is loaded before and must not be needed after a body was entered, so each ends
    /// with an answer.
    fn on(&mut self, call: Call, body: impl FnOnce(&mut Self)) {
        let Some(number) = call.number(self.machine) else { return };
        let mut inner = Self { machine: self.machine, instructions: Vec::new() };
        body(&mut inner);
        let length = u8::try_from(inner.instructions.len()).unwrap_or(u8::MAX);
        self.push(JUMP_EQUAL, 0, length, number);
        self.instructions.append(&mut inner.instructions);
    }

    fn all(&mut self, calls: &[Call], answer: u32) {
        for call in calls {
            self.on(*call, |body| body.answer(answer));
        }
    }
}

#[cfg(test)]
mod tests;
