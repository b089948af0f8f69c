//! The file of a schedule.

use std::{
    ffi::OsString,
    fs::{self, File, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{Entry, ScheduleError};

/// The version of the file.
pub(super) const VERSION: u64 = 1;

/// The largest file that is read.
const BYTES: u64 = 64 << 20;

#[derive(Serialize)]
struct Written<'e> {
    version: u64,
    entries: &'e [Entry],
}

#[derive(Deserialize)]
struct Version {
    version: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    #[serde(rename = "version")]
    _version: u64,
    entries: Vec<Entry>,
}

/// `schedule.json` with an ending of its own.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path.as_os_str());
    name.push(ending);
    PathBuf::from(name)
}

fn io(path: &Path) -> impl FnOnce(io::Error) -> ScheduleError {
    let path = path.to_owned();
    move |source| ScheduleError::Io { path, source }
}

/// The lock is on a file of its own, because the schedule itself is replaced.
pub(super) fn lock(path: &Path) -> Result<File, ScheduleError> {
    let file = beside(path, ".lock");
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        fs::create_dir_all(directory).map_err(io(directory))?;
    }
    let lock = File::options().create(true).truncate(false).write(true).open(&file).map_err(io(&file))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(ScheduleError::Busy(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(io(&file)(error)),
    }
}

pub(super) fn read(path: &Path) -> Result<Vec<Entry>, ScheduleError> {
    let damaged = |reason: String| ScheduleError::Damaged { path: path.to_owned(), reason };
    let bytes = match fs::metadata(path) {
        // A device or a pipe can go on without an end.
        Ok(found) if !found.is_file() => return Err(damaged("it is no regular file".to_owned())),
        Ok(found) if found.len() > BYTES => return Err(damaged(format!("it is larger than {} MiB", BYTES >> 20))),
        Ok(_) => fs::read(path).map_err(io(path))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io(path)(error)),
    };
    let version: Version = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
    if version.version != VERSION {
        return Err(ScheduleError::Version { path: path.to_owned(), version: version.version });
    }
    let read: Read = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
    let mut ids: Vec<&str> = read.entries.iter().map(|entry| entry.id.as_str()).collect();
    ids.sort_unstable();
    match ids.windows(2).find(|pair| pair.first() == pair.last()).and_then(<[&str]>::first) {
        Some(twice) => Err(damaged(format!("the entry `{twice}` stands in it twice"))),
        None => Ok(read.entries),
    }
}

pub(super) fn write(path: &Path, entries: &[Entry]) -> Result<(), ScheduleError> {
    let temporary = prepare(path, entries)?;
    commit(&temporary, path)
}

/// Writes the new file beside the old one. The lock keeps others from the same name.
pub(super) fn prepare(path: &Path, entries: &[Entry]) -> Result<PathBuf, ScheduleError> {
    let temporary = beside(path, ".new");
    let mut text =
        serde_json::to_vec_pretty(&Written { version: VERSION, entries }).map_err(|error| io(path)(error.into()))?;
    text.push(b'\n');
    let mut file = File::create(&temporary).map_err(io(&temporary))?;
    file.write_all(&text).and_then(|()| file.sync_all()).map_err(io(&temporary))?;
    Ok(temporary)
}

/// Puts the new file in the place of the old one.
pub(super) fn commit(temporary: &Path, path: &Path) -> Result<(), ScheduleError> {
    fs::rename(temporary, path).map_err(io(path))?;
    // The name is only as durable as its directory. Where a directory cannot be opened there is nothing to do.
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Ok(directory) = File::open(directory) {
        let _ = directory.sync_all();
    }
    Ok(())
}
