//! Which data a script reads.

use std::path::{Path, PathBuf};

use weir_cal::source::{self, Source};

use crate::output::CliError;

/// The environment's word on where data are.
const VARIABLE: &str = "CAL_DATA_PATH";

/// Opens the data: what was asked for, else `$CAL_DATA_PATH`, else the directory `data` beside the script, else the
/// script's own directory.
pub(super) fn source(asked: Option<&Path>, script: Option<&Path>) -> Result<Box<dyn Source>, CliError> {
    let named = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
    let path = match (asked, named) {
        (Some(asked), _) => asked.to_owned(),
        (None, Some(named)) => named,
        (None, None) => beside(script),
    };
    source::open(&path).map_err(|error| {
        CliError::hint(
            format!("the data cannot be opened: {error}"),
            "Name a directory, a file or a database with --data.",
        )
    })
}

fn beside(script: Option<&Path>) -> PathBuf {
    let dir = script.and_then(Path::parent).filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let data = dir.join("data");
    if data.is_dir() { data } else { dir.to_owned() }
}
