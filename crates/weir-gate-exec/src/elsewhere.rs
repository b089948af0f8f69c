//! Systems that have neither Landlock nor seccomp.

use crate::{RunError, RunOptions, RunReport, Tier, TierReport};

/// Says that there is no guard here.
#[must_use]
pub fn probe() -> TierReport {
    TierReport { tier: Tier::None, landlock: 0, why: "only Linux has the calls that the guard is made of".to_owned() }
}

/// Refuses: a command that was meant to run guarded does not run unguarded.
///
/// # Errors
///
/// Always [`RunError::Unsupported`].
pub fn run(_options: RunOptions) -> Result<RunReport, RunError> {
    Err(RunError::Unsupported("only Linux has the calls that the guard is made of".to_owned()))
}
