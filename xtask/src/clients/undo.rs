//! The real clients run a script that destroys, once as it is and once under `weir run`; then one `weir undo` has to bring
//! everything back.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use serde_json::Value;

use super::scripted::{CLIENTS, Client, Model, PROMPT, Setup, Steps};
use super::{Bench, said};

/// How long a client may take to start, ask and end.
const TIMEOUT: Duration = Duration::from_mins(2);
/// How long it may go on once its model has nothing more to say.
const GRACE: Duration = Duration::from_secs(5);

/// No line of it names what it deletes, and the last one hides in a program.
const SCRIPT: &str = r#"#!/bin/sh
dir=photos
rm -rf "./$dir"
: > .env
find . -name '*.txt' -path './letters/*' -exec rm -f {} +
perl -e 'unlink glob("drafts/*"); rmdir "drafts"' 2>/dev/null || rm -rf drafts
"#;

/// What stands in the project, and is looked at.
const WATCHED: [&str; 5] = ["photos", "letters", "drafts", ".env", "nuke.sh"];

/// What a path is.
#[derive(Clone, PartialEq, Eq)]
struct State {
    /// Nothing of directories, which come back as new ones.
    inode: u64,
    mode: u32,
    changed: (i64, i64),
    /// Or the target of a link.
    content: Vec<u8>,
}

type Picture = BTreeMap<PathBuf, State>;

impl Bench {
    /// Both ways to run the script.
    pub(super) fn try_undo(&self, name: &str) -> Result<String, String> {
        let client =
            CLIENTS.iter().find(|client| client.agent == name).ok_or("no scripted model speaks its protocol")?;
        let plain = self.nuke(client, "plain", "./nuke.sh", true)?;
        let guarded = self.nuke(client, "guarded", "weir run -- ./nuke.sh", false)?;
        if guarded == HELD {
            return Err(format!("`weir run -- ./nuke.sh` was {HELD}"));
        }
        Ok(format!("./nuke.sh: {plain}; weir run -- ./nuke.sh: {guarded}"))
    }

    fn nuke(&self, client: &Client, label: &str, command: &str, may_copy: bool) -> Result<String, String> {
        let fail = |error: std::io::Error| format!("{label}: {error}");
        let home = self.scratch.path().join(client.agent).join(label).join("home");
        let work = home.join("project");
        lay_out(&work).map_err(fail)?;
        // Login shells, which Codex uses, make a search path of their own.
        let own = self.weir.parent().map(|dir| format!("PATH=\"{}:$PATH\"\n", dir.display()));
        fs::write(home.join(".profile"), own.unwrap_or_default()).map_err(fail)?;
        self.weir(&home, &["init", "--agent", client.agent, "--no-canary"])?;
        // The session's own files are known by their birth: these were there before it.
        std::thread::sleep(Duration::from_millis(20));
        let before = picture(&work).map_err(fail)?;

        let steps = Steps { commands: vec![command.to_owned()], ..client.steps() };
        let model = Model::start(steps).map_err(fail)?;
        self.start(client, &home, &work, &model)?;
        let heard = model.heard();
        if !heard.asked {
            return Err(format!("{label}: the client offered the scripted model no shell"));
        }

        let ran = picture(&work).map_err(fail)?;
        if ran == before {
            let log = self.weir(&home, &["log", "--json"])?;
            return if verdicts(&log.stdout).iter().any(|verdict| verdict == "hold" || verdict == "deny") {
                Ok(HELD.to_owned())
            } else {
                Err(format!("{label}: the command did not run, and Weir did not stop it ({:?})", heard.last_result))
            };
        }
        let gone = before.keys().filter(|path| !ran.contains_key(*path)).count();
        let undo = self.run(&home, &["undo"])?;
        let after = picture(&work).map_err(fail)?;
        let mut copies = 0;
        for path in before.keys().chain(after.keys()) {
            let (Some(was), Some(is)) = (before.get(path), after.get(path)) else {
                return Err(format!("{label}: `{}` is on one side of the undo only ({})", path.display(), said(&undo)));
            };
            // What the hook keeps by copying comes back as a new file; under `weir run` nothing of this was copied.
            let is_copy = was.inode != is.inode && may_copy;
            copies += usize::from(is_copy);
            if *was != (State { inode: if is_copy { was.inode } else { is.inode }, ..is.clone() }) {
                return Err(format!("{label}: `{}` was {was} and is {is} ({})", path.display(), said(&undo)));
            }
        }
        if !undo.status.success() {
            return Err(format!("{label}: weir undo: {}", said(&undo)));
        }
        let copies = if copies > 0 { format!(", {} of them as copies", copies / 2) } else { String::new() };
        Ok(format!("{gone} of {} paths gone, one `weir undo`: all equal{copies}", before.len()))
    }

    /// Runs the client until it ends, or its model has nothing more to say.
    fn start(&self, client: &Client, home: &Path, work: &Path, model: &Model) -> Result<(), String> {
        let scratch = home.parent().unwrap_or(home);
        let program = std::env::split_paths(&self.path).map(|dir| dir.join(client.agent)).find(|file| file.is_file());
        let program = program.ok_or("not installed")?;
        let setup = Setup { program: &program, home, scratch, work, base: &model.base(), prompt: PROMPT };
        let fail = |error: std::io::Error| format!("{}: {error}", program.display());
        fs::create_dir_all(scratch.join("client")).map_err(fail)?;
        (client.prepare)(&setup).map_err(fail)?;
        let began = Instant::now();
        if let Some(arguments) = (client.first)(&setup) {
            let mut first = self.command(&setup);
            first.args(arguments);
            wait(first.spawn().map_err(fail)?, began, &|| false);
        }
        let mut main = self.command(&setup);
        (client.start)(&setup, &mut main);
        let out = |name: &str| File::create(scratch.join(name)).map_err(fail);
        main.stdout(out("stdout")?).stderr(out("stderr")?);
        wait(main.spawn().map_err(fail)?, began, &|| model.heard().is_over);
        Ok(())
    }

    /// The client's program, which finds Weir where a person's shell would, and reaches nothing but the model.
    fn command(&self, setup: &Setup<'_>) -> Command {
        let weir = self.weir.parent().map(Path::to_owned);
        let path = std::env::join_paths(weir.into_iter().chain(std::env::split_paths(&self.path)));
        let mut command = Command::new(setup.program);
        command.env_clear().current_dir(setup.work).process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.env("PATH", path.unwrap_or_default()).env("HOME", setup.home).env("PWD", setup.work);
        command.env("LANG", "C.UTF-8").env("TERM", "dumb").env("SHELL", "/bin/sh").env("DO_NOT_TRACK", "1");
        for name in ["HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"] {
            command.env(name, setup.base);
        }
        for name in ["NO_PROXY", "no_proxy"] {
            command.env(name, "127.0.0.1,localhost");
        }
        command
    }
}

const HELD: &str = "held, nothing was lost";

fn lay_out(work: &Path) -> std::io::Result<()> {
    for at in 0..240 {
        let dir = work.join(format!("photos/{:02}", at / 40));
        fs::create_dir_all(&dir)?;
        fs::write(dir.join(format!("{at:03}.jpg")), format!("the only copy of {at}"))?;
    }
    std::os::unix::fs::symlink("00/000.jpg", work.join("photos/best"))?;
    fs::hard_link(work.join("photos/01/040.jpg"), work.join("photos/again.jpg"))?;
    for (dir, end) in [("letters", "txt"), ("drafts", "md")] {
        fs::create_dir(work.join(dir))?;
        for at in 0..20 {
            fs::write(work.join(dir).join(format!("{at}.{end}")), format!("Dear {at},\n"))?;
        }
    }
    fs::write(work.join(".env"), "KEY=only-copy\n")?;
    fs::set_permissions(work.join(".env"), fs::Permissions::from_mode(0o600))?;
    fs::write(work.join("nuke.sh"), SCRIPT)?;
    fs::set_permissions(work.join("nuke.sh"), fs::Permissions::from_mode(0o755))
}

fn picture(work: &Path) -> std::io::Result<Picture> {
    let mut found = Picture::new();
    let mut open: Vec<PathBuf> = WATCHED.iter().map(|name| work.join(name)).collect();
    while let Some(path) = open.pop() {
        let Ok(meta) = path.symlink_metadata() else { continue };
        let (mut inode, mut content) = (meta.ino(), Vec::new());
        if meta.is_dir() {
            inode = 0;
            for entry in fs::read_dir(&path)? {
                open.push(entry?.path());
            }
        } else if meta.is_symlink() {
            content = fs::read_link(&path)?.into_os_string().into_encoded_bytes();
        } else {
            content = fs::read(&path)?;
        }
        found.insert(path, State { inode, mode: meta.mode(), changed: (meta.mtime(), meta.mtime_nsec()), content });
    }
    Ok(found)
}

impl std::fmt::Display for State {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { inode, mode, changed: (seconds, nanoseconds), content } = self;
        write!(formatter, "inode {inode}, mode {mode:o}, changed {seconds}.{nanoseconds:09}, {} bytes", content.len())
    }
}

fn verdicts(log: &[u8]) -> Vec<String> {
    log.split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<Value>(line).ok())
        .filter_map(|record| record.pointer("/judgement/verdict")?.as_str().map(str::to_owned))
        .collect()
}

/// Waits for the client, and ends it with its process group.
fn wait(mut child: Child, began: Instant, is_over: &dyn Fn() -> bool) {
    let mut over_since = None;
    while let Ok(None) = child.try_wait() {
        let now = Instant::now();
        let over = is_over() && now.duration_since(*over_since.get_or_insert(now)) > GRACE;
        if over || now.duration_since(began) > TIMEOUT {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    if let Ok(group) = i32::try_from(child.id()) {
        let _ = killpg(nix::unistd::Pid::from_raw(group), Signal::SIGKILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}
