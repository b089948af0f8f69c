//! `weir run` at its edges: programs that are not there, no room to keep anything, a run inside of a run.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Output, Stdio};

use crate::support::{Machine, files, text};

fn run_ok(machine: &Machine, args: &[&str]) -> Output {
    let output = machine.run(args);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}{}", text(&output.stdout), text(&output.stderr));
    output
}

/// A machine whose program finds itself by name.
fn machine() -> Machine {
    let machine = Machine::new();
    fs::create_dir_all(machine.root.join("bin")).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_weir"), machine.root.join("bin/weir")).unwrap();
    machine
}

#[test]
fn what_is_not_found_is_127_whatever_the_search_meets() {
    let machine = machine();
    let closed = machine.root.join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    let no_directory = machine.write("file", "");
    let not_executable = machine.write("plain/tool", "#!/bin/sh\n");
    let code = |path: &[&Path], words: &[&str], user: Option<u32>| {
        let mut command = machine.command(&[&["run", "--"], words].concat());
        command.env("PATH", std::env::join_paths(path).unwrap()).stdin(Stdio::null());
        if let Some(user) = user {
            command.uid(user).gid(user);
        }
        let output = command.output().unwrap();
        (output.status.code().unwrap(), text(&output.stderr))
    };
    let bin = Path::new("/usr/bin");
    let plain = not_executable.parent().unwrap();
    for (path, word, wanted) in [
        (vec![bin], "no-such-program", 127),
        (vec![bin, &no_directory], "no-such-program", 127),
        (vec![&no_directory, bin], "true", 0),
        (vec![plain], "tool", 126),
        (vec![bin], "./plain/tool", 126),
        (vec![bin], "./plain/none", 127),
        (vec![bin], "./plain", 126),
    ] {
        let (code, said) = code(&path, &[word], None);
        assert_eq!(code, wanted, "{path:?} {word}: {said}");
    }
    // Root may search everything.
    let user = nix_user();
    if user.is_some() {
        let own = machine.root.clone();
        for dir in [own.clone(), machine.home(), machine.project()] {
            std::os::unix::fs::chown(dir, user, user).unwrap();
        }
        let program = own.join("weir-copy");
        fs::copy(env!("CARGO_BIN_EXE_weir"), &program).unwrap();
        let mut command = std::process::Command::new(program);
        command.args(["run", "--", "no-such-program"]).env_clear().current_dir(machine.project());
        command.env("HOME", machine.home()).env("WEIR_HOME", own.join("weir-of-user"));
        command.env("PATH", std::env::join_paths([&closed, bin]).unwrap());
        let output = command.uid(65_534).gid(65_534).output().unwrap();
        assert_eq!(output.status.code(), Some(127), "{}", text(&output.stderr));
    } else {
        let (code, said) = code(&[&closed, bin], &["no-such-program"], None);
        assert_eq!(code, 127, "{said}");
    }
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
}

/// An ordinary user, where the test runs as root.
fn nix_user() -> Option<u32> {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let uid = status.lines().find(|line| line.starts_with("Uid:")).unwrap().split_whitespace().nth(2).unwrap();
    (uid == "0").then_some(65_534)
}

#[test]
fn where_nothing_can_be_kept_nothing_is_destroyed_and_it_is_said() {
    let machine = machine();
    let file = machine.write("big", &"only copy\n".repeat(20_000));
    let before = files(&machine.project());
    // No file may get larger than 32 KiB: as on a full disk, its content cannot be copied.
    let script = "trap '' XFSZ; ulimit -f 64; exec weir run -- sh -c ': > big'";
    let mut shell = std::process::Command::new("/bin/sh");
    shell.args(["-c", script]).env_clear().current_dir(machine.project());
    let paths = [machine.root.join("bin"), "/usr/bin".into(), "/bin".into()];
    shell.env("PATH", std::env::join_paths(paths).unwrap());
    shell.env("HOME", machine.home()).env("WEIR_HOME", machine.weir_home());
    let output = shell.output().unwrap();
    let said = text(&output.stderr);
    assert_ne!(output.status.code(), Some(0), "{said}");
    assert_eq!(files(&machine.project()), before);
    assert!(
        said.contains(&format!("of `{}` was refused: it cannot be kept: File too large", file.display())),
        "{said}"
    );
    assert!(said.contains("weir: nothing was kept, and what would have destroyed something failed"), "{said}");
    assert!(!said.contains("as restore point"), "{said}");
    assert!(text(&run_ok(&machine, &["undo", "--list"]).stdout).contains("Nothing is kept"));
}

#[test]
fn files_are_counted_and_not_writes() {
    let machine = machine();
    machine.write("secret", &"s3cret\n".repeat(5_000));
    let before = files(&machine.project());
    let said = text(&run_ok(&machine, &["run", "--", "shred", "-zu", "-n", "4", "secret"]).stderr);
    assert!(said.contains("weir: kept 1 file, "), "{said}");
    let told = text(&run_ok(&machine, &["undo"]).stdout);
    assert!(told.contains("1 file put back"), "{told}");
    assert_eq!(files(&machine.project()), before);

    let said = text(&run_ok(&machine, &["run", "--", "chmod", "600", "secret"]).stderr);
    assert!(said.contains("weir: kept changes of names and metadata as restore point "), "{said}");
}

const INSIDE: &str = "weir: inside of another `weir run`";

#[test]
fn a_run_inside_of_a_run_uses_the_outer_guard() {
    let machine = machine();
    for name in ["one", "two", "three"] {
        machine.write(name, name);
    }
    let before = files(&machine.project());
    let script = "weir run -- rm one
        weir run -q -- weir run -q -- rm two
        weir run -- sh -c 'exit 7'; echo status $?
        weir run -- no-such-program; echo status $?
        rm three";
    let output = run_ok(&machine, &["run", "--", "sh", "-c", script]);
    let said = text(&output.stderr);
    assert_eq!(text(&output.stdout), "status 7\nstatus 127\n", "{said}");
    assert_eq!(said.matches(INSIDE).count(), 3, "{said}");
    assert!(said.contains("weir: kept 3 files, "), "{said}");
    assert!(files(&machine.project()).is_empty());
    run_ok(&machine, &["undo"]);
    assert_eq!(files(&machine.project()), before);
    // Elsewhere, where other controls would be protected.
    let elsewhere = run_ok(&machine, &["run", "--", "sh", "-c", "mkdir d && cd d && weir run -- touch x && ls"]);
    assert_eq!(text(&elsewhere.stdout), "x\n");
    run_ok(&machine, &["undo"]);
    assert_eq!(files(&machine.project()), before);
    // The way to find out leaves nothing behind: neither a file nor a restore point.
    run_ok(&machine, &["run", "--", "weir", "run", "-q", "--", "true"]);
    assert!(!text(&run_ok(&machine, &["undo", "--list"]).stdout).contains("true"));
    assert_eq!(files(&machine.project()), before);
    let left = fs::read_dir(machine.weir_home().join("runs")).unwrap();
    assert!(left.flatten().all(|entry| entry.path().extension().is_some_and(|end| end == "jsonl")));
    // Nor does it count as something that was refused.
    let closed = run_ok(&machine, &["run", "--", "sh", "-c", "cd / && weir run -- true"]);
    let said = text(&closed.stderr);
    assert!(said.contains(INSIDE) && !said.contains("refused"), "{said}");
}

#[test]
fn a_run_inside_is_never_weaker_than_it_asks_for() {
    let machine = machine();
    machine.write("photos/a", "a");
    machine.write("inner/.git/config", "");
    machine.write("inner/.weir/policies/run.toml", "protect = [\"data\"]\n");
    machine.write("inner/data/b", "b");
    let before = files(&machine.project());
    for (outer, inner, why) in [
        ("", "weir run --no-network -- rm -r photos", "less network"),
        ("", "weir run --write /opt -- rm -r photos", "to write in `/opt`"),
        ("", "cd inner && weir run -- rm -r data", "to be protected"),
    ] {
        let mut args = vec!["run"];
        args.extend(outer.split_whitespace());
        args.extend(["--", "sh", "-c", inner]);
        let output = machine.run(&args);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{inner}: {said}");
        assert!(said.contains(why) && said.contains("nothing was run"), "{inner}: {said}");
        assert_eq!(files(&machine.project()), before);
    }
    let script = "weir run --no-network -- rm -r photos";
    let said = text(&run_ok(&machine, &["run", "--no-network", "--", "sh", "-c", script]).stderr);
    assert!(said.contains(INSIDE), "{said}");

    // What policy denies is denied inside as well.
    let output = machine.run(&["run", "--", "weir", "run", "--", "weir", "restore-points", "--collect"]);
    assert_ne!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[test]
fn the_guard_of_somebody_else_is_not_taken_for_ones_own() {
    let machine = machine();
    machine.write("photos/a", "a");
    // Its restore points are in another store: nothing that it keeps would be found here.
    let other = machine.root.join("other");
    let script = format!("WEIR_HOME='{}' weir run -- true", other.display());
    let said = text(&run_ok(&machine, &["run", "--", "sh", "-c", &script]).stderr);
    assert!(!said.contains(INSIDE), "{said}");
    assert!(said.contains("WARNING: another supervisor is already above this process"), "{said}");
    // And outside of any, nothing that can be set makes it look like inside.
    let said = text(&run_ok(&machine, &["run", "--", "true"]).stderr);
    assert!(!said.contains(INSIDE), "{said}");
}

/// As a shell does that gave the command a terminal: it has to see that the command stopped, or nobody could continue it.
#[test]
fn a_command_that_stops_itself_stops_the_run_and_goes_on_with_it() {
    use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
    let machine = machine();
    machine.write("file", "x");
    let mut command = machine.command(&["run", "--", "sh", "-c", "kill -STOP $$; rm file; echo went on; exit 4"]);
    // A group of its own with a parent outside of it: somebody is there who could continue it.
    command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    let (_, status) = waitpid(Some(pid), WaitOptions::UNTRACED).unwrap().unwrap();
    assert!(status.stopped(), "{status:?}");
    assert!(machine.project().join("file").exists());
    kill_process(pid, Signal::CONT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(4), "went on\n"));
    run_ok(&machine, &["undo"]);
    assert!(machine.project().join("file").exists());
}

#[test]
fn a_directory_that_is_removed_while_somebody_is_in_it_comes_back_once() {
    let machine = machine();
    machine.write("dir/file", "x");
    let before = files(&machine.project());
    let script = "cd dir; rm -r ../dir; rm file; rm -f file; mkdir new; touch made; rmdir gone; mv a b; exit 0";
    run_ok(&machine, &["run", "--", "sh", "-c", script]);
    assert!(files(&machine.project()).is_empty());
    run_ok(&machine, &["undo"]);
    assert_eq!(files(&machine.project()), before);
    let names: Vec<_> = fs::read_dir(machine.project()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["dir"]);
}

#[test]
fn what_lies_deeper_than_a_path_can_say_is_removed_and_comes_back() {
    let machine = machine();
    let name = "d".repeat(200);
    let script = format!(
        "mkdir deep && cd deep || exit 1
        for i in $(seq 30); do mkdir {name} && echo $i > file && cd -P {name} || exit 1; done
        echo bottom > file"
    );
    let shell = |script: &str| {
        let output = std::process::Command::new("/bin/sh").args(["-c", script]).current_dir(machine.project()).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    shell(&script);
    let listed = || shell("find deep -printf '%y %m %s %T@ %f\\n' 2>&1 | grep -v '^d'; find deep -type d | wc -l");
    let before = listed();
    assert_eq!(before.lines().count(), 32, "{before}");
    let said = text(&run_ok(&machine, &["run", "--", "rm", "-r", "deep"]).stderr);
    assert!(said.contains("kept 31 files, 31 directories"), "{said}");
    assert!(!machine.project().join("deep").exists());
    run_ok(&machine, &["undo"]);
    assert_eq!(listed(), before);
    shell("rm -r deep");
}

#[test]
fn names_that_are_no_text_come_back() {
    use std::os::unix::ffi::OsStrExt as _;
    let machine = machine();
    let dir = machine.project().join("names");
    fs::create_dir(&dir).unwrap();
    let names: [&[u8]; 8] = [b"a\nb", b"\xff\xfe", b" ", b"-rf", b"\t", b"'\"`$x", b"\x1b[31m", b"x (deleted)"];
    for name in names {
        fs::write(dir.join(std::ffi::OsStr::from_bytes(name)), name).unwrap();
        let below = dir.join("below").join(std::ffi::OsStr::from_bytes(name));
        fs::create_dir_all(&below).unwrap();
        fs::write(below.join("file"), name).unwrap();
    }
    let before = files(&machine.project());
    let script = "cd names; for name in *; do test -f \"$name\" && : > \"./$name\"; done; rm -r -- *";
    for command in [["sh", "-c", script].as_slice(), &["rm", "-r", "names"]] {
        run_ok(&machine, &[&["run", "--"], command].concat());
        assert!(files(&machine.project()).is_empty());
        run_ok(&machine, &["undo"]);
        assert_eq!(files(&machine.project()), before);
    }
}
