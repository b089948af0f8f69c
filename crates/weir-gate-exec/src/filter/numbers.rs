//! System call numbers of the two machines that the guard knows, as one table.
//!
//! They are written out instead of taken from `libc`, so that the filter of one machine can be built and tried on the
//! other, and so that a call newer than the C library is still known. A test compares them with `libc`.

/// A machine whose system calls the guard knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Machine {
    X86_64,
    Aarch64,
}

impl Machine {
    /// The machine that this program was built for, where the guard knows it.
    pub(crate) const fn native() -> Option<Self> {
        if cfg!(all(target_arch = "x86_64", target_pointer_width = "64")) {
            Some(Self::X86_64)
        } else if cfg!(target_arch = "aarch64") {
            Some(Self::Aarch64)
        } else {
            None
        }
    }

    /// `AUDIT_ARCH_*`: what the kernel says in `seccomp_data.arch`.
    pub(crate) const fn audit_arch(self) -> u32 {
        match self {
            Self::X86_64 => 0xC000_003E,
            Self::Aarch64 => 0xC000_00B7,
        }
    }
}

macro_rules! calls {
    ($($name:ident $x86:literal $arm:tt),* $(,)?) => {
        /// A system call that the filter has something to say about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[expect(non_camel_case_types, reason = "the names of the system calls, as the manual spells them")]
        pub(crate) enum Call { $($name),* }

        impl Call {
            /// Every call of the table.
            pub(crate) const ALL: &[Self] = &[$(Self::$name),*];

            /// Its number; nothing where the machine does not have it.
            pub(crate) const fn number(self, machine: Machine) -> Option<u32> {
                match (self, machine) {
                    $((Self::$name, Machine::X86_64) => Some($x86),
                      (Self::$name, Machine::Aarch64) => calls!(@ $arm),)*
                }
            }

            /// Its name, for people.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),* }
            }
        }
    };
    (@ none) => { None };
    (@ $number:literal) => { Some($number) };
}

calls! {
    // Opening.
    open 2 none, creat 85 none, openat 257 56, openat2 437 437,
    // Names.
    umask 95 166, chdir 80 49, fchdir 81 50, unlink 87 none, unlinkat 263 35, rmdir 84 none,
    rename 82 none, renameat 264 38, renameat2 316 276,
    link 86 none, linkat 265 37, symlink 88 none, symlinkat 266 36,
    mkdir 83 none, mkdirat 258 34, mknod 133 none, mknodat 259 33,
    // Content and metadata.
    truncate 76 45,
    chmod 90 none, fchmod 91 52, fchmodat 268 53, fchmodat2 452 452,
    chown 92 none, fchown 93 55, lchown 94 none, fchownat 260 54,
    utime 132 none, utimes 235 none, futimesat 261 none, utimensat 280 88,
    setxattr 188 5, lsetxattr 189 6, fsetxattr 190 7, setxattrat 463 463,
    removexattr 197 14, lremovexattr 198 15, fremovexattr 199 16, removexattrat 466 466,
    file_setattr 469 469,
    // Programs and processes.
    execve 59 221, execveat 322 281, clone 56 220, clone3 435 435, unshare 272 97, setns 308 268,
    kill 62 129, tkill 200 130, tgkill 234 131, rt_sigqueueinfo 129 138, rt_tgsigqueueinfo 297 240,
    pidfd_send_signal 424 424, prlimit64 302 261, ptrace 101 117, process_vm_writev 311 271, pidfd_getfd 438 438,
    prctl 157 167, ioctl 16 29, fcntl 72 25,
    setuid 105 146, setgid 106 144, setreuid 113 145, setregid 114 143, setresuid 117 147, setresgid 119 149,
    setfsuid 122 151, setfsgid 123 152, setgroups 116 159, capset 126 91,
    // Network.
    socket 41 198, connect 42 203, sendto 44 206, sendmsg 46 211, sendmmsg 307 269,
    // What would go around the filter.
    io_uring_setup 425 425, io_uring_enter 426 426, io_uring_register 427 427,
    mount 165 40, umount2 166 39, pivot_root 155 41, chroot 161 51, move_mount 429 429, open_tree 428 428,
    open_tree_attr 467 467, fsopen 430 430, fsconfig 431 431, fsmount 432 432, fspick 433 433, mount_setattr 442 442,
    open_by_handle_at 304 265, userfaultfd 323 282, bpf 321 280,
    add_key 248 217, request_key 249 218, keyctl 250 219,
    // The machine itself.
    kexec_load 246 104, kexec_file_load 320 294, reboot 169 142, init_module 175 105, finit_module 313 273,
    delete_module 176 106, swapon 167 224, swapoff 168 225, quotactl 179 60, quotactl_fd 443 443, acct 163 89,
    settimeofday 164 170, clock_settime 227 112, sethostname 170 161, setdomainname 171 162, iopl 172 none,
    ioperm 173 none, vhangup 153 58,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_unique() {
        for machine in [Machine::X86_64, Machine::Aarch64] {
            let mut numbers: Vec<u32> = Call::ALL.iter().filter_map(|call| call.number(machine)).collect();
            let count = numbers.len();
            numbers.sort_unstable();
            numbers.dedup();
            assert_eq!(numbers.len(), count, "{machine:?}");
        }
    }

    /// The header that the C library of every Linux machine brings is the authority for the machine of the test.
    #[test]
    fn numbers_are_those_of_the_kernel_headers() {
        let Some(machine) = Machine::native() else { return };
        let files: &[&str] = match machine {
            Machine::X86_64 => &["/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm/unistd_64.h"],
            Machine::Aarch64 => &["/usr/include/asm-generic/unistd.h"],
        };
        let Some(text) = files.iter().find_map(|file| std::fs::read_to_string(file).ok()) else { return };
        agree(machine, &text);
    }

    /// 64-bit ARM uses the generic table, which other machines have in their headers too.
    #[test]
    fn generic_numbers_are_those_of_the_generic_header() {
        if let Ok(text) = std::fs::read_to_string("/usr/include/asm-generic/unistd.h") {
            agree(Machine::Aarch64, &text);
        }
    }

    fn agree(machine: Machine, text: &str) {
        let mut compared = 0;
        for line in text.lines() {
            let mut words = line.split_whitespace();
            let (Some("#define"), Some(name), Some(number)) = (words.next(), words.next(), words.next()) else {
                continue;
            };
            let Some(name) = name.strip_prefix("__NR3264_").or_else(|| name.strip_prefix("__NR_")) else { continue };
            let Ok(number) = number.parse::<u32>() else { continue };
            if let Some(call) = Call::ALL.iter().find(|call| call.name() == name) {
                assert_eq!(call.number(machine), Some(number), "{name} on {machine:?}");
                compared += 1;
            }
        }
        assert!(compared > 60, "{compared} numbers compared");
    }
}
