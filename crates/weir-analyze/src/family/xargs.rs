//! `xargs`: the command that it runs, with what it reads as arguments.

use weir_model::{Effect, Target, TargetKind, Verb};

use super::find::filled;
use super::options::{Opts, Word};
use crate::FileKind;
use crate::call::{Arg, Call, Inner, Much, Say, Stdin, Value};

/// Arguments that are taken from a known input.
const MOST_ITEMS: usize = 1000;
/// Runs that are looked at one by one.
const MOST_RUNS: usize = 64;
/// Bytes of a file with arguments.
const FILE_LIMIT: usize = 1024 * 1024;

const SPEC: &str = "0|null a|arg-file= d|delimiter= E= e|eof? I= i|replace? J= L= l|max-lines? n|max-args= \
    P|max-procs= p|interactive R= r|no-run-if-empty S= s|max-chars= t|verbose x|exit o|open-tty process-slot-var= \
    show-limits help version";

/// Says what a call of `xargs` does.
pub(crate) fn interpret(call: &Call<'_>, say: &mut dyn Say) {
    let args = call.argv.get(1..).unwrap_or_default();
    let opts = Opts::parse(SPEC, args, true);
    if opts.help || opts.any(&["help", "version"]) {
        say.effect(Effect::new(Verb::Read, Target::new(TargetKind::Program, "xargs")));
        return;
    }
    let command = args.len().saturating_sub(opts.words.len());
    let mut command = args.get(command..).unwrap_or_default().to_vec();
    if command.is_empty() {
        command.push(Arg::known("echo"));
    }
    let input = match opts.value("arg-file") {
        Some(file) => from_file(call, file),
        None => call.stdin.clone(),
    };
    // A command that was given its arguments by a file keeps the input.
    let stdin = if opts.has("arg-file") { None } else { Some(Stdin::None) };
    let given: Vec<_> = call.secrets.iter().filter(|secret| secret.much != Much::Directory).cloned().collect();
    let own = command.len();
    let mut run = |mut argv: Vec<Arg>| {
        for (at, arg) in argv.iter_mut().enumerate().filter(|_| !given.is_empty()) {
            if at >= own || command.get(at).is_none_or(|written| written != arg) {
                arg.secrets.extend(given.iter().cloned());
            }
        }
        say.run(Inner { argv, stdin: stdin.clone(), ..Inner::default() }, "xargs");
    };

    let replace = match (opts.value("I"), opts.has("replace")) {
        (Some(mark), _) => Some(mark.text.clone()),
        (None, true) => Some(opts.value("replace").map_or_else(|| "{}".to_owned(), |mark| mark.text.clone())),
        (None, false) => None,
    };
    if let Some(mark) = replace.filter(|mark| !mark.is_empty()) {
        let found = match &input {
            Stdin::None => Vec::new(),
            Stdin::Known(text) => {
                let (rows, cut) = grouped(text, &opts, true);
                rows.into_iter().flatten().map(Value::Known).chain(cut.then_some(Value::Unknown)).collect()
            }
            Stdin::Paths { below, from } => paths(call, below, from).into_iter().map(|arg| arg.value).collect(),
            Stdin::Unknown(_) => vec![Value::Unknown],
        };
        let source = |arg: &Arg| match &input {
            Stdin::Paths { from, .. } | Stdin::Unknown(from) if arg.source == mark => input_from(from),
            _ => arg.source.clone(),
        };
        for found in found.iter().take(MOST_RUNS) {
            let put = |arg: &Arg| {
                let put = filled(arg, &[&mark], found);
                if put.text().is_some() { put } else { Arg { source: source(arg), ..put } }
            };
            // The name of the program is not replaced where it is first.
            run(command.iter().map(put).collect());
        }
        if let Some(more) = found.get(MOST_RUNS..).filter(|more| !more.is_empty()) {
            let all = |arg: &Arg| {
                let values: Option<Vec<String>> =
                    more.iter().map(|found| filled(arg, &[&mark], found).text().map(str::to_owned)).collect();
                let fixed = !arg.source.contains(&mark);
                let value = values.map_or(Value::Unknown, Value::OneOf);
                if fixed { arg.clone() } else { Arg { value, ..arg.clone() } }
            };
            run(command.iter().map(all).collect());
        }
        return;
    }

    let with = |items: Vec<Arg>| {
        let mut argv = command.clone();
        // BSD's `-J` puts all of them in the place of one word.
        let place = opts.value("J").and_then(|mark| argv.iter().position(|arg| arg.text() == Some(&mark.text)));
        match place {
            Some(at) => drop(argv.splice(at..=at, items)),
            None => argv.extend(items),
        }
        argv
    };
    match &input {
        Stdin::None => run(with(Vec::new())),
        Stdin::Known(text) => {
            let (groups, cut) = grouped(text, &opts, false);
            if groups.is_empty() {
                if !opts.has("no-run-if-empty") {
                    run(with(Vec::new()));
                }
                return;
            }
            let mut groups = groups.into_iter();
            for group in groups.by_ref().take(MOST_RUNS) {
                run(with(group.into_iter().map(Arg::known).collect()));
            }
            let unknown = Arg::new(Value::Unknown, "the rest of the input");
            let rest: Vec<Arg> = groups.flatten().map(Arg::known).chain(cut.then_some(unknown)).collect();
            if !rest.is_empty() {
                run(with(rest));
            }
        }
        Stdin::Paths { below, from } => run(with(paths(call, below, from))),
        Stdin::Unknown(from) => {
            let source = input_from(from);
            run(with(vec![Arg::new(Value::Unknown, source)]));
        }
    }
}

fn input_from(from: &str) -> String {
    format!("input from `{from}`")
}

/// The input that a file is.
fn from_file(call: &Call<'_>, file: &Word) -> Stdin {
    let path = if file.known { call.path(&file.text) } else { None };
    match path.and_then(|path| call.world.read(&path, FILE_LIMIT)) {
        Some(bytes) => Stdin::Known(String::from_utf8_lossy(&bytes).into_owned()),
        None => Stdin::Unknown(file.source.clone()),
    }
}

/// What paths from a program that lists them look like.
fn paths(call: &Call<'_>, below: &[String], from: &str) -> Vec<Arg> {
    // Of what `find` prints, its tests say what it can be: measuring reads them.
    let tests = from.strip_prefix("find ").filter(|tests| tests.starts_with(['-', '(', '!']));
    let source = tests.map_or_else(|| input_from(from), str::to_owned);
    let arg = |value: Value| Arg { globbed: true, ..Arg::new(value, source.clone()) };
    let mut args = Vec::new();
    for path in below.iter().take(MOST_ITEMS) {
        let kind = call.path(path).and_then(|path| call.world.kind(&path));
        if kind != Some(FileKind::Directory) {
            args.push(Arg::known(path.clone()));
        }
        if kind != Some(FileKind::File) {
            args.push(arg(Value::Prefix(if path.ends_with('/') { path.clone() } else { format!("{path}/") })));
        }
    }
    if below.len() > MOST_ITEMS {
        args.push(arg(Value::Unknown));
    }
    args
}

/// The items of each run, and whether there are more.
fn grouped(text: &str, opts: &Opts, lines: bool) -> (Vec<Vec<String>>, bool) {
    let number = |name: &str| opts.value(name).and_then(|word| word.text.parse::<usize>().ok()).filter(|n| *n > 0);
    let delimiter = if opts.has("null") {
        Some('\0')
    } else {
        opts.value("delimiter").map(|word| match word.text.as_str() {
            "\\n" => '\n',
            "\\t" => '\t',
            "\\0" => '\0',
            "\\\\" => '\\',
            text => text.chars().next().unwrap_or('\n'),
        })
    };
    let end = opts.value("E").or_else(|| opts.value("eof")).map(|word| word.text.clone());
    let by_line = number("L").or_else(|| number("max-lines")).or_else(|| opts.has("max-lines").then_some(1));
    let mut rows: Vec<Vec<String>> = match delimiter {
        Some(delimiter) => {
            let text = text.strip_suffix(delimiter).unwrap_or(text);
            if text.is_empty() { Vec::new() } else { text.split(delimiter).map(|item| vec![item.to_owned()]).collect() }
        }
        None => rows(text, lines),
    };
    let end = end.filter(|end| !end.is_empty() && delimiter.is_none());
    if let Some(end) = end
        && let Some(at) = rows.iter().position(|row| row.contains(&end))
    {
        rows.truncate(at.saturating_add(1));
        if let Some(last) = rows.last_mut() {
            last.truncate(last.iter().position(|item| *item == end).unwrap_or(0));
        }
        rows.retain(|row| !row.is_empty());
    }
    let mut kept = 0usize;
    rows.retain(|row| {
        kept = kept.saturating_add(row.len());
        kept <= MOST_ITEMS
    });
    let cut = kept > MOST_ITEMS;
    if lines || rows.is_empty() {
        return (rows, cut);
    }
    if let Some(lines) = by_line {
        return (rows.chunks(lines).map(<[Vec<String>]>::concat).collect(), cut);
    }
    let all = rows.concat();
    let groups = match number("max-args") {
        Some(most) => all.chunks(most).map(<[String]>::to_vec).collect(),
        None => vec![all],
    };
    (groups, cut)
}

/// The lines of the input, each as its items: quotes and backslashes protect. With `whole`, a line is one item.
fn rows(text: &str, whole: bool) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut row = Vec::new();
    let mut item: Option<String> = None;
    let mut quote = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            ('\n', _) => {
                quote = None;
                row.extend(item.take());
                if !row.is_empty() {
                    rows.push(std::mem::take(&mut row));
                }
            }
            (_, Some(mark)) if letter == mark => quote = None,
            (_, Some(_)) => item.get_or_insert_default().push(letter),
            ('\'' | '"', None) => {
                quote = Some(letter);
                item.get_or_insert_default();
            }
            ('\\', None) => item.get_or_insert_default().extend(letters.next()),
            (' ' | '\t', None) if whole => {
                if let Some(item) = &mut item {
                    item.push(letter);
                }
            }
            (' ' | '\t', None) => row.extend(item.take()),
            _ => item.get_or_insert_default().push(letter),
        }
    }
    row.extend(item);
    if !row.is_empty() {
        rows.push(row);
    }
    rows
}
