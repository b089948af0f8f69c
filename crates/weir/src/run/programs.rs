//! Which programs a supervised command started, one JSON object per line: too many, and too often the same, for the ledger.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use weir_model::{ActionId, Timestamp};

use crate::context;

/// The most bytes of one list.
const LARGEST: usize = 16 * 1024 * 1024;

/// The longest list of arguments that is kept whole, in bytes.
const LONGEST: usize = 8 * 1024;

/// One program that was started, or one place that was connected to.
#[derive(Serialize)]
struct Line<'a> {
    at: Timestamp,
    argv: &'a [String],
    left_out: usize,
    cwd: &'a str,
    refused: Option<&'a str>,
}

/// The list of one run. What cannot be written is not a reason to stop the command: the ledger has what was refused.
pub(super) struct Programs {
    state: Mutex<Option<State>>,
}

struct State {
    file: BufWriter<File>,
    left: usize,
}

impl Programs {
    pub(super) fn open(dir: &Path, action: ActionId) -> Self {
        let open = || {
            DirBuilder::new().recursive(true).mode(0o700).create(dir).ok()?;
            OpenOptions::new().create_new(true).write(true).mode(0o600).open(file(dir, action)).ok()
        };
        let state = open().map(|file| State { file: BufWriter::new(file), left: LARGEST });
        Self { state: Mutex::new(state) }
    }

    pub(super) fn note(&self, words: &[String], cwd: &Path, refused: Option<&str>) {
        let mut kept = 0;
        let fits = |word: &&String| {
            kept += word.len() + 1;
            kept <= LONGEST
        };
        let argv = words.get(..words.iter().take_while(fits).count()).unwrap_or_default();
        let left_out = words.len() - argv.len();
        let line = Line { at: context::now(), argv, left_out, cwd: &cwd.to_string_lossy(), refused };
        let Ok(mut line) = serde_json::to_vec(&line) else { return };
        line.push(b'\n');
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(state) = state.as_mut().filter(|state| state.left > line.len()) {
            state.left -= line.len();
            let _ = state.file.write_all(&line);
        }
    }
}

/// The list of the run of `action`.
pub(super) fn file(dir: &Path, action: ActionId) -> PathBuf {
    dir.join(format!("{action}.jsonl"))
}
