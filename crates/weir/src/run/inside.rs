//! `weir run` inside of `weir run`: the outer guard is above this process already, and the kernel takes only one.
//!
//! Whether it really is above is not asked of an environment variable, which anybody can set. A name that nobody knows is announced
//! to the guard: only where there is one does it turn up in the journal of a restore point that is being written in
//! this user's store, where nothing below a guard may write.

use std::ffi::OsString;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::{Mode, OFlags};
use serde::{Deserialize, Serialize};
use weir_guard::{Config, Network, RunSettings};
use weir_model::{ActionId, RestorePointId};
use weir_restore::{Point, State, Store};

use super::Wanted;

/// How much of a journal's end is looked at.
const TAIL: u64 = 1024 * 1024;

/// What a run is held to; written when Weir is started in it, where the command cannot write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Terms {
    floor: Vec<PathBuf>,
    protected: Vec<PathBuf>,
    /// What `run.toml` adds to the protected places.
    protect: Vec<PathBuf>,
    limit_files: u64,
    limit_bytes: u64,
    network: u8,
    connect: Vec<String>,
    refuse: Vec<String>,
}

impl Terms {
    pub(super) fn new(settings: &RunSettings, floor: &[PathBuf], protected: &[PathBuf]) -> Self {
        Self {
            floor: floor.to_vec(),
            protected: protected.to_vec(),
            protect: settings.protect.clone(),
            limit_files: settings.limit_files,
            limit_bytes: settings.limit_bytes,
            network: rank(settings.network),
            connect: settings.connect.clone(),
            refuse: settings.refuse.clone(),
        }
    }

    /// Notes the terms of the run of `action`. Where that fails a run inside of it is refused, which is no harm.
    pub(super) fn note(&self, dir: &Path, action: ActionId) {
        let write = || -> std::io::Result<()> {
            DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
            let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(file(dir, action))?;
            file.write_all(&serde_json::to_vec(self)?)
        };
        let _ = write();
    }

    /// What `inner` asks for and these do not give, if anything.
    pub(super) fn lack(&self, inner: &Self, wanted: &Wanted, cwd: &Path) -> Option<String> {
        if inner.network > self.network {
            return Some("it asks for less network".to_owned());
        }
        let judged = rank(Network::Judged);
        if self.network == judged
            && inner.network == judged
            && !self.connect.iter().all(|host| inner.connect.contains(host))
        {
            return Some("it asks for fewer hosts".to_owned());
        }
        if self.network != rank(Network::Closed)
            && let Some(host) = inner.refuse.iter().find(|host| !self.refuse.contains(host))
        {
            return Some(format!("it asks for `{host}` to be refused"));
        }
        if inner.limit_files < self.limit_files || inner.limit_bytes < self.limit_bytes {
            return Some("it asks for lower limits".to_owned());
        }
        let within = |place: &Path, places: &[PathBuf]| places.iter().any(|outer| place.starts_with(outer));
        // The controls of the directory that the inner one runs in count as ordinary files, unless it is the outer one's as well.
        if let Some(place) =
            inner.protect.iter().find(|place| within(place, &self.floor) && !within(place, &self.protected))
        {
            return Some(format!("it asks for `{}` to be protected", place.display()));
        }
        wanted
            .write
            .iter()
            .map(|place| cwd.join(place))
            .find(|place| !within(place, &self.floor))
            .map(|place| format!("it asks to write in `{}`", place.display()))
    }
}

const fn rank(network: Network) -> u8 {
    match network {
        Network::Open => 0,
        Network::Judged => 1,
        Network::Closed => 2,
    }
}

fn file(dir: &Path, action: ActionId) -> PathBuf {
    dir.join(format!("{action}.terms.json"))
}

/// Takes the terms of a run that is over away.
pub(super) fn forget(dir: &Path, action: ActionId) {
    let _ = std::fs::remove_file(file(dir, action));
}

/// The terms of the guard that is above this process, if it is one of this user's.
pub(super) fn above(config: &Config, cwd: &Path) -> Option<Terms> {
    if !is_filtered() {
        return None;
    }
    // Temporary directories are busy: what others do there would look like something to take back.
    above_in(config, cwd).or_else(|| above_in(config, &std::env::temp_dir()))
}

fn above_in(config: &Config, dir: &Path) -> Option<Terms> {
    let name = announce(dir);
    let store = Store::open(&config.paths.restore()).ok()?;
    let open = store.list().ok()?.into_iter().filter(|point| point.state == State::Open);
    let journal = |point: &Point| config.paths.restore().join("points").join(point.id.to_string()).join("journal");
    let point = open.into_iter().find(|point| ends_with(&journal(point), name.as_bytes()))?;
    let terms = std::fs::read(file(&config.paths.runs(), point.info.action?)).ok()?;
    serde_json::from_slice(&terms).ok()
}

/// Runs the command in this process's place; comes back only where that fails.
pub(super) fn become_command(command: &[OsString]) -> (String, std::io::Error) {
    let Some((program, arguments)) = command.split_first() else {
        return (String::new(), std::io::ErrorKind::NotFound.into());
    };
    (program.to_string_lossy().into_owned(), Command::new(program).args(arguments).exec())
}

/// Whether a filter is on this process, as the kernel says.
fn is_filtered() -> bool {
    let status = std::fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
    let has = |line: [&str; 2]| status.lines().any(|found| found.split_whitespace().eq(line));
    has(["Seccomp:", "2"]) && has(["NoNewPrivs:", "1"])
}

/// Asks for a file to be made, in a way that the kernel never carries out, and says how it was called. The guard has noted by then
/// that it may come to be.
fn announce(dir: &Path) -> String {
    let name = format!(".weir-inside-{}", RestorePointId::new());
    let path = dir.join(&name);
    // A directory cannot be made by opening it.
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let made = rustix::fs::open(&path, flags, Mode::from_raw_mode(0o600));
    if made.is_ok() || path.symlink_metadata().is_ok() {
        // Kernels before 6.4 make a file all the same.
        let _ = std::fs::remove_file(&path);
    }
    name
}

/// Whether the last part of a journal contains `name`. Others may write to it at the same time.
fn ends_with(journal: &Path, name: &[u8]) -> bool {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(journal)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
        let mut tail = Vec::new();
        file.take(2 * TAIL).read_to_end(&mut tail)?;
        Ok(tail)
    };
    read().is_ok_and(|tail| tail.windows(name.len()).any(|window| window == name))
}
