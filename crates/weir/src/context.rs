//! The one place that reads the environment: it becomes values, and everything below works on values.

use std::path::{Path, PathBuf};

use weir_guard::{Config, Guard};
use weir_model::{Action, ActionId, Agent, Request, Timestamp};

/// `$WEIR_HOME`, else the platform's state directory.
pub(crate) fn weir_home() -> PathBuf {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if let Some(home) = absolute("WEIR_HOME") {
        return home;
    }
    if cfg!(target_os = "macos")
        && let Some(home) = person_home()
    {
        return home.join("Library/Application Support/weir");
    }
    absolute("XDG_STATE_HOME")
        .or_else(|| person_home().map(|home| home.join(".local/state")))
        .unwrap_or_else(|| PathBuf::from("/var/tmp").join(format!("weir-{}", uid())))
        .join("weir")
}

/// Where the account's own `$WEIR_HOME` is, whatever the environment says.
pub(crate) fn account_weir_home() -> PathBuf {
    let state = if cfg!(target_os = "macos") { "Library/Application Support/weir" } else { ".local/state/weir" };
    passwd_entry().map_or_else(weir_home, |entry| entry.home.join(state))
}

/// The home directory of the person.
pub(crate) fn person_home() -> Option<PathBuf> {
    std::env::var_os("HOME")
        .map(PathBuf::from)
        .filter(|home| home.is_absolute())
        .or_else(|| passwd_entry().map(|entry| entry.home))
}

/// The operating-system user's name, or `uid:N` where it has none.
pub(crate) fn principal() -> String {
    passwd_entry().map_or_else(|| format!("uid:{}", uid()), |entry| entry.name)
}

fn uid() -> u32 {
    rustix::process::getuid().as_raw()
}

#[derive(Clone)]
struct PasswdEntry {
    name: String,
    home: PathBuf,
}

/// The account's entry, read once: a hook call asks for it three times.
fn passwd_entry() -> Option<PasswdEntry> {
    static ENTRY: std::sync::OnceLock<Option<PasswdEntry>> = std::sync::OnceLock::new();
    ENTRY.get_or_init(read_passwd_entry).clone()
}

fn read_passwd_entry() -> Option<PasswdEntry> {
    let uid = uid().to_string();
    let text = std::fs::read_to_string("/etc/passwd").ok()?;
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid).then_some(())?;
        Some(PasswdEntry { name: name.to_owned(), home: PathBuf::from(fields.nth(2)?) })
    })
}

/// The machine's name.
pub(crate) fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Now, to the millisecond: what is stored is what is compared.
pub(crate) fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

/// The guard of this machine and person.
pub(crate) fn guard() -> Guard {
    Guard::new(config(weir_home()))
}

/// The configuration of this machine and person, with Weir's files below `home`.
pub(crate) fn config(home: PathBuf) -> Config {
    let mut config = Config::new(home);
    config.person_home = person_home();
    // A repository's settings can give an agent another `HOME`: the controls of the real one stay guarded.
    config.surface_homes = person_home().into_iter().chain(passwd_entry().map(|entry| entry.home)).collect();
    config.surface_homes.dedup();
    config.surfaces = weir_gate_hook::AGENTS.iter().flat_map(|agent| agent.surfaces()).copied().collect();
    config.programs = std::env::current_exe().into_iter().collect();
    config.environment = |name| std::env::var(name).ok();
    config
}

/// A command that a person asks about, as if `agent` had asked for it.
pub(crate) fn asked(agent: &str, command: String, cwd: &Path) -> Action {
    Action {
        id: ActionId::new(),
        agent: Agent { name: agent.to_owned(), session: None, subagent: None, principal: principal() },
        tool: "Bash".to_owned(),
        call: None,
        request: Request::Shell { command, shell: None },
        cwd: cwd.to_owned(),
        host: host(),
        at: now(),
    }
}
