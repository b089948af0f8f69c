//! What waits for people, and their answers.
//!
//! A hold is one file named by the digest of what it is bound to (the normalized action, its directory and the policy
//! version). A consent is one file per person beside it. Using consents is a rename, which only one process can win:
//! that makes them single use. The ledger keeps the history; these files are only what is open now.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use weir_model::{Approval, Digest, Hold, HoldId, Timestamp};

use crate::GuardError;
use crate::sessions::private_dir;

/// The directory of open holds.
#[derive(Debug, Clone)]
pub struct Holds {
    dir: PathBuf,
}

/// One hold with its answers so far.
#[derive(Debug, Clone)]
pub struct HoldState {
    /// What waits.
    pub hold: Hold,
    /// The consents that were given and not yet used.
    pub approvals: Vec<Approval>,
}

impl HoldState {
    /// True where enough people have consented.
    #[must_use]
    pub fn is_approved(&self) -> bool {
        self.approvals.len() >= self.hold.approvals_needed as usize
    }
}

impl Holds {
    /// Holds live in `dir`.
    #[must_use]
    pub const fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    fn hold_file(&self, digest: &Digest) -> PathBuf {
        self.dir.join(format!("{digest}.hold"))
    }

    fn approvals_dir(&self, digest: &Digest) -> PathBuf {
        self.dir.join(format!("{digest}.approved"))
    }

    /// Opens a hold, or returns the one that already waits for the same digest. The flag says whether it is new.
    ///
    /// # Errors
    /// When the hold cannot be written: then nobody could answer it, and the action stays refused.
    pub fn open(&self, hold: Hold) -> Result<(Hold, bool), GuardError> {
        private_dir(&self.dir)?;
        let path = self.hold_file(&hold.digest);
        if let Some(waiting) = read::<Hold>(&path).filter(|waiting| waiting.expires > hold.at) {
            return Ok((waiting, false));
        }
        // Consents to an older, expired hold must not answer this one.
        let _ = fs::remove_dir_all(self.approvals_dir(&hold.digest));
        let _ = fs::remove_file(&path);
        match write_new(&path, &hold) {
            // Another process was quicker: its hold is the one that people see.
            Err(GuardError::Storage { source, .. }) if source.kind() == std::io::ErrorKind::AlreadyExists => {
                Ok((read::<Hold>(&path).unwrap_or(hold), false))
            }
            Err(error) => Err(error),
            Ok(()) => Ok((hold, true)),
        }
    }

    /// Everything that waits and has not expired, oldest first.
    #[must_use]
    pub fn waiting(&self, now: Timestamp) -> Vec<HoldState> {
        let Ok(entries) = fs::read_dir(&self.dir) else { return Vec::new() };
        let mut states: Vec<HoldState> = entries
            .flatten()
            .filter(|entry| entry.path().extension().is_some_and(|ext| ext == "hold"))
            .filter_map(|entry| read::<Hold>(&entry.path()))
            .filter(|hold| hold.expires > now)
            .map(|hold| HoldState { approvals: self.approvals(&hold.digest, now), hold })
            .collect();
        states.sort_by_key(|state| (state.hold.at, state.hold.id));
        states
    }

    /// The hold whose id begins with `prefix`.
    ///
    /// # Errors
    /// When none or several begin so, or when it has expired.
    pub fn find(&self, prefix: &str, now: Timestamp) -> Result<HoldState, GuardError> {
        let fits = |hold: &Hold| prefix.len() >= 4 && hold.id.to_string().starts_with(prefix);
        let mut found = self.waiting(now).into_iter().filter(|state| fits(&state.hold));
        let Some(state) = found.next() else {
            let expired = self.waiting(Timestamp::MIN).into_iter().find(|state| fits(&state.hold));
            return Err(expired.map_or_else(
                || GuardError::NoSuchHold(prefix.to_owned()),
                |state| GuardError::Expired(state.hold.id),
            ));
        };
        if found.next().is_some() {
            return Err(GuardError::AmbiguousHold(prefix.to_owned()));
        }
        Ok(state)
    }

    /// Keeps a person's consent.
    ///
    /// # Errors
    /// When the person has consented before, or it cannot be written.
    pub fn approve(&self, approval: &Approval) -> Result<(), GuardError> {
        let dir = self.approvals_dir(&approval.digest);
        private_dir(&dir)?;
        let name = Digest::of(approval.by.as_bytes());
        match write_new(&dir.join(format!("{name}.json")), approval) {
            Err(GuardError::Storage { source, .. }) if source.kind() == std::io::ErrorKind::AlreadyExists => {
                Err(GuardError::AnsweredAlready { id: approval.hold, by: approval.by.clone() })
            }
            other => other,
        }
    }

    /// Takes a hold off the list: it was refused.
    ///
    /// # Errors
    /// When the hold's file cannot be removed.
    pub fn reject(&self, hold: &Hold) -> Result<(), GuardError> {
        let path = self.hold_file(&hold.digest);
        fs::remove_file(&path).map_err(GuardError::storage("remove", path))?;
        let _ = fs::remove_dir_all(self.approvals_dir(&hold.digest));
        Ok(())
    }

    /// The unexpired consents to `digest`.
    #[must_use]
    pub fn approvals(&self, digest: &Digest, now: Timestamp) -> Vec<Approval> {
        read_approvals(&self.approvals_dir(digest), digest, now)
    }

    /// Uses up the consents to `digest`, if there still are at least `needed`. Only one caller can win.
    #[must_use]
    pub fn consume(&self, digest: &Digest, needed: usize, now: Timestamp) -> Option<HoldId> {
        let dir = self.approvals_dir(digest);
        let mine = self.dir.join(format!("{digest}.using-{}", HoldId::new()));
        fs::rename(&dir, &mine).ok()?;
        let approvals = read_approvals(&mine, digest, now);
        let _ = fs::remove_dir_all(&mine);
        let id = approvals.first()?.hold;
        if approvals.len() < needed {
            return None;
        }
        let _ = fs::remove_file(self.hold_file(digest));
        Some(id)
    }

    /// Removes what has expired. Returns how many holds.
    pub fn prune(&self, now: Timestamp) -> usize {
        let expired = |state: &HoldState| state.hold.expires <= now;
        let all = self.waiting(Timestamp::MIN);
        all.iter().filter(|state| expired(state) && self.reject(&state.hold).is_ok()).count()
    }
}

fn read_approvals(dir: &Path, digest: &Digest, now: Timestamp) -> Vec<Approval> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| read::<Approval>(&entry.path()))
        .filter(|approval| approval.expires > now && approval.digest == *digest)
        .collect()
}

fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Writes through a temporary name, so that a reader sees a whole file or none; never over an existing file.
fn write_new<T: serde::Serialize>(path: &Path, value: &T) -> Result<(), GuardError> {
    let temporary = path.with_extension(format!("tmp-{}", HoldId::new()));
    let text = serde_json::to_vec(value).unwrap_or_default();
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)
        .map_err(GuardError::storage("create", &temporary))?;
    let written = file.write_all(&text).map_err(GuardError::storage("write", &temporary));
    // A link, unlike a rename, fails where the name is taken.
    let linked = written.and_then(|()| fs::hard_link(&temporary, path).map_err(GuardError::storage("create", path)));
    let _ = fs::remove_file(&temporary);
    linked
}

#[cfg(test)]
mod tests {
    use super::*;
    use weir_model::ActionId;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn hold(second: i64) -> Hold {
        Hold {
            id: HoldId::new(),
            action: ActionId::new(),
            digest: Digest::of(b"rm -rf photos"),
            agent: "claude".into(),
            summary: "rm -rf photos".into(),
            cwd: "/w".into(),
            reason: "only copy".into(),
            policy_version: Digest::of(b"p"),
            approvals_needed: 1,
            at: at(second),
            expires: at(second + 900),
        }
    }

    fn consent(hold: &Hold, by: &str, second: i64) -> Approval {
        Approval {
            hold: hold.id,
            digest: hold.digest,
            by: by.into(),
            terminal: "/dev/pts/1".into(),
            at: at(second),
            expires: at(second + 900),
        }
    }

    fn holds() -> (tempfile::TempDir, Holds) {
        let dir = tempfile::tempdir().unwrap();
        let holds = Holds::new(dir.path().join("holds"));
        (dir, holds)
    }

    #[test]
    fn the_same_action_waits_once_and_a_consent_is_used_once() {
        let (_dir, holds) = holds();
        let (first, new) = holds.open(hold(0)).unwrap();
        assert!(new);
        let (second, new) = holds.open(hold(10)).unwrap();
        assert_eq!((second.id, new), (first.id, false));

        assert_eq!(holds.consume(&first.digest, 1, at(20)), None);
        holds.approve(&consent(&first, "ann", 20)).unwrap();
        assert!(matches!(holds.approve(&consent(&first, "ann", 21)), Err(GuardError::AnsweredAlready { .. })));
        assert!(holds.waiting(at(30))[0].is_approved());
        assert_eq!(holds.consume(&first.digest, 1, at(30)), Some(first.id));
        assert_eq!(holds.consume(&first.digest, 1, at(30)), None);
        assert!(holds.waiting(at(30)).is_empty());
    }

    #[test]
    fn only_one_of_many_racing_processes_uses_a_consent() {
        let (_dir, holds) = holds();
        let (first, _) = holds.open(hold(0)).unwrap();
        holds.approve(&consent(&first, "ann", 1)).unwrap();
        let wins: usize = std::thread::scope(|scope| {
            let runs: Vec<_> = (0..16)
                .map(|_| scope.spawn(|| usize::from(holds.consume(&first.digest, 1, at(2)).is_some())))
                .collect();
            runs.into_iter().map(|run| run.join().unwrap()).sum()
        });
        assert_eq!(wins, 1);
    }

    #[test]
    fn what_expired_answers_nothing() {
        let (_dir, holds) = holds();
        let (first, _) = holds.open(hold(0)).unwrap();
        holds.approve(&consent(&first, "ann", 1)).unwrap();
        assert_eq!(holds.consume(&first.digest, 1, at(5_000)), None);
        let id = first.id.to_string();
        assert!(matches!(holds.find(&id, at(5_000)), Err(GuardError::Expired(_))));
        let (again, new) = holds.open(hold(5_000)).unwrap();
        assert!(new && again.id != first.id);
        assert!(holds.approvals(&again.digest, at(5_001)).is_empty());
    }

    #[test]
    fn holds_are_found_by_a_clear_prefix_and_rejected() {
        let (_dir, holds) = holds();
        let (first, _) = holds.open(hold(0)).unwrap();
        let id = first.id.to_string();
        assert_eq!(holds.find(id.get(..18).unwrap(), at(1)).unwrap().hold.id, first.id);
        assert!(matches!(holds.find("abc", at(1)), Err(GuardError::NoSuchHold(_))));
        holds.reject(&first).unwrap();
        assert!(matches!(holds.find(&id, at(1)), Err(GuardError::NoSuchHold(_))));
    }
}
