//! The scratch world: a home directory with real files, in which the real program is called as a client would.

use std::collections::HashMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;
use weir_ledger::Reader;
use weir_model::{Digest, Entry, Judgement};

use super::{Expect, Incident, Prop, Step};
use crate::output::CliError;

/// Files per directory of a tree, as in a photo collection.
const FILES_PER_DIRECTORY: usize = 250;

/// A scratch home, and the guard's own directory beside it.
pub(crate) struct World {
    root: PathBuf,
    /// Removes the scratch directory in the end; absent where it is to be kept.
    _scratch: Option<TempDir>,
    kept: bool,
    session: String,
    /// Programs that could not be made, and why.
    unmade: HashMap<PathBuf, String>,
}

/// How one step went.
pub(crate) struct Played {
    /// What the guard decided.
    pub(crate) judgement: Judgement,
    /// What the client was told, for people.
    pub(crate) told: String,
    /// Files of the watched directory before the step.
    pub(crate) before: Option<usize>,
    /// The same, after the step was asked for under the guard.
    pub(crate) after: Option<usize>,
    /// The same, in a copy in which nothing guards.
    pub(crate) unguarded: Option<usize>,
    /// Where it was to be undone: how the watched directory fared.
    pub(crate) undone: Option<Undone>,
    /// True where the guard did what the scenario expects.
    pub(crate) as_expected: bool,
}

/// Digests over the watched directory.
pub(crate) struct Undone {
    /// Before the step.
    pub(crate) before: Digest,
    /// When it had run.
    pub(crate) ran: Digest,
    /// After `weir undo`; nothing where that failed.
    pub(crate) after: Option<Digest>,
}

impl Undone {
    /// The step changed something, and all of it came back.
    pub(crate) fn is_equal(&self) -> bool {
        self.ran != self.before && self.after.as_ref() == Some(&self.before)
    }
}

impl World {
    /// Lays the scenario's files out in a fresh scratch directory.
    pub(crate) fn build(incident: &Incident, keep: bool) -> Result<Self, CliError> {
        let scratch = tempfile::Builder::new().prefix("weir-replay-").tempdir()?;
        let root = scratch.path().canonicalize()?;
        let mut world = Self {
            root,
            _scratch: if keep {
                drop(scratch.keep());
                None
            } else {
                Some(scratch)
            },
            kept: keep,
            session: format!("replay-{}", weir_model::ActionId::new()),
            unmade: HashMap::new(),
        };
        fs::create_dir_all(world.home())?;
        fs::create_dir_all(world.bin())?;
        std::os::unix::fs::symlink(std::env::current_exe()?, world.bin().join("weir"))?;
        for prop in &incident.props {
            world.place(prop)?;
        }
        // The agent comes to a world that was there before it.
        std::thread::sleep(std::time::Duration::from_millis(20));
        world.call(incident, "SessionStart", &serde_json::json!({ "source": "startup" }), &world.home())?;
        Ok(world)
    }

    /// Where the scratch directory stays, if it does.
    pub(crate) fn kept(&self) -> Option<&Path> {
        self.kept.then_some(self.root.as_path())
    }

    fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    /// Where the agent finds the program.
    fn bin(&self) -> PathBuf {
        self.root.join("bin")
    }

    fn weir_home(&self) -> PathBuf {
        self.root.join("weir")
    }

    fn place(&mut self, prop: &Prop) -> Result<(), CliError> {
        let home = self.home();
        if let Some(tree) = &prop.tree {
            let content = vec![b'.'; prop.bytes];
            for i in 0..prop.files {
                let dir = home.join(tree).join(format!("{:03}", i / FILES_PER_DIRECTORY));
                if i % FILES_PER_DIRECTORY == 0 {
                    fs::create_dir_all(&dir)?;
                }
                fs::write(dir.join(format!("IMG_{i:05}.jpg")), &content)?;
            }
        }
        if let Some(file) = &prop.file {
            let path = home.join(file);
            fs::create_dir_all(path.parent().unwrap_or(&home))?;
            fs::write(&path, &prop.text)?;
            if prop.executable {
                fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
            }
        }
        if let Some(program) = &prop.program
            && let Err(why) = self.compile(&home.join(program), &prop.text)
        {
            self.unmade.insert(program.clone(), why);
        }
        if let Some(git) = &prop.git {
            let script = "git init -q && git add -A && git -c user.name=replay -c user.email=replay@example.com commit -qm start";
            let done = self.shell(script, &home.join(git), &home)?;
            if !done {
                return Err(CliError::hint(
                    "git could not make a repository in the scratch directory",
                    "Is git installed?",
                ));
            }
        }
        Ok(())
    }

    /// Makes a program that brings its own C library. The reason where that cannot be done here.
    fn compile(&self, program: &Path, source: &str) -> Result<(), String> {
        let said = |error: std::io::Error| format!("cc: {error}");
        fs::create_dir_all(program.parent().unwrap_or(program)).map_err(said)?;
        let mut cc = self.scrubbed(PathBuf::from("cc"), &self.root, &self.home());
        cc.args(["-static", "-x", "c", "-", "-o"]).arg(program);
        cc.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = cc.spawn().map_err(said)?;
        if let Some(mut stdin) = child.stdin.take() {
            // A compiler that gives up early says why by itself.
            let _ = stdin.write_all(source.as_bytes());
        }
        let output = child.wait_with_output().map_err(said)?;
        if output.status.success() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&output.stderr);
        Err(format!("cc -static: {}", text.lines().next().unwrap_or("it said nothing")))
    }

    /// Why the step cannot be played on this machine.
    pub(crate) fn lacks(&self, step: &Step) -> Option<String> {
        step.needs.iter().find_map(|need| {
            if need.components().count() > 1 {
                let made = self.home().join(need).exists();
                let why = self.unmade.get(need).map_or("it is not there", String::as_str);
                return (!made).then(|| format!("`{}` could not be made: {why}", need.display()));
            }
            let path = std::env::var_os("PATH").unwrap_or_default();
            let found = std::env::split_paths(&path).any(|dir| dir.join(need).is_file());
            (!found).then(|| format!("`{}` is not installed", need.display()))
        })
    }

    /// Asks the guard as the client would; what it lets through is carried out.
    pub(crate) fn play(&self, incident: &Incident, step: &Step) -> Result<Played, CliError> {
        let home = self.home();
        let cwd = home.join(&step.cwd);
        let watched = step.watch.as_ref().map(|watch| home.join(watch));
        let before = watched.as_deref().map(count);
        let was = watched.as_deref().filter(|_| step.expect == Expect::Undone).map(digest).transpose()?;
        let (tool, input) = match (&step.command, &step.write) {
            (Some(command), _) => ("Bash", serde_json::json!({ "command": command })),
            (None, Some(path)) => ("Write", serde_json::json!({ "file_path": home.join(path), "content": step.text })),
            (None, None) => return Err(CliError::user("a step without an action")),
        };
        let call = serde_json::json!({ "tool_name": tool, "tool_input": input, "tool_use_id": "replay" });
        let (let_through, told) = self.call(incident, "PreToolUse", &call, &cwd)?;
        let judgement = self.last_judgement()?;
        let unguarded = match (let_through, &step.command, &step.watch) {
            (false, Some(command), Some(watch)) => Some(self.unguarded(command, &step.cwd, watch)?),
            _ => None,
        };
        if let_through {
            match (&step.command, &step.write) {
                (Some(command), _) => drop(self.shell(command, &cwd, &home)?),
                (None, Some(path)) => {
                    let path = home.join(path);
                    fs::create_dir_all(path.parent().unwrap_or(&home))?;
                    fs::write(path, &step.text)?;
                }
                (None, None) => {}
            }
        }
        let after = watched.as_deref().map(count);
        let undone = match (was, &watched) {
            (Some(before), Some(watched)) if let_through => {
                let ran = digest(watched)?;
                let after = if self.undo(&cwd)? { Some(digest(watched)?) } else { None };
                Some(Undone { before, ran, after })
            }
            _ => None,
        };
        use weir_model::Verdict::{Allow, AllowWithRestorePoint, Deny, Hold};
        let as_expected = match step.expect {
            Expect::Silent => {
                let_through && told.is_empty() && matches!(judgement.verdict, Allow | AllowWithRestorePoint)
            }
            Expect::Undone => let_through && told.is_empty() && undone.as_ref().is_some_and(Undone::is_equal),
            Expect::Hold => !let_through && judgement.verdict == Hold,
            Expect::Deny => !let_through && judgement.verdict == Deny,
            Expect::Stopped => !let_through && matches!(judgement.verdict, Hold | Deny),
        };
        Ok(Played { judgement, told, before, after, unguarded, undone, as_expected })
    }

    /// Takes back the last thing that was destroyed. True where all of it came back.
    fn undo(&self, cwd: &Path) -> Result<bool, CliError> {
        let cwd = if cwd.is_dir() { cwd.to_owned() } else { self.home() };
        let mut undo = self.scrubbed(std::env::current_exe()?, &cwd, &self.home());
        let status = undo.arg("undo").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
        Ok(status.success())
    }

    /// What the command leaves of the watched directory in a copy of the home in which nothing guards.
    fn unguarded(&self, command: &str, cwd: &Path, watch: &Path) -> Result<usize, CliError> {
        let copy = self.root.join("unguarded");
        let copied = Command::new("cp").arg("-a").arg(self.home()).arg(&copy).status()?;
        if !copied.success() {
            return Err(CliError::user("the scratch home could not be copied"));
        }
        self.shell(command, &copy.join(cwd), &copy)?;
        let left = count(&copy.join(watch));
        fs::remove_dir_all(&copy)?;
        Ok(left)
    }

    /// One hook call of the real program. True where the call may go on; and what the client was told.
    fn call(
        &self,
        incident: &Incident,
        event: &str,
        fields: &serde_json::Value,
        cwd: &Path,
    ) -> Result<(bool, String), CliError> {
        let mut payload = serde_json::json!({ "session_id": self.session, "cwd": cwd, "hook_event_name": event });
        if let (Some(payload), Some(fields)) = (payload.as_object_mut(), fields.as_object()) {
            payload.extend(fields.clone());
        }
        let mut child = self
            .scrubbed(std::env::current_exe()?, cwd, &self.home())
            .args(["hook", &incident.agent, "--home"])
            .arg(self.weir_home())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(payload.to_string().as_bytes())?;
        }
        let output = child.wait_with_output()?;
        let let_through = output.status.success() && output.stdout.is_empty();
        let told = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Ok((let_through, told))
    }

    fn last_judgement(&self) -> Result<Judgement, CliError> {
        let reader =
            Reader::open(&self.weir_home().join("ledger")).map_err(|error| CliError::user(error.to_string()))?;
        for record in reader.backward() {
            let record = record.map_err(|error| CliError::user(error.to_string()))?;
            if let Entry::Judged { judgement, .. } = record.record.entry {
                return Ok(*judgement);
            }
        }
        Err(CliError::user("the guard wrote no judgement"))
    }

    fn shell(&self, command: &str, cwd: &Path, home: &Path) -> Result<bool, CliError> {
        let status = self
            .scrubbed(PathBuf::from("/bin/sh"), cwd, home)
            .args(["-c", command])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        Ok(status.success())
    }

    /// A child that knows only the scratch home.
    fn scrubbed(&self, program: PathBuf, cwd: &Path, home: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir(cwd).env("HOME", home).env("LANG", "C.UTF-8");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(std::iter::once(self.bin()).chain(std::env::split_paths(&path)));
        command.env("PATH", path.unwrap_or_default()).env("WEIR_HOME", self.weir_home());
        command.env("GIT_CONFIG_NOSYSTEM", "1");
        command
    }
}

/// A digest over every file and directory below `dir` but git's own: names, modes, contents, and of files their times of
/// change.
fn digest(dir: &Path) -> Result<Digest, CliError> {
    let mut lines = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        let entries = match fs::read_dir(&dir) {
            // What is watched may be gone as a whole.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let path = entry?.path();
            // A reset that was taken back stays in git's own log.
            if path.ends_with(".git") {
                continue;
            }
            let meta = path.symlink_metadata()?;
            let mut line = path.as_os_str().as_encoded_bytes().to_vec();
            line.extend(meta.mode().to_le_bytes());
            if meta.is_dir() {
                open.push(path);
            } else {
                line.extend(meta.mtime().to_le_bytes().into_iter().chain(meta.mtime_nsec().to_le_bytes()));
                let content = if meta.is_file() { fs::read(&path)? } else { Vec::new() };
                line.extend(Digest::of(&content).to_string().into_bytes());
            }
            lines.push(line);
        }
    }
    lines.sort();
    let parts: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
    Ok(Digest::of_parts(&parts))
}

/// The files below `dir`.
fn count(dir: &Path) -> usize {
    let Ok(entries) = fs::read_dir(dir) else { return 0 };
    entries
        .flatten()
        .map(|entry| if entry.file_type().is_ok_and(|kind| kind.is_dir()) { count(&entry.path()) } else { 1 })
        .sum()
}
