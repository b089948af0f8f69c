//! Numbers and sizes as people read them.

use crate::{Figure, Impact};

/// `12345678` as `12,345,678`.
#[must_use]
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A text of at most about `most` bytes, with how much of it was left out.
#[must_use]
pub fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let (start, rest) = text.split_at_checked(text.floor_char_boundary(most)).unwrap_or((text, ""));
    format!("{start}… ({} more)", bytes(rest.len() as u64))
}

/// A number of bytes with a decimal unit: `1.4 GB`.
#[must_use]
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if n < 1_000 {
        return if n == 1 { "1 byte".to_owned() } else { format!("{n} bytes") };
    }
    // Tenths of the unit in whole numbers: no rounding surprises at the borders.
    let mut tenths = n / 100;
    let mut unit = 0;
    while tenths >= 9_995 && unit + 1 < UNITS.len() {
        tenths /= 1_000;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or("PB");
    if tenths >= 1_000 { format!("{} {name}", tenths / 10) } else { format!("{}.{} {name}", tenths / 10, tenths % 10) }
}

/// A figure with how sure it is: `at least 1,000 files`, `an unknown number of files`.
#[must_use]
pub fn figure(figure: Figure, one: &str, many: &str) -> String {
    let noun = |n| if n == 1 { one } else { many };
    match figure {
        Figure::Exact(n) => format!("{} {}", count(n), noun(n)),
        Figure::Estimated(n) => format!("about {} {}", count(n), noun(n)),
        Figure::AtLeast(n) => format!("at least {} {}", count(n), noun(n)),
        Figure::Unknown => format!("an unknown number of {many}"),
    }
}

/// The measured size of an effect in one line; empty where there is nothing to say.
#[must_use]
pub fn impact_line(impact: &Impact) -> String {
    if impact.exists == Some(false) {
        return "does not exist".to_owned();
    }
    let mut parts = Vec::new();
    if let Some(files) = impact.files {
        let mut text = figure(files, "file", "files");
        if let Some(size) = impact.bytes.and_then(Figure::value).filter(|_| !files.is_zero()) {
            text.push_str(&format!(" ({})", bytes(size)));
        }
        parts.push(text);
    }
    let shares = [
        (impact.only_copy_files, "with no other copy"),
        (impact.git_restorable_files, "git can restore"),
        (impact.regenerable_files, "a build makes again"),
        (impact.session_files, "made in this session"),
    ];
    for (share, what) in shares {
        match share {
            // Where not even the number of files is known, that says it all.
            Some(Figure::Unknown) if impact.files == Some(Figure::Unknown) => {}
            Some(Figure::Unknown) => parts.push(format!("an unknown number {what}")),
            Some(share) if !share.is_zero() => parts.push(format!("{} {what}", figure(share, "", "").trim_end())),
            _ => {}
        }
    }
    let counted = [
        (impact.commits, "commit", "commits"),
        (impact.refs, "ref", "refs"),
        (impact.stashes, "stash entry", "stash entries"),
        (impact.rows, "row", "rows"),
        (impact.resources, "resource", "resources"),
        (impact.dependents, "dependent", "dependents"),
    ];
    for (share, one, many) in counted {
        if let Some(share) = share.filter(|share| !share.is_zero()) {
            parts.push(figure(share, one, many));
        }
    }
    if !impact.mounts.is_empty() {
        parts.push(format!("mounted below: {}", impact.mounts.join(", ")));
    }
    if let Some(remark) = &impact.remark {
        parts.push(remark.clone());
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(count(0), "0");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(bytes(1), "1 byte");
        assert_eq!(bytes(999), "999 bytes");
        assert_eq!(bytes(1_000), "1.0 kB");
        assert_eq!(bytes(1_449_000_000), "1.4 GB");
        assert_eq!(bytes(123_400_000), "123 MB");
        assert_eq!(figure(Figure::AtLeast(1), "file", "files"), "at least 1 file");
        assert_eq!(figure(Figure::Unknown, "row", "rows"), "an unknown number of rows");
    }

    #[test]
    fn an_impact_reads_as_one_line() {
        let impact = Impact {
            measured: true,
            files: Some(Figure::Exact(20_000)),
            bytes: Some(Figure::Exact(1_400_000_000)),
            only_copy_files: Some(Figure::Exact(20_000)),
            git_restorable_files: Some(Figure::Exact(0)),
            ..Impact::default()
        };
        assert_eq!(impact_line(&impact), "20,000 files (1.4 GB), 20,000 with no other copy");
    }
}
