//! What is remembered from one look to the next.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::commands::cal::publish;
use crate::context::weir_home;
use crate::output::CliError;

/// What is remembered of a script.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    /// By the id of the watcher: what was told of it last.
    #[serde(default)]
    pub(super) watchers: BTreeMap<String, Seen>,
    /// By the id of the task.
    #[serde(default)]
    pub(super) tasks: BTreeMap<String, Planned>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seen {
    pub(super) status: String,
    #[serde(default)]
    pub(super) since: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Planned {
    /// When it is due: fixed when the statement was seen first.
    pub(super) due: String,
    /// `pending`, `done` or `failed`.
    pub(super) status: String,
}

/// The file of a state, held by one process at a time.
pub(super) struct Store {
    path: PathBuf,
    _lock: File,
}

impl Store {
    /// Takes the file for this process.
    pub(super) fn open(path: PathBuf) -> Result<Self, CliError> {
        let failed = |error: io::Error| CliError::user(format!("cannot keep the state in {}: {error}", path.display()));
        if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
            use std::os::unix::fs::DirBuilderExt as _;
            fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
        }
        let mut name = path.clone().into_os_string();
        name.push(".lock");
        let lock = File::options().create(true).append(true).open(name).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                Err(CliError::user(format!("another `weir cal watch` works with {}", path.display())))
            }
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// What was remembered; nothing the first time.
    pub(super) fn load(&self) -> Result<State, CliError> {
        let shown = self.path.display();
        match fs::read(&self.path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
                // Forgotten tasks would run twice: a person decides.
                CliError::hint(format!("{shown} is not the state of a watch: {error}"), "Move it away to begin anew.")
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(State::default()),
            Err(error) => Err(CliError::user(format!("cannot read {shown}: {error}"))),
        }
    }

    pub(super) fn save(&self, state: &State) -> Result<(), CliError> {
        publish::replace(&self.path, |out| {
            serde_json::to_writer_pretty(&mut *out, state)?;
            out.write_all(b"\n")
        })
        .map_err(|error| CliError::user(format!("cannot keep the state in {}: {error}", self.path.display())))
    }
}

/// Where the state of a script is kept where nobody says so: below Weir's own directory, by the place of the script.
pub(super) fn default_path(script: &Path) -> PathBuf {
    let place = script.canonicalize().unwrap_or_else(|_| script.to_owned());
    // FNV-1a: it only has to tell scripts apart.
    let hash = place
        .as_os_str()
        .as_encoded_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    let name = script.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    weir_home().join("cal").join(format!("{name}-{hash:016x}.json"))
}
