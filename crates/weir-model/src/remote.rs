//! What is known here of a branch elsewhere before it is overwritten.

use serde::{Deserialize, Serialize};

/// A branch, or another ref, of a remote that a push replaces or deletes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteHead {
    /// The remote as the command names it, or as git finds it.
    pub remote: String,
    /// The full name of the ref there.
    pub name: String,
    /// The commit that it had when it was last seen from here, in full; absent where nobody saw it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    /// That commit is in the repository here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub here: bool,
    /// The commit that it gets; absent where it is deleted, or that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
    /// It is deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
}

impl RemoteHead {
    /// The command with which a person puts the old commit back; `None` where that cannot be done from here. It does nothing
    /// where somebody else has pushed since.
    #[must_use]
    pub fn way_back(&self) -> Option<String> {
        let head = self.head.as_deref().filter(|_| self.here)?;
        let expected = match (&self.new, self.deleted) {
            (Some(new), false) => format!("{}:{new}", self.name),
            (_, true) => format!("{}:", self.name),
            (None, false) => self.name.clone(),
        };
        let (lease, remote) = (word(&format!("--force-with-lease={expected}")), word(&self.remote));
        // The name of a remote may look like an option.
        let end = if self.remote.starts_with('-') { "-- " } else { "" };
        Some(format!("git push {lease} {end}{remote} {}", word(&format!("{head}:{}", self.name))))
    }

    /// What is known, and what follows from it.
    #[must_use]
    pub fn describe(&self) -> String {
        let what = format!("`{}` of `{}`", short(&self.name), self.remote);
        let Some(head) = &self.head else {
            return format!("which commit {what} had is not known here, so it cannot be put back from here");
        };
        let had = format!("{what} had commit {head} when it was last seen from here");
        match self.way_back() {
            Some(command) => format!("{had}; Weir does not push, a person can put it back with: {command}"),
            None => format!("{had}; that commit is not in this repository, so it cannot be put back from here"),
        }
    }
}

fn short(name: &str) -> &str {
    name.strip_prefix("refs/heads/").unwrap_or(name)
}

/// The word as a shell reads it back.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> RemoteHead {
        RemoteHead {
            remote: "origin".to_owned(),
            name: "refs/heads/main".to_owned(),
            head: Some("1".repeat(40)),
            here: true,
            new: Some("2".repeat(40)),
            deleted: false,
        }
    }

    #[test]
    fn a_way_back_is_promised_only_where_there_is_one() {
        let (old, new) = ("1".repeat(40), "2".repeat(40));
        let known = head();
        let line = format!("git push --force-with-lease=refs/heads/main:{new} origin {old}:refs/heads/main");
        assert_eq!(known.way_back(), Some(line.clone()));
        assert!(known.describe().ends_with(&line));
        let deleted = RemoteHead { deleted: true, new: None, ..head() };
        let line = format!("git push --force-with-lease=refs/heads/main: origin {old}:refs/heads/main");
        assert_eq!(deleted.way_back(), Some(line));
        for none in [RemoteHead { here: false, ..head() }, RemoteHead { head: None, ..head() }] {
            assert_eq!(none.way_back(), None);
            assert!(none.describe().contains("cannot be put back from here"), "{}", none.describe());
        }
        let odd = RemoteHead { remote: "it's; rm".to_owned(), ..head() };
        assert!(odd.way_back().is_some_and(|line| line.contains(" 'it'\\''s; rm' ")), "{:?}", odd.way_back());
    }
}
