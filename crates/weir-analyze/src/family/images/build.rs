//! What building an image runs: the `RUN` instructions of the stages that are built.
//!
//! They run in a container that is gone when the image is there: what they do to its files is nobody's. What leaves it
//! counts: requests, publications, clusters, clouds, databases elsewhere.

use super::dockerfile::{Instruction, read, words};
use crate::call::{Arg, HOLE, Say};
use crate::quote::quoted;
use crate::shell::BUILD;

/// Stages of one file.
const MOST_STAGES: usize = 200;
/// Variables that a stage has.
const MOST_VARIABLES: usize = 200;
/// Bytes of the value of a variable.
const LONGEST: usize = 64 << 10;

type Variables = Vec<(String, String)>;

/// A build of an image, as its call describes it.
#[derive(Debug, Default)]
pub(super) struct Build {
    /// What people call it: the tag, else the file.
    pub(super) name: String,
    /// Its arguments; `None` where the value is not known.
    pub(super) args: Vec<(String, Option<String>)>,
    /// The stage that is wanted; the last one where none is named.
    pub(super) target: Option<String>,
    /// Every stage before the one that is wanted is built.
    pub(super) every: bool,
    /// Where directories of this machine are in the container.
    pub(super) mounts: Vec<String>,
}

#[derive(Default)]
struct Stage {
    name: String,
    base: String,
    instructions: Vec<Instruction>,
}

/// What a stage hands on to those that are built on it.
#[derive(Clone, Default)]
struct State {
    env: Variables,
    shell: Vec<String>,
    later: Vec<Instruction>,
}

/// Says what building from this text runs.
pub(super) fn follow(build: &Build, text: &str, say: &mut dyn Say) {
    let (instructions, whole) = read(text);
    let place = format!("{BUILD} {}", build.name);
    if !whole {
        super::unread(&place, "it has more instructions than are read", say);
    }
    let mut global = Variables::new();
    let mut stages: Vec<Stage> = Vec::new();
    for instruction in instructions {
        let full = stages.len() >= MOST_STAGES;
        match (instruction.name.as_str(), stages.last_mut()) {
            ("FROM", _) if full => break,
            ("FROM", _) => {
                let rest = expanded(&instruction.rest, &global);
                let mut names = rest.split_whitespace();
                let base = names.next().unwrap_or_default().to_owned();
                let name = names.nth(1).unwrap_or_default().to_lowercase();
                stages.push(Stage { name, base, instructions: Vec::new() });
            }
            ("ARG", None) => argument(&instruction.rest, build, &[], &mut global),
            (_, Some(stage)) => stage.instructions.push(instruction),
            (_, None) => {}
        }
    }
    let needed = needed(build, &stages);
    let mut states: Vec<State> = Vec::new();
    for (at, stage) in stages.iter().enumerate() {
        let base = named(&stages, &stage.base, at).and_then(|base| states.get(base)).cloned().unwrap_or_default();
        let mut run = Run { build, global: &global, place: &place, args: Variables::new(), state: base, say };
        if needed.contains(&at) {
            let inherited = std::mem::take(&mut run.state.later);
            for instruction in inherited.iter().chain(&stage.instructions) {
                run.instruction(instruction);
            }
        }
        states.push(run.state);
    }
}

/// The stage before `at` that is meant by a name or number.
fn named(stages: &[Stage], name: &str, at: usize) -> Option<usize> {
    let before = stages.get(..at)?;
    let lower = name.to_lowercase();
    let by_name = before.iter().rposition(|stage| !stage.name.is_empty() && stage.name == lower);
    by_name.or_else(|| name.parse().ok().filter(|number| *number < at))
}

/// The stages that are built.
fn needed(build: &Build, stages: &[Stage]) -> Vec<usize> {
    let Some(last) = stages.len().checked_sub(1) else { return Vec::new() };
    let target = match &build.target {
        Some(name) if name.contains(HOLE) => return (0..stages.len()).collect(),
        // A target that is not there is an error, and nothing is built.
        Some(name) => match named(stages, name, stages.len()) {
            Some(target) => target,
            None => return Vec::new(),
        },
        None => last,
    };
    if build.every {
        return (0..=target).collect();
    }
    let mut needed = vec![target];
    let mut done = 0;
    while let Some(at) = needed.get(done).copied() {
        done += 1;
        let Some(stage) = stages.get(at) else { continue };
        let mut uses: Vec<&str> = vec![stage.base.as_str()];
        for instruction in &stage.instructions {
            uses.extend(instruction.flag("--from"));
            let mounts = instruction.flag("--mount").flat_map(|mount| mount.split(','));
            uses.extend(mounts.filter_map(|part| part.strip_prefix("from=")));
        }
        for name in uses {
            if name.contains([HOLE, '$']) {
                needed.extend(0..at);
            }
            needed.extend(named(stages, name, at));
        }
        needed.sort_unstable_by_key(|one| std::cmp::Reverse(*one));
        needed.dedup();
    }
    needed
}

/// `ARG NAME=VALUE …`: what the call gives goes before what is written.
fn argument(text: &str, build: &Build, global: &[(String, String)], to: &mut Variables) {
    for (name, default) in pairs(text) {
        let given = build.args.iter().rev().find(|(given, _)| *given == name);
        let value = match (given, default) {
            (Some((_, Some(value))), _) => value.clone(),
            (Some((_, None)), _) => HOLE.to_string(),
            (None, Some(value)) => expanded(&value, to),
            (None, None) => match global.iter().rev().find(|(given, _)| *given == name) {
                Some((_, value)) => value.clone(),
                None if name.starts_with("TARGET") || name.starts_with("BUILD") => HOLE.to_string(),
                None => continue,
            },
        };
        set(to, name, value);
    }
}

fn set(to: &mut Variables, name: String, mut value: String) {
    if value.len() > LONGEST {
        value = HOLE.to_string();
    }
    to.retain(|(known, _)| *known != name);
    if to.len() < MOST_VARIABLES {
        to.push((name, value));
    }
}

struct Run<'a> {
    build: &'a Build,
    global: &'a Variables,
    place: &'a str,
    /// Arguments that the stage has declared.
    args: Variables,
    state: State,
    say: &'a mut dyn Say,
}

impl Run<'_> {
    fn instruction(&mut self, instruction: &Instruction) {
        match instruction.name.as_str() {
            "ARG" => {
                let mut known: Variables = self.args.clone();
                known.extend(self.state.env.clone());
                argument(&instruction.rest, self.build, self.global, &mut known);
                self.args = known;
            }
            "ENV" => {
                let known = self.known();
                let text = &instruction.rest;
                let old = text.split_once(char::is_whitespace).filter(|(name, _)| !name.contains('='));
                let pairs = match old {
                    Some((name, value)) => vec![(name.to_owned(), Some(value.trim().to_owned()))],
                    None => pairs(text),
                };
                for (name, value) in pairs {
                    set(&mut self.state.env, name, expanded(&value.unwrap_or_default(), &known));
                }
            }
            "SHELL" => {
                if let Some(shell) = words(&instruction.rest) {
                    self.state.shell = shell;
                }
            }
            "ONBUILD" => self.state.later.push(instruction.later()),
            "RUN" => self.run(instruction),
            _ => {}
        }
    }

    /// What a variable of the build is: `ENV` goes before `ARG`.
    fn known(&self) -> Variables {
        self.args.iter().chain(&self.state.env).cloned().collect()
    }

    fn run(&mut self, instruction: &Instruction) {
        // What the command sees: variables, and secrets that are mounted into it.
        let mut setting = String::new();
        for (name, value) in self.known() {
            if is_name(&name) && !matches!(name.as_str(), "PATH" | "IFS") {
                setting.push_str(&format!("export {name}={}\n", quoted(&value)));
            }
        }
        let mut files = Vec::new();
        for mount in instruction.flag("--mount").filter(|mount| mount.contains("type=secret")) {
            let part = |names: &[&str]| {
                let value = |part: &'_ str| {
                    part.split_once('=').filter(|(name, _)| names.contains(name)).map(|(_, value)| value.to_owned())
                };
                mount.split(',').find_map(value)
            };
            let target = part(&["target", "dst", "destination"]);
            let id = part(&["id"]).or_else(|| target.as_ref()?.rsplit('/').next().map(str::to_owned));
            let kept = format!("/run/secrets/{}", id.unwrap_or_default());
            if let Some(name) = part(&["env"]).filter(|name| is_name(name)) {
                setting.push_str(&format!("export {name}=\"$(cat {})\"\n", quoted(&kept)));
            }
            files.extend(target.filter(|target| target.len() > 1).map(|target| (target, kept)));
        }
        let renamed = |text: &str| files.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
        // Directories of this machine that the container has are more than the container.
        let whole = || instruction.documents.iter().fold(instruction.rest.clone(), |all, next| all + &next.body);
        let reaches = !self.build.mounts.is_empty() && {
            let text = whole();
            self.build.mounts.iter().any(|mount| text.contains(mount.as_str()))
        };
        let place = match self.place.strip_prefix(BUILD).filter(|_| reaches) {
            Some(name) => format!("a container with directories of this machine that builds{name}"),
            None => self.place.to_owned(),
        };
        if let Some(words) = instruction.words() {
            let argv: Vec<Arg> = words.iter().map(|word| Arg::known(renamed(word))).collect();
            if !argv.is_empty() {
                // A shell that only sets variables and runs the words is what sees both.
                let line: Vec<String> = argv.iter().filter_map(Arg::text).map(quoted).collect();
                let argv = if setting.is_empty() { argv } else { shell_text(&format!("{setting}{}", line.join(" "))) };
                self.say.elsewhere(argv, &place);
            }
            return;
        }
        let rest = instruction.rest.trim();
        let text = match instruction.documents.as_slice() {
            // Nothing but a here-document: it is the script.
            [only] if only.opening == rest => match only.body.strip_prefix("#!") {
                Some(script) => {
                    let (first, _) = script.split_once('\n').unwrap_or((script, ""));
                    let mut words: Vec<&str> = first.split_whitespace().collect();
                    if words.first().is_some_and(|word| word.ends_with("/env")) {
                        words.remove(0);
                        words.retain(|word| *word != "-S");
                    }
                    // The interpreter reads the script as it would from its standard input.
                    format!("{} <<'{}'\n{}{}\n", words.join(" "), only.name, only.body, only.name)
                }
                None => only.body.clone(),
            },
            documents => {
                let mut text = rest.to_owned();
                for document in documents {
                    text.push('\n');
                    text.push_str(&document.body);
                    text.push_str(&document.name);
                }
                text
            }
        };
        let text = renamed(&format!("{setting}{text}"));
        let mut argv: Vec<Arg> = self.state.shell.iter().map(|word| Arg::known(word.clone())).collect();
        if argv.is_empty() {
            argv = shell_text(&text);
        } else {
            argv.push(Arg::with_holes(&text));
        }
        self.say.elsewhere(argv, &place);
    }
}

/// The words of a shell that runs this text.
fn shell_text(text: &str) -> Vec<Arg> {
    Arg::with_holes(text).for_shell()
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// `A=1 B="2 3" C`, with quotes left as they are.
fn pairs(text: &str) -> Vec<(String, Option<String>)> {
    let (mut all, mut word, mut quote, mut escaped) = (Vec::new(), String::new(), None, false);
    for c in text.chars().chain([' ']) {
        match (quote, c) {
            _ if escaped => {}
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
        escaped = c == '\\' && !escaped;
        if quote.is_some() || !c.is_whitespace() {
            word.push(c);
        } else if !word.is_empty() {
            let word = std::mem::take(&mut word);
            all.push(match word.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (word, None),
            });
        }
    }
    all
}

/// A word with quotes taken away and variables put in, as Docker does it: what is not set is empty.
pub(super) fn expanded(text: &str, variables: &[(String, String)]) -> String {
    let known = |name: &str| variables.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let mut out = String::new();
    let mut letters = text.chars().peekable();
    let mut single = false;
    while let Some(c) = letters.next() {
        if out.len() > LONGEST {
            return HOLE.to_string();
        }
        match c {
            '\'' => single = !single,
            _ if single => out.push(c),
            '"' => {}
            '\\' => out.extend(letters.next()),
            '$' if letters.peek() == Some(&'{') => {
                letters.next();
                let mut inside = String::new();
                let mut depth = 1;
                for c in letters.by_ref() {
                    match c {
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        _ => {}
                    }
                    if depth == 0 {
                        break;
                    }
                    inside.push(c);
                }
                let end = inside.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(inside.len());
                let (name, rest) = inside.split_at_checked(end).unwrap_or((&inside, ""));
                let value = known(name).filter(|value| !value.is_empty());
                match rest.trim_start_matches(':').chars().next() {
                    None => out.push_str(value.unwrap_or_default()),
                    Some('-') => match (value, rest.split_once('-')) {
                        (None, Some((_, default))) if !default.contains('$') => out.push_str(default),
                        (None, _) => out.push(HOLE),
                        (Some(value), _) => out.push_str(value),
                    },
                    Some('+') => out.push_str(match (value, rest.split_once('+')) {
                        (Some(_), Some((_, other))) => other,
                        _ => "",
                    }),
                    Some(_) => out.push(HOLE),
                }
            }
            '$' => {
                let mut name = String::new();
                while let Some(c) = letters.next_if(|c| c.is_ascii_alphanumeric() || *c == '_') {
                    name.push(c);
                }
                match name.as_str() {
                    "" => out.push('$'),
                    name => out.push_str(known(name).unwrap_or_default()),
                }
            }
            c => out.push(c),
        }
    }
    out
}
