//! Which programs a supervised command started, one JSON object per line: too many, and too often the same, for the ledger.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use weir_model::ActionId;

use crate::context;

/// The most bytes of one list.
const LARGEST: usize = 16 * 1024 * 1024;

/// The longest list of arguments that is kept whole, in bytes.
const LONGEST: usize = 8 * 1024;

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
        let whole: Vec<&String> = words
            .iter()
            .take_while(|word| {
                kept += word.len() + 1;
                kept <= LONGEST
            })
            .collect();
        let line = serde_json::json!({
            "at": context::now(),
            "argv": whole,
            "left_out": words.len() - whole.len(),
            "cwd": cwd.to_string_lossy(),
            "refused": refused,
        });
        let line = line.to_string();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(state) = state.as_mut().filter(|state| state.left > line.len()) {
            state.left -= line.len();
            let _ = writeln!(state.file, "{line}");
        }
    }
}

/// The list of the run of `action`.
pub(super) fn file(dir: &Path, action: ActionId) -> PathBuf {
    dir.join(format!("{action}.jsonl"))
}
