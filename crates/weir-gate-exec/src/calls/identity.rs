//! The supervisor acts with its own rights and in its own mount namespace: the caller's must be the same.

use std::sync::OnceLock;

use rustix::io::Errno;

use crate::supervisor::Stop;
use crate::target::Target;

/// The filter lets no process into another mount namespace; one that is there all the same gets nothing done.
pub(crate) fn same_namespace(target: &Target<'_>) -> Result<(), Stop> {
    static OWN: OnceLock<Option<std::ffi::CString>> = OnceLock::new();
    let link = |process: &str| rustix::fs::readlink(format!("/proc/{process}/ns/mnt"), Vec::new()).ok();
    let own = OWN.get_or_init(|| link("self"));
    let theirs = link(&target.thread.to_string());
    if own.is_some() && *own == theirs {
        return Ok(());
    }
    target.confirm()?;
    Err(Stop::refused(target.thread.to_string(), "the process is in another mount namespace, or hidden", Errno::PERM))
}

/// Asked once a process has changed who it is: what another user may do is not known here, so nothing.
pub(crate) fn same_credentials(target: &Target<'_>) -> Result<(), Stop> {
    static OWN: OnceLock<Option<(String, String, String)>> = OnceLock::new();
    let field = |text: &str, name: &str| {
        text.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned())
    };
    let own = OWN.get_or_init(|| {
        let text = std::fs::read_to_string("/proc/self/status").ok()?;
        Some((field(&text, "Uid:")?, field(&text, "Gid:")?, field(&text, "CapEff:")?))
    });
    if own.as_ref() == Some(&target.credentials()?) {
        return Ok(());
    }
    target.confirm()?;
    Err(Stop::refused(target.thread.to_string(), "the process runs as another user than the guard", Errno::PERM))
}
