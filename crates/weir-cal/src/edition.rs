//! The two editions of the language.

use std::{fmt, str::FromStr};

/// How a script is read and what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize)]
pub enum Edition {
    /// `1-compat`: exactly as the reference runtime 1.3.0 reads and runs it, its faults included.
    #[serde(rename = "1-compat")]
    Compat,
    /// `2`: the language as documented, with the faults of the reference mended.
    #[default]
    #[serde(rename = "2")]
    Two,
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Compat => "1-compat",
            Self::Two => "2",
        })
    }
}

/// The name of an edition is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no edition `{0}`: use `2` or `1-compat`")]
pub struct UnknownEdition(pub String);

impl FromStr for Edition {
    type Err = UnknownEdition;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "1-compat" | "compat" | "1" => Ok(Self::Compat),
            "2" => Ok(Self::Two),
            _ => Err(UnknownEdition(text.to_owned())),
        }
    }
}
