//! What can go wrong around a judgement.

use std::path::PathBuf;

use thiserror::Error;
use weir_model::HoldId;

/// A fault of the guard's own storage, or a refused answer to a hold.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GuardError {
    /// A file below `$WEIR_HOME` could not be read or written.
    #[error("cannot {what} `{}`: {source}", path.display())]
    Storage {
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// The ledger refused.
    #[error(transparent)]
    Ledger(#[from] weir_ledger::LedgerError),
    /// The restore points refused.
    #[error(transparent)]
    Restore(#[from] weir_restore::StoreError),
    /// No hold begins with that id.
    #[error("no hold `{0}` waits")]
    NoSuchHold(String),
    /// Several holds begin with that id.
    #[error("several holds begin with `{0}`: give more of the id")]
    AmbiguousHold(String),
    /// The hold can no longer be answered.
    #[error("hold {0} has expired: let the agent ask again")]
    Expired(HoldId),
    /// The person has answered already.
    #[error("`{by}` has answered hold {id} already")]
    AnsweredAlready {
        /// The hold.
        id: HoldId,
        /// Who.
        by: String,
    },
}

impl GuardError {
    pub(crate) fn storage(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Storage { what, path, source }
    }
}
