//! Commands of two words that come from data: thousands of operations that differ only in names.
//!
//! The table is one text and numbers that point into it. It holds no references, so that nothing of it is touched, and
//! nothing relocated, unless the tool is called.

use weir_model::{Effect, Target, TargetKind, Verb};

use super::parse::Given;
use super::text::{Reading, quoted, shown};
use super::view::{KnownCommand, KnownEffect};
use crate::call::{Arg, Say};

/// All operations of one tool. Lists are numbers in `lists`, where their length stands before their members.
pub(super) struct Operations {
    /// All words, one after the other.
    pub text: &'static str,
    /// Where each word ends.
    pub ends: &'static [u32],
    /// The word of a service and its first operation, sorted by the word's text.
    pub services: &'static [(u16, u16)],
    /// Sorted by service, then by the text of the name.
    pub operations: &'static [Operation],
    pub lists: &'static [u16],
    pub kinds: &'static [Kind],
}

pub(super) struct Operation {
    pub name: u16,
    /// The options that say what it is about.
    pub required: u16,
    /// The options that decide whether something is left.
    pub guards: u16,
    /// The operation that shows what this is about, then pairs: its option, and the option of this one with the value.
    pub preview: u16,
    pub kind: u8,
    /// It can say by itself whether it would be let.
    pub dry_run: bool,
}

pub(super) struct Kind {
    pub verb: Verb,
    pub target: TargetKind,
    pub stateful: bool,
}

impl Operations {
    fn word(&self, at: u16) -> &'static str {
        let at = usize::from(at);
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let end = self.ends.get(at).copied().unwrap_or(start);
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }

    fn list(&self, at: u16) -> &'static [u16] {
        let at = usize::from(at);
        let length = self.lists.get(at).map_or(0, |length| usize::from(*length));
        self.lists.get(at + 1..).and_then(|rest| rest.get(..length)).unwrap_or_default()
    }

    fn find(&self, service: &str, name: &str) -> Option<&'static Operation> {
        let at = self.services.binary_search_by(|(word, _)| self.word(*word).cmp(service)).ok()?;
        self.of(at)
            .binary_search_by(|operation| self.word(operation.name).cmp(name))
            .ok()
            .and_then(|n| self.of(at).get(n))
    }

    fn of(&self, service: usize) -> &'static [Operation] {
        let first = |at: usize| self.services.get(at).map(|(_, first)| usize::from(*first));
        let start = first(service).unwrap_or(self.operations.len());
        let end = first(service + 1).unwrap_or(self.operations.len());
        self.operations.get(start..end).unwrap_or_default()
    }
}

impl Operations {
    /// What is known of each operation, for people.
    pub(super) fn view(&'static self) -> impl Iterator<Item = KnownCommand> {
        self.services.iter().enumerate().flat_map(move |(at, (service, _))| {
            self.of(at).iter().map(move |operation| self.show(self.word(*service), operation))
        })
    }

    fn show(&'static self, service: &str, operation: &'static Operation) -> KnownCommand {
        let option = |word: &u16| format!("--{}", self.word(*word));
        let required: Vec<String> = self.list(operation.required).iter().map(option).collect();
        let guards: Vec<String> = self.list(operation.guards).iter().map(option).collect();
        let name = required.iter().map(|option| format!(" {{{option}}}")).collect::<String>();
        let preview = self.list(operation.preview).split_first().map(|(look, pairs)| {
            let pairs = pairs.chunks_exact(2).filter_map(|pair| Some((pair.first()?, pair.last()?)));
            let pairs = pairs.map(|(theirs, ours)| format!(" {} {{{}}}", option(theirs), option(ours)));
            format!("aws {{own}} {service} {}{}", self.word(*look), pairs.collect::<String>())
        });
        let kind = self.kinds.get(usize::from(operation.kind));
        KnownCommand {
            paths: vec![format!("{service} {}", self.word(operation.name))],
            options: required.into_iter().chain(guards).collect(),
            harmless: Vec::new(),
            environment: Vec::new(),
            preview,
            effects: kind
                .map(|kind| KnownEffect {
                    verb: kind.verb,
                    target: kind.target.name(),
                    name: format!("{{path}}{name}"),
                    stateful: if kind.stateful { vec!["always".to_owned()] } else { Vec::new() },
                    when: Vec::new(),
                    unless: Vec::new(),
                    note: None,
                })
                .into_iter()
                .collect(),
            runs: Vec::new(),
            interprets: Vec::new(),
            yields: Vec::new(),
        }
    }
}

/// Says what the operation does that the words name. False where the data does not have it.
pub(super) fn say(reading: &Reading<'_>, say: &mut dyn Say) -> bool {
    let (Some(table), [service, name]) = (reading.tool.operations, reading.parsed.path.as_slice()) else {
        return false;
    };
    let Some(operation) = table.find(service, name) else { return false };
    let Some(kind) = table.kinds.get(usize::from(operation.kind)) else { return false };
    let mut text = reading.path();
    for value in about(reading, table, operation) {
        text.push(' ');
        text.push_str(&shown(value));
    }
    let mut target = Target::new(kind.target, text);
    target.environment_from = reading.environment();
    target.stateful = kind.stateful;
    let mut effect = Effect::new(kind.verb, target);
    effect.preview = preview(reading, table, operation);
    effect.note = note(reading, table, operation);
    say.effect(effect);
    true
}

/// The option `word`, also where only the beginning of its name is written.
fn given<'r>(reading: &'r Reading<'_>, word: &str) -> Option<&'r Given> {
    let named = |given: &&Given, whole: bool| {
        let name = given.name.strip_prefix("--").unwrap_or_default();
        if whole { name == word } else { name.len() > 3 && !given.global && word.starts_with(name) }
    };
    let all = || reading.parsed.given.iter();
    all().rev().find(|given| named(given, true)).or_else(|| all().find(|given| named(given, false)))
}

/// The values that say what the operation is about. What follows a value without an option belongs to a list.
fn about<'r>(reading: &'r Reading<'_>, table: &Operations, operation: &Operation) -> Vec<&'r Arg> {
    let required = table.list(operation.required).iter();
    let mut values: Vec<&Arg> = required
        .filter_map(|word| given(reading, table.word(*word)))
        .filter_map(|given| given.value.as_ref())
        .collect();
    if values.is_empty() {
        let mut others =
            reading.parsed.given.iter().filter(|given| !given.global || given.name.starts_with("--cli-input"));
        values.extend(others.find_map(|given| given.value.as_ref()));
    }
    values.extend(&reading.parsed.words);
    values
}

fn preview(reading: &Reading<'_>, table: &Operations, operation: &Operation) -> Option<String> {
    let [service, name] = reading.parsed.path.as_slice() else { return None };
    let mut text = reading.call.program().to_owned();
    for own in reading.own() {
        text.push(' ');
        text.push_str(&quoted(&own));
    }
    text.push(' ');
    text.push_str(service);
    let list = table.list(operation.preview);
    let bare = text.len();
    if let Some((look, pairs)) = list.split_first() {
        text.push(' ');
        text.push_str(table.word(*look));
        for pair in pairs.chunks_exact(2) {
            let [theirs, ours] = pair else { continue };
            let Some(value) = given(reading, table.word(*ours)).and_then(|given| given.value.as_ref()) else {
                continue;
            };
            text.push_str(" --");
            text.push_str(table.word(*theirs));
            text.push(' ');
            text.push_str(&quoted(value));
            if reading.parsed.given.last().and_then(|given| given.value.as_ref()) == Some(value) {
                // The rest of its list.
                for word in &reading.parsed.words {
                    text.push(' ');
                    text.push_str(&quoted(word));
                }
            }
        }
        if !pairs.is_empty() || !operation.dry_run {
            return Some(text);
        }
    }
    if !operation.dry_run {
        return None;
    }
    // Of itself it says at least whether it would be let.
    text.truncate(bare);
    text.push(' ');
    text.push_str(name);
    for given in reading.parsed.given.iter().filter(|given| !given.global) {
        text.push(' ');
        text.push_str(&given.name);
        if let Some(value) = &given.value {
            text.push(' ');
            text.push_str(&quoted(value));
        }
    }
    text.push_str(" --dry-run");
    Some(text)
}

/// What the options that decide about the way back say.
fn note(reading: &Reading<'_>, table: &Operations, operation: &Operation) -> Option<String> {
    let mut notes: Vec<String> = Vec::new();
    for word in table.list(operation.guards) {
        let word = table.word(*word);
        let Some(given) = given(reading, word) else { continue };
        let value = given.value.as_ref().map(shown).unwrap_or_default();
        if value.eq_ignore_ascii_case("false") {
            continue;
        }
        notes.push(if word.starts_with("skip-final") || word == "skip-snapshot" {
            "no final snapshot is made".to_owned()
        } else if word.contains("without-recovery") {
            "it cannot be restored".to_owned()
        } else if word.starts_with("bypass") {
            "the lock that keeps it is bypassed".to_owned()
        } else if word.contains("window-in-days") {
            format!("it can be restored for {value} days")
        } else if word.starts_with("final") && !word.ends_with("period") {
            format!("a final snapshot is made: {value}")
        } else if word.starts_with("retain") {
            format!("`--{word}` keeps {value}").trim_end().to_owned()
        } else if word.starts_with("delete-a") {
            "what belongs to it goes too".to_owned()
        } else if word.starts_with("final") {
            continue;
        } else {
            format!("`--{word}` is given: it goes even where something speaks against it")
        });
    }
    notes.dedup();
    (!notes.is_empty()).then(|| notes.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Stdin;
    use crate::lab::{Machine, hear};

    fn aws() -> &'static Operations {
        super::super::find("aws").unwrap().operations.unwrap()
    }

    fn effects(command: &str) -> Vec<Effect> {
        let machine = Machine::default();
        hear(&machine, command, Some("/w"), Stdin::None, &[], |call, say| {
            super::super::interpret(call, say);
        })
        .effects
    }

    #[test]
    fn every_operation_of_the_data_is_found_and_said_with_its_target() {
        let table = aws();
        let mut count = 0;
        for (at, (service, _)) in table.services.iter().enumerate() {
            for operation in table.of(at) {
                count += 1;
                let (service, name) = (table.word(*service), table.word(operation.name));
                assert!(table.find(service, name).is_some(), "{service} {name}");
                assert!(!name.contains(char::is_uppercase) && !name.contains("--") && !name.is_empty(), "{name}");
                let options: String =
                    table.list(operation.required).iter().map(|o| format!(" --{} it", table.word(*o))).collect();
                let said = effects(&format!("aws {service} {name}{options}"));
                let changes = said.iter().find(|effect| effect.verb != Verb::Read);
                let effect = changes.unwrap_or_else(|| panic!("aws {service} {name}{options}: {said:?}"));
                assert!(!effect.opaque, "{service} {name}");
                assert!(options.is_empty() || effect.target.name.contains("it"), "{service} {name}: {effect:?}");
                if let Some(preview) = &effect.preview {
                    let said = effects(preview);
                    assert!(said.iter().all(|effect| effect.verb == Verb::Read), "{preview}: {said:?}");
                }
            }
        }
        assert!(count >= 2_402, "{count}");
    }

    #[test]
    fn options_that_decide_about_the_way_back_are_said() {
        for (command, note) in [
            (
                "aws rds delete-db-instance --db-instance-identifier x --skip-final-snapshot",
                Some("no final snapshot is made"),
            ),
            ("aws rds delete-db-instance --db-instance-identifier x --no-skip-final-snapshot", None),
            (
                "aws rds delete-db-cluster --db-cluster-identifier x --final-db-snapshot-identifier s",
                Some("a final snapshot is made: s"),
            ),
            (
                "aws secretsmanager delete-secret --secret-id x --force-delete-without-recovery",
                Some("it cannot be restored"),
            ),
            (
                "aws secretsmanager delete-secret --secret-id x --recovery-window-in-days 7",
                Some("it can be restored for 7 days"),
            ),
            (
                "aws s3api delete-object --bucket b --key k --bypass-governance-retention",
                Some("the lock that keeps it is bypassed"),
            ),
            (
                "aws ecr delete-repository --repository-name r --force",
                Some("`--force` is given: it goes even where something speaks against it"),
            ),
            ("aws ec2 delete-vpc --vpc-id v", None),
        ] {
            let said = effects(command);
            assert_eq!(said.first().unwrap().note.as_deref(), note, "{command}");
        }
    }

    #[test]
    fn what_is_no_operation_is_not_found() {
        for (service, name) in [("rds", ""), ("", "delete-db-instance"), ("rds", "delete-db-instances"), ("zzz", "x")] {
            assert!(aws().find(service, name).is_none(), "{service} {name}");
        }
    }
}
