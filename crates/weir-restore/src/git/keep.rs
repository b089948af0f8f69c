//! The refs that keep objects for a restore point.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use gix::ObjectId;
use gix::bstr::{BString, ByteSlice as _};
use gix::objs::tree::{Entry, EntryKind};
use gix::objs::{Commit, Tree};
use gix::refs::transaction::{Change, LogChange, PreviousValue, RefEdit, RefLog};
use weir_model::{KEPT_REFS, RestorePointId, Timestamp};

use super::{Needs, Repository};

/// The line of a kept commit's message that says until when it is needed, in seconds since 1970.
const UNTIL: &str = "Kept-Until: ";
/// The most refs of other points that are looked at.
const MOST_OTHERS: usize = 1_000;

/// Why objects could not be kept.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NotKept(String);

fn because(error: impl std::fmt::Display) -> NotKept {
    NotKept(error.to_string())
}

/// Makes the refs that keep `needs` for the point `id`.
pub(crate) fn hold(
    repository: &Repository,
    needs: &Needs,
    id: RestorePointId,
    expires: Timestamp,
) -> Result<(), NotKept> {
    let git = &repository.git;
    sweep(repository);
    let entries = needs.contents.iter().enumerate().map(|(at, (oid, is_tree))| Entry {
        mode: if *is_tree { EntryKind::Tree } else { EntryKind::Blob }.into(),
        // Names of one length, so that git's order is that of the numbers.
        filename: format!("{at:08}").into(),
        oid: *oid,
    });
    let tree = git.write_object(Tree { entries: entries.collect() }).map_err(because)?.detach();
    let who = gix::actor::Signature {
        name: "Weir".into(),
        email: "weir@localhost".into(),
        time: gix::date::Time::new(Timestamp::now().as_second(), 0),
    };
    let message = format!("Kept for `weir undo {id}`\n\n{UNTIL}{}\n", expires.as_second());
    let commit = Commit {
        tree,
        parents: needs.commits.iter().copied().collect(),
        author: who.clone(),
        committer: who.clone(),
        encoding: None,
        message: message.into(),
        extra_headers: Vec::new(),
    };
    let commit = git.write_object(&commit).map_err(because)?.detach();
    let edits: Result<Vec<RefEdit>, NotKept> = std::iter::once(&commit)
        .chain(&needs.tags)
        .enumerate()
        .map(|(at, oid)| {
            let name = format!("{KEPT_REFS}/{id}/{at}").try_into().map_err(because)?;
            let log = LogChange { mode: RefLog::AndReference, force_create_reflog: false, message: "kept".into() };
            Ok(RefEdit::update_with_log(name, *oid, PreviousValue::Any, log))
        })
        .collect();
    // A ref whose object a power loss took would stop git from collecting anything: first the objects, then the refs.
    let objects = repository.common.join("objects");
    for object in [tree, commit] {
        let hex = object.to_hex().to_string();
        let (start, rest) = hex.split_at_checked(2).unwrap_or_default();
        sync(&objects.join(start).join(rest)).map_err(because)?;
    }
    let mut time = gix::date::parse::TimeBuf::default();
    git.edit_references_as(edits?, Some(who.to_ref(&mut time))).map_err(because)?;
    for at in 0..=needs.tags.len() {
        sync(&repository.common.join(format!("{KEPT_REFS}/{id}/{at}"))).map_err(because)?;
    }
    Ok(())
}

/// Waits until a file is on disk; what is in a pack already is.
fn sync(path: &Path) -> io::Result<()> {
    match std::fs::File::open(path) {
        Ok(file) => file.sync_data(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Removes the refs of the point `id` from the repository whose refs are in `common`, if it is still there.
pub(crate) fn release(common: &Path, id: RestorePointId) -> Result<(), NotKept> {
    if !common.exists() {
        return Ok(());
    }
    let repository = Repository::open(common).map_err(because)?;
    let prefix = format!("{KEPT_REFS}/{id}/");
    let names = names(&repository, &prefix, usize::MAX)?;
    remove(&repository, names.into_iter().map(|(name, _)| name))
}

/// Removes what was kept for points whose time is over, whoever made them.
fn sweep(repository: &Repository) {
    let Ok(refs) = names(repository, &format!("{KEPT_REFS}/"), MOST_OTHERS) else { return };
    let now = Timestamp::now().as_second();
    let is_over = |id: &ObjectId| {
        let commit = repository.git.find_commit(*id).ok()?;
        let message = commit.message_raw().ok()?.to_str().ok()?.to_owned();
        let until = message.lines().find_map(|line| line.strip_prefix(UNTIL)?.parse::<i64>().ok())?;
        Some(until < now)
    };
    let point = |name: &BString| name.rfind_byte(b'/').and_then(|at| name.get(..at)).map(BString::from);
    let over: Vec<BString> = refs
        .iter()
        .filter(|(name, id)| name.ends_with(b"/0") && is_over(id) == Some(true))
        .filter_map(|(name, _)| point(name))
        .collect();
    if !over.is_empty() {
        let gone = refs.into_iter().map(|(name, _)| name).filter(|name| point(name).is_some_and(|p| over.contains(&p)));
        let _ = remove(repository, gone);
    }
}

fn names(repository: &Repository, prefix: &str, most: usize) -> Result<Vec<(BString, ObjectId)>, NotKept> {
    let platform = repository.git.references().map_err(because)?;
    let found = platform.prefixed(prefix).map_err(because)?;
    Ok(found
        .filter_map(Result::ok)
        .filter_map(|reference| Some((reference.name().as_bstr().to_owned(), reference.try_id()?.detach())))
        .take(most)
        .collect())
}

fn remove(repository: &Repository, names: impl Iterator<Item = BString>) -> Result<(), NotKept> {
    let mut directories = std::collections::BTreeSet::new();
    let mut edits = Vec::new();
    for name in names {
        let change = Change::Delete { expected: PreviousValue::Any, log: RefLog::AndReference };
        directories.extend(name.rfind_byte(b'/').and_then(|at| name.get(..at)).map(BString::from));
        edits.push(RefEdit { change, name: name.try_into().map_err(because)?, deref: false });
    }
    if edits.is_empty() {
        return Ok(());
    }
    repository.git.edit_references_as(edits, None).map_err(because)?;
    for directory in directories.iter().map(|name| name.as_bstr()).chain([KEPT_REFS.as_bytes().as_bstr()]) {
        let _ = std::fs::remove_dir(repository.common.join(OsStr::from_bytes(directory)));
    }
    Ok(())
}
