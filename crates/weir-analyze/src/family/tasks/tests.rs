//! What `just` and `task` run, on a made-up machine.

use crate::lab::{Heard, Machine, args, call};

const JUSTFILE: &str = r#"
# comment
set shell := ["bash", "-uc"]
out := "build"
full := out / "x" + ".d"
stamp := `date`
alias c := clean
import 'more.just'

default: build

[private]
build: (copy "a" "b") && after
    @echo {{full}}
    -rm -rf {{out}}/tmp \
       {{out}}/obj

copy from to='c' *rest:
    cp {{from}} {{to}} {{rest}}

clean dir=out:
    rm -rf {{dir}}

after:
    echo after

py:
    #!/usr/bin/env python3
    import shutil
    shutil.rmtree("data")

[no-cd]
here:
    rm -rf {{ if os() == "linux" { "a" } else { "b" } }}
loop: loop
"#;

const TASKFILE: &str = r"
version: '3'
includes:
  sub: ./sub
vars:
  OUT: build
  NOW:
    sh: date
env:
  X: y
tasks:
  default:
    deps: [prepare]
    cmds:
      - rm -rf {{.OUT}}
      - cmd: echo {{.NOW}}
      - task: clean
        vars: {DIR: data}
      - defer: rm -rf tmp
  prepare: mkdir -p {{.OUT}}
  clean:
    aliases: [c]
    dir: work
    cmds:
      - rm -rf {{.DIR}} {{.CLI_ARGS}}
";

fn hear(command: &str) -> Vec<String> {
    let machine = Machine::new([
        ("/w/justfile", JUSTFILE),
        ("/w/more.just", "extra:\n    rm -rf extra\n"),
        ("/w/Taskfile.yml", TASKFILE),
        ("/w/sub/Taskfile.yml", "tasks:\n  wipe: rm -rf here\n"),
        ("/w/src/x", ""),
    ]);
    let mut heard = Heard::default();
    if !super::interpret(&call(&machine, args(command), Some("/w/src")), &mut heard) {
        return vec!["left to the catalog".to_owned()];
    }
    heard.lines.into_iter().skip(1).collect()
}

#[test]
fn recipes_run_as_just_runs_them() {
    for (command, expected) in [
        (
            "just",
            &[
                "run in /w: bash -uc cp a b ",
                "run in /w: bash -uc echo build/x.d",
                "run in /w: bash -uc rm -rf build/tmp    build/obj",
                "run in /w: bash -uc echo after",
            ][..],
        ),
        ("just c", &["run in /w: bash -uc rm -rf build"]),
        ("just clean ~/photos", &["run in /w: bash -uc rm -rf ~/photos"]),
        ("just clean $X", &["run in /w: bash -uc rm -rf …"]),
        ("just out=data clean", &["run in /w: bash -uc rm -rf data"]),
        ("just --set out data clean", &["run in /w: bash -uc rm -rf data"]),
        ("just copy x y z w", &["run in /w: bash -uc cp x y z w"]),
        ("just py", &["Python: import shutil\nshutil.rmtree(\"data\")\n"]),
        ("just here", &["run in /w/src: bash -uc rm -rf …"]),
        ("just extra", &["run in /w: bash -uc rm -rf extra"]),
        ("just nothing", &["?execute program just nothing"]),
        ("just --dry-run clean", &[]),
        ("just -l", &[]),
        ("just -f none clean", &[]),
    ] {
        let lines: Vec<String> = hear(command).into_iter().filter(|line| !line.contains("sh -c date")).collect();
        let lines: Vec<&str> =
            lines.iter().map(String::as_str).filter(|line| !line.starts_with("execute program")).collect();
        let lines = if lines == ["left to the catalog"] { Vec::new() } else { lines };
        assert_eq!(lines, expected, "{command}");
    }
    let last = hear("just loop").pop();
    assert_eq!(last.as_deref(), Some("?execute program just loop"), "a limit ends it");
}

#[test]
fn tasks_run_as_task_runs_them() {
    for (command, expected) in [
        (
            "task",
            &[
                "run in /w: sh -c mkdir -p build",
                "run in /w: sh -c rm -rf build",
                "run in /w: sh -c echo …",
                "run in /w/work: sh -c rm -rf data ",
                "run in /w: sh -c rm -rf tmp",
            ][..],
        ),
        ("task OUT=x prepare", &["run in /w: sh -c mkdir -p x"]),
        ("task c -- ~/photos", &["run in /w/work: sh -c rm -rf … '~/photos'"]),
        ("task sub:wipe", &["run in /w/sub: sh -c rm -rf here"]),
        ("task nothing", &["?execute program task nothing"]),
        ("task --list", &[]),
        ("task -n", &[]),
        ("task -t none.yml", &[]),
    ] {
        let lines = hear(command);
        let lines = if lines == ["left to the catalog"] { Vec::new() } else { lines };
        assert_eq!(lines, expected, "{command}");
    }
}
