//! What Weir must know about one client.

use std::path::Path;
use std::time::Duration;

use weir_model::Surface;

use crate::install::{InstallError, Level, Piece, Roots};
use crate::{Answer, Event, Reply, WireFault};

/// One coding agent: how it speaks, and where it is switched on.
pub trait Dialect: Sync {
    /// The name given to `weir hook` and shown to people.
    fn name(&self) -> &'static str;

    /// The names of its processes and scripts, as they appear in a process table.
    fn process_names(&self) -> &'static [&'static str];

    /// Environment variables that the client sets for what it starts, and that people do not set themselves.
    fn environment_markers(&self) -> &'static [&'static str];

    /// The files and directories whose content switches its hooks on or off.
    fn surfaces(&self) -> &'static [Surface];

    /// How long Weir may take. Shorter than [`Dialect::client_timeout`]: a client lets the call run when its own strikes.
    fn deadline(&self) -> Duration {
        Duration::from_secs(20)
    }

    /// The client's own limit, as the installed settings give it or as it is built in.
    fn client_timeout(&self) -> Duration {
        Duration::from_secs(30)
    }

    /// True where the client waits for an answer to `event` before it runs a tool. An unknown event decides.
    fn decides(&self, event: Option<&str>) -> bool;

    /// True where the environment of the hook says that no person sits at the client.
    fn headless(&self, env: &dyn Fn(&str) -> Option<String>) -> bool {
        let _ = env;
        false
    }

    /// Reads one payload. `event` is the event that the installed command names; the payload's own name goes first.
    ///
    /// # Errors
    /// A payload that is too large, not UTF-8, not JSON, or without what its event needs.
    fn parse(&self, payload: &[u8], event: Option<&str>) -> Result<Event, WireFault>;

    /// Encodes an answer to `event`.
    fn answer(&self, event: &Event, answer: &Answer) -> Reply;

    /// Encodes a refusal for a call that could not even be read.
    fn refuse(&self, reason: &str) -> Reply;

    /// Why a change of the client's settings to `content` (`None`: the file is gone or unreadable) must be blocked.
    fn config_change(&self, event: &Event, content: Option<&[u8]>) -> Option<String> {
        let _ = (event, content);
        None
    }

    /// The settings that switch the hook on.
    ///
    /// # Errors
    /// The client has no settings of this level, or existing settings cannot be read.
    fn pieces(&self, level: Level, roots: &Roots) -> Result<Vec<Piece>, InstallError>;

    /// What keeps an installed hook from being called, for a session that starts in `cwd`.
    fn silenced(&self, level: Level, roots: &Roots, cwd: &Path) -> Option<String>;

    /// The directory of its settings, for finding out whether the agent is used here.
    fn config_dir(&self, roots: &Roots) -> std::path::PathBuf;
}
