//! How strong the guard is here, found out by trying it: a file is deleted under the guard, and must come back.

use std::ffi::OsString;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use weir_restore::{PointInfo, Store, UndoOptions};

use crate::{
    Judge, Limits, NetworkPolicy, Reached, Ruling, RunError, RunOptions, RunReport, Tier, TierReport, kernel, run,
};

const CANARY: &[u8] = b"canary\n";

/// Tries the guard in a directory of its own and says what held.
///
/// Like [`run`](crate::run()), it changes this process while it lasts.
#[must_use]
pub fn probe() -> TierReport {
    let landlock = kernel::landlock_version();
    let (tier, why) = match Cage::new() {
        Ok(cage) => try_guard(&cage).map_or_else(
            |guard| match try_floor(&cage) {
                Ok(()) => (Tier::Floor, format!("no guard: {guard}; the write floor held")),
                Err(floor) => (Tier::None, format!("no guard: {guard}; no write floor: {floor}")),
            },
            |()| (Tier::Guard, "a file was deleted under the guard and came back".to_owned()),
        ),
        Err(error) => (Tier::None, format!("cannot make a directory to try it in: {error}")),
    };
    TierReport { tier, landlock, why }
}

/// A directory that goes away with its owner.
struct Cage(PathBuf);

impl Cage {
    fn new() -> std::io::Result<Self> {
        let name = format!("weir-probe-{}-{}", std::process::id(), weir_model::RestorePointId::new());
        let path = std::env::temp_dir().canonicalize()?.join(name);
        std::fs::DirBuilder::new().mode(0o700).create(&path)?;
        let cage = Self(path);
        std::fs::create_dir(cage.0.join("in"))?;
        std::fs::create_dir(cage.0.join("out"))?;
        Ok(cage)
    }
}

impl Drop for Cage {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

struct Allow;

impl Judge for Allow {
    fn exec(&self, _program: &Path, _arguments: &[OsString], _cwd: &Path) -> Ruling {
        Ruling::Allow
    }

    fn limit(&self, _reached: &Reached) -> Ruling {
        Ruling::Allow
    }

    fn connect(&self, _host: &str, _port: u16) -> Ruling {
        Ruling::Allow
    }
}

fn try_guard(cage: &Cage) -> Result<(), String> {
    let canary = cage.0.join("in/canary");
    std::fs::write(&canary, CANARY).map_err(|error| error.to_string())?;
    let store = Store::open(&cage.0.join("restore")).map_err(|error| error.to_string())?;
    let recorder = Arc::new(store.make(&PointInfo::default()).map_err(|error| error.to_string())?);
    let ran = attempt(cage, "in/canary", Tier::Guard, &recorder).map_err(|error| error.to_string())?;
    if ran.code != 0 || canary.exists() {
        return Err(format!("a file could not be deleted under it (status {})", ran.code));
    }
    let recorder = Arc::into_inner(recorder).ok_or("the restore point is still in use")?;
    let point = recorder.seal().map_err(|error| error.to_string())?;
    store.undo(&point, &UndoOptions::default(), &mut |_| {}).map_err(|error| error.to_string())?;
    match std::fs::read(&canary) {
        Ok(content) if content == CANARY => Ok(()),
        _ => Err("a file that was deleted under it did not come back".to_owned()),
    }
}

/// A file outside of the writable place must stay.
fn try_floor(cage: &Cage) -> Result<(), String> {
    let canary = cage.0.join("out/canary");
    std::fs::write(&canary, CANARY).map_err(|error| error.to_string())?;
    let store = Store::open(&cage.0.join("restore")).map_err(|error| error.to_string())?;
    let recorder = Arc::new(store.make(&PointInfo::default()).map_err(|error| error.to_string())?);
    attempt(cage, "out/canary", Tier::Floor, &recorder).map_err(|error| error.to_string())?;
    if canary.exists() { Ok(()) } else { Err("a file outside was deleted".to_owned()) }
}

fn attempt(
    cage: &Cage,
    victim: &str,
    at_least: Tier,
    recorder: &Arc<weir_restore::Recorder>,
) -> Result<RunReport, RunError> {
    run(RunOptions {
        // Its complaints are what is looked for, and nobody's to read.
        command: ["sh", "-c", "exec rm -f \"$0\" 2> /dev/null"]
            .iter()
            .map(OsString::from)
            .chain([cage.0.join(victim).into()])
            .collect(),
        cwd: cage.0.clone(),
        recorder: Arc::clone(recorder),
        floor: vec![cage.0.join("in")],
        protected: Vec::new(),
        creations: false,
        network: NetworkPolicy::Closed,
        limits: Limits::default(),
        judge: Arc::new(Allow),
        at_least,
    })
}
