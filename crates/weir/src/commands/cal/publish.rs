//! Where surfaced results go: standard output, or files below one directory.

use std::fs;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use weir_cal::{
    report::{self, Document, Format, ReportError},
    run::Publisher,
};

use crate::context::{account_weir_home, config, weir_home};

/// Publishes to standard output and into files.
pub(super) struct Published {
    /// The files that a script names are below it.
    dir: PathBuf,
    /// Where documents without a file go; nowhere where standard output has something else to say.
    to_output: bool,
    /// The reader of standard output went away: not an error, and nothing more is written.
    pub(super) closed: bool,
}

impl Published {
    pub(super) fn new(dir: PathBuf, to_output: bool) -> Self {
        Self { dir, to_output, closed: false }
    }

    fn print(&mut self, document: &Document<'_>, format: Format) -> Result<(), String> {
        if !self.to_output || self.closed {
            return Ok(());
        }
        let mut out = io::BufWriter::new(io::stdout().lock());
        let written = report::write(document, format, &mut out).and_then(|()| Ok(out.flush()?));
        match written {
            Err(ReportError::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                // What is left in the buffer has no reader either.
                drop(out.into_parts());
                Ok(())
            }
            other => other.map_err(|error| error.to_string()),
        }
    }
}

impl Publisher for Published {
    fn publish(&mut self, document: &Document<'_>, format: Format, to: Option<&str>) -> Result<Option<String>, String> {
        let Some(to) = to else { return self.print(document, format).map(|()| None) };
        let path = inside(&self.dir, to)?;
        replace(&path, |out| {
            report::write(document, format, out).map_err(|error| match error {
                ReportError::Io(error) => error,
                other => io::Error::other(other.to_string()),
            })
        })
        .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        Ok(Some(path.display().to_string()))
    }
}

/// Publishes nothing.
pub(super) struct Nowhere;

impl Publisher for Nowhere {
    fn publish(&mut self, _: &Document<'_>, _: Format, _: Option<&str>) -> Result<Option<String>, String> {
        Ok(None)
    }
}

/// The path of the file `name` below `dir`. A script comes from somebody: it does not get to write anywhere else.
fn inside(dir: &Path, name: &str) -> Result<PathBuf, String> {
    let relative = Path::new(name);
    // Hidden files are the settings of programs, those of agents' guards among them.
    let is_plain = |part: Component<'_>| match part {
        Component::Normal(part) => !part.as_encoded_bytes().starts_with(b"."),
        part => part == Component::CurDir,
    };
    if !relative.components().all(is_plain) || relative.file_name().is_none() || name.ends_with('/') {
        return Err(format!(
            "`{name}` is no visible file below the output directory; `--output` chooses the directory"
        ));
    }
    let path = dir.join(relative);
    let parent = path.parent().unwrap_or(dir);
    let failed = |error: io::Error| format!("cannot make {}: {error}", parent.display());
    // A link on the way could lead out: looked at before anything is made.
    let real = |path: &Path| path.canonicalize();
    fs::create_dir_all(dir).map_err(failed)?;
    let root = real(dir).map_err(failed)?;
    let existing = parent.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(dir);
    if !real(existing).map_err(failed)?.starts_with(&root) {
        return Err(format!("`{name}` leads out of the output directory through a link"));
    }
    fs::create_dir_all(parent).map_err(failed)?;
    if fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_symlink()) {
        return Err(format!("`{name}` is a link, and could lead anywhere"));
    }
    not_a_control(&path)?;
    Ok(path)
}

/// Refuses a file that switches a guard on or off: a script, or who runs it, could overwrite it in passing.
pub(super) fn not_a_control(path: &Path) -> Result<(), String> {
    let full = std::path::absolute(path).map_err(|error| format!("cannot find {}: {error}", path.display()))?;
    // The account's own directory too: the environment may name another.
    for home in [weir_home(), account_weir_home()] {
        if let Some(owner) = weir_guard::control_at(&full, &config(home)) {
            return Err(format!("`{}` belongs to the controls of {owner}", path.display()));
        }
    }
    Ok(())
}

/// Writes a file: all of it or nothing. What stands there must be a file.
pub(super) fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    // A file that is reached through a link stays where it is.
    let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let kept = match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_file() => Some(meta.permissions()),
        Ok(_) => return Err(io::Error::other("something stands there that is not a file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".weir-");
    // As any program makes files: what the umask leaves.
    use std::os::unix::fs::PermissionsExt as _;
    builder.permissions(fs::Permissions::from_mode(0o666));
    let file = builder.tempfile_in(dir)?;
    let mut out = io::BufWriter::new(file);
    write(&mut out)?;
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    if let Some(permissions) = kept {
        file.as_file().set_permissions(permissions)?;
    }
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_writes_below_the_output_directory_only() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("out");
        assert_eq!(inside(&root, "a/b.json").unwrap(), root.join("a/b.json"));
        std::os::unix::fs::symlink(dir.path(), root.join("link")).unwrap();
        for name in [
            "../x",
            "/etc/x",
            "a/../../x",
            "",
            ".",
            "a/",
            ".x",
            ".claude/settings.json",
            "link",
            "link/x",
            "link/new/x",
        ] {
            assert!(inside(&root, name).is_err(), "{name}");
        }
        assert!(!dir.path().join("new").exists());
    }

    #[test]
    fn a_file_is_replaced_whole_and_nothing_else_is() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("x");
        replace(&file, |out| out.write_all(b"one")).unwrap();
        replace(&file, |out| out.write_all(b"half").and(Err(io::Error::other("no more")))).unwrap_err();
        assert_eq!(fs::read(&file).unwrap(), b"one");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left behind");
        let other = dir.path().join("dir");
        fs::create_dir(&other).unwrap();
        assert!(replace(&other, |out| out.write_all(b"x")).is_err());
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace(&link, |out| out.write_all(b"two")).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"two");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }
}
