//! The patch language of `apply_patch`: which files a patch touches.

use std::path::PathBuf;

use weir_model::{Patch, PatchOp};

/// The files that `patch` names, in order.
///
/// Headers are recognized wherever a client's own parser might: with leading blanks too. A context line that only looks
/// like a header names a file too many, never one too few.
pub(crate) fn touched(patch: &str) -> Vec<Patch> {
    let mut changes = Vec::new();
    for line in patch.lines() {
        let Some(header) = line.trim().strip_prefix("*** ") else {
            continue;
        };
        let (op, path) = if let Some(path) = header.strip_prefix("Add File:") {
            // An existing file of that name is replaced without a word.
            (PatchOp::Write, path)
        } else if let Some(path) = header.strip_prefix("Update File:") {
            (PatchOp::Update, path)
        } else if let Some(path) = header.strip_prefix("Delete File:") {
            (PatchOp::Delete, path)
        } else if let Some(path) = header.strip_prefix("Move to:") {
            // The content lives on under the new name; what that name held is gone.
            (PatchOp::Write, path)
        } else {
            continue;
        };
        let path = path.trim();
        if !path.is_empty() {
            changes.push(Patch { op, path: PathBuf::from(path) });
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_header_names_a_file() {
        let patch = "*** Begin Patch\n*** Add File: new.txt\n+hello\n*** Update File: a.rs\n*** Move to: b/c.rs\n@@\n\
                     -old\n+new\n  *** Delete File: photo one.jpg\r\n*** End of File\n*** End Patch";
        let found: Vec<_> =
            touched(patch).into_iter().map(|change| (change.op, change.path.display().to_string())).collect();
        let expected = [
            (PatchOp::Write, "new.txt"),
            (PatchOp::Update, "a.rs"),
            (PatchOp::Write, "b/c.rs"),
            (PatchOp::Delete, "photo one.jpg"),
        ];
        assert_eq!(found, expected.map(|(op, path)| (op, path.to_owned())));
    }

    #[test]
    fn nothing_is_found_in_plain_text() {
        assert!(touched("").is_empty());
        assert!(touched("*** Begin Patch\n*** Add File:\n*** End Patch").is_empty());
    }
}
