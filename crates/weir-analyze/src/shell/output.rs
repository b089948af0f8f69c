//! What commands write to their standard output, where that is known without running them: it may become a path, a
//! command word, or a program.

use crate::FileKind;
use crate::World as _;
use crate::call::{Arg, FRESH, HOLE, NAME, NUMBER, Stdin, kinds, locate, some};

use super::state::Shell;
use super::text::{has_hole, template, unknown};
use super::word::unescape;
use super::{Evaluator, Frame};

/// Bytes of output that are remembered.
const MOST_OUTPUT: usize = 256 * 1024;

/// What prints a version of a file that git has, before the name of that version.
pub(super) const GIT_OBJECT: &str = "git show ";

/// What `git diff` prints, where that is the changes in the working tree.
fn uncommitted(args: &[Arg]) -> Option<&'static str> {
    let words: Vec<&str> =
        args.iter().map(|arg| arg.text().unwrap_or("?")).skip_while(|word| *word != "diff").skip(1).collect();
    let revisions = words.iter().take_while(|word| **word != "--").filter(|word| word.contains("..")).count();
    let has = |flags: &[&str]| words.iter().any(|word| flags.contains(word));
    let other = ["--cached", "--staged", "--no-index", "--check", "--quiet", "--stat", "--name-status", "--shortstat"];
    if revisions > 0 || has(&other) {
        return None;
    }
    Some(if has(&["-R"]) { crate::call::DIFF_BACKWARDS } else { crate::call::DIFF })
}

/// True for `git rev-parse [--short] HEAD` and the like, which print the hash of a commit.
fn named_commit(args: &[Arg]) -> bool {
    let is_hash = |arg: &Arg| {
        arg.text().is_some_and(|text| {
            !text.starts_with('-') || text.starts_with("--short") || matches!(text, "--verify" | "-q" | "--quiet")
        })
    };
    args.len() > 1 && args.iter().all(is_hash)
}

/// What `date` prints in this format; `None` where it may have a slash or a space.
fn dated(format: &str) -> Option<String> {
    let format = format.strip_prefix('+')?;
    let odd = ["%D", "%x", "%c", "%r", "%p", "%n", "%t", "%+"];
    if format.contains(['/', ' ', HOLE]) || odd.iter().any(|odd| format.contains(odd)) || !format.contains('%') {
        return None;
    }
    let kind = if format.starts_with("%s") || format.ends_with("%N") {
        FRESH
    } else if format.starts_with(['%'])
        && !matches!(format.chars().nth(1), Some('a' | 'A' | 'b' | 'B' | 'h' | 'Z' | 'z' | ':'))
    {
        NUMBER
    } else {
        NAME
    };
    Some(some(kind))
}

/// True for text of which the unknown parts are names.
fn is_name(stdin: &Stdin) -> bool {
    matches!(stdin, Stdin::Known(text) if has_hole(text) && !text.contains('/') && kinds(text).is_some())
}

/// One output after the other.
pub(super) fn together(first: Stdin, second: Stdin) -> Stdin {
    match (first, second) {
        (Stdin::Known(a), Stdin::Known(b)) if a.is_empty() => Stdin::Known(b),
        (Stdin::Known(a), Stdin::Known(b)) if a.len() + b.len() <= MOST_OUTPUT => Stdin::Known(a + &b),
        (Stdin::Known(a), other) if a.is_empty() => other,
        (other, Stdin::Known(b)) if b.is_empty() => other,
        (Stdin::Paths { mut below, from }, Stdin::Paths { below: more, .. }) => {
            below.extend(more);
            Stdin::Paths { below, from }
        }
        (Stdin::Unknown(from), _) | (_, Stdin::Unknown(from) | Stdin::Paths { from, .. }) => Stdin::Unknown(from),
        (Stdin::Paths { from, .. }, _) => Stdin::Unknown(from),
        _ => Stdin::Unknown("several commands".to_owned()),
    }
}

/// One output or the other. Where both are texts, both: more is looked at than happens, and not less.
pub(super) fn join_outputs(a: Stdin, b: Stdin) -> Stdin {
    if a == b { a } else { together(a, b) }
}

impl Evaluator<'_> {
    /// The name of the current branch, for the commands of git that print it.
    fn branch(&self, args: &[Arg], shell: &Shell) -> Option<String> {
        let words: Vec<&str> = args.iter().filter_map(Arg::text).collect();
        let asks = matches!(
            words.as_slice(),
            ["branch", "--show-current"]
                | ["rev-parse", "--abbrev-ref", "HEAD"]
                | ["symbolic-ref", "--short", "HEAD"]
                | ["symbolic-ref", "-q" | "--quiet", "--short", "HEAD"]
                | ["symbolic-ref", "--short", "-q" | "--quiet", "HEAD"]
        );
        if !asks || words.len() != args.len() {
            return None;
        }
        let git = shell.here()?.ancestors().map(|dir| dir.join(".git")).find(|git| self.world.kind(git).is_some())?;
        // In a linked working tree a file says where the directory is.
        let directory = match self.content(&git) {
            Some(text) => locate(&self.world, git.parent(), text.strip_prefix("gitdir:")?.trim())?,
            None => git,
        };
        let head = self.content(&directory.join("HEAD"))?;
        head.strip_prefix("ref: refs/heads/").map(str::to_owned)
    }

    /// What the program `argv` writes, reading the frame's standard input.
    pub(super) fn output_of(&self, argv: &[Arg], shell: &Shell, frame: &Frame) -> Stdin {
        let name = argv.first().and_then(Arg::text).unwrap_or_default();
        let name = name.rsplit('/').next().unwrap_or(name);
        let args = argv.get(1..).unwrap_or_default();
        let nothing = || Stdin::Known(String::new());
        let unknown_output = || Stdin::Unknown(name.to_owned());
        let operands = || args.iter().filter(|arg| arg.text().is_none_or(|text| !text.starts_with('-') || text == "-"));
        let has = |flag: &str| args.iter().any(|arg| arg.text() == Some(flag));
        match name {
            "echo" => echoed(args),
            "printf" => Stdin::Known(self.printed(args)),
            "pwd" => match shell.here() {
                Some(here) => Stdin::Known(format!("{}\n", here.to_string_lossy())),
                None => unknown_output(),
            },
            "basename" | "dirname" | "realpath" | "readlink" => {
                let all: Vec<&Arg> = operands().collect();
                // `basename NAME SUFFIX`; otherwise each of several names is answered.
                if name == "basename" && all.len() == 2 && !has("-a") && !has("-s") {
                    return self.part_of(name, all.first().copied(), all.get(1).copied(), shell);
                }
                let mut out = if all.is_empty() || has("-s") { unknown_output() } else { nothing() };
                for arg in all {
                    out = together(out, self.part_of(name, Some(arg), None, shell));
                }
                out
            }
            "which" => match operands().next().and_then(Arg::text) {
                Some(name) if !name.contains('/') => Stdin::Known(format!("/usr/bin/{name}\n")),
                _ => unknown_output(),
            },
            // What it makes is new: a name that nobody has.
            "mktemp" => {
                let fresh =
                    operands().next().and_then(Arg::text).map_or("/tmp/tmp.XXXXXXXXXX".to_owned(), str::to_owned);
                Stdin::Known(format!("{fresh}\n"))
            }
            "printenv" => match operands().next().and_then(Arg::text).and_then(|name| self.variable(name, shell)) {
                Some(texts) => match texts.as_slice() {
                    [text] => Stdin::Known(format!("{text}\n")),
                    _ => unknown_output(),
                },
                None => unknown_output(),
            },
            // Without a command it prints the words that it reads.
            "xargs" if operands().next().is_none() => match frame.stdin.as_ref() {
                Stdin::Known(text) if !text.contains(['\'', '"', '\\']) => {
                    Stdin::Known(text.split_whitespace().collect::<Vec<_>>().join(" ") + "\n")
                }
                _ => unknown_output(),
            },
            "seq" => numbers(args).map_or_else(unknown_output, Stdin::Known),
            "cat" | "tac" | "head" | "tail" | "sort" | "uniq" | "shuf" | "tee" | "grep" | "egrep" | "fgrep" | "rg"
            | "ag"
                if reads_paths(name, args) =>
            {
                self.found(name, args)
            }
            "cat" | "tac" | "head" | "tail" | "sort" | "uniq" | "shuf" | "tee" | "grep" | "egrep" | "fgrep" | "rg" => {
                // What they leave out or put in order: all of it is looked at.
                let counts = ["-c", "-q", "--count", "--quiet", "-o", "-l", "-L"].iter().any(|flag| has(flag));
                if counts && name != "tee" && name != "tail" && name != "head" {
                    return unknown_output();
                }
                let skip = usize::from(matches!(name, "grep" | "egrep" | "fgrep" | "rg"));
                let files: Vec<&Arg> = if name == "tee" { Vec::new() } else { operands().skip(skip).collect() };
                let numbers = |arg: &&Arg| arg.text().is_some_and(|text| text.bytes().all(|b| b.is_ascii_digit()));
                let files: Vec<&Arg> = if matches!(name, "head" | "tail") {
                    files.into_iter().filter(|arg| !numbers(arg)).collect()
                } else {
                    files
                };
                if files.is_empty() || files.iter().all(|arg| arg.text() == Some("-")) {
                    return match frame.stdin.as_ref() {
                        Stdin::None => nothing(),
                        stdin => stdin.clone(),
                    };
                }
                let mut all = nothing();
                for file in files {
                    let text = file.text().and_then(|text| self.absolute(text, shell)).and_then(|path| {
                        match self.streams.get(&path) {
                            Some(stream) => Some(stream.clone()),
                            None => self.content(&path).map(Stdin::Known),
                        }
                    });
                    all = together(all, text.unwrap_or_else(|| Stdin::Unknown(format!("{name} {}", file.source))));
                }
                all
            }
            "base64" if has("-d") || has("-D") || has("--decode") => {
                self.filtered(args, shell, frame, |text| decode(text).and_then(|bytes| String::from_utf8(bytes).ok()))
            }
            "rev" => self.filtered(args, shell, frame, |text| {
                Some(text.lines().map(|line| line.chars().rev().collect::<String>() + "\n").collect())
            }),
            "xxd" if has("-r") || has("-rp") || has("-p") && has("-r") => {
                self.filtered(args, shell, frame, |text| unhex(text).and_then(|bytes| String::from_utf8(bytes).ok()))
            }
            // What they print of a name is a name.
            "tr" | "cut"
                if is_name(&frame.stdin)
                    && args.iter().all(|arg| arg.text().is_some_and(|text| !text.contains('/'))) =>
            {
                Stdin::Known(some(NAME) + "\n")
            }
            "tr" => match frame.stdin.as_ref() {
                Stdin::Known(text) if !has_hole(text) => {
                    translated(args, text).map_or_else(unknown_output, Stdin::Known)
                }
                _ => unknown_output(),
            },
            "date" => {
                match args.iter().find(|arg| arg.text().is_none_or(|text| text.starts_with('+'))).map(Arg::text) {
                    Some(Some(format)) => dated(format).map_or_else(unknown_output, |text| Stdin::Known(text + "\n")),
                    _ => unknown_output(),
                }
            }
            "uuidgen" => Stdin::Known(some(FRESH) + "\n"),
            "nproc" | "getconf" | "id" | "sysctl"
                if name == "nproc"
                    || args
                        .iter()
                        .any(|arg| matches!(arg.text(), Some("-u" | "-g" | "_NPROCESSORS_ONLN" | "hw.ncpu"))) =>
            {
                Stdin::Known(some(if has("-n") || has("-un") { NAME } else { NUMBER }) + "\n")
            }
            "hostname" | "whoami" | "arch" | "logname" => Stdin::Known(some(NAME) + "\n"),
            "uname" if !has("-a") && !has("-v") && args.len() <= 1 => Stdin::Known(some(NAME) + "\n"),
            "id" if has("-un") || has("-gn") => Stdin::Known(some(NAME) + "\n"),
            "git" => self.branch(args, shell).map_or_else(|| self.listed(name, args, shell), Stdin::Known),
            "find" | "fd" | "fdfind" | "ls" => self.listed(name, args, shell),
            // They say nothing that anybody could use.
            "mkdir" | "touch" | "rm" | "rmdir" | "cp" | "mv" | "ln" | "chmod" | "chown" | "sleep" | "test" | "["
            | "kill" => nothing(),
            _ => unknown_output(),
        }
    }

    fn filtered(&self, args: &[Arg], shell: &Shell, frame: &Frame, by: impl Fn(&str) -> Option<String>) -> Stdin {
        let file = args.iter().filter_map(Arg::text).find(|text| !text.starts_with('-'));
        let text = match file {
            Some(file) => self.absolute(file, shell).and_then(|path| self.content(&path)),
            None => match frame.stdin.as_ref() {
                Stdin::Known(text) => Some(text.clone()),
                _ => None,
            },
        };
        text.filter(|text| !has_hole(text))
            .and_then(|text| by(&text))
            .map_or_else(|| Stdin::Unknown("decoded text".to_owned()), Stdin::Known)
    }

    /// What `basename`, `dirname` and the like say of one name.
    fn part_of(&self, name: &str, arg: Option<&Arg>, suffix: Option<&Arg>, shell: &Shell) -> Stdin {
        match arg.and_then(template) {
            Some(text) if !has_hole(&text) => self.path_part(name, &text, suffix, shell),
            Some(text) if name != "basename" => match text.split_once(HOLE) {
                Some((prefix, _)) => Stdin::Known(format!("{prefix}{HOLE}\n")),
                None => Stdin::Unknown(name.to_owned()),
            },
            _ if name == "basename" => Stdin::Known(some(NAME) + "\n"),
            _ => Stdin::Unknown(name.to_owned()),
        }
    }

    fn path_part(&self, name: &str, text: &str, suffix: Option<&Arg>, shell: &Shell) -> Stdin {
        let trimmed = if text.len() > 1 { text.trim_end_matches('/') } else { text };
        let part = match name {
            "basename" => {
                let base = trimmed.rsplit('/').next().unwrap_or(trimmed);
                let base = suffix.and_then(Arg::text).and_then(|suffix| base.strip_suffix(suffix)).unwrap_or(base);
                base.to_owned()
            }
            "dirname" => match trimmed.rsplit_once('/') {
                Some(("", _)) => "/".to_owned(),
                Some((dir, _)) => dir.to_owned(),
                None => ".".to_owned(),
            },
            _ => match self.absolute(text, shell) {
                Some(path) if self.world.kind(&path) != Some(FileKind::Symlink) => path.to_string_lossy().into_owned(),
                _ => unknown(),
            },
        };
        Stdin::Known(format!("{part}\n"))
    }

    /// Paths that a search prints.
    fn found(&self, name: &str, args: &[Arg]) -> Stdin {
        let mut operands = args.iter().filter(|arg| arg.text().is_none_or(|text| !text.starts_with('-'))).skip(1);
        let mut below: Vec<String> = operands.by_ref().filter_map(template).collect();
        if below.is_empty() {
            below.push(".".to_owned());
        }
        Stdin::Paths { below, from: name.to_owned() }
    }

    /// Paths that `find`, `fd`, `ls` and `git ls-files` print.
    fn listed(&self, name: &str, args: &[Arg], shell: &Shell) -> Stdin {
        let from = name.to_owned();
        let text = |arg: &Arg| template(arg).unwrap_or_else(unknown);
        match name {
            "find" => {
                let odd = ["-printf", "-exec", "-execdir", "-ls", "-delete", "-ok"];
                if args.iter().any(|arg| arg.text().is_some_and(|text| odd.contains(&text))) {
                    return Stdin::Unknown(from);
                }
                let mut below: Vec<String> = args
                    .iter()
                    .map(text)
                    .skip_while(|text| matches!(text.as_str(), "-L" | "-H" | "-P"))
                    .take_while(|text| !text.starts_with(['-', '(', '!']))
                    .collect();
                if below.is_empty() {
                    below.push(".".to_owned());
                }
                // The tests go along: what they leave out is not printed.
                let tests = args
                    .iter()
                    .skip_while(|arg| {
                        let text = text(arg);
                        matches!(text.as_str(), "-L" | "-H" | "-P") || !text.starts_with(['-', '(', '!'])
                    })
                    .map(|arg| arg.source.clone())
                    .filter(|source| source != "-print" && source != "-print0");
                let from = std::iter::once(from).chain(tests).collect::<Vec<_>>().join(" ");
                Stdin::Paths { below, from }
            }
            "ls" => {
                let itself = args
                    .iter()
                    .filter_map(Arg::text)
                    .any(|text| text.starts_with('-') && !text.starts_with("--") && text.contains('d'));
                let long = args
                    .iter()
                    .filter_map(Arg::text)
                    .any(|text| text.starts_with('-') && !text.starts_with("--") && text.contains('l'));
                if long {
                    return Stdin::Unknown(from);
                }
                let mut below: Vec<String> = Vec::new();
                for arg in args.iter().map(text).filter(|text| !text.starts_with('-')) {
                    let is_dir = || {
                        self.absolute(&arg, shell)
                            .is_none_or(|path| self.world.kind(&path) == Some(FileKind::Directory))
                    };
                    // It prints the bare names of what is in a directory.
                    let name = if !itself && is_dir() { ".".to_owned() } else { arg };
                    if !below.contains(&name) {
                        below.push(name);
                    }
                }
                if below.is_empty() {
                    below.push(".".to_owned());
                }
                Stdin::Paths { below, from }
            }
            "git" => {
                let sub = args.iter().filter_map(Arg::text).find(|text| !text.starts_with('-'));
                let names = args.iter().any(|arg| arg.text() == Some("--name-only"));
                match sub {
                    Some("ls-files") => Stdin::Paths { below: vec![".".to_owned()], from: "git ls-files".to_owned() },
                    Some("diff" | "show") if names => Stdin::Paths { below: vec![".".to_owned()], from },
                    Some("rev-parse") if args.iter().any(|arg| arg.text() == Some("--show-toplevel")) => {
                        let root = shell
                            .here()
                            .and_then(|here| here.ancestors().find(|dir| self.world.kind(&dir.join(".git")).is_some()));
                        match root {
                            Some(root) => Stdin::Known(format!("{}\n", root.to_string_lossy())),
                            None => Stdin::Unknown(from),
                        }
                    }
                    Some("rev-parse") if named_commit(args) => Stdin::Known(some(NAME) + "\n"),
                    Some("diff") => {
                        uncommitted(args).map_or(Stdin::Unknown(from), |diff| Stdin::Unknown(diff.to_owned()))
                    }
                    Some("show" | "cat-file") => {
                        let object = args.iter().filter_map(Arg::text).find(|text| text.contains(':'));
                        Stdin::Unknown(object.map_or(from, |object| format!("{GIT_OBJECT}{object}")))
                    }
                    _ => Stdin::Unknown(from),
                }
            }
            _ => {
                let mut below: Vec<String> =
                    args.iter().map(text).filter(|text| !text.starts_with('-')).skip(1).collect();
                if below.is_empty() {
                    below.push(".".to_owned());
                }
                Stdin::Paths { below, from }
            }
        }
    }

    /// What `printf FORMAT ARGS` prints; with holes where an argument has them.
    pub(super) fn printed(&self, args: &[Arg]) -> String {
        let mut args = args.iter().filter(|arg| arg.text() != Some("--"));
        let Some(format) = args.next().and_then(template) else { return unknown() };
        let args: Vec<String> = args.map(|arg| template(arg).unwrap_or_else(unknown)).collect();
        let mut out = String::new();
        let mut next = 0;
        loop {
            let before = next;
            let mut chars = format.chars().peekable();
            let mut piece = String::new();
            while let Some(c) = chars.next() {
                match c {
                    '\\' => {
                        piece.push(c);
                        piece.extend(chars.next());
                    }
                    '%' => {
                        out.push_str(&unescape(&std::mem::take(&mut piece)));
                        if chars.next_if_eq(&'%').is_some() {
                            out.push('%');
                            continue;
                        }
                        let mut plain = true;
                        while chars
                            .next_if(|c| matches!(c, '-' | '+' | '#' | ' ' | '.' | '0'..='9' | '*' | '\''))
                            .is_some()
                        {
                            plain = false;
                        }
                        let kind = chars.next();
                        let arg = args.get(next).cloned().unwrap_or_default();
                        next += 1;
                        match kind {
                            Some('s' | 'd' | 'i' | 'u') if plain => out.push_str(&arg),
                            Some('b') => out.push_str(&unescape(&arg)),
                            _ => out.push(HOLE),
                        }
                    }
                    c => piece.push(c),
                }
                if out.len() > MOST_OUTPUT {
                    return unknown();
                }
            }
            out.push_str(&unescape(&piece));
            // The format is used again for the arguments that are left.
            if next == before || next >= args.len() || out.len() > MOST_OUTPUT {
                return out;
            }
        }
    }
}

/// True for `grep -l` and the like: what they print are paths.
fn reads_paths(name: &str, args: &[Arg]) -> bool {
    let lists = |text: &str| {
        matches!(text, "--files-with-matches" | "--files")
            || (text.starts_with('-') && !text.starts_with("--") && text.contains(['l', 'L']))
    };
    matches!(name, "grep" | "egrep" | "fgrep" | "rg" | "ag") && args.iter().filter_map(Arg::text).any(lists)
}

fn echoed(args: &[Arg]) -> Stdin {
    let mut newline = true;
    let mut escapes = false;
    let mut rest = args;
    while let Some((first, more)) = rest.split_first() {
        let Some(flags) = first.text().and_then(|text| text.strip_prefix('-')) else { break };
        if flags.is_empty() || !flags.chars().all(|c| matches!(c, 'n' | 'e' | 'E')) {
            break;
        }
        newline &= !flags.contains('n');
        escapes |= flags.contains('e');
        rest = more;
    }
    let mut text = rest.iter().map(|arg| template(arg).unwrap_or_else(unknown)).collect::<Vec<_>>().join(" ");
    if escapes {
        text = unescape(&text);
    }
    if newline {
        text.push('\n');
    }
    if text.len() > MOST_OUTPUT { Stdin::Unknown("echo".to_owned()) } else { Stdin::Known(text) }
}

/// `seq LAST`, `seq FIRST LAST`, where they are few.
fn numbers(args: &[Arg]) -> Option<String> {
    let numbers: Vec<i64> = args.iter().map(|arg| arg.text()?.parse().ok()).collect::<Option<_>>()?;
    let (from, to) = match numbers.as_slice() {
        [to] => (1, *to),
        [from, to] => (*from, *to),
        _ => return None,
    };
    (to.saturating_sub(from) < 1_000).then(|| (from..=to).map(|n| format!("{n}\n")).collect())
}

pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0u32);
    for b in text.bytes().filter(|b| !b.is_ascii_whitespace()) {
        let value = match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => break,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 0xff) as u8);
        }
    }
    Some(out)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> =
        text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    Some(digits.chunks_exact(2).filter_map(|pair| u8::try_from(pair.first()? * 16 + pair.get(1)?).ok()).collect())
}

/// `tr SET1 SET2`, `tr -d SET1`, on sets of characters and ranges.
fn translated(args: &[Arg], text: &str) -> Option<String> {
    let words: Vec<&str> = args.iter().map(Arg::text).collect::<Option<_>>()?;
    match words.as_slice() {
        ["-d", set] => {
            let set = set_of(set)?;
            Some(text.chars().filter(|c| !set.contains(c)).collect())
        }
        [from, to] if !from.starts_with('-') => {
            let (from, to) = (set_of(from)?, set_of(to)?);
            let last = *to.last()?;
            Some(
                text.chars()
                    .map(|c| from.iter().position(|x| *x == c).map_or(c, |at| to.get(at).copied().unwrap_or(last)))
                    .collect(),
            )
        }
        _ => None,
    }
}

fn set_of(text: &str) -> Option<Vec<char>> {
    let named = match text {
        "[:upper:]" => "A-Z",
        "[:lower:]" => "a-z",
        "[:space:]" => " \\t\\n\\r",
        "[:digit:]" => "0-9",
        text if text.contains("[:") => return None,
        text => text,
    };
    let chars: Vec<char> = unescape(named).chars().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        match (chars.get(at + 1), chars.get(at + 2)) {
            (Some('-'), Some(&end)) if c <= end && u32::from(end) - u32::from(c) < 256 => {
                out.extend(c..=end);
                at += 3;
            }
            _ => {
                out.push(c);
                at += 1;
            }
        }
    }
    Some(out)
}
