//! Shells that are none of ours: recognized by their words, and said not to be analyzed.

/// Verbs of PowerShell that may destroy, change or run something.
const HARMFUL: &[&str] = &[
    "remove",
    "clear",
    "set",
    "move",
    "rename",
    "stop",
    "restart",
    "suspend",
    "disable",
    "uninstall",
    "reset",
    "invoke",
    "foreach",
    "dismount",
    "initialize",
    "format",
    "revoke",
    "unregister",
    "optimize",
    "repair",
    "restore",
    "copy",
    "out",
    "add",
    "start",
    "new",
    "import",
    "install",
    "update",
    "publish",
    "send",
    "grant",
    "enter",
    "expand",
    "compress",
];

/// Verbs of PowerShell that only look.
const LOOKING: &[&str] = &[
    "get",
    "write",
    "select",
    "where",
    "test",
    "measure",
    "sort",
    "group",
    "compare",
    "convertto",
    "convertfrom",
    "show",
    "find",
    "search",
    "resolve",
    "join",
    "split",
    "read",
    "trace",
    "debug",
    "wait",
    "tee",
];

/// Words of shells, in any of their spellings, that may destroy, change or run something.
const WORDS: &[&str] = &[
    "rm",
    "del",
    "erase",
    "rd",
    "rmdir",
    "ri",
    "mv",
    "move",
    "ren",
    "format",
    "diskpart",
    "iex",
    "truncate",
    "dd",
    "clc",
    "kill",
    "git",
    "shred",
    "unlink",
    "reg",
    "cp",
    "copy",
    "xcopy",
    "robocopy",
    "wipe",
    "cipher",
    "eval",
    "source",
    "call",
    "start",
    "sudo",
    "find",
    "fd",
    "tee",
    "docker",
    "kubectl",
    "terraform",
    "psql",
    "mysql",
    "aws",
    "gcloud",
    "curl",
    "wget",
];

/// `Remove-Item`, `Get-ChildItem`: true where the command may do harm, `None` where it is no command of PowerShell.
pub(super) fn cmdlet(name: &str) -> Option<bool> {
    let (verb, noun) = name.split_once('-')?;
    let letters = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric());
    if !noun.starts_with(|c: char| c.is_ascii_uppercase()) || !letters(noun) || !letters(verb) {
        return None;
    }
    let verb = verb.to_ascii_lowercase();
    if HARMFUL.contains(&verb.as_str()) {
        return Some(!matches!(
            name,
            "Out-Null" | "Out-Host" | "Out-String" | "Out-Default" | "Format-Table" | "Format-List"
        ));
    }
    LOOKING.contains(&verb.as_str()).then_some(false)
}

/// True for a program that reads another shell's text.
pub(super) fn is_shell(name: &str) -> bool {
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let base = base.split(' ').next().unwrap_or(base);
    matches!(
        base.strip_suffix(".exe").unwrap_or(base),
        "pwsh" | "powershell" | "cmd" | "fish" | "nu" | "xonsh" | "elvish" | "tcsh" | "csh"
    )
}

/// True where text of another shell may do harm: all of it that nobody reads, unless it only looks.
pub(super) fn may_harm(text: &str) -> bool {
    let word = |word: &str| {
        let name = word.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
        cmdlet(name).unwrap_or_else(|| WORDS.contains(&name.to_ascii_lowercase().as_str()))
    };
    text.contains(['>', '`'])
        || text.contains("::")
        || text.split(|c: char| c.is_whitespace() || "|;&(){}".contains(c)).any(word)
}

#[cfg(test)]
mod tests {
    use super::{cmdlet, may_harm};

    #[test]
    fn what_may_do_harm_is_told_from_what_looks() {
        for name in
            ["Remove-Item", "Clear-Content", "Set-Content", "Invoke-Expression", "ForEach-Object", "remove-Item"]
        {
            assert_eq!(cmdlet(name), Some(true), "{name}");
        }
        for name in ["Get-ChildItem", "Write-Host", "Select-Object", "Out-Null", "ConvertTo-Json"] {
            assert_eq!(cmdlet(name), Some(false), "{name}");
        }
        for name in ["apt-get", "docker-compose", "x-Y", "git-LFS", "rm"] {
            assert_eq!(cmdlet(name), None, "{name}");
        }
        for text in [
            "Remove-Item x",
            "rm -r dir",
            "gci | ri",
            "[IO.File]::Delete('x')",
            "echo x > y",
            "del /s x",
            "for f in *; rm $f; end",
        ] {
            assert!(may_harm(text), "{text}");
        }
        for text in ["Get-Date", "Get-ChildItem | Select-Object Name", "echo hello", "$PSVersionTable", "dir /b"] {
            assert!(!may_harm(text), "{text}");
        }
    }
}
