//! Languages without a front end (Lua, R, Julia, Elixir, Lisps, Tcl, AppleScript, PowerShell): the few calls that run
//! commands and delete files, by their names and the literals that follow.

use weir_model::{Effect, Target, TargetKind, Verb};

use crate::call::{Arg, Call, HOLE, Language, Say, Value};

/// Tokens of one call that are looked at, and calls of one text.
const MOST_TOKENS: usize = 64;
const MOST_CALLS: usize = 256;
const MOST_TEXT: usize = 256 * 1024;

/// What a call does with its literals.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// The first one is a command line.
    Line,
    /// They are a program and its arguments; a single one is a command line.
    Words,
    /// As `Words`, after this many that are something else.
    WordsAfter(usize),
    /// Each is the path of a file or directory that goes, with all that is below it.
    Tree,
    /// Each is the path of a file that goes.
    Files,
}

const CALLS: &[(&str, Meaning)] = &[
    // Lua
    ("os.execute", Meaning::Line),
    ("io.popen", Meaning::Line),
    ("os.remove", Meaning::Files),
    ("vim.fn.delete", Meaning::Tree),
    ("vim.fn.system", Meaning::Line),
    ("lfs.rmdir", Meaning::Files),
    // R
    ("system", Meaning::Line),
    ("system2", Meaning::Words),
    ("shell", Meaning::Line),
    ("unlink", Meaning::Tree),
    ("file.remove", Meaning::Files),
    ("file_delete", Meaning::Tree),
    ("dir_delete", Meaning::Tree),
    ("fs::file_delete", Meaning::Tree),
    ("fs::dir_delete", Meaning::Tree),
    // Julia
    ("rm", Meaning::Tree),
    ("Base.rm", Meaning::Tree),
    ("run", Meaning::Line),
    ("Base.run", Meaning::Line),
    // Elixir, Erlang
    ("File.rm_rf!", Meaning::Tree),
    ("File.rm_rf", Meaning::Tree),
    ("File.rm!", Meaning::Files),
    ("File.rm", Meaning::Files),
    ("System.cmd", Meaning::Words),
    ("System.shell", Meaning::Line),
    (":os.cmd", Meaning::Line),
    ("os:cmd", Meaning::Line),
    ("file:delete", Meaning::Files),
    ("file:del_dir_r", Meaning::Tree),
    // Lisps
    ("delete-directory", Meaning::Tree),
    ("delete-file", Meaning::Files),
    ("shell-command", Meaning::Line),
    ("shell-command-to-string", Meaning::Line),
    ("async-shell-command", Meaning::Line),
    ("call-process-shell-command", Meaning::Line),
    ("call-process", Meaning::Words),
    ("start-process", Meaning::WordsAfter(2)),
    ("uiop:run-program", Meaning::Line),
    ("uiop:delete-directory-tree", Meaning::Tree),
    ("delete-directory/files", Meaning::Tree),
    ("system*", Meaning::Words),
    ("sh", Meaning::Words),
    ("shell/sh", Meaning::Words),
    ("clojure.java.shell/sh", Meaning::Words),
    ("io/delete-file", Meaning::Files),
    ("fs/delete-tree", Meaning::Tree),
    // Nim, Crystal, D, Dart, Haskell, Prolog
    ("execShellCmd", Meaning::Line),
    ("removeDir", Meaning::Tree),
    ("removeFile", Meaning::Files),
    ("removeDirectoryRecursive", Meaning::Tree),
    ("callCommand", Meaning::Line),
    ("readProcess", Meaning::Words),
    ("FileUtils.rm_rf", Meaning::Tree),
    ("File.delete", Meaning::Files),
    ("Process.run", Meaning::Words),
    ("rmtree", Meaning::Tree),
    // AppleScript
    ("do shell script", Meaning::Line),
    // Tcl, with words of its own
    ("exec", Meaning::Words),
    ("spawn", Meaning::Words),
    ("send", Meaning::Line),
    ("file delete", Meaning::Tree),
    // PowerShell
    ("Remove-Item", Meaning::Tree),
    ("[System.IO.Directory]::Delete", Meaning::Tree),
    ("[System.IO.File]::Delete", Meaning::Files),
    ("[IO.Directory]::Delete", Meaning::Tree),
];

/// Calls whose arguments are words like those of a shell.
const BARE: &[&str] = &["exec", "spawn", "file delete", "Remove-Item"];

/// Other names of `Remove-Item`.
const REMOVES: &[&str] = &["ri", "rm", "rmdir", "rd", "del", "erase", "remove-item"];

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Literal(String),
    Open,
    Close,
    End,
    Other,
}

/// Says what program text in some other language does. False where it calls nothing that is known.
pub(super) fn interpret(text: &str, call: &Call<'_>, say: &mut dyn Say) -> bool {
    if text.len() > MOST_TEXT {
        return false;
    }
    let name = call.argv.first().and_then(Arg::text).unwrap_or_default();
    if is_powershell(name) {
        return powershell(text, call, name, say);
    }
    let tokens = tokens(text);
    let mut said = false;
    let mut calls = 0;
    for at in 0..tokens.len() {
        let Some((length, name, meaning)) = known(tokens.get(at..).unwrap_or_default()) else { continue };
        calls += 1;
        if calls > MOST_CALLS {
            break;
        }
        // A Lisp has the parenthesis before the name.
        let inside = at > 0 && tokens.get(at - 1) == Some(&Token::Open);
        let rest = tokens.get(at + length..).unwrap_or_default();
        said |= one(name, meaning, rest, inside, call, say);
    }
    if said {
        let target = Target::new(TargetKind::Program, name);
        say.opaque(Effect::opaque(Verb::Execute, target, "only some calls of this language are read"));
    }
    said
}

fn known(tokens: &[Token]) -> Option<(usize, &'static str, Meaning)> {
    let word = |at: usize| match tokens.get(at) {
        Some(Token::Word(word)) => Some(word.as_str()),
        _ => None,
    };
    let first = word(0)?;
    CALLS.iter().find_map(|(name, meaning)| {
        let mut parts = name.split(' ');
        let matches = parts.next() == Some(first) && parts.enumerate().all(|(n, part)| word(n + 1) == Some(part));
        matches.then(|| (name.split(' ').count(), *name, *meaning))
    })
}

fn one(name: &str, meaning: Meaning, rest: &[Token], inside: bool, call: &Call<'_>, say: &mut dyn Say) -> bool {
    let bare = BARE.contains(&name) && matches!(rest.first(), Some(Token::Word(_)));
    // Without a parenthesis, a literal or words it is no call.
    if !bare && !inside && !matches!(rest.first(), Some(Token::Open | Token::Literal(_))) {
        return false;
    }
    let mut depth = 0usize;
    let mut words = Vec::new();
    for token in rest.iter().take(MOST_TOKENS) {
        match token {
            Token::Open => depth += 1,
            Token::Close if depth <= 1 && !bare => {
                if depth == 0 || !inside {
                    break;
                }
                depth -= 1;
            }
            Token::Close => depth = depth.saturating_sub(1),
            Token::End if depth == 0 => break,
            Token::Literal(text) => words.push(text.clone()),
            Token::Word(word) if bare => words.push(word.clone()),
            _ => {}
        }
    }
    let through = name;
    match meaning {
        Meaning::Line => {
            let Some(line) = words.first() else { return false };
            let line = line.trim_end_matches("\\r").trim_end_matches("\\n");
            say.code(Language::Shell, &holed(line), &[], through);
        }
        Meaning::Words | Meaning::WordsAfter(_) => {
            let skip = if let Meaning::WordsAfter(skip) = meaning { skip } else { 0 };
            let words: Vec<String> = words.into_iter().skip(skip).skip_while(|word| word.starts_with("-no")).collect();
            match words.as_slice() {
                [] => return false,
                [line] => say.code(Language::Shell, &holed(line), &[], through),
                words => say.command(words.iter().map(|word| arg(word, call)).collect(), through),
            }
        }
        Meaning::Tree | Meaning::Files => {
            let paths: Vec<Arg> =
                words.iter().filter(|word| !word.starts_with('-')).map(|word| arg(word, call)).collect();
            if paths.is_empty() {
                return false;
            }
            remove(meaning == Meaning::Tree, paths, through, say);
        }
    }
    true
}

fn remove(tree: bool, paths: Vec<Arg>, through: &str, say: &mut dyn Say) {
    let mut argv = vec![Arg::known("rm"), Arg::known(if tree { "-rf" } else { "-f" }), Arg::known("--")];
    argv.extend(paths);
    say.command(argv, through);
}

/// Text with a hole for what the language puts in.
fn holed(text: &str) -> String {
    match text.find("#{") {
        Some(at) => format!("{}{HOLE}", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A path or word; most of these languages know `~`.
fn arg(text: &str, call: &Call<'_>) -> Arg {
    let home = || call.world.home(None).map(|home| home.to_string_lossy().into_owned());
    let full = match text.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with(['/', '\\']) => {
            home().map_or_else(|| text.to_owned(), |home| home + rest)
        }
        _ => text.to_owned(),
    };
    let value = match ["#{", "${", "$(", "$"].iter().find_map(|mark| full.find(mark)) {
        Some(0) => Value::Unknown,
        Some(at) => Value::Prefix(full.get(..at).unwrap_or_default().to_owned()),
        None => Value::Known(full),
    };
    Arg::new(value, text)
}

fn tokens(text: &str) -> Vec<Token> {
    let mut out = Vec::new();
    for line in text.split_inclusive(['\n', ';']) {
        let start = line.trim_start();
        if ["#", "--", "//", "%"].iter().any(|mark| start.starts_with(mark)) {
            out.push(Token::End);
            continue;
        }
        line_tokens(line, &mut out);
        out.push(Token::End);
    }
    out
}

fn line_tokens(line: &str, out: &mut Vec<Token>) {
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        if rest.starts_with("[[")
            && let Some((inside, tail)) = rest.get(2..).unwrap_or_default().split_once("]]")
        {
            out.push(Token::Literal(inside.to_owned()));
            rest = tail;
            continue;
        }
        if matches!(c, '"' | '\'' | '`')
            && let Some((inside, tail)) = quoted(after, c)
        {
            out.push(Token::Literal(inside));
            rest = tail;
            continue;
        }
        let is_word = |c: char| c.is_alphanumeric() || "_.:/!?-~*[]@+=$%^".contains(c);
        if is_word(c) {
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let (word, tail) = rest.split_at_checked(end).unwrap_or((rest, ""));
            out.push(Token::Word(word.to_owned()));
            rest = tail;
            continue;
        }
        match c {
            '(' => out.push(Token::Open),
            ')' => out.push(Token::Close),
            c if c.is_whitespace() => {}
            _ => out.push(Token::Other),
        }
        rest = after;
    }
}

/// What stands before the closing quote on the same line, and what comes after it.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some((_, next)) if next == quote || next == '\\' => out.push(next),
                Some((_, next)) => {
                    out.push('\\');
                    out.push(next);
                }
                None => return None,
            },
            c if c == quote => return Some((out, text.get(at + c.len_utf8()..).unwrap_or_default())),
            c => out.push(c),
        }
    }
    None
}

fn is_powershell(name: &str) -> bool {
    let base = name.split(' ').next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    matches!(base, "pwsh" | "powershell" | "powershell.exe") || name.ends_with(".ps1")
}

/// Statement by statement: what removes things, and programs that are called as in a shell.
fn powershell(text: &str, call: &Call<'_>, name: &str, say: &mut dyn Say) -> bool {
    let mut said = false;
    for statement in text.split([';', '\n', '{', '}']).take(MOST_CALLS) {
        let mut before = "";
        for stage in statement.split('|') {
            let tokens = tokens(stage);
            let mut words = tokens.iter().filter_map(|token| match token {
                Token::Word(word) | Token::Literal(word) => Some(word.as_str()),
                _ => None,
            });
            let Some(first) = words.next() else { continue };
            if REMOVES.contains(&first.to_ascii_lowercase().as_str()) {
                let mut paths: Vec<Arg> =
                    words.filter(|word| !word.starts_with('-')).map(|word| arg(word, call)).collect();
                if paths.is_empty() {
                    // What the stage before has found.
                    let below = before.split_whitespace().skip(1).find(|word| !word.starts_with('-')).unwrap_or(".");
                    let value = match arg(below, call).value {
                        Value::Known(dir) => Value::Prefix(format!("{}/", dir.trim_end_matches('/'))),
                        value => value,
                    };
                    paths.push(Arg::new(value, below));
                }
                remove(true, paths, first, say);
                said = true;
            } else if let Some((_, name, meaning)) = known(&tokens) {
                said |= one(name, meaning, tokens.get(1..).unwrap_or_default(), false, call, say);
            } else if !stage.contains(['$', '(', '@', '`'])
                && first.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '/' | '.' | '_'))
            {
                say.code(Language::Shell, stage, &[], name);
                said = true;
            }
            before = stage.trim();
        }
    }
    if said {
        let target = Target::new(TargetKind::Program, name);
        say.opaque(Effect::opaque(Verb::Execute, target, "only some commands of PowerShell are read"));
    }
    said
}

#[cfg(test)]
mod tests {
    use crate::call::{Language, Stdin};
    use crate::lab::{self, Machine};

    fn heard(program: &str, text: &str) -> Vec<String> {
        let machine = Machine::new([("/home/me/x", "")]);
        let heard = lab::hear(&machine, program, Some("/w"), Stdin::None, &[], |call, say| {
            super::super::interpret(Language::Other, text, call, say);
        });
        heard.lines.into_iter().filter(|line| !line.starts_with('?')).collect()
    }

    #[test]
    fn calls_that_run_and_delete_are_known_by_their_names() {
        for (program, text, expected) in [
            ("lua", "os.execute(\"rm -rf x\")", "Shell: rm -rf x"),
            ("lua", "os.remove('a')", "run rm -f -- a"),
            ("Rscript", "unlink(\"~/x\", recursive = TRUE)", "run rm -rf -- ~/x"),
            ("julia", "run(`git push -f`)", "Shell: git push -f"),
            ("elixir", "System.cmd(\"rm\", [\"-rf\", \"x\"])", "run rm -rf x"),
            ("emacs", "(delete-directory \"/x\" t)", "run rm -rf -- /x"),
            ("emacs", "(start-process \"a\" nil \"b\" \"rm\" \"x\")", "run rm x"),
            ("osascript", "do shell script \"rm -rf x\"", "Shell: rm -rf x"),
            ("tclsh", "file delete -force /x", "run rm -rf -- /x"),
            ("expect", "spawn -noecho rm -rf x; expect eof", "run rm -rf x"),
            ("pwsh", "Remove-Item -Recurse -Force /x", "run rm -rf -- /x"),
            ("pwsh", "git push --force", "Shell: git push --force"),
        ] {
            assert_eq!(heard(program, text), [expected], "{text}");
        }
    }

    #[test]
    fn words_in_comments_and_texts_are_no_calls() {
        for (program, text) in [
            ("lua", "-- os.execute('rm')\nprint('os.execute')"),
            ("Rscript", "# unlink('x')\ncat('system')"),
            ("julia", "println(\"rm\")"),
            ("emacs", "(message \"delete-file\")"),
            ("pwsh", "Get-ChildItem | Where-Object { $_.Length -gt 1 }"),
            ("lua", "os.execute("),
            ("lua", "'\u{e4}\\"),
        ] {
            assert_eq!(heard(program, text), [""; 0], "{text}");
        }
    }
}
