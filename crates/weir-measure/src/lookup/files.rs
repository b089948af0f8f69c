//! The formats of small configuration files: INI sections and `.env` lines.

use std::io::Read as _;
use std::path::Path;

/// The largest file that is read.
const LARGEST: u64 = 1 << 20;

/// The text of a regular file; `None` where there is none, or it is too large.
pub(super) fn read(path: &Path) -> Option<String> {
    // Opening a pipe would wait for a writer.
    if !std::fs::metadata(path).ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    let size = std::fs::File::open(path).ok()?.take(LARGEST + 1).read_to_end(&mut bytes).ok()?;
    (size as u64 <= LARGEST).then(|| String::from_utf8_lossy(&bytes).into_owned())
}

/// The value of a key in a section of an INI file.
pub(super) fn ini<'t>(text: &'t str, section: &str, key: &str) -> Option<&'t str> {
    let mut inside = false;
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.split(']').next()) {
            inside = name.trim() == section;
        } else if inside
            && let Some((name, value)) = line.split_once('=')
            && name.trim() == key
        {
            return Some(value.trim());
        }
    }
    None
}

/// The value of a variable in a `.env` file: the last assignment counts.
pub(super) fn dotenv<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let value = text.lines().rev().find_map(|line| {
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (key, value) = line.split_once('=')?;
        (key.trim() == name).then(|| value.trim())
    })?;
    let quoted = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.split(*quote).next());
    let value = quoted.unwrap_or_else(|| value.split(" #").next().unwrap_or(value).trim_end());
    (!value.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_and_lines_are_read_as_their_tools_do() {
        let text =
            "; c\n[default]\nregion=eu\n[ profile prod ]\nregion = us # no comment\nrole_arn=x=y\n[broken\nregion=z\n";
        assert_eq!(ini(text, "default", "region"), Some("eu"));
        assert_eq!(ini(text, "profile prod", "role_arn"), Some("x=y"));
        assert_eq!(ini(text, "profile prod", "none"), None);
        let text = "A=1\nexport A='two' # x\nB=\"a # b\"\nC=plain # comment\nD=\n#E=1\n F = spaced\n";
        for (name, value) in [
            ("A", Some("two")),
            ("B", Some("a # b")),
            ("C", Some("plain")),
            ("D", None),
            ("E", None),
            ("F", Some("spaced")),
        ] {
            assert_eq!(dotenv(text, name), value, "{name}");
        }
    }
}
