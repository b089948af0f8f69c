//! Installing: the settings that make each client ask Weir, and taking them away again.
//!
//! A plan is made first and changes nothing; [`apply`] writes it. Existing settings keep every byte that is not Weir's:
//! additions are made in the text, not by writing the parsed value again. What was added is noted ([`InstallNote`]), so
//! that it can be cut out again exactly; where the file changed since, Weir's entries are found by their content.

mod codex;
pub(crate) mod command;
mod json;
pub(crate) mod look;
mod note;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::Dialect;

pub(crate) use codex::{CodexRequirements, CodexTrust};
pub(crate) use json::{Group, JsonSettings, pretty};
pub use note::InstallNote;
use note::NoteEntry;

/// Whose settings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The person's own, in the home directory.
    User,
    /// The machine's, owned by root; an agent cannot switch them off.
    Managed,
}

impl Level {
    pub(crate) const fn mode(self) -> Option<u32> {
        match self {
            Self::User => None,
            // Clients skip managed settings that others may write.
            Self::Managed => Some(0o644),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Managed => "managed",
        }
    }
}

/// The places on this machine.
#[derive(Debug, Clone)]
pub struct Roots {
    /// The person's home directory.
    pub home: PathBuf,
    /// Where machine-wide settings are: `/etc`.
    pub etc: PathBuf,
    /// Weir's program; absolute.
    pub weir_binary: PathBuf,
    /// Weir's directory; absolute.
    pub weir_home: PathBuf,
    /// The environment variables by which people move the directories of clients (`CODEX_HOME`, `XDG_CONFIG_HOME`, ...);
    /// others are ignored.
    pub variables: BTreeMap<String, OsString>,
}

impl Roots {
    pub(crate) fn variable(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(name).map(OsString::as_os_str)
    }

    /// The client's directory: where `variable` says, else `default` in the home directory.
    pub(crate) fn directory(&self, variable: &str, default: &str) -> PathBuf {
        self.variable(variable)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
            .unwrap_or_else(|| self.home.join(default))
    }
}

/// Settings cannot be changed.
#[derive(Debug, Error)]
pub enum InstallError {
    /// The file cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write `{}`: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not text.
    #[error("`{}` is not valid UTF-8; it was left as it is", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
    },
    /// The file does not parse.
    #[error("`{}`, line {line}: {what}; repair the file first, it was left as it is", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// The file parses, but has something else where Weir's entries belong.
    #[error("`{}`: {what}; the file was left as it is", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A file of the person's own is where Weir's belongs.
    #[error("`{}` is not Weir's and would be replaced; move it away first", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The client knows no settings that are above the person's.
    #[error("`{agent}` has no managed settings that Weir knows; install it for the user")]
    NoManagedLevel {
        /// The client.
        agent: &'static str,
    },
    /// A path that no client could start.
    #[error("`{}` must be absolute and valid UTF-8", path.display())]
    Path {
        /// The path.
        path: PathBuf,
    },
    /// The file changed between plan and write.
    #[error("`{}` changed in the meantime; try again", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
}

/// One change of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// The file.
    pub path: PathBuf,
    /// What is there now; `None`: nothing.
    pub before: Option<Vec<u8>>,
    /// What will be there; `None`: nothing.
    pub after: Option<Vec<u8>>,
    /// The permissions that it must get, where they matter.
    pub mode: Option<u32>,
    /// Directories that go with the file when it is deleted, deepest first, each only if it is empty.
    pub directories: Vec<PathBuf>,
    /// What it is for.
    pub why: String,
}

/// What would be done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The changes, in order. None: everything is as it should be.
    pub changes: Vec<FileChange>,
    /// The note to keep once the changes are made.
    pub note: InstallNote,
}

/// Whether a client asks Weir.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// It does.
    On,
    /// Not installed.
    Off,
    /// Installed, and yet it does not, or not as it should.
    SilentlyOff {
        /// Why.
        why: String,
    },
}

/// A part of an installation: one file, and what must be in it.
#[derive(Debug, Clone)]
pub enum Piece {
    /// Entries in a JSON settings file.
    Json(JsonSettings),
    /// A file of Weir's own.
    File {
        /// Where.
        path: PathBuf,
        /// What.
        content: String,
        /// Its permissions.
        mode: Option<u32>,
        /// What it is for.
        why: &'static str,
    },
    /// Codex' record of the hooks that its person trusts.
    CodexTrust(CodexTrust),
    /// Codex' managed requirements.
    CodexRequirements(CodexRequirements),
}

/// How much of a piece is there.
enum Presence {
    Absent,
    Exact,
    Differs(String),
}

impl Piece {
    pub(crate) const fn file(path: PathBuf, content: String, mode: Option<u32>, why: &'static str) -> Self {
        Self::File { path, content, mode, why }
    }

    fn path(&self) -> &Path {
        match self {
            Self::Json(settings) => &settings.path,
            Self::File { path, .. } => path,
            Self::CodexTrust(trust) => &trust.path,
            Self::CodexRequirements(requirements) => &requirements.path,
        }
    }

    const fn mode(&self) -> Option<u32> {
        match self {
            Self::Json(settings) => settings.mode,
            Self::File { mode, .. } => *mode,
            Self::CodexTrust(_) => None,
            Self::CodexRequirements(_) => Some(0o644),
        }
    }

    const fn why(&self) -> &'static str {
        match self {
            Self::Json(settings) => settings.why,
            Self::File { why, .. } => why,
            Self::CodexTrust(_) => "Codex trusts Weir's hooks without asking",
            Self::CodexRequirements(requirements) => requirements.why,
        }
    }

    /// `text` with the piece; `hooks` is the planned content of the file whose hooks are trusted.
    fn add(&self, text: Option<&str>, hooks: Option<&str>) -> Result<String, InstallError> {
        match self {
            Self::Json(settings) => settings.add(text),
            Self::File { content, .. } => Ok(content.clone()),
            Self::CodexTrust(trust) => trust.add(text, hooks),
            Self::CodexRequirements(requirements) => requirements.add(text),
        }
    }

    /// `text` without the piece, found by its content; `None`: nothing is left.
    fn remove(&self, text: &str, hooks: Option<&str>) -> Result<Option<String>, InstallError> {
        match self {
            Self::Json(settings) => settings.remove(text),
            Self::File { path, .. } => {
                if text.contains(command::MARKER) {
                    return Ok(None);
                }
                Err(InstallError::Foreign { path: path.clone() })
            }
            Self::CodexTrust(trust) => trust.remove(text, hooks),
            Self::CodexRequirements(requirements) => requirements.remove(text),
        }
    }

    fn presence(&self, text: Option<&str>, hooks: Option<&str>) -> Presence {
        let Some(text) = text else {
            return Presence::Absent;
        };
        match self {
            Self::Json(settings) => settings.presence(text),
            Self::File { content, .. } if content == text => Presence::Exact,
            Self::File { path, .. } if text.contains(command::MARKER) => {
                Presence::Differs(format!("`{}` is not what this version of Weir installs", path.display()))
            }
            Self::File { .. } => Presence::Absent,
            Self::CodexTrust(trust) => trust.presence(text, hooks),
            Self::CodexRequirements(requirements) => requirements.presence(text),
        }
    }

    /// False where a file that the client starts has lost its permission.
    fn is_startable(&self) -> bool {
        use std::os::unix::fs::PermissionsExt as _;
        let Self::File { path, mode: Some(mode), .. } = self else { return true };
        fs::metadata(path).is_ok_and(|found| mode & 0o111 & !found.permissions().mode() == 0)
    }

    /// Undoes the piece as exactly as the note allows.
    fn restore(
        &self,
        text: &str,
        entry: Option<&NoteEntry>,
        hooks: Option<&str>,
    ) -> Result<Option<String>, InstallError> {
        if let Some(entry) = entry {
            if let Some(before) = entry.undo(text) {
                return Ok(before);
            }
            // Something else in the file changed: cut out what was put in, if that leaves a sound file.
            if let Some(candidate) = entry.cut(text) {
                let sound = self.remove(&candidate, hooks).is_ok_and(|rest| rest.as_deref() == Some(&candidate));
                if sound {
                    return Ok(Some(candidate));
                }
            }
        }
        let left = self.remove(text, hooks)?;
        Ok(match left {
            Some(text) if entry.is_some_and(|entry| entry.created) && is_void(&text) => None,
            left => left,
        })
    }
}

fn is_void(text: &str) -> bool {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    text.is_empty() || text == "{}"
}

fn read(path: &Path) -> Result<Option<String>, InstallError> {
    match fs::read(path) {
        Ok(bytes) => String::from_utf8(bytes).map(Some).map_err(|_| InstallError::NotUtf8 { path: path.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(InstallError::Read { path: path.to_owned(), source }),
    }
}

/// The directories above `path` that do not exist, deepest first.
fn missing_directories(path: &Path) -> Vec<PathBuf> {
    path.ancestors().skip(1).take_while(|directory| !directory.exists()).map(Path::to_owned).collect()
}

/// What must be done so that `agent` asks Weir. Nothing, where it does already.
///
/// # Errors
/// Existing settings cannot be read or understood, a file of the person's own is in the way, or the client has no
/// settings of this level.
pub fn plan_install(
    agent: &dyn Dialect,
    level: Level,
    roots: &Roots,
    note: &InstallNote,
) -> Result<Plan, InstallError> {
    for path in [&roots.weir_binary, &roots.weir_home, &roots.home, &roots.etc] {
        if !path.is_absolute() || path.to_str().is_none() {
            return Err(InstallError::Path { path: path.clone() });
        }
    }
    let mut plan = Plan { changes: Vec::new(), note: note.clone() };
    let mut hooks = None;
    for piece in agent.pieces(level, roots)? {
        let path = piece.path();
        let current = read(path)?;
        let entry = note.find(path);
        if let Piece::File { path, .. } = &piece
            && entry.is_none()
            && current.as_ref().is_some_and(|text| !text.contains(command::MARKER))
        {
            return Err(InstallError::Foreign { path: path.clone() });
        }
        let startable = piece.is_startable();
        if startable && matches!(piece.presence(current.as_deref(), hooks.as_deref()), Presence::Exact) {
            hooks = current;
            continue;
        }
        let base = match &current {
            Some(text) => piece.restore(text, entry, hooks.as_deref())?,
            None => None,
        };
        let after = piece.add(base.as_deref(), hooks.as_deref())?;
        let mut directories = missing_directories(path);
        if directories.is_empty()
            && let Some(entry) = entry
        {
            directories.clone_from(&entry.directories);
        }
        plan.note.put(NoteEntry::between(agent.name(), level, path, base.as_deref(), &after, directories.clone()));
        let change = FileChange {
            path: path.to_owned(),
            before: current.map(String::into_bytes),
            after: Some(after.clone().into_bytes()),
            mode: piece.mode(),
            directories,
            why: piece.why().to_owned(),
        };
        if change.before != change.after || !startable {
            plan.changes.push(change);
        }
        hooks = Some(after);
    }
    Ok(plan)
}

/// What must be done so that nothing of Weir is left in the settings of `agent`.
///
/// # Errors
/// Settings cannot be read or understood.
pub fn plan_uninstall(
    agent: &dyn Dialect,
    level: Level,
    roots: &Roots,
    note: &InstallNote,
) -> Result<Plan, InstallError> {
    let mut plan = Plan { changes: Vec::new(), note: note.clone() };
    let pieces = match agent.pieces(level, roots) {
        Err(InstallError::NoManagedLevel { .. }) => return Ok(plan),
        pieces => pieces?,
    };
    let mut hooks = None;
    for piece in pieces {
        let path = piece.path();
        let entry = note.find(path);
        plan.note.drop(path);
        let Some(current) = read(path)? else { continue };
        if entry.is_none() && matches!(&piece, Piece::File { .. }) && !current.contains(command::MARKER) {
            continue;
        }
        let after = piece.restore(&current, entry, hooks.as_deref())?;
        let change = FileChange {
            path: path.to_owned(),
            before: Some(current.clone().into_bytes()),
            after: after.map(String::into_bytes),
            mode: None,
            directories: entry.map(|entry| entry.directories.clone()).unwrap_or_default(),
            why: format!("{} no longer asks Weir ({} settings)", agent.name(), level.name()),
        };
        if change.before != change.after {
            plan.changes.push(change);
        }
        hooks = Some(current);
    }
    // The trust goes before the hooks that it names.
    plan.changes.reverse();
    // The person has moved the client's directory since: what was put into the old one can only be undone exactly.
    for entry in note.of(agent.name(), level).filter(|entry| plan.note.find(&entry.path).is_some()).collect::<Vec<_>>()
    {
        let current = read(&entry.path)?;
        if let Some(text) = &current {
            let Some(before) = entry.undo(text) else { continue };
            plan.changes.push(FileChange {
                path: entry.path.clone(),
                before: current.map(String::into_bytes),
                after: before.map(String::into_bytes),
                mode: None,
                directories: entry.directories.clone(),
                why: format!("{} no longer asks Weir ({} settings)", agent.name(), level.name()),
            });
        }
        plan.note.drop(&entry.path);
    }
    Ok(plan)
}

/// Whether `agent` asks Weir in a session that starts in `cwd`.
///
/// # Errors
/// Settings cannot be read.
pub fn inspect(agent: &dyn Dialect, level: Level, roots: &Roots, cwd: &Path) -> Result<Status, InstallError> {
    let pieces = match agent.pieces(level, roots) {
        Err(InstallError::NoManagedLevel { .. }) => return Ok(Status::Off),
        pieces => pieces?,
    };
    let mut absent = Vec::new();
    let mut differs = Vec::new();
    let mut hooks = None;
    let total = pieces.len();
    for piece in &pieces {
        let text = read(piece.path())?;
        match piece.presence(text.as_deref(), hooks.as_deref()) {
            Presence::Exact if piece.is_startable() => {}
            Presence::Exact => differs.push(format!("`{}` cannot be started", piece.path().display())),
            Presence::Absent => absent.push(piece.path().display().to_string()),
            Presence::Differs(why) => differs.push(why),
        }
        hooks = text;
    }
    let first_is_absent =
        pieces.first().is_some_and(|piece| absent.first() == Some(&piece.path().display().to_string()));
    if absent.len() == total || (first_is_absent && matches!(pieces.first(), Some(Piece::Json(_)))) {
        return Ok(Status::Off);
    }
    let why = differs
        .into_iter()
        .next()
        .or_else(|| absent.first().map(|path| format!("`{path}` lacks Weir's entries")))
        .or_else(|| look::missing(&roots.weir_binary))
        .or_else(|| agent.silenced(level, roots, cwd));
    Ok(why.map_or(Status::On, |why| Status::SilentlyOff { why }))
}

/// True where the agent is used on this machine: its settings exist, or its program is in one of `path_dirs`.
#[must_use]
pub fn detect(agent: &dyn Dialect, roots: &Roots, path_dirs: &[PathBuf]) -> bool {
    agent.config_dir(roots).is_dir()
        || path_dirs.iter().any(|directory| agent.process_names().iter().any(|name| directory.join(name).is_file()))
}

/// Makes the changes of a plan, each file at once.
///
/// # Errors
/// A file is not what it was when the plan was made, or cannot be written. Changes before it are made.
pub fn apply(changes: &[FileChange]) -> Result<(), InstallError> {
    for change in changes {
        let now = read(&change.path)?.map(String::into_bytes);
        if now != change.before {
            return Err(InstallError::Changed { path: change.path.clone() });
        }
        let done = match &change.after {
            Some(content) => write(&change.path, content, change.mode),
            None => delete(&change.path, &change.directories),
        };
        done.map_err(|source| InstallError::Write { path: change.path.clone(), source })?;
    }
    Ok(())
}

fn write(path: &Path, content: &[u8], mode: Option<u32>) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
    // Settings are often links into a repository of dotfiles: the link stays.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let parent = path.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(parent)?;
    let old = fs::metadata(&path).ok();
    let mut temporary = path.file_name().unwrap_or_default().to_owned();
    temporary.push(format!(".weir-{}", uuid::Uuid::now_v7().simple()));
    let temporary = parent.join(temporary);
    let result = (|| {
        let mode = mode.or_else(|| old.as_ref().map(|old| old.mode() & 0o7777));
        let mut file =
            fs::OpenOptions::new().write(true).create_new(true).mode(mode.unwrap_or(0o666)).open(&temporary)?;
        if let Some(mode) = mode {
            file.set_permissions(fs::Permissions::from_mode(mode))?;
        }
        if let Some(old) = &old {
            let new = file.metadata()?;
            if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
                std::os::unix::fs::chown(&temporary, Some(old.uid()), Some(old.gid()))?;
            }
        }
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&temporary, &path)
    })();
    if result.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    result
}

fn delete(path: &Path, directories: &[PathBuf]) -> io::Result<()> {
    fs::remove_file(path)?;
    for directory in directories {
        // Not empty: somebody else uses it by now.
        if fs::remove_dir(directory).is_err() {
            break;
        }
    }
    Ok(())
}
