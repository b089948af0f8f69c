//! What becomes of the command when something happens to the supervisor, and of signals, status and orphans.

use std::io::Read as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::cage::{Cage, User, as_each_user, output, stdout, succeeded};

#[track_caller]
fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(50), "{what} did not happen");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_killed_supervisor_loses_nothing_and_the_command_gets_nowhere() {
    as_each_user(|cage| {
        for file in 0..4000 {
            std::fs::write(cage.path(&format!("work/{file}")), format!("{file}")).unwrap();
        }
        cage.write("work/last", "x");
        let before = cage.picture("work");
        let count = || cage.path("work").read_dir().unwrap().count();
        let all = count();
        let mut run = cage.guard();
        run.args(["sh", "-c", "rm -f [0-9]*; sleep 0.2; rm -f last; echo went on"]);
        let mut child = run.stdout(Stdio::piped()).spawn().unwrap();
        wait_until("deleting", || count() < all - 20);
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(9));
        // Ends when the command and everything below it has.
        let mut text = String::new();
        child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
        assert!(cage.path("work/last").exists());
        assert!(count() > 1, "the supervisor was killed too late to show anything");
        cage.undo();
        assert_eq!(cage.picture("work"), before);
    });
}

#[test]
fn the_status_is_the_commands() {
    as_each_user(|cage| {
        assert_eq!(cage.shell("exit 7").status.code(), Some(7));
        assert_eq!(cage.shell("kill -TERM $$").status.code(), Some(128 + 15));
        assert_eq!(output(cage.guard().arg("/nowhere/program")).status.code(), Some(125));
        assert_eq!(stdout(&cage.shell("cat; echo out")), "out\n");
    });
}

#[test]
fn signals_reach_the_command() {
    as_each_user(|cage| {
        let script = "trap 'echo got it; exit 3' TERM; : > ready; while :; do sleep 0.05; done";
        let child = cage.guard().args(["sh", "-c", script]).stdout(Stdio::piped()).spawn().unwrap();
        wait_until("start", || cage.path("work/ready").exists());
        let process = rustix::process::Pid::from_raw(child.id().try_into().unwrap()).unwrap();
        rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
        let done = child.wait_with_output().unwrap();
        assert_eq!((done.status.code(), stdout(&done).as_str()), (Some(3), "got it\n"));
    });
}

/// As with `docker exec`: the session and the group have no number here.
#[test]
fn a_session_from_outside_of_the_container_does_no_harm() {
    let entered = || {
        let mut entered = Command::new("unshare");
        entered.args(["--pid", "--fork", "--kill-child", "--mount-proc"]);
        entered
    };
    if !entered().arg("true").stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
        eprintln!("skipped: containers cannot be made here");
        return;
    }
    let cage = Cage::new(User::Same);
    cage.write("work/file", "x");
    let before = cage.picture("work");
    let script = "echo $(($(cut -d' ' -f5 /proc/self/stat))); rm file; kill -9 0";
    let guard = cage.guard_with(&[]);
    let mut run = cage.command(Path::new("unshare"));
    run.args(entered().get_args()).arg(guard.get_program()).args(guard.get_args()).args(["sh", "-c", script]);
    let ran = output(&mut run);
    assert_eq!(stdout(&ran).trim(), "0", "{ran:?}");
    assert!(String::from_utf8_lossy(&ran.stderr).contains("it would stop the guard"), "{ran:?}");
    assert!(!cage.path("work/file").exists());
    cage.undo();
    assert_eq!(cage.picture("work"), before);
}

#[test]
fn what_outlives_the_command_is_waited_for_and_kept() {
    as_each_user(|cage| {
        cage.write("work/file", "x");
        let before = cage.picture("work");
        succeeded(&cage.shell("(sleep 0.4; rm file) > /dev/null 2>&1 & exit 0"));
        assert!(!cage.path("work/file").exists());
        cage.undo();
        assert_eq!(cage.picture("work"), before);
    });
}

#[test]
fn programs_are_counted_and_can_be_refused() {
    as_each_user(|cage| {
        let ran = output(cage.guard_with(&["--deny", "/true"]).args(["sh", "-c", "env true; echo $?"]));
        assert_eq!(stdout(&ran).trim(), "126", "{ran:?}");
        assert!(cage.log().contains("\"true\""), "{}", cage.log());
        let report = std::fs::read_to_string(cage.path("home/report")).unwrap();
        assert!(report.contains("refusals: 1"), "{report}");
    });
}

#[test]
fn the_judge_sees_the_file_that_runs_and_which_of_many_it_is() {
    as_each_user(|cage| {
        let links = "ln -s /bin/true harmless; cp /bin/true busybox; ln -s busybox rm; ./harmless; ./rm -rf x";
        succeeded(&cage.shell(links));
        let log = cage.log();
        assert!(log.contains("/true [\"./harmless\"]"), "{log}");
        assert!(log.contains("work/rm [\"./rm\", \"-rf\", \"x\"]"), "{log}");
    });
}

#[test]
fn connections_are_judged() {
    as_each_user(|cage| {
        let allowed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let denied = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let (allowed, denied) = (allowed.local_addr().unwrap(), denied.local_addr().unwrap());
        let connect = |address: std::net::SocketAddr| format!("exec 3<>/dev/tcp/{}/{}", address.ip(), address.port());
        let run = |options: &[&str], address| output(cage.guard_with(options).args(["bash", "-c", &connect(address)]));
        let denied_text = denied.to_string();
        let options = ["--network", "judged", "--deny", &denied_text];
        let listening = std::net::TcpListener::bind(allowed);
        drop(listening);
        succeeded(&run(&[], keep(allowed)));
        succeeded(&run(&options, keep(allowed)));
        assert!(!run(&options, keep(denied)).status.success());
        assert!(!run(&["--network", "closed"], keep(allowed)).status.success());
        assert!(cage.log().contains(&format!("connect {} {}", allowed.ip(), allowed.port())), "{}", cage.log());
    });
}

/// Listens on an address until the test ends.
fn keep(address: std::net::SocketAddr) -> std::net::SocketAddr {
    if let Ok(listener) = std::net::TcpListener::bind(address) {
        std::mem::forget(listener);
    }
    address
}

#[test]
fn the_tier_is_found_by_trying() {
    as_each_user(|cage| {
        let mut command = cage.command(&cage.path("weir-guarded"));
        let found = output(command.arg("probe"));
        assert!(String::from_utf8_lossy(&found.stderr).contains("tier: Guard"), "{found:?}");
        let program = cage.compile(include_str!("attacks.c"), &[]);
        let mut command = cage.command(&program);
        let occupied = output(command.arg("occupied").arg(cage.path("weir-guarded")).arg("probe"));
        assert!(String::from_utf8_lossy(&occupied.stderr).contains("tier: Floor"), "{occupied:?}");
        // Under a guard of ours the outer one answers.
        let nested = output(cage.guard_with(&["--floor", "/tmp"]).arg(cage.path("weir-guarded")).arg("probe"));
        assert!(String::from_utf8_lossy(&nested.stderr).contains("another supervisor"), "{nested:?}");
    });
}

#[test]
fn the_write_floor_alone_is_said_and_holds() {
    as_each_user(|cage| {
        let outside = cage.write("outside/file", "precious");
        cage.write("work/file", "x");
        let program = cage.compile(include_str!("attacks.c"), &[]);
        let guard = cage.guard_with(&["--floor-will-do", "yes"]);
        let mut command = cage.command(&program);
        command.arg("occupied").arg(guard.get_program()).args(guard.get_args());
        let script = "rm file; rm -f ../outside/file; echo x > ../outside/file; echo x > new; mkdir d; mv new d; true";
        let ran = output(command.args(["sh", "-c", script]));
        succeeded(&ran);
        assert_eq!(std::fs::read(outside).unwrap(), b"precious");
        assert!(!cage.path("work/file").exists() && cage.path("work/d/new").exists());
        assert!(cage.log().contains("FloorOnly"), "{}", cage.log());
    });
}

#[test]
fn what_a_build_makes_again_is_really_deleted_and_nothing_else_in_its_place() {
    as_each_user(|cage| {
        cage.write("work/package-lock.json", "{}");
        cage.write("work/node_modules/a/index.js", "x");
        cage.write("work/node_modules/a/.env", "SECRET=1");
        cage.write("work/photos/1.jpg", "the only copy");
        cage.write("work/old/2.jpg", "another");
        // What says that it is made again must have been there before the run, in a file system with coarse clocks too.
        std::thread::sleep(Duration::from_millis(50));
        succeeded(&cage.shell("rm -rf node_modules"));
        assert!(!cage.path("work/node_modules").exists());
        cage.undo();
        assert!(!cage.path("work/node_modules/a/index.js").exists(), "a build makes it again");
        assert_eq!(std::fs::read_to_string(cage.path("work/node_modules/a/.env")).unwrap(), "SECRET=1");
        std::fs::remove_dir_all(cage.path("work/node_modules")).unwrap();
        cage.write("work/node_modules/b/index.js", "x");
        std::thread::sleep(Duration::from_millis(50));
        for trick in [
            "mv photos node_modules/b/photos; rm -rf node_modules/b/photos",
            "mv node_modules n; mv photos node_modules; rm -rf node_modules; mv n node_modules",
            "printf 'Signature: 8a477f597d28d172789f06886806bc55' > photos/CACHEDIR.TAG; rm -rf photos",
            "touch Cargo.toml; mv photos target; rm -rf target; rm Cargo.toml",
        ] {
            succeeded(&cage.shell(trick));
            cage.undo();
            assert_eq!(std::fs::read_to_string(cage.path("work/photos/1.jpg")).unwrap(), "the only copy", "{trick}");
        }
    });
}
