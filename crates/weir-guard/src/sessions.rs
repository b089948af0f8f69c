//! When each agent session began, so that what a session made itself is not mistaken for somebody's only copy.
//!
//! One file per session, created exclusively: a later event can never move a session's beginning.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use weir_model::{Digest, Session, Timestamp};

use crate::GuardError;

/// The directory of session files.
#[derive(Debug, Clone)]
pub struct Sessions {
    dir: PathBuf,
}

impl Sessions {
    /// Session files live in `dir`.
    #[must_use]
    pub const fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    fn file(&self, agent: &str, id: &str) -> PathBuf {
        let digest = Digest::of_parts(&[agent.as_bytes(), id.as_bytes()]).to_string();
        self.dir.join(format!("{}.json", digest.get(..32).unwrap_or(&digest)))
    }

    /// Records that a session began now. Returns the session, and whether it is new; an older beginning stays.
    ///
    /// # Errors
    /// When the session file cannot be written.
    pub fn begin(&self, agent: &str, id: &str, cwd: &Path, now: Timestamp) -> Result<(Session, bool), GuardError> {
        let session = Session { agent: agent.to_owned(), id: id.to_owned(), started: now, cwd: cwd.to_owned() };
        let path = self.file(agent, id);
        private_dir(&self.dir)?;
        let created = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let mut file = match created {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                return Ok((self.find(agent, id).unwrap_or(session), false));
            }
            Err(error) => return Err(GuardError::storage("create", path)(error)),
        };
        let text = serde_json::to_vec(&session).unwrap_or_default();
        file.write_all(&text).map_err(GuardError::storage("write", path))?;
        Ok((session, true))
    }

    /// The session, where its beginning was seen.
    #[must_use]
    pub fn find(&self, agent: &str, id: &str) -> Option<Session> {
        serde_json::from_slice(&fs::read(self.file(agent, id)).ok()?).ok()
    }

    /// Removes session files that nobody touched for `age`. Returns how many.
    pub fn prune(&self, age: Duration) -> usize {
        let Ok(entries) = fs::read_dir(&self.dir) else { return 0 };
        let old = |path: &Path| {
            let modified = fs::metadata(path).and_then(|data| data.modified()).ok()?;
            SystemTime::now().duration_since(modified).ok().filter(|since| *since > age)
        };
        entries.flatten().filter(|entry| old(&entry.path()).is_some() && fs::remove_file(entry.path()).is_ok()).count()
    }
}

/// Creates a directory that only its owner may look into.
pub(crate) fn private_dir(dir: &Path) -> Result<(), GuardError> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(GuardError::storage("create", dir))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_begins_once_and_pruning_spares_the_young() {
        let dir = tempfile::tempdir().unwrap();
        let sessions = Sessions::new(dir.path().join("sessions"));
        let early = Timestamp::from_second(1_000).unwrap();
        let late = Timestamp::from_second(2_000).unwrap();
        assert!(sessions.begin("claude", "../../x", Path::new("/w"), early).unwrap().1);
        let (session, new) = sessions.begin("claude", "../../x", Path::new("/w"), late).unwrap();
        assert_eq!((session.started, new), (early, false));
        assert_eq!(sessions.find("codex", "../../x"), None);
        assert_eq!(sessions.prune(Duration::from_secs(3600)), 0);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "an id with slashes stays inside");
    }
}
