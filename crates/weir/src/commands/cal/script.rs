//! A script as it comes from a file or from standard input, and what is said about it.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

use weir_cal::{diagnostic::Diagnostic, limits, syntax};

use crate::output::CliError;

/// A script that was read.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) text: String,
    /// For people.
    pub(super) name: String,
    /// Where it is; nowhere for standard input.
    pub(super) path: Option<PathBuf>,
}

impl Script {
    /// Reads a file, or standard input for `-`.
    pub(super) fn read(path: &Path) -> Result<Self, CliError> {
        let is_input = path.as_os_str() == "-";
        let name = if is_input { "standard input".to_owned() } else { path.display().to_string() };
        let failed = |error: io::Error| CliError::user(format!("cannot read {name}: {error}"));
        let bytes = if is_input {
            bounded(io::stdin().lock()).map_err(failed)?
        } else {
            let file = File::open(path).map_err(failed)?;
            if file.metadata().is_ok_and(|meta| meta.is_dir()) {
                return Err(CliError::user(format!("`{name}` is a directory, not a script")));
            }
            bounded(file).map_err(failed)?
        };
        if bytes.len() > limits::SOURCE_BYTES {
            return Err(CliError::user(format!("{name} is longer than {} MiB", limits::SOURCE_BYTES >> 20)));
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            CliError::user(format!("{name} is not UTF-8: byte {at} belongs to no character"))
        })?;
        Ok(Self { text, name, path: (!is_input).then(|| path.to_owned()) })
    }

    /// The name of its file.
    pub(super) fn file_name(&self) -> Option<String> {
        Some(self.path.as_ref()?.file_name()?.to_string_lossy().into_owned())
    }

    /// Says what was found, on standard error.
    pub(super) fn tell(&self, found: &[Diagnostic]) {
        tell(&self.name, &self.text, found);
    }
}

/// One byte more than a script may have, so that a longer one is noticed.
fn bounded(input: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(limits::SOURCE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Says on standard error what was found in a text, with excerpts.
pub(super) fn tell(name: &str, text: &str, found: &[Diagnostic]) {
    if found.is_empty() {
        return;
    }
    let colors = anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never;
    let shown = syntax::render(name, text, found, colors);
    let _ = anstream::stderr().lock().write_all(shown.as_bytes());
}
