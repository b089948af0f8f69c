//! What the commands about restore points share: which point is meant, and how one is shown.

use weir_ledger::{Found, Reader};
use weir_model::{Entry, Timestamp, say};
use weir_restore::{Point, State, Store};

use crate::context;
use crate::output::CliError;

/// The shortest part of an id that is looked for.
const SHORTEST_PART: usize = 4;

/// The restore points of this person.
pub(crate) fn store() -> Result<Store, CliError> {
    let paths = context::config(context::weir_home()).paths;
    Store::open(&paths.restore()).map_err(|error| CliError::user(error.to_string()))
}

/// The point that `part` means: the beginning or end of its id, or of the id of the action that it was made for.
pub(crate) fn find(store: &Store, part: &str) -> Result<Point, CliError> {
    let part = part.trim().to_ascii_lowercase();
    let unknown = |what: &str| CliError::hint(what.to_owned(), "`weir undo --list` shows them.");
    if part.len() < SHORTEST_PART {
        return Err(unknown(&format!("`{part}` is too short for an id: give at least {SHORTEST_PART} characters")));
    }
    let points = list(store)?;
    let fits = |id: String| id.starts_with(&part) || id.ends_with(&part);
    let mut found: Vec<Point> = points
        .into_iter()
        .filter(|point| fits(point.id.to_string()) || point.info.action.is_some_and(|action| fits(action.to_string())))
        .collect();
    match (found.len(), found.pop()) {
        (1, Some(point)) => Ok(point),
        (0, _) | (_, None) => Err(unknown(&missing(&part))),
        (n, _) => Err(unknown(&format!("{n} restore points have an id like `{part}`: give more of it"))),
    }
}

/// All points, newest first.
pub(crate) fn list(store: &Store) -> Result<Vec<Point>, CliError> {
    store.list().map_err(|error| CliError::user(error.to_string()))
}

/// Why nothing has this id: an action can be known that nothing was kept of.
fn missing(part: &str) -> String {
    let none = format!("no restore point has an id like `{part}`");
    let dir = context::config(context::weir_home()).paths.ledger();
    let Ok(Found::One(record)) = Reader::open(&dir).and_then(|reader| reader.find(part)) else { return none };
    let Entry::Judged { action, judgement } = &record.entry else { return none };
    let heads = judgement.effects.iter().flat_map(|effect| &effect.impact.remote_heads);
    let heads: String = heads.map(|head| format!("; {}", head.describe())).collect();
    match judgement.restore_point {
        Some(point) => format!("the restore point {point} of that action is no more"),
        None => format!("nothing was kept of `{}`: no restore point was made for it{heads}", action.summary()),
    }
}

/// What a point holds, in words: `2,113 files, 1.4 GB`.
pub(crate) fn holds(point: &Point) -> String {
    let counts = &point.counts;
    let mut parts = Vec::new();
    let mut count = |n: u64, one: &str, many: &str| {
        if n > 0 {
            parts.push(format!("{} {}", say::count(n), if n == 1 { one } else { many }));
        }
    };
    count(counts.files, "file", "files");
    count(counts.directories, "directory", "directories");
    let bytes = counts.bytes();
    if bytes > 0 {
        parts.push(say::bytes(bytes));
    }
    if !point.holds_changes() && !point.info.remarks.is_empty() {
        return "git commits only".to_owned();
    }
    match point.state {
        _ if !parts.is_empty() => parts.join(", "),
        State::Open => "not counted yet".to_owned(),
        _ => "changes of names and metadata".to_owned(),
    }
}

/// How long a point stays from `now`: `6 days`, `3 h`, `expired`.
pub(crate) fn left(point: &Point, now: Timestamp) -> String {
    let seconds = point.expires.as_second().saturating_sub(now.as_second());
    match seconds {
        ..=0 => "expired".to_owned(),
        1..=5_399 => format!("{} min", seconds.div_euclid(60).max(1)),
        5_400..=129_599 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// The state of a point in one word.
pub(crate) const fn state(point: &Point) -> &'static str {
    match point.state {
        State::Open => "not ended",
        State::Sealed => "kept",
        State::Undone => "undone",
        State::Expired => "expired",
        _ => "unknown",
    }
}

/// A point for scripts.
pub(crate) fn json(point: &Point) -> serde_json::Value {
    serde_json::json!({
        "id": point.id,
        "state": point.state,
        "made": point.made,
        "expires": point.expires,
        "action": point.info.action,
        "agent": point.info.agent,
        "command": point.info.command,
        "cwd": point.info.cwd.to_string_lossy(),
        "files": point.counts.files,
        "directories": point.counts.directories,
        "bytes_kept": point.counts.bytes_kept,
        "bytes_copied": point.counts.bytes_copied,
        "mechanisms": point.mechanisms,
        "undone_by": point.undone_by,
        "remarks": point.info.remarks,
    })
}
