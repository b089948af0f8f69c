//! One thing that an action would do: a verb on a target.

use serde::{Deserialize, Serialize};

use crate::{Impact, RemotePush, Reversibility, Target};

/// What is done to the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Looks; changes nothing.
    Read,
    /// Makes something new.
    Create,
    /// Changes or overwrites what exists.
    Modify,
    /// Destroys.
    Delete,
    /// Runs a program.
    Execute,
    /// Brings foreign code into an environment.
    Install,
    /// Gives something to others that cannot be taken back (a release, a push).
    Publish,
    /// Sends data to another machine.
    Send,
    /// Gives rights.
    Grant,
    /// Changes what runs in an environment.
    Deploy,
}

impl Verb {
    /// Every verb, in the order of declaration.
    pub const ALL: [Self; 10] = [
        Self::Read,
        Self::Create,
        Self::Modify,
        Self::Delete,
        Self::Execute,
        Self::Install,
        Self::Publish,
        Self::Send,
        Self::Grant,
        Self::Deploy,
    ];

    /// The name used in JSON, in policies and in texts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Modify => "modify",
            Self::Delete => "delete",
            Self::Execute => "execute",
            Self::Install => "install",
            Self::Publish => "publish",
            Self::Send => "send",
            Self::Grant => "grant",
            Self::Deploy => "deploy",
        }
    }
}

/// A range of bytes in the text of the action, end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// How much of the target the effect touches: what measurement needs to know beyond verb and target.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Scope {
    /// The target as a whole; for a file tree, everything below it.
    #[default]
    Whole,
    /// For a file tree: only the named files themselves; a directory among them is left alone (`rm` without `-r`).
    Files,
    /// For a file tree: only directories that are empty (`rmdir`).
    EmptyDirectories,
    /// For a file tree: the entries below the path that a filter lets through (`find -name`, `rsync --delete`).
    /// The filter is not evaluated: figures are upper bounds and are given as estimates.
    Filtered {
        /// The filter as written.
        filter: String,
    },
    /// For a file tree: the content is replaced or cut, the name stays.
    Content,
    /// For a file tree: it gets another name on the same machine; nothing is lost unless the new name is taken.
    Moved {
        /// The new place; absolute.
        to: std::path::PathBuf,
    },
    /// For git targets: which part of the repository.
    Git(GitScope),
}

/// Which part of a git repository an effect touches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "git", rename_all = "kebab-case")]
pub enum GitScope {
    /// Uncommitted changes of tracked files (`reset --hard`, `checkout -- PATHS`, `restore`).
    Changes {
        /// Limits to these paths, as written, relative to the working directory; empty means all.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pathspecs: Vec<String>,
        /// Staged changes are lost too.
        staged: bool,
        /// Changes in the working tree are lost too.
        worktree: bool,
        /// The commit that the command checks out meanwhile, as written (`checkout -f BRANCH`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<String>,
    },
    /// Untracked files (`clean`).
    Untracked {
        /// Limits to these paths, as written; empty means all.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pathspecs: Vec<String>,
        /// Whole untracked directories too (`-d`).
        directories: bool,
        /// Ignored files too (`-x`).
        ignored: bool,
        /// Only ignored files (`-X`).
        only_ignored: bool,
    },
    /// The current branch (or `reference`) moves to `to`: commits that only it reaches may be lost.
    Move {
        /// The ref that moves; `None` is HEAD's branch.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference: Option<String>,
        /// Where to, as written (`HEAD~3`, `origin/main`).
        to: String,
    },
    /// Refs are deleted (`branch -D`, `tag -d`, `update-ref -d`).
    Refs {
        /// The refs as written.
        names: Vec<String>,
    },
    /// Stash entries are dropped; `None` is all of them.
    Stash {
        /// The entry's number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        entry: Option<u32>,
    },
    /// Refs on a remote are overwritten or deleted (`push --force`, `--mirror`, `:branch`).
    Remote(RemotePush),
    /// A linked working tree is removed (`worktree remove --force`).
    Worktree {
        /// Its path as written.
        path: String,
    },
    /// History is rewritten or what makes it recoverable is thrown away (`filter-branch`, `reflog expire`, `gc --prune=now`).
    History,
}

/// What becomes of a branch between now and the push that sends it, from the least to the most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sent {
    /// Nothing that is known.
    #[default]
    AsItIs,
    /// Commits are added to those that it has (`commit`, `merge`).
    Grown,
    /// Other commits take the place of those that it has (`commit --amend`, `rebase`, `reset`).
    Rewritten,
}

impl Sent {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde asks for it")]
    pub(crate) const fn is_as_it_is(&self) -> bool {
        matches!(self, Self::AsItIs)
    }
}

/// One thing that an action would do.
///
/// Analysis makes it with the first group of fields; measurement fills `impact` and `reversibility`; policy fills
/// `policies`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// What is done.
    pub verb: Verb,
    /// To what.
    pub target: Target,
    /// How much of it.
    #[serde(default, skip_serializing_if = "is_whole")]
    pub scope: Scope,
    /// True for a part of the action that could not be understood. Never dropped: policy decides about it.
    pub opaque: bool,
    /// Why it is opaque, or another remark of the analysis for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Where in the action's text it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
    /// The programs through which it is reached, outermost first (`sudo`, `bash -c`, `make clean`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<String>,
    /// The harmless command that shows what this one would do (`terraform plan -destroy`), where the catalog has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<String>,
    /// How large it is.
    #[serde(default)]
    pub impact: Impact,
    /// Whether it can be taken back.
    #[serde(default)]
    pub reversibility: Reversibility,
    /// The ids of the policies that decided about it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<String>,
}

fn is_whole(scope: &Scope) -> bool {
    *scope == Scope::Whole
}

impl Effect {
    /// An understood effect, not yet measured.
    #[must_use]
    pub fn new(verb: Verb, target: Target) -> Self {
        Self {
            verb,
            target,
            scope: Scope::Whole,
            opaque: false,
            note: None,
            span: None,
            via: Vec::new(),
            preview: None,
            impact: Impact::default(),
            reversibility: Reversibility::Unknown,
            policies: Vec::new(),
        }
    }

    /// An effect that could not be understood, with the reason for people.
    #[must_use]
    pub fn opaque(verb: Verb, target: Target, why: impl Into<String>) -> Self {
        Self { opaque: true, note: Some(why.into()), ..Self::new(verb, target) }
    }

    /// The same effect, limited to `scope`.
    #[must_use]
    pub fn within(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }
}
