//! The effects of one call, by its table.

use std::path::{Path, PathBuf};

use weir_model::{Effect, Scope, Target, TargetKind, Verb};

use super::inner;
use super::parse::Found;
use super::table::{Extent, Fallback, Part, Rule, Sel, Tool};
use super::text::{Reading, Truth, shown};
use crate::call::{Arg, Call, Say, Secret, Value};
use crate::secrets::{Naming, leaving, of_arg, of_tree};

/// Words for each of which an effect is made.
const MOST_EACH: usize = 256;

/// Says what a call of `tool` with `args` does.
pub(super) fn call(tool: &'static Tool, call: &Call<'_>, args: &[Arg], say: &mut dyn Say) {
    let reading = Reading::new(tool, call, args);
    let parsed = &reading.parsed;
    let harmless = parsed.given.iter().any(|given| given.help)
        || reading.any(tool.root.harmless, None) == Truth::Yes
        || reading.any(parsed.command.harmless, None) == Truth::Yes;
    if harmless {
        return say.effect(program(&reading, Verb::Read, reading.path()));
    }
    let acts = |command: &super::table::Command| {
        !command.effects.is_empty() || !command.run.is_empty() || !command.code.is_empty()
    };
    if (parsed.general || parsed.found == Found::Missing) && super::operations::say(&reading, say) {
        return;
    }
    if let Some(entry) =
        parsed.command.yields.iter().find(|entry| applies(&reading, entry.when, entry.unless, None) != Truth::No)
    {
        say.yields(Secret::whole(reading.path()).cut(entry.much));
    }
    match parsed.found {
        Found::Command => commanded(&reading, say),
        Found::Nothing | Found::Missing if acts(&tool.root) => commanded(&reading, say),
        Found::Nothing => match tool.default {
            Fallback::Program => say.effect(program(&reading, Verb::Execute, reading.path())),
            Fallback::Read | Fallback::Opaque => say.effect(program(&reading, Verb::Read, reading.path())),
        },
        Found::Missing | Found::Computed => missing(&reading, say),
    }
}

fn program(reading: &Reading<'_>, verb: Verb, name: String) -> Effect {
    let mut target = Target::new(TargetKind::Program, name);
    target.environment_from = reading.environment();
    if verb != Verb::Read {
        target.lookup = reading.lookup();
    }
    Effect::new(verb, target)
}

/// A subcommand that the table does not have.
fn missing(reading: &Reading<'_>, say: &mut dyn Say) {
    let mut name = reading.path();
    if let Some(word) = reading.parsed.words.first() {
        name.push(' ');
        name.push_str(&shown(word));
    }
    match reading.tool.default {
        Fallback::Program => say.effect(program(reading, Verb::Execute, name)),
        Fallback::Read => say.effect(program(reading, Verb::Read, name)),
        Fallback::Opaque if reading.parsed.found == Found::Computed => {
            // Any of the tool's commands, the destructive ones among them.
            let mut target = Target::new(TargetKind::Unknown, name);
            target.environment_from = reading.environment();
            target.lookup = reading.lookup();
            say.opaque(Effect::opaque(Verb::Execute, target, "which command this runs is not known"));
        }
        Fallback::Opaque if sounds_destructive(reading) => {
            let mut target = Target::new(TargetKind::Unknown, name);
            target.environment_from = reading.environment();
            let why = "what this command does is not known, but its name says that it destroys something";
            say.opaque(Effect::opaque(Verb::Delete, target, why));
        }
        Fallback::Opaque => {
            let mut effect = program(reading, Verb::Execute, name);
            effect.opaque = true;
            effect.note = Some("what this command does is not known".to_owned());
            say.opaque(effect);
        }
    }
}

/// Whether a word where the command stands says so (`dns-records delete`, `db:destroy`).
fn sounds_destructive(reading: &Reading<'_>) -> bool {
    const VERBS: &[&str] = &["delete", "destroy", "purge", "terminate", "wipe", "erase", "drop"];
    let words = reading.parsed.words.iter().take(2).filter_map(Arg::text);
    let says = |word: &str| {
        let mut parts = word.split(['-', ':', '_', '.']);
        let first = parts.next().unwrap_or_default();
        VERBS.contains(&first) || parts.next_back().is_some_and(|last| VERBS.contains(&last))
    };
    reading.parsed.path.iter().map(String::as_str).chain(words).any(says)
}

fn commanded(reading: &Reading<'_>, say: &mut dyn Say) {
    let command = reading.parsed.command;
    let (mut said, mut doubted) = (false, false);
    for rule in command.effects {
        said |= apply(reading, rule, &mut doubted, say);
    }
    said |= inner::run(reading, say);
    said |= inner::code(reading, say);
    if !said {
        let wraps = !command.run.is_empty() || !command.code.is_empty();
        let verb = if wraps { Verb::Execute } else { Verb::Read };
        say.effect(program(reading, verb, reading.path()));
    }
}

/// Whether a pair of conditions lets something happen.
pub(super) fn applies(
    reading: &Reading<'_>,
    when: super::table::When,
    unless: super::table::When,
    it: Option<&Arg>,
) -> Truth {
    let when = if when.is_empty() { Truth::Yes } else { reading.any(when, it) };
    match (when, reading.any(unless, it)) {
        (Truth::No, _) | (_, Truth::Yes) => Truth::No,
        // What might be stopped by something unknown is not.
        (Truth::Yes, _) => Truth::Yes,
        (Truth::Maybe, _) => Truth::Maybe,
    }
}

/// `doubted`: an effect that depends on something unknown has been said; one is enough.
fn apply(reading: &Reading<'_>, rule: &'static Rule, doubted: &mut bool, say: &mut dyn Say) -> bool {
    let Some(from) = rule.each else { return one(reading, rule, None, doubted, say) };
    let words = reading.parsed.words.get(from.saturating_sub(1)..).unwrap_or_default();
    if words.is_empty() {
        return one(reading, rule, None, doubted, say);
    }
    let mut said = false;
    for word in words.iter().take(MOST_EACH) {
        said |= one(reading, rule, Some(word), doubted, say);
    }
    if words.len() > MOST_EACH {
        let target = Target::new(rule.kind, format!("{} more", words.len() - MOST_EACH));
        say.opaque(Effect::opaque(rule.verb, target, "more names than are looked at"));
    }
    said
}

fn one(reading: &Reading<'_>, rule: &'static Rule, it: Option<&Arg>, doubted: &mut bool, say: &mut dyn Say) -> bool {
    let truth = applies(reading, rule.when, rule.unless, it);
    let weighty = matches!(rule.verb, Verb::Delete | Verb::Grant | Verb::Deploy | Verb::Publish);
    if truth == Truth::No || (truth == Truth::Maybe && (!weighty || std::mem::replace(doubted, true))) {
        return false;
    }
    let mut effects = if rule.kind == TargetKind::FileTree {
        files(reading, rule, it)
    } else if rule.kind == TargetKind::Secret && rule.verb == Verb::Send {
        sends(reading, rule, it)
    } else {
        let mut name = reading.render(rule.name, it);
        if name.is_empty() {
            name = reading.path();
        }
        let extent = match rule.scope {
            Extent::Filtered => Scope::Filtered { filter: name.clone() },
            extent => scope(extent),
        };
        vec![Effect::new(rule.verb, Target::new(rule.kind, name)).within(extent)]
    };
    for effect in &mut effects {
        effect.target.environment_from = reading.environment();
        effect.target.stateful = rule.stateful || reading.any(rule.stateful_if, it) != Truth::No;
        if effect.verb != Verb::Read {
            effect.target.lookup = reading.lookup();
            effect.preview = reading.preview();
        }
        if truth == Truth::Maybe {
            effect.opaque = true;
            effect.note = Some("an argument that is not known decides whether this happens".to_owned());
        } else if let Some(why) = rule.opaque {
            effect.opaque = true;
            effect.note = Some(why.to_owned());
        } else if let Some(note) = rule.note
            && effect.note.is_none()
        {
            effect.note = Some(note.to_owned());
        }
    }
    let said = !effects.is_empty();
    for effect in effects {
        if effect.opaque { say.opaque(effect) } else { say.effect(effect) }
    }
    said
}

/// One effect for each secret that the values of the rule's placeholders hold or name; of all of them.
fn sends(reading: &Reading<'_>, rule: &'static Rule, it: Option<&Arg>) -> Vec<Effect> {
    let naming = if rule.scope == Extent::Content { Naming::AfterAt } else { Naming::Path };
    let to: Vec<Arg> = rule.to.iter().flat_map(|sel| reading.values(sel, it)).collect();
    let mut effects: Vec<Effect> = Vec::new();
    let mut leave = |secrets: &[Secret], arg: Option<&Arg>| {
        for effect in leaving(reading.call, secrets, rule.carries, arg, &to) {
            if !effects.contains(&effect) {
                effects.push(effect);
            }
        }
    };
    for part in rule.name {
        let Part::Value(sels) = part else { continue };
        for sel in *sels {
            if matches!(sel, Sel::Stdin) {
                leave(&reading.call.secrets, None);
                continue;
            }
            for arg in reading.values(sel, it) {
                let mut secrets = of_arg(reading.call, &arg, naming);
                if rule.scope == Extent::Files {
                    secrets.extend(arg.text().and_then(|text| of_tree(reading.call, text)));
                }
                leave(&secrets, Some(&arg));
            }
        }
    }
    effects
}

fn scope(extent: Extent) -> Scope {
    match extent {
        Extent::Whole => Scope::Whole,
        Extent::Files => Scope::Files,
        Extent::Content => Scope::Content,
        Extent::Filtered => Scope::Filtered { filter: String::new() },
    }
}

/// The effects on the files that the rule's one placeholder names. What came out of one glob is one effect.
fn files(reading: &Reading<'_>, rule: &'static Rule, it: Option<&Arg>) -> Vec<Effect> {
    let Some(Part::Value(sels)) = rule.name.first() else { return Vec::new() };
    let Some((_, args)) = reading.first(sels, it) else { return Vec::new() };
    let mut effects: Vec<(String, bool, Effect)> = Vec::new();
    for arg in &args {
        let (texts, certain): (&[String], bool) = match &arg.value {
            Value::Known(text) => (std::slice::from_ref(text), true),
            Value::OneOf(list) => (list, true),
            Value::Prefix(start) => (std::slice::from_ref(start), false),
            Value::Unknown => (&[], false),
        };
        if !texts.is_empty() && texts.iter().all(|text| is_stream(text)) {
            continue;
        }
        let mut paths: Vec<PathBuf> = Vec::new();
        for text in texts {
            match reading.call.path(text) {
                Some(path) if certain || text.ends_with('/') => paths.push(path),
                Some(path) => paths.extend(path.parent().map(Path::to_path_buf)),
                None => {}
            }
        }
        if paths.len() < texts.len() || texts.is_empty() {
            let target = Target::new(TargetKind::Unknown, arg.source.clone());
            let effect = Effect::opaque(rule.verb, target, "which file this is is not known");
            effects.push((arg.source.clone(), false, effect));
            continue;
        }
        if let Some((source, true, effect)) = effects.last_mut()
            && arg.globbed
            && *source == arg.source
        {
            effect.target.paths.extend(paths);
            continue;
        }
        let kind = if paths.iter().any(|path| is_device(path)) { TargetKind::Device } else { TargetKind::FileTree };
        let extent = if certain { scope(rule.scope) } else { Scope::Filtered { filter: arg.source.clone() } };
        let effect = Effect::new(rule.verb, Target::new(kind, arg.source.clone()).at(paths)).within(extent);
        effects.push((arg.source.clone(), arg.globbed, effect));
    }
    effects.into_iter().map(|(_, _, effect)| effect).collect()
}

/// The standard streams and what swallows everything.
fn is_stream(text: &str) -> bool {
    matches!(text, "-" | "/dev/null" | "/dev/stdin" | "/dev/stdout" | "/dev/stderr" | "/dev/tty")
        || text.starts_with("/dev/fd/")
}

fn is_device(path: &Path) -> bool {
    path.starts_with("/dev") && !path.starts_with("/dev/shm") && path != Path::new("/dev")
}
