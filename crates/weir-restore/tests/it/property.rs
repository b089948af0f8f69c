//! Any sequence of changes is taken back, and so is the undo.

use proptest::prelude::*;

use crate::support::{Agent, Scratch};

/// One change, of names out of a small set so that they meet.
#[derive(Debug, Clone)]
pub enum Op {
    Write(u8, u8),
    Append(u8),
    Truncate(u8, u16),
    Unlink(u8),
    Rmdir(u8),
    RemoveTree(u8),
    RemoveAll(u8),
    Mkdir(u8),
    Rename(u8, u8),
    Exchange(u8, u8),
    Chmod(u8, u16),
    Utime(u8, u32),
    Xattr(u8, u8),
    Symlink(u8),
    Link(u8, u8),
    Fifo(u8),
}

const NAMES: [&str; 12] = ["a", "b", "d", "d/a", "d/b", "d/d", "d/d/a", "d/d/b", "e", "e/a", "e/d", "e/d/new\nline"];

pub fn name(number: u8) -> &'static str {
    NAMES[usize::from(number) % NAMES.len()]
}

impl Op {
    /// Errors are what commands get all the time: a name that is not there, a directory that is not empty.
    pub fn run(&self, agent: &Agent<'_>) {
        let _ = match self {
            Self::Write(at, content) => agent.write(name(*at), &vec![*content; usize::from(*content) * 50]),
            Self::Append(at) => agent.append(name(*at), b"appended"),
            Self::Truncate(at, size) => agent.truncate(name(*at), u64::from(*size)),
            Self::Unlink(at) => agent.unlink(name(*at)),
            Self::Rmdir(at) => agent.rmdir(name(*at)),
            Self::RemoveTree(at) => agent.remove_tree(name(*at)),
            Self::RemoveAll(at) => agent.remove_all(name(*at)),
            Self::Mkdir(at) => agent.mkdir(name(*at)),
            Self::Rename(from, to) => agent.rename(name(*from), name(*to)),
            Self::Exchange(one, other) => agent.exchange(name(*one), name(*other)),
            Self::Chmod(at, mode) => agent.chmod(name(*at), u32::from(*mode) & 0o7777 | 0o700),
            Self::Utime(at, time) => agent.utime(name(*at), i64::from(*time)),
            Self::Xattr(at, value) => agent.setxattr(name(*at), "user.weir", &[*value; 3]),
            Self::Symlink(at) => agent.symlink("a", name(*at)),
            Self::Link(from, to) => agent.link(name(*from), name(*to)),
            Self::Fifo(at) => agent.fifo(name(*at)),
        };
    }
}

pub fn furnish(scratch: &Scratch) {
    scratch.mkdir("d/d");
    scratch.mkdir("e");
    scratch.write("a", "content of a");
    scratch.write("d/a", &"content of d/a".repeat(500));
    scratch.write("d/d/a", "content of d/d/a");
    std::fs::hard_link(scratch.path("a"), scratch.path("d/b")).unwrap();
    std::os::unix::fs::symlink("../a", scratch.path("e/a")).unwrap();
}

fn op() -> impl Strategy<Value = Op> {
    let at = || 0u8..12;
    prop_oneof![
        3 => (at(), 1u8..200).prop_map(|(at, content)| Op::Write(at, content)),
        2 => at().prop_map(Op::Append),
        2 => (at(), any::<u16>()).prop_map(|(at, size)| Op::Truncate(at, size)),
        4 => at().prop_map(Op::Unlink),
        2 => at().prop_map(Op::Rmdir),
        1 => at().prop_map(Op::RemoveTree),
        1 => at().prop_map(Op::RemoveAll),
        3 => at().prop_map(Op::Mkdir),
        5 => (at(), at()).prop_map(|(from, to)| Op::Rename(from, to)),
        1 => (at(), at()).prop_map(|(one, other)| Op::Exchange(one, other)),
        1 => (at(), any::<u16>()).prop_map(|(at, mode)| Op::Chmod(at, mode)),
        1 => (at(), any::<u32>()).prop_map(|(at, time)| Op::Utime(at, time)),
        1 => (at(), any::<u8>()).prop_map(|(at, value)| Op::Xattr(at, value)),
        1 => at().prop_map(Op::Symlink),
        2 => (at(), at()).prop_map(|(from, to)| Op::Link(from, to)),
        1 => at().prop_map(Op::Fifo),
    ]
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(400)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_changes_are_taken_back(ops in prop::collection::vec(op(), 1..40)) {
        let scratch = Scratch::quick();
        furnish(&scratch);
        scratch.round_trip(|agent| ops.iter().for_each(|op| op.run(agent)));
    }
}
