//! What was destroyed comes back: by the agent's own words, and out of a script.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use weir_guard::{Config, Guard};

use crate::support::{Machine, decision, files, is_silent, text};

/// What a file is: mode, time of change to the nanosecond, content or target.
type State = BTreeMap<PathBuf, (u32, i64, i64, Vec<u8>)>;

/// Everything at and below `path`. Of directories, what is in them and their mode count.
fn state(path: &Path) -> State {
    let mut found = State::new();
    let mut open = vec![path.to_owned()];
    while let Some(path) = open.pop() {
        let Ok(meta) = path.symlink_metadata() else { continue };
        let (mut time, mut content) = ((meta.mtime(), meta.mtime_nsec()), Vec::new());
        if meta.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            time = (0, 0);
        } else if meta.is_symlink() {
            content = fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes();
        } else {
            content = fs::read(&path).unwrap();
        }
        found.insert(path, (meta.mode(), time.0, time.1, content));
    }
    found
}

/// Photos with unlike contents, modes and times, a link and a hidden directory among them.
fn photos(machine: &Machine, name: &str) -> PathBuf {
    let dir = machine.only_copies(name, 12);
    for (at, name) in ["2009/beach.jpg", "2010/.hidden/cake.jpg", "2010/café \"x\"\n.jpg"].into_iter().enumerate() {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("{at}").repeat(5_000)).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400 | u32::try_from(at).unwrap())).unwrap();
        let old = std::time::UNIX_EPOCH + Duration::new(1_234_567_890, 123_456_789);
        fs::File::open(&path).unwrap().set_modified(old).unwrap();
    }
    fs::set_permissions(dir.join("2009"), fs::Permissions::from_mode(0o750)).unwrap();
    std::os::unix::fs::symlink("2009/beach.jpg", dir.join("best.jpg")).unwrap();
    dir
}

/// Runs `command` in the project as it is, without any guard.
pub(crate) fn really(machine: &Machine, command: &str) {
    let path = std::env::var_os("PATH").unwrap();
    let status = Command::new("/bin/sh")
        .args(["-c", command])
        .env_clear()
        .env("HOME", machine.home())
        .env("PATH", path)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .current_dir(machine.project())
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "{command}");
}

/// The hook call of `command`, which is silent, and then what it says.
pub(crate) fn go(machine: &Machine, command: &str) {
    let answer = machine.bash(command);
    assert!(is_silent(&answer), "{command}: {}{}", text(&answer.stdout), text(&answer.stderr));
    really(machine, command);
}

pub(crate) fn run_ok(machine: &Machine, args: &[&str]) -> String {
    let output = machine.run(args);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

pub(crate) fn json_of(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}{}", text(&output.stdout), text(&output.stderr)))
}

/// True where this machine has the program.
fn has(program: &str) -> bool {
    let runs = |args: &mut Command| args.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    runs(Command::new(program).arg("--version")).is_ok_and(|status| status.success())
}

/// The id that `weir log` shows for the newest action.
pub(crate) fn newest_id(machine: &Machine) -> String {
    let log = run_ok(machine, &["log"]);
    log.lines().next().unwrap().split_whitespace().nth(2).unwrap().to_owned()
}

fn own_weir(machine: &Machine) {
    let bin = machine.root.join("bin");
    fs::create_dir_all(&bin).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_weir"), bin.join("weir")).unwrap();
}

pub(crate) fn git(machine: &Machine, args: &str) {
    really(machine, &format!("git -c user.name=t -c user.email=t@example.com -c init.defaultBranch=main {args}"));
}

/// A repository with a commit, a topic branch, and a dirty tree.
pub(crate) fn repository(machine: &Machine) {
    machine.write("a.txt", "committed\n");
    machine.write("b.txt", "committed\n");
    machine.write(".gitignore", ".env\nout/\n");
    for args in ["init -q", "add -A", "commit -qm start", "checkout -qb topic", "commit -q --allow-empty -m topic"] {
        git(machine, args);
    }
    git(machine, "checkout -q main");
    machine.write("a.txt", "hours of work\n");
    machine.write("b.txt", "staged\n");
    git(machine, "add b.txt");
    machine.write("notes.txt", "untracked\n");
    machine.write(".env", "KEY=value\n");
    machine.write("out/x", "ignored\n");
}

pub(crate) fn git_says(machine: &Machine, args: &[&str]) -> String {
    let output = Command::new("git").args(args).env("HOME", machine.home()).current_dir(machine.project()).output();
    text(&output.unwrap().stdout)
}

#[test]
fn a_deleted_tree_comes_back_as_it_was() {
    let machine = Machine::new();
    let dir = photos(&machine, "photos");
    let before = state(&dir);
    assert_eq!(before.len(), 20);
    go(&machine, "rm -rf photos");
    assert!(!dir.exists());
    let said = run_ok(&machine, &["undo"]);
    assert!(said.contains("16 files") && said.contains("put back, verified"), "{said}");
    assert_eq!(state(&dir), before);

    let again = machine.run(&["undo"]);
    assert_eq!(again.status.code(), Some(2));
    assert!(text(&again.stderr).contains("nothing to take back"), "{}", text(&again.stderr));
    assert_eq!(state(&dir), before, "an undo too many changes nothing");
}

#[test]
fn what_a_script_hides_comes_back() {
    let machine = Machine::new();
    let mut lines =
        vec!["rm -rf one", "for f in two/photo*; do : > \"$f\"; done", "mv three/photo-0.jpg three/photo-1.jpg"];
    for name in ["one", "two", "three", "four", "five", "six"] {
        photos(&machine, name);
    }
    machine.write("Makefile", "clean:\n\t@rm -rf four\n");
    machine.write("wipe.py", "import shutil\nshutil.rmtree('five')\n");
    machine.write("wipe.js", "require('fs').rmSync('six', { recursive: true });\n");
    for (program, line) in [("make", "make -s clean"), ("python3", "python3 wipe.py"), ("node", "node wipe.js")] {
        if has(program) {
            lines.push(line);
        }
    }
    let script = machine.write("nuke.sh", &format!("#!/bin/sh\nset -e\n{}\n", lines.join("\n")));
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let before = state(&machine.project());

    let output = machine.run(&["run", "--", "./nuke.sh"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("weir undo"), "{}", text(&output.stderr));
    assert!(!machine.project().join("one").exists());
    assert_eq!(fs::read(machine.project().join("two/photo-0.jpg")).unwrap(), b"");
    assert!(!machine.project().join("three/photo-0.jpg").exists());
    for (program, name) in [("make", "four"), ("python3", "five"), ("node", "six")] {
        assert_eq!(machine.project().join(name).exists(), !has(program), "{name}");
    }
    run_ok(&machine, &["undo"]);
    assert_eq!(state(&machine.project()), before);
}

#[test]
fn a_command_passes_its_own_exit_code_on() {
    let machine = Machine::new();
    for (args, code) in [
        (&["run", "--", "sh", "-c", "exit 7"][..], 7),
        (&["run", "--", "true"], 0),
        (&["run", "--", "false"], 1),
        (&["run", "--", "no-such-program-at-all"], 127),
        (&["run", "--", "./nothing-here"], 127),
        (&["run", "--", "sh", "-c", "kill -9 $$"], 137),
        (&["run"], 2),
    ] {
        // A directory that may not be looked into is no "not found".
        let output = machine.command(args).env("PATH", "/usr/bin:/bin").stdin(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", text(&output.stderr));
    }
    let echoed = machine.feed(&["run", "--", "cat"], b"through");
    assert_eq!((echoed.stdout.as_slice(), echoed.status.code()), (&b"through"[..], Some(0)));
    assert_eq!(run_ok(&machine, &["restore-points"]), "Nothing is kept.\n", "what destroyed nothing keeps nothing");
    machine.write("plain.txt", "no program");
    assert_eq!(machine.run(&["run", "--", "./plain.txt"]).status.code(), Some(126));
}

#[test]
fn a_reset_gives_the_changes_and_the_index_back() {
    let machine = Machine::new();
    repository(&machine);
    let status = git_says(&machine, &["status", "--porcelain"]);
    assert!(status.contains(" M a.txt") && status.contains("M  b.txt"), "{status}");
    let refs = || {
        // Those of restore points are for the undo of the undo.
        let mut refs = files(&machine.project().join(".git/refs"));
        refs.retain(|path, _| !path.starts_with(machine.project().join(".git/refs/weir")));
        refs
    };
    let before = refs();
    go(&machine, "git reset --hard");
    assert_eq!(fs::read(machine.project().join("a.txt")).unwrap(), b"committed\n");
    run_ok(&machine, &["undo"]);
    assert_eq!(fs::read(machine.project().join("a.txt")).unwrap(), b"hours of work\n");
    assert_eq!(fs::read(machine.project().join("b.txt")).unwrap(), b"staged\n");
    assert_eq!(git_says(&machine, &["status", "--porcelain"]), status);
    assert_eq!(refs(), before);
}

#[test]
fn a_branch_and_untracked_files_come_back() {
    let machine = Machine::new();
    repository(&machine);
    // Never checked out: no reflog holds its commit once it is gone.
    really(
        &machine,
        "git branch side $(git -c user.name=t -c user.email=t@example.com commit-tree -m side HEAD^{tree})",
    );
    let side = git_says(&machine, &["rev-parse", "side"]);
    let before = files(&machine.project());
    run_ok(&machine, &["run", "--", "git", "branch", "-D", "side"]);
    assert_eq!(git_says(&machine, &["branch", "--list", "side"]), "");
    run_ok(&machine, &["undo"]);
    assert_eq!(git_says(&machine, &["rev-parse", "side"]), side);

    go(&machine, "git clean -fdx");
    assert!(!machine.project().join(".env").exists() && !machine.project().join("notes.txt").exists());
    run_ok(&machine, &["undo"]);
    let mut after = files(&machine.project());
    after.retain(|path, _| before.contains_key(path));
    let differs = before.iter().filter(|(path, content)| after.get(*path) != Some(content)).map(|(path, _)| path);
    assert_eq!(differs.collect::<Vec<_>>(), Vec::<&PathBuf>::new());
}

#[test]
fn whether_it_can_be_undone_is_looked_up() {
    let machine = Machine::new();
    let dir = photos(&machine, "photos");
    let before = state(&dir);
    machine.bash("ls");
    let harmless = newest_id(&machine);
    go(&machine, "rm -rf photos");
    let id = newest_id(&machine);

    let yes = run_ok(&machine, &["can-undo", &id]);
    assert!(yes.starts_with("yes  16 files") && yes.contains("weir undo"), "{yes}");
    let answer: Value = serde_json::from_str(&run_ok(&machine, &["can-undo", &id, "--json"])).unwrap();
    assert_eq!((&answer["can_undo"], &answer["verified"]), (&json!(true), &json!(true)), "{answer}");
    let point = answer["point"]["id"].as_str().unwrap().to_owned();
    assert_eq!(answer["point"]["state"], "sealed");
    assert_eq!(answer["point"]["files"], 16);

    for (id, says) in [
        (harmless.as_str(), "nothing was kept of `ls`"),
        ("ffffffffffff", "no restore point has an id like"),
        ("abc", "too short"),
        ("", "too short"),
        ("../../etc", "no restore point"),
    ] {
        for command in ["can-undo", "undo"] {
            let output = machine.run(&[command, id]);
            assert_eq!(output.status.code(), Some(2), "{command} {id}");
            assert!(text(&output.stderr).contains(says), "{command} {id}: {}", text(&output.stderr));
        }
    }

    run_ok(&machine, &["undo", &id]);
    assert_eq!(state(&dir), before);
    let no = machine.run(&["can-undo", &id]);
    assert_eq!(no.status.code(), Some(1));
    assert!(text(&no.stdout).starts_with("no "), "{}", text(&no.stdout));
    let twice = machine.run(&["undo", &point]);
    assert_eq!(twice.status.code(), Some(2));
    assert!(text(&twice.stderr).contains("already"), "{}", text(&twice.stderr));
}

#[test]
fn a_broken_copy_is_a_no_and_changes_nothing() {
    let machine = Machine::new();
    let file = machine.write("data.txt", "the only copy");
    run_ok(&machine, &["run", "--", "sh", "-c", "echo new > data.txt"]);
    let id = newest_id(&machine);
    for (path, _) in files(&machine.weir_home().join("restore/content")) {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "another text!").unwrap();
    }
    for (path, _) in files(&machine.weir_home().join("restore/trash")) {
        fs::write(&path, "another text!").unwrap();
    }
    let no = machine.run(&["can-undo", &id]);
    assert_eq!(no.status.code(), Some(1), "{}", text(&no.stdout));
    assert!(!machine.run(&["undo", &id]).status.success());
    assert_eq!(fs::read(file).unwrap(), b"new\n");
}

#[test]
fn a_part_a_copy_and_a_rehearsal() {
    let machine = Machine::new();
    let dir = photos(&machine, "photos");
    let before = state(&dir);
    go(&machine, "rm -rf photos");

    let rehearsal = machine.run(&["undo", "--dry-run", "--json"]);
    let answer = json_of(&rehearsal);
    assert_eq!(rehearsal.status.code(), Some(0));
    assert_eq!((&answer["dry_run"], &answer["restored"], &answer["kept"]), (&json!(true), &json!(16), &Value::Null));
    assert!(!dir.exists(), "a rehearsal puts nothing back");
    assert!(run_ok(&machine, &["undo", "--dry-run"]).contains("would be put back"));

    let copy = machine.project().join("copy");
    run_ok(&machine, &["undo", "--to", "copy"]);
    assert!(!dir.exists());
    let names = |state: &State| state.values().filter(|(_, time, ..)| *time != 0).count();
    assert_eq!(names(&state(&copy)), 16, "{:?}", state(&copy).keys());
    let full = machine.run(&["undo", "--to", "copy"]);
    assert_eq!(full.status.code(), Some(2), "{}", text(&full.stdout));

    run_ok(&machine, &["undo", "--path", "photos/2010"]);
    let part: State = before.clone().into_iter().filter(|(path, _)| path.starts_with(dir.join("2010"))).collect();
    assert_eq!(state(&dir.join("2010")), part);
    assert!(!dir.join("photo-0.jpg").exists());
    run_ok(&machine, &["undo"]);
    assert_eq!(state(&dir), before);
}

#[test]
fn an_undo_can_be_undone() {
    let machine = Machine::new();
    let dir = photos(&machine, "photos");
    let before = state(&dir);
    go(&machine, "rm -rf photos");
    machine.write("photos/photo-0.jpg", "taken since");
    let undone = machine.run(&["undo", "--json"]);
    let answer = json_of(&undone);
    assert_eq!(undone.status.code(), Some(0), "{answer}");
    assert_eq!(answer["verified"], true, "{answer}");
    assert!(answer["bytes"].as_u64().unwrap() > 0, "{answer}");
    let conflicts = answer["conflicts"].as_array().unwrap();
    assert!(conflicts.iter().any(|at| at["path"] == json!(dir.join("photo-0.jpg"))), "{answer}");
    assert_eq!(state(&dir), before);

    let kept = answer["kept"].as_str().unwrap();
    run_ok(&machine, &["undo", kept]);
    assert_eq!(fs::read(dir.join("photo-0.jpg")).unwrap(), b"taken since");
    assert_eq!(files(&dir).len(), 1, "{:?}", files(&dir).keys());
    let told = machine.log(&["--all"]);
    assert_eq!(told.iter().filter(|record| record.to_string().contains("\"undone\"")).count(), 2, "{told:#?}");
}

#[test]
fn what_is_kept_is_out_of_the_reach_of_agents() {
    let machine = Machine::new();
    own_weir(&machine);
    photos(&machine, "photos");
    go(&machine, "rm -rf photos");
    let restore = machine.weir_home().join("restore");
    for command in [
        format!("rm -rf {}", restore.display()),
        format!("find {} -delete", restore.display()),
        format!("weir run -- rm -rf {}", restore.display()),
        "weir restore-points --collect --before-their-time".to_owned(),
        "weir run -- weir restore-points --collect --before-their-time".to_owned(),
    ] {
        let answer = machine.bash(&command);
        assert_eq!(decision(&answer), "deny", "{command}");
    }
    // A script gets no further than the agent, and only a person at a terminal gives up what is promised.
    let dropped = machine.run(&["restore-points", "--collect", "--before-their-time"]);
    assert_eq!(dropped.status.code(), Some(2));
    assert!(text(&dropped.stderr).contains("only a person"), "{}", text(&dropped.stderr));
    let script = machine.write("wipe.sh", &format!("rm -rf {}\n", restore.display()));
    let kept = state(&restore.join("trash"));
    let wiped = machine.run(&["run", "--", "sh", script.to_str().unwrap()]);
    assert_ne!(wiped.status.code(), Some(0), "{}", text(&wiped.stderr));
    assert_eq!(state(&restore.join("trash")), kept);
    run_ok(&machine, &["undo"]);
    assert!(machine.project().join("photos/photo-0.jpg").exists());
}

#[test]
fn only_this_program_counts_as_weir_run() {
    let own = Machine::new();
    own_weir(&own);
    own.only_copies("x", 3);
    assert!(is_silent(&own.bash("weir run -- rm -rf x")));
    assert!(is_silent(&own.bash(&format!("{} run -- rm -rf x", env!("CARGO_BIN_EXE_weir")))));
    for record in own.log(&[]) {
        assert!(record["judgement"]["restore_point"].is_null(), "it keeps what it destroys itself: {record}");
    }

    let other = Machine::new();
    other.client("weir", "shift; shift; exec \"$@\"");
    other.only_copies("x", 3);
    for command in ["weir run -- rm -rf x", "PATH=/nowhere:$PATH weir run -- rm -rf x", "./weir run -- rm -rf x"] {
        let answer = other.bash(command);
        let log = other.log(&[]);
        let kept = log[0]["judgement"]["restore_point"].is_string();
        assert!(kept || matches!(decision(&answer).as_str(), "ask" | "deny"), "{command}: {}", log[0]);
    }
}

#[test]
fn a_closed_network_is_closed_for_scripts_too() {
    if !has("python3") {
        return;
    }
    let machine = Machine::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let script = format!("import socket\nsocket.create_connection(('127.0.0.1', {port}), timeout=5)\n");
    machine.write("call.py", &script);
    let call = ["run", "--", "python3", "call.py"];
    run_ok(&machine, &call);
    settings(&machine, "network = \"closed\"");
    assert_eq!(machine.run(&call).status.code(), Some(1));
    settings(&machine, &format!("network = \"judged\"\nconnect = [\"127.0.0.1:{port}\"]"));
    run_ok(&machine, &call);
    settings(&machine, "network = \"judged\"");
    assert_eq!(machine.run(&call).status.code(), Some(1));
    settings(&machine, "netwerk = \"closed\"");
    let broken = machine.run(&call);
    assert_eq!(broken.status.code(), Some(2), "a file with a mistake opens nothing");
    assert!(text(&broken.stderr).contains("run.toml"), "{}", text(&broken.stderr));
}

fn settings(machine: &Machine, toml: &str) {
    let dir = machine.weir_home().join("policies");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("run.toml"), toml).unwrap();
}

#[test]
fn beyond_the_limit_it_waits_and_a_no_loses_nothing() {
    let machine = Machine::new();
    settings(&machine, "limit_files = 5");
    let dir = photos(&machine, "photos");
    machine.write("nuke.sh", "rm -rf photos");
    let before = state(&dir);
    let child =
        machine.command(&["run", "--", "sh", "nuke.sh"]).stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_mins(1);
    let id = loop {
        let listed = text(&machine.run(&["hold", "--json"]).stdout);
        if let Some(line) = listed.lines().next() {
            let hold: Value = serde_json::from_str(line).unwrap();
            break hold["hold"]["id"].as_str().unwrap().to_owned();
        }
        assert!(Instant::now() < deadline, "nobody was asked");
        std::thread::sleep(Duration::from_millis(50));
    };
    assert!(state(&dir).len() >= 10, "it waits: {:?}", state(&dir).keys());
    let guard = Guard::new(Config::new(machine.weir_home()));
    guard.reject(&id, "alex", None, weir_model::Timestamp::now()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_ne!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(!state(&dir).is_empty());
    run_ok(&machine, &["undo"]);
    assert_eq!(state(&dir), before);
}
