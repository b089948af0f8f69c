//! A push that takes something from a remote, and what is known here of a branch elsewhere before it is overwritten.

use serde::{Deserialize, Serialize};

use crate::Sent;

/// A push that replaces or deletes refs of a remote.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RemotePush {
    /// The remote as written; empty where git would take the default.
    pub remote: String,
    /// The refspecs as written; empty where git would take the default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refspecs: Vec<String>,
    /// The refs are deleted, not moved.
    pub delete: bool,
    /// What fits the refspecs there and has no counterpart here is deleted (`--prune`, `--mirror`). Refs are then replaced only
    /// by refspecs that begin with `+`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub prune: bool,
    /// The branch that is checked out by then, where analysis knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// What git's configuration says of pushing, as far as analysis has read it: `push.default=upstream`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<String>,
    /// What an earlier part of the same action does to the commits that are sent.
    #[serde(default, skip_serializing_if = "Sent::is_as_it_is")]
    pub sent: Sent,
}

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
        // After `--` neither of them is an option, however it begins.
        Some(format!("git push {lease} -- {remote} {}", word(&format!("{head}:{}", self.name))))
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
    // Zsh looks for a program where a word begins with `=`.
    if !text.is_empty() && !text.starts_with('=') && text.chars().all(plain) {
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
        let line = format!("git push --force-with-lease=refs/heads/main:{new} -- origin {old}:refs/heads/main");
        assert_eq!(known.way_back(), Some(line.clone()));
        assert!(known.describe().ends_with(&line));
        let deleted = RemoteHead { deleted: true, new: None, ..head() };
        let line = format!("git push --force-with-lease=refs/heads/main: -- origin {old}:refs/heads/main");
        assert_eq!(deleted.way_back(), Some(line));
        for none in [RemoteHead { here: false, ..head() }, RemoteHead { head: None, ..head() }] {
            assert_eq!(none.way_back(), None);
            assert!(none.describe().contains("cannot be put back from here"), "{}", none.describe());
        }
        for (remote, written) in [
            ("it's; rm", "-- 'it'\\''s; rm' "),
            ("--exec=rm", "-- --exec=rm "),
            ("=ls", "-- '=ls' "),
            ("a\nb", "-- 'a\nb' "),
            ("", "-- '' "),
        ] {
            let odd = RemoteHead { remote: remote.to_owned(), ..head() };
            assert!(odd.way_back().is_some_and(|line| line.contains(written)), "{:?}", odd.way_back());
        }
    }
}
