//! What `init`, `uninstall` and `doctor` share: the places on this machine, and the note of what was installed.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use weir_gate_hook::Dialect;
use weir_gate_hook::install::{InstallNote, Roots};
use weir_guard::{Guard, Paths};
use weir_ledger::Reader;
use weir_model::{Entry, Request, Timestamp, Verdict};

use crate::canary::{self, Proof};
use crate::context;
use crate::output::CliError;

/// How long one client may take to start, ask, and end.
const CANARY_TIMEOUT: Duration = Duration::from_secs(90);

/// The places on this machine.
pub(crate) fn roots() -> Result<Roots, CliError> {
    let home = context::person_home()
        .ok_or_else(|| CliError::hint("the home directory is not known", "Set HOME to your home directory."))?;
    let weir_binary = std::env::current_exe()
        .and_then(|path| path.canonicalize())
        .map_err(|error| CliError::user(format!("the path of this program is not known: {error}")))?;
    let variables: BTreeMap<_, _> =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value))).collect();
    Ok(Roots { home, etc: PathBuf::from("/etc"), weir_binary, weir_home: context::weir_home(), variables })
}

/// Refuses where machine-wide settings could not be written anyway.
pub(crate) fn require_root(command: &str) -> Result<(), CliError> {
    if rustix::process::geteuid().is_root() {
        return Ok(());
    }
    Err(CliError::hint("only root can write machine-wide settings", format!("Run `sudo weir {command} --managed`.")))
}

/// True where somebody other than root could put another file in the place of `program`.
pub(crate) fn is_replaceable(program: &Path) -> bool {
    const OTHERS_WRITE: u32 = 0o022;
    const STICKY: u32 = 0o1000;
    let Ok(program) = program.canonicalize() else { return true };
    program.ancestors().any(|path| {
        std::fs::symlink_metadata(path).is_ok_and(|data| {
            // In a sticky directory, others cannot take away what is root's.
            data.uid() != 0 || (data.mode() & OTHERS_WRITE != 0 && !(data.is_dir() && data.mode() & STICKY != 0))
        })
    })
}

/// The directories of `PATH`.
pub(crate) fn path_dirs() -> Vec<PathBuf> {
    std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default()
}

/// The client's program, where it is in `PATH`.
pub(crate) fn program(agent: &dyn Dialect) -> Option<PathBuf> {
    path_dirs()
        .iter()
        .flat_map(|dir| agent.process_names().iter().map(move |name| dir.join(name)))
        .find(|path| path.is_file())
}

/// The agents that `--agent` names; all where it names none.
pub(crate) fn agents(names: &[String]) -> Result<Vec<&'static dyn Dialect>, CliError> {
    if names.is_empty() {
        return Ok(weir_gate_hook::AGENTS.to_vec());
    }
    names
        .iter()
        .map(|name| {
            weir_gate_hook::find_agent(name).ok_or_else(|| {
                let known = weir_gate_hook::AGENTS.iter().map(|agent| agent.name()).collect::<Vec<_>>().join(", ");
                CliError::hint(format!("`{name}` is not an agent that Weir knows"), format!("There are: {known}."))
            })
        })
        .collect()
}

/// The note of what was installed; empty where nothing was.
pub(crate) fn read_note(paths: &Paths) -> Result<InstallNote, CliError> {
    let path = paths.install();
    match std::fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
            CliError::hint(
                format!("`{}` cannot be read: {error}", path.display()),
                "It says what `weir init` changed. Move it away to start anew.",
            )
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(InstallNote::default()),
        Err(error) => Err(CliError::user(format!("`{}` cannot be read: {error}", path.display()))),
    }
}

/// Keeps the note; through a temporary file, so that it is whole or as it was.
pub(crate) fn write_note(paths: &Paths, note: &InstallNote) -> Result<(), CliError> {
    let path = paths.install();
    if note.is_empty() {
        return match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed("removed", &path, &error)),
            _ => Ok(()),
        };
    }
    make_home(paths)?;
    let temporary = path.with_extension("new");
    let text = serde_json::to_vec_pretty(note).map_err(|error| CliError::user(error.to_string()))?;
    let write = || -> std::io::Result<()> {
        let mut file =
            std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        file.write_all(&text)?;
        file.sync_all()?;
        std::fs::rename(&temporary, &path)
    };
    write().map_err(|error| failed("written", &path, &error))
}

/// Makes `$WEIR_HOME`, for its owner only.
pub(crate) fn make_home(paths: &Paths) -> Result<(), CliError> {
    let home = paths.home();
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(home).map_err(|error| failed("created", home, &error))
}

fn failed(what: &str, path: &Path, error: &std::io::Error) -> CliError {
    CliError::user(format!("`{}` cannot be {what}: {error}", path.display()))
}

/// Runs the real client against a scripted model that asks for a destructive command in a scratch directory, and looks
/// whether the installed hook stopped it.
pub(crate) fn fire(agent: &dyn Dialect, roots: &Roots) -> Proof {
    let Some(program) = program(agent) else {
        return Proof::Unsupported { why: "its program is not in PATH".to_owned() };
    };
    let since = context::now();
    // Settings of the machine go by the account, those of a person by the directory that they name.
    let mut configs = vec![context::config(roots.weir_home.clone())];
    let account = context::account_weir_home();
    if account != roots.weir_home {
        configs.push(context::config(account));
    }
    let plan = canary::Plan {
        agent: agent.name(),
        program: &program,
        home: &roots.home,
        config_dir: &agent.config_dir(roots),
        timeout: CANARY_TIMEOUT,
    };
    let proof = canary::prove(&plan, &|text| {
        configs.iter().find_map(|config| judged(&config.paths.ledger(), agent.name(), text, since))
    });
    configs.iter().for_each(forget_holds);
    proof
}

/// How the ledger's newest judgement since `since` of a command with `text` in it went.
fn judged(ledger: &Path, agent: &str, text: &str, since: Timestamp) -> Option<Verdict> {
    let reader = Reader::open(ledger).ok()?;
    let recent = reader.backward().filter_map(Result::ok).take_while(|reading| reading.record.at >= since);
    recent.map(|reading| reading.record.entry).find_map(|entry| match entry {
        Entry::Judged { action, judgement } => {
            let asked = matches!(&action.request, Request::Shell { command, .. } if command.contains(text));
            (asked && action.agent.name == agent).then_some(judgement.verdict)
        }
        _ => None,
    })
}

/// Nobody has to answer a canary.
fn forget_holds(config: &weir_guard::Config) {
    let guard = Guard::new(config.clone());
    for state in guard.holds().waiting(context::now()) {
        if state.hold.summary.contains(canary::VICTIM) {
            let _ = guard.holds().reject(&state.hold);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_program_that_others_can_replace_is_told_from_one_that_only_root_can() {
        assert!(!super::is_replaceable("/bin/sh".as_ref()));
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("weir");
        fs::write(&program, "").unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(super::is_replaceable(&program));
    }
}
