//! The commands and the program text that a call runs, by its table.

use weir_model::{Effect, Target, TargetKind, Verb};

use super::say::applies;
use super::table::{Code, Run, Sel};
use super::text::{Reading, Truth};
use crate::FileKind;
use crate::call::{Arg, HOLE, Inner, Language, Say, Stdin, Value};

/// Runs the inner command of a wrapper. False where there is none.
pub(super) fn run(reading: &Reading<'_>, say: &mut dyn Say) -> bool {
    for run in reading.parsed.command.run {
        if applies(reading, run.when, run.unless, None) == Truth::Yes && one(reading, run, say) {
            return true;
        }
    }
    false
}

fn one(reading: &Reading<'_>, run: &'static Run, say: &mut dyn Say) -> bool {
    if run.lines {
        return lines(reading, run, say);
    }
    let place = reading.render(run.elsewhere, None);
    if !run.text.is_empty() {
        let Some((sel, texts)) = reading.first(run.text, None) else { return false };
        let through = through(reading, sel);
        for text in &texts {
            if place.is_empty() {
                program_text(reading, Language::Shell, text, &[], &through, say);
            } else {
                say.elsewhere(text.clone().for_shell(), &place);
            }
        }
        return true;
    }
    let from = match reading.parsed.dashes {
        Some(dashes) if run.dashes => dashes,
        _ => run.word.saturating_sub(1),
    };
    let mut words = reading.parsed.words.get(from..).unwrap_or_default();
    let mut env = Vec::new();
    while let (true, Some(first)) = (run.assignments, words.first()) {
        let Some(assignment) = assignment(first) else { break };
        env.push(assignment);
        words = words.get(1..).unwrap_or_default();
    }
    if let Some(separator) = run.separator
        && as_shell_text(words, separator, &reading.call.stdin, &reading.path(), say)
    {
        return true;
    }
    let mut argv: Vec<Arg> = run.prefix.iter().map(|word| Arg::known(*word)).collect();
    argv.extend(match run.separator {
        Some(separator) => separated(words, separator, &reading.call.stdin),
        None => words.to_vec(),
    });
    if argv.len() == run.prefix.len() {
        return false;
    }
    if run.package
        && let Some(first) = argv.get_mut(run.prefix.len())
        && let Some(name) = first.text().map(package)
    {
        *first = Arg { value: Value::Known(name), ..first.clone() };
    }
    let through = reading.through();
    if run.shell {
        // The shell at the other end reads the words once more.
        let text = argv.iter().map(|arg| arg.text().unwrap_or(&arg.source)).collect::<Vec<_>>().join(" ");
        if place.is_empty() {
            say.code(Language::Shell, &text, &[], &through);
        } else {
            say.elsewhere(Arg::known(text).for_shell(), &place);
        }
    } else if place.is_empty() {
        let cwd = reading.first(run.dir, None).map(|(_, dirs)| {
            let dir = dirs.last().and_then(Arg::text);
            dir.and_then(|dir| reading.call.path(dir))
        });
        say.run(Inner { argv, cwd, env, stdin: None }, &through);
    } else {
        say.elsewhere(argv, &place);
    }
    true
}

/// Lines of an input that are looked at.
const MOST_LINES: usize = 1_000;

/// A console: what comes in are its own commands. False where nothing does.
fn lines(reading: &Reading<'_>, run: &'static Run, say: &mut dyn Say) -> bool {
    let text = match &reading.call.stdin {
        Stdin::None => return false,
        Stdin::Known(text) => text,
        Stdin::Unknown(from) | Stdin::Paths { from, .. } => {
            unknown_code(reading, from, &format!("what `{from}` prints is run by `{}`", reading.path()), say);
            return true;
        }
    };
    let mut start: Vec<Arg> = run.prefix.iter().map(|word| Arg::known(*word)).collect();
    if start.is_empty() {
        start.extend(reading.call.argv.first().cloned());
        start.extend(reading.own());
    }
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).take(MOST_LINES) {
        let mut argv = start.clone();
        argv.extend(line.split_whitespace().map(|word| Arg::with_holes(word.trim_matches(['"', '\'']))));
        say.run(Inner { argv, stdin: Some(Stdin::None), ..Inner::default() }, &reading.path());
    }
    true
}

fn assignment(arg: &Arg) -> Option<(String, Value)> {
    let (text, whole) = match &arg.value {
        Value::Known(text) => (text, true),
        Value::Prefix(text) => (text, false),
        _ => return None,
    };
    let (name, value) = text.split_once('=')?;
    let fits = !name.is_empty() && !name.contains('/') && !name.starts_with('-');
    let value = match (whole, value.is_empty()) {
        (true, _) => Value::Known(value.to_owned()),
        (false, true) => Value::Unknown,
        (false, false) => Value::Prefix(value.to_owned()),
    };
    fits.then(|| (name.to_owned(), value))
}

/// `name@version` and `@scope/name@version` without scope and version: the program that the package brings.
fn package(text: &str) -> String {
    let bare = text.strip_prefix('@').unwrap_or(text);
    let bare = bare.split_once('@').map_or(bare, |(name, _)| name);
    let bare = if text.starts_with('@') { bare.rsplit('/').next().unwrap_or(bare) } else { bare };
    bare.to_owned()
}

/// Commands that are texts of a shell: one word with blanks that gets the arguments, or, without a command, each of the
/// arguments by itself. False where the command is neither.
fn as_shell_text(words: &[Arg], separator: &str, stdin: &Stdin, through: &str, say: &mut dyn Say) -> bool {
    let cut = words.iter().position(|arg| arg.text().is_some_and(|text| text.starts_with(separator)));
    let (command, list) = words.split_at(cut.unwrap_or(words.len()));
    match command {
        [] => {
            let list = list.get(1..).unwrap_or_default();
            let texts: Vec<String> = match (cut, stdin) {
                (Some(_), _) => list.iter().filter_map(Arg::code).map(str::to_owned).collect(),
                (None, Stdin::Known(text)) => text.lines().map(str::to_owned).collect(),
                (None, _) => return false,
            };
            texts.iter().for_each(|text| say.code(Language::Shell, text, &[], through));
            true
        }
        [text] => {
            let Some(text) = text.code().filter(|text| text.contains([' ', ';', '|', '&', '$', '`'])) else {
                return false;
            };
            let placed = text.contains("{}");
            let with = |word: &str| if placed { text.replace("{}", word) } else { format!("{text} {word}") };
            match list.get(1..) {
                Some(list) => {
                    for arg in list {
                        let word = arg.text().map_or_else(|| HOLE.to_string(), |text| format!("'{text}'"));
                        say.code(Language::Shell, &with(&word), &[], through);
                    }
                }
                None => say.code(Language::Shell, &with(&HOLE.to_string()), &[], through),
            }
            true
        }
        _ => false,
    }
}

/// A command whose arguments come from a list after a separator, or from the input.
fn separated(words: &[Arg], separator: &str, stdin: &Stdin) -> Vec<Arg> {
    let cut = words.iter().position(|arg| arg.text().is_some_and(|text| text.starts_with(separator)));
    let (command, list) = words.split_at(cut.unwrap_or(words.len()));
    let list: Vec<String> = list.iter().skip(1).filter_map(|arg| arg.text().map(str::to_owned)).collect();
    let given = match (cut, stdin) {
        (Some(_), _) => Value::OneOf(list),
        (None, Stdin::Known(text)) => Value::OneOf(text.lines().map(str::to_owned).collect()),
        (None, _) => Value::Unknown,
    };
    let source = || "{}".to_owned();
    let mut placed = false;
    let mut argv: Vec<Arg> = Vec::with_capacity(command.len() + 1);
    for arg in command {
        if arg.text() == Some("{}") {
            placed = true;
            argv.push(Arg::new(given.clone(), source()));
        } else if arg.text().is_some_and(|text| text.contains("{}")) {
            placed = true;
            argv.push(Arg { value: Value::Unknown, ..arg.clone() });
        } else {
            argv.push(arg.clone());
        }
    }
    if !placed && !argv.is_empty() {
        argv.push(Arg::new(given, source()));
    }
    argv
}

fn through(reading: &Reading<'_>, sel: &Sel) -> String {
    match sel {
        Sel::Option(name) => format!("{} {name}", reading.path()),
        _ => reading.path(),
    }
}

/// Hands over the program text of an interpreter. False where there is none.
pub(super) fn code(reading: &Reading<'_>, say: &mut dyn Say) -> bool {
    for code in reading.parsed.command.code {
        if applies(reading, code.when, code.unless, None) == Truth::Yes && hand_over(reading, code, say) {
            return true;
        }
    }
    false
}

fn hand_over(reading: &Reading<'_>, code: &'static Code, say: &mut dyn Say) -> bool {
    let mut said = false;
    // The words of a database's client say where it connects to.
    let words = |after: usize| match code.language {
        Language::Sql => &[],
        _ => reading.parsed.words.get(after..).unwrap_or_default(),
    };
    if let Some((sel, texts)) = reading.first(code.text, None) {
        let through = if code.named { format!("{} -c", reading.path()) } else { through(reading, sel) };
        let after = match sel {
            Sel::Word(number) => number + usize::from(code.named),
            _ => 0,
        };
        let known: Option<Vec<&str>> = texts.iter().map(Arg::code).collect();
        if let Some(known) = known {
            // Several pieces are one program; those of SQL are statements of their own.
            let between = if code.language == Language::Sql { "\n;\n" } else { "\n" };
            say.code(code.language, &known.join(between), words(after), &through);
        } else {
            for text in &texts {
                program_text(reading, code.language, text, words(after), &through, say);
            }
        }
        said = true;
    }
    if (!said || code.language == Language::Sql)
        && let Some((sel, files)) = reading.first(code.file, None)
    {
        let after = if let Sel::Word(number) = sel { *number } else { 0 };
        for file in &files {
            said |= program_file(reading, code, file, words(after), say);
        }
    }
    if !said && let Some((_, modules)) = reading.first(code.module, None) {
        for name in modules.iter().take(1) {
            module(reading, code, name, words(0), say);
            said = true;
        }
    }
    if !said && code.stdin {
        said = from_stdin(reading, code.language, words(0), say);
    }
    said
}

fn program_text(reading: &Reading<'_>, language: Language, text: &Arg, args: &[Arg], through: &str, say: &mut dyn Say) {
    match &text.value {
        Value::Known(text) => say.code(language, text, args, through),
        Value::OneOf(texts) => texts.iter().for_each(|text| say.code(language, text, args, through)),
        // Text of which parts are not known is read as far as it is.
        Value::Prefix(_) | Value::Unknown => match text.code() {
            Some(text) => say.code(language, text, args, through),
            None => unknown_code(reading, &text.source, "part of the program text is not known", say),
        },
    }
}

fn unknown_code(reading: &Reading<'_>, name: &str, why: &str, say: &mut dyn Say) {
    let mut target = Target::new(TargetKind::Unknown, name);
    target.environment_from = reading.environment();
    say.opaque(Effect::opaque(Verb::Execute, target, why));
}

/// False where the file is the standard input and that is empty.
fn program_file(reading: &Reading<'_>, code: &Code, file: &Arg, args: &[Arg], say: &mut dyn Say) -> bool {
    let texts = match &file.value {
        Value::Known(text) => std::slice::from_ref(text),
        Value::OneOf(texts) => texts.as_slice(),
        Value::Prefix(_) | Value::Unknown => {
            unknown_code(reading, &file.source, "which file is run is not known", say);
            return true;
        }
    };
    let mut said = false;
    for text in texts {
        if matches!(text.as_str(), "-" | "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0") {
            said |= from_stdin(reading, code.language, args, say);
            continue;
        }
        match reading.call.path(text) {
            Some(path) => say.file(code.language, path, args, &reading.path()),
            None => unknown_code(reading, text, "in which directory this file is looked for is not known", say),
        }
        said = true;
    }
    said
}

fn from_stdin(reading: &Reading<'_>, language: Language, args: &[Arg], say: &mut dyn Say) -> bool {
    match &reading.call.stdin {
        Stdin::None => return false,
        Stdin::Known(text) => say.code(language, text, args, &reading.path()),
        Stdin::Unknown(from) | Stdin::Paths { from, .. } => {
            let why = format!("what `{from}` prints is run by `{}`", reading.path());
            unknown_code(reading, from, &why, say);
        }
    }
    true
}

/// A module by name: a file below the working directory, else a program that goes by the module's name.
fn module(reading: &Reading<'_>, code: &Code, name: &Arg, args: &[Arg], say: &mut dyn Say) {
    let Some(text) = name.text() else {
        return unknown_code(reading, &name.source, "which module is run is not known", say);
    };
    let place = text.replace('.', "/");
    for file in [format!("{place}.py"), format!("{place}/__main__.py")] {
        if let Some(path) = reading.call.path(&file)
            && reading.call.world.kind(&path) == Some(FileKind::File)
        {
            return say.file(code.language, path, args, &reading.path());
        }
    }
    let mut argv = vec![name.clone()];
    argv.extend_from_slice(args);
    say.command(argv, &format!("{} -m", reading.path()));
}
