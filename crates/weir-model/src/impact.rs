//! The measured size of an effect.

use serde::{Deserialize, Serialize};

use crate::{RemoteHead, Timestamp};

/// One measured number together with how sure it is.
///
/// In JSON an object: `{"value":12,"is":"exact"}`, `{"value":1000,"is":"at-least"}`, `{"value":null,"is":"unknown"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Figure {
    /// Counted completely.
    Exact(u64),
    /// Computed from something else; may be off in both directions.
    Estimated(u64),
    /// Counted until the time budget ran out: the truth is this or more.
    AtLeast(u64),
    /// Not known. Never the same as zero.
    #[default]
    Unknown,
}

impl Figure {
    /// The number to compare with a limit from below; `None` where nothing is known.
    #[must_use]
    pub const fn value(self) -> Option<u64> {
        match self {
            Self::Exact(n) | Self::Estimated(n) | Self::AtLeast(n) => Some(n),
            Self::Unknown => None,
        }
    }

    /// True where the number is the whole truth.
    #[must_use]
    pub const fn is_exact(self) -> bool {
        matches!(self, Self::Exact(_))
    }

    /// True where the truth may be larger than [`Figure::value`]: unknown, or counting was cut short.
    #[must_use]
    pub const fn may_be_larger(self) -> bool {
        matches!(self, Self::AtLeast(_) | Self::Unknown)
    }

    /// True where the figure is known to be zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        matches!(self, Self::Exact(0))
    }

    /// The sum; as unsure as the less sure of both.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let (Some(a), Some(b)) = (self.value(), other.value()) else {
            // What is known of one side is still a lower bound of the sum.
            return match (self.value(), other.value()) {
                (Some(n), None) | (None, Some(n)) => Self::AtLeast(n),
                _ => Self::Unknown,
            };
        };
        let sum = a.saturating_add(b);
        match (self, other) {
            (Self::AtLeast(_), _) | (_, Self::AtLeast(_)) => Self::AtLeast(sum),
            (Self::Estimated(_), _) | (_, Self::Estimated(_)) => Self::Estimated(sum),
            _ => Self::Exact(sum),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct FigureWire {
    value: Option<u64>,
    is: Sureness,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Sureness {
    Exact,
    Estimated,
    AtLeast,
    Unknown,
}

impl Serialize for Figure {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is = match self {
            Self::Exact(_) => Sureness::Exact,
            Self::Estimated(_) => Sureness::Estimated,
            Self::AtLeast(_) => Sureness::AtLeast,
            Self::Unknown => Sureness::Unknown,
        };
        FigureWire { value: self.value(), is }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Figure {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = FigureWire::deserialize(deserializer)?;
        Ok(match (wire.is, wire.value) {
            (Sureness::Exact, Some(n)) => Self::Exact(n),
            (Sureness::Estimated, Some(n)) => Self::Estimated(n),
            (Sureness::AtLeast, Some(n)) => Self::AtLeast(n),
            _ => Self::Unknown,
        })
    }
}

/// Whether an effect can be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reversibility {
    /// It changes nothing, or what it destroys can be had again (git restores it, a build makes it).
    Reversible,
    /// It can be taken back if a restore point is made first.
    Recoverable,
    /// It cannot be taken back.
    Irreversible,
    /// Not known; never treated as reversible.
    #[default]
    Unknown,
}

impl Reversibility {
    /// The name used in JSON, in policies and in texts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reversible => "reversible",
            Self::Recoverable => "recoverable",
            Self::Irreversible => "irreversible",
            Self::Unknown => "unknown",
        }
    }
}

/// The measured size of an effect. A figure that does not apply to the target is absent, one that applies and could
/// not be found is [`Figure::Unknown`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Impact {
    /// True once a measurement of this effect was tried.
    #[serde(default)]
    pub measured: bool,
    /// False where the target does not exist now, so that nothing can be lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exists: Option<bool>,
    /// Regular files, symlinks and other non-directories that are touched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<Figure>,
    /// Directories that are touched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directories: Option<Figure>,
    /// Bytes of file content that are touched (apparent size).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<Figure>,
    /// Files of which this is the only copy: neither git can restore them, nor a build makes them again, nor did
    /// this session create them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_copy_files: Option<Figure>,
    /// Bytes in those files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_copy_bytes: Option<Figure>,
    /// Files whose content git can restore (tracked and unchanged).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_restorable_files: Option<Figure>,
    /// Files that a build, an install or a cache makes again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regenerable_files: Option<Figure>,
    /// Files that were created after this session began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_files: Option<Figure>,
    /// When the newest file among them was last written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<Timestamp>,
    /// When the oldest file among them was last written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest: Option<Timestamp>,
    /// Mount points below the target; what is on them is counted too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mounts: Vec<String>,
    /// Why the target is protected by its place (`the home directory`, `a system directory`), where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protected: Option<String>,
    /// Commits that no ref would reach any more, and that no remote is known to have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commits: Option<Figure>,
    /// Refs that would be deleted or moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refs: Option<Figure>,
    /// Stash entries that would be lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stashes: Option<Figure>,
    /// Rows that would be lost or changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<Figure>,
    /// Resources (infrastructure, cloud, Kubernetes) that would be lost or changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Figure>,
    /// Things elsewhere that need the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dependents: Option<Figure>,
    /// What else people should know of how it was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// What refs of remotes had before they are replaced or deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remote_heads: Vec<RemoteHead>,
}

impl Impact {
    /// True where some figure that applies is unknown or may be larger than it says, or nothing was measured.
    #[must_use]
    pub fn is_uncertain(&self) -> bool {
        !self.measured
            || [
                self.files,
                self.bytes,
                self.only_copy_files,
                self.commits,
                self.refs,
                self.stashes,
                self.rows,
                self.resources,
            ]
            .into_iter()
            .flatten()
            .any(Figure::may_be_larger)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adding_an_unknown_never_makes_a_sum_exact() {
        assert_eq!(Figure::Exact(2).plus(Figure::Exact(3)), Figure::Exact(5));
        assert_eq!(Figure::Exact(2).plus(Figure::Unknown), Figure::AtLeast(2));
        assert_eq!(Figure::AtLeast(2).plus(Figure::Estimated(1)), Figure::AtLeast(3));
        assert_eq!(Figure::Unknown.plus(Figure::Unknown), Figure::Unknown);
        assert_eq!(Figure::Exact(u64::MAX).plus(Figure::Exact(1)), Figure::Exact(u64::MAX));
    }

    #[test]
    fn an_unmeasured_impact_is_uncertain() {
        assert!(Impact::default().is_uncertain());
        let nothing = Impact { measured: true, files: Some(Figure::Exact(0)), ..Impact::default() };
        assert!(!nothing.is_uncertain());
    }
}
