//! Everything that is known to defeat a guard that looks at a call and then lets it through, and some more.

use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::process::{Command, Output};

use crate::cage::{Cage, User, as_each_user, output, stdout, succeeded, users};

const SOURCE: &str = include_str!("attacks.c");

fn attack(cage: &Cage, options: &[&str], words: &[&str]) -> Output {
    let program = cage.compile(SOURCE, &[]);
    output(cage.guard_with(options).arg(program).args(words))
}

fn said(output: &Output, line: &str) {
    assert!(stdout(output).lines().any(|other| other == line), "no `{line}` in {output:?}");
}

fn text(path: &std::path::Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_path_that_changes_after_the_look_at_it_gains_nothing() {
    for how in ["unlink", "truncate", "open", "chmod"] {
        let cage = Cage::new(users().pop().unwrap());
        let decoy = cage.write("work/decoy/file", "decoy");
        let victim = cage.write("work/protected/file", "precious");
        let before = cage.picture("work/protected");
        let options = ["--protect", text(&cage.path("work/protected")).to_owned().leak() as &str];
        let tries = if how == "unlink" { "20000" } else { "3000" };
        said(&attack(&cage, &options, &["race", how, text(&decoy), text(&victim), tries]), "race ok");
        assert_eq!(cage.picture("work/protected"), before, "{how}");
    }
}

#[test]
fn a_path_that_changes_within_the_writable_place_is_kept_whichever_it_was() {
    for how in ["unlink", "truncate", "open"] {
        let cage = Cage::new(users().pop().unwrap());
        let (one, other) = (cage.write("work/a/file", "first"), cage.write("work/b/file", "second"));
        let before = cage.picture("work");
        said(&attack(&cage, &[], &["race", how, text(&one), text(&other), "2000"]), "race ok");
        assert_ne!(cage.picture("work"), before, "{how}");
        cage.undo();
        assert_eq!(cage.picture("work"), before, "{how}");
    }
}

#[test]
fn other_ways_into_the_kernel_are_closed() {
    as_each_user(|cage| {
        let file = cage.write("work/file", "x");
        let ran = attack(cage, &[], &["uring"]);
        said(&ran, "setup ENOSYS");
        said(&ran, "enter ENOSYS");
        said(&attack(cage, &[], &["openat2", text(&file)]), "openat2 ENOSYS");
        if cfg!(target_arch = "x86_64") {
            said(&attack(cage, &[], &["x32", text(&file)]), "x32 ENOSYS");
            let killed = attack(cage, &[], &["int80", text(&file)]);
            assert_eq!(killed.status.code(), Some(128 + 31), "{killed:?}");
        }
        assert_eq!(std::fs::read(&file).unwrap(), b"x");
    });
}

#[test]
fn no_other_view_of_the_file_system_can_be_made() {
    as_each_user(|cage| {
        let ran = attack(cage, &[], &["namespaces", text(&cage.path("outside")), text(&cage.path("work"))]);
        for what in ["unshare-mount", "unshare-user", "clone", "bind", "chroot", "setns", "open-tree", "handle"] {
            said(&ran, &format!("{what} EPERM"));
        }
        said(&ran, "clone3 ENOSYS");
    });
}

#[test]
fn raw_calls_and_static_programs_are_kept_too() {
    as_each_user(|cage| {
        let file = cage.write("work/file", "x");
        let before = cage.picture("work");
        said(&attack(cage, &[], &["raw", text(&file)]), "raw ok");
        assert!(!file.exists());
        cage.undo();
        assert_eq!(cage.picture("work"), before);
        let program = cage.compile(SOURCE, &["-static"]);
        said(&output(cage.guard().arg(program).args(["unlink", text(&file)])), "unlink ok");
        assert!(!file.exists());
        cage.undo();
        assert_eq!(cage.picture("work"), before);
    });
}

#[test]
fn descriptors_from_before_are_not_inherited_and_passed_ones_are_kept() {
    as_each_user(|cage| {
        let outside = cage.write("outside/file", "precious");
        // The shell above the guard opens it for writing and leaves it open.
        let guard = cage.guard();
        let words: Vec<_> = guard.get_args().map(|word| word.to_str().unwrap().to_owned()).collect();
        let script = format!("exec 7<>{}; exec \"$0\" \"$@\"", outside.display());
        let mut shell = cage.command("/bin/sh".as_ref());
        let ran =
            output(shell.args(["-c", &script]).arg(guard.get_program()).args(words).args(["sh", "-c", "echo x >&7"]));
        assert!(!ran.status.success(), "{ran:?}");
        assert_eq!(std::fs::read(&outside).unwrap(), b"precious");

        let file = cage.write("work/file", "precious");
        let before = cage.picture("work");
        said(&attack(cage, &[], &["pass", text(&file)]), "cut ok");
        assert_eq!(std::fs::read(&file).unwrap(), b"");
        cage.undo();
        assert_eq!(cage.picture("work"), before);
    });
}

#[test]
fn content_is_kept_whatever_a_writable_descriptor_is_used_for() {
    as_each_user(|cage| {
        let file = cage.write("work/file", "precious");
        let before = cage.picture("work");
        for what in ["map", "punch"] {
            said(&attack(cage, &[], &[what, text(&file)]), &format!("{what} ok"));
            assert_ne!(std::fs::read(&file).unwrap(), b"precious", "{what}");
            cage.undo();
            assert_eq!(cage.picture("work"), before, "{what}");
        }
    });
}

#[test]
fn a_second_supervisor_is_refused_by_the_kernel_and_a_nested_guard_says_so() {
    as_each_user(|cage| {
        said(&attack(cage, &[], &["listener"]), "listener EBUSY");
        let inner = cage.path("weir-guarded");
        let (store, floor) = (cage.path("work/store"), cage.path("work"));
        let words = ["--store", text(&store), "--floor", text(&floor), "--", "true"];
        let ran = output(cage.guard().arg(&inner).args(words));
        assert_eq!(ran.status.code(), Some(125), "{ran:?}");
        assert!(String::from_utf8_lossy(&ran.stderr).contains("another supervisor"), "{ran:?}");
    });
}

#[test]
fn the_supervisor_cannot_be_reached() {
    as_each_user(|cage| {
        let file = cage.write("work/file", "x");
        let ran = attack(cage, &[], &["supervisor", text(&file)]);
        let refused = [
            "kill",
            "tgkill",
            "tkill",
            "pidfd",
            "getfd",
            "group",
            "group-abort",
            "group-alarm",
            "proc-directory",
            "pidfd-group",
            "attributes",
            "all",
            "limit",
            "ptrace",
            "write-memory",
            "signal-of-input",
            "terminal",
        ];
        for what in refused {
            said(&ran, &format!("{what} EPERM"));
        }
        said(&ran, "memory EACCES");
        said(&ran, "descriptor EACCES");
        said(&ran, "still ok");
        succeeded(&ran);
    });
}

#[test]
fn programs_that_hide_are_read_all_the_same() {
    as_each_user(|cage| {
        let file = cage.write("work/file", "x");
        let ran = attack(cage, &[], &["hide", text(&file)]);
        said(&ran, "hide ok");
        said(&ran, "unlink ok");
        assert!(!file.exists());
    });
}

#[test]
fn what_lies_outside_stays_as_it_is() {
    as_each_user(|cage| {
        let outside = cage.write("outside/file", "precious");
        cage.write("work/file", "x");
        symlink(cage.path("outside"), cage.path("work/way-out")).unwrap();
        symlink(&outside, cage.path("work/file-out")).unwrap();
        let before = cage.picture("outside");
        let script = format!(
            "cd {work}
             rm -f ../outside/file way-out/file {outside} /proc/self/root{outside} /proc/self/cwd/../outside/file
             rm -rf ../outside; rmdir ../outside
             : > ../outside/file; : > file-out; echo x >> way-out/file; echo new > ../outside/new
             mkdir ../outside/directory; ln -s x ../outside/link; mkfifo ../outside/pipe
             mv file ../outside/moved; mv -T ../outside here; mv ../outside/file here
             chmod 000 ../outside/file ../outside; touch -d 1999-01-01 ../outside/file
             ln ../outside/file alias; truncate -s 0 way-out/file; dd if=/dev/zero of=file-out bs=1 count=1
             cp file file-out; exec 3>>../outside/file; exec 4<>../outside/file; true",
            work = cage.path("work").display(),
            outside = outside.display(),
        );
        let ran = cage.shell(&script);
        assert_eq!(cage.picture("outside"), before, "{ran:?}");
        let linked = attack(cage, &[], &["link", text(&outside), text(&cage.path("work/alias"))]);
        said(&linked, "link EACCES");
        said(&linked, "linkat EACCES");
    });
}

#[test]
fn a_protected_place_inside_is_out_of_reach() {
    as_each_user(|cage| {
        let hook = cage.write("work/.git/hooks/pre-commit", "#!/bin/sh\n");
        cage.write("work/file", "x");
        let before = cage.picture("work/.git");
        let hooks = cage.path("work/.git/hooks");
        let script = "rm -rf .git; rm .git/hooks/pre-commit; echo evil > .git/hooks/pre-commit
            echo evil > .git/hooks/post-commit; mkdir .git/hooks/d; ln -s x .git/hooks/l; mkfifo .git/hooks/p
            mv .git git2; mv .git/hooks h2; mv file .git/hooks/post-merge; ln file .git/hooks/post-merge
            ln .git/hooks/pre-commit alias; chmod 777 .git/hooks/pre-commit; cp file .git/hooks/new
            python3 -c 'open(\".git/hooks/x\",\"x\")'; true";
        let ran = output(cage.guard_with(&["--protect", text(&hooks)]).args(["sh", "-c", script]));
        assert_eq!(cage.picture("work/.git"), before, "{ran:?}");
        assert!(hook.exists() && !cage.path("work/alias").exists());
        // Everything beside it works.
        succeeded(&output(cage.guard_with(&["--protect", text(&hooks)]).args([
            "sh",
            "-c",
            "mkdir a && echo x > a/b && mkfifo a/p && ln -s b a/l",
        ])));
        let mask = "umask 027; mkdir m; : > m/f; set -C; : > m/g";
        succeeded(&output(cage.guard_with(&["--protect", text(&hooks)]).args(["sh", "-c", mask])));
        let modes = output(Command::new("stat").args(["-c", "%a"]).args([
            cage.path("work/m"),
            cage.path("work/m/f"),
            cage.path("work/m/g"),
        ]));
        assert_eq!(stdout(&modes), "750\n640\n640\n");
    });
}

#[test]
fn a_protected_place_that_is_not_there_yet_cannot_be_led_elsewhere() {
    as_each_user(|cage| {
        let settings = cage.path("work/.tool/settings.json");
        let script =
            "mkdir d; ln -s d .tool; ln -s d x; mv x .tool; mkdir -p .tool; echo evil > .tool/settings.json; true";
        let ran = output(cage.guard_with(&["--protect", text(&settings)]).args(["sh", "-c", script]));
        assert!(!settings.exists() && !cage.path("work/d/settings.json").exists(), "{ran:?}");
        assert!(cage.path("work/.tool").is_dir() && !cage.path("work/.tool").is_symlink(), "{ran:?}");
    });
}

#[test]
fn a_pipe_that_is_opened_to_be_read_or_made_waits_for_its_writer() {
    as_each_user(|cage| {
        let script = "mkfifo p; python3 -c '
import os
reader = os.open(\"p\", os.O_RDONLY | os.O_CREAT)
print(os.read(reader, 9).decode(), os.read(reader, 9))' & sleep 0.2; : > beside; echo through > p; wait";
        let ran = cage.shell(script);
        assert_eq!(stdout(&ran), "through\n b''\n", "{ran:?}");
    });
}

#[test]
fn a_program_with_gigabytes_of_arguments_costs_nothing() {
    as_each_user(|cage| {
        let source = "#include <unistd.h>
            #include <stdlib.h>
            #include <string.h>
            #include <errno.h>
            #include <stdio.h>
            int main(void) {
                static char big[100000], *words[4100];
                memset(big, 'x', sizeof big - 1);
                for (int i = 0; i < 4099; i++) words[i] = big;
                execv(\"/bin/true\", words);
                puts(strerrorname_np(errno));
            }";
        let ran = output(cage.guard().arg(cage.compile(source, &["-D_GNU_SOURCE"])));
        assert_eq!(stdout(&ran), "E2BIG\n", "{ran:?}");
    });
}

#[test]
fn names_can_change_places() {
    as_each_user(|cage| {
        let (one, other) = (cage.write("work/a", "first"), cage.write("work/b", "second"));
        let before = cage.picture("work");
        let ran = attack(cage, &[], &["exchange", text(&one), text(&other)]);
        said(&ran, "exchange ok");
        said(&ran, "noreplace EEXIST");
        assert_eq!(std::fs::read(&one).unwrap(), b"second");
        cage.undo();
        assert_eq!(cage.picture("work"), before);
    });
}

#[test]
fn signals_do_not_make_a_call_happen_twice() {
    as_each_user(|cage| {
        for file in 0..1500 {
            std::fs::write(cage.path(&format!("work/{file}")), "x").unwrap();
        }
        cage.write("work/last", "x");
        let ran = attack(cage, &[], &["storm", text(&cage.path("work")), "1500"]);
        said(&ran, "storm 0 failed");
    });
}

#[test]
fn sockets_of_those_who_take_orders_are_refused() {
    as_each_user(|cage| {
        let (docker, other) = (cage.path("outside/docker.sock"), cage.path("outside/other.sock"));
        let _listeners = [&docker, &other].map(|path| {
            let listener = UnixListener::bind(path).unwrap();
            std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
            listener
        });
        symlink(&docker, cage.path("work/innocent")).unwrap();
        for path in [&docker, &cage.path("work/innocent")] {
            let ran = attack(cage, &[], &["connect", text(path)]);
            said(&ran, "connect EACCES");
            said(&ran, "nonblocking EACCES");
        }
        let ran = attack(cage, &[], &["connect", text(&other)]);
        said(&ran, "connect ok");
        said(&ran, "nonblocking ok");
        said(&attack(cage, &[], &["connect", text(&cage.path("work/missing"))]), "connect ENOENT");
    });
}

#[test]
fn devices_cannot_be_made() {
    as_each_user(|cage| {
        let (device, pipe) = (cage.path("work/device"), cage.path("work/pipe"));
        let ran = attack(cage, &[], &["device", text(&device), text(&pipe)]);
        said(&ran, "device EPERM");
        said(&ran, "pipe ok");
    });
}

#[test]
fn somebody_else_gets_nothing_done_through_the_supervisor() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let cage = Cage::new(User::Same);
    let file = cage.write("work/file", "x");
    let ran = attack(&cage, &[], &["become", text(&file)]);
    assert!(file.exists(), "{ran:?}");
}

#[test]
fn faults_come_back_as_the_kernel_has_them() {
    as_each_user(|cage| {
        let ran = attack(cage, &[], &["faults"]);
        let expected = [
            "null EFAULT",
            "wild EFAULT",
            "empty ENOENT",
            "long ENAMETOOLONG",
            "descriptor EBADF",
            "flags EINVAL",
            "rename-flags EINVAL",
            "dot EINVAL",
            "root EBUSY",
        ];
        for line in expected {
            said(&ran, line);
        }
    });
}
