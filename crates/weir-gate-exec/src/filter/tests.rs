//! The filter, run by an interpreter of its own: for both machines on either.

use super::*;

const MACHINES: [Machine; 2] = [Machine::X86_64, Machine::Aarch64];

fn shape(machine: Machine) -> Shape {
    Shape {
        machine,
        supervisor: 4711,
        exec: true,
        datagrams: false,
        network: true,
        creation: false,
        credentials: false,
    }
}

/// What the kernel would do: the memory of the filter is `struct seccomp_data`.
fn run(program: &[Instruction], arch: u32, number: u32, arguments: [u64; 6]) -> u32 {
    let mut data = Vec::new();
    data.extend(number.to_le_bytes());
    data.extend(arch.to_le_bytes());
    data.extend(0u64.to_le_bytes());
    for argument in arguments {
        data.extend(argument.to_le_bytes());
    }
    let (mut accumulator, mut at) = (0u32, 0usize);
    for _ in 0..10_000 {
        let instruction = program[at];
        at += 1;
        let jump = |met: bool| usize::from(if met { instruction.jump_true } else { instruction.jump_false });
        match instruction.code {
            LOAD => {
                let offset = instruction.value as usize;
                accumulator = u32::from_le_bytes(data[offset..offset + 4].try_into().unwrap());
            }
            AND => accumulator &= instruction.value,
            JUMP_EQUAL => at += jump(accumulator == instruction.value),
            JUMP_GREATER_OR_EQUAL => at += jump(accumulator >= instruction.value),
            JUMP_ANY_BIT => at += jump(accumulator & instruction.value != 0),
            RETURN => return instruction.value,
            other => panic!("unknown instruction {other:#x}"),
        }
    }
    panic!("the filter does not end");
}

fn ask(shape: &Shape, call: Call, arguments: [u64; 6]) -> Option<u32> {
    let number = call.number(shape.machine)?;
    Some(run(&build(shape), shape.machine.audit_arch(), number, arguments))
}

#[test]
fn every_jump_stays_inside_and_every_path_answers() {
    for machine in MACHINES {
        let program = build(&shape(machine));
        assert!(program.len() < 4096, "{}", program.len());
        for (index, instruction) in program.iter().enumerate() {
            let far = usize::from(instruction.jump_true.max(instruction.jump_false));
            assert!(index + far < program.len() && far < 255);
        }
        for number in 0..700 {
            run(&program, machine.audit_arch(), number, [u64::MAX; 6]);
            run(&program, machine.audit_arch(), number, [0; 6]);
        }
    }
}

#[test]
fn foreign_interfaces_never_reach_the_kernel() {
    let i386 = 0x4000_0003;
    let arm = 0x4000_0028;
    for machine in MACHINES {
        let program = build(&shape(machine));
        for arch in [i386, arm, 0] {
            assert_eq!(run(&program, arch, 10, [0; 6]), KILL);
        }
    }
    let program = build(&shape(Machine::X86_64));
    for number in [0, 1, 87, 263] {
        assert_eq!(run(&program, Machine::X86_64.audit_arch(), X32 | number, [0; 6]), fail(ENOSYS));
    }
}

#[test]
fn opening_traps_only_what_can_change_what_exists() {
    let cases: [(u32, u32); 11] = [
        (0, ALLOW),
        (0o2_000_000, ALLOW),
        (O_CREAT, ALLOW),
        (1 | O_CREAT | O_EXCL, ALLOW),
        (2 | O_CREAT | O_EXCL | O_TRUNC, ALLOW),
        (2 | TMPFILE | 0o200_000, ALLOW),
        (O_PATH | O_TRUNC | 2, ALLOW),
        (1, NOTIFY),
        (O_TRUNC, NOTIFY),
        (1 | O_CREAT | O_TRUNC, NOTIFY),
        (2 | O_EXCL, NOTIFY),
    ];
    for machine in MACHINES {
        for (flags, answer) in cases {
            assert_eq!(ask(&shape(machine), Call::openat, [0, 0, flags.into(), 0, 0, 0]), Some(answer), "{flags:o}");
        }
    }
    assert_eq!(ask(&shape(Machine::X86_64), Call::open, [0, 1, 0, 0, 0, 0]), Some(NOTIFY));
    assert_eq!(ask(&shape(Machine::Aarch64), Call::open, [0; 6]), None);
    let strict = Shape { creation: true, ..shape(Machine::X86_64) };
    let exclusive = u64::from(1 | O_CREAT | O_EXCL);
    assert_eq!(ask(&strict, Call::openat, [0, 0, exclusive, 0, 0, 0]), Some(NOTIFY));
    assert_eq!(ask(&strict, Call::mkdir, [0; 6]), Some(NOTIFY));
}

#[test]
fn the_destructive_calls_trap_on_both_machines() {
    for machine in MACHINES {
        for call in [Call::unlinkat, Call::renameat2, Call::truncate, Call::fchmodat, Call::utimensat, Call::setxattr] {
            assert_eq!(ask(&shape(machine), call, [0; 6]), Some(NOTIFY), "{}", call.name());
        }
        for call in [Call::io_uring_setup, Call::io_uring_enter, Call::openat2, Call::clone3, Call::file_setattr] {
            assert_eq!(ask(&shape(machine), call, [0; 6]), Some(fail(ENOSYS)), "{}", call.name());
        }
        for call in [Call::mount, Call::setns, Call::chroot, Call::ptrace, Call::open_by_handle_at, Call::kexec_load] {
            assert_eq!(ask(&shape(machine), call, [0; 6]), Some(fail(EPERM)), "{}", call.name());
        }
    }
}

#[test]
fn new_namespaces_are_refused_and_threads_are_not() {
    for machine in MACHINES {
        let shape = shape(machine);
        let thread = 0x003d_0f00;
        assert_eq!(ask(&shape, Call::clone, [thread, 0, 0, 0, 0, 0]), Some(ALLOW));
        // Files and working directory of its own: no namespace.
        assert_eq!(ask(&shape, Call::unshare, [0x600, 0, 0, 0, 0, 0]), Some(ALLOW));
        for flag in [0x0002_0000u64, 0x1000_0000, 0x2000_0000, 0x4000_0000, 0x0200_0000] {
            assert_eq!(ask(&shape, Call::clone, [flag | 17, 0, 0, 0, 0, 0]), Some(fail(EPERM)));
            assert_eq!(ask(&shape, Call::unshare, [flag, 0, 0, 0, 0, 0]), Some(fail(EPERM)));
        }
    }
}

#[test]
fn the_supervisor_is_out_of_reach() {
    let shape = shape(Machine::X86_64);
    assert_eq!(ask(&shape, Call::tgkill, [4711, 4711, 9, 0, 0, 0]), Some(fail(EPERM)));
    assert_eq!(ask(&shape, Call::tgkill, [4712, 4712, 9, 0, 0, 0]), Some(ALLOW));
    assert_eq!(ask(&shape, Call::kill, [4711, 9, 0, 0, 0, 0]), Some(NOTIFY));
    assert_eq!(ask(&shape, Call::prlimit64, [0; 6]), Some(ALLOW));
    assert_eq!(ask(&shape, Call::prlimit64, [4711, 0, 0, 0, 0, 0]), Some(NOTIFY));
    assert_eq!(ask(&shape, Call::fcntl, [5, u64::from(F_SETSIG), 9, 0, 0, 0]), Some(fail(EPERM)));
    assert_eq!(ask(&shape, Call::fcntl, [5, u64::from(F_SETSIG), 29, 0, 0, 0]), Some(ALLOW));
    assert_eq!(ask(&shape, Call::prctl, [u64::from(PR_SET_DUMPABLE), 0, 0, 0, 0, 0]), Some(fail(0)));
    assert_eq!(ask(&shape, Call::ioctl, [0, u64::from(TIOCSTI), 0, 0, 0, 0]), Some(fail(EPERM)));
}

#[test]
fn devices_cannot_be_made_and_messages_trap_only_with_an_address() {
    let mut shape = shape(Machine::Aarch64);
    assert_eq!(ask(&shape, Call::mknodat, [0, 0, u64::from(S_IFBLK) | 0o600, 0, 0, 0]), Some(fail(EPERM)));
    assert_eq!(ask(&shape, Call::mknodat, [0, 0, 0o010_644, 0, 0, 0]), Some(ALLOW));
    assert_eq!(ask(&shape, Call::sendto, [0, 0, 0, 0, 1, 16]), Some(ALLOW));
    shape.datagrams = true;
    assert_eq!(ask(&shape, Call::sendto, [0; 6]), Some(ALLOW));
    assert_eq!(ask(&shape, Call::sendto, [0, 0, 0, 0, 0x7f00_0000_0000, 16]), Some(NOTIFY));
    shape.network = false;
    assert_eq!(ask(&shape, Call::socket, [2, 1, 0, 0, 0, 0]), Some(fail(EAFNOSUPPORT)));
    assert_eq!(ask(&shape, Call::socket, [1, 1, 0, 0, 0, 0]), Some(ALLOW));
}
