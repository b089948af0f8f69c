//! The steps of an action as a tree: command, expanded words, effects, targets, measured impact, policies.

use std::io::Write;
use std::path::Path;

use anstyle::Style;
use weir_model::{Effect, Environment, Judgement, Step, StepWord, TargetKind, Verb, WordValue};

use crate::output::{CliError, one_line, shown, verdict_style};

/// The most commands that are shown below one, beside those that a policy objects to.
const MOST_SHOWN: usize = 20;

/// The longest line of a command or its words, in characters.
const WIDEST: usize = 200;

/// Draws the steps.
pub(super) fn draw(out: &mut impl Write, steps: &[Step], judgement: &Judgement, cwd: &Path) -> Result<(), CliError> {
    let tree = Tree { judgement };
    let loose = tree.loose(steps);
    writeln!(out)?;
    tree.siblings(out, steps, "", cwd, !loose.is_empty())?;
    for (at, effect) in loose.iter().enumerate() {
        tree.effect(out, effect, "", at + 1 == loose.len())?;
    }
    Ok(())
}

struct Tree<'a> {
    judgement: &'a Judgement,
}

impl Tree<'_> {
    /// What the step does itself; that a program only looks needs no line.
    fn effects<'s>(&'s self, step: &'s Step) -> impl Iterator<Item = &'s Effect> {
        let effects = step.effects.iter().filter_map(|at| self.judgement.effects.get(*at));
        effects.filter(|effect| !(is_plain(effect) && effect.target.kind == TargetKind::Program))
    }

    /// True where a policy objects to something that the step does or runs.
    fn is_refused(&self, step: &Step) -> bool {
        self.effects(step).any(|effect| !effect.policies.is_empty()) || step.steps.iter().any(|s| self.is_refused(s))
    }

    /// Effects that belong to no step: those of tools that are no command.
    fn loose(&self, steps: &[Step]) -> Vec<&Effect> {
        fn mark(steps: &[Step], seen: &mut [bool]) {
            for step in steps {
                for at in &step.effects {
                    if let Some(seen) = seen.get_mut(*at) {
                        *seen = true;
                    }
                }
                mark(&step.steps, seen);
            }
        }
        let mut seen = vec![false; self.judgement.effects.len()];
        mark(steps, &mut seen);
        self.judgement.effects.iter().zip(seen).filter(|(_, seen)| !seen).map(|(effect, _)| effect).collect()
    }

    fn siblings(
        &self,
        out: &mut impl Write,
        steps: &[Step],
        indent: &str,
        cwd: &Path,
        more_follow: bool,
    ) -> Result<(), CliError> {
        let dim = Style::new().dimmed();
        let shown: Vec<&Step> = steps
            .iter()
            .enumerate()
            .filter(|(at, step)| *at < MOST_SHOWN || self.is_refused(step))
            .map(|(_, s)| s)
            .collect();
        let hidden = steps.len() - shown.len();
        let mut rest = shown.as_slice();
        while let Some((step, after)) = rest.split_first() {
            // A loop says the same again and again.
            let same = after.iter().take_while(|next| is_same(step, next)).count();
            rest = after.get(same..).unwrap_or_default();
            let is_last = rest.is_empty() && hidden == 0 && !more_follow;
            self.step(out, step, indent, is_last, same + 1, cwd)?;
        }
        if hidden > 0 {
            let branch = if more_follow { "├─" } else { "└─" };
            writeln!(out, "  {indent}{dim}{branch} … {hidden} more commands, to which no policy objects{dim:#}")?;
        }
        Ok(())
    }

    fn step(
        &self,
        out: &mut impl Write,
        step: &Step,
        indent: &str,
        is_last: bool,
        times: usize,
        cwd: &Path,
    ) -> Result<(), CliError> {
        if step.words.is_empty() && step.effects.is_empty() && !step.steps.is_empty() {
            // A text that is run (`bash -c`): the command above says so already.
            return self.siblings(out, &step.steps, indent, cwd, !is_last);
        }
        let dim = Style::new().dimmed();
        let (branch, below) = if is_last { ("└─", "   ") } else { ("├─", "│  ") };
        let style = if self.effects(step).any(|effect| !effect.policies.is_empty()) {
            verdict_style(self.judgement.verdict)
        } else {
            Style::new().bold()
        };
        let mut aside = Vec::new();
        if let Some(place) = &step.place {
            aside.push(format!("at {place}"));
        } else if let Some(here) = step.cwd.as_deref().filter(|here| *here != cwd) {
            aside.push(format!("in {}", here.display()));
        }
        if times > 1 {
            aside.push(format!("{times} times"));
        }
        let aside = if aside.is_empty() { String::new() } else { format!("  {}", aside.join(", ")) };
        writeln!(
            out,
            "  {indent}{dim}{branch}{dim:#} {style}{}{style:#}{dim}{}{dim:#}",
            one_line(&step.source, WIDEST),
            shown(&aside)
        )?;
        let indent = format!("{indent}{below}");
        if let Some(words) = expanded(step) {
            writeln!(out, "  {indent}{dim}=  {}{dim:#}", one_line(&words, WIDEST))?;
        }
        let effects: Vec<&Effect> = self.effects(step).collect();
        for (at, effect) in effects.iter().enumerate() {
            self.effect(out, effect, &indent, at + 1 == effects.len() && step.steps.is_empty())?;
        }
        self.siblings(out, &step.steps, &indent, step.cwd.as_deref().unwrap_or(cwd), false)
    }

    fn effect(&self, out: &mut impl Write, effect: &Effect, indent: &str, is_last: bool) -> Result<(), CliError> {
        let dim = Style::new().dimmed();
        let (branch, below) = if is_last { ("└→", "     ") } else { ("├→", "│    ") };
        let opaque = if effect.opaque { " (not understood)" } else { "" };
        let plain = is_plain(effect);
        let style = if plain { dim } else { Style::new() };
        writeln!(
            out,
            "  {indent}{dim}{branch}{dim:#} {style}{} {} {}{opaque}{style:#}",
            effect.verb.name(),
            effect.target.kind.name(),
            one_line(&effect.target.name, WIDEST)
        )?;
        if plain {
            return Ok(());
        }
        let mut lines = Vec::new();
        let places: Vec<String> = effect.target.paths.iter().take(3).map(|path| path.display().to_string()).collect();
        if places.iter().any(|place| *place != effect.target.name) {
            let more = effect.target.paths.len() - places.len();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            lines.push(format!("at {}{more}", places.join(", ")));
        }
        if let Some(from) = &effect.target.environment_from
            && effect.target.environment == Environment::Unknown
        {
            lines.push(format!("environment not known: {from}"));
        }
        let remarks = super::remarks(effect);
        if !remarks.is_empty() {
            lines.push(remarks.join("; "));
        }
        if let Some(preview) = &effect.preview {
            lines.push(format!("preview: {preview}"));
        }
        for line in lines {
            writeln!(out, "  {indent}{dim}{below}{}{dim:#}", one_line(&line, WIDEST))?;
        }
        if effect.policies.is_empty() {
            writeln!(out, "  {indent}{dim}{below}no policy objects{dim:#}")?;
        } else {
            let style = verdict_style(self.judgement.verdict);
            writeln!(out, "  {indent}{dim}{below}{dim:#}{style}policy {}{style:#}", effect.policies.join(", "))?;
        }
        Ok(())
    }
}

/// True where an effect only looks, and nobody minds.
fn is_plain(effect: &Effect) -> bool {
    effect.verb == Verb::Read && effect.policies.is_empty()
}

/// True where two steps look the same to people.
fn is_same(a: &Step, b: &Step) -> bool {
    (&a.source, &a.words, &a.cwd, &a.place) == (&b.source, &b.words, &b.cwd, &b.place)
        && b.effects.is_empty()
        && b.steps.is_empty()
        && a.steps.is_empty()
}

/// The words after expansion, where they are not what is written.
fn expanded(step: &Step) -> Option<String> {
    // Quotes alone are no news.
    let bare = |text: &str| text.replace(['\'', '"', '\\'], "");
    let is_written =
        |word: &StepWord| matches!(&word.value, WordValue::Exactly { text } if bare(text) == bare(&word.source));
    if step.words.iter().all(is_written) {
        return None;
    }
    Some(step.words.iter().map(value).collect::<Vec<_>>().join(" "))
}

fn value(word: &StepWord) -> String {
    const MOST_TEXTS: usize = 6;
    match &word.value {
        WordValue::Exactly { text } => super::quoted(text),
        WordValue::OneOf { texts } => {
            let mut shown: Vec<String> = texts.iter().take(MOST_TEXTS).map(|text| super::quoted(text)).collect();
            if texts.len() > MOST_TEXTS {
                shown.push(format!("… {} more", texts.len() - MOST_TEXTS));
            }
            format!("⟨{}⟩", shown.join(" or "))
        }
        WordValue::Prefix { text } => format!("{}⟨…⟩", super::quoted(text)),
        WordValue::Unknown => format!("⟨{}: not known⟩", word.source),
    }
}
