//! `argparse`: what a program is told by its arguments, as far as they are known.

use crate::code::meaning::Args;
use crate::code::run::{Machine, OPTIONS};
use crate::code::value::{Text, Val};

/// Where a parser keeps what it knows.
const SPECS: &str = "...specs";
/// Commands that a parser has.
const COMMANDS: &str = "...commands";

/// A parser is an object: what is added to it is kept in a field.
pub(super) fn parser(machine: &mut Machine<'_, '_>, _: &Args) -> Val {
    const METHODS: [(&str, &str); 9] = [
        ("add_argument", "argparse.add"),
        ("add_argument_group", "argparse.group"),
        ("add_mutually_exclusive_group", "argparse.group"),
        ("add_subparsers", "argparse.commands"),
        ("add_parser", "argparse.command"),
        ("set_defaults", "argparse.defaults"),
        ("parse_args", "argparse.parse"),
        ("parse_known_args", "argparse.known"),
        ("error", "sys.exit"),
    ];
    let fields = vec![(SPECS.to_owned(), Val::list(Vec::new())), (COMMANDS.to_owned(), Val::list(Vec::new()))];
    let object = machine.object(fields);
    for (name, function) in METHODS {
        machine.set_field(&object, name, Val::partial(Val::lib(function), vec![object.clone()]));
    }
    object
}

fn push(machine: &mut Machine<'_, '_>, object: &Val, field: &str, value: Val) {
    if let Some(Val::List(old)) = machine.field(object, field) {
        let mut items = old.0.clone();
        items.push(value);
        machine.set_field(object, field, Val::list(items));
    }
}

/// `parser.add_argument("-o", "--out", default=..)`.
pub(super) fn add(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let names: Vec<Val> = args.list.iter().skip(1).map(|(value, _)| value.clone()).collect();
    let mut spec = vec![("names".to_owned(), Val::list(names))];
    for (name, value, _) in &args.named {
        if matches!(name.as_str(), "dest" | "action" | "default" | "nargs" | "required" | "const" | "type") {
            spec.push((name.clone(), value.clone()));
        }
    }
    push(machine, &args.value(0), SPECS, Val::dict(spec));
    Val::Null
}

pub(super) fn group(_: &mut Machine<'_, '_>, args: &Args) -> Val {
    args.value(0)
}

/// `parser.add_subparsers(dest="command")`.
pub(super) fn commands(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    if let Some((dest, _)) = args.find(&["dest"]) {
        let dest = dest.clone();
        machine.set_field(&args.value(0), "...dest", dest);
    }
    args.value(0)
}

/// `commands.add_parser("clean")`.
pub(super) fn command(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let inner = parser(machine, args);
    push(machine, &args.value(0), COMMANDS, Val::list(vec![args.value(1), inner.clone()]));
    inner
}

/// `parser.set_defaults(func=run)`.
pub(super) fn defaults(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    for (name, value, _) in &args.named {
        let spec = vec![
            ("names".to_owned(), Val::list(vec![Val::str(format!("--{name}"))])),
            ("default".to_owned(), value.clone()),
        ];
        push(machine, &args.value(0), SPECS, Val::dict(spec));
    }
    Val::Null
}

fn text(value: &Val) -> Option<String> {
    match value {
        Val::Str(text) => text.text().map(str::to_owned),
        Val::Num(number) => Some(number.to_string()),
        _ => None,
    }
}

/// One argument that a parser knows.
struct Spec {
    names: Vec<String>,
    dest: String,
    option: bool,
    fields: Val,
}

impl Spec {
    fn new(fields: &Val) -> Option<Self> {
        let Some(Val::List(names)) = fields.key("names") else { return None };
        let names: Vec<String> = names.0.iter().filter_map(text).collect();
        let option = names.first()?.starts_with('-');
        let long = names.iter().find(|name| name.starts_with("--")).or_else(|| names.first())?;
        let dest = fields.key("dest").as_ref().and_then(text);
        let dest = dest.unwrap_or_else(|| long.trim_start_matches('-').replace('-', "_"));
        Some(Self { names, dest, option, fields: fields.clone() })
    }

    fn is(&self, field: &str, wanted: &str) -> bool {
        self.fields.key(field).as_ref().and_then(text).is_some_and(|found| found == wanted)
    }

    /// Whether it takes no value.
    fn flag(&self) -> bool {
        let action = self.fields.key("action").as_ref().and_then(text).unwrap_or_default();
        action.starts_with("store_")
            || matches!(action.as_str(), "count" | "help" | "version" | "append_const")
            || self.fields.key("action").is_some_and(|action| matches!(action, Val::Lib(_)))
    }

    /// What it is where it is not given.
    fn default(&self) -> Val {
        match self.fields.key("default") {
            Some(default) => default,
            None if self.is("action", "store_true") => Val::Bool(false),
            None if self.is("action", "store_false") => Val::Bool(true),
            None => Val::Null,
        }
    }

    /// What it is where it is given as a flag.
    fn set(&self) -> Val {
        match self.fields.key("const") {
            Some(value) => value,
            None if self.is("action", "store_true") => Val::Bool(true),
            None if self.is("action", "store_false") => Val::Bool(false),
            None if matches!(self.fields.key("action"), Some(Val::Lib(_))) => Val::Bool(true),
            None => Val::Unknown,
        }
    }

    fn convert(&self, value: &Val) -> Val {
        match (self.fields.key("type"), value) {
            (Some(Val::Lib(lib)), Val::Str(text)) if lib.path.starts_with("pathlib.") => Val::Path(text.clone()),
            (Some(Val::Lib(lib)), Val::Str(text)) if lib.path == "int" => {
                text.text().and_then(|text| text.parse().ok()).map_or(Val::Unknown, Val::Num)
            }
            (_, value) => value.clone(),
        }
    }

    /// How many values it takes at least, and whether it takes more.
    fn count(&self) -> (usize, bool) {
        match self.fields.key("nargs") {
            Some(Val::Num(number)) => (usize::try_from(number).unwrap_or(1), false),
            Some(value) => match text(&value).as_deref() {
                Some("?" | "*") => (0, true),
                _ => (1, true),
            },
            None => (1, false),
        }
    }

    fn many(&self) -> bool {
        self.fields.key("nargs").is_some_and(|value| text(&value).as_deref() != Some("?"))
    }

    /// The value that it gets from these words.
    fn value(&self, values: &[Val]) -> Val {
        let mut values: Vec<Val> = values.iter().map(|value| self.convert(value)).collect();
        if self.many() || self.is("action", "append") {
            return Val::list(values);
        }
        if values.is_empty() { self.set() } else { values.swap_remove(0) }
    }
}

/// `parser.parse_args()`: where something that it needs is missing, the program ends.
pub(super) fn parse(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let words = match args.list.get(1) {
        Some((Val::List(list), _)) => list.0.clone(),
        Some((Val::Null, _)) | None => machine.arguments().into_iter().skip(1).collect(),
        Some(_) => vec![Val::Unknown],
    };
    let mut given = Vec::new();
    if !read(machine, &args.value(0), &words, &mut given, 0) {
        machine.stopped = true;
        return Val::Unknown;
    }
    given.push((OPTIONS.to_owned(), Val::Bool(true)));
    machine.object(given)
}

pub(super) fn parse_known(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    let options = parse(machine, args);
    Val::list(vec![options, Val::some(Val::Unknown)])
}

/// Reads words; false where the program ends over them.
fn read(
    machine: &mut Machine<'_, '_>,
    parser: &Val,
    words: &[Val],
    given: &mut Vec<(String, Val)>,
    depth: usize,
) -> bool {
    let list = |field: &str| match machine.field(parser, field) {
        Some(Val::List(list)) => list.0.clone(),
        _ => Vec::new(),
    };
    let specs: Vec<Spec> = list(SPECS).iter().filter_map(Spec::new).collect();
    let commands = list(COMMANDS);
    let known: Option<Vec<String>> = words.iter().map(text).collect();
    let Some(known) = known else {
        // Not known which words these are: everything may be anything.
        for spec in &specs {
            let unknown = if spec.flag() { Val::Unknown } else { Val::Str(Text::hole(&spec.dest)) };
            given.push((spec.dest.clone(), Val::any(vec![unknown, spec.default()])));
        }
        return true;
    };
    let mut free: Vec<Val> = Vec::new();
    let mut at = 0;
    while let Some(word) = known.get(at) {
        at += 1;
        let (name, joined) = match word.split_once('=') {
            Some((name, value)) if word.starts_with("--") => (name, Some(Val::str(value))),
            _ => (word.as_str(), None),
        };
        if matches!(name, "-h" | "--help") {
            return false;
        }
        let option = specs.iter().find(|spec| spec.option && spec.names.iter().any(|known| known == name));
        let negated = name.strip_prefix("--no-").and_then(|rest| {
            specs
                .iter()
                .find(|spec| spec.flag() && spec.names.iter().any(|known| known.strip_prefix("--") == Some(rest)))
        });
        if let (None, Some(spec)) = (option, negated) {
            given.push((spec.dest.clone(), Val::Bool(false)));
            continue;
        }
        let Some(spec) = option else {
            if !word.starts_with('-') || word == "-" {
                // A command takes what follows.
                let command = commands.iter().find_map(|command| match command {
                    Val::List(pair) if pair.0.first().and_then(text).as_ref() == Some(word) => pair.0.get(1).cloned(),
                    _ => None,
                });
                if let (Some(inner), true) = (command, depth < 4) {
                    if let Some(dest) = machine.field(parser, "...dest").as_ref().and_then(text) {
                        given.push((dest, Val::str(word.clone())));
                    }
                    let rest = words.get(at..).unwrap_or_default().to_vec();
                    at = known.len();
                    if !read(machine, &inner, &rest, given, depth + 1) {
                        return false;
                    }
                    continue;
                }
                free.push(Val::str(word.clone()));
            }
            continue;
        };
        let value = if spec.flag() {
            spec.set()
        } else if let Some(value) = joined {
            spec.value(&[value])
        } else {
            let (least, more) = spec.count();
            let limit = if more && spec.many() { usize::MAX } else { least.max(usize::from(more)) };
            let mut values = Vec::new();
            while values.len() < limit
                && let Some(value) = known.get(at).filter(|value| !value.starts_with('-') || values.len() < least)
            {
                values.push(Val::str(value.clone()));
                at += 1;
            }
            spec.value(&values)
        };
        given.push((spec.dest.clone(), value));
    }
    let mut rest = free.as_slice();
    for spec in &specs {
        if given.iter().any(|(dest, _)| *dest == spec.dest) {
            continue;
        }
        if spec.option {
            if spec.fields.key("required").and_then(|required| required.truth()) == Some(true) {
                return false;
            }
            given.push((spec.dest.clone(), spec.default()));
            continue;
        }
        let (least, more) = spec.count();
        if rest.len() < least {
            return false;
        }
        let take = match (more, spec.many()) {
            (true, true) => rest.len(),
            (true, false) => rest.len().min(1),
            _ => least,
        };
        let (values, after) = rest.split_at(take.min(rest.len()));
        rest = after;
        given.push((spec.dest.clone(), if values.is_empty() { spec.default() } else { spec.value(values) }));
    }
    true
}

/// Remembers a function that runs where the program's arguments name it.
pub(super) fn register(machine: &mut Machine<'_, '_>, args: &Args) -> Val {
    if let Some(name) = text(&args.value(0)) {
        machine.commands.push((name, args.value(1)));
    }
    Val::Null
}
